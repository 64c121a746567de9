/* validate.c: has what a transaction saw stayed as it was?
 * Locks: none; called under the commit lock for the verdict that counts, and without it to know early.
 * V1  Serializable: every part, and every key, that was read holds the same value in the newest committed body. (tx__validate)
 * V2  Snapshot isolation: every part that was written does, but for what commutes: the first committer wins. (tx__validate)
 * Bodies are compared by value, so a change there and back, or of an equal value, is none. */
#include "txn/txn_int.h"

enum { PLACES = 1024 };
static struct place { uint64_t stamp; tx_where where; const char *name; } places[PLACES]; /* under the commit lock */

void tx__note_place(tx_thread *t, uint64_t stamp) {
    struct place *p = &places[stamp % PLACES];
    *p = (struct place){.stamp = stamp, .name = t->options.name};
    if (tx_g.where) tx_g.where(&p->where);
}

void tx__report(tx_thread *t, tx_handle *h, uint64_t mask, const void *seen, const void *now) {
    tx_conflict c = {.handle = h, .mask = mask, .seen = seen, .now = now, .name = t->options.name};
    uint64_t stamp = atomic_load_explicit(&tx_g.epoch, memory_order_relaxed);
    if (tx_g.report == NULL) return;
    if (h) stamp = tx__vw(h) & 1 ? 0 : atomic_load_explicit(&tx__head(tx__vw(h))->stamp, memory_order_relaxed);
    if (stamp && places[stamp % PLACES].stamp == stamp) {
        c.theirs = places[stamp % PLACES].where;
        c.their_name = places[stamp % PLACES].name;
    }
    if (tx_g.where) tx_g.where(&c.mine);
    tx_g.report(&c);
}

/* The parts of e that must not have changed. */
static inline uint64_t must_hold(const tx_thread *t, const tx_entry *e) {
    if (LIKELY(t->options.isolation == TX_SERIALIZABLE)) return e->read;
    return e->mine ? e->dirty & ~tx__kind(e->h)->commutes : 0;
}

/* Keys whose bodies had changed in other parts only are right. */
static bool keys_hold(tx_thread *t, bool report) {
    for (size_t i = 0; i < t->keys.n; i++) {
        tx_keyed *k = &t->keys.at[i];
        tx_entry *e = &t->entries.at[k->entry];
        const void *now = tx__newest(e->h);
        if (now == e->seen || tx__kind_same_key(e->h, e->seen, now, k->key)) continue;
        if (report) tx__report(t, e->h, TX_KEY(k->key), e->seen, now);
        return false;
    }
    return true;
}

bool tx__validate(tx_thread *t, bool report) {
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        uint64_t mask = must_hold(t, e);
        const void *now;
        if (mask == 0 || (now = tx__newest(e->h)) == e->seen || tx__kind_same(e->h, e->seen, now, mask)) continue;
        if (report) tx__report(t, e->h, mask, e->seen, now);
        return false;
    }
    return t->options.isolation != TX_SERIALIZABLE || keys_hold(t, report);
}

bool tx__validate_reads(tx_thread *t) {
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        if (e->read && !tx__kind_same(e->h, e->seen, tx__newest(e->h), e->read)) return false;
    }
    return keys_hold(t, false);
}
