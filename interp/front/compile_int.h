/* compile_int.h: what the compiler's files share.  The prefix cc_ is theirs; nothing of it leaves this folder.
 *
 * The compiler makes cc_code records that know no objects: instructions, tables, and constants as C values.  build.c turns a
 * finished tree of them into code objects, so that no object has to be kept alive while compiling.
 *
 * C1  Temporaries are a stack above the fixed registers: a function that returns leaves u->top as it found it, but for a result
 *     that it was asked to leave at the old top.
 * C2  A register below u->fixed (a local) is written only by the last instruction of an evaluation, so that an exception leaves
 *     it as it was.
 * C3  While !u->live (behind a return, raise, jump) nothing is emitted, but errors are still found.
 * C4  u->bound has a bit for each local that surely has a value here.  */
#ifndef INTERP_FRONT_COMPILE_INT_H
#define INTERP_FRONT_COMPILE_INT_H
#include "base/vec.h"
#include "interp/code.h"
#include "interp/front/ast.h"
#include "interp/front/front.h"
#include "interp/front/symtab.h"

/* ---- constants (fold.c) ---- */
typedef enum cc_const_kind {
    CC_NONE, CC_TRUE, CC_FALSE, CC_ELLIPSIS, CC_INT, CC_BIGINT, CC_FLOAT, CC_COMPLEX, CC_STR, CC_BYTES, CC_TUPLE, CC_FROZENSET,
    CC_NAME,                     /* a str for instructions only: not shown in co_consts */
    CC_CODE,
} cc_const_kind;

/* Interned: equal constants of one compilation are one pointer (codes excepted). */
typedef struct cc_const cc_const;
struct cc_const {
    uint8_t kind;
    bool ascii;                  /* STR */
    uint32_t hash;
    uint32_t id;                 /* 0, 1, …: its place in the table of finished values */
    uint32_t n;                  /* bytes; items */
    union {
        int64_t i;
        double f;
        struct { double re, im; } z;
        const char *s;           /* BIGINT: "-0x…" */
        cc_const **items;
        const ast_name *name;
        struct cc_code *code;
    };
    cc_const *next;              /* same bucket */
};

/* ---- finished code ---- */
typedef struct cc_cache { const ast_name *name; uint8_t kind; } cc_cache;
typedef struct cc_names { const ast_name **at; uint32_t n; } cc_names;
typedef struct cc_code {
    py_instr *code;
    py_position *positions;
    py_handler *handlers;
    py_mark *marks;
    cc_cache *caches;
    cc_const **consts;
    uint32_t ncode, nhandlers, nmarks, ncaches, nconsts, nshown;
    uint32_t nregs, nlocals, ncellregs, nfree, argcount, posonly, kwonly, flags;
    int32_t firstlineno;
    cc_names varnames, cellvars, freevars, names;
    const ast_name *name;
    cc_const *qualname, *doc;
} cc_code;

enum { CC_CACHE_STORE_GLOBAL = PY_CACHE_GLOBAL | 0x40, CC_CACHE_KIND = 0x3f };   /* stores do not share with loads */

/* ---- emission (emit.c) ---- */
typedef uint32_t cc_reg;
#define CC_ANY 0xffffffffu       /* wanted register: whichever is best */

typedef struct cc_label {
    uint32_t id;                 /* index into u->labels */
    bool reached;                /* some jump goes there */
    uint32_t jumps;              /* how many do */
    uint64_t *bound;             /* locals bound on all of them */
} cc_label;

typedef enum cc_block_kind {
    CC_B_LOOP, CC_B_ASYNC_LOOP, CC_B_TRY, CC_B_FINALLY, CC_B_HANDLER, CC_B_GROUP_HANDLER, CC_B_FINALLY_END, CC_B_WITH, CC_B_ASYNC_WITH,
} cc_block_kind;

/* A statement block that is left by jumps through some code of its own.  On the C stack of the function that compiles it. */
typedef struct cc_block cc_block;
struct cc_block {
    cc_block *prev;
    cc_block_kind kind;
    cc_reg reg;                  /* of the exception; WITH: of the exit method */
    bool covered;                /* has a handler, which covers the code of the block */
    bool open;                   /* … from start on */
    uint32_t start;
    cc_reg handler_reg;
    cc_label *handler;
    cc_label *brk, *head;        /* loops: where break and continue go */
    const ast_stmt_seq *body;    /* FINALLY */
    const ast_name *name;        /* HANDLER: `as` name, to be deleted */
    const ast_node *node;        /* position of exit code */
};

typedef struct cc_fix { uint32_t pc; uint32_t what; uint8_t field; } cc_fix;    /* a constant's number to be put in */
enum { CC_FIX_B, CC_FIX_C, CC_FIX_BC, CC_FIX_EXT, CC_FIX_EXT_HI };
typedef struct cc_jump { uint32_t pc, label; } cc_jump;

typedef enum cc_unit_kind { CC_U_MODULE, CC_U_CLASS, CC_U_FUNCTION, CC_U_ASYNC_FUNCTION, CC_U_LAMBDA, CC_U_COMPREHENSION } cc_unit_kind;

typedef VEC(uint32_t) cc_index;

/* The vectors of a unit, kept for the next unit of the same depth. */
typedef struct cc_vectors {
    VEC(py_instr) code;
    VEC(py_position) pos;
    VEC(cc_jump) jumps;
    VEC(int32_t) labels;         /* pc or -1 */
    VEC(cc_fix) fixes;
    VEC(py_handler) handlers;
    VEC(py_mark) marks;
    VEC(cc_cache) caches;
    VEC(cc_const *) consts;
    VEC(const ast_name *) names;
    cc_index index;              /* hash: constant id -> position in consts */
    cc_index name_index;         /* hash: name id -> position in names */
    cc_index global_index;       /* hash: name id, kind -> position in caches */
} cc_vectors;

enum { CC_KEPT = 6 };

typedef struct cc_unit cc_unit;
struct cc_unit {
    cc_unit *outer;
    cc_unit_kind kind;
    sym_scope *scope;
    cc_code *out;
    cc_vectors *v;
    const ast_name *private;     /* class name for mangling */
    uint32_t depth;
    uint32_t barrier;            /* newest place that something is tied to: no instruction before it may go */
    cc_reg fixed, top, high;     /* first temporary; next free one; most ever used */
    cc_reg kept;                 /* registers kept + 0 … kept + CC_KEPT - 1 are for constants that loops use; CC_ANY: there are none */
    uint32_t nkept;
    cc_const *kept_const[CC_KEPT];   /* loaded at the start of the code */
    uint32_t loops;              /* that the code being written is in */
    bool has_loop;
    cc_reg class_cell;           /* register of __class__ in a class body that makes it; CC_ANY: none */
    bool live;
    uint32_t words;              /* of a bitset of locals */
    uint64_t *bound;             /* C4 */
    uint64_t *deleted;           /* locals that some statement unbinds */
    uint64_t *rebound;           /* locals that some := binds: never used in place */
    uint64_t *entry_deleted, *entry_rebound;     /* the same by entry of the scope, for locals that have no register yet */
    py_position at;              /* given to what is emitted */
    int32_t line;                /* that what was emitted or marked last belongs to; 0: other code may come here */
    cc_block *block;
    uint32_t nblocks;
};

typedef struct cc {
    base_arena *arena;
    ast_mod *mod;
    ast_names *names;
    sym_table *syms;
    const char *src; size_t len; /* NULL: unknown */
    py_syntax_error *err;
    py_warning **warn_tail;
    bool failed;
    bool has_walrus;             /* some := may be somewhere */
    bool plain_super;            /* the module does not bind `super` */
    bool interactive;
    bool top_level_await;
    bool future_annotations;
    int optimize;
    uint32_t recursion;
    cc_unit *u;
    VEC(cc_vectors *) pool;
    cc_const **buckets; uint32_t mask, nconsts;
    cc_const *none, *t, *f, *ellipsis, *empty_tuple;
    /* names that the compiler itself uses */
    const ast_name *n_class, *n_debug, *n_super, *n_name, *n_module, *n_qualname, *n_doc, *n_annotations, *n_classcell, *n_return,
        *n_locals, *n_listcomp, *n_setcomp, *n_dictcomp, *n_genexpr, *n_lambda, *n_modname, *n_dotzero, *n_star, *n_future;
} cc;

#define CC_MAX_DEPTH 3000        /* nesting of expressions and statements */
#define CC_MAX_BLOCKS 20         /* as Python has it */
#define CC_MAX_REG 65000

/* Errors: the first one is kept. at may be NULL (the current position). Positions in bytes; completed in compile.c. */
void cc_error(cc *c, const ast_node *at, const char *format, ...) PRINTF(3, 4);
void cc_error_type(cc *c, const char *type, const char *msg);
void cc_no_memory(cc *c);
void cc_warn(cc *c, const ast_node *at, const char *format, ...) PRINTF(3, 4);
bool cc_enter(cc *c);            /* recursion guard; false: failed */
static inline void cc_leave(cc *c) { c->recursion--; }
void *cc_alloc(cc *c, size_t n); /* NULL: failed */
const ast_name *cc_name(cc *c, const char *s);

/* emit.c */
#define CC_AT(c, node) cc_at((c), (const ast_node *)(node))
void cc_at(cc *c, const ast_node *n);
void cc_artificial(cc *c);                                               /* what is emitted from here to the next CC_AT begins no line */
/* Marks: lines without an instruction to themselves (py_mark). */
#define CC_MARK(c, node) cc_mark((c), ((const ast_node *)(node))->lineno, 0)
#define CC_MARK_OPERAND(c, node) cc_mark((c), ((const ast_node *)(node))->lineno, PY_MARK_OPERAND)
void cc_mark(cc *c, int32_t line, uint32_t flags);
uint32_t cc_emit(cc *c, py_op op, cc_reg a, cc_reg b, cc_reg x);         /* its pc */
void cc_emit_bc(cc *c, py_op op, cc_reg a, int32_t bc);
void cc_emit_k(cc *c, py_op op, cc_reg a, cc_const *k);                  /* constant in b,c */
void cc_emit_kb(cc *c, py_op op, cc_reg a, cc_const *k);                 /* constant in b */
void cc_emit_kc(cc *c, py_op op, cc_reg a, cc_reg b, cc_const *k);       /* constant in c */
void cc_emit_ext(cc *c, uint32_t low, cc_const *k, bool high);           /* EXT word: k alone, or low | k << 16 */
void cc_emit_attr(cc *c, py_op op, cc_reg a, cc_reg b, const ast_name *name, unsigned kind);
void cc_emit_global(cc *c, py_op op, cc_reg a, const ast_name *name, unsigned kind);
void cc_emit_jump(cc *c, py_op op, cc_reg a, cc_reg b, cc_label *to);
void cc_emit_loop(cc *c, cc_label *head);                                /* at the end of a loop's body */
void cc_emit_move(cc *c, cc_reg to, cc_reg from);
void cc_load_const(cc *c, cc_reg to, cc_const *k);
void cc_keep_registers(cc *c);                                           /* makes room for them, before the first temporary */
cc_reg cc_kept_const(cc *c, cc_const *k);                                /* register of k; CC_ANY: load it */
void cc_label_new(cc *c, cc_label *l);
void cc_bind(cc *c, cc_label *l);                                        /* here; joins the states */
void cc_bind_loop(cc *c, cc_label *l);                                   /* here, target of LOOP */
void cc_handler_state(cc *c, uint64_t *to);                              /* what is bound whenever code from here on may raise */
void cc_start_handler(cc *c, cc_label *l, const uint64_t *bound);        /* code that only exceptions reach */
void cc_region_open(cc *c, cc_block *b);
void cc_region_close(cc *c, cc_block *b);
cc_reg cc_temp(cc *c);                                                   /* the next temporary */
void cc_reserve(cc *c, cc_reg upto);                                     /* top may go up to here without being allocated */
cc_code *cc_finish(cc *c);                                               /* of the current unit; NULL: failed */
uint32_t cc_add_const(cc *c, cc_const *k);
uint32_t cc_add_name(cc *c, const ast_name *n);
static inline bool cc_bit(const uint64_t *set, uint32_t i) { return set[i >> 6] >> (i & 63) & 1; }
static inline void cc_set_bit(uint64_t *set, uint32_t i) { set[i >> 6] |= UINT64_C(1) << (i & 63); }
static inline void cc_clear_bit(uint64_t *set, uint32_t i) { set[i >> 6] &= ~(UINT64_C(1) << (i & 63)); }

/* fold.c */
bool cc_consts_init(cc *c);
cc_const *cc_const_of(cc *c, const ast_expr *e);         /* the value of a constant expression, folded; NULL: it is none */
cc_const *cc_const_int(cc *c, int64_t i);
cc_const *cc_const_str(cc *c, const char *s, size_t n);
cc_const *cc_const_tuple(cc *c, cc_const_kind kind, cc_const **items, uint32_t n);
cc_const *cc_const_name(cc *c, const ast_name *name);    /* hidden, for instructions */
cc_const *cc_const_name_str(cc *c, const ast_name *name);/* a str constant like any other */
cc_const *cc_const_code(cc *c, cc_code *code);
int cc_const_truth(const cc_const *k);                   /* 1 0 */
bool cc_const_imm(const cc_const *k, int32_t *out);      /* an int of 16 bits */

/* compile.c: units, names, functions, classes */
bool cc_enter_unit(cc *c, cc_unit *u, cc_unit_kind kind, sym_scope *scope, const ast_name *name, int32_t line);
cc_code *cc_leave_unit(cc *c);
typedef enum cc_ref_kind { CC_R_LOCAL, CC_R_CELL, CC_R_CLASSCELL, CC_R_GLOBAL, CC_R_NAME } cc_ref_kind;
typedef struct cc_ref { cc_ref_kind kind; cc_reg reg; const ast_name *name; } cc_ref;
cc_ref cc_resolve(cc *c, const ast_name *name);
const ast_name *cc_mangle(cc *c, const ast_name *name);
void cc_name_load(cc *c, const ast_name *name, cc_reg to);
void cc_name_store(cc *c, const ast_name *name, cc_reg from);
void cc_name_delete(cc *c, const ast_name *name);
cc_reg cc_name_local(cc *c, const ast_name *name);       /* register of a local; CC_ANY: it is none */
void cc_make_function(cc *c, cc_code *code, cc_reg to, cc_reg args, bool filled);
void cc_function_def(cc *c, ast_stmt *s);
void cc_class_def(cc *c, ast_stmt *s);
void cc_lambda(cc *c, ast_expr *e, cc_reg to);
void cc_comprehension(cc *c, ast_expr *e, cc_reg to);
bool cc_forbidden(cc *c, const ast_node *at, const ast_name *name, ast_expr_context ctx);
void cc_return_none(cc *c);
void cc_push_annotation(cc *c, ast_expr *e);
/* Compiles a tree; c is filled, to be released (cc_release) also after a failure. NULL: *err is filled. */
cc_code *cc_compile(ast_mod *mod, base_arena *arena, const char *src, size_t len, uint32_t flags, int optimize, py_syntax_error *err,
                    py_warning **warn_tail, cc *c);
void cc_release(cc *c);

/* compile_expr.c */
cc_reg cc_expr(cc *c, ast_expr *e);                      /* where the value is: a local, or a temporary at the old top (now taken) */
void cc_expr_to(cc *c, ast_expr *e, cc_reg to);          /* top as before */
void cc_expr_push(cc *c, ast_expr *e);                   /* into the next temporary */
void cc_expr_void(cc *c, ast_expr *e);
cc_reg cc_expr_fleeting(cc *c, ast_expr *e, bool set_too);    /* as cc_expr; the object is only looked at: displays may be constants */
void cc_jump_if(cc *c, ast_expr *e, bool when, cc_label *to);
const ast_expr *cc_last_compare(const ast_expr *e);
void cc_store(cc *c, ast_expr *target, cc_reg from);     /* assignment */
void cc_assign(cc *c, ast_expr *target, ast_expr *value);
void cc_delete(cc *c, ast_expr *target);
void cc_aug_assign(cc *c, ast_stmt *s);
typedef enum { CC_AWAIT_EXPR, CC_AWAIT_ENTER, CC_AWAIT_EXIT, CC_AWAIT_NEXT } cc_awaited;   /* what gave the value, for messages; NEXT: its __anext__() is awaited */
void cc_await(cc *c, cc_reg value, cc_reg to, cc_awaited what);   /* value: awaited; may be to */
void cc_attr_position(cc *c, const ast_expr *attr);
/* call areas: arguments of func(…) at base, whose callee is there already; CALL into to */
void cc_call_args(cc *c, cc_reg base, bool method, ast_expr **args, int32_t nargs, uint32_t extra, ast_keyword_seq *kw,
                  const ast_node *at, cc_reg to);

enum { CC_CHUNK = 64 };          /* values of a display held in registers before they go into the container */
/* compile_expr.c, compile_ops.c, compile_display.c, compile_call.c, compile_target.c among themselves (X1: compile_expr.c) */
cc_reg cc_result(cc *c, cc_reg mark, cc_reg want);
cc_reg cc_deliver(cc *c, cc_reg mark, cc_reg acc, cc_reg want);
void cc_push_const(cc *c, cc_const *k);
cc_reg cc_gen_name(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen(cc *c, ast_expr *e, cc_reg want);
void cc_binary_into(cc *c, py_op op, bool in_place, cc_reg to, cc_reg left, ast_expr *right, const void *at);
cc_reg cc_gen_binop(cc *c, ast_expr *e, cc_reg want);
cc_const *cc_const_items(cc *c, const ast_expr_seq *elts, cc_const_kind kind);
cc_reg cc_gen_compare(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_unary(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_boolop(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_ifexp(cc *c, ast_expr *e, cc_reg want);
bool cc_has_star(const ast_expr_seq *elts);
cc_reg cc_build_elements(cc *c, ast_expr **items, int32_t n, uint32_t have, bool set, const void *at);
cc_reg cc_gen_sequence(cc *c, ast_expr *e, ast_expr_seq *elts, cc_reg want);
cc_reg cc_gen_set(cc *c, ast_expr *e, cc_reg want);
void cc_flush_pairs(cc *c, cc_reg acc, uint32_t *pairs, bool *built, const void *at);
cc_reg cc_gen_dict(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_formatted(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_joined(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_percent(cc *c, ast_expr *e, const cc_const *text, cc_reg want);
bool cc_is_percent(cc *c, const ast_expr *e, const cc_const **text);
cc_reg cc_gen_attribute(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_subscript(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_slice(cc *c, ast_expr *e, cc_reg want);
cc_reg cc_gen_call(cc *c, ast_expr *e, cc_reg want);

/* compile_comp.c, compile_stmt.c, compile_try.c, compile_match.c */
void cc_body(cc *c, const ast_stmt_seq *body);
void cc_stmts(cc *c, const ast_stmt_seq *body, int32_t from);
/* One step of a loop; the asynchronous one is ended by cc_async_for_end. */
typedef struct cc_async_step { cc_label handler; cc_reg reg; uint64_t *bound; } cc_async_step;
void cc_for_step(cc *c, ast_expr *target, cc_reg it, cc_label *end, const void *at);
void cc_async_for_step(cc *c, cc_async_step *s, ast_expr *target, cc_reg it, const void *at);
void cc_async_for_end(cc *c, cc_async_step *s, const void *at);
void cc_try(cc *c, ast_stmt *s);
void cc_try_star(cc *c, ast_stmt *s);
void cc_with(cc *c, ast_stmt *s, int32_t item, bool async);
void cc_match(cc *c, ast_stmt *s);
void cc_unwind_to(cc *c, cc_block *to);                  /* exit code of the blocks inside `to`; their regions stay closed */
void cc_rewind(cc *c, cc_block *from, cc_block *to);     /* opens them again */
bool cc_block_push(cc *c, cc_block *b, cc_block_kind kind, const void *node);
void cc_block_pop(cc *c, cc_block *b);
void cc_scan_deleted(cc *c, const ast_stmt_seq *body);   /* fills u->deleted */
void cc_scan_walrus(cc *c, const ast_node *n);           /* fills u->rebound */

/* build.c: code objects */
ob_val cc_build(cc *c, cc_code *code, ob_val filename);    /* OB_NULL: raised */

/* check: interp/code_check.h is used on what comes out */
#endif
