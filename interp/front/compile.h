/* compile.h: from source text, or a syntax tree, to a code object.
 *
 * Errors are raised in the thread: SyntaxError and its kin with filename, lineno, offset, text, end_lineno, end_offset.  */
#ifndef INTERP_FRONT_COMPILE_H
#define INTERP_FRONT_COMPILE_H
#include "interp/code.h"
#include "interp/front/front.h"

/* Flags of compilation; PY_PARSE_* may be or-ed in.  Those above 16 bits and TOP_LEVEL_AWAIT are the numbers that compile() takes. */
enum {
    PY_COMPILE_TOP_LEVEL_AWAIT = 0x2000,         /* `await` at the top: the code is a coroutine */
    PY_COMPILE_FUTURE_ANNOTATIONS = PY_CO_FUTURE_ANNOTATIONS,
    PY_COMPILE_FUTURE_BARRY = 0x400000,          /* goes with PY_PARSE_BARRY */
};

/* Compiles src[0..len).  mode: EXEC, EVAL or SINGLE.  optimize: 0, 1 (-O: no asserts, __debug__ is False), 2 (-OO: no docstrings).
 * Futures of the calling code are not inherited: the caller adds its flags (PY_CO_FUTURE_ANNOTATIONS).  OB_NULL: raised. */
ob_val py_compile_source(const char *src, size_t len, ob_val filename, py_parse_mode mode, uint32_t flags, int optimize) MUST_CHECK;

/* One interactive statement of what has been typed so far. *incomplete: more may follow (the exception is raised all the same). */
ob_val py_compile_interactive(const char *src, size_t len, ob_val filename, bool *incomplete) MUST_CHECK;

/* As above, for a tree that is already there (ast module); src may be NULL (errors have no text then).  arena: the tree's. */
ob_val py_compile_tree(ast_mod *mod, base_arena *arena, const char *src, size_t len, ob_val filename, uint32_t flags,
                       int optimize) MUST_CHECK;

/* Raises what *err says (which may also be a MemoryError, ValueError …).  Always OB_NULL. */
ob_val py_raise_syntax_error(const py_syntax_error *err, ob_val filename);

/* Issues a warning of the parser or compiler, where somebody set a way to (the warnings module); false: it became an exception.
 * NULL, as at first: warnings are dropped. */
typedef bool py_warn_fn(ob_type *category, ob_val message, ob_val filename, int32_t lineno);
extern py_warn_fn *py_compile_warn;
/* Issues them all; src as given to the parser, for the line that an error shows.  false: raised. */
bool py_give_warnings(const py_warning *w, const char *src, size_t len, base_arena *arena, ob_val filename) MUST_CHECK;

/* Code objects as bytes, for the import cache and marshal.  Format: magic, number of the opcode table, length, CRC, then the
 * object; numbers little-endian.  Reading checks the CRC, every length, and the code itself (code_check.h), and raises ValueError. */
ob_val py_code_to_bytes(ob_val code) MUST_CHECK;
ob_val py_code_from_bytes(const uint8_t *bytes, size_t n) MUST_CHECK;

#endif
