/* lex.h: the tokenizer: decoded source text to one flat array of tokens. */
#ifndef INTERP_FRONT_LEX_H
#define INTERP_FRONT_LEX_H
#include "interp/front/ast.h"
#include "interp/front/front.h"
#include "interp/front/tok.def"

#define PY_TOK_KIND_(k, text) PY_T_##k,
typedef enum py_tok_kind {
    PY_KEYWORDS(PY_TOK_KIND_)    /* first: the kind of a keyword is the id of its interned name */
    PY_T_NAME, PY_T_NUMBER, PY_T_STRING, PY_T_NEWLINE, PY_T_INDENT, PY_T_DEDENT, PY_T_END,
    PY_T_TYPE_COMMENT,           /* `# type: …`, where they are wanted; name: what it says */
    PY_T_OTHER,                  /* a character that is no token of Python: $ ? ! */
    PY_T_ERROR,                  /* lexer.err says what; always the last token */
    PY_OPERATORS(PY_TOK_KIND_)
    PY_TOK_KINDS
} py_tok_kind;
enum { PY_N_KEYWORDS = PY_T_NAME };

#define PY_SOFT_ID_(k, text) PY_SOFT_##k,
enum { PY_SOFT_BEFORE_ = PY_N_KEYWORDS - 1, PY_SOFT_KEYWORDS(PY_SOFT_ID_) PY_SOFT_END_ };     /* ids of their names */

typedef struct py_token {
    uint8_t kind;                /* py_tok_kind */
    bool ascii;                  /* STRING: no byte above 127 */
    uint16_t level;              /* open brackets, after this token */
    uint32_t start, end;         /* bytes of the source; INDENT, DEDENT, END: where the tokenizer stood, twice */
    int32_t lineno, col;         /* col -1: INDENT, DEDENT, END, ERROR */
    int32_t end_lineno, end_col;
    const ast_name *name;        /* NAME and keywords; TYPE_COMMENT */
} py_token;

typedef struct py_source {       /* decoded text: UTF-8, '\n' line ends, a NUL behind the end */
    char *text;                  /* malloc'ed */
    size_t n;
    size_t skip;                 /* bytes of `given` before the text (a BOM) */
    bool declared;               /* its encoding is known, from a declaration, a BOM, or because it was a str */
} py_source;

typedef enum py_lex_error {      /* what an ERROR token means */
    PY_LEX_OK, PY_LEX_RAISED,    /* RAISED: err is complete */
    PY_LEX_EOF,                  /* inside brackets, or after a backslash */
    PY_LEX_DEDENT, PY_LEX_TABSPACE, PY_LEX_TOODEEP, PY_LEX_LINECONT, PY_LEX_NOMEM,
} py_lex_error;

enum { PY_MAX_INDENT = 100, PY_MAX_PARENS = 200 };

typedef struct py_type_ignore {  /* a comment `# type: ignore…` */
    struct py_type_ignore *next;
    int32_t lineno;
    const ast_name *tag;         /* what stands behind it */
} py_type_ignore;

typedef struct py_lexer {
    const char *src, *end, *cur, *line_start;
    const char *multi_line_start;        /* line on which the string being scanned begins */
    int32_t lineno, first_lineno, first_col;     /* of the text's begin: an f-string's expression stands somewhere */
    base_arena *arena;
    ast_names *names;
    py_token *toks;              /* malloc'ed */
    uint32_t n, cap;
    uint32_t eof_tok;            /* index of the first token for which the end of the text was reached */
    uint32_t level;
    struct { char c; int32_t lineno, col; } paren[PY_MAX_PARENS];
    uint32_t indents;            /* depth of the stack below */
    int32_t indent[PY_MAX_INDENT], alt_indent[PY_MAX_INDENT];
    bool single;                 /* mode SINGLE: the end counts as an empty line */
    bool dont_imply_dedent;
    bool quiet;                  /* no warnings */
    bool byte_columns;           /* of the place of malformed text */
    bool type_comments;          /* comments of types are tokens (lex_compat.c) */
    bool async_names;            /* `async` and `await` are names outside of `async def` (lex_compat.c) */
    bool async_def, async_def_nl;        /* … inside one, behind its first line */
    uint32_t async_def_indents;
    py_type_ignore *ignores, **ignores_tail;
    py_lex_error failed;
    bool eof_in_string;          /* the error is a text that ends inside a triple-quoted string */
    py_syntax_error err;
    py_warning **warn_tail;      /* NULL: none wanted */
} py_lexer;

/* Checks the encoding declaration and makes UTF-8 of src.  false: err is filled. */
bool py_source_decode(py_source *s, const char *src, size_t len, const char *filename, py_parse_mode mode, unsigned flags,
                      base_arena *arena, py_syntax_error *err) MUST_CHECK;

/* The table of names with all keywords in it, keyword k having id k. */
bool py_lex_init_names(ast_names *names, base_arena *arena) MUST_CHECK;
/* Fills lx->toks to an END or ERROR token.  src[n] must be NUL.  false: out of memory. */
bool py_lex_run(py_lexer *lx, const char *src, size_t n) MUST_CHECK;
void py_lex_release(py_lexer *lx);

/* lex.c, lex_compat.c: one token; NULL: out of memory, lx->failed says so. */
py_token *py__lex_add(py_lexer *lx, py_tok_kind kind, const char *start, const char *end);
/* The comment from start to lx->cur: makes its token, or notes what is to be ignored.  false: out of memory. */
bool py__lex_type_comment(py_lexer *lx, const char *start, bool *made) MUST_CHECK;
/* Is the word that ends at `end`, `async` or `await`, a keyword? */
bool py__lex_async_keyword(py_lexer *lx, py_tok_kind kind, const char *end);

/* Adds a warning at a line. */
void py_lex_warn(py_lexer *lx, const char *category, int32_t lineno, int32_t offset, int32_t end_offset, const char *msg);
/* printf into the arena; NULL: out of memory. */
const char *py_front_printf(base_arena *arena, const char *format, ...) PRINTF(2, 3);
/* Length of one UTF-8 encoded character at s, 0 if it is not well-formed (surrogates are not, unless wtf8). */
unsigned py_utf8_len(const unsigned char *s, size_t n, bool wtf8);
/* Bytes of what is malformed at s, in n bytes: as many as Python replaces by one U+FFFD. */
unsigned py_utf8_bad(const unsigned char *s, size_t n, const char **reason);
/* The first malformed sequence of n bytes, as a UnicodeDecodeError words it; NULL: out of memory. */
const char *py_utf8_complaint(base_arena *arena, const char *s, size_t n);
/* A copy in which malformed sequences are replaced; NULL: out of memory. */
const char *py_utf8_replaced(base_arena *arena, const char *s, size_t n);
/* Characters in n bytes of UTF-8. */
int32_t py_utf8_chars(const char *s, size_t n);
extern const char *const py_tok_text[PY_TOK_KINDS];

#endif
