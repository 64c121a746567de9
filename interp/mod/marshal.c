/* marshal.c: plain data to bytes and back, in the format that CPython documents as version 4 (so that data written by either can be read by the other);
 * code objects are in our own form (interp/code_bytes.c) under a type byte of their own, and are refused by others.
 * Iterative nowhere: nesting is bounded by DEPTH_MAX. */
#include "interp/front/compile.h"
#include "interp/mod/modules.h"
#include "interp/run/frame.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "base/buf.h"

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)
enum { DEPTH_MAX = 2000, REF = 0x80, OUR_CODE = 'P' };

/* ---- writing ---- */

static void put8(base_buf *b, unsigned c) { char ch = (char)c; base_buf_add(b, &ch, 1); }
static void put32(base_buf *b, uint32_t v) { char t[4] = {(char)v, (char)(v >> 8), (char)(v >> 16), (char)(v >> 24)}; base_buf_add(b, t, 4); }
static void put_bytes(base_buf *b, unsigned type, const void *p, size_t n) { put8(b, type); put32(b, (uint32_t)n); base_buf_add(b, p, n); }

static bool put_int(base_buf *b, ob_val v) {
    int64_t i = ob_int_clamp(v);
    if (i >= INT32_MIN && i <= INT32_MAX) { put8(b, 'i'); put32(b, (uint32_t)i); return true; }
    ob_val abs = ob_unary(OB_UN_ABS, v), bits = ob_is_null(abs) ? abs : ob_call_method_c(abs, "bit_length", NULL, 0);
    if (ob_is_null(bits)) return false;
    size_t nbits = (size_t)ob_to_small(bits), ndigits = (nbits + 14) / 15, nbytes = nbits / 8 + 4;
    uint8_t *raw = ob_block_zalloc(nbytes + 4);
    if (!raw || !ob_int_to_bytes(abs, raw, nbytes, true, false)) return false;
    put8(b, 'l');
    put32(b, (uint32_t)(ob_int_sign(v) < 0 ? -(int32_t)ndigits : (int32_t)ndigits));
    for (size_t d = 0; d < ndigits; d++) {
        size_t at = d * 15;
        uint32_t word = (uint32_t)raw[at / 8] | (uint32_t)raw[at / 8 + 1] << 8 | (uint32_t)raw[at / 8 + 2] << 16;
        uint32_t digit = word >> at % 8 & 0x7fff;
        put8(b, digit & 0xff);
        put8(b, digit >> 8);
    }
    return true;
}

static void put_double(base_buf *b, double d) { base_buf_add(b, (const char *)&d, 8); }

static bool put(base_buf *b, ob_val v, int depth);
static bool put_many(base_buf *b, unsigned type, const ob_val *items, size_t n, int depth) {
    put8(b, type);
    put32(b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) if (!put(b, items[i], depth + 1)) return false;
    return true;
}
static bool unmarshallable(void) { return ob_fail(ob_raise(&ob_exc_ValueError, "unmarshallable object")); }

static bool put_container(base_buf *b, ob_val v, int depth) {
    if (ob_is_exact(v, &ob_tuple_type)) return put_many(b, '(', ob_tuple_ptr(v)->items, ob_tuple_len(v), depth);
    if (ob_is_exact(v, &ob_list_type)) {
        ob_val t = ob_list_as_tuple(v);
        return !ob_is_null(t) && put_many(b, '[', ob_tuple_ptr(t)->items, ob_tuple_len(t), depth);
    }
    if (ob_is_exact(v, &ob_dict_type)) {
        size_t pos = 0;
        put8(b, '{');
        for (ob_val k, x; ob_dict_next(v, &pos, &k, &x);) if (!put(b, k, depth + 1) || !put(b, x, depth + 1)) return false;
        put8(b, '0');
        return true;
    }
    if (ob_is_exact(v, &ob_set_type) || ob_is_exact(v, &ob_frozenset_type)) {
        ob_val t = ob_tuple_of_iterable(v);
        return !ob_is_null(t) && put_many(b, ob_is_exact(v, &ob_set_type) ? '<' : '>', ob_tuple_ptr(t)->items, ob_tuple_len(t), depth);
    }
    if (py_is_code(v)) {
        ob_val bytes = py_code_to_bytes(v);
        if (ob_is_null(bytes)) return false;
        put_bytes(b, OUR_CODE, ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len);
        return true;
    }
    if (ob_is_buffer(v)) {
        ob_buffer view;
        if (!ob_buffer_get(v, &view, false)) return false;
        put_bytes(b, 's', view.data, view.len);
        ob_buffer_release(&view);
        return true;
    }
    return unmarshallable();
}

static bool put(base_buf *b, ob_val v, int depth) {
    if (depth > DEPTH_MAX) return ob_fail(ob_raise(&ob_exc_ValueError, "object too deeply nested to marshal"));
    if (ob_is_none(v)) put8(b, 'N');
    else if (ob_same(v, OB_TRUE)) put8(b, 'T');
    else if (ob_same(v, OB_FALSE)) put8(b, 'F');
    else if (ob_same(v, OB_ELLIPSIS)) put8(b, '.');
    else if (ob_same(v, ob_of(&ob_exc_StopIteration))) put8(b, 'S');
    else if (ob_is_exact(v, &ob_int_type)) return put_int(b, v);
    else if (ob_is_exact(v, &ob_float_type)) { put8(b, 'g'); put_double(b, ob_float_value(v)); }
    else if (ob_is_exact(v, &ob_complex_type)) { put8(b, 'y'); put_double(b, ((ob_complex *)ob_ptr(v))->re); put_double(b, ((ob_complex *)ob_ptr(v))->im); }
    else if (ob_is_exact(v, &ob_bytes_type)) put_bytes(b, 's', ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len);
    else if (ob_is_exact(v, &ob_str_type)) {
        size_t len;
        const char *s = ob_str_wtf8(v, &len);
        if (!s) return false;
        put_bytes(b, 'u', s, len);
    } else return put_container(b, v, depth);
    return true;
}

static ob_val dump(ob_val v) {
    base_buf b;
    base_buf_init(&b);
    ob_val bytes = OB_NULL;
    if (put(&b, v, 0)) bytes = b.failed ? ob_raise_memory() : ob_bytes_from(b.at, b.n);
    base_buf_release(&b);
    return bytes;
}

/* ---- reading ---- */

typedef struct reader { const uint8_t *p, *end; ob_val refs; int depth; } reader;

static ob_val short_data(void) { return ob_raise(&ob_exc_EOFError, "marshal data too short"); }
static ob_val bad(const char *what) { return ob_raise(&ob_exc_ValueError, "bad marshal data (%s)", what); }
static const uint8_t *take(reader *r, size_t n) {
    if ((size_t)(r->end - r->p) < n) return ob_fail_ptr(short_data());
    r->p += n;
    return r->p - n;
}
static bool get32(reader *r, uint32_t *out) {
    const uint8_t *p = take(r, 4);
    if (p) *out = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return p != NULL;
}
static bool get_size(reader *r, size_t *n, bool small) {
    uint32_t v;
    const uint8_t *p;
    if (small) {
        if (!(p = take(r, 1))) return false;
        *n = *p;
        return true;
    }
    if (!get32(r, &v)) return false;
    if (v > INT32_MAX) return ob_fail(bad("size out of range"));
    *n = v;
    return true;
}

static ob_val get_long(reader *r) {
    uint32_t raw;
    if (!get32(r, &raw)) return OB_NULL;
    int32_t n = (int32_t)raw;
    size_t count = (size_t)(n < 0 ? -(int64_t)n : n);
    const uint8_t *p = take(r, 2 * count);
    if (!p) return OB_NULL;
    uint8_t *bytes = ob_block_zalloc(count * 2 + 8);
    if (!bytes) return OB_NULL;
    for (size_t d = 0; d < count; d++) {
        uint32_t digit = (uint32_t)p[2 * d] | (uint32_t)p[2 * d + 1] << 8, at = (uint32_t)d * 15;
        if (digit > 0x7fff) return bad("digit out of range in long");
        digit <<= at % 8;
        for (int k = 0; k < 3; k++) bytes[at / 8 + (uint32_t)k] |= (uint8_t)(digit >> 8 * k);
    }
    ob_val v = ob_int_from_bytes(bytes, count * 2 + 8, true, false);
    return ob_is_null(v) || n >= 0 ? v : ob_unary(OB_UN_NEG, v);
}

static ob_val get(reader *r);
static ob_val get_many(reader *r, unsigned type, size_t n, ssize_t ref) {
    if (n > (size_t)(r->end - r->p)) return short_data();
    ob_val t = ob_list_new(n);
    if (type == '[' && ref >= 0 && !ob_list_set(r->refs, (size_t)ref, t)) return OB_NULL;
    for (size_t i = 0; i < n && !ob_is_null(t); i++) {
        ob_val x = get(r);
        if (ob_is_null(x) || !ob_list_append(t, x)) return OB_NULL;
    }
    if (ob_is_null(t) || type == '[') return t;
    return type == '<' ? ob_set_of_iterable(t) : type == '>' ? ob_frozenset_of_iterable(t) : ob_list_as_tuple(t);
}
static ob_val get_dict(reader *r, ssize_t ref) {
    ob_val d = ob_dict_new();
    if (ob_is_null(d) || (ref >= 0 && !ob_list_set(r->refs, (size_t)ref, d))) return OB_NULL;
    for (;;) {
        if (r->p < r->end && (*r->p & ~REF) == '0') { r->p++; return d; }
        ob_val k = get(r), v = ob_is_null(k) ? k : get(r);
        if (ob_is_null(v) || !ob_dict_set(d, k, v)) return OB_NULL;
    }
}
static ob_val get_text(reader *r, unsigned type) {
    size_t n;
    const uint8_t *p;
    if (!get_size(r, &n, type == 'z' || type == 'Z') || !(p = take(r, n))) return OB_NULL;
    ob_val s = type == 'u' || type == 't' ? ob_str_from_utf8((const char *)p, n) : ob_str_from_latin1(p, n);
    return ob_is_null(s) || (type != 't' && type != 'A' && type != 'Z') ? s : ob_str_intern(s);
}
static ob_val get_float(reader *r, bool complex) {
    const uint8_t *p = take(r, complex ? 16 : 8);
    double d[2] = {0, 0};
    if (!p) return OB_NULL;
    memcpy(d, p, complex ? 16 : 8);
    return complex ? ob_complex_from(d[0], d[1]) : ob_float_from(d[0]);
}
static ob_val get_block(reader *r, unsigned type) {
    size_t n;
    const uint8_t *p;
    if (!get_size(r, &n, false) || !(p = take(r, n))) return OB_NULL;
    return type == 's' ? ob_bytes_from(p, n) : py_code_from_bytes(p, n);
}

static ob_val get_value(reader *r, unsigned type, ssize_t ref) {
    uint32_t v;
    size_t n;
    switch (type) {
    case 'N': return OB_NONE;
    case 'T': return OB_TRUE;
    case 'F': return OB_FALSE;
    case '.': return OB_ELLIPSIS;
    case 'S': return ob_of(&ob_exc_StopIteration);
    case 'i': return get32(r, &v) ? ob_from_small((int32_t)v) : OB_NULL;
    case 'l': return get_long(r);
    case 'g': return get_float(r, false);
    case 'y': return get_float(r, true);
    case 's': case OUR_CODE: return get_block(r, type);
    case 'u': case 't': case 'a': case 'A': case 'z': case 'Z': return get_text(r, type);
    case '(': case '[': case '<': case '>': return get_size(r, &n, false) ? get_many(r, type, n, ref) : OB_NULL;
    case ')': return get_size(r, &n, true) ? get_many(r, '(', n, ref) : OB_NULL;
    case '{': return get_dict(r, ref);
    case 'r':
        if (!get32(r, &v)) return OB_NULL;
        if (v >= ob_list_len(r->refs) || ob_is_null(ob_list_at(r->refs, v))) return bad("invalid reference");
        return ob_list_at(r->refs, v);
    case 'c': return bad("code objects of another interpreter");
    default: return bad("unknown type code");
    }
}

static ob_val get(reader *r) {
    const uint8_t *p = take(r, 1);
    ssize_t ref = -1;
    if (!p) return OB_NULL;
    if (++r->depth > DEPTH_MAX) return ob_raise(&ob_exc_ValueError, "recursion limit exceeded");
    if (*p & REF) {
        ref = (ssize_t)ob_list_len(r->refs);
        if (!ob_list_append(r->refs, OB_NONE)) return OB_NULL;
    }
    ob_val v = get_value(r, *p & ~(unsigned)REF, ref);
    r->depth--;
    if (!ob_is_null(v) && ref >= 0 && !ob_list_set(r->refs, (size_t)ref, v)) return OB_NULL;
    return v;
}

static ob_val load(const uint8_t *p, size_t n, size_t *used) {
    reader r = {p, p + n, ob_list_new(0), 0};
    ob_val v = ob_is_null(r.refs) ? r.refs : get(&r);
    if (used) *used = (size_t)(r.p - p);
    return v;
}

NATIVE(m_dumps) { return dump(a[0]); }
NATIVE(m_dump) {
    ob_val bytes = dump(a[0]);
    return ob_is_null(bytes) ? bytes : ob_call_method(a[1], OB_NAME(write), &bytes, 1);
}
NATIVE(m_loads) {
    ob_buffer b;
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val v = load(b.data, b.len, NULL);
    ob_buffer_release(&b);
    return v;
}
NATIVE(m_load) {
    ob_val bytes = ob_call_method(a[0], OB_NAME(read), NULL, 0);
    if (ob_is_null(bytes)) return bytes;
    if (!ob_is_bytes(bytes)) return ob_raise(&ob_exc_TypeError, "file.read() returned not bytes but %T", bytes);
    size_t used;
    ob_val v = load(ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len, &used);
    ob_val back[2] = {ob_int_from_i64((int64_t)used - (int64_t)ob_bytes_ptr(bytes)->len), ob_from_small(1)};   /* the file stands behind the value */
    if (!ob_is_null(v) && used != ob_bytes_ptr(bytes)->len && ob_is_null(ob_call_method_c(a[0], "seek", back, 2))) return OB_NULL;
    return v;
}
static const ob_def defs[] = {{"dump", m_dump, "value, file, version=4, /", NULL, 0}, {"dumps", m_dumps, "value, version=4, /", NULL, 0},
    {"load", m_load, "file, /", NULL, 0}, {"loads", m_loads, "bytes, /", NULL, 0}, {0}};
static bool fill(ob_val m) { return ob_module_add_int(m, "version", 4); }
const ob_module_def py_mod_marshal = {"marshal", "Plain data as bytes.", defs, fill};
