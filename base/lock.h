/* lock.h: mutexes with ranks. A thread takes locks in ascending rank; debug builds assert it. docs/locks.md lists the ranks. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H
#include "base/check.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Every lock of the program, lowest first. Two locks of one rank are never held together. */
#define BASE_LOCK_RANKS(X)                                                          \
    X(OBJSPACE, "objspace: one of its own locks, outside of commits")               \
    X(STORE_ADMIN, "objspace/persist: one store operation at a time")               \
    X(HEAP, "objspace: collections")                                                \
    X(TX_THREADS, "txn: the thread list, entering and leaving")                     \
    X(TX_COMMIT, "txn: the order of commits")                                       \
    X(SINK, "objspace/persist: the queue of the group commit")                      \
    X(STORE, "txn/store: one byte store")                                           \
    X(BLOCKS, "objspace: the block lists of the heap")                              \
    X(TX_WAIT, "txn: one bucket of waiters")                                        \
    X(TABLE, "objspace: intern, type and shape tables")                             \
    X(LEAF, "a lock under which nothing else is taken")

typedef enum base_rank {
#define X(name, doc) BASE_RANK_##name,
    BASE_LOCK_RANKS(X)
#undef X
    BASE_RANK_COUNT
} base_rank;

typedef struct base_lock {
    pthread_mutex_t mutex;
    base_rank rank;
    const char *name;
} base_lock;
#define BASE_LOCK_INIT(rank_, name_) {PTHREAD_MUTEX_INITIALIZER, BASE_RANK_##rank_, name_}

void base_lock_init(base_lock *l, base_rank rank, const char *name);
void base_lock_release(base_lock *l);              /* destroys it; nobody holds it */
void base_lock_take(base_lock *l);
bool base_lock_try(base_lock *l) MUST_CHECK;       /* any rank: it cannot wait */
void base_lock_drop(base_lock *l);

#endif
