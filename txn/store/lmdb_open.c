/* lmdb_open.c: making, opening and closing a store in a directory (see lmdb_int.h).
 *
 * The directory holds data.mdb and lock.mdb (LMDB's), `writer` (locked by the process that writes, holds its pid) and `apodora-store`, a marker
 * that is written last when a store is made: with it, damage of data.mdb is damage; without it, whatever is there is not ours.
 * Locks: none; a store is opened and closed by one thread.
 * O1  Nothing is written to a directory before it is known to be empty or a store.
 * O2  LMDB opens no file whose meta pages we have not looked at, and walks no tree before we have looked at the list of tables.  (look_at_metas, look_at_tables)
 * O3  Another process may be writing while this one opens the store to read: then the tables are looked at in a read transaction, whose snapshot is protected. Before LMDB is open there is
 *     no such thing; of what is not protected only the meta pages are read (P4).  LMDB walks nothing in a process that only reads. */
#include "txn/store/lmdb_int.h"
#include "base/mem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { READERS_NS = INT64_C(5000000000) };
static pthread_once_t handlers_once = PTHREAD_ONCE_INIT;

void st__guard_ready(void) { pthread_once(&handlers_once, st__guard_install); }

int64_t st__lmdb_writer_pid(const char *dir) {
    char path[4096];
    snprintf(path, sizeof path, "%.4000s/%s", dir, ST__WRITER);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int64_t pid = fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? (int64_t)l.l_pid : 0;
    close(fd);
    return pid;
}

static int close_sums(st__lmdb *m) {
    st__meta now;
    st__fault f;
    bool known = m->sums.at && m->map.at && !m->damaged && st__map_meta(&m->map, 0, &now, &f) == ST__FOUND;
    st__sums_close(&m->sums, known ? now.txn : 0, known ? st__map_meta_sum(&m->map, now.txn) : 0);
    return 0;
}

void st__lmdb_close(st_store *s) {
    st__lmdb *m = (st__lmdb *)s;
    if (m->env && !m->damaged) (void)SAFELY(m, (mdb_env_close(m->env), 0));
    (void)GUARDED(close_sums(m));
    st__map_close(&m->map);
    if (m->writer_fd >= 0) close(m->writer_fd);
    base_lock_release(&m->lock);
    base_lock_release(&m->readers.lock);
    pthread_rwlock_destroy(&m->entry);
    base_mem_free(s->path);
    base_mem_free(m);
}

st_error st__lmdb_mark(st__lmdb *m, const char *dir) {
    char path[4096], text[100];
    int n = snprintf(text, sizeof text, "apodora store, format %u\n", m->s.o.readonly || m->s.o.keep_format ? m->s.format : ST_FORMAT);
    snprintf(path, sizeof path, "%.4000s/%s", dir, ST__MARKER);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, (size_t)n) == n && fsync(fd) == 0;
    int err = errno;
    if (fd >= 0) close(fd);
    int d = ok ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (d >= 0) (void)fsync(d), close(d);
    return ok ? ST_OK : st__lmdb_error(m, err);
}

/* ---- places ---- */

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
    bool marker = false, data = false, writer = false, other = false;
    off_t size;
    *data_whole = false;
    if (stat(dir, &st) != 0) return errno == ENOENT ? GONE : TROUBLE;
    if (!S_ISDIR(st.st_mode)) return OTHER;
    DIR *d = opendir(dir);
    if (d == NULL) return TROUBLE;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (strcmp(e->d_name, ST__MARKER) == 0) marker = true;
        else if (strcmp(e->d_name, ST__DATA) == 0) data = true;
        else if (strcmp(e->d_name, ST__WRITER) == 0) writer = true;
        else if (strcmp(e->d_name, ST__LOCKS) != 0) other = true;
    }
    closedir(d);
    snprintf(path, sizeof path, "%.4000s/%s", dir, ST__DATA);
    *data_whole = lmdb_magic(path, &size);
    if (marker) return OURS;
    if (other) return OTHER;
    if (!data) return EMPTY;
    return writer && (*data_whole || size == 0) ? UNFINISHED : OTHER;      /* we make `writer` before the rest: making it was interrupted */
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

static st_error take_writer_lock(st__lmdb *m, st_report *r) {
    char path[4096], text[32];
    snprintf(path, sizeof path, "%.4000s/%s", m->s.path, ST__WRITER);
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

enum { NO_HEADER = 1, NEWER_FORMAT = 2 };    /* positive numbers that no errno of these calls is */

static int make_tables(st__lmdb *m, MDB_txn *txn, bool create) {
    unsigned flag = create ? MDB_CREATE : 0;
    int rc = mdb_dbi_open(txn, "meta", flag, &m->dbi[ST__META]);
    for (unsigned i = 0; rc == 0 && i < m->s.o.table_count; i++)
        rc = mdb_dbi_open(txn, m->s.o.tables[i].name, flag | (m->s.o.tables[i].int_keys ? MDB_INTEGERKEY : 0), &m->dbi[i + 1]);
    return rc;
}

static int make_uuid(st__lmdb *m) {
    if (getrandom(m->s.uuid, ST_UUID_BYTES, 0) != ST_UUID_BYTES) return errno;
    m->s.uuid[6] = (uint8_t)((m->s.uuid[6] & 0x0f) | 0x40);           /* RFC 4122, version 4 */
    m->s.uuid[8] = (uint8_t)((m->s.uuid[8] & 0x3f) | 0x80);
    m->s.format = ST_FORMAT;
    return 0;
}

static int write_header(st__lmdb *m, MDB_txn *txn) {
    uint8_t payload[HEADER_BYTES];
    base_buf b;
    st_store32(payload, ST_FORMAT);
    memcpy(payload + 4, m->s.uuid, ST_UUID_BYTES);
    base_buf_init(&b);
    size_t start = st_record_start(&b, 'H', 0, 0);
    base_buf_add(&b, payload, sizeof payload);
    st_record_finish(&b, start);
    MDB_val k = {sizeof HEADER_KEY - 1, (void *)(uintptr_t)HEADER_KEY}, v = {b.n, b.at};
    int rc = b.failed ? ENOMEM : mdb_put(txn, m->dbi[ST__META], &k, &v, 0);
    base_buf_release(&b);
    return rc;
}

/* ---- what is in the file ---- by our own reader */

static int read_header(st__lmdb *m, const st__meta *meta, const st__tree *t) {
    st__item i;
    st__fault f;
    st_record rec;
    const char *why;
    st__found found = st__tree_find(&m->map, meta, t, (st_key){HEADER_KEY, sizeof HEADER_KEY - 1}, &i, &f);
    if (found != ST__FOUND) return found == ST__ABSENT ? NO_HEADER : st__lmdb_fault(m, &f);
    if (st_record_open(i.value, i.n, 0, &rec, &why) != ST_OK || rec.n != HEADER_BYTES) return st__lmdb_fault(m, &(st__fault){"the header of the store is damaged", 0});
    uint32_t format = st_load32(rec.payload);
    if (format == 0) return st__lmdb_fault(m, &(st__fault){"the header of the store is damaged", 0});
    if (!m->s.format) m->s.format = format;
    if (format > ST_FORMAT) return NEWER_FORMAT;
    memcpy(m->s.uuid, rec.payload + 4, ST_UUID_BYTES);
    return 0;
}

/* Walks the list of tables, so that LMDB may; it must be that of ours. NO_HEADER: it is not a store, or not yet. */
static int look_at_tables(st__lmdb *m, const st__meta *meta) {
    st__place p;
    st__item i;
    st__fault f;
    st__tree t;
    unsigned tables = 0;
    int rc = NO_HEADER;
    if (meta->main.entries == 0) return 0;               /* a store that was being made */
    st__found found = st__tree_seek(&m->map, meta, &meta->main, (st_key){0}, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(&m->map, meta, &meta->main, &p, 1, &i, &f), tables++) {
        bool header = i.key.n == 4 && memcmp(i.key.at, "meta", 4) == 0, ours = header, ints = false;
        for (unsigned k = 0; k < m->s.o.table_count && !ours; k++) {
            ours = strlen(m->s.o.tables[k].name) == i.key.n && memcmp(i.key.at, m->s.o.tables[k].name, i.key.n) == 0;
            ints = ours && m->s.o.tables[k].int_keys;
        }
        if (!ours) return NO_HEADER;
        if (!st__tree_of_item(&i, ints, meta->last, &t)) return st__lmdb_fault(m, &(st__fault){"the root of a table is impossible", p.page[p.n - 1]});
        if (header && (rc = read_header(m, meta, &t)) != 0) return rc;
    }
    if (found == ST__BAD) return st__lmdb_fault(m, &f);
    return tables == m->s.o.table_count + 1 ? rc : NO_HEADER;
}

static int look_at_metas(st__lmdb *m) {
    st__meta meta;
    st__fault f;
    bool agree = st__map_metas_agree(&m->map, &f);
    for (int tries = 0; !agree && m->s.o.readonly && tries < 100; tries++) agree = st__map_metas_agree(&m->map, &f);      /* a writer may be at work */
    if (!agree) return st__lmdb_fault(m, &f);
    st__found found = st__map_meta(&m->map, 0, &meta, &f);
    return found == ST__FOUND ? 0 : st__lmdb_fault(m, found == ST__BAD ? &f : &(st__fault){"the meta pages do not come to rest", 0});
}

/* ---- opening ---- */

/* Is it the file's own wrong idea of its size that cannot be mapped? */
static bool could_map(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p != MAP_FAILED && munmap(p, bytes) == 0;
}

/* Address space for the file: it cannot outgrow its file system by much. */
static NOINLINE uint64_t map_size(const st__lmdb *m) {
    struct statvfs fs;
    uint64_t size = UINT64_C(1) << 36;
    /* A full store must have room for deleting from it: pages are copied before they are freed. */
    if (m->s.o.max_size) return (m->s.o.max_size + m->s.o.max_size / 4 + (UINT64_C(1) << 20) + 65535) & ~UINT64_C(65535);
    if (statvfs(m->s.path, &fs) == 0)
        while (size < UINT64_C(1) << 40 && size < 2 * (uint64_t)fs.f_blocks * fs.f_frsize) size *= 2;
    return size;
}

static int open_map(st__lmdb *m, uint64_t size) {
    char path[ST__PATH];
    struct stat st;
    st__fault f;
    snprintf(path, sizeof path, "%.4000s/%s", m->s.path, ST__DATA);
    if (stat(path, &st) != 0) return errno;
    int rc = st__map_open(&m->map, path, (size_t)st.st_size > size ? ((size_t)st.st_size + 65535) & ~(size_t)65535 : size, &f);
    return rc == EINVAL && f.why ? st__lmdb_fault(m, &f) : rc;
}

static int open_env(st__lmdb *m, uint64_t size) {
    volatile unsigned flags = MDB_NOTLS | (m->s.o.readonly ? MDB_RDONLY : 0) | (m->s.o.nosync ? MDB_NOSYNC : 0);
    for (;;) {
        int rc = mdb_env_create(&m->env);
        if (rc) return rc;
        rc = mdb_env_set_mapsize(m->env, size);
        if (rc == 0) rc = mdb_env_set_maxdbs(m->env, ST__MAX_TABLES + 1);
        if (rc == 0) rc = mdb_env_set_maxreaders(m->env, 510);
        if (rc == 0) rc = mdb_env_set_assert(m->env, st__guard_assertion);
        if (rc == 0) rc = SAFELY(m, mdb_env_open(m->env, m->s.path, flags, 0600));
        if (rc == 0) return 0;
        if (m->damaged) return rc;
        mdb_env_close(m->env);
        m->env = NULL;
        if ((rc != EROFS && rc != EACCES) || !m->s.o.readonly || (flags & MDB_NOLOCK)) return rc;
        flags |= MDB_NOLOCK;                /* a read-only medium: nobody writes there */
    }
}

/* Both maps of the file: ours first where there is one already. */
static int open_maps(st__lmdb *m, bool exists) {
    for (volatile uint64_t size = map_size(m);; size /= 2) {
        int rc = exists ? open_map(m, size) : 0;
        if (rc == 0 && exists) rc = GUARDED(look_at_metas(m));
        if (rc == 0) rc = open_env(m, size);
        if (rc == 0 && !exists) rc = open_map(m, size);
        if (rc != ENOMEM) return rc;
        st__map_close(&m->map);             /* less address space than that (ulimit -v) */
        if (m->env) mdb_env_close(m->env);
        m->env = NULL;
        if (m->s.o.max_size) return rc;
        if (size <= UINT64_C(1) << 24) return could_map((size_t)size) ? MDB_CORRUPTED : rc;
    }
}

static bool is_older(const st__lmdb *m) { return !m->s.o.readonly && !m->s.o.keep_format && m->s.format && m->s.format < ST_FORMAT; }

/* Opens the tables, or makes them. */
static int set_up(st__lmdb *m, bool create) {
    MDB_txn *txn;
    bool header = create || (is_older(m) && !m->marked);
    int rc = create ? make_uuid(m) : 0;
    if (rc == 0) rc = mdb_txn_begin(m->env, NULL, header ? 0 : MDB_RDONLY, &txn);
    if (rc) return rc;
    rc = make_tables(m, txn, create);
    if (rc == MDB_NOTFOUND) rc = NO_HEADER;
    if (rc == 0 && header) rc = write_header(m, txn);
    if (rc) mdb_txn_abort(txn);
    else rc = mdb_txn_commit(txn);
    m->marked = rc == 0;
    return rc;
}

/* What the failed commit left in the meta page: back to what was there, on the disk too. */
static __attribute__((noinline)) int restore_meta(st__lmdb *m, uint64_t failed) {
    char path[ST__PATH];
    snprintf(path, sizeof path, "%.4000s/%s", m->s.path, ST__DATA);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return errno;
    errno = EIO;
    bool ok = pwrite(fd, m->older_meta, sizeof m->older_meta, (off_t)(failed % 2 * m->map.psize)) == (ssize_t)sizeof m->older_meta && fdatasync(fd) == 0;
    int e = errno;
    close(fd);
    return ok ? 0 : e;
}

/* Read transactions of other threads come to their end first; but for one that lasts too long, or waits for this thread: it is void then. LMDB lets no new ones begin. */
static void shut_entry(st__lmdb *m) {
    pthread_rwlock_wrlock(&m->entry);
    pthread_rwlock_unlock(&m->entry);                    /* those that were just beginning are in the list now */
    (void)st__readers_await(&m->readers, UINT64_MAX, READERS_NS);
    pthread_rwlock_wrlock(&m->entry);
}

int st__lmdb_reopen(st__lmdb *m, uint64_t failed) {
    int rc = restore_meta(m, failed);
    if (rc) return rc;
    shut_entry(m);
    atomic_fetch_add(&m->opened, 1);
    (void)SAFELY(m, (mdb_env_close(m->env), 0));
    m->env = NULL;
    volatile uint64_t size = m->map.reserved;
    if ((rc = open_env(m, size)) == 0) rc = SAFELY(m, set_up(m, false));
    m->panicked = rc != 0;
    if (rc && m->env) (void)SAFELY(m, (mdb_env_close(m->env), 0)), m->env = NULL;
    pthread_rwlock_unlock(&m->entry);
    return rc;
}

static st_error refuse(st__lmdb *m, st_report *r, int rc) {
    if (rc == NO_HEADER) {
        REPORT(r, "%.200s holds a database that is not an apodora store", m->s.path);
        return ST_NOT_A_STORE;
    }
    if (rc == NEWER_FORMAT) {
        REPORT(r, "%.200s is of a newer format, %" PRIu32 ", than this program knows, which is %d: use a newer apodora", m->s.path, m->s.format, ST_FORMAT);
        return ST_UNSUPPORTED;
    }
    st_error e = st__lmdb_error(m, rc);
    if (e == ST_CORRUPT && rc != ST__FAULTY) REPORT(r, "%.200s/%s is damaged", m->s.path, ST__DATA);
    else if (e == ST_CORRUPT) REPORT(r, "%.280s", m->s.text);
    else REPORT(r, "%.150s: %.140s", m->s.path, m->s.text[0] ? m->s.text : st_error_name(e));
    r->os_error = e == ST_IO && rc > 0 ? rc : 0;
    return e;
}

/* Is this a place for a store? Makes the directory if asked to. *create: nothing of a store is there yet. */
static st_error prepare_place(st__lmdb *m, st_report *r, place *what) {
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
        REPORT(r, "%.200s/%s is missing or damaged", dir, ST__DATA);
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

/* An interrupted creation may have left less than the two pages that LMDB wants to see. */
static bool has_data(const st__lmdb *m, place what) {
    char path[ST__PATH];
    struct stat st;
    snprintf(path, sizeof path, "%.4000s/%s", m->s.path, ST__DATA);
    if (stat(path, &st) != 0) return false;
    if (what == UNFINISHED && st.st_size < 2 * sysconf(_SC_PAGESIZE)) return st.st_size > 0 && truncate(path, 0) != 0;
    return true;
}

static int open_sums(st__lmdb *m) {
    st__fault f;
    return st__seal_open(&m->map, &m->sums, m->s.path, !m->s.o.readonly, m->s.uuid, &f) ? 0 : st__lmdb_fault(m, &f);
}

static st_error open_at(st__lmdb *m, st_report *r) {
    place what;
    st_error e = prepare_place(m, r, &what);
    if (e) return e;
    if (!m->s.o.readonly && (e = take_writer_lock(m, r)) != ST_OK) return e;
    bool exists = has_data(m, what);
    int rc = open_maps(m, exists);
    if (rc == 0) {
        int dead;
        (void)SAFELY(m, mdb_reader_check(m->env, &dead));
        if (exists) rc = st__lmdb_look(m, look_at_tables);
    }
    if (rc == 0 && !m->s.o.readonly) {
        static const uint8_t none[ST_UUID_BYTES];
        rc = SAFELY(m, set_up(m, what != OURS && memcmp(m->s.uuid, none, sizeof none) == 0));
    }
    if (rc == NO_HEADER && what == OURS) rc = st__lmdb_fault(m, &(st__fault){"the header or a table of the store is missing", 0});
    if (rc == 0 && (what != OURS || is_older(m))) {
        rc = SAFELY(m, mdb_env_sync(m->env, 1));
        if (rc == 0 && (e = st__lmdb_mark(m, m->s.path)) != ST_OK) return e;
    }
    if (rc == 0) rc = GUARDED(open_sums(m));
    if (rc == 0 && m->map.sums) rc = st__lmdb_look(m, look_at_tables);          /* again: are these pages what was written? */
    return rc ? refuse(m, r, rc) : ST_OK;
}

st_error st__lmdb_open(const char *path, const st_options *o, st_store **out, st_report *report) {
    st__lmdb *m = base_mem_zeroed(sizeof *m);
    if (m == NULL) return ST_MEMORY;
    st__guard_ready();
    m->s.ops = &st__lmdb_ops;
    m->s.o = *o;
    m->writer_fd = m->map.fd = m->sums.fd = -1;
    base_lock_init(&m->lock, BASE_RANK_STORE, "store");
    base_lock_init(&m->readers.lock, BASE_RANK_LEAF, "store's readers");
    pthread_rwlock_init(&m->entry, NULL);
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    m->s.path = base_mem_text_n(path, n);
    st_error e = m->s.path == NULL || o->table_count > ST__MAX_TABLES ? ST_MEMORY : open_at(m, report);
    if (e == ST_OK) *out = &m->s;
    else st__lmdb_close(&m->s);
    return e;
}
