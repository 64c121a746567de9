/* trace.h: sys.settrace and sys.setprofile: the events that the tracing copy of the VM reports. All may fail: a condition is set. */
#ifndef INTERP_RUN_TRACE_H
#define INTERP_RUN_TRACE_H
#include "interp/run/frame.h"

void py_trace_set(py_thread *T, ob_val function, bool profile);                /* OB_NULL: none */
ob_val py_trace_call_in(ob_val function, ob_val args);                         /* sys.call_tracing */
bool py_trace_init(void) MUST_CHECK;

/* For vm.c. F->pc is behind the instruction that the event is about. */
bool py_trace_call(py_thread *T, py_frame *F) MUST_CHECK;                      /* F is new, or a generator that goes on; a pending exception stays */
bool py_trace_return(py_thread *T, py_frame *F, ob_val value) MUST_CHECK;      /* value OB_NULL: by the pending exception, which stays */
bool py_trace_yield(py_thread *T, py_frame *F, ob_val value) MUST_CHECK;       /* may change F->pc */
bool py_trace_instruction(py_thread *T, py_frame *F) MUST_CHECK;               /* is about to run the instruction before F->pc, which a jump may change */
bool py_trace_stop(py_thread *T, py_frame *F, ob_val awaited, ob_val sent, ob_val value) MUST_CHECK;   /* its YIELDFROM has got the value */
bool py_trace_exception(py_thread *T, py_frame *F) MUST_CHECK;                 /* reports the pending exception, which stays */
bool py_trace_native(py_thread *T, py_frame *F, ob_val function, ob_val self) MUST_CHECK;
ob_val py_trace_native_done(py_thread *T, py_frame *F, ob_val function, ob_val self, ob_val result);

#endif
