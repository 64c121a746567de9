/* contain.c: equality by value for merging and validation, repr of sequences, argument checks: what all containers share.
 * Locks: none. */
#include "objspace/contain.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include "objspace/type_make.h"

/* ---- flat bodies ---- */

/* An iterator that two advanced has lost a step for one of them. */
static bool flat_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)mine, (void)dirty;
    return memcmp(base, theirs, ob_kind_body_size(h)) == 0;
}

static bool flat_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    (void)mask;
    return memcmp(a, b, ob_kind_body_size(h)) == 0;
}

OB_KIND(ob_flat_kind, .same = flat_same, .merge = flat_merge);

/* ---- equality without Python ---- */

static int tuple_eq_known(ob_val a, ob_val b, unsigned depth);

static int eq_known(ob_val a, ob_val b, unsigned depth) {
    if (ob_same(a, b)) return 1;
    if (!a.w || !b.w) return 0;
    if (ob_both_small(a, b)) return 0;
    const ob_type *ta = ob_type_of(a), *tb = ob_type_of(b);
    if (ta == &ob_str_type && tb == &ob_str_type) return ob_str_equal(a, b);
    if (ta == &ob_float_type && tb == &ob_float_type) return ob_float_value(a) == ob_float_value(b);
    if (ta == &ob_int_type && tb == &ob_int_type) return ob_int_cmp(a, b) == 0;
    if (ta == &ob_bytes_type && tb == &ob_bytes_type) {
        const ob_bytes_obj *x = ob_bytes_ptr(a), *y = ob_bytes_ptr(b);
        return x->len == y->len && memcmp(x->data, y->data, x->len) == 0;
    }
    if (ta == &ob_tuple_type && tb == &ob_tuple_type) return depth < 8 ? tuple_eq_known(a, b, depth + 1) : -1;
    if (ta == &ob_str_type && (tb == &ob_int_type || tb == &ob_float_type || tb == &ob_bytes_type || tb == &ob_tuple_type)) return 0;
    if (tb == &ob_str_type && (ta == &ob_int_type || ta == &ob_float_type || ta == &ob_bytes_type || ta == &ob_tuple_type)) return 0;
    return -1;
}

static int tuple_eq_known(ob_val a, ob_val b, unsigned depth) {
    size_t n = ob_tuple_len(a);
    if (n != ob_tuple_len(b)) return 0;
    int known = 1;
    for (size_t i = 0; i < n; i++) {
        int e = eq_known(ob_tuple_at(a, i), ob_tuple_at(b, i), depth);
        if (e == 0) return 0;
        if (e < 0) known = -1;
    }
    return known;
}

int ob_value_eq_known(ob_val a, ob_val b) { return eq_known(a, b, 0); }

static bool value_same(ob_val a, ob_val b, unsigned depth) {
    if (ob_same(a, b)) return true;
    if (!a.w || !b.w || ob_both_small(a, b)) return false;
    const ob_type *t = ob_type_of(a);
    if (t != ob_type_of(b)) return false;
    if (t == &ob_float_type) {
        double x = ob_float_value(a), y = ob_float_value(b);
        return memcmp(&x, &y, sizeof x) == 0;
    }
    if (t == &ob_tuple_type) {
        if (depth >= 8 || ob_tuple_len(a) != ob_tuple_len(b)) return false;
        for (size_t i = 0; i < ob_tuple_len(a); i++)
            if (!value_same(ob_tuple_at(a, i), ob_tuple_at(b, i), depth + 1)) return false;
        return true;
    }
    return (t == &ob_str_type || t == &ob_int_type || t == &ob_bytes_type) && eq_known(a, b, 0) == 1;
}

bool ob__value_same_slow(ob_val a, ob_val b) { return value_same(a, b, 0); }

/* ---- arguments ---- */

size_t ob_kw_count(ob_val kw) { return ob_is_null(kw) ? 0 : ob_tuple_len(kw); }

bool ob_args_check(const char *name, size_t n, ob_val kw, size_t lo, size_t hi) {
    if (ob_kw_count(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", name));
    if (n >= lo && n <= hi) return true;
    if (lo == hi) return ob_fail(ob_raise(&ob_exc_TypeError, "%s expected %zu argument%s, got %zu", name, lo, lo == 1 ? "" : "s", n));
    size_t limit = n < lo ? lo : hi;
    return ob_fail(ob_raise(&ob_exc_TypeError, "%s expected at %s %zu argument%s, got %zu", name, n < lo ? "least" : "most", limit,
                            limit == 1 ? "" : "s", n));
}

int ob_repeat_count(ob_val seq, ob_val count, size_t *out, ob_val *result) {
    (void)seq;
    if (!ob_has_index(count)) {
        *result = ob_defers_binary(count, OB_BIN_MUL)
                      ? OB_NOT_IMPLEMENTED
                      : ob_raise(&ob_exc_TypeError, "can't multiply sequence by non-int of type '%.200T'", count);
        return 0;
    }
    ob_val i = ob_index(count);
    if (ob_is_null(i)) return *result = OB_NULL, -1;
    if (!ob_is_small(i)) {
        int64_t big;
        if (!ob_int_to_i64(i, &big)) {
            if (ob_err_clear_if(&ob_exc_OverflowError)) ob_raise(&ob_exc_OverflowError, "cannot fit 'int' into an index-sized integer");
            return *result = OB_NULL, -1;
        }
        i = ob_from_small(big < 0 ? 0 : OB_SMALL_MAX);
    }
    *out = ob_to_small(i) < 0 ? 0 : (size_t)ob_to_small(i);
    return 1;
}

/* ---- repr ---- */

static bool repr_each(ob_strbuf *b, ob_val self, ob_item_at *at, bool one_comma) {
    ob_val x;
    size_t i = 0;
    for (; at(self, i, &x); i++) {
        if (i && !ob_strbuf_ascii(b, ", ", 2)) return false;
        ob_val r = ob_repr(x);
        if (ob_is_null(r) || !ob_strbuf_str(b, r)) return false;
    }
    return !(one_comma && i == 1) || ob_strbuf_ascii(b, ",", 1);
}

ob_val ob_repr_items(ob_val self, const char *open, const char *close, const char *recursive, ob_item_at *at, bool one_comma) {
    bool entered;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_str_from_c(recursive);
    ob_strbuf b;
    ob_strbuf_init(&b);
    bool ok = ob_strbuf_c(&b, open) && repr_each(&b, self, at, one_comma) && ob_strbuf_c(&b, close);
    ob_repr_leave(self);
    return ok ? ob_strbuf_finish(&b) : OB_NULL;
}

/* ---- iterating ---- */

bool ob_each(ob_val iterable, bool (*fn)(void *arg, ob_val x), void *arg) {
    if (ob_is_exact(iterable, &ob_list_type)) {
        for (size_t i = 0; i < ob_list_len(iterable); i++)
            if (!fn(arg, ob_list_at(iterable, i))) return false;
        return true;
    }
    if (ob_is_exact(iterable, &ob_tuple_type)) {
        for (size_t i = 0; i < ob_tuple_len(iterable); i++)
            if (!fn(arg, ob_tuple_at(iterable, i))) return false;
        return true;
    }
    ob_val it = ob_iter(iterable);
    if (ob_is_null(it)) return false;
    for (ob_val x; !ob_is_null(x = ob_next(it));)
        if (!fn(arg, x)) return false;
    return !ob_failed();
}

ob_val ob_self_iter(ob_val self) { return self; }

bool ob_readonly_member(ob_val self, ob_val v) { return (void)self, (void)v, ob_fail(ob_raise(&ob_exc_AttributeError, "readonly attribute")); }

bool ob_attr_dict_set(ob_val self, ob_val d) {
    if (ob_is_null(d)) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot delete __dict__"));
    if (!ob_is_dict(d)) return ob_fail(ob_raise(&ob_exc_TypeError, "__dict__ must be set to a dictionary, not a '%.200T'", d));
    return ob__attr_replace_dict(self, d);
}
