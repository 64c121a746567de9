/* io_bytes.c: BytesIO: a stream of bytes in memory.
 * Locks: none; the body is versioned, its bytes are one block. */
#include "interp/mod/io_int.h"
#include "objspace/dict.h"
#include "objspace/inst.h"
#include "objspace/memoryview.h"

typedef struct bytes_body {
    io_head head;
    uint8_t *data;                       /* a block of `room` bytes, or NULL */
    uint64_t len, room, pos;
} bytes_body;

static void trace_body(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_block(t, ((const bytes_body *)body)->data); }
static bool body_copy(const tx_handle *h, void *dst, const void *src) {
    (void)h;
    bytes_body *d = dst;
    *d = *(const bytes_body *)src;
    if (d->data == NULL) return true;
    d->data = ob_kind_block_copy(((const bytes_body *)src)->data, d->len, d->room);
    return d->data != NULL;
}
static void body_drop(const tx_handle *h, void *body) {
    (void)h;
    bytes_body *b = body;
    if (b->data) ob_block_free(b->data, b->room);
}
static bool body_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    (void)h; (void)mask;
    const bytes_body *a = x, *b = y;
    return a->head.flags == b->head.flags && a->pos == b->pos && a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}
static bool body_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h; (void)mine; (void)base; (void)theirs; (void)dirty;
    return false;
}
static OB_KIND(bytesio_kind, .copy = body_copy, .drop = body_drop, .same = body_same, .merge = body_merge);

static const bytes_body *open_body(ob_val self) {
    const bytes_body *b = ob_read(self);
    return LIKELY(!(b->head.flags & IO_CLOSED)) ? b : ob_fail_ptr(ob_raise(&ob_exc_ValueError, "I/O operation on closed file."));
}

static ob_val part(const bytes_body *b, size_t from, size_t n) { return n ? ob_bytes_from(b->data + from, n) : ob_bytes_from("", 0); }

/* Room for n bytes in the whole. */
static bool reserve(bytes_body *b, size_t n) {
    if (n <= b->room) return true;
    if (n > SIZE_MAX / 4) return ob_fail(ob_raise(&ob_exc_OverflowError, "new buffer size too large"));
    size_t room = n + n / 8 + 64;
    uint8_t *block = ob_block_alloc(room);
    if (block == NULL) return false;
    if (b->len) memcpy(block, b->data, b->len);
    if (b->data) ob_block_free(b->data, b->room);
    b->data = block;
    b->room = room;
    return true;
}

static bool write_bytes(ob_val self, const uint8_t *p, size_t n) {
    if (n == 0) return true;
    bytes_body *b = ob_write(self);
    if (b == NULL || !reserve(b, b->pos + n)) return false;
    if (b->pos > b->len) memset(b->data + b->len, 0, b->pos - b->len);
    memcpy(b->data + b->pos, p, n);
    b->pos += n;
    if (b->pos > b->len) b->len = b->pos;
    return true;
}

METHOD(write) {
    ob_buffer b;
    if (!open_body(self) || !ob_buffer_get(a[0], &b, false)) return OB_NULL;
    size_t len = b.len;
    bool ok = write_bytes(self, b.data, len);
    ob_buffer_release(&b);
    return ok ? ob_from_small((int64_t)len) : OB_NULL;
}

METHOD(writelines) {
    if (!open_body(self)) return OB_NULL;
    ob_val it = ob_iter(a[0]), x;
    if (ob_is_null(it)) return it;
    while (!ob_is_null(x = ob_next(it)))
        if (ob_is_null(m_write(self, &x, 1, OB_NULL))) return OB_NULL;
    return ob_failed() ? OB_NULL : OB_NONE;
}

static size_t left_of(const bytes_body *b) { return b->pos < b->len ? b->len - b->pos : 0; }

static ob_val take(ob_val self, size_t n) {
    const bytes_body *r = ob_read(self);
    ob_val v = part(r, r->pos, n);
    bytes_body *b = ob_is_null(v) ? NULL : ob_write(self);
    if (b == NULL) return OB_NULL;
    b->pos += n;
    return v;
}

METHOD(read) {
    int64_t size;
    if (!open_body(self) || !py_size_arg(a[0], -1, &size)) return OB_NULL;
    size_t left = left_of(ob_read(self));
    return take(self, size < 0 || (uint64_t)size > left ? left : (size_t)size);
}

static ob_val line(ob_val self, int64_t limit) {
    const bytes_body *b = ob_read(self);
    size_t left = left_of(b);
    if (limit >= 0 && (uint64_t)limit < left) left = (size_t)limit;
    const uint8_t *hit = left ? memchr(b->data + b->pos, '\n', left) : NULL;
    return take(self, hit ? (size_t)(hit - b->data) + 1 - b->pos : left);
}
METHOD(readline) {
    int64_t limit;
    return open_body(self) && py_size_arg(a[0], -1, &limit) ? line(self, limit) : OB_NULL;
}
static ob_val slot_next(ob_val self) {
    if (!open_body(self)) return OB_NULL;
    ob_val v = line(self, -1);
    return ob_is_null(v) || ob_bytes_ptr(v)->len == 0 ? OB_NULL : v;
}
METHOD(readlines) {
    int64_t hint;
    ob_val l, v;
    if (!open_body(self) || !py_size_arg(a[0], -1, &hint) || ob_is_null(l = ob_list_new(0))) return OB_NULL;
    for (int64_t total = 0; !ob_is_null(v = line(self, -1)) && ob_bytes_ptr(v)->len;) {
        if (!ob_list_append(l, v)) return OB_NULL;
        total += (int64_t)ob_bytes_ptr(v)->len;
        if (hint > 0 && total >= hint) return l;
    }
    return ob_is_null(v) ? v : l;
}

METHOD(readinto) {
    ob_buffer t;
    if (!open_body(self) || !py_writable_arg(a[0], "readinto", &t)) return OB_NULL;
    const bytes_body *b = ob_read(self);
    size_t k = left_of(b) < t.len ? left_of(b) : t.len;
    if (k) memcpy(t.data, b->data + b->pos, k);
    ob_buffer_release(&t);
    bytes_body *w = ob_write(self);
    if (w == NULL) return OB_NULL;
    w->pos += k;
    return ob_from_small((int64_t)k);
}

METHOD(getvalue) {
    const bytes_body *b = open_body(self);
    return b ? part(b, 0, b->len) : OB_NULL;
}
METHOD(tell) {
    const bytes_body *b = open_body(self);
    return b ? ob_int_from_u64(b->pos) : OB_NULL;
}

METHOD(seek) {
    int64_t pos, whence = 0;
    const bytes_body *b = open_body(self);
    if (b == NULL || !py_int_arg(a[0], &pos) || (!ob_is_null(a[1]) && !py_int_arg(a[1], &whence))) return OB_NULL;
    if (pos < 0 && whence == 0) return ob_raise(&ob_exc_ValueError, "negative seek value %lld", (long long)pos);
    if (whence < 0 || whence > 2) return ob_raise(&ob_exc_ValueError, "invalid whence (%d, should be 0, 1 or 2)", (int)whence);
    int64_t from = whence == 0 ? 0 : whence == 1 ? (int64_t)b->pos : (int64_t)b->len;
    if (pos > INT64_MAX - from) return ob_raise(&ob_exc_OverflowError, "new position too large");
    bytes_body *w = ob_write(self);
    if (w == NULL) return OB_NULL;
    w->pos = pos + from < 0 ? 0 : (uint64_t)(pos + from);
    return ob_int_from_u64(w->pos);
}

METHOD(truncate) {
    int64_t size;
    const bytes_body *b = open_body(self);
    if (b == NULL || !py_size_arg(a[0], (int64_t)b->pos, &size)) return OB_NULL;
    if (size < 0) return ob_raise(&ob_exc_ValueError, "negative size value %lld", (long long)size);
    bytes_body *w = ob_write(self);
    if (w == NULL) return OB_NULL;
    if ((uint64_t)size < w->len) w->len = (uint64_t)size;
    return ob_int_from_i64(size);
}

METHOD(close) {
    bytes_body *b = ob_write(self);
    if (b == NULL) return OB_NULL;
    if (b->data) ob_block_free(b->data, b->room);
    *b = (bytes_body){.head = {b->head.flags | IO_CLOSED}};
    return OB_NONE;
}
METHOD(yes) { return open_body(self) ? OB_TRUE : OB_NULL; }
METHOD(no) { return open_body(self) ? OB_FALSE : OB_NULL; }
METHOD(nothing) { return open_body(self) ? OB_NONE : OB_NULL; }
METHOD(del) { return ob_is_exact(self, &py_bytesio_type) ? OB_NONE : py_io_del(self, a, n, kw); }    /* nothing is lost with memory */
GETTER(closed) { return ob_bool(io_flags(self) & IO_CLOSED); }
METHOD(size_of) { return ob_from_small((int64_t)(sizeof(tx_handle) + sizeof(bytes_body) + ((const bytes_body *)ob_read(self))->room)); }

METHOD(getstate) {
    const bytes_body *b = open_body(self);
    if (b == NULL) return OB_NULL;
    uint64_t pos = b->pos;
    ob_val value = part(b, 0, b->len), dict = ob_is_null(value) ? value : ob_attr_dict(self);
    if (ob_is_null(dict)) return dict;
    if (ob_dict_len(dict) == 0) dict = OB_NONE;
    else dict = ob_dict_copy(dict);
    return ob_is_null(dict) ? dict : ob_tuple_of3(value, ob_int_from_u64(pos), dict);
}

METHOD(setstate) {
    int64_t pos;
    if (!ob_is_tuple(a[0]) || ob_tuple_len(a[0]) < 3)
        return ob_raise(&ob_exc_TypeError, "%.200s.__setstate__ argument should be 3-tuple, got %.200T", ob_type_of(self)->name, a[0]);
    bytes_body *w = open_body(self) ? ob_write(self) : NULL;
    if (w == NULL) return OB_NULL;
    w->len = w->pos = 0;
    ob_val value = ob_tuple_at(a[0], 0);
    if (ob_is_null(m_write(self, &value, 1, OB_NULL))) return OB_NULL;
    if (!ob_is_int(ob_tuple_at(a[0], 1))) return ob_raise(&ob_exc_TypeError, "second item of state must be an integer, not %.200T", ob_tuple_at(a[0], 1));
    if (!py_int_arg(ob_tuple_at(a[0], 1), &pos)) return OB_NULL;
    if (pos < 0) return ob_raise(&ob_exc_ValueError, "position value cannot be negative");
    if ((w = ob_write(self)) == NULL) return OB_NULL;
    w->pos = (uint64_t)pos;
    ob_val dict = ob_tuple_at(a[0], 2);
    if (ob_is_none(dict)) return OB_NONE;
    if (!ob_is_dict(dict)) return ob_raise(&ob_exc_TypeError, "third item of state should be a dict, got a %.200T", dict);
    ob_val mine = ob_attr_dict(self);
    return !ob_is_null(mine) && ob_dict_update(mine, dict) ? OB_NONE : OB_NULL;
}

/* ---- getbuffer ---- */
typedef struct export { ob_obj o; ob_val stream; } export;
static void export_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((export *)o)->stream); }
static bool export_buffer(ob_val v, ob_buffer *out, bool writable) {
    ob_val stream = ((export *)ob_ptr(v))->stream;
    const bytes_body *b = writable ? ob_write(stream) : ob_read(stream);
    if (b == NULL) return false;
    *out = (ob_buffer){.data = b->data ? b->data : (uint8_t *)"", .len = b->len, .itemsize = 1, .format = "B", .ndim = 1, .owner = v};
    return true;
}
ob_type py_bytesio_buffer_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_io._BytesIOBuffer", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(export),
    .slots = {.buffer = export_buffer}, .trace = export_trace,
};
METHOD(getbuffer) {
    if (!open_body(self)) return OB_NULL;
    export *e = ob_alloc(&py_bytesio_buffer_type, sizeof *e);
    if (e == NULL) return OB_NULL;
    e->stream = self;
    return ob_memoryview_new(ob_of(e));
}

/* ---- creation ---- */
static ob_val init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    bytes_body *b = ob_write(self);
    if (b == NULL) return OB_NULL;
    b->len = b->pos = 0;
    b->head.flags &= ~(uint64_t)IO_CLOSED;
    if (py_absent(a[0])) return OB_NONE;
    if (ob_is_null(m_write(self, a, 1, OB_NULL)) || (b = ob_write(self)) == NULL) return OB_NULL;
    b->pos = 0;
    return OB_NONE;
}
static bool slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return !ob_is_null(PY_BIND_CALL(init, "BytesIO", "initial_bytes=b''", self, a, n, kw));
}

static const ob_def methods[] = {
    {"__del__", m_del, "", NULL, 0}, {"__getstate__", m_getstate, "", NULL, 0}, {"__setstate__", m_setstate, "state, /", NULL, 0}, {"__sizeof__", m_size_of, "", NULL, 0},
    {"close", m_close, "", "Drops the bytes.", 0}, {"flush", m_nothing, "", "Nothing.", 0}, {"getbuffer", m_getbuffer, "", "A view of the bytes.", 0},
    {"getvalue", m_getvalue, "", "All bytes.", 0}, {"isatty", m_no, "", "False.", 0}, {"read", m_read, "size=-1, /", "Up to size bytes.", 0},
    {"read1", m_read, "size=-1, /", "Up to size bytes.", 0}, {"readable", m_yes, "", "True.", 0}, {"readinto", m_readinto, "buffer, /", "Fills a buffer.", 0},
    {"readline", m_readline, "size=-1, /", "One line.", 0}, {"readlines", m_readlines, "size=None, /", "Lines.", 0},
    {"seek", m_seek, "pos, whence=0, /", "Moves the position.", 0}, {"seekable", m_yes, "", "True.", 0}, {"tell", m_tell, "", "The position.", 0},
    {"truncate", m_truncate, "size=None, /", "Cuts the bytes.", 0}, {"writable", m_yes, "", "True.", 0}, {"write", m_write, "b, /", "Writes bytes.", 0},
    {"writelines", m_writelines, "lines, /", "Writes each.", 0}, {0},
};
static const ob_getset getsets[] = {{"closed", get_closed, NULL, "Is it closed?"}, {0}};
ob_type py_bytesio_type = {
    OB_TYPE_HEAD(&ob_type_type, &bytesio_kind), .name = "_io.BytesIO", .base = &py_bufferediobase_type, .flags = OB_TF_BASE | OB_TF_HOLDER, .size = sizeof(bytes_body),
    .slots = {.init = slot_init, .next = slot_next}, .trace_body = trace_body, .methods = methods, .getsets = getsets, .has_dict = true, .has_weakref = true,
    .doc = "A stream of bytes in memory.",
};
