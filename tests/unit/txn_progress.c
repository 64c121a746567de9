/* txn_progress.c: the turn, irrevocable blocks, retry() and the stress of many threads. */
#include "base/mono.h"
#include "base/park.h"
#include "base/rand.h"
#include "base/stress.h"
#include "base/thread.h"
#include "tests/unit/unit.h"
#include "tests/words.h"
#include <stdlib.h>

static words *objects[20];
static _Atomic(int) failures;
static void expect(bool ok, int line, const char *what) {
    if (ok) return;
    failures++;
    fprintf(stderr, "line %d: %s\n", line, what);
}
#define EXPECT(x) expect((x), __LINE__, #x) /* CUnit's own are for one thread */

static void nap(int64_t ns) {
    _Atomic(uint32_t) nothing = 0;
    int64_t end = base_mono_ns() + ns;
    while (base_mono_ns() < end) base_park_wait(&nothing, 0, end - base_mono_ns() > 0 ? end - base_mono_ns() : 0);
}

static words *shared(unsigned n) {
    words_block();
    words *o = words_new(n);
    if (!tx_publish((uint64_t)(uintptr_t)o)) abort();
    if (tx_commit() != TX_COMMITTED) abort();
    return o;
}

static uint64_t now(words *o, unsigned i) {
    words_block();
    uint64_t x = words_get(o, i);
    if (tx_commit() != TX_COMMITTED) abort();
    return x;
}

static void run(int n, void (*const *fn)(void *)) {
    base_thread t[8];
    for (int i = 0; i < n; i++) CHECK_FATAL(base_thread_start(&t[i], 0, fn[i], (void *)(uintptr_t)i));
    for (int i = 0; i < n; i++) base_thread_join(&t[i]);
    CHECK(failures == 0);
}

/* ---- the gate ---- */

enum { GATE_ROUNDS = 5000 };
static _Atomic(unsigned) gone_on;

static void add_one(void) {
    do words_block(), words_add(objects[0], 0, 1);
    while (tx_commit() != TX_COMMITTED);
}

static void goes_through(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    for (int i = 0; i < GATE_ROUNDS; i++) add_one(), gone_on++;
    tx_thread_leave();
}

/* Takes the gate into a wait that it does not speak of. */
static void dawdles(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    for (int i = 0; i < 3; i++) {
        unsigned before = gone_on;
        int64_t limit = base_mono_ns() + INT64_C(60000000000);
        words_block();
        while (gone_on == before && before < 3 * GATE_ROUNDS && base_mono_ns() < limit) nap(1000000);
        EXPECT(gone_on != before || before == 3 * GATE_ROUNDS);
        words_add(objects[0], 0, 1);
        if (tx_commit() != TX_COMMITTED) add_one();
    }
    tx_thread_leave();
}

TEST(a_thread_that_takes_the_gate_into_a_long_wait_is_passed_by) {
    uint64_t before;
    unsigned kept = base_stress_bits;
    objects[0] = shared(2);
    before = now(objects[0], 0);
    base_stress_bits |= 1u << BASE_STRESS_GATE;
    run(4, (void (*[])(void *)){goes_through, goes_through, goes_through, dawdles});
    base_stress_bits = kept;
    CHECK(now(objects[0], 0) - before == 3 * GATE_ROUNDS + 3);
}

/* ---- two threads that invalidate each other ---- */

enum { SLOW_ROUNDS = 20 };
static _Atomic(bool) stop;

static void fast_writer(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    while (!stop) {
        words_block();
        words_add(objects[0], 0, 1);
        if (tx_commit() != TX_COMMITTED) tx_backoff();
    }
    tx_thread_leave();
}

static void slow_writer(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    for (int i = 0; i < SLOW_ROUNDS; i++) {
        unsigned losses = 0;
        for (;; losses++) {
            words_block();
            words_add(objects[0], 0, 1);
            nap(2000000); /* the other one commits meanwhile, unless it must wait */
            if (tx_commit() == TX_COMMITTED) break;
            tx_backoff();
        }
        EXPECT(losses <= 16);
        tx_attempt_reset();
    }
    stop = true;
    tx_thread_leave();
}

TEST(a_long_block_among_short_ones_is_let_through_after_some_losses) {
    objects[0] = shared(1);
    run(2, (void (*const[])(void *)){slow_writer, fast_writer});
}

/* ---- irrevocable ---- */

static _Atomic(int) stage;
static void irrevocable(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    for (int i = 0; i < 50; i++) {
        tx_become_irrevocable();
        words_block();
        EXPECT(tx_irrevocable());
        uint64_t x = words_get(objects[0], 0);
        nap(100000);
        words_set(objects[0], 0, x + 1);
        EXPECT(tx_commit() == TX_COMMITTED);
        EXPECT(!tx_irrevocable());
    }
    stage++;
    tx_thread_leave();
}

static void revocable(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    while (stage < 2) {
        words_block();
        words_add(objects[0], 1, 1);
        words_add(objects[0], 0, 1);
        if (tx_commit() != TX_COMMITTED) tx_backoff();
    }
    tx_thread_leave();
}

TEST(irrevocable_blocks_never_lose_and_take_turns) {
    objects[0] = shared(2);
    run(3, (void (*const[])(void *)){irrevocable, irrevocable, revocable});
    CHECK(now(objects[0], 0) - now(objects[0], 1) == 100);
}

TEST(a_running_block_becomes_irrevocable_if_what_it_saw_still_holds) {
    words *x = shared(2), *y = shared(1);
    as(1), as(0);
    words_block();
    words_get(x, 0);
    as(1), words_block();
    words_set(x, 1, 5), words_set(y, 0, 6);
    CHECK(tx_commit() == TX_COMMITTED);
    as(0);
    CHECK(tx_upgrade());
    CHECK(tx_irrevocable() && words_get(y, 0) == 6 && words_get(x, 1) == 5); /* it moved to the present */
    words_set(x, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    words_get(x, 0);
    as(1), words_block();
    words_set(x, 0, 9);
    CHECK(tx_commit() == TX_COMMITTED);
    as(0);
    CHECK(!tx_upgrade() && !tx_irrevocable());
    tx_abort();
    words_block();
    CHECK(tx_upgrade());
    CHECK(tx_commit() == TX_COMMITTED);
    sessions_close();
}

/* ---- retry() ---- */

enum { ITEMS = 3000 };
/* A queue of one place: slot 0 of objects[0]; 0 is empty. */
static void producer(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    for (uint64_t i = 1; i <= ITEMS;) {
        words_block();
        if (words_get(objects[0], 0) != 0) {
            EXPECT(tx_wait_for_change(-1));
            continue;
        }
        words_set(objects[0], 0, i);
        if (tx_commit() == TX_COMMITTED) i++;
        else tx_backoff();
    }
    tx_thread_leave();
}

static void consumer(void *arg) {
    uint64_t got = 0;
    (void)arg;
    EXPECT(tx_thread_enter());
    while (got < ITEMS) {
        words_block();
        uint64_t x = words_get(objects[0], 0);
        if (x == 0) {
            EXPECT(tx_wait_for_change(-1));
            continue;
        }
        words_set(objects[0], 0, 0);
        if (tx_commit() != TX_COMMITTED) {
            tx_backoff();
            continue;
        }
        EXPECT(x == got + 1);
        got = x;
    }
    tx_thread_leave();
}

TEST(producer_and_consumer_wake_each_other_and_no_wake_up_is_lost) {
    objects[0] = shared(1);
    run(2, (void (*const[])(void *)){producer, consumer});
}

static void waits_for_slot_0(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    words_block();
    EXPECT(words_get(objects[0], 0) == 0);
    EXPECT(tx_read_anything());
    stage = 10;
    EXPECT(tx_wait_for_change(-1));
    stage = 11;
    EXPECT(now(objects[0], 0) == 1);
    EXPECT(tx_attempt() >= 1);
    tx_thread_leave();
}

static void changes_both_slots(void *arg) {
    (void)arg;
    EXPECT(tx_thread_enter());
    while (stage < 10) nap(100000);
    nap(20000000);
    words_block(), words_set(objects[0], 1, 1);
    EXPECT(tx_commit() == TX_COMMITTED);
    nap(20000000);
    EXPECT(stage == 10); /* not what it waits for */
    words_block(), words_set(objects[0], 0, 1);
    EXPECT(tx_commit() == TX_COMMITTED);
    tx_thread_leave();
}

TEST(a_waiter_sleeps_until_the_slot_that_it_read_changes) {
    objects[0] = shared(2);
    stage = 0;
    run(2, (void (*const[])(void *)){waits_for_slot_0, changes_both_slots});
    CHECK(stage == 11);
}

TEST(waiting_ends_at_its_time_limit_with_the_block_undone) {
    words *x = shared(1);
    words_block();
    words_add(x, 0, 1);
    int64_t begin = base_mono_ns();
    CHECK(!tx_wait_for_change(20000000));
    CHECK(base_mono_ns() - begin >= 19000000 && !tx_active());
    CHECK(now(x, 0) == 0);
}

TEST(what_has_changed_already_is_not_waited_for) {
    words *x = shared(1);
    as(1), as(0);
    words_block();
    words_get(x, 0);
    as(1), words_block();
    words_set(x, 0, 1);
    CHECK(tx_commit() == TX_COMMITTED);
    as(0);
    CHECK(tx_wait_for_change(-1));
    sessions_close();
}

/* ---- everything at once ---- */

enum { ACCOUNTS = 16, EACH = 1000, TRANSFERS = 20000 };

static uint64_t total(void) {
    uint64_t sum = 0;
    for (int i = 0; i < ACCOUNTS; i++) sum += words_get(objects[i], 0);
    return sum;
}

static void teller(void *arg) {
    base_rand r;
    base_rand_seed(&r, 77 + (uint64_t)(uintptr_t)arg);
    EXPECT(tx_thread_enter());
    for (int i = 0; i < TRANSFERS; i++) {
        unsigned a = base_rand_below(&r, ACCOUNTS), b = base_rand_below(&r, ACCOUNTS), what = base_rand_below(&r, 50);
        for (;;) {
            if (what == 1) tx_become_irrevocable();
            words_block();
            tx_savepoint sp;
            words_add(objects[a], 0, (uint64_t)-1);
            if (!tx_savepoint_set(&sp)) abort();
            words_add(objects[b], 0, 1 + (what == 2));
            if (what == 2) {
                tx_savepoint_rollback(&sp);
                words_add(objects[b], 0, 1);
            } else tx_savepoint_release(&sp);
            if (what == 3) EXPECT(total() == ACCOUNTS * EACH);
            if (what == 4) {
                tx_abort();
                tx_attempt_reset();
                break;
            }
            if (tx_commit() == TX_COMMITTED) break;
            EXPECT(what != 1);
            tx_backoff();
        }
    }
    stage++;
    tx_thread_leave();
}

static void observer(void *arg) {
    int i = 0;
    EXPECT(tx_thread_enter());
    while (stage < 3) {
        tx_begin(&(tx_options){.readonly = (i++ ^ (int)(uintptr_t)arg) & 1});
        EXPECT(total() == ACCOUNTS * EACH);
        EXPECT(tx_commit() == TX_COMMITTED);
    }
    tx_thread_leave();
}

TEST(no_observer_ever_sees_money_made_or_lost) {
    tx_stats before, after;
    for (int i = 0; i < ACCOUNTS; i++) {
        objects[i] = shared(1);
        words_block(), words_set(objects[i], 0, EACH);
        CHECK(tx_commit() == TX_COMMITTED);
    }
    stage = 0;
    tx_stats_get(&before);
    run(5, (void (*const[])(void *)){teller, teller, teller, observer, observer});
    tx_stats_get(&after);
    words_block();
    CHECK(total() == ACCOUNTS * EACH);
    tx_abort();
    printf("  %llu commits, %llu conflicts, %llu irrevocable\n", (unsigned long long)(after.commits - before.commits),
           (unsigned long long)(after.conflicts - before.conflicts), (unsigned long long)(after.irrevocable - before.irrevocable));
}

int main(void) {
    words_setup();
    tx_allow_sole(false);
    if (!tx_thread_enter()) return 1;
    int failed = unit_run();
    tx_thread_leave();
    words_free_all();
    return failed;
}
