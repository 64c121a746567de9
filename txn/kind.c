/* kind.c: what kinds leave out: bodies that are arrays of words; and the making and freeing of versions.  Locks: none. */
#include "txn/txn_int.h"
#include <string.h>

bool tx__kind_copy(const tx_handle *h, void *dst, const void *src) {
    const tx_kind *k = tx__kind(h);
    if (k->copy && !tx__is_plain(k, src)) return k->copy(h, dst, src);
    memcpy(dst, src, tx_body_size(h));
    return true;
}

static bool words_same(const uint64_t *a, const uint64_t *b, size_t n, uint64_t mask) {
    for (uint64_t m = mask & ~TX_REST; m; m &= m - 1) {
        size_t i = (size_t)__builtin_ctzll(m);
        if (i >= n) break;
        if (a[i] != b[i]) return false;
    }
    if (!(mask & TX_REST)) return true;
    for (size_t i = 63; i < n; i++)
        if (a[i] != b[i]) return false;
    return true;
}

bool tx__words_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    return words_same(a, b, tx_body_size(h) / sizeof(uint64_t), mask);
}

/* A slot that I wrote stays mine, also when I wrote what it held: another transaction may have changed it in between, and I come later.
 * Which of the slots behind TX_REST I wrote is not known, so there theirs must not have changed. */
static bool words_merge(uint64_t *mine, const uint64_t *base, const uint64_t *theirs, size_t n, uint64_t dirty) {
    if ((dirty & TX_REST) && !words_same(base, theirs, n, TX_REST)) return false;
    for (size_t i = 0; i < n && i < 63; i++)
        if (!(dirty >> i & 1)) mine[i] = theirs[i];
    if (!(dirty & TX_REST) && n > 63) memcpy(mine + 63, theirs + 63, (n - 63) * sizeof *mine);
    return true;
}

bool tx__kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    const tx_kind *k = tx__kind(h);
    if (k->merge) return k->merge(h, mine, base, theirs, dirty);
    return words_merge(mine, base, theirs, tx_body_size(h) / sizeof(uint64_t), dirty);
}

bool tx__kind_same_key(const tx_handle *h, const void *a, const void *b, uint64_t key) {
    const tx_kind *k = tx__kind(h);
    return a == b || (k->same_key ? k->same_key(h, a, b, key) : tx__kind_same(h, a, b, TX_KEY(key)));
}

bool tx__version_copy(const tx_handle *h, tx_version *v, const void *body) {
    if (LIKELY(tx__kind_copy(h, tx__body(v), body))) return true;
    tx_g.memory.free(v, sizeof *v + tx_body_size(h));
    return false;
}

void tx__version_free(const tx_handle *h, tx_version *v, bool drop) {
    if (drop) tx__kind_drop(h, tx__body(v));
    tx_g.memory.free(v, sizeof(tx_version) + tx_body_size(h));
}
