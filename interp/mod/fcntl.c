/* fcntl.c: the module fcntl: control of descriptors, locks of files.
 * Locks: none.  Every call is an act on the outside world. */
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "interp/run/blocking.h"
#include "base/mem.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROOM = 1024 };            /* of an argument that the kernel may change; as in CPython */

typedef struct control { int fd; unsigned long request; void *arg; struct flock lock; } control;
static int act_fcntl(const control *c) { return fcntl(c->fd, (int)c->request, c->arg); }
static int act_ioctl(const control *c) { return ioctl(c->fd, c->request, c->arg); }
static int act_flock(const control *c) { return flock(c->fd, (int)c->request); }

/* Until no signal interrupts it; -1: raised. */
static int run(const control *c, int (*act)(const control *c)) {
    int r, err;
    if (!ob_external()) return -1;
    do {
        py_blocking_enter();
        r = act(c);
        err = errno;
        py_blocking_leave();
        if (r >= 0) return r;
    } while (err == EINTR && ob_poll());
    return ob_failed() ? -1 : ob_fail_int(ob_raise_errno(err, OB_NULL));
}

/* A str or bytes argument: its bytes in buf; false without exception when v is neither. */
static bool text_arg(ob_val v, const char *who, char buf[ROOM + 1], size_t *n) {
    const char *p;
    if (ob_is_str(v)) p = ob_str_utf8(v, n);
    else if (ob_is_buffer(v)) {
        ob_val b = py_bytes_of(v);
        if (ob_is_null(b)) return false;
        p = (const char *)ob_bytes_ptr(b)->data, *n = ob_bytes_ptr(b)->len;
    } else return false;
    if (!p) return false;
    if (*n > ROOM) return ob_fail(ob_raise(&ob_exc_ValueError, "%s string arg too long", who));
    memcpy(buf, p, *n);
    buf[*n] = 0;
    return true;
}
static bool word_arg(ob_val v, uintptr_t *out) {
    if (ob_is_null(v)) return *out = 0, true;
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return false;
    *out = (uintptr_t)(uint32_t)ob_int_clamp(i);
    return true;
}

OB_FN(m_fcntl) {
    char buf[ROOM + 1];
    size_t len;
    int cmd;
    uintptr_t word;
    control c = {.fd = py_fd_of(a[0])};
    if (c.fd < 0 || !posix_int(a[1], &cmd)) return OB_NULL;
    c.request = (unsigned long)cmd;
    if (!ob_is_null(a[2]) && text_arg(a[2], "fcntl", buf, &len)) {
        c.arg = buf;
        return run(&c, act_fcntl) < 0 ? OB_NULL : ob_bytes_from(buf, len);
    }
    if (ob_failed() || !word_arg(a[2], &word)) return OB_NULL;
    c.arg = (void *)word;
    int r = run(&c, act_fcntl);
    return r < 0 ? OB_NULL : ob_from_small(r);
}

static ob_val ioctl_buffer(control *c, ob_val v, bool mutate) {
    ob_buffer b;
    if (!ob_buffer_get(v, &b, true)) return OB_NULL;
    size_t n = b.len;
    char *copy = base_mem_alloc((n > ROOM ? n : ROOM) + 1);
    if (copy) memcpy(copy, b.data, n), copy[n] = 0;
    ob_buffer_release(&b);
    if (!copy) return ob_raise_memory();
    if (!mutate && n > ROOM) return base_mem_free(copy), ob_raise(&ob_exc_ValueError, "ioctl string arg too long");
    c->arg = copy;
    int r = run(c, act_ioctl);
    ob_val result = r < 0 ? OB_NULL : mutate ? ob_from_small(r) : ob_bytes_from(copy, n);
    if (r >= 0 && mutate && ob_buffer_get(v, &b, true)) {
        memcpy(b.data, copy, n < b.len ? n : b.len);
        ob_buffer_release(&b);
    }
    base_mem_free(copy);
    return ob_failed() ? OB_NULL : result;
}
OB_FN(m_ioctl) {
    char buf[ROOM + 1];
    size_t len;
    uintptr_t request, word;
    int mutate = ob_is_null(a[3]) ? 1 : ob_truth(a[3]);
    control c = {.fd = py_fd_of(a[0])};
    if (c.fd < 0 || mutate < 0 || !word_arg(a[1], &request)) return OB_NULL;
    c.request = request;
    if (!ob_is_null(a[2]) && ob_is_buffer(a[2]) && !ob_is_bytes(a[2])) {
        ob_val r = ioctl_buffer(&c, a[2], mutate);
        if (!ob_is_null(r) || (!ob_err_clear_if(&ob_exc_TypeError) && !ob_err_clear_if(&ob_exc_BufferError))) return r;
    }
    if (!ob_is_null(a[2]) && text_arg(a[2], "ioctl", buf, &len)) {
        c.arg = buf;
        return run(&c, act_ioctl) < 0 ? OB_NULL : ob_bytes_from(buf, len);
    }
    if (ob_failed() || !word_arg(a[2], &word)) return OB_NULL;
    c.arg = (void *)word;
    int r = run(&c, act_ioctl);
    return r < 0 ? OB_NULL : ob_from_small(r);
}

OB_FN(m_flock) {
    int op;
    control c = {.fd = py_fd_of(a[0])};
    if (c.fd < 0 || !posix_int(a[1], &op)) return OB_NULL;
    c.request = (unsigned long)op;
    return run(&c, act_flock) < 0 ? OB_NULL : OB_NONE;
}
OB_FN(m_lockf) {
    int code, whence = 0;
    int64_t len = 0, start = 0;
    control c = {.fd = py_fd_of(a[0])};
    if (c.fd < 0 || !posix_int(a[1], &code) || (!ob_is_null(a[2]) && !ob_is_none(a[2]) && !ob_index_i64(a[2], &len)) ||
        (!ob_is_null(a[3]) && !ob_is_none(a[3]) && !ob_index_i64(a[3], &start)) || (!ob_is_null(a[4]) && !posix_int(a[4], &whence)))
        return OB_NULL;
    if (code == LOCK_UN) c.lock.l_type = F_UNLCK;
    else if (code & LOCK_SH) c.lock.l_type = F_RDLCK;
    else if (code & LOCK_EX) c.lock.l_type = F_WRLCK;
    else return ob_raise(&ob_exc_ValueError, "unrecognized lockf argument");
    c.lock.l_start = start;
    c.lock.l_len = len;
    c.lock.l_whence = (short)whence;
    c.request = code & LOCK_NB ? F_SETLK : F_SETLKW;
    c.arg = &c.lock;
    return run(&c, act_fcntl) < 0 ? OB_NULL : OB_NONE;
}

static const ob_def defs[] = {
    {"fcntl", m_fcntl, "fd, cmd, arg=0, /", "Performs an operation on a descriptor.", 0},
    {"flock", m_flock, "fd, operation, /", "Locks a whole file.", 0},
    {"ioctl", m_ioctl, "fd, request, arg=0, mutate_flag=True, /", "Performs an operation on a device.", 0},
    {"lockf", m_lockf, "fd, cmd, len=0, start=0, whence=0, /", "Locks a part of a file.", 0}, {0}};

#define FASYNC O_ASYNC
#define CONSTANTS(C) \
    C(DN_ACCESS) C(DN_ATTRIB) C(DN_CREATE) C(DN_DELETE) C(DN_MODIFY) C(DN_MULTISHOT) C(DN_RENAME) C(FASYNC) C(FD_CLOEXEC) C(F_ADD_SEALS) C(F_DUPFD) \
    C(F_DUPFD_CLOEXEC) C(F_EXLCK) C(F_GETFD) C(F_GETFL) C(F_GETLEASE) C(F_GETLK) C(F_GETLK64) C(F_GETOWN) C(F_GETPIPE_SZ) C(F_GETSIG) C(F_GET_SEALS) \
    C(F_NOTIFY) C(F_OFD_GETLK) C(F_OFD_SETLK) C(F_OFD_SETLKW) C(F_RDLCK) C(F_SEAL_GROW) C(F_SEAL_SEAL) C(F_SEAL_SHRINK) C(F_SEAL_WRITE) C(F_SETFD) \
    C(F_SETFL) C(F_SETLEASE) C(F_SETLK) C(F_SETLK64) C(F_SETLKW) C(F_SETLKW64) C(F_SETOWN) C(F_SETPIPE_SZ) C(F_SETSIG) C(F_SHLCK) C(F_UNLCK) \
    C(F_WRLCK) C(LOCK_EX) C(LOCK_MAND) C(LOCK_NB) C(LOCK_READ) C(LOCK_RW) C(LOCK_SH) C(LOCK_UN) C(LOCK_WRITE)
#define C(name) {#name, (int64_t)(name)},
static const py_constant constants[] = {CONSTANTS(C)};
#undef C

static bool fill(ob_val m) { return py_mod_constants(m, constants, BASE_LENGTH(constants)); }
const ob_module_def py_mod_fcntl = {"fcntl", "Control of file descriptors.", defs, fill};
