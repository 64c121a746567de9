/* txn_versions.c: publication of private objects, and the life of old versions. */
#include "tests/unit/unit.h"
#include "tests/words.h"
#include "base/mem.h"
#include <stdlib.h>

enum { A, B, C };

static uint64_t word(words *o) { return (uint64_t)(uintptr_t)o; }
static words *shared(unsigned n) {
    as(A), words_block();
    words *o = words_new(n);
    if (!tx_publish(word(o))) abort();
    CHECK(tx_commit() == TX_COMMITTED);
    return o;
}
static bool is_private(words *o) { return as(A), tx_is_private(&o->h); }

TEST(what_a_transaction_makes_stays_private_over_its_commit_and_costs_no_stamp) {
    as(A), words_block();
    uint64_t s = tx_snapshot_number();
    words *o = words_new(1);
    words_set(o, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(is_private(o));
    words_block();
    words_set(o, 0, 2);
    CHECK(words_get(o, 0) == 2 && tx_snapshot_number() == s);
    CHECK(!tx_read_anything());
    tx_abort();
    words_block();
    CHECK(words_get(o, 0) == 1);
    tx_abort();
}

TEST(what_a_shared_object_reaches_after_a_commit_is_shared_and_another_reads_it_whole) {
    words *root = shared(1), *last = NULL, *first = NULL;
    as(A), words_block();
    for (int i = 0; i < 200000; i++) { /* far deeper than any stack */
        words *o = words_new(2);
        words_set(o, 0, last ? word(last) : 0);
        words_set(o, 1, (uint64_t)i);
        if (!first) first = o;
        last = o;
    }
    CHECK(is_private(first));
    words_set(root, 0, word(last));
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(!is_private(first) && !is_private(last));
    as(B), words_block();
    words *o = (words *)(uintptr_t)words_get(root, 0);
    int n = 0;
    for (; o; o = (words *)(uintptr_t)words_get(o, 0)) n++;
    CHECK(n == 200000);
    words_set(last, 1, 7);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A), words_block();
    CHECK(words_get(last, 1) == 7);
    tx_abort();
}

TEST(a_cycle_is_published_once) {
    words *root = shared(1);
    as(A), words_block();
    words *x = words_new(1), *y = words_new(1);
    words_set(x, 0, word(y)), words_set(y, 0, word(x)), words_set(root, 0, word(x));
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(!is_private(x) && !is_private(y));
}

TEST(publication_that_runs_out_of_memory_takes_its_marks_back_and_undoes_the_block) {
    words *root = shared(1), *made[100];
    for (unsigned n = 1; n < 12; n++) {
        as(A), words_block();
        for (int i = 0; i < 100; i++) made[i] = words_new(100);
        for (int i = 0; i < 99; i++)
            for (unsigned k = 0; k < 100; k++) words_set(made[i], k, word(made[k]));
        words_set(root, 0, word(made[0]));
        base_mem_fail_after(n);
        tx_outcome out = tx_commit();
        base_mem_fail_after(0);
        for (int i = 0; i < 100; i++) CHECK(is_private(made[i]) == (out == TX_REFUSED));
        if (out == TX_COMMITTED) break;
        CHECK(tx_fail_reason() == TX_FAIL_MEMORY);
    }
    as(B), words_block();
    CHECK(words_get(root, 0) == 0 || words_get((words *)(uintptr_t)words_get(root, 0), 1) == word(made[1]));
    tx_abort();
}

TEST(a_conflict_after_publication_leaves_private_objects_usable) {
    words *root = shared(2);
    as(A), words_block();
    words *mine = words_new(1);
    words_set(mine, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    words_set(mine, 0, 2);
    words_set(root, 0, word(mine) + 0 * words_get(root, 1));
    as(B), words_block();
    words_set(root, 1, 5);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
    CHECK(tx_commit() == TX_CONFLICT);
    words_block();
    CHECK(words_get(mine, 0) == 1);
    words_set(mine, 0, 3);
    words_set(root, 0, word(mine));
    CHECK(tx_commit() == TX_COMMITTED);
    as(B), words_block();
    CHECK(words_get((words *)(uintptr_t)words_get(root, 0), 0) == 3);
    tx_abort();
}

TEST(what_was_handed_to_others_by_hand_is_not_changed_in_place_by_an_abort) {
    as(A), words_block();
    words *o = words_new(1);
    words_set(o, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    words_set(o, 0, 2);
    CHECK(tx_publish(word(o)));
    words_set(o, 0, 3); /* a version of its own now */
    as(B), words_block();
    CHECK(words_get(o, 0) == 2);
    as(A), tx_abort();
    as(B);
    CHECK(words_get(o, 0) == 2);
    tx_abort();
}

static void write_often(words *o, int n) {
    for (int i = 0; i < n; i++) {
        as(B), words_block();
        CHECK_FATAL(listed_push(o, 1));
        CHECK(tx_commit() == TX_COMMITTED);
    }
}

static words *shared_list(void) {
    as(A), words_block();
    words *o = listed_new();
    if (!listed_push(o, 1) || !tx_publish(word(o))) abort();
    CHECK(tx_commit() == TX_COMMITTED);
    return o;
}

TEST(old_versions_are_freed_when_no_snapshot_needs_them) {
    words *o = shared_list();
    int64_t before = listed_arrays;
    write_often(o, 1000);
    CHECK(tx_retired_count() <= 64);
    CHECK(listed_arrays <= before + 65);
    CHECK(tx_check_chain(&o->h) == NULL);
}

TEST(an_open_snapshot_keeps_what_it_can_see_and_lets_go_at_its_end) {
    words *o = shared_list();
    write_often(o, 3);
    as(A), words_block();
    CHECK(listed_sum(o) == 4);
    write_often(o, 1000);
    CHECK(tx_retired_count() >= 900);
    as(A);
    CHECK(listed_sum(o) == 4);
    as(C), words_block();
    CHECK(listed_sum(o) == 1004);
    tx_abort();
    as(A);
    CHECK(tx_commit() == TX_COMMITTED);
    write_often(o, 64);
    CHECK(tx_retired_count() <= 64);
}

static void no_word(void *arg, uint64_t w) { (void)arg, (void)w; }
static void count_body(void *arg, tx_handle *h, void *body) { (void)h, (void)body, ++*(int *)arg; }
static void no_block(void *arg, void *block) { (void)arg, (void)block; }
static int bodies(words *o) {
    int n = 0;
    tx_trace_handle(&o->h, &(tx_tracer){no_word, count_body, no_block, &n});
    return n;
}

TEST(a_collection_folds_what_all_can_see_and_readers_keep_their_pointers) {
    words *o = shared_list();
    write_often(o, 5);
    as(A), tx_begin(&(tx_options){.readonly = true});
    const listed_body *held = tx_read(&o->h, TX_ALL);
    CHECK(held->n == 6);
    tx_collect_begin();
    CHECK(bodies(o) == 2); /* the newest, and the inline one, which nobody sees */
    tx_collect_begin();
    CHECK(bodies(o) == 1);
    CHECK(o->h.vw == TX_SHARED);
    CHECK(held->n == 6 && held->at[5] == 1);
    write_often(o, 3);
    CHECK(held->n == 6);
    as(A);
    CHECK(listed_sum(o) == 6);
    tx_collect_begin();
    CHECK(bodies(o) == 4); /* three newer versions, and the inline body for session A */
    CHECK(held->n == 6 && held->at[5] == 1);
    as(A);
    CHECK(tx_commit() == TX_COMMITTED);
    tx_collect_begin();
    CHECK(bodies(o) == 2);
    tx_collect_begin();
    CHECK(bodies(o) == 1);
    as(A), words_block();
    CHECK(listed_sum(o) == 9);
    tx_abort();
}

TEST(every_allocation_of_a_transaction_may_fail_and_nothing_is_half_done) {
    words *o = shared_list(), *w = shared(1), *p;
    as(A), words_block();
    p = words_new(1);
    CHECK(tx_commit() == TX_COMMITTED);
    uint64_t done = 0, sum = 1;
    for (unsigned n = 1; n < 40; n++) {
        bool ok = true;
        as(A), words_block();
        base_mem_fail_after(n);
        tx_savepoint sp;
        uint64_t *x = tx_write(&w->h, TX_ALL);
        if (x) x[0]++;
        ok = x && tx_savepoint_set(&sp) && listed_push(o, 1);
        if (ok) {
            x = tx_write(&p->h, TX_ALL);
            if (x) x[0]++;
            ok = x != NULL;
        }
        if (ok) {
            tx_savepoint_release(&sp);
            tx_outcome out = tx_commit();
            CHECK(out != TX_CONFLICT);
            if (out == TX_COMMITTED) done++, sum++;
        } else tx_abort();
        base_mem_fail_after(0);
        as(A), words_block();
        if (words_get(w, 0) != done || words_get(p, 0) != done || listed_sum(o) != sum) CU_FAIL("half done");
        tx_abort();
    }
    CHECK(done > 10);
}

int main(void) {
    words_setup();
    return words_end(unit_run());
}
