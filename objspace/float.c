/* float.c: the type float: conversions, operators, methods.
 *
 * Locks: none; floats are immutable.
 * D1  Nearly all floats are words; ob_float objects hold the rest, and all instances of subclasses.
 */
#include "objspace/float.h"
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/float_int.h"
#include "objspace/int.h"
#include "objspace/int_int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- making and reading ---- */

static ob_val make_of_type(ob_type *t, double d) {
    ob_float *f = ob_alloc_leaf(t, sizeof *f);
    if (!f) return OB_NULL;
    f->d = d;
    return ob_of(f);
}

ob_val ob_float_box(double d) { return make_of_type(&ob_float_type, d); }

static ob_val exact(ob_val v) { return ob_is_exact(v, &ob_float_type) ? v : ob_float_from(ob_float_value(v)); }

/* __float__ and __index__ of other objects. 1: done, 0: it has neither, -1: failed. */
static int by_protocol(ob_val v, double *out) {
    const ob_slots *s = &ob_type_of(v)->slots;
    if (s->unary[OB_UN_FLOAT]) {
        ob_val f = s->unary[OB_UN_FLOAT](v);
        if (ob_is_null(f)) return -1;
        if (!ob_is_float(f)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "%.50T.__float__ returned non-float (type %.50T)", v, f));
        if (!ob_is_exact(f, &ob_float_type) && !ob_warn(&ob_exc_DeprecationWarning, 1, "%.50T.__float__ returned non-float (type %.50T).  The ability to "
                "return an instance of a strict subclass of float is deprecated, and may not be supported in a future version of Python.", v, f))
            return -1;
        *out = ob_float_value(f);
        return 1;
    }
    if (!s->unary[OB_UN_INDEX]) return 0;
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return -1;
    *out = ob_int_to_double(i);
    return ob_failed() ? -1 : 1;
}

bool ob_to_double(ob_val v, double *out) {
    if (LIKELY(ob_is_imm_float(v))) { *out = ob_float_decode(v); return true; }
    if (LIKELY(ob_is_small(v))) { *out = (double)ob_to_small(v); return true; }
    if (ob_is_float(v)) { *out = ob_float_value(v); return true; }
    int r = by_protocol(v, out);
    if (r == 0) (void)ob_raise(&ob_exc_TypeError, "must be real number, not %.50T", v);
    return r > 0;
}

static ob_val parse(const char *s, size_t n, ob_val original) {
    double d;
    if (ob_float_parse(s, n, &d)) return ob_float_from(d);
    if (ob_failed()) return OB_NULL;
    return ob_raise(&ob_exc_ValueError, "could not convert string to float: %R", original);
}

static ob_val from_str(ob_val s) {
    char *text = ob_number_text(s);
    if (!text) return OB_NULL;
    ob_val v = parse(text, ob_str_len(s), s);
    base_mem_free(text);
    return v;
}

static ob_val from_buffer(ob_val x) {
    ob_buffer b;
    if (!ob_buffer_get(x, &b, false)) return OB_NULL;
    ob_val v = parse((const char *)b.data, b.len, x);
    ob_buffer_release(&b);
    return v;
}

ob_val ob_float_of(ob_val x) {
    if (ob_is_exact(x, &ob_float_type)) return x;
    if (ob_is_small(x)) return ob_float_from((double)ob_to_small(x));
    double d;
    int r = ob_is_exact(x, &ob_str_type) ? 0 : by_protocol(x, &d);
    if (r) return r > 0 ? ob_float_from(d) : OB_NULL;
    if (ob_is_str(x)) return from_str(x);
    if (ob_is_buffer(x)) return from_buffer(x);
    return ob_raise(&ob_exc_TypeError, "float() argument must be a string or a real number, not '%.200T'", x);
}

static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    bool own_init = type != &ob_float_type && type->slots.init != ob_float_type.slots.init;
    if (!own_init && !ob_is_null(kw) && ob_tuple_len(kw)) return ob_raise(&ob_exc_TypeError, "float() takes no keyword arguments");
    if (n > 1) return ob_raise(&ob_exc_TypeError, "float expected at most 1 argument, got %zu", n);
    ob_val v = n ? ob_float_of(a[0]) : ob_float_from(0.0);
    if (ob_is_null(v) || type == &ob_float_type) return v;
    return make_of_type(type, ob_float_value(v));
}

/* ---- hashing and comparing ---- */

/* The value modulo 2^61 - 1, as for all numbers: m * 2^e, and multiplying by 2 rotates 61 bits. */
uint64_t ob_float_hash(double d) {
    const uint64_t p = (UINT64_C(1) << 61) - 1;
    if (isinf(d)) return d > 0 ? 314159 : (uint64_t)-INT64_C(314159);
    if (isnan(d)) {
        uint64_t bits;
        memcpy(&bits, &d, 8);
        return base_hash_word(bits) >> 4;
    }
    int e;
    uint64_t m = (uint64_t)ldexp(frexp(fabs(d), &e), 53);
    int turn = ((e - 53) % 61 + 61) % 61;
    uint64_t h = turn ? (m << turn & p) | m >> (61 - turn) : m;
    if (h == p) h = 0;
    if (d < 0) h = 0 - h;
    return h == UINT64_MAX ? UINT64_MAX - 1 : h;
}

/* A NaN equals nothing, so that it hashes as any object does. */
static bool hash(ob_val v, uint64_t *out) {
    double d = ob_float_value(v);
    if (UNLIKELY(isnan(d))) return ob_object_type.slots.hash(v, out);
    *out = ob_float_hash(d);
    return true;
}
static int truth(ob_val v) { return ob_float_value(v) != 0; }

static ob_val compare(ob_val a, ob_val b, ob_cmp_op op) {
    double x = ob_float_value(a);
    if (ob_is_float(b)) {
        double y = ob_float_value(b);
        switch (op) {
        case OB_LT: return ob_bool(x < y);
        case OB_LE: return ob_bool(x <= y);
        case OB_EQ: return ob_bool(x == y);
        case OB_NE: return ob_bool(x != y);
        case OB_GT: return ob_bool(x > y);
        default: return ob_bool(x >= y);
        }
    }
    if (!ob_is_int(b)) return OB_NOT_IMPLEMENTED;
    if (isnan(x)) return ob_bool(op == OB_NE);
    static const uint8_t when[] = {[OB_LT] = 1, [OB_LE] = 3, [OB_EQ] = 2, [OB_NE] = 5, [OB_GT] = 4, [OB_GE] = 6};   /* bit c + 1 */
    return ob_bool(when[op] >> (ob__double_cmp_int(x, b) + 1) & 1);
}

/* ---- operators ---- */

/* 1: a float or an int; 0: something else; -1: an int too large. */
static inline int operand(ob_val v, double *out) {
    if (LIKELY(ob_is_float(v))) { *out = ob_float_value(v); return 1; }
    if (ob_is_small(v)) { *out = (double)ob_to_small(v); return 1; }
    if (!ob_is_int(v)) return 0;
    *out = ob_int_to_double(v);
    return ob_failed() ? -1 : 1;
}

static int operands(ob_val a, ob_val b, double *x, double *y) {
    int r = operand(a, x);
    return r > 0 ? operand(b, y) : r;
}

static void floor_divide(double x, double y, double *q, double *r) {
    double m = fmod(x, y), div = (x - m) / y;
    if (m != 0) {
        if ((y < 0) != (m < 0)) { m += y; div -= 1.0; }
    } else {
        m = copysign(0.0, y);
    }
    if (div != 0) {
        *q = floor(div);
        if (div - *q > 0.5) *q += 1.0;
    } else {
        *q = copysign(0.0, x / y);
    }
    *r = m;
}

static ob_val divide_by_zero(const char *message) { return ob_raise(&ob_exc_ZeroDivisionError, "%s", message); }

static ob_val add(double x, double y) { return ob_float_from(x + y); }
static ob_val sub(double x, double y) { return ob_float_from(x - y); }
static ob_val mul(double x, double y) { return ob_float_from(x * y); }
static ob_val truediv(double x, double y) { return y == 0 ? divide_by_zero("float division by zero") : ob_float_from(x / y); }

static ob_val floordiv(double x, double y) {
    double q, r;
    if (y == 0) return divide_by_zero("float floor division by zero");
    floor_divide(x, y, &q, &r);
    return ob_float_from(q);
}

static ob_val mod(double x, double y) {
    if (y == 0) return divide_by_zero("float modulo");
    double m = fmod(x, y);
    if (m != 0) m = (y < 0) != (m < 0) ? m + y : m;
    else m = copysign(0.0, y);
    return ob_float_from(m);
}

static ob_val divmod_(double x, double y) {
    double q, r;
    if (y == 0) return divide_by_zero("float divmod()");
    floor_divide(x, y, &q, &r);
    ob_val qv = ob_float_from(q), rv = ob_float_from(r);
    return ob_is_null(qv) || ob_is_null(rv) ? OB_NULL : ob_tuple_of2(qv, rv);
}

static ob_val out_of_range(void) {
    ob_val text = ob_str_from_c("Numerical result out of range");
    if (ob_is_null(text)) return OB_NULL;
    ob_val e = ob_exc_new(&ob_exc_OverflowError, (ob_val[]){ob_from_small(ERANGE), text}, 2);
    return ob_is_null(e) ? e : ob_raise_value(e);
}

ob_val ob__float_pow(double x, double y) {
    if (x == 0 && y < 0 && !isinf(y)) return divide_by_zero("0.0 cannot be raised to a negative power");
    if (x < 0 && isfinite(x) && isfinite(y) && y != floor(y)) return ob__complex_pow(x, 0, y, 0);
    double z = pow(x, y);                                 /* C11 annex F has Python's special cases */
    if (isinf(z) && isfinite(x) && isfinite(y)) return out_of_range();
    return ob_float_from(z);
}

/* OP(ob_bin_op, function on doubles) */
#define FLOAT_OPS(OP) \
    OP(ADD, add) OP(SUB, sub) OP(MUL, mul) OP(TRUEDIV, truediv) OP(FLOORDIV, floordiv) OP(MOD, mod) OP(POW, ob__float_pow) OP(DIVMOD, divmod_)

#define OP(name, fn) \
    static ob_val slot_##fn(ob_val a, ob_val b) { \
        double x, y; \
        int r = operands(a, b, &x, &y); \
        return r > 0 ? fn(x, y) : r == 0 ? OB_NOT_IMPLEMENTED : OB_NULL; \
    }
FLOAT_OPS(OP)
#undef OP

static ob_val pow3(ob_val a, ob_val b, ob_val m) {
    if (ob_is_null(m) || ob_is_none(m)) return slot_ob__float_pow(a, b);
    return ob_raise(&ob_exc_TypeError, "pow() 3rd argument not allowed unless all arguments are integers");
}

static ob_val neg(ob_val v) { return ob_float_from(-ob_float_value(v)); }
static ob_val absolute(ob_val v) { return ob_float_from(fabs(ob_float_value(v))); }
static ob_val to_int(ob_val v) { return ob_int_from_double(ob_float_value(v)); }
static ob_val repr(ob_val v) { return ob_float_repr(ob_float_value(v)); }

/* ---- methods ---- */

OB_FN(m_exact) { return exact(self); }
OB_FN(m_is_integer) { double d = ob_float_value(self); return ob_bool(isfinite(d) && floor(d) == d); }
OB_FN(m_trunc) { return to_int(self); }
OB_FN(m_floor) { return ob_int_from_double(floor(ob_float_value(self))); }
OB_FN(m_ceil) { return ob_int_from_double(ceil(ob_float_value(self))); }
OB_FN(m_getnewargs) { ob_val e = exact(self); return ob_is_null(e) ? e : ob_tuple_of1(e); }

OB_FN(m_round) {
    double d = ob_float_value(self);
    int64_t places;
    if (ob_is_null(a[0]) || ob_is_none(a[0])) return ob_int_from_double(nearbyint(d));
    if (!ob_index_clamp(a[0], &places)) return OB_NULL;
    if (!isfinite(d) || places > 323) return exact(self);
    if (places < -308) return ob_float_from(0.0 * d);
    double r = ob__float_round(d, (int)places);
    if (isinf(r)) return ob_raise(&ob_exc_OverflowError, "rounded value too large to represent");
    return ob_float_from(r);
}

bool ob__float_to_ratio(double d, ob_val *num, ob_val *den) {
    if (isinf(d)) return ob_fail(ob_raise(&ob_exc_OverflowError, "cannot convert Infinity to integer ratio"));
    if (isnan(d)) return ob_fail(ob_raise(&ob_exc_ValueError, "cannot convert NaN to integer ratio"));
    int e;
    int64_t m = (int64_t)ldexp(frexp(d, &e), 53);
    e -= 53;
    if (m == 0) e = 0;
    while (m && !(m & 1) && e < 0) { m /= 2; e++; }
    ob_val shift = ob_from_small(e < 0 ? -e : e);
    *num = ob_from_small(m);
    *den = ob_from_small(1);
    ob_val *up = e < 0 ? den : num;
    *up = ob_int_binary(OB_BIN_LSHIFT, *up, shift);
    return !ob_is_null(*up);
}

OB_FN(m_as_integer_ratio) {
    ob_val num, den;
    return ob__float_to_ratio(ob_float_value(self), &num, &den) ? ob_tuple_of2(num, den) : OB_NULL;
}

OB_FN(m_hex) {
    double d = ob_float_value(self);
    if (!isfinite(d)) return ob_float_repr(d);
    uint64_t bits;
    memcpy(&bits, &d, 8);
    int be = (int)(bits >> 52 & 0x7ff), e = be ? be - 1023 : -1022;
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    char buf[48];
    if (d == 0) snprintf(buf, sizeof buf, "%s0x0.0p+0", signbit(d) ? "-" : "");
    else snprintf(buf, sizeof buf, "%s0x%d.%013llxp%+d", signbit(d) ? "-" : "", be != 0, (unsigned long long)fraction, e);
    return ob_str_from_c(buf);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); }

static int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* What a hexadecimal text says: mantissa * 2^exponent; the lowest bit of mantissa also stands for all that did not fit. */
typedef struct hex_number { bool neg; uint64_t mantissa; int64_t exponent; } hex_number;

static const char *scan_hex_digits(const char *s, const char *end, hex_number *x) {
    int digits = 0, points = 0;
    for (; s < end && (is_hex(*s) || (*s == '.' && points == 0)); s++) {
        if (*s == '.') { points++; continue; }
        digits++;
        if (x->mantissa >> 58) {                          /* full: the digit is below what counts */
            x->mantissa |= hex_digit(*s) != 0;
            x->exponent += points ? 0 : 4;
        } else {
            x->mantissa = x->mantissa << 4 | (uint64_t)hex_digit(*s);
            x->exponent -= points ? 4 : 0;
        }
    }
    return digits ? s : NULL;
}

/* [sign] [0x] hex digits with a point [p exponent]: all of [s, end). */
static bool scan_hex(const char *s, const char *end, hex_number *x) {
    *x = (hex_number){0};
    if (s < end && (*s == '+' || *s == '-')) x->neg = *s++ == '-';
    if (end - s >= 2 && s[0] == '0' && (s[1] | 0x20) == 'x') s += 2;
    if (!(s = scan_hex_digits(s, end, x))) return false;
    if (s < end && (*s | 0x20) == 'p') {
        bool minus = ++s < end && *s == '-';
        int64_t e = 0;
        if (s < end && (*s == '+' || *s == '-')) s++;
        if (s == end) return false;
        for (; s < end && *s >= '0' && *s <= '9'; s++)
            if (e < INT64_C(1) << 40) e = e * 10 + (*s - '0');
        x->exponent += minus ? -e : e;
    }
    return s == end;
}

/* Rounded once, half to even, also where the result is subnormal. */
static double hex_value(const hex_number *x) {
    if (x->mantissa == 0) return x->neg ? -0.0 : 0.0;
    int bits = 64 - __builtin_clzll(x->mantissa);
    int64_t top = x->exponent + bits - 1, drop = bits - (top < -1022 ? 53 - (-1022 - top) : 53);   /* bits below the last place */
    uint64_t m = x->mantissa;
    if (top > 1023) return x->neg ? -INFINITY : INFINITY;
    if (drop > 63) return x->neg ? -0.0 : 0.0;
    if (drop > 0) {
        uint64_t half = UINT64_C(1) << (drop - 1), low = m & (half * 2 - 1);
        m -= low;
        if (low > half || (low == half && m >> drop & 1)) m += half * 2;
    }
    double d = ldexp((double)m, (int)x->exponent);
    return x->neg ? -d : d;
}

static bool parse_hex(const char *s, size_t n, double *out) {
    const char *end = s + n;
    hex_number x;
    while (s < end && is_space(*s)) s++;
    while (s < end && is_space(end[-1])) end--;
    if (scan_hex(s, end, &x)) {
        *out = hex_value(&x);
        return !isinf(*out) || ob_fail(ob_raise(&ob_exc_OverflowError, "hexadecimal value too large to represent as a float"));
    }
    const char *t = s < end && (*s == '+' || *s == '-') ? s + 1 : s;
    bool special = t < end && ((*t | 0x20) == 'i' || (*t | 0x20) == 'n');
    if (special && ob_float_parse(s, (size_t)(end - s), out)) return true;
    return ob_fail(ob_raise(&ob_exc_ValueError, "invalid hexadecimal floating-point string"));
}

OB_FN(m_fromhex) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "bad argument type for built-in operation");
    char *text = ob_number_text(a[0]);
    if (!text) return OB_NULL;
    double d = 0;
    bool ascii = ob_str_is_ascii(a[0]);
    bool ok = ascii ? parse_hex(text, ob_str_len(a[0]), &d) : ob_fail(ob_raise(&ob_exc_ValueError, "invalid hexadecimal floating-point string"));
    base_mem_free(text);
    if (!ok) return OB_NULL;
    ob_val v = ob_float_from(d);
    return ob_is_null(v) || ob_same(self, ob_type_val(&ob_float_type)) ? v : ob_call1(self, v);
}

OB_FN(m_getformat) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "__getformat__() argument must be str, not %.50T", a[0]);
    if (!ob_str_equal_c(a[0], "double") && !ob_str_equal_c(a[0], "float"))
        return ob_raise(&ob_exc_ValueError, "__getformat__() argument 1 must be 'double' or 'float'");
    return ob_str_from_c("IEEE, little-endian");
}

OB_FN(m_format) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "__format__() argument must be str, not %.50T", a[0]);
    return ob__format_float(self, a[0]);
}

static ob_val g_real(ob_val self) { return exact(self); }
static ob_val g_imag(ob_val self) { (void)self; return ob_float_from(0.0); }

static const ob_def float_methods[] = {
    {"__ceil__", m_ceil, "", "The least integer that is not below.", 0},
    {"__floor__", m_floor, "", "The greatest integer that is not above.", 0},
    {"__format__", m_format, "format_spec, /", "The float as text, in the given format.", 0},
    {"__getformat__", m_getformat, "typestr, /", "How 'double' or 'float' is laid out on this machine.", OB_DEF_CLASS},
    {"__getnewargs__", m_getnewargs, "", NULL, 0},
    {"__round__", m_round, "ndigits=None, /", "Rounds half to even: to an int, or to a float with ndigits places.", 0},
    {"__trunc__", m_trunc, "", "The integer towards zero.", 0},
    {"as_integer_ratio", m_as_integer_ratio, "", "Two integers in lowest terms whose ratio is exactly this float.\n\n>>> (0.75).as_integer_ratio()\n(3, 4)", 0},
    {"conjugate", m_exact, "", "The float itself.", 0},
    {"fromhex", m_fromhex, "string, /", "The float that a hexadecimal text stands for.\n\n>>> float.fromhex('0x1.8p-1')\n0.75", OB_DEF_CLASS},
    {"hex", m_hex, "", "The float as hexadecimal text, exactly.\n\n>>> (0.75).hex()\n'0x1.8000000000000p-1'", 0},
    {"is_integer", m_is_integer, "", "Is it a whole number?", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static const ob_getset float_getsets[] = {
    {"real", g_real, NULL, "the real part"},
    {"imag", g_imag, NULL, "the imaginary part, 0.0"},
    {NULL, NULL, NULL, NULL},
};

ob_type ob_float_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "float",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_FLOAT | OB_TF_LEAF,
    .size = sizeof(ob_float),
    .slots = {
        .repr = repr, .hash = hash, .cmp = compare, .truth = truth, .make = make, .pow3 = pow3,
        .unary = {[OB_UN_NEG] = neg, [OB_UN_POS] = exact, [OB_UN_ABS] = absolute, [OB_UN_INT] = to_int, [OB_UN_FLOAT] = exact},
        .binary = {
#define OP(name, fn) [OB_BIN_##name] = slot_##fn,
            FLOAT_OPS(OP)
#undef OP
        },
    },
    .methods = float_methods,
    .getsets = float_getsets,
    .doc = "A double-precision number, made from a number or from text.",
};
