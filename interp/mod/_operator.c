/* _operator.c: the module _operator: the operators as functions, and itemgetter, attrgetter, methodcaller.
 *
 * Locks: none; getters are immutable.
 */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <string.h>

/* ---- operators ---- */

#define BINARY(B) \
    B(add, ADD) B(sub, SUB) B(mul, MUL) B(matmul, MATMUL) B(truediv, TRUEDIV) B(floordiv, FLOORDIV) B(mod, MOD) B(lshift, LSHIFT) \
    B(rshift, RSHIFT) B(and, AND) B(or, OR) B(xor, XOR) B(pow, POW)
#define B(name, op) \
    OB_FN(op_##name) { return ob_binary(OB_BIN_##op, a[0], a[1]); } \
    OB_FN(op_i##name) { return ob_inplace(OB_BIN_##op, a[0], a[1]); }
BINARY(B)
#undef B

#define COMPARISONS(C) C(lt, LT) C(le, LE) C(eq, EQ) C(ne, NE) C(ge, GE) C(gt, GT)
#define C(name, op) OB_FN(op_##name) { return ob_compare(OB_##op, a[0], a[1]); }
COMPARISONS(C)
#undef C

OB_FN(op_neg) { return ob_unary(OB_UN_NEG, a[0]); }
OB_FN(op_pos) { return ob_unary(OB_UN_POS, a[0]); }
OB_FN(op_abs) { return ob_unary(OB_UN_ABS, a[0]); }
OB_FN(op_invert) { return ob_unary(OB_UN_INVERT, a[0]); }
OB_FN(op_index) { return ob_index(a[0]); }
OB_FN(op_is) { return ob_bool(ob_is(a[0], a[1])); }
OB_FN(op_is_not) { return ob_bool(!ob_is(a[0], a[1])); }

static ob_val truth_val(int t, bool negate) { return t < 0 ? OB_NULL : ob_bool((t != 0) != negate); }
OB_FN(op_not) { return truth_val(ob_truth(a[0]), true); }
OB_FN(op_truth) { return truth_val(ob_truth(a[0]), false); }

/* ---- containers ---- */

OB_FN(op_contains) { return truth_val(ob_contains(a[0], a[1]), false); }
OB_FN(op_getitem) { return ob_getitem(a[0], a[1]); }
OB_FN(op_setitem) { return ob_setitem(a[0], a[1], a[2]) ? OB_NONE : OB_NULL; }
OB_FN(op_delitem) { return ob_delitem(a[0], a[1]) ? OB_NONE : OB_NULL; }

static bool is_sequence(ob_val v) {
    return ob_type_of(v)->slots.getitem || ob_fail(ob_raise(&ob_exc_TypeError, "'%.200T' object can't be concatenated", v));
}
OB_FN(op_concat) { return is_sequence(a[0]) ? ob_binary(OB_BIN_ADD, a[0], a[1]) : OB_NULL; }
OB_FN(op_iconcat) { return is_sequence(a[0]) ? ob_inplace(OB_BIN_ADD, a[0], a[1]) : OB_NULL; }

/* The place of the first item equal to x, or how many there are; -1 none, -2 an exception. */
static int64_t scan(ob_val seq, ob_val x, bool count) {
    if (!ob_type_of(seq)->slots.iter && !ob_type_of(seq)->slots.getitem) {
        (void)ob_raise(&ob_exc_TypeError, "argument of type '%.200T' is not iterable", seq);
        return -2;
    }
    ob_val it = ob_iter(seq), item;
    int64_t found = 0;
    if (ob_is_null(it)) return -2;
    for (int64_t i = 0; !ob_is_null(item = ob_next(it)); i++) {
        int r = ob_eq_quick(item, x);
        if (r < 0) return -2;
        if (r && !count) return i;
        found += r;
    }
    return ob_failed() ? -2 : count ? found : -1;
}

OB_FN(op_countOf) { int64_t c = scan(a[0], a[1], true); return c < 0 ? OB_NULL : ob_int_from_i64(c); }

OB_FN(op_indexOf) {
    int64_t i = scan(a[0], a[1], false);
    if (i == -1) return ob_raise(&ob_exc_ValueError, "sequence.index(x): x not in sequence");
    return i < 0 ? OB_NULL : ob_int_from_i64(i);
}

OB_FN(op_length_hint) {
    int64_t fallback = 0;
    if (!ob_is_null(a[1]) && !ob_index_i64(a[1], &fallback)) return OB_NULL;
    ssize_t hint = ob_length_hint(a[0], (ssize_t)fallback);
    return hint == -1 && ob_failed() ? OB_NULL : ob_int_from_i64(hint);
}

OB_FN(op_call) {
    if (n < 1) return ob_raise(&ob_exc_TypeError, "call expected at least 1 argument, got 0");
    return ob_call_kw(a[0], a + 1, n - 1, kw);
}

/* Takes the same time wherever two texts of one length differ. */
static bool equal_slowly(const uint8_t *x, size_t nx, const uint8_t *y, size_t ny) {
    volatile uint8_t diff = nx != ny;
    if (nx != ny) x = y;
    for (size_t i = 0; i < ny; i++) diff |= x[i] ^ y[i];
    return diff == 0;
}

OB_FN(op_compare_digest) {
    ob_buffer x, y;
    if (ob_is_str(a[0]) && ob_is_str(a[1])) {
        if (!ob_str_is_ascii(a[0]) || !ob_str_is_ascii(a[1]))
            return ob_raise(&ob_exc_TypeError, "comparing strings with non-ASCII characters is not supported");
        return ob_bool(equal_slowly(ob_str_ptr(a[0])->data, ob_str_len(a[0]), ob_str_ptr(a[1])->data, ob_str_len(a[1])));
    }
    if (!ob_is_buffer(a[0]) && !ob_is_buffer(a[1]))
        return ob_raise(&ob_exc_TypeError, "unsupported operand types(s) or combination of types: '%.100T' and '%.100T'", a[0], a[1]);
    if (!ob_buffer_get(a[0], &x, false)) return OB_NULL;
    bool got = ob_buffer_get(a[1], &y, false);
    ob_val r = got ? ob_bool(equal_slowly(x.data, x.len, y.data, y.len)) : OB_NULL;
    if (got) ob_buffer_release(&y);
    ob_buffer_release(&x);
    return r;
}

/* ---- getters ---- */

/* args: what the constructor got. names: attrgetter: a tuple of tuples of interned parts; methodcaller: the keywords' names. */
typedef struct getter { ob_obj o; ob_val args, names, values; } getter;
static ob_type itemgetter_type, attrgetter_type, methodcaller_type;

static getter *getter_of(ob_val v) { return (getter *)ob_ptr(v); }

static void getter_trace(ob_obj *o, ob_tracer *t) {
    getter *g = (getter *)o;
    ob_trace_val(t, g->args);
    ob_trace_val(t, g->names);
    ob_trace_val(t, g->values);
}

static ob_val getter_new(ob_type *type, const ob_val *a, size_t n, ob_val names, const ob_val *values) {
    ob_val args = ob_tuple_from(a, n);
    ob_val kept = ob_is_null(args) || !values ? args : ob_tuple_from(values, ob_kw_count(names));
    getter *g = ob_is_null(kept) ? NULL : ob_alloc(type, sizeof *g);
    if (!g) return OB_NULL;
    g->args = args;
    g->names = names;
    g->values = values ? kept : OB_NULL;
    return ob_of(g);
}

static bool check_make(const char *name, size_t n, ob_val kw) {
    if (ob_kw_count(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", name));
    return n > 0 || ob_fail(ob_raise(&ob_exc_TypeError, "%s expected 1 argument, got 0", name));
}

static bool check_call(const char *name, size_t n, ob_val kw) {
    if (ob_kw_count(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", name));
    return n == 1 || ob_fail(ob_raise(&ob_exc_TypeError, "%s expected 1 argument, got %zu", name, n));
}

/* name(args, …, key=value, …) */
static ob_val getter_repr(ob_val self) {
    getter *g = getter_of(self);
    bool entered;
    ob_strbuf b;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    const char *name = ob_type_of(self)->name;
    if (!entered) return ob_str_format_c("%s(...)", name);
    ob_strbuf_init(&b);
    (void)ob_strbuf_c(&b, name);
    (void)ob_strbuf_c(&b, "(");
    size_t n = ob_tuple_len(g->args), nkw = ob_is_null(g->values) ? 0 : ob_tuple_len(g->values);
    bool ok = true;
    for (size_t i = 0; ok && i < n + nkw; i++) {
        if (i) (void)ob_strbuf_c(&b, ", ");
        if (i >= n) {
            (void)ob_strbuf_str(&b, ob_tuple_at(g->names, i - n));
            (void)ob_strbuf_c(&b, "=");
        }
        ob_val r = ob_repr(i < n ? ob_tuple_at(g->args, i) : ob_tuple_at(g->values, i - n));
        ok = !ob_is_null(r) && ob_strbuf_str(&b, r);
    }
    (void)ob_strbuf_c(&b, ")");
    ob_repr_leave(self);
    return ok ? ob_strbuf_finish(&b) : OB_NULL;
}

OB_FN(getter_reduce) { return ob_tuple_of2(ob_type_val(ob_type_of(self)), getter_of(self)->args); }

/* get(self, x, i) for each argument: the value, or a tuple of values when there are several. */
static ob_val collect(ob_val self, ob_val x, ob_val (*get)(ob_val self, ob_val x, size_t i)) {
    size_t n = ob_tuple_len(getter_of(self)->args);
    if (n == 1) return get(self, x, 0);
    ob_val t = ob_tuple_alloc(n);
    if (ob_is_null(t)) return t;
    for (size_t i = 0; i < n; i++)
        if (ob_is_null(ob_tuple_ptr(t)->items[i] = get(self, x, i))) return OB_NULL;
    return t;
}

static ob_val item_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    return check_make("itemgetter", n, kw) ? getter_new(type, a, n, OB_NULL, NULL) : OB_NULL;
}
static ob_val item_get(ob_val self, ob_val x, size_t i) { return ob_getitem(x, ob_tuple_at(getter_of(self)->args, i)); }
static ob_val item_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return check_call("itemgetter", n, kw) ? collect(self, a[0], item_get) : OB_NULL;
}

/* "a.b.c" as a tuple of interned names. */
static ob_val split(ob_val name) {
    size_t n = ob_str_len(name), parts = 1, start = 0, k = 0;
    for (size_t i = 0; i < n; i++) parts += ob_str_at(name, i) == '.';
    ob_val t = ob_tuple_alloc(parts);
    if (ob_is_null(t)) return t;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && ob_str_at(name, i) != '.') continue;
        ob_val part = ob_str_slice(name, start, i);
        if (ob_is_null(part) || ob_is_null(part = ob_str_intern(part))) return OB_NULL;
        ob_tuple_ptr(t)->items[k++] = part;
        start = i + 1;
    }
    return t;
}

static ob_val attr_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    if (!check_make("attrgetter", n, kw)) return OB_NULL;
    ob_val all = ob_tuple_alloc(n);
    if (ob_is_null(all)) return all;
    for (size_t i = 0; i < n; i++) {
        if (!ob_is_str(a[i])) return ob_raise(&ob_exc_TypeError, "attribute name must be a string");
        if (ob_is_null(ob_tuple_ptr(all)->items[i] = split(a[i]))) return OB_NULL;
    }
    return getter_new(type, a, n, all, NULL);
}

static ob_val attr_get(ob_val self, ob_val x, size_t i) {
    ob_val parts = ob_tuple_at(getter_of(self)->names, i);
    for (size_t k = 0; k < ob_tuple_len(parts) && !ob_is_null(x); k++) x = ob_getattr(x, ob_tuple_at(parts, k));
    return x;
}
static ob_val attr_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return check_call("attrgetter", n, kw) ? collect(self, a[0], attr_get) : OB_NULL;
}

static ob_val method_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    if (n < 1) return ob_raise(&ob_exc_TypeError, "methodcaller needs at least one argument, the method name");
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "method name must be a string");
    return getter_new(type, a, n, ob_kw_count(kw) ? kw : OB_NULL, ob_kw_count(kw) ? a + n : NULL);
}

static ob_val method_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    getter *g = getter_of(self);
    ob_tuple_obj *args = ob_tuple_ptr(g->args);
    if (!check_call("methodcaller", n, kw)) return OB_NULL;
    if (ob_is_null(g->values)) return ob_call_method(a[0], args->items[0], args->items + 1, args->n - 1);
    ob_val f = ob_getattr(a[0], args->items[0]);
    ob_val all = ob_is_null(f) ? f : ob_binary(OB_BIN_ADD, g->args, g->values);
    return ob_is_null(all) ? all : ob_call_kw(f, ob_tuple_ptr(all)->items + 1, args->n - 1, g->names);
}

/* Keywords travel in a partial of the class. */
OB_FN(method_reduce) {
    getter *g = getter_of(self);
    if (ob_is_null(g->values)) return getter_reduce(self, a, n, kw);
    ob_val name = ob_str_intern_c("functools");
    ob_val m = ob_is_null(name) ? name : ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0);
    ob_val partial = ob_is_null(m) ? m : ob_getattr_c(m, "partial");
    ob_val head = ob_is_null(partial) ? partial : ob_tuple_of2(ob_type_val(ob_type_of(self)), ob_tuple_at(g->args, 0));
    ob_val all = ob_is_null(head) ? head : ob_binary(OB_BIN_ADD, head, g->values);
    ob_val f = ob_is_null(all) ? all : ob_call_kw(partial, ob_tuple_ptr(all)->items, 2, g->names);
    ob_val rest = ob_is_null(f) ? f : ob_tuple_slice(g->args, 1, ob_tuple_len(g->args));
    return ob_is_null(rest) ? rest : ob_tuple_of2(f, rest);
}

static const ob_def getter_methods[] = {
    {"__reduce__", getter_reduce, "", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};
static const ob_def method_methods[] = {
    {"__reduce__", method_reduce, "", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

#define GETTER(var, name_, make_, call_, methods_, doc_) \
    static ob_type var = { \
        OB_TYPE_HEAD(&ob_type_type, NULL), .name = name_, .base = &ob_object_type, .size = sizeof(getter), \
        .slots = {.make = make_, .call = call_, .repr = getter_repr}, .trace = getter_trace, .methods = methods_, .doc = doc_}
GETTER(itemgetter_type, "operator.itemgetter", item_make, item_call, getter_methods, "itemgetter(2)(x) is x[2]; with several items, a tuple of them.");
GETTER(attrgetter_type, "operator.attrgetter", attr_make, attr_call, getter_methods, "attrgetter('a.b')(x) is x.a.b; with several names, a tuple of them.");
GETTER(methodcaller_type, "operator.methodcaller", method_make, method_call, method_methods, "methodcaller('f', 1, k=2)(x) is x.f(1, k=2).");

static const ob_def defs[] = {
    {"_compare_digest", op_compare_digest, "a, b, /", "a == b, in a time that does not tell where they differ.", 0},
    {"abs", op_abs, "a, /", "abs(a).", 0},
    {"add", op_add, "a, b, /", "a + b.", 0},
    {"and_", op_and, "a, b, /", "a & b.", 0},
    {"call", op_call, NULL, "call(obj, /, *args, **kwargs)\n\nobj(*args, **kwargs).", 0},
    {"concat", op_concat, "a, b, /", "a + b, for sequences.", 0},
    {"contains", op_contains, "a, b, /", "b in a.", 0},
    {"countOf", op_countOf, "a, b, /", "How many items of a equal b.", 0},
    {"delitem", op_delitem, "a, b, /", "del a[b].", 0},
    {"eq", op_eq, "a, b, /", "a == b.", 0},
    {"floordiv", op_floordiv, "a, b, /", "a // b.", 0},
    {"ge", op_ge, "a, b, /", "a >= b.", 0},
    {"getitem", op_getitem, "a, b, /", "a[b].", 0},
    {"gt", op_gt, "a, b, /", "a > b.", 0},
    {"iadd", op_iadd, "a, b, /", "a += b.", 0},
    {"iand", op_iand, "a, b, /", "a &= b.", 0},
    {"iconcat", op_iconcat, "a, b, /", "a += b, for sequences.", 0},
    {"ifloordiv", op_ifloordiv, "a, b, /", "a //= b.", 0},
    {"ilshift", op_ilshift, "a, b, /", "a <<= b.", 0},
    {"imatmul", op_imatmul, "a, b, /", "a @= b.", 0},
    {"imod", op_imod, "a, b, /", "a %= b.", 0},
    {"imul", op_imul, "a, b, /", "a *= b.", 0},
    {"index", op_index, "a, /", "a.__index__().", 0},
    {"indexOf", op_indexOf, "a, b, /", "The index of the first item of a that equals b.", 0},
    {"inv", op_invert, "a, /", "~a.", 0},
    {"invert", op_invert, "a, /", "~a.", 0},
    {"ior", op_ior, "a, b, /", "a |= b.", 0},
    {"ipow", op_ipow, "a, b, /", "a **= b.", 0},
    {"irshift", op_irshift, "a, b, /", "a >>= b.", 0},
    {"is_", op_is, "a, b, /", "a is b.", 0},
    {"is_not", op_is_not, "a, b, /", "a is not b.", 0},
    {"isub", op_isub, "a, b, /", "a -= b.", 0},
    {"itruediv", op_itruediv, "a, b, /", "a /= b.", 0},
    {"ixor", op_ixor, "a, b, /", "a ^= b.", 0},
    {"le", op_le, "a, b, /", "a <= b.", 0},
    {"length_hint", op_length_hint, "obj, default=0, /", "An estimate of how many items obj has.", 0},
    {"lshift", op_lshift, "a, b, /", "a << b.", 0},
    {"lt", op_lt, "a, b, /", "a < b.", 0},
    {"matmul", op_matmul, "a, b, /", "a @ b.", 0},
    {"mod", op_mod, "a, b, /", "a % b.", 0},
    {"mul", op_mul, "a, b, /", "a * b.", 0},
    {"ne", op_ne, "a, b, /", "a != b.", 0},
    {"neg", op_neg, "a, /", "-a.", 0},
    {"not_", op_not, "a, /", "not a.", 0},
    {"or_", op_or, "a, b, /", "a | b.", 0},
    {"pos", op_pos, "a, /", "+a.", 0},
    {"pow", op_pow, "a, b, /", "a ** b.", 0},
    {"rshift", op_rshift, "a, b, /", "a >> b.", 0},
    {"setitem", op_setitem, "a, b, c, /", "a[b] = c.", 0},
    {"sub", op_sub, "a, b, /", "a - b.", 0},
    {"truediv", op_truediv, "a, b, /", "a / b.", 0},
    {"truth", op_truth, "a, /", "Is a true?", 0},
    {"xor", op_xor, "a, b, /", "a ^ b.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
static bool fill(ob_val m) {
    return ob_module_add_type(m, &itemgetter_type) && ob_module_add_type(m, &attrgetter_type) && ob_module_add_type(m, &methodcaller_type);
}
const ob_module_def py_mod__operator = {"_operator", "The operators as functions.", defs, fill};
