/* signals.h: signals reach the main thread between bytecodes. */
#ifndef INTERP_RUN_SIGNALS_H
#define INTERP_RUN_SIGNALS_H
#include "interp/run/frame.h"

extern _Atomic(uint64_t) py_signal_bits;                      /* signals that arrived; set in handlers */
static inline bool py_signals_pending(void) { return atomic_load_explicit(&py_signal_bits, memory_order_relaxed) != 0; }
static inline bool py_signals_pending_hook(void) { return py_signals_pending(); }
bool py_signals_mine(const py_thread *T);                     /* is it the thread that runs handlers? */
bool py_signals_run(py_thread *T) MUST_CHECK;                 /* runs Python handlers if this is the main thread; false: one raised */
bool py_signals_init(void) MUST_CHECK;                        /* SIGINT raises KeyboardInterrupt, SIGPIPE is ignored */
ob_val py_signal_get(int signum);                             /* Python's handler: callable, 0 SIG_DFL, 1 SIG_IGN, None */
ob_val py_signal_default_int(void);
bool py_signal_set(int signum, ob_val handler);
int py_signal_wakeup(int fd, bool warns);                     /* signals are written there, too (-1: nowhere); gives the former one */

#endif
