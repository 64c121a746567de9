/* exc_fields.c: the exceptions with fields that are given by keyword or position: NameError, AttributeError, ImportError, SyntaxError and
 * the three Unicode errors.
 * Locks: none. */
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/exc_int.h"
#include "objspace/int.h"

OB_EXC_FIELD(f0, 0)
OB_EXC_FIELD(f1, 1)
OB_EXC_FIELD(f2, 2)
OB_EXC_FIELD(f3, 3)
OB_EXC_FIELD(f4, 4)
OB_EXC_FIELD(f5, 5)
OB_EXC_FIELD(f6, 6)
OB_EXC_FIELD(f7, 7)

static bool keyword_init(ob_val self, const char *what, const ob_val *a, size_t n, ob_val kw, const char *const *names, size_t count, int first) {
    ob_val out[2] = {OB_NULL, OB_NULL};
    if (!ob__exc_keywords(what, a, n, kw, names, count, out) || !ob__exc_set_args(self, a, n)) return false;
    ob_exc_body *b = ob_write(self);
    if (!b) return false;
    for (size_t i = 0; i < count; i++) b->extra[(size_t)first + i] = out[i];
    return true;
}

/* ---- NameError: name.  AttributeError: name obj ---- */
static bool name_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { return keyword_init(self, "NameError", a, n, kw, (const char *const[]){"name"}, 1, 0); }
static bool attribute_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return keyword_init(self, "AttributeError", a, n, kw, (const char *const[]){"name", "obj"}, 2, 0);
}
static const ob_getset name_getsets[] = {{"name", get_f0, set_f0, "name"}, {0}};
static const ob_getset attribute_getsets[] = {{"name", get_f0, set_f0, "attribute name"}, {"obj", get_f1, set_f1, "object"}, {0}};
const ob__exc_part ob__exc_name = {&ob_exc_NameError, NULL, name_init, NULL, NULL, name_getsets};
const ob__exc_part ob__exc_attribute = {&ob_exc_AttributeError, NULL, attribute_init, NULL, NULL, attribute_getsets};

/* ---- ImportError: msg name path ---- */
static bool import_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    return keyword_init(self, "ImportError", a, n, kw, (const char *const[]){"name", "path"}, 2, 1) && ob__exc_set_extra(self, 0, n == 1 ? a[0] : OB_NULL);
}
static ob_val import_str(ob_val self) {
    ob_val msg = ob__exc_extra(self, 0);
    return !ob_is_null(msg) && ob_is_exact(msg, &ob_str_type) ? msg : ob__exc_str(self);
}
static ob_val import_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    const ob_exc_body *b = ob__exc_body(self);
    ob_val name = b->extra[1], path = b->extra[2], args = b->args, state = b->dict, cls = ob_type_val(ob_type_of(self));
    if (!ob_is_null(name) || !ob_is_null(path)) {
        state = ob_is_null(state) ? ob_dict_new() : ob_dict_copy(state);
        if (ob_is_null(state) || (!ob_is_null(name) && !ob_dict_set_c(state, "name", name)) || (!ob_is_null(path) && !ob_dict_set_c(state, "path", path))) return OB_NULL;
    }
    return ob_is_null(state) ? ob_tuple_of2(cls, args) : ob_tuple_of3(cls, args, state);
}
static const ob_def import_methods[] = {{"__reduce__", import_reduce, "", NULL, 0}, {0}};
static const ob_getset import_getsets[] = {{"msg", get_f0, set_f0, "exception message"}, {"name", get_f1, set_f1, "module name"}, {"path", get_f2, set_f2, "module path"}, {0}};
const ob__exc_part ob__exc_import = {&ob_exc_ImportError, NULL, import_init, import_str, import_methods, import_getsets};

/* ---- SyntaxError: msg filename lineno offset text end_lineno end_offset print_file_and_line ---- */
static bool syntax_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob__exc_init(self, a, n, kw)) return false;
    ob_exc_body *b;
    if (n >= 1) {
        if (!(b = ob_write(self))) return false;
        b->extra[0] = a[0];
    }
    if (n != 2) return true;
    ob_val info = ob_tuple_of_iterable(a[1]);
    if (ob_is_null(info)) return false;
    size_t k = ob_tuple_len(info);
    if (k < 4) return ob_fail(ob_raise(&ob_exc_TypeError, "function missing required argument '%s' (pos %zu)", (const char *const[]){"filename", "lineno", "offset", "text"}[k], k + 1));
    if (k > 6) return ob_fail(ob_raise(&ob_exc_TypeError, "function takes at most 6 arguments (%zu given)", k));
    if (k == 5) return ob_fail(ob_raise(&ob_exc_TypeError, "end_offset must be provided when end_lineno is provided"));
    if (!(b = ob_write(self))) return false;
    for (size_t i = 0; i < k; i++) b->extra[1 + i] = ob_tuple_at(info, i);
    return true;
}
static ob_val syntax_str(ob_val self) {
    const ob_exc_body *b = ob__exc_body(self);
    ob_val msg = ob__or_none(b->extra[0]), file = b->extra[1], line = b->extra[2];
    bool has_line = !ob_is_null(line) && ob_is_exact(line, &ob_int_type), has_file = !ob_is_null(file) && ob_is_str(file);
    if (has_file) {
        size_t n = ob_str_len(file), from = n;
        while (from > 0 && ob_str_at(file, from - 1) != '/') from--;
        file = ob_str_slice(file, from, n);
        if (ob_is_null(file)) return file;
    }
    if (has_file && has_line) return ob_str_format_c("%S (%S, line %S)", msg, file, line);
    if (has_file) return ob_str_format_c("%S (%S)", msg, file);
    if (has_line) return ob_str_format_c("%S (line %S)", msg, line);
    return ob_str(msg);
}
static const ob_getset syntax_getsets[] = {
    {"msg", get_f0, set_f0, "exception msg"}, {"filename", get_f1, set_f1, "exception filename"}, {"lineno", get_f2, set_f2, "exception lineno"},
    {"offset", get_f3, set_f3, "exception offset"}, {"text", get_f4, set_f4, "exception text"}, {"end_lineno", get_f5, set_f5, "exception end lineno"},
    {"end_offset", get_f6, set_f6, "exception end offset"}, {"print_file_and_line", get_f7, set_f7, "exception print_file_and_line"}, {0}};
const ob__exc_part ob__exc_syntax = {&ob_exc_SyntaxError, NULL, syntax_init, syntax_str, NULL, syntax_getsets};

/* ---- Unicode errors: encoding object start end reason ---- */
static bool want_str(size_t i, ob_val v) {
    return ob_is_str(v) || ob_fail(ob_raise(&ob_exc_TypeError, "argument %zu must be str, not %T", i, v));
}

/* encoding OB_NULL: the error has none (translate). */
static bool unicode_fill(ob_val self, ob_val encoding, ob_val object, const ob_val *rest, size_t first) {
    ob_val start = ob_index(rest[0]), end = ob_is_null(start) ? start : ob_index(rest[1]);
    if (ob_is_null(end) || !want_str(first + 2, rest[2])) return false;
    ob_exc_body *b = ob_write(self);
    if (!b) return false;
    b->extra[0] = encoding;
    b->extra[1] = object;
    b->extra[2] = start;
    b->extra[3] = end;
    b->extra[4] = rest[2];
    return true;
}
static bool wants(size_t want, size_t n) {
    return n == want || ob_fail(ob_raise(&ob_exc_TypeError, "function takes exactly %zu arguments (%zu given)", want, n));
}

static bool encode_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob__exc_init(self, a, n, kw) || !wants(5, n)) return false;
    return want_str(1, a[0]) && want_str(2, a[1]) && unicode_fill(self, a[0], a[1], a + 2, 3);
}
static bool decode_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob__exc_init(self, a, n, kw) || !wants(5, n) || !want_str(1, a[0])) return false;
    ob_val object = a[1];
    if (!ob_is_bytes(object)) {
        ob_buffer b;
        if (!ob_buffer_get(object, &b, false)) return false;
        object = ob_bytes_from(b.data, b.len);
        ob_buffer_release(&b);
        if (ob_is_null(object)) return false;
    }
    return unicode_fill(self, a[0], object, a + 2, 3);
}
static bool translate_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob__exc_init(self, a, n, kw) || !wants(4, n)) return false;
    return want_str(1, a[0]) && unicode_fill(self, OB_NULL, a[0], a + 1, 2);
}

static void range_of(ob_val self, int64_t *start, int64_t *end) {
    *start = ob_int_clamp(ob__exc_extra(self, 2));
    *end = ob_int_clamp(ob__exc_extra(self, 3));
}

static ob_val char_error(ob_val self, ob_val prefix, const char *verb) {
    ob_val object = ob__exc_extra(self, 1), reason = ob__or_none(ob__exc_extra(self, 4));
    int64_t start, end;
    range_of(self, &start, &end);
    if (end != start + 1 || start < 0 || (size_t)start >= ob_str_len(object))
        return ob_str_format_c("%Scan't %s characters in position %lld-%lld: %S", prefix, verb, (long long)start, (long long)end - 1, reason);
    uint32_t c = ob_str_at(object, (size_t)start);
    const char *format = c <= 0xff ? "%Scan't %s character '\\x%s' in position %lld: %S" : c <= 0xffff ? "%Scan't %s character '\\u%s' in position %lld: %S"
                                                                                                        : "%Scan't %s character '\\U%s' in position %lld: %S";
    char hex[12];
    size_t digits = c <= 0xff ? 2 : c <= 0xffff ? 4 : 8;
    for (size_t i = digits; i-- > 0; c >>= 4) hex[i] = "0123456789abcdef"[c & 15];
    hex[digits] = 0;
    return ob_str_format_c(format, prefix, verb, hex, (long long)start, reason);
}
static ob_val encode_str(ob_val self) {
    if (ob_is_null(ob__exc_extra(self, 1))) return OB_NAME(empty);
    ob_val prefix = ob_str_format_c("'%S' codec ", ob__or_none(ob__exc_extra(self, 0)));
    return ob_is_null(prefix) ? prefix : char_error(self, prefix, "encode");
}
static ob_val translate_str(ob_val self) { return ob_is_null(ob__exc_extra(self, 1)) ? OB_NAME(empty) : char_error(self, OB_NAME(empty), "translate"); }
static ob_val decode_str(ob_val self) {
    ob_val object = ob__exc_extra(self, 1), encoding = ob__or_none(ob__exc_extra(self, 0)), reason = ob__or_none(ob__exc_extra(self, 4));
    if (ob_is_null(object)) return OB_NAME(empty);
    int64_t start, end;
    const ob_bytes_obj *b = ob_bytes_ptr(object);
    range_of(self, &start, &end);
    if (end != start + 1 || start < 0 || (size_t)start >= b->len)
        return ob_str_format_c("'%S' codec can't decode bytes in position %lld-%lld: %S", encoding, (long long)start, (long long)end - 1, reason);
    char hex[3] = {"0123456789abcdef"[b->data[start] >> 4], "0123456789abcdef"[b->data[start] & 15], 0};
    return ob_str_format_c("'%S' codec can't decode byte 0x%s in position %lld: %S", encoding, hex, (long long)start, reason);
}

static const ob_getset unicode_getsets[] = {{"encoding", get_f0, set_f0, "exception encoding"}, {"object", get_f1, set_f1, "exception object"},
                                            {"start", get_f2, set_f2, "exception start"}, {"end", get_f3, set_f3, "exception end"},
                                            {"reason", get_f4, set_f4, "exception reason"}, {0}};
const ob__exc_part ob__exc_encode = {&ob_exc_UnicodeEncodeError, NULL, encode_init, encode_str, NULL, unicode_getsets};
const ob__exc_part ob__exc_decode = {&ob_exc_UnicodeDecodeError, NULL, decode_init, decode_str, NULL, unicode_getsets};
const ob__exc_part ob__exc_translate = {&ob_exc_UnicodeTranslateError, NULL, translate_init, translate_str, NULL, unicode_getsets + 1};
