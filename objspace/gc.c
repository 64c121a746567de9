/* gc.c: the collector: marks from the roots, lets weak references and finalizers see what died, and sorts the pages for lazy sweeping.
 *
 * Locks: the world is stopped throughout (gc_world.c), so it takes none but the world's.
 * G1  When draining is over, everything that a marked object holds is marked.                     (verify, in debug builds)
 * G2  No cell is given out again before the collection that found it dead is over and free() of its type was called.
 * G3  Marking never recurses: what is found goes to an explicit stack. When that stack cannot grow, the rest is found again by walking the
 *     marked objects (overflowed).
 * States of a collection: STOP -flip-> MARK (roots, drain) -> weakrefs -> finalizers -> drain -> sort pages -> START. */
#include "objspace/heap.h"
#include "base/mono.h"
#include "base/stress.h"
#include "base/trace.h"
#include "objspace/heap_cells.h"
#include "objspace/kind.h"
#include "txn/tx.h"
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define READS_ANYTHING __attribute__((noinline, no_sanitize("address")))
#elif defined(__SANITIZE_THREAD__)
#define READS_ANYTHING __attribute__((noinline, no_sanitize("thread")))
#else
#define READS_ANYTHING NOINLINE
#endif

enum { AHEAD = 16 /* objects fetched into the cache before they are traced */, MIN_GROWTH = 12 << 20 };

static struct marker {
    ob_tracer t;                          /* first: what the types' trace functions get */
    tx_tracer tx;
    VEC(ob_obj *) stack;
    VEC(uintptr_t *) cells;               /* blocks that only a stack refers to: base addresses, to be scanned conservatively */
    ob_obj *ahead[AHEAD];
    unsigned head, count;
    bool overflowed, again;               /* again: blocks that are marked may hold what is not */
    bool lost;                            /* one of `cells` could not be noted: all blocks that are marked count as such */
    VEC(uintptr_t) pins;                  /* objects that stacks and transactions refer to; kept only if something may be evicted */
    const char *from;                     /* the collecting thread's stack below this holds nothing; NULL: it does */
    bool sorted, pinning, unpinned;       /* unpinned: the list could not grow */
} m;

static struct { ob_root_fn *fn; void *arg; } *roots;
static size_t root_count, root_room;
static VEC(ob_val *) statics;
static VEC(ob_obj *) static_objects;
static void (*weak_tables[4])(void);
static unsigned weak_table_count;
bool (*ob__gc_evict)(double part);
uint64_t ob__gc_cache;
static base_lock root_lock = BASE_LOCK_INIT(TABLE, "gc roots");

/* ---- roots ---- */

bool ob_gc_add_root(ob_root_fn *fn, void *arg) {
    base_lock_take(&root_lock);
    bool ok = root_count < root_room || base__vec_reserve((void **)&roots, &root_room, root_count, 1, sizeof *roots);
    if (ok) {
        roots[root_count].fn = fn;
        roots[root_count++].arg = arg;
    }
    base_lock_drop(&root_lock);
    return ok;
}

void ob_gc_remove_root(ob_root_fn *fn, void *arg) {
    bool outside = ob__heap_me == NULL;       /* a collection does not wait for this thread */
    if (outside) ob__world_hold();
    base_lock_take(&root_lock);
    for (size_t i = 0; i < root_count; i++)
        if (roots[i].fn == fn && roots[i].arg == arg) {
            roots[i] = roots[--root_count];
            break;
        }
    base_lock_drop(&root_lock);
    if (outside) ob__world_let();
}

void ob_gc_add_weak_table(void (*drop_dead)(void)) {
    DEBUG_ASSERT(weak_table_count < BASE_LENGTH(weak_tables));
    weak_tables[weak_table_count++] = drop_dead;
}
bool ob_gc_is_alive(const void *o) { return ob__marked(o); }

bool ob_gc_add_static(ob_val *variable) {
    base_lock_take(&root_lock);
    bool ok = VEC_PUSH(&statics, variable);
    base_lock_drop(&root_lock);
    return ok;
}

bool ob_gc_add_static_object(void *object) {
    base_lock_take(&root_lock);
    bool ok = VEC_PUSH(&static_objects, object);
    base_lock_drop(&root_lock);
    return ok;
}

/* ---- marking ---- */

static inline void push(ob_obj *o) {
    if (UNLIKELY(!VEC_PUSH(&m.stack, o))) m.overflowed = true;
}

static inline void mark_object(uintptr_t a) {
    ob__segment *s = ob__segment_at(a);
    if (s == NULL || !ob__mark_set(s, a)) return;             /* static, or seen */
    if (ob__page_at(s, a)->kind == OB__LEAF) return;
    __builtin_prefetch((void *)a);
    push((ob_obj *)a);
}

static void mark_val(ob_tracer *t, ob_val v) {
    (void)t;
    DEBUG_ASSERT((v.w & 3) == 0);
    mark_object(v.w);
}

static bool mark_block(ob_tracer *t, const void *block) {
    (void)t;
    ob__segment *s = ob__segment_at((uintptr_t)block);
    return (s && ob__mark_set(s, (uintptr_t)block)) || UNLIKELY(m.again);
}

static void pin(uintptr_t o) {
    if (m.pinning && !VEC_PUSH(&m.pins, o)) m.unpinned = true;
}

void ob_trace_place(ob_tracer *t, ob_val v) {
    if (t == &m.t && ob_is_ptr(v) && v.w) pin(v.w);          /* others trace bodies as well: kind.c */
    ob_trace_val(t, v);
}

static void mark_word(void *arg, uint64_t word) {
    (void)arg;
    if (word == 0 || word & 3) return;
    pin(word);
    mark_object(word);
}
static void mark_tx_block(void *arg, void *version) { (void)mark_block(arg, version); }
static void trace_tx_body(void *arg, tx_handle *h, void *body) {
    ob_type *type = (ob_type *)h->cls;
    (void)arg;
    if (type->trace_body) type->trace_body((ob_obj *)h, body, &m.t);
}

static inline void trace_object(ob_obj *o) {
    ob_type *type = o->type;
    if (UNLIKELY(type == NULL)) return;
    uint32_t flags = ob_flags(o);
    if (UNLIKELY(!(ob_flags(type) & OB_F_STATIC))) mark_object((uintptr_t)type);
    if (UNLIKELY(flags & OB_F_HOLDER)) ob_trace_val(&m.t, *ob_holder_slot(o));
    if (type->trace) type->trace(o, &m.t);
    if (!(flags & OB_F_MUTABLE)) return;
    tx_handle *h = (tx_handle *)o;
    if (LIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) & 1)) {
        if (type->trace_body) type->trace_body(o, tx_inline_body(h), &m.t);
    } else {
        tx_trace_handle(h, &m.tx);
    }
}

/* Blocks that only a stack knows are being filled: whatever looks like an object in them counts. */
static void mark_conservatively(uintptr_t w);
static READS_ANYTHING void scan_words(const uintptr_t *from, const uintptr_t *to) {
    for (; from < to; from++) mark_conservatively(*from);
}

static bool cell_allocated(const ob__segment *s, const ob__page *p, uintptr_t cell) {
    if (p->pages) return true;
    return (cell & (OB__PAGE_SIZE - 1)) < p->frontier || ob__mark_get(s, cell, ob__mark_now ^ 1);
}

/* The start of the allocated cell that the word points into; 0: none. */
static uintptr_t cell_of(uintptr_t w, ob__segment **segment, ob__page **page) {
    ob__segment *s = ob__segment_at(w);
    if (LIKELY(s == NULL)) return 0;
    if (s->huge) {
        ob__page *p = &s->page[OB__HEADER_PAGES];
        uintptr_t start = (uintptr_t)ob__page_start(p);
        *segment = s;
        *page = p;
        return w >= start && w < start + p->cell ? start : 0;
    }
    ob__page *p = ob__page_at(s, w);
    if (p->kind >= OB__PAGE_FREE) return 0;
    uintptr_t start = (uintptr_t)ob__page_start(p), cell = start;
    if (!p->pages) {
        uint32_t g = (uint32_t)(w - start) >> OB__GRANULE_BITS;
        uint32_t index = (uint32_t)((uint64_t)g * p->recip >> 24);
        cell = start + index * p->cell;
        if (cell + p->cell > start + OB__PAGE_SIZE) return 0;
    }
    if (!cell_allocated(s, p, cell)) return 0;
    *segment = s;
    *page = p;
    return cell;
}

static void mark_conservatively(uintptr_t w) {
    ob__segment *s;
    ob__page *p;
    uintptr_t cell = cell_of(w, &s, &p);
    if (cell == 0) return;
    if (p->kind == OB__OBJECT || p->kind == OB__FREEABLE) pin(cell);
    if (!ob__mark_set(s, cell) || p->kind == OB__LEAF) return;
    if (p->kind == OB__BLOCK) {
        if (!VEC_PUSH(&m.cells, (uintptr_t *)cell)) m.overflowed = m.lost = true;
        return;
    }
    push((ob_obj *)cell);
}

void ob_trace_range(ob_tracer *t, const uint64_t *from, const uint64_t *to) {
    if (t == &m.t) scan_words((const uintptr_t *)from, (const uintptr_t *)to);
}

static void drain(void) {
    for (;;) {
        while (m.count < AHEAD && m.stack.n) {
            ob_obj *o = VEC_POP(&m.stack);
            __builtin_prefetch(o);
            m.ahead[(m.head + m.count++) % AHEAD] = o;
        }
        if (m.count) {
            ob_obj *o = m.ahead[m.head];
            m.head = (m.head + 1) % AHEAD;
            m.count--;
            trace_object(o);
        } else if (m.cells.n) {
            uintptr_t *cell = VEC_POP(&m.cells);
            scan_words(cell, (uintptr_t *)((char *)cell + ob_cell_size(cell)));
        } else {
            return;
        }
    }
}

/* ---- walking all cells ---- */

typedef void cell_fn(ob__segment *s, ob__page *p, char *cell, void *arg);

static void each_cell_of(ob__segment *s, ob__page *p, cell_fn *fn, void *arg) {
    char *start = ob__page_start(p);
    size_t n = p->pages ? 1 : OB__PAGE_SIZE / p->cell;
    for (size_t i = 0; i < n; i++) fn(s, p, start + i * p->cell, arg);
}

static void each_page(void (*fn)(ob__segment *s, ob__page *p, void *arg), void *arg) {
    for (size_t i = ob__the_heap.segments.n; i-- > 0;) {       /* downwards: fn may free the segment */
        ob__segment *s = ob__the_heap.segments.at[i];
        if (s->huge) {
            fn(s, &s->page[OB__HEADER_PAGES], arg);
            continue;
        }
        for (unsigned k = OB__HEADER_PAGES; k < OB__SEG_PAGES; k++)
            if (s->page[k].kind < OB__KINDS) fn(s, &s->page[k], arg);
    }
}

static void retrace_cell(ob__segment *s, ob__page *p, char *cell, void *arg) {
    (void)arg;
    if (!ob__mark_get(s, (uintptr_t)cell, ob__mark_now)) return;
    if (p->kind == OB__BLOCK) scan_words((uintptr_t *)cell, (uintptr_t *)(cell + p->cell));
    else trace_object((ob_obj *)cell);
    drain();
}
static void retrace_page(ob__segment *s, ob__page *p, void *arg) {
    if (p->kind != OB__LEAF && (p->kind != OB__BLOCK || m.lost)) each_cell_of(s, p, retrace_cell, arg);
}

static int by_address(const void *a, const void *b) {
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return x < y ? -1 : x > y;
}

bool ob__gc_pinned(const void *o) {
    uintptr_t key = (uintptr_t)o;
    if (m.unpinned) return true;
    if (!m.sorted && m.pins.n) qsort(m.pins.at, m.pins.n, sizeof key, by_address);
    m.sorted = true;
    return m.pins.n && bsearch(&key, m.pins.at, m.pins.n, sizeof key, by_address) != NULL;
}

static void drain_all(void) {
    drain();
    while (UNLIKELY(m.overflowed)) {      /* the stack could not grow: look at every marked object again */
        m.overflowed = false;
        m.again = true;
        each_page(retrace_page, NULL);
        drain();
    }
    m.again = false;
}

/* ---- one collection ---- */

static void mark_stack(const ob__heap_thread *t, const char *top) {
    bool me = t == ob__heap_me, known = me && m.from;
    uintptr_t from = ((uintptr_t)(known ? m.from : top) + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
    scan_words((const uintptr_t *)from, (const uintptr_t *)t->base);
    if (known) return;
    scan_words(t->regs, t->regs + BASE_LENGTH(t->regs));
    if (!me) scan_words(t->frame, t->frame + BASE_LENGTH(t->frame));
}

static void mark_roots(ob__heap_thread *me, const char *top) {
    for (ob__heap_thread *t = ob__heap_threads; t; t = t->next) {
        mark_stack(t, t == me ? top : t->top);
        ob_trace_val(&m.t, t->error->value);
        for (size_t i = 0; i < t->vars.n; i++) ob_trace_val(&m.t, *t->vars.at[i]);
    }
    drain();
    for (size_t i = 0; i < static_objects.n; i++) trace_object(static_objects.at[i]);
    for (size_t i = 0; i < statics.n; i++) ob_trace_val(&m.t, *statics.at[i]);
    for (size_t i = 0; i < root_count; i++) roots[i].fn(&m.t, roots[i].arg);
    ob__pending_roots(&m.t);
    tx_trace_threads(&m.tx);
}

static void clear_bitmap(ob__segment *s, ob__page *p, void *arg) {
    size_t at = (size_t)(p - s->page), n = p->pages ? 1 : OB__PAGE_WORDS;
    (void)arg;
    memset(&s->mark[ob__mark_now][at * OB__PAGE_WORDS], 0, n * 8);
}

/* Calls free() of the dead cells of a page whose types have one. */
static void free_cell(ob__segment *s, ob__page *p, char *cell, void *arg) {
    (void)arg;
    if (ob__mark_get(s, (uintptr_t)cell, ob__mark_now) || !cell_allocated(s, p, (uintptr_t)cell)) return;
    ob_obj *o = (ob_obj *)cell;
    if (o->type && o->type->free) o->type->free(o);
    o->type = NULL;
}
static void free_page(ob__segment *s, ob__page *p, void *arg) {
    if (p->kind == OB__FREEABLE) each_cell_of(s, p, free_cell, arg);
}

#ifdef APO_DEBUG
/* Dead cells are overwritten, so that who still uses one fails soon. */
static void poison_cell(ob__segment *s, ob__page *p, char *cell, void *arg) {
    (void)arg;
    if (!p->pages && !ob__mark_get(s, (uintptr_t)cell, ob__mark_now)) memset(cell, 0xdb, p->cell);
}
static void poison_page(ob__segment *s, ob__page *p, void *arg) { each_cell_of(s, p, poison_cell, arg); }

static void verify_val(ob_tracer *t, ob_val v) {
    (void)t;
    ob__segment *s = ob__segment_at(v.w);
    if (s == NULL) return;
    ob__segment *s2;
    ob__page *p;
    assert(cell_of(v.w, &s2, &p) == v.w && "a reference points to the start of an allocated cell");
    assert(p->kind != OB__BLOCK && "a reference points to an object");
    assert(ob__mark_get(s, v.w, ob__mark_now) && "what a marked object holds is marked");
}
static bool verify_block(ob_tracer *t, const void *block) {
    (void)t;
    ob__segment *s = ob__segment_at((uintptr_t)block);
    assert(s && ob__page_at(s, (uintptr_t)block)->kind == OB__BLOCK && ob__mark_get(s, (uintptr_t)block, ob__mark_now));
    return true;
}
static void verify_cell(ob__segment *s, ob__page *p, char *cell, void *arg) {
    static ob_tracer t = {verify_val, verify_block};
    ob_obj *o = (ob_obj *)cell;
    (void)arg, (void)p;
    if (!ob__mark_get(s, (uintptr_t)cell, ob__mark_now) || o->type == NULL) return;
    verify_val(&t, ob_of(o->type));
    if (o->type->trace) o->type->trace(o, &t);
    if (!(ob_flags(o) & OB_F_MUTABLE)) return;
    if (((tx_handle *)o)->vw & 1 && o->type->trace_body) o->type->trace_body(o, tx_inline_body((tx_handle *)o), &t);
}
static void verify_page(ob__segment *s, ob__page *p, void *arg) {
    if (p->kind == OB__OBJECT || p->kind == OB__FREEABLE) each_cell_of(s, p, verify_cell, arg);
}
#endif

/* Dead pages are free; those with gaps wait to be swept when somebody needs one. */
static void sort_page(ob__segment *s, ob__page *p, void *arg) {
    uint64_t *live = arg;
    size_t at = (size_t)(p - s->page), words = p->pages ? 1 : OB__PAGE_WORDS, cells = 0;
    for (size_t i = 0; i < words; i++) cells += (size_t)__builtin_popcountll(s->mark[ob__mark_now][at * OB__PAGE_WORDS + i]);
    if (cells == 0) {
        ob__page_release(s, p);
        return;
    }
    *live += cells * p->cell;
    if (p->pages) return;
    p->live = (uint32_t)(cells * p->cell);
    p->frontier = 0;
    p->swept = 0;
    if (cells == OB__PAGE_SIZE / p->cell) return;             /* full */
    ob__page **list = &ob__the_heap.unswept[p->kind][p->cls];
    p->next = *list;
    *list = p;
}

/* The budget is for what can be let go of. What is left when that has been done is `floor`; it grows as a heap without a budget does. */
static uint64_t floor_bytes;
static bool has_evicted;

static uint64_t threshold_for(uint64_t live) {
    uint64_t grow = live > MIN_GROWTH ? live : MIN_GROWTH, room;
    if (!ob__gc_cache) return grow;
    if (has_evicted) floor_bytes = live > ob__gc_cache / 2 ? live - ob__gc_cache / 2 : 0;
    if (floor_bytes > live) floor_bytes = live;
    room = ob__gc_cache + 2 * floor_bytes > live ? ob__gc_cache + 2 * floor_bytes - live : 0;
    if (room < MIN_GROWTH) room = MIN_GROWTH;
    return room < grow ? room : grow;
}

uint64_t ob__gc_in_use(void) { return ob__the_heap.stats.live_bytes + atomic_load_explicit(&ob__the_heap.allocated, memory_order_relaxed); }

static void sort_pages(void) {
    ob__heap *h = &ob__the_heap;
    uint64_t before = ob__gc_in_use(), live = 0;
    each_page(free_page, NULL);
#ifdef APO_DEBUG
    each_page(verify_page, NULL);
    each_page(poison_page, NULL);
#endif
    memset(h->unswept, 0, sizeof h->unswept);
    each_page(sort_page, &live);
    ob__heap_trim();
    h->stats.live_bytes = live;
    h->stats.freed_bytes += before > live ? before - live : 0;
    h->threshold = threshold_for(live);
    atomic_store_explicit(&h->allocated, 0, memory_order_relaxed);
}

static void collect_stopped(ob__heap_thread *me, const char *top) {
    tx_collect_begin();
    for (ob__heap_thread *t = ob__heap_threads; t; t = t->next) ob__heap_retire(t);
    m.t = (ob_tracer){mark_val, mark_block};
    m.tx = (tx_tracer){mark_word, trace_tx_body, mark_tx_block, &m.t};
    m.overflowed = m.lost = m.sorted = m.unpinned = false;
    m.pinning = ob__gc_evict && ob__gc_cache && ob__gc_in_use() > ob__gc_cache + floor_bytes;
    VEC_CLEAR(&m.pins);
    ob__mark_now ^= 1;
    each_page(clear_bitmap, NULL);
    mark_roots(me, top);
    drain_all();
    ob__weakref_clear_dead();
    ob__pending_roots(&m.t);
    ob__finalizers_find(&m.t);
    drain_all();
    ob__weakref_forget_dead();
    for (unsigned i = 0; i < weak_table_count; i++) weak_tables[i]();
    uint64_t most = ob__gc_cache, used = ob__gc_in_use() - floor_bytes;
    bool evicted = m.pinning && ob__gc_evict((double)(used - most * 3 / 4) / (double)used);
    sort_pages();
    has_evicted = evicted;
    if (evicted) ob__the_heap.threshold = floor_bytes / 4 > MIN_GROWTH ? floor_bytes / 4 : MIN_GROWTH;
}

static NOINLINE void collect(const char *from) {
    ob__heap_thread *me = ob__heap_me;
    ob_gc_stats *st = &ob__the_heap.stats;
    uint64_t seen = st->collections;
    uintptr_t regs[32] = {0};
    char *top = ob_spill(regs);              /* below this frame, which holds what it pushed */
    ob_world_stop();
    memcpy(me->regs, regs, sizeof regs);      /* stopping may have spilled others there */
    bool forced = base_stressed(BASE_STRESS_GC);
    if (st->collections == seen || forced) {  /* nobody else collected while we waited */
        int64_t start = base_mono_ns();
        m.from = from;
        collect_stopped(me, top);
        int64_t took = base_mono_ns() - start;
        st->pause_ns += (uint64_t)took;
        st->collections++;
        BASE_TRACE(GC, "collection %llu: %llu KB live, %llu KB mapped, %lld us", (unsigned long long)st->collections,
                   (unsigned long long)st->live_bytes >> 10, (unsigned long long)ob__the_heap.mapped >> 10, (long long)took / 1000);
    }
    ob_world_start();
}

void ob__gc_collect(void) { collect(NULL); }

void ob_gc_collect_from(const char *from) {
    if (!ob__heap_me->hold) collect(from);
}
void ob_gc_collect(void) { ob_gc_collect_from(NULL); }

void ob_gc_set_enabled(bool on) { atomic_store_explicit(&ob__the_heap.enabled, on, memory_order_relaxed); }
bool ob_gc_enabled(void) { return atomic_load_explicit(&ob__the_heap.enabled, memory_order_relaxed); }

void ob_gc_stats_get(ob_gc_stats *out) {
    *out = ob__the_heap.stats;
    out->heap_bytes = ob__the_heap.mapped;
}

struct visit { void (*fn)(ob_obj *o, void *arg); void *arg; };
static void visit_cell(ob__segment *s, ob__page *p, char *cell, void *arg) {
    struct visit *v = arg;
    (void)p;
    if (ob__mark_get(s, (uintptr_t)cell, ob__mark_now) && ((ob_obj *)cell)->type) v->fn((ob_obj *)cell, v->arg);
}
static void visit_page(ob__segment *s, ob__page *p, void *arg) {
    if (p->kind != OB__BLOCK) each_cell_of(s, p, visit_cell, arg);
}

void ob_heap_each(void (*fn)(ob_obj *o, void *arg), void *arg) {
    struct visit v = {fn, arg};
    ob_gc_collect();
    ob_world_stop();
    each_page(visit_page, &v);
    ob_world_start();
}
