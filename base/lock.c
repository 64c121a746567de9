/* lock.c: mutexes whose ranks ascend, after Drepper, "Futexes Are Tricky" (2011), mutex 3, with a short spin in front.
 * L1  A thread that waits for a lock holds only locks of lower rank. (check_order, debug builds)  So no cycle of waiters can close. */
#include "base/lock.h"
#include "base/atomic.h"
#include "base/park.h"
#include <stdio.h>
#include <stdlib.h>

enum { SPINS = 200 }; /* about the time that a commit of a few objects takes */

#ifdef APO_DEBUG
static _Thread_local unsigned held; /* bit per rank */

static void check_order(const base_lock *l) {
    if (held >> l->rank == 0) return;
    fprintf(stderr, "apodora: lock order: %s (rank %u) taken while ranks %#x are held\n", l->name, l->rank, held);
    abort();
}
static void note_held(const base_lock *l) { held |= 1u << l->rank; }
static void note_dropped(const base_lock *l) { held &= ~(1u << l->rank); }
#else
static inline void check_order(const base_lock *l) { (void)l; }
static inline void note_held(const base_lock *l) { (void)l; }
static inline void note_dropped(const base_lock *l) { (void)l; }
#endif

void base_lock_init(base_lock *l, base_rank rank, const char *name) {
    atomic_init(&l->word, 0);
    l->rank = rank;
    l->name = name;
}

void base_lock_release(base_lock *l) {
    DEBUG_ASSERT(atomic_load_explicit(&l->word, memory_order_relaxed) == 0);
    (void)l;
}

static bool grab(base_lock *l) {
    uint32_t free_word = 0;
    /* MO: LOCK acquire - sees what the last holder wrote before its release; without it a holder reads stale shared fields. */
    return atomic_compare_exchange_strong_explicit(&l->word, &free_word, 1, memory_order_acquire, memory_order_relaxed);
}

static NOINLINE void wait_for(base_lock *l) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&l->word, memory_order_relaxed) == 0 && grab(l)) return;
        base_pause();
    }
    /* MO: LOCK acquire */
    while (atomic_exchange_explicit(&l->word, 2, memory_order_acquire) != 0) base_park_wait(&l->word, 2, -1);
}

void base_lock_take(base_lock *l) {
    check_order(l);
    if (UNLIKELY(!grab(l))) wait_for(l);
    note_held(l);
}

bool base_lock_try(base_lock *l) {
    if (!grab(l)) return false;
    note_held(l);
    return true;
}

void base_lock_drop(base_lock *l) {
    note_dropped(l);
    /* MO: LOCK release - hands over what this holder wrote. */
    if (UNLIKELY(atomic_exchange_explicit(&l->word, 0, memory_order_release) == 2)) base_park_wake(&l->word, 1);
}
