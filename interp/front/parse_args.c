/* parse_args.c: parameters of functions and lambdas, arguments of calls.  No locks. */
#include "interp/front/parse_int.h"
#include <string.h>

/* --- parameters -------------------------------------------------------------------------------------------------------- */

typedef struct params {
    py_tok_kind end;             /* ')' of a def, ':' of a lambda */
    ast_arg *last;               /* whose type comment would come now; NULL: nobody's */
    uint32_t mark_args;          /* the stack holds the arguments of the running group */
    ast_arg_seq *posonly;
    bool slash, star, kwargs;
    uint32_t n_defaults;
    ast_expr **defaults;         /* malloc-free: an arena array that grows by doubling */
    uint32_t cap_defaults;
    ast_arguments *out;
} params;

/* NAME [':' annotation] */
static ast_arg *param(py_parser *p, params *ps, bool star_annotation)
{
    if (!py__at(p, PY_T_NAME))
        return NULL;
    const py_token *start = p->t++;
    ast_expr *annotation = NULL;
    if (ps->end == PY_T_RPAR && py__accept(p, PY_T_COLON)) {
        annotation = star_annotation ? py__star_expression(p) : py__expression(p);
        if (!annotation)
            return NULL;
    }
    ast_arg *a = py__node(p, AST_arg, start);
    if (!a)
        return NULL;
    a->arg = start->name;
    a->annotation = annotation;
    ps->last = a;
    return a;
}

static bool at_separator(const py_parser *p, const params *ps)
{
    return py__at(p, PY_T_COMMA) || py__at(p, ps->end);
}

/* ['=' expression].  *value NULL: there is none.  false: failed. */
static bool default_value(py_parser *p, const params *ps, ast_expr **value)
{
    *value = NULL;
    const py_token *equal = p->t;
    if (!py__accept(p, PY_T_EQUAL))
        return true;
    if (p->explain && at_separator(p, ps)) {
        RAISE_TOKEN(p, equal, "expected default value expression");
        return false;
    }
    return (*value = py__expression(p)) != NULL;
}

static bool add_default(py_parser *p, params *ps, ast_expr *value)
{
    if (!py__grow(p, &ps->defaults, ps->n_defaults, &ps->cap_defaults))
        return false;
    ps->defaults[ps->n_defaults++] = value;
    return true;
}

/* "(a, b)" in the place of a parameter. */
static bool parenthesized(py_parser *p, const params *ps)
{
    const py_token *open = p->t;
    if (!p->explain || !py__at(p, PY_T_LPAR) || ps->n_defaults || ps->slash || ps->star)
        return false;
    const py_token *t = open + 1;
    while (t->kind == PY_T_NAME && (t[1].kind == PY_T_COMMA || t[1].kind == PY_T_RPAR)) {
        if (t[1].kind == PY_T_RPAR) {
            t++;
            break;
        }
        t += 2;
    }
    if (t->kind == PY_T_RPAR && t > open + 1)
        RAISE_RANGE(p, &((ast_node){.lineno = open->lineno, .col_offset = open->col}),
                    &((ast_node){.end_lineno = t->end_lineno, .end_col_offset = t->end_col}),
                    ps->end == PY_T_RPAR ? "Function parameters cannot be parenthesized"
                                         : "Lambda expression parameters cannot be parenthesized");
    return false;
}

/* A parameter with or without default, before or behind the star. */
static bool plain_param(py_parser *p, params *ps)
{
    if (!py__at(p, PY_T_NAME))
        return parenthesized(p, ps);
    ast_arg *a = param(p, ps, false);
    ast_expr *value = NULL;
    if (!a)
        return false;
    if (!default_value(p, ps, &value))
        return false;
    if (!value && !ps->star && ps->n_defaults) {
        if (at_separator(p, ps))
            RAISE_AT(p, a, "non-default argument follows default argument");
        return false;
    }
    if (!py__push(p, a))
        return false;
    return (!value && !ps->star) || add_default(p, ps, value);
}

static bool slash(py_parser *p, params *ps)
{
    const py_token *t = p->t++;
    if (ps->slash || ps->star || p->n_stack == ps->mark_args) {
        if (ps->star)
            RAISE_TOKEN(p, t, "/ must be ahead of *");
        else if (ps->slash)
            RAISE_TOKEN(p, t, "/ may appear only once");
        else if (py__at(p, PY_T_COMMA))
            RAISE_TOKEN(p, t, "at least one argument must precede /");
        p->t = t;
        return false;
    }
    if (p->explain && py__at(p, PY_T_STAR)) {
        RAISE_TOKEN(p, p->t, "expected comma between / and *");
        return false;
    }
    ps->slash = true;
    ps->posonly = py__pop(p, ps->mark_args);
    return ps->posonly != NULL;
}

/* What has been read before the star becomes posonlyargs, args and defaults. */
static bool finish_positional(py_parser *p, params *ps)
{
    ast_arguments *out = ps->out;
    out->posonlyargs = ps->posonly ? ps->posonly : ast_empty_seq(arg);
    out->args = py__pop(p, ps->mark_args);
    out->defaults = ast_seq_new(p->arena, ps->n_defaults);
    if (!out->args || !out->defaults)
        return false;
    if (ps->n_defaults)
        memcpy(out->defaults->items, ps->defaults, ps->n_defaults * sizeof *ps->defaults);
    ps->n_defaults = 0;
    return true;
}

static bool star(py_parser *p, params *ps)
{
    const py_token *t = p->t++;
    if (ps->star) {
        if (py__at(p, PY_T_COMMA) || py__at(p, PY_T_NAME))
            RAISE_TOKEN(p, t, "* argument may appear only once");
        return false;
    }
    if (!finish_positional(p, ps))
        return false;
    ps->star = true;
    if (py__at(p, PY_T_COMMA) || py__at(p, ps->end)) {
        py_tok_kind next = py__at(p, PY_T_COMMA) ? py__peek(p) : ps->end;
        if (next == ps->end || next == PY_T_DOUBLESTAR) {
            if (ps->end == PY_T_RPAR) {
                RAISE_TOKEN(p, t, "named arguments must follow bare *");
            } else {
                p->t += py__at(p, PY_T_COMMA);
                RAISE_HERE(p, "named arguments must follow bare *");
            }
            return false;
        }
        return true;
    }
    if (!(ps->out->vararg = param(p, ps, true)))
        return false;
    if (py__at(p, PY_T_EQUAL)) {
        if (!ps->out->vararg->annotation || ps->out->vararg->annotation->kind != AST_Starred)
            RAISE_TOKEN(p, p->t, "var-positional argument cannot have default value");
        return false;
    }
    return true;
}

static bool double_star(py_parser *p, params *ps)
{
    p->t++;
    ps->kwargs = true;
    if (!(ps->out->kwarg = param(p, ps, false)))
        return false;
    if (py__at(p, PY_T_EQUAL)) {
        RAISE_TOKEN(p, p->t, "var-keyword argument cannot have default value");
        return false;
    }
    if (p->explain && py__at(p, PY_T_COMMA)) {
        p->t++;
        if (py__at(p, PY_T_STAR) || py__at(p, PY_T_DOUBLESTAR) || py__at(p, PY_T_SLASH)) {
            RAISE_TOKEN(p, p->t, "arguments cannot follow var-keyword argument");
        } else if (py__at(p, PY_T_NAME)) {
            ast_arg *a = param(p, ps, false);
            if (a)
                RAISE_AT(p, a, "arguments cannot follow var-keyword argument");
        }
        if (p->raised)
            return false;
        p->t--;
    }
    return true;
}

static bool one_param(py_parser *p, params *ps)
{
    switch (p->t->kind) {
    case PY_T_SLASH: return slash(p, ps);
    case PY_T_STAR: return star(p, ps);
    case PY_T_DOUBLESTAR: return double_star(p, ps);
    default: return plain_param(p, ps);
    }
}

static bool param_comment(py_parser *p, params *ps)
{
    if (ps->end != PY_T_RPAR)
        return false;
    if (!ps->last) {
        if (ps->star)
            RAISE_HERE(p, "bare * has associated type comment");
        return false;
    }
    ps->last->type_comment = py__type_comment(p);
    return true;
}

ast_arguments *py__parameters(py_parser *p, py_tok_kind end)
{
    ast_arguments *out = base_arena_zalloc(p->arena, sizeof *out);
    if (!out)
        return NULL;
    out->kind = AST_arguments;
    out->posonlyargs = out->args = out->kwonlyargs = ast_empty_seq(arg);
    out->kw_defaults = out->defaults = ast_empty_seq(expr);
    if (py__at(p, end))
        return out;
    params ps = {.end = end, .mark_args = p->n_stack, .out = out};
    while (!py__at(p, end)) {
        ps.last = NULL;
        if (!one_param(p, &ps))
            return NULL;
        bool comma = py__accept(p, PY_T_COMMA);
        if (UNLIKELY(py__at(p, PY_T_TYPE_COMMENT)) && !param_comment(p, &ps))
            return NULL;
        if (ps.kwargs || !comma)
            break;
    }
    if (!py__at(p, end) || (ps.slash && !py__since(p, 8, "Positional-only parameters are")))
        return NULL;
    if (!ps.star)
        return finish_positional(p, &ps) ? out : NULL;
    out->kwonlyargs = py__pop(p, ps.mark_args);
    out->kw_defaults = ast_seq_new(p->arena, ps.n_defaults);
    if (!out->kwonlyargs || !out->kw_defaults)
        return NULL;
    if (ps.n_defaults)
        memcpy(out->kw_defaults->items, ps.defaults, ps.n_defaults * sizeof *ps.defaults);
    return out;
}

/* --- arguments --------------------------------------------------------------------------------------------------------- */

typedef struct call_args {
    const py_token *first;       /* token of the first argument */
    uint32_t mark;               /* the stack holds positional arguments from here … */
    ast_keyword **keywords;      /* … and keywords wait here, in an arena array */
    uint32_t n_keywords, cap_keywords;
    bool unpacking;              /* a ** argument was read */
    bool named;                  /* a keyword, or ** */
    uint32_t n;
} call_args;

static bool add_keyword(py_parser *p, call_args *ca, ast_keyword *k)
{
    if (!py__grow(p, &ca->keywords, ca->n_keywords, &ca->cap_keywords))
        return false;
    ca->keywords[ca->n_keywords++] = k;
    ca->named = true;
    return true;
}

static const ast_expr *last_of_comprehension(const ast_comprehension_seq *g)
{
    const ast_comprehension *c = g->items[g->n - 1];
    return c->ifs->n ? c->ifs->items[c->ifs->n - 1] : c->iter;
}

/* An argument is followed by a comprehension, and it is not the only argument. */
static bool bare_generator(py_parser *p, call_args *ca, ast_expr *e)
{
    if (!p->explain)
        return false;
    ast_comprehension_seq *g = py__for_if_clauses(p);
    if (!g || p->raised)
        return false;
    if (ca->n == 0 && !py__at(p, PY_T_COMMA))
        return false;
    RAISE_RANGE(p, e, last_of_comprehension(g), "Generator expression must be parenthesized");
    return false;
}

/* `x for x in y`, the only argument; p stands on its `for`.  open: the call's parenthesis. */
static ast_expr *sole_generator(py_parser *p, const py_token *open, ast_expr *elt)
{
    const py_token *here = p->t;
    ast_comprehension_seq *g = py__for_if_clauses(p);
    if (!g)
        return NULL;
    if (!py__at(p, PY_T_RPAR)) {
        if (py__at(p, PY_T_COMMA)) {
            py__mark_far(p);
            if (p->explain) {            /* the rest must be right for the message */
                p->t++;
                RAISE_RANGE(p, elt, last_of_comprehension(g), "Generator expression must be parenthesized");
            }
        }
        (void)here;
        return NULL;
    }
    p->t++;
    ast_expr *e = py__node(p, AST_GeneratorExp, open);
    p->t--;
    if (!e)
        return NULL;
    e->GeneratorExp.elt = elt;
    e->GeneratorExp.generators = g;
    return e;
}

/* NAME '=' expression */
static bool keyword_argument(py_parser *p, call_args *ca)
{
    const py_token *start = p->t;
    const py_token *equal = start + 1;
    p->t += 2;
    ast_expr *value = py__expression(p);
    if (!value)
        return false;
    if (p->explain && py__at_for(p)) {
        if (py__for_if_clauses(p))
            RAISE_RANGE(p, &((ast_node){.lineno = start->lineno, .col_offset = start->col}),
                        &((ast_node){.end_lineno = equal->end_lineno, .end_col_offset = equal->end_col}),
                        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
        return false;
    }
    ast_keyword *k = py__node(p, AST_keyword, start);
    if (!k)
        return false;
    k->arg = start->name;
    k->value = value;
    return add_keyword(p, ca, k);
}

static bool unpacked_mapping(py_parser *p, call_args *ca)
{
    const py_token *start = p->t++;
    ast_expr *value = py__expression(p);
    ast_keyword *k = value ? py__node(p, AST_keyword, start) : NULL;
    if (!k)
        return false;
    k->value = value;
    ca->unpacking = true;
    return add_keyword(p, ca, k);
}

/* The place of all arguments read so far, for a message. */
static bool raise_order(py_parser *p, call_args *ca, const char *msg)
{
    const py_token *last = p->t - 2;     /* before the comma */
    py__raise_place(p, "SyntaxError", ca->first->lineno, ca->first->col, last->end_lineno, last->end_col, "%s", msg);
    return false;
}

static bool unpacked_iterable(py_parser *p, call_args *ca)
{
    const py_token *start = p->t;
    if (ca->unpacking)
        return raise_order(p, ca, "iterable argument unpacking follows keyword argument unpacking");
    p->t++;
    ast_expr *value = py__expression(p);
    ast_expr *e = value ? py__node(p, AST_Starred, start) : NULL;
    if (!e)
        return false;
    e->Starred.value = value;
    if (p->explain && ca->n == 0 && py__at_for(p) && py__for_if_clauses(p)) {
        RAISE_AT(p, e, "iterable unpacking cannot be used in comprehension");
        return false;
    }
    return py__push(p, e);
}

/* Second pass: the argument before p is followed by '='. */
static bool explain_equal(py_parser *p, const py_token *start, ast_expr *e)
{
    const py_token *equal = p->t;
    if (!p->explain)
        return false;
    bool sole = equal == start + 1;
    if (sole && (start->kind == PY_T_TRUE || start->kind == PY_T_FALSE || start->kind == PY_T_NONE))
        py__raise_place(p, "SyntaxError", start->lineno, start->col, equal->end_lineno, equal->end_col, "cannot assign to %s",
                        py_tok_text[start->kind]);
    else
        py__raise_place(p, "SyntaxError", e->lineno, e->col_offset, equal->end_lineno, equal->end_col,
                        "expression cannot contain assignment, perhaps you meant \"==\"?");
    return false;
}

/* A positional argument behind a keyword: reads all arguments that follow, then complains at the furthest token. */
static bool positional_after_keyword(py_parser *p, call_args *ca)
{
    if (!p->explain)
        return false;
    bool unpacking = ca->unpacking;
    const py_token *start = p->t;
    ast_expr *first = py__at(p, PY_T_NAME) && start[1].kind == PY_T_COLONEQUAL ? py__named_expression(p) : py__expression(p);
    if (!first)
        return false;
    if (py__at(p, PY_T_EQUAL))
        return explain_equal(p, start, first);
    if (!py__at(p, PY_T_COMMA) && !py__at(p, PY_T_RPAR))
        return false;
    py__accept(p, PY_T_COMMA);
    while (!p->raised && p->t->kind != PY_T_RPAR) {
        bool named = py__at(p, PY_T_NAME) && py__peek(p) == PY_T_EQUAL;
        if (named)
            p->t += 2;
        else if (!py__accept(p, PY_T_STAR))
            py__accept(p, PY_T_DOUBLESTAR);
        if (!py__expression(p))
            return false;
        if (!py__accept(p, PY_T_COMMA))
            break;
    }
    if (!p->raised)
        RAISE_HERE(p, unpacking ? "positional argument follows keyword argument unpacking"
                                : "positional argument follows keyword argument");
    return false;
}

static bool positional(py_parser *p, call_args *ca, const py_token *open)
{
    const py_token *start = p->t;
    if (ca->named)
        return positional_after_keyword(p, ca);
    ast_expr *e;
    if (py__at(p, PY_T_NAME) && p->t[1].kind == PY_T_COLONEQUAL)
        e = py__named_expression(p);
    else
        e = py__expression(p);
    if (!e)
        return false;
    if (py__at(p, PY_T_EQUAL) || py__at(p, PY_T_COLONEQUAL)) {
        return py__at(p, PY_T_EQUAL) && explain_equal(p, start, e);
    }
    if (py__at_for(p)) {
        if (ca->n)
            return bare_generator(p, ca, e);
        if (!(e = sole_generator(p, open, e)))
            return false;
    }
    return py__push(p, e);
}

static bool argument(py_parser *p, call_args *ca, const py_token *open)
{
    if (py__at(p, PY_T_NAME) && p->t[1].kind == PY_T_EQUAL)
        return keyword_argument(p, ca);
    if (py__at(p, PY_T_STAR))
        return unpacked_iterable(p, ca);
    if (py__at(p, PY_T_DOUBLESTAR))
        return unpacked_mapping(p, ca);
    return positional(p, ca, open);
}

bool py__call_arguments(py_parser *p, ast_expr_seq **args, ast_keyword_seq **keywords)
{
    const py_token *open = p->t - 1;
    call_args ca = {.first = p->t, .mark = p->n_stack};
    while (!py__at(p, PY_T_RPAR)) {
        if (!argument(p, &ca, open))
            return false;
        ca.n++;
        if (!py__accept(p, PY_T_COMMA))
            break;
    }
    if (!py__accept(p, PY_T_RPAR))
        return false;
    *args = py__pop(p, ca.mark);
    *keywords = ast_seq_new(p->arena, ca.n_keywords);
    if (!*args || !*keywords)
        return false;
    if (ca.n_keywords)
        memcpy((*keywords)->items, ca.keywords, ca.n_keywords * sizeof *ca.keywords);
    return true;
}
