/* io_string.c: StringIO: a stream of text in memory.
 * Locks: none; the body is versioned, its characters are one block in the narrowest kind so far. */
#include "interp/mod/io_int.h"
#include "objspace/chars.h"
#include "objspace/dict.h"
#include "objspace/inst.h"

typedef struct string_body {
    io_head head;                        /* IO_TRANSLATE, IO_UNIVERSAL: how newlines are read; IO_WRITE_CR, IO_WRITE_CRLF */
    uint8_t *data;                       /* a block of room * kind bytes, or NULL */
    uint64_t len, room, kind, pos;       /* characters */
    uint64_t seen;                       /* IO_SEEN_* */
    uint64_t any;                        /* all characters ored: their width */
    ob_val newline;                      /* as given: None or str */
} string_body;

static void trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_block(t, ((const string_body *)body)->data);
    ob_trace_val(t, ((const string_body *)body)->newline);
}
static bool body_copy(const tx_handle *h, void *dst, const void *src) {
    (void)h;
    string_body *d = dst;
    *d = *(const string_body *)src;
    if (d->data == NULL) return true;
    d->data = ob_kind_block_copy(((const string_body *)src)->data, d->len * d->kind, d->room * d->kind);
    return d->data != NULL;
}
static void body_drop(const tx_handle *h, void *body) {
    (void)h;
    string_body *b = body;
    if (b->data) ob_block_free(b->data, b->room * b->kind);
}
static bool body_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    (void)h; (void)mask;
    const string_body *a = x, *b = y;
    return a->head.flags == b->head.flags && a->pos == b->pos && a->len == b->len && a->kind == b->kind && a->seen == b->seen
        && (a->len == 0 || memcmp(a->data, b->data, a->len * a->kind) == 0);
}
static bool body_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h; (void)mine; (void)base; (void)theirs; (void)dirty;
    return false;
}
static OB_KIND(stringio_kind, .copy = body_copy, .drop = body_drop, .same = body_same, .merge = body_merge);

static const string_body *open_body(ob_val self) {
    const string_body *b = ob_read(self);
    if (UNLIKELY(!(b->head.flags & IO_OK))) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "I/O operation on uninitialized object"));
    return LIKELY(!(b->head.flags & IO_CLOSED)) ? b : ob_fail_ptr(ob_raise(&ob_exc_ValueError, "I/O operation on closed file"));
}

static ob_val part(const string_body *b, size_t from, size_t n) {
    if (n == 0) return OB_NAME(empty);
    if (b->kind == 1 && b->any < 0x80 && n > 1) {
        ob_val s = ob_str_alloc(n, 0x7f);
        if (!ob_is_null(s)) memcpy(ob_str_ptr(s)->data, b->data + from, n);
        return s;
    }
    return ob_str_from_kind(b->data + from * b->kind, (unsigned)b->kind, n);
}

static bool reserve(string_body *b, size_t n, unsigned kind) {
    if (kind < b->kind) kind = (unsigned)b->kind;
    if (n <= b->room && kind == b->kind) return true;
    if (n > SIZE_MAX / 16) return ob_fail(ob_raise(&ob_exc_OverflowError, "new buffer size too large"));
    size_t room = n <= b->room ? b->room : n + n / 4 + 64;
    uint8_t *block = ob_block_alloc(room * kind);
    if (block == NULL) return false;
    if (b->len) ob_chars_copy(block, kind, b->data, (unsigned)b->kind, b->len);
    if (b->data) ob_block_free(b->data, b->room * b->kind);
    b->data = block;
    b->room = room;
    b->kind = kind;
    return true;
}

static ob_val crlf(ob_val text, const char *newline) {
    ob_val a[2] = {ob_str_from_char('\n'), ob_str_from_c(newline)};
    return ob_is_null(a[1]) ? a[1] : ob_call_method_c(text, "replace", a, 2);
}

static bool write_text(ob_val self, ob_val text) {
    string_body *b = ob_write(self);
    if (b == NULL) return false;
    uint64_t flags = b->head.flags;
    if (flags & IO_UNIVERSAL) {
        uint64_t seen = b->seen;
        text = py_io_newlines(text, flags & IO_TRANSLATE, &seen);
        if (ob_is_null(text) || (b = ob_write(self)) == NULL) return false;
        b->seen = seen;
    }
    if (flags & (IO_WRITE_CR | IO_WRITE_CRLF)) text = crlf(text, flags & IO_WRITE_CR ? "\r" : "\r\n");
    if (ob_is_null(text) || (b = ob_write(self)) == NULL) return false;
    size_t n = ob_str_len(text);
    if (n == 0) return true;
    if (!reserve(b, b->pos + n, ob_str_kind(text))) return false;
    if (b->pos > b->len) memset(b->data + b->len * b->kind, 0, (b->pos - b->len) * b->kind);
    ob_chars_copy(b->data + b->pos * b->kind, (unsigned)b->kind, ob_str_ptr(text)->data, ob_str_kind(text), n);
    b->any |= ob_str_max(text);
    b->pos += n;
    if (b->pos > b->len) b->len = b->pos;
    return true;
}

METHOD(write) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "string argument expected, got '%T'", a[0]);
    if (!open_body(self)) return OB_NULL;
    return write_text(self, a[0]) ? ob_from_small((int64_t)ob_str_len(a[0])) : OB_NULL;
}

static size_t left_of(const string_body *b) { return b->pos < b->len ? b->len - b->pos : 0; }

static ob_val take(ob_val self, size_t n) {
    const string_body *r = ob_read(self);
    ob_val v = part(r, r->pos, n);
    string_body *b = ob_is_null(v) ? NULL : ob_write(self);
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

/* Characters of the line at pos, of at most `left`. */
static size_t line_length(const string_body *b, size_t left) {
    const uint8_t *p = b->data + b->pos * b->kind;
    uint64_t f = b->head.flags;
    if (f & IO_UNIVERSAL && !(f & IO_TRANSLATE)) {       /* newline='': \n, \r and \r\n end lines */
        for (size_t i = 0; i < left; i++) {
            uint32_t c = ob_char_at(p, (unsigned)b->kind, i);
            if (c == '\n') return i + 1;
            if (c == '\r') return i + 1 < left && ob_char_at(p, (unsigned)b->kind, i + 1) == '\n' ? i + 2 : i + 1;
        }
        return left;
    }
    const char *nl = f & IO_WRITE_CR ? "\r" : f & IO_WRITE_CRLF ? "\r\n" : "\n";
    ssize_t i = ob_chars_find(p, (unsigned)b->kind, left, nl, 1, strlen(nl));
    return i < 0 ? left : (size_t)i + strlen(nl);
}

static ob_val line(ob_val self, int64_t limit) {
    const string_body *b = ob_read(self);
    size_t left = left_of(b);
    if (limit >= 0 && (uint64_t)limit < left) left = (size_t)limit;
    return take(self, left ? line_length(b, left) : 0);
}
METHOD(readline) {
    int64_t limit;
    return open_body(self) && py_size_arg(a[0], -1, &limit) ? line(self, limit) : OB_NULL;
}
static ob_val slot_next(ob_val self) {
    if (!open_body(self)) return OB_NULL;
    ob_val v;
    if (LIKELY(ob_is_exact(self, &py_stringio_type))) v = line(self, -1);
    else {
        v = py_call_method0(self, "readline");
        if (!ob_is_null(v) && !ob_is_str(v)) return ob_raise(&ob_exc_OSError, "readline() should have returned a str object, not '%.200T'", v);
    }
    return ob_is_null(v) || ob_str_len(v) == 0 ? OB_NULL : v;
}

METHOD(getvalue) {
    const string_body *b = open_body(self);
    return b ? part(b, 0, b->len) : OB_NULL;
}
METHOD(tell) {
    const string_body *b = open_body(self);
    return b ? ob_int_from_u64(b->pos) : OB_NULL;
}
METHOD(seek) {
    int64_t pos, whence = 0;
    const string_body *b = open_body(self);
    if (b == NULL || !py_int_arg(a[0], &pos) || (!ob_is_null(a[1]) && !py_int_arg(a[1], &whence))) return OB_NULL;
    if (whence < 0 || whence > 2) return ob_raise(&ob_exc_ValueError, "Invalid whence (%d, should be 0, 1 or 2)", (int)whence);
    if (pos < 0 && whence == 0) return ob_raise(&ob_exc_ValueError, "Negative seek position %lld", (long long)pos);
    if (whence && pos) return ob_raise(&ob_exc_OSError, "Can't do nonzero cur-relative seeks");
    string_body *w = ob_write(self);
    if (w == NULL) return OB_NULL;
    w->pos = whence == 0 ? (uint64_t)pos : whence == 1 ? w->pos : w->len;
    return ob_int_from_u64(w->pos);
}
METHOD(truncate) {
    int64_t size;
    const string_body *b = open_body(self);
    if (b == NULL || !py_size_arg(a[0], (int64_t)b->pos, &size)) return OB_NULL;
    if (size < 0) return ob_raise(&ob_exc_ValueError, "Negative size value %lld", (long long)size);
    string_body *w = ob_write(self);
    if (w == NULL) return OB_NULL;
    if ((uint64_t)size < w->len) w->len = (uint64_t)size;
    return ob_int_from_i64(size);
}
METHOD(close) {
    string_body *b = ob_write(self);
    if (b == NULL) return OB_NULL;
    if (b->data) ob_block_free(b->data, b->room * b->kind);
    *b = (string_body){.head = {b->head.flags | IO_CLOSED}, .kind = 1, .newline = b->newline, .seen = b->seen};
    return OB_NONE;
}
METHOD(yes) { return open_body(self) ? OB_TRUE : OB_NULL; }
METHOD(no) { return open_body(self) ? OB_FALSE : OB_NULL; }
METHOD(del) { return ob_is_exact(self, &py_stringio_type) ? OB_NONE : py_io_del(self, a, n, kw); }    /* nothing is lost with memory */
GETTER(closed) {
    uint64_t f = io_flags(self);
    return f & IO_OK ? ob_bool(f & IO_CLOSED) : ob_raise(&ob_exc_ValueError, "I/O operation on uninitialized object");
}
GETTER(line_buffering) { return open_body(self) ? OB_FALSE : OB_NULL; }
GETTER(newlines) {
    const string_body *b = open_body(self);
    return b == NULL ? OB_NULL : b->head.flags & IO_UNIVERSAL ? py_io_seen_value(b->seen) : OB_NONE;
}

/* ---- creation and state ---- */
static bool set_up(ob_val self, ob_val value, ob_val newline) {
    uint64_t f = IO_OK;
    if (ob_is_null(newline)) newline = ob_str_from_char('\n');
    if (!ob_is_none(newline) && !ob_is_str(newline)) return ob_fail(ob_raise(&ob_exc_TypeError, "newline must be str or None, not %.200T", newline));
    if (ob_is_none(newline)) f |= IO_UNIVERSAL | IO_TRANSLATE;
    else if (ob_str_len(newline) == 0) f |= IO_UNIVERSAL;
    else if (ob_str_equal_c(newline, "\r")) f |= IO_WRITE_CR;
    else if (ob_str_equal_c(newline, "\r\n")) f |= IO_WRITE_CRLF;
    else if (!ob_str_equal_c(newline, "\n")) return ob_fail(ob_raise(&ob_exc_ValueError, "illegal newline value: %R", newline));
    if (!py_absent(value) && !ob_is_str(value)) return ob_fail(ob_raise(&ob_exc_TypeError, "initial_value must be str or None, not %.200T", value));
    string_body *b = ob_write(self);
    if (b == NULL) return false;
    if (b->data) ob_block_free(b->data, b->room * b->kind);
    *b = (string_body){.head = {f}, .kind = 1, .newline = newline};
    if (py_absent(value)) return true;
    if (!write_text(self, value) || (b = ob_write(self)) == NULL) return false;
    b->pos = 0;
    return true;
}
static ob_val init(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)n; (void)kw; return set_up(self, a[0], a[1]) ? OB_NONE : OB_NULL; }
static bool slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return !ob_is_null(PY_BIND_CALL(init, "StringIO", "initial_value='', newline='\\n'", self, a, n, kw));
}
static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)a; (void)n; (void)kw;
    tx_handle *h = ob_alloc_mut(t, sizeof(string_body));
    if (h) ((string_body *)tx_inline_body(h))->kind = 1;
    return ob_of(h);
}

METHOD(getstate) {
    const string_body *b = open_body(self);
    if (b == NULL) return OB_NULL;
    ob_val s[4] = {part(b, 0, b->len), b->newline, ob_int_from_u64(b->pos), OB_NONE}, dict = ob_attr_dict(self);
    if (ob_is_null(dict) || ob_is_null(s[0])) return OB_NULL;
    if (ob_dict_len(dict)) s[3] = ob_dict_copy(dict);
    return ob_tuple_from(s, 4);
}
METHOD(setstate) {
    int64_t pos;
    if (!ob_is_tuple(a[0]) || ob_tuple_len(a[0]) < 4)
        return ob_raise(&ob_exc_TypeError, "%.200s.__setstate__ argument should be 4-tuple, got %.200T", ob_type_of(self)->name, a[0]);
    if (io_flags(self) & IO_CLOSED ? !open_body(self) : !set_up(self, OB_NONE, ob_tuple_at(a[0], 1))) return OB_NULL;
    ob_val value = ob_tuple_at(a[0], 0), at = ob_tuple_at(a[0], 2), dict = ob_tuple_at(a[0], 3);
    uint64_t flags = io_flags(self);
    if (!ob_is_str(value) && !ob_is_none(value)) return ob_raise(&ob_exc_TypeError, "initial_value must be str or None, not %.200T", value);
    if (ob_is_str(value) && (!io_flag(self, 0, IO_UNIVERSAL | IO_TRANSLATE | IO_WRITE_CR | IO_WRITE_CRLF) || !write_text(self, value) || !io_flag(self, flags, 0))) return OB_NULL;
    if (!ob_is_int(at)) return ob_raise(&ob_exc_TypeError, "third item of state must be an integer, got %.200T", at);
    if (!py_int_arg(at, &pos)) return OB_NULL;
    if (pos < 0) return ob_raise(&ob_exc_ValueError, "position value cannot be negative");
    string_body *w = ob_write(self);
    if (w == NULL) return OB_NULL;
    w->pos = (uint64_t)pos;
    if (ob_is_none(dict)) return OB_NONE;
    if (!ob_is_dict(dict)) return ob_raise(&ob_exc_TypeError, "fourth item of state should be a dict, got a %.200T", dict);
    ob_val mine = ob_attr_dict(self);
    return !ob_is_null(mine) && ob_dict_update(mine, dict) ? OB_NONE : OB_NULL;
}

static const ob_def methods[] = {
    {"__del__", m_del, "", NULL, 0}, {"__getstate__", m_getstate, "", NULL, 0}, {"__setstate__", m_setstate, "state, /", NULL, 0},
    {"close", m_close, "", "Drops the text.", 0}, {"getvalue", m_getvalue, "", "All text.", 0}, {"isatty", m_no, "", "False.", 0},
    {"read", m_read, "size=-1, /", "Up to size characters.", 0}, {"readable", m_yes, "", "True.", 0}, {"readline", m_readline, "size=-1, /", "One line.", 0},
    {"seek", m_seek, "pos, whence=0, /", "Moves the position.", 0}, {"seekable", m_yes, "", "True.", 0}, {"tell", m_tell, "", "The position.", 0},
    {"truncate", m_truncate, "pos=None, /", "Cuts the text.", 0}, {"writable", m_yes, "", "True.", 0}, {"write", m_write, "s, /", "Writes text.", 0}, {0},
};
static const ob_getset getsets[] = {
    {"closed", get_closed, NULL, "Is it closed?"}, {"line_buffering", get_line_buffering, NULL, "False."}, {"newlines", get_newlines, NULL, "Newlines seen so far."}, {0},
};
ob_type py_stringio_type = {
    OB_TYPE_HEAD(&ob_type_type, &stringio_kind), .name = "_io.StringIO", .base = &py_textiobase_type, .flags = OB_TF_BASE | OB_TF_HOLDER, .size = sizeof(string_body),
    .slots = {.make = slot_make, .init = slot_init, .next = slot_next}, .trace_body = trace_body, .methods = methods, .getsets = getsets, .has_dict = true,
    .has_weakref = true, .doc = "A stream of text in memory.",
};
