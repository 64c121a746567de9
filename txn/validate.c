/* validate.c: has what a transaction saw stayed as it was?
 * Locks: none; called under the commit lock for the verdict that counts, and without it to know early.
 * V1  Serializable: every part, and every key, that was read holds the same value in the newest committed body. (tx__validate)
 * V2  Snapshot isolation: every part that was written does, but for what commutes: the first committer wins. (tx__validate)
 * Bodies are compared by value, so a change there and back, or of an equal value, is none. */
#include "txn/txn_int.h"

/* The parts of e that must not have changed. */
static inline uint64_t must_hold(const tx_thread *t, const tx_entry *e) {
    if (LIKELY(t->options.isolation == TX_SERIALIZABLE)) return e->read;
    return e->mine ? e->dirty & ~tx__kind(e->h)->commutes : 0;
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

/* Keys whose bodies had changed in other parts only are right. */
static bool keys_hold(tx_thread *t, bool report) {
    uint64_t key;
    for (size_t i = 0; i < t->keys.n; i++) {
        tx_keyed *k = &t->keys.at[i];
        tx_entry *e = &t->entries.at[k->entry];
        const void *now = tx__newest(e->h);
        if (tx__keyed_same(k, e, now, &key)) continue;
        if (report) tx__report(t, e->h, TX_KEY(key), e->seen, now);
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
