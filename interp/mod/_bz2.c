/* _bz2.c: the module _bz2: compression by libbz2 (codec.h). */
#include "interp/mod/codec.h"
#include "interp/mod/modules.h"
#include "interp/mod/posix_int.h"
#include "base/mem.h"
#include <bzlib.h>
#include <limits.h>

typedef struct bz { py_codec_stream s; bz_stream z; } bz;

/* libbz2 counts in unsigned ints: one step takes and gives what fits. */
static py_codec_result step_by(py_codec_stream *s, int (*call)(bz_stream *z, bool finish), bool finish) {
    bz *b = (bz *)s;
    unsigned in = s->in_n > UINT_MAX ? UINT_MAX : (unsigned)s->in_n, out = s->out_n > UINT_MAX ? UINT_MAX : (unsigned)s->out_n;
    b->z.next_in = (char *)(uintptr_t)s->in;
    b->z.avail_in = in;
    b->z.next_out = (char *)s->out;
    b->z.avail_out = out;
    int e = in == 0 && !finish && out == 0 ? BZ_OK : call(&b->z, finish);
    s->in += in - b->z.avail_in, s->in_n -= in - b->z.avail_in;
    s->out += out - b->z.avail_out, s->out_n -= out - b->z.avail_out;
    s->error = e;
    return e == BZ_STREAM_END ? PY_CODEC_END : e < 0 ? PY_CODEC_ERROR : PY_CODEC_OK;
}
static int do_compress(bz_stream *z, bool finish) { return !finish && z->avail_in == 0 ? BZ_RUN_OK : BZ2_bzCompress(z, finish ? BZ_FINISH : BZ_RUN); }
static int do_decompress(bz_stream *z, bool finish UNUSED) { return BZ2_bzDecompress(z); }
static py_codec_result compress_step(py_codec_stream *s, bool finish) { return step_by(s, do_compress, finish); }
static py_codec_result decompress_step(py_codec_stream *s, bool finish) { return step_by(s, do_decompress, finish); }
static void compress_end(py_codec_stream *s) { BZ2_bzCompressEnd(&((bz *)s)->z); }
static void decompress_end(py_codec_stream *s) { BZ2_bzDecompressEnd(&((bz *)s)->z); }

static ob_val complain(int e) {
    switch (e) {
    case BZ_PARAM_ERROR: return ob_raise(&ob_exc_ValueError, "Internal error - invalid parameters passed to libbzip2");
    case BZ_MEM_ERROR: return ob_raise_memory();
    case BZ_DATA_ERROR: case BZ_DATA_ERROR_MAGIC: return ob_raise(&ob_exc_OSError, "Invalid data stream");
    case BZ_IO_ERROR: return ob_raise(&ob_exc_OSError, "Unknown I/O error");
    case BZ_UNEXPECTED_EOF: return ob_raise(&ob_exc_EOFError, "Compressed file ended before the logical end-of-stream was detected");
    case BZ_SEQUENCE_ERROR: return ob_raise(&ob_exc_RuntimeError, "Internal error - Invalid sequence of commands sent to libbzip2");
    default: return ob_raise(&ob_exc_OSError, "Unrecognized error from libbzip2: %d", e);
    }
}
static ob_val made(ob_type *t, bool compressor, int level) {
    bz *b = base_mem_zeroed(sizeof *b);
    if (!b) return ob_raise_memory();
    int e = compressor ? BZ2_bzCompressInit(&b->z, level, 0, 0) : BZ2_bzDecompressInit(&b->z, 0, 0);
    if (e != BZ_OK) { base_mem_free(b); return complain(e); }
    b->s.step = compressor ? compress_step : decompress_step;
    b->s.end = compressor ? compress_end : decompress_end;
    b->s.raise = complain;
    b->s.over = "End of stream already reached";
    return py_codec_new(t, &b->s);
}
static ob_val compressor_new(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    int level = 9;
    if (!ob_is_null(a[0]) && !posix_int(a[0], &level)) return OB_NULL;
    if (level < 1 || level > 9) return ob_raise(&ob_exc_ValueError, "compresslevel must be between 1 and 9");
    return made(ob_type_ptr(self), true, level);
}
static ob_val compressor_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"BZ2Compressor", compressor_new, "compresslevel=9, /", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}
static ob_val decompressor_new(ob_val self, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return made(ob_type_ptr(self), false, 0); }
static ob_val decompressor_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"BZ2Decompressor", decompressor_new, "", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}
static const ob_getset decompressor_getsets[] = {{"eof", py_codec_get_eof, NULL, NULL}, {"needs_input", py_codec_get_needs_input, NULL, NULL},
    {"unused_data", py_codec_get_unused, NULL, NULL}, {0}};
static ob_type compressor_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_bz2.BZ2Compressor", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF,
    .size = sizeof(py_codec), .free = py_codec_free, .slots = {.make = compressor_make}, .methods = py_compressor_methods};
static ob_type decompressor_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_bz2.BZ2Decompressor", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF,
    .size = sizeof(py_codec), .free = py_codec_free, .slots = {.make = decompressor_make}, .methods = py_decompressor_methods, .getsets = decompressor_getsets};

static bool fill(ob_val m) { return ob_module_add_type(m, &compressor_type) && ob_module_add_type(m, &decompressor_type); }
const ob_module_def py_mod__bz2 = {"_bz2", "Compression by the library bzip2.", NULL, fill};
