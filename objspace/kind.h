/* kind.h: how a mutable type tells txn about its bodies, in terms of the type's own trace functions.
 *
 * A container's author writes copy, drop, same and merge as txn/handle.h describes them, and the type's trace_body; then
 *
 *     OB_KIND(ob_deque_kind, .copy = deque_copy, .drop = deque_drop, .same = deque_same, .merge = deque_merge);
 *     ob_type ob_deque_type = {OB_TYPE_HEAD(&ob_type_type, &ob_deque_kind), .size = sizeof(deque_body), .trace_body = deque_trace_body, …};
 *
 * What is not given has the defaults of txn: memcpy, nothing to drop, arrays of words compared and merged by mask.
 * Rules for those functions: no Python code, no visible objects, no blocking. Blocks that copy() needs come from ob_kind_block(), which
 * neither collects nor raises (txn reports the failure); drop() gives them back with ob_block_free.
 */
#ifndef OBJSPACE_KIND_H
#define OBJSPACE_KIND_H
#include "objspace/type.h"
#include "txn/tx.h"

#define OB_KIND(name_, ...) const tx_kind name_ = {.name = #name_, .body_size = ob_kind_body_size, .trace = ob_kind_trace, __VA_ARGS__}

size_t ob_kind_body_size(const tx_handle *h);                /* the type's `size`; kinds with varying bodies give .body_size themselves */
void ob_kind_trace(const tx_handle *h, const void *body, void (*visit)(void *arg, uint64_t word), void *arg);
MUST_CHECK void *ob_kind_block(size_t bytes);                /* ob_block_alloc for use inside of copy() and merge(): NULL raises nothing */
MUST_CHECK void *ob_kind_block_copy(const void *block, size_t used, size_t bytes);   /* a block of `bytes` that begins with `used` bytes of another; NULL for NULL is not a failure: test block first */

extern const tx_object_model ob_kind_model;                  /* installed by ob_heap_init */
void *ob__tx_alloc(size_t bytes);                            /* heap.c: never collects, never raises */
MUST_CHECK void *ob__tx_alloc_mut(ob_type *type, size_t body_size);     /* the same for a mutable object of a plain native type; vw is the caller's to set */

#endif
