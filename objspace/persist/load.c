/* load.c: `apodora store load`: a dump (dump.c) becomes a new store, record for record the same.
 * It trusts nothing of the dump: numbers, names and forms are looked at, and a dump without its last line is refused. Nothing is imported.
 * Locks: none; it alone has the store that it makes, which gets its name when it is whole. */
#include "base/hash.h"
#include "objspace/float.h"
#include "objspace/persist/admin.h"
#include "objspace/val.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { AT_ONCE = 50000 /* records in one transaction of the new store */, MAX_DEPTH = 250 };
static const char WRONG[] = "it is not as a dump writes it", MEMORY[] = "out of memory", NO_NAME[] = "it names a class that is not listed";
typedef struct loader {
    pe__job *j;
    pe__json json;
    pe__spellings s;
    bool have_names, have_state, have_root;
    base_buf record, body, key;
    st_store *to;
    st_txn *w;
    uint64_t n, in_txn, top_id;
} loader;

static const char *get_value(loader *l, uint32_t i, base_buf *out, unsigned depth);

/* ---- names ---- */

/* The number of a name in a value: written as a text, or as the number itself. */
static const char *get_name(loader *l, uint32_t i, char kind, base_buf *out) {
    uint64_t n = 0;
    if (!l->have_names) {
        if (!pe__spellings_make(&l->s)) return MEMORY;
        l->have_names = true;
    }
    if (i && pe__json_at(&l->json, i)->kind == PE_J_TEXT) n = pe__spellings_find(&l->s, kind, pe__json_string(&l->json, i));
    else if (!pe__json_u64(&l->json, i, &n) || n > l->s.at.n) n = 0;
    if (n == 0) return NO_NAME;
    pe__put_varint(out, n);
    return NULL;
}

/* ---- values ---- */

static const char *get_items(loader *l, uint32_t i, base_buf *out, unsigned depth) {
    const char *why = NULL;
    if (!i || pe__json_at(&l->json, i)->kind != PE_J_ARRAY) return WRONG;
    for (uint32_t k = pe__json_at(&l->json, i)->first; k && !why; k = pe__json_at(&l->json, k)->next) why = get_value(l, k, out, depth);
    return why;
}

static const char *get_counted(loader *l, uint32_t i, base_buf *out, unsigned depth) {
    if (!i || pe__json_at(&l->json, i)->kind != PE_J_ARRAY) return WRONG;
    pe__put_varint(out, pe__json_at(&l->json, i)->n);
    return get_items(l, i, out, depth);
}

static void put_small(base_buf *out, int64_t x) {
    base_buf_byte(out, PE_INT);
    pe__put_varint(out, (uint64_t)x << 1 ^ (uint64_t)(x >> 63));
}

static int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

/* "-0x1f…" */
static const char *get_hex_int(const char *p, size_t n, base_buf *out) {
    bool negative = *p == '-';
    if (negative) p++, n--;
    if (n < 3 || p[0] != '0' || p[1] != 'x') return WRONG;
    p += 2, n -= 2;
    for (size_t i = 0; i < n; i++)
        if (digit(p[i]) < 0) return WRONG;
    while (n > 1 && *p == '0') p++, n--;
    if (n <= 16) {
        uint64_t x = strtoull(p, NULL, 16);
        if (x <= (uint64_t)OB_SMALL_MAX + negative) return put_small(out, negative ? -(int64_t)x : (int64_t)x), NULL;
    }
    size_t words = (n + 15) / 16;
    base_buf_byte(out, PE_BIGINT), base_buf_byte(out, negative), pe__put_varint(out, words * 8);
    for (size_t i = 0; i < words * 8; i++) {                 /* least first; two digits each, from the end */
        int low = n > 2 * i ? digit(p[n - 1 - 2 * i]) : 0, high = n > 2 * i + 1 ? digit(p[n - 2 - 2 * i]) : 0;
        base_buf_byte(out, (unsigned char)(high << 4 | low));
    }
    return NULL;
}

static void put_double(base_buf *out, uint64_t bits) {
    uint8_t raw[8];
    st_store64(raw, bits);
    base_buf_add(out, raw, 8);
}

/* A number, or {"float": "nan"}; without its tag */
static const char *get_float(loader *l, uint32_t i, base_buf *out) {
    double d;
    uint64_t bits;
    if (i && pe__json_at(&l->json, i)->kind == PE_J_NUMBER) {
        if (!ob_float_parse(pe__json_string(&l->json, i), pe__json_at(&l->json, i)->n, &d)) return WRONG;
        memcpy(&bits, &d, 8);
        return put_double(out, bits), NULL;
    }
    uint32_t t = pe__json_get(&l->json, i, "float");
    if (!t || pe__json_at(&l->json, t)->kind != PE_J_TEXT) return WRONG;
    const char *s = pe__json_string(&l->json, t);
    if (strcmp(s, "inf") == 0) bits = UINT64_C(0x7ff0000000000000);
    else if (strcmp(s, "-inf") == 0) bits = UINT64_C(0xfff0000000000000);
    else if (strcmp(s, "nan") == 0) bits = UINT64_C(0x7ff8000000000000);
    else {
        if (strncmp(s, "0x", 2) != 0 || strlen(s) != 18) return WRONG;
        for (int k = 2; k < 18; k++) if (digit(s[k]) < 0) return WRONG;
        bits = strtoull(s + 2, NULL, 16);
    }
    return put_double(out, bits), NULL;
}

static const char *get_number(loader *l, uint32_t i, base_buf *out) {
    const char *s = pe__json_string(&l->json, i);
    if (strpbrk(s, ".eE")) return base_buf_byte(out, PE_FLOAT), get_float(l, i, out);
    errno = 0;
    char *end;
    long long x = strtoll(s, &end, 10);
    if (errno || *end || end == s || !ob_small_fits(x)) return "a number is too big: such are written in hex";
    return put_small(out, x), NULL;
}

static const char *get_complex(loader *l, uint32_t i, base_buf *out) {
    const pe__json_value *v = pe__json_at(&l->json, i);
    if (v->kind != PE_J_ARRAY || v->n != 2) return WRONG;
    base_buf_byte(out, PE_COMPLEX);
    const char *why = get_float(l, v->first, out);
    return why ? why : get_float(l, pe__json_at(&l->json, v->first)->next, out);
}

static const char *put_counted(base_buf *out, const void *p, size_t n) {
    pe__put_varint(out, n);
    base_buf_add(out, p, n);
    return NULL;
}

/* {"str": [pieces]} */
static const char *get_pieces(loader *l, uint32_t i, base_buf *out) {
    size_t n = 0;
    if (pe__json_at(&l->json, i)->kind != PE_J_ARRAY) return WRONG;
    for (uint32_t k = pe__json_at(&l->json, i)->first; k; k = pe__json_at(&l->json, k)->next) {
        if (pe__json_at(&l->json, k)->kind != PE_J_TEXT) return WRONG;
        n += pe__json_at(&l->json, k)->n;
    }
    base_buf_byte(out, PE_STR), pe__put_varint(out, n);
    for (uint32_t k = pe__json_at(&l->json, i)->first; k; k = pe__json_at(&l->json, k)->next) base_buf_add(out, pe__json_string(&l->json, k), pe__json_at(&l->json, k)->n);
    return NULL;
}

/* The text of a member that holds bytes; in_hex: two digits for each. With its length before. */
static const char *get_plain(loader *l, uint32_t i, bool in_hex, base_buf *out) {
    const pe__json_value *v = pe__json_at(&l->json, i);
    const char *s = pe__json_string(&l->json, i);
    if (v->kind != PE_J_TEXT || (in_hex && v->n % 2)) return WRONG;
    if (!in_hex) base_buf_add(out, s, v->n);
    for (size_t k = 0; in_hex && k < v->n; k += 2) {
        int high = digit(s[k]), low = digit(s[k + 1]);
        if (high < 0 || low < 0) return WRONG;
        base_buf_byte(out, (unsigned char)(high << 4 | low));
    }
    return NULL;
}

static const char *get_raw(loader *l, uint32_t i, bool in_hex, base_buf *out) {
    pe__put_varint(out, pe__json_at(&l->json, i)->n / (in_hex ? 2 : 1));
    return get_plain(l, i, in_hex, out);
}

static const char *get_constant(loader *l, uint32_t i, base_buf *out) {
    static const struct { const char *name; uint8_t tag; } known[] = {{"none", PE_NULL}, {"Ellipsis", PE_ELLIPSIS}, {"NotImplemented", PE_NOTIMPL}};
    for (size_t k = 0; k < BASE_LENGTH(known) && pe__json_at(&l->json, i)->kind == PE_J_TEXT; k++)
        if (strcmp(pe__json_string(&l->json, i), known[k].name) == 0) return base_buf_byte(out, known[k].tag), NULL;
    return WRONG;
}

/* As many numbers, the last of which is a byte. */
static const char *get_numbers(loader *l, uint32_t i, unsigned count, base_buf *out) {
    const pe__json_value *v = pe__json_at(&l->json, i);
    uint64_t x;
    unsigned n = 1;
    if (v->kind != PE_J_ARRAY || v->n != count) return WRONG;
    for (uint32_t k = v->first; k; k = pe__json_at(&l->json, k)->next, n++) {
        if (!pe__json_u64(&l->json, k, &x) || (n == count && x > 255)) return WRONG;
        if (n < count) pe__put_varint(out, x);
        else base_buf_byte(out, (unsigned char)x);
    }
    return NULL;
}

/* {"@17": "list"} */
static const char *get_ref(loader *l, uint32_t i, const char *name, base_buf *out) {
    char *end;
    errno = 0;
    unsigned long long id = strtoull(name + 1, &end, 10);
    if (errno || *end || id == 0 || name[1] < '0' || name[1] > '9') return WRONG;
    base_buf_byte(out, PE_REF), pe__put_varint(out, id);
    return get_name(l, i, PE_N_CLASS, out);
}

static const char *get_object(loader *l, uint32_t self, base_buf *out, unsigned depth) {
    static const struct { const char *name; char tag; } groups[] = {{"tuple", PE_TUPLE}, {"frozenset", PE_FROZENSET}, {"range", PE_RANGE}, {"slice", PE_SLICE}, {"method", PE_METHOD}};
    static const struct { const char *name; char kind; } names[] = {{"class", PE_N_CLASS}, {"global", PE_N_GLOBAL}, {"module", PE_N_MODULE}};
    uint32_t i = pe__json_at(&l->json, self)->first;
    uint64_t n;
    if (!i) return WRONG;
    const pe__json_value *v = pe__json_at(&l->json, i);
    const char *name = l->json.text.at + v->name;
    if (*name == '@') return get_ref(l, i, name, out);
    for (size_t k = 0; k < BASE_LENGTH(groups); k++)
        if (strcmp(name, groups[k].name) == 0) return base_buf_byte(out, (unsigned char)groups[k].tag), get_counted(l, i, out, depth);
    for (size_t k = 0; k < BASE_LENGTH(names); k++)
        if (strcmp(name, names[k].name) == 0) return base_buf_byte(out, PE_NAME), get_name(l, i, names[k].kind, out);
    if (strcmp(name, "int") == 0) return v->kind == PE_J_TEXT ? get_hex_int(pe__json_string(&l->json, i), v->n, out) : WRONG;
    if (strcmp(name, "float") == 0) return base_buf_byte(out, PE_FLOAT), get_float(l, self, out);
    if (strcmp(name, "complex") == 0) return get_complex(l, i, out);
    if (strcmp(name, "str") == 0) return get_pieces(l, i, out);
    if (strcmp(name, "bytes") == 0) return base_buf_byte(out, PE_BYTES), get_raw(l, i, false, out);
    if (strcmp(name, "bytes in hex") == 0) return base_buf_byte(out, PE_BYTES), get_raw(l, i, true, out);
    if (strcmp(name, "long str") == 0) return base_buf_byte(out, PE_LONG_STR), get_numbers(l, i, 3, out);
    if (strcmp(name, "long bytes") == 0) return base_buf_byte(out, PE_LONG_BYTES), pe__json_u64(&l->json, i, &n) ? pe__put_varint(out, n), NULL : WRONG;
    if (strcmp(name, "const") == 0) return get_constant(l, i, out);
    bool sub = strcmp(name, "of") == 0;
    if (!sub && strcmp(name, "enum") != 0) return WRONG;
    uint32_t value = pe__json_get(&l->json, self, "value");
    base_buf_byte(out, sub ? PE_SUB : PE_ENUM);
    const char *why = value ? get_name(l, i, PE_N_CLASS, out) : WRONG;
    return why ? why : get_value(l, value, out, depth);
}

static const char *get_value(loader *l, uint32_t i, base_buf *out, unsigned depth) {
    if (!i) return WRONG;
    if (depth > MAX_DEPTH) return "it is nested too deep";
    const pe__json_value *v = pe__json_at(&l->json, i);
    switch (v->kind) {
    case PE_J_NULL: return base_buf_byte(out, PE_NONE_), NULL;
    case PE_J_TRUE: return base_buf_byte(out, PE_TRUE), NULL;
    case PE_J_FALSE: return base_buf_byte(out, PE_FALSE), NULL;
    case PE_J_NUMBER: return get_number(l, i, out);
    case PE_J_TEXT: return base_buf_byte(out, PE_STR), put_counted(out, pe__json_string(&l->json, i), v->n);
    case PE_J_OBJECT: return get_object(l, i, out, depth + 1);
    default: return WRONG;
    }
}

/* ---- objects ---- */

static uint32_t member(const loader *l, const char *name) { return pe__json_get(&l->json, 1, name); }
static const char *need_u64(const loader *l, const char *name, uint64_t *out) { return pe__json_u64(&l->json, member(l, name), out) ? NULL : WRONG; }

static const char *get_own(loader *l, uint32_t i, uint8_t form, base_buf *out) {
    base_buf own;
    base_buf_init(&own);
    const char *why = get_items(l, i, &own, 0);
    base_buf_byte(out, form);
    if (own.failed) why = MEMORY;
    if (!why) put_counted(out, own.at ? own.at : "", own.n);
    base_buf_release(&own);
    return why;
}

static const char *get_pairs(loader *l, uint32_t i, base_buf *out) {
    const char *why = NULL;
    if (pe__json_at(&l->json, i)->kind != PE_J_ARRAY) return WRONG;
    pe__put_varint(out, pe__json_at(&l->json, i)->n);
    for (uint32_t k = pe__json_at(&l->json, i)->first; k && !why; k = pe__json_at(&l->json, k)->next)
        why = pe__json_at(&l->json, k)->n == 2 ? get_items(l, k, out, 0) : WRONG;
    return why;
}

static const char *get_exception(loader *l, uint32_t i, base_buf *out) {
    uint32_t s = member(l, "suppress_context");
    if (!s || pe__json_at(&l->json, i)->n != 5) return WRONG;
    base_buf_byte(out, PE_S_EXC);
    base_buf_byte(out, pe__json_at(&l->json, s)->kind == PE_J_TRUE);
    return get_items(l, i, out, 0);
}

static const char *get_state(loader *l, base_buf *out) {
    static const struct { const char *name; char form; } forms[] = {
        {"plain", PE_S_PLAIN}, {"dict", PE_S_DICT}, {"list", PE_S_LIST}, {"set", PE_S_SET}, {"big dict", PE_S_BIGDICT}, {"big list", PE_S_BIGLIST}, {"big set", PE_S_BIGSET},
        {"set in pages", PE_S_PAGESET}, {"long bytearray", PE_S_LONGARRAY},
        {"bytearray", PE_S_BYTEARRAY}, {"bytearray in hex", PE_S_BYTEARRAY}, {"exception", PE_S_EXC}, {"value", PE_S_VALUE}, {"native", PE_S_CODEC},
        {"native in parts", PE_S_ITEMS}};
    uint64_t n;
    uint32_t i = member(l, "rest");
    const char *why = i ? get_own(l, i, PE_S_REST, out) : NULL;
    for (size_t k = 0; k < BASE_LENGTH(forms) && !why; k++) {
        if (!(i = member(l, forms[k].name))) continue;
        if (forms[k].form == PE_S_EXC) return get_exception(l, i, out);
        if (forms[k].form == PE_S_CODEC) return get_own(l, i, PE_S_CODEC, out);
        if (forms[k].form == PE_S_ITEMS) {
            uint64_t head = 0;
            if ((why = get_own(l, i, PE_S_ITEMS, out)) != NULL || (why = need_u64(l, "head", &head)) != NULL || (why = need_u64(l, "end", &n)) != NULL) return why;
            return pe__put_varint(out, head), pe__put_varint(out, n), NULL;
        }
        base_buf_byte(out, (unsigned char)forms[k].form);
        switch (forms[k].form) {
        case PE_S_PLAIN: return NULL;
        case PE_S_DICT: return get_pairs(l, i, out);
        case PE_S_BIGDICT: case PE_S_PAGESET: return get_numbers(l, i, 4, out);      /* entries, positions, first, flags */
        case PE_S_LIST: case PE_S_SET: return get_counted(l, i, out, 0);
        case PE_S_BYTEARRAY: return get_raw(l, i, strlen(forms[k].name) > 9, out);
        case PE_S_VALUE: return get_value(l, i, out, 0);
        default: return pe__json_u64(&l->json, i, &n) ? pe__put_varint(out, n), NULL : WRONG;
        }
    }
    return why ? why : WRONG;
}

static void put_text(base_buf *out, const char *s, size_t n) {
    base_buf_byte(out, PE_STR);
    put_counted(out, s, n);
}

static const char *get_attributes(loader *l, base_buf *out) {
    uint32_t slots = member(l, "slots"), attributes = member(l, "attributes"), dict = member(l, "dict of attributes");
    const char *why = NULL;
    if (!attributes) return slots || dict ? WRONG : NULL;
    if (pe__json_at(&l->json, attributes)->kind != PE_J_OBJECT || (slots && pe__json_at(&l->json, slots)->kind != PE_J_ARRAY)) return WRONG;
    pe__put_varint(out, slots ? pe__json_at(&l->json, slots)->n : 0);
    pe__put_varint(out, pe__json_at(&l->json, attributes)->n);
    base_buf_byte(out, dict != 0);
    for (uint32_t k = slots ? pe__json_at(&l->json, slots)->first : 0; k && !why; k = pe__json_at(&l->json, k)->next) {
        const pe__json_value *pair = pe__json_at(&l->json, k), *name = pair->first ? pe__json_at(&l->json, pair->first) : pair;
        if (pair->kind != PE_J_ARRAY || pair->n != 2 || name->kind != PE_J_TEXT) return WRONG;
        put_text(out, l->json.text.at + name->text, name->n);
        why = get_value(l, name->next, out, 0);
    }
    for (uint32_t k = pe__json_at(&l->json, attributes)->first; k && !why; k = pe__json_at(&l->json, k)->next) {
        put_text(out, l->json.text.at + pe__json_at(&l->json, k)->name, pe__json_at(&l->json, k)->name_n);
        why = get_value(l, k, out, 0);
    }
    return why || !dict ? why : get_value(l, dict, out, 0);
}

/* ---- lines ---- */

static const char *put_record(loader *l, unsigned table, st_key key, uint8_t kind, uint64_t id, uint64_t commit) {
    base_buf_clear(&l->record);
    size_t start = st_record_start(&l->record, kind, id, commit);
    base_buf_add(&l->record, l->body.at, l->body.n);
    st_record_finish(&l->record, start);
    if (l->record.failed || l->body.failed) return MEMORY;
    if (l->in_txn == AT_ONCE) {
        st_error e = st_commit(l->w);
        l->w = NULL, l->in_txn = 0;
        if (e == ST_OK) e = st_write_begin(l->to, &l->w);
        if (e) return st_last_text(l->to);
    }
    l->in_txn++;
    return st_put(l->w, table, key, l->record.at, l->record.n) == ST_OK ? NULL : st_last_text(l->to);
}

static const char *load_state(loader *l, uint64_t commit) {
    uint64_t next;
    uint8_t raw[16];
    const char *why = need_u64(l, "next_id", &next);
    if (why || l->have_state) return WRONG;
    l->have_state = true;
    l->top_id = next;
    st_store64(raw, commit), st_store64(raw + 8, next);
    base_buf_add(&l->body, raw, 16);
    return put_record(l, PE_STATE, (st_key){"state", 5}, PE_R_STATE, 0, commit);
}

static const char *load_name(loader *l, uint64_t commit) {
    static const struct { const char *name; char kind; } kinds[] = {{"class", PE_N_CLASS}, {"global", PE_N_GLOBAL}, {"module", PE_N_MODULE}};
    uint64_t n;
    uint32_t k = member(l, "kind"), m = member(l, "module"), q = member(l, "qualname");
    char kind = 0;
    if (l->have_names) return "a name stands behind the objects";
    if (need_u64(l, "name", &n) || !k || !m || !q || pe__json_at(&l->json, m)->kind != PE_J_TEXT || pe__json_at(&l->json, q)->kind != PE_J_TEXT) return WRONG;
    for (size_t i = 0; i < BASE_LENGTH(kinds) && pe__json_at(&l->json, k)->kind == PE_J_TEXT; i++)
        if (strcmp(pe__json_string(&l->json, k), kinds[i].name) == 0) kind = kinds[i].kind;
    if (!kind) return WRONG;
    base_buf_byte(&l->body, (unsigned char)kind);
    put_counted(&l->body, pe__json_string(&l->json, m), strlen(pe__json_string(&l->json, m)));
    put_counted(&l->body, pe__json_string(&l->json, q), strlen(pe__json_string(&l->json, q)));
    if (l->body.failed) return MEMORY;
    if (!pe__name_load(n, (uint8_t *)l->body.at, l->body.n)) return "names are not numbered one after the other";
    return put_record(l, PE_NAMES, st_key_int(&n), PE_R_NAME, n, commit);
}

static const char *load_object(loader *l, uint64_t commit) {
    uint64_t id, layout;
    if (need_u64(l, "id", &id) || need_u64(l, "layout", &layout) || id == 0) return WRONG;
    if (l->have_state && id >= l->top_id) return "its id is above the next free one";
    const char *why = get_name(l, member(l, "class"), PE_N_CLASS, &l->body);
    pe__put_varint(&l->body, layout);
    if (!why) why = get_state(l, &l->body);
    if (!why) why = get_attributes(l, &l->body);
    if (id == PE_ROOT_ID) l->have_root = true;
    return why ? why : put_record(l, PE_OBJECTS, st_key_int(&id), PE_R_OBJECT, id, commit);
}

/* The key of an entry, as encode.c makes it. */
static void entry_key(base_buf *key, uint64_t id, const uint8_t *text, size_t n) {
    uint8_t raw[25];
    base_hash_key k1 = {0x61706f646f726131, 0x656e747279206b65}, k2 = {0x61706f646f726132, 0x7365636f6e642068};
    st_store64_be(raw, id);
    raw[8] = n <= 64 ? 'k' : 'h';
    st_store64(raw + 9, base_hash_bytes(&k1, text, n));
    st_store64(raw + 17, base_hash_bytes(&k2, text, n));
    base_buf_add(key, raw, n <= 64 ? 9 : 25);
    if (n <= 64) base_buf_add(key, text, n);
}

static void put_number(uint8_t *to, uint64_t x) {
    for (unsigned i = 0; i < 4; i++) to[i] = (uint8_t)(x >> (24 - 8 * i));
}

/* Positions of a dict: pairs, and null for holes; of a set: values, "no value" for holes. */
static const char *load_page(loader *l, uint8_t raw[21], size_t *n) {
    uint64_t page;
    uint32_t elements = member(l, "elements"), i = elements ? elements : member(l, "entries");
    if (need_u64(l, "page", &page) || page > UINT32_MAX || !i || pe__json_at(&l->json, i)->kind != PE_J_ARRAY || pe__json_at(&l->json, i)->n > PE_PAGE) return WRONG;
    raw[8] = elements ? PE_K_ELEMENTS : PE_K_PAGE, put_number(raw + 9, page), *n = 13;
    if (elements) return get_counted(l, i, &l->body, 0);
    pe__put_varint(&l->body, pe__json_at(&l->json, i)->n);
    const char *why = NULL;
    for (uint32_t k = pe__json_at(&l->json, i)->first; k && !why; k = pe__json_at(&l->json, k)->next) {
        const pe__json_value *v = pe__json_at(&l->json, k);
        if (v->kind == PE_J_NULL) base_buf_byte(&l->body, PE_NULL);
        else why = v->kind == PE_J_ARRAY && v->n == 2 ? get_items(l, k, &l->body, 0) : WRONG;
    }
    return why;
}

static const char *load_index(loader *l, uint8_t raw[21], size_t *n) {
    uint64_t at;
    const pe__json_value *v = pe__json_at(&l->json, member(l, "index"));
    char text[17] = {0}, *end;
    if (need_u64(l, "at", &at) || at > UINT32_MAX || v->kind != PE_J_TEXT || v->n != 16) return WRONG;
    memcpy(text, pe__json_string(&l->json, member(l, "index")), 16);
    if (strspn(text, "0123456789abcdef") != 16) return WRONG;
    raw[8] = PE_K_INDEX, st_store64_be(raw + 9, strtoull(text, &end, 16)), put_number(raw + 17, at), *n = 21;
    return NULL;
}

static const char *load_entry(loader *l, uint64_t commit) {
    uint64_t id, order, chunk;
    uint8_t raw[21];
    size_t n;
    const char *why;
    base_buf_clear(&l->key);
    if (need_u64(l, "in", &id) || id == 0) return WRONG;
    if (member(l, "hash")) {
        st_store64_be(raw, id), raw[8] = PE_K_HASH;
        base_buf_add(&l->key, raw, 9);
        pe__put_varint(&l->body, 1);
        why = get_value(l, member(l, "hash"), &l->body, 0);
    } else if (member(l, "page") || member(l, "index")) {
        st_store64_be(raw, id);
        why = member(l, "page") ? load_page(l, raw, &n) : load_index(l, raw, &n);
        if (!why) base_buf_add(&l->key, raw, n);
    } else if (member(l, "part")) {
        uint32_t hex = member(l, "bytes in hex"), i = hex ? hex : member(l, "bytes");
        if (need_u64(l, "part", &chunk) || chunk > UINT32_MAX || !i) return WRONG;
        st_store64_be(raw, id), raw[8] = PE_K_PART, put_number(raw + 9, chunk);
        base_buf_add(&l->key, raw, 13);
        why = get_plain(l, i, hex != 0, &l->body);
    } else if (member(l, "chunk")) {
        if (need_u64(l, "chunk", &chunk)) return WRONG;
        st_store64_be(raw, id), st_store64_be(raw + 8, chunk);
        base_buf_add(&l->key, raw, 16);
        why = get_counted(l, member(l, "items"), &l->body, 0);
    } else {
        if (need_u64(l, "order", &order)) return WRONG;
        st_store64(raw, order);
        base_buf_add(&l->body, raw, 8);
        why = get_value(l, member(l, "key"), &l->body, 0);
        if (!why && !l->body.failed) entry_key(&l->key, id, (uint8_t *)l->body.at + 8, l->body.n - 8);
    }
    if (l->key.failed) why = MEMORY;
    return why ? why : put_record(l, PE_ENTRIES, (st_key){l->key.at, l->key.n}, PE_R_ENTRY, id, commit);
}

static const char *load_line(loader *l, const char *line, size_t n) {
    uint64_t commit;
    const char *why = pe__json_parse(&l->json, line, n);
    if (why) return why;
    base_buf_clear(&l->body);
    if (need_u64(l, "commit", &commit)) return WRONG;
    if (member(l, "in")) return load_entry(l, commit);
    if (member(l, "id")) return load_object(l, commit);
    if (member(l, "name")) return load_name(l, commit);
    return member(l, "next_id") ? load_state(l, commit) : WRONG;
}

/* ---- the command ---- */

static const char *first_line(loader *l, const char *line, size_t n) {
    uint64_t format;
    if (pe__json_parse(&l->json, line, n) || !member(l, "apodora") || pe__json_at(&l->json, member(l, "apodora"))->kind != PE_J_TEXT
        || strcmp(pe__json_string(&l->json, member(l, "apodora")), "dump") != 0 || need_u64(l, "format", &format)) return "this is not a dump";
    return format >= PE_DUMP_OLDEST && format <= PE_DUMP_FORMAT ? NULL : "the dump has a newer format, or one that never was";
}

static bool last_line(loader *l, const char *line, size_t n, uint64_t *records) {
    return n < 60 && strncmp(line, "{\"records\"", 10) == 0 && !pe__json_parse(&l->json, line, n) && !need_u64(l, "records", records);
}

static const char *load_lines(loader *l, FILE *f, uint64_t *at) {
    char *line = NULL;
    size_t room = 0;
    ssize_t n = getline(&line, &room, f);
    uint64_t records = 0;
    bool ended = false;
    const char *why = n < 0 ? "this is not a dump" : first_line(l, line, (size_t)n);
    for (*at = 1; !why && (n = getline(&line, &room, f)) > 0;) {
        ++*at;
        if (ended) why = "lines stand behind the last one";
        else if (last_line(l, line, (size_t)n, &records)) ended = true;
        else why = load_line(l, line, (size_t)n), l->n++;
        pe__tool_progress(l->j, "records", l->n, 0);
    }
    free(line);
    if (why) return why;
    if (ferror(f)) return strerror(errno);
    if (!ended) return "the dump is cut off: its last line, the number of records, is missing";
    if (records != l->n) return "the dump is cut off: lines are missing";
    return l->have_root ? NULL : "there is no object 1, the root";
}

int pe__tool_load(pe__job *j) {
    char made[4200], text[200];
    loader l = {.j = j};
    uint64_t at = 0;
    const char *from = j->count && strcmp(j->args[0], "-") != 0 ? j->args[0] : NULL;
    if (pe__tool_may_replace(j, j->url) || pe__tool_beside(j, made, sizeof made, j->url)) return 1;
    FILE *f = from ? fopen(from, "r") : stdin;
    if (f == NULL) return pe__tool_fail(j, ST_OK, "%s: %s", from, strerror(errno));
    if (pe__tool_make(j, made, &l.to)) return 1;
    base_buf_init(&l.record), base_buf_init(&l.body), base_buf_init(&l.key), base_buf_init(&l.json.text);
    j->busy = l.to;
    st_error e = st_write_begin(l.to, &l.w);
    const char *why = e ? st_last_text(l.to) : load_lines(&l, f, &at);
    pe__tool_progress_end(j);
    if (why) snprintf(text, sizeof text, "%.190s", why);
    if (why && l.w) st_end(l.w);
    else if (l.w) e = st_commit(l.w);
    if (!why && e) why = text, snprintf(text, sizeof text, "%.190s", st_last_text(l.to));
    j->busy = NULL;
    st_close(l.to);
    if (from) fclose(f);
    pe__json_release(&l.json), pe__spellings_release(&l.s);
    base_buf_release(&l.record), base_buf_release(&l.body), base_buf_release(&l.key);
    if (why) {
        pe__tool_remove(made);
        return pe__tool_fail(j, ST_OK, "%s, line %llu: %s", from ? from : "standard input", (unsigned long long)at, text);
    }
    if (pe__tool_put_in_place(j, made, j->url)) return 1;
    if (j->json) printf("{\"records\": %llu}\n", (unsigned long long)l.n);
    else if (!j->quiet) printf("%llu records\n", (unsigned long long)l.n);
    return 0;
}
