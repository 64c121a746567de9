/* conflicts.h: --trace-conflicts FILE: what transactions of this process lost by whom, and when they ran. `apodora conflicts FILE` renders it. */
#ifndef INTERP_RUN_CONFLICTS_H
#define INTERP_RUN_CONFLICTS_H
#include "interp/run/frame.h"

extern bool py_conflicts_wanted;                      /* constant once the program runs */
bool py_conflicts_start(void) MUST_CHECK;        /* if an option says so; before threads are started */
bool py_conflicts_write(void) MUST_CHECK;        /* at exit; false: said why on stderr */
const char *py_conflicts_label(ob_val name);     /* a block's name for reports: lives for ever; "atomic" without memory or trace */

void py_conflicts_note(py_thread *T, bool committed);   /* a transaction of T has ended */
static inline void py_conflicts_end(py_thread *T, bool committed) { if (UNLIKELY(py_conflicts_wanted)) py_conflicts_note(T, committed); }

#endif
