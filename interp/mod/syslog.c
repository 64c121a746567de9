/* syslog.c: the module syslog.
 * Locks: `lock` around the name that openlog() was given: the C library keeps the pointer. */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "interp/run/blocking.h"
#include "interp/run/import.h"
#include <pthread.h>
#include <stdlib.h>
#include <syslog.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *ident;              /* under lock */
static bool opened;              /* under lock */

static void do_open(char *name, int option, int facility) {      /* takes over name */
    pthread_mutex_lock(&lock);
    openlog(name, option, facility);
    free(ident);
    ident = name;
    opened = true;
    pthread_mutex_unlock(&lock);
}
/* The program's name: the last part of sys.argv[0]; NULL: there is none, or an exception. */
static char *program(void) {
    ob_val sys = ob_dict_get_c(py_modules, "sys"), argv = ob_is_null(sys) ? sys : ob_getattr_opt(sys, ob_str_intern_c("argv"));
    if (ob_is_null(argv) || !ob_is_list(argv) || ob_list_len(argv) == 0 || !ob_is_str(ob_list_at(argv, 0))) return NULL;
    const char *s = ob_str_wtf8(ob_list_at(argv, 0), NULL), *slash = s ? strrchr(s, '/') : NULL;
    if (slash) s = slash + 1;
    return s && *s ? strdup(s) : NULL;
}
OB_FN(m_openlog) {
    int option, facility = LOG_USER;
    const char *name = NULL;
    if (!ob_is_null(a[0]) && !ob_is_none(a[0])) {
        if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "openlog() argument 1 must be str, not %.50T", a[0]);
        if (!(name = ob_str_utf8(a[0], NULL))) return OB_NULL;
    }
    if (ob_is_null(a[1])) option = 0;
    else if (!posix_int(a[1], &option)) return OB_NULL;
    if ((!ob_is_null(a[2]) && !posix_int(a[2], &facility)) || !ob_external()) return OB_NULL;
    char *copy = name ? strdup(name) : program();
    if (ob_failed()) return OB_NULL;
    do_open(copy, option, facility);
    return OB_NONE;
}
OB_FN(m_syslog) {
    int priority = LOG_INFO;
    if (!py_mod_no_keywords("syslog", kw)) return OB_NULL;
    if (n < 1 || n > 2) return ob_raise(&ob_exc_TypeError, "[priority,] message string");
    if (n == 2 && !posix_int(a[0], &priority)) return OB_NULL;
    if (!ob_is_str(a[n - 1])) return ob_raise(&ob_exc_TypeError, "[priority,] message string");
    const char *text = ob_str_utf8(a[n - 1], NULL);
    if (!text || !ob_external()) return OB_NULL;
    if (!opened) do_open(program(), 0, LOG_USER);
    py_blocking_enter();
    syslog(priority, "%s", text);
    py_blocking_leave();
    return OB_NONE;
}
OB_FN(m_closelog) {
    if (!ob_external()) return OB_NULL;
    pthread_mutex_lock(&lock);
    if (opened) closelog();
    free(ident);
    ident = NULL;
    opened = false;
    pthread_mutex_unlock(&lock);
    return OB_NONE;
}
OB_FN(m_setlogmask) { int mask; return posix_int(a[0], &mask) && ob_external() ? ob_from_small(setlogmask(mask)) : OB_NULL; }
OB_FN(m_mask) { int pri; return posix_int(a[0], &pri) ? ob_from_small(LOG_MASK(pri)) : OB_NULL; }
OB_FN(m_upto) { int pri; return posix_int(a[0], &pri) ? ob_from_small(LOG_UPTO(pri)) : OB_NULL; }

static const ob_def defs[] = {
    {"LOG_MASK", m_mask, "pri, /", NULL, 0}, {"LOG_UPTO", m_upto, "pri, /", NULL, 0}, {"closelog", m_closelog, "", NULL, 0},
    {"openlog", m_openlog, "ident=None, logoption=0, facility=LOG_USER", NULL, 0}, {"setlogmask", m_setlogmask, "maskpri, /", NULL, 0}, {"syslog", m_syslog, NULL, NULL, 0}, {0}};

#define CONSTANTS(C) \
    C(LOG_ALERT) C(LOG_AUTH) C(LOG_AUTHPRIV) C(LOG_CONS) C(LOG_CRIT) C(LOG_CRON) C(LOG_DAEMON) C(LOG_DEBUG) C(LOG_EMERG) C(LOG_ERR) C(LOG_INFO) \
    C(LOG_KERN) C(LOG_LOCAL0) C(LOG_LOCAL1) C(LOG_LOCAL2) C(LOG_LOCAL3) C(LOG_LOCAL4) C(LOG_LOCAL5) C(LOG_LOCAL6) C(LOG_LOCAL7) C(LOG_LPR) \
    C(LOG_MAIL) C(LOG_NDELAY) C(LOG_NEWS) C(LOG_NOTICE) C(LOG_NOWAIT) C(LOG_ODELAY) C(LOG_PERROR) C(LOG_PID) C(LOG_SYSLOG) C(LOG_USER) C(LOG_UUCP) \
    C(LOG_WARNING)
#define C(name) {#name, (int64_t)(name)},
static const py_constant constants[] = {CONSTANTS(C)};
#undef C

static bool fill(ob_val m) { return py_mod_constants(m, constants, BASE_LENGTH(constants)); }
const ob_module_def py_mod_syslog = {"syslog", "The system's log.", defs, fill};
