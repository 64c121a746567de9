/* complex.c: the type complex: operators, text, methods.
 *
 * Locks: none; complex numbers are immutable.
 */
#include "objspace/float.h"
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/float_int.h"
#include "objspace/int.h"
#include "objspace/int_int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <math.h>
#include <string.h>

typedef struct pair { double re, im; } pair;

static ob_val make_of_type(ob_type *t, pair p) {
    ob_complex *c = ob_alloc_leaf(t, sizeof *c);
    if (!c) return OB_NULL;
    c->re = p.re;
    c->im = p.im;
    return ob_of(c);
}

static ob_val from(pair p) { return make_of_type(&ob_complex_type, p); }
ob_val ob_complex_from(double re, double im) { return from((pair){re, im}); }

static bool is_complex(ob_val v) { return ob_is_ptr(v) && ob_is_a(v, &ob_complex_type); }
static pair value(ob_val v) { const ob_complex *c = (const ob_complex *)ob_ptr(v); return (pair){c->re, c->im}; }

/* 1: a complex, float or int; 0: something else; -1: an int too large. */
static int operand(ob_val v, pair *out) {
    out->im = 0;
    if (ob_is_float(v)) { out->re = ob_float_value(v); return 1; }
    if (ob_is_int(v)) { out->re = ob_int_to_double(v); return ob_failed() ? -1 : 1; }
    if (!is_complex(v)) return 0;
    *out = value(v);
    return 1;
}

/* ---- arithmetic ---- */

static pair times(pair a, pair b) { return (pair){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }

/* Robert Smith's division (CACM algorithm 116): scaled by the larger part, so that nothing overflows needlessly. false: b is 0. */
static bool quotient(pair a, pair b, pair *out) {
    double x = fabs(b.re), y = fabs(b.im);
    *out = (pair){NAN, NAN};
    if (x == 0 && y == 0) { *out = (pair){0, 0}; return false; }
    if (x >= y) {
        double ratio = b.im / b.re, d = b.re + b.im * ratio;
        *out = (pair){(a.re + a.im * ratio) / d, (a.im - a.re * ratio) / d};
    } else if (y >= x) {
        double ratio = b.re / b.im, d = b.re * ratio + b.im;
        *out = (pair){(a.re * ratio + a.im) / d, (a.im * ratio - a.re) / d};
    }
    return true;
}

static pair power_small(pair a, long n) {
    pair r = {1, 0};
    for (; n; n >>= 1) {
        if (n & 1) r = times(r, a);
        if (n > 1) a = times(a, a);
    }
    return r;
}

/* a**b; false: 0 to a negative or complex power. */
static bool power(pair a, pair b, pair *out) {
    if (b.im == 0 && b.re == floor(b.re) && fabs(b.re) <= 100) {
        if (b.re >= 0) { *out = power_small(a, (long)b.re); return true; }
        return quotient((pair){1, 0}, power_small(a, (long)-b.re), out);
    }
    if (a.re == 0 && a.im == 0) {
        *out = (pair){0, 0};
        return b.im == 0 && b.re >= 0;
    }
    double size = hypot(a.re, a.im), len = pow(size, b.re), angle = atan2(a.im, a.re), phase = angle * b.re;
    if (b.im != 0) {
        len *= exp(-angle * b.im);
        phase += b.im * log(size);
    }
    *out = (pair){len * cos(phase), len * sin(phase)};
    return !isinf(phase);                                /* no angle: the C library's domain error */
}

static ob_val add(pair a, pair b) { return from((pair){a.re + b.re, a.im + b.im}); }
static ob_val sub(pair a, pair b) { return from((pair){a.re - b.re, a.im - b.im}); }
static ob_val mul(pair a, pair b) { return from(times(a, b)); }

static ob_val truediv(pair a, pair b) {
    pair q;
    return quotient(a, b, &q) ? from(q) : ob_raise(&ob_exc_ZeroDivisionError, "complex division by zero");
}

static ob_val pow_(pair a, pair b) {
    pair r;
    if (!power(a, b, &r)) return ob_raise(&ob_exc_ZeroDivisionError, "0.0 to a negative or complex power");
    if (isinf(r.re) || isinf(r.im)) return ob_raise(&ob_exc_OverflowError, "complex exponentiation");
    return from(r);
}

ob_val ob__complex_pow(double are, double aim, double bre, double bim) { return pow_((pair){are, aim}, (pair){bre, bim}); }

#define COMPLEX_OPS(OP) OP(ADD, add) OP(SUB, sub) OP(MUL, mul) OP(TRUEDIV, truediv) OP(POW, pow_)
#define OP(name, fn) \
    static ob_val slot_##fn(ob_val a, ob_val b) { \
        pair x, y; \
        int r = operand(a, &x); \
        if (r > 0) r = operand(b, &y); \
        return r > 0 ? fn(x, y) : r == 0 ? OB_NOT_IMPLEMENTED : OB_NULL; \
    }
COMPLEX_OPS(OP)
#undef OP

static ob_val pow3(ob_val a, ob_val b, ob_val m) {
    if (ob_is_null(m) || ob_is_none(m)) return slot_pow_(a, b);
    return ob_raise(&ob_exc_ValueError, "complex modulo");
}

static ob_val exact(ob_val v) { return ob_is_exact(v, &ob_complex_type) ? v : from(value(v)); }
static ob_val neg(ob_val v) { pair p = value(v); return from((pair){-p.re, -p.im}); }

static ob_val absolute(ob_val v) {
    pair p = value(v);
    double d = hypot(p.re, p.im);
    if (isinf(d) && isfinite(p.re) && isfinite(p.im)) return ob_raise(&ob_exc_OverflowError, "absolute value too large");
    return ob_float_from(d);
}

static int truth(ob_val v) { pair p = value(v); return p.re != 0 || p.im != 0; }

static bool hash(ob_val v, uint64_t *out) {
    pair p = value(v);
    uint64_t h = ob_float_hash(p.re) + UINT64_C(1000003) * ob_float_hash(p.im);
    *out = h == UINT64_MAX ? UINT64_MAX - 1 : h;
    return true;
}

static ob_val compare(ob_val a, ob_val b, ob_cmp_op op) {
    if (op != OB_EQ && op != OB_NE) return OB_NOT_IMPLEMENTED;
    pair p = value(a);
    bool equal;
    if (is_complex(b)) { pair q = value(b); equal = p.re == q.re && p.im == q.im; }
    else if (ob_is_float(b)) equal = p.im == 0 && p.re == ob_float_value(b);
    else if (ob_is_int(b)) equal = p.im == 0 && !isnan(p.re) && ob__double_cmp_int(p.re, b) == 0;
    else return OB_NOT_IMPLEMENTED;
    return ob_bool(equal == (op == OB_EQ));
}

/* ---- text ---- */

static ob_val repr(ob_val v) {
    pair p = value(v);
    char buf[160], *q = buf;
    bool plain = p.re == 0 && !signbit(p.re);
    if (!plain) {
        *q++ = '(';
        q += ob_float_format(q, 64, p.re, 'r', 0, false, false);
        if (!signbit(p.im) || isnan(p.im)) *q++ = '+';
    }
    q += ob_float_format(q, 64, p.im, 'r', 0, false, false);
    *q++ = 'j';
    if (!plain) *q++ = ')';
    return ob_str_from_latin1((const uint8_t *)buf, (size_t)(q - buf));
}

static const char *skip_space(const char *s, const char *end) {
    while (s < end && (*s == ' ' || (*s >= '\t' && *s <= '\r'))) s++;
    return s;
}

/* The end of the longest text at s that may be a float; s itself if there is none. Checked by ob_float_parse later. */
static const char *float_end(const char *s, const char *end) {
    const char *p = s;
    if (p < end && (*p == '+' || *p == '-')) p++;
    if (p < end && ((*p | 0x20) == 'i' || (*p | 0x20) == 'n')) {
        while (p < end && ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') && (*p | 0x20) != 'j') p++;
        return p;
    }
    const char *first = p;
    while (p < end && ((*p >= '0' && *p <= '9') || *p == '.' || *p == '_')) p++;
    if (p == first) return s;
    if (p < end && (*p | 0x20) == 'e') {
        const char *q = p + 1;
        if (q < end && (*q == '+' || *q == '-')) q++;
        if (q < end && *q >= '0' && *q <= '9') {
            while (q < end && ((*q >= '0' && *q <= '9') || *q == '_')) q++;
            p = q;
        }
    }
    return p;
}

static bool is_j(const char *p, const char *end) { return p < end && (*p | 0x20) == 'j'; }

/* [float] [sign [float] j] at s; NULL: malformed. */
static const char *parse_parts(const char *s, const char *end, pair *out) {
    const char *p = float_end(s, end);
    double d;
    if (p == s) {                                         /* j, +j, -j */
        d = 1;
        if (p < end && (*p == '+' || *p == '-')) d = *p++ == '-' ? -1 : 1;
        if (!is_j(p, end)) return NULL;
        out->im = d;
        return p + 1;
    }
    if (!ob_float_parse(s, (size_t)(p - s), &d)) return NULL;
    if (is_j(p, end)) { out->im = d; return p + 1; }
    out->re = d;
    if (p >= end || (*p != '+' && *p != '-')) return p;
    s = p;
    p = float_end(s, end);
    if (p == s) { out->im = *p == '-' ? -1 : 1; p++; }
    else if (!ob_float_parse(s, (size_t)(p - s), &out->im)) return NULL;
    return is_j(p, end) ? p + 1 : NULL;
}

static bool parse(const char *s, const char *end, pair *out) {
    *out = (pair){0, 0};
    s = skip_space(s, end);
    bool paren = s < end && *s == '(';
    if (paren) s = skip_space(s + 1, end);
    if (s == end || !(s = parse_parts(s, end, out))) return false;
    s = skip_space(s, end);
    if (paren) {
        if (s == end || *s != ')') return false;
        s = skip_space(s + 1, end);
    }
    return s == end;
}

/* Does every underscore stand between two digits? */
static bool underscores_fit(const char *s) {
    for (const char *p = s; *p; p++)
        if (*p == '_' && (p == s || p[-1] < '0' || p[-1] > '9' || p[1] < '0' || p[1] > '9')) return false;
    return true;
}

static ob_val from_str(ob_type *type, ob_val s) {
    char *text = ob_number_text(s);
    pair p;
    if (!text) return OB_NULL;
    bool fit = underscores_fit(text), ok = fit && parse(text, text + ob_str_len(s), &p);
    base_mem_free(text);
    if (!fit) return ob_raise(&ob_exc_ValueError, "could not convert string to complex: %R", s);
    if (ok) return make_of_type(type, p);
    return ob_failed() ? OB_NULL : ob_raise(&ob_exc_ValueError, "complex() arg is a malformed string");
}

/* ---- complex(real, imag) ---- */

/* The result of v.__complex__(); OB_NULL without exception when there is none. */
static ob_val by_method(ob_val v) {
    if (ob_is_small(v) || ob_is_imm_float(v) || ob_is_exact(v, &ob_complex_type)) return OB_NULL;
    ob_val m = ob_lookup_special(v, OB_NAME(complex));
    if (ob_is_null(m)) return OB_NULL;
    ob_val r = ob_call0(m);
    if (ob_is_null(r) || ob_is_exact(r, &ob_complex_type)) return r;
    if (is_complex(r))
        return ob_warn(&ob_exc_DeprecationWarning, 1, "__complex__ returned non-complex (type %.200T).  The ability to return an instance of a strict subclass of "
                       "complex is deprecated, and may not be supported in a future version of Python.", r) ? r : OB_NULL;
    return ob_raise(&ob_exc_TypeError, "__complex__ returned non-complex (type %.200T)", r);
}

/* A number argument; *complex: it has an imaginary part of its own. */
static bool argument(ob_val v, const char *message, pair *out, bool *complex) {
    const ob_slots *s = &ob_type_of(v)->slots;
    *complex = is_complex(v);
    if (*complex) { *out = value(v); return true; }
    if (!s->unary[OB_UN_FLOAT] && !s->unary[OB_UN_INDEX]) return ob_fail(ob_raise(&ob_exc_TypeError, message, v));
    out->im = 0;
    return ob_to_double(v, &out->re);
}

ob_val ob__complex_build(ob_type *type, ob_val re, ob_val im) {
    if (!ob_is_null(re) && ob_is_null(im) && type == &ob_complex_type && ob_is_exact(re, type)) return re;
    if (!ob_is_null(re) && ob_is_str(re)) {
        if (!ob_is_null(im)) return ob_raise(&ob_exc_TypeError, "complex() can't take second arg if first is a string");
        return from_str(type, re);
    }
    if (!ob_is_null(im) && ob_is_str(im)) return ob_raise(&ob_exc_TypeError, "complex() second arg can't be a string");
    pair r = {0, 0}, i = {0, 0};
    bool rc = false, ic = false;
    if (!ob_is_null(re)) {
        ob_val c = by_method(re);
        if (ob_is_null(c) && ob_failed()) return OB_NULL;
        if (!ob_is_null(c)) re = c;
        if (!argument(re, "complex() first argument must be a string or a number, not '%.200T'", &r, &rc)) return OB_NULL;
    }
    if (ob_is_null(im)) return make_of_type(type, r);
    if (!argument(im, "complex() second argument must be a number, not '%.200T'", &i, &ic)) return OB_NULL;
    double real = ic ? r.re - i.im : r.re, imag = rc ? i.re + r.im : i.re;   /* signs of zeros survive where nothing is added */
    return make_of_type(type, (pair){real, imag});
}

static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    static const char *const names[] = {"real", "imag"};
    ob_val v[2] = {OB_NULL, OB_NULL};
    size_t nkw = ob_is_null(kw) ? 0 : ob_tuple_len(kw);
    if (n + nkw > 2) return ob_raise(&ob_exc_TypeError, "complex() takes at most 2 arguments (%zu given)", n + nkw);
    for (size_t i = 0; i < n; i++) v[i] = a[i];
    for (size_t i = 0; i < nkw; i++) {
        ob_val name = ob_tuple_at(kw, i);
        int k = ob_str_equal_c(name, names[0]) ? 0 : ob_str_equal_c(name, names[1]) ? 1 : -1;
        if (k < 0) return ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for complex()", name);
        if (!ob_is_null(v[k])) return ob_raise(&ob_exc_TypeError, "argument for complex() given by name ('%s') and position (%d)", names[k], k + 1);
        v[k] = a[n + i];
    }
    return ob__complex_build(type, v[0], v[1]);
}

/* ---- methods ---- */

OB_FN(m_conjugate) { pair p = value(self); return from((pair){p.re, -p.im}); }
OB_FN(m_complex) { return exact(self); }

OB_FN(m_getnewargs) {
    pair p = value(self);
    ob_val re = ob_float_from(p.re), im = ob_float_from(p.im);
    return ob_is_null(re) || ob_is_null(im) ? OB_NULL : ob_tuple_of2(re, im);
}

OB_FN(m_format) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "__format__() argument must be str, not %.50T", a[0]);
    return ob__format_complex(self, a[0]);
}

static ob_val g_real(ob_val self) { return ob_float_from(value(self).re); }
static ob_val g_imag(ob_val self) { return ob_float_from(value(self).im); }

static const ob_def complex_methods[] = {
    {"__complex__", m_complex, "", "The number as an exact complex.", 0},
    {"__format__", m_format, "format_spec, /", "The number as text, in the given format.", 0},
    {"__getnewargs__", m_getnewargs, "", NULL, 0},
    {"conjugate", m_conjugate, "", "The number with its imaginary part negated.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static const ob_getset complex_getsets[] = {
    {"real", g_real, ob_readonly_member, "the real part of a complex number"},
    {"imag", g_imag, ob_readonly_member, "the imaginary part"},
    {NULL, NULL, NULL, NULL},
};

ob_type ob_complex_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "complex",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_LEAF,
    .size = sizeof(ob_complex),
    .slots = {
        .repr = repr, .hash = hash, .cmp = compare, .truth = truth, .make = make, .pow3 = pow3,
        .unary = {[OB_UN_NEG] = neg, [OB_UN_POS] = exact, [OB_UN_ABS] = absolute},
        .binary = {
#define OP(name, fn) [OB_BIN_##name] = slot_##fn,
            COMPLEX_OPS(OP)
#undef OP
        },
    },
    .methods = complex_methods,
    .getsets = complex_getsets,
    .doc = "A number with a real and an imaginary part, made from two numbers or from text.",
};
