/* source.c: bytes of a program to UTF-8 with '\n' line ends, as PEP 263 says.  No locks. */
#include "interp/front/lex.h"
#include <errno.h>
#include <iconv.h>
#include <stdarg.h>
#include <stdio.h>
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *py_front_printf(base_arena *arena, const char *format, ...)
{
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    char *s = n < 0 ? NULL : base_arena_alloc(arena, (size_t)n + 1);
    if (s)
        vsnprintf(s, (size_t)n + 1, format, again);
    va_end(again);
    return s;
}

unsigned py_utf8_len(const unsigned char *s, size_t n, bool wtf8)
{
    unsigned c = s[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    unsigned want = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (n < want)
        return 0;
    for (unsigned i = 1; i < want; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && s[1] < 0xa0) || (c == 0xf0 && s[1] < 0x90) || (c == 0xf4 && s[1] > 0x8f))
        return 0;
    if (c == 0xed && s[1] > 0x9f && !wtf8)
        return 0;
    return want;
}

/* Position of the first malformed sequence; n: there is none. */
static size_t utf8_check(const char *src, size_t n)
{
    size_t i = 0;
    while (i < n) {
        uint64_t eight;
        if (n - i >= 8 && (memcpy(&eight, src + i, 8), (eight & UINT64_C(0x8080808080808080)) == 0)) {
            i += 8;
            continue;
        }
        unsigned len = py_utf8_len((const unsigned char *)src + i, n - i, false);
        if (len == 0)
            break;
        i += len;
    }
    return i;
}

unsigned py_utf8_bad(const unsigned char *s, size_t n, const char **reason)
{
    unsigned c = s[0], want = c < 0xc2 || c > 0xf4 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    *reason = want ? "invalid continuation byte" : "invalid start byte";
    for (unsigned k = 1; k < want; k++) {
        if (k >= n) {
            *reason = "unexpected end of data";
            return k;
        }
        unsigned low = k > 1 ? 0x80 : c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        unsigned high = k > 1 ? 0xbf : c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (s[k] < low || s[k] > high)
            return k;
    }
    return 1;
}

const char *py_utf8_complaint(base_arena *arena, const char *s, size_t n)
{
    size_t at = utf8_check(s, n);
    const char *reason;
    if (at == n)
        return "";
    unsigned bad = py_utf8_bad((const unsigned char *)s + at, n - at, &reason);
    if (bad == 1)
        return py_front_printf(arena, "'utf-8' codec can't decode byte 0x%02x in position %zu: %s", (unsigned char)s[at], at, reason);
    return py_front_printf(arena, "'utf-8' codec can't decode bytes in position %zu-%zu: %s", at, at + bad - 1, reason);
}

const char *py_utf8_replaced(base_arena *arena, const char *s, size_t n)
{
    const char *ignored;
    char *copy = base_arena_alloc(arena, n * 3 + 1), *out = copy;
    if (!copy)
        return NULL;
    for (size_t i = 0; i < n;) {
        unsigned len = py_utf8_len((const unsigned char *)s + i, n - i, true);
        memcpy(out, len ? s + i : "\xef\xbf\xbd", len ? len : 3);
        out += len ? len : 3;
        i += len ? len : py_utf8_bad((const unsigned char *)s + i, n - i, &ignored);
    }
    *out = 0;
    return copy;
}

int32_t py_utf8_chars(const char *s, size_t n)
{
    int32_t chars = 0;
    for (size_t i = 0; i < n; i++)
        chars += ((unsigned char)s[i] & 0xc0) != 0x80;
    return chars;
}

static void source_error(py_syntax_error *err, const char *type, const char *msg)
{
    *err = (py_syntax_error){.type = msg ? type : "MemoryError", .msg = msg, .lineno = 0, .offset = -1};
}

/* --- the encoding declaration --------------------------------------------------------------------------------------- */

/* Finds `coding[:=] *name` in a comment line.  false: there is none. */
static bool coding_spec(const char *line, size_t n, char name[static 64])
{
    size_t i = 0;
    while (i < n && (line[i] == ' ' || line[i] == '\t' || line[i] == '\f'))
        i++;
    if (i >= n || line[i] != '#')
        return false;
    for (; i + 7 <= n; i++) {
        if (memcmp(line + i, "coding", 6) != 0 || (line[i + 6] != ':' && line[i + 6] != '='))
            continue;
        size_t at = i + 7, m = 0;
        while (at < n && (line[at] == ' ' || line[at] == '\t'))
            at++;
        while (at < n && m < 63) {
            unsigned char c = (unsigned char)line[at];
            bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
            if (!word)
                break;
            name[m++] = line[at++];
        }
        name[m] = 0;
        if (m)
            return true;
    }
    return false;
}

/* May the line be followed by a declaration: is it blank or a comment? */
static bool comment_or_blank(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '#' || line[i] == '\n' || line[i] == '\r')
            return true;
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\f')
            return false;
    }
    return true;
}

static bool find_declaration(const char *src, size_t n, char name[static 64])
{
    size_t end = 0;
    while (end < n && src[end] != '\n' && src[end] != '\r')
        end++;
    if (coding_spec(src, end, name))
        return true;
    if (!comment_or_blank(src, end) || end >= n)
        return false;
    end += src[end] == '\r' && end + 1 < n && src[end + 1] == '\n' ? 2 : 1;
    size_t second = end;
    while (end < n && src[end] != '\n' && src[end] != '\r')
        end++;
    return coding_spec(src + second, end - second, name);
}

typedef enum encoding { ENC_UTF8, ENC_LATIN1, ENC_ASCII, ENC_OTHER } encoding;

static encoding encoding_of(const char *name)
{
    char low[64];
    size_t n = 0;
    for (; name[n]; n++)
        low[n] = name[n] == '_' ? '-' : name[n] >= 'A' && name[n] <= 'Z' ? (char)(name[n] + 32) : name[n];
    low[n] = 0;
    static const struct { const char *name; encoding e; } known[] = {
        {"utf-8", ENC_UTF8}, {"utf8", ENC_UTF8}, {"u8", ENC_UTF8}, {"utf", ENC_UTF8}, {"utf-8-sig", ENC_UTF8}, {"cp65001", ENC_UTF8},
        {"latin-1", ENC_LATIN1}, {"latin1", ENC_LATIN1}, {"latin", ENC_LATIN1}, {"l1", ENC_LATIN1}, {"iso-8859-1", ENC_LATIN1},
        {"iso8859-1", ENC_LATIN1}, {"iso-latin-1", ENC_LATIN1}, {"8859", ENC_LATIN1}, {"cp819", ENC_LATIN1},
        {"ascii", ENC_ASCII}, {"us-ascii", ENC_ASCII}, {"646", ENC_ASCII},
    };
    for (size_t i = 0; i < BASE_LENGTH(known); i++)
        if (strcmp(known[i].name, low) == 0)
            return known[i].e;
    if (strncmp(low, "utf-8-", 6) == 0)
        return ENC_UTF8;
    if (strncmp(low, "latin-1-", 8) == 0 || strncmp(low, "iso-8859-1-", 11) == 0)
        return ENC_LATIN1;
    return ENC_OTHER;
}

/* utf-8, utf-8-…: then the text is not looked at before the tokenizer does. */
static bool is_plain_utf8(const char *name)
{
    return strncasecmp(name, "utf", 3) == 0 && (name[3] == '-' || name[3] == '_') && name[4] == '8' && (!name[5] || name[5] == '-' || name[5] == '_');
}

/* The text in another encoding that the C library knows, as UTF-8.  *out NULL, *n the position of what it cannot read, or
 * SIZE_MAX: it does not know the encoding, or it is not one for source text.  false: out of memory. */
static bool convert(const char *name, const char *src, size_t len, char **out, size_t *n)
{
    char low[64];
    size_t m = 0;
    for (; name[m]; m++)
        low[m] = name[m] == '_' ? '-' : name[m];
    low[m] = 0;
    bool wide = strncasecmp(low, "utf", 3) == 0 || strncasecmp(low, "ucs", 3) == 0 || strncasecmp(low, "unicode", 7) == 0;
    iconv_t cd = wide ? (iconv_t)-1 : iconv_open("UTF-8", low);
    *out = NULL;
    *n = SIZE_MAX;
    if (cd == (iconv_t)-1)
        return true;
    size_t room = len * 4 + 4, left = room, in_left = len;
    char *buf = base_mem_alloc(room), *to = buf, *from = (char *)(uintptr_t)src;
    if (!buf) {
        iconv_close(cd);
        return false;
    }
    if (iconv(cd, &from, &in_left, &to, &left) == (size_t)-1) {
        *n = (size_t)(from - src);
        base_mem_free(buf);
    } else {
        *out = buf;
        *n = room - left;
    }
    iconv_close(cd);
    return true;
}

/* --- conversion ------------------------------------------------------------------------------------------------------ */

static bool to_text(py_source *s, const char *src, size_t n, encoding e, bool add_newline)
{
    s->text = base_mem_alloc((e == ENC_LATIN1 ? 2 * n : n) + 2);
    if (!s->text)
        return false;
    char *out = s->text;
    if (e != ENC_LATIN1 && !memchr(src, '\r', n)) {
        if (n)
            memcpy(out, src, n);
        out += n;
    } else {
        for (size_t i = 0; i < n; i++) {
            unsigned char c = (unsigned char)src[i];
            if (c == '\r') {
                *out++ = '\n';
                i += i + 1 < n && src[i + 1] == '\n';
            } else if (e == ENC_LATIN1 && c >= 0x80) {
                *out++ = (char)(0xc0 | c >> 6);
                *out++ = (char)(0x80 | (c & 0x3f));
            } else {
                *out++ = (char)c;
            }
        }
    }
    /* CPython appends one to a text that ends with "\r\n", too; it shows in the line numbers of errors at the end */
    bool crlf = n > 1 && src[n - 1] == '\n' && src[n - 2] == '\r';
    if (add_newline && n && (crlf || out[-1] != '\n'))
        *out++ = '\n';
    *out = 0;
    s->n = (size_t)(out - s->text);
    return true;
}

static bool check_bytes(const char *src, size_t n, encoding e, bool declared, const char *filename, unsigned flags,
                        base_arena *arena, py_syntax_error *err)
{
    if (e == ENC_ASCII) {
        for (size_t i = 0; i < n; i++)
            if ((unsigned char)src[i] >= 0x80) {
                source_error(err, "SyntaxError", flags & PY_PARSE_FROM_FILE ? "encoding problem: ascii" : py_front_printf(arena, "'ascii' codec can't decode byte 0x%02x in position %zu: "
                             "ordinal not in range(128)", (unsigned char)src[i], i));
                return false;
            }
    } else if (e == ENC_UTF8) {
        size_t bad = utf8_check(src, n);
        if (bad == n)
            return true;
        unsigned char c = (unsigned char)src[bad];
        if (flags & PY_PARSE_FROM_FILE) {
            int line = 1;
            for (size_t i = 0; i < bad; i++)
                line += src[i] == '\n' || (src[i] == 0x0d && src[i + 1] != 0x0a);
            source_error(err, "SyntaxError", py_front_printf(arena, "Non-UTF-8 code starting with '\\x%.2x' in file %s on line %d, but no "
                         "encoding declared; see https://peps.python.org/pep-0263/ for details", c, filename, line));
            return false;
        }
        if (declared) {
            source_error(err, "SyntaxError", py_utf8_complaint(arena, src, n));
            return false;
        }                                /* else: the tokenizer complains where the byte matters */
    }
    return true;
}

bool py_source_decode(py_source *s, const char *src, size_t len, const char *filename, py_parse_mode mode, unsigned flags,
                      base_arena *arena, py_syntax_error *err)
{
    *s = (py_source){0};
    if (len && memchr(src, 0, len)) {
        bool file = flags & PY_PARSE_FROM_FILE;
        if (file && !check_bytes(src, len, ENC_UTF8, false, filename, flags, arena, err))
            return false;
        source_error(err, file ? "SyntaxError" : "ValueError",
                     file ? "source code cannot contain null bytes" : "source code string cannot contain null bytes");
        return false;
    }
    if (len >= INT32_MAX / 2) {
        source_error(err, "MemoryError", NULL);
        return false;
    }
    encoding e = ENC_UTF8;
    char name[64];
    bool declared = false;
    s->declared = flags & PY_PARSE_IS_STR;
    char *converted = NULL;
    size_t converted_n = 0;
    if (!(flags & PY_PARSE_IS_STR)) {
        bool bom = len >= 3 && memcmp(src, "\xef\xbb\xbf", 3) == 0;
        if (bom) {
            src += 3;
            len -= 3;
            s->skip = 3;
        }
        declared = find_declaration(src, len, name);
        s->declared = declared || bom;
        if (declared) {
            e = encoding_of(name);
            if (bom && (e != ENC_UTF8 || strcasecmp(name, "utf8") == 0)) {
                source_error(err, "SyntaxError", py_front_printf(arena, "encoding problem: %s with BOM", e == ENC_LATIN1 ? "iso-8859-1" : name));
                return false;
            }
            if (e == ENC_OTHER && !convert(name, src, len, &converted, &converted_n)) {
                source_error(err, "MemoryError", NULL);
                return false;
            }
            if (e == ENC_OTHER && !converted) {
                source_error(err, "SyntaxError", converted_n != SIZE_MAX
                             ? py_front_printf(arena, "'%s' codec can't decode byte 0x%02x in position %zu: illegal multibyte sequence", name,
                                               (unsigned char)src[converted_n], converted_n)
                             : py_front_printf(arena, flags & PY_PARSE_FROM_FILE ? "encoding problem: %s" : "unknown encoding: %s", name));
                return false;
            }
        }
        if (e != ENC_OTHER && !check_bytes(src, len, e, declared && !is_plain_utf8(name), filename, flags, arena, err))
            return false;
    }
    bool ok = to_text(s, converted ? converted : src, converted ? converted_n : len, converted ? ENC_UTF8 : e, mode == PY_PARSE_EXEC);
    base_mem_free(converted);
    if (!ok)
        source_error(err, "MemoryError", NULL);
    return ok;
}
