/* heap.c: gives out cells: bump allocation into the gaps that the last collection left, pages and segments behind it.
 *
 * Locks: ob__the_heap.lock (rank BLOCKS) when a thread needs another page; the fast path takes none.
 * H1  A thread allocates only from pages it owns (page.owned), through its own runs.
 * H2  The rest of a run never holds anything: it is not zeroed until it is given out.
 * H3  A collection happens only inside of an allocation that says it may (all but ob__tx_alloc), ob_gc_collect or a safepoint.
 * Layout and L1, L2: heap_cells.h. */
#include "objspace/heap.h"
#include "base/atomic.h"
#include "base/mem.h"
#include "base/stress.h"
#include "objspace/heap_cells.h"
#include "objspace/inst.h"
#include "objspace/kind.h"
#include "txn/tx.h"
#include <string.h>
#include <sys/mman.h>

static ob__leaf empty_leaf;
ob__leaf *ob__radix[1 << OB__RADIX];
ob__heap ob__the_heap = {.lock = BASE_LOCK_INIT(BLOCKS, "heap"), .enabled = true};
uint8_t ob__class_of[(OB__SMALL_MAX >> OB__GRANULE_BITS) + 1];
uint32_t ob__class_size[OB__CLASS_MAX];
unsigned ob__class_count;
unsigned ob__mark_now;
static _Thread_local uint64_t stress_count;

enum { FIRST_THRESHOLD = 8 << 20, HUGEPAGE_FROM = 8 /* segments */, HUGE_KEPT = 8, HUGE_KEPT_BYTES = 16 << 20 };

/* ---- size classes ---- */

/* Every 16 bytes to 512, quarters of a doubling to 2 KB, then what divides a page well. */
static void make_classes(void) {
    static const uint8_t per_page[] = {32, 25, 21, 18, 16, 14, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    unsigned n = 0;
    for (uint32_t s = 16; s <= 512; s += 16) ob__class_size[n++] = s;
    for (uint32_t s = 512; s < 1792; s += s < 1024 ? 128 : 256) ob__class_size[n++] = s + (s < 1024 ? 128 : 256);
    for (unsigned i = 0; i < BASE_LENGTH(per_page); i++) ob__class_size[n++] = (uint32_t)(OB__PAGE_SIZE / per_page[i]) & ~15u;
    ob__class_count = n;
    for (unsigned g = 0, c = 0; g < BASE_LENGTH(ob__class_of); g++) {
        while (ob__class_size[c] < g << OB__GRANULE_BITS) c++;
        ob__class_of[g] = (uint8_t)c;
    }
}

/* ---- segments ---- */

/* Memory aligned to a segment, zero. NULL: none to be had. What is huge is reserved, so that the kernel refuses what it will never have. */
static void *map_aligned(size_t bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (bytes > OB__SEG_SIZE ? 0 : MAP_NORESERVE);
    static char *lowest;          /* of the last mapping: the next one may fit right below.  under the heap's lock */
    void *hint = lowest ? (void *)(((uintptr_t)lowest - bytes) & ~(OB__SEG_SIZE - 1)) : NULL;
    char *p = mmap(hint, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (p == MAP_FAILED) return NULL;
    if ((uintptr_t)p & (OB__SEG_SIZE - 1)) {
        munmap(p, bytes);
        size_t more = bytes + OB__SEG_SIZE;
        p = mmap(NULL, more, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (p == MAP_FAILED) return NULL;
        char *a = (char *)(((uintptr_t)p + OB__SEG_SIZE - 1) & ~(OB__SEG_SIZE - 1));
        if (a > p) munmap(p, (size_t)(a - p));
        if (p + more > a + bytes) munmap(a + bytes, (size_t)(p + more - a - bytes));
        p = a;
    }
    lowest = p;
    return p;
}

static void radix_clear(ob__segment *s) {
    for (uintptr_t a = (uintptr_t)s; a < (uintptr_t)s + s->mapped; a += OB__SEG_SIZE)
        ob__radix[a >> (OB__SEG_BITS + OB__RADIX)]->seg[a >> OB__SEG_BITS & ((1 << OB__RADIX) - 1)] = NULL;
}

static bool radix_add(ob__segment *s) {
    for (uintptr_t a = (uintptr_t)s; a < (uintptr_t)s + s->mapped; a += OB__SEG_SIZE) {
        ob__leaf **l = &ob__radix[a >> (OB__SEG_BITS + OB__RADIX)];
        if (*l == &empty_leaf) {
            ob__leaf *made = base_mem_zeroed(sizeof *made);
            if (made == NULL) return false;
            *l = made;
        }
        (*l)->seg[a >> OB__SEG_BITS & ((1 << OB__RADIX) - 1)] = s;
    }
    return true;
}

static ob__segment *segment_new(size_t bytes, bool huge) {
    ob__heap *h = &ob__the_heap;
    bytes = (bytes + 4095) & ~(size_t)4095;
    ob__segment *s = map_aligned(bytes);
    if (s == NULL) return NULL;
    s->mapped = bytes;
    s->huge = huge;
    s->free = s->clean = huge ? 0 : OB__ALL_PAGES;
    if ((uintptr_t)s >> 48 || !radix_add(s) || !VEC_PUSH(&h->segments, s)) {
        if (!((uintptr_t)s >> 48)) radix_clear(s);
        munmap(s, bytes);
        return NULL;
    }
    for (unsigned i = 0; i < OB__SEG_PAGES; i++) s->page[i].kind = OB__PAGE_FREE;
#ifdef MADV_HUGEPAGE
    if (h->segments.n > HUGEPAGE_FROM) (void)madvise(s, bytes, MADV_HUGEPAGE);
#endif
    h->mapped += bytes;
    if (h->mapped > h->peak) h->peak = h->mapped;
    return s;
}

static void segment_unlist(ob__segment *s) {
    ob__heap *h = &ob__the_heap;
    for (size_t i = 0; i < h->segments.n; i++)
        if (h->segments.at[i] == s) {
            h->segments.at[i] = h->segments.at[--h->segments.n];
            break;
        }
    radix_clear(s);
}

static void segment_unmap(ob__segment *s) {
    ob__the_heap.mapped -= s->mapped;
    munmap(s, s->mapped);
}

/* Huge cells that were freed since the last collection: bodies of big containers come and go with every commit, and mapping one anew costs a page
 * fault every 4 KB. Under the heap's lock. */
static struct { ob__segment *at[HUGE_KEPT]; unsigned n; } kept;

static void segment_free(ob__segment *s) {
    segment_unlist(s);
    if (s->huge && s->mapped <= HUGE_KEPT_BYTES && kept.n < HUGE_KEPT) kept.at[kept.n++] = s;
    else segment_unmap(s);
}

/* One of those, not much bigger than asked for; NULL: none. It is not zero. */
static ob__segment *segment_again(size_t bytes) {
    for (unsigned i = kept.n; i-- > 0;) {
        ob__segment *s = kept.at[i];
        if (s->mapped < bytes || s->mapped - bytes > bytes / 4) continue;
        kept.at[i] = kept.at[--kept.n];
        size_t at = (size_t)OB__HEADER_PAGES * OB__PAGE_WORDS;
        s->mark[0][at] = s->mark[1][at] = 0;
        if (radix_add(s) && VEC_PUSH(&ob__the_heap.segments, s)) return s;
        radix_clear(s);
        segment_unmap(s);
        return NULL;
    }
    return NULL;
}

/* ---- pages; the heap's lock is held or the world stopped ---- */

/* The lowest n adjacent set bits; -1: none. */
static int find_run(uint64_t bits, unsigned n) {
    unsigned have = 1;
    while (have < n && bits) {
        unsigned step = have * 2 <= n ? have : n - have;
        bits &= bits >> step;
        have += step;
    }
    return bits ? __builtin_ctzll(bits) : -1;
}

static ob__segment *find_pages(unsigned n, int *at) {
    ob__heap *h = &ob__the_heap;
    if (h->dirty_free >= n)
        for (size_t i = 0; i < h->segments.n; i++) {
            ob__segment *s = h->segments.at[i];
            if ((*at = find_run(s->free & ~s->clean, n)) >= 0) return s;
        }
    for (size_t i = 0; i < h->segments.n; i++) {
        ob__segment *s = h->segments.at[i];
        if (s->free && (*at = find_run(s->free, n)) >= 0) return s;
    }
    ob__segment *s = segment_new(OB__SEG_SIZE, false);
    if (s) *at = find_run(s->free, n);
    return s;
}

/* n adjacent pages for cells of `cell` bytes. *clean: they hold zeros. */
static ob__page *pages_take(unsigned n, ob__kind kind, size_t cell, bool *clean) {
    int at;
    ob__segment *s = find_pages(n, &at);
    if (s == NULL) return NULL;
    uint64_t bits = (n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1) << at;
    *clean = (s->clean & bits) == bits;
    ob__the_heap.dirty_free -= (size_t)__builtin_popcountll(s->free & ~s->clean & bits);
    s->free &= ~bits;
    for (unsigned i = 0; i < n; i++) {
        if (!(s->clean >> (at + (int)i) & 1))
            for (unsigned m = 0; m < 2; m++) memset(&s->mark[m][(at + i) * OB__PAGE_WORDS], 0, OB__PAGE_WORDS * 8);
        s->page[at + (int)i] = (ob__page){.kind = OB__PAGE_MORE, .back = (uint8_t)i};
    }
    s->clean &= ~bits;
    s->idle &= ~bits;
    ob__page *p = &s->page[at];
    size_t g = cell >> OB__GRANULE_BITS;
    *p = (ob__page){.kind = (uint8_t)kind, .cell = cell, .swept = 1, .recip = g < 4096 ? (uint32_t)((1u << 24) / g + 1) : 0};
    return p;
}

void ob__page_release(ob__segment *s, ob__page *p) {
    if (s->huge) {
        segment_free(s);
        return;
    }
    unsigned at = (unsigned)(p - s->page), n = p->pages ? p->pages : 1;
    for (unsigned i = 0; i < n; i++) s->page[at + i] = (ob__page){.kind = OB__PAGE_FREE};
    s->free |= ((UINT64_C(1) << n) - 1) << at;
    ob__the_heap.dirty_free += n;
}

/* Pages that stayed free for a whole cycle lose their memory; segments that did, their addresses. */
void ob__heap_trim(void) {
    ob__heap *h = &ob__the_heap;
    while (kept.n) segment_unmap(kept.at[--kept.n]);
    for (size_t i = h->segments.n; i-- > 0;) {
        ob__segment *s = h->segments.at[i];
        if (s->huge) continue;
        if (s->idle == OB__ALL_PAGES && h->segments.n > 1) {
            h->dirty_free -= (size_t)__builtin_popcountll(s->free & ~s->clean);
            segment_free(s);
            continue;
        }
        for (uint64_t b = s->idle & ~s->clean; b; b &= b - 1) {
            unsigned at = (unsigned)__builtin_ctzll(b);
            if (madvise((char *)s + ((size_t)at << OB__PAGE_BITS), OB__PAGE_SIZE, MADV_DONTNEED) != 0) continue;
            for (unsigned m = 0; m < 2; m++) memset(&s->mark[m][at * OB__PAGE_WORDS], 0, OB__PAGE_WORDS * 8);
            s->clean |= UINT64_C(1) << at;
            h->dirty_free--;
        }
        s->idle = s->free;
    }
}

/* ---- gaps ---- */

/* The first gap at or behind `from` (bytes from the page's start). */
static bool next_gap(const ob__page *p, uint32_t from, uint32_t *start, uint32_t *end) {
    const ob__segment *s = ob__page_segment(p);
    const uint64_t *w = &s->mark[ob__mark_now][(size_t)(p - s->page) * OB__PAGE_WORDS];
    uint32_t cell = (uint32_t)p->cell, stop = (uint32_t)(OB__PAGE_SIZE / cell * cell);
    while (from < stop && (w[from >> 10] >> (from >> 4 & 63) & 1)) from += cell;
    if (from >= stop) return false;
    *start = from;
    uint32_t g = from >> 4;
    uint64_t bits = w[g >> 6] & (~UINT64_C(0) << (g & 63));
    for (g >>= 6; bits == 0 && ++g < OB__PAGE_WORDS;) bits = w[g];
    *end = bits ? (g << 6 | (uint32_t)__builtin_ctzll(bits)) << 4 : stop;
    if (*end > stop) *end = stop;
    return true;
}

/* Makes the next gap of the page the thread's run. */
static bool take_gap(ob__heap_thread *t, ob__kind kind, unsigned c, ob__page *p) {
    uint32_t start, end;
    if (!next_gap(p, p->frontier, &start, &end)) {
        p->frontier = (uint32_t)OB__PAGE_SIZE;
        p->owned = 0;
        t->page[kind][c] = NULL;
        t->run[kind][c] = (ob__run){NULL, NULL};
        return false;
    }
    if (UNLIKELY(base_stress_bits & (1u << BASE_STRESS_GC | 1u << BASE_STRESS_OOM))) end = start + (uint32_t)p->cell;
    char *base = ob__page_start(p);
    t->run[kind][c] = (ob__run){base + start, base + end};
    p->frontier = end;
#ifdef APO_DEBUG
    memset(base + start, 0xdb, end - start);
#endif
    return true;
}

void ob__heap_retire(ob__heap_thread *t) {
    for (unsigned k = 0; k < OB__KINDS; k++)
        for (unsigned c = 0; c < ob__class_count; c++) {
            ob__page *p = t->page[k][c];
            if (p == NULL) continue;
            p->frontier = (uint32_t)(t->run[k][c].ptr - ob__page_start(p));
            p->owned = 0;
            t->page[k][c] = NULL;
            t->run[k][c] = (ob__run){NULL, NULL};
        }
    memset(t->freed, 0, sizeof t->freed);
}

static ob__page *page_acquire(ob__kind kind, unsigned c) {
    ob__heap *h = &ob__the_heap;
    bool clean;
    base_lock_take(&h->lock);
    ob__page *p = h->unswept[kind][c];
    if (p) h->unswept[kind][c] = p->next;
    else if ((p = pages_take(1, kind, ob__class_size[c], &clean)) != NULL) p->cls = (uint8_t)c;   /* an unswept one has it: others may be freeing into it */
    if (p) {
        p->next = NULL;
        p->owned = p->swept = 1;
        atomic_fetch_add_explicit(&h->allocated, OB__PAGE_SIZE - p->live, memory_order_relaxed);
    }
    base_lock_drop(&h->lock);
    return p;
}

/* ---- slow path ---- */

static void raise_memory(void) { (void)ob_raise_memory(); }

/* Stops or collects if it is time to. */
static void maybe_collect(ob__heap_thread *t) {
    if (t->hold) return;
    if (UNLIKELY(atomic_load_explicit(&ob_safepoint_wanted, memory_order_relaxed) & OB_SAFE_STOP)) ob_safepoint();
    ob__heap *h = &ob__the_heap;
    if (!atomic_load_explicit(&h->enabled, memory_order_relaxed)) return;
    if (UNLIKELY(base_stressed(BASE_STRESS_GC)) && ++stress_count % base_stress_gc_every == 0) ob__gc_collect();
    else if (atomic_load_explicit(&h->allocated, memory_order_relaxed) >= atomic_load_explicit(&h->threshold, memory_order_relaxed)) ob__gc_collect();
}

static NOINLINE void *refill(ob__kind kind, unsigned c, bool may_collect) {
    ob__heap_thread *t = ob__heap_me;
    DEBUG_ASSERT(t != NULL);
    if (UNLIKELY(base_mem_should_fail())) return NULL;
    if (may_collect && UNLIKELY(base_stressed(BASE_STRESS_GC))) maybe_collect(t);
    for (bool again = true;;) {
        ob__page *p = t->page[kind][c];
        if (p && take_gap(t, kind, c, p)) break;
        if (may_collect) maybe_collect(t);
        t->page[kind][c] = p = page_acquire(kind, c);
        if (p) continue;
        if (!again || !may_collect || t->hold) return NULL;
        again = false;
        ob__gc_collect();
    }
    ob__run *r = &t->run[kind][c];
    char *cell = r->ptr;
    r->ptr += ob__class_size[c];
    return cell;
}

/* A run of pages, or a segment of its own. *clean as pages_take. */
static ob__page *large_take(ob__kind kind, size_t size, bool *clean) {
    ob__heap *h = &ob__the_heap;
    size_t n = (size + OB__PAGE_SIZE - 1) >> OB__PAGE_BITS;
    ob__page *p = NULL;
    base_lock_take(&h->lock);
    if (n <= OB__RUN_MAX_PAGES) {
        p = pages_take((unsigned)n, kind, n << OB__PAGE_BITS, clean);
        if (p) p->pages = (uint8_t)n;
    } else if (size < SIZE_MAX / 2) {
        size_t head = (size_t)OB__HEADER_PAGES << OB__PAGE_BITS;
        ob__segment *s = segment_again(head + size);
        *clean = s == NULL;
        if (s == NULL) s = segment_new(head + size, true);
        if (s) {
            p = &s->page[OB__HEADER_PAGES];
            *p = (ob__page){.kind = (uint8_t)kind, .pages = 1, .cell = (s->mapped - head) & ~(size_t)15, .swept = 1};
        }
    }
    if (p) p->frontier = (uint32_t)OB__PAGE_SIZE;
    base_lock_drop(&h->lock);
    if (p) atomic_fetch_add_explicit(&h->allocated, p->cell, memory_order_relaxed);
    return p;
}

static NOINLINE void *alloc_large(ob__kind kind, size_t size, bool zero, bool may_collect) {
    ob__heap_thread *t = ob__heap_me;
    bool clean = false;
    if (UNLIKELY(base_mem_should_fail())) return NULL;
    if (may_collect) maybe_collect(t);
    ob__page *p = large_take(kind, size, &clean);
    if (p == NULL && may_collect && !t->hold) {
        ob__gc_collect();
        p = large_take(kind, size, &clean);
    }
    if (p == NULL) return NULL;
    char *cell = ob__page_start(p);
    if (zero && !clean) memset(cell, 0, size);
    return cell;
}

/* ---- fast path ---- */

typedef long long two_words __attribute__((vector_size(16), may_alias));

/* Zeroes [p+from, p+bytes), both multiples of 16; cells are small, so a loop beats a call. */
static inline void zero_cell(char *p, size_t from, size_t bytes) {
    if (UNLIKELY(bytes > 256)) {
        memset(p + from, 0, bytes - from);
        return;
    }
    for (char *q = p + from, *end = p + bytes; q < end; q += 16) {
        *(two_words *)q = (two_words){0, 0};
        __asm__ volatile("" : "+r"(q));      /* keeps the compiler from making it a call of memset */
    }
}

static inline void *bump(ob__kind kind, unsigned c, bool may_collect) {
    ob__run *r = &ob__heap_me->run[kind][c];
    char *p = r->ptr, *q = p + ob__class_size[c];
    if (LIKELY(q <= r->limit)) {
        r->ptr = q;
        return p;
    }
    return refill(kind, c, may_collect);
}

static inline void set_header(void *p, ob_type *type, uint32_t flags, uint32_t aux) {
    ob_obj *o = p;
    o->type = type;
    atomic_store_explicit(&o->flags, flags, memory_order_relaxed);
    o->aux = aux;
}

static inline void *alloc_cell(ob__kind kind, ob_type *type, size_t size, uint32_t flags, uint32_t aux, bool zero) {
    char *p;
    if (LIKELY(size <= OB__SMALL_MAX)) {
        unsigned c = ob__class_of[(size + 15) >> OB__GRANULE_BITS];
        p = bump(kind, c, true);
        if (UNLIKELY(p == NULL)) goto fail;
        set_header(p, type, flags, aux);
        if (zero) zero_cell(p, sizeof(ob_obj), ob__class_size[c]);
        return p;
    }
    p = alloc_large(kind, size, zero, true);
    if (p == NULL) goto fail;
    set_header(p, type, flags, aux);
    return p;
fail:
    raise_memory();
    return NULL;
}

/* Types with a holder, __del__, free(), or (for leaves) made at run time: the collector must look at the cell. */
static NOINLINE void *alloc_special(ob_type *type, size_t size, uint32_t flags) {
    bool holder = (type->flags & OB_TF_HOLDER) != 0;
    ob_obj *o = alloc_cell(type->free ? OB__FREEABLE : OB__OBJECT, type, size + (holder ? sizeof(ob_val) : 0), flags, 0, true);
    if (o == NULL) return NULL;
    if (flags & OB_F_MUTABLE) tx_handle_init((tx_handle *)o);
    if ((type->flags & OB_TF_FINAL) && !ob_gc_add_finalizer(ob_of(o))) return NULL;
    if (!holder) return o;
    ob_val v = ob_holder_new(type);
    if (ob_is_null(v)) return NULL;
    *ob_holder_slot(o) = v;
    ob_flag_set(o, OB_F_HOLDER);
    return o;
}

void *ob_alloc(ob_type *type, size_t size) {
    if (UNLIKELY((type->flags & (OB_TF_HOLDER | OB_TF_FINAL)) || type->free)) return alloc_special(type, size, 0);
    return alloc_cell(OB__OBJECT, type, size, 0, 0, true);
}

void *ob_alloc_leaf_as(ob_type *type, size_t size, uint32_t flags, uint32_t aux) {
    if (UNLIKELY((type->flags & (OB_TF_HOLDER | OB_TF_FINAL | OB_TF_HEAP)) || type->free)) {
        ob_obj *o = alloc_special(type, size, flags);
        if (o) o->aux = aux;
        return o;
    }
    return alloc_cell(OB__LEAF, type, size, flags, aux, false);
}

void *ob_alloc_leaf(ob_type *type, size_t size) { return ob_alloc_leaf_as(type, size, 0, 0); }

void *ob_alloc_mut(ob_type *type, size_t body_size) {
    if (UNLIKELY((type->flags & (OB_TF_HOLDER | OB_TF_FINAL)) || type->free)) return alloc_special(type, sizeof(tx_handle) + body_size, OB_F_MUTABLE);
    tx_handle *h = alloc_cell(OB__OBJECT, type, sizeof(tx_handle) + body_size, OB_F_MUTABLE, 0, true);
    if (LIKELY(h != NULL)) tx_handle_init(h);
    return h;
}

void *ob__tx_alloc_mut(ob_type *type, size_t body_size) {
    unsigned c = ob__class_of[(sizeof(tx_handle) + body_size + 15) >> OB__GRANULE_BITS];
    char *p = bump(OB__OBJECT, c, false);
    if (p == NULL) return NULL;
    set_header(p, type, OB_F_MUTABLE, 0);
    zero_cell(p, sizeof(ob_obj), ob__class_size[c]);
    return p;
}

/* ---- blocks ---- */

/* Links of a list of freed blocks, disguised: a stale pointer to one of them must not keep the rest alive for a collector that scans conservatively. */
static inline char *freed_next(const void *block) {
    uintptr_t link;
    memcpy(&link, block, sizeof link);
    return (char *)~link;
}
static inline void freed_link(void *block, const void *next) {
    uintptr_t link = ~(uintptr_t)next;
    memcpy(block, &link, sizeof link);
}

static inline void *block_take(size_t bytes, bool zero, bool may_collect) {
    if (UNLIKELY(bytes > OB__SMALL_MAX)) return alloc_large(OB__BLOCK, bytes, zero, may_collect);
    unsigned c = ob__class_of[(bytes + 15) >> OB__GRANULE_BITS];
    ob__heap_thread *t = ob__heap_me;
    char *p = t->freed[c];
    if (p) {
        t->freed[c] = freed_next(p);
        base_prefetch_write(t->freed[c]); /* its line may have gone to another core for its neighbour */
    } else {
        ob__run *r = &t->run[OB__BLOCK][c];
        p = r->ptr;
        if (LIKELY(p + ob__class_size[c] <= r->limit)) r->ptr = p + ob__class_size[c];
        else if ((p = refill(OB__BLOCK, c, may_collect)) == NULL) return NULL;
    }
    if (zero) zero_cell(p, 0, ob__class_size[c]);
    return p;
}

void *ob_block_alloc(size_t bytes) {
    void *p = block_take(bytes, false, true);
    if (UNLIKELY(p == NULL)) raise_memory();
    return p;
}

void *ob_block_zalloc(size_t bytes) {
    void *p = block_take(bytes, true, true);
    if (UNLIKELY(p == NULL)) raise_memory();
    return p;
}

void *ob__tx_alloc(size_t bytes) { return block_take(bytes, false, false); }

/* A block of ob__tx_alloc(bytes): how big it is need not be asked of its page. */
static void tx_free(void *block, size_t bytes) {
    if (UNLIKELY(bytes > OB__SMALL_MAX)) {
        ob_block_free(block, bytes);
        return;
    }
    unsigned c = ob__class_of[(bytes + 15) >> OB__GRANULE_BITS];
#ifdef APO_DEBUG
    memset(block, 0xdd, ob__class_size[c]);
#endif
    freed_link(block, ob__heap_me->freed[c]);
    ob__heap_me->freed[c] = block;
}

void ob_block_free(void *block, size_t bytes) {
    (void)bytes;
    if (block == NULL) return;
    ob__segment *s = ob__segment_at((uintptr_t)block);
    ob__page *p = ob__page_at(s, (uintptr_t)block);
    DEBUG_ASSERT(p->kind == OB__BLOCK && bytes <= p->cell);
    if (LIKELY(!p->pages)) {
#ifdef APO_DEBUG
        memset(block, 0xdd, p->cell);
#endif
        freed_link(block, ob__heap_me->freed[p->cls]);
        ob__heap_me->freed[p->cls] = block;
        return;
    }
    ob__heap *h = &ob__the_heap;
    uint64_t had = atomic_load_explicit(&h->allocated, memory_order_relaxed), cell = p->cell;
    atomic_fetch_sub_explicit(&h->allocated, had < cell ? had : cell, memory_order_relaxed);
    base_lock_take(&h->lock);
    ob__page_release(s, p);
    base_lock_drop(&h->lock);
}

static size_t cell_bytes(const void *p) { return ob__page_at(ob__segment_at((uintptr_t)p), (uintptr_t)p)->cell; }
size_t ob_block_size(const void *block) { return cell_bytes(block); }
size_t ob_cell_size(const void *object) { return cell_bytes(object); }
bool ob_in_heap(const void *p) { return ob__segment_at((uintptr_t)p) != NULL; }

/* ---- start ---- */

bool ob_heap_init(void) {
    static const tx_memory memory = {ob__tx_alloc, tx_free};
    if (ob__class_count) return true;
    make_classes();
    for (size_t i = 0; i < BASE_LENGTH(ob__radix); i++) ob__radix[i] = &empty_leaf;
    atomic_store_explicit(&ob__the_heap.threshold, FIRST_THRESHOLD, memory_order_relaxed);
    tx_set_memory(&memory);
    tx_set_object_model(&ob_kind_model);
    return true;
}

tx_handle *ob_heap_holder(const ob_obj *o) { return ob_handle(*ob_holder_slot(o)); }
