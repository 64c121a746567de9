/* txn_stops.c: threads held at named stops inside of commit, begin and retry, while others pass. Without APO_DEBUG there are no stops, and no tests. */
#include "base/park.h"
#include "base/stop.h"
#include "base/thread.h"
#include "tests/unit/unit.h"
#include "tests/words.h"
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static words *x, *y;

static words *shared(void) {
    words_block();
    words *o = words_new(1);
    if (!tx_publish((uint64_t)(uintptr_t)o) || tx_commit() != TX_COMMITTED) abort();
    return o;
}

static uint64_t pair(void) {
    words_block();
    uint64_t both = words_get(x, 0) * 100 + words_get(y, 0);
    if (tx_commit() != TX_COMMITTED) abort();
    return both;
}

static void write_pair(uint64_t value) {
    words_block();
    words_set(x, 0, value), words_set(y, 0, value);
    if (tx_commit() != TX_COMMITTED) abort();
}

#ifdef APO_DEBUG
static base_stop_name gate;
static _Atomic(uint32_t) state; /* 0 nobody, 1 held, 2 let go */
static _Thread_local bool subject;
static int after; /* passes of the gate before it holds */

static void hold(base_stop_name name) {
    if (!subject || name != gate || state != 0 || after-- > 0) return;
    state = 1;
    base_park_wake(&state, -1);
    while (state == 1) base_park_wait(&state, 1, -1);
}

static void held_thread(void *arg) {
    void (*fn)(void) = *(void (**)(void))arg;
    subject = true;
    if (!tx_thread_enter()) abort();
    fn();
    tx_thread_leave();
}

/* Runs fn in a thread until it stands at the gate, then meanwhile here, then lets it go and joins it. */
static void at_stop(base_stop_name where, int passes, void (*fn)(void), void (*meanwhile)(void)) {
    base_thread t;
    gate = where;
    state = 0;
    after = passes;
    base_stop_hook = hold;
    if (!base_thread_start(&t, 0, held_thread, &fn)) abort();
    while (state != 1) base_park_wait(&state, 0, -1);
    meanwhile();
    state = 2;
    base_park_wake(&state, -1);
    base_thread_join(&t);
    base_stop_hook = NULL;
}

static void write_7(void) { write_pair(7); }
static void sees_nothing_new(void) {
    CHECK(pair() == 0);
    words_block();
    words_get(x, 0);
    CHECK(tx_check_chain(&x->h) == NULL);
    tx_abort();
}

static void commit_held_at(base_stop_name where, int passes) {
    x = shared(), y = shared();
    at_stop(where, passes, write_7, sees_nothing_new);
    CHECK(pair() == 707);
}

TEST(a_commit_that_is_validated_is_not_seen) { commit_held_at(BASE_STOP_TX_COMMIT_VALID, 0); }
TEST(a_commit_that_is_half_installed_is_not_seen) { commit_held_at(BASE_STOP_TX_COMMIT_STAMPED, 1); }
TEST(a_commit_that_is_installed_is_not_seen_before_the_clock_shows_it) { commit_held_at(BASE_STOP_TX_COMMIT_INSTALLED, 0); }

static void writes_a_lot(void) {
    for (uint64_t i = 1; i <= 200; i++) write_pair(i % 100);
}
static void reads_both(void) { CHECK(pair() == 0); /* 200 % 100 */ }

TEST(a_reader_that_was_held_between_announcing_and_looking_again_takes_the_newest_snapshot) {
    x = shared(), y = shared();
    write_pair(99);
    at_stop(BASE_STOP_TX_SNAPSHOT_ANNOUNCED, 0, reads_both, writes_a_lot);
}

static void waits(void) {
    words_block();
    CHECK(words_get(x, 0) == 0);
    CHECK(tx_wait_for_change(-1));
    CHECK(pair() == 707);
}

TEST(a_change_between_listing_and_validating_is_not_slept_over) {
    x = shared(), y = shared();
    at_stop(BASE_STOP_TX_WAIT_LISTED, 0, waits, write_7);
}

TEST(a_change_just_before_sleeping_is_not_slept_over) {
    x = shared(), y = shared();
    at_stop(BASE_STOP_TX_WAIT_SLEEP, 0, waits, write_7);
}

static int child_status;
static void forks(void) {
    tx_fork_prepare();
    pid_t pid = fork();
    tx_fork_done(pid == 0);
    if (pid == 0) {
        write_pair(5); /* nobody else's snapshot, turn or lock is in the way */
        alarm(10);
        for (int i = 0; i < 200; i++) write_pair((uint64_t)i);
        _exit(pair() == 199 * 100 + 199 && tx_retired_count() < 64 ? 0 : 1);
    }
    waitpid(pid, &child_status, 0);
}

TEST(a_forked_child_is_not_held_up_by_the_parents_threads) {
    x = shared(), y = shared();
    at_stop(BASE_STOP_TX_SNAPSHOT_ANNOUNCED, 0, reads_both, forks);
    CHECK(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 0);
}
#else
TEST(nothing_stops_without_debug) {
    x = shared(), y = shared();
    write_pair(3);
    CHECK(pair() == 303);
}
#endif

int main(void) {
    words_setup();
    tx_allow_sole(false);
    if (!tx_thread_enter()) return 1;
    int failed = unit_run();
    tx_thread_leave();
    words_free_all();
    return failed;
}
