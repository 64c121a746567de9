/* _collections.c: the module _collections: defaultdict, the counting loop of Counter, and the fields of named tuples.
 * (deque and OrderedDict are in files of their own.)
 * Locks: none. A defaultdict's body is a dict's with the factory behind it. */
#include "interp/mod/_collections_int.h"
#include "interp/mod/modules.h"
#include "objspace/contain.h"
#include "objspace/dict_table.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

/* ---- defaultdict ---- */

typedef struct default_body { ob_dict_body dict; ob_val factory; } default_body;

static ob_val factory_of(ob_val d) {
    ob_val f = ((const default_body *)ob_read_mask(d, TX_REST))->factory;
    return ob_is_null(f) ? OB_NONE : f;
}
static bool set_factory(ob_val d, ob_val f) {
    default_body *b = ob_write_mask(d, TX_REST);
    if (!b) return false;
    b->factory = ob_is_null(f) ? OB_NONE : f;
    return true;
}

static bool kind_copy(const tx_handle *h, void *dst, const void *src) {
    if (!ob__dict_kind.copy(h, dst, src)) return false;
    ((default_body *)dst)->factory = ((const default_body *)src)->factory;
    return true;
}
static bool kind_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    if ((mask & TX_REST) && !ob_same(((const default_body *)x)->factory, ((const default_body *)y)->factory)) return false;
    return ob__dict_kind.same(h, x, y, mask);
}
static bool kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    default_body *m = mine;
    ob_val was = ((const default_body *)base)->factory, is = ((const default_body *)theirs)->factory;
    if (!ob_same(was, is)) {
        if (!ob_same(m->factory, was) && !ob_same(m->factory, is)) return false;
        m->factory = is;
    }
    return ob__dict_kind.merge(h, mine, base, theirs, dirty);
}
static void kind_drop(const tx_handle *h, void *body) { ob__dict_kind.drop(h, body); }
static bool kind_save(const tx_handle *h, void *dst, void *src) {
    if (!ob__dict_kind.save(h, dst, src)) return false;
    ((default_body *)dst)->factory = ((const default_body *)src)->factory;
    return true;
}
static bool kind_same_key(const tx_handle *h, const void *x, const void *y, uint64_t key) { return ob__dict_kind.same_key(h, x, y, key); }
static void kind_trace_new(const tx_handle *h, const void *x, const void *y, void (*visit)(void *arg, uint64_t word), void *arg) {
    ob__dict_kind.trace_new(h, x, y, visit, arg);
    visit(arg, ((const default_body *)y)->factory.w);
}
static OB_KIND(default_kind, .copy = kind_copy, .save = kind_save, .drop = kind_drop, .same = kind_same, .same_key = kind_same_key, .merge = kind_merge,
               .trace_new = kind_trace_new, OB__DICT_UNITS);

static void default_trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    ob_dict_type.trace_body(o, body, t);
    ob_trace_val(t, ((const default_body *)body)->factory);
}

static ob_val make_value(ob_val self, ob_val key) {
    ob_val f = factory_of(self);
    if (ob_is_none(f)) return ob_raise_obj(&ob_exc_KeyError, key);
    ob_val v = ob_call0(f);
    return ob_is_null(v) || !ob_setitem(self, key, v) ? OB_NULL : v;
}
static ob_val default_getitem(ob_val self, ob_val key) {
    if (!ob_is_exact(self, &py__defaultdict_type)) return ob_dict_type.slots.getitem(self, key);   /* asks for __missing__ */
    ob_val v = ob_dict_get(self, key);
    return !ob_is_null(v) || ob_failed() ? v : make_value(self, key);
}
OB_FN(default_missing) { return make_value(self, a[0]); }

static bool default_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_val f = n ? a[0] : OB_NONE;
    if (!ob_is_none(f) && !ob_is_callable(f)) return ob_fail(ob_raise(&ob_exc_TypeError, "first argument must be callable or None"));
    return set_factory(self, f) && ob_dict_type.slots.init(self, a + (n ? 1 : 0), n ? n - 1 : 0, kw);
}
static ob_val default_repr(ob_val self) {
    bool entered;
    ob_val base = ob_dict_type.slots.repr(self), f = factory_of(self), text;
    if (ob_is_null(base) || !ob_repr_enter(f, &entered)) return OB_NULL;
    if (entered) {
        text = ob_repr(f);
        ob_repr_leave(f);
    } else text = ob_str_from_c("...");
    return ob_is_null(text) ? text : ob_str_format_c("%s(%S, %S)", ob_type_short_name(ob_type_of(self)), text, base);
}
static ob_val default_copy_of(ob_val self) { return ob_call2(ob_type_val(ob_type_of(self)), factory_of(self), self); }
OB_FN(default_copy) { return default_copy_of(self); }
OB_FN(default_reduce) {
    ob_val f = factory_of(self), args = ob_is_none(f) ? ob_empty_tuple : ob_tuple_of1(f), items = ob_call_method(self, OB_NAME(items), NULL, 0);
    ob_val it = ob_is_null(items) || ob_is_null(args) ? OB_NULL : ob_iter(items);
    return ob_is_null(it) ? it : ob_tuple_from((ob_val[]){ob_type_val(ob_type_of(self)), args, OB_NONE, OB_NONE, it}, 5);
}
static ob_val default_or(ob_val x, ob_val y) {
    bool left = ob_is_a(x, &py__defaultdict_type);
    ob_val self = left ? x : y, other = left ? y : x;
    if (!ob_is_dict(other)) return OB_NOT_IMPLEMENTED;
    ob_val r = left ? default_copy_of(self) : ob_call2(ob_type_val(ob_type_of(self)), factory_of(self), other);
    return ob_is_null(r) || !ob_dict_update(r, y) ? OB_NULL : r;
}

static const ob_def default_methods[] = {
    {"__missing__", default_missing, "key, /", "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n"
     "  if self.default_factory is None: raise KeyError((key,))\n  self[key] = value = self.default_factory()\n  return value\n", 0},
    {"copy", default_copy, "", "D.copy() -> a shallow copy of D.", 0},
    {"__copy__", default_copy, "", "D.copy() -> a shallow copy of D.", 0},
    {"__reduce__", default_reduce, "", "Return state information for pickling.", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
static const ob_getset default_getsets[] = {{"default_factory", factory_of, set_factory, "Factory for default value called by __missing__()."}, {0}};
ob_type py__defaultdict_type = {
    OB_TYPE_HEAD(&ob_type_type, &default_kind),
    .name = "collections.defaultdict",
    .base = &ob_dict_type,
    .flags = OB_TF_BASE | OB_TF_DICT | OB_TF_MAPPING,
    .size = sizeof(default_body),
    .has_weakref = true,
    .trace_body = default_trace_body,
    .slots = {.repr = default_repr, .getitem = default_getitem, .init = default_init, .binary = {[OB_BIN_OR] = default_or}},
    .methods = default_methods,
    .getsets = default_getsets,
    .doc = "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\n"
           "The default factory is called without arguments to produce a new value when\na key is not present, in __getitem__ only.",
};

static bool default_encode(pe_encoder *e, ob_obj *o, const void *body) { return (void)o, pe_put_val(e, ((const default_body *)body)->factory); }
static bool default_decode(pe_decoder *d, ob_val made) { return pe_get_val(d, &((default_body *)tx_inline_body(ob_handle(made)))->factory); }
static const pe_codec default_codec = {.type = &py__defaultdict_type, .encode = default_encode, .decode_rest = default_decode};

/* ---- _count_elements ---- */

/* d[x] += 1 on a real dict; the value is mostly a small int. */
static bool count_one(void *arg, ob_val x) {
    ob_val d = *(ob_val *)arg;
    uint64_t hash;
    if (!ob_key_hash(x, &hash)) return false;
    ssize_t at = ob__dict_find(d, x, hash);
    if (at == OB__FAILED) return false;
    if (at == OB__ABSENT) return ob_dict_set_hash(d, x, hash, ob_from_small(1));
    ob_val old = ob_dict_value_at(ob__dict_peek(d, 0), (size_t)at);
    if (LIKELY(ob_is_small(old) && ob_to_small(old) < OB_SMALL_MAX)) return ob__dict_put_at(d, (size_t)at, hash, ob_from_small(ob_to_small(old) + 1));
    ob_val new = ob_binary(OB_BIN_ADD, old, ob_from_small(1));
    return !ob_is_null(new) && ob_dict_set_hash(d, x, hash, new);
}
typedef struct counting { ob_val get, mapping; } counting;
static bool count_any(void *arg, ob_val x) {
    counting *c = arg;
    ob_val old = ob_call2(c->get, x, ob_from_small(0)), new = ob_is_null(old) ? old : ob_binary(OB_BIN_ADD, old, ob_from_small(1));
    return !ob_is_null(new) && ob_setitem(c->mapping, x, new);
}

OB_FN(count_elements) {
    ob_val mapping = a[0], get = ob_str_intern_c("get");
    if (ob_is_null(get)) return get;
    bool plain = ob_is_dict(mapping) && ob_same(ob_type_lookup(ob_type_of(mapping), get), ob_type_lookup(&ob_dict_type, get)) &&
                 ob_same(ob_type_lookup(ob_type_of(mapping), OB_NAME(setitem)), ob_type_lookup(&ob_dict_type, OB_NAME(setitem)));
    if (plain) return ob_each(a[1], count_one, &mapping) ? OB_NONE : OB_NULL;
    counting c = {ob_getattr(mapping, get), mapping};
    return ob_is_null(c.get) || !ob_each(a[1], count_any, &c) ? OB_NULL : OB_NONE;
}

/* ---- _tuplegetter ---- */

typedef struct getter_body { ob_val doc; int64_t index; } getter_body;
static void getter_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_val(t, ((const getter_body *)body)->doc); }
static getter_body getter(ob_val self) { return *(const getter_body *)ob_read(self); }

static ob_type tuplegetter_type;

static ob_val getter_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    int64_t index;
    if (!ob_args_check("_tuplegetter", n, kw, 2, 2) || !ob_index_i64(a[0], &index)) return OB_NULL;
    tx_handle *h = ob_alloc_mut(t, sizeof(getter_body));
    if (!h) return OB_NULL;
    *(getter_body *)tx_inline_body(h) = (getter_body){a[1], index};
    return ob_of(h);
}
static ob_val getter_get(ob_val self, ob_val obj, ob_val type) {
    (void)type;
    if (ob_is_null(obj)) return self;
    int64_t i = getter(self).index;
    if (!ob_is_tuple(obj)) {
        if (ob_is_none(obj)) return self;
        return ob_raise(&ob_exc_TypeError, "descriptor for index '%zd' for tuple subclasses doesn't apply to '%s' object", (ssize_t)i, ob_type_of(obj)->name);
    }
    return (size_t)i < ob_tuple_len(obj) ? ob_tuple_at(obj, (size_t)i) : ob_raise(&ob_exc_IndexError, "tuple index out of range");
}
static bool getter_set(ob_val self, ob_val obj, ob_val v) {
    (void)self, (void)obj;
    return ob_fail(ob_raise(&ob_exc_AttributeError, ob_is_null(v) ? "can't delete attribute" : "can't set attribute"));
}
static ob_val getter_repr(ob_val self) {
    getter_body b = getter(self);
    return ob_str_format_c("%s(%zd, %R)", ob_type_short_name(ob_type_of(self)), (ssize_t)b.index, b.doc);
}
OB_FN(getter_reduce) {
    getter_body b = getter(self);
    ob_val args = ob_tuple_of2(ob_from_small(b.index), b.doc);
    return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(ob_type_of(self)), args);
}
static ob_val getter_doc(ob_val self) { return getter(self).doc; }
static bool getter_set_doc(ob_val self, ob_val v) {
    getter_body *b = ob_write(self);
    if (!b) return false;
    b->doc = ob_is_null(v) ? OB_NONE : v;
    return true;
}
static const ob_def getter_methods[] = {{"__reduce__", getter_reduce, "", NULL, 0}, {0}};
static const ob_getset getter_getsets[] = {{"__doc__", getter_doc, getter_set_doc, NULL}, {0}};
static ob_type tuplegetter_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "_collections._tuplegetter", .base = &ob_object_type, .size = sizeof(getter_body),
    .trace_body = getter_trace, .slots = {.repr = getter_repr, .get = getter_get, .set = getter_set, .make = getter_make},
    .methods = getter_methods, .getsets = getter_getsets};

/* ---- the module ---- */

static bool fill(ob_val m) {
    return ob_module_add_type(m, &py__deque_type) && ob_module_add_type(m, &py__deque_iter_type) && ob_module_add_type(m, &py__deque_reviter_type) &&
           ob_module_add_type(m, &py__defaultdict_type) && ob_module_add_type(m, &py__ordereddict_type) && py__odict_ready() && ob_module_add_type(m, &tuplegetter_type) &&
           pe_register(&default_codec) && pe_register(&py__deque_codec);
}
static const ob_def defs[] = {
    {"_count_elements", count_elements, "mapping, iterable, /", "Count elements in the iterable, updating the mapping", 0},
    {0},
};
const ob_module_def py_mod__collections = {"_collections", "High performance data structures: deque, defaultdict, and what Counter and namedtuple need.", defs, fill};
