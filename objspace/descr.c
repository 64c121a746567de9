/* descr.c: the descriptors that native types are made of: methods, class methods, computed attributes, and the slots of __slots__.
 * Locks: none; all are constant. */
#include "objspace/function.h"
#include "objspace/contain.h"
#include "objspace/type_make.h"

static bool check_target(const char *name, const ob_type *type, ob_val obj) {
    if (ob_is_a(obj, type)) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, "descriptor '%s' for '%s' objects doesn't apply to a '%T' object", name, type->name, obj));
}
static ob_val qualified(const ob_type *t, const char *name) {
    ob_val q = ob_type_getattr(ob_type_val(t), OB_NAME(qualname));
    return ob_is_null(q) ? q : ob_str_format_c("%S.%s", q, name);
}
static ob_val reduce_as_getattr(ob_val owner, ob_val name) {
    ob_val get = ob__from_builtins("getattr");
    return ob_is_null(get) || ob_is_null(name) ? OB_NULL : ob_tuple_of2(get, ob_tuple_of2(owner, name));
}

/* ---- method_descriptor: list.append ---- */
static ob_method_descr *method(ob_val v) { return (ob_method_descr *)ob_ptr(v); }

static ob_val method_call(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    ob_method_descr *m = method(v);
    if (UNLIKELY(n == 0)) return ob_raise(&ob_exc_TypeError, "unbound method %s.%s() needs an argument", m->type->name, m->def->name);
    if (UNLIKELY(!check_target(m->def->name, m->type, a[0]))) return OB_NULL;
    const ob_sig *sig = ob_sig_at(&m->sig, m->def);
    if (sig == NULL) return OB_NULL;
    return ob_sig_call(sig, m->def, m->type, a[0], a + 1, n - 1, kw);
}

static ob_val method_get(ob_val v, ob_val obj, ob_val type) {
    (void)type;
    if (ob_is_null(obj)) return v;
    ob_method_descr *m = method(v);
    if (!check_target(m->def->name, m->type, obj)) return OB_NULL;
    ob_val f = ob_native_new(m->def, obj, OB_NULL);
    if (!ob_is_null(f)) atomic_init(&((ob_native *)ob_ptr(f))->sig, atomic_load_explicit(&m->sig, memory_order_acquire)); /* MO: SIG acquire */
    return f;
}

static void method_trace(ob_obj *o, ob_tracer *t) { ob_trace_ptr(t, ((ob_method_descr *)o)->type); }
static ob_val method_repr(ob_val v) { return ob_str_format_c("<method '%s' of '%s' objects>", method(v)->def->name, method(v)->type->name); }
static ob_val method_name(ob_val v) { return ob_str_intern_c(method(v)->def->name); }
static ob_val method_qualname(ob_val v) { return qualified(method(v)->type, method(v)->def->name); }
static ob_val method_objclass(ob_val v) { return ob_type_val(method(v)->type); }
static ob_val method_doc(ob_val v) { return method(v)->def->doc ? ob_str_from_c(method(v)->def->doc) : OB_NONE; }
static ob_val method_signature(ob_val v) { return ob__def_signature(method(v)->def, method(v)->def->flags & OB_DEF_CLASS ? "$type" : "$self"); }
static ob_val method_reduce(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return reduce_as_getattr(method_objclass(v), method_name(v));
}

static const ob_getset method_getsets[] = {
    {"__name__", method_name, NULL, NULL}, {"__qualname__", method_qualname, NULL, NULL}, {"__objclass__", method_objclass, ob_readonly_member, NULL},
    {"__doc__", method_doc, NULL, NULL}, {"__text_signature__", method_signature, NULL, NULL}, {0}};
static const ob_def method_methods[] = {{"__reduce__", method_reduce, "", NULL, 0}, {0}};

ob_type ob_method_descr_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "method_descriptor", .size = sizeof(ob_method_descr), .trace = method_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.repr = method_repr, .call = method_call, .get = method_get}, .methods = method_methods, .getsets = method_getsets,
};

/* ---- classmethod_descriptor: dict.fromkeys ---- */
static ob_val classmethod_get(ob_val v, ob_val obj, ob_val type) {
    ob_method_descr *m = method(v);
    if (ob_is_null(type)) {
        if (ob_is_null(obj)) return ob_raise(&ob_exc_TypeError, "descriptor '%s' for type '%s' needs either an object or a type", m->def->name, m->type->name);
        type = ob_type_val(ob_type_of(obj));
    }
    if (!ob_is_type(type))
        return ob_raise(&ob_exc_TypeError, "descriptor '%s' for type '%s' needs a type, not a '%T' as arg 2", m->def->name, m->type->name, type);
    if (!ob_type_is_subtype(ob_type_ptr(type), m->type))
        return ob_raise(&ob_exc_TypeError, "descriptor '%s' requires a subtype of '%s' but received '%s'", m->def->name, m->type->name, ob_type_ptr(type)->name);
    return ob_native_new(m->def, type, OB_NULL);
}
static ob_val classmethod_call(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    ob_method_descr *m = method(v);
    if (n == 0) return ob_raise(&ob_exc_TypeError, "descriptor '%s' of '%s' object needs an argument", m->def->name, m->type->name);
    ob_val f = classmethod_get(v, OB_NULL, a[0]);
    return ob_is_null(f) ? f : ob_call_kw(f, a + 1, n - 1, kw);
}

ob_type ob_classmethod_descr_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "classmethod_descriptor", .size = sizeof(ob_method_descr), .trace = method_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.repr = method_repr, .call = classmethod_call, .get = classmethod_get}, .getsets = method_getsets,
};

/* ---- getset_descriptor ---- */
static ob_getset_descr *getset(ob_val v) { return (ob_getset_descr *)ob_ptr(v); }
static ob_val getset_get(ob_val v, ob_val obj, ob_val type) {
    (void)type;
    ob_getset_descr *g = getset(v);
    if (ob_is_null(obj)) return v;
    if (!check_target(g->def->name, g->type, obj)) return OB_NULL;
    if (!g->def->get) return ob_raise(&ob_exc_AttributeError, "attribute '%s' of '%s' objects is not readable", g->def->name, g->type->name);
    return g->def->get(obj);
}
static bool getset_set(ob_val v, ob_val obj, ob_val x) {
    ob_getset_descr *g = getset(v);
    if (!check_target(g->def->name, g->type, obj)) return false;
    if (g->def->set) return g->def->set(obj, x);
    return ob_fail(ob_raise(&ob_exc_AttributeError, "attribute '%s' of '%s' objects is not writable", g->def->name, g->type->name));
}
static void getset_trace(ob_obj *o, ob_tracer *t) { ob_trace_ptr(t, ((ob_getset_descr *)o)->type); }
static ob_val getset_repr(ob_val v) { return ob_str_format_c("<attribute '%s' of '%s' objects>", getset(v)->def->name, getset(v)->type->name); }
static ob_val getset_name(ob_val v) { return ob_str_intern_c(getset(v)->def->name); }
static ob_val getset_qualname(ob_val v) { return qualified(getset(v)->type, getset(v)->def->name); }
static ob_val getset_objclass(ob_val v) { return ob_type_val(getset(v)->type); }
static ob_val getset_doc(ob_val v) { return getset(v)->def->doc ? ob_str_from_c(getset(v)->def->doc) : OB_NONE; }
static ob_val getset_reduce(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return reduce_as_getattr(getset_objclass(v), getset_name(v));
}

ob_type ob_getset_descr_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "getset_descriptor", .size = sizeof(ob_getset_descr), .trace = getset_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.repr = getset_repr, .get = getset_get, .set = getset_set},
    .methods = (const ob_def[]){{"__reduce__", getset_reduce, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__name__", getset_name, NULL, NULL}, {"__qualname__", getset_qualname, NULL, NULL}, {"__objclass__", getset_objclass, ob_readonly_member, NULL},
                                   {"__doc__", getset_doc, NULL, NULL}, {0}},
};

/* ---- member_descriptor: a slot of __slots__ ---- */
static ob_member_descr *member(ob_val v) { return (ob_member_descr *)ob_ptr(v); }
static bool check_member(ob_member_descr *m, ob_val obj) {
    if (ob_is_a(obj, m->type)) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, "descriptor '%S' for '%s' objects doesn't apply to a '%T' object", m->name, m->type->name, obj));
}
static ob_val member_get(ob_val v, ob_val obj, ob_val type) {
    (void)type;
    ob_member_descr *m = member(v);
    if (ob_is_null(obj)) return v;
    if (!check_member(m, obj)) return OB_NULL;
    if (m->def) return m->def->get(obj);
    ob_val x = ob__member_get(obj, m->slot);
    return ob_is_null(x) ? ob__no_attribute(obj, m->name) : x;
}
static bool member_set(ob_val v, ob_val obj, ob_val x) {
    ob_member_descr *m = member(v);
    if (!check_member(m, obj)) return false;
    if (m->def) return m->def->set(obj, x);
    if (ob_is_null(x) && ob_is_null(ob__member_get(obj, m->slot))) return ob_fail(ob_raise_obj(&ob_exc_AttributeError, m->name));
    return ob__member_set(obj, m->slot, x);
}
static void member_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_ptr(t, ((ob_member_descr *)o)->type);
    ob_trace_val(t, ((ob_member_descr *)o)->name);
}
static ob_val member_repr(ob_val v) { return ob_str_format_c("<member '%S' of '%s' objects>", member(v)->name, member(v)->type->name); }
static ob_val member_name(ob_val v) { return member(v)->name; }
static ob_val member_qualname(ob_val v) {
    ob_val q = ob_type_getattr(ob_type_val(member(v)->type), OB_NAME(qualname));
    return ob_is_null(q) ? q : ob_str_format_c("%S.%S", q, member(v)->name);
}
static ob_val member_objclass(ob_val v) { return ob_type_val(member(v)->type); }
static ob_val member_doc(ob_val v) { return member(v)->def && member(v)->def->doc ? ob_str_from_c(member(v)->def->doc) : OB_NONE; }
static ob_val member_reduce(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return reduce_as_getattr(member_objclass(v), member(v)->name);
}

ob_type ob_member_descr_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "member_descriptor", .size = sizeof(ob_member_descr), .trace = member_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.repr = member_repr, .get = member_get, .set = member_set},
    .methods = (const ob_def[]){{"__reduce__", member_reduce, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__name__", member_name, NULL, NULL}, {"__qualname__", member_qualname, NULL, NULL}, {"__objclass__", member_objclass, ob_readonly_member, NULL},
                                   {"__doc__", member_doc, NULL, NULL}, {0}},
};
