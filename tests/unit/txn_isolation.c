/* txn_isolation.c: what transactions see of each other, by two or three sessions in one thread. */
#include "tests/unit/unit.h"
#include "tests/words.h"
#include <stdlib.h>
#include <string.h>

enum { A, B, C };

static void snapshot_block(void) { tx_begin(&(tx_options){.isolation = TX_SNAPSHOT}); }
static void readonly_block(void) { tx_begin(&(tx_options){.readonly = true}); }

/* A committed object of n slots, as session A made it. */
static words *shared(unsigned n) {
    as(A);
    words_block();
    words *o = words_new(n), *holder = words_new(1);
    words_set(holder, 0, (uint64_t)(uintptr_t)o);
    if (!tx_publish((uint64_t)(uintptr_t)holder)) abort();
    CHECK(tx_commit() == TX_COMMITTED);
    return o;
}

static uint64_t now(words *o, unsigned i) {
    as(C);
    readonly_block();
    uint64_t x = words_get(o, i);
    CHECK(tx_commit() == TX_COMMITTED);
    return x;
}

/* Session B changes one slot by a transaction of its own. */
static void meanwhile(words *o, unsigned i, uint64_t value) {
    as(B);
    words_block();
    words_set(o, i, value);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
}

TEST(a_read_sees_the_snapshot_and_not_what_was_committed_later) {
    words *x = shared(1), *y = shared(1);
    as(A), words_block();
    CHECK(words_get(x, 0) == 0);
    meanwhile(x, 0, 1);
    meanwhile(y, 0, 1);
    meanwhile(y, 0, 2);
    CHECK(words_get(x, 0) == 0 && words_get(y, 0) == 0);
    CHECK(tx_check_chain(&y->h) == NULL);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    CHECK(words_get(x, 0) == 1 && words_get(y, 0) == 2);
    tx_abort();
}

TEST(a_write_is_seen_by_its_own_transaction_alone_until_it_commits) {
    words *x = shared(2);
    as(A), words_block();
    words_set(x, 0, 5);
    CHECK(words_get(x, 0) == 5 && words_get(x, 1) == 0);
    CHECK(now(x, 0) == 0);
    as(A);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(now(x, 0) == 5);
}

TEST(an_aborted_write_was_never_there) {
    words *x = shared(1);
    as(A), words_block();
    words_set(x, 0, 5);
    tx_abort();
    CHECK(now(x, 0) == 0);
}

TEST(a_lost_update_is_refused) {
    words *x = shared(1);
    as(A), words_block();
    words_add(x, 0, 1);
    meanwhile(x, 0, 10);
    CHECK(tx_commit() == TX_CONFLICT);
    CHECK(tx_fail_reason() == TX_FAIL_CONFLICT && tx_attempt() == 2);
    CHECK(now(x, 0) == 10);
}

TEST(what_a_lost_commit_has_published_is_published_again_or_still_is) {
    words *root = shared(1), *count = shared(1), *inner, *holder;
    as(A), words_block();
    inner = words_new(1), holder = words_new(1);
    words_set(holder, 0, (uint64_t)(uintptr_t)inner);
    CHECK(tx_commit() == TX_COMMITTED);
    for (int round = 0; round < 2; round++) {      /* lost the first time */
        as(A), words_block();
        words_set(inner, 0, 7);
        words_set(count, 0, words_get(count, 0) + 1);
        words_set(root, 0, (uint64_t)(uintptr_t)holder);
        if (round == 0) {
            as(B), words_block();
            words_set(count, 0, 5);
            CHECK(tx_commit() == TX_COMMITTED);
            as(A);
        }
        CHECK(tx_commit() == (round ? TX_COMMITTED : TX_CONFLICT));
        if (round) break;
        words_block();
        CHECK(words_get(inner, 0) == 0);
        tx_abort();
    }
    CHECK(now(count, 0) == 6 && now(inner, 0) == 7);
    as(A), words_block();
    words_set(inner, 0, 8);
    CHECK(now(inner, 0) == 7);                     /* and not what A has not committed */
    as(A);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(now(inner, 0) == 8);
}

TEST(taking_a_freeze_back_leaves_what_others_have_committed) {
    words *o = shared(1);
    as(B), words_block();
    words_set(o, 0, 5);
    as(A), words_block();
    CHECK(tx_freeze(&o->h));
    as(B);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A), tx_abort();
    CHECK(now(o, 0) == 5);
}

TEST(writes_to_different_slots_of_one_object_both_commit) {
    words *x = shared(3);
    as(A), words_block();
    words_add(x, 0, 1);
    meanwhile(x, 1, 7);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(now(x, 0) == 1 && now(x, 1) == 7 && now(x, 2) == 0);
}

TEST(reading_a_slot_that_another_changed_is_a_conflict_though_another_slot_was_written) {
    words *x = shared(2);
    as(A), words_block();
    words_set(x, 0, words_get(x, 1) + 1);
    meanwhile(x, 1, 7);
    CHECK(tx_commit() == TX_CONFLICT);
}

TEST(reading_ones_own_blind_write_is_no_read_of_what_was_there) {
    words *x = shared(1);
    as(A), words_block();
    words_set(x, 0, 3);
    CHECK(words_get(x, 0) == 3);
    meanwhile(x, 0, 9);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(now(x, 0) == 3);
}

TEST(an_equal_write_conflicts_with_no_reader_and_installs_nothing) {
    words *x = shared(1), *y = shared(1);
    meanwhile(x, 0, 4);
    as(A), words_block();
    words_set(y, 0, words_get(x, 0));
    as(B), words_block();
    words_set(x, 0, 4);
    uint64_t before = tx_snapshot_number();
    CHECK(tx_commit() == TX_COMMITTED);
    as(C), words_block();
    CHECK(tx_snapshot_number() == before);
    tx_abort();
    as(A);
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(an_equal_write_still_counts_when_another_value_came_in_between) {
    words *x = shared(1), *y = shared(1);
    as(A), words_block();
    words_set(x, 0, 0); /* equal to what it was */
    words_set(y, 0, 1);
    meanwhile(x, 0, 6);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(now(x, 0) == 0);
}

TEST(a_change_there_and_back_is_no_conflict) {
    words *x = shared(1), *y = shared(1);
    as(A), words_block();
    words_set(y, 0, words_get(x, 0) + 1);
    meanwhile(x, 0, 6);
    meanwhile(x, 0, 0);
    CHECK(tx_commit() == TX_COMMITTED);
}

static tx_outcome skew(void (*begin)(void)) {
    words *x = shared(1), *y = shared(1);
    as(A), begin();
    words_set(x, 0, words_get(y, 0) + 1);
    as(B), begin();
    words_set(y, 0, words_get(x, 0) + 1);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
    return tx_commit();
}

TEST(write_skew_is_refused_when_serializable) { CHECK(skew(words_block) == TX_CONFLICT); }
TEST(write_skew_is_permitted_under_snapshot_isolation) { CHECK(skew(snapshot_block) == TX_COMMITTED); }

TEST(under_snapshot_isolation_the_first_committer_of_a_slot_wins_even_blindly) {
    words *x = shared(2);
    as(A), snapshot_block();
    words_set(x, 0, 5);
    meanwhile(x, 0, 6);
    CHECK(tx_commit() == TX_CONFLICT);
    snapshot_block();
    words_set(x, 0, 5);
    meanwhile(x, 1, 6);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(now(x, 0) == 5 && now(x, 1) == 6);
}

TEST(a_slice_is_serializable_whatever_it_asks_for) {
    words *x = shared(1), *y = shared(1);
    as(A), tx_begin(&(tx_options){.isolation = TX_SNAPSHOT, .slice = true});
    words_set(y, 0, words_get(x, 0) + 1);
    meanwhile(x, 0, 6);
    CHECK(tx_commit() == TX_CONFLICT);
}

static words *shared_counter(void) {
    as(A), words_block();
    words *c = counter_new();
    if (!tx_publish((uint64_t)(uintptr_t)c)) abort();
    CHECK(tx_commit() == TX_COMMITTED);
    return c;
}

static tx_outcome two_additions(void (*begin)(void), bool read) {
    words *c = shared_counter();
    as(A), begin();
    counter_add(c, 5);
    if (read) counter_get(c);
    as(B), begin();
    counter_add(c, 7);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
    tx_outcome out = tx_commit();
    CHECK(now(c, 0) == (out == TX_COMMITTED ? 12 : 7));
    return out;
}

TEST(additions_to_a_counter_commute_under_both_isolations) {
    CHECK(two_additions(words_block, false) == TX_COMMITTED);
    CHECK(two_additions(snapshot_block, false) == TX_COMMITTED);
}

TEST(reading_a_counter_that_one_has_added_to_is_a_read) { CHECK(two_additions(words_block, true) == TX_CONFLICT); }

TEST(slots_beyond_the_mask_are_one_unit) {
    words *x = shared(80);
    as(A), words_block();
    words_set(x, 70, 1);
    meanwhile(x, 75, 1);
    CHECK(tx_commit() == TX_CONFLICT);
    words_block();
    words_set(x, 70, 1);
    meanwhile(x, 3, 9);
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(now(x, 70) == 1 && now(x, 75) == 1 && now(x, 3) == 9);
}

TEST(one_that_only_read_commits_though_it_was_overtaken) {
    words *x = shared(1);
    as(A), words_block();
    words_get(x, 0);
    meanwhile(x, 0, 3);
    CHECK(!tx_doomed());
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(a_read_only_block_refuses_to_write_what_is_older_and_may_write_what_it_made) {
    words *x = shared(1), *mine;
    as(A), readonly_block();
    CHECK(tx_write(&x->h, TX_ALL) == NULL && tx_fail_reason() == TX_FAIL_FROZEN);
    mine = words_new(1);
    words_set(mine, 0, 4);
    CHECK(tx_commit() == TX_COMMITTED);
    readonly_block();
    CHECK(tx_write(&mine->h, TX_ALL) == NULL);
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(a_writer_that_meets_a_newer_head_knows_that_it_is_doomed_and_still_sees_its_snapshot) {
    words *x = shared(1), *y = shared(1), *z = shared(1);
    as(A), words_block();
    words_set(z, 0, 1);
    CHECK(words_get(x, 0) == 0);
    as(B), words_block();
    words_set(x, 0, 1), words_set(y, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
    CHECK(words_get(y, 0) == 0 && words_get(x, 0) == 0);
    CHECK(tx_doomed());
    CHECK(tx_commit() == TX_CONFLICT);
}

static tx_conflict noted;
static void note_conflict(const tx_conflict *c) { noted = *c; }

TEST(a_conflict_report_names_the_object_and_the_other_commit) {
    words *x = shared(1);
    tx_set_conflict_report(note_conflict);
    as(A), tx_begin(&(tx_options){.name = "mine"});
    words_add(x, 0, 1);
    as(B), tx_begin(&(tx_options){.name = "theirs"});
    words_set(x, 0, 9);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
    CHECK(tx_commit() == TX_CONFLICT);
    tx_set_conflict_report(NULL);
    CHECK(noted.handle == &x->h && noted.mask == TX_SLOT(0));
    CHECK(noted.mine.name && strcmp(noted.mine.name, "mine") == 0 && noted.theirs.name && strcmp(noted.theirs.name, "theirs") == 0);
}

TEST(code_that_changed_its_epoch_refuses_writers_that_began_before) {
    words *x = shared(1);
    as(A), words_block();
    uint64_t before = tx_epoch();
    words_get(x, 0);
    as(B), words_block();
    tx_epoch_bump();
    uint64_t inside = tx_epoch();
    CHECK(inside != before);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    CHECK(tx_epoch() != before && tx_epoch() != inside);
    tx_abort();
    as(A);
    CHECK(tx_epoch() == before);
    words_set(x, 0, 1);
    CHECK(tx_commit() == TX_CONFLICT);
    words_block();
    words_set(x, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(an_aborted_change_of_code_leaves_the_epoch) {
    as(A), words_block();
    uint64_t before = tx_epoch(), inside;
    tx_savepoint sp;
    CHECK(tx_savepoint_set(&sp));
    tx_epoch_bump();
    inside = tx_epoch();
    tx_savepoint_rollback(&sp);
    CHECK(tx_epoch() != inside);
    tx_abort();
    words_block();
    CHECK(tx_epoch() == before);
    tx_abort();
}

TEST(a_frozen_object_is_read_but_not_written_and_thaws_with_its_step) {
    words *x = shared(1), *mine;
    as(A), words_block();
    mine = words_new(1);
    words_set(mine, 0, 1);
    CHECK(tx_freeze(&mine->h) && tx_write(&mine->h, TX_ALL) == NULL && words_get(mine, 0) == 1);
    CHECK(tx_freeze(&x->h) && tx_write(&x->h, TX_ALL) == NULL);
    tx_abort();
    words_block();
    words_set(x, 0, 2);
    CHECK(tx_commit() == TX_COMMITTED);
}

int main(void) {
    words_setup();
    int failed = unit_run();
    sessions_close();
    words_free_all();
    return failed;
}
