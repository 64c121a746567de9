/* math.c: the module math. The transcendental functions are the C library's; what is ours is their errors.
 *
 * Locks: none.
 * M1  A NaN from numbers is a domain error (ValueError), an infinity from finite numbers a range error (OverflowError) where the
 *     function can overflow, and else a domain error.
 */
#include "base/mem.h"
#include "interp/mod/math_int.h"
#include "interp/mod/modules.h"
#include "objspace/error.h"
#include "objspace/int_gmp.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <limits.h>
#include <math.h>

static ob_val domain_error(void) { return ob_raise(&ob_exc_ValueError, "math domain error"); }
static ob_val range_error(void) { return ob_raise(&ob_exc_OverflowError, "math range error"); }

static ob_val checked(double r, bool nan_in, bool finite_in, bool can_overflow) {
    if (isnan(r) && !nan_in) return domain_error();
    if (isinf(r) && finite_in) return can_overflow ? range_error() : domain_error();
    return ob_float_from(r);
}

/* ONE(name, C function, can it overflow?, doc) */
#define ONE_ARGUMENT(ONE) \
    ONE(acos, acos, false, "Arc cosine in radians.") \
    ONE(acosh, acosh, false, "Inverse hyperbolic cosine.") \
    ONE(asin, asin, false, "Arc sine in radians.") \
    ONE(asinh, asinh, false, "Inverse hyperbolic sine.") \
    ONE(atan, atan, false, "Arc tangent in radians.") \
    ONE(atanh, atanh, false, "Inverse hyperbolic tangent.") \
    ONE(cbrt, cbrt, false, "Cube root.") \
    ONE(cos, cos, false, "Cosine of an angle in radians.") \
    ONE(cosh, cosh, true, "Hyperbolic cosine.") \
    ONE(erf, erf, false, "Error function.") \
    ONE(erfc, erfc, false, "Complementary error function.") \
    ONE(exp, exp, true, "e raised to x.") \
    ONE(exp2, exp2, true, "2 raised to x.") \
    ONE(expm1, expm1, true, "exp(x) - 1, accurate near 0.") \
    ONE(fabs, fabs, false, "Absolute value as a float.") \
    ONE(log1p, log1p, false, "Natural logarithm of 1 + x, accurate near 0.") \
    ONE(sin, sin, false, "Sine of an angle in radians.") \
    ONE(sinh, sinh, true, "Hyperbolic sine.") \
    ONE(sqrt, sqrt, false, "Square root.") \
    ONE(tan, tan, false, "Tangent of an angle in radians.") \
    ONE(tanh, tanh, false, "Hyperbolic tangent.") \
    ONE(degrees, to_degrees, false, "An angle in radians as degrees.") \
    ONE(radians, to_radians, false, "An angle in degrees as radians.") \
    ONE(ulp, ulp, false, "The value of the last place of x.")

static double to_degrees(double x) { return x * (180.0 / M_PI); }
static double to_radians(double x) { return x * (M_PI / 180.0); }

static double ulp(double x) {
    x = fabs(x);
    if (!isfinite(x)) return x;
    double next = nextafter(x, INFINITY);
    return isinf(next) ? x - nextafter(x, -INFINITY) : next - x;
}

#define ONE(name, fn, overflows, doc) \
    OB_FN(math_##name) { \
        double x; \
        if (!ob_to_double(a[0], &x)) return OB_NULL; \
        return checked(fn(x), isnan(x), isfinite(x), overflows); \
    }
ONE_ARGUMENT(ONE)
#undef ONE

/* ---- gamma ---- */

OB_FN(math_gamma) {
    double x;
    if (!ob_to_double(a[0], &x)) return OB_NULL;
    if (isnan(x) || x == INFINITY) return ob_float_from(x);
    if (x <= 0 && (isinf(x) || x == floor(x))) return domain_error();
    if (x == floor(x) && x <= 23) {                       /* factorials up to 22! are exact doubles */
        double r = 1;
        for (int i = 2; i < (int)x; i++) r *= i;
        return ob_float_from(r);
    }
    double r = tgamma(x);
    return isinf(r) ? range_error() : ob_float_from(r);
}

OB_FN(math_lgamma) {
    double x;
    int sign;
    if (!ob_to_double(a[0], &x)) return OB_NULL;
    if (isnan(x)) return ob_float_from(x);
    if (isinf(x)) return ob_float_from(INFINITY);
    if (x <= 0 && x == floor(x)) return domain_error();
    double r = lgamma_r(x, &sign);
    return isinf(r) ? range_error() : ob_float_from(r);
}

/* ---- logarithms ---- */

/* log of a positive number of any size; integers beyond the doubles by their exponent. */
static bool logarithm(ob_val v, double (*fn)(double), double *out) {
    double x;
    if (ob_is_int(v)) {
        if (ob_int_sign(v) <= 0) return ob_fail(domain_error());
        int64_t e;
        x = ob_int_frexp(v, &e);
        *out = e <= 1024 && isfinite(ldexp(x, (int)e)) ? fn(ldexp(x, (int)e)) : fn(x) + fn(2.0) * (double)e;
        return true;
    }
    if (!ob_to_double(v, &x)) return false;
    if (x <= 0) return ob_fail(domain_error());
    *out = fn(x);
    return true;
}

OB_FN(math_log) {
    double num, den;
    if (!ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "math.log() takes no keyword arguments");
    if (n < 1 || n > 2) return ob_raise(&ob_exc_TypeError, "math.log requires 1 to 2 arguments");
    if (!logarithm(a[0], log, &num)) return OB_NULL;
    if (n == 1) return ob_float_from(num);
    if (!logarithm(a[1], log, &den)) return OB_NULL;
    if (den == 0) return ob_raise(&ob_exc_ZeroDivisionError, "float division by zero");
    return ob_float_from(num / den);
}

OB_FN(math_log2) { double r; return logarithm(a[0], log2, &r) ? ob_float_from(r) : OB_NULL; }
OB_FN(math_log10) { double r; return logarithm(a[0], log10, &r) ? ob_float_from(r) : OB_NULL; }

/* ---- two arguments ---- */

static bool two(const ob_val *a, double *x, double *y) { return ob_to_double(a[0], x) && ob_to_double(a[1], y); }

OB_FN(math_atan2) { double y, x; return two(a, &y, &x) ? ob_float_from(atan2(y, x)) : OB_NULL; }
OB_FN(math_copysign) { double x, y; return two(a, &x, &y) ? ob_float_from(copysign(x, y)) : OB_NULL; }
OB_FN(math_nextafter) { double x, y; return two(a, &x, &y) ? ob_float_from(nextafter(x, y)) : OB_NULL; }

OB_FN(math_fmod) {
    double x, y;
    if (!two(a, &x, &y)) return OB_NULL;
    return checked(fmod(x, y), isnan(x) || isnan(y), true, false);
}

OB_FN(math_remainder) {
    double x, y;
    if (!two(a, &x, &y)) return OB_NULL;
    return checked(remainder(x, y), isnan(x) || isnan(y), true, false);
}

OB_FN(math_pow) {
    double x, y;
    if (!two(a, &x, &y)) return OB_NULL;
    double r = pow(x, y);
    if (isnan(r) && !isnan(x) && !isnan(y)) return domain_error();
    if (isinf(r) && isfinite(x) && isfinite(y)) return x == 0 ? domain_error() : range_error();
    return ob_float_from(r);
}

OB_FN(math_ldexp) {
    double x;
    if (!ob_to_double(a[0], &x)) return OB_NULL;
    if (!ob_is_int(a[1])) return ob_raise(&ob_exc_TypeError, "Expected an int as second argument to ldexp.");
    int64_t e = ob_int_clamp(a[1]);
    if (x == 0 || !isfinite(x)) return ob_float_from(x);
    double r = ldexp(x, e > INT_MAX ? INT_MAX : e < INT_MIN ? INT_MIN : (int)e);
    return isinf(r) ? range_error() : ob_float_from(r);
}

static ob_val float_pair(double x, ob_val second) {
    ob_val first = ob_float_from(x);
    return ob_is_null(first) || ob_is_null(second) ? OB_NULL : ob_tuple_of2(first, second);
}

OB_FN(math_frexp) {
    double x;
    int e = 0;
    if (!ob_to_double(a[0], &x)) return OB_NULL;
    if (isfinite(x)) x = frexp(x, &e);
    return float_pair(x, ob_from_small(e));
}

OB_FN(math_modf) {
    double x, whole;
    if (!ob_to_double(a[0], &x)) return OB_NULL;
    double fraction = modf(x, &whole);
    return float_pair(fraction, ob_float_from(whole));
}

OB_FN(math_isclose) {
    double x, y, rel = 1e-9, abs_tol = 0;
    if (!two(a, &x, &y)) return OB_NULL;
    if (!ob_is_null(a[2]) && !ob_to_double(a[2], &rel)) return OB_NULL;
    if (!ob_is_null(a[3]) && !ob_to_double(a[3], &abs_tol)) return OB_NULL;
    if (rel < 0 || abs_tol < 0) return ob_raise(&ob_exc_ValueError, "tolerances must be non-negative");
    if (x == y) return OB_TRUE;
    if (isinf(x) || isinf(y)) return OB_FALSE;
    double diff = fabs(y - x);
    return ob_bool(diff <= fabs(rel * y) || diff <= fabs(rel * x) || diff <= abs_tol);
}

OB_FN(math_isfinite) { double x; return ob_to_double(a[0], &x) ? ob_bool(isfinite(x)) : OB_NULL; }
OB_FN(math_isinf) { double x; return ob_to_double(a[0], &x) ? ob_bool(isinf(x)) : OB_NULL; }
OB_FN(math_isnan) { double x; return ob_to_double(a[0], &x) ? ob_bool(isnan(x)) : OB_NULL; }

/* ---- rounding to int ---- */

static ob_val to_whole(ob_val v, const char *method, double (*fn)(double)) {
    double x;
    if (!ob_is_exact(v, &ob_float_type)) {
        ob_val name = ob_str_intern_c(method);
        if (ob_is_null(name)) return OB_NULL;
        ob_val m = ob_lookup_special(v, name);
        if (!ob_is_null(m)) return ob_call0(m);
        if (ob_failed()) return OB_NULL;
    }
    return ob_to_double(v, &x) ? ob_int_from_double(fn(x)) : OB_NULL;
}

OB_FN(math_ceil) { return ob_is_small(a[0]) ? a[0] : to_whole(a[0], "__ceil__", ceil); }
OB_FN(math_floor) { return ob_is_small(a[0]) ? a[0] : to_whole(a[0], "__floor__", floor); }

OB_FN(math_trunc) {
    if (ob_is_exact(a[0], &ob_float_type)) return ob_int_from_double(ob_float_value(a[0]));
    ob_val m = ob_lookup_special(a[0], OB_NAME(trunc));
    if (!ob_is_null(m)) return ob_call0(m);
    return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "type %.100T doesn't define __trunc__ method", a[0]);
}

/* ---- sums, products, lengths ---- */

OB_FN(math_fsum) { return py__math_fsum(a[0]); }

OB_FN(math_prod) {
    ob_val r = ob_is_null(a[1]) ? ob_from_small(1) : a[1], it = ob_iter(a[0]), v;
    if (ob_is_null(it)) return OB_NULL;
    while (!ob_is_null(v = ob_next(it)))
        if (ob_is_null(r = ob_binary(OB_BIN_MUL, r, v))) return OB_NULL;
    return ob_failed() ? OB_NULL : r;
}

/* Room for n doubles: the frame's or malloc's. */
static double *room(double *local, size_t have, size_t n) {
    if (n <= have) return local;
    double *p = base_mem_alloc(n * sizeof *p);
    if (!p) (void)ob_raise_memory();
    return p;
}

OB_FN(math_hypot) {
    double local[16];
    if (!ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "math.hypot() takes no keyword arguments");
    double *v = room(local, BASE_LENGTH(local), n);
    if (!v) return OB_NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) ok = ob_to_double(a[i], &v[i]);
    double r = ok ? py__math_norm(v, n) : 0;
    if (v != local) base_mem_free(v);
    return ok ? ob_float_from(r) : OB_NULL;
}

OB_FN(math_dist) {
    double local[16], x, y;
    ob_val p = ob_is_tuple(a[0]) ? a[0] : ob_tuple_of_iterable(a[0]);
    if (ob_is_null(p)) return OB_NULL;
    ob_val q = ob_is_tuple(a[1]) ? a[1] : ob_tuple_of_iterable(a[1]);
    if (ob_is_null(q)) return OB_NULL;
    size_t dims = ob_tuple_len(p);
    if (dims != ob_tuple_len(q)) return ob_raise(&ob_exc_ValueError, "both points must have the same number of dimensions");
    double *v = room(local, BASE_LENGTH(local), dims);
    if (!v) return OB_NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < dims; i++) {
        ok = ob_to_double(ob_tuple_at(p, i), &x) && ob_to_double(ob_tuple_at(q, i), &y);
        if (ok) v[i] = x - y;
    }
    double r = ok ? py__math_norm(v, dims) : 0;
    if (v != local) base_mem_free(v);
    return ok ? ob_float_from(r) : OB_NULL;
}

static const ob_def math_defs[] = {
#define ONE(name, fn, overflows, doc) {#name, math_##name, "x, /", doc, 0},
    ONE_ARGUMENT(ONE)
#undef ONE
    {"atan2", math_atan2, "y, x, /", "Arc tangent of y/x, in the right quadrant.", 0},
    {"ceil", math_ceil, "x, /", "The least integer that is not below x.", 0},
    {"copysign", math_copysign, "x, y, /", "The size of x with the sign of y.", 0},
    {"dist", math_dist, "p, q, /", "The distance of two points.", 0},
    {"floor", math_floor, "x, /", "The greatest integer that is not above x.", 0},
    {"fmod", math_fmod, "x, y, /", "The remainder of x / y with the sign of x.", 0},
    {"frexp", math_frexp, "x, /", "The pair (m, e) with x == m * 2**e and 0.5 <= abs(m) < 1.", 0},
    {"fsum", math_fsum, "seq, /", "The sum of the numbers, rounded once.", 0},
    {"gamma", math_gamma, "x, /", "The gamma function.", 0},
    {"hypot", math_hypot, "*coordinates", "The length of a vector.", 0},
    {"isclose", math_isclose, "a, b, *, rel_tol=1e-09, abs_tol=0.0", "Are two numbers close to each other?", 0},
    {"isfinite", math_isfinite, "x, /", "Is x neither infinite nor a NaN?", 0},
    {"isinf", math_isinf, "x, /", "Is x an infinity?", 0},
    {"isnan", math_isnan, "x, /", "Is x a NaN?", 0},
    {"ldexp", math_ldexp, "x, i, /", "x * 2**i.", 0},
    {"lgamma", math_lgamma, "x, /", "The natural logarithm of the absolute value of gamma(x).", 0},
    {"log", math_log, NULL, "log(x, [base=math.e])\nThe logarithm of x to the given base.", 0},
    {"log10", math_log10, "x, /", "The logarithm of x to base 10.", 0},
    {"log2", math_log2, "x, /", "The logarithm of x to base 2.", 0},
    {"modf", math_modf, "x, /", "The fractional and the integer part of x, as floats.", 0},
    {"nextafter", math_nextafter, "x, y, /", "The float next to x towards y.", 0},
    {"pow", math_pow, "x, y, /", "x**y as a float.", 0},
    {"prod", math_prod, "iterable, /, *, start=1", "The product of the items.", 0},
    {"remainder", math_remainder, "x, y, /", "The remainder of x / y that is nearest to 0.", 0},
    {"trunc", math_trunc, "x, /", "The integer towards zero.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static bool fill(ob_val m) {
    return ob_module_add_defs(m, py__math_whole_defs) && ob_module_add(m, "pi", ob_float_from(M_PI)) && ob_module_add(m, "e", ob_float_from(M_E)) &&
           ob_module_add(m, "tau", ob_float_from(2 * M_PI)) && ob_module_add(m, "inf", ob_float_from(INFINITY)) &&
           ob_module_add(m, "nan", ob_float_from(NAN));
}

const ob_module_def py_mod_math = {"math", "Mathematical functions on real numbers.", math_defs, fill};
