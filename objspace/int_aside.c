/* int_aside.c: arithmetic on enormous integers, in a thread of its own.
 *
 * GMP cannot be asked to stop, and ends the process when it gets no memory. So what may take long is calculated aside, by a thread that knows nothing of Python,
 * on copies of the operands, while the thread that wants the result waits and looks at signals. GMP's allocations go through this file: one that fails, or that
 * is asked for by a calculation that nobody waits for any more, ends that thread; what it had allocated is freed with the job.
 * Locks: a job's own mutex, a leaf.
 * S1  Until it has told its end, the job belongs to the calculating thread; then to the waiting one; if that has gone, to the former. (tell, wait_for)
 * S2  What GMP allocates aside is in the job's list, and only there: it is never used behind the job. */
#include "objspace/int_aside.h"
#include "base/mem.h"
#include "base/thread.h"
#include "objspace/call.h"
#include "objspace/error.h"
#include "objspace/heap.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNNING, DONE, NO_MEMORY };
enum { STEP_NS = 20000000, STACK = 4 << 20 };

struct ob_aside_state {
    void (*fn)(ob_aside *);
    pthread_mutex_t m; pthread_cond_t c;
    int how;                     /* RUNNING …: under m */
    _Atomic(bool) left;          /* nobody waits any more: written under m; relaxed: the calculation looks at it now and then */
    void **blocks; size_t nblocks, cap;     /* what GMP has allocated: the calculating thread's */
    void *copies[3];
};

static _Thread_local ob_aside *calculating;

/* ---- GMP's memory ---- */

static void note_block(ob_aside_state *s, void *p) {
    if (s->nblocks == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        void **more = realloc(s->blocks, cap * sizeof *more);
        if (!more) { free(p); return; }
        s->blocks = more;
        s->cap = cap;
    }
    s->blocks[s->nblocks++] = p;
}
static void **find_block(ob_aside_state *s, const void *p) {
    for (size_t i = s->nblocks; i-- > 0;) if (s->blocks[i] == p) return &s->blocks[i];
    return NULL;
}

static void job_free(ob_aside *j) {
    ob_aside_state *s = j->state;
    for (size_t i = 0; i < s->nblocks; i++) free(s->blocks[i]);
    for (size_t i = 0; i < 3; i++) free(s->copies[i]);
    free(s->blocks);
    free(j->text);
    pthread_mutex_destroy(&s->m);
    pthread_cond_destroy(&s->c);
    free(s);
    free(j);
}
void ob_aside_free(ob_aside *j) { job_free(j); }

/* The last that the calculating thread does with its job. */
static void tell(ob_aside *j, int how) {
    ob_aside_state *s = j->state;
    calculating = NULL;
    pthread_mutex_lock(&s->m);
    s->how = how;
    bool left = atomic_load_explicit(&s->left, memory_order_relaxed);
    pthread_cond_signal(&s->c);
    pthread_mutex_unlock(&s->m);
    if (left) job_free(j);
}
static _Noreturn void give_up(ob_aside *j) {
    tell(j, NO_MEMORY);
    pthread_exit(NULL);
}

static _Noreturn void out_of_memory(void) {
    static const char text[] = "apodora: no memory for arithmetic on integers\n";
    fputs(text, stderr);
    abort();
}

static void *gmp_alloc(size_t n) {
    ob_aside *j = calculating;
    if (j && atomic_load_explicit(&j->state->left, memory_order_relaxed)) give_up(j);
    void *p = malloc(n ? n : 1);
    if (!j) return p ? p : (out_of_memory(), NULL);
    size_t before = j->state->nblocks;
    if (p) note_block(j->state, p);
    if (j->state->nblocks == before) give_up(j);
    return p;
}
static void *gmp_realloc(void *old, size_t was UNUSED, size_t n) {
    ob_aside *j = calculating;
    if (j && atomic_load_explicit(&j->state->left, memory_order_relaxed)) give_up(j);
    void **at = j ? find_block(j->state, old) : NULL, *p = realloc(old, n ? n : 1);
    if (!p && j) give_up(j);
    if (!p) out_of_memory();
    if (at) *at = p;
    return p;
}
static void gmp_free(void *p, size_t n UNUSED) {
    ob_aside *j = calculating;
    void **at = j ? find_block(j->state, p) : NULL;
    if (at) *at = j->state->blocks[--j->state->nblocks];
    free(p);
}

bool ob__int_aside_init(void) {
    mp_set_memory_functions(gmp_alloc, gmp_realloc, gmp_free);
    return true;
}

/* ---- jobs ---- */

static bool copy(const __mpz_struct *from, __mpz_struct *to, void **kept) {
    static const mp_limb_t none[1] = {0};
    size_t n = from ? mpz_size(from) : 0;
    if (n && !(*kept = malloc(n * sizeof(mp_limb_t)))) return false;
    if (n) memcpy(*kept, mpz_limbs_read(from), n * sizeof(mp_limb_t));
    mpz_roinit_n(to, n ? *kept : none, n && mpz_sgn(from) < 0 ? -(mp_size_t)n : (mp_size_t)n);
    return true;
}

ob_aside *ob_aside_new(const __mpz_struct *a, const __mpz_struct *b, const __mpz_struct *c, size_t text_room) {
    ob_aside *j = calloc(1, sizeof *j);
    if (!j || !(j->state = calloc(1, sizeof *j->state))) { free(j); return ob_fail_ptr(ob_raise_memory()); }
    ob_aside_state *s = j->state;
    pthread_mutex_init(&s->m, NULL);
    base_cond_init(&s->c);
    if (!copy(a, &j->a, &s->copies[0]) || !copy(b, &j->b, &s->copies[1]) || !copy(c, &j->c, &s->copies[2]) || (text_room && !(j->text = malloc(text_room)))) {
        job_free(j);
        return ob_fail_ptr(ob_raise_memory());
    }
    return j;
}

static void *calculate(void *arg) {
    ob_aside *j = arg;
    calculating = j;
    mpz_init(j->r);
    mpz_init(j->r2);
    j->state->fn(j);
    tell(j, DONE);
    return NULL;
}

/* Signals are for threads that look at them. */
static bool begin(ob_aside *j) {
    pthread_t id;
    pthread_attr_t attr;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int e = pthread_create(&id, &attr, calculate, j);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return e == 0;
}

/* One step of waiting; what the job has come to. */
static int wait_step(ob_aside_state *s) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += STEP_NS;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    ob_blocking_enter();
    pthread_mutex_lock(&s->m);
    while (s->how == RUNNING && pthread_cond_timedwait(&s->c, &s->m, &until) != ETIMEDOUT) {}
    int how = s->how;
    pthread_mutex_unlock(&s->m);
    ob_blocking_leave();
    return how;
}

/* Nobody waits for it any more. false: it has ended just now, and is still ours. */
static bool leave(ob_aside_state *s) {
    pthread_mutex_lock(&s->m);
    bool runs = s->how == RUNNING;
    if (runs) atomic_store_explicit(&s->left, true, memory_order_relaxed);
    pthread_mutex_unlock(&s->m);
    return runs;
}

bool ob_aside_run(ob_aside *j, void (*fn)(ob_aside *)) {
    ob_aside_state *s = j->state;
    s->fn = fn;
    if (!begin(j)) {
        job_free(j);
        return ob_fail(ob_raise_memory());
    }
    int how;
    while ((how = wait_step(s)) == RUNNING)
        if (ob_interrupted()) {
            if (!leave(s)) job_free(j);
            return false;
        }
    if (how == DONE) return true;
    job_free(j);
    return ob_fail(ob_raise_memory());
}

ob_val ob_aside_result(ob_aside *j, void (*fn)(ob_aside *)) {
    if (!j || !ob_aside_run(j, fn)) return OB_NULL;
    ob_val v = ob_int_from_mpz(j->r);
    job_free(j);
    return v;
}
