/* dict_cell.h: a versioned place of its own for the value under one key of a big shared dict, so that overwriting it neither copies nor writes the dict.
 * Which entries have one, and what is logged: objspace/README.md, "Big containers". */
#ifndef OBJSPACE_DICT_CELL_H
#define OBJSPACE_DICT_CELL_H
#include "objspace/dict.h"
#include "objspace/type.h"
#include "txn/tx.h"

typedef struct ob__dict_cell {
    tx_handle h;
    ob_val value;                            /* the body; OB_NULL: the key has left the dict */
    uint64_t mark;                           /* txn's (tx_kind.mark_at) */
    ob_val key, dict;                        /* constant: for reports, and for who asks what has been written */
} ob__dict_cell;
enum { OB__CELL_VALUE = 1, OB__CELL_THERE = 2 };     /* conflict units: the value; whether there is one */

extern ob_type ob_dict_cell_type;
static inline bool ob__is_cell(ob_val v) { return ob_is_ptr(v) && v.w && ob_ptr(v)->type == &ob_dict_cell_type; }
/* Do changes of this dict go to cells?  Only where others may see it; and not where a store is open, which wants to know of what it keeps. */
bool ob__dict_wants_cells(ob_val d);
MUST_CHECK ob_val ob__dict_cell_new(ob_val d, ob_val key, ob_val v);
/* The same in kind functions: for a key that is committed with this value. */
MUST_CHECK ob_val ob__dict_cell_shared(const tx_handle *d, ob_val key, ob_val v);
static inline ob_val ob__cell_read(ob_val cell, uint64_t mask) { return (ob_val){tx_read_word(ob_handle(cell), mask)}; }
/* The value of an entry in this transaction's own body, else the newest one; OB_NULL: it has left.  Logs nothing. */
static inline ob_val ob__cell_newest(ob_val v) { return ob__is_cell(v) ? *(const ob_val *)tx_read_newest(ob_handle(v)) : v; }

#endif
