/* operator.c: operators, comparison, subscription and iteration of any values.
 * Locks: none. */
#include "objspace/call.h"
#include "objspace/dict.h"
#include "objspace/generic.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/bytes.h"
#include "objspace/type_make.h"

static const char *const symbols[] = {
#define BIN(name, dunder, symbol) symbol,
    OB_BINARY_OPS(BIN)
#undef BIN
};

/* ---- binary ---- */
static ob_val binary_opt(ob_bin_op op, ob_val a, ob_val b) {
    ob_type *ta = ob_type_of(a), *tb = ob_type_of(b);
    ob_val (*fa)(ob_val, ob_val) = ta->slots.binary[op], (*fb)(ob_val, ob_val) = tb->slots.binary[op];
    if (ta == tb || fb == fa) fb = NULL;
    if (fa) {
        if (fb && ob_type_is_subtype(tb, ta)) {
            ob_val r = fb(a, b);
            if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
            fb = NULL;
        }
        ob_val r = fa(a, b);
        if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
    }
    return fb ? fb(a, b) : OB_NOT_IMPLEMENTED;
}

static bool is_sequence(ob_val v) { return ob_has_tflag(v, OB_TF_LIST | OB_TF_TUPLE | OB_TF_STR | OB_TF_BYTES) || ob_is_a(v, &ob_bytearray_type); }

static ob_val unsupported(const char *symbol, const char *suffix, ob_bin_op op, ob_val a, ob_val b) {
    if (op == OB_BIN_ADD && is_sequence(a)) {
        if (ob_has_tflag(a, OB_TF_BYTES) || ob_is_a(a, &ob_bytearray_type)) return ob_raise(&ob_exc_TypeError, "can't concat %T to %T", b, a);
        const char *what = ob_has_tflag(a, OB_TF_STR) ? "str" : ob_has_tflag(a, OB_TF_LIST) ? "list" : "tuple";
        return ob_raise(&ob_exc_TypeError, "can only concatenate %s (not \"%T\") to %s", what, b, what);
    }
    if (op == OB_BIN_MUL && (is_sequence(a) || is_sequence(b)))
        return ob_raise(&ob_exc_TypeError, "can't multiply sequence by non-int of type '%T'", is_sequence(a) ? b : a);
    if (op == OB_BIN_RSHIFT && !*suffix && ob_is_exact(a, &ob_native_type) && !strcmp(((ob_native *)ob_ptr(a))->def->name, "print"))
        return ob_raise(&ob_exc_TypeError, "unsupported operand type(s) for >>: '%T' and '%T'. Did you mean \"print(<message>, file=<output_stream>)\"?", a, b);
    return ob_raise(&ob_exc_TypeError, "unsupported operand type(s) for %s%s: '%T' and '%T'", symbol, suffix, a, b);
}

ob_val ob_binary(ob_bin_op op, ob_val a, ob_val b) {
    if (!ob_c_enter()) return OB_NULL;
    ob_val r = binary_opt(op, a, b);
    return ob_same(r, OB_NOT_IMPLEMENTED) ? unsupported(symbols[op], "", op, a, b) : r;
}

ob_val ob_inplace(ob_bin_op op, ob_val a, ob_val b) {
    if (!ob_c_enter()) return OB_NULL;
    ob_val (*f)(ob_val, ob_val) = ob_type_of(a)->slots.inplace[op];
    ob_val r = f ? f(a, b) : OB_NOT_IMPLEMENTED;
    if (ob_same(r, OB_NOT_IMPLEMENTED)) r = binary_opt(op, a, b);
    return ob_same(r, OB_NOT_IMPLEMENTED) ? unsupported(op == OB_BIN_POW ? "**" : symbols[op], "=", op, a, b) : r;
}

/* pow() with three arguments asks the left operand alone, as Python methods have no reflected form of it. */
ob_val ob_pow(ob_val a, ob_val b, ob_val mod) {
    if (ob_is_null(mod) || ob_is_none(mod)) return ob_binary(OB_BIN_POW, a, b);
    if (!ob_c_enter()) return OB_NULL;
    ob_val r = OB_NOT_IMPLEMENTED, given[2] = {b, mod};
    ob_type *ta = ob_type_of(a), *tb = ob_type_of(b), *tm = ob_type_of(mod);
    if (ob__slot_is_generic(&ta->slots, OB_SLOT_pow)) {
        if (ob__call_special(a, OB_NAME(pow), given, 2, &r) < 0) return OB_NULL;
    } else if (ta->slots.pow3) {
        r = ta->slots.pow3(a, b, mod);
    }
    if (ob_same(r, OB_NOT_IMPLEMENTED) && tb != ta && tb->slots.pow3) r = tb->slots.pow3(a, b, mod);
    if (ob_same(r, OB_NOT_IMPLEMENTED) && tm != ta && tm != tb && tm->slots.pow3) r = tm->slots.pow3(a, b, mod);
    if (ob_same(r, OB_NOT_IMPLEMENTED))
        return ob_raise(&ob_exc_TypeError, "unsupported operand type(s) for ** or pow(): '%T', '%T', '%T'", a, b, mod);
    return r;
}

ob_val ob_unary(ob_un_op op, ob_val a) {
    static const char *const messages[OB_UN_COUNT] = {
        [OB_UN_NEG] = "bad operand type for unary -: '%T'", [OB_UN_POS] = "bad operand type for unary +: '%T'",
        [OB_UN_INVERT] = "bad operand type for unary ~: '%T'", [OB_UN_ABS] = "bad operand type for abs(): '%T'",
        [OB_UN_INT] = "int() argument must be a string, a bytes-like object or a real number, not '%T'",
        [OB_UN_FLOAT] = "must be real number, not %T", [OB_UN_INDEX] = "'%T' object cannot be interpreted as an integer",
    };
    if (op == OB_UN_INDEX) return ob_index(a);
    ob_val (*f)(ob_val) = ob_type_of(a)->slots.unary[op];
    if (!f) return ob_raise(&ob_exc_TypeError, messages[op], a);
    return ob_c_enter() ? f(a) : OB_NULL;
}

/* ---- comparison ---- */
static ob_val compare_opt(ob_cmp_op op, ob_val a, ob_val b) {
    static const ob_cmp_op swapped[] = {[OB_LT] = OB_GT, [OB_LE] = OB_GE, [OB_EQ] = OB_EQ, [OB_NE] = OB_NE, [OB_GT] = OB_LT, [OB_GE] = OB_LE};
    ob_type *ta = ob_type_of(a), *tb = ob_type_of(b);
    bool b_tried = false;
    if (ta != tb && tb->slots.cmp && ob_type_is_subtype(tb, ta)) {
        b_tried = true;
        ob_val r = tb->slots.cmp(b, a, swapped[op]);
        if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
    }
    if (ta->slots.cmp) {
        ob_val r = ta->slots.cmp(a, b, op);
        if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
    }
    return !b_tried && tb->slots.cmp ? tb->slots.cmp(b, a, swapped[op]) : OB_NOT_IMPLEMENTED;
}

ob_val ob_compare(ob_cmp_op op, ob_val a, ob_val b) {
    static const char *const signs[] = {"<", "<=", "==", "!=", ">", ">="};
    if (!ob_c_enter()) return OB_NULL;
    ob_val r = compare_opt(op, a, b);
    if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
    if (op == OB_EQ) return ob_bool(ob_same(a, b));
    if (op == OB_NE) return ob_bool(!ob_same(a, b));
    return ob_raise(&ob_exc_TypeError, "'%s' not supported between instances of '%T' and '%T'", signs[op], a, b);
}

static int truth_of(ob_val r) { return ob_is_null(r) ? -1 : ob_truth(r); }
int ob_eq(ob_val a, ob_val b) {
    if (ob_same(a, b)) return 1;
    if (ob_both_small(a, b)) return 0;
    return truth_of(ob_compare(OB_EQ, a, b));
}
int ob_lt(ob_val a, ob_val b) { return truth_of(ob_compare(OB_LT, a, b)); }
bool ob_is(ob_val a, ob_val b) { return ob_same(a, b); }

/* ---- length, subscription ---- */
ssize_t ob_len(ob_val v) {
    ssize_t (*len)(ob_val) = ob_type_of(v)->slots.len;
    return len ? len(v) : ob_fail_int(ob_raise(&ob_exc_TypeError, "object of type '%T' has no len()", v));
}

ssize_t ob_length_hint(ob_val v, ssize_t fallback) {
    if (ob_type_of(v)->slots.len) {
        ssize_t n = ob_len(v);
        if (n >= 0 || !ob_err_clear_if(&ob_exc_TypeError)) return n;
    }
    ob_val r = OB_NULL;
    int done = ob__call_special(v, OB_NAME(length_hint), NULL, 0, &r);
    if (done == 0 || (done < 0 && ob_err_clear_if(&ob_exc_TypeError)) || (done > 0 && ob_same(r, OB_NOT_IMPLEMENTED))) return fallback;
    if (done < 0) return -1;
    if (!ob_is_int(r)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "__length_hint__ must be an integer, not %T", r));
    if (ob_int_sign(r) < 0) return ob_fail_int(ob_raise(&ob_exc_ValueError, "__length_hint__() should return >= 0"));
    int64_t n;
    return ob_int_to_i64(r, &n) ? (ssize_t)n : -1;
}

static ob_val class_getitem(ob_val c, ob_val k) {
    if (ob_same(c, ob_type_val(&ob_type_type))) return ob_generic_alias_new(c, k);
    ob_val f = ob_getattr_opt(c, OB_NAME(class_getitem));
    if (ob_is_null(f) || ob_is_none(f)) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "type '%s' is not subscriptable", ob_type_ptr(c)->name);
    return ob_call1(f, k);
}

ob_val ob_getitem(ob_val o, ob_val k) {
    ob_val (*f)(ob_val, ob_val) = ob_type_of(o)->slots.getitem;
    if (f) return f(o, k);
    if (ob_is_type(o)) return class_getitem(o, k);
    return ob_raise(&ob_exc_TypeError, "'%T' object is not subscriptable", o);
}

bool ob_setitem(ob_val o, ob_val k, ob_val v) {
    bool (*f)(ob_val, ob_val, ob_val) = ob_type_of(o)->slots.setitem;
    return f ? f(o, k, v) : ob_fail(ob_raise(&ob_exc_TypeError, "'%T' object does not support item assignment", o));
}

bool ob_delitem(ob_val o, ob_val k) {
    bool (*f)(ob_val, ob_val, ob_val) = ob_type_of(o)->slots.setitem;
    return f ? f(o, k, OB_NULL) : ob_fail(ob_raise(&ob_exc_TypeError, "'%T' object doesn't support item deletion", o));
}

int ob__contains_by_iter(ob_val o, ob_val x) {
    ob_val it = ob_iter(o), y;
    if (ob_is_null(it)) {
        if (ob_err_clear_if(&ob_exc_TypeError)) ob_raise(&ob_exc_TypeError, "argument of type '%T' is not iterable", o);
        return -1;
    }
    while (!ob_is_null(y = ob_next(it))) {
        int r = ob_eq(y, x);
        if (r) return r;
    }
    return ob_failed() ? -1 : 0;
}

int ob_contains(ob_val o, ob_val x) {
    int (*f)(ob_val, ob_val) = ob_type_of(o)->slots.contains;
    return f ? f(o, x) : ob__contains_by_iter(o, x);
}

/* ---- iteration ---- */
ob_val ob_iter(ob_val v) {
    ob_type *t = ob_type_of(v);
    if (!t->slots.iter) {
        if (t->slots.getitem && !(t->flags & OB_TF_DICT) && !ob_is_null(ob_type_lookup(t, OB_NAME(getitem)))) return ob_seq_iter_new(v);
        return ob_raise(&ob_exc_TypeError, "'%T' object is not iterable", v);
    }
    if (!ob_c_enter()) return OB_NULL;
    ob_val it = t->slots.iter(v);
    if (!ob_is_null(it) && !ob_type_of(it)->slots.next) return ob_raise(&ob_exc_TypeError, "iter() returned non-iterator of type '%T'", it);
    return it;
}

ob_val ob_next(ob_val it) {
    ob_val (*f)(ob_val) = ob_type_of(it)->slots.next;
    if (!f) return ob_raise(&ob_exc_TypeError, "'%T' object is not an iterator", it);
    if (ob_interrupted()) return OB_NULL;
    ob_val v = f(it);
    if (ob_is_null(v)) ob_err_clear_if(&ob_exc_StopIteration);
    return v;
}
