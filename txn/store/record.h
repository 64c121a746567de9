/* record.h: the frame around every record: what it is, whose it is, when it was written, and a checksum over all of it, so that a damaged,
 * lost, swapped or stale one is noticed.
 *
 *     offset  bytes
 *     0       4      CRC-32C of all that follows
 *     4       1      format (ST_RECORD_FORMAT)
 *     5       1      kind, the upper layer's
 *     6       2      zero
 *     8       8      id
 *     16      8      commit number
 *     24             payload
 * All numbers are little-endian. */
#ifndef TXN_STORE_RECORD_H
#define TXN_STORE_RECORD_H
#include "base/buf.h"
#include "txn/store/store.h"

enum { ST_RECORD_FORMAT = 1, ST_RECORD_HEAD = 24 };
typedef struct st_record { uint8_t kind; uint64_t id, commit; const uint8_t *payload; size_t n; } st_record;

/* Begins a frame at b's end; write the payload, then st_record_finish(b, start). Failures are in b->failed. */
size_t st_record_start(base_buf *b, uint8_t kind, uint64_t id, uint64_t commit);
void st_record_finish(base_buf *b, size_t start);
/* Takes a frame apart. CORRUPT: why (a constant text) says what is wrong. id: what it must be. The record points into the bytes. */
st_error st_record_open(const void *bytes, size_t n, uint64_t id, st_record *out, const char **why) MUST_CHECK;

static inline void st_store32(uint8_t *p, uint32_t x) { for (int i = 0; i < 4; i++) p[i] = (uint8_t)(x >> 8 * i); }
static inline void st_store64(uint8_t *p, uint64_t x) { for (int i = 0; i < 8; i++) p[i] = (uint8_t)(x >> 8 * i); }
static inline uint32_t st_load32(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }
static inline uint64_t st_load64(const uint8_t *p) { return st_load32(p) | (uint64_t)st_load32(p + 4) << 32; }
static inline void st_store64_be(uint8_t *p, uint64_t x) { for (int i = 0; i < 8; i++) p[i] = (uint8_t)(x >> (56 - 8 * i)); }   /* in byte order: for keys */
static inline uint64_t st_load64_be(const uint8_t *p) {
    uint64_t x = 0;
    for (int i = 0; i < 8; i++) x = x << 8 | p[i];
    return x;
}

#endif
