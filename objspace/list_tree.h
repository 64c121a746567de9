/* list_tree.h: the form that a list's body takes when it is big and shared: pages of 32 items (pages.h), shared between versions.
 * The body then has cap 0 and items pointing to an ob__list_tree, so that inline code, which looks at len first, finds nothing and takes the long way.
 */
#ifndef OBJSPACE_LIST_TREE_H
#define OBJSPACE_LIST_TREE_H
#include "objspace/list.h"
#include "objspace/pages.h"

enum {
    OB__LIST_BIG = 128,                  /* a shared list with more items becomes a tree when it is written */
    OB__LIST_BIG_OWN = 16384,            /* one that a step saves for undoing before it has changed much (ob_copy_pays) */
};
#define OB__LIST_PAGING ((ob__paging){5, sizeof(ob_val)})
/* What a list of so many items counts for ob_write_op: its items are copied faster than those of a dict. */
static inline size_t ob__list_notes(size_t len) { return len / 4; }
typedef struct ob__list_tree { ob__pages p; size_t len; uint64_t era; } ob__list_tree;   /* a block of one body's own */

static inline bool ob__list_is_tree(const ob_list_body *b) { return UNLIKELY(b->cap == 0 && b->items != NULL); }
static inline ob__list_tree *ob__list_tree_of(const ob_list_body *b) { return (ob__list_tree *)(void *)b->items; }
static inline size_t ob__list_size(const ob_list_body *b) { return ob__list_is_tree(b) ? ob__list_tree_of(b)->len : b->len; }

/* The items from i < size on that lie side by side.  What cannot be brought in (stub.h) reads as OB_NULL, with the exception pending. */
const ob_val *ob__list_run(const ob_list_body *b, size_t i, size_t *n);
static inline ob_val ob__list_item(const ob_list_body *b, size_t i) { size_t n; return *ob__list_run(b, i, &n); }
MUST_CHECK bool ob__list_copy_out(const ob_list_body *b, size_t start, size_t n, ob_val *to);     /* false: not all could be brought in */
/* Brings all in, to stay: before all of it is replaced at once (stub.h, S1). */
MUST_CHECK bool ob__list_tree_hold(const ob_list_body *b);
MUST_CHECK bool ob__list_tree_from(ob_list_body *to, const ob_list_body *flat, ob__allocator *alloc);
MUST_CHECK bool ob__list_tree_copy(ob_list_body *to, const ob_list_body *tree, ob__allocator *alloc);
/* Item i of a tree to be written, i <= len. */
MUST_CHECK ob_val *ob__list_tree_own(ob_list_body *b, size_t i, ob__allocator *alloc);
/* The page of item i, all of whose items have become absent by ob__list_tree_own, is given up. */
MUST_CHECK bool ob__list_tree_drop(ob_list_body *b, size_t i, ob__allocator *alloc);
MUST_CHECK bool ob__list_flatten(ob_list_body *b, size_t room);
/* The first i from `from` on where two bodies may differ; the greater size: none. */
size_t ob__list_differ(const ob_list_body *a, const ob_list_body *b, size_t from);
void ob__list_tree_trace(const ob_list_body *b, ob_tracer *t);
extern const tx_kind ob__list_kind;

#endif
