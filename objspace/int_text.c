/* int_text.c: integers from text and to text, and the constructor int().
 *
 * Locks: none. The limit of decimal digits is read relaxed: it is a guard against slow conversions, no more.
 */
#include "objspace/int.h"
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/int_int.h"
#include "objspace/chars.h"
#include "objspace/tuple.h"
#include <math.h>
#include <string.h>
#include <unictype.h>

_Atomic(int) ob_int_max_str_digits = 4300;

static int digit_limit(void) { return atomic_load_explicit(&ob_int_max_str_digits, memory_order_relaxed); } /* MO: none needed */

/* ---- text of a str ---- */

static bool wide_space(uint32_t c) {
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

char *ob_number_text(ob_val s) {
    size_t n = ob_str_len(s);
    char *out = base_mem_alloc(n + 1);
    if (!out) return ob_fail_ptr(ob_raise_memory());
    for (size_t i = 0; i < n; i++) {
        uint32_t c = ob_str_at(s, i);
        if (c < 0x80) { out[i] = c >= 0x1c && c <= 0x1f ? ' ' : (char)c; continue; }
        int d = uc_decimal_value(c);
        out[i] = d >= 0 ? (char)('0' + d) : wide_space(c) ? ' ' : '?';
    }
    out[n] = 0;
    return out;
}

/* ---- reading ---- */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* The base a prefix "0x", "0o", "0b" stands for; 0 if there is none. */
static int prefix_base(const char *s, const char *end) {
    if (end - s < 2 || s[0] != '0') return 0;
    char c = s[1] | 0x20;
    return c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
}

static ob_val bad_literal(const char *s, size_t len, int base, ob_val original) {
    if (!ob_is_null(original)) return ob_raise(&ob_exc_ValueError, "invalid literal for int() with base %d: %.200R", base, original);
    ob_val text = ob_str_from_utf8(s, len);
    if (ob_is_null(text)) return OB_NULL;
    return ob_raise(&ob_exc_ValueError, "invalid literal for int() with base %d: %.200R", base, text);
}

/* Digit values of s[0..n) without underscores into out; their count, or -1 when malformed. */
static ssize_t digit_values(const char *s, const char *end, int base, uint8_t *out) {
    ssize_t n = 0;
    bool after_digit = false;
    for (; s < end; s++) {
        if (*s == '_') {
            if (!after_digit) return -1;
            after_digit = false;
            continue;
        }
        int d = digit_of(*s);
        if (d >= base) return -1;
        out[n++] = (uint8_t)d;
        after_digit = true;
    }
    return after_digit ? n : -1;
}

static bool check_digits(size_t n, int base) {
    int limit = digit_limit();
    if ((base & (base - 1)) == 0 || limit == 0 || n <= (size_t)limit) return true;
    return ob_fail(ob_raise(&ob_exc_ValueError,
        "Exceeds the limit (%d digits) for integer string conversion: value has %zu digits; use sys.set_int_max_str_digits() to increase the limit", limit, n));
}

static ob_val from_digits(const uint8_t *d, size_t n, int base, bool neg) {
    if (!check_digits(n, base)) return OB_NULL;
    if (n <= 11 || (n <= 18 && base <= 10)) {             /* 36^11 and 10^18 are below 2^61 */
        int64_t v = 0;
        for (size_t i = 0; i < n; i++) v = v * base + d[i];
        return ob_from_small(neg ? -v : v);
    }
    return ob__big_from_digits(d, n, base, neg);
}

static bool all_zero(const uint8_t *d, ssize_t n) {
    for (ssize_t i = 0; i < n; i++)
        if (d[i]) return false;
    return true;
}

ob_val ob_int_from_text(const char *s, size_t len, int base, ob_val original) {
    if (base != 0 && (base < 2 || base > 36)) return ob_raise(&ob_exc_ValueError, "int() base must be >= 2 and <= 36, or 0");
    const char *p = s, *end = s + len;
    while (p < end && is_space(*p)) p++;
    while (p < end && is_space(end[-1])) end--;
    bool neg = false;
    if (p < end && (*p == '+' || *p == '-')) neg = *p++ == '-';
    int prefix = prefix_base(p, end), use = base ? base : prefix ? prefix : 10;
    if (prefix == use) {
        p += 2;
        if (p < end && *p == '_') p++;
    }
    uint8_t local[64], *digits = local;
    if (end - p > (ptrdiff_t)sizeof local && !(digits = base_mem_alloc((size_t)(end - p)))) return ob_raise_memory();
    ssize_t n = digit_values(p, end, use, digits);
    bool old_octal = base == 0 && prefix == 0 && n > 1 && digits[0] == 0 && !all_zero(digits, n);
    ob_val v = n < 1 || old_octal ? bad_literal(s, len, base, original) : from_digits(digits, (size_t)n, use, neg);
    if (digits != local) base_mem_free(digits);
    return v;
}

/* ---- writing ---- */

static ob_val too_long(void) {
    return ob_raise(&ob_exc_ValueError, "Exceeds the limit (%d digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit",
                    digit_limit());
}

static ob_val ascii_str(const char *s, size_t n) {
    ob_val v = ob_str_alloc(n, 127);
    if (!ob_is_null(v)) ob_bytes_copy(ob_str_ptr(v)->data, (const uint8_t *)s, n);
    return v;
}

char *ob_int64_digits(int64_t i, char *end) {
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    char *p = end;
    for (; u >= 100; u /= 100) {                          /* two at a time: half the divisions */
        unsigned two = (unsigned)(u % 100);
        *--p = (char)('0' + two % 10);
        *--p = (char)('0' + two / 10);
    }
    if (u >= 10) { *--p = (char)('0' + u % 10); u /= 10; }
    *--p = (char)('0' + u);
    if (i < 0) *--p = '-';
    return p;
}

static ob_val small_to_text(int64_t i) {
    if (i >= 0 && i < 10) return ob_str_from_char('0' + (uint32_t)i);
    char buf[OB_INT64_DIGITS], *end = buf + sizeof buf, *p = ob_int64_digits(i, end);
    return ascii_str(p, (size_t)(end - p));
}

ob_val ob_int_to_text(ob_val v, int base, bool prefix) {
    int64_t i;
    if (base == 10 && ob__int_small(v, &i)) return small_to_text(i);
    ob__view w;
    ob__view_of(v, &w);
    int limit = digit_limit();
    bool limited = limit && (base & (base - 1));
    if (limited && (double)ob__big_bit_length(&w) > (limit + 2) * log2(base)) return too_long();
    char local[128], *out = local;
    size_t room = ob__big_text_room(&w, base) + 3;
    if (room > sizeof local && !(out = base_mem_alloc(room))) return ob_raise_memory();
    char *p = out;
    if (w.neg) *p++ = '-';
    if (prefix) { *p++ = '0'; *p++ = base == 16 ? 'x' : base == 8 ? 'o' : 'b'; }
    size_t n = ob__big_text(&w, base, p);
    ob_val text = n == 0 ? OB_NULL : limited && n > (size_t)limit ? too_long() : ascii_str(out, (size_t)(p - out) + n);
    if (out != local) base_mem_free(out);
    return text;
}

/* ---- int(x, base) ---- */

static ob_val from_str(ob_val s, int base) {
    if (ob_str_is_ascii(s)) {
        const char *t = (const char *)ob_str_ptr(s)->data;
        bool plain = true;                                /* 0x1c..0x1f are spaces to str alone */
        for (size_t i = 0; i < ob_str_len(s); i++) plain &= (uint8_t)t[i] < 0x1c || (uint8_t)t[i] > 0x1f;
        if (plain) return ob_int_from_text(t, ob_str_len(s), base, s);
    }
    char *text = ob_number_text(s);
    if (!text) return OB_NULL;
    ob_val v = ob_int_from_text(text, ob_str_len(s), base, s);
    base_mem_free(text);
    return v;
}

/* The original of a message is the bytes of x, of whichever type x is. */
static ob_val from_buffer(ob_val x, int base) {
    ob_buffer b;
    if (!ob_buffer_get(x, &b, false)) return OB_NULL;
    ob_val bytes = ob_is_bytes(x) ? x : ob_bytes_from(b.data, b.len);
    ob_buffer_release(&b);
    if (ob_is_null(bytes)) return OB_NULL;
    return ob_int_from_text((const char *)ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len, base, bytes);
}

/* What __int__, __index__ or __trunc__ gave. */
static ob_val exact(ob_val v, const char *method) {
    if (ob_is_null(v) || ob_is_exact(v, &ob_int_type)) return v;
    if (!ob_is_int(v)) return ob_raise(&ob_exc_TypeError, "%s returned non-int (type %.200T)", method, v);
    return ob__int_deprecated(v, method);
}

static ob_val from_trunc(ob_val method) {
    if (!ob_warn(&ob_exc_DeprecationWarning, 1, "The delegation of int() to __trunc__ is deprecated.")) return OB_NULL;
    ob_val t = ob_call0(method);
    if (ob_is_null(t) || ob_is_exact(t, &ob_int_type)) return t;
    if (!ob_is_int(t)) {
        if (!ob_type_of(t)->slots.unary[OB_UN_INDEX]) return ob_raise(&ob_exc_TypeError, "__trunc__ returned non-Integral (type %.200T)", t);
        t = ob_index(t);
    }
    return ob_is_null(t) ? t : ob__int_exact(t);
}

ob_val ob_int_of(ob_val x) {
    if (ob_is_exact(x, &ob_int_type)) return x;
    if (ob_is_imm_float(x)) return ob_int_from_double(ob_float_decode(x));
    const ob_slots *s = &ob_type_of(x)->slots;
    if (s->unary[OB_UN_INT]) return exact(s->unary[OB_UN_INT](x), "__int__");
    if (s->unary[OB_UN_INDEX]) return exact(s->unary[OB_UN_INDEX](x), "__index__");
    ob_val trunc_method = ob_lookup_special(x, OB_NAME(trunc));
    if (!ob_is_null(trunc_method)) return from_trunc(trunc_method);
    if (ob_failed()) return OB_NULL;
    if (ob_is_str(x)) return from_str(x, 10);
    if (ob_is_buffer(x)) return from_buffer(x, 10);
    return ob_raise(&ob_exc_TypeError, "int() argument must be a string, a bytes-like object or a real number, not '%.200T'", x);
}

static ob_val int_of_base(ob_val x, ob_val base) {
    int64_t b;
    base = ob_index(base);
    if (ob_is_null(base)) return OB_NULL;
    if (!ob__int_small(base, &b) || b < 0 || b == 1 || b > 36) return ob_raise(&ob_exc_ValueError, "int() base must be >= 2 and <= 36, or 0");
    if (ob_is_str(x)) return from_str(x, (int)b);
    if (ob_is_bytes(x) || ob_is_a(x, &ob_bytearray_type)) return from_buffer(x, (int)b);
    return ob_raise(&ob_exc_TypeError, "int() can't convert non-string with explicit base");
}

ob_val ob__int_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    size_t nkw = ob_is_null(kw) ? 0 : ob_tuple_len(kw);
    ob_val base = n > 1 ? a[1] : OB_NULL;
    if (n + nkw > 2) return ob_raise(&ob_exc_TypeError, "int() takes at most 2 arguments (%zu given)", n + nkw);
    for (size_t i = 0; i < nkw; i++) {
        ob_val name = ob_tuple_at(kw, i);
        if (!ob_str_equal_c(name, "base")) return ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for int()", name);
        if (!ob_is_null(base)) return ob_raise(&ob_exc_TypeError, "argument for int() given by name ('base') and position (2)");
        base = a[n + i];
    }
    ob_val v = ob_from_small(0);
    if (n == 0 && !ob_is_null(base)) return ob_raise(&ob_exc_TypeError, "int() missing string argument");
    if (n > 0) v = ob_is_null(base) ? ob_int_of(a[0]) : int_of_base(a[0], base);
    if (ob_is_null(v)) return OB_NULL;
    return ob__int_of_type(type, v);
}
