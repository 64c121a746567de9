/* compile_dump.c: what the compiler makes of Python files; also run by tests/front/compile_all.
 *
 *     compile_dump [-O N] FILE ...        disassembly
 *     compile_dump [-O N] -q FILE ...     compile and check only; with -b through bytes and back
 *     compile_dump -t N FILE ...          compile them all N times, print time and rate
 *     compile_dump -c SOURCE              disassembly of a text
 *     compile_dump -e < RECORDS           sources separated by NUL; for each the exception as one line, or OK
 *     compile_dump -d FILE ...            what co_* say, for comparison with Python's
 *     compile_dump -p FILE ...            places of instructions that may fail, likewise                  */
#include "base/mono.h"
#include "interp/code_check.h"
#include "interp/front/compile.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/init.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t room = 1 << 16;
    char *s = malloc(room);
    *n = 0;
    for (size_t got; s && (got = fread(s + *n, 1, room - *n - 1, f)) > 0;) {
        *n += got;
        if (room - *n < 4096)
            s = realloc(s, room *= 2);
    }
    fclose(f);
    return s;
}

/* Checks nested code too; NULL: good. */
static const char *check_all(ob_val code)
{
    const py_code *c = py_code_ptr(code);
    const char *why = py_code_check(c);
    if (!why)
        why = py_code_check_flow(c);
    for (size_t i = 0; !why && i < ob_tuple_len(c->consts); i++)
        if (py_is_code(ob_tuple_at(c->consts, i)))
            why = check_all(ob_tuple_at(c->consts, i));
    return why;
}

static bool through_bytes(ob_val code)
{
    ob_val b = py_code_to_bytes(code);
    if (ob_is_null(b))
        return false;
    ob_val back = py_code_from_bytes(ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len);
    return !ob_is_null(back) && ob_eq(code, back) == 1;
}

static void print_pending(const char *path)
{
    ob_val e = ob_err_fetch();
    ob_val r = ob_is_null(e) ? e : ob_repr(e);
    printf("%s: %s\n", path, ob_is_null(r) ? "condition" : ob_str_wtf8(r, NULL));
}

static void describe(const py_code *c)
{
    ob_val parts[] = {c->qualname, c->varnames, c->cellvars, c->freevars};
    printf("%d", c->firstlineno);
    for (size_t i = 0; i < 4; i++) {
        ob_val r = ob_repr(parts[i]);
        printf(" %s", ob_is_null(r) ? "?" : ob_str_wtf8(r, NULL));
    }
    printf(" %u %u %u %x\n", c->argcount, c->posonly, c->kwonly, c->flags & ~0x1000u);
    for (size_t i = 0; i < ob_tuple_len(c->consts); i++)
        if (py_is_code(ob_tuple_at(c->consts, i)))
            describe(py_code_ptr(ob_tuple_at(c->consts, i)));
}

/* Instructions that have counterparts in Python's bytecode. */
static const char *class_of(py_op op)
{
    switch (op) {
    case PY_OP_CALL: case PY_OP_CALLM: case PY_OP_CALLKW: case PY_OP_CALLMKW: case PY_OP_CALLEX: return "call";
    case PY_OP_GETATTR: case PY_OP_GETMETHOD: return "attr";
    case PY_OP_SETATTR: return "setattr";
    case PY_OP_DELATTR: return "delattr";
    case PY_OP_GETITEM: case PY_OP_GETITEM_I: return "item";
    case PY_OP_SETITEM: return "setitem";
    case PY_OP_DELITEM: return "delitem";
    case PY_OP_NEG: case PY_OP_INVERT: return "unary";
    case PY_OP_LOADGLOBAL: case PY_OP_LOADNAME: return "global";
    case PY_OP_RAISE: return "raise";
    case PY_OP_UNPACK: case PY_OP_UNPACKEX: return "unpack";
    case PY_OP_GETITER: return "iter";
    case PY_OP_FOR_ITER: return "next";
    case PY_OP_IMPORTNAME: return "import";
    case PY_OP_IMPORTFROM: return "from";
    case PY_OP_WITHENTER: return "with";
    case PY_OP_FORMATVAL: return "format";
    case PY_OP_EXCMATCH: return "match";
    case PY_OP_YIELD: return "yield";
    case PY_OP_CHECK: case PY_OP_NOP: return NULL;
    case PY_OP_LT: case PY_OP_LE: case PY_OP_EQ: case PY_OP_NE: case PY_OP_GT: case PY_OP_GE: return "compare";
    default:
        if (op >= PY_OP_ADD && op <= PY_OP_ISUB_I)
            return "binary";
        return op >= PY_OP_JLT && op <= PY_OP_JNGE_I ? "compare" : NULL;
    }
}

static void places(const py_code *c)
{
    for (uint32_t pc = 0; pc < c->ncode; pc++) {
        const char *k = class_of((py_op)c->code[pc].op);
        const py_position *p = &c->positions[pc];
        if (k)
            printf("%s %d %d %d %d\n", k, p->line, p->end_line, p->col, p->end_col);
    }
    for (size_t i = 0; i < ob_tuple_len(c->consts); i++)
        if (py_is_code(ob_tuple_at(c->consts, i)))
            places(py_code_ptr(ob_tuple_at(c->consts, i)));
}

static bool one(const char *path, const char *src, size_t n, int optimize, char how)
{
    ob_val name = ob_str_from_c(path);
    ob_val code = py_compile_source(src, n, name, PY_PARSE_EXEC, PY_PARSE_FROM_FILE, optimize);
    if (ob_is_null(code)) {
        print_pending(path);
        return false;
    }
    const char *why = check_all(code);
    if (why)
        printf("%s: %s\n", path, why);
    else if (how == 'b' && !through_bytes(code))
        printf("%s: not the same after bytes\n", path);
    else if (how == 'd')
        describe(py_code_ptr(code));
    else if (how == 'p')
        places(py_code_ptr(code));
    else if (!how)
        py_code_dump(py_code_ptr(code), stdout);
    return !why;
}

static void measure(int times, int argc, char **argv)
{
    size_t total = 0, lines = 0;
    char **src = calloc((size_t)argc, sizeof *src);
    size_t *n = calloc((size_t)argc, sizeof *n);
    for (int i = 0; i < argc; i++)
        if ((src[i] = read_all(argv[i], &n[i]))) {
            total += n[i];
            for (size_t k = 0; k < n[i]; k++)
                lines += src[i][k] == '\n';
        }
    int64_t t = base_mono_ns();
    for (int k = 0; k < times; k++)
        for (int i = 0; i < argc; i++)
            if (src[i] && ob_is_null(py_compile_source(src[i], n[i], ob_str_from_c(argv[i]), PY_PARSE_EXEC, PY_PARSE_FROM_FILE, 0)))
                ob_err_clear();
    double s = (double)(base_mono_ns() - t) / 1e9 / times;
    printf("%.3f s, %.1f MB/s, %.0f lines/s\n", s, (double)total / 1e6 / s, (double)lines / s);
}

static void print_error(ob_val e)
{
    static const char *const names[] = {"msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset"};
    printf("%s", ob_type_short_name(ob_type_of(e)));
    for (size_t i = 0; i < BASE_LENGTH(names); i++) {
        ob_val v = ob_getattr_c(e, names[i]), r = ob_is_null(v) ? v : ob_repr(v);
        if (ob_failed())
            ob_err_clear();
        printf(" %s", ob_is_null(r) ? "-" : ob_str_wtf8(r, NULL));
    }
    putchar('\n');
}

/* Sources separated by NUL from stdin. */
static void errors(void)
{
    size_t n;
    char *all = read_all("/dev/stdin", &n);
    ob_val name = ob_str_from_c("<string>");
    for (char *s = all; s && s < all + n;) {
        size_t len = strnlen(s, (size_t)(all + n - s));
        ob_val code = py_compile_source(s, len, name, PY_PARSE_EXEC, PY_PARSE_IS_STR, 0);
        const char *why = ob_is_null(code) ? NULL : check_all(code);
        if (ob_is_null(code)) {
            print_error(ob_err_fetch());
        } else {
            puts(why ? why : "OK");
        }
        s += len + 1;
    }
    free(all);
}

int main(int argc, char **argv)
{
    int optimize = 0, failed = 0, i = 1;
    char how = 0;
    if (!ob_init())
        return 3;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "-O"))
            optimize = atoi(argv[++i]);
        else if (!strcmp(argv[i], "-q") || !strcmp(argv[i], "-b") || !strcmp(argv[i], "-d") || !strcmp(argv[i], "-p"))
            how = argv[i][1];
        else if (!strcmp(argv[i], "-e")) {
            errors();
            return 0;
        } else if (!strcmp(argv[i], "-c"))
            return !one("<string>", argv[i + 1], strlen(argv[i + 1]), optimize, 0);
        else if (!strcmp(argv[i], "-t")) {
            measure(atoi(argv[i + 1]), argc - i - 2, argv + i + 2);
            return 0;
        }
    }
    for (; i < argc; i++) {
        size_t n;
        char *src = read_all(argv[i], &n);
        if (!src || !one(argv[i], src, n, optimize, how))
            failed++;
        free(src);
    }
    if (how && how != 'd' && how != 'p')
        printf("%d failed\n", failed);
    return failed != 0;
}
