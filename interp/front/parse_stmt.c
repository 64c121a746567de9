/* parse_stmt.c: simple statements, and whole files.  No locks. */
#include "interp/front/parse_int.h"
#include <string.h>

/* --- assignments and expressions --------------------------------------------------------------------------------------- */

static ast_stmt *expression_statement(py_parser *p, const py_token *start, ast_expr *value)
{
    ast_stmt *s = py__node(p, AST_Expr, start);
    if (s)
        s->Expr.value = value;
    return s;
}

static bool is_single_target(const ast_expr *e)
{
    return e->kind == AST_Name || e->kind == AST_Attribute || e->kind == AST_Subscript;
}

static ast_stmt *explain_annotation(py_parser *p, ast_expr *target)
{
    if (!p->explain || target->kind == AST_Yield || target->kind == AST_YieldFrom || target->kind == AST_Starred)
        return NULL;
    p->t++;
    if (!py__expression(p))
        return NULL;
    if (target->kind == AST_List)
        return RAISE_AT(p, target, "only single target (not list) can be annotated");
    if (target->kind == AST_Tuple)
        return RAISE_AT(p, target->flags & AST_F_PAREN ? target : target->Tuple.elts->items[0],
                        "only single target (not tuple) can be annotated");
    return RAISE_AT(p, target, "illegal target for annotation");
}

/* target ':' expression ['=' value] */
static ast_stmt *annotation(py_parser *p, const py_token *start, ast_expr *target)
{
    if (!is_single_target(target))
        return explain_annotation(p, target);
    p->t++;
    ast_expr *type = py__expression(p), *value = NULL;
    if (!type || (py__accept(p, PY_T_EQUAL) && !(value = py__yield_or_star_expressions(p))) || !py__since(p, 6, "Variable annotation syntax is"))
        return NULL;
    py__as_target(target, AST_Store);
    ast_stmt *s = py__node(p, AST_AnnAssign, start);
    if (!s)
        return NULL;
    s->AnnAssign.target = target;
    s->AnnAssign.annotation = type;
    s->AnnAssign.value = value;
    s->AnnAssign.simple = target->kind == AST_Name && !(target->flags & AST_F_PAREN);
    return s;
}

/* Second pass: `bad`, before '=', is no target.  `first` is what stands before the first '=', at token equal. */
static ast_stmt *explain_assignment(py_parser *p, ast_expr *bad, ast_expr *first, const py_token *equal)
{
    if (!p->explain)
        return NULL;
    const py_token *here = p->t;
    ast_expr *last = first;
    if (first->kind == AST_Tuple && !(first->flags & AST_F_PAREN) && equal[-1].kind != PY_T_COMMA)
        last = first->Tuple.elts->items[first->Tuple.elts->n - 1];
    p->t = equal;
    if (py__check_named(p, last))
        return NULL;
    p->t = here;
    if ((bad->kind == AST_Yield || bad->kind == AST_YieldFrom) && !(bad->flags & AST_F_PAREN))
        return RAISE_AT(p, bad, "assignment to yield expression not possible");
    return py__raise_invalid_target(p, bad, PY__STAR_TARGETS);
}

/* target '=' target '=' ... value; the first target is read. */
static ast_stmt *assignment(py_parser *p, const py_token *start, ast_expr *e)
{
    uint32_t mark = p->n_stack;
    ast_expr *first = e;
    const py_token *equal = p->t;
    do {
        if (!py__as_target(e, AST_Store))
            return explain_assignment(p, e, first, equal);
        p->t++;
        if (!py__push(p, e) || !(e = py__yield_or_star_expressions(p)))
            return NULL;
    } while (py__at(p, PY_T_EQUAL));
    ast_expr_seq *targets = py__pop(p, mark);
    const ast_name *type_comment = py__type_comment(p);
    ast_stmt *s = py__node(p, AST_Assign, start);
    if (!s || !targets)
        return NULL;
    s->Assign.type_comment = type_comment;
    s->Assign.targets = targets;
    s->Assign.value = e;
    return s;
}

static int augmented_operator(const py_parser *p)
{
    switch (p->t->kind) {
    case PY_T_PLUSEQUAL: return AST_Add;
    case PY_T_MINEQUAL: return AST_Sub;
    case PY_T_STAREQUAL: return AST_Mult;
    case PY_T_SLASHEQUAL: return AST_Div;
    case PY_T_PERCENTEQUAL: return AST_Mod;
    case PY_T_AMPEREQUAL: return AST_BitAnd;
    case PY_T_VBAREQUAL: return AST_BitOr;
    case PY_T_CIRCUMFLEXEQUAL: return AST_BitXor;
    case PY_T_LEFTSHIFTEQUAL: return AST_LShift;
    case PY_T_RIGHTSHIFTEQUAL: return AST_RShift;
    case PY_T_DOUBLESTAREQUAL: return AST_Pow;
    case PY_T_DOUBLESLASHEQUAL: return AST_FloorDiv;
    case PY_T_ATEQUAL: return AST_MatMult;
    default: return -1;
    }
}

static ast_stmt *augmented(py_parser *p, const py_token *start, ast_expr *target, ast_operator op)
{
    p->t++;
    bool ok = is_single_target(target);
    if (!ok && !p->explain) {
        p->t--;
        return NULL;
    }
    ast_expr *value = py__yield_or_star_expressions(p);
    if (!value)
        return NULL;
    if (!ok)
        return RAISE_AT(p, target, "'%s' is an illegal expression for augmented assignment", py__expr_name(target));
    if (op == AST_MatMult && !py__since(p, 5, "The '@' operator is"))
        return NULL;
    py__as_target(target, AST_Store);
    ast_stmt *s = py__node(p, AST_AugAssign, start);
    if (!s)
        return NULL;
    s->AugAssign.target = target;
    s->AugAssign.op = op;
    s->AugAssign.value = value;
    return s;
}

static ast_stmt *expression_or_assignment(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *e = py__yield_or_star_expressions(p);
    if (!e)
        return NULL;
    if (py__at(p, PY_T_EQUAL))
        return assignment(p, start, e);
    if (py__at(p, PY_T_COLON))
        return annotation(p, start, e);
    int op = augmented_operator(p);
    if (op >= 0)
        return augmented(p, start, e, (ast_operator)op);
    return expression_statement(p, start, e);
}

/* --- simple statements ------------------------------------------------------------------------------------------------- */

static ast_stmt *plain(py_parser *p, ast_kind kind)
{
    const py_token *start = p->t++;
    return py__node(p, kind, start);
}

static ast_stmt *return_statement(py_parser *p)
{
    const py_token *start = p->t++;
    ast_expr *value = NULL;
    if ((py__starts_expression((py_tok_kind)p->t->kind) || py__at(p, PY_T_STAR)) && !(value = py__star_expressions(p)))
        return NULL;
    ast_stmt *s = py__node(p, AST_Return, start);
    if (s)
        s->Return.value = value;
    return s;
}

static ast_stmt *raise_statement(py_parser *p)
{
    const py_token *start = p->t++;
    ast_expr *exc = NULL, *cause = NULL;
    if (py__starts_expression((py_tok_kind)p->t->kind)) {
        if (!(exc = py__expression(p)))
            return NULL;
        if (py__accept(p, PY_T_FROM) && !(cause = py__expression(p)))
            return NULL;
    }
    ast_stmt *s = py__node(p, AST_Raise, start);
    if (!s)
        return NULL;
    s->Raise.exc = exc;
    s->Raise.cause = cause;
    return s;
}

static ast_stmt *assert_statement(py_parser *p)
{
    const py_token *start = p->t++;
    ast_expr *test = py__expression(p), *msg = NULL;
    if (!test || (py__accept(p, PY_T_COMMA) && !(msg = py__expression(p))))
        return NULL;
    ast_stmt *s = py__node(p, AST_Assert, start);
    if (!s)
        return NULL;
    s->Assert.test = test;
    s->Assert.msg = msg;
    return s;
}

/* global, nonlocal */
static ast_stmt *scope_statement(py_parser *p, ast_kind kind)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    do {
        if (!py__at(p, PY_T_NAME) || !py__push(p, (void *)(uintptr_t)p->t->name))
            return NULL;
        p->t++;
    } while (py__accept(p, PY_T_COMMA));
    ast_identifier_seq *names = py__pop(p, mark);
    ast_stmt *s = py__node(p, kind, start);
    if (!s || !names)
        return NULL;
    if (kind == AST_Global)
        s->Global.names = names;
    else
        s->Nonlocal.names = names;
    return s;
}

static ast_stmt *del_statement(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    bool ok = true;
    do {
        if (p->n_stack > mark && (py__at(p, PY_T_SEMI) || py__at(p, PY_T_NEWLINE)))
            break;
        ast_expr *e = py__primary(p);
        ok = e && py__as_target(e, AST_Del);
        if (!ok || !py__push(p, e))
            break;
    } while (py__accept(p, PY_T_COMMA));
    if (!ok || (!py__at(p, PY_T_SEMI) && !py__at(p, PY_T_NEWLINE))) {
        if (!p->explain || p->raised)
            return NULL;
        py__mark_far(p);
        p->t = start + 1;
        p->n_stack = mark;
        return py__raise_invalid_target(p, py__star_expressions(p), PY__DEL_TARGETS);
    }
    ast_expr_seq *targets = py__pop(p, mark);
    ast_stmt *s = py__node(p, AST_Delete, start);
    if (!s || !targets)
        return NULL;
    s->Delete.targets = targets;
    return s;
}

/* --- imports ----------------------------------------------------------------------------------------------------------- */

/* NAME ('.' NAME)*, as one name */
static const ast_name *dotted_name(py_parser *p)
{
    if (!py__at(p, PY_T_NAME))
        return NULL;
    const py_token *first = p->t++;
    if (!py__at(p, PY_T_DOT))
        return first->name;
    size_t total = first->name->n;
    while (py__accept(p, PY_T_DOT)) {
        if (!py__at(p, PY_T_NAME))
            return NULL;
        total += 1 + p->t++->name->n;
    }
    char *text = base_arena_alloc(p->arena, total);
    if (!text)
        return NULL;
    char *out = text;
    for (const py_token *t = first; t < p->t; t++) {
        size_t n = t->kind == PY_T_NAME ? t->name->n : 1;
        memcpy(out, t->kind == PY_T_NAME ? t->name->s : ".", n);
        out += n;
    }
    return ast_intern(p->names, text, total);
}

/* name ['as' NAME], pushed */
static bool alias(py_parser *p, bool dotted)
{
    const py_token *start = p->t;
    const ast_name *name = dotted ? dotted_name(p) : py__at(p, PY_T_NAME) ? p->t++->name : NULL, *asname = NULL;
    if (!name)
        return false;
    if (py__accept(p, PY_T_AS)) {
        if (!py__at(p, PY_T_NAME))
            return false;
        asname = p->t++->name;
    }
    ast_alias *a = py__node(p, AST_alias, start);
    if (!a)
        return false;
    a->name = name;
    a->asname = asname;
    return py__push(p, a);
}

static ast_stmt *import_statement(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    do
        if (!alias(p, true))
            return NULL;
    while (py__accept(p, PY_T_COMMA));
    ast_alias_seq *names = py__pop(p, mark);
    ast_stmt *s = py__node(p, AST_Import, start);
    if (!s || !names)
        return NULL;
    s->Import.names = names;
    return s;
}

static bool star_alias(py_parser *p)
{
    const py_token *start = p->t++;
    ast_alias *a = py__node(p, AST_alias, start);
    return a && (a->name = ast_intern(p->names, "*", 1)) && py__push(p, a);
}

static bool import_targets(py_parser *p)
{
    if (py__at(p, PY_T_STAR))
        return star_alias(p);
    bool parens = py__accept(p, PY_T_LPAR);
    for (;;) {
        if (!alias(p, false))
            return false;
        if (!py__accept(p, PY_T_COMMA))
            break;
        if (parens && py__at(p, PY_T_RPAR))
            break;
        if (!parens && py__at(p, PY_T_NEWLINE)) {
            RAISE_HERE(p, "trailing comma not allowed without surrounding parentheses");
            return false;
        }
    }
    return !parens || py__accept(p, PY_T_RPAR);
}

static ast_stmt *import_from_statement(py_parser *p)
{
    const py_token *start = p->t++;
    uint32_t mark = p->n_stack;
    int32_t level = 0;
    const ast_name *module = NULL;
    while (py__at(p, PY_T_DOT) || py__at(p, PY_T_ELLIPSIS)) {
        level += py__at(p, PY_T_DOT) ? 1 : 3;
        p->t++;
    }
    if ((level == 0 || !py__at(p, PY_T_IMPORT)) && !(module = dotted_name(p)))
        return NULL;
    if (!py__accept(p, PY_T_IMPORT) || !import_targets(p))
        return NULL;
    ast_alias_seq *names = py__pop(p, mark);
    ast_stmt *s = py__node(p, AST_ImportFrom, start);
    if (!s || !names)
        return NULL;
    s->ImportFrom.module = module;
    s->ImportFrom.names = names;
    s->ImportFrom.level = level;
    return s;
}

static ast_stmt *simple_statement(py_parser *p)
{
    switch (p->t->kind) {
    case PY_T_RETURN: return return_statement(p);
    case PY_T_IMPORT: return import_statement(p);
    case PY_T_FROM: return import_from_statement(p);
    case PY_T_RAISE: return raise_statement(p);
    case PY_T_PASS: return plain(p, AST_Pass);
    case PY_T_BREAK: return plain(p, AST_Break);
    case PY_T_CONTINUE: return plain(p, AST_Continue);
    case PY_T_DEL: return del_statement(p);
    case PY_T_ASSERT: return assert_statement(p);
    case PY_T_GLOBAL: return scope_statement(p, AST_Global);
    case PY_T_NONLOCAL: return scope_statement(p, AST_Nonlocal);
    default: return expression_or_assignment(p);
    }
}

/* Statements up to the end of the line, pushed. */
bool py__simple_statements(py_parser *p)
{
    do {
        ast_stmt *s = simple_statement(p);
        if (!s || !py__push(p, s))
            return false;
    } while (py__accept(p, PY_T_SEMI) && !py__at(p, PY_T_NEWLINE));
    return py__accept(p, PY_T_NEWLINE);
}

/* --- files ------------------------------------------------------------------------------------------------------------- */

static ast_mod *new_mod(py_parser *p, ast_kind kind)
{
    return ast_node_new(p->arena, kind);
}

static ast_type_ignore_seq *type_ignores(py_parser *p)
{
    uint32_t mark = p->n_stack;
    for (const py_type_ignore *i = p->lx.ignores; i; i = i->next) {
        ast_type_ignore *node = ast_node_new(p->arena, AST_TypeIgnore);
        if (!node || !py__push(p, node))
            return NULL;
        node->TypeIgnore.lineno_ = i->lineno;
        node->TypeIgnore.tag = i->tag;
    }
    return p->n_stack == mark ? ast_empty_seq(type_ignore) : py__pop(p, mark);
}

static ast_mod *module(py_parser *p)
{
    uint32_t mark = p->n_stack;
    while (!py__at(p, PY_T_END))
        if (!py__statement(p))
            return NULL;
    ast_stmt_seq *body = py__pop(p, mark);
    ast_mod *m = new_mod(p, AST_Module);
    if (!m || !body)
        return NULL;
    m->Module.body = body;
    m->Module.type_ignores = type_ignores(p);
    return m->Module.type_ignores ? m : NULL;
}

static ast_mod *expression_mod(py_parser *p)
{
    const py_token *start = p->t;
    uint32_t mark = p->n_stack;
    ast_expr *e = py__expression(p);
    if (e && py__at(p, PY_T_COMMA)) {
        if (!py__push(p, e))
            return NULL;
        while (py__accept(p, PY_T_COMMA) && py__starts_expression((py_tok_kind)p->t->kind))
            if (!(e = py__expression(p)) || !py__push(p, e))
                return NULL;
        e = py__tuple_from(p, mark, start);
    }
    if (!e)
        return NULL;
    while (py__accept(p, PY_T_NEWLINE)) { }
    if (!py__at(p, PY_T_END))
        return NULL;
    ast_mod *m = new_mod(p, AST_Expression);
    if (m)
        m->Expression.body = e;
    return m;
}

/* Is there anything but blanks and comments behind the statement that has been read? */
static bool more_text(const py_parser *p)
{
    for (const char *s = p->lx.src + p->t[-1].end; s < p->lx.end; s++) {
        if (*s == '#')
            while (s + 1 < p->lx.end && *s != '\n')
                s++;
        else if (*s != ' ' && *s != '\t' && *s != '\n' && *s != '\f')
            return true;
    }
    return false;
}

static ast_mod *interactive(py_parser *p)
{
    uint32_t mark = p->n_stack;
    bool compound;
    const py_token *start = p->t;
    if (py__at(p, PY_T_END))
        return NULL;
    if (py__accept(p, PY_T_NEWLINE)) {
        ast_stmt *s = py__node(p, AST_Pass, start);
        if (!s || !py__push(p, s))
            return NULL;
    } else {
        ast_stmt *s = py__compound_statement(p, &compound);
        bool ok = compound ? s && py__push(p, s) && py__accept(p, PY_T_NEWLINE) : py__simple_statements(p);
        if (!ok) {
            py__explain_match(p, start);
            return NULL;
        }
    }
    ast_stmt_seq *body = py__pop(p, mark);
    const py_token *last = p->t - 1;
    if (more_text(p)) {
        p->explain = p->sole = true;
        p->known_err = last;
        p->t = p->far = last;
        return RAISE_HERE(p, "multiple statements found while compiling a single statement");
    }
    ast_mod *m = new_mod(p, AST_Interactive);
    if (!m || !body)
        return NULL;
    m->Interactive.body = body;
    return m;
}

/* "(int, *str, **bool) -> float" */
static ast_mod *function_type(py_parser *p)
{
    uint32_t mark = p->n_stack;
    if (!py__accept(p, PY_T_LPAR))
        return NULL;
    int stars = 0;                       /* of the last one: they may only become more */
    while (stars < 2 && (p->n_stack > mark || !py__at(p, PY_T_RPAR))) {
        int now = py__accept(p, PY_T_STAR) ? 1 : py__accept(p, PY_T_DOUBLESTAR) ? 2 : 0;
        ast_expr *e = now >= stars && !(now == 1 && stars == 1) ? py__expression(p) : NULL;
        if (!e || !py__push(p, e))
            return NULL;
        stars = now;
        if (!py__accept(p, PY_T_COMMA))
            break;
    }
    if (!py__accept(p, PY_T_RPAR) || !py__accept(p, PY_T_RARROW))
        return NULL;
    ast_expr *returns = py__expression(p);
    if (!returns)
        return NULL;
    while (py__accept(p, PY_T_NEWLINE)) { }
    ast_expr_seq *argtypes = py__pop(p, mark);
    ast_mod *m = py__at(p, PY_T_END) ? new_mod(p, AST_FunctionType) : NULL;
    if (!m || !argtypes)
        return NULL;
    m->FunctionType.argtypes = argtypes;
    m->FunctionType.returns = returns;
    return m;
}

ast_mod *py__file(py_parser *p, py_parse_mode mode)
{
    switch (mode) {
    case PY_PARSE_EVAL: return expression_mod(p);
    case PY_PARSE_SINGLE: return interactive(p);
    case PY_PARSE_FUNC_TYPE: return function_type(p);
    default: return module(p);
    }
}
