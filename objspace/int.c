/* int.c: the type int: conversions from and to C, operators, methods.
 *
 * Locks: none; integers are immutable.
 * N1  An exact int that fits 62 bits is a word; every operator has that case first and hands the rest to int_big.c.
 * N2  Operators always make exact ints, also from bools and instances of subclasses.
 */
#include "objspace/int.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/float_int.h"
#include "objspace/int_gmp.h"
#include "objspace/int_int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <math.h>
#include <string.h>

/* ---- from C ---- */

ob_val ob_int_from_i64_slow(int64_t i) {
    ob__view w;
    ob__view_of_i64(i, &w);
    return ob__big_from_limbs(w.d, w.n, w.neg);
}

ob_val ob_int_from_u64(uint64_t u) {
    if (u <= (uint64_t)OB_SMALL_MAX) return ob_from_small((int64_t)u);
    mp_limb_t d = u;
    return ob__big_from_limbs(&d, 1, false);
}

ob_val ob_int_from_double(double d) {
    if (fabs(d) < 0x1p61) return ob_from_small((int64_t)d);
    if (isinf(d)) return ob_raise(&ob_exc_OverflowError, "cannot convert float infinity to integer");
    if (isnan(d)) return ob_raise(&ob_exc_ValueError, "cannot convert float NaN to integer");
    int e;
    int64_t m = (int64_t)ldexp(frexp(d, &e), 53);
    ob__view w;
    ob__view_of_i64(m, &w);
    return ob__big_shift_left(&w, (uint64_t)(e - 53));
}

ob_val ob_int_from_bytes(const uint8_t *p, size_t n, bool little, bool is_signed) {
    bool neg = is_signed && n && (p[little ? n - 1 : 0] & 0x80);
    size_t limbs = n / 8 + 1;
    mp_limb_t local[16], *d = local;
    ob_bigint *room = NULL;
    if (limbs > BASE_LENGTH(local)) {
        if (!(room = ob_alloc_leaf(&ob_int_type, sizeof(ob_bigint) + limbs * 8))) return OB_NULL;
        d = (mp_limb_t *)room->d;
        room->n = 0;
    }
    memset(d, neg ? 0xff : 0, limbs * 8);
    for (size_t i = 0; i < n; i++) {
        uint64_t byte = p[little ? i : n - 1 - i];
        unsigned shift = i % 8 * 8;
        d[i / 8] = (d[i / 8] & ~(UINT64_C(0xff) << shift)) | byte << shift;
    }
    if (neg) mpn_neg(d, d, (mp_size_t)limbs);
    return ob__big_from_limbs(d, limbs, neg);
}

/* ---- to C ---- */

ob_val ob__int_exact(ob_val v) {
    int64_t i;
    if (ob_is_exact(v, &ob_int_type)) return v;
    if (ob__int_small(v, &i)) return ob_from_small(i);
    ob__view w;
    ob__view_of(v, &w);
    return ob__big_from_limbs(w.d, w.n, w.neg);
}

ob_val ob__int_deprecated(ob_val v, const char *method) {
    if (ob_is_exact(v, &ob_int_type)) return v;
    bool go_on = ob_warn(&ob_exc_DeprecationWarning, 1, "%s returned non-int (type %.200T).  The ability to return an instance of a strict subclass of int is "
                         "deprecated, and may not be supported in a future version of Python.", method, v);
    return go_on ? ob__int_exact(v) : OB_NULL;
}

bool ob_int_to_bytes(ob_val v, uint8_t *p, size_t n, bool little, bool is_signed) {
    ob__view w;
    ob__view_of(v, &w);
    if (w.neg && !is_signed) return ob_fail(ob_raise(&ob_exc_OverflowError, "can't convert negative int to unsigned"));
    uint64_t bits = ob__big_bit_length(&w);
    if (is_signed) {                                      /* -2^k needs no more bits than k, beside the sign */
        bool power = w.neg && mpn_scan1(w.d, 0) == bits - 1;
        bits += !power;
    }
    if (bits > n * 8) return ob_fail(ob_raise(&ob_exc_OverflowError, "int too big to convert"));
    bool borrow = true;
    for (size_t i = 0; i < n; i++) {
        uint8_t b = i / 8 < w.n ? (uint8_t)(w.d[i / 8] >> i % 8 * 8) : 0;
        if (w.neg) {
            uint8_t less = (uint8_t)(b - borrow);
            borrow = borrow && b == 0;
            b = (uint8_t)~less;
        }
        p[little ? i : n - 1 - i] = b;
    }
    return true;
}

static bool not_an_int(ob_val v) {
    return ob_fail(ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", v));
}

/* Saturates; false: it did. */
static bool to_i64(ob_val v, int64_t *out) {
    if (ob__int_small(v, out)) return true;
    ob__view w;
    ob__view_of(v, &w);
    if (w.n == 1 && w.d[0] <= (uint64_t)INT64_MAX + w.neg) {
        *out = (int64_t)(w.neg ? 0 - w.d[0] : w.d[0]);
        return true;
    }
    *out = w.neg ? INT64_MIN : INT64_MAX;
    return false;
}

bool ob_int_to_i64(ob_val v, int64_t *out) {
    if (LIKELY(ob_is_small(v))) { *out = ob_to_small(v); return true; }
    if (!ob_is_int(v)) return not_an_int(v);
    if (to_i64(v, out)) return true;
    return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C long"));
}

bool ob_int_to_u64(ob_val v, uint64_t *out) {
    if (!ob_is_int(v)) return not_an_int(v);
    ob__view w;
    ob__view_of(v, &w);
    *out = w.n ? w.d[0] : 0;
    if (w.neg && w.n) return ob_fail(ob_raise(&ob_exc_OverflowError, "can't convert negative value to unsigned int"));
    if (w.n <= 1) return true;
    return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C unsigned long"));
}

int64_t ob_int_clamp(ob_val v) {
    int64_t i;
    (void)to_i64(v, &i);
    return i;
}

double ob_int_to_double(ob_val v) {
    int64_t i;
    if (ob__int_small(v, &i)) return (double)i;
    ob__view w;
    ob__view_of(v, &w);
    double m = ob__big_to_double(&w, &i);
    if (i <= 1024) return ldexp(m, (int)i);
    (void)ob_raise(&ob_exc_OverflowError, "int too large to convert to float");
    return -1.0;
}

ob_val ob_index(ob_val v) {
    if (LIKELY(ob_is_small(v))) return v;
    if (ob_is_int(v)) return ob__int_exact(v);
    ob_val (*slot)(ob_val) = ob_type_of(v)->slots.unary[OB_UN_INDEX];
    if (!slot) { (void)not_an_int(v); return OB_NULL; }
    ob_val i = slot(v);
    if (ob_is_null(i)) return i;
    if (!ob_is_int(i)) return ob_raise(&ob_exc_TypeError, "__index__ returned non-int (type %.200T)", i);
    return ob__int_deprecated(i, "__index__");
}

bool ob_index_i64(ob_val v, int64_t *out) {
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return false;
    if (to_i64(i, out)) return true;
    return ob_fail(ob_raise(&ob_exc_IndexError, "cannot fit '%.200T' into an index-sized integer", v));
}

bool ob_index_clamp(ob_val v, int64_t *out) {
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return false;
    (void)to_i64(i, out);
    return true;
}

int ob_int_sign(ob_val v) {
    ob__view w;
    ob__view_of(v, &w);
    return w.n == 0 ? 0 : w.neg ? -1 : 1;
}

int ob_int_cmp(ob_val a, ob_val b) {
    int64_t x, y;
    if (ob__int_small(a, &x) && ob__int_small(b, &y)) return (x > y) - (x < y);
    ob__view v, w;
    ob__view_of(a, &v);
    ob__view_of(b, &w);
    return ob__big_cmp(&v, &w);
}

uint64_t ob_int_hash(ob_val v) {
    int64_t i;
    if (ob__int_small(v, &i) && i > -(INT64_C(1) << 60)) return i == -1 ? UINT64_MAX - 1 : (uint64_t)(i == OB_SMALL_MAX ? 0 : i);
    ob__view w;
    ob__view_of(v, &w);
    return ob__big_hash(&w);
}

uint64_t ob_int_bit_length(ob_val v) {
    ob__view w;
    ob__view_of(v, &w);
    return ob__big_bit_length(&w);
}

/* ---- operators: a and b are ints of whichever class ---- */

static ob_val add(ob_val a, ob_val b) {
    int64_t x, y;
    if (ob__int_small(a, &x) && ob__int_small(b, &y)) return ob_int_from_i64(x + y);
    ob__view v, w;
    ob__view_of(a, &v);
    ob__view_of(b, &w);
    return ob__big_add(&v, &w, false);
}

static ob_val sub(ob_val a, ob_val b) {
    int64_t x, y;
    if (ob__int_small(a, &x) && ob__int_small(b, &y)) return ob_int_from_i64(x - y);
    ob__view v, w;
    ob__view_of(a, &v);
    ob__view_of(b, &w);
    return ob__big_add(&v, &w, true);
}

static ob_val mul(ob_val a, ob_val b) {
    int64_t x, y, z;
    if (ob__int_small(a, &x) && ob__int_small(b, &y) && !__builtin_mul_overflow(x, y, &z)) return ob_int_from_i64(z);
    ob__view v, w;
    ob__view_of(a, &v);
    ob__view_of(b, &w);
    return ob__big_mul(&v, &w);
}

/* Quotient and remainder rounded down; y is not 0. */
static void floor_divide(int64_t x, int64_t y, int64_t *q, int64_t *r) {
    *q = x / y;
    *r = x % y;
    if (*r && (*r ^ y) < 0) { --*q; *r += y; }
}

static bool big_divmod(ob_val a, ob_val b, ob_val *q, ob_val *r) {
    ob__view v, w;
    ob__view_of(a, &v);
    ob__view_of(b, &w);
    return ob__big_divmod(&v, &w, q, r);
}

static ob_val floordiv(ob_val a, ob_val b) {
    int64_t x, y, q, r;
    bool small = ob__int_small(b, &y);
    if (small && y == 0) return ob_raise(&ob_exc_ZeroDivisionError, "integer division or modulo by zero");
    if (small && ob__int_small(a, &x)) { floor_divide(x, y, &q, &r); return ob_int_from_i64(q); }
    ob_val quotient;
    return big_divmod(a, b, &quotient, NULL) ? quotient : OB_NULL;
}

static ob_val mod(ob_val a, ob_val b) {
    int64_t x, y, q, r;
    bool small = ob__int_small(b, &y);
    if (small && y == 0) return ob_raise(&ob_exc_ZeroDivisionError, "integer modulo by zero");
    if (small && ob__int_small(a, &x)) { floor_divide(x, y, &q, &r); return ob_from_small(r); }
    ob_val rest;
    return big_divmod(a, b, NULL, &rest) ? rest : OB_NULL;
}

static ob_val divmod_(ob_val a, ob_val b) {
    int64_t y = 0;
    ob_val q, r;
    if (ob__int_small(b, &y) && y == 0) return ob_raise(&ob_exc_ZeroDivisionError, "integer division or modulo by zero");
    if (ob_both_small(a, b)) {
        int64_t qi, ri;
        floor_divide(ob_to_small(a), y, &qi, &ri);
        q = ob_int_from_i64(qi);
        r = ob_from_small(ri);
        if (ob_is_null(q)) return OB_NULL;
    } else if (!big_divmod(a, b, &q, &r)) return OB_NULL;
    return ob_tuple_of2(q, r);
}

static ob_val truediv(ob_val a, ob_val b) {
    const int64_t exact = INT64_C(1) << 53;               /* up to here doubles are exact */
    int64_t x = 0, y = 0;
    bool sx = ob__int_small(a, &x), sy = ob__int_small(b, &y);
    if (sy && y == 0) return ob_raise(&ob_exc_ZeroDivisionError, "division by zero");
    if (sx && sy && x >= -exact && x <= exact && y >= -exact && y <= exact) return ob_float_from((double)x / (double)y);
    ob__view v, w;
    double d;
    ob__view_of(a, &v);
    ob__view_of(b, &w);
    return ob__big_true_divide(&v, &w, &d) ? ob_float_from(d) : OB_NULL;
}

static ob_val pow_float(ob_val a, ob_val b) {
    double x = ob_int_to_double(a), y;
    if (ob_failed()) return OB_NULL;
    y = ob_int_to_double(b);
    if (ob_failed()) return OB_NULL;
    return ob__float_pow(x, y);
}

static ob_val pow_(ob_val a, ob_val b) {
    int64_t x, y, r = 1;
    ob__view v;
    if (ob_int_sign(b) < 0) return pow_float(a, b);
    ob__view_of(a, &v);
    if (!ob__int_small(b, &y)) {
        if (v.n == 0 || (v.n == 1 && v.d[0] == 1)) {
            ob__view e;
            ob__view_of(b, &e);
            return ob_from_small(v.n == 0 ? 0 : v.neg && e.d[0] & 1 ? -1 : 1);
        }
        return ob_raise_memory();
    }
    if (ob__int_small(a, &x)) {
        for (uint64_t e = (uint64_t)y;;) {
            if (e & 1 && __builtin_mul_overflow(r, x, &r)) break;
            if (!(e >>= 1)) return ob_int_from_i64(r);
            if (__builtin_mul_overflow(x, x, &x)) break;
        }
    }
    return ob__big_pow(&v, (uint64_t)y);
}

/* The count of a shift: 1 and *bits, 0 when it is beyond 2^63, -1 with ValueError when negative. */
static int shift_count(ob_val b, uint64_t *bits) {
    int64_t i;
    bool fits = to_i64(b, &i);
    if (i < 0) return ob_fail_int(ob_raise(&ob_exc_ValueError, "negative shift count"));
    *bits = (uint64_t)i;
    return fits;
}

static ob_val lshift(ob_val a, ob_val b) {
    uint64_t bits;
    int64_t x;
    int c = shift_count(b, &bits);
    if (c < 0) return OB_NULL;
    if (ob__int_small(a, &x)) {
        if (x == 0) return ob_from_small(0);
        if (c && bits < 62) {
            int64_t y = (int64_t)((uint64_t)x << bits);
            if (y >> bits == x) return ob_int_from_i64(y);
        }
    }
    if (!c) return ob_raise(&ob_exc_OverflowError, "too many digits in integer");
    ob__view v;
    ob__view_of(a, &v);
    return ob__big_shift_left(&v, bits);
}

static ob_val rshift(ob_val a, ob_val b) {
    uint64_t bits;
    int64_t x;
    int c = shift_count(b, &bits);
    if (c < 0) return OB_NULL;
    if (ob__int_small(a, &x)) return ob_from_small(x >> (c && bits < 63 ? bits : 63));
    ob__view v;
    ob__view_of(a, &v);
    return ob__big_shift_right(&v, c ? bits : UINT64_MAX);
}

static ob_val bitwise(ob_bin_op op, ob_val a, ob_val b) {
    int64_t x, y;
    if (ob__int_small(a, &x) && ob__int_small(b, &y)) return ob_from_small(op == OB_BIN_AND ? x & y : op == OB_BIN_OR ? x | y : x ^ y);
    ob__view v, w;
    ob__view_of(a, &v);
    ob__view_of(b, &w);
    return ob__big_bitwise(op, &v, &w);
}

static ob_val and_(ob_val a, ob_val b) { return bitwise(OB_BIN_AND, a, b); }
static ob_val or_(ob_val a, ob_val b) { return bitwise(OB_BIN_OR, a, b); }
static ob_val xor_(ob_val a, ob_val b) { return bitwise(OB_BIN_XOR, a, b); }

/* OP(ob_bin_op, function): one line each makes the slot and the entry of ob_int_binary. */
#define INT_OPS(OP) \
    OP(ADD, add) OP(SUB, sub) OP(MUL, mul) OP(TRUEDIV, truediv) OP(FLOORDIV, floordiv) OP(MOD, mod) OP(POW, pow_) OP(LSHIFT, lshift) \
    OP(RSHIFT, rshift) OP(AND, and_) OP(OR, or_) OP(XOR, xor_) OP(DIVMOD, divmod_)

#define OP(name, fn) static ob_val slot_##fn(ob_val a, ob_val b) { return ob_is_int(a) && ob_is_int(b) ? fn(a, b) : OB_NOT_IMPLEMENTED; }
INT_OPS(OP)
#undef OP

ob_val ob_int_binary(ob_bin_op op, ob_val a, ob_val b) {
    static ob_val (*const table[OB_BIN_COUNT])(ob_val, ob_val) = {
#define OP(name, fn) [OB_BIN_##name] = fn,
        INT_OPS(OP)
#undef OP
    };
    return table[op] ? table[op](a, b) : OB_NOT_IMPLEMENTED;
}

static ob_val pow3(ob_val a, ob_val b, ob_val m) {
    if (!ob_is_int(a) || !ob_is_int(b)) return OB_NOT_IMPLEMENTED;
    if (ob_is_null(m) || ob_is_none(m)) return pow_(a, b);
    if (!ob_is_int(m)) return OB_NOT_IMPLEMENTED;
    int64_t x, y, z;
    if (ob_int_sign(m) == 0) return ob_raise(&ob_exc_ValueError, "pow() 3rd argument cannot be 0");
    if (ob__int_small(m, &z) && z > 0 && ob__int_small(b, &y) && y >= 0 && ob__int_small(a, &x)) {
        unsigned __int128 base = (unsigned __int128)((x % z + z) % z), r = 1 % z;
        for (; y; y >>= 1) {
            if (y & 1) r = r * base % (uint64_t)z;
            base = base * base % (uint64_t)z;
        }
        return ob_from_small((int64_t)r);
    }
    ob__view u, v, w;
    ob__view_of(a, &u);
    ob__view_of(b, &v);
    ob__view_of(m, &w);
    return ob__big_pow_mod(&u, &v, &w);
}

static ob_val neg(ob_val a) {
    int64_t x;
    if (ob__int_small(a, &x)) return ob_int_from_i64(-x);
    ob__view v;
    ob__view_of(a, &v);
    return ob__big_from_limbs(v.d, v.n, !v.neg);
}

static ob_val absolute(ob_val a) { return ob_int_sign(a) < 0 ? neg(a) : ob__int_exact(a); }

static ob_val invert(ob_val a) {
    int64_t x;
    if (ob__int_small(a, &x)) return ob_from_small(~x);
    return sub(ob_from_small(-1), a);
}

static ob_val to_float(ob_val a) {
    double d = ob_int_to_double(a);
    return ob_failed() ? OB_NULL : ob_float_from(d);
}

static ob_val repr(ob_val a) { return ob_int_to_text(a, 10, false); }
static bool hash(ob_val a, uint64_t *out) { *out = ob_int_hash(a); return true; }
static int truth(ob_val a) { return ob_int_sign(a) != 0; }

static ob_val compare(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_int(a) || !ob_is_int(b)) return OB_NOT_IMPLEMENTED;
    int c = ob_int_cmp(a, b);
    static const uint8_t when[] = {[OB_LT] = 1, [OB_LE] = 3, [OB_EQ] = 2, [OB_NE] = 5, [OB_GT] = 4, [OB_GE] = 6};   /* bit c + 1 */
    return ob_bool(when[op] >> (c + 1) & 1);
}

/* ---- methods ---- */

OB_FN(m_exact) { return ob__int_exact(self); }
OB_FN(m_bit_length) {
    return ob_int_from_u64(ob_int_bit_length(self));
}

OB_FN(m_bit_count) {
    ob__view w;
    ob__view_of(self, &w);
    return ob_int_from_u64(w.n ? mpn_popcount(w.d, (mp_size_t)w.n) : 0);
}

OB_FN(m_as_integer_ratio) {
    ob_val e = ob__int_exact(self);
    return ob_is_null(e) ? e : ob_tuple_of2(e, ob_from_small(1));
}

/* "little" or "big"; absent: big. */
static bool byte_order(ob_val order, const char *function, bool *little) {
    *little = false;
    if (ob_is_null(order)) return true;
    if (!ob_is_str(order)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument 'byteorder' must be str, not %.50T", function, order));
    *little = ob_str_equal_c(order, "little");
    if (*little || ob_str_equal_c(order, "big")) return true;
    return ob_fail(ob_raise(&ob_exc_ValueError, "byteorder must be either 'little' or 'big'"));
}

OB_FN(m_to_bytes) {
    int64_t len = 1;
    bool little;
    if (!ob_is_null(a[0])) {
        ob_val i = ob_index(a[0]);
        if (ob_is_null(i)) return OB_NULL;
        if (!to_i64(i, &len)) return ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C ssize_t");
    }
    if (!byte_order(a[1], "to_bytes", &little)) return OB_NULL;
    int is_signed = ob_is_null(a[2]) ? 0 : ob_truth(a[2]);
    if (is_signed < 0) return OB_NULL;
    if (len < 0) return ob_raise(&ob_exc_ValueError, "length argument must be non-negative");
    if ((uint64_t)len > ob_int_bit_length(self) + (UINT64_C(1) << 40)) return ob_raise_memory();
    ob_val b = ob_bytes_alloc((size_t)len);
    if (ob_is_null(b) || !ob_int_to_bytes(self, ob_bytes_ptr(b)->data, (size_t)len, little, is_signed)) return OB_NULL;
    return b;
}

static ob_val bytes_of(ob_val x) {
    if (ob_is_int(x) || ob_is_str(x)) return ob_raise(&ob_exc_TypeError, "cannot convert '%.200T' object to bytes", x);
    return ob_is_bytes(x) ? x : ob_call1(ob_type_val(&ob_bytes_type), x);
}

OB_FN(m_from_bytes) {
    bool little;
    if (!byte_order(a[1], "from_bytes", &little)) return OB_NULL;
    int is_signed = ob_is_null(a[2]) ? 0 : ob_truth(a[2]);
    if (is_signed < 0) return OB_NULL;
    ob_val b = bytes_of(a[0]);
    if (ob_is_null(b)) return OB_NULL;
    ob_val v = ob_int_from_bytes(ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len, little, is_signed);
    if (ob_is_null(v) || ob_same(self, ob_type_val(&ob_int_type))) return v;
    return ob_call1(self, v);
}

/* To a multiple of 10^k, half to even: a minus the remainder nearest to 0. */
static ob_val round_to(ob_val a, ob_val k) {
    int64_t places;
    if (!to_i64(k, &places) || (double)places > (double)ob_int_bit_length(a) * 0.30103 + 2) return ob_from_small(0);
    ob_val m = pow_(ob_from_small(10), k), q, r, twice;
    if (ob_is_null(m) || !big_divmod(a, m, &q, &r) || ob_is_null(twice = add(r, r))) return OB_NULL;
    int c = ob_int_cmp(twice, m);
    ob__view w;
    ob__view_of(q, &w);
    if (c > 0 || (c == 0 && w.n && w.d[0] & 1)) r = sub(r, m);
    return ob_is_null(r) ? r : sub(a, r);
}

OB_FN(m_round) {
    if (ob_is_null(a[0])) return ob__int_exact(self);
    ob_val places = ob_index(a[0]);
    if (ob_is_null(places)) return OB_NULL;
    if (ob_int_sign(places) >= 0) return ob__int_exact(self);
    places = neg(places);
    return ob_is_null(places) ? places : round_to(ob__int_exact(self), places);
}

OB_FN(m_getnewargs) {
    ob_val e = ob__int_exact(self);
    return ob_is_null(e) ? e : ob_tuple_of1(e);
}

OB_FN(m_format) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "__format__() argument must be str, not %.50T", a[0]);
    return ob__format_int(self, a[0]);
}

/* What CPython, with digits of 30 bits, would say. */
OB_FN(m_sizeof) {
    return ob_int_from_u64(24 + 4 * ((ob_int_bit_length(self) + 29) / 30));
}

static ob_val g_exact(ob_val self) { return ob__int_exact(self); }
static ob_val g_zero(ob_val self) { (void)self; return ob_from_small(0); }
static ob_val g_one(ob_val self) { (void)self; return ob_from_small(1); }

static const ob_def int_methods[] = {
    {"__ceil__", m_exact, "", "The integer itself.", 0},
    {"__floor__", m_exact, "", "The integer itself.", 0},
    {"__format__", m_format, "format_spec, /", "The integer as text, in the given format.", 0},
    {"__getnewargs__", m_getnewargs, "", NULL, 0},
    {"__round__", m_round, "ndigits=None, /", "Rounds to a multiple of 10**-ndigits, half to even; positive ndigits change nothing.", 0},
    {"__sizeof__", m_sizeof, "", "Size in memory, in bytes.", 0},
    {"__trunc__", m_exact, "", "The integer itself.", 0},
    {"as_integer_ratio", m_as_integer_ratio, "", "The pair (self, 1).\n\n>>> (7).as_integer_ratio()\n(7, 1)", 0},
    {"bit_count", m_bit_count, "", "How many ones the absolute value has in binary.\n\n>>> (-11).bit_count()\n3", 0},
    {"bit_length", m_bit_length, "", "How many bits the absolute value needs.\n\n>>> (255).bit_length()\n8", 0},
    {"conjugate", m_exact, "", "The integer itself.", 0},
    {"from_bytes", m_from_bytes, "bytes, byteorder='big', *, signed=False", "The integer that the bytes stand for.", OB_DEF_CLASS},
    {"to_bytes", m_to_bytes, "length=1, byteorder='big', *, signed=False", "The integer as bytes.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static const ob_getset int_getsets[] = {
    {"real", g_exact, NULL, "the real part"},
    {"imag", g_zero, NULL, "the imaginary part, 0"},
    {"numerator", g_exact, NULL, "the numerator in lowest terms"},
    {"denominator", g_one, NULL, "the denominator in lowest terms, 1"},
    {NULL, NULL, NULL, NULL},
};

ob_type ob_int_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "int",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_INT | OB_TF_LEAF,
    .size = sizeof(ob_bigint),
    .slots = {
        .repr = repr, .hash = hash, .cmp = compare, .truth = truth, .make = ob__int_make, .pow3 = pow3,
        .unary = {[OB_UN_NEG] = neg, [OB_UN_POS] = ob__int_exact, [OB_UN_INVERT] = invert, [OB_UN_ABS] = absolute,
                  [OB_UN_INT] = ob__int_exact, [OB_UN_FLOAT] = to_float, [OB_UN_INDEX] = ob__int_exact},
        .binary = {
#define OP(name, fn) [OB_BIN_##name] = slot_##fn,
            INT_OPS(OP)
#undef OP
        },
    },
    .methods = int_methods,
    .getsets = int_getsets,
    .doc = "int([x]) -> integer\nint(x, base=10) -> integer\n\nA whole number of any size, made from a number or, in the given base, from text.\n\n>>> int('ff', 16)\n255",
};
