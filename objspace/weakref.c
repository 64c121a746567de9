/* weakref.c: weak references and proxies, and the table that leads from a referent to them.
 *
 * The table is a hash of chains through the references themselves, by the referent's address; it keeps nothing alive.
 * Locks: `lock` (rank TABLE) around the chains; the collector has the world stopped and takes none: nobody stops while holding it.
 * W1  A reference is in the chain of its target's bucket exactly while target is not 0.
 * W2  `target` goes from an address to 0 once, in a collection that found the referent dead (ob__weakref_clear_dead). */
#include "objspace/weakref.h"
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/heap_cells.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

typedef struct weak {
    ob_obj o;
    _Atomic(uint64_t) target;    /* the referent's word; 0: dead.  relaxed: changes only while the world is stopped */
    ob_val callback;             /* constant; OB_NULL: none */
    _Atomic(uint64_t) hash;      /* of the referent, once asked for; -1, which is no hash: not yet */
    struct weak *next;           /* in its bucket; not traced */
} weak;

static base_lock lock = BASE_LOCK_INIT(TABLE, "weak references");
static weak **buckets;
static size_t bucket_count, weak_count;      /* bucket_count: a power of two */

static inline weak *weak_of(ob_val v) { return (weak *)ob_ptr(v); }
static inline ob_val target_of(const weak *w) { return (ob_val){atomic_load_explicit(&w->target, memory_order_relaxed)}; }
static inline weak **bucket_of(uint64_t word) {
    return &buckets[base_hash_pointer((void *)(uintptr_t)word) >> 32 & (bucket_count - 1)];
}

/* ---- the table ---- */

static bool grow(void) {
    size_t had = bucket_count, n = had ? had * 2 : 64;
    weak **old = buckets, **made = base_mem_zeroed(n * sizeof *made);
    if (made == NULL) return had != 0;       /* long chains are slow, but right */
    buckets = made;
    bucket_count = n;
    for (size_t i = 0; i < had; i++)
        for (weak *w = old[i], *next; w; w = next) {
            weak **b = bucket_of(w->target);
            next = w->next;
            w->next = *b;
            *b = w;
        }
    base_mem_free(old);
    return true;
}

/* The plain reference of this type that can be shared, or NULL. */
static weak *find_shared(ob_val target, const ob_type *type) {
    if (bucket_count == 0) return NULL;
    for (weak *w = *bucket_of(target.w); w; w = w->next)
        if (w->target == target.w && w->o.type == type && ob_is_null(w->callback)) return w;
    return NULL;
}

/* Enters w, or returns a shared one that appeared meanwhile. NULL: out of memory. */
static weak *enter(weak *w, ob_val target, bool share) {
    base_lock_take(&lock);
    weak *found = share ? find_shared(target, w->o.type) : NULL;
    if (found == NULL && (weak_count < bucket_count || grow())) {
        weak **b = bucket_of(target.w);
        w->target = target.w;
        w->next = *b;
        *b = found = w;
        weak_count++;
    }
    base_lock_drop(&lock);
    return found;
}

void ob__weakref_clear_dead(void) {
    for (size_t i = 0; i < bucket_count; i++)
        for (weak **link = &buckets[i], *w; (w = *link) != NULL;) {
            if (ob__marked((void *)(uintptr_t)w->target)) {
                link = &w->next;
                continue;
            }
            w->target = 0;
            *link = w->next;
            weak_count--;
            if (ob__marked(w) && !ob_is_null(w->callback) && !ob__pending_push(w->callback, ob_of(w))) continue;   /* no memory: not called */
        }
}

void ob__weakref_forget_dead(void) {
    for (size_t i = 0; i < bucket_count; i++)
        for (weak **link = &buckets[i], *w; (w = *link) != NULL;) {
            if (ob__marked(w)) {
                link = &w->next;
                continue;
            }
            *link = w->next;
            weak_count--;
        }
}

/* ---- making and asking ---- */

static ob_val make(ob_type *type, ob_val target, ob_val callback) {
    if (!ob_type_of(target)->has_weakref) return ob_raise(&ob_exc_TypeError, "cannot create weak reference to '%T' object", target);
    if (ob_is_null(callback) || ob_is_none(callback)) callback = OB_NULL;
    bool share = ob_is_null(callback) && !(type->flags & OB_TF_HEAP);
    if (share) {
        base_lock_take(&lock);
        weak *found = find_shared(target, type);
        base_lock_drop(&lock);
        if (found) return ob_of(found);
    }
    weak *w = ob_alloc(type, sizeof *w);
    if (w == NULL) return OB_NULL;
    w->callback = callback;
    w->hash = UINT64_MAX;
    weak *entered = enter(w, target, share);
    if (entered == NULL) return ob_raise_memory();
    ob_flag_set(ob_ptr(target), OB_F_WEAKREFS);
    return ob_of(entered);
}

ob_val ob_weakref_new(ob_val target, ob_val callback) { return make(&ob_weakref_type, target, callback); }
ob_val ob_proxy_new(ob_val target, ob_val callback) {
    return make(ob_is_callable(target) ? &ob_callable_proxy_type : &ob_proxy_type, target, callback);
}
ob_val ob_weakref_get(ob_val ref) { return target_of(weak_of(ref)); }

size_t ob_weakref_count(ob_val target) {
    size_t n = 0;
    if (!ob_is_ptr(target) || !(ob_flags(ob_ptr(target)) & OB_F_WEAKREFS)) return 0;
    base_lock_take(&lock);
    for (weak *w = *bucket_of(target.w); w; w = w->next) n += w->target == target.w;
    base_lock_drop(&lock);
    return n;
}

/* The plain reference comes first, then the plain proxy, then the others, the newest first. */
static unsigned rank(const weak *w) {
    if (!ob_is_null(w->callback) || ob_type_ptr(ob_of(w->o.type))->flags & OB_TF_HEAP) return 2;
    return w->o.type == &ob_weakref_type ? 0 : 1;
}

ob_val ob_weakref_list(ob_val target) {
    size_t n = ob_weakref_count(target), k = 0;
    ob_val *found = n ? ob_block_zalloc(n * sizeof *found) : NULL;
    if (n && found == NULL) return OB_NULL;
    base_lock_take(&lock);
    for (unsigned r = 0; n && r < 3; r++)
        for (weak *w = *bucket_of(target.w); w && k < n; w = w->next)
            if (w->target == target.w && rank(w) == r) found[k++] = ob_of(w);
    base_lock_drop(&lock);
    return ob_list_from(found, k);
}

static void weak_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((weak *)o)->callback); }

/* ---- weakref.ref ---- */

static ob_val ref_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)kw;
    if (n < 1) return ob_raise(&ob_exc_TypeError, "__new__ expected at least 1 argument, got 0");
    if (n > 2) return ob_raise(&ob_exc_TypeError, "__new__ expected at most 2 arguments, got %zu", n);
    return make(type, a[0], n > 1 ? a[1] : OB_NULL);
}

static bool ref_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)a;
    if (!ob_is_null(kw) && ob_tuple_len(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "ref() takes no keyword arguments"));
    if (n < 1) return ob_fail(ob_raise(&ob_exc_TypeError, "__init__ expected at least 1 argument, got 0"));
    if (n > 2) return ob_fail(ob_raise(&ob_exc_TypeError, "__init__ expected at most 2 arguments, got %zu", n));
    return true;
}

static ob_val ref_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a;
    if (!ob_is_null(kw) && ob_tuple_len(kw)) return ob_raise(&ob_exc_TypeError, "weakref() takes no keyword arguments");
    if (n) return ob_raise(&ob_exc_TypeError, "weakref expected 0 arguments, got %zu", n);
    ob_val t = ob_weakref_get(self);
    return ob_is_null(t) ? OB_NONE : t;
}

static bool ref_hash(ob_val self, uint64_t *out) {
    weak *w = weak_of(self);
    uint64_t had = atomic_load_explicit(&w->hash, memory_order_relaxed);
    if (had == UINT64_MAX) {
        ob_val t = target_of(w);
        if (ob_is_null(t)) return ob_fail(ob_raise(&ob_exc_TypeError, "weak object has gone away"));
        if (!ob_hash(t, &had)) return false;
        atomic_store_explicit(&w->hash, had, memory_order_relaxed);
    }
    *out = had;
    return true;
}

static ob_val ref_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if ((op != OB_EQ && op != OB_NE) || !ob_is_a(a, &ob_weakref_type) || !ob_is_a(b, &ob_weakref_type)) return OB_NOT_IMPLEMENTED;
    ob_val x = ob_weakref_get(a), y = ob_weakref_get(b);
    if (ob_is_null(x) || ob_is_null(y)) return ob_bool(ob_same(a, b) == (op == OB_EQ));
    return ob_compare(op, x, y);
}

static ob_val ref_repr(ob_val self) {
    ob_val t = ob_weakref_get(self);
    if (ob_is_null(t)) return ob_str_format_c("<weakref at %p; dead>", (void *)ob_ptr(self));
    ob_val name = ob_getattr_opt(t, OB_NAME(name));
    if (ob_is_null(name) && ob_failed()) return OB_NULL;
    const char *type = ob_type_of(t)->name;
    if (ob_is_null(name) || !ob_has_tflag(name, OB_TF_STR))
        return ob_str_format_c("<weakref at %p; to '%s' at %p>", (void *)ob_ptr(self), type, (void *)ob_ptr(t));
    return ob_str_format_c("<weakref at %p; to '%s' at %p (%S)>", (void *)ob_ptr(self), type, (void *)ob_ptr(t), name);
}

static ob_val ref_callback(ob_val self) {
    weak *w = weak_of(self);
    return w->target == 0 || ob_is_null(w->callback) ? OB_NONE : w->callback;
}

ob_type ob_weakref_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "weakref.ReferenceType", .size = sizeof(weak), .flags = OB_TF_BASE, .trace = weak_trace,
    .slots = {.repr = ref_repr, .hash = ref_hash, .cmp = ref_cmp, .call = ref_call, .make = ref_make, .init = ref_init},
    .methods = (const ob_def[]){{"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS}, {0}},
    .getsets = (const ob_getset[]){{"__callback__", ref_callback, NULL, NULL}, {0}},
};

/* ---- proxies: every operation goes to the referent ---- */

static inline bool is_proxy(ob_val v) {
    const ob_type *t = ob_type_of(v);
    return t == &ob_proxy_type || t == &ob_callable_proxy_type;
}

/* Replaces a proxy by its referent. false: ReferenceError. */
static bool unwrap(ob_val *v) {
    if (!is_proxy(*v)) return true;
    *v = ob_weakref_get(*v);
    return !ob_is_null(*v) || ob_fail(ob_raise(&ob_exc_ReferenceError, "weakly-referenced object no longer exists"));
}

static ob_val proxy_repr(ob_val self) {
    ob_val t = ob_weakref_get(self);
    if (ob_is_null(t)) t = OB_NONE;
    return ob_str_format_c("<weakproxy at %p to %s at %p>", (void *)ob_ptr(self), ob_type_of(t)->name, (void *)ob_ptr(t));
}
static ob_val proxy_str(ob_val v) { return unwrap(&v) ? ob_str(v) : OB_NULL; }
static ob_val proxy_cmp(ob_val a, ob_val b, ob_cmp_op op) { return unwrap(&a) && unwrap(&b) ? ob_compare(op, a, b) : OB_NULL; }
static int proxy_truth(ob_val v) { return unwrap(&v) ? ob_truth(v) : -1; }
static ssize_t proxy_len(ob_val v) { return unwrap(&v) ? ob_len(v) : -1; }
static ob_val proxy_getitem(ob_val v, ob_val k) { return unwrap(&v) ? ob_getitem(v, k) : OB_NULL; }
static bool proxy_setitem(ob_val v, ob_val k, ob_val x) { return unwrap(&v) && (ob_is_null(x) ? ob_delitem(v, k) : ob_setitem(v, k, x)); }
static int proxy_contains(ob_val v, ob_val x) { return unwrap(&v) ? ob_contains(v, x) : -1; }
static ob_val proxy_iter(ob_val v) { return unwrap(&v) ? ob_iter(v) : OB_NULL; }
static ob_val proxy_getattr(ob_val v, ob_val name) { return unwrap(&v) ? ob_getattr(v, name) : OB_NULL; }
static bool proxy_setattr(ob_val v, ob_val name, ob_val x) { return unwrap(&v) && ob_setattr(v, name, x); }
static ob_val proxy_call(ob_val v, const ob_val *a, size_t n, ob_val kw) { return unwrap(&v) ? ob_call_kw(v, a, n, kw) : OB_NULL; }
static ob_val proxy_next(ob_val v) {
    if (!unwrap(&v)) return OB_NULL;
    if (!ob_type_of(v)->slots.next) return ob_raise(&ob_exc_TypeError, "Weakref proxy referenced a non-iterator '%.200T' object", v);
    return ob_next(v);
}

#define UN(name, dunder) static ob_val proxy_##dunder(ob_val v) { return unwrap(&v) ? ob_unary(OB_UN_##name, v) : OB_NULL; }
OB_UNARY_OPS(UN)
#undef UN
#define BIN(name, dunder, symbol)                                                                                                      \
    static ob_val proxy_##dunder(ob_val a, ob_val b) { return unwrap(&a) && unwrap(&b) ? ob_binary(OB_BIN_##name, a, b) : OB_NULL; }   \
    static ob_val proxy_i##dunder(ob_val a, ob_val b) { return unwrap(&a) && unwrap(&b) ? ob_inplace(OB_BIN_##name, a, b) : OB_NULL; }
OB_BINARY_OPS(BIN)
#undef BIN
static ob_val proxy_pow3(ob_val a, ob_val b, ob_val m) { return unwrap(&a) && unwrap(&b) && unwrap(&m) ? ob_pow(a, b, m) : OB_NULL; }

static ob_val proxy_bytes(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return unwrap(&self) ? ob_call_method(self, OB_NAME(bytes), NULL, 0) : OB_NULL;
}
static ob_val proxy_reversed(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return unwrap(&self) ? ob_call_method(self, OB_NAME(reversed), NULL, 0) : OB_NULL;
}
static const ob_def proxy_methods[] = {{"__bytes__", proxy_bytes, "", NULL, 0}, {"__reversed__", proxy_reversed, "", NULL, 0}, {0}};

#define UN(name, dunder) [OB_UN_##name] = proxy_##dunder,
#define BIN(name, dunder, symbol) [OB_BIN_##name] = proxy_##dunder,
#define INP(name, dunder, symbol) [OB_BIN_##name] = proxy_i##dunder,
#define PROXY_SLOTS                                                                                                                    \
    .repr = proxy_repr, .str = proxy_str, .hash = ob_hash_unhashable, .cmp = proxy_cmp, .truth = proxy_truth, .len = proxy_len,        \
    .getitem = proxy_getitem, .setitem = proxy_setitem, .contains = proxy_contains, .iter = proxy_iter, .next = proxy_next,            \
    .getattr = proxy_getattr, .setattr = proxy_setattr, .unary = {OB_UNARY_OPS(UN)}, .binary = {OB_BINARY_OPS(BIN)}, .inplace = {OB_BINARY_OPS(INP)}, .pow3 = proxy_pow3

ob_type ob_proxy_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "weakref.ProxyType", .size = sizeof(weak), .flags = OB_TF_NO_MAKE, .trace = weak_trace, .methods = proxy_methods,
    .slots = {PROXY_SLOTS},
};
ob_type ob_callable_proxy_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "weakref.CallableProxyType", .size = sizeof(weak), .flags = OB_TF_NO_MAKE, .trace = weak_trace, .methods = proxy_methods,
    .slots = {PROXY_SLOTS, .call = proxy_call},
};
