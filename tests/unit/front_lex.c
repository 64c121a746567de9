/* front_lex.c: the tokenizer: what it makes of text, and where it says no. */
#include "base/arena.h"
#include "interp/front/lex.h"
#include "tests/unit/unit.h"
#include <string.h>

static base_arena arena;
static ast_names names;

/* The tokens of src as text: "NAME x, OP +, …"; "!message" at the end where it fails. */
static const char *tokens(const char *src)
{
    static char out[4096];
    py_lexer lx = {.arena = &arena, .names = &names, .first_lineno = 1};
    base_arena_init(&arena);
    out[0] = 0;
    if (!py_lex_init_names(&names, &arena) || !py_lex_run(&lx, src, strlen(src)))
        return "out of memory";
    static const char *const kinds[] = {[PY_T_NAME] = "name", [PY_T_NUMBER] = "number", [PY_T_STRING] = "string",
                                        [PY_T_NEWLINE] = "newline", [PY_T_INDENT] = "indent", [PY_T_DEDENT] = "dedent", [PY_T_END] = "end",
                                        [PY_T_OTHER] = "other", [PY_T_ERROR] = "error"};
    for (uint32_t i = 0; i < lx.n; i++) {
        const py_token *t = &lx.toks[i];
        const char *kind = t->kind < BASE_LENGTH(kinds) && kinds[t->kind] ? kinds[t->kind] : "";
        size_t n = strlen(out);
        snprintf(out + n, sizeof out - n, "%s%s%.*s", i ? " " : "", kind, (int)(t->end - t->start), src + t->start);
    }
    if (lx.failed == PY_LEX_RAISED)
        snprintf(out + strlen(out), sizeof out - strlen(out), " %s", lx.err.msg);
    py_lex_release(&lx);
    ast_names_release(&names);
    base_arena_release(&arena);
    return out;
}
#define IS(src, want) CHECK(strcmp(tokens(src), want) == 0)
#define ENDS(src, want) CHECK(strstr(tokens(src), want) != NULL)

TEST(a_line_becomes_tokens_and_a_newline)
{
    IS("x = 1\n", "namex = number1 newline end");
    IS("if x: y\n", "if namex : namey newline end");
    IS("", "end");
}

TEST(longest_operators_win)
{
    IS("a**=b//=c>>=d<<=e->f:=g...\n", "namea **= nameb //= namec >>= named <<= namee -> namef := nameg ... newline end");
    IS("a<>b!=c@=d\n", "namea <> nameb != namec @= named newline end");
}

TEST(blocks_are_indented_and_dedented)
{
    IS("a:\n  b\n\n  # c\n  d\ne\n", "namea : newline indent nameb newline named newline dedent namee newline end");
    IS("a:\n b:\n  c\n", "namea : newline indent nameb : newline indent namec newline dedent dedent end");
}

TEST(brackets_and_backslashes_join_lines)
{
    IS("(a,\n b\n)\n", "( namea , nameb ) newline end");
    IS("a + \\\n b\n", "namea + nameb newline end");
}

TEST(numbers_of_every_kind)
{
    IS("0 0x1F 0o17 0b1_0 1_000 1.5 .5 1e5 1E-5 2j 1.j\n",
       "number0 number0x1F number0o17 number0b1_0 number1_000 number1.5 number.5 number1e5 number1E-5 number2j number1.j newline end");
    ENDS("012\n", "leading zeros in decimal integer literals are not permitted");
    ENDS("0b12\n", "invalid digit '2' in binary literal");
    ENDS("1__0\n", "invalid decimal literal");
    ENDS("1abc\n", "invalid decimal literal");
    ENDS("0xg\n", "invalid hexadecimal literal");
    IS("1if x else y\n", "number1 if namex else namey newline end");
}

TEST(strings_and_their_prefixes)
{
    IS("'a' \"b\" rb'c' F\"d\" '''e\nf'''\n", "string'a' string\"b\" stringrb'c' stringF\"d\" string'''e\nf''' newline end");
    IS("'\\'' x\n", "string'\\'' namex newline end");
    IS("bu'x'\n", "namebu string'x' newline end");
    ENDS("x = 'abc\n", "unterminated string literal (detected at line 1)");
    ENDS("'''abc\n\n", "unterminated triple-quoted string literal (detected at line 2)");
}

TEST(names_are_normalised)
{
    base_arena_init(&arena);
    CHECK_FATAL(py_lex_init_names(&names, &arena));
    py_lexer lx = {.arena = &arena, .names = &names, .first_lineno = 1};
    const char *src = "\xef\xac\x81 fi\n";      /* the ligature fi */
    CHECK_FATAL(py_lex_run(&lx, src, strlen(src)));
    CHECK(lx.toks[0].name == lx.toks[1].name);
    py_lex_release(&lx);
    ast_names_release(&names);
    base_arena_release(&arena);
}

TEST(characters_that_belong_nowhere)
{
    ENDS("x = \xe2\x82\xac\n", "invalid character '\xe2\x82\xac' (U+20AC)");
    ENDS("x\xc2\xa0y\n", "invalid non-printable character U+00A0");
    ENDS("x\001y\n", "invalid non-printable character U+0001");
    IS("$?\n", "other$ other? newline end");
}

TEST(brackets_must_match)
{
    ENDS("(]\n", "closing parenthesis ']' does not match opening parenthesis '('");
    ENDS("(\n]\n", "does not match opening parenthesis '(' on line 1");
    ENDS(")\n", "unmatched ')'");
    char deep[300];
    memset(deep, '(', 250);
    deep[250] = 0;
    ENDS(deep, "too many nested parentheses");
}

int main(void)
{
    return unit_run();
}
