/* decode.c: bytes to objects: ghosts, and what they become when they are read for the first time.
 * Locks: `snapshot_lock` around loading in a read-only process, taken without waiting or in a blocking region; `install` (rank OBJSPACE) while a loaded body is put into its handle. Loading itself holds none: it may import classes and hash keys.
 * D1  A ghost turns into a body once: two threads may load it, one installs. (install_body)
 * D2  Decoding trusts nothing: every length is compared with what is left, every number with its table. Damage raises StoreCorrupt.
 * D3  A loaded body is the newest committed one: an object that is a ghost has no commit that is not written yet. (pe__load flushes first) */
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/dict_table.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/function.h"
#include "objspace/heap_cells.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/persist/persist_int.h"
#include "objspace/set_table.h"
#include "objspace/shape.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "objspace/type_make.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NESTING = 250 };
static base_lock install = BASE_LOCK_INIT(OBJSPACE, "ghosts");

ob_val pe__corrupt(uint64_t id, const char *why) {
    const char *path = pe__s.store ? st_path(pe__s.store) : "?";
    if (id == 0) return ob_raise(&ob_exc_StoreCorrupt, "%s: %s", path, why);
    return ob_raise(&ob_exc_StoreCorrupt, "%s: object @%llu: %s", path, (unsigned long long)id, why);
}

static bool bad(pe_decoder *d, const char *why) { return ob_fail(pe__corrupt(d->id, why)); }

/* ---- small things ---- */

bool pe__get_varint(pe_decoder *d, uint64_t *out) {
    uint64_t x = 0;
    for (unsigned shift = 0; d->p < d->end && shift < 64; shift += 7) {
        uint8_t c = *d->p++;
        x |= (uint64_t)(c & 127) << shift;
        if (!(c & 128)) return *out = x, true;
    }
    return false;
}

static bool get_varint(pe_decoder *d, uint64_t *out) { return pe__get_varint(d, out) || bad(d, "it ends too early"); }

static bool get_raw(pe_decoder *d, size_t n, const uint8_t **p) {
    if ((size_t)(d->end - d->p) < n) return bad(d, "it ends too early");
    *p = d->p;
    d->p += n;
    return true;
}

/* A number of things that each take at least one byte. */
static bool get_count(pe_decoder *d, size_t *n) {
    uint64_t x;
    if (!get_varint(d, &x)) return false;
    if (x > (size_t)(d->end - d->p)) return bad(d, "a length is too big");
    *n = (size_t)x;
    return true;
}

static bool get_double(pe_decoder *d, double *out) {
    const uint8_t *p;
    if (!get_raw(d, 8, &p)) return false;
    uint64_t bits = st_load64(p);
    memcpy(out, &bits, 8);
    return true;
}

static bool give(ob_val v, ob_val *out) { return *out = v, !ob_is_null(v); }

static bool get_str(pe_decoder *d, ob_val *out) {
    size_t n;
    const uint8_t *p;
    if (!get_count(d, &n) || !get_raw(d, n, &p)) return false;
    *out = ob_str_from_utf8((const char *)p, n);
    if (!ob_is_null(*out)) return true;
    if (!ob_err_matches(&ob_exc_MemoryError)) ob_err_clear(), bad(d, "a text is not valid");
    return false;
}

/* A class, function or module. *missing: it cannot be found, *n is its number. */
static bool get_named(pe_decoder *d, uint32_t *n, ob_val *out, bool *missing) {
    uint64_t x;
    if (!get_varint(d, &x)) return false;
    if (x > UINT32_MAX || pe__name_at((uint32_t)x) == NULL) return bad(d, "it names a class that is not listed");
    *n = (uint32_t)x;
    *out = pe__name_resolve(*n, missing);
    return *missing || !ob_is_null(*out);
}

static bool get_name(pe_decoder *d, ob_val *out) {
    uint32_t n;
    bool missing;
    return get_named(d, &n, out, &missing) && (!missing || give(pe__missing_new(0, n, PE_NAME, OB_NULL), out));
}

/* The class of a record that is about to become an object. */
static bool get_type(pe_decoder *d, ob_type **out) {
    uint32_t n;
    bool missing;
    ob_val v;
    if (!get_named(d, &n, &v, &missing)) return false;
    if (missing) return ob_fail(ob_raise(&ob_exc_StoreError, "cannot find class '%s.%s'", pe__name_at(n)->module, pe__name_at(n)->qualname));
    if (!ob_is_type(v)) return bad(d, "its class is no class");
    *out = ob_type_ptr(v);
    return true;
}

/* ---- values ---- */

static bool get_tuple(pe_decoder *d, ob_val *out) {
    size_t n;
    if (!get_count(d, &n)) return false;
    if (n == 0) return give(ob_empty_tuple, out);
    ob_val t = ob_tuple_alloc(n);
    if (ob_is_null(t)) return false;
    for (size_t i = 0; i < n; i++)
        if (!pe__decode_value(d, &ob_tuple_ptr(t)->items[i])) return false;
    return give(t, out);
}

static bool get_frozenset(pe_decoder *d, ob_val *out) {
    ob_val t;
    return get_tuple(d, &t) && give(ob_frozenset_of_iterable(t), out);
}

static bool get_three(pe_decoder *d, ob_val v[3]) {
    size_t n;
    if (!get_count(d, &n)) return false;
    if (n != 3) return bad(d, "a range or slice is damaged");
    return pe__decode_value(d, &v[0]) && pe__decode_value(d, &v[1]) && pe__decode_value(d, &v[2]);
}

static bool get_bigint(pe_decoder *d, ob_val *out) {
    const uint8_t *sign, *p;
    size_t n;
    if (!get_raw(d, 1, &sign) || !get_count(d, &n) || !get_raw(d, n, &p)) return false;
    ob_val v = ob_int_from_bytes(p, n, true, false);
    if (!ob_is_null(v) && *sign) v = ob_unary(OB_UN_NEG, v);
    return give(v, out);
}

static bool get_method(pe_decoder *d, ob_val *out) {
    size_t n;
    ob_val func, self;
    if (!get_count(d, &n)) return false;
    if (n != 2) return bad(d, "a method is damaged");
    return pe__decode_value(d, &func) && pe__decode_value(d, &self) && give(ob_method_new(func, self), out);
}

/* An object of a class that extends an immutable type. The native constructor runs, none of the program's. */
static bool make_sub(pe_decoder *d, ob_type *t, ob_val base, ob_val *out) {
    ob_type *n = pe__native_base(t);
    if (!n->slots.make || !ob_is_a(base, n)) return bad(d, "its class has another base now");
    return give(n->slots.make(t, &base, 1, OB_NULL), out);
}

static bool get_sub(pe_decoder *d, ob_val *out) {
    uint32_t n;
    bool missing;
    ob_val cls, base;
    if (!get_named(d, &n, &cls, &missing) || !pe__decode_value(d, &base)) return false;
    if (missing) return give(pe__missing_new(0, n, PE_SUB, base), out);
    return ob_is_type(cls) ? make_sub(d, ob_type_ptr(cls), base, out) : bad(d, "its class is no class");
}

static bool get_enum(pe_decoder *d, ob_val *out) {
    uint32_t n;
    bool missing;
    ob_val cls, name;
    if (!get_named(d, &n, &cls, &missing) || !pe__decode_value(d, &name)) return false;
    if (ob_is_null(name) || !ob_is_str(name)) return bad(d, "an enum member has no name");
    ob_val members = missing || !ob_is_type(cls) ? OB_NULL : ob_dict_get_c(ob_type_ptr(cls)->dict, "_member_map_");
    ob_val m = ob_is_null(members) || !ob_is_dict(members) ? OB_NULL : ob_dict_get(members, name);
    if (ob_is_null(m) && ob_failed()) return false;
    return give(ob_is_null(m) ? pe__missing_new(0, n, PE_ENUM, name) : m, out);
}

static bool get_ref(pe_decoder *d, ob_val *out) {
    uint64_t id, cls;
    if (!get_varint(d, &id) || !get_varint(d, &cls)) return false;
    if (id == 0 || cls == 0 || cls > UINT32_MAX) return bad(d, "a reference is damaged");
    return give(pe__object_ref(d->txn, id, (uint32_t)cls), out);
}

static bool get_bytes(pe_decoder *d, ob_val *out) {
    const uint8_t *p;
    size_t n;
    return get_count(d, &n) && get_raw(d, n, &p) && give(ob_bytes_from(p, n), out);
}

static bool get_value(pe_decoder *d, uint8_t tag, ob_val *out) {
    ob_val v[3];
    uint64_t x;
    double a, b;
    switch (tag) {
    case PE_NULL: return *out = OB_NULL, true;
    case PE_NONE_: return give(OB_NONE, out);
    case PE_TRUE: return give(OB_TRUE, out);
    case PE_FALSE: return give(OB_FALSE, out);
    case PE_ELLIPSIS: return give(OB_ELLIPSIS, out);
    case PE_NOTIMPL: return give(OB_NOT_IMPLEMENTED, out);
    case PE_INT: return get_varint(d, &x) && give(ob_int_from_i64((int64_t)(x >> 1) ^ -(int64_t)(x & 1)), out);
    case PE_BIGINT: return get_bigint(d, out);
    case PE_FLOAT: return get_double(d, &a) && give(ob_float_from(a), out);
    case PE_COMPLEX: return get_double(d, &a) && get_double(d, &b) && give(ob_complex_from(a, b), out);
    case PE_STR: return get_str(d, out);
    case PE_BYTES: return get_bytes(d, out);
    case PE_TUPLE: return get_tuple(d, out);
    case PE_FROZENSET: return get_frozenset(d, out);
    case PE_RANGE: return get_three(d, v) && give(ob_range_new(v[0], v[1], v[2]), out);
    case PE_SLICE: return get_three(d, v) && give(ob_slice_new(v[0], v[1], v[2]), out);
    case PE_REF: return get_ref(d, out);
    case PE_NAME: return get_name(d, out);
    case PE_METHOD: return get_method(d, out);
    case PE_SUB: return get_sub(d, out);
    case PE_ENUM: return get_enum(d, out);
    case PE_LONG_STR: case PE_LONG_BYTES: return pe__get_long(d, tag, out);
    default: return bad(d, "it holds a value of an unknown kind");
    }
}

bool pe__decode_value(pe_decoder *d, ob_val *out) {
    const uint8_t *tag;
    *out = OB_NULL;
    if (!get_raw(d, 1, &tag)) return false;
    if (d->depth >= MAX_NESTING) return bad(d, "it is nested too deep");
    if (!ob_c_enter()) return false;
    d->depth++;
    bool ok = get_value(d, *tag, out);
    d->depth--;
    ob_c_leave();
    return ok;
}

bool pe_get_val(pe_decoder *d, ob_val *out) { return pe__decode_value(d, out); }
bool pe_get_int(pe_decoder *d, int64_t *out) {
    ob_val v;
    return pe__decode_value(d, &v) && (ob_is_small(v) || bad(d, "a number is missing")) && (*out = ob_to_small(v), true);
}
bool pe_get_raw_size(pe_decoder *d, size_t *n) {
    uint64_t bytes;
    d->raw = NULL;
    if (d->p >= d->end || *d->p != PE_LONG_BYTES) return pe_get_bytes(d, &d->raw, n);
    d->p++;
    if (!get_varint(d, &bytes) || !pe__raw_fits(d, bytes)) return false;
    return *n = (size_t)bytes, true;
}
bool pe_get_items(pe_decoder *d, bool *in_parts, size_t *head, size_t *len, ob_list_body *tree) {
    *in_parts = d->items;
    if (!d->items || d->head == d->size) return true;
    *head = (size_t)d->head;
    *len = (size_t)(d->size - d->head);
    return pe__lazy_list(tree, d->id, d->head, d->size);
}
bool pe_get_raw(pe_decoder *d, void *to, size_t n) {
    if (!d->raw) return pe__read_raw(d, n, to);
    if (n) memcpy(to, d->raw, n);
    return true;
}
bool pe_get_bytes(pe_decoder *d, const uint8_t **p, size_t *n) {
    const uint8_t *tag;
    if (!get_raw(d, 1, &tag)) return false;
    return *tag == PE_BYTES ? get_count(d, n) && get_raw(d, *n, p) : bad(d, "bytes are missing");
}

/* ---- containers ---- each gives a new object of the native type */

static bool get_dict(pe_decoder *d, ob_val *out) {
    size_t n;
    ob_val k, v;
    if (!get_count(d, &n) || !give(ob_dict_new_sized(n), out)) return false;
    while (n--)
        if (!pe__decode_value(d, &k) || !pe__decode_value(d, &v) || !ob_dict_set(*out, k, v)) return false;
    return true;
}

static bool get_set(pe_decoder *d, ob_val *out) {
    size_t n;
    ob_val k;
    if (!get_count(d, &n) || !give(ob_set_new(), out)) return false;
    while (n--)
        if (!pe__decode_value(d, &k) || !ob_set_add(*out, k)) return false;
    return true;
}

static bool get_items(pe_decoder *d, ob_val list, size_t n) {
    ob_val v;
    while (n--)
        if (!pe__decode_value(d, &v) || !ob_list_append(list, v)) return false;
    return true;
}

static bool get_list(pe_decoder *d, ob_val *out) {
    size_t n;
    return get_count(d, &n) && give(ob_list_new(n), out) && get_items(d, *out, n);
}

/* The records of a big container, in the order of their keys. fn gets each payload; false stops. */
static bool each_entry(pe_decoder *d, bool (*fn)(void *arg, const uint8_t *key, size_t key_n, const uint8_t *p, size_t n), void *arg) {
    uint8_t from[8];
    base_buf key, value;
    st_cursor *c;
    st_record r;
    const char *why;
    st_store64_be(from, d->id);
    st_error e = st_cursor_open(d->txn, PE_ENTRIES, &c);
    if (e) return ob_fail(pe__raise_store(e, NULL));
    base_buf_init(&key);
    base_buf_init(&value);
    bool ok = true;
    for (e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){from, 8}, &key, &value); ok && e == ST_OK; e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) {
        if (key.n < 9 || memcmp(key.at, from, 8) != 0) break;
        if (key.n == 9 && key.at[8] == PE_K_HASH) continue;
        if (st_record_open(value.at, value.n, d->id, &r, &why) != ST_OK) ok = bad(d, why);
        else ok = fn(arg, (const uint8_t *)key.at + 8, key.n - 8, r.payload, r.n);
    }
    if (ok && e != ST_OK && e != ST_NOT_FOUND) ok = ob_fail(pe__raise_store(e, NULL));
    base_buf_release(&key);
    base_buf_release(&value);
    st_cursor_close(c);
    return ok;
}

typedef struct line { uint64_t seq; size_t at, n; } line;
typedef struct lines { base_buf bytes; VEC(line) v; } lines;

static bool collect(void *arg, const uint8_t *key, size_t key_n, const uint8_t *p, size_t n) {
    lines *l = arg;
    (void)key, (void)key_n;
    if (n < 8) return ob_fail(pe__corrupt(0, "an entry is too short"));
    if (VEC_PUSH(&l->v, (line){st_load64(p), l->bytes.n, n - 8}) && base_buf_add(&l->bytes, p + 8, n - 8)) return true;
    return ob_fail(ob_raise_memory());
}

static int by_seq(const void *a, const void *b) {
    const line *x = a, *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static bool get_big_set(pe_decoder *d, ob_val *out) {
    lines l = {0};
    uint64_t n;
    if (!get_varint(d, &n)) return false;
    base_buf_init(&l.bytes);
    bool ok = each_entry(d, collect, &l) && (l.v.n == n || bad(d, "entries are missing"));
    if (ok) ok = give(ob_set_new(), out);
    if (ok && l.v.n) qsort(l.v.at, l.v.n, sizeof *l.v.at, by_seq);
    for (size_t i = 0; ok && i < l.v.n; i++) {
        pe_decoder e = *d;
        ob_val k;
        e.p = (const uint8_t *)l.bytes.at + l.v.at[i].at;
        e.end = e.p + l.v.at[i].n;
        ok = pe__decode_value(&e, &k) && ob_set_add(*out, k);
    }
    base_buf_release(&l.bytes);
    VEC_RELEASE(&l.v);
    return ok;
}

/* ---- big dicts and sets ---- */

typedef struct pages { pe_decoder *d; ob_dict_body *b; uint64_t used, fill, first, next; char keys; bool tree; } pages;

/* Puts an entry at its position into a new body. */
static bool put_at(pages *g, size_t at, const ob_dict_entry *e) {
    ob_dict_body *b = g->b;
    if (g->tree) return ob__dict_tree_add(b, (uint32_t)at, e, ob_block_alloc);
    while (b->fill < at) b->entries[b->fill++] = (ob_dict_entry){0};
    return ob__dict_append(b, e, ob_block_alloc);
}

static bool take_page(void *arg, const uint8_t *key, size_t key_n, const uint8_t *p, size_t n) {
    pages *g = arg;
    ob_dict_entry page[PE_PAGE] = {0};
    if (key[0] != g->keys) return true;                    /* the index needs not be looked at */
    if (key_n != 5) return bad(g->d, "a key is damaged");
    uint64_t from = ((uint64_t)key[1] << 24 | (uint64_t)key[2] << 16 | (uint64_t)key[3] << 8 | key[4]) * PE_PAGE;
    if (from + PE_PAGE <= g->first) return true;
    if (from != g->next || from >= g->fill) return bad(g->d, "entries are missing");
    g->next += PE_PAGE;
    pe_decoder e = *g->d;
    e.p = p;
    e.end = p + n;
    size_t count = g->fill - from < PE_PAGE ? (size_t)(g->fill - from) : PE_PAGE;
    if (!pe__dict_page(&e, count, g->keys, page)) return false;
    for (size_t i = 0; i < count; i++)
        if (page[i].key.w && !put_at(g, from + i, &page[i])) return false;
    return true;
}

/* All of it, at the positions that it has in the store. */
static bool get_whole(pages *g) {
    ob_dict_body *b = g->b;
    if (g->tree && !ob__dict_tree_init(b, 0, ob_block_alloc)) return false;
    if (!each_entry(g->d, take_page, g)) return false;
    if (b->used != g->used || (g->fill > g->first && g->next < g->fill)) return bad(g->d, "entries are missing");
    if (g->tree) b->fill = (uint32_t)g->fill;
    else
        while (b->fill < g->fill) b->entries[b->fill++] = (ob_dict_entry){0};
    b->first = (uint32_t)g->first;
    return true;
}

/* What a record says of a container in pages. *whole: it is not to be loaded in parts. */
static bool get_pages(pe_decoder *d, char keys, pages *g, bool *whole) {
    const uint8_t *flags;
    *g = (pages){.d = d, .keys = keys};
    if (!get_varint(d, &g->used) || !get_varint(d, &g->fill) || !get_varint(d, &g->first) || !get_raw(d, 1, &flags)) return false;
    if (g->used > g->fill || g->fill > UINT32_MAX || g->first > g->fill) return bad(d, "a length is too big");
    g->next = g->first / PE_PAGE * PE_PAGE;
    if (*flags & PE_D_INDEXED) d->flags |= PE_I_PLAIN;
    *whole = !(*flags & PE_D_INDEXED) || g->fill <= PE_WHOLE;
    return true;
}

static bool make_lazy(const pages *g) {
    return pe__lazy_dict(g->b, g->d->id, g->keys, (uint32_t)g->used, (uint32_t)g->fill, (uint32_t)g->first);
}

static bool get_big_dict(pe_decoder *d, ob_val *out) {
    pages g;
    bool whole;
    if (!get_pages(d, PE_K_PAGE, &g, &whole)) return false;
    g.tree = g.fill > 2 * g.used + PE_WHOLE || g.fill >= 1 << 20;
    if (!give(ob_dict_new_sized(!whole || g.tree ? 0 : (size_t)g.fill), out)) return false;
    g.b = tx_inline_body(ob_handle(*out));
    return whole ? get_whole(&g) : make_lazy(&g);
}

static bool get_page_set(pe_decoder *d, ob_val *out) {
    pages g;
    bool whole;
    if (!get_pages(d, PE_K_ELEMENTS, &g, &whole) || !give(ob_set_new(), out)) return false;
    ob__set_table *t = tx_inline_body(ob_handle(*out));
    if (!(t->tree = ob_block_zalloc(sizeof *t->tree))) return false;
    g.b = t->tree;
    g.tree = true;
    t->used = (size_t)g.used;
    return whole ? get_whole(&g) : make_lazy(&g);
}

/* ---- big lists ---- */

typedef struct chunks { pe_decoder *d; ob_val list; uint64_t next, n; } chunks;
static bool take_chunk(void *arg, const uint8_t *key, size_t key_n, const uint8_t *p, size_t n) {
    chunks *c = arg;
    pe_decoder e = *c->d;
    ob_val page[PE_CHUNK];
    uint64_t from = c->next * PE_CHUNK;
    if (key_n != 8 || st_load64_be(key) != c->next || from >= c->n) return bad(c->d, "a piece of a list is missing");
    size_t count = c->n - from < PE_CHUNK ? (size_t)(c->n - from) : PE_CHUNK;
    c->next++;
    e.p = p;
    e.end = p + n;
    if (!pe__list_page(&e, count, 0, page)) return false;
    for (size_t i = 0; i < count; i++)
        if (!ob_list_append(c->list, page[i])) return false;
    return true;
}

static bool get_big_list(pe_decoder *d, ob_val *out) {
    uint64_t n;
    if (!get_varint(d, &n)) return false;
    if (n > PE_WHOLE) {
        if (n >> 40) return bad(d, "a length is too big");
        return give(ob_list_new(0), out) && pe__lazy_list(tx_inline_body(ob_handle(*out)), d->id, 0, n);
    }
    if (!give(ob_list_new((size_t)n), out)) return false;
    chunks c = {d, *out, 0, n};
    return each_entry(d, take_chunk, &c) && (ob_list_len(*out) == n || bad(d, "a piece of a list is missing"));
}

static bool get_bytearray(pe_decoder *d, ob_val *out) {
    const uint8_t *p;
    size_t n;
    return get_count(d, &n) && get_raw(d, n, &p) && give(ob_bytearray_from(p, n), out);
}

static bool get_long_array(pe_decoder *d, ob_val *out) {
    uint64_t n;
    if (!get_varint(d, &n) || !pe__raw_fits(d, n) || !give(ob_bytearray_from(NULL, (size_t)n), out)) return false;
    return pe__read_raw(d, n, ((ob_bytearray_body *)tx_inline_body(ob_handle(*out)))->data);
}

static bool get_exception(pe_decoder *d, ob_val *out) {
    ob_type *n = pe__native_base(d->type);
    const uint8_t *suppress, *tag;
    ob_val fixed[4], extra;
    if (!get_raw(d, 1, &suppress)) return false;
    for (unsigned i = 0; i < 4; i++)
        if (!pe__decode_value(d, &fixed[i])) return false;
    if (!get_raw(d, 1, &tag) || *tag != PE_TUPLE || !get_tuple(d, &extra)) return ob_failed() ? false : bad(d, "an exception is damaged");
    tx_handle *h = ob_alloc_mut(n, n->size);
    if (!h) return false;
    ob_exc_body *b = tx_inline_body(h);
    size_t room = (tx_body_size(h) - offsetof(ob_exc_body, extra)) / sizeof(ob_val);
    b->args = fixed[0], b->cause = fixed[1], b->context = fixed[2], b->dict = fixed[3];
    b->suppress_context = *suppress != 0;
    for (size_t i = 0; i < room && i < ob_tuple_len(extra); i++) b->extra[i] = ob_tuple_at(extra, i);
    return give(ob_of(h), out);
}

/* ---- attributes ---- */

/* The slot that was at this place, or else the last one of that name: a class and its base may have slots of one name. */
static bool set_slot(ob_val inst, uint64_t at, ob_val name, ob_val v) {
    tx_handle *h = ob_attrs_of(inst);
    ob_inst_body *b = tx_inline_body(h);
    const ob_shape *root = b->shape;
    uint32_t n = root->type->nslots < h->aux ? root->type->nslots : h->aux;
    if (at < n && ob_same(ob__shape_key(root, (uint32_t)at), name)) return b->slot[at] = v, true;
    for (uint32_t i = n; i-- > 0;)
        if (ob_same(ob__shape_key(root, i), name)) return b->slot[i] = v, true;
    return !root->type->has_dict || ob_is_null(v) || ob_attr_set(inst, name, v);      /* the class has no such slot any more */
}

/* Gives a new object the attributes that the record says. */
static bool get_attrs(pe_decoder *d, ob_val inst, bool *dict_mode, ob_val *dict) {
    uint64_t nslots, n;
    const uint8_t *mode, *tag;
    ob_val name, v;
    if (!get_varint(d, &nslots) || !get_varint(d, &n) || !get_raw(d, 1, &mode)) return false;
    *dict_mode = *mode != 0;
    for (uint64_t i = 0; i < nslots + n; i++) {
        if (!get_raw(d, 1, &tag)) return false;
        if (*tag != PE_STR) return bad(d, "an attribute has no name");
        if (!get_str(d, &name) || ob_is_null(name = ob_str_intern(name)) || !pe__decode_value(d, &v)) return false;
        if (!set_slot(inst, i < nslots ? i : UINT64_MAX, name, v)) return false;
    }
    if (!*dict_mode) return true;
    if (!pe__decode_value(d, dict)) return false;
    return ob_is_dict(*dict) || bad(d, "an attribute dict is damaged");
}

static bool use_dict(ob_val inst, ob_val dict) {
    tx_handle *h = ob_attrs_of(inst);
    ob_inst_body *b = tx_inline_body(h);
    ob_type *t = b->shape->type;
    ob_shape *s = ob_shape_dict_mode(t);
    if (s == NULL) return ob_fail(ob_raise_memory());
    if (t->nslots < h->aux) {
        b->slot[t->nslots] = dict;
    } else {
        if (!(b->more = ob_block_zalloc(4 * sizeof(ob_val)))) return false;
        b->more[t->nslots - h->aux] = dict;
    }
    b->shape = s;
    return true;
}

/* Attributes that lie in a dict may have become slots. */
static bool slots_from_dict(ob_val inst, ob_val dict) {
    tx_handle *h = ob_attrs_of(inst);
    const ob_type *t = ((const ob_inst_body *)tx_inline_body(h))->shape->type;
    for (uint32_t i = 0; i < t->nslots && i < h->aux; i++) {
        if (!ob_is_null(((ob_inst_body *)tx_inline_body(h))->slot[i])) continue;
        ob_val v = ob_dict_get(dict, ob__shape_key(t->shape0, i));
        if (ob_is_null(v) && ob_failed()) return false;
        ((ob_inst_body *)tx_inline_body(h))->slot[i] = v;
    }
    return true;
}

/* ---- one record ---- */

static bool get_codec(pe_decoder *d, const pe_codec **c, pe_decoder *own) {
    size_t n;
    *c = pe__codec_of(pe__native_base(d->type));
    *own = *d;
    if (*c == NULL) return ob_fail(ob_raise(&ob_exc_StoreError, "the module of class %N is not imported", d->type));
    if (!get_count(d, &n) || !get_raw(d, n, &own->p)) return false;
    own->end = own->p + n;
    return true;
}

static bool get_codec_state(pe_decoder *d, bool items, ob_val *out) {
    const pe_codec *c;
    pe_decoder own;
    if (!get_codec(d, &c, &own)) return false;
    if (items && (!get_varint(d, &own.head) || !get_varint(d, &own.size))) return false;
    if (items && (own.head > own.size || own.size >> 50 || !c->items)) return bad(d, "a length is too big");
    own.items = items;
    if (items) own.flags |= PE_I_BIG;
    if (!give(c->decode(&own), out)) return false;
    d->flags |= own.flags;
    return true;
}

/* An object whose body begins with a dict's and goes on. */
static bool get_extended_dict(pe_decoder *d, uint8_t *form, ob_val *out) {
    const pe_codec *c;
    pe_decoder rest;
    ob_val dict;
    ob_type *n = pe__native_base(d->type);
    if (!get_codec(d, &c, &rest)) return false;
    if (!c->decode_rest || !(n->flags & OB_TF_DICT) || d->p >= d->end) return bad(d, "its class has another base now");
    *form = *d->p++;
    if (*form != PE_S_DICT && *form != PE_S_BIGDICT) return bad(d, "its state is of an unknown kind");
    if (*form == PE_S_DICT ? !get_dict(d, &dict) : !get_big_dict(d, &dict)) return false;
    tx_handle *h = ob_alloc_mut(n, n->size);
    if (!h) return false;
    ob_dict_body *from = tx_inline_body(ob_handle(dict));
    memcpy(tx_inline_body(h), from, sizeof *from);
    memset(from, 0, sizeof *from);
    return c->decode_rest(&rest, ob_of(h)) && give(ob_of(h), out);
}

static bool get_state(pe_decoder *d, uint8_t *form, ob_val *out) {
    *out = OB_NULL;
    if (d->p >= d->end) return bad(d, "it ends too early");
    *form = *d->p++;
    switch (*form) {
    case PE_S_REST: return get_extended_dict(d, form, out);
    case PE_S_PLAIN: return true;
    case PE_S_DICT: return get_dict(d, out);
    case PE_S_BIGDICT: return get_big_dict(d, out);
    case PE_S_LIST: return get_list(d, out);
    case PE_S_BIGLIST: return get_big_list(d, out);
    case PE_S_SET: return get_set(d, out);
    case PE_S_BIGSET: return get_big_set(d, out);
    case PE_S_PAGESET: return get_page_set(d, out);
    case PE_S_BYTEARRAY: return get_bytearray(d, out);
    case PE_S_LONGARRAY: return get_long_array(d, out);
    case PE_S_EXC: return get_exception(d, out);
    case PE_S_VALUE: return pe__decode_value(d, out);
    case PE_S_CODEC: case PE_S_ITEMS: return get_codec_state(d, *form == PE_S_ITEMS, out);
    default: return bad(d, "its state is of an unknown kind");
    }
}

bool pe__get_record(st_txn *t, uint64_t id, base_buf *out, st_record *r) {
    const char *why;
    st_error e = st_get(t, PE_OBJECTS, st_key_int(&id), out);
    if (e == ST_NOT_FOUND) return ob_fail(pe__corrupt(id, "its record is missing"));
    if (e) return ob_fail(pe__raise_store(e, NULL));
    if (st_record_open(out->at, out->n, id, r, &why) != ST_OK) return ob_fail(pe__corrupt(id, why));
    return r->kind == PE_R_OBJECT || ob_fail(pe__corrupt(id, "its record is of another kind"));
}

typedef struct loaded { ob_type *type; ob_val base, attrs; uint8_t form; bool once; } loaded;        /* attrs: a new object of the type that has the attributes; once: see once.c */

/* ---- the class has changed since ---- */

/* Whose __upgrade__ this thread runs: it looks at the object, still a ghost, and sees what has been read so far. */
typedef struct upgrading { ob_obj *o; const loaded *l; struct upgrading *outer; } upgrading;
static _Thread_local upgrading *upgraded_now;

static bool is_part(const tx_handle *h, ob_obj *o) { return h == (tx_handle *)o || (ob_flags(o) & OB_F_HOLDER && h == ob_heap_holder(o)); }

const void *pe__half_loaded(const tx_handle *h) {
    for (const upgrading *u = upgraded_now; u; u = u->outer) {
        if (!is_part(h, u->o)) continue;
        const tx_handle *from = h->cls->kind == &ob_inst_kind ? ob_attrs_of(u->l->attrs) : ob_handle(u->l->base);
        return from && from->cls->kind == h->cls->kind && from->aux == h->aux ? tx_inline_body(from) : NULL;
    }
    return NULL;
}

static bool is_upgraded_now(const ob_obj *o) {
    const upgrading *u = upgraded_now;
    while (u && u->o != o) u = u->outer;
    return u != NULL;
}

/* Takes the attributes from the carrier, so that what it gets lies in slots again: a dict would be one that nobody has written. */
static void strip(ob_val carrier) {
    tx_handle *h = ob_attrs_of(carrier);
    ob_inst_body *b = tx_inline_body(h);
    const ob_shape *none = b->shape->type->shape0;
    memset(b, 0, tx_body_size(h));
    b->shape = none;
}

static bool all_unwritten(const ob_obj *o, const tx_handle *attrs) {
    const ob_inst_body *b = tx_inline_body(attrs);
    uint64_t id = pe__id_of(o, NULL);
    for (uint32_t i = 0; i < b->shape->n; i++)
        if (!pe__unwritten(id, ob_inst_slot(attrs, b, i))) return false;
    return true;
}

/* What the class makes of the old state becomes the new one.  o: the object; NULL: the carrier will be it. */
static bool upgrade(ob_obj *o, loaded *l) {
    ob_val name = ob_str_intern_c("__upgrade__"), fn = ob_is_null(name) ? name : ob_type_lookup(l->type, name);
    if (ob_is_null(fn)) return !ob_is_null(name);
    if (o) {
        l->once = true;
        if (!pe__once_begin(o)) return true;
        pe__id_flag(o, PE_I_STAYS);
    }
    ob_val state = ob_dict_new(), key, v;
    size_t pos = 0;
    if (ob_is_null(state)) return false;
    while (ob_attr_next(l->attrs, &pos, &key, &v))
        if (!ob_dict_set(state, key, v)) return false;
    upgrading this = {o, l, upgraded_now};
    if (o) upgraded_now = &this;
    ob_val result = ob_call2(fn, o ? ob_of(o) : l->attrs, state);
    upgraded_now = this.outer;
    if (ob_is_null(result)) return false;
    if (!ob_is_dict(result)) return ob_fail(ob_raise(&ob_exc_TypeError, "__upgrade__ must return a dict, not %T", result));
    strip(l->attrs);
    for (pos = 0; ob_dict_next(result, &pos, &key, &v);) {
        if (!ob_is_str(key)) return ob_fail(ob_raise(&ob_exc_TypeError, "attribute name must be string"));
        if (ob_is_null(key = ob_str_intern(key)) || !set_slot(l->attrs, UINT64_MAX, key, v)) return false;
    }
    return !o || all_unwritten(o, ob_attrs_of(l->attrs));
}

/* A new object that carries the attributes of o, or will be it (NULL). */
static bool make_carrier(pe_decoder *d, ob_obj *o, loaded *l) {
    ob_type *t = l->type;
    if (o && t->flags & OB_TF_INST) {                        /* laid out as o is */
        tx_handle *made = ob_alloc_mut(t, tx_body_size((tx_handle *)o));
        if (!made) return false;
        made->aux = o->aux;
        ((ob_inst_body *)tx_inline_body(made))->shape = t->shape0;
        l->attrs = ob_of(made);
    } else if (t->flags & OB_TF_INST) l->attrs = ob_inst_new(t);
    else if (t->cls.kind) l->attrs = ob_of(ob_alloc_mut(t, pe__native_base(t)->size));
    else if (!make_sub(d, t, l->base, &l->attrs)) return false;
    if (!ob_is_null(l->attrs) && t->cls.kind && t->flags & OB_TF_FINAL) ob_gc_drop_finalizer(l->attrs);
    return !ob_is_null(l->attrs);
}

/* o: what it is for, or NULL. */
static bool decode_record(pe_decoder *d, ob_obj *o, loaded *l) {
    uint64_t layout;
    bool dict_mode = false;
    ob_val dict = OB_NULL;
    l->attrs = OB_NULL;
    if (!get_type(d, &d->type) || !get_varint(d, &layout)) return false;
    l->type = d->type;
    if (o && l->type != o->type) return bad(d, "it is of another class than what refers to it says");
    if (!get_state(d, &l->form, &l->base)) return false;
    if (!(d->type->flags & (OB_TF_INST | OB_TF_HOLDER))) return true;
    if (!make_carrier(d, o, l) || !get_attrs(d, l->attrs, &dict_mode, &dict)) return false;
    if (dict_mode && (!slots_from_dict(l->attrs, dict) || !use_dict(l->attrs, dict))) return false;
    if (layout == pe__layout_of(d->type)) return true;
    return !d->early && upgrade(o, l);
}

/* ---- installing ---- */

static bool copy_attrs(tx_handle *to, ob_val from) {
    const tx_handle *f = ob_attrs_of(from);
    const ob_inst_body *s = tx_inline_body(f);
    ob_inst_body *b = tx_inline_body(to);
    uint32_t n = s->shape->n;
    if (s->shape->dict_mode) n = s->shape->type->nslots + 1;
    ob_val *more = n > to->aux ? ob_block_zalloc((n - to->aux + 3) * sizeof *more) : NULL;
    if (n > to->aux && !more) return false;
    base_lock_take(&install);
    if (atomic_load_explicit(&to->vw, memory_order_relaxed) == TX_GHOST) {
        b->more = more;
        for (uint32_t i = 0; i < n; i++) {
            if (i < to->aux) b->slot[i] = ob_inst_slot(f, s, i);
            else b->more[i - to->aux] = ob_inst_slot(f, s, i);
        }
        b->shape = s->shape;
        tx_handle_init_shared(to);
    }
    base_lock_drop(&install);
    return true;
}

/* Moves the body of a new object into the ghost. The new object is left empty. */
static bool install_body(tx_handle *h, ob_val from, uint64_t id, uint8_t form, uint8_t flags) {
    size_t n = tx_body_size(h);
    tx_handle *f = ob_handle(from);
    if (f->cls->kind != h->cls->kind || tx_body_size(f) != n) return ob_fail(pe__corrupt(id, "its class has another base now"));
    if (form == PE_S_BIGDICT || form == PE_S_BIGLIST || form == PE_S_PAGESET) flags |= PE_I_BIG;      /* not PE_S_BIGSET: it is written anew */
    if (flags) pe__id_flag(h, flags);
    if (form == PE_S_BIGDICT || form == PE_S_BIGLIST) ob_flag_set(h, OB_F_BIG);      /* conflict units are keys, whichever form the body has */
    base_lock_take(&install);
    if (atomic_load_explicit(&h->vw, memory_order_relaxed) == TX_GHOST) {
        uint32_t layout = 0;
        bool dict = ((ob_type *)h->cls)->flags & OB_TF_DICT;
        if (dict) layout = ((ob_dict_body *)tx_inline_body(h))->layout;
        memcpy(tx_inline_body(h), tx_inline_body(f), n);
        if (dict && layout) ((ob_dict_body *)tx_inline_body(h))->layout = layout;      /* it was let go of: ids.c, make_ghost */
        memset(tx_inline_body(f), 0, n);
        h->aux = f->aux;
        tx_handle_init_shared(h);
    }
    base_lock_drop(&install);
    return true;
}

static bool load_into(ob_obj *o, uint64_t id, st_txn *t, bool early) {
    base_buf bytes;
    st_record r;
    loaded l = {.once = false};
    base_buf_init(&bytes);
    pe_decoder d = {.id = id, .txn = t, .early = early};
    bool ok = pe__get_record(t, id, &bytes, &r);
    if (ok) {
        d.p = r.payload;
        d.end = r.payload + r.n;
        ok = decode_record(&d, o, &l);
    }
    if (ok && o->type->flags & OB_TF_INST) ok = copy_attrs((tx_handle *)o, l.attrs);
    else if (ok) {
        if (ob_flags(o) & OB_F_HOLDER && !ob_is_null(l.attrs)) ok = copy_attrs(ob_heap_holder(o), l.attrs);
        ok = ok && (ob_is_null(l.base) ? ob_fail(pe__corrupt(id, "its state is missing")) : install_body((tx_handle *)o, l.base, id, l.form, d.flags));
    }
    if (l.once) pe__once_end(o);
    base_buf_release(&bytes);
    pe__count_load();
    return ok;
}

static pthread_mutex_t snapshot_lock;            /* recursive: loading an object may load others */
static pthread_once_t snapshot_once = PTHREAD_ONCE_INIT;

static void make_snapshot_lock(void) {
    pthread_mutexattr_t a;
    pthread_mutexattr_init(&a);
    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&snapshot_lock, &a);
    pthread_mutexattr_destroy(&a);
}

st_error pe__read_begin(st_txn **t) {
    if (!pe__s.o.readonly) return st_read_begin(pe__s.store, t);
    pthread_once(&snapshot_once, make_snapshot_lock);
    if (pthread_mutex_trylock(&snapshot_lock) != 0) {
        ob_blocking_enter();
        pthread_mutex_lock(&snapshot_lock);
        ob_blocking_leave();
    }
    st_error e = pe__s.snapshot ? ST_OK : st_read_begin(pe__s.store, &pe__s.snapshot);
    *t = pe__s.snapshot;
    if (e) pthread_mutex_unlock(&snapshot_lock);
    return e;
}

void pe__read_end(st_txn *t) {
    if (!pe__s.o.readonly) st_end(t);
    else pthread_mutex_unlock(&snapshot_lock);
}

bool pe__load(tx_handle *h) {
    ob_pending had = ob_err;
    st_txn *t;
    uint8_t flags;
    uint64_t id = pe__id_of(h, &flags);
    if (UNLIKELY(upgraded_now != NULL) && pe__half_loaded(h)) return false;
    ob_err = (ob_pending){OB_COND_NONE, OB_NULL};
    if (id == 0 || pe__s.store == NULL) return ob_fail(ob_raise(&ob_exc_StoreError, "the object's store has been closed"));
    ob_obj *o = flags & PE_I_HOLDER ? pe__object_of(id) : (ob_obj *)h;
    if (o == NULL) return ob_fail(pe__corrupt(id, "it was lost in memory"));
    if (UNLIKELY(upgraded_now != NULL) && is_upgraded_now(o)) return ob_fail(ob_raise(&ob_exc_StoreError, "'%N' object is just being upgraded", o->type));
    if (pe__pending(id) && !pe__flush()) return false;       /* D3 */
    st_error e = pe__read_begin(&t);
    if (e) return ob_fail(pe__raise_store(e, NULL));
    ob_paging++;
    bool ok = load_into(o, id, t, false);
    ob_paging--;
    pe__read_end(t);
    if (ok) pe__id_loaded(o);
    if (ok && UNLIKELY(o->type->flags & OB_TF_INVARIANT)) pe__hooks.loaded(ob_of(o));
    if (ok || had.cond > OB_COND_EXCEPTION) ob_err = had;
    return ok;
}

bool pe__load_early(st_txn *t, ob_obj *o, uint64_t id) {
    if (pe__pending(id) || !load_into(o, id, t, true)) return ob_err = (ob_pending){OB_COND_NONE, OB_NULL}, false;
    pe__id_loaded(o);
    return true;
}

/* ---- references ---- */

static void make_ghost(tx_handle *h) { atomic_store_explicit(&h->vw, TX_GHOST, memory_order_relaxed); }

static ob_val new_ghost(uint64_t id, ob_type *t) {
    ob_type *n = pe__native_base(t);
    ob_val v = t->flags & OB_TF_INST ? ob_inst_new(t) : ob_of(ob_alloc_mut(t, n->size));
    if (ob_is_null(v)) return v;
    tx_handle *holder = ob_flags(ob_ptr(v)) & OB_F_HOLDER ? ob_heap_holder(ob_ptr(v)) : NULL;
    make_ghost(ob_handle(v));
    if (holder) make_ghost(holder);
    ob_obj *got = pe__id_claim(ob_ptr(v), id, 0);
    if (got == NULL) return ob_raise_memory();
    if (got == ob_ptr(v) && holder && !pe__id_add(holder, id, PE_I_HOLDER)) return ob_raise_memory();
    return ob_of(got);
}

static ob_val load_one(st_txn *t, uint64_t id) {
    base_buf bytes;
    st_record r;
    loaded l;
    ob_val v = OB_NULL;
    uint8_t flags = 0;
    if (!ob_c_enter()) return OB_NULL;
    base_buf_init(&bytes);
    if (pe__get_record(t, id, &bytes, &r)) {
        pe_decoder d = {.p = r.payload, .end = r.payload + r.n, .id = id, .txn = t};
        if (decode_record(&d, NULL, &l)) {
            if (l.form == PE_S_PLAIN) v = ob_of(ob_alloc(l.type, sizeof(ob_obj)));
            else if (!ob_is_null(l.attrs)) v = l.attrs;
            else if (!(l.type->flags & OB_TF_HEAP)) v = l.base;
            else if (!make_sub(&d, l.type, l.base, &v)) v = OB_NULL;
        }
        flags = d.flags;
    }
    base_buf_release(&bytes);
    ob_c_leave();
    if (ob_is_null(v)) return v;
    tx_handle *holder = ob_flags(ob_ptr(v)) & OB_F_HOLDER ? ob_heap_holder(ob_ptr(v)) : NULL;
    if (holder) tx_handle_init_shared(holder);
    if (!ob_in_heap(ob_ptr(v))) return v;
    ob_obj *got = pe__id_claim(ob_ptr(v), id, flags);
    if (got == NULL) return ob_raise_memory();
    if (got == ob_ptr(v) && holder && !pe__id_add(holder, id, PE_I_HOLDER)) return ob_raise_memory();
    pe__count_load();
    return ob_of(got);
}

/* Immutable objects with an identity have no body that could come later, so what they hold is loaded with them: nested ones not by recursion alone, which stops
 * at DEEP_VALUES; then the one that is wanted is loaded first, and the others again. */
enum { DEEP_VALUES = 6 };
static _Thread_local unsigned value_depth;
static _Thread_local uint64_t value_wanted;

static ob_val load_outermost(st_txn *t, uint64_t id) {
    VEC(uint64_t) ids = {0};
    ob_val alive = ob_list_new(0), v = OB_NULL;             /* what others wait for */
    bool ok = !ob_is_null(alive) && (VEC_PUSH(&ids, id) || ob_fail(ob_raise_memory()));
    while (ok && ids.n) {
        value_wanted = 0;
        value_depth = 1;
        v = load_one(t, VEC_LAST(&ids));
        value_depth = 0;
        if (!ob_is_null(v)) {
            ok = ob_list_append(alive, v);
            ids.n--;
        } else if ((ok = value_wanted != 0)) {
            ob_err_clear();
            ok = VEC_PUSH(&ids, value_wanted) || ob_fail(ob_raise_memory());
            if (ids.n > 1 && ids.n > pe__id_limit()) ok = ob_fail(pe__corrupt(id, "it holds itself"));
        }
    }
    VEC_RELEASE(&ids);
    return ok ? v : OB_NULL;
}

static ob_val load_value(st_txn *t, uint64_t id) {
    if (value_depth == 0) return load_outermost(t, id);
    if (value_depth >= DEEP_VALUES) {
        value_wanted = id;
        return ob_raise(&ob_exc_RecursionError, "a value is nested too deep");
    }
    value_depth++;
    ob_val v = load_one(t, id);
    value_depth--;
    return v;
}

ob_val pe__object_ref(st_txn *t, uint64_t id, uint32_t cls) {
    ob_obj *o = pe__object_of(id);
    if (o) return ob_of(o);
    bool missing;
    ob_val c = pe__name_resolve(cls, &missing);
    if (missing) return pe__missing_new(id, cls, PE_REF, OB_NULL);
    if (ob_is_null(c)) return c;
    if (!ob_is_type(c)) return pe__corrupt(id, "its class is no class");
    ob_type *type = ob_type_ptr(c);
    return type->cls.kind ? new_ghost(id, type) : load_value(t, id);
}

/* ---- default hashes ---- */

static int read_hash(st_txn *t, ob_obj *o, uint64_t id, uint64_t *out) {
    uint8_t key[9];
    base_buf bytes;
    st_record r;
    const char *why;
    ob_val v = OB_NULL;
    base_buf_init(&bytes);
    st_store64_be(key, id);
    key[8] = PE_K_HASH;
    st_error e = st_get(t, PE_ENTRIES, (st_key){key, sizeof key}, &bytes);
    if (e == ST_NOT_FOUND) {
        pe__id_flag(o, PE_I_BY_ID);
        *out = base_hash_word(id) >> 3;
    } else if (e) {
        pe__raise_store(e, NULL);
    } else if (st_record_open(bytes.at, bytes.n, id, &r, &why) != ST_OK) {
        pe__corrupt(id, why);
    } else {
        pe_decoder d = {.p = r.payload, .end = r.payload + r.n, .id = id, .txn = t};
        uint64_t one;
        if (get_varint(&d, &one) && pe__decode_value(&d, &v)) {
            if (!ob_is_null(v) && ob_is_small(v)) *out = (uint64_t)ob_to_small(v);
            else bad(&d, "its hash is damaged");
        }
    }
    base_buf_release(&bytes);
    return ob_failed() ? -1 : 1;
}

int pe__identity_hash(ob_val v, uint64_t *out) {
    uint8_t flags;
    st_txn *t;
    ob_obj *o = ob_ptr(v);
    uint64_t id = pe__id_of(o, &flags);
    if (id == 0 || flags & PE_I_ADDRESS) return 0;
    *out = base_hash_word(id) >> 3;
    if (flags & PE_I_BY_ID) return 1;
    ob_pending had = ob_err;
    ob_err = (ob_pending){OB_COND_NONE, OB_NULL};
    if (pe__s.store == NULL) return ob_raise(&ob_exc_StoreError, "the object's store has been closed"), -1;
    if (pe__pending(id) && !pe__flush()) return -1;
    st_error e = pe__read_begin(&t);
    if (e) return pe__raise_store(e, NULL), -1;
    int known = read_hash(t, o, id, out);
    pe__read_end(t);
    if (known > 0) ob_err = had;
    return known;
}

ob_val pe__state_of_missing(uint64_t id) {
    base_buf bytes;
    st_record r;
    st_txn *t;
    uint64_t cls, layout, slots, n;
    uint8_t form;
    ob_val out = ob_dict_new(), base, v;
    if (!pe__s.store) return ob_raise(&ob_exc_StoreError, "the store has been closed");
    st_error e = pe__read_begin(&t);
    if (e) return pe__raise_store(e, NULL);
    base_buf_init(&bytes);
    bool ok = !ob_is_null(out) && pe__get_record(t, id, &bytes, &r);
    if (ok) {
        pe_decoder d = {.p = r.payload, .end = r.payload + r.n, .id = id, .txn = t, .type = &ob_object_type};
        const uint8_t *mode, *tag;
        ok = get_varint(&d, &cls) && get_varint(&d, &layout) && get_state(&d, &form, &base);
        if (ok && !ob_is_null(base)) ok = ob_dict_set_c(out, "value", base);
        if (ok && d.p < d.end) {
            ok = get_varint(&d, &slots) && get_varint(&d, &n) && get_raw(&d, 1, &mode);
            for (uint64_t i = 0; ok && i < slots + n; i++) {
                ob_val name;
                ok = get_raw(&d, 1, &tag) && get_str(&d, &name) && pe__decode_value(&d, &v) && (ob_is_null(v) || ob_dict_set(out, name, v));
            }
            if (ok && *mode) ok = pe__decode_value(&d, &v) && ob_dict_update(out, v);
        }
    }
    base_buf_release(&bytes);
    pe__read_end(t);
    return ok ? out : OB_NULL;
}
