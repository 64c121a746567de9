/* code_bytes.c: code objects to bytes and back, for the import cache and marshal.
 *
 * Locks: none.
 * Layout: "APOC", format, py_op_table_hash, length of the rest, CRC of the rest (all 4 bytes, little-endian), then one object.
 * Strings that occur again are numbers of earlier ones. Reading trusts nothing: W1 every length is checked against what is left, W2 code
 * is checked before it is an object (py_code_check), W3 nesting is limited.  */
#include "base/buf.h"
#include "base/crc.h"
#include "base/mem.h"
#include "interp/code_check.h"
#include "interp/front/compile.h"
#include "objspace/bytes.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

enum { FORMAT = 2, HEAD = 20, MAX_NESTING = 500 };
enum { T_NONE = 'N', T_TRUE = 'T', T_FALSE = 'F', T_ELLIPSIS = '.', T_INT = 'i', T_BIGINT = 'l', T_FLOAT = 'g', T_COMPLEX = 'y',
       T_STR = 's', T_INTERNED = 't', T_REF = 'r', T_BYTES = 'b', T_TUPLE = '(', T_FROZENSET = '>', T_CODE = 'c', T_NOTHING = '0' };

/* ---- writing ---- */

typedef struct seen { uint64_t w; uint32_t number; } seen;
typedef struct writer {
    base_buf out;
    seen *strings; uint32_t mask, nstrings;          /* open addressing by identity */
    unsigned depth;
    bool failed;                                     /* with an exception */
} writer;

static void put_u32(writer *w, uint32_t x)
{
    const uint8_t b[4] = {(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16), (uint8_t)(x >> 24)};
    base_buf_add(&w->out, b, 4);
}

static void put_u64(writer *w, uint64_t x)
{
    put_u32(w, (uint32_t)x);
    put_u32(w, (uint32_t)(x >> 32));
}

static void put_double(writer *w, double d)
{
    uint64_t x;
    memcpy(&x, &d, 8);
    put_u64(w, x);
}

static void put(writer *w, ob_val v);

static bool grow_seen(writer *w)
{
    uint32_t size = w->strings ? (w->mask + 1) * 2 : 64;
    seen *fresh = base_mem_zeroed(size * sizeof *fresh);
    if (!fresh)
        return false;
    for (uint32_t i = 0; w->strings && i <= w->mask; i++) {
        if (!w->strings[i].w)
            continue;
        uint32_t h = (uint32_t)(w->strings[i].w >> 4) * 0x9e3779b9u & (size - 1);
        while (fresh[h].w)
            h = (h + 1) & (size - 1);
        fresh[h] = w->strings[i];
    }
    base_mem_free(w->strings);
    w->strings = fresh;
    w->mask = size - 1;
    return true;
}

static void put_str(writer *w, ob_val v)
{
    if ((!w->strings || w->nstrings * 2 > w->mask) && !grow_seen(w)) {
        w->out.failed = true;
        return;
    }
    uint32_t h = (uint32_t)(v.w >> 4) * 0x9e3779b9u & w->mask;
    while (w->strings[h].w && w->strings[h].w != v.w)
        h = (h + 1) & w->mask;
    if (w->strings[h].w) {
        base_buf_byte(&w->out, T_REF);
        put_u32(w, w->strings[h].number);
        return;
    }
    w->strings[h] = (seen){v.w, w->nstrings++};
    size_t n;
    const char *s = ob_str_wtf8(v, &n);
    if (!s) {
        w->failed = true;
        return;
    }
    base_buf_byte(&w->out, ob_str_interned(v) ? T_INTERNED : T_STR);
    put_u32(w, (uint32_t)n);
    base_buf_add(&w->out, s, n);
}

static void put_bigint(writer *w, ob_val v)
{
    size_t n;
    ob_val text = ob_int_to_text(v, 16, true);
    const char *s = ob_is_null(text) ? NULL : ob_str_utf8(text, &n);
    if (!s) {
        w->failed = true;
        return;
    }
    base_buf_byte(&w->out, T_BIGINT);
    put_u32(w, (uint32_t)n);
    base_buf_add(&w->out, s, n);
}

static void put_items(writer *w, char tag, ob_val t)
{
    base_buf_byte(&w->out, (unsigned char)tag);
    put_u32(w, (uint32_t)ob_tuple_len(t));
    for (size_t i = 0; i < ob_tuple_len(t) && !w->failed; i++)
        put(w, ob_tuple_at(t, i));
}

static void put_code(writer *w, const py_code *c)
{
    const uint32_t numbers[] = {c->ncode, c->nhandlers, c->ncaches, c->nregs, c->nlocals, c->ncellregs, c->nfree, c->argcount, c->posonly,
                                c->kwonly, c->flags, (uint32_t)c->firstlineno, c->nshown, c->nmarks};
    const ob_val values[] = {c->consts, c->varnames, c->cellvars, c->freevars, c->names, c->name, c->qualname, c->filename, c->doc};
    base_buf_byte(&w->out, T_CODE);
    for (size_t i = 0; i < BASE_LENGTH(numbers); i++)
        put_u32(w, numbers[i]);
    base_buf_add(&w->out, c->code, c->ncode * sizeof *c->code);         /* the layout of both is part of FORMAT */
    base_buf_add(&w->out, c->positions, c->ncode * sizeof *c->positions);
    base_buf_add(&w->out, c->handlers, c->nhandlers * sizeof *c->handlers);
    base_buf_add(&w->out, c->marks, c->nmarks * sizeof *c->marks);
    for (uint32_t i = 0; i < c->ncaches && !w->failed; i++) {
        base_buf_byte(&w->out, (unsigned char)c->caches[i].kind);
        put(w, c->caches[i].name);
    }
    for (size_t i = 0; i < BASE_LENGTH(values) && !w->failed; i++)
        put(w, values[i]);
}

static void put_deep(writer *w, ob_val v)
{
    if (++w->depth > MAX_NESTING) {
        ob_raise(&ob_exc_ValueError, "object too deeply nested to marshal");
        w->failed = true;
    } else if (py_is_code(v)) {
        put_code(w, py_code_ptr(v));
    } else if (ob_is_exact(v, &ob_tuple_type)) {
        put_items(w, T_TUPLE, v);
    } else if (ob_is_exact(v, &ob_frozenset_type)) {
        ob_val t = ob_tuple_of_iterable(v);
        if (ob_is_null(t))
            w->failed = true;
        else
            put_items(w, T_FROZENSET, t);
    } else {
        ob_raise(&ob_exc_ValueError, "unmarshallable object");
        w->failed = true;
    }
    w->depth--;
}

static void put(writer *w, ob_val v)
{
    if (ob_is_null(v)) {
        base_buf_byte(&w->out, T_NOTHING);
    } else if (ob_is_none(v) || ob_is_bool(v) || ob_same(v, OB_ELLIPSIS)) {
        base_buf_byte(&w->out, ob_is_none(v) ? T_NONE : ob_same(v, OB_ELLIPSIS) ? T_ELLIPSIS : ob_same(v, OB_TRUE) ? T_TRUE : T_FALSE);
    } else if (ob_is_small(v)) {
        base_buf_byte(&w->out, T_INT);
        put_u64(w, (uint64_t)ob_to_small(v));
    } else if (ob_is_exact(v, &ob_int_type)) {
        put_bigint(w, v);
    } else if (ob_is_exact(v, &ob_float_type)) {
        base_buf_byte(&w->out, T_FLOAT);
        put_double(w, ob_float_value(v));
    } else if (ob_is_exact(v, &ob_complex_type)) {
        base_buf_byte(&w->out, T_COMPLEX);
        put_double(w, ((ob_complex *)ob_ptr(v))->re);
        put_double(w, ((ob_complex *)ob_ptr(v))->im);
    } else if (ob_is_exact(v, &ob_str_type)) {
        put_str(w, v);
    } else if (ob_is_exact(v, &ob_bytes_type)) {
        base_buf_byte(&w->out, T_BYTES);
        put_u32(w, (uint32_t)ob_bytes_ptr(v)->len);
        base_buf_add(&w->out, ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len);
    } else {
        put_deep(w, v);
    }
}

ob_val py_code_to_bytes(ob_val code)
{
    writer w = {.depth = 0}, head = {.depth = 0};
    ob_val v = OB_NULL;
    base_buf_init(&w.out);
    base_buf_init(&head.out);
    put(&w, code);
    if (!w.failed && !w.out.failed && w.out.n <= UINT32_MAX) {
        base_buf_add(&head.out, "APOC", 4);
        put_u32(&head, FORMAT);
        put_u32(&head, py_op_table_hash());
        put_u32(&head, (uint32_t)w.out.n);
        put_u32(&head, base_crc32c(0, w.out.at, w.out.n));
        base_buf_add(&head.out, w.out.at, w.out.n);
        if (!head.out.failed)
            v = ob_bytes_from(head.out.at, head.out.n);
    }
    if (ob_is_null(v) && !ob_failed())
        ob_raise_memory();
    base_buf_release(&w.out);
    base_buf_release(&head.out);
    base_mem_free(w.strings);
    return v;
}

/* ---- reading ---- */

typedef struct reader {
    const uint8_t *at, *end;
    ob_val strings;              /* list of those read so far */
    unsigned depth;
} reader;

static ob_val bad(void) { return ob_raise(&ob_exc_ValueError, "bad marshal data"); }

static bool has(const reader *r, uint64_t n) { return n <= (uint64_t)(r->end - r->at); }

static bool get_u32(reader *r, uint32_t *out)
{
    if (!has(r, 4))
        return ob_fail(bad());
    *out = (uint32_t)r->at[0] | (uint32_t)r->at[1] << 8 | (uint32_t)r->at[2] << 16 | (uint32_t)r->at[3] << 24;
    r->at += 4;
    return true;
}

static bool get_u64(reader *r, uint64_t *out)
{
    uint32_t lo, hi;
    if (!get_u32(r, &lo) || !get_u32(r, &hi))
        return false;
    *out = lo | (uint64_t)hi << 32;
    return true;
}

static bool get_double(reader *r, double *out)
{
    uint64_t x;
    if (!get_u64(r, &x))
        return false;
    memcpy(out, &x, 8);
    return true;
}

static ob_val get(reader *r);

static ob_val get_text(reader *r, uint8_t tag)
{
    uint32_t n;
    if (!get_u32(r, &n))
        return OB_NULL;
    if (!has(r, n))
        return bad();
    const char *s = (const char *)r->at;
    r->at += n;
    if (tag == T_BYTES)
        return ob_bytes_from(s, n);
    if (tag == T_BIGINT)
        return ob_int_from_text(s, n, 16, OB_NULL);
    ob_val v = ob_str_from_utf8(s, n);
    if (!ob_is_null(v) && tag == T_INTERNED)
        v = ob_str_intern(v);
    return ob_is_null(v) || !ob_list_append(r->strings, v) ? OB_NULL : v;
}

static ob_val get_ref(reader *r)
{
    uint32_t i;
    if (!get_u32(r, &i))
        return OB_NULL;
    return i < ob_list_len(r->strings) ? ob_list_at(r->strings, i) : bad();
}

static ob_val get_items(reader *r, uint8_t tag)
{
    uint32_t n;
    if (!get_u32(r, &n))
        return OB_NULL;
    if (!has(r, n))                                  /* each takes a byte at least */
        return bad();
    ob_val t = n ? ob_tuple_alloc(n) : ob_empty_tuple;
    for (uint32_t i = 0; i < n && !ob_is_null(t); i++) {
        ob_val v = get(r);
        if (ob_is_null(v))
            return ob_failed() ? v : bad();
        ob_tuple_ptr(t)->items[i] = v;
    }
    return ob_is_null(t) || tag == T_TUPLE ? t : ob_frozenset_of_iterable(t);
}

/* n items of this size, copied so that they are aligned; caller frees. NULL: raised. */
static void *get_array(reader *r, uint32_t n, size_t size)
{
    if (!has(r, (uint64_t)n * size))
        return ob_fail_ptr(bad());
    void *p = base_mem_alloc(n * size);
    if (!p)
        return ob_fail_ptr(ob_raise_memory());
    if (n)
        memcpy(p, r->at, n * size);
    r->at += n * size;
    return p;
}

static bool names_ok(ob_val t)
{
    if (!ob_is_exact(t, &ob_tuple_type))
        return false;
    for (size_t i = 0; i < ob_tuple_len(t); i++)
        if (!ob_is_str(ob_tuple_at(t, i)))
            return false;
    return true;
}

static bool get_caches(reader *r, py_code *p, ob_val *keep)
{
    if (!has(r, p->ncaches))
        return ob_fail(bad());
    *keep = ob_tuple_alloc(p->ncaches);
    p->caches = base_mem_alloc(p->ncaches * sizeof *p->caches);
    if (!p->caches || ob_is_null(*keep))
        return p->caches ? false : ob_fail(ob_raise_memory());
    for (uint32_t i = 0; i < p->ncaches; i++) {
        uint8_t kind = r->at < r->end ? *r->at++ : 0xff;
        ob_val name = kind <= PY_CACHE_SUPER ? get(r) : OB_NULL;
        if (ob_is_null(name) || !ob_is_str(name) || !ob_str_interned(name))
            return ob_failed() ? false : ob_fail(bad());
        ob_tuple_ptr(*keep)->items[i] = name;
        p->caches[i] = (py_cache_info){name, (py_cache_kind)kind};
    }
    return true;
}

static bool get_parts(reader *r, py_code *p, ob_val *keep)
{
    uint32_t line;
    uint32_t *const numbers[] = {&p->ncode, &p->nhandlers, &p->ncaches, &p->nregs, &p->nlocals, &p->ncellregs, &p->nfree, &p->argcount,
                                 &p->posonly, &p->kwonly, &p->flags, &line, &p->nshown, &p->nmarks};
    ob_val *const values[] = {&p->consts, &p->varnames, &p->cellvars, &p->freevars, &p->names, &p->name, &p->qualname, &p->filename, &p->doc};
    for (size_t i = 0; i < BASE_LENGTH(numbers); i++)
        if (!get_u32(r, numbers[i]))
            return false;
    p->firstlineno = (int32_t)line;
    if (!(p->code = get_array(r, p->ncode, sizeof *p->code)) || !(p->positions = get_array(r, p->ncode, sizeof *p->positions)) ||
        !(p->handlers = get_array(r, p->nhandlers, sizeof *p->handlers)) || !(p->marks = get_array(r, p->nmarks, sizeof *p->marks)) ||
        !get_caches(r, p, keep))
        return false;
    for (size_t i = 0; i < BASE_LENGTH(values); i++)
        if (ob_is_null(*values[i] = get(r)))
            return ob_failed() ? false : ob_fail(bad());
    bool ok = ob_is_exact(p->consts, &ob_tuple_type) && names_ok(p->varnames) && names_ok(p->cellvars) && names_ok(p->freevars) &&
              names_ok(p->names) && ob_is_str(p->name) && ob_is_str(p->qualname) && ob_is_str(p->filename);
    if (!ok || ob_tuple_len(p->varnames) != p->nlocals || ob_tuple_len(p->freevars) != p->nfree || p->nshown > ob_tuple_len(p->consts) ||
        p->ncellregs > ob_tuple_len(p->cellvars))
        return ob_fail(bad());
    const char *why = py_code_check(p);
    return !why || ob_fail(why == py_check_no_memory ? ob_raise_memory() : bad());
}

static ob_val get_code(reader *r)
{
    py_code p = {.ncode = 0};
    ob_val keep = OB_NULL;
    py_code *c = get_parts(r, &p, &keep) ? py_code_new(&p) : NULL;
    base_mem_free(p.code);
    base_mem_free(p.positions);
    base_mem_free(p.handlers);
    base_mem_free(p.marks);
    base_mem_free(p.caches);
    return c ? ob_of(c) : OB_NULL;
}

static ob_val get_deep(reader *r, uint8_t tag)
{
    ob_val v = OB_NULL;
    if (r->depth >= MAX_NESTING)
        return bad();
    r->depth++;
    if (ob_c_enter()) {
        v = tag == T_CODE ? get_code(r) : get_items(r, tag);
        ob_c_leave();
    }
    r->depth--;
    return v;
}

/* OB_NULL without an exception: T_NOTHING. */
static ob_val get(reader *r)
{
    uint64_t x;
    double re, im;
    if (!has(r, 1))
        return bad();
    uint8_t tag = *r->at++;
    switch (tag) {
    case T_NOTHING: return OB_NULL;
    case T_NONE: return OB_NONE;
    case T_TRUE: return OB_TRUE;
    case T_FALSE: return OB_FALSE;
    case T_ELLIPSIS: return OB_ELLIPSIS;
    case T_INT: return get_u64(r, &x) ? ob_int_from_i64((int64_t)x) : OB_NULL;
    case T_FLOAT: return get_double(r, &re) ? ob_float_from(re) : OB_NULL;
    case T_COMPLEX: return get_double(r, &re) && get_double(r, &im) ? ob_complex_from(re, im) : OB_NULL;
    case T_STR: case T_INTERNED: case T_BYTES: case T_BIGINT: return get_text(r, tag);
    case T_REF: return get_ref(r);
    case T_TUPLE: case T_FROZENSET: case T_CODE: return get_deep(r, tag);
    default: return bad();
    }
}

ob_val py_code_from_bytes(const uint8_t *bytes, size_t n)
{
    reader r = {bytes, bytes + n, OB_NULL, 0};
    uint32_t format, ops, length, crc;
    if (n < HEAD || memcmp(bytes, "APOC", 4) != 0)
        return bad();
    r.at += 4;
    if (!get_u32(&r, &format) || !get_u32(&r, &ops) || !get_u32(&r, &length) || !get_u32(&r, &crc))
        return OB_NULL;
    if (format != FORMAT || ops != py_op_table_hash() || length != n - HEAD || crc != base_crc32c(0, r.at, length))
        return bad();
    r.strings = ob_list_new(64);
    ob_val v = ob_is_null(r.strings) ? r.strings : get(&r);
    if (ob_is_null(v))
        return ob_failed() ? v : bad();
    return py_is_code(v) && r.at == r.end ? v : bad();
}
