/* typeattr.c: the type `type`: calling a class, attributes of classes, and what may be changed about them.
 * Locks: the world is stopped while __bases__ changes.
 * A1  Whatever changes what look-up finds bumps the code epoch: the class dict does it itself, __bases__ and names do it here. */
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/iter.h"
#include "objspace/memoryview.h"
#include "objspace/contain.h"
#include "objspace/generic.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/type_make.h"
#include "objspace/unversioned.h"

static ob_type *typ(ob_val v) { return ob_type_ptr(v); }
static bool is_heap(ob_val v) { return (typ(v)->flags & OB_TF_HEAP) != 0; }

/* ---- calls ---- */
ob_val ob_type_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_type *t = typ(self);
    if (UNLIKELY(t == &ob_type_type)) {
        if (n == 1 && ob_is_null(kw)) return ob_type_val(ob_type_of(a[0]));
        if (n != 3) return ob_raise(&ob_exc_TypeError, "type() takes 1 or 3 arguments");
    }
    if (UNLIKELY(!t->slots.make)) return ob_raise(&ob_exc_TypeError, "cannot create '%s' instances", t->name);
    ob_val v = t->slots.make(t, a, n, kw);
    if (ob_is_null(v)) return v;
    ob_type *vt = ob_type_of(v);
    if (vt != t && !ob_type_is_subtype(vt, t)) return v;
    if (vt->slots.init && vt->slots.init != ob__object_init) return vt->slots.init(v, a, n, kw) ? v : OB_NULL;
    return vt->slots.init && !ob__object_init(v, a, n, kw) ? OB_NULL : v;
}

static ob_val type_make(ob_type *meta, const ob_val *a, size_t n, ob_val kw) {
    if (n != 3) return ob_raise(&ob_exc_TypeError, "type.__new__() takes exactly 3 arguments (%zu given)", n);
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "type.__new__() argument 1 must be str, not %T", a[0]);
    if (!ob_is_tuple(a[1])) return ob_raise(&ob_exc_TypeError, "type.__new__() argument 2 must be tuple, not %T", a[1]);
    if (!ob_is_dict(a[2])) return ob_raise(&ob_exc_TypeError, "type.__new__() argument 3 must be dict, not %T", a[2]);
    return ob_type_new_class(meta, a[0], a[1], a[2], a + 3, kw);
}
static bool type_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)a;
    if (!ob_is_null(kw) && ob_tuple_len(kw) && n == 1) return ob_fail(ob_raise(&ob_exc_TypeError, "type.__init__() takes no keyword arguments"));
    return n == 1 || n == 3 || ob_fail(ob_raise(&ob_exc_TypeError, "type.__init__() takes 1 or 3 arguments"));
}

/* ---- attribute access ---- */
ob_val ob__type_getattr_opt(ob_val self, ob_val name) {
    ob_type *t = typ(self), *meta = ob_type_of(self);
    ob_val m = ob_type_lookup(meta, name);
    ob_val (*get)(ob_val, ob_val, ob_val) = NULL;
    if (!ob_is_null(m)) {
        const ob_type *mt = ob_type_of(m);
        get = mt->slots.get;
        if (get && mt->slots.set) return get(m, self, ob_type_val(meta));
    }
    ob_val v = ob_type_lookup(t, name);
    if (!ob_is_null(v)) {
        ob_val (*own)(ob_val, ob_val, ob_val) = ob_type_of(v)->slots.get;
        return own ? own(v, OB_NULL, self) : v;
    }
    return get ? get(m, self, ob_type_val(meta)) : m;
}

ob_val ob_type_getattr(ob_val self, ob_val name) {
    ob_val v = ob__type_getattr_opt(self, name);
    return ob_is_null(v) && !ob_failed() ? ob__no_attribute(self, name) : v;
}

static bool check_mutable(ob_val self, ob_val name) {
    ob_type *t = typ(self);
    if (t->flags & OB_TF_HEAP && !(t->flags & OB_TF_IMMUTABLE)) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, "cannot set '%S' attribute of immutable type '%s'", name, t->name));
}

bool ob_type_setattr(ob_val self, ob_val name, ob_val v) {
    if (!check_mutable(self, name)) return false;
    name = ob_str_intern(name);
    if (ob_is_null(name)) return false;
    ob_val m = ob_type_lookup(ob_type_of(self), name);
    if (!ob_is_null(m)) {
        bool (*set)(ob_val, ob_val, ob_val) = ob_type_of(m)->slots.set;
        if (set) return set(m, self, v);
    }
    ob_type *t = typ(self);
    if (ob_is_null(v)) {
        int r = ob_dict_del(t->dict, name);
        if (r == 0) ob__no_attribute(self, name);
        if (r <= 0) return false;
    } else if (!ob_dict_set(t->dict, name, v)) {
        return false;
    }
    if (ob__is_slot_name(name) || ob_same(name, OB_NAME(del))) {
        tx_epoch_bump();
        ob__slot_update(t, name);
    }
    return true;
}

/* ---- names ---- */
static bool may_change(ob_val self, ob_val v, const char *what) {
    ob_type *t = typ(self);
    if (!is_heap(self) || t->flags & OB_TF_IMMUTABLE) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot set '%s' attribute of immutable type '%s'", what, t->name));
    if (ob_is_null(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot delete '%s' attribute of immutable type '%s'", what, t->name));
    return true;
}

static ob_val get_name(ob_val self) { return ob_type_name_val(typ(self)); }
static void name_back(uint64_t type, uint64_t old, uint64_t text) {
    ob_type *t = (ob_type *)(uintptr_t)type;
    t->heap_name = (ob_val){old};
    t->name = (const char *)(uintptr_t)text;            /* (what it was called meanwhile stays: other threads may be reading it) */
}
static bool set_name(ob_val self, ob_val v) {
    if (!may_change(self, v, "__name__")) return false;
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "can only assign string to %s.__name__, not '%T'", typ(self)->name, v));
    ob_type *t = typ(self);
    if (!ob__publish(v) || (!ob_is_newborn(t) && !ob_unversioned_change(t, true, name_back, t->heap_name.w, (uint64_t)(uintptr_t)t->name))) return false;
    return ob__type_set_name(t, v);
}

ob_val ob__type_qualname(const ob_type *t) { return t->flags & OB_TF_HEAP ? t->qualname : ob_type_name_val(t); }
static ob_val get_qualname(ob_val self) { return ob__type_qualname(typ(self)); }
static bool set_qualname(ob_val self, ob_val v) {
    if (!may_change(self, v, "__qualname__")) return false;
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "can only assign string to %s.__qualname__, not '%T'", typ(self)->name, v));
    return ob_field_set(typ(self), &typ(self)->qualname, v);
}

ob_val ob__type_module(const ob_type *t) {
    if (t->flags & OB_TF_HEAP) return ob_dict_get_str(t->dict, OB_NAME(module));
    const char *dot = strrchr(t->name, '.');
    ob_val m = dot ? ob_str_from_utf8(t->name, (size_t)(dot - t->name)) : ob_str_intern_c("builtins");
    return ob_is_null(m) ? m : ob_str_intern(m);
}
static ob_val get_module(ob_val self) {
    ob_val m = ob__type_module(typ(self));
    return ob_is_null(m) && !ob_failed() ? ob__no_attribute(self, OB_NAME(module)) : m;
}
static bool set_in_dict(ob_val self, ob_val name, ob_val v, const char *what) { return may_change(self, v, what) && ob_dict_set(typ(self)->dict, name, v); }
static bool set_module(ob_val self, ob_val v) { return set_in_dict(self, OB_NAME(module), v, "__module__"); }

static ob_val get_doc(ob_val self) {
    ob_type *t = typ(self);
    ob_val d = ob_dict_get_str(t->dict, OB_NAME(doc));
    if (ob_is_null(d)) return OB_NONE;
    ob_val (*get)(ob_val, ob_val, ob_val) = ob_type_of(d)->slots.get;
    return get ? get(d, OB_NULL, self) : d;
}
static bool set_doc(ob_val self, ob_val v) { return set_in_dict(self, OB_NAME(doc), v, "__doc__"); }

/* How some native types are called, for inspect; the others have no signature, as in CPython. */
static ob_val get_text_signature(ob_val self) {
    static const struct { const ob_type *type; const char *text; } known[] = {
        {&ob_object_type, "()"}, {&ob_complex_type, "(real=0, imag=0)"}, {&ob_enumerate_type, "(iterable, start=0)"}, {&ob_float_type, "(x=0, /)"},
        {&ob_list_type, "(iterable=(), /)"}, {&ob_tuple_type, "(iterable=(), /)"}, {&ob_memoryview_type, "(object)"},
        {&ob_property_type, "(fget=None, fset=None, fdel=None, doc=None)"}, {&ob_reversed_type, "(sequence, /)"}};
    for (size_t i = 0; i < BASE_LENGTH(known); i++)
        if (typ(self) == known[i].type) return ob_str_from_c(known[i].text);
    return OB_NONE;
}

static ob_val get_abstract(ob_val self) {
    ob_val v = self.w == ob_type_val(&ob_type_type).w ? OB_NULL : ob_dict_get_str(typ(self)->dict, OB_NAME(abstractmethods));
    return ob_is_null(v) ? ob_raise_obj(&ob_exc_AttributeError, OB_NAME(abstractmethods)) : v;
}
static void abstract_back(uint64_t type, uint64_t old, uint64_t flag) {
    ob_type *t = (ob_type *)(uintptr_t)type;
    (void)old;
    t->flags = (t->flags & ~(uint32_t)OB_TF_ABSTRACT) | (uint32_t)flag;
}
static bool set_abstract(ob_val self, ob_val v) {
    ob_type *t = typ(self);
    if (!check_mutable(self, OB_NAME(abstractmethods))) return false;
    int truth = 0;
    if (ob_is_null(v)) {
        int r = ob_dict_del(t->dict, OB_NAME(abstractmethods));
        if (r <= 0) return r == 0 ? ob_fail(ob_raise_obj(&ob_exc_AttributeError, OB_NAME(abstractmethods))) : false;
    } else {
        truth = ob_truth(v);
        if (truth < 0 || !ob_dict_set(t->dict, OB_NAME(abstractmethods), v)) return false;
    }
    if (truth == ((t->flags & OB_TF_ABSTRACT) != 0)) return true;
    if (!ob_is_newborn(t) && !ob_unversioned_change(t, true, abstract_back, 0, t->flags & OB_TF_ABSTRACT)) return false;
    t->flags ^= OB_TF_ABSTRACT;
    return true;
}

static ob_val get_annotations(ob_val self) {
    ob_type *t = typ(self);
    if (!is_heap(self)) return ob_raise(&ob_exc_AttributeError, "type object '%s' has no attribute '__annotations__'", t->name);
    ob_val v = ob_dict_get_str(t->dict, OB_NAME(annotations));
    if (!ob_is_null(v)) {
        ob_val (*get)(ob_val, ob_val, ob_val) = ob_type_of(v)->slots.get;
        return get ? get(v, OB_NULL, self) : v;
    }
    v = ob_dict_new();
    return ob_is_null(v) || !ob_dict_set(t->dict, OB_NAME(annotations), v) ? OB_NULL : v;
}
static bool set_annotations(ob_val self, ob_val v) {
    if (!check_mutable(self, OB_NAME(annotations))) return false;
    if (!ob_is_null(v)) return ob_dict_set(typ(self)->dict, OB_NAME(annotations), v);
    int r = ob_dict_del(typ(self)->dict, OB_NAME(annotations));
    return r == 0 ? ob_fail(ob_raise_obj(&ob_exc_AttributeError, OB_NAME(annotations))) : r > 0;
}

/* ---- bases ---- */
static ob_val get_bases(ob_val self) { return typ(self)->bases; }
static ob_val get_base(ob_val self) { return typ(self)->base ? ob_type_val(typ(self)->base) : OB_NONE; }
static ob_val get_mro(ob_val self) { return ob_is_null(typ(self)->mro) ? OB_NONE : typ(self)->mro; }
static ob_val get_dict(ob_val self) { return ob_mappingproxy_new(typ(self)->dict); }

/* Recomputes the order of t and all below it; *arg, a list, notes (class, new order, old order, old slots). A custom mro() may itself assign __bases__:
 * what it did to a class stands. */
static bool new_order(ob_type *t, void *arg) {
    ob_val old = t->mro;
    int r = ob__type_own_mro(t);
    if (r <= 0) return r == 0;
    ob_val slots_then = ob_bytes_from(&t->slots, sizeof t->slots), items[] = {ob_type_val(t), t->mro, ob_is_null(old) ? OB_NONE : old, slots_then};
    ob_val note = ob_is_null(slots_then) ? OB_NULL : ob_tuple_from(items, 4);
    return !ob_is_null(note) && ob_list_append(*(ob_val *)arg, note) && ob__type_subclasses_each(t, new_order, arg);
}
static void old_orders(ob_val notes) {
    for (size_t i = ob_list_len(notes); i-- > 0;) {
        ob_val n = ob_list_at(notes, i), old = ob_tuple_at(n, 2);
        ob_type *t = ob_type_ptr(ob_tuple_at(n, 0));
        if (ob_same(t->mro, ob_tuple_at(n, 1))) t->mro = ob_is_none(old) ? OB_NULL : old;
    }
}
static bool new_slots(ob_type *t, void *arg) {
    (void)arg;
    ob__slots_fixup(t);
    return ob__type_subclasses_each(t, new_slots, NULL);
}

static bool check_bases(ob_type *t, ob_val bases) {
    if (!ob_is_tuple(bases)) return ob_fail(ob_raise(&ob_exc_TypeError, "can only assign tuple to %s.__bases__, not %T", t->name, bases));
    if (ob_tuple_len(bases) == 0) return ob_fail(ob_raise(&ob_exc_TypeError, "can only assign non-empty tuple to %s.__bases__, not ()", t->name));
    for (size_t i = 0; i < ob_tuple_len(bases); i++) {
        ob_val b = ob_tuple_at(bases, i);
        if (!ob_is_type(b)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s.__bases__ must be tuple of classes, not '%T'", t->name, b));
        bool below = ob_type_is_subtype(ob_type_ptr(b), t);
        for (const ob_type *u = ob_type_ptr(b); u && !below; u = u->base) below = u == t;
        if (below) return ob_fail(ob_raise(&ob_exc_TypeError, "a __bases__ item causes an inheritance cycle"));
    }
    return true;
}

/* May instances made for one base go on with the other? object and classes of plain instances without __slots__ are alike. */
static bool same_native_part(const ob_type *a, const ob_type *b) {
    bool plain_a = a == &ob_object_type || a->flags & OB_TF_INST, plain_b = b == &ob_object_type || b->flags & OB_TF_INST;
    if (a->nslots != b->nslots || plain_a != plain_b) return false;
    return plain_a || ob__same_layout(a, b) || (a->cls.kind == b->cls.kind && a->size == b->size && a->trace_body == b->trace_body);
}

/* old: (bases, base, notes of new_order).  Neither allocates nor runs anything. */
static void bases_back(uint64_t type, uint64_t old, uint64_t detail) {
    ob_type *t = (ob_type *)(uintptr_t)type;
    ob_val had = (ob_val){old}, notes = ob_tuple_at(had, 2);
    (void)detail;
    t->bases = ob_tuple_at(had, 0);
    t->base = ob_type_ptr(ob_tuple_at(had, 1));
    for (size_t i = ob_tuple_len(notes); i-- > 0;) {
        ob_val n = ob_tuple_at(notes, i);
        ob_type *u = ob_type_ptr(ob_tuple_at(n, 0));
        u->mro = ob_is_none(ob_tuple_at(n, 2)) ? OB_NULL : ob_tuple_at(n, 2);
        memcpy(&u->slots, ob_bytes_ptr(ob_tuple_at(n, 3))->data, sizeof u->slots);
    }
}

/* The new bases and orders stand; makes sure that they can be undone, and what follows from them. */
static bool settle_bases(ob_type *t, ob_val old_bases, ob_type *old_base, ob_val notes) {
    ob_val items[3] = {old_bases, ob_type_val(old_base), ob_list_as_tuple(notes)};
    ob_val had = ob_is_null(items[2]) ? OB_NULL : ob_tuple_from(items, 3);
    if (ob_is_null(had)) return false;
    if (!tx_undo_note(bases_back, ob_type_val(t).w, had.w, 0)) return ob_write_failed(ob_type_val(t));
    for (size_t i = 0; i < ob_tuple_len(old_bases); i++) {
        ob_val subs = ob_type_ptr(ob_tuple_at(old_bases, i))->subclasses;
        if (!ob_is_null(subs) && ob_dict_del(subs, ob_int_from_i64((int64_t)(uintptr_t)t)) < 0) return false;
    }
    for (size_t i = 0; i < ob_tuple_len(t->bases); i++)
        if (!ob__type_add_subclass(ob_type_ptr(ob_tuple_at(t->bases, i)), t)) return false;
    return true;
}

static bool set_bases(ob_val self, ob_val bases) {
    ob_type *t = typ(self);
    if (!may_change(self, bases, "__bases__") || !check_bases(t, bases)) return false;
    ob_type *base = ob__best_base(bases), *old_base = t->base;
    if (!base) return false;
    if (!same_native_part(base, old_base))
        return ob_fail(ob_raise(&ob_exc_TypeError, "__bases__ assignment: '%s' object layout differs from '%s'", base->name, old_base->name));
    ob_val old_bases = t->bases;
    if (!ob__publish(bases) || (!tx_is_sole() && !ob_external())) return false;
    t->bases = bases;
    t->base = base;
    ob_val notes = ob_list_new(0);
    if (ob_is_null(notes) || !new_order(t, &notes)) {
        ob_val e = ob_err_fetch();
        if (!ob_is_null(notes)) old_orders(notes);
        if (ob_same(t->bases, bases)) {
            t->bases = old_bases;
            t->base = old_base;
        }
        tx_epoch_bump();
        ob_err_restore(e);
        return false;
    }
    if (ob_same(t->bases, bases) && !settle_bases(t, old_bases, old_base, notes)) return false;
    tx_epoch_bump();
    return new_slots(t, NULL);
}

/* ---- numbers that tools look at ---- */
static ob_val get_basicsize(ob_val self) { return ob_from_small((int64_t)sizeof(tx_handle) + typ(self)->size); }
static ob_val get_itemsize(ob_val self) {
    enum { VARIES = OB_TF_INT | OB_TF_TUPLE | OB_TF_BYTES | OB_TF_TYPE };
    return ob_from_small(typ(self)->flags & OB_TF_INT ? 4 : typ(self)->flags & OB_TF_BYTES ? 1 : typ(self)->flags & VARIES ? 8 : 0);
}
static ob_val get_dictoffset(ob_val self) { return ob_from_small(typ(self)->has_dict ? 16 : 0); }
static ob_val get_weakrefoffset(ob_val self) { return ob_from_small(typ(self)->has_weakref ? 8 : 0); }
/* The bits that inspect, abc, copyreg and enum look at, at CPython's places. */
static ob_val get_flags(ob_val self) {
    const uint32_t f = typ(self)->flags;
    static const struct { uint32_t ours; unsigned theirs; } bits[] = {
        {OB_TF_HEAP, 9}, {OB_TF_BASE, 10}, {OB_TF_READY, 12}, {OB_TF_ABSTRACT, 20}, {OB_TF_INT, 24}, {OB_TF_LIST, 25}, {OB_TF_TUPLE, 26}, {OB_TF_BYTES, 27},
        {OB_TF_STR, 28}, {OB_TF_DICT, 29}, {OB_TF_EXC, 30}, {OB_TF_TYPE, 31}, {OB_TF_SEQUENCE, 5}, {OB_TF_MAPPING, 6}};
    int64_t out = 1 << 18;
    for (size_t i = 0; i < BASE_LENGTH(bits); i++)
        if (f & bits[i].ours) out |= INT64_C(1) << bits[i].theirs;
    if (!(f & OB_TF_HEAP)) out |= 1 << 8;
    return ob_from_small(out);
}

/* ---- methods ---- */
static ob_val type_mro(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)kw;
    if (n) return ob_raise(&ob_exc_TypeError, "%s.mro() takes no arguments (%zu given)", typ(self)->name, n);
    ob_val m;
    return ob__mro_compute(typ(self), &m) ? ob_list_from(ob_tuple_ptr(m)->items, ob_tuple_len(m)) : OB_NULL;
}
static bool add_to_list(ob_type *sub, void *arg) { return ob_list_append(*(ob_val *)arg, ob_type_val(sub)); }
static ob_val type_subclasses(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val list = ob_list_new(4);
    return ob_is_null(list) || !ob__type_subclasses_each(typ(self), add_to_list, &list) ? OB_NULL : list;
}
static ob_val type_prepare(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)self, (void)a, (void)n, (void)kw; return ob_dict_new(); }
static ob_val type_instancecheck(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    int r = ob__real_isinstance(a[0], self);
    return r < 0 ? OB_NULL : ob_bool(r);
}
static ob_val type_subclasscheck(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    int r = ob__real_issubclass(a[0], self);
    return r < 0 ? OB_NULL : ob_bool(r);
}
static ob_val type_dir(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)a, (void)n, (void)kw; return ob__class_dir(self); }
static ob_val type_sizeof(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)self, (void)a, (void)n, (void)kw; return ob_from_small(sizeof(ob_type)); }

static ob_val type_repr(ob_val self) {
    ob_type *t = typ(self);
    ob_val module = ob__type_module(t), q = ob__type_qualname(t);
    if (ob_is_null(q)) return q;
    if (ob_is_null(module) || !ob_is_str(module)) return ob_failed() ? OB_NULL : ob_str_format_c("<class '%s'>", t->name);
    if (ob_str_equal_c(module, "builtins")) return ob_str_format_c("<class '%S'>", q);
    return ob_str_format_c("<class '%S.%S'>", module, q);
}

static void type_trace(ob_obj *o, ob_tracer *tr) {
    ob_type *t = (ob_type *)o;
    ob_trace_ptr(tr, t->base);
    ob_trace_val(tr, t->dict);
    ob_trace_val(tr, t->bases);
    ob_trace_val(tr, t->mro);
    ob_trace_val(tr, t->qualname);
    ob_trace_val(tr, t->subclasses);
    ob_trace_val(tr, t->heap_name);
    ob_shape_trace(t, tr);
}

ob_type ob_type_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "type", .size = sizeof(ob_type), .flags = OB_TF_BASE | OB_TF_TYPE, .trace = type_trace, .free = ob__type_free, .has_weakref = true,
    .doc = "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type",
    .slots = {.repr = type_repr, .call = ob_type_call, .getattr = ob_type_getattr, .setattr = ob_type_setattr, .make = type_make, .init = type_init,
              .binary[OB_BIN_OR] = ob_union_of},
    .methods = (const ob_def[]){
        {"mro", type_mro, NULL, "Return a type's method resolution order.", 0}, {"__subclasses__", type_subclasses, "", "Return a list of immediate subclasses.", 0},
        {"__prepare__", type_prepare, NULL, "Used to create the namespace for the class statement.", OB_DEF_CLASS},
        {"__instancecheck__", type_instancecheck, "instance, /", "Check if an object is an instance.", 0},
        {"__subclasscheck__", type_subclasscheck, "subclass, /", "Check if a class is a subclass.", 0},
        {"__dir__", type_dir, "", "Specialized __dir__ implementation for types.", 0}, {"__sizeof__", type_sizeof, "", "Return memory consumption of the type object.", 0}, {0}},
    .getsets = (const ob_getset[]){
        {"__name__", get_name, set_name, NULL}, {"__qualname__", get_qualname, set_qualname, NULL}, {"__module__", get_module, set_module, NULL},
        {"__bases__", get_bases, set_bases, NULL}, {"__base__", get_base, ob_readonly_member, NULL}, {"__mro__", get_mro, ob_readonly_member, NULL}, {"__dict__", get_dict, NULL, NULL},
        {"__doc__", get_doc, set_doc, NULL}, {"__text_signature__", get_text_signature, NULL, NULL}, {"__abstractmethods__", get_abstract, set_abstract, NULL},
        {"__annotations__", get_annotations, set_annotations, NULL}, {"__basicsize__", get_basicsize, ob_readonly_member, NULL}, {"__itemsize__", get_itemsize, ob_readonly_member, NULL},
        {"__dictoffset__", get_dictoffset, ob_readonly_member, NULL}, {"__weakrefoffset__", get_weakrefoffset, ob_readonly_member, NULL}, {"__flags__", get_flags, ob_readonly_member, NULL}, {0}},
};
