/* dict_warm.c: a hash table of entries that have been found, beside a tree that was loaded in parts.
 * Locks: `busy` of a record, taken by trying alone, around changes of it; readers take nothing, and go by `seq` as of a sequence lock.
 * W1  What the slots hold are entries of the one content that lies under `pages`, a root that nobody writes any more: bodies of era 0 alone fill them, and such a
 *     body takes another root when it is written; a body that has this root has this content. (usable, ob__warm_found)
 * W2  `seq` is odd while slots are emptied, or `pages` moves on to another root; slots that are only filled leave it alone. (change_begin, change_end)
 * W3  Nothing here collects, raises or blocks. */
#include "objspace/dict_warm.h"
#include "objspace/dict_table.h"
#include "objspace/kind.h"
#include <string.h>

typedef _Atomic(const ob_dict_entry *) slot;
typedef struct slots { size_t mask; slot at[]; } slots;      /* a block; at least half of them NULL */
struct ob__warm {
    _Atomic(uint64_t) seq;                                   /* (MO: WARM) */
    _Atomic(const void *) pages;                             /* NULL: nothing is known.  relaxed */
    _Atomic(slots *) slots;                                  /* (MO: WARM) */
    _Atomic(uint32_t) now;                                   /* ob__stub_now when the first was found: no part has been let go of since.  relaxed */
    _Atomic(uint32_t) busy;                                  /* (MO: WARM) */
    uint32_t levels, passed;                                 /* below pages; how often other roots have been met.  This and n: under busy */
    size_t n;
};
enum { FEWEST = 64, PATIENCE = 8, MANY_PAGES = 64, IN_PAGE = 16 };
static const ob_dict_entry gone;                             /* stands where an entry has been taken out */

ob__warm *ob__warm_new(void) { return ob_block_zalloc(sizeof(ob__warm)); }

static inline ob__warm *of(const ob_dict_body *b) { return ((const ob__lasting *)b->index)->warm; }

static inline bool usable(const ob__warm *w, const ob_dict_body *b) {
    const void *pages = atomic_load_explicit(&((ob__warm *)(uintptr_t)w)->pages, memory_order_relaxed);
    return pages && pages == b->pages &&
           atomic_load_explicit(&((ob__warm *)(uintptr_t)w)->now, memory_order_relaxed) == atomic_load_explicit(&ob__stub_now, memory_order_relaxed);
}

const ob_dict_entry *ob__warm_find(const ob_dict_body *b, ob_val key, uint64_t hash) {
    ob__warm *w = of(b);
    uint64_t seq = atomic_load_explicit(&w->seq, memory_order_acquire); /* MO: WARM acquire */
    if ((seq & 1) || !usable(w, b)) return NULL;
    const slots *s = atomic_load_explicit(&w->slots, memory_order_acquire); /* MO: WARM acquire */
    for (ob__probe p = ob__probe_start(s->mask, hash);; ob__probe_step(&p)) {
        const ob_dict_entry *e = atomic_load_explicit(&((slots *)(uintptr_t)s)->at[p.i], memory_order_acquire); /* MO: WARM acquire */
        if (!e) return NULL;
        if (!ob_same(e->key, key)) {
            if (e->hash != hash || !e->key.w) continue;
            int known = ob__dict_key_known(e->key, key);
            if (known == 0) continue;
            if (known < 0) return NULL;
        }
        atomic_thread_fence(memory_order_acquire); /* MO: WARM acquire */
        return LIKELY(atomic_load_explicit(&w->seq, memory_order_relaxed) == seq) ? e : NULL;
    }
}

/* ---- changing ---- */

static void change_begin(ob__warm *w) {
    atomic_store_explicit(&w->seq, atomic_load_explicit(&w->seq, memory_order_relaxed) + 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* MO: WARM release */
}
static void change_end(ob__warm *w, const void *pages) {
    atomic_store_explicit(&w->pages, pages, memory_order_relaxed);
    atomic_store_explicit(&w->seq, atomic_load_explicit(&w->seq, memory_order_relaxed) + 1, memory_order_release); /* MO: WARM release */
}

static slots *new_slots(size_t n) {
    slots *s = ob_kind_block(sizeof *s + n * sizeof *s->at);
    if (!s) return NULL;
    memset(s->at, 0, n * sizeof *s->at);
    s->mask = n - 1;
    return s;
}

/* false: it is there. */
static bool put(slots *s, const ob_dict_entry *e) {
    ob__probe p = ob__probe_start(s->mask, e->hash);
    for (const ob_dict_entry *at; (at = atomic_load_explicit(&s->at[p.i], memory_order_relaxed)) != NULL; ob__probe_step(&p))
        if (at == e) return false;
    atomic_store_explicit(&s->at[p.i], e, memory_order_release); /* MO: WARM release */
    return true;
}

static void take_out(slots *s, const ob_dict_entry *e) {
    ob__probe p = ob__probe_start(s->mask, e->hash);
    for (const ob_dict_entry *at; (at = atomic_load_explicit(&s->at[p.i], memory_order_relaxed)) != NULL; ob__probe_step(&p))
        if (at == e) {
            atomic_store_explicit(&s->at[p.i], &gone, memory_order_relaxed);
            return;
        }
}

static size_t live(slots *s) {
    size_t n = 0;
    for (size_t i = 0; i <= s->mask; i++) {
        const ob_dict_entry *e = atomic_load_explicit(&s->at[i], memory_order_relaxed);
        n += e && e != &gone;
    }
    return n;
}

/* Room for one more.  false: no memory. */
static bool make_room(ob__warm *w) {
    slots *had = atomic_load_explicit(&w->slots, memory_order_relaxed);
    if (w->n * 2 <= had->mask) return true;
    slots *s = new_slots((had->mask + 1) << (live(had) * 4 > had->mask));
    if (!s) return false;
    w->n = 0;
    for (size_t i = 0; i <= had->mask; i++) {
        const ob_dict_entry *e = atomic_load_explicit(&had->at[i], memory_order_relaxed);
        if (e && e != &gone) w->n += put(s, e);
    }
    atomic_store_explicit(&w->slots, s, memory_order_release); /* MO: WARM release */
    return true;
}

static void forget(ob__warm *w) {
    atomic_store_explicit(&w->slots, NULL, memory_order_relaxed);
    w->n = w->passed = 0;
}

/* Nothing is known, of this body. */
static void begin(ob__warm *w, const ob_dict_body *b) {
    change_begin(w);
    forget(w);
    slots *s = new_slots(FEWEST);
    atomic_store_explicit(&w->slots, s, memory_order_relaxed);
    atomic_store_explicit(&w->now, atomic_load_explicit(&ob__stub_now, memory_order_relaxed), memory_order_relaxed);
    w->levels = b->cells;
    change_end(w, s ? b->pages : NULL);
}

/* Entries of pages that are not b's are taken out.  false: that is too much to look at. */
static bool keep_common(ob__warm *w, const ob_dict_body *b) {
    ob__pages was = {(void *)(uintptr_t)atomic_load_explicit(&w->pages, memory_order_relaxed), w->levels};
    slots *s = atomic_load_explicit(&w->slots, memory_order_relaxed);
    size_t end = ob__pages_room(was, OB__DICT_PAGING);
    unsigned n = 0;
    for (size_t i = 0; (i = ob__pages_differ(was, ob__dict_pages(b), OB__DICT_PAGING, i, end)) < end; i += IN_PAGE) {
        const ob_dict_entry *e = ob__pages_at(was, OB__DICT_PAGING, i &= ~(size_t)(IN_PAGE - 1));
        if (++n > MANY_PAGES) return false;
        for (unsigned k = 0; e && k < IN_PAGE; k++)
            if (e[k].key.w) take_out(s, &e[k]);
    }
    return true;
}

/* Another version of the dict is looked at, perhaps by one reader in an old snapshot: often, and what is known becomes what is known of that. */
static void follow(ob__warm *w, const ob_dict_body *b) {
    if (++w->passed < PATIENCE) return;
    w->passed = 0;
    uint64_t was = ob__stub_hush();
    change_begin(w);
    bool ok = keep_common(w, b);
    if (!ob__stub_loud(was)) ok = false;
    w->levels = b->cells;
    change_end(w, ok ? b->pages : NULL);
}

void ob__warm_found(const ob_dict_body *b, const ob_dict_entry *e) {
    ob__warm *w = of(b);
    if (b->era || ob__is_cell(e->value) || atomic_exchange_explicit(&w->busy, 1, memory_order_acquire)) return; /* MO: WARM acquire */
    const void *pages = atomic_load_explicit(&w->pages, memory_order_relaxed);
    bool stale = atomic_load_explicit(&w->now, memory_order_relaxed) != atomic_load_explicit(&ob__stub_now, memory_order_relaxed);
    if (!pages || stale) begin(w, b);
    else if (pages != b->pages) follow(w, b);
    if (usable(w, b) && make_room(w)) w->n += put(atomic_load_explicit(&w->slots, memory_order_relaxed), e);
    atomic_store_explicit(&w->busy, 0, memory_order_release); /* MO: WARM release */
}

void ob__warm_trace(ob__warm *w, const ob_dict_body *b, ob_tracer *t) {
    (void)t->block(t, w);
    if (usable(w, b)) {
        ob_trace_block(t, atomic_load_explicit(&w->slots, memory_order_relaxed));
        return;
    }
    atomic_store_explicit(&w->pages, NULL, memory_order_relaxed);
    forget(w);
}
