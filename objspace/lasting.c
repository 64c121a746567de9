/* lasting.c: hashes that mean the same in every process.  Locks: none. */
#include "objspace/lasting.h"
#include "base/buf.h"
#include "base/hash.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/set.h"
#include "objspace/tuple.h"
#include <math.h>

enum { DEEP = 50, ROOM = 256 };
static const base_hash_key of_text = {0x6c617374696e6720, 0x7465787420686173}, of_bytes = {0x6c617374696e6720, 0x6279746573206861};

/* Of the UTF-8, in pieces, so that nothing need be allocated: equal texts are cut alike. */
static uint64_t text_hash(ob_val s) {
    size_t n = ob_str_len(s);
    if (ob_str_is_ascii(s)) return base_hash_bytes(&of_text, ob_str_ptr(s)->data, n);
    uint8_t room[ROOM];
    uint64_t h = 0;
    base_buf b;
    base_buf_init(&b);
    for (size_t i = 0; i < n;) {
        size_t k = 0;
        for (; i < n && k + 4 <= ROOM; i++) {
            uint32_t c = ob_str_at(s, i);
            if (c < 0x80) room[k++] = (uint8_t)c;
            else if (c < 0x800) room[k++] = (uint8_t)(0xc0 | c >> 6), room[k++] = (uint8_t)(0x80 | (c & 63));
            else if (c < 0x10000) room[k++] = (uint8_t)(0xe0 | c >> 12), room[k++] = (uint8_t)(0x80 | (c >> 6 & 63)), room[k++] = (uint8_t)(0x80 | (c & 63));
            else room[k++] = (uint8_t)(0xf0 | c >> 18), room[k++] = (uint8_t)(0x80 | (c >> 12 & 63)), room[k++] = (uint8_t)(0x80 | (c >> 6 & 63)), room[k++] = (uint8_t)(0x80 | (c & 63));
        }
        h = base_hash_word(h) ^ base_hash_bytes(&of_text, room, k);
    }
    return h;
}

static bool hash_of(ob_val v, uint64_t *out, unsigned depth);

static bool tuple_hash(ob_val v, uint64_t *out, unsigned depth) {
    uint64_t h = 0x7475706c65, x;
    if (depth == DEEP) return false;
    for (size_t i = 0; i < ob_tuple_len(v); i++) {
        if (!hash_of(ob_tuple_at(v, i), &x, depth + 1)) return false;
        h = base_hash_word(h) + x;
    }
    *out = base_hash_word(h + ob_tuple_len(v));
    return true;
}

static bool number_hash(ob_val v, uint64_t *out) {
    if (!ob_hash(v, out)) return ob_err_clear(), false;      /* of numbers: their value's, the same everywhere */
    *out = base_hash_word(*out);
    return true;
}

/* In no order, as equal ones may have theirs in another. */
static bool frozenset_hash(ob_val v, uint64_t *out, unsigned depth) {
    uint64_t h = 0x66726f7a656e, lasting, hash;
    size_t pos = 0;
    ob_val x;
    if (depth == DEEP) return false;
    while (ob_set_next(v, &pos, &x, &hash) > 0) {
        if (!hash_of(x, &lasting, depth + 1)) return false;
        h += base_hash_word(lasting);
    }
    *out = base_hash_word(h);
    return true;
}

/* The type as which values of t are compared and hashed: the one that a class extends without a word of its own about either.  NULL: the class, or its metaclass, has a say. (Members of
 * enumerations are kept by their names: their values may be others the next time.) */
static const ob_type *counts_as(const ob_type *t) {
    const ob_type *n = t;
    if (!(t->flags & OB_TF_HEAP)) return t;
    if (t->cls.h.cls != &ob_type_type.cls) return NULL;
    while (n->flags & OB_TF_HEAP) n = n->base;
    return n->slots.hash == t->slots.hash && n->slots.cmp == t->slots.cmp ? n : NULL;
}

static bool hash_of(ob_val v, uint64_t *out, unsigned depth) {
    if (ob_is_null(v)) return false;
    if (ob_is_small(v)) return number_hash(v, out);
    if (!ob_is_ptr(v)) return !isnan(ob_float_value(v)) && number_hash(v, out);
    const ob_type *t = counts_as(ob_ptr(v)->type);
    if (t == &ob_str_type) return *out = text_hash(v), true;
    if (t == &ob_int_type || t == &ob_bool_type) return number_hash(v, out);
    if (t == &ob_float_type) return !isnan(ob_float_value(v)) && number_hash(v, out);
    if (t == &ob_complex_type) return !isnan(((ob_complex *)ob_ptr(v))->re) && !isnan(((ob_complex *)ob_ptr(v))->im) && number_hash(v, out);
    if (t == &ob_bytes_type) return *out = base_hash_bytes(&of_bytes, ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len), true;
    if (t == &ob_tuple_type) return tuple_hash(v, out, depth);
    if (t == &ob_frozenset_type) return frozenset_hash(v, out, depth);
    if (ob_same(v, OB_ELLIPSIS)) return *out = 0x2e2e2e, true;
    return ob_is_none(v) && (*out = 0x4e6f6e65, true);
}

bool ob__lasting_hash(ob_val key, uint64_t *out) { return hash_of(key, out, 0); }
