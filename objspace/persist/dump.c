/* dump.c: `apodora store dump`: records as lines of JSON that people and programs can read, complete: load.c makes the same records of them.
 * The lines are described in docs/store-format.md; tools/store-reader writes the same ones by itself.
 * Locks: none; one snapshot of the store. */
#include "base/hash.h"
#include "objspace/float.h"
#include "objspace/persist/admin.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { MAX_DEPTH = 260 };
static const char SHORT[] = "it ends too early", UNKNOWN[] = "it holds a value of an unknown kind", MEMORY[] = "out of memory";
typedef struct writer { base_buf *out; const pe__spellings *s; const uint8_t *p, *end; unsigned depth; } writer;

/* ---- names ---- */

static void spell(base_buf *b, const pe__name *n) {
    if (n->kind == PE_N_MODULE) base_buf_text(b, n->module);
    else if (strcmp(n->module, "builtins") == 0) base_buf_text(b, n->qualname);
    else base_buf_printf(b, "%s:%s", n->module, n->qualname);
}

static size_t slot_of(const pe__spellings *s, char kind, const char *text) {
    static const base_hash_key k = {0x7370656c6c696e67, 0x73206f66206e616d};
    size_t i = base_hash_bytes(&k, text, strlen(text)) & s->mask;
    for (; s->index[i]; i = (i + 1) & s->mask)
        if (pe__name_at(s->index[i])->kind == kind && strcmp(s->at.at[s->index[i] - 1].text, text) == 0) break;
    return i;
}

bool pe__spellings_make(pe__spellings *s) {
    *s = (pe__spellings){.mask = 63};
    uint32_t n = 0;
    while (pe__name_at(n + 1)) n++;
    while (s->mask < (size_t)n * 2) s->mask = s->mask * 2 + 1;
    if (!(s->index = base_mem_zeroed((s->mask + 1) * sizeof *s->index))) return false;
    for (uint32_t i = 1; i <= n; i++) {
        base_buf b;
        base_buf_init(&b);
        spell(&b, pe__name_at(i));
        pe__spelling x = {base_buf_take(&b), true};
        if (!x.text || !VEC_PUSH(&s->at, x)) return base_mem_free(x.text), false;
        size_t at = slot_of(s, pe__name_at(i)->kind, x.text);
        if (s->index[at]) s->at.at[s->index[at] - 1].unique = VEC_LAST(&s->at).unique = false;
        else s->index[at] = i;
    }
    return true;
}

uint32_t pe__spellings_find(const pe__spellings *s, char kind, const char *text) {
    uint32_t n = s->index[slot_of(s, kind, text)];
    return n && s->at.at[n - 1].unique ? n : 0;
}

void pe__spellings_release(pe__spellings *s) {
    for (size_t i = 0; i < s->at.n; i++) base_mem_free(s->at.at[i].text);
    VEC_RELEASE(&s->at);
    base_mem_free(s->index);
    s->index = NULL;
}

static const char *put_name(writer *w, uint64_t n, char kind) {
    if (n == 0 || n > w->s->at.n) return "it names a class that is not listed";
    const pe__spelling *x = &w->s->at.at[n - 1];
    if (!x->unique || pe__name_at((uint32_t)n)->kind != kind) return base_buf_printf(w->out, "%llu", (unsigned long long)n), NULL;
    return pe__json_text(w->out, x->text, strlen(x->text)) ? NULL : "the name of a class is not valid";
}

/* ---- values ---- */

static bool varint(writer *w, uint64_t *out) {
    pe_decoder d = {.p = w->p, .end = w->end};
    bool ok = pe__get_varint(&d, out);
    w->p = d.p;
    return ok;
}

static const char *take(writer *w, const uint8_t **at, size_t *n) {
    uint64_t x;
    if (!varint(w, &x) || x > (size_t)(w->end - w->p)) return SHORT;
    *at = w->p;
    *n = (size_t)x;
    w->p += x;
    return NULL;
}

static const char *put_value(writer *w);

/* n values between brackets; pairs: two by two */
static const char *put_values(writer *w, uint64_t n, bool pairs) {
    const char *why = NULL;
    if (n > (size_t)(w->end - w->p)) return "a length is too big";
    base_buf_byte(w->out, '[');
    for (uint64_t i = 0; i < n && !why; i++) {
        if (i) base_buf_text(w->out, ", ");
        if (pairs) base_buf_byte(w->out, '[');
        why = put_value(w);
        if (pairs && !why) base_buf_text(w->out, ", "), why = put_value(w), base_buf_byte(w->out, ']');
    }
    base_buf_byte(w->out, ']');
    return why;
}

static const char *put_counted(writer *w, bool pairs) {
    uint64_t n;
    return varint(w, &n) ? put_values(w, n, pairs) : SHORT;
}

static void put_int(base_buf *out, bool negative, uint64_t x) {
    if (x < UINT64_C(1) << 53) base_buf_printf(out, "%s%llu", negative ? "-" : "", (unsigned long long)x);
    else base_buf_printf(out, "{\"int\": \"%s0x%llx\"}", negative ? "-" : "", (unsigned long long)x);
}

static const char *put_bigint(writer *w) {
    const uint8_t *at;
    size_t n;
    if (w->p >= w->end) return SHORT;
    bool negative = *w->p++ != 0;
    const char *why = take(w, &at, &n);
    if (why) return why;
    while (n && at[n - 1] == 0) n--;
    base_buf_printf(w->out, "{\"int\": \"%s0x%x", negative && n ? "-" : "", n ? at[n - 1] : 0);
    for (size_t i = n > 1 ? n - 1 : 0; i > 0; i--) base_buf_printf(w->out, "%02x", at[i - 1]);
    base_buf_text(w->out, "\"}");
    return NULL;
}

static const char *put_float(writer *w) {
    char text[400];
    double d;
    if (w->end - w->p < 8) return SHORT;
    uint64_t bits = st_load64(w->p);
    memcpy(&d, &bits, 8);
    w->p += 8;
    if (d - d == 0) base_buf_add(w->out, text, ob_float_format(text, sizeof text, d, 'r', 0, false, true));
    else if (d == d) base_buf_text(w->out, d > 0 ? "{\"float\": \"inf\"}" : "{\"float\": \"-inf\"}");
    else if (bits == UINT64_C(0x7ff8000000000000)) base_buf_text(w->out, "{\"float\": \"nan\"}");
    else base_buf_printf(w->out, "{\"float\": \"0x%016llx\"}", (unsigned long long)bits);
    return NULL;
}

static const char *put_complex(writer *w) {
    base_buf_text(w->out, "{\"complex\": [");
    const char *why = put_float(w);
    base_buf_text(w->out, ", ");
    if (!why) why = put_float(w);
    base_buf_text(w->out, "]}");
    return why;
}

static const char *put_str(writer *w) {
    const uint8_t *at;
    size_t n, k;
    const char *why = take(w, &at, &n);
    if (why) return why;
    if (pe__json_pair(at, n) == n) return pe__json_text(w->out, at, n) ? NULL : "a text is not valid";
    base_buf_text(w->out, "{\"str\": [");
    for (; n; at += k, n -= k) {                         /* in pieces, or JSON's readers would make one character of two */
        k = pe__json_pair(at, n);
        if (!pe__json_text(w->out, at, k)) return "a text is not valid";
        if (k < n) base_buf_text(w->out, ", ");
    }
    base_buf_text(w->out, "]}");
    return NULL;
}

static const char *put_plain(writer *w, const char *kind, const uint8_t *at, size_t n) {
    bool plain = true;
    for (size_t i = 0; i < n && plain; i++) plain = at[i] >= ' ' && at[i] < 0x7f;
    base_buf_printf(w->out, plain ? "\"%s\": " : "\"%s in hex\": \"", kind);
    if (plain) return pe__json_text(w->out, at, n) ? NULL : SHORT;
    for (size_t i = 0; i < n; i++) {
        static const char digits[] = "0123456789abcdef";
        base_buf_byte(w->out, (unsigned char)digits[at[i] >> 4]), base_buf_byte(w->out, (unsigned char)digits[at[i] & 15]);
    }
    base_buf_byte(w->out, '"');
    return NULL;
}

static const char *put_raw(writer *w, const char *kind) {
    const uint8_t *at;
    size_t n;
    const char *why = take(w, &at, &n);
    return why ? why : put_plain(w, kind, at, n);
}

/* The bytes of a long value are lines of their own. */
static const char *put_long(writer *w, uint8_t tag) {
    uint64_t bytes, n;
    if (!varint(w, &bytes)) return SHORT;
    if (tag == PE_LONG_BYTES) return base_buf_printf(w->out, "{\"long bytes\": %llu}", (unsigned long long)bytes), NULL;
    if (!varint(w, &n) || w->p >= w->end) return SHORT;
    base_buf_printf(w->out, "{\"long str\": [%llu, %llu, %u]}", (unsigned long long)bytes, (unsigned long long)n, *w->p++);
    return NULL;
}

static const char *put_named(writer *w, uint8_t tag) {
    uint64_t id, n;
    const char *why;
    if (tag == PE_REF && !varint(w, &id)) return SHORT;
    if (!varint(w, &n)) return SHORT;
    if (n == 0 || n > w->s->at.n) return "it names a class that is not listed";
    char kind = pe__name_at((uint32_t)n)->kind;
    if (tag == PE_REF) base_buf_printf(w->out, "{\"@%llu\": ", (unsigned long long)id);
    else base_buf_printf(w->out, "{\"%s\": ", tag == PE_SUB ? "of" : tag == PE_ENUM ? "enum" : kind == PE_N_CLASS ? "class" : kind == PE_N_GLOBAL ? "global" : "module");
    if ((why = put_name(w, n, tag == PE_NAME ? kind : PE_N_CLASS)) != NULL) return why;
    if (tag == PE_SUB || tag == PE_ENUM) base_buf_text(w->out, ", \"value\": "), why = put_value(w);
    base_buf_byte(w->out, '}');
    return why;
}

static const struct { uint8_t tag; const char *text; } simple[] = {
    {PE_NULL, "{\"const\": \"none\"}"}, {PE_NONE_, "null"}, {PE_TRUE, "true"}, {PE_FALSE, "false"}, {PE_ELLIPSIS, "{\"const\": \"Ellipsis\"}"}, {PE_NOTIMPL, "{\"const\": \"NotImplemented\"}"}};
static const struct { uint8_t tag; const char *name; } groups[] = {
    {PE_TUPLE, "tuple"}, {PE_FROZENSET, "frozenset"}, {PE_RANGE, "range"}, {PE_SLICE, "slice"}, {PE_METHOD, "method"}};

static const char *put_tagged(writer *w, uint8_t tag) {
    uint64_t x;
    const char *why;
    for (size_t i = 0; i < BASE_LENGTH(simple); i++)
        if (simple[i].tag == tag) return base_buf_text(w->out, simple[i].text), NULL;
    for (size_t i = 0; i < BASE_LENGTH(groups); i++)
        if (groups[i].tag == tag) {
            base_buf_printf(w->out, "{\"%s\": ", groups[i].name);
            why = put_counted(w, false);
            base_buf_byte(w->out, '}');
            return why;
        }
    switch (tag) {
    case PE_INT:
        if (!varint(w, &x)) return SHORT;
        put_int(w->out, x & 1, x & 1 ? (x >> 1) + 1 : x >> 1);
        return NULL;
    case PE_BIGINT: return put_bigint(w);
    case PE_FLOAT: return put_float(w);
    case PE_COMPLEX: return put_complex(w);
    case PE_STR: return put_str(w);
    case PE_BYTES:
        base_buf_byte(w->out, '{');
        why = put_raw(w, "bytes");
        base_buf_byte(w->out, '}');
        return why;
    case PE_LONG_STR: case PE_LONG_BYTES: return put_long(w, tag);
    case PE_REF: case PE_NAME: case PE_SUB: case PE_ENUM: return put_named(w, tag);
    default: return UNKNOWN;
    }
}

static const char *put_value(writer *w) {
    if (w->p >= w->end) return SHORT;
    if (w->depth >= MAX_DEPTH) return "it is nested too deep";
    w->depth++;
    const char *why = put_tagged(w, *w->p++);
    w->depth--;
    return why;
}

/* ---- objects ---- */

/* Values of a codec, to the end of its bytes. */
static const char *put_own(writer *w, const char *name) {
    const uint8_t *at;
    size_t n;
    const char *why = take(w, &at, &n);
    if (why) return why;
    writer own = {w->out, w->s, at, at + n, w->depth};
    base_buf_printf(w->out, "\"%s\": [", name);
    while (own.p < own.end && !why) {
        if (own.p != at) base_buf_text(w->out, ", ");
        why = put_value(&own);
    }
    base_buf_byte(w->out, ']');
    return why;
}

static const char *put_exception(writer *w) {
    if (w->p >= w->end) return SHORT;
    bool suppress = *w->p++ != 0;
    base_buf_text(w->out, "\"exception\": ");
    const char *why = put_values(w, 5, false);
    base_buf_printf(w->out, ", \"suppress_context\": %s", suppress ? "true" : "false");
    return why;
}

static const char *put_pages(writer *w, const char *name) {
    uint64_t n, positions, first;
    if (!varint(w, &n) || !varint(w, &positions) || !varint(w, &first) || w->p >= w->end) return SHORT;
    base_buf_printf(w->out, "\"%s\": [%llu, %llu, %llu, %u]", name, (unsigned long long)n, (unsigned long long)positions, (unsigned long long)first, *w->p++);
    return NULL;
}

static const char *put_state(writer *w) {
    static const struct { uint8_t form; const char *name; bool pairs; } held[] = {{PE_S_DICT, "dict", true}, {PE_S_LIST, "list", false}, {PE_S_SET, "set", false}};
    static const struct { uint8_t form; const char *name; } big[] = {{PE_S_BIGLIST, "big list"}, {PE_S_BIGSET, "big set"}, {PE_S_LONGARRAY, "long bytearray"}};
    uint64_t n;
    if (w->p >= w->end) return SHORT;
    uint8_t form = *w->p++;
    for (size_t i = 0; i < BASE_LENGTH(held); i++)
        if (held[i].form == form) return base_buf_printf(w->out, "\"%s\": ", held[i].name), put_counted(w, held[i].pairs);
    for (size_t i = 0; i < BASE_LENGTH(big); i++)
        if (big[i].form == form) return varint(w, &n) ? base_buf_printf(w->out, "\"%s\": %llu", big[i].name, (unsigned long long)n), NULL : SHORT;
    switch (form) {
    case PE_S_BIGDICT: return put_pages(w, "big dict");
    case PE_S_PAGESET: return put_pages(w, "set in pages");
    case PE_S_PLAIN: return base_buf_text(w->out, "\"plain\": true"), NULL;
    case PE_S_BYTEARRAY: return put_raw(w, "bytearray");
    case PE_S_EXC: return put_exception(w);
    case PE_S_VALUE: return base_buf_text(w->out, "\"value\": "), put_value(w);
    case PE_S_CODEC: return put_own(w, "native");
    case PE_S_ITEMS: {
        uint64_t head;
        const char *why = put_own(w, "native in parts");
        if (!why && (!varint(w, &head) || !varint(w, &n))) why = SHORT;
        if (!why) base_buf_printf(w->out, ", \"head\": %llu, \"end\": %llu", (unsigned long long)head, (unsigned long long)n);
        return why;
    }
    default: return "its state is of an unknown kind";
    }
}

static const char *put_rest_and_state(writer *w) {
    if (w->p >= w->end || *w->p != PE_S_REST) return put_state(w);
    w->p++;
    const char *why = put_own(w, "rest");
    base_buf_text(w->out, ", ");
    return why ? why : put_state(w);
}

/* n names with their values: slots as pairs (a class and its base may have slots of one name), attributes as an object */
static const char *put_attributes(writer *w, uint64_t n, bool pairs) {
    const char *why = NULL;
    const uint8_t *at;
    size_t size;
    base_buf_byte(w->out, pairs ? '[' : '{');
    for (uint64_t i = 0; i < n && !why; i++) {
        if (w->p >= w->end || *w->p++ != PE_STR) return "an attribute has no name";
        if ((why = take(w, &at, &size)) != NULL) return why;
        base_buf_text(w->out, i ? ", " : ""), base_buf_text(w->out, pairs ? "[" : "");
        if (!pe__json_text(w->out, at, size)) return "an attribute has no name";
        base_buf_text(w->out, pairs ? ", " : ": ");
        why = put_value(w);
        if (pairs) base_buf_byte(w->out, ']');
    }
    base_buf_byte(w->out, pairs ? ']' : '}');
    return why;
}

static const char *put_all_attributes(writer *w) {
    uint64_t slots, n;
    const char *why = NULL;
    if (!varint(w, &slots) || !varint(w, &n) || w->p >= w->end) return SHORT;
    bool dict_mode = *w->p++ != 0;
    if (slots) base_buf_text(w->out, ", \"slots\": "), why = put_attributes(w, slots, true);
    base_buf_text(w->out, ", \"attributes\": ");
    if (!why) why = put_attributes(w, n, false);
    if (!why && dict_mode) base_buf_text(w->out, ", \"dict of attributes\": "), why = put_value(w);
    return why;
}

static const char *end_line(writer *w, uint64_t commit) {
    base_buf_printf(w->out, ", \"commit\": %llu}", (unsigned long long)commit);
    return w->p != w->end ? "bytes are left over" : w->out->failed ? MEMORY : NULL;
}

const char *pe__dump_object(base_buf *out, const pe__spellings *s, const st_record *r) {
    writer w = {out, s, r->payload, r->payload + r->n, 0};
    uint64_t cls, layout;
    base_buf_printf(out, "{\"id\": %llu, \"class\": ", (unsigned long long)r->id);
    if (!varint(&w, &cls) || !varint(&w, &layout)) return SHORT;
    const char *why = put_name(&w, cls, PE_N_CLASS);
    base_buf_text(out, ", ");
    if (!why) why = put_rest_and_state(&w);
    if (!why && w.p < w.end) why = put_all_attributes(&w);
    base_buf_printf(out, ", \"layout\": %llu", (unsigned long long)layout);
    return why ? why : end_line(&w, r->commit);
}

static unsigned long page_number(const base_buf *key) {
    const uint8_t *k = (const uint8_t *)key->at + 9;
    return (unsigned long)k[0] << 24 | (unsigned long)k[1] << 16 | (unsigned long)k[2] << 8 | k[3];
}

/* Positions of a dict: pairs, and null for holes; of a set: values, "no value" for holes. */
static const char *put_page(writer *w, const base_buf *key) {
    uint64_t n;
    bool set = key->at[8] == PE_K_ELEMENTS;
    base_buf_printf(w->out, "\"page\": %lu, \"%s\": ", page_number(key), set ? "elements" : "entries");
    if (set) return put_counted(w, false);
    const char *why = varint(w, &n) && n <= PE_PAGE ? NULL : SHORT;
    base_buf_byte(w->out, '[');
    for (uint64_t i = 0; !why && i < n; i++) {
        base_buf_text(w->out, i ? ", " : "");
        if (w->p < w->end && *w->p == PE_NULL) {
            w->p++;
            base_buf_text(w->out, "null");
            continue;
        }
        base_buf_byte(w->out, '[');
        if ((why = put_value(w)) != NULL) break;
        base_buf_text(w->out, ", ");
        why = put_value(w);
        base_buf_byte(w->out, ']');
    }
    base_buf_byte(w->out, ']');
    return why;
}

const char *pe__dump_entry(base_buf *out, const pe__spellings *s, const base_buf *key, const st_record *r) {
    writer w = {out, s, r->payload, r->payload + r->n, 0};
    const char *why;
    if (key->n < 9) return SHORT;
    base_buf_printf(out, "{\"in\": %llu, ", (unsigned long long)r->id);
    if (key->at[8] == PE_K_HASH && key->n == 9) {
        uint64_t one;
        base_buf_text(out, "\"hash\": ");
        why = varint(&w, &one) && one == 1 ? put_value(&w) : SHORT;
        return why ? why : end_line(&w, r->commit);
    }
    if ((key->at[8] == PE_K_PAGE || key->at[8] == PE_K_ELEMENTS) && key->n == 13) return (why = put_page(&w, key)) != NULL ? why : end_line(&w, r->commit);
    if (key->at[8] == PE_K_PART && key->n == 13) {
        base_buf_printf(out, "\"part\": %lu, ", page_number(key));
        why = put_plain(&w, "bytes", w.p, (size_t)(w.end - w.p));
        w.p = w.end;
        return why ? why : end_line(&w, r->commit);
    }
    if (key->at[8] == PE_K_INDEX && key->n == 21) {
        const uint8_t *k = (const uint8_t *)key->at;
        base_buf_printf(out, "\"index\": \"%016llx\", \"at\": %lu", (unsigned long long)st_load64_be(k + 9), (unsigned long)k[17] << 24 | (unsigned long)k[18] << 16 | (unsigned long)k[19] << 8 | k[20]);
        return end_line(&w, r->commit);
    }
    if (key->at[8] != 'k' && key->at[8] != 'h') {
        if (key->n != 16) return "its key is damaged";
        base_buf_printf(out, "\"chunk\": %llu, \"items\": ", (unsigned long long)st_load64_be((uint8_t *)key->at + 8));
        why = put_counted(&w, false);
        return why ? why : end_line(&w, r->commit);
    }
    if (r->n < 8) return SHORT;
    uint64_t order = st_load64(w.p);
    w.p += 8;
    const uint8_t *from = w.p;
    base_buf_text(out, "\"key\": ");
    if ((why = put_value(&w)) != NULL) return why;
    size_t n = (size_t)(w.p - from);
    if ((key->at[8] == 'k') != (n <= 64) || (key->at[8] == 'k' && (key->n - 9 != n || memcmp(key->at + 9, from, n) != 0))) return "an entry has the key of another";
    base_buf_printf(out, ", \"order\": %llu", (unsigned long long)order);
    return why ? why : end_line(&w, r->commit);
}

const char *pe__dump_name(base_buf *out, uint64_t n, const st_record *r) {
    const pe__name *x = n <= UINT32_MAX ? pe__name_at((uint32_t)n) : NULL;
    if (!x) return "the list of classes is damaged";
    base_buf_printf(out, "{\"name\": %llu, \"kind\": \"%s\", \"module\": ", (unsigned long long)n, x->kind == PE_N_CLASS ? "class" : x->kind == PE_N_GLOBAL ? "global" : "module");
    if (!pe__json_text(out, x->module, strlen(x->module))) return "the name of a class is not valid";
    base_buf_text(out, ", \"qualname\": ");
    if (!pe__json_text(out, x->qualname, strlen(x->qualname))) return "the name of a class is not valid";
    base_buf_printf(out, ", \"commit\": %llu}", (unsigned long long)r->commit);
    return out->failed ? MEMORY : NULL;
}

/* ---- the command ---- */

st_error pe__each_row(st_txn *t, unsigned table, pe__row_fn *fn, void *arg, const char **why) {
    base_buf key, value;
    st_cursor *c;
    st_error e = st_cursor_open(t, table, &c);
    if (e) return e;
    base_buf_init(&key), base_buf_init(&value);
    while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) == ST_OK)
        if ((*why = fn(arg, &key, &value)) != NULL) break;
    st_cursor_close(c);
    base_buf_release(&key), base_buf_release(&value);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

typedef struct dumper { pe__job *j; FILE *f; pe__spellings s; base_buf line, key, value; st_cursor *entries; bool more; uint64_t n, all; char where[80]; } dumper;

static const char *put_line(dumper *d) {
    d->n++;
    pe__tool_progress(d->j, "records", d->n, d->all);
    base_buf_byte(&d->line, '\n');
    if (d->line.failed) return MEMORY;
    return fwrite(d->line.at, 1, d->line.n, d->f) == d->line.n ? NULL : strerror(errno);
}

static const char *dump_state(void *arg, const base_buf *key, const base_buf *value) {
    dumper *d = arg;
    st_record r;
    const char *why;
    if (key->n != 5 || memcmp(key->at, "state", 5) != 0) return NULL;
    if (st_record_open(value->at, value->n, 0, &r, &why) != ST_OK) return why;
    if (r.n != 16) return "the state record is damaged";
    base_buf_clear(&d->line);
    base_buf_printf(&d->line, "{\"commit\": %llu, \"next_id\": %llu}", (unsigned long long)st_load64(r.payload), (unsigned long long)st_load64(r.payload + 8));
    return put_line(d);
}

static const char *dump_name(void *arg, const base_buf *key, const base_buf *value) {
    dumper *d = arg;
    uint64_t n;
    st_record r;
    const char *why;
    memcpy(&n, key->at, 8);
    if (st_record_open(value->at, value->n, n, &r, &why) != ST_OK) return why;
    base_buf_clear(&d->line);
    why = pe__dump_name(&d->line, n, &r);
    return why ? why : put_line(d);
}

static bool next_entry(dumper *d) {
    st_error e = st_cursor_move(d->entries, ST_NEXT, (st_key){0}, &d->key, &d->value);
    d->more = e == ST_OK;
    return e == ST_OK || e == ST_NOT_FOUND;
}

/* The entries of containers up to this one. */
static const char *dump_entries(dumper *d, uint64_t id) {
    st_record r;
    const char *why;
    while (d->more) {
        uint64_t in = d->key.n >= 8 ? st_load64_be((uint8_t *)d->key.at) : 0;
        if (in > id) break;
        snprintf(d->where, sizeof d->where, "an entry of object @%llu: ", (unsigned long long)in);
        if (st_record_open(d->value.at, d->value.n, in, &r, &why) != ST_OK) return why;
        base_buf_clear(&d->line);
        if ((why = pe__dump_entry(&d->line, &d->s, &d->key, &r)) != NULL || (why = put_line(d)) != NULL) return why;
        if (!next_entry(d)) return "the entries cannot be read to their end";
    }
    return NULL;
}

static const char *dump_object(void *arg, const base_buf *key, const base_buf *value) {
    dumper *d = arg;
    uint64_t id;
    st_record r;
    const char *why;
    memcpy(&id, key->at, 8);
    if (id && (why = dump_entries(d, id - 1)) != NULL) return why;
    snprintf(d->where, sizeof d->where, "object @%llu: ", (unsigned long long)id);
    if (st_record_open(value->at, value->n, id, &r, &why) != ST_OK) return why;
    base_buf_clear(&d->line);
    why = pe__dump_object(&d->line, &d->s, &r);
    return why ? why : put_line(d);
}

static st_error dump_all(dumper *d, const char **why) {
    uint64_t n;
    for (unsigned table = 0; table < PE_TABLES; table++)
        if (st_count(d->j->t, table, &n) == ST_OK) d->all += n;
    st_error e = st_cursor_open(d->j->t, PE_ENTRIES, &d->entries);
    if (e) return e;
    if (!next_entry(d)) *why = "the entries cannot be read";
    if (!*why && !pe__spellings_make(&d->s)) *why = MEMORY;
    fprintf(d->f, "{\"apodora\": \"dump\", \"format\": %d}\n", PE_DUMP_FORMAT);
    if (!*why) e = pe__each_row(d->j->t, PE_STATE, dump_state, d, why);
    if (!*why && !e) e = pe__each_row(d->j->t, PE_NAMES, dump_name, d, why);
    if (!*why && !e) e = pe__each_row(d->j->t, PE_OBJECTS, dump_object, d, why);
    if (!*why && !e) *why = dump_entries(d, UINT64_MAX);
    if (!*why && !e) fprintf(d->f, "{\"records\": %llu}\n", (unsigned long long)d->n);
    st_cursor_close(d->entries);
    pe__spellings_release(&d->s);
    return e;
}

int pe__tool_dump(pe__job *j) {
    char made[4200];
    const char *dest = j->count ? j->args[0] : NULL, *why = NULL;
    if (dest && (pe__tool_may_replace(j, dest) || pe__tool_beside(j, made, sizeof made, dest))) return 1;
    if (pe__tool_open(j, PE_READ)) return 1;
    dumper d = {.j = j, .f = dest ? fopen(made, "wx") : stdout};
    if (d.f == NULL) return pe__tool_fail(j, ST_OK, "%s: %s", made, strerror(errno));
    base_buf_init(&d.line), base_buf_init(&d.key), base_buf_init(&d.value);
    st_error e = dump_all(&d, &why);
    pe__tool_progress_end(j);
    base_buf_release(&d.line), base_buf_release(&d.key), base_buf_release(&d.value);
    bool written = fflush(d.f) == 0 && !ferror(d.f) && (!dest || fsync(fileno(d.f)) == 0);
    int err = errno;
    if (dest && fclose(d.f) != 0) written = false;
    if (dest && (e || why || !written)) (void)unlink(made);
    if (why) return pe__tool_fail(j, ST_CORRUPT, "%s: %s%s", j->url, d.where, why);
    if (e) return pe__tool_fail_store(j, pe__s.store, e);
    if (!written) return pe__tool_fail(j, ST_OK, "%s", strerror(err));
    if (dest && pe__tool_put_file(j, made, dest)) return 1;
    if (dest && j->json) printf("{\"records\": %llu}\n", (unsigned long long)d.n);
    else if (dest && !j->quiet) printf("%llu records\n", (unsigned long long)d.n);
    return 0;
}
