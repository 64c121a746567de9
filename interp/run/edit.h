/* edit.h: line editing by libedit, which is loaded when somebody first wants it: a program that does not ask for it does not pay for it. */
#ifndef INTERP_RUN_EDIT_H
#define INTERP_RUN_EDIT_H
#include "config.h"
#include "objspace/val.h"
#include <stdbool.h>
#ifdef HAVE_EDITLINE_READLINE_H
#include <stdio.h>
#include <editline/readline.h>

/* F: functions, V: variables of the library that are used; each is a line of the table that edit.c looks up. */
#define PY_EDIT_SYMBOLS(F, V) \
    F(readline) F(add_history) F(clear_history) F(read_history) F(write_history) F(history_get) F(remove_history) F(replace_history_entry) \
    F(stifle_history) F(unstifle_history) F(rl_insert_text) F(rl_redisplay) F(rl_parse_and_bind) F(rl_read_init_file) F(rl_completion_matches) \
    F(rl_initialize) F(rl_prep_terminal) F(using_history) F(free_history_entry) \
    V(rl_line_buffer) V(rl_completer_word_break_characters) V(rl_attempted_completion_function) V(rl_completion_append_character) \
    V(rl_startup_hook) V(rl_pre_input_hook) V(rl_catch_signals) V(rl_getc_function) V(history_length) V(history_base) V(rl_attempted_completion_over) V(rl_readline_name)

#define F(name) __typeof__(&name) name;
#define V(name) __typeof__(&name) name;
typedef struct py_editline { PY_EDIT_SYMBOLS(F, V) } py_editline;
#undef F
#undef V
const py_editline *py_edit(void);                 /* NULL: it is not installed. Caller is the main thread. */
#endif

/* Is there a terminal on both sides, and a library to edit with that somebody has asked for (the prompt, or `import readline`)? */
bool py_edit_ready(void);
bool py_edit_want(void);                          /* asks for it; false: there is none */
/* A line from the terminal, edited, without its newline; OB_NULL: end of input, or (an exception is pending) a signal handler raised. */
ob_val py_edit_line(ob_val prompt);
bool py_edit_auto_history(void);                  /* (mod/readline.c) are lines that were typed added to the history? */

#endif
