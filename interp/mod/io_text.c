/* io_text.c: TextIOWrapper: text over a buffered stream of bytes.
 * Locks: none; the body is versioned.
 * UTF-8, ASCII and latin-1 are decoded and encoded here; other encodings by their incremental codecs.
 * T1  `decoded` is what came of `snap` (C codecs: all of it but `rest`); characters before dpos are used up.  A chunk is read only when
 *     all of them are, so that tell() can find dpos's byte in snap.                                   (fill)
 * T2  With universal newlines a \r that ends a chunk stays in `rest` until it is known what follows.
 * T3  Before writing, what was read ahead is forgotten; before reading, pending output goes to the buffer. */
#include "interp/mod/io_int.h"
#include "base/utf8.h"
#include "interp/run/options.h"
#include "objspace/chars.h"
#include "objspace/codecs.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/inst.h"

enum { UTF8 = 1, LATIN1, ASCII, OTHER };
typedef struct text_body {
    io_head head;
    ob_val buffer, encoding, errors, newline, decoder, encoder;
    ob_val decoded; uint64_t dpos;
    ob_val snap, snap_flags, rest;
    uint64_t codec, seen, chunk;
    uint8_t *out; uint64_t len, room;    /* pending output: a block */
} text_body;

static void trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const text_body *b = body;
    ob_trace_vals(t, &b->buffer, 6);
    ob_trace_val(t, b->decoded);
    ob_trace_vals(t, &b->snap, 3);
    ob_trace_block(t, b->out);
}
static bool body_copy(const tx_handle *h, void *dst, const void *src) {
    (void)h;
    text_body *d = dst;
    *d = *(const text_body *)src;
    if (d->out == NULL) return true;
    d->out = ob_kind_block_copy(((const text_body *)src)->out, d->len, d->room);
    return d->out != NULL;
}
static void body_drop(const tx_handle *h, void *body) {
    (void)h;
    text_body *b = body;
    if (b->out) ob_block_free(b->out, b->room);
}
static bool body_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    (void)h; (void)mask;
    const text_body *a = x, *b = y;
    return memcmp(a, b, offsetof(text_body, out)) == 0 && a->len == b->len && (a->len == 0 || memcmp(a->out, b->out, a->len) == 0);
}
static bool body_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h; (void)mine; (void)base; (void)theirs; (void)dirty;
    return false;
}
static OB_KIND(text_kind, .copy = body_copy, .drop = body_drop, .same = body_same, .merge = body_merge);

/* ---- states ---- */
static const text_body *made(ob_val self) {
    const text_body *b = ob_read(self);
    return LIKELY(b->head.flags & IO_OK) ? b : ob_fail_ptr(ob_raise(&ob_exc_ValueError, "I/O operation on uninitialized object"));
}

static const text_body *attached(ob_val self) {
    const text_body *b = made(self);
    if (LIKELY(b == NULL || !(b->head.flags & IO_DETACHED))) return b;
    return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "underlying buffer has been detached"));
}

static const text_body *open_body(ob_val self) {
    const text_body *b = attached(self);
    if (b == NULL) return NULL;
    int closed = b->head.flags & IO_FAST ? py_buffered_closed(b->buffer) : py_io_closed(b->buffer);
    if (closed < 0) return NULL;
    if (closed) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "I/O operation on closed file."));
    return ob_read(self);
}

/* ---- writing ---- */
static bool flush_out(ob_val self) {
    const text_body *r = ob_read(self);
    if (r->len == 0) return true;
    ob_val bytes = ob_bytes_from(r->out, r->len), buffer = r->buffer;
    bool fast = r->head.flags & IO_FAST;
    text_body *b = ob_is_null(bytes) ? NULL : ob_write_stream(self);
    if (b == NULL) return false;
    b->len = 0;
    if (fast) return py_buffered_write(buffer, ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len);
    ob_val x;
    do x = py_call_method1(buffer, "write", bytes);
    while (ob_is_null(x) && ob_err_clear_if(&ob_exc_InterruptedError));
    return !ob_is_null(x);
}

static bool append_out(ob_val self, const uint8_t *p, size_t n) {
    text_body *b = ob_write_stream(self);
    if (b == NULL) return false;
    if (b->len + n > b->room) {
        size_t room = b->len + n > b->chunk ? b->len + n : b->chunk;
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

static ob_val encode(const text_body *b, ob_val text) {
    const char *errors = (const char *)ob_str_ptr(b->errors)->data;
    switch (b->codec) {
    case UTF8: return ob_utf8_encode(text, errors);
    case LATIN1: return ob_latin1_encode(text, errors);
    case ASCII: return ob_ascii_encode(text, errors);
    default: break;
    }
    ob_val r = py_call_method1(b->encoder, "encode", text);
    if (ob_is_null(r) || ob_is_bytes(r)) return r;
    return ob_raise(&ob_exc_TypeError, "encoder should return a bytes object, not '%.200T'", r);
}

/* (T3) */
static bool forget_read(ob_val self) {
    const text_body *r = ob_read(self);
    if (ob_is_null(r->decoded) && ob_is_null(r->snap) && ob_is_null(r->rest)) return true;
    ob_val decoder = r->decoder;
    text_body *b = ob_write_stream(self);
    if (b == NULL) return false;
    b->decoded = b->snap = b->snap_flags = b->rest = OB_NULL;
    b->dpos = 0;
    return ob_is_null(decoder) || !ob_is_null(py_call_method0(decoder, "reset"));
}

static bool has_char(ob_val s, uint32_t c) {
    if (ob_str_kind(s) == 1) return memchr(ob_str_ptr(s)->data, (int)c, ob_str_len(s)) != NULL;
    return ob_str_find(s, ob_str_from_char(c), 0, ob_str_len(s)) >= 0;
}

static bool write_text(ob_val self, ob_val text) {
    const text_body *b = open_body(self);
    if (b == NULL) return false;
    uint64_t f = b->head.flags;
    if (!(f & IO_WRITABLE)) return ob_fail(py_io_raise_unsupported("not writable"));
    bool newline = f & (IO_LINE_BUFFERING | IO_WRITE_CR | IO_WRITE_CRLF) && has_char(text, '\n');
    bool must_flush = f & IO_LINE_BUFFERING && (newline || has_char(text, '\r'));
    if (newline && f & (IO_WRITE_CR | IO_WRITE_CRLF)) {
        ob_val args[2] = {ob_str_from_char('\n'), ob_str_from_c(f & IO_WRITE_CR ? "\r" : "\r\n")};
        text = ob_call_method_c(text, "replace", args, 2);
        if (ob_is_null(text)) return false;
        b = ob_read(self);
    }
    if (LIKELY(b->codec != OTHER && ob_str_is_ascii(text))) {
        size_t n = ob_str_len(text);
        if ((f & (IO_WRITE_THROUGH | IO_FAST)) == (IO_WRITE_THROUGH | IO_FAST) && b->len == 0) {     /* print's way: nothing is gathered here */
            if (!py_buffered_write(b->buffer, ob_str_ptr(text)->data, n)) return false;
            if (must_flush && !py_buffered_flush(((const text_body *)ob_read(self))->buffer)) return false;
            return forget_read(self);
        }
        if (b->len + n > b->chunk && !flush_out(self)) return false;
        if (!append_out(self, ob_str_ptr(text)->data, n)) return false;
    } else {
        ob_val bytes = encode(b, text);
        if (ob_is_null(bytes)) return false;
        b = ob_read(self);
        if (b->len + ob_bytes_ptr(bytes)->len > b->chunk && !flush_out(self)) return false;
        if (!append_out(self, ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len)) return false;
    }
    b = ob_read(self);
    if ((b->len >= b->chunk || must_flush || f & IO_WRITE_THROUGH) && !flush_out(self)) return false;
    if (must_flush) {
        b = ob_read(self);
        if (f & IO_FAST ? !py_buffered_flush(b->buffer) : ob_is_null(py_call_method0(b->buffer, "flush"))) return false;
    }
    return forget_read(self);
}

METHOD(write) {
    if (!attached(self)) return OB_NULL;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "write() argument must be str, not %.200T", a[0]);
    return write_text(self, a[0]) ? ob_from_small((int64_t)ob_str_len(a[0])) : OB_NULL;
}

bool py_io_write_text(ob_val stream, ob_val text) {
    if (LIKELY(ob_is_exact(stream, &py_textio_type))) return write_text(stream, text);
    return !ob_is_null(ob_call_method(stream, OB_NAME(write), &text, 1));
}

METHOD(flush) {
    if (!open_body(self)) return OB_NULL;
    if (!io_flag(self, io_flags(self) & IO_SEEKABLE ? IO_TELLING : 0, io_flags(self) & IO_SEEKABLE ? 0 : IO_TELLING)) return OB_NULL;
    if (!flush_out(self)) return OB_NULL;
    return py_call_method0(((const text_body *)ob_read(self))->buffer, "flush");
}
bool py_io_flush(ob_val stream) { return !ob_is_null(ob_call_method(stream, OB_NAME(flush), NULL, 0)); }

/* ---- reading ---- */
/* Decodes data; *used: how many bytes of it. */
static ob_val decode(const text_body *b, const uint8_t *p, size_t n, bool final, size_t *used) {
    const char *errors = (const char *)ob_str_ptr(b->errors)->data;
    *used = n;
    if (!final && b->head.flags & IO_UNIVERSAL && n && p[n - 1] == '\r') *used = --n;   /* (T2) */
    if (b->codec == UTF8) return ob_utf8_decode(p, n, errors, final ? NULL : used);
    return b->codec == LATIN1 ? ob_latin1_decode(p, n) : ob_ascii_decode(p, n, errors);
}

static bool set_decoded(ob_val self, ob_val text, ob_val snap, ob_val flags, ob_val rest) {
    const text_body *r = ob_read(self);
    uint64_t seen = r->seen, f = r->head.flags;
    if (r->codec != OTHER && f & IO_UNIVERSAL) text = py_io_newlines(text, f & IO_TRANSLATE, &seen);
    text_body *b = ob_is_null(text) ? NULL : ob_write_stream(self);
    if (b == NULL) return false;
    b->decoded = text;
    b->dpos = 0;
    b->snap = snap;
    b->snap_flags = flags;
    b->rest = rest;
    b->seen = seen;
    return true;
}

static ob_val join2(ob_val x, ob_val y) {
    size_t n = ob_bytes_ptr(x)->len, m = ob_bytes_ptr(y)->len;
    ob_val r = ob_bytes_alloc(n + m);
    if (ob_is_null(r)) return r;
    memcpy(ob_bytes_ptr(r)->data, ob_bytes_ptr(x)->data, n);
    memcpy(ob_bytes_ptr(r)->data + n, ob_bytes_ptr(y)->data, m);
    return r;
}

/* What the buffer's read method gave, as bytes. */
static ob_val as_bytes(ob_val got, const char *method) {
    ob_buffer buf;
    if (ob_is_null(got) || ob_is_bytes(got)) return got;
    if (!ob_is_buffer(got)) return ob_raise(&ob_exc_TypeError, "underlying %s() should have returned a bytes-like object, not '%.200T'", method, got);
    if (!ob_buffer_get(got, &buf, false)) return OB_NULL;
    ob_val r = ob_bytes_from(buf.data, buf.len);
    ob_buffer_release(&buf);
    return r;
}

static bool decode_other(ob_val self, ob_val chunk, bool final) {
    ob_val decoder = ((const text_body *)ob_read(self))->decoder, state = py_call_method0(decoder, "getstate"), flags = OB_NULL, snap = chunk;
    if (ob_is_null(state)) return false;
    if (ob_is_tuple(state) && ob_tuple_len(state) == 2) {
        if (!ob_is_bytes(ob_tuple_at(state, 0)))
            return ob_fail(ob_raise(&ob_exc_TypeError, "illegal decoder state: the first item should be a bytes object, not '%.200T'", ob_tuple_at(state, 0)));
        flags = ob_tuple_at(state, 1);
        snap = join2(ob_tuple_at(state, 0), chunk);
    } else return ob_fail(ob_raise(&ob_exc_TypeError, "illegal decoder state"));
    ob_val args[2] = {chunk, ob_bool(final)}, text = ob_call_method_c(decoder, "decode", args, 2);
    if (ob_is_null(text)) return false;
    if (!ob_is_str(text)) return ob_fail(ob_raise(&ob_exc_TypeError, "decoder should return a string result, not '%.200T'", text));
    return set_decoded(self, text, snap, flags, OB_NULL);
}

/* Reads a chunk when all characters are used: 1, 0 at the end, -1 raised. A chunk may give no character. */
static int fill(ob_val self, size_t hint) {
    const text_body *b = ob_read(self);
    if (!(b->head.flags & IO_READABLE)) return ob_fail_int(py_io_raise_unsupported("not readable"));
    if (b->len && !flush_out(self)) return -1;
    b = ob_read(self);
    size_t want = hint > b->chunk ? hint : b->chunk;
    const char *method = b->head.flags & IO_HAS_READ1 ? "read1" : "read";
    ob_val chunk = b->head.flags & IO_FAST && b->head.flags & IO_HAS_READ1 ? py_buffered_read1(b->buffer, want)
                                                                          : as_bytes(py_call_method1(b->buffer, method, ob_from_small((int64_t)want)), method);
    if (ob_is_null(chunk)) return -1;
    bool end = ob_bytes_ptr(chunk)->len == 0;
    b = ob_read(self);
    if (b->codec == OTHER) return decode_other(self, chunk, end) ? !end || ob_str_len(((const text_body *)ob_read(self))->decoded) > 0 : -1;
    if (!ob_is_null(b->rest)) chunk = join2(b->rest, chunk);
    if (ob_is_null(chunk)) return -1;
    size_t used, n = ob_bytes_ptr(chunk)->len;
    ob_val text = decode(ob_read(self), ob_bytes_ptr(chunk)->data, n, end, &used);
    if (ob_is_null(text)) return -1;
    ob_val rest = used < n ? ob_bytes_from(ob_bytes_ptr(chunk)->data + used, n - used) : OB_NULL;
    if ((used < n && ob_is_null(rest)) || !set_decoded(self, text, chunk, OB_NULL, rest)) return -1;
    return !end || ob_str_len(((const text_body *)ob_read(self))->decoded) > 0;
}

static size_t left_of(const text_body *b) { return ob_is_null(b->decoded) ? 0 : ob_str_len(b->decoded) - b->dpos; }

static ob_val take(ob_val self, size_t n) {
    const text_body *r = ob_read(self);
    if (n == 0) return OB_NAME(empty);
    ob_val v = ob_str_slice(r->decoded, r->dpos, r->dpos + n);
    text_body *b = ob_is_null(v) ? NULL : ob_write_stream(self);
    if (b == NULL) return OB_NULL;
    b->dpos += n;
    return v;
}

static ob_val read_all(ob_val self) {
    const text_body *b = ob_read(self);
    size_t used;
    if (!(b->head.flags & IO_READABLE)) return py_io_raise_unsupported("not readable");
    ob_val head = take(self, left_of(b));
    if (ob_is_null(head) || !flush_out(self)) return OB_NULL;
    ob_val bytes = as_bytes(py_call_method0(((const text_body *)ob_read(self))->buffer, "read"), "read"), text;
    if (ob_is_null(bytes)) return bytes;
    b = ob_read(self);
    if (b->codec == OTHER) {
        ob_val args[2] = {bytes, OB_TRUE};
        text = ob_call_method_c(b->decoder, "decode", args, 2);
        if (ob_is_null(text)) return text;
        if (!ob_is_str(text)) return ob_raise(&ob_exc_TypeError, "decoder should return a string result, not '%.200T'", text);
    } else {
        if (!ob_is_null(b->rest)) bytes = join2(b->rest, bytes);
        if (ob_is_null(bytes)) return bytes;
        b = ob_read(self);
        text = decode(b, ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len, true, &used);
        uint64_t seen = b->seen;
        if (!ob_is_null(text) && b->head.flags & IO_UNIVERSAL) text = py_io_newlines(text, b->head.flags & IO_TRANSLATE, &seen);
        text_body *w = ob_is_null(text) ? NULL : ob_write_stream(self);
        if (w == NULL) return OB_NULL;
        w->seen = seen;
    }
    text_body *w = ob_write_stream(self);
    if (w == NULL) return OB_NULL;
    w->decoded = w->snap = w->snap_flags = w->rest = OB_NULL;
    w->dpos = 0;
    return ob_str_concat(head, text);
}

METHOD(read) {
    int64_t size;
    if (!attached(self) || !py_size_arg(a[0], -1, &size) || !open_body(self)) return OB_NULL;
    if (!(io_flags(self) & IO_READABLE)) return py_io_raise_unsupported("not readable");
    if (size < 0) return read_all(self);
    size_t want = (size_t)size, have = 0;
    ob_val parts = OB_NULL, piece;
    for (;;) {
        size_t left = left_of(ob_read(self)), k = left < want - have ? left : want - have;
        if (k || have == want) {
            piece = take(self, k);
            have += k;
            if (ob_is_null(piece) || (have == want && ob_is_null(parts))) return piece;
            if (ob_is_null(parts) && ob_is_null(parts = ob_list_new(4))) return parts;
            if (!ob_list_append(parts, piece)) return OB_NULL;
        }
        if (have == want) break;
        int r = fill(self, want - have);
        if (r < 0) return OB_NULL;
        if (r == 0) break;
    }
    if (ob_is_null(parts)) return OB_NAME(empty);
    size_t count;
    const ob_val *items = ob_list_whole(parts, &count);
    return items || !count ? ob_str_join(OB_NAME(empty), items, count) : OB_NULL;
}

/* Where the line ends in the decoded text, given that `before` ended with \r when split is set. */
static ssize_t line_end(const text_body *b, bool split) {
    uint64_t f = b->head.flags;
    if (split && ob_str_at(b->decoded, b->dpos) == '\n') return (ssize_t)b->dpos + 1;
    return py_io_line_end(b->decoded, b->dpos, !(f & IO_UNIVERSAL) ? 'n' : f & IO_TRANSLATE ? 't' : 'u', b->newline);
}

static ob_val read_line(ob_val self, int64_t limit) {
    ob_val parts = OB_NULL;
    size_t have = 0, most = limit < 0 ? SIZE_MAX : (size_t)limit;
    bool split = false;
    for (;;) {
        const text_body *b = ob_read(self);
        size_t left = left_of(b);
        if (left) {
            ssize_t end = line_end(b, split);
            size_t k = end < 0 ? left : (size_t)end - b->dpos;
            bool done = end >= 0;
            if (k > most - have) { k = most - have; done = true; }
            ob_val piece = take(self, k);
            have += k;
            if (ob_is_null(piece) || (done && ob_is_null(parts))) return piece;
            if (ob_is_null(parts) && ob_is_null(parts = ob_list_new(4))) return parts;
            if (!ob_list_append(parts, piece)) return OB_NULL;
            if (done || have == most) break;
            split = ob_str_len(piece) && ob_str_at(piece, ob_str_len(piece) - 1) == '\r' && !ob_is_none(b->newline) && ob_str_len(b->newline) == 2;
        }
        if (have == most) break;
        int r = fill(self, 0);
        if (r < 0) return OB_NULL;
        if (r == 0) break;
    }
    if (ob_is_null(parts)) return OB_NAME(empty);
    size_t count;
    const ob_val *items = ob_list_whole(parts, &count);
    return items || !count ? ob_str_join(OB_NAME(empty), items, count) : OB_NULL;
}

METHOD(readline) {
    int64_t limit;
    if (!attached(self) || !py_size_arg(a[0], -1, &limit) || !open_body(self)) return OB_NULL;
    return read_line(self, limit);
}

static ob_val slot_next(ob_val self) {
    const text_body *b = attached(self);
    ob_val line;
    if (b == NULL) return OB_NULL;
    if (b->head.flags & IO_TELLING && !io_flag(self, 0, IO_TELLING)) return OB_NULL;
    if (LIKELY(ob_is_exact(self, &py_textio_type))) {
        /* A line in the decoded text needs no look at the streams below, but for whether they are closed. */
        line = open_body(self) ? read_line(self, -1) : OB_NULL;
    } else {
        line = py_call_method0(self, "readline");
        if (!ob_is_null(line) && !ob_is_str(line)) return ob_raise(&ob_exc_OSError, "readline() should have returned a str object, not '%.200T'", line);
    }
    if (ob_is_null(line)) return line;
    if (ob_str_len(line)) return line;
    uint64_t f = io_flags(self);
    if (!io_flag(self, f & IO_SEEKABLE ? IO_TELLING : 0, 0)) return OB_NULL;
    text_body *w = ob_write_stream(self);
    if (w) w->snap = OB_NULL;
    return OB_NULL;
}

/* ---- position ---- */
/* The byte in snap that belongs to the first unused character, for the C codecs. -1: raised */
static ssize_t byte_of(const text_body *b) {
    const uint8_t *p = ob_bytes_ptr(b->snap)->data;
    size_t n = ob_bytes_ptr(b->snap)->len - (ob_is_null(b->rest) ? 0 : ob_bytes_ptr(b->rest)->len), i = 0;
    bool translate = b->head.flags & IO_TRANSLATE;
    const char *errors = (const char *)ob_str_ptr(b->errors)->data;
    if (b->dpos == ob_str_len(b->decoded)) return (ssize_t)n;
    for (size_t chars = 0; chars < b->dpos && i < n;) {
        uint32_t c;
        if (p[i] == '\r' && translate && i + 1 < n && p[i + 1] == '\n') { i += 2; chars++; continue; }
        if (p[i] < 0x80 || b->codec == LATIN1) { i++; chars++; continue; }
        size_t bad = 1, used = b->codec == UTF8 ? base_utf8_decode((const char *)p + i, n - i, false, &c, &bad) : 0;
        if (used) { i += used; chars++; continue; }
        if (b->codec == ASCII) bad = 1;
        ob_val one = b->codec == UTF8 ? ob_utf8_decode(p + i, bad, errors, NULL) : ob_ascii_decode(p + i, bad, errors);
        if (ob_is_null(one)) return -1;
        i += bad;
        chars += ob_str_len(one);
    }
    return (ssize_t)i;
}

static ob_val shifted(ob_val cookie, ob_val part, int bits) {
    if (ob_is_null(cookie) || ob_same(part, ob_from_small(0))) return cookie;
    part = ob_binary(OB_BIN_LSHIFT, part, ob_from_small(bits));
    return ob_is_null(part) ? part : ob_binary(OB_BIN_OR, cookie, part);
}

/* tell() by an incremental decoder: feeds it byte by byte from the snapshot until dpos characters have come. */
static ob_val tell_other(const text_body *body, int64_t pos) {
    text_body b = *body;
    ob_val decoder = b.decoder, flags = b.snap_flags, saved = py_call_method0(decoder, "getstate"), r;
    const ob_bytes_obj *snap = ob_bytes_ptr(b.snap);
    if (ob_is_null(saved)) return saved;
    pos -= (int64_t)snap->len;
    size_t chars = 0, safe = 0, safe_chars = 0, i = 0;
    bool eof = false;
    r = py_call_method1(decoder, "setstate", ob_tuple_of2(ob_bytes_from("", 0), flags));
    while (!ob_is_null(r) && chars < b.dpos && i < snap->len) {
        r = py_call_method1(decoder, "decode", ob_bytes_from(snap->data + i, 1));
        if (ob_is_null(r)) break;
        chars += ob_str_len(r);
        i++;
        ob_val state = py_call_method0(decoder, "getstate");
        if (ob_is_null(state)) { r = state; break; }
        if (chars <= b.dpos && ob_is_bytes(ob_tuple_at(state, 0)) && ob_bytes_ptr(ob_tuple_at(state, 0))->len == 0) {
            safe = i;
            safe_chars = chars;
            flags = ob_tuple_at(state, 1);
        }
    }
    if (!ob_is_null(r) && chars < b.dpos) {
        ob_val args[2] = {ob_bytes_from("", 0), OB_TRUE};
        r = ob_call_method_c(decoder, "decode", args, 2);
        eof = true;
        if (!ob_is_null(r) && chars + ob_str_len(r) < b.dpos) r = ob_raise(&ob_exc_OSError, "can't reconstruct logical file position");
    }
    if (ob_is_null(r)) return r;
    if (ob_is_null(py_call_method1(decoder, "setstate", saved))) return OB_NULL;
    ob_val cookie = ob_int_from_i64(pos + (int64_t)safe);
    cookie = shifted(cookie, flags, 64);
    if (safe_chars < b.dpos) cookie = shifted(shifted(cookie, ob_from_small((int64_t)(i - safe)), 128), ob_from_small((int64_t)(b.dpos - safe_chars)), 192);
    return eof ? shifted(cookie, ob_from_small(1), 256) : cookie;
}

METHOD(tell) {
    const text_body *b = open_body(self);
    int64_t pos;
    if (b == NULL) return OB_NULL;
    if (!(b->head.flags & IO_SEEKABLE)) return py_io_raise_unsupported("underlying stream is not seekable");
    if (!(b->head.flags & IO_TELLING)) return ob_raise(&ob_exc_OSError, "telling position disabled by next() call");
    if (!flush_out(self) || ob_is_null(py_call_method0(self, "flush"))) return OB_NULL;
    ob_val at = py_call_method0(((const text_body *)ob_read(self))->buffer, "tell");
    if (ob_is_null(at)) return at;
    b = ob_read(self);
    if (ob_is_null(b->snap) || ob_is_null(b->decoded)) return at;
    if (!py_int_arg(at, &pos)) return OB_NULL;
    b = ob_read(self);
    if (b->codec == OTHER) return tell_other(b, pos);
    ssize_t k = byte_of(b);
    return k < 0 ? OB_NULL : ob_int_from_i64(pos - (int64_t)ob_bytes_ptr(b->snap)->len + k);
}

static bool reset_encoder(const text_body *b, bool at_start) {
    if (ob_is_null(b->encoder)) return true;
    if (at_start) return !ob_is_null(py_call_method0(b->encoder, "reset"));
    return !ob_is_null(py_call_method1(b->encoder, "setstate", ob_from_small(0)));
}

static int64_t bits_of(ob_val cookie, int shift) {
    ob_val v = shift ? ob_binary(OB_BIN_RSHIFT, cookie, ob_from_small(shift)) : cookie;
    if (!ob_is_null(v)) v = ob_binary(OB_BIN_AND, v, ob_int_from_i64(INT64_MAX));
    int64_t i = -1;
    return !ob_is_null(v) && ob_int_to_i64(v, &i) ? i : -1;
}

/* Restores an incremental decoder to what tell_other() packed. */
static bool seek_other(ob_val self, ob_val cookie) {
    int64_t flags = bits_of(cookie, 64), feed = bits_of(cookie, 128), skip = bits_of(cookie, 192), eof = bits_of(cookie, 256);
    const text_body *b = ob_read(self);
    if (flags < 0 || feed < 0 || skip < 0 || eof < 0) return false;
    ob_val decoder = b->decoder, buffer = b->buffer;
    if (ob_is_null(decoder)) return true;
    if (flags == 0 && bits_of(cookie, 0) == 0 ? ob_is_null(py_call_method0(decoder, "reset"))
                                              : ob_is_null(py_call_method1(decoder, "setstate", ob_tuple_of2(ob_bytes_from("", 0), ob_from_small(flags))))) return false;
    if (!skip) return true;
    ob_val bytes = as_bytes(py_call_method1(buffer, "read", ob_from_small(feed)), "read");
    if (ob_is_null(bytes)) return false;
    ob_val args[2] = {bytes, ob_bool(eof)}, text = ob_call_method_c(decoder, "decode", args, 2);
    if (ob_is_null(text)) return false;
    if (!ob_is_str(text) || ob_str_len(text) < (size_t)skip) return ob_fail(ob_raise(&ob_exc_OSError, "can't restore logical file position"));
    text_body *w = ob_write_stream(self);
    if (w == NULL) return false;
    w->decoded = text;
    w->dpos = (uint64_t)skip;
    w->snap = bytes;
    w->snap_flags = ob_from_small(flags);
    return true;
}

METHOD(seek) {
    int64_t whence = 0;
    ob_val cookie = a[0];
    const text_body *b = open_body(self);
    if (b == NULL || (!ob_is_null(a[1]) && !py_int_arg(a[1], &whence))) return OB_NULL;
    if (!(b->head.flags & IO_SEEKABLE)) return py_io_raise_unsupported("underlying stream is not seekable");
    if (whence == 1) {
        int zero = ob_eq(cookie, ob_from_small(0));
        if (zero <= 0) return zero < 0 ? OB_NULL : py_io_raise_unsupported("can't do nonzero cur-relative seeks");
        cookie = py_call_method0(self, "tell");
        if (ob_is_null(cookie)) return cookie;
    } else if (whence == 2) {
        int zero = ob_eq(cookie, ob_from_small(0));
        if (zero <= 0) return zero < 0 ? OB_NULL : py_io_raise_unsupported("can't do nonzero end-relative seeks");
        if (ob_is_null(py_call_method0(self, "flush")) || !forget_read(self)) return OB_NULL;
        ob_val args[2] = {ob_from_small(0), ob_from_small(2)}, r = ob_call_method_c(((const text_body *)ob_read(self))->buffer, "seek", args, 2);
        if (ob_is_null(r) || !reset_encoder(ob_read(self), ob_same(r, ob_from_small(0)))) return OB_NULL;
        return r;
    } else if (whence != 0) return ob_raise(&ob_exc_ValueError, "invalid whence (%d, should be 0, 1 or 2)", (int)whence);
    if (!ob_is_int(cookie)) return ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", cookie);
    if (ob_int_sign(cookie) < 0) return ob_raise(&ob_exc_ValueError, "negative seek position %R", cookie);
    if (ob_is_null(py_call_method0(self, "flush"))) return OB_NULL;
    int64_t start = bits_of(cookie, 0);
    b = ob_read(self);
    if (start < 0 || ob_is_null(py_call_method1(b->buffer, "seek", ob_int_from_i64(start))) || !forget_read(self)) return OB_NULL;
    b = ob_read(self);
    if (b->codec == OTHER && !seek_other(self, cookie)) return OB_NULL;
    return reset_encoder(ob_read(self), start == 0) ? cookie : OB_NULL;
}

METHOD(truncate) {
    const text_body *b = attached(self);
    if (b == NULL || ob_is_null(py_call_method0(self, "flush"))) return OB_NULL;
    return py_call_method1(((const text_body *)ob_read(self))->buffer, "truncate", ob_is_null(a[0]) ? OB_NONE : a[0]);
}

/* ---- creation ---- */
static uint64_t codec_of(const char *name) {
    char flat[16];
    size_t k = 0;
    for (; *name && k < sizeof flat - 1; name++) if (*name != '-' && *name != '_') flat[k++] = (char)(*name >= 'A' && *name <= 'Z' ? *name | 0x20 : *name);
    flat[k] = 0;
    if (!strcmp(flat, "utf8")) return UTF8;
    if (!strcmp(flat, "latin1") || !strcmp(flat, "iso88591")) return LATIN1;
    return !strcmp(flat, "ascii") || !strcmp(flat, "usascii") ? ASCII : OTHER;
}

static ob_val make_coder(ob_val codec, const char *which, ob_val errors) {
    ob_val f = ob_getattr_c(codec, which);
    return ob_is_null(f) ? f : ob_call1(f, errors);
}

static bool set_codecs(text_body *b) {
    const char *name = ob_str_utf8(b->encoding, NULL);
    if (name == NULL) return false;
    b->codec = codec_of(name);
    b->decoder = b->encoder = OB_NULL;
    if (b->codec != OTHER) return true;
    ob_val codec = ob_codec_lookup(b->encoding);
    if (ob_is_null(codec)) return false;
    ob_val text = ob_getattr_opt(codec, ob_str_intern_c("_is_text_encoding"));
    if (ob_is_null(text) && ob_failed()) return false;
    if (ob_same(text, OB_FALSE))
        return ob_fail(ob_raise(&ob_exc_LookupError, "'%.400S' is not a text encoding; use codecs.open() to handle arbitrary codecs", b->encoding));
    if (b->head.flags & IO_READABLE) {
        b->decoder = make_coder(codec, "incrementaldecoder", b->errors);
        if (ob_is_null(b->decoder)) return false;
        if (b->head.flags & IO_UNIVERSAL) {
            b->decoder = ob_call2(ob_type_val(&py_newline_decoder_type), b->decoder, ob_bool(b->head.flags & IO_TRANSLATE));
            if (ob_is_null(b->decoder)) return false;
        }
    }
    if (b->head.flags & IO_WRITABLE && ob_is_null(b->encoder = make_coder(codec, "incrementalencoder", b->errors))) return false;
    return true;
}

static bool set_newline(text_body *b, ob_val newline) {
    if (!ob_is_none(newline) && !ob_is_str(newline)) return ob_fail(ob_raise(&ob_exc_TypeError, "TextIOWrapper() argument 'newline' must be str or None, not %.200T", newline));
    b->head.flags &= ~(uint64_t)(IO_UNIVERSAL | IO_TRANSLATE | IO_WRITE_CR | IO_WRITE_CRLF);
    b->newline = newline;
    if (ob_is_none(newline)) b->head.flags |= IO_UNIVERSAL | IO_TRANSLATE;
    else if (ob_str_len(newline) == 0) b->head.flags |= IO_UNIVERSAL;
    else if (ob_str_equal_c(newline, "\r")) b->head.flags |= IO_WRITE_CR;
    else if (ob_str_equal_c(newline, "\r\n")) b->head.flags |= IO_WRITE_CRLF;
    else if (!ob_str_equal_c(newline, "\n")) return ob_fail(ob_raise(&ob_exc_ValueError, "illegal newline value: %S", newline));
    return true;
}

static bool check_text(ob_val v, const char *what) {
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "TextIOWrapper() argument '%s' must be str or None, not %.50T", what, v));
    size_t n;
    const char *s = ob_str_utf8(v, &n);
    return s && (strlen(s) == n || ob_fail(ob_raise(&ob_exc_ValueError, "embedded null character")));
}

/* The three capabilities of the stream below, as flags. */
static bool ask_buffer(text_body *b) {
    static const struct { const char *method; uint64_t flag; } able[] = {{"readable", IO_READABLE}, {"writable", IO_WRITABLE}, {"seekable", IO_SEEKABLE | IO_TELLING}};
    for (size_t i = 0; i < BASE_LENGTH(able); i++) {
        ob_val r = py_call_method0(b->buffer, able[i].method);
        int t = ob_is_null(r) ? -1 : ob_truth(r);
        if (t < 0) return false;
        if (t) b->head.flags |= able[i].flag;
    }
    ob_val read1 = ob_getattr_opt(b->buffer, ob_str_intern_c("read1"));
    if (ob_is_null(read1) && ob_failed()) return false;
    if (!ob_is_null(read1)) b->head.flags |= IO_HAS_READ1;
    ob_type *t = ob_type_of(b->buffer);
    if (t == &py_buffered_reader_type || t == &py_buffered_writer_type || t == &py_buffered_random_type) b->head.flags |= IO_FAST;
    return true;
}

/* Behind the beginning of a file no byte order mark is written. */
static bool start_encoder(const text_body *b) {
    if (!(b->head.flags & IO_SEEKABLE) || ob_is_null(b->encoder)) return true;
    ob_val encoder = b->encoder, pos = py_call_method0(b->buffer, "tell");
    if (ob_is_null(pos)) return false;
    return ob_same(pos, ob_from_small(0)) || !ob_is_null(py_call_method1(encoder, "setstate", ob_from_small(0)));
}

static ob_val init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    bool line, through;
    text_body b = {.buffer = a[0], .encoding = a[1], .errors = a[2], .chunk = IO_DEFAULT_BUFFER_SIZE};
    if (!io_flag(self, 0, IO_OK)) return OB_NULL;
    if (!py_bool_arg(a[4], false, &line) || !py_bool_arg(a[5], false, &through)) return OB_NULL;
    if (py_absent(b.encoding)) {
        if (py_opts.warn_default_encoding && !ob_warn(&ob_exc_EncodingWarning, 1, "'encoding' argument not specified")) return OB_NULL;
        b.encoding = ob_str_intern_c(py_opts.utf8_mode ? "utf-8" : "UTF-8");
    } else if (ob_is_str(b.encoding) && ob_str_equal_c(b.encoding, "locale")) b.encoding = ob_str_intern_c("UTF-8");
    if (py_absent(b.errors)) b.errors = ob_str_intern_c("strict");
    if (!check_text(b.encoding, "encoding") || !check_text(b.errors, "errors")) return OB_NULL;
    if (!ob_codec_check_names(NULL, (const char *)ob_str_ptr(b.errors)->data)) return OB_NULL;
    b.head.flags = IO_OK | (line ? IO_LINE_BUFFERING : 0) | (through ? IO_WRITE_THROUGH : 0);
    if (!set_newline(&b, ob_is_null(a[3]) ? OB_NONE : a[3]) || !ask_buffer(&b) || !set_codecs(&b)) return OB_NULL;
    if (!start_encoder(&b)) return OB_NULL;
    text_body *w = ob_write_stream(self);
    if (w == NULL) return OB_NULL;
    if (w->out) ob_block_free(w->out, w->room);
    *w = b;
    return OB_NONE;
}
static bool slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return !ob_is_null(PY_BIND_CALL(init, "TextIOWrapper", "buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False", self, a, n, kw));
}

METHOD(reconfigure) {
    const text_body *r = attached(self);
    bool line, through;
    if (r == NULL) return OB_NULL;
    bool codec = !py_absent(a[0]) || !py_absent(a[1]), newline = !ob_is_null(a[2]) && !ob_same(a[2], OB_ELLIPSIS);
    if ((codec || newline) && !ob_is_null(r->decoded)) return py_io_raise_unsupported("It is not possible to set the encoding or newline of stream after the first read");
    if (!py_bool_arg(py_absent(a[3]) ? OB_NULL : a[3], r->head.flags & IO_LINE_BUFFERING, &line)) return OB_NULL;
    if (!py_bool_arg(py_absent(a[4]) ? OB_NULL : a[4], io_flags(self) & IO_WRITE_THROUGH, &through)) return OB_NULL;
    if (ob_is_null(py_call_method0(self, "flush"))) return OB_NULL;
    text_body b = *(const text_body *)ob_read(self);
    if (!py_absent(a[0])) b.encoding = ob_is_str(a[0]) && ob_str_equal_c(a[0], "locale") ? ob_str_intern_c("UTF-8") : a[0];
    if (!py_absent(a[1])) b.errors = a[1];
    else if (!py_absent(a[0])) b.errors = ob_str_intern_c("strict");
    if ((codec && (!check_text(b.encoding, "encoding") || !check_text(b.errors, "errors"))) || (newline && !set_newline(&b, a[2]))) return OB_NULL;
    if ((codec || newline) && (!set_codecs(&b) || !start_encoder(&b))) return OB_NULL;
    b.head.flags = (b.head.flags & ~(uint64_t)(IO_LINE_BUFFERING | IO_WRITE_THROUGH)) | (line ? IO_LINE_BUFFERING : 0) | (through ? IO_WRITE_THROUGH : 0);
    text_body *w = ob_write_stream(self);
    if (w == NULL) return OB_NULL;
    b.out = w->out;
    b.len = w->len;
    b.room = w->room;
    *w = b;
    return OB_NONE;
}

/* ---- life ---- */
METHOD(close) {
    const text_body *b = attached(self);
    if (b == NULL) return OB_NULL;
    int closed = py_io_closed(b->buffer);
    if (closed) return closed < 0 ? OB_NULL : OB_NONE;
    if (io_flags(self) & IO_FINALIZING && !py_io_warn_unclosed(((const text_body *)ob_read(self))->buffer, self)) return OB_NULL;
    ob_val r = py_call_method0(self, "flush"), pending = ob_is_null(r) ? ob_err_fetch() : OB_NULL;
    if (ob_is_null(r) && ob_is_null(pending)) return OB_NULL;
    r = py_call_method0(((const text_body *)ob_read(self))->buffer, "close");
    return py_io_finish_close(self, pending) ? r : OB_NULL;
}

METHOD(detach) {
    const text_body *b = attached(self);
    if (b == NULL || ob_is_null(py_call_method0(self, "flush"))) return OB_NULL;
    ob_val buffer = ((const text_body *)ob_read(self))->buffer;
    text_body *w = ob_write_stream(self);
    if (w == NULL) return OB_NULL;
    w->buffer = OB_NULL;
    w->head.flags |= IO_DETACHED;
    return buffer;
}

#define DELEGATE(name) METHOD(name) { const text_body *b = attached(self); return b ? py_call_method0(b->buffer, #name) : OB_NULL; }
DELEGATE(seekable) DELEGATE(readable) DELEGATE(writable) DELEGATE(fileno) DELEGATE(isatty)
#define BUFFER_GETTER(name) GETTER(name) { const text_body *b = attached(self); return b ? ob_getattr_c(b->buffer, #name) : OB_NULL; }
BUFFER_GETTER(name) BUFFER_GETTER(closed)
#define FIELD_GETTER(name, result) GETTER(name) { const text_body *b = made(self); return b ? (result) : OB_NULL; }
FIELD_GETTER(encoding, b->encoding)
FIELD_GETTER(errors, b->errors)
FIELD_GETTER(line_buffering, ob_bool(b->head.flags & IO_LINE_BUFFERING))
FIELD_GETTER(write_through, ob_bool(b->head.flags & IO_WRITE_THROUGH))
FIELD_GETTER(chunk, ob_int_from_u64(b->chunk))
GETTER(buffer) {
    const text_body *b = ob_read(self);
    return b->head.flags & IO_DETACHED ? OB_NONE : ob_is_null(b->buffer) ? ob_raise(&ob_exc_AttributeError, "buffer") : b->buffer;
}
GETTER(newlines) {
    const text_body *b = attached(self);
    if (b == NULL) return OB_NULL;
    if (b->codec != OTHER) return b->head.flags & IO_UNIVERSAL ? py_io_seen_value(b->seen) : OB_NONE;
    if (ob_is_null(b->decoder)) return OB_NONE;
    ob_val v = ob_getattr_opt(b->decoder, ob_str_intern_c("newlines"));
    return ob_is_null(v) && !ob_failed() ? OB_NONE : v;
}
static bool set_chunk(ob_val self, ob_val v) {
    int64_t n;
    if (!attached(self)) return false;
    if (ob_is_null(v)) return ob_fail(ob_raise(&ob_exc_AttributeError, "cannot delete attribute"));
    if (!py_int_arg(v, &n)) return false;
    if (n <= 0) return ob_fail(ob_raise(&ob_exc_ValueError, "a strictly positive integer is required"));
    text_body *w = ob_write_stream(self);
    if (w == NULL) return false;
    w->chunk = (uint64_t)n;
    return true;
}

static bool add_part(ob_strbuf *out, ob_val self, const char *attribute, const char *label) {
    ob_val v = ob_getattr_opt(self, ob_str_intern_c(attribute));
    if (ob_is_null(v)) return !ob_failed() || ob_err_clear_if(&ob_exc_ValueError);
    ob_val r = ob_repr(v);
    return !ob_is_null(r) && ob_strbuf_c(out, label) && ob_strbuf_str(out, r);
}
static ob_val slot_repr(ob_val self) {
    ob_strbuf out;
    bool entered, ok;
    if (!(io_flags(self) & IO_OK)) return ob_raise(&ob_exc_ValueError, "I/O operation on uninitialized object");
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_raise(&ob_exc_RuntimeError, "reentrant call inside %s.__repr__", ob_type_of(self)->name);
    ob_strbuf_init(&out);
    ob_strbuf_c(&out, "<_io.TextIOWrapper");
    ok = add_part(&out, self, "name", " name=") && add_part(&out, self, "mode", " mode=") && add_part(&out, self, "encoding", " encoding=");
    ob_repr_leave(self);
    ob_strbuf_char(&out, '>');
    if (!ok) { ob_strbuf_release(&out); return OB_NULL; }
    return ob_strbuf_finish(&out);
}

static const ob_def methods[] = {
    {"__getstate__", py_io_no_pickle, "", NULL, 0}, {"close", m_close, "", "Flushes and closes.", 0},
    {"detach", m_detach, "", "Gives the buffer up.", 0}, {"fileno", m_fileno, "", "The descriptor.", 0}, {"flush", m_flush, "", "Writes what is pending.", 0},
    {"isatty", m_isatty, "", "Is it a terminal?", 0}, {"read", m_read, "size=-1, /", "Up to size characters.", 0}, {"readable", m_readable, "", "May it be read?", 0},
    {"readline", m_readline, "size=-1, /", "One line.", 0},
    {"reconfigure", m_reconfigure, "*, encoding=None, errors=None, newline=..., line_buffering=None, write_through=None", "Changes settings.", 0},
    {"seek", m_seek, "cookie, whence=0, /", "Moves to a position that tell() gave.", 0}, {"seekable", m_seekable, "", "May the position be moved?", 0},
    {"tell", m_tell, "", "The position, opaque.", 0}, {"truncate", m_truncate, "pos=None, /", "Cuts the stream.", 0},
    {"writable", m_writable, "", "May it be written?", 0}, {"write", m_write, "text, /", "Writes text.", 0}, {0},
};
static const ob_getset getsets[] = {
    {"_finalizing", py_io_get_finalizing, py_io_set_finalizing, NULL}, {"_CHUNK_SIZE", get_chunk, set_chunk, NULL}, {"buffer", get_buffer, NULL, "The stream below."}, {"closed", get_closed, NULL, "Is it closed?"},
    {"encoding", get_encoding, NULL, "The encoding's name."}, {"errors", get_errors, NULL, "The error handler."},
    {"line_buffering", get_line_buffering, NULL, "Is it flushed at newlines?"}, {"name", get_name, NULL, "The buffer's name."},
    {"newlines", get_newlines, NULL, "Newlines seen so far."}, {"write_through", get_write_through, NULL, "Is nothing held back?"}, {0},
};
ob_type py_textio_type = {
    OB_TYPE_HEAD(&ob_type_type, &text_kind), .name = "_io.TextIOWrapper", .base = &py_textiobase_type, .flags = OB_TF_BASE | OB_TF_HOLDER | OB_TF_FINAL_LATE,
    .size = sizeof(text_body), .slots = {.init = slot_init, .repr = slot_repr, .next = slot_next}, .trace_body = trace_body, .methods = methods, .getsets = getsets,
    .has_dict = true, .has_weakref = true, .doc = "Text over a buffered stream of bytes.",
};
