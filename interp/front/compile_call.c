/* compile_call.c: attributes, items, slices and calls.  Locks: none. */
#include "interp/front/compile_int.h"

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

cc_reg cc_gen_attribute(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, v = cc_gen(c, e->Attribute.value, CC_ANY), d = cc_result(c, mark, want);
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
    *out = cc_gen(c, index, CC_ANY);
    return false;
}

cc_reg cc_gen_subscript(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, v, i;
    check_subscript(c, e);
    v = cc_gen(c, e->Subscript.value, CC_ANY);
    bool imm = gen_index(c, e->Subscript.slice, &i);
    cc_reg d = cc_result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, imm ? PY_OP_GETITEM_I : PY_OP_GETITEM, d, v, i);
    return d;
}

cc_reg cc_gen_slice(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    ast_expr *parts[3] = {e->Slice.lower, e->Slice.upper, e->Slice.step};
    for (int i = 0; i < 3; i++) {
        if (parts[i]) {
            cc_expr_push(c, parts[i]);
        } else {
            CC_AT(c, e);
            cc_push_const(c, c->none);
        }
    }
    cc_reg d = cc_result(c, mark, want);
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
            cc_push_const(c, cc_const_name_str(c, cc_mangle(c, k->arg)));
            cc_expr_push(c, k->value);
            if (++pairs == CC_CHUNK / 2)
                cc_flush_pairs(c, acc, &pairs, &built, at);
            continue;
        }
        if (!built)
            cc_flush_pairs(c, acc, &pairs, &built, at);
        cc_reg r;
        if (k->arg) {                                /* might repeat one of a ** before it */
            cc_reg one = cc_temp(c);
            cc_push_const(c, cc_const_name_str(c, cc_mangle(c, k->arg)));
            cc_expr_push(c, k->value);
            CC_AT(c, at);
            cc_emit(c, PY_OP_BUILDDICT, one, one + 1, 1);
            r = one;
        } else {
            r = cc_gen(c, k->value, CC_ANY);
        }
        CC_AT(c, at);
        cc_emit(c, PY_OP_DICTMERGE, acc, r, func);
        c->u->top = acc + 1;
    }
    if (!built)
        cc_flush_pairs(c, acc, &pairs, &built, at);
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
        cc_reg list = cc_build_elements(c, args, n, extra, false, at);
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
    cc_emit(c, PY_OP_LOADCELL, to, cls.reg, 1);
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
        cc_reg v = cc_gen(c, object, CC_ANY);
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

cc_reg cc_gen_call(cc *c, ast_expr *e, cc_reg want)
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
        cc_gen(c, f, base);
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
