/* parse_int.h: what the parser's files share.
 *
 * The parser is recursive descent over the flat token array, one function a rule, without memo.  It runs once; when that fails it
 * runs a second time with `explain` set, and then stops at the place where it can say what is wrong.
 *
 * P1  A rule that returns NULL (or false) has failed: either p->err is set, and nothing may be tried any more, or the text is
 *     not of this rule; p->t then stands on the token that did not fit.
 * P2  Only a caller that goes back (p->t = saved) calls py__mark_far first, so that p->far is the furthest token ever looked at.
 * P3  p->depth is the number of rules that are active; above PY_MAX_DEPTH parsing ends with a MemoryError.   (py__enter)  */
#ifndef INTERP_FRONT_PARSE_INT_H
#define INTERP_FRONT_PARSE_INT_H
#include "interp/front/lex.h"

enum { PY_THIS_MINOR = 11, PY_MAX_DEPTH = 5900, PY_MAX_FSTRING_NESTING = 2 };

typedef struct py_parser {
    const py_token *t;           /* the token to be read next */
    const py_token *far;         /* furthest token that was looked at before going back */
    bool second;                 /* second pass */
    bool explain;                /* … and raise what is known about the error */
    bool raised;                 /* err is set */
    bool sole;                   /* … and nothing behind it may be preferred */
    uint8_t minor;               /* the version of Python 3 that the text is for */
    unsigned depth;
    unsigned spec;               /* speculative parses left before no more are tried: bounds the second pass */
    void **stack;                /* sequences under construction; malloc'ed */
    uint32_t n_stack, cap_stack;
    base_arena *arena;
    ast_names *names;
    const char *filename;
    unsigned flags;
    py_lexer lx;
    py_syntax_error err;
    int32_t seen_line, seen_col; /* where the first pass ended */
    const py_token *known_err;   /* an error without a place of its own belongs to this token; NULL: the furthest one */
    bool whole_file;             /* mode EXEC */
    bool in_fstring;             /* this parser reads an expression of an f-string */
    bool byte_columns;           /* an error's columns are bytes, as CPython has it for f-strings and text without a declared encoding */
} py_parser;

/* --- parse.c: errors ------------------------------------------------------------------------------------------------- */
bool py__parse_run(py_parser *p, const char *src, size_t n, int32_t lineno, int32_t col, py_parse_mode mode, void **out);
void *py__raise_memory(py_parser *p);
bool py__at_lexical_error(py_parser *p);                /* is the next token the tokenizer's error?  Raises it then. */
/* These return NULL, and do nothing in the first pass.  Lines from 1, columns in bytes from 0; end_col < 0: none. */
void *py__raise_place(py_parser *p, const char *type, int32_t line, int32_t col, int32_t end_line, int32_t end_col,
                      const char *format, ...) PRINTF(7, 8);
void *py__raise(py_parser *p, const char *type, const char *format, ...) PRINTF(3, 4);       /* at the furthest token */
void *py__raise_from(py_parser *p, int32_t line, int32_t col, const char *msg);      /* to where the tokenizer has come */
/* Is the text for a Python that knows this?  Raises where it is not, in either pass.  what: "… are" */
void *py__too_new(py_parser *p, unsigned minor, const char *what);
static inline bool py__since(py_parser *p, unsigned minor, const char *what)
{
    return LIKELY(p->minor >= minor) || py__too_new(p, minor, what);
}
#define RAISE_AT(p, node, ...) \
    py__raise_place(p, "SyntaxError", (node)->lineno, (node)->col_offset, (node)->end_lineno, (node)->end_col_offset, __VA_ARGS__)
#define RAISE_RANGE(p, a, b, ...) \
    py__raise_place(p, "SyntaxError", (a)->lineno, (a)->col_offset, (b)->end_lineno, (b)->end_col_offset, __VA_ARGS__)
#define RAISE_TOKEN(p, tok, ...) \
    py__raise_place(p, "SyntaxError", (tok)->lineno, (tok)->col, (tok)->end_lineno, (tok)->end_col, __VA_ARGS__)
#define RAISE_HERE(p, ...) py__raise(p, "SyntaxError", __VA_ARGS__)

/* --- parse.c: nodes and sequences ------------------------------------------------------------------------------------ */
bool py__push_slow(py_parser *p, void *item) MUST_CHECK;
void *py__pop(py_parser *p, uint32_t mark) MUST_CHECK;         /* the items above mark, as a sequence in the arena */

/* The items above mark, which are pairs, as two sequences. */
bool py__pop_pairs(py_parser *p, uint32_t mark, void *firsts, void *seconds) MUST_CHECK;
/* Room for one more in an arena array of n items that doubles. */
bool py__grow(py_parser *p, void *array, uint32_t n, uint32_t *cap) MUST_CHECK;

static inline MUST_CHECK bool py__push(py_parser *p, void *item)
{
    if (UNLIKELY(p->n_stack == p->cap_stack))
        return py__push_slow(p, item);
    p->stack[p->n_stack++] = item;
    return true;
}
static inline bool py__at(const py_parser *p, py_tok_kind kind)
{
    return p->t->kind == kind;
}
static inline bool py__accept(py_parser *p, py_tok_kind kind)
{
    bool yes = p->t->kind == kind;
    p->t += yes;
    return yes;
}
static inline bool py__at_soft(const py_parser *p, uint32_t soft)
{
    return p->t->kind == PY_T_NAME && p->t->name->id == soft;
}
static inline void py__mark_far(py_parser *p)
{
    if (p->t > p->far)
        p->far = p->t;
}
/* Looks at the token behind the next one. */
static inline py_tok_kind py__peek(py_parser *p)
{
    if (p->t->kind == PY_T_END || p->t->kind == PY_T_ERROR)
        return (py_tok_kind)p->t->kind;
    if (p->t + 1 > p->far)
        p->far = p->t + 1;
    return (py_tok_kind)p->t[1].kind;
}
static inline bool py__enter(py_parser *p)
{
    if (UNLIKELY(p->depth >= PY_MAX_DEPTH)) {
        py__raise_memory(p);
        return false;
    }
    p->depth++;
    return true;
}
static inline void py__leave(py_parser *p)
{
    p->depth--;
}
/* A node from token `start` to the last token that was read. */
static inline void py__end_here(const py_parser *p, void *node)
{
    ast_node *n = node;
    n->end_lineno = p->t[-1].end_lineno;
    n->end_col_offset = p->t[-1].end_col;
}
static inline void *py__node_at(py_parser *p, ast_kind kind, int32_t lineno, int32_t col)
{
    ast_node *n = base_arena_zalloc(p->arena, ast_kinds[kind].size);
    if (UNLIKELY(!n))
        return NULL;
    n->kind = (uint16_t)kind;
    n->lineno = lineno;
    n->col_offset = col;
    py__end_here(p, n);
    return n;
}
static inline void *py__node(py_parser *p, ast_kind kind, const py_token *start)
{
    return py__node_at(p, kind, start->lineno, start->col);
}
static inline void *py__node_from(py_parser *p, ast_kind kind, const void *first)
{
    const ast_node *n = first;
    return py__node_at(p, kind, n->lineno, n->col_offset);
}
/* [TYPE_COMMENT] */
static inline const ast_name *py__type_comment(py_parser *p)
{
    return UNLIKELY(p->t->kind == PY_T_TYPE_COMMENT) ? p->t++->name : NULL;
}
/* Where the parser stands, and going back there (P2). */
typedef struct py_spot { const py_token *t; uint32_t n_stack; unsigned depth; } py_spot;
static inline py_spot py__spot(const py_parser *p)
{
    return (py_spot){p->t, p->n_stack, p->depth};
}
static inline void py__go_back(py_parser *p, const py_spot *to)
{
    py__mark_far(p);
    p->t = to->t;
    p->n_stack = to->n_stack;
    p->depth = to->depth;
}
/* PEG's way, which explanations rely on: a rule that cannot go on, in the second pass, ends before the part that did not fit.
 * Goes back there; false: the rule fails. */
static inline bool py__cut_back(py_parser *p, const py_spot *to)
{
    if (LIKELY(!p->second) || p->raised || p->t->kind == PY_T_ERROR)
        return false;
    py__go_back(p, to);
    return true;
}
/* For compound statements: ends at the last token that is no NEWLINE, INDENT or DEDENT. */
void py__end_block(const py_parser *p, void *node);

/* --- parse_expr.c ---------------------------------------------------------------------------------------------------- */
ast_expr *py__expression(py_parser *p);
ast_expr *py__named_expression(py_parser *p);
ast_expr *py__disjunction(py_parser *p);
ast_expr *py__bitwise_or(py_parser *p);
ast_expr *py__primary(py_parser *p);
ast_expr *py__star_expressions(py_parser *p);
ast_expr *py__star_expression(py_parser *p);
ast_expr *py__star_named_expression(py_parser *p);
ast_expr *py__starred(py_parser *p);                    /* '*' bitwise_or */
ast_expr *py__yield_or_star_expressions(py_parser *p);
ast_expr *py__star_targets(py_parser *p);               /* of `for`: context Store */
ast_expr *py__tuple_from(py_parser *p, uint32_t mark, const py_token *start);
bool py__starts_expression(py_tok_kind kind);
/* May e be assigned to, as an element of a target list?  Sets the context then. */
bool py__as_target(ast_expr *e, ast_expr_context ctx);
enum py__target { PY__STAR_TARGETS, PY__DEL_TARGETS, PY__FOR_TARGETS };
/* Raises "cannot assign to ..." for the first part of e that is no target; if there is none, just fails. */
void *py__raise_invalid_target(py_parser *p, ast_expr *e, enum py__target type);
const char *py__expr_name(const ast_expr *e);
/* Second pass, behind an expression that should have ended: does '=' or ':=' follow? Raises then. */
bool py__check_named(py_parser *p, ast_expr *e);
/* Runs rule from where p stands, without explaining; the position is kept only on success. */
ast_expr *py__try(py_parser *p, ast_expr *(*rule)(py_parser *));
/* The same in the second pass, explaining. */
ast_expr *py__look(py_parser *p, ast_expr *(*rule)(py_parser *));
ast_expr *py__name(py_parser *p, ast_expr_context ctx);

/* --- parse_atom.c ---------------------------------------------------------------------------------------------------- */
ast_expr *py__atom(py_parser *p);
bool py__at_for(py_parser *p);                          /* `for`, or `async for` */
ast_comprehension_seq *py__for_if_clauses(py_parser *p);

/* --- parse_args.c ---------------------------------------------------------------------------------------------------- */
/* Up to, not including, `end` (')' or ':'). */
ast_arguments *py__parameters(py_parser *p, py_tok_kind end);
bool py__call_arguments(py_parser *p, ast_expr_seq **args, ast_keyword_seq **keywords);     /* behind '(', to ')' inclusive */

/* --- parse_string.c -------------------------------------------------------------------------------------------------- */
ast_expr *py__strings(py_parser *p);
bool py__number(py_parser *p, const py_token *t, ast_constant *out);
ast_expr *py__fstring_expression(py_parser *p);

/* --- parse_stmt.c, parse_block.c, parse_pattern.c ----------------------------------------------------------------------------------- */
ast_mod *py__file(py_parser *p, py_parse_mode mode);
bool py__simple_statements(py_parser *p);              /* a line of them, pushed */
bool py__statement(py_parser *p);                      /* one compound statement, or such a line, pushed */
ast_stmt *py__compound_statement(py_parser *p, bool *compound);
void py__explain_match(py_parser *p, const py_token *start);
/* `after` says behind what the block stands, for the message of its absence. */
ast_stmt_seq *py__block(py_parser *p, const char *after, const py_token *keyword);
ast_stmt *py__match(py_parser *p);
/* Does a match statement begin here? */
bool py__is_match(py_parser *p);

#endif
