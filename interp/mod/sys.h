/* sys.h: start of the sys module. */
#ifndef INTERP_MOD_SYS_H
#define INTERP_MOD_SYS_H
#include "base/check.h"
#include "objspace/val.h"
#include <stdbool.h>

bool py_sys_init(void) MUST_CHECK;           /* fills py_sys from py_opts; streams are set later */
bool py_sys_async_init(ob_val sys) MUST_CHECK;   /* sys_async.c */

#endif
