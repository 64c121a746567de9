/* import_lock.h: keeps imports of one module by several threads apart. How: import_lock.c. */
#ifndef INTERP_RUN_IMPORT_LOCK_H
#define INTERP_RUN_IMPORT_LOCK_H
#include "interp/run/frame.h"

typedef struct py_import_record py_import_record;

/* What to do about a module: PY_IMPORT_YES go on; PY_IMPORT_AGAIN: somebody else has dealt with it, look at sys.modules once more; PY_IMPORT_FAILED: a condition is set. */
typedef enum { PY_IMPORT_FAILED = -1, PY_IMPORT_AGAIN, PY_IMPORT_YES } py_import_verdict;

/* This thread wants to load `name` (reentrant). YES: it is the one, until py_import_end. Waits for other threads that are loading it. */
py_import_verdict py_import_begin(ob_val name);
/* It has loaded it or failed (an exception may be pending, and stays). false: a condition is set. */
bool py_import_end(ob_val name) MUST_CHECK;
/* Has the module, found in sys.modules under `name`, been loaded to its end, as far as other threads do it? Waits for them. YES too where waiting would never end. */
py_import_verdict py_import_whole(ob_val name, ob_val module);
bool py_import_held(ob_val name, bool mine);                  /* is it being loaded: by this thread, by any */
bool py_import_mark(ob_val spec, bool on) MUST_CHECK;         /* spec._initializing */
int py_import_is_marked(ob_val module);                       /* 1 0; -1: exception */

/* Around the end of a transaction of T, whose T->imports is not NULL. */
void py_imports_before_commit(py_thread *T);
void py_imports_settle(py_thread *T);
void py_imports_wait_outside(py_thread *T);                   /* for T->import_wanted, with no transaction */
void py_imports_release(py_thread *T);                        /* T ends */
bool py_imports_init(void) MUST_CHECK;

#endif
