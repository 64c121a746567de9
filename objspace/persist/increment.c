/* increment.c: `apodora store backup --since N` and what `restore` does with such files.
 *
 * A file of frames (docs/store-format.md, Increments): the records of commits after N, and what is left over: deletions leave no record behind, so the
 * ids of all objects are listed (as runs), and the keys, without their values, of each container some of whose records are newer than N.
 * Whoever puts it on top of an older copy deletes what is not listed.
 * Locks: none; one snapshot of the store when it is made. */
#include "objspace/persist/admin.h"
#include <errno.h>
#include <string.h>

enum { FORMAT = 1, FRAME_BYTES = 60000 /* of a list, about */, AT_ONCE = 20000 /* records put in one transaction */, TEXT_BYTES = 28 };
static const char FIRST[] = "apodora increment, format 2\n", OLDER[] = "apodora increment, format 1\n";
enum { I_HEAD = 'h', I_PUT = 'p', I_IDS = 'i', I_KEYS = 'k', I_END = 'z' };      /* kinds of frames */
static const char MEMORY[] = "out of memory", DAMAGED[] = "the increment is damaged";

/* ---- making ---- */

typedef struct maker { pe__job *j; FILE *f; uint64_t since, upto, frames, seen; base_buf frame, list, key, value, last; } maker;

static size_t begin(maker *m, uint8_t kind) {
    base_buf_clear(&m->frame);
    base_buf_fill(&m->frame, 0, 4);
    return st_record_start(&m->frame, kind, m->frames, m->upto);
}

static const char *end(maker *m, size_t start) {
    st_record_finish(&m->frame, start);
    if (m->frame.failed || m->list.failed) return MEMORY;
    st_store32((uint8_t *)m->frame.at, (uint32_t)(m->frame.n - 4));
    m->frames++;
    return fwrite(m->frame.at, 1, m->frame.n, m->f) == m->frame.n ? NULL : strerror(errno);
}

static const char *put(maker *m, unsigned table, const base_buf *key, const base_buf *value) {
    size_t start = begin(m, I_PUT);
    base_buf_byte(&m->frame, (unsigned char)table);
    pe__put_varint(&m->frame, key->n);
    base_buf_add(&m->frame, key->at, key->n);
    base_buf_add(&m->frame, value->at, value->n);
    return value->n > UINT32_MAX - 1000 ? "a record is too long" : end(m, start);
}

static const char *head(maker *m) {
    uint8_t raw[8];
    size_t start = begin(m, I_HEAD);
    base_buf_add(&m->frame, st_uuid(pe__s.store), ST_UUID_BYTES);
    st_store64(raw, m->since), base_buf_add(&m->frame, raw, 8);
    st_store64(raw, m->upto), base_buf_add(&m->frame, raw, 8);
    return end(m, start);
}

/* A list so far becomes a frame. */
static const char *put_list(maker *m, uint8_t kind, uint64_t id, bool last) {
    uint8_t raw[8];
    size_t start = begin(m, kind);
    st_store64(raw, id);
    base_buf_add(&m->frame, raw, 8);
    base_buf_byte(&m->frame, last);
    base_buf_add(&m->frame, m->list.at, m->list.n);
    base_buf_clear(&m->list), base_buf_clear(&m->last);
    return end(m, start);
}

static bool newer(maker *m, const base_buf *value, uint64_t id, const char **why) {
    st_record r;
    pe__tool_progress(m->j, "records", ++m->seen, 0);
    return st_record_open(value->at, value->n, id, &r, why) == ST_OK && r.commit > m->since;
}

static const char *put_newer(void *arg, const base_buf *key, const base_buf *value, unsigned table) {
    maker *m = arg;
    uint64_t id = 0;
    const char *why = NULL;
    if (pe__tables[table].int_keys) memcpy(&id, key->at, 8);
    if (newer(m, value, id, &why)) return put(m, table, key, value);
    return why;
}
static const char *put_state(void *arg, const base_buf *key, const base_buf *value) { return put_newer(arg, key, value, PE_STATE); }
static const char *put_name(void *arg, const base_buf *key, const base_buf *value) { return put_newer(arg, key, value, PE_NAMES); }
static const char *put_object(void *arg, const base_buf *key, const base_buf *value) { return put_newer(arg, key, value, PE_OBJECTS); }

/* Runs of ids: how many are missing before it, how many it has. */
static const char *put_ids(maker *m, st_cursor *c) {
    uint64_t from = 0, next = 0, id;
    const char *why = NULL;
    st_error e;
    while (!why && (e = st_cursor_move(c, ST_NEXT, (st_key){0}, &m->key, NULL)) == ST_OK) {
        memcpy(&id, m->key.at, 8);
        pe__tool_progress(m->j, "records", ++m->seen, 0);
        if (id == next && next != from) { next++; continue; }
        if (next != from) pe__put_varint(&m->list, next - from);
        pe__put_varint(&m->list, id - next);
        from = id, next = id + 1;
    }
    if (!why && e != ST_NOT_FOUND) return "objects cannot be read";
    if (next != from) pe__put_varint(&m->list, next - from);
    return why ? why : put_list(m, I_IDS, 0, true);
}

/* Has anything of the container changed?  Its object says so, or an entry does. */
static bool changed(maker *m, st_cursor *c, uint64_t id, const uint8_t prefix[8], const char **why) {
    base_buf record;
    base_buf_init(&record);
    bool yes = st_get(m->j->t, PE_OBJECTS, st_key_int(&id), &record) == ST_OK && newer(m, &record, id, why);
    base_buf_release(&record);
    st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){prefix, 8}, &m->key, &m->value);
    while (!yes && !*why && e == ST_OK && m->key.n > 8 && memcmp(m->key.at, prefix, 8) == 0) {
        yes = newer(m, &m->value, id, why);
        e = st_cursor_move(c, ST_NEXT, (st_key){0}, &m->key, &m->value);
    }
    if (!*why && e && e != ST_NOT_FOUND) *why = "entries cannot be read";
    return yes;
}

/* Newer entries, then the keys of all: how much of the key before each shares, and what follows. */
static const char *put_container(maker *m, st_cursor *c, uint64_t id, const uint8_t prefix[8]) {
    const char *why = NULL;
    st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){prefix, 8}, &m->key, &m->value);
    for (; !why && e == ST_OK && m->key.n > 8 && memcmp(m->key.at, prefix, 8) == 0; e = st_cursor_move(c, ST_NEXT, (st_key){0}, &m->key, &m->value))
        if (newer(m, &m->value, id, &why)) why = put(m, PE_ENTRIES, &m->key, &m->value);
    if (!why && e && e != ST_NOT_FOUND) return "entries cannot be read";
    e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){prefix, 8}, &m->key, NULL);
    for (; !why && e == ST_OK && m->key.n > 8 && memcmp(m->key.at, prefix, 8) == 0; e = st_cursor_move(c, ST_NEXT, (st_key){0}, &m->key, NULL)) {
        size_t same = 0;
        pe__tool_progress(m->j, "records", ++m->seen, 0);
        while (same < m->last.n && same < m->key.n - 8 && m->last.at[same] == m->key.at[8 + same]) same++;
        pe__put_varint(&m->list, same);
        pe__put_varint(&m->list, m->key.n - 8 - same);
        base_buf_add(&m->list, m->key.at + 8 + same, m->key.n - 8 - same);
        base_buf_clear(&m->last);
        base_buf_add(&m->last, m->key.at + 8, m->key.n - 8);
        if (m->list.n > FRAME_BYTES) why = put_list(m, I_KEYS, id, false);
    }
    if (!why && e && e != ST_NOT_FOUND) why = "entries cannot be read";      /* a list that is cut short would delete the rest */
    return why ? why : put_list(m, I_KEYS, id, true);
}

static const char *put_containers(maker *m, st_cursor *c) {
    uint8_t prefix[8];
    const char *why = NULL;
    for (uint64_t id = 1; !why;) {
        st_store64_be(prefix, id);
        st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){prefix, 8}, &m->key, NULL);
        if (e == ST_NOT_FOUND) break;
        if (e || m->key.n < 9) return "entries cannot be read";
        id = st_load64_be((uint8_t *)m->key.at);
        st_store64_be(prefix, id);
        if (changed(m, c, id, prefix, &why) && !why) why = put_container(m, c, id, prefix);
        if (++id == 0) break;
    }
    return why;
}

static const char *with_cursor(maker *m, unsigned table, const char *(*fn)(maker *, st_cursor *)) {
    st_cursor *c;
    if (st_cursor_open(m->j->t, table, &c) != ST_OK) return "a table cannot be read";
    const char *why = fn(m, c);
    st_cursor_close(c);
    return why;
}

const char *pe__increment_make(pe__job *j, FILE *f, uint64_t since, uint64_t *frames) {
    maker m = {.j = j, .f = f, .since = since, .upto = atomic_load(&pe__s.lsn)};
    const char *why = NULL;
    base_buf_init(&m.frame), base_buf_init(&m.list), base_buf_init(&m.key), base_buf_init(&m.value), base_buf_init(&m.last);
    if (fwrite(FIRST, 1, TEXT_BYTES, f) != TEXT_BYTES) why = strerror(errno);
    st_error e = ST_OK;
    if (!why) why = head(&m);
    if (!why) e = pe__each_row(j->t, PE_STATE, put_state, &m, &why);
    if (!why && !e) e = pe__each_row(j->t, PE_NAMES, put_name, &m, &why);
    if (!why && !e) e = pe__each_row(j->t, PE_OBJECTS, put_object, &m, &why);
    if (e) why = "a table cannot be read to its end";
    if (!why) why = with_cursor(&m, PE_OBJECTS, put_ids);
    if (!why) why = with_cursor(&m, PE_ENTRIES, put_containers);
    if (!why) why = end(&m, begin(&m, I_END));
    *frames = m.frames;
    base_buf_release(&m.frame), base_buf_release(&m.list), base_buf_release(&m.key), base_buf_release(&m.value), base_buf_release(&m.last);
    return why;
}

/* ---- reading ---- */

typedef struct reader {
    pe__job *j;
    FILE *f;
    st_store *to;                        /* NULL: the file is only looked at */
    st_txn *w;
    uint64_t frames, since, upto, have;  /* have: the commit that `to` has */
    unsigned in_txn;
    base_buf frame, key;
    st_cursor *c;                        /* in the list of a container's keys; c_more: it stands on c_key */
    bool c_more, ended, in_keys;
    uint64_t c_id;
    base_buf c_key, last;
    VEC(base_buf) doomed;
} reader;

static const char *store_text(const reader *r, st_error e) { return e == ST_OK ? NULL : *st_last_text(r->to) ? st_last_text(r->to) : st_error_name(e); }

static const char *renew(reader *r) {
    if (r->in_txn++ < AT_ONCE || r->in_keys) return NULL;
    r->in_txn = 0;
    st_error e = st_commit(r->w);
    r->w = NULL;
    return store_text(r, e ? e : st_write_begin(r->to, &r->w));
}

static const char *take_head(reader *r, const st_record *f) {
    if (r->frames != 0 || f->n != ST_UUID_BYTES + 16) return DAMAGED;
    r->since = st_load64(f->payload + ST_UUID_BYTES), r->upto = st_load64(f->payload + ST_UUID_BYTES + 8);
    if (!r->to) return NULL;
    if (memcmp(f->payload, st_uuid(r->to), ST_UUID_BYTES) != 0) return "the increment is of another store";
    if (r->since > r->have) return "an increment is missing before this one";
    return r->upto < r->have ? "the increment is older than what it is put on" : NULL;
}

static const char *take_put(reader *r, const st_record *f) {
    pe_decoder d = {.p = f->payload + 1, .end = f->payload + f->n};
    uint64_t n, id = 0;
    st_record inner;
    const char *why;
    if (f->n < 2 || f->payload[0] >= PE_TABLES || !pe__get_varint(&d, &n) || n == 0 || n > ST_KEY_MAX || n > (size_t)(d.end - d.p)) return DAMAGED;
    unsigned table = f->payload[0];
    if (pe__tables[table].int_keys ? n != 8 : table == PE_ENTRIES && n < 9) return DAMAGED;
    if (pe__tables[table].int_keys) memcpy(&id, d.p, 8);
    else if (table == PE_ENTRIES) id = st_load64_be(d.p);
    if (st_record_open(d.p + n, (size_t)(d.end - d.p) - n, id, &inner, &why) != ST_OK) return why;
    if (!r->to) return NULL;
    base_buf_clear(&r->key);
    base_buf_add(&r->key, d.p, n);                           /* aligned */
    if (r->key.failed) return MEMORY;
    why = store_text(r, st_put(r->w, table, (st_key){r->key.at, r->key.n}, d.p + n, (size_t)(d.end - d.p) - n));
    return why ? why : renew(r);
}

static const char *doom(reader *r, const base_buf *key) {
    base_buf copy;
    base_buf_init(&copy);
    base_buf_add(&copy, key->at, key->n);
    if (copy.failed || !VEC_PUSH(&r->doomed, copy)) return base_buf_release(&copy), MEMORY;
    return NULL;
}

static const char *delete_doomed(reader *r, unsigned table) {
    st_error e = ST_OK;
    for (size_t i = 0; i < r->doomed.n; i++) {
        if (e == ST_OK) e = st_del(r->w, table, (st_key){r->doomed.at[i].at, r->doomed.at[i].n});
        base_buf_release(&r->doomed.at[i]);
    }
    VEC_RELEASE(&r->doomed);
    return store_text(r, e);
}

/* Entries of a container that goes. */
static const char *doom_entries(reader *r, uint64_t id) {
    uint8_t prefix[8];
    st_cursor *c;
    const char *why = NULL;
    st_store64_be(prefix, id);
    st_error e = st_cursor_open(r->w, PE_ENTRIES, &c);
    if (e) return store_text(r, e);
    e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){prefix, 8}, &r->key, NULL);
    for (; !why && e == ST_OK && r->key.n > 8 && memcmp(r->key.at, prefix, 8) == 0; e = st_cursor_move(c, ST_NEXT, (st_key){0}, &r->key, NULL)) why = doom(r, &r->key);
    st_cursor_close(c);
    return why ? why : e == ST_NOT_FOUND || e == ST_OK ? delete_doomed(r, PE_ENTRIES) : store_text(r, e);
}

typedef struct runs { pe_decoder d; uint64_t from, to; } runs;       /* the run from..to-1 */
static bool next_run(runs *x) {
    uint64_t gap, n;
    if (x->d.p >= x->d.end) return x->from = x->to = UINT64_MAX, true;
    if (!pe__get_varint(&x->d, &gap) || !pe__get_varint(&x->d, &n) || gap > UINT64_MAX - x->to || n > UINT64_MAX - x->to - gap) return false;
    x->from = x->to + gap, x->to = x->from + n;
    return true;
}

/* All objects that there are: the others go. */
static const char *take_ids(reader *r, const st_record *f) {
    runs x = {.d = {.p = f->payload + 9, .end = f->payload + f->n}};
    st_cursor *c;
    const char *why = NULL;
    uint64_t id;
    if (f->n < 9 || !next_run(&x)) return DAMAGED;
    if (!r->to) return NULL;
    st_error e = st_cursor_open(r->w, PE_OBJECTS, &c);
    if (e) return store_text(r, e);
    while (!why && (e = st_cursor_move(c, ST_NEXT, (st_key){0}, &r->key, NULL)) == ST_OK) {
        memcpy(&id, r->key.at, 8);
        while (id >= x.to && x.to != UINT64_MAX && !why) if (!next_run(&x)) why = DAMAGED;
        if (!why && id < x.from) why = doom(r, &r->key);
    }
    st_cursor_close(c);
    if (!why && e != ST_NOT_FOUND) why = store_text(r, e);
    for (size_t i = 0; !why && i < r->doomed.n; i++) {
        uint64_t gone;
        memcpy(&gone, r->doomed.at[i].at, 8);
        reader own = {.to = r->to, .w = r->w};
        base_buf_init(&own.key);
        why = doom_entries(&own, gone);
        base_buf_release(&own.key);
    }
    return why ? why : delete_doomed(r, PE_OBJECTS);
}

static void step(reader *r, uint64_t id) {
    st_error e = st_cursor_move(r->c, ST_NEXT, (st_key){0}, &r->c_key, NULL);
    r->c_more = e == ST_OK && r->c_key.n > 8 && st_load64_be((uint8_t *)r->c_key.at) == id;
}

static const char *begin_keys(reader *r, uint64_t id) {
    uint8_t prefix[8];
    st_error e = st_cursor_open(r->w, PE_ENTRIES, &r->c);
    if (e) return store_text(r, e);
    st_store64_be(prefix, id);
    e = st_cursor_move(r->c, ST_AT_OR_AFTER, (st_key){prefix, 8}, &r->c_key, NULL);
    r->c_more = e == ST_OK && r->c_key.n > 8 && memcmp(r->c_key.at, prefix, 8) == 0;
    r->c_id = id;
    r->in_keys = true;
    return e && e != ST_NOT_FOUND ? store_text(r, e) : NULL;
}

static int compare(const base_buf *a, const base_buf *b) {
    int c = memcmp(a->at, b->at, a->n < b->n ? a->n : b->n);
    return c ? c : a->n < b->n ? -1 : a->n > b->n;
}

/* What the copy has before this key goes; the key itself must be there. */
static const char *meet_key(reader *r) {
    const char *why = NULL;
    while (!why && r->c_more && compare(&r->c_key, &r->key) < 0) why = doom(r, &r->c_key), step(r, r->c_id);
    if (why) return why;
    if (!r->c_more || compare(&r->c_key, &r->key) != 0) return "the increment does not fit what it is put on";
    step(r, r->c_id);
    return NULL;
}

static const char *end_keys(reader *r) {
    const char *why = NULL;
    while (!why && r->c_more) why = doom(r, &r->c_key), step(r, r->c_id);
    st_cursor_close(r->c);
    r->c = NULL;
    r->in_keys = false;
    return why ? why : delete_doomed(r, PE_ENTRIES);
}

static const char *take_keys(reader *r, const st_record *f) {
    if (f->n < 9) return DAMAGED;
    uint64_t id = st_load64(f->payload), same, n;
    bool last = f->payload[8];
    const char *why = NULL;
    pe_decoder d = {.p = f->payload + 9, .end = f->payload + f->n};
    if (!r->to) return NULL;
    if (!r->in_keys) why = begin_keys(r, id);
    else if (r->c_id != id) return DAMAGED;
    base_buf_clear(&r->last);
    while (!why && d.p < d.end) {
        uint8_t prefix[8];
        if (!pe__get_varint(&d, &same) || !pe__get_varint(&d, &n) || same > r->last.n || n > (size_t)(d.end - d.p) || same + n > ST_KEY_MAX) return DAMAGED;
        r->last.n = same;
        base_buf_add(&r->last, d.p, n);
        d.p += n;
        st_store64_be(prefix, id);
        base_buf_clear(&r->key);
        base_buf_add(&r->key, prefix, 8), base_buf_add(&r->key, r->last.at, r->last.n);
        why = r->key.failed || r->last.failed ? MEMORY : meet_key(r);
    }
    return why || !last ? why : end_keys(r);
}

static const char *take_frame(reader *r, const st_record *f) {
    if (r->ended || (r->frames == 0) != (f->kind == I_HEAD)) return DAMAGED;
    if (f->kind != I_KEYS && r->in_keys) return DAMAGED;
    switch (f->kind) {
    case I_HEAD: return take_head(r, f);
    case I_PUT: return take_put(r, f);
    case I_IDS: return take_ids(r, f);
    case I_KEYS: return take_keys(r, f);
    case I_END: return r->ended = true, NULL;
    default: return DAMAGED;
    }
}

static const char *take_frames(reader *r) {
    char text[TEXT_BYTES];
    uint8_t raw[4];
    st_record f;
    const char *why = NULL;
    if (fread(text, 1, TEXT_BYTES, r->f) != TEXT_BYTES || (memcmp(text, FIRST, TEXT_BYTES) != 0 && memcmp(text, OLDER, TEXT_BYTES) != 0)) return "this is not an increment of format 1 or 2";
    for (size_t got; !why && (got = fread(raw, 1, 4, r->f)) > 0;) {
        uint32_t n = st_load32(raw);
        base_buf_clear(&r->frame);
        while (got == 4 && r->frame.n < n) {                 /* in pieces: the length may be a lie */
            char piece[65536];
            size_t want = n - r->frame.n < sizeof piece ? n - r->frame.n : sizeof piece;
            if (fread(piece, 1, want, r->f) != want) break;
            if (!base_buf_add(&r->frame, piece, want)) return MEMORY;
        }
        if (got != 4 || r->frame.n != n) return "the increment is cut off";
        if (st_record_open(r->frame.at, r->frame.n, r->frames, &f, &why) != ST_OK) return why;
        why = take_frame(r, &f);
        r->frames++;
        pe__tool_progress(r->j, "frames", r->frames, 0);
    }
    return why ? why : ferror(r->f) ? strerror(errno) : r->ended ? NULL : "the increment is cut off";
}

const char *pe__increment_apply(pe__job *j, const char *path, st_store *to, uint64_t *commit) {
    reader r = {.j = j, .to = to, .have = *commit, .f = fopen(path, "rb")};
    if (!r.f) return strerror(errno);
    base_buf_init(&r.frame), base_buf_init(&r.key), base_buf_init(&r.c_key), base_buf_init(&r.last);
    const char *why = to ? store_text(&r, st_write_begin(to, &r.w)) : NULL;
    if (!why) why = take_frames(&r);
    if (r.c) st_cursor_close(r.c);
    if (why && r.w) st_end(r.w);
    else if (r.w) why = store_text(&r, st_commit(r.w));
    for (size_t i = 0; i < r.doomed.n; i++) base_buf_release(&r.doomed.at[i]);
    VEC_RELEASE(&r.doomed);
    *commit = r.upto;
    base_buf_release(&r.frame), base_buf_release(&r.key), base_buf_release(&r.c_key), base_buf_release(&r.last);
    fclose(r.f);
    return why;
}
