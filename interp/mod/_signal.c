/* _signal.c: signal handlers; run by the main thread between bytecodes (run/signals.c). */
#include "interp/mod/modules.h"
#include "interp/run/frame.h"
#include "interp/run/signals.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "interp/mod/modutil.h"
#include "base/mono.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

static bool number(ob_val v, int *out) {
    ob_val n = ob_index(v);
    if (ob_is_null(n)) return false;
    int64_t i = ob_int_clamp(n);
    if (i > INT_MAX || i < INT_MIN) return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C int"));
    if (i < 1 || i > 64) return ob_fail(ob_raise(&ob_exc_ValueError, "signal number out of range"));
    *out = (int)i;
    return true;
}

NATIVE(s_signal) {
    int s;
    if (!number(a[0], &s)) return OB_NULL;
    if (!py_signals_mine(py_me)) return ob_raise(&ob_exc_ValueError, "signal only works in main thread of the main interpreter");
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
static struct timeval tv_of(double d) { double f = floor(d); return (struct timeval){(time_t)f, (suseconds_t)ceil((d - f) * 1e6 - 1e-3)}; }
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
    struct stat st;
    int full = ob_is_null(a[1]) ? 1 : ob_truth(a[1]);
    if (full < 0 || !ob_index_i64(a[0], &fd)) return OB_NULL;
    if (!py_signals_mine(py_me)) return ob_raise(&ob_exc_ValueError, "set_wakeup_fd only works in main thread of the main interpreter");
    if (fd != -1) {
        if (fd < 0 || fd > INT_MAX) return ob_raise(&ob_exc_ValueError, "invalid fd");
        if (fstat((int)fd, &st) < 0) return ob_raise_errno(errno, OB_NULL);
        int flags = fcntl((int)fd, F_GETFL);
        if (flags < 0) return ob_raise_errno(errno, OB_NULL);
        if (!(flags & O_NONBLOCK)) return ob_raise(&ob_exc_ValueError, "the fd %d must be in non-blocking mode", (int)fd);
    }
    return ob_external() ? ob_from_small(py_signal_wakeup((int)fd, full)) : OB_NULL;
}
NATIVE(s_siginterrupt) {
    int s, on = ob_truth(a[1]);
    if (on < 0 || !number(a[0], &s) || !ob_external()) return OB_NULL;
    struct sigaction act;
    if (sigaction(s, NULL, &act) < 0) return ob_raise_errno(errno, OB_NULL);
    act.sa_flags = on ? act.sa_flags & ~SA_RESTART : act.sa_flags | SA_RESTART;
    return sigaction(s, &act, NULL) < 0 ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
}
static bool set_of(ob_val v, sigset_t *set) {
    ob_val it = ob_iter(v);
    if (ob_is_null(it)) return false;
    sigemptyset(set);
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        int s;
        if (!number(x, &s)) {
            if ((ob_err_matches(&ob_exc_ValueError) || ob_err_matches(&ob_exc_OverflowError)) && ob_is_int(x)) {
                ob_err_clear();
                ob_raise(&ob_exc_ValueError, "signal number %lld out of range [1; 64]", (long long)ob_int_clamp(x));
            }
            return false;
        }
        if (sigaddset(set, s) < 0 && s != 32 && s != 33) return ob_fail(ob_raise_errno(errno, OB_NULL));
    }
    return !ob_failed();
}
static ob_val set_from(const sigset_t *set) {
    ob_val out = ob_set_new();
    for (int i = 1; i < 65 && !ob_is_null(out); i++) if (sigismember(set, i) == 1 && !ob_set_add(out, ob_from_small(i))) return OB_NULL;
    return out;
}
NATIVE(s_mask) {
    int64_t how;
    sigset_t set, old;
    if (!ob_index_i64(a[0], &how) || !set_of(a[1], &set)) return OB_NULL;
    int e = pthread_sigmask((int)how, &set, &old);
    if (e) return ob_raise_errno(e, OB_NULL);
    ob_val out = set_from(&old);
    return !ob_is_null(out) && ob_poll() ? out : OB_NULL;
}
NATIVE(s_pending) {
    sigset_t set;
    return sigpending(&set) < 0 ? ob_raise_errno(errno, OB_NULL) : set_from(&set);
}
NATIVE(s_pthread_kill) {
    int64_t ident, s;
    pthread_t id;
    if (!ob_index_i64(a[0], &ident) || !ob_index_i64(a[1], &s) || !ob_external()) return OB_NULL;
    if (!py_thread_handle((uint64_t)ident, &id)) return ob_raise_errno(ESRCH, OB_NULL);
    int e = pthread_kill(id, (int)s);
    return e ? ob_raise_errno(e, OB_NULL) : ob_poll() ? OB_NONE : OB_NULL;
}
static ob_type *siginfo_type;
static ob_val siginfo_of(const siginfo_t *si) {
    ob_val v[7] = {ob_from_small(si->si_signo), ob_from_small(si->si_code), ob_from_small(si->si_errno), ob_from_small(si->si_pid), ob_from_small(si->si_uid),
        ob_from_small(si->si_status), ob_int_from_i64(si->si_band)};
    return ob_structseq_new(siginfo_type, v);
}
/* Waits for one of a set; ns <0: for ever. 1 there is one, 0 timed out, -1 raised. */
static int wait_for(const sigset_t *set, siginfo_t *si, int64_t ns) {
    int64_t deadline = ns < 0 ? 0 : base_mono_ns() + ns;
    if (!ob_external()) return -1;
    for (;;) {
        int64_t left = ns < 0 ? 0 : py_time_left(deadline);
        struct timespec t = {left / 1000000000, left % 1000000000};
        py_blocking_enter();
        int r = ns < 0 ? sigwaitinfo(set, si) : sigtimedwait(set, si, &t), e = errno;
        py_blocking_leave();
        if (r >= 0) return 1;
        if (e == EAGAIN) return 0;
        if (e != EINTR) return ob_fail_int(ob_raise_errno(e, OB_NULL));
        if (!ob_poll()) return -1;
    }
}
NATIVE(s_sigwait) {
    sigset_t set;
    siginfo_t si;
    return set_of(a[0], &set) && wait_for(&set, &si, -1) > 0 ? ob_from_small(si.si_signo) : OB_NULL;
}
NATIVE(s_sigwaitinfo) {
    sigset_t set;
    siginfo_t si;
    return set_of(a[0], &set) && wait_for(&set, &si, -1) > 0 ? siginfo_of(&si) : OB_NULL;
}
NATIVE(s_sigtimedwait) {
    sigset_t set;
    siginfo_t si;
    int64_t ns;
    if (!py_timeout_ns(a[1], NULL, "timeout must be non-negative", &ns) || !set_of(a[0], &set)) return OB_NULL;
    int r = wait_for(&set, &si, ns < 0 ? 0 : ns);
    return r < 0 ? OB_NULL : r ? siginfo_of(&si) : OB_NONE;
}
NATIVE(s_pidfd_send) {
    int64_t fd, s, flags = 0;
    if (!ob_index_i64(a[0], &fd) || !ob_index_i64(a[1], &s) || (!ob_is_null(a[3]) && !ob_index_i64(a[3], &flags))) return OB_NULL;
    if (!ob_is_null(a[2]) && !ob_is_none(a[2])) return ob_raise(&ob_exc_TypeError, "siginfo must be None");
    if (!ob_external()) return OB_NULL;
    return syscall(SYS_pidfd_send_signal, (int)fd, (int)s, NULL, (unsigned)flags) < 0 ? ob_raise_errno(errno, OB_NULL) : ob_poll() ? OB_NONE : OB_NULL;
}

static const ob_def defs[] = {
    {"alarm", s_alarm, "seconds, /", NULL, 0}, {"getitimer", s_getitimer, "which, /", NULL, 0},
    {"getsignal", s_getsignal, "signalnum, /", NULL, 0}, {"pause", s_pause, "", NULL, 0}, {"pthread_sigmask", s_mask, "how, mask, /", NULL, 0},
    {"raise_signal", s_raise, "signalnum, /", NULL, 0}, {"set_wakeup_fd", s_wakeup, "fd, /, *, warn_on_full_buffer=True", NULL, 0}, {"sigpending", s_pending, "", NULL, 0},
    {"pthread_kill", s_pthread_kill, "thread_id, signalnum, /", NULL, 0}, {"sigwait", s_sigwait, "sigset, /", NULL, 0}, {"sigwaitinfo", s_sigwaitinfo, "sigset, /", NULL, 0},
    {"sigtimedwait", s_sigtimedwait, "sigset, timeout, /", NULL, 0}, {"pidfd_send_signal", s_pidfd_send, "pidfd, signalnum, siginfo=None, flags=0, /", NULL, 0}, {"setitimer", s_setitimer, "which, seconds, interval=0.0, /", NULL, 0},
    {"siginterrupt", s_siginterrupt, "signalnum, flag, /", NULL, 0}, {"signal", s_signal, "signalnum, handler, /", NULL, 0}, {"strsignal", s_strsignal, "signalnum, /", NULL, 0},
    {"valid_signals", s_valid, "", NULL, 0}, {0}};

#define SIGNALS(S) S(SIGABRT) S(SIGALRM) S(SIGBUS) S(SIGCHLD) S(SIGCONT) S(SIGFPE) S(SIGHUP) S(SIGILL) S(SIGINT) S(SIGIO) S(SIGKILL) S(SIGPIPE) S(SIGPOLL) \
    S(SIGPROF) S(SIGPWR) S(SIGQUIT) S(SIGSEGV) S(SIGSTOP) S(SIGSYS) S(SIGTERM) S(SIGTRAP) S(SIGTSTP) S(SIGTTIN) S(SIGTTOU) S(SIGURG) S(SIGUSR1) S(SIGUSR2) \
    S(SIGVTALRM) S(SIGWINCH) S(SIGXCPU) S(SIGXFSZ) S(ITIMER_REAL) S(ITIMER_VIRTUAL) S(ITIMER_PROF) S(SIG_BLOCK) S(SIG_UNBLOCK) S(SIG_SETMASK)

static bool fill(ob_val m) {
    static const char *const fields[] = {"si_signo", "si_code", "si_errno", "si_pid", "si_uid", "si_status", "si_band", NULL};
    if (!siginfo_type) siginfo_type = ob_structseq_type_new("signal.struct_siginfo", fields, 7);
    if (!siginfo_type || !ob_module_add(m, "struct_siginfo", ob_of(siginfo_type)) || !ob_module_add_int(m, "SIGIOT", SIGABRT) || !ob_module_add_int(m, "SIGSTKFLT", SIGSTKFLT)) return false;
#define S(name) if (!ob_module_add_int(m, #name, name)) return false;
    SIGNALS(S)
#undef S
    return ob_module_add(m, "default_int_handler", py_signal_default_int()) && ob_module_add_int(m, "SIG_DFL", 0) && ob_module_add_int(m, "SIG_IGN", 1) && ob_module_add_int(m, "NSIG", 65) &&
           ob_module_add_int(m, "SIGCLD", SIGCHLD) && ob_module_add_int(m, "SIGRTMIN", SIGRTMIN) && ob_module_add_int(m, "SIGRTMAX", SIGRTMAX) &&
           ob_module_add(m, "ItimerError", ob_of(&ob_exc_OSError));
}
const ob_module_def py_mod__signal = {"_signal", "Signals.", defs, fill};
