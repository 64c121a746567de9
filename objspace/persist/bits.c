/* bits.c: sets of ids (bits.h).  Locks: none. */
#include "objspace/persist/bits.h"
#include "base/hash.h"
#include "base/mem.h"
#include <string.h>

enum { WORDS = PE_BITS_PAGE / 64 };

static pe__bits_page *place(const pe__bits *b, uint64_t no) {
    size_t i = base_hash_word(no) & b->mask;
    while (b->page[i].words && b->page[i].no != no) i = (i + 1) & b->mask;
    return &b->page[i];
}

static bool grow(pe__bits *b) {
    pe__bits had = *b;
    size_t size = had.page ? (had.mask + 1) * 2 : 16;
    pe__bits_page *made = base_mem_zeroed(size * sizeof *made);
    if (!made) return false;
    b->page = made;
    b->mask = size - 1;
    for (size_t i = 0; had.page && i <= had.mask; i++)
        if (had.page[i].words) *place(b, had.page[i].no) = had.page[i];
    base_mem_free(had.page);
    return true;
}

static uint64_t *words_of(pe__bits *b, uint64_t no) {
    if ((!b->page || b->used * 2 > b->mask) && !grow(b)) return NULL;
    pe__bits_page *p = place(b, no);
    if (p->words) return p->words;
    uint64_t *words = base_mem_zeroed(WORDS * sizeof *words);
    if (!words) return NULL;
    *p = (pe__bits_page){no, words};
    b->used++;
    return words;
}

bool pe__bits_add(pe__bits *b, uint64_t id) {
    uint64_t *words = words_of(b, id / PE_BITS_PAGE), bit = UINT64_C(1) << id % 64;
    if (!words) return b->failed = true, false;
    words += id % PE_BITS_PAGE / 64;
    if (*words & bit) return false;
    *words |= bit;
    return true;
}

bool pe__bits_has(const pe__bits *b, uint64_t id) {
    if (!b->page) return false;
    const pe__bits_page *p = place(b, id / PE_BITS_PAGE);
    return p->words && p->words[id % PE_BITS_PAGE / 64] >> id % 64 & 1;
}

static size_t take_of_page(pe__bits_page *p, uint64_t *ids, size_t max) {
    size_t n = 0;
    for (size_t w = 0; p->words && w < WORDS && n < max; w++)
        for (; p->words[w] && n < max; p->words[w] &= p->words[w] - 1) ids[n++] = p->no * PE_BITS_PAGE + w * 64 + (unsigned)__builtin_ctzll(p->words[w]);
    return n;
}

size_t pe__bits_take_some(pe__bits *b, uint64_t *ids, size_t max, size_t *at) {
    size_t n = 0;
    for (size_t looked = 0; b->page && looked <= b->mask && n < max; looked++) {
        n += take_of_page(&b->page[*at & b->mask], ids + n, max - n);
        if (n < max) ++*at;
    }
    return n;
}

bool pe__bits_copy(pe__bits *to, const pe__bits *from) {
    for (size_t i = 0; from->page && i <= from->mask; i++) {
        if (!from->page[i].words) continue;
        uint64_t *words = words_of(to, from->page[i].no);
        if (!words) return false;
        memcpy(words, from->page[i].words, WORDS * sizeof *words);
    }
    return !from->failed;
}

void pe__bits_release(pe__bits *b) {
    for (size_t i = 0; b->page && i <= b->mask; i++) base_mem_free(b->page[i].words);
    base_mem_free(b->page);
    *b = (pe__bits){0};
}
