/* utf8.c: encoding and decoding of UTF-8.  Locks: none. */
#include "base/utf8.h"

size_t base_utf8_encode(uint32_t c, char out[4]) {
    size_t n = base_utf8_length(c);
    static const unsigned char lead[5] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* The range that the second byte must lie in, which excludes overlong forms, surrogates and what is above 0x10FFFF. */
static void second_range(unsigned char lead, bool surrogates, unsigned char *low, unsigned char *high) {
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed && !surrogates ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
}

size_t base_utf8_decode(const char *s, size_t n, bool surrogates, uint32_t *codepoint, size_t *bad) {
    const unsigned char *p = (const unsigned char *)s;
    unsigned char low, high;
    size_t need, i;
    uint32_t c = p[0];
    if (c < 0x80) return *codepoint = c, 1;
    need = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (need) {
        second_range(p[0], surrogates, &low, &high);
        c &= 0x7fu >> need;
    }
    for (i = 1; i < need; i++, low = 0x80, high = 0xbf) {
        if (i >= n || p[i] < low || p[i] > high) break;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (need == 0 || i < need) {
        if (bad) *bad = i;
        return 0;
    }
    *codepoint = c;
    return need;
}

size_t base_utf8_check(const char *s, size_t n, bool surrogates) {
    size_t i = 0, used;
    uint32_t c;
    while (i < n) {
        if (!((unsigned char)s[i] & 0x80)) { i++; continue; }
        if ((used = base_utf8_decode(s + i, n - i, surrogates, &c, NULL)) == 0) return i;
        i += used;
    }
    return n;
}

size_t base_utf8_count(const char *s, size_t n, uint32_t *widest) {
    size_t count = 0, used;
    uint32_t c, max = 0;
    for (size_t i = 0; i < n; i += used, count++) {
        used = base_utf8_decode(s + i, n - i, true, &c, NULL);
        if (used == 0) used = 1, c = 0xfffd;
        if (c > max) max = c;
    }
    if (widest) *widest = max;
    return count;
}
