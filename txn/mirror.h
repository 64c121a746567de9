/* mirror.h: the newest body of small plain objects in the handle's own line: written as versions are installed, read in their stead.
 * Locks: tx__install is called under the commit lock; tx__mirrored without.
 * I1  An inline body whose mark is odd can be seen by no snapshot, in use or to come: it holds the mirror, or nothing. (tx__mirror_open)
 * R3  A mirror whose mark is the same before and after its words and the version word are read shows that version. (tx__mirrored)
 * The argument: txn/README.md, "The mirror". */
#ifndef TXN_MIRROR_H
#define TXN_MIRROR_H
#include "txn/txn_int.h"

enum { TX_MIRROR_WORDS = TX_FEW_WORDS };                 /* longer bodies have none: who reads one word of them would copy them all */
#define TX_MIRROR_BUSY UINT64_MAX                        /* a mark above all snapshots */

typedef _Atomic(uint64_t) tx_mirror_word;

static inline tx_mirror_word *tx__mirror_words(const tx_handle *h) { return (tx_mirror_word *)tx_inline_body(h); }
static inline uint64_t tx__mirror_mark(uint64_t stamp) { return stamp << 1 | 1; }

/* v's body becomes the inline one, and that a version like any other again; the version word is the caller's. The world is stopped, or there is one thread. */
static inline void tx__inline_again(tx_handle *h, tx_version *v) {
    const tx_kind *k = tx__kind(h);
    tx_mirror_word *mark = &tx__mirror_words(h)[k->mark_at];
    bool mirror = k->mark_at && atomic_load_explicit(mark, memory_order_relaxed) & 1;
    if (mirror) atomic_store_explicit(mark, 0, memory_order_relaxed);
    else tx__kind_drop(h, tx_inline_body(h));
    memcpy(tx_inline_body(h), tx__body(v), tx_body_size(h));
}

/* The newest version's body, if its mirror shows it and t can see it, and a copy of that, which stays until t begins again; NULL: look at the versions. */
static inline const void *tx__mirrored(tx_thread *t, const tx_handle *h, const void **copy) {
    const tx_kind *k = tx__kind(h);
    tx_mirror_word *from = tx__mirror_words(h), *mark_at = &from[k->mark_at];
    uint64_t vw = tx__vw(h), mark, *to = &t->copies[t->copied];
    size_t n;
    if (k->mark_at == 0 || vw & 1 || vw == TX_GHOST) return NULL;
    mark = atomic_load_explicit(mark_at, memory_order_acquire); /* MO: MIRROR acquire */
    if (!(mark & 1) || mark >> 1 > t->snapshot || (n = tx_word_count(h, k)) > TX_COPIES - t->copied) return NULL;
#define COPY(i) to[i] = atomic_load_explicit(&from[i], memory_order_acquire); /* MO: MIRROR acquire */
    TX__FEW_WORDS(n, COPY)
#undef COPY
    vw = tx__vw(h);
    if (UNLIKELY(vw & 1) || UNLIKELY(atomic_load_explicit(mark_at, memory_order_relaxed) != mark)) return NULL;
    if (k->owns) to[k->mark_at] = 0; /* what is mirrored owns nothing */
    t->copied += (unsigned)n;
    *copy = to;
    return tx__body(tx__head(vw));
}

/* What t sees of h: the body of a version, or the inline one; NULL: a ghost that could not be loaded. *copy: of its body, or as it was. */
static inline const void *tx__look(tx_thread *t, const tx_handle *h, const void **copy, bool *newest) {
    const void *body = tx__mirrored(t, h, copy);
    *newest = true;
    return LIKELY(body != NULL) ? body : tx__visible(t, h, newest);
}

/* Under the commit lock: may the mirror show v, which follows on vw?  It is BUSY, then.  was: what the mark has been. */
static inline bool tx__mirror_open(const tx_thread *t, tx_handle *h, const tx_kind *k, const tx_version *v, uint64_t vw, uint64_t *was) {
    tx_mirror_word *mark = &tx__mirror_words(h)[k->mark_at];
    *was = atomic_load_explicit(mark, memory_order_relaxed);
    if (UNLIKELY(vw & 1)) return false;
    if (UNLIKELY(!(*was & 1)) && /* the inline body: is it dead, and fit? */
        (*was != 0 || atomic_load_explicit(&tx__head(vw)->stamp, memory_order_relaxed) > t->oldest || tx_word_count(h, k) > TX_MIRROR_WORDS)) return false;
    atomic_store_explicit(mark, TX_MIRROR_BUSY, memory_order_relaxed); /* ordered by the version word's store */
    return tx__is_plain(k, tx__body(v));
}

/* Has it shown the version before v? */
static inline bool tx__mirror_showed(uint64_t was) { return was & 1 && was != TX_MIRROR_BUSY; }

static inline void tx__mirror_put(tx_mirror_word *to, const uint64_t *from, size_t i) {
    atomic_store_explicit(&to[i], from[i], memory_order_release); /* MO: MIRROR release */
}

/* dirty: the slots in which v differs from the version before it, which the mirror has shown; or TX_ALL */
static inline void tx__mirror_show(tx_handle *h, const tx_kind *k, const tx_version *v, uint64_t stamp, uint64_t dirty) {
    const uint64_t *from = tx__body(v);
    tx_mirror_word *to = tx__mirror_words(h);
    if (k->words == 1) {
        tx__mirror_put(to, from, 0);
    } else if (LIKELY(!(dirty & TX_REST))) {
        for (uint64_t m = dirty; m; m &= m - 1) tx__mirror_put(to, from, k->slots_at + (size_t)__builtin_ctzll(m));
    } else {
        for (size_t i = 0; i < tx_word_count(h, k); i++)
            if (i != k->mark_at) tx__mirror_put(to, from, i);
    }
    atomic_store_explicit(&to[k->mark_at], tx__mirror_mark(stamp), memory_order_release); /* MO: MIRROR release */
}

/* Under the commit lock: v becomes the newest version of h. Its body is whole, and differs from the one before it in the dirty parts at most. */
static inline void tx__install(tx_thread *t, tx_handle *h, tx_version *v, uint64_t stamp, uint64_t dirty) {
    uint64_t vw = atomic_load_explicit(&h->vw, memory_order_relaxed), was = 0; /* the lock orders it */
    const tx_kind *k = tx__kind(h);
    bool show = k->mark_at && tx__mirror_open(t, h, k, v, vw, &was), showed = tx__mirror_showed(was);
    atomic_store_explicit(&v->stamp, stamp, memory_order_relaxed);
    tx__older_set(v, vw & 1 ? NULL : tx__head(vw));
    BASE_STOP(TX_COMMIT_STAMPED);
    /* MO: VW release - stamp, link and body are whole for whoever finds v. Without it a reader sees stamp 0 and takes a body too new. */
    atomic_store_explicit(&h->vw, (uint64_t)(uintptr_t)v, memory_order_release);
    if (show) tx__mirror_show(h, k, v, stamp, showed ? dirty : TX_ALL);
    if (LIKELY(!(vw & 1))) tx__retire(t, h, tx__head(vw), stamp, showed ? NULL : k->drop); /* what was mirrored owns nothing */
}

#endif
