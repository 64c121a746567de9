/* unparse.c: the source text of an expression, as `from __future__ import annotations` keeps it.  No locks.
 * Recursion is bounded by the symbol table's walk, which comes first (SYM_MAX_DEPTH).  */
#include "base/buf.h"
#include "base/mem.h"
#include "interp/front/front.h"
#include "interp/front/repr.h"
#include <math.h>
#include <string.h>

/* How strongly an expression binds; one that stands where more is asked for is put in parentheses. */
enum {
    L_TUPLE, L_TEST, L_OR, L_AND, L_NOT, L_CMP, L_BOR, L_EXPR = L_BOR, L_BXOR, L_BAND, L_SHIFT, L_ARITH, L_TERM, L_FACTOR, L_POWER,
    L_AWAIT, L_ATOM,
};

static void expr(base_buf *b, const ast_expr *e, unsigned level);

static void open(base_buf *b, unsigned level, unsigned own)
{
    if (level > own)
        base_buf_byte(b, '(');
}

static void close(base_buf *b, unsigned level, unsigned own)
{
    if (level > own)
        base_buf_byte(b, ')');
}

static void name(base_buf *b, const ast_name *n)
{
    base_buf_add(b, n->s, n->n);
}

static void list(base_buf *b, const ast_expr_seq *s, unsigned level)
{
    for (int32_t i = 0; i < s->n; i++) {
        if (i)
            base_buf_text(b, ", ");
        expr(b, s->items[i], level);
    }
}

/* --- operators --------------------------------------------------------------------------------------------------------- */

#define SIGN(sum, k, s) [AST_##k] = s,
static const char *const operator_signs[] = {AST_OPERATOR(SIGN)};
static const char *const cmpop_signs[] = {AST_CMPOP(SIGN)};

static void bool_op(base_buf *b, const ast_expr *e, unsigned level)
{
    bool and = e->BoolOp.op == AST_And;
    unsigned own = and ? L_AND : L_OR;
    open(b, level, own);
    for (int32_t i = 0; i < e->BoolOp.values->n; i++) {
        if (i)
            base_buf_text(b, and ? " and " : " or ");
        expr(b, e->BoolOp.values->items[i], own + 1);
    }
    close(b, level, own);
}

static void bin_op(base_buf *b, const ast_expr *e, unsigned level)
{
    static const uint8_t levels[] = {
        [AST_Add] = L_ARITH, [AST_Sub] = L_ARITH, [AST_Mult] = L_TERM, [AST_MatMult] = L_TERM, [AST_Div] = L_TERM, [AST_Mod] = L_TERM,
        [AST_LShift] = L_SHIFT, [AST_RShift] = L_SHIFT, [AST_BitOr] = L_BOR, [AST_BitXor] = L_BXOR, [AST_BitAnd] = L_BAND,
        [AST_FloorDiv] = L_TERM, [AST_Pow] = L_POWER,
    };
    unsigned own = levels[e->BinOp.op];
    bool right = e->BinOp.op == AST_Pow;
    open(b, level, own);
    expr(b, e->BinOp.left, own + right);
    base_buf_printf(b, " %s ", operator_signs[e->BinOp.op]);
    expr(b, e->BinOp.right, own + !right);
    close(b, level, own);
}

static void unary_op(base_buf *b, const ast_expr *e, unsigned level)
{
    static const char *const signs[] = {[AST_Invert] = "~", [AST_Not] = "not ", [AST_UAdd] = "+", [AST_USub] = "-"};
    unsigned own = e->UnaryOp.op == AST_Not ? L_NOT : L_FACTOR;
    open(b, level, own);
    base_buf_text(b, signs[e->UnaryOp.op]);
    expr(b, e->UnaryOp.operand, own);
    close(b, level, own);
}

static void compare(base_buf *b, const ast_expr *e, unsigned level)
{
    open(b, level, L_CMP);
    expr(b, e->Compare.left, L_CMP + 1);
    for (int32_t i = 0; i < e->Compare.ops->n; i++) {
        base_buf_printf(b, " %s ", cmpop_signs[e->Compare.ops->items[i]]);
        expr(b, e->Compare.comparators->items[i], L_CMP + 1);
    }
    close(b, level, L_CMP);
}

static void if_exp(base_buf *b, const ast_expr *e, unsigned level)
{
    open(b, level, L_TEST);
    expr(b, e->IfExp.body, L_TEST + 1);
    base_buf_text(b, " if ");
    expr(b, e->IfExp.test, L_TEST + 1);
    base_buf_text(b, " else ");
    expr(b, e->IfExp.orelse, L_TEST);
    close(b, level, L_TEST);
}

/* --- lambda ------------------------------------------------------------------------------------------------------------ */

static void arg(base_buf *b, bool *first, const char *stars, const ast_arg *a, const ast_expr *value)
{
    base_buf_text(b, *first ? "" : ", ");
    *first = false;
    base_buf_text(b, stars);
    if (!a)
        return;
    name(b, a->arg);
    if (a->annotation) {
        base_buf_text(b, ": ");
        expr(b, a->annotation, L_TEST);
    }
    if (value) {
        base_buf_byte(b, '=');
        expr(b, value, L_TEST);
    }
}

static void arguments(base_buf *b, const ast_arguments *a)
{
    bool first = true;
    int32_t n_pos = a->posonlyargs->n, n = n_pos + a->args->n;
    for (int32_t i = 0; i < n; i++) {
        int32_t d = i - (n - a->defaults->n);
        arg(b, &first, "", i < n_pos ? a->posonlyargs->items[i] : a->args->items[i - n_pos], d >= 0 ? a->defaults->items[d] : NULL);
        if (n_pos && i + 1 == n_pos)
            base_buf_text(b, ", /");
    }
    if (a->vararg || a->kwonlyargs->n)
        arg(b, &first, "*", a->vararg, NULL);
    for (int32_t i = 0; i < a->kwonlyargs->n; i++)
        arg(b, &first, "", a->kwonlyargs->items[i], a->kw_defaults->items[i]);
    if (a->kwarg)
        arg(b, &first, "**", a->kwarg, NULL);
}

static void lambda(base_buf *b, const ast_expr *e, unsigned level)
{
    const ast_arguments *a = e->Lambda.args;
    bool positional = a->posonlyargs->n || a->args->n;
    open(b, level, L_TEST);
    base_buf_text(b, positional ? "lambda " : "lambda");       /* CPython writes lambda*args, too */
    arguments(b, a);
    base_buf_text(b, ": ");
    expr(b, e->Lambda.body, L_TEST);
    close(b, level, L_TEST);
}

/* --- displays and comprehensions --------------------------------------------------------------------------------------- */

static void dict(base_buf *b, const ast_expr *e)
{
    base_buf_byte(b, '{');
    for (int32_t i = 0; i < e->Dict.values->n; i++) {
        if (i)
            base_buf_text(b, ", ");
        if (e->Dict.keys->items[i]) {
            expr(b, e->Dict.keys->items[i], L_TEST);
            base_buf_text(b, ": ");
            expr(b, e->Dict.values->items[i], L_TEST);
        } else {
            base_buf_text(b, "**");
            expr(b, e->Dict.values->items[i], L_EXPR);
        }
    }
    base_buf_byte(b, '}');
}

static void generators(base_buf *b, const ast_comprehension_seq *seq)
{
    for (int32_t i = 0; i < seq->n; i++) {
        const ast_comprehension *c = seq->items[i];
        base_buf_text(b, c->is_async ? " async for " : " for ");
        expr(b, c->target, L_TUPLE);
        base_buf_text(b, " in ");
        expr(b, c->iter, L_TEST + 1);
        for (int32_t k = 0; k < c->ifs->n; k++) {
            base_buf_text(b, " if ");
            expr(b, c->ifs->items[k], L_TEST + 1);
        }
    }
}

static void comprehension(base_buf *b, const char *brackets, const ast_expr *elt, const ast_expr *value,
                          const ast_comprehension_seq *seq)
{
    base_buf_byte(b, (unsigned char)brackets[0]);
    expr(b, elt, L_TEST);
    if (value) {
        base_buf_text(b, ": ");
        expr(b, value, L_TEST);
    }
    generators(b, seq);
    base_buf_byte(b, (unsigned char)brackets[1]);
}

static void tuple(base_buf *b, const ast_expr *e, unsigned level)
{
    const ast_expr_seq *elts = e->Tuple.elts;
    if (elts->n == 0) {
        base_buf_text(b, "()");
        return;
    }
    open(b, level, L_TUPLE);
    list(b, elts, L_TEST);
    if (elts->n == 1)
        base_buf_byte(b, ',');
    close(b, level, L_TUPLE);
}

/* --- strings ----------------------------------------------------------------------------------------------------------- */

static void fstring_body(base_buf *b, const ast_expr *e);

static void formatted_value(base_buf *b, const ast_expr *e)
{
    base_buf inner;
    base_buf_init(&inner);
    expr(&inner, e->FormattedValue.value, L_TEST + 1);
    base_buf_text(b, inner.n && inner.at[0] == '{' ? "{ " : "{");      /* two braces would be one */
    base_buf_add(b, inner.n ? inner.at : "", inner.n);
    b->failed |= inner.failed;
    base_buf_release(&inner);
    if (e->FormattedValue.conversion > 0)
        base_buf_printf(b, "!%c", (char)e->FormattedValue.conversion);
    if (e->FormattedValue.format_spec) {
        base_buf_byte(b, ':');
        fstring_body(b, e->FormattedValue.format_spec);
    }
    base_buf_byte(b, '}');
}

/* An f-string without quotes: braces of its text doubled. */
static void fstring_body(base_buf *b, const ast_expr *e)
{
    if (e->kind == AST_JoinedStr) {
        for (int32_t i = 0; i < e->JoinedStr.values->n; i++)
            fstring_body(b, e->JoinedStr.values->items[i]);
    } else if (e->kind == AST_FormattedValue) {
        formatted_value(b, e);
    } else if (e->kind == AST_Constant && e->Constant.value.kind == AST_CONST_STR) {
        for (uint32_t i = 0; i < e->Constant.value.n; i++) {
            unsigned char c = (unsigned char)e->Constant.value.s[i];
            base_buf_fill(b, c, c == '{' || c == '}' ? 2 : 1);
        }
    }
}

static void fstring(base_buf *b, const ast_expr *e)
{
    base_buf inner;
    base_buf_init(&inner);
    fstring_body(&inner, e);
    base_buf_byte(b, 'f');
    py_repr_str(b, inner.n ? inner.at : "", inner.n);
    b->failed |= inner.failed;
    base_buf_release(&inner);
}

static void constant(base_buf *b, const ast_expr *e)
{
    const ast_constant *c = &e->Constant.value;
    if (c->kind == AST_CONST_ELLIPSIS) {
        base_buf_text(b, "...");
    } else if ((c->kind == AST_CONST_FLOAT || c->kind == AST_CONST_IMAG) && isinf(c->f)) {
        base_buf_text(b, c->kind == AST_CONST_IMAG ? "1e309j" : "1e309");
    } else {
        if (e->Constant.kind)
            name(b, e->Constant.kind);
        py_repr_constant(b, c);
    }
}

/* --- the rest ---------------------------------------------------------------------------------------------------------- */

static void call(base_buf *b, const ast_expr *e)
{
    expr(b, e->Call.func, L_ATOM);
    if (e->Call.args->n == 1 && !e->Call.keywords->n && e->Call.args->items[0]->kind == AST_GeneratorExp) {
        expr(b, e->Call.args->items[0], L_TEST);
        return;
    }
    base_buf_byte(b, '(');
    list(b, e->Call.args, L_TEST);
    for (int32_t i = 0; i < e->Call.keywords->n; i++) {
        const ast_keyword *k = e->Call.keywords->items[i];
        if (i || e->Call.args->n)
            base_buf_text(b, ", ");
        if (k->arg)
            name(b, k->arg);
        base_buf_text(b, k->arg ? "=" : "**");
        expr(b, k->value, L_TEST);
    }
    base_buf_byte(b, ')');
}

static void attribute(base_buf *b, const ast_expr *e)
{
    const ast_expr *v = e->Attribute.value;
    bool number = v->kind == AST_Constant && (v->Constant.value.kind == AST_CONST_INT || v->Constant.value.kind == AST_CONST_BIGINT);
    expr(b, v, L_ATOM);
    base_buf_text(b, number ? " ." : ".");
    name(b, e->Attribute.attr);
}

static void slice(base_buf *b, const ast_expr *e)
{
    if (e->Slice.lower)
        expr(b, e->Slice.lower, L_TEST);
    base_buf_byte(b, ':');
    if (e->Slice.upper)
        expr(b, e->Slice.upper, L_TEST);
    if (e->Slice.step) {
        base_buf_byte(b, ':');
        expr(b, e->Slice.step, L_TEST);
    }
}

static void named_expr(base_buf *b, const ast_expr *e, unsigned level)
{
    open(b, level, L_TUPLE);
    expr(b, e->NamedExpr.target, L_ATOM);
    base_buf_text(b, " := ");
    expr(b, e->NamedExpr.value, L_ATOM);
    close(b, level, L_TUPLE);
}

static void prefixed(base_buf *b, const char *prefix, const ast_expr *value, unsigned level, const char *suffix)
{
    base_buf_text(b, prefix);
    expr(b, value, level);
    base_buf_text(b, suffix);
}

static void expr(base_buf *b, const ast_expr *e, unsigned level)
{
    switch (e->kind) {
    case AST_BoolOp: bool_op(b, e, level); break;
    case AST_BinOp: bin_op(b, e, level); break;
    case AST_UnaryOp: unary_op(b, e, level); break;
    case AST_Compare: compare(b, e, level); break;
    case AST_IfExp: if_exp(b, e, level); break;
    case AST_Lambda: lambda(b, e, level); break;
    case AST_NamedExpr: named_expr(b, e, level); break;
    case AST_Dict: dict(b, e); break;
    case AST_Set:
        base_buf_byte(b, '{');
        list(b, e->Set.elts, L_TEST);
        base_buf_byte(b, '}');
        break;
    case AST_List:
        base_buf_byte(b, '[');
        list(b, e->List.elts, L_TEST);
        base_buf_byte(b, ']');
        break;
    case AST_Tuple: tuple(b, e, level); break;
    case AST_ListComp: comprehension(b, "[]", e->ListComp.elt, NULL, e->ListComp.generators); break;
    case AST_SetComp: comprehension(b, "{}", e->SetComp.elt, NULL, e->SetComp.generators); break;
    case AST_DictComp: comprehension(b, "{}", e->DictComp.key, e->DictComp.value, e->DictComp.generators); break;
    case AST_GeneratorExp: comprehension(b, "()", e->GeneratorExp.elt, NULL, e->GeneratorExp.generators); break;
    case AST_Await:
        open(b, level, L_AWAIT);
        prefixed(b, "await ", e->Await.value, L_ATOM, "");
        close(b, level, L_AWAIT);
        break;
    case AST_Yield:
        if (e->Yield.value)
            prefixed(b, "(yield ", e->Yield.value, L_TEST, ")");
        else
            base_buf_text(b, "(yield)");
        break;
    case AST_YieldFrom: prefixed(b, "(yield from ", e->YieldFrom.value, L_TEST, ")"); break;
    case AST_Call: call(b, e); break;
    case AST_JoinedStr: case AST_FormattedValue: fstring(b, e); break;
    case AST_Constant: constant(b, e); break;
    case AST_Attribute: attribute(b, e); break;
    case AST_Subscript:
        expr(b, e->Subscript.value, L_ATOM);
        base_buf_byte(b, '[');
        expr(b, e->Subscript.slice, L_TUPLE);
        base_buf_byte(b, ']');
        break;
    case AST_Starred: prefixed(b, "*", e->Starred.value, L_EXPR, ""); break;
    case AST_Name: name(b, e->Name.id); break;
    case AST_Slice: slice(b, e); break;
    default: break;
    }
}

const char *ast_unparse_expr(base_arena *arena, const ast_expr *e, size_t *n)
{
    base_buf b;
    base_buf_init(&b);
    expr(&b, e, L_TEST);
    *n = b.n;
    const char *text = b.failed ? NULL : base_arena_strndup(arena, b.n ? b.at : "", b.n);
    base_buf_release(&b);
    return text;
}
