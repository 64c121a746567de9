/* math_sum.c: exact summation for math.fsum, accurate norms for math.hypot and math.dist.
 *
 * Locks: none.
 * fsum: Jonathan Shewchuk, "Adaptive Precision Floating-Point Arithmetic" (1997): the running sum is kept as doubles that do not overlap.
 */
#include "interp/mod/math_int.h"
#include "base/vec.h"
#include "objspace/error.h"
#include <math.h>

typedef VEC(double) doubles;

/* p (ascending, not overlapping) + x; false: no memory. */
static bool grow(doubles *p, double x, bool *overflow) {
    size_t kept = 0;
    for (size_t i = 0; i < p->n; i++) {
        double y = p->at[i];
        if (fabs(x) < fabs(y)) { double t = x; x = y; y = t; }
        volatile double hi = x + y, part = hi - x;        /* volatile: no wider registers, no fused steps */
        volatile double lo = y - part;
        if (lo != 0) p->at[kept++] = lo;
        x = hi;
    }
    p->n = kept;
    if (x == 0) return true;
    if (!isfinite(x)) { *overflow = true; return true; }
    return VEC_PUSH(p, x);
}

/* The sum of the parts, rounded once, half to even. */
static double collapse(const doubles *p) {
    size_t n = p->n;
    if (n == 0) return 0.0;
    double hi = p->at[--n], lo = 0;
    while (n > 0) {
        double x = hi, y = p->at[--n];
        volatile double sum = x + y, part = sum - x;
        hi = sum;
        lo = y - part;
        if (lo != 0) break;
    }
    if (n > 0 && ((lo < 0 && p->at[n - 1] < 0) || (lo > 0 && p->at[n - 1] > 0))) {   /* a tie that what follows breaks */
        volatile double y = lo * 2, x = hi + y, part = x - hi;
        if (y == part) hi = x;
    }
    return hi;
}

typedef struct specials { double sum, infinities; } specials;

static bool sum_all(ob_val it, doubles *parts, specials *s) {
    for (ob_val v; !ob_is_null(v = ob_next(it));) {
        double x;
        bool overflow = false;
        if (!ob_to_double(v, &x)) return false;
        if (!isfinite(x)) {
            if (isinf(x)) s->infinities += x;
            s->sum += x;
            parts->n = 0;
            continue;
        }
        if (!grow(parts, x, &overflow)) return ob_fail(ob_raise_memory());
        if (overflow) return ob_fail(ob_raise(&ob_exc_OverflowError, "intermediate overflow in fsum"));
    }
    return !ob_failed();
}

ob_val py__math_fsum(ob_val iterable) {
    ob_val it = ob_iter(iterable), result = OB_NULL;
    if (ob_is_null(it)) return it;
    doubles parts = {0};
    specials s = {0, 0};
    if (!sum_all(it, &parts, &s)) goto out;
    if (s.sum != 0) {                                     /* also when it is a NaN */
        if (isnan(s.infinities)) result = ob_raise(&ob_exc_ValueError, "-inf + inf in fsum");
        else result = ob_float_from(s.sum);
        goto out;
    }
    result = ob_float_from(collapse(&parts));
out:
    VEC_RELEASE(&parts);
    return result;
}

/* x + y exactly as hi + lo. */
static inline double two_sum(double x, double y, double *lo) {
    volatile double s = x + y, t = s - x;
    volatile double a = s - t, b = y - t;
    *lo = (x - a) + b;
    return s;
}

/* Squares are added in twice the precision, the root is corrected once (Newton): nearly always rounded correctly. */
double py__math_norm(double *v, size_t n) {
    double max = 0;
    bool nan = false;
    for (size_t i = 0; i < n; i++) {
        v[i] = fabs(v[i]);
        nan |= isnan(v[i]);
        if (v[i] > max) max = v[i];
    }
    if (isinf(max)) return max;
    if (nan) return NAN;
    if (max == 0 || n == 1) return max;
    int e;
    frexp(max, &e);
    double sum = 0, rest = 0, lo;
    for (size_t i = 0; i < n; i++) {
        double x = ldexp(v[i], -e), square = x * x, error = fma(x, x, -square);
        sum = two_sum(sum, square, &lo);
        rest += lo + error;
    }
    double root = sqrt(sum + rest);
    double square = root * root, error = fma(root, root, -square);
    double left = two_sum(sum, -square, &lo);
    root += (left + (lo + rest - error)) / (2 * root);
    return ldexp(root, e);
}
