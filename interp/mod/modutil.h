/* modutil.h: small services that native modules share. */
#ifndef INTERP_MOD_MODUTIL_H
#define INTERP_MOD_MODUTIL_H
#include "objspace/function.h"

/* A new exception class, as a class statement in module `module` would make it, added to m as `name`. OB_NULL after an exception. */
ob_val py_mod_exception(ob_val m, const char *module, const char *name, ob_type *base);
/* The same for a static variable that keeps the class for ever, so that a module that is imported afresh raises the same one. */
bool py_mod_error(ob_val m, ob_val *kept, const char *module, const char *name, ob_type *base) MUST_CHECK;
/* TypeError "name() takes no keyword arguments" when there are some. */
bool py_mod_no_keywords(const char *name, ob_val kw) MUST_CHECK;
/* A file descriptor: an int, or an object with fileno(). -1 after TypeError, ValueError. */
int py_fd_of(ob_val v);
/* A timeout in seconds as nanoseconds, rounded up; None or missing: -1. `type_message`: TypeError for other objects, NULL: the usual one. A negative one is
 * ValueError with `negative`, or, if that is NULL, taken as -1. */
bool py_timeout_ns(ob_val v, const char *type_message, const char *negative, int64_t *out) MUST_CHECK;
/* Nanoseconds until `deadline` (base_mono_ns), not below 0. */
int64_t py_time_left(int64_t deadline);
/* The bytes of an object as an immutable copy (bytes objects as they are): for system calls during which no body may be looked at. */
ob_val py_bytes_of(ob_val v);
/* Adds the constants of a table to a module. */
typedef struct py_constant { const char *name; int64_t value; } py_constant;
bool py_mod_constants(ob_val m, const py_constant *table, size_t n) MUST_CHECK;

#endif
