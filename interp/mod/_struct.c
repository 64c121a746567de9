/* _struct.c: the module _struct: C structures in bytes.
 *
 * Locks: none. The cache of compiled layouts holds entries that are never freed, installed by compare-and-swap (MO: LAYOUT).
 * S1  A layout is constant once made.
 */
#include "base/hash.h"
#include "base/mem.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <limits.h>
#include <math.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

static ob_val struct_error;
static ob_val fail(const char *message) { return ob_raise(ob_type_ptr(struct_error), "%s", message); }

/* ---- layouts ---- */

typedef enum kind { PAD, CHAR, INT, UINT, BOOL, HALF, SINGLE, DOUBLE, STRING, PASCAL, POINTER } kind;

/* FORMAT(code, kind, C type, size in the standard layout or 0 where there is none) */
#define FORMATS(F) \
    F('x', PAD, char, 1) F('c', CHAR, char, 1) F('b', INT, signed char, 1) F('B', UINT, unsigned char, 1) F('?', BOOL, _Bool, 1) \
    F('h', INT, short, 2) F('H', UINT, unsigned short, 2) F('i', INT, int, 4) F('I', UINT, unsigned, 4) F('l', INT, long, 4) \
    F('L', UINT, unsigned long, 4) F('q', INT, long long, 8) F('Q', UINT, unsigned long long, 8) F('n', INT, ssize_t, 0) F('N', UINT, size_t, 0) \
    F('P', POINTER, void *, 0) F('e', HALF, short, 2) F('f', SINGLE, float, 4) F('d', DOUBLE, double, 8) F('s', STRING, char, 1) F('p', PASCAL, char, 1)

typedef struct format { char code; uint8_t kind, size, align, standard; } format;
static const format formats[] = {
#define F(code, kind, type, standard) {code, kind, sizeof(type), alignof(type), standard},
    FORMATS(F)
#undef F
};

typedef struct item { const format *f; size_t offset, size, repeat; } item;
typedef struct layout { size_t size, values, n; bool native, little; item items[]; } layout;

static const format *find(char code) {
    for (size_t i = 0; i < BASE_LENGTH(formats); i++)
        if (formats[i].code == code) return &formats[i];
    return NULL;
}

typedef struct order { bool native, aligned, little; } order;

static const char *read_order(const char *s, order *o) {
    *o = (order){true, true, true};
    switch (*s) {
    case '@': return s + 1;
    case '=': o->native = o->aligned = false; return s + 1;
    case '<': o->native = o->aligned = false; return s + 1;
    case '>': case '!': *o = (order){false, false, false}; return s + 1;
    default: return s;
    }
}

static bool too_long(void) { return ob_fail(fail("total struct size too long")); }

/* A repeat count; 1 when there is none. */
static const char *read_count(const char *s, size_t *count) {
    *count = 1;
    if (*s < '0' || *s > '9') return s;
    for (*count = 0; *s >= '0' && *s <= '9'; s++)
        if (__builtin_mul_overflow(*count, 10, count) || __builtin_add_overflow(*count, (size_t)(*s - '0'), count)) {
            (void)too_long();
            return NULL;
        }
    return s;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Walks through the format; items NULL: only measures. */
static bool walk(const char *s, layout *l, item *items) {
    order o;
    s = read_order(s, &o);
    l->native = o.native;
    l->little = o.little;
    l->size = l->values = l->n = 0;
    while (*s) {
        size_t count, total;
        if (is_space(*s)) { s++; continue; }
        if (!(s = read_count(s, &count))) return false;
        if (!*s) return ob_fail(fail("repeat count given without format specifier"));
        const format *f = find(*s++);
        if (!f || (!o.native && !f->standard)) return ob_fail(fail("bad char in struct format"));
        size_t size = o.native ? f->size : f->standard;
        if (o.aligned) {
            if (l->size > SSIZE_MAX - 16) return too_long();
            l->size = (l->size + f->align - 1) / f->align * f->align;
        }
        bool whole = f->kind == STRING || f->kind == PASCAL;
        if (__builtin_mul_overflow(size, count, &total) || total > SSIZE_MAX - l->size) return too_long();
        if (f->kind != PAD && (count || whole)) {
            if (items) items[l->n] = (item){f, l->size, whole ? count : size, whole ? 1 : count};
            l->n++;
            l->values += whole ? 1 : count;
        }
        l->size += total;
    }
    return true;
}

/* ---- the cache ---- */

typedef struct cached { layout *l; char text[]; } cached;
static _Atomic(cached *) cache[256];
static base_hash_key cache_key = {0x5f, 0x72};

static layout *compile(const char *text, void *(*alloc)(size_t)) {
    layout measured, *l;
    if (!walk(text, &measured, NULL)) return NULL;
    size_t bytes;
    if (!base_mem_size(measured.n, sizeof(item), sizeof(layout), &bytes) || !(l = alloc(bytes))) return ob_fail_ptr(ob_raise_memory());
    *l = measured;
    return walk(text, l, l->items) ? l : NULL;
}

static void *plain_alloc(size_t n) { return base_mem_alloc(n); }
static void *block_alloc(size_t n) { return ob_block_alloc(n); }

/* The layout of a format; *own: the caller frees it (base_mem_free). */
static layout *layout_of(const char *text, size_t len, bool *own) {
    _Atomic(cached *) *slot = &cache[base_hash_bytes(&cache_key, text, len) % BASE_LENGTH(cache)];
    cached *c = atomic_load_explicit(slot, memory_order_acquire);          /* MO: LAYOUT acquire */
    *own = false;
    if (c && strcmp(c->text, text) == 0) return c->l;
    layout *l = compile(text, plain_alloc);
    if (!l) return NULL;
    *own = true;
    if (c || !(c = base_mem_alloc(sizeof *c + len + 1))) return l;
    c->l = l;
    memcpy(c->text, text, len + 1);
    cached *expected = NULL;
    if (atomic_compare_exchange_strong_explicit(slot, &expected, c, memory_order_release, memory_order_relaxed)) *own = false;   /* MO: LAYOUT release */
    else base_mem_free(c);
    return l;
}

static void layout_done(layout *l, bool own) { if (own) base_mem_free(l); }

/* A format given as str or bytes, as text; *keep holds it. */
static const char *format_text(ob_val v, ob_val *keep, size_t *len) {
    const char *s;
    if (ob_is_str(v)) {
        if (!ob_str_is_ascii(v)) {
            ob_val ascii = ob_str_from_c("ascii");
            if (!ob_is_null(ascii)) (void)ob_call_method_c(v, "encode", &ascii, 1);
            return NULL;
        }
        *keep = v;
        s = ob_str_utf8(v, len);
    } else if (ob_is_bytes(v)) {
        *keep = v;
        s = (const char *)ob_bytes_ptr(v)->data;
        *len = ob_bytes_ptr(v)->len;
    } else {
        return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "Struct() argument 1 must be a str or bytes object, not %.200T", v));
    }
    if (s && strlen(s) != *len) return ob_fail_ptr(fail("embedded null character"));
    return s;
}

/* ---- packing one value ---- */

static void put_bytes(uint8_t *p, uint64_t v, size_t n, bool little) {
    for (size_t i = 0; i < n; i++) p[little ? i : n - 1 - i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get_bytes(const uint8_t *p, size_t n, bool little) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[little ? i : n - 1 - i] << 8 * i;
    return v;
}

static ob_val integer(ob_val v) {
    if (ob_is_int(v)) return v;
    if (ob_has_index(v)) return ob_index(v);
    return fail("required argument is not an integer");
}

static bool range_error(const layout *l, char code, size_t size, bool is_signed) {
    static const struct { char code; const char *name; } named[] = {{'b', "byte"}, {'B', "ubyte"}, {'h', "short"}, {'H', "ushort"}};
    char what[24];
    unsigned bits = (unsigned)size * 8;
    snprintf(what, sizeof what, "'%c'", code);
    for (size_t i = 0; i < BASE_LENGTH(named); i++)
        if (named[i].code == code && (l->little || size == 1)) snprintf(what, sizeof what, "%s", named[i].name);
    ob_type *error = ob_type_ptr(struct_error);
    if (is_signed) return ob_fail(ob_raise(error, "%s format requires %lld <= number <= %lld", what, -(1LL << (bits - 1)), (1LL << (bits - 1)) - 1));
    return ob_fail(ob_raise(error, "%s format requires 0 <= number <= %llu", what, (1ULL << bits) - 1));
}

static bool out_of_range(const layout *l, size_t size) {
    return ob_fail(fail(size == 8 && !l->little ? "int too large to convert" : "argument out of range"));
}

static bool pack_int(const layout *l, const item *f, uint8_t *p, ob_val v) {
    int64_t i;
    uint64_t u;
    bool is_signed = f->f->kind == INT;
    v = integer(v);
    if (ob_is_null(v)) return false;
    if (is_signed || f->size == 1 || (f->f->code == 'H' && l->little)) {
        if (!ob_int_to_i64(v, &i)) { ob_err_clear(); return out_of_range(l, f->size); }
        int64_t least = is_signed ? f->size == 8 ? INT64_MIN : -(INT64_C(1) << (8 * f->size - 1)) : 0;
        int64_t most = is_signed ? ~least : (INT64_C(1) << 8 * f->size) - 1;
        if (i < least || i > most) return range_error(l, f->f->code, f->size, is_signed);
        u = (uint64_t)i;
    } else {
        if (!ob_int_to_u64(v, &u)) { ob_err_clear(); return out_of_range(l, f->size); }
        if (f->size < 8 && u >> 8 * f->size) return range_error(l, f->f->code, f->size, false);
    }
    put_bytes(p, u, f->size, l->little);
    return true;
}

static bool pack_pointer(const layout *l, const item *f, uint8_t *p, ob_val v) {
    int64_t i;
    uint64_t u;
    v = integer(v);
    if (ob_is_null(v)) return false;
    if (ob_int_sign(v) < 0 ? ob_int_to_i64(v, &i) : ob_int_to_u64(v, &u)) {
        put_bytes(p, ob_int_sign(v) < 0 ? (uint64_t)i : u, f->size, l->little);
        return true;
    }
    ob_err_clear();
    return ob_fail(fail("int too large to convert"));
}

static bool too_large(char code) { return ob_fail(ob_raise(&ob_exc_OverflowError, "float too large to pack with %c format", code)); }

/* IEEE 754 binary16, rounded half to even. */
static bool to_half(double d, uint16_t *out) {
    uint16_t sign = signbit(d) ? 0x8000 : 0;
    int e;
    if (isnan(d)) { *out = sign | 0x7e00; return true; }
    if (isinf(d)) { *out = sign | 0x7c00; return true; }
    double f = frexp(fabs(d), &e) * 2;                    /* in [1, 2), or 0 */
    e--;
    if (d == 0 || e < -25) { *out = sign; return true; }
    if (e >= 16) return too_large('e');
    if (e < -14) { f = ldexp(f, e + 14); e = 0; }         /* subnormal */
    else { f -= 1; e += 15; }
    double bits = nearbyint(f * 1024);
    unsigned whole = ((unsigned)e << 10) + (unsigned)bits;   /* a carry runs into the exponent, as it should */
    if (whole >= 0x7c00) return too_large('e');
    *out = (uint16_t)(sign | whole);
    return true;
}

static double from_half(uint16_t h) {
    int e = h >> 10 & 31;
    double f = h & 0x3ff, d = e == 31 ? (f != 0 ? NAN : INFINITY) : e ? ldexp(1024 + f, e - 25) : ldexp(f, -24);
    return h & 0x8000 ? -d : d;
}

static bool pack_float(const layout *l, const item *f, uint8_t *p, ob_val v) {
    double d;
    uint64_t bits = 0;
    if (!ob_to_double(v, &d)) {
        if (ob_err.cond != OB_COND_EXCEPTION) return false;
        ob_err_clear();
        return ob_fail(fail("required argument is not a float"));
    }
    if (f->f->kind == HALF) {
        uint16_t h;
        if (!to_half(d, &h)) return false;
        bits = h;
    } else if (f->f->kind == SINGLE) {
        float s = (float)d;
        uint32_t w;
        if (isinf(s) && !isinf(d) && !l->native) return too_large('f');
        memcpy(&w, &s, 4);
        bits = w;
    } else {
        memcpy(&bits, &d, 8);
    }
    put_bytes(p, bits, f->size, l->little);
    return true;
}

static bool pack_text(const item *f, uint8_t *p, ob_val v) {
    ob_buffer b;
    bool pascal = f->f->kind == PASCAL;
    if (!ob_is_bytes(v) && !ob_is_a(v, &ob_bytearray_type))
        return ob_fail(ob_raise(ob_type_ptr(struct_error), "argument for '%c' must be a bytes object", f->f->code));
    if (!ob_buffer_get(v, &b, false)) return false;
    size_t room = pascal ? (f->size ? f->size - 1 : 0) : f->size, n = b.len < room ? b.len : room;
    if (pascal && f->size) *p++ = (uint8_t)(n > 255 ? 255 : n);
    if (n) memcpy(p, b.data, n);
    ob_buffer_release(&b);
    return true;
}

static bool pack_value(const layout *l, const item *f, uint8_t *p, ob_val v) {
    int t;
    switch (f->f->kind) {
    case INT: case UINT: return pack_int(l, f, p, v);
    case HALF: case SINGLE: case DOUBLE: return pack_float(l, f, p, v);
    case STRING: case PASCAL: return pack_text(f, p, v);
    case POINTER: return pack_pointer(l, f, p, v);
    case BOOL:
        if ((t = ob_truth(v)) < 0) return false;
        put_bytes(p, (uint64_t)t, f->size, l->little);
        return true;
    default:
        if (!ob_is_bytes(v) || ob_bytes_ptr(v)->len != 1) return ob_fail(fail("char format requires a bytes object of length 1"));
        *p = ob_bytes_ptr(v)->data[0];
        return true;
    }
}

static bool pack_all(const layout *l, uint8_t *p, const ob_val *a) {
    memset(p, 0, l->size);
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < l->items[i].repeat; k++)
            if (!pack_value(l, &l->items[i], p + l->items[i].offset + k * l->items[i].size, *a++)) return false;
    return true;
}

/* ---- unpacking ---- */

static ob_val unpack_value(const layout *l, const item *f, const uint8_t *p) {
    uint64_t u;
    double d;
    float s;
    size_t n;
    switch (f->f->kind) {
    case CHAR: return ob_bytes_from(p, 1);
    case STRING: return ob_bytes_from(p, f->size);
    case PASCAL:
        n = f->size ? *p : 0;
        if (n + 1 > f->size) n = f->size ? f->size - 1 : 0;
        return ob_bytes_from(p + 1, n);
    default: break;
    }
    u = get_bytes(p, f->size, l->little);
    switch (f->f->kind) {
    case INT: return ob_int_from_i64((int64_t)(u << (64 - 8 * f->size)) >> (64 - 8 * f->size));
    case BOOL: return ob_bool(u != 0);
    case HALF: return ob_float_from(from_half((uint16_t)u));
    case SINGLE: {
        uint32_t w = (uint32_t)u;
        memcpy(&s, &w, 4);
        return ob_float_from((double)s);
    }
    case DOUBLE: memcpy(&d, &u, 8); return ob_float_from(d);
    default: return ob_int_from_u64(u);
    }
}

static ob_val unpack_all(const layout *l, const uint8_t *p) {
    ob_val t = ob_tuple_alloc(l->values);
    if (ob_is_null(t)) return t;
    size_t at = 0;
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = 0; k < l->items[i].repeat; k++) {
            ob_val v = unpack_value(l, &l->items[i], p + l->items[i].offset + k * l->items[i].size);
            if (ob_is_null(v)) return v;
            ob_tuple_ptr(t)->items[at++] = v;
        }
    return t;
}

/* ---- operations on a layout ---- */

static ob_val do_pack(const layout *l, const ob_val *a, size_t n) {
    if (n != l->values) return ob_raise(ob_type_ptr(struct_error), "pack expected %zd items for packing (got %zd)", l->values, n);
    ob_val b = ob_bytes_alloc(l->size);
    return !ob_is_null(b) && pack_all(l, ob_bytes_ptr(b)->data, a) ? b : OB_NULL;
}

/* Turns an offset that may be negative into one from the start. */
static bool resolve(int64_t *offset, const ob_buffer *b, size_t size, bool packing) {
    ob_type *error = ob_type_ptr(struct_error);
    const char *verb = packing ? "packing" : "unpacking";
    if (*offset < 0) {
        if (*offset + (int64_t)size > 0)
            return ob_fail(ob_raise(error, packing ? "no space to pack %zd bytes at offset %lld" : "not enough data to unpack %zd bytes at offset %lld", size, (long long)*offset));
        if (*offset + (int64_t)b->len < 0) return ob_fail(ob_raise(error, "offset %lld out of range for %zd-byte buffer", (long long)*offset, b->len));
        *offset += (int64_t)b->len;
    }
    if ((uint64_t)*offset <= b->len && b->len - (uint64_t)*offset >= size) return true;
    return ob_fail(ob_raise(error, "%s requires a buffer of at least %llu bytes for %s %zd bytes at offset %lld (actual buffer size is %zd)",
                            packing ? "pack_into" : "unpack_from", (unsigned long long)*offset + size, verb, size, (long long)*offset, b->len));
}

static ob_val do_pack_into(const layout *l, const ob_val *a, size_t n) {
    int64_t offset;
    ob_buffer b;
    if (n == 0) return fail("pack_into expected buffer argument");
    if (n == 1) return fail("pack_into expected offset argument");
    if (n - 2 != l->values) return ob_raise(ob_type_ptr(struct_error), "pack_into expected %zd items for packing (got %zd)", l->values, n - 2);
    if (!ob_is_buffer(a[0]) || !ob_buffer_get(a[0], &b, true)) {
        if (ob_failed() && ob_err.cond != OB_COND_EXCEPTION) return OB_NULL;
        ob_err_clear();
        return ob_raise(&ob_exc_TypeError, "argument must be read-write bytes-like object, not %.200T", a[0]);
    }
    bool ok = ob_index_i64(a[1], &offset) && resolve(&offset, &b, l->size, true);
    ob_val packed = ok ? do_pack(l, a + 2, n - 2) : OB_NULL;   /* aside first: converting values may run Python code */
    if (!ob_is_null(packed)) memcpy(b.data + offset, ob_bytes_ptr(packed)->data, l->size);
    ob_buffer_release(&b);
    return ob_is_null(packed) ? OB_NULL : OB_NONE;
}

static ob_val do_unpack(const layout *l, ob_val buffer) {
    ob_buffer b;
    if (!ob_buffer_get(buffer, &b, false)) return OB_NULL;
    ob_val v = b.len == l->size ? unpack_all(l, b.data) : ob_raise(ob_type_ptr(struct_error), "unpack requires a buffer of %zd bytes", l->size);
    ob_buffer_release(&b);
    return v;
}

static ob_val do_unpack_from(const layout *l, ob_val buffer, ob_val start) {
    ob_buffer b;
    int64_t offset = 0;
    if (!ob_is_null(start) && !ob_index_i64(start, &offset)) return OB_NULL;
    if (!ob_buffer_get(buffer, &b, false)) return OB_NULL;
    ob_val v = resolve(&offset, &b, l->size, false) ? unpack_all(l, b.data + offset) : OB_NULL;
    ob_buffer_release(&b);
    return v;
}

/* ---- Struct ---- */

typedef struct struct_body { ob_val format; layout *l; } struct_body;   /* l: a block; NULL before __init__ */
static ob_type struct_type, iterator_type;

static void struct_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const struct_body *b = body;
    ob_trace_val(t, b->format);
    ob_trace_block(t, b->l);
}

static const layout *struct_layout(ob_val self) {
    const layout *l = ((const struct_body *)ob_read(self))->l;
    if (!l) (void)ob_raise(&ob_exc_RuntimeError, "Struct object is not initialized");
    return l;
}

static ob_val struct_make(ob_type *type, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return ob_of(ob_alloc_mut(type, sizeof(struct_body))); }

static ob_val struct_init_bound(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    ob_val keep;
    size_t len;
    const char *text = format_text(a[0], &keep, &len);
    if (!text) return OB_NULL;
    ob_val shown = ob_str_from_utf8(text, len);
    layout *l = ob_is_null(shown) ? NULL : compile(text, block_alloc);
    struct_body *b = l ? ob_write(self) : NULL;
    if (!b) return OB_NULL;
    b->format = shown;
    b->l = l;
    return OB_NONE;
}

static bool struct_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"Struct", struct_init_bound, "format", NULL, 0};
    return !ob_is_null(ob_def_call(&def, self, a, n, kw));
}

static ob_val iterator_new(ob_val s, ob_val buffer);

OB_FN(struct_pack) {
    const layout *l = struct_layout(self);
    return l && py_mod_no_keywords("Struct.pack", kw) ? do_pack(l, a, n) : OB_NULL;
}
OB_FN(struct_pack_into) {
    const layout *l = struct_layout(self);
    return l && py_mod_no_keywords("Struct.pack_into", kw) ? do_pack_into(l, a, n) : OB_NULL;
}
OB_FN(struct_unpack) { const layout *l = struct_layout(self); return l ? do_unpack(l, a[0]) : OB_NULL; }
OB_FN(struct_unpack_from) { const layout *l = struct_layout(self); return l ? do_unpack_from(l, a[0], a[1]) : OB_NULL; }
OB_FN(struct_iter_unpack) { return iterator_new(self, a[0]); }
OB_FN(struct_sizeof) { const layout *l = struct_layout(self); return l ? ob_from_small((int64_t)(64 + sizeof *l + l->n * sizeof(item))) : OB_NULL; }

static ob_val struct_format(ob_val self) { ob_val f = ((const struct_body *)ob_read(self))->format; return ob_is_null(f) ? OB_NONE : f; }
static ob_val struct_size(ob_val self) { const layout *l = struct_layout(self); return l ? ob_from_small((int64_t)l->size) : OB_NULL; }

static const ob_def struct_methods[] = {
    {"__sizeof__", struct_sizeof, "", "Size in memory, in bytes.", 0},
    {"iter_unpack", struct_iter_unpack, "buffer, /", "An iterator that unpacks one structure after the other.", 0},
    {"pack", struct_pack, NULL, "The values as bytes.", 0},
    {"pack_into", struct_pack_into, NULL, "Writes the values into a buffer, from an offset on.", 0},
    {"unpack", struct_unpack, "buffer, /", "The values in a buffer of exactly the structure's size.", 0},
    {"unpack_from", struct_unpack_from, "buffer, offset=0", "The values in a buffer from an offset on.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
static const ob_getset struct_getsets[] = {
    {"format", struct_format, NULL, "the format as text"},
    {"size", struct_size, NULL, "bytes of a structure"},
    {NULL, NULL, NULL, NULL},
};

static ob_type struct_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind),
    .name = "_struct.Struct",
    .base = &ob_object_type,
    .flags = OB_TF_BASE,
    .size = sizeof(struct_body),
    .slots = {.make = struct_make, .init = struct_init},
    .trace_body = struct_trace,
    .methods = struct_methods,
    .getsets = struct_getsets,
    .doc = "Struct(fmt) --> compiled struct object",
};

/* ---- the iterator ---- */

typedef struct iterator_body { ob_val s, buffer; size_t at; } iterator_body;

static void iterator_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const iterator_body *b = body;
    ob_trace_val(t, b->s);
    ob_trace_val(t, b->buffer);
}

static ob_val iterator_new(ob_val s, ob_val buffer) {
    ob_buffer b;
    const layout *l = struct_layout(s);
    if (!l) return OB_NULL;
    if (l->size == 0) return ob_raise(ob_type_ptr(struct_error), "cannot iteratively unpack with a struct of length 0");
    if (!ob_buffer_get(buffer, &b, false)) return OB_NULL;
    bool whole = b.len % l->size == 0;
    ob_buffer_release(&b);
    if (!whole) return ob_raise(ob_type_ptr(struct_error), "iterative unpacking requires a buffer of a multiple of %zd bytes", l->size);
    ob_val it = ob_of(ob_alloc_mut(&iterator_type, sizeof(iterator_body)));
    iterator_body *body = ob_is_null(it) ? NULL : ob_write(it);
    if (!body) return OB_NULL;
    body->s = s;
    body->buffer = buffer;
    return it;
}

static ob_val iterator_iter(ob_val self) { return self; }

static ob_val iterator_next(ob_val self) {
    const iterator_body *r = ob_read(self);
    if (ob_is_null(r->s)) return OB_NULL;
    const layout *l = struct_layout(r->s);
    ob_buffer b;
    if (!l || !ob_buffer_get(r->buffer, &b, false)) return OB_NULL;
    ob_val v = OB_NULL;
    size_t at = r->at;
    iterator_body *body = ob_write(self);
    if (body && at + l->size <= b.len) {
        body->at = at + l->size;
        v = unpack_all(l, b.data + at);
    } else if (body) {
        body->s = body->buffer = OB_NULL;
    }
    ob_buffer_release(&b);
    return v;
}

OB_FN(iterator_length_hint) {
    const iterator_body *r = ob_read(self);
    ob_buffer b;
    if (ob_is_null(r->s)) return ob_from_small(0);
    const layout *l = struct_layout(r->s);
    size_t at = r->at;
    if (!l || !ob_buffer_get(r->buffer, &b, false)) return OB_NULL;
    size_t left = b.len > at ? (b.len - at) / l->size : 0;
    ob_buffer_release(&b);
    return ob_from_small((int64_t)left);
}

static const ob_def iterator_methods[] = {
    {"__length_hint__", iterator_length_hint, "", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

static ob_type iterator_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind),
    .name = "_struct.unpack_iterator",
    .base = &ob_object_type,
    .flags = OB_TF_NO_MAKE,
    .size = sizeof(iterator_body),
    .slots = {.iter = iterator_iter, .next = iterator_next},
    .trace_body = iterator_trace,
    .methods = iterator_methods,
};

/* ---- module functions ---- */

/* Runs `expression` with the layout `l` of the format a[0]. */
#define WITH_LAYOUT(expression) \
    ob_val keep, result; \
    size_t len; \
    bool own; \
    const char *text = format_text(a[0], &keep, &len); \
    layout *l = text ? layout_of(text, len, &own) : NULL; \
    if (!l) return OB_NULL; \
    result = (expression); \
    layout_done(l, own); \
    return result

static bool has_format(size_t n) { return n > 0 || ob_fail(ob_raise(&ob_exc_TypeError, "missing format argument")); }

OB_FN(m_pack) { if (!has_format(n) || !py_mod_no_keywords("_struct.pack", kw)) return OB_NULL; WITH_LAYOUT(do_pack(l, a + 1, n - 1)); }
OB_FN(m_pack_into) { if (!has_format(n) || !py_mod_no_keywords("_struct.pack_into", kw)) return OB_NULL; WITH_LAYOUT(do_pack_into(l, a + 1, n - 1)); }
OB_FN(m_unpack) { WITH_LAYOUT(do_unpack(l, a[1])); }
OB_FN(m_unpack_from) { WITH_LAYOUT(do_unpack_from(l, a[1], a[2])); }
OB_FN(m_calcsize) { WITH_LAYOUT(ob_from_small((int64_t)l->size)); }
OB_FN(m_clearcache) { return OB_NONE; }                   /* layouts depend on nothing, so that none is ever stale */

OB_FN(m_iter_unpack) {
    ob_val s = ob_call1(ob_type_val(&struct_type), a[0]);
    return ob_is_null(s) ? s : iterator_new(s, a[1]);
}

static const ob_def defs[] = {
    {"_clearcache", m_clearcache, "", "Clears the internal cache.", 0},
    {"calcsize", m_calcsize, "format, /", "Bytes of a structure of that format.", 0},
    {"iter_unpack", m_iter_unpack, "format, buffer, /", "An iterator that unpacks one structure after the other.", 0},
    {"pack", m_pack, NULL, "pack(format, v1, v2, ...) -> bytes\n\nThe values as bytes.", 0},
    {"pack_into", m_pack_into, NULL, "pack_into(format, buffer, offset, v1, v2, ...)\n\nWrites the values into a buffer.", 0},
    {"unpack", m_unpack, "format, buffer, /", "The values in a buffer of exactly the structure's size.", 0},
    {"unpack_from", m_unpack_from, "format, /, buffer, offset=0", "The values in a buffer from an offset on.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static bool fill(ob_val m) {
    return py_mod_error(m, &struct_error, "struct", "error", &ob_exc_Exception) && ob_module_add_type(m, &struct_type) && ob_type_ready(&iterator_type);
}

const ob_module_def py_mod__struct = {"_struct", "Converts between Python values and C structures in bytes.", defs, fill};
