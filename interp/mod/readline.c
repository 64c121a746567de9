/* readline.c: the readline module, over libedit's interface of that name (run/edit.h).
 * Locks: none; for the main thread. History and hooks are the terminal's business: an atomic block that is undone does not take them back. */
#include "interp/run/edit.h"
#include "interp/mod/modules.h"
#include "interp/run/frame.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include <errno.h>
#include <stdlib.h>

#ifdef HAVE_EDITLINE_READLINE_H
#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

static ob_val completer, startup_hook, pre_input_hook, display_hook;
static int64_t begin_at, end_at, keep_lines = -1;
static bool auto_history = true;
static char *delimiters;

static ob_val or_none(ob_val v) { return ob_is_null(v) ? OB_NONE : v; }

/* ---- callbacks ---- from within readline(), that is from within a blocking region */

static char *one_completion(const char *text, int state) {
    char *result = NULL;
    py_blocking_leave();
    ob_val t = ob_str_fsdecode(text, strlen(text)), r = ob_is_null(t) || ob_is_null(completer) ? OB_NULL : ob_call2(completer, t, ob_from_small(state));
    const char *s = ob_is_null(r) || !ob_is_str(r) ? NULL : ob_str_fsencode(r, NULL);
    if (s) result = strdup(s);
    ob_err_clear();
    py_blocking_enter();
    return result;
}

static char **complete(const char *text, int start, int end) {
    begin_at = start;
    end_at = end;
    *py_edit()->rl_attempted_completion_over = 1;
    return ob_is_null(completer) ? NULL : py_edit()->rl_completion_matches(text, one_completion);
}

static int run_hook(ob_val hook) {
    if (ob_is_null(hook)) return 0;
    py_blocking_leave();
    ob_val r = ob_call0(hook);
    ob_err_clear();
    py_blocking_enter();
    return ob_is_null(r) || !ob_is_small(r) ? 0 : (int)ob_to_small(r);
}
static int on_startup(void) { return run_hook(startup_hook); }
static int on_pre_input(void) { return run_hook(pre_input_hook); }

static ob_val set_function(ob_val *to, ob_val fn, const char *what) {
    if (ob_is_null(fn) || ob_is_none(fn)) *to = OB_NULL;
    else if (ob_is_callable(fn)) *to = fn;
    else return ob_raise(&ob_exc_TypeError, "set_%s(func): argument not callable", what);
    return OB_NONE;
}
NATIVE(set_completer) { return set_function(&completer, a[0], "completer"); }
NATIVE(get_completer) { return or_none(completer); }
NATIVE(set_startup_hook) { return set_function(&startup_hook, a[0], "startup_hook"); }
NATIVE(set_pre_input_hook) { return set_function(&pre_input_hook, a[0], "pre_input_hook"); }
NATIVE(set_display_hook) { return set_function(&display_hook, a[0], "completion_display_matches_hook"); }
NATIVE(get_begidx) { return ob_from_small(begin_at); }
NATIVE(get_endidx) { return ob_from_small(end_at); }
NATIVE(get_completion_type) { return ob_from_small(0); }

static const char *text_of(ob_val v) {
    if (ob_is_str(v)) return ob_str_fsencode(v, NULL);
    ob_raise(&ob_exc_TypeError, "argument must be str, not %T", v);
    return NULL;
}
NATIVE(set_delims) {
    const char *s = text_of(a[0]);
    char *copy = s ? strdup(s) : NULL;
    if (!copy) return s ? ob_raise_memory() : OB_NULL;
    *py_edit()->rl_completer_word_break_characters = copy;
    free(delimiters);
    delimiters = copy;
    return OB_NONE;
}
NATIVE(get_delims) { return ob_str_from_c(*py_edit()->rl_completer_word_break_characters ? *py_edit()->rl_completer_word_break_characters : ""); }

/* ---- the line ---- */

NATIVE(get_line_buffer) {
    const char *s = *py_edit()->rl_line_buffer;
    return ob_str_fsdecode(s ? s : "", s ? strlen(s) : 0);
}
NATIVE(insert_text) {
    const char *s = text_of(a[0]);
    if (s) py_edit()->rl_insert_text(s);
    return s ? OB_NONE : OB_NULL;
}
NATIVE(redisplay) { py_edit()->rl_redisplay(); return OB_NONE; }
NATIVE(parse_and_bind) {
    const char *s = text_of(a[0]);
    if (s) py_edit()->rl_parse_and_bind(s);
    return s ? OB_NONE : OB_NULL;
}
NATIVE(read_init_file) {
    const char *s = ob_is_null(a[0]) || ob_is_none(a[0]) ? NULL : text_of(a[0]);
    if (ob_failed() || !ob_external()) return OB_NULL;
    int e = py_edit()->rl_read_init_file((char *)(uintptr_t)s);
    return e == 0 ? OB_NONE : ob_raise_errno(errno ? errno : ENOENT, OB_NULL);
}

/* ---- history ---- */

/* The path, or NULL for ~/.history. false: an exception. */
static bool path_of(ob_val v, const char **path) {
    *path = NULL;
    if (ob_is_null(v) || ob_is_none(v)) return ob_external();
    return (*path = text_of(v)) != NULL && ob_external();
}
static ob_val outcome(int e) { return e == 0 ? OB_NONE : ob_raise_errno(e > 0 ? e : errno ? errno : EIO, OB_NULL); }

NATIVE(read_history_file) {
    const char *path;
    return path_of(a[0], &path) ? outcome(py_edit()->read_history(path)) : OB_NULL;
}
NATIVE(write_history_file) {
    const char *path;
    if (!path_of(a[0], &path)) return OB_NULL;
    if (keep_lines >= 0) py_edit()->stifle_history((int)keep_lines);
    int e = py_edit()->write_history(path);
    if (keep_lines >= 0) py_edit()->unstifle_history();
    return outcome(e);
}
NATIVE(m_add_history) {
    const char *s = text_of(a[0]);
    if (s) py_edit()->add_history(s);
    return s ? OB_NONE : OB_NULL;
}
NATIVE(m_clear_history) { py_edit()->clear_history(); return OB_NONE; }
NATIVE(get_history_length) { return ob_from_small(keep_lines); }
NATIVE(set_history_length) { return ob_index_i64(a[0], &keep_lines) ? OB_NONE : OB_NULL; }
NATIVE(get_current_history_length) { return ob_from_small(*py_edit()->history_length); }
NATIVE(get_history_item) {
    int64_t i;
    if (!ob_index_i64(a[0], &i)) return OB_NULL;
    HIST_ENTRY *e = i < 1 || i > *py_edit()->history_length ? NULL : py_edit()->history_get((int)i + *py_edit()->history_base - 1);
    return e && e->line ? ob_str_fsdecode(e->line, strlen(e->line)) : OB_NONE;
}
static bool position(ob_val v, int64_t *i) {
    if (!ob_index_i64(v, i)) return false;
    if (*i < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "History index cannot be negative"));
    if (*i < *py_edit()->history_length) return true;
    return ob_fail(ob_raise(&ob_exc_ValueError, "No history item at position %lld", (long long)*i));
}
NATIVE(remove_history_item) {
    int64_t i;
    if (!position(a[0], &i)) return OB_NULL;
    py_edit()->free_history_entry(py_edit()->remove_history((int)i));
    return OB_NONE;
}
NATIVE(replace_history_item) {
    int64_t i;
    const char *s;
    if (!position(a[0], &i) || !(s = text_of(a[1]))) return OB_NULL;
    py_edit()->free_history_entry(py_edit()->replace_history_entry((int)i, s, NULL));
    return OB_NONE;
}
NATIVE(set_auto_history) {
    int on = ob_truth(a[0]);
    if (on >= 0) auto_history = on;
    return on < 0 ? OB_NULL : OB_NONE;
}

static const ob_def defs[] = {
    {"add_history", m_add_history, "string, /", NULL, 0}, {"clear_history", m_clear_history, "", NULL, 0}, {"get_begidx", get_begidx, "", NULL, 0},
    {"get_completer", get_completer, "", NULL, 0}, {"get_completer_delims", get_delims, "", NULL, 0}, {"get_completion_type", get_completion_type, "", NULL, 0},
    {"get_current_history_length", get_current_history_length, "", NULL, 0}, {"get_endidx", get_endidx, "", NULL, 0},
    {"get_history_item", get_history_item, "index, /", NULL, 0}, {"get_history_length", get_history_length, "", NULL, 0},
    {"get_line_buffer", get_line_buffer, "", NULL, 0}, {"insert_text", insert_text, "string, /", NULL, 0},
    {"parse_and_bind", parse_and_bind, "string, /", NULL, 0}, {"read_history_file", read_history_file, "filename=None, /", NULL, 0},
    {"read_init_file", read_init_file, "filename=None, /", NULL, 0}, {"redisplay", redisplay, "", NULL, 0},
    {"remove_history_item", remove_history_item, "pos, /", NULL, 0}, {"replace_history_item", replace_history_item, "pos, line, /", NULL, 0},
    {"set_auto_history", set_auto_history, "enabled, /", NULL, 0}, {"set_completer", set_completer, "function=None, /", NULL, 0},
    {"set_completer_delims", set_delims, "string, /", NULL, 0}, {"set_completion_display_matches_hook", set_display_hook, "function=None, /", NULL, 0},
    {"set_history_length", set_history_length, "length, /", NULL, 0}, {"set_pre_input_hook", set_pre_input_hook, "function=None, /", NULL, 0},
    {"set_startup_hook", set_startup_hook, "function=None, /", NULL, 0}, {"write_history_file", write_history_file, "filename=None, /", NULL, 0}, {0}};

bool py_edit_auto_history(void) { return auto_history; }

static bool fill(ob_val m) {
    ob_val *const kept[] = {&completer, &startup_hook, &pre_input_hook, &display_hook};
    if (!py_edit_want()) return ob_fail(ob_raise(&ob_exc_ImportError, "readline needs libedit (Debian: libedit2), which is not installed"));
    for (size_t i = 0; i < BASE_LENGTH(kept); i++) if (!ob_gc_add_static(kept[i])) return false;
    *py_edit()->rl_attempted_completion_function = complete;
    *py_edit()->rl_startup_hook = (void *)on_startup;
    *py_edit()->rl_pre_input_hook = (void *)on_pre_input;
    delimiters = strdup(" \t\n`~!@#$%^&*()-=+[{]}\\|;:'\",<>/?");
    *py_edit()->rl_completer_word_break_characters = delimiters;
    return ob_module_add(m, "_READLINE_VERSION", ob_from_small(0x402)) && ob_module_add(m, "_READLINE_RUNTIME_VERSION", ob_from_small(0x402)) &&
           ob_module_add(m, "_READLINE_LIBRARY_VERSION", ob_str_from_c("EditLine wrapper"));
}
const ob_module_def py_mod_readline = {"readline", "Importing this module enables command line editing using libedit readline.", defs, fill};
#else
static bool fill(ob_val m UNUSED) { return ob_fail(ob_raise(&ob_exc_ImportError, "apodora was built without libedit")); }
static const ob_def defs[] = {{0}};
const ob_module_def py_mod_readline = {"readline", NULL, defs, fill};
bool py_edit_auto_history(void) { return false; }
#endif
