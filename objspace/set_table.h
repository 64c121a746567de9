/* set_table.h: the table under set and frozenset. */
#ifndef OBJSPACE_SET_TABLE_H
#define OBJSPACE_SET_TABLE_H
#include "objspace/contain.h"
#include "objspace/set.h"

typedef struct ob__set_slot { uint64_t hash; ob_val key; } ob__set_slot;   /* key OB_NULL: hash 0 never used, 1 removed */
typedef struct ob__set_table {               /* also a set's body; inside of a frozenset it is constant */
    ob__set_slot *slots;                     /* a block; NULL: empty */
    size_t mask, fill, used, finger;         /* slots - 1, slots not free, live ones, where pop() looks next */
    uint64_t layout;                         /* changes with every element that comes or goes */
} ob__set_table;
typedef struct ob__frozenset { ob_obj o; _Atomic(uint64_t) hash; ob__set_table table; } ob__frozenset;

#define OB__SET_BUCKET(hash) TX_SLOT((hash) % 62)
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
