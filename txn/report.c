/* report.c: for conflict reports: where a transaction has read and written what, and where the commits of late did.
 * Locks: `wrote` is under the commit lock; a transaction's own places belong to its thread.
 * Nothing is noted unless tx_set_where was called. */
#include "txn/txn_int.h"

enum { WROTE = 1 << 11, PLACES_MAX = 1 << 16 };
static struct wrote { uint64_t stamp, mask; const tx_handle *h; tx_where where; } wrote[WROTE], bumped;   /* bumped: the newest that changed a quasi-constant */
static uint64_t wrote_next;

/* Without memory the report knows less. */
static COLD void place_grown(tx_places *to, tx_place p);
static inline void place(tx_places *to, tx_place what) {
    if (UNLIKELY(to->n == to->room)) {
        place_grown(to, what);
        return;
    }
    tx_place *p = &to->at[to->n++];
    p->entry = what.entry;
    p->keyed = what.keyed;
    p->part = what.part;
    tx_g.where(&p->where);
}
static void place_grown(tx_places *to, tx_place p) {
    if (to->n < PLACES_MAX && VEC_RESERVE(to, 1)) place(to, p);
}

void tx__place(tx_thread *t, const tx_entry *e, uint64_t mask, bool write) {
    place(write ? &t->written_at : &t->read_at, (tx_place){.part = mask, .entry = (uint32_t)(e - t->entries.at)});
}
void tx__place_key(tx_thread *t, const tx_keyed *k, uint64_t member) {
    place(&t->read_at, (tx_place){.part = member ? k->key << 6 | (uint64_t)__builtin_ctzll(member) : k->key, .entry = k->entry, .keyed = true});
}

static void note(struct wrote *to, const tx_thread *t, struct wrote what) {
    *to = what;
    if (what.where.name == NULL) to->where.name = t->options.name;
}

/* Under the commit lock: stamp is t's. */
void tx__note_places(tx_thread *t, uint64_t stamp) {
    if (!tx_g.where) {
        note(&wrote[wrote_next++ % WROTE], t, (struct wrote){.stamp = stamp, .mask = TX_ALL, .h = t->changes.n ? t->changes.at[0].handle : NULL});
        return;
    }
    for (size_t i = 0; i < t->written_at.n; i++) {
        const tx_place *p = &t->written_at.at[i];
        const tx_entry *e = &t->entries.at[p->entry];
        if (e->mine && !e->drop) note(&wrote[wrote_next++ % WROTE], t, (struct wrote){stamp, p->part, e->h, p->where});
    }
    if (t->bumped) note(&bumped, t, (struct wrote){.stamp = stamp, .where = t->bumped_at});
}

/* The parts of mask that differ. */
static uint64_t differing(const tx_handle *h, uint64_t mask, const void *seen, const void *now) {
    uint64_t found = 0;
    for (uint64_t m = mask; m; m &= m - 1)
        if (!tx__kind_same(h, seen, now, m & -m)) found |= m & -m;
    return found ? found : mask;
}

/* The last place in `in` that met what the conflict is about: that key, or that part. */
static bool find_place(const tx_thread *t, const tx_places *in, tx_conflict *c) {
    for (size_t i = in->n; i-- > 0;) {
        const tx_place *p = &in->at[i];
        if (t->entries.at[p->entry].h != c->handle) continue;
        if (p->keyed ? !c->key || p->part != *c->key : (p->part & c->mask) == 0) continue;
        c->mine = p->where;
        return true;
    }
    return false;
}

/* What it has read is the reason; a write alone is one under snapshot isolation. */
static void find_mine(const tx_thread *t, tx_conflict *c) {
    if (find_place(t, &t->read_at, c)) return;
    c->mine_wrote = find_place(t, &t->written_at, c);
    if (!c->mine_wrote && tx_g.where) tx_g.where(&c->mine);
}

void tx_who_wrote(const tx_handle *h, uint64_t mask, tx_where *out) {
    uint64_t n = wrote_next < WROTE ? wrote_next : WROTE;
    if (h == NULL && tx_g.where) {
        if (bumped.stamp > tx_me.txn->snapshot) *out = bumped.where;
        return;
    }
    for (uint64_t i = 1; i <= n; i++) {
        const struct wrote *w = &wrote[(wrote_next - i) % WROTE];
        if (w->stamp <= tx_me.txn->snapshot) return;
        if (w->h != h || (h && !(w->mask & mask))) continue;
        *out = w->where;
        return;
    }
}

void tx__report(tx_thread *t, tx_handle *h, uint64_t mask, const uint64_t *key, const void *seen, const void *now) {
    tx_conflict c = {.handle = h, .mask = mask, .key = key, .seen = seen, .now = now};
    if (tx_g.report == NULL) return;
    if (h && tx_g.where) c.mask = differing(h, mask, seen, now);
    find_mine(t, &c);
    if (c.mine.name == NULL) c.mine.name = t->options.name;
    tx_who_wrote(h, c.mask, &c.theirs);
    tx_g.report(&c);
}

void tx_explain_doom(void) {
    if (tx_g.report == NULL) return;
    base_lock_take(&tx_g.commit_lock);
    (void)tx__validate(tx_me.txn, true);
    base_lock_drop(&tx_g.commit_lock);
}
