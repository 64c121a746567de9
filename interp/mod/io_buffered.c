/* io_buffered.c: BufferedReader, BufferedWriter, BufferedRandom, BufferedRWPair.
 * Locks: none; one versioned body for all three, which holds what was read ahead (an immutable bytes object) and what is to be written (a block).
 * B1  At most one of read-ahead and pending output is not empty.                                      (before_write, before_read)
 * B2  Pending output is taken out of the body before a raw write, and what was not written is put back: Python code or another thread may
 *     see the stream meanwhile.                                                                       (py_buffered_flush)
 * B3  The raw position is where the read-ahead ends, or where the pending output begins. */
#include "interp/mod/io_int.h"
#include "objspace/exc.h"
#include "objspace/inst.h"
#include "objspace/memoryview.h"
#include <errno.h>
#include <unistd.h>

typedef struct buffered_body {
    io_head head;
    ob_val raw;                          /* OB_NULL: detached, or not initialised */
    uint64_t size;
    ob_val ahead;                        /* bytes or OB_NULL */
    uint64_t pos;                        /* of the next byte in `ahead` */
    uint8_t *out;                        /* a block of `room` bytes, or NULL */
    uint64_t len, room;
} buffered_body;

static void trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const buffered_body *b = body;
    ob_trace_val(t, b->raw);
    ob_trace_val(t, b->ahead);
    ob_trace_block(t, b->out);
}
static bool body_copy(const tx_handle *h, void *dst, const void *src) {
    (void)h;
    buffered_body *d = dst;
    *d = *(const buffered_body *)src;
    if (d->out == NULL) return true;
    d->out = ob_kind_block_copy(((const buffered_body *)src)->out, d->len, d->room);
    return d->out != NULL;
}
static void body_drop(const tx_handle *h, void *body) {
    (void)h;
    buffered_body *b = body;
    if (b->out) ob_block_free(b->out, b->room);
}
static bool body_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    (void)h; (void)mask;
    const buffered_body *a = x, *b = y;
    return a->head.flags == b->head.flags && ob_same(a->raw, b->raw) && a->size == b->size && ob_same(a->ahead, b->ahead) && a->pos == b->pos
        && a->len == b->len && (a->len == 0 || memcmp(a->out, b->out, a->len) == 0);
}
static bool body_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h; (void)mine; (void)base; (void)theirs; (void)dirty;
    return false;
}
static OB_KIND(buffered_kind, .copy = body_copy, .drop = body_drop, .same = body_same, .merge = body_merge);

/* ---- states ---- */
static const buffered_body *ready(ob_val self) {
    const buffered_body *b = ob_read(self);
    if (LIKELY(!ob_is_null(b->raw))) return b;
    return ob_fail_ptr(b->head.flags & IO_DETACHED ? ob_raise(&ob_exc_ValueError, "raw stream has been detached")
                                                   : ob_raise(&ob_exc_ValueError, "I/O operation on uninitialized object"));
}

/* The body of an open stream; what: "read of closed file". */
static const buffered_body *open_body(ob_val self, const char *what) {
    const buffered_body *b = ready(self);
    if (b == NULL) return NULL;
    bool fast = b->head.flags & IO_FAST;
    int closed = fast ? io_flags(b->raw) & IO_CLOSED ? 1 : 0 : py_io_closed(b->raw);
    if (closed < 0) return NULL;
    if (closed) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "%s", what));
    return ob_read(self);
}

int py_buffered_closed(ob_val v) {
    const buffered_body *b = ob_read(v);
    if (LIKELY(!ob_is_null(b->raw) && b->head.flags & IO_FAST)) return (io_flags(b->raw) & IO_CLOSED) != 0;
    return py_io_closed(v);
}

bool py_is_buffered(ob_val v, uint64_t able) {
    ob_type *t = ob_type_of(v);
    if (t == &py_buffered_random_type) return true;
    return able == IO_READABLE ? t == &py_buffered_reader_type : t == &py_buffered_writer_type;
}

/* ---- raw access ---- */
/* One raw read of up to n bytes: bytes, None, or OB_NULL. */
static ob_val raw_read(ob_val raw, bool fast, size_t n) {
    int64_t k;
    if (fast) return py_file_read(raw, n);
    ob_val array = ob_bytearray_from(NULL, n);
    if (ob_is_null(array)) return array;
    if (n) memset(((ob_bytearray_body *)ob_write(array))->data, 0, n);
    ob_val view = ob_memoryview_new(array), r;
    if (ob_is_null(view)) return view;
    do r = py_call_method1(raw, "readinto", view);
    while (ob_is_null(r) && ob_err_clear_if(&ob_exc_InterruptedError));
    ob_memoryview_release(view);
    if (ob_is_null(r) || ob_is_none(r)) return r;
    if (!py_int_arg(r, &k)) {
        ob_val why = ob_err_fetch(), text = ob_is_null(why) ? why : ob_str_from_c("raw readinto() failed");
        return ob_is_null(text) ? text : ob_raise_from(&ob_exc_OSError, why, text);
    }
    const ob_bytearray_body *b = ob_read(array);
    if (k < 0 || (size_t)k > n || (size_t)k > b->len)
        return ob_raise(&ob_exc_OSError, "raw readinto() returned invalid length %lld (should have been between 0 and %zd)", (long long)k, (ssize_t)n);
    return ob_bytes_from(b->data ? b->data : (const uint8_t *)"", (size_t)k);
}

/* One raw write: bytes written, -1 raised, -2 would block. bytes: a bytes object, from: where to begin. */
static ssize_t raw_write(ob_val raw, bool fast, ob_val bytes, size_t from) {
    const ob_bytes_obj *o = ob_bytes_ptr(bytes);
    int64_t k;
    if (fast) return py_file_write(raw, o->data + from, o->len - from);
    ob_val part = from ? ob_bytes_from(o->data + from, o->len - from) : bytes, view = ob_is_null(part) ? part : ob_memoryview_new(part), r;
    if (ob_is_null(view)) return -1;
    do r = py_call_method1(raw, "write", view);
    while (ob_is_null(r) && ob_err_clear_if(&ob_exc_InterruptedError));
    if (ob_is_null(r)) return -1;
    if (ob_is_none(r)) return -2;
    if (!py_int_arg(r, &k)) return -1;
    if (k < 0 || (size_t)k > o->len - from)
        return ob_fail_int(ob_raise(&ob_exc_OSError, "raw write() returned invalid length %lld (should have been between 0 and %zd)", (long long)k, (ssize_t)(o->len - from)));
    return k;
}

static int64_t raw_seek(ob_val raw, bool fast, int64_t offset, int whence) {
    int64_t pos;
    if (fast) return py_file_seek(raw, offset, whence);
    ob_val args[2] = {ob_int_from_i64(offset), ob_from_small(whence)}, r = ob_call_method_c(raw, "seek", args, 2);
    if (ob_is_null(r)) return -1;
    if (!py_int_arg(r, &pos)) return -1;
    return pos >= 0 ? pos : ob_fail_int(ob_raise(&ob_exc_OSError, "Raw stream returned invalid position %lld", (long long)pos));
}

static int64_t raw_tell(ob_val raw, bool fast) {
    int64_t pos;
    if (fast) return py_file_seek(raw, 0, SEEK_CUR);
    ob_val r = py_call_method0(raw, "tell");
    if (ob_is_null(r) || !py_int_arg(r, &pos)) return -1;
    return pos >= 0 ? pos : ob_fail_int(ob_raise(&ob_exc_OSError, "Raw stream returned invalid position %lld", (long long)pos));
}

/* ---- writing ---- */
static bool raise_blocked(ssize_t written) {
    ob_val a[3] = {ob_from_small(EAGAIN), ob_str_from_c("write could not complete without blocking"), ob_from_small(written)};
    ob_val e = ob_call(ob_type_val(&ob_exc_BlockingIOError), a, 3);
    return ob_fail(ob_is_null(e) ? e : ob_raise_value(e));
}

/* Puts bytes[from..] back at the front of the pending output. */
static bool put_back(ob_val self, ob_val bytes, size_t from) {
    const ob_bytes_obj *o = ob_bytes_ptr(bytes);
    size_t k = o->len - from;
    ob_val pending = ob_err_fetch();
    buffered_body *b = ob_write_stream(self);
    bool ok = b != NULL;
    if (ok) {
        size_t room = k + b->len > b->size ? k + b->len : b->size;
        uint8_t *block = ob_block_alloc(room);
        if ((ok = block != NULL)) {
            memcpy(block, o->data + from, k);
            if (b->len) memcpy(block + k, b->out, b->len);
            if (b->out) ob_block_free(b->out, b->room);
            b->out = block;
            b->len += k;
            b->room = room;
        }
    }
    if (!ob_is_null(pending)) { ob_err_clear(); ob_err_restore(pending); }
    return ok;
}

bool py_buffered_flush(ob_val self) {
    const buffered_body *r = ob_read(self);
    if (r->len == 0) return true;
    ob_val bytes = ob_bytes_from(r->out, r->len), raw = r->raw;
    bool fast = r->head.flags & IO_FAST;
    buffered_body *b = ob_is_null(bytes) ? NULL : ob_write_stream(self);
    if (b == NULL) return false;
    b->len = 0;                                          /* (B2) */
    for (size_t done = 0, n = ob_bytes_ptr(bytes)->len; done < n;) {
        ssize_t k = raw_write(raw, fast, bytes, done);
        if (k >= 0) done += (size_t)k;
        if (k >= 0 && (done == n || py_io_interrupted())) continue;  /* a signal may have cut the write short */
        if (ob_err.cond > OB_COND_EXCEPTION) return false;           /* a conflict: the slice or block is undone, and with it that the buffer is empty */
        if (!put_back(self, bytes, done) && k == -2) return false;
        return k == -2 ? raise_blocked(0) : false;
    }
    return true;
}

/* Gives read-ahead up: the raw stream moves back to where the reader is. */
static bool drop_ahead(ob_val self) {
    const buffered_body *r = ob_read(self);
    if (ob_is_null(r->ahead)) return true;
    size_t left = ob_bytes_ptr(r->ahead)->len - r->pos;
    ob_val raw = r->raw;
    bool fast = r->head.flags & IO_FAST;
    buffered_body *b = ob_write_stream(self);
    if (b == NULL) return false;
    b->ahead = OB_NULL;
    b->pos = 0;
    return left == 0 || raw_seek(raw, fast, -(int64_t)left, SEEK_CUR) >= 0;
}

static bool append_out(ob_val self, const uint8_t *p, size_t n) {
    buffered_body *b = ob_write_stream(self);
    if (b == NULL) return false;
    if (b->out == NULL || b->room < b->len + n) {
        size_t room = b->len + n > b->size ? b->len + n : b->size;
        uint8_t *block = ob_block_alloc(room);
        if (block == NULL) return false;
        if (b->out) { memcpy(block, b->out, b->len); ob_block_free(b->out, b->room); }
        b->out = block;
        b->room = room;
    }
    memcpy(b->out + b->len, p, n);
    b->len += n;
    return true;
}

/* p must stay where it is while Python code runs (bytes of an immutable object, or memory of the caller's own). */
bool py_buffered_write(ob_val self, const uint8_t *p, size_t n) {
    const buffered_body *r = open_body(self, "write to closed file");
    if (r == NULL || !drop_ahead(self)) return false;
    r = ob_read(self);
    if (LIKELY(r->len + n <= r->size)) return append_out(self, p, n);
    size_t size = r->size;
    if (r->len > 0 && !py_buffered_flush(self)) {        /* when it would block, the buffer takes what still fits */
        if (!ob_err_clear_if(&ob_exc_BlockingIOError)) return false;
        const buffered_body *now = ob_read(self);
        size_t room = now->len < size ? size - now->len : 0, fits = n < room ? n : room;
        if (!append_out(self, p, fits)) return false;
        return fits == n || raise_blocked((ssize_t)fits);
    }
    if (n > size) {
        const buffered_body *b = ob_read(self);
        ob_val raw = b->raw, bytes = ob_bytes_from(p, n);
        bool fast = b->head.flags & IO_FAST;
        size_t done = 0;
        if (ob_is_null(bytes)) return false;
        while (n - done > size) {
            ssize_t k = raw_write(raw, fast, bytes, done);
            if (k == -1) return false;
            if (k == -2) {
                size_t keep = n - done < size ? n - done : size;
                if (!append_out(self, ob_bytes_ptr(bytes)->data + done, keep)) return false;
                return keep == n - done ? true : raise_blocked((ssize_t)(done + keep));
            }
            done += (size_t)k;
            if (done < n && !py_io_interrupted()) return false;
        }
        return append_out(self, ob_bytes_ptr(bytes)->data + done, n - done);
    }
    return append_out(self, p, n);
}

METHOD(write) {
    ob_buffer b;
    if (!open_body(self, "write to closed file")) return OB_NULL;
    if (ob_is_bytes(a[0])) return py_buffered_write(self, ob_bytes_ptr(a[0])->data, ob_bytes_ptr(a[0])->len) ? ob_from_small((int64_t)ob_bytes_ptr(a[0])->len) : OB_NULL;
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val copy = ob_bytes_from(b.data, b.len);
    ob_buffer_release(&b);
    if (ob_is_null(copy)) return copy;
    return py_buffered_write(self, ob_bytes_ptr(copy)->data, ob_bytes_ptr(copy)->len) ? ob_from_small((int64_t)ob_bytes_ptr(copy)->len) : OB_NULL;
}

METHOD(flush) {
    if (!open_body(self, "flush of closed file")) return OB_NULL;
    return py_buffered_flush(self) && drop_ahead(self) ? OB_NONE : OB_NULL;
}
METHOD(reader_flush) {
    const buffered_body *b = ready(self);
    return b ? py_call_method0(b->raw, "flush") : OB_NULL;
}

/* ---- reading ---- */
static size_t left_of(const buffered_body *b) { return ob_is_null(b->ahead) ? 0 : ob_bytes_ptr(b->ahead)->len - b->pos; }

/* Takes n bytes of the read-ahead (n <= left). */
static ob_val take(ob_val self, size_t n) {
    const buffered_body *r = ob_read(self);
    if (n == 0) return ob_bytes_from("", 0);
    ob_val whole = r->ahead;
    size_t pos = r->pos;
    buffered_body *b = ob_write_stream(self);
    if (b == NULL) return OB_NULL;
    b->pos = pos + n;
    if (b->pos == ob_bytes_ptr(whole)->len) { b->ahead = OB_NULL; b->pos = 0; }
    return pos == 0 && n == ob_bytes_ptr(whole)->len ? whole : ob_bytes_from(ob_bytes_ptr(whole)->data + pos, n);
}

/* One raw read into the empty read-ahead: 1 got some, 0 end, -2 would block, -1 raised. */
static int fill(ob_val self) {
    const buffered_body *r = ob_read(self);
    if (r->len && !py_buffered_flush(self)) return -1;
    r = ob_read(self);
    ob_val got = raw_read(r->raw, r->head.flags & IO_FAST, r->size);
    if (ob_is_null(got)) return -1;
    if (ob_is_none(got)) return -2;
    if (ob_bytes_ptr(got)->len == 0) return 0;
    buffered_body *b = ob_write_stream(self);
    if (b == NULL) return -1;
    b->ahead = got;
    b->pos = 0;
    return 1;
}

static ob_val join2(ob_val x, ob_val y) {
    size_t n = ob_bytes_ptr(x)->len, m = ob_bytes_ptr(y)->len;
    if (n == 0) return y;
    if (m == 0) return x;
    ob_val r = ob_bytes_alloc(n + m);
    if (ob_is_null(r)) return r;
    memcpy(ob_bytes_ptr(r)->data, ob_bytes_ptr(x)->data, n);
    memcpy(ob_bytes_ptr(r)->data + n, ob_bytes_ptr(y)->data, m);
    return r;
}

static ob_val read_all(ob_val self) {
    const buffered_body *r = ob_read(self);
    ob_val head = take(self, left_of(r)), tail;
    if (ob_is_null(head) || ((const buffered_body *)ob_read(self))->len) { if (ob_is_null(head) || !py_buffered_flush(self)) return OB_NULL; }
    r = ob_read(self);
    if (r->head.flags & IO_FAST) tail = py_file_read_all(r->raw);
    else {
        ob_val f = ob_getattr_opt(r->raw, ob_str_intern_c("readall"));
        if (ob_is_null(f) && ob_failed()) return f;
        if (!ob_is_null(f)) {
            tail = ob_call0(f);
            if (!ob_is_null(tail) && !ob_is_none(tail) && !ob_is_bytes(tail)) return ob_raise(&ob_exc_TypeError, "readall() should return bytes");
        } else {
            ob_val parts = ob_list_new(0), raw = r->raw, b;
            if (ob_is_null(parts)) return parts;
            for (;;) {
                b = py_call_method0(raw, "read");
                if (ob_is_null(b)) return b;
                if (ob_is_none(b) || (ob_is_bytes(b) && ob_bytes_ptr(b)->len == 0)) break;
                if (!ob_is_bytes(b)) return ob_raise(&ob_exc_TypeError, "read() should return bytes");
                if (!ob_list_append(parts, b)) return OB_NULL;
            }
            size_t n;
            const ob_val *items = ob_list_whole(parts, &n);
            if (!items && n) return OB_NULL;
            tail = n == 0 && ob_is_none(b) ? OB_NONE : ob_bytes_join(ob_bytes_from("", 0), items, n);
        }
    }
    if (ob_is_null(tail)) return tail;
    if (ob_is_none(tail)) return ob_bytes_ptr(head)->len ? head : tail;
    return join2(head, tail);
}

/* Exactly n bytes unless the end comes; None when nothing is there without blocking. */
static ob_val read_n(ob_val self, size_t n) {
    const buffered_body *r = ob_read(self);
    size_t left = left_of(r);
    if (LIKELY(n <= left)) return take(self, n);
    ob_val head = take(self, left);
    if (ob_is_null(head)) return head;
    size_t have = left;
    ob_val parts = ob_list_new(4);
    if (ob_is_null(parts) || !ob_list_append(parts, head)) return OB_NULL;
    while (have < n) {
        ob_val got;
        r = ob_read(self);
        if (n - have >= r->size) {                       /* whole buffers go past the buffer */
            if (r->len && !py_buffered_flush(self)) return OB_NULL;
            r = ob_read(self);
            got = raw_read(r->raw, r->head.flags & IO_FAST, (n - have) - (n - have) % r->size);
            if (ob_is_null(got)) return got;
            if (ob_is_none(got)) { if (have == 0) return got; break; }
        } else {
            int k = fill(self);
            if (k == -1) return OB_NULL;
            if (k == -2 && have == 0) return OB_NONE;
            if (k <= 0) break;
            left = left_of(ob_read(self));
            got = take(self, n - have < left ? n - have : left);
            if (ob_is_null(got)) return got;
        }
        size_t k = ob_bytes_ptr(got)->len;
        if (k == 0) break;
        have += k;
        if (!ob_list_append(parts, got)) return OB_NULL;
    }
    size_t count;
    const ob_val *items = ob_list_whole(parts, &count);
    return items || !count ? ob_bytes_join(ob_bytes_from("", 0), items, count) : OB_NULL;
}

METHOD(read) {
    int64_t size;
    if (!ready(self) || !py_size_arg(a[0], -1, &size)) return OB_NULL;
    if (size < -1) return ob_raise(&ob_exc_ValueError, "read length must be non-negative or -1");
    if (!open_body(self, "read of closed file")) return OB_NULL;
    return size < 0 ? read_all(self) : read_n(self, (size_t)size);
}

ob_val py_buffered_read1(ob_val self, size_t n) {
    const buffered_body *r = open_body(self, "read of closed file");
    if (r == NULL) return OB_NULL;
    size_t left = left_of(r);
    if (left) return take(self, n < left ? n : left);
    if (n == 0) return ob_bytes_from("", 0);
    if (r->len && !py_buffered_flush(self)) return OB_NULL;
    r = ob_read(self);
    ob_val got = raw_read(r->raw, r->head.flags & IO_FAST, n);
    return ob_is_null(got) || !ob_is_none(got) ? got : ob_bytes_from("", 0);
}

METHOD(read1) {
    int64_t size;
    if (!ready(self) || !py_size_arg(a[0], -1, &size)) return OB_NULL;
    return py_buffered_read1(self, size < 0 ? ((const buffered_body *)ob_read(self))->size : (size_t)size);
}

METHOD(peek) {
    const buffered_body *r = open_body(self, "peek of closed file");
    if (r == NULL) return OB_NULL;
    if (left_of(r) == 0 && fill(self) == -1) return OB_NULL;
    r = ob_read(self);
    size_t left = left_of(r);
    return left ? ob_bytes_from(ob_bytes_ptr(r->ahead)->data + r->pos, left) : ob_bytes_from("", 0);
}

/* What was read ahead, and one raw read more if the target is larger than the buffer (or nothing was there). */
static ob_val read_once(ob_val self, size_t n) {
    const buffered_body *r = ob_read(self);
    size_t left = left_of(r);
    if (left == 0 && n <= r->size) {
        int k = n ? fill(self) : 0;
        if (k < 0) return k == -1 ? OB_NULL : OB_NONE;
        left = left_of(ob_read(self));
        return take(self, n < left ? n : left);
    }
    ob_val head = take(self, n < left ? n : left);
    if (ob_is_null(head) || n <= left || n - left <= ((const buffered_body *)ob_read(self))->size) return head;
    if (((const buffered_body *)ob_read(self))->len && !py_buffered_flush(self)) return OB_NULL;
    r = ob_read(self);
    ob_val got = raw_read(r->raw, r->head.flags & IO_FAST, n - left);
    if (ob_is_null(got)) return got;
    if (ob_is_none(got)) return left ? head : got;
    return join2(head, got);
}

/* Reads into a buffer: all of it (or to the end), or by at most one raw read. */
static ob_val read_into(ob_val self, ob_val target, bool once) {
    ob_buffer b;
    if (!open_body(self, "readinto of closed file") || !py_writable_arg(target, once ? "readinto1" : "readinto", &b)) return OB_NULL;
    size_t len = b.len;
    ob_buffer_release(&b);
    ob_val got = once ? read_once(self, len) : read_n(self, len);
    if (ob_is_null(got) || ob_is_none(got)) return got;
    if (!ob_buffer_get(target, &b, true)) return OB_NULL;
    size_t k = ob_bytes_ptr(got)->len;
    memcpy(b.data, ob_bytes_ptr(got)->data, k < b.len ? k : b.len);
    ob_buffer_release(&b);
    return ob_from_small((int64_t)k);
}
METHOD(readinto) { return read_into(self, a[0], false); }
METHOD(readinto1) { return read_into(self, a[0], true); }

static ob_val read_line(ob_val self, int64_t limit) {
    ob_val parts = OB_NULL;
    size_t have = 0, most = limit < 0 ? SIZE_MAX : (size_t)limit;
    if (!open_body(self, "readline of closed file")) return OB_NULL;
    for (;;) {
        const buffered_body *r = ob_read(self);
        size_t left = left_of(r), look = left < most - have ? left : most - have;
        if (look) {
            const uint8_t *p = ob_bytes_ptr(r->ahead)->data + r->pos, *hit = memchr(p, '\n', look);
            size_t n = hit ? (size_t)(hit - p) + 1 : look;
            ob_val got = take(self, n);
            have += n;
            bool done = hit || have == most;
            if (ob_is_null(got) || (done && ob_is_null(parts))) return got;
            if (ob_is_null(parts) && ob_is_null(parts = ob_list_new(4))) return parts;
            if (!ob_list_append(parts, got)) return OB_NULL;
            if (done) break;
        }
        if (have == most) break;
        int k = fill(self);
        if (k == -1) return OB_NULL;
        if (k <= 0) break;
    }
    if (ob_is_null(parts)) return ob_bytes_from("", 0);
    size_t count;
    const ob_val *items = ob_list_whole(parts, &count);
    return items || !count ? ob_bytes_join(ob_bytes_from("", 0), items, count) : OB_NULL;
}

METHOD(readline) {
    int64_t limit;
    return ready(self) && py_size_arg(a[0], -1, &limit) ? read_line(self, limit) : OB_NULL;
}

static ob_val slot_next(ob_val self) {
    ob_val line;
    ob_type *t = ob_type_of(self);
    if (LIKELY(t == &py_buffered_reader_type || t == &py_buffered_random_type)) line = read_line(self, -1);
    else {
        line = py_call_method0(self, "readline");
        if (!ob_is_null(line) && !ob_is_bytes(line)) return ob_raise(&ob_exc_OSError, "readline() should have returned a bytes object, not '%.200T'", line);
    }
    return ob_is_null(line) || ob_bytes_ptr(line)->len == 0 ? OB_NULL : line;
}

/* ---- position ---- */
METHOD(tell) {
    const buffered_body *b = ready(self);
    if (b == NULL) return OB_NULL;
    int64_t pos = raw_tell(b->raw, b->head.flags & IO_FAST);
    if (pos < 0) return OB_NULL;
    b = ob_read(self);
    return ob_int_from_i64(pos - (int64_t)left_of(b) + (int64_t)b->len);
}

METHOD(seek) {
    int64_t target, whence = 0;
    if (!ob_is_null(a[1]) && !py_int_arg(a[1], &whence)) return OB_NULL;
    if (whence < 0 || whence > 4) return ob_raise(&ob_exc_ValueError, "whence value %d unsupported", (int)whence);
    const buffered_body *b = open_body(self, "seek of closed file");
    if (b == NULL || !(b->head.flags & IO_FAST ? !ob_is_null(py_call_method0(b->raw, "seekable")) : true)) return OB_NULL;
    if (!py_io_check_able(b->raw, "seekable", "File or stream is not seekable.") || !py_int_arg(a[0], &target)) return OB_NULL;
    b = ob_read(self);
    bool fast = b->head.flags & IO_FAST;
    if (whence < 2 && !ob_is_null(b->ahead)) {           /* within the read-ahead nothing need be read again */
        int64_t raw_pos = raw_tell(b->raw, fast);
        if (raw_pos < 0) return OB_NULL;
        b = ob_read(self);
        int64_t len = ob_is_null(b->ahead) ? 0 : (int64_t)ob_bytes_ptr(b->ahead)->len, at = raw_pos - len + (int64_t)b->pos;
        int64_t to = whence ? at + target : target, inside = to - (raw_pos - len);
        if (len && inside >= 0 && inside < len) {
            buffered_body *w = ob_write_stream(self);
            if (w == NULL) return OB_NULL;
            w->pos = (uint64_t)inside;
            return ob_int_from_i64(to);
        }
    }
    if (!py_buffered_flush(self)) return OB_NULL;
    b = ob_read(self);
    if (whence == 1) target -= (int64_t)left_of(b);
    ob_val raw = b->raw;
    int64_t pos = raw_seek(raw, fast, target, (int)whence);
    if (pos < 0) return OB_NULL;
    buffered_body *w = ob_write_stream(self);
    if (w == NULL) return OB_NULL;
    w->ahead = OB_NULL;
    w->pos = 0;
    return ob_int_from_i64(pos);
}

METHOD(truncate) {
    const buffered_body *b = open_body(self, "truncate of closed file");
    if (b == NULL) return OB_NULL;
    if (!(b->head.flags & IO_WRITABLE)) return py_io_raise_unsupported("truncate");
    if (!py_buffered_flush(self) || !drop_ahead(self)) return OB_NULL;
    return py_call_method1(((const buffered_body *)ob_read(self))->raw, "truncate", ob_is_null(a[0]) ? OB_NONE : a[0]);
}

/* ---- life ---- */
METHOD(close) {
    const buffered_body *b = ready(self);
    if (b == NULL) return OB_NULL;
    ob_val raw = b->raw;
    int closed = py_io_closed(raw);
    if (closed) return closed < 0 ? OB_NULL : OB_NONE;
    if (io_flags(self) & IO_FINALIZING && !py_io_warn_unclosed(raw, self)) return OB_NULL;
    ob_val r = py_call_method0(self, "flush"), pending = ob_is_null(r) ? ob_err_fetch() : OB_NULL;
    if (ob_is_null(r) && ob_is_null(pending)) return OB_NULL;
    r = py_call_method0(raw, "close");
    buffered_body *w = ob_write_stream(self);
    if (w && w->out) { ob_block_free(w->out, w->room); w->out = NULL; w->len = w->room = 0; }
    if (w) { w->ahead = OB_NULL; w->pos = 0; }
    return py_io_finish_close(self, pending) ? r : OB_NULL;
}

METHOD(detach) {
    const buffered_body *b = ready(self);
    if (b == NULL || ob_is_null(py_call_method0(self, "flush"))) return OB_NULL;
    ob_val raw = ((const buffered_body *)ob_read(self))->raw;
    buffered_body *w = ob_write_stream(self);
    if (w == NULL) return OB_NULL;
    w->raw = w->ahead = OB_NULL;
    w->head.flags |= IO_DETACHED;
    return raw;
}

#define DELEGATE(name) METHOD(name) { const buffered_body *b = ready(self); return b ? py_call_method0(b->raw, #name) : OB_NULL; }
DELEGATE(seekable) DELEGATE(readable) DELEGATE(writable) DELEGATE(fileno) DELEGATE(isatty)
#define RAW_GETTER(name) GETTER(name) { const buffered_body *b = ready(self); return b ? ob_getattr_c(b->raw, #name) : OB_NULL; }
RAW_GETTER(closed) RAW_GETTER(name) RAW_GETTER(mode)
GETTER(raw) {
    ob_val raw = ((const buffered_body *)ob_read(self))->raw;
    return ob_is_null(raw) ? OB_NONE : raw;
}
METHOD(dealloc_warn) {
    ob_val raw = ((const buffered_body *)ob_read(self))->raw;
    return ob_is_null(raw) || py_io_warn_unclosed(raw, a[0]) ? OB_NONE : OB_NULL;
}
METHOD(size_of) { return ob_from_small((int64_t)(sizeof(tx_handle) + sizeof(buffered_body) + ((const buffered_body *)ob_read(self))->size)); }

static ob_val slot_repr(ob_val self) {
    ob_val name = ob_getattr_opt(self, OB_NAME(plain_name));
    bool entered;
    if (ob_is_null(name) && ob_failed() && !ob_err_clear_if(&ob_exc_ValueError)) return OB_NULL;
    if (ob_is_null(name)) return ob_str_format_c("<%s>", ob_type_of(self)->name);
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_raise(&ob_exc_RuntimeError, "reentrant call inside %s.__repr__", ob_type_of(self)->name);
    ob_val r = ob_str_format_c("<%s name=%R>", ob_type_of(self)->name, name);
    ob_repr_leave(self);
    return r;
}

static bool set_up(ob_val self, ob_val raw, ob_val size, uint64_t able) {
    int64_t n = IO_DEFAULT_BUFFER_SIZE;
    buffered_body *b = ob_write_stream(self);            /* what fails to begin again is no stream any more */
    if (b == NULL) return false;
    b->raw = OB_NULL;
    b->head.flags = 0;
    if (!ob_is_null(size) && !py_int_arg(size, &n)) return false;
    if (able == (IO_READABLE | IO_WRITABLE) && !py_io_check_able(raw, "seekable", "File or stream is not seekable.")) return false;
    if (able & IO_READABLE && !py_io_check_able(raw, "readable", "File or stream is not readable.")) return false;
    if (able & IO_WRITABLE && !py_io_check_able(raw, "writable", "File or stream is not writable.")) return false;
    if (n <= 0) return ob_fail(ob_raise(&ob_exc_ValueError, "buffer size must be strictly positive"));
    if (n > IO_DEFAULT_BUFFER_SIZE << 10) {              /* buffers are made when they are needed: is there memory for such a one? */
        void *trial = ob_block_alloc((size_t)n);
        if (trial == NULL) return false;
        ob_block_free(trial, (size_t)n);
    }
    if ((b = ob_write_stream(self)) == NULL) return false;
    if (b->out) ob_block_free(b->out, b->room);
    *b = (buffered_body){.head = {able | IO_OK | (ob_is_exact(raw, &py_fileio_type) ? IO_FAST : 0)}, .raw = raw, .size = (uint64_t)n};
    return true;
}

#define INIT(type_, able_) \
    static ob_val init_##type_(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)n; (void)kw; return set_up(self, a[0], a[1], able_) ? OB_NONE : OB_NULL; } \
    static bool slot_init_##type_(ob_val self, const ob_val *a, size_t n, ob_val kw) { \
        return !ob_is_null(PY_BIND_CALL(init_##type_, #type_, "raw, buffer_size=8192", self, a, n, kw)); \
    }
INIT(BufferedReader, IO_READABLE)
INIT(BufferedWriter, IO_WRITABLE)
INIT(BufferedRandom, IO_READABLE | IO_WRITABLE)

#define COMMON_METHODS \
    {"__getstate__", py_io_no_pickle, "", NULL, 0}, {"__sizeof__", m_size_of, "", NULL, 0}, {"_dealloc_warn", m_dealloc_warn, "source, /", NULL, 0}, \
    {"close", m_close, "", "Flushes and closes.", 0}, {"detach", m_detach, "", "Gives the raw stream up.", 0}, {"fileno", m_fileno, "", "The descriptor.", 0}, \
    {"isatty", m_isatty, "", "Is it a terminal?", 0}, {"seek", m_seek, "target, whence=0, /", "Moves the position.", 0}, \
    {"seekable", m_seekable, "", "May the position be moved?", 0}, {"tell", m_tell, "", "The position.", 0}, \
    {"truncate", m_truncate, "pos=None, /", "Cuts the stream.", 0}
#define READ_METHODS \
    {"peek", m_peek, "size=0, /", "Bytes ahead, without moving.", 0}, {"read", m_read, "size=-1, /", "Up to size bytes.", 0}, \
    {"read1", m_read1, "size=-1, /", "Bytes by at most one raw read.", 0}, {"readinto", m_readinto, "buffer, /", "Fills a buffer.", 0}, \
    {"readinto1", m_readinto1, "buffer, /", "Fills a buffer by at most one raw read.", 0}, {"readline", m_readline, "size=-1, /", "One line.", 0}
#define WRITE_METHODS \
    {"flush", m_flush, "", "Writes what is pending.", 0}, {"write", m_write, "buffer, /", "Writes bytes.", 0}

static const ob_def reader_methods[] = {COMMON_METHODS, READ_METHODS, {"flush", m_reader_flush, "", "Nothing.", 0}, {"readable", m_readable, "", "May it be read?", 0}, {0}};
static const ob_def writer_methods[] = {COMMON_METHODS, WRITE_METHODS, {"writable", m_writable, "", "May it be written?", 0}, {0}};
static const ob_def random_methods[] = {COMMON_METHODS, READ_METHODS, WRITE_METHODS, {"readable", m_readable, "", "May it be read?", 0}, {"writable", m_writable, "", "May it be written?", 0}, {0}};
static const ob_getset getsets[] = {
    {"_finalizing", py_io_get_finalizing, py_io_set_finalizing, NULL}, {"closed", get_closed, NULL, "Is it closed?"}, {"mode", get_mode, NULL, "The raw stream's mode."},
    {"name", get_name, NULL, "The raw stream's name."}, {"raw", get_raw, NULL, "The raw stream."}, {0},
};

#define BUFFERED_TYPE(variable, name_, methods_, extra, next_) \
    ob_type variable = { \
        OB_TYPE_HEAD(&ob_type_type, &buffered_kind), .name = "_io." #name_, .base = &py_bufferediobase_type, .flags = OB_TF_BASE | OB_TF_HOLDER | OB_TF_FINAL_LATER, \
        .size = sizeof(buffered_body), .slots = {.init = slot_init_##name_, .repr = slot_repr, .next = next_}, .trace_body = trace_body, .methods = methods_, \
        .getsets = getsets, .has_dict = true, .has_weakref = true, .doc = extra, \
    }
BUFFERED_TYPE(py_buffered_reader_type, BufferedReader, reader_methods, "Reads ahead of a raw stream.", slot_next);
BUFFERED_TYPE(py_buffered_writer_type, BufferedWriter, writer_methods, "Gathers output for a raw stream.", NULL);
BUFFERED_TYPE(py_buffered_random_type, BufferedRandom, random_methods, "Reads ahead of and gathers output for a seekable raw stream.", slot_next);

/* ---- BufferedRWPair ---- */
typedef struct pair_body { io_head head; ob_val reader, writer; } pair_body;
static void pair_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_val(t, ((const pair_body *)body)->reader);
    ob_trace_val(t, ((const pair_body *)body)->writer);
}
static OB_KIND(pair_kind);

static ob_val pair_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    if (!py_io_check_able(a[0], "readable", "File or stream is not readable.") || !py_io_check_able(a[1], "writable", "File or stream is not writable.")) return OB_NULL;
    ob_val args[2] = {a[0], ob_is_null(a[2]) ? ob_from_small(IO_DEFAULT_BUFFER_SIZE) : a[2]}, r = ob_call(ob_type_val(&py_buffered_reader_type), args, 2);
    args[0] = a[1];
    ob_val w = ob_is_null(r) ? r : ob_call(ob_type_val(&py_buffered_writer_type), args, 2);
    pair_body *b = ob_is_null(w) ? NULL : ob_write_stream(self);
    if (b == NULL) return OB_NULL;
    b->reader = r;
    b->writer = w;
    b->head.flags |= IO_OK;
    return OB_NONE;
}
static bool pair_slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return !ob_is_null(PY_BIND_CALL(pair_init, "BufferedRWPair", "reader, writer, buffer_size=8192, /", self, a, n, kw));
}

static ob_val half(ob_val self, bool writer) {
    const pair_body *b = ob_read(self);
    ob_val h = writer ? b->writer : b->reader;
    return ob_is_null(h) ? ob_raise(&ob_exc_ValueError, "I/O operation on uninitialized object") : h;
}
static ob_val pass_on(ob_val self, bool writer, const char *method, const ob_val *a, size_t n) {
    ob_val h = half(self, writer);
    while (n && ob_is_null(a[n - 1])) n--;
    return ob_is_null(h) ? h : ob_call_method_c(h, method, a, n);
}
#define PASS(name, writer) METHOD(pair_##name) { return pass_on(self, writer, #name, a, n); }
PASS(read, false) PASS(peek, false) PASS(read1, false) PASS(readinto, false) PASS(readinto1, false) PASS(readable, false)
PASS(write, true) PASS(flush, true) PASS(writable, true)

METHOD(pair_close) {
    ob_val r = pass_on(self, true, "close", NULL, 0), pending = ob_is_null(r) ? ob_err_fetch() : OB_NULL;
    if (ob_is_null(r) && ob_is_null(pending)) return OB_NULL;
    r = pass_on(self, false, "close", NULL, 0);
    return py_io_finish_close(self, pending) ? r : OB_NULL;
}
METHOD(pair_isatty) {
    ob_val r = pass_on(self, true, "isatty", NULL, 0);
    return ob_is_null(r) || ob_same(r, OB_TRUE) ? r : pass_on(self, false, "isatty", NULL, 0);
}
GETTER(pair_closed) {
    ob_val w = ((const pair_body *)ob_read(self))->writer;
    return ob_is_null(w) ? ob_raise(&ob_exc_RuntimeError, "the BufferedRWPair object is being garbage-collected") : ob_getattr_c(w, "closed");
}
static const ob_def pair_methods[] = {
    {"close", m_pair_close, "", "Closes both.", 0}, {"flush", m_pair_flush, "", "Flushes the writer.", 0}, {"isatty", m_pair_isatty, "", "Is one a terminal?", 0},
    {"peek", m_pair_peek, "size=0, /", "Bytes ahead.", 0}, {"read", m_pair_read, "size=-1, /", "Reads.", 0}, {"read1", m_pair_read1, "size=-1, /", "Reads once.", 0},
    {"readable", m_pair_readable, "", "May it be read?", 0}, {"readinto", m_pair_readinto, "buffer, /", "Fills a buffer.", 0},
    {"readinto1", m_pair_readinto1, "buffer, /", "Fills a buffer.", 0}, {"writable", m_pair_writable, "", "May it be written?", 0},
    {"write", m_pair_write, "buffer, /", "Writes.", 0}, {0},
};
static const ob_getset pair_getsets[] = {{"closed", get_pair_closed, NULL, "Is the writer closed?"}, {0}};
ob_type py_buffered_pair_type = {
    OB_TYPE_HEAD(&ob_type_type, &pair_kind), .name = "_io.BufferedRWPair", .base = &py_bufferediobase_type, .flags = OB_TF_BASE | OB_TF_HOLDER, .size = sizeof(pair_body),
    .slots = {.init = pair_slot_init}, .trace_body = pair_trace, .methods = pair_methods, .getsets = pair_getsets, .has_dict = true, .has_weakref = true,
    .doc = "A reader and a writer as one stream.",
};
