/* zlib.c: the module zlib over the library of that name.
 *
 * Locks: none.
 * Z1  A stream object's whole state lies in one block of its body (`arena`): the z_stream first, then what zlib allocates for it. So a
 *     version is made by deflateCopy / inflateCopy into a fresh block, and the collector frees what nobody reaches.
 * Z2  zlib copies the allocator's argument along with a stream, so that the arena in use is told by a thread-local instead (`in_use`);
 *     it is set around every call of zlib that may allocate.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/str.h"
#include <limits.h>
#include <string.h>
#include <zlib.h>

static ob_val zlib_error;
#define CHUNK (1u << 30)                                  /* zlib counts in unsigned */

/* ---- errors, input, output ---- */

static ob_val complain(int err, const char *msg, const char *what) {
    ob_type *t = ob_type_ptr(zlib_error);
    if (err == Z_MEM_ERROR) return ob_raise_memory();
    if (err == Z_VERSION_ERROR) msg = "library version mismatch";
    if (!msg) msg = err == Z_BUF_ERROR ? "incomplete or truncated stream" : err == Z_STREAM_ERROR ? "inconsistent stream state" : err == Z_DATA_ERROR ? "invalid input data" : NULL;
    return msg ? ob_raise(t, "Error %d %s: %.200s", err, what, msg) : ob_raise(t, "Error %d %s", err, what);
}

/* Room for output: at least something, at most `limit` bytes in all. false: no memory, raised. */
static bool offer(base_buf *out, z_stream *z, size_t limit) {
    size_t room = out->n < 16384 ? 16384 : out->n;
    if (room > limit - out->n) room = limit - out->n;
    if (room > CHUNK) room = CHUNK;
    if (!base_buf_reserve(out, room)) return ob_fail(ob_raise_memory());
    z->next_out = (Bytef *)out->at + out->n;
    z->avail_out = (uInt)room;
    return true;
}

static void take(base_buf *out, z_stream *z) { out->n = (size_t)((char *)z->next_out - out->at); }

static ob_val finish(base_buf *out, bool ok) {
    ob_val v = ok ? ob_bytes_from(out->at, out->n) : OB_NULL;
    base_buf_release(out);
    return v;
}

/* Feeds data to deflate or inflate until it is used up, the stream ends, or `limit` bytes came out. flush holds for the end of the data.
 * Returns zlib's last code; *data is moved to what is left. Z_MEM_ERROR: raised or zlib's own. */
static int pump(z_stream *z, int (*step)(z_stream *, int), const uint8_t **data, size_t *n, int flush, base_buf *out, size_t limit) {
    int err = Z_OK;
    do {
        size_t part = *n < CHUNK ? *n : CHUNK;
        z->next_in = (Bytef *)(uintptr_t)*data;
        z->avail_in = (uInt)part;
        *n -= part;
        do {
            if (out->n >= limit) break;
            if (!offer(out, z, limit)) { err = Z_MEM_ERROR; break; }
            err = step(z, *n == 0 ? flush : Z_NO_FLUSH);
            take(out, z);
        } while (z->avail_out == 0 && (err == Z_OK || err == Z_BUF_ERROR));
        *n += z->avail_in;
        *data = z->next_in;
    } while (*n && err == Z_OK && out->n < limit);
    return err;
}

static bool int_arg(ob_val v, int fallback, int *out) {
    int64_t i;
    *out = fallback;
    if (ob_is_null(v)) return true;
    ob_val x = ob_index(v);
    if (ob_is_null(x)) return false;
    i = ob_int_clamp(x);
    if (i > INT_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C int"));
    if (i < INT_MIN) return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too small to convert to C int"));
    *out = (int)i;
    return true;
}

/* ---- whole texts ---- */

static int step_deflate(z_stream *z, int flush) { return deflate(z, flush); }
static int step_inflate(z_stream *z, int flush) { return inflate(z, flush); }

static ob_val compress_all(const uint8_t *p, size_t n, int level, int wbits) {
    z_stream z = {0};
    base_buf out;
    int err = deflateInit2(&z, level, Z_DEFLATED, wbits, 8, Z_DEFAULT_STRATEGY);
    if (err == Z_STREAM_ERROR) return ob_raise(ob_type_ptr(zlib_error), "Bad compression level");
    if (err != Z_OK) return complain(err, z.msg, "while compressing data");
    base_buf_init(&out);
    err = pump(&z, step_deflate, &p, &n, Z_FINISH, &out, SIZE_MAX);
    if (err != Z_STREAM_END && !ob_failed()) (void)complain(err, z.msg, "while compressing data");
    deflateEnd(&z);
    return finish(&out, err == Z_STREAM_END);
}

OB_FN(m_compress) {
    int level, wbits;
    ob_buffer b;
    if (!int_arg(a[1], Z_DEFAULT_COMPRESSION, &level) || !int_arg(a[2], MAX_WBITS, &wbits) || !ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val v = compress_all(b.data, b.len, level, wbits);
    ob_buffer_release(&b);
    return v;
}

static ob_val decompress_all(const uint8_t *p, size_t n, int wbits) {
    z_stream z = {0};
    base_buf out;
    int err = inflateInit2(&z, wbits);
    if (err != Z_OK) return complain(err, z.msg, "while preparing to decompress data");
    base_buf_init(&out);
    err = pump(&z, step_inflate, &p, &n, Z_SYNC_FLUSH, &out, SIZE_MAX);
    if (err != Z_STREAM_END && !ob_failed()) (void)complain(err == Z_OK || err == Z_BUF_ERROR ? Z_BUF_ERROR : err, err == Z_OK ? NULL : z.msg, "while decompressing data");
    inflateEnd(&z);
    return finish(&out, err == Z_STREAM_END);
}

OB_FN(m_decompress) {
    int wbits;
    int64_t room = 1;
    ob_buffer b;
    if (!int_arg(a[1], MAX_WBITS, &wbits)) return OB_NULL;
    if (!ob_is_null(a[2]) && !ob_index_i64(a[2], &room)) return OB_NULL;
    if (room < 0) return ob_raise(&ob_exc_ValueError, "bufsize must be non-negative");
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val v = decompress_all(b.data, b.len, wbits);
    ob_buffer_release(&b);
    return v;
}

/* ---- checksums ---- */

static ob_val checksum(const ob_val *a, uint32_t start, uLong (*fn)(uLong, const Bytef *, z_size_t)) {
    uint64_t value = start;
    ob_buffer b;
    if (!ob_is_null(a[1])) {
        ob_val i = ob_index(a[1]);
        if (!ob_is_null(i)) i = ob_int_binary(OB_BIN_AND, i, ob_from_small(INT64_C(0xffffffff)));
        if (ob_is_null(i) || !ob_int_to_u64(i, &value)) return OB_NULL;
    }
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    uLong r = fn((uLong)value, b.data, b.len);
    ob_buffer_release(&b);
    return ob_from_small((int64_t)(r & 0xffffffff));
}

OB_FN(m_adler32) { return checksum(a, 1, adler32_z); }
OB_FN(m_crc32) { return checksum(a, 0, crc32_z); }

/* ---- streams ---- */

typedef struct arena { z_stream z; size_t size, used; } arena;
typedef struct stream_body { arena *arena; ob_val unused_data, unconsumed_tail, zdict; uint64_t eof, ended; } stream_body;
static ob_type compress_type, decompress_type;
static _Thread_local arena *in_use;

static void *arena_alloc(void *opaque, uInt items, uInt size) {
    (void)opaque;
    size_t n = ((size_t)items * size + 15) & ~(size_t)15;
    if (n > in_use->size - in_use->used) return NULL;
    void *p = (char *)in_use + in_use->used;
    in_use->used += n;
    return p;
}
static void arena_free(void *opaque, void *p) { (void)opaque, (void)p; }

#define ARENA_HEAD ((sizeof(arena) + 15) & ~(size_t)15)

static void arena_init(arena *r, size_t size) {
    memset(&r->z, 0, sizeof r->z);
    r->size = size;
    r->used = ARENA_HEAD;
    r->z.zalloc = arena_alloc;
    r->z.zfree = arena_free;
}

static bool is_compressor(const tx_handle *h) { return (ob_type *)h->cls == &compress_type; }

static bool body_copy(const tx_handle *h, void *dst, const void *src) {
    const stream_body *s = src;
    stream_body *d = dst;
    *d = *s;
    if (!s->arena) return true;
    if (!(d->arena = ob_kind_block(s->arena->size))) return false;
    arena_init(d->arena, s->arena->size);
    if (s->ended) return true;
    in_use = d->arena;
    int err = is_compressor(h) ? deflateCopy(&d->arena->z, &s->arena->z) : inflateCopy(&d->arena->z, &s->arena->z);
    if (err == Z_OK) return true;
    ob_block_free(d->arena, s->arena->size);
    return false;
}

static void body_drop(const tx_handle *h, void *body) {
    (void)h;
    stream_body *b = body;
    if (b->arena) ob_block_free(b->arena, b->arena->size);
}

static bool body_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) { (void)h, (void)mask; return x == y; }
static bool body_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h, (void)mine, (void)base, (void)theirs, (void)dirty;
    return false;
}

static void trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const stream_body *b = body;
    ob_trace_block(t, b->arena);
    ob_trace_val(t, b->unused_data);
    ob_trace_val(t, b->unconsumed_tail);
    ob_trace_val(t, b->zdict);
}

static OB_KIND(stream_kind, .copy = body_copy, .drop = body_drop, .same = body_same, .merge = body_merge);

/* A stream object with an arena of `size` bytes, not yet set up. */
static ob_val stream_new(ob_type *t, size_t size) {
    ob_val v = ob_of(ob_alloc_mut(t, sizeof(stream_body))), none = ob_bytes_from("", 0);
    arena *r = ob_is_null(v) || ob_is_null(none) ? NULL : ob_block_alloc(size);
    stream_body *b = r ? ob_write(v) : NULL;
    if (!b) return OB_NULL;
    arena_init(r, size);
    *b = (stream_body){.arena = r, .unused_data = none, .unconsumed_tail = none};
    return v;
}

static ob_val bad_option(void) { return ob_raise(&ob_exc_ValueError, "Invalid initialization option"); }

OB_FN(m_compressobj) {
    int level, method, wbits, mem, strategy;
    ob_buffer d;
    if (!int_arg(a[0], Z_DEFAULT_COMPRESSION, &level) || !int_arg(a[1], Z_DEFLATED, &method) || !int_arg(a[2], MAX_WBITS, &wbits) ||
        !int_arg(a[3], 8, &mem) || !int_arg(a[4], Z_DEFAULT_STRATEGY, &strategy))
        return OB_NULL;
    bool dict = !ob_is_null(a[5]) && !ob_is_none(a[5]);
    if (dict && !ob_buffer_get(a[5], &d, false)) return OB_NULL;
    unsigned bits = wbits < 0 ? 0u - (unsigned)wbits : wbits > 15 ? (unsigned)wbits - 16 : (unsigned)wbits;
    if (bits > 15 || mem < 1 || mem > 9) bits = 15;        /* zlib will refuse it */
    ob_val v = stream_new(&compress_type, ((size_t)1 << (bits + 3)) + ((size_t)1 << ((mem < 1 || mem > 9 ? 9 : mem) + 10)) + 65536);
    stream_body *b = ob_is_null(v) ? NULL : ob_write(v);
    if (b) {
        in_use = b->arena;
        int err = deflateInit2(&b->arena->z, level, method, wbits, mem, strategy);
        if (err == Z_OK && dict && deflateSetDictionary(&b->arena->z, d.data, (uInt)d.len) != Z_OK) err = Z_STREAM_ERROR;
        if (err == Z_STREAM_ERROR) v = bad_option();
        else if (err != Z_OK) v = complain(err, b->arena->z.msg, "while creating compression object");
    }
    if (dict) ob_buffer_release(&d);
    return b ? v : OB_NULL;
}

static bool set_dictionary(arena *r, ob_val zdict) {
    ob_buffer d;
    if (!ob_buffer_get(zdict, &d, false)) return false;
    int err = inflateSetDictionary(&r->z, d.data, (uInt)d.len);
    ob_buffer_release(&d);
    return err == Z_OK || ob_fail(complain(err, r->z.msg, "while setting zdict"));
}

OB_FN(m_decompressobj) {
    int wbits;
    if (!int_arg(a[0], MAX_WBITS, &wbits)) return OB_NULL;
    if (!ob_is_null(a[1]) && !ob_is_buffer(a[1])) return ob_raise(&ob_exc_TypeError, "zdict argument must support the buffer protocol");
    ob_val v = stream_new(&decompress_type, 98304);
    stream_body *b = ob_is_null(v) ? NULL : ob_write(v);
    if (!b) return OB_NULL;
    b->zdict = a[1];
    in_use = b->arena;
    int err = inflateInit2(&b->arena->z, wbits);
    if (err == Z_STREAM_ERROR) return bad_option();
    if (err != Z_OK) return complain(err, b->arena->z.msg, "while creating decompression object");
    return !ob_is_null(a[1]) && wbits < 0 && !set_dictionary(b->arena, a[1]) ? OB_NULL : v;
}

/* ---- compressing ---- */

static ob_val deflate_into(ob_val self, const uint8_t *p, size_t n, int flush, const char *what) {
    base_buf out;
    stream_body *b = ob_write(self);
    if (!b) return OB_NULL;
    if (b->ended) return complain(Z_STREAM_ERROR, NULL, what);
    base_buf_init(&out);
    in_use = b->arena;
    int err = pump(&b->arena->z, step_deflate, &p, &n, flush, &out, SIZE_MAX);
    bool ok = err == Z_OK || err == Z_BUF_ERROR || err == Z_STREAM_END;
    if (err == Z_STREAM_END) b->ended = 1;
    if (!ok && !ob_failed()) (void)complain(err, b->arena->z.msg, what);
    return finish(&out, ok);
}

OB_FN(compress_compress) {
    ob_buffer b;
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val v = deflate_into(self, b.data, b.len, Z_NO_FLUSH, "while compressing data");
    ob_buffer_release(&b);
    return v;
}

OB_FN(compress_flush) {
    int mode;
    if (!int_arg(a[0], Z_FINISH, &mode)) return OB_NULL;
    if (mode == Z_NO_FLUSH) return ob_bytes_from("", 0);
    return deflate_into(self, (const uint8_t *)"", 0, mode, "while flushing");
}

OB_FN(stream_copy) {
    const stream_body *s = ob_read(self);
    if (s->ended) return ob_raise(&ob_exc_ValueError, "Inconsistent stream state");
    ob_val v = stream_new(ob_type_of(self), s->arena->size);
    stream_body *d = ob_is_null(v) ? NULL : ob_write(v);
    if (!d) return OB_NULL;
    arena *r = d->arena;
    s = ob_read(self);
    *d = *s;
    d->arena = r;
    in_use = r;
    int err = is_compressor(ob_handle(self)) ? deflateCopy(&r->z, &s->arena->z) : inflateCopy(&r->z, &s->arena->z);
    return err == Z_OK ? v : complain(err, s->arena->z.msg, "while copying stream");
}

/* ---- decompressing ---- */

static bool save_rest(stream_body *b, const uint8_t *p, size_t n, int err) {
    if (err == Z_STREAM_END) {                            /* what follows the stream */
        size_t old = ob_bytes_ptr(b->unused_data)->len;
        ob_val all = n ? ob_bytes_alloc(old + n) : b->unused_data;
        if (ob_is_null(all)) return false;
        if (n) {
            memcpy(ob_bytes_ptr(all)->data, ob_bytes_ptr(b->unused_data)->data, old);
            memcpy(ob_bytes_ptr(all)->data + old, p, n);
        }
        b->unused_data = all;
        b->eof = 1;
    }
    if ((n == 0 || err == Z_STREAM_END) && ob_bytes_ptr(b->unconsumed_tail)->len == 0) return true;
    ob_val tail = ob_bytes_from(p, n);
    if (ob_is_null(tail)) return false;
    b->unconsumed_tail = tail;
    return true;
}

static ob_val inflate_into(ob_val self, const uint8_t *p, size_t n, size_t limit, int flush, const char *what) {
    base_buf out;
    stream_body *b = ob_write(self);
    if (!b) return OB_NULL;
    if (b->ended) return complain(Z_STREAM_ERROR, NULL, what);
    base_buf_init(&out);
    in_use = b->arena;
    int err = pump(&b->arena->z, step_inflate, &p, &n, flush, &out, limit);
    while (err == Z_NEED_DICT && !ob_is_null(b->zdict)) {
        if (!set_dictionary(b->arena, b->zdict)) return finish(&out, false);
        err = pump(&b->arena->z, step_inflate, &p, &n, flush, &out, limit);
    }
    bool ok = err == Z_OK || err == Z_BUF_ERROR || err == Z_STREAM_END;
    if (!ok && !ob_failed()) (void)complain(err, b->arena->z.msg, what);
    if (ok) ok = save_rest(b, p, n, err);
    if (ok && err == Z_STREAM_END && flush == Z_FINISH) b->ended = 1;
    return finish(&out, ok);
}

OB_FN(decompress_decompress) {
    int64_t most = 0;
    ob_buffer in;
    if (!ob_is_null(a[1]) && !ob_index_i64(a[1], &most)) return OB_NULL;
    if (most < 0) return ob_raise(&ob_exc_ValueError, "max_length must be non-negative");
    if (!ob_buffer_get(a[0], &in, false)) return OB_NULL;
    ob_val v = inflate_into(self, in.data, in.len, most ? (size_t)most : SIZE_MAX, Z_SYNC_FLUSH, "while decompressing data");
    ob_buffer_release(&in);
    return v;
}

OB_FN(decompress_flush) {
    int64_t room = 1;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &room)) return OB_NULL;
    if (room <= 0) return ob_raise(&ob_exc_ValueError, "length must be greater than zero");
    if (((const stream_body *)ob_read(self))->ended) return ob_bytes_from("", 0);
    ob_val tail = ((const stream_body *)ob_read(self))->unconsumed_tail;
    return inflate_into(self, ob_bytes_ptr(tail)->data, ob_bytes_ptr(tail)->len, SIZE_MAX, Z_FINISH, "while flushing");
}

static ob_val get_eof(ob_val self) { return ob_bool(((const stream_body *)ob_read(self))->eof != 0); }
static ob_val get_unused(ob_val self) { return ((const stream_body *)ob_read(self))->unused_data; }
static ob_val get_tail(ob_val self) { return ((const stream_body *)ob_read(self))->unconsumed_tail; }

#define COPY_METHODS \
    {"__copy__", stream_copy, "", NULL, 0}, {"__deepcopy__", stream_copy, "memo, /", NULL, 0}, {"copy", stream_copy, "", "An independent object in the same state.", 0}

static const ob_def compress_methods[] = {
    COPY_METHODS,
    {"compress", compress_compress, "data, /", "Takes in data; gives what can be written already.", 0},
    {"flush", compress_flush, "mode=zlib.Z_FINISH, /", "Gives what is still held back.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
static const ob_def decompress_methods[] = {
    COPY_METHODS,
    {"decompress", decompress_decompress, "data, /, max_length=0", "Takes in data; gives what it holds, max_length bytes at most.", 0},
    {"flush", decompress_flush, "length=zlib.DEF_BUF_SIZE, /", "Gives what is still held back.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
static const ob_getset decompress_getsets[] = {
    {"eof", get_eof, NULL, "has the end of the stream been met?"},
    {"unconsumed_tail", get_tail, NULL, "input that max_length left over"},
    {"unused_data", get_unused, NULL, "what followed the stream"},
    {NULL, NULL, NULL, NULL},
};

#define STREAM(var, name_, methods_, getsets_) \
    static ob_type var = {OB_TYPE_HEAD(&ob_type_type, &stream_kind), .name = name_, .base = &ob_object_type, .flags = OB_TF_NO_MAKE, \
                          .size = sizeof(stream_body), .trace_body = trace_body, .methods = methods_, .getsets = getsets_}
STREAM(compress_type, "zlib.Compress", compress_methods, NULL);
STREAM(decompress_type, "zlib.Decompress", decompress_methods, decompress_getsets);

static const ob_def defs[] = {
    {"adler32", m_adler32, "data, value=1, /", "The Adler-32 checksum of the data.", 0},
    {"compress", m_compress, "data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS", "The data, compressed.", 0},
    {"compressobj", m_compressobj,
     "level=Z_DEFAULT_COMPRESSION, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL, strategy=Z_DEFAULT_STRATEGY, zdict=None", "A compressor.", 0},
    {"crc32", m_crc32, "data, value=0, /", "The CRC-32 checksum of the data.", 0},
    {"decompress", m_decompress, "data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE", "What compressed data holds.", 0},
    {"decompressobj", m_decompressobj, "wbits=MAX_WBITS, zdict=b''", "A decompressor.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

#define CONSTANTS(C) \
    C(MAX_WBITS) C(Z_BEST_COMPRESSION) C(Z_BEST_SPEED) C(Z_BLOCK) C(Z_DEFAULT_COMPRESSION) C(Z_DEFAULT_STRATEGY) C(Z_FILTERED) C(Z_FINISH) C(Z_FIXED) \
    C(Z_FULL_FLUSH) C(Z_HUFFMAN_ONLY) C(Z_NO_COMPRESSION) C(Z_NO_FLUSH) C(Z_PARTIAL_FLUSH) C(Z_RLE) C(Z_SYNC_FLUSH) C(Z_TREES)

static bool fill(ob_val m) {
    if (!py_mod_error(m, &zlib_error, "zlib", "error", &ob_exc_Exception)) return false;
#define C(name) if (!ob_module_add_int(m, #name, name)) return false;
    CONSTANTS(C)
#undef C
    return ob_type_ready(&compress_type) && ob_type_ready(&decompress_type) && ob_module_add_int(m, "DEFLATED", Z_DEFLATED) &&
           ob_module_add_int(m, "DEF_MEM_LEVEL", 8) && ob_module_add_int(m, "DEF_BUF_SIZE", 16384) &&
           ob_module_add(m, "ZLIB_VERSION", ob_str_from_c(ZLIB_VERSION)) && ob_module_add(m, "ZLIB_RUNTIME_VERSION", ob_str_from_c(zlibVersion())) &&
           ob_module_add(m, "__version__", ob_str_from_c("1.0"));
}

const ob_module_def py_mod_zlib = {"zlib", "Compression by the library zlib.", defs, fill};
