/* traceback.h: prints exceptions as CPython 3.11 does, with carets. */
#ifndef INTERP_RUN_TRACEBACK_H
#define INTERP_RUN_TRACEBACK_H
#include "interp/run/frame.h"

ob_val py_format_exception(ob_val exc);                       /* the whole text as str */
void py_print_exception(ob_val exc);                          /* to sys.stderr, or fd 2 when that is gone; never fails */
/* An uncaught exception at top level: SystemExit gives its status, others are printed by sys.excepthook. Returns the exit status. */
int py_report_uncaught(ob_val exc);
extern bool py_exit_interrupted;                              /* an uncaught KeyboardInterrupt ended the program */
extern bool py_traceback_colour;                              /* for a terminal: set by the prompt */

/* suggest.c: ". Did you mean: 'x'?" or OB_NULL; raises nothing */
ob_val py_suggestion(ob_val exc);

#endif
