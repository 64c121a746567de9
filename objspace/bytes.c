/* bytes.c: the bytes type: creation, slots, iterator.
 * Locks: none; bytes are immutable, the hash is filled idempotently.  Empty and one-byte strings are shared. */
#include "objspace/bytes.h"
#include "base/mem.h"
#include "objspace/codecs.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/bytes_int.h"
#include "objspace/tuple.h"

static ob_val shared[257];               /* one-byte ones, and the empty one; traced by shared_root */

static ob_val alloc_of(ob_type *t, size_t n) {
    if (UNLIKELY(n > SIZE_MAX / 4)) return ob_raise_memory();
    ob_bytes_obj *b = ob_alloc_leaf(t, sizeof *b + n + 1);
    if (UNLIKELY(b == NULL)) return OB_NULL;
    atomic_store_explicit(&b->hash, 0, memory_order_relaxed);
    b->len = n;
    b->data[n] = 0;
    return ob_of(b);
}

ob_val ob_bytes_alloc(size_t n) { return alloc_of(&ob_bytes_type, n); }

ob_val ob_bytes_from(const void *p, size_t n) {
    if (n <= 1) {
        ob_val s = shared[n ? *(const uint8_t *)p : 256];
        if (LIKELY(!ob_is_null(s))) return s;
    }
    ob_val b = ob_bytes_alloc(n);
    if (!ob_is_null(b) && n) memcpy(ob_bytes_ptr(b)->data, p, n);
    return b;
}

ob_val ob__bytes_exact(ob_val b) {
    return ob_is_exact(b, &ob_bytes_type) ? b : ob_bytes_from(ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len);
}

ob_val ob_bytes_join(ob_val sep, const ob_val *items, size_t n) {
    const ob_bytes_obj *s = ob_bytes_ptr(sep);
    if (n == 0) return ob_bytes_from("", 0);
    if (n == 1 && ob_is_exact(items[0], &ob_bytes_type)) return items[0];
    return ob__join_buffers(s->data, s->len, items, n, false);
}

/* ---- text ---- */
/* b'...' with the quotes that need fewest backslashes. */
ob_val ob__bytes_repr_of(const char *before, const uint8_t *p, size_t n, const char *after) {
    static const char hex[] = "0123456789abcdef";
    ob_strbuf b;
    char quote = memchr(p, '\'', n) && !memchr(p, '"', n) ? '"' : '\'';
    ob_strbuf_init(&b);
    ob_strbuf_c(&b, before);
    ob_strbuf_char(&b, 'b');
    ob_strbuf_char(&b, (uint32_t)quote);
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i];
        if (c == (uint8_t)quote || c == '\\' || (c == '\'' && *before)) {   /* bytearray escapes ' always */ char e[2] = {'\\', (char)c}; ob_strbuf_ascii(&b, e, 2); }
        else if (c == '\t') ob_strbuf_ascii(&b, "\\t", 2);
        else if (c == '\n') ob_strbuf_ascii(&b, "\\n", 2);
        else if (c == '\r') ob_strbuf_ascii(&b, "\\r", 2);
        else if (c < ' ' || c >= 0x7f) { char e[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]}; ob_strbuf_ascii(&b, e, 4); }
        else ob_strbuf_char(&b, c);
    }
    ob_strbuf_char(&b, (uint32_t)quote);
    ob_strbuf_c(&b, after);
    return ob_strbuf_finish(&b);
}

static ob_val slot_repr(ob_val v) { return ob__bytes_repr_of("", ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len, ""); }

/* ---- slots ---- */
static bool slot_hash(ob_val v, uint64_t *out) {
    ob_bytes_obj *b = ob_bytes_ptr(v);
    uint64_t h = atomic_load_explicit(&b->hash, memory_order_relaxed);
    if (h == 0) {
        h = ob_hash_of_bytes(b->data, b->len);
        atomic_store_explicit(&b->hash, h, memory_order_relaxed);
    }
    *out = h;
    return true;
}

static ssize_t slot_len(ob_val v) { return (ssize_t)ob_bytes_ptr(v)->len; }
static int slot_truth(ob_val v) { return ob_bytes_ptr(v)->len != 0; }

static bool slot_buffer(ob_val v, ob_buffer *out, bool writable) {
    if (writable) return ob_fail(ob_raise(&ob_exc_BufferError, "Object is not writable."));
    *out = (ob_buffer){.data = ob_bytes_ptr(v)->data, .len = ob_bytes_ptr(v)->len, .readonly = true, .itemsize = 1, .format = "B", .ndim = 1, .owner = v};
    return true;
}

static ob_val slot_getitem(ob_val v, ob_val key) {
    const ob_bytes_obj *b = ob_bytes_ptr(v);
    int64_t i, start, stop, step;
    size_t count;
    if (ob_is_exact(key, &ob_slice_type)) {
        if (!ob_slice_indices(key, b->len, &start, &stop, &step, &count)) return OB_NULL;
        if (step == 1) return count == b->len ? ob__bytes_exact(v) : ob_bytes_from(b->data + start, count);
        ob_val r = ob_bytes_alloc(count);
        if (ob_is_null(r)) return r;
        for (size_t k = 0; k < count; k++, start += step) ob_bytes_ptr(r)->data[k] = b->data[start];
        return r;
    }
    if (ob_is_small(key)) i = ob_to_small(key);
    else if (!ob__has_index(key)) return ob_raise(&ob_exc_TypeError, "byte indices must be integers or slices, not %.200T", key);
    else if (!ob_index_i64(key, &i)) return OB_NULL;
    if (i < 0) i += (int64_t)b->len;
    if (i < 0 || (uint64_t)i >= b->len) return ob_raise(&ob_exc_IndexError, "index out of range");
    return ob_from_small(b->data[i]);
}

static ob_val slot_iter(ob_val v) { return ob__seq_iter_of(&ob_bytes_iter_type, v); }
static ob_val self_iter(ob_val it) { return it; }

static ob_val bytes_next(ob_val it) {
    const ob_seq_iter_body *r = ob_read(it);
    if (ob_is_null(r->seq)) return OB_NULL;
    ob_val seq = r->seq;
    size_t i = r->i;
    ob_seq_iter_body *w = ob_write(it);
    if (w == NULL) return OB_NULL;
    if (i >= ob_bytes_ptr(seq)->len) { w->seq = OB_NULL; return OB_NULL; }
    w->i = i + 1;
    return ob_from_small(ob_bytes_ptr(seq)->data[i]);
}

/* ---- creation from Python ---- */
/* The bytes of an iterable of integers in a growing block. word: "bytes" or "byte" in the messages. */
bool ob__bytes_of_iterable(ob_val v, uint8_t **data, size_t *len, size_t *cap) {
    ob_val it = ob_iter(v), x;
    if (ob_is_null(it)) return false;
    ssize_t hint = ob_length_hint(v, 64);
    if (hint < 0) return false;
    size_t room = hint < 64 ? 64 : hint > (1 << 24) ? 1 << 24 : (size_t)hint, n = 0;
    uint8_t *p = ob_block_alloc(room);
    if (p == NULL) return false;
    while (!ob_is_null(x = ob_next(it))) {
        int64_t i;
        if (!ob__byte_value(x, &i, "bytes must be in range(0, 256)")) return false;
        if (n == room) {
            uint8_t *q = ob_block_alloc(room * 2);
            if (q == NULL) return false;
            memcpy(q, p, n);
            ob_block_free(p, room);
            p = q;
            room *= 2;
        }
        p[n++] = (uint8_t)i;
    }
    if (ob_failed()) return false;
    *data = p;
    *len = n;
    *cap = room;
    return true;
}

bool ob__byte_value(ob_val x, int64_t *out, const char *range_message) {
    if (!ob_is_small(x)) {
        if (!ob__has_index(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", x));
        if (!ob_index_i64(x, out)) {
            if (ob_err_clear_if(&ob_exc_IndexError) || ob_err_clear_if(&ob_exc_OverflowError)) *out = -1;
            else return false;
        }
    } else *out = ob_to_small(x);
    return LIKELY(*out >= 0 && *out <= 255) || ob_fail(ob_raise(&ob_exc_ValueError, "%s", range_message));
}

static ob_val from_object(ob_val x) {
    ob_buffer b;
    uint8_t *p;
    size_t n, cap;
    if (ob_is_exact(x, &ob_bytes_type)) return x;
    if (ob_is_buffer(x)) {
        if (!ob_buffer_get(x, &b, false)) return OB_NULL;
        ob_val r = ob__bytes_of_buffer(&b);
        ob_buffer_release(&b);
        return r;
    }
    if (ob_type_of(x)->slots.iter == NULL && ob_type_of(x)->slots.getitem == NULL)
        return ob_raise(&ob_exc_TypeError, "cannot convert '%.200T' object to bytes", x);
    if (!ob__bytes_of_iterable(x, &p, &n, &cap)) return OB_NULL;
    ob_val r = ob_bytes_from(p, n);
    ob_block_free(p, cap);
    return r;
}

/* The count of bytes(n): 1 it is one, 0 not an integer, -1 error. what: "negative count". */
int ob__bytes_count(ob_val x, size_t *n) {
    int64_t i;
    if (!ob__has_index(x)) return 0;
    if (!ob_index_i64(x, &i)) {
        if (ob_err_clear_if(&ob_exc_TypeError)) return 0;
        if (ob_err_clear_if(&ob_exc_IndexError)) ob_raise(&ob_exc_OverflowError, "cannot fit '%.200T' into an index-sized integer", x);
        return -1;
    }
    if (i < 0) return ob_fail_int(ob_raise(&ob_exc_ValueError, "negative count"));
    *n = (size_t)i;
    return 1;
}

/* The checks of bytes(source, encoding, errors) and bytearray's; a str is encoded. OB_NULL without exception: not a str. */
ob_val ob__bytes_encode_source(ob_val source, ob_val encoding, ob_val errors, const char *function) {
    const char *enc, *err = NULL;
    if (!ob_is_null(encoding) && !ob_is_str(encoding))
        return ob_raise(&ob_exc_TypeError, "%s() argument 'encoding' must be str, not %.200T", function, encoding);
    if (!ob_is_null(errors) && !ob_is_str(errors))
        return ob_raise(&ob_exc_TypeError, "%s() argument 'errors' must be str, not %.200T", function, errors);
    if (ob_is_null(source)) {
        if (!ob_is_null(encoding)) return ob_raise(&ob_exc_TypeError, "encoding without a string argument");
        return ob_is_null(errors) ? OB_NULL : ob_raise(&ob_exc_TypeError, "errors without a string argument");
    }
    if (!ob_is_null(encoding)) {
        if (!ob_is_str(source)) return ob_raise(&ob_exc_TypeError, "encoding without a string argument");
        if (!(enc = ob_str_utf8(encoding, NULL)) || (!ob_is_null(errors) && !(err = ob_str_utf8(errors, NULL)))) return OB_NULL;
        return ob_codec_encode_value(source, enc, err);
    }
    if (!ob_is_null(errors)) return ob_raise(&ob_exc_TypeError, ob_is_str(source) ? "string argument without an encoding" : "errors without a string argument");
    return ob_is_str(source) ? ob_raise(&ob_exc_TypeError, "string argument without an encoding") : OB_NULL;
}

static ob_val make_plain(ob_val source, ob_val encoding, ob_val errors) {
    size_t n;
    bool has_method = !ob_is_null(source) && !ob_is_exact(source, &ob_bytes_type) && !ob_is_exact(source, &ob_str_type) && ob_is_null(encoding) && ob_is_null(errors);
    if (has_method) {
        ob_val m = ob_lookup_special(source, OB_NAME(bytes));
        if (ob_is_null(m) && ob_failed()) return OB_NULL;
        if (!ob_is_null(m)) {
            ob_val r = ob_call0(m);
            return ob_is_null(r) || ob_is_bytes(r) ? r : ob_raise(&ob_exc_TypeError, "__bytes__ returned non-bytes (type %.200T)", r);
        }
    }
    ob_val r = ob__bytes_encode_source(source, encoding, errors, "bytes");
    if (!ob_is_null(r) || ob_failed()) return r;
    if (ob_is_null(source)) return ob_bytes_from("", 0);
    int count = ob__bytes_count(source, &n);
    if (count < 0) return OB_NULL;
    if (!count) return from_object(source);
    r = ob_bytes_alloc(n);
    if (!ob_is_null(r)) memset(ob_bytes_ptr(r)->data, 0, n);
    return r;
}

static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const char *const names[] = {"source", "encoding", "errors"};
    ob_val v[3];
    if (!ob__bind("bytes", names, 0, 0, 3, a, n, kw, v)) return OB_NULL;
    ob_val b = make_plain(v[0], v[1], v[2]);
    if (ob_is_null(b) || t == &ob_bytes_type) return b;
    ob_val r = alloc_of(t, ob_bytes_ptr(b)->len);
    if (!ob_is_null(r)) memcpy(ob_bytes_ptr(r)->data, ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len);
    return r;
}

ob_type ob_bytes_iter_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob__seq_iter_kind), .name = "bytes_iterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(ob_seq_iter_body), .slots = {.iter = self_iter, .next = bytes_next}, .trace_body = ob__seq_iter_trace,
    .methods = ob__seq_iter_methods,
};

ob_type ob_bytes_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "bytes", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF | OB_TF_BYTES,
    .size = sizeof(ob_bytes_obj),
    .slots = {.repr = slot_repr, .str = slot_repr, .hash = slot_hash, .cmp = ob__bytes_slot_cmp, .truth = slot_truth, .len = slot_len,
              .getitem = slot_getitem, .contains = ob__bytes_slot_contains, .iter = slot_iter, .make = slot_make, .buffer = slot_buffer,
              .binary = {[OB_BIN_ADD] = ob__bytes_slot_add, [OB_BIN_MUL] = ob__bytes_slot_mul, [OB_BIN_MOD] = ob__bytes_slot_mod}},
    .methods = ob__bytes_methods,
    .doc = "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy\n"
           "bytes(int) -> that many zero bytes\nbytes() -> empty bytes",
};

static void shared_root(ob_tracer *t, void *arg) {
    (void)arg;
    ob_trace_vals(t, shared, BASE_LENGTH(shared));
}

bool ob__bytes_init(void) {
    if (!ob_gc_add_root(shared_root, NULL)) return false;
    for (unsigned c = 0; c < 256; c++) {
        ob_val b = ob_bytes_alloc(1);
        if (ob_is_null(b)) return false;
        ob_bytes_ptr(b)->data[0] = (uint8_t)c;
        shared[c] = b;
    }
    shared[256] = ob_bytes_alloc(0);
    return !ob_is_null(shared[256]);
}
