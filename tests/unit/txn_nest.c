/* txn_nest.c: steps within a transaction: savepoints, undo of private and shared objects, operations with an undo of their own, hooks. */
#include "tests/unit/unit.h"
#include "tests/words.h"
#include <stdlib.h>
#include <string.h>

enum { A, B };

static words *shared_of(words *o) {
    if (!tx_publish((uint64_t)(uintptr_t)o)) abort();
    CHECK(tx_commit() == TX_COMMITTED);
    return o;
}
static words *shared(unsigned n) { return as(A), words_block(), shared_of(words_new(n)); }
static words *private(unsigned n) {
    as(A), words_block();
    words *o = words_new(n);
    CHECK(tx_commit() == TX_COMMITTED);
    return o;
}
static tx_savepoint save(void) {
    tx_savepoint sp;
    CHECK(tx_savepoint_set(&sp));
    return sp;
}

static void rolls_back(words *o) {
    as(A), words_block();
    words_set(o, 0, 1);
    tx_savepoint sp = save();
    words_set(o, 0, 2), words_set(o, 1, 2);
    tx_savepoint_rollback(&sp);
    CHECK(words_get(o, 0) == 1 && words_get(o, 1) == 0);
    words_set(o, 1, 3);
    tx_savepoint_rollback(&sp); /* may be used again */
    CHECK(words_get(o, 1) == 0);
    CHECK(tx_check_thread() == NULL);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    CHECK(words_get(o, 0) == 1 && words_get(o, 1) == 0);
    tx_abort();
}
TEST(a_rollback_undoes_the_inner_step_alone_on_shared_objects) { rolls_back(shared(2)); }
TEST(a_rollback_undoes_the_inner_step_alone_on_private_objects) { rolls_back(private(2)); }

static void first_write_inside(words *o) {
    as(A), words_block();
    tx_savepoint sp = save();
    words_set(o, 0, 2);
    tx_savepoint_rollback(&sp);
    CHECK(words_get(o, 0) == 0);
    sp = save();
    words_set(o, 0, 3);
    tx_savepoint_release(&sp);
    CHECK(words_get(o, 0) == 3);
    tx_abort();
    words_block();
    CHECK(words_get(o, 0) == 0);
    tx_abort();
}
TEST(what_was_written_first_inside_goes_back_with_the_outer_step_after_release_shared) { first_write_inside(shared(1)); }
TEST(what_was_written_first_inside_goes_back_with_the_outer_step_after_release_private) { first_write_inside(private(1)); }

static void three_deep(words *o) {
    as(A), words_block();
    words_set(o, 0, 1);
    tx_savepoint one = save();
    words_set(o, 0, 2);
    tx_savepoint two = save();
    words_set(o, 0, 3);
    tx_savepoint three = save();
    words_set(o, 0, 4);
    tx_savepoint_release(&three);
    CHECK(words_get(o, 0) == 4);
    tx_savepoint_rollback(&two);
    CHECK(words_get(o, 0) == 2);
    tx_savepoint_release(&two);
    words_set(o, 0, 5);
    tx_savepoint_rollback(&one);
    CHECK(words_get(o, 0) == 1);
    CHECK(tx_check_thread() == NULL);
    tx_abort();
    words_block();
    CHECK(words_get(o, 0) == 0);
    tx_abort();
}
TEST(steps_nest_three_deep_shared) { three_deep(shared(1)); }
TEST(steps_nest_three_deep_private) { three_deep(private(1)); }

TEST(many_inner_steps_on_one_object_do_not_pile_up) {
    words *s = shared(1), *p = private(1);
    as(A), words_block();
    words_set(s, 0, 0), words_set(p, 0, 0);
    for (int i = 0; i < 100000; i++) {
        tx_savepoint sp = save();
        words_add(s, 0, 1), words_add(p, 0, 1);
        tx_savepoint_release(&sp);
    }
    CHECK(!tx_slice_heavy());
    CHECK(words_get(s, 0) == 100000 && words_get(p, 0) == 100000);
    tx_abort();
    words_block();
    CHECK(words_get(s, 0) == 0 && words_get(p, 0) == 0);
    tx_abort();
}

TEST(what_an_undone_step_read_is_validated) {
    words *x = shared(1), *y = shared(1);
    as(A), words_block();
    tx_savepoint sp = save();
    words_get(x, 0);
    tx_savepoint_rollback(&sp);
    words_set(y, 0, 1);
    as(B), words_block();
    words_set(x, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
    CHECK(tx_commit() == TX_CONFLICT);
}

TEST(a_write_that_was_undone_leaves_a_transaction_that_only_read) {
    words *x = shared(1);
    as(A), words_block();
    tx_savepoint sp = save();
    words_add(x, 0, 1);
    tx_savepoint_rollback(&sp);
    as(B), words_block();
    words_set(x, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    as(A);
    CHECK(tx_commit() == TX_COMMITTED);
}

TEST(operations_are_undone_without_copies_also_mixed_with_copies) {
    as(A), words_block();
    words *o = listed_new();
    CHECK(listed_push(o, 1));
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    int64_t arrays = listed_arrays;
    listed_push_noted(o, 2);
    CHECK(listed_arrays == arrays);
    tx_savepoint sp = save();
    listed_push_noted(o, 4);
    CHECK(listed_arrays == arrays);
    CHECK(listed_push(o, 8)); /* a copy from here on */
    CHECK(listed_arrays == arrays + 1);
    listed_push_noted(o, 16);
    CHECK(listed_sum(o) == 31);
    tx_savepoint_rollback(&sp);
    CHECK(listed_sum(o) == 3 && listed_arrays == arrays);
    sp = save();
    listed_push_noted(o, 4);
    CHECK(listed_push(o, 8));
    tx_savepoint_release(&sp);
    CHECK(listed_sum(o) == 15);
    listed_push_noted(o, 16);
    tx_abort();
    words_block();
    CHECK(listed_sum(o) == 1 && listed_arrays == arrays);
    CHECK(listed_push(o, 5)); /* claimed by the outer step: inner operations are covered by its copy once released */
    sp = save();
    listed_push_noted(o, 6);
    tx_savepoint_release(&sp);
    listed_push_noted(o, 7);
    tx_abort();
    words_block();
    CHECK(listed_sum(o) == 1);
    tx_abort();
}

TEST(a_read_only_step_protects_what_is_older_than_itself) {
    words *s = shared(1), *p = private(1);
    as(A), words_block();
    words_set(s, 0, 1);
    tx_savepoint sp = save();
    uint64_t outer = tx_readonly_push();
    words *mine = words_new(1);
    CHECK(tx_write(&s->h, TX_ALL) == NULL && tx_write(&p->h, TX_ALL) == NULL && tx_fail_reason() == TX_FAIL_FROZEN);
    words_set(mine, 0, 1);
    tx_readonly_pop(outer);
    tx_savepoint_release(&sp);
    words_set(s, 0, 2), words_set(p, 0, 2), words_set(mine, 0, 2);
    CHECK(tx_commit() == TX_COMMITTED);
}

static void goes_by_nothing(words *s, words *p) {
    words *before = words_new(1);
    tx_unread_begin();
    tx_unread_begin();                                       /* the first begins */
    words *mine = words_new(1);
    words_set(mine, 0, 1);
    CHECK(tx_write(&s->h, TX_ALL) == NULL && tx_write(&p->h, TX_ALL) == NULL && tx_write(&before->h, TX_ALL) == NULL && tx_fail_reason() == TX_FAIL_UNREAD);
    CHECK(tx_write_local(&p->h, 0) == NULL && !tx_freeze(&p->h) && words_get(s, 0) == 1);
    tx_unread_end();
    words_set(s, 0, 2), words_set(p, 0, 2), words_set(before, 0, 2), words_set(mine, 0, 2);
}
TEST(what_goes_by_something_unread_changes_nothing_older) {
    words *s = shared(1), *p = private(1);
    as(A), words_block();
    words_set(s, 0, 1);
    goes_by_nothing(s, p);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    CHECK(words_get(s, 0) == 2 && words_get(p, 0) == 2);
    words_set(s, 0, 1);
    tx_savepoint sp = save();
    goes_by_nothing(s, p);
    tx_savepoint_rollback(&sp);
    CHECK(words_get(s, 0) == 1 && words_get(p, 0) == 2);
    tx_unread_begin();
    CHECK(tx_commit() == TX_REFUSED && tx_fail_reason() == TX_FAIL_UNREAD);
    words_block();
    words_set(s, 0, 3);                                      /* a new transaction has nothing to do with it */
    CHECK(tx_commit() == TX_COMMITTED);
}

static char trail[32];
static size_t steps;
static void step(void *arg) { trail[steps++] = (char)(uintptr_t)arg, trail[steps] = 0; }
static void reset_trail(void) { steps = 0, trail[0] = 0; }
static bool hook(bool (*add)(tx_hook *, void *), char c) { return add(step, (void *)(uintptr_t)(unsigned char)c); }

TEST(commit_hooks_run_in_order_after_the_outermost_commit_and_those_of_undone_steps_do_not) {
    as(A), words_block(), reset_trail();
    CHECK(hook(tx_on_commit, 'a') && hook(tx_on_abort, 'x'));
    tx_savepoint sp = save();
    CHECK(hook(tx_on_commit, 'b') && hook(tx_on_abort, 'y') && hook(tx_on_abort, 'z'));
    tx_savepoint_rollback(&sp);
    tx_run_abort_hooks();
    CHECK(strcmp(trail, "zy") == 0);
    CHECK(hook(tx_on_commit, 'c'));
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(strcmp(trail, "zy") == 0);
    tx_run_commit_hooks();
    tx_run_abort_hooks();
    CHECK(strcmp(trail, "zyac") == 0);
}

TEST(abort_hooks_run_last_first_when_asked_for_and_are_forgotten_by_a_retry) {
    as(A), words_block(), reset_trail();
    CHECK(hook(tx_on_abort, 'a') && hook(tx_on_abort, 'b') && hook(tx_on_commit, 'c'));
    tx_abort();
    words_block(); /* a retry: nobody asked for them */
    CHECK(hook(tx_on_abort, 'd') && hook(tx_on_abort, 'e'));
    tx_abort();
    tx_run_abort_hooks();
    tx_run_commit_hooks();
    CHECK(strcmp(trail, "ed") == 0);
}

static void nested_hook(void *arg) {
    (void)arg;
    words_block();
    CHECK(hook(tx_on_commit, 'n'));
    CHECK(tx_commit() == TX_COMMITTED);
    tx_run_commit_hooks(); /* the outer call goes on with it */
    step((void *)(uintptr_t)'m');
}

TEST(a_hook_may_run_transactions_with_hooks) {
    as(A), words_block(), reset_trail();
    CHECK(tx_on_commit(nested_hook, NULL) && hook(tx_on_commit, 'o'));
    CHECK(tx_commit() == TX_COMMITTED);
    tx_run_commit_hooks();
    CHECK(strcmp(trail, "mon") == 0);
}

/* ---- watching for changes ---- */

static void watched(words *o) {
    as(A), words_block();
    words_set(o, 0, 1);
    tx_watch_begin();
    CHECK(words_get(o, 0) == 1 && tx_watch_unchanged());
    words *made = words_new(1);
    words_set(made, 0, 5);
    CHECK(tx_watch_unchanged());                  /* what is made since is no change of anything */
    tx_watch_begin();
    CHECK(tx_watch_unchanged());
    words_set(o, 0, 2);
    CHECK(!tx_watch_unchanged());
    words_set(made, 0, 6), words_set(o, 1, 7);
    tx_watch_begin();
    CHECK(tx_watch_unchanged() && words_get(o, 0) == 2 && words_get(made, 0) == 6);
    tx_savepoint sp = save();                     /* ends the watch */
    words_set(o, 0, 3);
    tx_savepoint_rollback(&sp);
    CHECK(!tx_watch_unchanged() && words_get(o, 0) == 2);
    CHECK(tx_check_thread() == NULL);
    tx_abort();
    words_block();
    CHECK(!tx_watch_unchanged() && words_get(o, 0) == 0 && words_get(o, 1) == 0);
    words_set(o, 0, 4);
    tx_watch_begin();
    CHECK(tx_commit() == TX_COMMITTED);           /* a watch may be on */
    words_block();
    CHECK(!tx_watch_unchanged() && words_get(o, 0) == 4);
    tx_abort();
}
TEST(a_watch_sees_the_first_change_of_a_shared_object) { watched(shared(2)); }
TEST(a_watch_sees_the_first_change_of_a_private_object) { watched(private(2)); }

int main(void) {
    words_setup();
    return words_end(unit_run());
}
