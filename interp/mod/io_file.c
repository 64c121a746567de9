/* io_file.c: FileIO: a file descriptor as a raw stream, and the system calls of all streams.
 * Locks: none.  System calls run inside ob_blocking_enter/leave; no body is touched there.
 * F1  Data is read into fresh bytes objects, never into a body: a body may be another version after a blocking call. */
#include "interp/mod/io_int.h"
#include "interp/mod/io_pending.h"
#include "interp/run/blocking.h"
#include "objspace/inst.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct file_body {
    io_head head;
    int64_t fd;                          /* -1: none */
    uint64_t blksize;
    ob_val name;
} file_body;

static void trace_body(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const file_body *)body)->name); }
static OB_KIND(file_kind);

/* ---- the outside world ---- */
static ssize_t direct_write(int fd, const void *p, size_t n) {
    py_blocking_enter();
    ssize_t r = write(fd, p, n);
    int e = errno;
    py_blocking_leave();
    errno = e;
    return r;
}
static bool allow(int fd) { (void)fd; return true; }
static int now(int fd) { (void)fd; return 1; }
static bool allow_open(const char *path, int flags) { (void)path; (void)flags; return true; }
py_io_effects py_io = {.write = direct_write, .before_read = allow, .before_tell = allow, .before_open = allow_open, .after_open = allow, .closing = now, .before_truncate = allow};

bool py_io_interrupted(void) {
    if (ob_the_vm.poll) ob_the_vm.poll();
    return !ob_failed();
}

/* -1 raised, -2 would block */
static ssize_t read_fd(int fd, void *p, size_t n) {
    if (n > 0x7ffff000) n = 0x7ffff000;
    for (;;) {
        if (!py_io.before_read(fd)) return -1;
        py_blocking_enter();
        ssize_t r = read(fd, p, n);
        int e = errno;
        py_blocking_leave();
        if (r >= 0) return r;
        if (e == EAGAIN) return -2;
        if (e != EINTR) return ob_fail_int(ob_raise_errno(e, OB_NULL));
        if (!py_io_interrupted()) return -1;
    }
}

static ssize_t write_fd(int fd, const void *p, size_t n) {
    if (n > 0x7ffff000) n = 0x7ffff000;
    for (;;) {
        ssize_t r = py_io.write(fd, p, n);
        if (r >= 0) return r;
        if (r == -2) return -1;
        if (errno == EAGAIN) return -2;
        if (errno != EINTR) return ob_fail_int(ob_raise_errno(errno, OB_NULL));
        if (!py_io_interrupted()) return -1;
    }
}

/* ---- access for the buffered streams ---- */
/* The descriptor; -1: raised. need: IO_READABLE, IO_WRITABLE or 0. */
static int fd_of(ob_val v, uint64_t need) {
    const file_body *b = ob_read(v);
    if (b->fd < 0) return ob_fail_int(ob_raise(&ob_exc_ValueError, "I/O operation on closed file"));
    if (need && !(b->head.flags & need)) return ob_fail_int(py_io_raise_unsupported(need == IO_READABLE ? "File not open for reading" : "File not open for writing"));
    return (int)b->fd;
}

static ob_val trimmed(ob_val b, size_t n) {
    ob_bytes_obj *o = ob_bytes_ptr(b);
    if (n == o->len) return b;
    if (n < o->len / 2) return ob_bytes_from(o->data, n);
    o->len = n;                                          /* nobody else has seen it */
    o->data[n] = 0;
    return b;
}

ob_val py_file_read(ob_val file, size_t n) {
    int fd = fd_of(file, IO_READABLE);
    if (fd < 0) return OB_NULL;
    ob_val b = ob_bytes_alloc(n);
    if (ob_is_null(b)) return b;
    ssize_t r = read_fd(fd, ob_bytes_ptr(b)->data, n);
    return r == -1 ? OB_NULL : r == -2 ? OB_NONE : trimmed(b, (size_t)r);
}

ob_val py_file_read_all(ob_val file) {
    int fd = fd_of(file, IO_READABLE);
    struct stat st;
    if (fd < 0 || !py_io.before_tell(fd)) return OB_NULL;
    py_blocking_enter();
    off_t pos = lseek(fd, 0, SEEK_CUR);
    size_t room = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && pos >= 0 && st.st_size > pos ? (size_t)(st.st_size - pos) + 1 : IO_DEFAULT_BUFFER_SIZE, have = 0;
    py_blocking_leave();
    ob_val b = ob_bytes_alloc(room);
    while (!ob_is_null(b)) {
        if (have == room) {
            ob_val larger = ob_bytes_alloc(room = room < 65536 ? room * 2 : room + room / 8 + 262144);
            if (ob_is_null(larger)) return larger;
            memcpy(ob_bytes_ptr(larger)->data, ob_bytes_ptr(b)->data, have);
            b = larger;
        }
        ssize_t r = read_fd(fd, ob_bytes_ptr(b)->data + have, room - have);
        if (r == -1) return OB_NULL;
        if (r == -2 && have == 0) return OB_NONE;
        if (r <= 0) return trimmed(b, have);
        have += (size_t)r;
    }
    return b;
}

ssize_t py_file_write(ob_val file, const uint8_t *p, size_t n) {
    int fd = fd_of(file, IO_WRITABLE);
    return fd < 0 ? -1 : write_fd(fd, p, n);
}

int64_t py_file_seek(ob_val file, int64_t offset, int whence) {
    int fd = fd_of(file, 0);
    if (fd < 0 || !py_io.before_tell(fd)) return -1;
    py_blocking_enter();
    off_t r = lseek(fd, offset, whence);
    int e = errno;
    py_blocking_leave();
    return r >= 0 ? (int64_t)r : ob_fail_int(ob_raise_errno(e, OB_NULL));
}

/* ---- opening ---- */
typedef struct open_mode { int flags; uint64_t bits; } open_mode;

static bool bad_mode(void) { return ob_fail(ob_raise(&ob_exc_ValueError, "Must have exactly one of create/read/write/append mode and at most one plus")); }

static bool parse_mode(const char *mode, open_mode *m) {
    bool kind = false, plus = false;
    *m = (open_mode){0, 0};
    for (const char *p = mode; *p; p++) {
        switch (*p) {
        case 'x': if (kind) return bad_mode(); kind = true; m->bits |= IO_CREATED | IO_WRITABLE; m->flags |= O_EXCL | O_CREAT; break;
        case 'r': if (kind) return bad_mode(); kind = true; m->bits |= IO_READABLE; break;
        case 'w': if (kind) return bad_mode(); kind = true; m->bits |= IO_WRITABLE; m->flags |= O_CREAT | O_TRUNC; break;
        case 'a': if (kind) return bad_mode(); kind = true; m->bits |= IO_WRITABLE | IO_APPENDING; m->flags |= O_APPEND | O_CREAT; break;
        case 'b': break;
        case '+': if (plus) return bad_mode(); plus = true; m->bits |= IO_READABLE | IO_WRITABLE; break;
        default: return ob_fail(ob_raise(&ob_exc_ValueError, "invalid mode: %.200s", mode));
        }
    }
    if (!kind) return bad_mode();
    bool r = m->bits & IO_READABLE, w = m->bits & IO_WRITABLE;
    m->flags |= (r && w ? O_RDWR : r ? O_RDONLY : O_WRONLY) | O_CLOEXEC;
    return true;
}

/* The new descriptor; -1: raised. */
static int open_path(ob_val file, int flags) {
    ob_val path = ob_fspath(file);
    size_t n;
    const char *name;
    if (ob_is_null(path)) return -1;
    if (ob_is_bytes(path)) {
        name = (const char *)ob_bytes_ptr(path)->data;
        if (strlen(name) != ob_bytes_ptr(path)->len) return ob_fail_int(ob_raise(&ob_exc_ValueError, "embedded null byte"));
    } else if ((name = ob_str_fsencode(path, &n)) == NULL) return -1;
    if (!py_io_sync_path(AT_FDCWD, name, true)) return -1;
    for (;;) {
        if (!py_io.before_open(name, flags)) return -1;
        py_blocking_enter();
        int fd = open(name, flags, 0666), e = errno;
        py_blocking_leave();
        if (fd >= 0 && py_io.after_open(fd)) return fd;
        if (fd >= 0) {
            close(fd);
            return -1;
        }
        if (e != EINTR) return ob_fail_int(ob_raise_errno(e, file));
        if (!py_io_interrupted()) return -1;
    }
}

static int open_by(ob_val opener, ob_val file, int flags) {
    int64_t fd;
    ob_val r = ob_call2(opener, file, ob_from_small(flags));
    if (ob_is_null(r)) return -1;
    if (!ob_is_int(r)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "expected integer from opener"));
    if (!ob_int_to_i64(r, &fd)) return -1;
    if (fd < 0) return ob_fail_int(ob_raise(&ob_exc_ValueError, "opener returned %d", (int)fd));
    fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    return (int)fd;
}

static void close_fd(int fd) {
    py_blocking_enter();
    close(fd);
    py_blocking_leave();
}

static bool set_name(ob_val self, ob_val v) {
    file_body *b = ob_write_stream(self);
    if (b == NULL) return false;
    if (ob_is_null(v) && ob_is_null(b->name)) return ob_fail(ob_raise(&ob_exc_AttributeError, "name"));
    b->name = v;
    return true;
}

/* A name is an attribute as others are: a subclass may refuse it. */
static bool name_it(ob_val self, ob_val name) {
    if (ob_is_exact(self, &py_fileio_type)) return set_name(self, name);
    return ob_setattr(self, OB_NAME(plain_name), name);
}

static ob_val init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    open_mode m;
    struct stat st;
    int64_t given = -1;
    bool closefd, own;
    const char *mode = ob_is_null(a[1]) ? "r" : py_text_arg(a[1], "FileIO() argument 'mode'");
    if (mode == NULL || !py_bool_arg(a[2], true, &closefd)) return OB_NULL;
    const file_body *old = ob_read(self);
    if (old->fd >= 0 && old->head.flags & IO_OK) {
        if (old->head.flags & IO_CLOSEFD) close_fd((int)old->fd);
    }
    if (ob_is_int(a[0])) {
        if (!ob_int_to_i64(a[0], &given)) return OB_NULL;
        if (given < 0) return ob_raise(&ob_exc_ValueError, "negative file descriptor");
    }
    if (!parse_mode(mode, &m)) return OB_NULL;
    int fd = (int)given;
    own = given < 0;
    if (own) {
        if (!closefd) return ob_raise(&ob_exc_ValueError, "Cannot use closefd=False with file name");
        fd = py_absent(a[3]) ? open_path(a[0], m.flags) : open_by(a[3], a[0], m.flags);
        if (fd < 0) return OB_NULL;
    }
    py_blocking_enter();
    int failed = fstat(fd, &st), e = errno;
    py_blocking_leave();
    if (failed == 0 && S_ISDIR(st.st_mode)) e = EISDIR;
    if ((failed && e == EBADF) || (!failed && S_ISDIR(st.st_mode))) {
        if (own) close_fd(fd);
        return ob_raise_errno(e, failed ? OB_NULL : a[0]);
    }
    file_body *b = ob_write_stream(self);
    if (b == NULL) { if (own) close_fd(fd); return OB_NULL; }
    b->head.flags = m.bits | IO_OK | (closefd ? IO_CLOSEFD : 0);
    b->fd = fd;
    b->blksize = !failed && st.st_blksize > 1 ? (uint64_t)st.st_blksize : IO_DEFAULT_BUFFER_SIZE;
    if (!name_it(self, a[0])) {                          /* what was opened here is closed here */
        if (own) close_fd(fd);
        if ((b = ob_write_stream(self)) != NULL) b->fd = -1;
        return OB_NULL;
    }
    if (m.bits & IO_APPENDING && py_file_seek(self, 0, SEEK_END) < 0) {
        if (!ob_err_clear_if(&ob_exc_OSError)) return OB_NULL;
    }
    return OB_NONE;
}

static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)a; (void)n; (void)kw;
    tx_handle *h = ob_alloc_mut(t, sizeof(file_body));
    if (h == NULL) return OB_NULL;
    ((file_body *)tx_inline_body(h))->fd = -1;
    return ob_of(h);
}

static bool slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return !ob_is_null(PY_BIND_CALL(init, "FileIO", "file, mode='r', closefd=True, opener=None", self, a, n, kw));
}

/* The sweep closes what nobody closed. */
static void file_free(ob_obj *o) {
    const file_body *b = tx_inline_body((tx_handle *)o);
    uint64_t vw = atomic_load_explicit(&((tx_handle *)o)->vw, memory_order_relaxed);
    if ((vw & 1) && b->fd > 2 && b->head.flags & IO_CLOSEFD) close((int)b->fd);
}

/* ---- methods ---- */
METHOD(read) {
    int64_t size;
    if (fd_of(self, IO_READABLE) < 0 || !py_size_arg(a[0], -1, &size)) return OB_NULL;
    return size < 0 ? py_file_read_all(self) : py_file_read(self, (size_t)size);
}
METHOD(readall) { return py_file_read_all(self); }

METHOD(readinto) {
    ob_buffer b;
    if (fd_of(self, IO_READABLE) < 0 || !py_writable_arg(a[0], "readinto", &b)) return OB_NULL;
    size_t len = b.len;
    ob_buffer_release(&b);
    ob_val data = py_file_read(self, len);
    if (ob_is_null(data) || ob_is_none(data)) return data;
    if (!ob_buffer_get(a[0], &b, true)) return OB_NULL;
    size_t k = ob_bytes_ptr(data)->len;
    memcpy(b.data, ob_bytes_ptr(data)->data, k < b.len ? k : b.len);
    ob_buffer_release(&b);
    return ob_from_small((int64_t)k);
}

METHOD(write) {
    ob_buffer b;
    if (fd_of(self, IO_WRITABLE) < 0 || !ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val copy = ob_is_bytes(a[0]) ? a[0] : ob_bytes_from(b.data, b.len);   /* (F1) */
    ob_buffer_release(&b);
    if (ob_is_null(copy)) return copy;
    ssize_t r = py_file_write(self, ob_bytes_ptr(copy)->data, ob_bytes_ptr(copy)->len);
    if (r >= 0 && (size_t)r < ob_bytes_ptr(copy)->len && !py_io_interrupted()) return OB_NULL;   /* a signal may have cut it short */
    return r == -1 ? OB_NULL : r == -2 ? OB_NONE : ob_from_small(r);
}

METHOD(seek) {
    int64_t offset, whence = 0, pos;
    if (fd_of(self, 0) < 0) return OB_NULL;
    if (!py_int_arg(a[0], &offset) || (!ob_is_null(a[1]) && !py_int_arg(a[1], &whence))) return OB_NULL;
    pos = py_file_seek(self, offset, (int)whence);
    return pos < 0 ? OB_NULL : ob_int_from_i64(pos);
}
METHOD(tell) {
    int64_t pos = py_file_seek(self, 0, SEEK_CUR);
    return pos < 0 ? OB_NULL : ob_int_from_i64(pos);
}

METHOD(truncate) {
    int64_t size;
    int fd = fd_of(self, IO_WRITABLE), r, e;
    if (fd < 0) return OB_NULL;
    if (py_absent(a[0])) { if ((size = py_file_seek(self, 0, SEEK_CUR)) < 0) return OB_NULL; }
    else if (!py_int_arg(a[0], &size)) return OB_NULL;
    if (!py_io.before_truncate(fd)) return OB_NULL;
    do {
        py_blocking_enter();
        r = ftruncate(fd, size);
        e = errno;
        py_blocking_leave();
    } while (r < 0 && e == EINTR && py_io_interrupted());
    if (r < 0) return ob_failed() ? OB_NULL : ob_raise_errno(e, OB_NULL);
    return ob_int_from_i64(size);
}

METHOD(dealloc_warn) {
    const file_body *b = ob_read(self);
    if (b->fd < 0 || !(b->head.flags & IO_CLOSEFD)) return OB_NONE;
    ob_val had = ob_err_fetch();
    bool ok = ob_warn(&ob_exc_ResourceWarning, 1, "unclosed file %R", a[0]);
    if (!ok) ob_err_unraisable(a[0]);
    if (!ob_is_null(had) && !ob_failed()) ob_err_restore(had);
    return ob_failed() ? OB_NULL : OB_NONE;
}

/* The descriptor is gone whatever close(2) says. */
static bool close_own(ob_val self) {
    const file_body *r = ob_read(self);
    if (r->fd < 0) return io_flag(self, IO_CLOSED, 0);
    int fd = (int)r->fd;
    int how = r->head.flags & IO_CLOSEFD ? py_io.closing(fd) : 1;
    if (how < 0) return false;
    if (how && r->head.flags & IO_WRITABLE) py_io_writer_closed(fd);
    file_body *b = ob_write_stream(self);
    if (b == NULL) return false;
    uint64_t flags = b->head.flags;
    b->fd = -1;
    b->head.flags |= IO_CLOSED;
    if (!how || !(flags & IO_CLOSEFD)) return true;
    py_blocking_enter();
    int failed = close(fd), e = errno;
    py_blocking_leave();
    return !failed || e == EINTR || ob_fail(ob_raise_errno(e, OB_NULL));
}

METHOD(close) {
    const file_body *b = ob_read(self);
    if (b->fd >= 0 && b->head.flags & IO_FINALIZING && ob_is_null(m_dealloc_warn(self, &self, 1, OB_NULL))) return OB_NULL;
    ob_val pending = py_io_base_close(self) ? OB_NULL : ob_err_fetch();      /* there may be another flush() than the base's */
    if (ob_failed()) return OB_NULL;
    (void)close_own(self);
    return py_io_finish_close(self, pending) ? OB_NONE : OB_NULL;
}

METHOD(seekable) {
    int fd = fd_of(self, 0);
    if (fd < 0) return OB_NULL;
    const file_body *b = ob_read(self);
    if (!(b->head.flags & IO_SEEK_KNOWN)) {
        if (!py_io.before_tell(fd)) return OB_NULL;
        py_blocking_enter();
        bool can = lseek(fd, 0, SEEK_CUR) >= 0;
        py_blocking_leave();
        if (!io_flag(self, IO_SEEK_KNOWN | (can ? IO_SEEKABLE : 0), 0)) return OB_NULL;
    }
    return ob_bool(io_flags(self) & IO_SEEKABLE);
}
METHOD(readable) { return fd_of(self, 0) < 0 ? OB_NULL : ob_bool(io_flags(self) & IO_READABLE); }
METHOD(writable) { return fd_of(self, 0) < 0 ? OB_NULL : ob_bool(io_flags(self) & IO_WRITABLE); }
METHOD(fileno) {
    int fd = fd_of(self, 0);
    return fd < 0 ? OB_NULL : ob_from_small(fd);
}
METHOD(isatty) {
    int fd = fd_of(self, 0);
    return fd < 0 ? OB_NULL : ob_bool(isatty(fd));
}

static const char *mode_text(uint64_t f) {
    bool r = f & IO_READABLE, w = f & IO_WRITABLE;
    if (f & IO_CREATED) return r ? "xb+" : "xb";
    if (f & IO_APPENDING) return r ? "ab+" : "ab";
    return r && w ? "rb+" : r ? "rb" : "wb";
}
GETTER(mode) { return ob_str_from_c(mode_text(io_flags(self))); }
GETTER(closed) { return ob_bool(((const file_body *)ob_read(self))->fd < 0); }
GETTER(closefd) { return ob_bool(io_flags(self) & IO_CLOSEFD); }
GETTER(blksize) { return ob_int_from_u64(((const file_body *)ob_read(self))->blksize); }
GETTER(name) {
    ob_val name = ((const file_body *)ob_read(self))->name;
    return ob_is_null(name) ? ob_raise(&ob_exc_AttributeError, "'%.100T' object has no attribute 'name'", self) : name;
}
static bool set_blksize(ob_val self, ob_val v) {
    int64_t i;
    file_body *b;
    if (ob_is_null(v)) return ob_fail(ob_raise(&ob_exc_AttributeError, "cannot delete attribute"));
    if (!py_int_arg(v, &i) || (b = ob_write_stream(self)) == NULL) return false;
    b->blksize = (uint64_t)i;
    return true;
}

static ob_val slot_repr(ob_val self) {
    file_body b = *(const file_body *)ob_read(self);
    const char *closefd = b.head.flags & IO_CLOSEFD ? "True" : "False";
    if (b.fd < 0) return ob_str_format_c("<%s [closed]>", ob_type_of(self)->name);
    ob_val name = ob_getattr_opt(self, OB_NAME(plain_name));
    if (ob_is_null(name) && ob_failed()) return name;
    if (ob_is_null(name)) return ob_str_format_c("<%s fd=%d mode='%s' closefd=%s>", ob_type_of(self)->name, (int)b.fd, mode_text(b.head.flags), closefd);
    bool entered;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_raise(&ob_exc_RuntimeError, "reentrant call inside %s.__repr__", ob_type_of(self)->name);
    ob_val r = ob_str_format_c("<%s name=%R mode='%s' closefd=%s>", ob_type_of(self)->name, name, mode_text(b.head.flags), closefd);
    ob_repr_leave(self);
    return r;
}

static const ob_def methods[] = {
    {"__getstate__", py_io_no_pickle, "", NULL, 0},
    {"_dealloc_warn", m_dealloc_warn, "source, /", NULL, 0},
    {"close", m_close, "", "Closes the file.", 0},
    {"fileno", m_fileno, "", "The descriptor.", 0},
    {"isatty", m_isatty, "", "Is it a terminal?", 0},
    {"read", m_read, "size=-1, /", "Up to size bytes by one system call.", 0},
    {"readable", m_readable, "", "Was it opened for reading?", 0},
    {"readall", m_readall, "", "All bytes up to the end.", 0},
    {"readinto", m_readinto, "buffer, /", "Reads into a buffer.", 0},
    {"seek", m_seek, "pos, whence=0, /", "Moves the position.", 0},
    {"seekable", m_seekable, "", "May the position be moved?", 0},
    {"tell", m_tell, "", "The position.", 0},
    {"truncate", m_truncate, "size=None, /", "Cuts the file.", 0},
    {"writable", m_writable, "", "Was it opened for writing?", 0},
    {"write", m_write, "b, /", "Writes bytes; how many were written.", 0},
    {0},
};
static const ob_getset getsets[] = {
    {"_blksize", get_blksize, set_blksize, NULL},
    {"_finalizing", py_io_get_finalizing, py_io_set_finalizing, NULL},
    {"closed", get_closed, NULL, "True if the file is closed"},
    {"closefd", get_closefd, NULL, "Will closing this close the descriptor?"},
    {"mode", get_mode, NULL, "The mode."},
    {"name", get_name, set_name, "What was opened."},
    {0},
};
ob_type py_fileio_type = {
    OB_TYPE_HEAD(&ob_type_type, &file_kind), .name = "_io.FileIO", .base = &py_rawiobase_type, .flags = OB_TF_BASE | OB_TF_HOLDER | OB_TF_FINAL_LAST, .size = sizeof(file_body),
    .slots = {.make = slot_make, .init = slot_init, .repr = slot_repr}, .trace_body = trace_body, .free = file_free, .methods = methods, .getsets = getsets,
    .has_dict = true, .has_weakref = true, .doc = "A raw file.",
};
