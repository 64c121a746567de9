/* memory.c: version blocks where no upper layer supplies them (tx_set_memory): malloc behind a cache of each thread's own.
 * Locks: none. Versions are often made by one thread and freed, many at a time, by another; the cache keeps those away from malloc's locks.
 * Sanitizer builds have no cache, so that a use after free is seen. */
#include "txn/txn_int.h"

enum { GRANULE = 16, CLASSES = 17, KEEP = 256 }; /* blocks up to 256 bytes, so many of each size */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
typedef struct spare { struct spare *next; } spare;
static _Thread_local struct { spare *first; unsigned n; } cache[CLASSES];

static inline size_t class_of(size_t bytes) { return (bytes + GRANULE - 1) / GRANULE; }

void *tx__default_alloc(size_t bytes) {
    size_t c = class_of(bytes);
    spare *s;
    if (c >= CLASSES) return base_mem_alloc(bytes);
    if ((s = cache[c].first) == NULL) return base_mem_alloc(c * GRANULE);
    if (UNLIKELY(base_mem_should_fail())) return NULL;
    cache[c].first = s->next;
    cache[c].n--;
    return s;
}

void tx__default_free(void *block, size_t bytes) {
    size_t c = class_of(bytes);
    spare *s = block;
    if (c >= CLASSES || cache[c].n >= KEEP) {
        base_mem_free(block);
        return;
    }
    s->next = cache[c].first;
    cache[c].first = s;
    cache[c].n++;
}

void tx__default_give_back(void) {
    for (size_t c = 0; c < CLASSES; c++) {
        for (spare *s = cache[c].first, *next; s; s = next) {
            next = s->next;
            base_mem_free(s);
        }
        cache[c].first = NULL;
        cache[c].n = 0;
    }
}
#else
void *tx__default_alloc(size_t bytes) { return base_mem_alloc(bytes); }
void tx__default_free(void *block, size_t bytes) { (void)bytes, base_mem_free(block); }
void tx__default_give_back(void) {}
#endif
