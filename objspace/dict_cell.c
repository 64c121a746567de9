/* dict_cell.c: values of big shared dicts as objects of txn's.  Locks: none.
 * V1  A cell is the value of at most one key, in all versions of its dict that have it.
 * V2  Whoever takes a key out writes that into its cell (ob__dict_bury), but for clear(), which gives the dict another reign. So one who has found the key
 *     logs the reign and the cell, and nothing else of the dict. */
#include "objspace/dict_cell.h"
#include "objspace/contain.h"
#include "objspace/heap.h"
#include "objspace/kind.h"

bool ob__dict_wants_cells(ob_val d) { return !tx_is_private(ob_handle(d)) && !tx_has_sink(); }

ob_val ob__dict_cell_new(ob_val d, ob_val key, ob_val v) {
    ob__dict_cell *c = ob_alloc_mut(&ob_dict_cell_type, sizeof *c - sizeof c->h);
    if (!c) return OB_NULL;
    c->value = v, c->key = key, c->dict = d;
    return ob_of(c);
}

ob_val ob__dict_cell_shared(const tx_handle *d, ob_val key, ob_val v) {
    ob__dict_cell *c = ob__tx_alloc_mut(&ob_dict_cell_type, sizeof *c - sizeof c->h);
    if (!c) return OB_NULL;
    c->value = v, c->key = key, c->dict = ob_of((void *)(uintptr_t)d);
    tx_handle_init_shared(&c->h);
    return ob_of(c);
}

static bool cell_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    ob_val x = *(const ob_val *)a, y = *(const ob_val *)b;
    (void)h;
    if (ob_same(x, y)) return true;
    if (ob_both_small(x, y)) return !(mask & OB__CELL_VALUE);
    if ((mask & OB__CELL_THERE) && !x.w != !y.w) return false;
    return !(mask & OB__CELL_VALUE) || ob_value_same(x, y);
}

static void cell_publish(const tx_handle *h UNUSED, const void *body, void (*visit)(void *arg, uint64_t word), void *arg) {
    uint64_t w = ((const ob_val *)body)->w;
    if (!ob_is_small(*(const ob_val *)body)) visit(arg, w);
}
static void cell_trace_body(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_val(t, *(const ob_val *)body); }
static void cell_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((ob__dict_cell *)o)->key);
    ob_trace_val(t, ((ob__dict_cell *)o)->dict);
}

static const tx_kind cell_kind = {.name = "dict_cell", .words = 1, .mark_at = 1, .trace = cell_publish, .same = cell_same, .rests = OB__CELL_THERE};
ob_type ob_dict_cell_type = {OB_TYPE_HEAD(&ob_type_type, &cell_kind), .name = "_dict_value", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
                             .size = sizeof(ob_val), .trace = cell_trace, .trace_body = cell_trace_body};
