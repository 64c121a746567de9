/* _functools_cache.c: the wrapper that functools.lru_cache puts round a function.
 * Locks: none. The cache is a dict in order of use, versioned like any other; two transactions that add different keys both commit.
 * The counters of hits and misses are an object of their own whose concurrent additions merge, so that they cost nobody a retry. */
#include "interp/mod/_functools_int.h"
#include "objspace/contain.h"
#include "objspace/dict_table.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/tuple.h"

/* ---- counters ---- */

typedef struct tally_body { uint64_t hits, misses; } tally_body;
static bool tally_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h, (void)dirty;
    tally_body *m = mine;
    const tally_body *b = base, *t = theirs;
    m->hits += t->hits - b->hits;
    m->misses += t->misses - b->misses;
    return true;
}
static bool tally_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    return (void)h, (void)mask, memcmp(a, b, sizeof(tally_body)) == 0;
}
static OB_KIND(tally_kind, .same = tally_same, .merge = tally_merge);
static ob_type tally_type = {OB_TYPE_HEAD(&ob_type_type, &tally_kind), .name = "functools._tally", .base = &ob_object_type,
                             .flags = OB_TF_NO_MAKE | OB_TF_LEAF, .size = sizeof(tally_body)};

static bool count(ob_val tally, bool hit) {
    tally_body *t = ob_write_mask(tally, TX_ALL);            /* no read: what others count is added */
    if (!t) return false;
    if (hit) t->hits++;
    else t->misses++;
    return true;
}

/* ---- the wrapper: constant but for what it points to ---- */

typedef struct wrapper { ob_obj o; ob_val fn, cache /* dict */, tally, info_type; int64_t maxsize /* -1: no limit */; bool typed; } wrapper;
static ob_type wrapper_type;
static ob_val kw_mark;                       /* stands between positional and keyword arguments in a key */

static wrapper *ptr(ob_val v) { return (wrapper *)ob_ptr(v); }
static void wrapper_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((wrapper *)o)->fn, 4); }

OB_FN(wrapper_bound) {
    int64_t maxsize = -1;
    if (!ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "the first argument must be callable");
    if (!ob_is_none(a[1])) {
        if (!ob_has_index(a[1])) return ob_raise(&ob_exc_TypeError, "maxsize should be integer or None");
        if (!ob_index_i64(a[1], &maxsize)) return OB_NULL;
        if (maxsize < 0) maxsize = 0;
    }
    int typed = ob_truth(a[2]);
    ob_val cache = typed < 0 ? OB_NULL : ob_dict_new(), tally = ob_is_null(cache) ? cache : ob_of(ob_alloc_mut(&tally_type, sizeof(tally_body)));
    wrapper *w = ob_is_null(tally) ? NULL : ob_alloc(ob_type_ptr(self), sizeof *w);
    if (!w) return OB_NULL;
    w->fn = a[0], w->cache = cache, w->tally = tally, w->info_type = a[3];
    w->maxsize = maxsize;
    w->typed = typed;
    return ob_of(w);
}
static ob_val wrapper_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"_lru_cache_wrapper", wrapper_bound, "user_function, maxsize, typed, cache_info_type", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}

/* The cache key of a call: the one argument itself if it is an int or str, else a tuple of all that matters. */
static ob_val key_of(const wrapper *w, const ob_val *a, size_t n, ob_val kw) {
    size_t k = ob_kw_count(kw), total = n + (k ? 1 + 2 * k : 0) + (w->typed ? n + k : 0), j = 0;
    if (!k && !w->typed && n == 1 && (ob_is_small(a[0]) || ob_is_exact_str(a[0]))) return a[0];
    ob_val key = ob_tuple_alloc(total);
    if (ob_is_null(key) || !total) return key;
    ob_val *items = ob_tuple_ptr(key)->items;
    for (size_t i = 0; i < n; i++) items[j++] = a[i];
    if (k) items[j++] = kw_mark;
    for (size_t i = 0; i < k; i++) items[j++] = ob_tuple_at(kw, i), items[j++] = a[n + i];
    if (w->typed)
        for (size_t i = 0; i < n + k; i++) items[j++] = ob_type_val(ob_type_of(a[i]));
    return key;
}

/* Room for one more: the entry used longest ago goes. */
static bool evict(const wrapper *w) {
    while (ob_dict_len(w->cache) >= (size_t)w->maxsize)
        if (!ob__dict_remove_at(w->cache, ob__dict_peek(w->cache, TX_ALL)->first)) return false;
    return true;
}

static ob_val wrapper_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    const wrapper *w = ptr(self);
    if (w->maxsize == 0) return count(w->tally, false) ? ob_call_kw(w->fn, a, n, kw) : OB_NULL;
    ob_val key = key_of(w, a, n, kw);
    uint64_t hash;
    if (ob_is_null(key) || !ob_key_hash(key, &hash)) return OB_NULL;
    ssize_t at = ob__dict_find(w->cache, key, hash);
    if (at == OB__FAILED) return OB_NULL;
    if (at >= 0) {
        ob_val v = ob_dict_value_at(ob__dict_peek(w->cache, 0), (size_t)at);
        if (!count(w->tally, true) || (w->maxsize > 0 && !ob__dict_move(w->cache, (size_t)at, true))) return OB_NULL;
        return v;
    }
    if (!count(w->tally, false)) return OB_NULL;
    ob_val v = ob_call_kw(w->fn, a, n, kw);
    if (ob_is_null(v)) return v;
    if (w->maxsize > 0) {
        at = ob__dict_find(w->cache, key, hash);             /* the call may have put it there */
        if (at == OB__FAILED) return OB_NULL;
        if (at >= 0) return v;
        if (!evict(w)) return OB_NULL;
    }
    return ob_dict_set_hash(w->cache, key, hash, v) ? v : OB_NULL;
}

static ob_val wrapper_get(ob_val self, ob_val obj, ob_val type) {
    (void)type;
    return ob_is_null(obj) || ob_is_none(obj) ? self : ob_method_new(self, obj);
}

OB_FN(cache_info) {
    const wrapper *w = ptr(self);
    tally_body t = *(const tally_body *)ob_read(w->tally);
    ob_val v[4] = {ob_int_from_u64(t.hits), ob_int_from_u64(t.misses), w->maxsize < 0 ? OB_NONE : ob_int_from_i64(w->maxsize),
                   ob_int_from_i64((int64_t)ob_dict_len(w->cache))};
    return ob_call(w->info_type, v, 4);
}
OB_FN(cache_clear) {
    const wrapper *w = ptr(self);
    ob_dict_clear(w->cache);
    tally_body *t = ob_failed() ? NULL : ob_write(w->tally);
    if (!t) return OB_NULL;
    *t = (tally_body){0, 0};
    return OB_NONE;
}
OB_FN(wrapper_reduce) { return ob_getattr(self, OB_NAME(qualname)); }
OB_FN(wrapper_copy) { return self; }
static ob_val wrapper_attrs(ob_val self) { return ob_attr_dict(self); }

static const ob_def wrapper_methods[] = {
    {"cache_info", cache_info, "", "Report cache statistics", 0},
    {"cache_clear", cache_clear, "", "Clear the cache and cache statistics", 0},
    {"__reduce__", wrapper_reduce, "", NULL, 0},
    {"__copy__", wrapper_copy, "", NULL, 0},
    {"__deepcopy__", wrapper_copy, "memo, /", NULL, 0},
    {0},
};
static const ob_getset wrapper_getsets[] = {{"__dict__", wrapper_attrs, ob_attr_dict_set, NULL}, {0}};
static ob_type wrapper_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "functools._lru_cache_wrapper", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_HOLDER,
    .size = sizeof(wrapper), .has_dict = true, .has_weakref = true, .trace = wrapper_trace,
    .slots = {.call = wrapper_call, .get = wrapper_get, .make = wrapper_make}, .methods = wrapper_methods, .getsets = wrapper_getsets,
    .doc = "Create a cached callable that wraps another function.\n\nuser_function:      the function being cached\n\n"
           "maxsize:  0         for no caching\n          None      for unlimited cache size\n          n         for a bounded cache\n\n"
           "typed:    False     cache f(3) and f(3.0) as identical calls\n          True      cache f(3) and f(3.0) as distinct calls\n\n"
           "cache_info_type:    namedtuple class with the fields:\n                        hits misses currsize maxsize\n"};

bool py__functools_cache_fill(ob_val m) {
    ob_tuple_obj *mark = ob_alloc(&ob_object_type, sizeof(ob_obj));
    if (!mark) return false;
    kw_mark = ob_of(mark);
    return ob_gc_add_static(&kw_mark) && ob_type_ready(&tally_type) && ob_module_add_type(m, &wrapper_type);
}
