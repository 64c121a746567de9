/* symtab.h: which scope each name of a tree belongs to.
 *
 * sym_build walks a tree once and hangs a sym_scope on every node that opens one (Module, Interactive, Expression, FunctionDef,
 * AsyncFunctionDef, ClassDef, Lambda, the four comprehensions: field `scope`).  All memory is the arena's.
 *
 * Y1  Every name that occurs in a scope has an entry in that scope, under its mangled name.        (sym_lookup)
 * Y2  After sym_build every entry's `kind` is set; a FREE entry has a CELL (or FREE) one in an enclosing function scope,
 *     or __class__ in a class.  */
#ifndef INTERP_FRONT_SYMTAB_H
#define INTERP_FRONT_SYMTAB_H
#include "interp/front/ast.h"
#include "interp/front/front.h"

typedef enum sym_kind {
    SYM_LOCAL = 1,               /* bound here (in a class or module scope: a name of its namespace) */
    SYM_GLOBAL_EXPLICIT,         /* declared global here */
    SYM_GLOBAL_IMPLICIT,         /* found nowhere: global, then builtin (in class and module scopes: locals first) */
    SYM_FREE,                    /* belongs to an enclosing function */
    SYM_CELL,                    /* bound here and used by a scope inside */
} sym_kind;

enum {                           /* sym_entry.flags: how the name occurs in the scope; the values are _symtable's */
    SYM_DEF_GLOBAL = 1,          /* global statement */
    SYM_DEF_LOCAL = 2,           /* assigned */
    SYM_DEF_PARAM = 4,
    SYM_DEF_NONLOCAL = 8,        /* nonlocal statement */
    SYM_USE = 16,
    SYM_DEF_FREE_CLASS = 64,     /* class scope: free here, and bound here too */
    SYM_DEF_IMPORT = 128,
    SYM_DEF_ANNOT = 256,         /* annotated */
    SYM_DEF_COMP_ITER = 512,     /* iteration variable of a comprehension */
    SYM_BOUND = SYM_DEF_LOCAL | SYM_DEF_PARAM | SYM_DEF_IMPORT,
};

typedef struct sym_entry {
    const ast_name *name;        /* mangled */
    uint16_t flags;
    uint8_t kind;                /* sym_kind */
    int32_t slot;                /* the compiler's to use; -1 at first */
} sym_entry;

typedef enum sym_scope_kind {
    SYM_MODULE, SYM_CLASS, SYM_FUNCTION, SYM_LAMBDA, SYM_COMPREHENSION,     /* from SYM_FUNCTION on: function-like */
    SYM_ANNOTATION,              /* annotations under `from __future__ import annotations`: names are noted, never code */
} sym_scope_kind;

typedef struct sym_scope sym_scope;
struct sym_scope {
    sym_scope_kind kind;
    ast_node *node;
    const ast_name *name;        /* function's or class's; "top", "lambda", "listcomp", "setcomp", "dictcomp", "genexpr" */
    const ast_name *class_name;  /* the class whose name mangles private names here; NULL: none */
    sym_scope *parent;           /* NULL: the module */
    sym_scope *first_child, *last_child, *next_sibling;     /* in the order of the source */
    int32_t lineno, col_offset, end_lineno, end_col_offset;

    sym_entry *entries;          /* in the order of first occurrence; parameters come first, in the order of
                                    co_varnames: positional-only, positional, keyword-only, *args, **kwargs.
                                    A comprehension's first entry is ".0". */
    uint32_t n_entries, n_params;
    uint32_t *index;             /* hash of positions in entries, index_mask + 1 of them; NULL while small */
    uint32_t index_mask;
    uint32_t cap_entries;

    bool nested;                 /* inside a function */
    bool is_generator;           /* has yield (or is a generator expression) */
    bool is_coroutine;           /* async def, or a comprehension with await or async for */
    bool has_varargs, has_varkeywords;
    bool returns_value;
    bool needs_class_closure;    /* class: some method uses __class__ (or super): make the __class__ cell */
    bool has_free, child_free;   /* it, or a scope inside, has free names */
    bool async_comprehension;    /* is one, see is_coroutine */
    bool has_import_star;
    bool has_annotations;        /* module or class: an annotated name somewhere in it: __annotations__ is wanted */

    /* Filled at the end, sorted by code points as co_cellvars and co_freevars are. */
    const ast_name **cellvars, **freevars;
    uint32_t n_cellvars, n_freevars;

    struct cc_code *code;        /* the compiler's, when it has compiled the scope */
};

enum { SYM_MAX_DEPTH = 2990 };    /* nested statements and expressions; CPython: three times its recursion limit */

typedef struct sym_table {
    sym_scope *top;
    ast_names *names;
    base_arena *arena;
    uint32_t future;             /* PY_FUTURE_* in force: the flags given, and the module's own */
} sym_table;

/* Classifies all names of `mod`, and checks its `from __future__` imports.  Raises what scopes alone can tell (global, nonlocal,
 * duplicate parameters, import *, walrus and yield in comprehensions); `return outside function` and its like are the compiler's.
 * A tree deeper than SYM_MAX_DEPTH is a RecursionError.  future: PY_FUTURE_* that are in force from outside (compile()'s flags).
 * false: *err holds the error with lineno, end_lineno, and byte columns from 0 in offset and end_offset (-1: none): the caller
 * completes it with py_front_locate. */
bool sym_build(ast_mod *mod, uint32_t future, base_arena *arena, sym_table **out, py_syntax_error *err) MUST_CHECK;

/* The entry of this (already mangled: sym_mangle) name in scope s itself; NULL: it does not occur there. */
sym_entry *sym_lookup(const sym_scope *s, const ast_name *mangled);
/* Mangles as the scope demands.  NULL: out of memory. */
const ast_name *sym_mangle(sym_table *t, const sym_scope *s, const ast_name *name) MUST_CHECK;

static inline bool sym_is_function_like(const sym_scope *s)
{
    return s->kind >= SYM_FUNCTION;
}

#endif
