/* library.h: the part of the module apodora that is written in Python: sources that lie in the program and are run when one of their names is first asked for. */
#ifndef INTERP_LANG_LIBRARY_H
#define INTERP_LANG_LIBRARY_H
#include "objspace/call.h"

ob_val py_library_get(const char *file, const char *name);      /* a global of a source, which is run first if it has not been */
bool py_library_give(const char *name, ob_val v) MUST_CHECK;    /* what the sources find as globals: before any of them is run. v OB_NULL: false */
const char *py_conflicts_program(void);                         /* what `apodora conflicts` runs */
bool py_library_fill(ob_val module) MUST_CHECK;                 /* __getattr__, and __all__: call it last */

#endif
