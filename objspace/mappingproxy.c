/* mappingproxy.c: a read-only look at a mapping. Locks: none; immutable, everything is asked of the mapping. */
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

typedef struct proxy { ob_obj o; ob_val mapping; } proxy;
static ob_val inner(ob_val v) { return ((proxy *)ob_ptr(v))->mapping; }

static ob_val alloc_of(ob_type *t, ob_val mapping) {
    proxy *p = ob_alloc(t, sizeof *p);
    if (!p) return OB_NULL;
    p->mapping = mapping;
    return ob_of(p);
}
ob_val ob_mappingproxy_new(ob_val mapping) { return alloc_of(&ob_mappingproxy_type, mapping); }

static ob_val bound(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    if (!ob_type_of(a[0])->slots.getitem || ob_is_list(a[0]) || ob_is_tuple(a[0]))
        return ob_raise(&ob_exc_TypeError, "mappingproxy() argument must be a mapping, not %.200T", a[0]);
    return alloc_of(ob_type_ptr(self), a[0]);
}
static ob_val proxy_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"mappingproxy", bound, "mapping", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}

static void proxy_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((proxy *)o)->mapping); }
static ob_val proxy_repr(ob_val self) { return ob_str_format_c("mappingproxy(%R)", inner(self)); }
static ob_val proxy_str(ob_val self) { return ob_str(inner(self)); }
static ssize_t proxy_len(ob_val self) { return ob_len(inner(self)); }
static ob_val proxy_getitem(ob_val self, ob_val key) { return ob_getitem(inner(self), key); }
static int proxy_contains(ob_val self, ob_val key) { return ob_contains(inner(self), key); }
static ob_val proxy_iter(ob_val self) { return ob_iter(inner(self)); }
static ob_val proxy_cmp(ob_val a, ob_val b, ob_cmp_op op) { return ob_compare(op, inner(a), b); }
static ob_val unwrap(ob_val v) { return ob_is_exact(v, &ob_mappingproxy_type) ? inner(v) : v; }
static ob_val proxy_or(ob_val a, ob_val b) { return ob_binary(OB_BIN_OR, unwrap(a), unwrap(b)); }
static ob_val proxy_ior(ob_val a, ob_val b) {
    (void)b;
    return ob_raise(&ob_exc_TypeError, "'|=' is not supported by %.200T; use '|' instead", a);
}

#define FORWARD(name, text) \
    static ob_val proxy_##name(ob_val self, const ob_val *a, size_t n, ob_val kw) { return (void)kw, ob_call_method_c(inner(self), text, a, n); }
FORWARD(keys, "keys")
FORWARD(values, "values")
FORWARD(items, "items")
FORWARD(copy, "copy")
FORWARD(reversed, "__reversed__")
static ob_val proxy_get(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    return ob_call_method_c(inner(self), "get", (ob_val[]){a[0], ob_is_null(a[1]) ? OB_NONE : a[1]}, 2);
}

static const ob_def proxy_methods[] = {
    {"get", proxy_get, "key, default=None, /", "Return the value for key if key is in the mapping, else default.", 0},
    {"keys", proxy_keys, "", "a set-like object providing a view on the underlying mapping's keys", 0},
    {"values", proxy_values, "", "an object providing a view on underlying mapping's values", 0},
    {"items", proxy_items, "", "a set-like object providing a view on the underlying mapping's items", 0},
    {"copy", proxy_copy, "", "a shallow copy of the underlying mapping", 0},
    {"__reversed__", proxy_reversed, "", "reverse iterator", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};

ob_type ob_mappingproxy_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "mappingproxy",
    .base = &ob_object_type,
    .flags = OB_TF_MAPPING,
    .size = sizeof(proxy),
    .trace = proxy_trace,
    .slots = {.repr = proxy_repr, .str = proxy_str, .hash = ob_hash_unhashable, .cmp = proxy_cmp, .len = proxy_len, .getitem = proxy_getitem,
              .contains = proxy_contains, .iter = proxy_iter, .make = proxy_make, .binary = {[OB_BIN_OR] = proxy_or},
              .inplace = {[OB_BIN_OR] = proxy_ior}},
    .methods = proxy_methods,
    .doc = "Read-only proxy of a mapping.",
};
