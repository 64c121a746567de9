/* modutil.c: small services that native modules share.  Locks: none. */
#include "interp/mod/modutil.h"
#include "objspace/dict.h"
#include "objspace/error.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

ob_val py_mod_exception(ob_val m, const char *module, const char *name, ob_type *base) {
    ob_val ns = ob_dict_new(), where = ob_str_intern_c(module), what = ob_str_intern_c(name), bases = ob_tuple_of1(ob_type_val(base));
    if (ob_is_null(ns) || ob_is_null(where) || ob_is_null(what) || ob_is_null(bases)) return OB_NULL;
    if (!ob_dict_set(ns, OB_NAME(module), where)) return OB_NULL;
    ob_val t = ob_type_new_class(&ob_type_type, what, bases, ns, NULL, OB_NULL);
    return !ob_is_null(t) && ob_module_add(m, name, t) ? t : OB_NULL;
}

bool py_mod_error(ob_val m, ob_val *kept, const char *module, const char *name, ob_type *base) {
    if (!ob_is_null(*kept)) return ob_module_add(m, name, *kept);
    *kept = py_mod_exception(m, module, name, base);
    return !ob_is_null(*kept) && ob_gc_add_static(kept);
}

bool py_mod_no_keywords(const char *name, ob_val kw) {
    return ob_is_null(kw) || ob_tuple_len(kw) == 0 || ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", name));
}
