/* invariant.c: which instances a commit must ask for their __invariant__, and asking them.
 *
 * A block's undo log names what it has changed; instances that it made are noted by their __init__ (T->fresh). A list, dict or set that such an instance holds
 * directly carries TX_F_GUARDED once the instance has been committed; the table `owners` says whose it is.
 * Outside of blocks the first write of a step to such a container is announced (TX_F_GUARDED): a savepoint is set before it, and behind the instruction, or the
 * native, that makes the change the instance is asked; where it says no the change is undone, and InvariantError raised there.
 * Locks: owners_lock around the table; nothing is taken under it but the collector's marking, with the world stopped.
 * I1  An instance's containers are noted after each commit that has asked it; it was asked in every block that changed it. (py_invariants_note)
 * I2  The table holds weak references; an entry of a dead container is found by nobody, since a new object does not carry the flag, and goes when the table grows. */
#include "interp/lang/invariant.h"
#include "interp/run/merge.h"
#include "interp/lang/library.h"
#include "objspace/dict_cell.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/function.h"
#include "objspace/heap.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/weakref.h"
#include <pthread.h>
#include <stdlib.h>

_Atomic(bool) py_invariants_wanted;

/* ---- whose container is it? ---- */

typedef struct owner { uint64_t container; ob_val weak; } owner;
static struct { owner *at; size_t n, room; } owners;             /* open addressing by container; several entries may have the same one */
static pthread_mutex_t owners_lock = PTHREAD_MUTEX_INITIALIZER;

static void trace_owners(ob_tracer *t, void *arg UNUSED) {
    for (size_t i = 0; i < owners.room; i++) if (owners.at[i].container) ob_trace_val(t, owners.at[i].weak);
}

static size_t spot(const owner *at, size_t room, uint64_t container, ob_val weak) {
    size_t i = (size_t)(container * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (room - 1);
    while (at[i].container && !(at[i].container == container && at[i].weak.w == weak.w)) i = (i + 1) & (room - 1);
    return i;
}

/* Under the lock. The dead are left out. */
static bool grow(void) {
    size_t room = owners.room ? owners.room : 64, live = 0;
    for (size_t i = 0; i < owners.room; i++) live += owners.at[i].container && !ob_is_null(ob_weakref_get(owners.at[i].weak));
    while (live * 3 >= room) room *= 2;
    owner *at = calloc(room, sizeof *at);
    if (!at) return false;
    for (size_t i = 0; i < owners.room; i++)
        if (owners.at[i].container && !ob_is_null(ob_weakref_get(owners.at[i].weak))) at[spot(at, room, owners.at[i].container, owners.at[i].weak)] = owners.at[i];
    free(owners.at);
    owners.at = at;
    owners.room = room;
    owners.n = live;
    return true;
}

static void note_owner(ob_val container, ob_val weak) {
    pthread_mutex_lock(&owners_lock);
    ob_gc_hold();                            /* nobody may trace the table while it moves */
    if (owners.n * 2 < owners.room || grow()) {
        size_t i = spot(owners.at, owners.room, container.w, weak);
        if (!owners.at[i].container) owners.n++;
        owners.at[i] = (owner){container.w, weak};
        ob_flag_set(ob_ptr(container), TX_F_GUARDED);
    }
    ob_gc_unhold();
    pthread_mutex_unlock(&owners_lock);
}

static bool is_container(ob_val v) { return ob_is_ptr(v) && !ob_is_null(v) && (ob_type_of(v)->flags & (OB_TF_LIST | OB_TF_DICT | OB_TF_SET)) && (ob_flags(ob_ptr(v)) & OB_F_MUTABLE); }

static void note_containers(ob_val instance) {
    if (!(ob_type_of(instance)->flags & OB_TF_INST)) return;
    const ob_inst_body *b = ob_read(instance);
    ob_val weak = OB_NULL;
    for (uint32_t i = 0; i < b->shape->n; i++) {
        ob_val v = ob_inst_slot(ob_handle(instance), b, i);
        if (!is_container(v)) continue;
        if (ob_is_null(weak) && ob_is_null(weak = ob_weakref_new(instance, OB_NULL))) { ob_err_clear(); return; }
        if (!tx_publish(weak.w)) return;
        note_owner(v, weak);
        if (!b->shape->dict_mode || !ob_is_dict(v)) continue;
        for (size_t j = 0;;) {               /* its attributes are that dict's values */
            ob_val key, value;
            if (!ob_dict_next(v, &j, &key, &value)) break;
            if (is_container(value)) note_owner(value, weak);
        }
        b = ob_read(instance);
    }
}

void py_invariant_loaded(ob_val instance) { note_containers(instance); }

/* What the step has written must not count as written any more (I3). */
void py_invariants_note(ob_val asked) {
    size_t n = ob_is_null(asked) ? 0 : ob_list_len(asked);
    tx_savepoint here;
    for (size_t i = 0; i < n; i++) note_containers(ob_list_get_quick(asked, (int64_t)i));
    if (n && tx_savepoint_set(&here)) tx_savepoint_drop(&here);
}

/* ---- whom to ask ---- */

typedef struct asking { ob_val list; bool failed; } asking;

static void add(asking *a, ob_val v) {
    for (size_t i = ob_list_len(a->list), seen = 0; i-- > 0 && seen < 64; seen++) if (ob_same(ob_list_get_quick(a->list, (int64_t)i), v)) return;
    if (!ob_list_append(a->list, v)) a->failed = true;
}
static bool wants(ob_val v) { return ob_is_ptr(v) && !ob_is_null(v) && (ob_type_of(v)->flags & OB_TF_INVARIANT); }

static void add_owners(asking *a, ob_val container) {
    ob_val found[16];
    size_t n = 0;
    pthread_mutex_lock(&owners_lock);
    if (owners.room)
        for (size_t i = (size_t)(container.w * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (owners.room - 1); owners.at[i].container; i = (i + 1) & (owners.room - 1)) {
            if (owners.at[i].container != container.w || n == BASE_LENGTH(found)) continue;
            ob_val v = ob_weakref_get(owners.at[i].weak);
            if (!ob_is_null(v)) found[n++] = v;
        }
    pthread_mutex_unlock(&owners_lock);
    for (size_t i = 0; i < n; i++) add(a, found[i]);
}

static void add_written(void *arg, tx_handle *h) {
    asking *a = arg;
    ob_val v = ob_of(h);
    if (wants(v)) add(a, v);
    if (ob_flags(h) & TX_F_GUARDED) add_owners(a, v);
}

typedef struct written { tx_handle **at; size_t n, room; bool failed; } written;
static void list_written(void *arg, tx_handle *h) {
    written *w = arg;
    if (ob__is_cell(ob_of(h))) h = ob_handle(((ob__dict_cell *)h)->dict);
    if (!wants(ob_of(h)) && !(ob_flags(h) & TX_F_GUARDED)) return;
    if (w->n == w->room) {
        size_t room = w->room ? 2 * w->room : 32;
        tx_handle **p = realloc(w->at, room * sizeof *p);
        if (!p) { w->failed = true; return; }
        w->at = p;
        w->room = room;
    }
    w->at[w->n++] = h;
}

/* Asking may write, and so lengthen the log: it is read first. What it names is held by it. */
static ob_val whom_to_ask(py_thread *T, const tx_savepoint *since) {
    asking a = {ob_list_new(0), false};
    written w = {0};
    if (ob_is_null(a.list)) return a.list;
    tx_each_written(since, list_written, &w);
    for (size_t i = 0; i < w.n && !a.failed; i++) add_written(&a, w.at[i]);
    free(w.at);
    for (size_t i = 0; i < T->nfresh && !a.failed; i++) add(&a, T->fresh[i]);
    if (w.failed) ob_raise_memory();
    return a.failed || w.failed ? OB_NULL : a.list;
}

static bool ask(ob_val v) {
    ob_val r = ob_call_method(v, OB_NAME(invariant), NULL, 0);
    int t = ob_is_null(r) ? -1 : ob_truth(r);
    if (t > 0) return true;
    if (t < 0 && ob_err.cond != OB_COND_EXCEPTION) return false;
    ob_val cause = t < 0 ? ob_err_fetch() : OB_NULL;
    ob_raise_obj(&ob_exc_InvariantError, v);
    if (ob_is_null(cause) || ob_err.cond != OB_COND_EXCEPTION) return false;
    ob_val e = ob_err_fetch();
    if (ob_exc_set_cause(e, cause)) ob_err_restore(e);
    return false;
}

static bool hold(py_thread *T, const tx_savepoint *since, ob_val *asked) {
    *asked = whom_to_ask(T, since);
    if (ob_is_null(*asked)) return false;
    for (size_t i = 0; i < ob_list_len(*asked); i++) if (!ask(ob_list_get_quick(*asked, (int64_t)i))) return false;
    return true;
}

bool py_invariants_hold(py_thread *T, ob_val *asked) { return hold(T, NULL, asked); }

/* ---- outside of blocks ---- */

/* I3  A guarded object is older than the step that writes it: whoever was asked begins a new step (tx_savepoint_drop, or the end of a block). So each change
 *     outside of blocks comes here before it is made. */
static void guard(tx_handle *h UNUSED) {
    py_thread *T = py_me;
    if (!T || T->block || !tx_active()) return;
    if (T->look & PY_LOOK_GUARDED && tx_savepoint_stands(&T->guard.since)) return;
    if (!tx_savepoint_set(&T->guard.since)) return;
    py_acc_forget(T);
    T->guard.activation = T->activation;
    T->look |= PY_LOOK_GUARDED;
    T->ticks = 0;                            /* where no instruction looks, the next tick does; and the log does not grow */
}

static bool answer(py_thread *T, ob_val *asked) {
    if (hold(T, &T->guard.since, asked)) return true;
    if (ob_err.cond == OB_COND_EXCEPTION && tx_savepoint_stands(&T->guard.since)) tx_savepoint_rollback(&T->guard.since);
    return false;
}

bool py_guard_settle(py_thread *T) {
    if (T->guard.activation < T->activation || ob_err.cond > OB_COND_EXCEPTION) return true;
    ob_val asked = OB_NULL, had = ob_failed() ? ob_err_fetch() : OB_NULL;
    py_frame *f = T->frame;
    uint32_t flags = f ? py_frame_between(f) : 0;
    bool ok = !tx_savepoint_stands(&T->guard.since) || answer(T, &asked);       /* an act has made it certain, or it has been undone */
    if (f) py_frame_on(f, flags);
    T->look &= (uint8_t)~PY_LOOK_GUARDED;
    if (tx_savepoint_stands(&T->guard.since)) tx_savepoint_drop(&T->guard.since);
    if (ok) py_invariants_note(asked);
    if (ob_is_null(had) || ob_err.cond > OB_COND_EXCEPTION) return ok;
    if (ok) return ob_err_restore(had), true;
    ob_val e = ob_err_fetch();
    if (ob_exc_set_context(e, had)) ob_err_restore(e);
    return false;
}

/* ---- for the library ---- */

static ob_val watch(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    if (!py_block_of_its_own(py_me)) return OB_NULL;
    ob_type_ptr(a[0])->flags |= OB_TF_INVARIANT;
    atomic_store_explicit(&py_invariants_wanted, true, memory_order_relaxed);
    py_merge_stop(py_me);                    /* from now on blocks end on their own */
    return OB_NONE;
}
static ob_val fresh(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    py_thread *T = py_me;
    if (T->nfresh == T->fresh_cap) {
        size_t cap = T->fresh_cap ? 2 * T->fresh_cap : 16;
        ob_val *p = realloc(T->fresh, cap * sizeof *p);
        if (!p) return ob_raise_memory();
        T->fresh = p;
        T->fresh_cap = cap;
    }
    T->fresh[T->nfresh++] = a[0];
    return OB_NONE;
}
static const ob_def defs[] = {{"_watch", watch, "cls, /", NULL, 0}, {"_fresh", fresh, "instance, /", NULL, 0}, {0}};

bool py_invariants_fill(void) {
    for (const ob_def *d = defs; d->name; d++) if (!py_library_give(d->name, ob_native_new(d, OB_NULL, OB_NULL))) return false;
    tx_set_guard(guard);
    return ob_gc_add_root(trace_owners, NULL);
}
