/* mem.c: a store in memory, for tests: sorted arrays, one lock, and faults on demand.
 * Locks: the store's own (rank STORE), held by a transaction from begin to end: readers and the writer exclude each other. */
#include "base/lock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "txn/store/store.h"
#include <stdio.h>
#include <string.h>

typedef struct entry { uint8_t *key; size_t key_n; uint8_t *value; size_t value_n; } entry;
typedef VEC(entry) table;
typedef struct undo { unsigned table; bool had; entry e; } undo;   /* what was there: restored when a write transaction is undone */

typedef struct mem_store {
    st_store s;
    base_lock lock;
    table *tables;
    VEC(undo) undos;
    uint64_t countdown, txns;
    st_error fault;
} mem_store;
typedef struct mem_cursor { st_cursor c; size_t at; bool started; } mem_cursor;

void st_mem_fail_after(st_store *s, uint64_t n, st_error e) {
    ((mem_store *)s)->countdown = n;
    ((mem_store *)s)->fault = e;
}

static bool fails(mem_store *m) {
    if (m->countdown == 0 || --m->countdown) return false;
    snprintf(m->s.text, sizeof m->s.text, "injected fault");
    return true;
}
#define MAY_FAIL(m) do { if (fails(m)) return (m)->fault; } while (0)

static int compare(const mem_store *m, unsigned t, const entry *e, st_key k) {
    if (m->s.o.tables[t].int_keys) {
        uint64_t a, b;
        memcpy(&a, e->key, 8);
        memcpy(&b, k.at, 8);
        return a < b ? -1 : a > b;
    }
    int c = memcmp(e->key, k.at, e->key_n < k.n ? e->key_n : k.n);
    return c ? c : e->key_n < k.n ? -1 : e->key_n > k.n;
}

static size_t lower_bound(const mem_store *m, unsigned t, st_key k, bool *found) {
    const table *tab = &m->tables[t];
    size_t lo = 0, hi = tab->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (compare(m, t, &tab->at[mid], k) < 0) lo = mid + 1;
        else hi = mid;
    }
    *found = lo < tab->n && compare(m, t, &tab->at[lo], k) == 0;
    return lo;
}

static void free_entry(entry *e) {
    base_mem_free(e->key);
    base_mem_free(e->value);
}

static uint8_t *duplicate(const void *p, size_t n) {
    uint8_t *d = base_mem_alloc(n ? n : 1);
    if (d && n) memcpy(d, p, n);
    return d;
}

static void close_store(st_store *s) {
    mem_store *m = (mem_store *)s;
    for (unsigned t = 0; t < s->o.table_count; t++) {
        for (size_t i = 0; i < m->tables[t].n; i++) free_entry(&m->tables[t].at[i]);
        VEC_RELEASE(&m->tables[t]);
    }
    VEC_RELEASE(&m->undos);
    base_lock_release(&m->lock);
    base_mem_free(m->tables);
    base_mem_free(s->path);
    base_mem_free(m);
}

static st_error begin(st_store *s, bool write, st_txn **out) {
    mem_store *m = (mem_store *)s;
    MAY_FAIL(m);
    st_txn *t = base_mem_zeroed(sizeof *t);
    if (t == NULL) return ST_MEMORY;
    base_lock_take(&m->lock);
    *t = (st_txn){s, write};
    *out = t;
    return ST_OK;
}

static void finish(st_txn *t) {
    base_lock_drop(&((mem_store *)t->store)->lock);
    base_mem_free(t);
}

static bool place(mem_store *m, unsigned t, size_t at, entry e) {
    table *tab = &m->tables[t];
    if (!VEC_RESERVE(tab, 1)) return false;
    memmove(&tab->at[at + 1], &tab->at[at], (tab->n - at) * sizeof e);
    tab->at[at] = e;
    tab->n++;
    return true;
}

static entry take_out(mem_store *m, unsigned t, size_t at) {
    table *tab = &m->tables[t];
    entry e = tab->at[at];
    memmove(&tab->at[at], &tab->at[at + 1], (--tab->n - at) * sizeof e);
    return e;
}

/* Newest change first. Room was never given back, so nothing here can fail. */
static void undo_all(mem_store *m) {
    while (m->undos.n) {
        undo u = VEC_POP(&m->undos);
        bool found;
        size_t at = lower_bound(m, u.table, (st_key){u.e.key, u.e.key_n}, &found);
        if (found) {
            entry now = take_out(m, u.table, at);
            free_entry(&now);
        }
        if (!u.had || !place(m, u.table, at, u.e)) free_entry(&u.e);
    }
}

static void end(st_txn *t) {
    mem_store *m = (mem_store *)t->store;
    if (t->write) undo_all(m);
    finish(t);
}

static st_error commit(st_txn *t) {
    mem_store *m = (mem_store *)t->store;
    if (fails(m)) {
        end(t);
        return m->fault;
    }
    while (m->undos.n) {
        undo u = VEC_POP(&m->undos);
        free_entry(&u.e);
    }
    m->txns++;
    finish(t);
    return ST_OK;
}

static st_error get(st_txn *t, unsigned tab, st_key key, base_buf *value) {
    mem_store *m = (mem_store *)t->store;
    bool found;
    base_buf_clear(value);
    MAY_FAIL(m);
    size_t at = lower_bound(m, tab, key, &found);
    if (!found) return ST_NOT_FOUND;
    const entry *e = &m->tables[tab].at[at];
    return base_buf_add(value, e->value, e->value_n) ? ST_OK : ST_MEMORY;
}

/* Remembers the entry at `at` (had) or that there was none. */
static bool remember(mem_store *m, unsigned tab, st_key key, const entry *had) {
    undo u = {tab, had != NULL, {duplicate(key.at, key.n), key.n, NULL, 0}};
    if (had) u.e.value = duplicate(had->value, had->value_n), u.e.value_n = had->value_n;
    if (u.e.key && (!had || u.e.value) && VEC_PUSH(&m->undos, u)) return true;
    free_entry(&u.e);
    return false;
}

static st_error put(st_txn *t, unsigned tab, st_key key, const void *value, size_t n) {
    mem_store *m = (mem_store *)t->store;
    bool found;
    MAY_FAIL(m);
    size_t at = lower_bound(m, tab, key, &found);
    if (!remember(m, tab, key, found ? &m->tables[tab].at[at] : NULL)) return ST_MEMORY;
    entry e = {duplicate(key.at, key.n), key.n, duplicate(value, n), n};
    if (e.key && e.value) {
        if (found) {
            entry old = m->tables[tab].at[at];
            m->tables[tab].at[at] = e;
            free_entry(&old);
            return ST_OK;
        }
        if (place(m, tab, at, e)) return ST_OK;
    }
    free_entry(&e);
    return ST_MEMORY;
}

static st_error del(st_txn *t, unsigned tab, st_key key) {
    mem_store *m = (mem_store *)t->store;
    bool found;
    MAY_FAIL(m);
    size_t at = lower_bound(m, tab, key, &found);
    if (!found) return ST_NOT_FOUND;
    if (!remember(m, tab, key, &m->tables[tab].at[at])) return ST_MEMORY;
    entry e = take_out(m, tab, at);
    free_entry(&e);
    return ST_OK;
}

static st_error count(st_txn *t, unsigned tab, uint64_t *n) {
    *n = ((mem_store *)t->store)->tables[tab].n;
    return ST_OK;
}

static st_error cursor_open(st_txn *t, unsigned tab, st_cursor **out) {
    mem_cursor *c = base_mem_zeroed(sizeof *c);
    if (c == NULL) return ST_MEMORY;
    c->c = (st_cursor){t, tab};
    *out = &c->c;
    return ST_OK;
}

static st_error cursor_move(st_cursor *cursor, st_move how, st_key key, base_buf *found_key, base_buf *value) {
    mem_cursor *c = (mem_cursor *)cursor;
    mem_store *m = (mem_store *)cursor->txn->store;
    const table *tab = &m->tables[cursor->table];
    bool found;
    MAY_FAIL(m);
    if (how == ST_NEXT && !c->started) how = ST_FIRST;
    if (how == ST_PREV && !c->started) how = ST_LAST;
    switch (how) {
    case ST_FIRST: c->at = 0; break;
    case ST_LAST: c->at = tab->n - 1; break;
    case ST_NEXT: c->at++; break;
    case ST_PREV: c->at--; break;
    case ST_AT_OR_AFTER: c->at = lower_bound(m, cursor->table, key, &found); break;
    }
    c->started = true;
    if (c->at >= tab->n) return ST_NOT_FOUND;
    const entry *e = &tab->at[c->at];
    if (found_key) base_buf_clear(found_key), base_buf_add(found_key, e->key, e->key_n);
    if (value) base_buf_clear(value), base_buf_add(value, e->value, e->value_n);
    return (found_key && found_key->failed) || (value && value->failed) ? ST_MEMORY : ST_OK;
}
static void cursor_close(st_cursor *c) { base_mem_free(c); }

static st_error sync_store(st_store *s) {
    MAY_FAIL((mem_store *)s);
    return ST_OK;
}

static st_error stat_store(st_store *s, st_stats *out) {
    mem_store *m = (mem_store *)s;
    *out = (st_stats){.last_txn = m->txns};
    base_lock_take(&m->lock);
    for (unsigned t = 0; t < s->o.table_count; t++)
        for (size_t i = 0; i < m->tables[t].n; i++) out->used_bytes += m->tables[t].at[i].key_n + m->tables[t].at[i].value_n;
    base_lock_drop(&m->lock);
    out->file_bytes = out->used_bytes;
    return ST_OK;
}

static st_error copy_store(st_store *s, const char *dest, st_progress progress) {
    (void)dest, (void)progress;
    snprintf(s->text, sizeof s->text, "a store in memory cannot be copied to a file");
    return ST_UNSUPPORTED;
}

static const st_ops ops = {close_store, begin,       commit,       end,        get,        put,       del,
                           count,       cursor_open, cursor_move, cursor_close, sync_store, stat_store, copy_store, NULL, NULL, NULL, NULL};

st_error st__mem_open(const char *path, const st_options *o, st_store **out, st_report *report) {
    if (o->must_exist) {
        snprintf(report->text, sizeof report->text, "there is no store at mem:%.200s: what is in memory is seen by the process alone that made it", path);
        return ST_ABSENT;
    }
    mem_store *m = base_mem_zeroed(sizeof *m);
    if (m == NULL) return ST_MEMORY;
    m->s.ops = &ops;
    m->s.o = *o;
    m->s.path = base_mem_text(path);
    m->tables = base_mem_zeroed((o->table_count + 1) * sizeof *m->tables);
    base_lock_init(&m->lock, BASE_RANK_STORE, "memory store");
    memcpy(m->s.uuid, "memory-store----", ST_UUID_BYTES);
    m->s.format = ST_FORMAT;
    if (m->s.path == NULL || m->tables == NULL) {
        base_mem_free(m->s.path);
        base_mem_free(m->tables);
        base_mem_free(m);
        return ST_MEMORY;
    }
    *out = &m->s;
    return ST_OK;
}
