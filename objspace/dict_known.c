/* dict_known.c: what a thread remembers of big dicts that others may change.
 * Locks: none; each thread reads and writes its own record, and a collection, with the world stopped, those of all.
 * N1  Nothing is remembered in sole mode, where bodies change in place. (ob__known_found, ob__known_read)
 * N2  Whoever empties a cell or a dict within the step says so. (ob__known_emptied)
 * N3  Only cells found in committed bodies are remembered beyond the step. (ob__known_found)
 * Why what is remembered holds: README.md, "Big containers". */
#include "objspace/dict_known.h"
#include "base/mem.h"
#include "objspace/dict_cell.h"
#include "objspace/dict_table.h"
#include "objspace/dict_tree.h"
#include "objspace/type_make.h"
#include <string.h>

enum { BITS_MIN = 8, BITS_STEP = 2, BITS_MAX = 12, PAIR = 32 };   /* 8 KB to 128 KB of lines */
_Static_assert(2 * sizeof(ob__known_line) == PAIR, "a pair lies in one cache line");

static inline bool sole(void) { return tx_me.rmask == 1; }
static inline ob__known *mine(void) { return &ob__me->known; }
/* The upper bits say in which pair, the lower half is the tag, which is odd: no empty line's. */
static inline uint64_t place_of(ob_val d, uint64_t hash) { return ob__stir(hash + d.w * UINT64_C(0xd1342543de82ef95)) | 1; }
static inline ob__known_line *pair_of(const ob__known *k, uint64_t place) { return &k->lines[place >> k->shift << 1]; }

void ob__known_forget(ob__known *k) {
    ob__known was = *k;
    memset(k, 0, sizeof *k);
    k->room = was.room, k->bits = was.bits;
}

void ob__known_release(ob__known *k) { base_mem_free(k->room); }

void ob__known_emptied(void) { if (LIKELY(ob__me != NULL)) mine()->read_step = 0; }
/* The reign of a tree, logged.  false: it is none. */
static inline bool reign_of(ob_val d, uint32_t *reign) {
    const ob_dict_body *b = tx_read(ob_handle(d), OB_DICT_REIGN);
    *reign = b->reign;
    return ob__dict_is_tree(b);
}

static inline __attribute__((always_inline)) ob_val cell_of(const ob__known *k, ob_val d, ob_val key, uint64_t hash) {
    if (UNLIKELY(!k->lines)) return OB_NULL;
    uint64_t place = place_of(d, hash);
    const ob__known_line *l = pair_of(k, place);
    l += l->tag != (uint32_t)place;      /* without a jump, which would go either way */
    if (UNLIKELY(l->tag != (uint32_t)place)) return OB_NULL;
    const ob__dict_cell *c = (const ob__dict_cell *)ob_ptr(l->cell);
    if (UNLIKELY(!ob_same(c->dict, d)) || (UNLIKELY(!ob_same(c->key, key)) && ob__dict_key_known(c->key, key) <= 0)) return OB_NULL;
    uint32_t reign;
    return LIKELY(reign_of(d, &reign)) && LIKELY(reign == l->reign) ? l->cell : OB_NULL;
}
ob_val ob__known_cell(ob_val d, ob_val key, uint64_t hash) { return cell_of(mine(), d, key, hash); }

static inline ob_val read_cell(ob__known *k, ob_val d, ob_val key, ob_val cell) {
    ob_val v = ob__cell_read(cell, OB__CELL_VALUE);
    if (UNLIKELY(ob_is_null(v)) || UNLIKELY(sole())) return v;
    k->read_step = tx_me.id, k->read_dict = d, k->read_key = key, k->read_cell = cell;
    return v;
}
ob_val ob__known_read(ob_val d, ob_val key, ob_val cell) { return read_cell(mine(), d, key, cell); }

ob_val ob__known_value(ob_val d, ob_val key, uint64_t hash) {
    ob__known *k = mine();
    ob_val cell = cell_of(k, d, key, hash);
    return LIKELY(!ob_is_null(cell)) ? read_cell(k, d, key, cell) : OB_NULL;
}

/* The first lines, or, where many give way, more. */
static COLD bool more_lines(ob__known *k) {
    unsigned bits = !k->bits ? BITS_MIN : k->replaced >> k->bits ? k->bits + BITS_STEP : k->bits;
    if (bits != k->bits) {
        ob__known_line *room = base_mem_alloc((PAIR << bits) + PAIR);
        if (!room) return k->lines != NULL;
        base_mem_free(k->room);
        k->room = room;
        k->bits = bits;
    }
    k->lines = (ob__known_line *)(((uintptr_t)k->room + PAIR - 1) & ~(uintptr_t)(PAIR - 1));
    memset(k->lines, 0, (size_t)PAIR << k->bits);
    k->shift = 64 - k->bits;
    k->replaced = 0;
    return true;
}

void ob__known_found(ob_val d, uint64_t hash, ob_val cell) {
    ob__known *k = mine();
    if (sole() || tx_has_written(ob_handle(d))) return;
    if ((!k->lines || (k->replaced >> k->bits && k->bits < BITS_MAX)) && !more_lines(k)) return;
    uint64_t place = place_of(d, hash);
    ob__known_line *l = pair_of(k, place);
    uint32_t reign;
    if (!reign_of(d, &reign)) return;
    k->replaced += !ob_is_null(l[1].cell);
    if (l[0].tag != (uint32_t)place) l[1] = l[0];
    l[0] = (ob__known_line){cell, (uint32_t)place, reign};
}
