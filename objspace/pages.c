/* pages.c: arrays that versions share.  Locks: none.  Invariants: pages.h. */
#include "objspace/pages.h"
#include <string.h>

enum { ERAS = 1 << 16 };

uint64_t ob__era_new(void) {
    static _Atomic(uint64_t) given = 1;
    static _Thread_local uint64_t next, end;
    if (UNLIKELY(next == end)) {
        next = atomic_fetch_add_explicit(&given, ERAS, memory_order_relaxed);
        end = next + ERAS;
    }
    return next++;
}

void *ob__own(void **place, size_t bytes, uint64_t era, ob__allocator *alloc) {
    uint64_t *old = *place, *made;
    if (UNLIKELY(ob__is_stub(old))) {
        uint64_t trouble = ob__stub_trouble;
        ob__stub_pin(old);
        old = ob__solid(old);
        if (trouble != ob__stub_trouble) return NULL;
    }
    if (LIKELY(old && *old == era)) return old;
    if (!(made = alloc(bytes))) return NULL;
    if (old) memcpy(made, old, bytes);
    else memset(made, 0, bytes);
    *made = era;
    return *place = made;
}

static bool grow(ob__pages *p, ob__paging k, size_t i, uint64_t era, ob__allocator *alloc) {
    while (i >= ob__pages_room(*p, k)) {
        void *top = NULL;
        if (p->root) {
            ob__node *n = ob__own(&top, sizeof *n, era, alloc);
            if (!n) return false;
            n->kid[0] = p->root;
            p->root = n;
        }
        p->levels++;
    }
    return true;
}

void *ob__pages_own(ob__pages *p, ob__paging k, size_t i, uint64_t era, ob__allocator *alloc) {
    if (!grow(p, k, i, era, alloc)) return NULL;
    void **place = &p->root;
    for (uint32_t l = p->levels; l-- > 0;) {
        ob__node *n = ob__own(place, sizeof *n, era, alloc);
        if (!n) return NULL;
        place = &n->kid[i >> (k.bits + OB__FAN_BITS * l) & (OB__FAN - 1)];
    }
    ob__page_block *page = ob__own(place, ob__page_bytes(k), era, alloc);
    return page ? page->at + (i & (((size_t)1 << k.bits) - 1)) * k.size : NULL;
}

static const ob__node nothing;

/* Below *place, which then may be NULL. A page that is in the store must have been brought in, and pinned (stub.h, S1). */
static bool drop(void **place, uint32_t level, ob__paging k, size_t i, uint64_t era, ob__allocator *alloc) {
    if (level-- == 0 || !*place) return *place = NULL, true;
    ob__node *n = ob__own(place, sizeof *n, era, alloc);
    if (!n || !drop(&n->kid[i >> (k.bits + OB__FAN_BITS * level) & (OB__FAN - 1)], level, k, i, era, alloc)) return false;
    if (memcmp(n->kid, nothing.kid, sizeof n->kid) == 0) *place = NULL;
    return true;
}

bool ob__pages_drop(ob__pages *p, ob__paging k, size_t i, uint64_t era, ob__allocator *alloc) {
    return i >= ob__pages_room(*p, k) || drop(&p->root, p->levels, k, i, era, alloc);
}

/* The first element from `from` on, counted within these two parts, in whose page they differ; SIZE_MAX: none. */
static size_t differ(const void *p, const void *q, uint32_t level, ob__paging k, size_t from) {
    if (p == q) return SIZE_MAX;
    if (level == 0) return from;
    const ob__node *a = ob__solid(p), *b = ob__solid(q);
    unsigned shift = k.bits + OB__FAN_BITS * --level;
    if (!a) a = &nothing;
    if (!b) b = &nothing;
    for (size_t i = from >> shift; i < OB__FAN; i++) {
        if (a->kid[i] == b->kid[i]) continue;
        size_t start = i << shift, found = differ(a->kid[i], b->kid[i], level, k, from > start ? from - start : 0);
        if (found != SIZE_MAX) return start + found;
    }
    return SIZE_MAX;
}

/* Arrays of different heights: the lower one is lifted a level at a time. */
static NOINLINE size_t differ_lifted(ob__pages low, ob__pages high, ob__paging k, size_t from) {
    ob__node top = {.kid = {low.root}};
    ob__pages lifted = {low.root ? &top : NULL, low.levels + 1};
    return lifted.levels < high.levels ? differ_lifted(lifted, high, k, from) : differ(lifted.root, high.root, high.levels, k, from);
}

size_t ob__pages_differ(ob__pages a, ob__pages b, ob__paging k, size_t from, size_t limit) {
    size_t found;
    if (from >= limit) return limit;
    if (LIKELY(a.levels == b.levels)) found = differ(a.root, b.root, a.levels, k, from);
    else found = a.levels < b.levels ? differ_lifted(a, b, k, from) : differ_lifted(b, a, k, from);
    return found < limit ? found : limit;
}

static void trace(const void *n, uint32_t levels, ob__paging k, ob_tracer *t, void (*fn)(ob_tracer *t, const void *at, size_t n)) {
    n = ob__stub_trace(n, t);
    if (!n || !t->block(t, n)) return;
    if (levels == 0) {
        fn(t, ((const ob__page_block *)n)->at, (size_t)1 << k.bits);
        return;
    }
    for (unsigned i = 0; i < OB__FAN; i++) trace(((const ob__node *)n)->kid[i], levels - 1, k, t, fn);
}

void ob__pages_trace(ob__pages p, ob__paging k, ob_tracer *t, void (*fn)(ob_tracer *t, const void *at, size_t n)) { trace(p.root, p.levels, k, t, fn); }
