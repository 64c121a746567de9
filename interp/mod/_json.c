/* _json.c: the module _json: scanning and encoding of JSON, for the package json.
 * Locks: none.  Scanners and encoders are immutable: what they need of their context is taken at creation.
 * J1  Nesting is guarded by ob_c_enter, as values may hold themselves.                                (scan_value, encode_value) */
#include "interp/mod/modules.h"
#include "interp/mod/native.h"
#include "objspace/chars.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include <math.h>
#include <stdio.h>

/* ---- errors ---- */
static ob_val module_attribute(const char *module, const char *name) {
    if (ob_the_vm.import == NULL) return ob_raise(&ob_exc_SystemError, "no interpreter to import from");
    ob_val from = ob_tuple_of1(ob_str_intern_c(name)), m = ob_the_vm.import(ob_str_intern_c(module), OB_NULL, OB_NULL, from, 0);
    return ob_is_null(m) ? m : ob_getattr_c(m, name);
}

static ob_val decode_error(const char *message, ob_val s, size_t end) {
    ob_val cls = module_attribute("json.decoder", "JSONDecodeError"), text = ob_str_from_c(message);
    if (ob_is_null(cls) || ob_is_null(text)) return OB_NULL;
    ob_val e = ob_call3(cls, text, s, ob_from_small((int64_t)end));
    return ob_is_null(e) ? e : ob_raise_value(e);
}

/* json.scanner turns StopIteration(index) into an error of its own. */
static ob_val stop_at(size_t index) { return ob_raise_stop(ob_from_small((int64_t)index)); }

/* A level deeper; where: what is being done, for the RecursionError. */
static bool deeper(const char *where) {
    if (ob_c_enter()) return true;
    return ob_err_clear_if(&ob_exc_RecursionError) ? ob_fail(ob_raise(&ob_exc_RecursionError, "maximum recursion depth exceeded while %s", where)) : false;
}

/* ---- strings ---- */
static int hex_value(uint32_t c) { return c - '0' < 10 ? (int)(c - '0') : (c | 0x20) - 'a' < 6 ? (int)((c | 0x20) - 'a' + 10) : -1; }

/* Four hex digits at i; -1: not there. */
static int32_t four_hex(ob_val s, size_t i, size_t n) {
    int32_t v = 0;
    if (n < 4 || i > n - 4) return -1;
    for (size_t k = 0; k < 4; k++) {
        int d = hex_value(ob_str_at(s, i + k));
        if (d < 0) return -1;
        v = v << 4 | d;
    }
    return v;
}

/* One escape, i behind the backslash; adds its character. */
static bool scan_escape(ob_strbuf *b, ob_val s, size_t *at, size_t begin, size_t n) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    size_t i = *at;
    if (i >= n) return ob_fail(decode_error("Unterminated string starting at", s, begin));
    uint32_t c = ob_str_at(s, i);
    if (c != 'u') {
        const char *hit = c && c < 128 ? strchr(from, (int)c) : NULL;
        if (hit == NULL) return ob_fail(decode_error("Invalid \\escape", s, i - 1));
        *at = i + 1;
        return ob_strbuf_char(b, (uint8_t)to[hit - from]);
    }
    int32_t u = four_hex(s, i + 1, n), low;
    if (u < 0) return ob_fail(decode_error("Invalid \\uXXXX escape", s, i - 1 + 1));
    i += 5;
    if (u >= 0xd800 && u < 0xdc00 && i + 6 <= n && ob_str_at(s, i) == '\\' && ob_str_at(s, i + 1) == 'u' && (low = four_hex(s, i + 2, n)) >= 0xdc00 && low < 0xe000) {
        u = 0x10000 + ((u & 0x3ff) << 10 | (low & 0x3ff));
        i += 6;
    }
    *at = i;
    return ob_strbuf_char(b, (uint32_t)u);
}

/* Where the run of plain characters from i on ends. */
static size_t plain_run(ob_val s, size_t i, size_t n, bool strict) {
    if (ob_str_kind(s) == 1) {
        const uint8_t *p = ob_str_ptr(s)->data;
        while (i < n && p[i] != '"' && p[i] != '\\' && !(strict && p[i] < 0x20)) i++;
        return i;
    }
    for (; i < n; i++) {
        uint32_t c = ob_str_at(s, i);
        if (c == '"' || c == '\\' || (strict && c < 0x20)) break;
    }
    return i;
}

/* The string whose first character is at `begin`; *end is behind the closing quote. */
static ob_val scan_string(ob_val s, size_t begin, bool strict, size_t *end) {
    size_t n = ob_str_len(s), i = begin, stop;
    if (begin > n) return ob_raise(&ob_exc_ValueError, "end is out of bounds");
    stop = plain_run(s, i, n, strict);
    if (LIKELY(stop < n && ob_str_at(s, stop) == '"')) {
        *end = stop + 1;
        return ob_str_slice(s, begin, stop);
    }
    ob_strbuf b;
    bool ok = true;
    ob_strbuf_init(&b);
    for (;; i = stop) {
        stop = plain_run(s, i, n, strict);
        ok = ok && ob_strbuf_part(&b, s, i, stop);
        if (!ok) break;
        if (stop >= n) { ok = ob_fail(decode_error("Unterminated string starting at", s, begin - 1)); break; }
        uint32_t c = ob_str_at(s, stop);
        if (c == '"') { *end = stop + 1; return ob_strbuf_finish(&b); }
        if (c != '\\') { ok = ob_fail(decode_error("Invalid control character at", s, stop)); break; }
        stop++;
        if (!(ok = scan_escape(&b, s, &stop, begin - 1, n))) break;
    }
    ob_strbuf_release(&b);
    return OB_NULL;
}

METHOD(scanstring) {
    int64_t begin;
    bool strict;
    size_t end;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "first argument must be a string, not %.80T", a[0]);
    if (!py_int_arg(a[1], &begin) || !py_bool_arg(a[2], true, &strict)) return OB_NULL;
    if (begin < 0) return ob_raise(&ob_exc_ValueError, "end is out of bounds");
    ob_val r = scan_string(a[0], (size_t)begin, strict, &end);
    return ob_is_null(r) ? r : ob_tuple_of2(r, ob_from_small((int64_t)end));
}

/* ---- the scanner ---- */
typedef struct scanner {
    ob_obj o;
    ob_val object_hook, object_pairs_hook, parse_float, parse_int, parse_constant;       /* None, or as given */
    bool strict, plain_float, plain_int;
} scanner;
static ob_type scanner_type;
static void scanner_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((scanner *)o)->object_hook, 5); }

typedef struct scan { const scanner *sc; ob_val s; size_t n; ob_val memo; } scan;
static ob_val scan_value(scan *k, size_t i, size_t *end);

static inline uint32_t at(const scan *k, size_t i) { return i < k->n ? ob_str_at(k->s, i) : UINT32_MAX; }
static inline size_t skip_space(const scan *k, size_t i) {
    for (uint32_t c; i < k->n && ((c = ob_str_at(k->s, i)) == ' ' || c == '\n' || c == '\t' || c == '\r'); i++) {}
    return i;
}

/* Equal keys of one text share a string. */
static ob_val memo_key(scan *k, ob_val key) {
    ob_val known = ob_dict_get(k->memo, key);
    if (!ob_is_null(known) || ob_failed()) return known;
    return ob_dict_set(k->memo, key, key) ? key : OB_NULL;
}

static ob_val finish_object(scan *k, ob_val pairs, ob_val dict) {
    if (!ob_is_none(k->sc->object_pairs_hook)) return ob_call1(k->sc->object_pairs_hook, pairs);
    return ob_is_none(k->sc->object_hook) ? dict : ob_call1(k->sc->object_hook, dict);
}

/* i is behind the brace. */
static ob_val scan_object(scan *k, size_t i, size_t *end) {
    bool as_pairs = !ob_is_none(k->sc->object_pairs_hook);
    ob_val dict = as_pairs ? OB_NULL : ob_dict_new(), pairs = as_pairs ? ob_list_new(0) : OB_NULL;
    if (ob_is_null(dict) && ob_is_null(pairs)) return OB_NULL;
    i = skip_space(k, i);
    if (at(k, i) == '}') { *end = i + 1; return finish_object(k, pairs, dict); }
    for (;;) {
        if (at(k, i) != '"') return decode_error("Expecting property name enclosed in double quotes", k->s, i);
        ob_val key = scan_string(k->s, i + 1, k->sc->strict, &i);
        if (ob_is_null(key) || ob_is_null(key = memo_key(k, key))) return OB_NULL;
        i = skip_space(k, i);
        if (at(k, i) != ':') return decode_error("Expecting ':' delimiter", k->s, i);
        i = skip_space(k, i + 1);
        ob_val v = scan_value(k, i, &i);
        if (ob_is_null(v)) return v;
        if (as_pairs) {
            ob_val pair = ob_tuple_of2(key, v);
            if (ob_is_null(pair) || !ob_list_append(pairs, pair)) return OB_NULL;
        } else if (!ob_dict_set(dict, key, v) || ob_interrupted()) return OB_NULL;
        i = skip_space(k, i);
        if (at(k, i) == '}') break;
        if (at(k, i) != ',') return decode_error("Expecting ',' delimiter", k->s, i);
        i = skip_space(k, i + 1);
    }
    *end = i + 1;
    return finish_object(k, pairs, dict);
}

static ob_val scan_array(scan *k, size_t i, size_t *end) {
    ob_val l = ob_list_new(0);
    if (ob_is_null(l)) return l;
    i = skip_space(k, i);
    if (at(k, i) == ']') { *end = i + 1; return l; }
    for (;;) {
        ob_val v = scan_value(k, i, &i);
        if (ob_is_null(v) || !ob_list_append(l, v) || ob_interrupted()) return OB_NULL;
        i = skip_space(k, i);
        if (at(k, i) == ']') break;
        if (at(k, i) != ',') return decode_error("Expecting ',' delimiter", k->s, i);
        i = skip_space(k, i + 1);
    }
    *end = i + 1;
    return l;
}

static ob_val scan_number(scan *k, size_t begin, size_t *end) {
    size_t i = begin;
    bool is_float = false;
    if (at(k, i) == '-') i++;
    if (at(k, i) == '0') i++;
    else if (at(k, i) - '1' < 9) while (at(k, i) - '0' < 10) i++;
    else return stop_at(begin);
    if (at(k, i) == '.' && at(k, i + 1) - '0' < 10) {
        is_float = true;
        for (i += 2; at(k, i) - '0' < 10;) i++;
    }
    if (at(k, i) == 'e' || at(k, i) == 'E') {
        size_t j = i + 1;
        if (at(k, j) == '+' || at(k, j) == '-') j++;
        if (at(k, j) - '0' < 10) {
            is_float = true;
            while (at(k, j) - '0' < 10) j++;
            i = j;
        }
    }
    *end = i;
    if (!is_float && k->sc->plain_int && i - begin < 18) {
        int64_t v = 0;
        bool minus = at(k, begin) == '-';
        for (size_t j = begin + minus; j < i; j++) v = v * 10 + (int64_t)(at(k, j) - '0');
        return ob_from_small(minus ? -v : v);
    }
    ob_val text = ob_str_slice(k->s, begin, i);
    if (ob_is_null(text)) return text;
    if (is_float ? !k->sc->plain_float : !k->sc->plain_int) return ob_call1(is_float ? k->sc->parse_float : k->sc->parse_int, text);
    return is_float ? ob_float_of(text) : ob_int_of(text);
}

static bool word_at(const scan *k, size_t i, const char *word) {
    for (; *word; word++, i++) if (at(k, i) != (uint8_t)*word) return false;
    return true;
}

static ob_val constant(scan *k, const char *word, size_t i, size_t *end) {
    *end = i + strlen(word);
    return ob_call1(k->sc->parse_constant, ob_str_intern_c(word));
}

static ob_val scan_value(scan *k, size_t i, size_t *end) {
    ob_val v;
    switch (at(k, i)) {
    case '"': return scan_string(k->s, i + 1, k->sc->strict, end);
    case '{': case '[':
        if (!deeper(at(k, i) == '{' ? "decoding a JSON object from a unicode string" : "decoding a JSON array from a unicode string")) return OB_NULL;
        v = at(k, i) == '{' ? scan_object(k, i + 1, end) : scan_array(k, i + 1, end);
        ob_c_leave();
        return v;
    case 'n': if (word_at(k, i, "null")) { *end = i + 4; return OB_NONE; } break;
    case 't': if (word_at(k, i, "true")) { *end = i + 4; return OB_TRUE; } break;
    case 'f': if (word_at(k, i, "false")) { *end = i + 5; return OB_FALSE; } break;
    case 'N': if (word_at(k, i, "NaN")) return constant(k, "NaN", i, end); break;
    case 'I': if (word_at(k, i, "Infinity")) return constant(k, "Infinity", i, end); break;
    case '-': if (word_at(k, i, "-Infinity")) return constant(k, "-Infinity", i, end); break;
    case UINT32_MAX: return stop_at(i);
    default: break;
    }
    return scan_number(k, i, end);
}

static ob_val scanner_run(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    int64_t i;
    size_t end;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "first argument must be a string, not %.80T", a[0]);
    if (!py_int_arg(a[1], &i)) return OB_NULL;
    if (i < 0) return ob_raise(&ob_exc_ValueError, "idx cannot be negative");
    scan k = {(const scanner *)ob_ptr(self), a[0], ob_str_len(a[0]), ob_dict_new()};
    if (ob_is_null(k.memo)) return k.memo;
    ob_val v = scan_value(&k, (size_t)i, &end);
    return ob_is_null(v) ? v : ob_tuple_of2(v, ob_from_small((int64_t)end));
}
static ob_val scanner_call(ob_val self, const ob_val *a, size_t n, ob_val kw) { return PY_BIND_CALL(scanner_run, "scan_once", "string, idx", self, a, n, kw); }

static ob_val scanner_new(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw; (void)self;
    ob_val context = a[0], strict = ob_getattr_c(context, "strict");
    int t = ob_is_null(strict) ? -1 : ob_truth(strict);
    scanner *sc = t < 0 ? NULL : ob_alloc(&scanner_type, sizeof *sc);
    if (sc == NULL) return OB_NULL;
    sc->strict = t > 0;
    static const char *const names[] = {"object_hook", "object_pairs_hook", "parse_float", "parse_int", "parse_constant"};
    for (int i = 0; i < 5; i++) if (ob_is_null((&sc->object_hook)[i] = ob_getattr_c(context, names[i]))) return OB_NULL;
    sc->plain_float = ob_same(sc->parse_float, ob_type_val(&ob_float_type));
    sc->plain_int = ob_same(sc->parse_int, ob_type_val(&ob_int_type));
    return ob_of(sc);
}
static ob_val scanner_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) { (void)t; return PY_BIND_CALL(scanner_new, "make_scanner", "context", OB_NONE, a, n, kw); }

#define SC_GETTER(name) GETTER(name) { return ((scanner *)ob_ptr(self))->name; }
SC_GETTER(object_hook) SC_GETTER(object_pairs_hook) SC_GETTER(parse_float) SC_GETTER(parse_int) SC_GETTER(parse_constant)
GETTER(strict) { return ob_bool(((scanner *)ob_ptr(self))->strict); }
static const ob_getset scanner_getsets[] = {
    {"object_hook", get_object_hook, NULL, NULL}, {"object_pairs_hook", get_object_pairs_hook, NULL, NULL}, {"parse_constant", get_parse_constant, NULL, NULL},
    {"parse_float", get_parse_float, NULL, NULL}, {"parse_int", get_parse_int, NULL, NULL}, {"strict", get_strict, NULL, NULL}, {0},
};
static ob_type scanner_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_json.Scanner", .base = &ob_object_type, .size = sizeof(scanner),
    .slots = {.make = scanner_make, .call = scanner_call}, .trace = scanner_trace, .getsets = scanner_getsets, .doc = "Scans one value of a JSON text.",
};

/* ---- encoding of strings ---- */
static bool add_quoted(ob_strbuf *b, ob_val s, bool ascii) {
    size_t n = ob_str_len(s), run = 0;
    ob_strbuf_char(b, '"');
    for (size_t i = 0; i < n; i++) {
        uint32_t c = ob_str_at(s, i);
        if (LIKELY(c >= ' ' && c != '"' && c != '\\' && (!ascii || c < 0x7f))) continue;
        if (i > run && !ob_strbuf_part(b, s, run, i)) return false;
        run = i + 1;
        char e[16];
        static const char from[] = "\"\\\n\r\t\f\b", to[] = "\"\\nrtfb";
        const char *hit = c && c < 128 ? strchr(from, (int)c) : NULL;
        if (hit) { e[0] = '\\'; e[1] = to[hit - from]; e[2] = 0; }
        else if (c < 0x10000) snprintf(e, sizeof e, "\\u%04x", c);
        else snprintf(e, sizeof e, "\\u%04x\\u%04x", 0xd800 | (c - 0x10000) >> 10, 0xdc00 | ((c - 0x10000) & 0x3ff));
        if (!ob_strbuf_c(b, e)) return false;
    }
    return ob_strbuf_part(b, s, run, n) && ob_strbuf_char(b, '"');
}

static ob_val quoted(ob_val s, bool ascii) {
    if (!ob_is_str(s)) return ob_raise(&ob_exc_TypeError, "first argument must be a string, not %.80T", s);
    ob_strbuf b;
    ob_strbuf_init(&b);
    add_quoted(&b, s, ascii);
    return ob_strbuf_finish(&b);
}
METHOD(encode_basestring) { return quoted(a[0], false); }
METHOD(encode_basestring_ascii) { return quoted(a[0], true); }
static const ob_def defs[] = {
    {"encode_basestring", m_encode_basestring, "string, /", "A JSON string.", 0}, {"encode_basestring_ascii", m_encode_basestring_ascii, "string, /", "An ASCII JSON string.", 0},
    {"scanstring", m_scanstring, "string, end, strict=True, /", "Scans a JSON string.", 0}, {0},
};

/* ---- the encoder ---- */
typedef struct encoder {
    ob_obj o;
    ob_val markers, fallback, encode_str, indent, key_separator, item_separator;         /* markers: dict or None; indent: None here or passed through */
    bool sort_keys, skip_keys, allow_nan;
    int quick;                           /* 1: encode_basestring, 2: encode_basestring_ascii, 0: call encode_str */
} encoder;
static ob_type encoder_type;
static void encoder_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, &((encoder *)o)->markers, 6); }

typedef struct run { const encoder *e; ob_strbuf b; } run;
static bool encode_value(run *r, ob_val v);

static bool encode_str(run *r, ob_val s) {
    if (r->e->quick) return add_quoted(&r->b, s, r->e->quick == 2);
    ob_val x = ob_call1(r->e->encode_str, s);
    if (ob_is_null(x)) return false;
    if (!ob_is_str(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "encoder() must return a string, not %.80T", x));
    return ob_strbuf_str(&r->b, x);
}

static ob_val float_text(const encoder *e, ob_val v) {
    double d = ob_float_value(v);
    if (isfinite(d)) return ob_float_repr(d);
    if (!e->allow_nan) return ob_raise(&ob_exc_ValueError, "Out of range float values are not JSON compliant");
    return ob_str_intern_c(isnan(d) ? "NaN" : d > 0 ? "Infinity" : "-Infinity");
}

/* Circular references: enters v's id; key: to leave with. */
static bool mark(const encoder *e, ob_val v, ob_val *key) {
    *key = OB_NULL;
    if (ob_is_none(e->markers)) return true;
    *key = ob_int_from_u64(v.w);
    int there = ob_dict_contains(e->markers, *key);
    if (there) return there < 0 ? false : ob_fail(ob_raise(&ob_exc_ValueError, "Circular reference detected"));
    return ob_dict_set(e->markers, *key, v);
}
static bool unmark(const encoder *e, ob_val key) { return ob_is_null(key) || ob_dict_del(e->markers, key) >= 0; }

/* A key as text; None: to be skipped. */
static ob_val key_text(const encoder *e, ob_val key) {
    if (ob_is_str(key)) return key;
    if (ob_is_float(key)) return float_text(e, key);
    if (ob_is_bool(key)) return ob_str_intern_c(ob_same(key, OB_TRUE) ? "true" : "false");
    if (ob_is_none(key)) return ob_str_intern_c("null");
    if (ob_is_int(key)) return ob_int_to_text(key, 10, false);
    return e->skip_keys ? OB_NONE : ob_raise(&ob_exc_TypeError, "keys must be str, int, float, bool or None, not %.100T", key);
}

static bool encode_dict(run *r, ob_val d) {
    const encoder *e = r->e;
    if (ob_len(d) == 0) return ob_strbuf_ascii(&r->b, "{}", 2);
    ob_val id, items = ob_is_exact(d, &ob_dict_type) ? ob_dict_items_list(d) : ob_list_of_iterable(ob_call_method(d, OB_NAME(items), NULL, 0));
    if (ob_is_null(items) || !mark(e, d, &id)) return false;
    if (e->sort_keys && !ob_list_sort(items, OB_NULL, false)) return false;
    if (!ob_strbuf_char(&r->b, '{')) return false;
    bool first = true;
    for (size_t i = 0; i < ob_list_len(items); i++) {
        ob_val pair = ob_list_at(items, i);
        if (!ob_is_tuple(pair) || ob_tuple_len(pair) != 2) return ob_fail(ob_raise(&ob_exc_ValueError, "items must return 2-tuples"));
        ob_val key = key_text(e, ob_tuple_at(pair, 0));
        if (ob_is_null(key)) return false;
        if (ob_is_none(key)) continue;
        if (!first && !ob_strbuf_str(&r->b, e->item_separator)) return false;
        first = false;
        if (!encode_str(r, key) || !ob_strbuf_str(&r->b, e->key_separator) || !encode_value(r, ob_tuple_at(pair, 1))) return false;
    }
    return unmark(e, id) && ob_strbuf_char(&r->b, '}');
}

static bool encode_list(run *r, ob_val l) {
    const encoder *e = r->e;
    ob_val id;
    if (ob_len(l) == 0) return ob_strbuf_ascii(&r->b, "[]", 2);
    if (!mark(e, l, &id) || !ob_strbuf_char(&r->b, '[')) return false;
    for (size_t i = 0;; i++) {
        bool list = ob_is_list(l);
        if (i >= (list ? ob_list_len(l) : ob_tuple_len(l))) break;
        ob_val x = list ? ob_list_at(l, i) : ob_tuple_at(l, i);
        if ((i && !ob_strbuf_str(&r->b, e->item_separator)) || !encode_value(r, x)) return false;
    }
    return unmark(e, id) && ob_strbuf_char(&r->b, ']');
}

static bool encode_nested(run *r, ob_val v) {
    ob_val id;
    if (ob_is_list(v) || ob_is_tuple(v)) return encode_list(r, v);
    if (ob_is_dict(v)) return encode_dict(r, v);
    if (!mark(r->e, v, &id)) return false;
    ob_val x = ob_call1(r->e->fallback, v);
    return !ob_is_null(x) && encode_value(r, x) && unmark(r->e, id);
}

static bool encode_value(run *r, ob_val v) {
    if (ob_is_str(v)) return encode_str(r, v);
    if (ob_is_none(v)) return ob_strbuf_ascii(&r->b, "null", 4);
    if (ob_same(v, OB_TRUE)) return ob_strbuf_ascii(&r->b, "true", 4);
    if (ob_same(v, OB_FALSE)) return ob_strbuf_ascii(&r->b, "false", 5);
    if (ob_is_small(v)) {
        char text[24];
        return ob_strbuf_ascii(&r->b, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)ob_to_small(v)));
    }
    if (ob_is_float(v) || ob_is_int(v)) {
        ob_val t = ob_is_float(v) ? float_text(r->e, v) : ob_int_to_text(v, 10, false);
        return !ob_is_null(t) && ob_strbuf_str(&r->b, t);
    }
    if (!deeper("encoding a JSON object")) return false;
    bool ok = encode_nested(r, v);
    ob_c_leave();
    return ok;
}

static ob_val encoder_run(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n; (void)kw;
    int64_t level;
    if (!py_int_arg(a[1], &level)) return OB_NULL;
    run r = {.e = (const encoder *)ob_ptr(self)};
    ob_strbuf_init(&r.b);
    if (!encode_value(&r, a[0])) { ob_strbuf_release(&r.b); return OB_NULL; }
    ob_val s = ob_strbuf_finish(&r.b);
    return ob_is_null(s) ? s : ob_tuple_of1(s);
}
static ob_val encoder_call(ob_val self, const ob_val *a, size_t n, ob_val kw) { return PY_BIND_CALL(encoder_run, "_iterencode", "obj, _current_indent_level", self, a, n, kw); }

static ob_val encoder_new(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self; (void)n; (void)kw;
    if (!ob_is_none(a[0]) && !ob_is_dict(a[0])) return ob_raise(&ob_exc_TypeError, "make_encoder() argument 1 must be dict or None, not %.200T", a[0]);
    for (int i = 4; i < 6; i++) if (!ob_is_str(a[i])) return ob_raise(&ob_exc_TypeError, "make_encoder() argument %d must be str, not %.50T", i + 1, a[i]);
    encoder *e = ob_alloc(&encoder_type, sizeof *e);
    if (e == NULL) return OB_NULL;
    for (int i = 0; i < 6; i++) (&e->markers)[i] = a[i];
    if (!py_bool_arg(a[6], false, &e->sort_keys) || !py_bool_arg(a[7], false, &e->skip_keys) || !py_bool_arg(a[8], true, &e->allow_nan)) return OB_NULL;
    if (ob_is_exact(a[2], &ob_native_type)) {
        const ob_def *d = ((ob_native *)ob_ptr(a[2]))->def;
        e->quick = d == &defs[0] ? 1 : d == &defs[1] ? 2 : 0;
    }
    return ob_of(e);
}
static ob_val encoder_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)t;
    return PY_BIND_CALL(encoder_new, "make_encoder", "markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan", OB_NONE, a, n, kw);
}
static ob_type encoder_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_json.Encoder", .base = &ob_object_type, .size = sizeof(encoder),
    .slots = {.make = encoder_make, .call = encoder_call}, .trace = encoder_trace, .doc = "Encodes values as JSON.",
};

static bool fill(ob_val m) {
    return ob_type_ready(&scanner_type) && ob_type_ready(&encoder_type) && ob_module_add(m, "make_scanner", ob_type_val(&scanner_type))
        && ob_module_add(m, "make_encoder", ob_type_val(&encoder_type));
}
const ob_module_def py_mod__json = {"_json", "JSON.", defs, fill};
