/* store.h: a byte store: ordered tables of keys and values with snapshots for readers and one writer; what keeps persistent objects on disk.
 *
 * Any number of read transactions, of any threads, beside one write transaction at a time. All errors are values of st_error; a text that says
 * more is in the store (st_last_text) or, from st_open, in the report. Values are copied out, so that damage of a mapped file is met inside of
 * the store and never by whoever decodes.
 * Kinds: a path or `lmdb:PATH` (lmdb.c), `mem:` (mem.c, for tests; with injected faults).
 */
#ifndef TXN_STORE_STORE_H
#define TXN_STORE_STORE_H
#include "base/buf.h"
#include "base/check.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ERROR(name, what it means) */
#define ST_ERRORS(ERROR)                                              \
    ERROR(OK, "done")                                                 \
    ERROR(NOT_FOUND, "no such key")                                   \
    ERROR(FULL, "the disk or the size limit is full")                 \
    ERROR(LOCKED, "another process writes to it")                     \
    ERROR(CORRUPT, "damaged")                                         \
    ERROR(IO, "the operating system refused")                         \
    ERROR(NOT_A_STORE, "there is something else at that place")       \
    ERROR(READONLY, "opened without writing")                         \
    ERROR(MEMORY, "out of memory")                                    \
    ERROR(UNSUPPORTED, "this kind of store or file system cannot be used") \
    ERROR(FORKED, "a forked child may not use its parent's store")    \
    ERROR(ABSENT, "there is no store at that place")
typedef enum st_error {
#define ERROR(name, text) ST_##name,
    ST_ERRORS(ERROR)
#undef ERROR
    ST_ERROR_COUNT
} st_error;
const char *st_error_name(st_error e);           /* "FULL" */

typedef struct st_store st_store;
typedef struct st_txn st_txn;
typedef struct st_cursor st_cursor;

typedef struct st_key { const void *at; size_t n; } st_key;
static inline st_key st_key_int(const uint64_t *k) { return (st_key){k, sizeof *k}; }

/* A table's keys are 64-bit integers in their order (st_key_int), or strings of 1 to ST_KEY_MAX bytes in theirs. */
typedef struct st_table { const char *name; bool int_keys; } st_table;
enum { ST_KEY_MAX = 500, ST_FORMAT = 2, ST_UUID_BYTES = 16 };

typedef struct st_options {
    bool readonly;
    bool must_exist;                             /* ST_ABSENT instead of making one */
    bool keep_format;                            /* one of an older format is not marked as being of the newest; nothing may be written */
    bool nosync;                                 /* commits reach the kernel, not the disk */
    uint64_t max_size;                           /* bytes; 0: as large as the address space allows */
    const st_table *tables;                      /* constant for the store's life */
    unsigned table_count;
} st_options;
typedef struct st_report { int64_t pid; int os_error; char text[300]; } st_report;   /* pid: of the writer that holds the lock */

st_error st_open(const char *url, const st_options *o, st_store **out, st_report *report) MUST_CHECK;
void st_close(st_store *s);                      /* no transaction may be open */
const char *st_last_text(const st_store *s);     /* about the last error of this store; valid until the next */
const uint8_t *st_uuid(const st_store *s);       /* ST_UUID_BYTES */
/* The format that it had before it was opened. One of an older format, opened for writing, has been marked as being of ST_FORMAT: what it holds is a part of that. */
uint32_t st_format(const st_store *s);
const char *st_path(const st_store *s);

/* ---- transactions ---- */
st_error st_read_begin(st_store *s, st_txn **out) MUST_CHECK;
st_error st_write_begin(st_store *s, st_txn **out) MUST_CHECK;    /* waits for another write transaction of this process */
bool st_is_old(const st_txn *t);                 /* a read transaction that keeps pages of some commits from being used again: who reads for long ends it, and begins another */
st_error st_commit(st_txn *t) MUST_CHECK;        /* a write transaction; ends it either way. Durable on return unless nosync */
void st_end(st_txn *t);                          /* ends a read transaction; undoes a write transaction */
st_error st_get(st_txn *t, unsigned table, st_key key, base_buf *value) MUST_CHECK;   /* value is cleared and filled */
st_error st_put(st_txn *t, unsigned table, st_key key, const void *value, size_t n) MUST_CHECK;
st_error st_del(st_txn *t, unsigned table, st_key key) MUST_CHECK;                    /* NOT_FOUND if absent */
st_error st_count(st_txn *t, unsigned table, uint64_t *n) MUST_CHECK;

/* Looks at every page of what the transaction sees, in use or free; CORRUPT: damage was called for each that is damaged. */
st_error st_verify(st_txn *t, void (*damage)(void *arg, uint64_t page, const char *why), void *arg) MUST_CHECK;

/* ---- cursors ---- of one table; their transaction must be open. NOT_FOUND at either end */
typedef enum st_move { ST_FIRST, ST_LAST, ST_NEXT, ST_PREV, ST_AT_OR_AFTER /* key */ } st_move;
st_error st_cursor_open(st_txn *t, unsigned table, st_cursor **out) MUST_CHECK;
st_error st_cursor_move(st_cursor *c, st_move how, st_key key, base_buf *found_key, base_buf *value) MUST_CHECK;  /* either may be NULL */
void st_cursor_close(st_cursor *c);

/* ---- the rest ---- */
st_error st_sync(st_store *s) MUST_CHECK;
typedef struct st_stats {
    uint64_t file_bytes, used_bytes, free_bytes, max_bytes;       /* used: pages in use; free: pages to be used again */
    uint64_t disk_bytes;                                          /* of the file that take room on the disk: less than file_bytes where st_trim made holes */
    uint64_t held_bytes;                                          /* free pages that the oldest reader may still need */
    uint64_t last_txn, oldest_reader;                             /* transaction numbers; oldest_reader 0: no reader */
    unsigned readers;                                             /* of other processes */
    int64_t writer_pid;                                           /* 0: none */
} st_stats;
st_error st_stat(st_store *s, st_stats *out) MUST_CHECK;
/* Memory that only mirrors the file is given back; what is read next comes from the kernel's cache or the disk again. */
void st_rest(st_store *s);
/* The disk gets back what free pages hold of it beyond some percent of what is in use, and so many bytes. Beside commits, which wait for milliseconds; as far as the file system
 * knows holes. */
void st_trim(st_store *s, unsigned percent, uint64_t least);
typedef struct st_progress { void (*tell)(void *arg, const char *what, uint64_t done, uint64_t all); void *arg; } st_progress;    /* tell may be NULL */
/* A copy of the store as of now in a new directory: compacted, on the disk, with its sums. What is damaged is not copied: CORRUPT. */
st_error st_copy(st_store *s, const char *dest, st_progress progress) MUST_CHECK;

/* ---- out of a damaged file ---- nobody may write to it meanwhile (LOCKED). Whatever page is whole is read; record() may get damaged records, and of a
 * key more than one. false from it ends with MEMORY. lost() is told of each page that could not be read. */
typedef struct st_salvage {
    bool (*record)(void *arg, unsigned table, st_key key, const void *value, size_t n);
    void (*lost)(void *arg, const char *text);
    void *arg;
} st_salvage;
st_error st_salvage_run(const char *url, const st_table *tables, unsigned count, const st_salvage *to, st_report *r) MUST_CHECK;

/* ---- faults of `mem:` stores ---- the n-th call from now on that may fail does, with this error, once (0: none) */
void st_mem_fail_after(st_store *s, uint64_t n, st_error e);

/* ---- for those who write a kind of store ---- */
typedef struct st_ops {
    void (*close)(st_store *s);
    st_error (*begin)(st_store *s, bool write, st_txn **out);
    st_error (*commit)(st_txn *t);
    void (*end)(st_txn *t);
    st_error (*get)(st_txn *t, unsigned table, st_key key, base_buf *value);
    st_error (*put)(st_txn *t, unsigned table, st_key key, const void *value, size_t n);
    st_error (*del)(st_txn *t, unsigned table, st_key key);
    st_error (*count)(st_txn *t, unsigned table, uint64_t *n);
    st_error (*cursor_open)(st_txn *t, unsigned table, st_cursor **out);
    st_error (*cursor_move)(st_cursor *c, st_move how, st_key key, base_buf *found_key, base_buf *value);
    void (*cursor_close)(st_cursor *c);
    st_error (*sync)(st_store *s);
    st_error (*stat)(st_store *s, st_stats *out);
    st_error (*copy)(st_store *s, const char *dest, st_progress progress);
    void (*rest)(st_store *s);                   /* NULL: nothing to do */
    st_error (*verify)(st_txn *t, void (*damage)(void *arg, uint64_t page, const char *why), void *arg);      /* NULL: it has no pages */
    bool (*is_old)(const st_txn *t);             /* NULL: none ever is */
    void (*trim)(st_store *s, unsigned percent, uint64_t least);             /* NULL: there is nothing to give back */
} st_ops;
struct st_store { const st_ops *ops; st_options o; char *path; uint8_t uuid[ST_UUID_BYTES]; uint32_t format; unsigned forks /* of the process before it was opened */; char text[300]; };
struct st_txn { st_store *store; bool write; };
struct st_cursor { st_txn *txn; unsigned table; };
st_error st__lmdb_open(const char *path, const st_options *o, st_store **out, st_report *report);
st_error st__mem_open(const char *path, const st_options *o, st_store **out, st_report *report);

#endif
