/* set.h: set and frozenset share one table. */
#ifndef OBJSPACE_SET_H
#define OBJSPACE_SET_H
#include "objspace/call.h"

extern ob_type ob_set_type, ob_frozenset_type;
static inline bool ob_is_anyset(ob_val v) { return ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_SET | OB_TF_FROZENSET); }
ob_val ob_set_new(void);
ob_val ob_set_of_iterable(ob_val it);
ob_val ob_frozenset_of_iterable(ob_val it);
bool ob_set_add(ob_val s, ob_val x);
int ob_set_contains(ob_val s, ob_val x);
int ob_set_discard(ob_val s, ob_val x);                  /* 1 removed, 0 absent, -1 error */
size_t ob_set_len(ob_val s);
int ob_set_next(ob_val s, size_t *pos, ob_val *x, uint64_t *hash);   /* 1; 0: the end; -1: a part of it cannot be loaded */
bool ob_set_update(ob_val s, ob_val iterable);

#endif
