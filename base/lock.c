/* lock.c: mutexes whose ranks ascend.
 * L1  A thread that waits for a lock holds only locks of lower rank. (base_lock_take, debug builds)  So no cycle of waiters can close. */
#include "base/lock.h"
#include <stdio.h>
#include <stdlib.h>

#ifdef APO_DEBUG
static _Thread_local unsigned held; /* bit per rank */

static void check_order(const base_lock *l) {
    if (held >> l->rank == 0) return;
    fprintf(stderr, "apodora: lock order: %s (rank %d) taken while ranks %#x are held\n", l->name, (int)l->rank, held);
    abort();
}
#define HELD_SET(l) (held |= 1u << (l)->rank)
#define HELD_CLEAR(l) (held &= ~(1u << (l)->rank))
#else
#define check_order(l) ((void)(l))
#define HELD_SET(l) ((void)(l))
#define HELD_CLEAR(l) ((void)(l))
#endif

void base_lock_init(base_lock *l, base_rank rank, const char *name) {
    pthread_mutex_init(&l->mutex, NULL);
    l->rank = rank;
    l->name = name;
}

void base_lock_release(base_lock *l) { pthread_mutex_destroy(&l->mutex); }

void base_lock_take(base_lock *l) {
    check_order(l);
    pthread_mutex_lock(&l->mutex);
    HELD_SET(l);
}

bool base_lock_try(base_lock *l) {
    if (pthread_mutex_trylock(&l->mutex) != 0) return false;
    HELD_SET(l);
    return true;
}

void base_lock_drop(base_lock *l) {
    HELD_CLEAR(l);
    pthread_mutex_unlock(&l->mutex);
}
