/* int_big.c: arithmetic on integers of any size, over GMP's mpn layer.
 *
 * Locks: none; integers are immutable.
 * B1  A result that fits a small int is one (result_end); no exact ob_bigint holds a small value.
 * B2  The top limb of an ob_bigint is not 0.
 * What may take long goes aside (int_aside.h); sizes are bounded here (MAX_LIMBS).
 */
#include "objspace/int_int.h"
#include "base/mem.h"
#include "objspace/error.h"
#include "objspace/int_aside.h"
#include <math.h>
#include <string.h>

#define LOCAL_LIMBS 8
#define MAX_LIMBS (UINT64_C(1) << 30)        /* 8 GiB of digits */

/* Where a result is made: small ones in the C frame, larger ones in their object. */
typedef struct result { mp_limb_t *d; ob_bigint *obj; mp_limb_t local[LOCAL_LIMBS]; } result;

static MUST_CHECK bool result_begin(result *r, size_t n) {
    r->obj = NULL;
    r->d = r->local;
    if (n <= LOCAL_LIMBS) return true;
    if (n > MAX_LIMBS) return ob_fail(ob_raise_memory());
    r->obj = ob_alloc_leaf(&ob_int_type, sizeof(ob_bigint) + n * sizeof(mp_limb_t));
    if (!r->obj) return false;
    r->obj->n = 0;
    r->obj->o.aux = 0;
    r->d = (mp_limb_t *)r->obj->d;
    return true;
}

static ob_val result_end(result *r, size_t n, bool neg) {
    while (n && r->d[n - 1] == 0) n--;
    if (n == 0) return ob_from_small(0);
    if (n == 1 && r->d[0] <= (uint64_t)OB_SMALL_MAX + neg) return ob_from_small(neg ? -(int64_t)r->d[0] : (int64_t)r->d[0]);
    if (!r->obj) {
        r->obj = ob_alloc_leaf(&ob_int_type, sizeof(ob_bigint) + n * sizeof(mp_limb_t));
        if (!r->obj) return OB_NULL;
        memcpy(r->obj->d, r->d, n * sizeof(mp_limb_t));
    }
    r->obj->n = n;
    r->obj->o.aux = neg;
    return ob_of(r->obj);
}

ob_val ob__big_from_limbs(const mp_limb_t *d, size_t n, bool neg) {
    result r;
    while (n && d[n - 1] == 0) n--;
    if (!result_begin(&r, n)) return OB_NULL;
    memcpy(r.d, d, n * sizeof(mp_limb_t));
    return result_end(&r, n, neg);
}

/* An integer of a type derived from int. */
ob_val ob__int_of_type(ob_type *t, ob_val exact) {
    if (t == &ob_int_type) return exact;
    ob__view w;
    ob__view_of(exact, &w);
    ob_bigint *b = ob_alloc_leaf(t, sizeof(ob_bigint) + w.n * sizeof(mp_limb_t));
    if (!b) return OB_NULL;
    b->n = w.n;
    b->o.aux = w.neg;
    memcpy(b->d, w.d, w.n * sizeof(mp_limb_t));
    return ob_of(b);
}

/* ---- comparing ---- */

static int cmp_abs(const ob__view *a, const ob__view *b) {
    if (a->n != b->n) return a->n < b->n ? -1 : 1;
    if (a->n == 0) return 0;
    int c = mpn_cmp(a->d, b->d, (mp_size_t)a->n);
    return (c > 0) - (c < 0);
}

int ob__big_cmp(const ob__view *a, const ob__view *b) {
    bool an = a->neg && a->n, bn = b->neg && b->n;
    if (an != bn) return an ? -1 : 1;
    int c = cmp_abs(a, b);
    return an ? -c : c;
}

uint64_t ob__big_bit_length(const ob__view *a) {
    return a->n ? a->n * 64 - (uint64_t)__builtin_clzll(a->d[a->n - 1]) : 0;
}

/* ---- adding, multiplying ---- */

static ob_val add_abs(const ob__view *a, const ob__view *b, bool neg) {
    if (a->n < b->n) { const ob__view *t = a; a = b; b = t; }
    result r;
    if (!result_begin(&r, a->n + 1)) return OB_NULL;
    mp_limb_t carry = 0;
    if (b->n) carry = mpn_add(r.d, a->d, (mp_size_t)a->n, b->d, (mp_size_t)b->n);
    else memcpy(r.d, a->d, a->n * sizeof(mp_limb_t));
    r.d[a->n] = carry;
    return result_end(&r, a->n + 1, neg);
}

static ob_val sub_abs(const ob__view *a, const ob__view *b, bool neg) {
    int c = cmp_abs(a, b);
    if (c == 0) return ob_from_small(0);
    if (c < 0) { const ob__view *t = a; a = b; b = t; neg = !neg; }
    result r;
    if (!result_begin(&r, a->n)) return OB_NULL;
    if (b->n) mpn_sub(r.d, a->d, (mp_size_t)a->n, b->d, (mp_size_t)b->n);
    else memcpy(r.d, a->d, a->n * sizeof(mp_limb_t));
    return result_end(&r, a->n, neg);
}

ob_val ob__big_add(const ob__view *a, const ob__view *b, bool subtract) {
    bool bneg = b->neg != subtract;
    return a->neg == bneg ? add_abs(a, b, a->neg) : sub_abs(a, b, a->neg);
}

static void lend(const ob__view *a, mpz_ptr out) {
    mpz_roinit_n(out, a->d, a->neg ? -(mp_size_t)a->n : (mp_size_t)a->n);
}
static ob_aside *aside_of(const ob__view *a, const ob__view *b, const ob__view *c) {
    __mpz_struct z[3];
    lend(a, &z[0]);
    if (b) lend(b, &z[1]);
    if (c) lend(c, &z[2]);
    return ob_aside_new(&z[0], b ? &z[1] : NULL, c ? &z[2] : NULL, 0);
}

static void mul_aside(ob_aside *j) { mpz_mul(j->r, &j->a, &j->b); }
static void sqr_aside(ob_aside *j) { mpz_mul(j->r, &j->a, &j->a); }

ob_val ob__big_mul(const ob__view *a, const ob__view *b) {
    if (a->n < b->n) { const ob__view *t = a; a = b; b = t; }
    if (b->n == 0) return ob_from_small(0);
    if (UNLIKELY(a->n > OB_ASIDE_LIMBS) && b->n > 100) {
        if (a->n + b->n > MAX_LIMBS) return ob_raise_memory();
        bool square = a->d == b->d && a->n == b->n && a->neg == b->neg;
        return ob_aside_result(aside_of(a, square ? NULL : b, NULL), square ? sqr_aside : mul_aside);
    }
    result r;
    if (!result_begin(&r, a->n + b->n)) return OB_NULL;
    if (a->d == b->d && a->n == b->n) mpn_sqr(r.d, a->d, (mp_size_t)a->n);
    else if (b->n == 1) r.d[a->n] = mpn_mul_1(r.d, a->d, (mp_size_t)a->n, b->d[0]);
    else mpn_mul(r.d, a->d, (mp_size_t)a->n, b->d, (mp_size_t)b->n);
    return result_end(&r, a->n + b->n, a->neg != b->neg);
}

/* ---- dividing ---- */

/* Floor from truncation: a remainder of another sign than b takes one from the quotient and adds b. */
static bool divide_finish(result *q, size_t qn, result *r, const ob__view *b, bool negative, ob_val *qo, ob_val *ro) {
    bool inexact = !mpn_zero_p(r->d, (mp_size_t)b->n);
    if (negative && inexact) {
        mpn_add_1(q->d, q->d, (mp_size_t)qn, 1);
        mpn_sub_n(r->d, b->d, r->d, (mp_size_t)b->n);
    }
    if (qo) { *qo = result_end(q, qn, negative); if (ob_is_null(*qo)) return false; }
    if (ro) { *ro = result_end(r, b->n, b->neg); if (ob_is_null(*ro)) return false; }
    return true;
}

static void div_aside(ob_aside *j) { mpz_fdiv_qr(j->r, j->r2, &j->a, &j->b); }
static bool divmod_aside(ob_aside *j, ob_val *qo, ob_val *ro) {
    if (!j || !ob_aside_run(j, div_aside)) return false;
    bool ok = (!qo || !ob_is_null(*qo = ob_int_from_mpz(j->r))) && (!ro || !ob_is_null(*ro = ob_int_from_mpz(j->r2)));
    ob_aside_free(j);
    return ok;
}

bool ob__big_divmod(const ob__view *a, const ob__view *b, ob_val *qo, ob_val *ro) {
    if (UNLIKELY(a->n > OB_ASIDE_LIMBS) && b->n > 100 && a->n >= b->n) return divmod_aside(aside_of(a, b, NULL), qo, ro);
    bool negative = a->n && a->neg != b->neg;
    result q, r;
    size_t qn = a->n >= b->n ? a->n - b->n + 2 : 2;       /* one more than needed: room for the floor's carry */
    if (!result_begin(&q, qn) || !result_begin(&r, b->n)) return false;
    memset(q.d, 0, qn * sizeof(mp_limb_t));
    if (a->n < b->n) {
        memset(r.d, 0, b->n * sizeof(mp_limb_t));
        memcpy(r.d, a->d, a->n * sizeof(mp_limb_t));
    } else if (b->n == 1) {
        r.d[0] = a->n ? mpn_divrem_1(q.d, 0, a->d, (mp_size_t)a->n, b->d[0]) : 0;
    } else {
        mpn_tdiv_qr(q.d, r.d, 0, a->d, (mp_size_t)a->n, b->d, (mp_size_t)b->n);
    }
    return divide_finish(&q, qn, &r, b, negative, qo, ro);
}

/* ---- shifting ---- */

ob_val ob__big_shift_left(const ob__view *a, uint64_t bits) {
    if (a->n == 0) return ob_from_small(0);
    uint64_t limbs = bits / 64;
    unsigned rest = bits % 64;
    if (limbs > MAX_LIMBS) return ob_raise_memory();
    result r;
    if (!result_begin(&r, a->n + limbs + 1)) return OB_NULL;
    memset(r.d, 0, limbs * sizeof(mp_limb_t));
    if (rest) {
        r.d[a->n + limbs] = mpn_lshift(r.d + limbs, a->d, (mp_size_t)a->n, rest);
    } else {
        memcpy(r.d + limbs, a->d, a->n * sizeof(mp_limb_t));
        r.d[a->n + limbs] = 0;
    }
    return result_end(&r, a->n + limbs + 1, a->neg);
}

/* Is any bit below `bits` set? */
static bool low_bits_set(const ob__view *a, uint64_t bits) {
    uint64_t limbs = bits / 64;
    if (limbs >= a->n) return a->n != 0;
    for (size_t i = 0; i < limbs; i++)
        if (a->d[i]) return true;
    unsigned rest = bits % 64;
    return rest && (a->d[limbs] & ((UINT64_C(1) << rest) - 1)) != 0;
}

ob_val ob__big_shift_right(const ob__view *a, uint64_t bits) {
    uint64_t limbs = bits / 64;
    unsigned rest = bits % 64;
    if (limbs >= a->n) return ob_from_small(a->neg && a->n ? -1 : 0);
    size_t n = a->n - limbs;
    result r;
    if (!result_begin(&r, n + 1)) return OB_NULL;
    if (rest) mpn_rshift(r.d, a->d + limbs, (mp_size_t)n, rest);
    else memcpy(r.d, a->d + limbs, n * sizeof(mp_limb_t));
    r.d[n] = 0;
    if (a->neg && low_bits_set(a, bits)) mpn_add_1(r.d, r.d, (mp_size_t)n + 1, 1);
    return result_end(&r, n + 1, a->neg);
}

/* ---- bits ---- */

/* The limbs of a number's endless two's complement, lowest first: -x is ~(x - 1). */
static inline mp_limb_t complement_limb(const ob__view *v, size_t i, mp_limb_t *borrow) {
    mp_limb_t d = i < v->n ? v->d[i] : 0;
    if (!v->neg) return d;
    mp_limb_t l = d - *borrow;
    *borrow = d < *borrow;
    return ~l;
}

static inline mp_limb_t bit_op(ob_bin_op op, mp_limb_t a, mp_limb_t b) {
    return op == OB_BIN_AND ? a & b : op == OB_BIN_OR ? a | b : a ^ b;
}

ob_val ob__big_bitwise(ob_bin_op op, const ob__view *a, const ob__view *b) {
    size_t n = (a->n > b->n ? a->n : b->n) + 1;
    if (op == OB_BIN_AND) {                               /* a mask that is not negative bounds the result */
        if (!a->neg && a->n + 1 < n) n = a->n + 1;
        if (!b->neg && b->n + 1 < n) n = b->n + 1;
    }
    result r;
    if (!result_begin(&r, n)) return OB_NULL;
    bool neg = bit_op(op, a->neg, b->neg) != 0;
    mp_limb_t ba = 1, bb = 1, carry = 1;
    for (size_t i = 0; i < n; i++) {
        mp_limb_t d = bit_op(op, complement_limb(a, i, &ba), complement_limb(b, i, &bb));
        if (neg) {
            d = ~d + carry;
            carry = carry && d == 0;
        }
        r.d[i] = d;
    }
    return result_end(&r, n, neg);
}

/* ---- powers ---- */

void ob_int_lend_mpz(ob_val v, ob_mpz *out) {
    ob__view w = {.one = 0};
    ob__view_of(v, &w);
    out->one = w.one;
    mpz_roinit_n(out->z, w.d == &w.one ? &out->one : w.d, w.neg ? -(mp_size_t)w.n : (mp_size_t)w.n);
}

ob_val ob_int_from_mpz(const __mpz_struct *z) {
    return ob__big_from_limbs(mpz_limbs_read(z), mpz_size(z), mpz_sgn(z) < 0);
}

static void pow_aside(ob_aside *j) { mpz_pow_ui(j->r, &j->a, j->k); }

ob_val ob__big_pow(const ob__view *a, uint64_t e) {
    if (e == 0) return ob_from_small(1);
    if (a->n == 0) return ob_from_small(0);
    uint64_t bits = ob__big_bit_length(a), total;
    if (bits == 1) return ob_from_small(a->neg && e % 2 ? -1 : 1);
    if (__builtin_mul_overflow(bits, e, &total) || total / 64 > MAX_LIMBS) return ob_raise_memory();
    if (total / 64 > OB_ASIDE_LIMBS) {
        ob_aside *j = aside_of(a, NULL, NULL);
        if (j) j->k = e;
        return ob_aside_result(j, pow_aside);
    }
    __mpz_struct base;
    mpz_t power;
    lend(a, &base);
    mpz_init(power);
    mpz_pow_ui(power, &base, e);
    ob_val v = ob_int_from_mpz(power);
    mpz_clear(power);
    return v;
}

/* r = a ^ e modulo |m| with the sign of m, as Python's modulo. false: a has no inverse. */
static bool pow_mod(mpz_ptr r, mpz_srcptr a, mpz_srcptr e, mpz_srcptr m) {
    mpz_t abs_m, positive;
    mpz_init(abs_m);
    mpz_init(positive);
    mpz_abs(abs_m, m);
    bool ok = true, unit = mpz_cmp_ui(abs_m, 1) == 0;
    if (mpz_sgn(e) >= 0) mpz_powm(r, a, e, abs_m);
    else if (unit) mpz_set_ui(r, 0);
    else if ((ok = mpz_invert(r, a, abs_m) != 0)) {
        mpz_neg(positive, e);
        mpz_powm(r, r, positive, abs_m);
    }
    if (ok && mpz_sgn(m) < 0 && mpz_sgn(r) != 0) mpz_sub(r, r, abs_m);
    mpz_clear(positive);
    mpz_clear(abs_m);
    return ok;
}
static void pow_mod_aside(ob_aside *j) { j->flag = pow_mod(j->r, &j->a, &j->b, &j->c); }

/* About how many nanoseconds it takes. */
static double pow_mod_cost(const ob__view *a, const ob__view *e, const ob__view *m) {
    return 64.0 * (double)e->n * (double)m->n * sqrt((double)m->n) * 2 + (double)a->n * (double)m->n;
}

ob_val ob__big_pow_mod(const ob__view *a, const ob__view *e, const ob__view *m) {
    bool ok;
    ob_val v = OB_NULL;
    if (pow_mod_cost(a, e, m) > 2e7) {
        ob_aside *j = aside_of(a, e, m);
        if (!j || !ob_aside_run(j, pow_mod_aside)) return OB_NULL;
        if ((ok = j->flag)) v = ob_int_from_mpz(j->r);
        ob_aside_free(j);
    } else {
        __mpz_struct za, ze, zm;
        mpz_t r;
        lend(a, &za);
        lend(e, &ze);
        lend(m, &zm);
        mpz_init(r);
        if ((ok = pow_mod(r, &za, &ze, &zm))) v = ob_int_from_mpz(r);
        mpz_clear(r);
    }
    return ok ? v : ob_raise(&ob_exc_ValueError, "base is not invertible for the given modulus");
}

/* ---- doubles ---- */

/* The top 64 bits of a (a->n > 0), the lowest of them also standing for all that was cut off: enough to round to 53 bits. */
static uint64_t top_bits(const ob__view *a) {
    mp_limb_t hi = a->d[a->n - 1];
    int shift = __builtin_clzll(hi);
    if (a->n == 1) return hi << shift;
    mp_limb_t lo = a->d[a->n - 2];
    uint64_t m = shift ? hi << shift | lo >> (64 - shift) : hi;
    bool sticky = shift ? (lo << shift) != 0 : lo != 0;
    for (size_t i = a->n - 2; !sticky && i-- > 0;) sticky = a->d[i] != 0;
    return m | sticky;
}

double ob__big_to_double(const ob__view *a, int64_t *exp) {
    *exp = 0;
    if (a->n == 0) return 0.0;
    int e;
    double m = frexp((double)top_bits(a), &e);            /* rounding may carry into the next power of two */
    *exp = (int64_t)ob__big_bit_length(a) - 64 + e;
    return a->neg ? -m : m;
}

double ob_int_frexp(ob_val v, int64_t *exp) {
    ob__view w;
    ob__view_of(v, &w);
    return ob__big_to_double(&w, exp);
}

/* a / b rounded once, half to even. The quotient is taken with two or three bits more than the result has room for (fewer for
 * subnormal results), the lowest bit standing also for the remainder. */
static bool divide_rounded(const ob__view *a, const ob__view *b, int64_t shift, double *out) {
    bool inexact = false;
    ob__view x = *a, y = *b;
    x.neg = y.neg = false;
    if (a->d == &a->one) x.d = &x.one;
    if (b->d == &b->one) y.d = &y.one;
    ob_val shifted = shift < 0 ? ob__big_shift_left(&x, (uint64_t)-shift) : ob__big_shift_right(&x, (uint64_t)shift);
    if (ob_is_null(shifted)) return false;
    if (shift > 0) inexact = low_bits_set(&x, (uint64_t)shift);
    ob__view s;
    ob__view_of(shifted, &s);
    ob_val qv, rv;
    if (!ob__big_divmod(&s, &y, &qv, &rv)) return false;
    ob__view q;
    ob__view_of(qv, &q);
    if (q.n == 0) { *out = 0.0; return true; }
    uint64_t m = q.d[0];                                  /* below 2^57 by the choice of shift */
    inexact |= !ob_same(rv, ob_from_small(0));
    int64_t bits = (int64_t)ob__big_bit_length(&q), least = -1021 - shift;
    int64_t extra = (bits > least ? bits : least) - 53;   /* bits of m below the last place of the result */
    if (extra > 0) {
        uint64_t half = UINT64_C(1) << (extra - 1), low = m & (half * 2 - 1);
        m -= low;
        if (low > half || (low == half && (inexact || (m & half * 2)))) m += half * 2;
    }
    *out = ldexp((double)m, (int)shift);
    return true;
}

bool ob__big_true_divide(const ob__view *a, const ob__view *b, double *out) {
    bool neg = a->neg != b->neg;
    *out = neg ? -0.0 : 0.0;
    if (a->n == 0) return true;
    int64_t diff = (int64_t)ob__big_bit_length(a) - (int64_t)ob__big_bit_length(b);
    if (diff > 1024) goto overflow;
    if (diff < -1021 - 53 - 1) return true;
    int64_t shift = (diff > -1021 ? diff : -1021) - 53 - 2;
    double d;
    if (!divide_rounded(a, b, shift, &d)) return false;
    if (isinf(d)) goto overflow;
    *out = neg ? -d : d;
    return true;
overflow:
    return ob_fail(ob_raise(&ob_exc_OverflowError, "integer division result too large for a float"));
}

int ob__double_cmp_int(double d, ob_val i) {
    int64_t s;
    if (isinf(d)) return d > 0 ? 1 : -1;
    if (ob__int_small(i, &s) && s >= -(INT64_C(1) << 53) && s <= INT64_C(1) << 53) return (d > (double)s) - (d < (double)s);
    double whole = trunc(d), fraction = d - whole;
    ob__view a, b;
    mp_limb_t limbs[17];
    int e;
    double m = frexp(fabs(whole), &e);
    memset(limbs, 0, sizeof limbs);
    a.d = limbs;
    a.neg = whole < 0;
    a.n = 0;
    if (whole != 0) {                                     /* 53 bits of m, placed so that they end at bit e */
        uint64_t mantissa = (uint64_t)ldexp(m, 53);
        int low = e - 53;
        if (low < 0) { mantissa >>= -low; low = 0; }
        limbs[low / 64] = mantissa << low % 64;
        if (low % 64) limbs[low / 64 + 1] = mantissa >> (64 - low % 64);
        a.n = 17;
        while (a.n && limbs[a.n - 1] == 0) a.n--;
    }
    ob__view_of(i, &b);
    int c = ob__big_cmp(&a, &b);
    return c ? c : (fraction > 0) - (fraction < 0);
}

/* ---- hashing ---- */

/* |a| modulo 2^61 - 1, with a's sign: the hash of all numeric types that equal it. 2^64 is 8 in that field. */
uint64_t ob__big_hash(const ob__view *a) {
    const uint64_t p = (UINT64_C(1) << 61) - 1;
    uint64_t h = 0;
    for (size_t i = a->n; i-- > 0;) {
        uint64_t d = (a->d[i] & p) + (a->d[i] >> 61);
        h = ((h << 3) & p) | h >> 58;
        h += d >= p ? d - p : d;
        if (h >= p) h -= p;
    }
    if (a->neg) h = 0 - h;
    return h == UINT64_MAX ? UINT64_MAX - 1 : h;
}

/* ---- text ---- */

size_t ob__big_text_room(const ob__view *a, int base) { return a->n ? mpn_sizeinbase(a->d, (mp_size_t)a->n, base) + 2 : 2; }

static const char digit[] = "0123456789abcdefghijklmnopqrstuvwxyz";
static void text_aside(ob_aside *j) {
    mpz_get_str(j->text, j->base, &j->a);
    j->length = strlen(j->text);
}
static size_t big_text_aside(const ob__view *a, int base, char *out) {
    __mpz_struct z;
    mpz_roinit_n(&z, a->d, (mp_size_t)a->n);
    ob_aside *j = ob_aside_new(&z, NULL, NULL, ob__big_text_room(a, base) + 1);
    if (!j) return 0;
    j->base = base;
    if (!ob_aside_run(j, text_aside)) return 0;
    size_t n = j->length;
    memcpy(out, j->text, n);
    ob_aside_free(j);
    return n;
}

size_t ob__big_text(const ob__view *a, int base, char *out) {
    if (a->n == 0) { out[0] = '0'; return 1; }
    if (a->n > OB_ASIDE_SLOW_LIMBS && (base & (base - 1))) return big_text_aside(a, base, out);
    mp_limb_t local[LOCAL_LIMBS + 1], *copy = local;      /* mpn_get_str spoils its operand */
    if (a->n > LOCAL_LIMBS && !(copy = base_mem_alloc((a->n + 1) * sizeof(mp_limb_t)))) { ob_raise_memory(); return 0; }
    memcpy(copy, a->d, a->n * sizeof(mp_limb_t));
    size_t n = mpn_get_str((unsigned char *)out, base, copy, (mp_size_t)a->n), zeros = 0;
    if (copy != local) base_mem_free(copy);
    while (zeros + 1 < n && out[zeros] == 0) zeros++;
    for (size_t i = zeros; i < n; i++) out[i - zeros] = digit[(unsigned char)out[i]];
    return n - zeros;
}

static void from_digits_calculated(ob_aside *j) {
    mp_limb_t *d = mpz_limbs_write(j->r, (mp_size_t)j->k);
    mpz_limbs_finish(j->r, mpn_set_str(d, (const unsigned char *)j->text, j->length, j->base) * (j->flag ? -1 : 1));
}
static ob_val from_digits_aside(const uint8_t *digits, size_t n, int base, bool neg) {
    double limbs = (double)n * log2(base) / 64 + 2;
    ob_aside *j = limbs > (double)MAX_LIMBS ? ob_fail_ptr(ob_raise_memory()) : ob_aside_new(NULL, NULL, NULL, n);
    if (!j) return OB_NULL;
    memcpy(j->text, digits, n);
    j->length = n;
    j->base = base;
    j->flag = neg;
    j->k = (uint64_t)limbs + 1;
    return ob_aside_result(j, from_digits_calculated);
}

ob_val ob__big_from_digits(const uint8_t *digits, size_t n, int base, bool neg) {
    static const uint8_t log2_ceil[37] = {0, 0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6};
    while (n > 1 && *digits == 0) digits++, n--;
    if (n == 1) return ob_from_small(neg ? -(int64_t)digits[0] : digits[0]);
    result r;
    size_t room;
    if (n > 64 * OB_ASIDE_SLOW_LIMBS / 4 && (base & (base - 1))) return from_digits_aside(digits, n, base, neg);
    if (!base_mem_size(n, log2_ceil[base], 127, &room)) return ob_raise_memory();
    if (!result_begin(&r, room / 64 + 1)) return OB_NULL;
    size_t limbs = (size_t)mpn_set_str(r.d, digits, n, base);
    return result_end(&r, limbs, neg);
}
