/* inspect.c: records as an operator sees them: values as text, what an object holds, and steps of a path. No class is imported, no object of the
 * store is made.  Locks: none. */
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/persist/persist_int.h"
#include "objspace/str.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 250, REST = 4096 /* entries, after which the kernel may have their pages back */ };
static const char SHORT[] = "it ends too early", UNKNOWN[] = "it holds a value of an unknown kind", DEEP[] = "it is nested too deep";

static bool varint(const uint8_t **p, const uint8_t *end, uint64_t *out) {
    pe_decoder d = {.p = *p, .end = end};
    bool ok = pe__get_varint(&d, out);
    *p = d.p;
    return ok;
}

void pe__class_text(base_buf *b, uint32_t cls) {
    const pe__name *n = pe__name_at(cls);
    if (n == NULL) base_buf_text(b, "?");
    else if (strcmp(n->module, "builtins") == 0) base_buf_text(b, n->qualname);
    else base_buf_printf(b, "%s%s%s", n->module, n->qualname[0] ? "." : "", n->qualname);
}

bool pe__is_ref(const uint8_t *p, const uint8_t *end, uint64_t *id, uint32_t *cls) {
    uint64_t c;
    if (p >= end || *p++ != PE_REF || !varint(&p, end, id) || !varint(&p, end, &c)) return false;
    *cls = (uint32_t)c;
    return true;
}

static void put_repr(base_buf *out, ob_val v) {
    size_t n;
    ob_val r = ob_is_null(v) ? v : ob_repr(v);
    const char *s = ob_is_null(r) ? NULL : ob_str_wtf8(r, &n);
    if (s) base_buf_add(out, s, n);
    else ob_err_clear(), base_buf_text(out, "?");
}

bool pe__is_inner(const uint8_t *p, const uint8_t *end) { return p < end && (*p == PE_TUPLE || *p == PE_FROZENSET || *p == PE_METHOD || *p == PE_SUB); }

static const char *take(const uint8_t **p, const uint8_t *end, uint64_t *n, const uint8_t **at) {
    if (!varint(p, end, n) || *n > (size_t)(end - *p)) return SHORT;
    *at = *p;
    *p += *n;
    return NULL;
}

static const char *text_of_bytes(uint8_t tag, const uint8_t **p, const uint8_t *end, base_buf *out) {
    uint64_t n;
    const uint8_t *at;
    const char *why = take(p, end, &n, &at);
    if (why || !out) return why;
    put_repr(out, tag == PE_STR ? ob_str_from_utf8((const char *)at, (size_t)n) : ob_bytes_from(at, (size_t)n));
    return NULL;
}

static const char *text_of_long(uint8_t tag, const uint8_t **p, const uint8_t *end, base_buf *out) {
    uint64_t bytes, n;
    if (!varint(p, end, &bytes)) return SHORT;
    n = bytes;
    if (tag == PE_LONG_STR && (!varint(p, end, &n) || (*p)++ >= end)) return SHORT;
    if (out) base_buf_printf(out, tag == PE_LONG_STR ? "<str of %llu characters>" : "<%llu bytes>", (unsigned long long)n);
    return NULL;
}

static const char *text_of_bigint(const uint8_t **p, const uint8_t *end, base_buf *out) {
    uint64_t n;
    const uint8_t *at;
    if (*p >= end) return SHORT;
    bool negative = *(*p)++ != 0;
    const char *why = take(p, end, &n, &at);
    if (why || !out) return why;
    if (negative) base_buf_byte(out, '-');
    put_repr(out, ob_int_from_bytes(at, (size_t)n, true, false));
    return NULL;
}

static double get_double(const uint8_t *p) {
    uint64_t bits = st_load64(p);
    double d;
    memcpy(&d, &bits, 8);
    return d;
}

static const char *text_of_items(uint8_t tag, const uint8_t **p, const uint8_t *end, base_buf *out, unsigned depth) {
    uint64_t n;
    if (!varint(p, end, &n) || n > (size_t)(end - *p)) return SHORT;
    const char *open = tag == PE_TUPLE ? "(" : tag == PE_FROZENSET ? "frozenset({" : tag == PE_RANGE ? "range(" : tag == PE_SLICE ? "slice(" : "<method ";
    if (out) base_buf_text(out, open);
    for (uint64_t i = 0; i < n; i++) {
        if (out && i) base_buf_text(out, ", ");
        const char *why = pe__text_of_value(p, end, out, depth + 1);
        if (why) return why;
    }
    if (out) base_buf_text(out, tag == PE_TUPLE && n == 1 ? ",)" : tag == PE_FROZENSET ? "})" : tag == PE_METHOD ? ">" : ")");
    return NULL;
}

static const char *text_of_named(uint8_t tag, const uint8_t **p, const uint8_t *end, base_buf *out, unsigned depth) {
    uint64_t id = 0, cls;
    if (tag == PE_REF && !varint(p, end, &id)) return SHORT;
    if (!varint(p, end, &cls)) return SHORT;
    if (pe__name_at((uint32_t)cls) == NULL || cls > UINT32_MAX) return "it names a class that is not listed";
    if (out && (tag == PE_REF || tag == PE_NAME)) base_buf_byte(out, '<');
    if (out) pe__class_text(out, (uint32_t)cls);
    if (out && tag == PE_REF) base_buf_printf(out, " @%llu", (unsigned long long)id);
    if (out && (tag == PE_REF || tag == PE_NAME)) base_buf_byte(out, '>');
    if (tag == PE_REF || tag == PE_NAME) return NULL;
    if (out) base_buf_byte(out, '(');
    const char *why = pe__text_of_value(p, end, out, depth + 1);
    if (out) base_buf_byte(out, ')');
    return why;
}

const char *pe__text_of_value(const uint8_t **p, const uint8_t *end, base_buf *out, unsigned depth) {
    static const struct { uint8_t tag; const char *text; } plain[] = {
        {PE_NULL, "<none>"}, {PE_NONE_, "None"}, {PE_TRUE, "True"}, {PE_FALSE, "False"}, {PE_ELLIPSIS, "Ellipsis"}, {PE_NOTIMPL, "NotImplemented"}};
    uint64_t x;
    if (depth > MAX_DEPTH) return DEEP;
    if (*p >= end) return SHORT;
    uint8_t tag = *(*p)++;
    for (size_t i = 0; i < BASE_LENGTH(plain); i++)
        if (plain[i].tag == tag) return out ? (base_buf_text(out, plain[i].text), NULL) : NULL;
    switch (tag) {
    case PE_INT:
        if (!varint(p, end, &x)) return SHORT;
        if (out) base_buf_printf(out, "%lld", (long long)((int64_t)(x >> 1) ^ -(int64_t)(x & 1)));
        return NULL;
    case PE_BIGINT: return text_of_bigint(p, end, out);
    case PE_FLOAT: case PE_COMPLEX: {
        size_t n = tag == PE_FLOAT ? 8 : 16;
        if ((size_t)(end - *p) < n) return SHORT;
        if (out) put_repr(out, n == 8 ? ob_float_from(get_double(*p)) : ob_complex_from(get_double(*p), get_double(*p + 8)));
        *p += n;
        return NULL;
    }
    case PE_STR: case PE_BYTES: return text_of_bytes(tag, p, end, out);
    case PE_LONG_STR: case PE_LONG_BYTES: return text_of_long(tag, p, end, out);
    case PE_TUPLE: case PE_FROZENSET: case PE_RANGE: case PE_SLICE: case PE_METHOD: return text_of_items(tag, p, end, out, depth);
    case PE_REF: case PE_NAME: case PE_SUB: case PE_ENUM: return text_of_named(tag, p, end, out, depth);
    default: return UNKNOWN;
    }
}

/* ---- what an object holds ---- */

typedef struct visit { st_txn *t; uint64_t id; pe__child_fn *fn; void *arg; base_buf step; bool bare; /* without steps */ } visit;

/* The next value is a child by the step text in v->step. */
static const char *child(visit *v, const uint8_t **p, const uint8_t *end) {
    const uint8_t *from = *p;
    const char *why = pe__text_of_value(p, end, NULL, 0);
    if (why) return why;
    if (v->step.failed) return "out of memory";
    return v->fn(v->arg, v->step.at ? v->step.at : "", from, *p) ? NULL : "";
}

static const char *key_step(visit *v, const uint8_t **p, const uint8_t *end) {
    base_buf_clear(&v->step);
    base_buf_byte(&v->step, '[');
    const char *why = pe__text_of_value(p, end, v->bare ? NULL : &v->step, 0);
    base_buf_byte(&v->step, ']');
    return why;
}

/* key, value; a key that refers to an object is a child too */
static const char *pair(visit *v, const uint8_t **p, const uint8_t *end) {
    const uint8_t *key = *p;
    const char *why = key_step(v, p, end);
    if (why) return why;
    if (*key == PE_REF || pe__is_inner(key, *p)) {
        base_buf text = v->step;
        base_buf_init(&v->step);
        if (!v->bare) base_buf_printf(&v->step, ".keys()%s", text.at);
        why = v->fn(v->arg, v->step.at ? v->step.at : "", key, *p) ? NULL : "";
        base_buf_release(&v->step);
        v->step = text;
        if (why) return why;
    }
    return child(v, p, end);
}

static const char *indexed(visit *v, const uint8_t **p, const uint8_t *end, uint64_t n, uint64_t first, const char *named) {
    const char *why = NULL;
    for (uint64_t i = 0; i < n && !why; i++) {
        base_buf_clear(&v->step);
        if (named) base_buf_text(&v->step, named);
        else if (!v->bare) base_buf_printf(&v->step, "[%llu]", (unsigned long long)(first + i));
        why = child(v, p, end);
    }
    return why;
}

typedef struct line { uint64_t seq; size_t at, n; } line;
static int by_seq(const void *a, const void *b) {
    const line *x = a, *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* A page of a dict or set, or a key in its index. */
static const char *page(visit *v, uint8_t form, const base_buf *key, const uint8_t *p, const uint8_t *end, uint64_t *count, uint64_t *keys) {
    uint64_t n;
    const char *why = NULL;
    if (key->at[8] == PE_K_INDEX) return ++*keys, NULL;
    if (key->n != 13 || key->at[8] != (form == PE_S_BIGDICT ? PE_K_PAGE : PE_K_ELEMENTS) || !varint(&p, end, &n) || n > PE_PAGE) return SHORT;
    for (uint64_t i = 0; !why && i < n; i++) {
        if (p < end && *p == PE_NULL) p++;
        else why = form == PE_S_BIGDICT ? pair(v, &p, end) : indexed(v, &p, end, 1, 0, "{…}"), ++*count;
    }
    return why || p == end ? why : "bytes are left over";
}

/* Entries of a big container: dicts and sets by page, lists by chunk, in their order. */
static const char *big(visit *v, uint8_t form, uint64_t expected, bool has_index, uint64_t head) {
    uint8_t from[8];
    base_buf key, value, bytes;
    VEC(line) lines = {0};
    st_cursor *c;
    st_record r;
    uint64_t count = 0, keys = 0, looked = 0;
    const char *why = NULL;
    st_store64_be(from, v->id);
    if (st_cursor_open(v->t, PE_ENTRIES, &c) != ST_OK) return "its entries cannot be read";
    base_buf_init(&key), base_buf_init(&value), base_buf_init(&bytes);
    st_error e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){from, 8}, &key, &value);
    for (; !why && e == ST_OK && key.n > 8 && memcmp(key.at, from, 8) == 0; e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) {
        if (st_record_open(value.at, value.n, v->id, &r, &why) != ST_OK) break;
        const uint8_t *p = r.payload, *end = p + r.n;
        uint64_t n;
        if (++looked % REST == 0) st_rest(v->t->store);
        if (key.n == 9 && key.at[8] == PE_K_HASH) continue;
        if (form == PE_S_BIGDICT || form == PE_S_PAGESET) {
            why = page(v, form, &key, p, end, &count, &keys);
        } else if (form == PE_S_BIGLIST || form == PE_S_ITEMS) {
            if (key.n != 16 || !varint(&p, end, &n) || n > r.n) why = SHORT;
            for (; !why && n && p < end && *p == PE_NULL && head > st_load64_be((uint8_t *)key.at + 8) * PE_CHUNK; p++) n--;     /* absent */
            if (!why) why = indexed(v, &p, end, n, count, NULL), count += n;
        } else if (r.n < 8) {
            why = SHORT;
        } else if (v->bare) {
            p += 8, count++;
            why = indexed(v, &p, end, 1, 0, "{…}");
        } else if (!VEC_PUSH(&lines, (line){st_load64(p), bytes.n, r.n - 8}) || !base_buf_add(&bytes, p + 8, r.n - 8)) {
            why = "out of memory";
        } else count++;
    }
    if (!why && e != ST_OK && e != ST_NOT_FOUND) why = "its entries cannot be read";
    if (!why && count != expected) why = "entries are missing";
    if (!why && has_index && keys != expected) why = "keys are missing in its index";
    if (lines.n) qsort(lines.at, lines.n, sizeof *lines.at, by_seq);
    for (size_t i = 0; i < lines.n && !why; i++) {
        const uint8_t *p = (const uint8_t *)bytes.at + lines.at[i].at, *end = p + lines.at[i].n;
        why = indexed(v, &p, end, 1, 0, "{…}");
    }
    base_buf_release(&key), base_buf_release(&value), base_buf_release(&bytes);
    VEC_RELEASE(&lines);
    st_cursor_close(c);
    return why;
}

static bool pass(void *arg, const uint8_t *p, size_t n) { return (void)arg, (void)p, (void)n, true; }

/* A value of an object's own state; if it is a long one, its parts are looked at. */
static const char *own_value(visit *v, const uint8_t **p, const uint8_t *end, const char *step) {
    const uint8_t *at = *p;
    uint64_t bytes;
    base_buf_clear(&v->step);
    base_buf_text(&v->step, step);
    const char *why = child(v, p, end);
    if (why || (*at != PE_LONG_STR && *at != PE_LONG_BYTES)) return why;
    at++;
    return varint(&at, end, &bytes) ? pe__each_part(v->t, v->id, bytes, pass, NULL) : SHORT;
}

static const char *attributes(visit *v, const uint8_t **p, const uint8_t *end) {
    uint64_t slots, n;
    if (*p == end) return NULL;
    if (!varint(p, end, &slots) || !varint(p, end, &n) || *p >= end) return SHORT;
    bool dict_mode = *(*p)++ != 0;
    for (uint64_t i = 0; i < slots + n; i++) {
        uint64_t len;
        const uint8_t *at;
        if (*p >= end || *(*p)++ != PE_STR) return "an attribute has no name";
        const char *why = take(p, end, &len, &at);
        if (why) return why;
        base_buf_clear(&v->step);
        base_buf_byte(&v->step, '.');
        base_buf_add(&v->step, at, (size_t)len);
        if ((why = child(v, p, end)) != NULL) return why;
    }
    base_buf_clear(&v->step);
    base_buf_text(&v->step, ".__dict__");
    return dict_mode ? child(v, p, end) : NULL;
}

static const char *exception(visit *v, const uint8_t **p, const uint8_t *end) {
    static const char *const names[] = {".args", ".__cause__", ".__context__", ".__dict__"};
    if (*p >= end) return SHORT;
    (*p)++;
    for (unsigned i = 0; i < 4; i++) {
        const char *why;
        base_buf_clear(&v->step);
        base_buf_text(&v->step, names[i]);
        if ((why = child(v, p, end)) != NULL) return why;
    }
    base_buf_clear(&v->step);
    base_buf_text(&v->step, "<fields>");
    return child(v, p, end);
}

static const char *state(visit *v, const uint8_t **p, const uint8_t *end) {
    uint64_t n = 0;
    const uint8_t *at;
    const char *why = NULL;
    bool has_index = false;
    if (*p >= end) return SHORT;
    uint8_t form = *(*p)++;
    if (form == PE_S_REST) {
        if ((why = take(p, end, &n, &at)) != NULL) return why;
        for (const uint8_t *stop = at + n; at < stop && !why;) why = own_value(v, &at, stop, "<state>");
        if (why || *p >= end) return why ? why : SHORT;
        form = *(*p)++;
    }
    if (strchr("dDlLsSP", form) && !varint(p, end, &n)) return SHORT;
    if (form == PE_S_BIGDICT || form == PE_S_PAGESET) {
        uint64_t fill, first;
        if (!varint(p, end, &fill) || !varint(p, end, &first) || *p >= end) return SHORT;
        has_index = (*(*p)++ & PE_D_INDEXED) != 0;
    }
    if (strchr("dls", form) && n > (size_t)(end - *p)) return SHORT;
    switch (form) {
    case PE_S_PLAIN: return NULL;
    case PE_S_DICT: while (n-- && !why) why = pair(v, p, end); return why;
    case PE_S_LIST: return indexed(v, p, end, n, 0, NULL);
    case PE_S_SET: return indexed(v, p, end, n, 0, "{…}");
    case PE_S_BIGDICT: case PE_S_BIGLIST: case PE_S_BIGSET: case PE_S_PAGESET: return big(v, form, n, has_index, 0);
    case PE_S_BYTEARRAY: return take(p, end, &n, &at);
    case PE_S_EXC: return exception(v, p, end);
    case PE_S_LONGARRAY: return varint(p, end, &n) ? pe__each_part(v->t, v->id, n, pass, NULL) : SHORT;
    case PE_S_VALUE: return own_value(v, p, end, "<value>");
    case PE_S_CODEC: case PE_S_ITEMS: {
        uint64_t head;
        if ((why = take(p, end, &n, &at)) != NULL) return why;
        for (const uint8_t *stop = at + n; at < stop && !why;) why = own_value(v, &at, stop, "<state>");
        if (why || form == PE_S_CODEC) return why;
        return varint(p, end, &head) && varint(p, end, &n) && head <= n ? big(v, form, n - head, false, head) : SHORT;
    }
    default: return "its state is of an unknown kind";
    }
}

/* Values inside of a tuple, frozenset or instance of a subclass of one. */
static const char *inner(visit *v, const uint8_t *p, const uint8_t *end) {
    uint64_t n;
    uint8_t tag = *p++;
    if (tag == PE_SUB) {
        if (!varint(&p, end, &n) || p >= end) return SHORT;
        return inner(v, p, end);
    }
    if (tag != PE_TUPLE && tag != PE_FROZENSET && tag != PE_METHOD) return NULL;
    if (!varint(&p, end, &n) || n > (size_t)(end - p)) return SHORT;
    return indexed(v, &p, end, n, 0, tag == PE_FROZENSET ? "{…}" : NULL);
}

const char *pe__each_child(st_txn *t, const pe__node *n, pe__child_fn *fn, void *arg) {
    visit v = {.t = t, .id = n->id, .fn = fn, .arg = arg, .bare = n->bare};
    const uint8_t *p = n->p;
    uint64_t cls, layout;
    const char *why;
    base_buf_init(&v.step);
    if (n->id == 0) why = p < n->end ? inner(&v, p, n->end) : SHORT;
    else if (!varint(&p, n->end, &cls) || !varint(&p, n->end, &layout)) why = SHORT;
    else if (pe__name_at((uint32_t)cls) == NULL) why = "its class is not listed";
    else if ((why = state(&v, &p, n->end)) == NULL) why = attributes(&v, &p, n->end);
    if (!why && n->id && p != n->end) why = "bytes are left over";
    base_buf_release(&v.step);
    return why;
}
