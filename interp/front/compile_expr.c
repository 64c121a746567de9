/* compile_expr.c: expressions as values and as conditions.
 *
 * Locks: none.
 * X1  cc_gen() leaves the value in the wanted register, or for CC_ANY in a local (used in place) or the temporary at the old top.
 * X2  A local is used in place only if no := of the function binds it: nothing else can rebind it before the use.
 * How registers are given out: compile_int.h, C1 and C2.  */
#include "interp/front/compile_int.h"

/* Ends the use of temporaries; the register for the result. */
cc_reg cc_result(cc *c, cc_reg mark, cc_reg want)
{
    c->u->top = mark;
    if (want == CC_ANY)
        return cc_temp(c);
    cc_reserve(c, want + 1);
    return want;
}

/* A value that was built in the temporary acc (at mark) goes to where it is wanted. */
cc_reg cc_deliver(cc *c, cc_reg mark, cc_reg acc, cc_reg want)
{
    cc_reg d = cc_result(c, mark, want);
    cc_emit_move(c, d, acc);
    return d;
}

cc_reg cc_expr(cc *c, ast_expr *e) { return cc_gen(c, e, CC_ANY); }
void cc_expr_to(cc *c, ast_expr *e, cc_reg to) { cc_gen(c, e, to); }

void cc_expr_push(cc *c, ast_expr *e)
{
    cc_reg mark = c->u->top, r;
    cc_const *k = cc_const_of(c, e);
    if (k) {
        CC_AT(c, e);
        cc_load_const(c, cc_temp(c), k);
        return;
    }
    r = cc_gen(c, e, CC_ANY);
    if (c->u->top == mark)
        cc_emit_move(c, cc_temp(c), r);
}

void cc_expr_void(cc *c, ast_expr *e)
{
    cc_reg mark = c->u->top;
    if (!cc_const_of(c, e))
        cc_gen(c, e, CC_ANY);
    c->u->top = mark;
}

void cc_push_const(cc *c, cc_const *k)
{
    cc_load_const(c, cc_temp(c), k);
}

/* ---- names, yield, await ---- */

cc_reg cc_gen_name(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, r = cc_name_local(c, e->Name.id);
    CC_AT(c, e);
    if (r != CC_ANY) {
        if (c->u->live && !cc_bit(c->u->bound, r)) {
            cc_emit(c, PY_OP_CHECK, r, 0, 0);
            cc_set_bit(c->u->bound, r);
        }
        if (want == CC_ANY && !cc_bit(c->u->rebound, r)) {
            CC_MARK_OPERAND(c, e);
            return r;
        }
    }
    cc_reg d = cc_result(c, mark, want);
    if (r != CC_ANY)
        cc_emit_move(c, d, r);
    else
        cc_name_load(c, e->Name.id, d);
    return d;
}

static cc_reg gen_named(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    cc_reg v = cc_gen(c, e->NamedExpr.value, CC_ANY);
    CC_AT(c, e);
    cc_store(c, e->NamedExpr.target, v);
    if (want == CC_ANY)
        return v;
    cc_reg d = cc_result(c, mark, want);
    CC_AT(c, e);
    cc_emit_move(c, d, v);
    return d;
}

static bool in_function(cc *c) { return c->u->kind >= CC_U_FUNCTION; }

static cc_reg gen_yield(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, v;
    if (!in_function(c)) {
        cc_error(c, (const ast_node *)e, "'yield' outside function");
        return 0;
    }
    if (e->Yield.value) {
        v = cc_gen(c, e->Yield.value, CC_ANY);
    } else {
        CC_AT(c, e);
        cc_push_const(c, c->none);
        v = mark;
    }
    cc_reg d = cc_result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, PY_OP_YIELD, d, v, 0);
    return d;
}

/* to = result of what iterator op makes of `value`, driven to its end. */
static void drive(cc *c, py_op op, cc_reg value, cc_reg to, cc_awaited what)
{
    cc_reg mark = c->u->top, it = cc_temp(c), sent = cc_temp(c);
    cc_emit(c, op, it, value, what);
    cc_load_const(c, sent, c->none);
    cc_emit(c, PY_OP_YIELDFROM, to, it, sent);
    c->u->top = mark;
}

void cc_await(cc *c, cc_reg value, cc_reg to, cc_awaited what)
{
    drive(c, what == CC_AWAIT_NEXT ? PY_OP_GETANEXT : PY_OP_AWAITABLE, value, to, what);
}

static cc_reg gen_yield_from(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    if (!in_function(c) || c->u->kind == CC_U_ASYNC_FUNCTION) {
        cc_error(c, (const ast_node *)e, in_function(c) ? "'yield from' inside async function" : "'yield' outside function");
        return 0;
    }
    cc_reg v = cc_gen(c, e->YieldFrom.value, CC_ANY), d = cc_result(c, mark, want);
    CC_AT(c, e);
    drive(c, PY_OP_YIELDITER, v, d, CC_AWAIT_EXPR);
    return d;
}

static cc_reg gen_await(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    cc_unit_kind kind = c->u->kind;
    if (!(c->top_level_await && kind == CC_U_MODULE)) {
        if (!in_function(c)) {
            cc_error(c, (const ast_node *)e, "'await' outside function");
            return 0;
        }
        if (kind != CC_U_ASYNC_FUNCTION && kind != CC_U_COMPREHENSION) {
            cc_error(c, (const ast_node *)e, "'await' outside async function");
            return 0;
        }
    }
    cc_reg v = cc_gen(c, e->Await.value, CC_ANY), d = cc_result(c, mark, want);
    CC_AT(c, e);
    drive(c, PY_OP_AWAITABLE, v, d, CC_AWAIT_EXPR);
    return d;
}

static cc_reg gen_nested(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, d = want == CC_ANY ? mark : want;
    cc_reserve(c, d + 1);
    if (e->kind == AST_Lambda)
        cc_lambda(c, e, d);
    else
        cc_comprehension(c, e, d);
    c->u->top = want == CC_ANY ? mark + 1 : mark;
    return d;
}

static cc_reg gen_kind(cc *c, ast_expr *e, cc_reg want)
{
    switch ((ast_kind)e->kind) {
    case AST_BoolOp: return cc_gen_boolop(c, e, want);
    case AST_NamedExpr: return gen_named(c, e, want);
    case AST_BinOp: return cc_gen_binop(c, e, want);
    case AST_UnaryOp: return cc_gen_unary(c, e, want);
    case AST_IfExp: return cc_gen_ifexp(c, e, want);
    case AST_Dict: return cc_gen_dict(c, e, want);
    case AST_Set: return cc_gen_set(c, e, want);
    case AST_Await: return gen_await(c, e, want);
    case AST_Yield: return gen_yield(c, e, want);
    case AST_YieldFrom: return gen_yield_from(c, e, want);
    case AST_Compare: return cc_gen_compare(c, e, want);
    case AST_Call: return cc_gen_call(c, e, want);
    case AST_FormattedValue: return cc_gen_formatted(c, e, want);
    case AST_JoinedStr: return cc_gen_joined(c, e, want);
    case AST_Attribute: return cc_gen_attribute(c, e, want);
    case AST_Subscript: return cc_gen_subscript(c, e, want);
    case AST_Name: return cc_gen_name(c, e, want);
    case AST_List: return cc_gen_sequence(c, e, e->List.elts, want);
    case AST_Tuple: return cc_gen_sequence(c, e, e->Tuple.elts, want);
    case AST_Slice: return cc_gen_slice(c, e, want);
    case AST_Lambda: case AST_ListComp: case AST_SetComp: case AST_DictComp: case AST_GeneratorExp: return gen_nested(c, e, want);
    case AST_Starred:
        cc_error(c, (const ast_node *)e, e->Starred.ctx == AST_Store ? "starred assignment target must be in a list or tuple"
                                                                     : "can't use starred expression here");
        return cc_result(c, c->u->top, want);
    default:
        cc_error(c, (const ast_node *)e, "unexpected expression");
        return cc_result(c, c->u->top, want);
    }
}

cc_reg cc_gen(cc *c, ast_expr *e, cc_reg want)
{
    cc_const *k = cc_const_of(c, e);
    cc_reg r;
    if (k) {
        if (want == CC_ANY && (r = cc_kept_const(c, k)) != CC_ANY) {
            CC_MARK_OPERAND(c, e);
            return r;
        }
        r = cc_result(c, c->u->top, want);
        CC_AT(c, e);
        cc_load_const(c, r, k);
        return r;
    }
    if (!cc_enter(c))
        return cc_result(c, c->u->top, want);
    r = gen_kind(c, e, want);
    cc_leave(c);
    return r;
}
