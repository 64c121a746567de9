/* bulk.h: many writes to a store that is nobody else's yet, in transactions of some thousand records, so that memory stays bounded (bulk.c); and containers
 * put together anew out of their records (rebuild.c). */
#ifndef OBJSPACE_PERSIST_BULK_H
#define OBJSPACE_PERSIST_BULK_H
#include "objspace/persist/persist_int.h"

typedef struct pe__bulk { st_store *to; st_txn *w; unsigned n; base_buf record; } pe__bulk;
st_error pe__bulk_begin(pe__bulk *b, st_store *to) MUST_CHECK;
st_error pe__bulk_put(pe__bulk *b, unsigned table, st_key key, const void *value, size_t n) MUST_CHECK;
st_error pe__bulk_put_record(pe__bulk *b, unsigned table, st_key key, uint8_t kind, uint64_t id, uint64_t commit, const base_buf *payload) MUST_CHECK;
st_error pe__bulk_put_state(pe__bulk *b, uint64_t commit, uint64_t next_id) MUST_CHECK;
st_error pe__bulk_del(pe__bulk *b, unsigned table, st_key key) MUST_CHECK;
st_error pe__bulk_end(pe__bulk *b, st_error e) MUST_CHECK;           /* e: what has gone wrong so far; then the last transaction is undone */

/* ---- rebuild.c ---- */
/* The state of a container that has records in ENTRIES, as its own record gives it. */
typedef struct pe__big {
    uint8_t form;                        /* 0: it is no such container */
    uint64_t n, fill, first;             /* entries; of dicts and sets in pages: positions, and those before the first entry */
    uint8_t flags;
    const uint8_t *from, *to;            /* the form and its numbers, in the record; of PE_S_ITEMS the numbers alone */
} pe__big;
pe__big pe__big_of(const st_record *r);
typedef struct pe__rebuilt { uint64_t said, has; } pe__rebuilt;      /* entries by its record, entries that are there */
/* Puts the container together anew, in the newest form, of those of its entries that are there and whole; its records get the number of this commit.
 * What is wrong, or NULL. */
const char *pe__rebuild(pe__bulk *b, uint64_t id, uint64_t commit, pe__rebuilt *out) MUST_CHECK;

#endif
