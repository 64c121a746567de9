/* _functools_int.h: what the files of _functools share. */
#ifndef INTERP_MOD_FUNCTOOLS_INT_H
#define INTERP_MOD_FUNCTOOLS_INT_H
#include "objspace/type.h"

bool py__functools_cache_fill(ob_val module) MUST_CHECK;     /* _lru_cache_wrapper */

#endif
