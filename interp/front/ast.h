/* ast.h: the abstract syntax tree of Python 3.11, as C structs generated from ast.def.
 *
 * Every node lives in the arena of its parse and begins with the same header, so that (ast_node *) is good for any of them.
 * A sum type has its fields in a union by kind: `e->kind == AST_BinOp` then `e->BinOp.left`; a product type has them directly:
 * `a->annotation`.  Sequences are never NULL: `for (i = 0; i < s->n; i++) s->items[i]`.
 *
 * A1  Names are interned: within one parse two names are equal if and only if their pointers are.     (ast_intern)
 * A2  Nothing here knows the object space: constants are C values and text.  */
#ifndef INTERP_FRONT_AST_H
#define INTERP_FRONT_AST_H
#include "base/arena.h"
#include "base/check.h"
#include "interp/front/ast.def"
#include <stdbool.h>
#include <stdint.h>

/* --- kinds ---------------------------------------------------------------------------------------------------- */
#define AST_KIND_(sum, k) AST_##k,
#define AST_NO_FIELD_(k, t, c, f)
#define AST_NO_END_(sum, k)
typedef enum ast_kind {
    AST_NONE_,
    AST_SUMS(AST_KIND_, AST_NO_FIELD_, AST_NO_END_)
    AST_PRODUCTS(AST_KIND_, AST_NO_FIELD_, AST_NO_END_)
    AST_KINDS
} ast_kind;

#define AST_OP_KIND_(sum, k, s) AST_##k,
typedef enum ast_expr_context { AST_EXPR_CONTEXT(AST_OP_KIND_) AST_EXPR_CONTEXTS } ast_expr_context;   /* AST_Load ... */
typedef enum ast_boolop { AST_BOOLOP(AST_OP_KIND_) AST_BOOLOPS } ast_boolop;                           /* AST_And, AST_Or */
typedef enum ast_operator { AST_OPERATOR(AST_OP_KIND_) AST_OPERATORS } ast_operator;                   /* AST_Add ... */
typedef enum ast_unaryop { AST_UNARYOP(AST_OP_KIND_) AST_UNARYOPS } ast_unaryop;                       /* AST_Invert ... */
typedef enum ast_cmpop { AST_CMPOP(AST_OP_KIND_) AST_CMPOPS } ast_cmpop;                               /* AST_Eq ... */

/* --- names and constants ------------------------------------------------------------------------------------- */
typedef struct ast_name {
    uint32_t id;                 /* 0, 1, 2 … (keywords first, then in the order of first use): an index for side tables (see ast_names.n) */
    uint32_t n;                  /* bytes */
    uint32_t hash;
    char s[];                    /* UTF-8, NFKC-normalised, NUL-terminated */
} ast_name;

typedef struct ast_names {       /* the interned names of one parse */
    base_arena *arena;
    ast_name **slots;            /* open addressing, mask + 1 slots (malloc'ed; ast_names_release) */
    uint32_t mask;
    uint32_t n;                  /* how many names there are; ids are below */
} ast_names;

bool ast_names_init(ast_names *t, base_arena *arena) MUST_CHECK;
void ast_names_release(ast_names *t);
/* The name with these bytes (no normalisation).  NULL: out of memory. */
const ast_name *ast_intern(ast_names *t, const char *s, size_t n) MUST_CHECK;
/* The name that stands for `name` inside class `cls` (__x -> _Cls__x); `name` itself where nothing is to be done or cls is
 * NULL.  NULL: out of memory. */
const ast_name *ast_mangle(ast_names *t, const ast_name *cls, const ast_name *name) MUST_CHECK;

typedef enum ast_const_kind {
    AST_CONST_NONE, AST_CONST_TRUE, AST_CONST_FALSE, AST_CONST_ELLIPSIS,
    AST_CONST_INT,               /* i, within 62 bits signed (never negative from the parser) */
    AST_CONST_BIGINT,            /* s, n: digits without underscores; decimal, or with a prefix 0x 0o 0b (lower case) */
    AST_CONST_FLOAT, AST_CONST_IMAG,    /* f */
    AST_CONST_STR,               /* s, n: UTF-8; lone surrogates as three bytes (WTF-8) */
    AST_CONST_BYTES,             /* s, n */
} ast_const_kind;

typedef struct ast_constant {
    uint8_t kind;                /* ast_const_kind */
    bool ascii;                  /* STR: all bytes are below 128 */
    uint32_t n;
    union {
        int64_t i;
        double f;
        const char *s;           /* NUL follows the n bytes */
    };
} ast_constant;

/* --- nodes --------------------------------------------------------------------------------------------------- */
struct sym_scope;                /* symtab.h */

/* Lines from 1, columns from 0 in bytes of UTF-8.  mod, comprehension, arguments, withitem and match_case have none (0). */
#define AST_HEADER \
    uint16_t kind;               /* ast_kind */ \
    uint16_t flags;              /* AST_F_* */ \
    int32_t lineno, col_offset, end_lineno, end_col_offset

enum {
    AST_F_PAREN = 1,             /* an expression that stood in parentheses of its own */
    AST_F_FROZEN = 2,            /* a Set of constants that stands for a frozenset: only in trees made of objects */
};

typedef struct ast_node { AST_HEADER; } ast_node;

#define AST_FORWARD_(t) \
    typedef struct ast_##t ast_##t; \
    typedef struct ast_##t##_seq { int32_t n; ast_##t *items[]; } ast_##t##_seq;
AST_FORWARD_(mod)
AST_FORWARD_(stmt)
AST_FORWARD_(expr)
AST_FORWARD_(excepthandler)
AST_FORWARD_(pattern)
AST_FORWARD_(type_ignore)
AST_FORWARD_(comprehension)
AST_FORWARD_(arguments)
AST_FORWARD_(arg)
AST_FORWARD_(keyword)
AST_FORWARD_(alias)
AST_FORWARD_(withitem)
AST_FORWARD_(match_case)
typedef struct ast_identifier_seq { int32_t n; const ast_name *items[]; } ast_identifier_seq;
typedef struct ast_cmpop_seq { int32_t n; uint8_t items[]; } ast_cmpop_seq;      /* ast_cmpop */

/* C type of a field of grammar type t. */
#define AST_T_stmt ast_stmt *
#define AST_T_expr ast_expr *
#define AST_T_excepthandler ast_excepthandler *
#define AST_T_pattern ast_pattern *
#define AST_T_arguments ast_arguments *
#define AST_T_arg ast_arg *
#define AST_T_identifier const ast_name *
#define AST_T_string const ast_name *
#define AST_T_int int32_t
#define AST_T_constant ast_constant
#define AST_T_expr_context ast_expr_context
#define AST_T_boolop ast_boolop
#define AST_T_operator ast_operator
#define AST_T_unaryop ast_unaryop
#define AST_T_scope struct sym_scope *

#define AST_C_ONE(t) AST_T_##t
#define AST_C_OPT(t) AST_T_##t
#define AST_C_AUX(t) AST_T_##t
#define AST_C_MANY(t) ast_##t##_seq *

#define AST_S_BEGIN_(sum, k) struct {
#define AST_S_FIELD_(k, t, c, f) AST_C_##c(t) f;
#define AST_S_END_(sum, k) } k;

struct ast_mod {
    AST_HEADER;
    ast_names *names;            /* the names of this tree; lives as long as the arena's owner keeps it */
    uint32_t future;             /* PY_FUTURE_* (front.h): what the module's own `from __future__ import` asks for */
    union { AST_MOD(AST_S_BEGIN_, AST_S_FIELD_, AST_S_END_) };
};
struct ast_stmt { AST_HEADER; union { AST_STMT(AST_S_BEGIN_, AST_S_FIELD_, AST_S_END_) }; };
struct ast_expr { AST_HEADER; union { AST_EXPR(AST_S_BEGIN_, AST_S_FIELD_, AST_S_END_) }; };
struct ast_excepthandler { AST_HEADER; union { AST_EXCEPTHANDLER(AST_S_BEGIN_, AST_S_FIELD_, AST_S_END_) }; };
struct ast_pattern { AST_HEADER; union { AST_PATTERN(AST_S_BEGIN_, AST_S_FIELD_, AST_S_END_) }; };
struct ast_type_ignore { AST_HEADER; union { AST_TYPE_IGNORE(AST_S_BEGIN_, AST_S_FIELD_, AST_S_END_) }; };

#define AST_P_BEGIN_(sum, k) struct ast_##k { AST_HEADER;
#define AST_P_END_(sum, k) };
AST_PRODUCTS(AST_P_BEGIN_, AST_S_FIELD_, AST_P_END_)

/* --- reflection: for a dumper, a checker, the _ast module ------------------------------------------------------ */
typedef enum ast_field_card { AST_ONE, AST_OPT, AST_MANY, AST_AUX } ast_field_card;
typedef enum ast_field_type {
    AST_FT_stmt, AST_FT_expr, AST_FT_excepthandler, AST_FT_pattern, AST_FT_type_ignore, AST_FT_comprehension,
    AST_FT_arguments, AST_FT_arg, AST_FT_keyword, AST_FT_alias, AST_FT_withitem, AST_FT_match_case,       /* nodes up to here */
    AST_FT_identifier, AST_FT_string, AST_FT_int, AST_FT_constant,
    AST_FT_expr_context, AST_FT_boolop, AST_FT_operator, AST_FT_unaryop, AST_FT_cmpop, AST_FT_scope,
} ast_field_type;

typedef struct ast_field {
    const char *name;
    uint8_t type;                /* ast_field_type */
    uint8_t card;                /* ast_field_card */
    uint16_t offset;             /* from the node's begin */
} ast_field;

typedef struct ast_kind_info {
    const char *name;            /* "BinOp" */
    const char *sum;             /* "expr" */
    uint16_t size;               /* of the node in bytes */
    bool has_position;           /* lineno … are attributes of this kind */
    uint8_t n_fields;            /* AUX fields not counted; they come last */
    const ast_field *fields;
} ast_kind_info;

extern const ast_kind_info ast_kinds[AST_KINDS];           /* by ast_kind */
extern const char *const ast_expr_context_names[], *const ast_boolop_names[], *const ast_operator_names[],
    *const ast_unaryop_names[], *const ast_cmpop_names[];      /* "Load", "And", "Add", … */

/* A zeroed node of this kind.  NULL: out of memory.  Sequence fields must be set (ast_seq_new / ast_empty_seq). */
void *ast_node_new(base_arena *arena, ast_kind kind) MUST_CHECK;
/* A sequence of n pointers (not cmpop), items uninitialised. */
void *ast_seq_new(base_arena *arena, size_t n) MUST_CHECK;
extern const struct ast_empty { int32_t n; void *items[1]; } ast_empty;        /* n == 0; never written */
#define ast_empty_seq(type) ((ast_##type##_seq *)(uintptr_t)&ast_empty)

#endif
