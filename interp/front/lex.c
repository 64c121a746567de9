/* lex.c: the tokenizer: decoded source text to one flat array of tokens.
 *
 * The whole text is scanned before parsing begins: the parser may then look ahead as far as it likes, and at an error it knows
 * whether the rest holds an unclosed bracket.  The first error ends the array with an ERROR token.  No locks.
 *
 * L1  lineno and line_start move on only when there is a next line: at the end they still name the last one.  (begin_line)
 * L2  A name token's name is interned, and a keyword's kind is its name's id.                                   (scan_name)  */
#include "interp/front/lex.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#define TOK_KW_TEXT(k, text) [PY_T_##k] = text,
const char *const py_tok_text[PY_TOK_KINDS] = {PY_KEYWORDS(TOK_KW_TEXT) PY_OPERATORS(TOK_KW_TEXT)};

enum { C_ID = 1, C_DIGIT = 2, C_SPACE = 4, C_HEX = 8, C_HIGH = 16, C_QUOTE = 32, C_STRING_STOP = 64 };
#define ID4(c) [c] = C_ID, [c + 1] = C_ID, [c + 2] = C_ID, [c + 3] = C_ID
#define HEX6(c) [c] = C_ID | C_HEX, [c + 1] = C_ID | C_HEX, [c + 2] = C_ID | C_HEX, [c + 3] = C_ID | C_HEX, \
    [c + 4] = C_ID | C_HEX, [c + 5] = C_ID | C_HEX
#define DIGIT(c) [c] = C_DIGIT | C_HEX
static const unsigned char class_of[256] = {
    HEX6('a'), ID4('g'), ID4('k'), ID4('o'), ID4('s'), ID4('w'), HEX6('A'), ID4('G'), ID4('K'), ID4('O'), ID4('S'), ID4('W'),
    ['_'] = C_ID, DIGIT('0'), DIGIT('1'), DIGIT('2'), DIGIT('3'), DIGIT('4'), DIGIT('5'), DIGIT('6'), DIGIT('7'), DIGIT('8'),
    DIGIT('9'), [' '] = C_SPACE, ['\t'] = C_SPACE, ['\f'] = C_SPACE, ['\''] = C_QUOTE | C_STRING_STOP,
    ['"'] = C_QUOTE | C_STRING_STOP, ['\\'] = C_STRING_STOP, ['\n'] = C_STRING_STOP, [0] = C_STRING_STOP,
    [128 ... 255] = C_HIGH,
};
#undef ID4
static inline unsigned class(char c)
{
    return class_of[(unsigned char)c];
}
static inline bool is_name_char(char c)
{
    return class(c) & (C_ID | C_DIGIT | C_HIGH);
}

bool py_lex_init_names(ast_names *names, base_arena *arena)
{
    static const char *const first[] = {
#define TEXT(k, text) text,
        PY_KEYWORDS(TEXT) PY_SOFT_KEYWORDS(TEXT)
    };
    if (!ast_names_init(names, arena))
        return false;
    for (size_t i = 0; i < BASE_LENGTH(first); i++)
        if (!ast_intern(names, first[i], strlen(first[i])))
            return false;
    return true;
}

/* --- errors and tokens ----------------------------------------------------------------------------------------------- */

py_token *py__lex_add(py_lexer *lx, py_tok_kind kind, const char *start, const char *end)
{
    if (lx->n == lx->cap) {
        uint32_t cap = lx->cap * 2;
        py_token *grown = base_mem_resize(lx->toks, cap * sizeof *grown);
        if (!grown) {
            lx->failed = PY_LEX_NOMEM;
            return NULL;
        }
        lx->toks = grown;
        lx->cap = cap;
    }
    py_token *t = &lx->toks[lx->n++];
    int32_t shift = lx->lineno == lx->first_lineno ? lx->first_col : 0;
    int32_t col = (int32_t)(start - lx->line_start) + shift;
    *t = (py_token){
        .kind = (uint8_t)kind, .level = (uint16_t)lx->level, .start = (uint32_t)(start - lx->src), .end = (uint32_t)(end - lx->src),
        .lineno = lx->lineno, .col = col, .end_lineno = lx->lineno, .end_col = col + (int32_t)(end - start),
    };
    return t;
}

/* A token that stands for no text. */
static bool add_empty(py_lexer *lx, py_tok_kind kind)
{
    py_token *t = py__lex_add(lx, kind, lx->cur, lx->cur);
    if (t)
        t->col = t->end_col = -1;
    return t != NULL;
}

static bool fail(py_lexer *lx, py_lex_error why)
{
    lx->failed = why;
    if (why != PY_LEX_RAISED)            /* these happen with the line read to its end */
        for (const char *p = lx->cur; ; p++)
            if (p == lx->end || p[-(p > lx->line_start)] == '\n') {
                lx->cur = why == PY_LEX_LINECONT ? lx->cur : p;
                break;
            }
    add_empty(lx, PY_T_ERROR);
    return false;
}

static const char *line_end(const py_lexer *lx, const char *p)
{
    const char *nl = memchr(p, '\n', (size_t)(lx->end - p));
    return nl ? nl : lx->end;
}

/* A complete error, from the character before `at` (or from column `from` to `to`, in characters, when from >= 0). */
static bool raise_range(py_lexer *lx, const char *at, int32_t from, int32_t to, const char *msg)
{
    const char *e = line_end(lx, lx->line_start);
    const char *text = py_utf8_replaced(lx->arena, lx->line_start, (size_t)(e - lx->line_start));
    int32_t offset = from >= 0 ? from : py_utf8_chars(lx->line_start, (size_t)(at - lx->line_start));
    lx->err = (py_syntax_error){
        .type = msg && text ? "SyntaxError" : "MemoryError", .msg = msg, .lineno = lx->lineno, .offset = offset, .end_lineno = lx->lineno,
        .end_offset = from >= 0 ? to : offset, .text = text,
    };
    lx->cur = at;
    return fail(lx, PY_LEX_RAISED);
}
#define RAISE(lx, at, ...) raise_range(lx, at, -1, -1, py_front_printf((lx)->arena, __VA_ARGS__))

void py_lex_warn(py_lexer *lx, const char *category, int32_t lineno, int32_t offset, int32_t end_offset, const char *msg)
{
    if (!lx->warn_tail || lx->quiet || !msg)
        return;
    py_warning *w = base_arena_zalloc(lx->arena, sizeof *w);
    if (!w)
        return;
    *w = (py_warning){.category = category, .msg = msg, .lineno = lineno, .offset = offset, .end_lineno = lineno,
                      .end_offset = end_offset};
    *lx->warn_tail = w;
    lx->warn_tail = &w->next;
}

/* --- lines ----------------------------------------------------------------------------------------------------------- */

/* Steps onto the line that begins at cur, if there is one. */
static void begin_line(py_lexer *lx)
{
    if (lx->cur < lx->end) {
        lx->line_start = lx->cur;
        lx->lineno++;
    }
}

/* After a backslash at cur[-1]: goes to the begin of the next line. */
static bool continuation(py_lexer *lx)
{
    if (*lx->cur != '\n') {
        lx->cur += lx->cur < lx->end;
        return fail(lx, PY_LEX_LINECONT);
    }
    lx->cur++;
    if (lx->cur == lx->end)
        return fail(lx, PY_LEX_EOF);
    begin_line(lx);
    return true;
}

static bool set_indent(py_lexer *lx, int32_t col, int32_t alt)
{
    uint32_t top = lx->indents;
    if (col == lx->indent[top])
        return alt == lx->alt_indent[top] || fail(lx, PY_LEX_TABSPACE);
    if (col > lx->indent[top]) {
        if (top + 1 >= PY_MAX_INDENT)
            return fail(lx, PY_LEX_TOODEEP);
        if (alt <= lx->alt_indent[top])
            return fail(lx, PY_LEX_TABSPACE);
        lx->indents = top + 1;
        lx->indent[top + 1] = col;
        lx->alt_indent[top + 1] = alt;
        return add_empty(lx, PY_T_INDENT);
    }
    uint32_t dedents = 0;
    while (top > 0 && col < lx->indent[top]) {
        top--;
        dedents++;
    }
    lx->indents = top;
    if (col != lx->indent[top])
        return fail(lx, PY_LEX_DEDENT);
    if (alt != lx->alt_indent[top])
        return fail(lx, PY_LEX_TABSPACE);
    while (dedents--)
        if (!add_empty(lx, PY_T_DEDENT))
            return false;
    return true;
}

/* Measures the indentation at the begin of a line.  *blank: the line has no code; it has been skipped.
 * A backslash continues the line, with the columns before the first one. */
static bool scan_indent(py_lexer *lx, bool *blank)
{
    int32_t col = 0, alt = 0, cont_col = 0;
    bool continued = false;
    for (;;) {
        char c = *lx->cur++;
        if (c == ' ') {
            col++;
            alt++;
        } else if (c == '\t') {
            col = (col / 8 + 1) * 8;
            alt++;
        } else if (c == '\f') {
            col = alt = 0;
        } else if (c == '\\') {
            if (cont_col == 0)
                cont_col = col;
            continued = true;
            if (!continuation(lx))
                return false;
        } else {
            break;
        }
    }
    lx->cur--;
    *blank = *lx->cur == '#' || *lx->cur == '\n';
    if (*lx->cur == '#') {
        const char *start = lx->cur;
        bool made = false;
        lx->cur = line_end(lx, start);
        if (UNLIKELY(lx->type_comments) && (!py__lex_type_comment(lx, start, &made) ||
                                            (made && !py__lex_add(lx, PY_T_NEWLINE, lx->cur, lx->cur))))
            return false;
    }
    if (*blank) {
        lx->cur += lx->cur < lx->end;
        return true;
    }
    if (continued) {
        col = cont_col ? cont_col : col;
        alt = cont_col ? cont_col : alt;
    }
    return set_indent(lx, col, alt);
}

/* --- names ----------------------------------------------------------------------------------------------------------- */

static bool printable(ucs4_t c)
{
    if (c == ' ')
        return true;
    return !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z);
}

static bool bad_utf8(py_lexer *lx, const char *start, const char *end)
{
    const char *why = py_utf8_complaint(lx->arena, start, (size_t)(end - start));
    raise_range(lx, end, -1, -1, why ? py_front_printf(lx->arena, "(unicode error) %s", why) : NULL);
    const char *stop = line_end(lx, lx->line_start);
    lx->err.end_offset = -1;
    lx->err.text = py_utf8_replaced(lx->arena, lx->line_start, (size_t)(stop - lx->line_start) + (stop < lx->end));
    if (lx->byte_columns)
        lx->err.offset = (int32_t)(end - lx->line_start);
    return false;
}

/* The name of non-ASCII text: checked, then NFKC-normalised. */
static const ast_name *wide_name(py_lexer *lx, const char *start, const char *end)
{
    for (const char *p = start; p < end;) {
        unsigned n = py_utf8_len((const unsigned char *)p, (size_t)(end - p), false);
        if (n == 0) {
            bad_utf8(lx, start, end);
            return NULL;
        }
        ucs4_t c;
        u8_mbtouc_unsafe(&c, (const uint8_t *)p, n);
        if (c < 128 || (p == start ? uc_is_property_xid_start(c) : uc_is_property_xid_continue(c))) {
            p += n;
            continue;
        }
        if (printable(c))
            RAISE(lx, p + n, "invalid character '%.*s' (U+%04X)", (int)n, p, (unsigned)c);
        else
            RAISE(lx, p + n, "invalid non-printable character U+%04X", (unsigned)c);
        return NULL;
    }
    size_t n;
    uint8_t *norm = u8_normalize(UNINORM_NFKC, (const uint8_t *)start, (size_t)(end - start), NULL, &n);
    const ast_name *name = norm ? ast_intern(lx->names, (const char *)norm, n) : NULL;
    free(norm);
    if (!name)
        lx->failed = PY_LEX_NOMEM;
    return name;
}

/* A name that is written in ASCII; ast_intern's twin with the hash computed while scanning. */
static bool scan_name(py_lexer *lx, const char *start, const char *end, bool wide)
{
    const ast_name *name = wide ? wide_name(lx, start, end) : ast_intern(lx->names, start, (size_t)(end - start));
    if (!name) {
        if (!lx->failed)
            lx->failed = PY_LEX_NOMEM;
        return false;
    }
    py_tok_kind kind = !wide && name->id < PY_N_KEYWORDS ? (py_tok_kind)name->id : PY_T_NAME;
    if (UNLIKELY(lx->async_names) && (kind == PY_T_ASYNC || kind == PY_T_AWAIT) && !py__lex_async_keyword(lx, kind, end))
        kind = PY_T_NAME;
    py_token *t = py__lex_add(lx, kind, start, end);
    if (!t)
        return false;
    t->name = name;
    lx->cur = end;
    return true;
}

/* --- numbers --------------------------------------------------------------------------------------------------------- */

/* Is there, at p, one of the keywords that may follow a number without a space? */
static bool keyword_follows(const char *p)
{
    size_t n = 0;
    switch (*p) {
    case 'a': n = p[1] == 'n' && p[2] == 'd' ? 3 : 0; break;
    case 'e': n = p[1] == 'l' && p[2] == 's' && p[3] == 'e' ? 4 : 0; break;
    case 'f': n = p[1] == 'o' && p[2] == 'r' ? 3 : 0; break;
    case 'i': return p[1] == 'f' || p[1] == 'n' || p[1] == 's';
    case 'n': n = p[1] == 'o' && p[2] == 't' ? 3 : 0; break;
    case 'o': n = p[1] == 'r' ? 2 : 0; break;
    }
    return n && !is_name_char(p[n]);
}

/* The number ends before p: may what follows follow a number? */
static bool number_end_ok(py_lexer *lx, const char *p, const char *kind)
{
    if (keyword_follows(p)) {
        int32_t at = py_utf8_chars(lx->line_start, (size_t)(p - lx->line_start));
        py_lex_warn(lx, "SyntaxWarning", lx->lineno, at, at, py_front_printf(lx->arena, "invalid %s literal", kind));
        return true;
    }
    return !is_name_char(*p) || RAISE(lx, p, "invalid %s literal", kind);
}

/* Digits of one base with single underscores between them.  NULL: an error was raised. */
static const char *radix_digits(py_lexer *lx, const char *p, int base, const char *kind)
{
    do {
        if (*p == '_')
            p++;
        bool ok = base == 16 ? class(*p) & C_HEX : *p >= '0' && *p < '0' + base;
        if (!ok) {
            if (base != 16 && class(*p) & C_DIGIT)
                RAISE(lx, p + 1, "invalid digit '%c' in %s literal", *p, kind);
            else
                RAISE(lx, p, "invalid %s literal", kind);
            return NULL;
        }
        while (base == 16 ? class(*p) & C_HEX : *p >= '0' && *p < '0' + base)
            p++;
    } while (*p == '_');
    if (base != 16 && class(*p) & C_DIGIT) {
        RAISE(lx, p + 1, "invalid digit '%c' in %s literal", *p, kind);
        return NULL;
    }
    return number_end_ok(lx, p, kind) ? p : NULL;
}

static const char *decimal_digits(py_lexer *lx, const char *p)
{
    for (;;) {
        while (class(*p) & C_DIGIT)
            p++;
        if (*p != '_')
            return p;
        p++;
        if (!(class(*p) & C_DIGIT)) {
            RAISE(lx, p, "invalid decimal literal");
            return NULL;
        }
    }
}

/* From the '.' or the exponent on.  p: behind the integer part. */
static const char *float_tail(py_lexer *lx, const char *p)
{
    if (*p == '.') {
        p++;
        if (class(*p) & C_DIGIT && !(p = decimal_digits(lx, p)))
            return NULL;
    }
    if (*p == 'e' || *p == 'E') {
        const char *digits = p + 1;
        if (*digits == '+' || *digits == '-') {
            digits++;
            if (!(class(*digits) & C_DIGIT)) {
                RAISE(lx, digits, "invalid decimal literal");
                return NULL;
            }
        } else if (!(class(*digits) & C_DIGIT)) {
            return number_end_ok(lx, p, "decimal") ? p : NULL;
        }
        if (!(p = decimal_digits(lx, digits)))
            return NULL;
    }
    if (*p == 'j' || *p == 'J')
        return number_end_ok(lx, p + 1, "imaginary") ? p + 1 : NULL;
    return number_end_ok(lx, p, "decimal") ? p : NULL;
}

/* A number that begins with 0 and has no letter behind it: only zeros, or a float. */
static const char *zero_number(py_lexer *lx, const char *start)
{
    const char *p = start + 1;
    for (;;) {
        if (*p == '_') {
            p++;
            if (!(class(*p) & C_DIGIT)) {
                RAISE(lx, p, "invalid decimal literal");
                return NULL;
            }
        }
        if (*p != '0')
            break;
        p++;
    }
    const char *zeros_end = p;
    bool nonzero = class(*p) & C_DIGIT;
    if (nonzero && !(p = decimal_digits(lx, p)))
        return NULL;
    if (nonzero && *p != '.' && *p != 'e' && *p != 'E' && *p != 'j' && *p != 'J') {
        raise_range(lx, p, (int32_t)(start - lx->line_start) + 1, (int32_t)(zeros_end - lx->line_start) + 1,
                    "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers");
        return NULL;
    }
    return float_tail(lx, p);
}

static bool scan_number(py_lexer *lx, const char *start)
{
    const char *p = start;
    if (*p == '0') {
        switch (p[1]) {
        case 'x': case 'X': p = radix_digits(lx, p + 2, 16, "hexadecimal"); break;
        case 'o': case 'O': p = radix_digits(lx, p + 2, 8, "octal"); break;
        case 'b': case 'B': p = radix_digits(lx, p + 2, 2, "binary"); break;
        default: p = zero_number(lx, p); break;
        }
    } else {
        p = *p == '.' ? p : decimal_digits(lx, p);
        p = p ? float_tail(lx, p) : NULL;
    }
    if (!p)
        return false;
    lx->cur = p;
    return py__lex_add(lx, PY_T_NUMBER, start, p) != NULL;
}

/* --- strings --------------------------------------------------------------------------------------------------------- */

static bool is_string_prefix(const char *s, size_t n)
{
    if (n > 2)
        return false;
    unsigned seen = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned bit = 0;
        switch (s[i] | 32) {
        case 'r': bit = 1; break;
        case 'b': bit = 2; break;
        case 'f': bit = 4; break;
        case 'u': bit = 8; break;
        }
        if (!bit || (seen & bit))
            return false;
        seen |= bit;
    }
    return n == 1 || seen == (1 | 2) || seen == (1 | 4);
}

static bool unterminated(py_lexer *lx, const char *start, int32_t first_line, bool triple, bool eof)
{
    int32_t last = lx->lineno;
    lx->lineno = first_line;
    lx->line_start = lx->multi_line_start;
    lx->eof_in_string = eof;
    return RAISE(lx, start + 1, "unterminated %sstring literal (detected at line %d)", triple ? "triple-quoted " : "", last);
}

/* A string whose opening quote is at q; start: its prefix. */
static bool scan_string(py_lexer *lx, const char *start, const char *q)
{
    char quote = *q;
    bool triple = q[1] == quote && q[2] == quote;
    int32_t first_line = lx->lineno;
    lx->multi_line_start = lx->line_start;
    const char *p = q + (triple ? 3 : 1);
    unsigned char high = 0;
    for (;;) {
        while (!(class(*p) & C_STRING_STOP))
            high |= (unsigned char)*p++;
        if (*p == quote) {
            if (!triple || (p[1] == quote && p[2] == quote))
                break;
            p++;
        } else if (*p == '\n' || p == lx->end || *p == '\\') {
            bool escape = *p == '\\';
            if (escape && ++p < lx->end && *p != '\n') {
                p++;                     /* a multi-byte character's tail is no stop character */
                high |= (unsigned char)p[-1];
                continue;
            }
            if (p == lx->end)
                return unterminated(lx, start, first_line, triple, true);
            if (!triple && !escape)
                return unterminated(lx, start, first_line, false, false);
            lx->cur = ++p;
            begin_line(lx);
        } else {
            p++;                         /* the other quote, or NUL */
        }
    }
    p += triple ? 3 : 1;
    py_token *t = py__lex_add(lx, PY_T_STRING, start, p);
    if (!t)
        return false;
    t->ascii = high < 128;
    if (first_line != lx->lineno) {
        t->lineno = first_line;
        /* columns of both ends are shifted by the line on which the token ends, as Python does */
        int32_t shift = lx->lineno == lx->first_lineno ? lx->first_col : 0;
        t->col = (int32_t)(start - lx->multi_line_start) + shift;
        t->end_col = (int32_t)(p - lx->line_start) + shift;
    }
    lx->cur = p;
    return true;
}

/* --- operators ------------------------------------------------------------------------------------------------------- */

static bool open_bracket(py_lexer *lx, py_tok_kind kind)
{
    if (lx->level >= PY_MAX_PARENS)
        return RAISE(lx, lx->cur + 1, "too many nested parentheses");
    lx->paren[lx->level].c = *lx->cur;
    lx->paren[lx->level].lineno = lx->lineno;
    lx->paren[lx->level].col = (int32_t)(lx->cur - lx->line_start);
    lx->level++;
    lx->cur++;
    return py__lex_add(lx, kind, lx->cur - 1, lx->cur) != NULL;
}

static bool close_bracket(py_lexer *lx, py_tok_kind kind, char opening)
{
    char c = *lx->cur;
    if (lx->level == 0)
        return RAISE(lx, lx->cur + 1, "unmatched '%c'", c);
    lx->level--;
    char was = lx->paren[lx->level].c;
    int32_t line = lx->paren[lx->level].lineno;
    if (was != opening && line != lx->lineno)
        return RAISE(lx, lx->cur + 1, "closing parenthesis '%c' does not match opening parenthesis '%c' on line %d", c, was, line);
    if (was != opening)
        return RAISE(lx, lx->cur + 1, "closing parenthesis '%c' does not match opening parenthesis '%c'", c, was);
    lx->cur++;
    return py__lex_add(lx, kind, lx->cur - 1, lx->cur) != NULL;
}

#define PICK2(second, two, one) (p[1] == (second) ? (n = 2, PY_T_##two) : (n = 1, PY_T_##one))

static bool scan_operator(py_lexer *lx)
{
    const char *p = lx->cur;
    unsigned n = 1;
    py_tok_kind kind;
    switch (*p) {
    case '(': return open_bracket(lx, PY_T_LPAR);
    case '[': return open_bracket(lx, PY_T_LSQB);
    case '{': return open_bracket(lx, PY_T_LBRACE);
    case ')': return close_bracket(lx, PY_T_RPAR, '(');
    case ']': return close_bracket(lx, PY_T_RSQB, '[');
    case '}': return close_bracket(lx, PY_T_RBRACE, '{');
    case ',': kind = PY_T_COMMA; break;
    case ';': kind = PY_T_SEMI; break;
    case '~': kind = PY_T_TILDE; break;
    case '.': kind = p[1] == '.' && p[2] == '.' ? (n = 3, PY_T_ELLIPSIS) : PY_T_DOT; break;
    case ':': kind = PICK2('=', COLONEQUAL, COLON); break;
    case '=': kind = PICK2('=', EQEQUAL, EQUAL); break;
    case '!': kind = PICK2('=', NOTEQUAL, OTHER); break;
    case '+': kind = PICK2('=', PLUSEQUAL, PLUS); break;
    case '%': kind = PICK2('=', PERCENTEQUAL, PERCENT); break;
    case '&': kind = PICK2('=', AMPEREQUAL, AMPER); break;
    case '|': kind = PICK2('=', VBAREQUAL, VBAR); break;
    case '^': kind = PICK2('=', CIRCUMFLEXEQUAL, CIRCUMFLEX); break;
    case '@': kind = PICK2('=', ATEQUAL, AT); break;
    case '-': kind = p[1] == '>' ? (n = 2, PY_T_RARROW) : PICK2('=', MINEQUAL, MINUS); break;
    case '*':
        kind = p[1] != '*' ? PICK2('=', STAREQUAL, STAR) : p[2] == '=' ? (n = 3, PY_T_DOUBLESTAREQUAL) : (n = 2, PY_T_DOUBLESTAR);
        break;
    case '/':
        kind = p[1] != '/' ? PICK2('=', SLASHEQUAL, SLASH) : p[2] == '=' ? (n = 3, PY_T_DOUBLESLASHEQUAL)
            : (n = 2, PY_T_DOUBLESLASH);
        break;
    case '<':
        kind = p[1] == '>' ? (n = 2, PY_T_NOTEQUAL) : p[1] != '<' ? PICK2('=', LESSEQUAL, LESS)
            : p[2] == '=' ? (n = 3, PY_T_LEFTSHIFTEQUAL) : (n = 2, PY_T_LEFTSHIFT);
        break;
    case '>':
        kind = p[1] != '>' ? PICK2('=', GREATEREQUAL, GREATER) : p[2] == '=' ? (n = 3, PY_T_RIGHTSHIFTEQUAL)
            : (n = 2, PY_T_RIGHTSHIFT);
        break;
    default:
        if ((unsigned char)*p < 32 || *p == 127)
            return RAISE(lx, p + 1, "invalid non-printable character U+%04X", (unsigned)*p);
        kind = PY_T_OTHER;               /* $ ? ` */
        break;
    }
    lx->cur = p + n;
    return py__lex_add(lx, kind, p, p + n) != NULL;
}

/* --- the loop -------------------------------------------------------------------------------------------------------- */

/* One token that begins at cur, where no space is. */
static bool scan_token(py_lexer *lx)
{
    const char *p = lx->cur;
    unsigned c = class(*p);
    if (c & (C_ID | C_HIGH)) {
        unsigned seen = 0;
        do
            seen |= class(*p++);
        while (class(*p) & (C_ID | C_DIGIT | C_HIGH));
        if (class(*p) & C_QUOTE && is_string_prefix(lx->cur, (size_t)(p - lx->cur)))
            return scan_string(lx, lx->cur, p);
        return scan_name(lx, lx->cur, p, seen & C_HIGH);
    }
    if (c & C_DIGIT || (*p == '.' && class(p[1]) & C_DIGIT))
        return scan_number(lx, p);
    if (c & C_QUOTE)
        return scan_string(lx, p, p);
    return scan_operator(lx);
}

/* Everything of one logical line, its NEWLINE included. false: error, or the text ended. */
static bool scan_line(py_lexer *lx)
{
    for (;;) {
        while (class(*lx->cur) & C_SPACE)
            lx->cur++;
        char c = *lx->cur;
        if (c == '#') {
            const char *start = lx->cur;
            bool made = false;
            lx->cur = line_end(lx, start);
            if (UNLIKELY(lx->type_comments) && !py__lex_type_comment(lx, start, &made))
                return false;
            if (!made && lx->level == 0 && lx->cur < lx->end) {
                lx->cur++;
                return py__lex_add(lx, PY_T_NEWLINE, start, lx->cur - 1) != NULL;
            }
            c = *lx->cur;
        }
        if (c == '\n') {
            lx->cur++;
            if (lx->level == 0)
                return py__lex_add(lx, PY_T_NEWLINE, lx->cur - 1, lx->cur - 1) != NULL;
            begin_line(lx);
        } else if (c == 0 && lx->cur >= lx->end) {
            return false;
        } else if (c == '\\') {
            lx->cur++;
            if (!continuation(lx))
                return false;
        } else if (!scan_token(lx)) {
            return false;
        }
    }
}

/* What comes at the end of the text: open blocks are closed, and in mode SINGLE the end counts as a line. */
static bool scan_end(py_lexer *lx, bool at_line_start)
{
    if (lx->level)
        return fail(lx, PY_LEX_EOF);
    lx->eof_tok = lx->n;
    if (at_line_start && !set_indent(lx, 0, 0))
        return false;
    if (lx->single && lx->n) {
        if (!add_empty(lx, PY_T_NEWLINE))
            return false;
        if (lx->indents && !lx->dont_imply_dedent && (!set_indent(lx, 0, 0) || !add_empty(lx, PY_T_NEWLINE)))
            return false;
    }
    return add_empty(lx, PY_T_END);
}

bool py_lex_run(py_lexer *lx, const char *src, size_t n)
{
    lx->src = lx->cur = lx->line_start = src;
    lx->end = src + n;
    lx->lineno = lx->first_lineno - 1;
    lx->cap = (uint32_t)(n / 4 + 16);
    lx->n = 0;
    lx->toks = base_mem_alloc(lx->cap * sizeof *lx->toks);
    lx->failed = lx->toks ? PY_LEX_OK : PY_LEX_NOMEM;
    lx->eof_tok = UINT32_MAX;
    lx->ignores_tail = &lx->ignores;
    bool at_line_start = true;
    while (!lx->failed) {
        begin_line(lx);
        if (lx->cur >= lx->end)
            break;
        bool blank;
        if (!scan_indent(lx, &blank) || blank)
            continue;
        if (UNLIKELY(lx->async_def) && lx->async_def_nl && lx->async_def_indents >= lx->indents)
            lx->async_def = lx->async_def_nl = false;
        if (!scan_line(lx)) {
            at_line_start = false;
            break;
        }
        lx->async_def_nl = lx->async_def;
    }
    if (!lx->failed)
        scan_end(lx, at_line_start);
    if (lx->failed == PY_LEX_EOF)
        lx->eof_tok = lx->n - 1;
    return lx->failed != PY_LEX_NOMEM;
}

void py_lex_release(py_lexer *lx)
{
    base_mem_free(lx->toks);
    lx->toks = NULL;
}
