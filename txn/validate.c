/* validate.c: has what a transaction saw stayed as it was?
 * Locks: none; called under the commit lock for the verdict that counts, and without it to know early.
 * V1  Serializable: every part, and every key, that was read holds the same value in the newest committed body. (tx__validate)
 * V2  Snapshot isolation: every unit that was written does, but for what commutes: the first committer wins. Some kinds find the units that both have
 *     written when they merge, but not who has written the same; so what was read before it was written is compared, too. Who takes his place in an order
 *     behind what has come meanwhile is held to V1. (tx__validate)
 * Bodies are compared by value, so a change there and back, or of an equal value, is none. */
#include "txn/txn_int.h"

/* The parts of e that must not have changed. */
static inline uint64_t must_hold(const tx_entry *e, bool serializable) {
    if (LIKELY(serializable)) return e->read;
    return (e->mine ? tx__must_stay(e->h, e->dirty) : 0) | (e->read & (tx__kind(e->h)->rests | e->dirty));
}

/* Snapshot isolation: will something that was written come behind what others have written since, where everybody can see it? */
static bool takes_place(const tx_thread *t) {
    for (size_t i = 0; i < t->entries.n; i++) {
        const tx_entry *e = &t->entries.at[i];
        uint64_t order = e->mine ? e->dirty & tx__kind(e->h)->ordered : 0;
        const void *now;
        if (order && (now = tx__newest(e->h)) != e->seen && !tx__kind_same(e->h, tx__seen_body(e), now, order)) return true;
    }
    return false;
}

bool tx__keyed_same(const tx_keyed *k, const tx_entry *e, const void *now, uint64_t *differs) {
    *differs = k->key;
    if (now == e->seen) return true;
    if (k->members == 0) return tx__kind_same_key(e->h, e->seen, now, k->key);
    for (uint64_t m = k->members; m; m &= m - 1) {
        *differs = k->key * 64 + (uint64_t)__builtin_ctzll(m);
        if (!tx__kind_same_key(e->h, e->seen, now, *differs)) return false;
    }
    return true;
}

/* Keys whose bodies had changed in other parts only are right. written: only of those whose part was written, too. */
static bool keys_hold(tx_thread *t, bool report, bool written) {
    uint64_t key;
    for (size_t i = 0; i < t->keys.n; i++) {
        tx_keyed *k = &t->keys.at[i];
        tx_entry *e = &t->entries.at[k->entry];
        const void *now = tx__newest(e->h);
        if (tx__keyed_same(k, e, now, &key) || (written && !(TX_KEY(key) & e->dirty))) continue;
        if (report) tx__report(t, e->h, TX_KEY(key), &key, e->seen, now);
        return false;
    }
    return true;
}

bool tx__validate(tx_thread *t, bool report) {
    bool serializable = t->options.isolation == TX_SERIALIZABLE;
    if (UNLIKELY(!serializable)) serializable = takes_place(t);
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        uint64_t mask = must_hold(e, serializable);
        const void *now;
        if (mask == 0 || (now = tx__newest(e->h)) == e->seen || tx__kind_same(e->h, tx__seen_body(e), now, mask)) continue;
        if (report) tx__report(t, e->h, mask, NULL, e->seen, now);
        return false;
    }
    return keys_hold(t, report, !serializable);
}

bool tx__validate_reads(tx_thread *t) {
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        if (e->read && !tx__kind_same(e->h, tx__seen_body(e), tx__newest(e->h), e->read)) return false;
    }
    return keys_hold(t, false, false);
}
