/* front_fuzz.c: mutated programs for the tokenizer, the parser, the compiler and the checker of its code.
 *
 *     front_fuzz [-s SECONDS] [-r SEED] [-i INPUT] FILE ...      FILEs are the seeds; -i runs one input, as a failure has left it
 *
 * Nothing may crash, and whatever is compiled must pass the checker and survive being written as bytes.  The input that is being run lies in
 * ./front_fuzz.input: its first two bytes choose mode and flags, the rest is the text.  With -DAPO_LIBFUZZER the same function is a target of
 * libFuzzer (clang -fsanitize=fuzzer,address,undefined), without a main of its own. */
#include "interp/code_check.h"
#include "interp/front/compile.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/heap.h"
#include "objspace/init.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- what is done with one input ---- */

static void check_all(ob_val code)
{
    const py_code *c = py_code_ptr(code);
    const char *why = py_code_check(c);
    if (!why)
        why = py_code_check_flow(c);
    if (why) {
        fprintf(stderr, "front_fuzz: bad code: %s\n", why);
        abort();
    }
    for (size_t i = 0; i < ob_tuple_len(c->consts); i++)
        if (py_is_code(ob_tuple_at(c->consts, i)))
            check_all(ob_tuple_at(c->consts, i));
}

static void compile_text(const char *src, size_t n, py_parse_mode mode, uint32_t flags, int optimize)
{
    ob_val code = py_compile_source(src, n, ob_str_intern_c("<fuzz>"), mode, flags, optimize);
    if (!ob_is_null(code)) {
        check_all(code);
        ob_val bytes = py_code_to_bytes(code);
        ob_val back = ob_is_null(bytes) ? bytes : py_code_from_bytes(ob_bytes_ptr(bytes)->data, ob_bytes_ptr(bytes)->len);
        int same = ob_is_null(back) ? -1 : ob_eq(code, back);
        bool too_deep = same < 0 && (ob_is_null(bytes) || ob_err_matches(&ob_exc_RecursionError) || ob_err_matches(&ob_exc_MemoryError));
        if (same != 1 && !too_deep) {
            fprintf(stderr, "front_fuzz: does not survive as bytes\n");
            abort();
        }
    }
    ob_err_clear();
}

/* The tree with all that only ast.parse asks for, as text. */
static void dump_text(const char *src, size_t n, py_parse_mode mode, uint32_t flags)
{
    base_arena arena;
    ast_mod *mod;
    py_syntax_error err;
    py_warning *warnings;
    size_t len;
    base_arena_init(&arena);
    if (py_front_parse(src, n, "<fuzz>", mode, flags, &arena, &mod, &err, &warnings)) {
        free(ast_dump(mod, true, &len));
        if (mod->kind == AST_Expression && !ast_unparse_expr(&arena, mod->Expression.body, &len))
            fprintf(stderr, "front_fuzz: no memory\n");
        py_front_release(mod);
    }
    base_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    static unsigned runs;
    if (!ready && !(ready = ob_init()))
        exit(3);
    if (size < 2)
        return 0;
    char *src = malloc(size - 1);                    /* of the exact size, with the NUL that callers promise */
    if (!src)
        return 0;
    memcpy(src, data + 2, size - 2);
    src[size - 2] = 0;
    py_parse_mode mode = (py_parse_mode)(data[0] & 3);
    uint32_t flags = (data[0] & 4 ? PY_PARSE_IS_STR : 0) | (data[0] & 8 ? PY_PARSE_INTERACTIVE : 0) | (data[0] & 16 ? PY_PARSE_DONT_IMPLY_DEDENT : 0) |
                     (data[0] & 32 ? PY_PARSE_FROM_FILE : 0) | (data[0] & 64 ? PY_PARSE_BARRY : 0);
    uint32_t tree_flags = flags | (data[1] & 1 ? PY_PARSE_TYPE_COMMENTS : 0) | (data[1] & 2 ? (data[1] >> 4) * PY_PARSE_VERSION : 0);
    dump_text(src, size - 2, mode, tree_flags);
    if (mode != PY_PARSE_FUNC_TYPE)
        compile_text(src, size - 2, mode, flags | (data[1] & 4 ? PY_COMPILE_FUTURE_ANNOTATIONS : 0) | (data[1] & 8 ? PY_COMPILE_TOP_LEVEL_AWAIT : 0), data[1] >> 4 & 1);
    free(src);
    if (++runs % 2000 == 0)
        ob_gc_collect();
    return 0;
}

#ifndef APO_LIBFUZZER

/* ---- mutations ---- */

enum { MAX_INPUT = 1 << 16, MAX_SEEDS = 20000 };
static struct { const char *s; size_t n; } seeds[MAX_SEEDS];
static size_t nseeds;
static uint64_t state;
static uint8_t *input;                               /* shared with the file that a crash leaves */
static size_t input_n;

static uint32_t chance(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below ? (uint32_t)(state >> 20) % below : 0;
}

static const char *const words[] = {
    "(", ")", "[", "]", "{", "}", ":", ",", ";", "=", ":=", "*", "**", "->", "...", "==", "!=", "<>", "@", "\n", "\n    ", "\n        ", "\t", " ", "\\\n", "#", "# type: ignore", "# type: int",
    "\"", "'", "\"\"\"", "'''", "f'", "f\"{", "}\"", "b'", "rb'", "\\N{", "\\x", "\\u12", "!r", ":{", "0x", "0o7", "0b1", "1_0", "1e5", "1j", "0777", "99999999999999999999999",
    "if ", "else", "elif ", "while ", "for ", " in ", "def f(", "class A", "lambda ", "try:", "except ", "except* ", "finally:", "with ", " as ", "match x:", "case ", "_", "async ", "await ",
    "yield ", "yield from ", "return ", "global x", "nonlocal x", "del ", "import ", "from ", "from __future__ import annotations\n", "pass", "break", "continue", "raise ", "assert ", "not ", " is ", " and ",
    " or ", "None", "True", "__debug__", "__class__", "super()", "__x", "print ", "x", "y", "\xc3\xa4", "\xff", "\xe2\x82", "\0", "\r", "\f", "# coding: latin-1\n", "\xef\xbb\xbf",
};

static void put(size_t at, size_t gone, const void *with, size_t n)
{
    if (at > input_n)
        at = input_n;
    if (gone > input_n - at)
        gone = input_n - at;
    if (input_n - gone + n > MAX_INPUT)
        return;
    memmove(input + at + n, input + at + gone, input_n - at - gone);
    memcpy(input + at, with, n);
    input_n = input_n - gone + n;
}

/* A word many times over, perhaps with another behind: what is nested deep. */
static void nest(size_t at)
{
    static const char *const deep[] = {"(", "[", "{", "-", "not ", "lambda:", "a.", "f(", "x[", "if 1:\n", "{1:", "a if b else ", "a+", "f'{", "~", "await ", "*", "for x in ", "try:\n"};
    const char *w = deep[chance(sizeof deep / sizeof *deep)];
    static char text[8000];
    size_t n = strlen(w), times = 1 + chance(chance(4) ? 150 : 3000), m = 0;
    bool indent = w[n - 1] == '\n';
    for (size_t i = 0; i < times && m + n + i < sizeof text; i++) {
        for (size_t k = 0; indent && k < i; k++)
            text[m++] = ' ';
        if (m + n >= sizeof text)
            break;
        memcpy(text + m, w, n);
        m += n;
    }
    put(at, 0, text, m);
}

static void mutate(void)
{
    static char piece[4096];
    size_t at = 2 + chance((uint32_t)input_n - 1), n = chance(chance(3) ? 8 : 200), from;
    uint8_t byte = (uint8_t)chance(256);
    const char *w = words[chance(sizeof words / sizeof *words)];
    switch (chance(10)) {
    case 0: put(at, n, "", 0); break;
    case 1: case 2: case 3: put(at, chance(2) ? 0 : n, w, strlen(w) ? strlen(w) : 1); break;
    case 4: put(at, 1, &byte, 1); break;
    case 5:                                          /* from elsewhere in it */
        from = 2 + chance((uint32_t)input_n - 1);
        if (from < input_n) {
            n = n > input_n - from ? input_n - from : n;
            memcpy(piece, input + from, n);
            put(at, chance(2) ? 0 : n, piece, n);
        }
        break;
    case 6: {                                        /* from another seed */
        size_t k = chance((uint32_t)nseeds);
        from = chance((uint32_t)seeds[k].n);
        n = n > seeds[k].n - from ? seeds[k].n - from : n;
        put(at, chance(2) ? 0 : n, seeds[k].s + from, n);
        break;
    }
    case 7: input_n = at; break;
    case 8: if (!chance(8)) nest(at); break;
    default: input[chance(2)] = byte; break;
    }
    if (input_n < 3)
        input_n = 3;
}

static void add_seed(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *s = f ? malloc(1 << 20) : NULL;
    size_t n = s ? fread(s, 1, 1 << 20, f) : 0;
    if (f)
        fclose(f);
    for (size_t at = 0; at < n && nseeds < MAX_SEEDS;) {     /* cut where a line begins a new statement */
        size_t end = at + 200 + chance(1500);
        while (end < n && !(s[end - 1] == '\n' && s[end] > ' '))
            end++;
        if (end > n)
            end = n;
        seeds[nseeds].s = s + at;
        seeds[nseeds++].n = end - at;
        at = end;
    }
}

static void run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    input_n = f ? fread(input, 1, MAX_INPUT, f) : 0;
    if (f)
        fclose(f);
    while (input_n && !input[input_n - 1])
        input_n--;
    LLVMFuzzerTestOneInput(input, input_n);
}

int main(int argc, char **argv)
{
    double seconds = 2;
    const char *one = NULL;
    state = UINT64_C(88172645463325252);
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2)
        if (argv[i][1] == 's')
            seconds = atof(argv[i + 1]);
        else if (argv[i][1] == 'r')
            state ^= strtoull(argv[i + 1], NULL, 10) * UINT64_C(0x9e3779b97f4a7c15);
        else
            one = argv[i + 1];
    int fd = one ? -1 : open("front_fuzz.input", O_RDWR | O_CREAT | O_TRUNC, 0666);
    bool shared = fd >= 0 && ftruncate(fd, MAX_INPUT) == 0;
    input = mmap(NULL, MAX_INPUT, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, shared ? fd : -1, 0);
    if (input == MAP_FAILED)
        return 3;
    if (one) {
        run_file(one);
        return 0;
    }
    for (; i < argc; i++)
        add_seed(argv[i]);
    if (!nseeds) {
        seeds[0].s = "def f(a, *b, c=1):\n    return [x for x in b if x]\n";
        seeds[nseeds++].n = strlen(seeds[0].s);
    }
    unsigned long runs = 0;
    struct timespec t0, t;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    do {
        size_t k = chance((uint32_t)nseeds);
        input_n = 0;
        put(0, 0, "\4\0", 2);
        put(2, 0, seeds[k].s, seeds[k].n);
        for (uint32_t m = 1 + chance(6); m--;)
            mutate();
        memset(input + input_n, 0, MAX_INPUT - input_n);             /* -i finds the end by it */
        LLVMFuzzerTestOneInput(input, input_n);
        runs++;
        clock_gettime(CLOCK_MONOTONIC, &t);
    } while ((double)(t.tv_sec - t0.tv_sec) + (double)(t.tv_nsec - t0.tv_nsec) * 1e-9 < seconds);
    if (shared)
        unlink("front_fuzz.input");
    printf("%lu passed, 0 failed\n", runs);
    return 0;
}
#endif
