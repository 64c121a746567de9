/* math_whole.c: the functions of math on integers: gcd, lcm, factorial, comb, perm, isqrt.
 *
 * Locks: none. What may take long goes aside (int_aside.h); results of absurd size are refused first.
 */
#include "interp/mod/math_int.h"
#include "objspace/error.h"
#include "objspace/int_aside.h"
#include <math.h>

#define MAX_BITS 0x1p36
enum { LONG_COUNT = 30000 };                 /* factors from which on a product may take long */

static uint64_t absolute(int64_t i) { return i < 0 ? 0 - (uint64_t)i : (uint64_t)i; }

static uint64_t gcd_words(uint64_t a, uint64_t b) {
    while (b) { uint64_t t = a % b; a = b; b = t; }
    return a;
}

static void gcd_aside(ob_aside *j) { mpz_gcd(j->r, &j->a, &j->b); }
static void lcm_aside(ob_aside *j) { mpz_lcm(j->r, &j->a, &j->b); }

static ob_val by_gmp(ob_val a, ob_val b, void (*fn)(mpz_ptr, mpz_srcptr, mpz_srcptr), void (*aside)(ob_aside *)) {
    ob_mpz x, y;
    mpz_t z;
    ob_int_lend_mpz(a, &x);
    ob_int_lend_mpz(b, &y);
    if (mpz_size(x.z) + mpz_size(y.z) > OB_ASIDE_SLOW_LIMBS) return ob_aside_result(ob_aside_new(x.z, y.z, NULL, 0), aside);
    mpz_init(z);
    fn(z, x.z, y.z);
    ob_val v = ob_int_from_mpz(z);
    mpz_clear(z);
    return v;
}
static ob_val gcd2(ob_val a, ob_val b) {
    if (ob_both_small(a, b)) return ob_int_from_u64(gcd_words(absolute(ob_to_small(a)), absolute(ob_to_small(b))));
    return by_gmp(a, b, mpz_gcd, gcd_aside);
}
static ob_val lcm2(ob_val a, ob_val b) { return by_gmp(a, b, mpz_lcm, lcm_aside); }

static ob_val fold(const ob_val *a, size_t n, ob_val start, ob_val (*two)(ob_val, ob_val)) {
    ob_val r = start;
    for (size_t i = 0; i < n; i++) {
        ob_val x = ob_index(a[i]);
        if (ob_is_null(x) || ob_is_null(r = two(r, x))) return OB_NULL;
    }
    return r;
}

static bool no_keywords(const char *name, ob_val kw) {
    if (ob_is_null(kw)) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, "math.%s() takes no keyword arguments", name));
}

OB_FN(math_gcd) { return no_keywords("gcd", kw) ? fold(a, n, ob_from_small(0), gcd2) : OB_NULL; }
OB_FN(math_lcm) { return no_keywords("lcm", kw) ? fold(a, n, ob_from_small(1), lcm2) : OB_NULL; }

/* fn of x and k. */
static ob_val with_count(ob_val x, int64_t k, void (*fn)(ob_aside *)) {
    ob_mpz from;
    ob_int_lend_mpz(x, &from);
    ob_aside *j = ob_aside_new(from.z, NULL, NULL, 0);
    if (!j) return OB_NULL;
    j->k = (uint64_t)k;
    return ob_aside_result(j, fn);
}

static void factorial_aside(ob_aside *j) { mpz_fac_ui(j->r, (unsigned long)j->k); }
static ob_val factorial_of(int64_t k) {
    if (k > 1 && (double)k * log2((double)k) > MAX_BITS) return ob_raise_memory();
    if (k > LONG_COUNT) return with_count(ob_from_small(0), k, factorial_aside);
    mpz_t z;
    mpz_init(z);
    mpz_fac_ui(z, (unsigned long)k);
    ob_val v = ob_int_from_mpz(z);
    mpz_clear(z);
    return v;
}

OB_FN(math_factorial) {
    ob_val k = ob_index(a[0]);
    if (ob_is_null(k)) return k;
    if (ob_int_sign(k) < 0) return ob_raise(&ob_exc_ValueError, "factorial() not defined for negative values");
    if (!ob_is_small(k)) return ob_raise(&ob_exc_OverflowError, "factorial() argument should not exceed %ld", INT64_MAX);
    return factorial_of(ob_to_small(k));
}

static void sqrt_aside(ob_aside *j) { mpz_sqrt(j->r, &j->a); }
OB_FN(math_isqrt) {
    ob_val k = ob_index(a[0]);
    if (ob_is_null(k)) return k;
    if (ob_int_sign(k) < 0) return ob_raise(&ob_exc_ValueError, "isqrt() argument must be nonnegative");
    ob_mpz x;
    mpz_t z;
    ob_int_lend_mpz(k, &x);
    if (mpz_size(x.z) > OB_ASIDE_LIMBS) return ob_aside_result(ob_aside_new(x.z, NULL, NULL, 0), sqrt_aside);
    mpz_init(z);
    mpz_sqrt(z, x.z);
    ob_val v = ob_int_from_mpz(z);
    mpz_clear(z);
    return v;
}

/* z = n (n-1) … (n-k+1), by halves so that the factors of each product are of one size. */
static void falling(mpz_ptr z, mpz_srcptr n, uint64_t k) {
    if (k <= 8) {
        mpz_t f;
        mpz_init_set(f, n);
        mpz_set_ui(z, 1);
        for (; k; k--) { mpz_mul(z, z, f); mpz_sub_ui(f, f, 1); }
        mpz_clear(f);
        return;
    }
    mpz_t right, from;
    mpz_init(right);
    mpz_init(from);
    mpz_sub_ui(from, n, k / 2);
    falling(z, n, k / 2);
    falling(right, from, k - k / 2);
    mpz_mul(z, z, right);
    mpz_clear(right);
    mpz_clear(from);
}

static void perm_aside(ob_aside *j) { falling(j->r, &j->a, j->k); }
static void comb_aside(ob_aside *j) { mpz_bin_ui(j->r, &j->a, (unsigned long)j->k); }
static bool is_long(ob_val total, int64_t k) { return k > LONG_COUNT || (double)k * (double)ob_int_bit_length(total) > 64.0 * OB_ASIDE_LIMBS; }

/* Both as ints that are not negative. */
static bool two_counts(const ob_val *a, ob_val *n, ob_val *k) {
    *n = ob_index(a[0]);
    if (ob_is_null(*n)) return false;
    *k = ob_index(a[1]);
    if (ob_is_null(*k)) return false;
    if (ob_int_sign(*n) < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "n must be a non-negative integer"));
    if (ob_int_sign(*k) < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "k must be a non-negative integer"));
    return true;
}

OB_FN(math_perm) {
    ob_val total, k;
    if (ob_is_null(a[1]) || ob_is_none(a[1])) return math_factorial(self, a, 1, OB_NULL);
    if (!two_counts(a, &total, &k)) return OB_NULL;
    if (ob_int_cmp(k, total) > 0) return ob_from_small(0);
    if (!ob_is_small(k)) return ob_raise(&ob_exc_OverflowError, "k must not exceed %lld", (long long)INT64_MAX);
    if ((double)ob_to_small(k) * (double)ob_int_bit_length(total) > MAX_BITS) return ob_raise_memory();
    if (is_long(total, ob_to_small(k))) return with_count(total, ob_to_small(k), perm_aside);
    ob_mpz from;
    mpz_t z;
    ob_int_lend_mpz(total, &from);
    mpz_init(z);
    falling(z, from.z, (uint64_t)ob_to_small(k));
    ob_val v = ob_int_from_mpz(z);
    mpz_clear(z);
    return v;
}

OB_FN(math_comb) {
    ob_val total, k;
    if (!two_counts(a, &total, &k)) return OB_NULL;
    if (ob_int_cmp(k, total) > 0) return ob_from_small(0);
    ob_val rest = ob_int_binary(OB_BIN_SUB, total, k);
    if (ob_is_null(rest)) return rest;
    if (ob_int_cmp(rest, k) < 0) k = rest;
    if (!ob_is_small(k)) return ob_raise(&ob_exc_OverflowError, "min(n - k, k) must not exceed %lld", (long long)INT64_MAX);
    if ((double)ob_to_small(k) * (double)ob_int_bit_length(total) > MAX_BITS) return ob_raise_memory();
    if (is_long(total, ob_to_small(k))) return with_count(total, ob_to_small(k), comb_aside);
    ob_mpz from;
    mpz_t z;
    ob_int_lend_mpz(total, &from);
    mpz_init(z);
    mpz_bin_ui(z, from.z, (unsigned long)ob_to_small(k));
    ob_val v = ob_int_from_mpz(z);
    mpz_clear(z);
    return v;
}

const ob_def py__math_whole_defs[] = {
    {"comb", math_comb, "n, k, /", "Ways to choose k items from n without repetition and order.", 0},
    {"factorial", math_factorial, "n, /", "n!.", 0},
    {"gcd", math_gcd, "*integers", "Greatest common divisor.", 0},
    {"isqrt", math_isqrt, "n, /", "The integer part of the square root.", 0},
    {"lcm", math_lcm, "*integers", "Least common multiple.", 0},
    {"perm", math_perm, "n, k=None, /", "Ways to choose k items from n without repetition and with order.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
