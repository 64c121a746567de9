/* compile_expr.c: expressions as values and as conditions.
 *
 * Locks: none.
 * X1  gen() leaves the value in the wanted register, or for CC_ANY in a local (used in place) or the temporary at the old top.
 * X2  A local is used in place only if no := of the function binds it: nothing else can rebind it before the use.
 * How registers are given out: compile_int.h, C1 and C2.  */
#include "interp/front/compile_int.h"

static cc_reg gen(cc *c, ast_expr *e, cc_reg want);
static bool is_percent(cc *c, const ast_expr *e, const cc_const **text);
static cc_reg gen_percent(cc *c, ast_expr *e, const cc_const *text, cc_reg want);

/* Ends the use of temporaries; the register for the result. */
static cc_reg result(cc *c, cc_reg mark, cc_reg want)
{
    c->u->top = mark;
    if (want == CC_ANY)
        return cc_temp(c);
    cc_reserve(c, want + 1);
    return want;
}

/* A value that was built in the temporary acc (at mark) goes to where it is wanted. */
static cc_reg deliver(cc *c, cc_reg mark, cc_reg acc, cc_reg want)
{
    cc_reg d = result(c, mark, want);
    cc_emit_move(c, d, acc);
    return d;
}

cc_reg cc_expr(cc *c, ast_expr *e) { return gen(c, e, CC_ANY); }
void cc_expr_to(cc *c, ast_expr *e, cc_reg to) { gen(c, e, to); }

void cc_expr_push(cc *c, ast_expr *e)
{
    cc_reg mark = c->u->top, r;
    cc_const *k = cc_const_of(c, e);
    if (k) {
        CC_AT(c, e);
        cc_load_const(c, cc_temp(c), k);
        return;
    }
    r = gen(c, e, CC_ANY);
    if (c->u->top == mark)
        cc_emit_move(c, cc_temp(c), r);
}

void cc_expr_void(cc *c, ast_expr *e)
{
    cc_reg mark = c->u->top;
    if (!cc_const_of(c, e))
        gen(c, e, CC_ANY);
    c->u->top = mark;
}

static void push_const(cc *c, cc_const *k)
{
    cc_load_const(c, cc_temp(c), k);
}

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
static void binary_into(cc *c, py_op op, bool in_place, cc_reg to, cc_reg left, ast_expr *right, const void *at)
{
    int32_t imm;
    cc_reg mark = c->u->top;
    py_op iop = immediate_op(op, in_place);
    if (iop != PY_OP_NOP && cc_const_imm(cc_const_of(c, right), &imm)) {
        CC_AT(c, at);
        cc_emit(c, iop, to, left, (uint16_t)imm);
        return;
    }
    cc_reg r = gen(c, right, CC_ANY);
    c->u->top = mark;
    CC_AT(c, at);
    cc_emit(c, op, to, left, r);
}

static cc_reg gen_binop(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    const cc_const *text;
    if (is_percent(c, e, &text))
        return gen_percent(c, e, text, want);
    int32_t imm;
    py_op op = binary_ops[e->BinOp.op], iop = immediate_op(op, false);
    cc_reg l = gen(c, e->BinOp.left, CC_ANY), r;
    if (iop != PY_OP_NOP && cc_const_imm(cc_const_of(c, e->BinOp.right), &imm)) {
        op = iop;
        r = (uint16_t)imm;
    } else {
        r = gen(c, e->BinOp.right, CC_ANY);
    }
    cc_reg d = result(c, mark, want);
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
static cc_const *const_items(cc *c, const ast_expr_seq *elts, cc_const_kind kind)
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
        k = const_items(c, e->List.elts, CC_TUPLE);
    else if (e->kind == AST_Set && set_too)
        k = const_items(c, e->Set.elts, CC_FROZENSET);
    if (!k)
        return gen(c, e, CC_ANY);
    cc_reg d = cc_temp(c);
    CC_AT(c, e);
    cc_load_const(c, d, k);
    return d;
}

static cc_reg gen_comparand(cc *c, ast_cmpop op, ast_expr *e)
{
    return op == AST_In || op == AST_NotIn ? cc_expr_fleeting(c, e, true) : gen(c, e, CC_ANY);
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

static cc_reg gen_compare(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    int32_t n = e->Compare.ops->n;
    check_compare(c, e);
    if (n == 1) {
        ast_cmpop op = e->Compare.ops->items[0];
        cc_reg l = gen(c, e->Compare.left, CC_ANY), r = gen_comparand(c, op, e->Compare.comparators->items[0]);
        cc_reg d = result(c, mark, want);
        CC_AT(c, e);
        cc_emit(c, compare_op(op), d, l, r);
        return d;
    }
    cc_label end;
    cc_label_new(c, &end);
    cc_reg acc = cc_temp(c), l = gen(c, e->Compare.left, CC_ANY);
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
    return deliver(c, mark, acc, want);
}

static cc_reg gen_unary(cc *c, ast_expr *e, cc_reg want)
{
    static const uint16_t ops[] = {[AST_Invert] = PY_OP_INVERT, [AST_Not] = PY_OP_NOT, [AST_UAdd] = PY_OP_POS, [AST_USub] = PY_OP_NEG};
    cc_reg mark = c->u->top;
    ast_expr *x = e->UnaryOp.operand;
    if (e->UnaryOp.op == AST_Not && x->kind == AST_Compare && x->Compare.ops->n == 1 && x->Compare.ops->items[0] >= AST_Is) {
        static const uint16_t negated[] = {[AST_Is] = PY_OP_ISNOT, [AST_IsNot] = PY_OP_IS, [AST_In] = PY_OP_NOTIN, [AST_NotIn] = PY_OP_IN};
        ast_cmpop op = x->Compare.ops->items[0];
        check_compare(c, x);
        cc_reg l = gen(c, x->Compare.left, CC_ANY), r = gen_comparand(c, op, x->Compare.comparators->items[0]);
        cc_reg d = result(c, mark, want);
        CC_AT(c, x);
        cc_emit(c, negated[op], d, l, r);
        return d;
    }
    cc_reg r = gen(c, x, CC_ANY), d = result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, ops[e->UnaryOp.op], d, r, 0);
    return d;
}

static cc_reg gen_boolop(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, d = want;
    bool is_or = e->BoolOp.op == AST_Or;
    int32_t n = e->BoolOp.values->n, i = 0;
    cc_label end;
    cc_label_new(c, &end);
    if (want < c->u->fixed) {                        /* C2; but `x = x or …` may work in place */
        ast_expr *first = e->BoolOp.values->items[0];
        if (n == 2 && first->kind == AST_Name && cc_name_local(c, first->Name.id) == want) {
            gen(c, first, CC_ANY);                   /* is it bound? */
            CC_AT(c, first);
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
        gen(c, v, d);
        if (k && (cc_const_truth(k) != 0) == is_or && i + 1 < n) {
            cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
        } else if (i + 1 < n) {
            CC_AT(c, v);
            cc_emit_jump(c, is_or ? PY_OP_JT : PY_OP_JF, d, 0, &end);
        }
    }
    cc_bind(c, &end);
    if (d == want)
        return d;
    CC_AT(c, e);
    return deliver(c, mark, d, want);
}

static cc_reg gen_ifexp(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, d = want == CC_ANY ? mark : want;
    cc_label no, end;
    cc_label_new(c, &no);
    cc_label_new(c, &end);
    cc_reserve(c, d + 1);
    cc_jump_if(c, e->IfExp.test, false, &no);
    gen(c, e->IfExp.body, d);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
    cc_bind(c, &no);
    gen(c, e->IfExp.orelse, d);
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
    cc_reg l = gen(c, e->Compare.left, CC_ANY);
    for (int32_t i = 0; i < n; i++) {
        ast_cmpop op = e->Compare.ops->items[i];
        ast_expr *x = e->Compare.comparators->items[i];
        bool last = i + 1 == n, jump_when = last && when;
        cc_label *where = last || !when ? to : &no;
        int32_t imm;
        if ((op == AST_Is || op == AST_IsNot) && is_none(x) && last) {
            CC_AT(c, e);
            cc_emit_jump(c, (op == AST_Is) == jump_when ? PY_OP_JNONE : PY_OP_JNOTNONE, l, 0, where);
            break;
        }
        if (op <= AST_GtE && last && cc_const_imm(cc_const_of(c, x), &imm)) {
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

void cc_jump_if(cc *c, ast_expr *e, bool when, cc_label *to)
{
    cc_const *k = cc_const_of(c, e);
    if (!cc_enter(c))
        return;
    if (k) {
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
        cc_reg mark = c->u->top, r = gen(c, e, CC_ANY);
        CC_AT(c, e);
        cc_emit_jump(c, when ? PY_OP_JT : PY_OP_JF, r, 0, to);
        c->u->top = mark;
    }
    cc_leave(c);
}

/* ---- displays ---- */

enum { CHUNK = 64 };             /* values held in registers before they go into the container */

static bool has_star(const ast_expr_seq *elts)
{
    for (int32_t i = 0; i < elts->n; i++)
        if (elts->items[i]->kind == AST_Starred)
            return true;
    return false;
}

/* Adds the elements from `i` on to the list or set acc one by one. */
static void add_elements(cc *c, ast_expr **items, int32_t i, int32_t n, cc_reg acc, bool set, const void *at)
{
    for (; i < n; i++) {
        cc_reg mark = c->u->top;
        bool star = items[i]->kind == AST_Starred;
        cc_reg r = gen(c, star ? items[i]->Starred.value : items[i], CC_ANY);
        CC_AT(c, at);
        cc_emit(c, set ? star ? PY_OP_SETUPDATE : PY_OP_SETADD : star ? PY_OP_LISTEXTEND : PY_OP_LISTAPPEND, acc, r, 0);
        c->u->top = mark;
    }
}

/* A list or set of these in the next temporary. `have` values are already in the registers behind it. */
static cc_reg build_elements(cc *c, ast_expr **items, int32_t n, uint32_t have, bool set, const void *at)
{
    int32_t i = 0;
    cc_reg acc = cc_temp(c);
    c->u->top += have;
    cc_reserve(c, c->u->top);
    for (; i < n && i < CHUNK && items[i]->kind != AST_Starred; i++)
        cc_expr_push(c, items[i]);
    c->u->top = acc + 1;
    CC_AT(c, at);
    uint32_t n_first = (uint32_t)i + have;
    cc_emit(c, set ? PY_OP_BUILDSET : PY_OP_BUILDLIST, acc, n_first ? acc + 1 : acc, n_first);
    add_elements(c, items, i, n, acc, set, at);
    return acc;
}

static cc_reg gen_sequence(cc *c, ast_expr *e, ast_expr_seq *elts, cc_reg want)
{
    cc_reg mark = c->u->top;
    bool tuple = e->kind == AST_Tuple;
    cc_const *k;
    if (!tuple && elts->n >= 3 && (k = const_items(c, elts, CC_TUPLE))) {
        cc_reg acc = cc_temp(c), t = cc_temp(c);
        CC_AT(c, e);
        cc_emit(c, PY_OP_BUILDLIST, acc, t, 0);
        cc_load_const(c, t, k);
        cc_emit(c, PY_OP_LISTEXTEND, acc, t, 0);
        return deliver(c, mark, acc, want);
    }
    if (elts->n <= CHUNK && !has_star(elts)) {
        for (int32_t i = 0; i < elts->n; i++)
            cc_expr_push(c, elts->items[i]);
        cc_reg d = result(c, mark, want);
        CC_AT(c, e);
        cc_emit(c, tuple ? PY_OP_BUILDTUPLE : PY_OP_BUILDLIST, d, elts->n ? mark : d, (uint32_t)elts->n);
        return d;
    }
    cc_reg acc = build_elements(c, elts->items, elts->n, 0, false, e);
    if (!tuple)
        return deliver(c, mark, acc, want);
    cc_reg d = result(c, mark, want);
    cc_emit(c, PY_OP_LISTTOTUPLE, d, acc, 0);
    return d;
}

static cc_reg gen_set(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, acc;
    cc_const *k = e->Set.elts->n >= 3 ? const_items(c, e->Set.elts, CC_FROZENSET) : NULL;
    if (k) {
        acc = cc_temp(c);
        cc_reg t = cc_temp(c);
        CC_AT(c, e);
        cc_emit(c, PY_OP_BUILDSET, acc, t, 0);
        cc_load_const(c, t, k);
        cc_emit(c, PY_OP_SETUPDATE, acc, t, 0);
    } else {
        acc = build_elements(c, e->Set.elts->items, e->Set.elts->n, 0, true, e);
    }
    return deliver(c, mark, acc, want);
}

/* Puts the pairs above acc into the dict acc, which they may be the first of. */
static void flush_pairs(cc *c, cc_reg acc, uint32_t *pairs, bool *built, const void *at)
{
    CC_AT(c, at);
    if (!*built) {
        cc_emit(c, PY_OP_BUILDDICT, acc, *pairs ? acc + 1 : acc, *pairs);
    } else {
        for (uint32_t i = 0; i < *pairs; i++)
            cc_emit(c, PY_OP_DICTSET, acc, acc + 1 + 2 * i, acc + 2 + 2 * i);
    }
    *built = true;
    *pairs = 0;
    c->u->top = acc + 1;
}

static cc_reg gen_dict(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, acc = cc_temp(c);
    uint32_t pairs = 0;
    bool built = false;
    for (int32_t i = 0; i < e->Dict.values->n; i++) {
        ast_expr *key = e->Dict.keys->items[i];
        if (key) {
            cc_expr_push(c, key);
            cc_expr_push(c, e->Dict.values->items[i]);
            if (++pairs == CHUNK / 2 || built)
                flush_pairs(c, acc, &pairs, &built, e);
            continue;
        }
        if (pairs || !built)
            flush_pairs(c, acc, &pairs, &built, e);
        cc_reg r = gen(c, e->Dict.values->items[i], CC_ANY);
        CC_AT(c, e);
        cc_emit(c, PY_OP_DICTUPDATE, acc, r, 0);
        c->u->top = acc + 1;
    }
    if (pairs || !built)
        flush_pairs(c, acc, &pairs, &built, e);
    return deliver(c, mark, acc, want);
}

/* ---- f-strings ---- */

static cc_reg gen_formatted(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, v = gen(c, e->FormattedValue.value, CC_ANY), spec = PY_NO_REG;
    CC_AT(c, e);
    if (e->FormattedValue.conversion > 0) {
        c->u->top = mark;
        cc_reg t = cc_temp(c);
        cc_emit(c, PY_OP_CONVERT, t, v, (uint32_t)e->FormattedValue.conversion);
        v = t;
    }
    if (e->FormattedValue.format_spec)
        spec = gen(c, e->FormattedValue.format_spec, CC_ANY);
    cc_reg d = result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, PY_OP_FORMATVAL, d, v, spec);
    return d;
}

static cc_reg gen_joined(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    ast_expr_seq *parts = e->JoinedStr.values;
    if (parts->n == 1)
        return gen(c, parts->items[0], want);
    if (parts->n == 0) {
        cc_reg d = result(c, mark, want);
        CC_AT(c, e);
        cc_load_const(c, d, cc_const_str(c, "", 0));
        return d;
    }
    uint32_t have = 0;
    for (int32_t i = 0; i < parts->n; i++) {
        cc_expr_push(c, parts->items[i]);
        if (++have == CHUNK && i + 1 < parts->n) {   /* what there is so far becomes the first part of the rest */
            CC_AT(c, e);
            cc_emit(c, PY_OP_BUILDSTR, mark, mark, have);
            c->u->top = mark + 1;
            have = 1;
        }
    }
    cc_reg d = result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, PY_OP_BUILDSTR, d, mark, have);
    return d;
}

/* "… %s … %r …" % (a, b) is an f-string: the parts, or false when it is not as simple as that. */
static bool percent_parts(const cc_const *text, int32_t nargs)
{
    int32_t n = 0;
    for (uint32_t i = 0; i < text->n; i++) {
        if (text->s[i] != '%')
            continue;
        char k = ++i < text->n ? text->s[i] : 0;
        if (k == 's' || k == 'r' || k == 'a')
            n++;
        else if (k != '%')
            return false;
    }
    return n == nargs && n > 0;
}

/* The literal text up to the next conversion, from *i on, into the next temporary; 0: none. */
static uint32_t push_percent_text(cc *c, const cc_const *text, uint32_t *i)
{
    char *s = cc_alloc(c, text->n + 1);
    uint32_t n = 0;
    for (; s && *i < text->n; (*i)++) {
        if (text->s[*i] == '%' && text->s[*i + 1] != '%')
            break;
        *i += text->s[*i] == '%';
        s[n++] = text->s[*i];
    }
    if (!s || !n)
        return 0;
    s[n] = 0;
    push_const(c, cc_const_str(c, s, n));
    return 1;
}

static cc_reg gen_percent(cc *c, ast_expr *e, const cc_const *text, cc_reg want)
{
    cc_reg mark = c->u->top;
    ast_expr_seq *args = e->BinOp.right->Tuple.elts;
    uint32_t have = 0, i = 0;
    for (int32_t k = 0;; k++) {
        CC_AT(c, e->BinOp.left);
        have += push_percent_text(c, text, &i);
        if (k == args->n || c->failed)
            break;
        cc_reg here = c->u->top, v = gen(c, args->items[k], CC_ANY);
        c->u->top = here;
        cc_reg t = cc_temp(c);
        CC_AT(c, args->items[k]);
        cc_emit(c, PY_OP_CONVERT, t, v, (unsigned char)text->s[i + 1]);
        cc_emit(c, PY_OP_FORMATVAL, t, t, PY_NO_REG);
        i += 2;
        have++;
    }
    cc_reg d = result(c, mark, want);
    CC_AT(c, e);
    if (have == 1)
        cc_emit_move(c, d, mark);
    else
        cc_emit(c, PY_OP_BUILDSTR, d, mark, have);
    return d;
}

static bool is_percent(cc *c, const ast_expr *e, const cc_const **text)
{
    if (e->BinOp.op != AST_Mod || e->BinOp.right->kind != AST_Tuple || e->BinOp.left->kind != AST_Constant)
        return false;
    const ast_expr_seq *args = e->BinOp.right->Tuple.elts;
    *text = cc_const_of(c, e->BinOp.left);
    return *text && (*text)->kind == CC_STR && !has_star(args) && args->n < CHUNK && percent_parts(*text, args->n);
}

/* ---- attributes and items ---- */

/* In a chain of methods over several lines an error belongs to the line of the attribute's name. */
void cc_attr_position(cc *c, const ast_expr *attr)
{
    py_position *at = &c->u->at;
    if (at->line == attr->end_lineno)
        return;
    int32_t n = (int32_t)attr->Attribute.attr->n;
    at->line = attr->end_lineno;
    if (n <= attr->end_col_offset) {
        at->col = attr->end_col_offset - n;
    } else {                                         /* a tree with odd places */
        at->col = at->end_col = -1;
        at->end_line = at->line;
    }
}

static cc_reg gen_attribute(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, v = gen(c, e->Attribute.value, CC_ANY), d = result(c, mark, want);
    CC_AT(c, e);
    cc_attr_position(c, e);
    cc_emit_attr(c, PY_OP_GETATTR, d, v, cc_mangle(c, e->Attribute.attr), PY_CACHE_ATTR);
    return d;
}

static const char *display_type(const ast_expr *e)
{
    switch ((ast_kind)e->kind) {
    case AST_Tuple: return "tuple";
    case AST_List: case AST_ListComp: return "list";
    case AST_Dict: case AST_DictComp: return "dict";
    case AST_Set: case AST_SetComp: return "set";
    case AST_GeneratorExp: return "generator";
    case AST_Lambda: return "function";
    case AST_JoinedStr: case AST_FormattedValue: return "str";
    case AST_Constant: {
        static const char *const names[] = {"NoneType", "bool", "bool", "ellipsis", "int", "int", "float", "complex", "str", "bytes"};
        return names[e->Constant.value.kind];
    }
    default: return NULL;
    }
}

static void check_subscript(cc *c, const ast_expr *e)
{
    const ast_expr *v = e->Subscript.value, *i = e->Subscript.slice;
    const char *type = display_type(v), *index = display_type(i);
    if (!type)
        return;
    bool literal = v->kind == AST_Constant, text = !strcmp(type, "str") || !strcmp(type, "bytes");
    if ((literal && !text) || v->kind == AST_Set || v->kind == AST_SetComp || v->kind == AST_GeneratorExp || v->kind == AST_Lambda) {
        cc_warn(c, (const ast_node *)e, "'%.200s' object is not subscriptable; perhaps you missed a comma?", type);
        return;
    }
    if (!text && v->kind != AST_Tuple && v->kind != AST_List && v->kind != AST_ListComp)
        return;
    if (!index || !strcmp(index, "int") || !strcmp(index, "bool"))
        return;
    cc_warn(c, (const ast_node *)e, "%.200s indices must be integers or slices, not %.200s; perhaps you missed a comma?", type, index);
}

/* A subscript: an immediate (true) or a register. */
static bool gen_index(cc *c, ast_expr *index, cc_reg *out)
{
    int32_t imm;
    if (cc_const_imm(cc_const_of(c, index), &imm)) {
        *out = (uint16_t)imm;
        return true;
    }
    *out = gen(c, index, CC_ANY);
    return false;
}

static cc_reg gen_subscript(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, v, i;
    check_subscript(c, e);
    v = gen(c, e->Subscript.value, CC_ANY);
    bool imm = gen_index(c, e->Subscript.slice, &i);
    cc_reg d = result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, imm ? PY_OP_GETITEM_I : PY_OP_GETITEM, d, v, i);
    return d;
}

static cc_reg gen_slice(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    ast_expr *parts[3] = {e->Slice.lower, e->Slice.upper, e->Slice.step};
    for (int i = 0; i < 3; i++) {
        if (parts[i]) {
            cc_expr_push(c, parts[i]);
        } else {
            CC_AT(c, e);
            push_const(c, c->none);
        }
    }
    cc_reg d = result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, PY_OP_BUILDSLICE, d, mark, 0);
    return d;
}

/* ---- calls ---- */

static void check_keywords(cc *c, const ast_keyword_seq *kw, const ast_node *at)
{
    for (int32_t i = 0; i < kw->n; i++) {
        const ast_keyword *k = kw->items[i];
        if (!k->arg || cc_forbidden(c, at, k->arg, AST_Store))
            continue;
        for (int32_t j = i + 1; j < kw->n && kw->n < 2000; j++)
            if (kw->items[j]->arg == k->arg) {
                cc_error(c, (const ast_node *)kw->items[j], "keyword argument repeated: %s", k->arg->s);
                return;
            }
    }
}

static bool needs_spread(ast_expr **args, int32_t n, const ast_keyword_seq *kw)
{
    if (n + kw->n > 4000)
        return true;
    for (int32_t i = 0; i < n; i++)
        if (args[i]->kind == AST_Starred)
            return true;
    for (int32_t i = 0; i < kw->n; i++)
        if (!kw->items[i]->arg)
            return true;
    return false;
}

static cc_const *keyword_names(cc *c, const ast_keyword_seq *kw)
{
    cc_const **items = cc_alloc(c, (size_t)kw->n * sizeof *items);
    for (int32_t i = 0; items && i < kw->n; i++)
        if (!(items[i] = cc_const_name_str(c, cc_mangle(c, kw->items[i]->arg))))
            return NULL;
    return items ? cc_const_tuple(c, CC_TUPLE, items, (uint32_t)kw->n) : NULL;
}

/* The keywords of a spread call as a dict in the next temporary. func: register of the callee, for messages. */
static void gen_kwargs(cc *c, const ast_keyword_seq *kw, cc_reg func, const void *at)
{
    cc_reg acc = cc_temp(c);
    uint32_t pairs = 0;
    bool built = false;
    for (int32_t i = 0; i < kw->n; i++) {
        const ast_keyword *k = kw->items[i];
        if (k->arg && !built) {
            push_const(c, cc_const_name_str(c, cc_mangle(c, k->arg)));
            cc_expr_push(c, k->value);
            if (++pairs == CHUNK / 2)
                flush_pairs(c, acc, &pairs, &built, at);
            continue;
        }
        if (!built)
            flush_pairs(c, acc, &pairs, &built, at);
        cc_reg r;
        if (k->arg) {                                /* might repeat one of a ** before it */
            cc_reg one = cc_temp(c);
            push_const(c, cc_const_name_str(c, cc_mangle(c, k->arg)));
            cc_expr_push(c, k->value);
            CC_AT(c, at);
            cc_emit(c, PY_OP_BUILDDICT, one, one + 1, 1);
            r = one;
        } else {
            r = gen(c, k->value, CC_ANY);
        }
        CC_AT(c, at);
        cc_emit(c, PY_OP_DICTMERGE, acc, r, func);
        c->u->top = acc + 1;
    }
    if (!built)
        flush_pairs(c, acc, &pairs, &built, at);
}

static void spread_call(cc *c, cc_reg base, ast_expr **args, int32_t n, uint32_t extra, ast_keyword_seq *kw, const ast_node *at)
{
    cc_reg a = PY_ARGS(base);
    if (n == 1 && !extra && args[0]->kind == AST_Starred) {
        cc_expr_push(c, args[0]->Starred.value);
    } else {
        for (cc_reg i = extra; i-- > 0;)             /* room for the list in front of them */
            cc_emit_move(c, a + 1 + i, a + i);
        c->u->top = a;
        cc_reg list = build_elements(c, args, n, extra, false, at);
        CC_AT(c, at);
        cc_emit(c, PY_OP_LISTTOTUPLE, list, list, 0);
    }
    if (kw->n)
        gen_kwargs(c, kw, base, at);
    else
        cc_emit(c, PY_OP_LOADNULL, cc_temp(c), 0, 0);
}

void cc_call_args(cc *c, cc_reg base, bool method, ast_expr **args, int32_t nargs, uint32_t extra, ast_keyword_seq *kw,
                  const ast_node *at, cc_reg to)
{
    check_keywords(c, kw, at);
    if (needs_spread(args, nargs, kw)) {
        spread_call(c, base, args, nargs, extra, kw, at);
        CC_AT(c, at);
        cc_emit(c, PY_OP_CALLEX, to, base, 0);
        c->u->top = base;
        return;
    }
    for (int32_t i = 0; i < nargs; i++)
        cc_expr_push(c, args[i]);
    for (int32_t i = 0; i < kw->n; i++)
        cc_expr_push(c, kw->items[i]->value);
    CC_AT(c, at);
    if (method)
        cc_attr_position(c, ((const ast_expr *)at)->Call.func);
    uint32_t n = (uint32_t)nargs + extra + (uint32_t)kw->n;
    if (kw->n) {
        cc_emit(c, method ? PY_OP_CALLMKW : PY_OP_CALLKW, to, base, n);
        cc_emit_ext(c, 0, keyword_names(c, kw), false);
    } else {
        cc_emit(c, method ? PY_OP_CALLM : PY_OP_CALL, to, base, n);
    }
    c->u->top = base;
}

/* Is this `super()` in a method?  Then gives where class cell and first argument are. */
static bool is_bare_super(cc *c, const ast_expr *e, cc_ref *cls, cc_ref *self)
{
    cc_unit *u = c->u;
    if (e->kind != AST_Call || e->Call.args->n || e->Call.keywords->n)
        return false;
    const ast_expr *f = e->Call.func;
    if (f->kind != AST_Name || f->Name.id != c->n_super || u->kind < CC_U_FUNCTION || !u->out->argcount)
        return false;
    if (cc_resolve(c, c->n_super).kind != CC_R_GLOBAL)
        return false;
    sym_entry *k = sym_lookup(u->scope, c->n_class);
    if (!k || k->kind != SYM_FREE || k->slot < 0)
        return false;
    *cls = (cc_ref){CC_R_CELL, (cc_reg)k->slot, c->n_class};
    *self = cc_resolve(c, u->scope->entries[0].name);
    if (self->kind == CC_R_LOCAL && !cc_bit(u->bound, self->reg))
        return false;                                /* deleted: super() itself complains */
    return self->kind == CC_R_LOCAL || self->kind == CC_R_CELL;
}

static void load_super_args(cc *c, cc_ref cls, cc_ref self, cc_reg to)
{
    cc_emit(c, PY_OP_LOADCELL, to, cls.reg, 0);
    cc_name_load(c, self.name, to + 1);
}

/* Callee and receiver of a method call into the call area at base. */
static void gen_method(cc *c, ast_expr *f, cc_reg base)
{
    cc_ref cls, self;
    ast_expr *object = f->Attribute.value;
    if (c->plain_super && is_bare_super(c, object, &cls, &self)) {
        CC_AT(c, object);
        cc_reserve(c, base + 3);
        load_super_args(c, cls, self, base + 1);
        CC_AT(c, f);
        cc_attr_position(c, f);
        cc_emit_attr(c, PY_OP_SUPERMETHOD, base, base + 1, cc_mangle(c, f->Attribute.attr), PY_CACHE_SUPER);
    } else {
        cc_reg v = gen(c, object, CC_ANY);
        CC_AT(c, f);
        cc_attr_position(c, f);
        cc_emit_attr(c, PY_OP_GETMETHOD, base, v, cc_mangle(c, f->Attribute.attr), PY_CACHE_METHOD);
    }
    c->u->top = PY_ARGS(base) + 1;
    cc_reserve(c, c->u->top);
}

static void check_callee(cc *c, const ast_expr *e)
{
    const ast_expr *f = e->Call.func;
    const char *type = f->kind == AST_Lambda ? NULL : display_type(f);
    if (type)
        cc_warn(c, (const ast_node *)e, "'%.200s' object is not callable; perhaps you missed a comma?", type);
}

static cc_reg gen_call(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg base = c->u->top;
    ast_expr *f = e->Call.func;
    bool method = f->kind == AST_Attribute && !needs_spread(e->Call.args->items, e->Call.args->n, e->Call.keywords);
    cc_reg d = want == CC_ANY ? base : want;
    cc_ref cls, self;
    check_callee(c, e);
    cc_reserve(c, d + 1);
    if (method) {
        gen_method(c, f, base);
    } else {
        gen(c, f, base);
        c->u->top = PY_ARGS(base);
        cc_reserve(c, c->u->top);
        if (is_bare_super(c, e, &cls, &self)) {
            CC_AT(c, e);
            cc_temp(c);
            cc_temp(c);
            load_super_args(c, cls, self, PY_ARGS(base));
            cc_emit(c, PY_OP_CALL, d, base, 2);
            c->u->top = base;
            goto done;
        }
    }
    cc_call_args(c, base, method, e->Call.args->items, e->Call.args->n, 0, e->Call.keywords, (const ast_node *)e, d);
done:
    if (want == CC_ANY)
        c->u->top = base + 1;
    return d;
}

/* ---- names, yield, await ---- */

static cc_reg gen_name(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, r = cc_name_local(c, e->Name.id);
    CC_AT(c, e);
    if (r != CC_ANY) {
        if (c->u->live && !cc_bit(c->u->bound, r)) {
            cc_emit(c, PY_OP_CHECK, r, 0, 0);
            cc_set_bit(c->u->bound, r);
        }
        if (want == CC_ANY && !cc_bit(c->u->rebound, r))
            return r;
    }
    cc_reg d = result(c, mark, want);
    if (r != CC_ANY)
        cc_emit_move(c, d, r);
    else
        cc_name_load(c, e->Name.id, d);
    return d;
}

static cc_reg gen_named(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    cc_reg v = gen(c, e->NamedExpr.value, CC_ANY);
    CC_AT(c, e);
    cc_store(c, e->NamedExpr.target, v);
    if (want == CC_ANY)
        return v;
    cc_reg d = result(c, mark, want);
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
        v = gen(c, e->Yield.value, CC_ANY);
    } else {
        CC_AT(c, e);
        push_const(c, c->none);
        v = mark;
    }
    cc_reg d = result(c, mark, want);
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
    cc_reg v = gen(c, e->YieldFrom.value, CC_ANY), d = result(c, mark, want);
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
    cc_reg v = gen(c, e->Await.value, CC_ANY), d = result(c, mark, want);
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
    case AST_BoolOp: return gen_boolop(c, e, want);
    case AST_NamedExpr: return gen_named(c, e, want);
    case AST_BinOp: return gen_binop(c, e, want);
    case AST_UnaryOp: return gen_unary(c, e, want);
    case AST_IfExp: return gen_ifexp(c, e, want);
    case AST_Dict: return gen_dict(c, e, want);
    case AST_Set: return gen_set(c, e, want);
    case AST_Await: return gen_await(c, e, want);
    case AST_Yield: return gen_yield(c, e, want);
    case AST_YieldFrom: return gen_yield_from(c, e, want);
    case AST_Compare: return gen_compare(c, e, want);
    case AST_Call: return gen_call(c, e, want);
    case AST_FormattedValue: return gen_formatted(c, e, want);
    case AST_JoinedStr: return gen_joined(c, e, want);
    case AST_Attribute: return gen_attribute(c, e, want);
    case AST_Subscript: return gen_subscript(c, e, want);
    case AST_Name: return gen_name(c, e, want);
    case AST_List: return gen_sequence(c, e, e->List.elts, want);
    case AST_Tuple: return gen_sequence(c, e, e->Tuple.elts, want);
    case AST_Slice: return gen_slice(c, e, want);
    case AST_Lambda: case AST_ListComp: case AST_SetComp: case AST_DictComp: case AST_GeneratorExp: return gen_nested(c, e, want);
    case AST_Starred:
        cc_error(c, (const ast_node *)e, e->Starred.ctx == AST_Store ? "starred assignment target must be in a list or tuple"
                                                                     : "can't use starred expression here");
        return result(c, c->u->top, want);
    default:
        cc_error(c, (const ast_node *)e, "unexpected expression");
        return result(c, c->u->top, want);
    }
}

static cc_reg gen(cc *c, ast_expr *e, cc_reg want)
{
    cc_const *k = cc_const_of(c, e);
    cc_reg r;
    if (k) {
        if (want == CC_ANY && (r = cc_kept_const(c, k)) != CC_ANY)
            return r;
        r = result(c, c->u->top, want);
        CC_AT(c, e);
        cc_load_const(c, r, k);
        return r;
    }
    if (!cc_enter(c))
        return result(c, c->u->top, want);
    r = gen_kind(c, e, want);
    cc_leave(c);
    return r;
}

/* ---- targets ---- */

/* Unpacks `from` into new temporaries and stores these. */
static void store_sequence(cc *c, ast_expr *target, ast_expr_seq *elts, cc_reg from)
{
    cc_reg mark = c->u->top;
    int32_t n = elts->n, star = -1;
    for (int32_t i = 0; i < n; i++) {
        if (elts->items[i]->kind != AST_Starred)
            continue;
        if (star >= 0) {
            cc_error(c, (const ast_node *)target, "multiple starred expressions in assignment");
            return;
        }
        star = i;
    }
    if (star >= 0 && (star > 0xff || n - star - 1 > 0xff)) {
        cc_error(c, (const ast_node *)target, "too many expressions in star-unpacking assignment");
        return;
    }
    c->u->top = mark + (cc_reg)n;
    cc_reserve(c, c->u->top);
    CC_AT(c, target);
    if (star < 0)
        cc_emit(c, PY_OP_UNPACK, mark, from, (uint32_t)n);
    else
        cc_emit(c, PY_OP_UNPACKEX, mark, from, (uint32_t)(star | (n - star - 1) << 8));
    for (int32_t i = 0; i < n; i++)
        cc_store(c, i == star ? elts->items[i]->Starred.value : elts->items[i], mark + (cc_reg)i);
    c->u->top = mark;
}

void cc_store(cc *c, ast_expr *target, cc_reg from)
{
    cc_reg mark = c->u->top, o, i;
    if (!cc_enter(c))
        return;
    switch ((ast_kind)target->kind) {
    case AST_Name:
        CC_AT(c, target);
        if (!cc_forbidden(c, (const ast_node *)target, target->Name.id, AST_Store))
            cc_name_store(c, target->Name.id, from);
        break;
    case AST_Attribute:
        if (cc_forbidden(c, (const ast_node *)target, target->Attribute.attr, AST_Store))
            break;
        o = gen(c, target->Attribute.value, CC_ANY);
        CC_AT(c, target);
        cc_attr_position(c, target);
        cc_emit_attr(c, PY_OP_SETATTR, o, from, cc_mangle(c, target->Attribute.attr), PY_CACHE_SETATTR);
        break;
    case AST_Subscript:
        o = gen(c, target->Subscript.value, CC_ANY);
        i = gen(c, target->Subscript.slice, CC_ANY);
        CC_AT(c, target);
        cc_emit(c, PY_OP_SETITEM, o, i, from);
        break;
    case AST_Tuple: store_sequence(c, target, target->Tuple.elts, from); break;
    case AST_List: store_sequence(c, target, target->List.elts, from); break;
    case AST_Starred: cc_error(c, (const ast_node *)target, "starred assignment target must be in a list or tuple"); break;
    default: cc_error(c, (const ast_node *)target, "cannot assign to this expression"); break;
    }
    c->u->top = mark;
    cc_leave(c);
}

/* `a, b = x, y` without a tuple. False: not of this form. */
static bool assign_parallel(cc *c, ast_expr *target, ast_expr *value)
{
    if ((target->kind != AST_Tuple && target->kind != AST_List) || (value->kind != AST_Tuple && value->kind != AST_List))
        return false;
    ast_expr_seq *to = target->kind == AST_Tuple ? target->Tuple.elts : target->List.elts;
    ast_expr_seq *of = value->kind == AST_Tuple ? value->Tuple.elts : value->List.elts;
    cc_reg regs[16], mark = c->u->top;
    if (to->n != of->n || to->n > 16 || to->n == 0 || has_star(to) || has_star(of) || cc_const_of(c, value))
        return false;
    for (int32_t i = 0; i < to->n; i++) {
        cc_reg here = c->u->top;
        regs[i] = gen(c, of->items[i], CC_ANY);
        if (i > 0 && c->u->top == here) {            /* a local in place: an earlier target may be the same one */
            cc_reg t = cc_temp(c);
            cc_emit_move(c, t, regs[i]);
            regs[i] = t;
        }
    }
    for (int32_t i = 0; i < to->n; i++)
        cc_store(c, to->items[i], regs[i]);
    c->u->top = mark;
    return true;
}

void cc_assign(cc *c, ast_expr *target, ast_expr *value)
{
    cc_reg mark = c->u->top;
    if (target->kind == AST_Name && !cc_forbidden(c, (const ast_node *)target, target->Name.id, AST_Store)) {
        cc_reg r = cc_name_local(c, target->Name.id);
        if (r != CC_ANY) {
            cc_expr_to(c, value, r);
            if (c->u->live)
                cc_set_bit(c->u->bound, r);
            return;
        }
    }
    if (assign_parallel(c, target, value))
        return;
    cc_store(c, target, gen(c, value, CC_ANY));
    c->u->top = mark;
}

void cc_delete(cc *c, ast_expr *target)
{
    cc_reg mark = c->u->top, o, i;
    ast_expr_seq *elts;
    if (!cc_enter(c))
        return;
    switch ((ast_kind)target->kind) {
    case AST_Name:
        CC_AT(c, target);
        if (!cc_forbidden(c, (const ast_node *)target, target->Name.id, AST_Del))
            cc_name_delete(c, target->Name.id);
        break;
    case AST_Attribute:
        if (cc_forbidden(c, (const ast_node *)target, target->Attribute.attr, AST_Del))
            break;
        o = gen(c, target->Attribute.value, CC_ANY);
        CC_AT(c, target);
        cc_attr_position(c, target);
        cc_add_name(c, cc_mangle(c, target->Attribute.attr));
        cc_emit_kb(c, PY_OP_DELATTR, o, cc_const_name(c, cc_mangle(c, target->Attribute.attr)));
        break;
    case AST_Subscript:
        o = gen(c, target->Subscript.value, CC_ANY);
        i = gen(c, target->Subscript.slice, CC_ANY);
        CC_AT(c, target);
        cc_emit(c, PY_OP_DELITEM, o, i, 0);
        break;
    case AST_Tuple: case AST_List:
        elts = target->kind == AST_Tuple ? target->Tuple.elts : target->List.elts;
        for (int32_t k = 0; k < elts->n; k++)
            cc_delete(c, elts->items[k]);
        break;
    default: cc_error(c, (const ast_node *)target, "cannot delete this expression"); break;
    }
    c->u->top = mark;
    cc_leave(c);
}

void cc_aug_assign(cc *c, ast_stmt *s)
{
    static const uint16_t ops[] = {
        [AST_Add] = PY_OP_IADD, [AST_Sub] = PY_OP_ISUB, [AST_Mult] = PY_OP_IMUL, [AST_MatMult] = PY_OP_IMATMUL,
        [AST_Div] = PY_OP_ITRUEDIV, [AST_Mod] = PY_OP_IMOD, [AST_Pow] = PY_OP_IPOW, [AST_LShift] = PY_OP_ILSHIFT,
        [AST_RShift] = PY_OP_IRSHIFT, [AST_BitOr] = PY_OP_IOR, [AST_BitXor] = PY_OP_IXOR, [AST_BitAnd] = PY_OP_IAND,
        [AST_FloorDiv] = PY_OP_IFLOORDIV,
    };
    py_op op = ops[s->AugAssign.op];
    ast_expr *t = s->AugAssign.target;
    cc_reg mark = c->u->top, o, i, v;
    if (t->kind == AST_Name) {
        if (cc_forbidden(c, (const ast_node *)t, t->Name.id, AST_Store))
            return;
        cc_reg r = cc_name_local(c, t->Name.id);
        v = gen_name(c, t, CC_ANY);
        if (r != CC_ANY) {
            binary_into(c, op, true, r, v, s->AugAssign.value, s);
        } else {
            binary_into(c, op, true, v, v, s->AugAssign.value, s);
            CC_AT(c, t);
            cc_name_store(c, t->Name.id, v);
        }
    } else if (t->kind == AST_Attribute) {
        const ast_name *name = cc_mangle(c, t->Attribute.attr);
        o = gen(c, t->Attribute.value, CC_ANY);
        v = cc_temp(c);
        CC_AT(c, t);
        cc_attr_position(c, t);
        cc_emit_attr(c, PY_OP_GETATTR, v, o, name, PY_CACHE_ATTR);
        binary_into(c, op, true, v, v, s->AugAssign.value, s);
        CC_AT(c, t);
        cc_attr_position(c, t);
        cc_emit_attr(c, PY_OP_SETATTR, o, v, name, PY_CACHE_SETATTR);
    } else if (t->kind == AST_Subscript) {
        o = gen(c, t->Subscript.value, CC_ANY);
        i = gen(c, t->Subscript.slice, CC_ANY);
        v = cc_temp(c);
        CC_AT(c, t);
        cc_emit(c, PY_OP_GETITEM, v, o, i);
        binary_into(c, op, true, v, v, s->AugAssign.value, s);
        CC_AT(c, t);
        cc_emit(c, PY_OP_SETITEM, o, i, v);
    } else {
        cc_error(c, (const ast_node *)t, "invalid node type for augmented assignment");
    }
    c->u->top = mark;
}
