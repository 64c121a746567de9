/* traceback.c: the text of exceptions: chained causes, frames with source lines and carets, SyntaxErrors, notes, groups. */
#include "interp/run/traceback.h"
#include "interp/front/lex.h"
#include "interp/run/import.h"
#include "interp/run/options.h"
#include "objspace/dict.h"
#include "base/mem.h"
#include "objspace/bytes.h"
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

/* All of a file, with a NUL behind it; NULL: not to be had. Caller frees. */
static char *whole_file(const char *path, size_t *n) {
    FILE *f = fopen(path, "re");
    size_t cap = 1 << 16;
    char *buf = f ? malloc(cap) : NULL;
    *n = 0;
    for (size_t got; buf && (got = fread(buf + *n, 1, cap - *n - 1, f)) > 0;) {
        *n += got;
        char *bigger = cap - *n > 1 ? buf : realloc(buf, cap *= 2);
        if (!bigger) free(buf);
        buf = bigger;
    }
    if (f) fclose(f);
    if (buf) buf[*n] = 0;
    return buf;
}

/* The file, or one of its name in a folder of sys.path. */
static char *find_file(ob_val filename, size_t *n) {
    const char *path = ob_is_str(filename) ? ob_str_fsencode(filename, NULL) : NULL;
    if (!path || path[0] == '<') { ob_err_clear(); return NULL; }
    char *text = whole_file(path, n);
    ob_val folders = ob_dict_get_c(py_sys, "path");
    const char *slash = strrchr(path, '/'), *tail = slash ? slash + 1 : path;
    for (size_t i = 0; !text && !ob_is_null(folders) && ob_is_list(folders) && i < ob_list_len(folders); i++) {
        ob_val folder = ob_list_at(folders, i);
        const char *dir = ob_is_str(folder) ? ob_str_fsencode(folder, NULL) : NULL;
        char *joined = NULL;
        if (!dir) ob_err_clear();
        else if (asprintf(&joined, "%s%s%s", dir, *dir ? "/" : "", tail) >= 0) {
            text = whole_file(joined, n);
            free(joined);
        }
    }
    return text;
}

/* Line `lineno` of a file as UTF-8, without its newline; NULL: not to be had. Caller frees. */
static char *source_line(ob_val filename, int lineno) {
    size_t n;
    char *bytes = find_file(filename, &n), *line = NULL;
    if (!bytes) return NULL;
    base_arena arena;
    py_source s;
    py_syntax_error err = {0};
    base_arena_init(&arena);
    if (py_source_decode(&s, bytes, n, "", PY_PARSE_EXEC, PY_PARSE_FROM_FILE, &arena, &err)) {
        const char *at = s.text;
        for (int i = 1; i < lineno && at; i++) {
            at = strchr(at, '\n');
            if (at) at++;
        }
        if (at && *at) line = strndup(at, strcspn(at, "\n"));
        base_mem_free(s.text);
    }
    base_arena_release(&arena);
    free(bytes);
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
    size_t a = (size_t)p->col, b = py_end_line(p) == p->line ? (size_t)p->end_col : len;
    if (b > len) b = len;
    while (b > a && line[b - 1] == ' ') b--;
    if (a < indent) a = indent;
    if (b <= a) return true;
    size_t last = len;
    while (last > indent && (line[last - 1] == ' ' || line[last - 1] == '\t')) last--;
    size_t from = a, to = b;
    bool split = py_end_line(p) == p->line && anchors(line, a, b, op, &from, &to);
    if (!split && a == indent && b >= last) return true;      /* the whole line: no carets */
    ob_strbuf_c(out, "    ");
    for (size_t i = columns(line + indent, a - indent); i > 0; i--) ob_strbuf_char(out, ' ');
    for (size_t i = a; i < b; i++)
        if ((line[i] & 0xc0) != 0x80) ob_strbuf_char(out, !split || (i >= from && i < to) ? '^' : '~');
    return ob_strbuf_char(out, '\n');
}

/* ---- how it is written ---- */

/* Where the text goes: groups of exceptions indent what they hold. */
typedef struct printer {
    ob_strbuf *out;
    unsigned depth;              /* of groups */
    bool need_close;             /* the last exception of a group has not been closed */
    ob_val seen;                 /* dict of the ids of exceptions written already */
    const char *red, *dim, *bold, *plain;    /* colours, or "" */
} printer;

enum { GROUP_DEPTH = 10, GROUP_WIDTH = 15, LIMIT = 1000 };

bool py_traceback_colour;

static void colours(printer *p) {
    p->red = py_traceback_colour ? "\33[1;31m" : "";
    p->dim = py_traceback_colour ? "\33[35m" : "";
    p->bold = py_traceback_colour ? "\33[1m" : "";
    p->plain = py_traceback_colour ? "\33[0m" : "";
}

static void margin(printer *p, char mark) {
    if (!p->depth) return;
    ob_strbuf_fill(p->out, ' ', 2 * p->depth);
    ob_strbuf_char(p->out, (uint32_t)mark);
    ob_strbuf_char(p->out, ' ');
}

/* Writes the text that part holds, each line behind the margin. */
static void emit(printer *p, ob_strbuf *part, char mark) {
    ob_val text = ob_strbuf_finish(part);
    if (ob_is_null(text)) { ob_err_clear(); return; }
    size_t n = ob_str_len(text);
    if (!p->depth) { ob_strbuf_str(p->out, text); return; }
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && ob_str_at(text, to) != '\n'; to++) {}
        if (to < n) to++;
        margin(p, mark);
        ob_strbuf_part(p->out, text, from, to);
    }
}
static void emit_c(printer *p, const char *text, char mark) {
    ob_strbuf part;
    ob_strbuf_init(&part);
    ob_strbuf_c(&part, text);
    emit(p, &part, mark);
}

/* ---- tracebacks ---- */

bool py_debug_ranges(void) {
    for (size_t i = 0; i < py_opts.nxoptions; i++) if (!strcmp(py_opts.xoptions[i], "no_debug_ranges")) return false;
    const char *e = py_opts.ignore_environment ? NULL : getenv("PYTHONNODEBUGRANGES");
    return !e || !*e;
}

/* The source line, and what of it the instruction was. */
static void line_text(ob_strbuf *out, const printer *p, const py_code *c, int lineno, int64_t at) {
    char *line = source_line(c->filename, lineno);
    size_t indent = line ? strspn(line, " \t\f") : 0;
    if (line && line[indent]) {
        ob_val text = ob_str_from_utf8(line + indent, strlen(line + indent));
        if (ob_is_null(text)) ob_err_clear();
        else {
            ob_strbuf_c(out, "    ");
            ob_strbuf_str(out, text);
            ob_strbuf_char(out, '\n');
            ob_strbuf_c(out, p->red);
            if (at >= 0 && at < c->ncode && c->positions[at].line == lineno && py_debug_ranges()) caret_line(out, line, indent, &c->positions[at], (py_op)c->code[at].op);
            ob_strbuf_c(out, p->plain);
        }
    }
    free(line);
}

static void entry_text(ob_strbuf *out, const printer *p, const ob_traceback *tb) {
    const py_code *c = py_code_ptr(tb->code);
    ob_strbuf_str(out, ob_str_format_c("  File %s\"%S\"%s, line %s%d%s, in %s%S%s\n", p->dim, c->filename, p->plain, p->dim, tb->lineno, p->plain, p->dim, c->name, p->plain));
    line_text(out, p, c, tb->lineno, tb->lasti < 0 ? -1 : tb->lasti / 2);
}

static const ob_traceback *tb_ptr(ob_val v) { return ob_is_null(v) || ob_is_none(v) ? NULL : (const ob_traceback *)ob_ptr(v); }
static bool same_place(const ob_traceback *a, const ob_traceback *b) {
    return a && b && a->lineno == b->lineno && ob_str_equal(py_code_ptr(a->code)->filename, py_code_ptr(b->code)->filename) &&
           ob_str_equal(py_code_ptr(a->code)->name, py_code_ptr(b->code)->name);
}

static void repeated(ob_strbuf *out, unsigned times) {
    if (times <= REPEATS_SHOWN) return;
    unsigned more = times - REPEATS_SHOWN;
    ob_strbuf_str(out, ob_str_format_c("  [Previous line repeated %u more time%s]\n", more, more == 1 ? "" : "s"));
}

/* sys.tracebacklimit */
static int64_t entry_limit(void) {
    ob_val v = ob_dict_get_c(py_sys, "tracebacklimit");
    return ob_is_null(v) || !ob_is_int(v) ? LIMIT : ob_int_clamp(v);
}

static void traceback_text(printer *p, const char *title, char mark, ob_val traceback) {
    int64_t limit = entry_limit(), n = 0;
    const ob_traceback *t = tb_ptr(traceback), *last = NULL;
    if (!t || limit <= 0) return;
    for (const ob_traceback *u = t; u; u = tb_ptr(u->next)) n++;
    for (; n > limit; n--) t = tb_ptr(t->next);
    emit_c(p, title, mark);
    ob_strbuf part;
    ob_strbuf_init(&part);
    unsigned times = 0;
    for (; t; last = t, t = tb_ptr(t->next)) {
        if (!same_place(last, t)) {
            repeated(&part, times);
            times = 0;
        }
        if (++times <= REPEATS_SHOWN) entry_text(&part, p, t);
    }
    repeated(&part, times);
    emit(p, &part, '|');
}

/* ---- one exception ---- */

static ob_val type_title(ob_val exc) {
    ob_type *t = ob_type_of(exc);
    ob_val module = ob_getattr_opt(ob_of(t), OB_NAME(module)), qual = ob_getattr_opt(ob_of(t), OB_NAME(qualname));
    ob_err_clear();
    if (ob_is_null(qual) || !ob_is_str(qual)) return ob_str_from_c(ob_type_short_name(t));
    if (ob_is_null(module) || !ob_is_str(module)) return ob_str_format_c("<unknown>.%S", qual);
    if (ob_str_equal_c(module, "builtins") || ob_str_equal_c(module, "__main__")) return qual;
    return ob_str_format_c("%S.%S", module, qual);
}

static ob_val attr(ob_val exc, const char *name) {
    ob_val v = ob_getattr_opt(exc, ob_str_intern_c(name));
    if (ob_is_null(v)) { ob_err_clear(); return OB_NONE; }
    return v;
}

/* str(v), or what stands for it. */
static ob_val text_or(ob_val v, const char *otherwise) {
    ob_val s = ob_str(v);
    if (!ob_is_null(s)) return s;
    ob_err_clear();
    return ob_str_from_c(otherwise);
}

static int64_t small_or(ob_val v, int64_t otherwise) { return ob_is_int(v) ? ob_int_clamp(v) : otherwise; }

/* A line of source without the blanks before and the newline behind it, and carets under [offset, end). offset counts from 1. */
static void marked_line(ob_strbuf *out, const printer *p, ob_val text, int64_t offset, int64_t end) {
    size_t n = ob_str_len(text), skip = 0;
    while (n && (ob_str_at(text, n - 1) == '\n' || ob_str_at(text, n - 1) == '\r')) n--;
    while (skip < n && strchr(" \t\f", (int)(ob_str_at(text, skip) < 128 ? ob_str_at(text, skip) : 'x'))) skip++;
    ob_strbuf_c(out, "    ");
    ob_strbuf_part(out, text, skip, n);
    ob_strbuf_char(out, '\n');
    int64_t a = offset - 1 - (int64_t)skip, b = end - 1 - (int64_t)skip, most = 0;
    ob_val shown = ob_str_slice(text, skip, n);
    size_t bytes = 0;
    if (ob_is_null(shown) || !ob_str_wtf8(shown, &bytes)) ob_err_clear();
    most = (int64_t)bytes;                         /* as CPython, which clips by bytes */
    if (offset < 1 || a < 0) return;
    if (b > most && most > a) b = most;
    if (end < 1 || b <= a) b = a + 1;
    ob_strbuf_c(out, "    ");
    for (int64_t i = 0; i < a; i++) {
        uint32_t c = (size_t)i + skip < n ? ob_str_at(text, (size_t)i + skip) : ' ';
        ob_strbuf_char(out, c == '\t' || c == '\f' ? c : ' ');
    }
    ob_strbuf_c(out, p->red);
    ob_strbuf_fill(out, '^', (size_t)(b - a));
    ob_strbuf_c(out, p->plain);
    ob_strbuf_char(out, '\n');
}

static void syntax_error_text(ob_strbuf *out, const printer *p, ob_val exc) {
    ob_val file = attr(exc, "filename"), line = attr(exc, "lineno"), text = attr(exc, "text"), end_line = attr(exc, "end_lineno");
    if (!ob_is_int(line)) {
        if (!ob_is_none(file)) ob_strbuf_str(out, ob_str_format_c("  File \"%S\"\n", text_or(file, "?")));
        return;
    }
    ob_strbuf_str(out, ob_str_format_c("  File %s\"%S\"%s, line %s%S%s\n", p->dim, ob_is_none(file) ? ob_str_from_c("<string>") : text_or(file, "?"), p->plain, p->dim, line, p->plain));
    if (!ob_is_str(text)) return;
    bool one_line = !ob_is_int(end_line) || ob_int_clamp(end_line) == ob_int_clamp(line);
    marked_line(out, p, text, small_or(attr(exc, "offset"), 0), one_line ? small_or(attr(exc, "end_offset"), 0) : (int64_t)ob_str_len(text) + 1);
}

static void note_text(ob_strbuf *out, ob_val note) {
    ob_strbuf_str(out, text_or(note, "<note str() failed>"));
    ob_strbuf_char(out, '\n');
}

static void notes_text(ob_strbuf *out, ob_val exc) {
    ob_val notes = attr(exc, "__notes__");
    if (ob_is_none(notes)) return;
    bool sequence = !ob_is_str(notes) && !ob_is_a(notes, &ob_bytes_type) && ob_has_tflag(notes, OB_TF_SEQUENCE);
    ob_val list = sequence ? ob_list_of_iterable(notes) : OB_NULL;
    for (size_t i = 0; !ob_is_null(list) && i < ob_list_len(list); i++) note_text(out, ob_list_at(list, i));
    if (!ob_is_null(list)) return;
    ob_err_clear();
    ob_val r = ob_repr(notes);
    if (ob_is_null(r)) ob_err_clear();
    ob_strbuf_str(out, ob_is_null(r) ? ob_str_from_c("<__notes__ repr() failed>") : r);     /* without a newline, as CPython has it */
}

/* Type, text, hint. */
static void headline(ob_strbuf *out, const printer *p, ob_val exc) {
    ob_val title = type_title(exc), text;
    if (ob_is_a(exc, &ob_exc_SyntaxError)) {
        ob_val msg = attr(exc, "msg");
        text = ob_is_none(msg) ? ob_str_from_c("<no detail available>") : text_or(msg, "<exception str() failed>");
    } else text = text_or(exc, "<exception str() failed>");
    ob_strbuf_c(out, p->red);
    ob_strbuf_str(out, title);
    ob_strbuf_c(out, p->plain);
    if (!ob_is_null(text) && ob_str_len(text)) {
        ob_strbuf_c(out, ": ");
        ob_strbuf_c(out, p->bold);
        ob_strbuf_str(out, text);
        ob_strbuf_c(out, p->plain);
    }
    ob_val hint = py_suggestion(exc);
    if (!ob_is_null(hint)) ob_strbuf_str(out, hint);
    ob_err_clear();
    ob_strbuf_char(out, '\n');
}

/* The last lines of an exception. Its own text, however many lines it has, gets one margin, as in CPython. */
static void headline_emit(printer *p, ob_val exc) {
    ob_strbuf part;
    ob_strbuf_init(&part);
    if (ob_is_a(exc, &ob_exc_SyntaxError)) syntax_error_text(&part, p, exc);
    emit(p, &part, '|');
    margin(p, '|');
    headline(p->out, p, exc);
    ob_strbuf_init(&part);
    notes_text(&part, exc);
    emit(p, &part, '|');
    ob_err_clear();
}

/* ---- groups and chains ---- */

static void chain_text(printer *p, ob_val exc);

static void separator(printer *p, bool first, const char *title) {
    ob_strbuf_fill(p->out, ' ', 2 * p->depth);
    ob_strbuf_str(p->out, ob_str_format_c("%s+---------------- %s ----------------\n", first ? "+-" : "  ", title));
}

static void members_text(printer *p, ob_val members) {
    size_t total = ob_tuple_len(members), n = total <= GROUP_WIDTH ? total : GROUP_WIDTH + 1;
    p->need_close = false;
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n, rest = i >= GROUP_WIDTH;
        char title[24];
        if (last) p->need_close = true;
        snprintf(title, sizeof title, "%zu", i + 1);
        separator(p, i == 0, rest ? "..." : title);
        p->depth++;
        if (rest) {
            char more[48];
            snprintf(more, sizeof more, "and %zu more exception%s\n", total - GROUP_WIDTH, total - GROUP_WIDTH > 1 ? "s" : "");
            emit_c(p, more, '|');
        } else chain_text(p, ob_tuple_at(members, i));
        if (last && p->need_close) {
            ob_strbuf_fill(p->out, ' ', 2 * p->depth);
            ob_strbuf_c(p->out, "+------------------------------------\n");
            p->need_close = false;
        }
        p->depth--;
    }
}

static void exception_text(printer *p, ob_val exc) {
    ob_val members = ob_is_a(exc, &ob_exc_BaseExceptionGroup) ? attr(exc, "exceptions") : OB_NONE, tb = ob_exc_get_traceback(exc);
    if (!ob_is_tuple(members)) {
        traceback_text(p, "Traceback (most recent call last):\n", '|', tb);
        headline_emit(p, exc);
        return;
    }
    if (p->depth > GROUP_DEPTH) {
        emit_c(p, "... (max_group_depth is 10)\n", '|');
        return;
    }
    bool top = p->depth == 0;
    if (top) p->depth = 1;
    traceback_text(p, "Exception Group Traceback (most recent call last):\n", top ? '+' : '|', tb);
    headline_emit(p, exc);
    members_text(p, members);
    if (top) p->depth = 0;
}

/* Was it met before? It is noted now. */
static bool met(printer *p, ob_val exc) {
    ob_val id = ob_int_from_u64(exc.w);
    if (ob_is_null(id) || ob_dict_contains(p->seen, id) != 0) return true;
    return !ob_dict_set(p->seen, id, OB_NONE);
}

/* Causes first; iterative, as chains may be long. */
static void chain_text(printer *p, ob_val exc) {
    ob_val chain = ob_list_new(4), words = ob_list_new(4);
    if (ob_is_null(chain) || ob_is_null(words)) return;
    for (ob_val e = exc; !ob_is_null(e) && ob_list_append(chain, e);) {
        const ob_exc_body *b = ob_read(e);
        bool by_cause = !ob_is_null(b->cause) && !ob_is_none(b->cause);
        ob_val next = by_cause ? b->cause : !ob_is_null(b->context) && !ob_is_none(b->context) && !b->suppress_context ? b->context : OB_NULL;
        if (!ob_is_null(next) && met(p, next)) next = OB_NULL;
        if (!ob_list_append(words, ob_bool(by_cause))) break;
        e = next;
    }
    for (size_t i = ob_list_len(chain); i-- > 0;) {
        if (i + 1 < ob_list_len(chain))
            emit_c(p, ob_same(ob_list_at(words, i), OB_TRUE) ? "\nThe above exception was the direct cause of the following exception:\n\n"
                                                             : "\nDuring handling of the above exception, another exception occurred:\n\n", '|');
        exception_text(p, ob_list_at(chain, i));
    }
}

ob_val py_format_exception(ob_val exc) {
    ob_strbuf b;
    ob_strbuf_init(&b);
    printer p = {.out = &b, .seen = ob_dict_new()};
    colours(&p);
    if (!ob_is_null(p.seen) && !met(&p, exc)) chain_text(&p, exc);
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

bool py_exit_interrupted;
int py_report_uncaught(ob_val exc) {
    if (ob_is_a(exc, &ob_exc_SystemExit)) return exit_status(exc);
    ob_val hook = ob_dict_get_str(py_sys, OB_NAME(excepthook)), tb = ob_exc_get_traceback(exc);
    ob_val a[3] = {ob_of(ob_type_of(exc)), exc, ob_is_null(tb) ? OB_NONE : tb};
    if (!ob_dict_set_c(py_sys, "last_type", a[0]) || !ob_dict_set_c(py_sys, "last_value", a[1]) || !ob_dict_set_c(py_sys, "last_traceback", a[2])) ob_err_clear();
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
    return py_exit_interrupted = ob_is_a(exc, &ob_exc_KeyboardInterrupt), py_exit_interrupted ? 130 : 1;
}
