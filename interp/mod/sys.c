/* sys.c: the sys module: made at start, before any other. */
#include "interp/code.h"
#include "interp/mod/sys.h"
#include "config.h"
#include "interp/api.h"
#include "interp/mod/modules.h"
#include "interp/run/import.h"
#include "interp/run/options.h"
#include "interp/run/trace.h"
#include "interp/run/traceback.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "GCC " __VERSION__
#endif
#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

py_options py_opts;

/* ---- exceptions ---- */

NATIVE(sys_exc_info) {
    ob_val e = py_me->handled;
    if (ob_is_null(e)) return ob_tuple_of3(OB_NONE, OB_NONE, OB_NONE);
    ob_val tb = ob_exc_get_traceback(e);
    return ob_tuple_of3(ob_of(ob_type_of(e)), e, ob_is_null(tb) ? OB_NONE : tb);
}
NATIVE(sys_exception) { return ob_is_null(py_me->handled) ? OB_NONE : py_me->handled; }
NATIVE(sys_excepthook) {
    if (!ob_is_exception(a[1])) {
        ob_val err = ob_dict_get_str(py_sys, OB_NAME(stderr));
        ob_val text = ob_str_format_c("TypeError: print_exception(): Exception expected for value, %T found\n", a[1]);
        if (ob_is_null(text) || ob_is_null(err) || ob_is_none(err)) return ob_is_null(text) ? text : OB_NONE;
        return ob_is_null(ob_call_method(err, OB_NAME(write), &text, 1)) ? OB_NULL : OB_NONE;
    }
    if (!ob_is_null(a[2]) && !ob_is_none(a[2]) && !ob_exc_set_traceback(a[1], a[2])) return OB_NULL;
    py_print_exception(a[1]);
    return OB_NONE;
}
NATIVE(sys_exit) {
    ob_val e = n && !ob_is_null(a[0]) ? ob_is_tuple(a[0]) ? ob_call_ex(ob_of(&ob_exc_SystemExit), a[0], OB_NULL) : ob_call1(ob_of(&ob_exc_SystemExit), a[0])
                                      : ob_call0(ob_of(&ob_exc_SystemExit));
    return ob_is_null(e) ? e : ob_raise_value(e);
}
NATIVE(sys_unraisablehook) {
    ob_val exc = ob_getattr_c(a[0], "exc_value"), obj = ob_getattr_c(a[0], "object"), msg = ob_getattr_c(a[0], "err_msg");
    ob_val err = ob_dict_get_str(py_sys, OB_NAME(stderr));
    if (ob_is_null(exc) || ob_is_null(obj) || ob_is_null(msg)) return OB_NULL;
    if (ob_is_null(err) || ob_is_none(err)) return OB_NONE;
    ob_val head = ob_is_none(msg) ? ob_str_format_c("Exception ignored in: %R\n", obj)
                  : ob_is_none(obj) ? ob_str_format_c("%S:\n", msg) : ob_str_format_c("%S: %R\n", msg, obj);
    if (ob_is_null(head) || ob_is_null(ob_call_method(err, OB_NAME(write), &head, 1))) return OB_NULL;
    if (!ob_is_none(exc)) py_print_exception(exc);
    return OB_NONE;
}
NATIVE(sys_displayhook) {
    if (ob_is_none(a[0])) return OB_NONE;
    if (!ob_dict_set_c(py_builtins, "_", OB_NONE)) return OB_NULL;
    ob_val out = ob_dict_get_str(py_sys, OB_NAME(stdout)), text = ob_repr(a[0]);
    if (ob_is_null(text)) return text;
    if (ob_is_null(out) || ob_is_none(out)) return ob_raise(&ob_exc_RuntimeError, "lost sys.stdout");
    ob_val line = ob_str_format_c("%S\n", text);
    if (ob_is_null(line) || ob_is_null(ob_call_method(out, OB_NAME(write), &line, 1))) return OB_NULL;
    return ob_dict_set_c(py_builtins, "_", a[0]) ? OB_NONE : OB_NULL;
}

/* breakpoint(): calls what PYTHONBREAKPOINT names. */
NATIVE(sys_breakpointhook) {
    const char *at = py_opts.ignore_environment || py_opts.isolated ? NULL : getenv("PYTHONBREAKPOINT");
    if (at && strcmp(at, "0") == 0) return OB_NONE;
    if (!at || !*at) at = "pdb.set_trace";
    const char *dot = strrchr(at, '.');
    char module[256] = "builtins";
    if (dot && (size_t)(dot - at) < sizeof module) { memcpy(module, at, (size_t)(dot - at)); module[dot - at] = 0; }
    ob_val m = dot == at ? ob_raise(&ob_exc_ImportError, "no module name") : py_import_c(module), hook = ob_is_null(m) ? m : ob_getattr_c(m, dot ? dot + 1 : at);
    if (!ob_is_null(hook)) return ob_call_kw(hook, a, n, kw);
    if (!ob_err_clear_if(&ob_exc_ImportError) && !ob_err_clear_if(&ob_exc_AttributeError)) return OB_NULL;
    return ob_warn(&ob_exc_RuntimeWarning, 0, "Ignoring unimportable $PYTHONBREAKPOINT: \"%s\"", at) ? OB_NONE : OB_NULL;
}

/* ---- frames and limits ---- */

NATIVE(sys_getframe) {
    int64_t depth = 0;
    if (n && !ob_is_null(a[0]) && !ob_index_i64(a[0], &depth)) return OB_NULL;
    py_frame *f = py_me->frame;
    for (int64_t i = 0; f && i < depth; i++) f = f->prev;
    return f ? py_frame_asked(f) : ob_raise(&ob_exc_ValueError, "call stack is not deep enough");
}
/* Frames of all threads. Those of others are made while they stand still; they show where such a thread was then. */
typedef struct frames { ob_val list; bool failed; } frames;
static void take_frame(py_thread *T, void *arg) {
    frames *f = arg;
    if (f->failed || T == py_me || !T->frame) return;
    ob_val one = py_frame_picture(T), pair = ob_is_null(one) ? one : ob_tuple_of2(ob_int_from_u64(T->ident), one);
    f->failed = ob_is_null(pair) || !ob_list_append(f->list, pair);
}
NATIVE(sys_current_frames) {
    frames f = {ob_list_new(16), false};
    ob_val mine = py_frame_asked(py_me->frame), d = ob_dict_new();
    if (ob_is_null(f.list) || ob_is_null(mine) || ob_is_null(d) || !ob_dict_set(d, ob_int_from_u64(py_me->ident), mine)) return OB_NULL;
    ob_gc_hold();
    ob_world_stop();
    py_threads_each(take_frame, &f);
    ob_world_start();
    ob_gc_unhold();
    for (size_t i = 0; !f.failed && i < ob_list_len(f.list); i++) {
        ob_val pair = ob_list_at(f.list, i);
        if (!ob_dict_set(d, ob_tuple_at(pair, 0), ob_tuple_at(pair, 1))) return OB_NULL;
    }
    return f.failed ? OB_NULL : d;
}
/* {ident: exception that is being handled or None, as (type, value, traceback)} of this thread. */
NATIVE(sys_current_exceptions) {
    ob_val d = ob_dict_new(), e = py_me->handled, tb = ob_is_null(e) ? e : ob_exc_get_traceback(e);
    ob_val v = ob_is_null(e) ? ob_tuple_of3(OB_NONE, OB_NONE, OB_NONE) : ob_tuple_of3(ob_of(ob_type_of(e)), e, ob_is_null(tb) ? OB_NONE : tb);
    return ob_is_null(d) || ob_is_null(v) || !ob_dict_set(d, ob_int_from_u64(py_me->ident), v) ? OB_NULL : d;
}
NATIVE(sys_getrecursionlimit) { return ob_from_small(py_me->limit); }
static void set_limit(py_thread *T, void *arg) { T->limit = *(unsigned *)arg; }
NATIVE(sys_setrecursionlimit) {
    int64_t limit;
    if (!ob_index_i64(a[0], &limit)) return OB_NULL;
    if (limit < 1) return ob_raise(&ob_exc_ValueError, "recursion limit must be greater or equal than 1");
    if (limit <= py_me->depth) return ob_raise(&ob_exc_RecursionError, "cannot set the recursion limit to %lld at the recursion depth %u: the limit is too low", (long long)limit, py_me->depth);
    unsigned l = limit > INT_MAX ? INT_MAX : (unsigned)limit;
    py_threads_each(set_limit, &l);
    atomic_store_explicit(&ob_recursion_limit, l, memory_order_relaxed);
    return OB_NONE;
}
static double switch_interval = 0.005;
NATIVE(sys_getswitchinterval) { return ob_float_from(switch_interval); }
NATIVE(sys_setswitchinterval) {
    double d;
    if (!ob_to_double(a[0], &d)) return OB_NULL;
    if (!(d > 0)) return ob_raise(&ob_exc_ValueError, "switch interval must be strictly positive");
    switch_interval = d;
    return OB_NONE;
}

/* ---- small things ---- */

NATIVE(sys_intern) {
    if (!ob_is_exact(a[0], &ob_str_type)) return ob_raise(&ob_exc_TypeError, "can't intern %T", a[0]);
    return ob_str_intern(a[0]);
}
NATIVE(sys_getsizeof) {
    ob_val m = ob_lookup_special(a[0], ob_str_intern_c("__sizeof__"));
    if (!ob_is_null(m)) return ob_call0(m);
    if (ob_failed() || ob_is_null(a[1])) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "Type %T doesn't define __sizeof__", a[0]);
    return a[1];
}
NATIVE(sys_getrefcount) { return ob_from_small(2); }
NATIVE(sys_utf8) { return ob_str_from_c("utf-8"); }
NATIVE(sys_surrogateescape) { return ob_str_from_c("surrogateescape"); }
NATIVE(sys_false) { return OB_FALSE; }
NATIVE(sys_is_finalizing) { return ob_bool(py_finalizing); }
NATIVE(sys_none) { return OB_NONE; }
/* No undone slice takes it back, so one that runs again must not begin before it; nor must a block that has joined one. */
static ob_val set_trace(ob_val function, bool profile) {
    if (!py_me->block && !ob_external()) return OB_NULL;
    py_trace_set(py_me, ob_is_none(function) ? OB_NULL : function, profile);
    return OB_NONE;
}
NATIVE(sys_settrace) { return set_trace(a[0], false); }
NATIVE(sys_setprofile) { return set_trace(a[0], true); }
NATIVE(sys_gettrace) { return ob_is_null(py_me->trace_fn) ? OB_NONE : py_me->trace_fn; }
NATIVE(sys_getprofile) { return ob_is_null(py_me->profile_fn) ? OB_NONE : py_me->profile_fn; }
NATIVE(sys_call_tracing) {
    return ob_is_tuple(a[1]) ? py_trace_call_in(a[0], a[1]) : ob_raise(&ob_exc_TypeError, "call_tracing() argument 2 must be tuple, not %T", a[1]);
}
NATIVE(sys_digits_get) { return ob_from_small(ob_int_max_str_digits); }
NATIVE(sys_digits_set) {
    int64_t d;
    if (!ob_index_i64(a[0], &d)) return OB_NULL;
    if (d != 0 && d < 640) return ob_raise(&ob_exc_ValueError, "maxdigits must be 0 or larger than 640");
    ob_int_max_str_digits = d;
    return OB_NONE;
}
/* _make_spec(name, origin, search): what __spec__ of modules loaded by the fast path is; importlib's attribute names. */
NATIVE(sys_make_spec) {
    static ob_val maker;
    if (ob_is_null(maker)) {
        extern ob_type ob_namespace_type;
        maker = ob_of(&ob_namespace_type);
    }
    ob_val s = ob_call0(maker), parent = a[0];
    if (ob_is_null(s)) return s;
    if (ob_is_none(a[2])) {
        ssize_t dot = -1;
        for (size_t i = 0; i < ob_str_len(a[0]); i++) if (ob_str_at(a[0], i) == '.') dot = (ssize_t)i;
        parent = dot < 0 ? OB_NAME(empty) : ob_str_slice(a[0], 0, (size_t)dot);
    }
    bool ok = ob_setattr_c(s, "name", a[0]) && ob_setattr_c(s, "loader", OB_NONE) && ob_setattr_c(s, "origin", a[1]) &&
              ob_setattr_c(s, "submodule_search_locations", a[2]) && ob_setattr_c(s, "parent", parent) && ob_setattr_c(s, "cached", OB_NONE) &&
              ob_setattr_c(s, "has_location", ob_bool(!ob_is_none(a[1]) && !ob_str_equal_c(a[1], "built-in"))) && ob_setattr_c(s, "_initializing", OB_FALSE);
    return ok ? s : OB_NULL;
}

static const ob_def defs[] = {
    {"_clear_type_cache", sys_none, "", NULL, 0}, {"_current_frames", sys_current_frames, "", NULL, 0}, {"_current_exceptions", sys_current_exceptions, "", NULL, 0}, {"_getframe", sys_getframe, "depth=0, /", NULL, 0},
    {"_make_spec", sys_make_spec, "name, origin, search, /", NULL, 0},
    {"call_tracing", sys_call_tracing, "func, args, /", NULL, 0}, {"addaudithook", sys_none, "hook", NULL, 0}, {"audit", sys_none, NULL, NULL, 0}, {"displayhook", sys_displayhook, "object, /", NULL, 0},
    {"exc_info", sys_exc_info, "", NULL, 0}, {"excepthook", sys_excepthook, "exctype, value, traceback=None, /", NULL, 0}, {"exception", sys_exception, "", NULL, 0},
    {"exit", sys_exit, "status=None, /", NULL, 0},
    {"get_int_max_str_digits", sys_digits_get, "", NULL, 0},
    {"getallocatedblocks", sys_false, "", NULL, 0}, {"getdefaultencoding", sys_utf8, "", NULL, 0},
    {"getfilesystemencodeerrors", sys_surrogateescape, "", NULL, 0}, {"getfilesystemencoding", sys_utf8, "", NULL, 0}, {"getprofile", sys_getprofile, "", NULL, 0},
    {"getrecursionlimit", sys_getrecursionlimit, "", NULL, 0}, {"getrefcount", sys_getrefcount, "object, /", NULL, 0},
    {"getsizeof", sys_getsizeof, "object, default=None", NULL, 0}, {"getswitchinterval", sys_getswitchinterval, "", NULL, 0}, {"gettrace", sys_gettrace, "", NULL, 0},
    {"intern", sys_intern, "string, /", NULL, 0}, {"is_finalizing", sys_is_finalizing, "", NULL, 0},
    {"set_int_max_str_digits", sys_digits_set, "maxdigits", NULL, 0},
    {"setprofile", sys_setprofile, "function, /", NULL, 0}, {"setrecursionlimit", sys_setrecursionlimit, "limit, /", NULL, 0},
    {"setswitchinterval", sys_setswitchinterval, "interval, /", NULL, 0}, {"settrace", sys_settrace, "function, /", NULL, 0},
    {"breakpointhook", sys_breakpointhook, NULL, NULL, 0}, {"unraisablehook", sys_unraisablehook, "unraisable, /", NULL, 0}, {0}};

/* ---- records ---- */

static ob_val record(const char *name, const char *const *fields, const ob_val *values) {
    size_t n = 0;
    while (fields[n]) n++;
    ob_type *t = ob_structseq_type_new(name, fields, n);
    return t ? ob_structseq_new(t, values) : OB_NULL;
}

/* One that a program cannot make more of. */
static ob_val closed_record(const char *name, const char *const *fields, const ob_val *values) {
    ob_val r = record(name, fields, values);
    if (!ob_is_null(r)) ob_type_of(r)->flags |= OB_TF_NO_MAKE;
    return r;
}

static ob_val make_flags(void) {
    static const char *const f[] = {"debug", "inspect", "interactive", "optimize", "dont_write_bytecode", "no_user_site", "no_site", "ignore_environment",
        "verbose", "bytes_warning", "quiet", "hash_randomization", "isolated", "dev_mode", "utf8_mode", "warn_default_encoding", "safe_path", "int_max_str_digits", NULL};
    const py_options *o = &py_opts;
    ob_val v[] = {ob_from_small(o->debug), ob_from_small(o->inspect), ob_from_small(o->interactive), ob_from_small(o->optimize), ob_from_small(o->dont_write_bytecode),
        ob_from_small(o->no_user_site || o->isolated), ob_from_small(o->no_site), ob_from_small(o->ignore_environment || o->isolated), ob_from_small(o->verbose),
        ob_from_small(o->bytes_warning), ob_from_small(o->quiet), ob_from_small(o->hash_randomization), ob_from_small(o->isolated), ob_bool(o->dev_mode), ob_from_small(o->utf8_mode),
        ob_from_small(o->warn_default_encoding), ob_bool(o->isolated), ob_from_small(4300)};
    return closed_record("sys.flags", f, v);
}
static ob_val make_version_info(const char *name) {
    static const char *const f[] = {"major", "minor", "micro", "releaselevel", "serial", NULL};
    ob_val v[] = {ob_from_small(3), ob_from_small(11), ob_from_small(2), ob_str_from_c("final"), ob_from_small(0)};
    return closed_record(name, f, v);
}
static ob_val make_float_info(void) {
    static const char *const f[] = {"max", "max_exp", "max_10_exp", "min", "min_exp", "min_10_exp", "dig", "mant_dig", "epsilon", "radix", "rounds", NULL};
    ob_val v[] = {ob_float_from(DBL_MAX), ob_from_small(DBL_MAX_EXP), ob_from_small(DBL_MAX_10_EXP), ob_float_from(DBL_MIN), ob_from_small(DBL_MIN_EXP),
        ob_from_small(DBL_MIN_10_EXP), ob_from_small(DBL_DIG), ob_from_small(DBL_MANT_DIG), ob_float_from(DBL_EPSILON), ob_from_small(2), ob_from_small(1)};
    return record("sys.float_info", f, v);
}
static ob_val make_int_info(void) {
    static const char *const f[] = {"bits_per_digit", "sizeof_digit", "default_max_str_digits", "str_digits_check_threshold", NULL};
    ob_val v[] = {ob_from_small(30), ob_from_small(4), ob_from_small(4300), ob_from_small(640)};
    return record("sys.int_info", f, v);
}
static ob_val make_hash_info(void) {
    static const char *const f[] = {"width", "modulus", "inf", "nan", "imag", "algorithm", "hash_bits", "seed_bits", "cutoff", NULL};
    ob_val v[] = {ob_from_small(64), ob_int_from_u64((UINT64_C(1) << 61) - 1), ob_from_small(314159), ob_from_small(0), ob_from_small(1000003),
        ob_str_from_c("siphash13"), ob_from_small(64), ob_from_small(128), ob_from_small(0)};
    return record("sys.hash_info", f, v);
}
static ob_val make_thread_info(void) {
    static const char *const f[] = {"name", "lock", "version", NULL};
    ob_val v[] = {ob_str_from_c("pthread"), ob_str_from_c("semaphore"), OB_NONE};
    return record("sys.thread_info", f, v);
}

static ob_val str_list(const char *const *items, size_t n) {
    ob_val l = ob_list_new(n);
    for (size_t i = 0; i < n && !ob_is_null(l); i++) {
        ob_val s = ob_str_fsdecode(items[i], strlen(items[i]));
        if (ob_is_null(s) || !ob_list_append(l, s)) return OB_NULL;
    }
    return l;
}

static ob_val make_path(void) {
    ob_val l = ob_list_new(4);
    const char *env = py_opts.ignore_environment || py_opts.isolated ? NULL : getenv("PYTHONPATH");
    for (const char *p = env; p && *p;) {
        size_t k = strcspn(p, ":");
        if (k && !ob_list_append(l, ob_str_fsdecode(p, k))) return OB_NULL;
        p += k + (p[k] == ':');
    }
    if (!ob_list_append(l, ob_str_from_c(APO_PYTHON_LIB))) return OB_NULL;
    return l;
}

#if defined __x86_64__
#define MULTIARCH "x86_64-linux-gnu"
#elif defined __aarch64__
#define MULTIARCH "aarch64-linux-gnu"
#else
#define MULTIARCH ""
#endif

static bool make_implementation(void) {
    extern ob_type ob_namespace_type;
    ob_val s = ob_call0(ob_of(&ob_namespace_type));
    return !ob_is_null(s) && ob_setattr_c(s, "name", ob_str_from_c("apodora")) && ob_setattr_c(s, "cache_tag", ob_str_format_c("apodora-311-%d", PY_COMPILER_VERSION)) &&
           ob_setattr_c(s, "version", make_version_info("sys.version_info")) && ob_setattr_c(s, "hexversion", ob_from_small(0x030b02f0)) &&
           ob_setattr_c(s, "_multiarch", ob_str_from_c(MULTIARCH)) && ob_dict_set_c(py_sys, "implementation", s);
}

static ob_val builtin_names(void) {
    static const char *const extra[] = {"builtins", "sys"};
    ob_val l = str_list(extra, 2);
#define MODULE(name_) if (!ob_list_append(l, ob_str_from_c(py_mod_##name_.name))) return OB_NULL;
#include "interp/mod/modules.def"
#undef MODULE
    return ob_list_sort(l, OB_NULL, false) ? ob_list_as_tuple(l) : OB_NULL;
}

static ob_val xoptions(void) {
    ob_val d = ob_dict_new();
    for (size_t i = 0; i < py_opts.nxoptions && !ob_is_null(d); i++) {
        const char *x = py_opts.xoptions[i], *eq = strchr(x, '=');
        ob_val k = eq ? ob_str_from_utf8(x, (size_t)(eq - x)) : ob_str_from_c(x), v = eq ? ob_str_from_c(eq + 1) : OB_TRUE;
        if (ob_is_null(k) || !ob_dict_set(d, k, v)) return OB_NULL;
    }
    return d;
}

/* Exceptions that nobody can catch go to sys.unraisablehook, whatever that is by now. */
static ob_val unraisable_type;
static void unraisable(ob_val e, ob_val where) {
    static const char *const f[] = {"exc_type", "exc_value", "exc_traceback", "err_msg", "object", NULL};
    ob_val hook = ob_dict_get_c(py_sys, "unraisablehook"), tb = ob_exc_get_traceback(e);
    if (ob_is_null(hook)) return;
    if (ob_is_null(unraisable_type)) unraisable_type = ob_of(ob_structseq_type_new("UnraisableHookArgs", f, 5));
    ob_val v[] = {ob_of(ob_type_of(e)), e, ob_is_null(tb) ? OB_NONE : tb, OB_NONE, ob_is_null(where) ? OB_NONE : where};
    ob_val args = ob_is_null(unraisable_type) ? OB_NULL : ob_structseq_new(ob_type_ptr(unraisable_type), v);
    if (!ob_is_null(args)) (void)ob_call1(hook, args);
    ob_err_clear();
}

#define PUT(name, value) do { ob_val v_ = (value); if (ob_is_null(v_) || !ob_dict_set_c(py_sys, name, v_)) return false; } while (0)

static bool make_hooks(void) {
    static const char *const same[][2] = {{"__excepthook__", "excepthook"}, {"__displayhook__", "displayhook"}, {"__unraisablehook__", "unraisablehook"}, {"__breakpointhook__", "breakpointhook"}};
    for (size_t i = 0; i < BASE_LENGTH(same); i++) PUT(same[i][0], ob_dict_get_c(py_sys, same[i][1]));
    ob_err_set_unraisable_hook(unraisable);
    return ob_gc_add_static(&unraisable_type);
}

bool py_sys_init(void) {
    ob_val sys = ob_dict_get_c(py_modules, "sys");
    if (!ob_module_add_defs(sys, defs) || !py_sys_async_init(sys) || !make_hooks() || !make_implementation()) return false;
    PUT("version", ob_str_from_c("3.11.2 (apodora " PACKAGE_VERSION ") [" COMPILER "]"));     /* module platform wants a compiler there */
    PUT("version_info", make_version_info("sys.version_info"));
    PUT("hexversion", ob_from_small(0x030b02f0));
    PUT("api_version", ob_from_small(1013));
    PUT("copyright", ob_str_from_c("Copyright the Apodora authors. Licensed under the Apache License 2.0."));
    PUT("flags", make_flags());
    PUT("float_info", make_float_info());
    PUT("float_repr_style", ob_str_from_c("short"));
    PUT("int_info", make_int_info());
    PUT("hash_info", make_hash_info());
    PUT("thread_info", make_thread_info());
    PUT("maxsize", ob_int_from_i64(INT64_MAX));
    PUT("maxunicode", ob_from_small(0x10ffff));
    PUT("byteorder", ob_str_from_c("little"));
    PUT("platform", ob_str_from_c("linux"));
    PUT("platlibdir", ob_str_from_c("lib"));
    PUT("abiflags", ob_str_from_c(""));
    PUT("executable", ob_str_fsdecode(py_opts.executable, strlen(py_opts.executable)));
    PUT("_base_executable", ob_str_fsdecode(py_opts.executable, strlen(py_opts.executable)));
    PUT("prefix", ob_str_from_c("/usr"));
    PUT("base_prefix", ob_str_from_c("/usr"));
    PUT("exec_prefix", ob_str_from_c("/usr"));
    PUT("base_exec_prefix", ob_str_from_c("/usr"));
    PUT("_framework", ob_str_from_c(""));
    PUT("_stdlib_dir", ob_str_from_c(APO_PYTHON_LIB));
    PUT("argv", str_list((const char *const *)py_opts.argv, (size_t)py_opts.argc));
    PUT("orig_argv", str_list((const char *const *)py_opts.orig_argv, (size_t)py_opts.orig_argc));
    PUT("path", make_path());
    PUT("path_hooks", ob_list_new(0));
    PUT("meta_path", ob_list_new(0));
    PUT("path_importer_cache", ob_dict_new());
    PUT("warnoptions", str_list(py_opts.warnings, py_opts.nwarnings));
    PUT("_xoptions", xoptions());
    PUT("dont_write_bytecode", ob_bool(py_opts.dont_write_bytecode));
    PUT("pycache_prefix", OB_NONE);
    PUT("builtin_module_names", builtin_names());
    PUT("stdlib_module_names", ob_frozenset_of_iterable(builtin_names()));
    PUT("_git", ob_tuple_of3(ob_str_from_c("apodora"), ob_str_from_c(""), ob_str_from_c("")));
    PUT("stdin", OB_NONE);
    PUT("stdout", OB_NONE);
    PUT("stderr", OB_NONE);
    return true;
}
