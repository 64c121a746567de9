/* compile_comp.c: comprehensions and generator expressions, each a function of its outermost iterable (".0").
 *
 * Locks: none.  What a comprehension's element and conditions are compiled in is its own unit; the outermost iterable belongs to the
 * unit around it.  */
#include "interp/front/compile_int.h"

typedef struct comp {
    ast_expr *e;
    ast_kind kind;
    ast_comprehension_seq *generators;
    ast_expr *elt, *value;       /* DictComp: key, value */
    const ast_expr *at;          /* place of the element's instruction */
    cc_reg acc;                  /* list, set, dict being built; CC_ANY: generator */
} comp;

static void gen_element(cc *c, comp *k)
{
    cc_reg mark = c->u->top, r = cc_expr(c, k->elt), v;
    CC_AT(c, k->at);
    switch (k->kind) {
    case AST_ListComp: cc_emit(c, PY_OP_LISTAPPEND, k->acc, r, 0); break;
    case AST_SetComp: cc_emit(c, PY_OP_SETADD, k->acc, r, 0); break;
    case AST_DictComp:
        v = cc_expr(c, k->value);
        CC_AT(c, k->at);
        cc_emit(c, PY_OP_DICTSET, k->acc, r, v);
        break;
    default: cc_emit(c, PY_OP_YIELD, cc_temp(c), r, 0); break;
    }
    c->u->top = mark;
}

static void gen_level(cc *c, comp *k, int32_t i);

static void gen_inside(cc *c, comp *k, int32_t i, cc_label *next)
{
    ast_comprehension *g = k->generators->items[i];
    for (int32_t j = 0; j < g->ifs->n; j++) {
        const ast_expr *compare = cc_last_compare(g->ifs->items[j]);
        cc_jump_if(c, g->ifs->items[j], false, next);
        k->at = compare ? compare : k->at;
    }
    if (i + 1 < k->generators->n)
        gen_level(c, k, i + 1);
    else
        gen_element(c, k);
}

/* `for x in [value]`: an assignment. */
static bool is_single(const comp *k, int32_t i)
{
    const ast_comprehension *g = k->generators->items[i];
    const ast_expr_seq *elts = g->iter->kind == AST_List ? g->iter->List.elts : g->iter->kind == AST_Tuple ? g->iter->Tuple.elts : NULL;
    return i > 0 && !g->is_async && elts && elts->n == 1 && elts->items[0]->kind != AST_Starred;
}

static void gen_sync(cc *c, comp *k, int32_t i, cc_reg it)
{
    ast_comprehension *g = k->generators->items[i];
    cc_label head, next, end;
    cc_label_new(c, &head), cc_label_new(c, &next), cc_label_new(c, &end);
    cc_bind_loop(c, &head);
    cc_for_step(c, g->target, it, &end, k->e);
    gen_inside(c, k, i, &next);
    cc_bind(c, &next);
    CC_MARK(c, k->e);
    cc_emit_loop(c, &head);
    cc_bind(c, &end);
}

static void gen_async(cc *c, comp *k, int32_t i, cc_reg it)
{
    ast_comprehension *g = k->generators->items[i];
    cc_label head, next, end;
    cc_async_step step;
    cc_label_new(c, &head), cc_label_new(c, &next), cc_label_new(c, &end);
    cc_bind_loop(c, &head);
    cc_async_for_step(c, &step, g->target, it, k->e);
    gen_inside(c, k, i, &next);
    cc_bind(c, &next);
    CC_MARK(c, k->e);
    cc_emit_loop(c, &head);
    cc_async_for_end(c, &step, k->e);
    cc_bind(c, &end);
}

static void gen_level(cc *c, comp *k, int32_t i)
{
    cc_reg mark = c->u->top, it = 0;
    ast_comprehension *g = k->generators->items[i];
    if (!cc_enter(c))
        return;
    if (is_single(k, i)) {
        cc_label next;
        cc_label_new(c, &next);
        cc_assign(c, g->target, (g->iter->kind == AST_List ? g->iter->List.elts : g->iter->Tuple.elts)->items[0]);
        gen_inside(c, k, i, &next);
        cc_bind(c, &next);
    } else {
        if (i > 0) {                                 /* the outermost is in register 0, made an iterator by the caller */
            cc_reg r = cc_expr_fleeting(c, g->iter, false);
            c->u->top = mark;
            it = cc_temp(c);
            CC_AT(c, k->e);
            cc_emit(c, g->is_async ? PY_OP_GETAITER : PY_OP_GETITER, it, r, 0);
        }
        if (g->is_async)
            gen_async(c, k, i, it);
        else
            gen_sync(c, k, i, it);
    }
    c->u->top = mark;
    cc_leave(c);
}

static cc_code *comp_code(cc *c, comp *k, sym_scope *scope, const ast_name *name)
{
    cc_unit u;
    if (scope->code)
        return scope->code;
    if (!cc_enter_unit(c, &u, CC_U_COMPREHENSION, scope, name, k->e->lineno))
        return NULL;
    u.out->argcount = 1;
    u.out->doc = c->none;
    CC_AT(c, k->e);
    u.has_loop = true;
    cc_keep_registers(c);
    u.loops = 1;
    k->acc = CC_ANY;
    if (k->kind != AST_GeneratorExp) {
        k->acc = cc_temp(c);
        cc_emit(c, k->kind == AST_ListComp ? PY_OP_BUILDLIST : k->kind == AST_SetComp ? PY_OP_BUILDSET : PY_OP_BUILDDICT, k->acc, k->acc, 0);
    }
    gen_level(c, k, 0);
    CC_AT(c, k->e);
    if (k->acc != CC_ANY)
        cc_emit(c, PY_OP_RETURN, k->acc, 0, 0);
    else
        cc_return_none(c);
    return cc_leave_unit(c);
}

/* An asynchronous comprehension needs an asynchronous function around it. */
static bool check_async(cc *c, const comp *k, const sym_scope *scope)
{
    cc_unit_kind kind = c->u->kind;
    bool top = c->top_level_await && kind == CC_U_MODULE;
    if (scope->is_coroutine && k->kind != AST_GeneratorExp && kind != CC_U_ASYNC_FUNCTION && kind != CC_U_COMPREHENSION && !top) {
        cc_error(c, (const ast_node *)k->e, "asynchronous comprehension outside of an asynchronous function");
        return false;
    }
    return true;
}

void cc_comprehension(cc *c, ast_expr *e, cc_reg to)
{
    comp k = {.e = e, .at = e, .kind = (ast_kind)e->kind};
    const ast_name *name;
    sym_scope *scope;
    switch (k.kind) {
    case AST_ListComp: k.generators = e->ListComp.generators, k.elt = e->ListComp.elt, scope = e->ListComp.scope, name = c->n_listcomp; break;
    case AST_SetComp: k.generators = e->SetComp.generators, k.elt = e->SetComp.elt, scope = e->SetComp.scope, name = c->n_setcomp; break;
    case AST_DictComp:
        k.generators = e->DictComp.generators, k.elt = e->DictComp.key, k.value = e->DictComp.value;
        scope = e->DictComp.scope, name = c->n_dictcomp;
        break;
    default: k.generators = e->GeneratorExp.generators, k.elt = e->GeneratorExp.elt, scope = e->GeneratorExp.scope, name = c->n_genexpr; break;
    }
    if (!check_async(c, &k, scope))
        return;
    cc_code *code = comp_code(c, &k, scope, name);
    if (!code)
        return;
    ast_comprehension *outer = k.generators->items[0];
    cc_reg base = cc_temp(c), arg = PY_ARGS(base);
    c->u->top = base + 5;
    cc_reserve(c, arg + 1);
    CC_AT(c, e);
    cc_make_function(c, code, base, base + 1, false);
    c->u->top = arg;
    cc_reg r = cc_expr_fleeting(c, outer->iter, false);
    CC_AT(c, e);
    cc_emit(c, outer->is_async ? PY_OP_GETAITER : PY_OP_GETITER, arg, r, 0);
    c->u->top = base;
    cc_emit(c, PY_OP_CALL, to, base, 1);
    if (scope->is_coroutine && k.kind != AST_GeneratorExp) {
        c->u->top = to >= base ? to + 1 : base;      /* the coroutine must survive */
        cc_await(c, to, to, CC_AWAIT_EXPR);
        c->u->top = base;
    }
}
