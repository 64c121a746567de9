/* range.c: ranges over integers of any size, and their iterators. Locks: none; ranges are immutable, iterators have flat versioned bodies. */
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

static ob_range *range_ptr(ob_val v) { return (ob_range *)ob_ptr(v); }
static ob_val zero(void) { return ob_from_small(0); }
static ob_val one(void) { return ob_from_small(1); }

#define OP(name, op) static ob_val name(ob_val a, ob_val b) { return ob_is_null(a) || ob_is_null(b) ? OB_NULL : ob_int_binary(op, a, b); }
OP(add, OB_BIN_ADD)
OP(sub, OB_BIN_SUB)
OP(mul, OB_BIN_MUL)
OP(floordiv, OB_BIN_FLOORDIV)

/* ---- making ---- */

static ob_val length_of(ob_val start, ob_val stop, ob_val step) {
    if (ob_is_small(start) && ob_is_small(stop) && ob_is_small(step)) {
        int64_t lo = ob_to_small(start), hi = ob_to_small(stop), d = ob_to_small(step);
        if (d < 0) {
            int64_t x = lo;
            lo = hi, hi = x, d = -d;
        }
        return lo >= hi ? zero() : ob_int_from_i64((hi - lo - 1) / d + 1);
    }
    bool up = ob_int_sign(step) > 0;
    if (ob_int_cmp(up ? start : stop, up ? stop : start) >= 0) return zero();
    ob_val span = up ? sub(stop, start) : sub(start, stop), width = up ? step : sub(zero(), step);
    return add(floordiv(sub(span, one()), width), one());
}

static ob_val make(ob_val start, ob_val stop, ob_val step) {
    ob_val length = length_of(start, stop, step);
    ob_range *r = ob_is_null(length) ? NULL : ob_alloc(&ob_range_type, sizeof *r);
    if (!r) return OB_NULL;
    r->start = start, r->stop = stop, r->step = step, r->length = length;
    return ob_of(r);
}

ob_val ob_range_new(ob_val start, ob_val stop, ob_val step) {
    if (!ob_is_small(start) && ob_is_null(start = ob_index(start))) return start;
    if (!ob_is_small(stop) && ob_is_null(stop = ob_index(stop))) return stop;
    if (ob_is_null(step)) step = one();
    else if (!ob_is_small(step) && ob_is_null(step = ob_index(step))) return step;
    if (ob_int_sign(step) == 0) return ob_raise(&ob_exc_ValueError, "range() arg 3 must not be zero");
    return make(start, stop, step);
}

static ob_val range_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)type;
    if (!ob_args_check("range", n, kw, 1, 3)) return OB_NULL;
    return n == 1 ? ob_range_new(zero(), a[0], OB_NULL) : ob_range_new(a[0], a[1], n == 3 ? a[2] : OB_NULL);
}

/* ---- looking ---- */

static void range_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((ob_range *)o)->start, 4); }

static ob_val range_repr(ob_val self) {
    ob_range *r = range_ptr(self);
    if (ob_same(r->step, one())) return ob_str_format_c("range(%R, %R)", r->start, r->stop);
    return ob_str_format_c("range(%R, %R, %R)", r->start, r->stop, r->step);
}

static ssize_t range_len(ob_val self) {
    ob_val n = range_ptr(self)->length;
    if (ob_is_small(n)) return ob_to_small(n);
    int64_t i;
    if (ob_int_to_i64(n, &i)) return i;
    if (ob_err_clear_if(&ob_exc_OverflowError)) ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C ssize_t");
    return -1;
}

static int range_truth(ob_val self) { return ob_int_sign(range_ptr(self)->length) != 0; }

static ob_val item(ob_range *r, ob_val i) {
    if (ob_both_small(i, r->step) && ob_is_small(r->start)) {
        int64_t x;
        if (!__builtin_mul_overflow(ob_to_small(i), ob_to_small(r->step), &x) && !__builtin_add_overflow(x, ob_to_small(r->start), &x))
            return ob_int_from_i64(x);
    }
    return add(r->start, mul(i, r->step));
}

/* Clips one bound of a slice over `length` items into lo..hi. */
static ob_val clip(ob_val v, ob_val missing, ob_val length, ob_val lo, ob_val hi) {
    if (ob_is_none(v)) return missing;
    if (!ob_has_index(v)) return ob_raise(&ob_exc_TypeError, "slice indices must be integers or None or have an __index__ method");
    if (ob_is_null(v = ob_index(v))) return v;
    if (ob_int_sign(v) < 0 && ob_is_null(v = add(v, length))) return v;
    return ob_int_cmp(v, lo) < 0 ? lo : ob_int_cmp(v, hi) > 0 ? hi : v;
}

static ob_val range_slice(ob_val self, ob_val key) {
    ob_range *r = range_ptr(self);
    ob_slice *s = (ob_slice *)ob_ptr(key);
    ob_val step = one();
    if (!ob_is_none(s->step)) {
        if (!ob_has_index(s->step)) return ob_raise(&ob_exc_TypeError, "slice indices must be integers or None or have an __index__ method");
        if (ob_is_null(step = ob_index(s->step))) return step;
    }
    int sign = ob_int_sign(step);
    if (!sign) return ob_raise(&ob_exc_ValueError, "slice step cannot be zero");
    ob_val lo = sign < 0 ? ob_from_small(-1) : zero(), hi = sign < 0 ? sub(r->length, one()) : r->length;
    if (ob_is_null(hi)) return hi;
    ob_val from = clip(s->start, sign < 0 ? hi : lo, r->length, lo, hi), to = ob_is_null(from) ? from : clip(s->stop, sign < 0 ? lo : hi, r->length, lo, hi);
    if (ob_is_null(to)) return to;
    ob_val start = item(r, from), stop = ob_is_null(start) ? start : item(r, to), width = mul(step, r->step);
    return ob_is_null(stop) || ob_is_null(width) ? OB_NULL : make(start, stop, width);
}

static ob_val range_getitem(ob_val self, ob_val key) {
    ob_range *r = range_ptr(self);
    if (!ob_is_small(key)) {
        if (ob_is_exact(key, &ob_slice_type)) return range_slice(self, key);
        if (!ob_has_index(key)) return ob_raise(&ob_exc_TypeError, "range indices must be integers or slices, not %.200T", key);
        if (ob_is_null(key = ob_index(key))) return key;
    }
    if (ob_int_sign(key) < 0 && ob_is_null(key = add(key, r->length))) return key;
    if (ob_int_sign(key) < 0 || ob_int_cmp(key, r->length) >= 0) return ob_raise(&ob_exc_IndexError, "range object index out of range");
    return item(r, key);
}

/* The index of int x in r, by arithmetic: OB_NULL without an exception when it is no element. */
static ob_val position(ob_range *r, ob_val x) {
    if (ob_is_small(x) && ob_is_small(r->start) && ob_is_small(r->step) && ob_is_small(r->length)) {
        int64_t d = ob_to_small(x) - ob_to_small(r->start), step = ob_to_small(r->step);
        if (d % step) return OB_NULL;
        d /= step;
        return d >= 0 && d < ob_to_small(r->length) ? ob_from_small(d) : OB_NULL;
    }
    ob_val d = sub(x, r->start), q = floordiv(d, r->step);
    if (ob_is_null(q)) return q;
    ob_val back = mul(q, r->step);
    if (ob_is_null(back) || ob_int_cmp(back, d) != 0) return OB_NULL;
    return ob_int_sign(q) < 0 || ob_int_cmp(q, r->length) >= 0 ? OB_NULL : q;
}

static bool plain_int(ob_val x) { return ob_is_small(x) || ob_is_exact(x, &ob_int_type) || ob_is_bool(x); }
static ob_val as_int(ob_val x) { return ob_is_bool(x) ? ob_from_small(ob_same(x, OB_TRUE)) : x; }

static int range_contains(ob_val self, ob_val x) {
    if (plain_int(x)) {
        ob_val i = position(range_ptr(self), as_int(x));
        return ob_failed() ? -1 : !ob_is_null(i);
    }
    ob_val it = ob_iter(self);
    if (ob_is_null(it)) return -1;
    for (ob_val y; !ob_is_null(y = ob_next(it));) {
        int e = ob_eq(y, x);
        if (e) return e;
    }
    return ob_failed() ? -1 : 0;
}

static bool equal(ob_range *x, ob_range *y) {
    if (ob_int_cmp(x->length, y->length) != 0) return false;
    if (ob_int_sign(x->length) == 0) return true;
    if (ob_int_cmp(x->start, y->start) != 0) return false;
    return ob_same(x->length, one()) || ob_int_cmp(x->step, y->step) == 0;
}

static ob_val range_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if ((op != OB_EQ && op != OB_NE) || !ob_is_exact(b, &ob_range_type)) return OB_NOT_IMPLEMENTED;
    return ob_bool(equal(range_ptr(a), range_ptr(b)) == (op == OB_EQ));
}

static bool range_hash(ob_val self, uint64_t *out) {
    ob_range *r = range_ptr(self);
    ob_val t[3] = {r->length, OB_NONE, OB_NONE};
    if (ob_int_sign(r->length)) t[1] = r->start;
    if (ob_int_sign(r->length) && !ob_same(r->length, one())) t[2] = r->step;
    ob_val key = ob_tuple_from(t, 3);
    return !ob_is_null(key) && ob_hash(key, out);
}

/* ---- iterators ---- */

static ob_val range_iter_next(ob_val self) {
    if (!((const ob_range_iter_body *)ob_read(self))->left) return OB_NULL;
    ob_range_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    int64_t x = b->next;
    b->left--;
    b->next = (int64_t)((uint64_t)x + (uint64_t)b->step);
    return ob_int_from_i64(x);
}

typedef struct long_body { ob_val next, step, left, start; } long_body;

static void long_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_vals(t, &((const long_body *)body)->next, 4);
}

static ob_val long_next(ob_val self) {
    long_body b = *(const long_body *)ob_read(self);
    if (ob_int_sign(b.left) <= 0) return OB_NULL;
    long_body after = {add(b.next, b.step), b.step, sub(b.left, one()), b.start};
    if (ob_is_null(after.next) || ob_is_null(after.left)) return OB_NULL;
    long_body *w = ob_write(self);
    if (!w) return OB_NULL;
    *w = after;
    return b.next;
}

static ob_val iter_over(ob_val start, ob_val step, ob_val length) {
    if (ob_is_small(start) && ob_is_small(step) && ob_is_small(length)) {
        int64_t last;
        if (!__builtin_mul_overflow(ob_to_small(step), ob_to_small(length), &last) && !__builtin_add_overflow(last, ob_to_small(start), &last)) {
            tx_handle *h = ob_alloc_mut(&ob_range_iter_type, sizeof(ob_range_iter_body));
            if (!h) return OB_NULL;
            *(ob_range_iter_body *)tx_inline_body(h) = (ob_range_iter_body){ob_to_small(start), ob_to_small(step), (uint64_t)ob_to_small(length), ob_to_small(start)};
            return ob_of(h);
        }
    }
    tx_handle *h = ob_alloc_mut(&ob_longrange_iter_type, sizeof(long_body));
    if (!h) return OB_NULL;
    *(long_body *)tx_inline_body(h) = (long_body){start, step, length, start};
    return ob_of(h);
}

static ob_val range_iter(ob_val self) {
    ob_range *r = range_ptr(self);
    return iter_over(r->start, r->step, r->length);
}

#define METHOD(name) static ob_val name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define UNUSED_ARGS (void)self, (void)a, (void)n, (void)kw

METHOD(range_reversed) {
    UNUSED_ARGS;
    ob_range *r = range_ptr(self);
    ob_val last = add(r->start, mul(sub(r->length, one()), r->step)), back = sub(zero(), r->step);
    return ob_is_null(last) || ob_is_null(back) ? OB_NULL : iter_over(last, back, r->length);
}

METHOD(range_count) {
    UNUSED_ARGS;
    if (plain_int(a[0])) {
        int c = range_contains(self, a[0]);
        return c < 0 ? OB_NULL : ob_from_small(c);
    }
    int64_t count = 0;
    ob_val it = ob_iter(self);
    if (ob_is_null(it)) return it;
    for (ob_val y; !ob_is_null(y = ob_next(it));) {
        int e = ob_eq(y, a[0]);
        if (e < 0) return OB_NULL;
        count += e;
    }
    return ob_failed() ? OB_NULL : ob_from_small(count);
}

METHOD(range_index) {
    UNUSED_ARGS;
    if (plain_int(a[0])) {
        ob_val i = position(range_ptr(self), as_int(a[0]));
        if (!ob_is_null(i) || ob_failed()) return i;
        return ob_raise(&ob_exc_ValueError, "%R is not in range", a[0]);
    }
    ob_val it = ob_iter(self);
    if (ob_is_null(it)) return it;
    int64_t i = 0;
    for (ob_val y; !ob_is_null(y = ob_next(it)); i++) {
        int e = ob_eq(y, a[0]);
        if (e) return e < 0 ? OB_NULL : ob_from_small(i);
    }
    return ob_failed() ? OB_NULL : ob_raise(&ob_exc_ValueError, "sequence.index(x): x not in sequence");
}

METHOD(range_reduce) {
    UNUSED_ARGS;
    ob_range *r = range_ptr(self);
    ob_val args = ob_tuple_of3(r->start, r->stop, r->step);
    return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(&ob_range_type), args);
}

static ob_val get_start(ob_val self) { return range_ptr(self)->start; }
static ob_val get_stop(ob_val self) { return range_ptr(self)->stop; }
static ob_val get_step(ob_val self) { return range_ptr(self)->step; }

/* The state of an iterator as ints. */
static bool parts(ob_val self, long_body *out) {
    if (!ob_is_exact(self, &ob_range_iter_type)) return *out = *(const long_body *)ob_read(self), true;
    const ob_range_iter_body b = *(const ob_range_iter_body *)ob_read(self);
    *out = (long_body){ob_int_from_i64(b.next), ob_int_from_i64(b.step), ob_int_from_u64(b.left), ob_int_from_i64(b.start)};
    return !ob_is_null(out->next) && !ob_is_null(out->left);
}
/* How many items were given. */
static ob_val index_of(const long_body *b) { return floordiv(sub(b->next, b->start), b->step); }

METHOD(iter_hint) {
    UNUSED_ARGS;
    long_body b;
    return parts(self, &b) ? b.left : OB_NULL;
}

METHOD(iter_reduce) {
    UNUSED_ARGS;
    long_body b;
    if (!parts(self, &b)) return OB_NULL;
    ob_val stop = add(b.next, mul(b.step, b.left)), r = ob_is_null(stop) ? stop : make(b.start, stop, b.step), f = ob_builtin("iter");
    ob_val args = ob_is_null(r) ? r : ob_tuple_of1(r), i = index_of(&b);
    return ob_is_null(f) || ob_is_null(args) || ob_is_null(i) ? OB_NULL : ob_tuple_of3(f, args, i);
}

METHOD(iter_setstate) {
    UNUSED_ARGS;
    long_body b;
    ob_val i = ob_index(a[0]);
    if (ob_is_null(i) || !parts(self, &b)) return OB_NULL;
    ob_val total = add(b.left, index_of(&b));
    if (ob_is_null(total)) return total;
    if (ob_int_sign(i) < 0) i = zero();
    if (ob_int_cmp(i, total) > 0) i = total;
    b.next = add(b.start, mul(i, b.step));
    b.left = sub(total, i);
    if (ob_is_null(b.next) || ob_is_null(b.left)) return OB_NULL;
    void *w = ob_write(self);
    if (!w) return OB_NULL;
    if (!ob_is_exact(self, &ob_range_iter_type)) *(long_body *)w = b;
    else *(ob_range_iter_body *)w = (ob_range_iter_body){ob_int_clamp(b.next), ob_int_clamp(b.step), (uint64_t)ob_int_clamp(b.left), ob_int_clamp(b.start)};
    return OB_NONE;
}

static const ob_def range_methods[] = {
    {"__reversed__", range_reversed, "", "Return a reverse iterator.", 0},
    {"__reduce__", range_reduce, "", NULL, 0},
    {"count", range_count, "value, /", "rangeobject.count(value) -> integer -- return number of occurrences of value", 0},
    {"index", range_index, "value, /", "rangeobject.index(value) -> integer -- return index of value.\nRaise ValueError if the value is not present.", 0},
    {0},
};
static const ob_getset range_getsets[] = {{"start", get_start, ob_readonly_member, NULL}, {"stop", get_stop, ob_readonly_member, NULL}, {"step", get_step, ob_readonly_member, NULL}, {0}};
static const ob_def iter_methods[] = {
    {"__length_hint__", iter_hint, "", "Private method returning an estimate of len(list(it)).", 0},
    {"__reduce__", iter_reduce, "", "Return state information for pickling.", 0},
    {"__setstate__", iter_setstate, "state, /", "Set state information for unpickling.", 0},
    {0},
};

ob_type ob_range_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "range",
    .base = &ob_object_type,
    .flags = OB_TF_SEQUENCE,
    .size = sizeof(ob_range),
    .trace = range_trace,
    .slots = {.repr = range_repr, .hash = range_hash, .cmp = range_cmp, .truth = range_truth, .len = range_len, .getitem = range_getitem,
              .contains = range_contains, .iter = range_iter, .make = range_make},
    .methods = range_methods,
    .getsets = range_getsets,
    .doc = "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\n"
           "Return an object that produces a sequence of integers from start (inclusive)\nto stop (exclusive) by step.",
};
ob_type ob_range_iter_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "range_iterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
                              .size = sizeof(ob_range_iter_body), .slots = {.iter = ob_self_iter, .next = range_iter_next}, .methods = iter_methods};
ob_type ob_longrange_iter_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "longrange_iterator", .base = &ob_object_type,
                                  .flags = OB_TF_NO_MAKE, .size = sizeof(long_body), .trace_body = long_trace,
                                  .slots = {.iter = ob_self_iter, .next = long_next}, .methods = iter_methods};
