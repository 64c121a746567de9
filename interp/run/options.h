/* options.h: what the command line and the environment said; set by main before anything else, constant then. */
#ifndef INTERP_RUN_OPTIONS_H
#define INTERP_RUN_OPTIONS_H
#include <stdbool.h>
#include <stddef.h>

typedef struct py_options {
    const char *executable;      /* absolute path of the interpreter */
    int argc; char **argv;       /* sys.argv */
    int orig_argc; char **orig_argv;
    bool interactive, inspect, quiet, unbuffered, isolated, ignore_environment, no_user_site, no_site, dont_write_bytecode, dev_mode, utf8_mode, warn_default_encoding;
    int optimize, verbose, debug, bytes_warning;
    bool skip_first_line;        /* of the script, once */
    bool hash_randomization;
    const char *const *warnings; size_t nwarnings;
    const char *const *xoptions; size_t nxoptions;
    const char *store, *durability, *cache, *max_size, *isolation, *trace_conflicts;
    bool store_readonly;
    int stats;                   /* 0 no, 1 text, 2 json */
    unsigned workers;
} py_options;
extern py_options py_opts;
bool py_debug_ranges(void);      /* no -X no_debug_ranges, no PYTHONNODEBUGRANGES (traceback.c) */

#endif
