/* _thread.c: threads, locks, thread-local data.
 *
 * Locks are the operating system's business, not the object space's: their state is not versioned. Outside of blocks taking and giving one back are acts on
 * the outside world (ob_external), so that everything before is committed and everything after sees it.
 * In an atomic block locks are elided: the block notes what it does to them (T->locks) and does it at its end (py_locks_secure, py_locks_commit): it
 * takes the turn, so that its commit cannot lose and nobody else's comes between; takes each lock that it has used; commits; gives them back.
 * `with lock:` between slices needs neither the turn nor an irrevocable slice (py_lock_enter), and where it can, it is a part of one (lock_merge.c).
 * A lock that somebody else holds makes the block start again when it has been given back. An irrevocable block takes locks when it says so.
 * T1  What a block has given back is held, for others, until it has committed.
 * T2  A block commits only while it holds all locks that it has used: so it is, as a whole, within the critical section that the program asked for. (py_locks_secure) */
#include "interp/mod/modules.h"
#include "interp/mod/io_pending.h"
#include "interp/mod/raw_lock.h"
#include "interp/run/fork.h"
#include "interp/run/frame.h"
#include "interp/run/import.h"
#include "interp/run/merge.h"
#include "interp/run/parallel.h"
#include "interp/run/signals.h"
#include "interp/run/traceback.h"
#include "interp/run/vm_ops.h"
#include "base/mono.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/function.h"
#include "objspace/init.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "objspace/weakref.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

/* ---- locks ---- */

typedef struct lock_object { ob_obj o; py_raw_lock *raw; } lock_object;
static py_raw_lock *raw_of(ob_val v) { return ((lock_object *)ob_ptr(v))->raw; }
py_raw_lock *py_lock_raw(ob_val lock) { return raw_of(lock); }

static void lock_free(ob_obj *o) {
    py_raw_lock *r = ((lock_object *)o)->raw;
    if (!r) return;
    if (py_fork_is_child) { free(r); return; }      /* a condition that a thread of the parent waited for cannot be destroyed */
    py_raw_free(r);
}

/* ---- what blocks do to locks ---- */

typedef struct py_lock_act { ob_val lock; uint64_t me; bool taken, physical; /* it holds the raw lock */ } py_lock_act;

static bool note_act(py_thread *T, ob_val lock, uint64_t me, bool taken, bool physical) {
    if (T->nlocks == T->locks_cap) {
        size_t cap = T->locks_cap ? 2 * T->locks_cap : 8;
        py_lock_act *p = realloc(T->locks, cap * sizeof *p);
        if (!p) return ob_fail(ob_raise_memory());
        T->locks = p;
        T->locks_cap = cap;
    }
    T->locks[T->nlocks++] = (py_lock_act){lock, me, taken, physical};
    return true;
}

/* How many times more T's block holds it than the raw lock shows. */
static int64_t elided(const py_thread *T, ob_val lock) {
    int64_t n = 0;
    for (size_t i = 0; i < T->nlocks; i++)
        if (ob_same(T->locks[i].lock, lock)) n += T->locks[i].taken ? !T->locks[i].physical : -1;
    return n;
}
/* As this thread sees it. *mine: of an RLock, this thread's. */
static uint64_t depth_of(ob_val lock, uint64_t me, bool *mine) {
    py_raw_lock *r = raw_of(lock);
    int64_t more = elided(py_me, lock);
    pthread_mutex_lock(&r->m);
    /* What the block has taken is its own, whoever has taken it since: then the block will start again. */
    bool own = me ? r->depth && r->owner == me : more <= 0;
    uint64_t depth = (uint64_t)more + (own ? r->depth : 0);
    *mine = depth && (me || more > 0);
    if (!depth && !own && r->held) depth = 1;
    pthread_mutex_unlock(&r->m);
    return depth;
}
static bool looks_held(ob_val lock) {
    bool mine;
    return depth_of(lock, 0, &mine) != 0;
}

/* Has the block taken it at a time at which it did not hold it otherwise, and not yet for all to see? */
static bool to_be_taken(const py_thread *T, ob_val lock) {
    int64_t n = 0, most = 0;
    for (size_t i = 0; i < T->nlocks; i++) {
        const py_lock_act *a = &T->locks[i];
        if (!ob_same(a->lock, lock)) continue;
        if (a->physical) return false;
        n += a->taken ? 1 : -1;
        if (n > most) most = n;
    }
    return most > 0;
}

static bool has_taken(const py_thread *T, ob_val lock) {
    for (size_t i = 0; i < T->nlocks; i++) if (ob_same(T->locks[i].lock, lock) && T->locks[i].taken) return true;
    return false;
}

bool py_locks_secure(py_thread *T) {
    bool settled = false;
    for (size_t i = 0; i < T->nlocks; i++) {
        py_lock_act *a = &T->locks[i];
        if (!a->taken || a->physical || !to_be_taken(T, a->lock)) continue;
        if (!settled && !tx_settle()) return false;
        settled = true;
        if (!py_raw_secure(raw_of(a->lock), a->me)) return T->wait_lock = a->lock, false;
        a->physical = true;
    }
    return true;
}

/* Brings the raw lock to where the block has left it; all acts on it are among the first n. */
static void settle_lock(const py_thread *T, ob_val lock) {
    py_raw_lock *r = raw_of(lock);
    int64_t more = elided(T, lock);
    pthread_mutex_lock(&r->m);
    r->ending = false;
    if (more > 0) r->depth += (uint64_t)more;
    pthread_mutex_unlock(&r->m);
    for (; more < 0; more++) py_raw_give(r);
}

void py_locks_commit(py_thread *T) {
    for (size_t i = 0; i < T->nlocks; i++) {
        bool first = true;
        for (size_t k = 0; k < i && first; k++) first = !ob_same(T->locks[k].lock, T->locks[i].lock);
        if (first) settle_lock(T, T->locks[i].lock);
    }
    T->nlocks = 0;
}

void py_locks_rollback(py_thread *T, size_t mark) {
    while (T->nlocks > mark) {
        py_lock_act *a = &T->locks[--T->nlocks];
        if (a->physical) py_raw_give(raw_of(a->lock));
    }
}

void py_locks_trace(py_thread *T, ob_tracer *t) {
    for (size_t i = 0; i < T->nlocks; i++) ob_trace_val(t, T->locks[i].lock);
}

/* Gives back, now or when the block has committed. */
static ob_val give(ob_val lock, uint64_t me) {
    py_thread *T = py_me;
    if (T->block) return note_act(T, lock, me, false, false) ? OB_NONE : OB_NULL;
    bool ok = ob_external();
    if (ok || ob_err.cond == OB_COND_EXCEPTION) py_raw_give(raw_of(lock));  /* what the store has refused is undone; the lock must not stay behind */
    return ok ? OB_NONE : OB_NULL;
}

/* The function of threading or queue that the program has called and that waits, for messages. */
static ob_val waited_for(const py_thread *T) {
    const py_code *found = NULL;
    for (const py_frame *f = T->frame; f; f = f->prev) {
        const char *file = ob_str_utf8(f->code->filename, NULL), *base = file ? strrchr(file, '/') : NULL;
        if (!base || (strcmp(base, "/threading.py") && strcmp(base, "/queue.py"))) break;
        found = f->code;
    }
    ob_err_clear();
    return found ? ob_str_format_c("%S()", found->qualname) : ob_str_from_c("a lock that is held");
}
static ob_val cannot_wait(const py_thread *T) {
    ob_val what = waited_for(T);
    return ob_is_null(what) ? what : ob_raise(&ob_exc_TransactionError, "waiting for %S inside an atomic block: use retry() and leave the wait to the transaction", what);
}

static bool timeout_of(ob_val blocking, ob_val timeout, bool *block, int64_t *ns) {
    double t = -1;
    int b = ob_is_null(blocking) ? 1 : ob_truth(blocking);
    if (b < 0 || (!ob_is_null(timeout) && !ob_to_double(timeout, &t))) return false;
    *block = b;
    if (!b && t != -1) return ob_fail(ob_raise(&ob_exc_ValueError, "can't specify a timeout for a non-blocking call"));
    if (t < 0 && t != -1) return ob_fail(ob_raise(&ob_exc_ValueError, "timeout value must be a non-negative number"));
    if (t > 9223372036.0) return ob_fail(ob_raise(&ob_exc_OverflowError, "timeout value is too large"));
    *ns = t == -1 ? -1 : (int64_t)(t * 1e9);
    return true;
}

/* The main thread waits in slices of 50 ms, so that signals reach it. */
static bool wait_interruptible(py_raw_lock *r, uint64_t me, int64_t ns, bool *got) {
    int64_t end = ns < 0 ? INT64_MAX : base_mono_ns() + ns;
    bool sliced = py_signals_mine(py_me);
    for (;;) {
        int64_t left = end - base_mono_ns(), step = left < 0 ? 0 : sliced && left > 50000000 ? 50000000 : left;
        if (!sliced && ns < 0) step = -1;
        py_blocking_enter();
        *got = py_raw_take(r, me, step);
        py_blocking_leave();
        if (*got || left <= 0) return true;
        if (!ob_poll()) return false;
    }
}

/* One that is held for the end of a block or slice is as good as free. The turn is not held meanwhile: the other may wait for it, to commit. */
static bool try_behind_end(py_raw_lock *r, uint64_t me) {
    if (!py_raw_is_ending(r)) return false;
    py_blocking_enter();
    py_raw_await_end(r);
    bool got = py_raw_try(r, me);
    py_blocking_leave();
    return got;
}

/* The same by an irrevocable block, which keeps the turn: whoever has committed gives the lock back without it, and whoever has not holds the lock indeed. */
static bool try_in_turn(py_raw_lock *r, uint64_t me) {
    if (py_raw_try(r, me)) return true;
    if (!py_raw_is_ending(r)) return false;
    ob_blocking_enter();
    py_raw_await_end(r);
    ob_blocking_leave();
    return py_raw_try(r, me);
}

/* Is it the sentinel of a thread that has not begun? mine: of this one, which takes over now what was held for it. */
static bool is_early(ob_val lock, bool mine) {
    py_raw_lock *r = raw_of(lock);
    if (!r->sentinel || (mine && !ob_same(py_me->sentinel, lock))) return false;
    pthread_mutex_lock(&r->m);
    bool early = r->early;
    if (mine) r->early = false;
    pthread_mutex_unlock(&r->m);
    return early;
}

/* In a block that may still run again: nothing is done to the lock before its end. */
static ob_val acquire_elided(py_thread *T, ob_val self, uint64_t me, bool block) {
    py_raw_lock *r = raw_of(self);
    if (!block && is_early(self, false)) return OB_FALSE;
    bool mine, held = depth_of(self, me, &mine) != 0;
    if (!held || (me && mine)) return note_act(T, self, me, true, false) ? OB_TRUE : OB_NULL;
    if (mine) return block ? cannot_wait(T) : OB_FALSE;                   /* the block has taken it itself */
    if (!block) {                                                          /* only who stands still can say that it was held */
        if (!ob_external() || !note_act(T, self, me, true, true)) return OB_NULL;
        if (try_in_turn(r, me)) return OB_TRUE;
        T->nlocks--;
        return OB_FALSE;
    }
    if (r->sentinel) T->not_joined = self;
    if (r->sentinel || tx_is_sole()) return cannot_wait(T);
    py_wait_outside(T, self);
    return OB_NULL;
}

/* In an irrevocable block, which can start again as long as it has done nothing outside. */
static ob_val acquire_now(py_thread *T, ob_val self, uint64_t me, bool block) {
    py_raw_lock *r = raw_of(self);
    if (elided(T, self) < 0) return note_act(T, self, me, true, false) ? OB_TRUE : OB_NULL;      /* given back by the block itself */
    if (!note_act(T, self, me, true, true)) return OB_NULL;
    if (try_in_turn(r, me)) return OB_TRUE;
    T->nlocks--;
    if (!block) return OB_FALSE;
    if (r->sentinel) T->not_joined = self;
    if (T->acted || r->sentinel || has_taken(T, self)) return cannot_wait(T);
    tx_become_irrevocable();
    py_wait_outside(T, self);
    return OB_NULL;
}

static ob_val acquire(ob_val self, const ob_val *a, uint64_t me) {
    bool block, got;
    int64_t ns;
    py_raw_lock *r = raw_of(self);
    if (!timeout_of(a[0], a[1], &block, &ns)) return OB_NULL;
    py_thread *T = py_me;
    if (T->block && !tx_irrevocable()) return acquire_elided(T, self, me, block && ns != 0);
    if (T->block) return acquire_now(T, self, me, block && ns != 0);
    if (!ob_external()) return OB_NULL;
    if (py_raw_try(r, me) || is_early(self, true)) return OB_TRUE;
    if (!block || ns == 0) return ob_bool(try_behind_end(r, me));
    return wait_interruptible(r, me, ns, &got) ? ob_bool(got) : OB_NULL;
}

NATIVE(lock_acquire) { return acquire(self, a, 0); }
/* Before a lock is looked at: sections that the slice has of it, or of others, are to be there for all (lock_merge.c, E4). */
#define LOOK() do { if (!py_merge_clock()) return OB_NULL; } while (0)
/* The same; and others' sections that are there for all are to be over. */
static bool look_at(ob_val lock) {
    if (!py_merge_clock()) return false;
    if (LIKELY(!py_raw_is_ending(raw_of(lock)))) return true;
    ob_blocking_enter();
    py_raw_await_end(raw_of(lock));
    ob_blocking_leave();
    return true;
}

NATIVE(lock_release) {
    if (!look_at(self)) return OB_NULL;
    if (!looks_held(self)) return ob_raise(&ob_exc_RuntimeError, "release unlocked lock");
    return give(self, 0);
}
/* threading asks this behind an exception of acquire() that it takes for one of a signal handler, and if so, believes that it has got the lock. */
static bool was_refused(ob_val lock) {
    bool refused = ob_same(py_me->not_joined, lock);
    py_me->not_joined = OB_NULL;
    return refused;
}
NATIVE(lock_locked) { return !look_at(self) ? OB_NULL : ob_bool(!was_refused(self) && looks_held(self)); }
NATIVE(lock_enter) { ob_val none[2] = {OB_NULL, OB_NULL}; return acquire(self, none, 0); }
NATIVE(lock_exit) { return lock_release(self, NULL, 0, OB_NULL); }
NATIVE(lock_at_fork) { LOOK(); py_raw_lock *r = raw_of(self); r->held = r->ending = false; r->depth = 0; r->owner = 0; py_raw_init(r); return OB_NONE; }
static ob_val lock_repr(ob_val v) {
    if (!look_at(v)) return OB_NULL;
    py_raw_lock *r = raw_of(v);
    return ob_str_format_c("<%s %T object at 0x%lx>", r->held ? "locked" : "unlocked", v, (unsigned long)v.w);
}
static const ob_def lock_methods[] = {
    {"acquire", lock_acquire, "blocking=True, timeout=-1", NULL, 0}, {"acquire_lock", lock_acquire, "blocking=True, timeout=-1", NULL, 0},
    {"release", lock_release, "", NULL, 0}, {"release_lock", lock_release, "", NULL, 0}, {"locked", lock_locked, "", NULL, 0},
    {"locked_lock", lock_locked, "", NULL, 0}, {"_at_fork_reinit", lock_at_fork, "", NULL, 0}, {"__enter__", lock_enter, "", NULL, 0},
    {"__exit__", lock_exit, "*args", NULL, 0}, {0}};
static ob_type lock_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_thread.lock", .base = &ob_object_type, .flags = OB_TF_NO_MAKE | OB_TF_LEAF,
    .size = sizeof(lock_object), .slots = {.repr = lock_repr}, .free = lock_free, .methods = lock_methods, .has_weakref = true};

static ob_val new_lock(ob_type *t) {
    lock_object *l = ob_alloc_leaf(t, sizeof *l);
    if (!l) return OB_NULL;
    l->raw = py_raw_new();
    return l->raw ? ob_of(l) : ob_raise_memory();
}
NATIVE(allocate_lock) { return new_lock(&lock_type); }

/* ---- `with lock:` outside of blocks ---- */

/* As threads with locks are written, a lock is taken and given back between two slices: nothing else happens there, so that, other than acquire() and
 * release(), it needs no irrevocable transaction, and no turn. Anything unusual goes the long way. */

static bool between_slices(const py_thread *T) {
    return T->multi && T->slice.open && T->activation == 1 && !T->block && !T->merged.depth && !T->look && !T->job;
}

static ob_type rlock_type;
bool py_is_lock(ob_val v) { return ob_is_ptr(v) && ob_ptr(v) && (ob_ptr(v)->type == &lock_type || ob_ptr(v)->type == &rlock_type); }
uint64_t py_lock_owner(ob_val lock) { return ob_ptr(lock)->type == &rlock_type ? py_me->ident : 0; }

int py_lock_enter(py_thread *T, py_frame *f, const py_instr *call, ob_val lock) {
    if (!between_slices(T)) return 0;
    if (!py_slice_pause(T)) return -1;
    bool got = py_raw_try(raw_of(lock), py_lock_owner(lock));
    if (!got) {
        tx_contended();
        got = py_raw_try_hard(raw_of(lock), py_lock_owner(lock));
    }
    if (got) tx_in_lock(1);
    py_slice_resume(T, f, got ? call + 1 : call - 1);
    return got;
}

int py_lock_exit(py_thread *T, py_frame *f, const py_instr *pc, ob_val lock) {
    if (py_lock_part(T, lock)) return 1;
    py_raw_lock *r = raw_of(lock);
    if (!between_slices(T) || !py_raw_is_held(r, py_lock_owner(lock))) return tx_in_lock(-1), 0;
    bool ok = py_slice_pause(T);
    if (!ok && ob_err.cond != OB_COND_EXCEPTION) return -1;
    py_raw_give(r);                          /* after a refused commit too */
    tx_in_lock(-1);
    if (ok) py_slice_resume(T, f, pc);
    return ok ? 1 : -1;
}

/* ---- RLock ---- */

static uint64_t me_ident(void) { return py_me->ident; }
NATIVE(rlock_acquire) { return acquire(self, a, me_ident()); }
static uint64_t my_depth(ob_val lock) {
    bool mine;
    uint64_t depth = depth_of(lock, me_ident(), &mine);
    return mine ? depth : 0;
}
NATIVE(rlock_release) { LOOK(); return my_depth(self) ? give(self, me_ident()) : ob_raise(&ob_exc_RuntimeError, "cannot release un-acquired lock"); }
NATIVE(rlock_enter) { ob_val none[2] = {OB_NULL, OB_NULL}; return acquire(self, none, me_ident()); }
NATIVE(rlock_exit) { return rlock_release(self, NULL, 0, OB_NULL); }
NATIVE(rlock_is_owned) { LOOK(); return ob_bool(my_depth(self) != 0); }
NATIVE(rlock_save) {
    LOOK();
    py_raw_lock *r = raw_of(self);
    uint64_t depth = my_depth(self);
    if (!depth) return ob_raise(&ob_exc_RuntimeError, "cannot release un-acquired lock");
    if (py_me->block) {                      /* for the look of it: a block cannot wait, and gives nothing away before it commits */
        for (uint64_t i = 0; i < depth; i++) if (ob_is_null(give(self, me_ident()))) return OB_NULL;
    } else {
        if (!ob_external()) return OB_NULL;
        r->depth = 1;
        py_raw_give(r);
    }
    return ob_tuple_of2(ob_int_from_u64(depth), ob_int_from_u64(me_ident()));
}
NATIVE(rlock_restore) {
    py_raw_lock *r = raw_of(self);
    int64_t depth;
    bool got;
    if (!ob_is_tuple(a[0]) || ob_tuple_len(a[0]) != 2 || !ob_int_to_i64(ob_tuple_at(a[0], 0), &depth)) return ob_raise(&ob_exc_TypeError, "a state of _release_save is needed");
    if (py_me->block) {
        ob_val none[2] = {OB_NULL, OB_NULL};
        for (int64_t i = 0; i < depth; i++) if (ob_is_null(acquire(self, none, me_ident()))) return OB_NULL;
        return OB_NONE;
    }
    if (!ob_external() || !wait_interruptible(r, me_ident(), -1, &got)) return OB_NULL;
    r->depth = (uint64_t)depth;
    return OB_NONE;
}
static ob_val rlock_repr(ob_val v) {
    if (!look_at(v)) return OB_NULL;
    py_raw_lock *r = raw_of(v);
    return ob_str_format_c("<%s %T object owner=%llu count=%llu at 0x%lx>", r->held ? "locked" : "unlocked", v, (unsigned long long)r->owner,
                           (unsigned long long)r->depth, (unsigned long)v.w);
}
static ob_val rlock_make(ob_type *t, const ob_val *a UNUSED, size_t n, ob_val kw) {
    if (n || !ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "RLock() takes no arguments");
    return new_lock(t);
}
static const ob_def rlock_methods[] = {
    {"acquire", rlock_acquire, "blocking=True, timeout=-1", NULL, 0}, {"release", rlock_release, "", NULL, 0}, {"_is_owned", rlock_is_owned, "", NULL, 0},
    {"_release_save", rlock_save, "", NULL, 0}, {"_acquire_restore", rlock_restore, "state, /", NULL, 0}, {"_at_fork_reinit", lock_at_fork, "", NULL, 0},
    {"__enter__", rlock_enter, "", NULL, 0}, {"__exit__", rlock_exit, "*args", NULL, 0}, {0}};
static ob_type rlock_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_thread.RLock", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF,
    .size = sizeof(lock_object), .slots = {.repr = rlock_repr, .make = rlock_make}, .free = lock_free, .methods = rlock_methods, .has_weakref = true};

/* ---- starting threads ---- */

/* In a list of roots until the thread has taken what it is to call. The starter waits until the thread says whether it could set itself up. */
typedef struct start {
    ob_val func, args, kwargs;
    ob_val sentinel;             /* made before the thread, or OB_NULL */
    uint64_t wanted;             /* ident that was taken for it, or 0 */
    sem_t told;                  /* posted once, behind ident */
    uint64_t ident;              /* the thread's; 0: it could not */
    bool entered;                /* it is no longer expected by txn */
    struct start *next;
} start;
static pthread_mutex_t starting_lock = PTHREAD_MUTEX_INITIALIZER;
static start *starting;
static _Atomic(int64_t) live_threads;
static size_t stack_size = 16 << 20;

static void trace_starting(ob_tracer *t, void *arg UNUSED) {
    for (start *s = starting; s; s = s->next) {
        ob_trace_val(t, s->func);
        ob_trace_val(t, s->args);
        ob_trace_val(t, s->kwargs);
        ob_trace_val(t, s->sentinel);
    }
}

static void report(ob_val func) {
    ob_val e = ob_err_fetch();
    if (ob_is_null(e)) { ob_err = (ob_pending){0}; return; }
    if (ob_is_a(e, &ob_exc_SystemExit)) return;
    ob_err_restore(e);
    ob_err_unraisable(func);
}

static void start_free(start *s) {
    pthread_mutex_lock(&starting_lock);
    for (start **p = &starting; *p; p = &(*p)->next)
        if (*p == s) { *p = s->next; break; }
    pthread_mutex_unlock(&starting_lock);
    sem_destroy(&s->told);
    free(s);
}

/* The record of this OS thread; NULL: no memory, or too many threads. */
static py_thread *set_up(start *s) {
    if (!ob_thread_enter()) return NULL;
    s->entered = true;
    py_thread *T = py_thread_new(s->wanted);
    if (!T) {
        ob_err = (ob_pending){0};
        ob_thread_leave();
    }
    return T;
}

static void *thread_main(void *arg) {
    start *s = arg;
    py_thread *T = set_up(s);
    if (!T) {
        sem_post(&s->told);
        return NULL;
    }
    T->multi = true;
    ob_val func = s->func, args = s->args, kwargs = s->kwargs;   /* on this stack, where the collector finds them from now on */
    T->sentinel = s->sentinel;
    s->ident = T->ident;
    sem_post(&s->told);
    py_slice_first(T);
    if (!py_async_start(T) || ob_is_null(ob_call_ex(func, args, kwargs))) report(func);
    if (!py_io_sync_own()) ob_err = (ob_pending){0};
    py_thread_locals_drop(T->ident);
    if (!py_slice_last(T)) ob_err = (ob_pending){0};
    py_thread_run_sentinel(T);
    atomic_fetch_sub(&live_threads, 1);
    py_thread_free(T);
    ob_thread_leave();
    return NULL;
}

/* Starts the thread and waits until it stands: its ident, 0 if it cannot be had. */
static uint64_t start_now(start *s) {
    pthread_t id;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, stack_size);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    py_blocking_enter();
    if (pthread_create(&id, &attr, thread_main, s) == 0)
        while (sem_wait(&s->told) < 0) {}
    py_blocking_leave();
    pthread_attr_destroy(&attr);
    return s->ident;
}

static bool publish(const start *s) {
    return tx_publish(s->func.w) && tx_publish(s->args.w) && (ob_is_null(s->kwargs) || tx_publish(s->kwargs.w));
}

static ob_val start_thread(start what) {
    start *s = calloc(1, sizeof *s);
    if (!s) return ob_raise_memory();
    *s = what;
    sem_init(&s->told, 0, 0);
    bool announced = py_leave_sole();
    if (!announced || !ob_external() || !publish(s)) {
        if (announced) py_start_failed();
        start_free(s);
        return ob_failed() ? OB_NULL : ob_raise_memory();
    }
    pthread_mutex_lock(&starting_lock);
    s->next = starting;
    starting = s;
    pthread_mutex_unlock(&starting_lock);
    atomic_fetch_add(&live_threads, 1);
    uint64_t ident = start_now(s);
    bool entered = s->entered;
    start_free(s);
    if (ident) return ob_int_from_u64(ident);
    atomic_fetch_sub(&live_threads, 1);
    if (!entered) py_start_failed();
    return ob_raise(&ob_exc_RuntimeError, "can't start new thread");
}

/* ---- starting threads in blocks: done when the block has committed ---- */

/* The hook: kwargs and sentinel may be None. */
NATIVE(start_held) {
    start what = {.func = a[0], .args = a[1], .kwargs = ob_is_none(a[2]) ? OB_NULL : a[2], .sentinel = ob_is_none(a[3]) ? OB_NULL : a[3]};
    int64_t ident;
    if (!ob_int_to_i64(a[4], &ident)) return OB_NULL;
    what.wanted = (uint64_t)ident;
    ob_val r = start_thread(what);
    if (!ob_is_null(r) || ob_is_null(what.sentinel)) return r;
    ob_val e = ob_err_fetch();           /* it has ended: whoever joins it waits for nothing */
    py_raw_give(raw_of(what.sentinel));
    ob_val limbo = ob_getattr_c(ob_dict_get_c(py_modules, "threading"), "_limbo");      /* one change: threading's lock is for more */
    if (ob_is_null(limbo) || !ob_delitem(limbo, ((const ob_method *)ob_ptr(what.func))->self)) ob_err_clear();
    if (!ob_is_null(e)) ob_err_restore(e);
    return OB_NULL;
}

static ob_val early_sentinel(void) {
    ob_val l = new_lock(&lock_type);
    if (ob_is_null(l)) return l;
    py_raw_lock *r = raw_of(l);
    r->sentinel = r->early = r->held = true;
    r->depth = 1;
    return l;
}

/* start() of a threading.Thread does not wait in a block: from here on the thread looks as if it were started, it has its ident, is alive, and joining it waits
 * for its sentinel. All that goes back with the block. *sentinel: None where func is something else. */
static bool look_started(ob_val func, uint64_t ident, ob_val *sentinel) {
    *sentinel = OB_NONE;
    ob_val module = ob_dict_get_c(py_modules, "threading"), name = ob_getattr_opt(func, OB_NAME(name));
    if (ob_failed()) return false;
    if (ob_is_null(module) || !ob_is_exact(func, &ob_method_type) || ob_is_null(name) || !ob_is_str(name) || !ob_str_equal_c(name, "_bootstrap")) return true;
    ob_val thread = ((const ob_method *)ob_ptr(func))->self, class = ob_getattr_c(module, "Thread"), started = OB_NULL, daemon = OB_NULL;
    int is = ob_is_null(class) ? -1 : ob_isinstance(thread, class);
    if (is <= 0) return is == 0;
    if (ob_is_null(started = ob_getattr_c(thread, "_started")) || ob_is_null(daemon = ob_getattr_c(thread, "_daemonic")) || ob_is_null(*sentinel = early_sentinel())) return false;
    if (!ob_setattr_c(started, "_flag", OB_TRUE) || !ob_setattr_c(thread, "_tstate_lock", *sentinel) || !ob_setattr_c(thread, "_ident", ob_int_from_u64(ident))) return false;
    int d = ob_truth(daemon);
    if (d) return d > 0;
    ob_val locks = ob_getattr_c(module, "_shutdown_locks"), guard = ob_getattr_c(module, "_shutdown_locks_lock");      /* the end of the program waits for it */
    return !ob_is_null(locks) && !ob_is_null(guard) && !ob_is_null(ob_call_method_c(guard, "acquire", NULL, 0)) &&
           !ob_is_null(ob_call_method_c(locks, "add", sentinel, 1)) && !ob_is_null(ob_call_method_c(guard, "release", NULL, 0));
}

static ob_val hold_start(const ob_val *a) {
    static const ob_def hook = {"start_new_thread", start_held, "function, args, kwargs, sentinel, ident, /", NULL, 0};
    uint64_t ident = py_thread_ident_take();
    ob_val v[5] = {a[0], a[1], ob_is_null(a[2]) ? OB_NONE : a[2], OB_NONE, ob_int_from_u64(ident)};
    if (!look_started(a[0], ident, &v[3])) return OB_NULL;
    ob_val fn = ob_native_new(&hook, OB_NULL, OB_NULL), args = ob_tuple_from(v, 5), call = ob_is_null(fn) || ob_is_null(args) ? OB_NULL : ob_tuple_of2(fn, args);
    return ob_is_null(call) || !py_hook_add(true, call) ? OB_NULL : v[4];
}

NATIVE(start_new_thread) {
    if (!ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "first arg must be callable");
    if (!ob_is_tuple(a[1])) return ob_raise(&ob_exc_TypeError, "2nd arg must be a tuple");
    if (!ob_is_null(a[2]) && !ob_is_dict(a[2])) return ob_raise(&ob_exc_TypeError, "optional 3rd arg must be a dictionary");
    if (!py_block_of_its_own(py_me)) return OB_NULL;
    return py_me->block ? hold_start(a) : start_thread((start){.func = a[0], .args = a[1], .kwargs = a[2]});
}

void py_threads_forked(void) {
    pthread_mutex_init(&starting_lock, NULL);
    starting = NULL;
    atomic_store(&live_threads, 0);
}

NATIVE(get_ident) { return py_job_refuses() ? OB_NULL : ob_int_from_u64(me_ident()); }
NATIVE(get_native_id) { return ob_from_small(gettid()); }
NATIVE(thread_count) { return ob_from_small(atomic_load(&live_threads)); }
NATIVE(thread_exit) { return ob_raise_none(&ob_exc_SystemExit); }
/* As if the signal had come: nothing where Python has no handler for it. */
NATIVE(interrupt_main) {
    int64_t s = SIGINT;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &s)) return OB_NULL;
    if (s < 1 || s >= 64) return ob_raise(&ob_exc_ValueError, "signal number out of range");
    if (!ob_is_callable(py_signal_get((int)s))) return OB_NONE;
    /* To this thread: whichever takes a signal notes it for the main one. Should this be the main one, its handler runs now. */
    if (raise((int)s) != 0) return ob_raise_errno(errno, OB_NULL);
    return ob_poll() ? OB_NONE : OB_NULL;
}
NATIVE(get_stack_size) {
    int64_t size = 0;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &size)) return OB_NULL;
    int64_t old = (int64_t)stack_size;
    if (size < 0) return ob_raise(&ob_exc_ValueError, "size must be 0 or a positive value");
    if (size && size < 256 << 10) return ob_raise(&ob_exc_ValueError, "size not valid: %lld bytes", (long long)size);
    if (!ob_is_null(a[0])) stack_size = size ? (size_t)size : 16 << 20;
    return ob_from_small(old == 16 << 20 ? 0 : old);
}

/* _set_sentinel(): a lock that is released when this thread has ended. */
NATIVE(set_sentinel) {
    if (!ob_is_null(py_me->sentinel) && raw_of(py_me->sentinel)->early) return py_me->sentinel;
    ob_val l = new_lock(&lock_type);
    if (ob_is_null(l)) return l;
    raw_of(l)->sentinel = true;
    py_me->sentinel = l;
    return l;
}
void py_thread_run_sentinel(py_thread *T) {
    if (ob_is_null(T->sentinel)) return;
    py_raw_lock *r = raw_of(T->sentinel);
    if (r->held) py_raw_give(r);
}

/* Blocks that found a lock held: undone, then started again when it was given back. */
void py_wait_outside(py_thread *T, ob_val lock) {
    T->wait_lock = lock;
    ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
}
void py_wait_for_lock(ob_val lock) {
    py_raw_lock *r = raw_of(lock);
    ob_blocking_enter();
    if (py_raw_take(r, 0, 50000000)) py_raw_give(r);
    ob_blocking_leave();
}

/* ---- thread-local data ---- one attribute dict a thread, in a dict by thread */

typedef struct local_body { ob_val dicts, args, kwargs; } local_body;
static void local_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) {
    const local_body *b = body;
    ob_trace_val(t, b->dicts);
    ob_trace_val(t, b->args);
    ob_trace_val(t, b->kwargs);
}
static OB_KIND(local_kind);
static ob_type local_type;

static ob_val local_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if ((n || !ob_is_null(kw)) && t->slots.init == ob_object_type.slots.init) return ob_raise(&ob_exc_TypeError, "Initialization arguments are not supported");
    tx_handle *h = ob_alloc_mut(t, sizeof(local_body));
    if (!h) return OB_NULL;
    ob_val args = ob_tuple_from(a, n), kwargs = ob_dict_new(), dicts = ob_dict_new();
    if (ob_is_null(args) || ob_is_null(kwargs) || ob_is_null(dicts)) return OB_NULL;
    for (size_t i = 0; !ob_is_null(kw) && i < ob_tuple_len(kw); i++) if (!ob_dict_set(kwargs, ob_tuple_at(kw, i), a[n + i])) return OB_NULL;
    local_body *b = ob_write(ob_of(h));
    if (!b) return OB_NULL;
    b->args = args;
    b->kwargs = kwargs;
    b->dicts = dicts;
    ob_val mine = ob_dict_new();
    return ob_is_null(mine) || !ob_dict_set(dicts, ob_int_from_u64(me_ident()), mine) ? OB_NULL : ob_of(h);
}

/* This thread's dict; made, and __init__ called, at its first use in the thread. */
static ob_val local_dict(ob_val v) {
    if (py_job_refuses()) return OB_NULL;
    const local_body *b = ob_read(v);
    ob_val key = ob_int_from_u64(me_ident()), d = ob_dict_get(b->dicts, key);
    if (!ob_is_null(d) || ob_failed()) return d;
    d = ob_dict_new();
    if (ob_is_null(d) || !ob_dict_set(b->dicts, key, d)) return OB_NULL;
    if (ob_type_of(v)->slots.init == ob_object_type.slots.init) return d;
    ob_val init = ob_getattr(v, OB_NAME(init));
    b = ob_read(v);
    if (ob_is_null(init) || ob_is_null(ob_call_ex(init, b->args, b->kwargs))) return OB_NULL;
    return d;
}
static ob_val local_getattr(ob_val v, ob_val name) {
    ob_val d = local_dict(v);
    if (ob_is_null(d)) return d;
    if (ob_same(name, OB_NAME(dict))) return d;
    ob_val c = ob_type_lookup(ob_type_of(v), name);
    if (!ob_is_null(c) && ob_type_of(c)->slots.set) return ob_generic_getattr(v, name);
    ob_val x = ob_dict_get(d, name);
    return !ob_is_null(x) || ob_failed() ? x : ob_generic_getattr(v, name);
}
static bool local_setattr(ob_val v, ob_val name, ob_val x) {
    ob_val d = local_dict(v);
    if (ob_is_null(d)) return false;
    if (ob_same(name, OB_NAME(dict))) return ob_fail(ob_raise(&ob_exc_AttributeError, "'%T' object attribute '__dict__' is read-only", v));
    ob_val c = ob_type_lookup(ob_type_of(v), name);
    if (!ob_is_null(c) && ob_type_of(c)->slots.set) return ob_type_of(c)->slots.set(c, v, x);
    if (!ob_is_null(x)) return ob_dict_set(d, name, x);
    int r = ob_dict_del(d, name);
    if (r == 0) ob_raise(&ob_exc_AttributeError, "'%T' object has no attribute '%S'", v, name);
    return r > 0;
}
void py_thread_locals_drop(uint64_t ident) { (void)ident; }   /* idents are never reused: the dicts die with their local objects */

static ob_type local_type = {OB_TYPE_HEAD(&ob_type_type, &local_kind), .name = "_thread._local", .base = &ob_object_type, .flags = OB_TF_BASE,
    .size = sizeof(local_body), .slots = {.make = local_make, .getattr = local_getattr, .setattr = local_setattr}, .trace_body = local_trace, .has_weakref = true};

/* ---- excepthook ---- */

static ob_type *hook_args_type;
static ob_val excepthook_args(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    ob_val t = ob_tuple_of_iterable(a[0]);
    if (ob_is_null(t)) return t;
    if (ob_tuple_len(t) != 4) return ob_raise(&ob_exc_TypeError, "ExceptHookArgs needs 4 items");
    return ob_structseq_new(hook_args_type, ob_tuple_ptr(t)->items);
}
NATIVE(excepthook) {
    ob_val exc = ob_getattr_c(a[0], "exc_value"), thread = ob_getattr_c(a[0], "thread");
    if (ob_is_null(exc) || ob_is_null(thread)) return OB_NULL;
    if (ob_is_a(exc, &ob_exc_SystemExit)) return OB_NONE;
    ob_val name = ob_is_none(thread) ? ob_int_from_u64(me_ident()) : ob_getattr_c(thread, "name"), err = ob_dict_get_str(py_sys, OB_NAME(stderr));
    ob_val line = ob_str_format_c("Exception in thread %S:\n", name);
    if (ob_is_null(name) || ob_is_null(line)) return OB_NULL;
    if (!ob_is_null(err) && !ob_is_none(err) && ob_is_null(ob_call_method(err, OB_NAME(write), &line, 1))) return OB_NULL;
    py_print_exception(exc);
    return OB_NONE;
}

static const ob_def defs[] = {
    {"_ExceptHookArgs", excepthook_args, "iterable, /", NULL, 0}, {"_count", thread_count, "", NULL, 0}, {"_excepthook", excepthook, "args, /", NULL, 0},
    {"_set_sentinel", set_sentinel, "", NULL, 0}, {"allocate", allocate_lock, "", NULL, 0}, {"allocate_lock", allocate_lock, "", NULL, 0},
    {"exit", thread_exit, "", NULL, 0}, {"exit_thread", thread_exit, "", NULL, 0}, {"get_ident", get_ident, "", NULL, 0},
    {"get_native_id", get_native_id, "", NULL, 0}, {"interrupt_main", interrupt_main, "signum=2, /", NULL, 0},
    {"stack_size", get_stack_size, "size=0, /", NULL, 0}, {"start_new", start_new_thread, "function, args, kwargs=None, /", NULL, 0},
    {"start_new_thread", start_new_thread, "function, args, kwargs=None, /", NULL, 0}, {0}};

static bool fill(ob_val m) {
    static const char *const fields[] = {"exc_type", "exc_value", "exc_traceback", "thread", NULL};
    hook_args_type = ob_structseq_type_new("_thread._ExceptHookArgs", fields, 4);
    return hook_args_type && ob_type_ready(&lock_type) && ob_type_ready(&rlock_type) && ob_type_ready(&local_type) && ob_gc_add_root(trace_starting, NULL) &&
           ob_module_add(m, "LockType", ob_of(&lock_type)) && ob_module_add(m, "RLock", ob_of(&rlock_type)) && ob_module_add(m, "_local", ob_of(&local_type)) &&
           ob_module_add(m, "error", ob_of(&ob_exc_RuntimeError)) && ob_module_add(m, "TIMEOUT_MAX", ob_float_from(9223372036.0));
}
const ob_module_def py_mod__thread = {"_thread", "Threads and locks.", defs, fill};
