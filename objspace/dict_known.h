/* dict_known.h: what a thread remembers of big dicts that others may change: where it has found cells. Why it may: README.md, "Big containers".
 * One record a thread, in its ob__thread; a collection forgets it. */
#ifndef OBJSPACE_DICT_KNOWN_H
#define OBJSPACE_DICT_KNOWN_H
#include "base/check.h"
#include "objspace/val.h"
#include <stdbool.h>
#include <stdint.h>

/* tag: the key's hash and the dict's address, mixed such that equal keys have equal tags in one dict only. */
typedef struct ob__known_line { uint64_t tag; ob_val key, cell; uint32_t reign; } ob__known_line;
typedef struct ob__known {
    ob__known_line *lines, *room;            /* direct-mapped; NULL: none yet, or forgotten; their memory */
    unsigned shift, bits;                    /* 64 - bits; of the number of lines */
    unsigned replaced;                       /* lines that gave way to others */
    uint64_t read_step;                      /* in which the value under this key was logged: that of this cell, not OB_NULL */
    ob_val read_dict, read_key, read_cell;
} ob__known;

/* Whoever stops the world; the thread's end. */
void ob__known_forget(ob__known *k);
void ob__known_release(ob__known *k);

/* The cell in which the value under key is, if it is not OB_NULL there, which the caller looks at and logs; the reign is logged.  OB_NULL: not known. */
ob_val ob__known_cell(ob_val d, ob_val key, uint64_t hash);
/* key has been found with this cell. */
void ob__known_found(ob_val d, ob_val key, uint64_t hash, ob_val cell);
/* The value under key, in this cell, has been logged and is not OB_NULL: most are overwritten next.  The cell, if it was this key; else OB_NULL. */
void ob__known_was_read(ob_val d, ob_val key, ob_val cell);
ob_val ob__known_read(ob_val d, ob_val key);
/* This thread has emptied a cell, or a dict. */
void ob__known_emptied(void);

#endif
