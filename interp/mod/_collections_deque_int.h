/* _collections_deque_int.h: the body of a deque: a ring of values in one block; of one that is big and shared, or in a store, a tree (list_tree.h), whose versions
 * share what has not changed: changes at the ends and to single items are O(log n) in time and memory. */
#ifndef INTERP_MOD_COLLECTIONS_DEQUE_INT_H
#define INTERP_MOD_COLLECTIONS_DEQUE_INT_H
#include "interp/mod/_collections_int.h"
#include "objspace/list_tree.h"

typedef struct py__deque_body {
    ob_val *items;                           /* a block, of one body alone; NULL: empty, or a tree */
    size_t head, len, cap;                   /* of a tree head is the first item's index, all before it are absent; cap 0 */
    int64_t maxlen;                          /* -1: none */
    uint64_t changes;                        /* moves whenever an item comes or goes: iterators compare it */
    ob_list_body tree;                       /* of head + len items; items NULL: there is none */
} py__deque_body;

extern const tx_kind py__deque_kind;
static inline bool py__deque_is_tree(const py__deque_body *b) { return UNLIKELY(b->tree.items != NULL); }
/* Item i < len; OB_NULL with an exception: it cannot be loaded. */
static inline ob_val py__deque_at(const py__deque_body *b, size_t i) {
    return py__deque_is_tree(b) ? ob__list_item(&b->tree, b->head + i) : b->items[(b->head + i) & (b->cap - 1)];
}
/* Of a body to be written. Item i < len; an item more at an end; one less, which is given; a ring with room for `room` items at least.  false or NULL: MemoryError,
 * or it cannot be loaded. */
MUST_CHECK ob_val *py__deque_own(py__deque_body *b, size_t i);
MUST_CHECK bool py__deque_add(py__deque_body *b, ob_val x, bool left);
ob_val py__deque_take(py__deque_body *b, bool left);
MUST_CHECK bool py__deque_flatten(py__deque_body *b, size_t room);
MUST_CHECK bool py__deque_drop_all(py__deque_body *b);
void py__deque_trace_body(ob_obj *o, const void *body, ob_tracer *t);

#endif
