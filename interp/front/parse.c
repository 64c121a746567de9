/* parse.c: runs the parser over a source text and makes the error record when it fails.  No locks. */
#include "interp/front/parse_int.h"
#include <stdarg.h>
#include <stdio.h>
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- nodes ----------------------------------------------------------------------------------------------------------- */

bool py__push_slow(py_parser *p, void *item)
{
    uint32_t cap = p->cap_stack ? p->cap_stack * 2 : 256;
    void **grown = base_mem_resize(p->stack, cap * sizeof *grown);
    if (!grown) {
        py__raise_memory(p);
        return false;
    }
    p->stack = grown;
    p->cap_stack = cap;
    p->stack[p->n_stack++] = item;
    return true;
}

void *py__pop(py_parser *p, uint32_t mark)
{
    uint32_t n = p->n_stack - mark;
    ast_expr_seq *seq = ast_seq_new(p->arena, n);
    if (seq && n)
        memcpy(seq->items, p->stack + mark, n * sizeof *p->stack);
    p->n_stack = mark;
    return seq;
}

bool py__pop_pairs(py_parser *p, uint32_t mark, void *firsts, void *seconds)
{
    uint32_t n = (p->n_stack - mark) / 2;
    ast_expr_seq *pair[2] = {ast_seq_new(p->arena, n), ast_seq_new(p->arena, n)};
    for (uint32_t i = 0; pair[0] && pair[1] && i < 2 * n; i++)
        pair[i & 1]->items[i / 2] = p->stack[mark + i];
    p->n_stack = mark;
    memcpy(firsts, &pair[0], sizeof pair[0]);
    memcpy(seconds, &pair[1], sizeof pair[1]);
    return pair[0] && pair[1];
}

bool py__grow(py_parser *p, void *array, uint32_t n, uint32_t *cap)
{
    void **old;
    if (n < *cap)
        return true;
    uint32_t more = *cap ? *cap * 2 : 8;
    void **grown = base_arena_alloc(p->arena, more * sizeof *grown);
    if (!grown)
        return false;
    memcpy(&old, array, sizeof old);
    if (n)
        memcpy(grown, old, n * sizeof *grown);
    memcpy(array, &grown, sizeof grown);
    *cap = more;
    return true;
}

void py__end_block(const py_parser *p, void *node)
{
    const py_token *last = p->t - 1;
    while (last > p->lx.toks && (last->kind == PY_T_NEWLINE || last->kind == PY_T_INDENT || last->kind == PY_T_DEDENT))
        last--;
    ast_node *n = node;
    n->end_lineno = last->end_lineno;
    n->end_col_offset = last->end_col;
}

/* --- errors ---------------------------------------------------------------------------------------------------------- */

/* The furthest token that the parser has seen: what CPython calls the last token of its buffer. */
static const py_token *furthest(const py_parser *p)
{
    return p->t > p->far ? p->t : p->far;
}

void *py__raise_memory(py_parser *p)
{
    if (!p->raised)
        p->err = (py_syntax_error){.type = "MemoryError"};
    p->raised = true;
    return NULL;
}

static const char *line_begin(const py_lexer *lx, int32_t lineno, const char **end)
{
    const char *line = lx->src;
    for (int32_t n = lx->first_lineno; n < lineno; n++) {
        const char *nl = memchr(line, '\n', (size_t)(lx->end - line));
        if (!nl || nl + 1 >= lx->end)
            break;
        line = nl + 1;
    }
    const char *nl = memchr(line, '\n', (size_t)(lx->end - line));
    *end = nl ? nl + 1 : lx->end;
    return line;
}

/* The line where the text of line `line` begins in CPython's buffer: that of the string that ends on it, or of what was
 * continued onto it by a backslash.  t: a token of that line. */
static int32_t first_line(const py_lexer *lx, const py_token *t, int32_t line)
{
    for (; t >= lx->toks; t--)
        if (t->kind == PY_T_STRING && t->end_lineno == line && t->lineno < line)
            line = t->lineno;
    const char *end;
    for (const char *begin = line_begin(lx, line, &end); begin - lx->src >= 2 && begin[-2] == '\\';) {
        const char *back = begin - 2;
        do
            begin--;
        while (begin > lx->src && begin[-1] != '\n');
        size_t blank = strspn(begin, " \t\f");
        if (blank == (size_t)(back - begin) || begin[blank] == '#')
            break;                       /* indentation alone is forgotten, a comment is not continued */
        line--;
    }
    return line;
}

/* A column in characters from one in bytes, both from 1; 0 or less stays.  Behind the end of the text there is one more. */
static int32_t to_characters(const char *text, const char *end, int32_t col)
{
    if (col <= 0)
        return col;
    size_t bytes = (size_t)col - 1, n = (size_t)(end - text);
    return py_utf8_chars(text, bytes < n ? bytes : n) + 1;
}

/* Fills p->err; columns count from 1 here, in bytes, 0 or -1 meaning none. */
static void set_error(py_parser *p, const char *type, int32_t line, int32_t col, int32_t end_line, int32_t end_col, const char *msg)
{
    if (!msg) {
        py__raise_memory(p);
        return;
    }
    if (p->in_fstring)
        msg = py_front_printf(p->arena, "f-string: %s", msg);
    /* The line has its newline as long as the tokenizer, in CPython's way of working, would not have left it; and it begins
     * where the string begins that ends on it. */
    const py_token *f = furthest(p);
    bool read = p->whole_file && access(p->filename, R_OK) == 0, passed = f->end_lineno > line;      /* read: there, the line comes from the file */
    int32_t first = passed || read ? line : first_line(&p->lx, f, line);
    const char *end, *text = line_begin(&p->lx, line, &end);
    if (first != line)
        text = line_begin(&p->lx, first, &(const char *){NULL});
    const char *stop = passed && !read && end > text && end[-1] == '\n' ? end - 1 : end;
    bool bytes = p->byte_columns;        /* they are left as they are */
    text = py_utf8_replaced(p->arena, text, (size_t)(stop - text));
    if (!text) {
        py__raise_memory(p);
        return;
    }
    stop = text + strlen(text);
    p->err = (py_syntax_error){
        .type = type, .msg = msg, .lineno = line, .offset = bytes ? col : to_characters(text, stop, col), .end_lineno = end_line,
        .end_offset = bytes ? end_col : to_characters(text, stop, end_col), .text = text,
    };
    p->raised = true;
}

/* An error at the furthest token. */
static void raise_furthest(py_parser *p, const char *type, const char *msg)
{
    const py_token *t = p->known_err ? p->known_err : furthest(p);
    const char *copy = base_arena_strndup(p->arena, msg, strlen(msg));
    int32_t shift = p->lx.first_col;
    if (t->col < 0) {                    /* it stands for no text: where the tokenizer was */
        const char *end, *line = line_begin(&p->lx, t->lineno, &end);
        bool script_end = (p->flags & PY_PARSE_FROM_FILE) && t->kind != PY_T_ERROR && p->lx.src + t->start == p->lx.end;
        set_error(p, type, t->lineno, script_end ? 0 : (int32_t)(p->lx.src + t->start - line), t->end_lineno, -1, copy);
    } else {
        set_error(p, type, t->lineno, t->col + 1 - shift, t->end_lineno, t->end_col + 1 - shift, copy);
    }
}

static void raise_unclosed(py_parser *p)
{
    const py_lexer *lx = &p->lx;
    char msg[32];
    snprintf(msg, sizeof msg, "'%c' was never closed", lx->paren[lx->level - 1].c);
    p->raised = false;
    int32_t line = lx->paren[lx->level - 1].lineno;
    set_error(p, "SyntaxError", line, lx->paren[lx->level - 1].col + 1, line, 0, base_arena_strndup(p->arena, msg, strlen(msg)));
}

/* The tokenizer's error, of which the parser has met the token. */
static void raise_lexical(py_parser *p)
{
    const py_lexer *lx = &p->lx;
    const py_token *t = &lx->toks[lx->n - 1];
    p->explain = true;
    p->raised = false;
    p->far = t;
    switch (lx->failed) {
    case PY_LEX_RAISED:
        p->err = lx->err;
        p->raised = true;
        break;
    case PY_LEX_EOF:
        if (lx->level)
            raise_unclosed(p);
        else
            raise_furthest(p, "SyntaxError", "unexpected EOF while parsing");
        break;
    case PY_LEX_DEDENT:
        raise_furthest(p, "IndentationError", "unindent does not match any outer indentation level");
        break;
    case PY_LEX_TABSPACE:
        set_error(p, "TabError", t->lineno, 1, t->lineno, 0, "inconsistent use of tabs and spaces in indentation");
        break;
    case PY_LEX_TOODEEP:
        set_error(p, "IndentationError", t->lineno, 1, t->lineno, 0, "too many levels of indentation");
        break;
    case PY_LEX_LINECONT: {
        const char *end, *line = line_begin(lx, first_line(lx, t, t->lineno), &end);
        set_error(p, "SyntaxError", t->lineno, (int32_t)(lx->src + t->start - line), t->lineno, 0,
                  "unexpected character after line continuation character");
        break;
    }
    default:
        py__raise_memory(p);
        break;
    }
}

/* No more is said than what the tokenizer has to say, once the parser has come that far. */
bool py__at_lexical_error(py_parser *p)
{
    if (p->t->kind != PY_T_ERROR)
        return false;
    raise_lexical(p);
    return true;
}

void *py__raise_place(py_parser *p, const char *type, int32_t line, int32_t col, int32_t end_line, int32_t end_col,
                      const char *format, ...)
{
    if (!p->explain || p->raised || py__at_lexical_error(p))
        return NULL;
    py__mark_far(p);
    char msg[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(msg, sizeof msg, format, ap);
    va_end(ap);
    /* The text shown is the expression alone.  The shift is taken back on every line, though only tokens of the first have it. */
    col -= p->lx.first_col;
    end_col -= end_col >= 0 ? p->lx.first_col : 0;
    set_error(p, type, line, col + 1, end_line, end_col < 0 ? 0 : end_col + 1, base_arena_strndup(p->arena, msg, strlen(msg)));
    return NULL;
}

void *py__raise(py_parser *p, const char *type, const char *format, ...)
{
    if (!p->explain || p->raised || py__at_lexical_error(p))
        return NULL;
    char msg[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(msg, sizeof msg, format, ap);
    va_end(ap);
    raise_furthest(p, type, msg);
    return NULL;
}

COLD void *py__too_new(py_parser *p, unsigned minor, const char *what)
{
    bool explain = p->explain;
    p->explain = true;
    RAISE_HERE(p, "%s only supported in Python 3.%u and greater", what, minor);
    p->explain = explain;
    return NULL;
}

void *py__raise_from(py_parser *p, int32_t line, int32_t col, const char *msg)
{
    py__mark_far(p);
    return py__raise_place(p, "SyntaxError", line, col, p->far->end_lineno, p->far->end_col - 1, "%s", msg);
}

/* An error of the rest of the text may be the better explanation: what the tokenizer raised, or an unclosed bracket that was
 * opened on an earlier line. */
static void prefer_lexical(py_parser *p, int32_t err_line, bool generic)
{
    const py_lexer *lx = &p->lx;
    bool tokenizer_at_end = furthest(p) >= lx->toks + lx->eof_tok;
    if (!generic && tokenizer_at_end)
        return;
    if (lx->failed == PY_LEX_RAISED)
        raise_lexical(p);
    else if (lx->failed && lx->level && err_line > lx->paren[lx->level - 1].lineno)
        raise_unclosed(p);
}

/* --- running --------------------------------------------------------------------------------------------------------- */

static void reset(py_parser *p)
{
    p->t = p->lx.toks;
    p->n_stack = 0;
    p->depth = 0;
    p->raised = false;
}

static void *parse(py_parser *p, py_parse_mode mode)
{
    if (p->in_fstring)
        return py__fstring_expression(p);
    return py__file(p, mode);
}

/* The second pass, and the choice of the best message. */
static COLD void explain(py_parser *p, py_parse_mode mode)
{
    py_lexer *lx = &p->lx;
    const py_token *last = furthest(p);
    if (p->raised) {                     /* a string literal's error, or out of memory */
        if (p->err.msg && !p->sole)
            prefer_lexical(p, last->lineno, false);
        return;
    }
    if (p->arena->failed) {
        py__raise_memory(p);
        return;
    }
    if ((p->flags & PY_PARSE_INTERACTIVE) && (last >= lx->toks + lx->eof_tok || (last->kind == PY_T_ERROR && lx->eof_in_string))) {
        p->explain = true;
        p->far = last;
        p->t = last;
        raise_furthest(p, "SyntaxError", "incomplete input");
        p->err.incomplete = true;
        return;
    }
    if (last->kind == PY_T_ERROR) {
        raise_lexical(p);
        return;
    }
    reset(p);
    p->far = last;
    p->second = p->explain = lx->quiet = true;
    p->spec = lx->n * 16 + 4096;
    parse(p, mode);
    py__at_lexical_error(p);
    if (p->raised) {
        prefer_lexical(p, furthest(p)->lineno, false);
        return;
    }
    if (p->arena->failed) {
        py__raise_memory(p);
        return;
    }
    p->t = p->known_err = last;
    if (last->kind == PY_T_INDENT || last->kind == PY_T_DEDENT) {
        py__raise(p, "IndentationError", last->kind == PY_T_INDENT ? "unexpected indent" : "unexpected unindent");
        return;
    }
    if (last->col < 0)
        set_error(p, "SyntaxError", last->lineno, 0, last->lineno, 0, "invalid syntax");
    else
        RAISE_TOKEN(p, last, "invalid syntax");
    prefer_lexical(p, furthest(p)->lineno, true);
}

bool py__parse_run(py_parser *p, const char *src, size_t n, int32_t lineno, int32_t col, py_parse_mode mode, void **out)
{
    p->lx.first_lineno = lineno;
    p->lx.first_col = col;
    p->lx.arena = p->arena;
    p->lx.names = p->names;
    p->lx.single = mode == PY_PARSE_SINGLE && !p->in_fstring;
    p->lx.dont_imply_dedent = p->flags & PY_PARSE_DONT_IMPLY_DEDENT;
    p->lx.quiet = p->flags & PY_PARSE_NO_WARNINGS;
    p->minor = (uint8_t)(p->flags / PY_PARSE_VERSION ? p->flags / PY_PARSE_VERSION - 1 : PY_THIS_MINOR);
    p->whole_file = mode == PY_PARSE_EXEC;
    p->lx.async_names = p->minor < 7;
    p->lx.byte_columns = p->byte_columns;
    p->lx.type_comments = (p->flags & PY_PARSE_TYPE_COMMENTS) && !p->in_fstring;
    void *tree = NULL;
    if (!py_lex_run(&p->lx, src, n)) {
        py__raise_memory(p);
    } else {
        reset(p);
        p->far = p->t;
        tree = parse(p, mode);
        if (tree && !p->arena->failed && !p->raised)
            *out = tree;
        else {
            p->seen_line = furthest(p)->end_lineno;
            p->seen_col = furthest(p)->end_col + 1;
            explain(p, mode);
        }
        if (p->raised)
            tree = NULL;
    }
    py_lex_release(&p->lx);
    base_mem_free(p->stack);
    p->stack = NULL;
    p->cap_stack = 0;
    return tree != NULL;
}

/* The tokenizer runs ahead of the parser: puts warnings in the order of the text, and drops those
 * behind what the parser has seen. */
static void settle_warnings(py_warning **list, int32_t line, int32_t col)
{
    py_warning *rest = *list;
    *list = NULL;
    while (rest) {
        py_warning *w = rest, **at = list;
        rest = w->next;
        if (w->lineno > line || (w->lineno == line && w->offset > col))
            continue;
        while (*at && ((*at)->lineno < w->lineno || ((*at)->lineno == w->lineno && (*at)->offset <= w->offset)))
            at = &(*at)->next;
        w->next = *at;
        *at = w;
    }
}

bool py_front_parse(const char *src, size_t len, const char *filename, py_parse_mode mode, unsigned flags, base_arena *arena,
                    ast_mod **out, py_syntax_error *err, py_warning **warnings)
{
    *out = NULL;
    *err = (py_syntax_error){0};
    if (warnings)
        *warnings = NULL;
    py_source source;
    if (!py_source_decode(&source, src, len, filename, mode, flags, arena, err)) {
        if (flags & PY_PARSE_FROM_FILE)
            err->offset = 0;             /* a script's: has no place at all */
        return false;
    }
    ast_names *names = base_arena_alloc(arena, sizeof *names);
    py_parser p = {.arena = arena, .names = names, .filename = filename, .flags = flags, .byte_columns = !source.declared};
    p.lx.warn_tail = warnings;
    void *tree = NULL;
    bool ok = false;
    if (names && py_lex_init_names(names, arena)) {
        ok = py__parse_run(&p, source.text, source.n, 1, 0, mode, &tree);
        if (ok) {
            *out = tree;
            (*out)->names = names;
        } else {
            ast_names_release(names);
        }
    } else {
        py__raise_memory(&p);
    }
    if (warnings && *warnings)
        settle_warnings(warnings, ok ? INT32_MAX : p.seen_line, p.seen_col);
    *err = p.err;
    base_mem_free(source.text);
    return ok;
}

void py_front_release(ast_mod *mod)
{
    if (mod && mod->names)
        ast_names_release(mod->names);
}

void py_front_locate(const char *src, size_t len, base_arena *arena, int32_t col, int32_t end_col, py_syntax_error *err)
{
    err->offset = col < 0 ? 0 : col + 1;
    err->end_offset = end_col < 0 ? 0 : end_col + 1;
    err->text = NULL;
    if (!src)
        return;
    const char *line = src, *end = src + len, *stop;
    for (int32_t n = 1; ; n++) {
        stop = line;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        if (n == err->lineno || stop >= end)
            break;
        line = stop + (*stop == '\r' && stop + 1 < end && stop[1] == '\n' ? 2 : 1);
    }
    bool valid = true;                   /* else CPython shows no line, whatever the file's encoding */
    for (const char *s = line; s < stop && valid;) {
        unsigned n = py_utf8_len((const unsigned char *)s, (size_t)(stop - s), true);
        valid = n;
        s += n;
    }
    if (valid)
        err->text = py_front_printf(arena, "%.*s%s", (int)(stop - line), line, stop < end ? "\n" : "");
}
