/* codecs_utf.c: UTF-16, UTF-32 and UTF-7.
 * Locks: none. */
#include "objspace/codecs_int.h"

static uint32_t get16(const uint8_t *p, bool big) { return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0]; }
static uint32_t get32(const uint8_t *p, bool big) {
    return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}
static void put(base_buf *b, uint32_t v, unsigned bytes, bool big) {
    uint8_t out[4];
    for (unsigned i = 0; i < bytes; i++) out[i] = (uint8_t)(v >> 8 * (big ? bytes - 1 - i : i));
    base_buf_add(b, out, bytes);
}

/* ---- UTF-16 ---- */
ob_val ob_utf16_decode(const uint8_t *p, size_t n, const char *errors, int *order, size_t *consumed) {
    ob__decoder d;
    size_t i = 0;
    bool ok = true;
    if (*order == 0 && n >= 2) {
        uint32_t mark = get16(p, false);
        if (mark == 0xfeff || mark == 0xfffe) { *order = mark == 0xfeff ? -1 : 1; i = 2; }
    }
    bool big = *order > 0;
    ob__decoder_init(&d, big ? "utf-16-be" : "utf-16-le", errors, p, n);
    while (ok && i < d.n) {
        if (UNLIKELY((i & 0xffff) == 0) && ob_interrupted()) { ok = false; break; }
        if (d.n - i < 2) {
            if (consumed) break;
            ok = ob__decode_error(&d, i, d.n, "truncated data", &i);
            continue;
        }
        uint32_t c = get16(d.p + i, big);
        if (LIKELY(c < 0xd800 || c > 0xdfff)) { ok = ob_strbuf_char(&d.out, c); i += 2; continue; }
        if (c >= 0xdc00) { ok = ob__decode_error(&d, i, i + 2, "illegal encoding", &i); continue; }
        if (d.n - i < 4) {
            if (consumed) break;
            ok = ob__decode_error(&d, i, d.n, "unexpected end of data", &i);
            continue;
        }
        uint32_t low = get16(d.p + i + 2, big);
        if (low < 0xdc00 || low > 0xdfff) { ok = ob__decode_error(&d, i, i + 2, "illegal UTF-16 surrogate", &i); continue; }
        ok = ob_strbuf_char(&d.out, 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff)));
        i += 4;
    }
    if (consumed) *consumed = i;
    return ob__decoder_finish(&d, ok);
}

static void put16(base_buf *b, uint32_t c, bool big) {
    if (c >= 0x10000) {
        put(b, 0xd800 | (c - 0x10000) >> 10, 2, big);
        c = 0xdc00 | ((c - 0x10000) & 0x3ff);
    }
    put(b, c, 2, big);
}

/* unit: 2 or 4 bytes */
static ob_val wide_encode(ob_val s, const char *errors, int order, unsigned unit) {
    static const char *const names[2][3] = {{"utf-16-le", "utf-16", "utf-16-be"}, {"utf-32-le", "utf-32", "utf-32-be"}};
    ob__encoder e;
    bool ok = true, big = order > 0;
    ob__encoder_init(&e, names[unit == 4][order + 1], errors, s);
    if (order == 0) put(&e.out, 0xfeff, unit, false);
    base_buf_reserve(&e.out, ob_str_len(s) * unit);
    for (size_t i = 0, n = ob_str_len(s); ok && i < n;) {
        if (UNLIKELY((i & 0xffff) == 0) && ob_interrupted()) { ok = false; break; }
        uint32_t c = ob_str_at(s, i);
        if (LIKELY(c < 0xd800 || c > 0xdfff)) {
            if (unit == 2) put16(&e.out, c, big);
            else put(&e.out, c, 4, big);
            i++;
            continue;
        }
        size_t end = i + 1, next = 0;
        ob_val r = ob__encode_error(&e, i, end, "surrogates not allowed", &next);
        if (ob_is_null(r)) ok = false;
        else if (ob_is_bytes(r)) {
            if (ob_bytes_ptr(r)->len % unit) ok = ob_fail(ob_raise_encode_error(e.encoding, s, i, end, "surrogates not allowed"));
            else base_buf_add(&e.out, ob_bytes_ptr(r)->data, ob_bytes_ptr(r)->len);
        } else
            for (size_t k = 0; ok && k < ob_str_len(r); k++) {
                if (ob_str_at(r, k) >= 0x80) ok = ob_fail(ob_raise_encode_error(e.encoding, s, i, end, "surrogates not allowed"));
                else put(&e.out, ob_str_at(r, k), unit, big);
            }
        i = next;
    }
    return ob__encoder_finish(&e, ok);
}

ob_val ob_utf16_encode(ob_val s, const char *errors, int order) { return wide_encode(s, errors, order, 2); }
ob_val ob_utf32_encode(ob_val s, const char *errors, int order) { return wide_encode(s, errors, order, 4); }

/* ---- UTF-32 ---- */
ob_val ob_utf32_decode(const uint8_t *p, size_t n, const char *errors, int *order, size_t *consumed) {
    ob__decoder d;
    size_t i = 0;
    bool ok = true;
    if (*order == 0 && n >= 4) {
        uint32_t mark = get32(p, false);
        if (mark == 0xfeff || mark == 0xfffe0000) { *order = mark == 0xfeff ? -1 : 1; i = 4; }
    }
    bool big = *order > 0;
    ob__decoder_init(&d, big ? "utf-32-be" : "utf-32-le", errors, p, n);
    while (ok && i < d.n) {
        if (UNLIKELY((i & 0xffff) == 0) && ob_interrupted()) { ok = false; break; }
        if (d.n - i < 4) {
            if (consumed) break;
            ok = ob__decode_error(&d, i, d.n, "truncated data", &i);
            continue;
        }
        uint32_t c = get32(d.p + i, big);
        if (UNLIKELY(c >= 0xd800 && c < 0xe000)) ok = ob__decode_error(&d, i, i + 4, "code point in surrogate code point range(0xd800, 0xe000)", &i);
        else if (UNLIKELY(c > 0x10ffff)) ok = ob__decode_error(&d, i, i + 4, "code point not in range(0x110000)", &i);
        else { ok = ob_strbuf_char(&d.out, c); i += 4; }
    }
    if (consumed) *consumed = i;
    return ob__decoder_finish(&d, ok);
}

/* ---- UTF-7 (RFC 2152) ---- */
static int from_base64(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
}
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* May c stand for itself? Set D, white space, and set O. */
static bool utf7_direct(uint32_t c) { return c < 128 && (c >= ' ' ? c != '+' && c != '\\' && c != '~' && c != 0x7f : c == '\t' || c == '\n' || c == '\r'); }

typedef struct shift { bool on; size_t start; uint32_t bits; unsigned nbits; uint32_t high; size_t out_mark; } shift;

static bool utf7_unit(ob__decoder *d, shift *s, uint32_t u) {
    if (s->high) {
        uint32_t high = s->high;
        s->high = 0;
        if (u >= 0xdc00 && u <= 0xdfff) return ob_strbuf_char(&d->out, 0x10000 + ((high & 0x3ff) << 10 | (u & 0x3ff)));
        if (!ob_strbuf_char(&d->out, high)) return false;
    }
    if (u >= 0xd800 && u <= 0xdbff) { s->high = u; return true; }
    return ob_strbuf_char(&d->out, u);
}

/* The end of a shifted sequence at byte c; i is behind the last base64 byte. */
static bool utf7_unshift(ob__decoder *d, shift *s, size_t *i) {
    uint8_t c = d->p[*i];
    s->on = false;
    if (s->nbits >= 6) return ob__decode_error(d, s->start, *i + 1, "partial character in base64 sequence", i);
    if (s->nbits && (s->bits & ((1u << s->nbits) - 1))) return ob__decode_error(d, s->start, *i + 1, "non-zero padding bits in shift sequence", i);
    if (s->high && c < 0x80 && !ob_strbuf_char(&d->out, s->high)) return false;
    s->high = 0;
    if (c == '-') ++*i;
    else if (c >= 0x80) return ob__decode_error(d, *i, *i + 1, "unexpected special character", i);
    return true;
}

ob_val ob_utf7_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed) {
    ob__decoder d;
    shift s = {0};
    size_t i = 0;
    bool ok = true;
    ob__decoder_init(&d, "utf7", errors, p, n);
    while (ok && i < d.n) {
        uint8_t c = d.p[i];
        if (s.on) {
            int v = from_base64(c);
            if (v < 0) { ok = utf7_unshift(&d, &s, &i); continue; }
            s.bits = s.bits << 6 | (uint32_t)v;
            s.nbits += 6;
            i++;
            if (s.nbits >= 16) {
                s.nbits -= 16;
                ok = utf7_unit(&d, &s, s.bits >> s.nbits & 0xffff);
                s.bits &= (1u << s.nbits) - 1;
            }
        } else if (c == '+') {
            if (i + 1 < d.n && d.p[i + 1] == '-') { ok = ob_strbuf_char(&d.out, '+'); i += 2; }
            else if (i + 1 < d.n && from_base64(d.p[i + 1]) < 0) ok = ob__decode_error(&d, i, i + 2, "ill-formed sequence", &i);
            else { s = (shift){.on = true, .start = i, .out_mark = d.out.len}; i++; }
        } else if (c < 0x80) { ok = ob_strbuf_char(&d.out, c); i++; }
        else ok = ob__decode_error(&d, i, i + 1, "unexpected special character", &i);
    }
    if (ok && s.on) {
        if (consumed) { i = s.start; d.out.len = s.out_mark; }
        else if (s.high || s.nbits >= 6 || (s.nbits && s.bits)) {
            size_t next;
            ok = ob__decode_error(&d, s.start, d.n, "unterminated shift sequence", &next);
        } else if (i == s.start + 1) {
            size_t next;
            ok = ob__decode_error(&d, s.start, d.n, "unterminated shift sequence", &next);
        }
    }
    if (consumed) *consumed = i;
    return ob__decoder_finish(&d, ok);
}

static void utf7_bits(base_buf *b, uint32_t *bits, unsigned *nbits, uint32_t unit) {
    *bits = *bits << 16 | unit;
    for (*nbits += 16; *nbits >= 6; *nbits -= 6) base_buf_byte(b, (unsigned char)base64[*bits >> (*nbits - 6) & 63]);
    *bits &= (1u << *nbits) - 1;
}

ob_val ob_utf7_encode(ob_val s, const char *errors) {
    ob__encoder e;
    uint32_t bits = 0;
    unsigned nbits = 0;
    bool on = false;
    ob__encoder_init(&e, "utf7", errors, s);
    for (size_t i = 0; i <= ob_str_len(s); i++) {
        uint32_t c = i < ob_str_len(s) ? ob_str_at(s, i) : 0;
        bool end = i == ob_str_len(s), direct = !end && utf7_direct(c);
        if (on && (end || direct)) {
            if (nbits) base_buf_byte(&e.out, (unsigned char)base64[bits << (6 - nbits) & 63]);
            if (end || from_base64((uint8_t)c) >= 0 || c == '-') base_buf_byte(&e.out, '-');
            on = false;
            bits = nbits = 0;
        }
        if (end) break;
        if (direct) { base_buf_byte(&e.out, (unsigned char)c); continue; }
        if (!on && c == '+') { base_buf_text(&e.out, "+-"); continue; }
        if (!on) { base_buf_byte(&e.out, '+'); on = true; }
        if (c >= 0x10000) {
            utf7_bits(&e.out, &bits, &nbits, 0xd800 | (c - 0x10000) >> 10);
            c = 0xdc00 | ((c - 0x10000) & 0x3ff);
        }
        utf7_bits(&e.out, &bits, &nbits, c);
    }
    return ob__encoder_finish(&e, true);
}
