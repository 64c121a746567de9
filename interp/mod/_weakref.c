/* _weakref.c: the module under weakref.py: the types and functions of objspace/weakref.c by name.  Locks: none. */
#include "interp/mod/modules.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/weakref.h"

static ob_val getweakrefcount(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)n, (void)kw;
    return ob_int_from_u64(ob_weakref_count(a[0]));
}

static ob_val getweakrefs(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)n, (void)kw;
    return ob_weakref_list(a[0]);
}

static ob_val proxy(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)n, (void)kw;
    return ob_proxy_new(a[0], a[1]);
}

/* Removes the entry if its value is a reference to something dead. */
static ob_val remove_dead(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)n, (void)kw;
    if (!ob_is_dict(a[0])) return ob_raise(&ob_exc_TypeError, "_remove_dead_weakref() argument 1 must be dict, not %T", a[0]);
    ob_val ref = ob_dict_get(a[0], a[1]);
    if (ob_is_null(ref)) return ob_failed() ? OB_NULL : OB_NONE;
    if (!ob_is_a(ref, &ob_weakref_type)) return ob_raise(&ob_exc_TypeError, "not a weakref");
    if (!ob_is_null(ob_weakref_get(ref))) return OB_NONE;
    return ob_dict_del(a[0], a[1]) < 0 ? OB_NULL : OB_NONE;
}

static bool fill(ob_val m) {
    return ob_module_add(m, "ref", ob_type_val(&ob_weakref_type)) && ob_module_add(m, "ReferenceType", ob_type_val(&ob_weakref_type)) &&
           ob_module_add(m, "ProxyType", ob_type_val(&ob_proxy_type)) && ob_module_add(m, "CallableProxyType", ob_type_val(&ob_callable_proxy_type));
}

static const ob_def defs[] = {
    {"_remove_dead_weakref", remove_dead, "dct, key, /", "Remove the entry of a weak value dictionary whose value has died.", 0},
    {"getweakrefcount", getweakrefcount, "object, /", "Return the number of weak references to 'object'.", 0},
    {"getweakrefs", getweakrefs, "object, /", "Return a list of all weak references to 'object'.", 0},
    {"proxy", proxy, "object, callback=None, /", "Create a proxy that refers to 'object' weakly.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
const ob_module_def py_mod__weakref = {"_weakref", "Weak references.", defs, fill};
