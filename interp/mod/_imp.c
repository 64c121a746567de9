/* _imp.c: what the library's importlib asks of the interpreter. There are no frozen modules and no extension modules. */
#include "interp/mod/modules.h"
#include "interp/run/import.h"
#include "interp/run/import_lock.h"
#include "objspace/dict.h"
#include "objspace/list.h"
#include "objspace/str.h"

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

NATIVE(none) { return OB_NONE; }
NATIVE(no) { return OB_FALSE; }
NATIVE(is_builtin) { return ob_from_small(ob_is_str(a[0]) && (py_is_builtin_module(a[0]) || ob_str_equal_c(a[0], "sys") || ob_str_equal_c(a[0], "builtins"))); }
NATIVE(create_builtin) {
    ob_val name = ob_getattr(a[0], OB_NAME(plain_name));
    if (ob_is_null(name)) return name;
    ob_val m = ob_dict_get(py_modules, name);
    if (!ob_is_null(m) || ob_failed()) return m;
    m = py_builtin_module(name);
    if (ob_is_null(m) && !ob_failed()) return ob_raise(&ob_exc_ImportError, "no built-in module named %R", name);
    return m;
}
NATIVE(exec_builtin) { return ob_from_small(0); }
NATIVE(no_frozen) { return ob_raise(&ob_exc_ImportError, "No such frozen object named %R", a[0]); }
NATIVE(suffixes) { return ob_list_new(0); }
NATIVE(source_hash) { return ob_raise(&ob_exc_NotImplementedError, "_imp.source_hash: hash-based code files are not written"); }

/* ---- locks: a name each; the global one has none ---- */

static ob_val begin(ob_val name) {
    for (;;) {
        py_import_verdict v = py_import_begin(name);
        if (v != PY_IMPORT_AGAIN) return v == PY_IMPORT_YES ? OB_NONE : OB_NULL;
    }
}
NATIVE(acquire_lock) { return begin(OB_NAME(empty)); }
NATIVE(release_lock) {
    if (!py_import_held(OB_NAME(empty), true)) return ob_raise(&ob_exc_RuntimeError, "not holding the import lock");
    return py_import_end(OB_NAME(empty)) ? OB_NONE : OB_NULL;
}
NATIVE(lock_held) { return ob_bool(py_import_held(OB_NAME(empty), false)); }
static ob_val name_of(ob_val v) { return ob_is_str(v) ? ob_str_intern(v) : ob_raise(&ob_exc_TypeError, "module name must be str, not %T", v); }
NATIVE(module_begin) {
    ob_val name = name_of(a[0]);
    return ob_is_null(name) ? name : begin(name);
}
NATIVE(module_end) {
    ob_val name = name_of(a[0]);
    return ob_is_null(name) || !py_import_end(name) ? OB_NULL : OB_NONE;
}
/* Until no other thread is importing the module. */
NATIVE(module_wait) {
    ob_val name = name_of(a[0]);
    for (;;) {
        ob_val m = ob_is_null(name) ? name : ob_dict_get(py_modules, name);
        if (ob_is_null(m)) return ob_failed() ? OB_NULL : OB_NONE;
        py_import_verdict v = py_import_whole(name, m);
        if (v != PY_IMPORT_AGAIN) return v == PY_IMPORT_YES ? OB_NONE : OB_NULL;
    }
}

static const ob_def defs[] = {
    {"_fix_co_filename", none, "code, path, /", NULL, 0}, {"_frozen_module_names", suffixes, "", NULL, 0}, {"_override_frozen_modules_for_tests", none, "override, /", NULL, 0},
    {"_module_begin", module_begin, "name, /", NULL, 0}, {"_module_end", module_end, "name, /", NULL, 0},
    {"_module_wait", module_wait, "name, /", NULL, 0}, {"acquire_lock", acquire_lock, "", NULL, 0}, {"create_builtin", create_builtin, "spec, /", NULL, 0}, {"exec_builtin", exec_builtin, "mod, /", NULL, 0},
    {"exec_dynamic", exec_builtin, "mod, /", NULL, 0}, {"extension_suffixes", suffixes, "", NULL, 0}, {"find_frozen", none, "name, /, *, withdata=False", NULL, 0},
    {"get_frozen_object", no_frozen, "name, data=None, /", NULL, 0}, {"init_frozen", no_frozen, "name, /", NULL, 0}, {"is_builtin", is_builtin, "name, /", NULL, 0},
    {"is_frozen", no, "name, /", NULL, 0}, {"is_frozen_package", no_frozen, "name, /", NULL, 0}, {"lock_held", lock_held, "", NULL, 0}, {"release_lock", release_lock, "", NULL, 0},
    {"source_hash", source_hash, "key, source", NULL, 0}, {0}};

static bool fill(ob_val m) { return ob_module_add(m, "check_hash_based_pycs", ob_str_from_c("default")); }
const ob_module_def py_mod__imp = {"_imp", "The low-level side of importing.", defs, fill};
