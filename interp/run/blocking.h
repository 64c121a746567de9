/* blocking.h: what natives put around system calls that may block (after ob_external, where that is due). */
#ifndef INTERP_RUN_BLOCKING_H
#define INTERP_RUN_BLOCKING_H
#include "objspace/heap.h"

void py_before_blocking(void);               /* ends a transaction that began behind an external act: it must not hold the turn meanwhile */
void py_after_blocking(void);
static inline void py_blocking_enter(void) { py_before_blocking(); ob_blocking_enter(); }
static inline void py_blocking_leave(void) { ob_blocking_leave(); py_after_blocking(); }

#endif
