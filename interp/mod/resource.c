/* resource.c: the module resource: limits and use of the system's resources.  Locks: none. */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include <sys/resource.h>
#include <unistd.h>

static ob_type *rusage_type;

static ob_val seconds(struct timeval t) { return ob_float_from((double)t.tv_sec + (double)t.tv_usec * 1e-6); }
OB_FN(m_getrusage) {
    int who;
    struct rusage u;
    if (!posix_int(a[0], &who)) return OB_NULL;
    if (getrusage(who, &u) < 0) return errno == EINVAL ? ob_raise(&ob_exc_ValueError, "invalid who parameter") : ob_raise_errno(errno, OB_NULL);
    ob_val v[16] = {seconds(u.ru_utime), seconds(u.ru_stime), ob_int_from_i64(u.ru_maxrss), ob_int_from_i64(u.ru_ixrss), ob_int_from_i64(u.ru_idrss),
        ob_int_from_i64(u.ru_isrss), ob_int_from_i64(u.ru_minflt), ob_int_from_i64(u.ru_majflt), ob_int_from_i64(u.ru_nswap), ob_int_from_i64(u.ru_inblock),
        ob_int_from_i64(u.ru_oublock), ob_int_from_i64(u.ru_msgsnd), ob_int_from_i64(u.ru_msgrcv), ob_int_from_i64(u.ru_nsignals), ob_int_from_i64(u.ru_nvcsw),
        ob_int_from_i64(u.ru_nivcsw)};
    return ob_structseq_new(rusage_type, v);
}
static bool resource_of(ob_val v, int *out) {
    if (!posix_int(v, out)) return false;
    return (*out >= 0 && *out < RLIM_NLIMITS) || ob_fail(ob_raise(&ob_exc_ValueError, "invalid resource specified"));
}
static bool limit_of(ob_val v, rlim_t *out) {
    ob_val i = ob_index(v);
    int64_t x;
    if (ob_is_null(i) || !ob_int_to_i64(i, &x)) return false;
    *out = (rlim_t)x;
    return true;
}
static bool limits_of(ob_val v, struct rlimit *out) {
    ob_val t = ob_tuple_of_iterable(v);
    if (ob_is_null(t)) return false;
    if (ob_tuple_len(t) != 2) return ob_fail(ob_raise(&ob_exc_ValueError, "expected a tuple of 2 integers"));
    return limit_of(ob_tuple_at(t, 0), &out->rlim_cur) && limit_of(ob_tuple_at(t, 1), &out->rlim_max);
}
static ob_val pair_of(const struct rlimit *l) { return ob_tuple_of2(ob_int_from_i64((int64_t)l->rlim_cur), ob_int_from_i64((int64_t)l->rlim_max)); }
static ob_val refused(void) {
    if (errno == EINVAL) return ob_raise(&ob_exc_ValueError, "current limit exceeds maximum limit");
    if (errno == EPERM) return ob_raise(&ob_exc_ValueError, "not allowed to raise maximum limit");
    return ob_raise_errno(errno, OB_NULL);
}
OB_FN(m_getrlimit) {
    int r;
    struct rlimit l;
    if (!resource_of(a[0], &r)) return OB_NULL;
    return getrlimit((__rlimit_resource_t)r, &l) < 0 ? ob_raise_errno(errno, OB_NULL) : pair_of(&l);
}
OB_FN(m_setrlimit) {
    int r;
    struct rlimit l;
    if (!resource_of(a[0], &r) || !limits_of(a[1], &l) || !ob_external()) return OB_NULL;
    return setrlimit((__rlimit_resource_t)r, &l) < 0 ? refused() : OB_NONE;
}
OB_FN(m_prlimit) {
    int pid, r;
    struct rlimit l, old;
    bool set = !ob_is_null(a[2]) && !ob_is_none(a[2]);
    if (!posix_int(a[0], &pid) || !resource_of(a[1], &r) || (set && (!limits_of(a[2], &l) || !ob_external()))) return OB_NULL;
    if (prlimit(pid, (__rlimit_resource_t)r, set ? &l : NULL, &old) < 0) return errno == EINVAL ? refused() : ob_raise_errno(errno, OB_NULL);
    return pair_of(&old);
}
OB_FN(m_getpagesize) { return ob_from_small(sysconf(_SC_PAGESIZE)); }

static const ob_def defs[] = {
    {"getpagesize", m_getpagesize, "", NULL, 0}, {"getrlimit", m_getrlimit, "resource, /", NULL, 0}, {"getrusage", m_getrusage, "who, /", NULL, 0},
    {"prlimit", m_prlimit, "pid, resource, limits=None, /", NULL, 0}, {"setrlimit", m_setrlimit, "resource, limits, /", NULL, 0}, {0}};

#define CONSTANTS(C) \
    C(RLIMIT_AS) C(RLIMIT_CORE) C(RLIMIT_CPU) C(RLIMIT_DATA) C(RLIMIT_FSIZE) C(RLIMIT_MEMLOCK) C(RLIMIT_MSGQUEUE) C(RLIMIT_NICE) C(RLIMIT_NOFILE) \
    C(RLIMIT_NPROC) C(RLIMIT_OFILE) C(RLIMIT_RSS) C(RLIMIT_RTPRIO) C(RLIMIT_RTTIME) C(RLIMIT_SIGPENDING) C(RLIMIT_STACK) C(RLIM_INFINITY) \
    C(RUSAGE_CHILDREN) C(RUSAGE_SELF) C(RUSAGE_THREAD)
#define C(name) {#name, (int64_t)(name)},
static const py_constant constants[] = {CONSTANTS(C)};
#undef C

static bool fill(ob_val m) {
    static const char *const fields[] = {"ru_utime", "ru_stime", "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt", "ru_majflt", "ru_nswap",
        "ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv", "ru_nsignals", "ru_nvcsw", "ru_nivcsw", NULL};
    if (!rusage_type) rusage_type = ob_structseq_type_new("resource.struct_rusage", fields, 16);
    return rusage_type && ob_module_add(m, "struct_rusage", ob_of(rusage_type)) && ob_module_add(m, "error", ob_of(&ob_exc_OSError)) &&
           py_mod_constants(m, constants, BASE_LENGTH(constants));
}
const ob_module_def py_mod_resource = {"resource", "Limits and use of resources.", defs, fill};
