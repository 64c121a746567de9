/* heap_cells.h: the layout of the heap, shared by heap.c, gc.c, world.c and weakref.c; never included outside of objspace.
 *
 * Segments of 4 MB, aligned to 4 MB, are cut into 64 pages of 64 KB. The first two pages hold the segment's header: a page table and two mark
 * bitmaps with one bit for 16 bytes. All cells of a page have one size and one kind, so that whether a cell holds references is known without
 * touching it. Cells above 32 KB get runs of pages; those above 1 MB a segment of their own, as long as they need.
 *
 * L1  A cell is allocated if it lies below its page's frontier, or had its bit in the bitmap of the last collection.
 *     So allocation sets no bits: sweeping a page is finding the gaps in the bitmap, and the frontier moves when a gap is taken.
 * L2  [run.ptr, run.limit) is the only free gap below frontier of a page that a thread allocates from.
 */
#ifndef OBJSPACE_HEAP_CELLS_H
#define OBJSPACE_HEAP_CELLS_H
#include "base/lock.h"
#include "base/vec.h"
#include "objspace/error.h"
#include "objspace/heap.h"
#include "objspace/type.h"

enum {
    OB__SEG_BITS = 22,
    OB__PAGE_BITS = 16,
    OB__SEG_PAGES = 64,
    OB__HEADER_PAGES = 2,
    OB__GRANULE_BITS = 4,
    OB__SMALL_MAX = 32768,
    OB__RUN_MAX_PAGES = 16,       /* longer runs get a segment of their own */
    OB__CLASS_MAX = 64,
};
#define OB__SEG_SIZE  (UINT64_C(1) << OB__SEG_BITS)
#define OB__PAGE_SIZE (UINT64_C(1) << OB__PAGE_BITS)
#define OB__BITMAP_WORDS ((OB__SEG_SIZE >> OB__GRANULE_BITS) / 64)
#define OB__PAGE_WORDS   ((OB__PAGE_SIZE >> OB__GRANULE_BITS) / 64)
#define OB__ALL_PAGES (~UINT64_C(0) << OB__HEADER_PAGES)

typedef enum ob__kind { OB__OBJECT, OB__LEAF, OB__BLOCK, OB__FREEABLE, OB__KINDS } ob__kind;   /* FREEABLE: objects whose type has free() */
enum { OB__PAGE_FREE = OB__KINDS, OB__PAGE_MORE /* continues a run */ };

typedef struct ob__page ob__page;
struct ob__page {
    uint8_t kind;                 /* ob__kind, OB__PAGE_FREE or OB__PAGE_MORE */
    uint8_t cls;                  /* size class */
    uint8_t pages;                /* of a run, at its first page; 0: cells of a size class */
    uint8_t back;                 /* PAGE_MORE: distance to the first page */
    uint8_t owned;                /* a thread allocates from it */
    uint8_t swept;                /* was handed out since the last collection */
    uint32_t recip;               /* 2^24 / granules of a cell, rounded up: cell index = granule * recip >> 24 */
    uint32_t frontier;            /* bytes from the page's start, see L1 */
    uint32_t live;                /* marked bytes at the last collection */
    size_t cell;                  /* bytes of a cell */
    ob__page *next;               /* list of pages to sweep */
};

typedef struct ob__segment ob__segment;
struct ob__segment {
    ob__page page[OB__SEG_PAGES];
    uint64_t free, clean;         /* bit a page: free; and never written since the kernel gave it */
    uint64_t idle;                /* free at the last collection already */
    size_t mapped;                /* bytes of the mapping */
    bool huge;                    /* one cell, at page OB__HEADER_PAGES */
    uint64_t mark[2][OB__BITMAP_WORDS];
};
_Static_assert(sizeof(ob__segment) <= OB__HEADER_PAGES << OB__PAGE_BITS, "the header fits");

/* Address -> segment: a two-level table over 48-bit addresses; entries of huge cells point to their first segment. */
enum { OB__RADIX = 13 };
typedef struct ob__leaf { ob__segment *seg[1 << OB__RADIX]; } ob__leaf;
extern ob__leaf *ob__radix[1 << OB__RADIX];

static inline ob__segment *ob__segment_at(uintptr_t a) {
    if (UNLIKELY(a >> 48)) return NULL;
    return ob__radix[a >> (OB__SEG_BITS + OB__RADIX)]->seg[a >> OB__SEG_BITS & ((1 << OB__RADIX) - 1)];
}
static inline ob__page *ob__page_at(ob__segment *s, uintptr_t a) {
    ob__page *p = &s->page[s->huge ? OB__HEADER_PAGES : (a >> OB__PAGE_BITS & (OB__SEG_PAGES - 1))];
    return p->kind == OB__PAGE_MORE ? p - p->back : p;
}
static inline char *ob__page_start(const ob__page *p) {
    uintptr_t seg = (uintptr_t)p & ~(OB__SEG_SIZE - 1);
    return (char *)seg + ((size_t)(p - ((ob__segment *)seg)->page) << OB__PAGE_BITS);
}
static inline ob__segment *ob__page_segment(const ob__page *p) { return (ob__segment *)((uintptr_t)p & ~(OB__SEG_SIZE - 1)); }

/* The bitmap being written or last written by the collector; the other one is of the collection before. */
extern unsigned ob__mark_now;
/* cell must be the start of a cell in s. True if it was not marked yet. */
static inline bool ob__mark_set(ob__segment *s, uintptr_t cell) {
    uintptr_t g = (cell & (OB__SEG_SIZE - 1)) >> OB__GRANULE_BITS;
    uint64_t *w = &s->mark[ob__mark_now][g >> 6], bit = UINT64_C(1) << (g & 63);
    if (*w & bit) return false;
    *w |= bit;
    return true;
}
static inline bool ob__mark_get(const ob__segment *s, uintptr_t cell, unsigned which) {
    uintptr_t g = (cell & (OB__SEG_SIZE - 1)) >> OB__GRANULE_BITS;
    return s->mark[which][g >> 6] >> (g & 63) & 1;
}
/* During a collection: will this object survive? Static ones do. */
static inline bool ob__marked(const void *o) {
    ob__segment *s = ob__segment_at((uintptr_t)o);
    return s == NULL || ob__mark_get(s, (uintptr_t)o, ob__mark_now);
}

typedef struct ob__run { char *ptr, *limit; } ob__run;
enum { OB__RUNNING, OB__AWAY };   /* AWAY: parked or in a blocking region; its stack does not change */

/* gc_pending.c: an object that is to be finalized, and when the thread that made it listed it. */
typedef struct ob__finalizable { ob_obj *what; uint64_t number; } ob__finalizable;
struct ob__pending_entry { ob_val what, arg; };       /* arg: weakref, what: its callback; arg OB_NULL: an object to be finalized */
typedef struct ob__pending_queue { VEC(struct ob__pending_entry) entries; size_t first; /* that has not run */ } ob__pending_queue;

/* What a thread allocates from, and where its stack is. */
typedef struct ob__heap_thread ob__heap_thread;
struct ob__heap_thread {
    ob__run run[OB__KINDS][OB__CLASS_MAX];    /* the thread's own */
    void *freed[OB__CLASS_MAX];               /* freed cells of blocks, linked through their first word */
    ob__page *page[OB__KINDS][OB__CLASS_MAX];
    _Atomic(uint32_t) state;                  /* written by the thread, read by whoever stops the world (MO: WORLD) */
    uint32_t hold;
    char *base, *top;                         /* of the stack: grows down from base; top is set when AWAY */
    uintptr_t regs[32], frame[128];           /* callee-saved registers when AWAY, and what ob_blocking_enter had pushed of them */
    ob_pending *error;                        /* &ob_err of that thread */
    VEC(ob_val *) vars;
    const tx_me_hot *tx;                      /* &tx_me of that thread */
    VEC(ob__finalizable) finals;              /* made by this thread; numbers ascend, but for those of what was undone */
    uint64_t number, unsure, step;            /* of the next; from which on they may be undone; tx_me.id for which that was noted */
    ob__pending_queue pending;                /* for this thread to run */
    bool finalizing;
    ob__heap_thread *next, *previous;              /* under world lock */
};
/* Around what a collection must not be disturbed in, for a thread that has left (a destructor of its locals): waits until none is under way. */
void ob__world_hold(void);
void ob__world_let(void);
void ob__heap_forked(void);                   /* in a forked child, the world stopped: forgets the other threads */
extern _Thread_local ob__heap_thread *ob__heap_me HOT_TLS;

/* The heap's shared state, under `lock` unless it says otherwise. */
typedef struct ob__heap {
    base_lock lock;                           /* rank BLOCKS */
    VEC(ob__segment *) segments;
    ob__page *unswept[OB__KINDS][OB__CLASS_MAX];
    size_t dirty_free;                        /* free pages that were used before */
    _Atomic(uint64_t) allocated;              /* bytes handed out since the last collection.  relaxed */
    _Atomic(uint64_t) threshold;              /* collect when allocated passes it; written with the world stopped */
    uint64_t mapped, peak;
    _Atomic(bool) enabled;
    ob_gc_stats stats;
} ob__heap;
extern ob__heap ob__the_heap;
extern uint8_t ob__class_of[(OB__SMALL_MAX >> OB__GRANULE_BITS) + 1];
extern uint32_t ob__class_size[OB__CLASS_MAX];
extern unsigned ob__class_count;

/* heap.c, for the collector; world stopped */
void ob__heap_retire(ob__heap_thread *t);                 /* gives back the unused rest of its runs */
void ob__page_release(ob__segment *s, ob__page *p);  /* a page, run or huge cell is free */
void ob__heap_trim(void);                            /* memory unused for a whole cycle goes back to the kernel */

/* gc.c */
/* Upper layers let go of this part of what can be loaded again; true: they did, so the next collection comes soon. Asked when the heap holds more than
 * ob__gc_cache bytes (0: never) beyond what cannot be let go of. ob__gc_pinned: does a stack, register or transaction refer to this object, or has an iterator a place in it, so that its body must stay? */
extern bool (*ob__gc_evict)(double part);
extern uint64_t ob__gc_cache;
uint64_t ob__gc_in_use(void);                        /* bytes: what the last collection left, and what has been allocated since */
bool ob__gc_pinned(const void *o);
void ob__gc_collect(void);                           /* stops the world itself */
/* world.c */
extern ob__heap_thread *ob__heap_threads;
bool ob__pending_push(ob_val what, ob_val arg) MUST_CHECK;
/* gc_pending.c */
void ob__finals_leave(ob__heap_thread *t);           /* the thread leaves */
void ob__finals_release(ob__heap_thread *t);
void ob__pending_roots(ob_tracer *t);
void ob__finalizers_find(ob_tracer *t);              /* after marking: queues and marks the dead ones */
/* weakref.c */
void ob__weakref_clear_dead(void);                   /* after marking: clears references to the dead, queues callbacks */
void ob__weakref_forget_dead(void);                  /* at the end: drops references that died themselves */

#endif
