/* durable.c: takes back in memory what a store has refused.
 * Locks: takes commit_lock (rank TX_COMMIT).
 * D1  A refused commit is taken back by a later commit of its own, so a snapshot sees it whole, or taken back whole. (tx_compensate)
 * D2  What a refused commit has published stays as it was published for those who see it: the body of before is made of a copy. (tx__take_back_published)
 * It goes past the turn: the turn's holder may be waiting for the store. */
#include "txn/mirror.h"
#include <stdio.h>
#include <stdlib.h>

/* Memory for this must be found: the alternative is a memory that contradicts the store. */
static tx_version *must_copy(const tx_handle *h, const void *body) {
    for (int tries = 0; tries < 1000; tries++) {
        tx_version *v = tx__version_new(h, body);
        if (v) return v;
    }
    fprintf(stderr, "apodora: no memory left to undo a commit that the store refused\n");
    abort();
}

static void take_back(tx_thread *t, const tx_change *c, uint64_t stamp) {
    tx_handle *h = c->handle;
    const void *now = tx__newest(h);
    tx_version *v = must_copy(h, c->before);
    if (now != c->after && !tx__kind_merge(h, tx__body(v), c->after, now, c->dirty)) {
        tx__version_free(h, v, true); /* a later commit stands on it: the old body goes back whole */
        v = must_copy(h, c->before);
    }
    tx__install(t, h, v, stamp, TX_ALL);
}

void tx_compensate(const tx_change *changes, size_t n) {
    tx_thread *t = tx_me.txn;
    uint64_t stamp;
    if (t->sole) return; /* tx_commit puts the undo copies back itself */
    while (!tx__retire_reserve(t, n)) tx__retire_drain(t, tx__snapshot_oldest());
    base_lock_take(&tx_g.commit_lock);
    stamp = tx__clock() + 1;
    for (size_t i = 0; i < n; i++) take_back(t, &changes[i], stamp);
    atomic_store_explicit(&tx_g.epoch, stamp, memory_order_release); /* MO: EPOCH release - code that was taken back is out of all caches */
    atomic_store_explicit(&tx_g.clock, stamp, memory_order_seq_cst); /* MO: CLOCK seq_cst release */
    base_lock_drop(&tx_g.commit_lock);
    if (atomic_load_explicit(&tx_g.waiters, memory_order_seq_cst) != 0) /* MO: WAITERS seq_cst acquire */
        for (size_t i = 0; i < n; i++) tx__wake_waiters(changes[i].handle, TX_ALL);
}

void tx__take_back_published(tx_thread *t, size_t last) {
    tx_handle *h = t->undo.at[last].h;
    tx_version *made = must_copy(h, tx_inline_body(h));
    void *before = tx__body(made);
    for (size_t i = last + 1; i-- > 0;) {
        tx_record *r = &t->undo.at[i];
        if (r->h != h || (r->type != TX_UNDO_INLINE && r->type != TX_UNDO_OP)) continue;
        if (r->type == TX_UNDO_OP) {
            r->op(h, before, r->old, r->old_step);
        } else { /* older than what it is a copy of */
            tx__kind_drop(h, before);
            before = r->copy;
        }
        r->type = TX_UNDO_GONE;
    }
    tx_compensate(&(tx_change){h, before, tx_inline_body(h), TX_ALL}, 1);
    tx__kind_drop(h, before);
    tx__version_free(h, made, false);
}
