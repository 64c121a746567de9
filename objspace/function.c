/* function.c: Python functions, bound methods and cells.
 * Locks: none.
 * F1  A function's fields are constant to inline caches; who changes one goes by unversioned.h.  (store) */
#include "objspace/function.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/type_make.h"
#include "objspace/unversioned.h"

#pragma weak ob_code_type      /* the interpreter's; absent where the object space is used alone */

static ob_function *func(ob_val v) { return (ob_function *)ob_ptr(v); }
static ob_val or_none(ob_val v) { return ob_is_null(v) ? OB_NONE : v; }

ob_val ob_function_new(ob_val code, ob_val globals, ob_val qualname) {
    ob_function *f = ob_alloc(&ob_function_type, sizeof *f);
    if (!f) return OB_NULL;
    ob_born_now(f);
    f->code = code;
    f->globals = globals;
    f->name = f->qualname = qualname;                   /* (the caller knows the short name) */
    ob_val module = ob_dict_get_str(globals, OB_NAME(name));
    f->module = module;
    f->doc = OB_NONE;
    return ob_of(f);
}

static bool store(ob_val v, ob_val *field, ob_val x) { return ob_field_set(ob_ptr(v), field, x); }

/* ---- types.FunctionType ---- */
static bool check_closure(ob_val code, ob_val closure) {
    ob_val name = ob_getattr_c(code, "co_name"), free = ob_is_null(name) ? name : ob_getattr_c(code, "co_freevars");
    if (ob_is_null(free)) return false;
    size_t want = ob_tuple_len(free);
    if (!ob_is_none(closure) && !ob_is_tuple(closure))
        return ob_fail(ob_raise(&ob_exc_TypeError, want ? "arg 5 (closure) must be tuple" : "arg 5 (closure) must be None or tuple"));
    size_t have = ob_is_none(closure) ? 0 : ob_tuple_len(closure);
    if (want && ob_is_none(closure)) return ob_fail(ob_raise(&ob_exc_TypeError, "arg 5 (closure) must be tuple"));
    if (want != have) return ob_fail(ob_raise(&ob_exc_ValueError, "%S requires closure of length %zu, not %zu", name, want, have));
    for (size_t i = 0; i < have; i++)
        if (!ob_is_exact(ob_tuple_at(closure, i), &ob_cell_type))
            return ob_fail(ob_raise(&ob_exc_TypeError, "arg 5 (closure) expected cell, found %T", ob_tuple_at(closure, i)));
    return true;
}

static ob_val function_new_fn(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)n, (void)kw;
    ob_val name = or_none(a[2]), defaults = or_none(a[3]), closure = or_none(a[4]);
    if (!ob_is_exact(a[0], &ob_code_type)) return ob_raise(&ob_exc_TypeError, "function() argument 'code' must be code, not %T", a[0]);
    if (!ob_is_dict(a[1])) return ob_raise(&ob_exc_TypeError, "function() argument 'globals' must be dict, not %T", a[1]);
    if (!ob_is_none(name) && !ob_is_str(name)) return ob_raise(&ob_exc_TypeError, "arg 3 (name) must be None or string");
    if (!ob_is_none(defaults) && !ob_is_tuple(defaults)) return ob_raise(&ob_exc_TypeError, "arg 4 (defaults) must be None or tuple");
    if (!check_closure(a[0], closure)) return OB_NULL;
    ob_val qualname = ob_getattr_c(a[0], "co_qualname");
    ob_val v = ob_is_null(qualname) ? qualname : ob_function_new(a[0], a[1], qualname);
    if (ob_is_null(v)) return v;
    ob_function *f = func(v);
    f->name = ob_is_none(name) ? ob_getattr_c(a[0], "co_name") : name;
    if (!ob_is_none(defaults)) f->defaults = defaults;
    if (!ob_is_none(closure) && ob_tuple_len(closure)) f->closure = closure;
    if (ob_the_vm.builtins && ob_is_null(f->builtins = ob_the_vm.builtins(a[1]))) return OB_NULL;
    return ob_is_null(f->name) ? OB_NULL : v;
}
static ob_val function_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"function", function_new_fn, "code, globals, name=None, argdefs=None, closure=None", NULL, 0};
    return ob_def_call(&def, ob_type_val(type), a, n, kw);
}

/* ---- attributes ---- */
static ob_val function_dict(ob_val v, bool create) {
    ob_function *f = func(v);
    if (!ob_is_null(f->attrs) || !create) return f->attrs;
    ob_val d = ob_dict_new();
    if (ob_is_null(d)) return d;
    return ob_field_fill(f, &f->attrs, OB_NULL, d);
}

#define GETTER(name, field) static ob_val get_##name(ob_val v) { return or_none(func(v)->field); }
GETTER(code, code)
GETTER(globals, globals)
GETTER(closure, closure)
GETTER(defaults, defaults)
GETTER(kwdefaults, kwdefaults)
GETTER(name, name)
GETTER(qualname, qualname)
GETTER(module, module)
GETTER(doc, doc)

static ob_val get_builtins(ob_val v) {
    ob_function *f = func(v);
    if (!ob_is_null(f->builtins)) return f->builtins;
    return ob_the_vm.builtins ? ob_the_vm.builtins(f->globals) : OB_NONE;
}

static bool set_code(ob_val v, ob_val x) {
    if (ob_is_null(x) || !ob_is_exact(x, &ob_code_type)) return ob_fail(ob_raise(&ob_exc_TypeError, "__code__ must be set to a code object"));
    ob_val free = ob_getattr_c(x, "co_freevars"), name = ob_getattr_c(func(v)->code, "co_name");
    if (ob_is_null(free) || ob_is_null(name)) return false;
    size_t have = ob_is_null(func(v)->closure) ? 0 : ob_tuple_len(func(v)->closure);
    if (ob_tuple_len(free) != have)
        return ob_fail(ob_raise(&ob_exc_ValueError, "%S() requires a code object with %zu free vars, not %zu", name, have, ob_tuple_len(free)));
    return store(v, &func(v)->code, x);
}
static bool set_name(ob_val v, ob_val x) {
    if (ob_is_null(x) || !ob_is_str(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "__name__ must be set to a string object"));
    return store(v, &func(v)->name, x);
}
static bool set_qualname(ob_val v, ob_val x) {
    if (ob_is_null(x) || !ob_is_str(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "__qualname__ must be set to a string object"));
    return store(v, &func(v)->qualname, x);
}
static bool set_defaults(ob_val v, ob_val x) {
    if (ob_is_null(x) || ob_is_none(x)) return store(v, &func(v)->defaults, OB_NULL);
    if (!ob_is_tuple(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "__defaults__ must be set to a tuple object"));
    return store(v, &func(v)->defaults, x);
}
static bool set_kwdefaults(ob_val v, ob_val x) {
    if (ob_is_null(x) || ob_is_none(x)) return store(v, &func(v)->kwdefaults, OB_NULL);
    if (!ob_is_dict(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "__kwdefaults__ must be set to a dict object"));
    return store(v, &func(v)->kwdefaults, x);
}
static bool set_module(ob_val v, ob_val x) { return store(v, &func(v)->module, or_none(x)); }
static bool set_doc(ob_val v, ob_val x) { return store(v, &func(v)->doc, or_none(x)); }

/* The compiler leaves a tuple name, value, name, value …; the dict is made of it when it is asked for. */
static ob_val get_annotations(ob_val v) {
    ob_function *f = func(v);
    if (!ob_is_null(f->annotations) && !ob_is_tuple(f->annotations)) return f->annotations;
    ob_val t = f->annotations, d = ob_dict_new();
    for (size_t i = 0; !ob_is_null(d) && !ob_is_null(t) && i + 1 < ob_tuple_len(t); i += 2)
        if (!ob_dict_set(d, ob_tuple_at(t, i), ob_tuple_at(t, i + 1))) return OB_NULL;
    return ob_is_null(d) ? d : ob_field_fill(f, &f->annotations, t, d);
}
static bool set_annotations(ob_val v, ob_val x) {
    if (ob_is_null(x) || ob_is_none(x)) return store(v, &func(v)->annotations, OB_NULL);
    if (!ob_is_dict(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "__annotations__ must be set to a dict object"));
    return store(v, &func(v)->annotations, x);
}
static ob_val get_dict(ob_val v) { return function_dict(v, true); }
static bool set_dict(ob_val v, ob_val x) {
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot delete __dict__"));
    if (!ob_is_dict(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "__dict__ must be set to a dictionary, not a '%T'", x));
    return store(v, &func(v)->attrs, x);
}

static ob_val function_call(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    if (UNLIKELY(!ob_the_vm.call_function)) return ob_raise(&ob_exc_RuntimeError, "no interpreter to run %S", func(v)->qualname);
    return ob_the_vm.call_function(v, a, n, kw);
}
static ob_val function_get(ob_val v, ob_val obj, ob_val type) {
    (void)type;
    return ob_is_null(obj) ? v : ob_method_new(v, obj);
}
static ob_val function_repr(ob_val v) { return ob_str_format_c("<function %S at %p>", func(v)->qualname, (void *)func(v)); }
static void function_trace(ob_obj *o, ob_tracer *t) {
    ob_function *f = (ob_function *)o;
    ob_trace_vals(t, &f->code, 6);
    ob_trace_vals(t, &f->name, 6);
}

ob_type ob_function_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "function", .size = sizeof(ob_function), .trace = function_trace, .own_dict = function_dict, .has_dict = true, .has_weakref = true,
    .slots = {.repr = function_repr, .call = function_call, .get = function_get, .make = function_make},
    .getsets = (const ob_getset[]){
        {"__code__", get_code, set_code, NULL}, {"__globals__", get_globals, ob_readonly_member, NULL}, {"__closure__", get_closure, ob_readonly_member, NULL},
        {"__builtins__", get_builtins, ob_readonly_member, NULL}, {"__defaults__", get_defaults, set_defaults, NULL}, {"__kwdefaults__", get_kwdefaults, set_kwdefaults, NULL},
        {"__annotations__", get_annotations, set_annotations, NULL}, {"__name__", get_name, set_name, NULL}, {"__qualname__", get_qualname, set_qualname, NULL},
        {"__module__", get_module, set_module, NULL}, {"__doc__", get_doc, set_doc, NULL}, {"__dict__", get_dict, set_dict, NULL}, {0}},
};

/* ---- bound methods ---- */
static ob_method *meth(ob_val v) { return (ob_method *)ob_ptr(v); }

ob_val ob_method_new(ob_val f, ob_val self) {
    ob_method *m = ob_alloc(&ob_method_type, sizeof *m);
    if (!m) return OB_NULL;
    m->func = f;
    m->self = self;
    return ob_of(m);
}
static ob_val method_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)type;
    if (!ob__take_args("method", a, n, kw, 2, 2)) return OB_NULL;
    if (!ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "first argument must be callable");
    if (ob_is_none(a[1])) return ob_raise(&ob_exc_TypeError, "instance must not be None");
    return ob_method_new(a[0], a[1]);
}
static ob_val method_call(ob_val v, const ob_val *a, size_t n, ob_val kw) { return ob__call_prepended(meth(v)->func, meth(v)->self, a, n, kw); }

static ob_val method_getattr(ob_val v, ob_val name) {
    ob_val d = ob_type_lookup(&ob_method_type, name);
    if (!ob_is_null(d)) {
        ob_type *dt = ob_type_of(d);
        return dt->slots.get ? dt->slots.get(d, v, ob_type_val(&ob_method_type)) : d;
    }
    return ob_getattr(meth(v)->func, name);
}
static ob_val method_repr(ob_val v) {
    ob_val q = ob_getattr_opt(meth(v)->func, OB_NAME(qualname));
    if (ob_is_null(q) && !ob_failed()) q = ob_getattr_opt(meth(v)->func, OB_NAME(name));
    if (ob_is_null(q) && ob_failed()) return q;
    if (ob_is_null(q) || !ob_is_str(q)) return ob_str_format_c("<bound method ? of %R>", meth(v)->self);
    return ob_str_format_c("<bound method %S of %R>", q, meth(v)->self);
}
static ob_val method_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_exact(a, &ob_method_type) || !ob_is_exact(b, &ob_method_type) || (op != OB_EQ && op != OB_NE)) return OB_NOT_IMPLEMENTED;
    int r = ob_same(meth(a)->self, meth(b)->self) ? ob_eq(meth(a)->func, meth(b)->func) : 0;
    return r < 0 ? OB_NULL : ob_bool(r == (op == OB_EQ));
}
static bool method_hash(ob_val v, uint64_t *out) {
    uint64_t h;
    if (!ob_hash(meth(v)->func, &h)) return false;
    *out = h ^ (meth(v)->self.w >> 4 | meth(v)->self.w << 60);
    return true;
}
static void method_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((ob_method *)o)->func);
    ob_trace_val(t, ((ob_method *)o)->self);
}
static ob_val method_func(ob_val v) { return meth(v)->func; }
static ob_val method_self(ob_val v) { return meth(v)->self; }
static ob_val method_doc(ob_val v) { return ob_getattr(meth(v)->func, OB_NAME(doc)); }
static ob_val method_reduce(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val get = ob__from_builtins("getattr"), name = ob_is_null(get) ? get : ob_getattr(meth(v)->func, OB_NAME(name));
    return ob_is_null(name) ? name : ob_tuple_of2(get, ob_tuple_of2(meth(v)->self, name));
}

ob_type ob_method_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "method", .size = sizeof(ob_method), .trace = method_trace, .has_weakref = true,
    .slots = {.repr = method_repr, .call = method_call, .getattr = method_getattr, .cmp = method_cmp, .hash = method_hash, .make = method_make},
    .methods = (const ob_def[]){{"__reduce__", method_reduce, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__func__", method_func, ob_readonly_member, NULL}, {"__self__", method_self, ob_readonly_member, NULL}, {"__doc__", method_doc, NULL, NULL}, {0}},
};

/* ---- cells ---- */
ob_val ob_cell_new(ob_val v) {
    tx_handle *h = ob_alloc_mut(&ob_cell_type, sizeof(ob_cell_body));
    if (h) ((ob_cell_body *)tx_inline_body(h))->value = v;
    return ob_of(h);
}
bool ob_cell_set(ob_val c, ob_val v) {
    ob_cell_body *b = ob_write_mask(c, TX_ALL);
    if (b) b->value = v;
    return b != NULL;
}
bool ob_cell_set_local(ob_val c, ob_val v) {
    ob_cell_body *b = tx_write_local(ob_handle(c), 0);
    if (!b) return ob_cell_set(c, v);            /* raises why */
    b->value = v;
    return true;
}
static ob_val cell_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)type;
    return ob__take_args("cell", a, n, kw, 0, 1) ? ob_cell_new(n ? a[0] : OB_NULL) : OB_NULL;
}
static ob_val cell_repr(ob_val v) {
    ob_val x = ob_cell_get(v);
    if (ob_is_null(x)) return ob_str_format_c("<cell at %p: empty>", (void *)ob_ptr(v));
    return ob_str_format_c("<cell at %p: %T object at %p>", (void *)ob_ptr(v), x, (void *)(uintptr_t)x.w);
}
static ob_val cell_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_exact(a, &ob_cell_type) || !ob_is_exact(b, &ob_cell_type)) return OB_NOT_IMPLEMENTED;
    ob_val x = ob_cell_get(a), y = ob_cell_get(b);
    if (!ob_is_null(x) && !ob_is_null(y)) return ob_compare(op, x, y);
    int d = (int)!ob_is_null(x) - (int)!ob_is_null(y);
    static const bool table[][3] = {[OB_LT] = {1, 0, 0}, [OB_LE] = {1, 1, 0}, [OB_EQ] = {0, 1, 0}, [OB_NE] = {1, 0, 1}, [OB_GT] = {0, 0, 1}, [OB_GE] = {0, 1, 1}};
    return ob_bool(table[op][d + 1]);
}
static ob_val cell_contents(ob_val v) {
    ob_val x = ob_cell_get(v);
    return ob_is_null(x) ? ob_raise(&ob_exc_ValueError, "Cell is empty") : x;
}
static void cell_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_val(t, ((const ob_cell_body *)body)->value);
}

ob_type ob_cell_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind),
    .name = "cell", .size = sizeof(ob_cell_body), .trace_body = cell_trace,
    .slots = {.repr = cell_repr, .cmp = cell_cmp, .make = cell_make},
    .getsets = (const ob_getset[]){{"cell_contents", cell_contents, ob_cell_set, NULL}, {0}},
};
