/* bootstrap.h: importlib itself, for programs that use it. */
#ifndef INTERP_RUN_BOOTSTRAP_H
#define INTERP_RUN_BOOTSTRAP_H
#include "objspace/function.h"

ob_val py_bootstrap_module(ob_val name);                      /* _frozen_importlib or _frozen_importlib_external; OB_NULL without exception: another name */
bool py_bootstrap_owns(ob_val finder);                        /* is this entry of sys.meta_path importlib's own, which import.c stands for? */

#endif
