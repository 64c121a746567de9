/* iter.h: ranges and the iterators of built-in containers. Iterators are mutable, hence versioned. */
#ifndef OBJSPACE_ITER_H
#define OBJSPACE_ITER_H
#include "objspace/call.h"

typedef struct ob_range { ob_obj o; ob_val start, stop, step, length; /* ints of any size */ } ob_range;
typedef struct ob_range_iter_body { int64_t next, step; uint64_t left; int64_t start; } ob_range_iter_body;   /* the small case; VM fast path */
typedef struct ob_seq_iter_body { ob_val seq; size_t i; } ob_seq_iter_body;                      /* list and tuple iterators; seq OB_NULL: done */
extern ob_type ob_range_type, ob_range_iter_type, ob_longrange_iter_type, ob_list_iter_type, ob_list_reviter_type, ob_set_iter_type, ob_tuple_iter_type, ob_str_iter_type,
    ob_seq_iter_type /* __getitem__ protocol */, ob_callable_iter_type, ob_enumerate_type, ob_zip_type, ob_map_type, ob_filter_type, ob_reversed_type;
ob_val ob_range_new(ob_val start, ob_val stop, ob_val step);
ob_val ob_seq_iter_new(ob_val seq);                      /* iterates by __getitem__ */
ob_val ob_callable_iter_new(ob_val callable, ob_val sentinel);
/* The next item of an iterator over pairs, for who takes it apart at once: 1: there it is; 0: exhausted, or a condition is set; -1: `it` is none that can, or of
 * something else, and nothing has been done. */
int ob_next_pair(ob_val it, ob_val pair[2]);

#endif
