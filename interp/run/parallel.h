/* parallel.h: loops whose iterations run ahead in other threads. How: parallel.c. */
#ifndef INTERP_RUN_PARALLEL_H
#define INTERP_RUN_PARALLEL_H
#include "interp/run/frame.h"

extern ob_type py_loop_type;
/* A loop over xs for `for`; workers: threads that help; submit(function) gives each something to do; spec: the atomic object of its blocks. */
ob_val py_loop_new(ob_val xs, unsigned workers, ob_val submit, ob_val spec);

typedef enum { PY_LOOP_FAILED = -1, PY_LOOP_OVER, PY_LOOP_ITEM, PY_LOOP_LEAVE } py_loop_how;
/* FOR_ITER at pc - 1 of f, whose registers a and b are target and iterator, meets a loop. ITEM: the target is set, and registers may have changed; LEAVE: f was
 * a job's, which is done: the activation ends. */
py_loop_how py_loop_step(py_thread *T, py_frame *f, const py_instr *pc, uint16_t a, uint16_t b);

/* T->job: what a job cannot do stays for the loop's own thread, when it is its turn. Always false, with a condition. */
bool py_job_give_up(void);
bool py_job_tick(py_thread *T) MUST_CHECK;                    /* at each look of the VM; false: a condition is set */
static inline bool py_job_refuses(void) { return UNLIKELY(py_me->job != NULL) && !py_job_give_up(); }
bool py_parallel_init(void) MUST_CHECK;

#endif
