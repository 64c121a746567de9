/* float_fmt.c: floats as text and back: shortest repr, rounding to a number of digits, layout, parsing.
 *
 * Locks: none. The C locale for strtod is made once (pthread_once).
 * F1  Reading back the text of ob_float_repr gives the same double, and no shorter text does.
 * F2  glibc's printf and strtod are exact; all rounding is half to even on the exact binary value.
 * Shortest digits: Raffaello Giulietti, "The Schubfach way to render doubles" (2021).
 */
#include "objspace/float.h"
#include "base/mem.h"
#include "objspace/error.h"
#include "objspace/float_int.h"
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shortest digits ---- */

static const struct { uint64_t hi, lo; } pow10_table[] = {
#define POW10(hi, lo) {hi, lo},
#include "objspace/float_pow10.def"
#undef POW10
};
#define POW10_FIRST (-292)

static int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }
/* floor(log10(2^e)), or of 3/4 of it: the lower neighbour of a power of two is nearer. */
static int floor_log10_pow2(int e, bool three_quarters) { return (e * 1262611 - (three_quarters ? 524031 : 0)) >> 22; }

/* The top of g * c, its lowest bit set if anything below is (other than what the table's rounding left). */
static uint64_t round_to_odd(uint64_t hi, uint64_t lo, uint64_t c) {
    unsigned __int128 x = (unsigned __int128)lo * c, y = (unsigned __int128)hi * c + (uint64_t)(x >> 64);
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* d = m * 10^*k with the fewest digits in m; d is finite and positive. */
static uint64_t schubfach(double d, int *exp10) {
    uint64_t bits;
    memcpy(&bits, &d, 8);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int be = (int)(bits >> 52);
    uint64_t c = be ? fraction | UINT64_C(1) << 52 : fraction;
    int q = (be ? be : 1) - 1075;
    bool even = (c & 1) == 0, narrow = fraction == 0 && be > 1;

    int k = floor_log10_pow2(q, narrow), h = q + floor_log2_pow10(-k) + 1;
    uint64_t hi = pow10_table[-k - POW10_FIRST].hi, lo = pow10_table[-k - POW10_FIRST].lo;
    uint64_t below = round_to_odd(hi, lo, (4 * c - 2 + narrow) << h), at = round_to_odd(hi, lo, 4 * c << h), above = round_to_odd(hi, lo, (4 * c + 2) << h);
    uint64_t lower = below + !even, upper = above - !even, s = at / 4;
    if (s >= 10) {
        uint64_t t = s / 10;
        bool down = lower <= 40 * t, up = 40 * t + 40 <= upper;
        if (down != up) { *exp10 = k + 1; return t + up; }
    }
    bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    *exp10 = k;
    if (down != up) return s + up;
    uint64_t middle = 4 * s + 2;
    return s + (at > middle || (at == middle && (s & 1)));
}

static void strip_zeros(ob__decimal *out) {
    while (out->n > 1 && out->digits[out->n - 1] == '0') out->n--;
}

static void set_zero(ob__decimal *out) {
    out->digits[0] = '0';
    out->n = out->point = 1;
}

void ob__decimal_shortest(double d, ob__decimal *out) {
    if (d == 0) { set_zero(out); return; }
    int k;
    uint64_t m = schubfach(fabs(d), &k);
    char buf[24], *p = buf + sizeof buf;
    while (m) { *--p = (char)('0' + m % 10); m /= 10; }
    out->n = (int)(buf + sizeof buf - p);
    memcpy(out->digits, p, (size_t)out->n);
    out->point = out->n + k;
    strip_zeros(out);
}

/* ---- rounded digits ---- */

#define MAX_PLACES 1074                  /* no double has more after the point … */
#define MAX_DIGITS 1100                  /* … or more in all (767) */

void ob__decimal_significant(double d, int digits, ob__decimal *out) {
    if (d == 0) { set_zero(out); return; }
    char buf[MAX_DIGITS + 32];
    snprintf(buf, sizeof buf, "%.*e", (digits > MAX_DIGITS ? MAX_DIGITS : digits) - 1, fabs(d));
    out->n = 0;
    char *p = buf;
    for (; *p && *p != 'e'; p++)                          /* what is no digit is the locale's decimal point */
        if (isdigit((unsigned char)*p)) out->digits[out->n++] = *p;
    out->point = (int)strtol(p + 1, NULL, 10) + 1;
    strip_zeros(out);
}

void ob__decimal_fixed(double d, int places, ob__decimal *out) {
    char buf[MAX_PLACES + 340];
    if (places > MAX_PLACES) places = MAX_PLACES;
    int len = snprintf(buf, sizeof buf, "%.*f", places, fabs(d)), last = len;
    while (last > 0 && !(buf[last - 1] >= '1' && buf[last - 1] <= '9')) last--;
    if (last == 0) { set_zero(out); return; }
    int whole = 0;
    while (isdigit((unsigned char)buf[whole])) whole++;
    out->n = 0;
    int seen = 0;                                         /* digits passed, leading zeros too */
    for (int i = 0; i < last; i++) {
        if (!isdigit((unsigned char)buf[i])) continue;
        if (out->n || buf[i] != '0') {
            if (!out->n) out->point = whole - seen;
            out->digits[out->n++] = buf[i];
        }
        seen++;
    }
}

/* ---- layout ---- */

typedef struct text { char *p; size_t n, cap; } text;
static void put(text *t, char c) { if (t->n < t->cap) t->p[t->n++] = c; }
static void put_digits(text *t, const ob__decimal *d, int from, int to) {   /* zeros where there are none */
    for (int i = from; i < to; i++) put(t, i >= 0 && i < d->n ? d->digits[i] : '0');
}

static void put_exponent(text *t, int e, bool upper) {
    char buf[16];
    int n = snprintf(buf, sizeof buf, "%c%+.2d", upper ? 'E' : 'e', e);
    for (int i = 0; i < n; i++) put(t, buf[i]);
}

/* `shown` digits of d, zeros behind those there are; with an exponent or as a fixed number. */
static void lay_out(text *t, const ob__decimal *d, int shown, bool exponent, bool alternate, bool add_dot_0, bool upper) {
    int point = exponent ? 1 : d->point;
    if (shown < point) shown = point;
    if (!exponent && add_dot_0 && shown <= point) shown = point + 1;
    if (point <= 0) put(t, '0');
    else put_digits(t, d, 0, point);
    if (shown > point || alternate) put(t, '.');
    put_digits(t, d, point, shown);
    if (exponent) put_exponent(t, d->point - 1, upper);
}

static void put_special(text *t, double d, bool upper) {
    const char *s = isnan(d) ? (upper ? "NAN" : "nan") : upper ? "INF" : "inf";
    while (*s) put(t, *s++);
}

/* Fixed notation of a moderate number with few decimals, exact by 128-bit integers: m * 2^-s * 10^precision, rounded half to even.
 * 0: not of that kind. */
static size_t fixed_small(char *buf, size_t cap, double d, int precision) {
    static const uint32_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    int e;
    double a = fabs(d), f;
    if (precision < 1 || precision > 6 || !(a < 1e12) || (a != 0 && a < 1e-9) || cap < 32) return 0;
    f = frexp(a, &e);
    int shift = 53 - e;                                  /* a == m * 2^-shift, 53 - 40 <= shift <= 53 + 30 */
    unsigned __int128 v = (unsigned __int128)(uint64_t)(f * 9007199254740992.0) * tens[precision];
    unsigned __int128 rest = v & (((unsigned __int128)1 << shift) - 1), half = (unsigned __int128)1 << (shift - 1);
    uint64_t q = (uint64_t)(v >> shift);
    if (rest > half || (rest == half && (q & 1))) q++;
    char digits[24];
    int n = 0, at = 0;
    for (; q || n <= precision; q /= 10) digits[n++] = (char)('0' + q % 10);
    if (signbit(d)) buf[at++] = '-';
    while (n > precision) buf[at++] = digits[--n];
    buf[at++] = '.';
    while (n > 0) buf[at++] = digits[--n];
    return (size_t)at;
}

size_t ob_float_format(char *buf, size_t cap, double d, char format, int precision, bool alternate, bool add_dot_0) {
    if (format == 'f') {
        size_t n = fixed_small(buf, cap, d, precision);
        if (n) return n;
    }
    text t = {buf, 0, cap};
    bool upper = format == 'E' || format == 'F' || format == 'G';
    if (signbit(d) && !isnan(d)) put(&t, '-');
    if (!isfinite(d)) { put_special(&t, d, upper); return t.n; }
    ob__decimal x;
    bool exponent = false;
    int shown;
    switch (format | 0x20) {
    case 'e':
        ob__decimal_significant(d, precision + 1, &x);
        exponent = true;
        shown = precision + 1;
        break;
    case 'f':
        ob__decimal_fixed(d, precision, &x);
        shown = x.point + precision;
        break;
    case 'g':
        if (precision == 0) precision = 1;
        ob__decimal_significant(d, precision, &x);
        exponent = x.point <= -4 || x.point > precision - add_dot_0;
        shown = alternate ? precision : x.n;
        break;
    default:
        ob__decimal_shortest(d, &x);
        exponent = x.point <= -4 || x.point > 16;
        shown = x.n;
        break;
    }
    lay_out(&t, &x, shown, exponent, alternate, add_dot_0, upper);
    return t.n;
}

ob_val ob_float_repr(double d) {
    char buf[64];
    size_t n = ob_float_format(buf, sizeof buf, d, 'r', 0, false, true);
    ob_val s = ob_str_alloc(n, 127);
    if (!ob_is_null(s)) memcpy(ob_str_ptr(s)->data, buf, n);
    return s;
}

/* ---- reading ---- */

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;
static void make_c_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

/* strtod without the program's locale. s: a number, checked by the caller. */
double ob__float_strtod(const char *s) {
    pthread_once(&c_locale_once, make_c_locale);
    return c_locale ? strtod_l(s, NULL, c_locale) : strtod(s, NULL);
}

/* "inf", "infinity", "nan" in any case. */
static bool parse_special(const char *s, size_t n, double *out) {
    bool neg = n && *s == '-';
    if (n && (*s == '-' || *s == '+')) s++, n--;
    if ((n == 3 && strncasecmp(s, "inf", 3) == 0) || (n == 8 && strncasecmp(s, "infinity", 8) == 0)) *out = INFINITY;
    else if (n == 3 && strncasecmp(s, "nan", 3) == 0) *out = NAN;
    else return false;
    if (neg) *out = -*out;
    return true;
}

/* What a number's text says, so that short ones need no strtod. */
typedef struct scan { uint64_t mantissa; int digits, exp10; bool ok; } scan;

/* Digits with optional underscores between; how many characters. -1: an underscore elsewhere. */
static const char *scan_digits(const char *p, const char *end, scan *s, int exp_step, int *count) {
    for (*count = 0; p < end; p++) {
        if (*p == '_') {
            if (*count == 0 || p[-1] == '_' || p + 1 >= end || !isdigit((unsigned char)p[1])) break;
            continue;
        }
        if (!isdigit((unsigned char)*p)) break;
        ++*count;
        if (s->digits < 19) {
            s->mantissa = s->mantissa * 10 + (uint64_t)(*p - '0');
            s->digits += s->mantissa != 0;
            s->exp10 += exp_step;
        } else {
            s->ok = false;
        }
    }
    return p;
}

/* Checks the whole of [p, end) and reads it into s. */
static bool scan_number(const char *p, const char *end, scan *s) {
    int whole, fraction = 0, n;
    *s = (scan){.ok = true};
    if (p < end && (*p == '+' || *p == '-')) p++;
    p = scan_digits(p, end, s, 0, &whole);
    if (p < end && *p == '.') p = scan_digits(p + 1, end, s, -1, &fraction);
    if (whole + fraction == 0) return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        bool neg = ++p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+')) p++;
        scan e = {.ok = true};
        p = scan_digits(p, end, &e, 0, &n);
        if (n == 0) return false;
        if (!e.ok || e.mantissa > 9999) s->ok = false;
        else s->exp10 += neg ? -(int)e.mantissa : (int)e.mantissa;
    }
    return p == end;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* False: no number, or MemoryError pending. */
bool ob_float_parse(const char *s, size_t len, double *out) {
    static const double exact[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *end = s + len;
    scan n;
    while (s < end && is_space(*s)) s++;
    while (s < end && is_space(end[-1])) end--;
    if (!scan_number(s, end, &n)) return parse_special(s, (size_t)(end - s), out);
    if (n.ok && n.mantissa <= UINT64_C(1) << 53 && n.exp10 >= -22 && n.exp10 <= 22) {   /* both exact: one rounding (Clinger 1990) */
        double d = (double)n.mantissa;
        d = n.exp10 < 0 ? d / exact[-n.exp10] : d * exact[n.exp10];
        *out = *s == '-' ? -d : d;
        return true;
    }
    char local[128], *buf = local, *p;
    if (end - s >= (ptrdiff_t)sizeof local && !(buf = base_mem_alloc((size_t)(end - s) + 1))) return ob_fail(ob_raise_memory());
    for (p = buf; s < end; s++)
        if (*s != '_') *p++ = *s;
    *p = 0;
    *out = ob__float_strtod(buf);
    if (buf != local) base_mem_free(buf);
    return true;
}

/* ---- round() ---- */

/* The exact digits of |d|, cut to `keep` of them, half to even; point stays, but for a carry. */
static void round_digits(ob__decimal *x, int keep) {
    if (keep < 0) { set_zero(x); return; }
    if (keep >= x->n) return;
    bool more = x->digits[keep] > '5' || (x->digits[keep] == '5' && keep + 1 < x->n);
    bool half = x->digits[keep] == '5' && keep + 1 == x->n;
    bool up = more || (half && keep > 0 && (x->digits[keep - 1] & 1));
    x->n = keep;
    if (up) {
        int i = keep;
        while (i > 0 && x->digits[i - 1] == '9') x->digits[--i] = '0';
        if (i > 0) x->digits[i - 1]++;
        else { x->digits[0] = '1'; x->n = 1; x->point++; }
    }
    if (x->n == 0) set_zero(x);
}

/* d to a multiple of 10^-places; may overflow to infinity. */
double ob__float_round(double d, int places) {
    ob__decimal x;
    if (places >= 0) ob__decimal_fixed(d, places, &x);
    else {
        ob__decimal_fixed(d, MAX_PLACES, &x);             /* exact */
        round_digits(&x, x.point + places);
    }
    char buf[sizeof x.digits + 32];
    snprintf(buf, sizeof buf, "0.%.*se%d", x.n, x.digits, x.point);
    return copysign(ob__float_strtod(buf), d);
}
