/* class.c: making classes: the metaclass that wins, the base whose layout is extended, __slots__, and the hooks that run at the end.
 * Locks: none. A class is private to its maker until type.__new__ returns, but for what the hooks give away.
 * K1  The C layout of a class is that of its base; beyond it there are only the attributes of inst.h.  (ob__best_base)
 * K2  nslots of a class begins with nslots of its base, so that a member descriptor's slot holds for all subclasses. */
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/list.h"
#include "objspace/shape.h"
#include "objspace/type_make.h"
#include "objspace/unversioned.h"
#include "objspace/weakref.h"
#include "base/mem.h"
#include "txn/tx.h"

/* ---- layout ---- */
/* Does t's C layout differ from its base's? */
static bool extends_layout(const ob_type *t) {
    const ob_type *b = t->base;
    if (!b) return true;
    if (t->flags & OB_TF_HEAP) return t->nslots != b->nslots;
    return t->size != b->size || t->cls.kind != b->cls.kind || t->trace_body != b->trace_body || t->nslots != b->nslots;
}
static const ob_type *solid(const ob_type *t) {
    while (t->base && !extends_layout(t)) t = t->base;
    return t;
}

ob_type *ob__best_base(ob_val bases) {
    ob_type *best = NULL;
    const ob_type *winner = NULL;
    for (size_t i = 0; i < ob_tuple_len(bases); i++) {
        if (!ob_is_type(ob_tuple_at(bases, i))) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "bases must be types"));
        ob_type *b = ob_type_ptr(ob_tuple_at(bases, i));
        if (!(b->flags & OB_TF_HEAP) && !ob_type_ready(b)) return NULL;
        if (!(b->flags & OB_TF_BASE)) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "type '%s' is not an acceptable base type", b->name));
        const ob_type *s = solid(b);
        if (!winner) {
            winner = s;
            best = b;
        } else if (ob_type_is_subtype(winner, s)) {
            continue;
        } else if (ob_type_is_subtype(s, winner)) {
            winner = s;
            best = b;
        } else {
            return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "multiple bases have instance lay-out conflict"));
        }
    }
    return best;
}

/* The class that last added something to the layout of t's instances. */
static const ob_type *adder(const ob_type *t) {
    while (t->flags & OB_TF_HEAP && t->nslots == t->base->nslots && t->has_dict == t->base->has_dict && t->has_weakref == t->base->has_weakref) t = t->base;
    return t;
}

bool ob__same_layout(const ob_type *a, const ob_type *b) {
    enum { LAYOUT = OB_TF_INST | OB_TF_HOLDER };
    if ((a->flags & LAYOUT) != (b->flags & LAYOUT)) return false;
    a = adder(a);
    b = adder(b);
    if (a == b) return true;
    if (a->base != b->base || !(a->flags & b->flags & OB_TF_HEAP) || a->nslots != b->nslots || a->has_dict != b->has_dict || a->has_weakref != b->has_weakref) return false;
    for (uint32_t i = a->base->nslots; i < a->nslots; i++)
        if (!ob_same(ob__shape_key(a->shape0, i), ob__shape_key(b->shape0, i))) return false;
    return true;
}

/* ---- the metaclass ---- */
static ob_type *winning_metaclass(ob_type *meta, ob_val bases) {
    for (size_t i = 0; i < ob_tuple_len(bases); i++) {
        ob_type *m = ob_type_of(ob_tuple_at(bases, i));
        if (ob_type_is_subtype(meta, m)) continue;
        if (!ob_type_is_subtype(m, meta))
            return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"));
        meta = m;
    }
    return meta;
}
ob_type *ob_type_winning_metaclass(ob_type *meta, ob_val bases) { return winning_metaclass(meta, bases); }

/* ---- __slots__ ---- */
typedef struct slots { bool given, dict, weakref; size_t n; ob_val *name; } slots;   /* name: items of a tuple, mangled, sorted */

static ob_val mangle(ob_val cls, ob_val name) {
    size_t n = ob_str_len(name), skip = 0;
    if (n < 3 || ob_str_at(name, 0) != '_' || ob_str_at(name, 1) != '_' || (ob_str_at(name, n - 1) == '_' && ob_str_at(name, n - 2) == '_')) return ob_str_intern(name);
    while (skip < ob_str_len(cls) && ob_str_at(cls, skip) == '_') skip++;
    if (skip == ob_str_len(cls)) return ob_str_intern(name);
    ob_val tail = ob_str_slice(cls, skip, ob_str_len(cls));
    ob_val m = ob_is_null(tail) ? tail : ob_str_format_c("_%S%S", tail, name);
    return ob_is_null(m) ? m : ob_str_intern(m);
}

static bool check_slot(ob_val s) {
    if (!ob_is_str(s)) return ob_fail(ob_raise(&ob_exc_TypeError, "__slots__ items must be strings, not '%T'", s));
    ob_val ok = ob_call_method_c(s, "isidentifier", NULL, 0);
    if (ob_is_null(ok)) return false;
    return ob_same(ok, OB_TRUE) || ob_fail(ob_raise(&ob_exc_TypeError, "__slots__ must be identifiers"));
}

static bool one_slot(slots *out, ob_val cls, const ob_type *base, ob_val ns, ob_val s, ob_val list) {
    if (!check_slot(s)) return false;
    if (ob_str_equal_c(s, "__dict__")) {
        if (base->has_dict || out->dict) return ob_fail(ob_raise(&ob_exc_TypeError, "__dict__ slot disallowed: we already got one"));
        out->dict = true;
        return true;
    }
    if (ob_str_equal_c(s, "__weakref__")) {
        if (base->has_weakref || out->weakref) return ob_fail(ob_raise(&ob_exc_TypeError, "__weakref__ slot disallowed: we already got one"));
        out->weakref = true;
        return true;
    }
    ob_val m = mangle(cls, s);
    if (ob_is_null(m) || !ob_list_append(list, m)) return false;
    if (!ob_str_equal_c(m, "__qualname__") && !ob_str_equal_c(m, "__classcell__")) {
        int there = ob_dict_contains(ns, m);
        if (there > 0) ob_raise(&ob_exc_ValueError, "%R in __slots__ conflicts with class variable", m);
        if (there) return false;
    }
    return true;
}

static bool read_slots(slots *out, ob_val cls, const ob_type *base, ob_val ns) {
    *out = (slots){0};
    ob_val given = ob_dict_get_str(ns, OB_NAME(slots));
    if (ob_is_null(given)) return true;
    out->given = true;
    ob_val t = ob_is_str(given) ? ob_tuple_of1(given) : ob_tuple_of_iterable(given);
    ob_val list = ob_is_null(t) ? t : ob_list_new(4);
    if (ob_is_null(list)) return false;
    if (ob_tuple_len(t) && base->flags & (OB_TF_INT | OB_TF_TUPLE | OB_TF_BYTES | OB_TF_TYPE))
        return ob_fail(ob_raise(&ob_exc_TypeError, "nonempty __slots__ not supported for subtype of '%s'", base->name));
    for (size_t i = 0; i < ob_tuple_len(t); i++)
        if (!one_slot(out, cls, base, ns, ob_tuple_at(t, i), list)) return false;
    if (ob_list_len(list) + base->nslots > OB_SLOTS_MAX) return ob_fail(ob_raise(&ob_exc_SystemError, "too many __slots__"));
    if (!ob_list_sort(list, OB_NULL, false)) return false;
    ob_val all = ob_list_as_tuple(list);
    if (ob_is_null(all)) return false;
    out->name = ob_tuple_ptr(all)->items;
    out->n = ob_tuple_len(all);
    return true;
}

/* ---- attributes that instances may have ---- */
/* The __dict__ of the native type that self's class extends, where that has one (types, modules, exceptions); OB_NULL, no exception. */
static ob_val native_dict_descr(ob_val self) {
    ob_type *t = ob_type_of(self);
    while (t->flags & OB_TF_HEAP) t = t->base;
    ob_val d = t->flags & OB_TF_INST ? OB_NULL : ob_type_lookup(t, OB_NAME(dict));
    return !ob_is_null(d) && ob_is_exact(d, &ob_getset_descr_type) ? d : OB_NULL;
}
static ob_val instance_dict(ob_val self) {
    ob_val native = native_dict_descr(self);
    return ob_is_null(native) ? ob_attr_dict(self) : ob_getset_descr_type.slots.get(native, self, OB_NULL);
}
static bool set_instance_dict(ob_val self, ob_val d) {
    ob_val native = native_dict_descr(self);
    if (!ob_is_null(native)) return ob_getset_descr_type.slots.set(native, self, d);
    if (ob_is_null(d)) d = ob_dict_new();
    if (ob_is_null(d)) return false;
    if (!ob_is_dict(d)) return ob_fail(ob_raise(&ob_exc_TypeError, "__dict__ must be set to a dictionary, not a '%T'", d));
    return ob__attr_replace_dict(self, d);
}
static ob_val weakref_of(ob_val self) {
    ob_val all = ob_weakref_list(self);
    return ob_is_null(all) ? all : ob_list_len(all) ? ob_list_at(all, 0) : OB_NONE;
}
static const ob_getset dict_getset = {"__dict__", instance_dict, set_instance_dict, "dictionary for instance variables (if defined)"};
static const ob_getset weakref_getset = {"__weakref__", weakref_of, NULL, "list of weak references to the object (if defined)"};

static bool add_getset(ob_type *t, const ob_getset *g) {
    ob_val name = ob_str_intern_c(g->name);
    ob_getset_descr *d = ob_is_null(name) ? NULL : ob_alloc(&ob_getset_descr_type, sizeof *d);
    if (!d) return false;
    d->def = g;
    d->type = t;
    int there = ob_dict_contains(t->dict, name);
    return there < 0 ? false : there ? true : ob_dict_set(t->dict, name, ob_of(d));
}

static bool add_members(ob_type *t, const slots *s) {
    uint32_t first = t->base->nslots;
    for (size_t i = 0; i < s->n; i++) {
        ob_member_descr *m = ob_alloc(&ob_member_descr_type, sizeof *m);
        if (!m) return false;
        m->name = s->name[i];
        m->type = t;
        m->slot = first + (uint32_t)i;
        if (!ob_dict_set(t->dict, m->name, ob_of(m))) return false;
    }
    return true;
}

static void choose_attributes(ob_type *t, slots *s, bool *add_dict, bool *add_weakref) {
    ob_type *b = t->base;
    bool may_dict = !b->has_dict && !(b->flags & OB_TF_TYPE), may_weakref = !b->has_weakref && !(b->flags & OB_TF_TYPE);
    *add_dict = may_dict && (!s->given || s->dict);
    *add_weakref = may_weakref && (!s->given || s->weakref);
    for (size_t i = 0; s->given && i < ob_tuple_len(t->bases); i++) {
        const ob_type *o = ob_type_ptr(ob_tuple_at(t->bases, i));
        if (o == b) continue;
        if (may_dict && o->has_dict) *add_dict = true;
        if (may_weakref && o->has_weakref) *add_weakref = true;
    }
    t->has_dict = b->has_dict || *add_dict;
    t->has_weakref = b->has_weakref || *add_weakref;
}

static bool lay_out(ob_type *t, slots *s) {
    ob_type *b = t->base;
    bool add_dict, add_weakref;
    choose_attributes(t, s, &add_dict, &add_weakref);
    t->flags |= b->flags & (OB_TF_INST | OB_TF_HOLDER | OB_TF_LEAF);
    if (b == &ob_object_type) {
        t->flags |= OB_TF_INST;
        t->cls.kind = &ob_inst_kind;
        t->size = sizeof(ob_inst_body);
        t->trace_body = ob_holder_type.trace_body;
    } else if (!(b->flags & (OB_TF_INST | OB_TF_TYPE)) && (s->n || b->nslots || (t->has_dict && !t->own_dict))) {
        t->flags |= OB_TF_HOLDER;
    }
    if (t->flags & OB_TF_INST) t->flags &= ~(uint32_t)OB_TF_LEAF;
    if (t->flags & (OB_TF_INST | OB_TF_HOLDER) && !ob__shape_root_new(t, s->name, s->n)) return false;
    if (add_dict && !add_getset(t, &dict_getset)) return false;
    if (add_weakref && !add_getset(t, &weakref_getset)) return false;
    return add_members(t, s);
}

/* ---- the namespace ---- */
static bool wrap_if_function(ob_type *t, ob_val name, ob_val (*wrap)(ob_val)) {
    ob_val f = ob_dict_get_str(t->dict, name);
    if (ob_is_null(f) || !ob_is_exact(f, &ob_function_type)) return true;
    f = wrap(f);
    return !ob_is_null(f) && ob_dict_set(t->dict, name, f);
}

static bool fill_namespace(ob_type *t) {
    ob_val q = ob_dict_get_str(t->dict, OB_NAME(qualname));
    if (!ob_is_null(q)) {
        if (!ob_is_str(q)) return ob_fail(ob_raise(&ob_exc_TypeError, "type __qualname__ must be a str, not %T", q));
        t->qualname = q;
        if (ob_dict_del(t->dict, OB_NAME(qualname)) < 0) return false;
    }
    if (ob_is_null(ob_dict_get_str(t->dict, OB_NAME(module))) && ob_the_vm.current_globals) {
        ob_val g = ob_the_vm.current_globals(), m = ob_is_null(g) ? g : ob_dict_get_str(g, OB_NAME(name));
        if (!ob_is_null(m) && !ob_dict_set(t->dict, OB_NAME(module), m)) return false;
    }
    if (!wrap_if_function(t, OB_NAME(new), ob_staticmethod_new) || !wrap_if_function(t, OB_NAME(init_subclass), ob_classmethod_new) ||
        !wrap_if_function(t, OB_NAME(class_getitem), ob_classmethod_new)) return false;
    if (!ob_is_null(ob_dict_get_str(t->dict, OB_NAME(eq))) && ob_is_null(ob_dict_get_str(t->dict, OB_NAME(hash))) && !ob_dict_set(t->dict, OB_NAME(hash), OB_NONE))
        return false;
    ob_val doc = ob_dict_get_str(t->dict, OB_NAME(doc));
    if (!ob_is_null(doc)) return !ob_is_str(doc) || ob_str_utf8(doc, NULL) != NULL;
    return ob_dict_set(t->dict, OB_NAME(doc), OB_NONE);
}

static bool take_classcell(ob_type *t) {
    ob_val cell = ob_dict_get_str(t->dict, OB_NAME(classcell));
    if (ob_is_null(cell)) return true;
    if (!ob_is_exact(cell, &ob_cell_type)) return ob_fail(ob_raise(&ob_exc_TypeError, "__classcell__ must be a nonlocal cell, not %R", ob_type_val(ob_type_of(cell))));
    return ob_cell_set(cell, ob_type_val(t)) && ob_dict_del(t->dict, OB_NAME(classcell)) >= 0;
}

static bool run_set_names(ob_type *t) {
    ob_val copy = ob_dict_copy(t->dict), key, v;
    if (ob_is_null(copy)) return false;
    for (size_t pos = 0; ob_dict_next(copy, &pos, &key, &v);) {
        if (ob_is_exact(v, &ob_function_type)) continue;
        ob_val a[2] = {ob_type_val(t), key}, r;
        if (ob__call_special(v, OB_NAME(set_name), a, 2, &r) >= 0) continue;
        ob_val cause = ob_err_fetch();
        if (ob_is_null(cause)) return false;
        return ob_fail(ob_raise_from(&ob_exc_RuntimeError, cause, ob_str_format_c("Error calling __set_name__ on '%T' instance %R in '%s'", v, key, t->name)));
    }
    return true;
}

static bool run_init_subclass(ob_type *t, const ob_val *kwvalues, ob_val kwnames) {
    bool own = false;
    for (size_t i = 0; i < ob_tuple_len(t->mro) && !own; i++) own = ob_type_ptr(ob_tuple_at(t->mro, i)) == t;
    if (!own) return ob_fail(ob_raise(&ob_exc_TypeError, "super(type, obj): obj must be an instance or subtype of type"));
    ob_val f = ob_super_find(t, t, OB_NAME(init_subclass));
    if (ob_is_null(f)) return true;
    ob_type *ft = ob_type_of(f);
    f = ft->slots.get ? ft->slots.get(f, OB_NULL, ob_type_val(t)) : f;
    return !ob_is_null(f) && !ob_is_null(ob_call_kw(f, kwvalues, 0, kwnames));
}

/* ---- the type object ---- */
static void type_free(ob_obj *o) {
    ob_type *t = (ob_type *)o;
    if (!(t->flags & OB_TF_HEAP)) return;
    ob_shape_free(t);
    base_mem_free((void *)(uintptr_t)t->name);
}
void ob__type_free(ob_obj *o) { type_free(o); }

bool ob__type_set_name(ob_type *t, ob_val name) {
    size_t n;
    const char *s = ob_str_utf8(name, &n);
    if (!s) return false;
    if (strlen(s) != n) return ob_fail(ob_raise(&ob_exc_ValueError, "type name must not contain null characters"));
    const char *copy = base_mem_text(s);
    if (!copy) return ob_fail(ob_raise_memory());
    t->name = copy;                                     /* (an old one stays: other threads may be reading it) */
    t->heap_name = name;
    return true;
}

static void inherit_c(ob_type *t) {
    ob_type *b = t->base;
    t->slots = b->slots;
    t->cls.kind = b->cls.kind;
    t->size = b->size;
    t->trace = b->trace;
    t->trace_body = b->trace_body;
    t->free = b->free;
    t->own_dict = b->own_dict;
    enum { PATTERN = OB_TF_SEQUENCE | OB_TF_MAPPING };      /* of these, the first base that has one decides */
    for (size_t i = 0; i < ob_tuple_len(t->bases); i++) {
        uint32_t more = ob_type_ptr(ob_tuple_at(t->bases, i))->flags & OB_TF_INHERITED;
        t->flags |= t->flags & PATTERN ? more & ~(uint32_t)PATTERN : more;
    }
}

/* The slots of a class with one base are the base's, but for what its own dict says. */
static void set_slots(ob_type *t) {
    if (ob_tuple_len(t->bases) > 1 || ob_tuple_len(t->mro) != ob_tuple_len(t->base->mro) + 1) {
        ob__slots_fixup(t);
    } else {
        ob_val key, v;
        for (size_t pos = 0; ob_dict_next(t->dict, &pos, &key, &v);)
            if (ob_is_str(key)) ob__slot_update(t, key);
    }
    ob_val del = ob_type_lookup(t, OB_NAME(del));
    if (!ob_is_null(del)) t->flags |= ob_type_of(del) == &ob_method_descr_type ? OB_TF_FINAL : OB_TF_FINAL | OB_TF_FINAL_PYTHON;
}

/* t's order, by a metaclass's mro() if it has one: 1 set, 0 that mro() has changed it by itself, -1 failed. */
int ob__type_own_mro(ob_type *t) {
    ob_val f = ob_type_lookup(ob_type_of(ob_of(t)), OB_NAME(mro)), old = t->mro, m;
    if (ob_is_null(f) || ob_same(f, ob_type_lookup(&ob_type_type, OB_NAME(mro)))) return ob__mro_compute(t, &t->mro) ? 1 : -1;
    ob_val r;
    if (ob__call_special(ob_of(t), OB_NAME(mro), NULL, 0, &r) < 0 || ob_is_null(m = ob_tuple_of_iterable(r))) return -1;
    if (!ob_same(t->mro, old)) return 0;
    for (size_t i = 0; i < ob_tuple_len(m); i++) {
        ob_val c = ob_tuple_at(m, i);
        if (!ob_is_type(c)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "mro() returned a non-class ('%T')", c));
        if (!ob_type_is_subtype(solid(t->base), solid(ob_type_ptr(c) == t ? t->base : ob_type_ptr(c))))
            return ob_fail_int(ob_raise(&ob_exc_TypeError, "mro() returned base with unsuitable layout ('%s')", ob_type_ptr(c)->name));
    }
    t->mro = m;
    return 1;
}

static ob_type *type_alloc(ob_type *meta, ob_type *base, ob_val name, ob_val bases) {
    ob_type *t = ob_alloc(meta, sizeof *t);
    if (!t) return NULL;
    ob_born_now(t);
    atomic_store_explicit(&t->cls.h.vw, TX_SHARED, memory_order_relaxed);
    t->flags = OB_TF_HEAP | OB_TF_BASE;
    t->base = base;
    t->bases = bases;
    t->qualname = name;
    return ob__type_set_name(t, name) ? t : NULL;
}

static ob_val make_class(ob_type *meta, ob_val name, ob_val bases, ob_val ns, const ob_val *kwvalues, ob_val kwnames) {
    if (ob_tuple_len(bases) == 0) bases = ob_tuple_of1(ob_type_val(&ob_object_type));
    ob_type *base = ob_is_null(bases) ? NULL : ob__best_base(bases);
    slots s;
    if (!base || !read_slots(&s, name, base, ns)) return OB_NULL;
    ob_type *t = type_alloc(meta, base, name, bases);
    if (!t) return OB_NULL;
    t->dict = ob_dict_copy(ns);
    if (ob_is_null(t->dict)) return OB_NULL;
    inherit_c(t);
    if (!fill_namespace(t) || !take_classcell(t) || !lay_out(t, &s) || ob__type_own_mro(t) < 0) return OB_NULL;
    set_slots(t);
    ob_dict_make_namespace(t->dict);
    t->flags |= OB_TF_READY;
    for (size_t i = 0; i < ob_tuple_len(bases); i++)
        if (!ob__type_add_subclass(ob_type_ptr(ob_tuple_at(bases, i)), t)) return OB_NULL;
    if (!run_set_names(t) || !run_init_subclass(t, kwvalues, kwnames)) return OB_NULL;
    return ob_of(t);
}

ob_val ob_type_new_class(ob_type *meta, ob_val name, ob_val bases, ob_val ns, const ob_val *kwvalues, ob_val kwnames) {
    for (size_t i = 0; i < ob_tuple_len(bases); i++) {
        ob_val b = ob_tuple_at(bases, i);
        if (ob_is_type(b)) continue;
        ob_val e = ob_getattr_opt(b, OB_NAME(mro_entries));
        if (ob_failed()) return OB_NULL;
        if (!ob_is_null(e)) return ob_raise(&ob_exc_TypeError, "type() doesn't support MRO entry resolution; use types.new_class()");
    }
    ob_type *winner = winning_metaclass(meta, bases);
    if (!winner) return OB_NULL;
    if (winner != meta && winner->slots.make != meta->slots.make && winner->slots.make != ob_type_type.slots.make) {
        size_t k = ob_is_null(kwnames) ? 0 : ob_tuple_len(kwnames);
        ob_val all = ob_tuple_alloc(3 + k);
        if (ob_is_null(all)) return all;
        ob_val *a = ob_tuple_ptr(all)->items;
        a[0] = name, a[1] = bases, a[2] = ns;
        for (size_t i = 0; i < k; i++) a[3 + i] = kwvalues[i];
        return winner->slots.make(winner, a, 3, kwnames);
    }
    return make_class(winner, name, bases, ns, kwvalues, kwnames);
}
