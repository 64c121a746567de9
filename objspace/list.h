/* list.h */
#ifndef OBJSPACE_LIST_H
#define OBJSPACE_LIST_H
#include "objspace/call.h"

typedef struct ob_list_body { ob_val *items; size_t len, cap; } ob_list_body;    /* items: a block; NULL when cap is 0 */
/* Masks: an item i is TX_SLOT(i) for i < 62; others and the length are TX_REST. */
extern ob_type ob_list_type;
static inline bool ob_is_list(ob_val v) { return ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_LIST); }
ob_val ob_list_new(size_t cap);
ob_val ob_list_from(const ob_val *items, size_t n);
ob_val ob_list_of_iterable(ob_val it);
bool ob_list_append(ob_val l, ob_val x);
bool ob_list_extend(ob_val l, ob_val iterable);
bool ob_list_insert(ob_val l, size_t i, ob_val x);
ob_val ob_list_pop(ob_val l, ssize_t i);                 /* IndexError */
static inline size_t ob_list_len(ob_val l) { return ((const ob_list_body *)ob_read_mask(l, TX_REST))->len; }
static inline ob_val ob_list_at(ob_val l, size_t i) { return ((const ob_list_body *)ob_read_mask(l, TX_SLOT(i)))->items[i]; }  /* i < len */
bool ob_list_set(ob_val l, size_t i, ob_val x);
bool ob_list_sort(ob_val l, ob_val key, bool reverse);
ob_val ob_list_as_tuple(ob_val l);
ob_val ob_list_slice(ob_val l, size_t start, size_t end);            /* start <= end <= len */
bool ob_list_splice(ob_val l, size_t start, size_t gone, const ob_val *items, size_t n);  /* l[start:start+gone] = items; items: not l's own memory */

/* ---- for the VM: the common cases inline, the rest by a call ---- */
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
    const ob_list_body *b = ob_read_mask(l, TX_SLOT(i));
    return LIKELY((uint64_t)i < b->len) ? b->items[i] : OB_NULL;
}
/* l[i] = x for i >= 0; 1 done, 0 out of range (no exception), -1 error. */
static inline MUST_CHECK int ob_list_set_quick(ob_val l, int64_t i, ob_val x) {
    tx_handle *h = ob_handle(l);
    if (LIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) == tx_me.id)) {
        ob_list_body *b = tx_inline_body(h);
        if (LIKELY((uint64_t)i < b->len)) return b->items[i] = x, 1;
        return 0;
    }
    if ((uint64_t)i >= ((const ob_list_body *)ob_read_mask(l, TX_SLOT(i)))->len) return 0;
    return ob_list_set(l, (size_t)i, x) ? 1 : -1;
}

#endif
