/* tuple.h */
#ifndef OBJSPACE_TUPLE_H
#define OBJSPACE_TUPLE_H
#include "objspace/call.h"

/* aux, of those whose type is ob_tuple_type: so many items from the first on were in a published tuple when this one was made, and publishing need not look at them. */
typedef struct ob_tuple_obj { ob_obj o; _Atomic(uint64_t) hash; size_t n; ob_val items[]; } ob_tuple_obj;
extern ob_type ob_tuple_type, ob_slice_type;
static inline bool ob_is_tuple(ob_val v) { return ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_TUPLE); }
static inline ob_tuple_obj *ob_tuple_ptr(ob_val v) { return (ob_tuple_obj *)ob_ptr(v); }
static inline size_t ob_tuple_len(ob_val v) { return ob_tuple_ptr(v)->n; }
static inline ob_val ob_tuple_at(ob_val v, size_t i) { return ob_tuple_ptr(v)->items[i]; }
ob_val ob_tuple_alloc(size_t n);                         /* items OB_NULL, to be filled before anybody else sees it */
ob_val ob_tuple_from(const ob_val *items, size_t n);
ob_val ob_tuple_of1(ob_val a);
ob_val ob_tuple_of2(ob_val a, ob_val b);
ob_val ob_tuple_of3(ob_val a, ob_val b, ob_val c);
ob_val ob_tuple_of_iterable(ob_val it);                  /* tuple(it) */
ob_val ob_tuple_slice(ob_val t, size_t start, size_t end);
extern ob_val ob_empty_tuple;

typedef struct ob_slice { ob_obj o; ob_val start, stop, step; } ob_slice;
ob_val ob_slice_new(ob_val start, ob_val stop, ob_val step);
/* Clips to a sequence of length len; TypeError/ValueError. */
bool ob_slice_indices(ob_val slice, size_t len, int64_t *start, int64_t *stop, int64_t *step, size_t *count);
/* A struct sequence type (os.stat_result, time.struct_time …): a tuple subclass with named fields. fields ends with NULL; visible: how
 * many are items, the rest are attributes only. */
ob_type *ob_structseq_type_new(const char *dotted_name, const char *const *fields, size_t visible);
ob_val ob_structseq_new(ob_type *t, const ob_val *all_fields);

#endif
