/* memoryview.c: memoryview objects, and ob_buffer_get/release.
 * Locks: none; the body is versioned.
 * M1  A view keeps its owner and a byte offset, never a pointer: the bytes are looked up at each access, so that a block that moved or a
 *     version that was copied does no harm.                                                           (data_of)
 * M2  A view of an owner that may be resized counts as an export from its creation until release() or its end.  (view_new, view_free) */
#include "objspace/memoryview.h"
#include "objspace/bytes_methods.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include "objspace/views.h"

#define MAX_DIM 8
typedef struct view_body {
    ob_val owner;                        /* bytes, bytearray, array …; never a memoryview */
    ob_val format;                       /* str */
    size_t offset;                       /* of the first item, in bytes of the owner's buffer */
    size_t itemsize;
    ob_views *count;                     /* NULL: the owner cannot be resized. Ended by whoever takes OB_F_VIEWED from the view */
    uint64_t ndim, readonly, released, hashed, hash;     /* hash: once computed, also after release */
    size_t shape[MAX_DIM];
    ssize_t strides[MAX_DIM];
} view_body;

static size_t kind_size(const tx_handle *h) { (void)h; return sizeof(view_body); }
static void kind_trace(const tx_handle *h, const void *body, void (*visit)(void *, uint64_t), void *arg) {
    (void)h;
    const view_body *b = body;
    visit(arg, b->owner.w);
    visit(arg, b->format.w);
}
static void trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_val(t, ((const view_body *)body)->owner);
    ob_trace_val(t, ((const view_body *)body)->format);
}
static const tx_kind view_kind = {.name = "memoryview", .body_size = kind_size, .trace = kind_trace};

/* At the sweep: the own inline body may be looked at, the owner may not. */
static void view_free(ob_obj *o) {
    const view_body *b = tx_inline_body((tx_handle *)o);
    if (b->count && ob_flag_take(o, OB_F_VIEWED)) ob_views_end(b->count);
}

static bool is_view(ob_val v) { return ob_is_exact(v, &ob_memoryview_type); }

/* ---- access ---- */
/* The body, unless released. */
static const view_body *view_of(ob_val v) {
    const view_body *b = ob_read(v);
    return LIKELY(!b->released) ? b : ob_fail_ptr(ob_raise(&ob_exc_ValueError, "operation forbidden on released memoryview object"));
}

static size_t items_of(const view_body *b) {
    size_t n = 1;
    for (uint64_t i = 0; i < b->ndim; i++) n *= b->shape[i];
    return n;
}

static bool contiguous(const view_body *b) {
    ssize_t expect = (ssize_t)b->itemsize;
    for (uint64_t i = b->ndim; i-- > 0; expect *= (ssize_t)b->shape[i])
        if (b->shape[i] > 1 && b->strides[i] != expect) return false;
    return true;
}

static bool f_contiguous(const view_body *b) {
    ssize_t expect = (ssize_t)b->itemsize;
    for (uint64_t i = 0; i < b->ndim; expect *= (ssize_t)b->shape[i++])
        if (b->shape[i] > 1 && b->strides[i] != expect) return false;
    return true;
}

/* Do all items lie within a buffer of len bytes? Owners other than bytearray may have been resized since. */
static bool within(const view_body *b, size_t len) {
    ssize_t low = (ssize_t)b->offset, high = low + (ssize_t)b->itemsize;
    for (uint64_t i = 0; i < b->ndim; i++) {
        if (b->shape[i] == 0) return true;
        ssize_t span = (ssize_t)(b->shape[i] - 1) * b->strides[i];
        if (span < 0) low += span;
        else high += span;
    }
    return low >= 0 && high <= (ssize_t)len;
}

/* The address of the view's first item, valid until Python code runs or the owner is written. */
static uint8_t *data_of(const view_body *b, bool writable) {
    ob_buffer buf;
    if (ob_is_bytes(b->owner)) return ob_bytes_ptr(b->owner)->data + b->offset;
    if (ob__is_bytearray(b->owner)) {
        ob_val owner = b->owner;
        size_t offset = b->offset;
        const ob_bytearray_body *a = writable ? ob_write(owner) : ob_read(owner);
        if (a == NULL) return NULL;
        if (!within(b, a->len)) return ob_fail_ptr(ob_raise(&ob_exc_BufferError, "the viewed object has become shorter"));
        return (a->data ? a->data : (uint8_t *)"") + offset;
    }
    size_t offset = b->offset;
    if (!ob_type_of(b->owner)->slots.buffer(b->owner, &buf, writable)) return NULL;
    if (ob_type_of(b->owner)->slots.release_buffer) ob_type_of(b->owner)->slots.release_buffer(b->owner, &buf);
    if (!within(b, buf.len)) return ob_fail_ptr(ob_raise(&ob_exc_BufferError, "the viewed object has become shorter"));
    return buf.data + offset;
}

/* ---- buffers for C code ---- */
bool ob_is_buffer(ob_val v) { return ob_is_ptr(v) && v.w && ob_type_of(v)->slots.buffer != NULL; }

bool ob_buffer_get(ob_val v, ob_buffer *out, bool writable) {
    bool (*f)(ob_val, ob_buffer *, bool) = ob_type_of(v)->slots.buffer;
    if (f == NULL || (writable && ob_is_bytes(v)))
        return ob_fail(ob_raise(&ob_exc_TypeError, writable ? "a read-write bytes-like object is required, not '%.100T'" : "a bytes-like object is required, not '%.100T'", v));
    if (!f(v, out, writable)) return false;
    out->owner = v;
    if (out->ndim == 0) out->ndim = 1;
    return true;
}

void ob_buffer_release(ob_buffer *b) {
    if (ob_is_null(b->owner)) return;
    void (*f)(ob_val, ob_buffer *) = ob_type_of(b->owner)->slots.release_buffer;
    if (f) f(b->owner, b);
    b->owner = OB_NULL;
}

/* Copies the items in C order. */
static uint8_t *gather(const view_body *b, const uint8_t *p, uint64_t dim, uint8_t *out) {
    if (dim == b->ndim) {
        memcpy(out, p, b->itemsize);
        return out + b->itemsize;
    }
    for (size_t i = 0; i < b->shape[dim]; i++) out = gather(b, p + (ssize_t)i * b->strides[dim], dim + 1, out);
    return out;
}

ob_val ob__bytes_of_buffer(const ob_buffer *b) { return ob_bytes_from(b->data, b->len); }

static ob_val bytes_of_view(const view_body *view) {
    view_body b = *view;
    size_t n = items_of(&b) * b.itemsize;
    const uint8_t *p = data_of(&b, false);
    if (p == NULL) return OB_NULL;
    if (contiguous(&b)) return ob_bytes_from(p, n);
    ob_val r = ob_bytes_alloc(n);
    if (!ob_is_null(r)) gather(&b, p, 0, ob_bytes_ptr(r)->data);
    return r;
}

/* Others see contiguous bytes; a strided view gives a copy when only reading is asked for. */
static bool slot_buffer(ob_val v, ob_buffer *out, bool writable) {
    const view_body *b = view_of(v);
    if (b == NULL) return false;
    if (writable && b->readonly) return ob_fail(ob_raise(&ob_exc_BufferError, "memoryview: underlying buffer is not writable"));
    view_body c = *b;
    *out = (ob_buffer){.len = items_of(&c) * c.itemsize, .readonly = c.readonly, .itemsize = c.itemsize, .format = (const char *)ob_str_ptr(c.format)->data, .ndim = 1, .owner = v};
    if (!contiguous(&c)) {
        if (writable) return ob_fail(ob_raise(&ob_exc_BufferError, "memoryview: underlying buffer is not C-contiguous"));
        ob_val copy = bytes_of_view(&c);
        if (ob_is_null(copy)) return false;
        out->data = ob_bytes_ptr(copy)->data;
        return true;
    }
    out->data = data_of(&c, writable);
    return out->data != NULL;
}

/* ---- creation ---- */
static ob_val view_new(const view_body *like) {
    tx_handle *h = ob_alloc_mut(&ob_memoryview_type, sizeof(view_body));
    if (h == NULL) return OB_NULL;
    ob_views *count = NULL;
    if (ob_type_of(like->owner)->free == ob_views_owner_died) {
        if (!(count = ob_views_begin(like->owner))) return OB_NULL;
        ob_flag_set(h, OB_F_VIEWED);
    }
    view_body *b = tx_inline_body(h);
    memcpy(b, like, sizeof *like);
    b->released = b->hashed = 0;
    b->count = count;
    return ob_of(h);
}

ob_val ob_memoryview_new(ob_val v) {
    ob_buffer buf;
    if (is_view(v)) {
        const view_body *b = view_of(v);
        if (b == NULL) return OB_NULL;
        view_body c = *b;
        return view_new(&c);
    }
    if (!ob_is_buffer(v)) return ob_raise(&ob_exc_TypeError, "memoryview: a bytes-like object is required, not '%.200T'", v);
    buf.owner = OB_NULL;
    if (!ob_type_of(v)->slots.buffer(v, &buf, false)) return OB_NULL;
    if (!ob_is_null(buf.owner) && is_view(buf.owner)) return ob_memoryview_new(buf.owner);      /* v stands for a view: what that looks at is meant */
    buf.owner = v;
    if (buf.ndim == 0) buf.ndim = 1;
    view_body b = {.owner = v, .format = ob_str_from_c(buf.format ? buf.format : "B"), .itemsize = buf.itemsize ? buf.itemsize : 1, .readonly = buf.readonly,
                   .ndim = buf.ndim > MAX_DIM || buf.ndim < 1 ? 1 : (uint64_t)buf.ndim};
    for (uint64_t i = 0; buf.shape && i < b.ndim; i++) b.shape[i] = buf.shape[i];
    if (buf.shape == NULL) { b.ndim = 1; b.shape[0] = buf.len / b.itemsize; }
    ssize_t stride = (ssize_t)b.itemsize;
    for (uint64_t i = b.ndim; i-- > 0; stride *= (ssize_t)b.shape[i]) b.strides[i] = buf.strides ? buf.strides[i] : stride;
    ob_buffer_release(&buf);
    return ob_is_null(b.format) ? OB_NULL : view_new(&b);
}

static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const char *const names[] = {"object"};
    ob_val v;
    (void)t;
    if (!ob__bind("memoryview", names, 0, 1, 1, a, n, kw, &v)) return OB_NULL;
    return ob_memoryview_new(v);
}

/* ---- items ---- */
/* The format's one character, '@' skipped; 0: none that we know. */
static char format_char(const view_body *b) {
    const ob_str_obj *f = ob_str_ptr(b->format);
    const uint8_t *p = f->data;
    size_t n = f->len;
    if (n == 2 && *p == '@') { p++; n--; }
    return n == 1 && strchr("cbB?hHiIlLqQnNfdP", *p) ? (char)*p : 0;
}

static size_t format_size(char c) {
    switch (c) {
    case 'c': case 'b': case 'B': case '?': return 1;
    case 'h': case 'H': return 2;
    case 'i': case 'I': case 'f': return 4;
    case 'l': case 'L': case 'q': case 'Q': case 'n': case 'N': case 'd': case 'P': return 8;
    default: return 0;
    }
}

static ob_val unpack(const view_body *b, const uint8_t *p) {
    union { int16_t h; uint16_t H; int32_t i; uint32_t I; int64_t q; uint64_t Q; float f; double d; } u;
    char c = format_char(b);
    if (c) memcpy(&u, p, format_size(c));
    switch (c) {
    case 'c': return ob_bytes_from(p, 1);
    case 'b': return ob_from_small((int8_t)*p);
    case 'B': return ob_from_small(*p);
    case '?': return ob_bool(*p != 0);
    case 'h': return ob_from_small(u.h);
    case 'H': return ob_from_small(u.H);
    case 'i': return ob_from_small(u.i);
    case 'I': return ob_from_small(u.I);
    case 'l': case 'q': case 'n': return ob_int_from_i64(u.q);
    case 'L': case 'Q': case 'N': case 'P': return ob_int_from_u64(u.Q);
    case 'f': return ob_float_from((double)u.f);
    case 'd': return ob_float_from(u.d);
    default: return ob_raise(&ob_exc_NotImplementedError, "memoryview: format %S not supported", b->format);
    }
}

static bool bad_value(const view_body *b) { return ob_fail(ob_raise(&ob_exc_ValueError, "memoryview: invalid value for format '%S'", b->format)); }
static bool bad_type(const view_body *b) { return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: invalid type for format '%S'", b->format)); }

static bool pack_int(const view_body *b, char c, ob_val v, uint8_t *out) {
    size_t size = format_size(c);
    bool is_signed = strchr("bhilqn", c) != NULL;
    int64_t i = 0;
    uint64_t u = 0;
    if (!ob_is_int(v)) {
        if (!ob__has_index(v)) return bad_type(b);
        v = ob_index(v);
        if (ob_is_null(v)) return false;
    }
    bool ok = is_signed ? ob_int_to_i64(v, &i) : ob_int_to_u64(v, &u);
    if (!ok) { ob_err_clear(); return bad_value(b); }
    if (is_signed && size < 8 && (i < -(INT64_C(1) << (8 * size - 1)) || i >= INT64_C(1) << (8 * size - 1))) return bad_value(b);
    if (!is_signed && size < 8 && u >> 8 * size) return bad_value(b);
    if (is_signed) u = (uint64_t)i;
    memcpy(out, &u, size);                               /* little-endian, as configure demands */
    return true;
}

static bool pack(const view_body *b, ob_val v, uint8_t out[8]) {
    char c = format_char(b);
    double d;
    float f;
    int truth;
    switch (c) {
    case 0: return ob_fail(ob_raise(&ob_exc_NotImplementedError, "memoryview: format %S not supported", b->format));
    case 'c':
        if (!ob_is_bytes(v)) return bad_type(b);
        if (ob_bytes_ptr(v)->len != 1) return bad_value(b);
        out[0] = ob_bytes_ptr(v)->data[0];
        return true;
    case '?':
        if ((truth = ob_truth(v)) < 0) return false;
        out[0] = (uint8_t)truth;
        return true;
    case 'f': case 'd':
        if (!ob_to_double(v, &d)) return ob_err_clear_if(&ob_exc_TypeError) ? bad_type(b) : false;
        f = (float)d;
        if (c == 'f') memcpy(out, &f, 4);
        else memcpy(out, &d, 8);
        return true;
    default: return pack_int(b, c, v, out);
    }
}

/* ---- indexing ---- */
/* Moves offset to item i of dimension dim. */
static bool step_to(const view_body *b, uint64_t dim, ob_val key, size_t *offset) {
    int64_t i;
    if (!ob_index_i64(key, &i)) return false;
    if (i < 0) i += (int64_t)b->shape[dim];
    if (i < 0 || (uint64_t)i >= b->shape[dim])
        return ob_fail(ob_raise(&ob_exc_IndexError, "index out of bounds on dimension %d", (int)dim + 1));
    *offset += (size_t)(i * b->strides[dim]);
    return true;
}

/* What key names: a single item (*item) or a narrower view in *b. */
static bool locate(view_body *b, ob_val key, bool *item) {
    int64_t start, stop, step;
    size_t count;
    *item = true;
    if (ob_is_exact(key, &ob_slice_type)) {
        if (b->ndim == 0) return ob_fail(ob_raise(&ob_exc_TypeError, "invalid indexing of 0-dim memory"));
        if (!ob_slice_indices(key, b->shape[0], &start, &stop, &step, &count)) return false;
        if (count) b->offset += (size_t)(start * b->strides[0]);
        b->shape[0] = count;
        b->strides[0] *= step;
        *item = false;
        return true;
    }
    if (ob_is_tuple(key)) {
        size_t n = ob_tuple_len(key);
        size_t slices = 0, indices = 0;
        for (size_t i = 0; i < n; i++) {
            slices += ob_is_exact(ob_tuple_at(key, i), &ob_slice_type);
            indices += ob__has_index(ob_tuple_at(key, i));
        }
        if (n && slices == n) return ob_fail(ob_raise(&ob_exc_NotImplementedError, "multi-dimensional slicing is not implemented"));
        if (indices != n) return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: invalid slice key"));
        if (n < b->ndim) return ob_fail(ob_raise(&ob_exc_NotImplementedError, "sub-views are not implemented"));
        if (n > b->ndim) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot index %d-dimension view with %zd-element tuple", (int)b->ndim, (ssize_t)n));
        for (size_t i = 0; i < n; i++) if (!step_to(b, i, ob_tuple_at(key, i), &b->offset)) return false;
        return true;
    }
    if (ob__has_index(key)) {
        if (b->ndim == 0) return ob_fail(ob_raise(&ob_exc_TypeError, "invalid indexing of 0-dim memory"));
        if (b->ndim > 1) return ob_fail(ob_raise(&ob_exc_NotImplementedError, "multi-dimensional sub-views are not implemented"));
        return step_to(b, 0, key, &b->offset);
    }
    if (ob_same(key, OB_ELLIPSIS)) { *item = b->ndim == 0; return true; }
    return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: invalid slice key"));
}

static ob_val slot_getitem(ob_val v, ob_val key) {
    const view_body *r = view_of(v);
    bool item;
    if (r == NULL) return OB_NULL;
    view_body b = *r;
    if (!locate(&b, key, &item) || view_of(v) == NULL) return OB_NULL;   /* an __index__ may have released it */
    if (!item) return view_new(&b);
    b.ndim = 0;
    const uint8_t *p = data_of(&b, false);
    return p ? unpack(&b, p) : OB_NULL;
}

static bool assign_view(const view_body *to, ob_val x) {
    ob_val source = ob_memoryview_new(x), bytes;
    if (ob_is_null(source)) return false;
    const view_body *from = ob_read(source);
    bool same = from->ndim == to->ndim && from->itemsize == to->itemsize && format_char(from) == format_char(to);
    for (uint64_t i = 0; same && i < to->ndim; i++) same = from->shape[i] == to->shape[i];
    if (!same) return ob_fail(ob_raise(&ob_exc_ValueError, "memoryview assignment: lvalue and rvalue have different structures"));
    bytes = bytes_of_view(from);
    ob_memoryview_release(source);
    if (ob_is_null(bytes)) return false;
    uint8_t *p = data_of(to, true);
    if (p == NULL) return false;
    if (to->ndim > 1) return ob_fail(ob_raise(&ob_exc_NotImplementedError, "memoryview slice assignments are currently restricted to ndim = 1"));
    for (size_t i = 0, n = to->ndim ? to->shape[0] : 1; i < n; i++)
        memcpy(p + (to->ndim ? (ssize_t)i * to->strides[0] : 0), ob_bytes_ptr(bytes)->data + i * to->itemsize, to->itemsize);
    return true;
}

static bool slot_setitem(ob_val v, ob_val key, ob_val x) {
    const view_body *r = view_of(v);
    bool item;
    uint8_t packed[8], *p;
    if (r == NULL) return false;
    if (r->readonly) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot modify read-only memory"));
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "cannot delete memory"));
    view_body b = *r;
    if (!locate(&b, key, &item) || view_of(v) == NULL) return false;
    if (!item) return assign_view(&b, x);
    b.ndim = 0;
    if (!pack(&b, x, packed) || view_of(v) == NULL || (p = data_of(&b, true)) == NULL) return false;
    memcpy(p, packed, b.itemsize);
    return true;
}

static ssize_t slot_len(ob_val v) {
    const view_body *b = view_of(v);
    if (b == NULL) return -1;
    return b->ndim ? (ssize_t)b->shape[0] : ob_fail_int(ob_raise(&ob_exc_TypeError, "0-dim memory has no length"));
}

static ob_val slot_iter(ob_val v) { return view_of(v) ? ob_seq_iter_new(v) : OB_NULL; }

static ob_val slot_repr(ob_val v) {
    const view_body *b = ob_read(v);
    return ob_str_format_c(b->released ? "<released memory at %p>" : "<memory at %p>", (void *)(uintptr_t)v.w);
}

/* ---- comparison ---- */
static int equal_items(const view_body *a, const uint8_t *p, const view_body *b, const uint8_t *q, uint64_t dim) {
    if (dim == a->ndim) {
        if (format_char(a) == format_char(b) && !strchr("fd", format_char(a))) return memcmp(p, q, a->itemsize) == 0;
        ob_val x = unpack(a, p), y = ob_is_null(x) ? x : unpack(b, q), r;
        if (ob_is_null(y) || ob_is_null(r = ob_compare(OB_EQ, x, y))) return -1;
        return ob_truth(r);
    }
    for (size_t i = 0; i < a->shape[dim]; i++) {
        int r = equal_items(a, p + (ssize_t)i * a->strides[dim], b, q + (ssize_t)i * b->strides[dim], dim + 1);
        if (r <= 0) return r;
    }
    return 1;
}

static ob_val slot_cmp(ob_val x, ob_val y, ob_cmp_op op) {
    if (op != OB_EQ && op != OB_NE) return OB_NOT_IMPLEMENTED;
    if (ob_same(x, y)) return ob_bool(op == OB_EQ);
    if (!is_view(y) && !ob_is_buffer(y)) return OB_NOT_IMPLEMENTED;
    view_body a = *(const view_body *)ob_read(x), b;
    ob_val other = is_view(y) ? y : ob_memoryview_new(y);
    if (ob_is_null(other)) { ob_err_clear(); return ob_failed() ? OB_NULL : OB_NOT_IMPLEMENTED; }
    b = *(const view_body *)ob_read(other);
    bool same = !a.released && !b.released && a.ndim == b.ndim;
    for (uint64_t i = 0; same && i < a.ndim; i++) same = a.shape[i] == b.shape[i];
    int equal = 0;
    if (same && format_char(&a) && format_char(&b)) {
        const uint8_t *p = data_of(&a, false), *q = p ? data_of(&b, false) : NULL;
        equal = q ? equal_items(&a, p, &b, q, 0) : -1;
    }
    if (!ob_same(other, y)) ob_memoryview_release(other);
    return equal < 0 ? OB_NULL : ob_bool((op == OB_EQ) == equal);
}

static bool slot_hash(ob_val v, uint64_t *out) {
    const view_body *b = ob_read(v);
    if (b->hashed) { *out = b->hash; return true; }
    b = view_of(v);
    if (b == NULL) return false;
    if (!b->readonly) return ob_fail(ob_raise(&ob_exc_ValueError, "cannot hash writable memoryview object"));
    char c = format_char(b);
    if (c != 'B' && c != 'b' && c != 'c') return ob_fail(ob_raise(&ob_exc_ValueError, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
    ob_val bytes = bytes_of_view(b);
    if (ob_is_null(bytes) || !ob_hash(bytes, out)) return false;
    view_body *w = ob_write(v);
    if (w) { w->hashed = 1; w->hash = *out; }
    return w != NULL;
}

/* ---- methods ---- */
void ob_memoryview_release(ob_val v) {
    const view_body *r = ob_read(v);
    if (r->released) return;
    view_body *b = ob_write_mask(v, TX_ALL);
    if (b == NULL) { ob_err_clear(); return; }
    b->released = 1;
    if (b->count && ob_flag_take(ob_ptr(v), OB_F_VIEWED)) ob_views_end(b->count);
}

METHOD(release) { ob_memoryview_release(self); return OB_NONE; }
METHOD(enter) { return view_of(self) ? self : OB_NULL; }
METHOD(tobytes) {
    const view_body *b = view_of(self);
    if (b == NULL) return OB_NULL;
    if (!ob_is_null(a[0]) && !ob_is_none(a[0])) {
        if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "tobytes() argument 'order' must be str or None, not %.50T", a[0]);
        if (!ob_str_equal_c(a[0], "C") && !ob_str_equal_c(a[0], "A") && !ob_str_equal_c(a[0], "F"))
            return ob_raise(&ob_exc_ValueError, "order must be 'C', 'F' or 'A'");
    }
    return bytes_of_view(b);
}

static ob_val list_of(const view_body *b, const uint8_t *p, uint64_t dim) {
    if (dim == b->ndim) return unpack(b, p);
    ob_val l = ob_list_new(b->shape[dim]);
    for (size_t i = 0; !ob_is_null(l) && i < b->shape[dim]; i++)
        if (!ob__list_push(l, list_of(b, p + (ssize_t)i * b->strides[dim], dim + 1))) return OB_NULL;
    return l;
}
METHOD(tolist) {
    const view_body *r = view_of(self);
    if (r == NULL) return OB_NULL;
    view_body b = *r;
    const uint8_t *p = data_of(&b, false);
    return p ? list_of(&b, p, 0) : OB_NULL;
}

METHOD(toreadonly) {
    const view_body *r = view_of(self);
    if (r == NULL) return OB_NULL;
    view_body b = *r;
    b.readonly = 1;
    return view_new(&b);
}

METHOD(hex) {
    const view_body *b = view_of(self);
    ob_val bytes = b ? bytes_of_view(b) : OB_NULL;
    return ob_is_null(bytes) ? bytes : ob__hex_of(ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len, a[0], a[1]);
}

static bool cast_format(view_body *b, ob_val format) {
    if (!ob_is_str(format)) return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: format argument must be a string"));
    char was = format_char(b);
    view_body c = *b;
    c.format = format;
    char is = format_char(&c);
    if (!is) return ob_fail(ob_raise(&ob_exc_ValueError, "memoryview: destination format must be a native single character format prefixed with an optional '@'"));
    if (!was || (!strchr("Bbc", was) && !strchr("Bbc", is)))
        return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: cannot cast between two non-byte formats"));
    size_t bytes = items_of(b) * b->itemsize, size = format_size(is);
    if (bytes % size) return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: length is not a multiple of itemsize"));
    b->format = format;
    b->itemsize = size;
    b->ndim = 1;
    b->shape[0] = bytes / size;
    b->strides[0] = (ssize_t)size;
    return true;
}

static bool cast_shape(view_body *b, ob_val shape) {
    if (!ob_is_list(shape) && !ob_is_tuple(shape)) return ob_fail(ob_raise(&ob_exc_TypeError, "shape must be a list or a tuple"));
    ob_val t = ob_is_tuple(shape) ? shape : ob_list_as_tuple(shape);
    if (ob_is_null(t)) return false;
    size_t n = ob_tuple_len(t), total = b->itemsize, bytes = items_of(b) * b->itemsize;
    if (n > MAX_DIM) return ob_fail(ob_raise(&ob_exc_ValueError, "memoryview: number of dimensions must not exceed %d", MAX_DIM));
    if (b->ndim > 1 && n > 1) return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D"));
    for (size_t i = 0; i < n; i++) {
        int64_t k;
        if (!ob_is_int(ob_tuple_at(t, i))) return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview.cast(): elements of shape must be integers"));
        if ((k = ob_int_clamp(ob_tuple_at(t, i))) <= 0) return ob_fail(ob_raise(&ob_exc_ValueError, "memoryview.cast(): elements of shape must be integers > 0"));
        b->shape[i] = (size_t)k;
        if (__builtin_mul_overflow(total, (size_t)k, &total)) return ob_fail(ob_raise(&ob_exc_ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX"));
    }
    if (total != bytes) return ob_fail(ob_raise(&ob_exc_TypeError, "memoryview: product(shape) * itemsize != buffer size"));
    b->ndim = n;
    ssize_t stride = (ssize_t)b->itemsize;
    for (size_t i = n; i-- > 0; stride *= (ssize_t)b->shape[i]) b->strides[i] = stride;
    return true;
}

METHOD(cast) {
    const view_body *r = view_of(self);
    if (r == NULL) return OB_NULL;
    view_body b = *r;
    if (!contiguous(&b)) return ob_raise(&ob_exc_TypeError, "memoryview: casts are restricted to C-contiguous views");
    if (!ob_is_null(a[1]) && b.ndim != 1 && (ob_is_list(a[1]) || ob_is_tuple(a[1])) && ob_len(a[1]) != 1)
        return ob_raise(&ob_exc_TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D");
    if (!cast_format(&b, a[0]) || (!ob_is_null(a[1]) && !cast_shape(&b, a[1]))) return OB_NULL;
    return view_new(&b);
}

const ob_def ob__memoryview_methods[] = {
    {"__enter__", m_enter, "", NULL, 0},
    {"__exit__", m_release, "*args", NULL, 0},
    {"cast", m_cast, "format, shape=None", "A view of the same memory with other items.", 0},
    {"hex", m_hex, "sep=None, bytes_per_sep=1", "As hexadecimal digits.\n\n>>> memoryview(b'ab').hex()\n'6162'", 0},
    {"release", m_release, "", "Lets go of the memory.", 0},
    {"tobytes", m_tobytes, "order='C'", "A copy as bytes.", 0},
    {"tolist", m_tolist, "", "A copy as a list of items.", 0},
    {"toreadonly", m_toreadonly, "", "A view that cannot be written through.", 0},
    {0},
};

/* ---- attributes ---- */
#define GETTER(name, result) static ob_val get_##name(ob_val v) { const view_body *b = view_of(v); return b ? (result) : OB_NULL; }
GETTER(obj, b->owner)
GETTER(nbytes, ob_from_small((int64_t)(items_of(b) * b->itemsize)))
GETTER(itemsize, ob_from_small((int64_t)b->itemsize))
GETTER(format, b->format)
GETTER(ndim, ob_from_small((int64_t)b->ndim))
GETTER(readonly, ob_bool(b->readonly))
GETTER(suboffsets, ob_empty_tuple)
GETTER(c_contiguous, ob_bool(contiguous(b)))
GETTER(f_contiguous, ob_bool(f_contiguous(b)))
GETTER(contiguous, ob_bool(contiguous(b) || f_contiguous(b)))

static ob_val numbers(const view_body *b, bool strides) {
    view_body c = *b;
    ob_val t = ob_tuple_alloc(c.ndim);
    for (uint64_t i = 0; !ob_is_null(t) && i < c.ndim; i++) ob_tuple_ptr(t)->items[i] = ob_from_small(strides ? c.strides[i] : (int64_t)c.shape[i]);
    return t;
}
GETTER(shape, numbers(b, false))
GETTER(strides, numbers(b, true))

const ob_getset ob__memoryview_getsets[] = {
    {"c_contiguous", get_c_contiguous, NULL, "Are the items contiguous in C order?"},
    {"contiguous", get_contiguous, NULL, "Are the items contiguous?"},
    {"f_contiguous", get_f_contiguous, NULL, "Are the items contiguous in Fortran order?"},
    {"format", get_format, NULL, "The items' struct format."},
    {"itemsize", get_itemsize, NULL, "Bytes of one item."},
    {"nbytes", get_nbytes, NULL, "Bytes that tobytes() would give."},
    {"ndim", get_ndim, NULL, "Number of dimensions."},
    {"obj", get_obj, NULL, "The object whose memory this is."},
    {"readonly", get_readonly, NULL, "May the memory not be written?"},
    {"shape", get_shape, NULL, "Items in each dimension."},
    {"strides", get_strides, NULL, "Bytes from one item to the next in each dimension."},
    {"suboffsets", get_suboffsets, NULL, "Always empty."},
    {0},
};

ob_type ob_memoryview_type = {
    OB_TYPE_HEAD(&ob_type_type, &view_kind), .name = "memoryview", .base = &ob_object_type, .flags = OB_TF_SEQUENCE, .size = sizeof(view_body),
    .slots = {.repr = slot_repr, .hash = slot_hash, .cmp = slot_cmp, .len = slot_len, .getitem = slot_getitem, .setitem = slot_setitem,
              .iter = slot_iter, .make = slot_make, .buffer = slot_buffer},
    .trace_body = trace_body, .free = view_free, .has_weakref = true, .methods = ob__memoryview_methods, .getsets = ob__memoryview_getsets,
    .doc = "A view of the memory of a bytes-like object.",
};
