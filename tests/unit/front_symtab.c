/* front_symtab.c: where names belong. */
#include "base/arena.h"
#include "interp/front/symtab.h"
#include "tests/unit/unit.h"
#include <string.h>

static base_arena arena;
static ast_mod *mod;
static sym_table *table;
static py_syntax_error err;

static bool build(const char *src)
{
    py_front_release(mod);
    mod = NULL;
    base_arena_release(&arena);
    base_arena_init(&arena);
    return py_front_parse(src, strlen(src), "f", PY_PARSE_EXEC, PY_PARSE_IS_STR, &arena, &mod, &err, NULL)
        && sym_build(mod, 0, &arena, &table, &err);
}

/* The kind of a name in the scope that `path` leads to, through first children ('d') and next siblings ('n'). */
static int kind(const char *path, const char *name)
{
    const sym_scope *s = table->top;
    for (; *path && s; path++)
        s = *path == 'd' ? s->first_child : s->next_sibling;
    const ast_name *n = ast_intern(mod->names, name, strlen(name));
    const sym_entry *e = s && n ? sym_lookup(s, n) : NULL;
    return e ? e->kind : 0;
}

static bool fails(const char *src, const char *msg)
{
    return !build(src) && err.msg && strcmp(err.msg, msg) == 0;
}

TEST(a_name_of_an_outer_function_is_a_cell_there_and_free_here)
{
    CHECK_FATAL(build("def f(a):\n b = 1\n def g():\n  def h(): return a\n  return b\n return x\n"));
    CHECK(kind("d", "a") == SYM_CELL && kind("d", "b") == SYM_CELL && kind("d", "x") == SYM_GLOBAL_IMPLICIT);
    CHECK(kind("dd", "a") == SYM_FREE && kind("dd", "b") == SYM_FREE && kind("ddd", "a") == SYM_FREE);
    CHECK(table->top->first_child->n_cellvars == 2 && table->top->first_child->first_child->n_freevars == 2);
}

TEST(a_class_is_no_enclosing_scope_for_its_methods)
{
    CHECK_FATAL(build("class A:\n x = 1\n def f(self): return x\n"));
    CHECK(kind("d", "x") == SYM_LOCAL && kind("dd", "x") == SYM_GLOBAL_IMPLICIT);
}

TEST(super_makes_the_class_cell)
{
    CHECK_FATAL(build("class A:\n def f(self): super()\n def g(self): pass\n"));
    CHECK(table->top->first_child->needs_class_closure);
    CHECK(kind("dd", "__class__") == SYM_FREE);
}

TEST(comprehensions_have_scopes_and_the_first_iterable_is_outside)
{
    CHECK_FATAL(build("def f(x):\n return [y for y in x for z in w if (q := y)]\n"));
    CHECK(kind("d", "x") == SYM_LOCAL && kind("dd", "x") == 0);
    CHECK(kind("dd", "y") == SYM_LOCAL && kind("dd", ".0") == SYM_LOCAL);
    CHECK(kind("d", "q") == SYM_CELL && kind("dd", "q") == SYM_FREE);
}

TEST(private_names_are_mangled)
{
    CHECK_FATAL(build("class _A:\n def f(self, __x): return __x + __y__\n"));
    CHECK(kind("dd", "_A__x") == SYM_LOCAL && kind("dd", "__x") == 0 && kind("dd", "__y__") == SYM_GLOBAL_IMPLICIT);
}

TEST(parameters_come_first_in_their_order)
{
    CHECK_FATAL(build("def f(a, /, b, *c, d, **e): pass\n"));
    const sym_scope *s = table->top->first_child;
    static const char *const want[] = {"a", "b", "d", "c", "e"};
    CHECK_FATAL(s->n_params == 5);
    for (unsigned i = 0; i < 5; i++)
        CHECK(strcmp(s->entries[i].name->s, want[i]) == 0);
    CHECK(s->has_varargs && s->has_varkeywords);
}

TEST(kinds_of_functions)
{
    CHECK_FATAL(build("def g(): yield\nasync def c(): await x\nasync def a(): yield\n"));
    const sym_scope *s = table->top->first_child;
    CHECK(s->is_generator && !s->is_coroutine);
    s = s->next_sibling;
    CHECK(!s->is_generator && s->is_coroutine);
    s = s->next_sibling;
    CHECK(s->is_generator && s->is_coroutine);
}

TEST(declarations_keep_their_rules)
{
    CHECK(fails("def f():\n x = 1\n global x\n", "name 'x' is assigned to before global declaration"));
    CHECK(fails("def f(x):\n global x\n", "name 'x' is parameter and global"));
    CHECK(fails("def f():\n nonlocal x\n", "no binding for nonlocal 'x' found"));
    CHECK(fails("nonlocal x\n", "nonlocal declaration not allowed at module level"));
    CHECK(fails("def f(x, x): pass\n", "duplicate argument 'x' in function definition"));
    CHECK(fails("def f():\n from a import *\n", "import * only allowed at module level"));
    CHECK(fails("[x := 1 for x in y]\n", "assignment expression cannot rebind comprehension iteration variable 'x'"));
    CHECK(fails("from __future__ import braces\n", "not a chance"));
}

TEST(future_annotations_are_noted)
{
    CHECK_FATAL(build("'doc'\nfrom __future__ import annotations\ndef f(a: b): pass\n"));
    CHECK(table->future == PY_FUTURE_ANNOTATIONS && mod->future == PY_FUTURE_ANNOTATIONS);
    CHECK(kind("", "b") == 0);
}

TEST(trees_that_are_too_deep_are_refused)
{
    static char deep[20000];
    strcpy(deep, "a");
    for (int i = 0; i < 4000; i++)
        strcpy(deep + 1 + 2 * i, ".b");
    CHECK(!build(deep));
    CHECK(err.type && strcmp(err.type, "RecursionError") == 0);
}

int main(void)
{
    int status = unit_run();
    py_front_release(mod);
    base_arena_release(&arena);
    return status;
}
