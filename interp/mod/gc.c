/* gc.c: the module gc, in terms of a collector that traces: there are no generations, and thresholds and flags are kept but mean nothing.
 * Locks: none. */
#include "interp/mod/modules.h"
#include "interp/run/frame.h"
#include "objspace/bytes.h"
#include "objspace/dict_cell.h"
#include "objspace/heap.h"
#include "objspace/int.h"
#include "objspace/inst.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "txn/tx.h"

#define FN(name) static ob_val name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define UNUSED_ALL ((void)self, (void)a, (void)n, (void)kw)
FN(collect);
static _Atomic(int64_t) thresholds[3] = {700, 10, 10}, debug_flags;

FN(enable) { return UNUSED_ALL, ob_gc_set_enabled(true), OB_NONE; }
FN(disable) { return UNUSED_ALL, ob_gc_set_enabled(false), OB_NONE; }
FN(isenabled) { return UNUSED_ALL, ob_bool(ob_gc_enabled()); }

/* Does the running frame call this very function, with no native in between that holds anything? */
static bool called_by_vm(const py_frame *f) {
    if (!f || f->pc == f->code->code) return false;
    const py_instr *i = f->pc - 1;
    if (i->op == PY_OP_EXT && --i < f->code->code) return false;
    if (i->op != PY_OP_CALL && i->op != PY_OP_CALLM && i->op != PY_OP_CALLKW && i->op != PY_OP_CALLMKW) return false;
    ob_val callee = f->r[i->b];
    return ob_is_ptr(callee) && ob_is_exact(callee, &ob_native_type) && ((const ob_native *)ob_ptr(callee))->def->fn == collect;
}
static void collect_now(void) {
    py_thread *T = py_me;
    if (!called_by_vm(T->frame)) {
        ob_gc_collect();
        return;
    }
    T->saved = T->frame;
    ob_gc_collect_from(T->loop);
    T->saved = NULL;
}

static ob_val callbacks;                        /* gc.callbacks as it was made */
static _Atomic(uint64_t) asked_for[3];          /* collections by number of generation; those that began by themselves count as the last */

/* Tells gc.callbacks that an explicit collection begins or has ended; what they raise is reported and dropped. */
static bool tell(const char *phase, int64_t generation, uint64_t collected) {
    ob_val all = ob_is_null(callbacks) ? OB_NULL : ob_list_as_tuple(callbacks);
    for (size_t i = 0; !ob_is_null(all) && i < ob_tuple_len(all); i++) {
        ob_val info = ob_dict_new(), name = ob_str_intern_c(phase);
        if (ob_is_null(info) || ob_is_null(name) || !ob_dict_set_c(info, "generation", ob_from_small(generation)) ||
            !ob_dict_set_c(info, "collected", ob_int_from_u64(collected)) || !ob_dict_set_c(info, "uncollectable", ob_from_small(0))) return false;
        if (!ob_is_null(ob_call2(ob_tuple_at(all, i), name, info))) continue;
        if (ob_err.cond != OB_COND_EXCEPTION) return false;
        ob_err_unraisable(ob_tuple_at(all, i));
    }
    return !ob_failed();
}

/* What was freed is known in bytes only; the number is in units of a small object. */
FN(collect) {
    int64_t generation = 2;
    ob_gc_stats before, after;
    UNUSED_ALL;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &generation)) return OB_NULL;
    if (generation < 0 || generation > 2) return ob_raise(&ob_exc_ValueError, "invalid generation");
    if (!tell("start", generation, 0)) return OB_NULL;
    atomic_fetch_add_explicit(&asked_for[generation], 1, memory_order_relaxed);
    ob_gc_stats_get(&before);
    collect_now();
    if (ob_gc_pending() && !py_me->block) {      /* in a block they wait until it is over: what they do must not be undone */
        if (!ob_external()) return OB_NULL;
        ob_gc_run_pending();
    }
    if (ob_failed()) return OB_NULL;
    ob_gc_stats_get(&after);
    uint64_t freed = (after.freed_bytes - before.freed_bytes) / 64;
    return tell("stop", generation, freed) ? ob_int_from_u64(freed) : OB_NULL;
}

FN(get_threshold) {
    UNUSED_ALL;
    return ob_tuple_of3(ob_int_from_i64(thresholds[0]), ob_int_from_i64(thresholds[1]), ob_int_from_i64(thresholds[2]));
}
FN(set_threshold) {
    UNUSED_ALL;
    for (unsigned i = 0; i < 3; i++) {
        int64_t x;
        if (ob_is_null(a[i])) continue;
        if (!ob_index_i64(a[i], &x)) return OB_NULL;
        thresholds[i] = x;
    }
    return OB_NONE;
}
FN(get_count) { return UNUSED_ALL, ob_tuple_of3(ob_from_small(0), ob_from_small(0), ob_from_small(0)); }
FN(get_debug) { return UNUSED_ALL, ob_int_from_i64(debug_flags); }
FN(set_debug) {
    int64_t x;
    UNUSED_ALL;
    if (!ob_index_i64(a[0], &x)) return OB_NULL;
    debug_flags = x;
    return OB_NONE;
}

FN(get_stats) {
    ob_gc_stats s;
    UNUSED_ALL;
    ob_gc_stats_get(&s);
    ob_val list = ob_list_new(3);
    if (ob_is_null(list)) return OB_NULL;
    for (unsigned g = 0; g < 3; g++) {
        uint64_t times = g < 2 ? asked_for[g] : s.collections - asked_for[0] - asked_for[1];
        ob_val d = ob_dict_new();
        if (ob_is_null(d) || !ob_dict_set_c(d, "collections", ob_int_from_u64(times)) ||
            !ob_dict_set_c(d, "collected", ob_int_from_u64(g == 2 ? s.freed_bytes / 64 : 0)) || !ob_dict_set_c(d, "uncollectable", ob_from_small(0)) ||
            !ob_list_append(list, d))
            return OB_NULL;
    }
    return list;
}

/* ---- looking at objects ---- */

static bool can_hold(ob_val v) {
    if (!ob_is_ptr(v) || !v.w) return false;
    const ob_type *t = ob_type_of(v);
    return (t->trace || t->trace_body || ob_flags(ob_ptr(v)) & OB_F_HOLDER) && !(t->flags & (OB_TF_STR | OB_TF_BYTES | OB_TF_INT | OB_TF_FLOAT));
}
/* What CPython's collector looks at: instances of classes always, native objects that refer to others. */
FN(is_tracked) {
    UNUSED_ALL;
    if (!ob_is_ptr(a[0])) return OB_FALSE;
    const ob_type *t = ob_type_of(a[0]);
    if (ob_is_type(a[0]) && !(ob_type_ptr(a[0])->flags & OB_TF_HEAP)) return OB_FALSE;
    if (t->flags & OB_TF_HEAP) return OB_TRUE;
    return ob_bool(t != &ob_object_type && t != &ob_bytearray_type && can_hold(a[0]));
}
FN(is_finalized) {
    UNUSED_ALL;
    return ob_bool(ob_is_ptr(a[0]) && (ob_type_of(a[0])->flags & OB_TF_FINAL) && !(ob_flags(ob_ptr(a[0])) & OB_F_FINALIZER));
}

typedef struct gather { ob_tracer t; ob_val *at; size_t n, room; ob_val wanted; bool found; } gather;

static void count_val(ob_tracer *t, ob_val v) {
    gather *g = (gather *)t;
    v = ob__cell_newest(v);
    if (g->at && g->n < g->room) g->at[g->n] = v;
    g->n++;
    if (ob_same(v, g->wanted)) g->found = true;
}
static bool skip_block(ob_tracer *t, const void *b) { return (void)t, (void)b, true; }

static void look_into(gather *g, ob_obj *o) {
    ob_type *t = o->type;
    if (t->trace) t->trace(o, &g->t);
    if (ob_flags(o) & OB_F_MUTABLE && t->trace_body) {
        const void *body = ((tx_handle *)o)->vw == TX_GHOST ? NULL : tx_read_newest((tx_handle *)o);
        if (body) t->trace_body(o, body, &g->t);
    }
    if (ob_flags(o) & OB_F_HOLDER) look_into(g, (ob_obj *)ob_heap_holder(o));
}

/* Items of the plain containers, small numbers among them, which tracing does not show. 1 done, 0 not one of those, -1 failed */
static int items_of(ob_val v, ob_val list) {
    ob_val key, x, items = ob_has_tflag(v, OB_TF_LIST) ? ob_list_as_tuple(v) : v;
    if (ob_is_null(items)) return -1;
    if (ob_has_tflag(items, OB_TF_TUPLE)) {
        for (size_t i = 0; i < ob_tuple_len(items); i++)
            if (!ob_list_append(list, ob_tuple_at(items, i))) return -1;
        return 1;
    }
    if (!ob_is_exact(v, &ob_dict_type)) return 0;
    for (size_t pos = 0; ob_dict_next(v, &pos, &key, &x);)
        if (!ob_list_append(list, key) || !ob_list_append(list, x)) return -1;
    return 1;
}

FN(get_referents) {
    UNUSED_ALL;
    ob_val list = ob_list_new(0);
    for (size_t i = 0; i < n && !ob_is_null(list); i++) {
        int plain = ob_is_ptr(a[i]) ? items_of(a[i], list) : 0;
        if (plain < 0) return OB_NULL;
        if (plain) continue;
        gather g = {.t = {count_val, skip_block}, .wanted = OB_NULL};
        if (!can_hold(a[i])) continue;
        look_into(&g, ob_ptr(a[i]));
        g.room = g.n;
        g.n = 0;
        if (g.room == 0) continue;
        if (!(g.at = ob_block_zalloc(g.room * sizeof(ob_val)))) return OB_NULL;
        look_into(&g, ob_ptr(a[i]));
        for (size_t k = 0; k < g.room; k++)
            if (!ob_is_null(g.at[k]) && !ob_list_append(list, g.at[k])) return OB_NULL;
    }
    return list;
}

/* Objects are counted first and collected into a block afterwards: nothing may be allocated while the world is stopped. */
typedef struct all { ob_val *at; size_t n, room; ob_val wanted; } all;

static void take_object(ob_obj *o, void *arg) {
    all *x = arg;
    if (!can_hold(ob_of(o)) || o->type == &ob_holder_type || o->type == &ob_dict_cell_type) return;
    if (!ob_is_null(x->wanted)) {
        gather g = {.t = {count_val, skip_block}, .wanted = x->wanted};
        look_into(&g, o);
        if (!g.found) return;
    }
    if (x->at && x->n < x->room) x->at[x->n] = ob_of(o);
    x->n++;
}

static ob_val objects(ob_val wanted) {
    all x = {.wanted = wanted};
    ob_heap_each(take_object, &x);
    x.room = x.n + 100;
    x.n = 0;
    if (!(x.at = ob_block_zalloc(x.room * sizeof(ob_val)))) return OB_NULL;
    ob_heap_each(take_object, &x);
    return ob_list_from(x.at, x.n < x.room ? x.n : x.room);
}

FN(get_objects) { return UNUSED_ALL, objects(OB_NULL); }
FN(get_referrers) {
    UNUSED_ALL;
    ob_val list = ob_list_new(0);
    for (size_t i = 0; i < n && !ob_is_null(list); i++) {
        if (!ob_is_ptr(a[i])) continue;
        ob_val found = objects(a[i]);
        if (ob_is_null(found) || !ob_list_extend(list, found)) return OB_NULL;
    }
    return list;
}

/* Nothing moves between generations: how many objects there were when freeze() was called is all that is kept. */
static _Atomic(uint64_t) frozen;
FN(freeze) {
    UNUSED_ALL;
    all x = {.wanted = OB_NULL};
    ob_heap_each(take_object, &x);
    atomic_store_explicit(&frozen, x.n, memory_order_relaxed);
    return OB_NONE;
}
FN(unfreeze) { return UNUSED_ALL, atomic_store_explicit(&frozen, 0, memory_order_relaxed), OB_NONE; }
FN(get_freeze_count) { return UNUSED_ALL, ob_int_from_u64(frozen); }

static bool fill(ob_val m) {
    ob_val garbage = ob_list_new(0);
    callbacks = ob_list_new(0);
    if (ob_is_null(callbacks) || ob_is_null(garbage) || !ob_gc_add_static(&callbacks)) return false;
    return ob_module_add(m, "callbacks", callbacks) && ob_module_add(m, "garbage", garbage) && ob_module_add_int(m, "DEBUG_STATS", 1) &&
           ob_module_add_int(m, "DEBUG_COLLECTABLE", 2) && ob_module_add_int(m, "DEBUG_UNCOLLECTABLE", 4) &&
           ob_module_add_int(m, "DEBUG_SAVEALL", 32) && ob_module_add_int(m, "DEBUG_LEAK", 38);
}

static const ob_def defs[] = {
    {"collect", collect, "generation=2", "Run a full collection.", 0},
    {"disable", disable, "", "Disable automatic collections.", 0},
    {"enable", enable, "", "Enable automatic collections.", 0},
    {"freeze", freeze, "", "Note how many objects there are: they do not move between generations.", 0},
    {"get_count", get_count, "", "Return zeros: there are no generations.", 0},
    {"get_debug", get_debug, "", "Return the debugging flags.", 0},
    {"get_freeze_count", get_freeze_count, "", "Return how many objects there were at freeze().", 0},
    {"get_objects", get_objects, "generation=None", "Return a list of the objects that can hold references.", 0},
    {"get_referents", get_referents, NULL, "Return a list of what the arguments directly refer to.", 0},
    {"get_referrers", get_referrers, NULL, "Return a list of the objects that directly refer to any of the arguments.", 0},
    {"get_stats", get_stats, "", "Return a list of dictionaries with statistics.", 0},
    {"get_threshold", get_threshold, "", "Return the thresholds.", 0},
    {"is_finalized", is_finalized, "obj, /", "Has the object's __del__ run?", 0},
    {"is_tracked", is_tracked, "obj, /", "Can the object hold references?", 0},
    {"isenabled", isenabled, "", "Are automatic collections enabled?", 0},
    {"set_debug", set_debug, "flags, /", "Set the debugging flags.", 0},
    {"set_threshold", set_threshold, "threshold0, threshold1=None, threshold2=None, /", "Keep the thresholds for get_threshold().", 0},
    {"unfreeze", unfreeze, "", "Forget what freeze() noted.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
const ob_module_def py_mod_gc = {"gc", "Control of the collector.", defs, fill};
