/* compile_stmt.c: simple statements, conditions and loops.
 *
 * Locks: none.
 * S1  A jump out of blocks (return, break, continue) runs the exit code of each, innermost first, none of which is covered by the
 *     handlers of the blocks already left.                         (cc_unwind_to, compile_try.c)  */
#include "interp/front/compile_int.h"

/* ---- loops ---- */

/* Target = next of iterator `it`; jumps to `end` when there is none. */
void cc_for_step(cc *c, ast_expr *target, cc_reg it, cc_label *end, const void *at)
{
    cc_reg mark = c->u->top;
    cc_reg r = target->kind == AST_Name && target->Name.id != c->n_debug ? cc_name_local(c, target->Name.id) : CC_ANY;
    CC_AT(c, at);
    if (r != CC_ANY) {
        cc_emit_jump(c, PY_OP_FOR_ITER, r, it, end);
        cc_mark(c, target->lineno, PY_MARK_OPERAND | PY_MARK_INSIDE);
        if (c->u->live)
            cc_set_bit(c->u->bound, r);
        return;
    }
    cc_reg t = cc_temp(c);
    cc_emit_jump(c, PY_OP_FOR_ITER, t, it, end);
    cc_store(c, target, t);
    c->u->top = mark;
}

/* Target = awaited next of asynchronous iterator `it`. What ends the loop comes by cc_async_for_end. */
void cc_async_for_step(cc *c, cc_async_step *s, ast_expr *target, cc_reg it, const void *at)
{
    cc_reg mark = c->u->top;
    s->reg = mark;
    s->bound = cc_alloc(c, c->u->words * 8 + 8);
    cc_label_new(c, &s->handler);
    cc_reserve(c, mark + 4);
    if (!s->bound)
        return;
    cc_handler_state(c, s->bound);
    cc_block b = {.covered = true, .handler = &s->handler, .handler_reg = mark};
    CC_AT(c, at);
    cc_region_open(c, &b);
    cc_reg t = cc_temp(c);
    cc_await(c, it, t, CC_AWAIT_NEXT);
    cc_region_close(c, &b);
    cc_store(c, target, t);
    c->u->top = mark;
}

void cc_async_for_end(cc *c, cc_async_step *s, const void *at)
{
    cc_label again, done;
    cc_reg e = s->reg;
    if (c->failed)
        return;
    cc_label_new(c, &again), cc_label_new(c, &done);
    CC_AT(c, at);
    cc_start_handler(c, &s->handler, s->bound);
    cc_block b = {.covered = true, .handler = &again, .handler_reg = e + 2};
    cc_region_open(c, &b);
    cc_emit(c, PY_OP_ENDASYNCFOR, e, 0, 0);
    cc_region_close(c, &b);
    cc_emit(c, PY_OP_POPEXC, e, 0, 0);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &done);
    cc_start_handler(c, &again, s->bound);           /* any other exception goes on */
    cc_emit(c, PY_OP_POPEXC, e, 0, 0);
    cc_emit(c, PY_OP_RERAISE, e + 2, 0, 0);
    c->u->live = false;
    cc_bind(c, &done);
}

static bool loop_push(cc *c, cc_block *b, cc_block_kind kind, const ast_stmt *s, cc_label *brk, cc_label *head)
{
    cc_label_new(c, brk), cc_label_new(c, head);
    if (!cc_block_push(c, b, kind, s))
        return false;
    b->brk = brk;
    b->head = head;
    c->u->loops++;
    return true;
}

/* The way back is in the line of what the body did last. */
static void loop_back(cc *c, cc_label *head)
{
    cc_emit_loop(c, head);
    c->u->loops--;
}

static void for_stmt(cc *c, ast_stmt *s)
{
    cc_label brk, head, end;
    cc_block b;
    cc_reg mark = c->u->top, r = cc_expr_fleeting(c, s->For.iter, false);
    c->u->top = mark;
    cc_reg it = cc_temp(c);
    CC_AT(c, s);
    cc_emit(c, PY_OP_GETITER, it, r, 0);
    cc_label_new(c, &end);
    if (!loop_push(c, &b, CC_B_LOOP, s, &brk, &head))
        return;
    cc_bind_loop(c, &head);
    cc_for_step(c, s->For.target, it, &end, s);
    cc_stmts(c, s->For.body, 0);
    loop_back(c, &head);
    cc_block_pop(c, &b);
    cc_bind(c, &end);
    cc_stmts(c, s->For.orelse, 0);
    cc_bind(c, &brk);
    c->u->top = mark;
}

static bool async_allowed(cc *c, const ast_stmt *s, const char *what)
{
    if (c->u->kind == CC_U_ASYNC_FUNCTION || (c->top_level_await && c->u->kind == CC_U_MODULE))
        return true;
    cc_error(c, (const ast_node *)s, "'%s' outside async function", what);
    return false;
}

static void async_for_stmt(cc *c, ast_stmt *s)
{
    cc_label brk, head;
    cc_block b;
    cc_async_step step;
    if (!async_allowed(c, s, "async for"))
        return;
    cc_reg mark = c->u->top, r = cc_expr(c, s->AsyncFor.iter);
    c->u->top = mark;
    cc_reg it = cc_temp(c);
    CC_AT(c, s);
    cc_emit(c, PY_OP_GETAITER, it, r, 0);
    if (!loop_push(c, &b, CC_B_ASYNC_LOOP, s, &brk, &head))
        return;
    cc_bind_loop(c, &head);
    cc_async_for_step(c, &step, s->AsyncFor.target, it, s);
    cc_stmts(c, s->AsyncFor.body, 0);
    loop_back(c, &head);
    cc_block_pop(c, &b);
    cc_async_for_end(c, &step, s);
    cc_stmts(c, s->AsyncFor.orelse, 0);
    cc_bind(c, &brk);
    c->u->top = mark;
}

static void while_stmt(cc *c, ast_stmt *s)
{
    cc_label brk, head, end;
    cc_block b;
    cc_label_new(c, &end);
    if (!loop_push(c, &b, CC_B_LOOP, s, &brk, &head))
        return;
    cc_bind_loop(c, &head);
    cc_jump_if(c, s->While.test, false, &end);
    cc_stmts(c, s->While.body, 0);
    loop_back(c, &head);
    cc_block_pop(c, &b);
    cc_bind(c, &end);
    cc_stmts(c, s->While.orelse, 0);
    cc_bind(c, &brk);
}

static void if_stmt(cc *c, ast_stmt *s)
{
    for (;;) {                                       /* an elif is an if alone in the else part */
        cc_label no, end;
        cc_label_new(c, &no);
        cc_jump_if(c, s->If.test, false, &no);
        cc_stmts(c, s->If.body, 0);
        if (!s->If.orelse->n) {
            cc_bind(c, &no);
            return;
        }
        if (!c->u->live) {                           /* nothing to jump over: no nesting needed */
            cc_bind(c, &no);
            if (s->If.orelse->n == 1 && s->If.orelse->items[0]->kind == AST_If) {
                s = s->If.orelse->items[0];
                CC_AT(c, s);
                continue;
            }
            cc_stmts(c, s->If.orelse, 0);
            return;
        }
        cc_label_new(c, &end);
        cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
        cc_bind(c, &no);
        cc_stmts(c, s->If.orelse, 0);
        cc_bind(c, &end);
        return;
    }
}

/* ---- leaving ---- */

static bool needs_exit_code(const cc_block *b)
{
    for (; b; b = b->prev)
        if (b->kind != CC_B_LOOP && b->kind != CC_B_ASYNC_LOOP && b->kind != CC_B_TRY)
            return true;
    return false;
}

static bool in_group_handler(const cc_block *b, bool stop_at_loop)
{
    for (; b && !(stop_at_loop && b->kind <= CC_B_ASYNC_LOOP); b = b->prev)
        if (b->kind == CC_B_GROUP_HANDLER)
            return true;
    return false;
}

#define GROUP_ERROR "'break', 'continue' and 'return' cannot appear in an except* block"

static void return_stmt(cc *c, ast_stmt *s)
{
    ast_expr *e = s->Return.value;
    cc_reg mark = c->u->top, r;
    if (c->u->kind < CC_U_FUNCTION) {
        cc_error(c, (const ast_node *)s, "'return' outside function");
        return;
    }
    if (e && c->u->kind == CC_U_ASYNC_FUNCTION && c->u->scope->is_generator) {
        cc_error(c, (const ast_node *)s, "'return' with value in async generator");
        return;
    }
    if (in_group_handler(c->u->block, false)) {
        bool at_value = e && e->kind == AST_Constant && e->lineno == s->lineno;
        cc_error(c, at_value ? (const ast_node *)e : (const ast_node *)s, GROUP_ERROR);
        return;
    }
    cc_const *k = e ? cc_const_of(c, e) : c->none;
    if (e && k)
        CC_MARK(c, e);
    if (!e || (k && e->lineno != s->lineno))
        CC_MARK(c, s);
    cc_block *blocks = c->u->block;
    bool unwind = needs_exit_code(blocks);
    if (!k && unwind) {
        cc_expr_push(c, e);
        r = mark;
    } else if (!k) {
        r = cc_expr(c, e);
    } else {
        r = cc_temp(c);
    }
    CC_AT(c, s);
    if (unwind)
        cc_unwind_to(c, NULL);
    if (k)
        cc_load_const(c, r, k);
    cc_emit(c, PY_OP_RETURN, r, 0, 0);
    c->u->live = false;
    if (unwind)
        cc_rewind(c, blocks, NULL);
    c->u->top = mark;
}

static void break_stmt(cc *c, ast_stmt *s)
{
    bool brk = s->kind == AST_Break;
    cc_block *b = c->u->block, *from = b;
    if (in_group_handler(b, true)) {
        cc_error(c, (const ast_node *)s, GROUP_ERROR);
        return;
    }
    while (b && b->kind > CC_B_ASYNC_LOOP)
        b = b->prev;
    if (!b) {
        cc_error(c, (const ast_node *)s, brk ? "'break' outside loop" : "'continue' not properly in loop");
        return;
    }
    CC_MARK(c, s);
    cc_unwind_to(c, b);
    cc_emit_jump(c, brk ? PY_OP_JUMP : PY_OP_LOOP, 0, 0, brk ? b->brk : b->head);
    cc_rewind(c, from, b);
}

/* ---- imports ---- */

/* to = the module; two temporaries for the from-list and the level. */
static void import_name(cc *c, const ast_name *name, cc_const *from, int32_t level, cc_reg to)
{
    cc_reg mark = c->u->top, b = cc_temp(c);
    cc_load_const(c, b, from);
    cc_load_const(c, cc_temp(c), cc_const_int(c, level));
    cc_add_name(c, name);
    cc_emit_kc(c, PY_OP_IMPORTNAME, to, b, cc_const_name(c, name));
    c->u->top = mark;
}

static void import_from(cc *c, cc_reg to, cc_reg module, const ast_name *name)
{
    cc_add_name(c, name);
    cc_emit_kc(c, PY_OP_IMPORTFROM, to, module, cc_const_name(c, name));
}

static void import_stmt(cc *c, ast_stmt *s)
{
    for (int32_t i = 0; i < s->Import.names->n && !c->failed; i++) {
        const ast_alias *a = s->Import.names->items[i];
        const char *dot = memchr(a->name->s, '.', a->name->n);
        cc_reg mark = c->u->top, t = cc_temp(c);
        import_name(c, a->name, c->none, 0, t);
        if (!a->asname) {
            const ast_name *first = dot ? ast_intern(c->names, a->name->s, (size_t)(dot - a->name->s)) : a->name;
            if (first && !cc_forbidden(c, (const ast_node *)s, first, AST_Store))
                cc_name_store(c, first, t);
            else if (!first)
                cc_no_memory(c);
        } else {
            while (dot) {
                const char *part = dot + 1, *end = a->name->s + a->name->n;
                dot = memchr(part, '.', (size_t)(end - part));
                const ast_name *n = ast_intern(c->names, part, (size_t)((dot ? dot : end) - part));
                if (!n) {
                    cc_no_memory(c);
                    return;
                }
                import_from(c, t, t, n);
            }
            if (!cc_forbidden(c, (const ast_node *)s, a->asname, AST_Store))
                cc_name_store(c, a->asname, t);
        }
        c->u->top = mark;
    }
}

static void import_from_stmt(cc *c, ast_stmt *s)
{
    ast_alias_seq *names = s->ImportFrom.names;
    cc_reg mark = c->u->top, m = cc_temp(c);
    cc_const **items = cc_alloc(c, (size_t)names->n * sizeof *items);
    for (int32_t i = 0; items && i < names->n; i++)
        if (!(items[i] = cc_const_name_str(c, names->items[i]->name)))
            return;
    const ast_name *module = s->ImportFrom.module ? s->ImportFrom.module : cc_name(c, "");
    if (!items || !module)
        return;
    import_name(c, module, cc_const_tuple(c, CC_TUPLE, items, (uint32_t)names->n), s->ImportFrom.level, m);
    for (int32_t i = 0; i < names->n; i++) {
        const ast_alias *a = names->items[i];
        if (a->name == c->n_star) {
            cc_emit(c, PY_OP_IMPORTSTAR, m, 0, 0);
            break;
        }
        const ast_name *as = a->asname ? a->asname : a->name;
        if (cc_forbidden(c, (const ast_node *)s, as, AST_Store))
            break;
        cc_reg t = cc_temp(c);
        import_from(c, t, m, a->name);
        cc_name_store(c, as, t);
        c->u->top = t;
    }
    c->u->top = mark;
}

/* ---- simple statements ---- */

static void assign_stmt(cc *c, ast_stmt *s)
{
    ast_expr_seq *targets = s->Assign.targets;
    cc_reg mark = c->u->top;
    if (targets->n == 1) {
        cc_assign(c, targets->items[0], s->Assign.value);
        return;
    }
    cc_expr_push(c, s->Assign.value);
    for (int32_t i = 0; i < targets->n; i++)
        cc_store(c, targets->items[i], mark);
    c->u->top = mark;
}

static void note_annotation(cc *c, ast_stmt *s, const ast_name *name)
{
    cc_reg mark = c->u->top;
    cc_push_annotation(c, s->AnnAssign.annotation);
    CC_AT(c, s);
    cc_reg d = cc_temp(c), k = cc_temp(c);
    cc_name_load(c, c->n_annotations, d);
    cc_load_const(c, k, cc_const_name_str(c, cc_mangle(c, name)));
    cc_emit(c, PY_OP_SETITEM, d, k, mark);
    c->u->top = mark;
}

/* Names and parts of a target that is not assigned are evaluated all the same. */
static void evaluate_parts(cc *c, ast_expr *index)
{
    ast_expr *parts[3] = {index, NULL, NULL};
    if (index->kind == AST_Slice)
        parts[0] = index->Slice.lower, parts[1] = index->Slice.upper, parts[2] = index->Slice.step;
    for (int i = 0; i < 3; i++)
        if (parts[i])
            cc_expr_void(c, parts[i]);
}

static void ann_assign_stmt(cc *c, ast_stmt *s)
{
    ast_expr *t = s->AnnAssign.target;
    bool namespace = c->u->kind <= CC_U_CLASS;
    if (s->AnnAssign.value)
        cc_assign(c, t, s->AnnAssign.value);
    switch ((ast_kind)t->kind) {
    case AST_Name:
        if (cc_forbidden(c, (const ast_node *)s, t->Name.id, AST_Store))
            return;
        if (s->AnnAssign.simple && namespace)
            note_annotation(c, s, t->Name.id);
        break;
    case AST_Attribute:
        if (cc_forbidden(c, (const ast_node *)s, t->Attribute.attr, AST_Store))
            return;
        if (!s->AnnAssign.value)
            cc_expr_void(c, t->Attribute.value);
        break;
    case AST_Subscript:
        if (!s->AnnAssign.value) {
            cc_expr_void(c, t->Subscript.value);
            evaluate_parts(c, t->Subscript.slice);
        }
        break;
    default: break;
    }
    if (!s->AnnAssign.simple && namespace && !c->future_annotations)
        cc_expr_void(c, s->AnnAssign.annotation);
}

static void assert_stmt(cc *c, ast_stmt *s)
{
    cc_label ok;
    ast_expr *test = s->Assert.test;
    if (test->kind == AST_Tuple && test->Tuple.elts->n)
        cc_warn(c, (const ast_node *)s, "assertion is always true, perhaps remove parentheses?");
    if (c->optimize)
        return;
    cc_reg base = c->u->top;
    cc_label_new(c, &ok);
    cc_jump_if(c, test, true, &ok);
    const ast_expr *compare = cc_last_compare(test);     /* what Python underlines */
    const void *at = compare ? (const void *)compare : s;
    CC_AT(c, at);
    cc_temp(c);
    cc_emit(c, PY_OP_LOADASSERT, base, 0, 0);
    if (s->Assert.msg) {
        c->u->top = PY_ARGS(base);
        cc_reserve(c, c->u->top);
        cc_expr_push(c, s->Assert.msg);
        CC_AT(c, at);
        cc_emit(c, PY_OP_CALL, base, base, 1);
    }
    cc_emit(c, PY_OP_RAISE, base, PY_NO_REG, 0);
    c->u->live = false;
    cc_bind(c, &ok);
    c->u->top = base;
}

static void raise_stmt(cc *c, ast_stmt *s)
{
    cc_reg mark = c->u->top, exc = PY_NO_REG, cause = PY_NO_REG;
    if (s->Raise.exc)
        exc = cc_expr(c, s->Raise.exc);
    if (s->Raise.exc && s->Raise.cause)
        cause = cc_expr(c, s->Raise.cause);
    CC_AT(c, s);
    cc_emit(c, PY_OP_RAISE, exc, cause, 0);
    c->u->live = false;
    c->u->top = mark;
}

static void expr_stmt(cc *c, ast_stmt *s)
{
    cc_reg mark = c->u->top;
    if (c->interactive && c->u->kind == CC_U_MODULE) {
        cc_reg r = cc_expr(c, s->Expr.value);
        CC_AT(c, s);
        cc_emit(c, PY_OP_PRINTEXPR, r, 0, 0);
    } else {
        if (s->Expr.value->kind == AST_Name || cc_const_of(c, s->Expr.value))
            CC_MARK(c, s->Expr.value);
        cc_expr_void(c, s->Expr.value);
    }
    c->u->top = mark;
}

static void statement(cc *c, ast_stmt *s)
{
    switch ((ast_kind)s->kind) {
    case AST_FunctionDef: case AST_AsyncFunctionDef: cc_function_def(c, s); break;
    case AST_ClassDef: cc_class_def(c, s); break;
    case AST_Return: return_stmt(c, s); break;
    case AST_Delete:
        for (int32_t i = 0; i < s->Delete.targets->n; i++)
            cc_delete(c, s->Delete.targets->items[i]);
        break;
    case AST_Assign: assign_stmt(c, s); break;
    case AST_AugAssign: cc_aug_assign(c, s); break;
    case AST_AnnAssign: ann_assign_stmt(c, s); break;
    case AST_For: for_stmt(c, s); break;
    case AST_AsyncFor: async_for_stmt(c, s); break;
    case AST_While: while_stmt(c, s); break;
    case AST_If: if_stmt(c, s); break;
    case AST_With: cc_with(c, s, 0, false); break;
    case AST_AsyncWith:
        if (async_allowed(c, s, "async with"))
            cc_with(c, s, 0, true);
        break;
    case AST_Match: cc_match(c, s); break;
    case AST_Raise: raise_stmt(c, s); break;
    case AST_Try: cc_try(c, s); break;
    case AST_TryStar: cc_try_star(c, s); break;
    case AST_Assert: assert_stmt(c, s); break;
    case AST_Import: import_stmt(c, s); break;
    case AST_ImportFrom: import_from_stmt(c, s); break;
    case AST_Expr: expr_stmt(c, s); break;
    case AST_Break: case AST_Continue: break_stmt(c, s); break;
    case AST_Pass: CC_MARK(c, s); break;
    case AST_Global: case AST_Nonlocal: break;
    default: cc_error(c, (const ast_node *)s, "unexpected statement"); break;
    }
}

void cc_stmts(cc *c, const ast_stmt_seq *body, int32_t from)
{
    if (!cc_enter(c))
        return;
    for (int32_t i = from; i < body->n && !c->failed; i++) {
        CC_AT(c, body->items[i]);
        statement(c, body->items[i]);
    }
    cc_leave(c);
}

/* ---- what a function unbinds and rebinds ---- */

static void note_local(cc *c, const ast_name *name, uint64_t *set)
{
    const ast_name *m = name && sym_is_function_like(c->u->scope) ? cc_mangle(c, name) : NULL;
    const sym_entry *e = m ? sym_lookup(c->u->scope, m) : NULL;
    if (!e)
        return;
    uint32_t i = (uint32_t)(e - c->u->scope->entries);
    cc_set_bit(set, i);
    if (e->kind == SYM_LOCAL && e->slot >= 0)
        cc_set_bit(set == c->u->entry_deleted ? c->u->deleted : c->u->rebound, (uint32_t)e->slot);
}

static void note_deleted(cc *c, const ast_expr *e)
{
    if (e->kind == AST_Name)
        note_local(c, e->Name.id, c->u->entry_deleted);
    const ast_expr_seq *elts = e->kind == AST_Tuple ? e->Tuple.elts : e->kind == AST_List ? e->List.elts : NULL;
    for (int32_t i = 0; elts && i < elts->n; i++)
        note_deleted(c, elts->items[i]);
}

static void scan_try(cc *c, const ast_stmt_seq *body, const ast_excepthandler_seq *handlers, const ast_stmt_seq *orelse,
                     const ast_stmt_seq *finalbody)
{
    cc_scan_deleted(c, body);
    for (int32_t i = 0; i < handlers->n; i++) {
        note_local(c, handlers->items[i]->ExceptHandler.name, c->u->entry_deleted);
        cc_scan_deleted(c, handlers->items[i]->ExceptHandler.body);
    }
    cc_scan_deleted(c, orelse);
    cc_scan_deleted(c, finalbody);
}

static void scan_statement(cc *c, const ast_stmt *s)
{
    switch ((ast_kind)s->kind) {
    case AST_Delete:
        for (int32_t i = 0; i < s->Delete.targets->n; i++)
            note_deleted(c, s->Delete.targets->items[i]);
        break;
    case AST_For: c->u->has_loop = true, cc_scan_deleted(c, s->For.body), cc_scan_deleted(c, s->For.orelse); break;
    case AST_AsyncFor: c->u->has_loop = true, cc_scan_deleted(c, s->AsyncFor.body), cc_scan_deleted(c, s->AsyncFor.orelse); break;
    case AST_While: c->u->has_loop = true, cc_scan_deleted(c, s->While.body), cc_scan_deleted(c, s->While.orelse); break;
    case AST_If: cc_scan_deleted(c, s->If.body), cc_scan_deleted(c, s->If.orelse); break;
    case AST_With: cc_scan_deleted(c, s->With.body); break;
    case AST_AsyncWith: cc_scan_deleted(c, s->AsyncWith.body); break;
    case AST_Try: scan_try(c, s->Try.body, s->Try.handlers, s->Try.orelse, s->Try.finalbody); break;
    case AST_TryStar: scan_try(c, s->TryStar.body, s->TryStar.handlers, s->TryStar.orelse, s->TryStar.finalbody); break;
    case AST_Match:
        for (int32_t i = 0; i < s->Match.cases->n; i++)
            cc_scan_deleted(c, s->Match.cases->items[i]->body);
        break;
    default: break;
    }
}

void cc_scan_deleted(cc *c, const ast_stmt_seq *body)
{
    if (!cc_enter(c))
        return;
    for (int32_t i = 0; i < body->n; i++)
        scan_statement(c, body->items[i]);
    cc_leave(c);
}

/* Notes the targets of every := below n; also those in nested functions, which does no harm. */
void cc_scan_walrus(cc *c, const ast_node *n)
{
    const ast_kind_info *info = &ast_kinds[n->kind];
    if (!cc_enter(c))
        return;
    if (n->kind == AST_NamedExpr) {
        const ast_expr *t = ((const ast_expr *)n)->NamedExpr.target;
        if (t->kind == AST_Name)
            note_local(c, t->Name.id, c->u->entry_rebound);
    }
    for (unsigned i = 0; i < info->n_fields; i++) {
        const ast_field *f = &info->fields[i];
        const char *at = (const char *)n + f->offset;
        if (f->type > AST_FT_match_case || f->card == AST_AUX)
            continue;
        if (f->card == AST_MANY) {
            const ast_stmt_seq *seq = *(ast_stmt_seq *const *)(const void *)at;
            for (int32_t k = 0; k < seq->n; k++)
                if (seq->items[k])
                    cc_scan_walrus(c, (const ast_node *)seq->items[k]);
        } else {
            const ast_node *x = *(const ast_node *const *)(const void *)at;
            if (x)
                cc_scan_walrus(c, x);
        }
    }
    cc_leave(c);
}
