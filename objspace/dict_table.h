/* dict_table.h: the table under dicts, for the files that make up dict. */
#ifndef OBJSPACE_DICT_TABLE_H
#define OBJSPACE_DICT_TABLE_H
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/dict_cell.h"
#include "objspace/dict_known.h"
#include "objspace/dict_tree.h"

enum { OB__ABSENT = -1, OB__FAILED = -2, OB__UNSURE = -3 /* only the keys' own __eq__ can tell */ };
static inline const ob_dict_body *ob__dict_peek(ob_val d, uint64_t mask) { return ob_read_mask(d, mask); }
static inline const ob_dict_body *ob__dict_look(ob_val d, uint64_t hash) { return OB_DICT_LOOK(d, hash); }
/* tx_kind's conflict units of whatever has a dict's body. */
#define OB__DICT_UNITS .first_wins = ~(TX_REST | OB_DICT_REIGN), .ordered = TX_REST, .rests = OB_DICT_REIGN
/* The probe sequence: the hash's low bits, then a linear congruence stirred by its other bits, which visits every cell. */
typedef struct ob__probe { size_t mask, i; uint64_t rest; } ob__probe;
static inline ob__probe ob__probe_start(size_t mask, uint64_t hash) { return (ob__probe){mask, hash & mask, hash}; }
static inline void ob__probe_step(ob__probe *p) {
    p->rest >>= 5;
    p->i = (p->i * 5 + p->rest + 1) & p->mask;
}
/* Are these keys, not the same word and with equal hashes, equal?  1 yes, 0 no, -1 only their __eq__ knows. */
static inline int ob__dict_key_known(ob_val x, ob_val key) {
    if (ob_both_small(x, key)) return 0;
    if (ob_is_exact_str(key) && ob_is_exact_str(x)) {
        if (ob_str_interned(key) && ob_str_interned(x)) return 0;
        return ob_str_equal(key, x);
    }
    return ob_value_eq_known(x, key);
}
/* The next item of an ob_dict_item_iter_type.  false: exhausted, or a condition is set. */
bool ob__dict_item_step(ob_val it, ob_val pair[2]);
/* On bodies, without Python: key's position, OB__ABSENT or OB__UNSURE; putting in an absent key; taking out; a copy of a flat one; an end. */
ssize_t ob__dict_search(const ob_dict_body *b, ob_val key, uint64_t hash);
/* The same, but that of a key that is there it tells nothing: 0 or more. */
ssize_t ob__dict_has(const ob_dict_body *b, ob_val key, uint64_t hash);
bool ob__dict_append(ob_dict_body *b, const ob_dict_entry *e, ob__allocator *alloc) MUST_CHECK;
bool ob__dict_drop(ob_dict_body *b, size_t i, ob__allocator *alloc) MUST_CHECK;
bool ob__dict_copy_flat(ob_dict_body *to, const ob_dict_body *from, ob__allocator *alloc) MUST_CHECK;
void ob__dict_free(ob_dict_body *b);
/* Of two bodies of which at least one is lasting: have they the same keys and values under the hash?  false: perhaps not.  Nothing may be loaded (stub.h). */
bool ob__dict_same_lasting(const ob_dict_body *a, const ob_dict_body *b, uint64_t hash);
/* The positions where key, with this hash, can be: begin with zeroes; -1: no more, or trouble.  The body is not lasting, or key is given. */
typedef struct ob__dict_likes { uint32_t k; size_t mask, i; uint64_t rest; } ob__dict_likes;
ssize_t ob__dict_next_like(const ob_dict_body *b, ob_val key, uint64_t hash, ob__dict_likes *l);
/* Position of key's entry, or OB__ABSENT / OB__FAILED (exception pending). May run Python; re-fetch the body afterwards (ob__dict_peek(d, 0): that the
 * key is there, or not, is logged; so is its value, but for that of a cell, which ob_dict_value_at logs). */
ssize_t ob__dict_find(ob_val d, ob_val key, uint64_t hash);
/* Gives the entry at this position another value. */
bool ob__dict_put_at(ob_val d, size_t i, uint64_t hash, ob_val v) MUST_CHECK;
bool ob__dict_remove_at(ob_val d, size_t at) MUST_CHECK;
/* The next live entry from position *i on, copied, for loops that may run Python in between.  1; 0: the end; -1: exception. */
int ob__dict_step(ob_val d, uint64_t mask, size_t *i, ob_dict_entry *e) MUST_CHECK;
/* Takes the last entry away; d must not be empty. */
bool ob__dict_pop_last(ob_val d, ob_val *key, ob_val *value) MUST_CHECK;
/* Makes the entry the last or the first one.  On failure (MemoryError) the entry is gone. */
bool ob__dict_move(ob_val d, size_t at, bool last) MUST_CHECK;
extern const tx_kind ob__dict_kind;          /* for types whose bodies begin with a dict's */
/* Fills dict `to` (empty, private) with what `from` holds. */
bool ob__dict_clone(ob_val to, ob_val from) MUST_CHECK;
ob_val ob__dict_alloc(ob_type *t);
bool ob__dict_update_all(ob_val d, ob_val other, int override /* 1 overwrite, 0 keep, 2 raise KeyError on duplicates */) MUST_CHECK;
ob_val ob__dict_repr(ob_val self);
/* views and iterators */
ob_val ob__dict_iter_new(ob_val d, int what, bool reverse);
/* The same for OrderedDict, whose iterators notice every change of keys or order; the second is its type's slot. */
ob_val ob__ordered_iter_new(ob_val d, int what, bool reverse);
ob_val ob__ordered_iter(ob_val d);
ob_val ob__dict_view_new(ob_type *t, ob_val d);
enum { OB__KEYS, OB__VALUES, OB__ITEMS };

#endif
