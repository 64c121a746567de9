/* dict_tree.h: the form that a dict's body takes when it is big and shared: entries in pages (pages.h), found through a trie of hashes, both shared
 * between versions. Positions mean what they mean in a flat body. Changes are O(log n) in time and memory; copies O(1).
 *
 * Set `alloc` as pages.h says. A function that fails has changed nothing that is visible.
 */
#ifndef OBJSPACE_DICT_TREE_H
#define OBJSPACE_DICT_TREE_H
#include "objspace/dict.h"
#include "objspace/lasting.h"
#include "objspace/pages.h"

enum {
    OB__DICT_BIG = 128,                  /* a shared dict with more entries becomes a tree when it is written */
    OB__DICT_BIG_OWN = 4096,             /* one that a step saves for undoing before it has changed much (ob_copy_pays) */
    OB__DICT_LASTING = 1,                /* cap of a tree whose trie goes by lasting hashes, as its keys allow: loaded from a store, in parts */
};
#define OB__DICT_PAGING ((ob__paging){4, sizeof(ob_dict_entry)})

static inline bool ob__dict_is_tree(const ob_dict_body *b) { return UNLIKELY(b->log2 == OB_DICT_TREE); }
static inline ob__pages ob__dict_pages(const ob_dict_body *b) { return (ob__pages){b->pages, b->cells}; }

/* Makes *to an empty tree whose first `gap` positions are holes. */
MUST_CHECK bool ob__dict_tree_init(ob_dict_body *to, uint32_t gap, ob__allocator *alloc);
/* Makes *to a tree with the entries of the flat body, at their positions.  of: the dict whose values get cells; NULL: they do not. */
MUST_CHECK bool ob__dict_tree_from(ob_dict_body *to, const ob_dict_body *flat, const tx_handle *of, ob__allocator *alloc);
/* Entry `at` gets another value. */
MUST_CHECK bool ob__dict_tree_put(ob_dict_body *b, size_t at, ob_val v, ob__allocator *alloc);
/* An absent key: at position b->fill, or at `at` < first. */
MUST_CHECK bool ob__dict_tree_add(ob_dict_body *b, uint32_t at, const ob_dict_entry *e, ob__allocator *alloc);
MUST_CHECK bool ob__dict_tree_drop(ob_dict_body *b, size_t at, ob__allocator *alloc);
static inline bool ob__dict_is_lasting(const ob_dict_body *b) { return ob__dict_is_tree(b) && b->cap == OB__DICT_LASTING; }
/* The positions whose hashes begin alike, one after the other: k = 0, 1, …; -1: no more.  hash: the one that the trie goes by. */
ssize_t ob__dict_tree_like(const ob_dict_body *b, uint64_t hash, uint32_t k);
/* The cell in which the value under key is, found without its entry; OB_NULL: look for that.  hash: as above. */
ob_val ob__dict_tree_cell(const ob_dict_body *b, ob_val key, uint64_t hash);
/* Makes the trie go by the hashes of this process, for a key that has no lasting one: O(n). */
MUST_CHECK bool ob__dict_tree_settle(ob_dict_body *b, ob__allocator *alloc);
/* Brings in all that is still in the store, to stay: before all of it is replaced at once (stub.h, S1). */
MUST_CHECK bool ob__dict_tree_hold(const ob_dict_body *b);
/* The first live position from i on; fill: none; SIZE_MAX: it cannot be brought in.  And the last before i; SIZE_MAX: none, or that. */
size_t ob__dict_live_from(const ob_dict_body *b, size_t i);
size_t ob__dict_live_before(const ob_dict_body *b, size_t i);
/* Have the bodies, neither of them lasting, the same keys with the same entries under this hash?  false: perhaps not. */
bool ob__dict_tree_same_key(const ob_dict_body *a, const ob_dict_body *b, uint64_t hash);
/* The 16 entries from i on, which begins a page. */
const ob_dict_entry *ob__dict_tree_page(const ob_dict_body *b, size_t i);
void ob__dict_tree_trace(const ob_dict_body *b, ob_tracer *t);
/* The first position from i on where two bodies may differ; the greater fill: none. */
size_t ob__dict_differ(const ob_dict_body *a, const ob_dict_body *b, size_t i);

/* What `index` of a lasting tree points to: its trie, and what has been found in it of late (dict_warm.h), which versions share. */
typedef struct ob__lasting { uint64_t era; void *trie; struct ob__warm *warm; } ob__lasting;

/* ---- for persist ---- the body becomes lasting, with this trie; leaves of a trie: (high half of the stirred hash, position) */
enum { OB__LEAF_MAX = 30, OB__TRIE_DEPTH = 6 };
MUST_CHECK bool ob__dict_make_lasting(ob_dict_body *b, void *trie);
void *ob__dict_leaf(const uint64_t *stirred, const uint32_t *at, uint32_t n, ob__allocator *alloc) MUST_CHECK;

#endif
