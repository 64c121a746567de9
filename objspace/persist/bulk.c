/* bulk.c: many writes to a store that is nobody else's yet (bulk.h).  Locks: none of its own. */
#include "objspace/persist/bulk.h"

enum { AT_ONCE = 20000 /* records in one transaction: LMDB keeps the pages that it has changed */ };

st_error pe__bulk_begin(pe__bulk *b, st_store *to) {
    *b = (pe__bulk){.to = to};
    base_buf_init(&b->record);
    return st_write_begin(to, &b->w);
}

static st_error renew(pe__bulk *b) {
    if (!b->w) return ST_IO;                                 /* it has failed before */
    if (b->n++ < AT_ONCE) return ST_OK;
    b->n = 0;
    st_error e = st_commit(b->w);
    b->w = NULL;
    return e ? e : st_write_begin(b->to, &b->w);
}

st_error pe__bulk_put(pe__bulk *b, unsigned table, st_key key, const void *value, size_t n) {
    st_error e = renew(b);
    return e ? e : st_put(b->w, table, key, value, n);
}

st_error pe__bulk_del(pe__bulk *b, unsigned table, st_key key) {
    st_error e = renew(b);
    return e ? e : st_del(b->w, table, key);
}

st_error pe__bulk_put_record(pe__bulk *b, unsigned table, st_key key, uint8_t kind, uint64_t id, uint64_t commit, const base_buf *payload) {
    base_buf_clear(&b->record);
    size_t start = st_record_start(&b->record, kind, id, commit);
    base_buf_add(&b->record, payload->at, payload->n);
    st_record_finish(&b->record, start);
    return b->record.failed || payload->failed ? ST_MEMORY : pe__bulk_put(b, table, key, b->record.at, b->record.n);
}

st_error pe__bulk_put_state(pe__bulk *b, uint64_t commit, uint64_t next_id) {
    uint8_t raw[16];
    base_buf payload = {.at = (char *)raw, .n = sizeof raw};
    st_store64(raw, commit), st_store64(raw + 8, next_id);
    return pe__bulk_put_record(b, PE_STATE, (st_key){"state", 5}, PE_R_STATE, 0, commit, &payload);
}

st_error pe__bulk_end(pe__bulk *b, st_error e) {
    if (b->w && e) st_end(b->w);
    else if (b->w) e = st_commit(b->w);
    b->w = NULL;
    base_buf_release(&b->record);
    return e;
}
