/* num_int.c: integers of any size: identities of arithmetic on random values, texts, bytes, conversions. */
#include "base/rand.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/init.h"
#include "objspace/int.h"
#include "objspace/int_gmp.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "tests/unit/unit.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 3000 };
static base_rand dice;

#define OP(op, a, b) ob_int_binary(OB_BIN_##op, a, b)
#define SAME(a, b) (ob_int_cmp(a, b) == 0)
static ob_val I(int64_t i) { return ob_int_from_i64(i); }
static ob_val neg(ob_val a) { return OP(SUB, I(0), a); }

/* Of up to 400 bits, near powers of two and sparse ones as often as others. */
static ob_val any_int(void) {
    static const unsigned widths[] = {3, 30, 60, 61, 62, 63, 64, 65, 127, 128, 129, 200, 400};
    unsigned bits = widths[base_rand_below(&dice, BASE_LENGTH(widths))];
    ob_val v = I(0);
    if (base_rand_below(&dice, 3) == 0) {
        v = OP(ADD, OP(LSHIFT, I(1), I(bits)), I((int64_t)base_rand_below(&dice, 5) - 2));
    } else {
        for (unsigned i = 0; i < bits; i += 32) v = OP(OR, OP(LSHIFT, v, I(32)), I(base_rand_below(&dice, 2) ? (int64_t)(uint32_t)base_rand_next(&dice) : 0));
        v = OP(RSHIFT, v, I(base_rand_below(&dice, 32)));
    }
    return base_rand_below(&dice, 2) ? neg(v) : v;
}

static ob_val nonzero(void) {
    ob_val v;
    do v = any_int(); while (ob_int_sign(v) == 0);
    return v;
}

static bool raised(ob_type *t) {
    ob_val e = ob_err_fetch();
    return !ob_is_null(e) && ob_type_of(e) == t;
}

TEST(start) {
    CHECK_FATAL(ob_init());
    base_rand_seed(&dice, 20220101);
}

TEST(what_fits_a_word_is_a_word) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int(), b = any_int(), s = OP(SUB, OP(ADD, a, b), b);
        int64_t x;
        bool fits = ob_int_to_i64(a, &x) && ob_small_fits(x);
        if (!fits) ob_err_clear();
        CHECK(ob_is_small(s) == fits);
    }
}

TEST(adding_and_subtracting_undo_each_other) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int(), b = any_int();
        CHECK(SAME(OP(SUB, OP(ADD, a, b), b), a));
        CHECK(SAME(OP(ADD, a, b), OP(ADD, b, a)));
        CHECK(SAME(OP(SUB, a, b), neg(OP(SUB, b, a))));
    }
}

TEST(products_distribute_over_sums) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int(), b = any_int(), c = any_int();
        CHECK(SAME(OP(MUL, a, OP(ADD, b, c)), OP(ADD, OP(MUL, a, b), OP(MUL, a, c))));
        CHECK(SAME(OP(MUL, a, a), OP(POW, a, I(2))));
    }
}

TEST(quotient_and_remainder_make_up_the_dividend) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int(), b = nonzero(), q = OP(FLOORDIV, a, b), r = OP(MOD, a, b), both = OP(DIVMOD, a, b);
        CHECK(SAME(OP(ADD, OP(MUL, q, b), r), a));
        CHECK(ob_int_sign(r) == 0 || ob_int_sign(r) == ob_int_sign(b));
        CHECK(ob_int_cmp(ob_int_sign(r) < 0 ? neg(r) : r, ob_int_sign(b) < 0 ? neg(b) : b) < 0);
        CHECK(SAME(ob_tuple_at(both, 0), q) && SAME(ob_tuple_at(both, 1), r));
    }
    CHECK(ob_is_null(OP(FLOORDIV, I(1), I(0))) && raised(&ob_exc_ZeroDivisionError));
    CHECK(ob_is_null(OP(MOD, any_int(), I(0))) && raised(&ob_exc_ZeroDivisionError));
}

TEST(shifts_are_products_and_floors) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int(), n = I(base_rand_below(&dice, 200)), power = OP(POW, I(2), n);
        CHECK(SAME(OP(LSHIFT, a, n), OP(MUL, a, power)));
        CHECK(SAME(OP(RSHIFT, a, n), OP(FLOORDIV, a, power)));
    }
}

TEST(bits_are_those_of_two_complement) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int(), b = any_int(), all = I(-1);
        CHECK(SAME(OP(ADD, OP(AND, a, b), OP(OR, a, b)), OP(ADD, a, b)));
        CHECK(SAME(OP(XOR, a, b), OP(SUB, OP(OR, a, b), OP(AND, a, b))));
        CHECK(SAME(OP(XOR, a, all), OP(SUB, all, a)));
        CHECK(SAME(OP(AND, a, OP(XOR, a, all)), I(0)));
    }
}

TEST(powers_modulo_agree_with_powers) {
    for (int i = 0; i < ROUNDS / 10; i++) {
        ob_val a = any_int(), e = I(base_rand_below(&dice, 40)), m = nonzero();
        CHECK(SAME(ob_pow(a, e, m), OP(MOD, OP(POW, a, e), m)));
    }
    CHECK(SAME(ob_pow(I(3), I(-1), I(7)), I(5)));
    CHECK(ob_is_null(ob_pow(I(2), I(-1), I(4))) && raised(&ob_exc_ValueError));
}

TEST(texts_read_back_in_every_base) {
    for (int base = 2; base <= 36; base++)
        for (int i = 0; i < 60; i++) {
            ob_val a = any_int(), t = ob_int_to_text(a, base, false);
            CHECK(SAME(ob_int_from_text((const char *)ob_str_ptr(t)->data, ob_str_len(t), base, t), a));
        }
}

TEST(malformed_texts_are_refused) {
    static const char *const bad[] = {"", " ", "+", "-", "_1", "1_", "1__0", "0x", "12a", "1 2", "- 1", "0b2", "08", "٣٣x"};
    for (size_t i = 0; i < BASE_LENGTH(bad); i++) CHECK(ob_is_null(ob_int_from_text(bad[i], strlen(bad[i]), 0, OB_NULL)) && raised(&ob_exc_ValueError));
    CHECK(SAME(ob_int_from_text(" -0x_ff ", 8, 0, OB_NULL), I(-255)));
    CHECK(SAME(ob_int_from_text("0_0", 3, 0, OB_NULL), I(0)));
}

TEST(long_texts_meet_the_limit) {
    ob_val big = OP(POW, I(10), I(4300));
    CHECK(ob_is_null(ob_int_to_text(big, 10, false)) && raised(&ob_exc_ValueError));
    CHECK(!ob_is_null(ob_int_to_text(OP(SUB, big, I(1)), 10, false)));
    CHECK(!ob_is_null(ob_int_to_text(big, 16, false)));
    char digits[4301];
    memset(digits, '9', sizeof digits);
    CHECK(!ob_is_null(ob_int_from_text(digits, 4300, 10, OB_NULL)));
    CHECK(ob_is_null(ob_int_from_text(digits, 4301, 10, OB_NULL)) && raised(&ob_exc_ValueError));
}

TEST(bytes_read_back) {
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t b[64];
        ob_val a = any_int();
        bool little = base_rand_below(&dice, 2), is_signed = base_rand_below(&dice, 2);
        size_t n = base_rand_below(&dice, 64);
        uint64_t bits = ob_int_bit_length(ob_int_sign(a) < 0 ? OP(XOR, a, I(-1)) : a) + is_signed;
        bool fits = bits <= n * 8 && (is_signed || ob_int_sign(a) >= 0), done = ob_int_to_bytes(a, b, n, little, is_signed);
        if (n == 0 && ob_int_sign(a) == 0) fits = done;
        CHECK(done == fits);
        CHECK(done ? SAME(ob_int_from_bytes(b, n, little, is_signed), a) : raised(&ob_exc_OverflowError));
    }
}

/* |x * b - a| is at most half a step of x: both sides as integers. */
static bool nearest(double x, ob_val a, ob_val b) {
    int e;
    double m = frexp(x, &e);
    ob_val num = I((int64_t)ldexp(m, 53)), left, right, bb = ob_int_sign(b) < 0 ? neg(b) : b;
    e -= 53;
    left = OP(MUL, num, b);
    right = a;
    if (e >= 0) left = OP(LSHIFT, left, I(e)), bb = OP(LSHIFT, bb, I(e));
    else right = OP(LSHIFT, right, I(-e));
    ob_val diff = OP(SUB, left, right);
    return ob_int_cmp(OP(MUL, I(2), ob_int_sign(diff) < 0 ? neg(diff) : diff), bb) <= 0;
}

TEST(true_division_rounds_to_the_nearest_double) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = nonzero(), b = nonzero(), q = OP(TRUEDIV, a, b);
        CHECK_FATAL(!ob_is_null(q));
        CHECK(nearest(ob_float_value(q), a, b));
    }
    CHECK(ob_float_value(OP(TRUEDIV, I(1), OP(LSHIFT, I(1), I(1074)))) == 5e-324);
    CHECK(ob_float_value(OP(TRUEDIV, I(1), OP(LSHIFT, I(1), I(1075)))) == 0.0);
    CHECK(ob_float_value(OP(TRUEDIV, I(3), OP(LSHIFT, I(1), I(1075)))) == 1e-323);
    CHECK(ob_is_null(OP(TRUEDIV, OP(LSHIFT, I(1), I(1024)), I(1))) && raised(&ob_exc_OverflowError));
}

TEST(conversion_to_double_rounds_to_nearest) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = nonzero();
        CHECK(nearest(ob_int_to_double(a), a, I(1)));
        uint64_t u = base_rand_next(&dice);
        CHECK(ob_int_to_double(ob_int_from_u64(u)) == (double)u);
    }
}

TEST(equal_numbers_hash_equally) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int();
        double d = ob_int_to_double(a);
        CHECK(ob_int_hash(ob_int_from_double(d)) == ob_float_hash(d));
    }
    CHECK(ob_int_hash(I(-1)) == UINT64_MAX - 1);
    CHECK(ob_int_hash(I((INT64_C(1) << 61) - 1)) == 0);
    CHECK(ob_int_hash(OB_TRUE) == 1);
}

TEST(floats_compare_with_integers_exactly) {
    for (int i = 0; i < ROUNDS; i++) {
        ob_val a = any_int();
        double d = ob_int_to_double(a);
        ob_val f = ob_float_from(d), back = ob_int_from_double(d);
        CHECK(ob_same(ob_compare(OB_EQ, f, a), ob_bool(SAME(back, a))));
        CHECK(ob_same(ob_compare(OB_LT, f, a), ob_bool(ob_int_cmp(back, a) < 0)));
        CHECK(ob_same(ob_compare(OB_LT, a, ob_float_from(nextafter(d, INFINITY))), ob_bool(ob_int_cmp(a, ob_int_from_double(ceil(nextafter(d, INFINITY)))) < 0)));
    }
}

int main(void) { return unit_run(); }
