/* store.c: chooses the kind of store by its URL, and checks what all kinds have in common.
 * Locks: none of its own. */
#include "txn/store/store.h"
#include "base/mem.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Atomic(unsigned) forks;    /* counted in a child: stores opened before are the parent's */
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static void in_child(void) { atomic_fetch_add(&forks, 1); }
static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, in_child); }

const char *st_error_name(st_error e) {
    static const char *const names[] = {
#define ERROR(name, text) #name,
        ST_ERRORS(ERROR)
#undef ERROR
    };
    return (unsigned)e < ST_ERROR_COUNT ? names[e] : "?";
}

static st_error open_kind(const char *url, const st_options *o, st_store **out, st_report *report) {
    const char *colon = strchr(url, ':'), *slash = strchr(url, '/');
    if (strncmp(url, "lmdb:", 5) == 0) return st__lmdb_open(url + 5, o, out, report);
    if (strncmp(url, "mem:", 4) == 0) return st__mem_open(url + 4, o, out, report);
    if (colon && (slash == NULL || colon < slash) && slash == colon + 1) {
        snprintf(report->text, sizeof report->text, "no such kind of store: %.200s", url);
        return ST_UNSUPPORTED;
    }
    return st__lmdb_open(url, o, out, report);
}

st_error st_open(const char *url, const st_options *o, st_store **out, st_report *report) {
    pthread_once(&fork_once, watch_forks);
    *out = NULL;
    *report = (st_report){0};
    st_error e = open_kind(url, o, out, report);
    if (e == ST_OK) (*out)->forks = atomic_load_explicit(&forks, memory_order_relaxed);
    return e;
}

void st_close(st_store *s) {
    if (s) s->ops->close(s);
}

void st_rest(st_store *s) {
    if (s->ops->rest) s->ops->rest(s);
}

const char *st_last_text(const st_store *s) { return s->text; }
uint32_t st_format(const st_store *s) { return s->format; }
const uint8_t *st_uuid(const st_store *s) { return s->uuid; }
const char *st_path(const st_store *s) { return s->path; }

static st_error begin(st_store *s, bool write, st_txn **out) {
    *out = NULL;
    if (atomic_load_explicit(&forks, memory_order_relaxed) != s->forks) {
        snprintf(s->text, sizeof s->text, "a forked child may not use the store");
        return ST_FORKED;
    }
    if (write && s->o.readonly) {
        snprintf(s->text, sizeof s->text, "the store was opened read-only");
        return ST_READONLY;
    }
    return s->ops->begin(s, write, out);
}

st_error st_read_begin(st_store *s, st_txn **out) { return begin(s, false, out); }
st_error st_write_begin(st_store *s, st_txn **out) { return begin(s, true, out); }
bool st_is_old(const st_txn *t) { return t->store->ops->is_old && t->store->ops->is_old(t); }
st_error st_commit(st_txn *t) { return t->store->ops->commit(t); }
void st_end(st_txn *t) { t->store->ops->end(t); }
st_error st_get(st_txn *t, unsigned table, st_key key, base_buf *value) { return t->store->ops->get(t, table, key, value); }
st_error st_put(st_txn *t, unsigned table, st_key key, const void *value, size_t n) { return t->store->ops->put(t, table, key, value, n); }
st_error st_del(st_txn *t, unsigned table, st_key key) { return t->store->ops->del(t, table, key); }
st_error st_count(st_txn *t, unsigned table, uint64_t *n) { return t->store->ops->count(t, table, n); }
st_error st_verify(st_txn *t, void (*damage)(void *arg, uint64_t page, const char *why), void *arg) {
    return t->store->ops->verify ? t->store->ops->verify(t, damage, arg) : ST_OK;
}
st_error st_cursor_open(st_txn *t, unsigned table, st_cursor **out) { return t->store->ops->cursor_open(t, table, out); }
st_error st_cursor_move(st_cursor *c, st_move how, st_key key, base_buf *found_key, base_buf *value) {
    return c->txn->store->ops->cursor_move(c, how, key, found_key, value);
}
void st_cursor_close(st_cursor *c) {
    if (c) c->txn->store->ops->cursor_close(c);
}
st_error st_sync(st_store *s) { return s->ops->sync(s); }
void st_trim(st_store *s, unsigned percent, uint64_t least) {
    if (s->ops->trim && !s->o.readonly) s->ops->trim(s, percent, least);
}
st_error st_stat(st_store *s, st_stats *out) { return s->ops->stat(s, out); }
st_error st_copy(st_store *s, const char *dest, st_progress progress) { return s->ops->copy(s, dest, progress); }
