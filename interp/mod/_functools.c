/* _functools.c: the module _functools: partial, reduce, cmp_to_key; the cache is in _functools_cache.c.
 * Locks: none; bodies are flat and versioned. */
#include "interp/mod/_functools_int.h"
#include "interp/mod/modules.h"
#include "objspace/unversioned.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/persist/persist.h"
#include "objspace/tuple.h"

/* ---- partial ---- */

typedef struct partial_body { ob_val fn, args /* tuple */, kw /* dict */; } partial_body;

static ob_type partial_type;
static partial_body partial(ob_val self) { return *(const partial_body *)ob_read(self); }
static void partial_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 3); }

static ob_val concat(ob_val t, const ob_val *a, size_t n) {
    size_t m = ob_tuple_len(t);
    if (!n) return t;
    ob_val r = ob_tuple_alloc(m + n);
    if (ob_is_null(r)) return r;
    memcpy(ob_tuple_ptr(r)->items, ob_tuple_ptr(t)->items, m * sizeof *a);
    memcpy(ob_tuple_ptr(r)->items + m, a, n * sizeof *a);
    return r;
}

static bool has_attrs(ob_val self) {
    size_t pos = 0;
    ob_val name, value;
    return ob_attr_next(self, &pos, &name, &value);
}

static ob_val partial_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (!n) return ob_raise(&ob_exc_TypeError, "type 'partial' takes at least one argument");
    if (!ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "the first argument must be callable");
    partial_body b = {a[0], ob_empty_tuple, OB_NULL};
    /* A plain partial of a partial is flattened. */
    if (ob_is_exact(a[0], &partial_type) && !has_attrs(a[0])) b = partial(a[0]);
    b.args = concat(b.args, a + 1, n - 1);
    b.kw = ob_is_null(b.kw) ? ob_dict_new() : ob_dict_copy(b.kw);
    if (ob_is_null(b.args) || ob_is_null(b.kw)) return OB_NULL;
    for (size_t i = 0; i < ob_kw_count(kw); i++)
        if (!ob_dict_set(b.kw, ob_tuple_at(kw, i), a[n + i])) return OB_NULL;
    tx_handle *h = ob_alloc_mut(t, sizeof b);
    if (!h) return OB_NULL;
    *(partial_body *)tx_inline_body(h) = b;
    return ob_of(h);
}

/* With keywords on either side: those of the call win. */
static ob_val call_with_kw(partial_body b, const ob_val *a, size_t n, ob_val kw) {
    ob_val d = ob_kw_count(kw) ? ob_dict_copy(b.kw) : b.kw, args = concat(b.args, a, n);
    if (ob_is_null(d) || ob_is_null(args)) return OB_NULL;
    for (size_t i = 0; i < ob_kw_count(kw); i++)
        if (!ob_dict_set(d, ob_tuple_at(kw, i), a[n + i])) return OB_NULL;
    return ob_call_ex(b.fn, args, d);
}

static ob_val partial_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    enum { ON_STACK = 8 };
    partial_body b = partial(self);
    size_t m = ob_tuple_len(b.args);
    if (ob_dict_len(b.kw)) return call_with_kw(b, a, n, kw);
    if (!m) return ob_call_kw(b.fn, a, n, kw);
    size_t k = n + ob_kw_count(kw);
    ob_val few[ON_STACK], *all = few;
    if (m + k > ON_STACK) {
        ob_val t = ob_tuple_alloc(m + k);
        if (ob_is_null(t)) return t;
        all = ob_tuple_ptr(t)->items;
    }
    memcpy(all, ob_tuple_ptr(b.args)->items, m * sizeof *a);
    if (k) memcpy(all + m, a, k * sizeof *a);
    return ob_call_kw(b.fn, all, m + n, kw);
}

static ob_val partial_repr(ob_val self) {
    bool entered, ok;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_str_from_c("...");
    partial_body b = partial(self);
    const ob_type *t = ob_type_of(self);
    ob_strbuf s;
    ob_strbuf_init(&s);
    ob_val r = ob_repr(b.fn), k, v;
    bool inner = t == &partial_type;
    ok = !ob_is_null(r) && (!inner || ob_strbuf_c(&s, "functools.")) && ob_strbuf_c(&s, ob_type_short_name(t)) && ob_strbuf_char(&s, '(') && ob_strbuf_str(&s, r);
    for (size_t i = 0; ok && i < ob_tuple_len(b.args); i++)
        ok = !ob_is_null(r = ob_repr(ob_tuple_at(b.args, i))) && ob_strbuf_c(&s, ", ") && ob_strbuf_str(&s, r);
    for (size_t pos = 0; ok && ob_dict_next(b.kw, &pos, &k, &v);)
        ok = !ob_is_null(r = ob_str_format_c(", %S=%R", k, v)) && ob_strbuf_str(&s, r);
    ob_repr_leave(self);
    return ok && ob_strbuf_char(&s, ')') ? ob_strbuf_finish(&s) : OB_NULL;
}

static ob_val partial_attrs(ob_val self) { return ob_attr_dict(self); }
static ob_val partial_fn(ob_val self) { return partial(self).fn; }
static ob_val partial_args(ob_val self) { return partial(self).args; }
static ob_val partial_kw(ob_val self) { return partial(self).kw; }

OB_FN(partial_reduce) {
    partial_body b = partial(self);
    ob_val attrs = has_attrs(self) ? ob_attr_dict(self) : OB_NONE, args = ob_tuple_of1(b.fn);
    if (ob_is_null(attrs) || ob_is_null(args)) return OB_NULL;
    ob_val state = ob_tuple_from((ob_val[]){b.fn, b.args, b.kw, attrs}, 4);
    return ob_is_null(state) ? state : ob_tuple_of3(ob_type_val(ob_type_of(self)), args, state);
}
OB_FN(partial_setstate) {
    ob_val s = a[0];
    if (!ob_is_tuple(s) || ob_tuple_len(s) != 4 || !ob_is_callable(ob_tuple_at(s, 0)) || !ob_is_tuple(ob_tuple_at(s, 1)) ||
        (!ob_is_none(ob_tuple_at(s, 2)) && !ob_is_dict(ob_tuple_at(s, 2))))
        return ob_raise(&ob_exc_TypeError, "invalid partial state");
    ob_val args = ob_tuple_at(s, 1), names = ob_tuple_at(s, 2), attrs = ob_tuple_at(s, 3);
    if (!ob_is_exact(args, &ob_tuple_type)) args = ob_tuple_from(ob_tuple_ptr(args)->items, ob_tuple_len(args));
    if (ob_is_none(names)) names = ob_dict_new();
    else if (!ob_is_exact(names, &ob_dict_type)) names = ob_dict_copy(names);
    if (ob_is_null(args) || ob_is_null(names)) return OB_NULL;
    if (ob_is_none(attrs) && ob_is_null(attrs = ob_dict_new())) return attrs;
    if (!ob_attr_dict_set(self, attrs)) return OB_NULL;
    partial_body *b = ob_write(self);
    if (!b) return OB_NULL;
    *b = (partial_body){ob_tuple_at(s, 0), args, names};
    return OB_NONE;
}
static const ob_def partial_methods[] = {
    {"__reduce__", partial_reduce, "", NULL, 0},
    {"__setstate__", partial_setstate, "state, /", NULL, 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
static const ob_getset partial_getsets[] = {
    {"__dict__", partial_attrs, ob_attr_dict_set, NULL},
    {"func", partial_fn, ob_readonly_member, "function object to use in future partial calls"},
    {"args", partial_args, ob_readonly_member, "tuple of arguments to future partial calls"},
    {"keywords", partial_kw, ob_readonly_member, "dictionary of keyword arguments to future partial calls"},
    {0},
};
static ob_type partial_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "functools.partial", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_HOLDER,
    .size = sizeof(partial_body), .has_dict = true, .has_weakref = true, .trace_body = partial_trace,
    .slots = {.repr = partial_repr, .call = partial_call, .make = partial_make}, .methods = partial_methods, .getsets = partial_getsets,
    .doc = "partial(func, *args, **keywords) - new function with partial application\n    of the given arguments and keywords.\n"};

static bool partial_encode(pe_encoder *e, ob_obj *o, const void *body) {
    const partial_body *b = body;
    return (void)o, pe_put_val(e, b->fn) && pe_put_val(e, b->args) && pe_put_val(e, b->kw);
}
static ob_val partial_decode(pe_decoder *d) {
    partial_body b;
    tx_handle *h = ob_alloc_mut(&partial_type, sizeof b);
    if (!h || !pe_get_val(d, &b.fn) || !pe_get_val(d, &b.args) || !pe_get_val(d, &b.kw)) return OB_NULL;
    *(partial_body *)tx_inline_body(h) = b;
    return ob_of(h);
}
static ob_val no_keywords;
static void partial_blank(void *body) { *(partial_body *)body = (partial_body){OB_NONE, ob_empty_tuple, no_keywords}; }
static const pe_codec partial_codec = {.type = &partial_type, .encode = partial_encode, .decode = partial_decode, .blank = partial_blank};

/* ---- cmp_to_key ---- */

typedef struct key_obj { ob_obj o; ob_val cmp, obj; } key_obj;      /* obj OB_NULL: the factory itself */
static ob_type key_type;
static key_obj *key_ptr(ob_val v) { return (key_obj *)ob_ptr(v); }
static void key_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((key_obj *)o)->cmp, 2); }

static ob_val key_new(ob_val cmp, ob_val obj) {
    key_obj *k = ob_alloc(&key_type, sizeof *k);
    if (!k) return OB_NULL;
    ob_born_now(k);
    k->cmp = cmp;
    k->obj = obj;
    return ob_of(k);
}
OB_FN(key_bound) { return key_new(key_ptr(self)->cmp, a[0]); }
static ob_val key_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"K", key_bound, "obj", NULL, 0};
    return ob_def_call(&def, self, a, n, kw);
}
static ob_val key_cmp(ob_val x, ob_val y, ob_cmp_op op) {
    if (!ob_is_exact(y, &key_type)) return ob_raise(&ob_exc_TypeError, "other argument must be K instance");
    ob_val p = key_ptr(x)->obj, q = key_ptr(y)->obj;
    if (ob_is_null(p) || ob_is_null(q)) return ob_raise(&ob_exc_AttributeError, "object");
    ob_val r = ob_call2(key_ptr(x)->cmp, p, q);
    return ob_is_null(r) ? r : ob_compare(op, r, ob_from_small(0));
}
static ob_val key_obj_get(ob_val self) {
    ob_val v = key_ptr(self)->obj;
    return ob_is_null(v) ? OB_NONE : v;
}
static bool key_obj_set(ob_val self, ob_val v) {
    return ob_field_set(key_ptr(self), &key_ptr(self)->obj, v);
}
static const ob_getset key_getsets[] = {{"obj", key_obj_get, key_obj_set, "Value wrapped by a key function."}, {0}};
static ob_type key_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "functools.KeyWrapper", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(key_obj),
    .trace = key_trace, .slots = {.hash = ob_hash_unhashable, .cmp = key_cmp, .call = key_call}, .getsets = key_getsets};

OB_FN(cmp_to_key) { return key_new(a[0], OB_NULL); }

/* ---- reduce ---- */

OB_FN(reduce) {
    if (!ob_args_check("reduce", n, kw, 2, 3)) return OB_NULL;
    ob_val it = ob_iter(a[1]), total = n > 2 ? a[2] : OB_NULL;
    if (ob_is_null(it)) {
        if (ob_err_clear_if(&ob_exc_TypeError)) ob_raise(&ob_exc_TypeError, "reduce() arg 2 must support iteration");
        return OB_NULL;
    }
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        total = ob_is_null(total) ? x : ob_call2(a[0], total, x);
        if (ob_is_null(total)) return total;
    }
    if (ob_failed()) return OB_NULL;
    return ob_is_null(total) ? ob_raise(&ob_exc_TypeError, "reduce() of empty iterable with no initial value") : total;
}

/* ---- the module ---- */

static bool fill(ob_val m) {
    no_keywords = ob_dict_new();
    return !ob_is_null(no_keywords) && ob_gc_add_static(&no_keywords) && ob_module_add_type(m, &partial_type) && ob_type_ready(&key_type) && py__functools_cache_fill(m) &&
           pe_register(&partial_codec);
}
static const ob_def defs[] = {
    {"cmp_to_key", cmp_to_key, "mycmp", "Convert a cmp= function into a key= function.", 0},
    {"reduce", reduce, NULL,
     "reduce(function, iterable[, initial], /) -> value\n\nApply a function of two arguments cumulatively to the items of an iterable, from left to right.", 0},
    {0},
};
const ob_module_def py_mod__functools = {"_functools", "Tools that operate on functions.", defs, fill};
