/* codecs_core.c: UTF-8, latin-1, ASCII and character maps.
 * Locks: none. */
#include "objspace/codecs_int.h"
#include "base/utf8.h"
#include "objspace/dict.h"
#include "objspace/int.h"

/* ---- UTF-8 ---- */
/* Decodes with errors handled; from: how much of p is plain ASCII. */
static ob_val utf8_decode_slow(const uint8_t *p, size_t n, size_t from, const char *errors, size_t *consumed) {
    ob__decoder d;
    size_t i = from, used, bad = 0, next;
    uint32_t c;
    ob__decoder_init(&d, "utf-8", errors, p, n);
    bool ok = ob_strbuf_chars(&d.out, p, 1, from, from ? 0x7f : 0);
    while (ok && i < d.n) {
        if (d.p[i] < 0x80) {
            size_t run = ob_ascii_prefix(d.p + i, d.n - i);
            ok = ob_strbuf_chars(&d.out, d.p + i, 1, run, 0x7f);
            i += run;
            continue;
        }
        used = base_utf8_decode((const char *)d.p + i, d.n - i, false, &c, &bad);
        if (LIKELY(used)) { ok = ob_strbuf_char(&d.out, c); i += used; continue; }
        bool lead = d.p[i] >= 0xc2 && d.p[i] <= 0xf4, cut = lead && i + bad == d.n;
        if (cut && consumed) break;
        if (consumed && d.n - i == 2 && d.p[i] == 0xed && d.p[i + 1] >= 0xa0 && d.p[i + 1] < 0xc0) break;   /* a surrogate that some handlers pass */
        ok = ob__decode_error(&d, i, i + (lead ? bad : 1), cut ? "unexpected end of data" : lead ? "invalid continuation byte" : "invalid start byte", &next);
        i = next;
    }
    if (consumed) *consumed = i;
    return ob__decoder_finish(&d, ok);
}

ob_val ob_utf8_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed) {
    size_t ascii = ob_ascii_prefix(p, n);
    if (consumed) *consumed = n;
    if (LIKELY(ascii == n)) {
        if (n <= 1) return n ? ob_str_from_char(*p) : OB_NAME(empty);
        ob_val s = ob_str_alloc(n, 0x7f);
        if (!ob_is_null(s)) memcpy(ob_str_ptr(s)->data, p, n);
        return s;
    }
    return utf8_decode_slow(p, n, ascii, errors, consumed);
}

static bool add_replacement(ob__encoder *e, ob_val r, size_t start, size_t end, const char *reason, uint32_t limit) {
    if (ob_is_null(r)) return false;
    if (ob_is_bytes(r)) { base_buf_add(&e->out, ob_bytes_ptr(r)->data, ob_bytes_ptr(r)->len); return true; }
    for (size_t i = 0; i < ob_str_len(r); i++)
        if (ob_str_at(r, i) >= limit) return ob_fail(ob_raise_encode_error(e->encoding, e->s, start, end, reason));
    if (ob_str_kind(r) == 1) base_buf_add(&e->out, ob_str_ptr(r)->data, ob_str_len(r));
    return true;
}

static bool is_surrogate(uint32_t c) { return c >= 0xd800 && c < 0xe000; }

static ob_val utf8_encode_errors(ob_val s, const char *errors) {
    ob__encoder e;
    bool ok = true;
    ob__encoder_init(&e, "utf-8", errors, s);
    for (size_t i = 0, n = ob_str_len(s); ok && i < n;) {
        uint32_t c = ob_str_at(s, i);
        if (!is_surrogate(c)) { base_buf_utf8(&e.out, c); i++; continue; }
        size_t end = i + 1, next = 0;
        while (end < n && is_surrogate(ob_str_at(s, end))) end++;
        ob_val r = ob__encode_error(&e, i, end, "surrogates not allowed", &next);
        ok = add_replacement(&e, r, i, end, "surrogates not allowed", 0x80);
        i = next;
    }
    return ob__encoder_finish(&e, ok);
}

/* Bytes that the text needs; SIZE_MAX: it has surrogates. */
static size_t utf8_need(const ob_str_obj *s) {
    size_t need = s->len;
    bool surrogate = false;
    if (s->o.aux == 1) {
        for (size_t i = 0; i < s->len; i++) need += s->data[i] >> 7;
    } else if (s->o.aux == 2) {
        const uint16_t *p = (const uint16_t *)(const void *)s->data;
        for (size_t i = 0; i < s->len; i++) {
            need += (p[i] >= 0x80) + (p[i] >= 0x800);
            surrogate |= (p[i] & 0xf800) == 0xd800;
        }
    } else {
        const uint32_t *p = (const uint32_t *)(const void *)s->data;
        for (size_t i = 0; i < s->len; i++) {
            need += (p[i] >= 0x80) + (p[i] >= 0x800) + (p[i] >= 0x10000);
            surrogate |= (p[i] & 0xfffff800) == 0xd800;
        }
    }
    return surrogate ? SIZE_MAX : need;
}

static uint8_t *utf8_put(uint8_t *q, uint32_t c) {
    if (c < 0x80) *q++ = (uint8_t)c;
    else if (c < 0x800) { *q++ = (uint8_t)(0xc0 | c >> 6); *q++ = (uint8_t)(0x80 | (c & 0x3f)); }
    else if (c < 0x10000) { *q++ = (uint8_t)(0xe0 | c >> 12); *q++ = (uint8_t)(0x80 | (c >> 6 & 0x3f)); *q++ = (uint8_t)(0x80 | (c & 0x3f)); }
    else { *q++ = (uint8_t)(0xf0 | c >> 18); *q++ = (uint8_t)(0x80 | (c >> 12 & 0x3f)); *q++ = (uint8_t)(0x80 | (c >> 6 & 0x3f)); *q++ = (uint8_t)(0x80 | (c & 0x3f)); }
    return q;
}

static void utf8_fill(uint8_t *q, const ob_str_obj *s) {
    if (s->o.aux == 1)
        for (size_t i = 0; i < s->len;) {
            size_t run = ob_ascii_prefix(s->data + i, s->len - i);
            memcpy(q, s->data + i, run);
            q += run;
            for (i += run; i < s->len && s->data[i] >= 0x80; i++) q = utf8_put(q, s->data[i]);
        }
    else if (s->o.aux == 2)
        for (size_t i = 0; i < s->len; i++) q = utf8_put(q, ((const uint16_t *)(const void *)s->data)[i]);
    else
        for (size_t i = 0; i < s->len; i++) q = utf8_put(q, ((const uint32_t *)(const void *)s->data)[i]);
}

ob_val ob_utf8_encode(ob_val v, const char *errors) {
    const ob_str_obj *s = ob_str_ptr(v);
    if (LIKELY(ob_str_is_ascii(v))) return ob_bytes_from(s->data, s->len);
    size_t need = utf8_need(s);
    if (need == SIZE_MAX) return utf8_encode_errors(v, errors);
    ob_val r = ob_bytes_alloc(need);
    if (!ob_is_null(r)) utf8_fill(ob_bytes_ptr(r)->data, s);
    return r;
}

/* ---- latin-1 and ASCII ---- */
ob_val ob_latin1_decode(const uint8_t *p, size_t n) { return ob_str_from_latin1(p, n); }

static ob_val narrow_encode(ob_val s, const char *errors, const char *encoding, uint32_t limit, const char *reason) {
    ob__encoder e;
    bool ok = true;
    ob__encoder_init(&e, encoding, errors, s);
    for (size_t i = 0, n = ob_str_len(s); ok && i < n;) {
        uint32_t c = ob_str_at(s, i);
        if (c < limit) { base_buf_byte(&e.out, (unsigned char)c); i++; continue; }
        size_t end = i + 1, next = 0;
        while (end < n && ob_str_at(s, end) >= limit) end++;
        ob_val r = ob__encode_error(&e, i, end, reason, &next);
        ok = add_replacement(&e, r, i, end, reason, limit);
        i = next;
    }
    return ob__encoder_finish(&e, ok);
}

ob_val ob_latin1_encode(ob_val s, const char *errors) {
    if (ob_str_kind(s) == 1) return ob_bytes_from(ob_str_ptr(s)->data, ob_str_len(s));
    return narrow_encode(s, errors, "latin-1", 256, "ordinal not in range(256)");
}

ob_val ob_ascii_encode(ob_val s, const char *errors) {
    if (ob_str_is_ascii(s)) return ob_bytes_from(ob_str_ptr(s)->data, ob_str_len(s));
    return narrow_encode(s, errors, "ascii", 128, "ordinal not in range(128)");
}

ob_val ob_ascii_decode(const uint8_t *p, size_t n, const char *errors) {
    ob__decoder d;
    size_t i = ob_ascii_prefix(p, n);
    if (i == n) return ob_utf8_decode(p, n, NULL, NULL);
    ob__decoder_init(&d, "ascii", errors, p, n);
    bool ok = ob_strbuf_chars(&d.out, p, 1, i, i ? 0x7f : 0);
    while (ok && i < d.n)
        if (d.p[i] < 0x80) ok = ob_strbuf_char(&d.out, d.p[i++]);
        else ok = ob__decode_error(&d, i, i + 1, "ordinal not in range(128)", &i);
    return ob__decoder_finish(&d, ok);
}

/* ---- character maps ---- */
#define UNDEFINED "character maps to <undefined>"

/* 1 appended, 0 undefined, -1 error */
static int charmap_decode_one(ob__decoder *d, ob_val mapping, uint8_t byte) {
    if (ob_is_str(mapping)) {
        if (byte >= ob_str_len(mapping) || ob_str_at(mapping, byte) == 0xfffe) return 0;
        return ob_strbuf_char(&d->out, ob_str_at(mapping, byte)) ? 1 : -1;
    }
    ob_val x = ob_getitem(mapping, ob_from_small(byte));
    if (ob_is_null(x)) return ob_err_clear_if(&ob_exc_LookupError) ? 0 : -1;
    if (ob_is_none(x)) return 0;
    if (ob_is_str(x)) return ob_str_len(x) == 1 && ob_str_at(x, 0) == 0xfffe ? 0 : ob_strbuf_str(&d->out, x) ? 1 : -1;
    if (!ob_is_int(x)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "character mapping must return integer, None or str"));
    int64_t c = ob_int_clamp(x);
    if (c == 0xfffe) return 0;
    if (c < 0 || c > 0x10ffff) return ob_fail_int(ob_raise(&ob_exc_TypeError, "character mapping must be in range(0x110000)"));
    return ob_strbuf_char(&d->out, (uint32_t)c) ? 1 : -1;
}

ob_val ob_charmap_decode(const uint8_t *p, size_t n, const char *errors, ob_val mapping) {
    ob__decoder d;
    bool ok = true;
    if (ob_is_null(mapping) || ob_is_none(mapping)) return ob_latin1_decode(p, n);
    ob__decoder_init(&d, "charmap", errors, p, n);
    for (size_t i = 0; ok && i < d.n;) {
        int r = charmap_decode_one(&d, mapping, d.p[i]);
        if (r > 0) i++;
        else ok = r == 0 && ob__decode_error(&d, i, i + 1, UNDEFINED, &i);
    }
    return ob__decoder_finish(&d, ok);
}

/* 1 appended, 0 undefined, -1 error; out NULL: only look */
static int charmap_encode_one(base_buf *out, ob_val mapping, uint32_t c) {
    ob_val x;
    if (ob_is_exact(mapping, &ob_dict_type)) {
        x = ob_dict_get(mapping, ob_from_small(c));
        if (ob_is_null(x)) return ob_failed() ? -1 : 0;
    } else {
        x = ob_getitem(mapping, ob_from_small(c));
        if (ob_is_null(x)) return ob_err_clear_if(&ob_exc_LookupError) ? 0 : -1;
    }
    if (ob_is_none(x)) return 0;
    if (ob_is_int(x)) {
        int64_t i = ob_int_clamp(x);
        if (i < 0 || i > 255) return ob_fail_int(ob_raise(&ob_exc_TypeError, "character mapping must be in range(256)"));
        if (out) base_buf_byte(out, (unsigned char)i);
        return 1;
    }
    if (!ob_is_bytes(x)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "character mapping must return integer, bytes or None, not %.400T", x));
    if (out) base_buf_add(out, ob_bytes_ptr(x)->data, ob_bytes_ptr(x)->len);
    return 1;
}

static bool charmap_replacement(ob__encoder *e, ob_val mapping, ob_val r, size_t start, size_t end) {
    if (ob_is_null(r)) return false;
    if (ob_is_bytes(r)) { base_buf_add(&e->out, ob_bytes_ptr(r)->data, ob_bytes_ptr(r)->len); return true; }
    for (size_t i = 0; i < ob_str_len(r); i++) {
        int k = charmap_encode_one(&e->out, mapping, ob_str_at(r, i));
        if (k < 0) return false;
        if (k == 0) return ob_fail(ob_raise_encode_error(e->encoding, e->s, start, end, UNDEFINED));
    }
    return true;
}

ob_val ob_charmap_encode(ob_val s, const char *errors, ob_val mapping) {
    ob__encoder e;
    bool ok = true;
    if (ob_is_null(mapping) || ob_is_none(mapping)) return ob_latin1_encode(s, errors);
    ob__encoder_init(&e, "charmap", errors, s);
    for (size_t i = 0, n = ob_str_len(s); ok && i < n;) {
        int k = charmap_encode_one(&e.out, mapping, ob_str_at(s, i));
        if (k > 0) { i++; continue; }
        if (k < 0) { ok = false; break; }
        size_t end = i + 1, next = 0;
        while (end < n && (k = charmap_encode_one(NULL, mapping, ob_str_at(s, end))) == 0) end++;
        if (k < 0) { ok = false; break; }
        ob_val r = ob__encode_error(&e, i, end, UNDEFINED, &next);
        ok = charmap_replacement(&e, mapping, r, i, end);
        i = next;
    }
    return ob__encoder_finish(&e, ok);
}
