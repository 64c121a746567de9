/* dict_methods.c: what Python calls on dicts, and updating from mappings and pairs. Locks: none; see dict.c for the rules. */
#include "objspace/dict_table.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/tuple.h"

/* ---- update ---- */

static bool put(ob_val d, ob_val key, uint64_t hash, ob_val v, int override) {
    if (override != 1) {
        ssize_t i = ob__dict_find(d, key, hash);
        if (i == OB__FAILED) return false;
        if (i >= 0) return override == 0 || ob_fail(ob_raise_obj(&ob_exc_KeyError, key));
    }
    return ob_dict_set_hash(d, key, hash, v);
}

static bool is_plain_mapping(ob_val v) {
    if (ob_is_exact(v, &ob_dict_type)) return true;
    ob_val (*iter)(ob_val) = ob_type_of(v)->slots.iter;
    return ob_is_dict(v) && (iter == ob_dict_type.slots.iter || iter == ob__ordered_iter);
}

/* d takes all of dict `other`, which eq callbacks may change meanwhile. */
static bool update_dict(ob_val d, ob_val other, int override) {
    if (ob_same(d, other) || !ob_dict_len(other)) return true;
    const ob_dict_body *b = ob__dict_peek(d, TX_ALL);
    if (!b->entries && !(ob_flags(ob_ptr(d)) & OB_F_NAMESPACE) && ob_write(d) == tx_inline_body(ob_handle(d))) return ob__dict_clone(d, other);
    uint32_t layout = ob__dict_peek(other, TX_ALL)->layout;
    ob_dict_entry e;
    int more;
    for (size_t i = 0; (more = ob__dict_step(other, TX_ALL, &i, &e)) > 0;) {
        if (!put(d, e.key, e.hash, e.value, override)) return false;
        if (ob__dict_peek(other, TX_ALL)->layout != layout) return ob_fail(ob_raise(&ob_exc_RuntimeError, "dict mutated during update"));
    }
    return more == 0;
}

static bool update_mapping(ob_val d, ob_val other, int override) {
    ob_val keys = ob_call_method(other, OB_NAME(keys), NULL, 0);
    if (ob_is_null(keys)) return false;
    ob_val it = ob_iter(keys);
    if (ob_is_null(it)) return false;
    for (ob_val k; !ob_is_null(k = ob_next(it));) {
        uint64_t hash;
        if (!ob_key_hash(k, &hash)) return false;
        if (override != 1) {
            ssize_t i = ob__dict_find(d, k, hash);
            if (i == OB__FAILED) return false;
            if (i >= 0 && override == 0) continue;
            if (i >= 0) return ob_fail(ob_raise_obj(&ob_exc_KeyError, k));
        }
        ob_val v = ob_getitem(other, k);
        if (ob_is_null(v) || !ob_dict_set_hash(d, k, hash, v)) return false;
    }
    return !ob_failed();
}

bool ob__dict_update_all(ob_val d, ob_val other, int override) {
    return is_plain_mapping(other) ? update_dict(d, other, override) : update_mapping(d, other, override);
}

typedef struct pairs { ob_val d; size_t i; } pairs;

static bool add_pair(void *arg, ob_val x) {
    pairs *p = arg;
    ob_val t;
    if (ob_is_exact(x, &ob_tuple_type)) t = x;
    else {
        if (ob_is_null(t = ob_tuple_of_iterable(x))) {
            if (!ob_type_of(x)->slots.iter && ob_err_clear_if(&ob_exc_TypeError))
                ob_raise(&ob_exc_TypeError, "cannot convert dictionary update sequence element #%zu to a sequence", p->i);
            return false;
        }
    }
    if (ob_tuple_len(t) != 2)
        return ob_fail(ob_raise(&ob_exc_ValueError, "dictionary update sequence element #%zu has length %zu; 2 is required", p->i, ob_tuple_len(t)));
    p->i++;
    return ob_dict_set(p->d, ob_tuple_at(t, 0), ob_tuple_at(t, 1));
}

bool ob_dict_update(ob_val d, ob_val other) {
    if (is_plain_mapping(other)) return update_dict(d, other, 1);
    ob_val keys = ob_getattr_opt(other, OB_NAME(keys));
    if (!ob_is_null(keys)) return update_mapping(d, other, 1);
    if (ob_failed()) return false;
    pairs p = {d, 0};
    return ob_each(other, add_pair, &p);
}

/* ---- ** in calls ---- */

static ob_val function_text(ob_val f) {
    ob_val q = ob_is_null(f) ? OB_NULL : ob_getattr_opt(f, OB_NAME(qualname));
    if (ob_is_null(q)) return ob_failed() ? OB_NULL : ob_is_null(f) ? ob_str_from_c("function") : ob_str(f);
    ob_val m = ob_getattr_opt(f, OB_NAME(module));
    if (ob_failed()) return OB_NULL;
    if (!ob_is_null(m) && !ob_is_none(m) && !(ob_is_str(m) && ob_str_equal_c(m, "builtins"))) return ob_str_format_c("%S.%S()", m, q);
    return ob_str_format_c("%S()", q);
}

bool ob_dict_merge_kw(ob_val d, ob_val other, ob_val function) {
    if (!ob_is_dict(other)) {
        ob_val keys = ob_getattr_opt(other, OB_NAME(keys));
        if (ob_failed()) return false;
        if (ob_is_null(keys)) {
            ob_val text = function_text(function);
            return ob_is_null(text) ? false : ob_fail(ob_raise(&ob_exc_TypeError, "%S argument after ** must be a mapping, not %.200T", text, other));
        }
    }
    if (ob__dict_update_all(d, other, 2)) return true;    /* the call looks whether all keys are strings */
    if (!ob_err_matches(&ob_exc_KeyError)) return false;
    ob_val e = ob_err_fetch(), args = ob_getattr_c(e, "args");
    if (ob_is_null(args)) return false;
    ob_val key = ob_is_tuple(args) && ob_tuple_len(args) == 1 ? ob_tuple_at(args, 0) : OB_NULL;
    if (ob_is_null(key)) return ob_err_restore(e), false;
    ob_val text = function_text(function);
    if (ob_is_null(text)) return false;
    return ob_fail(ob_raise(&ob_exc_TypeError, "%S got multiple values for keyword argument '%S'", text, key));
}

/* ---- copies and lists ---- */

ob_val ob_dict_copy(ob_val d) {
    ob_val r = ob_dict_new();
    return ob_is_null(r) || !ob__dict_clone(r, d) ? OB_NULL : r;
}

ob_val ob_dict_keys_list(ob_val d) {
    ob_val l = ob_list_new(ob_dict_len(d)), k;
    if (ob_is_null(l)) return l;
    for (size_t pos = 0; ob_dict_next(d, &pos, &k, NULL);)
        if (!ob_list_append(l, k)) return OB_NULL;
    return l;
}

ob_val ob_dict_items_list(ob_val d) {
    ob_val l = ob_list_new(ob_dict_len(d)), k, v;
    if (ob_is_null(l)) return l;
    for (size_t pos = 0; ob_dict_next(d, &pos, &k, &v);) {
        ob_val t = ob_tuple_of2(k, v);
        if (ob_is_null(t) || !ob_list_append(l, t)) return OB_NULL;
    }
    return l;
}

/* ---- repr ---- */

static bool repr_entries(ob_strbuf *b, ob_val self) {
    bool first = true;
    ob_dict_entry e;
    int more;
    for (size_t i = 0; (more = ob__dict_step(self, TX_ALL, &i, &e)) > 0;) {
        ob_val k = ob_repr(e.key);
        if (ob_is_null(k)) return false;
        ob_val v = ob_repr(e.value);
        if (ob_is_null(v)) return false;
        if (!first && !ob_strbuf_ascii(b, ", ", 2)) return false;
        first = false;
        if (!ob_strbuf_str(b, k) || !ob_strbuf_ascii(b, ": ", 2) || !ob_strbuf_str(b, v)) return false;
    }
    return more == 0;
}

ob_val ob__dict_repr(ob_val self) {
    bool entered;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_str_from_c("{...}");
    ob_strbuf b;
    ob_strbuf_init(&b);
    bool ok = ob_strbuf_char(&b, '{') && repr_entries(&b, self) && ob_strbuf_char(&b, '}');
    ob_repr_leave(self);
    return ok ? ob_strbuf_finish(&b) : OB_NULL;
}

/* ---- methods ---- */

#define METHOD(name) static ob_val dict_##name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define UNUSED_ARGS (void)self, (void)a, (void)n, (void)kw

METHOD(contains) {
    UNUSED_ARGS;
    int r = ob_dict_contains(self, a[0]);
    return r < 0 ? OB_NULL : ob_bool(r);
}

METHOD(get) {
    UNUSED_ARGS;
    ob_val v = ob_dict_get(self, a[0]);
    return LIKELY(!ob_is_null(v)) || ob_failed() ? v : ob_is_null(a[1]) ? OB_NONE : a[1];
}

METHOD(setdefault) { return UNUSED_ARGS, ob_dict_setdefault(self, a[0], ob_is_null(a[1]) ? OB_NONE : a[1]); }

METHOD(pop) {
    UNUSED_ARGS;
    if (!ob_args_check("pop", n, kw, 1, 2)) return OB_NULL;
    /* The key of an empty dict is not even hashed; that it is empty counts as looked at then alone. */
    ob_val v = ob__dict_peek(self, 0)->used || ob_dict_len(self) ? ob_dict_pop(self, a[0]) : OB_NULL;
    if (!ob_is_null(v) || ob_failed()) return v;
    return n == 2 ? a[1] : ob_raise_obj(&ob_exc_KeyError, a[0]);
}

METHOD(popitem) {
    UNUSED_ARGS;
    ob_val k, v;
    if (!ob_dict_len(self)) return ob_raise(&ob_exc_KeyError, "popitem(): dictionary is empty");
    return ob__dict_pop_last(self, &k, &v) ? ob_tuple_of2(k, v) : OB_NULL;
}

METHOD(update) {
    if (n > 1) return ob_raise(&ob_exc_TypeError, "update expected at most 1 argument, got %zu", n);
    if (n && !ob_dict_update(self, a[0])) return OB_NULL;
    for (size_t i = 0; i < ob_kw_count(kw); i++)
        if (!ob_dict_set(self, ob_tuple_at(kw, i), a[n + i])) return OB_NULL;
    return OB_NONE;
}

METHOD(keys) { return UNUSED_ARGS, ob__dict_view_new(&ob_dict_keys_type, self); }
METHOD(values) { return UNUSED_ARGS, ob__dict_view_new(&ob_dict_values_type, self); }
METHOD(items) { return UNUSED_ARGS, ob__dict_view_new(&ob_dict_items_type, self); }
METHOD(reversed) { return UNUSED_ARGS, ob__dict_iter_new(self, OB__KEYS, true); }

METHOD(copy) { return UNUSED_ARGS, ob_dict_copy(self); }

METHOD(clear) {
    UNUSED_ARGS;
    ob_dict_clear(self);
    return ob_failed() ? OB_NULL : OB_NONE;
}

METHOD(sizeof) {
    UNUSED_ARGS;
    const ob_dict_body *b = ob__dict_peek(self, TX_REST);
    if (ob__dict_is_tree(b)) return ob_from_small((int64_t)(sizeof(tx_handle) + sizeof *b + b->fill * (sizeof *b->entries + 1) + b->used * (size_t)(14 + sizeof(ob__dict_cell))));
    return ob_from_small((int64_t)(sizeof(tx_handle) + sizeof *b + b->cap * sizeof *b->entries + (b->index ? (size_t)2 << b->log2 : 0)));
}

typedef struct filling { ob_val d, v; } filling;
static bool fill_plain(void *arg, ob_val x) { return ob_dict_set(((filling *)arg)->d, x, ((filling *)arg)->v); }
static bool fill_any(void *arg, ob_val x) { return ob_setitem(((filling *)arg)->d, x, ((filling *)arg)->v); }

/* From what knows its hashes. */
static bool fill_known(ob_val d, ob_val from, ob_val v) {
    ob_val x;
    uint64_t hash;
    int more;
    if (ob_is_anyset(from)) {
        for (size_t pos = 0; (more = ob_set_next(from, &pos, &x, &hash)) > 0;)
            if (!ob_dict_set_hash(d, x, hash, v)) return false;
        return more == 0;
    }
    ob_dict_entry e;
    for (size_t i = 0; (more = ob__dict_step(from, TX_REST, &i, &e)) > 0;)
        if (!ob_dict_set_hash(d, e.key, e.hash, v)) return false;
    return more == 0;
}

METHOD(fromkeys) {
    UNUSED_ARGS;
    ob_val d = ob_call0(self);
    if (ob_is_null(d)) return d;
    filling f = {d, ob_is_null(a[1]) ? OB_NONE : a[1]};
    if (ob_is_exact(d, &ob_dict_type) && (ob_is_exact(a[0], &ob_dict_type) || ob_is_anyset(a[0]))) return fill_known(d, a[0], f.v) ? d : OB_NULL;
    return ob_each(a[0], ob_is_exact(d, &ob_dict_type) ? fill_plain : fill_any, &f) ? d : OB_NULL;
}

extern const ob_def ob__dict_methods[];
const ob_def ob__dict_methods[] = {
    {"__contains__", dict_contains, "key, /", "True if the dictionary has the specified key, else False.", 0},
    {"__sizeof__", dict_sizeof, "", "D.__sizeof__() -> size of D in memory, in bytes", 0},
    {"get", dict_get, "key, default=None, /", "Return the value for key if key is in the dictionary, else default.", 0},
    {"setdefault", dict_setdefault, "key, default=None, /",
     "Insert key with a value of default if key is not in the dictionary.\n\nReturn the value for key if key is in the dictionary, else default.", 0},
    {"pop", dict_pop, NULL, "D.pop(k[,d]) -> v, remove specified key and return the corresponding value.\n\n"
                            "If the key is not found, return the default if given; otherwise,\nraise a KeyError.", 0},
    {"popitem", dict_popitem, "", "Remove and return a (key, value) pair as a 2-tuple.\n\nPairs are returned in LIFO (last-in, first-out) order.\n"
                                  "Raises KeyError if the dict is empty.", 0},
    {"keys", dict_keys, "", "D.keys() -> a set-like object providing a view on D's keys", 0},
    {"items", dict_items, "", "D.items() -> a set-like object providing a view on D's items", 0},
    {"values", dict_values, "", "D.values() -> an object providing a view on D's values", 0},
    {"update", dict_update, NULL, "D.update([E, ]**F) -> None.  Update D from mapping/iterable E and F.", 0},
    {"fromkeys", dict_fromkeys, "iterable, value=None, /", "Create a new dictionary with keys from iterable and values set to value.", OB_DEF_CLASS},
    {"clear", dict_clear, "", "D.clear() -> None.  Remove all items from D.", 0},
    {"copy", dict_copy, "", "D.copy() -> a shallow copy of D", 0},
    {"__reversed__", dict_reversed, "", "Return a reverse iterator over the dict keys.", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
