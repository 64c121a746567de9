/* gate.c: threads that keep undoing each other's work go through a gate one after the other, each with what its caches hold, where that gets more done.
 * Locks: none. The gate is a word: the thread that has it, or none, and whether it is offered.
 * Whether it gets more done is measured: while threads lose to each other, stretches with the gate and without are compared by the work that was
 * committed in them, and the better way is kept for a while.
 * F1  The gate is advice: nothing rests on who has it. So its words are relaxed; who waits gets it from a holder that does not come by for long.
 * F2  Whoever has it gives it back before it waits for anything and when it leaves, and offers it after TURN_NS if others wait; it goes on until one of them has
 *     arrived, so that no time is lost by waking. (tx__gate_leave, offer)
 * F3  It is asked for outside of transactions, by threads that have lost of late, while `on`: who never loses touches none of these words. (tx__gate_pass)
 * F4  Of the measuring, all but `until` and `on` belongs to who has put DECIDING there. (decide)
 * States of the measuring: without -time is over-> with, without, with … -compared-> kept with the gate, or without it, for a while -> from the beginning. */
#include "txn/txn_int.h"
#include "base/mono.h"
#include "base/park.h"
#include "base/stress.h"
#include <string.h>

enum {
    TURN_NS = 1000000,
    STRETCH_NS = 1000000,       /* of the measuring */
    STRETCHES = 6,              /* every second one with the gate */
    KEEP_WITH_NS = 200000000, KEEP_WITHOUT_NS = 100000000, KEEP_WITHOUT_MAX_NS = 1600000000,
    LOOKS = 16,                 /* transactions between two looks at the clock */
};
#define OFFERED  UINT64_C(1)
#define DECIDING INT64_MAX

/* What is written at every change of hands, and what all read but few write, in lines of their own. */
static struct {
    BASE_CACHE_ALIGNED _Atomic(uint64_t) holder;    /* address of a tx_thread, perhaps | OFFERED; 0: none */
    _Atomic(int64_t) since;
    _Atomic(uint32_t) waiting, turns;               /* turns: changes when the gate may have become free */
    BASE_CACHE_ALIGNED _Atomic(uint32_t) on;
    _Atomic(int64_t) until;                         /* when the present stretch ends.  (MO: GATE) */
    int stretch;                                    /* STRETCHES: none is measured */
    int64_t began, keep_without;
    uint64_t work_began;
    double work[2], ns[2];                          /* without the gate, with it */
} gate = {.stretch = STRETCHES};

static uint64_t word_of(const tx_thread *t) { return (uint64_t)(uintptr_t)t; }

static bool take(tx_thread *t, uint64_t held, int64_t now) {
    if (!atomic_compare_exchange_strong_explicit(&gate.holder, &held, word_of(t), memory_order_relaxed, memory_order_relaxed)) return false;
    atomic_store_explicit(&gate.since, now, memory_order_relaxed);
    return t->gated = true;
}

static void call_next(int n) {
    atomic_fetch_add_explicit(&gate.turns, 1, memory_order_relaxed);
    if (atomic_load_explicit(&gate.waiting, memory_order_relaxed)) base_park_wake(&gate.turns, n);
}

void tx__gate_leave(tx_thread *t) {
    uint64_t held = word_of(t);
    t->gated = false;
    if (atomic_compare_exchange_strong_explicit(&gate.holder, &held, 0, memory_order_relaxed, memory_order_relaxed) ||
        (held == (word_of(t) | OFFERED) && atomic_compare_exchange_strong_explicit(&gate.holder, &held, 0, memory_order_relaxed, memory_order_relaxed)))
        call_next(1);
}

static void offer(tx_thread *t) {
    uint64_t held = word_of(t);
    if (atomic_compare_exchange_strong_explicit(&gate.holder, &held, held | OFFERED, memory_order_relaxed, memory_order_relaxed)) call_next(1);
}

/* Free, offered, or with a thread that has not come by for long? */
static bool may_take(uint64_t held, int64_t now) {
    return held == 0 || (held & OFFERED) || now - atomic_load_explicit(&gate.since, memory_order_relaxed) > 4 * (int64_t)TURN_NS;
}

static bool try_take(void *arg) {
    uint64_t held = atomic_load_explicit(&gate.holder, memory_order_relaxed);
    if (!atomic_load_explicit(&gate.on, memory_order_relaxed)) return true;
    if (held && !(held & OFFERED)) return false;
    return take(arg, held, base_mono_ns());
}

static NOINLINE void wait_at(tx_thread *t) {
    tx__block_enter();
    atomic_fetch_add_explicit(&gate.waiting, 1, memory_order_relaxed);
    if (!base_park_spin(&t->gate_in_vain, try_take, t))
        for (;;) {
            uint32_t turns = atomic_load_explicit(&gate.turns, memory_order_relaxed);
            uint64_t held = atomic_load_explicit(&gate.holder, memory_order_relaxed);
            int64_t now = base_mono_ns();
            if (!atomic_load_explicit(&gate.on, memory_order_relaxed) || (may_take(held, now) && take(t, held, now))) break;
            base_park_wait(&gate.turns, turns, 4 * (int64_t)TURN_NS);
        }
    atomic_fetch_sub_explicit(&gate.waiting, 1, memory_order_relaxed);
    tx__block_leave();
}

/* ---- measuring ---- */

static uint64_t work_done(void) {
    uint64_t sum = 0;
    /* MO: THREADS acquire */
    for (tx_thread *t = atomic_load_explicit(&tx_g.threads, memory_order_acquire); t; t = t->next) sum += atomic_load_explicit(&t->work, memory_order_relaxed);
    return sum;
}

static void turn_on(bool on) {
    atomic_store_explicit(&gate.on, on, memory_order_relaxed);
    if (!on) {
        atomic_store_explicit(&gate.holder, 0, memory_order_relaxed);
        call_next(-1);
    }
}

static double rate(bool with) { return gate.ns[with] > 0 ? gate.work[with] / gate.ns[with] : 0; }

/* Where the gate clearly does harm, the measuring ends early. */
static bool much_worse(void) { return gate.stretch >= 2 && rate(true) < 0.8 * rate(false); }

static int64_t compare(int64_t now) {
    bool with = rate(true) > 1.03 * rate(false);
    turn_on(with);
    gate.stretch = STRETCHES;
    if (with) {
        gate.keep_without = KEEP_WITHOUT_NS;
        return now + KEEP_WITH_NS;
    }
    gate.keep_without = gate.keep_without < KEEP_WITHOUT_NS ? KEEP_WITHOUT_NS : 2 * gate.keep_without;
    if (gate.keep_without > KEEP_WITHOUT_MAX_NS) gate.keep_without = KEEP_WITHOUT_MAX_NS;
    return now + gate.keep_without;
}

/* A stretch is over: what it has brought, and what comes next. Gives the end of that. */
static int64_t next_stretch(int64_t now) {
    uint64_t work = work_done();
    if (base_stressed(BASE_STRESS_GATE)) return turn_on(true), now + KEEP_WITH_NS;
    if (gate.stretch < STRETCHES) {
        bool with = gate.stretch % 2;
        gate.work[with] += (double)(work - gate.work_began);
        gate.ns[with] += (double)(now - gate.began);
        gate.stretch++;
        if (gate.stretch == STRETCHES || much_worse()) return compare(now);
    } else {
        memset(gate.work, 0, sizeof gate.work);
        memset(gate.ns, 0, sizeof gate.ns);
        gate.stretch = 0;
    }
    turn_on(gate.stretch % 2);
    gate.began = now;
    gate.work_began = work;
    return now + STRETCH_NS;
}

static NOINLINE void decide(int64_t now, int64_t until) {
    /* MO: GATE acquire - the last decider's notes are read */
    if (!atomic_compare_exchange_strong_explicit(&gate.until, &until, DECIDING, memory_order_acquire, memory_order_relaxed)) return;
    until = next_stretch(now);
    atomic_store_explicit(&gate.until, until, memory_order_release); /* MO: GATE release */
}

/* ---- the way through ---- */

void tx__gate_pass(tx_thread *t) {
    int64_t now, until;
    if (t->in_locks > 0) return;
    if (t->holds_turn || t->want_irrevocable || t->running_hooks || t->options.no_turn || t->options.readonly || tx_g.sink || tx__loses_no_more(t)) return;
    if (!atomic_load_explicit(&gate.on, memory_order_relaxed)) t->gated = false;
    else if (!t->gated) t->gate_looks = 0;
    if (t->gate_looks-- > 0) return;
    t->gate_looks = LOOKS;
    now = base_mono_ns();
    until = atomic_load_explicit(&gate.until, memory_order_relaxed);
    if (now > until) decide(now, until);
    if (!atomic_load_explicit(&gate.on, memory_order_relaxed)) return;
    if ((atomic_load_explicit(&gate.holder, memory_order_relaxed) & ~OFFERED) != word_of(t)) {
        t->gated = false;
        if (!try_take(t)) wait_at(t);
    } else if (now - atomic_load_explicit(&gate.since, memory_order_relaxed) > TURN_NS && atomic_load_explicit(&gate.waiting, memory_order_relaxed)) offer(t);
}

void tx__gate_forget(void) {
    turn_on(false);
    gate.stretch = STRETCHES;
    atomic_store_explicit(&gate.until, 0, memory_order_relaxed); /* who was deciding is not here */
}
