/* set_methods.c: the methods and operators of set and frozenset. Locks: none; see set.c for the rules. */
#include "objspace/set_table.h"
#include "objspace/dict_table.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

/* ---- looking ---- */

/* A set is unhashable but may be looked for in a set of frozensets. */
static ob_val lookup_key(ob_val x) {
    if (!ob_is_ptr(x) || !ob_has_tflag(x, OB_TF_SET)) return OB_NULL;
    if (!ob_err_clear_if(&ob_exc_TypeError)) return OB_NULL;
    return ob_frozenset_of_iterable(x);
}

int ob__set_contains(ob_val s, ob_val x) {
    int c = ob_set_contains(s, x);
    if (c >= 0) return c;
    ob_val f = lookup_key(x);
    return ob_is_null(f) ? -1 : ob_set_contains(s, f);
}

ob_val ob__set_repr(ob_val self) {
    const ob_type *t = ob_type_of(self);
    bool plain = t == &ob_set_type;
    if (!ob_set_len(self)) return ob_str_format_c("%N()", t);
    bool entered;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_str_format_c("%N(...)", t);
    ob_val l = ob_list_of_iterable(self), r = ob_is_null(l) ? OB_NULL : ob_repr(l);
    ob_repr_leave(self);
    if (ob_is_null(r)) return r;
    ob_val inner = ob_str_slice(r, 1, ob_str_len(r) - 1);
    if (ob_is_null(inner)) return inner;
    return plain ? ob_str_format_c("{%S}", inner) : ob_str_format_c("%N({%S})", t, inner);
}

static int subset(ob_val a, ob_val b) {
    if (ob_set_len(a) > ob_set_len(b)) return 0;
    ob_val x;
    uint64_t hash;
    int more;
    for (size_t pos = 0; (more = ob_set_next(a, &pos, &x, &hash)) > 0;) {
        int c = ob__set_find(b, x, hash);
        if (c != 1) return c;
    }
    return more < 0 ? -1 : 1;
}

ob_val ob__set_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_anyset(b)) return OB_NOT_IMPLEMENTED;
    size_t n = ob_set_len(a), m = ob_set_len(b);
    int r;
    switch (op) {
    case OB_EQ: case OB_NE: r = n == m ? subset(a, b) : 0; break;
    case OB_LT: r = n < m ? subset(a, b) : 0; break;
    case OB_LE: r = subset(a, b); break;
    case OB_GT: r = n > m ? subset(b, a) : 0; break;
    default: r = subset(b, a); break;
    }
    return r < 0 ? OB_NULL : ob_bool(op == OB_NE ? !r : r);
}

/* ---- building blocks ---- */

/* An anyset view of an iterable: itself, or a new set. */
static ob_val as_set(ob_val it) { return ob_is_anyset(it) ? it : ob_set_of_iterable(it); }

static ob_val copy_of(ob_val s) {
    if (ob_is_exact(s, &ob_frozenset_type)) return s;
    ob_val r = ob__set_like(s);
    return ob_is_null(r) || !ob__set_clone(r, s) ? OB_NULL : r;
}

static ob_val fresh_copy(ob_val s) {
    ob_val r = ob__set_like(s);
    return ob_is_null(r) || !ob__set_clone(r, s) ? OB_NULL : r;
}

/* into gets each element of a for which (is it in b?) == wanted. b: anyset or dict. */
static bool select_into(ob_val into, ob_val a, ob_val b, bool wanted) {
    ob_val x;
    uint64_t hash;
    bool dict = ob_is_dict(b);
    int more;
    for (size_t pos = 0; (more = ob_set_next(a, &pos, &x, &hash)) > 0;) {
        int c;
        if (dict) {
            ob_val v = ob_dict_get_hash(b, x, hash);
            c = !ob_is_null(v) ? 1 : ob_failed() ? -1 : 0;
        } else c = ob__set_find(b, x, hash);
        if (c < 0 || ((c == 1) == wanted && ob__set_add_hash(into, x, hash) < 0)) return false;
    }
    return more == 0;
}

typedef struct crossing { ob_val a, into; } crossing;
static bool cross_each(void *arg, ob_val x) {
    crossing *c = arg;
    uint64_t hash;
    if (!ob_key_hash(x, &hash)) return false;
    int in = ob__set_find(c->a, x, hash);
    return in >= 0 && (!in || ob__set_add_hash(c->into, x, hash) >= 0);
}

static bool intersect_into(ob_val into, ob_val a, ob_val b) {
    if (ob_is_anyset(b)) return ob_set_len(b) < ob_set_len(a) ? select_into(into, b, a, true) : select_into(into, a, b, true);
    crossing c = {a, into};
    return ob_each(b, cross_each, &c);
}

static bool discard_each(void *arg, ob_val x) { return ob_set_discard(*(ob_val *)arg, x) >= 0; }

static bool discard_keys(ob_val s, ob_val d) {
    ob_dict_entry e;
    int more;
    for (size_t i = 0; (more = ob__dict_step(d, TX_REST, &i, &e)) > 0;)
        if (ob__set_remove_hash(s, e.key, e.hash) < 0) return false;
    return more == 0;
}

static bool subtract(ob_val s, ob_val it) {
    if (ob_same(s, it)) return ob__set_clear(s);
    if (ob_is_anyset(it)) {
        ob_val x;
        uint64_t hash;
        int more;
        for (size_t pos = 0; (more = ob_set_next(it, &pos, &x, &hash)) > 0;)
            if (ob__set_remove_hash(s, x, hash) < 0) return false;
        return more == 0;
    }
    if (ob_is_exact(it, &ob_dict_type)) return discard_keys(s, it);
    return ob_each(it, discard_each, &s);
}

/* s ^= t */
static bool toggle(ob_val s, ob_val t) {
    ob_val x;
    uint64_t hash;
    int more;
    for (size_t pos = 0; (more = ob_set_next(t, &pos, &x, &hash)) > 0;) {
        int removed = ob__set_remove_hash(s, x, hash);
        if (removed < 0 || (!removed && ob__set_add_hash(s, x, hash) < 0)) return false;
    }
    return more == 0;
}

static ob_val if_ok(bool ok, ob_val r) { return ok ? r : OB_NULL; }

/* ---- operators ---- */

#define BOTH_SETS if (!ob_is_anyset(a) || !ob_is_anyset(b)) return OB_NOT_IMPLEMENTED

ob_val ob__set_or(ob_val a, ob_val b) {
    BOTH_SETS;
    ob_val r = fresh_copy(a);
    return ob_is_null(r) ? r : if_ok(ob_set_update(r, b), r);
}
ob_val ob__set_and(ob_val a, ob_val b) {
    BOTH_SETS;
    ob_val r = ob__set_like(a);
    return ob_is_null(r) ? r : if_ok(intersect_into(r, a, b), r);
}
ob_val ob__set_sub(ob_val a, ob_val b) {
    BOTH_SETS;
    ob_val r = ob__set_like(a);
    return ob_is_null(r) ? r : if_ok(select_into(r, a, b, false), r);
}
ob_val ob__set_xor(ob_val a, ob_val b) {
    BOTH_SETS;
    ob_val r = fresh_copy(b);
    if (ob_is_null(r)) return r;
    ob_val like = ob__set_like(a);
    if (ob_is_null(like) || !toggle(r, a)) return OB_NULL;
    return ob_type_of(like) == ob_type_of(r) ? r : if_ok(ob_set_update(like, r), like);
}
ob_val ob__set_ior(ob_val a, ob_val b) {
    BOTH_SETS;
    return if_ok(ob_set_update(a, b), a);
}
ob_val ob__set_iand(ob_val a, ob_val b) {
    BOTH_SETS;
    ob_val r = ob_set_new();
    return ob_is_null(r) ? r : if_ok(intersect_into(r, a, b) && ob__set_take(a, r), a);
}
ob_val ob__set_isub(ob_val a, ob_val b) {
    BOTH_SETS;
    return if_ok(subtract(a, b), a);
}
ob_val ob__set_ixor(ob_val a, ob_val b) {
    BOTH_SETS;
    return if_ok(ob_same(a, b) ? ob__set_clear(a) : toggle(a, b), a);
}

/* ---- methods ---- */

#define METHOD(name) static ob_val set_##name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define UNUSED_ARGS (void)self, (void)a, (void)n, (void)kw
static ob_val none(bool ok) { return if_ok(ok, OB_NONE); }

METHOD(contains) {
    UNUSED_ARGS;
    int c = ob__set_contains(self, a[0]);
    return c < 0 ? OB_NULL : ob_bool(c);
}
METHOD(add) { return UNUSED_ARGS, none(ob_set_add(self, a[0])); }

static int discard(ob_val self, ob_val x) {
    int c = ob_set_discard(self, x);
    if (c >= 0) return c;
    ob_val f = lookup_key(x);
    return ob_is_null(f) ? -1 : ob_set_discard(self, f);
}
METHOD(discard) { return UNUSED_ARGS, none(discard(self, a[0]) >= 0); }
METHOD(remove) {
    UNUSED_ARGS;
    int c = discard(self, a[0]);
    return c == 0 ? ob_raise_obj(&ob_exc_KeyError, a[0]) : none(c > 0);
}
METHOD(pop) {
    UNUSED_ARGS;
    ob_val x;
    if (!ob__set_pop(self, &x)) return OB_NULL;
    return ob_is_null(x) ? ob_raise(&ob_exc_KeyError, "pop from an empty set") : x;
}
METHOD(clear) { return UNUSED_ARGS, none(ob__set_clear(self)); }
METHOD(copy) { return UNUSED_ARGS, copy_of(self); }

static bool no_keywords(ob_val self, const char *name, ob_val kw) {
    const char *type = ob_has_tflag(self, OB_TF_FROZENSET) ? "frozenset" : "set";
    return !ob_kw_count(kw) || ob_fail(ob_raise(&ob_exc_TypeError, "%s.%s() takes no keyword arguments", type, name));
}

METHOD(union) {
    if (!no_keywords(self, "union", kw)) return OB_NULL;
    ob_val r = fresh_copy(self);
    if (ob_is_null(r)) return r;
    for (size_t i = 0; i < n; i++)
        if (!ob_set_update(r, a[i])) return OB_NULL;
    return r;
}
ob_val ob__set_update_method(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!no_keywords(self, "update", kw)) return OB_NULL;
    for (size_t i = 0; i < n; i++)
        if (!ob_set_update(self, a[i])) return OB_NULL;
    return OB_NONE;
}
METHOD(intersection) {
    if (!no_keywords(self, "intersection", kw)) return OB_NULL;
    if (!n) return fresh_copy(self);
    ob_val s = self;
    for (size_t i = 0; i < n; i++) {
        ob_val r = ob__set_like(self);
        if (ob_is_null(r) || !intersect_into(r, s, a[i])) return OB_NULL;
        s = r;
    }
    return s;
}
METHOD(intersection_update) {
    if (!no_keywords(self, "intersection_update", kw)) return OB_NULL;
    ob_val s = self;
    for (size_t i = 0; i < n; i++) {
        ob_val r = ob_set_new();
        if (ob_is_null(r) || !intersect_into(r, s, a[i])) return OB_NULL;
        s = r;
    }
    return none(!n || ob__set_take(self, s));
}
METHOD(difference) {
    if (!no_keywords(self, "difference", kw)) return OB_NULL;
    if (!n) return fresh_copy(self);
    ob_val s = self;
    for (size_t i = 0; i < n; i++) {
        ob_val other = ob_is_dict(a[i]) ? a[i] : as_set(a[i]), r = ob__set_like(self);
        if (ob_is_null(other) || ob_is_null(r) || !select_into(r, s, other, false)) return OB_NULL;
        s = r;
    }
    return s;
}
METHOD(difference_update) {
    if (!no_keywords(self, "difference_update", kw)) return OB_NULL;
    for (size_t i = 0; i < n; i++)
        if (!subtract(self, a[i])) return OB_NULL;
    return OB_NONE;
}
METHOD(symmetric_difference) {
    UNUSED_ARGS;
    ob_val other = ob_set_of_iterable(a[0]), r = ob_is_null(other) ? other : fresh_copy(self);
    return ob_is_null(r) ? r : if_ok(toggle(r, other), r);
}
METHOD(symmetric_difference_update) {
    UNUSED_ARGS;
    if (ob_same(self, a[0])) return none(ob__set_clear(self));
    ob_val other = as_set(a[0]);
    return none(!ob_is_null(other) && toggle(self, other));
}

typedef struct seeking { ob_val s; bool wanted, met; } seeking;
/* Stops (false without an exception) at the first element whose membership is not the wanted one. */
static bool seek_each(void *arg, ob_val x) {
    seeking *k = arg;
    int c = ob_set_contains(k->s, x);
    if (c < 0) return false;
    if ((c == 1) == k->wanted) return true;
    k->met = true;
    return false;
}
static ob_val all_are(ob_val s, ob_val it, bool wanted) {
    seeking k = {s, wanted, false};
    if (ob_each(it, seek_each, &k)) return OB_TRUE;
    return k.met ? OB_FALSE : OB_NULL;
}
METHOD(isdisjoint) { return UNUSED_ARGS, all_are(self, a[0], false); }
METHOD(issuperset) { return UNUSED_ARGS, all_are(self, a[0], true); }
METHOD(issubset) {
    UNUSED_ARGS;
    ob_val other = as_set(a[0]);
    if (ob_is_null(other)) return other;
    int r = subset(self, other);
    return r < 0 ? OB_NULL : ob_bool(r);
}

METHOD(reduce) {
    UNUSED_ARGS;
    ob_val l = ob_list_of_iterable(self), args = ob_is_null(l) ? l : ob_tuple_of1(l);
    if (ob_is_null(args)) return args;
    ob_val state = ob_call_method(self, OB_NAME(getstate), NULL, 0);
    return ob_is_null(state) ? state : ob_tuple_of3(ob_type_val(ob_type_of(self)), args, state);
}
METHOD(sizeof) {
    UNUSED_ARGS;
    const ob__set_table *t = ob__set_peek(self, TX_REST);
    return ob_from_small((int64_t)(sizeof(ob__frozenset) + (t->slots ? (t->mask + 1) * sizeof *t->slots : t->tree ? t->tree->fill * sizeof(ob_dict_entry) + t->used * 14 : 0)));
}

#define SHARED_METHODS                                                                                                              \
    {"__contains__", set_contains, "object, /", "x.__contains__(y) <==> y in x.", 0},                                              \
    {"copy", set_copy, "", "Return a shallow copy of a set.", 0},                                                                   \
    {"difference", set_difference, NULL, "Return the difference of two or more sets as a new set.\n\n(i.e. all elements that are in this set but not the others.)", 0}, \
    {"intersection", set_intersection, NULL, "Return the intersection of two sets as a new set.\n\n(i.e. all elements that are in both sets.)", 0}, \
    {"isdisjoint", set_isdisjoint, "other, /", "Return True if two sets have a null intersection.", 0},                              \
    {"issubset", set_issubset, "other, /", "Report whether another set contains this set.", 0},                                      \
    {"issuperset", set_issuperset, "other, /", "Report whether this set contains another set.", 0},                                  \
    {"__reduce__", set_reduce, "", "Return state information for pickling.", 0},                                                     \
    {"__sizeof__", set_sizeof, "", "S.__sizeof__() -> size of S in memory, in bytes", 0},                                            \
    {"symmetric_difference", set_symmetric_difference, "other, /",                                                                   \
     "Return the symmetric difference of two sets as a new set.\n\n(i.e. all elements that are in exactly one of the sets.)", 0},     \
    {"union", set_union, NULL, "Return the union of sets as a new set.\n\n(i.e. all elements that are in either set.)", 0},          \
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS}

const ob_def ob__set_methods[] = {
    SHARED_METHODS,
    {"add", set_add, "object, /", "Add an element to a set.\n\nThis has no effect if the element is already present.", 0},
    {"clear", set_clear, "", "Remove all elements from this set.", 0},
    {"discard", set_discard, "object, /", "Remove an element from a set if it is a member.\n\nUnlike set.remove(), the discard() method does not raise\n"
                                          "an exception when an element is missing from the set.", 0},
    {"difference_update", set_difference_update, NULL, "Remove all elements of another set from this set.", 0},
    {"intersection_update", set_intersection_update, NULL, "Update a set with the intersection of itself and another.", 0},
    {"pop", set_pop, "", "Remove and return an arbitrary set element.\nRaises KeyError if the set is empty.", 0},
    {"remove", set_remove, "object, /", "Remove an element from a set; it must be a member.\n\nIf the element is not a member, raise a KeyError.", 0},
    {"symmetric_difference_update", set_symmetric_difference_update, "other, /", "Update a set with the symmetric difference of itself and another.", 0},
    {"update", ob__set_update_method, NULL, "Update a set with the union of itself and others.", 0},
    {0},
};
const ob_def ob__frozenset_methods[] = {SHARED_METHODS, {0}};
