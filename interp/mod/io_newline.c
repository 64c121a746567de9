/* io_newline.c: newlines of text streams, and IncrementalNewlineDecoder.
 * Locks: none. */
#include "interp/mod/io_int.h"
#include "objspace/chars.h"

ob_val py_io_seen_value(uint64_t seen) {
    ob_val v[3];
    size_t n = 0;
    if (seen & IO_SEEN_CR) v[n++] = ob_str_from_char('\r');
    if (seen & IO_SEEN_LF) v[n++] = ob_str_from_char('\n');
    if (seen & IO_SEEN_CRLF) v[n++] = ob_str_from_c("\r\n");
    return n == 0 ? OB_NONE : n == 1 ? v[0] : ob_tuple_from(v, n);
}

ob_val py_io_newlines(ob_val text, bool translate, uint64_t *seen) {
    size_t n = ob_str_len(text), from = 0;
    const uint8_t *p = ob_str_ptr(text)->data;
    if (ob_str_kind(text) == 1 && !memchr(p, '\r', n)) {
        if (!(*seen & IO_SEEN_LF) && memchr(p, '\n', n)) *seen |= IO_SEEN_LF;
        return text;
    }
    ob_strbuf b;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < n; i++) {
        uint32_t c = ob_str_at(text, i);
        if (c == '\n') *seen |= IO_SEEN_LF;
        if (c != '\r') continue;
        bool pair = i + 1 < n && ob_str_at(text, i + 1) == '\n';
        *seen |= pair ? IO_SEEN_CRLF : IO_SEEN_CR;
        if (translate) {
            ob_strbuf_part(&b, text, from, i);
            ob_strbuf_char(&b, '\n');
            from = i + 1 + pair;
        }
        i += pair;
    }
    if (!translate || from == 0) { ob_strbuf_release(&b); return text; }
    ob_strbuf_part(&b, text, from, n);
    return ob_strbuf_finish(&b);
}

ssize_t py_io_line_end(ob_val text, size_t from, char mode, ob_val newline) {
    size_t n = ob_str_len(text);
    unsigned kind = ob_str_kind(text);
    const uint8_t *p = ob_str_ptr(text)->data;
    if (LIKELY(mode == 't' && kind == 1)) {
        const uint8_t *hit = memchr(p + from, '\n', n - from);
        return hit ? hit - p + 1 : -1;
    }
    if (mode == 'u') {
        for (size_t i = from; i < n; i++) {
            uint32_t c = ob_char_at(p, kind, i);
            if (c == '\n') return (ssize_t)i + 1;
            if (c == '\r') return i + 1 < n && ob_char_at(p, kind, i + 1) == '\n' ? (ssize_t)i + 2 : (ssize_t)i + 1;
        }
        return -1;
    }
    if (mode == 't') newline = ob_str_from_char('\n');
    ssize_t i = ob_str_find(text, newline, from, n);
    return i < 0 ? -1 : i + (ssize_t)ob_str_len(newline);
}

/* ---- IncrementalNewlineDecoder ---- */
typedef struct decoder_body { io_head head; /* IO_TRANSLATE; IO_OK: a \r is pending */ ob_val decoder, errors; uint64_t seen, ready; } decoder_body;
static void trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_val(t, ((const decoder_body *)body)->decoder);
    ob_trace_val(t, ((const decoder_body *)body)->errors);
}
static OB_KIND(decoder_kind);

static ob_val init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    bool translate;
    if (!py_bool_arg(a[1], false, &translate)) return OB_NULL;
    decoder_body *b = ob_write(self);
    if (b == NULL) return OB_NULL;
    *b = (decoder_body){.head = {translate ? IO_TRANSLATE : 0}, .decoder = a[0], .errors = ob_is_null(a[2]) ? ob_str_intern_c("strict") : a[2], .ready = 1};
    return OB_NONE;
}
static bool slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return !ob_is_null(PY_BIND_CALL(init, "IncrementalNewlineDecoder", "decoder, translate, errors='strict'", self, a, n, kw));
}

static const decoder_body *ready(ob_val self) {
    const decoder_body *b = ob_read(self);
    return b->ready ? b : ob_fail_ptr(ob_raise(&ob_exc_ValueError, "IncrementalNewlineDecoder.__init__() not called"));
}

METHOD(decode) {
    bool final;
    const decoder_body *b = ready(self);
    if (b == NULL || !py_bool_arg(a[1], false, &final)) return OB_NULL;
    ob_val text = a[0];
    if (!ob_is_none(b->decoder)) {
        ob_val args[2] = {a[0], ob_bool(final)};
        text = ob_call_method_c(b->decoder, "decode", args, 2);
        if (ob_is_null(text)) return text;
    }
    if (!ob_is_str(text)) return ob_raise(&ob_exc_TypeError, "decoder should return a string result, not '%.200T'", text);
    b = ob_read(self);
    bool pending = b->head.flags & IO_OK, translate = b->head.flags & IO_TRANSLATE;
    size_t len = ob_str_len(text);
    if (pending && (final || len)) {
        text = ob_str_concat(ob_str_from_char('\r'), text);
        if (ob_is_null(text)) return text;
        pending = false;
        len++;
    }
    if (!final && len && ob_str_at(text, len - 1) == '\r') {
        text = ob_str_slice(text, 0, len - 1);
        if (ob_is_null(text)) return text;
        pending = true;
    }
    uint64_t seen = b->seen;
    text = py_io_newlines(text, translate, &seen);
    decoder_body *w = ob_is_null(text) ? NULL : ob_write(self);
    if (w == NULL) return OB_NULL;
    w->seen = seen;
    w->head.flags = (translate ? IO_TRANSLATE : 0) | (pending ? IO_OK : 0);
    return text;
}

METHOD(getstate) {
    const decoder_body *b = ready(self);
    if (b == NULL) return OB_NULL;
    ob_val buffer = ob_bytes_from("", 0), flag = ob_from_small(0);
    bool pending = b->head.flags & IO_OK;
    if (!ob_is_none(b->decoder)) {
        ob_val s = py_call_method0(b->decoder, "getstate");
        if (ob_is_null(s)) return s;
        if (!ob_is_tuple(s) || ob_tuple_len(s) != 2) return ob_raise(&ob_exc_TypeError, "illegal decoder state");
        buffer = ob_tuple_at(s, 0);
        flag = ob_tuple_at(s, 1);
    }
    flag = ob_binary(OB_BIN_LSHIFT, flag, ob_from_small(1));
    if (!ob_is_null(flag) && pending) flag = ob_binary(OB_BIN_OR, flag, ob_from_small(1));
    return ob_is_null(flag) ? flag : ob_tuple_of2(buffer, flag);
}
METHOD(setstate) {
    if (!ob_is_tuple(a[0])) return ob_raise(&ob_exc_TypeError, "state argument must be a tuple");
    if (ob_tuple_len(a[0]) != 2) return ob_raise(&ob_exc_TypeError, "setstate(): illegal state argument");
    ob_val flag = ob_tuple_at(a[0], 1), low = ob_binary(OB_BIN_AND, flag, ob_from_small(1)), high = ob_is_null(low) ? low : ob_binary(OB_BIN_RSHIFT, flag, ob_from_small(1));
    if (ob_is_null(high) || !ready(self)) return OB_NULL;
    int pending = ob_truth(low);
    if (!io_flag(self, pending ? IO_OK : 0, pending ? 0 : IO_OK)) return OB_NULL;
    ob_val decoder = ((const decoder_body *)ob_read(self))->decoder, state = ob_tuple_of2(ob_tuple_at(a[0], 0), high);
    if (ob_is_null(state)) return state;
    return ob_is_none(decoder) ? OB_NONE : py_call_method1(decoder, "setstate", state);
}
METHOD(reset) {
    decoder_body *w = ready(self) ? ob_write(self) : NULL;
    if (w == NULL) return OB_NULL;
    w->seen = 0;
    w->head.flags &= ~(uint64_t)IO_OK;
    return ob_is_none(w->decoder) ? OB_NONE : py_call_method0(w->decoder, "reset");
}
GETTER(newlines) {
    const decoder_body *b = ready(self);
    return b ? py_io_seen_value(b->seen) : OB_NULL;
}
GETTER(errors) { return ((const decoder_body *)ob_read(self))->errors; }

static const ob_def methods[] = {
    {"decode", m_decode, "input, final=False", "Decodes and translates newlines.", 0}, {"getstate", m_getstate, "", "The state.", 0},
    {"reset", m_reset, "", "Forgets the state.", 0}, {"setstate", m_setstate, "state, /", "Sets the state.", 0}, {0},
};
static const ob_getset getsets[] = {{"errors", get_errors, NULL, NULL}, {"newlines", get_newlines, NULL, "Newlines seen so far."}, {0}};
static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) { (void)a; (void)n; (void)kw; return ob_of(ob_alloc_mut(t, sizeof(decoder_body))); }
ob_type py_newline_decoder_type = {
    OB_TYPE_HEAD(&ob_type_type, &decoder_kind), .name = "_io.IncrementalNewlineDecoder", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(decoder_body),
    .slots = {.make = slot_make, .init = slot_init}, .trace_body = trace_body, .methods = methods, .getsets = getsets, .doc = "Translates newlines while decoding.",
};
