/* codecache.h: compiled modules kept in the user's cache folder, keyed by path, size, time and our version. Failures are silent: it is a cache. */
#ifndef INTERP_RUN_CODECACHE_H
#define INTERP_RUN_CODECACHE_H
#include "interp/code.h"

extern int py_optimize_level;                                 /* -O */
ob_val py_codecache_get(const char *path);                    /* OB_NULL without exception: compile it */
void py_codecache_put(const char *path, ob_val code);

#endif
