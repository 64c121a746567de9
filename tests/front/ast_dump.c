/* ast_dump.c: what the front end makes of Python files, for tests/front/ast_compare.
 *
 *     ast_dump FILE ...            the tree of each file, or its error, one line a file
 *     ast_dump -y FILE ...         the scopes of each file, one line a file
 *     ast_dump -u -m eval -e < RECORDS    each source (an expression) as unparsed
 *     ast_dump -t N FILE ...       parse them all N times, print the time and the rate
 *     ast_dump -e [-m MODE] < RECORDS    sources separated by NUL; for each the error as one line, or OK                */
#include "base/arena.h"
#include "base/mem.h"
#include "base/mono.h"
#include "interp/front/front.h"
#include "interp/front/symtab.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *read_all(FILE *f, size_t *n)
{
    size_t room = 1 << 16;
    char *s = malloc(room);
    *n = 0;
    for (size_t got; s && (got = fread(s + *n, 1, room - *n - 1, f)) > 0;) {
        *n += got;
        if (room - *n < 4096)
            s = realloc(s, room *= 2);
    }
    if (s)
        s[*n] = 0;
    return s;
}

static void print_quoted(const char *s)
{
    if (!s) {
        printf("None");
        return;
    }
    putchar('"');
    for (; *s; s++)
        if (*s == '\n')
            printf("\\n");
        else if (*s == '"' || *s == '\\')
            printf("\\%c", *s);
        else
            putchar(*s);
    putchar('"');
}

static void print_error(const py_syntax_error *e)
{
    printf("%s: ", e->type);
    print_quoted(e->msg);
    printf(" %d %d %d %d ", e->lineno, e->offset, e->end_lineno, e->end_offset);
    print_quoted(e->text);
    putchar('\n');
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const sym_entry *const *)a)->name->s, (*(const sym_entry *const *)b)->name->s);
}

static void print_scope(const sym_scope *s)
{
    static const char *const types[] = {"module", "class", "function", "function", "function", "annotation"};
    const sym_entry **sorted = malloc((s->n_entries + 1) * sizeof *sorted);
    printf("(%s %s %d %d {", types[s->kind], s->name->s, s->lineno, s->nested);
    for (uint32_t i = 0; i < s->n_entries; i++)
        sorted[i] = &s->entries[i];
    qsort(sorted, s->n_entries, sizeof *sorted, by_name);
    for (uint32_t i = 0; i < s->n_entries; i++)
        printf("%s:%d,", sorted[i]->name->s, sorted[i]->flags | sorted[i]->kind << 11);
    printf("} [");
    for (uint32_t i = 0; i < s->n_params; i++)
        printf("%s,", s->entries[i].name->s);
    printf("]");
    for (const sym_scope *c = s->first_child; c; c = c->next_sibling)
        print_scope(c);
    printf(")");
    free(sorted);
}

static bool check(const char *src, size_t n, py_parse_mode mode, unsigned flags, bool symbols, bool dump, bool scopes, bool unparse)
{
    base_arena arena = {0};
    base_arena_init(&arena);
    ast_mod *mod;
    py_syntax_error err;
    py_warning *warnings;
    bool ok = py_front_parse(src, n, "f", mode, flags, &arena, &mod, &err, &warnings);
    if (ok && symbols) {
        sym_table *table;
        if (!sym_build(mod, 0, &arena, &table, &err)) {
            py_front_release(mod);
            py_front_locate(NULL, 0, &arena, err.offset, err.end_offset, &err);
            ok = false;
        } else if (scopes) {
            print_scope(table->top);
        }
    }
    if (!ok) {
        print_error(&err);
    } else {
        size_t length;
        if (unparse) {
            puts(ast_unparse_expr(&arena, mod->Expression.body, &length));
        } else if (scopes) {
            putchar('\n');
        } else if (dump) {
            char *text = ast_dump(mod, true, &length);
            if (text)
                puts(text);
            base_mem_free(text);
        } else {
            puts("OK");
        }
        py_front_release(mod);
    }
    base_arena_release(&arena);
    return ok;
}

static int records(py_parse_mode mode, bool symbols, bool unparse)
{
    size_t n;
    char *s = read_all(stdin, &n);
    for (char *p = s; p && p < s + n; p += strlen(p) + 1)
        check(p, strlen(p), mode, PY_PARSE_IS_STR, symbols, false, false, unparse);
    free(s);
    return 0;
}

static int measure(int times, char **files, int n_files, bool symbols)
{
    size_t lines = 0, bytes = 0;
    struct timespec a, b;
    char **texts = calloc((size_t)n_files, sizeof *texts);
    size_t *sizes = calloc((size_t)n_files, sizeof *sizes);
    for (int i = 0; i < n_files; i++) {
        FILE *f = fopen(files[i], "rb");
        texts[i] = f ? read_all(f, &sizes[i]) : NULL;
        if (f)
            fclose(f);
        for (size_t k = 0; k < sizes[i]; k++)
            lines += texts[i][k] == '\n';
        bytes += sizes[i];
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int t = 0; t < times; t++)
        for (int i = 0; i < n_files; i++) {
            base_arena arena = {0};
            base_arena_init(&arena);
            ast_mod *mod;
            py_syntax_error err;
            if (py_front_parse(texts[i], sizes[i], files[i], PY_PARSE_EXEC, 0, &arena, &mod, &err, NULL)) {
                sym_table *table;
                if (symbols && !sym_build(mod, 0, &arena, &table, &err))
                    fprintf(stderr, "%s: %s\n", files[i], err.msg);
                py_front_release(mod);
            }
            base_arena_release(&arena);
        }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) * 1e-9;
    printf("%zu lines, %zu bytes, %.3f s a round, %.0f lines/s\n", lines, bytes, s / times, (double)lines * times / s);
    return 0;
}

int main(int argc, char **argv)
{
    bool symbols = false, errors = false, scopes = false, unparse = false;
    py_parse_mode mode = PY_PARSE_EXEC;
    int at = 1, times = 0;
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "-s") == 0)
            symbols = true;
        else if (strcmp(argv[at], "-y") == 0)
            scopes = true;
        else if (strcmp(argv[at], "-u") == 0)
            unparse = true;
        else if (strcmp(argv[at], "-e") == 0)
            errors = true;
        else if (strcmp(argv[at], "-t") == 0 && at + 1 < argc)
            times = atoi(argv[++at]);
        else if (strcmp(argv[at], "-m") == 0 && at + 1 < argc)
            mode = argv[++at][0] == 's' ? PY_PARSE_SINGLE : argv[at][1] == 'v' ? PY_PARSE_EVAL : PY_PARSE_EXEC;
    }
    if (errors)
        return records(mode, symbols, unparse);
    if (times)
        return measure(times, argv + at, argc - at, symbols);
    for (; at < argc; at++) {
        FILE *f = fopen(argv[at], "rb");
        size_t n = 0;
        char *s = f ? read_all(f, &n) : NULL;
        if (f)
            fclose(f);
        if (!s) {
            printf("cannot read\n");
            continue;
        }
        check(s, n, mode, 0, symbols || scopes, true, scopes, false);
        free(s);
    }
    return 0;
}
