/* gc_pending.c: what a collection leaves to be run at a safepoint: finalizers of objects that became unreachable, callbacks of weak references.
 *
 * Locks: `lock` (rank LEAF) for what threads share; the collector, for which the world is stopped, takes it too but never waits for it: nobody
 * stops while holding it.  A thread's own lists are touched by itself and by the collector.
 * P1  An object with OB_F_FINALIZER is listed by the thread that made it (or by nobody in particular, once that has left), or it is queued.
 * P2  What was made in a step that may still be undone is kept and not queued; when the step is undone it was never made, and only what outlives two
 *     collections (an exception carried it out of the step; a stale word on a stack does not last) is an object of the program; so is all that an
 *     irrevocable step has made: it may stand for something outside.  Native finalizers run all the same: they give back what
 *     was taken from the system.   (settled, ob__finalizers_find)
 * P3  An object that is private to a thread is finalized by that thread; another would take it for shared, its maker for its own.
 * P4  Only one thread runs the common queue at a time; an entry stays in its queue until it ran to its end, so that a conflict runs it again. */
#include "objspace/call.h"
#include "objspace/heap_cells.h"
#include "objspace/str.h"
#include "txn/tx.h"

#define UNMADE (UINT64_MAX - 1)                       /* instead of a number: made in a step that was undone … */
#define FOUND UINT64_MAX                              /* … and found alive once since then */

typedef struct ob__pending_entry entry;
static base_lock lock = BASE_LOCK_INIT(LEAF, "finalizers");
static VEC(ob__finalizable) orphans;                  /* of threads that have left */
static ob__pending_queue common;
static _Atomic(bool) running;

/* Does its finalizer only give back what it took from the system? */
static bool is_native(const ob_obj *o) { return !(o->type->flags & OB_TF_FINAL_PYTHON) && !o->type->finalize; }

/* ---- listing ---- */

/* What the calling thread has listed from number `from` on: its step has come to an end. */
static void settled(uint64_t from, tx_fate fate) {
    ob__heap_thread *t = ob__heap_me;
    size_t i = t->finals.n, kept;
    if (t->unsure >= from || fate == TX_CERTAIN) t->unsure = UINT64_MAX;
    if (fate == TX_CERTAIN || fate == TX_UNDONE_HERE) return;
    while (i && t->finals.at[i - 1].number >= from) i--;
    for (kept = i; i < t->finals.n; i++) {
        ob__finalizable f = t->finals.at[i];
        bool native = is_native(f.what);
        if (!native && f.number < UNMADE && fate == TX_LOST) continue;
        t->finals.at[kept++] = (ob__finalizable){f.what, native ? from : f.number < UNMADE ? UNMADE : f.number};
    }
    t->finals.n = kept;
}

/* The first that is listed in a step: the step will tell what becomes of it. */
static bool note_step(ob__heap_thread *t) {
    bool certain;
    if (!tx_when_settled(settled, t->number, &certain)) return false;
    t->step = tx_me.id;
    if (!certain && t->unsure == UINT64_MAX) t->unsure = t->number;
    return true;
}

bool ob_gc_add_finalizer(ob_val v) {
    ob__heap_thread *t = ob__heap_me;
    if ((t->step != tx_me.id && !note_step(t)) || !VEC_PUSH(&t->finals, (ob__finalizable){ob_ptr(v), t->number})) return ob_fail(ob_raise_memory());
    t->number++;
    ob_flag_set(ob_ptr(v), OB_F_FINALIZER);
    return true;
}

void ob_gc_drop_finalizer(ob_val v) { atomic_fetch_and_explicit(&ob_ptr(v)->flags, ~(uint32_t)OB_F_FINALIZER, memory_order_relaxed); }

void ob__finals_leave(ob__heap_thread *t) {
    base_lock_take(&lock);
    for (size_t i = 0; i < t->finals.n; i++)
        if (!VEC_PUSH(&orphans, ((ob__finalizable){t->finals.at[i].what, t->finals.at[i].number >= UNMADE ? t->finals.at[i].number : 0}))) break;
    for (size_t i = t->pending.first; i < t->pending.entries.n; i++)
        if (!VEC_PUSH(&common.entries, t->pending.entries.at[i])) break;
    bool any = common.first < common.entries.n;
    base_lock_drop(&lock);
    if (any) atomic_fetch_or_explicit(&ob_safepoint_wanted, OB_SAFE_PENDING, memory_order_relaxed);
    ob__finals_release(t);
}
void ob__finals_release(ob__heap_thread *t) {
    VEC_RELEASE(&t->finals);
    VEC_RELEASE(&t->pending.entries);
}

/* ---- in a collection, the world stopped ---- */

static void want(void) { atomic_fetch_or_explicit(&ob_safepoint_wanted, OB_SAFE_PENDING, memory_order_relaxed); }

bool ob__pending_push(ob_val what, ob_val arg) {
    if (!VEC_PUSH(&common.entries, (entry){what, arg})) return false;
    want();
    return true;
}

static void queue_roots(const ob__pending_queue *q, size_t from, ob_tracer *t) {
    for (size_t i = from > q->first ? from : q->first; i < q->entries.n; i++) {
        ob_trace_val(t, q->entries.at[i].what);
        ob_trace_val(t, q->entries.at[i].arg);
    }
}
void ob__pending_roots(ob_tracer *t) {
    queue_roots(&common, 0, t);
    for (ob__heap_thread *th = ob__heap_threads; th; th = th->next) queue_roots(&th->pending, 0, t);
}

/* May any thread run the finalizer of o, which th has made? */
static bool is_common(const ob__heap_thread *th, const ob_obj *o) {
    uint32_t flags = ob_flags(o);
    if (!th) return true;
    if (!(flags & OB_F_MUTABLE)) return flags & TX_F_PUBLISHED;
    uint64_t vw = atomic_load_explicit(&((const tx_handle *)o)->vw, memory_order_relaxed);
    return ((vw ^ th->tx->id) & th->tx->rmask) != 0;
}

static bool queue_dead(ob__heap_thread *th, ob_obj *o) {
    if (is_common(th, o)) return ob__pending_push(ob_of(o), OB_NULL);
    if (!VEC_PUSH(&th->pending.entries, (entry){ob_of(o), OB_NULL})) return false;
    if (th == ob__heap_me) want();        /* others find theirs when their ticks are used up */
    return true;
}

/* Streams are closed from the text down to the file. */
static unsigned lateness(const ob_obj *o) { return (o->type->flags & OB_TF_FINAL_LAST) / OB_TF_FINAL_LATE; }

/* What was made in an undone step is told from what is an object all the same; what needs no finalizer any more is forgotten. */
static void sift(ob__finalizable *list, size_t *n) {
    size_t kept = 0;
    uint64_t last = 0;
    for (size_t i = 0; i < *n; i++) {
        ob__finalizable f = list[i];
        if (!(ob_flags(f.what) & OB_F_FINALIZER)) continue;
        if (f.number >= UNMADE) {
            if (!ob__marked(f.what)) continue;
            f.number = f.number == UNMADE ? FOUND : last;
        }
        if (f.number < UNMADE) last = f.number;
        list[kept++] = f;
    }
    *n = kept;
}

/* Queues the dead of this lateness, and keeps what lives, is not certain yet, or could not be queued. */
static void find_in(ob__heap_thread *th, ob__finalizable *list, size_t *n, unsigned late, unsigned *most) {
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        ob__finalizable f = list[i];
        bool due = !ob__marked(f.what) && f.number < UNMADE && !(th && f.number >= th->unsure);
        if (due && lateness(f.what) > *most) *most = lateness(f.what);
        if (!due || lateness(f.what) != late || !queue_dead(th, f.what)) list[kept++] = f;
    }
    *n = kept;
}

/* What find_in has kept although it is dead stays whole. */
static void keep(const ob__finalizable *list, size_t n, ob_tracer *t) {
    for (size_t i = 0; i < n; i++)
        if (!ob__marked(list[i].what)) ob_trace_ptr(t, list[i].what);
}

/* All the dead are found before one of them is marked, as they may refer to each other. */
void ob__finalizers_find(ob_tracer *t) {
    unsigned most = 0;
    for (ob__heap_thread *th = ob__heap_threads; th; th = th->next) sift(th->finals.at, &th->finals.n);
    sift(orphans.at, &orphans.n);
    for (unsigned late = 0; late <= most; late++) {
        for (ob__heap_thread *th = ob__heap_threads; th; th = th->next) find_in(th, th->finals.at, &th->finals.n, late, &most);
        find_in(NULL, orphans.at, &orphans.n, late, &most);
    }
    ob__pending_roots(t);
    for (ob__heap_thread *th = ob__heap_threads; th; th = th->next) keep(th->finals.at, th->finals.n, t);
    keep(orphans.at, orphans.n, t);
}

/* ---- running ---- */

static bool has_entries(const ob__pending_queue *q) { return q->first < q->entries.n; }

bool ob_gc_pending(void) {
    const ob__heap_thread *t = ob__heap_me;
    if (has_entries(&t->pending) && !t->finalizing) return true;
    return (atomic_load_explicit(&ob_safepoint_wanted, memory_order_relaxed) & OB_SAFE_PENDING) && !atomic_load_explicit(&running, memory_order_relaxed);
}

/* The first of the queue; an empty one begins anew. */
static bool next_entry(ob__pending_queue *q, entry *out) {
    base_lock_take(&lock);
    bool any = has_entries(q);
    if (any) *out = q->entries.at[q->first];
    else {
        q->first = q->entries.n = 0;
        if (q == &common) atomic_fetch_and_explicit(&ob_safepoint_wanted, ~(uint32_t)OB_SAFE_PENDING, memory_order_relaxed);
    }
    base_lock_drop(&lock);
    return any;
}

static void run_del(ob_val v) {
    ob_val del = ob_lookup_special(v, OB_NAME(del));
    if (ob_is_null(del)) {
        if (ob_failed()) ob_err_unraisable(v);
        return;
    }
    ob_val r = ob_call0(del);
    if (ob_is_null(r) && ob_err.cond == OB_COND_EXCEPTION) {
        ob_val f = ob_type_lookup(ob_type_of(v), OB_NAME(del));          /* named as it is in the class */
        ob_err_unraisable(ob_is_null(f) ? del : f);
    }
}

static void run(entry e) {
    if (!ob_is_null(e.arg)) {
        if (ob_is_null(ob_call1(e.what, e.arg)) && ob_err.cond == OB_COND_EXCEPTION) ob_err_unraisable(e.what);
        return;
    }
    if (!ob_flag_take(ob_ptr(e.what), OB_F_FINALIZER)) return;           /* listed twice */
    void (*finalize)(ob_val) = ob_type_of(e.what)->finalize;
    if (finalize) finalize(e.what);
    else run_del(e.what);
}

static void run_queue(ob__pending_queue *q) {
    entry e;
    while (!ob_failed() && next_entry(q, &e)) {
        run(e);
        if (ob_failed()) {                            /* a conflict: the entry stays, and runs again */
            if (ob_is_null(e.arg)) ob_flag_set(ob_ptr(e.what), OB_F_FINALIZER);
            return;
        }
        base_lock_take(&lock);
        q->first++;
        base_lock_drop(&lock);
    }
}

void ob_gc_run_pending(void) {
    ob__heap_thread *t = ob__heap_me;
    bool idle = false;
    if (!ob_gc_pending()) return;
    ob_val had = ob_err_fetch();
    if (!t->finalizing) {
        t->finalizing = true;
        run_queue(&t->pending);
        t->finalizing = false;
    }
    if (atomic_compare_exchange_strong(&running, &idle, true)) {
        run_queue(&common);
        atomic_store(&running, false);
    }
    if (!ob_is_null(had) && !ob_failed()) ob_err_restore(had);
}

/* The first made, first.  Native ones are left: the process ends, and streams are flushed by who ends it. */
static void queue_rest(const ob__finalizable *list, size_t n, ob__pending_queue *q) {
    for (size_t i = 0; i < n; i++)
        if (list[i].number < UNMADE && !is_native(list[i].what) && !VEC_PUSH(&q->entries, ((entry){ob_of(list[i].what), OB_NULL}))) return;
}

void ob_gc_finish(void) {
    ob__heap_thread *t = ob__heap_me;
    ob_gc_run_pending();
    base_lock_take(&lock);
    queue_rest(orphans.at, orphans.n, &t->pending);
    queue_rest(t->finals.at, t->finals.n, &t->pending);
    VEC_CLEAR(&orphans);
    VEC_CLEAR(&t->finals);
    base_lock_drop(&lock);
    ob_gc_run_pending();
}
