/* lmdb.c: a store in a directory, kept by LMDB.
 *
 * The directory holds data.mdb and lock.mdb (LMDB's), `writer` (locked by the process that writes, holds its pid) and `apodora-store`, a marker
 * that is written last when a store is made: with it, damage of data.mdb is damage; without it, whatever is there is not ours.
 * Locks: `lock` (rank STORE) around write transactions. Readers take none.
 * D1  LMDB is only entered through SAFELY, which turns its failed assertions and the bus errors of a damaged file into MDB_CORRUPTED.
 *     This is the one place where the program jumps over C frames: LMDB's, after which the environment is never entered again (`damaged`).
 * D2  Values leave the map only as copies made inside of SAFELY.
 * D3  Nothing is written to a directory before it is known to be empty or a store. */
#include "base/lock.h"
#include "base/mem.h"
#include "txn/store/record.h"
#include "txn/store/store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char DATA[] = "data.mdb", WRITER[] = "writer", MARKER[] = "apodora-store", LOCKS[] = "lock.mdb";
enum { ENTRY_OVERHEAD = 16 /* bytes of LMDB's for one entry, about */, META = 0 /* our own table; the caller's are numbered from 1 in dbi[] */, MAX_TABLES = 16 };

typedef struct lmdb_store {
    st_store s;
    base_lock lock;
    MDB_env *env;
    MDB_dbi dbi[MAX_TABLES + 1];
    int writer_fd;                     /* holds the lock on `writer`; -1: read-only */
    _Atomic(bool) damaged;             /* LMDB's state is not to be trusted any more */
    bool reads_alone;                  /* no lock file could be used (read-only medium) */
} lmdb_store;
typedef struct lmdb_txn {
    st_txn t;
    MDB_txn *txn;
    uint64_t used;                     /* with max_size: bytes in use at the begin, and what the puts and deletions add to it */
    int64_t growth;
} lmdb_txn;
typedef struct lmdb_cursor { st_cursor c; MDB_cursor *cursor; bool started; } lmdb_cursor;

/* ---- D1: surviving damage ---- */

static _Thread_local sigjmp_buf *volatile guard;
static struct sigaction had_bus, had_segv;
static pthread_once_t handlers_once = PTHREAD_ONCE_INIT;

static void fault(int sig, siginfo_t *info, void *context) {
    if (guard) siglongjmp(*guard, 1);
    struct sigaction *had = sig == SIGBUS ? &had_bus : &had_segv;
    if (had->sa_flags & SA_SIGINFO) {
        had->sa_sigaction(sig, info, context);
    } else if (had->sa_handler == SIG_DFL || had->sa_handler == SIG_IGN) {
        signal(sig, SIG_DFL);          /* the instruction faults again and ends the process as it should */
    } else {
        had->sa_handler(sig);
    }
}

static void install_handlers(void) {
    struct sigaction a = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    sigemptyset(&a.sa_mask);
    sigaction(SIGBUS, &a, &had_bus);
    sigaction(SIGSEGV, &a, &had_segv);
}

static void assertion(MDB_env *env, const char *text) {
    (void)env, (void)text;
    if (guard) siglongjmp(*guard, 1);
}

static int jumped(lmdb_store *m) {
    guard = NULL;
    atomic_store(&m->damaged, true);
    return MDB_CORRUPTED;
}
#define SAFELY(m, expression)                                       \
    __extension__({                                                 \
        sigjmp_buf here_;                                           \
        volatile int rc_ = MDB_CORRUPTED;                           \
        if (!(m)->damaged) {                                        \
            if (sigsetjmp(here_, 0) == 0) {                         \
                guard = &here_;                                     \
                rc_ = (expression);                                 \
                guard = NULL;                                       \
            } else rc_ = jumped(m);                                 \
        }                                                           \
        (int)rc_;                                                   \
    })

static st_error map_error(lmdb_store *m, int rc) {
    switch (rc) {
    case 0: return ST_OK;
    case MDB_NOTFOUND: return ST_NOT_FOUND;
    case MDB_MAP_FULL: case ENOSPC: case EDQUOT: case EFBIG:
        snprintf(m->s.text, sizeof m->s.text, "%s", rc == MDB_MAP_FULL ? "the store has reached its size limit" : strerror(rc));
        return ST_FULL;
    case ENOMEM: case MDB_TXN_FULL: case MDB_DBS_FULL: case MDB_READERS_FULL: case MDB_CURSOR_FULL:
        snprintf(m->s.text, sizeof m->s.text, "%s", mdb_strerror(rc));
        return rc == ENOMEM ? ST_MEMORY : ST_IO;
    case MDB_CORRUPTED: case MDB_PAGE_NOTFOUND: case MDB_PANIC: case MDB_INVALID: case MDB_VERSION_MISMATCH: case MDB_PAGE_FULL:
    case MDB_INCOMPATIBLE: case MDB_BAD_VALSIZE: case MDB_BAD_TXN: case MDB_BAD_DBI:
        snprintf(m->s.text, sizeof m->s.text, "%.200s/%s: %s", m->s.path, DATA, m->damaged ? "the file is damaged" : mdb_strerror(rc));
        return ST_CORRUPT;
    default:
        snprintf(m->s.text, sizeof m->s.text, "%s", mdb_strerror(rc));
        return ST_IO;
    }
}

/* ---- transactions ---- */

/* Free pages: LMDB's table 0 lists them by transaction; each value begins with their number. */
static int do_free_pages(MDB_txn *txn, uint64_t *pages) {
    MDB_cursor *c;
    MDB_val k, v;
    int rc = mdb_cursor_open(txn, 0, &c);
    if (rc) return rc;
    while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0) {
        size_t n = 0;
        if (v.mv_size >= sizeof n) memcpy(&n, v.mv_data, sizeof n);
        *pages += n;
    }
    mdb_cursor_close(c);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int do_used(lmdb_store *m, lmdb_txn *t) {
    MDB_envinfo info;
    MDB_stat st;
    MDB_txn *reader;
    uint64_t free_pages = 0;
    int rc = mdb_txn_begin(m->env, NULL, MDB_RDONLY, &reader);      /* only readers may look at the free list */
    if (rc) return rc;
    rc = mdb_env_info(m->env, &info);
    if (rc == 0) rc = mdb_env_stat(m->env, &st);
    if (rc == 0) rc = do_free_pages(reader, &free_pages);
    mdb_txn_abort(reader);
    if (rc == 0) t->used = (info.me_last_pgno + 1 - free_pages) * st.ms_psize;
    return rc;
}

static st_error begin(st_store *s, bool write, st_txn **out) {
    lmdb_store *m = (lmdb_store *)s;
    lmdb_txn *t = base_mem_zeroed(sizeof *t);
    if (t == NULL) return ST_MEMORY;
    t->t = (st_txn){s, write};
    if (write) base_lock_take(&m->lock);
    volatile int rc = write && s->o.max_size ? SAFELY(m, do_used(m, t)) : 0;
    if (rc == 0) rc = SAFELY(m, mdb_txn_begin(m->env, NULL, write ? 0 : MDB_RDONLY, &t->txn));
    if (rc) {
        if (write) base_lock_drop(&m->lock);
        base_mem_free(t);
        return map_error(m, rc);
    }
    *out = &t->t;
    return ST_OK;
}

static void finish(lmdb_txn *t) {
    if (t->t.write) base_lock_drop(&((lmdb_store *)t->t.store)->lock);
    base_mem_free(t);
}

static void end(st_txn *txn) {
    lmdb_txn *t = (lmdb_txn *)txn;
    (void)SAFELY((lmdb_store *)txn->store, (mdb_txn_abort(t->txn), 0));
    finish(t);
}

static st_error commit(st_txn *txn) {
    lmdb_txn *t = (lmdb_txn *)txn;
    lmdb_store *m = (lmdb_store *)txn->store;
    if (m->s.o.max_size && t->growth > 0 && t->used + (uint64_t)t->growth > m->s.o.max_size) {
        end(txn);
        return map_error(m, MDB_MAP_FULL);
    }
    int rc = SAFELY(m, mdb_txn_commit(t->txn));
    finish(t);
    return map_error(m, rc);
}

static MDB_val of_key(st_key k) { return (MDB_val){k.n, (void *)(uintptr_t)k.at}; }

static int copy_out(base_buf *b, const MDB_val *v) {
    if (b == NULL) return 0;
    base_buf_clear(b);
    return base_buf_add(b, v->mv_data, v->mv_size) ? 0 : ENOMEM;
}

static int do_get(lmdb_txn *t, MDB_dbi dbi, MDB_val key, base_buf *value) {
    MDB_val v;
    int rc = mdb_get(t->txn, dbi, &key, &v);
    return rc ? rc : copy_out(value, &v);
}

static st_error get(st_txn *txn, unsigned table, st_key key, base_buf *value) {
    lmdb_store *m = (lmdb_store *)txn->store;
    base_buf_clear(value);
    int rc = SAFELY(m, do_get((lmdb_txn *)txn, m->dbi[table + 1], of_key(key), value));
    return rc == MDB_NOTFOUND ? ST_NOT_FOUND : map_error(m, rc);
}

/* The size of what is at the key; counted only where there is a limit. */
static int64_t had(lmdb_txn *t, MDB_dbi dbi, MDB_val key) {
    MDB_val v;
    return mdb_get(t->txn, dbi, &key, &v) == 0 ? (int64_t)(v.mv_size + key.mv_size + ENTRY_OVERHEAD) : 0;
}

static int do_put(lmdb_txn *t, MDB_dbi dbi, MDB_val key, const void *value, size_t n) {
    MDB_val v = {n, (void *)(uintptr_t)value};
    if (t->t.store->o.max_size) t->growth += (int64_t)(n + key.mv_size + ENTRY_OVERHEAD) - had(t, dbi, key);
    return mdb_put(t->txn, dbi, &key, &v, 0);
}

static st_error put(st_txn *txn, unsigned table, st_key key, const void *value, size_t n) {
    lmdb_store *m = (lmdb_store *)txn->store;
    return map_error(m, SAFELY(m, do_put((lmdb_txn *)txn, m->dbi[table + 1], of_key(key), value, n)));
}

static int do_del(lmdb_txn *t, MDB_dbi dbi, MDB_val key) {
    if (t->t.store->o.max_size) t->growth -= had(t, dbi, key);
    return mdb_del(t->txn, dbi, &key, NULL);
}

static st_error del(st_txn *txn, unsigned table, st_key key) {
    lmdb_store *m = (lmdb_store *)txn->store;
    return map_error(m, SAFELY(m, do_del((lmdb_txn *)txn, m->dbi[table + 1], of_key(key))));
}

static st_error count(st_txn *txn, unsigned table, uint64_t *n) {
    lmdb_store *m = (lmdb_store *)txn->store;
    MDB_stat st = {0};
    int rc = SAFELY(m, mdb_stat(((lmdb_txn *)txn)->txn, m->dbi[table + 1], &st));
    *n = st.ms_entries;
    return map_error(m, rc);
}

/* ---- cursors ---- */

static st_error cursor_open(st_txn *txn, unsigned table, st_cursor **out) {
    lmdb_store *m = (lmdb_store *)txn->store;
    lmdb_cursor *c = base_mem_zeroed(sizeof *c);
    if (c == NULL) return ST_MEMORY;
    c->c = (st_cursor){txn, table};
    int rc = SAFELY(m, mdb_cursor_open(((lmdb_txn *)txn)->txn, m->dbi[table + 1], &c->cursor));
    if (rc) base_mem_free(c);
    else *out = &c->c;
    return map_error(m, rc);
}

static int do_move(lmdb_cursor *c, st_move how, st_key key, base_buf *found_key, base_buf *value) {
    static const MDB_cursor_op first[] = {MDB_FIRST, MDB_LAST, MDB_FIRST, MDB_LAST, MDB_SET_RANGE};
    static const MDB_cursor_op later[] = {MDB_FIRST, MDB_LAST, MDB_NEXT, MDB_PREV, MDB_SET_RANGE};
    MDB_val k = of_key(key), v;
    int rc = mdb_cursor_get(c->cursor, &k, &v, (c->started ? later : first)[how]);
    c->started = true;
    if (rc == 0) rc = copy_out(found_key, &k);
    return rc ? rc : copy_out(value, &v);
}

static st_error cursor_move(st_cursor *c, st_move how, st_key key, base_buf *found_key, base_buf *value) {
    lmdb_store *m = (lmdb_store *)c->txn->store;
    return map_error(m, SAFELY(m, do_move((lmdb_cursor *)c, how, key, found_key, value)));
}

static void cursor_close(st_cursor *cursor) {
    lmdb_cursor *c = (lmdb_cursor *)cursor;
    (void)SAFELY((lmdb_store *)cursor->txn->store, (mdb_cursor_close(c->cursor), 0));
    base_mem_free(c);
}

/* ---- the rest ---- */

static st_error sync_store(st_store *s) {
    lmdb_store *m = (lmdb_store *)s;
    return s->o.readonly ? ST_OK : map_error(m, SAFELY(m, mdb_env_sync(m->env, 1)));
}

struct readers { uint64_t oldest; unsigned n; };
static int reader_line(const char *text, void *arg) {
    struct readers *r = arg;
    long pid;
    uint64_t txn;
    char thread[40];
    if (sscanf(text, "%ld %39s %" SCNu64, &pid, thread, &txn) != 3) return 0;
    r->n++;
    if (r->oldest == 0 || txn < r->oldest) r->oldest = txn;
    return 0;
}

static int do_stat(lmdb_store *m, MDB_txn *txn, st_stats *out) {
    MDB_envinfo info;
    MDB_stat st;
    uint64_t free_pages = 0;
    struct readers r = {0};
    int rc = mdb_env_info(m->env, &info);
    if (rc == 0) rc = mdb_env_stat(m->env, &st);
    if (rc == 0) rc = do_free_pages(txn, &free_pages);
    if (rc) return rc;
    (void)mdb_reader_list(m->env, reader_line, &r);
    out->used_bytes = (info.me_last_pgno + 1 - free_pages) * st.ms_psize;
    out->free_bytes = free_pages * st.ms_psize;
    out->max_bytes = info.me_mapsize;
    out->last_txn = info.me_last_txnid;
    out->oldest_reader = r.oldest;
    out->readers = r.n;
    return 0;
}

static int64_t writer_pid(const char *dir) {
    char path[4096];
    snprintf(path, sizeof path, "%.4000s/%s", dir, WRITER);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int64_t pid = fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? (int64_t)l.l_pid : 0;
    close(fd);
    return pid;
}

static st_error stat_store(st_store *s, st_stats *out) {
    lmdb_store *m = (lmdb_store *)s;
    st_txn *t;
    char path[4096];
    struct stat file;
    *out = (st_stats){0};
    st_error e = begin(s, false, &t);
    if (e) return e;
    int rc = SAFELY(m, do_stat(m, ((lmdb_txn *)t)->txn, out));
    end(t);
    if (rc) return map_error(m, rc);
    snprintf(path, sizeof path, "%.4000s/%s", s->path, DATA);
    if (stat(path, &file) == 0) out->file_bytes = (uint64_t)file.st_size;
    out->writer_pid = m->writer_fd >= 0 ? (int64_t)getpid() : writer_pid(s->path);
    return ST_OK;
}

static void close_store(st_store *s) {
    lmdb_store *m = (lmdb_store *)s;
    if (m->env && !m->damaged) (void)SAFELY(m, (mdb_env_close(m->env), 0));
    if (m->writer_fd >= 0) close(m->writer_fd);
    base_lock_release(&m->lock);
    base_mem_free(s->path);
    base_mem_free(m);
}

static st_error write_marker(lmdb_store *m, const char *dir) {
    char path[4096], text[100];
    int n = snprintf(text, sizeof text, "apodora store, format %d\n", ST_FORMAT);
    snprintf(path, sizeof path, "%.4000s/%s", dir, MARKER);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, (size_t)n) == n && fsync(fd) == 0;
    int err = errno;
    if (fd >= 0) close(fd);
    int d = ok ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (d >= 0) (void)fsync(d), close(d);
    return ok ? ST_OK : map_error(m, err);
}

static st_error copy_store(st_store *s, const char *dest) {
    lmdb_store *m = (lmdb_store *)s;
    if (mkdir(dest, 0700) != 0) return map_error(m, errno);
    int rc = SAFELY(m, mdb_env_copy2(m->env, dest, MDB_CP_COMPACT));
    if (rc) return map_error(m, rc);
    char path[4096];
    snprintf(path, sizeof path, "%.4000s/%s", dest, DATA);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) rc = errno;
    if (fd >= 0) close(fd);
    return rc ? map_error(m, rc) : write_marker(m, dest);
}

static const st_ops ops = {close_store, begin,       commit,      end,          get,        put,        del,
                           count,       cursor_open, cursor_move, cursor_close, sync_store, stat_store, copy_store};

/* ---- opening ---- */

typedef enum place { EMPTY, UNFINISHED, OURS, OTHER, GONE, TROUBLE } place;

/* Does the file begin like one of LMDB's? */
static bool lmdb_magic(const char *path, off_t *size) {
    unsigned char head[24];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *size = -1;
    if (fd < 0) return false;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (ok) *size = st.st_size;
    ok = ok && read(fd, head, sizeof head) == (ssize_t)sizeof head && st_load32(head + 16) == 0xBEEFC0DEu;
    close(fd);
    return ok;
}

/* What is at dir, without touching it. */
static place look(const char *dir, bool *data_whole) {
    struct stat st;
    char path[4096];
    bool marker = false, data = false, other = false;
    off_t size;
    *data_whole = false;
    if (stat(dir, &st) != 0) return errno == ENOENT ? GONE : TROUBLE;
    if (!S_ISDIR(st.st_mode)) return OTHER;
    DIR *d = opendir(dir);
    if (d == NULL) return TROUBLE;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (strcmp(e->d_name, MARKER) == 0) marker = true;
        else if (strcmp(e->d_name, DATA) == 0) data = true;
        else if (strcmp(e->d_name, LOCKS) != 0 && strcmp(e->d_name, WRITER) != 0) other = true;
    }
    closedir(d);
    snprintf(path, sizeof path, "%.4000s/%s", dir, DATA);
    *data_whole = lmdb_magic(path, &size);
    if (marker) return OURS;
    if (other) return OTHER;
    if (!data) return EMPTY;
    return *data_whole || size == 0 ? UNFINISHED : OTHER;      /* making it was interrupted */
}

/* File systems on which a memory-mapped file is not the same for all who map it. */
static const char *network_file_system(const char *dir) {
    static const struct { uint32_t magic; const char *name; } table[] = {
        {0x6969, "NFS"}, {0x517B, "SMB"}, {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB2"}, {0x5346414F, "AFS"},
        {0x00c36400, "Ceph"}, {0x73757245, "Coda"}, {0x564c, "NCP"}, {0x0BD00BD0, "Lustre"}, {0x7461636f, "OCFS2"},
    };
    struct statfs fs;
    if (statfs(dir, &fs) != 0) return NULL;
    for (size_t i = 0; i < BASE_LENGTH(table); i++)
        if ((uint32_t)fs.f_type == table[i].magic) return table[i].name;
    return NULL;
}

#define REPORT(r, ...) snprintf((r)->text, sizeof (r)->text, __VA_ARGS__)

static st_error take_writer_lock(lmdb_store *m, st_report *r) {
    char path[4096], text[32];
    snprintf(path, sizeof path, "%.4000s/%s", m->s.path, WRITER);
    m->writer_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (m->writer_fd < 0) {
        r->os_error = errno;
        REPORT(r, "%.200s: %s", path, strerror(errno));
        return ST_IO;
    }
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(m->writer_fd, F_SETLK, &l) == 0) {
        int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        if (ftruncate(m->writer_fd, 0) != 0 || pwrite(m->writer_fd, text, (size_t)n, 0) != n) { /* the pid is for people; the lock counts */ }
        return ST_OK;
    }
    l = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(m->writer_fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK) r->pid = l.l_pid;
    if (r->pid <= 0) {
        ssize_t n = pread(m->writer_fd, text, sizeof text - 1, 0);
        text[n > 0 ? n : 0] = 0;
        r->pid = atol(text);
    }
    close(m->writer_fd);
    m->writer_fd = -1;
    REPORT(r, "%.200s is being written by process %" PRId64, m->s.path, r->pid);
    return ST_LOCKED;
}

/* The header record of a store, in its own table: magic text, format number, UUID. */
static const char HEADER_KEY[] = "apodora";
enum { HEADER_BYTES = 4 + ST_UUID_BYTES };

static int make_tables(lmdb_store *m, MDB_txn *txn, bool create) {
    unsigned flag = create ? MDB_CREATE : 0;
    int rc = mdb_dbi_open(txn, "meta", flag, &m->dbi[META]);
    for (unsigned i = 0; rc == 0 && i < m->s.o.table_count; i++)
        rc = mdb_dbi_open(txn, m->s.o.tables[i].name, flag | (m->s.o.tables[i].int_keys ? MDB_INTEGERKEY : 0), &m->dbi[i + 1]);
    return rc;
}

static int write_header(lmdb_store *m, MDB_txn *txn) {
    uint8_t payload[HEADER_BYTES];
    base_buf b;
    st_store32(payload, ST_FORMAT);
    if (getrandom(payload + 4, ST_UUID_BYTES, 0) != ST_UUID_BYTES) return errno;
    payload[4 + 6] = (uint8_t)((payload[4 + 6] & 0x0f) | 0x40);       /* RFC 4122, version 4 */
    payload[4 + 8] = (uint8_t)((payload[4 + 8] & 0x3f) | 0x80);
    memcpy(m->s.uuid, payload + 4, ST_UUID_BYTES);
    base_buf_init(&b);
    size_t start = st_record_start(&b, 'H', 0, 0);
    base_buf_add(&b, payload, sizeof payload);
    st_record_finish(&b, start);
    MDB_val k = {sizeof HEADER_KEY - 1, (void *)(uintptr_t)HEADER_KEY}, v = {b.n, b.at};
    int rc = b.failed ? ENOMEM : mdb_put(txn, m->dbi[META], &k, &v, 0);
    base_buf_release(&b);
    return rc;
}

enum { NO_HEADER = 1, NEWER_FORMAT = 2 };    /* positive numbers that no errno of these calls is */

static int read_header(lmdb_store *m, MDB_txn *txn) {
    MDB_val k = {sizeof HEADER_KEY - 1, (void *)(uintptr_t)HEADER_KEY}, v;
    st_record rec;
    const char *why;
    int rc = mdb_get(txn, m->dbi[META], &k, &v);
    if (rc == MDB_NOTFOUND) return NO_HEADER;
    if (rc) return rc;
    if (st_record_open(v.mv_data, v.mv_size, 0, &rec, &why) != ST_OK || rec.n != HEADER_BYTES) return MDB_CORRUPTED;
    if (st_load32(rec.payload) != ST_FORMAT) return NEWER_FORMAT;
    memcpy(m->s.uuid, rec.payload + 4, ST_UUID_BYTES);
    return 0;
}

/* Opens the tables, or makes them. */
static int set_up(lmdb_store *m, bool create) {
    MDB_txn *txn;
    int rc = mdb_txn_begin(m->env, NULL, m->s.o.readonly ? MDB_RDONLY : 0, &txn);
    if (rc) return rc;
    rc = make_tables(m, txn, create);
    if (rc == MDB_NOTFOUND) rc = NO_HEADER;
    if (rc == 0) rc = read_header(m, txn);
    if (rc == NO_HEADER && create) rc = write_header(m, txn);
    if (rc) mdb_txn_abort(txn);
    else rc = mdb_txn_commit(txn);
    return rc;
}

/* The file must be as long as its newest meta page says, or reading would run off its end. */
static int check_length(lmdb_store *m) {
    MDB_envinfo info;
    MDB_stat st;
    struct stat file;
    int fd, rc = mdb_env_info(m->env, &info);
    if (rc == 0) rc = mdb_env_stat(m->env, &st);
    if (rc == 0) rc = mdb_env_get_fd(m->env, &fd);
    if (rc) return rc;
    if (fstat(fd, &file) != 0) return errno;
    return (uint64_t)file.st_size < (info.me_last_pgno + 1) * (uint64_t)st.ms_psize ? MDB_CORRUPTED : 0;
}

/* Is it the file's own wrong idea of its size that cannot be mapped? */
static bool could_map(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p != MAP_FAILED && munmap(p, bytes) == 0;
}

static int open_env(lmdb_store *m) {
    /* A full store must have room for deleting from it: pages are copied before they are freed. */
    volatile uint64_t size = m->s.o.max_size ? m->s.o.max_size + m->s.o.max_size / 4 + (UINT64_C(1) << 20) : UINT64_C(1) << 40;
    volatile unsigned flags = MDB_NOTLS | (m->s.o.readonly ? MDB_RDONLY : 0) | (m->s.o.nosync ? MDB_NOSYNC : 0);
    size = (size + 65535) & ~UINT64_C(65535);
    for (;;) {
        int rc = mdb_env_create(&m->env);
        if (rc) return rc;
        rc = mdb_env_set_mapsize(m->env, size);
        if (rc == 0) rc = mdb_env_set_maxdbs(m->env, MAX_TABLES + 1);
        if (rc == 0) rc = mdb_env_set_maxreaders(m->env, 510);
        if (rc == 0) rc = mdb_env_set_assert(m->env, assertion);
        if (rc == 0) rc = SAFELY(m, mdb_env_open(m->env, m->s.path, flags, 0600));
        if (rc == 0) return 0;
        if (m->damaged) return rc;
        mdb_env_close(m->env);
        m->env = NULL;
        if ((rc == EROFS || rc == EACCES) && m->s.o.readonly && !(flags & MDB_NOLOCK)) {
            flags |= MDB_NOLOCK;            /* a read-only medium: nobody writes there */
            continue;
        }
        if (rc == ENOMEM && size <= UINT64_C(1) << 24) return could_map((size_t)size) ? MDB_CORRUPTED : rc;
        if (rc != ENOMEM || m->s.o.max_size) return rc;
        size /= 2;                          /* less address space than that (ulimit -v) */
    }
}

static st_error refuse(lmdb_store *m, st_report *r, int rc) {
    if (rc == NO_HEADER) {
        REPORT(r, "%.200s holds a database that is not an apodora store", m->s.path);
        return ST_NOT_A_STORE;
    }
    if (rc == NEWER_FORMAT) {
        REPORT(r, "%.200s was written in a newer format", m->s.path);
        return ST_UNSUPPORTED;
    }
    st_error e = map_error(m, rc);
    if (e == ST_CORRUPT) REPORT(r, "%.200s/%s is damaged", m->s.path, DATA);
    else REPORT(r, "%.150s: %.140s", m->s.path, m->s.text[0] ? m->s.text : st_error_name(e));
    r->os_error = e == ST_IO && rc > 0 ? rc : 0;
    return e;
}

/* Is this a place for a store? Makes the directory if asked to. *create: nothing of a store is there yet. */
static st_error prepare_place(lmdb_store *m, st_report *r, place *what) {
    const char *dir = m->s.path;
    bool whole, may_create = !m->s.o.readonly && !m->s.o.must_exist;
    *what = look(dir, &whole);
    if (*what == TROUBLE) {
        r->os_error = errno;
        REPORT(r, "%.200s: %s", dir, strerror(errno));
        return ST_IO;
    }
    if (*what == OTHER) {
        REPORT(r, "%.200s is not an apodora store", dir);
        return ST_NOT_A_STORE;
    }
    if (*what == OURS && !whole) {
        REPORT(r, "%.200s/%s is missing or damaged", dir, DATA);
        return ST_CORRUPT;
    }
    if (*what != OURS && !may_create) {
        REPORT(r, "there is no store at %.200s", dir);
        return *what == GONE || *what == UNFINISHED ? ST_ABSENT : ST_NOT_A_STORE;
    }
    if (*what == GONE && mkdir(dir, 0700) != 0) {
        r->os_error = errno;
        REPORT(r, "%.200s: %s", dir, strerror(errno));
        return ST_IO;
    }
    const char *net = network_file_system(dir);
    if (net) {
        if (*what == GONE) (void)rmdir(dir);
        REPORT(r, "%.200s lies on a network file system (%s)", dir, net);
        return ST_UNSUPPORTED;
    }
    return ST_OK;
}

static st_error open_at(lmdb_store *m, st_report *r) {
    place what;
    st_error e = prepare_place(m, r, &what);
    if (e) return e;
    if (!m->s.o.readonly && (e = take_writer_lock(m, r)) != ST_OK) return e;
    int rc = open_env(m);
    if (rc == 0) rc = SAFELY(m, check_length(m));
    if (rc == 0) {
        int dead;
        (void)SAFELY(m, mdb_reader_check(m->env, &dead));
        rc = SAFELY(m, set_up(m, what != OURS));
    }
    if (rc == NO_HEADER && what == OURS) rc = MDB_CORRUPTED;
    if (rc) return refuse(m, r, rc);
    if (what == OURS) return ST_OK;
    rc = SAFELY(m, mdb_env_sync(m->env, 1));
    if (rc == 0 && (e = write_marker(m, m->s.path)) == ST_OK) return ST_OK;
    return rc ? refuse(m, r, rc) : e;
}

st_error st__lmdb_open(const char *path, const st_options *o, st_store **out, st_report *report) {
    lmdb_store *m = base_mem_zeroed(sizeof *m);
    if (m == NULL) return ST_MEMORY;
    pthread_once(&handlers_once, install_handlers);
    m->s.ops = &ops;
    m->s.o = *o;
    m->writer_fd = -1;
    base_lock_init(&m->lock, BASE_RANK_STORE, "store");
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    m->s.path = base_mem_text_n(path, n);
    st_error e = m->s.path == NULL || o->table_count > MAX_TABLES ? ST_MEMORY : open_at(m, report);
    if (e == ST_OK) *out = &m->s;
    else close_store(&m->s);
    return e;
}
