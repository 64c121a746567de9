/* code.h: code objects: instructions, constants, tables. Immutable once made; caches are per thread and elsewhere. */
#ifndef INTERP_CODE_H
#define INTERP_CODE_H
#include "objspace/function.h"

typedef struct py_instr { uint16_t op, a, b, c; } py_instr;
#define PY_NO_REG 0xffff
#define PY_FRAME_WORDS 10                            /* registers reserved in a call area for the callee's frame header */
#define PY_ARGS(base) ((base) + 1 + PY_FRAME_WORDS)  /* first argument register of a call area */
static inline int32_t py_instr_bc(py_instr i) { return (int32_t)((uint32_t)i.b | (uint32_t)i.c << 16); }
static inline uint64_t py_instr_ext(py_instr i) { return (uint64_t)i.a | (uint64_t)i.b << 16 | (uint64_t)i.c << 32; }

typedef enum py_op {
#define OP(name, operands, flags, text) PY_OP_##name,
#include "interp/opcodes.def"
#undef OP
    PY_OP_COUNT
} py_op;

/* A range of instructions [start, end) whose exceptions go to handler, with the exception in register reg. Innermost first. */
typedef struct py_handler { uint32_t start, end, handler; uint16_t reg, pad; } py_handler;
/* Source position of an instruction; columns are byte offsets, -1 unknown. */
typedef struct py_position { int32_t line; int32_t end_line; int32_t col, end_col; } py_position;
/* An instruction that the compiler made and no statement has its last line negated: it begins no line for tracing. Its place is that of what it belongs to. */
static inline bool py_is_artificial(const py_position *p) { return p->end_line <= 0; }
static inline int32_t py_end_line(const py_position *p) { return p->line > 0 && p->end_line < 0 ? -p->end_line : p->end_line; }
/* A line that begins at instruction pc, before the instruction's own one, and has no instruction to itself: `pass`, `try:`, `break`, a name that is used
 * where it lies. In order of pc, then of time. Tracing reports them, f_lineno can go there, co_lines() tells them; otherwise they cost nothing. */
typedef struct py_mark { uint32_t pc, what; } py_mark;
enum { PY_MARK_OPERAND = 1, PY_MARK_INSIDE = 2, PY_MARK_LINE = 2, PY_MAX_LINE = 0x1fffffff };     /* a value that a later instruction takes; in the middle of an expression; shift of the line */
static inline int32_t py_mark_line(py_mark m) { return (int32_t)(m.what >> PY_MARK_LINE); }
typedef enum py_cache_kind { PY_CACHE_GLOBAL, PY_CACHE_ATTR, PY_CACHE_SETATTR, PY_CACHE_METHOD, PY_CACHE_NAME, PY_CACHE_SUPER } py_cache_kind;
typedef struct py_cache_info { ob_val name; py_cache_kind kind; } py_cache_info;    /* name interned, also in consts or names */

enum { PY_CO_OPTIMIZED = 1, PY_CO_NEWLOCALS = 2, PY_CO_VARARGS = 4, PY_CO_VARKEYWORDS = 8, PY_CO_NESTED = 0x10, PY_CO_GENERATOR = 0x20,
       PY_CO_COROUTINE = 0x80, PY_CO_ITERABLE_COROUTINE = 0x100, PY_CO_ASYNC_GENERATOR = 0x200, PY_CO_FUTURE_ANNOTATIONS = 0x1000000 };

/* Registers of a frame: parameters (positional-only, positional, keyword-only, *args, **kwargs in that order as in co_varnames),
 * other locals, cells made here that are not parameters (in cellvars order), free variables (in freevars order), temporaries.
 * A parameter that is captured is turned into a cell in place by MAKECELL at the start of the code.
 * The caller leaves registers [number of arguments bound .. nlocals + ncells) as OB_NULL. */
typedef struct py_code {
    ob_obj o;
    py_instr *code; uint32_t ncode;                  /* leaf block */
    uint32_t nregs;                                  /* incl. temporaries and call areas */
    uint32_t nlocals;                                /* len(varnames) */
    uint32_t ncellregs;                              /* cell registers behind the locals (cells that are not parameters) */
    uint32_t nfree;                                  /* free variable registers behind those */
    uint32_t argcount, posonly, kwonly, flags;
    int32_t firstlineno;
    ob_val consts;                                   /* tuple; what lies behind the first nshown are names for instructions */
    uint32_t nshown;                                 /* of consts, in co_consts */
    ob_val varnames, cellvars, freevars, names;      /* tuples of str */
    ob_val name, qualname, filename;
    py_handler *handlers; uint32_t nhandlers;        /* leaf block */
    py_position *positions;                          /* ncode entries, leaf block */
    py_mark *marks; uint32_t nmarks;                 /* leaf block */
    py_cache_info *caches; uint32_t ncaches;         /* block */
    ob_val *kconsts;                                 /* = items of consts, for the VM */
    struct py_code_threads *threads;                 /* malloc'ed: inline caches by thread number (run/cache.c) */
    _Atomic(struct py_live *) live;                  /* malloc'ed: code_live.h.  made when first asked for (MO: LIVE) */
    ob_val doc;                                      /* docstring or None: also consts[0] as CPython has it */
    _Atomic(uint32_t) heat;                          /* calls, for a later compiler */
} py_code;
static inline py_code *py_code_ptr(ob_val v) { return (py_code *)ob_ptr(v); }
static inline bool py_is_code(ob_val v) { return ob_is_exact(v, &ob_code_type); }

/* Everything a new code object needs; arrays are copied. Parts as in py_code. */
py_code *py_code_new(const py_code *parts);          /* NULL + MemoryError */
void py_code_find_accumulators(py_code *c);           /* accum.c: once, when c is new */
void py_code_dump(const py_code *c, void *file);     /* disassembly to a FILE*; nested code too */

/* The opcode table as data: operands and flags as opcodes.def writes them. */
enum { PY_OPF_FAILS = 1, PY_OPF_EXT = 2, PY_OPF_ENDS = 4, PY_OPF_PUSHES = 8 };
typedef struct py_op_desc { const char *name, *operands, *text; uint8_t flags; } py_op_desc;
extern const py_op_desc py_op_table[PY_OP_COUNT];
/* Raise it when the compiler makes other code of the same source, so that cached code is made again. */
#define PY_COMPILER_VERSION 11
static inline uint32_t py_code_mark(const py_code *c, uint32_t pc) {       /* index of the first mark at pc or behind it */
    uint32_t lo = 0, hi = c->nmarks;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (c->marks[mid].pc < pc) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}
uint32_t py_op_table_hash(void);                     /* changes with that, and when an instruction is added, moved or gets other operands */

/* Inline caches hang on code objects (run/frame.c). */
void py_code_free_caches(py_code *c);

#endif
