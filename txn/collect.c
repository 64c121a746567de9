/* collect.c: what a garbage collector must know: which objects and blocks transactions hold, and which versions can be seen.
 * Locks: fold_lock (rank LEAF), so that several markers may call tx_trace_handle. All else is called with the world stopped.
 * G1  A version is reported if a snapshot in use, or a future one, can see it; the walk stops at the first stamp that all can see. The inline body is
 *     reported always, since it will be dropped by its kind one day. (tx_trace_handle)
 * G2  A body that a thread was given stays where it is until that thread's transaction ends: a block whose body was moved inline is freed only
 *     after all transactions that ran at that time have ended. (fold_all, free_folded)
 * G3  Memory is freed in tx_collect_begin only, before marking: a collector sweeps what it has not marked, and must not find it freed as well.
 * A chain is folded in three collections: marking finds that all can see its head; the next one moves the head's body inline; a later one frees the block. */
#include "txn/mirror.h"
#include <string.h>

typedef struct folded { tx_handle *h; tx_version *v; } folded;
typedef struct running { tx_thread *t; uint64_t serial; } running;

static struct {
    base_lock lock;
    uint64_t oldest;            /* of this collection */
    VEC(tx_handle *) found;     /* marked in the last collection, so still there at the beginning of this one */
    VEC(folded) blocks;         /* moved inline; their bodies own nothing any more */
    VEC(running) readers;       /* transactions that may have pointers into them */
} fold = {.lock = BASE_LOCK_INIT(LEAF, "fold")};

static tx_thread *first_thread(void) { return atomic_load_explicit(&tx_g.threads, memory_order_acquire); } /* MO: THREADS acquire */

static uint64_t serial_of(tx_thread *t) { return atomic_load_explicit(&t->serial, memory_order_relaxed); }

static void free_folded(void) {
    for (size_t i = 0; i < fold.readers.n; i++) {
        running r = fold.readers.at[i];
        if (r.t->active && serial_of(r.t) == r.serial) return;
    }
    for (size_t i = 0; i < fold.blocks.n; i++) tx__version_free(fold.blocks.at[i].h, fold.blocks.at[i].v, false);
    VEC_CLEAR(&fold.blocks);
    VEC_CLEAR(&fold.readers);
}

/* The head, if all snapshots see it. */
static tx_version *common_head(tx_handle *h) {
    uint64_t vw = tx__vw(h);
    if (vw & 1 || vw == TX_GHOST) return NULL;
    return atomic_load_explicit(&tx__head(vw)->stamp, memory_order_relaxed) <= fold.oldest ? tx__head(vw) : NULL;
}

static bool note_readers(void) {
    for (tx_thread *t = first_thread(); t; t = t->next)
        if (t->active && !VEC_PUSH(&fold.readers, (running){t, serial_of(t)})) return false;
    return true;
}

static void fold_all(void) {
    if (fold.blocks.n || !VEC_RESERVE(&fold.blocks, fold.found.n) || !note_readers()) return;
    for (size_t i = 0; i < fold.found.n; i++) {
        tx_handle *h = fold.found.at[i];
        tx_version *v = common_head(h);
        if (v == NULL) continue;
        tx__inline_again(h, v);
        atomic_store_explicit(&h->vw, TX_SHARED, memory_order_relaxed); /* the stopped world orders it */
        if (!VEC_PUSH(&fold.blocks, (folded){h, v})) return;            /* reserved */
    }
}

void tx_collect_begin(void) {
    fold.oldest = tx__snapshot_oldest();
    free_folded();
    for (tx_thread *t = first_thread(); t; t = t->next) tx__retire_drain(t, fold.oldest);
    fold_all();
    VEC_CLEAR(&fold.found);
}

static void note_foldable(tx_handle *h) {
    base_lock_take(&fold.lock);
    if (!VEC_PUSH(&fold.found, h)) VEC_CLEAR(&fold.found); /* then another time */
    base_lock_drop(&fold.lock);
}

void tx_trace_handle(tx_handle *h, const tx_tracer *t) {
    uint64_t vw = tx__vw(h);
    if (vw == TX_GHOST) return;
    for (tx_version *v = vw & 1 ? NULL : tx__head(vw); v; v = tx__older(v)) {
        t->block(t->arg, v);
        t->body(t->arg, h, tx__body(v));
        if (atomic_load_explicit(&v->stamp, memory_order_relaxed) <= fold.oldest) break;
    }
    if (common_head(h)) note_foldable(h);
    t->body(t->arg, h, tx_inline_body(h));
}

static void trace_thread(tx_thread *r, const tx_tracer *t) {
    for (size_t i = 0; i < r->entries.n && r->active; i++) {
        tx_entry *e = &r->entries.at[i];
        t->word(t->arg, (uint64_t)(uintptr_t)e->h);
        if (e->mine == NULL) continue;
        t->block(t->arg, e->mine);
        t->body(t->arg, e->h, tx__body(e->mine));
    }
    for (size_t i = 0; i < r->undo.n; i++) {
        tx_record *u = &r->undo.at[i];
        if (u->h) t->word(t->arg, (uint64_t)(uintptr_t)u->h);
        if (u->copy) t->body(t->arg, u->h, u->copy);
        if (u->type == TX_UNDO_NOTE) t->word(t->arg, u->old);
        if (u->type == TX_UNDO_OP) t->word(t->arg, u->old), t->word(t->arg, u->old_step);
    }
    for (size_t i = r->ring_head; i != r->ring_tail; i++) {
        tx_retired *old = &r->ring[i & (r->ring_size - 1)];
        t->word(t->arg, (uint64_t)(uintptr_t)old->h); /* its body is reached through the handle's chain */
        t->block(t->arg, old->v);
    }
    for (size_t i = 0; i < r->hooks.n; i++) t->word(t->arg, (uint64_t)(uintptr_t)r->hooks.at[i].arg);
    for (size_t i = 0; i < r->left_hooks.n; i++) t->word(t->arg, (uint64_t)(uintptr_t)r->left_hooks.at[i].arg);
    for (size_t i = 0; i < r->done_hooks.n; i++) t->word(t->arg, (uint64_t)(uintptr_t)r->done_hooks.at[i].arg);
}

void tx_trace_threads(const tx_tracer *t) {
    for (tx_thread *r = first_thread(); r; r = r->next) trace_thread(r, t);
    for (size_t i = 0; i < fold.blocks.n; i++) {
        t->word(t->arg, (uint64_t)(uintptr_t)fold.blocks.at[i].h);
        t->block(t->arg, fold.blocks.at[i].v);
    }
}
