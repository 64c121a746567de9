/* posix_int.h: shared by the files of the posix module. */
#ifndef INTERP_MOD_POSIX_INT_H
#define INTERP_MOD_POSIX_INT_H
#include "interp/run/frame.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <sys/stat.h>

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)
#define NATIVE_X(name) ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

/* A path argument: str, bytes, PathLike, or (where allowed) a file descriptor. */
typedef struct posix_path { ob_val given; const char *text; int fd; bool bytes; } posix_path;
bool posix_path_of(const char *who, ob_val v, bool allow_fd, posix_path *out) MUST_CHECK;
bool posix_dir_fd(ob_val v, int *out) MUST_CHECK;             /* None or missing: AT_FDCWD */
bool posix_int(ob_val v, int *out) MUST_CHECK;
bool posix_uid(ob_val v, uid_t *out) MUST_CHECK;              /* -1: (uid_t)-1.  TypeError, OverflowError */
bool posix_gid(ob_val v, gid_t *out) MUST_CHECK;
ob_val posix_name(const char *s, size_t n, bool bytes);       /* a file name as the caller wants them */
ob_val posix_stat_result(const struct stat *st);
/* Result of a system call: None, or OSError with the path. */
ob_val posix_done(int r, const posix_path *p);

/* The strings of a sequence of paths, malloc'ed, ended by NULL; NULL raised. */
char **posix_strings(ob_val v);
char **posix_environment(ob_val mapping);                     /* "NAME=value" */
void posix_strings_free(char **v);
/* A system call that may block, outside of the object space; interrupted by a signal, its handler runs and it is repeated. Then posix_done(result, …). */
#define POSIX_RETRY(result, call) do { \
        py_blocking_enter(); \
        result = (call); \
        int err_ = errno; \
        py_blocking_leave(); \
        errno = err_; \
        if (result >= 0 || errno != EINTR) break; \
    } while (ob_poll())
bool posix_conf_fill(ob_val m) MUST_CHECK;
bool posix_fd_fill(ob_val m) MUST_CHECK;
bool posix_ids_fill(ob_val m) MUST_CHECK;
bool posix_spawn_fill(ob_val m) MUST_CHECK;

extern const ob_def posix_files_defs[], posix_process_defs[];
bool posix_files_fill(ob_val m);
bool posix_process_fill(ob_val m);

#endif
