/* gc_pending.c: what a collection leaves to be run at a safepoint: finalizers of objects that became unreachable, callbacks of weak references.
 *
 * Locks: `lock` (rank LEAF) for both lists; the collector, for which the world is stopped, takes it too but never waits for it: nobody stops
 * while holding it.
 * P1  An object is in `finalizable` exactly while OB_F_FINALIZER is set and it is not queued.
 * P2  Only one thread runs the queue at a time; an entry stays in it until it ran to its end, so that a conflict runs it again. */
#include "objspace/call.h"
#include "objspace/heap_cells.h"
#include "objspace/str.h"

typedef struct entry { ob_val what, arg; } entry;    /* arg: weakref, what: its callback; arg OB_NULL: object with __del__ */
static base_lock lock = BASE_LOCK_INIT(LEAF, "finalizers");
static VEC(ob_obj *) finalizable;
static VEC(entry) queue;
static size_t first;                                  /* of the queue that has not run */
static _Atomic(bool) running;

bool ob_gc_add_finalizer(ob_val v) {
    base_lock_take(&lock);
    bool ok = VEC_PUSH(&finalizable, ob_ptr(v));
    base_lock_drop(&lock);
    if (!ok) return ob_fail(ob_raise_memory());
    ob_flag_set(ob_ptr(v), OB_F_FINALIZER);
    return true;
}

void ob__gc_drop_finalizer(ob_val v) {
    base_lock_take(&lock);
    for (size_t i = finalizable.n; i-- > 0;)
        if (finalizable.at[i] == ob_ptr(v)) {
            finalizable.at[i] = finalizable.at[--finalizable.n];
            break;
        }
    base_lock_drop(&lock);
    atomic_fetch_and_explicit(&ob_ptr(v)->flags, ~(uint32_t)OB_F_FINALIZER, memory_order_relaxed);
}

static void want(void) { atomic_fetch_or_explicit(&ob_safepoint_wanted, OB_SAFE_PENDING, memory_order_relaxed); }

bool ob__pending_push(ob_val what, ob_val arg) {
    if (!VEC_PUSH(&queue, (entry){what, arg})) return false;
    want();
    return true;
}

void ob__pending_roots(ob_tracer *t) {
    for (size_t i = first; i < queue.n; i++) {
        ob_trace_val(t, queue.at[i].what);
        ob_trace_val(t, queue.at[i].arg);
    }
}

static unsigned lateness(const ob_obj *o) {
    uint32_t f = o->type->flags & (OB_TF_FINAL_LATE | OB_TF_FINAL_LAST);
    return f & OB_TF_FINAL_LAST ? 2 : f != 0;
}

/* World stopped, marking done. All the dead are found before one of them is marked, as they may refer to each other. */
void ob__finalizers_find(ob_tracer *t) {
    size_t kept = finalizable.n, was = queue.n;
    unsigned most = 0;
    for (unsigned late = 0; late <= most; late++) {
        size_t n = kept;
        kept = 0;
        for (size_t i = 0; i < n; i++) {
            ob_obj *o = finalizable.at[i];
            bool dead = !ob__marked(o);
            if (dead && lateness(o) > most) most = lateness(o);
            if (!dead || lateness(o) > late || !ob__pending_push(ob_of(o), OB_NULL)) finalizable.at[kept++] = o;
        }
    }
    finalizable.n = kept;
    for (size_t i = was; i < queue.n; i++) ob_trace_val(t, queue.at[i].what);
    for (size_t i = 0; i < kept; i++)                 /* could not be queued: keep it for the next time */
        if (!ob__marked(finalizable.at[i])) ob_trace_ptr(t, finalizable.at[i]);
}

bool ob_gc_pending(void) {
    return (atomic_load_explicit(&ob_safepoint_wanted, memory_order_relaxed) & OB_SAFE_PENDING) && !atomic_load_explicit(&running, memory_order_relaxed);
}

static bool next_entry(entry *out) {
    base_lock_take(&lock);
    bool any = first < queue.n;
    if (any) *out = queue.at[first];
    else {
        first = queue.n = 0;
        atomic_fetch_and_explicit(&ob_safepoint_wanted, ~(uint32_t)OB_SAFE_PENDING, memory_order_relaxed);
    }
    base_lock_drop(&lock);
    return any;
}

static void run(entry e) {
    ob_val r;
    if (ob_is_null(e.arg)) {
        atomic_fetch_and_explicit(&ob_ptr(e.what)->flags, ~(uint32_t)OB_F_FINALIZER, memory_order_relaxed);
        void (*finalize)(ob_val) = ob_type_of(e.what)->finalize;
        if (finalize) { finalize(e.what); return; }
        ob_val del = ob_lookup_special(e.what, OB_NAME(del));
        if (ob_is_null(del)) {
            if (ob_failed()) ob_err_unraisable(e.what);
            return;
        }
        r = ob_call0(del);
        if (ob_is_null(r) && ob_err.cond == OB_COND_EXCEPTION) {
            ob_val f = ob_type_lookup(ob_type_of(e.what), OB_NAME(del));      /* named as it is in the class */
            ob_err_unraisable(ob_is_null(f) ? del : f);
        }
    } else {
        r = ob_call1(e.what, e.arg);
        if (ob_is_null(r) && ob_err.cond == OB_COND_EXCEPTION) ob_err_unraisable(e.what);
    }
}

void ob_gc_run_pending(void) {
    bool idle = false;
    entry e;
    if (!ob_gc_pending() || !atomic_compare_exchange_strong(&running, &idle, true)) return;
    ob_val had = ob_err_fetch();
    while (next_entry(&e)) {
        run(e);
        if (ob_failed()) break;                       /* a conflict: the entry stays, and runs again */
        base_lock_take(&lock);
        first++;
        base_lock_drop(&lock);
    }
    if (!ob_is_null(had) && !ob_failed()) ob_err_restore(had);
    atomic_store(&running, false);
}

void ob_gc_finish(void) {
    ob_gc_run_pending();
    base_lock_take(&lock);
    for (size_t i = 0; i < finalizable.n; i++)        /* in the order in which they were made; natives (streams, generators) are left as they are */
        if (finalizable.at[i]->type->flags & OB_TF_HEAP && !ob__pending_push(ob_of(finalizable.at[i]), OB_NULL)) break;
    finalizable.n = 0;
    base_lock_drop(&lock);
    ob_gc_run_pending();
}
