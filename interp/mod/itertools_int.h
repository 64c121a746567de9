/* itertools_int.h: what the files of itertools share. */
#ifndef INTERP_MOD_ITERTOOLS_INT_H
#define INTERP_MOD_ITERTOOLS_INT_H
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

/* A new object of type t with its zeroed body; NULL: MemoryError. */
static inline void *py__it_new(ob_type *t, ob_val *self) {
    tx_handle *h = ob_alloc_mut(t, t->size);
    if (!h) return NULL;
    *self = ob_of(h);
    return tx_inline_body(h);
}
static inline ob_val py__it_type(ob_val self) { return ob_type_val(ob_type_of(self)); }

/* Defines py__<id>_type: an iterator whose body is <id>_body, flat, its first `nvals` words object words. Its next, make and methods are
 * functions of that prefix. */
#define ITER_TYPE(id, nvals, text)                                                                                                              \
    static void id##_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, nvals); }                                \
    ob_type py__##id##_type = {                                                                                                                  \
        OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "itertools." #id, .base = &ob_object_type, .flags = OB_TF_BASE,                        \
        .size = sizeof(id##_body), .trace_body = id##_trace, .slots = {.iter = ob_self_iter, .next = id##_next, .make = id##_make},           \
        .methods = id##_methods, .doc = text}
/* A constructor that binds its arguments by a signature: sees self = the type. */
#define BOUND_MAKE(name, sig)                                                                    \
    static ob_val name##_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {                  \
        static const ob_def def = {#name, name##_bound, sig, NULL, 0};                            \
        return ob_def_call(&def, ob_type_val(t), a, n, kw);                                       \
    }
#define REDUCE(fn) {"__reduce__", fn, "", "Return state information for pickling.", 0}
#define SETSTATE(fn) {"__setstate__", fn, "state, /", "Set state information for unpickling.", 0}
#define BODY(name) (*(const name##_body *)ob_read(self))
#define WRITE(name) name##_body *b = ob_write(self); if (!b) return OB_NULL
#define NEW(name, type) ob_val r; name##_body *b = py__it_new(type, &r); if (!b) return OB_NULL

/* TypeError unless state is a tuple of n items. */
static inline bool py__it_state(ob_val state, size_t n) {
    if (ob_is_tuple(state) && ob_tuple_len(state) == n) return true;
    return ob_fail(ob_raise(&ob_exc_TypeError, ob_is_tuple(state) ? "function takes exactly %zu arguments (%zu given)" : "state is not a tuple", n,
                            ob_is_tuple(state) ? ob_tuple_len(state) : (size_t)0));
}

extern ob_type py__chain_type, py__count_type, py__cycle_type, py__islice_type, py__repeat_type, py__starmap_type, py__takewhile_type,
    py__dropwhile_type, py__filterfalse_type, py__compress_type, py__accumulate_type, py__pairwise_type, py__zip_longest_type,   /* itertools.c */
    py__groupby_type, py__grouper_type, py__tee_type, py__tee_data_type,                                                           /* itertools_group.c */
    py__product_type, py__permutations_type, py__combinations_type, py__combinations_with_replacement_type;                        /* itertools_comb.c */
ob_val py__itertools_tee(ob_val self, const ob_val *a, size_t n, ob_val kw);

#endif
