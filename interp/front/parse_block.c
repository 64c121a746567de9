/* parse_block.c: blocks and compound statements.  No locks. */
#include "interp/front/parse_int.h"

/* --- blocks ------------------------------------------------------------------------------------------------------------ */

ast_stmt_seq *py__block(py_parser *p, const char *after, const py_token *keyword)
{
    uint32_t mark = p->n_stack;
    if (!py__at(p, PY_T_NEWLINE))
        return py__simple_statements(p) ? py__pop(p, mark) : NULL;
    p->t++;
    if (!py__accept(p, PY_T_INDENT))
        return py__raise(p, "IndentationError", "expected an indented block after %s on line %d", after, keyword->lineno);
    do {
        if (!py__statement(p))
            return NULL;
    } while (!py__at(p, PY_T_DEDENT) && !py__at(p, PY_T_END));
    return py__accept(p, PY_T_DEDENT) ? py__pop(p, mark) : NULL;
}

/* A token that must come: its absence is the error, whatever stands there. */
static bool forced(py_parser *p, py_tok_kind kind)
{
    if (py__accept(p, kind))
        return true;
    RAISE_TOKEN(p, p->t, "expected '%s'", py_tok_text[kind]);
    return false;
}

/* A colon whose absence is explained only where the line ends. */
static bool colon(py_parser *p)
{
    if (py__accept(p, PY_T_COLON))
        return true;
    if (py__at(p, PY_T_NEWLINE))
        RAISE_HERE(p, "expected ':'");
    return false;
}

static void *finish(py_parser *p, ast_stmt *s)
{
    if (s)
        py__end_block(p, s);
    return s;
}

/* --- if, while, for ---------------------------------------------------------------------------------------------------- */

/* ['else' ':' block] */
static ast_stmt_seq *else_block(py_parser *p)
{
    const py_token *keyword = p->t;
    if (!py__accept(p, PY_T_ELSE))
        return ast_empty_seq(stmt);
    return forced(p, PY_T_COLON) ? py__block(p, "'else' statement", keyword) : NULL;
}

/* A chain of elif is a loop here: each hangs in the orelse of the one before, and all end where the last ends. */
static ast_stmt *if_statement(py_parser *p)
{
    ast_stmt *first = NULL, **hook = &first;
    uint32_t mark = p->n_stack;
    do {
        const py_token *keyword = p->t++;
        ast_expr *test = py__named_expression(p);
        if (!test || !colon(p))
            return NULL;
        ast_stmt_seq *body = py__block(p, keyword->kind == PY_T_IF ? "'if' statement" : "'elif' statement", keyword);
        ast_stmt *s = body ? py__node(p, AST_If, keyword) : NULL;
        if (!s)
            return NULL;
        s->If.test = test;
        s->If.body = body;
        s->If.orelse = ast_empty_seq(stmt);
        *hook = s;
        if (!py__push(p, s))
            return NULL;
        if (py__at(p, PY_T_ELIF)) {
            if (!(s->If.orelse = ast_seq_new(p->arena, 1)))
                return NULL;
            hook = &s->If.orelse->items[0];
        } else if (!(s->If.orelse = else_block(p))) {
            return NULL;
        }
    } while (py__at(p, PY_T_ELIF));
    for (uint32_t i = mark; i < p->n_stack; i++)
        py__end_block(p, p->stack[i]);
    p->n_stack = mark;
    return first;
}

static ast_stmt *while_statement(py_parser *p)
{
    const py_token *keyword = p->t++;
    ast_expr *test = py__named_expression(p);
    if (!test || !colon(p))
        return NULL;
    ast_stmt_seq *body = py__block(p, "'while' statement", keyword);
    ast_stmt_seq *orelse = body ? else_block(p) : NULL;
    ast_stmt *s = orelse ? py__node(p, AST_While, keyword) : NULL;
    if (!s)
        return NULL;
    s->While.test = test;
    s->While.body = body;
    s->While.orelse = orelse;
    return finish(p, s);
}

/* start: the `async`, or the `for` itself. */
static ast_stmt *for_statement(py_parser *p, const py_token *start)
{
    const py_token *keyword = p->t++;
    ast_expr *target = py__star_targets(p);
    if (!target)
        return NULL;
    p->t++;                              /* in */
    ast_expr *iter = py__star_expressions(p);
    if (!iter || !colon(p))
        return NULL;
    const ast_name *type_comment = py__type_comment(p);
    ast_stmt_seq *body = py__block(p, "'for' statement", keyword);
    ast_stmt_seq *orelse = body ? else_block(p) : NULL;
    ast_stmt *s = orelse ? py__node(p, start == keyword ? AST_For : AST_AsyncFor, start) : NULL;
    if (!s || (start != keyword && !py__since(p, 5, "Async for loops are")))
        return NULL;
    s->For.type_comment = type_comment;
    s->For.target = target;              /* AsyncFor has the same layout */
    s->For.iter = iter;
    s->For.body = body;
    s->For.orelse = orelse;
    return finish(p, s);
}
_Static_assert(offsetof(ast_stmt, For.type_comment) == offsetof(ast_stmt, AsyncFor.type_comment), "for and async for look alike");

/* --- with -------------------------------------------------------------------------------------------------------------- */

/* expression ['as' target], pushed */
static bool with_item(py_parser *p)
{
    ast_withitem *w = base_arena_zalloc(p->arena, sizeof *w);
    if (!w)
        return false;
    w->kind = AST_withitem;
    if (!(w->context_expr = py__expression(p)))
        return false;
    const py_token *as = p->t;
    if (py__accept(p, PY_T_AS)) {
        ast_expr *target = py__at(p, PY_T_STAR) ? py__starred(p) : py__primary(p);
        bool ends = target && (py__at(p, PY_T_COMMA) || py__at(p, PY_T_RPAR) || py__at(p, PY_T_COLON) || py__at(p, PY_T_NEWLINE));
        if (!ends || !py__as_target(target, AST_Store)) {
            if (p->explain && !p->raised) {
                py__mark_far(p);
                p->t = as + 1;
                target = py__expression(p);
                if (target && (py__at(p, PY_T_COMMA) || py__at(p, PY_T_RPAR) || py__at(p, PY_T_COLON)))
                    py__raise_invalid_target(p, target, PY__STAR_TARGETS);
            }
            return false;
        }
        w->optional_vars = target;
    }
    return py__push(p, w);
}

/* Items without parentheses around them, up to the colon inclusive. */
static bool bare_items(py_parser *p)
{
    do
        if (!with_item(p))
            return false;
    while (py__accept(p, PY_T_COMMA));
    return colon(p);
}

/* '(' items [','] ')' ':' */
static bool parenthesized_items(py_parser *p)
{
    p->t++;
    do {
        if (py__at(p, PY_T_RPAR))
            break;
        if (!with_item(p))
            return false;
    } while (py__accept(p, PY_T_COMMA));
    return p->t[-1].kind != PY_T_LPAR && py__accept(p, PY_T_RPAR) && colon(p) && !py__at(p, PY_T_TYPE_COMMENT);
}

/* Does the parenthesis that opens here close right before the colon (or, for the sake of a message, the end of the line)? */
static bool parens_hold_all(const py_parser *p)
{
    const py_token *t = p->t;
    unsigned outside = t->level - 1u;
    if (t->kind != PY_T_LPAR)
        return false;
    while (t->level > outside && t->kind != PY_T_ERROR && t->kind != PY_T_END)
        t++;
    return t->kind == PY_T_ERROR || (t->kind == PY_T_RPAR && (t[1].kind == PY_T_COLON || t[1].kind == PY_T_NEWLINE));
}

/* Runs one of the two readings of the items without explaining; goes back if it is not the right one. */
static bool try_items(py_parser *p, bool (*items)(py_parser *))
{
    const py_spot start = py__spot(p);
    bool explain = p->explain;
    p->explain = false;
    bool ok = items(p);
    p->explain = explain;
    if (!ok)
        py__go_back(p, &start);
    return ok;
}

static bool with_items(py_parser *p, bool *parens)
{
    *parens = false;
    if (!parens_hold_all(p))
        return bare_items(p);
    if ((*parens = try_items(p, parenthesized_items)) || p->raised)
        return !p->raised;
    if (!p->explain)
        return bare_items(p);
    const py_spot start = py__spot(p);
    if (bare_items(p) || p->raised)
        return !p->raised;
    py__go_back(p, &start);
    *parens = true;
    return parenthesized_items(p);
}

static ast_stmt *with_statement(py_parser *p, const py_token *start)
{
    const py_token *keyword = p->t++;
    uint32_t mark = p->n_stack;
    bool parens;
    if (!with_items(p, &parens))
        return NULL;
    ast_withitem_seq *items = py__pop(p, mark);
    const ast_name *type_comment = py__type_comment(p);
    ast_stmt_seq *body = items ? py__block(p, "'with' statement", keyword) : NULL;
    ast_stmt *s = body ? py__node(p, start == keyword ? AST_With : AST_AsyncWith, start) : NULL;
    if (!s || (parens && !py__since(p, 9, "Parenthesized context managers are")) ||
        (start != keyword && !py__since(p, 5, "Async with statements are")))
        return NULL;
    s->With.type_comment = type_comment;
    s->With.items = items;               /* AsyncWith has the same layout */
    s->With.body = body;
    return finish(p, s);
}
_Static_assert(offsetof(ast_stmt, With.type_comment) == offsetof(ast_stmt, AsyncWith.type_comment), "with and async with look alike");

/* --- try --------------------------------------------------------------------------------------------------------------- */

static const char both_kinds[] = "cannot have both 'except' and 'except*' on the same 'try'";

/* `except a, b:` */
static void explain_exceptions(py_parser *p, const ast_expr *first)
{
    const py_token *here = p->t;
    if (!p->explain || !py__accept(p, PY_T_COMMA))
        return;
    bool ok = py__star_expressions(p) != NULL;
    if (ok && py__accept(p, PY_T_AS))
        ok = py__accept(p, PY_T_NAME);
    if (ok && py__at(p, PY_T_COLON))
        py__raise_from(p, first->lineno, first->col_offset, "multiple exception types must be parenthesized");
    if (!p->raised) {
        py__mark_far(p);
        p->t = here;
    }
}

/* 'except' ['*'] [expression ['as' NAME]] ':' block.  star: -1 for the first handler, else what the others are. */
static ast_excepthandler *handler(py_parser *p, int *star)
{
    const py_token *keyword = p->t++;
    ast_expr *type = NULL;
    const ast_name *name = NULL;
    bool starred = py__accept(p, PY_T_STAR);
    if (starred && (py__at(p, PY_T_COLON) || py__at(p, PY_T_NEWLINE)))
        return RAISE_HERE(p, "expected one or more exception types");
    if (!py__at(p, PY_T_COLON) && !py__at(p, PY_T_NEWLINE)) {
        if (!(type = py__expression(p)))
            return NULL;
        if (py__accept(p, PY_T_AS)) {
            if (!py__at(p, PY_T_NAME))
                return NULL;
            name = p->t++->name;
        } else {
            explain_exceptions(p, type);
        }
    }
    if (p->raised || !colon(p))
        return NULL;
    if (*star >= 0 && *star != starred) {
        const py_token *last = starred ? keyword + 1 : keyword;
        return py__raise_place(p, "SyntaxError", keyword->lineno, keyword->col, last->end_lineno, last->end_col, "%s", both_kinds);
    }
    *star = starred;
    ast_stmt_seq *body = py__block(p, starred ? "'except*' statement" : "'except' statement", keyword);
    ast_excepthandler *h = body ? py__node(p, AST_ExceptHandler, keyword) : NULL;
    if (!h)
        return NULL;
    py__end_block(p, h);
    h->ExceptHandler.type = type;
    h->ExceptHandler.name = name;
    h->ExceptHandler.body = body;
    return h;
}

static ast_stmt *try_statement(py_parser *p)
{
    const py_token *keyword = p->t++;
    if (!forced(p, PY_T_COLON))
        return NULL;
    ast_stmt_seq *body = py__block(p, "'try' statement", keyword);
    if (!body)
        return NULL;
    if (!py__at(p, PY_T_EXCEPT) && !py__at(p, PY_T_FINALLY))
        return RAISE_HERE(p, "expected 'except' or 'finally' block");
    uint32_t mark = p->n_stack;
    int star = -1;
    while (py__at(p, PY_T_EXCEPT)) {
        ast_excepthandler *h = handler(p, &star);
        if (!h || !py__push(p, h))
            return NULL;
    }
    ast_excepthandler_seq *handlers = py__pop(p, mark);
    ast_stmt_seq *orelse = ast_empty_seq(stmt), *final = ast_empty_seq(stmt);
    if (!handlers || (handlers->n && !(orelse = else_block(p))))
        return NULL;
    const py_token *finally = p->t;
    if (py__accept(p, PY_T_FINALLY) && (!forced(p, PY_T_COLON) || !(final = py__block(p, "'finally' statement", finally))))
        return NULL;
    ast_stmt *s = py__node(p, star == 1 ? AST_TryStar : AST_Try, keyword);
    if (!s || (star == 1 && !py__since(p, 11, "Exception groups are")))
        return NULL;
    s->Try.body = body;                  /* TryStar has the same layout */
    s->Try.handlers = handlers;
    s->Try.orelse = orelse;
    s->Try.finalbody = final;
    return finish(p, s);
}
_Static_assert(offsetof(ast_stmt, Try.finalbody) == offsetof(ast_stmt, TryStar.finalbody), "try and try* look alike");

/* --- definitions ------------------------------------------------------------------------------------------------------- */

/* Behind the colon of a def: [NEWLINE] TYPE_COMMENT, where a block begins behind the NEWLINE.  false: raised. */
static bool function_comment(py_parser *p, const ast_name **out)
{
    const py_token *t = p->t;
    *out = NULL;
    if (t->kind == PY_T_NEWLINE && t[1].kind == PY_T_TYPE_COMMENT && t[2].kind == PY_T_NEWLINE && t[3].kind == PY_T_INDENT)
        p->t++;
    else if (t->kind == PY_T_TYPE_COMMENT && t[1].kind == PY_T_NEWLINE && t[2].kind == PY_T_TYPE_COMMENT && t[3].kind == PY_T_NEWLINE &&
             t[4].kind == PY_T_INDENT && p->explain) {
        p->t += 4;
        RAISE_HERE(p, "Cannot have two type comments on def");
        return false;
    }
    *out = py__type_comment(p);
    return true;
}

static ast_stmt *function_def(py_parser *p, const py_token *start, ast_expr_seq *decorators)
{
    const py_token *keyword = p->t++;
    if (!py__at(p, PY_T_NAME))
        return NULL;
    const ast_name *name = p->t++->name;
    if (!forced(p, PY_T_LPAR))
        return NULL;
    ast_arguments *args = py__parameters(p, PY_T_RPAR);
    if (!args || !py__accept(p, PY_T_RPAR))
        return NULL;
    ast_expr *returns = NULL;
    const py_spot arrow = py__spot(p);
    if (py__accept(p, PY_T_RARROW) && !(returns = py__expression(p)) && !py__cut_back(p, &arrow))
        return NULL;
    const ast_name *type_comment;
    if (!forced(p, PY_T_COLON) || !function_comment(p, &type_comment))
        return NULL;
    ast_stmt_seq *body = py__block(p, "function definition", keyword);
    ast_stmt *s = body ? py__node(p, start == keyword ? AST_FunctionDef : AST_AsyncFunctionDef, start) : NULL;
    if (!s || (start != keyword && !py__since(p, 5, "Async functions are")))
        return NULL;
    s->FunctionDef.type_comment = type_comment;
    s->FunctionDef.name = name;          /* AsyncFunctionDef has the same layout */
    s->FunctionDef.args = args;
    s->FunctionDef.body = body;
    s->FunctionDef.decorator_list = decorators;
    s->FunctionDef.returns = returns;
    return finish(p, s);
}
_Static_assert(offsetof(ast_stmt, FunctionDef.type_comment) == offsetof(ast_stmt, AsyncFunctionDef.type_comment), "functions look alike");

static ast_stmt *class_def(py_parser *p, ast_expr_seq *decorators)
{
    const py_token *keyword = p->t++;
    if (!py__at(p, PY_T_NAME))
        return NULL;
    const ast_name *name = p->t++->name;
    ast_expr_seq *bases = ast_empty_seq(expr);
    ast_keyword_seq *keywords = ast_empty_seq(keyword);
    const py_token *open = p->t;
    if (py__accept(p, PY_T_LPAR)) {
        if (!py__call_arguments(p, &bases, &keywords))
            return NULL;
        if (bases->n == 1 && bases->items[0]->kind == AST_GeneratorExp && bases->items[0]->col_offset == open->col
            && bases->items[0]->lineno == open->lineno) {
            p->t = open + 1;             /* only a call may leave out the parentheses of a generator */
            while (!py__at(p, PY_T_FOR) && !py__at(p, PY_T_ASYNC))
                p->t++;
            return NULL;
        }
    }
    if (!colon(p))
        return NULL;
    ast_stmt_seq *body = py__block(p, "class definition", keyword);
    ast_stmt *s = body ? py__node(p, AST_ClassDef, keyword) : NULL;
    if (!s)
        return NULL;
    s->ClassDef.name = name;
    s->ClassDef.bases = bases;
    s->ClassDef.keywords = keywords;
    s->ClassDef.body = body;
    s->ClassDef.decorator_list = decorators;
    return finish(p, s);
}

/* 'async' (def | for | with) */
static ast_stmt *async_statement(py_parser *p, ast_expr_seq *decorators)
{
    const py_token *start = p->t++;
    if (py__at(p, PY_T_DEF))
        return function_def(p, start, decorators ? decorators : ast_empty_seq(expr));
    if (decorators)
        return NULL;
    if (py__at(p, PY_T_FOR))
        return for_statement(p, start);
    return py__at(p, PY_T_WITH) ? with_statement(p, start) : NULL;
}

static ast_stmt *decorated(py_parser *p)
{
    uint32_t mark = p->n_stack;
    while (py__accept(p, PY_T_AT)) {
        ast_expr *e = py__named_expression(p);
        if (!e || !py__push(p, e) || !py__accept(p, PY_T_NEWLINE))
            return NULL;
    }
    ast_expr_seq *decorators = py__pop(p, mark);
    if (!decorators)
        return NULL;
    if (py__at(p, PY_T_CLASS))
        return class_def(p, decorators);
    if (py__at(p, PY_T_DEF))
        return function_def(p, p->t, decorators);
    return py__at(p, PY_T_ASYNC) ? async_statement(p, decorators) : NULL;
}

/* --- statements -------------------------------------------------------------------------------------------------------- */

/* NULL with *compound set: it is one, and wrong. */
ast_stmt *py__compound_statement(py_parser *p, bool *compound)
{
    *compound = true;
    switch (p->t->kind) {
    case PY_T_IF: return if_statement(p);
    case PY_T_WHILE: return while_statement(p);
    case PY_T_FOR: return for_statement(p, p->t);
    case PY_T_WITH: return with_statement(p, p->t);
    case PY_T_TRY: return try_statement(p);
    case PY_T_DEF: return function_def(p, p->t, ast_empty_seq(expr));
    case PY_T_CLASS: return class_def(p, ast_empty_seq(expr));
    case PY_T_AT: return decorated(p);
    case PY_T_ASYNC: return async_statement(p, NULL);
    case PY_T_NAME:
        if (UNLIKELY(p->t->name->id == PY_SOFT_MATCH) && py__is_match(p))
            return py__match(p);
        break;
    default:
        break;
    }
    *compound = false;
    return NULL;
}

/* Second pass: `match x` that is no expression statement either. */
void py__explain_match(py_parser *p, const py_token *start)
{
    if (!p->explain || p->raised || start->kind != PY_T_NAME || start->name->id != PY_SOFT_MATCH
        || !py__starts_expression((py_tok_kind)start[1].kind))
        return;
    py__mark_far(p);
    const py_token *here = p->t;
    p->t = start;
    py__match(p);
    if (!p->raised)
        p->t = here;
}

bool py__statement(py_parser *p)
{
    bool compound;
    if (!py__enter(p))
        return false;
    const py_token *start = p->t;
    ast_stmt *s = py__compound_statement(p, &compound);
    bool ok = compound ? s && py__push(p, s) : py__simple_statements(p);
    if (!ok)
        py__explain_match(p, start);
    py__leave(p);
    return ok;
}
