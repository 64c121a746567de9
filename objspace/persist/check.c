/* check.c: looks at every record: is it whole, does what it refers to exist, can it be reached.
 * Locks: none; one transaction of the store. */
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/persist/persist_int.h"
#include <string.h>

typedef struct marks { uint64_t *at; size_t mask, n; } marks;       /* ids, open addressing; 0: free */
typedef struct checker {
    st_txn *t;
    pe__checked *c;
    marks reached, bad;
    uint64_t from, all;
    base_buf prefix;
    void (*damage)(void *arg, const char *path, const char *why);
    void *arg;
    bool no_memory;
} checker;

static bool mark(marks *m, uint64_t id) {            /* true: new */
    if (m->n * 2 >= m->mask) {
        size_t size = m->mask ? (m->mask + 1) * 2 : 1024, had = m->at ? m->mask + 1 : 0;
        uint64_t *old = m->at, *made = base_mem_zeroed(size * sizeof *made);
        if (!made) return false;
        *m = (marks){made, size - 1, 0};
        for (size_t i = 0; i < had; i++)
            if (old[i]) (void)mark(m, old[i]);
        base_mem_free(old);
    }
    for (size_t i = base_hash_word(id) & m->mask;; i = (i + 1) & m->mask) {
        if (m->at[i] == id) return false;
        if (m->at[i] == 0) return m->at[i] = id, m->n++, true;
    }
}

static bool marked(const marks *m, uint64_t id) {
    if (!m->at) return false;
    for (size_t i = base_hash_word(id) & m->mask; m->at[i]; i = (i + 1) & m->mask)
        if (m->at[i] == id) return true;
    return false;
}

static void put_path(base_buf *b, const pe__checked *c, size_t i) {
    size_t chain[300], n = 0;
    while (i && n < BASE_LENGTH(chain)) chain[n++] = i, i = (size_t)c->reached.at[i].from;
    base_buf_text(b, i ? "root…" : "root");
    while (n) base_buf_text(b, c->reached.at[chain[--n]].step);
}

/* What the store says about the error that it has just given. */
static const char *told(const checker *k, const char *otherwise) {
    const char *text = st_last_text(k->t->store);
    return *text ? text : otherwise;
}

static void report(checker *k, size_t at, uint64_t id, const char *why) {
    base_buf b;
    base_buf_init(&b);
    if (at != SIZE_MAX) put_path(&b, k->c, at), base_buf_byte(&b, ' ');
    if (id) base_buf_printf(&b, "@%llu", (unsigned long long)id);
    if (b.n == 0) base_buf_text(&b, "the file");
    k->c->damaged++;
    k->damage(k->arg, b.failed ? "?" : b.at, why);
    base_buf_release(&b);
}

static bool reach(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    checker *k = arg;
    uint64_t id;
    uint32_t cls;
    size_t length = k->prefix.n;
    if (pe__is_ref(value, end, &id, &cls)) {
        if (!mark(&k->reached, id)) return true;
        base_buf path;
        base_buf_init(&path);
        base_buf_printf(&path, "%s%s", k->prefix.at ? k->prefix.at : "", step);
        pe__walk w = {id, k->from, base_buf_take(&path)};
        if (w.step && VEC_PUSH(&k->c->reached, w)) return true;
        k->no_memory = true;
        return false;
    }
    if (value >= end || !strchr("tzum", *value)) return true;
    base_buf_text(&k->prefix, step);
    pe__node inside = {0, 0, value, end};
    const char *why = pe__each_child(k->t, &inside, reach, k);
    k->prefix.n = length;
    if (k->prefix.at) k->prefix.at[length] = 0;
    return why == NULL;
}

static bool walk(checker *k) {
    base_buf b;
    base_buf_init(&b);
    (void)mark(&k->reached, PE_ROOT_ID);
    if (!VEC_PUSH(&k->c->reached, (pe__walk){PE_ROOT_ID, 0, NULL})) return false;
    for (size_t i = 0; i < k->c->reached.n && !k->no_memory; i++) {
        uint64_t id = k->c->reached.at[i].id;
        if (k->c->progress) k->c->progress(k->arg, "objects", i, k->all);
        st_record r;
        const char *why = NULL;
        st_error e = st_get(k->t, PE_OBJECTS, st_key_int(&id), &b);
        if (e == ST_NOT_FOUND) why = "its record is missing";
        else if (e) why = told(k, "its record cannot be read");
        else if (st_record_open(b.at, b.n, id, &r, &why) == ST_OK) {
            pe__node n = {id, 0, r.payload, r.payload + r.n};
            k->from = i;
            base_buf_clear(&k->prefix);
            why = pe__each_child(k->t, &n, reach, k);
        }
        if (why && *why) {
            (void)mark(&k->bad, id);
            report(k, i, id, why);
        }
    }
    base_buf_release(&b);
    return !k->no_memory;
}

/* Every record of the two big tables, whether it is reached or not. */
static bool scan(checker *k, unsigned table) {
    base_buf key, value;
    st_cursor *c;
    st_record r;
    st_error e = st_cursor_open(k->t, table, &c);
    if (e) return report(k, SIZE_MAX, 0, told(k, "a table cannot be read")), true;
    base_buf_init(&key);
    base_buf_init(&value);
    while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK) {
        uint64_t id;
        const char *why = NULL;
        if (table == PE_OBJECTS) memcpy(&id, key.at, 8), k->c->objects++;
        else id = key.n >= 8 ? st_load64_be((const uint8_t *)key.at) : 0, k->c->entries++;
        k->c->bytes += key.n + value.n;
        if (marked(&k->reached, id)) continue;
        if (table == PE_OBJECTS) k->c->unreachable++;
        if (st_record_open(value.at, value.n, id, &r, &why) != ST_OK) report(k, SIZE_MAX, id, why);
    }
    if (e != ST_NOT_FOUND) report(k, SIZE_MAX, 0, told(k, "a table cannot be read to its end"));
    st_cursor_close(c);
    base_buf_release(&key);
    base_buf_release(&value);
    return true;
}

/* A store whose maker ended between making the file and writing the root: nothing is in it, nothing is wrong with it. */
static bool never_written(st_txn *t) {
    uint64_t n = 0;
    for (unsigned table = 0; table < PE_TABLES; table++)
        if (st_count(t, table, &n) != ST_OK || n) return false;
    return true;
}

bool pe__check(st_txn *t, pe__checked *c, void (*damage)(void *arg, const char *path, const char *why), void *arg) {
    checker k = {.t = t, .c = c, .damage = damage, .arg = arg};
    base_buf_init(&k.prefix);
    if (st_count(t, PE_OBJECTS, &k.all) != ST_OK) k.all = 0;
    bool ok = never_written(t) || (walk(&k) && scan(&k, PE_OBJECTS) && scan(&k, PE_ENTRIES));
    base_buf_release(&k.prefix);
    base_mem_free(k.reached.at);
    base_mem_free(k.bad.at);
    return ok;
}

void pe__checked_release(pe__checked *c) {
    for (size_t i = 0; i < c->reached.n; i++) base_mem_free(c->reached.at[i].step);
    VEC_RELEASE(&c->reached);
}
