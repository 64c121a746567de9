/* set_table.h: the table under set and frozenset. */
#ifndef OBJSPACE_SET_TABLE_H
#define OBJSPACE_SET_TABLE_H
#include "objspace/contain.h"
#include "objspace/dict_tree.h"
#include "objspace/set.h"

typedef struct ob__set_slot { uint64_t hash; ob_val key; } ob__set_slot;   /* key OB_NULL: hash 0 never used, else removed */
typedef struct ob__set_table {               /* also a set's body; inside of a frozenset it is constant */
    ob__set_slot *slots;                     /* a block; NULL: empty, or a tree */
    size_t mask, fill, used, finger;         /* slots - 1, slots not free, live ones, where pop() looks next */
    uint64_t layout;                         /* changes with every element that comes or goes */
    ob_dict_body *tree;                      /* a block of one body's own: the elements as keys of a dict's tree; else NULL */
} ob__set_table;
typedef struct ob__frozenset { ob_obj o; _Atomic(uint64_t) hash; ob__set_table table; } ob__frozenset;

#define OB__SET_BUCKET(hash) TX_SLOT((hash) % 62)
/* Positions: slots, or those of the tree, from 0 to the end; which of them are live, and what is there. */
static inline size_t ob__set_end(const ob__set_table *t) { return t->slots ? t->mask + 1 : t->tree ? t->tree->fill : 0; }
static inline size_t ob__set_live_from(const ob__set_table *t, size_t i) {
    if (UNLIKELY(t->tree != NULL)) return ob__dict_live_from(t->tree, i);
    while (t->slots && i <= t->mask && !t->slots[i].key.w) i++;
    return i;
}
static inline ob__set_slot ob__set_at(const ob__set_table *t, size_t i) {
    if (LIKELY(t->tree == NULL)) return t->slots[i];
    const ob_dict_entry *e = ob_dict_entry_at(t->tree, i);
    return (ob__set_slot){e->hash, e->key};
}
/* On tables, without Python: the position of x, -1 absent, -3 only its __eq__ can tell; changes; a copy of a flat one; an end; comparing under a hash. */
ssize_t ob__set_search(const ob__set_table *t, ob_val x, uint64_t hash);
bool ob__set_insert(ob__set_table *t, ob_val x, uint64_t hash, ob__allocator *alloc) MUST_CHECK;
bool ob__set_remove(ob__set_table *t, size_t i, ob__allocator *alloc) MUST_CHECK;
bool ob__set_copy_flat(ob__set_table *to, const ob__set_table *from, ob__allocator *alloc) MUST_CHECK;
void ob__set_free(ob__set_table *t);
bool ob__set_has_all(const ob__set_table *x, const ob__set_table *y, uint64_t hash);
extern const tx_kind ob__set_kind;
static inline const ob__set_table *ob__set_peek(ob_val s, uint64_t mask) {
    return ob_has_tflag(s, OB_TF_FROZENSET) ? &((ob__frozenset *)ob_ptr(s))->table : ob_read_mask(s, mask);
}
ob_val ob__set_alloc(ob_type *t);            /* empty set or frozenset of exactly t */
/* Below, s may be a frozenset that nobody else has seen yet. */
int ob__set_add_hash(ob_val s, ob_val x, uint64_t hash);        /* 1 added, 0 was there, -1 error */
int ob__set_find(ob_val s, ob_val x, uint64_t hash);            /* 1 0 -1 */
int ob__set_remove_hash(ob_val s, ob_val x, uint64_t hash);     /* 1 removed, 0 absent, -1 error */
bool ob__set_clone(ob_val to, ob_val from) MUST_CHECK;          /* to: empty, private */
bool ob__set_clear(ob_val s) MUST_CHECK;
bool ob__set_take(ob_val s, ob_val from) MUST_CHECK;            /* s becomes what the private set `from` holds; from is left empty */
bool ob__set_pop(ob_val s, ob_val *x) MUST_CHECK;               /* *x OB_NULL: empty */
ob_val ob__set_update_method(ob_val self, const ob_val *a, size_t n, ob_val kw);
extern const ob_def ob__set_methods[], ob__frozenset_methods[];
ob_val ob__set_repr(ob_val self);
ob_val ob__set_cmp(ob_val a, ob_val b, ob_cmp_op op);
ob_val ob__set_or(ob_val a, ob_val b);
ob_val ob__set_and(ob_val a, ob_val b);
ob_val ob__set_sub(ob_val a, ob_val b);
ob_val ob__set_xor(ob_val a, ob_val b);
ob_val ob__set_ior(ob_val a, ob_val b);
ob_val ob__set_iand(ob_val a, ob_val b);
ob_val ob__set_isub(ob_val a, ob_val b);
ob_val ob__set_ixor(ob_val a, ob_val b);
int ob__set_contains(ob_val s, ob_val x);
ob_val ob__set_like(ob_val s);               /* an empty set or frozenset, as s is */

#endif
