/* lmdb.c: a store in a directory, kept by LMDB: transactions and cursors.  Opening is in lmdb_open.c, reading in pages.c.
 *
 * Locks: `lock` (rank STORE) around write transactions. Readers take none.
 * D1  LMDB is entered for writing through SAFELY, and everything that touches the map through SAFELY or GUARDED: LMDB's failed assertions, and the bus
 *     errors of a file that is cut while it is read or of a disk that fails, become errors. These are the only places where the program jumps
 *     over C frames. They are the second line: pages are vetted before LMDB touches them.
 * D2  Values leave the map only as copies made inside of these.
 * D3  What a transaction reads comes from the pages of its snapshot, by our own checked code (pages.h); only what it has changed itself comes from LMDB. */
#include "txn/store/lmdb_int.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { ENTRY_OVERHEAD = 16 /* bytes of LMDB's for one entry, about */, REOPEN_MS = 20000 /* at most */ };

typedef struct lmdb_txn {
    st_txn t;
    MDB_txn *txn;
    uint64_t opened;                   /* of the store, when it began */
    st__reader reader;                 /* of a read transaction: its place among them */
    st__meta meta;                     /* the snapshot; of a write transaction what it began with */
    st__tree trees[ST__MAX_TABLES];
    uint32_t known;                    /* which trees were looked up */
    bool changed;                      /* a put or deletion was begun: what is there now, LMDB knows alone */
    uint64_t used;                     /* with max_size: bytes in use at the begin, and what the puts and deletions add to it */
    int64_t growth;
} lmdb_txn;
typedef struct lmdb_cursor { st_cursor c; MDB_cursor *cursor; st__tree *tree; st__place place; bool started; } lmdb_cursor;

/* ---- D1: surviving damage ---- */

_Thread_local sigjmp_buf *volatile st__guard;
static struct sigaction had_bus, had_segv;

static void fault(int sig, siginfo_t *info, void *context) {
    if (st__guard) siglongjmp(*st__guard, 1);
    struct sigaction *had = sig == SIGBUS ? &had_bus : &had_segv;
    if (had->sa_flags & SA_SIGINFO) {
        had->sa_sigaction(sig, info, context);
    } else if (had->sa_handler == SIG_DFL || had->sa_handler == SIG_IGN) {
        signal(sig, SIG_DFL);          /* the instruction faults again and ends the process as it should */
    } else {
        had->sa_handler(sig);
    }
}

void st__guard_install(void) {
    struct sigaction a = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    sigemptyset(&a.sa_mask);
    sigaction(SIGBUS, &a, &had_bus);
    sigaction(SIGSEGV, &a, &had_segv);
}

void st__guard_assertion(MDB_env *env, const char *text) {
    (void)env, (void)text;
    if (st__guard) siglongjmp(*st__guard, 1);
}

int st__jumped(st__lmdb *m) {
    st__guard = NULL;
    atomic_store(&m->damaged, true);
    return MDB_CORRUPTED;
}
st_error st__lmdb_error(st__lmdb *m, int rc) {
    switch (rc) {
    case 0: return ST_OK;
    case ST__FAULTY: return ST_CORRUPT;
    case MDB_NOTFOUND: return ST_NOT_FOUND;
    case MDB_MAP_FULL: case ENOSPC: case EDQUOT: case EFBIG:
        snprintf(m->s.text, sizeof m->s.text, "%s", rc == MDB_MAP_FULL ? "the store has reached its size limit" : strerror(rc));
        return ST_FULL;
    case ENOMEM: case MDB_TXN_FULL: case MDB_DBS_FULL: case MDB_READERS_FULL: case MDB_CURSOR_FULL:
        snprintf(m->s.text, sizeof m->s.text, "%s", mdb_strerror(rc));
        return rc == ENOMEM ? ST_MEMORY : ST_IO;
    case ST__JUMPED: case MDB_CORRUPTED: case MDB_PAGE_NOTFOUND: case MDB_PANIC: case MDB_INVALID: case MDB_VERSION_MISMATCH: case MDB_PAGE_FULL:
    case MDB_INCOMPATIBLE: case MDB_BAD_VALSIZE: case MDB_BAD_TXN: case MDB_BAD_DBI:
        snprintf(m->s.text, sizeof m->s.text, "%.200s/%s: %s", m->s.path, ST__DATA, rc == ST__JUMPED ? "a page cannot be read" : m->damaged ? "the file is damaged" : mdb_strerror(rc));
        return ST_CORRUPT;
    default:
        snprintf(m->s.text, sizeof m->s.text, "%s", mdb_strerror(rc));
        return ST_IO;
    }
}

int st__lmdb_fault(st__lmdb *m, const st__fault *f) {
    snprintf(m->s.text, sizeof m->s.text, "%.180s/%s, page %" PRIu64 ": %s", m->s.path, ST__DATA, f->page, f->why);
    return ST__FAULTY;
}

/* ---- transactions ---- */

/* How many pages were freed, by transactions from this one on. */
static int free_pages_since(st__lmdb *m, const st__meta *meta, uint64_t txn, uint64_t *pages) {
    st__place p;
    st__item i;
    st__fault f;
    st__found found = st__tree_seek(&m->map, meta, &meta->free, txn ? st_key_int(&txn) : (st_key){0}, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(&m->map, meta, &meta->free, &p, 1, &i, &f)) {
        if (!st__free_entry(&i, meta->last, &f)) return f.page = p.page[p.n - 1], st__lmdb_fault(m, &f);
        *pages += st_load64(i.value);
    }
    return found == ST__BAD ? st__lmdb_fault(m, &f) : 0;
}

static int free_pages(st__lmdb *m, const st__meta *meta, uint64_t *pages) { return free_pages_since(m, meta, 0, pages); }

/* The tree of a table as the transaction found it. */
static int tree_of(lmdb_txn *t, unsigned table, st__tree **out) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    *out = &t->trees[table];
    if (t->known >> table & 1) return 0;
    st__fault f;
    st__found found = st__tree_named(&m->map, &t->meta, m->s.o.tables[table].name, m->s.o.tables[table].int_keys, *out, &f);
    if (found == ST__BAD) return st__lmdb_fault(m, &f);
    if (found == ST__ABSENT) return st__lmdb_fault(m, &(st__fault){"a table is missing", t->meta.main.root});
    t->known |= 1u << table;
    return 0;
}

/* Gives LMDB's transaction the newest number that its writer has told. */
static int renew(lmdb_txn *t, uint64_t *id) {
    mdb_txn_reset(t->txn);
    int rc = mdb_txn_renew(t->txn);
    if (rc == 0) *id = mdb_txn_id(t->txn);
    return rc;
}

/* The meta page that belongs to the transaction: the older one for a moment, as LMDB tells its readers of a commit after it has written the page. While LMDB tells the same number, the next
 * write transaction has not begun, so nobody was overwriting what was read. */
static int find_meta(lmdb_txn *t) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    uint64_t id = mdb_txn_id(t->txn) - t->t.write, was = 0;
    st__fault f;
    for (int tries = 0; tries < 1000 && id != was; tries++) {
        st__found found = st__map_meta(&m->map, id, &t->meta, &f);
        int rc = 0;
        was = id;
        if (!t->t.write && st__map_newest(&m->map) != id && (rc = renew(t, &id)) != 0) return rc;
        if (id == was && found != ST__ABSENT) return found == ST__FOUND ? 0 : st__lmdb_fault(m, &f);
    }
    return st__lmdb_fault(m, &(st__fault){t->t.write ? "the newest transaction is not the one that was written last" : "the meta pages do not come to rest", id % 2});
}

static int do_begin(lmdb_txn *t) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    int rc = mdb_txn_begin(m->env, NULL, t->t.write ? 0 : MDB_RDONLY, &t->txn);
    if (rc) return rc;
    if ((rc = find_meta(t)) == 0 && t->t.write && (!m->free_vetted || m->s.o.max_size)) {
        uint64_t n = 0;
        rc = free_pages(m, &t->meta, &n);
        m->free_vetted = rc == 0;
        t->used = (t->meta.last + 1 - n) * m->map.psize;
    }
    if (rc == 0 && m->s.o.readonly && atomic_exchange_explicit(&m->seen_txn, t->meta.txn, memory_order_relaxed) != t->meta.txn) st__map_forget(&m->map);
    if (rc == 0 && t->t.write) memcpy(m->older_meta, m->map.at + (t->meta.txn + 1) % 2 * m->map.psize, sizeof m->older_meta);
    if (rc) mdb_txn_abort(t->txn);
    return rc;
}

/* A transaction that began before LMDB was opened again protects its snapshot no longer. Asked after reading: what was read before it was void, counts. */
static bool is_void(const lmdb_txn *t) { return t->opened != atomic_load(&((st__lmdb *)t->t.store)->opened); }

static int enter_reading(lmdb_txn *t) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    pthread_rwlock_rdlock(&m->entry);
    t->opened = atomic_load(&m->opened);
    int rc = m->env ? GUARDED(do_begin(t)) : EIO;
    if (rc == 0) st__reader_enter(&m->readers, &t->reader, t->meta.txn);
    pthread_rwlock_unlock(&m->entry);
    return rc;
}

/* While LMDB refuses everything, somebody is about to open it again. */
static int begin_reading(lmdb_txn *t) {
    int rc = enter_reading(t);
    for (int tries = 0; rc == MDB_PANIC && tries < REOPEN_MS; tries++) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        rc = enter_reading(t);
    }
    return rc;
}

/* Under the store's lock. */
static int begin_writing(lmdb_txn *t) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    volatile int rc = m->panicked ? st__lmdb_reopen(m, m->panicked_in) : 0;
    t->opened = atomic_load(&m->opened);
    if (rc == 0) rc = SAFELY(m, do_begin(t));
    if (rc == 0) atomic_store_explicit(&m->readers.now, t->meta.txn, memory_order_relaxed);
    return rc;
}

static st_error begin(st_store *s, bool write, st_txn **out) {
    st__lmdb *m = (st__lmdb *)s;
    lmdb_txn *t = base_mem_zeroed(sizeof *t);
    if (t == NULL) return ST_MEMORY;
    t->t = (st_txn){s, write};
    if (write) st__readers_hurry(&m->readers), base_lock_take(&m->lock);
    int rc = write ? begin_writing(t) : begin_reading(t);
    if (rc) {
        if (write) base_lock_drop(&m->lock);
        base_mem_free(t);
        return st__lmdb_error(m, rc);
    }
    *out = &t->t;
    return ST_OK;
}

static void finish(lmdb_txn *t) {
    if (t->t.write) base_lock_drop(&((st__lmdb *)t->t.store)->lock);
    base_mem_free(t);
}

static void leave(lmdb_txn *t) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    pthread_rwlock_rdlock(&m->entry);
    if (!is_void(t)) (void)GUARDED((mdb_txn_abort(t->txn), 0));
    pthread_rwlock_unlock(&m->entry);
    if (!t->t.write) st__reader_leave(&m->readers, &t->reader);
}

/* Also of one in which LMDB failed: it holds a lock that others wait for. */
static void end(st_txn *txn) {
    leave((lmdb_txn *)txn);
    finish((lmdb_txn *)txn);
}

int st__lmdb_look(st__lmdb *m, int (*look)(st__lmdb *m, const st__meta *snapshot)) {
    lmdb_txn t = {.t = {&m->s, false}};
    int rc = begin_reading(&t);
    if (rc) return rc;
    rc = GUARDED(look(m, &t.meta));
    leave(&t);
    return rc;
}

/* LMDB calls a short write EIO; where there is no room it was for want of it. */
static int why_failed(st__lmdb *m, int rc) {
    struct statvfs fs;
    if (rc == EIO && statvfs(m->s.path, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < UINT64_C(1) << 18) return ENOSPC;
    return rc;
}

/* After a failed commit: does LMDB still work? It does not when a meta page could not be written. */
static void look_after_failure(st__lmdb *m, uint64_t failed) {
    MDB_txn *probe;
    int rc = SAFELY(m, mdb_txn_begin(m->env, NULL, MDB_RDONLY, &probe));
    if (rc == 0) mdb_txn_abort(probe);
    if (rc != MDB_PANIC) return;
    m->panicked = true;
    m->panicked_in = failed;
    (void)st__lmdb_reopen(m, failed);                    /* else the next write tries again */
}

static void seal(st__lmdb *m, const st__meta *was) {
    if (GUARDED((st__seal_commit(&m->map, was), 0)) != 0) st__sums_discard(&m->sums);
}

static st_error commit(st_txn *txn) {
    lmdb_txn *t = (lmdb_txn *)txn;
    st__lmdb *m = (st__lmdb *)txn->store;
    if (m->s.o.max_size && t->growth > 0 && t->used + (uint64_t)t->growth > m->s.o.max_size) {
        end(txn);
        return st__lmdb_error(m, MDB_MAP_FULL);
    }
    int rc = SAFELY(m, mdb_txn_commit(t->txn));
    if (rc) {
        rc = why_failed(m, rc);
        look_after_failure(m, t->meta.txn + 1);
    } else {
        seal(m, &t->meta);
    }
    st_error e = st__lmdb_error(m, rc);
    finish(t);
    return e;
}

static MDB_val of_key(st_key k) { return (MDB_val){k.n, (void *)(uintptr_t)k.at}; }

static int copy_out(base_buf *b, const void *at, size_t n) {
    if (b == NULL) return 0;
    base_buf_clear(b);
    return base_buf_add(b, at, n) ? 0 : ENOMEM;
}

static int outcome(st__lmdb *m, st__found found, const st__fault *f) {
    return found == ST__FOUND ? 0 : found == ST__ABSENT ? MDB_NOTFOUND : st__lmdb_fault(m, f);
}

static int do_find(lmdb_txn *t, unsigned table, st_key key, base_buf *value) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    st__tree *tree;
    st__item i;
    st__fault f;
    int rc = tree_of(t, table, &tree);
    if (rc == 0) rc = outcome(m, st__tree_find(&m->map, &t->meta, tree, key, &i, &f), &f);
    return rc ? rc : copy_out(value, i.value, i.n);
}

/* Looks at what LMDB is going to touch for this key. Pages that it has changed already are its own copies of pages that were vetted. */
static int vet(lmdb_txn *t, unsigned table, st_key key, bool neighbours) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    st__tree *tree;
    st__fault f;
    int rc = tree_of(t, table, &tree);
    if (rc) return rc;
    return st__tree_vet(&m->map, &t->meta, tree, key, neighbours, &f) ? 0 : st__lmdb_fault(m, &f);
}

static int do_get(lmdb_txn *t, unsigned table, st_key key, base_buf *value) {
    MDB_val k = of_key(key), v;
    int rc = vet(t, table, key, false);
    if (rc == 0) rc = mdb_get(t->txn, ((st__lmdb *)t->t.store)->dbi[table + 1], &k, &v);
    return rc ? rc : copy_out(value, v.mv_data, v.mv_size);
}

static st_error read_result(lmdb_txn *t, int rc) {
    st__lmdb *m = (st__lmdb *)t->t.store;
    if (!is_void(t)) return st__lmdb_error(m, rc);
    snprintf(m->s.text, sizeof m->s.text, "a transaction was cut off when the store was opened again after a failed write");
    return ST_IO;
}

static st_error get(st_txn *txn, unsigned table, st_key key, base_buf *value) {
    st__lmdb *m = (st__lmdb *)txn->store;
    lmdb_txn *t = (lmdb_txn *)txn;
    base_buf_clear(value);
    return read_result(t, t->changed ? SAFELY(m, do_get(t, table, key, value)) : GUARDED(do_find(t, table, key, value)));
}

/* The size of what is at the key; counted only where there is a limit. */
static int64_t had(lmdb_txn *t, unsigned table, st_key key) {
    MDB_val k = of_key(key), v;
    return mdb_get(t->txn, ((st__lmdb *)t->t.store)->dbi[table + 1], &k, &v) == 0 ? (int64_t)(v.mv_size + key.n + ENTRY_OVERHEAD) : 0;
}

static int do_put(lmdb_txn *t, unsigned table, st_key key, const void *value, size_t n) {
    MDB_val k = of_key(key), v = {n, (void *)(uintptr_t)value};
    int rc = vet(t, table, key, false);
    if (rc) return rc;
    if (t->t.store->o.max_size) t->growth += (int64_t)(n + key.n + ENTRY_OVERHEAD) - had(t, table, key);
    t->changed = true;
    return mdb_put(t->txn, ((st__lmdb *)t->t.store)->dbi[table + 1], &k, &v, 0);
}

static st_error put(st_txn *txn, unsigned table, st_key key, const void *value, size_t n) {
    st__lmdb *m = (st__lmdb *)txn->store;
    return st__lmdb_error(m, SAFELY(m, do_put((lmdb_txn *)txn, table, key, value, n)));
}

static int do_del(lmdb_txn *t, unsigned table, st_key key) {
    MDB_val k = of_key(key);
    int rc = vet(t, table, key, true);
    if (rc) return rc;
    if (t->t.store->o.max_size) t->growth -= had(t, table, key);
    t->changed = true;
    return mdb_del(t->txn, ((st__lmdb *)t->t.store)->dbi[table + 1], &k, NULL);
}

static st_error del(st_txn *txn, unsigned table, st_key key) {
    st__lmdb *m = (st__lmdb *)txn->store;
    return st__lmdb_error(m, SAFELY(m, do_del((lmdb_txn *)txn, table, key)));
}

static int do_count(lmdb_txn *t, unsigned table, uint64_t *n) {
    MDB_stat st = {0};
    st__tree *tree;
    int rc = tree_of(t, table, &tree);
    if (rc == 0 && t->changed) rc = mdb_stat(t->txn, ((st__lmdb *)t->t.store)->dbi[table + 1], &st);
    if (rc == 0) *n = t->changed ? st.ms_entries : tree->entries;
    return rc;
}

static st_error count(st_txn *txn, unsigned table, uint64_t *n) {
    *n = 0;
    return read_result((lmdb_txn *)txn, GUARDED(do_count((lmdb_txn *)txn, table, n)));
}

/* ---- cursors ---- ours where the transaction has changed nothing yet, else LMDB's */

static st_error cursor_open(st_txn *txn, unsigned table, st_cursor **out) {
    st__lmdb *m = (st__lmdb *)txn->store;
    lmdb_txn *t = (lmdb_txn *)txn;
    lmdb_cursor *c = base_mem_zeroed(sizeof *c);
    if (c == NULL) return ST_MEMORY;
    c->c = (st_cursor){txn, table};
    int rc = t->changed ? SAFELY(m, mdb_cursor_open(t->txn, m->dbi[table + 1], &c->cursor)) : GUARDED(tree_of(t, table, &c->tree));
    if (rc) base_mem_free(c);
    else *out = &c->c;
    return st__lmdb_error(m, rc);
}

/* The first step is to an end. */
static st_move first_step(lmdb_cursor *c, st_move how) {
    if (!c->started && (how == ST_NEXT || how == ST_PREV)) how = how == ST_NEXT ? ST_FIRST : ST_LAST;
    c->started = true;
    return how;
}

static int do_lmdb_move(lmdb_cursor *c, st_move how, st_key key, base_buf *found_key, base_buf *value) {
    static const MDB_cursor_op ops[] = {MDB_FIRST, MDB_LAST, MDB_NEXT, MDB_PREV, MDB_SET_RANGE};
    MDB_val k = of_key(key), v;
    int rc = mdb_cursor_get(c->cursor, &k, &v, ops[first_step(c, how)]);
    if (rc == 0) rc = copy_out(found_key, k.mv_data, k.mv_size);
    return rc ? rc : copy_out(value, v.mv_data, v.mv_size);
}

static int do_move(lmdb_cursor *c, st_move how, st_key key, base_buf *found_key, base_buf *value) {
    lmdb_txn *t = (lmdb_txn *)c->c.txn;
    st__lmdb *m = (st__lmdb *)t->t.store;
    st__item i = {0};
    st__fault f;
    st__found found;
    switch (how = first_step(c, how)) {
    case ST_FIRST: found = st__tree_seek(&m->map, &t->meta, c->tree, (st_key){0}, &c->place, &i, &f); break;
    case ST_LAST: found = st__tree_last(&m->map, &t->meta, c->tree, &c->place, &i, &f); break;
    case ST_AT_OR_AFTER: found = st__tree_seek(&m->map, &t->meta, c->tree, key, &c->place, &i, &f); break;
    default: found = st__tree_step(&m->map, &t->meta, c->tree, &c->place, how == ST_NEXT ? 1 : -1, &i, &f);
    }
    int rc = outcome(m, found, &f);
    if (rc == 0) rc = copy_out(found_key, i.key.at, i.key.n);
    return rc ? rc : copy_out(value, i.value, i.n);
}

static st_error cursor_move(st_cursor *cursor, st_move how, st_key key, base_buf *found_key, base_buf *value) {
    st__lmdb *m = (st__lmdb *)cursor->txn->store;
    lmdb_cursor *c = (lmdb_cursor *)cursor;
    return read_result((lmdb_txn *)cursor->txn, c->cursor ? SAFELY(m, do_lmdb_move(c, how, key, found_key, value)) : GUARDED(do_move(c, how, key, found_key, value)));
}

static void cursor_close(st_cursor *cursor) {
    lmdb_cursor *c = (lmdb_cursor *)cursor;
    if (c->cursor) (void)SAFELY((st__lmdb *)cursor->txn->store, (mdb_cursor_close(c->cursor), 0));
    base_mem_free(c);
}

/* ---- the rest ---- */

static bool is_old(const st_txn *t) { return !t->write && st__reader_is_old(&((st__lmdb *)t->store)->readers, &((const lmdb_txn *)t)->reader); }

static st_error sync_store(st_store *s) {
    st__lmdb *m = (st__lmdb *)s;
    return s->o.readonly ? ST_OK : st__lmdb_error(m, SAFELY(m, mdb_env_sync(m->env, 1)));
}

struct readers { uint64_t oldest; unsigned n; };
static int reader_line(const char *text, void *arg) {
    struct readers *r = arg;
    long pid;
    uint64_t txn;
    char thread[40];
    if (sscanf(text, "%ld %39s %" SCNu64, &pid, thread, &txn) != 3 || pid == (long)getpid()) return 0;      /* our own are short */
    r->n++;
    if (r->oldest == 0 || txn < r->oldest) r->oldest = txn;
    return 0;
}

static int do_stat(st__lmdb *m, lmdb_txn *t, st_stats *out) {
    MDB_envinfo info;
    uint64_t n = 0;
    struct readers r = {0};
    int rc = free_pages(m, &t->meta, &n);
    if (rc == 0) rc = mdb_env_info(m->env, &info);
    if (rc) return rc;
    (void)mdb_reader_list(m->env, reader_line, &r);
    uint64_t held = 0;
    if (r.n && r.oldest < t->meta.txn && (rc = free_pages_since(m, &t->meta, r.oldest + 1, &held)) != 0) return rc;
    out->held_bytes = held * m->map.psize;
    out->used_bytes = (t->meta.last + 1 - n) * m->map.psize;
    out->free_bytes = n * m->map.psize;
    out->max_bytes = info.me_mapsize;
    out->last_txn = t->meta.txn;
    out->oldest_reader = r.oldest;
    out->readers = r.n;
    return 0;
}

static st_error stat_store(st_store *s, st_stats *out) {
    st__lmdb *m = (st__lmdb *)s;
    st_txn *t;
    char path[ST__PATH];
    struct stat file;
    *out = (st_stats){0};
    st_error e = begin(s, false, &t);
    if (e) return e;
    int rc = GUARDED(do_stat(m, (lmdb_txn *)t, out));
    end(t);
    if (rc) return st__lmdb_error(m, rc);
    snprintf(path, sizeof path, "%.4000s/%s", s->path, ST__DATA);
    if (stat(path, &file) == 0) out->file_bytes = (uint64_t)file.st_size, out->disk_bytes = (uint64_t)file.st_blocks * 512;
    out->writer_pid = m->writer_fd >= 0 ? (int64_t)getpid() : st__lmdb_writer_pid(s->path);
    return ST_OK;
}

static st_error verify(st_txn *txn, st__damage_fn *damage, void *arg) {
    lmdb_txn *t = (lmdb_txn *)txn;
    uint64_t found = 0;
    int rc = GUARDED(st__map_verify(&((st__lmdb *)txn->store)->map, &t->meta, damage, arg, &found));
    return rc == -1 ? ST_MEMORY : found ? ST_CORRUPT : read_result(t, rc);
}

/* LMDB's own copying believes what it reads, and tells nobody how far it is. */
static int do_copy(st__lmdb *m, const lmdb_txn *t, const char *dest, uint64_t free, st_progress progress) {
    st__fault f = {0};
    int rc = st__map_copy(&m->map, &t->meta, dest, m->s.uuid, t->meta.last + 1 - free, progress, &f);
    return rc == -1 ? st__lmdb_fault(m, &f) : rc;
}

static NOINLINE int count_free(st__lmdb *m, const lmdb_txn *t, uint64_t *free) { return GUARDED(free_pages(m, &t->meta, free)); }

static st_error copy_store(st_store *s, const char *dest, st_progress progress) {
    st__lmdb *m = (st__lmdb *)s;
    st_txn *t;
    if (mkdir(dest, 0700) != 0) return st__lmdb_error(m, errno);
    st_error e = begin(s, false, &t);
    if (e) return e;
    uint64_t free = 0;
    int rc = count_free(m, (lmdb_txn *)t, &free);
    e = read_result((lmdb_txn *)t, rc ? rc : do_copy(m, (lmdb_txn *)t, dest, free, progress));
    end(t);
    return e ? e : st__lmdb_mark(m, dest);
}

/* The file is mapped twice, by us and by LMDB, which does not say where. Both maps are of the file and only read, so their pages may go at any time. */
static void rest(st_store *s) {
    st__lmdb *m = (st__lmdb *)s;
    struct stat file;
    char line[400];
    FILE *maps = fstat(m->map.fd, &file) == 0 ? fopen("/proc/self/maps", "re") : NULL;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to, inode;
        if (sscanf(line, "%lx-%lx r--s %*x %*x:%*x %lu", &from, &to, &inode) == 3 && inode == file.st_ino) (void)madvise((void *)from, to - from, MADV_DONTNEED);
    }
    if (maps) fclose(maps);
}

const st_ops st__lmdb_ops = {st__lmdb_close, begin,       commit,      end,          get,        put,        del,
                             count,          cursor_open, cursor_move, cursor_close, sync_store, stat_store, copy_store, rest, verify, is_old, st__lmdb_trim};
