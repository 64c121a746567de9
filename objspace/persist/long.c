/* long.c: texts and bytes that are too long for their object's record: they lie in ENTRIES, in parts of up to PE_PART bytes.
 *
 * A long str or bytes never changes, so a commit need not copy it: the batch keeps the object alive and says that its parts are to be written (pe__op.text); whoever
 * writes the batch makes the records one by one. Of bytearrays and arrays, parts that differ from the body before are copied into the batch.
 * Locks: none; `kept` is a table of atomic words.
 * L1  What pe__op.text names is in `kept` until its batch is freed. (pe__put_long, pe__batch_free)
 * L2  All parts but the last are full: of raw bytes PE_PART, of a text as many whole characters as fit. (next_part) */
#include "objspace/persist/encode_int.h"
#include "base/utf8.h"
#include "objspace/bytes.h"
#include "objspace/chars.h"
#include "objspace/heap.h"
#include "objspace/str.h"
#include <string.h>

enum { KEPT = 64, COPIED = 16 * PE_PART /* bytes up to which they are copied nevertheless */, MANY = 16 << 20 /* bytes that should not lie in memory twice for long */ };
static _Atomic(uint64_t) kept[KEPT];         /* words of objects; 0: free.  relaxed: taken before, and given back after, the batch is seen by others */

static void trace_kept(ob_tracer *t, void *arg) {
    (void)arg;
    for (unsigned i = 0; i < KEPT; i++) ob_trace_val(t, (ob_val){atomic_load_explicit(&kept[i], memory_order_relaxed)});
}

bool pe__long_init(void) { return ob_gc_add_root(trace_kept, NULL); }

static bool keep(ob_val v) {
    for (unsigned i = 0; i < KEPT; i++) {
        uint64_t none = 0;
        if (atomic_compare_exchange_strong_explicit(&kept[i], &none, v.w, memory_order_relaxed, memory_order_relaxed)) return true;
    }
    return false;
}

void pe__long_written(uint64_t text) {
    for (unsigned i = 0; i < KEPT; i++) {
        uint64_t there = text;
        if (atomic_compare_exchange_strong_explicit(&kept[i], &there, 0, memory_order_relaxed, memory_order_relaxed)) return;
    }
}

/* ---- parts of a str or bytes ---- */

typedef struct parts { ob_val v; size_t at /* character or byte */; uint32_t no; uint8_t room[PE_PART]; } parts;

static bool is_raw(ob_val v) { return !ob_is_str(v) || ob_str_is_ascii(v); }
static size_t length(ob_val v) { return ob_is_str(v) ? ob_str_len(v) : ob_bytes_ptr(v)->len; }

size_t pe__long_bytes(ob_val v) {
    size_t n = length(v), bytes = n;
    if (is_raw(v)) return n;
    for (size_t i = 0; i < n; i++) bytes += base_utf8_length(ob_str_at(v, i)) - 1;
    return bytes;
}

/* The next part's bytes; 0: no more. */
static size_t next_part(parts *p, const uint8_t **at) {
    size_t n = length(p->v), k = 0;
    if (is_raw(p->v)) {
        *at = (ob_is_str(p->v) ? ob_str_ptr(p->v)->data : ob_bytes_ptr(p->v)->data) + p->at;
        k = n - p->at < PE_PART ? n - p->at : PE_PART;
        p->at += k;
        return k;
    }
    *at = p->room;
    for (uint32_t c; p->at < n && k + base_utf8_length(c = ob_str_at(p->v, p->at)) <= PE_PART; p->at++) k += base_utf8_encode(c, (char *)p->room + k);
    return k;
}

enum { PART_KEY = 8 + 1 + 4 };
static void part_key(uint64_t id, uint32_t no, uint8_t key[PART_KEY]) {
    st_store64_be(key, id);
    key[8] = PE_K_PART;
    for (unsigned i = 0; i < 4; i++) key[9 + i] = (uint8_t)(no >> (24 - 8 * i));
}

/* ---- writing ---- */

static bool put_part(pe_encoder *e, uint64_t id, uint32_t no, const uint8_t *at, size_t n) {
    uint8_t key[PART_KEY];
    pe__open_record r;
    part_key(id, no, key);
    if (!pe__record_begin(&r, e, id, key, sizeof key)) return false;
    base_buf_add(e->out, at, n);
    return pe__record_end(&r);
}

static bool put_copied(pe_encoder *e, uint64_t id, ob_val v) {
    parts p = {.v = v};
    const uint8_t *at;
    for (size_t n; (n = next_part(&p, &at)) > 0; p.no++)
        if (!put_part(e, id, p.no, at, n)) return false;
    return true;
}

bool pe__put_long(pe_encoder *e, uint64_t id, ob_val v, bool parts_too) {
    base_buf *out = e->out;
    size_t bytes = pe__long_bytes(v);
    base_buf_byte(out, ob_is_str(v) ? PE_LONG_STR : PE_LONG_BYTES);
    pe__put_varint(out, bytes);
    if (ob_is_str(v)) pe__put_varint(out, ob_str_len(v)), base_buf_byte(out, (unsigned char)(ob_str_is_ascii(v) ? 0 : ob_str_kind(v)));
    bool ok = true;
    if (parts_too && bytes > COPIED && keep(v)) {
        uint8_t key[8];
        st_store64_be(key, id);
        pe__op *op = pe__op_add(e, PE_ENTRIES, key, sizeof key);
        if (op) op->text = v.w;
        else pe__long_written(v.w);
        ok = op != NULL;
    } else if (parts_too) {
        ok = put_copied(e, id, v);
    }
    e->out = out;
    return ok && pe__finish(e);
}

st_error pe__write_long(st_txn *t, uint64_t text, uint64_t id, uint64_t lsn, uint64_t *records, uint64_t *bytes) {
    parts p = {.v = {text}};
    const uint8_t *at;
    st_error e = ST_OK;
    base_buf b;
    base_buf_init(&b);
    for (size_t n; e == ST_OK && (n = next_part(&p, &at)) > 0; p.no++, ++*records) {
        uint8_t key[PART_KEY];
        part_key(id, p.no, key);
        base_buf_clear(&b);
        size_t start = st_record_start(&b, PE_R_ENTRY, id, lsn);
        base_buf_add(&b, at, n);
        st_record_finish(&b, start);
        e = b.failed ? ST_MEMORY : st_put(t, PE_ENTRIES, (st_key){key, sizeof key}, b.at, b.n);
        *bytes += b.n;
    }
    base_buf_release(&b);
    return e;
}

bool pe__put_raw(pe_encoder *e, uint64_t id, pe_raw was, pe_raw is) {
    base_buf *out = e->out;
    bool ok = is.n <= (size_t)PE_PART * UINT32_MAX || pe__no_memory(e);
    for (size_t at = 0; ok && (at < is.n || at < was.n); at += PE_PART) {
        size_t had = at >= was.n ? 0 : was.n - at < PE_PART ? was.n - at : PE_PART, n = at >= is.n ? 0 : is.n - at < PE_PART ? is.n - at : PE_PART;
        uint8_t key[PART_KEY];
        if (n && n == had && memcmp((const uint8_t *)was.at + at, (const uint8_t *)is.at + at, n) == 0) continue;
        part_key(id, (uint32_t)(at / PE_PART), key);
        ok = n ? put_part(e, id, (uint32_t)(at / PE_PART), (const uint8_t *)is.at + at, n) : pe__del_key(e, key, sizeof key);
    }
    e->out = out;
    return ok;
}

/* ---- reading ---- */

static bool bad(const pe_decoder *d, const char *why) { return ob_fail(pe__corrupt(d->id, why)); }

const char *pe__each_part(st_txn *t, uint64_t id, uint64_t bytes, pe__part_fn *fn, void *arg) {
    uint8_t first[PART_KEY], want[PART_KEY];
    uint64_t left = bytes;
    base_buf key, value;
    st_cursor *c;
    st_record r;
    const char *why = NULL;
    part_key(id, 0, first);
    if (st_cursor_open(t, PE_ENTRIES, &c) != ST_OK) return "its parts cannot be read";
    base_buf_init(&key), base_buf_init(&value);
    st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){first, sizeof first}, &key, &value);
    for (uint32_t no = 0; !why && left; no++) {
        part_key(id, no, want);
        if (e != ST_OK && e != ST_NOT_FOUND) why = "its parts cannot be read";
        else if (e || key.n != sizeof want || memcmp(key.at, want, sizeof want) != 0) why = "a part of it is missing";
        else if (st_record_open(value.at, value.n, id, &r, &why) != ST_OK) break;
        else if (r.n == 0 || r.n > PE_PART || r.n > left) why = "a part of it is damaged";
        else if (!fn(arg, r.payload, r.n)) why = "";
        if (!why && (left -= r.n)) e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value);
    }
    base_buf_release(&key), base_buf_release(&value);
    st_cursor_close(c);
    return why;
}

/* Room is made for no more than the store can have. */
static bool plausible(pe_decoder *d, uint64_t bytes) {
    uint64_t entries;
    if (st_count(d->txn, PE_ENTRIES, &entries) != ST_OK) return ob_fail(pe__raise_store(ST_IO, NULL));
    return bytes / PE_PART <= entries || bad(d, "a length is too big");
}

static bool take_bytes(void *arg, const uint8_t *p, size_t n) {
    uint8_t **to = arg;
    memcpy(*to, p, n);
    *to += n;
    return true;
}

static bool read_all(pe_decoder *d, uint64_t bytes, pe__part_fn *fn, void *arg) {
    const char *why = pe__each_part(d->txn, d->id, bytes, fn, arg);
    d->flags |= PE_I_BIG;
    if (bytes > MANY) st_rest(pe__s.store);
    return !why || bad(d, *why ? why : "a text is not valid");
}

bool pe__read_raw(pe_decoder *d, uint64_t bytes, void *to) { return read_all(d, bytes, take_bytes, &to); }
bool pe__raw_fits(pe_decoder *d, uint64_t bytes) { return plausible(d, bytes); }

typedef struct filling { ob_str_obj *s; size_t at; unsigned kind; uint32_t all /* characters, or-ed */, most; } filling;

static bool take_text(void *arg, const uint8_t *p, size_t n) {
    filling *f = arg;
    for (uint32_t c; n;) {
        size_t plain = f->kind == 1 ? ob_ascii_prefix(p, n) : 0, used;
        if (plain > f->s->len - f->at) return false;
        memcpy(f->s->data + f->at, p, plain);
        f->at += plain, p += plain, n -= plain;
        if (!n) break;
        used = base_utf8_decode((const char *)p, n, true, &c, NULL);
        if (!used || f->at == f->s->len || c > f->most) return false;
        ob_char_put(f->s->data, f->kind, f->at++, c);
        f->all |= c, p += used, n -= used;
    }
    return true;
}

bool pe__get_long(pe_decoder *d, uint8_t tag, ob_val *out) {
    static const uint32_t widest[] = {[0] = 0x7f, [1] = 0xff, [2] = 0xffff, [4] = 0x10ffff};
    uint64_t bytes, n;
    *out = OB_NULL;
    if (!pe__get_varint(d, &bytes)) return bad(d, "it ends too early");
    if (!plausible(d, bytes)) return false;
    if (tag == PE_LONG_BYTES) {
        *out = ob_bytes_alloc((size_t)bytes);
        return !ob_is_null(*out) && pe__read_raw(d, bytes, ob_bytes_ptr(*out)->data);
    }
    if (!pe__get_varint(d, &n) || d->p >= d->end) return bad(d, "it ends too early");
    uint8_t kind = *d->p++;
    if (n > bytes || bytes > 4 * n || kind > 4 || kind == 3) return bad(d, "a text is damaged");
    *out = ob_str_alloc((size_t)n, widest[kind]);
    if (ob_is_null(*out)) return false;
    filling f = {ob_str_ptr(*out), 0, kind ? kind : 1, 0, widest[kind]};
    if (!read_all(d, bytes, take_text, &f)) return false;
    bool narrower = kind && f.all <= widest[kind / 2];           /* it would not equal the same text in its own width */
    return (f.at == n && !narrower) || bad(d, "a text is damaged");
}
