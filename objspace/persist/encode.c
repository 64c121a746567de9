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
#include "objspace/persist/encode_int.h"
#include "objspace/set_table.h"
#include "objspace/shape.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "objspace/contain.h"
#include "objspace/type_make.h"
#include <stdlib.h>
#include <string.h>

enum { LONG_TEXT = 1024, MAX_NESTING = 200 };

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

/* The object that o is a part of; NULL: none, or what was made of it has been forgotten. */
static ob_obj *owner_of(const ob_obj *o) {
    uint64_t id = pe__part_of(o);
    ob_obj *owner = id ? pe__object_of(id) : NULL;
    return owner && atomic_load_explicit(&((tx_handle *)owner)->vw, memory_order_relaxed) != TX_GHOST ? owner : NULL;
}

static bool put_ref(pe_encoder *e, ob_val v) {
    ob_obj *o = ob_ptr(v);
    uint64_t id = pe__id_of(o, NULL);
    if (!known_kind(o->type)) return pe__cannot(e, v);
    uint32_t cls = pe__name_of(ob_type_val(o->type));
    if (cls == UINT32_MAX) return pe__no_memory(e);
    if (cls == 0) return pe__cannot(e, v);
    if (id == 0) {
        ob_obj *owner = ob_flags(o) & TX_F_DURABLE ? owner_of(o) : NULL;      /* whose record says nothing of this part */
        if (owner && !VEC_PUSH(&e->owners, owner)) return pe__no_memory(e);
        id = pe__id_next();
        if (!VEC_RESERVE(&e->batch->fresh, 2) || !VEC_RESERVE(&e->work, 1) || !pe__id_add(o, id, PE_I_NEW)) return pe__no_memory(e);
        (void)VEC_PUSH(&e->batch->fresh, o);
        (void)VEC_PUSH(&e->work, o);
        if (ob_flags(o) & OB_F_HOLDER) {
            tx_handle *h = ob_heap_holder(o);
            if (!pe__id_add(h, id, PE_I_HOLDER)) return pe__no_memory(e);
            (void)VEC_PUSH(&e->batch->fresh, (ob_obj *)h);
        }
    }
    base_buf_byte(e->out, PE_REF);
    pe__put_varint(e->out, id);
    pe__put_varint(e->out, cls);
    return pe__finish(e);
}

/* ---- values ---- */

static bool put_items(pe_encoder *e, char tag, const ob_val *v, size_t n) {
    base_buf_byte(e->out, (unsigned char)tag);
    pe__put_varint(e->out, n);
    for (size_t i = 0; i < n; i++)
        if (!pe__encode_value(e, v[i])) return false;
    return pe__finish(e);
}

typedef struct piece { size_t at, n; const char *bytes; } piece;

static int by_bytes(const void *a, const void *b) {
    const piece *x = a, *y = b;
    int c = memcmp(x->bytes, y->bytes, x->n < y->n ? x->n : y->n);
    return c ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* Its elements, one behind the other, and where they are. */
static bool put_elements(pe_encoder *e, const ob__set_table *t, base_buf *all, piece *each) {
    size_t n = 0;
    e->out = all;
    for (size_t i = 0; t->slots && i <= t->mask; i++) {
        if (ob_is_null(t->slots[i].key)) continue;
        each[n].at = all->n;
        if (!pe__encode_value(e, t->slots[i].key)) return false;
        each[n].n = all->n - each[n].at;
        n++;
    }
    return pe__finish(e);
}

/* Sorted by their bytes, so that equal frozensets of plain values have equal bytes whatever the hashes of this process. */
static bool put_frozenset(pe_encoder *e, const ob__set_table *t) {
    piece *each = base_mem_zeroed((t->used + 1) * sizeof *each);
    base_buf all, *out = e->out;
    base_buf_init(&all);
    bool ok = each ? put_elements(e, t, &all, each) : pe__no_memory(e);
    e->out = out;
    if (ok) {
        for (size_t i = 0; i < t->used; i++) each[i].bytes = (const char *)all.at + each[i].at;
        qsort(each, t->used, sizeof *each, by_bytes);
        base_buf_byte(out, PE_FROZENSET);
        pe__put_varint(out, t->used);
        for (size_t i = 0; i < t->used; i++) base_buf_add(out, each[i].bytes, each[i].n);
    }
    base_buf_release(&all);
    base_mem_free(each);
    return ok && pe__finish(e);
}

/* The value that an immutable object has by its native base, as if it were of exactly that. */
static bool put_base_value(pe_encoder *e, ob_val v, ob_type *n) {
    ob_obj *o = ob_ptr(v);
    if (n->flags & OB_TF_TUPLE) return put_items(e, PE_TUPLE, ob_tuple_ptr(v)->items, ob_tuple_len(v));
    if (n->flags & OB_TF_FROZENSET) return put_frozenset(e, &((ob__frozenset *)o)->table);
    if (n->flags & OB_TF_STR) return put_str(e->out, v), pe__finish(e);
    if (n->flags & OB_TF_BYTES) return put_bytes(e->out, PE_BYTES, ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len), pe__finish(e);
    if (n->flags & OB_TF_FLOAT) return base_buf_byte(e->out, PE_FLOAT), put_double(e->out, ob_float_value(v)), pe__finish(e);
    if (n == &ob_complex_type) {
        base_buf_byte(e->out, PE_COMPLEX);
        put_double(e->out, ((ob_complex *)o)->re);
        put_double(e->out, ((ob_complex *)o)->im);
        return pe__finish(e);
    }
    if (n->flags & OB_TF_INT) {
        const ob_bigint *x = (const ob_bigint *)o;
        if (x->n > 1 || (x->n == 1 && x->d[0] > (uint64_t)OB_SMALL_MAX)) return put_bigint(e->out, x), pe__finish(e);
        int64_t i = x->n ? (int64_t)x->d[0] : 0;
        return put_small(e->out, x->o.aux & 1 ? -i : i), pe__finish(e);
    }
    if (n == &ob_range_type) return put_items(e, PE_RANGE, &((ob_range *)o)->start, 3);
    if (n == &ob_slice_type) return put_items(e, PE_SLICE, &((ob_slice *)o)->start, 3);
    return pe__cannot(e, v);
}

static bool put_name(pe_encoder *e, ob_val v) {
    uint32_t n = pe__name_of(v);
    if (n == UINT32_MAX) return pe__no_memory(e);
    if (n == 0) return pe__cannot(e, v);
    base_buf_byte(e->out, PE_NAME);
    pe__put_varint(e->out, n);
    return pe__finish(e);
}

static bool put_enum(pe_encoder *e, ob_val v, ob_val name) {
    uint32_t n = pe__name_of(ob_type_val(ob_type_of(v)));
    if (n == UINT32_MAX) return pe__no_memory(e);
    if (n == 0) return pe__cannot(e, v);
    base_buf_byte(e->out, PE_ENUM);
    pe__put_varint(e->out, n);
    put_str(e->out, name);
    return pe__finish(e);
}

static bool put_immutable(pe_encoder *e, ob_val v) {
    ob_type *t = ob_type_of(v), *n = pe__native_base(t);
    if (t->flags & OB_TF_HEAP) {
        uint32_t cls = pe__name_of(ob_type_val(t));
        if (cls == UINT32_MAX) return pe__no_memory(e);
        if (cls == 0) return pe__cannot(e, v);
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
    return ob_is_null(m->base) ? pe__finish(e) : pe__encode_value(e, m->base);
}

static bool put_object(pe_encoder *e, ob_val v) {
    ob_type *t = ob_type_of(v);
    ob_val name;
    if (t == &pe_missing_type) return put_missing(e, (pe__missing *)ob_ptr(v));
    if (ob_is_none(v)) return base_buf_byte(e->out, PE_NONE_), pe__finish(e);
    if (ob_same(v, OB_TRUE)) return base_buf_byte(e->out, PE_TRUE), pe__finish(e);
    if (ob_same(v, OB_FALSE)) return base_buf_byte(e->out, PE_FALSE), pe__finish(e);
    if (ob_same(v, OB_ELLIPSIS)) return base_buf_byte(e->out, PE_ELLIPSIS), pe__finish(e);
    if (ob_same(v, OB_NOT_IMPLEMENTED)) return base_buf_byte(e->out, PE_NOTIMPL), pe__finish(e);
    if (t->flags & OB_TF_TYPE || t == &ob_function_type || t == &ob_module_type || t == &ob_native_type) return put_name(e, v);
    if (is_enum_member(v, &name)) return put_enum(e, v, name);
    if (pe__is_node(v)) return put_ref(e, v);
    if (t == &ob_method_type) return put_items(e, PE_METHOD, &((ob_method *)ob_ptr(v))->func, 2);
    return put_immutable(e, v);
}

bool pe__encode_value(pe_encoder *e, ob_val v) {
    if (ob_is_null(v)) return base_buf_byte(e->out, PE_NULL), pe__finish(e);
    if (ob_is_small(v)) return put_small(e->out, ob_to_small(v)), pe__finish(e);
    if (ob_is_imm_float(v)) return base_buf_byte(e->out, PE_FLOAT), put_double(e->out, ob_float_decode(v)), pe__finish(e);
    if (e->depth >= MAX_NESTING) {                           /* what lies deeper in nested tuples has records of its own */
        ob_type *n = ob_is_ptr(v) ? pe__native_base(ob_type_of(v)) : NULL;
        if (n && (n->flags & (OB_TF_TUPLE | OB_TF_FROZENSET)) && ob_in_heap(ob_ptr(v)) && ob_type_of(v) != &pe_missing_type) return put_ref(e, v);
        if (e->depth >= MAX_NESTING + 20) return pe__cannot(e, v);
    }
    e->depth++;
    bool ok = put_object(e, v);
    e->depth--;
    return ok;
}

bool pe_put_val(pe_encoder *e, ob_val v) { return pe__encode_value(e, v); }
bool pe_put_int(pe_encoder *e, int64_t i) { return put_small(e->out, i), pe__finish(e); }
bool pe_put_raw(pe_encoder *e, const void *p, size_t n) {
    if (!e->in_parts) return pe_put_bytes(e, p, n);
    base_buf_byte(e->out, PE_LONG_BYTES);
    pe__put_varint(e->out, n);
    return pe__finish(e);
}
bool pe_items_in_parts(const pe_encoder *e) { return e->in_parts; }
bool pe_put_bytes(pe_encoder *e, const void *p, size_t n) { return put_bytes(e->out, PE_BYTES, p, n), pe__finish(e); }

/* ---- operations of a batch ---- */

pe__op *pe__op_add(pe_encoder *e, unsigned table, const void *key, size_t key_n) {
    pe__batch *b = e->batch;
    if (!VEC_PUSH(&b->ops, (pe__op){.table = (uint8_t)table, .key = b->bytes.n, .key_n = key_n})) return pe__no_memory(e), NULL;
    base_buf_add(&b->bytes, key, key_n);
    VEC_LAST(&b->ops).value = b->bytes.n;
    return &VEC_LAST(&b->ops);
}

bool pe__del_key(pe_encoder *e, const uint8_t *key, size_t n) {
    pe__op *op = pe__op_add(e, PE_ENTRIES, key, n);
    if (op) op->del = true;
    return op != NULL;
}

bool pe__wipe(pe_encoder *e, uint64_t id, const char *more, size_t n) {
    uint8_t key[16];
    st_store64_be(key, id);
    memcpy(key + 8, more, n);
    pe__op *op = pe__op_add(e, PE_ENTRIES, key, 8 + n);
    if (op) op->wipe = true;
    return op != NULL;
}

bool pe__record_begin(pe__open_record *r, pe_encoder *e, uint64_t id, const uint8_t *key, size_t n) {
    if (!pe__op_add(e, PE_ENTRIES, key, n)) return false;
    *r = (pe__open_record){e, e->batch->ops.n - 1, st_record_start(&e->batch->bytes, PE_R_ENTRY, id, e->batch->lsn)};
    e->out = &e->batch->bytes;
    return true;
}
bool pe__record_end(pe__open_record *r) {
    base_buf *bytes = &r->e->batch->bytes;
    st_record_finish(bytes, r->start);
    r->e->batch->ops.at[r->op].value_n = bytes->n - r->start;
    return pe__finish(r->e);
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
    return !s->dict_mode ? pe__finish(e) : pe__encode_value(e, ob_inst_dict(h, b));
}

static bool put_exception(pe_encoder *e, const tx_handle *h, const ob_exc_body *b) {
    size_t n = (tx_body_size(h) - offsetof(ob_exc_body, extra)) / sizeof(ob_val);
    const ob_val fixed[] = {b->args, b->cause, b->context, b->dict};
    base_buf_byte(e->out, PE_S_EXC);
    base_buf_byte(e->out, b->suppress_context);
    for (unsigned i = 0; i < 4; i++)
        if (!pe__encode_value(e, fixed[i])) return false;
    return put_items(e, PE_TUPLE, b->extra, n);
}

static bool put_dict_state(pe_encoder *e, ob_obj *o, uint64_t id, const ob_dict_body *before, const ob_dict_body *b, bool big, bool was_big) {
    base_buf_byte(e->out, big ? PE_S_BIGDICT : PE_S_DICT);
    pe__put_varint(e->out, b->used);
    if (!big) {
        for (uint32_t i = 0; i < b->fill; i++) {
            const ob_dict_entry *entry = ob_dict_entry_at(b, i);
            if (entry->key.w && (!pe__encode_value(e, entry->key) || !pe__encode_value(e, ob_dict_newest_value(entry)))) return false;
        }
        return pe__finish(e);
    }
    return pe__put_big_dict(e, o, id, was_big ? before : NULL, b);
}

static bool put_set_state(pe_encoder *e, ob_obj *o, uint64_t id, const ob__set_table *before, const ob__set_table *t, bool big, bool was_big) {
    base_buf_byte(e->out, big ? PE_S_PAGESET : PE_S_SET);
    pe__put_varint(e->out, t->used);
    if (big) return pe__put_big_set(e, o, id, was_big ? before : NULL, t);
    for (size_t i = 0, end = ob__set_end(t); (i = ob__set_live_from(t, i)) < end; i++)
        if (!pe__encode_value(e, ob__set_at(t, i).key)) return false;
    return pe__finish(e);
}

static bool put_list_state(pe_encoder *e, uint64_t id, const ob_list_body *before, const ob_list_body *b, bool big, bool was_big) {
    base_buf_byte(e->out, big ? PE_S_BIGLIST : PE_S_LIST);
    size_t n = ob__list_size(b);
    pe__put_varint(e->out, n);
    if (big) return pe__put_items(e, id, (pe__items){was_big ? before : NULL, 0}, (pe__items){b, 0});
    for (size_t i = 0; i < n; i++)
        if (!pe__encode_value(e, ob__list_item(b, i))) return false;
    return pe__finish(e);
}

/* The plain bytes of a body that may be long; those of a str are not at hand. */
static pe_raw raw_of(ob_obj *o, ob_type *n, const void *body) {
    if (!body) return (pe_raw){0};
    if (n == &ob_bytearray_type) return (pe_raw){((const ob_bytearray_body *)body)->data, ((const ob_bytearray_body *)body)->len};
    const pe_codec *c = pe__codec_of(n);
    return c && c->raw ? c->raw(o, body) : (pe_raw){0};
}

static bool is_long_value(ob_obj *o, ob_type *n) {
    return n->flags & (OB_TF_STR | OB_TF_BYTES) && pe__long_bytes(ob_of(o)) > PE_LONG;
}

static bool many_items(const pe_codec *c, const void *body) {
    ob_list_body room = {0};
    size_t head = 0;
    const ob_list_body *l = c->items(body, &head, &room);
    bool many = !l || ob__list_size(l) - head > PE_FEW_ITEMS;
    base_mem_free(room.items);
    return many;
}

bool pe__reflag_as(pe_encoder *e, ob_obj *o, uint8_t flag, bool is) {
    if (!VEC_PUSH(&e->batch->reflagged, (pe__reflag){o, flag, !is})) return pe__no_memory(e);
    (is ? pe__id_flag : pe__id_unflag)(o, flag);
    return true;
}

static bool is_big(ob_obj *o, ob_type *n, const void *body) {
    if (!body) return is_long_value(o, n);
    if (n->flags & OB_TF_DICT) return ((const ob_dict_body *)body)->used > PE_SMALL;
    if (n == &ob_set_type) return ((const ob__set_table *)body)->used > PE_SMALL;
    if (n == &ob_list_type) return ob__list_size(body) > PE_FEW_ITEMS;
    const pe_codec *c = pe__codec_of(n);
    return c && c->items ? many_items(c, body) : raw_of(o, n, body).n > PE_LONG;
}

static bool put_codec(pe_encoder *e, char form, ob_obj *o, const void *body, bool in_parts) {
    base_buf own, *out = e->out;
    base_buf_init(&own);
    e->out = &own;
    e->in_parts = in_parts;
    bool ok = pe__codec_of(pe__native_base(o->type))->encode(e, o, body);
    e->out = out;
    put_bytes(out, form, own.at, own.n);
    if (own.failed) ok = pe__no_memory(e);
    base_buf_release(&own);
    return ok && pe__finish(e);
}

/* A codec's form, and its items in parts. */
static bool put_codec_items(pe_encoder *e, ob_obj *o, uint64_t id, const pe_codec *c, const void *before, const void *body) {
    ob_list_body room[2] = {0};
    base_buf *out = e->out;
    pe__items was = {0}, is = {0};
    is.l = c->items(body, &is.head, &room[0]);
    if (before) was.l = c->items(before, &was.head, &room[1]);
    bool ok = (is.l && (was.l || !before)) || pe__no_memory(e);
    ok = ok && put_codec(e, PE_S_ITEMS, o, body, true);
    if (ok) pe__put_varint(out, is.head), pe__put_varint(out, ob__list_size(is.l));
    ok = ok && pe__put_items(e, id, was, is);
    e->out = out;
    base_mem_free(room[0].items), base_mem_free(room[1].items);
    return ok && pe__finish(e);
}

/* What the native base of o holds. body NULL: it is immutable. */
static bool put_native_state(pe_encoder *e, ob_obj *o, uint64_t id, const void *before, const void *body) {
    ob_type *n = pe__native_base(o->type);
    uint8_t flags;
    (void)pe__id_of(o, &flags);
    bool was_big = flags & PE_I_BIG, big = was_big || is_big(o, n, body);
    if (big && !was_big && !pe__reflag_as(e, o, PE_I_BIG, true)) return false;
    if (flags & PE_I_STAYS && !pe__reflag_as(e, o, PE_I_STAYS, false)) return false;      /* from now on the store has it as it is */
    if (n == &ob_object_type) return base_buf_byte(e->out, PE_S_PLAIN), pe__finish(e);
    if (n->flags & OB_TF_DICT && n->size != sizeof(ob_dict_body) && !put_codec(e, PE_S_REST, o, body, false)) return false;
    if (n->flags & OB_TF_DICT) return put_dict_state(e, o, id, before, body, big, was_big);
    if (n == &ob_list_type) return put_list_state(e, id, before, body, big, was_big);
    if (n == &ob_set_type) return put_set_state(e, o, id, before, body, big, was_big);
    if (n == &ob_bytearray_type) {
        pe_raw raw = raw_of(o, n, body);
        if (!big) return put_bytes(e->out, PE_S_BYTEARRAY, raw.at, raw.n), pe__finish(e);
        base_buf_byte(e->out, PE_S_LONGARRAY);
        pe__put_varint(e->out, raw.n);
        return pe__put_raw(e, id, raw_of(o, n, was_big ? before : NULL), raw);
    }
    if (n->flags & OB_TF_EXC) return put_exception(e, (tx_handle *)o, body);
    const pe_codec *codec = pe__codec_of(n);
    if (codec && codec->items && big) return put_codec_items(e, o, id, codec, was_big ? before : NULL, body);
    if (codec) return put_codec(e, PE_S_CODEC, o, body, big) && (!big || pe__put_raw(e, id, raw_of(o, n, was_big ? before : NULL), raw_of(o, n, body)));
    base_buf_byte(e->out, PE_S_VALUE);
    if (big) return pe__put_long(e, id, ob_of(o), !was_big);
    return put_base_value(e, ob_of(o), n);
}

/* One record: class, what the native base holds, attributes. before: the body that the store has, or NULL. */
static bool put_node(pe_encoder *e, ob_obj *o, const void *before, const void *body) {
    uint64_t id = pe__id_of(o, NULL);
    uint32_t cls = pe__name_of(ob_type_val(o->type));
    base_buf record;
    if (cls == 0) return pe__cannot(e, ob_of(o));
    if (cls == UINT32_MAX) return pe__no_memory(e);
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
        ok = attrs ? put_attrs(e, h, attrs) : pe__cannot(e, ob_of(o));
    }
    if (ok) {
        st_record_finish(&record, start);
        ok = pe__op_add(e, PE_OBJECTS, &id, sizeof id) != NULL;
        if (ok) {
            base_buf_add(&e->batch->bytes, record.at, record.n);
            VEC_LAST(&e->batch->ops).value_n = record.n;
            ok = !record.failed && !e->batch->bytes.failed;
            if (!ok) pe__no_memory(e);
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
    pe__open_record r;
    if (!(ob_flags(o) & OB_F_ASKED)) return pe__id_flag(o, PE_I_BY_ID), true;
    pe__id_flag(o, PE_I_ADDRESS);
    st_store64_be(key, id);
    key[8] = PE_K_HASH;
    if (!ob__object_hash(ob_of(o), &hash) || !pe__record_begin(&r, e, id, key, sizeof key)) return false;
    pe__put_varint(e->out, 1);
    put_small(e->out, (int64_t)hash);
    return pe__record_end(&r);
}

/* The record of an object of which a part has changed: its holder, or what it has not been written with yet. */
static bool put_again(pe_encoder *e, ob_obj *owner) {
    uint8_t flags;
    (void)pe__id_of(owner, &flags);
    const void *body = newest(owner);
    return flags & PE_I_NEW || put_node(e, owner, body, body);
}

/* The records of everything that has become reachable. */
static bool put_fresh(pe_encoder *e) {
    while (e->work.n || e->owners.n) {
        if (!e->work.n) {
            if (!put_again(e, VEC_POP(&e->owners))) return false;
            continue;
        }
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
    if (id == 0) {
        if ((id = pe__part_of(o)) == 0) return true;
        if (!owner_of(o)) return pe__cannot(e, ob_of(o));    /* the object that it was made for has been let go of, as nobody held it */
        flags = PE_I_HOLDER;
    }
    if (pe__only_moved(c)) return true;
    if (flags & PE_I_NEW) return true;                       /* made reachable by an earlier change of this commit: it is on the list */
    if (!(flags & PE_I_HOLDER)) return put_node(e, o, c->before, c->after);
    ob_obj *owner = pe__object_of(id);
    return owner == NULL || put_again(e, owner);
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
    VEC_RELEASE(&e.owners);
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
