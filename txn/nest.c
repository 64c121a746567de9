/* nest.c: steps: what can be undone as a whole.
 * Locks: a step belongs to one thread; the commit lock while something without versions is put back in front of others (epoch_for_all).
 * N1  Undoing the records from n on, last first, puts every object that is older than record n's step back to what it was then. (tx__undo_to)
 * N2  Step words only grow, so an object's word says in which step it was last saved or born. (tx__next_step)
 * N4  While a watch is on, no object but those made since has the word tx_me.id, so that every other write comes to write.c, which ends the watch: the
 *     step has its own word back, and what it had claimed is its own again. Objects made during the watch are older steps' from then on. (tx_watch_begin)
 * N5  While something unread is being gone by, tx_me.id is a step's of its own, so that every write of something older comes to write.c, which refuses it;
 *     then the step has its word back, and what was made meanwhile is an older step's, as with a watch. (tx_unread_begin)
 * N3  A released step leaves at most one copy of an object for each enclosing step. (tx_savepoint_release) */
#include "txn/txn_int.h"
#include <string.h>

void tx__next_step(tx_thread *t) {
    t->seq += TX_STEP;
    tx_me.id = t->seq;
}

/* Has tx_publish handed h to other threads since this step changed it?  They may be reading the inline body. */
static bool was_handed(const tx_handle *h) {
    return (atomic_load_explicit(&h->flags, memory_order_relaxed) & TX_F_HANDED) && !tx_is_private(h);
}

/* Others may have read what is being taken back: whoever runs under the epoch of now does not commit. */
static void epoch_for_all(tx_thread *t) {
    base_lock_take(&tx_g.commit_lock);
    tx__epoch_advance();
    base_lock_drop(&tx_g.commit_lock);
    if (t->begin_epoch) t->begin_epoch = tx_me.epoch;
    if (t->bumped) tx__epoch_renew();
}

/* The version word that h had before, if h is still private. What a lost commit has published stays shared: older objects that lead to it are marked so, and
 * nobody would publish it again. To others it is what it was, for there is no commit that they could have come by. */
static void give_back(tx_handle *h, uint64_t vw) {
    if (tx_is_private(h)) atomic_store_explicit(&h->vw, vw, memory_order_relaxed);
}

static void put_back(tx_thread *t, tx_record *r) {
    tx_handle *h = r->h;
    tx_entry *e;
    switch (r->type) {
    case TX_UNDO_INLINE:
        if (UNLIKELY(was_handed(h))) {
            tx__kind_drop(h, r->copy);
            break;
        }
        tx__kind_drop(h, tx_inline_body(h));
        memcpy(tx_inline_body(h), r->copy, tx_body_size(h));
        give_back(h, r->old);
        break;
    case TX_UNDO_FIRST:
        e = &t->entries.at[r->entry];
        tx__version_free(h, e->mine, true);
        e->mine = NULL;
        e->dirty = 0;
        t->nwritten--;
        break;
    case TX_UNDO_AGAIN:
        e = &t->entries.at[r->entry];
        tx__kind_drop(h, tx__body(e->mine));
        memcpy(tx__body(e->mine), r->copy, tx_body_size(h));
        e->dirty = r->old;
        e->step = r->old_step;
        break;
    case TX_UNDO_OP:
        if (LIKELY(!was_handed(h))) r->op(h, tx_inline_body(h), r->old, r->old_step);
        break;
    case TX_UNDO_FREEZE:
        atomic_fetch_and_explicit(&h->flags, ~(uint32_t)TX_F_FROZEN, memory_order_relaxed);
        if (r->old & 1) give_back(h, r->old);
        break;
    case TX_UNDO_EPOCH: tx__epoch_renew(); break;
    case TX_UNDO_NOTE:
        r->words((uint64_t)(uintptr_t)h, r->old, r->old_step);
        if (!t->sole) epoch_for_all(t);
        break;
    case TX_UNDO_TOLD: r->settled(r->old, t->losing ? TX_LOST : t->irrevocable ? TX_UNDONE_HERE : TX_UNDONE); break;
    case TX_UNDO_GONE: break;
    }
}

void tx__undo_to(tx_thread *t, size_t n) {
    if (t->undo.n > n && t->nwritten) tx__seen_forget(t);
    while (t->undo.n > n) {
        tx_record *r = &VEC_LAST(&t->undo);
        put_back(t, r);
        tx__undo_space_reset(t, r->mark);
        t->undo.n--;
    }
}

void tx__undo_forget(tx_thread *t) {
    for (size_t i = 0; i < t->undo.n; i++) {
        tx_record *r = &t->undo.at[i];
        if (r->copy) tx__kind_drop(r->h, r->copy);
        if (r->type == TX_UNDO_TOLD) r->settled(r->old, TX_CERTAIN);
    }
    VEC_CLEAR(&t->undo);
    t->undo_used = 0;
    t->chunk = 0;
}

bool tx_undo_note(tx_undo_words *undo, uint64_t object, uint64_t old, uint64_t detail) {
    tx_thread *t = tx_me.txn;
    tx_record *r;
    if (t == NULL || !t->active || (!t->undo_on && !t->readonly)) return true;
    if (t->readonly) return t->fail = tx__readonly_why(t), false;
    if ((r = tx__undo_add(t, TX_UNDO_NOTE, (tx_handle *)(uintptr_t)object)) == NULL) return t->fail = TX_FAIL_MEMORY, false;
    r->words = undo;
    r->old = old;
    r->old_step = detail;
    return true;
}

bool tx_when_settled(tx_settled *fn, uint64_t arg, bool *at_once) {
    tx_thread *t = tx_me.txn;
    *at_once = t == NULL || !t->active || !t->undo_on;
    if (*at_once) return true;
    tx_record *r = tx__undo_add(t, TX_UNDO_TOLD, NULL);
    if (r == NULL) return false;
    r->settled = fn;
    r->old = arg;
    return true;
}

void tx_watch_begin(void) {
    tx_thread *t = tx_me.txn;
    uint64_t id = t->watch ? t->watch : tx_me.id;
    DEBUG_ASSERT(t->active && t->undo_on);
    if (tx_watch_unchanged()) return;
    tx__next_step(t);
    t->watch = id;
    t->watch_undo = t->undo.n;
}

bool tx_watch_unchanged(void) {
    const tx_thread *t = tx_me.txn;
    return t->watch != 0 && t->undo.n == t->watch_undo;
}

static uint64_t serial(const tx_thread *t) { return atomic_load_explicit(&t->serial, memory_order_relaxed); }
bool tx_savepoint_stands(const tx_savepoint *sp) { return tx_active() && sp->serial == serial(tx_me.txn); }

bool tx_savepoint_set(tx_savepoint *sp) {
    tx_thread *t = tx_me.txn;
    DEBUG_ASSERT(t->active && (t->undo_on || t->sole));
    if (UNLIKELY(t->watch)) tx__watch_end(t);
    *sp = (tx_savepoint){.undo = t->undo.n, .hooks = t->hooks.n, .id = tx_me.id, .serial = serial(t), .bare = !t->undo_on};
    t->undo_on = true;
    tx__next_step(t);
    return true;
}

/* What the undone step has read stays in the log: whether it was undone may have hung on it. */
void tx_savepoint_rollback(const tx_savepoint *sp) {
    tx_thread *t = tx_me.txn;
    tx__undo_to(t, sp->undo);
    tx__hooks_undone(t, sp->hooks);
    tx__next_step(t);
}

static void forget(tx_record *r) {
    if (r->copy) tx__kind_drop(r->h, r->copy);
    r->copy = NULL;
    r->type = TX_UNDO_GONE;
}

/* Last first: drops what the enclosing step, whose word is id, has saved itself. */
static void drop_saved_before(tx_thread *t, size_t from, uint64_t id) {
    for (size_t i = t->undo.n; i-- > from;) {
        tx_record *r = &t->undo.at[i];
        if (r->type == TX_UNDO_INLINE && r->old == id) {
            if (tx_is_private(r->h)) atomic_store_explicit(&r->h->vw, id, memory_order_relaxed);
            forget(r);
        } else if (r->type == TX_UNDO_AGAIN && r->old_step == id) {
            t->entries.at[r->entry].step = id;
            forget(r);
        } else if (r->type == TX_UNDO_OP && tx__vw(r->h) == id) forget(r); /* a copy of the enclosing step covers it */
    }
}

/* What remains was first saved in the inner step and is the enclosing step's from now on. */
static void hand_over(tx_thread *t, size_t from, uint64_t id) {
    for (size_t i = from; i < t->undo.n; i++) {
        tx_record *r = &t->undo.at[i];
        if (r->type == TX_UNDO_INLINE && tx_is_private(r->h)) atomic_store_explicit(&r->h->vw, id, memory_order_relaxed);
        else if (r->type == TX_UNDO_FIRST || r->type == TX_UNDO_AGAIN) t->entries.at[r->entry].step = id;
    }
}

void tx_savepoint_release(const tx_savepoint *sp) {
    tx_thread *t = tx_me.txn;
    drop_saved_before(t, sp->undo, sp->id);
    hand_over(t, sp->undo, sp->id);
    while (t->undo.n > sp->undo && VEC_LAST(&t->undo).type == TX_UNDO_GONE) {
        tx__undo_space_reset(t, VEC_LAST(&t->undo).mark);
        t->undo.n--;
    }
    tx_me.id = sp->id;
}

/* Between two steps that follow each other nothing has to be handed over: a whole transaction is undone by its records, whichever step they are of. */
void tx_savepoint_drop(const tx_savepoint *sp) {
    tx_thread *t = tx_me.txn;
    if (sp->bare) {
        tx__undo_forget(t);
        t->undo_on = false;
    }
    tx__next_step(t);
}

uint64_t tx_readonly_push(void) {
    tx_thread *t = tx_me.txn;
    uint64_t outer = t->readonly ? t->since : 0;
    t->readonly = true;
    t->since = tx_me.id;
    return outer;
}

void tx_readonly_pop(uint64_t outer) {
    tx_thread *t = tx_me.txn;
    t->readonly = outer != 0;
    t->since = outer;
}

void tx_unread_begin(void) {
    tx_thread *t = tx_me.txn;
    if (t == NULL || !t->active || t->unread) return;
    t->unread = true;
    t->unread_id = tx_me.id;
    t->poison = t->poison ? t->poison : TX_FAIL_UNREAD;
    tx__next_step(t);
    t->unread_since = tx_readonly_push();
}

void tx_unread_end(void) {
    tx_thread *t = tx_me.txn;
    if (t == NULL || !t->unread) return;
    t->unread = false;
    if (t->poison == TX_FAIL_UNREAD) t->poison = TX_FAIL_NONE;
    tx_readonly_pop(t->unread_since);
    tx_me.id = t->unread_id;
}
