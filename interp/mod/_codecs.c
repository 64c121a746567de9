/* _codecs.c: the module _codecs: the registry of codecs, and the codecs of objspace/codecs.h as functions.
 * Locks: none. */
#include "interp/mod/modules.h"
#include "interp/mod/native.h"
#include "objspace/codecs.h"
#include "objspace/dict.h"

/* ---- registry ---- */
METHOD(register) { return ob_codec_register(a[0]) ? OB_NONE : OB_NULL; }
METHOD(unregister) { return ob_codec_unregister(a[0]) ? OB_NONE : OB_NULL; }
METHOD(lookup) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "lookup() argument must be str, not %.50T", a[0]);
    return py_text_arg(a[0], "lookup() argument") ? ob_codec_lookup(a[0]) : OB_NULL;
}
METHOD(register_error) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "register_error() argument 1 must be str, not %.50T", a[0]);
    return ob_codec_register_error(a[0], a[1]) ? OB_NONE : OB_NULL;
}
METHOD(lookup_error) {
    const char *name = py_text_arg(a[0], "lookup_error() argument");
    return name ? ob_codec_lookup_error(name) : OB_NULL;
}

static ob_val code(const ob_val *a, bool encode) {
    const char *f = encode ? "encode()" : "decode()";
    ob_val encoding = ob_is_null(a[1]) ? ob_str_intern_c("utf-8") : a[1];
    if (!ob_is_str(encoding)) return ob_raise(&ob_exc_TypeError, "%s argument 'encoding' must be str, not %.50T", f, encoding);
    if (!ob_is_null(a[2]) && !ob_is_str(a[2])) return ob_raise(&ob_exc_TypeError, "%s argument 'errors' must be str, not %.50T", f, a[2]);
    return ob_codec_call(a[0], encoding, a[2], encode);
}
METHOD(encode) { return code(a, true); }
METHOD(decode) { return code(a, false); }

/* ---- arguments and results ---- */
/* errors: a str, None or absent. false: raised */
static bool errors_arg(ob_val v, const char **out) {
    *out = NULL;
    if (py_absent(v)) return true;
    *out = py_text_arg(v, "argument 2");
    return *out != NULL;
}

/* The bytes of data: bytes-like, or (escapes) a str as UTF-8. To be released unless owner is null. */
static bool data_arg(ob_val v, bool allow_str, ob_buffer *b) {
    if (allow_str && ob_is_str(v)) {
        size_t n;
        const char *s = ob_str_utf8(v, &n);
        *b = (ob_buffer){.data = (uint8_t *)(uintptr_t)s, .len = n, .owner = OB_NULL};
        return s != NULL;
    }
    return ob_buffer_get(v, b, false);
}

static ob_val with_count(ob_val result, size_t n) { return ob_is_null(result) ? result : ob_tuple_of2(result, ob_from_small((int64_t)n)); }

/* ---- decoders: (data, errors, final) ---- */
typedef ob_val stateful(const uint8_t *p, size_t n, const char *errors, size_t *consumed);

static ob_val run_stateful(const ob_val *a, stateful *f, bool has_final, bool default_final, bool allow_str) {
    const char *errors;
    bool final = default_final;
    ob_buffer b;
    if (!errors_arg(a[1], &errors) || (has_final && !py_bool_arg(a[2], default_final, &final)) || !data_arg(a[0], allow_str, &b)) return OB_NULL;
    size_t used = b.len;
    ob_val r = f(b.data, b.len, errors, final ? NULL : &used);
    if (!ob_is_null(b.owner)) ob_buffer_release(&b);
    return with_count(r, used);
}

static ob_val unicode_escape(const uint8_t *p, size_t n, const char *errors, size_t *consumed) { return ob_unicode_escape_decode(p, n, errors, consumed, NULL); }
static ob_val bytes_escape(const uint8_t *p, size_t n, const char *errors, size_t *consumed) { (void)consumed; return ob_bytes_escape_decode(p, n, errors, NULL); }
static ob_val latin1(const uint8_t *p, size_t n, const char *errors, size_t *consumed) { (void)errors; (void)consumed; return ob_latin1_decode(p, n); }
static ob_val ascii(const uint8_t *p, size_t n, const char *errors, size_t *consumed) { (void)consumed; return ob_ascii_decode(p, n, errors); }
METHOD(utf_8_decode) { return run_stateful(a, ob_utf8_decode, true, false, false); }
METHOD(utf_7_decode) { return run_stateful(a, ob_utf7_decode, true, false, false); }
METHOD(unicode_escape_decode) { return run_stateful(a, unicode_escape, true, true, true); }
METHOD(raw_unicode_escape_decode) { return run_stateful(a, ob_raw_unicode_escape_decode, true, true, true); }
METHOD(escape_decode) { return run_stateful(a, bytes_escape, false, true, true); }
METHOD(latin_1_decode) { return run_stateful(a, latin1, false, true, false); }
METHOD(ascii_decode) { return run_stateful(a, ascii, false, true, false); }

static ob_val wide_decode(const ob_val *a, bool four, int order, bool extended) {
    const char *errors;
    int64_t given;
    bool final;
    ob_buffer b;
    if (extended && !ob_is_null(a[2])) {
        if (!py_int_arg(a[2], &given)) return OB_NULL;
        order = (int)given;
    }
    if (!errors_arg(a[1], &errors) || !py_bool_arg(a[extended ? 3 : 2], false, &final) || !ob_buffer_get(a[0], &b, false)) return OB_NULL;
    size_t used = b.len;
    ob_val r = (four ? ob_utf32_decode : ob_utf16_decode)(b.data, b.len, errors, &order, final ? NULL : &used);
    ob_buffer_release(&b);
    if (!extended || ob_is_null(r)) return with_count(r, used);
    return ob_tuple_of3(r, ob_from_small((int64_t)used), ob_from_small(order));
}
METHOD(utf_16_decode) { return wide_decode(a, false, 0, false); }
METHOD(utf_16_le_decode) { return wide_decode(a, false, -1, false); }
METHOD(utf_16_be_decode) { return wide_decode(a, false, 1, false); }
METHOD(utf_16_ex_decode) { return wide_decode(a, false, 0, true); }
METHOD(utf_32_decode) { return wide_decode(a, true, 0, false); }
METHOD(utf_32_le_decode) { return wide_decode(a, true, -1, false); }
METHOD(utf_32_be_decode) { return wide_decode(a, true, 1, false); }
METHOD(utf_32_ex_decode) { return wide_decode(a, true, 0, true); }

METHOD(charmap_decode) {
    const char *errors;
    ob_buffer b;
    if (!errors_arg(a[1], &errors) || !ob_buffer_get(a[0], &b, false)) return OB_NULL;
    size_t len = b.len;
    ob_val data = ob_bytes_from(b.data, len);            /* the mapping may run any code */
    ob_buffer_release(&b);
    return ob_is_null(data) ? data : with_count(ob_charmap_decode(ob_bytes_ptr(data)->data, len, errors, ob_is_null(a[2]) ? OB_NULL : a[2]), len);
}

/* ---- encoders: (str, errors) ---- */
static bool text_arg(ob_val v, const char *name) { return ob_is_str(v) || ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument 1 must be str, not %.50T", name, v)); }
#define ENCODER(name, call) \
    METHOD(name) { \
        const char *errors; \
        if (!text_arg(a[0], #name) || !errors_arg(a[1], &errors)) return OB_NULL; \
        return with_count(call, ob_str_len(a[0])); \
    }
ENCODER(utf_8_encode, ob_utf8_encode(a[0], errors))
ENCODER(utf_7_encode, ob_utf7_encode(a[0], errors))
ENCODER(latin_1_encode, ob_latin1_encode(a[0], errors))
ENCODER(ascii_encode, ob_ascii_encode(a[0], errors))
ENCODER(unicode_escape_encode, ((void)errors, ob_unicode_escape_encode(a[0])))
ENCODER(raw_unicode_escape_encode, ((void)errors, ob_raw_unicode_escape_encode(a[0])))
ENCODER(utf_16_le_encode, ob_utf16_encode(a[0], errors, -1))
ENCODER(utf_16_be_encode, ob_utf16_encode(a[0], errors, 1))
ENCODER(utf_32_le_encode, ob_utf32_encode(a[0], errors, -1))
ENCODER(utf_32_be_encode, ob_utf32_encode(a[0], errors, 1))
ENCODER(charmap_encode, ob_charmap_encode(a[0], errors, a[2]))

static ob_val wide_encode(const ob_val *a, const char *name, ob_val (*f)(ob_val, const char *, int)) {
    const char *errors;
    int64_t order = 0;
    if (!text_arg(a[0], name) || !errors_arg(a[1], &errors) || (!ob_is_null(a[2]) && !py_int_arg(a[2], &order))) return OB_NULL;
    return with_count(f(a[0], errors, order < 0 ? -1 : order > 0), ob_str_len(a[0]));
}
METHOD(utf_16_encode) { return wide_encode(a, "utf_16_encode", ob_utf16_encode); }
METHOD(utf_32_encode) { return wide_encode(a, "utf_32_encode", ob_utf32_encode); }

METHOD(escape_encode) {
    if (!ob_is_bytes(a[0])) return ob_raise(&ob_exc_TypeError, "escape_encode() argument 1 must be bytes, not %.50T", a[0]);
    static const char hex[] = "0123456789abcdef";
    const ob_bytes_obj *b = ob_bytes_ptr(a[0]);
    ob_val r = ob_bytes_alloc(b->len * 4);
    if (ob_is_null(r)) return r;
    uint8_t *q = ob_bytes_ptr(r)->data;
    for (size_t i = 0; i < b->len; i++) {
        uint8_t c = b->data[i];
        const char *simple = c == '\'' ? "'" : c == '\\' ? "\\" : c == '\t' ? "t" : c == '\n' ? "n" : c == '\r' ? "r" : NULL;
        if (simple) { *q++ = '\\'; *q++ = (uint8_t)*simple; }
        else if (c < ' ' || c >= 0x7f) { *q++ = '\\'; *q++ = 'x'; *q++ = (uint8_t)hex[c >> 4]; *q++ = (uint8_t)hex[c & 15]; }
        else *q++ = c;
    }
    return with_count(ob_bytes_from(ob_bytes_ptr(r)->data, (size_t)(q - ob_bytes_ptr(r)->data)), b->len);
}

METHOD(readbuffer_encode) {
    ob_buffer b;
    if (!data_arg(a[0], true, &b)) return OB_NULL;
    ob_val r = ob_bytes_from(b.data, b.len);
    if (!ob_is_null(b.owner)) ob_buffer_release(&b);
    return with_count(r, ob_is_null(r) ? 0 : ob_bytes_ptr(r)->len);
}

/* The encoding map of a decoding table: a dict from character numbers to bytes. */
METHOD(charmap_build) {
    if (!text_arg(a[0], "charmap_build")) return OB_NULL;
    ob_val d = ob_dict_new();
    for (size_t i = 0; !ob_is_null(d) && i < ob_str_len(a[0]); i++) {
        uint32_t c = ob_str_at(a[0], i);
        if (c != 0xfffe && !ob_dict_set(d, ob_from_small(c), ob_from_small((int64_t)i))) return OB_NULL;
    }
    return d;
}

#define DECODE "data, errors=None, final=False, /"
#define ENCODE "str, errors=None, /"
#define FN(name, sig) {#name, m_##name, sig, NULL, 0}
static const ob_def defs[] = {
    FN(ascii_decode, "data, errors=None, /"), FN(ascii_encode, ENCODE), FN(charmap_build, "map, /"), FN(charmap_decode, "data, errors=None, mapping=None, /"),
    FN(charmap_encode, "str, errors=None, mapping=None, /"), FN(decode, "obj, encoding='utf-8', errors='strict'"), FN(encode, "obj, encoding='utf-8', errors='strict'"),
    FN(escape_decode, "data, errors=None, /"), FN(escape_encode, "data, errors=None, /"), FN(latin_1_decode, "data, errors=None, /"), FN(latin_1_encode, ENCODE),
    FN(lookup, "encoding, /"), FN(lookup_error, "name, /"), FN(raw_unicode_escape_decode, "data, errors=None, final=True, /"), FN(raw_unicode_escape_encode, ENCODE),
    FN(readbuffer_encode, "data, errors=None, /"), FN(register, "search_function, /"), FN(register_error, "errors, handler, /"),
    FN(unicode_escape_decode, "data, errors=None, final=True, /"), FN(unicode_escape_encode, ENCODE), FN(unregister, "search_function, /"),
    FN(utf_16_be_decode, DECODE), FN(utf_16_be_encode, ENCODE), FN(utf_16_decode, DECODE), FN(utf_16_encode, "str, errors=None, byteorder=0, /"),
    FN(utf_16_ex_decode, "data, errors=None, byteorder=0, final=False, /"), FN(utf_16_le_decode, DECODE), FN(utf_16_le_encode, ENCODE),
    FN(utf_32_be_decode, DECODE), FN(utf_32_be_encode, ENCODE), FN(utf_32_decode, DECODE), FN(utf_32_encode, "str, errors=None, byteorder=0, /"),
    FN(utf_32_ex_decode, "data, errors=None, byteorder=0, final=False, /"), FN(utf_32_le_decode, DECODE), FN(utf_32_le_encode, ENCODE),
    FN(utf_7_decode, DECODE), FN(utf_7_encode, ENCODE), FN(utf_8_decode, DECODE), FN(utf_8_encode, ENCODE), {0},
};
const ob_module_def py_mod__codecs = {"_codecs", "Codecs and their registry.", defs, NULL};
