/* chars.h: arrays of characters of 1, 2 or 4 bytes, searching in them, and facts about single characters. */
#ifndef OBJSPACE_CHARS_H
#define OBJSPACE_CHARS_H
#include "objspace/str.h"
#include <string.h>

/* ---- arrays of characters of 1, 2 or 4 bytes ---- */
static inline unsigned ob_char_kind(uint32_t max_char) { return max_char < 0x100 ? 1 : max_char < 0x10000 ? 2 : 4; }
static inline uint32_t ob_char_at(const void *data, unsigned kind, size_t i) {
    return kind == 1 ? ((const uint8_t *)data)[i] : kind == 2 ? ((const uint16_t *)data)[i] : ((const uint32_t *)data)[i];
}
static inline void ob_char_put(void *data, unsigned kind, size_t i, uint32_t c) {
    if (kind == 1) ((uint8_t *)data)[i] = (uint8_t)c;
    else if (kind == 2) ((uint16_t *)data)[i] = (uint16_t)c;
    else ((uint32_t *)data)[i] = c;
}
/* memcpy for what is mostly short: no call up to 16 bytes. */
static inline void ob_bytes_copy(uint8_t *to, const uint8_t *from, size_t n) {
    uint64_t a, b;
    uint32_t c, d;
    if (n > 16) memcpy(to, from, n);
    else if (n >= 8) {
        memcpy(&a, from, 8);
        memcpy(&b, from + n - 8, 8);
        memcpy(to, &a, 8);
        memcpy(to + n - 8, &b, 8);
    } else if (n >= 4) {
        memcpy(&c, from, 4);
        memcpy(&d, from + n - 4, 4);
        memcpy(to, &c, 4);
        memcpy(to + n - 4, &d, 4);
    } else if (n) {
        uint8_t first = from[0], middle = from[n / 2], last = from[n - 1];
        to[0] = first;
        to[n / 2] = middle;
        to[n - 1] = last;
    }
}
/* Copies n characters between kinds; narrowing must fit. */
void ob_chars_copy(void *dst, unsigned dst_kind, const void *src, unsigned src_kind, size_t n);
/* A character at least as wide as the widest (0x7f, 0xff, 0xffff, 0x10ffff). */
uint32_t ob_chars_widest(const void *data, unsigned kind, size_t n);
/* Offset of the first byte >= 0x80, or n. */
size_t ob_ascii_prefix(const uint8_t *p, size_t n);
ob_val ob_str_from_kind(const void *data, unsigned kind, size_t n);
static inline uint32_t ob_str_max(ob_val s) {           /* upper bound of its characters, exact by class */
    return ob_str_is_ascii(s) ? 0x7f : ob_str_kind(s) == 1 ? 0xff : ob_str_kind(s) == 2 ? 0xffff : 0x10ffff;
}

/* ---- searching ---- offsets in characters, -1: not found */
ssize_t ob_chars_find(const void *hay, unsigned hay_kind, size_t n, const void *needle, unsigned needle_kind, size_t m);
ssize_t ob_chars_rfind(const void *hay, unsigned hay_kind, size_t n, const void *needle, unsigned needle_kind, size_t m);
ssize_t ob_mem_find(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m);
ssize_t ob_mem_rfind(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m);
size_t ob_mem_count(const uint8_t *hay, size_t n, const uint8_t *needle, size_t m, size_t limit);    /* without overlaps; m > 0; at most limit */
/* Where c stands next in p[at..n), or n. What is near, as most separators are, needs no call. */
static inline size_t ob_mem_next(const uint8_t *p, size_t at, size_t n, uint8_t c) {
    for (size_t near = n - at < 12 ? n : at + 12; at < near; at++)
        if (p[at] == c) return at;
    const uint8_t *hit = at < n ? memchr(p + at, c, n - at) : NULL;
    return hit ? (size_t)(hit - p) : n;
}

/* ---- one-character facts (unicode.c) ---- */
enum {
    OB_UC_ALPHA = 1 << 0, OB_UC_DECIMAL = 1 << 1, OB_UC_DIGIT = 1 << 2, OB_UC_LOWER = 1 << 3, OB_UC_UPPER = 1 << 4, OB_UC_TITLE = 1 << 5,
    OB_UC_SPACE = 1 << 6, OB_UC_PRINTABLE = 1 << 7, OB_UC_XID_START = 1 << 8, OB_UC_XID_CONTINUE = 1 << 9, OB_UC_NUMERIC = 1 << 10,
    OB_UC_CASED = 1 << 11, OB_UC_CASE_IGNORABLE = 1 << 12, OB_UC_LINEBREAK = 1 << 13
};
extern const uint16_t ob_latin1_flags[256];
uint16_t ob_uc_flags_slow(uint32_t c);
static inline uint16_t ob_uc_flags(uint32_t c) { return c < 256 ? ob_latin1_flags[c] : ob_uc_flags_slow(c); }
int ob_uc_decimal(uint32_t c);                          /* 0..9 or -1 */
int ob_uc_digit(uint32_t c);
bool ob_uc_numeric(uint32_t c, double *out);
typedef enum ob_case { OB_CASE_LOWER, OB_CASE_UPPER, OB_CASE_TITLE, OB_CASE_FOLD } ob_case;
unsigned ob_uc_case(ob_case how, uint32_t c, uint32_t out[3]);   /* full mapping of one character: 1..3 characters */
uint32_t ob_uc_simple(ob_case how, uint32_t c);        /* the first character of the full mapping */
uint32_t ob_char_by_name(const char *name, size_t n);    /* UINT32_MAX: none */
bool ob_char_name(uint32_t c, char out[256]);

#endif
