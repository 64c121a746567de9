/* lock.h: mutexes with ranks. A thread takes locks in ascending rank; debug builds assert it. docs/locks.md lists the ranks.
 * A waiter spins for a moment, then sleeps (base/park), so a lock costs two atomic exchanges where nobody waits. Not recursive. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H
#include "base/check.h"
#include <stdatomic.h>
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
    _Atomic(uint32_t) word;  /* 0 free, 1 held, 2 held and somebody sleeps.  (MO: LOCK) */
    uint32_t rank;           /* base_rank; constant */
    const char *name;        /* constant */
} base_lock;
#define BASE_LOCK_INIT(rank_, name_) {0, BASE_RANK_##rank_, name_}

void base_lock_init(base_lock *l, base_rank rank, const char *name);
void base_lock_release(base_lock *l);              /* destroys it; nobody holds it */
void base_lock_take(base_lock *l);
bool base_lock_try(base_lock *l) MUST_CHECK;       /* any rank: it cannot wait */
void base_lock_drop(base_lock *l);

#endif
