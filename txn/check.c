/* check.c: the invariants that can be checked while running.  Locks: none. */
#include "txn/debug.h"
#include "txn/mirror.h"

bool tx_is_mirrored(const tx_handle *h) {
    uint64_t vw = tx__vw(h), mark = tx__kind(h)->mark_at ? atomic_load_explicit(&tx__mirror_words(h)[tx__kind(h)->mark_at], memory_order_acquire) : 0; /* MO: MIRROR acquire */
    return !(vw & 1) && vw != TX_GHOST && mark & 1 && mark != TX_MIRROR_BUSY;
}

/* While nobody commits. */
static const char *check_mirror(const tx_handle *h) {
    const tx_kind *k = tx__kind(h);
    const tx_version *v = tx__head(tx__vw(h));
    if (!tx_is_mirrored(h)) return NULL;
    if (atomic_load_explicit(&tx__mirror_words(h)[k->mark_at], memory_order_relaxed) != tx__mirror_mark(atomic_load_explicit(&v->stamp, memory_order_relaxed)))
        return "a mirror of another version";
    for (size_t i = 0; i < tx_word_count(h, k); i++)
        if (i != k->mark_at && ((const uint64_t *)tx_inline_body(h))[i] != ((const uint64_t *)tx__body(v))[i]) return "a mirror that shows something else";
    return NULL;
}

const char *tx_check_chain(const tx_handle *h) {
    uint64_t vw = tx__vw(h), oldest = tx__snapshot_oldest(), last = UINT64_MAX;
    if (vw & 1 || vw == TX_GHOST) return vw >> TX_TID_SHIFT >= tx_g.next_tid ? "a tid that was never given" : NULL;
    for (tx_version *v = tx__head(vw); v; v = tx__older(v)) {
        uint64_t stamp = atomic_load_explicit(&v->stamp, memory_order_relaxed);
        if (stamp == 0) return "an installed version without a stamp";
        if (stamp >= last) return "stamps do not decrease";
        if (stamp <= oldest) break;
        last = stamp;
    }
    return check_mirror(h);
}

const char *tx_check_thread(void) {
    tx_thread *t = tx_me.txn;
    unsigned written = 0;
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        if (tx__find(t, e->h) != e) return "an entry that its handle does not lead to";
        if (e->dirty && e->mine == NULL) return "dirty without a private body";
        if (t->active && e->mine && tx__written(t, e->h) != e) return "a private body that reads pass by";
        written += e->mine != NULL;
    }
    if (t->active && written != t->nwritten) return "the count of written entries is wrong";
    for (size_t i = 0; i + 1 < t->undo.n; i++)
        if (t->undo.at[i].mark > t->undo.at[i + 1].mark) return "undo marks do not ascend";
    return NULL;
}

size_t tx_retired_count(void) { return tx_me.txn->ring_tail - tx_me.txn->ring_head; }
