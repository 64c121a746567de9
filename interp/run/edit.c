/* edit.c: line editing by libedit, loaded when first wanted.
 * Locks: none; for the main thread. While a line is being typed the thread is in a blocking region, which callbacks (completion) leave. */
#include "interp/run/edit.h"
#include "interp/run/frame.h"
#include "interp/run/signals.h"
#include "objspace/str.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_EDITLINE_READLINE_H
#include <dlfcn.h>
#include <locale.h>
#include <poll.h>
#include <wchar.h>

static py_editline lib;
static bool loaded, wanted;

/* The next character from the terminal; -1: there is none, or a signal waits to be run. libedit's own function sleeps in read(), which a signal that came just before does
 * not wake: here it is late by LOOK_AGAIN milliseconds then. */
enum { LOOK_AGAIN = 250 };
static int next_character(FILE *f UNUSED) {
    mbstate_t state = {0};
    struct pollfd terminal = {.fd = 0, .events = POLLIN};
    for (;;) {
        if (py_signals_pending()) return -1;
        if (poll(&terminal, 1, LOOK_AGAIN) <= 0 || py_signals_pending()) continue;      /* what was typed behind a Ctrl-C is for the next line */
        char byte;
        wchar_t c;
        ssize_t n = read(0, &byte, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return -1;
        size_t used = mbrtowc(&c, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        return used == (size_t)-1 ? '?' : (int)c;
    }
}

const py_editline *py_edit(void) {
    static bool tried;
    if (tried) return loaded ? &lib : NULL;
    tried = true;
    void *so = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!so) so = dlopen("libedit.so", RTLD_NOW | RTLD_LOCAL);
    if (!so) return NULL;
    loaded = true;
    if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");     /* characters are what the locale says, to libedit */
#define SYMBOL(name) { void *p = dlsym(so, #name); memcpy(&lib.name, &p, sizeof p); loaded &= p != NULL; }
    PY_EDIT_SYMBOLS(SYMBOL, SYMBOL)
    if (!loaded) return NULL;
    *lib.rl_getc_function = next_character;       /* before it is initialised: it looks only then */
    *lib.rl_readline_name = "apodora";
    *lib.rl_catch_signals = 0;
    lib.using_history();
    lib.rl_initialize();
    lib.rl_parse_and_bind("bind ^I rl_complete");
    *lib.rl_completion_append_character = 0;
    return &lib;
}

bool py_edit_want(void) { return wanted = py_edit() != NULL; }
bool py_edit_ready(void) { return wanted && isatty(0) && isatty(1) && py_signals_mine(py_me); }

/* NULL with a signal pending: it came before the line. libedit takes the terminal only after it has shown the prompt: keys typed between the two (Ctrl-D above all) would be
 * taken for a line's, so it is asked to before. */
static char *edited(const char *prompt) {
    py_blocking_enter();
    lib.rl_prep_terminal(0);
    char *line = py_signals_pending() ? NULL : lib.readline(prompt);
    py_blocking_leave();
    return line;
}

ob_val py_edit_line(ob_val prompt) {
    const char *text = ob_str_wtf8(prompt, NULL);
    char *copy = text ? strdup(text) : NULL;
    if (!copy) return ob_failed() ? OB_NULL : ob_raise_memory();
    if (!ob_external()) { free(copy); return OB_NULL; }
    char *line = edited(copy);
    free(copy);
    if (!line) {
        if (py_signals_pending()) {
            if (write(1, "\n", 1) < 0) {}
            if (py_signals_run(py_me)) return ob_str_from_c("");
        }
        return OB_NULL;
    }
    if (*line && py_edit_auto_history()) lib.add_history(line);
    ob_val v = ob_str_fsdecode(line, strlen(line));
    free(line);
    return v;
}
#else
bool py_edit_want(void) { return false; }
bool py_edit_ready(void) { return false; }
ob_val py_edit_line(ob_val prompt) { (void)prompt; return OB_NULL; }
#endif
