/* raw_lock.c: a mutex that may be given back by another thread than its holder, with an owner and a depth for RLock, and waits that end in time.
 * Locks: the pthread mutex m of each, for a moment, nothing under it. */
#include "interp/mod/raw_lock.h"
#include "base/atomic.h"
#include "base/mono.h"
#include "base/thread.h"
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

enum { LOOKS = 8, PAUSES = 16 };         /* of try_hard */
enum { END_NS = 20000000 };              /* who ends a block or slice needs microseconds, if it has a core */

void py_raw_init(py_raw_lock *r) {
    pthread_mutex_init(&r->m, NULL);
    base_cond_init(&r->c);
}

py_raw_lock *py_raw_new(void) {
    py_raw_lock *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    py_raw_init(r);
    return r;
}

void py_raw_free(py_raw_lock *r) {
    pthread_mutex_destroy(&r->m);
    pthread_cond_destroy(&r->c);
    free(r);
}

bool py_raw_take(py_raw_lock *r, uint64_t me, int64_t timeout_ns) {
    struct timespec until;
    if (timeout_ns >= 0) {
        int64_t t = base_mono_ns() + timeout_ns;
        until = (struct timespec){t / 1000000000, t % 1000000000};
    }
    pthread_mutex_lock(&r->m);
    while (r->held && !(me && r->owner == me)) {
        int e = timeout_ns < 0 ? pthread_cond_wait(&r->c, &r->m) : pthread_cond_timedwait(&r->c, &r->m, &until);
        if (e == ETIMEDOUT && r->held) { pthread_mutex_unlock(&r->m); return false; }
    }
    r->held = true;
    r->owner = me;
    r->depth++;
    pthread_mutex_unlock(&r->m);
    return true;
}

/* Under m. ending: it will be given back at the end of a block or slice that is being committed. */
static bool take_free(py_raw_lock *r, uint64_t me, bool ending) {
    if (r->held && !(me && r->owner == me)) return false;
    r->held = true;
    if (ending) r->ending = true;
    r->owner = me;
    r->depth++;
    return true;
}

static bool try_once(py_raw_lock *r, uint64_t me, bool ending) {
    pthread_mutex_lock(&r->m);
    bool ok = take_free(r, me, ending);
    pthread_mutex_unlock(&r->m);
    return ok;
}
bool py_raw_try(py_raw_lock *r, uint64_t me) { return try_once(r, me, false); }

void py_raw_give(py_raw_lock *r) {
    pthread_mutex_lock(&r->m);
    r->ending = false;                       /* of an RLock that the thread held before, too */
    if (r->depth && --r->depth == 0) {
        r->held = false;
        r->owner = 0;
        pthread_cond_signal(&r->c);
    }
    pthread_mutex_unlock(&r->m);
}

bool py_raw_is_held(py_raw_lock *r, uint64_t me) {
    pthread_mutex_lock(&r->m);
    bool held = r->held && r->owner == me;
    pthread_mutex_unlock(&r->m);
    return held;
}

bool py_raw_secure(py_raw_lock *r, uint64_t me) {
    int64_t t = base_mono_ns() + 2000000;
    const struct timespec until = {t / 1000000000, t % 1000000000};
    pthread_mutex_lock(&r->m);
    while (r->held && r->ending && !(me && r->owner == me) && pthread_cond_timedwait(&r->c, &r->m, &until) != ETIMEDOUT) {}
    bool ok = take_free(r, me, true);
    pthread_mutex_unlock(&r->m);
    return ok;
}

static bool try_hard(py_raw_lock *r, uint64_t me, bool ending) {
    for (int i = 0; i < LOOKS; i++) {
        if (try_once(r, me, ending)) return true;
        for (int k = 0; k < PAUSES; k++) base_pause();
    }
    return false;
}
bool py_raw_try_hard(py_raw_lock *r, uint64_t me) { return try_hard(r, me, false); }
bool py_raw_secure_now(py_raw_lock *r, uint64_t me) { return try_hard(r, me, true); }

bool py_raw_is_ending(py_raw_lock *r) {
    pthread_mutex_lock(&r->m);
    bool ending = r->held && r->ending;
    pthread_mutex_unlock(&r->m);
    return ending;
}

/* Looks, and does not sleep: a signal of the condition is for who takes the lock. */
void py_raw_await_end(py_raw_lock *r) {
    int64_t end = base_mono_ns() + END_NS;
    while (py_raw_is_ending(r) && base_mono_ns() < end) sched_yield();
}
