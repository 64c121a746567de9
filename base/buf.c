/* buf.c: a growable byte buffer.  Locks: none.
 * B1  at == NULL or at[n] == 0.   B2  n < room unless at == NULL. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include <stdio.h>
#include <string.h>

void base_buf_init(base_buf *b) { *b = (base_buf){0}; }

void base_buf_release(base_buf *b) {
    base_mem_free(b->at);
    base_buf_init(b);
}

void base_buf_clear(base_buf *b) {
    b->n = 0;
    b->failed = false;
    if (b->at) b->at[0] = 0;
}

bool base_buf_reserve(base_buf *b, size_t more) {
    size_t want, room;
    char *p;
    if (b->failed) return false;
    if (__builtin_add_overflow(b->n, more, &want) || want == SIZE_MAX) return b->failed = true, false;
    if (want < b->room) return true;
    room = b->room < 64 ? 64 : b->room + b->room / 2;
    if (room <= want) room = want + 1;
    if ((p = base_mem_resize(b->at, room)) == NULL) return b->failed = true, false;
    if (b->at == NULL) p[0] = 0;
    b->at = p;
    b->room = room;
    return true;
}

bool base_buf_add(base_buf *b, const void *bytes, size_t n) {
    if (!base_buf_reserve(b, n)) return false;
    if (n) memcpy(b->at + b->n, bytes, n);
    b->n += n;
    b->at[b->n] = 0;
    return true;
}

bool base_buf_byte(base_buf *b, unsigned char c) { return base_buf_add(b, &c, 1); }

bool base_buf_text(base_buf *b, const char *s) { return base_buf_add(b, s, strlen(s)); }

bool base_buf_fill(base_buf *b, unsigned char c, size_t n) {
    if (!base_buf_reserve(b, n)) return false;
    memset(b->at + b->n, c, n);
    b->n += n;
    b->at[b->n] = 0;
    return true;
}

bool base_buf_vprintf(base_buf *b, const char *format, va_list args) {
    va_list again;
    int n;
    if (!base_buf_reserve(b, 63)) return false;
    va_copy(again, args);
    n = vsnprintf(b->at + b->n, b->room - b->n, format, args);
    if (n >= 0 && (size_t)n >= b->room - b->n) {
        b->at[b->n] = 0;
        if (base_buf_reserve(b, (size_t)n)) n = vsnprintf(b->at + b->n, b->room - b->n, format, again);
    }
    va_end(again);
    if (n < 0) b->failed = true;
    if (b->failed) return b->at[b->n] = 0, false;
    b->n += (size_t)n;
    return true;
}

bool base_buf_printf(base_buf *b, const char *format, ...) {
    va_list args;
    bool ok;
    va_start(args, format);
    ok = base_buf_vprintf(b, format, args);
    va_end(args);
    return ok;
}

bool base_buf_utf8(base_buf *b, uint32_t codepoint) {
    char bytes[4];
    return base_buf_add(b, bytes, base_utf8_encode(codepoint, bytes));
}

char *base_buf_take(base_buf *b) {
    char *p = NULL;
    if (base_buf_reserve(b, 0)) {
        p = b->at;
        base_buf_init(b);
    } else base_buf_release(b);
    return p;
}
