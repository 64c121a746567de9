/* base_threads.c: locks, parking, thread numbers, summed counters. */
#include "base/lock.h"
#include "base/mono.h"
#include "base/park.h"
#include "base/stat.h"
#include "base/thread.h"
#include "tests/unit/unit.h"

enum { THREADS = 4, ROUNDS = 20000 };

static base_lock lock = BASE_LOCK_INIT(LEAF, "test");
static uint64_t guarded;
static unsigned numbers[THREADS];
static _Atomic(unsigned) alive;
static _Atomic(uint32_t) never;
static base_stat_set set = BASE_STAT_SET(2);

static void count(void *arg) {
    struct { base_stat_block head; base_stat cells[2]; } mine;
    numbers[(uintptr_t)arg] = base_thread_number();
    alive++;
    while (alive < THREADS) base_park_wait(&never, 0, 1000);
    base_stat_join(&set, &mine.head, mine.cells);
    for (int i = 0; i < ROUNDS; i++) {
        base_lock_take(&lock);
        guarded++;
        base_lock_drop(&lock);
        base_stat_add(&mine.cells[i & 1], 1);
    }
    base_stat_leave(&set, &mine.head);
}

TEST(a_lock_lets_one_thread_in_and_counters_lose_nothing) {
    base_thread t[THREADS];
    uint64_t sums[2];
    for (uintptr_t i = 0; i < THREADS; i++) CHECK_FATAL(base_thread_start(&t[i], 256 << 10, count, (void *)i));
    for (int i = 0; i < THREADS; i++) base_thread_join(&t[i]);
    base_stat_sum(&set, sums);
    CHECK(guarded == THREADS * ROUNDS);
    CHECK(sums[0] == THREADS * ROUNDS / 2 && sums[1] == THREADS * ROUNDS / 2);
}

TEST(threads_that_live_together_have_different_numbers) {
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < i; k++) CHECK(numbers[i] != numbers[k]);
}

TEST(a_lock_that_is_held_cannot_be_tried) {
    base_lock_take(&lock);
    CHECK(!base_lock_try(&lock));
    base_lock_drop(&lock);
    CHECK_FATAL(base_lock_try(&lock));
    base_lock_drop(&lock);
}

TEST(parking_ends_at_its_time_limit) {
    _Atomic(uint32_t) word = 5;
    int64_t begin = base_mono_ns();
    while (base_park_wait(&word, 5, 20000000)) {}
    CHECK(base_mono_ns() - begin >= 19000000);
}

TEST(parking_on_a_word_that_has_changed_returns_at_once) {
    _Atomic(uint32_t) word = 5;
    CHECK(base_park_wait(&word, 4, -1));
}

static _Atomic(uint32_t) ball;

static void play(void *arg) {
    uint32_t mine = (uint32_t)(uintptr_t)arg;
    for (int i = 0; i < 2000; i++) {
        while (ball != mine) base_park_wait(&ball, 1 - mine, -1);
        ball = 1 - mine;
        base_park_wake(&ball, 1);
    }
}

TEST(no_wake_up_is_lost_between_two_threads_that_take_turns) {
    base_thread a, b;
    CHECK_FATAL(base_thread_start(&a, 0, play, (void *)0) && base_thread_start(&b, 0, play, (void *)1));
    base_thread_join(&a);
    base_thread_join(&b);
    CHECK(ball == 0);
}

TEST(a_thread_knows_its_stack) {
    void *low;
    size_t size;
    char here;
    CHECK(base_thread_cores() >= 1);
    CHECK_FATAL(base_thread_stack(&low, &size));
    CHECK((char *)low < &here && &here < (char *)low + size);
}

int main(void) { return unit_run(); }
