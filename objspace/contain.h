/* contain.h: what all containers share: equality that runs no Python, hashing and comparing of keys with the common cases inline,
 * arguments of constructors, and the transaction kind of small flat bodies (iterators, views). */
#ifndef OBJSPACE_CONTAIN_H
#define OBJSPACE_CONTAIN_H
#include "objspace/call.h"
#include "objspace/function.h"
#include "objspace/str.h"

/* Bodies without memory of their own, type->size bytes. Two writers of one body conflict. */
extern const tx_kind ob_flat_kind;

/* The same word, or immutable values that are equal and of the same exact type (int, float, str, bytes, tuples of such). Runs no Python. */
bool ob__value_same_slow(ob_val a, ob_val b);
static inline bool ob_value_same(ob_val a, ob_val b) {
    if (ob_same(a, b)) return true;
    return (ob_is_ptr(a) || ob_is_ptr(b)) && a.w && b.w && ob__value_same_slow(a, b);   /* numbers that both lie in their words are the same word */
}
/* May a and b (different words, equal hashes) be equal, judged without Python?  1 yes, 0 no, -1 only their __eq__ knows. */
int ob_value_eq_known(ob_val a, ob_val b);

/* Python's bool by type: exact str, which cannot run Python code when hashed or compared with its like. */
static inline bool ob_is_exact_str(ob_val v) { return ob_is_ptr(v) && v.w && ob_ptr(v)->type == &ob_str_type; }

static inline MUST_CHECK bool ob_key_hash(ob_val k, uint64_t *out) {
    if (ob_is_exact_str(k)) {
        uint64_t h = atomic_load_explicit(&ob_str_ptr(k)->hash, memory_order_relaxed);
        *out = LIKELY(h != 0) ? h : ob_str_hash(k);
        return true;
    }
    if (ob_is_small(k)) {
        int64_t i = ob_to_small(k);
        if (LIKELY(i < OB_SMALL_MAX && i > -OB_SMALL_MAX && i != -1)) return *out = (uint64_t)i, true;
    }
    return ob_hash(k, out);
}

/* identity or ==, common cases inline: 1 0 -1 */
static inline int ob_eq_quick(ob_val a, ob_val b) {
    if (ob_same(a, b)) return 1;
    if (ob_both_small(a, b)) return 0;
    if (ob_is_exact_str(a) && ob_is_exact_str(b)) return ob_str_equal(a, b);
    return ob_eq(a, b);
}

/* Is this an object that has __index__? */
static inline bool ob_has_index(ob_val v) { return ob_is_small(v) || ob_type_of(v)->slots.unary[OB_UN_INDEX] != NULL; }

/* For constructors: TypeError unless n is within lo..hi and kw is empty. name: "list" */
bool ob_args_check(const char *name, size_t n, ob_val kw, size_t lo, size_t hi) MUST_CHECK;
/* The keywords that a constructor of `base` must refuse: none of them when a subclass has an __init__ (or __new__) of its own to take them. */
static inline ob_val ob_kw_of_make(const ob_type *t, const ob_type *base, ob_val kw) {
    return t == base || t->slots.init == base->slots.init ? kw : OB_NULL;
}
static inline ob_val ob_kw_of_init(ob_val self, const ob_type *base, ob_val kw) {
    const ob_type *t = ob_type_of(self);
    return t == base || t->slots.make == base->slots.make ? kw : OB_NULL;
}
/* Number of keyword arguments. */
size_t ob_kw_count(ob_val kw);
/* In `a + b`, `a * b` of sequences: does the other operand's Python class get its chance first? */
static inline bool ob_defers_binary(ob_val other, ob_bin_op op) {
    const ob_type *t = ob_type_of(other);
    return (t->flags & OB_TF_HEAP) != 0 && t->slots.binary[op] != NULL;
}
/* The count operand of sequence * count, clipped to >= 0. 1 ok, 0 not an index (NotImplemented or TypeError, see *result), -1 error. */
int ob_repeat_count(ob_val seq, ob_val count, size_t *out, ob_val *result);
/* "[" items "]" — reprs of the items joined by ", " with a recursion guard. get returns OB_NULL at the end. */
typedef bool ob_item_at(ob_val self, size_t i, ob_val *out);
ob_val ob_repr_items(ob_val self, const char *open, const char *close, const char *recursive, ob_item_at *at, bool one_comma);
/* Calls fn for each item of the iterable; false on error or when fn returns false. Fast for exact list and tuple. */
bool ob_each(ob_val iterable, bool (*fn)(void *arg, ob_val x), void *arg) MUST_CHECK;
/* (builtins.iter or reversed, …) for iterators' __reduce__ */
ob_val ob_builtin(const char *name);
/* functions for C tables */
bool ob_attr_dict_set(ob_val self, ob_val d);               /* ob_getset.set of __dict__ where native instances have attributes */
bool ob_readonly_member(ob_val self, ob_val v);              /* ob_getset.set of what is a read-only member in CPython: "readonly attribute" */
ob_val ob_self_iter(ob_val self);
ob_val ob_class_getitem(ob_val cls, const ob_val *a, size_t n, ob_val kw);   /* __class_getitem__ of generic containers */

#endif
