/* txn_api.c: the public C interface of transactions. */
#include "base/thread.h"
#include "include/apodora/txn.h"
#include "tests/unit/unit.h"
#include <string.h>

static apo_object *box;
static int runs;
static char trail[16];

static int make_box(void *unused) {
    (void)unused;
    box = apo_object_new(2, 1);
    return box ? apo_share(box) : APO_NO_MEMORY;
}

static int get_0(void *out) { return *(int64_t *)out = apo_get(box, 0), APO_OK; }
static int64_t now(void) {
    int64_t x = -1;
    CHECK(apo_atomic(get_0, &x, &(apo_txn_options){.readonly = 1}) == APO_OK);
    return x;
}

static int set_0(void *value) { return apo_set(box, 0, *(int64_t *)value); }
static int set_and_fail(void *unused) { return (void)unused, apo_set(box, 0, 99), 42; }
static void note(void *c) { strncat(trail, c, 1); }

TEST(objects_begin_empty_and_slots_that_are_not_there_are_refused) {
    CHECK(apo_atomic(make_box, NULL, NULL) == APO_OK);
    CHECK(apo_begin(NULL) == APO_OK);
    CHECK(apo_get(box, 0) == 0 && apo_get(box, 1) == 0 && apo_get_ref(box, 0) == NULL);
    CHECK(apo_get(box, 2) == 0 && apo_set(box, 2, 1) == APO_MISUSE && apo_set_ref(box, 1, box) == APO_MISUSE);
    CHECK(apo_set(box, 1, -5) == APO_OK && apo_get(box, 1) == -5);
    CHECK(apo_set_ref(box, 0, box) == APO_OK && apo_get_ref(box, 0) == box);
    CHECK(apo_begin(NULL) == APO_MISUSE);
    CHECK(apo_commit() == APO_OK);
}

TEST(outside_of_a_block_nothing_works) {
    CHECK(apo_set(box, 0, 1) == APO_MISUSE && apo_get(box, 0) == 0 && apo_object_new(1, 0) == NULL);
    CHECK(apo_commit() == APO_MISUSE && apo_on_commit(note, "x") == APO_MISUSE);
    apo_abort();
}

TEST(a_body_that_fails_is_undone_and_its_code_returned) {
    int64_t one = 1;
    CHECK(apo_atomic(set_0, &one, NULL) == APO_OK && now() == 1);
    CHECK(apo_atomic(set_and_fail, NULL, NULL) == 42 && now() == 1);
}

static int outer(void *unused) {
    int64_t two = 2;
    (void)unused;
    CHECK(apo_atomic(set_0, &two, NULL) == APO_OK);
    CHECK(apo_atomic(set_and_fail, NULL, NULL) == 42);
    CHECK(apo_get(box, 0) == 2);
    CHECK(apo_atomic(set_0, &two, &(apo_txn_options){.readonly = 1}) == APO_READ_ONLY);
    return apo_set(box, 0, apo_get(box, 0) + 1);
}
TEST(blocks_nest) { CHECK(apo_atomic(outer, NULL, NULL) == APO_OK && now() == 3); }

static int with_hooks(void *result) {
    CHECK(apo_on_commit(note, "a") == APO_OK && apo_on_abort(note, "x") == APO_OK && apo_on_commit(note, "b") == APO_OK && apo_on_abort(note, "y") == APO_OK);
    return *(int *)result;
}
TEST(hooks_run_after_the_end_that_they_are_for) {
    int result = APO_OK;
    trail[0] = 0;
    CHECK(apo_atomic(with_hooks, &result, NULL) == APO_OK && strcmp(trail, "ab") == 0);
    result = 7, trail[0] = 0;
    CHECK(apo_atomic(with_hooks, &result, NULL) == 7 && strcmp(trail, "yx") == 0);
}

static void other_thread(void *value) {
    if (apo_thread_enter() != APO_OK) return;
    apo_atomic(set_0, value, NULL);
    apo_thread_leave();
}
static void elsewhere(int64_t value) {
    base_thread t;
    if (!base_thread_start(&t, 0, other_thread, &value)) CU_FAIL_FATAL("no thread");
    base_thread_join(&t);
}

static int overtaken(void *times) {
    int64_t seen = apo_get(box, 0);
    if (runs++ < *(int *)times) elsewhere(seen + 100);
    return apo_set(box, 0, seen + 1);
}
TEST(a_block_that_lost_runs_again) {
    int times = 1; /* once more, on a slow machine, and it would have the turn, for which the thread that it waits for would wait */
    int64_t before = now();
    runs = 0;
    CHECK(apo_atomic(overtaken, &times, NULL) == APO_OK && runs == 2 && now() == before + 101);
}
TEST(a_block_with_max_retries_gives_up) {
    int times = 1000;
    runs = 0;
    CHECK(apo_atomic(overtaken, &times, &(apo_txn_options){.max_retries = 12}) == APO_CONFLICT && runs == 13);
}

static int wants_500(void *unused) { return (void)unused, runs++, apo_get(box, 0) == 500 ? APO_OK : APO_RETRY; }
static void sets_500(void *unused) {
    int64_t wanted = 500;
    (void)unused;
    other_thread(&wanted);
}
TEST(a_block_that_retries_waits_for_what_it_has_read) {
    base_thread t;
    int64_t zero = 0;
    CHECK(apo_atomic(set_0, &zero, NULL) == APO_OK);
    CHECK_FATAL(base_thread_start(&t, 0, sets_500, NULL));
    CHECK(apo_atomic(wants_500, NULL, NULL) == APO_OK);
    base_thread_join(&t);
    CHECK(apo_atomic(set_0, &zero, NULL) == APO_OK);
    CHECK(apo_atomic(wants_500, NULL, &(apo_txn_options){.timeout_ns = 2000000}) == APO_TIMEOUT);
}

TEST(what_happened_is_counted) {
    apo_txn_stats s;
    apo_txn_stats_get(&s);
    CHECK(s.commits > 5 && s.readonly_commits > 3 && s.conflicts >= 14 && s.retries >= 1);
}

int main(void) {
    if (apo_txn_open() != APO_OK || apo_thread_enter() != APO_OK) return 1;
    int failed = unit_run();
    apo_thread_leave();
    apo_txn_close();
    return failed;
}
