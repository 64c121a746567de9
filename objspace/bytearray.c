/* bytearray.c: the mutable sequence of bytes.
 * Locks: none; the body is versioned (txn/handle.h), its bytes are a leaf block that belongs to one body.
 * A1  While a view lives the length does not change: BufferError.  A view that died unreleased is known to the collector only, so a
 *     refusal is preceded by one collection.                                                          (ob__bytearray_splice)
 * A2  Views look their bytes up through the handle at each access, so a moved block is harmless.       (memoryview.c) */
#include "objspace/bytes_methods.h"
#include "base/mem.h"
#include "objspace/codecs.h"
#include "objspace/dict.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/kind.h"
#include "objspace/tuple.h"
#include "objspace/views.h"

/* ---- bodies ---- */
static size_t kind_size(const tx_handle *h) { (void)h; return sizeof(ob_bytearray_body); }

static bool kind_copy(const tx_handle *h, void *dst, const void *src) {
    (void)h;
    const ob_bytearray_body *s = src;
    ob_bytearray_body *d = dst;
    *d = *s;
    if (s->cap == 0) return true;
    d->cap = s->len ? s->len : 1;
    d->data = ob_kind_block(d->cap);
    if (d->data == NULL) return false;
    memcpy(d->data, s->data, s->len);
    return true;
}

static void kind_drop(const tx_handle *h, void *body) {
    (void)h;
    ob_bytearray_body *b = body;
    if (b->data) ob_block_free(b->data, b->cap);
}

static bool kind_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    (void)h; (void)mask;
    const ob_bytearray_body *a = x, *b = y;
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h; (void)mine; (void)base; (void)theirs; (void)dirty;
    return false;
}

static void kind_trace(const tx_handle *h, const void *body, void (*visit)(void *, uint64_t), void *arg) { (void)h; (void)body; (void)visit; (void)arg; }
static void trace_body(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_block(t, ((const ob_bytearray_body *)body)->data); }

static const tx_kind bytearray_kind = {.name = "bytearray", .body_size = kind_size, .copy = kind_copy, .drop = kind_drop, .same = kind_same,
                                       .merge = kind_merge, .trace = kind_trace};

static ob_val new_of(ob_type *t, const void *p, size_t n) {
    tx_handle *h = ob_alloc_mut(t, sizeof(ob_bytearray_body));
    if (h == NULL || n == 0) return ob_of(h);
    if (n > SIZE_MAX / 4) return ob_raise_memory();
    uint8_t *data = ob_block_alloc(n);
    if (data == NULL) return OB_NULL;
    if (p) memcpy(data, p, n);
    ob_bytearray_body *b = tx_inline_body(h);
    *b = (ob_bytearray_body){.data = data, .len = n, .cap = n};
    return ob_of(h);
}

ob_val ob_bytearray_from(const void *p, size_t n) { return new_of(&ob_bytearray_type, p, n); }

ob_bytearray_body *ob__bytearray_splice(ob_val v, size_t from, size_t removed, size_t added) {
    ob_bytearray_body *b = ob_write(v);
    if (b == NULL) return NULL;
    if (removed == added) return b;
    if (UNLIKELY((ob_flags(ob_ptr(v)) & OB_F_VIEWED) != 0)) {
        if (ob_views_exist(v)) return ob_failed() ? NULL : ob_fail_ptr(ob_raise(&ob_exc_BufferError, "Existing exports of data: object cannot be re-sized"));
        b = ob_write(v);
        if (b == NULL) return NULL;
    }
    size_t n = b->len - removed + added, tail = b->len - from - removed;
    if (n > b->cap || n < b->cap / 4) {
        if (n > SIZE_MAX / 4) return ob_fail_ptr(ob_raise_memory());
        size_t cap = n < 16 ? 16 : n + n / 8 + 8;
        uint8_t *data = ob_block_alloc(cap);
        if (data == NULL) return NULL;
        if (b->data) {
            memcpy(data, b->data, from);
            memcpy(data + from + added, b->data + from + removed, tail);
            ob_block_free(b->data, b->cap);
        }
        b->data = data;
        b->cap = cap;
    } else memmove(b->data + from + added, b->data + from + removed, tail);
    b->len = n;
    return b;
}

/* Short views of C code are not counted: nothing runs between getting and releasing them that could change the length. */
static bool slot_buffer(ob_val v, ob_buffer *out, bool writable) {
    const ob_bytearray_body *b = writable ? ob_write(v) : ob_read(v);
    if (b == NULL) return false;
    *out = (ob_buffer){.data = b->data ? b->data : (uint8_t *)"", .len = b->len, .itemsize = 1, .format = "B", .ndim = 1, .owner = v};
    return true;
}

/* ---- slots ---- */
static ob_val slot_repr(ob_val v) {
    size_t n;
    const uint8_t *p = ob__bytes_data(v, &n);
    ob_val head = ob_str_format_c("%s(", ob_type_short_name(ob_type_of(v)));
    return ob_is_null(head) ? head : ob__bytes_repr_of((const char *)ob_str_ptr(head)->data, p, n, ")");
}

static ssize_t slot_len(ob_val v) { return (ssize_t)((const ob_bytearray_body *)ob_read(v))->len; }
static int slot_truth(ob_val v) { return slot_len(v) != 0; }

static bool index_of(ob_val key, size_t n, size_t *out) {
    int64_t i;
    if (!ob_index_i64(key, &i)) return false;
    if (i < 0) i += (int64_t)n;
    if (i < 0 || (uint64_t)i >= n) return ob_fail(ob_raise(&ob_exc_IndexError, "bytearray index out of range"));
    *out = (size_t)i;
    return true;
}

static ob_val slot_getitem(ob_val v, ob_val key) {
    int64_t start, stop, step;
    size_t i, count, n;
    if (ob_is_exact(key, &ob_slice_type)) {
        if (!ob_slice_indices(key, (size_t)slot_len(v), &start, &stop, &step, &count)) return OB_NULL;
        ob_val r = ob_bytearray_from(NULL, count);
        if (ob_is_null(r) || count == 0) return r;
        const uint8_t *p = ob__bytes_data(v, &n);
        ob_bytearray_body *b = ob_write(r);
        if (b == NULL) return OB_NULL;
        if (step == 1) memcpy(b->data, p + start, count);
        else for (size_t k = 0; k < count; k++, start += step) b->data[k] = p[start];
        return r;
    }
    if (!ob__has_index(key)) return ob_raise(&ob_exc_TypeError, "bytearray indices must be integers or slices, not %.200T", key);
    if (!index_of(key, (size_t)slot_len(v), &i)) return OB_NULL;
    const uint8_t *p = ob__bytes_data(v, &n);
    return ob_from_small(p[i]);
}

static bool delete_slice(ob_val v, int64_t start, int64_t step, size_t count) {
    if (step < 0) { start += step * ((int64_t)count - 1); step = -step; }
    if (count == 0) return true;
    if (step == 1) return ob__bytearray_splice(v, (size_t)start, count, 0) != NULL;
    size_t n = (size_t)slot_len(v), to = (size_t)start, next = (size_t)start, k = 0;
    ob_bytearray_body *b = ob_write(v);
    if (b == NULL) return false;
    if (ob_views_exist(v)) return ob_fail(ob_raise(&ob_exc_BufferError, "Existing exports of data: object cannot be re-sized"));
    b = ob_write(v);
    if (b == NULL) return false;
    for (size_t i = to; i < n; i++)
        if (k < count && i == next) { k++; next += (size_t)step; }
        else b->data[to++] = b->data[i];
    b->len = to;
    return true;
}

/* The bytes to be assigned to a slice, as exact bytes. */
static ob_val slice_source(ob_val x) {
    uint8_t *p;
    size_t n, cap;
    ob_buffer b;
    if (ob_is_bytes(x)) return x;
    if (ob_is_buffer(x)) {
        if (!ob_buffer_get(x, &b, false)) return OB_NULL;
        ob_val r = ob__bytes_of_buffer(&b);
        ob_buffer_release(&b);
        return r;
    }
    if (ob_is_int(x) || ob_is_str(x)) return ob_raise(&ob_exc_TypeError, "can assign only bytes, buffers, or iterables of ints in range(0, 256)");
    if (!ob__bytes_of_iterable(x, &p, &n, &cap)) return OB_NULL;
    return ob_bytes_from(p, n);
}

static bool assign_slice(ob_val v, ob_val key, ob_val x) {
    int64_t start, stop, step;
    size_t count;
    ob_val src = ob_is_null(x) ? OB_NULL : slice_source(x);
    if (ob_is_null(src) && !ob_is_null(x)) return false;
    if (!ob_slice_indices(key, (size_t)slot_len(v), &start, &stop, &step, &count)) return false;
    if (ob_is_null(x)) return delete_slice(v, start, step, count);
    const ob_bytes_obj *s = ob_bytes_ptr(src);
    if (step == 1) {
        ob_bytearray_body *b = ob__bytearray_splice(v, (size_t)start, count, s->len);
        if (b && s->len) memcpy(b->data + start, s->data, s->len);
        return b != NULL;
    }
    if (s->len == 0) return delete_slice(v, start, step, count);
    if (s->len != count)
        return ob_fail(ob_raise(&ob_exc_ValueError, "attempt to assign bytes of size %zd to extended slice of size %zd", (ssize_t)s->len, (ssize_t)count));
    ob_bytearray_body *b = ob_write(v);
    for (size_t k = 0; b && k < count; k++, start += step) b->data[start] = s->data[k];
    return b != NULL;
}

static bool slot_setitem(ob_val v, ob_val key, ob_val x) {
    int64_t byte;
    size_t i;
    if (ob_is_exact(key, &ob_slice_type)) return assign_slice(v, key, x);
    if (!ob__has_index(key)) return ob_fail(ob_raise(&ob_exc_TypeError, "bytearray indices must be integers or slices, not %.200T", key));
    if (!ob_is_null(x) && !ob__byte_value(x, &byte, "byte must be in range(0, 256)")) return false;
    if (!index_of(key, (size_t)slot_len(v), &i)) return false;
    if (ob_is_null(x)) return ob__bytearray_splice(v, i, 1, 0) != NULL;
    ob_bytearray_body *b = ob_write(v);
    if (b == NULL) return false;
    b->data[i] = (uint8_t)byte;
    return true;
}

/* ---- growing ---- */
static bool append_bytes(ob_val v, const uint8_t *p, size_t n) {
    if (n == 0) return true;
    size_t len = (size_t)slot_len(v);
    ob_bytearray_body *b = ob__bytearray_splice(v, len, 0, n);
    if (b == NULL) return false;
    memcpy(b->data + len, p, n);
    return true;
}

/* A buffer that may be v itself: copied first, so that no export is open while v grows. */
static bool append_buffer(ob_val v, ob_val x) {
    ob_buffer b;
    if (ob_is_bytes(x)) return append_bytes(v, ob_bytes_ptr(x)->data, ob_bytes_ptr(x)->len);
    if (!ob_buffer_get(x, &b, false)) return false;
    ob_val copy = ob__bytes_of_buffer(&b);
    ob_buffer_release(&b);
    return !ob_is_null(copy) && append_bytes(v, ob_bytes_ptr(copy)->data, ob_bytes_ptr(copy)->len);
}

static ob_val slot_iadd(ob_val v, ob_val x) {
    if (!ob_is_bytes(x) && !ob_is_buffer(x)) return ob_raise(&ob_exc_TypeError, "can't concat %.100T to %.100T", x, v);
    return append_buffer(v, x) ? v : OB_NULL;
}

static ob_val slot_imul(ob_val v, ob_val x) {
    int64_t times;
    size_t n = (size_t)slot_len(v), total;
    if (!ob__has_index(x)) return ob_raise(&ob_exc_TypeError, "can't multiply sequence by non-int of type '%.200T'", x);
    if (!ob__repeat_count(x, &times)) return OB_NULL;
    if (times < 0) times = 0;
    if (__builtin_mul_overflow(n, (size_t)times, &total)) return ob_raise_memory();
    ob_bytearray_body *b = total < n ? ob__bytearray_splice(v, total, n - total, 0) : ob__bytearray_splice(v, n, 0, total - n);
    if (b == NULL) return OB_NULL;
    for (size_t i = n; i < total; i += n) memcpy(b->data + i, b->data, n);
    return v;
}

DEFINE_BYTES_METHOD(bytearray_append) {
    int64_t byte;
    if (!ob__byte_value(a[0], &byte, "byte must be in range(0, 256)")) return OB_NULL;
    uint8_t c = (uint8_t)byte;
    return append_bytes(self, &c, 1) ? OB_NONE : OB_NULL;
}

DEFINE_BYTES_METHOD(bytearray_extend) {
    uint8_t *p;
    size_t len, cap;
    if (ob_is_buffer(a[0])) return append_buffer(self, a[0]) ? OB_NONE : OB_NULL;
    if (ob_type_of(a[0])->slots.iter == NULL && ob_type_of(a[0])->slots.getitem == NULL)
        return ob_raise(&ob_exc_TypeError, "can't extend bytearray with %.100T", a[0]);
    if (!ob__bytes_of_iterable(a[0], &p, &len, &cap)) return OB_NULL;
    return append_bytes(self, p, len) ? OB_NONE : OB_NULL;
}

DEFINE_BYTES_METHOD(bytearray_insert) {
    int64_t i, byte;
    if (!ob__repeat_count(a[0], &i) || !ob__byte_value(a[1], &byte, "byte must be in range(0, 256)")) return OB_NULL;
    int64_t len = slot_len(self);
    if (i < 0 && (i += len) < 0) i = 0;
    if (i > len) i = len;
    ob_bytearray_body *b = ob__bytearray_splice(self, (size_t)i, 0, 1);
    if (b == NULL) return OB_NULL;
    b->data[i] = (uint8_t)byte;
    return OB_NONE;
}

DEFINE_BYTES_METHOD(bytearray_pop) {
    int64_t i = -1, len;
    if (!ob_is_null(a[0]) && !ob__repeat_count(a[0], &i)) return OB_NULL;
    len = slot_len(self);
    if (len == 0) return ob_raise(&ob_exc_IndexError, "pop from empty bytearray");
    if (i < 0) i += len;
    if (i < 0 || i >= len) return ob_raise(&ob_exc_IndexError, "pop index out of range");
    uint8_t c = ((const ob_bytearray_body *)ob_read(self))->data[i];
    return ob__bytearray_splice(self, (size_t)i, 1, 0) ? ob_from_small(c) : OB_NULL;
}

DEFINE_BYTES_METHOD(bytearray_remove) {
    int64_t byte;
    size_t len;
    if (!ob__byte_value(a[0], &byte, "byte must be in range(0, 256)")) return OB_NULL;
    const uint8_t *p = ob__bytes_data(self, &len), *hit = memchr(p, (int)byte, len);
    if (hit == NULL) return ob_raise(&ob_exc_ValueError, "value not found in bytearray");
    return ob__bytearray_splice(self, (size_t)(hit - p), 1, 0) ? OB_NONE : OB_NULL;
}

DEFINE_BYTES_METHOD(bytearray_reverse) {
    ob_bytearray_body *b = ob_write(self);
    if (b == NULL) return OB_NULL;
    for (size_t i = 0, j = b->len; i + 1 < j; i++) {
        uint8_t c = b->data[i];
        b->data[i] = b->data[--j];
        b->data[j] = c;
    }
    return OB_NONE;
}

DEFINE_BYTES_METHOD(bytearray_clear) { return ob__bytearray_splice(self, 0, (size_t)slot_len(self), 0) ? OB_NONE : OB_NULL; }

DEFINE_BYTES_METHOD(bytearray_copy) {
    size_t len;
    const uint8_t *p = ob__bytes_data(self, &len);
    return ob_bytearray_from(p, len);
}

DEFINE_BYTES_METHOD(bytearray_alloc) {
    size_t cap = ((const ob_bytearray_body *)ob_read(self))->cap;
    return ob_from_small((int64_t)(cap ? cap + 1 : 0));
}

static ob_val reduce(ob_val self, int64_t protocol) {
    size_t n;
    const uint8_t *p = ob__bytes_data(self, &n);
    ob_val state = ob_call_method(self, OB_NAME(getstate), NULL, 0), args;
    if (ob_is_null(state)) return state;
    p = ob__bytes_data(self, &n);
    if (protocol >= 3) {
        ob_val b = ob_bytes_from(p, n);
        args = ob_is_null(b) ? b : n ? ob_tuple_of1(b) : ob_empty_tuple;
    } else {
        ob_val s = ob_str_from_latin1(p, n);
        args = ob_is_null(s) ? s : n ? ob_tuple_of2(s, ob_str_from_c("latin-1")) : ob_empty_tuple;
    }
    return ob_is_null(args) ? args : ob_tuple_of3(ob_type_val(ob_type_of(self)), args, state);
}
DEFINE_BYTES_METHOD(bytearray_reduce) { return reduce(self, 2); }
DEFINE_BYTES_METHOD(bytearray_reduce_ex) {
    int64_t protocol = 0;
    return !ob_is_null(a[0]) && !ob_index_i64(a[0], &protocol) ? OB_NULL : reduce(self, protocol);
}

/* ---- creation from Python ---- */
static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) { (void)a; (void)n; (void)kw; return new_of(t, NULL, 0); }

static bool slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const char *const names[] = {"source", "encoding", "errors"};
    ob_val v[3];
    size_t count;
    if (!ob__bind("bytearray", names, 0, 0, 3, a, n, kw, v)) return false;
    if (slot_len(self) && !ob__bytearray_splice(self, 0, (size_t)slot_len(self), 0)) return false;
    ob_val encoded = ob__bytes_encode_source(v[0], v[1], v[2], "bytearray");
    if (!ob_is_null(encoded)) return append_bytes(self, ob_bytes_ptr(encoded)->data, ob_bytes_ptr(encoded)->len);
    if (ob_failed()) return false;
    if (ob_is_null(v[0])) return true;
    int k = ob__bytes_count(v[0], &count);
    if (k < 0) return false;
    if (k) {
        ob_bytearray_body *b = ob__bytearray_splice(self, 0, 0, count);
        if (b && count) memset(b->data, 0, count);
        return b != NULL;
    }
    if (ob_is_buffer(v[0])) return append_buffer(self, v[0]);
    if (ob_type_of(v[0])->slots.iter == NULL && ob_type_of(v[0])->slots.getitem == NULL)
        return ob_fail(ob_raise(&ob_exc_TypeError, "cannot convert '%.200T' object to bytearray", v[0]));
    ob_val it = ob_iter(v[0]), x;                        /* item by item: an iterator may look at what is there already */
    if (ob_is_null(it)) return false;
    while (!ob_is_null(x = ob_next(it))) {
        int64_t byte;
        if (!ob__byte_value(x, &byte, "byte must be in range(0, 256)")) return false;
        uint8_t c = (uint8_t)byte;
        if (!append_bytes(self, &c, 1)) return false;
    }
    return !ob_failed();
}

/* ---- iterator ---- */
static ob_val slot_iter(ob_val v) { return ob__seq_iter_of(&ob_bytearray_iter_type, v); }
static ob_val self_iter(ob_val it) { return it; }

static ob_val iter_next(ob_val it) {
    ob_seq_iter_body *w = ob_write(it);
    size_t n;
    if (w == NULL || ob_is_null(w->seq)) return OB_NULL;
    const uint8_t *p = ob__bytes_data(w->seq, &n);
    if (w->i >= n) { w->seq = OB_NULL; return OB_NULL; }
    return ob_from_small(p[w->i++]);
}

ob_type ob_bytearray_iter_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob__seq_iter_kind), .name = "bytearray_iterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(ob_seq_iter_body), .slots = {.iter = self_iter, .next = iter_next}, .trace_body = ob__seq_iter_trace,
    .methods = ob__seq_iter_methods,
};

ob_type ob_bytearray_type = {
    OB_TYPE_HEAD(&ob_type_type, &bytearray_kind), .name = "bytearray", .base = &ob_object_type, .flags = OB_TF_BASE,
    .size = sizeof(ob_bytearray_body),
    .slots = {.repr = slot_repr, .str = slot_repr, .cmp = ob__bytes_slot_cmp, .truth = slot_truth, .len = slot_len,
              .getitem = slot_getitem, .setitem = slot_setitem, .contains = ob__bytes_slot_contains, .iter = slot_iter, .make = slot_make,
              .init = slot_init, .buffer = slot_buffer, .hash = ob_hash_unhashable,
              .binary = {[OB_BIN_ADD] = ob__bytes_slot_add, [OB_BIN_MUL] = ob__bytes_slot_mul, [OB_BIN_MOD] = ob__bytes_slot_mod},
              .inplace = {[OB_BIN_ADD] = slot_iadd, [OB_BIN_MUL] = slot_imul}},
    .trace_body = trace_body, .free = ob_views_owner_died, .methods = ob__bytearray_methods,
    .doc = "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy\n"
           "bytearray(int) -> that many zero bytes\nbytearray() -> empty bytearray",
};
