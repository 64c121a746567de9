/* tuple.c: tuples: immutable arrays of values, in one cell.
 * Locks: none; immutable after creation, the hash is cached by an idempotent relaxed store. */
#include "objspace/tuple.h"
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"

static _Alignas(16) ob_tuple_obj empty_tuple = {.o = {.type = &ob_tuple_type, .flags = OB_F_STATIC | TX_F_PUBLISHED}};
ob_val ob_empty_tuple = {(uint64_t)(uintptr_t)&empty_tuple};

/* ---- making ---- */

static ob_val alloc_of(ob_type *t, size_t n) {
    if (n > SIZE_MAX / 16 - sizeof(ob_tuple_obj)) return ob_raise_memory();
    ob_tuple_obj *o = ob_alloc(t, sizeof *o + n * sizeof(ob_val));
    if (!o) return OB_NULL;
    o->n = n;
    return ob_of(o);
}

ob_val ob_tuple_alloc(size_t n) { return n ? alloc_of(&ob_tuple_type, n) : ob_empty_tuple; }

ob_val ob_tuple_from(const ob_val *items, size_t n) {
    ob_val t = ob_tuple_alloc(n);
    if (!ob_is_null(t) && n) memcpy(ob_tuple_ptr(t)->items, items, n * sizeof *items);
    return t;
}

ob_val ob_tuple_of1(ob_val a) { return ob_tuple_from(&a, 1); }
ob_val ob_tuple_of2(ob_val a, ob_val b) { return ob_tuple_from((ob_val[]){a, b}, 2); }
ob_val ob_tuple_of3(ob_val a, ob_val b, ob_val c) { return ob_tuple_from((ob_val[]){a, b, c}, 3); }

ob_val ob_tuple_of_iterable(ob_val it) {
    if (ob_is_exact(it, &ob_tuple_type)) return it;
    if (ob_is_exact(it, &ob_list_type)) return ob_list_as_tuple(it);
    ob_val l = ob_list_of_iterable(it);
    return ob_is_null(l) ? OB_NULL : ob_list_as_tuple(l);
}

ob_val ob_tuple_slice(ob_val t, size_t start, size_t end) {
    if (start == 0 && end == ob_tuple_len(t) && ob_is_exact(t, &ob_tuple_type)) return t;
    return start < end ? ob_tuple_from(ob_tuple_ptr(t)->items + start, end - start) : ob_empty_tuple;
}

static ob_val tuple_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("tuple", n, ob_kw_of_make(type, &ob_tuple_type, kw), 0, 1)) return OB_NULL;
    ob_val t = n ? ob_tuple_of_iterable(a[0]) : ob_empty_tuple;
    if (ob_is_null(t) || type == &ob_tuple_type) return t;
    ob_val r = alloc_of(type, ob_tuple_len(t));
    if (!ob_is_null(r)) memcpy(ob_tuple_ptr(r)->items, ob_tuple_ptr(t)->items, ob_tuple_len(t) * sizeof(ob_val));
    return r;
}

/* ---- looking ---- */

static void tuple_trace(ob_obj *o, ob_tracer *t) {
    ob_tuple_obj *u = (ob_tuple_obj *)o;
    ob_trace_vals(t, u->items, u->n);
}

static bool item_at(ob_val self, size_t i, ob_val *out) {
    if (i >= ob_tuple_len(self)) return false;
    *out = ob_tuple_at(self, i);
    return true;
}

static ob_val tuple_repr(ob_val self) {
    if (!ob_tuple_len(self)) return ob_str_from_c("()");
    return ob_repr_items(self, "(", ")", "(...)", item_at, true);
}

/* xxHash64's rounds (Y. Collet), one lane an item; the constants and the end as CPython documents by its tests. */
static bool tuple_hash(ob_val self, uint64_t *out) {
    ob_tuple_obj *t = ob_tuple_ptr(self);
    uint64_t h = atomic_load_explicit(&t->hash, memory_order_relaxed);
    if (h) return *out = h, true;
    uint64_t acc = UINT64_C(2870177450012600261);
    for (size_t i = 0; i < t->n; i++) {
        uint64_t x;
        if (!ob_key_hash(t->items[i], &x)) return false;
        acc += x * UINT64_C(14029467366897019727);
        acc = (acc << 31 | acc >> 33) * UINT64_C(11400714785074694791);
    }
    acc += t->n ^ (UINT64_C(2870177450012600261) ^ UINT64_C(3527539));
    if (acc == UINT64_MAX) acc = 1546275796;
    atomic_store_explicit(&t->hash, acc, memory_order_relaxed);
    *out = acc;
    return true;
}

static ob_val order_of(size_t n, size_t m, ob_cmp_op op) {
    switch (op) {
    case OB_LT: return ob_bool(n < m);
    case OB_LE: return ob_bool(n <= m);
    case OB_EQ: return ob_bool(n == m);
    case OB_NE: return ob_bool(n != m);
    case OB_GT: return ob_bool(n > m);
    default: return ob_bool(n >= m);
    }
}

static ob_val tuple_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_tuple(a) || !ob_is_tuple(b)) return OB_NOT_IMPLEMENTED;
    const ob_tuple_obj *x = ob_tuple_ptr(a), *y = ob_tuple_ptr(b);
    size_t n = x->n < y->n ? x->n : y->n, i = 0;
    if (!ob_c_enter()) return OB_NULL;
    int e = 1;
    for (; i < n && (e = ob_eq_quick(x->items[i], y->items[i])) == 1; i++) {}
    ob_val r;
    if (e < 0) r = OB_NULL;
    else if (i == n) r = order_of(x->n, y->n, op);
    else if (op == OB_EQ) r = OB_FALSE;
    else if (op == OB_NE) r = OB_TRUE;
    else r = ob_compare(op, x->items[i], y->items[i]);
    ob_c_leave();
    return r;
}

static ssize_t tuple_len(ob_val self) { return (ssize_t)ob_tuple_len(self); }

static ob_val tuple_getslice(ob_val self, ob_val key) {
    int64_t start, stop, step;
    size_t count;
    if (!ob_slice_indices(key, ob_tuple_len(self), &start, &stop, &step, &count)) return OB_NULL;
    if (step == 1) return ob_tuple_slice(self, (size_t)start, (size_t)start + count);
    ob_val r = ob_tuple_alloc(count);
    if (!ob_is_null(r))
        for (size_t i = 0; i < count; i++, start += step) ob_tuple_ptr(r)->items[i] = ob_tuple_at(self, (size_t)start);
    return r;
}

static ob_val tuple_getitem(ob_val self, ob_val key) {
    int64_t i;
    if (LIKELY(ob_is_small(key))) i = ob_to_small(key);
    else if (ob_is_exact(key, &ob_slice_type)) return tuple_getslice(self, key);
    else if (!ob_has_index(key)) return ob_raise(&ob_exc_TypeError, "tuple indices must be integers or slices, not %.200T", key);
    else if (!ob_index_i64(key, &i)) return OB_NULL;
    if (i < 0) i += (int64_t)ob_tuple_len(self);
    if (i < 0 || (uint64_t)i >= ob_tuple_len(self)) return ob_raise(&ob_exc_IndexError, "tuple index out of range");
    return ob_tuple_at(self, (size_t)i);
}

static int tuple_contains(ob_val self, ob_val x) {
    for (size_t i = 0; i < ob_tuple_len(self); i++) {
        int e = ob_eq_quick(ob_tuple_at(self, i), x);
        if (e) return e;
    }
    return 0;
}

static ob_val tuple_iter(ob_val self) {
    tx_handle *h = ob_alloc_mut(&ob_tuple_iter_type, sizeof(ob_seq_iter_body));
    if (!h) return OB_NULL;
    *(ob_seq_iter_body *)tx_inline_body(h) = (ob_seq_iter_body){self, 0};
    return ob_of(h);
}

/* ---- operators ---- */

static ob_val tuple_add(ob_val a, ob_val b) {
    if (!ob_is_tuple(a)) return OB_NOT_IMPLEMENTED;
    if (!ob_is_tuple(b)) {
        if (ob_defers_binary(b, OB_BIN_ADD)) return OB_NOT_IMPLEMENTED;
        return ob_raise(&ob_exc_TypeError, "can only concatenate tuple (not \"%.200T\") to tuple", b);
    }
    size_t n = ob_tuple_len(a), m = ob_tuple_len(b);
    if (!n && ob_is_exact(b, &ob_tuple_type)) return b;
    if (!m && ob_is_exact(a, &ob_tuple_type)) return a;
    ob_val r = ob_tuple_alloc(n + m);
    if (ob_is_null(r)) return r;
    ob_obj *made = ob_ptr(r);
    if (ob_ptr(a)->type == &ob_tuple_type && !(ob_flags(made) & OB_F_STATIC))
        made->aux = ob_flags(ob_ptr(a)) & TX_F_PUBLISHED && n <= UINT32_MAX ? (uint32_t)n : ob_ptr(a)->aux;
    memcpy(ob_tuple_ptr(r)->items, ob_tuple_ptr(a)->items, n * sizeof(ob_val));
    memcpy(ob_tuple_ptr(r)->items + n, ob_tuple_ptr(b)->items, m * sizeof(ob_val));
    return r;
}

static ob_val tuple_mul(ob_val a, ob_val b) {
    ob_val t = ob_is_tuple(a) ? a : b, count = ob_is_tuple(a) ? b : a, r = OB_NULL;
    size_t k;
    if (ob_repeat_count(t, count, &k, &r) != 1) return r;
    size_t n = ob_tuple_len(t), total;
    if (!n || !k) return ob_empty_tuple;
    if (k == 1 && ob_is_exact(t, &ob_tuple_type)) return t;
    if (__builtin_mul_overflow(n, k, &total)) return ob_raise_memory();
    r = ob_tuple_alloc(total);
    if (ob_is_null(r)) return r;
    for (size_t i = 0; i < total; i++) ob_tuple_ptr(r)->items[i] = ob_tuple_at(t, i % n);
    return r;
}

/* ---- methods ---- */

/* Clips an optional start/stop argument of index(). */
static bool bound_arg(ob_val v, size_t len, size_t missing, size_t *out) {
    if (ob_is_null(v)) return *out = missing, true;
    int64_t i;
    if (!ob_has_index(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "slice indices must be integers or have an __index__ method"));
    if (!ob_index_clamp(v, &i)) return false;
    if (i < 0) i = i + (int64_t)len < 0 ? 0 : i + (int64_t)len;
    *out = (size_t)i;
    return true;
}

static ob_val tuple_index(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    size_t i, end, len = ob_tuple_len(self);
    if (!bound_arg(a[1], len, 0, &i) || !bound_arg(a[2], len, len, &end)) return OB_NULL;
    for (; i < end && i < len; i++) {
        int e = ob_eq_quick(ob_tuple_at(self, i), a[0]);
        if (e < 0) return OB_NULL;
        if (e) return ob_from_small((int64_t)i);
    }
    return ob_raise(&ob_exc_ValueError, "tuple.index(x): x not in tuple");
}

static ob_val tuple_count(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    int64_t count = 0;
    for (size_t i = 0; i < ob_tuple_len(self); i++) {
        int e = ob_eq_quick(ob_tuple_at(self, i), a[0]);
        if (e < 0) return OB_NULL;
        count += e;
    }
    return ob_from_small(count);
}

static ob_val tuple_getnewargs(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val t = ob_tuple_from(ob_tuple_ptr(self)->items, ob_tuple_len(self));
    return ob_is_null(t) ? t : ob_tuple_of1(t);
}

static const ob_def tuple_methods[] = {
    {"index", tuple_index, "value, start=0, stop=sys.maxsize, /", "Return first index of value.\n\nRaises ValueError if the value is not present.", 0},
    {"count", tuple_count, "value, /", "Return number of occurrences of value.", 0},
    {"__getnewargs__", tuple_getnewargs, "", NULL, 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};

ob_type ob_tuple_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "tuple",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_TUPLE | OB_TF_SEQUENCE,
    .size = sizeof(ob_tuple_obj),
    .trace = tuple_trace,
    .slots = {.repr = tuple_repr, .hash = tuple_hash, .cmp = tuple_cmp, .len = tuple_len, .getitem = tuple_getitem, .contains = tuple_contains,
              .iter = tuple_iter, .make = tuple_make, .binary = {[OB_BIN_ADD] = tuple_add, [OB_BIN_MUL] = tuple_mul}},
    .methods = tuple_methods,
    .doc = "Built-in immutable sequence.\n\nIf no argument is given, the constructor returns an empty tuple.\n"
           "If iterable is specified the tuple is initialized from iterable's items.\n\nIf the argument is a tuple, the return value is the same object.",
};
