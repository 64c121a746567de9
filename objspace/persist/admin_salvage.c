/* admin_salvage.c: `apodora store salvage`: a new store of what is whole in a damaged one, and a list of what is not.
 * What a store cannot be without is made up: the number of the newest commit, names in the place of lost ones, a root that holds all objects that were found.
 * A big container some of whose records are lost is put together anew of the others (rebuild.c).
 * Locks: none; nobody may write to the damaged store. */
#include "objspace/persist/admin.h"
#include "objspace/persist/bits.h"
#include "objspace/persist/bulk.h"
#include "objspace/persist/paths.h"
#include <string.h>

typedef struct broken { uint64_t id; pe__rebuilt r; } broken;
typedef struct salvager {
    pe__job *j;
    st_store *to;
    pe__bulk b;
    st_error e;
    uint64_t kept, lost, top_commit, top_id, top_name;
    bool have_state, have_root;
    pe__bits names;
    uint64_t looked;
    VEC(broken) broken;                  /* containers of which something is missing */
    st_txn *looking;                     /* the snapshot in which they are looked for */
} salvager;

static void lost(void *arg, const char *text) {
    salvager *s = arg;
    pe__tool_progress_end(s->j);
    s->lost++;
    if (s->j->json) {
        fputs(s->j->listed ? ", " : "", stdout), pe__tool_json(stdout, text, strlen(text));
        s->j->listed = true;
    } else fputs("lost: ", stdout), pe__tool_text(stdout, text, strlen(text)), putchar('\n');
}

static void lose_record(salvager *s, unsigned table, uint64_t id, const char *why) {
    char text[200];
    static const char *const what[] = {"object @", "an entry of object @", "name "};
    if (table < BASE_LENGTH(what)) snprintf(text, sizeof text, "%s%llu: %s", what[table], (unsigned long long)id, why);
    else snprintf(text, sizeof text, "a record of table %s: %s", pe__tables[table].name, why);
    lost(s, text);
}

static bool done(salvager *s, st_error e) { return (s->e = e) == ST_OK; }

/* Is what is there already newer? */
static bool superseded(salvager *s, unsigned table, st_key key, uint64_t id, uint64_t commit) {
    base_buf b;
    st_record r;
    const char *why;
    base_buf_init(&b);
    bool yes = st_get(s->b.w, table, key, &b) == ST_OK && st_record_open(b.at, b.n, id, &r, &why) == ST_OK && r.commit >= commit;
    base_buf_release(&b);
    return yes;
}

static bool record(void *arg, unsigned table, st_key key, const void *value, size_t n) {
    salvager *s = arg;
    uint64_t id = 0;
    st_record r;
    const char *why;
    if (table == PE_OBJECTS || table == PE_NAMES) memcpy(&id, key.at, 8);
    if (table == PE_ENTRIES) id = key.n > 8 ? st_load64_be(key.at) : 0;
    if (st_record_open(value, n, id, &r, &why) != ST_OK) return lose_record(s, table, id, why), true;
    if (superseded(s, table, key, id, r.commit)) return true;
    if (r.commit > s->top_commit) s->top_commit = r.commit;
    if (table == PE_OBJECTS && id > s->top_id) s->top_id = id;
    if (table == PE_OBJECTS && id == PE_ROOT_ID) s->have_root = true;
    if (table == PE_NAMES) (void)pe__bits_add(&s->names, id), s->top_name = id > s->top_name ? id : s->top_name;
    if (table == PE_STATE && r.n >= 16) {
        uint64_t next = st_load64(r.payload + 8);
        s->have_state = true;
        if (next && next - 1 > s->top_id) s->top_id = next - 1;
    }
    pe__tool_progress(s->j, "records", ++s->kept, 0);
    return done(s, pe__bulk_put(&s->b, table, key, value, n));
}

/* ---- what is made up ---- */

static void put_text(base_buf *b, const char *text) {
    pe__put_varint(b, strlen(text));
    base_buf_text(b, text);
}

static bool put_name(salvager *s, uint64_t n, const char *module, const char *qualname) {
    base_buf b;
    base_buf_init(&b);
    base_buf_byte(&b, PE_N_CLASS);
    put_text(&b, module), put_text(&b, qualname);
    bool ok = done(s, pe__bulk_put_record(&s->b, PE_NAMES, st_key_int(&n), PE_R_NAME, n, s->top_commit, &b));
    base_buf_release(&b);
    return ok;
}

/* Names are numbered one after the other: a number that leaves most of them out is nobody's. */
static bool drop_wild_names(salvager *s) {
    uint64_t count = 0, from, id;
    base_buf key;
    st_cursor *c;
    if (!done(s, st_count(s->b.w, PE_NAMES, &count))) return false;
    base_buf_init(&key);
    from = 2 * count + 1000;
    while (s->top_name >= from && done(s, st_cursor_open(s->b.w, PE_NAMES, &c))) {
        st_error e = st_cursor_move(c, ST_AT_OR_AFTER, st_key_int(&from), &key, NULL);
        st_cursor_close(c);
        if (e == ST_NOT_FOUND) s->top_name = from - 1;
        else if (done(s, e)) {
            memcpy(&id, key.at, 8);
            lose_record(s, PE_NAMES, id, "its number is impossible");
            (void)done(s, pe__bulk_del(&s->b, PE_NAMES, st_key_int(&id)));
        }
        if (s->e) break;
    }
    base_buf_release(&key);
    return s->e == ST_OK;
}

static bool make_names(salvager *s) {
    if (!drop_wild_names(s)) return false;
    for (uint64_t n = 1; n <= s->top_name; n++) {
        char text[40];
        if (pe__bits_has(&s->names, n)) continue;
        snprintf(text, sizeof text, "name%llu", (unsigned long long)n);
        if (!put_name(s, n, "lost", text)) return false;
    }
    return true;
}

typedef struct roots { base_buf b; uint64_t n; } roots;
static const char *add_to_root(void *arg, const base_buf *key, const base_buf *value) {
    roots *x = arg;
    uint64_t id, cls = 0;
    char text[40];
    pe_decoder d = {.p = (uint8_t *)value->at + ST_RECORD_HEAD, .end = (uint8_t *)value->at + value->n};
    memcpy(&id, key->at, 8);
    if (value->n <= ST_RECORD_HEAD || !pe__get_varint(&d, &cls) || cls == 0) return NULL;
    snprintf(text, sizeof text, "@%llu", (unsigned long long)id);
    base_buf_byte(&x->b, PE_STR), put_text(&x->b, text);
    base_buf_byte(&x->b, PE_REF), pe__put_varint(&x->b, id), pe__put_varint(&x->b, cls);
    x->n++;
    return x->b.failed ? "out of memory" : NULL;
}

/* A dict of all objects, by {'@ID': object}. Its class gets a name of its own, which may be there twice. */
static bool make_root(salvager *s) {
    roots x = {0};
    base_buf b;
    const char *why = NULL;
    uint64_t root = PE_ROOT_ID;
    base_buf_init(&x.b), base_buf_init(&b);
    s->e = pe__each_row(s->b.w, PE_OBJECTS, add_to_root, &x, &why);
    if (why) s->e = ST_MEMORY;
    bool ok = s->e == ST_OK && put_name(s, ++s->top_name, "builtins", "dict");
    pe__put_varint(&b, s->top_name), pe__put_varint(&b, 0);
    base_buf_byte(&b, PE_S_DICT), pe__put_varint(&b, x.n), base_buf_add(&b, x.b.at, x.b.n);
    ok = ok && done(s, pe__bulk_put_record(&s->b, PE_OBJECTS, st_key_int(&root), PE_R_OBJECT, root, s->top_commit, &b));
    base_buf_release(&x.b), base_buf_release(&b);
    return ok;
}

static bool make_state(salvager *s) { return done(s, pe__bulk_put_state(&s->b, s->top_commit, s->top_id + 1)); }

/* ---- containers of which parts are lost ---- */

static bool go_on(void *arg, const char *step, const uint8_t *value, const uint8_t *end) { return (void)arg, (void)step, (void)value, (void)end, true; }

static const char *look_for_broken(void *arg, const base_buf *key, const base_buf *value) {
    salvager *s = arg;
    broken x = {0};
    pe__tool_progress(s->j, "containers", s->looked++, 0);
    st_record r;
    const char *why;
    memcpy(&x.id, key->at, 8);
    if (st_record_open(value->at, value->n, x.id, &r, &why) != ST_OK || pe__big_of(&r).form == 0) return NULL;
    pe__node n = {x.id, 0, r.payload, r.payload + r.n, true};
    why = pe__each_child(s->looking, &n, go_on, NULL);
    return !why || VEC_PUSH(&s->broken, x) ? NULL : "out of memory";
}

static void report_rebuilt(salvager *s, st_txn *t) {
    size_t n = s->broken.n, named = 0;
    pe__wanted *w = n ? base_mem_zeroed(n * sizeof *w) : NULL;
    for (size_t i = 0; w && i < n; i++)
        if (s->broken.at[i].r.has < s->broken.at[i].r.said) w[named++].id = s->broken.at[i].id;
    if (w) pe__find_paths(t, w, named);
    for (size_t i = 0, k = 0; i < n; i++) {
        const broken *x = &s->broken.at[i];
        char text[400];
        if (x->r.has >= x->r.said) continue;                 /* only its index was damaged */
        const char *path = w ? w[k++].path : NULL;
        snprintf(text, sizeof text, "%.300s%s@%llu: %llu of %llu entries", path ? path : "", path ? " " : "", (unsigned long long)x->id, (unsigned long long)(x->r.said - x->r.has), (unsigned long long)x->r.said);
        lost(s, text);
        if (w) base_mem_free(w[k - 1].path);
    }
    base_mem_free(w);
}

/* In two snapshots, as what is being changed is not to be read meanwhile: first what is broken, then what it has become. */
static st_error mend_containers(salvager *s) {
    st_txn *t;
    const char *why = NULL;
    pe__names_clear();
    st_error e = st_read_begin(s->to, &t);
    if (e) return e;
    s->looking = t;
    e = pe__load_names(t, &why);
    if (e == ST_OK) e = pe__each_row(t, PE_OBJECTS, look_for_broken, s, &why);
    st_end(t);
    if (e || why || s->broken.n == 0) return e ? e : why ? ST_MEMORY : ST_OK;
    e = pe__bulk_begin(&s->b, s->to);
    for (size_t i = 0; i < s->broken.n && e == ST_OK; i++)
        if (pe__rebuild(&s->b, s->broken.at[i].id, s->top_commit, &s->broken.at[i].r) != NULL) e = ST_CORRUPT;
    e = pe__bulk_end(&s->b, e);
    if (e || (e = st_read_begin(s->to, &t)) != ST_OK) return e;
    report_rebuilt(s, t);
    st_end(t);
    return ST_OK;
}

/* ---- the command ---- */

static void damage(void *arg, const char *path, const char *why) {
    char text[300];
    snprintf(text, sizeof text, "%.200s: %.90s", path, why);
    lost(arg, text);
}

static void progress(void *arg, const char *what, uint64_t done, uint64_t all) { pe__tool_progress(((salvager *)arg)->j, what, done, all); }

/* What refers to something that is lost, by its path. */
static st_error look(salvager *s) {
    pe__checked c = {.progress = progress};
    st_txn *t;
    const char *why = NULL;
    pe__names_clear();
    st_error e = st_read_begin(s->to, &t);
    if (e) return e;
    e = pe__load_names(t, &why);
    if (e == ST_OK && !pe__check(t, &c, damage, s)) e = ST_MEMORY;
    st_end(t);
    return e;
}

static st_error run(salvager *s, st_report *r) {
    st_salvage to = {record, lost, s};
    st_error e = pe__bulk_begin(&s->b, s->to);
    if (e) return e;
    e = st_salvage_run(s->j->url, pe__tables, PE_TABLES, &to, r);
    if (s->e) e = s->e;
    bool found = s->kept > 0;
    if (e == ST_OK && found) (void)(make_names(s) && (s->have_root || make_root(s)) && (s->have_state || make_state(s)));
    if (e == ST_OK) e = s->e;
    if (e == ST_OK && !found) snprintf(r->text, sizeof r->text, "nothing in it is whole"), e = ST_CORRUPT;
    e = pe__bulk_end(&s->b, e);
    if (e == ST_OK) e = mend_containers(s);
    return e == ST_OK ? look(s) : e;
}

int pe__tool_salvage(pe__job *j) {
    char made[4200];
    salvager s = {.j = j};
    st_report r = {0};
    if (pe__tool_may_replace(j, j->args[0]) || pe__tool_beside(j, made, sizeof made, j->args[0]) || pe__tool_make(j, made, &s.to)) return 1;
    if (j->json) fputs("{\"lost\": [", stdout);
    j->busy = s.to;
    st_error e = run(&s, &r);
    j->busy = NULL;
    pe__tool_progress_end(j);
    if (j->json) printf("], \"kept\": %llu}\n", (unsigned long long)s.kept);
    pe__bits_release(&s.names);
    VEC_RELEASE(&s.broken);
    st_close(s.to);
    if (e) {
        pe__tool_remove(made);
        return pe__tool_fail(j, e, "%s", r.text[0] ? r.text : st_error_name(e));
    }
    if (pe__tool_put_in_place(j, made, j->args[0])) return 1;
    if (!j->quiet && !j->json) printf("%llu records kept, %llu losses\n", (unsigned long long)s.kept, (unsigned long long)s.lost);
    return s.lost != 0;
}
