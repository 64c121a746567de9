/* repl.c: the prompt: statements typed at a terminal, with history, editing and completion where libedit is there, or read from elsewhere, plainly.
 * Locks: none; the main thread. Colours: on a terminal, unless NO_COLOR is set. */
#include "interp/api.h"
#include "config.h"
#include "interp/front/compile.h"
#include "interp/front/front.h"
#include "interp/run/codecache.h"
#include "interp/run/edit.h"
#include "interp/run/import.h"
#include "interp/run/options.h"
#include "interp/run/signals.h"
#include "interp/run/traceback.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/str.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what was typed ---- */

typedef struct typed { char *text; size_t n, cap; } typed;

static bool add_line(typed *t, const char *line, size_t n) {
    if (t->n + n + 2 > t->cap) {
        char *bigger = realloc(t->text, t->cap = (t->n + n + 2) * 2);
        if (!bigger) return ob_fail(ob_raise_memory());
        t->text = bigger;
    }
    memcpy(t->text + t->n, line, n);
    t->n += n;
    t->text[t->n] = 0;
    return true;
}

/* Does it end with an empty line? */
static bool ends_blank(const typed *t) {
    size_t i = t->n;
    if (i && t->text[i - 1] == '\n') i--;
    while (i && (t->text[i - 1] == ' ' || t->text[i - 1] == '\t')) i--;
    return i == 0 || t->text[i - 1] == '\n';
}

/* One that has a body ends with an empty line. */
static bool has_body(const ast_mod *mod) {
    if (mod->kind != AST_Interactive || mod->Interactive.body->n == 0) return false;
    switch (mod->Interactive.body->items[0]->kind) {
    case AST_FunctionDef: case AST_AsyncFunctionDef: case AST_ClassDef: case AST_For: case AST_AsyncFor: case AST_While: case AST_If: case AST_With:
    case AST_AsyncWith: case AST_Match: case AST_Try: case AST_TryStar: return true;
    default: return false;
    }
}

/* Compiles what was typed so far; *incomplete: more lines may make it right. */
static ob_val compile_typed(const typed *t, ob_val filename, bool *incomplete) {
    base_arena arena;
    ast_mod *mod = NULL;
    py_syntax_error err = {0};
    ob_val code = OB_NULL;
    base_arena_init(&arena);
    if (py_front_parse(t->text, t->n, "<stdin>", PY_PARSE_SINGLE, PY_PARSE_INTERACTIVE | PY_PARSE_DONT_IMPLY_DEDENT, &arena, &mod, &err, NULL)) {
        if (has_body(mod) && !ends_blank(t)) *incomplete = true;
        else code = py_compile_tree(mod, &arena, t->text, t->n, filename, 0, py_optimize_level);
        py_front_release(mod);
    } else if (err.incomplete) *incomplete = true;
    else code = py_raise_syntax_error(&err, filename);
    base_arena_release(&arena);
    return code;
}

/* ---- lines ---- */

static bool coloured;

/* The text of sys.ps1 or ps2. */
static ob_val prompt_text(bool more) {
    ob_val p = ob_dict_get_c(py_sys, more ? "ps2" : "ps1"), s = ob_is_null(p) ? OB_NAME(empty) : ob_str(p);
    if (!ob_is_null(s)) return s;
    ob_err_clear();
    return OB_NAME(empty);
}

static void flush(ob_val name) {
    ob_val out = ob_dict_get_str(py_sys, name);
    if (!ob_is_null(out) && !ob_is_none(out) && ob_is_null(ob_call_method(out, OB_NAME(flush), NULL, 0))) ob_err_clear();
}

enum { LINE, END, FAILED };

static int read_edited(typed *t, ob_val prompt) {
    size_t last = ob_str_len(prompt);          /* the colour ends before a blank: libedit drops what ends the prompt unseen */
    ob_val p = prompt;
    if (coloured && last > 1 && ob_str_at(prompt, --last) == ' ') p = ob_str_format_c("\1\33[1;32m\2%S\1\33[0m\2 ", ob_str_slice(prompt, 0, last));
    ob_val line = ob_is_null(p) ? p : py_edit_line(p);
    if (ob_is_null(line)) return ob_failed() ? FAILED : END;
    size_t n;
    const char *s = ob_str_wtf8(line, &n);
    return s && add_line(t, s, n) && add_line(t, "\n", 1) ? LINE : FAILED;
}

static int read_plain(typed *t, ob_val prompt) {
    const char *s = ob_str_wtf8(prompt, NULL);
    char *line = NULL;
    size_t cap = 0;
    fputs(s ? s : "", stderr);
    fflush(stderr);
    if (!ob_external()) return FAILED;
    py_blocking_enter();
    ssize_t n = getline(&line, &cap, stdin);
    py_blocking_leave();
    int how = n < 0 ? END : add_line(t, line, (size_t)n) ? LINE : FAILED;
    free(line);
    if (n < 0) clearerr(stdin);
    if (py_signals_pending() && !py_signals_run(py_me)) {
        fputc('\n', stderr);
        return FAILED;
    }
    return how;
}

/* Reads one statement; OB_NULL with *end: end of input; OB_NULL: an error is pending. */
static ob_val read_statement(typed *t, bool *end) {
    ob_val filename = ob_str_intern_c("<stdin>");
    t->n = 0;
    *end = false;
    for (bool more = false;; more = true) {
        flush(OB_NAME(stdout));
        flush(OB_NAME(stderr));
        size_t before = t->n;
        ob_val p = prompt_text(more);
        int how = py_edit_ready() ? read_edited(t, p) : read_plain(t, p);
        if (how == FAILED) return OB_NULL;
        if (how == END && !more) {
            *end = true;
            return OB_NULL;
        }
        bool incomplete = false;
        ob_val code = compile_typed(t, filename, &incomplete);
        if (!incomplete) return code;
        if (t->n == before) return py_compile_source(t->text, t->n, filename, PY_PARSE_SINGLE, 0, py_optimize_level);
    }
}

/* ---- the beginning ---- */

/* Completion by rlcompleter; the history is kept in ~/.apodora_history. */
static const char editing[] =
    "def start(isolated):\n"
    "    import readline, rlcompleter, atexit, os\n"
    "    readline.set_completer(rlcompleter.Completer().complete)\n"
    "    if isolated: return\n"
    "    path = os.path.join(os.path.expanduser('~'), '.apodora_history')\n"
    "    readline.set_history_length(2000)\n"
    "    try: readline.read_history_file(path)\n"
    "    except OSError: pass\n"
    "    def keep():\n"
    "        try: readline.write_history_file(path)\n"
    "        except OSError: pass\n"
    "    atexit.register(keep)\n";

static void start_editing(void) {
    if (!isatty(0) || !isatty(1) || !py_edit_want()) return;
    ob_val ns = ob_dict_new(), code = py_compile_source(editing, sizeof editing - 1, ob_str_intern_c("<prompt>"), PY_PARSE_EXEC, PY_PARSE_IS_STR, 0);
    ob_val builtins = ob_dict_get_c(py_modules, "builtins"), isolated = ob_bool(py_opts.isolated || py_opts.no_site);
    if (ob_is_null(ns) || ob_is_null(code) || !ob_dict_set(ns, OB_NAME(builtins), builtins) || ob_is_null(py_run_code(code, ns, ns, OB_NULL)) ||
        ob_is_null(ob_call1(ob_dict_get_c(ns, "start"), isolated))) ob_err_clear();
}

static bool wants_colour(void) {
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(0) && isatty(2) && !(no && *no) && term && *term && strcmp(term, "dumb");
}

/* The file that PYTHONSTARTUP names. */
static void run_startup(void) {
    const char *path = py_opts.ignore_environment ? NULL : getenv("PYTHONSTARTUP");
    if (!path || !*path) return;
    ob_val e;
    if (ob_is_null(py_load_file(path, py_main_dict, false)) && !ob_is_null(e = ob_err_fetch())) {
        if (ob_is_a(e, &ob_exc_OSError)) fprintf(stderr, "Could not open PYTHONSTARTUP\n");
        py_report_uncaught(e);
    }
}

static bool set_prompt(const char *name, const char *text) { return !ob_is_null(ob_dict_get_c(py_sys, name)) || ob_dict_set_c(py_sys, name, ob_str_from_c(text)); }

int py_run_prompt(void) {
    typed t = {0};
    int status = 0;
    if (!py_opts.quiet)
        fputs("Apodora " PACKAGE_VERSION " (Python 3.11.2) on linux\nType \"help\", \"copyright\" or \"license\" for more information; `from apodora import atomic, root`.\n", stderr);
    coloured = py_traceback_colour = wants_colour();
    start_editing();
    if (!py_opts.inspect || py_opts.interactive) run_startup();
    if (!set_prompt("ps1", ">>> ") || !set_prompt("ps2", "... ")) ob_err_clear();
    for (bool end = false; !end;) {
        ob_val code = read_statement(&t, &end);
        if (end) break;
        ob_val v = ob_is_null(code) ? code : py_run_code(code, py_main_dict, py_main_dict, OB_NULL);
        if (!ob_is_null(v)) continue;
        ob_val e = ob_err_fetch();
        if (ob_is_null(e)) { ob_err = (ob_pending){0}; continue; }
        if (ob_is_null(code) && ob_is_exact(e, &ob_exc_KeyboardInterrupt)) { fputs("KeyboardInterrupt\n", stderr); continue; }   /* cancels what was typed */
        int s = py_report_uncaught(e);
        if (ob_is_a(e, &ob_exc_SystemExit)) { free(t.text); return s; }
    }
    flush(OB_NAME(stdout));
    fputc('\n', stderr);
    free(t.text);
    return status;
}
