/* slotcall.c: the slots of Python classes: functions that look the special method up and call it, and the choice, for each slot of a class,
 * between a native function and the generic one.
 * Locks: none. Slots are hints that only grow (type.h): a generic function whose method has gone does what a class without it does.
 * C1  A class's slot is native only if every special method of that slot resolves to the wrapper of this same native function, in a class
 *     that the class derives from.                                                                        (choose) */
#include "objspace/slotcall.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/type_make.h"
#include "base/hash.h"

/* ---- calling ---- */
static ob_val bind(ob_val m, ob_val self) {
    ob_type *mt = ob_type_of(m);
    return mt->slots.get ? mt->slots.get(m, self, ob_type_val(ob_type_of(self))) : m;
}

static ob_val call_found(ob_val m, ob_val self, const ob_val *a, size_t n) {
    if (ob__is_method_like(m)) {
        ob_val all[5] = {self};
        for (size_t i = 0; i < n; i++) all[i + 1] = a[i];
        return ob_call(m, all, n + 1);
    }
    ob_val b = bind(m, self);
    return ob_is_null(b) ? b : ob_call(b, a, n);
}

int ob__call_special(ob_val self, ob_val name, const ob_val *a, size_t n, ob_val *out) {
    ob_val m = ob_type_lookup(ob_type_of(self), name);
    if (ob_is_null(m)) return 0;
    *out = call_found(m, self, a, n);
    return ob_is_null(*out) ? -1 : 1;
}

#define SPECIAL(id, a, n, out) ob__call_special(self, OB_SLOT_NAME(id), a, n, out)

ob_val ob__slot_repr(ob_val self) {
    ob_val r = OB_NULL;
    return SPECIAL(repr, NULL, 0, &r) ? r : ob__object_repr(self);
}
ob_val ob__slot_str(ob_val self) {
    ob_val r = OB_NULL;
    return SPECIAL(str, NULL, 0, &r) ? r : ob__object_str(self);
}

bool ob__slot_hash(ob_val self, uint64_t *out) {
    ob_val m = ob_type_lookup(ob_type_of(self), OB_SLOT_NAME(hash)), r;
    if (ob_is_null(m)) return ob__object_hash(self, out);
    if (ob_is_none(m)) return ob_hash_unhashable(self, out);
    r = call_found(m, self, NULL, 0);
    if (ob_is_null(r)) return false;
    if (!ob_is_int(r)) return ob_fail(ob_raise(&ob_exc_TypeError, "__hash__ method should return an integer"));
    int64_t small = ob_is_small(r) ? ob_to_small(r) : 0;
    *out = ob_is_small(r) ? (uint64_t)small : ob_int_hash(r);
    if (!ob_is_small(r) && ob_int_clamp(r) != INT64_MAX && ob_int_clamp(r) != INT64_MIN) *out = (uint64_t)ob_int_clamp(r);
    if (*out == UINT64_MAX) *out = (uint64_t)-2;
    return true;
}

ob_val ob__slot_cmp(ob_val self, ob_val b, ob_cmp_op op) {
    ob_val m = ob_type_lookup(ob_type_of(self), ob__slot_names[OB_SLOT_lt + op]);
    if (ob_is_null(m)) return OB_NOT_IMPLEMENTED;
    if (ob__is_method_like(m)) return call_found(m, self, &b, 1);
    m = bind(m, self);
    if (!ob_is_null(m)) return ob_call1(m, b);
    ob_err_clear();                                     /* (as CPython: a descriptor that fails is no method) */
    return ob_failed() ? OB_NULL : OB_NOT_IMPLEMENTED;
}

int ob__slot_truth(ob_val self) {
    ob_val r = OB_NULL;
    if (SPECIAL(truth, NULL, 0, &r)) {
        if (ob_is_null(r)) return -1;
        if (!ob_is_bool(r)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "__bool__ should return bool, returned %T", r));
        return ob_same(r, OB_TRUE);
    }
    if (!ob_type_of(self)->slots.len || ob_is_null(ob_type_lookup(ob_type_of(self), OB_SLOT_NAME(len)))) return 1;
    ssize_t n = ob_len(self);
    return n < 0 ? -1 : n > 0;
}

ssize_t ob__slot_len(ob_val self) {
    ob_val r = OB_NULL;
    int64_t n;
    if (!SPECIAL(len, NULL, 0, &r)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "object of type '%T' has no len()", self));
    if (ob_is_null(r) || ob_is_null(r = ob_index(r))) return -1;
    if (ob_int_sign(r) < 0) return ob_fail_int(ob_raise(&ob_exc_ValueError, "__len__() should return >= 0"));
    n = ob_int_clamp(r);
    if (n == INT64_MAX) return ob_fail_int(ob_raise(&ob_exc_OverflowError, "cannot fit '%T' into an index-sized integer", r));
    return n;
}

ob_val ob__slot_getitem(ob_val self, ob_val key) {
    ob_val r = OB_NULL;
    if (SPECIAL(getitem, &key, 1, &r)) return r;
    return ob_raise(&ob_exc_TypeError, "'%T' object is not subscriptable", self);
}

bool ob__slot_setitem(ob_val self, ob_val key, ob_val v) {
    ob_val r = OB_NULL, a[2] = {key, v};
    int done = ob_is_null(v) ? SPECIAL(delitem, a, 1, &r) : SPECIAL(setitem, a, 2, &r);
    if (done) return done > 0;
    return ob_fail(ob_raise(&ob_exc_AttributeError, ob_is_null(v) ? "__delitem__" : "__setitem__"));
}

int ob__slot_contains(ob_val self, ob_val x) {
    ob_val m = ob_type_lookup(ob_type_of(self), OB_SLOT_NAME(contains)), r;
    if (ob_is_null(m)) return ob__contains_by_iter(self, x);
    if (ob_is_none(m)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "'%T' object is not a container", self));
    r = call_found(m, self, &x, 1);
    return ob_is_null(r) ? -1 : ob_truth(r);
}

ob_val ob__slot_iter(ob_val self) {
    ob_type *t = ob_type_of(self);
    ob_val m = ob_type_lookup(t, OB_SLOT_NAME(iter));
    if (!ob_is_null(m) && !ob_is_none(m)) return call_found(m, self, NULL, 0);
    if (ob_is_null(m) && !ob_is_null(ob_type_lookup(t, OB_SLOT_NAME(getitem)))) return ob_seq_iter_new(self);
    return ob_raise(&ob_exc_TypeError, "'%T' object is not iterable", self);
}

ob_val ob__slot_next(ob_val self) {
    ob_val r = OB_NULL;
    if (SPECIAL(next, NULL, 0, &r)) return r;
    return ob_raise(&ob_exc_TypeError, "'%T' object is not an iterator", self);
}

ob_val ob__slot_call(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_val m = ob_type_lookup(ob_type_of(self), OB_SLOT_NAME(call));
    if (ob_is_null(m)) return ob_raise(&ob_exc_TypeError, "'%T' object is not callable", self);
    if (ob__is_method_like(m)) return ob__call_prepended(m, self, a, n, kw);
    /* An instance whose __call__ is such an instance again: levels are counted, for a tail call takes no stack. */
    if (ob_is_null(m = bind(m, self)) || !ob__level_enter("while calling a Python object")) return OB_NULL;
    ob_val r = ob_call_kw(m, a, n, kw);
    ob__level_leave();
    return r;
}

ob_val ob__slot_getattr(ob_val self, ob_val name) {
    ob_type *t = ob_type_of(self);
    ob_val m = ob_type_lookup(t, OB_SLOT_NAME(getattribute)), r;
    bool plain = ob_is_null(m) || (ob_is_exact(m, &ob_wrapper_descr_type) && ((ob_wrapper_descr *)ob_ptr(m))->fn == (void *)ob_generic_getattr);
    r = plain ? ob__generic_getattr_opt(self, name) : call_found(m, self, &name, 1);
    if (!ob_is_null(r)) return r;
    if (ob_failed() && !ob_err_matches(&ob_exc_AttributeError)) return r;
    ob_val had = ob_err_fetch(), hook = ob_type_lookup(t, OB_SLOT_NAME(getattr));     /* a look-up that has to search leaves nothing pending */
    if (ob_is_null(hook)) {
        if (ob_is_null(had)) return ob_failed() ? hook : ob__no_attribute(self, name);
        ob_err_restore(had);
        return OB_NULL;
    }
    return call_found(hook, self, &name, 1);
}

bool ob__slot_setattr(ob_val self, ob_val name, ob_val v) {
    ob_val r = OB_NULL, a[2] = {name, v};
    int done = ob_is_null(v) ? SPECIAL(delattr, a, 1, &r) : SPECIAL(setattr, a, 2, &r);
    return done ? done > 0 : ob_generic_setattr(self, name, v);
}

ob_val ob__slot_get(ob_val self, ob_val obj, ob_val type) {
    ob_val r = OB_NULL, a[2] = {ob_is_null(obj) ? OB_NONE : obj, ob_is_null(type) ? OB_NONE : type};
    return SPECIAL(get, a, 2, &r) ? r : self;
}

bool ob__slot_set(ob_val self, ob_val obj, ob_val v) {
    ob_val r = OB_NULL, a[2] = {obj, v};
    int done = ob_is_null(v) ? SPECIAL(delete, a, 1, &r) : SPECIAL(set, a, 2, &r);
    if (done) return done > 0;
    return ob_fail(ob_raise(&ob_exc_AttributeError, ob_is_null(v) ? "__delete__" : "__set__"));
}

ob_val ob__slot_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    ob_val f = ob_type_getattr(ob_type_val(type), OB_SLOT_NAME(new));
    return ob_is_null(f) ? f : ob__call_prepended(f, ob_type_val(type), a, n, kw);
}

bool ob__slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_val m = ob_type_lookup(ob_type_of(self), OB_SLOT_NAME(init)), r;
    if (ob_is_null(m)) return true;
    if (ob__is_method_like(m)) {
        r = ob__call_prepended(m, self, a, n, kw);
    } else {
        m = bind(m, self);
        r = ob_is_null(m) ? m : ob_call_kw(m, a, n, kw);
    }
    if (ob_is_null(r)) return false;
    return ob_is_none(r) || ob_fail(ob_raise(&ob_exc_TypeError, "__init__() should return None, not '%T'", r));
}

#define UNARY(id, what) \
    ob_val ob__slot_##id(ob_val self) { \
        ob_val r = OB_NULL; \
        return SPECIAL(id, NULL, 0, &r) ? r : ob_raise(&ob_exc_TypeError, what, self); \
    }
UNARY(neg, "bad operand type for unary -: '%T'")
UNARY(pos, "bad operand type for unary +: '%T'")
UNARY(invert, "bad operand type for unary ~: '%T'")
UNARY(abs, "bad operand type for abs(): '%T'")
UNARY(int, "int() argument must be a string, a bytes-like object or a real number, not '%T'")
UNARY(float, "must be real number, not %T")
UNARY(index, "'%T' object cannot be interpreted as an integer")
UNARY(await, "object %T can't be used in 'await' expression")
UNARY(aiter, "'async for' requires an object with __aiter__ method, got %T")
UNARY(anext, "'async for' requires an iterator with __anext__ method, got %T")

/* ---- binary operators ---- */
typedef ob_val binary_fn(ob_val, ob_val);
static ob_val call_or_not(ob_val self, ob_val name, ob_val other) {
    ob_val r = OB_NULL;
    return ob__call_special(self, name, &other, 1, &r) ? r : OB_NOT_IMPLEMENTED;
}

static bool overrides(ob_type *sub, ob_type *base, ob_val name) {
    ob_val a = ob_type_lookup(sub, name);
    return !ob_is_null(a) && !ob_same(a, ob_type_lookup(base, name));
}

/* a or b is of a Python class. name: the method's, rname: the reflected one's. */
static ob_val generic_binary(ob_val a, ob_val b, ob_bin_op op, binary_fn *fn, ob_val name, ob_val rname) {
    ob_type *ta = ob_type_of(a), *tb = ob_type_of(b);
    bool try_b = ta != tb && tb->slots.binary[op] == fn;
    if (ta->slots.binary[op] == fn) {
        if (try_b && ob_type_is_subtype(tb, ta) && overrides(tb, ta, rname)) {
            ob_val r = call_or_not(b, rname, a);
            if (!ob_same(r, OB_NOT_IMPLEMENTED)) return r;
            try_b = false;
        }
        ob_val r = call_or_not(a, name, b);
        if (!ob_same(r, OB_NOT_IMPLEMENTED) || ta == tb) return r;
    }
    return try_b ? call_or_not(b, rname, a) : OB_NOT_IMPLEMENTED;
}

#define SLOT(id, text, field, kind, op, generic, sig)
#define SLOT_BIN(NAME, dunder) \
    ob_val ob__slot_binary_##NAME(ob_val a, ob_val b) { \
        return generic_binary(a, b, OB_BIN_##NAME, ob__slot_binary_##NAME, OB_SLOT_NAME(dunder), OB_SLOT_NAME(r##dunder)); \
    }
#define SLOT_INPLACE(NAME, dunder) \
    ob_val ob__slot_inplace_##NAME(ob_val a, ob_val b) { return call_or_not(a, OB_SLOT_NAME(i##dunder), b); }
#include "objspace/slots.def"
#undef SLOT
ob_val ob__slot_binary_POW(ob_val a, ob_val b) {
    return generic_binary(a, b, OB_BIN_POW, ob__slot_binary_POW, OB_SLOT_NAME(pow), OB_SLOT_NAME(rpow));
}

/* ---- choosing slots ---- */
bool ob__slot_is_generic(const ob_slots *s, uint32_t id) { return ((void *const *)s)[ob__slot_defs[id].field] == ob__slot_defs[id].generic; }

static int slot_id(ob_val name) {
    for (int i = 0; i < OB_SLOT_COUNT; i++)
        if (ob_same(ob__slot_names[i], name)) return i;
    return -1;
}

bool ob__is_slot_name(ob_val name) { return slot_id(name) >= 0; }

/* The native function behind what was found under a slot's name; NULL: it is Python's. */
static void *native_behind(ob_type *t, ob_val found, uint32_t id) {
    const ob_slot_def *d = &ob__slot_defs[id];
    if (ob_is_exact(found, &ob_wrapper_descr_type)) {
        ob_wrapper_descr *w = (ob_wrapper_descr *)ob_ptr(found);
        return w->def == d && ob_type_is_subtype(t, w->type) ? w->fn : NULL;
    }
    if (id == OB_SLOT_new && ob_is_exact(found, &ob_native_type)) {
        ob_native *f = (ob_native *)ob_ptr(found);
        bool of_type = !ob_is_null(f->self) && ob_is_type(f->self) && !strcmp(f->def->name, "__new__");
        return of_type ? (void *)ob_type_ptr(f->self)->slots.make : NULL;
    }
    return id == OB_SLOT_hash && ob_is_none(found) ? (void *)ob_hash_unhashable : NULL;
}

static void choose(ob_type *t, uint32_t field) {
    void *specific = NULL, *generic = NULL;
    bool use_generic = false, any = false;
    for (uint32_t i = 0; i < OB_SLOT_COUNT; i++) {
        if (ob__slot_defs[i].field != field) continue;
        ob_type *owner;
        ob_val found = ob_type_find(t, ob__slot_names[i], &owner);
        if (ob_is_null(found)) continue;
        any = true;
        generic = ob__slot_defs[i].generic;
        void *fn = native_behind(t, found, i);
        if (!fn || (specific && specific != fn)) use_generic = true;
        else specific = fn;
    }
    if (!any && *ob__slot_word(t, field)) {            /* natives without a visible method, or the method has gone: keep the hint */
        if (field == ob__slot_defs[OB_SLOT_truth].field && ob__slot_is_generic(&t->slots, OB_SLOT_len)) *ob__slot_word(t, field) = NULL;
        return;
    }
    *ob__slot_word(t, field) = specific && !use_generic ? specific : generic;
}

void ob__slots_fixup(ob_type *t) {
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < OB_SLOT_COUNT; i++) {
        if (ob__slot_defs[i].field == last) continue;
        last = ob__slot_defs[i].field;
        choose(t, last);
    }
    choose(t, ob__slot_defs[OB_SLOT_truth].field);
}

typedef struct update { ob_val name; uint32_t field; } update;

static bool update_tree(ob_type *t, void *arg) {
    const update *u = arg;
    choose(t, u->field);
    if (u->field == ob__slot_defs[OB_SLOT_len].field) choose(t, ob__slot_defs[OB_SLOT_truth].field);
    return ob__type_subclasses_each(t, update_tree, arg);
}

static bool mark_final(ob_type *t, void *arg) {
    t->flags |= OB_TF_FINAL | OB_TF_FINAL_PYTHON;
    return ob__type_subclasses_each(t, mark_final, arg);
}

void ob__slot_update(ob_type *t, ob_val name) {
    if (ob_same(name, OB_NAME(del))) mark_final(t, NULL);
    int id = slot_id(name);
    if (id < 0) return;
    update u = {name, ob__slot_defs[id].field};
    update_tree(t, &u);
}
