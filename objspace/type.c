/* type.c: readying of static types, inheritance of slots, and look-up along the method resolution order.
 * Locks: none. Static types are readied before a second thread can see them.
 * T1  A line of a thread's look-up cache holds for (type, name) as long as the thread's code epoch is the line's; a collection empties the
 *     caches, for it may free types and names (thread.c). Values that are no quasi-constants are not cached, only whose dict has them.
 * T2  A type is READY before anything but its static tables is used.                              (ob_type_ready) */
#include "objspace/type_make.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/weakref.h"
#include "objspace/int.h"
#include "objspace/unversioned.h"

/* ---- look-up ---- */
bool ob_type_is_subtype(const ob_type *a, const ob_type *b) {
    if (a == b) return true;
    if (ob_is_null(a->mro)) {
        for (const ob_type *t = a->base; t; t = t->base)
            if (t == b) return true;
        return b == &ob_object_type;
    }
    const ob_tuple_obj *m = ob_tuple_ptr(a->mro);
    for (size_t i = 0; i < m->n; i++)                   /* (a custom mro() need not begin with a) */
        if (m->items[i].w == (uint64_t)(uintptr_t)b) return true;
    return false;
}

ob_val ob__type_dict_get(ob_type *t, ob_val name) { return ob_is_null(t->dict) ? OB_NULL : ob_dict_get_str(t->dict, name); }

ob_val ob_type_find(ob_type *t, ob_val name, ob_type **owner) {
    if (ob_is_null(t->mro)) {                           /* being made: custom mro() may ask */
        for (; t; t = t->base) {
            ob_val v = ob__type_dict_get(t, name);
            if (!ob_is_null(v)) { *owner = t; return v; }
        }
        return OB_NULL;
    }
    ob_val mro = t->mro;
    for (size_t i = 0; i < ob_tuple_len(mro); i++) {
        ob_type *c = ob_type_ptr(ob_tuple_at(mro, i));
        ob_val v = ob__type_dict_get(c, name);
        if (!ob_is_null(v)) { *owner = c; return v; }
    }
    return OB_NULL;
}

static ob_val lookup_slow(ob_type *t, ob_val name, ob__cache_line *line, uint64_t epoch) {
    ob_type *owner = NULL;
    ob_val v = ob_type_find(t, name, &owner);
    if (!line || ob_is_null(t->mro)) return v;
    bool constant = ob_is_null(v) || ob_is_quasi_constant(v);
    *line = (ob__cache_line){t, name.w, epoch, constant ? v : owner->dict, !constant};
    return v;
}

ob_val ob_type_lookup(ob_type *t, ob_val name) {
    if (UNLIKELY(!ob_str_interned(name))) {
        name = ob_str_intern(name);
        if (ob_is_null(name)) { ob_err_clear(); return OB_NULL; }
    }
    if (UNLIKELY(!ob__me)) return lookup_slow(t, name, NULL, 0);
    uint64_t h = ((uint64_t)(uintptr_t)t >> 5) ^ (name.w >> 4) ^ (name.w >> 11);
    ob__cache_line *line = &ob__me->cache[h % OB_CACHE_LINES];
    uint64_t epoch = tx_epoch();
    if (LIKELY(line->type == t && line->name == name.w && line->epoch == epoch)) {
        if (LIKELY(!line->indirect)) return line->value;
        ob_val v = ob_dict_get_str(line->value, name);
        if (!ob_is_null(v)) return v;
    }
    return lookup_slow(t, name, line, epoch);
}

ob_val ob_lookup_special(ob_val v, ob_val name) {
    ob_type *t = ob_type_of(v);
    ob_val m = ob_type_lookup(t, name);
    if (ob_is_null(m)) return OB_NULL;
    ob_type *mt = ob_type_of(m);
    return mt->slots.get ? mt->slots.get(m, v, ob_type_val(t)) : m;
}

/* ---- names ---- */
const char *ob_type_short_name(const ob_type *t) {
    if (t->flags & OB_TF_HEAP) return t->name;
    const char *dot = strrchr(t->name, '.');
    return dot ? dot + 1 : t->name;
}

ob_val ob_type_name_val(const ob_type *t) {
    if (t->flags & OB_TF_HEAP && !ob_is_null(t->heap_name)) return t->heap_name;
    return ob_str_intern_c(ob_type_short_name(t));
}

/* ---- subclasses ---- */
bool ob__type_add_subclass(ob_type *base, ob_type *sub) {
    if (ob_is_null(base->subclasses)) {
        ob_val d = ob_dict_new();
        if (ob_is_null(d)) return false;
        if (ob_is_null(ob_field_fill(base, &base->subclasses, OB_NULL, d))) return false;
    }
    ob_val ref = sub->flags & OB_TF_HEAP ? ob_weakref_new(ob_type_val(sub), OB_NULL) : ob_type_val(sub);
    if (ob_is_null(ref)) return false;
    return ob_dict_set(base->subclasses, ob_int_from_i64((int64_t)(uintptr_t)sub), ref);
}

bool ob__type_subclasses_each(ob_type *t, bool (*fn)(ob_type *sub, void *arg), void *arg) {
    if (!(t->flags & OB_TF_HEAP)) {                     /* those that exist from the start are not recorded */
        ob_type *s;
        for (size_t i = 0; (s = ob__static_type(i)) != NULL; i++) {
            if (!(s->flags & OB_TF_READY) || ob_is_null(s->bases)) continue;
            for (size_t j = 0; j < ob_tuple_len(s->bases); j++)
                if (ob_type_ptr(ob_tuple_at(s->bases, j)) == t && !fn(s, arg)) return false;
        }
    }
    if (ob_is_null(t->subclasses)) return true;
    ob_val key, ref;
    for (size_t pos = 0; ob_dict_next(t->subclasses, &pos, &key, &ref);) {
        ob_val c = ob_is_type(ref) ? ref : ob_weakref_get(ref);
        if (!ob_is_null(c) && !fn(ob_type_ptr(c), arg)) return false;
    }
    return true;
}

/* ---- readying a static type ---- */
bool ob_hash_unhashable(ob_val v, uint64_t *out) {
    (void)out;
    return ob_fail(ob_raise(&ob_exc_TypeError, "unhashable type: '%T'", v));
}

static bool add_new(ob_type *t, const char *name, ob_val v) {   /* unless the name is taken */
    if (ob_is_null(v)) return false;
    ob_val key = ob_str_intern_c(name);
    if (ob_is_null(key)) return false;
    if (!ob_is_null(ob_dict_get_str(t->dict, key))) return true;
    return ob_dict_set(t->dict, key, v);
}

static ob_val method_of(ob_type *t, const ob_def *d) {
    if (d->flags & OB_DEF_STATIC) {
        ob_val f = ob_native_new(d, ob_type_val(t), OB_NULL);
        return ob_is_null(f) ? f : ob_staticmethod_new(f);
    }
    ob_method_descr *m = ob_alloc(d->flags & OB_DEF_CLASS ? &ob_classmethod_descr_type : &ob_method_descr_type, sizeof *m);
    if (!m) return OB_NULL;
    m->def = d;
    m->type = t;
    return ob_of(m);
}

/* What CPython has as a plain read-only field is a member descriptor, the rest are getset descriptors. */
static ob_val field_of(ob_type *t, const ob_getset *g) {
    if (g->set == ob_readonly_member) {
        ob_member_descr *m = ob_alloc(&ob_member_descr_type, sizeof *m);
        if (!m) return OB_NULL;
        m->name = ob_str_intern_c(g->name);
        m->type = t;
        m->def = g;
        return ob_is_null(m->name) ? OB_NULL : ob_of(m);
    }
    ob_getset_descr *d = ob_alloc(&ob_getset_descr_type, sizeof *d);
    if (!d) return OB_NULL;
    d->def = g;
    d->type = t;
    return ob_of(d);
}

static bool add_methods(ob_type *t) {
    for (const ob_def *d = t->methods; d && d->name; d++)
        if (!add_new(t, d->name, method_of(t, d))) return false;
    for (const ob_getset *g = t->getsets; g && g->name; g++)
        if (!add_new(t, g->name, field_of(t, g))) return false;
    return true;
}

/* CPython's sequences concatenate without a reflected form, and types with a length need no __bool__. */
static bool hides(const ob_type *t, const ob_slot_def *d, size_t id) {
    if (d->reflected && d->op == OB_BIN_ADD && t->slots.getitem && t->slots.len) return true;
    return id == OB_SLOT_truth && t->slots.len;
}

static bool add_wrappers(ob_type *t) {
    for (size_t i = 0; i < OB_SLOT_COUNT; i++) {
        const ob_slot_def *d = &ob__slot_defs[i];
        void *fn = *ob__slot_word(t, d->field);
        if (!d->wrap || !fn || hides(t, d, i)) continue;
        if (i == OB_SLOT_hash && fn == (void *)ob_hash_unhashable) continue;
        if (!ob_is_null(ob_dict_get_str(t->dict, ob__slot_names[i]))) continue;
        ob_wrapper_descr *w = ob_alloc(&ob_wrapper_descr_type, sizeof *w);
        if (!w) return false;
        w->def = d;
        w->type = t;
        w->fn = fn;
        if (!ob_dict_set(t->dict, ob__slot_names[i], ob_of(w))) return false;
    }
    return true;
}

static bool add_special(ob_type *t) {
    if (t->slots.make && !add_new(t, "__new__", ob__object_new_native(t))) return false;
    if (t->slots.hash == ob_hash_unhashable && !add_new(t, "__hash__", OB_NONE)) return false;
    return add_new(t, "__doc__", t->doc ? ob_str_from_c(t->doc) : OB_NONE);
}

static void inherit(ob_type *t, const ob_type *b) {
    bool own_compare = t->slots.cmp || t->slots.hash;
    bool no_make = (t->flags & OB_TF_NO_MAKE) || (b == &ob_object_type && !t->slots.make);
    void **to = (void **)&t->slots;
    void *const *from = (void *const *)&b->slots;
    for (size_t i = 0; i < OB_SLOT_WORDS; i++) {
        if (to[i]) continue;
        if (&to[i] == (void **)&t->slots.make && no_make) continue;
        if (own_compare && (&to[i] == (void **)&t->slots.cmp || &to[i] == (void **)&t->slots.hash)) continue;
        to[i] = from[i];
    }
    if (!t->slots.cmp) t->slots.cmp = b->slots.cmp;
    if (!t->slots.hash) t->slots.hash = ob_hash_unhashable;
    t->flags |= b->flags & OB_TF_INHERITED;
    if (!t->size) t->size = b->size;
    if (!t->cls.kind) t->cls.kind = b->cls.kind;
    if (!t->trace) t->trace = b->trace;
    if (!t->trace_body) t->trace_body = b->trace_body;
    if (!t->free) t->free = b->free;
    if (!t->own_dict) t->own_dict = b->own_dict;
    if (b->has_dict) t->has_dict = true;
    if (b->has_weakref) t->has_weakref = true;
}

/* __dict__ of types whose instances have attributes among those of inst.h, where their table does not name it. */
static bool add_dict(ob_type *t) {
    static const ob_getset getset = {"__dict__", ob_attr_dict, ob_attr_dict_set, NULL};
    if (!t->has_dict || t->own_dict || (t->base && t->base->has_dict)) return true;
    return add_new(t, getset.name, field_of(t, &getset));
}

bool ob_type_ready(ob_type *t) {
    if (t->flags & OB_TF_READY) return true;
    if (!t->cls.h.cls) t->cls.h.cls = (tx_class *)&ob_type_type;
    if (!t->base && t != &ob_object_type) t->base = &ob_object_type;
    if (t->base && !ob_type_ready(t->base)) return false;
    if (!(t->flags & OB_TF_HEAP) && !ob_gc_add_static_object(t)) return ob_fail(ob_raise_memory());
    t->dict = ob_dict_new_sized(16);
    if (ob_is_null(t->dict)) return false;
    if (ob_is_null(t->bases)) t->bases = t->base ? ob_tuple_of1(ob_type_val(t->base)) : ob_empty_tuple;
    if (ob_is_null(t->bases) || !ob__mro_compute(t, &t->mro)) return false;
    if (t->slots.cmp && !t->slots.hash) t->slots.hash = ob_hash_unhashable;
    if (!add_methods(t) || !add_wrappers(t) || !add_special(t)) return false;
    for (size_t i = 1; i < ob_tuple_len(t->mro); i++) inherit(t, ob_type_ptr(ob_tuple_at(t->mro, i)));
    if (!add_dict(t)) return false;
    if (t->flags & (OB_TF_HOLDER | OB_TF_INST) && !t->shape0 && !ob_shape_root(t)) return false;
    ob_dict_make_namespace(t->dict);
    t->flags |= OB_TF_READY;
    bool listed = false;                                /* the rest is found in the table of static types */
    ob_type *s;
    for (size_t i = 0; !listed && (s = ob__static_type(i)) != NULL; i++) listed = s == t;
    for (size_t i = 0; !listed && i < ob_tuple_len(t->bases); i++)
        if (!ob__type_add_subclass(ob_type_ptr(ob_tuple_at(t->bases, i)), t)) return false;
    return true;
}
