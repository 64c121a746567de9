/* parse_atom.c: atoms: names, literals, displays and comprehensions.  No locks. */
#include "interp/front/parse_int.h"

/* --- atoms ------------------------------------------------------------------------------------------------------------- */

static ast_expr *constant(py_parser *p, ast_const_kind kind)
{
    const py_token *t = p->t++;
    ast_expr *e = py__node(p, AST_Constant, t);
    if (e)
        e->Constant.value.kind = (uint8_t)kind;
    return e;
}

static ast_expr *number(py_parser *p)
{
    const py_token *t = p->t++;
    ast_expr *e = py__node(p, AST_Constant, t);
    return e && py__number(p, t, &e->Constant.value) ? e : NULL;
}

bool py__at_for(py_parser *p)
{
    return py__at(p, PY_T_FOR) || (py__at(p, PY_T_ASYNC) && py__peek(p) == PY_T_FOR);
}

static ast_comprehension *for_if_clause(py_parser *p)
{
    ast_comprehension *c = base_arena_zalloc(p->arena, sizeof *c);
    if (!c)
        return NULL;
    c->kind = AST_comprehension;
    c->is_async = py__accept(p, PY_T_ASYNC);
    p->t++;                              /* for */
    if (!(c->target = py__star_targets(p)))
        return NULL;
    p->t++;                              /* in; py__star_targets has seen it */
    if (!(c->iter = py__disjunction(p)))
        return NULL;
    uint32_t mark = p->n_stack;
    while (py__accept(p, PY_T_IF)) {
        ast_expr *cond = py__disjunction(p);
        if (!cond || !py__push(p, cond))
            return NULL;
    }
    c->ifs = py__pop(p, mark);
    return c->ifs && (!c->is_async || py__since(p, 6, "Async comprehensions are")) ? c : NULL;
}

ast_comprehension_seq *py__for_if_clauses(py_parser *p)
{
    uint32_t mark = p->n_stack;
    while (py__at_for(p)) {
        ast_comprehension *c = for_if_clause(p);
        if (!c || !py__push(p, c))
            return NULL;
    }
    return py__pop(p, mark);
}

/* The comprehension whose element has been read, to the closing bracket inclusive. */
static ast_expr *comprehension(py_parser *p, ast_kind kind, const py_token *start, ast_expr *elt, py_tok_kind close)
{
    ast_comprehension_seq *generators = py__for_if_clauses(p);
    if (!generators)
        return NULL;
    if (elt->kind == AST_Starred)
        return RAISE_AT(p, elt, "iterable unpacking cannot be used in comprehension");
    if (!py__accept(p, close))
        return NULL;
    ast_expr *e = py__node(p, kind, start);
    if (!e)
        return NULL;
    e->ListComp.elt = elt;               /* SetComp and GeneratorExp have the same layout */
    e->ListComp.generators = generators;
    return e;
}
_Static_assert(offsetof(ast_expr, ListComp.generators) == offsetof(ast_expr, GeneratorExp.generators), "comprehensions look alike");
_Static_assert(offsetof(ast_expr, ListComp.generators) == offsetof(ast_expr, SetComp.generators), "comprehensions look alike");

/* Elements up to the closing bracket are on the stack from mark on, and a `for` follows: a forgotten pair of parentheses. */
static void *forgot_parentheses(py_parser *p, uint32_t mark)
{
    if (!p->explain || p->raised || p->n_stack == mark)
        return NULL;
    ast_expr *first = p->stack[mark], *last = p->stack[p->n_stack - 1];
    const py_token comma = p->t[-1];
    bool one = p->n_stack - mark == 1;
    if (one && comma.kind != PY_T_COMMA)
        return NULL;
    const py_token *here = p->t;
    if (!py__for_if_clauses(p) && p->raised)
        return NULL;
    if (one)
        py__raise_place(p, "SyntaxError", first->lineno, first->col_offset, comma.end_lineno, comma.end_col,
                        "did you forget parentheses around the comprehension target?");
    else
        RAISE_RANGE(p, first, last, "did you forget parentheses around the comprehension target?");
    p->t = here;
    return NULL;
}

/* Elements with commas between them, pushed; up to, not including, the closing bracket. */
static bool elements(py_parser *p, py_tok_kind close)
{
    while (!py__at(p, close) && !py__at(p, PY_T_FOR)) {
        ast_expr *e = py__star_named_expression(p);
        if (!e || !py__push(p, e))
            return false;
        if (!py__accept(p, PY_T_COMMA))
            return true;
    }
    return true;
}

static ast_expr *list_atom(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    if (!py__at(p, PY_T_RSQB)) {
        ast_expr *first = py__star_named_expression(p);
        if (!first)
            return NULL;
        if (py__at_for(p))
            return comprehension(p, AST_ListComp, start, first, PY_T_RSQB);
        if (!py__push(p, first))
            return NULL;
        if (py__accept(p, PY_T_COMMA) && !elements(p, PY_T_RSQB))
            return NULL;
        if (!py__at(p, PY_T_RSQB))
            return py__at_for(p) ? forgot_parentheses(p, mark) : NULL;
    }
    p->t++;
    ast_expr_seq *elts = py__pop(p, mark);
    ast_expr *e = py__node(p, AST_List, start);
    if (!e || !elts)
        return NULL;
    e->List.elts = elts;
    return e;
}

/* Behind '(': `*a`, a tuple, or the mistakes that look like one. */
static ast_expr *starred_in_parens(py_parser *p, ast_expr *starred)
{
    if (py__at(p, PY_T_RPAR))
        return RAISE_AT(p, starred, "cannot use starred expression here");
    if (py__at_for(p) && p->explain && py__for_if_clauses(p))
        return RAISE_AT(p, starred, "iterable unpacking cannot be used in comprehension");
    return NULL;
}

static ast_expr *double_starred_in_parens(py_parser *p)
{
    const py_token *stars = p->t;
    if (!p->explain)
        return NULL;
    p->t++;
    if (py__expression(p) && py__at(p, PY_T_RPAR))
        return RAISE_TOKEN(p, stars, "cannot use double starred expression here");
    if (!p->raised) {
        py__mark_far(p);
        p->t = stars;
    }
    return NULL;
}

static ast_expr *paren_atom(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    ast_expr *e;
    if (py__accept(p, PY_T_RPAR)) {
        e = py__node(p, AST_Tuple, start);
        if (!e)
            return NULL;
        e->Tuple.elts = ast_empty_seq(expr);
        e->flags = AST_F_PAREN;
        return e;
    }
    if (py__at(p, PY_T_YIELD)) {
        e = py__yield_or_star_expressions(p);
        if (!e || !py__accept(p, PY_T_RPAR))
            return NULL;
        e->flags |= AST_F_PAREN;
        return e;
    }
    if (py__at(p, PY_T_DOUBLESTAR))
        return double_starred_in_parens(p);
    if (!(e = py__star_named_expression(p)))
        return NULL;
    if (py__at(p, PY_T_RPAR) && e->kind != AST_Starred) {
        p->t++;
        e->flags |= AST_F_PAREN;
        return e;
    }
    if (!py__at(p, PY_T_COMMA)) {
        if (e->kind == AST_Starred)
            return starred_in_parens(p, e);
        return py__at_for(p) ? comprehension(p, AST_GeneratorExp, start, e, PY_T_RPAR) : NULL;
    }
    p->t++;
    if (!py__push(p, e) || !elements(p, PY_T_RPAR) || !py__accept(p, PY_T_RPAR))
        return NULL;
    ast_expr_seq *elts = py__pop(p, mark);
    e = py__node(p, AST_Tuple, start);
    if (!e || !elts)
        return NULL;
    e->Tuple.elts = elts;
    e->flags = AST_F_PAREN;
    return e;
}

/* Behind a key: ':' value.  Explains what is often wrong there. */
static ast_expr *dict_value(py_parser *p, ast_expr *key, bool first)
{
    const py_token *colon = p->t;
    if (!py__accept(p, PY_T_COLON)) {
        if (!first && p->explain && !p->raised)
            py__raise_place(p, "SyntaxError", key->lineno, key->end_col_offset - 1, key->end_lineno, -1,
                            "':' expected after dictionary key");
        return NULL;
    }
    ast_expr *value = py__expression(p);
    if (value || !p->explain || p->raised)
        return value;
    if (py__at(p, PY_T_STAR)) {
        const py_token *star = p->t++;
        if (py__try(p, py__bitwise_or)) {
            py__raise_from(p, star->lineno, star->col, "cannot use a starred expression in a dictionary value");
        } else {
            p->t = star;
        }
    } else if (p->t == colon + 1 && (py__at(p, PY_T_RBRACE) || py__at(p, PY_T_COMMA))) {
        RAISE_TOKEN(p, colon, "expression expected after dictionary key and ':'");
    }
    return NULL;
}

/* A dict display or comprehension; `key` is its first key, already read, or NULL where it begins with '**'. */
static ast_expr *dict_atom(py_parser *p, const py_token *start, ast_expr *key)
{
    uint32_t mark = p->n_stack;
    bool first = true;
    for (;;) {
        ast_expr *value;
        if (!key && py__accept(p, PY_T_DOUBLESTAR)) {
            const py_token *stars = p->t - 1;
            value = py__bitwise_or(p);
            if (value && first && py__at_for(p) && p->explain && py__for_if_clauses(p) && py__at(p, PY_T_RBRACE))
                return RAISE_TOKEN(p, stars, "dict unpacking cannot be used in dict comprehension");
        } else {
            if (!key && !(key = py__expression(p)))
                return NULL;
            value = dict_value(p, key, first);
        }
        if (!value)
            return NULL;
        if (first && key && py__at_for(p)) {
            ast_comprehension_seq *generators = py__for_if_clauses(p);
            ast_expr *e = generators && py__accept(p, PY_T_RBRACE) ? py__node(p, AST_DictComp, start) : NULL;
            if (!e)
                return NULL;
            e->DictComp.key = key;
            e->DictComp.value = value;
            e->DictComp.generators = generators;
            return e;
        }
        first = false;
        if (!py__push(p, key) || !py__push(p, value))
            return NULL;
        key = NULL;
        if (!py__accept(p, PY_T_COMMA) || py__at(p, PY_T_RBRACE))
            break;
    }
    if (!py__accept(p, PY_T_RBRACE))
        return NULL;
    ast_expr_seq *keys, *values;
    ast_expr *e = py__node(p, AST_Dict, start);
    if (!e || !py__pop_pairs(p, mark, &keys, &values))
        return NULL;
    e->Dict.keys = keys;
    e->Dict.values = values;
    return e;
}

static ast_expr *brace_atom(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    if (py__accept(p, PY_T_RBRACE)) {
        ast_expr *e = py__node(p, AST_Dict, start);
        if (e) {
            e->Dict.keys = ast_empty_seq(expr);
            e->Dict.values = ast_empty_seq(expr);
        }
        return e;
    }
    if (py__at(p, PY_T_DOUBLESTAR))
        return dict_atom(p, start, NULL);
    ast_expr *first = py__star_named_expression(p);
    if (!first)
        return NULL;
    if (py__at(p, PY_T_COLON) && first->kind != AST_Starred && (first->kind != AST_NamedExpr || (first->flags & AST_F_PAREN)))
        return dict_atom(p, start, first);
    if (py__at_for(p))
        return comprehension(p, AST_SetComp, start, first, PY_T_RBRACE);
    if (!py__push(p, first) || (py__accept(p, PY_T_COMMA) && !elements(p, PY_T_RBRACE)))
        return NULL;
    if (!py__at(p, PY_T_RBRACE))
        return py__at_for(p) ? forgot_parentheses(p, mark) : NULL;
    p->t++;
    ast_expr_seq *elts = py__pop(p, mark);
    ast_expr *e = py__node(p, AST_Set, start);
    if (!e || !elts)
        return NULL;
    e->Set.elts = elts;
    return e;
}

static ast_expr *bracketed(py_parser *p, ast_expr *(*rule)(py_parser *))
{
    if (!py__enter(p))
        return NULL;
    ast_expr *e = rule(p);
    py__leave(p);
    return e;
}

ast_expr *py__atom(py_parser *p)
{
    switch (p->t->kind) {
    case PY_T_NAME: return py__name(p, AST_Load);
    case PY_T_NUMBER: return number(p);
    case PY_T_STRING: return py__strings(p);
    case PY_T_NONE: return constant(p, AST_CONST_NONE);
    case PY_T_TRUE: return constant(p, AST_CONST_TRUE);
    case PY_T_FALSE: return constant(p, AST_CONST_FALSE);
    case PY_T_ELLIPSIS: return constant(p, AST_CONST_ELLIPSIS);
    case PY_T_LPAR: return bracketed(p, paren_atom);
    case PY_T_LSQB: return bracketed(p, list_atom);
    case PY_T_LBRACE: return bracketed(p, brace_atom);
    default: return NULL;
    }
}
