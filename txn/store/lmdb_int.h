/* lmdb_int.h: what the two files of the LMDB store share.  lmdb.c: transactions; lmdb_open.c: directories, opening and closing. */
#ifndef TXN_STORE_LMDB_INT_H
#define TXN_STORE_LMDB_INT_H
#include "base/lock.h"
#include "txn/store/pages.h"
#include "txn/store/record.h"
#include "txn/store/store.h"
#include <lmdb.h>
#include <pthread.h>
#include <setjmp.h>

#define ST__DATA "data.mdb"
#define ST__WRITER "writer"
#define ST__MARKER "apodora-store"
#define ST__LOCKS "lock.mdb"
enum { ST__META = 0 /* our own table; the caller's are numbered from 1 in dbi[] */, ST__MAX_TABLES = 16, ST__PATH = 4096 };
enum { ST__FAULTY = 10000 /* instead of an error of LMDB's: the text is set */, ST__JUMPED = 10001 /* an access to the file failed */ };

/* ---- lmdb_readers.c ---- */
typedef struct st__reader { struct st__reader *older, *newer; uint64_t snapshot; const void *thread; bool awaited /* somebody waits for it */, excused; } st__reader;
typedef struct st__readers {
    base_lock lock;
    st__reader *oldest, *newest;       /* under lock */
    _Atomic(uint32_t) left;            /* counts those that left and were awaited; writers sleep on it */
    _Atomic(uint64_t) now;             /* the snapshot that the last write transaction began with */
} st__readers;
void st__reader_enter(st__readers *rs, st__reader *r, uint64_t snapshot);
void st__reader_leave(st__readers *rs, st__reader *r);
bool st__reader_is_old(const st__readers *rs, const st__reader *r);
void st__readers_hurry(st__readers *rs);                 /* waits a while for old snapshots to end; by who is going to write, before it has the store's lock */
/* Waits until all snapshots before that one have ended but those of the calling thread. false: the time was over; nobody waits for the rest again. */
bool st__readers_await(st__readers *rs, uint64_t before, int64_t ns);

typedef struct st__lmdb {
    st_store s;
    base_lock lock;
    st__readers readers;
    MDB_env *env;
    MDB_dbi dbi[ST__MAX_TABLES + 1];
    st__map map;                       /* the same file, as we read it */
    st__sums sums;                     /* of the map's pages */
    int writer_fd;                     /* holds the lock on `writer`; -1: read-only */
    _Atomic(bool) damaged;             /* LMDB met what it cannot bear while it wrote: it writes no more */
    pthread_rwlock_t entry;            /* readers enter and leave LMDB under it, opening it again excludes them */
    _Atomic(uint64_t) opened;          /* counts openings: a transaction of an earlier one is void.  written under entry */
    bool marked;                       /* its header says ST_FORMAT */
    bool panicked;                     /* LMDB refuses everything since a meta page could not be written; to be opened again.  under lock */
    uint64_t panicked_in;              /* the number of the transaction that failed */
    uint8_t older_meta[ST_META_END];   /* the meta page that the write transaction will replace.  under lock */
    bool free_vetted;                  /* the list of free pages was looked at, before LMDB took from it.  under lock */
    _Atomic(uint64_t) seen_txn;        /* read-only: the snapshot that the map's checked pages belong to */
} st__lmdb;

extern _Thread_local sigjmp_buf *volatile st__guard;
int st__jumped(st__lmdb *m);
/* Calls LMDB where it may write: a failed assertion or a bad access ends in MDB_CORRUPTED, and in no further call. */
#define SAFELY(m, expression)                                       \
    __extension__({                                                 \
        sigjmp_buf here_;                                           \
        volatile int rc_ = MDB_CORRUPTED;                           \
        if (!(m)->damaged) {                                        \
            if (sigsetjmp(here_, 0) == 0) {                         \
                st__guard = &here_;                                 \
                rc_ = (expression);                                 \
                st__guard = NULL;                                   \
            } else rc_ = st__jumped(m);                             \
        }                                                           \
        (int)rc_;                                                   \
    })
/* Reads, by our own code or by calls of LMDB's that change nothing: what fails, fails alone. */
#define GUARDED(expression)                                         \
    __extension__({                                                 \
        sigjmp_buf here_;                                           \
        volatile int rc_ = ST__JUMPED;                              \
        if (sigsetjmp(here_, 0) == 0) {                             \
            st__guard = &here_;                                     \
            rc_ = (expression);                                     \
        }                                                           \
        st__guard = NULL;                                           \
        (int)rc_;                                                   \
    })
void st__guard_install(void);
void st__guard_ready(void);                              /* installs the handlers once; before GUARDED and SAFELY */
void st__guard_assertion(MDB_env *env, const char *text);
st_error st__lmdb_error(st__lmdb *m, int rc);            /* a result of LMDB's, an errno, FAULTY or JUMPED */
int st__lmdb_fault(st__lmdb *m, const st__fault *f);     /* sets the text; FAULTY */
int64_t st__lmdb_writer_pid(const char *dir);
st_error st__lmdb_mark(st__lmdb *m, const char *dir);    /* writes the marker: now it is a store */
void st__lmdb_close(st_store *s);
int st__lmdb_look(st__lmdb *m, int (*look)(st__lmdb *m, const st__meta *snapshot)) MUST_CHECK;      /* at the newest snapshot, which is protected meanwhile */
int st__lmdb_reopen(st__lmdb *m, uint64_t failed);       /* after LMDB has panicked in that transaction: takes it back, and opens LMDB again */
void st__lmdb_trim(st_store *s, unsigned percent, uint64_t least);
extern const st_ops st__lmdb_ops;

#endif
