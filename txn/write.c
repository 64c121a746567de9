/* write.c: the first write of a step to an object: claims a private one in place, or makes a private copy of a shared one.
 * Locks: none.
 * W1  A shared body is never written: it is copied to an entry's private version, which nobody sees before the commit. (write_shared)
 * W2  A private body that is older than the step is saved before the step writes it. (claim)
 * States of a handle for this thread: older -claim-> claimed (vw == tx_me.id);  shared -write_shared-> copied (entry with mine). */
#include "txn/mirror.h"

static void *fail(tx_thread *t, tx_fail why) { return t->fail = why, NULL; }

void tx_ask_guard(tx_handle *h) { tx_g.guard(h); }

/* May this transaction write an object with this version word?  The guard may begin a new step: whose word vw is must be asked afterwards. */
static inline bool writable(tx_thread *t, tx_handle *h, uint64_t vw) {
    uint32_t flags = atomic_load_explicit(&h->flags, memory_order_relaxed);
    if (UNLIKELY(flags & (TX_F_FROZEN | TX_F_GUARDED))) {
        if (flags & TX_F_FROZEN) return false;
        tx_ask_guard(h);
    }
    if (LIKELY(!t->readonly)) return true;
    return (vw & 1) && ((vw ^ t->seq) & TX_TID_MASK) == 0 && vw >= t->since;
}

/* Sole mode: leaves the handle with nothing but its inline body; its version word, or 0: could not be loaded. */
static uint64_t make_inline(tx_handle *h) {
    uint64_t vw = tx__vw(h);
    if (LIKELY(vw & 1)) return vw;
    if (vw == TX_GHOST && tx__newest(h) == NULL) return 0;
    if (!(tx__vw(h) & 1)) tx__retire_fold_now(h);
    return TX_SHARED;
}

static void *claim(tx_thread *t, tx_handle *h, uint64_t vw) {
    if (t->undo_on) {
        tx_record *r = tx__undo_push(t, TX_UNDO_INLINE, h);
        if (r == NULL) return fail(t, TX_FAIL_MEMORY);
        if (!tx__undo_save(t, r, h, tx_inline_body(h))) return t->undo.n--, fail(t, TX_FAIL_MEMORY);
        r->old = vw;
    }
    atomic_store_explicit(&h->vw, tx_me.id, memory_order_relaxed); /* to others every private word means the same: not theirs */
    return tx_inline_body(h);
}

/* A later step writes the private copy again: keep it as it was at the savepoint. */
static void *write_again(tx_thread *t, tx_entry *e, uint64_t mask) {
    if (UNLIKELY(e->step != tx_me.id)) {
        tx_record *r = tx__undo_add(t, TX_UNDO_AGAIN, e->h);
        if (r == NULL) return fail(t, TX_FAIL_MEMORY);
        if (!tx__undo_save(t, r, e->h, tx__body(e->mine))) return t->undo.n--, fail(t, TX_FAIL_MEMORY);
        r->old = e->dirty;
        r->old_step = e->step;
        r->entry = (uint32_t)(e - t->entries.at);
        e->step = tx_me.id;
    }
    TX__PLACE(t, e, mask & ~e->dirty, true);
    e->dirty |= mask;
    return tx__body(e->mine);
}

/* The object's head moved since my snapshot, and I am about to write it. */
static NOINLINE void foresee(tx_thread *t, const tx_entry *e, uint64_t mask) {
    const tx_handle *h = e->h;
    uint64_t must_hold = t->options.isolation == TX_SNAPSHOT ? tx__must_stay(h, mask) : e->read;
    if (!t->holds_turn && must_hold && !tx__kind_same(h, tx__seen_body(e), tx__newest(h), must_hold)) t->doomed = true;
}

/* s: the line of `seen` for h */
static void *write_shared(tx_thread *t, tx_handle *h, uint64_t mask, tx_entry *e, tx_seen *s) {
    tx_record *r;
    tx_version *v;
    bool newest = true;
    if (e == NULL) {
        const void *copy = NULL, *seen = tx__look(t, h, &copy, &newest);
        if (seen == NULL) return fail(t, TX_FAIL_UNREAD);
        if ((e = tx__entry_add(t, h, seen)) == NULL) return fail(t, TX_FAIL_MEMORY);
        e->copy = copy;
    }
    v = tx__version_new(h, tx__seen_body(e)); /* may collect: nothing of the transaction is half done here */
    if (v == NULL) return fail(t, TX_FAIL_MEMORY);
    if ((r = tx__undo_push(t, TX_UNDO_FIRST, h)) == NULL) return tx__version_free(h, v, true), fail(t, TX_FAIL_MEMORY);
    r->entry = (uint32_t)(e - t->entries.at);
    e->mine = v;
    e->dirty = mask;
    e->step = tx_me.id;
    t->nwritten++;
    t->written |= tx__written_bit(h);
    if (LIKELY(tx_seen_is(s, h))) s->body = tx__body(v);
    else tx__seen_put(t, s, e);
    TX__PLACE(t, e, mask, true);
    if (UNLIKELY(!newest)) foresee(t, e, mask);
    base_prefetch_write(&h->vw); /* the commit will swing it. Last: while the line is under way to be written, reading it waits as well */
    return tx__body(v);
}

void *tx_write_slow(tx_handle *h, uint64_t mask) {
    tx_thread *t = tx_me.txn;
    uint64_t vw = tx__vw(h);
    tx_entry *e;
    tx_seen *s;
    if (!writable(t, h, vw)) return fail(t, tx__readonly_why(t));
    if (t->sole) {
        if ((vw = make_inline(h)) == 0) return fail(t, TX_FAIL_UNREAD);
        return claim(t, h, vw);
    }
    DEBUG_ASSERT(t->active);
    if (UNLIKELY(t->watch)) tx__watch_end(t);
    if (((vw ^ tx_me.id) & tx_me.rmask) == 0) return vw == tx_me.id ? tx_inline_body(h) : claim(t, h, vw);
    s = tx_seen_line(h);
    e = LIKELY(tx_seen_is(s, h)) ? &t->entries.at[s->entry] : tx__find(t, h);
    return e && e->mine ? write_again(t, e, mask) : write_shared(t, h, mask, e, s);
}

/* A read that is not logged would be forgotten with the write, should the step be undone. */
void *tx_write_seen_slow(tx_handle *h) {
    tx_thread *t = tx_me.txn;
    if (!t->sole && !tx_is_private(h) && t->log_reads) (void)tx_read_slow(h, TX_ALL);
    return tx_write_slow(h, TX_ALL);
}

void *tx_write_local(tx_handle *h, uint64_t read) {
    tx_thread *t = tx_me.txn;
    bool readonly = t->readonly;
    tx_entry *e;
    void *body;
    if (!readonly || t->unread) return tx_write(h, TX_ALL);
    t->readonly = false;
    body = tx_write(h, TX_ALL);
    t->readonly = true;
    if (read && !t->sole && !tx_is_private(h) && (e = tx__find(t, h)) != NULL) e->read |= read;
    return body;
}

void *tx_write_op_slow(tx_handle *h, uint64_t mask, tx_undo *undo, uint64_t a, uint64_t b) {
    tx_thread *t = tx_me.txn;
    uint64_t vw = tx__vw(h);
    tx_record *r;
    if (!t->undo_on || !tx_is_private(h) || (t->sole && tx_g.sink)) return tx_write_slow(h, mask); /* a sink wants whole bodies */
    if (!writable(t, h, vw)) return fail(t, tx__readonly_why(t));
    if (UNLIKELY(t->watch)) tx__watch_end(t);
    if (UNLIKELY(vw == tx_me.id)) return tx_inline_body(h); /* the step's already */
    if ((r = tx__undo_add(t, TX_UNDO_OP, h)) == NULL) return fail(t, TX_FAIL_MEMORY);
    r->op = undo;
    r->old = a;
    r->old_step = b;
    return tx_inline_body(h);
}

size_t tx_undo_count(void) { return tx_me.txn->undo.n; }

bool tx_freeze(tx_handle *h) {
    tx_thread *t = tx_me.txn;
    uint64_t vw = tx__vw(h);
    if (atomic_load_explicit(&h->flags, memory_order_relaxed) & TX_F_FROZEN) return true;
    if (t->unread && !writable(t, h, vw)) return t->fail = TX_FAIL_UNREAD, false;
    if (t->undo_on) {
        tx_record *r = tx__undo_add(t, TX_UNDO_FREEZE, h);
        if (r == NULL) return t->fail = TX_FAIL_MEMORY, false;
        r->old = vw;
    }
    atomic_fetch_or_explicit(&h->flags, TX_F_FROZEN, memory_order_relaxed);
    /* Out of the fast path of tx_write, which does not look at flags. */
    if (vw == tx_me.id) atomic_store_explicit(&h->vw, (t->seq & TX_TID_MASK) | 1, memory_order_relaxed);
    return true;
}

void tx_each_written(const tx_savepoint *since, void (*fn)(void *arg, tx_handle *h), void *arg) {
    tx_thread *t = tx_me.txn;
    for (size_t i = since ? since->undo : 0; i < t->undo.n; i++) {
        tx_record *r = &t->undo.at[i];
        if (r->type == TX_UNDO_INLINE || r->type == TX_UNDO_FIRST || r->type == TX_UNDO_AGAIN || r->type == TX_UNDO_OP) fn(arg, r->h);
    }
}
