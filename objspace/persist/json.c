/* json.c: JSON for the store tool (json.h).  Locks: none. */
#include "objspace/persist/json.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 1200 };           /* values nest 250 deep, each in two levels of JSON */

/* ---- writing ---- */

size_t pe__utf8_next(const uint8_t *p, size_t n, uint32_t *out) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (n == 0) return 0;
    if (p[0] < 0x80) return *out = p[0], 1;
    size_t size = p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : 0;
    if (size == 0 || size > n) return 0;
    uint32_t c = p[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    if (c < least[size] || c > 0x10ffff) return 0;
    return *out = c, size;
}

/* Control characters, and those that turn or break lines of text where it is shown. */
static bool must_escape(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xd800 && c < 0xe000);
}

bool pe__json_text(base_buf *out, const void *text, size_t n) {
    const uint8_t *p = text, *end = p + n;
    base_buf_byte(out, '"');
    while (p < end) {
        uint32_t c;
        size_t size = pe__utf8_next(p, (size_t)(end - p), &c);
        if (size == 0) return false;
        if (must_escape(c)) base_buf_printf(out, "\\u%04x", c);
        else {
            if (c == '"' || c == '\\') base_buf_byte(out, '\\');
            base_buf_add(out, p, size);
        }
        p += size;
    }
    return base_buf_byte(out, '"');
}

/* In UTF-8 a high surrogate is ED A0..AF xx, a low one ED B0..BF xx. */
size_t pe__json_pair(const void *text, size_t n) {
    const uint8_t *p = text;
    for (size_t i = 0; i + 5 < n; i++)
        if (p[i] == 0xed && p[i + 1] >= 0xa0 && p[i + 1] < 0xb0 && p[i + 3] == 0xed && p[i + 4] >= 0xb0) return i + 3;
    return n;
}

/* ---- reading ---- */

static const char BAD[] = "this is not JSON", MEMORY[] = "out of memory";
static const char *parse(pe__json *j, uint32_t *out, unsigned depth);

static void blanks(pe__json *j) {
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r')) j->p++;
}

static bool take(pe__json *j, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0) return false;
    j->p += n;
    return true;
}

static bool hex4(const char *p, uint32_t *out) {
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int d = p[i] >= '0' && p[i] <= '9' ? p[i] - '0' : p[i] >= 'a' && p[i] <= 'f' ? p[i] - 'a' + 10 : p[i] >= 'A' && p[i] <= 'F' ? p[i] - 'A' + 10 : -1;
        if (d < 0) return false;
        *out = *out << 4 | (uint32_t)d;
    }
    return true;
}

static bool escape(pe__json *j) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (j->p >= j->end) return false;
    char c = *j->p++;
    const char *at = strchr(from, c);
    if (c && at) return base_buf_byte(&j->text, (unsigned char)to[at - from]);
    uint32_t point;
    if (c != 'u' || j->end - j->p < 4 || !hex4(j->p, &point)) return false;
    j->p += 4;
    return base_buf_utf8(&j->text, point);
}

/* The text behind a quote, to its end. */
static const char *string(pe__json *j, size_t *at, size_t *n) {
    *at = j->text.n;
    for (;;) {
        const char *from = j->p;
        while (j->p < j->end && *j->p != '"' && *j->p != '\\') {
            uint32_t c;
            size_t size = pe__utf8_next((const uint8_t *)j->p, (size_t)(j->end - j->p), &c);
            if (size == 0 || c < 0x20) return BAD;
            j->p += size;
        }
        base_buf_add(&j->text, from, (size_t)(j->p - from));
        if (j->p >= j->end) return BAD;
        if (*j->p++ == '"') break;
        if (!escape(j)) return j->text.failed ? MEMORY : BAD;
    }
    *n = j->text.n - *at;
    return base_buf_byte(&j->text, 0) ? NULL : MEMORY;
}

static const char *number(pe__json *j, uint32_t self) {
    const char *from = j->p;
    while (j->p < j->end && strchr("+-.0123456789eE", *j->p) && *j->p) j->p++;
    if (j->p == from) return BAD;
    j->v.at[self].kind = PE_J_NUMBER;
    j->v.at[self].text = j->text.n;
    j->v.at[self].n = (size_t)(j->p - from);
    base_buf_add(&j->text, from, (size_t)(j->p - from));
    return base_buf_byte(&j->text, 0) ? NULL : MEMORY;
}

/* Members or items, behind the opening bracket. */
static const char *group(pe__json *j, uint32_t self, bool object, unsigned depth) {
    uint32_t last = 0;
    char close = object ? '}' : ']';
    j->v.at[self].kind = object ? PE_J_OBJECT : PE_J_ARRAY;
    blanks(j);
    if (j->p < j->end && *j->p == close) return j->p++, NULL;
    for (;;) {
        size_t name = 0, name_n = 0;
        uint32_t made;
        const char *why;
        blanks(j);
        if (object) {
            if (!take(j, "\"")) return BAD;
            if ((why = string(j, &name, &name_n)) != NULL) return why;
            blanks(j);
            if (!take(j, ":")) return BAD;
        }
        if ((why = parse(j, &made, depth + 1)) != NULL) return why;
        j->v.at[made].name = name;
        j->v.at[made].name_n = name_n;
        if (last) j->v.at[last].next = made;
        else j->v.at[self].first = made;
        last = made;
        j->v.at[self].n++;
        blanks(j);
        if (j->p >= j->end) return BAD;
        char c = *j->p++;
        if (c == close) return NULL;
        if (c != ',') return BAD;
    }
}

static const char *parse(pe__json *j, uint32_t *out, unsigned depth) {
    if (depth > MAX_DEPTH || j->v.n >= UINT32_MAX) return "it is nested too deep";
    if (!VEC_PUSH(&j->v, (pe__json_value){0})) return MEMORY;
    uint32_t self = *out = (uint32_t)j->v.n - 1;
    blanks(j);
    if (take(j, "{")) return group(j, self, true, depth);
    if (take(j, "[")) return group(j, self, false, depth);
    if (take(j, "null")) return NULL;
    if (take(j, "true")) return j->v.at[self].kind = PE_J_TRUE, NULL;
    if (take(j, "false")) return j->v.at[self].kind = PE_J_FALSE, NULL;
    if (!take(j, "\"")) return number(j, self);
    size_t at, n;
    const char *why = string(j, &at, &n);
    j->v.at[self].kind = PE_J_TEXT;
    j->v.at[self].text = at;
    j->v.at[self].n = n;
    return why;
}

const char *pe__json_parse(pe__json *j, const char *line, size_t n) {
    uint32_t top;
    VEC_CLEAR(&j->v);
    base_buf_clear(&j->text);
    j->p = line;
    j->end = line + n;
    if (!VEC_PUSH(&j->v, (pe__json_value){0})) return MEMORY;          /* 0 stands for none */
    const char *why = parse(j, &top, 0);
    blanks(j);
    return why ? why : j->p < j->end ? BAD : NULL;
}

void pe__json_release(pe__json *j) {
    VEC_RELEASE(&j->v);
    base_buf_release(&j->text);
}

uint32_t pe__json_get(const pe__json *j, uint32_t object, const char *name) {
    size_t n = strlen(name);
    if (!object || j->v.at[object].kind != PE_J_OBJECT) return 0;
    for (uint32_t i = j->v.at[object].first; i; i = j->v.at[i].next)
        if (j->v.at[i].name_n == n && memcmp(j->text.at + j->v.at[i].name, name, n) == 0) return i;
    return 0;
}

bool pe__json_u64(const pe__json *j, uint32_t i, uint64_t *out) {
    if (!i || j->v.at[i].kind != PE_J_NUMBER) return false;
    uint64_t x = 0;
    const char *p = pe__json_string(j, i);
    for (; *p; p++) {
        if (*p < '0' || *p > '9' || x > (UINT64_MAX - 9) / 10) return false;
        x = x * 10 + (uint64_t)(*p - '0');
    }
    return *out = x, true;
}
