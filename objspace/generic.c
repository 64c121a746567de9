/* generic.c: types.GenericAlias (list[int]) and types.UnionType (int | str).
 * Locks: none; both are constant, but for the lazily made tuple of parameters (idempotent). */
#include "objspace/generic.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/type_make.h"

static ob_generic_alias *alias(ob_val v) { return (ob_generic_alias *)ob_ptr(v); }
static ob_union *uni(ob_val v) { return (ob_union *)ob_ptr(v); }
static ob_val id(const char *s) { return ob_str_intern_c(s); }

/* ---- type parameters ---- */
static bool add_once(ob_val list, ob_val x) {
    for (size_t i = 0; i < ob_list_len(list); i++)
        if (ob_same(ob_list_at(list, i), x)) return true;
    return ob_list_append(list, x);
}

/* Is x something that substitution replaces (it has __typing_subst__)? 1 0 -1 */
static int is_parameter(ob_val x) {
    if (ob_is_type(x)) return 0;
    ob_val s = ob_getattr_opt(x, id("__typing_subst__"));
    return ob_is_null(s) ? (ob_failed() ? -1 : 0) : 1;
}
static ob_val parameters_of(ob_val x) {                 /* its __parameters__ tuple; OB_NULL, maybe with an exception */
    if (ob_is_type(x)) return OB_NULL;
    ob_val p = ob_getattr_opt(x, id("__parameters__"));
    return !ob_is_null(p) && ob_is_tuple(p) ? p : OB_NULL;
}

static ob_val make_parameters(ob_val args) {
    ob_val list = ob_list_new(0);
    for (size_t i = 0; !ob_is_null(list) && i < ob_tuple_len(args); i++) {
        ob_val x = ob_tuple_at(args, i);
        int r = is_parameter(x);
        if (r < 0 || (r && !add_once(list, x))) return OB_NULL;
        if (r) continue;
        ob_val p = parameters_of(x);
        if (ob_is_null(p) && ob_failed()) return OB_NULL;
        for (size_t j = 0; !ob_is_null(p) && j < ob_tuple_len(p); j++)
            if (!add_once(list, ob_tuple_at(p, j))) return OB_NULL;
    }
    return ob_is_null(list) ? list : ob_list_as_tuple(list);
}

static ssize_t index_in(ob_val tuple, ob_val x) {
    for (size_t i = 0; i < ob_tuple_len(tuple); i++)
        if (ob_same(ob_tuple_at(tuple, i), x)) return (ssize_t)i;
    return -1;
}

/* *Ts in the arguments of a subscript are written out: `tuple[int, *Ts]`. */
static ob_val unpack_items(ob_val items) {
    ob_val list = ob_list_new(ob_tuple_len(items));
    for (size_t i = 0; !ob_is_null(list) && i < ob_tuple_len(items); i++) {
        ob_val x = ob_tuple_at(items, i), sub = ob_is_type(x) ? OB_NULL : ob_getattr_opt(x, id("__typing_unpacked_tuple_args__"));
        if (ob_failed()) return OB_NULL;
        bool open = !ob_is_null(sub) && ob_is_tuple(sub) && ob_tuple_len(sub) && ob_same(ob_tuple_at(sub, ob_tuple_len(sub) - 1), OB_ELLIPSIS);
        if (!ob_is_null(sub) && ob_is_tuple(sub) && !open ? !ob_list_extend(list, sub) : !ob_list_append(list, x)) return OB_NULL;
    }
    return ob_is_null(list) ? list : ob_list_as_tuple(list);
}

static ob_val prepared(ob_val self, ob_val params, ob_val items) {
    for (size_t i = 0; i < ob_tuple_len(params); i++) {
        ob_val f = ob_getattr_opt(ob_tuple_at(params, i), id("__typing_prepare_subst__"));
        if (ob_is_null(f) && ob_failed()) return f;
        if (ob_is_null(f) || ob_is_none(f)) continue;
        ob_val r = ob_call2(f, self, ob_is_tuple(items) ? items : ob_tuple_of1(items));
        if (ob_is_null(r)) return r;
        items = r;
    }
    return items;
}

/* Is x `*Ts`? 1 0 -1 */
static int is_unpacked(ob_val x) {
    if (ob_is_type(x)) return 0;
    ob_val v = ob_getattr_opt(x, id("__typing_is_unpacked_typevartuple__"));
    return ob_is_null(v) ? (ob_failed() ? -1 : 0) : ob_truth(v);
}

/* x, which is no parameter, with the parameters that it contains replaced. */
static ob_val substitute_inside(ob_val x, ob_val params, ob_val items) {
    ob_val own = parameters_of(x);
    if (ob_is_null(own)) return ob_failed() ? own : x;
    if (ob_tuple_len(own) == 0) return x;
    ob_val list = ob_list_new(0);
    for (size_t i = 0; !ob_is_null(list) && i < ob_tuple_len(own); i++) {
        ssize_t at = index_in(params, ob_tuple_at(own, i));
        ob_val v = at < 0 ? ob_tuple_at(own, i) : ob_tuple_at(items, (size_t)at);
        bool many = at >= 0 && ob_is_tuple(v) && ob_type_of(ob_tuple_at(params, (size_t)at))->slots.iter;
        if (many ? !ob_list_extend(list, v) : !ob_list_append(list, v)) return OB_NULL;
    }
    ob_val t = ob_is_null(list) ? list : ob_list_as_tuple(list);
    return ob_is_null(t) ? t : ob_getitem(x, t);
}

/* *spread: the result is a tuple that stands for several arguments. */
static ob_val substitute_one(ob_val x, ob_val params, ob_val items, bool *spread) {
    *spread = false;
    if (ob_is_type(x)) return x;
    int unpack = is_unpacked(x);
    ob_val subst = unpack < 0 ? OB_NULL : ob_getattr_opt(x, id("__typing_subst__"));
    if (ob_failed()) return OB_NULL;
    ob_val r;
    if (ob_is_null(subst)) {
        r = substitute_inside(x, params, items);
    } else {
        ssize_t at = index_in(params, x);
        r = at < 0 ? x : ob_call1(subst, ob_tuple_at(items, (size_t)at));
    }
    *spread = unpack && !ob_is_null(r) && ob_is_tuple(r);
    return r;
}

static ob_val substitute(ob_val self, ob_val args, ob_val params, ob_val item) {
    if (ob_tuple_len(params) == 0) return ob_raise(&ob_exc_TypeError, "%R is not a generic class", self);
    ob_val items = ob_is_tuple(item) ? item : ob_tuple_of1(item);
    items = ob_is_null(items) ? items : unpack_items(items);
    items = ob_is_null(items) ? items : prepared(self, params, items);
    if (ob_is_null(items)) return items;
    size_t have = ob_tuple_len(items), want = ob_tuple_len(params);
    if (have != want) return ob_raise(&ob_exc_TypeError, "Too %s arguments for %R; actual %zu, expected %zu", have > want ? "many" : "few", self, have, want);
    ob_val list = ob_list_new(ob_tuple_len(args));
    for (size_t i = 0; !ob_is_null(list) && i < ob_tuple_len(args); i++) {
        bool spread;
        ob_val x = substitute_one(ob_tuple_at(args, i), params, items, &spread);
        if (ob_is_null(x) || (spread ? !ob_list_extend(list, x) : !ob_list_append(list, x))) return OB_NULL;
    }
    return ob_is_null(list) ? list : ob_list_as_tuple(list);
}

/* ---- texts ---- */
static bool write_type(ob_strbuf *b, ob_val x) {
    if (ob_same(x, OB_ELLIPSIS)) return ob_strbuf_c(b, "...");
    if (ob_same(x, ob_type_val(&ob_none_type))) return ob_strbuf_c(b, "None");
    ob_val origin = ob_getattr_opt(x, id("__origin__")), args = ob_is_null(origin) ? origin : ob_getattr_opt(x, id("__args__"));
    if (ob_failed()) return false;
    ob_val q = OB_NULL, m = OB_NULL;
    if (ob_is_null(args)) {
        q = ob_getattr_opt(x, OB_NAME(qualname));
        m = ob_is_null(q) ? q : ob_getattr_opt(x, OB_NAME(module));
        if (ob_failed()) return false;
    }
    if (ob_is_null(m) || ob_is_none(m)) {
        ob_val r = ob_repr(x);
        return !ob_is_null(r) && ob_strbuf_str(b, r);
    }
    ob_val s = ob_is_str(m) && ob_str_equal_c(m, "builtins") ? ob_str(q) : ob_str_format_c("%S.%S", m, q);
    return !ob_is_null(s) && ob_strbuf_str(b, s);
}

/* ---- GenericAlias ---- */
static ob_val alias_make_of(ob_type *type, ob_val origin, ob_val args, bool starred) {
    if (!ob_is_tuple(args)) args = ob_tuple_of1(args);
    ob_generic_alias *g = ob_is_null(args) ? NULL : ob_alloc(type, sizeof *g);
    if (!g) return OB_NULL;
    g->origin = origin;
    g->args = args;
    g->starred = starred;
    return ob_of(g);
}
ob_val ob_generic_alias_new(ob_val origin, ob_val args) { return alias_make_of(&ob_generic_alias_type, origin, args, false); }
ob_val ob_class_getitem(ob_val type, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    return ob_generic_alias_new(type, a[0]);
}
static ob_val alias_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    if (!ob__take_args("GenericAlias", a, n, kw, 2, 2)) return OB_NULL;
    return alias_make_of(type, a[0], a[1], false);
}

static ob_val alias_params(ob_val v) {
    ob_generic_alias *g = alias(v);
    if (ob_is_null(g->params)) g->params = make_parameters(g->args);
    return g->params;
}

static ob_val alias_repr(ob_val v) {
    ob_generic_alias *g = alias(v);
    ob_strbuf b;
    ob_strbuf_init(&b);
    bool ok = (!g->starred || ob_strbuf_char(&b, '*')) && write_type(&b, g->origin) && ob_strbuf_char(&b, '[');
    size_t n = ob_tuple_len(g->args);
    for (size_t i = 0; ok && i < n; i++) ok = (i == 0 || ob_strbuf_c(&b, ", ")) && write_type(&b, ob_tuple_at(g->args, i));
    if (ok && n == 0) ok = ob_strbuf_c(&b, "()");
    if (ok) ok = ob_strbuf_char(&b, ']');
    if (ok) return ob_strbuf_finish(&b);
    ob_strbuf_release(&b);
    return OB_NULL;
}

static ob_val alias_getattr(ob_val v, ob_val name) {
    static const char *const own[] = {"__class__", "__bases__", "__origin__", "__args__", "__unpacked__", "__parameters__", "__typing_unpacked_tuple_args__",
                                      "__mro_entries__", "__reduce_ex__", "__reduce__", "__copy__", "__deepcopy__"};
    for (size_t i = 0; i < BASE_LENGTH(own); i++)
        if (ob_str_equal_c(name, own[i])) return ob_generic_getattr(v, name);
    return ob_getattr(alias(v)->origin, name);
}

static ob_val alias_call(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    ob_val r = ob_call_kw(alias(v)->origin, a, n, kw);
    if (ob_is_null(r)) return r;
    ob_val name = id("__orig_class__");
    if (!ob_is_null(name) && ob_setattr(r, name, v)) return r;
    return ob_err_clear_if(&ob_exc_AttributeError) || ob_err_clear_if(&ob_exc_TypeError) ? r : OB_NULL;
}

static ob_val alias_getitem(ob_val v, ob_val item) {
    ob_val params = alias_params(v);
    ob_val args = ob_is_null(params) ? params : substitute(v, alias(v)->args, params, item);
    return ob_is_null(args) ? args : alias_make_of(ob_type_of(v), alias(v)->origin, args, alias(v)->starred);
}

static ob_val alias_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_a(a, &ob_generic_alias_type) || !ob_is_a(b, &ob_generic_alias_type) || (op != OB_EQ && op != OB_NE)) return OB_NOT_IMPLEMENTED;
    int r = alias(a)->starred == alias(b)->starred;
    if (r) r = ob_eq(alias(a)->origin, alias(b)->origin);
    if (r > 0) r = ob_eq(alias(a)->args, alias(b)->args);
    return r < 0 ? OB_NULL : ob_bool(r == (op == OB_EQ));
}
static bool alias_hash(ob_val v, uint64_t *out) {
    uint64_t x, y;
    if (!ob_hash(alias(v)->origin, &x) || !ob_hash(alias(v)->args, &y)) return false;
    *out = x ^ y;
    return true;
}
/* The iterator of one item, the starred form, which `*tuple[int]` in a subscript takes out. */
typedef struct once_body { ob_val alias; } once_body;    /* OB_NULL: done */
static ob_val once_next(ob_val it) {
    ob_val g = ((const once_body *)ob_read(it))->alias;
    once_body *b = ob_is_null(g) ? NULL : ob_write(it);
    if (!b) return OB_NULL;
    b->alias = OB_NULL;
    return alias_make_of(ob_type_of(g), alias(g)->origin, alias(g)->args, true);
}
static ob_val once_iter(ob_val it) { return it; }
static ob_val once_reduce(ob_val it, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val g = ((const once_body *)ob_read(it))->alias, iter = ob__from_builtins("iter");
    return ob_is_null(iter) ? iter : ob_tuple_of2(iter, ob_tuple_of1(ob_is_null(g) ? ob_empty_tuple : g));
}
static void once_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_val(t, ((const once_body *)body)->alias); }
static ob_type once_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind),
    .name = "generic_alias_iterator", .size = sizeof(once_body), .trace_body = once_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.iter = once_iter, .next = once_next}, .methods = (const ob_def[]){{"__reduce__", once_reduce, "", NULL, 0}, {0}},
};
static ob_val alias_iter(ob_val v) {
    tx_handle *h = ob_type_ready(&once_type) ? ob_alloc_mut(&once_type, sizeof(once_body)) : NULL;
    if (h) ((once_body *)tx_inline_body(h))->alias = v;
    return ob_of(h);
}

static ob_val alias_origin(ob_val v) { return alias(v)->origin; }
static ob_val alias_args(ob_val v) { return alias(v)->args; }
static ob_val alias_unpacked(ob_val v) { return ob_bool(alias(v)->starred); }
static ob_val alias_unpacked_args(ob_val v) {
    return alias(v)->starred && ob_same(alias(v)->origin, ob_type_val(&ob_tuple_type)) ? alias(v)->args : OB_NONE;
}
static ob_val alias_mro_entries(ob_val v, const ob_val *a, size_t n, ob_val kw) { (void)a, (void)n, (void)kw; return ob_tuple_of1(alias(v)->origin); }
static ob_val alias_instancecheck(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)v, (void)a, (void)n, (void)kw;
    return ob_raise(&ob_exc_TypeError, "isinstance() argument 2 cannot be a parameterized generic");
}
static ob_val alias_subclasscheck(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)v, (void)a, (void)n, (void)kw;
    return ob_raise(&ob_exc_TypeError, "issubclass() argument 2 cannot be a parameterized generic");
}
static ob_val alias_reduce(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_generic_alias *g = alias(v);
    if (!g->starred) return ob_tuple_of2(ob_type_val(ob_type_of(v)), ob_tuple_of2(g->origin, g->args));
    ob_val plain = ob_generic_alias_new(g->origin, g->args), next = ob__from_builtins("next"), it = ob_is_null(plain) ? plain : ob_iter(plain);
    return ob_is_null(next) || ob_is_null(it) ? OB_NULL : ob_tuple_of2(next, ob_tuple_of1(it));
}
static ob_val alias_dir(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    static const char *const own[] = {"__origin__", "__args__", "__parameters__", "__mro_entries__", "__reduce_ex__", "__reduce__", "__copy__", "__deepcopy__",
                                      "__unpacked__", "__typing_unpacked_tuple_args__", "__class__"};
    ob_val list = ob_call_method(alias(v)->origin, OB_NAME(dir), NULL, 0);
    if (ob_is_null(list) && ob_is_type(alias(v)->origin)) { ob_err_clear(); list = ob__class_dir(alias(v)->origin); }
    for (size_t i = 0; !ob_is_null(list) && i < BASE_LENGTH(own); i++) {
        int there = ob_contains(list, id(own[i]));
        if (there < 0 || (!there && !ob_list_append(list, id(own[i])))) return OB_NULL;
    }
    return list;
}
static void alias_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((ob_generic_alias *)o)->origin);
    ob_trace_val(t, ((ob_generic_alias *)o)->args);
    ob_trace_val(t, ((ob_generic_alias *)o)->params);
}

ob_type ob_generic_alias_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "types.GenericAlias", .size = sizeof(ob_generic_alias), .trace = alias_trace, .flags = OB_TF_BASE, .has_weakref = true,
    .doc = "Represent a PEP 585 generic type",
    .slots = {.repr = alias_repr, .getattr = alias_getattr, .call = alias_call, .getitem = alias_getitem, .cmp = alias_cmp, .hash = alias_hash, .iter = alias_iter,
              .make = alias_make, .binary[OB_BIN_OR] = ob_union_of},
    .methods = (const ob_def[]){{"__mro_entries__", alias_mro_entries, "bases, /", NULL, 0}, {"__instancecheck__", alias_instancecheck, "instance, /", NULL, 0},
                                {"__subclasscheck__", alias_subclasscheck, "cls, /", NULL, 0}, {"__reduce__", alias_reduce, "", NULL, 0},
                                {"__dir__", alias_dir, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__origin__", alias_origin, ob_readonly_member, NULL}, {"__args__", alias_args, ob_readonly_member, NULL}, {"__parameters__", alias_params, NULL, NULL},
                                   {"__unpacked__", alias_unpacked, ob_readonly_member, NULL}, {"__typing_unpacked_tuple_args__", alias_unpacked_args, NULL, NULL}, {0}},
};

/* ---- UnionType ---- */
static bool unionable(ob_val v) { return ob_is_none(v) || ob_is_type(v) || ob_is_a(v, &ob_generic_alias_type) || ob_is_exact(v, &ob_union_type); }

static bool add_member(ob_val list, ob_val x) {
    if (ob_is_none(x)) x = ob_type_val(&ob_none_type);
    for (size_t i = 0; i < ob_list_len(list); i++) {
        ob_val y = ob_list_at(list, i);
        if (ob_type_of(x) != ob_type_of(y) && !ob_same(x, y) && !(ob_is_type(x) && ob_is_type(y))) continue;
        int r = ob_eq(y, x);
        if (r) return r > 0;
    }
    return ob_list_append(list, x);
}
static bool add_members(ob_val list, ob_val x) {
    if (!ob_is_exact(x, &ob_union_type)) return add_member(list, x);
    for (size_t i = 0; i < ob_tuple_len(uni(x)->args); i++)
        if (!add_member(list, ob_tuple_at(uni(x)->args, i))) return false;
    return true;
}

ob_val ob_union_of(ob_val a, ob_val b) {
    if (!unionable(a) || !unionable(b)) return OB_NOT_IMPLEMENTED;
    ob_val list = ob_list_new(2);
    if (ob_is_null(list) || !add_members(list, a) || !add_members(list, b)) return OB_NULL;
    if (ob_list_len(list) == 1) return ob_list_at(list, 0);
    ob_union *u = ob_alloc(&ob_union_type, sizeof *u);
    if (!u) return OB_NULL;
    u->args = ob_list_as_tuple(list);
    return ob_is_null(u->args) ? OB_NULL : ob_of(u);
}

static ob_val union_repr(ob_val v) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    bool ok = true;
    for (size_t i = 0; ok && i < ob_tuple_len(uni(v)->args); i++) ok = (i == 0 || ob_strbuf_c(&b, " | ")) && write_type(&b, ob_tuple_at(uni(v)->args, i));
    if (ok) return ob_strbuf_finish(&b);
    ob_strbuf_release(&b);
    return OB_NULL;
}
static ob_val union_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_exact(a, &ob_union_type) || !ob_is_exact(b, &ob_union_type) || (op != OB_EQ && op != OB_NE)) return OB_NOT_IMPLEMENTED;
    ob_val x = ob_frozenset_of_iterable(uni(a)->args), y = ob_is_null(x) ? x : ob_frozenset_of_iterable(uni(b)->args);
    return ob_is_null(y) ? y : ob_compare(op, x, y);
}
static bool union_hash(ob_val v, uint64_t *out) {
    ob_val s = ob_frozenset_of_iterable(uni(v)->args);
    return !ob_is_null(s) && ob_hash(s, out);
}
static ob_val union_params(ob_val v) {
    if (ob_is_null(uni(v)->params)) uni(v)->params = make_parameters(uni(v)->args);
    return uni(v)->params;
}
static ob_val union_getitem(ob_val v, ob_val item) {
    ob_val params = union_params(v), args = ob_is_null(params) ? params : substitute(v, uni(v)->args, params, item);
    if (ob_is_null(args)) return args;
    ob_val r = ob_tuple_at(args, 0);
    for (size_t i = 1; !ob_is_null(r) && i < ob_tuple_len(args); i++) r = ob_binary(OB_BIN_OR, r, ob_tuple_at(args, i));
    return r;
}
static ob_val check_members(ob_val self, ob_val x, bool sub) {
    ob_val args = uni(self)->args;
    for (size_t i = 0; i < ob_tuple_len(args); i++)
        if (ob_is_a(ob_tuple_at(args, i), &ob_generic_alias_type))
            return ob_raise(&ob_exc_TypeError, sub ? "issubclass() argument 2 cannot contain a parameterized generic" : "isinstance() argument 2 cannot contain a parameterized generic");
    if (sub && !ob_is_type(x)) return ob_raise(&ob_exc_TypeError, "issubclass() arg 1 must be a class");
    for (size_t i = 0; i < ob_tuple_len(args); i++) {
        int r = sub ? ob_issubclass(x, ob_tuple_at(args, i)) : ob_isinstance(x, ob_tuple_at(args, i));
        if (r) return r < 0 ? OB_NULL : OB_TRUE;
    }
    return OB_FALSE;
}
static ob_val union_instancecheck(ob_val v, const ob_val *a, size_t n, ob_val kw) { (void)n, (void)kw; return check_members(v, a[0], false); }
static ob_val union_subclasscheck(ob_val v, const ob_val *a, size_t n, ob_val kw) { (void)n, (void)kw; return check_members(v, a[0], true); }
static ob_val union_args(ob_val v) { return uni(v)->args; }
/* The class's own __module__, which other objects of natives have not. */
static ob_val union_getattr(ob_val v, ob_val name) {
    return ob_same(name, OB_NAME(module)) ? ob_type_getattr(ob_type_val(&ob_union_type), name) : ob_generic_getattr(v, name);
}
static void union_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((ob_union *)o)->args);
    ob_trace_val(t, ((ob_union *)o)->params);
}

ob_type ob_union_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "types.UnionType", .size = sizeof(ob_union), .trace = union_trace, .has_weakref = true, .flags = OB_TF_NO_MAKE,
    .doc = "Represent a PEP 604 union type\n\nE.g. for int | str",
    .slots = {.repr = union_repr, .getattr = union_getattr, .cmp = union_cmp, .hash = union_hash, .getitem = union_getitem, .binary[OB_BIN_OR] = ob_union_of},
    .methods = (const ob_def[]){{"__instancecheck__", union_instancecheck, "instance, /", NULL, 0}, {"__subclasscheck__", union_subclasscheck, "cls, /", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__args__", union_args, ob_readonly_member, NULL}, {"__parameters__", union_params, NULL, NULL}, {0}},
};
