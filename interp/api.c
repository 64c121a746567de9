/* api.c: brings the interpreter up and down, and runs programs. */
#include "interp/api.h"
#include "objspace/int.h"
#include "config.h"
#include "interp/front/compile.h"
#include "interp/lang/atomic.h"
#include "interp/mod/builtins_vm.h"
#include "interp/mod/faulthandler.h"
#include "interp/mod/io.h"
#include "interp/mod/modules.h"
#include "interp/mod/sys.h"
#include "interp/run/parallel.h"
#include "interp/run/codecache.h"
#include "interp/run/import.h"
#include "interp/run/options.h"
#include "interp/run/output.h"
#include "interp/run/signals.h"
#include "interp/run/trace.h"
#include "interp/run/conflicts.h"
#include "interp/run/traceback.h"
#include "interp/run/vm_ops.h"
#include "objspace/codecs.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/init.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool py_frames_init(void);
bool py_finalizing;
ob_val py_main_dict;
#define main_dict py_main_dict

/* -X faulthandler, -X dev, PYTHONFAULTHANDLER. */
static bool wants_faulthandler(void) {
    const char *v = py_opts.ignore_environment ? NULL : getenv("PYTHONFAULTHANDLER");
    for (size_t i = 0; i < py_opts.nxoptions; i++) if (!strcmp(py_opts.xoptions[i], "faulthandler")) return true;
    return py_opts.dev_mode || (v && *v);
}

static bool complain(void) {
    ob_val e = ob_err_fetch();
    if (!ob_is_null(e)) py_print_exception(e);
    else fputs("apodora: cannot start: out of memory\n", stderr);
    return false;
}

static ob_val import_hook(ob_val name, ob_val globals, ob_val locals, ob_val fromlist, int level) { return py_import(name, globals, locals, fromlist, level); }
static ob_val current_globals(void) { return py_me && py_me->frame ? py_me->frame->globals : OB_NULL; }
static ob_val current_frame(void) { return py_me && py_me->frame ? py_frame_object(py_me->frame) : OB_NULL; }
static bool poll(void) { return !py_signals_pending() || py_signals_run(py_me); }

static void install_vm(void) {
    ob_the_vm = (ob_vm){.call_function = py_call_function, .import = import_hook, .current_globals = current_globals, .traceback_frame = py_traceback_frame, .builtins = py_builtins_of,
        .current_frame = current_frame, .poll = poll, .external = py_external, .warn = py_warn};
    ob_err_set_handled_hook(py_handled_now);
    py_compile_warn = py_warn_compiler;
    static const tx_blocking blocking = {.enter = ob_blocking_enter, .leave = ob_blocking_leave, .interrupted = py_signals_pending_hook};
    tx_set_blocking(&blocking);
}

/* ---- standard streams ---- */

static bool set_stream(const char *name, const char *alias, int fd) {
    struct stat st;
    ob_val f = OB_NONE;
    if (fstat(fd, &st) == 0) {
        char label[16];
        snprintf(label, sizeof label, "<%s>", name);
        f = py_io_open_std(fd, label, fd == 0 ? "r" : "w", fd == 2 ? "backslashreplace" : "strict", fd != 0 && py_opts.unbuffered);
    }
    return !ob_is_null(f) && ob_dict_set_c(py_sys, name, f) && ob_dict_set_c(py_sys, alias, f);
}

static bool make_main(void) {
    ob_val m = ob_module_new(ob_str_intern_c("__main__"));
    if (ob_is_null(m)) return false;
    main_dict = ob_module_dict(m);
    ob_val builtins = ob_dict_get_c(py_modules, "builtins");
    return ob_gc_add_static(&main_dict) && ob_dict_set(main_dict, OB_NAME(builtins), builtins) && ob_dict_set_c(py_modules, "__main__", m) &&
           ob_dict_set(main_dict, OB_NAME(loader), OB_NONE) && ob_dict_set(main_dict, OB_NAME(spec), OB_NONE) &&
           ob_dict_set(main_dict, OB_NAME(package), OB_NONE) && ob_dict_set_c(main_dict, "__annotations__", ob_dict_new());
}

static bool start(void) {
    if (!py_thread_new(0) || !py_frames_init() || !py_gen_init() || !ob_type_ready(&ob_code_type) || !ob_type_ready(&ob_frame_type) || !py_trace_init() || !py_parallel_init()) return false;
    install_vm();
    if (!py_import_init() || !py_async_start(py_me)) return false;
    ob_val builtins = ob_dict_get_c(py_modules, "builtins");
    if (!ob_module_add_defs(builtins, py_builtins_defs) || !ob_module_add_defs(builtins, py_builtins_vm) || !py_builtins_fill(builtins)) return false;
    if (!ob_dict_set_c(py_builtins, "__debug__", ob_bool(py_optimize_level == 0))) return false;
    if (!py_sys_init() || !py_signals_init() || !make_main()) return false;
    if (wants_faulthandler() && !py_fault_enable(2, true)) return false;
    if (!py_io_ready()) return false;
    py_output_init();
    return set_stream("stdin", "__stdin__", 0) && set_stream("stdout", "__stdout__", 1) && set_stream("stderr", "__stderr__", 2);
}

bool py_start(void) {
    py_optimize_level = py_opts.optimize;
    const char *seed = getenv("PYTHONHASHSEED");
    py_opts.hash_randomization = !(seed && !strcmp(seed, "0"));
    if (!ob_init() || !start()) return complain();
    ob_codec_checks = py_opts.dev_mode;
    py_front_int_digits = &ob_int_max_str_digits;
    if (!py_opts.no_site) py_site_start();
    return py_conflicts_start() && py_store_start();
}

/* ---- running ---- */

static int done(ob_val v) {
    if (!ob_is_null(v)) return 0;
    ob_val e = ob_err_fetch();
    if (ob_is_null(e)) {
        fprintf(stderr, "apodora: internal error: condition %d reached the top\n", (int)ob_err.cond);
        ob_err = (ob_pending){0};
        return 1;
    }
    return py_report_uncaught(e);
}

static int run_source(const char *src, size_t n, ob_val filename, uint32_t flags) {
    ob_val code = py_compile_source(src, n, filename, PY_PARSE_EXEC, flags, py_optimize_level);
    return done(ob_is_null(code) ? code : py_run_code(code, main_dict, main_dict, OB_NULL));
}

static bool path_insert(ob_val dir) { return ob_list_insert(ob_dict_get_c(py_sys, "path"), 0, dir); }

int py_run_command(const char *text) {
    if (!py_opts.isolated && !path_insert(OB_NAME(empty))) return done(OB_NULL);
    char *line = NULL;              /* the command is a line, and ends as one */
    int n = asprintf(&line, "%s\n", text);
    if (n < 0) return done(ob_raise_memory());
    int status = run_source(line, (size_t)n, ob_str_intern_c("<string>"), PY_PARSE_IS_STR);
    free(line);
    return status;
}

static bool is_dir(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* As CPython names the script: absolute, but not resolved. Caller frees; NULL: no memory, or no current folder. */
static char *absolute(const char *path) {
    char cwd[4096], *out = NULL;
    while (path[0] == '.' && path[1] == '/') for (path += 2; *path == '/'; path++);
    if (*path == '/') return strdup(path);
    return getcwd(cwd, sizeof cwd) && asprintf(&out, "%s/%s", cwd, path) >= 0 ? out : NULL;
}

static int run_script(const char *path, ob_val dir) {
    ob_val file = ob_str_fsdecode(path, strlen(path));
    if (ob_is_null(dir) || ob_is_null(file) || (!py_opts.isolated && !path_insert(dir)) || !ob_dict_set(main_dict, OB_NAME(file), file) ||
        !ob_dict_set(main_dict, OB_NAME(cached), OB_NONE)) return done(OB_NULL);
    return done(py_load_file(path, main_dict, false));
}

/* A folder runs its __main__.py, and is itself the first place that modules are looked for in, isolated or not. */
static int run_folder(const char *path, const char *given) {
    char *script = NULL;
    int status;
    if (asprintf(&script, "%s/__main__.py", given) < 0) return done(ob_raise_memory());
    if (access(script, R_OK) != 0) {
        fprintf(stderr, "%s: can't find '__main__' module in '%s'\n", py_opts.executable, path);
        status = 1;
    } else if ((py_opts.isolated && !path_insert(ob_str_fsdecode(given, strlen(given)))) || !ob_dict_set(main_dict, OB_NAME(package), OB_NAME(empty))) status = done(OB_NULL);
    else status = run_script(script, ob_str_fsdecode(given, strlen(given)));
    free(script);
    return status;
}

int py_run_file(const char *given) {
    char *path = absolute(given), *real = path ? realpath(path, NULL) : NULL;
    int status;
    if (!real) {
        fprintf(stderr, "%s: can't open file '%s': [Errno %d] %s\n", py_opts.executable, path ? path : given, errno, strerror(errno));
        free(path);
        return 2;
    }
    if (is_dir(real)) status = run_folder(path, given);
    else {
        const char *slash = strrchr(real, '/');
        py_skip_first_line = py_opts.skip_first_line;
        status = run_script(path, ob_str_fsdecode(real, slash > real ? (size_t)(slash - real) : 1));
    }
    free(real);
    free(path);
    return status;
}

int py_run_module(const char *dotted) {
    char cwd[4096], file[4096];
    ob_val name = ob_str_from_c(dotted), module, package, path;
    if (!py_opts.isolated && getcwd(cwd, sizeof cwd) && !path_insert(ob_str_fsdecode(cwd, strlen(cwd)))) return done(OB_NULL);
    if (ob_is_null(name)) return done(name);
    if (!py_find_main(name, file, sizeof file, &module, &package)) {
        ob_val e = ob_err_fetch(), text = ob_is_null(e) || !ob_is_a(e, &ob_exc_ImportError) ? OB_NULL : ob_str(e);
        if (ob_is_null(text)) { ob_err_restore(e); return done(OB_NULL); }
        ob_val missing = ob_getattr_opt(e, OB_NAME(plain_name));
        if (ob_is_null(missing) || !ob_is_str(missing) || !ob_str_equal(missing, name))
            fprintf(stderr, "%s: Error while finding module specification for '%s' (%s: %s)\n", py_opts.executable, dotted, ob_type_of(e)->name, ob_str_wtf8(text, NULL));
        else fprintf(stderr, "%s: No module named %s\n", py_opts.executable, dotted);
        return 1;
    }
    path = ob_str_fsdecode(file, strlen(file));
    ob_val a[3] = {module, path, OB_NONE}, spec = ob_is_null(path) ? path : ob_call(ob_dict_get_c(py_sys, "_make_spec"), a, 3);
    ob_val argv = ob_dict_get_c(py_sys, "argv");
    if (ob_is_null(spec) || !ob_list_set(argv, 0, path) || !ob_dict_set(main_dict, OB_NAME(file), path) || !ob_dict_set(main_dict, OB_NAME(package), package) ||
        !ob_dict_set(main_dict, OB_NAME(spec), spec) || !ob_dict_set(main_dict, OB_NAME(cached), OB_NONE)) return done(OB_NULL);
    return done(py_load_file(file, main_dict, false));
}

static char *slurp(FILE *f, size_t *n) {
    size_t cap = 1 << 16;
    char *buf = malloc(cap);
    *n = 0;
    for (size_t r; buf && (r = fread(buf + *n, 1, cap - *n - 1, f)) > 0;) {
        *n += r;
        if (cap - *n < 4096) {
            char *bigger = realloc(buf, cap *= 2);
            if (!bigger) { free(buf); return NULL; }
            buf = bigger;
        }
    }
    return buf;
}

int py_run_stdin(void) {
    if (!py_opts.isolated && !path_insert(OB_NAME(empty))) return done(OB_NULL);
    if (isatty(0) || py_opts.interactive) return py_run_prompt();
    size_t n;
    char *src = slurp(stdin, &n);
    if (!src) return done(ob_raise_memory());
    int status = run_source(src, n, ob_str_intern_c("<stdin>"), PY_PARSE_FROM_FILE);
    free(src);
    return status;
}

/* ---- the end ---- */

static void call_quietly(ob_val f) {
    if (ob_is_null(f) || !ob_is_null(ob_call0(f))) return;
    ob_err_unraisable(f);
}

/* threading._shutdown joins the threads that are no daemons. */
static void join_threads(void) {
    ob_val threading = ob_dict_get_c(py_modules, "threading");
    if (ob_is_null(threading)) return;
    ob_val f = ob_getattr_opt(threading, ob_str_intern_c("_shutdown"));
    ob_err_clear();
    call_quietly(f);
}

static void run_atexit(void) {
    ob_val m = ob_dict_get_c(py_modules, "atexit");
    if (ob_is_null(m)) return;
    ob_val f = ob_getattr_opt(m, ob_str_intern_c("_run_exitfuncs"));
    ob_err_clear();
    call_quietly(f);
}

static void print_stats(void) {
    tx_stats s;
    ob_gc_stats g;
    tx_stats_get(&s);
    ob_gc_stats_get(&g);
    const char *format = py_opts.stats == 2
        ? "{\"commits\": %llu, \"readonly_commits\": %llu, \"aborts\": %llu, \"conflicts\": %llu, \"retries\": %llu, \"irrevocable\": %llu, \"gc_collections\": %llu, \"gc_pause_ms\": %.3f, \"heap_bytes\": %llu}\n"
        : "commits %llu (read-only %llu), aborts %llu (conflicts %llu), retries %llu, irrevocable %llu\ngc: %llu collections, %.3f ms, heap %llu bytes\n";
    fprintf(stderr, format, (unsigned long long)s.commits, (unsigned long long)s.readonly_commits, (unsigned long long)s.aborts, (unsigned long long)s.conflicts,
            (unsigned long long)s.retries, (unsigned long long)s.irrevocable, (unsigned long long)g.collections, (double)g.pause_ns / 1e6, (unsigned long long)g.heap_bytes);
}

static bool flush_stream(const char *name) {
    ob_val f = ob_dict_get_c(py_sys, name);
    if (ob_is_null(f) || ob_is_none(f)) return true;
    ob_val closed = ob_getattr_opt(f, ob_str_intern_c("closed"));
    ob_err_clear();
    if (!ob_is_null(closed) && ob_truth(closed) == 1) return true;
    if (!ob_is_null(ob_call_method(f, OB_NAME(flush), NULL, 0))) return true;
    ob_err_unraisable(f);
    return false;
}

int py_finish(int status) {
    join_threads();
    run_atexit();
    py_finalizing = true;
    ob_gc_finish();
    if (ob_failed()) ob_err = (ob_pending){0};
    if (!flush_stream("stdout") && status == 0) status = 120;
    flush_stream("stderr");
    py_io_flush_all();
    if (!py_slice_last(py_me)) {          /* changes since the last output */
        ob_val e = ob_err_fetch();
        tx_begin(&(tx_options){.slice = true, .name = "end"});
        if (!ob_is_null(e)) py_print_exception(e);
        if (status == 0) status = 1;
    } else tx_begin(&(tx_options){.slice = true, .name = "end"});
    if (!py_store_finish() && status == 0) status = 1;
    if (!py_conflicts_write() && status == 0) status = 1;
    if (py_opts.stats) print_stats();
    fflush(NULL);
    if (py_exit_interrupted && status == 130) {              /* so that a shell sees a process that SIGINT has ended */
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    _exit(status);                /* other threads may still run: nothing is torn down under them */
}
