/* array.c: the type array.array: items of one C type, side by side.
 *
 * Locks: none; the body is versioned, its items are a block that belongs to one body.
 * A1  A body's pointer is not kept over a conversion of items, which may run Python code: values are converted aside first.
 */
#include "base/mem.h"
#include "interp/mod/array_int.h"
#include "interp/mod/modules.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "objspace/views.h"
#include <limits.h>
#include <string.h>
#include <wchar.h>

/* ---- items ---- */

/* An int within bounds; the names are those of the messages for what is below and above. */
static bool bounded(ob_val v, int64_t least, int64_t most, const char *name, int64_t *out) {
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return false;
    *out = ob_int_clamp(i);
    if (*out < least) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s is less than minimum", name));
    if (*out > most) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s is greater than maximum", name));
    return true;
}

#define SMALL(code, type, least, most, name) \
    static ob_val get_##code(const uint8_t *p) { type x; memcpy(&x, p, sizeof x); return ob_from_small((int64_t)x); } \
    static bool set_##code(uint8_t *p, ob_val v) { \
        int64_t i; \
        if (!bounded(v, least, most, name, &i)) return false; \
        type x = (type)i; \
        memcpy(p, &x, sizeof x); \
        return true; \
    }
SMALL(b, signed char, SCHAR_MIN, SCHAR_MAX, "signed char")
SMALL(B, unsigned char, 0, UCHAR_MAX, "unsigned byte integer")
SMALL(h, short, SHRT_MIN, SHRT_MAX, "signed short integer")
SMALL(H, unsigned short, 0, USHRT_MAX, "unsigned short")
SMALL(i, int, INT_MIN, INT_MAX, "signed integer")

static ob_val get_I(const uint8_t *p) { unsigned x; memcpy(&x, p, sizeof x); return ob_from_small(x); }
static ob_val get_l(const uint8_t *p) { int64_t x; memcpy(&x, p, sizeof x); return ob_int_from_i64(x); }
static ob_val get_L(const uint8_t *p) { uint64_t x; memcpy(&x, p, sizeof x); return ob_int_from_u64(x); }
static ob_val get_f(const uint8_t *p) { float x; memcpy(&x, p, sizeof x); return ob_float_from((double)x); }
static ob_val get_d(const uint8_t *p) { double x; memcpy(&x, p, sizeof x); return ob_float_from(x); }
static ob_val get_u(const uint8_t *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    if (x > 0x10ffff) return ob_raise(&ob_exc_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", x);
    return ob_str_from_char(x);
}

static bool set_l(uint8_t *p, ob_val v) {
    int64_t x;
    ob_val i = ob_index(v);
    if (ob_is_null(i) || !ob_int_to_i64(i, &x)) return false;
    memcpy(p, &x, sizeof x);
    return true;
}

static bool set_L(uint8_t *p, ob_val v) {
    uint64_t x;
    ob_val i = ob_index(v);
    if (ob_is_null(i) || !ob_int_to_u64(i, &x)) return false;
    memcpy(p, &x, sizeof x);
    return true;
}

static bool set_I(uint8_t *p, ob_val v) {
    uint64_t wide;
    if (!set_L((uint8_t *)&wide, v)) return false;
    if (wide > UINT_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "unsigned int is greater than maximum"));
    unsigned x = (unsigned)wide;
    memcpy(p, &x, sizeof x);
    return true;
}

static bool set_q(uint8_t *p, ob_val v) {
    ob_val i = ob_index(v);
    return !ob_is_null(i) && ob_int_to_bytes(i, p, 8, true, true);
}

static bool set_Q(uint8_t *p, ob_val v) {
    ob_val i = ob_index(v);
    return !ob_is_null(i) && ob_int_to_bytes(i, p, 8, true, false);
}

static bool set_d(uint8_t *p, ob_val v) {
    double x;
    if (!ob_to_double(v, &x)) return false;
    memcpy(p, &x, sizeof x);
    return true;
}

static bool set_f(uint8_t *p, ob_val v) {
    double wide;
    if (!ob_to_double(v, &wide)) return false;
    float x = (float)wide;
    memcpy(p, &x, sizeof x);
    return true;
}

static bool set_u(uint8_t *p, ob_val v) {
    if (!ob_is_str(v) || ob_str_len(v) != 1) return ob_fail(ob_raise(&ob_exc_TypeError, "array item must be a unicode character, not %.50T", v));
    uint32_t x = ob_str_at(v, 0);
    memcpy(p, &x, sizeof x);
    return true;
}

const py__array_code py__array_codes[] = {
    {'b', 'b', 1, 1, get_b, set_b}, {'B', 'B', 1, 0, get_B, set_B}, {'u', 'w', 4, 20, get_u, set_u}, {'h', 'h', 2, 4, get_h, set_h},
    {'H', 'H', 2, 2, get_H, set_H}, {'i', 'i', 4, 8, get_i, set_i}, {'I', 'I', 4, 6, get_I, set_I}, {'l', 'l', 8, 12, get_l, set_l},
    {'L', 'L', 8, 10, get_L, set_L}, {'q', 'q', 8, 12, get_l, set_q}, {'Q', 'Q', 8, 10, get_L, set_Q}, {'f', 'f', 4, 14, get_f, set_f},
    {'d', 'd', 8, 16, get_d, set_d}, {0, 0, 0, 0, NULL, NULL},
};

const py__array_code *py__array_find(uint32_t code) {
    for (const py__array_code *c = py__array_codes; c->code; c++)
        if ((uint32_t)c->code == code) return c;
    return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)"));
}

/* ---- bodies ---- */

static size_t item_size(const tx_handle *h) { return py__array_codes[h->aux].size; }

static bool body_copy(const tx_handle *h, void *dst, const void *src) {
    const py__array_body *s = src;
    py__array_body *d = dst;
    *d = *s;
    d->cap = s->len;
    if (s->len == 0) { d->data = NULL; return true; }
    d->data = ob_kind_block_copy(s->data, s->len * item_size(h), s->len * item_size(h));
    return d->data != NULL;
}

static void body_drop(const tx_handle *h, void *body) {
    py__array_body *b = body;
    if (b->data) ob_block_free(b->data, b->cap * item_size(h));
}

static bool body_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    (void)mask;
    const py__array_body *a = x, *b = y;
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len * item_size(h)) == 0);
}

static bool body_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h, (void)mine, (void)base, (void)theirs, (void)dirty;
    return false;
}

static void trace_body(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_block(t, ((const py__array_body *)body)->data); }

static OB_KIND(array_kind, .copy = body_copy, .drop = body_drop, .same = body_same, .merge = body_merge);

ob_val py__array_new(ob_type *type, const py__array_code *c, size_t len) {
    tx_handle *h = ob_alloc_mut(type, sizeof(py__array_body));
    if (!h) return OB_NULL;
    h->aux = (uint32_t)(c - py__array_codes);
    return len == 0 || py__array_splice(ob_of(h), 0, 0, len) ? ob_of(h) : OB_NULL;
}

py__array_body *py__array_splice(ob_val v, size_t from, size_t removed, size_t added) {
    py__array_body *b = ob_write(v);
    if (!b) return NULL;
    if (removed != added && ob_views_exist(v)) return ob_fail_ptr(ob_raise(&ob_exc_BufferError, "cannot resize an array that is exporting buffers"));
    size_t size = py__array_code_of(v)->size, kept = b->len - removed, tail = b->len - from - removed;
    if (added > SIZE_MAX / 32 - kept) return ob_fail_ptr(ob_raise_memory());
    size_t n = kept + added;
    if (n > b->cap || n < b->cap / 4) {
        size_t cap = added > removed ? n + n / 8 + (n < 9 ? 3 : 6) : n;
        uint8_t *data = cap ? ob_block_alloc(cap * size) : NULL;
        if (cap && !data) return NULL;
        if (from) memcpy(data, b->data, from * size);
        if (tail) memcpy(data + (from + added) * size, b->data + (from + removed) * size, tail * size);
        if (b->data) ob_block_free(b->data, b->cap * size);
        b->data = data;
        b->cap = cap;
    } else if (tail && added != removed) {
        memmove(b->data + (from + added) * size, b->data + (from + removed) * size, tail * size);
    }
    b->len = n;
    return b;
}

ob_val py__array_item(ob_val v, size_t i) {
    const py__array_body *b = py__array_read(v);
    const py__array_code *c = py__array_code_of(v);
    return i < b->len ? c->get(b->data + i * c->size) : OB_NULL;
}

/* ---- adding items ---- */

bool py__array_append(ob_val v, ob_val x) {
    uint8_t item[8];
    const py__array_code *c = py__array_code_of(v);
    if (!c->set(item, x)) return false;
    size_t n = py__array_read(v)->len;
    py__array_body *b = py__array_splice(v, n, 0, 1);
    if (!b) return false;
    memcpy(b->data + n * c->size, item, c->size);
    return true;
}

bool py__array_add_bytes(ob_val v, const uint8_t *p, size_t n) {
    size_t size = py__array_code_of(v)->size, len = py__array_read(v)->len;
    if (n % size) return ob_fail(ob_raise(&ob_exc_ValueError, "bytes length not a multiple of item size"));
    if (n == 0) return true;
    py__array_body *b = py__array_splice(v, len, 0, n / size);
    if (!b) return false;
    memcpy(b->data + len * size, p, n);
    return true;
}

bool py__array_add_text(ob_val v, ob_val s) {
    size_t n = ob_str_len(s), len = py__array_read(v)->len;
    py__array_body *b = n ? py__array_splice(v, len, 0, n) : NULL;
    if (!b) return n == 0;
    for (size_t i = 0; i < n; i++) ((uint32_t *)(void *)b->data)[len + i] = ob_str_at(s, i);
    return true;
}

static bool append_to(void *arg, ob_val x) { return py__array_append(*(ob_val *)arg, x); }

bool py__array_extend(ob_val v, ob_val from) {
    if (!py__is_array(from)) return ob_each(from, append_to, &v);
    if (py__array_code_of(from) != py__array_code_of(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "can only extend with array of same kind"));
    size_t size = py__array_code_of(v)->size, len = py__array_read(v)->len, more = py__array_read(from)->len;
    py__array_body *b = more ? py__array_splice(v, len, 0, more) : NULL;
    if (!b) return more == 0;
    memcpy(b->data + len * size, py__array_read(from)->data, more * size);   /* also when from is v: its items lie in front */
    return true;
}

ob_val py__array_text(ob_val v) {
    const py__array_body *b = py__array_read(v);
    const uint32_t *p = (const uint32_t *)(const void *)b->data;
    for (size_t i = 0; i < b->len; i++)
        if (p[i] > 0x10ffff) return ob_raise(&ob_exc_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", p[i]);
    return b->len ? ob_str_from_ucs4(p, b->len) : OB_NAME(empty);
}

ob_val py__array_list(ob_val v) {
    ob_val l = ob_list_new(py__array_read(v)->len), x;
    for (size_t i = 0; !ob_is_null(l) && !ob_is_null(x = py__array_item(v, i)); i++)
        if (!ob_list_append(l, x)) return OB_NULL;
    return ob_failed() ? OB_NULL : l;
}

/* ---- array(typecode, initializer) ---- */

static bool fill_from(ob_val v, ob_val init) {
    char code = py__array_code_of(v)->code;
    if (ob_is_str(init)) {
        if (code != 'u') return ob_fail(ob_raise(&ob_exc_TypeError, "cannot use a str to initialize an array with typecode '%c'", code));
        return py__array_add_text(v, init);
    }
    if (py__is_array(init)) {
        if (py__array_code_of(init)->code == 'u' && code != 'u')
            return ob_fail(ob_raise(&ob_exc_TypeError, "cannot use a unicode array to initialize an array with typecode '%c'", code));
        if (py__array_code_of(init) == py__array_code_of(v)) return py__array_extend(v, init);
        ob_val x;
        for (size_t i = 0; !ob_is_null(x = py__array_item(init, i)); i++)
            if (!py__array_append(v, x)) return false;
        return !ob_failed();
    }
    if (ob_is_bytes(init) || ob_is_a(init, &ob_bytearray_type)) {
        ob_buffer b;
        if (!ob_buffer_get(init, &b, false)) return false;
        bool ok = py__array_add_bytes(v, b.data, b.len);
        ob_buffer_release(&b);
        return ok;
    }
    return ob_each(init, append_to, &v);
}

ob_val py__array_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    bool own_init = type != &py__array_type && type->slots.init != py__array_type.slots.init;
    if (!own_init && ob_kw_count(kw)) return ob_raise(&ob_exc_TypeError, "array.array() takes no keyword arguments");
    if (n < 1) return ob_raise(&ob_exc_TypeError, "array() takes at least 1 argument (0 given)");
    if (n > 2) return ob_raise(&ob_exc_TypeError, "array() takes at most 2 arguments (%zu given)", n);
    if (!ob_is_str(a[0]) || ob_str_len(a[0]) != 1) return ob_raise(&ob_exc_TypeError, "array() argument 1 must be a unicode character, not %.50T", a[0]);
    const py__array_code *c = py__array_find(ob_str_at(a[0], 0));
    ob_val v = c ? py__array_new(type, c, 0) : OB_NULL;
    if (ob_is_null(v) || n == 1) return v;
    return fill_from(v, a[1]) ? v : OB_NULL;
}

/* ---- in a store ---- */

static bool array_encode(pe_encoder *e, ob_obj *o, const void *body) {
    const py__array_body *b = body;
    const py__array_code *c = py__array_code_of(ob_of(o));
    return pe_put_int(e, c->code) && pe_put_raw(e, b->data, b->len * c->size);
}
static pe_raw array_raw(ob_obj *o, const void *body) {
    const py__array_body *b = body;
    return (pe_raw){b->data, b->len * py__array_code_of(ob_of(o))->size};
}
static ob_val array_decode(pe_decoder *d) {
    int64_t code;
    size_t n;
    if (!pe_get_int(d, &code) || !pe_get_raw_size(d, &n)) return OB_NULL;
    const py__array_code *c = py__array_find((uint32_t)code);
    if (!c || n % c->size) return ob_raise(&ob_exc_StoreCorrupt, "an array in the store is damaged");
    ob_val v = py__array_new(&py__array_type, c, n / c->size);
    return ob_is_null(v) || !pe_get_raw(d, ((py__array_body *)tx_inline_body(ob_handle(v)))->data, n) ? OB_NULL : v;
}
const pe_codec py__array_codec = {.type = &py__array_type, .encode = array_encode, .decode = array_decode, .raw = array_raw};

/* ---- items and slices ---- */

static ssize_t length(ob_val v) { return (ssize_t)py__array_read(v)->len; }

/* An index from the start, or -1 with IndexError `message`. */
static int64_t position(ob_val v, ob_val key, const char *message) {
    int64_t i;
    if (!ob_index_i64(key, &i)) return -1;
    int64_t n = length(v);
    if (i < 0) i += n;
    if (i >= 0 && i < n) return i;
    return ob_fail_int(ob_raise(&ob_exc_IndexError, "%s", message));
}

static ob_val get_slice(ob_val v, ob_val slice) {
    int64_t start, stop, step;
    size_t count, size = py__array_code_of(v)->size;
    if (!ob_slice_indices(slice, (size_t)length(v), &start, &stop, &step, &count)) return OB_NULL;
    ob_val r = py__array_new(&py__array_type, py__array_code_of(v), count);
    py__array_body *b = ob_is_null(r) ? NULL : ob_write(r);
    if (!b) return OB_NULL;
    const py__array_body *from = py__array_read(v);
    for (size_t i = 0; i < count; i++) memcpy(b->data + i * size, from->data + (size_t)(start + (int64_t)i * step) * size, size);
    return r;
}

static ob_val getitem(ob_val v, ob_val key) {
    if (ob_is_exact(key, &ob_slice_type)) return get_slice(v, key);
    if (!ob_has_index(key)) return ob_raise(&ob_exc_TypeError, "array indices must be integers");
    int64_t i = position(v, key, "array index out of range");
    return i < 0 ? OB_NULL : py__array_item(v, (size_t)i);
}

static ob_val copy_of(ob_val v) {
    ob_val r = py__array_new(&py__array_type, py__array_code_of(v), 0);
    return !ob_is_null(r) && py__array_extend(r, v) ? r : OB_NULL;
}

/* Items of every step-th place go. */
static bool delete_steps(ob_val v, int64_t start, int64_t step, size_t count) {
    size_t size = py__array_code_of(v)->size, keep = 0;
    if (step < 0) { start += (int64_t)(count - 1) * step; step = -step; }
    py__array_body *b = ob_write(v);
    if (!b) return false;
    for (size_t i = 0; i < b->len; i++) {
        bool gone = i >= (size_t)start && (i - (size_t)start) % (size_t)step == 0 && (i - (size_t)start) / (size_t)step < count;
        if (!gone) memmove(b->data + size * keep++, b->data + i * size, size);
    }
    return py__array_splice(v, keep, b->len - keep, 0) != NULL;
}

static bool set_slice(ob_val v, ob_val slice, ob_val x) {
    int64_t start, stop, step;
    size_t count, size = py__array_code_of(v)->size, n = 0;
    if (!ob_is_null(x)) {
        if (!py__is_array(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "can only assign array (not \"%.200T\") to array slice", x));
        if (py__array_code_of(x) != py__array_code_of(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "bad argument type for built-in operation"));
        if (ob_same(x, v) && ob_is_null(x = copy_of(v))) return false;
        n = py__array_read(x)->len;
    }
    if (!ob_slice_indices(slice, (size_t)length(v), &start, &stop, &step, &count)) return false;
    if (step == 1) {
        py__array_body *b = py__array_splice(v, (size_t)start, count, n);
        if (b && n) memcpy(b->data + (size_t)start * size, py__array_read(x)->data, n * size);
        return b != NULL;
    }
    if (ob_is_null(x)) return count == 0 || delete_steps(v, start, step, count);
    if (n != count) return ob_fail(ob_raise(&ob_exc_ValueError, "attempt to assign array of size %zd to extended slice of size %zd", n, count));
    py__array_body *b = ob_write(v);
    if (!b) return false;
    for (size_t i = 0; i < n; i++) memcpy(b->data + (size_t)(start + (int64_t)i * step) * size, py__array_read(x)->data + i * size, size);
    return true;
}

static bool setitem(ob_val v, ob_val key, ob_val x) {
    uint8_t item[8];
    const py__array_code *c = py__array_code_of(v);
    if (ob_is_exact(key, &ob_slice_type)) return set_slice(v, key, x);
    if (!ob_has_index(key)) return ob_fail(ob_raise(&ob_exc_TypeError, "array indices must be integers"));
    int64_t i = position(v, key, "array assignment index out of range");
    if (i < 0) return false;
    if (ob_is_null(x)) return py__array_splice(v, (size_t)i, 1, 0) != NULL;
    if (!c->set(item, x)) return false;
    py__array_body *b = ob_write(v);
    if (!b) return false;
    if ((size_t)i >= b->len) return ob_fail(ob_raise(&ob_exc_IndexError, "array assignment index out of range"));
    memcpy(b->data + (size_t)i * c->size, item, c->size);
    return true;
}

static int contains(ob_val v, ob_val x) {
    ob_val item;
    for (size_t i = 0; !ob_is_null(item = py__array_item(v, i)); i++) {
        int r = ob_eq_quick(item, x);
        if (r) return r;
    }
    return ob_failed() ? -1 : 0;
}

/* ---- operators ---- */

static ob_val concat(ob_val a, ob_val b) {
    if (!py__is_array(a)) return OB_NOT_IMPLEMENTED;
    if (!py__is_array(b)) return ob_defers_binary(b, OB_BIN_ADD) ? OB_NOT_IMPLEMENTED : ob_raise(&ob_exc_TypeError, "can only append array (not \"%.200T\") to array", b);
    if (py__array_code_of(a) != py__array_code_of(b)) return ob_raise(&ob_exc_TypeError, "bad argument type for built-in operation");
    ob_val r = copy_of(a);
    return !ob_is_null(r) && py__array_extend(r, b) ? r : OB_NULL;
}

static ob_val concat_here(ob_val a, ob_val b) {
    if (!py__is_array(b)) return ob_raise(&ob_exc_TypeError, "can only extend array with array (not \"%.200T\")", b);
    return py__array_extend(a, b) ? a : OB_NULL;
}

/* v's items count times over, in place. */
static bool repeat(ob_val v, size_t count) {
    size_t n = py__array_read(v)->len, size = py__array_code_of(v)->size, total;
    if (n == 0 || count == 1) return true;
    if (count == 0) return py__array_splice(v, 0, n, 0) != NULL;
    if (__builtin_mul_overflow(n, count, &total)) return ob_fail(ob_raise_memory());
    py__array_body *b = py__array_splice(v, n, 0, total - n);
    for (size_t i = 1; b && i < count; i++) memcpy(b->data + i * n * size, b->data, n * size);
    return b != NULL;
}

static ob_val times(ob_val a, ob_val b) {
    ob_val v = py__is_array(a) ? a : b, other = py__is_array(a) ? b : a, result;
    size_t count;
    int ok = ob_repeat_count(v, other, &count, &result);
    if (ok <= 0) return ok < 0 ? OB_NULL : result;
    ob_val r = copy_of(v);
    return !ob_is_null(r) && repeat(r, count) ? r : OB_NULL;
}

static ob_val times_here(ob_val a, ob_val b) {
    ob_val result;
    size_t count;
    int ok = ob_repeat_count(a, b, &count, &result);
    if (ok <= 0) return ok < 0 ? OB_NULL : result;
    return repeat(a, count) ? a : OB_NULL;
}

static ob_val compare(ob_val a, ob_val b, ob_cmp_op op) {
    if (!py__is_array(a) || !py__is_array(b)) return OB_NOT_IMPLEMENTED;
    if (length(a) != length(b) && (op == OB_EQ || op == OB_NE)) return ob_bool(op == OB_NE);
    for (size_t i = 0;; i++) {
        ob_val x = py__array_item(a, i), y = py__array_item(b, i);
        if (ob_is_null(x) || ob_is_null(y)) break;
        ob_val same = ob_compare(OB_EQ, x, y);
        int r = ob_is_null(same) ? -1 : ob_truth(same);
        if (r < 0) return OB_NULL;
        if (r == 0) return op == OB_EQ ? OB_FALSE : op == OB_NE ? OB_TRUE : ob_compare(op, x, y);
    }
    if (ob_failed()) return OB_NULL;
    return ob_compare(op, ob_from_small(length(a)), ob_from_small(length(b)));
}

static ob_val repr(ob_val v) {
    char code = py__array_code_of(v)->code;
    const char *name = ob_type_short_name(ob_type_of(v));
    if (length(v) == 0) return ob_str_format_c("%s('%c')", name, code);
    ob_val items = code == 'u' ? py__array_text(v) : py__array_list(v);
    return ob_is_null(items) ? items : ob_str_format_c("%s('%c', %R)", name, code, items);
}

static bool buffer(ob_val v, ob_buffer *out, bool writable) {
    static const char formats[] = "b\0B\0w\0h\0H\0i\0I\0l\0L\0q\0Q\0f\0d";
    const py__array_body *b = writable ? ob_write(v) : ob_read(v);
    if (!b) return false;
    const py__array_code *c = py__array_code_of(v);
    *out = (ob_buffer){.data = b->data ? b->data : (uint8_t *)(uintptr_t)"", .len = b->len * c->size, .itemsize = c->size,
                       .format = formats + 2 * (c - py__array_codes), .ndim = 1, .owner = v};
    return true;
}

/* ---- the iterator ---- */

static ob_val iter(ob_val v) {
    ob_val it = ob_of(ob_alloc_mut(&py__array_iter_type, sizeof(ob_seq_iter_body)));
    ob_seq_iter_body *b = ob_is_null(it) ? NULL : ob_write(it);
    if (!b) return OB_NULL;
    b->seq = v;
    return it;
}

static ob_val iter_next(ob_val it) {
    const ob_seq_iter_body *r = ob_read(it);
    if (ob_is_null(r->seq)) return OB_NULL;
    ob_val x = py__array_item(r->seq, r->i);
    ob_seq_iter_body *b = ob_failed() ? NULL : ob_write(it);
    if (!b) return OB_NULL;
    if (ob_is_null(x)) b->seq = OB_NULL;
    else b->i++;
    return x;
}

static void iter_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const ob_seq_iter_body *)body)->seq); }

OB_FN(iter_reduce) {
    const ob_seq_iter_body *r = ob_read(self);
    ob_val fn = ob_builtin("iter"), seq = ob_is_null(r->seq) ? ob_list_new(0) : r->seq;
    size_t i = r->i;
    bool done = ob_is_null(r->seq);
    ob_val args = ob_is_null(fn) || ob_is_null(seq) ? OB_NULL : ob_tuple_of1(seq);
    if (ob_is_null(args)) return args;
    return done ? ob_tuple_of2(fn, args) : ob_tuple_of3(fn, args, ob_from_small((int64_t)i));
}

OB_FN(iter_setstate) {
    int64_t i;
    if (!ob_index_i64(a[0], &i)) return OB_NULL;
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    if (!ob_is_null(b->seq)) b->i = i < 0 ? 0 : (size_t)i;
    return OB_NONE;
}

static const ob_def iter_methods[] = {
    {"__reduce__", iter_reduce, "", NULL, 0},
    {"__setstate__", iter_setstate, "state, /", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

ob_type py__array_iter_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind),
    .name = "array.arrayiterator",
    .base = &ob_object_type,
    .flags = OB_TF_NO_MAKE,
    .size = sizeof(ob_seq_iter_body),
    .slots = {.iter = ob_self_iter, .next = iter_next},
    .trace_body = iter_trace,
    .methods = iter_methods,
};

/* ---- the type ---- */

static ob_val get_itemsize(ob_val v) { return ob_from_small(py__array_code_of(v)->size); }
static ob_val get_typecode(ob_val v) { return ob_str_from_char((unsigned char)py__array_code_of(v)->code); }

static const ob_getset getsets[] = {
    {"itemsize", get_itemsize, NULL, "bytes of an item"},
    {"typecode", get_typecode, NULL, "the item's type code"},
    {NULL, NULL, NULL, NULL},
};

ob_type py__array_type = {
    OB_TYPE_HEAD(&ob_type_type, &array_kind),
    .name = "array.array",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_SEQUENCE,
    .size = sizeof(py__array_body),
    .slots = {.repr = repr,
              .hash = ob_hash_unhashable, .cmp = compare, .len = length, .getitem = getitem, .setitem = setitem, .contains = contains, .iter = iter,
              .make = py__array_make, .binary = {[OB_BIN_ADD] = concat, [OB_BIN_MUL] = times},
              .inplace = {[OB_BIN_ADD] = concat_here, [OB_BIN_MUL] = times_here}, .buffer = buffer},
    .trace_body = trace_body,
    .has_weakref = true,
    .free = ob_views_owner_died,
    .methods = py__array_methods,
    .getsets = getsets,
    .doc = "array(typecode [, initializer]) -> array\n\nItems of one C type, side by side.",
};
