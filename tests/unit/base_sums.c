/* base_sums.c: checksums, hashes, random numbers and UTF-8 against published values and against slow ways. */
#include "base/crc.h"
#include "base/hash.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "tests/unit/unit.h"
#include <string.h>

TEST(crc32c_gives_the_values_of_rfc_3720) {
    unsigned char b[32];
    memset(b, 0, 32);
    CHECK(base_crc32c(0, b, 32) == 0x8a9136aau);
    memset(b, 0xff, 32);
    CHECK(base_crc32c(0, b, 32) == 0x62a8ab43u);
    for (int i = 0; i < 32; i++) b[i] = (unsigned char)i;
    CHECK(base_crc32c(0, b, 32) == 0x46dd794eu);
    CHECK(base_crc32c(0, "123456789", 9) == 0xe3069283u);
}

TEST(crc32c_in_software_equals_the_machines_for_all_lengths_and_can_go_on) {
    unsigned char b[300];
    for (size_t i = 0; i < sizeof b; i++) b[i] = (unsigned char)(i * 37 + 11);
    for (size_t n = 0; n < sizeof b; n++) {
        uint32_t whole = base_crc32c(0, b, n);
        if (whole != base_crc32c_software(0, b, n)) CU_FAIL("software differs");
        if (whole != base_crc32c(base_crc32c(0, b, n / 3), b + n / 3, n - n / 3)) CU_FAIL("pieces differ");
    }
}

TEST(hashes_depend_on_key_and_every_byte) {
    base_hash_key k = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u}, other = {1, 2};
    char b[40] = {0};
    for (size_t n = 0; n <= 40; n++) {
        uint64_t h = base_hash_bytes(&k, b, n);
        CHECK(h == base_hash_bytes(&k, b, n) && h != base_hash_bytes(&other, b, n));
        for (size_t i = 0; i < n; i++) {
            b[i] ^= 1;
            if (base_hash_bytes(&k, b, n) == h) CU_FAIL("a byte did not matter");
            b[i] ^= 1;
        }
        if (n && base_hash_bytes(&k, b, n - 1) == h) CU_FAIL("the length did not matter");
    }
}

TEST(random_numbers_stay_below_their_bound_and_reach_all_values) {
    base_rand r;
    unsigned seen = 0;
    base_rand_seed(&r, 42);
    for (int i = 0; i < 1000; i++) {
        uint32_t x = base_rand_below(&r, 10);
        CHECK_FATAL(x < 10);
        seen |= 1u << x;
    }
    CHECK(seen == 1023);
}

TEST(entropy_differs_from_call_to_call) {
    uint64_t a[2] = {0}, b[2] = {0};
    CHECK(base_rand_entropy(a, sizeof a) && base_rand_entropy(b, sizeof b));
    CHECK(memcmp(a, b, sizeof a) != 0);
}

TEST(every_code_point_survives_encoding) {
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char s[4];
        uint32_t back;
        size_t n = base_utf8_encode(c, s);
        bool surrogate = c >= 0xd800 && c < 0xe000;
        if (n != base_utf8_length(c)) CU_FAIL_FATAL("length");
        if (base_utf8_decode(s, n, true, &back, NULL) != n || back != c) CU_FAIL_FATAL("round trip");
        if ((base_utf8_decode(s, n, false, &back, NULL) == 0) != surrogate) CU_FAIL_FATAL("surrogates");
        if (n > 1 && base_utf8_decode(s, n - 1, true, &back, NULL) != 0) CU_FAIL_FATAL("truncated");
    }
}

TEST(malformed_text_is_refused_where_it_begins) {
    static const struct { const char *s; size_t at, bad; } cases[] = {
        {"ab\xc0\x80", 2, 1}, {"\xc1\xbf", 0, 1}, {"x\xe0\x9f\xbf", 1, 1}, {"\xf0\x8f\xbf\xbf", 0, 1}, {"\xf4\x90\x80\x80", 0, 1},
        {"\xff", 0, 1}, {"\x80", 0, 1}, {"\xe2\x82", 0, 2}, {"\xf0\x9f\x98", 0, 3}, {"\xed\xa0\x80", 0, 1}, {"\xe2\x28\xa1", 0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = strlen(cases[i].s), at = base_utf8_check(cases[i].s, n, false), bad = 0;
        uint32_t c;
        CHECK(at == cases[i].at);
        CHECK(base_utf8_decode(cases[i].s + at, n - at, false, &c, &bad) == 0 && bad == cases[i].bad);
    }
    CHECK(base_utf8_check("gr\xc3\xbc\xc3\x9f", 6, false) == 6);
    uint32_t widest;
    CHECK(base_utf8_count("a\xc3\xbc\xe2\x82\xac", 6, &widest) == 3 && widest == 0x20ac);
}

int main(void) { return unit_run(); }
