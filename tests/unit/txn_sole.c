/* txn_sole.c: the mode of a single thread: in place, undo in blocks only; leaving it and coming back. */
#include "base/atomic.h"
#include "base/thread.h"
#include "tests/unit/unit.h"
#include "tests/words.h"

static void slice(void) { tx_begin(&(tx_options){.slice = true}); }

TEST(outside_of_blocks_writes_go_in_place_and_stay) {
    CHECK(tx_is_sole());
    slice();
    words *o = words_new(1);
    words_set(o, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    slice();
    words_set(o, 0, 2);
    tx_abort(); /* keeps no undo */
    slice();
    CHECK(words_get(o, 0) == 2);
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(a_block_is_undone_by_its_copies) {
    slice();
    words *o = words_new(2);
    words_set(o, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    words_set(o, 0, 2);
    tx_savepoint sp;
    CHECK(tx_savepoint_set(&sp));
    words_set(o, 0, 3), words_set(o, 1, 3);
    tx_savepoint_rollback(&sp);
    CHECK(words_get(o, 0) == 2 && words_get(o, 1) == 0);
    tx_abort();
    slice();
    CHECK(words_get(o, 0) == 1);
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(the_epoch_changes_at_once_outside_of_blocks_and_comes_back_when_a_block_is_undone) {
    slice();
    uint64_t e = tx_epoch();
    tx_epoch_bump();
    CHECK(tx_epoch() != e);
    e = tx_epoch();
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    CHECK(tx_epoch() == e);
    tx_epoch_bump();
    CHECK(tx_epoch() != e);
    tx_abort();
    words_block();
    CHECK(tx_epoch() == e);
    tx_epoch_bump();
    CHECK(tx_commit() == TX_COMMITTED);
    slice();
    CHECK(tx_epoch() != e);
    CHECK(tx_commit() == TX_COMMITTED);
}

static words *first, *second;

static void other(void *arg) {
    (void)arg;
    if (!tx_thread_enter()) return;
    words_block();
    words_set(first, 0, words_get(first, 0) + 10); /* made in sole mode: shared by the new tid of its maker */
    if (tx_commit() != TX_COMMITTED) return;
    words_block();
    words *o = words_new(1);
    words_set(o, 0, 42);
    words_set(second, 0, (uint64_t)(uintptr_t)o);
    if (tx_commit() != TX_COMMITTED) return;
    tx_thread_leave();
}

TEST(starting_a_thread_ends_the_mode_and_its_end_brings_it_back) {
    slice();
    first = words_new(1), second = words_new(1);
    words_set(first, 0, 1);
    base_thread t;
    for (int round = 0; round < 3; round++) {
        CHECK(tx_is_sole());
        tx_leave_sole();
        CHECK(!tx_is_sole() && !tx_is_private(&first->h));
        CHECK(tx_commit() == TX_COMMITTED);
        CHECK_FATAL(base_thread_start(&t, 0, other, NULL));
        base_thread_join(&t);
        slice(); /* notices that it is alone */
        CHECK(tx_is_sole());
        CHECK(words_get(first, 0) == (uint64_t)(10 * (round + 1) + 1));
        CHECK(words_get((words *)(uintptr_t)words_get(second, 0), 0) == 42);
        if (round == 1) words_set(first, 0, words_get(first, 0)); /* folds the chain */
        CHECK((first->h.vw & 1) == (round == 1));
    }
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    words_set(first, 0, 0);
    tx_abort();
    slice();
    CHECK(words_get(first, 0) == 31);
    CHECK(tx_commit() == TX_COMMITTED);
}

static _Atomic(int) stage;
static uint64_t beheld;

static void beholds(void *arg) {
    (void)arg;
    if (!tx_thread_enter()) return;
    words_block();
    stage = 1;
    while (stage != 2) base_pause();
    beheld = words_get(first, 0);
    tx_abort();
    tx_thread_leave();
}

TEST(what_was_known_of_snapshots_when_there_was_one_thread_says_nothing_of_later_ones) {
    base_thread t;
    slice();
    CHECK(tx_is_sole());                       /* again: others have been there */
    first = words_new(2);
    words_set(first, 0, 1);
    tx_leave_sole();
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK_FATAL(base_thread_start(&t, 0, beholds, NULL));
    while (stage != 1) base_pause();
    for (uint64_t i = 2; i < 5; i++) {         /* the first one's version is what the second one replaces: is its inline body still seen? */
        words_block();
        words_set(first, 0, i);
        CHECK(tx_commit() == TX_COMMITTED);
    }
    stage = 2;
    base_thread_join(&t);
    CHECK(beheld == 1);
    slice();
    CHECK(tx_is_sole() && words_get(first, 0) == 4);
    CHECK(tx_commit() == TX_COMMITTED);
}

static void enters(void *arg) { *(bool *)arg = tx_thread_enter(); if (*(bool *)arg) tx_thread_leave(); }

TEST(a_thread_that_was_not_announced_is_refused_and_one_that_did_not_start_is_forgotten) {
    base_thread t;
    bool entered = true;
    CHECK_FATAL(base_thread_start(&t, 0, enters, &entered));
    base_thread_join(&t);
    CHECK(!entered);
    tx_leave_sole();
    tx_thread_failed();
    slice();
    CHECK(tx_is_sole());
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(an_irrevocable_block_needs_no_turn) {
    tx_become_irrevocable();
    words_block();
    CHECK(tx_irrevocable());
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    CHECK(!tx_irrevocable() && tx_upgrade() && tx_irrevocable());
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(retry_alone_ends_at_its_time_limit_only) {
    words_block();
    CHECK(!tx_wait_for_change(1000000));
    CHECK(!tx_active());
}

int main(void) {
    words_setup();
    if (!tx_thread_enter()) return 1;
    int failed = unit_run();
    tx_thread_leave();
    words_free_all();
    return failed;
}
