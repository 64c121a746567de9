/* _lzma.c: the module _lzma: compression by liblzma (codec.h). */
#include "interp/mod/codec.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "base/mem.h"
#include <limits.h>
#include <lzma.h>
#include <stdlib.h>

enum { FORMAT_AUTO, FORMAT_XZ, FORMAT_ALONE, FORMAT_RAW };
enum { CHECK_UNKNOWN = LZMA_CHECK_ID_MAX + 1 };
static ob_val error_class;
typedef struct lz { py_codec_stream s; lzma_stream z; } lz;
typedef struct filters { lzma_filter f[LZMA_FILTERS_MAX + 1]; } filters;

static ob_val complain(int e) {
    ob_type *t = ob_type_ptr(error_class);
    switch (e) {
    case LZMA_UNSUPPORTED_CHECK: return ob_raise(t, "Unsupported integrity check");
    case LZMA_MEM_ERROR: return ob_raise_memory();
    case LZMA_MEMLIMIT_ERROR: return ob_raise(t, "Memory usage limit exceeded");
    case LZMA_FORMAT_ERROR: return ob_raise(t, "Input format not supported by decoder");
    case LZMA_OPTIONS_ERROR: return ob_raise(t, "Invalid or unsupported options");
    case LZMA_DATA_ERROR: return ob_raise(t, "Corrupt input data");
    case LZMA_BUF_ERROR: return ob_raise(t, "Insufficient buffer space");
    case LZMA_PROG_ERROR: return ob_raise(t, "Internal error");
    default: return ob_raise(t, "Unrecognized error from liblzma: %d", e);
    }
}
static py_codec_result step(py_codec_stream *s, bool finish) {
    lz *l = (lz *)s;
    l->z.next_in = s->in, l->z.avail_in = s->in_n, l->z.next_out = s->out, l->z.avail_out = s->out_n;
    lzma_ret e;
    while ((e = lzma_code(&l->z, finish ? LZMA_FINISH : LZMA_RUN)) == LZMA_GET_CHECK || e == LZMA_NO_CHECK) s->check = (int)lzma_get_check(&l->z);
    if (e == LZMA_BUF_ERROR && l->z.avail_in == 0 && l->z.avail_out > 0) e = LZMA_OK;        /* it wants more input: that is none */
    s->in = l->z.next_in, s->in_n = l->z.avail_in, s->out = l->z.next_out, s->out_n = l->z.avail_out;
    s->error = (int)e;
    return e == LZMA_STREAM_END ? PY_CODEC_END : e == LZMA_OK ? PY_CODEC_OK : e == LZMA_BUF_ERROR && s->out_n == 0 ? PY_CODEC_OK : PY_CODEC_ERROR;
}
static void end(py_codec_stream *s) { lzma_end(&((lz *)s)->z); }

/* ---- filters ---- */

static void filters_free(filters *f) { for (size_t i = 0; i < LZMA_FILTERS_MAX; i++) free(f->f[i].options), f->f[i].options = NULL; }
static bool spec_get(ob_val spec, const char *name, uint64_t otherwise, uint64_t most, uint64_t *out) {
    ob_val key = ob_str_intern_c(name), v = ob_is_null(key) ? key : ob_getitem(spec, key);
    *out = otherwise;
    if (ob_is_null(v)) return ob_err_clear_if(&ob_exc_KeyError);
    if (!ob_is_int(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", v));
    if (!ob_int_to_u64(v, out)) return false;
    return *out <= most || ob_fail(ob_raise(&ob_exc_OverflowError, "Value too large for uint32_t type"));
}
static bool only_keys(ob_val spec, const char *const *names, const char *message) {
    ob_val keys = ob_list_of_iterable(spec);
    for (size_t i = 0; !ob_is_null(keys) && i < ob_list_len(keys); i++) {
        bool known = false;
        for (const char *const *n = names; *n; n++) known |= ob_is_str(ob_list_at(keys, i)) && ob_str_equal_c(ob_list_at(keys, i), *n);
        if (!known) return ob_fail(ob_raise(&ob_exc_ValueError, "%s", message));
    }
    return !ob_is_null(keys);
}
static void *lzma_spec(ob_val spec) {
    static const char *const names[] = {"id", "preset", "dict_size", "lc", "lp", "pb", "mode", "nice_len", "mf", "depth", NULL};
    uint64_t preset, x;
    lzma_options_lzma *o;
    if (!only_keys(spec, names, "Invalid filter specifier for LZMA filter") || !spec_get(spec, "preset", LZMA_PRESET_DEFAULT, UINT32_MAX, &preset)) return NULL;
    if (!(o = calloc(1, sizeof *o))) return ob_fail_ptr(ob_raise_memory());
    if (lzma_lzma_preset(o, (uint32_t)preset)) { free(o); return ob_fail_ptr(ob_raise(ob_type_ptr(error_class), "Invalid compression preset: %u", (unsigned)preset)); }
#define FIELD(name, type) if (!spec_get(spec, #name, o->name, UINT32_MAX, &x)) { free(o); return NULL; } o->name = (type)x;
    FIELD(dict_size, uint32_t) FIELD(lc, uint32_t) FIELD(lp, uint32_t) FIELD(pb, uint32_t) FIELD(mode, lzma_mode) FIELD(nice_len, uint32_t) FIELD(mf, lzma_match_finder)
    FIELD(depth, uint32_t)
    return o;
}
static void *delta_spec(ob_val spec) {
    static const char *const names[] = {"id", "dist", NULL};
    uint64_t x;
    lzma_options_delta *o;
    if (!only_keys(spec, names, "Invalid filter specifier for delta filter") || !spec_get(spec, "dist", 1, UINT32_MAX, &x)) return NULL;
    if (!(o = calloc(1, sizeof *o))) return ob_fail_ptr(ob_raise_memory());
    o->type = LZMA_DELTA_TYPE_BYTE;
    o->dist = (uint32_t)x;
    return o;
}
static void *bcj_spec(ob_val spec) {
    static const char *const names[] = {"id", "start_offset", NULL};
    uint64_t x;
    lzma_options_bcj *o;
    if (!only_keys(spec, names, "Invalid filter specifier for BCJ filter") || !spec_get(spec, "start_offset", 0, UINT32_MAX, &x)) return NULL;
    if (!(o = calloc(1, sizeof *o))) return ob_fail_ptr(ob_raise_memory());
    o->start_offset = (uint32_t)x;
    return o;
}
static bool one_filter(ob_val spec, lzma_filter *f) {
    ob_val key = ob_str_intern_c("id"), id;
    if (!ob_is_dict(spec) && !ob_type_of(spec)->slots.getitem) return ob_fail(ob_raise(&ob_exc_TypeError, "Filter specifier must be a dict or dict-like object"));
    if (ob_is_null(id = ob_getitem(spec, key))) return ob_err_clear_if(&ob_exc_KeyError) && ob_fail(ob_raise(&ob_exc_ValueError, "Filter specifier must have an \"id\" entry"));
    if (!ob_is_int(id) || !ob_int_to_u64(id, &f->id)) return ob_failed() ? false : ob_fail(ob_raise_bad_type("an integer is required", id));
    switch (f->id) {
    case LZMA_FILTER_LZMA1: case LZMA_FILTER_LZMA2: f->options = lzma_spec(spec); break;
    case LZMA_FILTER_DELTA: f->options = delta_spec(spec); break;
    case LZMA_FILTER_X86: case LZMA_FILTER_POWERPC: case LZMA_FILTER_IA64: case LZMA_FILTER_ARM: case LZMA_FILTER_ARMTHUMB: case LZMA_FILTER_SPARC: f->options = bcj_spec(spec); break;
    default: return ob_fail(ob_raise(&ob_exc_ValueError, "Invalid filter ID: %llu", (unsigned long long)f->id));
    }
    return f->options != NULL;
}
static bool filters_of(ob_val v, filters *f) {
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i <= LZMA_FILTERS_MAX; i++) f->f[i].id = LZMA_VLI_UNKNOWN;
    if (ob_is_dict(v) || !ob_type_of(v)->slots.getitem) return ob_fail(ob_raise(&ob_exc_TypeError, "%.200T is not a sequence", v));
    ob_val list = ob_list_of_iterable(v);
    if (ob_is_null(list)) return false;
    if (ob_list_len(list) > LZMA_FILTERS_MAX) return ob_fail(ob_raise(&ob_exc_ValueError, "Too many filters - liblzma supports a maximum of %d", LZMA_FILTERS_MAX));
    for (size_t i = 0; i < ob_list_len(list); i++)
        if (!one_filter(ob_list_at(list, i), &f->f[i])) { filters_free(f); return false; }
    return true;
}

/* ---- compressors ---- */

static lz *stream_new(void) {
    lz *l = base_mem_zeroed(sizeof *l);
    if (!l) return ob_fail_ptr(ob_raise_memory());
    l->z = (lzma_stream)LZMA_STREAM_INIT;
    l->s.step = step, l->s.end = end, l->s.raise = complain, l->s.over = "Already at end of stream", l->s.check = CHECK_UNKNOWN;
    return l;
}
static ob_val made(ob_type *t, lz *l, lzma_ret e) {
    if (e == LZMA_OK) return py_codec_new(t, &l->s);
    lzma_end(&l->z);
    base_mem_free(l);
    return complain((int)e);
}
static lzma_ret begin_compressor(lz *l, int format, int check, uint32_t preset, const lzma_filter *f) {
    lzma_options_lzma o;
    switch (format) {
    case FORMAT_XZ: return f ? lzma_stream_encoder(&l->z, f, (lzma_check)check) : lzma_easy_encoder(&l->z, preset, (lzma_check)check);
    case FORMAT_ALONE: 
        if (f) return f[0].id == LZMA_FILTER_LZMA1 && f[1].id == LZMA_VLI_UNKNOWN ? lzma_alone_encoder(&l->z, f[0].options) : LZMA_OPTIONS_ERROR;
        return lzma_lzma_preset(&o, preset) ? LZMA_OPTIONS_ERROR : lzma_alone_encoder(&l->z, &o);
    default: return lzma_raw_encoder(&l->z, f);
    }
}
static ob_val compressor_new(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    int format = FORMAT_XZ, check = -1;
    uint64_t preset = LZMA_PRESET_DEFAULT;
    bool has_preset = !ob_is_null(a[2]) && !ob_is_none(a[2]), has_filters = !ob_is_null(a[3]) && !ob_is_none(a[3]);
    filters f;
    if ((!ob_is_null(a[0]) && !posix_int(a[0], &format)) || (!ob_is_null(a[1]) && !posix_int(a[1], &check))) return OB_NULL;
    if (has_preset && has_filters) return ob_raise(&ob_exc_ValueError, "Cannot specify both preset and filter chain");
    if (has_preset) {
        ob_val i = ob_index(a[2]);
        if (ob_is_null(i) || !ob_int_to_u64(i, &preset)) return OB_NULL;
        if (preset > UINT32_MAX) return ob_raise(&ob_exc_OverflowError, "Value too large for uint32_t type");
    }
    if (format != FORMAT_XZ && check != -1 && check != LZMA_CHECK_NONE) return ob_raise(&ob_exc_ValueError, "Integrity checks are only supported by FORMAT_XZ");
    if (format == FORMAT_XZ && check == -1) check = LZMA_CHECK_CRC64;
    if (format != FORMAT_XZ && format != FORMAT_ALONE && format != FORMAT_RAW) return ob_raise(&ob_exc_ValueError, "Invalid container format: %d", format);
    if (format == FORMAT_RAW && !has_filters) return ob_raise(&ob_exc_ValueError, "Must specify filters for FORMAT_RAW");
    if (has_filters && !filters_of(a[3], &f)) return OB_NULL;
    if (format == FORMAT_ALONE && has_filters && (f.f[0].id != LZMA_FILTER_LZMA1 || f.f[1].id != LZMA_VLI_UNKNOWN)) {
        filters_free(&f);
        return ob_raise(&ob_exc_ValueError, "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter");
    }
    lz *l = stream_new();
    lzma_ret e = l ? begin_compressor(l, format, check, (uint32_t)preset, has_filters ? f.f : NULL) : LZMA_OK;
    if (has_filters) filters_free(&f);
    return l ? made(ob_type_ptr(self), l, e) : OB_NULL;
}
static ob_val compressor_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"LZMACompressor", compressor_new, "format=FORMAT_XZ, check=-1, preset=None, filters=None", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}

/* ---- decompressors ---- */

static ob_val decompressor_new(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    int format = FORMAT_AUTO;
    uint64_t limit = UINT64_MAX;
    bool has_filters = !ob_is_null(a[2]) && !ob_is_none(a[2]);
    filters f;
    if (!ob_is_null(a[0]) && !posix_int(a[0], &format)) return OB_NULL;
    if (!ob_is_null(a[1]) && !ob_is_none(a[1])) {
        if (format == FORMAT_RAW) return ob_raise(&ob_exc_ValueError, "Cannot specify memory limit with FORMAT_RAW");
        ob_val i = ob_index(a[1]);
        if (ob_is_null(i) || !ob_int_to_u64(i, &limit)) return OB_NULL;
    }
    if (format == FORMAT_RAW && !has_filters) return ob_raise(&ob_exc_ValueError, "Must specify filters for FORMAT_RAW");
    if (format != FORMAT_RAW && has_filters) return ob_raise(&ob_exc_ValueError, "Cannot specify filters except with FORMAT_RAW");
    if (format < FORMAT_AUTO || format > FORMAT_RAW) return ob_raise(&ob_exc_ValueError, "Invalid container format: %d", format);
    if (has_filters && !filters_of(a[2], &f)) return OB_NULL;
    lz *l = stream_new();
    const uint32_t tell = LZMA_TELL_ANY_CHECK | LZMA_TELL_NO_CHECK;
    lzma_ret e = LZMA_OK;
    if (l) {
        e = format == FORMAT_AUTO ? lzma_auto_decoder(&l->z, limit, tell) : format == FORMAT_XZ ? lzma_stream_decoder(&l->z, limit, tell)
            : format == FORMAT_ALONE ? lzma_alone_decoder(&l->z, limit) : lzma_raw_decoder(&l->z, f.f);
        if (format == FORMAT_ALONE || format == FORMAT_RAW) l->s.check = LZMA_CHECK_NONE;
    }
    if (has_filters) filters_free(&f);
    return l ? made(ob_type_ptr(self), l, e) : OB_NULL;
}
static ob_val decompressor_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"LZMADecompressor", decompressor_new, "format=FORMAT_AUTO, memlimit=None, filters=None", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}
static ob_val get_check(ob_val v) { return ob_from_small(((py_codec *)ob_ptr(v))->s->check); }
static const ob_getset decompressor_getsets[] = {{"check", get_check, NULL, NULL}, {"eof", py_codec_get_eof, NULL, NULL},
    {"needs_input", py_codec_get_needs_input, NULL, NULL}, {"unused_data", py_codec_get_unused, NULL, NULL}, {0}};
static ob_type compressor_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_lzma.LZMACompressor", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF,
    .size = sizeof(py_codec), .free = py_codec_free, .slots = {.make = compressor_make}, .methods = py_compressor_methods};
static ob_type decompressor_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_lzma.LZMADecompressor", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF,
    .size = sizeof(py_codec), .free = py_codec_free, .slots = {.make = decompressor_make}, .methods = py_decompressor_methods, .getsets = decompressor_getsets};

/* ---- functions ---- */

OB_FN(m_supported) { int check; return posix_int(a[0], &check) ? ob_bool(lzma_check_is_supported((lzma_check)check)) : OB_NULL; }
OB_FN(m_encode_properties) {
    lzma_filter f = {0};
    uint32_t size;
    if (!one_filter(a[0], &f)) return OB_NULL;
    lzma_ret e = lzma_properties_size(&size, &f);
    ob_val b = e == LZMA_OK ? ob_bytes_alloc(size) : OB_NULL;
    if (!ob_is_null(b)) e = lzma_properties_encode(&f, ob_bytes_ptr(b)->data);
    free(f.options);
    return e != LZMA_OK ? complain((int)e) : b;
}
static bool put_number(ob_val d, const char *name, uint64_t x) {
    ob_val v = ob_int_from_u64(x);
    return !ob_is_null(v) && ob_dict_set_c(d, name, v);
}
OB_FN(m_decode_properties) {
    lzma_filter f = {0};
    ob_val b = py_bytes_of(a[1]), i = ob_index(a[0]), d;
    if (ob_is_null(b) || ob_is_null(i) || !ob_int_to_u64(i, &f.id)) return OB_NULL;
    lzma_ret e = lzma_properties_decode(&f, NULL, ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len);
    if (e != LZMA_OK) return complain((int)e);
    bool ok = !ob_is_null(d = ob_dict_new()) && put_number(d, "id", f.id);
    if (ok && f.id == LZMA_FILTER_LZMA1) {
        const lzma_options_lzma *o = f.options;
        ok = put_number(d, "dict_size", o->dict_size) && put_number(d, "lc", o->lc) && put_number(d, "lp", o->lp) && put_number(d, "pb", o->pb);
    } else if (ok && f.id == LZMA_FILTER_LZMA2) ok = put_number(d, "dict_size", ((const lzma_options_lzma *)f.options)->dict_size);
    else if (ok && f.id == LZMA_FILTER_DELTA) ok = put_number(d, "dist", ((const lzma_options_delta *)f.options)->dist);
    else if (ok && f.options) ok = put_number(d, "start_offset", ((const lzma_options_bcj *)f.options)->start_offset);
    free(f.options);
    return ok ? d : OB_NULL;
}
static const ob_def defs[] = {
    {"_decode_filter_properties", m_decode_properties, "filter_id, encoded_props, /", NULL, 0}, {"_encode_filter_properties", m_encode_properties, "filter, /", NULL, 0},
    {"is_check_supported", m_supported, "check_id, /", NULL, 0}, {0}};

#define C(name) {#name, LZMA_##name}
static const py_constant constants[] = {{"FORMAT_AUTO", FORMAT_AUTO}, {"FORMAT_XZ", FORMAT_XZ}, {"FORMAT_ALONE", FORMAT_ALONE}, {"FORMAT_RAW", FORMAT_RAW},
    C(CHECK_NONE), C(CHECK_CRC32), C(CHECK_CRC64), C(CHECK_SHA256), C(CHECK_ID_MAX), {"CHECK_UNKNOWN", CHECK_UNKNOWN}, C(FILTER_LZMA1), C(FILTER_LZMA2), C(FILTER_DELTA),
    C(FILTER_X86), C(FILTER_POWERPC), C(FILTER_IA64), C(FILTER_ARM), C(FILTER_ARMTHUMB), C(FILTER_SPARC), C(MF_HC3), C(MF_HC4), C(MF_BT2), C(MF_BT3), C(MF_BT4),
    C(MODE_FAST), C(MODE_NORMAL), C(PRESET_DEFAULT), C(PRESET_EXTREME)};
#undef C
static bool fill(ob_val m) {
    return py_mod_error(m, &error_class, "_lzma", "LZMAError", &ob_exc_Exception) && ob_module_add_type(m, &compressor_type) && ob_module_add_type(m, &decompressor_type) &&
           py_mod_constants(m, constants, BASE_LENGTH(constants));
}
const ob_module_def py_mod__lzma = {"_lzma", "Compression by the library lzma.", defs, fill};
