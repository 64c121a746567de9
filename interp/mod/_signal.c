/* _signal.c: signal handlers; run by the main thread between bytecodes (run/signals.c). */
#include "interp/mod/modules.h"
#include "interp/run/frame.h"
#include "interp/run/signals.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

static bool number(ob_val v, int *out) {
    int64_t i;
    if (!ob_index_i64(v, &i)) return false;
    if (i < 1 || i > 64) return ob_fail(ob_raise(&ob_exc_ValueError, "signal number out of range"));
    *out = (int)i;
    return true;
}

NATIVE(s_signal) {
    int s;
    if (!number(a[0], &s)) return OB_NULL;
    if (py_me->ident != 1) return ob_raise(&ob_exc_ValueError, "signal only works in main thread of the main interpreter");
    ob_val h = a[1];
    if (ob_is_int(h)) {
        h = ob_index(h);
        if (!ob_same(h, ob_from_small(0)) && !ob_same(h, ob_from_small(1)))
            return ob_raise(&ob_exc_TypeError, "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
    } else if (!ob_is_callable(h)) return ob_raise(&ob_exc_TypeError, "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
    ob_val old = py_signal_get(s);
    return ob_external() && py_signal_set(s, h) ? old : OB_NULL;
}
NATIVE(s_getsignal) { int s; return number(a[0], &s) ? py_signal_get(s) : OB_NULL; }
NATIVE(s_alarm) {
    int64_t seconds;
    if (!ob_index_i64(a[0], &seconds) || !ob_external()) return OB_NULL;
    return ob_from_small(alarm((unsigned)seconds));
}
NATIVE(s_pause) {
    if (!ob_external()) return OB_NULL;
    py_blocking_enter();
    pause();
    py_blocking_leave();
    return ob_poll() ? OB_NONE : OB_NULL;
}
NATIVE(s_raise) {
    int s;
    if (!number(a[0], &s) || !ob_external()) return OB_NULL;
    return raise(s) ? ob_raise_errno(errno, OB_NULL) : ob_poll() ? OB_NONE : OB_NULL;
}
static struct timeval tv_of(double d) { double f = floor(d); return (struct timeval){(time_t)f, (suseconds_t)((d - f) * 1e6)}; }
static ob_val pair_of(struct itimerval *v) {
    return ob_tuple_of2(ob_float_from((double)v->it_value.tv_sec + 1e-6 * (double)v->it_value.tv_usec),
                        ob_float_from((double)v->it_interval.tv_sec + 1e-6 * (double)v->it_interval.tv_usec));
}
NATIVE(s_setitimer) {
    int64_t which;
    double d, interval = 0;
    struct itimerval v, old;
    if (!ob_index_i64(a[0], &which) || !ob_to_double(a[1], &d) || (!ob_is_null(a[2]) && !ob_to_double(a[2], &interval)) || !ob_external()) return OB_NULL;
    v.it_value = tv_of(d);
    v.it_interval = tv_of(interval);
    return setitimer((int)which, &v, &old) < 0 ? ob_raise_errno(errno, OB_NULL) : pair_of(&old);
}
NATIVE(s_getitimer) {
    int64_t which;
    struct itimerval v;
    if (!ob_index_i64(a[0], &which)) return OB_NULL;
    return getitimer((int)which, &v) < 0 ? ob_raise_errno(errno, OB_NULL) : pair_of(&v);
}
NATIVE(s_strsignal) { int s; return number(a[0], &s) ? ob_str_from_c(strsignal(s)) : OB_NULL; }
NATIVE(s_valid) {
    ob_val set = ob_set_new();
    for (int i = 1; i < 65 && !ob_is_null(set); i++) if ((i < 32 || i > 33) && !ob_set_add(set, ob_from_small(i))) return OB_NULL;
    return set;
}
NATIVE(s_wakeup) {
    int64_t fd;
    int warns = ob_is_null(a[1]) ? 1 : ob_truth(a[1]);
    if (warns < 0 || !ob_index_i64(a[0], &fd)) return OB_NULL;
    if (py_me->ident != 1) return ob_raise(&ob_exc_ValueError, "set_wakeup_fd only works in main thread of the main interpreter");
    if (fd != -1) {
        int flags = fcntl((int)fd, F_GETFL);
        if (flags < 0) return ob_raise_errno(errno, OB_NULL);
        if (!(flags & O_NONBLOCK)) return ob_raise(&ob_exc_ValueError, "the fd %d must be in non-blocking mode", (int)fd);
    }
    return ob_external() ? ob_from_small(py_signal_wakeup((int)fd, warns)) : OB_NULL;
}
NATIVE(s_siginterrupt) { return OB_NONE; }
NATIVE(s_mask) {
    int64_t how;
    sigset_t set, old;
    ob_val it = ob_iter(a[1]), out = ob_set_new();
    if (!ob_index_i64(a[0], &how) || ob_is_null(it) || ob_is_null(out)) return OB_NULL;
    sigemptyset(&set);
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        int s;
        if (!number(x, &s)) return OB_NULL;
        sigaddset(&set, s);
    }
    if (ob_failed()) return OB_NULL;
    int e = pthread_sigmask((int)how, &set, &old);
    if (e) return ob_raise_errno(e, OB_NULL);
    for (int i = 1; i < 65; i++) if (sigismember(&old, i) == 1 && !ob_set_add(out, ob_from_small(i))) return OB_NULL;
    return ob_poll() ? out : OB_NULL;
}

static const ob_def defs[] = {
    {"alarm", s_alarm, "seconds, /", NULL, 0}, {"getitimer", s_getitimer, "which, /", NULL, 0},
    {"getsignal", s_getsignal, "signalnum, /", NULL, 0}, {"pause", s_pause, "", NULL, 0}, {"pthread_sigmask", s_mask, "how, mask, /", NULL, 0},
    {"raise_signal", s_raise, "signalnum, /", NULL, 0}, {"set_wakeup_fd", s_wakeup, "fd, /, *, warn_on_full_buffer=True", NULL, 0}, {"setitimer", s_setitimer, "which, seconds, interval=0.0, /", NULL, 0},
    {"siginterrupt", s_siginterrupt, "signalnum, flag, /", NULL, 0}, {"signal", s_signal, "signalnum, handler, /", NULL, 0}, {"strsignal", s_strsignal, "signalnum, /", NULL, 0},
    {"valid_signals", s_valid, "", NULL, 0}, {0}};

#define SIGNALS(S) S(SIGABRT) S(SIGALRM) S(SIGBUS) S(SIGCHLD) S(SIGCONT) S(SIGFPE) S(SIGHUP) S(SIGILL) S(SIGINT) S(SIGIO) S(SIGKILL) S(SIGPIPE) S(SIGPOLL) \
    S(SIGPROF) S(SIGPWR) S(SIGQUIT) S(SIGSEGV) S(SIGSTOP) S(SIGSYS) S(SIGTERM) S(SIGTRAP) S(SIGTSTP) S(SIGTTIN) S(SIGTTOU) S(SIGURG) S(SIGUSR1) S(SIGUSR2) \
    S(SIGVTALRM) S(SIGWINCH) S(SIGXCPU) S(SIGXFSZ) S(ITIMER_REAL) S(ITIMER_VIRTUAL) S(ITIMER_PROF) S(SIG_BLOCK) S(SIG_UNBLOCK) S(SIG_SETMASK)

static bool fill(ob_val m) {
#define S(name) if (!ob_module_add_int(m, #name, name)) return false;
    SIGNALS(S)
#undef S
    return ob_module_add(m, "default_int_handler", py_signal_default_int()) && ob_module_add_int(m, "SIG_DFL", 0) && ob_module_add_int(m, "SIG_IGN", 1) && ob_module_add_int(m, "NSIG", 65) &&
           ob_module_add_int(m, "SIGCLD", SIGCHLD) && ob_module_add_int(m, "SIGRTMIN", SIGRTMIN) && ob_module_add_int(m, "SIGRTMAX", SIGRTMAX) &&
           ob_module_add(m, "ItimerError", ob_of(&ob_exc_OSError));
}
const ob_module_def py_mod__signal = {"_signal", "Signals.", defs, fill};
