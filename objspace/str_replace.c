/* str_replace.c: replace, translate, maketrans.
 * Locks: none. */
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/str_methods.h"

/* ---- replace ---- */
static ob_val replace_chars(ob_val s, uint32_t was, uint32_t is, size_t limit) {
    const ob_str_obj *x = ob_str_ptr(s);
    if (x->o.aux == 1 && is < 0x80 + 0x80u * !ob_str_is_ascii(s) && was < 0x100) {
        if (!memchr(x->data, (int)was, x->len)) return ob__str_exact(s);
        ob_val r = ob_str_alloc(x->len, ob_str_max(s));
        if (ob_is_null(r)) return r;
        uint8_t *q = ob_str_ptr(r)->data, *at = q, *end = q + x->len;
        memcpy(q, x->data, x->len);
        for (; limit > 0 && (at = memchr(at, (int)was, (size_t)(end - at))) != NULL; limit--) *at++ = (uint8_t)is;
        return ob_str_is_ascii(s) ? r : ob_str_from_kind(q, 1, x->len);
    }
    ob_strbuf b;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < x->len; i++) {
        if (UNLIKELY((i & 0xffff) == 0) && ob_interrupted()) {
            ob_strbuf_release(&b);
            return OB_NULL;
        }
        uint32_t c = ob_str_at(s, i);
        if (c == was && limit > 0) { limit--; c = is; }
        ob_strbuf_char(&b, c);
    }
    return ob_strbuf_finish(&b);
}

/* Where the next `old` stands at or behind `at`; there is one. Empty ones stand everywhere. */
static inline size_t next_hit(const ob_str_obj *x, const ob_str_obj *old, size_t at, bool first) {
    if (old->len == 0) return first ? 0 : at + 1;
    if (old->len == 1 && x->o.aux == 1) return ob_mem_next(x->data, at, x->len, old->data[0]);
    return at + (size_t)ob_chars_find(x->data + at * x->o.aux, x->o.aux, x->len - at, old->data, old->o.aux, old->len);
}

/* The first `hits` of x's occurrences of old into q, which is of the given kind and has the room. */
static bool fill_replaced(uint8_t *q, unsigned kind, const ob_str_obj *x, const ob_str_obj *old, const ob_str_obj *with, size_t hits) {
    size_t at = 0;
    for (size_t k = 0; k < hits; k++) {
        if (UNLIKELY((k & 0x3ff) == 0) && ob_interrupted()) return false;
        size_t to = next_hit(x, old, at, k == 0);
        if (kind == 1) {
            ob_bytes_copy(q, x->data + at, to - at);
            ob_bytes_copy(q + (to - at), with->data, with->len);
        } else {
            ob_chars_copy(q, kind, x->data + at * x->o.aux, x->o.aux, to - at);
            ob_chars_copy(q + (to - at) * kind, kind, with->data, with->o.aux, with->len);
        }
        q += (to - at + with->len) * kind;
        at = to + old->len;
    }
    ob_chars_copy(q, kind, x->data + at * x->o.aux, x->o.aux, x->len - at);
    return true;
}

/* The size is known before anything is made: it may be more than there is memory for. */
static ob_val replace_text(ob_val s, ob_val old, ob_val with, size_t limit) {
    size_t n = ob_str_len(s), m = ob_str_len(old), w = ob_str_len(with), hits = ob__str_count(s, old, 0, n, limit);
    if (hits == 0) return ob__str_exact(s);
    if (w > m && (w - m) > (SIZE_MAX / 8 - n) / hits) return ob_raise(&ob_exc_OverflowError, "replace string is too long");
    uint32_t max = ob_str_max(s), other = ob_str_max(with);
    if (w && other > max) max = other;
    size_t total = n + hits * w - hits * m;
    if (total == 0) return OB_NAME(empty);
    ob_val r = ob_str_alloc(total, max);
    if (ob_is_null(r)) return r;
    if (!fill_replaced(ob_str_ptr(r)->data, ob_str_kind(r), ob_str_ptr(s), ob_str_ptr(old), ob_str_ptr(with), hits)) return OB_NULL;
    /* A wide or non-ASCII character may have gone. */
    if (total == 1 || (max >= 0x80 && ob_str_max(old) >= 0x80)) return ob_str_from_kind(ob_str_ptr(r)->data, ob_str_kind(r), total);
    return r;
}

DEFINE_STR_METHOD(replace) {
    ssize_t count = -1;
    for (int i = 0; i < 2; i++)
        if (!ob_is_str(a[i])) return ob_raise(&ob_exc_TypeError, "replace() argument %d must be str, not %.50T", i + 1, a[i]);
    if (!ob_is_null(a[2]) && !ob__ssize_arg(a[2], &count)) return OB_NULL;
    size_t limit = count < 0 ? SIZE_MAX : (size_t)count, m = ob_str_len(a[0]);
    if (limit == 0 || m > ob_str_len(self) || ob_str_equal(a[0], a[1])) return ob__str_exact(self);
    if (m == 1 && ob_str_len(a[1]) == 1) return replace_chars(self, ob_str_at(a[0], 0), ob_str_at(a[1], 0), limit);
    return replace_text(self, a[0], a[1], limit);
}

/* ---- translate ---- */
static bool add_translated(ob_strbuf *b, ob_val table, uint32_t c) {
    int64_t i;
    ob_val key = ob_from_small(c), x;
    if (ob_is_exact(table, &ob_dict_type)) {
        x = ob_dict_get(table, key);
        if (ob_is_null(x)) return !ob_failed() && ob_strbuf_char(b, c);
    } else {
        x = ob_getitem(table, key);
        if (ob_is_null(x)) return ob_err_clear_if(&ob_exc_LookupError) && ob_strbuf_char(b, c);
    }
    if (ob_is_none(x)) return true;
    if (ob_is_str(x)) return ob_strbuf_str(b, x);
    if (!ob_is_int(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "character mapping must return integer, None or str"));
    i = ob_int_clamp(x);
    if (i < 0 || i > 0x10ffff) return ob_fail(ob_raise(&ob_exc_ValueError, "character mapping must be in range(0x110000)"));
    return ob_strbuf_char(b, (uint32_t)i);
}

/* What an ASCII character becomes by the table is remembered for the rest of the string: > 0 a character + 1, 0 unknown, -1 nothing, -2 else. */
DEFINE_STR_METHOD(translate) {
    int32_t memo[128] = {0};
    ob_strbuf b;
    ob_strbuf_init(&b);
    const uint8_t *ascii = ob_str_is_ascii(self) ? ob_str_ptr(self)->data : NULL;
    for (size_t i = 0, len = ob_str_len(self); i < len; i++) {
        while (ascii && i < len && memo[ascii[i]] > 0 && memo[ascii[i]] <= 128 && b.kind == 1 && b.len < b.cap) {
            b.block[b.len++] = (uint8_t)(memo[ascii[i]] - 1);
            b.max_char |= (uint8_t)(memo[ascii[i]] - 1);
            i++;
        }
        if (i == len) break;
        if (UNLIKELY((i & 0xff) == 0) && ob_interrupted()) {
            ob_strbuf_release(&b);
            return OB_NULL;
        }
        uint32_t c = ob_str_at(self, i);
        if (c < 128 && memo[c] > 0) { ob_strbuf_char(&b, (uint32_t)memo[c] - 1); continue; }
        if (c < 128 && memo[c] == -1) continue;
        size_t before = b.len;
        if (!add_translated(&b, a[0], c)) {
            ob_strbuf_release(&b);
            return OB_NULL;
        }
        if (c < 128 && ob_is_exact(a[0], &ob_dict_type))
            memo[c] = b.len == before ? -1 : b.len == before + 1 ? (int32_t)ob_char_at(b.block, b.kind, before) + 1 : -2;
    }
    return ob_strbuf_finish(&b);
}

static ob_val table_of_dict(ob_val x) {
    ob_val table = ob_dict_new(), key, value;
    size_t pos = 0;
    if (ob_is_null(table)) return table;
    while (ob_dict_next(x, &pos, &key, &value)) {
        if (ob_is_str(key)) {
            if (ob_str_len(key) != 1) return ob_raise(&ob_exc_ValueError, "string keys in translate table must be of length 1");
            key = ob_from_small(ob_str_at(key, 0));
        } else if (!ob_is_int(key))
            return ob_raise(&ob_exc_TypeError, "keys in translate table must be strings or integers");
        if (!ob_dict_set(table, key, value)) return OB_NULL;
    }
    return table;
}

DEFINE_STR_METHOD(maketrans) {
    ob_val x = a[0], y = a[1], z = a[2];
    if (ob_is_null(y)) {
        if (!ob_is_dict(x)) return ob_raise(&ob_exc_TypeError, "if you give only one argument to maketrans it must be a dict");
        return table_of_dict(x);
    }
    if (!ob_is_str(y)) return ob_raise(&ob_exc_TypeError, "maketrans() argument 2 must be str, not %.50T", y);
    if (!ob_is_null(z) && !ob_is_str(z)) return ob_raise(&ob_exc_TypeError, "maketrans() argument 3 must be str, not %.50T", z);
    if (!ob_is_str(x)) return ob_raise(&ob_exc_TypeError, "first maketrans argument must be a string if there is a second argument");
    if (ob_str_len(x) != ob_str_len(y)) return ob_raise(&ob_exc_ValueError, "the first two maketrans arguments must have equal length");
    ob_val table = ob_dict_new();
    if (ob_is_null(table)) return table;
    for (size_t i = 0; i < ob_str_len(x); i++)
        if (!ob_dict_set(table, ob_from_small(ob_str_at(x, i)), ob_from_small(ob_str_at(y, i)))) return OB_NULL;
    for (size_t i = 0; !ob_is_null(z) && i < ob_str_len(z); i++)
        if (!ob_dict_set(table, ob_from_small(ob_str_at(z, i)), OB_NONE)) return OB_NULL;
    return table;
}
