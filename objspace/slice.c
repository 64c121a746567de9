/* slice.c: slice objects and the clipping of their indices. Locks: none; immutable. */
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/tuple.h"

static ob_slice *slice_ptr(ob_val v) { return (ob_slice *)ob_ptr(v); }

ob_val ob_slice_new(ob_val start, ob_val stop, ob_val step) {
    ob_slice *s = ob_alloc(&ob_slice_type, sizeof *s);
    if (!s) return OB_NULL;
    s->start = ob_is_null(start) ? OB_NONE : start;
    s->stop = ob_is_null(stop) ? OB_NONE : stop;
    s->step = ob_is_null(step) ? OB_NONE : step;
    return ob_of(s);
}

static bool bound_of(ob_val v, int64_t missing, int64_t *out) {
    if (ob_is_none(v)) return *out = missing, true;
    if (ob_is_small(v)) return *out = ob_to_small(v), true;
    if (!ob_has_index(v))
        return ob_fail(ob_raise(&ob_exc_TypeError, "slice indices must be integers or None or have an __index__ method"));
    return ob_index_clamp(v, out);
}

/* Into lo..hi after counting negative ones from the end. */
static int64_t clip(int64_t i, int64_t len, int64_t lo, int64_t hi) {
    if (i < 0) i += len;
    return i < lo ? lo : i > hi ? hi : i;
}

bool ob_slice_indices(ob_val slice, size_t len, int64_t *start, int64_t *stop, int64_t *step, size_t *count) {
    ob_slice *s = slice_ptr(slice);
    int64_t n = (int64_t)len, a, b;
    if (!bound_of(s->step, 1, step)) return false;
    if (*step == 0) return ob_fail(ob_raise(&ob_exc_ValueError, "slice step cannot be zero"));
    if (*step < -INT64_MAX) *step = -INT64_MAX;
    if (!bound_of(s->start, *step < 0 ? INT64_MAX : 0, &a) || !bound_of(s->stop, *step < 0 ? INT64_MIN : INT64_MAX, &b)) return false;
    if (*step > 0) {
        *start = clip(a, n, 0, n);
        *stop = clip(b, n, 0, n);
        *count = *start < *stop ? (size_t)((*stop - *start - 1) / *step + 1) : 0;
    } else {
        *start = clip(a, n, -1, n - 1);
        *stop = clip(b, n, -1, n - 1);
        *count = *stop < *start ? (size_t)((*start - *stop - 1) / -*step + 1) : 0;
    }
    return true;
}

/* ---- slice.indices() with integers of any size ---- */

static ob_val add(ob_val a, ob_val b) { return ob_int_binary(OB_BIN_ADD, a, b); }

static ob_val index_of(ob_val v) {
    if (!ob_has_index(v)) return ob_raise(&ob_exc_TypeError, "slice indices must be integers or None or have an __index__ method");
    return ob_index(v);
}

static ob_val clip_any(ob_val v, ob_val missing, ob_val len, ob_val lo, ob_val hi) {
    if (ob_is_none(v)) return missing;
    ob_val i = index_of(v);
    if (ob_is_null(i)) return i;
    if (ob_int_sign(i) < 0 && ob_is_null(i = add(i, len))) return i;
    return ob_int_cmp(i, lo) < 0 ? lo : ob_int_cmp(i, hi) > 0 ? hi : i;
}

static ob_val slice_indices(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    ob_slice *s = slice_ptr(self);
    ob_val len = ob_index(a[0]), one = ob_from_small(1), minus_one = ob_from_small(-1);
    if (ob_is_null(len)) return len;
    if (ob_int_sign(len) < 0) return ob_raise(&ob_exc_ValueError, "length should not be negative");
    ob_val step = ob_is_none(s->step) ? one : index_of(s->step);
    if (ob_is_null(step)) return step;
    if (ob_int_sign(step) == 0) return ob_raise(&ob_exc_ValueError, "slice step cannot be zero");
    bool down = ob_int_sign(step) < 0;
    ob_val lo = down ? minus_one : ob_from_small(0), hi = down ? add(len, minus_one) : len;
    if (ob_is_null(hi)) return hi;
    ob_val start = clip_any(s->start, down ? hi : lo, len, lo, hi);
    if (ob_is_null(start)) return start;
    ob_val stop = clip_any(s->stop, down ? lo : hi, len, lo, hi);
    return ob_is_null(stop) ? stop : ob_tuple_of3(start, stop, step);
}

static ob_val slice_repr(ob_val self) {
    ob_slice *s = slice_ptr(self);
    return ob_str_format_c("slice(%R, %R, %R)", s->start, s->stop, s->step);
}

static ob_val as_tuple(ob_val v) { return ob_tuple_of3(slice_ptr(v)->start, slice_ptr(v)->stop, slice_ptr(v)->step); }

static ob_val slice_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_exact(a, &ob_slice_type) || !ob_is_exact(b, &ob_slice_type)) return OB_NOT_IMPLEMENTED;
    if (ob_same(a, b)) return ob_bool(op == OB_EQ || op == OB_LE || op == OB_GE);
    ob_val x = as_tuple(a), y = as_tuple(b);
    return ob_is_null(x) || ob_is_null(y) ? OB_NULL : ob_compare(op, x, y);
}

static ob_val slice_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)type;
    if (!ob_args_check("slice", n, kw, 1, 3)) return OB_NULL;
    return n == 1 ? ob_slice_new(OB_NONE, a[0], OB_NONE) : ob_slice_new(a[0], a[1], n == 3 ? a[2] : OB_NONE);
}

static ob_val slice_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val t = as_tuple(self);
    return ob_is_null(t) ? t : ob_tuple_of2(ob_type_val(&ob_slice_type), t);
}

static ob_val get_start(ob_val self) { return slice_ptr(self)->start; }
static ob_val get_stop(ob_val self) { return slice_ptr(self)->stop; }
static ob_val get_step(ob_val self) { return slice_ptr(self)->step; }

static void slice_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((ob_slice *)o)->start, 3); }

static const ob_def slice_methods[] = {
    {"indices", slice_indices, "len, /", "S.indices(len) -> (start, stop, stride)", 0},
    {"__reduce__", slice_reduce, "", "Return state information for pickling.", 0},
    {0},
};
static const ob_getset slice_getsets[] = {{"start", get_start, ob_readonly_member, NULL}, {"stop", get_stop, ob_readonly_member, NULL}, {"step", get_step, ob_readonly_member, NULL}, {0}};

ob_type ob_slice_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "slice",
    .base = &ob_object_type,
    .size = sizeof(ob_slice),
    .trace = slice_trace,
    .slots = {.repr = slice_repr, .hash = ob_hash_unhashable, .cmp = slice_cmp, .make = slice_make},
    .methods = slice_methods,
    .getsets = slice_getsets,
    .doc = "slice(stop)\nslice(start, stop[, step])\n\nCreate a slice object.  This is used for extended slicing (e.g. a[0:10:2]).",
};
