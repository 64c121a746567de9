/* builtins_fold.c: sum(), all(), any(), min(), max(): builtins that make one value of many.
 *
 * Locks: none.  Called with one argument, a generator, they are not called: the VM pushes the generator's frame, and what it yields comes to py_fold_more
 * without its leaving the stack; what has come of it so far lies in the generator's body, so that it goes back with a slice that starts again.
 * B1  py_fold_more runs no Python code, so nobody can see that the generator has not been put aside.  Whatever might is left to py_fold_rest, which
 *     goes on as the builtin does that is called. */
#include "interp/mod/builtins_vm.h"
#include "interp/run/frame.h"
#include "objspace/bytes.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

static ob_cmp_op order_of(py_fold how) { return how == PY_FOLD_MIN ? OB_LT : OB_GT; }

static ob_val add(ob_val x, ob_val y) {
    if (ob_both_small(x, y)) return ob_int_from_i64(ob_to_small(x) + ob_to_small(y));
    if (ob_is_imm_float(x) && ob_is_imm_float(y)) return ob_float_from(ob_float_decode(x) + ob_float_decode(y));
    return ob_binary(OB_BIN_ADD, x, y);
}

/* Is x to be preferred?  -1: failed. */
static int better(ob_cmp_op op, ob_val x, ob_val best) {
    if (ob_both_small(x, best)) return op == OB_LT ? (int64_t)x.w < (int64_t)best.w : (int64_t)x.w > (int64_t)best.w;
    ob_val r = ob_compare(op, x, best);
    return ob_is_null(r) ? -1 : ob_truth(r);
}

/* acc: what has come of the values so far; OB_NULL: of none.  1: more are wanted; 0: acc is the result; -1: failed. */
static inline int step(py_fold how, ob_val *acc, ob_val x) {
    int t = 1;
    switch (how) {
    case PY_FOLD_NONE: break;
    case PY_FOLD_SUM:
        *acc = add(*acc, x);
        return ob_is_null(*acc) ? -1 : 1;
    case PY_FOLD_ALL: case PY_FOLD_ANY:
        t = ob_truth(x);
        if (t != (how == PY_FOLD_ANY)) return t < 0 ? -1 : 1;
        *acc = ob_bool(t);
        return 0;
    case PY_FOLD_MIN: case PY_FOLD_MAX:
        if (!ob_is_null(*acc)) t = better(order_of(how), x, *acc);
        if (t > 0) *acc = x;
        return t < 0 ? -1 : 1;
    }
    return -1;
}

static ob_val finish(py_fold how, ob_val acc) {
    if (!ob_is_null(acc)) return acc;
    if (how == PY_FOLD_ALL || how == PY_FOLD_ANY) return ob_bool(how == PY_FOLD_ALL);
    return ob_raise(&ob_exc_ValueError, "%s() arg is an empty sequence", how == PY_FOLD_MIN ? "min" : "max");
}

/* The values x, if there is one, and then those of `it`. */
static inline ob_val fold(py_fold how, ob_val acc, ob_val x, ob_val it) {
    for (; !ob_is_null(x); x = ob_next(it)) {
        int more = step(how, &acc, x);
        if (more <= 0) return more < 0 ? OB_NULL : acc;
    }
    return ob_failed() ? OB_NULL : finish(how, acc);
}
static inline ob_val fold_all(py_fold how, ob_val acc, ob_val iterable) {
    ob_val it = ob_iter(iterable);
    return ob_is_null(it) ? it : fold(how, acc, ob_next(it), it);
}

ob_val py_builtin_sum(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    ob_val it = ob_iter(a[0]), s = ob_is_null(a[1]) ? ob_from_small(0) : a[1];
    if (ob_is_null(it)) return it;
    if (ob_is_str(s)) return ob_raise(&ob_exc_TypeError, "sum() can't sum strings [use ''.join(seq) instead]");
    if (ob_is_bytes(s)) return ob_raise(&ob_exc_TypeError, "sum() can't sum bytes [use b''.join(seq) instead]");
    if (ob_is_a(s, &ob_bytearray_type)) return ob_raise(&ob_exc_TypeError, "sum() can't sum bytearray [use b''.join(seq) instead]");
    return fold(PY_FOLD_SUM, s, ob_next(it), it);
}
ob_val py_builtin_all(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return fold_all(PY_FOLD_ALL, OB_NULL, a[0]); }
ob_val py_builtin_any(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return fold_all(PY_FOLD_ANY, OB_NULL, a[0]); }

/* min, max: (iterable | a, b, …, *, key=None, default=…) */
static ob_val extreme(const char *who, const ob_val *a, size_t n, ob_val kw, py_fold how) {
    ob_val key = OB_NULL, fallback = OB_NULL, it = OB_NULL, best = OB_NULL, best_key = OB_NULL;
    if (n == 1 && ob_is_null(kw)) return fold_all(how, OB_NULL, a[0]);
    if (n == 0) return ob_raise(&ob_exc_TypeError, "%s expected at least 1 argument, got 0", who);
    for (size_t i = 0; !ob_is_null(kw) && i < ob_tuple_len(kw); i++) {
        ob_val name = ob_tuple_at(kw, i);
        if (ob_str_equal_c(name, "key")) key = ob_is_none(a[n + i]) ? OB_NULL : a[n + i];
        else if (ob_str_equal_c(name, "default")) fallback = a[n + i];
        else return ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for %s()", name, who);
    }
    if (n > 1 && !ob_is_null(fallback)) return ob_raise(&ob_exc_TypeError, "Cannot specify a default for %s() with multiple positional arguments", who);
    if (n == 1 && ob_is_null(it = ob_iter(a[0]))) return it;
    for (size_t i = 0;; i++) {
        ob_val x = n > 1 ? i < n ? a[i] : OB_NULL : ob_next(it);
        if (ob_is_null(x)) break;
        ob_val k = ob_is_null(key) ? x : ob_call1(key, x);
        if (ob_is_null(k)) return k;
        int t = ob_is_null(best) ? 1 : better(order_of(how), k, best_key);
        if (t < 0) return OB_NULL;
        if (t) { best = x; best_key = k; }
    }
    if (ob_failed()) return OB_NULL;
    return ob_is_null(best) && !ob_is_null(fallback) ? fallback : finish(how, best);
}
ob_val py_builtin_min(ob_val self UNUSED, const ob_val *a, size_t n, ob_val kw) { return extreme("min", a, n, kw, PY_FOLD_MIN); }
ob_val py_builtin_max(ob_val self UNUSED, const ob_val *a, size_t n, ob_val kw) { return extreme("max", a, n, kw, PY_FOLD_MAX); }

/* ---- by the VM ---- */

py_frame *py_fold_push(py_thread *T, ob_val *at, ob_val gen, py_fold how, uint16_t dst) {
    py_frame *f = py_gen_push(T, at, gen, OB_NULL, PY_F_GEN | PY_F_FOLD, dst);
    py_gen_body *b = f ? ob_write(gen) : NULL;
    if (!b) return NULL;
    b->extra = how == PY_FOLD_SUM ? ob_from_small(0) : OB_NULL;
    b->marks = (uint16_t)how;
    return f;
}

static bool is_float_like(ob_val v) { return ob_is_imm_float(v) || ob_is_small(v); }
static double float_of(ob_val v) { return ob_is_small(v) ? (double)ob_to_small(v) : ob_float_decode(v); }

static bool add_quick(ob_val *acc, ob_val x) {
    ob_val s;
    if (LIKELY(ob_both_small(*acc, x))) {
        int64_t i = ob_to_small(*acc) + ob_to_small(x);
        if (!ob_small_fits(i)) return false;
        s = ob_from_small(i);
    } else {
        if (!is_float_like(*acc) || !is_float_like(x)) return false;
        s = ob_float_encode(float_of(*acc) + float_of(x));
        if (!ob_is_imm_float(s)) return false;
    }
    *acc = s;
    return true;
}

/* Is the truth of x what goes on?  false also where it is not known without asking. */
static bool goes_on(ob_val x, bool truth) {
    if (ob_is_small(x)) return (ob_to_small(x) != 0) == truth;
    return truth ? ob_same(x, OB_TRUE) : ob_same(x, OB_FALSE) || ob_is_none(x);
}

static bool prefer_quick(ob_cmp_op op, ob_val *best, ob_val x) {
    bool floats = ob_is_imm_float(x) && ob_is_imm_float(*best), prefer = ob_is_null(*best);
    if (!prefer && !floats && !ob_both_small(x, *best)) return false;
    if (!prefer) prefer = !floats ? better(op, x, *best) : op == OB_LT ? ob_float_decode(x) < ob_float_decode(*best) : ob_float_decode(x) > ob_float_decode(*best);
    if (prefer) *best = x;
    return true;
}

bool py_fold_more(ob_val gen, ob_val x) {
    py_gen_body *b = ob_write(gen);
    if (UNLIKELY(!b)) return false;
    switch ((py_fold)b->marks) {
    case PY_FOLD_SUM: return add_quick(&b->extra, x);
    case PY_FOLD_ALL: return goes_on(x, true);
    case PY_FOLD_ANY: return goes_on(x, false);
    case PY_FOLD_MIN: case PY_FOLD_MAX: return prefer_quick(order_of(b->marks), &b->extra, x);
    case PY_FOLD_NONE: break;
    }
    return false;
}

ob_val py_fold_rest(ob_val gen, ob_val x) {
    py_gen_body *b = ob_write(gen);
    if (!b) return OB_NULL;
    py_fold how = b->marks;
    ob_val acc = b->extra;
    b->extra = OB_NULL;
    b->marks = 0;
    return ob_is_null(x) ? finish(how, acc) : fold(how, acc, x, gen);
}
