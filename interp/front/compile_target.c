/* compile_target.c: what is assigned to or deleted.  Locks: none. */
#include "interp/front/compile_int.h"

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
        o = cc_gen(c, target->Attribute.value, CC_ANY);
        CC_AT(c, target);
        cc_attr_position(c, target);
        cc_emit_attr(c, PY_OP_SETATTR, o, from, cc_mangle(c, target->Attribute.attr), PY_CACHE_SETATTR);
        break;
    case AST_Subscript:
        o = cc_gen(c, target->Subscript.value, CC_ANY);
        i = cc_gen(c, target->Subscript.slice, CC_ANY);
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
    if (to->n != of->n || to->n > 16 || to->n == 0 || cc_has_star(to) || cc_has_star(of) || cc_const_of(c, value))
        return false;
    for (int32_t i = 0; i < to->n; i++) {
        cc_reg here = c->u->top;
        regs[i] = cc_gen(c, of->items[i], CC_ANY);
        if (i > 0 && c->u->top == here) {            /* a local in place: an earlier target may be the same one */
            cc_reg t = cc_temp(c);
            cc_emit_move(c, t, regs[i]);
            regs[i] = t;
        }
    }
    cc_mark(c, value->lineno, PY_MARK_OPERAND | PY_MARK_INSIDE);
    cc_mark(c, target->lineno, PY_MARK_OPERAND | PY_MARK_INSIDE);
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
            cc_mark(c, target->lineno, PY_MARK_OPERAND | PY_MARK_INSIDE);
            if (c->u->live)
                cc_set_bit(c->u->bound, r);
            return;
        }
    }
    if (assign_parallel(c, target, value))
        return;
    cc_store(c, target, cc_gen(c, value, CC_ANY));
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
        o = cc_gen(c, target->Attribute.value, CC_ANY);
        CC_AT(c, target);
        cc_attr_position(c, target);
        cc_add_name(c, cc_mangle(c, target->Attribute.attr));
        cc_emit_kb(c, PY_OP_DELATTR, o, cc_const_name(c, cc_mangle(c, target->Attribute.attr)));
        break;
    case AST_Subscript:
        o = cc_gen(c, target->Subscript.value, CC_ANY);
        i = cc_gen(c, target->Subscript.slice, CC_ANY);
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
        v = cc_gen_name(c, t, CC_ANY);
        if (r != CC_ANY) {
            cc_binary_into(c, op, true, r, v, s->AugAssign.value, s);
        } else {
            cc_binary_into(c, op, true, v, v, s->AugAssign.value, s);
            CC_AT(c, t);
            cc_name_store(c, t->Name.id, v);
        }
    } else if (t->kind == AST_Attribute) {
        const ast_name *name = cc_mangle(c, t->Attribute.attr);
        o = cc_gen(c, t->Attribute.value, CC_ANY);
        v = cc_temp(c);
        CC_AT(c, t);
        cc_attr_position(c, t);
        cc_emit_attr(c, PY_OP_GETATTR, v, o, name, PY_CACHE_ATTR);
        cc_binary_into(c, op, true, v, v, s->AugAssign.value, s);
        CC_AT(c, t);
        cc_attr_position(c, t);
        cc_emit_attr(c, PY_OP_SETATTR, o, v, name, PY_CACHE_SETATTR);
    } else if (t->kind == AST_Subscript) {
        o = cc_gen(c, t->Subscript.value, CC_ANY);
        i = cc_gen(c, t->Subscript.slice, CC_ANY);
        v = cc_temp(c);
        CC_AT(c, t);
        cc_emit(c, PY_OP_GETITEM, v, o, i);
        cc_binary_into(c, op, true, v, v, s->AugAssign.value, s);
        CC_AT(c, t);
        cc_emit(c, PY_OP_SETITEM, o, i, v);
    } else {
        cc_error(c, (const ast_node *)t, "invalid node type for augmented assignment");
    }
    c->u->top = mark;
}
