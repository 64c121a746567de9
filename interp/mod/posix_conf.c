/* posix_conf.c: what the system says of itself by name: sysconf, pathconf, confstr.  Locks: none. */
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "base/mem.h"
#include <unistd.h>

#define SYSCONF(C) \
    C(SC_2_CHAR_TERM) C(SC_2_C_BIND) C(SC_2_C_DEV) C(SC_2_C_VERSION) C(SC_2_FORT_DEV) C(SC_2_FORT_RUN) C(SC_2_LOCALEDEF) C(SC_2_SW_DEV) C(SC_2_UPE) \
    C(SC_2_VERSION) C(SC_AIO_LISTIO_MAX) C(SC_AIO_MAX) C(SC_AIO_PRIO_DELTA_MAX) C(SC_ARG_MAX) C(SC_ASYNCHRONOUS_IO) C(SC_ATEXIT_MAX) \
    C(SC_AVPHYS_PAGES) C(SC_BC_BASE_MAX) C(SC_BC_DIM_MAX) C(SC_BC_SCALE_MAX) C(SC_BC_STRING_MAX) C(SC_CHARCLASS_NAME_MAX) C(SC_CHAR_BIT) \
    C(SC_CHAR_MAX) C(SC_CHAR_MIN) C(SC_CHILD_MAX) C(SC_CLK_TCK) C(SC_COLL_WEIGHTS_MAX) C(SC_DELAYTIMER_MAX) C(SC_EQUIV_CLASS_MAX) C(SC_EXPR_NEST_MAX) \
    C(SC_FSYNC) C(SC_GETGR_R_SIZE_MAX) C(SC_GETPW_R_SIZE_MAX) C(SC_INT_MAX) C(SC_INT_MIN) C(SC_IOV_MAX) C(SC_JOB_CONTROL) C(SC_LINE_MAX) \
    C(SC_LOGIN_NAME_MAX) C(SC_LONG_BIT) C(SC_MAPPED_FILES) C(SC_MB_LEN_MAX) C(SC_MEMLOCK) C(SC_MEMLOCK_RANGE) C(SC_MEMORY_PROTECTION) \
    C(SC_MESSAGE_PASSING) C(SC_MINSIGSTKSZ) C(SC_MQ_OPEN_MAX) C(SC_MQ_PRIO_MAX) C(SC_NGROUPS_MAX) C(SC_NL_ARGMAX) C(SC_NL_LANGMAX) C(SC_NL_MSGMAX) \
    C(SC_NL_NMAX) C(SC_NL_SETMAX) C(SC_NL_TEXTMAX) C(SC_NPROCESSORS_CONF) C(SC_NPROCESSORS_ONLN) C(SC_NZERO) C(SC_OPEN_MAX) C(SC_PAGESIZE) \
    C(SC_PAGE_SIZE) C(SC_PASS_MAX) C(SC_PHYS_PAGES) C(SC_PII) C(SC_PII_INTERNET) C(SC_PII_INTERNET_DGRAM) C(SC_PII_INTERNET_STREAM) C(SC_PII_OSI) \
    C(SC_PII_OSI_CLTS) C(SC_PII_OSI_COTS) C(SC_PII_OSI_M) C(SC_PII_SOCKET) C(SC_PII_XTI) C(SC_POLL) C(SC_PRIORITIZED_IO) C(SC_PRIORITY_SCHEDULING) \
    C(SC_REALTIME_SIGNALS) C(SC_RE_DUP_MAX) C(SC_RTSIG_MAX) C(SC_SAVED_IDS) C(SC_SCHAR_MAX) C(SC_SCHAR_MIN) C(SC_SELECT) C(SC_SEMAPHORES) \
    C(SC_SEM_NSEMS_MAX) C(SC_SEM_VALUE_MAX) C(SC_SHARED_MEMORY_OBJECTS) C(SC_SHRT_MAX) C(SC_SHRT_MIN) C(SC_SIGQUEUE_MAX) C(SC_SSIZE_MAX) \
    C(SC_STREAM_MAX) C(SC_SYNCHRONIZED_IO) C(SC_THREADS) C(SC_THREAD_ATTR_STACKADDR) C(SC_THREAD_ATTR_STACKSIZE) C(SC_THREAD_DESTRUCTOR_ITERATIONS) \
    C(SC_THREAD_KEYS_MAX) C(SC_THREAD_PRIORITY_SCHEDULING) C(SC_THREAD_PRIO_INHERIT) C(SC_THREAD_PRIO_PROTECT) C(SC_THREAD_PROCESS_SHARED) \
    C(SC_THREAD_SAFE_FUNCTIONS) C(SC_THREAD_STACK_MIN) C(SC_THREAD_THREADS_MAX) C(SC_TIMERS) C(SC_TIMER_MAX) C(SC_TTY_NAME_MAX) C(SC_TZNAME_MAX) \
    C(SC_T_IOV_MAX) C(SC_UCHAR_MAX) C(SC_UINT_MAX) C(SC_UIO_MAXIOV) C(SC_ULONG_MAX) C(SC_USHRT_MAX) C(SC_VERSION) C(SC_WORD_BIT) \
    C(SC_XBS5_ILP32_OFF32) C(SC_XBS5_ILP32_OFFBIG) C(SC_XBS5_LP64_OFF64) C(SC_XBS5_LPBIG_OFFBIG) C(SC_XOPEN_CRYPT) C(SC_XOPEN_ENH_I18N) \
    C(SC_XOPEN_LEGACY) C(SC_XOPEN_REALTIME) C(SC_XOPEN_REALTIME_THREADS) C(SC_XOPEN_SHM) C(SC_XOPEN_UNIX) C(SC_XOPEN_VERSION) C(SC_XOPEN_XCU_VERSION) \
    C(SC_XOPEN_XPG2) C(SC_XOPEN_XPG3) C(SC_XOPEN_XPG4)
#define PATHCONF(C) \
    C(PC_ALLOC_SIZE_MIN) C(PC_ASYNC_IO) C(PC_CHOWN_RESTRICTED) C(PC_FILESIZEBITS) C(PC_LINK_MAX) C(PC_MAX_CANON) C(PC_MAX_INPUT) C(PC_NAME_MAX) \
    C(PC_NO_TRUNC) C(PC_PATH_MAX) C(PC_PIPE_BUF) C(PC_PRIO_IO) C(PC_REC_INCR_XFER_SIZE) C(PC_REC_MAX_XFER_SIZE) C(PC_REC_MIN_XFER_SIZE) \
    C(PC_REC_XFER_ALIGN) C(PC_SOCK_MAXBUF) C(PC_SYMLINK_MAX) C(PC_SYNC_IO) C(PC_VDISABLE)
#define CONFSTR(C) \
    C(CS_GNU_LIBC_VERSION) C(CS_GNU_LIBPTHREAD_VERSION) C(CS_LFS64_CFLAGS) C(CS_LFS64_LDFLAGS) C(CS_LFS64_LIBS) C(CS_LFS64_LINTFLAGS) \
    C(CS_LFS_CFLAGS) C(CS_LFS_LDFLAGS) C(CS_LFS_LIBS) C(CS_LFS_LINTFLAGS) C(CS_PATH) C(CS_XBS5_ILP32_OFF32_CFLAGS) C(CS_XBS5_ILP32_OFF32_LDFLAGS) \
    C(CS_XBS5_ILP32_OFF32_LIBS) C(CS_XBS5_ILP32_OFF32_LINTFLAGS) C(CS_XBS5_ILP32_OFFBIG_CFLAGS) C(CS_XBS5_ILP32_OFFBIG_LDFLAGS) \
    C(CS_XBS5_ILP32_OFFBIG_LIBS) C(CS_XBS5_ILP32_OFFBIG_LINTFLAGS) C(CS_XBS5_LP64_OFF64_CFLAGS) C(CS_XBS5_LP64_OFF64_LDFLAGS) \
    C(CS_XBS5_LP64_OFF64_LIBS) C(CS_XBS5_LP64_OFF64_LINTFLAGS) C(CS_XBS5_LPBIG_OFFBIG_CFLAGS) C(CS_XBS5_LPBIG_OFFBIG_LDFLAGS) \
    C(CS_XBS5_LPBIG_OFFBIG_LIBS) C(CS_XBS5_LPBIG_OFFBIG_LINTFLAGS)
#define C(name) {#name, _##name},
static const py_constant sysconf_table[] = {SYSCONF(C)}, pathconf_table[] = {PATHCONF(C)}, confstr_table[] = {CONFSTR(C)};
#undef C

static bool name_of(ob_val v, const py_constant *table, size_t n, int *out) {
    if (!ob_is_str(v)) return ob_is_int(v) ? posix_int(v, out) : ob_fail(ob_raise(&ob_exc_TypeError, "configuration names must be strings or integers"));
    for (size_t i = 0; i < n; i++)
        if (ob_str_equal_c(v, table[i].name)) return *out = (int)table[i].value, true;
    return ob_fail(ob_raise(&ob_exc_ValueError, "unrecognized configuration name"));
}
NATIVE(c_sysconf) {
    int name;
    if (!name_of(a[0], sysconf_table, BASE_LENGTH(sysconf_table), &name)) return OB_NULL;
    errno = 0;
    long v = sysconf(name);
    return v == -1 && errno ? posix_done(-1, NULL) : ob_int_from_i64(v);
}
static ob_val path_limit(const posix_path *p, ob_val what) {
    int name;
    if (!name_of(what, pathconf_table, BASE_LENGTH(pathconf_table), &name)) return OB_NULL;
    errno = 0;
    long v = p->text ? pathconf(p->text, name) : fpathconf(p->fd, name);
    return v == -1 && errno ? posix_done(-1, p) : ob_int_from_i64(v);
}
NATIVE(c_pathconf) { posix_path p; return posix_path_of("pathconf", a[0], true, &p) ? path_limit(&p, a[1]) : OB_NULL; }
NATIVE(c_fpathconf) { posix_path p = {0}; return posix_int(a[0], &p.fd) ? path_limit(&p, a[1]) : OB_NULL; }
NATIVE(c_confstr) {
    int name;
    if (!name_of(a[0], confstr_table, BASE_LENGTH(confstr_table), &name)) return OB_NULL;
    errno = 0;
    size_t len = confstr(name, NULL, 0);
    if (len == 0) return errno ? posix_done(-1, NULL) : OB_NONE;
    char *buf = base_mem_alloc(len);
    if (!buf) return ob_raise_memory();
    confstr(name, buf, len);
    ob_val v = ob_str_fsdecode(buf, len - 1);
    base_mem_free(buf);
    return v;
}
static const ob_def defs[] = {
    {"confstr", c_confstr, "name, /", NULL, 0}, {"fpathconf", c_fpathconf, "fd, name, /", NULL, 0}, {"pathconf", c_pathconf, "path, name", NULL, 0},
    {"sysconf", c_sysconf, "name, /", NULL, 0}, {0}};

static bool add_table(ob_val m, const char *name, const py_constant *table, size_t n) {
    ob_val d = ob_dict_new();
    for (size_t i = 0; i < n && !ob_is_null(d); i++)
        if (!ob_dict_set_c(d, table[i].name, ob_from_small(table[i].value))) return false;
    return !ob_is_null(d) && ob_module_add(m, name, d);
}
bool posix_conf_fill(ob_val m) {
    return ob_module_add_defs(m, defs) && add_table(m, "sysconf_names", sysconf_table, BASE_LENGTH(sysconf_table)) &&
           add_table(m, "pathconf_names", pathconf_table, BASE_LENGTH(pathconf_table)) && add_table(m, "confstr_names", confstr_table, BASE_LENGTH(confstr_table));
}
