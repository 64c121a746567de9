/* parse_pattern.c: match statements and their patterns.  No locks. */
#include "interp/front/parse_int.h"

static ast_pattern *pattern(py_parser *p);
static ast_pattern *maybe_star_pattern(py_parser *p);

/* --- literals and names ------------------------------------------------------------------------------------------------ */

static ast_expr *number(py_parser *p)
{
    if (!py__at(p, PY_T_NUMBER))
        return NULL;
    const py_token *t = p->t++;
    ast_expr *e = py__node(p, AST_Constant, t);
    return e && py__number(p, t, &e->Constant.value) ? e : NULL;
}

/* ['-'] NUMBER [('+' | '-') NUMBER] */
static ast_expr *signed_number(py_parser *p)
{
    const py_token *start = p->t;
    bool minus = py__accept(p, PY_T_MINUS);
    ast_expr *e = number(p);
    if (!e)
        return NULL;
    ast_expr *real = e;
    if (minus) {
        e = py__node(p, AST_UnaryOp, start);
        if (!e)
            return NULL;
        e->UnaryOp.op = AST_USub;
        e->UnaryOp.operand = real;
    }
    if (!py__at(p, PY_T_PLUS) && !py__at(p, PY_T_MINUS))
        return e;
    ast_operator op = py__at(p, PY_T_PLUS) ? AST_Add : AST_Sub;
    p->t++;
    ast_expr *imag = number(p);
    if (!imag)
        return NULL;
    if (real->Constant.value.kind == AST_CONST_IMAG)
        return RAISE_AT(p, real, "real number required in complex literal");
    if (imag->Constant.value.kind != AST_CONST_IMAG)
        return RAISE_AT(p, imag, "imaginary number required in complex literal");
    ast_expr *sum = py__node(p, AST_BinOp, start);
    if (!sum)
        return NULL;
    sum->BinOp.left = e;
    sum->BinOp.op = op;
    sum->BinOp.right = imag;
    return sum;
}

/* NAME ('.' NAME)* */
static ast_expr *dotted(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *e = py__name(p, AST_Load);
    while (e && py__accept(p, PY_T_DOT)) {
        if (!py__at(p, PY_T_NAME))
            return NULL;
        const ast_name *attr = p->t++->name;
        ast_expr *whole = py__node(p, AST_Attribute, start);
        if (!whole)
            return NULL;
        whole->Attribute.value = e;
        whole->Attribute.attr = attr;
        e = whole;
    }
    return e;
}

static ast_pattern *value_pattern(py_parser *p, const py_token *start, ast_expr *value)
{
    ast_pattern *m = value ? py__node(p, AST_MatchValue, start) : NULL;
    if (m)
        m->MatchValue.value = value;
    return m;
}

static ast_pattern *singleton(py_parser *p)
{
    const py_token *t = p->t++;
    ast_pattern *m = py__node(p, AST_MatchSingleton, t);
    if (m)
        m->MatchSingleton.value.kind = t->kind == PY_T_NONE ? AST_CONST_NONE : t->kind == PY_T_TRUE ? AST_CONST_TRUE : AST_CONST_FALSE;
    return m;
}

/* A name that is bound: no '_', and nothing behind it that would make it part of something else. */
static const ast_name *capture_target(py_parser *p)
{
    if (!py__at(p, PY_T_NAME) || p->t->name->id == PY_SOFT_WILDCARD)
        return NULL;
    py_tok_kind next = py__peek(p);
    if (next == PY_T_DOT || next == PY_T_LPAR || next == PY_T_EQUAL)
        return NULL;
    return p->t++->name;
}

/* --- composite patterns ------------------------------------------------------------------------------------------------ */

static ast_pattern_seq *pattern_list(py_parser *p, py_tok_kind close, uint32_t mark)
{
    while (!py__at(p, close)) {
        ast_pattern *m = maybe_star_pattern(p);
        if (!m || !py__push(p, m))
            return NULL;
        if (!py__accept(p, PY_T_COMMA))
            break;
    }
    return py__accept(p, close) ? py__pop(p, mark) : NULL;
}

static ast_pattern *sequence(py_parser *p, const py_token *start, ast_pattern_seq *patterns)
{
    ast_pattern *m = patterns ? py__node(p, AST_MatchSequence, start) : NULL;
    if (m)
        m->MatchSequence.patterns = patterns;
    return m;
}

static ast_pattern *group_or_sequence(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    if (start->kind == PY_T_LSQB)
        return sequence(p, start, pattern_list(p, PY_T_RSQB, mark));
    if (py__accept(p, PY_T_RPAR))
        return sequence(p, start, ast_empty_seq(pattern));
    ast_pattern *first = maybe_star_pattern(p);
    if (!first)
        return NULL;
    if (first->kind != AST_MatchStar && py__accept(p, PY_T_RPAR))
        return first;
    if (!py__push(p, first) || !py__accept(p, PY_T_COMMA))
        return NULL;
    return sequence(p, start, pattern_list(p, PY_T_RPAR, mark));
}

static ast_expr *mapping_key(py_parser *p)
{
    switch (p->t->kind) {
    case PY_T_STRING: return py__strings(p);
    case PY_T_NUMBER: case PY_T_MINUS: return signed_number(p);
    case PY_T_NONE: case PY_T_TRUE: case PY_T_FALSE: return py__primary(p);
    case PY_T_NAME: return py__peek(p) == PY_T_DOT ? dotted(p) : NULL;
    default: return NULL;
    }
}

static ast_pattern *mapping(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    const ast_name *rest = NULL;
    while (!py__at(p, PY_T_RBRACE)) {
        if (py__accept(p, PY_T_DOUBLESTAR)) {
            if (!(rest = capture_target(p)))
                return NULL;
            py__accept(p, PY_T_COMMA);
            break;
        }
        ast_expr *key = mapping_key(p);
        ast_pattern *value = key && py__accept(p, PY_T_COLON) ? pattern(p) : NULL;
        if (!value || !py__push(p, key) || !py__push(p, value))
            return NULL;
        if (!py__accept(p, PY_T_COMMA))
            break;
    }
    if (!py__accept(p, PY_T_RBRACE))
        return NULL;
    ast_expr_seq *keys;
    ast_pattern_seq *values;
    ast_pattern *m = py__node(p, AST_MatchMapping, start);
    if (!m || !py__pop_pairs(p, mark, &keys, &values))
        return NULL;
    m->MatchMapping.keys = keys;
    m->MatchMapping.patterns = values;
    m->MatchMapping.rest = rest;
    return m;
}

/* Second pass: positional patterns behind keyword ones. */
static ast_pattern *explain_class(py_parser *p)
{
    if (!p->explain)
        return NULL;
    const ast_pattern *first = NULL, *last = NULL;
    while (!py__at(p, PY_T_RPAR)) {
        const py_token *here = p->t;
        const ast_pattern *next = pattern(p);
        if (!next) {
            p->t = here;
            break;
        }
        last = next;
        if (!first)
            first = last;
        if (!py__accept(p, PY_T_COMMA))
            break;
    }
    return first && last ? RAISE_RANGE(p, first, last, "positional patterns follow keyword patterns") : NULL;
}

/* cls is read, '(' is next. */
static ast_pattern *class_pattern(py_parser *p, const py_token *start, ast_expr *cls)
{
    p->t++;
    uint32_t mark = p->n_stack, n_positional = 0, n_keywords = 0;
    while (!py__at(p, PY_T_RPAR)) {
        bool keyword = py__at(p, PY_T_NAME) && py__peek(p) == PY_T_EQUAL;
        const ast_name *name = p->t->name;
        if (keyword)
            p->t += 2;
        else if (n_keywords)
            return explain_class(p);
        ast_pattern *m = pattern(p);
        if (!m || (keyword && !py__push(p, (void *)(uintptr_t)name)) || !py__push(p, m))
            return NULL;
        if (keyword)
            n_keywords++;
        else
            n_positional++;
        if (!py__accept(p, PY_T_COMMA))
            break;
    }
    if (!py__accept(p, PY_T_RPAR))
        return NULL;
    ast_pattern *m = py__node(p, AST_MatchClass, start);
    ast_pattern_seq *patterns = ast_seq_new(p->arena, n_positional), *values = ast_seq_new(p->arena, n_keywords);
    ast_identifier_seq *names = ast_seq_new(p->arena, n_keywords);
    if (!m || !patterns || !values || !names)
        return NULL;
    for (uint32_t i = 0; i < n_positional; i++)
        patterns->items[i] = p->stack[mark + i];
    for (uint32_t i = 0; i < n_keywords; i++) {
        names->items[i] = p->stack[mark + n_positional + 2 * i];
        values->items[i] = p->stack[mark + n_positional + 2 * i + 1];
    }
    p->n_stack = mark;
    m->MatchClass.cls = cls;
    m->MatchClass.patterns = patterns;
    m->MatchClass.kwd_attrs = names;
    m->MatchClass.kwd_patterns = values;
    return m;
}

static ast_pattern *name_pattern(py_parser *p)
{
    const py_token *start = p->t;
    py_tok_kind next = py__peek(p);
    if (start->name->id == PY_SOFT_WILDCARD) {
        p->t++;
        return py__node(p, AST_MatchAs, start);
    }
    if (next != PY_T_DOT && next != PY_T_LPAR) {
        const ast_name *name = capture_target(p);
        ast_pattern *m = name ? py__node(p, AST_MatchAs, start) : NULL;
        if (m)
            m->MatchAs.name = name;
        return m;
    }
    ast_expr *value = dotted(p);
    if (!value)
        return NULL;
    if (py__at(p, PY_T_LPAR))
        return class_pattern(p, start, value);
    return py__at(p, PY_T_EQUAL) ? NULL : value_pattern(p, start, value);
}

static ast_pattern *closed_pattern(py_parser *p)
{
    switch (p->t->kind) {
    case PY_T_NAME: return name_pattern(p);
    case PY_T_NUMBER: case PY_T_MINUS: {
        const py_token *start = p->t;
        return value_pattern(p, start, signed_number(p));
    }
    case PY_T_STRING: {
        const py_token *start = p->t;
        return value_pattern(p, start, py__strings(p));
    }
    case PY_T_NONE: case PY_T_TRUE: case PY_T_FALSE: return singleton(p);
    case PY_T_LPAR: case PY_T_LSQB: return group_or_sequence(p);
    case PY_T_LBRACE: return mapping(p);
    default: return NULL;
    }
}

static ast_pattern *or_pattern(py_parser *p)
{
    const py_token *start = p->t;
    ast_pattern *first = closed_pattern(p);
    if (!first || !py__at(p, PY_T_VBAR))
        return first;
    uint32_t mark = p->n_stack;
    if (!py__push(p, first))
        return NULL;
    while (py__accept(p, PY_T_VBAR)) {
        ast_pattern *m = closed_pattern(p);
        if (!m || !py__push(p, m))
            return NULL;
    }
    ast_pattern_seq *patterns = py__pop(p, mark);
    ast_pattern *m = py__node(p, AST_MatchOr, start);
    if (!m || !patterns)
        return NULL;
    m->MatchOr.patterns = patterns;
    return m;
}

static ast_pattern *pattern(py_parser *p)
{
    const py_token *start = p->t;
    ast_pattern *inner = or_pattern(p);
    if (!inner || !py__accept(p, PY_T_AS))
        return inner;
    const py_token *at = p->t;
    const ast_name *name = capture_target(p);
    if (!name) {
        if (!p->explain)
            return NULL;
        if (py__at_soft(p, PY_SOFT_WILDCARD))
            return RAISE_TOKEN(p, at, "cannot use '_' as a target");
        ast_expr *e = py__at(p, PY_T_NAME) ? NULL : py__expression(p);
        return e ? RAISE_AT(p, e, "invalid pattern target") : NULL;
    }
    ast_pattern *m = py__node(p, AST_MatchAs, start);
    if (!m)
        return NULL;
    m->MatchAs.pattern = inner;
    m->MatchAs.name = name;
    return m;
}

static ast_pattern *maybe_star_pattern(py_parser *p)
{
    if (!py__at(p, PY_T_STAR))
        return pattern(p);
    const py_token *start = p->t++;
    const ast_name *name = NULL;
    if (!py__at_soft(p, PY_SOFT_WILDCARD)) {
        if (!(name = capture_target(p)))
            return NULL;
    } else {
        p->t++;
    }
    ast_pattern *m = py__node(p, AST_MatchStar, start);
    if (m)
        m->MatchStar.name = name;
    return m;
}

/* What stands behind `case`: a pattern, or a sequence without brackets. */
static ast_pattern *patterns(py_parser *p)
{
    const py_token *start = p->t;
    ast_pattern *first = maybe_star_pattern(p);
    if (!first || (!py__at(p, PY_T_COMMA) && first->kind != AST_MatchStar))
        return first;
    uint32_t mark = p->n_stack;
    if (!py__push(p, first) || !py__at(p, PY_T_COMMA))
        return NULL;
    while (py__accept(p, PY_T_COMMA) && !py__at(p, PY_T_COLON) && !py__at(p, PY_T_IF)) {
        ast_pattern *m = maybe_star_pattern(p);
        if (!m || !py__push(p, m))
            return NULL;
    }
    return sequence(p, start, py__pop(p, mark));
}

/* --- the statement ----------------------------------------------------------------------------------------------------- */

static ast_expr *subject(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *first = py__star_named_expression(p);
    if (!first || (!py__at(p, PY_T_COMMA) && first->kind != AST_Starred))
        return first;
    uint32_t mark = p->n_stack;
    if (!py__push(p, first) || !py__at(p, PY_T_COMMA))
        return NULL;
    while (py__accept(p, PY_T_COMMA) && (py__starts_expression((py_tok_kind)p->t->kind) || py__at(p, PY_T_STAR))) {
        ast_expr *e = py__star_named_expression(p);
        if (!e || !py__push(p, e))
            return NULL;
    }
    return py__tuple_from(p, mark, start);
}

static ast_match_case *case_block(py_parser *p)
{
    const py_token *keyword = p->t;
    if (!py__at_soft(p, PY_SOFT_CASE))
        return NULL;
    p->t++;
    ast_match_case *c = base_arena_zalloc(p->arena, sizeof *c);
    if (!c)
        return NULL;
    c->kind = AST_match_case;
    if (!(c->pattern = patterns(p)))
        return NULL;
    if (py__accept(p, PY_T_IF) && !(c->guard = py__named_expression(p)))
        return NULL;
    if (!py__accept(p, PY_T_COLON))
        return py__at(p, PY_T_NEWLINE) ? RAISE_HERE(p, "expected ':'") : NULL;
    c->body = py__block(p, "'case' statement", keyword);
    return c->body ? c : NULL;
}

/* Does the logical line end with a colon, outside of brackets?  Nothing else that begins with a name ends so. */
bool py__is_match(py_parser *p)
{
    if (!py__starts_expression((py_tok_kind)p->t[1].kind) && p->t[1].kind != PY_T_STAR)
        return false;
    const py_token *t = p->t + 1;
    while (t->kind != PY_T_NEWLINE && t->kind != PY_T_END && t->kind != PY_T_ERROR && t->kind != PY_T_SEMI)
        t++;
    return t->kind == PY_T_NEWLINE && t[-1].kind == PY_T_COLON;
}

ast_stmt *py__match(py_parser *p)
{
    const py_token *keyword = p->t++;
    ast_expr *value = subject(p);
    if (!value)
        return NULL;
    if (!py__accept(p, PY_T_COLON))
        return py__at(p, PY_T_NEWLINE) ? RAISE_HERE(p, "expected ':'") : NULL;
    if (!py__accept(p, PY_T_NEWLINE))
        return NULL;
    if (!py__accept(p, PY_T_INDENT))
        return py__raise(p, "IndentationError", "expected an indented block after 'match' statement on line %d", keyword->lineno);
    uint32_t mark = p->n_stack;
    do {
        ast_match_case *c = case_block(p);
        if (!c || !py__push(p, c))
            return NULL;
    } while (py__at_soft(p, PY_SOFT_CASE));
    if (!py__accept(p, PY_T_DEDENT))
        return NULL;
    ast_match_case_seq *cases = py__pop(p, mark);
    ast_stmt *s = py__node(p, AST_Match, keyword);
    if (!s || !cases || !py__since(p, 10, "Pattern matching is"))
        return NULL;
    py__end_block(p, s);
    s->Match.subject = value;
    s->Match.cases = cases;
    return s;
}
