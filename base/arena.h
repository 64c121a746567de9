/* arena.h: a bump allocator whose memory is given back as a whole.
 *
 * Memory is aligned to 8 bytes and uninitialised.  An arena belongs to one thread at a time.  After a failed allocation
 * `failed` stays set, so that a caller may check once at the end of a long construction.  */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/check.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct base_arena_block base_arena_block;

typedef struct base_arena {
    char *next, *end;            /* free part of the newest block */
    base_arena_block *blocks;    /* newest first */
    size_t used;                 /* bytes asked from malloc */
    size_t limit;                /* `used` may not exceed this; 0: no limit */
    bool failed;                 /* an allocation has failed */
} base_arena;

void base_arena_init(base_arena *a);
void base_arena_release(base_arena *a);             /* frees everything; the arena may be used again */
void *base_arena_alloc_slow(base_arena *a, size_t n) MUST_CHECK;
void *base_arena_zalloc(base_arena *a, size_t n) MUST_CHECK;                    /* zeroed */
char *base_arena_strndup(base_arena *a, const char *s, size_t n) MUST_CHECK;    /* adds a NUL */

/* NULL: out of memory. */
static inline MUST_CHECK void *base_arena_alloc(base_arena *a, size_t n)
{
    size_t rounded = (n + 7) & ~(size_t)7;
    if (UNLIKELY((size_t)(a->end - a->next) < rounded || rounded < n))
        return base_arena_alloc_slow(a, n);
    void *p = a->next;
    a->next += rounded;
    return p;
}

#endif
