/* front_parse.c: trees, errors with their places, and what running out of memory or depth does. */
#include "base/arena.h"
#include "base/mem.h"
#include "interp/front/front.h"
#include "tests/unit/unit.h"
#include <stdlib.h>
#include <string.h>

static base_arena arena;
static py_syntax_error err;
static py_warning *warnings;

/* The tree of src without places, or the error as "Type: message @line:offset-line:offset".  Valid until the next call. */
static const char *result(const char *src, py_parse_mode mode, unsigned flags)
{
    static char out[8192];
    ast_mod *mod;
    base_arena_release(&arena);
    base_arena_init(&arena);
    if (!py_front_parse(src, strlen(src), "f", mode, flags, &arena, &mod, &err, &warnings)) {
        snprintf(out, sizeof out, "%s: %s @%d:%d-%d:%d", err.type, err.msg ? err.msg : "", err.lineno, err.offset, err.end_lineno,
                 err.end_offset);
        return out;
    }
    size_t n;
    char *text = ast_dump(mod, false, &n);
    snprintf(out, sizeof out, "%s", text ? text : "out of memory");
    base_mem_free(text);
    py_front_release(mod);
    return out;
}
#define IS(src, want) CHECK(strcmp(result(src, PY_PARSE_EXEC, PY_PARSE_IS_STR), want) == 0)
#define VALUE(src, want) CHECK(strcmp(result(src, PY_PARSE_EVAL, PY_PARSE_IS_STR), "Expression(body=" want ")") == 0)

TEST(operators_bind_as_they_should)
{
    VALUE("1+2*3", "BinOp(left=Constant(value=1), op=Add(), right=BinOp(left=Constant(value=2), op=Mult(), right=Constant(value=3)))");
    VALUE("-2**2", "UnaryOp(op=USub(), operand=BinOp(left=Constant(value=2), op=Pow(), right=Constant(value=2)))");
    VALUE("not a is not b", "UnaryOp(op=Not(), operand=Compare(left=Name(id='a', ctx=Load()), ops=[IsNot()], "
          "comparators=[Name(id='b', ctx=Load())]))");
}

TEST(constants_of_every_kind)
{
    VALUE("0x1F", "Constant(value=31)");
    VALUE("123456789012345678901234567890", "Constant(value=123456789012345678901234567890)");
    VALUE("0xffffffffffffffffffff", "Constant(value=1208925819614629174706175)");
    VALUE("1e3", "Constant(value=1000.0)");
    VALUE(".5j", "Constant(value=0.5j)");
    VALUE("'a' \"'\"", "Constant(value=\"a'\")");
    VALUE("b'\\xff\\n'", "Constant(value=b'\\xff\\n')");
    VALUE("'\\N{LATIN SMALL LETTER A}\\u20ac'", "Constant(value='a\xe2\x82\xac')");
    VALUE("'\\ud800'", "Constant(value='\\ud800')");
}

TEST(f_strings_are_taken_apart)
{
    VALUE("f'a{b!r:>{w}}'", "JoinedStr(values=[Constant(value='a'), FormattedValue(value=Name(id='b', ctx=Load()), conversion=114, "
          "format_spec=JoinedStr(values=[Constant(value='>'), FormattedValue(value=Name(id='w', ctx=Load()), conversion=-1)]))])");
    VALUE("f'{x = }'", "JoinedStr(values=[Constant(value='x = '), FormattedValue(value=Name(id='x', ctx=Load()), conversion=114)])");
}

TEST(soft_keywords_are_names_elsewhere)
{
    IS("match = case = 1\n", "Module(body=[Assign(targets=[Name(id='match', ctx=Store()), Name(id='case', ctx=Store())], "
       "value=Constant(value=1))], type_ignores=[])");
    IS("match(x)\n", "Module(body=[Expr(value=Call(func=Name(id='match', ctx=Load()), args=[Name(id='x', ctx=Load())], keywords=[]))], "
       "type_ignores=[])");
    IS("match x:\n case _: pass\n", "Module(body=[Match(subject=Name(id='x', ctx=Load()), cases=[match_case(pattern=MatchAs(), "
       "body=[Pass()])])], type_ignores=[])");
}

TEST(with_items_may_stand_in_parentheses)
{
    IS("with (a as b, c): pass\n", "Module(body=[With(items=[withitem(context_expr=Name(id='a', ctx=Load()), optional_vars=Name(id='b', "
       "ctx=Store())), withitem(context_expr=Name(id='c', ctx=Load()))], body=[Pass()])], type_ignores=[])");
    IS("with (yield): pass\n", "Module(body=[With(items=[withitem(context_expr=Yield())], body=[Pass()])], type_ignores=[])");
}

TEST(errors_say_what_and_where)
{
    IS("a b\n", "SyntaxError: invalid syntax @1:3-1:4");
    IS("(a b)\n", "SyntaxError: invalid syntax. Perhaps you forgot a comma? @1:2-1:5");
    IS("if x = 3: pass\n", "SyntaxError: invalid syntax. Maybe you meant '==' or ':=' instead of '='? @1:4-1:9");
    IS("f() = 1\n", "SyntaxError: cannot assign to function call here. Maybe you meant '==' instead of '='? @1:1-1:4");
    IS("def f()\n pass\n", "SyntaxError: expected ':' @1:8-1:8");
    IS("if x:\npass\n", "IndentationError: expected an indented block after 'if' statement on line 1 @2:1-2:5");
    IS("x = (1,\ny = 2\n", "SyntaxError: '(' was never closed @1:5-1:0");
    IS("print x\n", "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? @1:1-1:8");
    IS("\xc3\xa9 \xc3\xa9\n", "SyntaxError: invalid syntax @1:3-1:4");
    IS("f'{a b}'\n", "SyntaxError: f-string: invalid syntax. Perhaps you forgot a comma? @1:2-1:5");
    CHECK(err.text != NULL && strcmp(err.text, "(a b)\n") == 0);
}

TEST(bytes_are_decoded_as_they_declare)
{
    CHECK(strstr(result("# coding: latin-1\n'\xe9'\n", PY_PARSE_EXEC, 0), "value='\xc3\xa9'") != NULL);
    CHECK(strstr(result("# coding: koi8-r\n'\xc1'\n", PY_PARSE_EXEC, 0), "value='\xd0\xb0'") != NULL);
    CHECK(strstr(result("# coding: nonsense\n", PY_PARSE_EXEC, 0), "unknown encoding: nonsense") != NULL);
    CHECK(strstr(result("x = 1\n'\xff'\n", PY_PARSE_EXEC, PY_PARSE_FROM_FILE), "Non-UTF-8 code starting with '\\xff' in file f on line 2") != NULL);
    CHECK(strstr(result("\xef\xbb\xbfx\n", PY_PARSE_EXEC, 0), "Name(id='x'") != NULL);
}

TEST(unfinished_input_asks_for_more)
{
    static const char *const unfinished[] = {"if x:\n", "(1,\n", "'''abc\n", "def f(:", "x = \\\n"};
    static const char *const wrong[] = {"a b\n", "x = )\n", "if x\n"};
    for (size_t i = 0; i < 3; i++) {
        result(unfinished[i], PY_PARSE_SINGLE, PY_PARSE_IS_STR | PY_PARSE_INTERACTIVE | PY_PARSE_DONT_IMPLY_DEDENT);
        CHECK(err.incomplete);
        result(wrong[i], PY_PARSE_SINGLE, PY_PARSE_IS_STR | PY_PARSE_INTERACTIVE | PY_PARSE_DONT_IMPLY_DEDENT);
        CHECK(err.type && !err.incomplete);
    }
}

TEST(bad_escapes_are_warned_of_once)
{
    result("'\\d'\n", PY_PARSE_EXEC, PY_PARSE_IS_STR);
    CHECK_FATAL(warnings != NULL);
    CHECK(strcmp(warnings->msg, "invalid escape sequence '\\d'") == 0);
    CHECK(strcmp(warnings->category, "DeprecationWarning") == 0);
    CHECK(warnings->next == NULL && warnings->lineno == 1);
}

TEST(no_depth_crashes_the_parser)
{
    enum { N = 200000 };
    static const char *const parts[] = {"(", "[", "{", "not ", "-", "lambda:", "f(", "a if ", "1 if 1 else ", "2**", "x[", "{1:", "(a:=", "*", "@"};
    char *s = malloc(N * 12 + 2);
    for (size_t i = 0; s && i < BASE_LENGTH(parts); i++) {
        size_t n = strlen(parts[i]);
        for (size_t k = 0; k < N; k++)
            memcpy(s + k * n, parts[i], n);
        memcpy(s + N * n, "1", 2);
        result(s, PY_PARSE_EXEC, PY_PARSE_IS_STR);
        CHECK(err.type != NULL);
    }
    free(s);
}

TEST(running_out_of_memory_is_an_error_like_others)
{
    static const char src[] = "class A:\n def f(self, x=1):\n  return [f'{y!r:{w}}' for y in 'a' 'b\\n']\n";
    for (uint64_t n = 1; n < 60; n++) {
        base_mem_fail_after(n);
        result(src, PY_PARSE_EXEC, PY_PARSE_IS_STR);
        base_mem_fail_after(0);
        CHECK(err.type == NULL || strcmp(err.type, "MemoryError") == 0);
    }
    CHECK(err.type == NULL);
}

int main(void)
{
    int status = unit_run();
    base_arena_release(&arena);
    return status;
}
