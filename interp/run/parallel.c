/* parallel.c: `for x in parallel(xs)`: iterations run ahead in other threads, with the result of the plain loop.
 *
 * The loop's own thread goes through the iterations in order. Those ahead are handed out as *jobs*, a few iterations each: a copy of the frame's registers, with
 * which another thread runs the body as a transaction of its own, up to the FOR_ITER behind its last iteration. When the loop's thread comes to a job that is done, and
 * the variables that the body reads before it sets them are those the job began with, the job commits, and the variables that it has set are the frame's. In
 * every other case - an exception, return, break, an act on the outside world, a conflict, another value of a variable, not begun - the job is dropped, and the
 * thread runs the iteration itself: so whatever is not an ordinary change of objects happens where and when the plain loop does it.
 *
 * Locks: a loop's m, around the states of its jobs; nothing is taken under it.
 * L1  Jobs commit in the order of their items, each after all iterations before it have committed, while the loop's thread is in no transaction. (settle)
 * L2  A job holds no longer than PATIENCE for its turn: a loop that was left tells nobody. (await_turn)
 * L3  What a job gets and leaves in registers is published: by the loop's thread before, by the job's before it commits. (hand_out, run)
 * L4  The state here is not versioned: it changes between transactions of the loop's thread only, and its slices begin behind FOR_ITER. (py_loop_step)
 * States of a job: FREE -hand_out-> READY -take-> RUNNING -run-> DONE -settle-> APPROVED -> COMMITTED or FAILED;  RUNNING, DONE -> FAILED;  all but RUNNING,
 * APPROVED -drop-> FREE. */
#include "interp/run/parallel.h"
#include "interp/run/atomic_int.h"
#include "interp/run/vm_ops.h"
#include "interp/code_live.h"
#include "interp/mod/native.h"
#include "base/mono.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { JOBS = 32, CHUNK_MAX = 4096, FAILURES = 24, PAUSE = 512, PATIENCE_MS = 50, IDLE_MS = 20 };
enum { SHORT_NS = 1000000, LONG_NS = 8000000 };

typedef enum { FREE, READY, RUNNING, DONE, APPROVED, COMMITTED, FAILED } job_state;
struct py_job {
    job_state state;                 /* under m */
    _Atomic(bool) cancelled;         /* nobody will ask for it.  relaxed */
    size_t lo, hi, end;              /* items; the one behind the last that was run */
    ob_val *start, *stop;            /* registers: blocks */
    int failed;                      /* errno of its output, or 0 */
    int64_t ns;
    struct loop *loop;
    py_frame *frame;                 /* while it runs */
};
typedef enum { NEW, PLAIN, PARALLEL, OVER } loop_mode;
typedef struct loop {
    ob_obj o;
    ob_val xs, plain /* an ordinary iterator */, submit, spec;                        /* constant */
    unsigned workers;
    loop_mode mode;                  /* the loop's thread's, as all that follows up to m */
    pid_t pid;
    size_t next, handed;             /* the item to be run next; the first that no job has */
    size_t chunk, failures, pause;   /* iterations a job; jobs lost one after the other; items until jobs are handed out again */
    const py_instr *body;
    uint64_t *live;                  /* a block: registers that the body may read before it sets them */
    py_frame *owner;                 /* whose loop it is */
    /* the frame's, for the jobs; constant once there are any */
    py_code *code;
    ob_val func, globals, ns, handled;
    uint16_t target;
    uint32_t nvars;                  /* registers of variables, which come first */
    ob_val *now;                     /* what the next jobs begin with */
    unsigned depth;
    pthread_mutex_t m;
    pthread_cond_t work, news;       /* there is a job, or no more will come; a state has changed */
    unsigned helpers;                /* threads in help(): under m */
    bool over, asleep;               /* under m.  No more jobs; none until the loop's thread comes by */
    struct py_job jobs[JOBS];
} loop;

static bool is_live(const loop *l, uint32_t r) { return l->live[r / 64] >> (r % 64) & 1; }
static loop *loop_of(ob_val v) { return (loop *)(void *)ob_ptr(v); }

/* ---- items ---- */

static bool is_indexed(ob_val xs) { return ob_is_exact(xs, &ob_list_type) || ob_is_exact(xs, &ob_tuple_type) || ob_is_exact(xs, &ob_range_type); }

static size_t items(const loop *l) {
    if (ob_is_exact(l->xs, &ob_list_type)) return ob_list_len(l->xs);
    if (ob_is_exact(l->xs, &ob_tuple_type)) return ob_tuple_len(l->xs);
    ssize_t n = ob_len(l->xs);
    return n < 0 ? ob_err_clear(), 0 : (size_t)n;
}
/* OB_NULL without an exception: there are not so many. */
static ob_val item(const loop *l, size_t i) {
    if (ob_is_exact(l->xs, &ob_list_type)) return i < ob_list_len(l->xs) ? ob_list_get_quick(l->xs, (int64_t)i) : OB_NULL;
    if (ob_is_exact(l->xs, &ob_tuple_type)) return i < ob_tuple_len(l->xs) ? ob_tuple_at(l->xs, i) : OB_NULL;
    return i >= items(l) ? OB_NULL : ob_getitem(l->xs, ob_int_from_u64(i));
}

/* ---- waiting ---- */

static void wait_for(pthread_cond_t *c, loop *l, int ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms * 1000000L;
    if (until.tv_nsec >= 1000000000L) until.tv_nsec -= 1000000000L, until.tv_sec++;
    ob_blocking_enter();
    (void)pthread_cond_timedwait(c, &l->m, &until);
    pthread_mutex_unlock(&l->m);             /* leave() may wait for a collection, which may wait for somebody who waits for m */
    ob_blocking_leave();
    pthread_mutex_lock(&l->m);
}

static void set(loop *l, struct py_job *j, job_state s) {
    pthread_mutex_lock(&l->m);
    j->state = s;
    pthread_cond_broadcast(&l->news);
    pthread_mutex_unlock(&l->m);
}

/* ---- a job's thread ---- */

bool py_job_give_up(void) {
    if (ob_err.cond <= OB_COND_EXCEPTION) ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
    return false;
}

bool py_job_tick(py_thread *T) {
    if (atomic_load_explicit(&T->job->cancelled, memory_order_relaxed) || !tx_reads_hold()) return py_job_give_up();
    return true;
}

/* The copy of the loop's frame, about to begin the body. NULL: no room. */
static py_frame *frame_for(py_thread *T, const struct py_job *j) {
    const loop *l = j->loop;
    py_frame *f = (py_frame *)(void *)PY_TOP(T);
    py_ic *ics = vm_ic_table(l->code, T);
    if (!ics || f->r + l->code->nregs + 64 >= T->stack_end) return NULL;
    *f = (py_frame){.prev = T->frame, .pc = l->body, .code = l->code, .func = l->func, .globals = l->globals, .ic = ics, .ns = l->ns, .flags = PY_F_ENTRY};
    memcpy(f->r, j->start, l->code->nregs * sizeof(ob_val));
    return f;
}

static bool run_body(py_thread *T, struct py_job *j) {
    loop *l = j->loop;
    ob_val first = item(l, j->lo);
    py_frame *f = ob_is_null(first) ? NULL : frame_for(T, j);
    if (!f) return false;
    f->r[l->target] = first;
    ob_val handled = T->handled;
    unsigned depth = T->depth;
    j->end = j->lo;
    j->frame = f;
    T->handled = l->handled;
    T->depth = l->depth;
    T->ticks = 10000;
    ob_val v = OB_NULL;
    if (ob_c_enter()) {
        v = py_vm_run(T, f);
        ob_c_leave();
    }
    T->handled = handled;
    T->depth = depth;
    return !ob_is_null(v) && !j->frame && !ob_failed();
}

/* The job has reached FOR_ITER again. */
static py_loop_how next_of_job(struct py_job *j, py_frame *f) {
    loop *l = j->loop;
    if (++j->end < j->hi && !atomic_load_explicit(&j->cancelled, memory_order_relaxed)) {
        ob_val x = item(l, j->end);
        if (ob_failed()) return PY_LOOP_FAILED;
        if (!ob_is_null(x)) {
            f->r[l->target] = x;
            return PY_LOOP_ITEM;
        }
    }
    memcpy(j->stop, f->r, l->nvars * sizeof(ob_val));
    j->frame = NULL;
    return PY_LOOP_LEAVE;
}

static bool await_turn(struct py_job *j, int64_t ns) {
    loop *l = j->loop;
    int64_t until = base_mono_ns() + PATIENCE_MS * INT64_C(1000000) + 4 * ns;
    pthread_mutex_lock(&l->m);
    j->state = DONE;
    pthread_cond_broadcast(&l->news);
    while (j->state == DONE && !atomic_load_explicit(&j->cancelled, memory_order_relaxed) && base_mono_ns() < until) wait_for(&l->news, l, 10);
    bool approved = j->state == APPROVED;
    if (!approved && !atomic_load_explicit(&j->cancelled, memory_order_relaxed)) l->asleep = true;
    pthread_mutex_unlock(&l->m);
    return approved;
}

static bool publish_all(const ob_val *r, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (ob_is_ptr(r[i]) && !ob_is_null(r[i]) && !tx_publish(r[i].w)) return false;
    return true;
}

static void run(py_thread *T, struct py_job *j) {
    loop *l = j->loop;
    int64_t began = base_mono_ns();
    bool ok = false;
    if (py__job_begin(T, l->spec)) {
        T->job = j;
        ok = run_body(T, j);
        T->job = NULL;
        j->ns = base_mono_ns() - began;
        ok = ok && publish_all(j->stop, l->nvars) && await_turn(j, j->ns);
        if (ok) ok = py__job_commit(T, &j->failed);
        else py__job_abort(T);
    }
    ob_err = (ob_pending){0};
    j->frame = NULL;
    set(l, j, ok ? COMMITTED : FAILED);
}

static struct py_job *take(loop *l) {
    struct py_job *first = NULL;
    if (l->asleep) return NULL;
    for (struct py_job *j = l->jobs; j < l->jobs + JOBS; j++)
        if (j->state == READY && (!first || j->lo < first->lo)) first = j;
    if (first) first->state = RUNNING;
    return first;
}

/* What a helping thread does, until there is nothing to be done for a while. */
static ob_val help(ob_val self, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) {
    py_thread *T = py_me;
    loop *l = loop_of(self);
    if (T->block || T->activation != 1 || !ob_external()) return OB_NONE;
    if (!py__slice_end(T)) return OB_NULL;   /* an empty one */
    tx_block_enter();
    pthread_mutex_lock(&l->m);
    for (bool waited = false; !l->over;) {
        struct py_job *j = take(l);
        if (j) {
            pthread_mutex_unlock(&l->m);
            tx_block_leave();
            run(T, j);
            tx_block_enter();
            pthread_mutex_lock(&l->m);
            waited = false;
        } else if (waited) break;
        else {
            wait_for(&l->work, l, IDLE_MS);
            waited = true;
        }
    }
    l->helpers--;
    pthread_mutex_unlock(&l->m);
    tx_block_leave();
    py__slice_begin(T, NULL, NULL);
    py_set_external(T, T->multi);
    return OB_NONE;
}

/* ---- the loop's thread ---- */

static struct py_job *job_at(loop *l, size_t i) {
    for (struct py_job *j = l->jobs; j < l->jobs + JOBS; j++) if (j->state != FREE && j->lo == i) return j;
    return NULL;
}

static bool reads_what_it_began_with(const loop *l, const struct py_job *j, const py_frame *f) {
    for (uint32_t r = 0; r < l->code->nregs; r++)
        if (r != l->target && is_live(l, r) && j->start[r].w != f->r[r].w) return false;
    return true;
}

static void clear(loop *l, struct py_job *j) {
    memset(j->start, 0, l->code->nregs * sizeof(ob_val));
    memset(j->stop, 0, l->code->nregs * sizeof(ob_val));
    j->failed = 0;
    j->state = FREE;
}

/* Under m: a job that is of no use. One that a thread has is told so, and freed when it has noticed. */
static void drop(loop *l, struct py_job *j) {
    atomic_store_explicit(&j->cancelled, true, memory_order_relaxed);
    if (j->state != RUNNING && j->state != DONE && j->state != APPROVED) clear(l, j);
}

static void adapt(loop *l, const struct py_job *j, bool ok) {
    l->failures = ok ? 0 : l->failures + 1;
    if (!ok || j->ns > LONG_NS) l->chunk = l->chunk > 1 ? l->chunk / 2 : 1;
    else if (j->ns < SHORT_NS && l->chunk < CHUNK_MAX) l->chunk *= 2;
    if (l->failures >= FAILURES) l->failures = 0, l->pause = PAUSE;
}

/* Under m: waits for job j, which is the next one, and lets it commit. Has it? */
static bool settle(py_thread *T, loop *l, struct py_job *j, const py_frame *f) {
    if (j->state == READY || !reads_what_it_began_with(l, j, f)) return false;
    while (j->state == RUNNING && !atomic_load_explicit(&T->request, memory_order_relaxed)) wait_for(&l->news, l, 10);
    if (j->state != DONE) return false;
    j->state = APPROVED;
    pthread_cond_broadcast(&l->news);
    while (j->state == APPROVED) wait_for(&l->news, l, 10);
    return j->state == COMMITTED;
}

/* Under m: the next job commits, if that is possible now. *failed: errno of its output. */
static bool settle_next(py_thread *T, loop *l, struct py_job *j, py_frame *f, int *failed) {
    bool begun = j->state != READY, ok = settle(T, l, j, f);
    if (begun) adapt(l, j, ok);
    if (ok) {
        for (uint32_t r = 0; r < l->nvars; r++) if (j->start[r].w != j->stop[r].w) f->r[r] = j->stop[r];
        l->next = j->end;
        *failed = j->failed;
    }
    drop(l, j);
    return ok;
}

/* In a transaction: the items from `from` on become jobs, with the registers as they are. */
static void hand_out(loop *l, const py_frame *f, size_t from, size_t items) {
    uint32_t n = l->code->nregs;
    if (l->pause) return;
    if (l->handed < from) l->handed = from;
    for (uint32_t r = 0; r < n; r++) l->now[r] = r < l->nvars || is_live(l, r) ? f->r[r] : OB_NULL;      /* other temporaries may be anything */
    unsigned ahead = 4 * l->workers < JOBS ? 4 * l->workers : JOBS;
    if (l->handed >= items || !publish_all(l->now, n)) return;
    pthread_mutex_lock(&l->m);
    unsigned given = 0;
    for (struct py_job *j = l->jobs; j < l->jobs + JOBS; j++) given += j->state != FREE;
    for (struct py_job *j = l->jobs; j < l->jobs + JOBS && given < ahead; j++) {
        if (j->state != FREE) continue;
        if (l->handed >= items) break;
        memcpy(j->start, l->now, n * sizeof(ob_val));
        atomic_store_explicit(&j->cancelled, false, memory_order_relaxed);
        j->lo = l->handed;
        j->hi = l->handed += l->chunk;
        j->state = READY;
        given++;
        pthread_cond_signal(&l->work);
    }
    pthread_mutex_unlock(&l->m);
}

/* Lets the jobs that come next commit, handing out more. *failed: errno of held output. */
static void settle_all(py_thread *T, loop *l, py_frame *f, int *failed) {
    for (bool ok = true; ok && !*failed;) {
        pthread_mutex_lock(&l->m);
        struct py_job *j = job_at(l, l->next);
        ok = j && settle_next(T, l, j, f, failed);
        for (j = l->jobs; j < l->jobs + JOBS; j++)                /* those before `next`, and those that have noticed by now */
            if (j->state != FREE && (j->lo < l->next || atomic_load_explicit(&j->cancelled, memory_order_relaxed))) drop(l, j);
        pthread_mutex_unlock(&l->m);
        if (!ok || *failed) break;
        tx_block_leave();
        tx_begin(&(tx_options){.name = "parallel"});
        hand_out(l, f, l->next, items(l));
        if (tx_commit() != TX_COMMITTED) { /* it wrote nothing */ }
        tx_block_enter();
    }
}

static py_loop_how over(loop *l) {
    pthread_mutex_lock(&l->m);
    l->over = true;
    for (struct py_job *j = l->jobs; j < l->jobs + JOBS; j++) if (j->state != FREE) drop(l, j);
    pthread_cond_broadcast(&l->work);
    pthread_cond_broadcast(&l->news);
    pthread_mutex_unlock(&l->m);
    l->mode = OVER;
    return PY_LOOP_OVER;
}

/* A transaction in which nothing of the program runs: the next item, and jobs for those behind it. */
static py_loop_how fetch(loop *l, py_frame *f) {
    tx_begin(&(tx_options){.name = "parallel"});
    ob_val x = item(l, l->next);
    bool failed = ob_failed();
    if (!ob_is_null(x) && l->pause) l->pause--;
    else if (!ob_is_null(x)) hand_out(l, f, l->next + 1, items(l));
    if (tx_commit() != TX_COMMITTED) { /* it wrote nothing */ }
    if (failed) return PY_LOOP_FAILED;
    if (ob_is_null(x)) return over(l);
    l->next++;
    f->r[l->target] = x;
    return PY_LOOP_ITEM;
}

/* Threads that had nothing to do have gone; now there is something again. */
static bool call_helpers(loop *l) {
    pthread_mutex_lock(&l->m);
    unsigned n = l->pause ? 0 : l->workers - l->helpers;
    l->asleep = false;
    l->helpers += n;
    pthread_mutex_unlock(&l->m);
    if (!n) return true;
    for (; n; n--)
        if (ob_is_null(ob_call1(l->submit, ob_of(l)))) break;
    if (!n) return true;
    pthread_mutex_lock(&l->m);
    l->helpers -= n;
    pthread_mutex_unlock(&l->m);
    return false;
}

/* Registers that may be read before they are set when execution goes on at `body`. */
static uint64_t *live_at(py_code *c, const py_instr *body) {
    size_t words = ((size_t)c->nregs + 64) / 64;
    uint64_t *at = ob_block_alloc(words * sizeof *at);
    py_live *all = at ? py_code_live_all(c) : NULL;
    if (!all) return NULL;
    memcpy(at, all->at + (size_t)(body - c->code) * all->words, words * sizeof *at);
    py_live_free(all);
    return at;
}

/* May this loop be one with jobs?  If not it is a plain one for good. */
static void decide(py_thread *T, loop *l, py_frame *f, const py_instr *pc, uint16_t target) {
    py_code *c = f->code;
    l->mode = PLAIN;
    if (T->block || T->merged.depth || T->merged.done || T->activation != 1 || T->job || l->workers < 1 || !is_indexed(l->xs)) return;
    if (f->flags & (PY_F_GEN | PY_F_OBJECT) || T->look & PY_LOOK_TRACE || c->flags & VM_GEN_FLAGS) return;
    size_t words = ((size_t)2 * JOBS + 1) * c->nregs;
    ob_val *blocks = ob_block_alloc((words + 1) * sizeof(ob_val));
    if (!blocks || !(l->live = live_at(c, pc))) { ob_err_clear(); return; }
    memset(blocks, 0, words * sizeof(ob_val));
    l->now = blocks + 2 * JOBS * (size_t)c->nregs;
    l->nvars = c->nlocals + c->ncellregs + c->nfree;
    for (size_t i = 0; i < JOBS; i++) l->jobs[i] = (struct py_job){.start = blocks + 2 * i * c->nregs, .stop = blocks + (2 * i + 1) * c->nregs, .loop = l};
    l->owner = f;
    l->body = pc;
    l->code = c;
    l->func = f->func, l->globals = f->globals, l->ns = f->ns, l->handled = T->handled;
    l->target = target;
    l->depth = T->depth;
    l->chunk = 1;
    l->pid = getpid();
    l->mode = PARALLEL;
}

static bool publish_frame(const loop *l) {
    const ob_val v[] = {l->xs, l->spec, l->func, l->globals, l->ns, l->handled, ob_of(l->code), ob_of(l)};
    return publish_all(v, BASE_LENGTH(v));
}

static py_loop_how plain_step(loop *l, py_frame *f, uint16_t a) {
    ob_val x = ob_next(l->plain);
    if (ob_is_null(x)) return ob_failed() ? PY_LOOP_FAILED : PY_LOOP_OVER;
    f->r[a] = x;
    return PY_LOOP_ITEM;
}

py_loop_how py_loop_step(py_thread *T, py_frame *f, const py_instr *pc, uint16_t a, uint16_t b) {
    loop *l = loop_of(f->r[b]);
    if (T->job && T->job->frame == f && T->job->loop == l) return next_of_job(T->job, f);
    if (l->mode == NEW) {
        decide(T, l, f, pc, a);
        if (l->mode == PARALLEL && !publish_frame(l)) l->mode = PLAIN;
    }
    if (l->mode == PLAIN) return plain_step(l, f, a);
    if (l->mode == OVER) return PY_LOOP_OVER;
    if (l->pid != getpid()) return ob_raise(&ob_exc_RuntimeError, "a parallel loop does not go on in a child of fork()"), PY_LOOP_FAILED;
    if (!call_helpers(l)) return PY_LOOP_FAILED;
    if (!py__slice_end(T)) {
        if (ob_err.cond == OB_COND_EXCEPTION) py__slice_begin(T, NULL, NULL), py_set_external(T, T->multi);
        return PY_LOOP_FAILED;
    }
    int errno_of_output = 0;
    tx_block_enter();
    settle_all(T, l, f, &errno_of_output);
    tx_block_leave();
    py_loop_how how = errno_of_output ? PY_LOOP_FAILED : fetch(l, f);
    const py_instr *at = pc;
    if (how == PY_LOOP_OVER) {
        f->r[b] = OB_NULL;
        at += (int16_t)pc[-1].c;
    }
    ob_pending failure = ob_err;
    ob_err = (ob_pending){0};
    py__slice_begin(T, how == PY_LOOP_FAILED ? NULL : f, at);
    if (how == PY_LOOP_FAILED) py_set_external(T, T->multi);
    if (errno_of_output) ob_raise_errno(errno_of_output, OB_NULL);
    else if (how == PY_LOOP_FAILED) ob_err = failure;
    return how;
}

/* ---- the object ---- */

static ob_val loop_iter(ob_val v) {              /* somebody else has it: an ordinary iterator */
    loop *l = loop_of(v);
    if (l->mode == NEW) l->mode = PLAIN;
    return l->plain;
}
static ob_val loop_next(ob_val v) {
    loop *l = loop_of(v);
    if (l->mode == NEW) l->mode = PLAIN;
    return l->mode == PLAIN ? ob_next(l->plain) : OB_NULL;
}

static void loop_trace(ob_obj *o, ob_tracer *t) {
    loop *l = (loop *)(void *)o;
    const ob_val v[] = {l->xs, l->plain, l->submit, l->spec, l->func, l->globals, l->ns, l->handled};
    ob_trace_vals(t, v, BASE_LENGTH(v));
    if (!l->live) return;
    ob_trace_ptr(t, l->code);
    ob_trace_block(t, l->live);
    ob_trace_block(t, l->jobs[0].start);
    ob_trace_vals(t, l->jobs[0].start, ((size_t)2 * JOBS + 1) * l->code->nregs);
}

ob_val py_loop_new(ob_val xs, unsigned workers, ob_val submit, ob_val spec) {
    ob_val plain = ob_iter(xs);
    loop *l = ob_is_null(plain) ? NULL : ob_alloc(&py_loop_type, sizeof *l);
    if (!l) return OB_NULL;
    memset((char *)l + sizeof l->o, 0, sizeof *l - sizeof l->o);
    l->xs = xs, l->plain = plain, l->submit = submit, l->spec = spec;
    l->workers = workers < JOBS ? workers : JOBS;
    pthread_mutex_init(&l->m, NULL);
    pthread_cond_init(&l->work, NULL);
    pthread_cond_init(&l->news, NULL);
    return ob_of(l);
}

/* Is there nothing to be helped with any more? */
static ob_val get_over(ob_val self) {
    loop *l = loop_of(self);
    pthread_mutex_lock(&l->m);
    bool is_over = l->over;
    pthread_mutex_unlock(&l->m);
    return ob_bool(is_over);
}
static const ob_getset getsets[] = {{"_over", get_over, NULL, NULL}, {0}};
static const ob_def methods[] = {{"_help", help, "", NULL, 0}, {0}};
ob_type py_loop_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "apodora.ParallelIterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(loop),
    .trace = loop_trace, .has_weakref = true, .methods = methods, .getsets = getsets, .slots = {.iter = loop_iter, .next = loop_next}, .doc = "What `for` takes from parallel()."};
bool py_parallel_init(void) { return ob_type_ready(&py_loop_type); }
