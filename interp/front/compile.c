/* compile.c: the compiler's entry, its units (one for each code object), names, functions and classes.
 *
 * Locks: none.
 * N1  Fixed registers of a unit: parameters, other locals, cells that are no parameters, free variables; sym_entry.slot says which.
 *     (assign_registers)
 * N2  A captured parameter becomes a cell in place, at the start of the code.      (make_cells)  */
#include "interp/front/compile.h"
#include "interp/front/compile_int.h"
#include <stdarg.h>
#include <stdio.h>

/* ---- errors and memory ---- */

void cc_error_type(cc *c, const char *type, const char *msg)
{
    if (c->failed)
        return;
    c->failed = true;
    *c->err = (py_syntax_error){.type = type, .msg = msg};
}

void cc_no_memory(cc *c) { cc_error_type(c, "MemoryError", ""); }

static char *format_message(cc *c, const char *format, va_list ap)
{
    char text[512];
    vsnprintf(text, sizeof text, format, ap);
    return base_arena_strndup(c->arena, text, strlen(text));
}

static void fill_place(cc *c, const ast_node *at, py_syntax_error *err)
{
    py_position here = c->u ? c->u->at : (py_position){1, 1, -1, -1};
    err->lineno = at ? at->lineno : here.line;
    err->end_lineno = at ? at->end_lineno : here.end_line;
    err->offset = at ? at->col_offset : here.col;
    err->end_offset = at ? at->end_col_offset : here.end_col;
    if (c->src) {
        py_front_locate(c->src, c->len, c->arena, err->offset, err->end_offset, err);
    } else if (err->offset >= 0)
        err->offset++, err->end_offset++;
}

void cc_error(cc *c, const ast_node *at, const char *format, ...)
{
    va_list ap;
    if (c->failed)
        return;
    va_start(ap, format);
    const char *msg = format_message(c, format, ap);
    va_end(ap);
    if (!msg) {
        cc_no_memory(c);
        return;
    }
    cc_error_type(c, "SyntaxError", msg);
    fill_place(c, at, c->err);
}

void cc_warn(cc *c, const ast_node *at, const char *format, ...)
{
    va_list ap;
    if (c->failed || !c->warn_tail)
        return;
    py_warning *w = base_arena_zalloc(c->arena, sizeof *w);
    va_start(ap, format);
    const char *msg = format_message(c, format, ap);
    va_end(ap);
    if (!w || !msg) {
        cc_no_memory(c);
        return;
    }
    py_syntax_error place = {0};
    fill_place(c, at, &place);
    *w = (py_warning){NULL, "SyntaxWarning", msg, at->lineno, place.offset, place.end_lineno, place.end_offset};
    *c->warn_tail = w;
    c->warn_tail = &w->next;
}

bool cc_enter(cc *c)
{
    if (++c->recursion > CC_MAX_DEPTH) {
        c->recursion--;
        cc_error_type(c, "RecursionError", "maximum recursion depth exceeded during compilation");
        return false;
    }
    return true;
}

void *cc_alloc(cc *c, size_t n)
{
    void *p = base_arena_alloc(c->arena, n ? n : 1);
    if (!p)
        cc_no_memory(c);
    return p;
}

const ast_name *cc_name(cc *c, const char *s)
{
    const ast_name *n = ast_intern(c->names, s, strlen(s));
    if (!n)
        cc_no_memory(c);
    return n;
}

/* ---- units ---- */

static cc_vectors *vectors_of_depth(cc *c, uint32_t depth)
{
    while (c->pool.n <= depth) {
        cc_vectors *v = base_mem_zeroed(sizeof *v);
        if (!v || !VEC_PUSH(&c->pool, v)) {
            base_mem_free(v);
            cc_no_memory(c);
            return NULL;
        }
    }
    cc_vectors *v = c->pool.at[depth];
    VEC_CLEAR(&v->code), VEC_CLEAR(&v->pos), VEC_CLEAR(&v->jumps), VEC_CLEAR(&v->labels), VEC_CLEAR(&v->fixes), VEC_CLEAR(&v->handlers), VEC_CLEAR(&v->marks);
    VEC_CLEAR(&v->caches), VEC_CLEAR(&v->consts), VEC_CLEAR(&v->names);
    VEC_CLEAR(&v->index), VEC_CLEAR(&v->name_index), VEC_CLEAR(&v->global_index);
    return v;
}

static void release_vectors(cc *c)
{
    for (size_t i = 0; i < c->pool.n; i++) {
        cc_vectors *v = c->pool.at[i];
        VEC_RELEASE(&v->code), VEC_RELEASE(&v->pos), VEC_RELEASE(&v->jumps), VEC_RELEASE(&v->labels), VEC_RELEASE(&v->fixes);
        VEC_RELEASE(&v->handlers), VEC_RELEASE(&v->marks), VEC_RELEASE(&v->caches), VEC_RELEASE(&v->consts), VEC_RELEASE(&v->names);
        VEC_RELEASE(&v->index), VEC_RELEASE(&v->name_index), VEC_RELEASE(&v->global_index);
        base_mem_free(v);
    }
    VEC_RELEASE(&c->pool);
}

static bool is_param(const sym_entry *e) { return (e->flags & SYM_DEF_PARAM) != 0; }

static bool name_list(cc *c, cc_names *out, const ast_name **at, uint32_t n)
{
    out->n = n;
    out->at = cc_alloc(c, n * sizeof *out->at);
    if (!out->at)
        return false;
    if (n)
        memcpy(out->at, at, n * sizeof *out->at);
    return true;
}

/* co_cellvars: parameters in their order, then the others as the symbol table has sorted them. */
static bool cell_names(cc *c, cc_code *out, const sym_scope *s)
{
    uint32_t n = 0;
    out->cellvars.at = cc_alloc(c, s->n_cellvars * sizeof *out->cellvars.at);
    if (!out->cellvars.at)
        return false;
    for (uint32_t i = 0; i < s->n_entries && is_param(&s->entries[i]); i++)
        if (s->entries[i].kind == SYM_CELL)
            out->cellvars.at[n++] = s->entries[i].name;
    for (uint32_t i = 0; i < s->n_cellvars; i++) {
        const sym_entry *e = sym_lookup(s, s->cellvars[i]);
        if (!e || !is_param(e))
            out->cellvars.at[n++] = s->cellvars[i];
    }
    out->cellvars.n = n;
    return true;
}

/* Registers of locals are given out as the code comes to them: that is the order of co_varnames. */
static void give_local(cc_unit *u, sym_entry *e)
{
    uint32_t r = u->out->varnames.n++, i = (uint32_t)(e - u->scope->entries);
    u->out->varnames.at[r] = e->name;
    e->slot = (int32_t)r;
    if (cc_bit(u->entry_deleted, i))
        cc_set_bit(u->deleted, r);
    if (cc_bit(u->entry_rebound, i))
        cc_set_bit(u->rebound, r);
}

/* Those that no code has come to. */
static void give_rest(cc_unit *u)
{
    for (uint32_t i = 0; i < u->scope->n_entries && sym_is_function_like(u->scope); i++)
        if (u->scope->entries[i].kind == SYM_LOCAL && u->scope->entries[i].slot < 0)
            give_local(u, &u->scope->entries[i]);
}

/* N1 */
static bool assign_registers(cc *c, cc_unit *u)
{
    sym_scope *s = u->scope;
    cc_code *out = u->out;
    cc_reg next = 0;
    if (!cell_names(c, out, s) || !name_list(c, &out->freevars, s->freevars, s->n_freevars))
        return false;
    out->varnames.at = cc_alloc(c, s->n_entries * sizeof *out->varnames.at);
    if (!out->varnames.at)
        return false;
    for (uint32_t i = 0; i < s->n_entries && sym_is_function_like(s); i++) {
        sym_entry *e = &s->entries[i];
        e->slot = -1;
        if (is_param(e))
            give_local(u, e);
        next += is_param(e) || e->kind == SYM_LOCAL;
    }
    out->nlocals = next;
    for (uint32_t i = 0; i < s->n_cellvars; i++) {
        sym_entry *e = sym_lookup(s, s->cellvars[i]);
        if (e && is_param(e))
            continue;
        if (e)
            e->slot = (int32_t)next;
        next++;
        out->ncellregs++;
    }
    if (s->needs_class_closure) {                    /* the only cell of a class: __class__, which is no name of its namespace */
        if (!name_list(c, &out->cellvars, &c->n_class, 1))
            return false;
        u->class_cell = next++;
        out->ncellregs = 1;
    }
    for (uint32_t i = 0; i < s->n_freevars; i++) {
        sym_entry *e = sym_lookup(s, s->freevars[i]);
        if (e)
            e->slot = (int32_t)next;
        next++;
    }
    out->nfree = s->n_freevars;
    u->fixed = u->top = u->high = next;
    cc_reserve(c, next);
    if (next > CC_MAX_REG)
        cc_error(c, s->node, "too many local variables in one function");
    return true;
}

/* The qualified name of a new unit in the current one. */
static cc_const *qualified(cc *c, const cc_unit *outer, cc_unit_kind kind, const ast_name *name)
{
    if (!outer || outer->kind == CC_U_MODULE)
        return cc_const_name_str(c, name);
    if (kind == CC_U_FUNCTION || kind == CC_U_ASYNC_FUNCTION || kind == CC_U_CLASS) {
        const ast_name *mangled = sym_mangle(c->syms, outer->scope, name);
        sym_entry *e = mangled ? sym_lookup(outer->scope, mangled) : NULL;
        if (e && e->kind == SYM_GLOBAL_EXPLICIT)
            return cc_const_name_str(c, name);
    }
    const char *locals = outer->kind == CC_U_CLASS || outer->kind == CC_U_COMPREHENSION ? "." : ".<locals>.";
    const cc_const *q = outer->out->qualname;
    size_t n = q->n + strlen(locals) + name->n;
    char *s = cc_alloc(c, n + 1);
    if (!s)
        return NULL;
    memcpy(s, q->s, q->n);
    memcpy(s + q->n, locals, strlen(locals));
    memcpy(s + n - name->n, name->s, name->n + 1);
    return cc_const_str(c, s, n);
}

static uint32_t code_flags(cc *c, const cc_unit *u)
{
    const sym_scope *s = u->scope;
    uint32_t f = c->future_annotations ? PY_CO_FUTURE_ANNOTATIONS : 0;
    if (!sym_is_function_like(s))
        return f | (u->kind == CC_U_MODULE && c->top_level_await && s->is_coroutine && !s->is_generator ? PY_CO_COROUTINE : 0);
    f |= PY_CO_OPTIMIZED | PY_CO_NEWLOCALS;
    if (s->nested)
        f |= PY_CO_NESTED;
    if (s->is_generator)
        f |= s->is_coroutine ? PY_CO_ASYNC_GENERATOR : PY_CO_GENERATOR;
    else if (s->is_coroutine)
        f |= PY_CO_COROUTINE;
    if (s->has_varargs)
        f |= PY_CO_VARARGS;
    if (s->has_varkeywords)
        f |= PY_CO_VARKEYWORDS;
    return f;
}

/* N2 */
static void make_cells(cc *c)
{
    cc_unit *u = c->u;
    sym_scope *s = u->scope;
    for (uint32_t i = 0; i < s->n_cellvars; i++) {
        sym_entry *e = sym_lookup(s, s->cellvars[i]);
        if (e)
            cc_emit(c, PY_OP_MAKECELL, (cc_reg)e->slot, 0, 0);
    }
    if (u->class_cell != CC_ANY)
        cc_emit(c, PY_OP_MAKECELL, u->class_cell, 0, 0);
}

static bool make_sets(cc *c, cc_unit *u)
{
    uint64_t **const sets[] = {&u->bound, &u->deleted, &u->rebound, &u->entry_deleted, &u->entry_rebound};
    size_t size = sym_is_function_like(u->scope) ? (u->scope->n_entries + 63) / 64 * 8 + 8 : 8;
    for (size_t i = 0; i < BASE_LENGTH(sets); i++)
        if (!(*sets[i] = base_arena_zalloc(c->arena, size))) {
            cc_no_memory(c);
            return false;
        }
    return true;
}

bool cc_enter_unit(cc *c, cc_unit *u, cc_unit_kind kind, sym_scope *scope, const ast_name *name, int32_t line)
{
    *u = (cc_unit){.outer = c->u, .kind = kind, .scope = scope, .class_cell = CC_ANY, .kept = CC_ANY, .live = true};
    u->depth = c->u ? c->u->depth + 1 : 0;
    u->at = (py_position){line, line, 0, 0};
    u->out = base_arena_zalloc(c->arena, sizeof *u->out);
    u->v = vectors_of_depth(c, u->depth);
    if (!u->out || !u->v || !scope || !name) {
        cc_no_memory(c);
        return false;
    }
    u->out->name = name;
    u->out->firstlineno = line;
    u->out->qualname = qualified(c, c->u, kind, name);
    u->out->flags = code_flags(c, u);
    c->u = u;
    if (!u->out->qualname || !make_sets(c, u) || !assign_registers(c, u)) {
        c->u = u->outer;
        return false;
    }
    u->words = (u->out->nlocals + 63) / 64;
    for (uint32_t i = 0; i < scope->n_entries && sym_is_function_like(scope); i++)
        if (is_param(&scope->entries[i]))
            cc_set_bit(u->bound, (uint32_t)scope->entries[i].slot);
    make_cells(c);
    return true;
}

cc_code *cc_leave_unit(cc *c)
{
    give_rest(c->u);
    cc_code *out = cc_finish(c);
    c->u->scope->code = out;
    c->u = c->u->outer;
    return out;
}

void cc_return_none(cc *c)
{
    if (!c->u->live)
        return;
    cc_reg mark = c->u->top, t = cc_temp(c);
    cc_artificial(c);                                /* it returns from the line that was reached last */
    cc_load_const(c, t, c->none);
    cc_emit(c, PY_OP_RETURN, t, 0, 0);
    c->u->live = false;
    c->u->top = mark;
}

/* ---- names ---- */

const ast_name *cc_mangle(cc *c, const ast_name *name)
{
    const ast_name *m = sym_mangle(c->syms, c->u->scope, name);
    if (!m)
        cc_no_memory(c);
    return m;
}

cc_ref cc_resolve(cc *c, const ast_name *name)
{
    cc_unit *u = c->u;
    bool function = sym_is_function_like(u->scope);
    const ast_name *m = cc_mangle(c, name);
    sym_entry *e = m ? sym_lookup(u->scope, m) : NULL;
    cc_ref r = {function ? CC_R_GLOBAL : CC_R_NAME, CC_ANY, m};
    if (!e)
        return r;
    if (function && e->kind == SYM_LOCAL && e->slot < 0)
        give_local(u, e);
    if (e->kind == SYM_GLOBAL_EXPLICIT)
        r.kind = CC_R_GLOBAL;
    else if (e->kind == SYM_FREE && e->slot >= 0)
        r = (cc_ref){function ? CC_R_CELL : CC_R_CLASSCELL, (cc_reg)e->slot, m};
    else if (function && (e->kind == SYM_LOCAL || e->kind == SYM_CELL))
        r = (cc_ref){e->kind == SYM_LOCAL ? CC_R_LOCAL : CC_R_CELL, (cc_reg)e->slot, m};
    return r;
}

cc_reg cc_name_local(cc *c, const ast_name *name)
{
    if (!sym_is_function_like(c->u->scope))
        return CC_ANY;
    cc_ref r = cc_resolve(c, name);
    return r.kind == CC_R_LOCAL ? r.reg : CC_ANY;
}

void cc_name_load(cc *c, const ast_name *name, cc_reg to)
{
    cc_ref r = cc_resolve(c, name);
    switch (r.kind) {
    case CC_R_LOCAL:
        if (c->u->live && !cc_bit(c->u->bound, r.reg)) {
            cc_emit(c, PY_OP_CHECK, r.reg, 0, 0);
            cc_set_bit(c->u->bound, r.reg);
        }
        cc_emit_move(c, to, r.reg);
        break;
    case CC_R_CELL: cc_emit(c, PY_OP_LOADCELL, to, r.reg, 0); break;
    case CC_R_CLASSCELL: cc_emit_kc(c, PY_OP_LOADCLASSCELL, to, r.reg, cc_const_name(c, r.name)); break;
    case CC_R_GLOBAL: cc_emit_global(c, PY_OP_LOADGLOBAL, to, r.name, PY_CACHE_GLOBAL); break;
    case CC_R_NAME: cc_emit_global(c, PY_OP_LOADNAME, to, r.name, PY_CACHE_NAME); break;
    }
}

void cc_name_store(cc *c, const ast_name *name, cc_reg from)
{
    cc_ref r = cc_resolve(c, name);
    switch (r.kind) {
    case CC_R_LOCAL:
        cc_emit_move(c, r.reg, from);
        if (c->u->live)
            cc_set_bit(c->u->bound, r.reg);
        break;
    case CC_R_CELL: case CC_R_CLASSCELL: cc_emit(c, PY_OP_STORECELL, r.reg, from, 0); break;
    case CC_R_GLOBAL: cc_emit_global(c, PY_OP_STOREGLOBAL, from, r.name, CC_CACHE_STORE_GLOBAL); break;
    case CC_R_NAME:
        cc_add_name(c, r.name);
        cc_emit_k(c, PY_OP_STORENAME, from, cc_const_name(c, r.name));
        break;
    }
}

void cc_name_delete(cc *c, const ast_name *name)
{
    cc_ref r = cc_resolve(c, name);
    switch (r.kind) {
    case CC_R_LOCAL:
        cc_emit(c, PY_OP_DELLOCAL, r.reg, 0, 0);
        if (c->u->live)
            cc_clear_bit(c->u->bound, r.reg);
        break;
    case CC_R_CELL: case CC_R_CLASSCELL: cc_emit(c, PY_OP_DELCELL, r.reg, 0, 0); break;
    case CC_R_GLOBAL: case CC_R_NAME:
        cc_add_name(c, r.name);
        cc_emit_k(c, r.kind == CC_R_GLOBAL ? PY_OP_DELGLOBAL : PY_OP_DELNAME, 0, cc_const_name(c, r.name));
        break;
    }
}

bool cc_forbidden(cc *c, const ast_node *at, const ast_name *name, ast_expr_context ctx)
{
    if (name != c->n_debug)
        return false;
    cc_error(c, at, ctx == AST_Del ? "cannot delete __debug__" : "cannot assign to __debug__");
    return true;
}

/* ---- functions ---- */

/* The register that holds the cell of a name which an inner scope has as a free variable. */
static cc_reg cell_register(cc *c, const ast_name *name)
{
    cc_unit *u = c->u;
    if (!sym_is_function_like(u->scope) && name == c->n_class && u->class_cell != CC_ANY)
        return u->class_cell;
    sym_entry *e = sym_lookup(u->scope, name);
    return e && e->slot >= 0 ? (cc_reg)e->slot : CC_ANY;
}

/* to = a function of `code`. args: four temporaries, of which the first three are filled if `filled`; the top is above them. */
void cc_make_function(cc *c, cc_code *code, cc_reg to, cc_reg args, bool filled)
{
    cc_reg mark = c->u->top;
    if (!code)
        return;
    if (!filled && !code->nfree) {
        if (c->u->live)
            cc_emit_kc(c, PY_OP_MAKEFUNC, to, PY_NO_REG, cc_const_code(c, code));
        return;
    }
    for (cc_reg i = 0; i < 3 && !filled; i++)
        cc_emit(c, PY_OP_LOADNULL, args + i, 0, 0);
    for (uint32_t i = 0; i < code->nfree; i++) {
        cc_reg cell = cell_register(c, code->freevars.at[i]);
        if (cell == CC_ANY) {
            cc_error(c, NULL, "no binding for '%s' found", code->freevars.at[i]->s);
            return;
        }
        cc_emit_move(c, cc_temp(c), cell);
    }
    c->u->top = mark;
    if (code->nfree)
        cc_emit(c, PY_OP_BUILDTUPLE, args + 3, mark, code->nfree);
    else
        cc_emit(c, PY_OP_LOADNULL, args + 3, 0, 0);
    if (c->u->live)
        cc_emit_kc(c, PY_OP_MAKEFUNC, to, args, cc_const_code(c, code));
}

static void gen_defaults(cc *c, ast_arguments *a, cc_reg to)
{
    cc_reg mark = c->u->top;
    cc_const **items = cc_alloc(c, (size_t)a->defaults->n * sizeof *items);
    int32_t n = 0;
    while (items && n < a->defaults->n && (items[n] = cc_const_of(c, a->defaults->items[n])))
        n++;
    if (!a->defaults->n) {
        cc_emit(c, PY_OP_LOADNULL, to, 0, 0);
    } else if (n == a->defaults->n) {
        cc_load_const(c, to, cc_const_tuple(c, CC_TUPLE, items, (uint32_t)n));
    } else {
        for (int32_t i = 0; i < a->defaults->n; i++)
            cc_expr_push(c, a->defaults->items[i]);
        cc_emit(c, PY_OP_BUILDTUPLE, to, mark, (uint32_t)a->defaults->n);
    }
    c->u->top = mark;
}

static void gen_kw_defaults(cc *c, ast_arguments *a, cc_reg to)
{
    cc_reg mark = c->u->top;
    uint32_t n = 0;
    for (int32_t i = 0; i < a->kwonlyargs->n; i++) {
        ast_expr *d = a->kw_defaults->items[i];
        if (!d)
            continue;
        cc_load_const(c, cc_temp(c), cc_const_name_str(c, cc_mangle(c, a->kwonlyargs->items[i]->arg)));
        cc_expr_push(c, d);
        n++;
    }
    if (n)
        cc_emit(c, PY_OP_BUILDDICT, to, mark, n);
    else
        cc_emit(c, PY_OP_LOADNULL, to, 0, 0);
    c->u->top = mark;
}

/* An annotation as it is stored: its value, or its text. Into the next temporary. */
static void push_annotation(cc *c, ast_expr *e)
{
    if (c->future_annotations) {
        size_t n;
        const char *s = ast_unparse_expr(c->arena, e, &n);
        if (s)
            cc_load_const(c, cc_temp(c), cc_const_str(c, s, n));
        else
            cc_no_memory(c);
    } else if (e->kind == AST_Starred) {             /* *args: *Ts */
        cc_reg t = c->u->top;
        cc_expr_push(c, e->Starred.value);
        CC_AT(c, e);
        cc_emit(c, PY_OP_UNPACK, t, t, 1);
    } else {
        cc_expr_push(c, e);
    }
}

void cc_push_annotation(cc *c, ast_expr *e) { push_annotation(c, e); }

static uint32_t annotate(cc *c, const ast_name *name, ast_expr *annotation)
{
    if (!annotation)
        return 0;
    cc_load_const(c, cc_temp(c), cc_const_name_str(c, cc_mangle(c, name)));
    push_annotation(c, annotation);
    return 2;
}

static uint32_t annotate_args(cc *c, const ast_arg_seq *args)
{
    uint32_t n = 0;
    for (int32_t i = 0; i < args->n; i++)
        n += annotate(c, args->items[i]->arg, args->items[i]->annotation);
    return n;
}

static void gen_annotations(cc *c, ast_arguments *a, ast_expr *returns, cc_reg to)
{
    cc_reg mark = c->u->top;
    uint32_t n = annotate_args(c, a->posonlyargs);
    n += annotate_args(c, a->args);
    if (a->vararg)
        n += annotate(c, a->vararg->arg, a->vararg->annotation);
    n += annotate_args(c, a->kwonlyargs);
    if (a->kwarg)
        n += annotate(c, a->kwarg->arg, a->kwarg->annotation);
    n += annotate(c, c->n_return, returns);
    if (n)
        cc_emit(c, PY_OP_BUILDTUPLE, to, mark, n);
    else
        cc_emit(c, PY_OP_LOADNULL, to, 0, 0);
    c->u->top = mark;
}

/* Are there defaults? */
static bool has_parts(const ast_arguments *a)
{
    for (int32_t i = 0; i < a->kwonlyargs->n; i++)
        if (a->kw_defaults->items[i])
            return true;
    return a->defaults->n > 0;
}

static bool is_annotated(const ast_arguments *a, const ast_expr *returns)
{
    const ast_arg_seq *all[] = {a->posonlyargs, a->args, a->kwonlyargs};
    for (int k = 0; k < 3; k++)
        for (int32_t i = 0; i < all[k]->n; i++)
            if (all[k]->items[i]->annotation)
                return true;
    return returns || (a->vararg && a->vararg->annotation) || (a->kwarg && a->kwarg->annotation);
}

static void check_params(cc *c, const ast_arguments *a, const ast_node *at)
{
    const ast_arg_seq *all[] = {a->posonlyargs, a->args, a->kwonlyargs};
    for (int k = 0; k < 3; k++)
        for (int32_t i = 0; i < all[k]->n; i++)
            cc_forbidden(c, at, all[k]->items[i]->arg, AST_Store);
    if (a->vararg)
        cc_forbidden(c, at, a->vararg->arg, AST_Store);
    if (a->kwarg)
        cc_forbidden(c, at, a->kwarg->arg, AST_Store);
}

static void set_params(cc_unit *u, const ast_arguments *a)
{
    u->out->posonly = (uint32_t)a->posonlyargs->n;
    u->out->argcount = (uint32_t)(a->posonlyargs->n + a->args->n);
    u->out->kwonly = (uint32_t)a->kwonlyargs->n;
}

/* The docstring of a body; NULL: none. */
static const ast_expr *docstring(const ast_stmt_seq *body)
{
    if (!body->n || body->items[0]->kind != AST_Expr)
        return NULL;
    const ast_expr *e = body->items[0]->Expr.value;
    return e->kind == AST_Constant && e->Constant.value.kind == AST_CONST_STR ? e : NULL;
}

static cc_code *function_code(cc *c, const ast_name *name, ast_arguments *args, ast_stmt_seq *body, sym_scope *scope,
                              int32_t line, bool async)
{
    cc_unit u;
    if (scope->code)                                 /* another copy of a finally body has needed it */
        return scope->code;
    if (!cc_enter_unit(c, &u, async ? CC_U_ASYNC_FUNCTION : CC_U_FUNCTION, scope, name, line))
        return NULL;
    set_params(&u, args);
    const ast_expr *doc = docstring(body);
    u.out->doc = doc && c->optimize < 2 ? cc_const_of(c, doc) : c->none;
    cc_add_const(c, u.out->doc);
    cc_scan_deleted(c, body);
    for (int32_t i = 0; c->has_walrus && i < body->n; i++)
        cc_scan_walrus(c, (const ast_node *)body->items[i]);
    cc_keep_registers(c);
    cc_stmts(c, body, doc != NULL);
    cc_return_none(c);                               /* in the line that was reached last */
    return cc_leave_unit(c);
}

/* Decorators, each into a call area of its own. */
static void push_decorators(cc *c, ast_expr_seq *d)
{
    for (int32_t i = 0; i < d->n; i++) {
        cc_reg base = c->u->top;
        cc_expr_push(c, d->items[i]);
        c->u->top = PY_ARGS(base);
        cc_reserve(c, c->u->top);
    }
}

/* Calls them, innermost first, on what is in the temporary behind the last area (which is the next area's argument); the result is
 * in `mark`. */
static void apply_decorators(cc *c, ast_expr_seq *d, cc_reg mark)
{
    for (int32_t i = d->n; i-- > 0;) {
        cc_reg base = mark + (cc_reg)i * (PY_ARGS(0));
        CC_AT(c, d->items[i]);
        cc_emit(c, PY_OP_CALL, base, base, 1);
    }
}

void cc_function_def(cc *c, ast_stmt *s)
{
    bool async = s->kind == AST_AsyncFunctionDef;
    const ast_name *name = async ? s->AsyncFunctionDef.name : s->FunctionDef.name;
    ast_arguments *args = async ? s->AsyncFunctionDef.args : s->FunctionDef.args;
    ast_stmt_seq *body = async ? s->AsyncFunctionDef.body : s->FunctionDef.body;
    ast_expr_seq *decorators = async ? s->AsyncFunctionDef.decorator_list : s->FunctionDef.decorator_list;
    ast_expr *returns = async ? s->AsyncFunctionDef.returns : s->FunctionDef.returns;
    sym_scope *scope = async ? s->AsyncFunctionDef.scope : s->FunctionDef.scope;
    cc_reg mark = c->u->top;
    check_params(c, args, (const ast_node *)s);
    if (cc_forbidden(c, (const ast_node *)s, name, AST_Store))
        return;
    push_decorators(c, decorators);
    cc_reg f = cc_temp(c);
    c->u->top = f + 4;
    cc_reserve(c, f + 4);
    CC_AT(c, s);
    bool filled = has_parts(args) || is_annotated(args, returns);
    if (filled) {
        gen_defaults(c, args, f);
        gen_kw_defaults(c, args, f + 1);
        gen_annotations(c, args, returns, f + 2);
    }
    cc_code *code = function_code(c, name, args, body, scope, decorators->n ? decorators->items[0]->lineno : s->lineno, async);
    if (!code)
        return;
    CC_AT(c, s);
    cc_reg local = decorators->n ? CC_ANY : cc_name_local(c, name);
    cc_make_function(c, code, local != CC_ANY ? local : f, f, filled);
    apply_decorators(c, decorators, mark);
    CC_AT(c, s);
    cc_name_store(c, name, local != CC_ANY ? local : mark);
    c->u->top = mark;
}

static cc_code *lambda_code(cc *c, ast_expr *e)
{
    cc_unit u;
    if (e->Lambda.scope->code)
        return e->Lambda.scope->code;
    if (!cc_enter_unit(c, &u, CC_U_LAMBDA, e->Lambda.scope, c->n_lambda, e->lineno))
        return NULL;
    set_params(&u, e->Lambda.args);
    u.out->doc = c->none;
    cc_add_const(c, c->none);
    if (c->has_walrus)
        cc_scan_walrus(c, (const ast_node *)e->Lambda.body);
    cc_reg r = cc_expr(c, e->Lambda.body);
    CC_AT(c, e->Lambda.body);
    cc_emit(c, PY_OP_RETURN, r, 0, 0);
    return cc_leave_unit(c);
}

void cc_lambda(cc *c, ast_expr *e, cc_reg to)
{
    cc_reg mark = c->u->top, f = cc_temp(c);
    ast_arguments *args = e->Lambda.args;
    check_params(c, args, (const ast_node *)e);
    c->u->top = f + 4;
    cc_reserve(c, f + 4);
    CC_AT(c, e);
    bool filled = has_parts(args);
    if (filled) {
        gen_defaults(c, args, f);
        gen_kw_defaults(c, args, f + 1);
        CC_AT(c, e);
        cc_emit(c, PY_OP_LOADNULL, f + 2, 0, 0);
    }
    cc_code *code = lambda_code(c, e);
    if (!code)
        return;
    CC_AT(c, e);
    cc_make_function(c, code, to, f, filled);
    c->u->top = mark;
}

/* ---- modules and classes ---- */

/* Statements of a module or class: annotations and docstring first. */
void cc_body(cc *c, const ast_stmt_seq *body)
{
    const ast_expr *doc = docstring(body);
    if (c->u->scope->has_annotations)
        cc_emit(c, PY_OP_SETUPANN, 0, 0, 0);
    if (c->interactive && c->u->kind == CC_U_MODULE)
        doc = NULL;
    c->u->out->doc = c->none;
    if (doc && c->optimize < 2) {
        cc_reg mark = c->u->top, t = cc_temp(c);
        CC_AT(c, doc);
        c->u->out->doc = cc_const_of(c, doc);
        cc_load_const(c, t, c->u->out->doc);
        cc_name_store(c, c->n_doc, t);
        c->u->top = mark;
    }
    cc_stmts(c, body, doc != NULL);
}

static cc_code *class_code(cc *c, ast_stmt *s, int32_t line)
{
    cc_unit u;
    if (s->ClassDef.scope->code)
        return s->ClassDef.scope->code;
    if (!cc_enter_unit(c, &u, CC_U_CLASS, s->ClassDef.scope, s->ClassDef.name, line))
        return NULL;
    cc_reg t = cc_temp(c);
    cc_name_load(c, c->n_name, t);
    cc_name_store(c, c->n_module, t);
    cc_load_const(c, t, u.out->qualname);
    cc_name_store(c, c->n_qualname, t);
    u.top = t;
    cc_body(c, s->ClassDef.body);
    cc_artificial(c);
    if (u.class_cell != CC_ANY) {
        cc_name_store(c, c->n_classcell, u.class_cell);
        cc_emit(c, PY_OP_RETURN, u.class_cell, 0, 0);
    } else {
        cc_return_none(c);
    }
    return cc_leave_unit(c);
}

void cc_class_def(cc *c, ast_stmt *s)
{
    ast_expr_seq *decorators = s->ClassDef.decorator_list;
    cc_reg mark = c->u->top;
    if (cc_forbidden(c, (const ast_node *)s, s->ClassDef.name, AST_Store))
        return;
    push_decorators(c, decorators);
    cc_code *code = class_code(c, s, decorators->n ? decorators->items[0]->lineno : s->lineno);
    if (!code)
        return;
    cc_reg base = cc_temp(c), f = PY_ARGS(base);
    CC_AT(c, s);
    cc_emit(c, PY_OP_LOADBUILDCLASS, base, 0, 0);
    c->u->top = f + 5;
    cc_reserve(c, c->u->top);
    cc_make_function(c, code, f, f + 1, false);
    cc_load_const(c, f + 1, cc_const_name_str(c, s->ClassDef.name));
    c->u->top = f + 2;
    cc_call_args(c, base, false, s->ClassDef.bases->items, s->ClassDef.bases->n, 2, s->ClassDef.keywords, (const ast_node *)s, base);
    apply_decorators(c, decorators, mark);
    CC_AT(c, s);
    cc_name_store(c, s->ClassDef.name, mark);
    c->u->top = mark;
}

/* ---- entry ---- */

static bool own_names(cc *c)
{
    static const char *const text[] = {"__class__", "__debug__", "super", "__name__", "__module__", "__qualname__", "__doc__",
        "__annotations__", "__classcell__", "return", "<locals>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>",
        "<module>", ".0", "*", "__future__"};
    const ast_name **slot[] = {&c->n_class, &c->n_debug, &c->n_super, &c->n_name, &c->n_module, &c->n_qualname, &c->n_doc,
        &c->n_annotations, &c->n_classcell, &c->n_return, &c->n_locals, &c->n_listcomp, &c->n_setcomp, &c->n_dictcomp, &c->n_genexpr,
        &c->n_lambda, &c->n_modname, &c->n_dotzero, &c->n_star, &c->n_future};
    for (size_t i = 0; i < BASE_LENGTH(text); i++)
        if (!(*slot[i] = cc_name(c, text[i])))
            return false;
    return true;
}

/* Nobody in this module binds `super`, as far as can be seen. */
static bool is_super_plain(cc *c)
{
    const sym_entry *e = sym_lookup(c->syms->top, c->n_super);
    return !c->syms->top->has_import_star && !(e && (e->flags & (SYM_BOUND | SYM_DEF_GLOBAL)));
}

static cc_code *module_code(cc *c)
{
    cc_unit u;
    ast_mod *m = c->mod;
    sym_scope *scope = c->syms->top;
    if (!cc_enter_unit(c, &u, CC_U_MODULE, scope, c->n_modname, 1))
        return NULL;
    if (m->kind == AST_Expression) {
        u.out->doc = c->none;
        cc_reg r = cc_expr(c, m->Expression.body);
        CC_AT(c, m->Expression.body);
        cc_emit(c, PY_OP_RETURN, r, 0, 0);
        return cc_leave_unit(c);
    }
    ast_stmt_seq *body = m->kind == AST_Module ? m->Module.body : m->Interactive.body;
    cc_scan_deleted(c, body);                        /* for loops only */
    cc_keep_registers(c);
    cc_body(c, body);
    cc_return_none(c);
    return cc_leave_unit(c);
}

cc_code *cc_compile(ast_mod *mod, base_arena *arena, const char *src, size_t len, uint32_t flags, int optimize, py_syntax_error *err,
                    py_warning **warn_tail, cc *c)
{
    *c = (cc){.arena = arena, .mod = mod, .names = mod->names, .src = src, .len = len, .err = err, .warn_tail = warn_tail, .optimize = optimize};
    uint32_t future = (flags & PY_COMPILE_FUTURE_ANNOTATIONS ? PY_FUTURE_ANNOTATIONS : 0) | (flags & PY_COMPILE_FUTURE_BARRY ? PY_FUTURE_BARRY : 0);
    c->interactive = mod->kind == AST_Interactive;
    c->top_level_await = (flags & PY_COMPILE_TOP_LEVEL_AWAIT) != 0;
    c->has_walrus = !src || memmem(src, len, ":=", 2);
    if (!sym_build(mod, future, arena, &c->syms, err)) {
        if (src && err->lineno)
            py_front_locate(src, len, arena, err->offset, err->end_offset, err);
        c->failed = true;
        return NULL;
    }
    c->future_annotations = (c->syms->future & PY_FUTURE_ANNOTATIONS) != 0;
    if (!cc_consts_init(c) || !own_names(c))
        return NULL;
    c->plain_super = is_super_plain(c);
    cc_code *code = module_code(c);
    return c->failed ? NULL : code;
}

void cc_release(cc *c)
{
    release_vectors(c);
    base_mem_free(c->buckets);
    c->buckets = NULL;
}
