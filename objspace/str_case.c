/* str_case.c: upper, lower, title, capitalize, swapcase, casefold, with ASCII done eight bytes at a time.
 * Locks: none.  A capital sigma at a word's end becomes the final form (Unicode, section 3.13). */
#include "objspace/str_methods.h"

/* Bytes whose high bit says whether the byte (all < 0x80) lies in low..high. */
static inline uint64_t in_range(uint64_t w, uint8_t low, uint8_t high) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return (w + ones * (0x80u - low)) & ~(w + ones * (0x7fu - high)) & (ones << 7);
}

static ob_val ascii_case(ob_val s, uint8_t low) {
    size_t n = ob_str_len(s), i = 0;
    const uint8_t *p = ob_str_ptr(s)->data;
    if (n == 0) return OB_NAME(empty);
    ob_val r = ob_str_alloc(n, 0x7f);
    if (ob_is_null(r)) return r;
    uint8_t *q = ob_str_ptr(r)->data;
    for (uint64_t w; i + 8 <= n; i += 8) {
        memcpy(&w, p + i, 8);
        w ^= in_range(w, low, (uint8_t)(low + 25)) >> 2;
        memcpy(q + i, &w, 8);
    }
    for (; i < n; i++) q[i] = (uint8_t)(p[i] - low) < 26 ? p[i] ^ 0x20 : p[i];
    return n == 1 ? ob_str_from_char(q[0]) : r;
}

/* Has a signal come, after many characters? Then the text is let go. */
static inline bool stopped(ob_strbuf *b, size_t i) {
    if (LIKELY(i & 0xffff) || !ob_interrupted()) return false;
    ob_strbuf_release(b);
    return true;
}

static void add_mapped(ob_strbuf *b, ob_case how, uint32_t c) {
    uint32_t out[3];
    unsigned k = ob_uc_case(how, c, out);
    for (unsigned i = 0; i < k; i++) ob_strbuf_char(b, out[i]);
}

/* Is the sigma at i the last letter of a word? */
static bool final_sigma(ob_val s, size_t i) {
    size_t j = i, n = ob_str_len(s);
    uint16_t f = 0;
    while (j > 0 && (f = ob_uc_flags(ob_str_at(s, j - 1))) & OB_UC_CASE_IGNORABLE) j--;
    if (j == 0 || !(f & OB_UC_CASED)) return false;
    for (j = i + 1; j < n; j++) {
        f = ob_uc_flags(ob_str_at(s, j));
        if (!(f & OB_UC_CASE_IGNORABLE)) return !(f & OB_UC_CASED);
    }
    return true;
}

static void add_lower(ob_strbuf *b, ob_val s, size_t i) {
    uint32_t c = ob_str_at(s, i);
    if (UNLIKELY(c == 0x3a3)) ob_strbuf_char(b, final_sigma(s, i) ? 0x3c2 : 0x3c3);
    else add_mapped(b, OB_CASE_LOWER, c);
}

DEFINE_STR_METHOD(lower) {
    ob_strbuf b;
    if (ob_str_is_ascii(self)) return ascii_case(self, 'A');
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(self); i++) {
        if (stopped(&b, i)) return OB_NULL;
        add_lower(&b, self, i);
    }
    return ob_strbuf_finish(&b);
}

static ob_val map_all(ob_val s, ob_case how) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(s); i++) {
        if (stopped(&b, i)) return OB_NULL;
        add_mapped(&b, how, ob_str_at(s, i));
    }
    return ob_strbuf_finish(&b);
}

DEFINE_STR_METHOD(upper) { return ob_str_is_ascii(self) ? ascii_case(self, 'a') : map_all(self, OB_CASE_UPPER); }
DEFINE_STR_METHOD(casefold) { return ob_str_is_ascii(self) ? ascii_case(self, 'A') : map_all(self, OB_CASE_FOLD); }

DEFINE_STR_METHOD(capitalize) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(self); i++) {
        if (stopped(&b, i)) return OB_NULL;
        if (i == 0) add_mapped(&b, OB_CASE_TITLE, ob_str_at(self, 0));
        else add_lower(&b, self, i);
    }
    return ob_strbuf_finish(&b);
}

DEFINE_STR_METHOD(swapcase) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(self); i++) {
        if (stopped(&b, i)) return OB_NULL;
        uint32_t c = ob_str_at(self, i);
        uint16_t f = ob_uc_flags(c);
        if (f & OB_UC_UPPER) add_lower(&b, self, i);
        else if (f & OB_UC_LOWER) add_mapped(&b, OB_CASE_UPPER, c);
        else ob_strbuf_char(&b, c);
    }
    return ob_strbuf_finish(&b);
}

DEFINE_STR_METHOD(title) {
    ob_strbuf b;
    bool inside = false;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(self); i++) {
        if (stopped(&b, i)) return OB_NULL;
        uint32_t c = ob_str_at(self, i);
        if (inside) add_lower(&b, self, i);
        else add_mapped(&b, OB_CASE_TITLE, c);
        inside = ob_uc_flags(c) & (OB_UC_CASED | OB_UC_LOWER | OB_UC_UPPER | OB_UC_TITLE);
    }
    return ob_strbuf_finish(&b);
}
