#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
/* thread.c: threads and their small numbers.
 * Locks: numbers_lock, a plain mutex held for a few instructions.
 * T1  A number belongs to one living thread at most. (base_thread_number, give_back) */
#include "base/thread.h"
#include "base/mem.h"
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

typedef struct start { void (*fn)(void *); void *arg; } start;

static void *run(void *arg) {
    start s = *(start *)arg;
    base_mem_free(arg);
    s.fn(s.arg);
    return NULL;
}

bool base_thread_start(base_thread *t, size_t stack, void (*fn)(void *), void *arg) {
    pthread_attr_t attr;
    start *s = base_mem_alloc(sizeof *s);
    int rc = ENOMEM;
    if (s == NULL) return errno = ENOMEM, false;
    *s = (start){fn, arg};
    if (pthread_attr_init(&attr) == 0) {
        if (stack) {
            size_t page = (size_t)sysconf(_SC_PAGESIZE);
            pthread_attr_setstacksize(&attr, (stack + page - 1) & ~(page - 1));
        }
        rc = pthread_create(&t->id, &attr, run, s);
        pthread_attr_destroy(&attr);
    }
    if (rc != 0) base_mem_free(s);
    return errno = rc, rc == 0;
}

void base_thread_join(base_thread *t) { pthread_join(t->id, NULL); }
void base_thread_detach(base_thread *t) { pthread_detach(t->id); }

void base_cond_init(pthread_cond_t *c) {
    pthread_condattr_t a;
    pthread_condattr_init(&a);
    pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
    pthread_cond_init(c, &a);
    pthread_condattr_destroy(&a);
}

static pthread_mutex_t numbers_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t number_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t *taken;     /* a bit a number, under numbers_lock */
static size_t taken_words;
static unsigned overflow;   /* numbers given past the bitmap when there was no memory for it */
static _Thread_local unsigned mine; /* number + 1 */

static void give_back(void *arg) {
    size_t n = (size_t)(uintptr_t)arg - 1;
    pthread_mutex_lock(&numbers_lock);
    if (n / 64 < taken_words) taken[n / 64] &= ~(UINT64_C(1) << n % 64);
    pthread_mutex_unlock(&numbers_lock);
}

static void make_key(void) { pthread_key_create(&number_key, give_back); }

static unsigned lowest_free(void) {
    uint64_t *grown;
    for (size_t i = 0; i < taken_words; i++)
        if (~taken[i]) return (unsigned)(i * 64 + (unsigned)__builtin_ctzll(~taken[i]));
    grown = base_mem_resize(taken, (taken_words + 4) * sizeof *taken);
    if (grown == NULL) return UINT_MAX / 2 + overflow++;
    memset(grown + taken_words, 0, 4 * sizeof *taken);
    taken = grown;
    taken_words += 4;
    return (unsigned)(taken_words - 4) * 64;
}

unsigned base_thread_number(void) {
    if (LIKELY(mine)) return mine - 1;
    pthread_once(&once, make_key);
    pthread_mutex_lock(&numbers_lock);
    unsigned n = lowest_free();
    if (n / 64 < taken_words) taken[n / 64] |= UINT64_C(1) << n % 64;
    pthread_mutex_unlock(&numbers_lock);
    mine = n + 1;
    pthread_setspecific(number_key, (void *)(uintptr_t)mine);
    return n;
}

bool base_thread_stack(void **low, size_t *size) {
#ifdef __linux__
    pthread_attr_t attr;
    bool ok;
    if (pthread_getattr_np(pthread_self(), &attr) != 0) return false;
    ok = pthread_attr_getstack(&attr, low, size) == 0;
    pthread_attr_destroy(&attr);
    return ok;
#else
    (void)low, (void)size;
    return false;
#endif
}

unsigned base_thread_cores(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return (unsigned)CPU_COUNT(&set);
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}
