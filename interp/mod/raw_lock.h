/* raw_lock.h: the lock of the operating system behind a lock object: its state is not versioned (what blocks do instead: _thread.c). */
#ifndef INTERP_MOD_RAW_LOCK_H
#define INTERP_MOD_RAW_LOCK_H
#include "base/check.h"
#include "objspace/obj.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* malloc'ed: the lock object's type->free gives it back. */
typedef struct py_raw_lock {
    pthread_mutex_t m; pthread_cond_t c;
    bool held;                   /* under m */
    uint64_t owner; uint64_t depth;      /* RLock: under m */
    bool ending;                 /* held by a block or slice that is about to give it back: under m */
    bool sentinel;               /* held until a thread ends; constant after it was made */
    bool early;                  /* a sentinel that was held for a thread before that began, and which has not taken it yet: under m */
} py_raw_lock;

py_raw_lock *py_raw_new(void) MUST_CHECK;            /* NULL: no memory */
void py_raw_init(py_raw_lock *r);
void py_raw_free(py_raw_lock *r);
/* Waits until the lock can be taken by me (0: whoever asks; else an RLock's holder may take it again), and takes it. timeout_ns < 0: for ever. false: timed out. */
bool py_raw_take(py_raw_lock *r, uint64_t me, int64_t timeout_ns) MUST_CHECK;
bool py_raw_try(py_raw_lock *r, uint64_t me) MUST_CHECK;
/* The same, by one who thinks that the holder is about to give it back: looks for a microsecond or two. */
bool py_raw_try_hard(py_raw_lock *r, uint64_t me) MUST_CHECK;
void py_raw_give(py_raw_lock *r);
bool py_raw_is_held(py_raw_lock *r, uint64_t me);    /* by an RLock's owner me, or, me 0, by anybody */
/* For the end of a block: takes it if it is free; who ends a block of his own gives it back at once, and is waited for. */
bool py_raw_secure(py_raw_lock *r, uint64_t me) MUST_CHECK;
/* The same, by who holds another lock already: it does not wait, but looks for a moment, as py_raw_try_hard. */
bool py_raw_secure_now(py_raw_lock *r, uint64_t me) MUST_CHECK;
/* Is it held only for the end of a block or slice?  That may have committed already: who has seen what it did behind giving the lock back must not find it held. */
bool py_raw_is_ending(py_raw_lock *r);
void py_raw_await_end(py_raw_lock *r);               /* waits while it is so, though not for long: the holder may wait for the turn */

/* Of a lock object (py_is_lock). */
py_raw_lock *py_lock_raw(ob_val lock);
uint64_t py_lock_owner(ob_val lock);                 /* whom this thread is to it: 0 for a plain Lock, which has no owner */
#endif
