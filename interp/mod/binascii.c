/* binascii.c: the module binascii: bytes as base64, hexadecimal, uuencoded and quoted-printable text, and two checksums.
 *
 * Locks: none.
 */
#include "base/mem.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include <string.h>

static ob_val binascii_error, binascii_incomplete;
static ob_val fail(const char *message) { return ob_raise(ob_type_ptr(binascii_error), "%s", message); }

/* ---- arguments ---- */

/* Bytes, or the characters of an ASCII str. b must be released if b->owner is set. */
typedef struct input { const uint8_t *p; size_t n; ob_buffer b; bool buffer; } input;

static bool input_text(ob_val v, input *in) {
    in->buffer = false;
    if (ob_is_str(v)) {
        if (!ob_str_is_ascii(v)) return ob_fail(ob_raise(&ob_exc_ValueError, "string argument should contain only ASCII characters"));
        in->p = ob_str_ptr(v)->data;
        in->n = ob_str_len(v);
        return true;
    }
    if (!ob_is_buffer(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "argument should be bytes, buffer or ASCII string, not '%.100T'", v));
    if (!ob_buffer_get(v, &in->b, false)) return false;
    in->buffer = true;
    in->p = in->b.data;
    in->n = in->b.len;
    return true;
}

static bool input_bytes(ob_val v, input *in) {
    in->buffer = ob_buffer_get(v, &in->b, false);
    if (!in->buffer) return false;
    in->p = in->b.data;
    in->n = in->b.len;
    return true;
}

static void input_done(input *in) { if (in->buffer) ob_buffer_release(&in->b); }

static bool flag(ob_val v, bool fallback, bool *out) {
    int t = ob_is_null(v) ? fallback : ob_truth(v);
    *out = t > 0;
    return t >= 0;
}

/* Bytes that were written into a bytes object of room for more. */
static ob_val shorten(ob_val b, size_t n) {
    return ob_is_null(b) || ob_bytes_ptr(b)->len == n ? b : ob_bytes_from(ob_bytes_ptr(b)->data, n);
}

/* ---- base64 ---- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int from_base64(uint8_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Writes the bytes; their number, or -1 with an exception. */
static ssize_t decode_base64(const uint8_t *p, size_t n, bool strict, uint8_t *out) {
    size_t written = 0, quad = 0, pads = 0;
    unsigned left = 0;
    if (strict && n && *p == '=') return ob_fail_int(fail("Leading padding not allowed"));
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '=') {
            pads++;
            if (quad >= 2 && quad + pads >= 4) {           /* a whole group */
                if (strict && i + 1 < n) return ob_fail_int(fail("Excess data after padding"));
                return (ssize_t)written;
            }
            continue;
        }
        int d = from_base64(p[i]);
        if (d < 0) {
            if (strict) return ob_fail_int(fail("Only base64 data is allowed"));
            continue;
        }
        if (strict && pads) return ob_fail_int(fail("Discontinuous padding not allowed"));
        pads = 0;
        left = left << 6 | (unsigned)d;
        if (quad) out[written++] = (uint8_t)(left >> (6 - 2 * quad));
        quad = (quad + 1) % 4;
        if (quad == 0) left = 0;
    }
    if (quad == 0) return (ssize_t)written;
    if (quad == 1)
        return ob_fail_int(ob_raise(ob_type_ptr(binascii_error),
            "Invalid base64-encoded string: number of data characters (%zu) cannot be 1 more than a multiple of 4", written / 3 * 4 + 1));
    return ob_fail_int(fail("Incorrect padding"));
}

OB_FN(a2b_base64) {
    input in;
    bool strict;
    if (!flag(a[1], false, &strict) || !input_text(a[0], &in)) return OB_NULL;
    ob_val b = ob_bytes_alloc(in.n / 4 * 3 + 3);
    ssize_t len = ob_is_null(b) ? -1 : decode_base64(in.p, in.n, strict, ob_bytes_ptr(b)->data);
    input_done(&in);
    return len < 0 ? OB_NULL : shorten(b, (size_t)len);
}

OB_FN(b2a_base64) {
    input in;
    bool newline;
    if (!flag(a[1], true, &newline) || !input_bytes(a[0], &in)) return OB_NULL;
    ob_val b = ob_bytes_alloc((in.n + 2) / 3 * 4 + newline);
    if (!ob_is_null(b)) {
        uint8_t *out = ob_bytes_ptr(b)->data;
        for (size_t i = 0; i < in.n; i += 3) {
            size_t have = in.n - i < 3 ? in.n - i : 3;
            unsigned w = (unsigned)in.p[i] << 16 | (have > 1 ? in.p[i + 1] << 8 : 0) | (have > 2 ? in.p[i + 2] : 0);
            for (size_t k = 0; k < 4; k++) *out++ = k <= have ? (uint8_t)base64[w >> (18 - 6 * k) & 63] : '=';
        }
        if (newline) *out = '\n';
    }
    input_done(&in);
    return b;
}

/* ---- hexadecimal ---- */

static int from_hex(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

OB_FN(a2b_hex) {
    input in;
    if (!input_text(a[0], &in)) return OB_NULL;
    ob_val b = in.n % 2 ? fail("Odd-length string") : ob_bytes_alloc(in.n / 2);
    for (size_t i = 0; !ob_is_null(b) && i + 1 < in.n; i += 2) {
        int hi = from_hex(in.p[i]), lo = from_hex(in.p[i + 1]);
        if (hi < 0 || lo < 0) { b = fail("Non-hexadecimal digit found"); break; }
        ob_bytes_ptr(b)->data[i / 2] = (uint8_t)(hi << 4 | lo);
    }
    input_done(&in);
    return b;
}

/* A separator: one ASCII character of a str, or one byte. */
static bool separator(ob_val v, uint8_t *out) {
    ssize_t n = ob_len(v);
    if (n < 0) return false;
    if (n != 1) return ob_fail(ob_raise(&ob_exc_ValueError, "sep must be length 1."));
    if (ob_is_str(v)) {
        if (!ob_str_is_ascii(v)) return ob_fail(ob_raise(&ob_exc_ValueError, "sep must be ASCII."));
        *out = (uint8_t)ob_str_at(v, 0);
        return true;
    }
    if (!ob_is_bytes(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "sep must be str or bytes."));
    *out = ob_bytes_ptr(v)->data[0];
    return *out < 128 || ob_fail(ob_raise(&ob_exc_ValueError, "sep must be ASCII."));
}

/* group > 0 counts from the right, < 0 from the left. */
static ob_val hex(const input *in, uint8_t sep, int64_t group) {
    uint64_t size = (uint64_t)(group < 0 ? -group : group);
    size_t seps = size && in->n ? (in->n - 1) / size : 0;
    ob_val b = ob_bytes_alloc(in->n * 2 + seps);
    if (ob_is_null(b)) return b;
    uint8_t *out = ob_bytes_ptr(b)->data;
    for (size_t i = 0; i < in->n; i++) {
        if (i && size && (group > 0 ? in->n - i : i) % size == 0) *out++ = sep;
        *out++ = (uint8_t)"0123456789abcdef"[in->p[i] >> 4];
        *out++ = (uint8_t)"0123456789abcdef"[in->p[i] & 15];
    }
    return b;
}

OB_FN(b2a_hex) {
    input in;
    uint8_t sep = 0;
    int64_t group = 1;
    bool separated = !ob_is_null(a[1]);
    if (separated && !separator(a[1], &sep)) return OB_NULL;
    if (!ob_is_null(a[2]) && !ob_index_i64(a[2], &group)) return OB_NULL;
    if (!input_bytes(a[0], &in)) return OB_NULL;
    ob_val b = hex(&in, sep, separated ? group : 0);
    input_done(&in);
    return b;
}

/* ---- checksums ---- */

static uint32_t crc_table[8][256];

/* The reflected polynomial 0xedb88320, eight bytes a step. */
static void make_crc_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
        crc_table[0][i] = c;
    }
    for (int t = 1; t < 8; t++)
        for (int i = 0; i < 256; i++) crc_table[t][i] = crc_table[t - 1][i] >> 8 ^ crc_table[0][crc_table[t - 1][i] & 255];
}

static uint32_t crc32_of(uint32_t crc, const uint8_t *p, size_t n) {
    crc = ~crc;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t w;
        memcpy(&w, p, 8);
        w ^= crc;
        crc = 0;
        for (int i = 0; i < 8; i++) crc ^= crc_table[7 - i][w >> 8 * i & 255];
    }
    for (; n; n--) crc = crc >> 8 ^ crc_table[0][(crc ^ *p++) & 255];
    return ~crc;
}

/* An int's lowest bits. */
static bool low_bits(ob_val v, uint64_t *out) {
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return false;
    i = ob_int_binary(OB_BIN_AND, i, ob_from_small(INT64_C(0xffffffff)));
    return !ob_is_null(i) && ob_int_to_u64(i, out);
}

OB_FN(m_crc32) {
    input in;
    uint64_t crc = 0;
    if (!ob_is_null(a[1]) && !low_bits(a[1], &crc)) return OB_NULL;
    if (!input_bytes(a[0], &in)) return OB_NULL;
    uint32_t r = crc32_of((uint32_t)crc, in.p, in.n);
    input_done(&in);
    return ob_from_small(r);
}

OB_FN(m_crc_hqx) {
    input in;
    uint64_t crc;
    if (!low_bits(a[1], &crc) || !input_bytes(a[0], &in)) return OB_NULL;
    crc &= 0xffff;
    for (size_t i = 0; i < in.n; i++) {
        crc ^= (uint64_t)in.p[i] << 8;
        for (int k = 0; k < 8; k++) crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    input_done(&in);
    return ob_from_small((int64_t)crc);
}

/* ---- uuencode ---- */

/* A line: its length, then groups of four characters; what is missing at the end counts as spaces. */
static ob_val decode_uu(const uint8_t *p, size_t n) {
    size_t len = n ? (*p - ' ') & 63 : 32, i = 1;
    ob_val b = ob_bytes_alloc(len);
    if (ob_is_null(b)) return b;
    uint8_t *out = ob_bytes_ptr(b)->data;
    unsigned left = 0, bits = 0;
    for (size_t done = 0; done < len; i++) {
        uint8_t c = i < n ? p[i] : 0;
        if (c == '\n' || c == '\r' || i >= n) c = 0;
        else if (c < ' ' || c > ' ' + 64) return fail("Illegal char");
        else c = (c - ' ') & 63;
        left = left << 6 | c;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out[done++] = (uint8_t)(left >> bits);
    }
    for (; i < n; i++)
        if (p[i] != ' ' && p[i] != ' ' + 64 && p[i] != '\n' && p[i] != '\r') return fail("Trailing garbage");
    return b;
}

OB_FN(a2b_uu) {
    input in;
    if (!input_text(a[0], &in)) return OB_NULL;
    ob_val b = decode_uu(in.p, in.n);
    input_done(&in);
    return b;
}

static ob_val encode_uu(const input *in, bool backtick) {
    if (in->n > 45) return fail("At most 45 bytes at once");
    ob_val b = ob_bytes_alloc(2 + (in->n + 2) / 3 * 4);
    if (ob_is_null(b)) return b;
    uint8_t *out = ob_bytes_ptr(b)->data, zero = backtick ? '`' : ' ';
    *out++ = in->n ? (uint8_t)(' ' + in->n) : zero;
    for (size_t i = 0; i < in->n; i += 3) {
        unsigned w = (unsigned)in->p[i] << 16 | (i + 1 < in->n ? in->p[i + 1] << 8 : 0) | (i + 2 < in->n ? in->p[i + 2] : 0);
        for (int k = 18; k >= 0; k -= 6) *out++ = w >> k & 63 ? (uint8_t)(' ' + (w >> k & 63)) : zero;
    }
    *out = '\n';
    return b;
}

OB_FN(b2a_uu) {
    input in;
    bool backtick;
    if (!flag(a[1], false, &backtick) || !input_bytes(a[0], &in)) return OB_NULL;
    ob_val b = encode_uu(&in, backtick);
    input_done(&in);
    return b;
}

/* ---- quoted-printable ---- */

static size_t decode_qp(const uint8_t *p, size_t n, bool header, uint8_t *out) {
    uint8_t *o = out;
    for (size_t i = 0; i < n;) {
        if (p[i] == '=') {
            if (++i >= n) break;
            if (p[i] == '\n' || p[i] == '\r') {           /* a soft line end */
                while (i < n && p[i] != '\n') i++;
                if (i < n) i++;
            } else if (p[i] == '=') {
                *o++ = '=';
                i++;
            } else if (i + 1 < n && from_hex(p[i]) >= 0 && from_hex(p[i + 1]) >= 0) {
                *o++ = (uint8_t)(from_hex(p[i]) << 4 | from_hex(p[i + 1]));
                i += 2;
            } else {
                *o++ = '=';
            }
        } else {
            *o++ = header && p[i] == '_' ? ' ' : p[i];
            i++;
        }
    }
    return (size_t)(o - out);
}

OB_FN(a2b_qp) {
    input in;
    bool header;
    if (!flag(a[1], false, &header) || !input_text(a[0], &in)) return OB_NULL;
    ob_val b = ob_bytes_alloc(in.n);
    size_t len = ob_is_null(b) ? 0 : decode_qp(in.p, in.n, header, ob_bytes_ptr(b)->data);
    input_done(&in);
    return shorten(b, len);
}

typedef struct qp { const uint8_t *p; size_t n; bool quotetabs, istext, header, crlf; uint8_t *out; size_t column; } qp;
#define QP_LINE 76

static bool qp_must_quote(const qp *q, size_t i) {
    uint8_t c = q->p[i];
    bool last = i + 1 == q->n;
    if (c > 126 || c == '=' || (q->header && c == '_')) return true;
    if (c == '.' && q->column == 0) return last || q->p[i + 1] == '\n' || q->p[i + 1] == '\r' || q->p[i + 1] == 0;
    if (c == '\r' || c == '\n') return !q->istext;
    if (c == '\t' || c == ' ') return last || q->quotetabs;
    return c < 33;
}

static void qp_quote(qp *q, uint8_t c) {
    *q->out++ = '=';
    *q->out++ = (uint8_t)"0123456789ABCDEF"[c >> 4];
    *q->out++ = (uint8_t)"0123456789ABCDEF"[c & 15];
}

static void qp_line_end(qp *q) {
    if (q->crlf) *q->out++ = '\r';
    *q->out++ = '\n';
    q->column = 0;
}

/* One character; a soft line end comes before it when the line would become too long. */
static void qp_put(qp *q, size_t i) {
    uint8_t c = q->p[i];
    bool quote = qp_must_quote(q, i), ends_line = i + 1 == q->n || q->p[i + 1] == '\n';
    if (q->column + (quote ? 3 : 1) >= QP_LINE && (quote || !ends_line)) {
        *q->out++ = '=';
        qp_line_end(q);
    }
    q->column += quote ? 3 : 1;
    if (quote) qp_quote(q, c);
    else *q->out++ = q->header && c == ' ' ? '_' : c;
}

static void encode_qp(qp *q, const uint8_t *start) {
    for (size_t i = 0; i < q->n; i++) {
        uint8_t c = q->p[i];
        bool crlf = c == '\r' && i + 1 < q->n && q->p[i + 1] == '\n';
        if (!q->istext || (c != '\n' && !crlf)) { qp_put(q, i); continue; }
        if (q->out > start && (q->out[-1] == ' ' || q->out[-1] == '\t')) {   /* a blank at a line's end would get lost */
            uint8_t blank = *--q->out;
            qp_quote(q, blank);
        }
        qp_line_end(q);
        i += crlf;
    }
}

OB_FN(b2a_qp) {
    input in;
    qp q = {0};
    if (!flag(a[1], false, &q.quotetabs) || !flag(a[2], true, &q.istext) || !flag(a[3], false, &q.header) || !input_bytes(a[0], &in)) return OB_NULL;
    q.p = in.p;
    q.n = in.n;
    const uint8_t *first = in.n ? memchr(in.p, '\n', in.n) : NULL;
    q.crlf = first && first > in.p && first[-1] == '\r';  /* the first line end says which kind all are */
    ob_val b = ob_bytes_alloc(in.n * 3 + in.n / 20 * 3 + 16);
    if (!ob_is_null(b)) {
        q.out = ob_bytes_ptr(b)->data;
        encode_qp(&q, q.out);
        b = shorten(b, (size_t)(q.out - ob_bytes_ptr(b)->data));
    }
    input_done(&in);
    return b;
}

static const ob_def defs[] = {
    {"a2b_base64", a2b_base64, "data, /, *, strict_mode=False", "Decodes a line of base64.", 0},
    {"a2b_hex", a2b_hex, "hexstr, /", "Decodes hexadecimal digits.", 0},
    {"a2b_qp", a2b_qp, "data, header=False", "Decodes quoted-printable data.", 0},
    {"a2b_uu", a2b_uu, "data, /", "Decodes a line of uuencoded data.", 0},
    {"b2a_base64", b2a_base64, "data, /, *, newline=True", "Bytes as a line of base64.", 0},
    {"b2a_hex", b2a_hex, "data, sep=<unrepresentable>, bytes_per_sep=1", "Bytes as hexadecimal digits.", 0},
    {"b2a_qp", b2a_qp, "data, quotetabs=False, istext=True, header=False", "Bytes as quoted-printable data.", 0},
    {"b2a_uu", b2a_uu, "data, /, *, backtick=False", "Bytes as a line of uuencoded data.", 0},
    {"crc32", m_crc32, "data, crc=0, /", "The CRC-32 of the data, as zip files have it.", 0},
    {"crc_hqx", m_crc_hqx, "data, crc, /", "The CRC-CCITT of the data.", 0},
    {"hexlify", b2a_hex, "data, sep=<unrepresentable>, bytes_per_sep=1", "Bytes as hexadecimal digits.", 0},
    {"unhexlify", a2b_hex, "hexstr, /", "Decodes hexadecimal digits.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static bool fill(ob_val m) {
    make_crc_table();
    return py_mod_error(m, &binascii_error, "binascii", "Error", &ob_exc_ValueError) &&
           py_mod_error(m, &binascii_incomplete, "binascii", "Incomplete", &ob_exc_Exception);
}

const ob_module_def py_mod_binascii = {"binascii", "Bytes as text, and checksums.", defs, fill};
