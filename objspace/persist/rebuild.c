/* rebuild.c: a big container is put together anew out of its records in ENTRIES: for `migrate`, whose old sets have a record an element, and for `salvage`,
 * where some records are lost. What is there and whole is kept in its order, without gaps: pages of dicts and sets are packed, items of lists and deques move up.
 * Works on bytes; objects are made only of keys, for their hashes. Memory: a page.
 * Locks: none; the store is nobody else's.
 * R1  A page is written only when all that lies at or before its place has been read: the new number of a page is never higher than that of the page just read.
 *     (add: pages are filled, none is split.) */
#include "objspace/persist/bulk.h"
#include "objspace/lasting.h"
#include "objspace/persist/json.h"
#include <string.h>

enum { DEEP = 50 };
typedef struct builder {
    pe__bulk *b;
    st_error e;
    const char *why;
    uint64_t id, commit, entries, positions;
    bool pages, indexed;                 /* of a dict or set: not of a list */
    uint8_t part;                        /* first byte of the keys of its parts; 0: those of a list */
    base_buf page, payload, key, value;
    unsigned in_page;
} builder;

static bool varint(const uint8_t **p, const uint8_t *end, uint64_t *out) {
    pe_decoder d = {.p = *p, .end = end};
    bool ok = pe__get_varint(&d, out);
    *p = d.p;
    return ok;
}

pe__big pe__big_of(const st_record *r) {
    const uint8_t *p = r->payload, *end = p + r->n;
    pe__big s = {0};
    uint64_t n;
    if (!varint(&p, end, &n) || !varint(&p, end, &n) || p >= end) return s;
    if (*p == PE_S_REST) {
        p++;
        if (!varint(&p, end, &n) || n >= (size_t)(end - p)) return s;
        p += n;
    }
    s.from = p;
    uint8_t form = *p++;
    if (form == PE_S_ITEMS) {
        if (!varint(&p, end, &n) || n > (size_t)(end - p)) return s;
        s.from = p += n;
        if (!varint(&p, end, &s.first) || !varint(&p, end, &s.fill) || s.first > s.fill) return s;
        return s.n = s.fill - s.first, s.form = form, s.to = p, s;
    }
    bool pages = form == PE_S_BIGDICT || form == PE_S_PAGESET;
    if ((!pages && form != PE_S_BIGLIST && form != PE_S_BIGSET) || !varint(&p, end, &s.n)) return s;
    if (pages && (!varint(&p, end, &s.fill) || !varint(&p, end, &s.first) || p >= end)) return s;
    if (pages) s.flags = *p++;
    s.form = form;
    s.to = p;
    return s;
}

/* ---- writing ---- */

static bool failed(builder *m, st_error e) { return (m->e = e) != ST_OK; }

static size_t part_key(const builder *m, uint64_t no, uint8_t key[16]) {
    st_store64_be(key, m->id);
    if (!m->part) return st_store64_be(key + 8, no), 16;
    key[8] = m->part;
    for (unsigned i = 0; i < 4; i++) key[9 + i] = (uint8_t)(no >> (24 - 8 * i));
    return 13;
}

static void flush(builder *m) {
    uint8_t key[16];
    if (m->in_page == 0) return;
    size_t n = part_key(m, (m->positions - 1) / (m->part ? PE_PAGE : PE_CHUNK), key);
    base_buf_clear(&m->payload);
    pe__put_varint(&m->payload, m->in_page);
    base_buf_add(&m->payload, m->page.at, m->page.n);
    (void)failed(m, pe__bulk_put_record(m->b, PE_ENTRIES, (st_key){key, n}, PE_R_ENTRY, m->id, m->commit, &m->payload));
    base_buf_clear(&m->page);
    m->in_page = 0;
}

/* Everything under a key that begins with the container's id and this byte, from part number `from` on. */
static void wipe(builder *m, uint8_t part, uint64_t from) {
    uint8_t at[16];
    builder named = {.id = m->id, .part = part};
    size_t n = part_key(&named, from, at), same = part ? 9 : 8;
    st_cursor *c;
    while (m->e == ST_OK) {
        if (failed(m, st_cursor_open(m->b->w, PE_ENTRIES, &c))) return;
        st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){at, n}, &m->key, NULL);
        st_cursor_close(c);
        if (e == ST_NOT_FOUND || (e == ST_OK && (m->key.n < same || memcmp(m->key.at, at, same) != 0 || (!part && m->key.n != 16)))) return;
        if (failed(m, e) || failed(m, pe__bulk_del(m->b, PE_ENTRIES, (st_key){m->key.at, m->key.n}))) return;
    }
}

/* Is it of the kinds that have lasting hashes? (Those that lasting.c knows; it says the rest.) */
static bool is_plain(const uint8_t **p, const uint8_t *end, unsigned depth) {
    uint64_t n;
    if (*p >= end || depth > DEEP || !strchr("NTFiIdcsbt", **p)) return false;
    if (**p != PE_TUPLE) return pe__text_of_value(p, end, NULL, 0) == NULL;
    (*p)++;
    if (!varint(p, end, &n)) return false;
    while (n-- > 0)
        if (!is_plain(p, end, depth + 1)) return false;
    return true;
}

static bool lasting_hash(const uint8_t *p, const uint8_t *end, uint64_t *out) {
    const uint8_t *at = p;
    pe_decoder d = {.p = p, .end = end};
    ob_val v;
    if (!is_plain(&at, end, 0) || at != end) return false;
    if (!pe__decode_value(&d, &v)) return ob_err_clear(), false;
    return ob__lasting_hash(v, out);
}

static void add_to_index(builder *m, const uint8_t *p, const uint8_t *end) {
    static const base_buf nothing;
    uint8_t key[21];
    uint64_t hash;
    if (!lasting_hash(p, end, &hash)) {
        m->indexed = false;
        wipe(m, PE_K_INDEX, 0);
        return;
    }
    st_store64_be(key, m->id);
    key[8] = PE_K_INDEX;
    st_store64_be(key + 9, ob__stir(hash));
    for (unsigned i = 0; i < 4; i++) key[17 + i] = (uint8_t)(m->positions >> (24 - 8 * i));
    (void)failed(m, pe__bulk_put_record(m->b, PE_ENTRIES, (st_key){key, sizeof key}, PE_R_ENTRY, m->id, m->commit, &nothing));
}

/* A key (or element, item) and what belongs to it: from..to, of which the key ends at key_end. */
static void add(builder *m, const uint8_t *from, const uint8_t *key_end, const uint8_t *to) {
    base_buf_add(&m->page, from, (size_t)(to - from));
    m->in_page++;
    if (m->indexed) add_to_index(m, from, key_end);
    m->positions++;
    if (m->page.failed) m->e = ST_MEMORY;
    if (m->e == ST_OK && m->in_page == (m->part ? PE_PAGE : PE_CHUNK)) flush(m);
}

/* ---- reading ---- */

/* The entries of one part. What is wrong with it, or NULL. */
static const char *take_part(builder *m, uint8_t form, const uint8_t *p, const uint8_t *end) {
    uint64_t n = 1;
    const char *why = NULL;
    if (form == PE_S_BIGSET) {
        if (end - p < 8) return "it ends too early";
        p += 8;
    } else if (!varint(&p, end, &n) || n > (m->part ? PE_PAGE : PE_CHUNK)) return "it is too long";
    for (; n > 0 && !why && m->e == ST_OK; n--) {
        const uint8_t *from = p, *key_end;
        if (p < end && *p == PE_NULL && form != PE_S_BIGLIST) {
            p++;
            continue;
        }
        if ((why = pe__text_of_value(&p, end, NULL, 0)) != NULL) break;
        key_end = p;
        if (form == PE_S_BIGDICT) why = pe__text_of_value(&p, end, NULL, 0);
        if (!why) add(m, from, key_end, p);
    }
    return why;
}

/* The next part under this first byte of keys, in m->key and m->value; at: where to look from. false: there is none, or m->e. */
static bool next_part(builder *m, uint8_t part, base_buf *at) {
    st_cursor *c;
    uint8_t prefix[9];
    st_store64_be(prefix, m->id);
    prefix[8] = part;
    if (at->n == 0) base_buf_add(at, prefix, part ? 9 : 8);
    if (failed(m, st_cursor_open(m->b->w, PE_ENTRIES, &c))) return false;
    st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){at->at, at->n}, &m->key, &m->value);
    st_cursor_close(c);
    if (e == ST_NOT_FOUND || failed(m, e) || m->key.n < 9 || memcmp(m->key.at, prefix, part ? 9 : 8) != 0 || (!part && m->key.n != 16)) return false;
    base_buf_clear(at);
    base_buf_add(at, m->key.at, m->key.n), base_buf_byte(at, 0);         /* the least key behind it */
    return !at->failed || !failed(m, ST_MEMORY);
}

static void take_parts(builder *m, uint8_t form, uint8_t part) {
    base_buf at;
    st_record r;
    const char *why;
    base_buf_init(&at);
    while (next_part(m, part, &at)) {
        base_buf key = m->key;                               /* adding uses m->key */
        base_buf_init(&m->key);
        if (st_record_open(m->value.at, m->value.n, m->id, &r, &why) == ST_OK) (void)take_part(m, form, r.payload, r.payload + r.n);        /* what of it can be read counts */
        if (form == PE_S_BIGSET && m->e == ST_OK) (void)failed(m, pe__bulk_del(m->b, PE_ENTRIES, (st_key){key.at, key.n}));
        base_buf_release(&key);
    }
    base_buf_release(&at);
}

/* ---- the whole ---- */

static void put_object(builder *m, const st_record *r, const pe__big *s, uint8_t form) {
    base_buf out;
    base_buf_init(&out);
    base_buf_add(&out, r->payload, (size_t)(s->from - r->payload));
    if (form == PE_S_ITEMS) pe__put_varint(&out, 0);         /* the first item */
    else base_buf_byte(&out, form);
    pe__put_varint(&out, m->positions);                      /* there are no holes */
    if (m->part) pe__put_varint(&out, m->positions), pe__put_varint(&out, 0), base_buf_byte(&out, m->indexed ? PE_D_INDEXED : 0);
    base_buf_add(&out, s->to, (size_t)(r->payload + r->n - s->to));
    (void)failed(m, pe__bulk_put_record(m->b, PE_OBJECTS, st_key_int(&m->id), PE_R_OBJECT, m->id, m->commit, &out));
    base_buf_release(&out);
}

static const char *rebuild(builder *m, const st_record *r, const pe__big *s) {
    uint8_t form = s->form == PE_S_BIGSET ? PE_S_PAGESET : s->form;
    m->part = form == PE_S_BIGDICT ? PE_K_PAGE : form == PE_S_PAGESET ? PE_K_ELEMENTS : 0;
    m->indexed = m->part != 0;
    if (m->indexed) wipe(m, PE_K_INDEX, 0);
    if (s->form == PE_S_BIGSET) take_parts(m, s->form, 'h'), take_parts(m, s->form, 'k');
    else take_parts(m, s->form, m->part);
    if (m->e == ST_OK) flush(m);
    unsigned each = m->part ? PE_PAGE : PE_CHUNK;
    if (m->e == ST_OK) wipe(m, m->part, (m->positions + each - 1) / each);
    if (m->e == ST_OK) put_object(m, r, s, form);
    return m->e == ST_OK ? NULL : st_last_text(m->b->to);
}

const char *pe__rebuild(pe__bulk *b, uint64_t id, uint64_t commit, pe__rebuilt *out) {
    builder m = {.b = b, .id = id, .commit = commit};
    base_buf record;
    st_record r;
    const char *why = NULL;
    pe__big s = {0};
    base_buf_init(&record), base_buf_init(&m.page), base_buf_init(&m.payload), base_buf_init(&m.key), base_buf_init(&m.value);
    st_error e = st_get(b->w, PE_OBJECTS, st_key_int(&id), &record);
    if (e) why = st_last_text(b->to);
    else if (st_record_open(record.at, record.n, id, &r, &why) == ST_OK && (s = pe__big_of(&r)).form == 0) why = "it is no big container";
    if (!why) why = rebuild(&m, &r, &s);
    *out = (pe__rebuilt){s.n, m.positions};
    base_buf_release(&record), base_buf_release(&m.page), base_buf_release(&m.payload), base_buf_release(&m.key), base_buf_release(&m.value);
    return why;
}
