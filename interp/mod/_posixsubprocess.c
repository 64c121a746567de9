/* _posixsubprocess.c: fork_exec(): starts a program in a new process, with the descriptors, folder, ids and signals that subprocess asks for.
 * Locks: none.
 * P1  Between fork and exec the child calls nothing but async-signal-safe functions (and preexec_fn, if there is one), and touches no object: all that it
 *     needs was copied into a `plan` before.  (child_exec)
 * P2  Without preexec_fn and changes of ids it is vfork: the child runs in the parent's memory, so it writes nothing but its own stack frame. */
#include "interp/mod/modules.h"
#include "interp/mod/io_pending.h"
#include "interp/mod/posix_int.h"
#include "interp/run/fork.h"
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct plan {
    char **argv, **envp, **programs;
    const char *cwd;
    int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write;
    bool close_fds, restore_signals, setsid, set_groups, set_gid, set_uid;
    int *keep;                   /* sorted */
    size_t nkeep, ngroups;
    int pgid, umask;             /* -1: as it is */
    uid_t uid;
    gid_t gid, *groups;
    ob_val preexec;
    sigset_t mask;               /* vfork: the parent's, to be restored in the child */
    bool vforked;
} plan;

static void strings_free(char **v) {
    for (char **p = v; p && *p; p++) free(*p);
    free(v);
}
static void plan_release(plan *p) {
    strings_free(p->argv);
    strings_free(p->envp);
    strings_free(p->programs);
    free(p->keep);
    free(p->groups);
}

static bool strings_of(const char *who, ob_val v, char ***out) {
    ob_val t = ob_tuple_of_iterable(v);
    if (ob_is_null(t)) return false;
    char **p = *out = calloc(ob_tuple_len(t) + 1, sizeof *p);
    for (size_t i = 0; p && i < ob_tuple_len(t); i++) {
        posix_path s;
        if (!posix_path_of(who, ob_tuple_at(t, i), false, &s)) return false;
        if (!(p[i] = strdup(s.text))) p = NULL;
    }
    return p || ob_fail(ob_raise_memory());
}

/* ---- in the child (P1) ---- */

static void say(int fd, const char *s) {
    size_t n = strlen(s);
    while (n > 0) {
        ssize_t w = write(fd, s, n);
        if (w < 0) { if (errno == EINTR) continue; return; }
        s += w, n -= (size_t)w;
    }
}
static bool set_cloexec(int fd, bool on) {
    int f = fcntl(fd, F_GETFD);
    return f >= 0 && fcntl(fd, F_SETFD, on ? f | FD_CLOEXEC : f & ~FD_CLOEXEC) >= 0;
}
static void close_range_of(unsigned lo, unsigned hi) {
    if (lo > hi || syscall(SYS_close_range, lo, hi, 0) == 0) return;
    struct rlimit l;
    rlim_t top = getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < 65536 ? l.rlim_cur : 65536;
    for (unsigned fd = lo; fd <= hi && fd < top; fd++) close((int)fd);
}
static void close_others(const plan *p) {
    unsigned from = 3;
    for (size_t i = 0; i < p->nkeep; i++) {
        if (p->keep[i] < (int)from) continue;
        close_range_of(from, (unsigned)p->keep[i] - 1);
        from = (unsigned)p->keep[i] + 1;
    }
    close_range_of(from, ~0u);
}
static bool place_fd(int from, int to) {
    if (from == to) return set_cloexec(from, false);
    return from < 0 || dup2(from, to) >= 0;
}
static bool place_fds(const plan *p) {
    for (size_t i = 0; i < p->nkeep; i++)
        if (p->keep[i] != p->errpipe_write && !set_cloexec(p->keep[i], false)) return false;
    if ((p->p2cwrite >= 0 && close(p->p2cwrite) < 0) || (p->c2pread >= 0 && close(p->c2pread) < 0) || (p->errread >= 0 && close(p->errread) < 0) ||
        close(p->errpipe_read) < 0)
        return false;
    int out = p->c2pwrite, err = p->errwrite;         /* must not be overwritten before it is placed itself */
    if (out == 0 && (out = dup(out)) < 0) return false;
    while (err == 0 || err == 1) if ((err = dup(err)) < 0) return false;
    return place_fd(p->p2cread, 0) && place_fd(out, 1) && place_fd(err, 2);
}
static void default_signals(const plan *p) {
    if (p->vforked) {
        for (int s = 1; s < NSIG; s++) {              /* ours run in the parent's memory */
            struct sigaction a;
            if (sigaction(s, NULL, &a) == 0 && a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN) signal(s, SIG_DFL);
        }
        sigprocmask(SIG_SETMASK, &p->mask, NULL);
    }
    if (!p->restore_signals) return;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
}
static bool set_ids(const plan *p) {
    if (p->set_groups && syscall(SYS_setgroups, p->ngroups, p->groups) < 0) return false;
    if (p->set_gid && syscall(SYS_setregid, p->gid, p->gid) < 0) return false;
    return !p->set_uid || syscall(SYS_setreuid, p->uid, p->uid) >= 0;
}
static int run_programs(const plan *p) {
    int keep = 0;
    for (char **e = p->programs; *e; e++) {
        if (p->envp) execve(*e, p->argv, p->envp);
        else execv(*e, p->argv);
        if (errno != ENOENT && errno != ENOTDIR && keep == 0) keep = errno;
    }
    return keep ? keep : errno;
}

static NOINLINE _Noreturn void child_exec(const plan *p) {
    char text[32] = "OSError:";
    const char *which = "noexec";
    int err;
    if (!place_fds(p)) goto failed;
    if (p->cwd && chdir(p->cwd) < 0) goto failed;
    if (p->umask >= 0) umask((mode_t)p->umask);
    default_signals(p);
    if (p->setsid && setsid() < 0) goto failed;
    if (p->pgid >= 0 && setpgid(0, p->pgid) < 0) goto failed;
    if (!set_ids(p)) goto failed;
    which = "";
    if (!ob_is_null(p->preexec) && ob_is_null(ob_call0(p->preexec))) {
        say(p->errpipe_write, "SubprocessError:0:Exception occurred in preexec_fn.");
        _exit(255);
    }
    if (p->close_fds) close_others(p);
    errno = run_programs(p);
failed:
    err = errno;
    char *at = text + 8, digits[12];
    int n = 0;
    do digits[n++] = "0123456789ABCDEF"[err & 15]; while ((err >>= 4) != 0);
    while (n) *at++ = digits[--n];
    *at++ = ':';
    *at = 0;
    say(p->errpipe_write, text);
    say(p->errpipe_write, which);
    _exit(255);
}

/* ---- in the parent ---- */

static bool bad_keep(void) { return ob_fail(ob_raise(&ob_exc_ValueError, "bad value(s) in fds_to_keep")); }
static bool keep_of(ob_val v, plan *p) {
    if (!ob_is_tuple(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "fork_exec() argument 4 must be tuple, not %.50T", v));
    p->nkeep = ob_tuple_len(v);
    if (!(p->keep = calloc(p->nkeep + 1, sizeof *p->keep))) return ob_fail(ob_raise_memory());
    for (size_t i = 0; i < p->nkeep; i++) {
        int64_t fd;
        ob_val x = ob_tuple_at(v, i);
        if (!ob_is_int(x)) return bad_keep();
        if (!ob_int_to_i64(x, &fd)) return ob_err_clear_if(&ob_exc_OverflowError) ? bad_keep() : false;
        if (fd < 0 || fd > INT32_MAX || (i && fd <= p->keep[i - 1])) return bad_keep();
        p->keep[i] = (int)fd;
    }
    return true;
}
static bool groups_of(ob_val v, plan *p) {
    if (ob_is_none(v)) return true;
    if (!ob_is_list(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "setgroups argument must be a list"));
    ob_val t = ob_tuple_of_iterable(v);
    if (ob_is_null(t)) return false;
    p->set_groups = true;
    p->ngroups = ob_tuple_len(t);
    if (p->ngroups > 65536) return ob_fail(ob_raise(&ob_exc_ValueError, "too many groups"));
    if (!(p->groups = calloc(p->ngroups + 1, sizeof *p->groups))) return ob_fail(ob_raise_memory());
    for (size_t i = 0; i < p->ngroups; i++) {
        if (!ob_is_int(ob_tuple_at(t, i))) return ob_fail(ob_raise(&ob_exc_TypeError, "groups must be integers"));
        if (!posix_gid(ob_tuple_at(t, i), &p->groups[i])) return ob_err_clear_if(&ob_exc_OverflowError) ? ob_fail(ob_raise(&ob_exc_ValueError, "invalid group id")) : false;
    }
    return true;
}
static bool ids_of(const ob_val *a, plan *p) {
    if (!ob_is_none(a[17])) {
        if (!posix_gid(a[17], &p->gid)) return ob_err_clear_if(&ob_exc_OverflowError) ? ob_fail(ob_raise(&ob_exc_ValueError, "invalid group id")) : false;
        p->set_gid = true;
    }
    if (!groups_of(a[18], p)) return false;
    if (ob_is_none(a[19])) return true;
    if (!posix_uid(a[19], &p->uid)) return ob_err_clear_if(&ob_exc_OverflowError) ? ob_fail(ob_raise(&ob_exc_ValueError, "invalid user id")) : false;
    return p->set_uid = true;
}
static bool truth_of(ob_val v, bool *out) {
    int t = ob_truth(v);
    *out = t > 0;
    return t >= 0;
}
static bool plan_of(const ob_val *a, plan *p) {
    posix_path cwd;
    bool allow_vfork;
    int *const ends[] = {&p->p2cread, &p->p2cwrite, &p->c2pread, &p->c2pwrite, &p->errread, &p->errwrite, &p->errpipe_read, &p->errpipe_write};
    if (!truth_of(a[2], &p->close_fds) || !truth_of(a[14], &p->restore_signals) || !truth_of(a[15], &p->setsid) || !truth_of(a[22], &allow_vfork)) return false;
    for (size_t i = 0; i < BASE_LENGTH(ends); i++) if (!posix_int(a[6 + i], ends[i])) return false;
    if (!posix_int(a[16], &p->pgid) || !posix_int(a[20], &p->umask)) return false;
    if (p->close_fds && p->errpipe_write < 3) return ob_fail(ob_raise(&ob_exc_ValueError, "errpipe_write must be >= 3"));
    if (!keep_of(a[3], p)) return false;
    if (!ob_is_list(a[0]) && !ob_is_tuple(a[0]) && !ob_is_none(a[0])) return ob_fail(ob_raise(&ob_exc_TypeError, "expected tuple or list"));
    if (!strings_of("fork_exec", a[1], &p->programs) || (!ob_is_none(a[0]) && !strings_of("fork_exec", a[0], &p->argv)) ||
        (!ob_is_none(a[5]) && !strings_of("fork_exec", a[5], &p->envp)))
        return false;
    if (!p->argv && !(p->argv = calloc(1, sizeof *p->argv))) return ob_fail(ob_raise_memory());
    if (!ob_is_none(a[4])) {
        if (!posix_path_of("fork_exec", a[4], false, &cwd)) return false;
        p->cwd = cwd.text;
    }
    if (!ids_of(a, p)) return false;
    p->preexec = ob_is_none(a[21]) ? OB_NULL : a[21];
    p->vforked = allow_vfork && ob_is_null(p->preexec) && !p->set_uid && !p->set_gid && !p->set_groups;
    return true;
}

static NOINLINE pid_t start_vfork(plan *p) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &p->mask);       /* a handler of ours must not run in the child */
    pid_t pid = vfork();
    if (pid == 0) child_exec(p);
    int err = errno;
    pthread_sigmask(SIG_SETMASK, &p->mask, NULL);
    errno = err;
    return pid;
}
static pid_t plain_fork(void *arg UNUSED) { return fork(); }
static pid_t fork_and_exec(void *arg) {
    pid_t pid = fork();
    if (pid == 0) child_exec(arg);
    return pid;
}

static pid_t start(plan *p) {
    if (!ob_is_null(p->preexec)) {
        pid_t pid = py_fork(plain_fork, NULL);
        if (pid == 0) child_exec(p);
        return pid;
    }
    py_blocking_enter();
    pid_t pid = p->vforked ? start_vfork(p) : fork_and_exec(p);
    int err = errno;
    py_blocking_leave();
    errno = err;
    return pid;
}

OB_FN(fork_exec) {
    plan p = {0};
    ob_val result = OB_NULL;
    if (plan_of(a, &p) && py_io_sync_own() && ob_external()) {
        pid_t pid = start(&p);
        result = pid < 0 ? ob_raise_errno(errno, OB_NULL) : ob_from_small(pid);
    }
    plan_release(&p);
    return result;
}

static const ob_def defs[] = {
    {"fork_exec", fork_exec, "args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, "
                             "errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, allow_vfork, /",
     "Starts a program in a new process; gives its id.", 0},
    {0}};
const ob_module_def py_mod__posixsubprocess = {"_posixsubprocess", "What subprocess needs to start programs.", defs, NULL};
