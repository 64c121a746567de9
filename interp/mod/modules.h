/* modules.h: declares what modules.def lists. */
#ifndef INTERP_MOD_MODULES_H
#define INTERP_MOD_MODULES_H
#include "objspace/function.h"

#define MODULE(name) extern const ob_module_def py_mod_##name;
#include "interp/mod/modules.def"
#undef MODULE

#endif
