/* compile_ops.c: operators, comparisons, and expressions as conditions.  Locks: none.  X1 and X2: compile_expr.c. */
#include "interp/front/compile_int.h"

/* ---- operators ---- */

static const uint16_t binary_ops[] = {
    [AST_Add] = PY_OP_ADD, [AST_Sub] = PY_OP_SUB, [AST_Mult] = PY_OP_MUL, [AST_MatMult] = PY_OP_MATMUL, [AST_Div] = PY_OP_TRUEDIV,
    [AST_Mod] = PY_OP_MOD, [AST_Pow] = PY_OP_POW, [AST_LShift] = PY_OP_LSHIFT, [AST_RShift] = PY_OP_RSHIFT, [AST_BitOr] = PY_OP_OR,
    [AST_BitXor] = PY_OP_XOR, [AST_BitAnd] = PY_OP_AND, [AST_FloorDiv] = PY_OP_FLOORDIV,
};

/* The form with an immediate right operand; NOP: there is none. */
static py_op immediate_op(py_op op, bool in_place)
{
    if (in_place)
        return op == PY_OP_IADD ? PY_OP_IADD_I : op == PY_OP_ISUB ? PY_OP_ISUB_I : PY_OP_NOP;
    switch (op) {
    case PY_OP_ADD: return PY_OP_ADD_I;
    case PY_OP_SUB: return PY_OP_SUB_I;
    case PY_OP_MUL: return PY_OP_MUL_I;
    case PY_OP_FLOORDIV: return PY_OP_FLOORDIV_I;
    case PY_OP_MOD: return PY_OP_MOD_I;
    case PY_OP_AND: return PY_OP_AND_I;
    case PY_OP_LSHIFT: return PY_OP_LSHIFT_I;
    case PY_OP_RSHIFT: return PY_OP_RSHIFT_I;
    default: return PY_OP_NOP;
    }
}

/* to = left op value-of-right; temporaries above the current top. */
void cc_binary_into(cc *c, py_op op, bool in_place, cc_reg to, cc_reg left, ast_expr *right, const void *at)
{
    int32_t imm;
    cc_reg mark = c->u->top;
    py_op iop = immediate_op(op, in_place);
    if (iop != PY_OP_NOP && cc_const_imm(cc_const_of(c, right), &imm)) {
        CC_MARK_OPERAND(c, right);
        CC_AT(c, at);
        cc_emit(c, iop, to, left, (uint16_t)imm);
        return;
    }
    cc_reg r = cc_gen(c, right, CC_ANY);
    c->u->top = mark;
    CC_AT(c, at);
    cc_emit(c, op, to, left, r);
}

cc_reg cc_gen_binop(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    const cc_const *text;
    if (cc_is_percent(c, e, &text))
        return cc_gen_percent(c, e, text, want);
    int32_t imm;
    py_op op = binary_ops[e->BinOp.op], iop = immediate_op(op, false);
    cc_reg l = cc_gen(c, e->BinOp.left, CC_ANY), r;
    if (iop != PY_OP_NOP && cc_const_imm(cc_const_of(c, e->BinOp.right), &imm)) {
        op = iop;
        r = (uint16_t)imm;
        CC_MARK_OPERAND(c, e->BinOp.right);
    } else {
        r = cc_gen(c, e->BinOp.right, CC_ANY);
    }
    cc_reg d = cc_result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, op, d, l, r);
    return d;
}

static py_op compare_op(ast_cmpop op)
{
    static const uint16_t ops[] = {
        [AST_Eq] = PY_OP_EQ, [AST_NotEq] = PY_OP_NE, [AST_Lt] = PY_OP_LT, [AST_LtE] = PY_OP_LE, [AST_Gt] = PY_OP_GT, [AST_GtE] = PY_OP_GE,
        [AST_Is] = PY_OP_IS, [AST_IsNot] = PY_OP_ISNOT, [AST_In] = PY_OP_IN, [AST_NotIn] = PY_OP_NOTIN,
    };
    return ops[op];
}

/* Items of a display that are all constants, as a constant of this kind; NULL otherwise. */
cc_const *cc_const_items(cc *c, const ast_expr_seq *elts, cc_const_kind kind)
{
    cc_const **items = cc_alloc(c, (size_t)elts->n * sizeof *items);
    for (int32_t i = 0; items && i < elts->n; i++)
        if (elts->items[i]->kind == AST_Starred || !(items[i] = cc_const_of(c, elts->items[i])))
            return NULL;
    return items ? cc_const_tuple(c, kind, items, (uint32_t)elts->n) : NULL;
}

/* The right operand of `in`, the subject of `for`: nobody keeps a list or set display there, so it may be a constant. */
cc_reg cc_expr_fleeting(cc *c, ast_expr *e, bool set_too)
{
    cc_const *k = NULL;
    if (e->kind == AST_List)
        k = cc_const_items(c, e->List.elts, CC_TUPLE);
    else if (e->kind == AST_Set && set_too)
        k = cc_const_items(c, e->Set.elts, CC_FROZENSET);
    if (!k)
        return cc_gen(c, e, CC_ANY);
    cc_reg d = cc_temp(c);
    CC_AT(c, e);
    cc_load_const(c, d, k);
    return d;
}

static cc_reg gen_comparand(cc *c, ast_cmpop op, ast_expr *e)
{
    return op == AST_In || op == AST_NotIn ? cc_expr_fleeting(c, e, true) : cc_gen(c, e, CC_ANY);
}

static bool is_plain_literal(const ast_expr *e)
{
    return e->kind == AST_Constant && e->Constant.value.kind > AST_CONST_ELLIPSIS;
}

static void check_compare(cc *c, ast_expr *e)
{
    const ast_expr *l = e->Compare.left;
    for (int32_t i = 0; i < e->Compare.ops->n; i++) {
        const ast_expr *r = e->Compare.comparators->items[i];
        ast_cmpop op = e->Compare.ops->items[i];
        if ((op == AST_Is || op == AST_IsNot) && (is_plain_literal(l) || is_plain_literal(r)))
            cc_warn(c, (const ast_node *)e, op == AST_Is ? "\"is\" with a literal. Did you mean \"==\"?"
                                                          : "\"is not\" with a literal. Did you mean \"!=\"?");
        l = r;
    }
}

cc_reg cc_gen_compare(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    int32_t n = e->Compare.ops->n;
    check_compare(c, e);
    if (n == 1) {
        ast_cmpop op = e->Compare.ops->items[0];
        cc_reg l = cc_gen(c, e->Compare.left, CC_ANY), r = gen_comparand(c, op, e->Compare.comparators->items[0]);
        cc_reg d = cc_result(c, mark, want);
        CC_AT(c, e);
        cc_emit(c, compare_op(op), d, l, r);
        return d;
    }
    cc_label end;
    cc_label_new(c, &end);
    cc_reg acc = cc_temp(c), l = cc_gen(c, e->Compare.left, CC_ANY);
    for (int32_t i = 0; i < n; i++) {
        ast_cmpop op = e->Compare.ops->items[i];
        cc_reg r = gen_comparand(c, op, e->Compare.comparators->items[i]);
        CC_AT(c, e);
        cc_emit(c, compare_op(op), acc, l, r);
        if (i + 1 < n)
            cc_emit_jump(c, PY_OP_JF, acc, 0, &end);
        l = r;
    }
    cc_bind(c, &end);
    return cc_deliver(c, mark, acc, want);
}

cc_reg cc_gen_unary(cc *c, ast_expr *e, cc_reg want)
{
    static const uint16_t ops[] = {[AST_Invert] = PY_OP_INVERT, [AST_Not] = PY_OP_NOT, [AST_UAdd] = PY_OP_POS, [AST_USub] = PY_OP_NEG};
    cc_reg mark = c->u->top;
    ast_expr *x = e->UnaryOp.operand;
    if (e->UnaryOp.op == AST_Not && x->kind == AST_Compare && x->Compare.ops->n == 1 && x->Compare.ops->items[0] >= AST_Is) {
        static const uint16_t negated[] = {[AST_Is] = PY_OP_ISNOT, [AST_IsNot] = PY_OP_IS, [AST_In] = PY_OP_NOTIN, [AST_NotIn] = PY_OP_IN};
        ast_cmpop op = x->Compare.ops->items[0];
        check_compare(c, x);
        cc_reg l = cc_gen(c, x->Compare.left, CC_ANY), r = gen_comparand(c, op, x->Compare.comparators->items[0]);
        cc_reg d = cc_result(c, mark, want);
        CC_AT(c, x);
        cc_emit(c, negated[op], d, l, r);
        return d;
    }
    cc_reg r = cc_gen(c, x, CC_ANY), d = cc_result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, ops[e->UnaryOp.op], d, r, 0);
    return d;
}

cc_reg cc_gen_boolop(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, d = want;
    bool is_or = e->BoolOp.op == AST_Or;
    int32_t n = e->BoolOp.values->n, i = 0;
    cc_label end;
    cc_label_new(c, &end);
    if (want < c->u->fixed) {                        /* C2; but `x = x or …` may work in place */
        ast_expr *first = e->BoolOp.values->items[0];
        if (n == 2 && first->kind == AST_Name && cc_name_local(c, first->Name.id) == want) {
            cc_gen(c, first, CC_ANY);                   /* is it bound? */
            CC_AT(c, e);
            cc_emit_jump(c, is_or ? PY_OP_JT : PY_OP_JF, want, 0, &end);
            c->u->top = mark;
            i = 1;
        } else {
            d = mark;
        }
    } else if (want == CC_ANY) {
        d = mark;
    }
    cc_reserve(c, d + 1);
    for (; i < n; i++) {
        ast_expr *v = e->BoolOp.values->items[i];
        cc_const *k = cc_const_of(c, v);
        if (k && i + 1 < n && (cc_const_truth(k) != 0) != is_or)
            continue;                                /* decides nothing and is not the result */
        cc_gen(c, v, d);
        if (k && (cc_const_truth(k) != 0) == is_or && i + 1 < n) {
            cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
        } else if (i + 1 < n) {
            CC_AT(c, e);
            cc_emit_jump(c, is_or ? PY_OP_JT : PY_OP_JF, d, 0, &end);
        }
    }
    cc_bind(c, &end);
    if (d == want)
        return d;
    CC_AT(c, e);
    return cc_deliver(c, mark, d, want);
}

cc_reg cc_gen_ifexp(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, d = want == CC_ANY ? mark : want;
    cc_label no, end;
    cc_label_new(c, &no);
    cc_label_new(c, &end);
    cc_reserve(c, d + 1);
    CC_AT(c, e);
    cc_jump_if(c, e->IfExp.test, false, &no);
    cc_gen(c, e->IfExp.body, d);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
    cc_bind(c, &no);
    cc_gen(c, e->IfExp.orelse, d);
    cc_bind(c, &end);
    c->u->top = want == CC_ANY ? mark + 1 : mark;
    return d;
}

/* ---- conditions ---- */

/* Jumps to `to` if (l op r) has truth `when`; right may be NULL when r is given. */
static void jump_compare(cc *c, ast_cmpop op, cc_reg l, cc_reg r, bool imm, bool when, cc_label *to)
{
    static const uint16_t first[2][2] = {{PY_OP_JNLT, PY_OP_JLT}, {PY_OP_JNLT_I, PY_OP_JLT_I}};
    static const uint8_t offset[] = {[AST_Lt] = 0, [AST_LtE] = 1, [AST_Eq] = 2, [AST_NotEq] = 3, [AST_Gt] = 4, [AST_GtE] = 5};
    if (op <= AST_GtE) {
        cc_emit_jump(c, (py_op)(first[imm][when] + offset[op]), l, r, to);
        return;
    }
    cc_reg mark = c->u->top, t = cc_temp(c);
    cc_emit(c, compare_op(op), t, l, r);
    cc_emit_jump(c, when ? PY_OP_JT : PY_OP_JF, t, 0, to);
    c->u->top = mark;
}

static bool is_none(const ast_expr *e)
{
    return e->kind == AST_Constant && e->Constant.value.kind == AST_CONST_NONE;
}

static void jump_if_compare(cc *c, ast_expr *e, bool when, cc_label *to)
{
    cc_reg mark = c->u->top;
    int32_t n = e->Compare.ops->n;
    cc_label no;
    cc_label_new(c, &no);
    check_compare(c, e);
    cc_reg l = cc_gen(c, e->Compare.left, CC_ANY);
    for (int32_t i = 0; i < n; i++) {
        ast_cmpop op = e->Compare.ops->items[i];
        ast_expr *x = e->Compare.comparators->items[i];
        bool last = i + 1 == n, jump_when = last && when;
        cc_label *where = last || !when ? to : &no;
        int32_t imm;
        if ((op == AST_Is || op == AST_IsNot) && is_none(x) && last) {
            CC_MARK_OPERAND(c, x);
            CC_AT(c, e);
            cc_emit_jump(c, (op == AST_Is) == jump_when ? PY_OP_JNONE : PY_OP_JNOTNONE, l, 0, where);
            break;
        }
        if (op <= AST_GtE && last && cc_const_imm(cc_const_of(c, x), &imm)) {
            CC_MARK_OPERAND(c, x);
            CC_AT(c, e);
            jump_compare(c, op, l, (uint16_t)imm, true, jump_when, where);
            break;
        }
        cc_reg r = gen_comparand(c, op, x);
        CC_AT(c, e);
        jump_compare(c, op, l, r, false, jump_when, where);
        l = r;
    }
    cc_bind(c, &no);
    c->u->top = mark;
}

static void jump_if_boolop(cc *c, ast_expr *e, bool when, cc_label *to)
{
    bool is_or = e->BoolOp.op == AST_Or;
    int32_t n = e->BoolOp.values->n;
    cc_label skip;
    cc_label_new(c, &skip);
    for (int32_t i = 0; i < n; i++) {
        bool last = i + 1 == n;
        cc_jump_if(c, e->BoolOp.values->items[i], last ? when : is_or, last || when == is_or ? to : &skip);
    }
    cc_bind(c, &skip);
}

static void jump_if_ifexp(cc *c, ast_expr *e, bool when, cc_label *to)
{
    cc_label no, end;
    cc_label_new(c, &no);
    cc_label_new(c, &end);
    cc_jump_if(c, e->IfExp.test, false, &no);
    cc_jump_if(c, e->IfExp.body, when, to);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
    cc_bind(c, &no);
    cc_jump_if(c, e->IfExp.orelse, when, to);
    cc_bind(c, &end);
}

/* The comparison of a condition that is looked at last; NULL: there is none. Python gives its place to what follows. */
const ast_expr *cc_last_compare(const ast_expr *e)
{
    const ast_expr *found = NULL;
    if (e->kind == AST_Compare)
        return e;
    if (e->kind == AST_UnaryOp && e->UnaryOp.op == AST_Not)
        return cc_last_compare(e->UnaryOp.operand);
    if (e->kind == AST_BoolOp)
        for (int32_t i = e->BoolOp.values->n; i-- > 0 && !found;)
            found = cc_last_compare(e->BoolOp.values->items[i]);
    if (e->kind == AST_IfExp && !(found = cc_last_compare(e->IfExp.orelse)) && !(found = cc_last_compare(e->IfExp.body)))
        found = cc_last_compare(e->IfExp.test);
    return found;
}

/* A jump stands where what it is a condition of does, or the comparison before it. */
void cc_jump_if(cc *c, ast_expr *e, bool when, cc_label *to)
{
    cc_const *k = cc_const_of(c, e);
    py_position at = c->u->at;
    if (!cc_enter(c))
        return;
    if (k) {
        CC_MARK(c, e);
        if ((cc_const_truth(k) != 0) == when)
            cc_emit_jump(c, PY_OP_JUMP, 0, 0, to);
    } else if (e->kind == AST_UnaryOp && e->UnaryOp.op == AST_Not) {
        cc_jump_if(c, e->UnaryOp.operand, !when, to);
    } else if (e->kind == AST_BoolOp) {
        jump_if_boolop(c, e, when, to);
    } else if (e->kind == AST_IfExp) {
        jump_if_ifexp(c, e, when, to);
    } else if (e->kind == AST_Compare) {
        jump_if_compare(c, e, when, to);
    } else {
        cc_reg mark = c->u->top, r = cc_gen(c, e, CC_ANY);
        c->u->at = at;
        cc_emit_jump(c, when ? PY_OP_JT : PY_OP_JF, r, 0, to);
        c->u->top = mark;
    }
    cc_leave(c);
}
