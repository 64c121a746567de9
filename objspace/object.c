/* object.c: the type `object`: what every object can do unless its class says otherwise.
 * Locks: none. */
#include "objspace/call.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/type_make.h"
#include "objspace/unversioned.h"

/* ---- making ---- */
/* A slot that is not object's own means that the class looks at the arguments itself. */
static bool has_own_init(const ob_type *t) { return t->slots.init != ob__object_init; }
static bool has_own_make(const ob_type *t) { return t->slots.make != ob__object_make; }

static ob_val abstract_error(ob_type *t) {
    ob_val names = ob_type_getattr(ob_type_val(t), OB_NAME(abstractmethods));
    if (ob_is_null(names)) return names;
    ob_val list = ob_list_of_iterable(names);
    if (ob_is_null(list) || !ob_list_sort(list, OB_NULL, false)) return OB_NULL;
    ob_val sep = ob_str_from_c(", "), all = ob_list_as_tuple(list);
    if (ob_is_null(sep) || ob_is_null(all)) return OB_NULL;
    ob_val joined = ob_str_join(sep, ob_tuple_ptr(all)->items, ob_tuple_len(all));
    if (ob_is_null(joined)) return joined;
    return ob_raise(&ob_exc_TypeError, "Can't instantiate abstract class %s with abstract method%s %S", t->name, ob_tuple_len(all) == 1 ? "" : "s", joined);
}

ob_val ob__object_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)a;
    if (UNLIKELY(n || !ob_is_null(kw))) {
        if (has_own_make(type)) return ob_raise(&ob_exc_TypeError, "object.__new__() takes exactly one argument (the type to instantiate)");
        if (!has_own_init(type)) return ob_raise(&ob_exc_TypeError, "%s() takes no arguments", type->name);
    }
    if (UNLIKELY(type->flags & OB_TF_ABSTRACT)) return abstract_error(type);
    if (LIKELY(type->flags & OB_TF_INST)) return ob_inst_new(type);
    return ob_of(ob_alloc(type, type->size));
}

bool ob__object_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a;
    if (LIKELY(!n && ob_is_null(kw))) return true;
    ob_type *t = ob_type_of(self);
    if (has_own_init(t)) return ob_fail(ob_raise(&ob_exc_TypeError, "object.__init__() takes exactly one argument (the instance to initialize)"));
    if (!has_own_make(t)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s.__init__() takes exactly one argument (the instance to initialize)", t->name));
    return true;
}

/* T.__new__(cls, …): the native function that every type with a constructor has. self: T. */
static ob_val native_new(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_type *t = ob_type_ptr(self);
    if (n == 0) return ob_raise(&ob_exc_TypeError, "%s.__new__(): not enough arguments", t->name);
    if (!ob_is_type(a[0])) return ob_raise(&ob_exc_TypeError, "%s.__new__(X): X is not a type object (%T)", t->name, a[0]);
    ob_type *sub = ob_type_ptr(a[0]);
    if (!ob_type_is_subtype(sub, t))
        return ob_raise(&ob_exc_TypeError, "%s.__new__(%s): %s is not a subtype of %s", t->name, sub->name, sub->name, t->name);
    const ob_type *native = sub;
    while (native && native->flags & OB_TF_HEAP) native = native->base;
    if (native && native->slots.make != t->slots.make)
        return ob_raise(&ob_exc_TypeError, "%s.__new__(%s) is not safe, use %s.__new__()", t->name, sub->name, native->name);
    return t->slots.make(sub, a + 1, n - 1, kw);
}
static const ob_def new_def = {"__new__", native_new, NULL, "Create and return a new object.  See help(type) for accurate signature.", 0};
ob_val ob__object_new_native(ob_type *type) { return ob_native_new(&new_def, ob_type_val(type), OB_NULL); }

/* ---- texts, comparison, hash ---- */
ob_val ob__object_repr(ob_val v) {
    ob_val type = ob_type_val(ob_type_of(v));
    ob_val module = ob__type_module(ob_type_of(v)), q = ob__type_qualname(ob_type_of(v));
    if (ob_is_null(q) || ob_is_null(type)) return OB_NULL;
    if (ob_is_null(module) || !ob_is_str(module) || ob_str_equal_c(module, "builtins")) {
        ob_err_clear();
        return ob_str_format_c("<%S object at %p>", q, (void *)(uintptr_t)v.w);
    }
    return ob_str_format_c("<%S.%S object at %p>", module, q, (void *)(uintptr_t)v.w);
}

ob_val ob__object_str(ob_val v) { return ob_repr(v); }

ob_val ob__object_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (op == OB_EQ) return ob_same(a, b) ? OB_TRUE : OB_NOT_IMPLEMENTED;
    if (op != OB_NE) return OB_NOT_IMPLEMENTED;
    ob_val (*cmp)(ob_val, ob_val, ob_cmp_op) = ob_type_of(a)->slots.cmp;
    ob_val r = cmp == ob__object_cmp ? ob__object_cmp(a, b, OB_EQ) : cmp(a, b, OB_EQ);
    if (ob_is_null(r) || ob_same(r, OB_NOT_IMPLEMENTED)) return r;
    int t = ob_truth(r);
    return t < 0 ? OB_NULL : ob_bool(!t);
}

int (*ob_identity_hash)(ob_val v, uint64_t *out);

bool ob__object_hash(ob_val v, uint64_t *out) {
    uint32_t flags = ob_is_ptr(v) ? ob_flags(ob_ptr(v)) : OB_F_STATIC;
    if (UNLIKELY(flags & TX_F_DURABLE) && ob_identity_hash) {
        int known = ob_identity_hash(v, out);
        if (known) return known > 0;
    } else if (!(flags & (OB_F_ASKED | OB_F_STATIC))) {
        ob_flag_set(ob_ptr(v), OB_F_ASKED);
    }
    *out = v.w >> 4 | v.w << 60;
    return true;
}

static ob_val object_format(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "__format__() argument must be str, not %T", a[0]);
    if (ob_str_len(a[0])) return ob_raise(&ob_exc_TypeError, "unsupported format string passed to %T.__format__", self);
    return ob_str(self);
}

static ob_val object_sizeof(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    if (!ob_is_ptr(self)) return ob_from_small(8);
    return ob_from_small((int64_t)(ob_flags(ob_ptr(self)) & OB_F_MUTABLE ? sizeof(tx_handle) : 0) + ob_type_of(self)->size);
}

static ob_val object_init_subclass(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a;
    const char *name = ob_type_ptr(self)->name;
    if (!ob_is_null(kw) && ob_tuple_len(kw)) return ob_raise(&ob_exc_TypeError, "%s.__init_subclass__() takes no keyword arguments", name);
    if (n) return ob_raise(&ob_exc_TypeError, "%s.__init_subclass__() takes no arguments (%zu given)", name, n);
    return OB_NONE;
}
static ob_val object_subclasshook(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)a, (void)n, (void)kw;
    return OB_NOT_IMPLEMENTED;
}

/* ---- dir ---- */
static bool add_names(ob_val set, ob_val mapping) {
    ob_val it = ob_iter(mapping), name;
    if (ob_is_null(it)) return false;
    while (!ob_is_null(name = ob_next(it)))
        if (!ob_dict_set(set, name, OB_NONE)) return false;
    return !ob_failed();
}

static bool add_class_names(ob_val set, ob_val c) {
    if (!ob_c_enter()) return false;
    ob_val d = ob_getattr_opt(c, OB_NAME(dict)), bases = ob_is_null(d) && ob_failed() ? d : ob_getattr_opt(c, OB_NAME(bases));
    if (ob_failed() || (!ob_is_null(d) && !add_names(set, d))) return false;
    for (size_t i = 0; !ob_is_null(bases) && ob_is_tuple(bases) && i < ob_tuple_len(bases); i++)
        if (!add_class_names(set, ob_tuple_at(bases, i))) return false;
    return true;
}

ob_val ob__class_dir(ob_val c) {
    ob_val set = ob_dict_new();
    return ob_is_null(set) || !add_class_names(set, c) ? OB_NULL : ob_dict_keys_list(set);
}

static ob_val object_dir(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val set = ob_dict_new();
    if (ob_is_null(set)) return set;
    ob_val d = ob_getattr_opt(self, OB_NAME(dict));
    if (ob_is_null(d) && ob_failed()) return d;
    if (!ob_is_null(d) && ob_is_dict(d) && !add_names(set, d)) return OB_NULL;
    ob_val c = ob_getattr_opt(self, OB_NAME(class));
    if (ob_is_null(c) ? ob_failed() : !add_class_names(set, c)) return OB_NULL;
    return ob_dict_keys_list(set);
}

/* ---- pickling ---- */
static ob_val copyreg(const char *name) {
    if (!ob_the_vm.import) return ob_raise(&ob_exc_RuntimeError, "no interpreter to import copyreg");
    ob_val m = ob_str_intern_c("copyreg");
    m = ob_is_null(m) ? m : ob_the_vm.import(m, OB_NULL, OB_NULL, OB_NULL, 0);
    return ob_is_null(m) ? m : ob_getattr_c(m, name);
}

/* Does the C part of v hold something that attributes and slots do not show? */
static bool has_hidden_state(ob_val v) {
    const ob_type *t = ob_type_of(v);
    while (t && t->flags & OB_TF_HEAP) t = t->base;
    return t != &ob_object_type && t != &ob_module_type;
}

static ob_val slots_state(ob_val self, ob_val names) {
    ob_val d = ob_dict_new();
    for (size_t i = 0; !ob_is_null(d) && i < ob_list_len(names); i++) {
        ob_val name = ob_list_at(names, i), x = ob_getattr_opt(self, name);
        if (ob_is_null(x) && ob_failed()) return x;
        if (!ob_is_null(x) && !ob_dict_set(d, name, x)) return OB_NULL;
    }
    return d;
}

/* Has v attributes beside __slots__? */
static bool has_attributes(ob_val v) {
    ob_type *t = ob_type_of(v);
    if (t->own_dict) {
        ob_val d = t->own_dict(v, false);
        return !ob_is_null(d) && ob_dict_len(d) > 0;
    }
    ob_val name, x;
    size_t pos = ob_attrs_of(v) ? t->nslots : 0;
    return t->has_dict && ob_attr_next(v, &pos, &name, &x);
}

static ob_val default_state(ob_val self, bool required) {
    if (required && has_hidden_state(self)) return ob_raise(&ob_exc_TypeError, "cannot pickle '%T' object", self);
    ob_val state = has_attributes(self) ? ob_getattr_opt(self, OB_NAME(dict)) : OB_NONE;
    if (ob_is_null(state)) state = OB_NONE;
    ob_val names = ob_failed() ? OB_NULL : copyreg("_slotnames");
    if (ob_failed()) return OB_NULL;
    names = ob_call1(names, ob_type_val(ob_type_of(self)));
    if (ob_is_null(names)) return names;
    if (!ob_is_list(names) || ob_list_len(names) == 0) return state;
    ob_val slots = slots_state(self, names);
    if (ob_is_null(slots)) return slots;
    return ob_dict_len(slots) ? ob_tuple_of2(state, slots) : state;
}

static ob_val object_getstate(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return default_state(self, false);
}

static ob_val state_of(ob_val self, bool required) {
    ob_val m = ob_getattr(self, OB_NAME(getstate));
    if (ob_is_null(m)) return m;
    if (ob_is_exact(m, &ob_native_type) && ((ob_native *)ob_ptr(m))->def->fn == object_getstate && ob_same(((ob_native *)ob_ptr(m))->self, self))
        return default_state(self, required);
    return ob_call0(m);
}

/* args and kwargs for __new__; *kwargs OB_NULL: by __getnewargs__ or none at all (*args OB_NULL). */
static bool new_arguments(ob_val self, ob_val *args, ob_val *kwargs) {
    *args = *kwargs = OB_NULL;
    ob_val ex = ob_str_intern_c("__getnewargs_ex__"), r = OB_NULL;
    int done = ob_is_null(ex) ? -1 : ob__call_special(self, ex, NULL, 0, &r);
    if (done < 0) return false;
    if (done) {
        if (!ob_is_tuple(r)) return ob_fail(ob_raise(&ob_exc_TypeError, "__getnewargs_ex__ should return a tuple, not '%T'", r));
        if (ob_tuple_len(r) != 2) return ob_fail(ob_raise(&ob_exc_ValueError, "__getnewargs_ex__ should return a tuple of length 2, not %zu", ob_tuple_len(r)));
        *args = ob_tuple_at(r, 0);
        *kwargs = ob_tuple_at(r, 1);
        if (!ob_is_tuple(*args)) return ob_fail(ob_raise(&ob_exc_TypeError, "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '%T'", *args));
        if (!ob_is_dict(*kwargs)) return ob_fail(ob_raise(&ob_exc_TypeError, "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '%T'", *kwargs));
        return true;
    }
    done = ob__call_special(self, OB_NAME(getnewargs), NULL, 0, &r);
    if (done <= 0) return done == 0;
    if (!ob_is_tuple(r)) return ob_fail(ob_raise(&ob_exc_TypeError, "__getnewargs__ should return a tuple, not '%T'", r));
    *args = r;
    return true;
}

static ob_val prefixed(ob_val first, ob_val args) {
    size_t n = ob_is_null(args) ? 0 : ob_tuple_len(args);
    ob_val t = ob_tuple_alloc(n + 1);
    if (ob_is_null(t)) return t;
    ob_tuple_ptr(t)->items[0] = first;
    for (size_t i = 0; i < n; i++) ob_tuple_ptr(t)->items[i + 1] = ob_tuple_at(args, i);
    return t;
}

static ob_val reduce_new(ob_val self) {
    ob_val cls = ob_type_val(ob_type_of(self)), args, kwargs;
    if (!ob_type_of(self)->slots.make) return ob_raise(&ob_exc_TypeError, "cannot pickle '%T' object", self);
    if (!new_arguments(self, &args, &kwargs)) return OB_NULL;
    bool ex = !ob_is_null(kwargs) && ob_dict_len(kwargs);
    bool has_args = !ob_is_null(args);
    ob_val items[5] = {copyreg(ex ? "__newobj_ex__" : "__newobj__")};
    if (ob_is_null(items[0])) return OB_NULL;
    items[1] = ex ? ob_tuple_of3(cls, args, kwargs) : prefixed(cls, args);
    items[2] = ob_is_null(items[1]) ? OB_NULL : state_of(self, !has_args && !ob_is_list(self) && !ob_is_dict(self));
    if (ob_is_null(items[2])) return OB_NULL;
    items[3] = ob_is_list(self) ? ob_iter(self) : OB_NONE;
    items[4] = OB_NONE;
    if (ob_is_dict(self)) {
        items[4] = ob_call_method(self, OB_NAME(items), NULL, 0);
        if (!ob_is_null(items[4])) items[4] = ob_iter(items[4]);
    }
    if (ob_is_null(items[3]) || ob_is_null(items[4])) return OB_NULL;
    return ob_tuple_from(items, 5);
}

static ob_val common_reduce(ob_val self, int64_t protocol) {
    if (protocol >= 2) return reduce_new(self);
    ob_val f = copyreg("_reduce_ex");
    return ob_is_null(f) ? f : ob_call2(f, self, ob_from_small(protocol));
}
static ob_val object_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return common_reduce(self, 0);
}
static ob_val object_reduce_ex(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    int64_t protocol;
    if (!ob_index_i64(a[0], &protocol)) return OB_NULL;
    ob_val reduce = ob_getattr_opt(self, OB_NAME(reduce));
    if (ob_is_null(reduce) && ob_failed()) return reduce;
    ob_val found = ob_type_lookup(ob_type_of(self), OB_NAME(reduce)), own = ob_type_lookup(&ob_object_type, OB_NAME(reduce));
    if (!ob_is_null(reduce) && !ob_same(found, own)) return ob_call0(reduce);
    return common_reduce(self, protocol);
}

/* ---- __class__ ---- */
static ob_val get_class(ob_val self) { return ob_type_val(ob_type_of(self)); }

static void class_back(uint64_t object, uint64_t old, uint64_t detail) {
    (void)detail;
    ((ob_obj *)(uintptr_t)object)->type = (ob_type *)(uintptr_t)old;
}

static bool set_class(ob_val self, ob_val c) {
    if (ob_is_null(c)) return ob_fail(ob_raise(&ob_exc_TypeError, "can't delete __class__ attribute"));
    if (!ob_is_type(c)) return ob_fail(ob_raise(&ob_exc_TypeError, "__class__ must be set to a class, not '%T' object", c));
    ob_type *from = ob_type_of(self), *to = ob_type_ptr(c);
    bool modules = ob_type_is_subtype(from, &ob_module_type) && ob_type_is_subtype(to, &ob_module_type);
    if (!modules && (!(from->flags & OB_TF_HEAP) || !(to->flags & OB_TF_HEAP) || (from->flags | to->flags) & OB_TF_IMMUTABLE))
        return ob_fail(ob_raise(&ob_exc_TypeError, "__class__ assignment only supported for mutable types or ModuleType subclasses"));
    if (from == to) return true;
    if (!modules && !ob__same_layout(from, to))
        return ob_fail(ob_raise(&ob_exc_TypeError, "__class__ assignment: '%s' object layout differs from '%s'", to->name, from->name));
    bool shared = !(ob_flags(ob_ptr(self)) & OB_F_MUTABLE) || !tx_is_private(ob_handle(self));
    if (!ob_unversioned_change(ob_ptr(self), shared, class_back, ob_type_val(from).w, 0)) return false;
    if (!ob_inst_change_type(self, to)) return false;
    if (to->flags & OB_TF_FINAL && !(ob_flags(ob_ptr(self)) & OB_F_FINALIZER) && !ob_gc_add_finalizer(self)) return false;
    return true;
}

ob_type ob_object_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "object", .size = sizeof(ob_obj), .flags = OB_TF_BASE,
    .doc = "The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n",
    .slots = {.repr = ob__object_repr, .str = ob__object_str, .hash = ob__object_hash, .cmp = ob__object_cmp, .getattr = ob_generic_getattr,
              .setattr = ob_generic_setattr, .make = ob__object_make, .init = ob__object_init},
    .methods = (const ob_def[]){
        {"__reduce_ex__", object_reduce_ex, "protocol, /", NULL, 0}, {"__reduce__", object_reduce, "", NULL, 0},
        {"__getstate__", object_getstate, "", NULL, 0}, {"__dir__", object_dir, "", NULL, 0},
        {"__format__", object_format, "format_spec, /", "Default object formatter.", 0}, {"__sizeof__", object_sizeof, "", "Size of object in memory, in bytes.", 0},
        {"__init_subclass__", object_init_subclass, NULL, "This method is called when a class is subclassed.", OB_DEF_CLASS},
        {"__subclasshook__", object_subclasshook, NULL, "Abstract classes can override this to customize issubclass().", OB_DEF_CLASS}, {0}},
    .getsets = (const ob_getset[]){{"__class__", get_class, set_class, NULL}, {0}},
};
