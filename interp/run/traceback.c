/* traceback.c: the text of exceptions: chained causes, frames with source lines and carets, SyntaxErrors, notes, suggestions. */
#include "interp/run/traceback.h"
#include "interp/run/import.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REPEATS_SHOWN = 3 };

/* ---- source lines ---- */

/* Line `lineno` of a file into buf without its newline; NULL: not to be had. Caller frees. */
static char *source_line(ob_val filename, int lineno) {
    const char *path = ob_is_str(filename) ? ob_str_fsencode(filename, NULL) : NULL;
    if (!path) { ob_err_clear(); return NULL; }
    if (path[0] == '<') return NULL;
    FILE *f = fopen(path, "re");
    if (!f) return NULL;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n = -1;
    for (int i = 0; i < lineno && (n = getline(&line, &cap, f)) >= 0; i++) {}
    fclose(f);
    if (n < 0) { free(line); return NULL; }
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r')) line[--n] = 0;
    return line;
}

/* Terminal columns: characters of the UTF-8 bytes before offset. */
static size_t columns(const char *s, size_t bytes) {
    size_t c = 0;
    for (size_t i = 0; i < bytes && s[i]; i++) c += (s[i] & 0xc0) != 0x80;
    return c;
}

/* Where the operator of a binary operation or the brackets of a subscript stand within the segment [a, b) of line: CPython marks them with carets and
 * the rest with tildes. false: all carets. */
static bool anchors(const char *s, size_t a, size_t b, py_op op, size_t *from, size_t *to) {
    int depth = 0;
    if (op == PY_OP_GETITEM || op == PY_OP_GETITEM_I) {
        if (b <= a || s[b - 1] != ']') return false;
        for (size_t i = b; i-- > a;) {
            if (strchr(")]}", s[i])) depth++;
            if (strchr("([{", s[i]) && --depth == 0) { *from = i; *to = b; return i > a; }
        }
        return false;
    }
    bool binary = (op >= PY_OP_ADD && op <= PY_OP_XOR) || (op >= PY_OP_ADD_I && op <= PY_OP_RSHIFT_I);
    if (!binary) return false;
    size_t best = 0;
    for (size_t i = a; i < b; i++) {
        char c = s[i];
        if (c == '\'' || c == '"') {          /* skip a string */
            for (size_t k = i + 1; k < b; k++) { if (s[k] == '\\') k++; else if (s[k] == c) { i = k; break; } }
            continue;
        }
        if (strchr("([{", c)) depth++;
        else if (strchr(")]}", c)) depth--;
        else if (depth == 0 && strchr("+-*/%@&|^<>", c) && i > a && !best) {
            best = i;
            *from = i;
            *to = i + 1;
            if (i + 1 < b && s[i + 1] == c) ++*to;
            return true;
        }
    }
    return false;
}

static bool caret_line(ob_strbuf *out, const char *line, size_t indent, const py_position *p, py_op op) {
    size_t len = strlen(line);
    if (p->col < 0 || p->end_col < 0 || (size_t)p->col > len) return true;
    size_t a = (size_t)p->col, b = p->end_line == p->line ? (size_t)p->end_col : len;
    if (b > len) b = len;
    while (b > a && line[b - 1] == ' ') b--;
    if (a < indent) a = indent;
    if (b <= a) return true;
    size_t last = len;
    while (last > indent && (line[last - 1] == ' ' || line[last - 1] == '\t')) last--;
    size_t from = a, to = b;
    bool split = p->end_line == p->line && anchors(line, a, b, op, &from, &to);
    if (!split && a == indent && b >= last) return true;      /* the whole line: no carets */
    ob_strbuf_c(out, "    ");
    for (size_t i = columns(line + indent, a - indent); i > 0; i--) ob_strbuf_char(out, ' ');
    for (size_t i = a; i < b; i++)
        if ((line[i] & 0xc0) != 0x80) ob_strbuf_char(out, !split || (i >= from && i < to) ? '^' : '~');
    return ob_strbuf_char(out, '\n');
}

static bool frame_text(ob_strbuf *out, const ob_traceback *tb) {
    const py_code *c = py_code_ptr(tb->code);
    ob_val head = ob_str_format_c("  File \"%S\", line %d, in %S\n", c->filename, tb->lineno, c->name);
    if (ob_is_null(head) || !ob_strbuf_str(out, head)) return false;
    char *line = source_line(c->filename, tb->lineno);
    if (!line) return true;
    size_t indent = strspn(line, " \t\f");
    if (line[indent]) {
        ob_val text = ob_str_from_utf8(line + indent, strlen(line + indent));
        if (ob_is_null(text)) ob_err_clear();
        else {
            ob_strbuf_c(out, "    ");
            ob_strbuf_str(out, text);
            ob_strbuf_char(out, '\n');
            uint32_t at = (uint32_t)tb->lasti / 2;
            if (tb->lasti >= 0 && at < c->ncode && c->positions[at].line == tb->lineno) caret_line(out, line, indent, &c->positions[at], (py_op)c->code[at].op);
        }
    }
    free(line);
    return true;
}

static bool traceback_text(ob_strbuf *out, ob_val tb) {
    if (ob_is_null(tb) || ob_is_none(tb)) return true;
    ob_strbuf_c(out, "Traceback (most recent call last):\n");
    const ob_traceback *last = NULL;
    unsigned same = 0;
    for (; !ob_is_null(tb) && !ob_is_none(tb); tb = ((const ob_traceback *)ob_ptr(tb))->next) {
        const ob_traceback *t = (const ob_traceback *)ob_ptr(tb);
        bool again = last && ob_same(last->code, t->code) && last->lineno == t->lineno;
        same = again ? same + 1 : 0;
        last = t;
        ob_val next = t->next;
        bool ends = ob_is_null(next) || ob_is_none(next) || !ob_same(((const ob_traceback *)ob_ptr(next))->code, t->code) ||
                    ((const ob_traceback *)ob_ptr(next))->lineno != t->lineno;
        if (same < REPEATS_SHOWN && !frame_text(out, t)) return false;
        if (ends && same >= REPEATS_SHOWN) {
            unsigned more = same - REPEATS_SHOWN + 1;
            ob_strbuf_str(out, ob_str_format_c("  [Previous line repeated %u more time%s]\n", more, more == 1 ? "" : "s"));
        }
    }
    return true;
}

/* ---- suggestions ---- */

static size_t edit_distance(ob_val a, ob_val b, size_t most) {   /* Damerau-free Levenshtein with a bound; substitutions of case cost less in CPython: ours count 1 */
    size_t n = ob_str_len(a), m = ob_str_len(b), row[41];
    if (n > 40 || m > 40 || (n > m ? n - m : m - n) > most) return most + 1;
    for (size_t j = 0; j <= m; j++) row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t up = row[j], cost = diagonal + (ob_str_at(a, i - 1) != ob_str_at(b, j - 1));
            row[j] = cost < up + 1 ? cost : up + 1;
            if (row[j - 1] + 1 < row[j]) row[j] = row[j - 1] + 1;
            diagonal = up;
        }
    }
    return row[m];
}

static void best_of(ob_val names, ob_val wrong, ob_val *best, size_t *distance) {
    ob_val it = ob_iter(names);
    if (ob_is_null(it)) { ob_err_clear(); return; }
    for (ob_val k; !ob_is_null(k = ob_next(it));) {
        if (!ob_is_str(k) || ob_str_equal(k, wrong)) continue;
        size_t most = (ob_str_len(k) + ob_str_len(wrong) + 3) / 6, d = edit_distance(wrong, k, most);
        if (d <= most && d < *distance) { *distance = d; *best = k; }
    }
    ob_err_clear();
}

/* " Did you mean: 'x'?" or OB_NULL */
static ob_val suggestion(ob_val exc) {
    ob_val best = OB_NULL;
    size_t distance = 1000;
    ob_val name = ob_getattr_opt(exc, OB_NAME(plain_name));
    if (ob_is_null(name) || !ob_is_str(name)) { ob_err_clear(); return OB_NULL; }
    if (ob_is_a(exc, &ob_exc_AttributeError)) {
        ob_val obj = ob_getattr_opt(exc, ob_str_intern_c("obj"));
        ob_val dir = ob_is_null(obj) || ob_is_none(obj) ? OB_NULL : ob_call_method_c(ob_of(ob_type_of(obj)), "__dir__", &obj, 1);
        if (ob_is_null(dir)) { ob_err_clear(); return OB_NULL; }
        best_of(dir, name, &best, &distance);
    } else if (ob_is_a(exc, &ob_exc_NameError)) {
        ob_val tb = ob_exc_get_traceback(exc);
        if (ob_is_null(tb) || ob_is_none(tb)) return OB_NULL;
        while (!ob_is_null(((const ob_traceback *)ob_ptr(tb))->next) && !ob_is_none(((const ob_traceback *)ob_ptr(tb))->next)) tb = ((const ob_traceback *)ob_ptr(tb))->next;
        const ob_traceback *t = (const ob_traceback *)ob_ptr(tb);
        best_of(py_code_ptr(t->code)->varnames, name, &best, &distance);
        if (!ob_is_null(t->globals)) best_of(t->globals, name, &best, &distance);
        best_of(py_builtins, name, &best, &distance);
    }
    if (ob_is_null(best)) return best;
    return ob_str_format_c(". Did you mean: '%S'?", best);
}

/* ---- one exception ---- */

static ob_val type_title(ob_val exc) {
    ob_type *t = ob_type_of(exc);
    ob_val module = ob_getattr_opt(ob_of(t), OB_NAME(module)), qual = ob_getattr_opt(ob_of(t), OB_NAME(qualname));
    ob_err_clear();
    if (ob_is_null(qual)) return ob_str_from_c(ob_type_short_name(t));
    if (ob_is_null(module) || !ob_is_str(module) || ob_str_equal_c(module, "builtins") || ob_str_equal_c(module, "__main__")) return qual;
    return ob_str_format_c("%S.%S", module, qual);
}

static ob_val attr(ob_val exc, const char *name) {
    ob_val v = ob_getattr_opt(exc, ob_str_intern_c(name));
    if (ob_is_null(v)) { ob_err_clear(); return OB_NONE; }
    return v;
}

static void syntax_error_text(ob_strbuf *out, ob_val exc) {
    ob_val file = attr(exc, "filename"), line = attr(exc, "lineno"), text = attr(exc, "text");
    ob_val off = attr(exc, "offset"), end = attr(exc, "end_offset"), end_line = attr(exc, "end_lineno");
    if (!ob_is_small(line)) return;
    ob_strbuf_str(out, ob_str_format_c("  File \"%S\", line %S\n", ob_is_none(file) ? ob_str_from_c("<string>") : file, line));
    if (!ob_is_str(text)) return;
    size_t n = ob_str_len(text), skip = 0;
    while (n && (ob_str_at(text, n - 1) == '\n' || ob_str_at(text, n - 1) == '\r')) n--;
    while (skip < n && (ob_str_at(text, skip) == ' ' || ob_str_at(text, skip) == '\t' || ob_str_at(text, skip) == '\f')) skip++;
    ob_strbuf_c(out, "    ");
    ob_strbuf_str(out, ob_str_slice(text, skip, n));
    ob_strbuf_char(out, '\n');
    if (!ob_is_small(off) || ob_to_small(off) < 1) return;
    int64_t a = ob_to_small(off) - 1 - (int64_t)skip;
    int64_t b = ob_is_small(end) && ob_to_small(end) > 0 && (!ob_is_small(end_line) || ob_same(end_line, line)) ? ob_to_small(end) - 1 - (int64_t)skip
                : ob_is_small(end_line) && !ob_same(end_line, line) ? (int64_t)(n - skip) : a + 1;
    if (a < 0) return;
    if (b <= a) b = a + 1;
    ob_strbuf_c(out, "    ");
    for (int64_t i = 0; i < a; i++) ob_strbuf_char(out, ' ');
    for (int64_t i = a; i < b; i++) ob_strbuf_char(out, '^');
    ob_strbuf_char(out, '\n');
}

static void headline(ob_strbuf *out, ob_val exc) {
    ob_val title = type_title(exc), text;
    bool syntax = ob_is_a(exc, &ob_exc_SyntaxError);
    if (syntax) {
        syntax_error_text(out, exc);
        ob_val msg = attr(exc, "msg");
        text = ob_is_none(msg) ? ob_str_from_c("<no detail available>") : ob_str(msg);
    } else text = ob_str(exc);
    if (ob_is_null(text)) {
        ob_err_clear();
        text = ob_str_from_c("<exception str() failed>");
    }
    ob_strbuf_str(out, title);
    if (ob_str_len(text)) {
        ob_strbuf_c(out, ": ");
        ob_strbuf_str(out, text);
    }
    ob_val hint = syntax ? OB_NULL : suggestion(exc);
    if (!ob_is_null(hint)) ob_strbuf_str(out, hint);
    ob_err_clear();
    ob_strbuf_char(out, '\n');
    ob_val notes = attr(exc, "__notes__");
    for (size_t i = 0; ob_is_list(notes) && i < ob_list_len(notes); i++) {
        ob_val note = ob_str(ob_list_at(notes, i));
        if (ob_is_null(note)) { ob_err_clear(); continue; }
        ob_strbuf_str(out, note);
        ob_strbuf_char(out, '\n');
    }
}

/* Causes first; iterative, as chains may be long. */
static void chain_text(ob_strbuf *out, ob_val exc) {
    ob_val chain = ob_list_new(4), words = ob_list_new(4);
    if (ob_is_null(chain) || ob_is_null(words)) return;
    for (ob_val e = exc; !ob_is_null(e) && !ob_is_none(e) && ob_list_len(chain) < 1000;) {
        bool seen = false;
        for (size_t i = 0; i < ob_list_len(chain); i++) seen |= ob_same(ob_list_at(chain, i), e);
        if (seen || !ob_list_append(chain, e)) break;
        const ob_exc_body *b = ob_read(e);
        ob_val next = OB_NULL;
        const char *word = "";
        if (!ob_is_null(b->cause) && !ob_is_none(b->cause)) {
            next = b->cause;
            word = "\nThe above exception was the direct cause of the following exception:\n\n";
        } else if (!ob_is_null(b->context) && !b->suppress_context) {
            next = b->context;
            word = "\nDuring handling of the above exception, another exception occurred:\n\n";
        }
        if (!ob_list_append(words, ob_str_from_c(word))) break;
        e = next;
    }
    for (size_t i = ob_list_len(chain); i-- > 0;) {
        ob_val e = ob_list_at(chain, i);
        if (i + 1 < ob_list_len(chain) && i < ob_list_len(words)) ob_strbuf_str(out, ob_list_at(words, i));
        traceback_text(out, ob_exc_get_traceback(e));
        headline(out, e);
    }
}

ob_val py_format_exception(ob_val exc) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    chain_text(&b, exc);
    return ob_strbuf_finish(&b);
}

void py_print_exception(ob_val exc) {
    ob_val text = py_format_exception(exc);
    if (ob_is_null(text)) { ob_err_clear(); return; }
    ob_val err = ob_dict_get_str(py_sys, OB_NAME(stderr));
    if (!ob_is_null(err) && !ob_is_none(err) && !ob_is_null(ob_call_method(err, OB_NAME(write), &text, 1))) {
        if (ob_is_null(ob_call_method(err, OB_NAME(flush), NULL, 0))) ob_err_clear();
        return;
    }
    ob_err_clear();
    size_t n;
    const char *s = ob_str_wtf8(text, &n);
    if (s && write(2, s, n) < 0) return;
}

/* ---- the end of the program ---- */

static int exit_status(ob_val exc) {
    ob_val code = attr(exc, "code");
    if (ob_is_none(code)) return 0;
    if (ob_is_int(code)) return (int)(ob_int_clamp(code) & 0xff);
    ob_val text = ob_str(code);
    if (ob_is_null(text)) { ob_err_clear(); return 1; }
    ob_val line = ob_str_format_c("%S\n", text), err = ob_dict_get_str(py_sys, OB_NAME(stderr));
    if (!ob_is_null(err) && !ob_is_none(err) && ob_is_null(ob_call_method(err, OB_NAME(write), &line, 1))) ob_err_clear();
    return 1;
}

int py_report_uncaught(ob_val exc) {
    if (ob_is_a(exc, &ob_exc_SystemExit)) return exit_status(exc);
    ob_val hook = ob_dict_get_str(py_sys, OB_NAME(excepthook)), tb = ob_exc_get_traceback(exc);
    ob_val a[3] = {ob_of(ob_type_of(exc)), exc, ob_is_null(tb) ? OB_NONE : tb};
    if (ob_is_null(hook) || ob_is_null(ob_call(hook, a, 3))) {
        ob_val e = ob_err_fetch();
        if (!ob_is_null(e) && ob_is_a(e, &ob_exc_SystemExit)) return exit_status(e);
        if (!ob_is_null(e)) {
            fputs("Error in sys.excepthook:\n", stderr);
            py_print_exception(e);
            fputs("\nOriginal exception was:\n", stderr);
        }
        py_print_exception(exc);
    }
    return ob_is_a(exc, &ob_exc_KeyboardInterrupt) ? 130 : 1;
}
