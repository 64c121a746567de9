/* lex_compat.c: what ast.parse's type_comments and feature_version ask of the tokenizer.  No locks. */
#include "interp/front/lex.h"
#include <string.h>

/* What stands behind `# type: `, whose blanks may be any number; NULL: it is a plain comment. */
static const char *comment_text(const char *s, const char *end)
{
    for (const char *want = "# type: "; *want; want++) {
        if (*want == ' ')
            s += strspn(s, " \t");
        else if (s < end && *s == *want)
            s++;
        else
            return NULL;
    }
    return s;
}

static bool is_ignore(const char *s, const char *end)
{
    size_t n = sizeof "ignore" - 1;
    if ((size_t)(end - s) < n || memcmp(s, "ignore", n) != 0)
        return false;
    unsigned char c = s + n < end ? (unsigned char)s[n] : ' ';
    return c < 128 && !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9');
}

bool py__lex_type_comment(py_lexer *lx, const char *start, bool *made)
{
    const char *end = lx->cur, *s = comment_text(start, end);
    *made = false;
    if (!s)
        return true;
    bool ignore = is_ignore(s, end);
    if (ignore)
        s += sizeof "ignore" - 1;
    const ast_name *text = ast_intern(lx->names, s, (size_t)(end - s));
    if (text && ignore) {
        py_type_ignore *i = base_arena_zalloc(lx->arena, sizeof *i);
        if (i) {
            *i = (py_type_ignore){.lineno = lx->lineno, .tag = text};
            *lx->ignores_tail = i;
            lx->ignores_tail = &i->next;
            return true;
        }
    } else if (text) {
        py_token *t = py__lex_add(lx, PY_T_TYPE_COMMENT, s, end);
        if (t)
            t->name = text;
        *made = t;
        return t;
    }
    lx->failed = PY_LEX_NOMEM;
    return false;
}

bool py__lex_async_keyword(py_lexer *lx, py_tok_kind kind, const char *end)
{
    if (lx->async_def)
        return true;
    const char *s = end + strspn(end, " \t\f");
    bool def = kind == PY_T_ASYNC && strncmp(s, "def", 3) == 0 && !((s[3] | 32) >= 'a' && (s[3] | 32) <= 'z') && s[3] != '_' &&
               !(s[3] >= '0' && s[3] <= '9') && (unsigned char)s[3] < 128;
    if (def) {
        lx->async_def = true;
        lx->async_def_nl = false;
        lx->async_def_indents = lx->indents;
    }
    return def;
}
