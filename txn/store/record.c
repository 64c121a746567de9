/* record.c: record frames (see record.h).  Locks: none. */
#include "txn/store/record.h"
#include "base/crc.h"

size_t st_record_start(base_buf *b, uint8_t kind, uint64_t id, uint64_t commit) {
    uint8_t head[ST_RECORD_HEAD] = {0};
    size_t start = b->n;
    head[4] = ST_RECORD_FORMAT;
    head[5] = kind;
    st_store64(head + 8, id);
    st_store64(head + 16, commit);
    base_buf_add(b, head, sizeof head);
    return start;
}

void st_record_finish(base_buf *b, size_t start) {
    if (b->failed) return;
    uint8_t *p = (uint8_t *)b->at + start;
    st_store32(p, base_crc32c(0, p + 4, b->n - start - 4));
}

st_error st_record_open(const void *bytes, size_t n, uint64_t id, st_record *out, const char **why) {
    const uint8_t *p = bytes;
    if (n < ST_RECORD_HEAD) {
        *why = "the record is too short";
        return ST_CORRUPT;
    }
    if (base_crc32c(0, p + 4, n - 4) != st_load32(p)) {
        *why = "the checksum does not match";
        return ST_CORRUPT;
    }
    if (p[4] != ST_RECORD_FORMAT) {
        *why = "the record has an unknown format";
        return ST_CORRUPT;
    }
    *out = (st_record){p[5], st_load64(p + 8), st_load64(p + 16), p + ST_RECORD_HEAD, n - ST_RECORD_HEAD};
    if (out->id != id) {
        *why = "the record belongs to another object";
        return ST_CORRUPT;
    }
    return ST_OK;
}
