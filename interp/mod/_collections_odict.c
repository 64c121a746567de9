/* _collections_odict.c: OrderedDict: a dict whose entries can be moved to either end.
 * Locks: none; the body is a dict's. What a Python subclass may override is called through the object, as its methods promise. */
#include "interp/mod/_collections_int.h"
#include "objspace/contain.h"
#include "objspace/dict_table.h"
#include "objspace/inst.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

static bool exact(ob_val v) { return ob_is_exact(v, &py__ordereddict_type); }
static ob_val none(bool ok) { return ok ? OB_NONE : OB_NULL; }

/* ---- update, as MutableMapping does it ---- */

static bool put(ob_val self, ob_val key, ob_val v) { return exact(self) ? ob_dict_set(self, key, v) : ob_setitem(self, key, v); }

static bool add_pair(void *arg, ob_val pair) {
    ob_val self = *(ob_val *)arg, it = ob_iter(pair);
    if (ob_is_null(it)) return false;
    ob_val got[3] = {OB_NULL, OB_NULL, OB_NULL};
    for (size_t i = 0; i < 3; i++) {
        got[i] = ob_next(it);
        if (!ob_is_null(got[i])) continue;
        if (ob_failed()) return false;
        if (i < 2) return ob_fail(ob_raise(&ob_exc_ValueError, "need more than %zu value%s to unpack", i, i == 1 ? "" : "s"));
        return put(self, got[0], got[1]);
    }
    return ob_fail(ob_raise(&ob_exc_ValueError, "too many values to unpack (expected 2)"));
}

static bool update_from(ob_val self, ob_val other) {
    if (ob_is_exact(other, &ob_dict_type)) {
        ob_val items = ob_dict_items_list(other);
        return !ob_is_null(items) && ob_each(items, add_pair, &self);
    }
    ob_val keys = ob_getattr_opt(other, OB_NAME(keys));
    if (ob_failed()) return false;
    if (!ob_is_null(keys)) {
        ob_val list = ob_call0(keys), it = ob_is_null(list) ? list : ob_iter(list);
        if (ob_is_null(it)) return false;
        for (ob_val k; !ob_is_null(k = ob_next(it));) {
            ob_val v = ob_getitem(other, k);
            if (ob_is_null(v) || !put(self, k, v)) return false;
        }
        return !ob_failed();
    }
    ob_val items = ob_getattr_opt(other, OB_NAME(items));
    if (ob_failed()) return false;
    if (!ob_is_null(items) && ob_is_null(other = ob_call0(items))) return false;
    return ob_each(other, add_pair, &self);
}

static bool update_all(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (n > 1) return ob_fail(ob_raise(&ob_exc_TypeError, "update() takes at most 1 positional argument (%zu given)", n));
    if (n && !update_from(self, a[0])) return false;
    for (size_t i = 0; i < ob_kw_count(kw); i++)
        if (!put(self, ob_tuple_at(kw, i), a[n + i])) return false;
    return true;
}
static bool odict_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (n > 1) return ob_fail(ob_raise(&ob_exc_TypeError, "expected at most 1 arguments, got %zu", n));
    return update_all(self, a, n, kw);
}
OB_FN(odict_update) { return none(update_all(self, a, n, kw)); }

/* ---- ends ---- */

OB_FN(odict_move_to_end) {
    int last = ob_is_null(a[1]) ? 1 : ob_truth(a[1]);
    uint64_t hash;
    if (last < 0 || !ob_key_hash(a[0], &hash)) return OB_NULL;
    ssize_t at = ob__dict_find(self, a[0], hash);
    if (at < 0) return at == OB__ABSENT ? ob_raise_obj(&ob_exc_KeyError, a[0]) : OB_NULL;
    return none(ob__dict_move(self, (size_t)at, last));
}
OB_FN(odict_popitem) {
    int last = ob_is_null(a[0]) ? 1 : ob_truth(a[0]);
    if (last < 0) return OB_NULL;
    const ob_dict_body *b = ob__dict_peek(self, TX_ALL);
    if (!b->used) return ob_raise(&ob_exc_KeyError, "dictionary is empty");
    size_t at = last ? 0 : ob__dict_live_from(b, b->first);
    if (at >= b->fill) return OB_NULL;
    ob_val k = ob_dict_entry_at(b, at)->key, v = ob_dict_value_at(b, at);
    return (last ? ob__dict_pop_last(self, &k, &v) : ob__dict_remove_at(self, at)) ? ob_tuple_of2(k, v) : OB_NULL;
}
OB_FN(odict_pop) {
    ob_val v = ob_dict_pop(self, a[0]);
    if (!ob_is_null(v) || ob_failed()) return v;
    return ob_is_null(a[1]) ? ob_raise_obj(&ob_exc_KeyError, a[0]) : a[1];
}
OB_FN(odict_setdefault) {
    ob_val v = ob_is_null(a[1]) ? OB_NONE : a[1];
    if (exact(self)) return ob_dict_setdefault(self, a[0], v);
    int has = ob_contains(self, a[0]);
    if (has < 0) return OB_NULL;
    return has ? ob_getitem(self, a[0]) : ob_setitem(self, a[0], v) ? v : OB_NULL;
}

/* ---- whole ---- */

OB_FN(odict_copy) {
    ob_val r = ob_call0(ob_type_val(ob_type_of(self)));
    if (ob_is_null(r) || exact(self)) return ob_is_null(r) || !ob__dict_clone(r, self) ? OB_NULL : r;
    ob_val keys = ob_dict_keys_list(self);
    for (size_t i = 0; !ob_is_null(keys) && i < ob_list_len(keys); i++) {
        ob_val k = ob_list_at(keys, i), v = ob_getitem(self, k);
        if (ob_is_null(v) || !ob_setitem(r, k, v)) return OB_NULL;
    }
    return ob_is_null(keys) ? keys : r;
}
static ob_val odict_repr(ob_val self) {
    const char *name = ob_type_short_name(ob_type_of(self));
    if (!ob_dict_len(self)) return ob_str_format_c("%s()", name);
    bool entered;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_str_from_c("...");
    ob_val items = exact(self) ? ob_dict_items_list(self) : ob_call_method(self, OB_NAME(items), NULL, 0);
    if (!ob_is_null(items) && !ob_is_exact(items, &ob_list_type)) items = ob_list_of_iterable(items);
    ob_val r = ob_is_null(items) ? items : ob_str_format_c("%s(%R)", name, items);
    ob_repr_leave(self);
    return r;
}
/* Equal as dicts, and against another OrderedDict in order too. */
static ob_val odict_cmp(ob_val x, ob_val y, ob_cmp_op op) {
    if ((op != OB_EQ && op != OB_NE) || !ob_is_dict(y)) return OB_NOT_IMPLEMENTED;
    ob_val r = ob_dict_type.slots.cmp(x, y, OB_EQ);
    if (ob_same(r, OB_TRUE) && ob_is_a(y, &py__ordereddict_type)) {
        ob_val a = ob_dict_keys_list(x), b = ob_is_null(a) ? a : ob_dict_keys_list(y);
        r = ob_is_null(b) ? b : ob_compare(OB_EQ, a, b);
    }
    return ob_is_null(r) ? r : ob_bool(ob_same(r, OB_TRUE) == (op == OB_EQ));
}
static ob_val odict_or(ob_val x, ob_val y) {
    if (!ob_is_dict(x) || !ob_is_dict(y)) return OB_NOT_IMPLEMENTED;
    ob_type *t = ob_type_of(ob_is_a(x, &py__ordereddict_type) ? x : y);
    ob_val r = ob_call1(ob_type_val(t), x);
    return ob_is_null(r) || !update_from(r, y) ? OB_NULL : r;
}
static ob_val odict_ior(ob_val self, ob_val other) { return update_from(self, other) ? self : OB_NULL; }

OB_FN(odict_reduce) {
    ob_val state = ob_call_method(self, OB_NAME(getstate), NULL, 0), items = ob_is_null(state) ? state : ob_call_method(self, OB_NAME(items), NULL, 0);
    ob_val it = ob_is_null(items) ? items : ob_iter(items);
    return ob_is_null(it) ? it : ob_tuple_from((ob_val[]){ob_type_val(ob_type_of(self)), ob_empty_tuple, state, OB_NONE, it}, 5);
}
typedef struct filling { ob_val d, v; } filling;
static bool fill_one(void *arg, ob_val k) { return put(((filling *)arg)->d, k, ((filling *)arg)->v); }
OB_FN(odict_fromkeys) {
    filling f = {ob_call0(self), ob_is_null(a[1]) ? OB_NONE : a[1]};
    return ob_is_null(f.d) || !ob_each(a[0], fill_one, &f) ? OB_NULL : f.d;
}

/* ---- views ---- */

#define VIEW(id, text, base_) static ob_type id##_view = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = text, .base = &base_, .flags = OB_TF_NO_MAKE}
VIEW(keys, "odict_keys", ob_dict_keys_type);
VIEW(values, "odict_values", ob_dict_values_type);
VIEW(items, "odict_items", ob_dict_items_type);
OB_FN(odict_keys) { return ob__dict_view_new(&keys_view, self); }
OB_FN(odict_values) { return ob__dict_view_new(&values_view, self); }
OB_FN(odict_items) { return ob__dict_view_new(&items_view, self); }
OB_FN(odict_reversed) { return ob__ordered_iter_new(self, OB__KEYS, true); }
OB_FN(odict_sizeof) {                                        /* beyond a dict: the word that leads to attributes */
    ob_val size = ob_call_method_c(ob_type_val(&ob_dict_type), "__sizeof__", &self, 1);
    return ob_is_null(size) ? size : ob_binary(OB_BIN_ADD, size, ob_from_small(sizeof(ob_val)));
}
static ob_val odict_attrs(ob_val self) { return ob_attr_dict(self); }

static const ob_def odict_methods[] = {
    {"move_to_end", odict_move_to_end, "key, last=True", "Move an existing element to the end (or beginning if last is false).\n\nRaise KeyError if the element does not exist.", 0},
    {"popitem", odict_popitem, "last=True", "Remove and return a (key, value) pair from the dictionary.\n\nPairs are returned in LIFO order if last is true or FIFO order if false.", 0},
    {"pop", odict_pop, "key, default=None", "od.pop(key[,default]) -> v, remove specified key and return the corresponding value.\n\n"
                                            "If the key is not found, return the default if given; otherwise,\nraise a KeyError.", 0},
    {"setdefault", odict_setdefault, "key, default=None", "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default.", 0},
    {"update", odict_update, NULL, "D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.", 0},
    {"keys", odict_keys, "", NULL, 0},
    {"values", odict_values, "", NULL, 0},
    {"items", odict_items, "", NULL, 0},
    {"__reversed__", odict_reversed, "", "od.__reversed__() <==> reversed(od)", 0},
    {"__sizeof__", odict_sizeof, "", NULL, 0},
    {"copy", odict_copy, "", "od.copy() -> a shallow copy of od", 0},
    {"__reduce__", odict_reduce, "", "Return state information for pickling", 0},
    {"fromkeys", odict_fromkeys, "iterable, value=None", "Create a new ordered dictionary with keys from iterable and values set to value.", OB_DEF_CLASS},
    {0},
};
static const ob_getset odict_getsets[] = {{"__dict__", odict_attrs, ob_attr_dict_set, NULL}, {0}};
ob_type py__ordereddict_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob__dict_kind),
    .name = "collections.OrderedDict",
    .base = &ob_dict_type,
    .flags = OB_TF_BASE | OB_TF_DICT | OB_TF_MAPPING | OB_TF_HOLDER,
    .size = sizeof(ob_dict_body),
    .has_dict = true,
    .has_weakref = true,
    .slots = {.repr = odict_repr, .cmp = odict_cmp, .iter = ob__ordered_iter, .init = odict_init, .binary = {[OB_BIN_OR] = odict_or}, .inplace = {[OB_BIN_OR] = odict_ior}},
    .methods = odict_methods,
    .getsets = odict_getsets,
    .doc = "Dictionary that remembers insertion order",
};
bool py__odict_ready(void) { return ob_type_ready(&keys_view) && ob_type_ready(&values_view) && ob_type_ready(&items_view); }
