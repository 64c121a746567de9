/* txn_sink.c: what a durable store is told, and what happens when it refuses. */
#include "tests/unit/unit.h"
#include "tests/words.h"
#include <stdlib.h>

enum { A, B };

static struct { size_t n; tx_handle *h[8]; uint64_t before[8], after[8], dirty[8], stamp, ticket; } told;
static uint64_t tickets;
static bool refuse_now, refuse_late;
static tx_change kept[8];
static void (*during_wait)(void);

static bool prepare(const tx_change *changes, size_t n, uint64_t stamp, uint64_t *ticket) {
    told.n = n, told.stamp = stamp;
    for (size_t i = 0; i < n && i < 8; i++) {
        told.h[i] = changes[i].handle, told.dirty[i] = changes[i].dirty;
        told.before[i] = *(const uint64_t *)changes[i].before, told.after[i] = *(const uint64_t *)changes[i].after;
        if (*(const uint64_t *)tx_read_newest(changes[i].handle) != told.after[i]) CU_FAIL("newest is not mine");
        kept[i] = changes[i];
    }
    *ticket = told.ticket = ++tickets;
    return !refuse_now;
}

static bool wait_for(uint64_t ticket) {
    CHECK(ticket == told.ticket);
    size_t n = told.n;
    if (!refuse_late) return true;
    refuse_late = false;
    if (during_wait) during_wait();
    tx_compensate(kept, n);
    return false;
}

static const tx_sink sink = {prepare, wait_for};

static words *shared(unsigned n) {
    as(A), words_block();
    words *o = words_new(n);
    if (!tx_publish((uint64_t)(uintptr_t)o)) abort();
    CHECK(tx_commit() == TX_COMMITTED);
    return o;
}

static uint64_t now(words *o, unsigned i) {
    as(B), words_block();
    uint64_t x = words_get(o, i);
    tx_abort();
    return x;
}

TEST(the_sink_hears_of_each_changed_object_once_in_commit_order) {
    words *x = shared(2), *y = shared(1);
    tx_set_sink(&sink);
    as(A), words_block();
    words_set(x, 0, 5), words_set(x, 1, 6), words_set(y, 0, 0); /* y: equal */
    uint64_t s = tx_snapshot_number();
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(told.n == 1 && told.h[0] == &x->h && told.before[0] == 0 && told.after[0] == 5 && told.dirty[0] == (TX_SLOT(0) | TX_SLOT(1)));
    CHECK(told.stamp == s + 1);
    uint64_t t = tickets;
    words_block();
    words_get(x, 0);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(tickets == t); /* readers do not bother it */
    tx_set_sink(NULL);
}

static void touch_word(void *arg, uint64_t word) { (void)word, ++*(int *)arg; }
static void touch_body(void *arg, tx_handle *h, void *body) { *(int *)arg += (int)(*(uint64_t *)body & 1) + (h == NULL); }
static void touch_block(void *arg, void *block) { *(int *)arg += *(char *)block; }
static void collect_now(void) {
    int n = 0;
    tx_collect_begin();
    tx_trace_threads(&(tx_tracer){touch_word, touch_body, touch_block, &n});
    CHECK(n != 0);
}

TEST(a_collection_while_a_commit_waits_for_the_store_meets_no_freed_version) {
    words *x = shared(1), *y = shared(1);
    tx_set_sink(&sink), during_wait = collect_now, refuse_late = true;
    as(A), words_block();
    words_set(x, 0, 5), words_set(y, 0, 0); /* y drops out */
    CHECK(tx_commit() == TX_REFUSED);
    tx_set_sink(NULL), during_wait = NULL;
    CHECK(now(x, 0) == 0);
}

TEST(a_refusal_before_the_commit_undoes_the_block) {
    words *x = shared(1), *mine;
    as(A), words_block();
    mine = words_new(1);
    words_set(mine, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    tx_set_sink(&sink), refuse_now = true;
    words_block();
    words_set(x, 0, 5), words_set(mine, 0, 5);
    CHECK(tx_commit() == TX_REFUSED && tx_fail_reason() == TX_FAIL_SINK && !tx_active());
    refuse_now = false;
    tx_set_sink(NULL);
    CHECK(now(x, 0) == 0);
    as(A), words_block();
    CHECK(words_get(mine, 0) == 1);
    tx_abort();
}

static words *late_x, *late_y;
static void another_commits(void) {
    tx_set_sink(NULL);
    as(B), words_block();
    words_set(late_x, 1, 8);
    CHECK(words_get(late_y, 0) == 5); /* memory is ahead of the store */
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
}

TEST(a_refusal_after_the_commit_takes_it_back_and_leaves_what_others_have_done_since) {
    words *mine;
    late_x = shared(2), late_y = shared(1);
    as(A), words_block();
    mine = words_new(1);
    words_set(mine, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    tx_set_sink(&sink), refuse_late = true, during_wait = another_commits;
    words_block();
    words_set(mine, 0, 2);
    words_set(late_x, 0, 5), words_set(late_y, 0, 5);
    CHECK(tx_commit() == TX_REFUSED && tx_fail_reason() == TX_FAIL_SINK);
    during_wait = NULL;
    CHECK(now(late_x, 0) == 0 && now(late_y, 0) == 0 && now(late_x, 1) == 8);
    as(A), words_block();
    CHECK(words_get(mine, 0) == 1);
    tx_abort();
    CHECK(tx_check_chain(&late_x->h) == NULL);
}

TEST(what_was_private_and_became_shared_by_a_refused_commit_is_taken_back_too) {
    words *x = shared(1), *mine;
    as(A), words_block();
    mine = words_new(1);
    words_set(mine, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    tx_set_sink(&sink), refuse_late = true;
    words_block();
    words_set(mine, 0, 2);
    words_set(x, 0, (uint64_t)(uintptr_t)mine);
    CHECK(tx_commit() == TX_REFUSED);
    tx_set_sink(NULL);
    CHECK(now(x, 0) == 0 && now(mine, 0) == 1);
}

static void another_looks(void) {
    as(B), words_block();
    CHECK(listed_sum((words *)(uintptr_t)words_get(late_x, 0)) == 36);
    as(A);
}

TEST(operations_on_what_was_private_are_taken_back_from_a_copy) {
    for (int claimed = 0; claimed < 2; claimed++) {
        late_x = shared(1);
        as(A), words_block();
        words *mine = listed_new();
        CHECK(listed_push(mine, 1) && tx_commit() == TX_COMMITTED);
        tx_set_sink(&sink), refuse_late = true, during_wait = another_looks;
        words_block();
        listed_push_noted(mine, 5), listed_push_noted(mine, 10);
        if (!claimed) listed_push_noted(mine, 20);
        else if (!listed_push(mine, 20)) abort(); /* a copy from here on */
        words_set(late_x, 0, (uint64_t)(uintptr_t)mine);
        CHECK(tx_commit() == TX_REFUSED);
        tx_set_sink(NULL), during_wait = NULL;
        as(B);
        CHECK(listed_sum(mine) == 36);      /* still what it has seen */
        tx_abort();
        as(A), words_block();
        CHECK(listed_sum(mine) == 1 && words_get(late_x, 0) == 0);
        tx_abort();
        CHECK(tx_check_chain(&mine->h) == NULL);
    }
}

int main(void) {
    words_setup();
    return words_end(unit_run());
}
