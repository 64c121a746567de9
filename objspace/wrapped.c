/* wrapped.c: property, staticmethod, classmethod and super.
 * Locks: none.
 * W1  The fields are constant but for __init__, __set_name__ and __doc__, which go by unversioned.h.  (store) */
#include "objspace/function.h"
#include "objspace/dict.h"
#include "objspace/contain.h"
#include "objspace/type_make.h"
#include "objspace/unversioned.h"

bool ob__take_args(const char *name, const ob_val *a, size_t n, ob_val kw, size_t min, size_t max) {
    (void)a;
    if (!ob_is_null(kw) && ob_tuple_len(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", name));
    if (n >= min && n <= max) return true;
    size_t shown = n < min ? min : max;
    const char *how = min == max ? "" : n < min ? "at least " : "at most ";
    return ob_fail(ob_raise(&ob_exc_TypeError, "%s expected %s%zu argument%s, got %zu", name, how, shown, shown == 1 ? "" : "s", n));
}

static bool store(ob_obj *o, ob_val *field, ob_val x) { return ob_field_set(o, field, x); }
static ob_val or_none(ob_val v) { return ob_is_null(v) ? OB_NONE : v; }
static ob_val none_is_null(ob_val v) { return ob_is_none(v) ? OB_NULL : v; }

/* ---- property ---- */
static ob_property *prop(ob_val v) { return (ob_property *)ob_ptr(v); }

static ob_val property_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_property *p = ob_alloc(type, sizeof *p);
    if (!p) return OB_NULL;
    ob_born_now(p);
    p->get = p->set = p->del = OB_NONE;
    p->doc_from_getter = OB_FALSE;
    return ob_of(p);
}

/* The getter's docstring, where the property has none of its own. A subclass keeps it among its attributes. */
static bool take_doc(ob_val v, ob_val given) {
    ob_property *p = prop(v);
    ob_val doc = given;
    bool from_getter = (ob_is_null(doc) || ob_is_none(doc)) && !ob_is_none(p->get);
    if (!store(&p->o, &p->doc_from_getter, ob_bool(from_getter))) return false;
    if (from_getter) {
        doc = ob_getattr_opt(p->get, OB_NAME(doc));
        if (ob_is_null(doc) && ob_failed()) return false;
    }
    if (!store(&p->o, &p->doc, none_is_null(doc))) return false;
    if (ob_is_exact(v, &ob_property_type) || ob_is_null(p->doc)) return true;
    return ob_setattr(v, OB_NAME(doc), p->doc);
}

static ob_val property_init_fn(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    ob_property *p = prop(self);
    if (!store(&p->o, &p->get, or_none(a[0])) || !store(&p->o, &p->set, or_none(a[1])) || !store(&p->o, &p->del, or_none(a[2]))) return OB_NULL;
    return take_doc(self, a[3]) ? OB_NONE : OB_NULL;
}
static const ob_def property_init_def = {"property", property_init_fn, "fget=None, fset=None, fdel=None, doc=None", NULL, 0};
static bool property_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { return !ob_is_null(ob_def_call(&property_init_def, self, a, n, kw)); }

static ob_val no_accessor(ob_property *p, ob_val obj, const char *what) {
    ob_val q = ob_type_getattr(ob_type_val(ob_type_of(obj)), OB_NAME(qualname));
    if (ob_is_null(q)) return q;
    if (ob_is_null(p->name)) return ob_raise(&ob_exc_AttributeError, "property of %R object has no %s", q, what);
    return ob_raise(&ob_exc_AttributeError, "property %R of %R object has no %s", p->name, q, what);
}
static ob_val property_get(ob_val v, ob_val obj, ob_val type) {
    (void)type;
    if (ob_is_null(obj)) return v;
    ob_property *p = prop(v);
    return ob_is_none(p->get) ? no_accessor(p, obj, "getter") : ob_call1(p->get, obj);
}
static bool property_set(ob_val v, ob_val obj, ob_val x) {
    ob_property *p = prop(v);
    if (ob_is_null(x)) return !ob_is_null(ob_is_none(p->del) ? no_accessor(p, obj, "deleter") : ob_call1(p->del, obj));
    return !ob_is_null(ob_is_none(p->set) ? no_accessor(p, obj, "setter") : ob_call2(p->set, obj, x));
}

static ob_val property_copy(ob_val v, ob_val get, ob_val set, ob_val del) {
    ob_property *p = prop(v);
    bool from_getter = ob_same(p->doc_from_getter, OB_TRUE);
    ob_val doc = from_getter && !ob_is_none(ob_is_null(get) ? p->get : get) ? OB_NONE : or_none(p->doc);
    ob_val a[4] = {ob_is_null(get) ? p->get : get, ob_is_null(set) ? p->set : set, ob_is_null(del) ? p->del : del, doc};
    ob_val c = ob_call(ob_type_val(ob_type_of(v)), a, 4);
    if (!ob_is_null(c) && ob_is_a(c, &ob_property_type) && !store(ob_ptr(c), &prop(c)->name, p->name)) return OB_NULL;
    return c;
}
static ob_val property_getter(ob_val v, const ob_val *a, size_t n, ob_val kw) { (void)n, (void)kw; return property_copy(v, a[0], OB_NULL, OB_NULL); }
static ob_val property_setter(ob_val v, const ob_val *a, size_t n, ob_val kw) { (void)n, (void)kw; return property_copy(v, OB_NULL, a[0], OB_NULL); }
static ob_val property_deleter(ob_val v, const ob_val *a, size_t n, ob_val kw) { (void)n, (void)kw; return property_copy(v, OB_NULL, OB_NULL, a[0]); }
static ob_val property_set_name(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    if (n != 2 || !ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "__set_name__() takes 2 positional arguments but %zu were given", n);
    return store(ob_ptr(v), &prop(v)->name, a[1]) ? OB_NONE : OB_NULL;
}

/* Is one of the functions abstract? 1 0 -1 */
static int is_abstract(ob_val f) {
    if (ob_is_none(f)) return 0;
    ob_val x = ob_getattr_opt(f, ob_str_intern_c("__isabstractmethod__"));
    return ob_is_null(x) ? (ob_failed() ? -1 : 0) : ob_truth(x);
}
static ob_val property_abstract(ob_val v) {
    ob_val f[3] = {prop(v)->get, prop(v)->set, prop(v)->del};
    int r = 0;
    for (int i = 0; i < 3 && !r; i++) r = is_abstract(f[i]);
    return r < 0 ? OB_NULL : ob_bool(r);
}
static ob_val property_fget(ob_val v) { return prop(v)->get; }
static ob_val property_fset(ob_val v) { return prop(v)->set; }
static ob_val property_fdel(ob_val v) { return prop(v)->del; }
static ob_val property_doc(ob_val v) { return or_none(prop(v)->doc); }
static bool property_set_doc(ob_val v, ob_val x) {
    return store(ob_ptr(v), &prop(v)->doc, none_is_null(x));
}
static void property_trace(ob_obj *o, ob_tracer *t) {
    ob_property *p = (ob_property *)o;
    ob_trace_vals(t, &p->get, 6);
}

ob_type ob_property_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "property", .size = sizeof(ob_property), .trace = property_trace, .flags = OB_TF_BASE,
    .doc = "Property attribute.",
    .slots = {.get = property_get, .set = property_set, .make = property_make, .init = property_init},
    .methods = (const ob_def[]){{"getter", property_getter, "fget, /", NULL, 0}, {"setter", property_setter, "fset, /", NULL, 0},
                                {"deleter", property_deleter, "fdel, /", NULL, 0}, {"__set_name__", property_set_name, NULL, NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"fget", property_fget, ob_readonly_member, NULL}, {"fset", property_fset, ob_readonly_member, NULL}, {"fdel", property_fdel, ob_readonly_member, NULL},
                                   {"__doc__", property_doc, property_set_doc, NULL}, {"__isabstractmethod__", property_abstract, NULL, NULL}, {0}},
};

/* ---- staticmethod, classmethod ---- */
static ob_wrapped *wrapped(ob_val v) { return (ob_wrapped *)ob_ptr(v); }

static ob_val wrapped_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_wrapped *w = ob_alloc(type, sizeof *w);
    if (!w) return OB_NULL;
    ob_born_now(w);
    w->func = OB_NONE;
    return ob_of(w);
}

/* The attributes, filled from the function's own when first asked for. */
static ob_val wrapped_dict(ob_val self, bool create) {
    (void)create;
    static const char *const copied[] = {"__module__", "__name__", "__qualname__", "__doc__", "__annotations__"};
    ob_wrapped *w = wrapped(self);
    if (!ob_is_null(w->attrs)) return w->attrs;
    ob_val d = ob_dict_new();
    for (size_t i = 0; !ob_is_null(d) && i < BASE_LENGTH(copied); i++) {
        ob_val name = ob_str_intern_c(copied[i]);
        ob_val x = ob_is_null(name) ? name : ob_getattr_opt(w->func, name);
        if (ob_is_null(x) && ob_failed()) return OB_NULL;
        if (!ob_is_null(x) && !ob_dict_set(d, name, x)) return OB_NULL;
    }
    if (ob_is_null(d)) return d;
    return ob_field_fill(w, &w->attrs, OB_NULL, d);
}

static bool wrapped_init(ob_val self, const ob_val *a, size_t n, ob_val kw, const char *name) {
    if (!ob__take_args(name, a, n, kw, 1, 1)) return false;
    return store(ob_ptr(self), &wrapped(self)->func, a[0]);
}
static bool static_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { return wrapped_init(self, a, n, kw, "staticmethod"); }
static bool class_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { return wrapped_init(self, a, n, kw, "classmethod"); }

static ob_val wrapped_new(ob_type *t, ob_val func) {
    ob_wrapped *w = ob_alloc(t, sizeof *w);
    if (!w) return OB_NULL;
    ob_born_now(w);
    w->func = func;
    return ob_of(w);
}
ob_val ob_staticmethod_new(ob_val func) { return wrapped_new(&ob_staticmethod_type, func); }
ob_val ob_classmethod_new(ob_val func) { return wrapped_new(&ob_classmethod_type, func); }

static ob_val static_get(ob_val v, ob_val obj, ob_val type) { (void)obj, (void)type; return wrapped(v)->func; }
static ob_val static_call(ob_val v, const ob_val *a, size_t n, ob_val kw) { return ob_call_kw(wrapped(v)->func, a, n, kw); }
static ob_val class_get(ob_val v, ob_val obj, ob_val type) {
    if (ob_is_null(type)) type = ob_type_val(ob_type_of(obj));
    ob_val f = wrapped(v)->func;
    ob_type *ft = ob_type_of(f);
    if (ft->slots.get) return ft->slots.get(f, type, type);
    return ob_method_new(f, type);
}
static ob_val static_repr(ob_val v) { return ob_str_format_c("<staticmethod(%R)>", wrapped(v)->func); }
static ob_val class_repr(ob_val v) { return ob_str_format_c("<classmethod(%R)>", wrapped(v)->func); }
static ob_val wrapped_func(ob_val v) { return wrapped(v)->func; }
static ob_val wrapped_abstract(ob_val v) {
    int r = is_abstract(wrapped(v)->func);
    return r < 0 ? OB_NULL : ob_bool(r);
}
static ob_val wrapped_attrs(ob_val v) { return wrapped_dict(v, true); }
static void wrapped_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((ob_wrapped *)o)->func);
    ob_trace_val(t, ((ob_wrapped *)o)->attrs);
}
static const ob_getset wrapped_getsets[] = {{"__func__", wrapped_func, ob_readonly_member, NULL}, {"__wrapped__", wrapped_func, ob_readonly_member, NULL}, {"__dict__", wrapped_attrs, NULL, NULL},
                                            {"__isabstractmethod__", wrapped_abstract, NULL, NULL}, {0}};

ob_type ob_staticmethod_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "staticmethod", .size = sizeof(ob_wrapped), .trace = wrapped_trace, .flags = OB_TF_BASE, .own_dict = wrapped_dict, .has_dict = true,
    .doc = "staticmethod(function) -> method",
    .slots = {.repr = static_repr, .get = static_get, .call = static_call, .make = wrapped_make, .init = static_init}, .getsets = wrapped_getsets,
};
ob_type ob_classmethod_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "classmethod", .size = sizeof(ob_wrapped), .trace = wrapped_trace, .flags = OB_TF_BASE, .own_dict = wrapped_dict, .has_dict = true,
    .doc = "classmethod(function) -> method",
    .slots = {.repr = class_repr, .get = class_get, .make = wrapped_make, .init = class_init}, .getsets = wrapped_getsets,
};

/* ---- super ---- */
static ob_super *sup(ob_val v) { return (ob_super *)ob_ptr(v); }

ob_val ob_super_find(ob_type *start, ob_type *obj_type, ob_val name) {
    ob_val mro = obj_type->mro;
    if (ob_is_null(mro)) return OB_NULL;                /* a class that is being made */
    size_t i = 0, n = ob_tuple_len(mro);
    while (i < n && ob_type_ptr(ob_tuple_at(mro, i)) != start) i++;
    for (i++; i < n; i++) {
        ob_val v = ob__type_dict_get(ob_type_ptr(ob_tuple_at(mro, i)), name);
        if (!ob_is_null(v)) return v;
    }
    return OB_NULL;
}

/* The class whose order is searched; NULL with an exception. */
static ob_type *super_start(ob_type *type, ob_val obj) {
    if (ob_is_type(obj) && ob_type_is_subtype(ob_type_ptr(obj), type)) return ob_type_ptr(obj);
    if (ob_is_a(obj, type)) return ob_type_of(obj);
    ob_val c = ob_getattr_opt(obj, OB_NAME(class));
    if (ob_is_null(c) && ob_failed()) return NULL;
    if (!ob_is_null(c) && ob_is_type(c) && ob_type_is_subtype(ob_type_ptr(c), type)) return ob_type_ptr(c);
    return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "super(type, obj): obj must be an instance or subtype of type"));
}

static bool super_fill(ob_super *s, ob_type *type, ob_val obj) {
    ob_type *start = ob_is_null(obj) ? NULL : super_start(type, obj);
    if (!ob_is_null(obj) && !start) return false;
    return store(&s->o, &s->type, ob_type_val(type)) && store(&s->o, &s->obj, obj) && store(&s->o, &s->obj_type, ob_of(start));
}
ob_val ob_super_new(ob_type *type, ob_val obj) {
    ob_super *s = ob_alloc(&ob_super_type, sizeof *s);
    if (s) ob_born_now(s);
    return s && super_fill(s, type, obj) ? ob_of(s) : OB_NULL;
}

static ob_val super_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_super *s = ob_alloc(type, sizeof *s);
    if (s) ob_born_now(s);
    return ob_of(s);
}
static bool super_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob__take_args("super", a, n, kw, 0, 2)) return false;
    ob_val type = n > 0 ? a[0] : OB_NULL, obj = n > 1 && !ob_is_none(a[1]) ? a[1] : OB_NULL;
    if (n == 0) {
        if (!ob_the_vm.super_args) return ob_fail(ob_raise(&ob_exc_RuntimeError, "super(): no current frame"));
        if (!ob_the_vm.super_args(&type, &obj)) return false;
    }
    if (!ob_is_type(type)) return ob_fail(ob_raise(&ob_exc_TypeError, "super() argument 1 must be a type, not %T", type));
    return super_fill(sup(self), ob_type_ptr(type), obj);
}

static ob_val super_getattr(ob_val self, ob_val name) {
    ob_super *s = sup(self);
    if (ob_is_null(s->obj_type) || ob_same(name, OB_NAME(class))) return ob_generic_getattr(self, name);
    ob_val v = ob_super_find(ob_type_ptr(s->type), ob_type_ptr(s->obj_type), name);
    if (ob_is_null(v)) return ob_generic_getattr(self, name);
    ob_type *vt = ob_type_of(v);
    return vt->slots.get ? vt->slots.get(v, ob_same(s->obj, s->obj_type) ? OB_NULL : s->obj, s->obj_type) : v;
}
static ob_val super_get(ob_val self, ob_val obj, ob_val type) {
    (void)type;
    ob_super *s = sup(self);
    if (ob_is_null(obj) || !ob_is_null(s->obj)) return self;
    if (!ob_is_exact(self, &ob_super_type)) return ob_call2(ob_type_val(ob_type_of(self)), s->type, obj);
    return ob_super_new(ob_type_ptr(s->type), obj);
}
static ob_val super_repr(ob_val self) {
    ob_super *s = sup(self);
    const char *name = ob_is_null(s->type) ? "NULL" : ob_type_ptr(s->type)->name;
    if (ob_is_null(s->obj_type)) return ob_str_format_c("<super: <class '%s'>, NULL>", name);
    return ob_str_format_c("<super: <class '%s'>, <%s object>>", name, ob_type_ptr(s->obj_type)->name);
}
static void super_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((ob_super *)o)->type, 3); }
static ob_val super_thisclass(ob_val v) { return or_none(sup(v)->type); }
static ob_val super_self(ob_val v) { return or_none(sup(v)->obj); }
static ob_val super_self_class(ob_val v) { return or_none(sup(v)->obj_type); }

ob_type ob_super_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "super", .size = sizeof(ob_super), .trace = super_trace, .flags = OB_TF_BASE,
    .doc = "super() -> same as super(__class__, <first argument>)",
    .slots = {.repr = super_repr, .getattr = super_getattr, .get = super_get, .make = super_make, .init = super_init},
    .getsets = (const ob_getset[]){{"__thisclass__", super_thisclass, ob_readonly_member, NULL}, {"__self__", super_self, ob_readonly_member, NULL}, {"__self_class__", super_self_class, ob_readonly_member, NULL}, {0}},
};
