/* encode.c: objects to bytes, and what has become reachable. Runs inside of a commit, under the commit lock: no Python code, no I/O, no
 * collection; what it allocates comes from malloc.
 *
 * An object with an identity (mutable, or with attributes, or a long text) is a node: it has an id and a record, and others refer to it by id. All
 * else is written into the records of the nodes that hold it. Walking goes over an explicit list, so that chains may be of any length.
 * Tuples in tuples are nodes where they lie deep, so that the records and the stack stay small.
 * E1  A node that is referred to is in the id table when the record that refers to it is complete. (put_ref)
 * E2  If encoding fails, the ids that it gave out are taken back. (pe__encode_changes) */
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/dict_tree.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/function.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list_tree.h"
#include "objspace/persist/persist_int.h"
#include "objspace/set_table.h"
#include "objspace/shape.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "objspace/contain.h"
#include "objspace/type_make.h"
#include <stdlib.h>
#include <string.h>

enum { LONG_TEXT = 1024, MAX_NESTING = 200, SKIP = 32 /* entries compared at once */ };

static const pe_codec *codecs[64];
static unsigned codec_count;

bool pe_register(const pe_codec *c) {
    if (codec_count == BASE_LENGTH(codecs)) return false;
    codecs[codec_count++] = c;
    return true;
}

const pe_codec *pe__codec_of(const ob_type *native) {
    for (unsigned i = 0; i < codec_count; i++)
        if (codecs[i]->type == native) return codecs[i];
    return NULL;
}

ob_type *pe__native_base(ob_type *t) {
    while (t->flags & OB_TF_HEAP) t = t->base;
    return t;
}

/* ---- small things ---- */

void pe__put_varint(base_buf *b, uint64_t x) {
    for (; x >= 128; x >>= 7) base_buf_byte(b, (unsigned char)(x | 128));
    base_buf_byte(b, (unsigned char)x);
}

static bool no_memory(pe_encoder *e) { return e->no_memory = true, false; }
static bool cannot(pe_encoder *e, ob_val v) { return e->bad = v, false; }
static bool finish(pe_encoder *e) { return !e->out->failed || no_memory(e); }

static void put_bytes(base_buf *b, char tag, const void *p, size_t n) {
    base_buf_byte(b, (unsigned char)tag);
    pe__put_varint(b, n);
    base_buf_add(b, p, n);
}

static void put_double(base_buf *b, double d) {
    uint64_t bits;
    uint8_t raw[8];
    memcpy(&bits, &d, 8);
    st_store64(raw, bits);
    base_buf_add(b, raw, 8);
}

static void put_str(base_buf *b, ob_val s) {
    ob_str_obj *o = ob_str_ptr(s);
    if (ob_str_is_ascii(s)) {
        put_bytes(b, PE_STR, o->data, o->len);
        return;
    }
    size_t bytes = 0;
    for (size_t i = 0; i < o->len; i++) {
        uint32_t c = ob_str_at(s, i);
        bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }
    base_buf_byte(b, PE_STR);
    pe__put_varint(b, bytes);
    for (size_t i = 0; i < o->len; i++) base_buf_utf8(b, ob_str_at(s, i));
}

static void put_small(base_buf *b, int64_t i) {
    base_buf_byte(b, PE_INT);
    pe__put_varint(b, (uint64_t)i << 1 ^ (uint64_t)(i >> 63));
}

static void put_bigint(base_buf *b, const ob_bigint *x) {
    base_buf_byte(b, PE_BIGINT);
    base_buf_byte(b, x->o.aux & 1);
    pe__put_varint(b, x->n * 8);
    for (size_t i = 0; i < x->n; i++) {
        uint8_t raw[8];
        st_store64(raw, x->d[i]);
        base_buf_add(b, raw, 8);
    }
}

/* ---- which values are nodes ---- */

static bool is_enum_member(ob_val v, ob_val *name) {
    ob_type *t = ob_type_of(v), *meta = (ob_type *)t->cls.h.cls;
    if (!(t->flags & OB_TF_HEAP) || !(meta->flags & OB_TF_HEAP)) return false;
    if (strcmp(ob_type_short_name(meta), "EnumType") != 0 && strcmp(ob_type_short_name(meta), "EnumMeta") != 0) return false;
    ob_val members = ob_dict_get_c(t->dict, "_member_map_"), id = ob_str_intern_c("_name_");
    if (ob_is_null(members) || !ob_is_dict(members) || ob_is_null(id)) return false;
    *name = ob_attr_get(v, id);
    if (ob_is_null(*name) || !ob_is_str(*name)) return false;
    ob_val there = ob_dict_get(members, *name);
    return !ob_is_null(there) && ob_same(there, v);
}

bool pe__is_node(ob_val v) {
    if (!ob_is_ptr(v) || !v.w) return false;
    ob_obj *o = ob_ptr(v);
    uint32_t flags = ob_flags(o);
    if (flags & OB_F_STATIC) return false;
    ob_type *t = o->type;
    if (t->flags & OB_TF_TYPE || t == &ob_function_type || t == &ob_module_type) return false;
    if (flags & (OB_F_MUTABLE | OB_F_HOLDER)) return true;
    if (t == &ob_str_type) return ob_str_len(v) > LONG_TEXT && !(flags & OB_F_INTERNED);
    if (t == &ob_bytes_type) return ob_bytes_ptr(v)->len > LONG_TEXT;
    return t == &ob_object_type;
}

/* Can instances of this class be nodes at all? */
static bool known_kind(ob_type *t) {
    ob_type *n = pe__native_base(t);
    if (n == &ob_object_type) return t == &ob_object_type || (t->flags & OB_TF_INST);
    if (n->flags & OB_TF_DICT && n->size == sizeof(ob_dict_body)) return true;
    if (n == &ob_list_type || n == &ob_set_type || n == &ob_bytearray_type || n == &ob_frozenset_type) return true;
    if (n->flags & (OB_TF_INT | OB_TF_FLOAT | OB_TF_STR | OB_TF_BYTES | OB_TF_TUPLE | OB_TF_EXC)) return true;
    return n == &ob_complex_type || pe__codec_of(n) != NULL;
}

static bool put_ref(pe_encoder *e, ob_val v) {
    ob_obj *o = ob_ptr(v);
    uint64_t id = pe__id_of(o, NULL);
    if (!known_kind(o->type)) return cannot(e, v);
    uint32_t cls = pe__name_of(ob_type_val(o->type));
    if (cls == UINT32_MAX) return no_memory(e);
    if (cls == 0) return cannot(e, v);
    if (id == 0) {
        id = pe__id_next();
        if (!VEC_RESERVE(&e->batch->fresh, 2) || !VEC_RESERVE(&e->work, 1) || !pe__id_add(o, id, PE_I_NEW)) return no_memory(e);
        (void)VEC_PUSH(&e->batch->fresh, o);
        (void)VEC_PUSH(&e->work, o);
        if (ob_flags(o) & OB_F_HOLDER) {
            tx_handle *h = ob_heap_holder(o);
            if (!pe__id_add(h, id, PE_I_HOLDER)) return no_memory(e);
            (void)VEC_PUSH(&e->batch->fresh, (ob_obj *)h);
        }
    }
    base_buf_byte(e->out, PE_REF);
    pe__put_varint(e->out, id);
    pe__put_varint(e->out, cls);
    return finish(e);
}

/* ---- values ---- */

static bool put_items(pe_encoder *e, char tag, const ob_val *v, size_t n) {
    base_buf_byte(e->out, (unsigned char)tag);
    pe__put_varint(e->out, n);
    for (size_t i = 0; i < n; i++)
        if (!pe__encode_value(e, v[i])) return false;
    return finish(e);
}

static int by_bytes(const void *a, const void *b) {
    const base_buf *x = a, *y = b;
    int c = memcmp(x->at, y->at, x->n < y->n ? x->n : y->n);
    return c ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* Sorted by their bytes, so that equal frozensets of plain values have equal bytes whatever the hashes of this process. */
static bool put_frozenset(pe_encoder *e, const ob__set_table *t) {
    base_buf *each = base_mem_zeroed((t->used + 1) * sizeof *each), *out = e->out;
    size_t n = 0;
    bool ok = each != NULL || no_memory(e);
    for (size_t i = 0; ok && t->slots && i <= t->mask; i++) {
        if (ob_is_null(t->slots[i].key)) continue;
        base_buf_init(&each[n]);
        e->out = &each[n++];
        ok = pe__encode_value(e, t->slots[i].key);
    }
    e->out = out;
    if (ok) {
        qsort(each, n, sizeof *each, by_bytes);
        base_buf_byte(out, PE_FROZENSET);
        pe__put_varint(out, n);
        for (size_t i = 0; i < n; i++) base_buf_add(out, each[i].at, each[i].n);
    }
    for (size_t i = 0; i < n; i++) base_buf_release(&each[i]);
    base_mem_free(each);
    return ok && finish(e);
}

/* The value that an immutable object has by its native base, as if it were of exactly that. */
static bool put_base_value(pe_encoder *e, ob_val v, ob_type *n) {
    ob_obj *o = ob_ptr(v);
    if (n->flags & OB_TF_TUPLE) return put_items(e, PE_TUPLE, ob_tuple_ptr(v)->items, ob_tuple_len(v));
    if (n->flags & OB_TF_FROZENSET) return put_frozenset(e, &((ob__frozenset *)o)->table);
    if (n->flags & OB_TF_STR) return put_str(e->out, v), finish(e);
    if (n->flags & OB_TF_BYTES) return put_bytes(e->out, PE_BYTES, ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len), finish(e);
    if (n->flags & OB_TF_FLOAT) return base_buf_byte(e->out, PE_FLOAT), put_double(e->out, ob_float_value(v)), finish(e);
    if (n == &ob_complex_type) {
        base_buf_byte(e->out, PE_COMPLEX);
        put_double(e->out, ((ob_complex *)o)->re);
        put_double(e->out, ((ob_complex *)o)->im);
        return finish(e);
    }
    if (n->flags & OB_TF_INT) {
        const ob_bigint *x = (const ob_bigint *)o;
        if (x->n > 1 || (x->n == 1 && x->d[0] > (uint64_t)OB_SMALL_MAX)) return put_bigint(e->out, x), finish(e);
        int64_t i = x->n ? (int64_t)x->d[0] : 0;
        return put_small(e->out, x->o.aux & 1 ? -i : i), finish(e);
    }
    if (n == &ob_range_type) return put_items(e, PE_RANGE, &((ob_range *)o)->start, 3);
    if (n == &ob_slice_type) return put_items(e, PE_SLICE, &((ob_slice *)o)->start, 3);
    return cannot(e, v);
}

static bool put_name(pe_encoder *e, ob_val v) {
    uint32_t n = pe__name_of(v);
    if (n == UINT32_MAX) return no_memory(e);
    if (n == 0) return cannot(e, v);
    base_buf_byte(e->out, PE_NAME);
    pe__put_varint(e->out, n);
    return finish(e);
}

static bool put_enum(pe_encoder *e, ob_val v, ob_val name) {
    uint32_t n = pe__name_of(ob_type_val(ob_type_of(v)));
    if (n == UINT32_MAX) return no_memory(e);
    if (n == 0) return cannot(e, v);
    base_buf_byte(e->out, PE_ENUM);
    pe__put_varint(e->out, n);
    put_str(e->out, name);
    return finish(e);
}

static bool put_immutable(pe_encoder *e, ob_val v) {
    ob_type *t = ob_type_of(v), *n = pe__native_base(t);
    if (t->flags & OB_TF_HEAP) {
        uint32_t cls = pe__name_of(ob_type_val(t));
        if (cls == UINT32_MAX) return no_memory(e);
        if (cls == 0) return cannot(e, v);
        base_buf_byte(e->out, PE_SUB);
        pe__put_varint(e->out, cls);
    }
    return put_base_value(e, v, n);
}

/* As it was read. */
static bool put_missing(pe_encoder *e, const pe__missing *m) {
    base_buf_byte(e->out, m->kind);
    if (m->kind == PE_REF) pe__put_varint(e->out, m->id);
    pe__put_varint(e->out, m->cls);
    return ob_is_null(m->base) ? finish(e) : pe__encode_value(e, m->base);
}

static bool put_object(pe_encoder *e, ob_val v) {
    ob_type *t = ob_type_of(v);
    ob_val name;
    if (t == &pe_missing_type) return put_missing(e, (pe__missing *)ob_ptr(v));
    if (ob_is_none(v)) return base_buf_byte(e->out, PE_NONE_), finish(e);
    if (ob_same(v, OB_TRUE)) return base_buf_byte(e->out, PE_TRUE), finish(e);
    if (ob_same(v, OB_FALSE)) return base_buf_byte(e->out, PE_FALSE), finish(e);
    if (ob_same(v, OB_ELLIPSIS)) return base_buf_byte(e->out, PE_ELLIPSIS), finish(e);
    if (ob_same(v, OB_NOT_IMPLEMENTED)) return base_buf_byte(e->out, PE_NOTIMPL), finish(e);
    if (t->flags & OB_TF_TYPE || t == &ob_function_type || t == &ob_module_type || t == &ob_native_type) return put_name(e, v);
    if (is_enum_member(v, &name)) return put_enum(e, v, name);
    if (pe__is_node(v)) return put_ref(e, v);
    if (t == &ob_method_type) return put_items(e, PE_METHOD, &((ob_method *)ob_ptr(v))->func, 2);
    return put_immutable(e, v);
}

bool pe__encode_value(pe_encoder *e, ob_val v) {
    if (ob_is_null(v)) return base_buf_byte(e->out, PE_NULL), finish(e);
    if (ob_is_small(v)) return put_small(e->out, ob_to_small(v)), finish(e);
    if (ob_is_imm_float(v)) return base_buf_byte(e->out, PE_FLOAT), put_double(e->out, ob_float_decode(v)), finish(e);
    if (e->depth >= MAX_NESTING) {                           /* what lies deeper in nested tuples has records of its own */
        ob_type *n = ob_is_ptr(v) ? pe__native_base(ob_type_of(v)) : NULL;
        if (n && (n->flags & (OB_TF_TUPLE | OB_TF_FROZENSET)) && ob_in_heap(ob_ptr(v)) && ob_type_of(v) != &pe_missing_type) return put_ref(e, v);
        if (e->depth >= MAX_NESTING + 20) return cannot(e, v);
    }
    e->depth++;
    bool ok = put_object(e, v);
    e->depth--;
    return ok;
}

bool pe_put_val(pe_encoder *e, ob_val v) { return pe__encode_value(e, v); }
bool pe_put_int(pe_encoder *e, int64_t i) { return put_small(e->out, i), finish(e); }
bool pe_put_bytes(pe_encoder *e, const void *p, size_t n) { return put_bytes(e->out, PE_BYTES, p, n), finish(e); }

/* ---- operations of a batch ---- */

static pe__op *add_op(pe_encoder *e, unsigned table, const void *key, size_t key_n) {
    pe__batch *b = e->batch;
    if (!VEC_PUSH(&b->ops, (pe__op){.table = (uint8_t)table, .key = b->bytes.n, .key_n = key_n})) return no_memory(e), NULL;
    base_buf_add(&b->bytes, key, key_n);
    VEC_LAST(&b->ops).value = b->bytes.n;
    return &VEC_LAST(&b->ops);
}

/* The key of an element: the container's id in byte order, then the encoded element, or two hashes of it when that is long. */
static bool entry_key(pe_encoder *e, uint64_t id, ob_val key, uint8_t out[PE_ENTRY_KEY_MAX], size_t *n, base_buf *text) {
    base_buf *was = e->out;
    base_buf_clear(text);
    e->out = text;
    bool ok = pe__encode_value(e, key);
    e->out = was;
    if (!ok) return false;
    st_store64_be(out, id);
    if (text->n <= 64) {
        out[8] = 'k';
        memcpy(out + 9, text->at, text->n);
        *n = 9 + text->n;
        return true;
    }
    base_hash_key k1 = {0x61706f646f726131, 0x656e747279206b65}, k2 = {0x61706f646f726132, 0x7365636f6e642068};
    out[8] = 'h';
    st_store64(out + 9, base_hash_bytes(&k1, text->at, text->n));
    st_store64(out + 17, base_hash_bytes(&k2, text->at, text->n));
    *n = 25;
    return true;
}

static bool del_key(pe_encoder *e, const uint8_t *key, size_t n) {
    pe__op *op = add_op(e, PE_ENTRIES, key, n);
    if (op) op->del = true;
    return op != NULL;
}

/* Everything that a container has in ENTRIES, under a key that begins with `n` bytes more, goes. */
static bool wipe(pe_encoder *e, uint64_t id, const char *more, size_t n) {
    uint8_t key[16];
    st_store64_be(key, id);
    memcpy(key + 8, more, n);
    pe__op *op = add_op(e, PE_ENTRIES, key, 8 + n);
    if (op) op->wipe = true;
    return op != NULL;
}

/* Between these a record's payload goes to e->out. */
typedef struct open_record { pe_encoder *e; size_t op, start; } open_record;
static bool record_begin(open_record *r, pe_encoder *e, uint64_t id, const uint8_t *key, size_t n) {
    if (!add_op(e, PE_ENTRIES, key, n)) return false;
    *r = (open_record){e, e->batch->ops.n - 1, st_record_start(&e->batch->bytes, PE_R_ENTRY, id, e->batch->lsn)};
    e->out = &e->batch->bytes;
    return true;
}
static bool record_end(open_record *r) {
    base_buf *bytes = &r->e->batch->bytes;
    st_record_finish(bytes, r->start);
    r->e->batch->ops.at[r->op].value_n = bytes->n - r->start;
    return finish(r->e);
}

typedef struct entries { pe_encoder *e; uint64_t id, seq; base_buf text; } entries;

static bool del_entry(entries *x, ob_val key) {
    uint8_t raw[PE_ENTRY_KEY_MAX];
    size_t n;
    return entry_key(x->e, x->id, key, raw, &n, &x->text) && del_key(x->e, raw, n);
}

/* payload: 8 bytes of order, the encoded element */
static bool put_entry(entries *x, ob_val key) {
    uint8_t raw[PE_ENTRY_KEY_MAX], seq[8];
    size_t n;
    open_record r;
    pe_encoder *e = x->e;
    if (!entry_key(e, x->id, key, raw, &n, &x->text) || !record_begin(&r, e, x->id, raw, n)) return false;
    st_store64(seq, x->seq++);
    base_buf_add(e->out, seq, 8);
    base_buf_add(e->out, x->text.at, x->text.n);
    return record_end(&r);
}

static void entries_start(entries *x, pe_encoder *e, uint64_t id) {
    *x = (entries){.e = e, .id = id, .seq = e->batch->lsn << 24};
    base_buf_init(&x->text);
}

/* ---- containers ---- */

/* Dicts: a record for 16 positions, holes included, so that positions are the same on disk and in memory; and one for each key in the index, if all
 * keys have lasting hashes. Pages that hold nothing, before the first entry, have none. */
static const ob_dict_entry no_entries[PE_PAGE];

static const ob_dict_entry *dict_page(const ob_dict_body *b, size_t from, ob_dict_entry room[PE_PAGE]) {
    if (!b || from >= b->fill) return no_entries;
    if (ob__dict_is_tree(b)) return ob__dict_tree_page(b, from);
    if (b->fill - from >= PE_PAGE) return &b->entries[from];
    memset(room, 0, PE_PAGE * sizeof *room);
    return memcpy(room, &b->entries[from], (b->fill - from) * sizeof *room);
}

static bool index_op(pe_encoder *e, uint64_t id, ob_val key, size_t at, bool del) {
    uint8_t raw[21];
    uint64_t hash;
    open_record r;
    if (!ob__lasting_hash(key, &hash)) return cannot(e, key);
    st_store64_be(raw, id);
    raw[8] = PE_K_INDEX;
    st_store64_be(raw + 9, ob__stir(hash));
    for (unsigned i = 0; i < 4; i++) raw[17 + i] = (uint8_t)(at >> (24 - 8 * i));
    if (del) return del_key(e, raw, sizeof raw);
    return record_begin(&r, e, id, raw, sizeof raw) && record_end(&r);
}

static size_t dict_page_key(uint64_t id, size_t page, uint8_t key[13]) {
    st_store64_be(key, id);
    key[8] = PE_K_PAGE;
    for (unsigned i = 0; i < 4; i++) key[9 + i] = (uint8_t)(page >> (24 - 8 * i));
    return 13;
}

static size_t in_page(const ob_dict_body *b, size_t from) { return !b || from >= b->fill ? 0 : b->fill - from < PE_PAGE ? b->fill - from : PE_PAGE; }

static bool put_dict_page(pe_encoder *e, uint64_t id, const ob_dict_body *b, size_t from, const ob_dict_entry *is) {
    uint8_t key[13];
    size_t key_n = dict_page_key(id, from / PE_PAGE, key), n = in_page(b, from);
    open_record r;
    if (from + PE_PAGE <= b->first || n == 0) return del_key(e, key, key_n);
    if (!record_begin(&r, e, id, key, key_n)) return false;
    pe__put_varint(e->out, n);
    for (size_t i = 0; i < n; i++)
        if (!pe__encode_value(e, is[i].key) || (is[i].key.w && !pe__encode_value(e, ob_dict_newest_value(&is[i])))) return false;
    return record_end(&r);
}

/* What has changed in the 16 positions from `from` on. */
static bool diff_page(pe_encoder *e, uint64_t id, const ob_dict_body *before, const ob_dict_body *after, size_t from, bool indexed) {
    ob_dict_entry room[2][PE_PAGE];
    const ob_dict_entry *was = dict_page(before, from, room[0]), *is = dict_page(after, from, room[1]);
    bool changed = !before || in_page(before, from) != in_page(after, from);
    for (size_t i = 0; i < PE_PAGE; i++) {
        bool key = !ob_same(was[i].key, is[i].key);
        changed = changed || key || !ob_same(was[i].value, is[i].value);
        if (!key || !indexed) continue;
        if (was[i].key.w && !index_op(e, id, was[i].key, from + i, true)) return false;
        if (is[i].key.w && !index_op(e, id, is[i].key, from + i, false)) return false;
    }
    return !changed || put_dict_page(e, id, after, from, is);
}

/* The first page from this one on that may differ; SIZE_MAX: none before `end`. */
static size_t next_page(const ob_dict_body *before, const ob_dict_body *after, size_t from, size_t end) {
    size_t i = before ? ob__dict_differ(before, after, from) : from;
    return i < end ? i / PE_PAGE * PE_PAGE : SIZE_MAX;
}

/* Only the last entries' coming and going changes how many positions there are; holes in between are no change of their pages. */
static bool all_pages(pe_encoder *e, uint64_t id, const ob_dict_body *before, const ob_dict_body *after, bool indexed) {
    size_t end = after->fill;
    if (before && before->fill > after->fill) end = after->fill / PE_PAGE * PE_PAGE;
    for (size_t i = before ? 0 : after->first / PE_PAGE * PE_PAGE; (i = next_page(before, after, i, end)) != SIZE_MAX; i += PE_PAGE)
        if (!diff_page(e, id, before, after, i, indexed)) return false;
    for (; before && end < before->fill; end += PE_PAGE)
        if (!diff_page(e, id, before, after, end, indexed)) return false;
    for (size_t i = before ? before->first / PE_PAGE : SIZE_MAX; i < after->first / PE_PAGE; i++) {
        uint8_t key[13];
        if (!del_key(e, key, dict_page_key(id, i, key))) return false;
    }
    return true;
}

/* May all keys that are new in `after` be in an index? */
static bool all_lasting(const ob_dict_body *before, const ob_dict_body *after) {
    ob_dict_entry room[2][PE_PAGE];
    uint64_t hash;
    if (ob__dict_is_lasting(after)) return true;
    for (size_t from = 0; (from = next_page(before, after, from, after->fill)) != SIZE_MAX; from += PE_PAGE) {
        const ob_dict_entry *was = dict_page(before, from, room[0]), *is = dict_page(after, from, room[1]);
        for (unsigned i = 0; i < PE_PAGE; i++)
            if (is[i].key.w && !ob_same(was[i].key, is[i].key) && !ob__lasting_hash(is[i].key, &hash)) return false;
    }
    return true;
}

/* Replaces all that the store has of a container. Where what was there has not been loaded, nothing of it can be left (stub.h). */
static bool rewrite_dict(pe_encoder *e, uint64_t id, const ob_dict_body *after, bool indexed) {
    const char kinds[] = {PE_K_PAGE, PE_K_INDEX};
    return wipe(e, id, &kinds[0], 1) && wipe(e, id, &kinds[1], 1) && all_pages(e, id, NULL, after, indexed);
}

typedef struct set_changes { entries *x; bool failed; } set_changes;
static bool put_change_of_set(void *arg, const ob_dict_entry *key, ob_val was, ob_val is) {
    set_changes *c = arg;
    (void)was;
    c->failed = is.w ? !put_entry(c->x, key->key) : !del_entry(c->x, key->key);
    return !c->failed;
}

/* Flat tables of one size keep their elements in place; after a rebuild all is written again, what left first. */
static bool rewrite_set(entries *x, const ob__set_table *before, const ob__set_table *after) {
    bool ok = true, same = before && before->slots && after->slots && before->mask == after->mask;
    for (size_t i = 0, end = before ? ob__set_end(before) : 0; ok && i < end; i++) {
        while (same && i + SKIP <= before->mask && memcmp(&before->slots[i], &after->slots[i], SKIP * sizeof *before->slots) == 0) i += SKIP;
        ob__set_slot s = ob__set_at(before, i);
        if (s.key.w && !(same && ob_same(after->slots[i].key, s.key))) ok = del_entry(x, s.key);
    }
    for (size_t i = 0, end = ob__set_end(after); ok && i < end; i++) {
        while (same && i + SKIP <= after->mask && memcmp(&before->slots[i], &after->slots[i], SKIP * sizeof *before->slots) == 0) i += SKIP;
        ob__set_slot s = ob__set_at(after, i);
        if (s.key.w && !(same && ob_same(before->slots[i].key, s.key))) ok = put_entry(x, s.key);
    }
    return ok;
}

static bool big_set(pe_encoder *e, uint64_t id, const ob__set_table *before, const ob__set_table *after) {
    entries x;
    entries_start(&x, e, id);
    set_changes c = {&x, false};
    bool ok = before && before->tree && after->tree && ob_dict_diff(before->tree, after->tree, put_change_of_set, &c);
    if (!ok && !c.failed) ok = rewrite_set(&x, before, after);            /* or keys whose equality only Python knows */
    base_buf_release(&x.text);
    return ok;
}

static size_t in_chunk(const ob_list_body *l, size_t from) {
    size_t n = l ? ob__list_size(l) : 0;
    return n <= from ? 0 : n - from < PE_CHUNK ? n - from : PE_CHUNK;
}

static bool put_chunk(pe_encoder *e, uint64_t id, const ob_list_body *l, size_t chunk) {
    uint8_t key[16];
    open_record r;
    st_store64_be(key, id);
    st_store64_be(key + 8, chunk);
    size_t from = chunk * PE_CHUNK, n = in_chunk(l, from);
    if (!record_begin(&r, e, id, key, sizeof key)) return false;
    pe__put_varint(e->out, n);
    for (size_t i = 0; i < n; i++)
        if (!pe__encode_value(e, ob__list_item(l, from + i))) return false;
    return record_end(&r);
}

static bool same_chunk(const ob_list_body *before, const ob_list_body *after, size_t from, size_t n) {
    if (!before || in_chunk(before, from) != n) return false;
    for (size_t i = from, k, m; i < from + n; i += k) {
        const ob_val *x = ob__list_run(before, i, &k), *y = ob__list_run(after, i, &m);
        if (m < k) k = m;
        if (from + n - i < k) k = from + n - i;
        if (x != y && memcmp(x, y, k * sizeof *x) != 0) return false;
    }
    return true;
}

static bool all_chunks(pe_encoder *e, uint64_t id, const ob_list_body *before, const ob_list_body *after) {
    size_t was = before ? ob__list_size(before) : 0, had = (was + PE_CHUNK - 1) / PE_CHUNK, n = ob__list_size(after), have = (n + PE_CHUNK - 1) / PE_CHUNK;
    for (size_t i = 0; i < n; i = (i / PE_CHUNK + 1) * PE_CHUNK) {
        size_t next = before ? ob__list_differ(before, after, i) : i;
        if (next >= n) break;
        i = next;
        size_t from = i / PE_CHUNK * PE_CHUNK;
        if (!same_chunk(before, after, from, in_chunk(after, from)) && !put_chunk(e, id, after, i / PE_CHUNK)) return false;
    }
    for (size_t c = have; c < had; c++) {
        uint8_t key[16];
        st_store64_be(key, id);
        st_store64_be(key + 8, c);
        if (!del_key(e, key, sizeof key)) return false;
    }
    return true;
}

static bool big_list(pe_encoder *e, uint64_t id, const ob_list_body *before, const ob_list_body *after) {
    uint64_t trouble = ob__stub_trouble;
    size_t ops = e->batch->ops.n;
    if (!all_chunks(e, id, before, after)) return false;
    if (trouble == ob__stub_trouble) return true;
    ob__stub_trouble = trouble;                              /* as in write_dict */
    e->batch->ops.n = ops;
    return wipe(e, id, "", 1) && all_chunks(e, id, NULL, after) && (trouble == ob__stub_trouble || no_memory(e));
}

/* ---- the state of a node ---- */

/* Attributes of a plain instance or a holder: slots by name, then attributes by name, or the dict that holds them. */
static bool put_attrs(pe_encoder *e, const tx_handle *h, const ob_inst_body *b) {
    const ob_shape *s = b->shape;
    uint32_t nslots = s->type->nslots, n = s->dict_mode ? nslots : s->n;
    pe__put_varint(e->out, nslots);
    pe__put_varint(e->out, s->dict_mode ? 0 : n - nslots);
    base_buf_byte(e->out, s->dict_mode);
    for (uint32_t i = 0; i < n; i++) {
        put_str(e->out, ob__shape_key(s, i));
        if (!pe__encode_value(e, ob_inst_slot(h, b, i))) return false;
    }
    return !s->dict_mode ? finish(e) : pe__encode_value(e, ob_inst_dict(h, b));
}

static bool put_exception(pe_encoder *e, const tx_handle *h, const ob_exc_body *b) {
    size_t n = (h->cls->kind->body_size(h) - offsetof(ob_exc_body, extra)) / sizeof(ob_val);
    const ob_val fixed[] = {b->args, b->cause, b->context, b->dict};
    base_buf_byte(e->out, PE_S_EXC);
    base_buf_byte(e->out, b->suppress_context);
    for (unsigned i = 0; i < 4; i++)
        if (!pe__encode_value(e, fixed[i])) return false;
    return put_items(e, PE_TUPLE, b->extra, n);
}

static bool put_big_dict(pe_encoder *e, ob_obj *o, uint64_t id, const ob_dict_body *before, const ob_dict_body *b) {
    uint8_t flags;
    uint64_t trouble = ob__stub_trouble;
    size_t ops = e->batch->ops.n;
    const char index = PE_K_INDEX;
    (void)pe__id_of(o, &flags);
    bool had = before && flags & PE_I_PLAIN, indexed = (had || !before) && all_lasting(before, b);
    bool ok = (indexed || !had || wipe(e, id, &index, 1)) && all_pages(e, id, before, b, indexed);
    if (before && trouble != ob__stub_trouble) {
        ob__stub_trouble = trouble;
        e->batch->ops.n = ops;
        indexed = all_lasting(NULL, b);
        ok = rewrite_dict(e, id, b, indexed);
    }
    if (!ok) return false;
    had = flags & PE_I_PLAIN;
    if (indexed != had && !VEC_PUSH(&e->batch->reflagged, (pe__reflag){o, had})) return no_memory(e);
    if (indexed != had) (indexed ? pe__id_flag : pe__id_unflag)(o, PE_I_PLAIN);
    return true;
}

static bool put_dict_state(pe_encoder *e, ob_obj *o, uint64_t id, const ob_dict_body *before, const ob_dict_body *b, bool big, bool was_big) {
    base_buf_byte(e->out, big ? PE_S_BIGDICT : PE_S_DICT);
    pe__put_varint(e->out, b->used);
    if (!big) {
        for (uint32_t i = 0; i < b->fill; i++) {
            const ob_dict_entry *entry = ob_dict_entry_at(b, i);
            if (entry->key.w && (!pe__encode_value(e, entry->key) || !pe__encode_value(e, ob_dict_newest_value(entry)))) return false;
        }
        return finish(e);
    }
    base_buf *out = e->out;
    bool ok = put_big_dict(e, o, id, was_big ? before : NULL, b);
    uint8_t flags;
    e->out = out;
    (void)pe__id_of(o, &flags);
    pe__put_varint(e->out, b->fill);
    pe__put_varint(e->out, b->first);
    base_buf_byte(e->out, flags & PE_I_PLAIN ? PE_D_INDEXED : 0);
    return ok && finish(e);
}

static bool put_set_state(pe_encoder *e, uint64_t id, const ob__set_table *before, const ob__set_table *t, bool big, bool was_big) {
    base_buf_byte(e->out, big ? PE_S_BIGSET : PE_S_SET);
    pe__put_varint(e->out, t->used);
    if (big) return big_set(e, id, was_big ? before : NULL, t);
    for (size_t i = 0, end = ob__set_end(t); (i = ob__set_live_from(t, i)) < end; i++)
        if (!pe__encode_value(e, ob__set_at(t, i).key)) return false;
    return finish(e);
}

static bool put_list_state(pe_encoder *e, uint64_t id, const ob_list_body *before, const ob_list_body *b, bool big, bool was_big) {
    base_buf_byte(e->out, big ? PE_S_BIGLIST : PE_S_LIST);
    size_t n = ob__list_size(b);
    pe__put_varint(e->out, n);
    if (big) return big_list(e, id, was_big ? before : NULL, b);
    for (size_t i = 0; i < n; i++)
        if (!pe__encode_value(e, ob__list_item(b, i))) return false;
    return finish(e);
}

static bool is_big(ob_type *n, const void *body) {
    if (n->flags & OB_TF_DICT) return ((const ob_dict_body *)body)->used > PE_SMALL;
    if (n == &ob_set_type) return ((const ob__set_table *)body)->used > PE_SMALL;
    if (n == &ob_list_type) return ob__list_size(body) > PE_FEW_ITEMS;
    return false;
}

static bool put_codec(pe_encoder *e, char form, ob_obj *o, const void *body) {
    base_buf own, *out = e->out;
    base_buf_init(&own);
    e->out = &own;
    bool ok = pe__codec_of(pe__native_base(o->type))->encode(e, o, body);
    e->out = out;
    put_bytes(out, form, own.at, own.n);
    if (own.failed) ok = no_memory(e);
    base_buf_release(&own);
    return ok && finish(e);
}

/* What the native base of o holds. body NULL: it is immutable. */
static bool put_native_state(pe_encoder *e, ob_obj *o, uint64_t id, const void *before, const void *body) {
    ob_type *n = pe__native_base(o->type);
    uint8_t flags;
    (void)pe__id_of(o, &flags);
    bool was_big = flags & PE_I_BIG, big = body && (was_big || is_big(n, body));
    if (big && !was_big) {
        if (!VEC_PUSH(&e->batch->made_big, o)) return no_memory(e);
        pe__id_flag(o, PE_I_BIG);
    }
    if (n == &ob_object_type) return base_buf_byte(e->out, PE_S_PLAIN), finish(e);
    if (n->flags & OB_TF_DICT && n->size != sizeof(ob_dict_body) && !put_codec(e, PE_S_REST, o, body)) return false;
    if (n->flags & OB_TF_DICT) return put_dict_state(e, o, id, before, body, big, was_big);
    if (n == &ob_list_type) return put_list_state(e, id, before, body, big, was_big);
    if (n == &ob_set_type) return put_set_state(e, id, before, body, big, was_big);
    if (n == &ob_bytearray_type) {
        const ob_bytearray_body *b = body;
        put_bytes(e->out, PE_S_BYTEARRAY, b->data, b->len);
        return finish(e);
    }
    if (n->flags & OB_TF_EXC) return put_exception(e, (tx_handle *)o, body);
    if (pe__codec_of(n)) return put_codec(e, PE_S_CODEC, o, body);
    base_buf_byte(e->out, PE_S_VALUE);
    return put_base_value(e, ob_of(o), n);
}

/* One record: class, what the native base holds, attributes. before: the body that the store has, or NULL. */
static bool put_node(pe_encoder *e, ob_obj *o, const void *before, const void *body) {
    uint64_t id = pe__id_of(o, NULL);
    uint32_t cls = pe__name_of(ob_type_val(o->type));
    base_buf record;
    if (cls == 0) return cannot(e, ob_of(o));
    if (cls == UINT32_MAX) return no_memory(e);
    base_buf_init(&record);
    e->out = &record;
    size_t start = st_record_start(&record, PE_R_OBJECT, id, e->batch->lsn);
    pe__put_varint(&record, cls);
    pe__put_varint(&record, pe__layout_of(o->type));
    bool ok = put_native_state(e, o, id, before, body);
    e->out = &record;
    if (ok && o->type->flags & OB_TF_INST) {
        ok = put_attrs(e, (tx_handle *)o, body);
    } else if (ok && ob_flags(o) & OB_F_HOLDER) {
        tx_handle *h = ob_heap_holder(o);
        const void *attrs = tx_read_newest(h);
        ok = attrs ? put_attrs(e, h, attrs) : cannot(e, ob_of(o));
    }
    if (ok) {
        st_record_finish(&record, start);
        ok = add_op(e, PE_OBJECTS, &id, sizeof id) != NULL;
        if (ok) {
            base_buf_add(&e->batch->bytes, record.at, record.n);
            VEC_LAST(&e->batch->ops).value_n = record.n;
            ok = !record.failed && !e->batch->bytes.failed;
            if (!ok) no_memory(e);
        }
    }
    base_buf_release(&record);
    return ok;
}

static const void *newest(ob_obj *o) { return ob_flags(o) & OB_F_MUTABLE ? tx_read_newest((tx_handle *)o) : NULL; }

/* The default hash of an object that becomes persistent: the address, if that has been given out, else it will be made of the id. */
static bool keep_hash(pe_encoder *e, ob_obj *o) {
    uint64_t id = pe__id_of(o, NULL), hash;
    uint8_t key[9];
    open_record r;
    if (!(ob_flags(o) & OB_F_ASKED)) return pe__id_flag(o, PE_I_BY_ID), true;
    pe__id_flag(o, PE_I_ADDRESS);
    st_store64_be(key, id);
    key[8] = PE_K_HASH;
    if (!ob__object_hash(ob_of(o), &hash) || !record_begin(&r, e, id, key, sizeof key)) return false;
    pe__put_varint(e->out, 1);
    put_small(e->out, (int64_t)hash);
    return record_end(&r);
}

/* The records of everything that has become reachable. */
static bool put_fresh(pe_encoder *e) {
    while (e->work.n) {
        ob_obj *o = VEC_POP(&e->work);
        if (!put_node(e, o, NULL, newest(o)) || !keep_hash(e, o)) return false;
        pe__id_unflag(o, PE_I_NEW);
    }
    return true;
}

static bool put_change(pe_encoder *e, const tx_change *c) {
    ob_obj *o = (ob_obj *)c->handle;
    uint8_t flags;
    uint64_t id = pe__id_of(o, &flags);
    if (id == 0) return true;
    if (flags & PE_I_NEW) return true;                       /* made reachable by an earlier change of this commit: it is on the list */
    if (!(flags & PE_I_HOLDER)) return put_node(e, o, c->before, c->after);
    ob_obj *owner = pe__object_of(id);
    if (owner == NULL) return true;
    (void)pe__id_of(owner, &flags);
    if (flags & PE_I_NEW) return true;
    const void *body = newest(owner);
    return put_node(e, owner, body, body);
}

bool pe__encode_changes(pe__batch *b, const tx_change *changes, size_t n, ob_val *bad) {
    pe_encoder e = {.batch = b, .bad = OB_NULL};
    bool ok = true;
    uint64_t was = ob__stub_hush();                          /* nothing is loaded here: what has changed is there */
    for (size_t i = 0; ok && i < n; i++) {
        if (!(atomic_load_explicit(&changes[i].handle->flags, memory_order_relaxed) & TX_F_DURABLE)) continue;
        ok = put_change(&e, &changes[i]);
    }
    ok = ok && put_fresh(&e);
    if (!ob__stub_loud(was)) ok = false, e.no_memory = true;
    if (!ok) {
        for (size_t i = 0; i < b->fresh.n; i++) pe__id_remove(b->fresh.at[i]);
        pe__batch_unflag(b);
    }
    VEC_RELEASE(&e.work);
    *bad = e.no_memory ? OB_NULL : e.bad;
    return ok;
}

/* The layout number of a class: a hash of its name and __version__. */
uint64_t pe__layout_of(ob_type *t) {
    if (!(t->flags & OB_TF_HEAP)) return 0;
    base_hash_key k = {0x6c61796f7574, 0x6f6620636c617373};
    const char *text = t->name;
    ob_val v = ob_dict_get_c(t->dict, "__version__");
    uint64_t h = base_hash_bytes(&k, text, strlen(text));
    if (!ob_is_null(v) && ob_is_small(v)) h ^= base_hash_word((uint64_t)ob_to_small(v) + 1);
    else if (!ob_is_null(v) && ob_is_str(v) && ob_str_is_ascii(v)) h ^= base_hash_bytes(&k, ob_str_ptr(v)->data, ob_str_len(v));
    return h & 0xffffffff;
}
