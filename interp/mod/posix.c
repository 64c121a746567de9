/* posix.c: the module itself: arguments, environment, constants. Files: posix_files.c; processes: posix_process.c. */
#include "interp/mod/posix_int.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/run/fork.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

extern char **environ;

bool posix_int(ob_val v, int *out) {
    ob_val n = ob_index(v);
    if (ob_is_null(n)) return false;
    int64_t i = ob_int_clamp(n);
    if (i < INT_MIN || i > INT_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "signed integer is %s", i < 0 ? "less than minimum" : "greater than maximum"));
    *out = (int)i;
    return true;
}

static bool id_of(ob_val v, const char *what, uint32_t *out) {
    int64_t i;
    ob_val n = ob_is_int(v) || ob_type_of(v)->slots.unary[OB_UN_INDEX] ? ob_index(v) : OB_NULL;
    if (ob_is_null(n)) return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "%s should be integer, not %.200T", what, v));
    i = ob_int_clamp(n);
    if (i < -1) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s is less than minimum", what));
    if (i > UINT32_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s is greater than maximum", what));
    *out = (uint32_t)i;
    return true;
}
bool posix_uid(ob_val v, uid_t *out) { return id_of(v, "uid", out); }
bool posix_gid(ob_val v, gid_t *out) { return id_of(v, "gid", out); }

bool posix_dir_fd(ob_val v, int *out) {
    *out = AT_FDCWD;
    if (ob_is_null(v) || ob_is_none(v)) return true;
    if (!ob_type_of(v)->slots.unary[OB_UN_INDEX]) return ob_fail(ob_raise(&ob_exc_TypeError, "argument should be integer or None, not %.200T", v));
    return posix_int(v, out);
}

bool posix_path_of(const char *who, ob_val v, bool allow_fd, posix_path *out) {
    *out = (posix_path){v, NULL, -1, false};
    if (allow_fd && ob_is_int(v)) return posix_int(v, &out->fd);
    ob_val p = ob_is_str(v) || ob_is_bytes(v) ? v : OB_NULL;
    if (ob_is_null(p)) {
        ob_val m = ob_lookup_special(v, OB_NAME(fspath));
        if (ob_is_null(m) && !ob_failed() && ob_is_buffer(v)) {
            if (!ob_warn(&ob_exc_DeprecationWarning, 1, "%s: path should be string, bytes%s os.PathLike%s, not %T", who, allow_fd ? "," : " or", allow_fd ? " or integer" : "", v)) return false;
            if (ob_is_null(p = py_bytes_of(v))) return false;
        } else if (ob_is_null(m)) {
            if (ob_failed()) return false;
            return ob_fail(ob_raise(&ob_exc_TypeError, "%s: path should be string, bytes%s os.PathLike%s, not %T", who, allow_fd ? "," : " or",
                                    allow_fd ? " or integer" : "", v));
        }
        if (ob_is_null(p)) p = ob_fspath(v);
        if (ob_is_null(p)) return false;
    }
    if (ob_is_str(p)) out->text = ob_str_fsencode(p, NULL);
    else {
        out->bytes = true;
        out->text = (const char *)ob_bytes_ptr(p)->data;
        if (strlen(out->text) != ob_bytes_ptr(p)->len) return ob_fail(ob_raise(&ob_exc_ValueError, "%s: embedded null character in path", who));
    }
    return out->text != NULL;
}

ob_val posix_name(const char *s, size_t n, bool bytes) { return bytes ? ob_bytes_from(s, n) : ob_str_fsdecode(s, n); }

ob_val posix_done(int r, const posix_path *p) { return r < 0 && ob_failed() ? OB_NULL : r < 0 ? ob_raise_errno(errno, p && p->text ? p->given : OB_NULL) : OB_NONE; }

NATIVE(p_fspath) { return ob_fspath(a[0]); }

/* ---- environment ---- */

NATIVE(p_putenv) {
    posix_path k, v;
    if (!posix_path_of("putenv", a[0], false, &k) || !posix_path_of("putenv", a[1], false, &v)) return OB_NULL;
    if (strchr(k.text, '=')) return ob_raise(&ob_exc_ValueError, "illegal environment variable name");
    if (!ob_external()) return OB_NULL;
    return posix_done(setenv(k.text, v.text, 1), NULL);
}
NATIVE(p_unsetenv) {
    posix_path k;
    if (!posix_path_of("unsetenv", a[0], false, &k) || !ob_external()) return OB_NULL;
    return posix_done(unsetenv(k.text), NULL);
}
static ob_val environment(void) {
    ob_val d = ob_dict_new();
    for (char **e = environ; e && *e && !ob_is_null(d); e++) {
        const char *eq = strchr(*e, '=');
        if (!eq) continue;
        ob_val k = ob_bytes_from(*e, (size_t)(eq - *e)), v = ob_bytes_from(eq + 1, strlen(eq + 1));
        if (ob_is_null(k) || ob_is_null(v) || ob_is_null(ob_dict_setdefault(d, k, v))) return OB_NULL;
    }
    return d;
}

NATIVE(p_strerror) {
    int e;
    return posix_int(a[0], &e) ? ob_str_from_c(strerror(e)) : OB_NULL;
}
NATIVE(p_register_at_fork) {
    if (ob_is_null(a[0]) && ob_is_null(a[1]) && ob_is_null(a[2])) return ob_raise(&ob_exc_TypeError, "At least one argument is required.");
    static const char *const names[] = {"before", "after_in_child", "after_in_parent"};
    for (int i = 0; i < 3; i++)
        if (!ob_is_null(a[i]) && !ob_is_callable(a[i])) return ob_raise(&ob_exc_TypeError, "'%s' must be callable, not %.200T", names[i], a[i]);
    return py_fork_register(a[0], a[2], a[1]) ? OB_NONE : OB_NULL;
}

static const ob_def defs[] = {
    {"fspath", p_fspath, "path", NULL, 0}, {"putenv", p_putenv, "name, value, /", NULL, 0}, {"register_at_fork", p_register_at_fork, "*, before=None, after_in_child=None, after_in_parent=None", NULL, 0},
    {"strerror", p_strerror, "code, /", NULL, 0}, {"unsetenv", p_unsetenv, "name, /", NULL, 0}, {0}};

#define CONSTANTS(C) C(F_OK) C(R_OK) C(W_OK) C(X_OK) C(O_RDONLY) C(O_WRONLY) C(O_RDWR) C(O_CREAT) C(O_EXCL) C(O_TRUNC) C(O_APPEND) C(O_NONBLOCK) C(O_SYNC) \
    C(O_DSYNC) C(O_NOCTTY) C(O_CLOEXEC) C(O_DIRECTORY) C(O_NOFOLLOW) C(O_PATH) C(O_TMPFILE) C(O_DIRECT) C(O_NDELAY) C(O_ACCMODE) C(SEEK_DATA) C(SEEK_HOLE) \
    C(WNOHANG) C(WUNTRACED) C(WCONTINUED) C(WEXITED) C(WSTOPPED) C(WNOWAIT) C(P_PID) C(P_PGID) C(P_ALL) C(EX_OK) C(EX_USAGE) C(EX_DATAERR) C(EX_NOINPUT) \
    C(EX_NOUSER) C(EX_NOHOST) C(EX_UNAVAILABLE) C(EX_SOFTWARE) C(EX_OSERR) C(EX_OSFILE) C(EX_CANTCREAT) C(EX_IOERR) C(EX_TEMPFAIL) C(EX_PROTOCOL) C(EX_NOPERM) \
    C(EX_CONFIG) C(F_LOCK) C(F_TLOCK) C(F_ULOCK) C(F_TEST)

static const char *const features[] = {"HAVE_EVENTFD", "HAVE_FACCESSAT", "HAVE_FCHDIR", "HAVE_FCHMOD", "HAVE_FCHMODAT", "HAVE_FCHOWN", "HAVE_FCHOWNAT", "HAVE_FDOPENDIR",
    "HAVE_FEXECVE", "HAVE_FPATHCONF", "HAVE_FSTATAT", "HAVE_FSTATVFS", "HAVE_FTRUNCATE", "HAVE_FUTIMENS", "HAVE_FUTIMES", "HAVE_LCHOWN", "HAVE_LINKAT", "HAVE_LSTAT",
    "HAVE_LUTIMES", "HAVE_MEMFD_CREATE", "HAVE_MKDIRAT", "HAVE_MKFIFOAT", "HAVE_MKNODAT", "HAVE_OPENAT", "HAVE_READLINKAT", "HAVE_RENAMEAT", "HAVE_SYMLINKAT", "HAVE_UNLINKAT",
    "HAVE_UTIMENSAT"};

static bool fill(ob_val m) {
#define C(name) if (!ob_module_add_int(m, #name, name)) return false;
    CONSTANTS(C)
#undef C
    ob_val list = ob_list_new(20);
    for (size_t i = 0; i < BASE_LENGTH(features) && !ob_is_null(list); i++) if (!ob_list_append(list, ob_str_intern_c(features[i]))) return false;
    return !ob_is_null(list) && ob_module_add(m, "_have_functions", list) && ob_module_add(m, "environ", environment()) &&
           ob_module_add(m, "error", ob_of(&ob_exc_OSError)) && posix_files_fill(m) && posix_process_fill(m) && posix_conf_fill(m) && posix_fd_fill(m) && posix_ids_fill(m) && posix_spawn_fill(m);
}
const ob_module_def py_mod_posix = {"posix", "System calls.", defs, fill};
