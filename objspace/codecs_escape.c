/* codecs_escape.c: unicode_escape, raw_unicode_escape, and the backslashes of bytes.
 * Locks: none. */
#include "objspace/codecs_int.h"
#include <stdio.h>

static int hex_value(uint8_t c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

/* Reads up to `want` hex digits at i; how many were there. */
static size_t hex_digits(const ob__decoder *d, size_t i, size_t want, uint32_t *value) {
    size_t k = 0;
    *value = 0;
    for (int v; k < want && i + k < d->n && (v = hex_value(d->p[i + k])) >= 0; k++) *value = *value << 4 | (uint32_t)v;
    return k;
}

static const char simple_from[] = "\\'\"abfnrtv", simple_to[] = "\\'\"\a\b\f\n\r\t\v";

/* One \x, \u, \U escape at i (the backslash). stop: incomplete at the end of the input, which goes on later. */
static bool numeric_escape(ob__decoder *d, size_t *i, bool incremental, bool *stop) {
    static const char *const truncated[] = {"truncated \\xXX escape", "truncated \\uXXXX escape", "truncated \\UXXXXXXXX escape"};
    uint8_t kind = d->p[*i + 1];
    size_t want = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
    uint32_t c;
    size_t got = hex_digits(d, *i + 2, want, &c), end = *i + 2 + got;
    if (got < want) {
        if (incremental && end == d->n) { *stop = true; return true; }
        return ob__decode_error(d, *i, end, truncated[want / 4], i);
    }
    if (c > 0x10ffff) return ob__decode_error(d, *i, end, "illegal Unicode character", i);
    *i = end;
    return ob_strbuf_char(&d->out, c);
}

static bool name_escape(ob__decoder *d, size_t *i, bool incremental, bool *stop) {
    size_t at = *i + 2;
    const uint8_t *close = at < d->n && d->p[at] == '{' ? memchr(d->p + at, '}', d->n - at) : NULL;
    if (close && close > d->p + at + 1) {
        uint32_t c = ob_char_by_name((const char *)d->p + at + 1, (size_t)(close - d->p) - at - 1);
        size_t end = (size_t)(close - d->p) + 1;
        if (c == UINT32_MAX) return ob__decode_error(d, *i, end, "unknown Unicode character name", i);
        *i = end;
        return ob_strbuf_char(&d->out, c);
    }
    if (incremental && close == NULL && (at >= d->n || d->p[at] == '{')) { *stop = true; return true; }
    if (at < d->n && d->p[at] == '{') at = close ? at + 1 : d->n;   /* "\N{}" ends before the brace, an open one at the end */
    return ob__decode_error(d, *i, at, "malformed \\N character escape", i);
}

static bool octal_escape(ob__decoder *d, size_t *i, ssize_t *bad) {
    uint32_t c = 0;
    size_t k = 1;
    for (; k < 4 && *i + k < d->n && d->p[*i + k] >= '0' && d->p[*i + k] <= '7'; k++) c = c * 8 + (d->p[*i + k] - '0');
    if (c > 0377 && bad && *bad < 0) *bad = (ssize_t)*i + 1;
    *i += k;
    return ob_strbuf_char(&d->out, c);
}

/* at: what stands behind the backslash. The compiler has words and places of its own for it. */
static bool warn_escape(const uint8_t *p, size_t n, size_t at) {
    if (p[at] >= '4' && p[at] <= '7')
        return ob_warn(&ob_exc_DeprecationWarning, 1, "invalid octal escape sequence '\\%S'", ob_str_from_latin1(p + at, n - at < 3 ? n - at : 3));
    return ob_warn(&ob_exc_DeprecationWarning, 1, "invalid escape sequence '\\%S'", ob_str_from_char(p[at]));
}

ob_val ob_unicode_escape_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed, ssize_t *bad_escape) {
    ob__decoder d;
    size_t i = 0;
    bool ok = true, stop = false;
    ssize_t bad = -1;
    ob__decoder_init(&d, "unicodeescape", errors, p, n);
    while (ok && !stop && i < d.n) {
        if (d.p[i] != '\\') { ok = ob_strbuf_char(&d.out, d.p[i++]); continue; }
        if (i + 1 >= d.n) {
            if (consumed) break;
            ok = ob__decode_error(&d, i, d.n, "\\ at end of string", &i);
            continue;
        }
        uint8_t c = d.p[i + 1];
        const char *simple = c ? strchr(simple_from, c) : NULL;
        if (simple) { ok = ob_strbuf_char(&d.out, (uint8_t)simple_to[simple - simple_from]); i += 2; }
        else if (c == '\n') i += 2;
        else if (c >= '0' && c <= '7') ok = octal_escape(&d, &i, &bad);
        else if (c == 'x' || c == 'u' || c == 'U') ok = numeric_escape(&d, &i, consumed != NULL, &stop);
        else if (c == 'N') ok = name_escape(&d, &i, consumed != NULL, &stop);
        else {
            if (bad < 0) bad = (ssize_t)i + 1;
            ok = ob_strbuf_char(&d.out, '\\') && ob_strbuf_char(&d.out, c);
            i += 2;
        }
    }
    if (consumed) *consumed = i;
    if (bad_escape) *bad_escape = bad;
    else if (ok && bad >= 0) ok = warn_escape(d.p, d.n, (size_t)bad);
    return ob__decoder_finish(&d, ok);
}

ob_val ob_raw_unicode_escape_decode(const uint8_t *p, size_t n, const char *errors, size_t *consumed) {
    ob__decoder d;
    size_t i = 0;
    bool ok = true;
    ob__decoder_init(&d, "rawunicodeescape", errors, p, n);
    while (ok && i < d.n) {
        if (d.p[i] != '\\') { ok = ob_strbuf_char(&d.out, d.p[i++]); continue; }
        if (i + 1 >= d.n && consumed) break;
        uint8_t kind = i + 1 < d.n ? d.p[i + 1] : 0;
        if (kind != 'u' && kind != 'U') {
            ok = ob_strbuf_char(&d.out, '\\');
            i++;
            if (ok && kind == '\\') { ok = ob_strbuf_char(&d.out, '\\'); i++; }
            continue;
        }
        size_t want = kind == 'u' ? 4 : 8;
        uint32_t c;
        size_t got = hex_digits(&d, i + 2, want, &c), end = i + 2 + got;
        if (got < want) {
            if (consumed && end == d.n) break;
            ok = ob__decode_error(&d, i, end, want == 4 ? "truncated \\uXXXX escape" : "truncated \\UXXXXXXXX escape", &i);
        } else if (c > 0x10ffff) ok = ob__decode_error(&d, i, end, "\\Uxxxxxxxx out of range", &i);
        else { ok = ob_strbuf_char(&d.out, c); i = end; }
    }
    if (consumed) *consumed = i;
    return ob__decoder_finish(&d, ok);
}

static ob_val escape_encode(ob_val s, bool raw) {
    ob__encoder e;
    ob__encoder_init(&e, "", NULL, s);
    for (size_t i = 0; i < ob_str_len(s); i++) {
        uint32_t c = ob_str_at(s, i);
        if (c >= 0x10000) base_buf_printf(&e.out, "\\U%08x", c);
        else if (c >= 0x100) base_buf_printf(&e.out, "\\u%04x", c);
        else if (raw) base_buf_byte(&e.out, (unsigned char)c);
        else if (c == '\\') base_buf_text(&e.out, "\\\\");
        else if (c == '\t') base_buf_text(&e.out, "\\t");
        else if (c == '\n') base_buf_text(&e.out, "\\n");
        else if (c == '\r') base_buf_text(&e.out, "\\r");
        else if (c < ' ' || c >= 0x7f) base_buf_printf(&e.out, "\\x%02x", c);
        else base_buf_byte(&e.out, (unsigned char)c);
    }
    return ob__encoder_finish(&e, true);
}

ob_val ob_unicode_escape_encode(ob_val s) { return escape_encode(s, false); }
ob_val ob_raw_unicode_escape_encode(ob_val s) { return escape_encode(s, true); }

ob_val ob_bytes_escape_decode(const uint8_t *p, size_t n, const char *errors, ssize_t *bad_escape) {
    base_buf out;
    size_t i = 0;
    ob_val r = OB_NULL;
    ssize_t bad = -1;
    base_buf_init(&out);
    while (i < n) {
        if (p[i] != '\\') { base_buf_byte(&out, p[i++]); continue; }
        if (++i == n) { ob_raise(&ob_exc_ValueError, "Trailing \\ in string"); goto done; }
        uint8_t c = p[i++];
        const char *simple = c ? strchr(simple_from, c) : NULL;
        if (simple) base_buf_byte(&out, (unsigned char)simple_to[simple - simple_from]);
        else if (c == '\n') continue;
        else if (c >= '0' && c <= '7') {
            unsigned v = c - '0';
            size_t first = i - 1;
            for (int k = 0; k < 2 && i < n && p[i] >= '0' && p[i] <= '7'; k++) v = v * 8 + (p[i++] - '0');
            if (v > 0377 && bad < 0) bad = (ssize_t)first;
            base_buf_byte(&out, (unsigned char)v);
        } else if (c == 'x') {
            if (i + 1 < n && hex_value(p[i]) >= 0 && hex_value(p[i + 1]) >= 0) {
                base_buf_byte(&out, (unsigned char)(hex_value(p[i]) << 4 | hex_value(p[i + 1])));
                i += 2;
                continue;
            }
            if (errors == NULL || !strcmp(errors, "strict")) { ob_raise(&ob_exc_ValueError, "invalid \\x escape at position %zd", (ssize_t)i - 2); goto done; }
            if (!strcmp(errors, "replace")) base_buf_byte(&out, '?');
            else if (strcmp(errors, "ignore")) { ob_raise(&ob_exc_ValueError, "decoding error; unknown error handling code: %.400s", errors); goto done; }
            if (i < n && hex_value(p[i]) >= 0) i++;
        } else {
            if (bad < 0) bad = (ssize_t)i - 1;
            base_buf_byte(&out, '\\');
            base_buf_byte(&out, c);
        }
    }
    if (bad_escape) *bad_escape = bad;
    else if (bad >= 0 && !warn_escape(p, n, (size_t)bad)) goto done;
    r = out.failed ? ob_raise_memory() : ob_bytes_from(out.at ? out.at : "", out.n);
done:
    base_buf_release(&out);
    return r;
}
