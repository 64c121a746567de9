/* num_float.c: floats as text and back, rounding, and format specifications. */
#include "base/rand.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/init.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "tests/unit/unit.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 20000 };
static base_rand dice;

static double any_double(void) {
    uint64_t bits = base_rand_next(&dice);
    double d;
    switch (base_rand_below(&dice, 4)) {
    case 0: return ldexp(1.0, (int)base_rand_below(&dice, 2098) - 1074);
    case 1: return (double)(int64_t)(bits >> 20) / 1000;
    case 2: return (double)(bits >> base_rand_below(&dice, 64));
    default: memcpy(&d, &bits, 8); return isfinite(d) ? d : 1.0;
    }
}

TEST(start) {
    CHECK_FATAL(ob_init());
    base_rand_seed(&dice, 19850909);
}

TEST(words_and_boxes_keep_every_double) {
    for (int i = 0; i < ROUNDS; i++) {
        double d = any_double(), back = ob_float_value(ob_float_from(d));
        CHECK(memcmp(&d, &back, 8) == 0);
    }
}

/* The digits of a text in scientific notation, without the last one. */
static double one_digit_less(double d, int digits) {
    char buf[64];
    snprintf(buf, sizeof buf, "%.*e", digits - 2, d);
    return strtod(buf, NULL);
}

TEST(repr_reads_back_and_is_shortest) {
    for (int i = 0; i < ROUNDS; i++) {
        double d = any_double(), back;
        char buf[64], *exponent;
        size_t n = ob_float_format(buf, sizeof buf - 1, d, 'r', 0, false, true);
        buf[n] = 0;
        CHECK(strtod(buf, NULL) == d);
        CHECK(ob_float_parse(buf, n, &back) && back == d);
        if ((exponent = strchr(buf, 'e'))) *exponent = 0;
        int digits = 0, zeros = 0;
        for (char *p = buf; *p; p++) {
            if (*p < '0' || *p > '9' || (digits == 0 && *p == '0')) continue;
            digits++;
            zeros = *p == '0' ? zeros + 1 : 0;
        }
        if (digits - zeros >= 2 && d != 0) CHECK(one_digit_less(d, digits - zeros) != d);
    }
}

TEST(fixed_and_exponent_forms_are_the_c_library_s) {
    for (int i = 0; i < ROUNDS; i++) {
        char ours[800], theirs[800], format[] = "%.*e";
        double d = any_double();
        int precision = (int)base_rand_below(&dice, 30);
        format[3] = "efg"[base_rand_below(&dice, 3)];
        size_t n = ob_float_format(ours, sizeof ours, d, format[3], precision, false, false);
        int m = snprintf(theirs, sizeof theirs, format, precision, d);
        CHECK(n == (size_t)m && memcmp(ours, theirs, n) == 0);
    }
}

TEST(texts_are_read_as_the_c_library_reads_them) {
    for (int i = 0; i < ROUNDS; i++) {
        char buf[64];
        double d;
        snprintf(buf, sizeof buf, "%llu.%lluE%d", (unsigned long long)(base_rand_next(&dice) >> base_rand_below(&dice, 64)),
                 (unsigned long long)(base_rand_next(&dice) >> base_rand_below(&dice, 64)), (int)base_rand_below(&dice, 700) - 350);
        CHECK(ob_float_parse(buf, strlen(buf), &d) && d == strtod(buf, NULL));
    }
}

TEST(malformed_texts_are_refused) {
    static const char *const bad[] = {"", " ", ".", "+", "e5", "1e", "1e+", "1__0", "_1", "1_", "1_.5", "1._5", "0x1", "infi", "nan1", "1 2", "--1"};
    static const char *const good[] = {"1.", ".5", "1_0.0_1e1_0", " inf ", "-Infinity", "+NaN", "1e400", "1e-400", "00001"};
    double d;
    for (size_t i = 0; i < BASE_LENGTH(bad); i++) CHECK(!ob_float_parse(bad[i], strlen(bad[i]), &d));
    for (size_t i = 0; i < BASE_LENGTH(good); i++) CHECK(ob_float_parse(good[i], strlen(good[i]), &d));
}

static ob_val value(const char *s) {
    double d;
    if (strchr(s, '.') || strcmp(s, "inf") == 0) return ob_float_parse(s, strlen(s), &d) ? ob_float_from(d) : OB_NULL;
    return ob_int_from_text(s, strlen(s), 0, OB_NULL);
}

TEST(format_specifications) {
    static const struct { const char *value, *spec, *text; } cases[] = {
        {"1234567", ",", "1,234,567"}, {"1234567", "_x", "12_d687"}, {"-5", "05d", "-0005"}, {"1234", "020,", "0,000,000,000,001,234"},
        {"255", "#06x", "0x00ff"}, {"255", "#X", "0XFF"}, {"5", "^9b", "   101   "}, {"65", "c", "A"}, {"3", "*<4", "3***"}, {"10", "+.1f", "+10.0"},
        {"1.5", "", "1.5"}, {"1.5", "010.2f", "0000001.50"}, {"1234567.891", ",.1f", "1,234,567.9"}, {"0.00001", "g", "1e-05"}, {"2.5", ".0f", "2"},
        {"3.5", ".0f", "4"}, {"0.25", "%", "25.000000%"}, {"-0.04", "z.1f", "0.0"}, {"inf", "06", "000inf"}, {"1.0", "#.3g", "1.00"}, {"1e16", ".3", "1e+16"},
        {"100.0", ".3", "1e+02"}, {"10.0", ".3", "10.0"}, {"1.0", "=+8.2f", "+   1.00"},
    };
    for (size_t i = 0; i < BASE_LENGTH(cases); i++) {
        ob_val v = strchr(cases[i].value, 'e') ? ob_float_from(strtod(cases[i].value, NULL)) : value(cases[i].value);
        ob_val t = ob_format(v, ob_str_from_c(cases[i].spec));
        const char *got = ob_is_null(t) ? "(failed)" : ob_str_utf8(t, NULL);
        if (strcmp(got, cases[i].text)) printf("\n  format(%s, '%s'): got %s, want %s\n", cases[i].value, cases[i].spec, got, cases[i].text);
        CHECK(strcmp(got, cases[i].text) == 0);
        ob_err_clear();
    }
}

static bool refuses(const char *v, const char *spec, const char *message) {
    if (!ob_is_null(ob_format(value(v), ob_str_from_c(spec)))) return false;
    ob_val e = ob_err_fetch();
    return !ob_is_null(e) && strcmp(ob_str_utf8(ob_str(e), NULL), message) == 0;
}

TEST(bad_specifications_say_what_is_wrong) {
    CHECK(refuses("1", ".2", "Precision not allowed in integer format specifier"));
    CHECK(refuses("1", ",x", "Cannot specify ',' with 'x'."));
    CHECK(refuses("1", ",_", "Cannot specify both ',' and '_'."));
    CHECK(refuses("1", "xx", "Invalid format specifier 'xx' for object of type 'int'"));
    CHECK(refuses("1.5", "d", "Unknown format code 'd' for object of type 'float'"));
    CHECK(refuses("1.5", ".", "Format specifier missing precision"));
    CHECK(refuses("1", "99999999999999999999", "Too many decimal digits in format string"));
}

int main(void) { return unit_run(); }
