/* dict_known.c: what a thread remembers of big dicts that others may change.
 * Locks: none; each thread reads and writes its own record, and a collection, with the world stopped, those of all.
 * N1  Nothing is remembered in sole mode, where bodies change in place. (look_again, know_reign, ob__known_found, ob__known_was_read)
 * N2  Whoever makes a remembered thing untrue within a step says so: ob__known_emptied, _cleared, _copies.
 * N3  Only cells found in committed bodies are remembered beyond the step. (ob__known_found)
 * Why what is remembered holds: README.md, "Big containers". */
#include "objspace/dict_known.h"
#include "base/mem.h"
#include "objspace/dict_cell.h"
#include "objspace/dict_table.h"
#include "objspace/dict_tree.h"
#include "objspace/type_make.h"
#include <string.h>

enum { BITS_MIN = 9, BITS_STEP = 2, BITS_MAX = 13 };   /* 16 KB to 256 KB of lines */

static inline bool sole(void) { return tx_me.rmask == 1; }
static inline ob__known *mine(void) { return &ob__me->known; }
static inline uint64_t tag_of(ob_val d, uint64_t hash) { return hash + d.w * UINT64_C(0xd1342543de82ef95); }   /* odd: one to one */
static inline ob__known_line *line_of(const ob__known *k, uint64_t tag) { return &k->lines[ob__stir(tag) >> k->shift]; }

void ob__known_forget(ob__known *k) {
    ob__known was = *k;
    memset(k, 0, sizeof *k);
    k->room = was.room, k->bits = was.bits, k->copies = was.copies;
}

void ob__known_release(ob__known *k) { base_mem_free(k->room); }

void ob__known_emptied(void) { mine()->read_step = 0; }
void ob__known_cleared(void) {
    if (!ob__me) return;
    memset(mine()->reign, 0, sizeof mine()->reign);
    ob__known_emptied();
}
void ob__known_copies(void) { if (ob__me) mine()->copies++; }
void ob__known_was_read(ob_val d, ob_val key, ob_val cell) {
    ob__known *k = mine();
    if (UNLIKELY(sole())) return;
    k->read_step = tx_me.id, k->read_dict = d, k->read_key = key, k->read_cell = cell;
}
ob_val ob__known_read(ob_val d, ob_val key) {
    const ob__known *k = mine();
    return k->read_step == tx_me.id && ob_same(k->read_key, key) && ob_same(k->read_dict, d) ? k->read_cell : OB_NULL;
}

/* ---- looks ---- */

static inline ob__known_look *look_line(ob_val d, uint64_t hash) { return &mine()->look[(hash ^ d.w >> 4) % OB__KNOWN_LOOKS]; }

static NOINLINE const void *look_again(ob_val d, uint64_t hash) {
    const void *body = tx_read_key_slow(ob_handle(d), hash);
    if (!sole() && !ob_failed())       /* a ghost that could not be loaded leaves an exception */
        *look_line(d, hash) = (ob__known_look){tx_me.id, tx_snapshot_number(), mine()->copies, hash, d, body};
    return body;
}

const void *ob__known_look_at(ob_val d, uint64_t hash) {
    const ob__known_look *l = look_line(d, hash);
    if (LIKELY(l->step == tx_me.id && l->hash == hash && ob_same(l->d, d) && l->copies == mine()->copies && l->snapshot == tx_snapshot_number())) return l->body;
    return look_again(d, hash);
}

/* ---- cells ---- */

static NOINLINE bool know_reign(ob__known_reign *r, ob_val d) {
    const ob_dict_body *b = tx_read_slow(ob_handle(d), OB_DICT_REIGN);
    if (!ob__dict_is_tree(b) || sole()) return false;
    *r = (ob__known_reign){tx_me.id, d, b->reign};
    return true;
}

/* Logs it, if this step has not. */
static inline ob__known_reign *reign_of(ob__known *k, ob_val d) {
    ob__known_reign *r = &k->reign[(d.w >> 5) % OB__KNOWN_REIGNS];
    return LIKELY(r->step == tx_me.id && ob_same(r->d, d)) || know_reign(r, d) ? r : NULL;
}

ob_val ob__known_cell(ob_val d, ob_val key, uint64_t hash) {
    ob__known *k = mine();
    if (UNLIKELY(!k->lines)) return OB_NULL;
    uint64_t tag = tag_of(d, hash);
    const ob__known_line *l = line_of(k, tag);
    if (l->tag != tag || (!ob_same(l->key, key) && ob__dict_key_known(l->key, key) <= 0)) return OB_NULL;
    const ob__known_reign *r = reign_of(k, d);
    return LIKELY(r && r->reign == l->reign) ? l->cell : OB_NULL;
}

/* The first lines, or, where many give way, more. */
static COLD bool more_lines(ob__known *k) {
    unsigned bits = !k->bits ? BITS_MIN : k->replaced >> k->bits ? k->bits + BITS_STEP : k->bits;
    if (bits != k->bits) {
        ob__known_line *room = base_mem_alloc(sizeof *room << bits);
        if (!room) return k->lines != NULL;
        base_mem_free(k->room);
        k->room = room;
        k->bits = bits;
    }
    memset(k->room, 0, sizeof *k->room << k->bits);
    k->lines = k->room;
    k->shift = 64 - k->bits;
    k->replaced = 0;
    return true;
}

void ob__known_found(ob_val d, ob_val key, uint64_t hash, ob_val cell) {
    ob__known *k = mine();
    if (sole() || tx_has_written(ob_handle(d))) return;
    if ((!k->lines || (k->replaced >> k->bits && k->bits < BITS_MAX)) && !more_lines(k)) return;
    const ob__known_reign *r = reign_of(k, d);
    ob__known_line *l = line_of(k, tag_of(d, hash));
    if (!r) return;
    k->replaced += l->tag != 0;
    *l = (ob__known_line){tag_of(d, hash), key, cell, r->reign};
}
