/* sets.c: a transaction's map of the shared objects that it has met, and its undo log.
 * Locks: none; all of it belongs to one thread.
 * The map is an open-addressing table of (generation, index) pairs over a dense array of entries; a new generation empties it at once.
 * M1  A slot of the current generation indexes an entry; at most half of the slots are of the current generation. (tx__entry_add)
 * M3  A line of `seen` or `key_lines` with the present tag says what the log says: who changes what an entry's body is, or empties the log, either writes the
 *     entry's line anew or takes a new tag. What reads add to an entry beside its line is never less than the line says. (tx__seen_put, tx__seen_forget)
 * M2  Undo copies are pushed and popped in the order of their records; undo_used is the mark of the next one. (undo_space) */
#include "txn/txn_int.h"
#include <string.h>

enum { CHUNK = 16 << 10, KEEP_ENTRIES = 1 << 16 };

static bool make_map(tx_thread *t, uint32_t bits) {
    uint64_t *slots = base_mem_zeroed(sizeof *slots << bits);
    if (slots == NULL) return false;
    base_mem_free(t->slots);
    t->slots = slots;
    t->slot_bits = bits;
    t->generation = 1;
    return true;
}

bool tx__sets_init(tx_thread *t) {
    return t->slots != NULL || (make_map(t, (uint32_t)__builtin_ctz(TX_MAP_START)) && VEC_RESERVE(&t->entries, 32) && VEC_RESERVE(&t->undo, 32));
}

static COLD void give_back_memory(tx_thread *t) {
    if (t->slot_bits > 17 && make_map(t, (uint32_t)__builtin_ctz(TX_MAP_START))) VEC_RELEASE(&t->entries);
    VEC_RELEASE(&t->keys);
    VEC_RELEASE(&t->read_at);
    VEC_RELEASE(&t->written_at);
    while (t->chunks.n > 1) base_mem_free(VEC_POP(&t->chunks).at);
    VEC_RELEASE(&t->undo);
}

void tx__seen_forget(tx_thread *t) {
    t->tag += UINT64_C(1) << 48;
    if (UNLIKELY(t->tag == 0)) {
        memset(t->seen, 0, sizeof t->seen);
        memset(t->key_lines, 0, sizeof t->key_lines);
        t->tag = UINT64_C(1) << 48;
    }
    tx_me.tag = t->tag;
}

void tx__sets_begin(tx_thread *t) {
    VEC_CLEAR(&t->entries);
    VEC_CLEAR(&t->read_at);
    VEC_CLEAR(&t->written_at);
    VEC_CLEAR(&t->keys);
    VEC_CLEAR(&t->undo);
    t->undo_used = 0;
    t->chunk = 0;
    t->copied = 0;
    tx__seen_forget(t);
    if (UNLIKELY(t->entries.room > KEEP_ENTRIES || t->keys.room > KEEP_ENTRIES || t->undo.room > KEEP_ENTRIES || t->chunks.n > 8)) give_back_memory(t);
    if (UNLIKELY(++t->generation == 0)) {
        memset(t->slots, 0, sizeof *t->slots << t->slot_bits);
        t->generation = 1;
    }
}

static void put_slot(tx_thread *t, const tx_handle *h, uint32_t index) {
    uint64_t mask = (UINT64_C(1) << t->slot_bits) - 1;
    uint64_t i = (uint64_t)(uintptr_t)h * UINT64_C(0x9e3779b97f4a7c15) >> (64 - t->slot_bits);
    while (t->slots[i] >> 32 == t->generation) i = (i + 1) & mask;
    t->slots[i] = (uint64_t)t->generation << 32 | index;
}

bool tx__map_grow(tx_thread *t) {
    if (!make_map(t, t->slot_bits + 1)) return false;
    for (size_t i = 0; i < t->entries.n; i++) put_slot(t, t->entries.at[i].h, (uint32_t)i);
    return true;
}

tx_entry *tx__entry_add(tx_thread *t, const tx_handle *h, const void *seen) {
    if (UNLIKELY(t->entries.n * 2 >= (size_t)1 << t->slot_bits) && !tx__map_grow(t)) return NULL;
    if (!VEC_PUSH(&t->entries, (tx_entry){.h = (tx_handle *)(uintptr_t)h, .seen = seen})) return NULL;
    put_slot(t, h, (uint32_t)t->entries.n - 1);
    return &VEC_LAST(&t->entries);
}

tx_record *tx__undo_add(tx_thread *t, tx_undo_type type, tx_handle *h) {
    if (!VEC_PUSH(&t->undo, (tx_record){.h = h, .type = type, .mark = t->undo_used})) return NULL;
    return &VEC_LAST(&t->undo);
}

/* The next chunk becomes the current one; it must hold `bytes`. */
static bool next_chunk(tx_thread *t, size_t bytes) {
    size_t next = t->chunks.n == 0 ? 0 : t->chunk + 1;
    size_t size = CHUNK << (next < 10 ? next : 10);
    tx_chunk *c;
    if (size < bytes) size = bytes;
    if (next == t->chunks.n && !VEC_PUSH(&t->chunks, (tx_chunk){0, 0, NULL})) return false;
    c = &t->chunks.at[next];
    if (c->size < bytes) {
        char *at = base_mem_alloc(size);
        if (at == NULL) return false;
        base_mem_free(c->at);
        c->at = at;
        c->size = size;
    }
    c->start = t->undo_used;
    t->chunk = next;
    return true;
}

static inline void *undo_space(tx_thread *t, size_t bytes) {
    tx_chunk *c = t->chunks.n ? &t->chunks.at[t->chunk] : NULL;
    void *p;
    bytes = (bytes + 15) & ~(size_t)15;
    if (UNLIKELY(c == NULL || t->undo_used - c->start + bytes > c->size)) {
        if (!next_chunk(t, bytes)) return NULL;
        c = &t->chunks.at[t->chunk];
    }
    p = c->at + (t->undo_used - c->start);
    t->undo_used += bytes;
    return p;
}

void tx__undo_space_reset(tx_thread *t, size_t mark) {
    t->undo_used = mark;
    while (t->chunk > 0 && t->chunks.at[t->chunk].start > mark) t->chunk--;
    /* A chunk that begins at the mark holds nothing; its predecessor's rest may be used again. */
    while (t->chunk > 0 && t->chunks.at[t->chunk].start == mark) t->chunk--;
}

bool tx__undo_save(tx_thread *t, tx_record *r, const tx_handle *h, void *body) {
    const tx_kind *k = tx__kind(h);
    size_t bytes = tx_body_size(h);
    r->copy = undo_space(t, bytes);
    if (r->copy == NULL) return false;
    if (LIKELY(tx__is_plain(k, body))) {
        tx__words_copy(r->copy, body, bytes / sizeof(uint64_t));
        return true;
    }
    if (!(k->save || k->copy)) {
        memcpy(r->copy, body, bytes);
        return true;
    }
    if (LIKELY(k->save ? k->save(h, r->copy, body) : k->copy(h, r->copy, body))) return true;
    tx__undo_space_reset(t, r->mark);
    return false;
}
