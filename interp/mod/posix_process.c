/* posix_process.c: processes, users, the machine. */
#include "interp/mod/posix_int.h"
#include "interp/mod/io_pending.h"
#include "interp/run/fork.h"
#include "objspace/set.h"
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static ob_type *uname_type, *times_type;

#define ID(name, call) NATIVE(name) { return ob_int_from_i64((int64_t)(call)); }
ID(p_getpid, getpid()) ID(p_getppid, getppid()) ID(p_getuid, getuid()) ID(p_geteuid, geteuid()) ID(p_getgid, getgid()) ID(p_getegid, getegid()) ID(p_getpgrp, getpgrp())

NATIVE(p_exit) {
    int status;
    if (!posix_int(a[0], &status) || !ob_external()) return OB_NULL;
    _exit(status);
}
NATIVE(p_abort) { abort(); }
NATIVE(p_kill) {
    int pid, sig;
    if (!posix_int(a[0], &pid) || !posix_int(a[1], &sig) || !ob_external()) return OB_NULL;
    return kill(pid, sig) < 0 ? posix_done(-1, NULL) : ob_poll() ? OB_NONE : OB_NULL;
}
NATIVE(p_getpgid) { int pid; return !posix_int(a[0], &pid) ? OB_NULL : getpgid(pid) < 0 ? posix_done(-1, NULL) : ob_from_small(getpgid(pid)); }
NATIVE(p_setsid) { return !ob_external() ? OB_NULL : setsid() < 0 ? posix_done(-1, NULL) : OB_NONE; }
NATIVE(p_nice) { int by; if (!posix_int(a[0], &by) || !ob_external()) return OB_NULL; errno = 0; int r = nice(by); return r == -1 && errno ? posix_done(-1, NULL) : ob_from_small(r); }

static pid_t plain_fork(void *arg UNUSED) { return fork(); }
NATIVE(p_fork) {
    if (!py_io_sync_own() || !ob_external()) return OB_NULL;
    pid_t pid = py_fork(plain_fork, NULL);
    return pid < 0 ? posix_done(-1, NULL) : ob_from_small(pid);
}
static ob_val wait_for(int pid, int options) {
    int status = 0;
    pid_t r;
    if (!ob_external()) return OB_NULL;
    POSIX_RETRY(r, waitpid(pid, &status, options));
    return r < 0 ? posix_done(-1, NULL) : ob_tuple_of2(ob_from_small(r), ob_from_small(status));
}
NATIVE(p_waitpid) { int pid, options; return posix_int(a[0], &pid) && posix_int(a[1], &options) ? wait_for(pid, options) : OB_NULL; }
NATIVE(p_wait) { return wait_for(-1, 0); }
NATIVE(p_system) {
    posix_path p;
    if (!posix_path_of("system", a[0], false, &p) || !py_io_sync_own() || !ob_external()) return OB_NULL;
    py_blocking_enter();
    int r = system(p.text);
    py_blocking_leave();
    return ob_from_small(r);
}

char **posix_strings(ob_val v) {
    ob_val t = ob_tuple_of_iterable(v);
    if (ob_is_null(t)) return NULL;
    char **p = calloc(ob_tuple_len(t) + 1, sizeof *p);
    if (!p) return ob_fail_ptr(ob_raise_memory());
    for (size_t i = 0; i < ob_tuple_len(t); i++) {
        posix_path s;
        if (!posix_path_of("exec", ob_tuple_at(t, i), false, &s) || !(p[i] = strdup(s.text))) {
            for (size_t k = 0; k < i; k++) free(p[k]);
            free(p);
            return NULL;
        }
    }
    return p;
}
char **posix_environment(ob_val d) {
    ob_val list = ob_list_new(8), items = ob_call_method(d, OB_NAME(items), NULL, 0), it = ob_is_null(items) ? items : ob_iter(items);
    if (ob_is_null(list) || ob_is_null(it)) return NULL;
    for (ob_val kv; !ob_is_null(kv = ob_next(it));) {
        posix_path k, v;
        if (!ob_is_tuple(kv) || ob_tuple_len(kv) != 2) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "env must be a mapping"));
        if (!posix_path_of("exec", ob_tuple_at(kv, 0), false, &k) || !posix_path_of("exec", ob_tuple_at(kv, 1), false, &v)) return NULL;
        size_t n = strlen(k.text);
        if (n == 0 || strchr(k.text + 1, '=')) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "illegal environment variable name"));
        ob_val b = ob_bytes_alloc(n + 1 + strlen(v.text));
        if (ob_is_null(b)) return NULL;
        memcpy(ob_bytes_ptr(b)->data, k.text, n);
        ob_bytes_ptr(b)->data[n] = '=';
        memcpy(ob_bytes_ptr(b)->data + n + 1, v.text, strlen(v.text));
        if (!ob_list_append(list, b)) return NULL;
    }
    return ob_failed() ? NULL : posix_strings(list);
}
void posix_strings_free(char **v) {
    for (char **p = v; p && *p; p++) free(*p);
    free(v);
}
static ob_val do_exec(const ob_val *a, bool with_env) {
    posix_path p;
    if (!posix_path_of(with_env ? "execve" : "execv", a[0], with_env, &p)) return OB_NULL;
    if (!ob_is_list(a[1]) && !ob_is_tuple(a[1])) return ob_raise(&ob_exc_TypeError, "%s: argv must be a tuple or list", with_env ? "execve" : "execv");
    char **args = posix_strings(a[1]), **env = args && with_env ? posix_environment(a[2]) : NULL;
    bool ok = args && (!with_env || env), tried = false;
    if (ok && !*args) ob_raise(&ob_exc_ValueError, "%s arg 2 must not be empty", with_env ? "execve: argv" : "execv()");
    else if (ok && !**args) ob_raise(&ob_exc_ValueError, "%s arg 2 first element cannot be empty", with_env ? "execve: argv" : "execv()");
    else if (ok && py_io_sync_own() && ob_external()) {
        if (!p.text) fexecve(p.fd, args, env);
        else if (with_env) execve(p.text, args, env);
        else execv(p.text, args);
        tried = true;
    }
    int err = errno;
    posix_strings_free(args);
    posix_strings_free(env);
    errno = err;
    return tried ? posix_done(-1, &p) : OB_NULL;
}
NATIVE(p_execv) { return do_exec(a, false); }
NATIVE(p_execve) { return do_exec(a, true); }

#define STATUS(name, macro, result) NATIVE(name) { int s; return posix_int(a[0], &s) ? result(macro(s)) : OB_NULL; }
#define AS_BOOL(x) ob_bool((x) != 0)
STATUS(p_wifexited, WIFEXITED, AS_BOOL) STATUS(p_wifsignaled, WIFSIGNALED, AS_BOOL) STATUS(p_wifstopped, WIFSTOPPED, AS_BOOL) STATUS(p_wcoredump, WCOREDUMP, AS_BOOL)
STATUS(p_wexitstatus, WEXITSTATUS, ob_from_small) STATUS(p_wtermsig, WTERMSIG, ob_from_small) STATUS(p_wstopsig, WSTOPSIG, ob_from_small)
NATIVE(p_waitstatus) {
    int s;
    if (!posix_int(a[0], &s)) return OB_NULL;
    if (WIFEXITED(s)) return ob_from_small(WEXITSTATUS(s));
    if (WIFSIGNALED(s)) return ob_from_small(-WTERMSIG(s));
    return ob_raise(&ob_exc_ValueError, "invalid wait status: %d", s);
}

NATIVE(p_cpu_count) { long c = sysconf(_SC_NPROCESSORS_ONLN); return c > 0 ? ob_from_small(c) : OB_NONE; }
NATIVE(p_sched_getaffinity) {
    int pid;
    cpu_set_t set;
    if (!posix_int(a[0], &pid)) return OB_NULL;
    if (sched_getaffinity(pid, sizeof set, &set) < 0) return posix_done(-1, NULL);
    ob_val list = ob_list_new(8);
    for (int i = 0; i < CPU_SETSIZE; i++) if (CPU_ISSET(i, &set) && !ob_list_append(list, ob_from_small(i))) return OB_NULL;
    return ob_set_of_iterable(list);
}
NATIVE(p_sched_yield) { return OB_NONE; }
NATIVE(p_getloadavg) {
    double l[3];
    if (getloadavg(l, 3) != 3) return ob_raise(&ob_exc_OSError, "Load averages are unobtainable");
    return ob_tuple_of3(ob_float_from(l[0]), ob_float_from(l[1]), ob_float_from(l[2]));
}
NATIVE(p_uname) {
    struct utsname u;
    if (uname(&u) < 0) return posix_done(-1, NULL);
    ob_val v[5] = {ob_str_from_c(u.sysname), ob_str_from_c(u.nodename), ob_str_from_c(u.release), ob_str_from_c(u.version), ob_str_from_c(u.machine)};
    return ob_structseq_new(uname_type, v);
}
NATIVE(p_times) {
    struct tms t;
    clock_t now = times(&t);
    double hz = (double)sysconf(_SC_CLK_TCK);
    ob_val v[5] = {ob_float_from((double)t.tms_utime / hz), ob_float_from((double)t.tms_stime / hz), ob_float_from((double)t.tms_cutime / hz),
        ob_float_from((double)t.tms_cstime / hz), ob_float_from((double)now / hz)};
    return ob_structseq_new(times_type, v);
}
NATIVE(p_getlogin) { char *s = getlogin(); return s ? ob_str_fsdecode(s, strlen(s)) : posix_done(-1, NULL); }

const ob_def posix_process_defs[] = {
    {"WCOREDUMP", p_wcoredump, "status, /", NULL, 0}, {"WEXITSTATUS", p_wexitstatus, "status", NULL, 0}, {"WIFEXITED", p_wifexited, "status", NULL, 0},
    {"WIFSIGNALED", p_wifsignaled, "status", NULL, 0}, {"WIFSTOPPED", p_wifstopped, "status", NULL, 0}, {"WSTOPSIG", p_wstopsig, "status", NULL, 0},
    {"WTERMSIG", p_wtermsig, "status", NULL, 0}, {"_exit", p_exit, "status", NULL, 0}, {"abort", p_abort, "", NULL, 0}, {"cpu_count", p_cpu_count, "", NULL, 0},
    {"execv", p_execv, "path, argv, /", NULL, 0}, {"execve", p_execve, "path, argv, env", NULL, 0}, {"fork", p_fork, "", NULL, 0}, {"getegid", p_getegid, "", NULL, 0},
    {"geteuid", p_geteuid, "", NULL, 0}, {"getgid", p_getgid, "", NULL, 0}, {"getloadavg", p_getloadavg, "", NULL, 0}, {"getlogin", p_getlogin, "", NULL, 0},
    {"getpgid", p_getpgid, "pid", NULL, 0}, {"getpgrp", p_getpgrp, "", NULL, 0}, {"getpid", p_getpid, "", NULL, 0}, {"getppid", p_getppid, "", NULL, 0},
    {"getuid", p_getuid, "", NULL, 0}, {"kill", p_kill, "pid, signal, /", NULL, 0}, {"nice", p_nice, "increment, /", NULL, 0},
    {"sched_getaffinity", p_sched_getaffinity, "pid, /", NULL, 0}, {"sched_yield", p_sched_yield, "", NULL, 0}, {"setsid", p_setsid, "", NULL, 0},
    {"system", p_system, "command", NULL, 0}, {"times", p_times, "", NULL, 0}, {"uname", p_uname, "", NULL, 0},
    {"wait", p_wait, "", NULL, 0}, {"waitpid", p_waitpid, "pid, options, /", NULL, 0}, {"waitstatus_to_exitcode", p_waitstatus, "status", NULL, 0}, {0}};

bool posix_process_fill(ob_val m) {
    static const char *const u[] = {"sysname", "nodename", "release", "version", "machine", NULL};
    static const char *const t[] = {"user", "system", "children_user", "children_system", "elapsed", NULL};
    uname_type = ob_structseq_type_new("posix.uname_result", u, 5);
    times_type = ob_structseq_type_new("posix.times_result", t, 5);
    return uname_type && times_type && ob_module_add_defs(m, posix_process_defs) && ob_module_add(m, "uname_result", ob_of(uname_type)) &&
           ob_module_add(m, "times_result", ob_of(times_type));
}
