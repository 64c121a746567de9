/* ast.c: nodes, names and the tables that describe the tree.  No locks: a tree belongs to one thread while it is built. */
#include "interp/front/ast.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

/* --- tables ----------------------------------------------------------------------------------------------------- */
#define SUM_FIELDS_BEGIN(sum, k) static const ast_field fields_##k[] = {
/* A product and a sum differ in where a field lies. */
#define FIELD_mod(k, t, c, f)           {#f, AST_FT_##t, AST_##c, offsetof(ast_mod, k.f)},
#define FIELD_stmt(k, t, c, f)          {#f, AST_FT_##t, AST_##c, offsetof(ast_stmt, k.f)},
#define FIELD_expr(k, t, c, f)          {#f, AST_FT_##t, AST_##c, offsetof(ast_expr, k.f)},
#define FIELD_excepthandler(k, t, c, f) {#f, AST_FT_##t, AST_##c, offsetof(ast_excepthandler, k.f)},
#define FIELD_pattern(k, t, c, f)       {#f, AST_FT_##t, AST_##c, offsetof(ast_pattern, k.f)},
#define FIELD_type_ignore(k, t, c, f)   {#f, AST_FT_##t, AST_##c, offsetof(ast_type_ignore, k.f)},
#define FIELD_product(k, t, c, f)       {#f, AST_FT_##t, AST_##c, offsetof(ast_##k, f)},
#define FIELDS_END(sum, k) {NULL, 0, AST_AUX, 0} };
AST_MOD(SUM_FIELDS_BEGIN, FIELD_mod, FIELDS_END)
AST_STMT(SUM_FIELDS_BEGIN, FIELD_stmt, FIELDS_END)
AST_EXPR(SUM_FIELDS_BEGIN, FIELD_expr, FIELDS_END)
AST_EXCEPTHANDLER(SUM_FIELDS_BEGIN, FIELD_excepthandler, FIELDS_END)
AST_PATTERN(SUM_FIELDS_BEGIN, FIELD_pattern, FIELDS_END)
AST_TYPE_IGNORE(SUM_FIELDS_BEGIN, FIELD_type_ignore, FIELDS_END)
AST_PRODUCTS(SUM_FIELDS_BEGIN, FIELD_product, FIELDS_END)

/* Which sums carry positions, as the grammar's `attributes` say. */
enum {
    POS_mod = 0, POS_stmt = 1, POS_expr = 1, POS_excepthandler = 1, POS_pattern = 1, POS_type_ignore = 0, POS_comprehension = 0,
    POS_arguments = 0, POS_arg = 1, POS_keyword = 1, POS_alias = 1, POS_withitem = 0, POS_match_case = 0,
};

#define N_BEGIN(sum, k) N_##k = 0
#define N_FIELD(k, t, c, f) + COUNT_##c
#define N_END(sum, k) ,
#define COUNT_ONE 1
#define COUNT_OPT 1
#define COUNT_MANY 1
#define COUNT_AUX 0
enum { AST_SUMS(N_BEGIN, N_FIELD, N_END) AST_PRODUCTS(N_BEGIN, N_FIELD, N_END) };

#define INFO_BEGIN(sum, k) [AST_##k] = {#k, #sum, sizeof(ast_##sum), POS_##sum, N_##k, fields_##k},
#define INFO_FIELD(k, t, c, f)
#define INFO_END(sum, k)
const ast_kind_info ast_kinds[AST_KINDS] = {
    AST_SUMS(INFO_BEGIN, INFO_FIELD, INFO_END)
    AST_PRODUCTS(INFO_BEGIN, INFO_FIELD, INFO_END)
};

#define OP_NAME(sum, k, s) #k,
const char *const ast_expr_context_names[] = {AST_EXPR_CONTEXT(OP_NAME)};
const char *const ast_boolop_names[] = {AST_BOOLOP(OP_NAME)};
const char *const ast_operator_names[] = {AST_OPERATOR(OP_NAME)};
const char *const ast_unaryop_names[] = {AST_UNARYOP(OP_NAME)};
const char *const ast_cmpop_names[] = {AST_CMPOP(OP_NAME)};

/* --- nodes ------------------------------------------------------------------------------------------------------ */
const struct ast_empty ast_empty = {0, {NULL}};

void *ast_node_new(base_arena *arena, ast_kind kind)
{
    ast_node *node = base_arena_zalloc(arena, ast_kinds[kind].size);
    if (node)
        node->kind = (uint16_t)kind;
    return node;
}

void *ast_seq_new(base_arena *arena, size_t n)
{
    if (n == 0)
        return ast_empty_seq(expr);
    ast_expr_seq *seq = base_arena_alloc(arena, sizeof *seq + n * sizeof seq->items[0]);
    if (seq)
        seq->n = (int32_t)n;
    return seq;
}

/* --- names ------------------------------------------------------------------------------------------------------ */
enum { NAMES_MIN = 256 };

bool ast_names_init(ast_names *t, base_arena *arena)
{
    *t = (ast_names){.arena = arena, .slots = base_mem_zeroed((size_t)NAMES_MIN * sizeof t->slots[0]), .mask = NAMES_MIN - 1};
    return t->slots != NULL;
}

void ast_names_release(ast_names *t)
{
    base_mem_free(t->slots);
    t->slots = NULL;
}

static bool names_grow(ast_names *t)
{
    uint32_t mask = t->mask * 4 + 3;
    ast_name **slots = base_mem_zeroed(((size_t)mask + 1) * sizeof slots[0]);
    if (!slots)
        return false;
    for (uint32_t i = 0; i <= t->mask; i++) {
        if (!t->slots[i])
            continue;
        uint32_t at = t->slots[i]->hash & mask;
        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = t->slots[i];
    }
    base_mem_free(t->slots);
    t->slots = slots;
    t->mask = mask;
    return true;
}

const ast_name *ast_intern(ast_names *t, const char *s, size_t n)
{
    uint32_t hash = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)s[i]) * UINT32_C(0x01000193);
    hash ^= hash >> 15;
    uint32_t at = hash & t->mask;
    for (ast_name *found; (found = t->slots[at]) != NULL; at = (at + 1) & t->mask)
        if (found->hash == hash && found->n == n && memcmp(found->s, s, n) == 0)
            return found;
    ast_name *name = base_arena_alloc(t->arena, sizeof *name + n + 1);
    if (!name)
        return NULL;
    *name = (ast_name){.id = t->n, .n = (uint32_t)n, .hash = hash};
    memcpy(name->s, s, n);
    name->s[n] = 0;
    t->slots[at] = name;
    if (++t->n * 2 > t->mask && !names_grow(t))
        return NULL;
    return name;
}

const ast_name *ast_mangle(ast_names *t, const ast_name *cls, const ast_name *name)
{
    if (!cls || name->n < 2 || name->s[0] != '_' || name->s[1] != '_')
        return name;
    if ((name->s[name->n - 1] == '_' && name->s[name->n - 2] == '_') || memchr(name->s, '.', name->n))
        return name;
    const char *c = cls->s;
    while (*c == '_')
        c++;
    if (!*c)
        return name;                     /* a class of underscores alone */
    size_t n = cls->n - (size_t)(c - cls->s);
    char *mangled = base_arena_alloc(t->arena, n + name->n + 1);
    if (!mangled)
        return NULL;
    mangled[0] = '_';
    memcpy(mangled + 1, c, n);
    memcpy(mangled + 1 + n, name->s, name->n);
    return ast_intern(t, mangled, n + 1 + name->n);
}
