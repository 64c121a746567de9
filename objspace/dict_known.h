/* dict_known.h: what a thread remembers of big dicts that others may change: where it has found cells. Why it may: README.md, "Big containers".
 * One record a thread, in its ob__thread; a collection forgets it. */
#ifndef OBJSPACE_DICT_KNOWN_H
#define OBJSPACE_DICT_KNOWN_H
#include "base/check.h"
#include "objspace/val.h"
#include "txn/handle.h"
#include <stdbool.h>
#include <stdint.h>

/* tag: of the key's hash and the dict's address, which the cell knows exactly; 0: empty. */
typedef struct ob__known_line { ob_val cell; uint32_t tag, reign; } ob__known_line;
typedef struct ob__known {
    ob__known_line *lines, *room;            /* pairs, two of them in a cache line; NULL: none yet, or forgotten; their memory */
    unsigned shift, bits;                    /* 64 - bits; of the number of pairs */
    unsigned replaced;                       /* lines that gave way to others */
    uint64_t read_step;                      /* in which the value under this key was logged: that of this cell, not OB_NULL */
    ob_val read_dict, read_key, read_cell;
} ob__known;

/* Whoever stops the world; the thread's end. */
void ob__known_forget(ob__known *k);
void ob__known_release(ob__known *k);

/* The cell in which the value under key is, if it is not OB_NULL there, which the caller looks at and logs; the reign is logged.  OB_NULL: not known. */
ob_val ob__known_cell(ob_val d, ob_val key, uint64_t hash);
/* The value itself, if it is known where it is. */
ob_val ob__known_value(ob_val d, ob_val key, uint64_t hash);
/* The cell's key, of this hash, has been found with it. */
void ob__known_found(ob_val d, uint64_t hash, ob_val cell);
/* The value of key in this cell, logged.  One that is there is overwritten next, mostly: */
ob_val ob__known_read(ob_val d, ob_val key, ob_val cell);
/* the cell of key, if that was read last; else OB_NULL.  k: the thread's. */
static inline ob_val ob__known_was_read(const ob__known *k, ob_val d, ob_val key) {
    return k->read_step == tx_me.id && ob_same(k->read_key, key) && ob_same(k->read_dict, d) ? k->read_cell : OB_NULL;
}
/* This thread has emptied a cell, or a dict. */
void ob__known_emptied(void);

#endif
