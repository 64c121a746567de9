/* faulthandler.c: the module faulthandler: writes the stacks of Python functions when a signal says that the process is in trouble.
 * Locks: `timer` of the watchdog thread.
 * H1  What runs in a signal handler allocates nothing and takes no lock: it walks frames and writes to a descriptor. The frame that is running may be in
 *     the middle of a change, so what is written there is the best that can be known.
 * H2  The running frame's line is that of its last call or safepoint: the VM keeps its place in a register.
 * H3  A handler that was there before (a store's, for damaged files) has the first word; when it comes back, the trouble is real. */
#include "interp/mod/faulthandler.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "interp/run/frame.h"
#include "interp/run/import.h"
#include "base/mem.h"
#include "base/mono.h"
#include "base/thread.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST_FRAMES = 100, MOST_THREADS = 100, MOST_TEXT = 500, SIGNALS = 65 };

/* ---- writing, without memory and locks (H1) ---- */

static void put(int fd, const char *s, size_t n) {
    while (n > 0) {
        ssize_t w = write(fd, s, n);
        if (w < 0 && errno == EINTR) continue;
        if (w <= 0) return;
        s += w, n -= (size_t)w;
    }
}
static void put_text(int fd, const char *s) { put(fd, s, strlen(s)); }
static void put_number(int fd, uint64_t x, unsigned base, int width) {
    char buf[24], *p = buf + sizeof buf;
    do *--p = "0123456789abcdef"[x % base]; while ((x /= base) || buf + sizeof buf - p < width);
    put(fd, p, (size_t)(buf + sizeof buf - p));
}
static void put_str(int fd, ob_val s) {
    if (ob_is_null(s) || !ob_is_str(s)) { put_text(fd, "???"); return; }
    size_t n = ob_str_len(s);
    for (size_t i = 0; i < n && i < MOST_TEXT; i++) {
        uint32_t c = ob_str_at(s, i);
        char plain = (char)c;
        if (c >= 32 && c < 127) { put(fd, &plain, 1); continue; }
        put_text(fd, c < 256 ? "\\x" : c < 65536 ? "\\u" : "\\U");
        put_number(fd, c, 16, c < 256 ? 2 : c < 65536 ? 4 : 8);
    }
    if (n > MOST_TEXT) put_text(fd, "...");
}
static void put_stack(int fd, const py_thread *T) {
    unsigned n = 0;
    const py_frame *f = T ? T->frame : NULL;
    if (!f) put_text(fd, "  <no Python frame>\n");
    for (; f; f = f->prev) {
        if (!f->code) continue;
        if (n++ == MOST_FRAMES) { put_text(fd, "  ...\n"); return; }
        put_text(fd, "  File ");
        put_text(fd, "\"");
        put_str(fd, f->code->filename);
        put_text(fd, "\", line ");
        put_number(fd, py_frame_line(f), 10, 1);
        put_text(fd, " in ");
        put_str(fd, f->code->name);
        put_text(fd, "\n");
    }
}
static void put_thread(int fd, const py_thread *T, bool current) {
    put_text(fd, current ? "Current thread 0x" : "Thread 0x");
    put_number(fd, T->ident, 16, 16);
    put_text(fd, " (most recent call first):\n");
    put_stack(fd, T);
}
static void put_threads(int fd, const py_thread *me) {
    unsigned n = 0;
    for (const py_thread *T = py_threads_first(); T; T = T->next) {
        if (n) put_text(fd, "\n");
        if (n++ == MOST_THREADS) { put_text(fd, "...\n"); return; }
        put_thread(fd, T, T == me);
    }
}
static void put_all(int fd, bool all_threads) {
    const py_thread *me = py_me;
    if (all_threads) { put_threads(fd, me); return; }
    put_text(fd, "Stack (most recent call first):\n");
    put_stack(fd, me);
}

/* ---- where to ---- */

/* The file argument: a descriptor, or an object with fileno(), which is flushed; missing: sys.stderr. *keep: what must live. -1: raised. */
static int target(ob_val file, ob_val *keep) {
    *keep = OB_NULL;
    if (ob_is_null(file) || ob_is_none(file)) {
        ob_val sys = ob_dict_get_c(py_modules, "sys");
        file = ob_is_null(sys) ? sys : ob_getattr_opt(sys, ob_str_intern_c("stderr"));
        if (ob_is_null(file)) return ob_failed() ? -1 : ob_fail_int(ob_raise(&ob_exc_RuntimeError, "unable to get sys.stderr"));
        if (ob_is_none(file)) return ob_fail_int(ob_raise(&ob_exc_RuntimeError, "sys.stderr is None"));
    } else if (ob_is_int(file)) {
        int fd;
        if (!posix_int(file, &fd)) return -1;
        return fd >= 0 ? fd : ob_fail_int(ob_raise(&ob_exc_ValueError, "file is not a valid file descripter"));
    }
    ob_val n = ob_call_method_c(file, "fileno", NULL, 0);
    int64_t fd;
    if (ob_is_null(n)) return -1;
    if (!ob_is_int(n) || !ob_int_to_i64(n, &fd) || fd < 0) return ob_fail_int(ob_raise(&ob_exc_RuntimeError, "file.fileno() is not a valid file descriptor"));
    ob_val r = ob_call_method_c(file, "flush", NULL, 0);
    if (ob_is_null(r)) ob_err_clear();
    *keep = file;
    return (int)fd;
}
static bool truth(ob_val v, bool otherwise, bool *out) {
    int t = ob_is_null(v) ? otherwise : ob_truth(v);
    *out = t > 0;
    return t >= 0;
}

OB_FN(m_dump) {
    ob_val keep;
    bool all;
    int fd = target(a[0], &keep);
    if (fd < 0 || !truth(a[1], true, &all) || !ob_external()) return OB_NULL;
    ob_world_stop();
    put_all(fd, all);
    ob_world_start();
    return OB_NONE;
}

/* ---- fatal signals ---- */

static struct { int signum; const char *text; struct sigaction had; bool on; } fatal[] = {
    {.signum = SIGBUS, .text = "Bus error"}, {.signum = SIGILL, .text = "Illegal instruction"}, {.signum = SIGFPE, .text = "Floating point exception"},
    {.signum = SIGABRT, .text = "Aborted"}, {.signum = SIGSEGV, .text = "Segmentation fault"}};      /* the last one is caught first and given back last */
static struct { int fd; bool all_threads, on; ob_val file; } fatal_to;
static stack_t own_stack;

static void give_back(size_t i) {
    if (!fatal[i].on) return;
    fatal[i].on = false;
    sigaction(fatal[i].signum, &fatal[i].had, NULL);
}
static void on_fatal(int signum, siginfo_t *info, void *context) {
    int keep = errno;
    size_t i = 0;
    while (i + 1 < BASE_LENGTH(fatal) && fatal[i].signum != signum) i++;
    if (fatal[i].had.sa_flags & SA_SIGINFO) {                /* H3 */
        struct sigaction now;
        fatal[i].had.sa_sigaction(signum, info, context);
        if (sigaction(signum, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO)) fatal[i].had = now;
    }
    give_back(i);
    put_text(fatal_to.fd, "Fatal Python error: ");
    put_text(fatal_to.fd, fatal[i].text);
    put_text(fatal_to.fd, "\n\n");
    put_all(fatal_to.fd, fatal_to.all_threads);
    errno = keep;
    raise(signum);                                           /* it is not blocked: SA_NODEFER */
}
bool py_fault_enable(int fd, bool all_threads) {
    fatal_to.fd = fd;
    fatal_to.all_threads = all_threads;
    if (fatal_to.on) return true;
    if (!own_stack.ss_sp) {
        own_stack.ss_size = 1 << 16;
        own_stack.ss_sp = base_mem_alloc(own_stack.ss_size);
        if (own_stack.ss_sp && sigaltstack(&own_stack, NULL) < 0) { /* the ordinary one will do, but for its overflow */ }
    }
    fatal_to.on = true;
    for (size_t i = BASE_LENGTH(fatal); i-- > 0;) {
        struct sigaction sa = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
        sigemptyset(&sa.sa_mask);
        if (sigaction(fatal[i].signum, &sa, &fatal[i].had) < 0) return false;
        fatal[i].on = true;
    }
    return true;
}
OB_FN(m_enable) {
    ob_val keep;
    bool all;
    int fd = target(a[0], &keep);
    if (fd < 0 || !truth(a[1], true, &all) || !ob_external()) return OB_NULL;
    fatal_to.file = keep;
    return py_fault_enable(fd, all) ? OB_NONE : ob_raise_errno(errno, OB_NULL);
}
OB_FN(m_disable) {
    if (!ob_external()) return OB_NULL;
    bool was = fatal_to.on;
    fatal_to.on = false;
    fatal_to.file = OB_NULL;
    for (size_t i = 0; i < BASE_LENGTH(fatal); i++) give_back(i);
    return ob_bool(was);
}
OB_FN(m_is_enabled) { return ob_bool(fatal_to.on); }

/* ---- signals of the user's choice ---- */

static struct { struct sigaction had; int fd; bool on, all_threads, chain; ob_val file; } user[SIGNALS];

static void on_user(int signum, siginfo_t *info UNUSED, void *context UNUSED);
static bool catch(int signum, bool chain, struct sigaction *had) {
    struct sigaction sa = {.sa_sigaction = on_user, .sa_flags = SA_SIGINFO | SA_ONSTACK | (chain ? SA_NODEFER : SA_RESTART)};
    sigemptyset(&sa.sa_mask);
    return sigaction(signum, &sa, had) == 0;
}
static void on_user(int signum, siginfo_t *info UNUSED, void *context UNUSED) {
    int keep = errno;
    if (!user[signum].on) return;
    put_all(user[signum].fd, user[signum].all_threads);
    if (user[signum].chain) {
        sigaction(signum, &user[signum].had, NULL);
        errno = keep;
        raise(signum);
        keep = errno;
        catch(signum, true, NULL);
    }
    errno = keep;
}
static bool signal_of(ob_val v, int *out) {
    if (!posix_int(v, out)) return false;
    for (size_t i = 0; i < BASE_LENGTH(fatal); i++)
        if (fatal[i].signum == *out) return ob_fail(ob_raise(&ob_exc_RuntimeError, "signal %d cannot be registered, use enable() instead", *out));
    return (*out >= 1 && *out < SIGNALS) || ob_fail(ob_raise(&ob_exc_ValueError, "signal number out of range"));
}
OB_FN(m_register) {
    int signum, fd;
    bool all, chain;
    ob_val keep;
    if (!signal_of(a[0], &signum) || (fd = target(a[1], &keep)) < 0 || !truth(a[2], true, &all) || !truth(a[3], false, &chain) || !ob_external()) return OB_NULL;
    if (!user[signum].on && !catch(signum, chain, &user[signum].had)) return ob_raise_errno(errno, OB_NULL);
    user[signum].fd = fd, user[signum].all_threads = all, user[signum].chain = chain, user[signum].file = keep;
    user[signum].on = true;
    return OB_NONE;
}
OB_FN(m_unregister) {
    int signum;
    if (!signal_of(a[0], &signum) || !ob_external()) return OB_NULL;
    if (!user[signum].on) return OB_FALSE;
    user[signum].on = false;
    user[signum].file = OB_NULL;
    return sigaction(signum, &user[signum].had, NULL) < 0 ? ob_raise_errno(errno, OB_NULL) : OB_TRUE;
}

/* ---- the watchdog ---- */

static pthread_mutex_t timer = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_change;
static pthread_once_t timer_once = PTHREAD_ONCE_INIT;
static struct { pthread_t thread; bool running, stop, repeat, exit; int fd; int64_t ns; char head[64]; ob_val file; } later;

static void timer_init(void) {
    base_cond_init(&timer_change);
}
static void *watch(void *arg UNUSED) {
    pthread_mutex_lock(&timer);
    do {
        int64_t until = base_mono_ns() + later.ns;
        struct timespec at = {until / 1000000000, until % 1000000000};
        int e = 0;
        while (!later.stop && e != ETIMEDOUT) e = pthread_cond_timedwait(&timer_change, &timer, &at);
        if (later.stop) break;
        put_text(later.fd, later.head);
        put_threads(later.fd, NULL);
        if (later.exit) _exit(1);
    } while (later.repeat);
    pthread_mutex_unlock(&timer);
    return NULL;
}
static void cancel(void) {
    if (!later.running) return;
    pthread_mutex_lock(&timer);
    later.stop = true;
    pthread_cond_broadcast(&timer_change);
    pthread_mutex_unlock(&timer);
    py_blocking_enter();
    pthread_join(later.thread, NULL);
    py_blocking_leave();
    later.running = false;
    later.file = OB_NULL;
}
static void head_of(int64_t us, char *out, size_t n) {
    int64_t s = us / 1000000;
    int used = snprintf(out, n, "Timeout (%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    if (us % 1000000) used += snprintf(out + used, n - (size_t)used, ".%06d", (int)(us % 1000000));
    snprintf(out + used, n - (size_t)used, ")!\n");
}
OB_FN(m_later) {
    int64_t ns;
    bool repeat, leave;
    ob_val keep;
    sigset_t all, mask;
    if (!py_timeout_ns(a[0], NULL, "timeout must be greater than 0", &ns)) return OB_NULL;
    if (ns / 1000 <= 0) return ob_raise(&ob_exc_ValueError, "timeout must be greater than 0");
    int fd = target(a[2], &keep);
    if (fd < 0 || !truth(a[1], false, &repeat) || !truth(a[3], false, &leave) || !ob_external()) return OB_NULL;
    pthread_once(&timer_once, timer_init);
    cancel();
    later.stop = false, later.repeat = repeat, later.exit = leave, later.fd = fd, later.ns = ns, later.file = keep;
    head_of(ns / 1000, later.head, sizeof later.head);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &mask);                 /* signals are the other threads' business */
    int e = pthread_create(&later.thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (e) return ob_raise(&ob_exc_RuntimeError, "unable to start watchdog thread");
    later.running = true;
    return OB_NONE;
}
OB_FN(m_cancel) { return ob_external() ? (cancel(), OB_NONE) : OB_NULL; }

/* ---- trouble on purpose, for tests ---- */

static void no_core(void) {
    struct rlimit l;
    if (getrlimit(RLIMIT_CORE, &l) == 0) {
        l.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &l);
    }
}
static ob_val kill_by(int signum) {
    no_core();
    raise(signum);
    return OB_NONE;
}
OB_FN(m_sigsegv) { return kill_by(SIGSEGV); }
OB_FN(m_sigabrt) { no_core(); abort(); }
OB_FN(m_sigfpe) { return kill_by(SIGFPE); }
OB_FN(m_read_null) {
    no_core();
    volatile int *volatile p = NULL;
    return ob_from_small(*p);
}

static void trace(ob_tracer *t, void *arg UNUSED) {
    ob_trace_val(t, fatal_to.file);
    ob_trace_val(t, later.file);
    for (size_t i = 0; i < SIGNALS; i++) ob_trace_val(t, user[i].file);
}
static const ob_def defs[] = {
    {"_read_null", m_read_null, "", NULL, 0}, {"_sigabrt", m_sigabrt, "", NULL, 0}, {"_sigfpe", m_sigfpe, "", NULL, 0}, {"_sigsegv", m_sigsegv, "release_gil=False, /", NULL, 0},
    {"cancel_dump_traceback_later", m_cancel, "", "Calls the watchdog off.", 0}, {"disable", m_disable, "", "Leaves fatal signals alone.", 0},
    {"dump_traceback", m_dump, "file=None, all_threads=True", "Writes the stacks now.", 0},
    {"dump_traceback_later", m_later, "timeout, repeat=False, file=None, exit=False", "Writes the stacks after a time, unless called off.", 0},
    {"enable", m_enable, "file=None, all_threads=True", "Writes the stacks at a fatal signal.", 0}, {"is_enabled", m_is_enabled, "", NULL, 0},
    {"register", m_register, "signum, file=None, all_threads=True, chain=False", "Writes the stacks at that signal.", 0},
    {"unregister", m_unregister, "signum, /", NULL, 0}, {0}};
static bool fill(ob_val m UNUSED) {
    static bool rooted;
    return rooted || (rooted = ob_gc_add_root(trace, NULL));
}
const ob_module_def py_mod_faulthandler = {"faulthandler", "Stacks of Python functions when the process is in trouble.", defs, fill};
