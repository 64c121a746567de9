/* mem.h: checked allocation. Every function may fail and returns NULL then; APO_STRESS=oom:N makes them fail on purpose. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include "base/check.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *base_mem_alloc(size_t bytes) MUST_CHECK;                 /* 16-byte aligned; never NULL for 0 bytes; caller frees */
void *base_mem_zeroed(size_t bytes) MUST_CHECK;
void *base_mem_aligned(size_t bytes, size_t alignment) MUST_CHECK; /* zeroed; alignment: a power of two >= sizeof(void *) */
void *base_mem_resize(void *p, size_t bytes) MUST_CHECK;       /* NULL: p is still whole */
void base_mem_free(void *p);                                   /* NULL allowed */
char *base_mem_text(const char *s) MUST_CHECK;                 /* a copy; caller frees */
char *base_mem_text_n(const char *s, size_t n) MUST_CHECK;     /* a copy of n bytes and a NUL */

/* *total = count * size + extra; false: it does not fit. */
static inline MUST_CHECK bool base_mem_size(size_t count, size_t size, size_t extra, size_t *total) {
    return !__builtin_mul_overflow(count, size, total) && !__builtin_add_overflow(*total, extra, total);
}

/* Failure injection for tests: the n-th allocation of this thread from now on fails, once (0: none will). */
void base_mem_fail_after(uint64_t n);
/* Allocators of upper layers ask this first, so that injection reaches them too. */
bool base_mem_should_fail(void);

#endif
