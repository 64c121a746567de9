/* posix_ids.c: users, groups and process groups, scheduling, and the waits that say more than waitpid.  Locks: none. */
#include "interp/mod/posix_int.h"
#include "base/mem.h"
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static ob_type *param_type, *waitid_type;

#define SET_ID(name, convert, type, call) NATIVE(name) { type id; return convert(a[0], &id) && ob_external() ? posix_done(call(id), NULL) : OB_NULL; }
SET_ID(i_setuid, posix_uid, uid_t, setuid) SET_ID(i_seteuid, posix_uid, uid_t, seteuid) SET_ID(i_setgid, posix_gid, gid_t, setgid) SET_ID(i_setegid, posix_gid, gid_t, setegid)
NATIVE(i_setreuid) { uid_t r, e; return posix_uid(a[0], &r) && posix_uid(a[1], &e) && ob_external() ? posix_done(setreuid(r, e), NULL) : OB_NULL; }
NATIVE(i_setregid) { gid_t r, e; return posix_gid(a[0], &r) && posix_gid(a[1], &e) && ob_external() ? posix_done(setregid(r, e), NULL) : OB_NULL; }
NATIVE(i_setresuid) {
    uid_t r, e, s;
    return posix_uid(a[0], &r) && posix_uid(a[1], &e) && posix_uid(a[2], &s) && ob_external() ? posix_done(setresuid(r, e, s), NULL) : OB_NULL;
}
NATIVE(i_setresgid) {
    gid_t r, e, s;
    return posix_gid(a[0], &r) && posix_gid(a[1], &e) && posix_gid(a[2], &s) && ob_external() ? posix_done(setresgid(r, e, s), NULL) : OB_NULL;
}
NATIVE(i_getresuid) {
    uid_t r, e, s;
    return getresuid(&r, &e, &s) < 0 ? posix_done(-1, NULL) : ob_tuple_of3(ob_from_small(r), ob_from_small(e), ob_from_small(s));
}
NATIVE(i_getresgid) {
    gid_t r, e, s;
    return getresgid(&r, &e, &s) < 0 ? posix_done(-1, NULL) : ob_tuple_of3(ob_from_small(r), ob_from_small(e), ob_from_small(s));
}
static ob_val id_list(const gid_t *g, size_t n) {
    ob_val l = ob_list_new(n);
    for (size_t i = 0; i < n && !ob_is_null(l); i++) if (!ob_list_append(l, ob_from_small(g[i]))) return OB_NULL;
    return l;
}
NATIVE(i_getgroups) {
    int count = getgroups(0, NULL);
    gid_t *g = count < 0 ? NULL : base_mem_alloc(((size_t)count + 1) * sizeof *g);
    if (!g) return count < 0 ? posix_done(-1, NULL) : ob_raise_memory();
    count = getgroups(count, g);
    ob_val v = count < 0 ? posix_done(-1, NULL) : id_list(g, (size_t)count);
    base_mem_free(g);
    return v;
}
NATIVE(i_setgroups) {
    if (!ob_type_of(a[0])->slots.getitem || ob_is_dict(a[0])) return ob_raise(&ob_exc_TypeError, "setgroups argument must be a sequence");
    ob_val t = ob_tuple_of_iterable(a[0]);
    if (ob_is_null(t)) return OB_NULL;
    size_t count = ob_tuple_len(t);
    if (count > NGROUPS_MAX) return ob_raise(&ob_exc_ValueError, "too many groups");
    gid_t *g = base_mem_alloc((count + 1) * sizeof *g);
    if (!g) return ob_raise_memory();
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        if (!ob_is_int(ob_tuple_at(t, i))) ok = ob_fail(ob_raise(&ob_exc_TypeError, "groups must be integers"));
        else ok = posix_gid(ob_tuple_at(t, i), &g[i]);
    }
    ob_val v = ok && ob_external() ? posix_done(setgroups(count, g), NULL) : OB_NULL;
    base_mem_free(g);
    return v;
}
NATIVE(i_initgroups) {
    posix_path p;
    gid_t gid;
    return posix_path_of("initgroups", a[0], false, &p) && posix_gid(a[1], &gid) && ob_external() ? posix_done(initgroups(p.text, gid), NULL) : OB_NULL;
}
NATIVE(i_getgrouplist) {
    gid_t gid, *g = NULL;
    int room = 64, n_;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "getgrouplist() argument 1 must be str, not %.50T", a[0]);
    const char *user = ob_str_utf8(a[0], NULL);
    if (!user || !posix_gid(a[1], &gid)) return OB_NULL;
    do {
        base_mem_free(g);
        if (!(g = base_mem_alloc((size_t)room * sizeof *g))) return ob_raise_memory();
        n_ = room;
    } while (getgrouplist(user, gid, g, &n_) < 0 && (room = n_ > room ? n_ : room * 2) < (1 << 20));
    ob_val v = id_list(g, n_ < 0 ? 0 : (size_t)n_);
    base_mem_free(g);
    return v;
}

/* ---- process groups, priorities ---- */

static ob_val number(int r) { return r < 0 ? posix_done(-1, NULL) : ob_from_small(r); }
NATIVE(i_getsid) { int pid; return posix_int(a[0], &pid) ? number(getsid(pid)) : OB_NULL; }
NATIVE(i_setpgid) { int pid, group; return posix_int(a[0], &pid) && posix_int(a[1], &group) && ob_external() ? posix_done(setpgid(pid, group), NULL) : OB_NULL; }
NATIVE(i_setpgrp) { return ob_external() ? posix_done(setpgid(0, 0), NULL) : OB_NULL; }
NATIVE(i_killpg) {
    int group, sig;
    if (!posix_int(a[0], &group) || !posix_int(a[1], &sig) || !ob_external()) return OB_NULL;
    return killpg(group, sig) < 0 ? posix_done(-1, NULL) : ob_poll() ? OB_NONE : OB_NULL;
}
NATIVE(i_getpriority) {
    int which, who;
    if (!posix_int(a[0], &which) || !posix_int(a[1], &who)) return OB_NULL;
    errno = 0;
    int r = getpriority((__priority_which_t)which, (id_t)who);
    return errno ? posix_done(-1, NULL) : ob_from_small(r);
}
NATIVE(i_setpriority) {
    int which, who, p;
    return posix_int(a[0], &which) && posix_int(a[1], &who) && posix_int(a[2], &p) && ob_external() ? posix_done(setpriority((__priority_which_t)which, (id_t)who, p), NULL) : OB_NULL;
}

/* ---- scheduling ---- */

static bool param_of(ob_val v, struct sched_param *out) {
    if (!ob_is_exact(v, param_type)) return ob_fail(ob_raise(&ob_exc_TypeError, "must have a sched_param object"));
    int64_t i;
    if (!ob_index_i64(ob_tuple_at(v, 0), &i)) return false;
    if (i > INT_MAX || i < INT_MIN) return ob_fail(ob_raise(&ob_exc_OverflowError, "sched_priority out of range"));
    out->sched_priority = (int)i;
    return true;
}
NATIVE(i_sched_getscheduler) { int pid; return posix_int(a[0], &pid) ? number(sched_getscheduler(pid)) : OB_NULL; }
NATIVE(i_sched_setscheduler) {
    int pid, policy;
    struct sched_param p;
    if (!posix_int(a[0], &pid) || !posix_int(a[1], &policy) || !param_of(a[2], &p) || !ob_external()) return OB_NULL;
    return posix_done(sched_setscheduler(pid, policy, &p), NULL);
}
NATIVE(i_sched_getparam) {
    int pid;
    struct sched_param p;
    if (!posix_int(a[0], &pid)) return OB_NULL;
    if (sched_getparam(pid, &p) < 0) return posix_done(-1, NULL);
    ob_val v = ob_from_small(p.sched_priority);
    return ob_structseq_new(param_type, &v);
}
NATIVE(i_sched_setparam) {
    int pid;
    struct sched_param p;
    return posix_int(a[0], &pid) && param_of(a[1], &p) && ob_external() ? posix_done(sched_setparam(pid, &p), NULL) : OB_NULL;
}
NATIVE(i_priority_max) { int policy; return posix_int(a[0], &policy) ? number(sched_get_priority_max(policy)) : OB_NULL; }
NATIVE(i_priority_min) { int policy; return posix_int(a[0], &policy) ? number(sched_get_priority_min(policy)) : OB_NULL; }
NATIVE(i_rr_interval) {
    int pid;
    struct timespec t;
    if (!posix_int(a[0], &pid)) return OB_NULL;
    return sched_rr_get_interval(pid, &t) < 0 ? posix_done(-1, NULL) : ob_float_from((double)t.tv_sec + 1e-9 * (double)t.tv_nsec);
}
NATIVE(i_setaffinity) {
    int pid;
    cpu_set_t set;
    ob_val it = ob_iter(a[1]);
    if (ob_is_null(it) || !posix_int(a[0], &pid)) return OB_NULL;
    CPU_ZERO(&set);
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        int64_t cpu;
        if (!ob_is_int(x)) return ob_raise(&ob_exc_TypeError, "expected an iterator of ints, but iterator yielded %R", ob_of(ob_type_of(x)));
        if (!ob_int_to_i64(x, &cpu)) return OB_NULL;
        if (cpu < 0) return ob_raise(&ob_exc_ValueError, "negative CPU number");
        if (cpu >= CPU_SETSIZE) return ob_raise(&ob_exc_OverflowError, "CPU number too large");
        CPU_SET((size_t)cpu, &set);
    }
    return !ob_failed() && ob_external() ? posix_done(sched_setaffinity(pid, sizeof set, &set), NULL) : OB_NULL;
}

/* ---- waits ---- */

static ob_val seconds(struct timeval t) { return ob_float_from((double)t.tv_sec + 1e-6 * (double)t.tv_usec); }
/* The result has the type of the module resource. */
static ob_val rusage_of(const struct rusage *u) {
    ob_val name = ob_str_intern_c("resource"), m = ob_is_null(name) ? name : ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0), t = ob_is_null(m) ? m : ob_getattr_c(m, "struct_rusage");
    if (ob_is_null(t)) return t;
    ob_val v[16] = {seconds(u->ru_utime), seconds(u->ru_stime), ob_int_from_i64(u->ru_maxrss), ob_int_from_i64(u->ru_ixrss), ob_int_from_i64(u->ru_idrss),
        ob_int_from_i64(u->ru_isrss), ob_int_from_i64(u->ru_minflt), ob_int_from_i64(u->ru_majflt), ob_int_from_i64(u->ru_nswap), ob_int_from_i64(u->ru_inblock),
        ob_int_from_i64(u->ru_oublock), ob_int_from_i64(u->ru_msgsnd), ob_int_from_i64(u->ru_msgrcv), ob_int_from_i64(u->ru_nsignals), ob_int_from_i64(u->ru_nvcsw),
        ob_int_from_i64(u->ru_nivcsw)};
    return ob_structseq_new(ob_type_ptr(t), v);
}
static ob_val wait_with_usage(int pid, int options) {
    int status = 0;
    pid_t r;
    struct rusage u = {0};
    if (!ob_external()) return OB_NULL;
    POSIX_RETRY(r, wait4(pid, &status, options, &u));
    if (r < 0) return posix_done(-1, NULL);
    ob_val usage = rusage_of(&u);
    return ob_is_null(usage) ? usage : ob_tuple_of3(ob_from_small(r), ob_from_small(status), usage);
}
NATIVE(i_wait3) { int options; return posix_int(a[0], &options) ? wait_with_usage(-1, options) : OB_NULL; }
NATIVE(i_wait4) { int pid, options; return posix_int(a[0], &pid) && posix_int(a[1], &options) ? wait_with_usage(pid, options) : OB_NULL; }
NATIVE(i_waitid) {
    int kind, id, options, r;
    siginfo_t si = {0};
    if (!posix_int(a[0], &kind) || !posix_int(a[1], &id) || !posix_int(a[2], &options) || !ob_external()) return OB_NULL;
    POSIX_RETRY(r, waitid((idtype_t)kind, (id_t)id, &si, options));
    if (r < 0) return posix_done(-1, NULL);
    if (si.si_pid == 0) return OB_NONE;
    ob_val v[5] = {ob_from_small(si.si_pid), ob_from_small(si.si_uid), ob_from_small(si.si_signo), ob_from_small(si.si_status), ob_from_small(si.si_code)};
    return ob_structseq_new(waitid_type, v);
}
NATIVE(i_wifcontinued) { int s; return posix_int(a[0], &s) ? ob_bool(WIFCONTINUED(s)) : OB_NULL; }

static const ob_def defs[] = {
    {"WIFCONTINUED", i_wifcontinued, "status", NULL, 0}, {"getgrouplist", i_getgrouplist, "user, group, /", NULL, 0}, {"getgroups", i_getgroups, "", NULL, 0},
    {"getpriority", i_getpriority, "which, who", NULL, 0}, {"getresgid", i_getresgid, "", NULL, 0}, {"getresuid", i_getresuid, "", NULL, 0}, {"getsid", i_getsid, "pid, /", NULL, 0},
    {"initgroups", i_initgroups, "username, gid, /", NULL, 0}, {"killpg", i_killpg, "pgid, signal, /", NULL, 0},
    {"sched_get_priority_max", i_priority_max, "policy", NULL, 0}, {"sched_get_priority_min", i_priority_min, "policy", NULL, 0},
    {"sched_getparam", i_sched_getparam, "pid, /", NULL, 0}, {"sched_getscheduler", i_sched_getscheduler, "pid, /", NULL, 0},
    {"sched_rr_get_interval", i_rr_interval, "pid, /", NULL, 0}, {"sched_setaffinity", i_setaffinity, "pid, mask, /", NULL, 0},
    {"sched_setparam", i_sched_setparam, "pid, param, /", NULL, 0}, {"sched_setscheduler", i_sched_setscheduler, "pid, policy, param, /", NULL, 0},
    {"setegid", i_setegid, "egid, /", NULL, 0}, {"seteuid", i_seteuid, "euid, /", NULL, 0}, {"setgid", i_setgid, "gid, /", NULL, 0}, {"setgroups", i_setgroups, "groups, /", NULL, 0},
    {"setpgid", i_setpgid, "pid, pgrp, /", NULL, 0}, {"setpgrp", i_setpgrp, "", NULL, 0}, {"setpriority", i_setpriority, "which, who, priority", NULL, 0},
    {"setregid", i_setregid, "rgid, egid, /", NULL, 0}, {"setresgid", i_setresgid, "rgid, egid, sgid, /", NULL, 0}, {"setresuid", i_setresuid, "ruid, euid, suid, /", NULL, 0},
    {"setreuid", i_setreuid, "ruid, euid, /", NULL, 0}, {"setuid", i_setuid, "uid, /", NULL, 0}, {"wait3", i_wait3, "options", NULL, 0}, {"wait4", i_wait4, "pid, options", NULL, 0},
    {"waitid", i_waitid, "idtype, id, options, /", NULL, 0}, {0}};

static ob_val param_new(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return ob_structseq_new(ob_type_ptr(self), a); }
static ob_val param_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"sched_param", param_new, "sched_priority", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}

bool posix_ids_fill(ob_val m) {
    static const char *const param[] = {"sched_priority", NULL};
    static const char *const waited[] = {"si_pid", "si_uid", "si_signo", "si_status", "si_code", NULL};
    param_type = ob_structseq_type_new("posix.sched_param", param, 1);
    waitid_type = ob_structseq_type_new("posix.waitid_result", waited, 5);
    if (param_type) param_type->slots.make = param_make;          /* the value itself, not a sequence */
    return param_type && waitid_type && ob_module_add_defs(m, defs) && ob_module_add(m, "sched_param", ob_of(param_type)) && ob_module_add(m, "waitid_result", ob_of(waitid_type));
}
