/* parse_string.c: literals: numbers, strings, bytes, and f-strings as Python 3.11 reads them.  No locks.
 *
 * An f-string's expressions are cut out of the literal's text and parsed by a parser of their own, as text in parentheses; that
 * is what their messages and positions show.  */
#include "interp/front/parse_int.h"
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <uniname.h>
#include <unistr.h>

/* --- numbers ----------------------------------------------------------------------------------------------------------- */

/* strtod of the C locale, whatever the process has set.  Digits have no underscores. */
static double to_double(const char *s)
{
    static locale_t c_locale;            /* made once; a lost race costs a few bytes */
    locale_t loc = __atomic_load_n(&c_locale, __ATOMIC_ACQUIRE);
    if (!loc) {
        loc = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (!loc)
            return strtod(s, NULL);
        __atomic_store_n(&c_locale, loc, __ATOMIC_RELEASE);
    }
    return strtod_l(s, NULL, loc);
}

const _Atomic(int) *py_front_int_digits;

static void set_int(ast_constant *out, const char *s, uint32_t n)
{
    unsigned base = n > 1 && s[0] == '0' ? (s[1] == 'x' ? 16 : s[1] == 'o' ? 8 : s[1] == 'b' ? 2 : 10) : 10;
    uint64_t value = 0;
    bool fits = true;
    for (uint32_t i = base == 10 ? 0 : 2; i < n && fits; i++) {
        unsigned digit = s[i] <= '9' ? (unsigned)(s[i] - '0') : (unsigned)((s[i] | 32) - 'a') + 10;
        fits = !__builtin_mul_overflow(value, base, &value) && !__builtin_add_overflow(value, digit, &value);
    }
    if (fits && value < UINT64_C(1) << 61) {
        out->kind = AST_CONST_INT;
        out->i = (int64_t)value;
    } else {
        out->kind = AST_CONST_BIGINT;
        out->s = s;
        out->n = n;
    }
}

bool py__number(py_parser *p, const py_token *t, ast_constant *out)
{
    const char *s = p->lx.src + t->start;
    uint32_t n = t->end - t->start;
    if (n <= 18) {                       /* the usual: a few digits */
        int64_t value = 0;
        uint32_t i = 0;
        while (i < n && s[i] >= '0' && s[i] <= '9')
            value = value * 10 + (s[i++] - '0');
        if (i == n) {
            out->kind = AST_CONST_INT;
            out->i = value;
            return true;
        }
    }
    char *digits = base_arena_alloc(p->arena, n + 1);
    if (!digits)
        return false;
    uint32_t m = 0;
    if (memchr(s, '_', n) && !py__since(p, 6, "Underscores in numeric literals are"))
        return false;
    bool radix = n > 1 && s[0] == '0' && strchr("xXoObB", s[1]);
    bool is_float = false;
    for (uint32_t i = 0; i < n; i++) {
        if (s[i] == '_')
            continue;
        digits[m++] = radix && i == 1 ? (char)(s[i] | 32) : s[i];
        is_float |= !radix && (s[i] == '.' || s[i] == 'e' || s[i] == 'E' || s[i] == 'j' || s[i] == 'J');
    }
    digits[m] = 0;
    if (!is_float) {
        int limit = py_front_int_digits ? atomic_load_explicit(py_front_int_digits, memory_order_relaxed) : 0;   /* MO: none needed */
        if (UNLIKELY(!radix && s[0] != '0' && limit && m > (uint32_t)limit)) {
            py__raise_place(p, "SyntaxError", t->lineno, -1, t->end_lineno, -1,
                         "Exceeds the limit (%d digits) for integer string conversion: value has %u digits; use sys.set_int_max_str_digits() to "
                         "increase the limit - Consider hexadecimal for huge integer literals to avoid decimal conversion limits.", limit, m);
            return false;
        }
        set_int(out, digits, m);
        return true;
    }
    bool imaginary = (digits[m - 1] | 32) == 'j';
    if (imaginary)
        digits[m - 1] = 0;
    out->kind = imaginary ? AST_CONST_IMAG : AST_CONST_FLOAT;
    out->f = to_double(digits);
    return true;
}

/* --- escapes ----------------------------------------------------------------------------------------------------------- */

typedef struct literal {
    py_parser *p;
    const py_token *t;           /* the token that is being read */
    const py_token *first, *last;
    bool bytes, raw;
    bool warned;                 /* one warning for each decoded piece */
} literal;

static void warn_escape(literal *l, const char *msg)
{
    if (l->warned)
        return;
    l->warned = true;
    const py_token *t = l->t;
    py_lex_warn(&l->p->lx, "DeprecationWarning", t->lineno, t->col + 1, t->end_col + 1, msg);
}

/* An error of the literal itself is raised at once, in either pass. */
static char *raise_literal(literal *l, const char *msg)
{
    bool explain = l->p->explain;
    l->p->explain = true;
    RAISE_HERE(l->p, "%s", msg);
    l->p->explain = explain;
    return NULL;
}

/* Where s would stand in the text that CPython's decoder sees: each non-ASCII character takes ten places there. */
static int decoder_position(const char *start, const char *s)
{
    int at = 0;
    for (const char *c = start; c < s; c++) {
        unsigned char byte = (unsigned char)*c;
        bool head = byte >= 0xc0;
        if (byte < 0x80)
            at += byte == '\\' && c + 1 < s && (unsigned char)c[1] >= 0x80 ? 6 : 1;
        else if (head)
            at += 10;
    }
    return at;
}

static char *raise_escape(literal *l, const char *start, const char *from, const char *to, const char *what)
{
    if (l->bytes)
        return raise_literal(l, py_front_printf(l->p->arena, "(value error) invalid \\x escape at position %d", (int)(from - start)));
    int at = decoder_position(start, from);
    return raise_literal(l, py_front_printf(l->p->arena, "(unicode error) 'unicodeescape' codec can't decode bytes in position %d-%d: %s",
                                            at, at + (int)(to - from) - 1, what));
}

static char *put_char(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {            /* surrogates as they come */
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Names of control characters, which the character database itself does not name. */
static const struct { const char *name; uint16_t c; } control_names[] = {
    {"NULL", 0}, {"ALERT", 7}, {"BACKSPACE", 8}, {"CHARACTER TABULATION", 9}, {"HORIZONTAL TABULATION", 9}, {"TAB", 9}, {"LF", 10},
    {"LINE FEED", 10}, {"NEW LINE", 10}, {"END OF LINE", 10}, {"EOL", 10}, {"NL", 10}, {"LINE TABULATION", 11},
    {"VERTICAL TABULATION", 11}, {"FORM FEED", 12}, {"FF", 12}, {"CARRIAGE RETURN", 13}, {"CR", 13}, {"ESCAPE", 27}, {"ESC", 27},
    {"DELETE", 127}, {"DEL", 127}, {"NEXT LINE", 0x85}, {"NEL", 0x85}, {"NBSP", 0xa0}, {"SHY", 0xad}, {"ZWSP", 0x200b},
    {"ZWNJ", 0x200c}, {"ZWJ", 0x200d}, {"LRM", 0x200e}, {"RLM", 0x200f}, {"BOM", 0xfeff}, {"BYTE ORDER MARK", 0xfeff},
};

/* \N{name}; s stands behind the N. */
static char *named_escape(literal *l, const char *start, const char **ps, const char *end, char *out)
{
    const char *back = *ps - 2, *s = *ps;
    char name[256];
    size_t n = 0;
    if (s >= end || *s != '{')
        return raise_escape(l, start, back, s, "malformed \\N character escape");
    const char *name_start = ++s;
    while (s < end && *s != '}')
        s++;
    if (s == name_start || s >= end)
        return raise_escape(l, start, back, s, "malformed \\N character escape");
    n = (size_t)(s - name_start);
    *ps = ++s;
    if (n < sizeof name) {
        memcpy(name, name_start, n);
        name[n] = 0;
        for (size_t i = 0; i < n; i++)
            name[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 32) : name[i];
        for (size_t i = 0; i < BASE_LENGTH(control_names); i++)
            if (strcmp(control_names[i].name, name) == 0)
                return put_char(out, control_names[i].c);
        ucs4_t c = unicode_name_character(name);
        if (c != UNINAME_INVALID)
            return put_char(out, c);
    }
    return raise_escape(l, start, back, s, "unknown Unicode character name");
}

/* Appends what the escape at s[-1] == '\\' stands for, and moves *ps behind it.  NULL: raised. */
static char *escape(literal *l, const char *start, const char **ps, const char *end, char *out)
{
    static const char simple[128] = {['\\'] = '\\', ['\''] = '\'', ['"'] = '"', ['b'] = '\b', ['f'] = '\f', ['t'] = '\t',
                                     ['n'] = '\n', ['r'] = '\r', ['v'] = '\v', ['a'] = '\a'};
    const char *s = *ps;
    unsigned char c = s < end ? (unsigned char)*s : 0x80;
    if (c < 128 && simple[c]) {
        *ps = s + 1;
        *out++ = simple[c];
        return out;
    }
    if (c == '\n') {
        *ps = s + 1;
        return out;
    }
    if (c >= '0' && c <= '7') {
        unsigned value = 0;
        for (int i = 0; i < 3 && s < end && *s >= '0' && *s <= '7'; i++)
            value = value * 8 + (unsigned)(*s++ - '0');
        if (value > 0377)
            warn_escape(l, py_front_printf(l->p->arena, "invalid octal escape sequence '\\%.3s'", *ps));
        *ps = s;
        if (!l->bytes)
            return put_char(out, value);
        *out++ = (char)value;
        return out;
    }
    unsigned want = c == 'x' ? 2 : l->bytes ? 0 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (want) {
        uint32_t value = 0;
        s++;
        for (unsigned i = 0; i < want; i++, s++) {
            int digit = s < end ? hex_digit(*s) : -1;
            if (digit < 0)
                return raise_escape(l, start, *ps - 1, s, want == 2 ? "truncated \\xXX escape" : want == 4 ? "truncated \\uXXXX escape"
                                    : "truncated \\UXXXXXXXX escape");
            value = value << 4 | (unsigned)digit;
        }
        if (value > 0x10ffff)
            return raise_escape(l, start, *ps - 1, s, "illegal Unicode character");
        *ps = s;
        if (!l->bytes)
            return put_char(out, value);
        *out++ = (char)value;
        return out;
    }
    if (c == 'N' && !l->bytes) {
        *ps = s + 1;
        return named_escape(l, start, ps, end, out);
    }
    if (c < 128)
        warn_escape(l, py_front_printf(l->p->arena, "invalid escape sequence '\\%c'", c));
    *out++ = '\\';                       /* what is no escape stays as it is */
    return out;
}

/* Appends the text s..end, escapes resolved unless the literal is raw.  NULL: raised. */
static char *decode(literal *l, const char *s, const char *end, char *out)
{
    const char *start = s;
    l->warned = false;
    while (s < end) {
        const char *back = l->raw ? NULL : memchr(s, '\\', (size_t)(end - s));
        size_t n = (size_t)((back ? back : end) - s);
        memcpy(out, s, n);
        out += n;
        s += n;
        if (!back)
            break;
        s++;
        if (!(out = escape(l, start, &s, end, out)))
            return NULL;
    }
    return out;
}

/* --- the parts of a literal -------------------------------------------------------------------------------------------- */

static bool is_ascii(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 128)
            return false;
    return true;
}

/* A literal's nodes all stand at the whole concatenation; a format specification and its last text at their own token. */
static void *literal_node(literal *l, ast_kind kind, const py_token *first, const py_token *last)
{
    ast_expr *e = ast_node_new(l->p->arena, kind);
    if (e) {
        e->lineno = first->lineno;
        e->col_offset = first->col;
        e->end_lineno = last->end_lineno;
        e->end_col_offset = last->end_col;
    }
    return e;
}

static ast_expr *string_constant(literal *l, const py_token *first, const py_token *last, const char *s, size_t n)
{
    ast_expr *e = literal_node(l, AST_Constant, first, last);
    if (!e)
        return NULL;
    e->Constant.value.kind = l->bytes ? AST_CONST_BYTES : AST_CONST_STR;
    e->Constant.value.s = s;
    e->Constant.value.n = (uint32_t)n;
    e->Constant.value.ascii = is_ascii(s, n);
    if (l->p->lx.src[first->start] == 'u' && !(e->Constant.kind = ast_intern(l->p->names, "u", 1)))
        return NULL;
    return e;
}

/* --- f-strings --------------------------------------------------------------------------------------------------------- */

typedef struct pieces {          /* a JoinedStr being built: its values are on the parser's stack from mark on */
    uint32_t mark;
    char *buf, *out;             /* the running text: buf .. out */
} pieces;

/* The running text becomes a value. */
static bool flush(literal *l, pieces *ps, const py_token *first, const py_token *last)
{
    size_t n = (size_t)(ps->out - ps->buf);
    if (n == 0)
        return true;
    *ps->out++ = 0;
    ast_expr *e = string_constant(l, first, last, ps->buf, n);
    ps->buf = ps->out;
    return e && py__push(l->p, e);
}

static ast_expr *joined(literal *l, pieces *ps, const py_token *first, const py_token *last)
{
    if (!flush(l, ps, first, last))
        return NULL;
    ast_expr_seq *values = py__pop(l->p, ps->mark);
    ast_expr *e = literal_node(l, AST_JoinedStr, first, last);
    if (!e || !values)
        return NULL;
    e->JoinedStr.values = values;
    return e;
}

static bool fstring_parts(literal *l, pieces *ps, const char **s, const char *end, unsigned nesting);

/* Finds the end of the expression that begins at s: the first of "!:=}" that is in no bracket and no string.  NULL: raised. */
static const char *expression_end(literal *l, const char *s, const char *end)
{
    char brackets[PY_MAX_PARENS];
    unsigned depth = 0, quotes = 0;
    char quote = 0;
    for (; s < end; s++) {
        char c = *s;
        if (c == '\\') {
            return raise_literal(l, "f-string expression part cannot include a backslash");
        } else if (quote) {
            if (c != quote || (quotes == 3 && !(s + 2 < end && s[1] == c && s[2] == c)))
                continue;
            s += quotes - 1;
            quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
            quotes = s + 2 < end && s[1] == c && s[2] == c ? 3 : 1;
            s += quotes - 1;
        } else if (c == '[' || c == '{' || c == '(') {
            if (depth >= PY_MAX_PARENS)
                return raise_literal(l, "f-string: too many nested parenthesis");
            brackets[depth++] = c;
        } else if (c == '#') {
            return raise_literal(l, "f-string expression part cannot include '#'");
        } else if (depth == 0 && memchr("!:}=<>", c, 6)) {
            bool two = s + 1 < end && s[1] == '=' && memchr("!=<>", c, 4);
            if (two)
                s++;
            else if (c != '<' && c != '>')
                break;
        } else if (c == ']' || c == '}' || c == ')') {
            if (depth == 0)
                return raise_literal(l, py_front_printf(l->p->arena, "f-string: unmatched '%c'", c));
            char open = brackets[--depth];
            if (open != (c == ')' ? '(' : c == ']' ? '[' : '{'))
                return raise_literal(l, py_front_printf(l->p->arena, "f-string: closing parenthesis '%c' does not match opening "
                                                        "parenthesis '%c'", c, open));
        }
    }
    if (quote)
        return raise_literal(l, "f-string: unterminated string");
    if (depth)
        return raise_literal(l, py_front_printf(l->p->arena, "f-string: unmatched '%c'", brackets[depth - 1]));
    if (s >= end)
        return raise_literal(l, "f-string: expecting '}'");
    return s;
}

/* Where the text behind the brace at `brace` stands: the line, and the column that "(" in its place would have. */
static void expression_place(const literal *l, const char *brace, int32_t *lineno, int32_t *col)
{
    const char *token = l->p->lx.src + l->t->start;
    int32_t lines = 0, cols = 0;
    const char *line = NULL;
    for (const char *c = token; c < brace; c++)
        if (*c == '\n') {
            lines++;
            line = c + 1;
        }
    const char *c = brace + 1;
    while (*c == ' ' || *c == '\t' || *c == '\f')
        c++;
    if (*c != '\n')
        cols = (int32_t)(brace - (line ? line : token));
    *lineno = l->t->lineno + lines;
    *col = lines ? cols : l->t->col + cols;
}

/* Parses the text s..end, which begins behind the '{' at s[-1]. */
static ast_expr *parse_expression(literal *l, const char *s, const char *end)
{
    const char *c = s;
    while (c < end && (*c == ' ' || *c == '\t' || *c == '\n' || *c == '\f' || *c == '\r'))
        c++;
    if (c == end) {
        bool closed = *end != '!' && *end != ':' && *end != '=';
        raise_literal(l, closed ? "f-string: empty expression not allowed"
                                : py_front_printf(l->p->arena, "f-string: expression required before '%c'", *end));
        return NULL;
    }
    size_t n = (size_t)(end - s);
    char *text = base_arena_alloc(l->p->arena, n + 4);
    py_parser *sub = base_arena_zalloc(l->p->arena, sizeof *sub);
    if (!text || !sub)
        return NULL;
    text[0] = '(';
    memcpy(text + 1, s, n);
    memcpy(text + 1 + n, ")\n", 3);
    sub->arena = l->p->arena;
    sub->names = l->p->names;
    sub->filename = l->p->filename;
    sub->flags = l->p->flags & ~(unsigned)PY_PARSE_INTERACTIVE;
    sub->in_fstring = sub->byte_columns = true;
    sub->lx.warn_tail = l->p->lx.quiet ? NULL : l->p->lx.warn_tail;
    int32_t lineno, col;
    expression_place(l, s - 1, &lineno, &col);
    void *tree = NULL;
    if (!py__parse_run(sub, text, n + 3, lineno, col, PY_PARSE_EVAL, &tree)) {
        if (!l->p->raised)
            l->p->err = sub->err;
        l->p->raised = true;
        return NULL;
    }
    if (!l->p->lx.quiet)
        l->p->lx.warn_tail = sub->lx.warn_tail;
    return tree;
}

ast_expr *py__fstring_expression(py_parser *p)
{
    return py__star_expressions(p);
}

/* The format specification behind ':', itself an f-string that ends before '}'. */
static ast_expr *format_spec(literal *l, const char **s, const char *end, unsigned nesting)
{
    pieces inner = {.mark = l->p->n_stack, .buf = base_arena_alloc(l->p->arena, (size_t)(end - *s) + 1)};
    inner.out = inner.buf;
    if (!inner.buf || !fstring_parts(l, &inner, s, end, nesting + 1))
        return NULL;
    return joined(l, &inner, l->t, l->t);
}

/* The replacement field at *s == '{'. */
static bool replacement_field(literal *l, pieces *ps, const char **ps_s, const char *end, unsigned nesting)
{
    const char *s = *ps_s;
    py_parser *p = l->p;
    if (nesting >= PY_MAX_FSTRING_NESTING)
        return raise_literal(l, "f-string: expressions nested too deeply");
    const char *start = ++s;
    if (!(s = expression_end(l, s, end)))
        return false;
    ast_expr *value = parse_expression(l, start, s);
    if (!value)
        return false;
    size_t echo = 0;                     /* bytes of the text that `=` repeats */
    if (*s == '=') {
        if (!py__since(p, 8, "f-string: self documenting expressions are"))
            return false;
        s++;
        while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
            s++;
        if (s >= end)
            return raise_literal(l, "f-string: expecting '}'");
        echo = (size_t)(s - start);
    }
    int conversion = -1;
    if (*s == '!') {
        if (++s >= end)
            return raise_literal(l, "f-string: expecting '}'");
        conversion = (unsigned char)*s++;
        if (conversion != 's' && conversion != 'r' && conversion != 'a')
            return raise_literal(l, "f-string: invalid conversion character: expected 's', 'r', or 'a'");
        if (s >= end)
            return raise_literal(l, "f-string: expecting '}'");
    }
    ast_expr *spec = NULL;
    if (*s == ':') {
        s++;
        if (s >= end)
            return raise_literal(l, "f-string: expecting '}'");
        if (!(spec = format_spec(l, &s, end, nesting)))
            return false;
    }
    if (s >= end || *s != '}')
        return raise_literal(l, "f-string: expecting '}'");
    *ps_s = s + 1;
    if (echo) {
        memcpy(ps->out, start, echo);
        ps->out += echo;
        if (!spec && conversion < 0)
            conversion = 'r';
    }
    if (!flush(l, ps, l->first, l->last))
        return false;
    ast_expr *e = literal_node(l, AST_FormattedValue, l->first, l->last);
    if (!e)
        return false;
    e->FormattedValue.value = value;
    e->FormattedValue.conversion = conversion;
    e->FormattedValue.format_spec = spec;
    return py__push(p, e);
}

/* The end of the literal text at s: a brace, or the end.  *resume: where to go on (behind a doubled brace).  NULL: raised. */
static const char *literal_end(literal *l, const char *s, const char *end, unsigned nesting, const char **resume)
{
    while (s < end) {
        char c = *s++;
        if (!l->raw && c == '\\' && s < end) {
            c = *s++;
            if (c == 'N') {
                if (s < end && *s++ == '{')
                    while (s < end && *s++ != '}') { }
                continue;
            }
            if (c == '{')
                warn_escape(l, "invalid escape sequence '\\{'");
        }
        if (c != '{' && c != '}')
            continue;
        if (nesting == 0) {
            if (s < end && *s == c) {
                *resume = s + 1;
                return s;                /* one of the two braces is text */
            }
            if (c == '}')
                return raise_literal(l, "f-string: single '}' is not allowed");
        }
        s--;
        break;
    }
    *resume = s;
    return s;
}

/* Text and fields alternately, up to the end, or to the '}' that ends a format specification. */
static bool fstring_parts(literal *l, pieces *ps, const char **s, const char *end, unsigned nesting)
{
    while (*s < end) {
        const char *start = *s, *resume = start;
        l->warned = false;
        const char *stop = literal_end(l, start, end, nesting, &resume);
        if (!stop || !(ps->out = decode(l, start, stop, ps->out)))
            return false;
        *s = resume;
        if (resume != stop)
            continue;
        if (*s >= end || **s == '}')
            break;
        if (!replacement_field(l, ps, s, end, nesting))
            return false;
    }
    if (nesting == 0 && *s < end)
        return raise_literal(l, "f-string: unexpected end of string");
    return true;
}

/* --- concatenations ---------------------------------------------------------------------------------------------------- */

typedef struct span { const char *s, *end; bool raw, bytes, format; } span;

static span open_token(const py_parser *p, const py_token *t)
{
    const char *s = p->lx.src + t->start, *end = p->lx.src + t->end;
    span sp = {0};
    for (; *s != '\'' && *s != '"'; s++) {
        sp.raw |= (*s | 32) == 'r';
        sp.bytes |= (*s | 32) == 'b';
        sp.format |= (*s | 32) == 'f';
    }
    unsigned quotes = end - s >= 6 && s[1] == s[0] && s[2] == s[0] ? 3 : 1;
    sp.s = s + quotes;
    sp.end = end - quotes;
    return sp;
}

static bool check_text(literal *l, const span *sp)
{
    py_parser *p = l->p;
    if (l->t->ascii)
        return true;
    if (sp->bytes)
        return raise_literal(l, "bytes can only contain ASCII literal characters");
    for (const char *c = sp->s; c < sp->end;) {
        unsigned n = py_utf8_len((const unsigned char *)c, (size_t)(sp->end - c), true);
        if (n == 0) {
            const char *why = py_utf8_complaint(p->arena, sp->s, (size_t)(sp->end - sp->s));
            return raise_literal(l, why ? py_front_printf(p->arena, "(unicode error) %s", why) : NULL);
        }
        c += n;
    }
    return true;
}

static bool one_token(literal *l, pieces *ps, bool *format)
{
    span sp = open_token(l->p, l->t);
    if (l->t != l->first && sp.bytes != l->bytes)
        return raise_literal(l, "cannot mix bytes and nonbytes literals");
    l->bytes = sp.bytes;
    l->raw = sp.raw;
    if (!check_text(l, &sp))
        return false;
    if (!sp.format)
        return (ps->out = decode(l, sp.s, sp.end, ps->out)) != NULL;
    *format = true;
    if (!py__since(l->p, 6, "Format strings are"))
        return false;
    return fstring_parts(l, ps, &sp.s, sp.end, 0);
}

ast_expr *py__strings(py_parser *p)
{
    literal l = {.p = p, .first = p->t, .t = p->t};
    size_t total = 1;
    while (py__at(p, PY_T_STRING)) {
        total += p->t->end - p->t->start;
        p->t++;
    }
    l.last = p->t - 1;
    pieces ps = {.mark = p->n_stack, .buf = base_arena_alloc(p->arena, total)};
    ps.out = ps.buf;
    if (!ps.buf)
        return NULL;
    bool format = false;
    for (; l.t <= l.last; l.t++)
        if (!one_token(&l, &ps, &format))
            return NULL;
    if (format)
        return joined(&l, &ps, l.first, l.last);
    *ps.out = 0;
    return string_constant(&l, l.first, l.last, ps.buf, (size_t)(ps.out - ps.buf));
}
