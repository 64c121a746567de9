/* park.c: sleeping on a word.
 * Linux: the futex system call.  Elsewhere: 64 buckets of mutex and condition; waking takes the bucket's mutex, so a waiter that saw the old
 * word under it is asleep before the waker signals. */
#include "base/park.h"
#include "base/atomic.h"
#include "base/mono.h"

bool base_park_spin(unsigned *in_vain, bool (*done)(void *arg), void *arg) {
    enum { SPIN_NS = 30000, LOOKS = 16 /* between two looks at the clock */, IN_VAIN = 4, AGAIN = 16 };
    if (*in_vain > IN_VAIN && (*in_vain)++ % AGAIN) return false;
    int64_t until = base_mono_ns() + SPIN_NS;
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (done(arg)) {
                *in_vain = 0;
                return true;
            }
            base_pause();
        }
    } while (base_mono_ns() < until);
    ++*in_vain;
    return false;
}

#ifdef __linux__
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool base_park_wait(_Atomic(uint32_t) *word, uint32_t expected, int64_t timeout_ns) {
    struct timespec t, *limit = NULL;
    if (timeout_ns >= 0) {
        t.tv_sec = (time_t)(timeout_ns / 1000000000);
        t.tv_nsec = (long)(timeout_ns % 1000000000);
        limit = &t;
    }
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, limit, NULL, 0) == 0 || errno != ETIMEDOUT;
}

void base_park_wake(_Atomic(uint32_t) *word, int n) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n < 0 ? INT_MAX : n, NULL, NULL, 0); }

#else
#include "base/hash.h"
#include <errno.h>
#include <pthread.h>
#include <time.h>

static struct bucket { pthread_mutex_t mutex; pthread_cond_t changed; } buckets[64];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_buckets(void) {
    for (int i = 0; i < 64; i++) {
        pthread_mutex_init(&buckets[i].mutex, NULL);
        pthread_cond_init(&buckets[i].changed, NULL);
    }
}

static struct bucket *bucket_of(void *word) {
    pthread_once(&once, make_buckets);
    return &buckets[base_hash_pointer(word) >> 58];
}

bool base_park_wait(_Atomic(uint32_t) *word, uint32_t expected, int64_t timeout_ns) {
    struct bucket *b = bucket_of(word);
    struct timespec t;
    int rc = 0;
    pthread_mutex_lock(&b->mutex);
    if (atomic_load_explicit(word, memory_order_relaxed) == expected) {
        if (timeout_ns < 0) rc = pthread_cond_wait(&b->changed, &b->mutex);
        else {
            clock_gettime(CLOCK_REALTIME, &t);
            t.tv_sec += (time_t)(timeout_ns / 1000000000);
            t.tv_nsec += (long)(timeout_ns % 1000000000);
            if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
            rc = pthread_cond_timedwait(&b->changed, &b->mutex, &t);
        }
    }
    pthread_mutex_unlock(&b->mutex);
    return rc != ETIMEDOUT;
}

void base_park_wake(_Atomic(uint32_t) *word, int n) {
    struct bucket *b = bucket_of((void *)word);
    (void)n; /* sleepers of other words share the bucket: all must look */
    pthread_mutex_lock(&b->mutex);
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->mutex);
}
#endif
