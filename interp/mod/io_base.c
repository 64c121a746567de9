/* io_base.c: _IOBase and the three abstract bases over it: what a stream class written in Python inherits.
 * Locks: none. */
#include "interp/mod/io_int.h"
#include "objspace/exc.h"
#include "objspace/contain.h"
#include "objspace/inst.h"

static OB_KIND(base_kind);

ob_val py_io_raise_unsupported(const char *message) {
    ob_val text = ob_str_from_c(message), e = ob_is_null(text) ? text : ob_call1(py_io_unsupported, text);
    return ob_is_null(e) ? e : ob_raise_value(e);
}

int py_io_closed(ob_val v) {
    ob_val c = ob_getattr_c(v, "closed");
    return ob_is_null(c) ? -1 : ob_truth(c);
}

bool py_io_check_open(ob_val v) {
    int c = py_io_closed(v);
    if (c < 0) return false;
    return !c || ob_fail(ob_raise(&ob_exc_ValueError, "I/O operation on closed file."));
}

bool py_io_check_able(ob_val v, const char *method, const char *message) {
    ob_val r = py_call_method0(v, method);
    if (ob_is_null(r)) return false;
    return ob_same(r, OB_TRUE) || ob_fail(py_io_raise_unsupported(message));
}

ob_val py_io_no_pickle(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a; (void)n; (void)kw;
    return ob_raise(&ob_exc_TypeError, "cannot pickle '%.100T' object", self);
}

/* ---- _IOBase ---- */
static ob_val base_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)a; (void)n; (void)kw;
    return ob_of(ob_alloc_mut(t, t->size));
}
static bool base_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)self; (void)a; (void)n; (void)kw; return true; }

#define UNSUPPORTED(name) METHOD(name) { return py_io_raise_unsupported(#name); }
UNSUPPORTED(seek) UNSUPPORTED(truncate) UNSUPPORTED(fileno) UNSUPPORTED(detach) UNSUPPORTED(read) UNSUPPORTED(read1) UNSUPPORTED(write) UNSUPPORTED(readline)

METHOD(tell) {
    ob_val args[2] = {ob_from_small(0), ob_from_small(1)};
    return ob_call_method_c(self, "seek", args, 2);
}

GETTER(closed) { return ob_bool(io_flags(self) & IO_CLOSED); }

METHOD(flush) {
    if (io_flags(self) & IO_CLOSED) return ob_raise(&ob_exc_ValueError, "I/O operation on closed file.");
    return OB_NONE;
}

bool py_io_finish_close(ob_val self, ob_val pending) {
    (void)self;
    if (ob_is_null(pending)) return !ob_failed();
    if (ob_failed()) {
        ob_val newer = ob_err_fetch();
        if (ob_is_null(newer)) return false;
        if (!ob_exc_set_context(newer, pending)) return false;
        pending = newer;
    }
    ob_err_restore(pending);
    return false;
}

bool py_io_base_close(ob_val self) {
    if (io_flags(self) & IO_CLOSED) return true;
    ob_val r = py_call_method0(self, "flush"), pending = ob_is_null(r) ? ob_err_fetch() : OB_NULL;
    if (ob_is_null(r) && ob_is_null(pending)) return false;
    return io_flag(self, IO_CLOSED, 0) && py_io_finish_close(self, pending);
}
METHOD(close) { return py_io_base_close(self) ? OB_NONE : OB_NULL; }

/* What cannot tell whether it is closed is left alone; nobody is there to hear of errors. */
ob_val py_io_del(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a; (void)n; (void)kw;
    int closed = py_io_closed(self);
    if (closed == 0) {
        if (!ob_setattr(self, ob_str_intern_c("_finalizing"), OB_TRUE)) ob_err_clear();
        if (!ob_failed() && ob_is_null(py_call_method0(self, "close"))) ob_err_clear();
    } else if (closed < 0) ob_err_clear();
    return ob_failed() ? OB_NULL : OB_NONE;
}

ob_val py_io_get_finalizing(ob_val self) { return ob_bool(io_flags(self) & IO_FINALIZING); }
bool py_io_set_finalizing(ob_val self, ob_val v) {
    if (ob_is_null(v)) return ob_fail(ob_raise(&ob_exc_AttributeError, "cannot delete attribute"));
    int t = ob_truth(v);
    return t >= 0 && io_flag(self, t ? IO_FINALIZING : 0, t ? 0 : IO_FINALIZING);
}

bool py_io_warn_unclosed(ob_val stream, ob_val source) {
    ob_val f = ob_getattr_opt(stream, ob_str_intern_c("_dealloc_warn"));
    if (ob_is_null(f) || ob_is_null(ob_call1(f, source))) ob_err_clear();
    return !ob_failed();
}

METHOD(no) {
    if (!py_io_check_open(self)) return OB_NULL;
    return OB_FALSE;
}
METHOD(able) { return OB_FALSE; }
METHOD(check_closed) { return py_io_check_open(self) ? OB_NONE : OB_NULL; }
METHOD(check_seekable) { return py_io_check_able(self, "seekable", "File or stream is not seekable.") ? OB_TRUE : OB_NULL; }
METHOD(check_readable) { return py_io_check_able(self, "readable", "File or stream is not readable.") ? OB_TRUE : OB_NULL; }
METHOD(check_writable) { return py_io_check_able(self, "writable", "File or stream is not writable.") ? OB_TRUE : OB_NULL; }
METHOD(enter) { return py_io_check_open(self) ? self : OB_NULL; }
METHOD(exit) { return py_call_method0(self, "close"); }
static ob_val base_iter(ob_val self) { return py_io_check_open(self) ? self : OB_NULL; }

static ob_val base_next(ob_val self) {
    ob_val line = py_call_method0(self, "readline");
    if (ob_is_null(line)) return line;
    ssize_t len = ob_len(line);
    return len > 0 ? line : OB_NULL;
}

/* How many bytes the next read of a line may take: up to the newline that peek() shows. */
static int64_t bytes_ahead(ob_val self, ob_val peek, int64_t limit, int64_t have) {
    if (ob_is_null(peek)) return 1;
    ob_val p = ob_call1(peek, ob_from_small(1));
    if (ob_is_null(p)) return -1;
    (void)self;
    if (!ob_is_bytes(p)) { ob_raise(&ob_exc_OSError, "peek() should have returned a bytes object, not '%.200T'", p); return -1; }
    size_t n = ob_bytes_ptr(p)->len;
    if (n == 0) return 1;
    if (limit >= 0 && (int64_t)n > limit - have) n = (size_t)(limit - have);
    const uint8_t *hit = memchr(ob_bytes_ptr(p)->data, '\n', n);
    return hit ? hit - ob_bytes_ptr(p)->data + 1 : (int64_t)n;
}

METHOD(readline_base) {
    int64_t limit, want;
    if (!py_size_arg(a[0], -1, &limit)) return OB_NULL;
    ob_val peek = ob_getattr_opt(self, ob_str_intern_c("peek")), line = ob_bytearray_from(NULL, 0);
    if ((ob_is_null(peek) && ob_failed()) || ob_is_null(line)) return OB_NULL;
    for (int64_t have = 0; limit < 0 || have < limit;) {
        if ((want = bytes_ahead(self, peek, limit, have)) < 0) return OB_NULL;
        ob_val b = py_call_method1(self, "read", ob_from_small(want));
        if (ob_is_null(b)) return b;
        if (!ob_is_bytes(b)) return ob_raise(&ob_exc_OSError, "read() should have returned a bytes object, not '%.200T'", b);
        size_t k = ob_bytes_ptr(b)->len;
        if (k == 0) break;
        have += (int64_t)k;
        if (ob_is_null(ob_inplace(OB_BIN_ADD, line, b))) return OB_NULL;
        if (ob_bytes_ptr(b)->data[k - 1] == '\n') break;
    }
    const ob_bytearray_body *body = ob_read(line);
    return ob_bytes_from(body->data ? body->data : (const uint8_t *)"", body->len);
}

ob_val py_io_readlines(ob_val self, ob_val hint) {
    int64_t limit, total = 0;
    if (!py_size_arg(hint, -1, &limit)) return OB_NULL;
    ob_val l = ob_list_new(0), it = ob_iter(self), line;
    if (ob_is_null(l) || ob_is_null(it)) return OB_NULL;
    while (!ob_is_null(line = ob_next(it))) {
        if (!ob_list_append(l, line)) return OB_NULL;
        if (limit <= 0) continue;
        ssize_t k = ob_len(line);
        if (k < 0) return OB_NULL;
        if (k > limit - total) break;
        total += k;
    }
    return ob_failed() ? OB_NULL : l;
}
METHOD(readlines) { return py_io_readlines(self, a[0]); }

METHOD(writelines) {
    if (!py_io_check_open(self)) return OB_NULL;
    ob_val it = ob_iter(a[0]), line;
    if (ob_is_null(it)) return it;
    while (!ob_is_null(line = ob_next(it)))
        if (ob_is_null(py_call_method1(self, "write", line))) return OB_NULL;
    return ob_failed() ? OB_NULL : OB_NONE;
}

static const ob_def base_methods[] = {
    {"__del__", py_io_del, "", NULL, 0},
    {"__enter__", m_enter, "", NULL, 0},
    {"__exit__", m_exit, "*args", NULL, 0},
    {"_checkClosed", m_check_closed, "*args", NULL, 0},
    {"_checkReadable", m_check_readable, "*args", NULL, 0},
    {"_checkSeekable", m_check_seekable, "*args", NULL, 0},
    {"_checkWritable", m_check_writable, "*args", NULL, 0},
    {"close", m_close, "", "Flushes and closes the stream.", 0},
    {"fileno", m_fileno, "", "The file descriptor.", 0},
    {"flush", m_flush, "", "Writes what is buffered.", 0},
    {"isatty", m_no, "", "Is it a terminal?", 0},
    {"readable", m_able, "", "May it be read?", 0},
    {"readline", m_readline_base, "size=-1, /", "One line, at most size bytes.", 0},
    {"readlines", m_readlines, "hint=-1, /", "A list of lines, of about hint bytes.", 0},
    {"seek", m_seek, "*args", "Moves the position.", 0},
    {"seekable", m_able, "", "May the position be moved?", 0},
    {"tell", m_tell, "", "The position.", 0},
    {"truncate", m_truncate, "*args", "Cuts the stream at the position.", 0},
    {"writable", m_able, "", "May it be written?", 0},
    {"writelines", m_writelines, "lines, /", "Writes each item.", 0},
    {0},
};
static const ob_getset base_getsets[] = {{"__dict__", ob_attr_dict, ob_attr_dict_set, NULL}, {"closed", get_closed, NULL, "Is the stream closed?"}, {0}};

#define BASE_FLAGS (OB_TF_BASE | OB_TF_HOLDER | OB_TF_FINAL)
ob_type py_iobase_type = {
    OB_TYPE_HEAD(&ob_type_type, &base_kind), .name = "_io._IOBase", .base = &ob_object_type, .flags = BASE_FLAGS, .size = sizeof(io_head),
    .slots = {.make = base_make, .init = base_init, .iter = base_iter, .next = base_next}, .methods = base_methods, .getsets = base_getsets,
    .has_dict = true, .has_weakref = true, .doc = "The base of all streams.",
};

/* ---- _RawIOBase ---- */
METHOD(raw_read) {
    int64_t size;
    if (!py_size_arg(a[0], -1, &size)) return OB_NULL;
    if (size < 0) return py_call_method0(self, "readall");
    ob_val b = ob_bytearray_from(NULL, (size_t)size), r;
    if (ob_is_null(b)) return b;
    if (size) memset(((ob_bytearray_body *)ob_write(b))->data, 0, (size_t)size);
    r = py_call_method1(self, "readinto", b);
    if (ob_is_null(r) || ob_is_none(r)) return r;
    int64_t k;
    if (!py_int_arg(r, &k)) return OB_NULL;
    const ob_bytearray_body *body = ob_read(b);
    if (k < 0 || (size_t)k > body->len) return ob_raise(&ob_exc_ValueError, "readinto returned %lld outside buffer size %zd", (long long)k, body->len);
    return ob_bytes_from(body->data ? body->data : (const uint8_t *)"", (size_t)k);
}

METHOD(raw_readall) {
    ob_val parts = ob_list_new(0);
    if (ob_is_null(parts)) return parts;
    for (bool some = false;; some = true) {
        ob_val b = py_call_method1(self, "read", ob_from_small(IO_DEFAULT_BUFFER_SIZE));
        if (ob_is_null(b)) return b;
        if (ob_is_none(b)) { if (!some) return b; break; }
        if (!ob_is_bytes(b)) return ob_raise(&ob_exc_TypeError, "read() should return bytes");
        if (ob_bytes_ptr(b)->len == 0) break;
        if (!ob_list_append(parts, b)) return OB_NULL;
    }
    size_t count;
    const ob_val *items = ob_list_whole(parts, &count);
    return items || !count ? ob_bytes_join(ob_bytes_from("", 0), items, count) : OB_NULL;
}

static const ob_def raw_methods[] = {
    {"read", m_raw_read, "size=-1, /", "Up to size bytes.", 0},
    {"readall", m_raw_readall, "", "All bytes up to the end.", 0},
    {0},
};
ob_type py_rawiobase_type = {
    OB_TYPE_HEAD(&ob_type_type, &base_kind), .name = "_io._RawIOBase", .base = &py_iobase_type, .flags = BASE_FLAGS, .size = sizeof(io_head),
    .methods = raw_methods, .has_dict = true, .has_weakref = true, .doc = "The base of raw streams of bytes.",
};

/* ---- _BufferedIOBase ---- */
static ob_val read_into(ob_val self, ob_val target, const char *method) {
    ob_buffer b;
    if (!ob_buffer_get(target, &b, true)) return OB_NULL;
    size_t len = b.len;
    ob_buffer_release(&b);
    ob_val data = py_call_method1(self, method, ob_from_small((int64_t)len));
    if (ob_is_null(data)) return data;
    if (!ob_is_bytes(data)) return ob_raise(&ob_exc_TypeError, "read() should return bytes");
    size_t k = ob_bytes_ptr(data)->len;
    if (k > len) return ob_raise(&ob_exc_ValueError, "read() returned too much data: %zd bytes requested, %zd returned", (ssize_t)len, (ssize_t)k);
    if (!ob_buffer_get(target, &b, true)) return OB_NULL;
    memcpy(b.data, ob_bytes_ptr(data)->data, k < b.len ? k : b.len);
    ob_buffer_release(&b);
    return ob_from_small((int64_t)k);
}
METHOD(readinto) { return read_into(self, a[0], "read"); }
METHOD(readinto1) { return read_into(self, a[0], "read1"); }

static const ob_def buffered_methods[] = {
    {"detach", m_detach, "", "Gives the raw stream up.", 0},
    {"read", m_read, "*args", "Up to that many bytes.", 0},
    {"read1", m_read1, "*args", "Bytes by at most one raw read.", 0},
    {"readinto", m_readinto, "buffer, /", "Reads into a buffer.", 0},
    {"readinto1", m_readinto1, "buffer, /", "Reads into a buffer by at most one raw read.", 0},
    {"write", m_write, "*args", "Writes bytes.", 0},
    {0},
};
ob_type py_bufferediobase_type = {
    OB_TYPE_HEAD(&ob_type_type, &base_kind), .name = "_io._BufferedIOBase", .base = &py_iobase_type, .flags = BASE_FLAGS, .size = sizeof(io_head),
    .methods = buffered_methods, .has_dict = true, .has_weakref = true, .doc = "The base of buffered streams of bytes.",
};

/* ---- _TextIOBase ---- */
GETTER(none) { return OB_NONE; }
static const ob_def text_methods[] = {
    {"detach", m_detach, "", "Gives the buffer up.", 0},
    {"read", m_read, "*args", "Up to that many characters.", 0},
    {"readline", m_readline, "*args", "One line.", 0},
    {"write", m_write, "*args", "Writes text.", 0},
    {0},
};
static const ob_getset text_getsets[] = {
    {"encoding", get_none, NULL, "The encoding's name."}, {"errors", get_none, NULL, "The error handler."}, {"newlines", get_none, NULL, "Newlines seen so far."}, {0},
};
ob_type py_textiobase_type = {
    OB_TYPE_HEAD(&ob_type_type, &base_kind), .name = "_io._TextIOBase", .base = &py_iobase_type, .flags = BASE_FLAGS, .size = sizeof(io_head),
    .methods = text_methods, .getsets = text_getsets, .has_dict = true, .has_weakref = true, .doc = "The base of text streams.",
};
