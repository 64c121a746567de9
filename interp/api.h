/* api.h: start and end of the interpreter, and the ways to run a program. Exit statuses are returned, errors are printed. */
#ifndef INTERP_API_H
#define INTERP_API_H
#include "base/check.h"
#include "objspace/val.h"
#include <stdbool.h>

bool py_start(void) MUST_CHECK;              /* from py_opts; false: said why on stderr */
int py_run_command(const char *text);
int py_run_module(const char *dotted);
int py_run_file(const char *path);
int py_run_stdin(void);                      /* a prompt if it is a terminal */
int py_run_prompt(void);                     /* repl.c */
int py_finish(int status);                   /* atexit handlers, threads, flushing, statistics; the final status */
extern ob_val py_main_dict;                  /* of __main__ */
extern bool py_finalizing;                   /* the atexit handlers have run */
bool py_store_finish(void);                 /* flushes and closes the store; false: said why */
bool py_store_options_ok(void);                  /* are the values of --durability, --cache, --max-size such? false: said on stderr */
int py_store_command(int argc, char **argv); /* apodora store … */

void py_site_start(void);                     /* site.c */

#endif
