/* builtins_vm.h: built-in functions of the interpreter itself. */
#ifndef INTERP_MOD_BUILTINS_VM_H
#define INTERP_MOD_BUILTINS_VM_H
#include "objspace/function.h"

extern const ob_def py_builtins_vm[], py_builtins_defs[];
ob_val py_anext_with_default(ob_val awaitable, ob_val otherwise);
ob_val py_filename_arg(ob_val v) MUST_CHECK;                 /* a path as compile() takes it, as a str */
bool py_builtins_fill(ob_val module) MUST_CHECK;             /* types, exceptions, constants */
ob_cfn py_builtin_sum, py_builtin_all, py_builtin_any, py_builtin_min, py_builtin_max;

#endif
