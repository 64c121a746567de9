/* freeze.h: freeze(), and what the library asks of functions. */
#ifndef INTERP_LANG_FREEZE_H
#define INTERP_LANG_FREEZE_H
#include "objspace/call.h"

bool py_freeze_fill(ob_val module) MUST_CHECK;

#endif
