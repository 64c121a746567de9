/* gc.c: deletes from a store what cannot be reached in it. In one process with no program beside it (`apodora store gc`), or beside running
 * transactions (collect.c), which says what they hold.
 *
 * Marking: a walk in bounded memory (front.h). It reads many short snapshots, as
 * pages that are freed while one is open cannot be used again; README.md, "Collecting", says why that is right.
 * Sweeping deletes in transactions of some thousand records, so that commits wait for no more than one of them.
 * An object's entries go before the object: what is interrupted is found again the next time.
 * Locks: none of its own. Works on bytes: makes no objects, looks at no class.
 * G1  Damage that is met while marking ends the collection: it may hide what is reachable. (refs of all kinds) */
#include "base/mem.h"
#include "objspace/persist/front.h"
#include "objspace/persist/gc.h"
#include <string.h>

enum { PIECE = 1000 /* records deleted in one transaction */, SNAPSHOT = 500 /* records marked in one snapshot */, REST = 4 /* snapshots */ };
typedef struct marker {
    pe__collection *c;
    st_txn *t;
    pe__front front;                     /* reached, and not looked at */
    unsigned read, breaths;              /* records in this snapshot; snapshots */
    base_buf record, key, value;
    const char *why;
} marker;

/* ---- references in bytes ---- */

static bool varint(const uint8_t **p, const uint8_t *end, uint64_t *out) {
    pe_decoder d = {.p = *p, .end = end};
    bool ok = pe__get_varint(&d, out);
    *p = d.p;
    return ok;
}

static bool skip(const uint8_t **p, const uint8_t *end, uint64_t n) {
    if (n > (size_t)(end - *p)) return false;
    *p += n;
    return true;
}

static void reach(marker *m, uint64_t id) { (void)pe__front_reach(&m->front, id); }

/* `count` values one after the other; those inside of others count as well. UINT64_MAX: to the end. */
static bool values(marker *m, const uint8_t **p, const uint8_t *end, uint64_t count) {
    bool to_end = count == UINT64_MAX;
    uint64_t n, id;
    while (to_end ? *p < end : count-- > 0) {
        if (*p >= end) return false;
        uint8_t tag = *(*p)++;
        switch (tag) {
        case PE_NULL: case PE_NONE_: case PE_TRUE: case PE_FALSE: case PE_ELLIPSIS: case PE_NOTIMPL: break;
        case PE_INT: case PE_NAME: if (!varint(p, end, &n)) return false; break;
        case PE_FLOAT: if (!skip(p, end, 8)) return false; break;
        case PE_COMPLEX: if (!skip(p, end, 16)) return false; break;
        case PE_BIGINT: if (!skip(p, end, 1) || !varint(p, end, &n) || !skip(p, end, n)) return false; break;
        case PE_LONG_STR: if (!varint(p, end, &n) || !varint(p, end, &n) || !skip(p, end, 1)) return false; break;
        case PE_LONG_BYTES: if (!varint(p, end, &n)) return false; break;
        case PE_STR: case PE_BYTES: if (!varint(p, end, &n) || !skip(p, end, n)) return false; break;
        case PE_TUPLE: case PE_FROZENSET: case PE_RANGE: case PE_SLICE: case PE_METHOD:
            if (!varint(p, end, &n) || n > (size_t)(end - *p)) return false;
            if (!to_end) count += n;
            break;
        case PE_SUB: case PE_ENUM:
            if (!varint(p, end, &n)) return false;
            if (!to_end) count++;
            break;
        case PE_REF:
            if (!varint(p, end, &id) || !varint(p, end, &n)) return false;
            reach(m, id);
            break;
        default: return false;
        }
    }
    return true;
}

static bool own_values(marker *m, const uint8_t **p, const uint8_t *end) {
    uint64_t n;
    if (!varint(p, end, &n) || n > (size_t)(end - *p)) return false;
    const uint8_t *stop = *p + n;
    return values(m, p, stop, UINT64_MAX) && *p == stop;
}

/* The state of an object. *big: its entries are to be looked at too. */
static bool state(marker *m, const uint8_t **p, const uint8_t *end, bool *big) {
    uint64_t n;
    if (*p >= end) return false;
    uint8_t form = *(*p)++;
    if (form == PE_S_REST) {
        if (!own_values(m, p, end) || *p >= end) return false;
        form = *(*p)++;
    }
    switch (form) {
    case PE_S_PLAIN: return true;
    case PE_S_DICT: return varint(p, end, &n) && n <= (size_t)(end - *p) && values(m, p, end, n * 2);
    case PE_S_LIST: case PE_S_SET: return varint(p, end, &n) && n <= (size_t)(end - *p) && values(m, p, end, n);
    case PE_S_BIGDICT: case PE_S_PAGESET: return *big = true, varint(p, end, &n) && varint(p, end, &n) && varint(p, end, &n) && skip(p, end, 1);
    case PE_S_BIGLIST: case PE_S_BIGSET: return *big = true, varint(p, end, &n);
    case PE_S_BYTEARRAY: return varint(p, end, &n) && skip(p, end, n);
    case PE_S_LONGARRAY: return varint(p, end, &n);
    case PE_S_EXC: return skip(p, end, 1) && values(m, p, end, 5);
    case PE_S_VALUE: return values(m, p, end, 1);
    case PE_S_CODEC: return own_values(m, p, end);
    case PE_S_ITEMS: return *big = true, own_values(m, p, end) && varint(p, end, &n) && varint(p, end, &n);
    default: return false;
    }
}

/* Slots and attributes: a name and a value each, then the dict. */
static bool attributes(marker *m, const uint8_t **p, const uint8_t *end) {
    uint64_t slots, n;
    if (*p == end) return true;
    if (!varint(p, end, &slots) || !varint(p, end, &n) || *p >= end) return false;
    bool dict = *(*p)++ != 0;
    if (slots > (size_t)(end - *p) || n > (size_t)(end - *p)) return false;
    return values(m, p, end, 2 * (slots + n) + dict);
}

/* What stands before the values of an entry: an order number, or a count; a key in an index has nothing. */
static bool entry(marker *m, const base_buf *key, const st_record *r) {
    const uint8_t *p = r->payload, *end = p + r->n;
    uint64_t n;
    bool ordered = key->at[8] == 'k' || key->at[8] == 'h';
    if (r->n == 0) return true;
    return (ordered ? skip(&p, end, 8) : varint(&p, end, &n)) && values(m, &p, end, UINT64_MAX);
}

/* ---- marking ---- */

static bool cannot(marker *m, const char *why) { return m->why = why, false; }
static bool stopped(const pe__collection *c) { return c->stop && c->stop(c->arg); }

/* A new snapshot now and then. *renewed: cursors are gone. */
static bool breathe(marker *m, bool *renewed) {
    if (++m->read < SNAPSHOT && !st_is_old(m->t)) return true;
    st_end(m->t);
    m->t = NULL;
    m->read = 0;
    if (!m->c->get_held && ++m->breaths % REST == 0) st_rest(m->c->store);       /* nobody else needs the pages now */
    *renewed = true;
    return st_read_begin(m->c->store, &m->t) == ST_OK || cannot(m, "the store cannot be read");
}

/* The entries of a container from the key in m->key on, until it is done or the snapshot is old. *more: go on there. */
static bool look_at_some_entries(marker *m, uint64_t id, const uint8_t prefix[8], bool *more) {
    st_cursor *c;
    st_record r;
    const char *why;
    bool ok = true;
    if (st_cursor_open(m->t, PE_ENTRIES, &c) != ST_OK) return cannot(m, "entries cannot be read");
    st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){m->record.at, m->record.n}, &m->key, &m->value);
    *more = false;
    while (ok && e == ST_OK && m->key.n > 8 && memcmp(m->key.at, prefix, 8) == 0 && !*more) {
        if (st_record_open(m->value.at, m->value.n, id, &r, &why) != ST_OK || !entry(m, &m->key, &r)) ok = cannot(m, "an entry is damaged");
        else if (stopped(m->c)) ok = false;
        else if (++m->read >= SNAPSHOT || st_is_old(m->t)) m->read = SNAPSHOT, *more = true;
        else e = st_cursor_move(c, ST_NEXT, (st_key){0}, &m->key, &m->value);
    }
    if (ok && e != ST_OK && e != ST_NOT_FOUND) ok = cannot(m, "entries cannot be read");
    st_cursor_close(c);
    return ok;
}

static bool look_at_entries(marker *m, uint64_t id) {
    uint8_t prefix[8];
    bool more = true, renewed;
    st_store64_be(prefix, id);
    base_buf_clear(&m->record);
    base_buf_add(&m->record, prefix, 8);                     /* where to go on */
    while (more) {
        if (!look_at_some_entries(m, id, prefix, &more)) return false;
        if (!more) break;
        base_buf_clear(&m->record);
        base_buf_add(&m->record, m->key.at, m->key.n);
        if (m->record.failed) return cannot(m, "out of memory");
        if (!breathe(m, &renewed)) return false;
    }
    return true;
}

static bool look_at(marker *m, uint64_t id) {
    st_record r;
    const char *why;
    bool big = false, renewed;
    uint64_t n;
    m->c->at = id;
    if (!breathe(m, &renewed)) return false;
    st_error e = st_get(m->t, PE_OBJECTS, st_key_int(&id), &m->record);
    if (e == ST_NOT_FOUND) return (m->c->is_held && m->c->is_held(m->c->arg, id)) || cannot(m, "a record is missing");     /* not written yet */
    if (e || st_record_open(m->record.at, m->record.n, id, &r, &why) != ST_OK) return cannot(m, "a record is damaged");
    const uint8_t *p = r.payload, *end = p + r.n;
    if (!varint(&p, end, &n) || !varint(&p, end, &n) || !state(m, &p, end, &big) || !attributes(m, &p, end) || p != end) return cannot(m, "a record is damaged");
    return !big || look_at_entries(m, id);
}

/* What the program holds, or has come to hold meanwhile. What is new needs no look: what it refers to was in memory when it was written. *any: some were. */
static bool reach_held(marker *m, bool *any) {
    pe__bits held = {0};
    uint64_t id;
    *any = false;
    if (!m->c->get_held) return true;
    bool ok = m->c->get_held(m->c->arg, &held) || cannot(m, "out of memory");
    for (size_t i = 0; ok && held.page && i <= held.mask; i++)
        for (size_t w = 0; held.page[i].words && w < PE_BITS_PAGE / 64; w++)
            for (uint64_t bits = held.page[i].words[w]; bits; bits &= bits - 1) {
                id = held.page[i].no * PE_BITS_PAGE + w * 64 + (unsigned)__builtin_ctzll(bits);
                if (id >= m->c->new_from || pe__bits_has(&m->c->reached, id)) continue;
                reach(m, id);
                *any = true;
            }
    pe__bits_release(&held);
    return ok;
}

static bool mark(marker *m) {
    uint64_t id = 0, done = 0;
    bool any;
    reach(m, PE_ROOT_ID);
    bool ok = reach_held(m, &any);
    while (ok) {
        if (!pe__front_next(&m->front, &id)) {
            ok = reach_held(m, &any);
            if (!any) break;
            continue;
        }
        ok = look_at(m, id) && !stopped(m->c);
        if (m->c->progress) m->c->progress(m->c->arg, "objects", ++done, 0);
        if (pe__front_failed(&m->front)) ok = cannot(m, "out of memory");
    }
    return ok;
}

/* ---- sweeping ---- */

typedef struct doom { uint64_t id; bool object; } doom;   /* object false: only entries that belong to none */
typedef struct sweeper { pe__collection *c; VEC(doom) doomed; uint64_t next_object, next_entry; base_buf key; } sweeper;

static bool is_garbage(const pe__collection *c, uint64_t id) { return id < c->new_from && !pe__bits_has(&c->reached, id) && !(c->is_held && c->is_held(c->arg, id)); }

/* The next objects that are to go, from where the last piece ended. *more: there are more to look at. */
static st_error find_objects(sweeper *s, st_txn *t, bool *more) {
    st_cursor *c;
    st_error e = st_cursor_open(t, PE_OBJECTS, &c);
    if (e) return e;
    e = st_cursor_move(c, ST_AT_OR_AFTER, st_key_int(&s->next_object), &s->key, NULL);
    for (unsigned looked = 0; e == ST_OK && s->doomed.n < PIECE && looked < 100 * PIECE; looked++) {
        uint64_t id;
        memcpy(&id, s->key.at, 8);
        if (is_garbage(s->c, id)) {
            if (!VEC_PUSH(&s->doomed, (doom){id, true})) { e = ST_MEMORY; break; }
        } else s->c->kept++;
        s->next_object = id + 1;
        if (st_is_old(t)) break;
        e = st_cursor_move(c, ST_NEXT, (st_key){0}, &s->key, NULL);
    }
    st_cursor_close(c);
    *more = e == ST_OK;
    return e == ST_NOT_FOUND ? ST_OK : e;
}

/* Entries of containers that are not there (any more). */
static st_error find_entries(sweeper *s, st_txn *t, bool *more) {
    uint8_t from[8];
    st_cursor *c;
    st_error e = st_cursor_open(t, PE_ENTRIES, &c);
    if (e) return e;
    for (unsigned looked = 0; s->doomed.n < PIECE && looked < PIECE; looked++) {
        st_store64_be(from, s->next_entry);
        if ((e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){from, 8}, &s->key, NULL)) != ST_OK || s->key.n < 8) break;
        uint64_t id = st_load64_be((uint8_t *)s->key.at);
        st_error there = is_garbage(s->c, id) ? st_get(t, PE_OBJECTS, st_key_int(&id), &s->key) : ST_OK;
        if (there == ST_NOT_FOUND && !VEC_PUSH(&s->doomed, (doom){id, false})) { e = ST_MEMORY; break; }
        if (id == UINT64_MAX) { e = ST_NOT_FOUND; break; }
        s->next_entry = id + 1;
        if (st_is_old(t)) break;
    }
    st_cursor_close(c);
    *more = e == ST_OK;
    return e == ST_NOT_FOUND ? ST_OK : e;
}

/* Deletes up to *room entries of a container. *all: none is left. */
static st_error delete_entries(sweeper *s, st_txn *w, uint64_t id, unsigned *room, bool *all) {
    uint8_t from[8];
    st_cursor *c;
    st_store64_be(from, id);
    *all = false;
    for (; *room > 0; --*room) {
        st_error e = st_cursor_open(w, PE_ENTRIES, &c);
        if (e) return e;
        e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){from, 8}, &s->key, NULL);
        st_cursor_close(c);
        if (e == ST_NOT_FOUND || (e == ST_OK && (s->key.n < 8 || memcmp(s->key.at, from, 8) != 0))) return *all = true, ST_OK;
        if (e == ST_OK) e = st_del(w, PE_ENTRIES, (st_key){s->key.at, s->key.n});
        if (e) return e;
        s->c->entries++;
    }
    return ST_OK;
}

/* Some records of what is doomed; the list is taken from its end. */
static st_error delete_some(sweeper *s) {
    st_txn *w;
    unsigned room = PIECE;
    bool all;
    st_error e = st_write_begin(s->c->store, &w);
    if (e) return e;
    while (s->doomed.n && room > 0 && e == ST_OK) {
        doom d = VEC_LAST(&s->doomed);
        if (s->c->is_held && s->c->is_held(s->c->arg, d.id)) {        /* it never should be */
            (void)VEC_POP(&s->doomed);
            continue;
        }
        e = delete_entries(s, w, d.id, &room, &all);
        if (e || !all) break;
        if (d.object) e = st_del(w, PE_OBJECTS, st_key_int(&d.id)), s->c->deleted++;
        (void)VEC_POP(&s->doomed);
        if (room) room--;
    }
    if (e == ST_OK) return st_commit(w);
    st_end(w);
    return e;
}

static st_error sweep(pe__collection *c) {
    sweeper s = {.c = c, .next_object = 1, .next_entry = 1};
    bool objects = true, entries = true;
    st_error e = ST_OK;
    base_buf_init(&s.key);
    while (e == ST_OK && (objects || entries || s.doomed.n) && !stopped(c)) {
        st_txn *t;
        if (!s.doomed.n) {
            if ((e = st_read_begin(c->store, &t)) != ST_OK) break;
            e = objects ? find_objects(&s, t, &objects) : find_entries(&s, t, &entries);
            st_end(t);
        }
        if (e == ST_OK && s.doomed.n) e = delete_some(&s);
        if (!c->get_held) st_rest(c->store);
        if (c->progress) c->progress(c->arg, "objects deleted", c->deleted, 0);
    }
    VEC_RELEASE(&s.doomed);
    base_buf_release(&s.key);
    return e;
}

st_error pe__collect(pe__collection *c, const char **why) {
    marker m = {.c = c};
    if (!pe__front_init(&m.front, &c->reached)) return ST_MEMORY;
    st_error e = st_read_begin(c->store, &m.t);
    if (e == ST_OK) {
        base_buf_init(&m.record), base_buf_init(&m.key), base_buf_init(&m.value);
        if (!mark(&m) && !stopped(c)) e = ST_CORRUPT, *why = m.why;
        if (m.t) st_end(m.t);
        base_buf_release(&m.record), base_buf_release(&m.key), base_buf_release(&m.value);
    }
    pe__front_release(&m.front);
    if (e == ST_OK && !stopped(c)) e = sweep(c);
    pe__bits_release(&c->reached);
    return e;
}
