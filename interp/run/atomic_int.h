/* atomic_int.h: what atomic.c shares with parallel.c. */
#ifndef INTERP_RUN_ATOMIC_INT_H
#define INTERP_RUN_ATOMIC_INT_H
#include "interp/run/frame.h"

bool py__slice_end(py_thread *T) MUST_CHECK;                  /* false: a condition is set */
void py__slice_begin(py_thread *T, py_frame *f, const py_instr *pc);   /* f NULL: without a checkpoint */
/* A block of no `with`: whatever undoes it leaves the VM to its caller, as a condition or an exception. Nobody may be in a block. */
bool py__job_begin(py_thread *T, ob_val spec) MUST_CHECK;
/* End it; there is no transaction then. false: it has been undone, whatever for. *failed: errno of held output, or 0. */
bool py__job_commit(py_thread *T, int *failed);
void py__job_abort(py_thread *T);

#endif
