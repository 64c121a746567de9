/* pages.h: an array that versions share: pages of elements under nodes of 32, copied along one path when an element is changed.
 * Under big dicts, lists and sets, so that a transaction that changes one element copies some hundred bytes, whatever the length.
 *
 * P1  Pages and nodes that more than one body can reach are immutable. A body may write those whose era is its own; it takes a new era when it has
 *     been copied, and so does the copy. (ob__era_new, ob__own)
 * P2  Nodes are blocks of the collector and are never freed by hand.
 * Two arrays of one descent differ only where their pointers do: that is how changes are found. (ob__pages_differ)
 *
 * Where a pointer may stand, there may be a *stub* instead (stub.h): a node or page that is still in the store. It reads as what it stands for. If that
 * cannot be brought in, it reads as absent (an item of a list as None), nothing that is made of it counts (ob_unread), and ob__stub_trouble has gone up: whoever
 * can end early compares.
 * P3  Whoever copies what a stub stands for, to change the copy, pins the stub first: a stub that is not pinned has the newest record. (ob__own) */
#ifndef OBJSPACE_PAGES_H
#define OBJSPACE_PAGES_H
#include "objspace/stub.h"

typedef void *ob__allocator(size_t bytes);               /* ob_block_alloc, or ob_kind_block where txn calls: that neither collects nor raises */

enum { OB__FAN_BITS = 5, OB__FAN = 1 << OB__FAN_BITS };
typedef struct ob__node { uint64_t era; void *kid[OB__FAN]; } ob__node;
typedef struct ob__page_block { uint64_t era; char at[]; } ob__page_block;
/* What kind of array: a page has 1 << bits elements of `size` bytes, each a multiple of words; all zero: absent. */
typedef struct ob__paging { uint8_t bits, size; } ob__paging;
/* levels: of nodes above the pages.  root NULL: all absent. */
typedef struct ob__pages { void *root; uint32_t levels; } ob__pages;

uint64_t ob__era_new(void);                              /* never 0, never given twice */
/* What *place points to, `bytes` big with its era first, to be written under this era: itself, a copy, or zeroes.  NULL: no memory, or it cannot be brought in. */
MUST_CHECK void *ob__own(void **place, size_t bytes, uint64_t era, ob__allocator *alloc);

static inline size_t ob__page_bytes(ob__paging k) { return sizeof(uint64_t) + ((size_t)k.size << k.bits); }
static inline size_t ob__pages_room(ob__pages p, ob__paging k) { return (size_t)1 << (k.bits + OB__FAN_BITS * p.levels); }

/* The page that has element i; NULL: all of it is absent. */
static inline const ob__page_block *ob__pages_page(ob__pages p, ob__paging k, size_t i) {
    const void *n = ob__solid(p.root);
    for (uint32_t l = p.levels; l-- > 0 && n;) n = ob__solid(((const ob__node *)n)->kid[i >> (k.bits + OB__FAN_BITS * l) & (OB__FAN - 1)]);
    return n;
}
/* Element i < room; NULL: absent. */
static inline const void *ob__pages_at(ob__pages p, ob__paging k, size_t i) {
    const ob__page_block *page = ob__pages_page(p, k, i);
    return page ? page->at + (i & (((size_t)1 << k.bits) - 1)) * k.size : NULL;
}
/* Element i to be written under this era; the array grows to hold it. */
MUST_CHECK void *ob__pages_own(ob__pages *p, ob__paging k, size_t i, uint64_t era, ob__allocator *alloc);
/* All elements of i's page become absent, and what has no page any more goes.  false: no memory, or a node cannot be brought in. */
MUST_CHECK bool ob__pages_drop(ob__pages *p, ob__paging k, size_t i, uint64_t era, ob__allocator *alloc);
/* The first i in from..limit-1 that may differ between two arrays; limit: none. */
size_t ob__pages_differ(ob__pages a, ob__pages b, ob__paging k, size_t from, size_t limit);
/* Calls fn for each page that the tracer has not seen: with its elements. */
void ob__pages_trace(ob__pages p, ob__paging k, ob_tracer *t, void (*fn)(ob_tracer *t, const void *at, size_t n));

#endif
