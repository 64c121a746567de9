/* error.h: the one error channel. A call that fails returns OB_NULL / false / NULL / -1 and leaves a condition in the thread.
 *
 * Conditions: EXCEPTION is Python's and visible to `except`; CONFLICT, RETRY, ABORT and EXIT are ours and pass through all `except` and
 * `finally`; only the VM acts on them. C code treats all alike: release what it holds and return failure.
 */
#ifndef OBJSPACE_ERROR_H
#define OBJSPACE_ERROR_H
#include "objspace/obj.h"

typedef enum ob_condition { OB_COND_NONE, OB_COND_EXCEPTION, OB_COND_CONFLICT, OB_COND_RETRY, OB_COND_EXIT } ob_condition;

/* Raise. Formats: %s %d %i %u %ld %lu %lld %llu %zd %zu %x %c %p %% %.Ns as printf, and
 *   %R repr of an ob_val   %S str of an ob_val   %A ascii of an ob_val   %T name of the type of an ob_val   %N name of an ob_type*
 *   (%.200T and the like limit the length.)
 * Always return OB_NULL, so that `return ob_raise(...)` reads well. */
ob_val ob_raise(ob_type *exc, const char *format, ...);
ob_val ob_raise_value(ob_val exception);             /* an instance (or a class, which is called) */
ob_val ob_raise_none(ob_type *exc);                  /* no arguments */
ob_val ob_raise_obj(ob_type *exc, ob_val arg);       /* exc(arg), e.g. KeyError(key) */
ob_val ob_raise_memory(void);                        /* preallocated MemoryError */
ob_val ob_raise_errno(int err, ob_val filename /* or OB_NULL */);         /* the OSError subclass for err */
ob_val ob_raise_errno2(int err, ob_val filename, ob_val filename2);
ob_val ob_raise_stop(ob_val value);                  /* StopIteration(value) */
ob_val ob_raise_bad_type(const char *what, ob_val got); /* TypeError "what, not 'T'" */
static inline bool ob_fail(ob_val null) { (void)null; return false; }    /* `return ob_fail(ob_raise(...))` in bool functions */
static inline int ob_fail_int(ob_val null) { (void)null; return -1; }
static inline void *ob_fail_ptr(ob_val null) { (void)null; return NULL; }

/* The pending condition of this thread. */
typedef struct ob_pending { ob_condition cond; ob_val value; } ob_pending;
extern _Thread_local ob_pending ob_err HOT_TLS;
static inline bool ob_failed(void) { return UNLIKELY(ob_err.cond != OB_COND_NONE); }
bool ob_err_matches(ob_type *exc);                   /* a pending EXCEPTION that is an instance of exc */
ob_val ob_err_fetch(void);                           /* takes the pending exception, clears the condition; OB_NULL if none or not EXCEPTION */
void ob_err_restore(ob_val exception);               /* makes it pending again, traceback and context untouched */
void ob_err_clear(void);                             /* drops a pending EXCEPTION (never another condition) */
bool ob_err_clear_if(ob_type *exc);                  /* clears and returns true if it matches */
void ob_err_unraisable(ob_val where);                /* hands the pending exception to sys.unraisablehook and clears it */
/* The exception being handled by the running frame (sys.exc_info), supplied by the VM: becomes __context__. */
void ob_err_set_handled_hook(ob_val (*handled)(void));

/* Who runs sys.unraisablehook: gets the exception and where it happened (may be OB_NULL). */
void ob_err_set_unraisable_hook(void (*hook)(ob_val exception, ob_val where));
void ob_err_condition(ob_condition cond, ob_val value);   /* leaves one of our own conditions */

/* ---- what could not be read ----
 * A body that the store cannot give (damaged, lost, out of memory) reads as an empty one, so that no reader needs to look for NULL. Whatever is made of that
 * does not count: from ob_unread_begin on, this thread writes nothing that is older (tx_unread_begin), lets nothing out (ob_external), enters no Python code
 * (ob_c_enter), and when the native has returned to the VM, whatever it returned, the exception is raised there (ob_unread_raise). */
extern _Thread_local ob_val ob_unread HOT_TLS;       /* the exception; OB_NULL: all that was read is true */
static inline bool ob_is_unread(void) { return UNLIKELY(!ob_is_null(ob_unread)); }
void ob_unread_begin(void);                          /* with the condition pending */
bool ob_unread_stop(void);                           /* for who must not go on meanwhile: the exception is pending (again).  false */
void ob_unread_raise(void);                          /* that is over: the exception is pending, instead of any other */
void ob_unread_forget(void);                         /* that is over: what was done will be done again, or has been undone */

/* Exception types: ob_exc_TypeError … , one line each in exc.def: EXC(name, base, layout) */
#define EXC(name, base, layout) extern ob_type ob_exc_##name;
#include "objspace/exc.def"
#undef EXC

#endif
