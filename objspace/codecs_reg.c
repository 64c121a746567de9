/* codecs_reg.c: finding codecs: the known encodings by name, the registry of search functions and error handlers for the rest.
 * Locks: none; the registry is an ordinary versioned list and two dicts.
 * The package `encodings`, whose search function finds the codecs written in Python, is imported at the first look-up that C cannot serve. */
#include "objspace/bytes_int.h"
#include "objspace/codecs_int.h"
#include "objspace/inst.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/function.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

static ob_val searches, cache, handlers; /* list; dict by normalised name; dict by name */
extern const ob_def ob__handler_defs[];

bool ob__codecs_init(void) {
    if (!ob_gc_add_static(&searches) || !ob_gc_add_static(&cache) || !ob_gc_add_static(&handlers)) return false;
    searches = ob_list_new(0);
    cache = ob_dict_new();
    handlers = ob_dict_new();
    if (ob_is_null(searches) || ob_is_null(cache) || ob_is_null(handlers)) return false;
    for (const ob_def *d = ob__handler_defs; d->name; d++) {
        ob_val name = ob_str_from_utf8(d->name, strlen(d->name) - strlen("_errors")), f = ob_native_new(d, OB_NULL, OB_NULL);
        if (ob_is_null(name) || ob_is_null(f) || !ob_dict_set(handlers, name, f)) return false;
    }
    return true;
}

/* ---- known encodings ---- */
typedef enum known { NOT_KNOWN, UTF8, LATIN1, ASCII, UTF16, UTF16_LE, UTF16_BE, UTF32, UTF32_LE, UTF32_BE, UNICODE_ESCAPE, RAW_UNICODE_ESCAPE } known;

/* Lower case without '-', '_' and blanks. */
static known known_encoding(const char *name) {
    static const struct { const char *name; known k; } table[] = {
        {"utf8", UTF8}, {"u8", UTF8}, {"cp65001", UTF8}, {"latin1", LATIN1}, {"latin", LATIN1}, {"iso88591", LATIN1}, {"l1", LATIN1}, {"ascii", ASCII}, {"usascii", ASCII},
        {"utf16", UTF16}, {"utf16le", UTF16_LE}, {"utf16be", UTF16_BE}, {"utf32", UTF32}, {"utf32le", UTF32_LE}, {"utf32be", UTF32_BE},
        {"unicodeescape", UNICODE_ESCAPE}, {"rawunicodeescape", RAW_UNICODE_ESCAPE},
    };
    char flat[20];
    size_t k = 0;
    if (name == NULL) return UTF8;
    for (; *name && k < sizeof flat - 1; name++) {
        char c = *name;
        if (c == '-' || c == '_' || c == ' ') continue;
        flat[k++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    flat[k] = 0;
    if (*name) return NOT_KNOWN;
    for (size_t i = 0; i < BASE_LENGTH(table); i++) if (!strcmp(flat, table[i].name)) return table[i].k;
    return NOT_KNOWN;
}

static ob_val decode_known(known k, const uint8_t *p, size_t n, const char *errors) {
    int order = k == UTF16_LE || k == UTF32_LE ? -1 : k == UTF16_BE || k == UTF32_BE;
    switch (k) {
    case UTF8: return ob_utf8_decode(p, n, errors, NULL);
    case LATIN1: return ob_latin1_decode(p, n);
    case ASCII: return ob_ascii_decode(p, n, errors);
    case UTF16: case UTF16_LE: case UTF16_BE: return ob_utf16_decode(p, n, errors, &order, NULL);
    case UTF32: case UTF32_LE: case UTF32_BE: return ob_utf32_decode(p, n, errors, &order, NULL);
    case UNICODE_ESCAPE: return ob_unicode_escape_decode(p, n, errors, NULL, NULL);
    default: return ob_raw_unicode_escape_decode(p, n, errors, NULL);
    }
}

static ob_val encode_known(known k, ob_val s, const char *errors) {
    switch (k) {
    case UTF8: return ob_utf8_encode(s, errors);
    case LATIN1: return ob_latin1_encode(s, errors);
    case ASCII: return ob_ascii_encode(s, errors);
    case UTF16: return ob_utf16_encode(s, errors, 0);
    case UTF16_LE: return ob_utf16_encode(s, errors, -1);
    case UTF16_BE: return ob_utf16_encode(s, errors, 1);
    case UTF32: return ob_utf32_encode(s, errors, 0);
    case UTF32_LE: return ob_utf32_encode(s, errors, -1);
    case UTF32_BE: return ob_utf32_encode(s, errors, 1);
    case UNICODE_ESCAPE: return ob_unicode_escape_encode(s);
    default: return ob_raw_unicode_escape_encode(s);
    }
}

/* ---- the registry ---- */
bool ob_codec_register(ob_val f) {
    if (!ob_is_callable(f)) return ob_fail(ob_raise(&ob_exc_TypeError, "argument must be callable"));
    return ob_list_append(searches, f);
}

bool ob_codec_unregister(ob_val f) {
    for (size_t i = 0; i < ob_list_len(searches); i++)
        if (ob_is(ob_list_at(searches, i), f)) {
            ob_dict_clear(cache);
            return !ob_is_null(ob_list_pop(searches, (ssize_t)i));
        }
    return true;
}

/* ASCII letters in lower case, digits and dots, an underscore for whatever else stands between them: as search functions get it. */
static ob_val normalise(ob_val encoding) {
    ob_strbuf b;
    bool gap = false;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(encoding); i++) {
        uint32_t c = ob_str_at(encoding, i), low = c - 'A' < 26 ? c | 0x20 : c;
        if (!(low - 'a' < 26 || low - '0' < 10 || low == '.')) { gap = true; continue; }
        if (gap && b.len) ob_strbuf_char(&b, '_');
        gap = false;
        ob_strbuf_char(&b, low);
    }
    ob_val s = ob_strbuf_finish(&b);
    return ob_is_null(s) ? s : ob_str_intern(s);
}

static bool import_encodings(void) {
    if (ob_list_len(searches) > 0) return true;
    return ob_the_vm.import != NULL && !ob_is_null(ob_the_vm.import(ob_str_intern_c("encodings"), OB_NULL, OB_NULL, OB_NULL, 0));
}

ob_val ob_codec_lookup(ob_val encoding) {
    ob_val name = normalise(encoding), found;
    if (ob_is_null(name)) return name;
    found = ob_dict_get(cache, name);
    if (!ob_is_null(found) || ob_failed()) return found;
    if (!import_encodings()) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_LookupError, "no codec search functions registered: can't find encoding");
    for (size_t i = 0; i < ob_list_len(searches); i++) {
        found = ob_call1(ob_list_at(searches, i), name);
        if (ob_is_null(found)) return found;
        if (ob_is_none(found)) continue;
        if (!ob_is_tuple(found) || ob_tuple_len(found) != 4) return ob_raise(&ob_exc_TypeError, "codec search functions must return 4-tuples");
        return ob_dict_set(cache, name, found) ? found : OB_NULL;
    }
    return ob_raise(&ob_exc_LookupError, "unknown encoding: %S", encoding);
}

bool ob_codec_register_error(ob_val name, ob_val handler) {
    if (!ob_is_callable(handler)) return ob_fail(ob_raise(&ob_exc_TypeError, "handler must be callable"));
    return ob_dict_set(handlers, name, handler);
}

ob_val ob_codec_lookup_error(const char *name) {
    ob_val key = ob_str_from_c(name ? name : "strict");
    ob_val f = ob_is_null(key) ? key : ob_dict_get(handlers, key);
    return !ob_is_null(f) || ob_failed() ? f : ob_raise(&ob_exc_LookupError, "unknown error handler name '%.400s'", name);
}

bool ob_codec_checks;

bool ob_codec_check_names(const char *encoding, const char *errors) {
    if (LIKELY(!ob_codec_checks)) return true;
    ob_val name = encoding ? ob_str_from_c(encoding) : OB_NULL;
    if (encoding && known_encoding(encoding) == NOT_KNOWN && (ob_is_null(name) || ob_is_null(ob_codec_lookup(name)))) return false;
    return errors == NULL || !ob_is_null(ob_codec_lookup_error(errors));
}

/* May one like it be made from a message alone, with nothing lost? */
static bool is_plain(ob_val e) {
    const ob_type *t = ob_type_of(e), *b = &ob_exc_BaseException;
    if (t->slots.init != b->slots.init || t->slots.make != b->slots.make || t->size != b->size) return false;
    ob_val args = ((const ob_exc_body *)ob_read(e))->args;
    if (!ob_is_tuple(args) || ob_tuple_len(args) > 1 || (ob_tuple_len(args) == 1 && !ob_is_str(ob_tuple_at(args, 0)))) return false;
    ob_val dict = ob_attr_dict(e);
    if (ob_is_null(dict)) ob_err_clear();
    return ob_is_null(dict) || ob_dict_len(dict) == 0;
}

/* A codec has raised: a plain exception with at most a message is replaced by one that names the codec. */
static ob_val wrap_error(ob_val encoding, bool encode) {
    ob_val e = ob_is_null(encoding) ? OB_NULL : ob_err_fetch();
    if (ob_is_null(e)) return OB_NULL;
    ob_type *t = ob_type_of(e);
    if (!is_plain(e)) { ob_err_restore(e); return OB_NULL; }
    ob_val text = ob_str_format_c("%s with '%.400S' codec failed (%s: %S)", encode ? "encoding" : "decoding", encoding, t->name, e);
    ob_val made = ob_is_null(text) ? text : ob_call1(ob_type_val(t), text);
    if (ob_is_null(made) || !ob_exc_set_cause(made, e) || !ob_exc_set_context(made, e)) return OB_NULL;
    return ob_raise_value(made);
}

ob_val ob_codec_call(ob_val object, ob_val encoding, ob_val errors, bool encode) {
    ob_val codec = ob_codec_lookup(encoding);
    if (ob_is_null(codec)) return codec;
    ob_val a[2] = {object, errors}, r = ob_call(ob_tuple_at(codec, encode ? 0 : 1), a, ob_is_null(errors) ? 1 : 2);
    if (ob_is_null(r)) return wrap_error(encoding, encode);
    if (!ob_is_tuple(r) || ob_tuple_len(r) != 2)
        return ob_raise(&ob_exc_TypeError, encode ? "encoder must return a tuple (object, integer)" : "decoder must return a tuple (object,integer)");
    return ob_tuple_at(r, 0);
}

/* The result of a known codec; those that CPython finds in the registry name themselves in errors. */
static ob_val known_result(ob_val r, known k, const char *encoding, bool encode) {
    if (LIKELY(!ob_is_null(r)) || k == UTF8 || k == LATIN1 || k == ASCII || k == UTF16 || k == UTF32) return r;
    return wrap_error(ob_str_from_c(encoding), encode);
}

/* A codec for text only: str to bytes and back. */
static ob_val text_codec_call(ob_val object, const char *encoding, const char *errors, bool encode) {
    ob_val name = ob_str_from_c(encoding), err = errors ? ob_str_from_c(errors) : OB_NULL;
    if (ob_is_null(name) || (errors && ob_is_null(err))) return OB_NULL;
    ob_val codec = ob_codec_lookup(name);
    if (ob_is_null(codec)) return codec;
    if (!ob_is_exact(codec, &ob_tuple_type)) {
        ob_val flag = ob_getattr_opt(codec, ob_str_intern_c("_is_text_encoding"));
        if (ob_is_null(flag) && ob_failed()) return OB_NULL;
        int text = ob_is_null(flag) ? 1 : ob_truth(flag);
        if (text < 0) return OB_NULL;
        if (!text)
            return ob_raise(&ob_exc_LookupError, "'%.400s' is not a text encoding; use codecs.%s() to handle arbitrary codecs", encoding, encode ? "encode" : "decode");
    }
    return ob_codec_call(object, name, err, encode);
}

ob_val ob_codec_decode_bytes(const uint8_t *p, size_t n, const char *encoding, const char *errors) {
    known k = known_encoding(encoding);
    if (k != NOT_KNOWN) return known_result(decode_known(k, p, n, errors), k, encoding, false);
    ob_val b = ob_bytes_from(p, n);
    return ob_is_null(b) ? b : ob_codec_decode_value(b, encoding, errors);
}

ob_val ob_codec_decode_value(ob_val buffer, const char *encoding, const char *errors) {
    if (!ob_codec_check_names(encoding, errors)) return OB_NULL;
    known k = known_encoding(encoding);
    if (k != NOT_KNOWN) {
        ob_buffer b;
        if (ob_is_bytes(buffer)) return known_result(decode_known(k, ob_bytes_ptr(buffer)->data, ob_bytes_ptr(buffer)->len, errors), k, encoding, false);
        if (!ob_buffer_get(buffer, &b, false)) return OB_NULL;
        ob_val r = decode_known(k, b.data, b.len, errors);
        ob_buffer_release(&b);
        return known_result(r, k, encoding, false);
    }
    ob_val r = text_codec_call(buffer, encoding, errors, false);
    if (ob_is_null(r) || ob_is_str(r)) return r;
    return ob_raise(&ob_exc_TypeError, "'%.400s' decoder returned '%.400T' instead of 'str'; use codecs.decode() to decode to arbitrary types", encoding, r);
}

ob_val ob_codec_encode_value(ob_val s, const char *encoding, const char *errors) {
    if (!ob_codec_check_names(encoding, errors)) return OB_NULL;
    known k = known_encoding(encoding);
    if (k != NOT_KNOWN) return known_result(encode_known(k, s, errors), k, encoding, true);
    ob_val r = text_codec_call(s, encoding, errors, true);
    if (ob_is_null(r) || ob_is_bytes(r)) return r;
    if (ob__is_bytearray(r)) {
        size_t n;
        const uint8_t *p = ob__bytes_data(r, &n);
        return ob_bytes_from(p, n);
    }
    return ob_raise(&ob_exc_TypeError, "'%.400s' encoder returned '%.400T' instead of 'bytes'; use codecs.encode() to encode to arbitrary types", encoding, r);
}
