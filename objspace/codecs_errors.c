/* codecs_errors.c: what becomes of characters and bytes that a codec cannot handle: the handlers of Python, in C and from the registry.
 * Locks: none.
 * E1  A registered handler may run any code; decoders re-fetch p and n from the exception's object after it.   (call_handler) */
#include "objspace/codecs_int.h"
#include "base/mem.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/function.h"
#include "objspace/int.h"
#include "objspace/tuple.h"
#include <stdio.h>

ob__handler ob__handler_of(const char *errors) {
    static const char *const names[] = {
#define HANDLER(name) #name,
        OB__HANDLERS(HANDLER)
#undef HANDLER
    };
    if (errors == NULL) return OB__H_strict;
    for (size_t i = 0; i < BASE_LENGTH(names); i++) if (!strcmp(names[i], errors)) return (ob__handler)(i + 1);
    return OB__H_REGISTERED;
}

/* ---- the exceptions ---- */
static ob_val new_error(ob_type *t, const char *encoding, ob_val object, size_t start, size_t end, const char *reason) {
    ob_val a[5] = {ob_str_from_c(encoding), object, ob_from_small((int64_t)start), ob_from_small((int64_t)end), ob_str_from_c(reason)};
    if (ob_is_null(a[0]) || ob_is_null(a[1]) || ob_is_null(a[4])) return OB_NULL;
    return ob_exc_new(t, a, 5);
}

ob_val ob_raise_encode_error(const char *encoding, ob_val s, size_t start, size_t end, const char *reason) {
    ob_val e = new_error(&ob_exc_UnicodeEncodeError, encoding, s, start, end, reason);
    return ob_is_null(e) ? e : ob_raise_value(e);
}

ob_val ob_raise_decode_error(const char *encoding, const uint8_t *p, size_t n, size_t start, size_t end, const char *reason) {
    ob_val e = new_error(&ob_exc_UnicodeDecodeError, encoding, ob_bytes_from(p, n), start, end, reason);
    return ob_is_null(e) ? e : ob_raise_value(e);
}

/* ---- the known handlers ---- */
static void add_backslash(ob_strbuf *b, uint32_t c) {
    char text[16];
    snprintf(text, sizeof text, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
    ob_strbuf_c(b, text);
}

/* Bytes of a character in utf-8, -16 or -32, for surrogatepass: 0 for another encoding. *order: 'b' or 'l'. */
static unsigned unit_of(const char *encoding, char *order) {
    char name[16];
    size_t k = 0;
    for (const char *p = encoding; *p && k < sizeof name - 1; p++) if (*p != '-' && *p != '_') name[k++] = (char)(*p | 0x20);
    name[k] = 0;
    *order = k > 2 && name[k - 2] == 'b' ? 'b' : 'l';
    if (strncmp(name, "utf", 3) && strncmp(name, "cputf", 5)) return strcmp(name, "cp65001") ? 0 : 8;
    return strstr(name, "16") ? 16 : strstr(name, "32") ? 32 : strstr(name, "8") ? 8 : 0;
}

static uint32_t get_unit(const uint8_t *p, unsigned bytes, char order) {
    uint32_t c = 0;
    for (unsigned i = 0; i < bytes; i++) c |= (uint32_t)p[i] << 8 * (order == 'b' ? bytes - 1 - i : i);
    return c;
}

static ob_val pass_decode(const char *encoding, const uint8_t *p, size_t n, size_t start, size_t *next) {
    char order;
    unsigned unit = unit_of(encoding, &order), bytes = unit == 8 ? 3 : unit / 8;
    if (unit == 0 || n - start < bytes) return OB_NULL;
    p += start;
    uint32_t c = unit != 8 ? get_unit(p, bytes, order)
        : (p[0] & 0xf0) == 0xe0 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 ? (p[0] & 15u) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu) : 0;
    if (c < 0xd800 || c > 0xdfff) return OB_NULL;
    *next = start + bytes;
    return ob_str_from_char(c);
}

static ob_val escape_decode(const uint8_t *p, size_t start, size_t end, size_t *next) {
    ob_strbuf b;
    size_t i = start;
    ob_strbuf_init(&b);
    for (; i < end && i < start + 4 && p[i] >= 0x80; i++) ob_strbuf_char(&b, 0xdc00u + p[i]);
    if (i == start) return OB_NULL;
    *next = i;
    return ob_strbuf_finish(&b);
}

static ob_val no_decode(void) { return ob_raise(&ob_exc_TypeError, "don't know how to handle UnicodeDecodeError in error callback"); }

ob_val ob__handle_decode(ob__handler h, const char *encoding, const uint8_t *p, size_t n, size_t start, size_t end, size_t *next) {
    ob_strbuf b;
    *next = end;
    switch (h) {
    case OB__H_ignore: return OB_NAME(empty);
    case OB__H_replace: return ob_str_from_char(0xfffd);
    case OB__H_xmlcharrefreplace: case OB__H_namereplace: return no_decode();
    case OB__H_surrogateescape: return escape_decode(p, start, end, next);
    case OB__H_surrogatepass: return pass_decode(encoding, p, n, start, next);
    case OB__H_backslashreplace:
        ob_strbuf_init(&b);
        for (size_t i = start; i < end; i++) add_backslash(&b, p[i]);
        return ob_strbuf_finish(&b);
    default: return OB_NULL;
    }
}

static void add_reference(ob_strbuf *b, ob__handler h, uint32_t c) {
    char text[300] = "\\N{";
    size_t k;
    if (h == OB__H_backslashreplace) { add_backslash(b, c); return; }
    if (h == OB__H_xmlcharrefreplace) snprintf(text, sizeof text, "&#%u;", c);
    else if (!ob_char_name(c, text + 3)) { add_backslash(b, c); return; }
    else { k = strlen(text); text[k] = '}'; text[k + 1] = 0; }
    ob_strbuf_c(b, text);
}

static ob_val pass_encode(const char *encoding, ob_val s, size_t start, size_t end) {
    char order;
    unsigned unit = unit_of(encoding, &order), bytes = unit == 8 ? 3 : unit / 8;
    if (unit == 0) return OB_NULL;
    if (!strstr(encoding, "be") && !strstr(encoding, "BE")) order = 'l';
    ob_val r = ob_bytes_alloc((end - start) * bytes);
    if (ob_is_null(r)) return r;
    uint8_t *q = ob_bytes_ptr(r)->data;
    for (size_t i = start; i < end; i++) {
        uint32_t c = ob_str_at(s, i);
        if (c < 0xd800 || c > 0xdfff) return OB_NULL;
        if (unit == 8) { *q++ = (uint8_t)(0xe0 | c >> 12); *q++ = (uint8_t)(0x80 | (c >> 6 & 0x3f)); *q++ = (uint8_t)(0x80 | (c & 0x3f)); }
        else for (unsigned k = 0; k < bytes; k++) *q++ = (uint8_t)(c >> 8 * (order == 'b' ? bytes - 1 - k : k));
    }
    return r;
}

static ob_val escape_encode(ob_val s, size_t start, size_t end) {
    ob_val r = ob_bytes_alloc(end - start);
    for (size_t i = start; i < end && !ob_is_null(r); i++) {
        uint32_t c = ob_str_at(s, i);
        if (c < 0xdc80 || c > 0xdcff) return OB_NULL;
        ob_bytes_ptr(r)->data[i - start] = (uint8_t)(c - 0xdc00);
    }
    return r;
}

ob_val ob__handle_encode(ob__handler h, const char *encoding, ob_val s, size_t start, size_t end, size_t *next) {
    ob_strbuf b;
    *next = end;
    switch (h) {
    case OB__H_ignore: return OB_NAME(empty);
    case OB__H_surrogateescape: return escape_encode(s, start, end);
    case OB__H_surrogatepass: return pass_encode(encoding, s, start, end);
    case OB__H_replace: case OB__H_backslashreplace: case OB__H_xmlcharrefreplace: case OB__H_namereplace:
        ob_strbuf_init(&b);
        for (size_t i = start; i < end; i++)
            if (h == OB__H_replace) ob_strbuf_char(&b, '?');
            else add_reference(&b, h, ob_str_at(s, i));
        return ob_strbuf_finish(&b);
    default: return OB_NULL;
    }
}

/* ---- registered handlers ---- */
/* Calls the handler on exc; the replacement; *next within 0..len. */
static ob_val call_handler(const char *errors, ob_val exc, size_t *len, bool encoding, ob_val *object, size_t *next) {
    const char *what = encoding ? "encoding error handler must return (str/bytes, int) tuple" : "decoding error handler must return (str, int) tuple";
    ob_val f = ob_codec_lookup_error(errors), r;
    int64_t pos;
    if (ob_is_null(f) || ob_is_null(r = ob_call1(f, exc))) return OB_NULL;
    if (!ob_is_tuple(r) || ob_tuple_len(r) != 2) return ob_raise(&ob_exc_TypeError, "%s", what);
    ob_val text = ob_tuple_at(r, 0);
    if (!ob_is_str(text) && !(encoding && ob_is_bytes(text))) return ob_raise(&ob_exc_TypeError, "%s", what);
    if (!ob__has_index(ob_tuple_at(r, 1))) return ob_raise(&ob_exc_TypeError, "%s", what);
    if (!ob_index_i64(ob_tuple_at(r, 1), &pos)) return OB_NULL;
    if (object) {
        ob_val o = ob_getattr_c(exc, "object");
        if (ob_is_null(o)) return o;
        if (!ob_is_bytes(o)) return ob_raise(&ob_exc_TypeError, "object attribute must be bytes");
        *object = o;
        *len = ob_bytes_ptr(o)->len;
    }
    int64_t at = pos < 0 ? pos + (int64_t)*len : pos;
    if (at < 0 || (uint64_t)at > *len) return ob_raise(&ob_exc_IndexError, "position %lld from error handler out of bounds", (long long)pos);
    *next = (size_t)at;
    return text;
}

/* ---- decoders ---- */
void ob__decoder_init(ob__decoder *d, const char *encoding, const char *errors, const uint8_t *p, size_t n) {
    *d = (ob__decoder){.encoding = encoding, .errors = errors, .p = p, .n = n};
    ob_strbuf_init(&d->out);
}

bool ob__decode_error(ob__decoder *d, size_t start, size_t end, const char *reason, size_t *next) {
    if (d->handler == OB__H_UNKNOWN) d->handler = ob__handler_of(d->errors);
    ob_val r = OB_NULL;
    if (d->handler != OB__H_REGISTERED) {
        r = ob__handle_decode(d->handler, d->encoding, d->p, d->n, start, end, next);
        if (ob_is_null(r)) return ob_failed() ? false : ob_fail(ob_raise_decode_error(d->encoding, d->p, d->n, start, end, reason));
    } else {
        if (ob_is_null(d->object) && ob_is_null(d->object = ob_bytes_from(d->p, d->n))) return false;
        ob_val exc = new_error(&ob_exc_UnicodeDecodeError, d->encoding, d->object, start, end, reason);
        if (ob_is_null(exc)) return false;
        r = call_handler(d->errors, exc, &d->n, false, &d->object, next);
        if (ob_is_null(r)) return false;
        d->p = ob_bytes_ptr(d->object)->data;
    }
    return ob_strbuf_str(&d->out, r);
}

ob_val ob__decoder_finish(ob__decoder *d, bool ok) {
    if (ok) return ob_strbuf_finish(&d->out);
    ob_strbuf_release(&d->out);
    return OB_NULL;
}

/* ---- encoders ---- */
void ob__encoder_init(ob__encoder *e, const char *encoding, const char *errors, ob_val s) {
    *e = (ob__encoder){.encoding = encoding, .errors = errors, .s = s};
    base_buf_init(&e->out);
}

ob_val ob__encode_error(ob__encoder *e, size_t start, size_t end, const char *reason, size_t *next) {
    if (e->handler == OB__H_UNKNOWN) e->handler = ob__handler_of(e->errors);
    if (e->handler != OB__H_REGISTERED) {
        ob_val r = ob__handle_encode(e->handler, e->encoding, e->s, start, end, next);
        if (ob_is_null(r) && e->handler == OB__H_surrogateescape)         /* the error is what could not be escaped */
            while (start + 1 < end && ob_str_at(e->s, start) - 0xdc80 < 0x80) start++;
        return !ob_is_null(r) || ob_failed() ? r : ob_raise_encode_error(e->encoding, e->s, start, end, reason);
    }
    size_t len = ob_str_len(e->s);
    ob_val exc = new_error(&ob_exc_UnicodeEncodeError, e->encoding, e->s, start, end, reason);
    return ob_is_null(exc) ? exc : call_handler(e->errors, exc, &len, true, NULL, next);
}

ob_val ob__encoder_finish(ob__encoder *e, bool ok) {
    ob_val r = OB_NULL;
    if (ok && e->out.failed) ob_raise_memory();
    else if (ok) r = ob_bytes_from(e->out.at ? e->out.at : "", e->out.n);
    base_buf_release(&e->out);
    return r;
}

/* ---- the known handlers as Python functions ---- */
typedef struct error_fields { ob_val object; const char *encoding; size_t start, end; } error_fields;

static bool fields_of(ob_val exc, error_fields *f) {
    ob_val o = ob_getattr_c(exc, "object"), s = ob_is_null(o) ? o : ob_getattr_c(exc, "start"), e = ob_is_null(s) ? s : ob_getattr_c(exc, "end");
    if (ob_is_null(e)) return false;
    if (ob_is_a(exc, &ob_exc_UnicodeDecodeError) ? !ob_is_bytes(o) : !ob_is_str(o))
        return ob_fail(ob_raise(&ob_exc_TypeError, ob_is_str(o) ? "object attribute must be bytes" : "object attribute must be unicode"));
    int64_t len = ob_is_str(o) ? (int64_t)ob_str_len(o) : ob_is_bytes(o) ? (int64_t)ob_bytes_ptr(o)->len : 0;
    int64_t start = ob_int_clamp(s), end = ob_int_clamp(e);
    if (start < 0) start = 0;
    if (start >= len && len) start = len - 1;
    if (end < 1) end = 1;
    if (end > len) end = len;
    f->encoding = "";
    if (!ob_is_a(exc, &ob_exc_UnicodeTranslateError)) {
        ob_val name = ob_getattr_c(exc, "encoding");
        if (ob_is_null(name) || !ob_is_str(name) || !(f->encoding = ob_str_utf8(name, NULL))) return false;
    }
    f->object = o;
    f->start = (size_t)start;
    f->end = end < start ? (size_t)start : (size_t)end;
    return true;
}

/* UnicodeTranslateError: as encoding, but replace gives U+FFFD. */
static ob_val handle_translate(ob__handler h, const error_fields *f, size_t *next) {
    ob_strbuf b;
    if (h != OB__H_replace) return ob__handle_encode(h, "", f->object, f->start, f->end, next);
    *next = f->end;
    ob_strbuf_init(&b);
    ob_strbuf_fill(&b, 0xfffd, f->end - f->start);
    return ob_strbuf_finish(&b);
}

static ob_val handle_exception(ob__handler h, ob_val exc) {
    error_fields f;
    size_t next = 0;
    ob_val r;
    if (h == OB__H_strict) return ob_is_exception(exc) ? ob_raise_value(exc) : ob_raise(&ob_exc_TypeError, "codec must pass exception instance");
    bool dec = ob_is_a(exc, &ob_exc_UnicodeDecodeError), enc = ob_is_a(exc, &ob_exc_UnicodeEncodeError), tra = ob_is_a(exc, &ob_exc_UnicodeTranslateError);
    bool encode_only = h == OB__H_xmlcharrefreplace || h == OB__H_namereplace, no_translate = encode_only || h == OB__H_surrogateescape || h == OB__H_surrogatepass;
    if (!(enc || (dec && !encode_only) || (tra && !no_translate)))
        return ob_raise(&ob_exc_TypeError, "don't know how to handle %.200T in error callback", exc);
    if (!fields_of(exc, &f)) return OB_NULL;
    if (dec) r = ob__handle_decode(h, f.encoding, ob_bytes_ptr(f.object)->data, ob_bytes_ptr(f.object)->len, f.start, f.end, &next);
    else if (enc) r = ob__handle_encode(h, f.encoding, f.object, f.start, f.end, &next);
    else r = handle_translate(h, &f, &next);
    if (ob_is_null(r)) return ob_failed() ? r : ob_raise_value(exc);
    return ob_tuple_of2(r, ob_from_small((int64_t)next));
}

#define HANDLER(name) METHOD(name) { return handle_exception(OB__H_##name, a[0]); }
OB__HANDLERS(HANDLER)
#undef HANDLER
const ob_def ob__handler_defs[] = {
#define HANDLER(name) {#name "_errors", m_##name, "exception, /", NULL, 0},
    OB__HANDLERS(HANDLER)
#undef HANDLER
    {0},
};
