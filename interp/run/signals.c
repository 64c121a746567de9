/* signals.c: signals are noted in a handler and run by the main thread between bytecodes.
 * Locks: none.  py_signal_bits: set by handlers on any thread, cleared by the main thread (relaxed: the safepoint flag makes it look). */
#include "interp/run/signals.h"
#include "interp/run/fork.h"
#include "interp/run/vm_ops.h"
#include "objspace/int.h"
#include "objspace/function.h"
#include "objspace/str.h"
#include <errno.h>
#include <signal.h>
#include <unistd.h>

_Atomic(uint64_t) py_signal_bits;
static ob_val handlers[64];                  /* Python's: OB_NULL: never set; small 0 SIG_DFL, 1 SIG_IGN */
static ob_val default_int;
static py_thread *main_thread;
static _Atomic(int) wakeup_fd = -1, wakeup_error;     /* where each signal's number is written, for an event loop that waits there; errno of a write that failed.  relaxed */
static _Atomic(bool) wakeup_warns;                    /* also when the pipe is full */

static void wake_up(int fd, int signum) {
    unsigned char c = (unsigned char)signum;
    if (write(fd, &c, 1) == 1 || (errno == EAGAIN && !atomic_load_explicit(&wakeup_warns, memory_order_relaxed))) return;
    atomic_store_explicit(&wakeup_error, errno, memory_order_relaxed);
}

static void note(int signum) {
    int keep = errno, fd = atomic_load_explicit(&wakeup_fd, memory_order_relaxed);
    atomic_fetch_or_explicit(&py_signal_bits, UINT64_C(1) << signum, memory_order_relaxed);
    atomic_fetch_or_explicit(&ob_safepoint_wanted, OB_SAFE_USER, memory_order_relaxed);
    if (fd >= 0) wake_up(fd, signum);
    errno = keep;
}

int py_signal_wakeup(int fd, bool warns) {
    atomic_store_explicit(&wakeup_warns, warns, memory_order_relaxed);
    return atomic_exchange_explicit(&wakeup_fd, fd, memory_order_relaxed);
}

static void report_wakeup(int e) {
    if (e == 0 || ob_failed()) return;
    ob_raise_errno(e, OB_NULL);
    ob_err_unraisable(ob_str_from_c("the signal wakeup fd"));
}

bool py_signals_mine(const py_thread *T) { return T == main_thread; }

bool py_signals_run(py_thread *T) {
    if (T != main_thread) return true;
    atomic_fetch_and_explicit(&ob_safepoint_wanted, ~(uint32_t)OB_SAFE_USER, memory_order_relaxed);
    uint64_t bits = atomic_exchange_explicit(&py_signal_bits, 0, memory_order_relaxed);
    report_wakeup(atomic_exchange_explicit(&wakeup_error, 0, memory_order_relaxed));
    for (; bits; bits &= bits - 1) {
        int s = __builtin_ctzll(bits);
        ob_val h = handlers[s];
        if (ob_is_null(h) || !ob_is_ptr(h) || ob_is_none(h)) continue;
        ob_val frame = py_frame_asked(T->frame);
        if (ob_is_null(frame) || ob_is_null(ob_call2(h, ob_from_small(s), frame))) {
            uint64_t rest = bits & (bits - 1);
            if (rest) {
                atomic_fetch_or_explicit(&py_signal_bits, rest, memory_order_relaxed);
                atomic_fetch_or_explicit(&ob_safepoint_wanted, OB_SAFE_USER, memory_order_relaxed);
            }
            return false;
        }
    }
    return true;
}

void py_signals_forked(void) {
    main_thread = py_me;
    atomic_store_explicit(&py_signal_bits, 0, memory_order_relaxed);
}

ob_val py_signal_get(int signum) {
    ob_val h = handlers[signum];
    if (!ob_is_null(h)) return h;
    struct sigaction a;
    if (sigaction(signum, NULL, &a) < 0) return OB_NONE;
    return a.sa_handler == SIG_DFL ? ob_from_small(0) : a.sa_handler == SIG_IGN ? ob_from_small(1) : OB_NONE;
}

bool py_signal_set(int signum, ob_val handler) {
    struct sigaction a = {0};
    a.sa_handler = ob_same(handler, ob_from_small(0)) ? SIG_DFL : ob_same(handler, ob_from_small(1)) ? SIG_IGN : note;
    sigemptyset(&a.sa_mask);
    if (sigaction(signum, &a, NULL) < 0) return ob_fail(ob_raise_errno(errno, OB_NULL));
    handlers[signum] = handler;
    return true;
}

static ob_val int_handler(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return ob_raise_none(&ob_exc_KeyboardInterrupt); }
static const ob_def int_def = {"default_int_handler", int_handler, "signalnum, frame, /", NULL, 0};
ob_val py_signal_default_int(void) { return default_int; }

static void trace(ob_tracer *t, void *arg UNUSED) { ob_trace_vals(t, handlers, 64); }

bool py_signals_init(void) {
    main_thread = py_me;
    default_int = ob_native_new(&int_def, OB_NULL, OB_NULL);
    if (ob_is_null(default_int) || !ob_gc_add_root(trace, NULL)) return false;
    struct sigaction a;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    handlers[SIGPIPE] = handlers[SIGXFSZ] = ob_from_small(1);
    if (sigaction(SIGINT, NULL, &a) == 0 && a.sa_handler == SIG_IGN) { handlers[SIGINT] = ob_from_small(1); return true; }
    return py_signal_set(SIGINT, default_int);
}
