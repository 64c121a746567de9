/* repr.c: constants as repr() writes them.  No locks. */
#include "interp/front/repr.h"
#include "base/mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

static uint32_t next_char(const char *s, unsigned *n)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80)
        return *n = 1, u[0];
    if (u[0] < 0xe0)
        return *n = 2, (u[0] & 0x1fu) << 6 | (u[1] & 0x3fu);
    if (u[0] < 0xf0)
        return *n = 3, (u[0] & 0xfu) << 12 | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
    return *n = 4, (u[0] & 7u) << 18 | (u[1] & 0x3fu) << 12 | (u[2] & 0x3fu) << 6 | (u[3] & 0x3fu);
}

static char quote_for(const char *s, size_t n)
{
    return memchr(s, '\'', n) && !memchr(s, '"', n) ? '"' : '\'';
}

/* Characters that both kinds write with a backslash.  false: c is none. */
static bool put_escape(base_buf *b, uint32_t c, char quote)
{
    if (c == '\\' || c == (uint32_t)quote)
        return base_buf_printf(b, "\\%c", (char)c), true;
    if (c == '\n' || c == '\r' || c == '\t')
        return base_buf_text(b, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t"), true;
    if (c < 32 || c == 127)
        return base_buf_printf(b, "\\x%02x", (unsigned)c), true;
    return false;
}

void py_repr_str(base_buf *b, const char *s, size_t n)
{
    char quote = quote_for(s, n);
    base_buf_byte(b, (unsigned char)quote);
    for (size_t i = 0; i < n;) {
        unsigned len;
        uint32_t c = next_char(s + i, &len);
        if (put_escape(b, c, quote)) {
        } else if (c < 127 || (!(c >= 0xd800 && c < 0xe000)
                               && !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z))) {
            base_buf_add(b, s + i, len);
        } else {
            base_buf_printf(b, c < 256 ? "\\x%02x" : c < 65536 ? "\\u%04x" : "\\U%08x", (unsigned)c);
        }
        i += len;
    }
    base_buf_byte(b, (unsigned char)quote);
}

void py_repr_bytes(base_buf *b, const char *s, size_t n)
{
    char quote = quote_for(s, n);
    base_buf_printf(b, "b%c", quote);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (!put_escape(b, c, quote)) {
            if (c < 127)
                base_buf_byte(b, c);
            else
                base_buf_printf(b, "\\x%02x", c);
        }
    }
    base_buf_byte(b, (unsigned char)quote);
}

/* The shortest decimal that reads back as f, laid out as Python does.  Tries lengths: constants are few. */
static void repr_float(base_buf *b, double f, bool whole_as_int)
{
    char e[40];
    if (isinf(f)) {
        base_buf_text(b, f < 0 ? "-inf" : "inf");
        return;
    }
    base_buf digits;
    for (int precision = 0; precision <= 17; precision++) {
        base_buf_init(&digits);
        base_buf_printf(&digits, "%.*e", precision, f);
        bool same = digits.n < sizeof e && strtod(digits.at, NULL) == f;
        if (same)
            memcpy(e, digits.at, digits.n + 1);
        base_buf_release(&digits);
        if (same)
            break;
    }
    char *exponent = strchr(e, 'e');
    int x = atoi(exponent + 1);
    *exponent = 0;
    char mantissa[40];
    size_t n = 0;
    for (char *c = e; *c; c++)
        if (*c >= '0' && *c <= '9')
            mantissa[n++] = *c;
    while (n > 1 && mantissa[n - 1] == '0')
        n--;
    if (x < -4 || x >= 16) {
        base_buf_add(b, mantissa, 1);
        if (n > 1) {
            base_buf_byte(b, '.');
            base_buf_add(b, mantissa + 1, n - 1);
        }
        base_buf_printf(b, "e%c%02d", x < 0 ? '-' : '+', x < 0 ? -x : x);
    } else if (x < 0) {
        base_buf_text(b, "0.");
        base_buf_fill(b, '0', (size_t)(-x - 1));
        base_buf_add(b, mantissa, n);
    } else {
        size_t whole = (size_t)x + 1;
        base_buf_add(b, mantissa, n < whole ? n : whole);
        if (n <= whole) {
            base_buf_fill(b, '0', whole - n);
            if (!whole_as_int)
                base_buf_text(b, ".0");
        } else {
            base_buf_byte(b, '.');
            base_buf_add(b, mantissa + whole, n - whole);
        }
    }
}

/* Decimal digits of a number written in another base: schoolbook, in limbs of nine digits. */
static void repr_radix(base_buf *b, const char *s, size_t n)
{
    unsigned base = s[1] == 'x' ? 16 : s[1] == 'o' ? 8 : 2;
    size_t cap = n / 7 + 2, used = 1;
    uint32_t *limbs = base_mem_zeroed(cap * sizeof *limbs);
    if (!limbs) {
        b->failed = true;
        return;
    }
    for (size_t i = 2; i < n; i++) {
        uint64_t carry = (uint64_t)(s[i] <= '9' ? s[i] - '0' : (s[i] | 32) - 'a' + 10);
        for (size_t k = 0; k < used; k++) {
            carry += (uint64_t)limbs[k] * base;
            limbs[k] = (uint32_t)(carry % 1000000000);
            carry /= 1000000000;
        }
        if (carry)
            limbs[used++] = (uint32_t)carry;
    }
    base_buf_printf(b, "%u", limbs[used - 1]);
    for (size_t k = used - 1; k-- > 0;)
        base_buf_printf(b, "%09u", limbs[k]);
    base_mem_free(limbs);
}

void py_repr_constant(base_buf *b, const ast_constant *c)
{
    switch ((ast_const_kind)c->kind) {
    case AST_CONST_NONE: base_buf_text(b, "None"); break;
    case AST_CONST_TRUE: base_buf_text(b, "True"); break;
    case AST_CONST_FALSE: base_buf_text(b, "False"); break;
    case AST_CONST_ELLIPSIS: base_buf_text(b, "Ellipsis"); break;
    case AST_CONST_INT: base_buf_printf(b, "%lld", (long long)c->i); break;
    case AST_CONST_BIGINT:
        if (c->n > 2 && c->s[0] == '0')
            repr_radix(b, c->s, c->n);
        else
            base_buf_add(b, c->s, c->n);
        break;
    case AST_CONST_FLOAT: repr_float(b, c->f, false); break;
    case AST_CONST_IMAG:
        repr_float(b, c->f, true);
        base_buf_byte(b, 'j');
        break;
    case AST_CONST_STR: py_repr_str(b, c->s, c->n); break;
    case AST_CONST_BYTES: py_repr_bytes(b, c->s, c->n); break;
    }
}
