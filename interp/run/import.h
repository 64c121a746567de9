/* import.h: the import machinery: sys.modules, native modules, the path, the code cache. */
#ifndef INTERP_RUN_IMPORT_H
#define INTERP_RUN_IMPORT_H
#include "interp/run/frame.h"

ob_val py_import_op(py_frame *f, ob_val name, ob_val fromlist, ob_val level);
ob_val py_import_from(ob_val module, ob_val name);
bool py_import_star(py_frame *f, ob_val module);
ob_val py_import(ob_val name, ob_val globals, ob_val locals, ob_val fromlist, int level);
ob_val py_import_c(const char *dotted);                       /* the module `dotted` itself */
ob_val py_builtin_module(ob_val name);                        /* makes a native module; OB_NULL without exception: no such */
bool py_is_builtin_module(ob_val name);
bool py_find_main(ob_val name, char *file, size_t cap, ob_val *module_name, ob_val *package) MUST_CHECK;   /* for -m */
bool py_import_init(void) MUST_CHECK;
extern ob_val py_modules;                                     /* sys.modules */
extern ob_val py_builtins;                                    /* dict of builtins */
extern ob_val py_sys;                                         /* dict of sys */
extern bool py_skip_first_line;                               /* of the next file that is no module */
/* Runs source text of a file as a module body in ns. */
ob_val py_load_file(const char *path, ob_val module_dict, bool use_cache);

#endif
