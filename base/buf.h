/* buf.h: a growable byte buffer.
 *
 * An append that runs out of memory sets `failed` and the later ones do nothing, so a writer checks once, at the end.
 * The bytes are always followed by a NUL that is not counted. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/check.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct base_buf { char *at; size_t n, room; bool failed; } base_buf;

void base_buf_init(base_buf *b);
void base_buf_release(base_buf *b);
void base_buf_clear(base_buf *b);                                  /* empties it and forgets a failure; keeps the memory */
bool base_buf_reserve(base_buf *b, size_t more);                   /* false: failed */
bool base_buf_add(base_buf *b, const void *bytes, size_t n);
bool base_buf_byte(base_buf *b, unsigned char c);
bool base_buf_text(base_buf *b, const char *s);
bool base_buf_fill(base_buf *b, unsigned char c, size_t n);
bool base_buf_printf(base_buf *b, const char *format, ...) PRINTF(2, 3);
bool base_buf_vprintf(base_buf *b, const char *format, va_list args);
bool base_buf_utf8(base_buf *b, uint32_t codepoint);               /* surrogates are written too (3 bytes) */
char *base_buf_take(base_buf *b) MUST_CHECK;                       /* the bytes, NUL-terminated; caller frees (base_mem_free); NULL: had failed */

#endif
