/* publish.c: marks what a commit makes reachable by other threads.
 * Locks: none; all that is visited and not yet marked is this thread's own.
 * P1  Everything reachable from a shared body is shared: a commit publishes what its bodies reach before it installs them. (commit.c)
 * P2  What is marked has been walked, or is on the work list; if memory runs out, the marks of the list are taken back. (tx__publish_parts)
 * In sole mode nothing is marked: leaving it makes all older objects shared by a new tid, and older immutable objects, though unmarked,
 * reach only such objects. */
#include "txn/txn_int.h"

static bool is_mutable(const tx_handle *h) { return h->cls != NULL && h->cls->kind != NULL; }

static bool is_mine(const tx_thread *t, uint64_t vw) { return ((vw ^ t->seq) & (TX_TID_MASK | 1)) == 0; }

static void visit(void *arg, uint64_t word) {
    tx_thread *t = arg;
    tx_handle *h = (tx_handle *)(uintptr_t)word;
    if (t->reach_failed || !tx_g.model.is_object(word)) return;
    if (is_mutable(h)) {
        if (!is_mine(t, atomic_load_explicit(&h->vw, memory_order_relaxed))) return;
        if (!VEC_PUSH(&t->reach, h)) { t->reach_failed = true; return; }
        /* relaxed: another thread comes here only through a version that is installed with release later */
        atomic_store_explicit(&h->vw, TX_SHARED, memory_order_relaxed);
        if (t->handing) atomic_fetch_or_explicit(&h->flags, TX_F_HANDED, memory_order_relaxed);
    } else {
        if (atomic_load_explicit(&h->flags, memory_order_relaxed) & TX_F_PUBLISHED) return;
        if (!VEC_PUSH(&t->reach, h)) { t->reach_failed = true; return; }
        atomic_fetch_or_explicit(&h->flags, TX_F_PUBLISHED, memory_order_relaxed);
    }
}

static void unmark(tx_thread *t, tx_handle *h) {
    if (is_mutable(h)) {
        atomic_store_explicit(&h->vw, (t->seq & TX_TID_MASK) | 1, memory_order_relaxed);
        atomic_fetch_and_explicit(&h->flags, ~(uint32_t)TX_F_HANDED, memory_order_relaxed);
    } else atomic_fetch_and_explicit(&h->flags, ~(uint32_t)TX_F_PUBLISHED, memory_order_relaxed);
}

/* Walks the work list until it is empty. Depth first, so that it stays short on lists. */
static bool walk(tx_thread *t) {
    while (t->reach.n && !t->reach_failed) {
        tx_handle *h = VEC_POP(&t->reach);
        if (is_mutable(h) && tx__kind(h)->trace) tx__kind(h)->trace(h, tx_inline_body(h), visit, t);
        tx_g.model.trace_immutable(h, visit, t);
        if (t->reach_failed) unmark(t, h);
    }
    while (t->reach.n) unmark(t, VEC_POP(&t->reach));
    if (t->reach.room > 1 << 16) VEC_RELEASE(&t->reach);
    return !t->reach_failed;
}

bool tx__publish_parts(tx_thread *t, const tx_handle *h, const void *before, const void *body) {
    const tx_kind *k = tx__kind(h);
    t->reach_failed = false;
    if (k->trace_new) k->trace_new(h, before, body, visit, t);
    else if (k->trace) k->trace(h, body, visit, t);
    else return true;
    return LIKELY(t->reach.n == 0 && !t->reach_failed) || walk(t);
}

bool tx_publish(uint64_t word) {
    tx_thread *t = tx_me.txn;
    bool ok;
    if (t->sole) return true;
    t->reach_failed = false;
    t->handing = true;
    visit(t, word);
    ok = walk(t);
    t->handing = false;
    if (!ok) t->fail = TX_FAIL_MEMORY;
    return ok;
}
