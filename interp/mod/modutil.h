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

#endif
