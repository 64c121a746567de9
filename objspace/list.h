/* list.h */
#ifndef OBJSPACE_LIST_H
#define OBJSPACE_LIST_H
#include "objspace/call.h"

/* items: a block; NULL when cap is 0; or, when big and shared, a tree, with len 0 (list_tree.h). So whoever finds i < len may use items[i], and who does
 * not asks the functions below. */
typedef struct ob_list_body { ob_val *items; size_t len, cap; } ob_list_body;
/* Masks: an item i is TX_SLOT(i) for i < 62, others are TX_REST, as the length is. Whoever writes item i writes OB_LIST_BITS(i) (list_kind.c). Who reads item i
 * logs that slot, or i as a key; not the length: that there is an item, or none, is part of the slot. */
#define OB_LIST_BITS(i) (TX_SLOT(i) | TX_KEY(i))
extern ob_type ob_list_type;
static inline bool ob_is_list(ob_val v) { return ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_LIST); }
ob_val ob_list_new(size_t cap);
ob_val ob_list_from(const ob_val *items, size_t n);
ob_val ob_list_of_iterable(ob_val it);
bool ob_list_append(ob_val l, ob_val x);
bool ob_list_extend(ob_val l, ob_val iterable);
bool ob_list_insert(ob_val l, size_t i, ob_val x);
ob_val ob_list_pop(ob_val l, ssize_t i);                 /* IndexError */
size_t ob__list_len_slow(const ob_list_body *b);
int ob__list_set_slow(ob_val l, size_t i, ob_val x) MUST_CHECK;
ob_val ob__list_get_slow(const ob_list_body *b, size_t i);     /* OB_NULL: out of range */
const ob_list_body *ob__list_look_slow(ob_val l, int64_t i);
const ob_list_body *ob__list_look_next(ob_val l, int64_t i);   /* i >= 0, and not looked at yet, mostly: as an iterator goes */
/* The body, to look at item i of it; i < 0: counted from the end, at the length as well.  `before` is evaluated where something must be logged. */
#ifdef APO_NO_TRANSACTIONS
#define OB__LIST_LOOK(l, i, before, slow) ((const ob_list_body *)tx_inline_body(ob_handle(l)))
#else
#define OB__LIST_LOOK(l, i, before, slow) \
    ((const ob_list_body *)(LIKELY(tx_is_private(ob_handle(l))) ? tx_inline_body(ob_handle(l)) : ((void)(before), (const void *)slow(l, i))))
#endif
#define OB_LIST_LOOK(l, i, before) OB__LIST_LOOK(l, i, before, ob__list_look_slow)
#define OB_LIST_LOOK_NEXT(l, i, before) OB__LIST_LOOK(l, i, before, ob__list_look_next)
static inline size_t ob_list_len(ob_val l) {
    const ob_list_body *b = ob_read_mask(l, TX_REST);
    return UNLIKELY(b->cap == 0 && b->items != NULL) ? ob__list_len_slow(b) : b->len;
}
static inline ob_val ob_list_at(ob_val l, size_t i) {                   /* i < len */
    const ob_list_body *b = OB_LIST_LOOK(l, (int64_t)i, 0);
    return LIKELY(i < b->len) ? b->items[i] : ob__list_get_slow(b, i);
}
/* All items side by side: the list's own, or a copy that lives as long as a stack refers to it.  NULL: MemoryError, or *n is 0. */
const ob_val *ob_list_whole(ob_val l, size_t *n);
bool ob_list_set(ob_val l, size_t i, ob_val x);
bool ob_list_sort(ob_val l, ob_val key, bool reverse);
ob_val ob_list_as_tuple(ob_val l);
ob_val ob_list_slice(ob_val l, size_t start, size_t end);            /* start <= end <= len */
bool ob_list_splice(ob_val l, size_t start, size_t gone, const ob_val *items, size_t n);  /* l[start:start+gone] = items; items: not l's own memory */

/* ---- for the VM: the common cases inline, the rest by a call ---- */
/* Who goes through items and stands at i asks the memory for the object some places ahead, as what is done with one takes as long as that comes. Of a number: does nothing. */
enum { OB_ITEMS_AHEAD = 4 };
static inline void ob_items_ahead(const ob_val *items, size_t i, size_t n) {
    if (LIKELY(i + OB_ITEMS_AHEAD < n)) __builtin_prefetch((const void *)(uintptr_t)items[i + OB_ITEMS_AHEAD].w);
}
static inline MUST_CHECK bool ob_list_append_quick(ob_val l, ob_val x) {
    tx_handle *h = ob_handle(l);
    if (LIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) == tx_me.id)) {
        ob_list_body *b = tx_inline_body(h);
        if (LIKELY(b->len < b->cap)) return b->items[b->len++] = x, true;
    }
    return ob_list_append(l, x);
}
/* l[i] for i >= 0; OB_NULL without exception when out of range. */
static inline ob_val ob_list_get_quick(ob_val l, int64_t i) {
    const ob_list_body *b = OB_LIST_LOOK(l, i, 0);
    if (LIKELY((uint64_t)i < b->len)) return b->items[i];
    return UNLIKELY(b->cap == 0 && b->items != NULL) ? ob__list_get_slow(b, (size_t)i) : OB_NULL;
}
/* l[i] = x for i >= 0; 1 done, 0 out of range (no exception), -1 error. */
static inline MUST_CHECK int ob_list_set_quick(ob_val l, int64_t i, ob_val x) {
    tx_handle *h = ob_handle(l);
    if (LIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) == tx_me.id)) {
        ob_list_body *b = tx_inline_body(h);
        if (LIKELY((uint64_t)i < b->len)) return b->items[i] = x, 1;
    }
    return ob__list_set_slow(l, (size_t)i, x);
}

#endif
