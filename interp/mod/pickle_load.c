/* pickle_load.c: Unpickler: bytes to objects.
 * Locks: none.
 * As in pickle_save.c, what changes while an object is read lies in a session; the Unpickler's body keeps the memo between calls.
 * U1  Input is untrusted: every length is checked against what is there before memory is taken for it, every look at the stack against its mark.
 * U2  What was read ahead by peek() is not consumed: the file's own position is moved on before the next read, and at the end.  (skip) */
#include "interp/mod/pickle_int.h"
#include "objspace/codecs.h"
#include "objspace/inst.h"
#include "objspace/memoryview.h"
#include <limits.h>
#include <string.h>

typedef struct unpickler_body {
    ob_val file, read, readline, peek, readinto, buffers, persistent_load, encoding, errors, memo /* memo_object, or OB_NULL: empty */;
    uint64_t ready, fix_imports, proto /* of what is being read: find_class() of a subclass may ask ours */;
} unpickler_body;
static void unpickler_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_vals(t, &((const unpickler_body *)body)->file, 10); }
static OB_KIND(unpickler_kind);
static const unpickler_body *body_of(ob_val v) { return ob_read(v); }

typedef struct values { ob_val *at; /* a block */ size_t n, cap; } values;
typedef struct memo_object { ob_obj o; values v; } memo_object;        /* constant once an Unpickler has it */
static void values_trace(ob_tracer *t, const values *v) {
    ob_trace_block(t, v->at);
    ob_trace_vals(t, v->at, v->n);
}
static bool values_room(values *v, size_t need) {
    if (need <= v->cap) return true;
    size_t cap = v->cap ? v->cap : 32;
    while (cap < need) cap *= 2;
    ob_val *p = ob_block_zalloc(cap * sizeof *p), *old = v->at;
    if (!p) return false;
    if (old) memcpy(p, old, v->n * sizeof *p);
    v->at = p;
    size_t had = v->cap;
    v->cap = cap;
    if (old) ob_block_free(old, had * sizeof *old);
    return true;
}
static void memo_object_trace(ob_obj *o, ob_tracer *t) { values_trace(t, &((memo_object *)o)->v); }
static ob_type memo_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_pickle.memo", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(memo_object),
    .trace = memo_object_trace};

typedef struct session {
    ob_obj o;
    ob_val self /* Unpickler, or OB_NULL */, read, readline, peek, readinto, buffers, persistent_load, encoding, errors, input /* bytes */;
    values stack, memo;
    size_t *marks, nmarks, marks_cap;
    size_t at, end, peeked;      /* input: next byte, end; how far it was only peeked at (0: not) */
    size_t fence;                /* the stack's newest mark */
    int proto;
    bool fix_imports, own_find;
} session;
static void session_trace(ob_obj *o, ob_tracer *t) {
    session *s = (session *)o;
    ob_trace_vals(t, &s->self, 10);
    values_trace(t, &s->stack);
    values_trace(t, &s->memo);
}
static void session_free(ob_obj *o) { base_mem_free(((session *)o)->marks); }
static ob_type session_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_pickle.session", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(session),
    .trace = session_trace, .free = session_free};

static bool fail(const char *text) { return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "%s", text)); }

/* ---- input ---- */

static bool ran_out(void) { return fail("pickle data was truncated"); }

/* Moves the file on behind what was taken of a peek (U2). */
static bool skip(session *s) {
    size_t taken = s->peeked ? s->at : 0;
    s->peeked = 0;
    if (!taken) return true;
    if (ob_is_null(ob_call1(s->read, ob_from_small((int64_t)taken)))) return false;
    return true;
}
static bool set_input(session *s, ob_val b) {
    if (!ob_is_bytes(b)) {
        if (!ob_is_buffer(b)) return ob_fail(ob_raise(&ob_exc_TypeError, "a bytes-like object is required, not '%.200T'", b));
        if (ob_is_null(b = py_bytes_of(b))) return false;
    }
    s->input = b;
    s->at = 0;
    s->end = ob_bytes_ptr(b)->len;
    return true;
}
/* n bytes more, as s->input[s->at ...]. */
static bool fill(session *s, size_t n) {
    if (ob_is_null(s->read)) return ran_out();
    if (!skip(s)) return false;
    if (!ob_is_null(s->peek) && n <= 131072) {
        ob_val b = ob_call1(s->peek, ob_from_small(131072));
        if (ob_is_null(b)) {
            if (!ob_err_clear_if(&ob_exc_NotImplementedError)) return false;
            s->peek = OB_NULL;                           /* a stream that has it and cannot */
        } else {
            if (!set_input(s, b)) return false;
            if (s->end >= n) return s->peeked = s->end, true;
        }
    }
    ob_val b = ob_call1(s->read, ob_from_small((int64_t)n));
    return !ob_is_null(b) && set_input(s, b) && (s->end >= n || ran_out());
}
/* The next n bytes; NULL raised. Good until the next call. */
static const uint8_t *take(session *s, size_t n) {
    if (n > (size_t)PTRDIFF_MAX - s->at) return fail("read would overflow (invalid bytecode)"), NULL;
    if (s->end - s->at < n) {
        if (s->at < s->end && !s->peeked && !ob_is_null(s->read)) {      /* the rest of what a line or frame brought */
            size_t have = s->end - s->at;
            ob_val kept = s->input;
            size_t from = s->at;
            if (!fill(s, n - have)) return NULL;
            size_t more = s->end;
            ob_val all = ob_bytes_alloc(have + more);
            if (ob_is_null(all)) return NULL;
            memcpy(ob_bytes_ptr(all)->data, ob_bytes_ptr(kept)->data + from, have);
            memcpy(ob_bytes_ptr(all)->data + have, ob_bytes_ptr(s->input)->data, more);
            bool peeked = s->peeked != 0;
            if (peeked && !(s->at = n - have, skip(s))) return NULL;     /* what is used of it is consumed now */
            s->input = all;
            s->at = 0;
            s->end = peeked ? n : have + more;
            s->peeked = 0;
        } else if (!fill(s, n)) return NULL;
    }
    const uint8_t *p = ob_bytes_ptr(s->input)->data + s->at;
    s->at += n;
    return p;
}
/* The next line with its end; NULL raised. */
static const char *take_line(session *s, size_t *n) {
    const char *p = (const char *)ob_bytes_ptr(s->input)->data + s->at, *end = memchr(p, '\n', s->end - s->at);
    if (end) {
        *n = (size_t)(end - p) + 1;
        s->at += *n;
        return p;
    }
    if (ob_is_null(s->read)) return ran_out(), NULL;
    ob_val before = s->peeked ? OB_NULL : ob_bytes_from(p, s->end - s->at);
    if (s->peeked && !skip(s)) return NULL;              /* what was peeked comes again with the line */
    ob_val line = ob_call0(s->readline);
    if (ob_is_null(line)) return NULL;
    if (!ob_is_bytes(line)) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "readline() returned non-bytes object"));
    if (!ob_is_null(before) && ob_bytes_ptr(before)->len) {
        ob_val both[2] = {before, line};
        if (ob_is_null(line = ob_bytes_join(ob_bytes_from("", 0), both, 2))) return NULL;
    }
    s->input = line;
    s->peeked = 0;
    *n = s->at = s->end = ob_bytes_ptr(line)->len;
    p = (const char *)ob_bytes_ptr(line)->data;
    if (*n == 0 || p[*n - 1] != '\n') return ran_out(), NULL;
    return p;
}
/* A line with something in it, without its end. */
static const char *take_text(session *s, size_t *n) {
    const char *p = take_line(s, n);
    if (!p) return NULL;
    if (*n < 2) return ran_out(), NULL;
    (*n)--;
    return p;
}
static bool take_size(session *s, int width, size_t *out) {
    const uint8_t *p = take(s, (size_t)width);
    uint64_t n = 0;
    if (!p) return false;
    memcpy(&n, p, (size_t)width);
    if (n > (uint64_t)PTRDIFF_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "size exceeds system's maximum size of %zd bytes", PTRDIFF_MAX));
    *out = (size_t)n;
    return true;
}

/* ---- stack ---- */

static bool push(session *s, ob_val v) {
    if (ob_is_null(v) || !values_room(&s->stack, s->stack.n + 1)) return false;
    s->stack.at[s->stack.n++] = v;
    return true;
}
static ob_val underflow(session *s) { return ob_raise(ob_type_ptr(py__unpickling_error), s->nmarks ? "unexpected MARK found" : "unpickling stack underflow"); }
static ob_val pop(session *s) { return s->stack.n > s->fence ? s->stack.at[--s->stack.n] : underflow(s); }
static ob_val top(session *s) { return s->stack.n > s->fence ? s->stack.at[s->stack.n - 1] : underflow(s); }
static bool load_mark(session *s) {
    if (s->nmarks == s->marks_cap) {
        size_t cap = s->marks_cap ? s->marks_cap * 2 : 20;
        size_t *p = base_mem_resize(s->marks, cap * sizeof *p);
        if (!p) return ob_fail(ob_raise_memory());
        s->marks = p;
        s->marks_cap = cap;
    }
    s->marks[s->nmarks++] = s->fence = s->stack.n;
    return true;
}
static bool pop_mark(session *s, size_t *at) {
    if (!s->nmarks) return fail("could not find MARK");
    *at = s->marks[--s->nmarks];
    s->fence = s->nmarks ? s->marks[s->nmarks - 1] : 0;
    return true;
}
static ob_val tuple_from(session *s, size_t at) {
    ob_val t = ob_tuple_from(s->stack.at + at, s->stack.n - at);
    s->stack.n = at;
    return t;
}
static bool memo_put(session *s, size_t i) {
    ob_val v = top(s);
    if (ob_is_null(v)) return false;
    if (i > s->memo.n + (64 << 20)) return ob_fail(ob_raise_memory());      /* (U1) no pickle that was written has such a hole */
    if (!values_room(&s->memo, i + 1)) return false;
    if (i >= s->memo.n) s->memo.n = i + 1;
    s->memo.at[i] = v;
    return true;
}
static bool memo_get(session *s, size_t i) {
    if (i < s->memo.n && !ob_is_null(s->memo.at[i])) return push(s, s->memo.at[i]);
    return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "Memo value not found at index %zd", (ssize_t)i));
}
static bool line_index(session *s, size_t *out) {
    size_t n;
    int64_t i;
    const char *p = take_text(s, &n);
    if (!p) return false;
    ob_val v = ob_int_from_text(p, n, 10, OB_NULL);
    if (ob_is_null(v) || !ob_int_to_i64(v, &i)) return false;
    *out = (size_t)i;
    return true;
}

/* ---- atoms ---- */

static bool load_int_line(session *s) {
    size_t n;
    const char *p = take_text(s, &n);
    if (!p) return false;
    if (n == 2 && p[0] == '0' && (p[1] == '0' || p[1] == '1')) return push(s, ob_bool(p[1] == '1'));
    return push(s, ob_int_from_text(p, n, 0, OB_NULL));
}
static bool load_long_line(session *s) {
    size_t n;
    const char *p = take_text(s, &n);
    if (!p) return false;
    if (p[n - 1] == 'L') n--;
    return push(s, ob_int_from_text(p, n, 0, OB_NULL));
}
static bool load_binint(session *s, int width) {
    const uint8_t *p = take(s, (size_t)width);
    int32_t i = 0;
    if (!p) return false;
    memcpy(&i, p, (size_t)width);
    return push(s, ob_from_small(i));
}
static bool load_counted_long(session *s, int width) {
    const uint8_t *p = take(s, (size_t)width);
    int32_t n = 0;
    if (!p) return false;
    memcpy(&n, p, (size_t)width);
    if (n < 0) return fail("LONG pickle has negative byte count");
    if (!(p = take(s, (size_t)n))) return false;
    return push(s, n ? ob_int_from_bytes(p, (size_t)n, true, true) : ob_from_small(0));
}
static bool load_float_line(session *s) {
    size_t n;
    double d;
    const char *p = take_text(s, &n);
    if (!p) return false;
    if (!ob_float_parse(p, n, &d)) return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_ValueError, "could not convert string to float"));
    return push(s, ob_float_from(d));
}
static bool load_binfloat(session *s) {
    const uint8_t *p = take(s, 8);
    uint64_t bits;
    double d;
    if (!p) return false;
    memcpy(&bits, p, 8);
    bits = __builtin_bswap64(bits);
    memcpy(&d, &bits, 8);
    return push(s, ob_float_from(d));
}
/* 8-bit strings of Python 2: bytes, or str by the session's encoding. */
static bool push_string(session *s, ob_val b) {
    if (ob_is_null(b)) return false;
    if (ob_str_equal_c(s->encoding, "bytes")) return push(s, b);
    ob_val args[2] = {s->encoding, s->errors};
    return push(s, ob_call_method_c(b, "decode", args, 2));
}
static bool load_string(session *s) {
    size_t n;
    const char *p = take_text(s, &n);
    if (!p) return false;
    if (n < 2 || p[0] != p[n - 1] || (p[0] != '"' && p[0] != '\'')) return fail("the STRING opcode argument must be quoted");
    ob_val codecs = py__pickle_import(ob_str_intern_c("_codecs")), raw = ob_bytes_from(p + 1, n - 2);
    ob_val pair = ob_is_null(codecs) || ob_is_null(raw) ? OB_NULL : ob_call_method_c(codecs, "escape_decode", &raw, 1);
    return !ob_is_null(pair) && push_string(s, ob_tuple_at(pair, 0));
}
static bool load_counted_string(session *s, int width) {
    const uint8_t *p = take(s, (size_t)width);
    int32_t n = 0;
    if (!p) return false;
    memcpy(&n, p, (size_t)width);
    if (n < 0) return fail("BINSTRING pickle has negative byte count");
    return (p = take(s, (size_t)n)) && push_string(s, ob_bytes_from(p, (size_t)n));
}
static bool load_unicode_line(session *s) {
    size_t n;
    const char *p = take_line(s, &n);
    if (!p) return false;
    ob_val b = n ? ob_bytes_from(p, n - 1) : ob_bytes_from("", 0), how = ob_str_intern_c("raw-unicode-escape");
    return !ob_is_null(b) && push(s, ob_call_method_c(b, "decode", &how, 1));
}
static bool load_text(session *s, int width) {
    size_t n;
    const uint8_t *p;
    if (!take_size(s, width, &n) || !(p = take(s, n))) return false;
    return push(s, ob_str_from_utf8((const char *)p, n));
}
static bool load_bytes(session *s, int width) {
    size_t n;
    const uint8_t *p;
    return take_size(s, width, &n) && (p = take(s, n)) && push(s, ob_bytes_from(p, n));
}
static bool load_bytearray(session *s) {
    size_t n;
    const uint8_t *p;
    return take_size(s, 8, &n) && (p = take(s, n)) && push(s, ob_bytearray_from(p, n));
}
static bool load_next_buffer(session *s) {
    if (ob_is_null(s->buffers)) return fail("pickle stream refers to out-of-band data but no *buffers* argument was given");
    ob_val b = ob_next(s->buffers);
    return ob_is_null(b) ? !ob_failed() && fail("not enough out-of-band buffers") : push(s, b);
}
static bool load_readonly_buffer(session *s) {
    ob_val v = top(s), view;
    ob_buffer b;
    if (ob_is_null(v) || !ob_buffer_get(v, &b, false)) return false;
    bool readonly = b.readonly;
    ob_buffer_release(&b);
    if (readonly) return true;
    if (ob_is_null(view = ob_memoryview_new(v)) || ob_is_null(view = ob_call_method_c(view, "toreadonly", NULL, 0))) return false;
    s->stack.at[s->stack.n - 1] = view;
    return true;
}

/* ---- containers ---- */

static bool load_tuple(session *s) {
    size_t at;
    return pop_mark(s, &at) && push(s, tuple_from(s, at));
}
static bool load_counted_tuple(session *s, size_t n) {
    if (s->stack.n < s->fence + n) return ob_fail(underflow(s));
    return push(s, tuple_from(s, s->stack.n - n));
}
static bool load_list(session *s) {
    size_t at;
    if (!pop_mark(s, &at)) return false;
    ob_val l = ob_list_from(s->stack.at + at, s->stack.n - at);
    s->stack.n = at;
    return push(s, l);
}
static bool load_dict(session *s) {
    size_t at;
    if (!pop_mark(s, &at)) return false;
    if ((s->stack.n - at) % 2) return fail("odd number of items for DICT");
    ob_val d = ob_dict_new();
    for (size_t i = at; i + 1 < s->stack.n && !ob_is_null(d); i += 2) if (!ob_dict_set(d, s->stack.at[i], s->stack.at[i + 1])) return false;
    s->stack.n = at;
    return push(s, d);
}
static bool load_frozenset(session *s) {
    size_t at;
    if (!pop_mark(s, &at)) return false;
    ob_val t = tuple_from(s, at);
    return !ob_is_null(t) && push(s, ob_frozenset_of_iterable(t));
}
/* Items from `at` on go to the list, or whatever has extend() or append(), below them. */
static bool do_append(session *s, size_t at) {
    if (at > s->stack.n || at <= s->fence) return ob_fail(underflow(s));
    size_t n = s->stack.n - at;
    if (n == 0) return true;
    ob_val list = s->stack.at[at - 1];
    if (ob_is_exact(list, &ob_list_type)) {
        for (size_t i = 0; i < n; i++) if (!ob_list_append(list, s->stack.at[at + i])) return false;
    } else {
        ob_val extend = ob_getattr_opt(list, ob_str_intern_c("extend"));
        if (ob_failed()) return false;
        if (!ob_is_null(extend)) {
            ob_val items = ob_list_from(s->stack.at + at, n);
            if (ob_is_null(items) || ob_is_null(ob_call1(extend, items))) return false;
        } else {
            ob_val append = ob_getattr_c(list, "append");
            for (size_t i = 0; i < n; i++) if (ob_is_null(append) || ob_is_null(ob_call1(append, s->stack.at[at + i]))) return false;
        }
    }
    s->stack.n = at;
    return true;
}
static bool load_appends(session *s) { size_t at; return pop_mark(s, &at) && do_append(s, at); }
static bool do_setitems(session *s, size_t at) {
    if (at > s->stack.n || at <= s->fence) return ob_fail(underflow(s));
    size_t n = s->stack.n - at;
    if (n == 0) return true;
    if (n % 2) return fail("odd number of items for SETITEMS");
    ob_val d = s->stack.at[at - 1];
    bool exact = ob_is_exact(d, &ob_dict_type);
    for (size_t i = 0; i < n; i += 2) {
        ob_val k = s->stack.at[at + i], v = s->stack.at[at + i + 1];
        if (!(exact ? ob_dict_set(d, k, v) : ob_setitem(d, k, v))) return false;
    }
    s->stack.n = at;
    return true;
}
static bool load_setitems(session *s) { size_t at; return pop_mark(s, &at) && do_setitems(s, at); }
static bool load_additems(session *s) {
    size_t at;
    if (!pop_mark(s, &at)) return false;
    if (at > s->stack.n || at <= s->fence) return ob_fail(underflow(s));
    ob_val set = s->stack.at[at - 1];
    if (ob_is_anyset(set) && ob_has_tflag(set, OB_TF_SET)) {
        for (size_t i = at; i < s->stack.n; i++) if (!ob_set_add(set, s->stack.at[i])) return false;
    } else {
        ob_val add = ob_getattr_c(set, "add");
        for (size_t i = at; i < s->stack.n; i++) if (ob_is_null(add) || ob_is_null(ob_call1(add, s->stack.at[i]))) return false;
    }
    s->stack.n = at;
    return true;
}

/* ---- classes and objects ---- */

static bool old_names(ob_val *module, ob_val *name) {
    ob_val key = ob_tuple_of2(*module, *name), pair = ob_is_null(key) ? key : ob_dict_get(py__pickle_lib.name_mapping, key);
    if (!ob_is_null(pair)) {
        *module = ob_tuple_at(pair, 0);
        *name = ob_tuple_at(pair, 1);
        return true;
    }
    if (ob_failed()) return false;
    ob_val m = ob_dict_get(py__pickle_lib.import_mapping, *module);
    if (!ob_is_null(m)) *module = m;
    return !ob_failed();
}
static ob_val find_by(int proto, bool fix_imports, ob_val module, ob_val name) {
    ob_val parent, m;
    if (proto < 3 && fix_imports && !old_names(&module, &name)) return OB_NULL;
    if (ob_is_null(m = py__pickle_import(module))) return m;
    return proto >= 4 ? py__pickle_dotted(m, name, &parent) : ob_getattr(m, name);
}
static ob_val find_class(session *s, ob_val module, ob_val name) {
    if (!s->own_find) return find_by(s->proto, s->fix_imports, module, name);
    ob_val args[2] = {module, name};
    return ob_call_method_c(s->self, "find_class", args, 2);
}
static ob_val text_line(session *s) {
    size_t n;
    const char *p = take_text(s, &n);
    return p ? ob_str_from_utf8(p, n) : OB_NULL;
}
static ob_val named_class(session *s) {
    ob_val module = text_line(s), name = ob_is_null(module) ? module : text_line(s);
    return ob_is_null(name) ? name : find_class(s, module, name);
}
static bool load_stack_global(session *s) {
    ob_val name = pop(s), module = ob_is_null(name) ? name : pop(s);
    if (ob_is_null(module)) return false;
    if (!ob_is_exact(name, &ob_str_type) || !ob_is_exact(module, &ob_str_type)) return fail("STACK_GLOBAL requires str");
    return push(s, find_class(s, module, name));
}
static bool load_extension(session *s, int width) {
    const uint8_t *p = take(s, (size_t)width);
    int32_t code = 0;
    if (!p) return false;
    memcpy(&code, p, (size_t)width);
    if (code <= 0) return fail("EXT specifies code <= 0");
    ob_val key = ob_from_small(code), v = ob_dict_get(py__pickle_lib.extension_cache, key);
    if (!ob_is_null(v)) return push(s, v);
    if (ob_failed()) return false;
    ob_val pair = ob_dict_get(py__pickle_lib.inverted_registry, key);
    if (ob_is_null(pair)) return !ob_failed() && ob_fail(ob_raise(&ob_exc_ValueError, "unregistered extension code %d", code));
    if (!ob_is_tuple(pair) || ob_tuple_len(pair) != 2 || !ob_is_str(ob_tuple_at(pair, 0)) || !ob_is_str(ob_tuple_at(pair, 1)))
        return ob_fail(ob_raise(&ob_exc_ValueError, "_inverted_registry[%d] isn't a 2-tuple of strings", code));
    v = find_class(s, ob_tuple_at(pair, 0), ob_tuple_at(pair, 1));
    return !ob_is_null(v) && ob_dict_set(py__pickle_lib.extension_cache, key, v) && push(s, v);
}
/* INST, OBJ: cls(*args), or an empty instance where there are none to give. */
static bool push_instance(session *s, ob_val cls, ob_val args) {
    if (ob_is_null(cls) || ob_is_null(args)) return false;
    if (ob_tuple_len(args) == 0 && ob_is_type(cls)) {
        ob_val initargs = ob_getattr_opt(cls, ob_str_intern_c("__getinitargs__"));
        if (ob_failed()) return false;
        if (ob_is_null(initargs)) return push(s, ob_call_method(cls, OB_NAME(new), &cls, 1));
    }
    return push(s, ob_call_ex(cls, args, OB_NULL));
}
static bool load_obj(session *s) {
    size_t at;
    if (!pop_mark(s, &at)) return false;
    if (s->stack.n <= at) return ob_fail(underflow(s));
    ob_val args = tuple_from(s, at + 1), cls = ob_is_null(args) ? args : pop(s);
    return push_instance(s, cls, args);
}
static bool load_inst(session *s) {
    size_t at;
    if (!pop_mark(s, &at)) return false;
    ob_val cls = named_class(s);
    return !ob_is_null(cls) && push_instance(s, cls, tuple_from(s, at));
}
static bool load_newobj(session *s, bool with_kw) {
    ob_val kw = with_kw ? pop(s) : OB_NULL;
    if (with_kw && ob_is_null(kw)) return false;
    ob_val args = pop(s), cls = ob_is_null(args) ? args : pop(s);
    const char *who = with_kw ? "NEWOBJ_EX" : "NEWOBJ";
    if (ob_is_null(cls)) return false;
    if (!ob_is_type(cls)) return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "%s class argument must be a type, not %.200T", who, cls));
    if (!ob_type_ptr(cls)->slots.make) return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "%s class argument '%.200s' doesn't have __new__", who, ob_type_ptr(cls)->name));
    if (!ob_is_tuple(args)) return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "%s args argument must be a tuple, not %.200T", who, args));
    if (with_kw && !ob_is_dict(kw)) return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "%s kwargs argument must be a dict, not %.200T", who, kw));
    ob_val make = ob_getattr(cls, OB_NAME(new)), all = ob_is_null(make) ? make : ob_tuple_alloc(ob_tuple_len(args) + 1);
    if (ob_is_null(all)) return false;
    ob_tuple_ptr(all)->items[0] = cls;
    for (size_t i = 0; i < ob_tuple_len(args); i++) ob_tuple_ptr(all)->items[i + 1] = ob_tuple_at(args, i);
    return push(s, ob_call_ex(make, all, kw));
}
static bool load_reduce(session *s) {
    ob_val args = pop(s), f = ob_is_null(args) ? args : pop(s);
    if (ob_is_null(f)) return false;
    if (!ob_is_tuple(args)) return ob_fail(ob_raise(&ob_exc_TypeError, "argument list must be a tuple"));
    return push(s, ob_call(f, ob_tuple_ptr(args)->items, ob_tuple_len(args)));
}
static bool set_from_dict(ob_val v, ob_val state, bool slots) {
    size_t pos = 0;
    ob_val k, x, d = OB_NULL;
    if (!ob_is_dict(state)) return fail(slots ? "slot state is not a dictionary" : "state is not a dictionary");
    if (!slots && ob_is_null(d = ob_getattr(v, OB_NAME(dict)))) return false;
    ob_val items = ob_dict_items_list(state);
    if (ob_is_null(items)) return false;
    for (pos = 0; pos < ob_list_len(items); pos++) {
        k = ob_tuple_at(ob_list_at(items, pos), 0), x = ob_tuple_at(ob_list_at(items, pos), 1);
        if (ob_is_exact(k, &ob_str_type) && ob_is_null(k = ob_str_intern(k))) return false;
        if (!(slots ? ob_setattr(v, k, x) : ob_setitem(d, k, x))) return false;
    }
    return true;
}
static bool load_build(session *s) {
    if (s->stack.n < s->fence + 2) return ob_fail(underflow(s));
    ob_val state = pop(s), v = top(s), setstate = ob_getattr_opt(v, ob_str_intern_c("__setstate__"));
    if (ob_failed()) return false;
    if (!ob_is_null(setstate)) return !ob_is_null(ob_call1(setstate, state));
    ob_val slots = OB_NULL;
    if (ob_is_tuple(state) && ob_tuple_len(state) == 2) slots = ob_tuple_at(state, 1), state = ob_tuple_at(state, 0);
    return (ob_is_none(state) || set_from_dict(v, state, false)) && (ob_is_null(slots) || ob_is_none(slots) || set_from_dict(v, slots, true));
}
static bool load_persistent(session *s, ob_val pid) {
    if (ob_is_null(pid)) return false;
    if (ob_is_null(s->persistent_load)) return fail("A load persistent id instruction was encountered, but no persistent_load function was specified.");
    return push(s, ob_call1(s->persistent_load, pid));
}
static bool load_persid(session *s) {
    size_t n;
    const char *p = take_line(s, &n);
    if (!p) return false;
    if (n < 1) return fail("pickle data was truncated");
    for (size_t i = 0; i + 1 < n; i++) if (p[i] & 0x80) return fail("persistent IDs in protocol 0 must be ASCII strings");
    return load_persistent(s, ob_str_from_utf8(p, n - 1));
}

/* ---- the rest ---- */

static bool set_proto(session *s, int proto) {
    s->proto = proto;
    unpickler_body *b = s->own_find ? ob_write(s->self) : NULL;
    if (b) b->proto = (uint64_t)proto;
    return b || !s->own_find;
}
static bool load_proto(session *s) {
    const uint8_t *p = take(s, 1);
    if (!p) return false;
    if (*p > PICKLE_HIGHEST) return ob_fail(ob_raise(&ob_exc_ValueError, "unsupported pickle protocol: %d", *p));
    return set_proto(s, *p);
}
static bool load_frame(session *s) {
    size_t n;
    if (!take_size(s, 8, &n) || !take(s, n)) return false;
    s->at -= n;                                           /* it is there in one piece now */
    return true;
}
static bool load_pop(session *s) {
    if (s->nmarks && s->marks[s->nmarks - 1] == s->stack.n) {        /* a mark, without its items */
        size_t at;
        return pop_mark(s, &at);
    }
    return !ob_is_null(pop(s));
}
static bool load_pop_mark(session *s) {
    size_t at;
    if (!pop_mark(s, &at)) return false;
    s->stack.n = at;
    return true;
}
static bool load_memo(session *s, int width, bool put) {
    const uint8_t *p = take(s, (size_t)width);
    uint32_t i = 0;
    if (!p) return false;
    memcpy(&i, p, (size_t)width);
    return put ? memo_put(s, i) : memo_get(s, i);
}
static bool load_put_line(session *s) {
    size_t i;
    if (!line_index(s, &i)) return false;
    return (ssize_t)i >= 0 ? memo_put(s, i) : ob_fail(ob_raise(&ob_exc_ValueError, "negative PUT argument"));
}
static bool load_one(session *s, int op) {
    size_t i;
    switch (op) {
    case OP_MARK: return load_mark(s);
    case OP_POP: return load_pop(s);
    case OP_POP_MARK: return load_pop_mark(s);
    case OP_DUP: return push(s, top(s));
    case OP_NONE: return push(s, OB_NONE);
    case OP_NEWTRUE: return push(s, OB_TRUE);
    case OP_NEWFALSE: return push(s, OB_FALSE);
    case OP_INT: return load_int_line(s);
    case OP_LONG: return load_long_line(s);
    case OP_BININT: return load_binint(s, 4);
    case OP_BININT1: return load_binint(s, 1);
    case OP_BININT2: return load_binint(s, 2);
    case OP_LONG1: return load_counted_long(s, 1);
    case OP_LONG4: return load_counted_long(s, 4);
    case OP_FLOAT: return load_float_line(s);
    case OP_BINFLOAT: return load_binfloat(s);
    case OP_STRING: return load_string(s);
    case OP_BINSTRING: return load_counted_string(s, 4);
    case OP_SHORT_BINSTRING: return load_counted_string(s, 1);
    case OP_UNICODE: return load_unicode_line(s);
    case OP_BINUNICODE: return load_text(s, 4);
    case OP_SHORT_BINUNICODE: return load_text(s, 1);
    case OP_BINUNICODE8: return load_text(s, 8);
    case OP_BINBYTES: return load_bytes(s, 4);
    case OP_SHORT_BINBYTES: return load_bytes(s, 1);
    case OP_BINBYTES8: return load_bytes(s, 8);
    case OP_BYTEARRAY8: return load_bytearray(s);
    case OP_NEXT_BUFFER: return load_next_buffer(s);
    case OP_READONLY_BUFFER: return load_readonly_buffer(s);
    case OP_EMPTY_TUPLE: return push(s, ob_empty_tuple);
    case OP_TUPLE: return load_tuple(s);
    case OP_TUPLE1: case OP_TUPLE2: case OP_TUPLE3: return load_counted_tuple(s, (size_t)(op - OP_TUPLE1 + 1));
    case OP_EMPTY_LIST: return push(s, ob_list_new(0));
    case OP_LIST: return load_list(s);
    case OP_EMPTY_DICT: return push(s, ob_dict_new());
    case OP_DICT: return load_dict(s);
    case OP_EMPTY_SET: return push(s, ob_set_new());
    case OP_FROZENSET: return load_frozenset(s);
    case OP_APPEND: return do_append(s, s->stack.n - 1);
    case OP_APPENDS: return load_appends(s);
    case OP_SETITEM: return do_setitems(s, s->stack.n - 2);
    case OP_SETITEMS: return load_setitems(s);
    case OP_ADDITEMS: return load_additems(s);
    case OP_GLOBAL: return push(s, named_class(s));
    case OP_STACK_GLOBAL: return load_stack_global(s);
    case OP_EXT1: return load_extension(s, 1);
    case OP_EXT2: return load_extension(s, 2);
    case OP_EXT4: return load_extension(s, 4);
    case OP_INST: return load_inst(s);
    case OP_OBJ: return load_obj(s);
    case OP_NEWOBJ: return load_newobj(s, false);
    case OP_NEWOBJ_EX: return load_newobj(s, true);
    case OP_REDUCE: return load_reduce(s);
    case OP_BUILD: return load_build(s);
    case OP_PERSID: return load_persid(s);
    case OP_BINPERSID: return load_persistent(s, pop(s));
    case OP_GET: return line_index(s, &i) && memo_get(s, i);
    case OP_BINGET: return load_memo(s, 1, false);
    case OP_LONG_BINGET: return load_memo(s, 4, false);
    case OP_PUT: return load_put_line(s);
    case OP_BINPUT: return load_memo(s, 1, true);
    case OP_LONG_BINPUT: return load_memo(s, 4, true);
    case OP_MEMOIZE: return memo_put(s, s->memo.n);
    case OP_PROTO: return load_proto(s);
    case OP_FRAME: return load_frame(s);
    default:
        if (op >= 0x20 && op < 0x7f && op != '\'' && op != '\\') return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "invalid load key, '%c'.", op));
        return ob_fail(ob_raise(ob_type_ptr(py__unpickling_error), "invalid load key, '\\x%02x'.", op));
    }
}
static ob_val run(session *s) {
    for (;;) {
        const uint8_t *p = take(s, 1);
        if (!p) return ob_err_clear_if(ob_type_ptr(py__unpickling_error)) ? ob_raise(&ob_exc_EOFError, "Ran out of input") : OB_NULL;
        if (*p == OP_STOP) break;
        if (!load_one(s, *p)) {
            if (!ob_failed()) ob_raise_memory();
            return OB_NULL;
        }
    }
    return skip(s) ? pop(s) : OB_NULL;
}

/* ---- arguments ---- */

static session *session_new(void) {
    session *s = ob_alloc(&session_type, sizeof *s);
    if (!s || ob_is_null(s->input = ob_bytes_from("", 0))) return NULL;
    return s;
}
static bool text_option(ob_val v, const char *otherwise, const char *who, ob_val *out) {
    *out = ob_is_null(v) ? ob_str_intern_c(otherwise) : v;
    return !ob_is_null(*out) && (ob_is_str(*out) || ob_fail(ob_raise(&ob_exc_TypeError, "%s must be str, not %.50T", who, v)));
}
static bool file_methods(ob_val file, ob_val *read, ob_val *readline, ob_val *peek, ob_val *readinto) {
    *peek = ob_getattr_opt(file, ob_str_intern_c("peek"));
    if (ob_failed()) return false;
    *readinto = ob_getattr_opt(file, ob_str_intern_c("readinto"));
    if (ob_failed()) return false;
    *read = ob_getattr_opt(file, ob_str_intern_c("read"));
    if (ob_failed()) return false;
    *readline = ob_getattr_opt(file, ob_str_intern_c("readline"));
    if (ob_failed()) return false;
    return (!ob_is_null(*read) && !ob_is_null(*readline)) || ob_fail(ob_raise(&ob_exc_TypeError, "file must have 'read' and 'readline' attributes"));
}
static bool buffers_of(ob_val v, ob_val *out) {
    *out = py_absent(v) ? OB_NULL : ob_iter(v);
    return py_absent(v) || !ob_is_null(*out);
}
OB_FN(m_loads) {
    session *s = session_new();
    if (!s || !py_bool_arg(a[1], true, &s->fix_imports) || !text_option(a[2], "ASCII", "encoding", &s->encoding) || !text_option(a[3], "strict", "errors", &s->errors) ||
        !buffers_of(a[4], &s->buffers) || !set_input(s, a[0]))
        return OB_NULL;
    return run(s);
}
OB_FN(m_load) {
    session *s = session_new();
    if (!s || !py_bool_arg(a[1], true, &s->fix_imports) || !text_option(a[2], "ASCII", "encoding", &s->encoding) || !text_option(a[3], "strict", "errors", &s->errors) ||
        !buffers_of(a[4], &s->buffers) || !file_methods(a[0], &s->read, &s->readline, &s->peek, &s->readinto))
        return OB_NULL;
    return run(s);
}
const ob_def py__pickle_load_defs[] = {
    {"load", m_load, "file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=()", "Reads an object from a file.", 0},
    {"loads", m_loads, "data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=()", "The object that bytes hold.", 0}, {0}};

/* ---- Unpickler objects ---- */

static ob_val unpickler_make(ob_type *t, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return ob_of(ob_alloc_mut(t, sizeof(unpickler_body))); }
OB_FN(unpickler_init_fn) {
    unpickler_body v = {0};
    bool fix;
    if (!file_methods(a[0], &v.read, &v.readline, &v.peek, &v.readinto) || !py_bool_arg(a[1], true, &fix) || !text_option(a[2], "ASCII", "encoding", &v.encoding) ||
        !text_option(a[3], "strict", "errors", &v.errors) || !buffers_of(a[4], &v.buffers))
        return OB_NULL;
    unpickler_body *b = ob_write(self);
    if (!b) return OB_NULL;
    v.file = a[0], v.persistent_load = b->persistent_load, v.fix_imports = fix, v.ready = 1;
    *b = v;
    return OB_NONE;
}
static bool unpickler_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"Unpickler", unpickler_init_fn, "file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=()", NULL, 0};
    return !ob_is_null(ob_def_call(&def, self, a, n, kw));
}
static bool keep_memo(ob_val self, values v) {
    memo_object *m = ob_alloc(&memo_type, sizeof *m);
    unpickler_body *b = m ? ob_write(self) : NULL;
    if (!b) return false;
    m->v = v;
    b->memo = ob_of(m);
    return true;
}
OB_FN(unpickler_load) {
    if (!body_of(self)->ready) return ob_raise(ob_type_ptr(py__unpickling_error), "Unpickler.__init__() was not called by %T.__init__()", self);
    session *s = session_new();
    if (!s) return OB_NULL;
    s->persistent_load = ob_getattr_opt(self, ob_str_intern_c("persistent_load"));
    if (ob_failed()) return OB_NULL;
    const unpickler_body *b = body_of(self);
    s->self = self, s->own_find = !ob_is_exact(self, &py__unpickler_type);
    s->read = b->read, s->readline = b->readline, s->peek = b->peek, s->readinto = b->readinto, s->buffers = b->buffers, s->encoding = b->encoding, s->errors = b->errors;
    s->fix_imports = b->fix_imports;
    if (!ob_is_null(b->memo)) {
        const values *v = &((memo_object *)ob_ptr(b->memo))->v;
        if (!values_room(&s->memo, v->n)) return OB_NULL;
        if (v->n) memcpy(s->memo.at, v->at, v->n * sizeof *v->at);
        s->memo.n = v->n;
    }
    ob_val r = set_proto(s, 0) ? run(s) : OB_NULL;
    if (ob_is_null(r)) return r;
    values memo = s->memo;
    s->memo = (values){0};
    return keep_memo(self, memo) ? r : OB_NULL;
}
OB_FN(unpickler_find_class) {
    if (!ob_is_str(a[0]) || !ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "find_class() arguments must be str");
    const unpickler_body *b = body_of(self);
    return find_by((int)b->proto, b->fix_imports, a[0], a[1]);
}
static ob_val get_persistent_load(ob_val v) { ob_val x = body_of(v)->persistent_load; return ob_is_null(x) ? ob_raise(&ob_exc_AttributeError, "persistent_load") : x; }
static bool set_persistent_load(ob_val v, ob_val x) {
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "attribute deletion is not supported"));
    if (!ob_is_callable(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "persistent_load must be a callable taking one argument"));
    unpickler_body *b = ob_write(v);
    if (b) b->persistent_load = x;
    return b != NULL;
}

/* ---- the memo as Python sees it ---- */

typedef struct proxy { ob_obj o; ob_val unpickler; } proxy;
static ob_type proxy_type;
static void proxy_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((proxy *)o)->unpickler); }
static ob_val get_memo(ob_val v) {
    proxy *p = ob_alloc(&proxy_type, sizeof *p);
    if (!p) return OB_NULL;
    p->unpickler = v;
    return ob_of(p);
}
static ob_val unpickler_of(ob_val p) { return ((proxy *)ob_ptr(p))->unpickler; }
OB_FN(proxy_clear) {
    unpickler_body *b = ob_write(unpickler_of(self));
    if (!b) return OB_NULL;
    b->memo = OB_NULL;
    return OB_NONE;
}
OB_FN(proxy_copy) {
    ob_val d = ob_dict_new(), held = body_of(unpickler_of(self))->memo;
    if (ob_is_null(d) || ob_is_null(held)) return d;
    const values *v = &((memo_object *)ob_ptr(held))->v;
    for (size_t i = 0; i < v->n; i++)
        if (!ob_is_null(v->at[i]) && !ob_dict_set(d, ob_from_small((int64_t)i), v->at[i])) return OB_NULL;
    return d;
}
OB_FN(proxy_reduce) {
    ob_val d = proxy_copy(self, NULL, 0, OB_NULL), t = ob_is_null(d) ? d : ob_tuple_of1(d);
    return ob_is_null(t) ? t : ob_tuple_of2(ob_of(&ob_dict_type), t);
}
static const ob_def proxy_methods[] = {{"clear", proxy_clear, "", NULL, 0}, {"copy", proxy_copy, "", NULL, 0}, {"__reduce__", proxy_reduce, "", NULL, 0}, {0}};
static ob_type proxy_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_pickle.UnpicklerMemoProxy", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(proxy),
    .trace = proxy_trace, .methods = proxy_methods};
static bool set_memo(ob_val v, ob_val x) {
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "attribute deletion is not supported"));
    ob_val held = OB_NULL;
    if (ob_is_exact(x, &proxy_type)) held = body_of(unpickler_of(x))->memo;
    else {
        if (!ob_is_dict(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "'memo' attribute must be an UnpicklerMemoProxy object or dict, not %.200T", x));
        memo_object *m = ob_alloc(&memo_type, sizeof *m);
        size_t pos = 0;
        ob_val k, val;
        while (m && ob_dict_next(x, &pos, &k, &val)) {
            int64_t i;
            if (!ob_is_int(k)) return ob_fail(ob_raise(&ob_exc_TypeError, "memo key must be integers"));
            if (!ob_int_to_i64(k, &i)) return false;
            if (i < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "memo key must be positive integers."));
            if ((size_t)i > m->v.n + (64 << 20)) return ob_fail(ob_raise_memory());
            if (!values_room(&m->v, (size_t)i + 1)) return false;
            if ((size_t)i >= m->v.n) m->v.n = (size_t)i + 1;
            m->v.at[i] = val;
        }
        if (!m) return false;
        held = ob_of(m);
    }
    unpickler_body *b = ob_write(v);
    if (b) b->memo = held;
    return b != NULL;
}

static const ob_def unpickler_methods[] = {{"find_class", unpickler_find_class, "module_name, global_name, /", NULL, 0}, {"load", unpickler_load, "", NULL, 0}, {0}};
static const ob_getset unpickler_getsets[] = {{"memo", get_memo, set_memo, NULL}, {"persistent_load", get_persistent_load, set_persistent_load, NULL}, {0}};
ob_type py__unpickler_type = {OB_TYPE_HEAD(&ob_type_type, &unpickler_kind), .name = "_pickle.Unpickler", .base = &ob_object_type, .flags = OB_TF_BASE,
    .size = sizeof(unpickler_body), .trace_body = unpickler_trace, .slots = {.make = unpickler_make, .init = unpickler_init}, .methods = unpickler_methods,
    .getsets = unpickler_getsets};

bool py__pickle_load_fill(ob_val m) {
    return ob_type_ready(&memo_type) && ob_type_ready(&session_type) && ob_type_ready(&proxy_type) && ob_module_add_type(m, &py__unpickler_type) &&
           ob_module_add_defs(m, py__pickle_load_defs);
}
