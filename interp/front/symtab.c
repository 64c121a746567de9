/* symtab.c: which scope each name of a tree belongs to.  No locks.
 *
 * First a walk over the tree makes the scopes and notes how each name occurs (collect), then every scope's names are resolved,
 * outer scopes first (resolve): a name that is not bound here is looked for in the enclosing functions; where it is found it becomes
 * a cell, and every scope between gets it as a free name.
 *
 * Y3  While a scope is being resolved, all scopes around it are.                                        (resolve_scope)  */
#include "interp/front/symtab.h"
#include "interp/front/lex.h"
#include <stdlib.h>
#include <string.h>

typedef struct collector {
    sym_table *t;
    base_arena *arena;
    ast_names *names;
    py_syntax_error *err;
    sym_scope *cur;
    const ast_name *class_name;          /* of the innermost class: private names are mangled with it */
    const ast_name *n_class, *n_dot0, *n_super, *n_future;      /* __class__ .0 super __future__ */
    unsigned depth;
    unsigned iter_expr;                  /* inside the iterable of a comprehension, of the current scope */
    bool iter_target;                    /* names now bound are iteration variables */
    const char *comprehension;           /* what the current scope is, if it is a comprehension: "list comprehension" */
    int32_t last_future;                 /* line of the last valid __future__ import; -1: none */
} collector;

/* --- errors ---------------------------------------------------------------------------------------------------------- */

static bool fail_at(collector *c, const void *where, const char *msg)
{
    const ast_node *n = where;
    *c->err = (py_syntax_error){
        .type = msg ? "SyntaxError" : "MemoryError", .msg = msg, .lineno = n->lineno, .offset = n->col_offset,
        .end_lineno = n->end_lineno, .end_offset = n->end_col_offset,
    };
    return false;
}
#define FAIL(c, where, ...) fail_at(c, where, py_front_printf((c)->arena, __VA_ARGS__))

static bool no_memory(collector *c)
{
    *c->err = (py_syntax_error){.type = "MemoryError"};
    return false;
}

static bool enter(collector *c)
{
    if (++c->depth <= SYM_MAX_DEPTH)
        return true;
    *c->err = (py_syntax_error){.type = "RecursionError", .msg = "maximum recursion depth exceeded during compilation"};
    return false;
}

/* --- entries --------------------------------------------------------------------------------------------------------- */

enum { SMALL_SCOPE = 8 };        /* up to so many entries are searched one by one */

sym_entry *sym_lookup(const sym_scope *s, const ast_name *name)
{
    if (!s->index) {
        for (uint32_t i = 0; i < s->n_entries; i++)
            if (s->entries[i].name == name)
                return &s->entries[i];
        return NULL;
    }
    for (uint32_t at = name->hash & s->index_mask; s->index[at] != UINT32_MAX; at = (at + 1) & s->index_mask)
        if (s->entries[s->index[at]].name == name)
            return &s->entries[s->index[at]];
    return NULL;
}

static void index_put(sym_scope *s, uint32_t i)
{
    uint32_t at = s->entries[i].name->hash & s->index_mask;
    while (s->index[at] != UINT32_MAX)
        at = (at + 1) & s->index_mask;
    s->index[at] = i;
}

static bool grow(base_arena *arena, sym_scope *s)
{
    uint32_t cap = s->cap_entries ? s->cap_entries * 2 : SMALL_SCOPE;
    sym_entry *grown = base_arena_alloc(arena, cap * sizeof *grown);
    if (!grown)
        return false;
    if (s->n_entries)
        memcpy(grown, s->entries, s->n_entries * sizeof *grown);
    s->entries = grown;
    s->cap_entries = cap;
    if (cap > SMALL_SCOPE) {
        s->index_mask = cap * 2 - 1;
        s->index = base_arena_alloc(arena, cap * 2 * sizeof *s->index);
        if (!s->index)
            return false;
        memset(s->index, 0xff, cap * 2 * sizeof *s->index);
        for (uint32_t i = 0; i < s->n_entries; i++)
            index_put(s, i);
    }
    return true;
}

/* The entry of a mangled name, made if it is new.  NULL: out of memory.  A later call may move it. */
static sym_entry *entry(base_arena *arena, sym_scope *s, const ast_name *name)
{
    sym_entry *e = sym_lookup(s, name);
    if (e)
        return e;
    if (s->n_entries == s->cap_entries && !grow(arena, s))
        return NULL;
    e = &s->entries[s->n_entries];
    *e = (sym_entry){.name = name, .slot = -1};
    if (s->index)
        index_put(s, s->n_entries);
    s->n_entries++;
    return e;
}

const ast_name *sym_mangle(sym_table *t, const sym_scope *s, const ast_name *name)
{
    return ast_mangle(t->names, s->class_name, name);
}

static uint16_t flags_of(const sym_scope *s, const ast_name *name)
{
    const sym_entry *e = sym_lookup(s, name);
    return e ? e->flags : 0;
}

/* Notes an occurrence of the (unmangled) name in scope s. */
static bool define(collector *c, sym_scope *s, const ast_name *name, unsigned flag, const void *where)
{
    if (!(name = ast_mangle(c->names, c->class_name, name)))
        return no_memory(c);
    sym_entry *e = entry(c->arena, s, name);
    if (!e)
        return no_memory(c);
    if ((flag & SYM_DEF_PARAM) && (e->flags & SYM_DEF_PARAM))
        return FAIL(c, where, "duplicate argument '%s' in function definition", name->s);
    if (c->iter_target && s == c->cur) {
        if (e->flags & (SYM_DEF_GLOBAL | SYM_DEF_NONLOCAL))
            return FAIL(c, where, "comprehension inner loop cannot rebind assignment expression target '%s'", name->s);
        flag |= SYM_DEF_COMP_ITER;
    }
    e->flags |= (uint16_t)flag;
    if (flag & SYM_DEF_PARAM)
        s->n_params++;
    if (flag & SYM_DEF_GLOBAL) {         /* the module's own uses of it are then global, too: exec() may tell them from local */
        if (!(e = entry(c->arena, c->t->top, name)))
            return no_memory(c);
        e->flags |= (uint16_t)flag;
    }
    return true;
}

/* --- scopes ---------------------------------------------------------------------------------------------------------- */

typedef struct outer {           /* what a scope's end restores */
    sym_scope *scope;
    const ast_name *class_name;
    const char *comprehension;
    unsigned iter_expr;
    bool iter_target;
} outer;

static sym_scope *open_scope(collector *c, outer *o, sym_scope_kind kind, const ast_name *name, void *node)
{
    sym_scope *s = base_arena_zalloc(c->arena, sizeof *s);
    if (!s) {
        no_memory(c);
        return NULL;
    }
    const ast_node *n = node;
    *o = (outer){c->cur, c->class_name, c->comprehension, c->iter_expr, c->iter_target};
    s->kind = kind;
    s->node = node;
    s->name = name;
    s->class_name = c->class_name;
    s->parent = c->cur;
    s->lineno = n->lineno;
    s->col_offset = n->col_offset;
    s->end_lineno = n->end_lineno;
    s->end_col_offset = n->end_col_offset;
    sym_scope *parent = c->cur;
    s->nested = parent && (parent->nested || sym_is_function_like(parent));
    if (parent && kind != SYM_ANNOTATION) {
        if (parent->last_child)
            parent->last_child->next_sibling = s;
        else
            parent->first_child = s;
        parent->last_child = s;
    }
    c->cur = s;
    c->comprehension = NULL;     /* iter_expr holds for scopes inside the iterable, too */
    c->iter_target = false;
    return s;
}

static void close_scope(collector *c, const outer *o)
{
    c->cur = o->scope;
    c->class_name = o->class_name;
    c->comprehension = o->comprehension;
    c->iter_expr = o->iter_expr;
    c->iter_target = o->iter_target;
}

/* --- collect: expressions -------------------------------------------------------------------------------------------- */

static bool expr(collector *c, ast_expr *e);
static bool stmt(collector *c, ast_stmt *s);

static bool exprs(collector *c, const ast_expr_seq *seq)
{
    for (int32_t i = 0; i < seq->n; i++)
        if (seq->items[i] && !expr(c, seq->items[i]))
            return false;
    return true;
}

static bool optional(collector *c, ast_expr *e)
{
    return !e || expr(c, e);
}

static bool keywords(collector *c, const ast_keyword_seq *seq)
{
    for (int32_t i = 0; i < seq->n; i++)
        if (!expr(c, seq->items[i]->value))
            return false;
    return true;
}

static bool param_list(collector *c, const ast_arg_seq *seq)
{
    for (int32_t i = 0; i < seq->n; i++)
        if (!define(c, c->cur, seq->items[i]->arg, SYM_DEF_PARAM, seq->items[i]))
            return false;
    return true;
}

static bool parameters(collector *c, const ast_arguments *a)
{
    if (!param_list(c, a->posonlyargs) || !param_list(c, a->args) || !param_list(c, a->kwonlyargs))
        return false;
    if (a->vararg && !define(c, c->cur, a->vararg->arg, SYM_DEF_PARAM, a->vararg))
        return false;
    if (a->kwarg && !define(c, c->cur, a->kwarg->arg, SYM_DEF_PARAM, a->kwarg))
        return false;
    c->cur->has_varargs = a->vararg != NULL;
    c->cur->has_varkeywords = a->kwarg != NULL;
    return true;
}

/* Things that would suspend or bind have no place in annotations that are never run. */
static bool not_in_annotation(collector *c, const char *what, const ast_expr *e)
{
    return c->cur->kind != SYM_ANNOTATION || FAIL(c, e, "'%s' can not be used within an annotation", what);
}

/* A walrus inside a comprehension binds in the function around it. */
static bool walrus_in_comprehension(collector *c, const ast_expr *e)
{
    const ast_expr *target = e->NamedExpr.target;
    const ast_name *name = ast_mangle(c->names, c->class_name, target->Name.id);
    if (!name)
        return no_memory(c);
    for (sym_scope *s = c->cur; s; s = s->parent) {
        uint16_t here = flags_of(s, name);
        if (s->kind == SYM_COMPREHENSION) {
            if ((here & SYM_DEF_COMP_ITER) && (here & (SYM_DEF_LOCAL | SYM_DEF_GLOBAL)))
                return FAIL(c, target, "assignment expression cannot rebind comprehension iteration variable '%s'", name->s);
            continue;
        }
        if (s->kind == SYM_CLASS)
            return FAIL(c, target, "assignment expression within a comprehension cannot be used in a class body");
        bool global = s->kind == SYM_MODULE || (here & SYM_DEF_GLOBAL);
        if (!define(c, c->cur, name, global ? SYM_DEF_GLOBAL : SYM_DEF_NONLOCAL, target))
            return false;
        return define(c, s, name, s->kind == SYM_MODULE ? SYM_DEF_GLOBAL : SYM_DEF_LOCAL, target);
    }
    return true;
}

static bool named_expr(collector *c, ast_expr *e)
{
    if (!not_in_annotation(c, "named expression", e))
        return false;
    if (c->iter_expr)
        return FAIL(c, e, "assignment expression cannot be used in a comprehension iterable expression");
    if (c->cur->kind == SYM_COMPREHENSION && !walrus_in_comprehension(c, e))
        return false;
    return expr(c, e->NamedExpr.value) && expr(c, e->NamedExpr.target);
}

static bool lambda(collector *c, ast_expr *e)
{
    const ast_arguments *a = e->Lambda.args;
    outer o;
    if (!exprs(c, a->defaults) || !exprs(c, a->kw_defaults))
        return false;
    const ast_name *name = ast_intern(c->names, "lambda", 6);
    if (!name || !(e->Lambda.scope = open_scope(c, &o, SYM_LAMBDA, name, e)))
        return name ? false : no_memory(c);
    bool ok = parameters(c, a) && expr(c, e->Lambda.body);
    close_scope(c, &o);
    return ok;
}

static bool iteration_target(collector *c, ast_expr *target)
{
    c->iter_target = true;
    bool ok = expr(c, target);
    c->iter_target = false;
    return ok;
}

static bool iterable(collector *c, ast_expr *iter)
{
    c->iter_expr++;
    bool ok = expr(c, iter);
    c->iter_expr--;
    return ok;
}

/* The scope of a comprehension; its first iterable belongs to the scope around it. */
static bool comprehension(collector *c, ast_expr *e, const char *scope_name, const char *what, const ast_comprehension_seq *generators,
                          ast_expr *elt, ast_expr *value, sym_scope **scope)
{
    const ast_comprehension *first = generators->items[0];
    outer o;
    if (!iterable(c, first->iter))
        return false;
    const ast_name *name = ast_intern(c->names, scope_name, strlen(scope_name));
    sym_scope *s = name ? open_scope(c, &o, SYM_COMPREHENSION, name, e) : NULL;
    if (!s)
        return name ? false : no_memory(c);
    *scope = s;
    c->comprehension = what;
    s->is_coroutine = first->is_async;
    bool ok = define(c, s, c->n_dot0, SYM_DEF_PARAM, e) && iteration_target(c, first->target) && exprs(c, first->ifs);
    for (int32_t i = 1; ok && i < generators->n; i++) {
        const ast_comprehension *g = generators->items[i];
        ok = iteration_target(c, g->target) && iterable(c, g->iter) && exprs(c, g->ifs);
        s->is_coroutine |= g->is_async != 0;
    }
    ok = ok && optional(c, value) && expr(c, elt);
    s->is_generator = e->kind == AST_GeneratorExp;
    s->async_comprehension = s->is_coroutine;
    close_scope(c, &o);
    if (ok && s->is_coroutine && !s->is_generator)
        c->cur->is_coroutine = true;
    return ok;
}

static bool yield(collector *c, ast_expr *e, ast_expr *value)
{
    if (!not_in_annotation(c, "yield expression", e) || !optional(c, value))
        return false;
    c->cur->is_generator = true;
    if (c->comprehension)
        return FAIL(c, e, "'yield' inside %s", c->comprehension);
    return true;
}

static bool await(collector *c, ast_expr *e)
{
    if (!not_in_annotation(c, "await expression", e))
        return false;
    c->cur->is_coroutine = true;
    return expr(c, e->Await.value);
}

static bool name_expr(collector *c, ast_expr *e)
{
    bool load = e->Name.ctx == AST_Load;
    if (!define(c, c->cur, e->Name.id, load ? SYM_USE : SYM_DEF_LOCAL, e))
        return false;
    if (load && e->Name.id == c->n_super && sym_is_function_like(c->cur))
        return define(c, c->cur, c->n_class, SYM_USE, e);       /* super() needs the class */
    return true;
}

static bool expr_kind(collector *c, ast_expr *e)
{
    switch (e->kind) {
    case AST_Name: return name_expr(c, e);
    case AST_Constant: return true;
    case AST_Attribute: return expr(c, e->Attribute.value);
    case AST_Call: return expr(c, e->Call.func) && exprs(c, e->Call.args) && keywords(c, e->Call.keywords);
    case AST_BinOp: return expr(c, e->BinOp.left) && expr(c, e->BinOp.right);
    case AST_BoolOp: return exprs(c, e->BoolOp.values);
    case AST_Compare: return expr(c, e->Compare.left) && exprs(c, e->Compare.comparators);
    case AST_UnaryOp: return expr(c, e->UnaryOp.operand);
    case AST_Subscript: return expr(c, e->Subscript.value) && expr(c, e->Subscript.slice);
    case AST_Slice: return optional(c, e->Slice.lower) && optional(c, e->Slice.upper) && optional(c, e->Slice.step);
    case AST_Tuple: return exprs(c, e->Tuple.elts);
    case AST_List: return exprs(c, e->List.elts);
    case AST_Set: return exprs(c, e->Set.elts);
    case AST_Dict: return exprs(c, e->Dict.keys) && exprs(c, e->Dict.values);
    case AST_IfExp: return expr(c, e->IfExp.test) && expr(c, e->IfExp.body) && expr(c, e->IfExp.orelse);
    case AST_Starred: return expr(c, e->Starred.value);
    case AST_JoinedStr: return exprs(c, e->JoinedStr.values);
    case AST_FormattedValue: return expr(c, e->FormattedValue.value) && optional(c, e->FormattedValue.format_spec);
    case AST_NamedExpr: return named_expr(c, e);
    case AST_Lambda: return lambda(c, e);
    case AST_Await: return await(c, e);
    case AST_Yield: return yield(c, e, e->Yield.value);
    case AST_YieldFrom: return yield(c, e, e->YieldFrom.value);
    case AST_ListComp:
        return comprehension(c, e, "listcomp", "list comprehension", e->ListComp.generators, e->ListComp.elt, NULL, &e->ListComp.scope);
    case AST_SetComp:
        return comprehension(c, e, "setcomp", "set comprehension", e->SetComp.generators, e->SetComp.elt, NULL, &e->SetComp.scope);
    case AST_DictComp:
        return comprehension(c, e, "dictcomp", "dict comprehension", e->DictComp.generators, e->DictComp.key, e->DictComp.value,
                             &e->DictComp.scope);
    case AST_GeneratorExp:
        return comprehension(c, e, "genexpr", "generator expression", e->GeneratorExp.generators, e->GeneratorExp.elt, NULL,
                             &e->GeneratorExp.scope);
    default: return true;
    }
}

static bool expr(collector *c, ast_expr *e)
{
    bool ok = enter(c) && expr_kind(c, e);
    c->depth--;
    return ok;
}

/* --- collect: statements --------------------------------------------------------------------------------------------- */

static bool stmts(collector *c, const ast_stmt_seq *seq)
{
    for (int32_t i = 0; i < seq->n; i++)
        if (!stmt(c, seq->items[i]))
            return false;
    return true;
}

static bool annotation(collector *c, ast_expr *e)
{
    outer o;
    if (!e)
        return true;
    if (!(c->t->future & PY_FUTURE_ANNOTATIONS))
        return expr(c, e);
    const ast_name *name = ast_intern(c->names, "_annotation", 11);
    if (!name || !open_scope(c, &o, SYM_ANNOTATION, name, e))
        return name ? false : no_memory(c);
    bool ok = expr(c, e);
    close_scope(c, &o);
    return ok;
}

static bool arg_annotations(collector *c, const ast_arg_seq *seq)
{
    for (int32_t i = 0; i < seq->n; i++)
        if (!annotation(c, seq->items[i]->annotation))
            return false;
    return true;
}

static bool annotations(collector *c, const ast_arguments *a, ast_expr *returns)
{
    return arg_annotations(c, a->posonlyargs) && arg_annotations(c, a->args)
        && (!a->vararg || annotation(c, a->vararg->annotation)) && (!a->kwarg || annotation(c, a->kwarg->annotation))
        && arg_annotations(c, a->kwonlyargs) && annotation(c, returns);
}

static bool function(collector *c, ast_stmt *s)
{
    const ast_arguments *a = s->FunctionDef.args;
    outer o;
    if (!define(c, c->cur, s->FunctionDef.name, SYM_DEF_LOCAL, s) || !exprs(c, a->defaults) || !exprs(c, a->kw_defaults)
        || !annotations(c, a, s->FunctionDef.returns) || !exprs(c, s->FunctionDef.decorator_list))
        return false;
    if (!(s->FunctionDef.scope = open_scope(c, &o, SYM_FUNCTION, s->FunctionDef.name, s)))
        return false;
    c->cur->is_coroutine = s->kind == AST_AsyncFunctionDef;
    bool ok = parameters(c, a) && stmts(c, s->FunctionDef.body);
    close_scope(c, &o);
    return ok;
}

static bool class(collector *c, ast_stmt *s)
{
    outer o;
    if (!define(c, c->cur, s->ClassDef.name, SYM_DEF_LOCAL, s) || !exprs(c, s->ClassDef.bases) || !keywords(c, s->ClassDef.keywords)
        || !exprs(c, s->ClassDef.decorator_list))
        return false;
    sym_scope *scope = open_scope(c, &o, SYM_CLASS, s->ClassDef.name, s);
    if (!scope)
        return false;
    s->ClassDef.scope = scope;
    c->class_name = scope->class_name = s->ClassDef.name;
    bool ok = stmts(c, s->ClassDef.body);
    close_scope(c, &o);
    return ok;
}

/* global and nonlocal: the name must not have occurred before. */
static bool declaration(collector *c, ast_stmt *s, const ast_identifier_seq *names, unsigned flag)
{
    const char *what = flag == SYM_DEF_GLOBAL ? "global" : "nonlocal";
    for (int32_t i = 0; i < names->n; i++) {
        const ast_name *name = ast_mangle(c->names, c->class_name, names->items[i]);
        if (!name)
            return no_memory(c);
        uint16_t flags = flags_of(c->cur, name);
        const char *text = names->items[i]->s;
        if (flags & SYM_DEF_PARAM)
            return FAIL(c, s, "name '%s' is parameter and %s", text, what);
        if (flags & SYM_USE)
            return FAIL(c, s, "name '%s' is used prior to %s declaration", text, what);
        if (flags & SYM_DEF_ANNOT)
            return FAIL(c, s, "annotated name '%s' can't be %s", text, what);
        if (flags & SYM_DEF_LOCAL)
            return FAIL(c, s, "name '%s' is assigned to before %s declaration", text, what);
        if (!define(c, c->cur, names->items[i], flag, s))
            return false;
    }
    return true;
}

static bool annotated_assignment(collector *c, ast_stmt *s)
{
    ast_expr *target = s->AnnAssign.target;
    if (c->cur->kind == SYM_MODULE || c->cur->kind == SYM_CLASS)
        c->cur->has_annotations = true;
    if (target->kind == AST_Name) {
        const ast_name *name = ast_mangle(c->names, c->class_name, target->Name.id);
        if (!name)
            return no_memory(c);
        uint16_t flags = flags_of(c->cur, name);
        if ((flags & (SYM_DEF_GLOBAL | SYM_DEF_NONLOCAL)) && c->cur->kind != SYM_MODULE && s->AnnAssign.simple)
            return FAIL(c, s, "annotated name '%s' can't be %s", target->Name.id->s, flags & SYM_DEF_GLOBAL ? "global" : "nonlocal");
        unsigned flag = s->AnnAssign.simple ? SYM_DEF_ANNOT | SYM_DEF_LOCAL : SYM_DEF_LOCAL;
        if ((s->AnnAssign.simple || s->AnnAssign.value) && !define(c, c->cur, target->Name.id, flag, target))
            return false;
    } else if (!expr(c, target)) {
        return false;
    }
    return annotation(c, s->AnnAssign.annotation) && optional(c, s->AnnAssign.value);
}

static bool import_names(collector *c, const ast_alias_seq *names)
{
    for (int32_t i = 0; i < names->n; i++) {
        const ast_alias *a = names->items[i];
        const ast_name *name = a->asname ? a->asname : a->name;
        const char *dot = a->asname ? NULL : memchr(name->s, '.', name->n);
        if (name->n == 1 && name->s[0] == '*') {
            if (c->cur->kind != SYM_MODULE)
                return FAIL(c, a, "import * only allowed at module level");
            c->cur->has_import_star = true;
            continue;
        }
        if (dot && !(name = ast_intern(c->names, name->s, (size_t)(dot - name->s))))
            return no_memory(c);
        if (!define(c, c->cur, name, SYM_DEF_IMPORT, a))
            return false;
    }
    return true;
}

static bool import_from(collector *c, ast_stmt *s)
{
    if (s->ImportFrom.module == c->n_future && s->ImportFrom.level == 0 && s->lineno > c->last_future)
        return FAIL(c, s, "from __future__ imports must occur at the beginning of the file");
    return import_names(c, s->ImportFrom.names);
}

static bool pattern(collector *c, ast_pattern *m);

static bool patterns(collector *c, const ast_pattern_seq *seq)
{
    for (int32_t i = 0; i < seq->n; i++)
        if (!pattern(c, seq->items[i]))
            return false;
    return true;
}

static bool capture(collector *c, const ast_name *name, const ast_pattern *m)
{
    return !name || define(c, c->cur, name, SYM_DEF_LOCAL, m);
}

static bool pattern_kind(collector *c, ast_pattern *m)
{
    switch (m->kind) {
    case AST_MatchValue: return expr(c, m->MatchValue.value);
    case AST_MatchSequence: return patterns(c, m->MatchSequence.patterns);
    case AST_MatchStar: return capture(c, m->MatchStar.name, m);
    case AST_MatchMapping:
        return exprs(c, m->MatchMapping.keys) && patterns(c, m->MatchMapping.patterns) && capture(c, m->MatchMapping.rest, m);
    case AST_MatchClass:
        return expr(c, m->MatchClass.cls) && patterns(c, m->MatchClass.patterns) && patterns(c, m->MatchClass.kwd_patterns);
    case AST_MatchAs: return (!m->MatchAs.pattern || pattern(c, m->MatchAs.pattern)) && capture(c, m->MatchAs.name, m);
    case AST_MatchOr: return patterns(c, m->MatchOr.patterns);
    default: return true;
    }
}

static bool pattern(collector *c, ast_pattern *m)
{
    bool ok = enter(c) && pattern_kind(c, m);
    c->depth--;
    return ok;
}

static bool match(collector *c, ast_stmt *s)
{
    if (!expr(c, s->Match.subject))
        return false;
    for (int32_t i = 0; i < s->Match.cases->n; i++) {
        ast_match_case *k = s->Match.cases->items[i];
        if (!pattern(c, k->pattern) || !optional(c, k->guard) || !stmts(c, k->body))
            return false;
    }
    return true;
}

static bool with(collector *c, ast_stmt *s)
{
    for (int32_t i = 0; i < s->With.items->n; i++) {
        const ast_withitem *w = s->With.items->items[i];
        if (!expr(c, w->context_expr) || !optional(c, w->optional_vars))
            return false;
    }
    return stmts(c, s->With.body);
}

static bool try(collector *c, ast_stmt *s)
{
    if (!stmts(c, s->Try.body) || !stmts(c, s->Try.orelse))
        return false;
    for (int32_t i = 0; i < s->Try.handlers->n; i++) {
        ast_excepthandler *h = s->Try.handlers->items[i];
        if (!optional(c, h->ExceptHandler.type))
            return false;
        if (h->ExceptHandler.name && !define(c, c->cur, h->ExceptHandler.name, SYM_DEF_LOCAL, h))
            return false;
        if (!stmts(c, h->ExceptHandler.body))
            return false;
    }
    return stmts(c, s->Try.finalbody);
}

static bool return_value(collector *c, ast_expr *value)
{
    c->cur->returns_value |= value != NULL;
    return optional(c, value);
}

static bool stmt_kind(collector *c, ast_stmt *s)
{
    switch (s->kind) {
    case AST_Expr: return expr(c, s->Expr.value);
    case AST_Assign: return exprs(c, s->Assign.targets) && expr(c, s->Assign.value);
    case AST_FunctionDef: case AST_AsyncFunctionDef: return function(c, s);
    case AST_ClassDef: return class(c, s);
    case AST_Return: return return_value(c, s->Return.value);
    case AST_Delete: return exprs(c, s->Delete.targets);
    case AST_AugAssign: return expr(c, s->AugAssign.target) && expr(c, s->AugAssign.value);
    case AST_AnnAssign: return annotated_assignment(c, s);
    case AST_For: case AST_AsyncFor:
        c->cur->is_coroutine |= s->kind == AST_AsyncFor;
        return expr(c, s->For.target) && expr(c, s->For.iter) && stmts(c, s->For.body) && stmts(c, s->For.orelse);
    case AST_While: return expr(c, s->While.test) && stmts(c, s->While.body) && stmts(c, s->While.orelse);
    case AST_If: return expr(c, s->If.test) && stmts(c, s->If.body) && stmts(c, s->If.orelse);
    case AST_With: case AST_AsyncWith:
        c->cur->is_coroutine |= s->kind == AST_AsyncWith;
        return with(c, s);
    case AST_Match: return match(c, s);
    case AST_Raise: return optional(c, s->Raise.exc) && optional(c, s->Raise.cause);
    case AST_Try: case AST_TryStar: return try(c, s);
    case AST_Assert: return expr(c, s->Assert.test) && optional(c, s->Assert.msg);
    case AST_Import: return import_names(c, s->Import.names);
    case AST_ImportFrom: return import_from(c, s);
    case AST_Global: return declaration(c, s, s->Global.names, SYM_DEF_GLOBAL);
    case AST_Nonlocal: return declaration(c, s, s->Nonlocal.names, SYM_DEF_NONLOCAL);
    default: return true;
    }
}

static bool stmt(collector *c, ast_stmt *s)
{
    bool ok = enter(c) && stmt_kind(c, s);
    c->depth--;
    return ok;
}

/* --- resolve --------------------------------------------------------------------------------------------------------- */

/* The statement or expression that declares `name` in s, for the place of an error: the scope's first global/nonlocal of it. */
static const ast_node *find_declaration(const ast_stmt_seq *body, const ast_name *name, collector *c)
{
    for (int32_t i = 0; i < body->n; i++) {
        const ast_stmt *s = body->items[i];
        const ast_identifier_seq *names = s->kind == AST_Global ? s->Global.names : s->kind == AST_Nonlocal ? s->Nonlocal.names : NULL;
        for (int32_t k = 0; names && k < names->n; k++)
            if (names->items[k] == name || ast_mangle(c->names, c->class_name, names->items[k]) == name)
                return (const ast_node *)s;
        const ast_stmt_seq *inner[3] = {NULL, NULL, NULL};
        switch (s->kind) {
        case AST_If: inner[0] = s->If.body; inner[1] = s->If.orelse; break;
        case AST_For: case AST_AsyncFor: inner[0] = s->For.body; inner[1] = s->For.orelse; break;
        case AST_While: inner[0] = s->While.body; inner[1] = s->While.orelse; break;
        case AST_With: case AST_AsyncWith: inner[0] = s->With.body; break;
        case AST_Try: case AST_TryStar: inner[0] = s->Try.body; inner[1] = s->Try.orelse; inner[2] = s->Try.finalbody; break;
        default: break;
        }
        for (int k = 0; k < 3; k++) {
            const ast_node *found = inner[k] ? find_declaration(inner[k], name, c) : NULL;
            if (found)
                return found;
        }
    }
    return NULL;
}

static bool fail_declared(collector *c, const sym_scope *s, const ast_name *name, const char *format)
{
    const ast_stmt_seq *body = s->kind == SYM_MODULE && s->node->kind == AST_Module ? ((ast_mod *)s->node)->Module.body
        : s->kind == SYM_MODULE && s->node->kind == AST_Interactive ? ((ast_mod *)s->node)->Interactive.body
        : s->kind == SYM_FUNCTION ? ((ast_stmt *)s->node)->FunctionDef.body
        : s->kind == SYM_CLASS ? ((ast_stmt *)s->node)->ClassDef.body : ast_empty_seq(stmt);
    c->class_name = s->class_name;
    const ast_node *where = find_declaration(body, name, c);
    return fail_at(c, where ? where : s->node, py_front_printf(c->arena, format, name->s));
}

/* The function, among those around s, that binds the name (or the class, for __class__).  *global: one declares it global. */
static sym_scope *find_binding(const collector *c, const sym_scope *s, const ast_name *name, bool *global)
{
    *global = false;
    for (sym_scope *p = s->parent; p; p = p->parent) {
        if (p->kind == SYM_CLASS && name == c->n_class)
            return p;
        if (!sym_is_function_like(p))
            continue;
        uint16_t flags = flags_of(p, name);
        if (flags & SYM_DEF_GLOBAL) {
            *global = true;
            return NULL;
        }
        if ((flags & SYM_BOUND) && !(flags & SYM_DEF_NONLOCAL))
            return p;
    }
    return NULL;
}

/* s uses the name that `home` binds: a cell there, free here and in between. */
static bool bind_free(collector *c, sym_scope *s, sym_scope *home, const ast_name *name)
{
    if (home->kind == SYM_CLASS)
        home->needs_class_closure = true;
    else
        sym_lookup(home, name)->kind = SYM_CELL;
    home->child_free = true;
    for (sym_scope *p = s; p != home; p = p->parent) {
        sym_entry *e = sym_lookup(p, name);
        if (p != s && e && p->kind == SYM_CLASS && (e->flags & (SYM_BOUND | SYM_DEF_GLOBAL))) {
            e->flags |= SYM_DEF_FREE_CLASS;     /* the class has one of its own, and passes the other on */
        } else {
            if (!e && !(e = entry(c->arena, p, name)))
                return no_memory(c);
            e->kind = SYM_FREE;
        }
        p->has_free = true;
        if (p != s)
            p->child_free = true;
    }
    return true;
}

static bool resolve_name(collector *c, sym_scope *s, uint32_t i)
{
    const ast_name *name = s->entries[i].name;
    uint16_t flags = s->entries[i].flags;
    bool global;
    if (s->entries[i].kind)              /* passed through for an inner scope */
        return true;
    if (flags & SYM_DEF_GLOBAL) {
        if (flags & SYM_DEF_NONLOCAL)
            return fail_declared(c, s, name, "name '%s' is nonlocal and global");
        s->entries[i].kind = SYM_GLOBAL_EXPLICIT;
        return true;
    }
    if (flags & SYM_DEF_NONLOCAL) {
        if (!s->parent)
            return fail_declared(c, s, name, "nonlocal declaration not allowed at module level");
        sym_scope *home = find_binding(c, s, name, &global);
        return home ? bind_free(c, s, home, name) : fail_declared(c, s, name, "no binding for nonlocal '%s' found");
    }
    if (flags & SYM_BOUND) {
        s->entries[i].kind = SYM_LOCAL;
        return true;
    }
    sym_scope *home = find_binding(c, s, name, &global);
    if (home)
        return bind_free(c, s, home, name);
    if (s->nested && !global)
        s->has_free = true;              /* it may be free at run time: exec, import * */
    s->entries[i].kind = SYM_GLOBAL_IMPLICIT;
    return true;
}

static int by_text(const void *a, const void *b)
{
    const ast_name *x = *(const ast_name *const *)a, *y = *(const ast_name *const *)b;
    int order = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* The names of one kind, sorted; free names also those that a class only passes on. */
static bool sorted(collector *c, const sym_scope *s, sym_kind kind, const ast_name ***out, uint32_t *n)
{
    uint32_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        count = 0;
        for (uint32_t i = 0; i < s->n_entries; i++) {
            bool passed = kind == SYM_FREE && (s->entries[i].flags & SYM_DEF_FREE_CLASS);
            if (s->entries[i].kind != kind && !passed)
                continue;
            if (pass)
                (*out)[count] = s->entries[i].name;
            count++;
        }
        if (pass == 0 && count && !(*out = base_arena_alloc(c->arena, count * sizeof **out)))
            return no_memory(c);
    }
    if (count > 1)
        qsort(*out, count, sizeof **out, by_text);
    *n = count;
    return true;
}

/* Scopes in the order of the source, each before those inside it; without recursion, as they may be many levels deep. */
static sym_scope *next_scope(sym_scope *s)
{
    if (s->first_child)
        return s->first_child;
    while (s && !s->next_sibling)
        s = s->parent;
    return s ? s->next_sibling : NULL;
}

static bool resolve(collector *c, sym_scope *top)
{
    for (sym_scope *s = top; s; s = next_scope(s))
        for (uint32_t i = 0; i < s->n_entries; i++)
            if (!resolve_name(c, s, i))
                return false;
    for (sym_scope *s = top; s; s = next_scope(s))
        if (!sorted(c, s, SYM_CELL, &s->cellvars, &s->n_cellvars) || !sorted(c, s, SYM_FREE, &s->freevars, &s->n_freevars))
            return false;
    return true;
}

/* An error of which only the begin is known. */
static bool fail_start(collector *c, const ast_stmt *s, int32_t shift, const char *msg)
{
    fail_at(c, s, msg);
    c->err->offset -= shift;
    c->err->end_lineno = s->lineno;
    c->err->no_end_offset = true;
    return false;
}

/* --- __future__ ------------------------------------------------------------------------------------------------------ */

static bool future_features(collector *c, const ast_stmt *s, uint32_t *future)
{
    static const struct { const char *name; uint32_t bit; } known[] = {
        {"nested_scopes", 0}, {"generators", 0}, {"division", 0}, {"absolute_import", 0}, {"with_statement", 0}, {"print_function", 0},
        {"unicode_literals", 0}, {"generator_stop", 0}, {"barry_as_FLUFL", PY_FUTURE_BARRY}, {"annotations", PY_FUTURE_ANNOTATIONS},
    };
    for (int32_t i = 0; i < s->ImportFrom.names->n; i++) {
        const ast_name *name = s->ImportFrom.names->items[i]->name;
        size_t k = 0;
        while (k < BASE_LENGTH(known) && strcmp(known[k].name, name->s) != 0)
            k++;
        if (k < BASE_LENGTH(known)) {
            *future |= known[k].bit;
            continue;
        }
        return fail_start(c, s, 0, strcmp(name->s, "braces") == 0 ? "not a chance"
                          : py_front_printf(c->arena, "future feature %.100s is not defined", name->s));
    }
    return true;
}

/* Future imports may follow only each other and a docstring. */
static bool find_future(collector *c, const ast_stmt_seq *body, uint32_t *future)
{
    bool done = false;
    int32_t line = 0;
    for (int32_t i = 0; i < body->n; i++) {
        const ast_stmt *s = body->items[i];
        if (done && s->lineno > line)
            return true;
        line = s->lineno;
        if (s->kind == AST_ImportFrom && s->ImportFrom.module == c->n_future && s->ImportFrom.level == 0) {
            if (done)
                return fail_start(c, s, 1, "from __future__ imports must occur at the beginning of the file");
            if (!future_features(c, s, future))
                return false;
            c->last_future = s->lineno;
        } else {
            bool docstring = s->kind == AST_Expr && s->Expr.value->kind == AST_Constant
                && s->Expr.value->Constant.value.kind == AST_CONST_STR;
            done |= !docstring || i > 0;
        }
    }
    return true;
}

/* --- the whole ------------------------------------------------------------------------------------------------------- */

static bool collect(collector *c, ast_mod *mod)
{
    outer o;
    const ast_name *top = ast_intern(c->names, "top", 3);
    sym_scope *s = top ? open_scope(c, &o, SYM_MODULE, top, mod) : NULL;
    if (!s)
        return no_memory(c);
    c->t->top = s;
    switch (mod->kind) {
    case AST_Module:
        mod->Module.scope = s;
        return stmts(c, mod->Module.body);
    case AST_Interactive:
        mod->Interactive.scope = s;
        return stmts(c, mod->Interactive.body);
    case AST_Expression:
        mod->Expression.scope = s;
        return expr(c, mod->Expression.body);
    default:
        *c->err = (py_syntax_error){.type = "SystemError", .msg = "this compiler does not handle FunctionType"};
        return false;
    }
}

bool sym_build(ast_mod *mod, uint32_t future, base_arena *arena, sym_table **out, py_syntax_error *err)
{
    *out = NULL;
    *err = (py_syntax_error){0};
    sym_table *t = base_arena_zalloc(arena, sizeof *t);
    collector c = {.t = t, .arena = arena, .names = mod->names, .err = err, .last_future = -1};
    if (!t)
        return no_memory(&c);
    t->names = mod->names;
    t->arena = arena;
    c.n_class = ast_intern(c.names, "__class__", 9);
    c.n_dot0 = ast_intern(c.names, ".0", 2);
    c.n_super = ast_intern(c.names, "super", 5);
    c.n_future = ast_intern(c.names, "__future__", 10);
    if (!c.n_class || !c.n_dot0 || !c.n_super || !c.n_future)
        return no_memory(&c);
    const ast_stmt_seq *body = mod->kind == AST_Module ? mod->Module.body : mod->kind == AST_Interactive ? mod->Interactive.body : NULL;
    if (body && !find_future(&c, body, &mod->future))
        return false;
    t->future = future | mod->future;
    if (!collect(&c, mod) || !resolve(&c, t->top))
        return false;
    *out = t;
    return true;
}
