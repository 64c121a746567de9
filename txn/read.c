/* read.c: reading what is not private to this thread.
 * Locks: none.
 * R1  Every shared body that a read-write transaction has been given is in its map with the parts it looked at. (tx_read_slow)
 * R2  All bodies given out in one transaction belong to its snapshot or are its own. (tx__visible, tx__mirrored) */
#include "txn/mirror.h"

/* What of mask is a read of something older, when I have a private body: a slot that I have written whole is mine. Bits of kinds with
 * a merge of their own may stand for more than one thing or for something that adds up. */
static inline uint64_t foreign_part(const tx_handle *h, const tx_entry *e, uint64_t mask) {
    return tx__kind(h)->merge ? mask : mask & ~(e->dirty & ~TX_REST);
}

/* The head is newer than my snapshot. If I have written, I can only commit when what I read is the same there; look now rather than at the end. */
static NOINLINE void foresee(tx_thread *t, const tx_handle *h, const void *seen, uint64_t mask) {
    if (t->nwritten == 0 || t->holds_turn || t->options.isolation == TX_SNAPSHOT) return;
    if (!tx__kind_same(h, seen, tx__newest(h), mask)) t->doomed = true;
}

/* A ghost could not be loaded: whoever reads gets something to look at until the error has travelled up. */
static COLD const void *broken(const tx_handle *h) { return tx_g.broken_body ? tx_g.broken_body(h) : NULL; }
static inline const void *whole(const tx_handle *h, const void *body) { return LIKELY(body != NULL) ? body : broken(h); }

/* Nobody asks later what was read. */
static inline const void *unlogged(tx_thread *t, const tx_handle *h) {
    if (UNLIKELY(t->sole)) return whole(h, tx__newest(h));
    tx_entry *e = tx__written(t, h); /* where nothing is logged tx_write_local may have written something */
    bool newest;
    return UNLIKELY(e != NULL) ? tx__body(e->mine) : whole(h, tx__visible(t, h, &newest));
}

static inline const void *log_again(tx_entry *e, uint64_t mask) {
    e->read |= LIKELY(e->mine == NULL) ? mask : foreign_part(e->h, e, mask);
    return tx__entry_body(e);
}
/* Called last, so that nothing is saved on the stack where no report is wanted. */
static NOINLINE const void *read_again_noted(tx_thread *t, tx_entry *e, uint64_t mask) {
    tx__place(t, e, mask, false);
    return log_again(e, mask);
}

/* e: h's entry. */
static inline const void *read_again(tx_thread *t, tx_entry *e, uint64_t mask) {
    if (UNLIKELY(tx_g.where != NULL) && (mask & ~e->read)) return read_again_noted(t, e, mask);
    return log_again(e, mask);
}

/* The first time, as far as `seen` remembers. */
static inline const void *first(tx_thread *t, const tx_handle *h, uint64_t mask) {
    const void *seen, *copy = NULL;
    size_t n = t->entries.n; /* a pager may read other objects */
    uint64_t *slot;
    bool newest = true;
    tx_entry *e;
    if ((e = tx__look_up(t, h, &slot)) != NULL) {
        const void *body = read_again(t, e, mask);
        tx__seen_put(t, tx_seen_line(h), e);
        return body;
    }
    if ((seen = tx__look(t, h, &copy, &newest)) == NULL) return broken(h);
    if (UNLIKELY(!newest)) foresee(t, h, seen, mask);
    e = tx__entry_put(t, h, seen, slot, n);
    if (UNLIKELY(e == NULL)) return t->poison = TX_FAIL_MEMORY, seen; /* unlogged: must not commit */
    e->read = mask;
    e->copy = copy;
    TX__PLACE(t, e, mask, false);
    seen = tx__seen_body(e);
    *tx_seen_line(h) = (tx_seen){(uint64_t)(uintptr_t)h ^ tx_me.tag, seen, mask, t->entries.n - 1};
    return seen;
}

static NOINLINE const void *read_first(tx_thread *t, const tx_handle *h, uint64_t mask) {
    DEBUG_ASSERT(t->active || !t->log_reads);
    return LIKELY(t->log_reads) ? first(t, h, mask) : unlogged(t, h);
}

uint64_t tx_read_word_slow(const tx_handle *h, uint64_t mask) {
    tx_seen *s = tx_seen_line(h);
    if (UNLIKELY(!tx_me.txn->log_reads)) return *(const uint64_t *)unlogged(tx_me.txn, h);
    if (LIKELY(!tx_seen_is(s, h))) return *(const uint64_t *)first(tx_me.txn, h, mask);
    if ((mask & ~s->read) == 0) return *(const uint64_t *)s->body;
    s->read |= mask;
    return *(const uint64_t *)read_again(tx_me.txn, &tx_me.txn->entries.at[s->entry], mask);
}

const void *tx_read_slow(const tx_handle *h, uint64_t mask) {
    tx_thread *t = tx_me.txn;
    tx_seen *s = tx_seen_line(h);
    if (!tx_seen_is(s, h)) return read_first(t, h, mask);
    if (LIKELY((mask & ~s->read) == 0)) return s->body;
    s->read |= mask; /* other parts than before */
    return read_again(t, &t->entries.at[s->entry], mask);
}

const void *tx_peek_slow(const tx_handle *h) {
    return unlogged(tx_me.txn, h);
}

static inline tx_key_line *key_line(tx_thread *t, const tx_handle *h, uint64_t key) {
    return &t->key_lines[(((uint64_t)(uintptr_t)h >> 4 ^ key) * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - __builtin_ctz(TX_KEY_LINES))];
}

/* The first time: the body is logged with no part read, the key beside it. In keys, so that a commit looks whether it has changed. */
static NOINLINE const void *read_key_first(tx_thread *t, const tx_handle *h, tx_key_line *l, tx_keyed k) {
    const void *body = tx_read_slow(h, 0);
    tx_entry *e;
    if (t->sole || !t->log_reads || tx_is_private(h) || (e = tx__known(t, h)) == NULL) return body;
    k.entry = (uint32_t)(e - t->entries.at);
    *l = (tx_key_line){(uint64_t)(uintptr_t)h ^ tx_me.tag, k.key, t->keys.n};
    if (!VEC_PUSH(&t->keys, k)) {
        l->handle = 0;
        t->poison = TX_FAIL_MEMORY;
    }
    if (UNLIKELY(tx_g.where != NULL)) tx__place_key(t, &k, k.members);
    return body;
}

bool tx_has_written(const tx_handle *h) {
    return tx__written(tx_me.txn, h) != NULL;
}

static inline const void *read_key(const tx_handle *h, uint64_t key, uint64_t member) {
    tx_thread *t = tx_me.txn;
    tx_key_line *l = key_line(t, h, key);
    if (UNLIKELY(l->handle != ((uint64_t)(uintptr_t)h ^ tx_me.tag)) || UNLIKELY(l->key != key)) return read_key_first(t, h, l, (tx_keyed){key, member, 0});
    tx_keyed *k = &t->keys.at[l->at];
    if (UNLIKELY(tx_g.where != NULL) && (member & ~k->members)) tx__place_key(t, k, member);
    k->members |= member;
    return tx__entry_body(&t->entries.at[k->entry]);
}

const void *tx_read_key_slow(const tx_handle *h, uint64_t key) { return read_key(h, key, 0); }
const void *tx_read_at_slow(const tx_handle *h, uint64_t i) { return read_key(h, i >> 6, UINT64_C(1) << (i & 63)); }

const void *tx_read_newest(const tx_handle *h) {
    tx_thread *t = tx_me.txn;
    if (tx_is_private(h)) return tx_inline_body(h);
    tx_entry *e = t->sole ? NULL : tx__written(t, h);
    return e ? tx__body(e->mine) : tx__newest(h);
}

bool tx_read_anything(void) {
    tx_thread *t = tx_me.txn;
    if (t->sole) return true; /* nothing was logged, so nobody knows */
    if (t->keys.n) return true;
    for (size_t i = 0; i < t->entries.n; i++)
        if (t->entries.at[i].read) return true;
    return false;
}

bool tx_slice_full(void) { return tx_me.txn->entries.n > TX_FULL_LOG; }

bool tx_slice_heavy(void) {
    tx_thread *t = tx_me.txn;
    return t->undo_on && (t->entries.n > TX_HEAVY_LOG || t->keys.n > TX_HEAVY_LOG || t->undo.n > TX_HEAVY_LOG || t->undo_used > TX_HEAVY_UNDO);
}
