/* bootstrap.c: the library's own importlib, brought up when a program asks for it: published as _frozen_importlib and
 * _frozen_importlib_external, installed in sys.meta_path and sys.path_hooks. Ordinary imports go on by import.c, which passes its finders by.
 * Locks: none; runs as the import of _frozen_importlib (import_lock.c). */
#include "interp/run/bootstrap.h"
#include "interp/front/compile.h"
#include "interp/run/import.h"
#include "config.h"
#include "objspace/dict.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <limits.h>
#include <stdio.h>

static ob_val finders;                       /* list of importlib's own finders; OB_NULL until it is there */
static _Atomic(bool) rising;                 /* it is being brought up: whatever is in sys.meta_path is its own, or waits */

/* Gives every module that import.c loaded, now and later, a spec and a loader of importlib's own, and importlib the locks of import_lock.c. */
static const char glue[] =
    "def make(name, origin, search):\n"
    "    if origin is None and search is None or origin == 'built-in':\n"
    "        return b.ModuleSpec(name, b.BuiltinImporter, origin='built-in')\n"
    "    if origin is None:\n"
    "        spec = b.ModuleSpec(name, None, is_package=True)\n"
    "        spec.submodule_search_locations = search\n"
    "        return spec\n"
    "    spec = e.spec_from_file_location(name, origin, loader=e.SourceFileLoader(name, origin), submodule_search_locations=search)\n"
    "    return spec\n"
    "def adopt(m, s):\n"
    "    spec = make(s.name, s.origin, s.submodule_search_locations)\n"
    "    spec._initializing = s._initializing\n"
    "    m.__spec__ = spec\n"
    "    if getattr(m, '__loader__', None) is None: m.__loader__ = spec.loader\n"
    "for m in list(sys.modules.values()):\n"
    "    s = getattr(m, '__spec__', None)\n"
    "    if type(s) is type(sys.implementation): adopt(m, s)\n"
    "def make_spec(name, origin, search):\n"
    "    spec = make(name, origin, search)\n"
    "    m = sys.modules.get(name)\n"
    "    return spec\n"
    "sys._make_spec = make_spec\n"
    "class _ModuleLockManager:\n"
    "    def __init__(self, name): self._name = name\n"
    "    def __enter__(self): b._imp._module_begin(self._name)\n"
    "    def __exit__(self, *args): b._imp._module_end(self._name)\n"
    "b._ModuleLockManager = _ModuleLockManager\n"
    "b._lock_unlock_module = b._imp._module_wait\n";

static bool run_glue(ob_val bootstrap, ob_val external, ob_val sys) {
    ob_val ns = ob_dict_new(), name = ob_str_from_c("<importlib>");
    if (ob_is_null(ns) || ob_is_null(name) || !ob_dict_set_c(ns, "b", bootstrap) || !ob_dict_set_c(ns, "e", external) || !ob_dict_set_c(ns, "sys", sys) ||
        !ob_dict_set(ns, OB_NAME(builtins), ob_dict_get_c(py_modules, "builtins"))) return false;
    ob_val code = py_compile_source(glue, sizeof glue - 1, name, PY_PARSE_EXEC, 0, 0);
    return !ob_is_null(code) && !ob_is_null(py_run_code(code, ns, ns, OB_NULL));
}

/* A file of the library's importlib as the module `name`. */
static ob_val load(ob_val name, const char *file) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/importlib/%s", APO_PYTHON_LIB, file);
    ob_val m = ob_module_new(name);
    if (ob_is_null(m) || !ob_dict_set(py_modules, name, m)) return OB_NULL;
    if (!ob_is_null(py_load_file(path, ob_module_dict(m), true))) return m;
    ob_pending keep = ob_err;
    ob_err = (ob_pending){0};
    ob_dict_del(py_modules, name);
    ob_err = keep;
    return OB_NULL;
}

static ob_val bring_up_now(ob_val name) {
    ob_val m = load(name, "_bootstrap.py"), sys = ob_dict_get_c(py_modules, "sys"), imp = ob_is_null(m) ? m : py_import_c("_imp");
    if (ob_is_null(imp)) return imp;
    ob_val hooks = ob_dict_get_c(py_sys, "meta_path"), a[2] = {sys, imp};
    if (ob_is_null(ob_call_method_c(m, "_install", a, 2)) || ob_is_null(ob_call_method_c(m, "_install_external_importers", NULL, 0))) return OB_NULL;
    ob_val external = py_import_c("_frozen_importlib_external");
    if (ob_is_null(external) || ob_is_null(hooks) || ob_is_null(finders = ob_list_of_iterable(hooks)) || !ob_gc_add_static(&finders)) return OB_NULL;
    return run_glue(m, external, sys) ? m : OB_NULL;
}

static ob_val bring_up(ob_val name) {
    rising = true;
    ob_val m = bring_up_now(name);
    rising = false;
    return m;
}

ob_val py_bootstrap_module(ob_val name) {
    if (ob_str_equal_c(name, "_frozen_importlib")) return bring_up(name);
    if (ob_str_equal_c(name, "_frozen_importlib_external")) return load(name, "_bootstrap_external.py");
    return OB_NULL;
}

bool py_bootstrap_owns(ob_val finder) {
    if (rising) return true;
    for (size_t i = 0; !ob_is_null(finders) && i < ob_list_len(finders); i++)
        if (ob_same(ob_list_at(finders, i), finder)) return true;
    return false;
}
