/* pickle_save.c: Pickler: objects to bytes.
 * Locks: none.
 * All that changes while an object is written lies in a session: an object of its own that only this call knows. The Pickler's own body keeps between
 * calls the memo alone, as an object that nobody changes any more.
 * V1  save() may run Python code: nothing but the session's fields and what it got as arguments is good behind it.
 * V2  The table of the memo keeps its objects alive, so that an address means one object. */
#include "interp/mod/pickle_int.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- memo ---- */

typedef struct memo_entry { ob_val object; uint64_t index; } memo_entry;
typedef struct memo { memo_entry *table; /* a block; open addressing */ size_t n, cap; } memo;
typedef struct memo_object { ob_obj o; memo m; } memo_object;      /* constant once a Pickler has it */

static void memo_trace(ob_tracer *t, const memo *m) {
    ob_trace_block(t, m->table);
    for (size_t i = 0; i < m->cap; i++) ob_trace_val(t, m->table[i].object);
}
static size_t memo_slot(const memo *m, ob_val v) {
    size_t i = (size_t)((v.w >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (m->cap - 1);
    while (!ob_is_null(m->table[i].object) && m->table[i].object.w != v.w) i = (i + 1) & (m->cap - 1);
    return i;
}
static const memo_entry *memo_find(const memo *m, ob_val v) {
    if (!m->n) return NULL;
    const memo_entry *e = &m->table[memo_slot(m, v)];
    return ob_is_null(e->object) ? NULL : e;
}
static bool memo_grow(memo *m) {
    memo bigger = {NULL, m->n, m->cap ? m->cap * 2 : 32};
    if (!(bigger.table = ob_block_zalloc(bigger.cap * sizeof *bigger.table))) return false;
    for (size_t i = 0; i < m->cap; i++)
        if (!ob_is_null(m->table[i].object)) bigger.table[memo_slot(&bigger, m->table[i].object)] = m->table[i];
    memo_entry *old = m->table;
    size_t cap = m->cap;
    *m = bigger;
    if (old) ob_block_free(old, cap * sizeof *old);
    return true;
}
static bool memo_add(memo *m, ob_val v, uint64_t index) {
    if ((m->n + 1) * 3 > m->cap * 2 && !memo_grow(m)) return false;
    memo_entry *e = &m->table[memo_slot(m, v)];
    if (ob_is_null(e->object)) m->n++;
    *e = (memo_entry){v, index};
    return true;
}
static bool memo_copy(memo *to, const memo *from) {
    *to = (memo){0};
    if (!from->cap) return true;
    memo_entry *t = ob_block_alloc(from->cap * sizeof *t);
    if (!t) return false;
    memcpy(t, from->table, from->cap * sizeof *t);
    *to = (memo){t, from->n, from->cap};
    return true;
}
static void memo_object_trace(ob_obj *o, ob_tracer *t) { memo_trace(t, &((memo_object *)o)->m); }
static ob_type memo_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_pickle.memo", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(memo_object),
    .trace = memo_object_trace};

/* ---- Pickler ---- */

typedef struct pickler_body {
    ob_val file, write, persistent_id, dispatch_table, buffer_callback, memo /* memo_object, or OB_NULL: empty */;
    int64_t proto;               /* -1: __init__ has not been called */
    uint64_t fast, fix_imports, bin;
} pickler_body;
static void pickler_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_vals(t, &((const pickler_body *)body)->file, 6); }
static OB_KIND(pickler_kind);
static const pickler_body *body_of(ob_val v) { return ob_read(v); }

/* ---- a session ---- */

typedef struct session {
    ob_obj o;
    ob_val write, persistent_id, override, dispatch_table, buffer_callback;
    memo memo;
    base_buf out;
    size_t frame;                /* where the running frame's head is, 1 more; 0: none */
    int proto;
    bool bin, framing, fix_imports, fast;
} session;
static void session_trace(ob_obj *o, ob_tracer *t) {
    session *s = (session *)o;
    ob_trace_vals(t, &s->write, 5);
    memo_trace(t, &s->memo);
}
static void session_free(ob_obj *o) { base_buf_release(&((session *)o)->out); }
static ob_type session_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_pickle.session", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(session),
    .trace = session_trace, .free = session_free};

static bool save(session *s, ob_val v);
static bool save_value(session *s, ob_val v, bool persistent);
static bool fail(const char *text) { return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "%s", text)); }

/* ---- bytes out ---- */

enum { FRAME_HEAD = 9, FRAME_LEAST = 4 };

static bool put(session *s, const void *p, size_t n) {
    if (s->framing && !s->frame) {
        s->frame = s->out.n + 1;
        base_buf_fill(&s->out, 0, FRAME_HEAD);
    }
    return base_buf_add(&s->out, p, n) || ob_fail(ob_raise_memory());
}
static bool put_op(session *s, int op) { uint8_t c = (uint8_t)op; return put(s, &c, 1); }
static void end_frame(session *s) {
    if (!s->frame) return;
    size_t at = s->frame - 1, n = s->out.n - at - FRAME_HEAD;
    s->frame = 0;
    if (n >= FRAME_LEAST) {
        uint64_t len = n;
        s->out.at[at] = (char)OP_FRAME;
        memcpy(s->out.at + at + 1, &len, 8);
    } else {
        memmove(s->out.at + at, s->out.at + at + FRAME_HEAD, n);
        s->out.n -= FRAME_HEAD;
    }
}
static bool flush(session *s) {
    ob_val b = ob_bytes_from(s->out.at, s->out.n);
    base_buf_clear(&s->out);
    return !ob_is_null(b) && !ob_is_null(ob_call1(s->write, b));
}
/* Between two objects: a full frame ends here. */
static bool boundary(session *s) {
    if (!s->framing || !s->frame || s->out.n - (s->frame - 1) - FRAME_HEAD < PICKLE_FRAME) return true;
    end_frame(s);
    return ob_is_null(s->write) || flush(s);
}
/* A head and data; long data goes by itself, outside of frames. payload: an object with these bytes, or OB_NULL. */
static bool put_data(session *s, const uint8_t *head, size_t nhead, const void *p, size_t n, ob_val payload) {
    if (n < PICKLE_FRAME) return put(s, head, nhead) && put(s, p, n);
    bool framing = s->framing;
    end_frame(s);
    s->framing = false;
    bool ok = put(s, head, nhead);
    if (ok && !ob_is_null(s->write)) {
        if (ob_is_null(payload)) payload = ob_bytes_from(p, n);
        ok = !ob_is_null(payload) && flush(s) && !ob_is_null(ob_call1(s->write, payload));
    } else if (ok) ok = put(s, p, n);
    s->framing = framing;
    return ok;
}
/* The head of data whose length is given in 1, 4 or 8 bytes by the first of these operations that can (0: not there). */
static size_t sized_head(uint8_t out[9], int op1, int op4, int op8, uint64_t n) {
    int width = n <= 0xff && op1 ? 1 : n <= 0xffffffff && op4 ? 4 : 8;
    out[0] = (uint8_t)(width == 1 ? op1 : width == 4 ? op4 : op8);
    memcpy(out + 1, &n, (size_t)width);
    return out[0] ? (size_t)width + 1 : 0;
}

/* ---- memo operations ---- */

static bool put_number(session *s, int op1, int op4, int text_op, uint64_t i) {
    char text[32];
    uint8_t head[9];
    if (s->bin) {
        if (i > 0xffffffff) return fail("memo id too large for LONG_BINPUT");
        return put(s, head, sized_head(head, op1, op4, 0, i));
    }
    int n = snprintf(text, sizeof text, "%c%llu\n", text_op, (unsigned long long)i);
    return put(s, text, (size_t)n);
}
static bool memoize(session *s, ob_val v) {
    if (s->fast) return true;
    uint64_t i = s->memo.n;
    if (!memo_add(&s->memo, v, i)) return false;
    return s->proto >= 4 ? put_op(s, OP_MEMOIZE) : put_number(s, OP_BINPUT, OP_LONG_BINPUT, OP_PUT, i);
}
static bool recall(session *s, const memo_entry *e) { return put_number(s, OP_BINGET, OP_LONG_BINGET, OP_GET, e->index); }

/* ---- atoms ---- */

static bool save_int(session *s, ob_val v) {
    int64_t i = ob_is_small(v) ? ob_to_small(v) : INT64_MAX;
    uint8_t head[9];
    if (i >= INT32_MIN && i <= INT32_MAX) {
        if (!s->bin) { char text[32]; return put(s, text, (size_t)snprintf(text, sizeof text, "I%lld\n", (long long)i)); }
        int width = i < 0 || i > 0xffff ? 4 : i > 0xff ? 2 : 1;
        head[0] = width == 4 ? OP_BININT : width == 2 ? OP_BININT2 : OP_BININT1;
        memcpy(head + 1, &i, (size_t)width);
        return put(s, head, (size_t)width + 1);
    }
    if (s->proto < 2) {
        ob_val t = ob_int_to_text(v, 10, false);
        size_t n;
        const char *p = ob_is_null(t) ? NULL : ob_str_utf8(t, &n);
        return p && put_op(s, OP_LONG) && put(s, p, n) && put(s, "L\n", 2);
    }
    ob_val bits = ob_call_method_c(v, "bit_length", NULL, 0);
    int64_t nbits;
    if (ob_is_null(bits) || !ob_int_to_i64(bits, &nbits)) return false;
    size_t n = (size_t)nbits / 8 + 1;
    if (n > INT32_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "int too large to pickle"));
    uint8_t *p = base_mem_alloc(n);
    if (!p) return ob_fail(ob_raise_memory());
    bool ok = ob_int_to_bytes(v, p, n, true, true);
    if (ok && n > 1 && p[n - 1] == 0xff && p[n - 2] & 0x80) n--;              /* -2**(8k-1) needs no more */
    ok = ok && put(s, head, sized_head(head, OP_LONG1, OP_LONG4, 0, n)) && put(s, p, n);
    base_mem_free(p);
    return ok;
}
static bool save_float(session *s, ob_val v) {
    double d = ob_float_value(v);
    if (s->bin) {
        uint64_t bits;
        memcpy(&bits, &d, 8);
        bits = __builtin_bswap64(bits);
        return put_op(s, OP_BINFLOAT) && put(s, &bits, 8);
    }
    ob_val t = ob_float_repr(d);
    size_t n;
    const char *p = ob_is_null(t) ? NULL : ob_str_utf8(t, &n);
    return p && put_op(s, OP_FLOAT) && put(s, p, n) && put_op(s, '\n');
}
static bool save_bool(session *s, bool b) { return s->proto >= 2 ? put_op(s, b ? OP_NEWTRUE : OP_NEWFALSE) : put(s, b ? "I01\n" : "I00\n", 4); }

static bool save_reduce(session *s, ob_val t, ob_val v);
/* callable(*args) as if v.__reduce__ had said so. */
static bool save_call(session *s, ob_val callable, const ob_val *args, size_t n, ob_val v) {
    ob_val a = ob_is_null(callable) ? callable : ob_tuple_from(args, n), t = ob_is_null(a) ? a : ob_tuple_of2(callable, a);
    return !ob_is_null(t) && save_reduce(s, t, v);
}
static bool save_sized(session *s, const uint8_t *p, size_t n, int op1, int op4, int op8, const char *too_large, ob_val payload) {
    uint8_t head[9];
    size_t nhead = sized_head(head, op1, op4, s->proto >= 4 ? op8 : 0, n);
    if (!nhead) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s", too_large));
    return put_data(s, head, nhead, p, n, payload);
}
static bool save_bytes_data(session *s, ob_val payload, const uint8_t *p, size_t n) {
    return save_sized(s, p, n, OP_SHORT_BINBYTES, OP_BINBYTES, OP_BINBYTES8, "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher", payload);
}
static bool save_bytes(session *s, ob_val v) {
    const ob_bytes_obj *b = ob_bytes_ptr(v);
    if (s->proto >= 3) return save_bytes_data(s, v, b->data, b->len) && memoize(s, v);
    if (b->len == 0) return save_call(s, ob_of(&ob_bytes_type), NULL, 0, v);
    ob_val args[2] = {ob_str_from_latin1(b->data, b->len), ob_str_intern_c("latin1")};
    return !ob_is_null(args[0]) && !ob_is_null(args[1]) && save_call(s, py__pickle_lib.encode, args, 2, v);
}
static bool save_bytearray_data(session *s, ob_val payload, const uint8_t *p, size_t n) {
    uint8_t head[9] = {OP_BYTEARRAY8};
    uint64_t len = n;
    memcpy(head + 1, &len, 8);
    return put_data(s, head, 9, p, n, payload);
}
static bool save_bytearray(session *s, ob_val v) {
    ob_val b = py_bytes_of(v);
    if (ob_is_null(b)) return false;
    size_t n = ob_bytes_ptr(b)->len;
    if (s->proto < 5) return save_call(s, ob_of(&ob_bytearray_type), &b, n > 0, v);
    return save_bytearray_data(s, v, ob_bytes_ptr(b)->data, n) && memoize(s, v);
}
static bool save_buffer(session *s, ob_val v) {
    if (s->proto < 5) return fail("PickleBuffer can only pickled with protocol >= 5");
    ob_val view = py__pickle_buffer_view(v);
    ob_buffer b;
    bool in_band = true;
    if (ob_is_null(view) || !ob_buffer_get(view, &b, false)) return false;
    bool readonly = b.readonly, plain = !b.strides;
    ob_buffer_release(&b);
    if (!plain) return fail("PickleBuffer can not be pickled when pointing to a non-contiguous buffer");
    if (!ob_is_null(s->buffer_callback)) {
        ob_val r = ob_call1(s->buffer_callback, v);
        int t = ob_is_null(r) ? -1 : ob_truth(r);
        if (t < 0) return false;
        in_band = t > 0;
    }
    if (!in_band) return put_op(s, OP_NEXT_BUFFER) && (!readonly || put_op(s, OP_READONLY_BUFFER));
    ob_val data = py_bytes_of(view);
    if (ob_is_null(data)) return false;
    const ob_bytes_obj *o = ob_bytes_ptr(data);
    return readonly ? save_bytes_data(s, data, o->data, o->len) : save_bytearray_data(s, data, o->data, o->len);
}

/* Protocol 0: raw-unicode-escape, and escapes for what would end the line. */
static bool put_escaped(session *s, ob_val v) {
    char text[16];
    for (size_t i = 0; i < ob_str_len(v); i++) {
        uint32_t c = ob_str_at(v, i);
        bool plain = c < 256 && c != '\\' && c != '\0' && c != '\n' && c != '\r' && c != 0x1a;
        int n = plain ? 1 : snprintf(text, sizeof text, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
        if (plain) text[0] = (char)c;
        if (!put(s, text, (size_t)n)) return false;
    }
    return true;
}
static bool save_str(session *s, ob_val v) {
    if (!s->bin) return put_op(s, OP_UNICODE) && put_escaped(s, v) && put_op(s, '\n') && memoize(s, v);
    size_t n;
    const char *p = ob_str_wtf8(v, &n);
    return p && save_sized(s, (const uint8_t *)p, n, s->proto >= 4 ? OP_SHORT_BINUNICODE : 0, OP_BINUNICODE, OP_BINUNICODE8,
                           "serializing a string larger than 4 GiB requires pickle protocol 4 or higher", OB_NULL) && memoize(s, v);
}

/* ---- containers ---- */

static bool save_tuple(session *s, ob_val v) {
    size_t n = ob_tuple_len(v);
    const memo_entry *e;
    if (n == 0) return s->proto ? put_op(s, OP_EMPTY_TUPLE) : put(s, "(t", 2);
    bool small = n <= 3 && s->proto >= 2;
    if (!small && !put_op(s, OP_MARK)) return false;
    for (size_t i = 0; i < n; i++) if (!save(s, ob_tuple_at(v, i))) return false;
    if ((e = memo_find(&s->memo, v)) != NULL) {           /* it held itself: it is there already */
        if (!small && s->bin) return put_op(s, OP_POP_MARK) && recall(s, e);
        for (size_t i = 0; i < n + !small; i++) if (!put_op(s, OP_POP)) return false;
        return recall(s, e);
    }
    return put_op(s, small ? OP_TUPLE1 + (int)n - 1 : OP_TUPLE) && memoize(s, v);
}

/* Items of an iterator (with `pairs`: keys and values), in batches: one alone by op1, several between MARK and op_many. */
static bool save_one(session *s, ob_val x, bool pairs) {
    if (!pairs) return save(s, x);
    if (!ob_is_tuple(x) || ob_tuple_len(x) != 2) return ob_fail(ob_raise(&ob_exc_TypeError, "dict items iterator must return 2-tuples"));
    return save(s, ob_tuple_at(x, 0)) && save(s, ob_tuple_at(x, 1));
}
static bool save_batches(session *s, ob_val it, bool pairs, int op1, int op_many) {
    ob_val x = ob_next(it);
    while (!ob_is_null(x)) {
        if (s->proto == 0) {
            if (!save_one(s, x, pairs) || !put_op(s, op1)) return false;
            x = ob_next(it);
            continue;
        }
        ob_val next = ob_next(it);
        if (ob_failed()) return false;
        if (ob_is_null(next)) return save_one(s, x, pairs) && put_op(s, op1);
        if (!put_op(s, OP_MARK) || !save_one(s, x, pairs)) return false;
        size_t n = 1;
        for (x = next; !ob_is_null(x) && n < PICKLE_BATCH; n++) {
            if (!save_one(s, x, pairs)) return false;
            x = ob_next(it);
        }
        if (ob_failed() || !put_op(s, op_many)) return false;
    }
    return !ob_failed();
}
static bool save_list(session *s, ob_val v) {
    if (!(s->bin ? put_op(s, OP_EMPTY_LIST) : put(s, "(l", 2)) || !memoize(s, v)) return false;
    if (s->proto == 0) {
        ob_val it = ob_iter(v);
        return !ob_is_null(it) && save_batches(s, it, false, OP_APPEND, OP_APPENDS);
    }
    size_t n = ob_list_len(v);
    if (n == 1) return save(s, ob_list_at(v, 0)) && put_op(s, OP_APPEND);
    for (size_t i = 0; i < n;) {
        if (!put_op(s, OP_MARK)) return false;
        for (size_t k = 0; k < PICKLE_BATCH && i < ob_list_len(v); k++) if (!save(s, ob_list_at(v, i++))) return false;
        if (!put_op(s, OP_APPENDS)) return false;
        n = ob_list_len(v);
    }
    return true;
}
static bool save_dict(session *s, ob_val v) {
    if (!(s->bin ? put_op(s, OP_EMPTY_DICT) : put(s, "(d", 2)) || !memoize(s, v)) return false;
    size_t n = ob_dict_len(v), pos = 0, done = 0;
    ob_val key, value;
    if (n == 0) return true;
    if (s->proto == 0) {
        ob_val items = ob_dict_items_list(v), it = ob_is_null(items) ? items : ob_iter(items);
        return !ob_is_null(it) && save_batches(s, it, true, OP_SETITEM, OP_SETITEMS);
    }
    bool more = ob_dict_next(v, &pos, &key, &value);
    if (n == 1) return !more || (save(s, key) && save(s, value) && put_op(s, OP_SETITEM));
    while (more) {
        if (!put_op(s, OP_MARK)) return false;
        for (size_t k = 0; k < PICKLE_BATCH && more; k++) {
            if (!save(s, key) || !save(s, value)) return false;
            if (ob_dict_len(v) != n || ++done > n) return ob_fail(ob_raise(&ob_exc_RuntimeError, "dictionary changed size during iteration"));
            more = ob_dict_next(v, &pos, &key, &value);
        }
        if (!put_op(s, OP_SETITEMS)) return false;
    }
    return true;
}
static bool save_set(session *s, ob_val v) {
    if (s->proto < 4) {
        ob_val l = ob_list_of_iterable(v);
        return !ob_is_null(l) && save_call(s, ob_of(&ob_set_type), &l, 1, v);
    }
    if (!put_op(s, OP_EMPTY_SET) || !memoize(s, v)) return false;
    ob_val items = ob_list_of_iterable(v);
    if (ob_is_null(items)) return false;
    size_t n = ob_list_len(items);
    for (size_t i = 0; i < n;) {
        if (!put_op(s, OP_MARK)) return false;
        for (size_t k = 0; k < PICKLE_BATCH && i < n; k++) {
            if (!save(s, ob_list_at(items, i++))) return false;
            if (ob_set_len(v) != n) return ob_fail(ob_raise(&ob_exc_RuntimeError, "set changed size during iteration"));
        }
        if (!put_op(s, OP_ADDITEMS)) return false;
    }
    return true;
}
static bool save_frozenset(session *s, ob_val v) {
    ob_val l = ob_list_of_iterable(v);
    if (ob_is_null(l)) return false;
    if (s->proto < 4) return save_call(s, ob_of(&ob_frozenset_type), &l, 1, v);
    if (!put_op(s, OP_MARK)) return false;
    for (size_t i = 0; i < ob_list_len(l); i++) if (!save(s, ob_list_at(l, i))) return false;
    const memo_entry *e = memo_find(&s->memo, v);
    if (e) return put_op(s, OP_POP_MARK) && recall(s, e);
    return put_op(s, OP_FROZENSET) && memoize(s, v);
}

/* ---- by name ---- */

/* The name of the module that v is in: __module__, or the first loaded one that has it. */
static ob_val module_of(ob_val v, ob_val path) {
    ob_val name = ob_getattr_opt(v, OB_NAME(module));
    if (ob_failed() || (!ob_is_null(name) && !ob_is_none(name))) return name;
    ob_val sys = py__pickle_import(ob_str_intern_c("sys")), modules = ob_is_null(sys) ? sys : ob_getattr_c(sys, "modules");
    ob_val copy = ob_is_null(modules) ? modules : ob_is_dict(modules) ? ob_dict_items_list(modules) : ob_list_of_iterable(ob_call_method_c(modules, "items", NULL, 0));
    if (ob_is_null(copy)) return copy;
    for (size_t i = 0; i < ob_list_len(copy); i++) {
        ob_val pair = ob_list_at(copy, i), parent, k = ob_tuple_at(pair, 0), m = ob_tuple_at(pair, 1);
        if (ob_is_none(m) || (ob_is_str(k) && (ob_str_equal_c(k, "__main__") || ob_str_equal_c(k, "__mp_main__")))) continue;
        ob_val x = py__pickle_dotted(m, path, &parent);
        if (ob_is_null(x)) { if (!ob_err_clear_if(&ob_exc_AttributeError)) return OB_NULL; }
        else if (ob_is(x, v)) return k;
    }
    return ob_str_intern_c("__main__");
}
static bool put_name(session *s, ob_val name, ob_val module, ob_val global) {
    size_t n;
    const char *p = s->proto >= 3 || ob_str_is_ascii(name) ? ob_str_utf8(name, &n) : NULL;
    if (!p) {
        if (ob_failed()) ob_err_clear();
        return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "can't pickle global identifier '%S.%S' using pickle protocol %d", module, global, s->proto));
    }
    return put(s, p, n) && put_op(s, '\n');
}
/* Names of Python 3 to those of Python 2. */
static bool old_names(ob_val *module, ob_val *name) {
    ob_val key = ob_tuple_of2(*module, *name), pair = ob_is_null(key) ? key : ob_dict_get(py__pickle_lib.reverse_name_mapping, key);
    if (!ob_is_null(pair)) {
        *module = ob_tuple_at(pair, 0);
        *name = ob_tuple_at(pair, 1);
        return true;
    }
    if (ob_failed()) return false;
    ob_val m = ob_dict_get(py__pickle_lib.reverse_import_mapping, *module);
    if (!ob_is_null(m)) *module = m;
    return !ob_failed();
}
static bool save_extension(session *s, ob_val module, ob_val name, bool *done) {
    ob_val key = ob_tuple_of2(module, name), code = ob_is_null(key) ? key : ob_dict_get(py__pickle_lib.extension_registry, key);
    *done = !ob_is_null(code);
    if (!*done) return !ob_failed();
    int64_t i;
    if (!ob_is_int(code)) return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "Can't pickle %R: extension code %R isn't an integer", key, code));
    if (!ob_int_to_i64(code, &i)) return false;
    if (i <= 0 || i > INT32_MAX) return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "Can't pickle %R: extension code %lld is out of range", key, (long long)i));
    uint8_t head[5] = {(uint8_t)(i <= 0xff ? OP_EXT1 : i <= 0xffff ? OP_EXT2 : OP_EXT4)};
    size_t width = i <= 0xff ? 1 : i <= 0xffff ? 2 : 4;
    memcpy(head + 1, &i, width);
    return put(s, head, width + 1);
}
static bool save_global(session *s, ob_val v, ob_val name) {
    if (ob_is_null(name)) {
        name = ob_getattr_opt(v, OB_NAME(qualname));
        if (ob_is_null(name)) name = ob_failed() ? name : ob_getattr(v, OB_NAME(name));
        if (ob_is_null(name)) return false;
    }
    ob_val module = module_of(v, name), parent = OB_NULL, m, found;
    if (ob_is_null(module)) return false;
    if (ob_is_null(m = py__pickle_import(module))) {
        if (!ob_err_clear_if(&ob_exc_Exception)) return false;
        return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "Can't pickle %R: import of module %R failed", v, module));
    }
    if (ob_is_null(found = py__pickle_dotted(m, name, &parent))) {
        if (!ob_err_clear_if(&ob_exc_Exception)) return false;
        return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "Can't pickle %R: attribute lookup %S on %S failed", v, name, module));
    }
    if (!ob_is(found, v)) return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "Can't pickle %R: it's not the same object as %S.%S", v, module, name));
    size_t last = ob_str_len(name);
    while (last > 0 && ob_str_at(name, last - 1) != '.') last--;
    if (last > 0 && ob_same(parent, m) && ob_is_null(name = ob_str_slice(name, last, ob_str_len(name)))) return false;      /* a way round that leads back */
    bool done = false;
    if (s->proto >= 2 && !save_extension(s, module, name, &done)) return false;
    if (done) return true;
    if (s->proto >= 4) return save(s, module) && save(s, name) && put_op(s, OP_STACK_GLOBAL) && memoize(s, v);
    if (!ob_same(parent, m)) {
        ob_val args[2] = {parent, ob_str_slice(name, last, ob_str_len(name))};
        return !ob_is_null(args[1]) && save_call(s, py__pickle_lib.getattr, args, 2, v);
    }
    ob_val old_module = module, old_name = name;
    if (s->proto < 3 && s->fix_imports && !old_names(&old_module, &old_name)) return false;
    return put_op(s, OP_GLOBAL) && put_name(s, old_module, module, name) && put_name(s, old_name, module, name) && memoize(s, v);
}
static bool save_type(session *s, ob_val v) {
    ob_val x = ob_same(v, ob_of(&ob_none_type)) ? OB_NONE : ob_same(v, ob_of(&ob_ellipsis_type)) ? OB_ELLIPSIS : ob_same(v, ob_of(&ob_not_implemented_type)) ? OB_NOT_IMPLEMENTED : OB_NULL;
    return ob_is_null(x) ? save_global(s, v, OB_NULL) : save_call(s, ob_of(&ob_type_type), &x, 1, v);
}

/* ---- by reduction ---- */

static bool put_newobj_ex(session *s, ob_val args) {
    if (ob_tuple_len(args) != 3) return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "length of the NEWOBJ_EX argument tuple must be exactly 3, not %zu", ob_tuple_len(args)));
    ob_val cls = ob_tuple_at(args, 0), a = ob_tuple_at(args, 1), kw = ob_tuple_at(args, 2);
    if (!ob_is_type(cls)) return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "first item from NEWOBJ_EX argument tuple must be a class, not %.200T", cls));
    if (!ob_is_tuple(a)) return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "second item from NEWOBJ_EX argument tuple must be a tuple, not %.200T", a));
    if (!ob_is_dict(kw)) return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "third item from NEWOBJ_EX argument tuple must be a dict, not %.200T", kw));
    if (s->proto >= 4) return save(s, cls) && save(s, a) && save(s, kw) && put_op(s, OP_NEWOBJ_EX);
    ob_val make = ob_getattr(cls, OB_NAME(new)), all = ob_is_null(make) ? make : ob_tuple_alloc(ob_tuple_len(a) + 2);
    if (ob_is_null(all)) return false;
    ob_tuple_ptr(all)->items[0] = make;
    ob_tuple_ptr(all)->items[1] = cls;
    for (size_t i = 0; i < ob_tuple_len(a); i++) ob_tuple_ptr(all)->items[i + 2] = ob_tuple_at(a, i);
    ob_val partial = ob_call_ex(py__pickle_lib.partial, all, kw);
    return !ob_is_null(partial) && save(s, partial) && save(s, ob_empty_tuple) && put_op(s, OP_REDUCE);
}
static bool put_newobj(session *s, ob_val args, ob_val v) {
    if (ob_tuple_len(args) < 1) return fail("__newobj__ arglist is empty");
    ob_val cls = ob_tuple_at(args, 0), make = ob_getattr_opt(cls, OB_NAME(new));
    if (ob_is_null(make)) return !ob_failed() && fail("args[0] from __newobj__ args has no __new__");
    if (!ob_is_null(v)) {
        ob_val own = ob_getattr(v, OB_NAME(class));
        if (ob_is_null(own)) return false;
        if (!ob_same(own, cls)) return fail("args[0] from __newobj__ args has the wrong class");
    }
    ob_val rest = ob_tuple_slice(args, 1, ob_tuple_len(args));
    return !ob_is_null(rest) && save(s, cls) && save(s, rest) && put_op(s, OP_NEWOBJ);
}
static bool put_callable(session *s, ob_val callable, ob_val args, ob_val v) {
    if (s->proto >= 2) {
        ob_val name = ob_getattr_opt(callable, OB_NAME(name));
        if (ob_failed()) return false;
        if (!ob_is_null(name) && ob_is_str(name)) {
            if (ob_str_equal_c(name, "__newobj_ex__")) return put_newobj_ex(s, args);
            if (ob_str_equal_c(name, "__newobj__")) return put_newobj(s, args, v);
        }
    }
    return save(s, callable) && save(s, args) && put_op(s, OP_REDUCE);
}
static bool put_state(session *s, ob_val state, ob_val setter, ob_val v) {
    if (ob_is_null(state)) return true;
    if (ob_is_null(setter)) return save(s, state) && put_op(s, OP_BUILD);
    return save(s, setter) && save(s, v) && save(s, state) && put_op(s, OP_TUPLE2) && put_op(s, OP_REDUCE) && put_op(s, OP_POP);
}
static bool is_iterator(ob_val v) { return ob_type_of(v)->slots.next != NULL; }
static bool save_reduce(session *s, ob_val t, ob_val v) {
    size_t n = ob_tuple_len(t);
    ob_val part[6] = {0};
    if (n < 2 || n > 6) return fail("tuple returned by __reduce__ must contain 2 through 6 elements");
    for (size_t i = 0; i < n; i++) part[i] = i > 1 && ob_is_none(ob_tuple_at(t, i)) ? OB_NULL : ob_tuple_at(t, i);
    if (!ob_is_callable(part[0])) return fail("first item of the tuple returned by __reduce__ must be callable");
    if (!ob_is_tuple(part[1])) return fail("second item of the tuple returned by __reduce__ must be a tuple");
    for (int i = 3; i < 5; i++)
        if (!ob_is_null(part[i]) && !is_iterator(part[i]))
            return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "%s element of the tuple returned by __reduce__ must be an iterator, not %T", i == 3 ? "fourth" : "fifth", part[i]));
    if (!ob_is_null(part[5]) && !ob_is_callable(part[5]))
        return ob_fail(ob_raise(ob_type_ptr(py__pickling_error), "sixth element of the tuple returned by __reduce__ must be a function, not %T", part[5]));
    if (!put_callable(s, part[0], part[1], v)) return false;
    if (!ob_is_null(v)) {
        const memo_entry *e = memo_find(&s->memo, v);     /* its arguments held it: it is there already */
        if (e ? !put_op(s, OP_POP) || !recall(s, e) : !memoize(s, v)) return false;
        if (e) return true;
    }
    return (ob_is_null(part[3]) || save_batches(s, part[3], false, OP_APPEND, OP_APPENDS)) && (ob_is_null(part[4]) || save_batches(s, part[4], true, OP_SETITEM, OP_SETITEMS)) &&
           put_state(s, part[2], part[5], v);
}
/* What the object says of itself: a str, a tuple; OB_NULL: raised. */
static ob_val reduction_of(session *s, ob_val v, bool *by_name) {
    ob_val t = ob_of(ob_type_of(v)), how;
    *by_name = false;
    if (ob_is_null(s->dispatch_table)) how = ob_dict_get(py__pickle_lib.dispatch_table, t);
    else if (ob_is_null(how = ob_getitem(s->dispatch_table, t))) ob_err_clear_if(&ob_exc_KeyError);
    if (ob_failed()) return OB_NULL;
    if (!ob_is_null(how)) return ob_call1(how, v);
    if (ob_is_type(v)) return *by_name = true, OB_NULL;
    how = ob_getattr_opt(v, OB_NAME(reduce_ex));
    if (!ob_is_null(how)) return ob_call1(how, ob_from_small(s->proto));
    if (ob_failed()) return OB_NULL;
    how = ob_getattr_opt(v, OB_NAME(reduce));
    if (!ob_is_null(how)) return ob_call0(how);
    return ob_failed() ? OB_NULL : ob_raise(ob_type_ptr(py__pickling_error), "can't pickle '%.200T' object: %R", v, v);
}
static bool save_other(session *s, ob_val v) {
    ob_val r = OB_NOT_IMPLEMENTED;
    bool by_name;
    if (!ob_is_null(s->override) && ob_is_null(r = ob_call1(s->override, v))) return false;
    if (ob_same(r, OB_NOT_IMPLEMENTED)) {
        if (ob_is_exact(v, &ob_type_type)) return save_type(s, v);
        if (ob_is_exact(v, &ob_function_type)) return save_global(s, v, OB_NULL);
        r = reduction_of(s, v, &by_name);
        if (by_name) return save_global(s, v, OB_NULL);
        if (ob_is_null(r)) return false;
    }
    if (ob_is_str(r)) return save_global(s, v, r);
    return ob_is_tuple(r) ? save_reduce(s, r, v) : fail("__reduce__ must return a string or tuple");
}

static bool save_persistent(session *s, ob_val pid) {
    if (s->bin) return boundary(s) && save_value(s, pid, false) && put_op(s, OP_BINPERSID);
    ob_val t = ob_str(pid);
    size_t n;
    if (ob_is_null(t)) return false;
    if (!ob_str_is_ascii(t)) return fail("persistent IDs in protocol 0 must be ASCII strings");
    const char *p = ob_str_utf8(t, &n);
    return p && put_op(s, OP_PERSID) && put(s, p, n) && put_op(s, '\n');
}
static bool save_known(session *s, ob_val v, const ob_type *t) {
    if (t == &ob_dict_type) return save_dict(s, v);
    if (t == &ob_list_type) return save_list(s, v);
    if (t == &ob_tuple_type) return save_tuple(s, v);
    if (t == &ob_set_type) return save_set(s, v);
    if (t == &ob_frozenset_type) return save_frozenset(s, v);
    if (t == &ob_bytearray_type) return save_bytearray(s, v);
    if (t == &py__pickle_buffer_type) return save_buffer(s, v);
    return save_other(s, v);
}
static bool save_value(session *s, ob_val v, bool persistent) {
    const ob_type *t = ob_type_of(v);
    if (persistent && !ob_is_null(s->persistent_id)) {
        ob_val pid = ob_call1(s->persistent_id, v);
        if (ob_is_null(pid)) return false;
        if (!ob_is_none(pid)) return save_persistent(s, pid);
    }
    if (ob_is_none(v)) return put_op(s, OP_NONE);
    if (ob_is_bool(v)) return save_bool(s, ob_same(v, OB_TRUE));
    if (t == &ob_int_type) return save_int(s, v);
    if (t == &ob_float_type) return save_float(s, v);
    const memo_entry *e = memo_find(&s->memo, v);
    if (e) return recall(s, e);
    if (t == &ob_bytes_type) return save_bytes(s, v);
    if (t == &ob_str_type) return save_str(s, v);
    if (!ob_c_enter()) return false;
    bool ok = save_known(s, v, t);
    ob_c_leave();
    return ok;
}
static bool save(session *s, ob_val v) { return boundary(s) && save_value(s, v, true); }

static bool run(session *s, ob_val v) {
    if (s->proto >= 2) {
        uint8_t head[2] = {OP_PROTO, (uint8_t)s->proto};
        if (!put(s, head, 2)) return false;
        s->framing = s->proto >= 4;
    }
    if (!save(s, v) || !put_op(s, OP_STOP)) return false;
    end_frame(s);
    s->framing = false;
    return true;
}

/* ---- arguments ---- */

static bool protocol_of(ob_val v, ob_val buffer_callback, int *out) {
    int64_t i = PICKLE_DEFAULT;
    if (!py_absent(v) && !ob_index_i64(v, &i)) return false;
    if (i < 0) i = PICKLE_HIGHEST;
    if (i > PICKLE_HIGHEST) return ob_fail(ob_raise(&ob_exc_ValueError, "pickle protocol must be <= %d", PICKLE_HIGHEST));
    if (!py_absent(buffer_callback) && i < 5) return ob_fail(ob_raise(&ob_exc_ValueError, "buffer_callback needs protocol >= 5"));
    *out = (int)i;
    return true;
}
static ob_val write_of(ob_val file) {
    ob_val w = ob_getattr_opt(file, ob_str_intern_c("write"));
    return ob_is_null(w) && !ob_failed() ? ob_raise(&ob_exc_TypeError, "file must have a 'write' attribute") : w;
}
static session *session_new(ob_val protocol, ob_val fix_imports, ob_val buffer_callback) {
    session *s = ob_alloc(&session_type, sizeof *s);
    if (!s) return NULL;
    base_buf_init(&s->out);
    if (!protocol_of(protocol, buffer_callback, &s->proto) || !py_bool_arg(fix_imports, true, &s->fix_imports)) return NULL;
    s->bin = s->proto > 0;
    s->buffer_callback = py_absent(buffer_callback) ? OB_NULL : buffer_callback;
    return s;
}
OB_FN(m_dumps) {
    session *s = session_new(a[1], a[2], a[3]);
    ob_val r = s && run(s, a[0]) ? ob_bytes_from(s->out.at, s->out.n) : OB_NULL;
    if (s) base_buf_release(&s->out);
    return r;
}
OB_FN(m_dump) {
    session *s = session_new(a[2], a[3], a[4]);
    if (!s || ob_is_null(s->write = write_of(a[1]))) return OB_NULL;
    bool ok = run(s, a[0]) && flush(s);
    base_buf_release(&s->out);
    return ok ? OB_NONE : OB_NULL;
}
const ob_def py__pickle_save_defs[] = {
    {"dump", m_dump, "obj, file, protocol=None, *, fix_imports=True, buffer_callback=None", "Writes an object to a file.", 0},
    {"dumps", m_dumps, "obj, protocol=None, *, fix_imports=True, buffer_callback=None", "An object as bytes.", 0}, {0}};

/* ---- Pickler objects ---- */

static ob_val pickler_make(ob_type *t, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) {
    tx_handle *h = ob_alloc_mut(t, sizeof(pickler_body));
    if (!h) return OB_NULL;
    ((pickler_body *)tx_inline_body(h))->proto = -1;
    return ob_of(h);
}
OB_FN(pickler_init_fn) {
    int proto;
    bool fix;
    ob_val write;
    if (!protocol_of(a[1], a[3], &proto) || ob_is_null(write = write_of(a[0])) || !py_bool_arg(a[2], true, &fix)) return OB_NULL;
    pickler_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->file = a[0], b->write = write, b->memo = OB_NULL, b->buffer_callback = py_absent(a[3]) ? OB_NULL : a[3];
    b->proto = proto, b->fix_imports = fix, b->bin = proto > 0, b->fast = 0;
    return OB_NONE;
}
static bool pickler_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"Pickler", pickler_init_fn, "file, protocol=None, fix_imports=True, buffer_callback=None", NULL, 0};
    return !ob_is_null(ob_def_call(&def, self, a, n, kw));
}
static bool optional_attr(ob_val self, const char *name, ob_val *out) {
    *out = ob_getattr_opt(self, ob_str_intern_c(name));
    return !ob_failed();
}
static bool keep_memo(ob_val self, session *s) {
    memo_object *m = ob_alloc(&memo_type, sizeof *m);
    pickler_body *b = m ? ob_write(self) : NULL;
    if (!b) return false;
    m->m = s->memo;
    s->memo = (memo){0};
    b->memo = ob_of(m);
    return true;
}
OB_FN(pickler_dump) {
    if (body_of(self)->proto < 0) return ob_raise(ob_type_ptr(py__pickling_error), "Pickler.__init__() was not called by %T.__init__()", self);
    session *s = ob_alloc(&session_type, sizeof *s);
    if (!s) return OB_NULL;
    base_buf_init(&s->out);
    if (!optional_attr(self, "persistent_id", &s->persistent_id) || !optional_attr(self, "reducer_override", &s->override) ||
        !optional_attr(self, "dispatch_table", &s->dispatch_table))
        return OB_NULL;
    const pickler_body *b = body_of(self);
    s->write = b->write, s->buffer_callback = b->buffer_callback;
    s->proto = (int)b->proto, s->bin = b->bin, s->fix_imports = b->fix_imports, s->fast = b->fast;
    if (!ob_is_null(b->memo) && !memo_copy(&s->memo, &((memo_object *)ob_ptr(b->memo))->m)) return OB_NULL;
    bool ok = run(s, a[0]) && flush(s);
    base_buf_release(&s->out);
    if (!ok) return OB_NULL;
    return keep_memo(self, s) ? OB_NONE : OB_NULL;
}
OB_FN(pickler_clear_memo) {
    pickler_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->memo = OB_NULL;
    return OB_NONE;
}

#define SLOT(name) \
    static ob_val get_##name(ob_val v) { ob_val x = body_of(v)->name; return ob_is_null(x) ? ob_raise(&ob_exc_AttributeError, #name) : x; }
SLOT(persistent_id) SLOT(dispatch_table)
static bool set_persistent_id(ob_val v, ob_val x) {
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "attribute deletion is not supported"));
    if (!ob_is_callable(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "persistent_id must be a callable taking one argument"));
    pickler_body *b = ob_write(v);
    if (b) b->persistent_id = x;
    return b != NULL;
}
static bool set_dispatch_table(ob_val v, ob_val x) {
    pickler_body *b = ob_write(v);
    if (b) b->dispatch_table = x;
    return b != NULL;
}
static ob_val get_fast(ob_val v) { return ob_from_small((int64_t)body_of(v)->fast); }
static ob_val get_bin(ob_val v) { return ob_from_small((int64_t)body_of(v)->bin); }
static bool set_flag(ob_val v, ob_val x, bool fast) {
    int64_t i;
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "can't delete numeric/char attribute"));
    if (!ob_index_i64(x, &i)) return false;
    pickler_body *b = ob_write(v);
    if (!b) return false;
    if (fast) b->fast = i != 0;
    else b->bin = i != 0;
    return true;
}
static bool set_fast(ob_val v, ob_val x) { return set_flag(v, x, true); }
static bool set_bin(ob_val v, ob_val x) { return set_flag(v, x, false); }

/* ---- the memo as Python sees it ---- */

typedef struct proxy { ob_obj o; ob_val pickler; } proxy;
static ob_type proxy_type;
static void proxy_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((proxy *)o)->pickler); }
static ob_val get_memo(ob_val v) {
    proxy *p = ob_alloc(&proxy_type, sizeof *p);
    if (!p) return OB_NULL;
    p->pickler = v;
    return ob_of(p);
}
static ob_val pickler_of(ob_val p) { return ((proxy *)ob_ptr(p))->pickler; }
OB_FN(proxy_clear) { return pickler_clear_memo(pickler_of(self), NULL, 0, OB_NULL); }
OB_FN(proxy_copy) {
    ob_val d = ob_dict_new(), held = body_of(pickler_of(self))->memo;
    if (ob_is_null(d) || ob_is_null(held)) return d;
    const memo *m = &((memo_object *)ob_ptr(held))->m;
    for (size_t i = 0; i < m->cap; i++) {
        ob_val x = m->table[i].object;
        if (ob_is_null(x)) continue;
        ob_val pair = ob_tuple_of2(ob_from_small((int64_t)m->table[i].index), x);
        if (ob_is_null(pair) || !ob_dict_set(d, ob_int_from_u64(x.w), pair)) return OB_NULL;
    }
    return d;
}
OB_FN(proxy_reduce) {
    ob_val d = proxy_copy(self, NULL, 0, OB_NULL), t = ob_is_null(d) ? d : ob_tuple_of1(d);
    return ob_is_null(t) ? t : ob_tuple_of2(ob_of(&ob_dict_type), t);
}
static const ob_def proxy_methods[] = {{"clear", proxy_clear, "", NULL, 0}, {"copy", proxy_copy, "", NULL, 0}, {"__reduce__", proxy_reduce, "", NULL, 0}, {0}};
static ob_type proxy_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_pickle.PicklerMemoProxy", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(proxy),
    .trace = proxy_trace, .methods = proxy_methods};

static memo_object *memo_from_dict(ob_val d) {
    memo_object *m = ob_alloc(&memo_type, sizeof *m);
    size_t pos = 0;
    ob_val k, v;
    while (m && ob_dict_next(d, &pos, &k, &v)) {
        int64_t i;
        if (!ob_is_tuple(v) || ob_tuple_len(v) != 2) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "'memo' values must be 2-item tuples"));
        if (!ob_index_i64(ob_tuple_at(v, 0), &i) || !memo_add(&m->m, ob_tuple_at(v, 1), (uint64_t)i)) return NULL;
    }
    return m;
}
static bool set_memo(ob_val v, ob_val x) {
    memo_object *m;
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "attribute deletion is not supported"));
    if (ob_is_exact(x, &proxy_type)) {
        ob_val held = body_of(pickler_of(x))->memo;
        m = ob_is_null(held) ? NULL : (memo_object *)ob_ptr(held);
    } else {
        if (!ob_is_dict(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "'memo' attribute must be a PicklerMemoProxy object or dict, not %.200T", x));
        if (!(m = memo_from_dict(x))) return false;
    }
    pickler_body *b = ob_write(v);
    if (b) b->memo = m ? ob_of(m) : OB_NULL;
    return b != NULL;
}

static const ob_def pickler_methods[] = {{"dump", pickler_dump, "obj, /", NULL, 0}, {"clear_memo", pickler_clear_memo, "", NULL, 0}, {0}};
static const ob_getset pickler_getsets[] = {{"bin", get_bin, set_bin, NULL}, {"fast", get_fast, set_fast, NULL}, {"memo", get_memo, set_memo, NULL},
    {"persistent_id", get_persistent_id, set_persistent_id, NULL}, {"dispatch_table", get_dispatch_table, set_dispatch_table, NULL}, {0}};
ob_type py__pickler_type = {OB_TYPE_HEAD(&ob_type_type, &pickler_kind), .name = "_pickle.Pickler", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(pickler_body),
    .trace_body = pickler_trace, .slots = {.make = pickler_make, .init = pickler_init}, .methods = pickler_methods, .getsets = pickler_getsets};

bool py__pickle_save_fill(ob_val m) {
    return ob_type_ready(&memo_type) && ob_type_ready(&session_type) && ob_type_ready(&proxy_type) && ob_module_add_type(m, &py__pickler_type) &&
           ob_module_add_defs(m, py__pickle_save_defs);
}
