/* cmath.c: the module cmath. The functions are the C library's (C11 annex G gives their special values); what is ours is their errors.
 *
 * Locks: none.
 */
#include <complex.h>
#include "interp/mod/modules.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <math.h>
#undef I                                                  /* complex.h's name for the imaginary unit */
#ifndef CMPLX                                             /* glibc defines it for gcc alone; clang has the builtin */
#define CMPLX(re, im) __builtin_complex((double)(re), (double)(im))
#endif

typedef double complex number;

static bool argument(ob_val v, number *out) {
    double d;
    if (ob_is_ptr(v) && !ob_is_a(v, &ob_complex_type)) {
        ob_val m = ob_lookup_special(v, OB_NAME(complex));
        if (ob_is_null(m) && ob_failed()) return false;
        if (!ob_is_null(m)) {
            v = ob_call0(m);
            if (ob_is_null(v)) return false;
            if (!ob_is_ptr(v) || !ob_is_a(v, &ob_complex_type)) return ob_fail(ob_raise(&ob_exc_TypeError, "__complex__ returned non-complex (type %.200T)", v));
        }
    }
    if (ob_is_ptr(v) && ob_is_a(v, &ob_complex_type)) {
        const ob_complex *c = (const ob_complex *)ob_ptr(v);
        *out = CMPLX(c->re, c->im);
        return true;
    }
    if (!ob_to_double(v, &d)) return false;
    *out = CMPLX(d, 0.0);
    return true;
}

static ob_val domain_error(void) { return ob_raise(&ob_exc_ValueError, "math domain error"); }
static ob_val range_error(void) { return ob_raise(&ob_exc_OverflowError, "math range error"); }
static ob_val from(number z) { return ob_complex_from(creal(z), cimag(z)); }
static bool finite_number(number z) { return isfinite(creal(z)) && isfinite(cimag(z)); }

/* Where a function has no value. */
static bool never(number z) { (void)z; return false; }
static bool exp_undefined(number z) { return isinf(cimag(z)) && (isfinite(creal(z)) || creal(z) == INFINITY); }
static bool hyperbolic_undefined(number z) { return isinf(cimag(z)) && !isnan(creal(z)); }
static bool circular_undefined(number z) { return isinf(creal(z)) && !isnan(cimag(z)); }
static bool tanh_undefined(number z) { return isinf(cimag(z)) && isfinite(creal(z)); }
static bool tan_undefined(number z) { return isinf(creal(z)) && isfinite(cimag(z)); }
static bool atanh_undefined(number z) { return fabs(creal(z)) == 1 && cimag(z) == 0; }
static bool atan_undefined(number z) { return creal(z) == 0 && fabs(cimag(z)) == 1; }
static bool log_undefined(number z) { return creal(z) == 0 && cimag(z) == 0; }

/* Special values where the C library goes by a later text of the standard. */
static number acosh_(number z) { return creal(z) == 0 && isnan(cimag(z)) ? CMPLX(NAN, NAN) : cacosh(z); }
static number tanh_(number z) { return creal(z) == 0 && isnan(cimag(z)) ? CMPLX(NAN, NAN) : ctanh(z); }
static number tan_(number z) { return cimag(z) == 0 && isnan(creal(z)) ? CMPLX(NAN, NAN) : ctan(z); }
static number log10_(number z) { number r = clog(z); return CMPLX(creal(r) / M_LN10, cimag(r) / M_LN10); }

/* F(name, C function, where undefined, doc) */
#define FUNCTIONS(F) \
    F(acos, cacos, never, "Arc cosine.") F(acosh, acosh_, never, "Inverse hyperbolic cosine.") F(asin, casin, never, "Arc sine.") \
    F(asinh, casinh, never, "Inverse hyperbolic sine.") F(atan, catan, atan_undefined, "Arc tangent.") \
    F(atanh, catanh, atanh_undefined, "Inverse hyperbolic tangent.") F(cos, ccos, circular_undefined, "Cosine.") \
    F(cosh, ccosh, hyperbolic_undefined, "Hyperbolic cosine.") F(exp, cexp, exp_undefined, "e raised to z.") \
    F(log10, log10_, log_undefined, "The logarithm to base 10.") F(sin, csin, circular_undefined, "Sine.") \
    F(sinh, csinh, hyperbolic_undefined, "Hyperbolic sine.") F(sqrt, csqrt, never, "Square root.") F(tan, tan_, tan_undefined, "Tangent.") \
    F(tanh, tanh_, tanh_undefined, "Hyperbolic tangent.")

#define F(name, fn, undefined, doc) \
    OB_FN(cmath_##name) { \
        number z; \
        if (!argument(a[0], &z)) return OB_NULL; \
        if (undefined(z)) return domain_error(); \
        number r = fn(z); \
        return finite_number(z) && (isinf(creal(r)) || isinf(cimag(r))) ? range_error() : from(r); \
    }
FUNCTIONS(F)
#undef F

OB_FN(cmath_log) {
    number z, base;
    if (!argument(a[0], &z)) return OB_NULL;
    if (!ob_is_null(a[1]) && !argument(a[1], &base)) return OB_NULL;
    if (log_undefined(z)) return domain_error();
    z = clog(z);
    if (ob_is_null(a[1])) return from(z);
    if (log_undefined(base)) return domain_error();
    base = clog(base);
    if (log_undefined(base)) return domain_error();       /* the logarithm of 1 as a divisor */
    ob_val num = from(z), den = from(base);
    return ob_is_null(num) || ob_is_null(den) ? OB_NULL : ob_binary(OB_BIN_TRUEDIV, num, den);
}

OB_FN(cmath_phase) { number z; return argument(a[0], &z) ? ob_float_from(atan2(cimag(z), creal(z))) : OB_NULL; }

OB_FN(cmath_polar) {
    number z;
    if (!argument(a[0], &z)) return OB_NULL;
    double r = hypot(creal(z), cimag(z));
    if (isinf(r) && finite_number(z)) return range_error();
    ob_val size = ob_float_from(r), angle = ob_float_from(atan2(cimag(z), creal(z)));
    return ob_is_null(size) || ob_is_null(angle) ? OB_NULL : ob_tuple_of2(size, angle);
}

OB_FN(cmath_rect) {
    double r, phi;
    if (!ob_to_double(a[0], &r) || !ob_to_double(a[1], &phi)) return OB_NULL;
    if (isinf(phi) && r != 0 && !isnan(r)) return domain_error();
    if (!isfinite(phi) && r == 0) return ob_complex_from(0, 0);
    if (isnan(phi) && isinf(r)) return ob_complex_from(INFINITY, NAN);
    if (phi == 0) return ob_complex_from(r, isnan(r) ? phi : isinf(r) ? copysign(phi, phi * copysign(1, r)) : r * phi);
    return ob_complex_from(r * cos(phi), r * sin(phi));
}

OB_FN(cmath_isclose) {
    number x, y;
    double rel = 1e-9, abs_tol = 0;
    if (!argument(a[0], &x) || !argument(a[1], &y)) return OB_NULL;
    if (!ob_is_null(a[2]) && !ob_to_double(a[2], &rel)) return OB_NULL;
    if (!ob_is_null(a[3]) && !ob_to_double(a[3], &abs_tol)) return OB_NULL;
    if (rel < 0 || abs_tol < 0) return ob_raise(&ob_exc_ValueError, "tolerances must be non-negative");
    if (creal(x) == creal(y) && cimag(x) == cimag(y)) return OB_TRUE;
    if (isinf(creal(x)) || isinf(cimag(x)) || isinf(creal(y)) || isinf(cimag(y))) return OB_FALSE;
    double diff = hypot(creal(x) - creal(y), cimag(x) - cimag(y)), sx = hypot(creal(x), cimag(x)), sy = hypot(creal(y), cimag(y));
    return ob_bool(diff <= rel * sy || diff <= rel * sx || diff <= abs_tol);
}

OB_FN(cmath_isfinite) { number z; return argument(a[0], &z) ? ob_bool(finite_number(z)) : OB_NULL; }
OB_FN(cmath_isinf) { number z; return argument(a[0], &z) ? ob_bool(isinf(creal(z)) || isinf(cimag(z))) : OB_NULL; }
OB_FN(cmath_isnan) { number z; return argument(a[0], &z) ? ob_bool(isnan(creal(z)) || isnan(cimag(z))) : OB_NULL; }

static const ob_def defs[] = {
#define F(name, fn, undefined, doc) {#name, cmath_##name, "z, /", doc, 0},
    FUNCTIONS(F)
#undef F
    {"isclose", cmath_isclose, "a, b, *, rel_tol=1e-09, abs_tol=0.0", "Are two numbers close to each other?", 0},
    {"isfinite", cmath_isfinite, "z, /", "Are both parts finite?", 0},
    {"isinf", cmath_isinf, "z, /", "Is a part infinite?", 0},
    {"isnan", cmath_isnan, "z, /", "Is a part a NaN?", 0},
    {"log", cmath_log, "z, base=<unrepresentable>, /", "The logarithm of z to the given base, or to e.", 0},
    {"phase", cmath_phase, "z, /", "The angle of z, in radians.", 0},
    {"polar", cmath_polar, "z, /", "z in polar coordinates: (r, phi).", 0},
    {"rect", cmath_rect, "r, phi, /", "The number with these polar coordinates.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static bool fill(ob_val m) {
    return ob_module_add(m, "pi", ob_float_from(M_PI)) && ob_module_add(m, "e", ob_float_from(M_E)) && ob_module_add(m, "tau", ob_float_from(2 * M_PI)) &&
           ob_module_add(m, "inf", ob_float_from(INFINITY)) && ob_module_add(m, "infj", ob_complex_from(0, INFINITY)) &&
           ob_module_add(m, "nan", ob_float_from(NAN)) && ob_module_add(m, "nanj", ob_complex_from(0, NAN));
}

const ob_module_def py_mod_cmath = {"cmath", "Mathematical functions on complex numbers.", defs, fill};
