/* arena.c: a bump allocator whose memory is given back as a whole.  No locks: an arena belongs to one thread. */
#include "base/arena.h"
#include "base/mem.h"
#include <string.h>

enum { BLOCK_MIN = 8 << 10, BLOCK_MAX = 256 << 10 };

struct base_arena_block {
    base_arena_block *older;
    size_t size;                 /* bytes of data */
    char data[];
};

void base_arena_init(base_arena *a)
{
    memset(a, 0, sizeof *a);
}

void base_arena_release(base_arena *a)
{
    base_arena_block *b = a->blocks;
    while (b) {
        base_arena_block *older = b->older;
        base_mem_free(b);
        b = older;
    }
    size_t limit = a->limit;
    base_arena_init(a);
    a->limit = limit;
}

/* A block of its own for what is large; else a new current block, each twice as large as the one before. */
void *base_arena_alloc_slow(base_arena *a, size_t n)
{
    size_t rounded = (n + 7) & ~(size_t)7;
    size_t size = a->blocks ? a->blocks->size * 2 : BLOCK_MIN;
    if (size > BLOCK_MAX)
        size = BLOCK_MAX;
    bool own = rounded > size / 4;
    if (own)
        size = rounded;
    if (rounded < n || size > SIZE_MAX - sizeof(base_arena_block) || (a->limit && a->used + size > a->limit))
        goto fail;
    base_arena_block *b = base_mem_alloc(sizeof *b + size);
    if (!b)
        goto fail;
    b->size = size;
    a->used += size;
    if (own && a->blocks) {      /* keep bumping in the current block */
        b->older = a->blocks->older;
        a->blocks->older = b;
        return b->data;
    }
    b->older = a->blocks;
    a->blocks = b;
    a->next = b->data + rounded;
    a->end = b->data + size;
    return b->data;
fail:
    a->failed = true;
    return NULL;
}

void *base_arena_zalloc(base_arena *a, size_t n)
{
    void *p = base_arena_alloc(a, n);
    if (p)
        memset(p, 0, n);
    return p;
}

char *base_arena_strndup(base_arena *a, const char *s, size_t n)
{
    char *p = n < SIZE_MAX ? base_arena_alloc(a, n + 1) : NULL;
    if (!p)
        return NULL;
    memcpy(p, s, n);
    p[n] = 0;
    return p;
}
