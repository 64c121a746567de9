/* main.c: the apodora command: options, start, what to run, exit status. */
#include "config.h"
#include "interp/api.h"
#include "interp/lang/library.h"
#include "interp/run/options.h"
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: apodora [option] ... [-c cmd | -m mod | file | -] [arg] ...\n"
    "       apodora store CMD URL ...          look after a store (apodora store --help)\n"
    "       apodora conflicts FILE [--html]    show what --trace-conflicts has recorded\n"
    "\n"
    "Runs Python 3.11 programs whose threads run in parallel and whose `with atomic:` blocks commit or run again.\n"
    "\n"
    "What to run:\n"
    "  -c cmd          program passed in as a string\n"
    "  -m mod          library module run as a script\n"
    "  file | -        program read from a file or from standard input\n"
    "  (nothing)       a prompt, when standard input is a terminal\n"
    "\n"
    "As python3's:\n"
    "  -i  go on with a prompt after the program      -q  no banner\n"
    "  -u  unbuffered output                          -V  version            -h  this help\n"
    "  -I  isolated: neither environment nor the script's folder on the path\n"
    "  -E  ignore PYTHON* variables                   -S  no site module     -B  (accepted)\n"
    "  -s  no packages of the user's own              -x  skip the script's first line\n"
    "  -v  name each module that is imported\n"
    "  -O  drop asserts (-OO: docstrings too)         -W arg  warning filter -X opt  implementation option\n"
    "\n"
    "Apodora's own (environment variable):\n"
    "  --store URL             open this persistent store (APODORA_STORE): from apodora import root\n"
    "  --durability MODE       sync (default), async or none (APODORA_DURABILITY)\n"
    "  --cache SIZE            memory for loaded persistent objects, such as 64M or 2G (APODORA_CACHE)\n"
    "  --max-size SIZE         limit of the store's size\n"
    "  --store-readonly        open the store without writing, beside a program that writes\n"
    "  --isolation MODE        serializable (default) or snapshot (APODORA_ISOLATION)\n"
    "  --workers N             threads behind parallel, forall, eager, idle (APODORA_WORKERS)\n"
    "  --trace-conflicts FILE  record who lost against whom, and over what: see apodora conflicts\n"
    "  --stats[=json]          print counters at exit, on stderr (APODORA_STATS)\n"
    "\n"
    "Try:  apodora -c 'from apodora import atomic; print(atomic)'\n";

enum { RUN_NOTHING, RUN_COMMAND, RUN_MODULE, RUN_FILE };
typedef struct job { int how; const char *text; int first; } job;

static int bad(const char *format, const char *what) {
    fprintf(stderr, format, what);
    fputs("\nTry `apodora --help' for more information.\n", stderr);
    return 2;
}

static const char *workers;          /* --workers, as given */

static void set_stats(const char *v) { py_opts.stats = v && !strcmp(v, "json") ? 2 : 1; }

static void from_environment(void) {
    const char *v;
    if ((v = getenv("APODORA_STORE")) && *v) py_opts.store = v;
    if ((v = getenv("APODORA_DURABILITY")) && *v) py_opts.durability = v;
    if ((v = getenv("APODORA_CACHE")) && *v) py_opts.cache = v;
    if ((v = getenv("APODORA_ISOLATION")) && *v) py_opts.isolation = v;
    if ((v = getenv("APODORA_WORKERS")) && *v) workers = v;
    if ((v = getenv("APODORA_STATS")) && *v) set_stats(v);
}

/* Long options that take a value. */
typedef struct long_option { const char *name; const char **to; } long_option;

/* argv[*i] is a long option. 0 taken, else exit status + 1. */
static int take_long(int argc, char **argv, int *i) {
    static const long_option with_value[] = {{"--store", &py_opts.store}, {"--durability", &py_opts.durability}, {"--cache", &py_opts.cache},
        {"--max-size", &py_opts.max_size}, {"--isolation", &py_opts.isolation},
        {"--trace-conflicts", &py_opts.trace_conflicts}, {"--workers", &workers}};
    const char *arg = argv[*i];
    for (size_t k = 0; k < sizeof with_value / sizeof *with_value; k++) {
        size_t n = strlen(with_value[k].name);
        if (strncmp(arg, with_value[k].name, n)) continue;
        if (arg[n] == '=') { *with_value[k].to = arg + n + 1; return 0; }
        if (arg[n]) continue;
        if (*i + 1 >= argc) return 1 + bad("apodora: option %s needs a value", arg);
        *with_value[k].to = argv[++*i];
        return 0;
    }
    if (!strcmp(arg, "--store-readonly")) { py_opts.store_readonly = true; return 0; }
    if (!strcmp(arg, "--stats")) { set_stats(NULL); return 0; }
    if (!strncmp(arg, "--stats=", 8)) { set_stats(arg + 8); return 0; }
    if (!strcmp(arg, "--help")) { fputs(usage, stdout); return 1; }
    if (!strcmp(arg, "--version")) { puts("Python 3.11.2 (apodora " PACKAGE_VERSION ")"); return 1; }
    return 1 + bad("unknown option %s", arg);
}

static bool push(const char *const **list, size_t *n, const char *x) {
    const char **p = realloc((void *)*list, (*n + 1) * sizeof *p);
    if (!p) return false;
    p[(*n)++] = x;
    *list = p;
    return true;
}

/* A cluster of short options. 0 go on, 1 the job was found (j), else exit status + 2. */
static int take_short(int argc, char **argv, int *i, job *j) {
    for (const char *p = argv[*i] + 1; *p; p++) {
        const char *value = NULL;
        if (strchr("cmWX", *p)) {
            value = p[1] ? p + 1 : *i + 1 < argc ? argv[++*i] : NULL;
            if (!value) { char o[2] = {*p, 0}; return 2 + bad("Argument expected for the -%s option", o); }
        }
        switch (*p) {
        case 'c': case 'm': *j = (job){*p == 'c' ? RUN_COMMAND : RUN_MODULE, value, *i + 1}; return 1;
        case 'W': if (!push(&py_opts.warnings, &py_opts.nwarnings, value)) return 3; return 0;
        case 'X': if (!push(&py_opts.xoptions, &py_opts.nxoptions, value)) return 3; return 0;
        case 'i': py_opts.interactive = py_opts.inspect = true; break;
        case 'q': py_opts.quiet = true; break;
        case 'u': py_opts.unbuffered = true; break;
        case 'I': py_opts.isolated = py_opts.ignore_environment = py_opts.no_user_site = true; break;
        case 'E': py_opts.ignore_environment = true; break;
        case 's': py_opts.no_user_site = true; break;
        case 'S': py_opts.no_site = true; break;
        case 'B': py_opts.dont_write_bytecode = true; break;
        case 'O': py_opts.optimize++; break;
        case 'b': py_opts.bytes_warning++; break;
        case 'v': py_opts.verbose++; break;
        case 'd': py_opts.debug++; break;
        case 'x': py_opts.skip_first_line = true; break;
        case 'P': break;
        case 'V': puts("Python 3.11.2 (apodora " PACKAGE_VERSION ")"); return 2;
        case 'h': case '?': fputs(usage, stdout); return 2;
        default: { char o[2] = {*p, 0}; return 2 + bad("Unknown option: -%s", o); }
        }
    }
    return 0;
}

static const char *own_path(const char *argv0) {
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n > 0) { path[n] = 0; return path; }
    return realpath(argv0, path) ? path : argv0;
}

/* What -X says of a mode, or else the environment: its value, "" for a bare -X name, NULL: neither. */
static const char *mode_value(const char *name, const char *variable) {
    size_t n = strlen(name);
    const char *v = py_opts.ignore_environment ? NULL : getenv(variable);
    if (v && !*v) v = NULL;
    for (size_t i = 0; i < py_opts.nxoptions; i++) {
        const char *x = py_opts.xoptions[i];
        if (!strncmp(x, name, n) && (x[n] == 0 || x[n] == '=')) v = x[n] ? x + n + 1 : "";
    }
    return v;
}

/* Is the locale of characters "C"? Then the encoding is UTF-8 by decree and not by the locale; it is UTF-8 in any case. */
static bool plain_locale(void) {
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *v = getenv(variables[i]);
        if (v && *v) return !strcmp(v, "C") || !strcmp(v, "POSIX");
    }
    return true;
}

/* False: a value that is none. */
static bool settle_modes(void) {
    py_opts.dev_mode = mode_value("dev", "PYTHONDEVMODE") != NULL;
    py_opts.warn_default_encoding = mode_value("warn_default_encoding", "PYTHONWARNDEFAULTENCODING") != NULL;
    const char *utf8 = mode_value("utf8", "PYTHONUTF8"), *v = py_opts.ignore_environment ? NULL : getenv("PYTHONVERBOSE");
    if (v && *v && !py_opts.verbose) py_opts.verbose = atoi(v) > 0 ? atoi(v) : 1;
    if (!py_opts.ignore_environment && (v = getenv("PYTHONNOUSERSITE")) && *v) py_opts.no_user_site = true;
    if (utf8 && *utf8 && strcmp(utf8, "0") && strcmp(utf8, "1")) {
        fputs("Fatal Python error: preconfig_init_utf8_mode: invalid -X utf8 option value\n", stderr);
        return false;
    }
    py_opts.utf8_mode = utf8 ? strcmp(utf8, "0") != 0 : plain_locale();
    return true;
}

static bool values_ok(void) {
    const char *i = py_opts.isolation;
    if (i && strcmp(i, "serializable") && strcmp(i, "snapshot")) {
        fprintf(stderr, "apodora: --isolation must be serializable or snapshot, not '%s'\n", i);
        return false;
    }
    if (workers) {
        char *end;
        unsigned long n = strtoul(workers, &end, 10);
        if (*end || end == workers || *workers == '-' || n == 0 || n > 1024) {
            fprintf(stderr, "apodora: --workers must be a number from 1 to 1024, not '%s'\n", workers);
            return false;
        }
        py_opts.workers = (unsigned)n;
    }
    return py_store_options_ok();
}

static int conflicts_command(int argc, char **argv) {
    py_opts.isolated = py_opts.ignore_environment = py_opts.no_user_site = true;
    py_opts.argc = argc;
    py_opts.argv = argv;
    if (!py_start()) return 1;
    return py_finish(py_run_command(py_conflicts_program()));
}

int main(int argc, char **argv) {
    job j = {RUN_NOTHING, NULL, argc};
    py_opts.executable = own_path(argv[0]);
    py_opts.orig_argc = argc;
    py_opts.orig_argv = argv;
    if (argc > 1 && !strcmp(argv[1], "store")) return py_store_command(argc - 2, argv + 2);
    if (argc > 1 && !strcmp(argv[1], "conflicts")) return conflicts_command(argc - 1, argv + 1);
    from_environment();
    int i = 1;
    for (; i < argc && j.how == RUN_NOTHING; i++) {
        if (!strcmp(argv[i], "-") || argv[i][0] != '-') { j = (job){RUN_FILE, argv[i], i + 1}; break; }
        if (!strcmp(argv[i], "--")) { if (i + 1 < argc) j = (job){RUN_FILE, argv[i + 1], i + 2}; break; }
        if (argv[i][1] == '-') {
            int r = take_long(argc, argv, &i);
            if (r) return r - 1;
            continue;
        }
        int r = take_short(argc, argv, &i, &j);
        if (r > 1) return r - 2;
    }
    if (!values_ok()) return 2;
    if (!settle_modes()) return 1;
    py_opts.argc = 1 + (argc > j.first ? argc - j.first : 0);
    py_opts.argv = calloc((size_t)py_opts.argc + 1, sizeof *py_opts.argv);
    if (!py_opts.argv) return 1;
    static char c[] = "-c", m[] = "-m", none[] = "";
    py_opts.argv[0] = j.how == RUN_COMMAND ? c : j.how == RUN_MODULE ? m : j.how == RUN_FILE ? (char *)(uintptr_t)j.text : none;
    for (int k = 1; k < py_opts.argc; k++) py_opts.argv[k] = argv[j.first + k - 1];
    if (!py_start()) return 1;
    int status = j.how == RUN_COMMAND ? py_run_command(j.text) : j.how == RUN_MODULE ? py_run_module(j.text)
                 : j.how == RUN_FILE && strcmp(j.text, "-") ? py_run_file(j.text) : py_run_stdin();
    if (py_opts.inspect && j.how != RUN_NOTHING) {
        py_opts.quiet = true;           /* the banner is for a prompt alone */
        status = py_run_prompt();
    }
    return py_finish(status);
}
