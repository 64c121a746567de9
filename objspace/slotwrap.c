/* slotwrap.c: the table of slots (slots.def), and native slots as callables that Python sees: wrapper descriptors and method wrappers.
 * Locks: none. */
#include "objspace/type_make.h"
#include "objspace/int.h"
#include "objspace/dict.h"
#include "objspace/contain.h"
#include "objspace/slotcall.h"

ob_val ob__slot_names[OB_SLOT_COUNT];

/* ---- argument checks of wrappers ---- */
static bool takes(const ob_slot_def *d, size_t min, size_t max, size_t n, ob_val kw) {
    if (!ob_is_null(kw) && ob_tuple_len(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "wrapper %s() takes no keyword arguments", d->name));
    if (n >= min && n <= max) return true;
    if (min == max) return ob_fail(ob_raise(&ob_exc_TypeError, "expected %zu argument%s, got %zu", min, min == 1 ? "" : "s", n));
    return ob_fail(ob_raise(&ob_exc_TypeError, "expected at %s %zu argument%s, got %zu", n < min ? "least" : "most", n < min ? min : max,
                            (n < min ? min : max) == 1 ? "" : "s", n));
}

typedef ob_val unary_fn(ob_val);
typedef ob_val binary_fn(ob_val, ob_val);
#define WRAP(kind) static ob_val wrap_##kind(const ob_slot_def *d, void *fn, ob_val self, const ob_val *a, size_t n, ob_val kw)
#define TAKES(min, max) if (!takes(d, min, max, n, kw)) return OB_NULL

WRAP(unary) { (void)a; TAKES(0, 0); return ((unary_fn *)fn)(self); }

WRAP(hash) {
    (void)a;
    TAKES(0, 0);
    uint64_t h;
    if (!((bool (*)(ob_val, uint64_t *))fn)(self, &h)) return OB_NULL;
    return ob_int_from_i64((int64_t)h == -1 ? -2 : (int64_t)h);
}

WRAP(cmp) { TAKES(1, 1); return ((ob_val (*)(ob_val, ob_val, ob_cmp_op))fn)(self, a[0], (ob_cmp_op)d->op); }

WRAP(truth) {
    (void)a;
    TAKES(0, 0);
    int r = ((int (*)(ob_val))fn)(self);
    return r < 0 ? OB_NULL : ob_bool(r);
}

WRAP(len) {
    (void)a;
    TAKES(0, 0);
    ssize_t r = ((ssize_t (*)(ob_val))fn)(self);
    return r < 0 ? OB_NULL : ob_int_from_i64(r);
}

WRAP(getitem) { TAKES(1, 1); return ((binary_fn *)fn)(self, a[0]); }

typedef bool store_fn(ob_val, ob_val, ob_val);
static ob_val stored(bool ok) { return ok ? OB_NONE : OB_NULL; }
WRAP(setitem) { TAKES(2, 2); return stored(((store_fn *)fn)(self, a[0], a[1])); }
WRAP(delitem) { TAKES(1, 1); return stored(((store_fn *)fn)(self, a[0], OB_NULL)); }
WRAP(set) { TAKES(2, 2); return stored(((store_fn *)fn)(self, a[0], a[1])); }
WRAP(delete) { TAKES(1, 1); return stored(((store_fn *)fn)(self, a[0], OB_NULL)); }

WRAP(contains) {
    TAKES(1, 1);
    int r = ((int (*)(ob_val, ob_val))fn)(self, a[0]);
    return r < 0 ? OB_NULL : ob_bool(r);
}

WRAP(next) {
    (void)a;
    TAKES(0, 0);
    ob_val v = ((unary_fn *)fn)(self);
    return ob_is_null(v) && !ob_failed() ? ob_raise_stop(OB_NULL) : v;
}

WRAP(call) { (void)d; return ((ob_val (*)(ob_val, const ob_val *, size_t, ob_val))fn)(self, a, n, kw); }
WRAP(init) { (void)d; return stored(((bool (*)(ob_val, const ob_val *, size_t, ob_val))fn)(self, a, n, kw)); }

static ob_val name_arg(ob_val name) {
    if (!ob_is_str(name)) return ob_raise(&ob_exc_TypeError, "attribute name must be string, not '%T'", name);
    return ob_str_intern(name);
}
WRAP(getattr) {
    TAKES(1, 1);
    ob_val name = name_arg(a[0]);
    return ob_is_null(name) ? name : ((binary_fn *)fn)(self, name);
}

/* object.__setattr__(cls, …) must not get around the metaclass's or a native type's own rules. */
static bool may_store(const ob_slot_def *d, void *fn, ob_val self) {
    ob_type *t = ob_type_of(self);
    while (t && t->flags & OB_TF_HEAP) t = t->base;
    if (!t || (void *)t->slots.setattr == fn || t->slots.setattr == ob_generic_setattr) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, "can't apply this %s to %N object", d->name, t));
}
WRAP(setattr) {
    TAKES(2, 2);
    if (!may_store(d, fn, self)) return OB_NULL;
    ob_val name = name_arg(a[0]);
    return ob_is_null(name) ? name : stored(((store_fn *)fn)(self, name, a[1]));
}
WRAP(delattr) {
    TAKES(1, 1);
    if (!may_store(d, fn, self)) return OB_NULL;
    ob_val name = name_arg(a[0]);
    return ob_is_null(name) ? name : stored(((store_fn *)fn)(self, name, OB_NULL));
}

WRAP(get) {
    TAKES(1, 2);
    ob_val obj = ob_is_none(a[0]) ? OB_NULL : a[0], type = n < 2 || ob_is_none(a[1]) ? OB_NULL : a[1];
    if (ob_is_null(obj) && ob_is_null(type)) return ob_raise(&ob_exc_TypeError, "__get__(None, None) is invalid");
    return ((ob_val (*)(ob_val, ob_val, ob_val))fn)(self, obj, type);
}

WRAP(binary) { TAKES(1, 1); return ((binary_fn *)fn)(self, a[0]); }
WRAP(rbinary) { TAKES(1, 1); return ((binary_fn *)fn)(a[0], self); }
WRAP(inplace) { TAKES(1, 1); return ((binary_fn *)fn)(self, a[0]); }

static ob_val pow_of(ob_type *t, void *fn, ob_val x, ob_val y, const ob_val *a, size_t n) {
    if (n < 2 || ob_is_none(a[1])) return ((binary_fn *)fn)(x, y);
    return t->slots.pow3 ? t->slots.pow3(x, y, a[1]) : OB_NOT_IMPLEMENTED;
}
WRAP(pow) { TAKES(1, 2); return pow_of(ob_type_of(self), fn, self, a[0], a, n); }
WRAP(rpow) { TAKES(1, 2); return pow_of(ob_type_of(self), fn, a[0], self, a, n); }

#define wrap_none NULL
#define IS_KIND(kind, which) (sizeof(#kind) == sizeof(which) && __builtin_strcmp(#kind, which) == 0)
const ob_slot_def ob__slot_defs[OB_SLOT_COUNT] = {
#define SLOT(id, text, field_, kind, op_, generic_, sig_) \
    [OB_SLOT_##id] = {text, wrap_##kind, (void *)ob__slot_##generic_, sig_, &ob__slot_names[OB_SLOT_##id], \
                      offsetof(ob_slots, field_) / sizeof(void *), op_, IS_KIND(kind, "rbinary") || IS_KIND(kind, "rpow"), IS_KIND(kind, "inplace")},
#include "objspace/slots.def"
#undef SLOT
};

static void trace_slot_names(ob_tracer *t, void *arg) {
    (void)arg;
    ob_trace_vals(t, ob__slot_names, OB_SLOT_COUNT);
}

bool ob_slots_init(void);
bool ob_slots_init(void) {
    for (size_t i = 0; i < OB_SLOT_COUNT; i++) {
        ob__slot_names[i] = ob_str_intern_c(ob__slot_defs[i].name);
        if (ob_is_null(ob__slot_names[i])) return false;
    }
    return ob_gc_add_root(trace_slot_names, NULL);
}

/* ---- wrapper_descriptor: list.__len__ ---- */
static ob_wrapper_descr *wrapper(ob_val v) { return (ob_wrapper_descr *)ob_ptr(v); }

ob_val ob__wrapper_call(ob_val descr, ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_wrapper_descr *w = wrapper(descr);
    if (!ob_is_a(self, w->type))
        return ob_raise(&ob_exc_TypeError, "descriptor '%s' requires a '%s' object but received a '%T'", w->def->name, w->type->name, self);
    return w->def->wrap(w->def, w->fn, self, a, n, kw);
}

static ob_val wrapper_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_wrapper_descr *w = wrapper(self);
    if (n == 0) return ob_raise(&ob_exc_TypeError, "descriptor '%s' of '%s' object needs an argument", w->def->name, w->type->name);
    return ob__wrapper_call(self, a[0], a + 1, n - 1, kw);
}

static ob_val wrapper_get(ob_val descr, ob_val obj, ob_val type) {
    (void)type;
    if (ob_is_null(obj)) return descr;
    ob_wrapper_descr *w = wrapper(descr);
    if (!ob_is_a(obj, w->type))
        return ob_raise(&ob_exc_TypeError, "descriptor '%s' for '%s' objects doesn't apply to a '%T' object", w->def->name, w->type->name, obj);
    ob_method_wrapper *m = ob_alloc(&ob_method_wrapper_type, sizeof *m);
    if (!m) return OB_NULL;
    m->descr = descr;
    m->self = obj;
    return ob_of(m);
}

static void wrapper_trace(ob_obj *o, ob_tracer *t) { ob_trace_ptr(t, ((ob_wrapper_descr *)o)->type); }
static ob_val wrapper_repr(ob_val self) { return ob_str_format_c("<slot wrapper '%s' of '%s' objects>", wrapper(self)->def->name, wrapper(self)->type->name); }
static ob_val wrapper_name(ob_val self) { return *wrapper(self)->def->name_val; }
static ob_val wrapper_objclass(ob_val self) { return ob_type_val(wrapper(self)->type); }
static ob_val wrapper_qualname(ob_val self) {
    ob_val q = ob_type_getattr(wrapper_objclass(self), OB_NAME(qualname));
    return ob_is_null(q) ? q : ob_str_format_c("%S.%s", q, wrapper(self)->def->name);
}
static ob_val sig_text(const ob_slot_def *d) { return ob_str_format_c(*d->sig ? "($self, %s)" : "($self, /%s)", d->sig); }
static ob_val wrapper_signature(ob_val self) { return sig_text(wrapper(self)->def); }
/* What a built-in function or operator of the same name would say; the others say nothing. */
static ob_val wrapper_doc(ob_val self) {
    static const char *const docs[][2] = {{"__next__", "Implement next(self)."}, {"__iter__", "Implement iter(self)."}, {"__repr__", "Return repr(self)."},
        {"__str__", "Return str(self)."}, {"__hash__", "Return hash(self)."}, {"__len__", "Return len(self)."}, {"__bool__", "True if self else False"}};
    for (size_t i = 0; i < BASE_LENGTH(docs); i++)
        if (strcmp(docs[i][0], wrapper(self)->def->name) == 0) return ob_str_from_c(docs[i][1]);
    return OB_NONE;
}
static ob_val reduce_member(ob_val objclass, ob_val name) {
    ob_val builtins_getattr = ob__from_builtins("getattr");
    return ob_is_null(builtins_getattr) ? OB_NULL : ob_tuple_of2(builtins_getattr, ob_tuple_of2(objclass, name));
}
static ob_val wrapper_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return reduce_member(wrapper_objclass(self), wrapper_name(self));
}

ob_type ob_wrapper_descr_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "wrapper_descriptor", .size = sizeof(ob_wrapper_descr), .trace = wrapper_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.repr = wrapper_repr, .call = wrapper_call, .get = wrapper_get},
    .methods = (const ob_def[]){{"__reduce__", wrapper_reduce, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__name__", wrapper_name, NULL, NULL}, {"__qualname__", wrapper_qualname, NULL, NULL}, {"__objclass__", wrapper_objclass, ob_readonly_member, NULL},
                                   {"__doc__", wrapper_doc, NULL, NULL}, {"__text_signature__", wrapper_signature, NULL, NULL}, {0}},
};

/* ---- method-wrapper: [].__len__ ---- */
static ob_method_wrapper *bound(ob_val v) { return (ob_method_wrapper *)ob_ptr(v); }
static ob_val bound_call(ob_val self, const ob_val *a, size_t n, ob_val kw) { return ob__wrapper_call(bound(self)->descr, bound(self)->self, a, n, kw); }
static void bound_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((ob_method_wrapper *)o)->descr);
    ob_trace_val(t, ((ob_method_wrapper *)o)->self);
}
static ob_val bound_repr(ob_val self) {
    return ob_str_format_c("<method-wrapper '%s' of %T object at %p>", wrapper(bound(self)->descr)->def->name, bound(self)->self, (void *)ob_ptr(bound(self)->self));
}
static ob_val bound_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (ob_type_of(a) != ob_type_of(b) || (op != OB_EQ && op != OB_NE)) return OB_NOT_IMPLEMENTED;
    bool same = ob_same(bound(a)->descr, bound(b)->descr) && ob_same(bound(a)->self, bound(b)->self);
    return ob_bool(same == (op == OB_EQ));
}
static bool bound_hash(ob_val v, uint64_t *out) {
    *out = (bound(v)->descr.w >> 4) ^ (bound(v)->self.w >> 3);
    return true;
}
static ob_val bound_self(ob_val self) { return bound(self)->self; }
static ob_val bound_name(ob_val self) { return wrapper_name(bound(self)->descr); }
static ob_val bound_qualname(ob_val self) { return wrapper_qualname(bound(self)->descr); }
static ob_val bound_objclass(ob_val self) { return wrapper_objclass(bound(self)->descr); }
static ob_val bound_doc(ob_val self) { return wrapper_doc(bound(self)->descr); }
static ob_val bound_signature(ob_val self) { return wrapper_signature(bound(self)->descr); }
static ob_val bound_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return reduce_member(bound(self)->self, bound_name(self));
}

ob_type ob_method_wrapper_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "method-wrapper", .size = sizeof(ob_method_wrapper), .trace = bound_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.repr = bound_repr, .call = bound_call, .cmp = bound_cmp, .hash = bound_hash},
    .methods = (const ob_def[]){{"__reduce__", bound_reduce, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__self__", bound_self, NULL, NULL}, {"__name__", bound_name, NULL, NULL}, {"__qualname__", bound_qualname, NULL, NULL},
                                   {"__objclass__", bound_objclass, ob_readonly_member, NULL}, {"__doc__", bound_doc, NULL, NULL},
                                   {"__text_signature__", bound_signature, NULL, NULL}, {0}},
};
