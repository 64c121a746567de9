/* report.c: for conflict reports: where a transaction has read and written what, and where the commits of late did.
 * Locks: `wrote` is under the commit lock; a transaction's own places belong to its thread.
 * Nothing is noted unless tx_set_where was called. */
#include "txn/txn_int.h"

enum { WROTE = 1 << 11, PLACES_MAX = 1 << 12 };
static struct wrote { uint64_t stamp, mask; const tx_handle *h; tx_where where; const char *name; } wrote[WROTE];
static uint64_t wrote_next;

void tx__place(tx_thread *t, const tx_entry *e, uint64_t mask, bool write) {
    if (t->places.n >= PLACES_MAX || !VEC_RESERVE(&t->places, t->places.n + 1)) return;     /* without memory the report knows less */
    tx_place *p = &t->places.at[t->places.n++];
    p->entry = (uint32_t)(e - t->entries.at);
    p->write = write;
    p->mask = mask;
    tx_g.where(&p->where);
}

/* Under the commit lock: stamp is t's. */
void tx__note_places(tx_thread *t, uint64_t stamp) {
    const char *name = t->carries ? "atomic" : t->options.name;      /* blocks that are part of a slice */
    for (size_t i = 0; i < t->places.n; i++) {
        const tx_place *p = &t->places.at[i];
        const tx_entry *e = &t->entries.at[p->entry];
        if (p->write && e->mine && !e->drop) wrote[wrote_next++ % WROTE] = (struct wrote){stamp, p->mask, e->h, p->where, name};
    }
    if (t->bumped && tx_g.where) {
        struct wrote *w = &wrote[wrote_next++ % WROTE];
        *w = (struct wrote){.stamp = stamp, .name = name};
        tx_g.where(&w->where);
    }
    if (!tx_g.where) wrote[wrote_next++ % WROTE] = (struct wrote){.stamp = stamp, .mask = TX_ALL, .h = t->changes.n ? t->changes.at[0].handle : NULL, .name = name};
}

/* The parts of mask that differ. */
static uint64_t differing(const tx_handle *h, uint64_t mask, const void *seen, const void *now) {
    uint64_t found = 0;
    for (uint64_t m = mask; m; m &= m - 1)
        if (!tx__kind_same(h, seen, now, m & -m)) found |= m & -m;
    return found ? found : mask;
}

static void find_mine(const tx_thread *t, tx_conflict *c) {
    for (size_t i = t->places.n; i-- > 0;) {
        const tx_place *p = &t->places.at[i];
        if (t->entries.at[p->entry].h != c->handle || !(p->mask & c->mask)) continue;
        c->mine = p->where;
        c->mine_wrote = p->write;
        if (!p->write) return;               /* what it has read is the reason; a write alone is one under snapshot isolation */
    }
}

static void find_theirs(const tx_thread *t, tx_conflict *c) {
    uint64_t n = wrote_next < WROTE ? wrote_next : WROTE;
    for (uint64_t i = 1; i <= n; i++) {
        const struct wrote *w = &wrote[(wrote_next - i) % WROTE];
        if (w->stamp <= t->snapshot) return;
        if (w->h != c->handle || (c->handle && !(w->mask & c->mask))) continue;
        c->theirs = w->where;
        c->their_name = w->name;
        return;
    }
}

void tx__report(tx_thread *t, tx_handle *h, uint64_t mask, const void *seen, const void *now) {
    tx_conflict c = {.handle = h, .mask = mask, .seen = seen, .now = now, .name = t->options.name};
    if (tx_g.report == NULL) return;
    if (h && tx_g.where) c.mask = differing(h, mask, seen, now);
    find_mine(t, &c);
    if (c.mine.code == NULL && tx_g.where) tx_g.where(&c.mine);
    find_theirs(t, &c);
    tx_g.report(&c);
}

void tx_explain_doom(void) {
    base_lock_take(&tx_g.commit_lock);
    (void)tx__validate(tx_me.txn, true);
    base_lock_drop(&tx_g.commit_lock);
}
