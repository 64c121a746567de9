/* check.c: looks at every record: is it whole, does what it refers to exist, can it be reached.
 * Memory: two bits an object (front.h), and what is damaged; paths are looked for when there is damage (paths.c).
 * Locks: none; one transaction of the store. */
#include "base/mem.h"
#include "objspace/persist/front.h"
#include "objspace/persist/paths.h"
#include <stdlib.h>
#include <string.h>

enum { NAMED = 10000 /* damaged objects that are named by a path; beyond that, by number */ };
typedef struct trouble { uint64_t id; char *why; } trouble;
typedef struct checker {
    st_txn *t;
    pe__checked *c;
    pe__bits reached;
    pe__front front;
    uint64_t all;
    VEC(trouble) troubles;
    void (*damage)(void *arg, const char *path, const char *why);
    void *arg;
    bool no_memory;
} checker;

/* What the store says about the error that it has just given. */
static const char *told(const checker *k, const char *otherwise) {
    const char *text = st_last_text(k->t->store);
    return *text ? text : otherwise;
}

/* ---- damage ---- */

static void report(checker *k, const char *path, uint64_t id, const char *why) {
    base_buf b;
    base_buf_init(&b);
    if (path) base_buf_text(&b, path), base_buf_byte(&b, ' ');
    if (id) base_buf_printf(&b, "@%llu", (unsigned long long)id);
    if (b.n == 0) base_buf_text(&b, "the file");
    k->c->damaged++;
    k->damage(k->arg, b.failed ? "?" : b.at, why);
    base_buf_release(&b);
}

/* Kept until its path is known. */
static void note(checker *k, uint64_t id, const char *why) {
    trouble t = {id, k->troubles.n < NAMED ? base_mem_text(why) : NULL};
    if (t.why && VEC_PUSH(&k->troubles, t)) return;
    base_mem_free(t.why);
    report(k, NULL, id, why);
}

static void report_all(checker *k) {
    size_t n = k->troubles.n;
    pe__wanted *w = n ? base_mem_zeroed(n * sizeof *w) : NULL;
    for (size_t i = 0; w && i < n; i++) w[i].id = k->troubles.at[i].id;
    if (w) pe__find_paths(k->t, w, n);
    for (size_t i = 0; i < n; i++) {
        report(k, w ? w[i].path : NULL, k->troubles.at[i].id, k->troubles.at[i].why);
        base_mem_free(k->troubles.at[i].why);
        if (w) base_mem_free(w[i].path);
    }
    base_mem_free(w);
    VEC_RELEASE(&k->troubles);
}

/* ---- looking ---- */

static bool reach(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    checker *k = arg;
    uint64_t id;
    uint32_t cls;
    (void)step;
    if (pe__is_ref(value, end, &id, &cls)) return (void)pe__front_reach(&k->front, id), true;
    if (!pe__is_inner(value, end)) return true;
    pe__node inside = {0, 0, value, end, true};
    return pe__each_child(k->t, &inside, reach, k) == NULL;
}

static void look_at(checker *k, uint64_t id, base_buf *record) {
    st_record r;
    const char *why = NULL;
    st_error e = st_get(k->t, PE_OBJECTS, st_key_int(&id), record);
    if (e == ST_NOT_FOUND) why = "its record is missing";
    else if (e) why = told(k, "its record cannot be read");
    else if (st_record_open(record->at, record->n, id, &r, &why) == ST_OK) {
        pe__node n = {id, 0, r.payload, r.payload + r.n, true};
        why = pe__each_child(k->t, &n, reach, k);
    }
    if (why) note(k, id, *why ? why : "what it holds cannot be read");
}

static bool walk(checker *k) {
    base_buf record;
    uint64_t id, done = 0;
    base_buf_init(&record);
    (void)pe__front_reach(&k->front, PE_ROOT_ID);
    while (pe__front_next(&k->front, &id) && !pe__front_failed(&k->front)) {
        if (k->c->progress) k->c->progress(k->arg, "objects", done++, k->all);
        look_at(k, id, &record);
    }
    base_buf_release(&record);
    return !pe__front_failed(&k->front);
}

/* Every record of the two big tables, whether it is reached or not. */
static bool scan(checker *k, unsigned table) {
    base_buf key, value;
    st_cursor *c;
    st_record r;
    uint64_t done = 0;
    st_error e = st_cursor_open(k->t, table, &c);
    if (e) return report(k, NULL, 0, told(k, "a table cannot be read")), true;
    base_buf_init(&key);
    base_buf_init(&value);
    while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK) {
        uint64_t id;
        const char *why = NULL;
        if (table == PE_OBJECTS) memcpy(&id, key.at, 8), k->c->objects++;
        else id = key.n >= 8 ? st_load64_be((const uint8_t *)key.at) : 0, k->c->entries++;
        k->c->bytes += key.n + value.n;
        if (k->c->progress) k->c->progress(k->arg, "records", ++done, 0);
        if (pe__bits_has(&k->reached, id)) continue;
        if (table == PE_OBJECTS) k->c->unreachable++;
        if (st_record_open(value.at, value.n, id, &r, &why) != ST_OK) report(k, NULL, id, why);
    }
    if (e != ST_NOT_FOUND) report(k, NULL, 0, told(k, "a table cannot be read to its end"));
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
    if (st_count(t, PE_OBJECTS, &k.all) != ST_OK) k.all = 0;
    bool ok = never_written(t) || (pe__front_init(&k.front, &k.reached) && walk(&k) && scan(&k, PE_OBJECTS) && scan(&k, PE_ENTRIES));
    report_all(&k);
    pe__front_release(&k.front);
    pe__bits_release(&k.reached);
    return ok;
}
