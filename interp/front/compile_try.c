/* compile_try.c: try, except, except*, finally, with; and leaving blocks.
 *
 * Locks: none.  Register conventions of a handler: e the exception, e+1 the one that was handled outside (kept by the VM); a failure
 * inside the handler finds its own handler at e+2, which leaves the outer one (POPEXC) and goes on.
 * T1  Every way out of a handler's code passes exactly one POPEXC of its register.
 * T2  A finally body is written once for each way into it. While one is written, its own block is not on the block stack.  */
#include "interp/front/compile_int.h"

/* ---- blocks ---- */

bool cc_block_push(cc *c, cc_block *b, cc_block_kind kind, const void *node)
{
    *b = (cc_block){.prev = c->u->block, .kind = kind, .node = node};
    if (c->u->nblocks >= CC_MAX_BLOCKS) {
        cc_error(c, node, "too many statically nested blocks");
        return false;
    }
    c->u->nblocks++;
    c->u->block = b;
    return true;
}

void cc_block_pop(cc *c, cc_block *b)
{
    cc_region_close(c, b);
    c->u->block = b->prev;
    c->u->nblocks--;
}

static bool push_covered(cc *c, cc_block *b, cc_block_kind kind, const void *node, cc_label *handler, cc_reg e)
{
    if (!cc_block_push(c, b, kind, node))
        return false;
    b->covered = true;
    b->handler = handler;
    b->handler_reg = b->reg = e;
    cc_region_open(c, b);
    return true;
}

static uint64_t *state_here(cc *c)
{
    uint64_t *s = cc_alloc(c, c->u->words * 8 + 8);
    if (s)
        cc_handler_state(c, s);
    return s;
}

static void unbind(cc *c, const ast_name *name)
{
    cc_reg r = cc_name_local(c, name), mark = c->u->top;
    if (r != CC_ANY) {
        cc_emit(c, PY_OP_LOADNULL, r, 0, 0);
        if (c->u->live)
            cc_clear_bit(c->u->bound, r);
        return;
    }
    cc_reg t = cc_temp(c);
    cc_load_const(c, t, c->none);
    cc_name_store(c, name, t);
    cc_name_delete(c, name);
    c->u->top = mark;
}

static void with_exit(cc *c, const cc_block *b)
{
    cc_reg mark = c->u->top, area = cc_temp(c);
    cc_reserve(c, PY_ARGS(area) + 3);
    CC_AT(c, b->node);
    cc_emit(c, PY_OP_WITHEXIT, b->reg, area, 0);
    if (b->kind == CC_B_ASYNC_WITH)
        cc_await(c, area, area, CC_AWAIT_EXIT);
    c->u->top = mark;
}

static void exit_code(cc *c, const cc_block *b)
{
    switch (b->kind) {
    case CC_B_LOOP: case CC_B_ASYNC_LOOP: case CC_B_TRY: break;
    case CC_B_FINALLY: cc_stmts(c, b->body, 0), cc_artificial(c); break;
    case CC_B_HANDLER: case CC_B_GROUP_HANDLER: case CC_B_FINALLY_END:
        cc_emit(c, PY_OP_POPEXC, b->reg, 0, 0);
        if (b->name)
            unbind(c, b->name);
        break;
    case CC_B_WITH: case CC_B_ASYNC_WITH: with_exit(c, b), cc_artificial(c); break;
    }
}

void cc_unwind_to(cc *c, cc_block *to)
{
    for (cc_block *b = c->u->block; b != to && !c->failed; b = b->prev) {
        cc_region_close(c, b);
        c->u->block = b->prev;
        c->u->nblocks--;
        if (c->u->live)
            exit_code(c, b);
    }
}

void cc_rewind(cc *c, cc_block *from, cc_block *to)
{
    c->u->block = from;
    for (cc_block *b = from; b != to; b = b->prev) {
        c->u->nblocks++;
        cc_region_open(c, b);
    }
}

/* Ends a handler's code: the exception of register e goes on (if the code comes here), and so does one that was raised in the
 * handler's code, which arrives at `failed` with its exception in e+2. */
static void go_on(cc *c, cc_reg e, cc_label *failed, const uint64_t *state)
{
    cc_reserve(c, e + 4);
    cc_artificial(c);
    cc_emit_move(c, e + 2, e);
    cc_start_handler(c, failed, state);
    cc_emit(c, PY_OP_POPEXC, e, 0, 0);
    cc_emit(c, PY_OP_RERAISE, e + 2, 0, 0);
    c->u->live = false;
}

/* ---- except ---- */

typedef struct except_frame {
    cc_reg e;
    cc_label *end, failed;
    uint64_t *state;
} except_frame;

static void except_body(cc *c, ast_excepthandler *h, except_frame *f)
{
    const ast_name *name = h->ExceptHandler.name;
    cc_label name_failed;
    cc_block b;
    cc_label_new(c, &name_failed);
    if (!push_covered(c, &b, CC_B_HANDLER, h, name ? &name_failed : &f->failed, f->e + 2))
        return;
    b.reg = f->e;
    b.name = name;
    cc_stmts(c, h->ExceptHandler.body, 0);
    cc_block_pop(c, &b);
    cc_artificial(c);
    if (c->u->live) {
        cc_emit(c, PY_OP_POPEXC, f->e, 0, 0);
        if (name)
            unbind(c, name);
        cc_emit_jump(c, PY_OP_JUMP, 0, 0, f->end);
    }
    if (name) {
        cc_start_handler(c, &name_failed, f->state);
        cc_reg mark = c->u->top;
        cc_reserve(c, f->e + 4);
        c->u->top = f->e + 4;                            /* the exception in e+2 must outlive the unbinding */
        unbind(c, name);
        c->u->top = mark;
        cc_emit(c, PY_OP_POPEXC, f->e, 0, 0);
        cc_emit(c, PY_OP_RERAISE, f->e + 2, 0, 0);
        c->u->live = false;
    }
}

static void except_handler(cc *c, ast_excepthandler *h, except_frame *f)
{
    cc_reg mark = c->u->top;
    cc_label next;
    cc_block test = {.covered = true, .handler = &f->failed, .handler_reg = f->e + 2};
    cc_label_new(c, &next);
    cc_region_open(c, &test);
    CC_AT(c, h);
    CC_MARK(c, h);
    cc_reg t = h->ExceptHandler.type ? cc_expr(c, h->ExceptHandler.type) : f->e;    /* itself: whatever may be caught at all */
    c->u->top = mark;
    cc_reg m = cc_temp(c);
    CC_AT(c, h);
    if (!h->ExceptHandler.type)
        cc_artificial(c);
    cc_emit(c, PY_OP_EXCMATCH, m, f->e, t);
    cc_emit_jump(c, PY_OP_JF, m, 0, &next);
    c->u->top = mark;
    if (h->ExceptHandler.name && !cc_forbidden(c, (const ast_node *)h, h->ExceptHandler.name, AST_Store))
        cc_name_store(c, h->ExceptHandler.name, f->e);
    cc_region_close(c, &test);
    except_body(c, h, f);
    cc_bind(c, &next);
}

static bool check_default_last(cc *c, const ast_excepthandler_seq *handlers)
{
    for (int32_t i = 0; i + 1 < handlers->n; i++)
        if (!handlers->items[i]->ExceptHandler.type) {
            cc_error(c, (const ast_node *)handlers->items[i], "default 'except:' must be last");
            return false;
        }
    return true;
}

static void try_except(cc *c, ast_stmt *s, const ast_stmt_seq *body, ast_excepthandler_seq *handlers, const ast_stmt_seq *orelse)
{
    cc_reg e = c->u->top;
    cc_label handler, end;
    cc_block b;
    except_frame f = {.e = e, .end = &end, .state = state_here(c)};
    cc_label_new(c, &handler), cc_label_new(c, &end), cc_label_new(c, &f.failed);
    if (!f.state || !check_default_last(c, handlers) || !push_covered(c, &b, CC_B_TRY, s, &handler, e))
        return;
    cc_stmts(c, body, 0);
    cc_block_pop(c, &b);
    cc_stmts(c, orelse, 0);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
    cc_start_handler(c, &handler, f.state);
    c->u->top = e + 2;
    cc_reserve(c, e + 4);
    for (int32_t i = 0; i < handlers->n && !c->failed; i++)
        except_handler(c, handlers->items[i], &f);
    CC_AT(c, handlers->items[handlers->n - 1]);
    go_on(c, e, &f.failed, f.state);
    cc_bind(c, &end);
    c->u->top = e;
}

/* ---- except* ---- */

/* Registers of an except*: e, e+1 as ever; then what was caught, list of raised ones, unhandled rest, match and new rest, failure. */
enum { G_ORIG = 2, G_LIST = 3, G_REST = 4, G_MATCH = 5, G_FAIL = 7, G_TOP = 9 };

static void group_body(cc *c, ast_excepthandler *h, except_frame *f, cc_label *next)
{
    const ast_name *name = h->ExceptHandler.name;
    uint64_t *state = state_here(c);
    cc_reg e = f->e;
    cc_label raised;
    cc_block b;
    cc_label_new(c, &raised);
    if (!state || !push_covered(c, &b, CC_B_GROUP_HANDLER, h, &raised, e + G_FAIL))
        return;
    b.reg = e;
    b.name = name;
    cc_stmts(c, h->ExceptHandler.body, 0);
    cc_block_pop(c, &b);
    cc_artificial(c);
    if (name)
        unbind(c, name);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, next);
    cc_start_handler(c, &raised, state);
    CC_AT(c, h);
    cc_artificial(c);
    cc_emit(c, PY_OP_LISTAPPEND, e + G_LIST, e + G_FAIL, 0);
    cc_emit(c, PY_OP_POPEXC, e + G_FAIL, 0, 0);
    if (name)
        unbind(c, name);
}

static void group_handler(cc *c, ast_excepthandler *h, except_frame *f, cc_block *guard)
{
    cc_reg e = f->e, mark = c->u->top;
    cc_label next;
    cc_label_new(c, &next);
    cc_region_open(c, guard);
    cc_reg t = cc_expr(c, h->ExceptHandler.type);
    CC_AT(c, h);
    cc_emit(c, PY_OP_EXCGROUPMATCH, e + G_MATCH, e + G_REST, t);
    c->u->top = mark;
    cc_emit_move(c, e + G_REST, e + G_MATCH + 1);
    cc_emit_jump(c, PY_OP_JNONE, e + G_MATCH, 0, &next);
    if (h->ExceptHandler.name && !cc_forbidden(c, (const ast_node *)h, h->ExceptHandler.name, AST_Store))
        cc_name_store(c, h->ExceptHandler.name, e + G_MATCH);
    cc_region_close(c, guard);
    group_body(c, h, f, &next);
    cc_bind(c, &next);
}

static void group_handlers(cc *c, ast_excepthandler_seq *handlers, except_frame *f, const void *at)
{
    cc_reg e = f->e;
    cc_label none_left, done;
    cc_block guard = {.covered = true, .handler = &f->failed, .handler_reg = e + G_FAIL};
    cc_label_new(c, &none_left), cc_label_new(c, &done);
    cc_region_open(c, &guard);
    cc_emit_move(c, e + G_ORIG, e);
    cc_emit_move(c, e + G_REST, e);
    cc_emit(c, PY_OP_BUILDLIST, e + G_LIST, e + G_LIST, 0);
    for (int32_t i = 0; i < handlers->n && !c->failed; i++)
        group_handler(c, handlers->items[i], f, &guard);
    CC_AT(c, at);
    cc_artificial(c);
    cc_region_open(c, &guard);
    cc_emit_jump(c, PY_OP_JNONE, e + G_REST, 0, &none_left);
    cc_emit(c, PY_OP_LISTAPPEND, e + G_LIST, e + G_REST, 0);
    cc_bind(c, &none_left);
    cc_emit(c, PY_OP_EXCGROUPRAISE, e + G_MATCH, e + G_ORIG, 0);
    cc_emit_jump(c, PY_OP_JNONE, e + G_MATCH, 0, &done);
    cc_region_close(c, &guard);
    cc_emit_move(c, e + G_FAIL, e + G_MATCH);
    cc_start_handler(c, &f->failed, f->state);
    cc_emit(c, PY_OP_POPEXC, e, 0, 0);
    cc_emit(c, PY_OP_RERAISE, e + G_FAIL, 0, 0);
    c->u->live = false;
    cc_bind(c, &done);
    cc_emit(c, PY_OP_POPEXC, e, 0, 0);
}

static void try_star(cc *c, ast_stmt *s)
{
    cc_reg e = c->u->top;
    cc_label handler, end;
    cc_block b;
    except_frame f = {.e = e, .end = &end, .state = state_here(c)};
    cc_label_new(c, &handler), cc_label_new(c, &end), cc_label_new(c, &f.failed);
    if (!f.state || !push_covered(c, &b, CC_B_TRY, s, &handler, e))
        return;
    cc_stmts(c, s->TryStar.body, 0);
    cc_block_pop(c, &b);
    cc_stmts(c, s->TryStar.orelse, 0);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
    cc_start_handler(c, &handler, f.state);
    c->u->top = e + G_TOP;
    cc_reserve(c, e + G_TOP);
    CC_AT(c, s->TryStar.handlers->items[0]);
    group_handlers(c, s->TryStar.handlers, &f, s);
    cc_bind(c, &end);
    c->u->top = e;
}

/* ---- finally ---- */

static void inner_try(cc *c, ast_stmt *s)
{
    if (s->kind == AST_TryStar)
        try_star(c, s);
    else if (s->Try.handlers->n)
        try_except(c, s, s->Try.body, s->Try.handlers, s->Try.orelse);
    else {
        cc_stmts(c, s->Try.body, 0);
        cc_stmts(c, s->Try.orelse, 0);
    }
}

static void try_finally(cc *c, ast_stmt *s, const ast_stmt_seq *finalbody)
{
    cc_reg e = c->u->top;
    cc_label handler, failed, end;
    uint64_t *state = state_here(c);
    cc_block b;
    cc_label_new(c, &handler), cc_label_new(c, &failed), cc_label_new(c, &end);
    if (!state || !push_covered(c, &b, CC_B_FINALLY, s, &handler, e))
        return;
    b.body = finalbody;
    inner_try(c, s);
    cc_block_pop(c, &b);
    if (c->u->live)
        cc_stmts(c, finalbody, 0);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
    cc_start_handler(c, &handler, state);
    c->u->top = e + 2;
    cc_reserve(c, e + 4);
    if (!push_covered(c, &b, CC_B_FINALLY_END, s, &failed, e + 2))
        return;
    b.reg = e;
    if (c->u->live)
        cc_stmts(c, finalbody, 0);
    cc_block_pop(c, &b);
    go_on(c, e, &failed, state);
    cc_bind(c, &end);
    c->u->top = e;
}

void cc_try(cc *c, ast_stmt *s)
{
    CC_MARK(c, s);
    if (s->Try.finalbody->n)
        try_finally(c, s, s->Try.finalbody);
    else
        inner_try(c, s);
}

void cc_try_star(cc *c, ast_stmt *s)
{
    CC_MARK(c, s);
    if (s->TryStar.finalbody->n)
        try_finally(c, s, s->TryStar.finalbody);
    else
        try_star(c, s);
}

/* ---- with ---- */

/* exit = exit method of the item's context, which has been entered; its target is stored by with_target. */
static void with_enter(cc *c, const ast_withitem *item, cc_reg exit, cc_reg area, bool async, const void *at)
{
    ast_expr *target = item->optional_vars;
    cc_reg mark = c->u->top, ctx = cc_expr(c, item->context_expr), to = area;
    if (target && target->kind == AST_Name && !async) {
        cc_reg r = cc_name_local(c, target->Name.id);
        to = r == CC_ANY ? area : r;
    } else if (!target && !async) to = area + 1;             /* nobody asks for the result: atomic blocks make none */
    c->u->top = area;
    cc_reserve(c, PY_ARGS(area) + 4);
    CC_AT(c, at);
    cc_emit(c, async ? PY_OP_AWITHENTER : PY_OP_WITHENTER, exit, ctx, area);
    cc_emit(c, PY_OP_CALLM, to, area, 0);
    if (async) {
        c->u->top = area + 1;
        cc_await(c, area, area, CC_AWAIT_ENTER);
    }
    if (to != area && target && c->u->live)
        cc_set_bit(c->u->bound, to);
    c->u->top = mark;
}

static void with_target(cc *c, const ast_withitem *item, cc_reg area, bool async)
{
    ast_expr *t = item->optional_vars;
    if (!t)
        return;
    if (t->kind == AST_Name && !async && cc_name_local(c, t->Name.id) != CC_ANY && !cc_forbidden(c, (const ast_node *)t, t->Name.id, AST_Store)) {
        cc_mark(c, t->lineno, PY_MARK_OPERAND | PY_MARK_INSIDE);
        return;
    }
    c->u->top = area + 1;
    cc_store(c, t, area);
    c->u->top = area;
}

/* The code for an exception in the body: asks the exit method whether it is to be swallowed. */
static void with_handler(cc *c, const cc_block *b, cc_reg e, const uint64_t *state)
{
    cc_label failed, swallowed;
    cc_reg area = e + 2;
    cc_label_new(c, &failed), cc_label_new(c, &swallowed);
    c->u->top = area;
    cc_reserve(c, PY_ARGS(area) + 3);
    CC_AT(c, b->node);
    cc_block guard = {.covered = true, .handler = &failed, .handler_reg = e + 2};
    cc_region_open(c, &guard);
    cc_emit(c, PY_OP_WITHEXCEPT, b->reg, area, e);
    if (b->kind == CC_B_ASYNC_WITH) {
        c->u->top = area + 1;
        cc_await(c, area, area, CC_AWAIT_EXIT);
    }
    cc_emit_jump(c, PY_OP_JT, area, 0, &swallowed);
    cc_region_close(c, &guard);
    go_on(c, e, &failed, state);
    cc_bind(c, &swallowed);
    cc_emit(c, PY_OP_POPEXC, e, 0, 0);
}

void cc_with(cc *c, ast_stmt *s, int32_t i, bool async)
{
    ast_withitem_seq *items = async ? s->AsyncWith.items : s->With.items;
    const ast_withitem *item = items->items[i];
    cc_reg mark = c->u->top, exit = mark, e = mark + 1;
    cc_label handler, end;
    cc_block b;
    if (!cc_enter(c))
        return;
    cc_label_new(c, &handler), cc_label_new(c, &end);
    with_enter(c, item, exit, e, async, s);
    c->u->top = e;
    cc_reserve(c, e + 4);
    uint64_t *state = state_here(c);
    if (!state || !push_covered(c, &b, async ? CC_B_ASYNC_WITH : CC_B_WITH, s, &handler, e))
        return;
    b.reg = exit;
    with_target(c, item, e, async);
    if (i + 1 < items->n)
        cc_with(c, s, i + 1, async);
    else
        cc_stmts(c, async ? s->AsyncWith.body : s->With.body, 0);
    cc_block_pop(c, &b);
    if (c->u->live)
        with_exit(c, &b);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, &end);
    cc_start_handler(c, &handler, state);
    with_handler(c, &b, e, state);
    cc_bind(c, &end);
    c->u->top = mark;
    cc_leave(c);
}
