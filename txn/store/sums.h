/* sums.h: a checksum for each page of the store's file, kept beside it in the file `sums`, so that a page that has changed, or is an older state of itself (a write
 * that the disk lost), is noticed when it is first touched, and a store that has gone back to an older transaction when it is opened.
 *
 *     offset    bytes
 *     0, 128    96      two headers, of which transaction N writes number N % 2:
 *                       0 text "aposums1" · 8 UUID of the store (16) · 24 boot id of the machine (36, text) · 60 zero · 64 number of the transaction (8) ·
 *                       72 CRC-32C of what its meta page says (4) · 76 closed in order (4) · 80 zero · 92 CRC-32C of the header's first 92 bytes (4)
 *     4096      4 each  for page n at 4096 + 4n: CRC-32C of the page (1 if that is 0), or 0: not known
 *
 * The sums of a transaction's pages are written after its commit, and not synced, so a commit costs no more waiting. What a killed process did not write is made up
 * when the store is opened: it is one transaction at most, and the tree before it is still whole. After a power failure the file is not to be trusted, and begins anew:
 * a page without a sum gets one when it is first touched. (sums.c says why this is enough.) */
#ifndef TXN_STORE_SUMS_H
#define TXN_STORE_SUMS_H
#include "base/check.h"
#include "txn/store/store.h"
#include <stdatomic.h>

#define ST__SUMS "sums"
typedef struct st__sums {
    uint8_t *at;                             /* the file, mapped; NULL: there are no sums */
    size_t reserved;
    int fd;
    bool writing;                            /* this process may write the store */
    bool marked_open;                        /* this session's first header is written.  under the store's lock */
    _Atomic(bool) off;                       /* they were discarded */
    _Atomic(uint64_t) covered;               /* pages that have room in the file */
    _Atomic(uint64_t) through;               /* the newest transaction whose sums are in */
    uint8_t uuid[ST_UUID_BYTES];
} st__sums;
typedef struct st__seal { uint64_t txn; uint32_t meta_sum; bool clean, same_boot; } st__seal;    /* what a header says */

/* Maps the file, or makes it (writing). false: there are none (s->at is NULL); not an error. found: the newest header of this store; txn 0: none. */
bool st__sums_open(st__sums *s, const char *dir, bool writing, const uint8_t *uuid, uint64_t pages, st__seal *found);
void st__sums_close(st__sums *s, uint64_t txn, uint32_t meta_sum);   /* closed in order, if anything was written */
void st__sums_discard(st__sums *s);          /* forgets all sums; from now on there are none */
void st__sums_clear(st__sums *s);            /* forgets all sums; the file begins anew */
bool st__sums_cover(st__sums *s, uint64_t pages);        /* makes room; false: no sums any more */
uint32_t st__sums_of(const void *page, size_t n);        /* never 0 */
uint32_t st__sums_get(st__sums *s, uint64_t page);       /* 0: not known */
void st__sums_put(st__sums *s, uint64_t page, uint32_t sum);
void st__sums_head(st__sums *s, uint64_t txn, uint32_t meta_sum, bool clean);    /* the sums of this transaction are all in */
bool st__sums_await(st__sums *s, uint64_t txn);          /* waits (a second at most) until those of the transaction are in */

#endif
