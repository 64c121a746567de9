/* posix_files.c: files and folders. Reading them is ordinary; whatever changes them announces itself with ob_external. */
#include "interp/mod/posix_int.h"
#include "interp/mod/io_pending.h"
#include "interp/run/output.h"
#include "objspace/generic.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- stat ---- */

static ob_type *stat_type, *statvfs_type, *terminal_type;
static const char *const stat_fields[] = {"st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "", "", "",
    "st_atime", "st_mtime", "st_ctime", "st_atime_ns", "st_mtime_ns", "st_ctime_ns", "st_blksize", "st_blocks", "st_rdev", NULL};

ob_val posix_stat_result(const struct stat *s) {
    const struct timespec t[3] = {s->st_atim, s->st_mtim, s->st_ctim};
    ob_val v[19] = {ob_from_small(s->st_mode), ob_int_from_u64(s->st_ino), ob_int_from_u64(s->st_dev), ob_int_from_u64(s->st_nlink), ob_from_small(s->st_uid),
        ob_from_small(s->st_gid), ob_int_from_i64(s->st_size)};
    for (int i = 0; i < 3; i++) {
        v[7 + i] = ob_int_from_i64(t[i].tv_sec);
        v[10 + i] = ob_float_from((double)t[i].tv_sec + 1e-9 * (double)t[i].tv_nsec);
        v[13 + i] = ob_int_from_i64(t[i].tv_sec * 1000000000 + t[i].tv_nsec);
    }
    v[16] = ob_int_from_i64(s->st_blksize);
    v[17] = ob_int_from_i64(s->st_blocks);
    v[18] = ob_int_from_u64(s->st_rdev);
    return ob_structseq_new(stat_type, v);
}

static ob_val do_stat(const char *who, ob_val path, ob_val dir, bool follow) {
    posix_path p;
    struct stat st;
    int at;
    if (!posix_path_of(who, path, follow, &p) || !posix_dir_fd(dir, &at) || (p.text && !py_io_sync_path(at, p.text, follow))) return OB_NULL;
    int r = p.text ? fstatat(at, p.text, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) : fstat(p.fd, &st);
    return r < 0 ? posix_done(r, &p) : posix_stat_result(&st);
}
static bool flag(ob_val v, bool otherwise, bool *out) {
    int t = ob_is_null(v) ? otherwise : ob_truth(v);
    *out = t > 0;
    return t >= 0;
}
NATIVE(f_stat) { bool follow; return flag(a[2], true, &follow) ? do_stat("stat", a[0], a[1], follow) : OB_NULL; }
NATIVE(f_lstat) { return do_stat("lstat", a[0], a[1], false); }
NATIVE(f_fstat) {
    int fd;
    struct stat st;
    if (!posix_int(a[0], &fd)) return OB_NULL;
    return fstat(fd, &st) < 0 ? posix_done(-1, NULL) : posix_stat_result(&st);
}
static ob_val do_statvfs(const posix_path *path) {
    posix_path p = *path;
    struct statvfs s;
    if ((p.text ? statvfs(p.text, &s) : fstatvfs(p.fd, &s)) < 0) return posix_done(-1, &p);
    ob_val v[11] = {ob_int_from_u64(s.f_bsize), ob_int_from_u64(s.f_frsize), ob_int_from_u64(s.f_blocks), ob_int_from_u64(s.f_bfree), ob_int_from_u64(s.f_bavail),
        ob_int_from_u64(s.f_files), ob_int_from_u64(s.f_ffree), ob_int_from_u64(s.f_favail), ob_int_from_u64(s.f_flag), ob_int_from_u64(s.f_namemax), ob_int_from_u64(s.f_fsid)};
    return ob_structseq_new(statvfs_type, v);
}
NATIVE(f_statvfs) { posix_path p; return posix_path_of("statvfs", a[0], true, &p) ? do_statvfs(&p) : OB_NULL; }
NATIVE(f_fstatvfs) { posix_path p = {0}; return posix_int(a[0], &p.fd) ? do_statvfs(&p) : OB_NULL; }
NATIVE(f_access) {
    posix_path p;
    int mode, at;
    bool effective, follow;
    if (!posix_path_of("access", a[0], false, &p) || !posix_int(a[1], &mode) || !posix_dir_fd(a[2], &at) || !flag(a[3], false, &effective) || !flag(a[4], true, &follow)) return OB_NULL;
    return ob_bool(faccessat(at, p.text, mode, (effective ? AT_EACCESS : 0) | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) == 0);
}

/* ---- descriptors ---- */

NATIVE(f_open) {
    posix_path p;
    int flags, mode = 0777, at;
    if (!posix_path_of("open", a[0], false, &p) || !posix_int(a[1], &flags) || (!ob_is_null(a[2]) && !posix_int(a[2], &mode)) || !posix_dir_fd(a[3], &at)) return OB_NULL;
    if (!py_io_sync_path(at, p.text, true)) return OB_NULL;
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC)) { if (!ob_external()) return OB_NULL; }
    int fd;
    POSIX_RETRY(fd, openat(at, p.text, flags | O_CLOEXEC, mode));
    return fd < 0 ? posix_done(-1, &p) : ob_from_small(fd);
}
NATIVE(f_close) {
    int fd;
    if (!posix_int(a[0], &fd) || !ob_external() || !py_output_before_close(fd)) return OB_NULL;
    return posix_done(close(fd), NULL);
}
NATIVE(f_closerange) {
    int lo, hi;
    if (!posix_int(a[0], &lo) || !posix_int(a[1], &hi) || !ob_external()) return OB_NULL;
    for (int fd = lo; fd < hi; fd++) close(fd);
    return OB_NONE;
}
NATIVE(f_read) {
    int fd;
    int64_t size;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[1], &size)) return OB_NULL;
    if (size < 0) return ob_raise_errno(EINVAL, OB_NULL);
    if (!py_output_before(fd, true)) return OB_NULL;
    char *buf = malloc((size_t)size + 1);
    if (!buf) return ob_raise_memory();
    ssize_t r;
    POSIX_RETRY(r, read(fd, buf, (size_t)size));
    ob_val v = r < 0 ? (ob_failed() ? OB_NULL : posix_done(-1, NULL)) : ob_bytes_from(buf, (size_t)r);
    free(buf);
    return v;
}
NATIVE(f_write) {
    int fd;
    ob_buffer b;
    if (!posix_int(a[0], &fd) || !ob_buffer_get(a[1], &b, false)) return OB_NULL;
    ssize_t r = -1;
    if (py_me->block || ob_external())
        do r = py_output_write(fd, b.data, b.len); while (r < 0 && errno == EINTR && ob_poll());
    int err = errno;
    if (r >= 0 && (size_t)r < b.len && !ob_poll()) r = -1;   /* a signal may have cut it short */
    ob_buffer_release(&b);
    errno = err;
    if (ob_failed()) return OB_NULL;
    return r < 0 ? posix_done(-1, NULL) : ob_from_small(r);
}
NATIVE(f_lseek) {
    int fd, how;
    int64_t at;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[1], &at) || !posix_int(a[2], &how) || !py_output_before(fd, true)) return OB_NULL;
    off_t r = lseek(fd, at, how);
    return r < 0 ? posix_done(-1, NULL) : ob_int_from_i64(r);
}
NATIVE(f_pread) {
    int fd;
    int64_t size, at;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[1], &size) || !ob_index_i64(a[2], &at) || !py_output_before(fd, false)) return OB_NULL;
    ob_val v = ob_bytes_alloc(size < 0 ? 0 : (size_t)size);
    if (ob_is_null(v)) return v;
    ssize_t r = pread(fd, ob_bytes_ptr(v)->data, size < 0 ? 0 : (size_t)size, at);
    return r < 0 ? posix_done(-1, NULL) : r == size ? v : ob_bytes_from(ob_bytes_ptr(v)->data, (size_t)r);
}
NATIVE(f_pwrite) {
    int fd;
    int64_t at;
    ob_buffer b;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[2], &at) || !ob_external() || !py_output_before(fd, false) || !ob_buffer_get(a[1], &b, false)) return OB_NULL;
    ssize_t r = pwrite(fd, b.data, b.len, at);
    int err = errno;
    ob_buffer_release(&b);
    errno = err;
    return r < 0 ? posix_done(-1, NULL) : ob_from_small(r);
}
NATIVE(f_fsync) {
    int fd, r;
    if (!posix_int(a[0], &fd) || !ob_external() || !py_output_before(fd, false)) return OB_NULL;
    POSIX_RETRY(r, fsync(fd));
    return posix_done(r, NULL);
}
NATIVE(f_fdatasync) {
    int fd, r;
    if (!posix_int(a[0], &fd) || !ob_external() || !py_output_before(fd, false)) return OB_NULL;
    POSIX_RETRY(r, fdatasync(fd));
    return posix_done(r, NULL);
}
NATIVE(f_ftruncate) {
    int fd;
    int64_t size;
    if (!posix_int(a[0], &fd) || !ob_index_i64(a[1], &size) || !ob_external() || !py_output_before(fd, false)) return OB_NULL;
    return posix_done(ftruncate(fd, size), NULL);
}
NATIVE(f_truncate) {
    posix_path p;
    int64_t size;
    if (!posix_path_of("truncate", a[0], true, &p) || !ob_index_i64(a[1], &size) || !ob_external()) return OB_NULL;
    return posix_done(p.text ? truncate(p.text, size) : ftruncate(p.fd, size), &p);
}
NATIVE(f_dup) {
    int fd;
    if (!posix_int(a[0], &fd) || !ob_external()) return OB_NULL;
    int r = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return r < 0 ? posix_done(-1, NULL) : ob_from_small(r);
}
NATIVE(f_dup2) {
    int fd, to;
    bool inheritable;
    if (!posix_int(a[0], &fd) || !posix_int(a[1], &to) || !flag(a[2], true, &inheritable) || !ob_external()) return OB_NULL;
    int r = inheritable || fd == to ? dup2(fd, to) : dup3(fd, to, O_CLOEXEC);
    return r < 0 ? posix_done(-1, NULL) : ob_from_small(r);
}
static ob_val make_pipe(int flags) {
    int fd[2];
    if (!ob_external()) return OB_NULL;
    return pipe2(fd, flags) < 0 ? posix_done(-1, NULL) : ob_tuple_of2(ob_from_small(fd[0]), ob_from_small(fd[1]));
}
NATIVE(f_pipe) { return make_pipe(O_CLOEXEC); }
NATIVE(f_pipe2) { int flags; return posix_int(a[0], &flags) ? make_pipe(flags) : OB_NULL; }
NATIVE(f_isatty) { int fd; return posix_int(a[0], &fd) ? ob_bool(isatty(fd)) : OB_NULL; }
NATIVE(f_ttyname) {
    int fd;
    char name[256];
    if (!posix_int(a[0], &fd)) return OB_NULL;
    int e = ttyname_r(fd, name, sizeof name);
    return e ? ob_raise_errno(e, OB_NULL) : ob_str_from_c(name);
}
NATIVE(f_get_inheritable) {
    int fd, r;
    if (!posix_int(a[0], &fd)) return OB_NULL;
    r = fcntl(fd, F_GETFD);
    return r < 0 ? posix_done(-1, NULL) : ob_bool(!(r & FD_CLOEXEC));
}
static ob_val change_flag(ob_val fdv, ob_val on, int get, int set, int bit, bool invert) {
    int fd, r;
    bool want;
    if (!posix_int(fdv, &fd) || !flag(on, false, &want) || !ob_external()) return OB_NULL;
    r = fcntl(fd, get);
    return posix_done(r < 0 ? r : fcntl(fd, set, want != invert ? r | bit : r & ~bit), NULL);
}
NATIVE(f_set_inheritable) { return change_flag(a[0], a[1], F_GETFD, F_SETFD, FD_CLOEXEC, true); }
NATIVE(f_set_blocking) { return change_flag(a[0], a[1], F_GETFL, F_SETFL, O_NONBLOCK, true); }
NATIVE(f_get_blocking) {
    int fd, r;
    if (!posix_int(a[0], &fd)) return OB_NULL;
    r = fcntl(fd, F_GETFL);
    return r < 0 ? posix_done(-1, NULL) : ob_bool(!(r & O_NONBLOCK));
}
NATIVE(f_get_terminal_size) {
    int fd = 1;
    struct winsize w;
    if (!ob_is_null(a[0]) && !posix_int(a[0], &fd)) return OB_NULL;
    if (ioctl(fd, TIOCGWINSZ, &w) < 0) return posix_done(-1, NULL);
    ob_val v[2] = {ob_from_small(w.ws_col), ob_from_small(w.ws_row)};
    return ob_structseq_new(terminal_type, v);
}
NATIVE(f_device_encoding) { int fd; return !posix_int(a[0], &fd) ? OB_NULL : isatty(fd) ? ob_str_from_c("UTF-8") : OB_NONE; }
NATIVE(f_urandom) {
    int64_t size;
    if (!ob_index_i64(a[0], &size)) return OB_NULL;
    if (size < 0) return ob_raise(&ob_exc_ValueError, "negative argument not allowed");
    ob_val v = ob_bytes_alloc((size_t)size);
    for (size_t got = 0; !ob_is_null(v) && got < (size_t)size;) {
        ssize_t r = getrandom(ob_bytes_ptr(v)->data + got, (size_t)size - got, 0);
        if (r < 0 && errno != EINTR) return posix_done(-1, NULL);
        if (r > 0) got += (size_t)r;
    }
    return v;
}

/* ---- names ---- */

NATIVE(f_mkdir) {
    posix_path p;
    int mode = 0777, at;
    if (!posix_path_of("mkdir", a[0], false, &p) || (!ob_is_null(a[1]) && !posix_int(a[1], &mode)) || !posix_dir_fd(a[2], &at) || !ob_external()) return OB_NULL;
    return posix_done(mkdirat(at, p.text, (mode_t)mode), &p);
}
static ob_val remove_at(const char *who, const ob_val *a, int flags) {
    posix_path p;
    int at;
    if (!posix_path_of(who, a[0], false, &p) || !posix_dir_fd(a[1], &at) || !ob_external()) return OB_NULL;
    return posix_done(unlinkat(at, p.text, flags), &p);
}
NATIVE(f_remove) { return remove_at("remove", a, 0); }
NATIVE(f_unlink) { return remove_at("unlink", a, 0); }
NATIVE(f_rmdir) { return remove_at("rmdir", a, AT_REMOVEDIR); }
static ob_val two_names(const char *who, const ob_val *a, int what) {
    posix_path p, q;
    int from, to, r;
    if (!posix_path_of(who, a[0], false, &p) || !posix_path_of(who, a[1], false, &q) || !posix_dir_fd(a[2], &from) || !posix_dir_fd(a[3], &to) || !ob_external()) return OB_NULL;
    r = what == 0 ? renameat(from, p.text, to, q.text) : linkat(from, p.text, to, q.text, what == 2 ? AT_SYMLINK_FOLLOW : 0);
    return r < 0 ? ob_raise_errno2(errno, p.given, q.given) : OB_NONE;
}
NATIVE(f_rename) { return two_names("rename", a, 0); }
NATIVE(f_replace) { return two_names("replace", a, 0); }
NATIVE(f_link) { bool follow; return flag(a[4], true, &follow) ? two_names("link", a, follow ? 2 : 1) : OB_NULL; }
NATIVE(f_symlink) {
    posix_path p, q;
    int at;
    if (!posix_path_of("symlink", a[0], false, &p) || !posix_path_of("symlink", a[1], false, &q) || !posix_dir_fd(a[3], &at) || !ob_external()) return OB_NULL;
    return symlinkat(p.text, at, q.text) < 0 ? ob_raise_errno2(errno, p.given, q.given) : OB_NONE;
}
NATIVE(f_readlink) {
    posix_path p;
    int at;
    char buf[PATH_MAX];
    if (!posix_path_of("readlink", a[0], false, &p) || !posix_dir_fd(a[1], &at)) return OB_NULL;
    ssize_t r = readlinkat(at, p.text, buf, sizeof buf);
    return r < 0 ? posix_done(-1, &p) : posix_name(buf, (size_t)r, p.bytes);
}
NATIVE(f_chmod) {
    posix_path p;
    int mode, at;
    if (!posix_path_of("chmod", a[0], true, &p) || !posix_int(a[1], &mode) || !posix_dir_fd(a[2], &at) || !ob_external()) return OB_NULL;
    return posix_done(p.text ? fchmodat(at, p.text, (mode_t)mode, 0) : fchmod(p.fd, (mode_t)mode), &p);
}
NATIVE(f_fchmod) {
    int fd, mode;
    if (!posix_int(a[0], &fd) || !posix_int(a[1], &mode) || !ob_external()) return OB_NULL;
    return posix_done(fchmod(fd, (mode_t)mode), NULL);
}
NATIVE(f_chown) {
    posix_path p;
    uid_t uid;
    gid_t gid;
    int at;
    bool follow;
    if (!posix_path_of("chown", a[0], true, &p) || !posix_uid(a[1], &uid) || !posix_gid(a[2], &gid) || !posix_dir_fd(a[3], &at) || !flag(a[4], true, &follow) || !ob_external()) return OB_NULL;
    return posix_done(p.text ? fchownat(at, p.text, uid, gid, follow ? 0 : AT_SYMLINK_NOFOLLOW) : fchown(p.fd, uid, gid), &p);
}
static bool time_pair(ob_val pair, bool ns, struct timespec t[2]) {
    if (!ob_is_tuple(pair) || ob_tuple_len(pair) != 2) return ob_fail(ob_raise(&ob_exc_TypeError, "utime: '%s' must be %sa tuple of two %s", ns ? "ns" : "times", ns ? "" : "either ", ns ? "ints" : "ints or floats"));
    for (int i = 0; i < 2; i++) {
        ob_val v = ob_tuple_at(pair, (size_t)i);
        int64_t whole;
        if (ns || ob_is_int(v)) {
            if (!ob_index_i64(v, &whole)) return false;
            int64_t nano = ns ? ((whole % 1000000000) + 1000000000) % 1000000000 : 0;
            t[i] = (struct timespec){ns ? (whole - nano) / 1000000000 : whole, nano};
        } else {
            double d, f;
            if (!ob_to_double(v, &d)) return false;
            f = floor(d);
            t[i] = (struct timespec){(time_t)f, (long)((d - f) * 1e9)};
        }
    }
    return true;
}
NATIVE(f_utime) {
    posix_path p;
    int at;
    bool follow, now = true;
    struct timespec t[2];
    if (!posix_path_of("utime", a[0], true, &p) || !posix_dir_fd(a[3], &at) || !flag(a[4], true, &follow)) return OB_NULL;
    if (!ob_is_null(a[1]) && !ob_is_none(a[1]) && !ob_is_null(a[2])) return ob_raise(&ob_exc_ValueError, "utime: you may specify either 'times' or 'ns' but not both");
    if (!p.text && at != AT_FDCWD) return ob_raise(&ob_exc_ValueError, "utime: can't specify dir_fd without matching path");
    if (!p.text && !follow) return ob_raise(&ob_exc_ValueError, "utime: cannot use fd and follow_symlinks together");
    if (!ob_is_null(a[1]) && !ob_is_none(a[1])) { now = false; if (!time_pair(a[1], false, t)) return OB_NULL; }
    else if (!ob_is_null(a[2])) { now = false; if (!time_pair(a[2], true, t)) return OB_NULL; }
    if (!ob_external()) return OB_NULL;
    return posix_done(p.text ? utimensat(at, p.text, now ? NULL : t, follow ? 0 : AT_SYMLINK_NOFOLLOW) : futimens(p.fd, now ? NULL : t), &p);
}
static ob_val working_folder(bool bytes) {
    char buf[PATH_MAX];
    return getcwd(buf, sizeof buf) ? posix_name(buf, strlen(buf), bytes) : posix_done(-1, NULL);
}
NATIVE(f_getcwd) { return working_folder(false); }
NATIVE(f_getcwdb) { return working_folder(true); }
NATIVE(f_chdir) {
    posix_path p;
    if (!posix_path_of("chdir", a[0], true, &p) || !ob_external()) return OB_NULL;
    return posix_done(p.text ? chdir(p.text) : fchdir(p.fd), &p);
}
NATIVE(f_umask) {
    int mask;
    if (!posix_int(a[0], &mask) || !ob_external()) return OB_NULL;
    return ob_from_small(umask((mode_t)mask));
}

/* ---- folders ---- */

static DIR *open_folder(const char *who, ob_val v, posix_path *p) {
    if (ob_is_null(v) || ob_is_none(v)) { *p = (posix_path){OB_NULL, ".", -1, false}; return opendir("."); }
    if (!posix_path_of(who, v, true, p)) return NULL;
    DIR *d;
    if (p->text) d = opendir(p->text);
    else {
        int fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
        d = fd < 0 ? NULL : fdopendir(fd);
        if (d) rewinddir(d);
    }
    if (!d) posix_done(-1, p);
    return d;
}
static bool is_dots(const char *s) { return s[0] == '.' && (!s[1] || (s[1] == '.' && !s[2])); }

NATIVE(f_listdir) {
    posix_path p;
    DIR *d = open_folder("listdir", a[0], &p);
    if (!d) return ob_failed() ? OB_NULL : posix_done(-1, NULL);
    ob_val l = ob_list_new(16);
    for (struct dirent *e; !ob_is_null(l) && (e = readdir(d));) {
        if (is_dots(e->d_name)) continue;
        ob_val s = posix_name(e->d_name, strlen(e->d_name), p.bytes);
        if (ob_is_null(s) || !ob_list_append(l, s)) l = OB_NULL;
    }
    closedir(d);
    return l;
}

typedef struct entry_object { ob_obj o; ob_val name, path; uint8_t type; bool relative; uint64_t inode; int fd; } entry_object;
static entry_object *entry(ob_val v) { return (entry_object *)ob_ptr(v); }
static void entry_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((entry_object *)o)->name); ob_trace_val(t, ((entry_object *)o)->path); }
static ob_val entry_name(ob_val v) { return entry(v)->name; }
static ob_val entry_path(ob_val v) { return entry(v)->path; }
static ob_val entry_repr(ob_val v) { return ob_str_format_c("<DirEntry %R>", entry(v)->name); }
static const char *entry_text(ob_val v, posix_path *p) { return posix_path_of("DirEntry", entry(v)->path, false, p) ? p->text : NULL; }
static bool entry_stat(ob_val v, bool follow, struct stat *st) {
    posix_path p;
    return entry_text(v, &p) && py_io_sync_path(entry(v)->fd, p.text, follow) && fstatat(entry(v)->fd, p.text, st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
}
static ob_val entry_is(ob_val v, const ob_val *a, mode_t kind, uint8_t type) {
    bool follow = true;
    struct stat st;
    if (a && !flag(a[0], true, &follow)) return OB_NULL;
    uint8_t t = entry(v)->type;
    if (t != DT_UNKNOWN && (t != DT_LNK || !follow)) return ob_bool(t == type);
    if (entry_stat(v, follow, &st)) return ob_bool((st.st_mode & S_IFMT) == kind);
    if (ob_failed()) return OB_NULL;
    return errno == ENOENT ? OB_FALSE : ob_raise_errno(errno, entry(v)->path);
}
NATIVE(entry_is_dir) { return entry_is(self, a, S_IFDIR, DT_DIR); }
NATIVE(entry_is_file) { return entry_is(self, a, S_IFREG, DT_REG); }
NATIVE(entry_is_symlink) { ob_val no = OB_FALSE; return entry_is(self, &no, S_IFLNK, DT_LNK); }
NATIVE(entry_m_stat) {
    bool follow;
    struct stat st;
    if (!flag(a[0], true, &follow)) return OB_NULL;
    return entry_stat(self, follow, &st) ? posix_stat_result(&st) : ob_failed() ? OB_NULL : ob_raise_errno(errno, entry(self)->path);
}
NATIVE(entry_inode) { return ob_int_from_u64(entry(self)->inode); }
NATIVE(entry_fspath) { return entry(self)->path; }
static const ob_def entry_methods[] = {{"__class_getitem__", ob_class_getitem, "item, /", NULL, OB_DEF_CLASS}, {"__fspath__", entry_fspath, "", NULL, 0}, {"inode", entry_inode, "", NULL, 0},
    {"is_dir", entry_is_dir, "*, follow_symlinks=True", NULL, 0}, {"is_file", entry_is_file, "*, follow_symlinks=True", NULL, 0},
    {"is_symlink", entry_is_symlink, "", NULL, 0}, {"stat", entry_m_stat, "*, follow_symlinks=True", NULL, 0}, {0}};
static const ob_getset entry_getsets[] = {{"name", entry_name, NULL, NULL}, {"path", entry_path, NULL, NULL}, {0}};
static ob_type entry_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "posix.DirEntry", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(entry_object), .slots = {.repr = entry_repr}, .trace = entry_trace, .methods = entry_methods, .getsets = entry_getsets};

/* The iterator reads the whole folder at once: nothing of the operating system stays open, and it needs no rollback but its position. */
typedef struct scan_object { ob_obj o; ob_val it; } scan_object;
static void scan_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((scan_object *)o)->it); }
static ob_val scan_self(ob_val v) { return v; }
static ob_val scan_next(ob_val v) { return ob_next(((scan_object *)ob_ptr(v))->it); }
NATIVE(scan_enter) { return self; }
NATIVE(scan_close) { return OB_NONE; }
static const ob_def scan_methods[] = {{"__enter__", scan_enter, "", NULL, 0}, {"__exit__", scan_close, "*args", NULL, 0}, {"close", scan_close, "", NULL, 0}, {0}};
static ob_type scan_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "posix.ScandirIterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(scan_object), .slots = {.iter = scan_self, .next = scan_next}, .trace = scan_trace, .methods = scan_methods};

static ob_val join_path(const posix_path *p, const char *name) {
    char buf[2 * PATH_MAX];
    size_t n = p->text ? strlen(p->text) : 0;
    const char *sep = n && p->text[n - 1] != '/' ? "/" : "";
    int len = p->text ? snprintf(buf, sizeof buf, "%s%s%s", p->text, sep, name) : snprintf(buf, sizeof buf, "%s", name);
    return posix_name(buf, (size_t)len, p->bytes);
}
NATIVE(f_scandir) {
    posix_path p;
    DIR *d = open_folder("scandir", a[0], &p);
    if (!d) return ob_failed() ? OB_NULL : posix_done(-1, NULL);
    ob_val l = ob_list_new(16);
    for (struct dirent *e; !ob_is_null(l) && (e = readdir(d));) {
        if (is_dots(e->d_name)) continue;
        entry_object *o = ob_alloc(&entry_type, sizeof *o);
        ob_val v = o ? ob_of(o) : OB_NULL;
        if (o) {
            o->name = posix_name(e->d_name, strlen(e->d_name), p.bytes);
            o->path = join_path(&p, e->d_name);
            o->type = e->d_type;
            o->inode = e->d_ino;
            o->fd = p.text ? AT_FDCWD : p.fd;
        }
        if (!o || ob_is_null(o->name) || ob_is_null(o->path) || !ob_list_append(l, v)) l = OB_NULL;
    }
    closedir(d);
    scan_object *s = ob_is_null(l) ? NULL : ob_alloc(&scan_type, sizeof *s);
    if (!s) return OB_NULL;
    s->it = ob_iter(l);
    return ob_is_null(s->it) ? OB_NULL : ob_of(s);
}

const ob_def posix_files_defs[] = {
    {"access", f_access, "path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True", NULL, 0}, {"chdir", f_chdir, "path", NULL, 0},
    {"chmod", f_chmod, "path, mode, *, dir_fd=None, follow_symlinks=True", NULL, 0}, {"chown", f_chown, "path, uid, gid, *, dir_fd=None, follow_symlinks=True", NULL, 0},
    {"close", f_close, "fd", NULL, 0}, {"closerange", f_closerange, "fd_low, fd_high, /", NULL, 0}, {"device_encoding", f_device_encoding, "fd", NULL, 0},
    {"dup", f_dup, "fd, /", NULL, 0}, {"dup2", f_dup2, "fd, fd2, inheritable=True", NULL, 0}, {"fchmod", f_fchmod, "fd, mode", NULL, 0},
    {"fdatasync", f_fdatasync, "fd", NULL, 0}, {"fstat", f_fstat, "fd", NULL, 0}, {"fstatvfs", f_fstatvfs, "fd, /", NULL, 0}, {"fsync", f_fsync, "fd", NULL, 0}, {"ftruncate", f_ftruncate, "fd, length, /", NULL, 0},
    {"get_blocking", f_get_blocking, "fd, /", NULL, 0}, {"get_inheritable", f_get_inheritable, "fd, /", NULL, 0},
    {"get_terminal_size", f_get_terminal_size, "fd=1, /", NULL, 0}, {"getcwd", f_getcwd, "", NULL, 0}, {"getcwdb", f_getcwdb, "", NULL, 0},
    {"isatty", f_isatty, "fd, /", NULL, 0}, {"link", f_link, "src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True", NULL, 0},
    {"listdir", f_listdir, "path=None", NULL, 0}, {"lseek", f_lseek, "fd, position, how, /", NULL, 0}, {"lstat", f_lstat, "path, *, dir_fd=None", NULL, 0},
    {"mkdir", f_mkdir, "path, mode=511, *, dir_fd=None", NULL, 0}, {"open", f_open, "path, flags, mode=511, *, dir_fd=None", NULL, 0}, {"pipe", f_pipe, "", NULL, 0},
    {"pipe2", f_pipe2, "flags, /", NULL, 0}, {"pread", f_pread, "fd, length, offset, /", NULL, 0}, {"pwrite", f_pwrite, "fd, buffer, offset, /", NULL, 0},
    {"read", f_read, "fd, length, /", NULL, 0}, {"readlink", f_readlink, "path, *, dir_fd=None", NULL, 0}, {"remove", f_remove, "path, *, dir_fd=None", NULL, 0},
    {"rename", f_rename, "src, dst, *, src_dir_fd=None, dst_dir_fd=None", NULL, 0}, {"replace", f_replace, "src, dst, *, src_dir_fd=None, dst_dir_fd=None", NULL, 0},
    {"rmdir", f_rmdir, "path, *, dir_fd=None", NULL, 0}, {"scandir", f_scandir, "path=None", NULL, 0}, {"set_blocking", f_set_blocking, "fd, blocking, /", NULL, 0},
    {"set_inheritable", f_set_inheritable, "fd, inheritable, /", NULL, 0}, {"stat", f_stat, "path, *, dir_fd=None, follow_symlinks=True", NULL, 0},
    {"statvfs", f_statvfs, "path", NULL, 0}, {"symlink", f_symlink, "src, dst, target_is_directory=False, *, dir_fd=None", NULL, 0},
    {"truncate", f_truncate, "path, length", NULL, 0}, {"ttyname", f_ttyname, "fd, /", NULL, 0}, {"umask", f_umask, "mask, /", NULL, 0},
    {"unlink", f_unlink, "path, *, dir_fd=None", NULL, 0}, {"urandom", f_urandom, "size, /", NULL, 0},
    {"utime", f_utime, "path, times=None, *, ns=None, dir_fd=None, follow_symlinks=True", NULL, 0}, {"write", f_write, "fd, data, /", NULL, 0}, {0}};

bool posix_files_fill(ob_val m) {
    static const char *const vfs[] = {"f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_favail", "f_flag", "f_namemax", "f_fsid", NULL};
    static const char *const term[] = {"columns", "lines", NULL};
    stat_type = ob_structseq_type_new("os.stat_result", stat_fields, 10);
    statvfs_type = ob_structseq_type_new("os.statvfs_result", vfs, 10);
    terminal_type = ob_structseq_type_new("os.terminal_size", term, 2);
    return stat_type && statvfs_type && terminal_type && ob_type_ready(&entry_type) && ob_type_ready(&scan_type) && ob_module_add_defs(m, posix_files_defs) &&
           ob_module_add(m, "stat_result", ob_of(stat_type)) && ob_module_add(m, "statvfs_result", ob_of(statvfs_type)) &&
           ob_module_add(m, "terminal_size", ob_of(terminal_type)) && ob_module_add(m, "DirEntry", ob_of(&entry_type));
}
