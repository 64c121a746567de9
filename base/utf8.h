/* utf8.h: UTF-8 as in RFC 3629, with surrogates allowed on request (Python's "surrogatepass"). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 1..4 bytes of a code point <= 0x10FFFF (surrogates too); returns how many. */
size_t base_utf8_encode(uint32_t codepoint, char out[4]);
/* Bytes that encoding will need. */
static inline size_t base_utf8_length(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }
/* Decodes one code point from s[0..n), n > 0; stores it; returns the bytes used, or 0: malformed (overlong, truncated, out of range,
 * or a surrogate without `surrogates`); then *bad, if not NULL, is the length of the longest prefix that cannot be continued (1..3), as
 * Unicode's "maximal subpart" practice wants it for replacement characters. */
size_t base_utf8_decode(const char *s, size_t n, bool surrogates, uint32_t *codepoint, size_t *bad);
/* Offset of the first malformed byte, or n when all is well. */
size_t base_utf8_check(const char *s, size_t n, bool surrogates);
/* Code points in well-formed text, and the widest of them. */
size_t base_utf8_count(const char *s, size_t n, uint32_t *widest);

#endif
