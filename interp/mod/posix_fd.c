/* posix_fd.c: more that can be done with descriptors and files: several buffers at once, copying in the kernel, terminals, special files, extended
 * attributes.  Locks: none.
 * D1  Buffers are copied to and from C memory: no body is looked at during a system call. */
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "interp/run/fork.h"
#include "base/mem.h"
#include <dlfcn.h>
#include <linux/memfd.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utmp.h>

/* ---- several buffers at once ---- */

typedef struct parts { ob_val list; struct iovec *iov; size_t n, bytes; } parts;

static bool parts_begin(ob_val v, const char *who, parts *p) {
    ob_type *t = ob_type_of(v);
    *p = (parts){0};
    if (!t->slots.getitem || ob_is_dict(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s must be a sequence", who));
    p->list = ob_list_of_iterable(v);
    if (ob_is_null(p->list)) return false;
    p->n = ob_list_len(p->list);
    p->iov = base_mem_alloc((p->n + 1) * sizeof *p->iov);
    return p->iov || ob_fail(ob_raise_memory());
}
/* For writing: bytes; for reading: one block of memory, which is given back by parts_spread. */
static bool parts_out(ob_val v, const char *who, parts *p) {
    if (!parts_begin(v, who, p)) return false;
    for (size_t i = 0; i < p->n; i++) {
        ob_val b = py_bytes_of(ob_list_at(p->list, i));
        if (ob_is_null(b) || !ob_list_set(p->list, i, b)) return base_mem_free(p->iov), false;
        p->iov[i] = (struct iovec){ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len};
    }
    return true;
}
static bool parts_in(ob_val v, const char *who, parts *p) {
    if (!parts_begin(v, who, p)) return false;
    for (size_t i = 0; i < p->n; i++) {
        ob_buffer b;
        if (!ob_buffer_get(ob_list_at(p->list, i), &b, true)) return base_mem_free(p->iov), false;
        p->iov[i].iov_len = b.len;
        p->bytes += b.len;
        ob_buffer_release(&b);
    }
    char *room = base_mem_alloc(p->bytes + 1);
    if (!room) return base_mem_free(p->iov), ob_fail(ob_raise_memory());
    p->iov[p->n].iov_base = room;                         /* the whole */
    for (size_t i = 0, at = 0; i < p->n; at += p->iov[i++].iov_len) p->iov[i].iov_base = room + at;
    return true;
}
static ob_val parts_spread(parts *p, ssize_t r) {
    int err = errno;
    size_t left = r < 0 ? 0 : (size_t)r;
    bool ok = true;
    for (size_t i = 0; i < p->n && left && ok; i++) {
        ob_buffer b;
        size_t k = left < p->iov[i].iov_len ? left : p->iov[i].iov_len;
        if (!(ok = ob_buffer_get(ob_list_at(p->list, i), &b, true))) break;
        memcpy(b.data, p->iov[i].iov_base, k < b.len ? k : b.len);
        ob_buffer_release(&b);
        left -= k;
    }
    base_mem_free(p->iov[p->n].iov_base);
    base_mem_free(p->iov);
    errno = err;
    return !ok ? OB_NULL : r < 0 ? posix_done(-1, NULL) : ob_int_from_i64(r);
}
static ob_val number(ssize_t r) { return r < 0 ? posix_done(-1, NULL) : ob_int_from_i64(r); }

NATIVE(d_readv) {
    int fd;
    parts p;
    ssize_t r = -1;
    if (!posix_int(a[0], &fd) || !parts_in(a[1], "readv() arg 2", &p)) return OB_NULL;
    if (ob_external()) POSIX_RETRY(r, readv(fd, p.iov, (int)p.n));
    return parts_spread(&p, r);
}
NATIVE(d_writev) {
    int fd;
    parts p;
    ssize_t r = -1;
    if (!posix_int(a[0], &fd) || !parts_out(a[1], "writev() arg 2", &p)) return OB_NULL;
    if (ob_external()) POSIX_RETRY(r, writev(fd, p.iov, (int)p.n));
    base_mem_free(p.iov);
    return number(r);
}
NATIVE(d_preadv) {
    int fd, flags = 0;
    int64_t at;
    parts p;
    ssize_t r = -1;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[2], &at) || (!ob_is_null(a[3]) && !posix_int(a[3], &flags)) || !parts_in(a[1], "preadv() arg 2", &p)) return OB_NULL;
    if (ob_external()) POSIX_RETRY(r, preadv2(fd, p.iov, (int)p.n, at, flags));
    return parts_spread(&p, r);
}
NATIVE(d_pwritev) {
    int fd, flags = 0;
    int64_t at;
    parts p;
    ssize_t r = -1;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[2], &at) || (!ob_is_null(a[3]) && !posix_int(a[3], &flags)) || !parts_out(a[1], "pwritev() arg 2", &p)) return OB_NULL;
    if (ob_external()) POSIX_RETRY(r, pwritev2(fd, p.iov, (int)p.n, at, flags));
    base_mem_free(p.iov);
    return number(r);
}

/* ---- copying in the kernel ---- */

static bool offset_arg(ob_val v, int64_t *at, int64_t **out) {
    *out = NULL;
    if (ob_is_null(v) || ob_is_none(v)) return true;
    *out = at;
    return ob_index_i64(v, at);
}
NATIVE(d_sendfile) {
    int out, in;
    int64_t at, *from, count;
    ssize_t r;
    if (!posix_int(a[0], &out) || !posix_int(a[1], &in) || !offset_arg(a[2], &at, &from) || !ob_index_i64(a[3], &count) || !ob_external()) return OB_NULL;
    POSIX_RETRY(r, sendfile(out, in, from, (size_t)count));
    return number(r);
}
NATIVE(d_copy_file_range) {
    int in, out;
    int64_t x, y, *from, *to, count;
    ssize_t r;
    if (!posix_int(a[0], &in) || !posix_int(a[1], &out) || !ob_index_i64(a[2], &count) || !offset_arg(a[3], &x, &from) || !offset_arg(a[4], &y, &to)) return OB_NULL;
    if (count < 0) return ob_raise(&ob_exc_ValueError, "negative value for 'count' not allowed");
    if (!ob_external()) return OB_NULL;
    POSIX_RETRY(r, copy_file_range(in, from, out, to, (size_t)count, 0));
    return number(r);
}
NATIVE(d_splice) {
    int in, out, flags = 0;
    int64_t x, y, *from, *to, count;
    ssize_t r;
    if (!posix_int(a[0], &in) || !posix_int(a[1], &out) || !ob_index_i64(a[2], &count) || !offset_arg(a[3], &x, &from) || !offset_arg(a[4], &y, &to) ||
        (!ob_is_null(a[5]) && !posix_int(a[5], &flags)))
        return OB_NULL;
    if (count < 0) return ob_raise(&ob_exc_ValueError, "negative value for 'count' not allowed");
    if (!ob_external()) return OB_NULL;
    POSIX_RETRY(r, splice(in, from, out, to, (size_t)count, (unsigned)flags));
    return number(r);
}
static ob_val by_errno(int e) { errno = e; return posix_done(e ? -1 : 0, NULL); }
NATIVE(d_fallocate) {
    int fd, r;
    int64_t at, n_;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[1], &at) || !ob_index_i64(a[2], &n_) || !ob_external()) return OB_NULL;
    do {
        py_blocking_enter();
        r = posix_fallocate(fd, at, n_);
        py_blocking_leave();
    } while (r == EINTR && ob_poll());
    return ob_failed() ? OB_NULL : by_errno(r);
}
NATIVE(d_fadvise) {
    int fd, advice;
    int64_t at, n_;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[1], &at) || !ob_index_i64(a[2], &n_) || !posix_int(a[3], &advice) || !ob_external()) return OB_NULL;
    return by_errno(posix_fadvise(fd, at, n_, advice));
}
NATIVE(d_lockf) {
    int fd, command, r;
    int64_t n_;
    if (!posix_int(a[0], &fd) || !posix_int(a[1], &command) || !ob_index_i64(a[2], &n_) || !ob_external()) return OB_NULL;
    POSIX_RETRY(r, lockf(fd, command, n_));
    return posix_done(r, NULL);
}

/* ---- new descriptors ---- */

static ob_val descriptor(int fd) { return fd < 0 ? posix_done(-1, NULL) : ob_from_small(fd); }
NATIVE(d_memfd_create) {
    posix_path p;
    int flags = MFD_CLOEXEC;
    if (!posix_path_of("memfd_create", a[0], false, &p) || (!ob_is_null(a[1]) && !posix_int(a[1], &flags)) || !ob_external()) return OB_NULL;
    return descriptor(memfd_create(p.text, (unsigned)flags));
}
NATIVE(d_eventfd) {
    int flags = EFD_CLOEXEC;
    int64_t start;
    if (!ob_index_i64(a[0], &start) || (!ob_is_null(a[1]) && !posix_int(a[1], &flags)) || !ob_external()) return OB_NULL;
    if (start < 0 || start > UINT32_MAX) return ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C unsigned int");
    return descriptor(eventfd((unsigned)start, flags));
}
NATIVE(d_eventfd_read) {
    int fd, r;
    eventfd_t x;
    if (!posix_int(a[0], &fd) || !ob_external()) return OB_NULL;
    POSIX_RETRY(r, eventfd_read(fd, &x));
    return r < 0 ? posix_done(r, NULL) : ob_int_from_u64(x);
}
NATIVE(d_eventfd_write) {
    int fd, r;
    uint64_t x;
    ob_val v = ob_index(a[1]);
    if (!posix_int(a[0], &fd) || ob_is_null(v) || !ob_int_to_u64(v, &x) || !ob_external()) return OB_NULL;
    POSIX_RETRY(r, eventfd_write(fd, x));
    return posix_done(r, NULL);
}
NATIVE(d_pidfd_open) {
    int pid, flags = 0;
    if (!posix_int(a[0], &pid) || (!ob_is_null(a[1]) && !posix_int(a[1], &flags)) || !ob_external()) return OB_NULL;
    return descriptor((int)syscall(SYS_pidfd_open, pid, flags));
}
NATIVE(d_openpty) {
    int master, slave;
    if (!ob_external()) return OB_NULL;
    if (openpty(&master, &slave, NULL, NULL, NULL) < 0) return posix_done(-1, NULL);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    return ob_tuple_of2(ob_from_small(master), ob_from_small(slave));
}
static pid_t fork_pty(void *arg) { return forkpty(arg, NULL, NULL, NULL); }
NATIVE(d_forkpty) {
    int master = -1;
    if (!ob_external()) return OB_NULL;
    pid_t pid = py_fork(fork_pty, &master);
    return pid < 0 ? posix_done(-1, NULL) : ob_tuple_of2(ob_from_small(pid), ob_from_small(master));
}
NATIVE(d_login_tty) { int fd; return posix_int(a[0], &fd) && ob_external() ? posix_done(login_tty(fd), NULL) : OB_NULL; }
NATIVE(d_ctermid) { char name[L_ctermid]; return ob_str_from_c(ctermid(name)); }
NATIVE(d_tcgetpgrp) { int fd; return posix_int(a[0], &fd) ? descriptor(tcgetpgrp(fd)) : OB_NULL; }
NATIVE(d_tcsetpgrp) { int fd, pgid; return posix_int(a[0], &fd) && posix_int(a[1], &pgid) && ob_external() ? posix_done(tcsetpgrp(fd, pgid), NULL) : OB_NULL; }

/* ---- files ---- */

NATIVE(d_fchdir) {
    int fd = py_fd_of(a[0]);
    return fd >= 0 && ob_external() ? posix_done(fchdir(fd), NULL) : OB_NULL;
}
NATIVE(d_fchown) {
    int fd;
    uid_t uid;
    gid_t gid;
    return posix_int(a[0], &fd) && posix_uid(a[1], &uid) && posix_gid(a[2], &gid) && ob_external() ? posix_done(fchown(fd, uid, gid), NULL) : OB_NULL;
}
NATIVE(d_lchown) {
    posix_path p;
    uid_t uid;
    gid_t gid;
    return posix_path_of("lchown", a[0], false, &p) && posix_uid(a[1], &uid) && posix_gid(a[2], &gid) && ob_external() ? posix_done(lchown(p.text, uid, gid), &p) : OB_NULL;
}
NATIVE(d_chroot) { posix_path p; return posix_path_of("chroot", a[0], false, &p) && ob_external() ? posix_done(chroot(p.text), &p) : OB_NULL; }
NATIVE(d_sync) {
    if (!ob_external()) return OB_NULL;
    py_blocking_enter();
    sync();
    py_blocking_leave();
    return OB_NONE;
}
NATIVE(d_mkfifo) {
    posix_path p;
    int mode = 0666, at;
    if (!posix_path_of("mkfifo", a[0], false, &p) || (!ob_is_null(a[1]) && !posix_int(a[1], &mode)) || !posix_dir_fd(a[2], &at) || !ob_external()) return OB_NULL;
    return posix_done(mkfifoat(at, p.text, (mode_t)mode), &p);
}
NATIVE(d_mknod) {
    posix_path p;
    int mode = 0600, at;
    int64_t device = 0;
    if (!posix_path_of("mknod", a[0], false, &p) || (!ob_is_null(a[1]) && !posix_int(a[1], &mode)) || (!ob_is_null(a[2]) && !ob_index_i64(a[2], &device)) ||
        !posix_dir_fd(a[3], &at) || !ob_external())
        return OB_NULL;
    return posix_done(mknodat(at, p.text, (mode_t)mode, (dev_t)device), &p);
}
static bool device_of(ob_val v, uint64_t *out) {
    ob_val i = ob_index(v);
    return !ob_is_null(i) && ob_int_to_u64(i, out);
}
NATIVE(d_major) { uint64_t d; return device_of(a[0], &d) ? ob_from_small(major((dev_t)d)) : OB_NULL; }
NATIVE(d_minor) { uint64_t d; return device_of(a[0], &d) ? ob_from_small(minor((dev_t)d)) : OB_NULL; }
NATIVE(d_makedev) { int x, y; return posix_int(a[0], &x) && posix_int(a[1], &y) ? ob_int_from_u64(makedev((unsigned)x, (unsigned)y)) : OB_NULL; }
NATIVE(d_getrandom) {
    int64_t size;
    int flags = 0;
    if (!ob_index_i64(a[0], &size) || (!ob_is_null(a[1]) && !posix_int(a[1], &flags))) return OB_NULL;
    if (size < 0) { errno = EINVAL; return posix_done(-1, NULL); }
    ob_val b = ob_bytes_alloc((size_t)size);
    if (ob_is_null(b)) return b;
    ssize_t r;
    POSIX_RETRY(r, getrandom(ob_bytes_ptr(b)->data, (size_t)size, (unsigned)flags));
    return r < 0 ? posix_done(-1, NULL) : r == size ? b : ob_bytes_from(ob_bytes_ptr(b)->data, (size_t)r);
}
/* os.path.normpath: "", ".", ".." and doubled separators taken out. */
NATIVE(d_normpath) {
    ob_val v = ob_fspath(a[0]);
    if (ob_is_null(v)) return v;
    size_t len, out = 0;
    bool bytes = ob_is_bytes(v);
    const char *s = bytes ? (const char *)ob_bytes_ptr(v)->data : ob_str_wtf8(v, &len);
    if (!s) return OB_NULL;
    if (bytes) len = ob_bytes_ptr(v)->len;
    len = strnlen(s, len);
    char *buf = base_mem_alloc(len + 2);
    if (!buf) return ob_raise_memory();
    size_t roots = len && s[0] == '/' ? 1 : 0;
    if (len > 1 && s[0] == '/' && s[1] == '/' && !(len > 2 && s[2] == '/')) roots = 2;
    for (; out < roots; out++) buf[out] = '/';
    for (size_t i = 0; i < len;) {
        size_t n_ = 0;
        while (i + n_ < len && s[i + n_] != '/') n_++;
        bool up = n_ == 2 && s[i] == '.' && s[i + 1] == '.';
        if (n_ == 0 || (n_ == 1 && s[i] == '.')) { /* nothing */ }
        else if (up && out == roots && roots) { /* above the root is the root */ }
        else if (up && out > roots && !(out - roots >= 2 && buf[out - 1] == '.' && buf[out - 2] == '.' && (out - roots == 2 || buf[out - 3] == '/'))) {
            while (out > roots && buf[out - 1] != '/') out--;
            if (out > roots) out--;
        } else {
            if (out > roots) buf[out++] = '/';
            memcpy(buf + out, s + i, n_);
            out += n_;
        }
        i += n_ + 1;
    }
    if (out == 0) buf[out++] = '.';
    ob_val r = bytes ? ob_bytes_from(buf, out) : ob_str_from_utf8(buf, out);
    base_mem_free(buf);
    return r;
}

/* ---- extended attributes ---- */

typedef struct xattr_call { posix_path path, name; bool follow; int flags; ob_val value; } xattr_call;
static bool xattr_args(const char *who, const ob_val *a, ob_val follow, bool named, xattr_call *c) {
    int t = ob_is_null(follow) ? 1 : ob_truth(follow);
    c->follow = t > 0;
    if (t < 0 || !posix_path_of(who, a[0], true, &c->path) || (named && !posix_path_of(who, a[1], false, &c->name))) return false;
    return c->path.text || c->follow || ob_fail(ob_raise(&ob_exc_ValueError, "%s: cannot use fd and follow_symlinks together", who));
}
static ssize_t xattr_get(const xattr_call *c, void *p, size_t n) {
    return !c->path.text ? fgetxattr(c->path.fd, c->name.text, p, n) : c->follow ? getxattr(c->path.text, c->name.text, p, n) : lgetxattr(c->path.text, c->name.text, p, n);
}
static ssize_t xattr_list(const xattr_call *c, void *p, size_t n) {
    return !c->path.text ? flistxattr(c->path.fd, p, n) : c->follow ? listxattr(c->path.text, p, n) : llistxattr(c->path.text, p, n);
}
/* What grows between asking for its size and reading it is asked for again. */
static ob_val xattr_read(const xattr_call *c, ssize_t (*get)(const xattr_call *c, void *p, size_t n)) {
    for (;;) {
        ssize_t n = get(c, NULL, 0), r;
        if (n < 0) return posix_done(-1, &c->path);
        ob_val b = ob_bytes_alloc((size_t)n);
        if (ob_is_null(b)) return b;
        r = get(c, ob_bytes_ptr(b)->data, (size_t)n);
        if (r >= 0) return r == n ? b : ob_bytes_from(ob_bytes_ptr(b)->data, (size_t)r);
        if (errno != ERANGE) return posix_done(-1, &c->path);
    }
}
NATIVE(d_getxattr) { xattr_call c; return xattr_args("getxattr", a, a[2], true, &c) ? xattr_read(&c, xattr_get) : OB_NULL; }
NATIVE(d_listxattr) {
    xattr_call c;
    ob_val here = ob_str_from_c("."), args[1] = {ob_is_null(a[0]) || ob_is_none(a[0]) ? here : a[0]}, b, out = ob_list_new(4);
    if (!xattr_args("listxattr", args, a[1], false, &c) || ob_is_null(b = xattr_read(&c, xattr_list))) return OB_NULL;
    const char *p = (const char *)ob_bytes_ptr(b)->data, *end = p + ob_bytes_ptr(b)->len;
    for (; p < end && !ob_is_null(out); p += strlen(p) + 1) {
        ob_val s = ob_str_fsdecode(p, strlen(p));
        if (ob_is_null(s) || !ob_list_append(out, s)) return OB_NULL;
    }
    return out;
}
NATIVE(d_setxattr) {
    xattr_call c = {0};
    if (!xattr_args("setxattr", a, a[4], true, &c) || (!ob_is_null(a[3]) && !posix_int(a[3], &c.flags))) return OB_NULL;
    ob_val b = py_bytes_of(a[2]);
    if (ob_is_null(b) || !ob_external()) return OB_NULL;
    const void *p = ob_bytes_ptr(b)->data;
    size_t len = ob_bytes_ptr(b)->len;
    return posix_done(!c.path.text ? fsetxattr(c.path.fd, c.name.text, p, len, c.flags) : c.follow ? setxattr(c.path.text, c.name.text, p, len, c.flags)
                      : lsetxattr(c.path.text, c.name.text, p, len, c.flags), &c.path);
}
NATIVE(d_removexattr) {
    xattr_call c;
    if (!xattr_args("removexattr", a, a[2], true, &c) || !ob_external()) return OB_NULL;
    return posix_done(!c.path.text ? fremovexattr(c.path.fd, c.name.text) : c.follow ? removexattr(c.path.text, c.name.text) : lremovexattr(c.path.text, c.name.text), &c.path);
}

static const ob_def defs[] = {
    {"_path_normpath", d_normpath, "path", NULL, 0}, {"chroot", d_chroot, "path", NULL, 0},
    {"copy_file_range", d_copy_file_range, "src, dst, count, offset_src=None, offset_dst=None", NULL, 0}, {"ctermid", d_ctermid, "", NULL, 0},
    {"eventfd", d_eventfd, "initval, flags=EFD_CLOEXEC", NULL, 0}, {"eventfd_read", d_eventfd_read, "fd", NULL, 0}, {"eventfd_write", d_eventfd_write, "fd, value", NULL, 0},
    {"fchdir", d_fchdir, "fd", NULL, 0}, {"fchown", d_fchown, "fd, uid, gid", NULL, 0}, {"forkpty", d_forkpty, "", NULL, 0},
    {"getrandom", d_getrandom, "size, flags=0", NULL, 0}, {"getxattr", d_getxattr, "path, attribute, *, follow_symlinks=True", NULL, 0},
    {"lchown", d_lchown, "path, uid, gid", NULL, 0}, {"listxattr", d_listxattr, "path=None, *, follow_symlinks=True", NULL, 0},
    {"lockf", d_lockf, "fd, command, length, /", NULL, 0}, {"login_tty", d_login_tty, "fd, /", NULL, 0}, {"major", d_major, "device, /", NULL, 0},
    {"makedev", d_makedev, "major, minor, /", NULL, 0}, {"memfd_create", d_memfd_create, "name, flags=MFD_CLOEXEC", NULL, 0}, {"minor", d_minor, "device, /", NULL, 0},
    {"mkfifo", d_mkfifo, "path, mode=438, *, dir_fd=None", NULL, 0}, {"mknod", d_mknod, "path, mode=384, device=0, *, dir_fd=None", NULL, 0},
    {"openpty", d_openpty, "", NULL, 0}, {"pidfd_open", d_pidfd_open, "pid, flags=0", NULL, 0}, {"posix_fadvise", d_fadvise, "fd, offset, length, advice, /", NULL, 0},
    {"posix_fallocate", d_fallocate, "fd, offset, length, /", NULL, 0}, {"preadv", d_preadv, "fd, buffers, offset, flags=0, /", NULL, 0},
    {"pwritev", d_pwritev, "fd, buffers, offset, flags=0, /", NULL, 0}, {"readv", d_readv, "fd, buffers, /", NULL, 0},
    {"removexattr", d_removexattr, "path, attribute, *, follow_symlinks=True", NULL, 0}, {"sendfile", d_sendfile, "out_fd, in_fd, offset, count", NULL, 0},
    {"setxattr", d_setxattr, "path, attribute, value, flags=0, *, follow_symlinks=True", NULL, 0},
    {"splice", d_splice, "src, dst, count, offset_src=None, offset_dst=None, flags=0", NULL, 0}, {"sync", d_sync, "", NULL, 0}, {"tcgetpgrp", d_tcgetpgrp, "fd, /", NULL, 0},
    {"tcsetpgrp", d_tcsetpgrp, "fd, pgid, /", NULL, 0}, {"writev", d_writev, "fd, buffers, /", NULL, 0}, {0}};

#define XATTR_SIZE_MAX 65536
#define CONSTANTS(C) \
    C(CLD_CONTINUED) C(CLD_DUMPED) C(CLD_EXITED) C(CLD_KILLED) C(CLD_STOPPED) C(CLD_TRAPPED) C(EFD_CLOEXEC) C(EFD_NONBLOCK) C(EFD_SEMAPHORE) C(GRND_NONBLOCK) \
    C(GRND_RANDOM) C(MFD_ALLOW_SEALING) C(MFD_CLOEXEC) C(MFD_HUGETLB) C(MFD_HUGE_16GB) C(MFD_HUGE_16MB) C(MFD_HUGE_1GB) C(MFD_HUGE_1MB) C(MFD_HUGE_256MB) \
    C(MFD_HUGE_2GB) C(MFD_HUGE_2MB) C(MFD_HUGE_32MB) C(MFD_HUGE_512KB) C(MFD_HUGE_512MB) C(MFD_HUGE_64KB) C(MFD_HUGE_8MB) C(MFD_HUGE_MASK) C(MFD_HUGE_SHIFT) \
    C(NGROUPS_MAX) C(O_ASYNC) C(O_FSYNC) C(O_LARGEFILE) C(O_NOATIME) C(O_RSYNC) C(POSIX_FADV_DONTNEED) C(POSIX_FADV_NOREUSE) C(POSIX_FADV_NORMAL) \
    C(POSIX_FADV_RANDOM) C(POSIX_FADV_SEQUENTIAL) C(POSIX_FADV_WILLNEED) C(PRIO_PGRP) C(PRIO_PROCESS) C(PRIO_USER) C(P_PIDFD) C(RTLD_DEEPBIND) C(RTLD_GLOBAL) \
    C(RTLD_LAZY) C(RTLD_LOCAL) C(RTLD_NODELETE) C(RTLD_NOLOAD) C(RTLD_NOW) C(RWF_APPEND) C(RWF_DSYNC) C(RWF_HIPRI) C(RWF_NOWAIT) C(RWF_SYNC) C(SCHED_BATCH) \
    C(SCHED_FIFO) C(SCHED_IDLE) C(SCHED_OTHER) C(SCHED_RESET_ON_FORK) C(SCHED_RR) C(SPLICE_F_MORE) C(SPLICE_F_MOVE) C(SPLICE_F_NONBLOCK) C(ST_APPEND) \
    C(ST_MANDLOCK) C(ST_NOATIME) C(ST_NODEV) C(ST_NODIRATIME) C(ST_NOEXEC) C(ST_NOSUID) C(ST_RDONLY) C(ST_RELATIME) C(ST_SYNCHRONOUS) C(ST_WRITE) C(TMP_MAX) \
    C(XATTR_CREATE) C(XATTR_REPLACE) C(XATTR_SIZE_MAX)
#define C(name) {#name, name},
static const py_constant constants[] = {CONSTANTS(C)};
#undef C

bool posix_fd_fill(ob_val m) { return ob_module_add_defs(m, defs) && py_mod_constants(m, constants, BASE_LENGTH(constants)); }
