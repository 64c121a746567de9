/* front.h: from source text to a syntax tree; what the compiler, compile(), the REPL and import call.
 *
 * Nothing here knows the object space: an error is a record, from which the caller makes the exception.  */
#ifndef INTERP_FRONT_FRONT_H
#define INTERP_FRONT_FRONT_H
#include "interp/front/ast.h"
#include <stdatomic.h>

typedef enum py_parse_mode {
    PY_PARSE_EXEC,               /* a file: ast Module */
    PY_PARSE_EVAL,               /* an expression: ast Expression */
    PY_PARSE_SINGLE,             /* one interactive statement: ast Interactive */
    PY_PARSE_FUNC_TYPE,          /* "(int, str) -> bool": ast FunctionType */
} py_parse_mode;

enum {                           /* flags */
    PY_PARSE_FROM_FILE = 1,      /* src is a script's bytes: encoding errors are worded for files, and name the file */
    PY_PARSE_IS_STR = 2,         /* src came from a str: an encoding declaration and a BOM are ignored, not obeyed */
    PY_PARSE_INTERACTIVE = 4,    /* more text may follow: an error at the end of src sets err->incomplete */
    PY_PARSE_DONT_IMPLY_DEDENT = 8,     /* SINGLE: a block must be ended by an empty line */
    PY_PARSE_NO_WARNINGS = 16,
    PY_PARSE_TYPE_COMMENTS = 32, /* `# type: …` becomes part of the tree */
    PY_PARSE_BARRY = 64,         /* `<>` instead of `!=` */
    PY_PARSE_VERSION = 0x100,    /* times (minor version + 1): what that Python 3 did not know is an error; 0: this one */
};

/* Features of __future__, as bits.  All but annotations (and barry_as_FLUFL) are always on and accepted without effect. */
enum {
    PY_FUTURE_ANNOTATIONS = 1,
    PY_FUTURE_BARRY = 2,
};

/* A SyntaxError or its kin: the arguments of the exception.  Strings live in the arena of the parse. */
typedef struct py_syntax_error {
    const char *type;            /* "SyntaxError", "IndentationError", "TabError", "MemoryError", "RecursionError",
                                    "ValueError" (null bytes in a str), "UnicodeDecodeError"; NULL: no error */
    const char *msg;             /* UTF-8 */
    int32_t lineno, offset;      /* from 1; offset in characters, 0: none */
    int32_t end_lineno, end_offset;
    bool no_end_offset;          /* it is None */
    const char *text;            /* the source line, UTF-8, with its newline if it has one; NULL: None */
    bool incomplete;             /* PY_PARSE_INTERACTIVE: more input might make it right */
} py_syntax_error;

typedef struct py_warning {
    struct py_warning *next;
    const char *category;        /* "SyntaxWarning", "DeprecationWarning" */
    const char *msg;
    int32_t lineno;
    /* Should the warning be turned into an error, it is SyntaxError(msg) at this place, of this line. */
    int32_t offset, end_lineno, end_offset;
} py_warning;

/* Where the limit of decimal digits of an int literal stands (sys.set_int_max_str_digits; 0: none). NULL, as at first: no limit. */
extern const _Atomic(int) *py_front_int_digits;

/* Parses src[0..len) into *out, a tree in `arena`.  false: *err is filled.  *warnings (may be NULL) gets a list, in the order
 * of the source.  filename appears in messages only.  The tree's names table is malloc'ed: py_front_release(mod) when the tree
 * is no longer needed, before the arena is released. */
bool py_front_parse(const char *src, size_t len, const char *filename, py_parse_mode mode, unsigned flags, base_arena *arena,
                    ast_mod **out, py_syntax_error *err, py_warning **warnings) MUST_CHECK;
void py_front_release(ast_mod *mod);

/* Completes an error that was found after parsing (symbol table, compiler): offset and end_offset from byte columns col and
 * end_col (from 0; -1: none), which CPython does not convert to characters there, and text: the line err->lineno of src, or NULL
 * where src is NULL.  Give src only where the program is a file: for others CPython shows no line. */
void py_front_locate(const char *src, size_t len, base_arena *arena, int32_t col, int32_t end_col, py_syntax_error *err);

/* The source text of an expression as `from __future__ import annotations` stores it.  NUL-terminated, in the arena; its
 * length in *n.  NULL: out of memory. */
const char *ast_unparse_expr(base_arena *arena, const ast_expr *e, size_t *n) MUST_CHECK;

/* What ast.dump(tree, include_attributes=attributes) prints.  malloc'ed, caller frees; NULL: out of memory. */
char *ast_dump(const ast_mod *mod, bool attributes, size_t *n) MUST_CHECK;

#endif
