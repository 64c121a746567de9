/* marshal.c: the module marshal: values as bytes, in Python's format of version 4.
 *
 * Locks: none.
 * Code objects are this implementation's own (py_code_to_bytes behind their type code), so that a .pyc of another one is refused; everything
 * else can be exchanged. Reading trusts nothing: each length is compared with what is left, nesting is limited.  */
#include "base/buf.h"
#include "base/mem.h"
#include "interp/front/compile.h"
#include "interp/mod/modules.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

enum { VERSION = 4, MAX_NESTING = 2000, FLAG_REF = 0x80 };

/* ---- writing ---- */

typedef struct known { uint64_t w; uint32_t number; } known;
typedef struct writer {
    base_buf out;
    int64_t version;
    known *refs; uint32_t mask, nrefs;   /* by identity, open addressing */
    unsigned depth;
    bool failed;                         /* with an exception */
} writer;

static void put(writer *w, ob_val v);

static void fail(writer *w, const char *message) {
    if (!w->failed) ob_raise(&ob_exc_ValueError, "%s", message);
    w->failed = true;
}

static void put_byte(writer *w, unsigned c) { base_buf_byte(&w->out, (unsigned char)c); }

static void put_u32(writer *w, uint32_t x) {
    for (int i = 0; i < 4; i++) put_byte(w, x >> 8 * i & 0xff);
}

static void put_bytes(writer *w, const void *p, size_t n) {
    if (n > INT32_MAX) { fail(w, "unmarshallable object"); return; }
    put_u32(w, (uint32_t)n);
    base_buf_add(&w->out, p, n);
}

static bool grow_refs(writer *w) {
    uint32_t size = w->refs ? (w->mask + 1) * 2 : 64;
    known *fresh = base_mem_zeroed(size * sizeof *fresh);
    if (!fresh) return false;
    for (uint32_t i = 0; w->refs && i <= w->mask; i++) {
        if (!w->refs[i].w) continue;
        uint32_t h = (uint32_t)(w->refs[i].w >> 4) * 0x9e3779b9u & (size - 1);
        while (fresh[h].w) h = (h + 1) & (size - 1);
        fresh[h] = w->refs[i];
    }
    base_mem_free(w->refs);
    w->refs = fresh;
    w->mask = size - 1;
    return true;
}

/* An object that was written before is a reference to that (true). */
static bool put_ref(writer *w, ob_val v, unsigned *flag) {
    *flag = 0;
    if (w->version < 3 || !ob_is_ptr(v)) return false;
    if ((!w->refs || w->nrefs * 2 > w->mask) && !grow_refs(w)) { w->out.failed = true; return true; }
    uint32_t h = (uint32_t)(v.w >> 4) * 0x9e3779b9u & w->mask;
    while (w->refs[h].w && w->refs[h].w != v.w) h = (h + 1) & w->mask;
    if (w->refs[h].w) {
        put_byte(w, 'r');
        put_u32(w, w->refs[h].number);
        return true;
    }
    w->refs[h] = (known){v.w, w->nrefs++};
    *flag = FLAG_REF;
    return false;
}

static void put_int(writer *w, ob_val v, unsigned flag) {
    if (ob_is_small(v) && ob_to_small(v) == (int32_t)ob_to_small(v)) {
        put_byte(w, 'i' | flag);
        put_u32(w, (uint32_t)(int32_t)ob_to_small(v));
        return;
    }
    uint64_t one;
    const uint64_t *limbs = &one;
    size_t n = 1;
    bool minus = ob_int_sign(v) < 0;
    if (ob_is_small(v)) {
        one = minus ? -(uint64_t)ob_to_small(v) : (uint64_t)ob_to_small(v);
    } else {
        const ob_bigint *b = (const ob_bigint *)ob_ptr(v);
        limbs = b->d;
        n = b->n;
    }
    size_t bits = n * 64 - (size_t)__builtin_clzll(limbs[n - 1]), digits = (bits + 14) / 15;
    put_byte(w, 'l' | flag);
    put_u32(w, (uint32_t)(minus ? -(int32_t)digits : (int32_t)digits));
    for (size_t i = 0; i < digits; i++) {
        size_t at = i * 15;
        uint64_t d = limbs[at / 64] >> at % 64;
        if (at % 64 > 49 && at / 64 + 1 < n) d |= limbs[at / 64 + 1] << (64 - at % 64);
        put_byte(w, d & 0xff);
        put_byte(w, d >> 8 & 0x7f);
    }
}

static void put_double(writer *w, double d) {
    if (w->version > 1) {
        uint64_t x;
        memcpy(&x, &d, 8);
        put_u32(w, (uint32_t)x);
        put_u32(w, (uint32_t)(x >> 32));
        return;
    }
    char text[64];
    size_t n = ob_float_format(text, sizeof text, d, 'g', 17, false, false);
    put_byte(w, (unsigned)n);
    base_buf_add(&w->out, text, n);
}

static void put_str(writer *w, ob_val v, unsigned flag) {
    bool interned = w->version >= 3 && ob_str_interned(v);
    size_t n;
    const char *s = ob_str_wtf8(v, &n);
    if (!s) { w->failed = true; return; }
    if (w->version >= 4 && ob_str_is_ascii(v)) {
        if (n < 256) {
            put_byte(w, (interned ? 'Z' : 'z') | flag);
            put_byte(w, (unsigned)n);
            base_buf_add(&w->out, s, n);
        } else {
            put_byte(w, (interned ? 'A' : 'a') | flag);
            put_bytes(w, s, n);
        }
        return;
    }
    put_byte(w, (interned ? 't' : 'u') | flag);
    put_bytes(w, s, n);
}

static void put_tuple(writer *w, ob_val v, unsigned flag) {
    size_t n = ob_tuple_len(v);
    if (w->version >= 4 && n < 256) {
        put_byte(w, ')' | flag);
        put_byte(w, (unsigned)n);
    } else {
        put_byte(w, '(' | flag);
        put_u32(w, (uint32_t)n);
    }
    for (size_t i = 0; i < n && !w->failed; i++) put(w, ob_tuple_at(v, i));
}

static void put_dict(writer *w, ob_val v) {
    ob_val keys = ob_dict_keys_list(v);                   /* other threads' changes do not matter: one snapshot */
    for (size_t i = 0; !ob_is_null(keys) && i < ob_list_len(keys) && !w->failed; i++) {
        ob_val k = ob_list_at(keys, i), x = ob_dict_get(v, k);
        if (ob_is_null(x)) { w->failed = ob_failed(); continue; }
        put(w, k);
        put(w, x);
    }
    if (ob_is_null(keys)) w->failed = true;
    put_byte(w, '0');
}

static void put_set(writer *w, ob_val v) {
    ob_val x;
    uint64_t hash;
    int more = 1;
    put_u32(w, (uint32_t)ob_set_len(v));
    for (size_t pos = 0; !w->failed && (more = ob_set_next(v, &pos, &x, &hash)) > 0;) put(w, x);
    if (more < 0) w->failed = true;
}

static void put_code(writer *w, ob_val v) {
    ob_val b = py_code_to_bytes(v);
    if (ob_is_null(b)) w->failed = true;
    else put_bytes(w, ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len);
}

static void put_container(writer *w, ob_val v, unsigned flag) {
    const ob_type *t = ob_type_of(v);
    if (++w->depth > MAX_NESTING || !ob_c_enter()) {
        if (ob_failed()) ob_err_clear();
        fail(w, "object too deeply nested to marshal");
        w->depth--;
        return;
    }
    if (t == &ob_tuple_type) {
        put_tuple(w, v, flag);
    } else if (t == &ob_list_type) {
        put_byte(w, '[' | flag);
        put_u32(w, (uint32_t)ob_list_len(v));
        for (size_t i = 0, n = ob_list_len(v); i < n && !w->failed; i++) put(w, ob_list_at(v, i));
    } else if (t == &ob_dict_type) {
        put_byte(w, '{' | flag);
        put_dict(w, v);
    } else if (t == &ob_set_type || t == &ob_frozenset_type) {
        put_byte(w, (t == &ob_set_type ? '<' : '>') | flag);
        put_set(w, v);
    } else if (t == &ob_code_type) {
        put_byte(w, 'c' | flag);
        put_code(w, v);
    } else if (ob_is_buffer(v)) {
        ob_buffer b;
        if (!ob_buffer_get(v, &b, false)) {
            ob_err_clear();
            fail(w, "unmarshallable object");
        } else {
            put_byte(w, 's' | flag);
            put_bytes(w, b.data, b.len);
            ob_buffer_release(&b);
        }
    } else {
        fail(w, "unmarshallable object");
    }
    ob_c_leave();
    w->depth--;
}

static void put(writer *w, ob_val v) {
    unsigned flag;
    if (ob_is_null(v)) { put_byte(w, '0'); return; }
    if (ob_is_none(v)) { put_byte(w, 'N'); return; }
    if (ob_same(v, OB_TRUE) || ob_same(v, OB_FALSE)) { put_byte(w, ob_same(v, OB_TRUE) ? 'T' : 'F'); return; }
    if (ob_same(v, OB_ELLIPSIS)) { put_byte(w, '.'); return; }
    if (ob_same(v, ob_type_val(&ob_exc_StopIteration))) { put_byte(w, 'S'); return; }
    if (put_ref(w, v, &flag)) return;
    const ob_type *t = ob_type_of(v);
    if (t == &ob_int_type) {
        put_int(w, v, flag);
    } else if (t == &ob_float_type) {
        put_byte(w, (w->version > 1 ? 'g' : 'f') | flag);
        put_double(w, ob_float_value(v));
    } else if (t == &ob_complex_type) {
        put_byte(w, (w->version > 1 ? 'y' : 'x') | flag);
        put_double(w, ((ob_complex *)ob_ptr(v))->re);
        put_double(w, ((ob_complex *)ob_ptr(v))->im);
    } else if (t == &ob_bytes_type) {
        put_byte(w, 's' | flag);
        put_bytes(w, ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len);
    } else if (t == &ob_str_type) {
        put_str(w, v, flag);
    } else {
        put_container(w, v, flag);
    }
}

static ob_val dump_value(ob_val v, ob_val version) {
    writer w = {.version = VERSION};
    ob_val b = OB_NULL;
    if (!ob_is_null(version) && !ob_index_i64(version, &w.version)) return OB_NULL;
    base_buf_init(&w.out);
    put(&w, v);
    if (!w.failed) b = w.out.failed ? ob_raise_memory() : ob_bytes_from(w.out.at, w.out.n);
    base_buf_release(&w.out);
    base_mem_free(w.refs);
    return b;
}

/* ---- reading ---- */

typedef struct reader {
    const uint8_t *at, *end;
    ob_val file, piece;                  /* file: of load(), read as it goes on; piece: the bytes that were read last */
    ob_val refs;                         /* list; NotImplemented: an object that is still being read */
    unsigned depth;
} reader;

static ob_val get(reader *r);
static ob_val bad(const char *what) { return ob_raise(&ob_exc_ValueError, "bad marshal data (%s)", what); }

/* The next n bytes, valid until the next call. NULL: EOFError. */
static const uint8_t *take(reader *r, size_t n) {
    if (ob_is_null(r->file)) {
        if (n > (size_t)(r->end - r->at)) return ob_fail_ptr(ob_raise(&ob_exc_EOFError, "marshal data too short"));
        r->at += n;
        return r->at - n;
    }
    ob_val count = ob_int_from_u64(n);
    r->piece = ob_call_method_c(r->file, "read", &count, 1);
    if (ob_is_null(r->piece)) return NULL;
    if (!ob_is_bytes(r->piece)) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "file.read() returned not bytes but %.100T", r->piece));
    size_t got = ob_bytes_ptr(r->piece)->len;
    if (got > n) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "read() returned too much data: %zu bytes requested, %zu returned", n, got));
    if (got < n) return ob_fail_ptr(ob_raise(&ob_exc_EOFError, got ? "marshal data too short" : "EOF read where not expected"));
    return ob_bytes_ptr(r->piece)->data;
}

static bool get_i32(reader *r, int32_t *out) {
    const uint8_t *p = take(r, 4);
    if (!p) return false;
    *out = (int32_t)((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
    return true;
}

static bool get_size(reader *r, bool wide, size_t *out, const char *what) {
    int32_t n;
    if (!wide) {
        const uint8_t *p = take(r, 1);
        if (p) *out = *p;
        return p != NULL;
    }
    if (!get_i32(r, &n)) return false;
    if (n < 0) return ob_fail(bad(what));
    *out = (size_t)n;
    return true;
}

/* A place in the table of references, if the object has the flag; -1: none. */
static ssize_t reserve(reader *r, bool flag) {
    if (!flag) return -1;
    return ob_list_append(r->refs, OB_NOT_IMPLEMENTED) ? (ssize_t)ob_list_len(r->refs) - 1 : -2;
}

static ob_val settle(reader *r, ssize_t place, ob_val v) {
    if (ob_is_null(v) || place == -2) return OB_NULL;
    return place < 0 || ob_list_set(r->refs, (size_t)place, v) ? v : OB_NULL;
}

static ob_val get_long(reader *r) {
    int32_t count;
    if (!get_i32(r, &count)) return OB_NULL;
    size_t n = count < 0 ? (size_t)-(int64_t)count : (size_t)count;
    if (!n) return ob_from_small(0);
    if (n > INT32_MAX / 2) return bad("long size out of range");
    const uint8_t *p = take(r, n * 2);
    if (!p) return OB_NULL;
    size_t room = (n * 15 + 7) / 8 + 1;
    uint8_t *bytes = base_mem_zeroed(room + 3);
    if (!bytes) return ob_raise_memory();
    ob_val v = OB_NULL;
    for (size_t i = 0; i < n; i++) {
        uint32_t d = (uint32_t)p[2 * i] | (uint32_t)p[2 * i + 1] << 8;
        if (d > 0x7fff || (i + 1 == n && !d)) {
            v = bad(d ? "digit out of range in long" : "unnormalized long data");
            goto out;
        }
        d <<= i * 15 % 8;
        for (int k = 0; k < 3; k++) bytes[i * 15 / 8 + (size_t)k] |= (uint8_t)(d >> 8 * k);
    }
    v = ob_int_from_bytes(bytes, room, true, false);
    if (!ob_is_null(v) && count < 0) v = ob_unary(OB_UN_NEG, v);
out:
    base_mem_free(bytes);
    return v;
}

static bool get_double(reader *r, bool binary, double *out) {
    if (!binary) {
        size_t n;
        char text[257];
        const uint8_t *p = get_size(r, false, &n, "") ? take(r, n) : NULL;
        if (!p) return false;
        memcpy(text, p, n);
        return ob_float_parse(text, n, out) || (!ob_failed() && ob_fail(bad("could not convert string to float")));
    }
    const uint8_t *p = take(r, 8);
    if (!p) return false;
    uint64_t x = 0;
    for (int i = 8; i-- > 0;) x = x << 8 | p[i];
    memcpy(out, &x, 8);
    return true;
}

static ob_val get_text(reader *r, int code) {
    size_t n;
    if (!get_size(r, code != 'z' && code != 'Z', &n, code == 's' ? "bytes object size out of range" : "string size out of range")) return OB_NULL;
    const uint8_t *p = take(r, n);
    if (!p) return OB_NULL;
    if (code == 's') return ob_bytes_from(p, n);
    ob_val v = code == 'u' || code == 't' ? ob_str_from_utf8((const char *)p, n) : ob_str_from_latin1(p, n);
    return !ob_is_null(v) && (code == 't' || code == 'A' || code == 'Z') ? ob_str_intern(v) : v;
}

static ob_val get_item(reader *r, const char *what) {
    ob_val v = get(r);
    if (ob_is_null(v) && !ob_failed()) ob_raise(&ob_exc_TypeError, "NULL object in marshal data for %s", what);
    return v;
}

static ob_val get_tuple(reader *r, int code, bool flag) {
    size_t n;
    if (!get_size(r, code == '(', &n, "tuple size out of range")) return OB_NULL;
    ssize_t place = reserve(r, flag);
    ob_val items = ob_list_new(0);                        /* the size is not to be trusted before the items are there */
    for (size_t i = 0; i < n && !ob_is_null(items); i++) {
        ob_val v = get_item(r, "tuple");
        if (ob_is_null(v) || !ob_list_append(items, v)) return OB_NULL;
    }
    return ob_is_null(items) ? items : settle(r, place, ob_list_as_tuple(items));
}

static ob_val get_list(reader *r, bool flag) {
    size_t n;
    if (!get_size(r, true, &n, "list size out of range")) return OB_NULL;
    ob_val list = ob_list_new(0);
    if (ob_is_null(settle(r, reserve(r, flag), list))) return OB_NULL;
    for (size_t i = 0; i < n; i++) {
        ob_val v = get_item(r, "list");
        if (ob_is_null(v) || !ob_list_append(list, v)) return OB_NULL;
    }
    return list;
}

static ob_val get_dict(reader *r, bool flag) {
    ob_val d = ob_dict_new();
    if (ob_is_null(settle(r, reserve(r, flag), d))) return OB_NULL;
    for (;;) {
        ob_val k = get(r);
        if (ob_is_null(k)) return ob_failed() ? k : d;
        ob_val v = get(r);
        if (ob_is_null(v)) return ob_failed() ? v : d;
        if (!ob_dict_set(d, k, v)) return OB_NULL;
    }
}

static ob_val get_set(reader *r, int code, bool flag) {
    size_t n;
    if (!get_size(r, true, &n, "set size out of range")) return OB_NULL;
    ssize_t place = -1;
    ob_val s = ob_set_new();
    if (code == '<' && ob_is_null(settle(r, reserve(r, flag), s))) return OB_NULL;
    if (code == '>') place = reserve(r, flag);
    for (size_t i = 0; i < n && !ob_is_null(s); i++) {
        ob_val v = get_item(r, "set");
        if (ob_is_null(v) || !ob_set_add(s, v)) return OB_NULL;
    }
    return ob_is_null(s) || code == '<' ? s : settle(r, place, ob_frozenset_of_iterable(s));
}

static ob_val get_code(reader *r, bool flag) {
    size_t n;
    ssize_t place = reserve(r, flag);
    if (!get_size(r, true, &n, "code size out of range")) return OB_NULL;
    const uint8_t *p = take(r, n);
    return p ? settle(r, place, py_code_from_bytes(p, n)) : OB_NULL;
}

static ob_val get_container(reader *r, int code, bool flag) {
    ob_val v = OB_NULL;
    if (r->depth >= MAX_NESTING) return ob_raise(&ob_exc_ValueError, "recursion limit exceeded");
    r->depth++;
    if (ob_c_enter()) {
        switch (code) {
        case '(': case ')': v = get_tuple(r, code, flag); break;
        case '[': v = get_list(r, flag); break;
        case '{': v = get_dict(r, flag); break;
        case '<': case '>': v = get_set(r, code, flag); break;
        default: v = get_code(r, flag); break;
        }
        ob_c_leave();
    }
    r->depth--;
    return v;
}

static ob_val get_ref(reader *r) {
    int32_t i;
    if (!get_i32(r, &i)) return OB_NULL;
    ob_val v = i >= 0 && (size_t)i < ob_list_len(r->refs) ? ob_list_at(r->refs, (size_t)i) : OB_NOT_IMPLEMENTED;
    return ob_same(v, OB_NOT_IMPLEMENTED) ? bad("invalid reference") : v;
}

static ob_val get_number(reader *r, int code) {
    int32_t i;
    double re, im;
    switch (code) {
    case 'i': return get_i32(r, &i) ? ob_from_small(i) : OB_NULL;
    case 'l': return get_long(r);
    case 'f': case 'g': return get_double(r, code == 'g', &re) ? ob_float_from(re) : OB_NULL;
    default: return get_double(r, code == 'y', &re) && get_double(r, code == 'y', &im) ? ob_complex_from(re, im) : OB_NULL;
    }
}

/* OB_NULL without an exception: the mark that ends a dict. */
static ob_val get(reader *r) {
    const uint8_t *p = take(r, 1);
    if (!p) {
        if (ob_err_matches(&ob_exc_EOFError)) {
            ob_err_clear();
            ob_raise(&ob_exc_EOFError, "EOF read where object expected");
        }
        return OB_NULL;
    }
    int code = *p & ~FLAG_REF;
    bool flag = *p & FLAG_REF;
    switch (code) {
    case '0': return OB_NULL;
    case 'N': return OB_NONE;
    case 'T': return OB_TRUE;
    case 'F': return OB_FALSE;
    case '.': return OB_ELLIPSIS;
    case 'S': return ob_type_val(&ob_exc_StopIteration);
    case 'r': return get_ref(r);
    case 'i': case 'l': case 'f': case 'g': case 'x': case 'y': {
        ob_val v = get_number(r, code);
        return ob_is_null(v) ? v : settle(r, reserve(r, flag), v);
    }
    case 's': case 'u': case 't': case 'a': case 'A': case 'z': case 'Z': {
        ob_val v = get_text(r, code);
        return ob_is_null(v) ? v : settle(r, reserve(r, flag), v);
    }
    case '(': case ')': case '[': case '{': case '<': case '>': case 'c': return get_container(r, code, flag);
    default: return bad("unknown type code");
    }
}

static ob_val load_value(reader *r) {
    r->refs = ob_list_new(0);
    ob_val v = ob_is_null(r->refs) ? r->refs : get(r);
    if (ob_is_null(v) && !ob_failed()) ob_raise(&ob_exc_TypeError, "NULL object in marshal data for object");
    return v;
}

/* ---- the module ---- */

OB_FN(m_dumps) { return dump_value(a[0], a[1]); }

OB_FN(m_dump) {
    ob_val b = dump_value(a[0], a[2]);
    return ob_is_null(b) ? b : ob_call_method_c(a[1], "write", &b, 1);
}

OB_FN(m_loads) {
    ob_buffer b;
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    reader r = {b.data, b.data + b.len, OB_NULL, OB_NULL, OB_NULL, 0};
    ob_val v = load_value(&r);
    ob_buffer_release(&b);
    return v;
}

OB_FN(m_load) {
    ob_val zero = ob_from_small(0), probe = ob_call_method_c(a[0], "read", &zero, 1);
    if (ob_is_null(probe)) return OB_NULL;
    if (!ob_is_bytes(probe)) return ob_raise(&ob_exc_TypeError, "file.read() returned not bytes but %.100T", probe);
    reader r = {NULL, NULL, a[0], OB_NULL, OB_NULL, 0};
    return load_value(&r);
}

static const ob_def defs[] = {
    {"dump", m_dump, "value, file, version=4, /", "Write the value on the open file.", 0},
    {"dumps", m_dumps, "value, version=4, /", "Return the bytes object that would be written to a file by dump(value, file).", 0},
    {"load", m_load, "file, /", "Read one value from the open file and return it.", 0},
    {"loads", m_loads, "bytes, /", "Convert the bytes-like object to a value.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static bool fill(ob_val m) { return ob_module_add_int(m, "version", VERSION); }

const ob_module_def py_mod_marshal = {"marshal", "Values as bytes, in the format of Python's compiled files.", defs, fill};
