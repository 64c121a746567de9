/* store.c: the apodora module's persistent root: root, open(), store; the --store option; `apodora store`. The work: objspace/persist. */
#include "base/mem.h"
#include "interp/api.h"
#include "interp/lang/atomic.h"
#include "interp/lang/invariant.h"
#include "interp/run/merge.h"
#include "interp/run/import.h"
#include "interp/run/options.h"
#include "interp/run/traceback.h"
#include "objspace/dict.h"
#include "objspace/function.h"
#include "objspace/init.h"
#include "objspace/int.h"
#include "objspace/persist/persist.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

typedef struct store_object { ob_obj o; ob_val url; } store_object;
static ob_type store_type;
static ob_val the_store, the_module;

/* ---- options ---- */

/* "64M", "2G", "1048576" */
static bool size_of(const char *text, uint64_t *out) {
    char *end;
    unsigned long long v = strtoull(text, &end, 10);
    int shift = 0;
    switch (toupper((unsigned char)*end)) {
    case 'K': shift = 10; break;
    case 'M': shift = 20; break;
    case 'G': shift = 30; break;
    case 'T': shift = 40; break;
    }
    if (shift) end++;
    *out = (uint64_t)v << shift;
    return end != text && !*end && *text != '-' && (uint64_t)v << shift >> shift == v;
}
static bool durability_of(const char *text, pe_durability *out) {
    static const char *const names[] = {"sync", "async", "none"};
    for (int i = 0; i < 3; i++) if (!strcmp(text, names[i])) { *out = (pe_durability)i; return true; }
    return false;
}

static ob_val modules_hook(void) { return py_modules; }
static const pe_hooks hooks = {modules_hook, py_invariant_loaded};

static bool open_store(const char *url, const pe_options *o) {
    pe_set_hooks(&hooks);
    if (pe_is_open()) return ob_fail(ob_raise(&ob_exc_StoreError, "a store is open already; a process has one"));
    if (!pe_open(url, o)) return false;
    store_object *s = ob_alloc(&store_type, sizeof *s);
    if (!s) return false;
    s->url = ob_str_fsdecode(url, strlen(url));
    the_store = ob_of(s);
    return !ob_is_null(s->url) && (ob_is_null(the_module) || ob_module_add(the_module, "store", the_store));
}

static bool size_option_ok(const char *name, const char *text, uint64_t *out) {
    if (!text || size_of(text, out)) return true;
    fprintf(stderr, "apodora: %s: '%s' is no size (like 64M)\n", name, text);
    return false;
}
static bool take_options(pe_options *o) {
    if (py_opts.durability && !durability_of(py_opts.durability, &o->durability)) {
        fprintf(stderr, "apodora: --durability must be sync, async or none, not '%s'\n", py_opts.durability);
        return false;
    }
    return size_option_ok("--cache", py_opts.cache, &o->cache) && size_option_ok("--max-size", py_opts.max_size, &o->max_size);
}
bool py_store_options_ok(void) {
    pe_options ignored = {0};
    return take_options(&ignored);
}

bool py_store_start(void) {
    pe_options o = {.readonly = py_opts.store_readonly};
    if (!ob_type_ready(&store_type) || !ob_gc_add_static(&the_store) || !ob_gc_add_static(&the_module)) return false;
    if (!py_opts.store) return true;
    if (!take_options(&o)) return false;
    if (open_store(py_opts.store, &o)) return true;
    ob_val e = ob_err_fetch(), text = ob_is_null(e) ? e : ob_str(e);
    const char *s = ob_is_null(text) ? NULL : ob_str_wtf8(text, NULL);
    fprintf(stderr, "apodora: %s: %s\n", ob_is_null(e) ? "MemoryError" : ob_type_short_name(ob_type_of(e)), s ? s : "");
    return false;
}

bool py_store_finish(void) {
    if (!pe_is_open() || pe_close()) return true;
    ob_val e = ob_err_fetch();
    if (!ob_is_null(e)) py_print_exception(e);
    return false;
}

/* ---- open() and the store object ---- */

static bool text_option(ob_val v, const char *name, const char **out) {
    if (ob_is_null(v) || ob_is_none(v)) return true;
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s must be a str, not %T", name, v));
    *out = ob_str_utf8(v, NULL);
    return *out != NULL;
}
static bool size_option(ob_val v, const char *name, uint64_t *out) {
    if (ob_is_null(v) || ob_is_none(v)) return true;
    if (ob_is_int(v)) return ob_int_to_u64(v, out);
    const char *s = NULL;
    if (!text_option(v, name, &s)) return false;
    return size_of(s, out) || ob_fail(ob_raise(&ob_exc_ValueError, "%s: %R is no size (like '64M')", name, v));
}

/* ---- imports=: from which modules that are not imported yet classes may be imported ---- */

static char **patterns;                      /* NULL-terminated; NULL: from any */

static void drop_patterns(void) {
    for (size_t i = 0; patterns && patterns[i]; i++) base_mem_free(patterns[i]);
    base_mem_free(patterns);
    patterns = NULL;
}

/* 'app' stands for the module and what is below it; 'app.*_model' is a pattern. */
static bool may_import(const char *module) {
    for (size_t i = 0; patterns[i]; i++) {
        size_t n = strlen(patterns[i]);
        if (fnmatch(patterns[i], module, 0) == 0 || (strncmp(module, patterns[i], n) == 0 && module[n] == '.')) return true;
    }
    return false;
}

static bool imports_option(ob_val v, pe_options *o) {
    drop_patterns();
    if (ob_is_null(v) || ob_is_none(v)) return true;
    ob_val all = ob_is_str(v) ? ob_tuple_of1(v) : ob_tuple_of_iterable(v);
    if (ob_is_null(all)) return false;
    size_t n = ob_tuple_len(all);
    if (!(patterns = base_mem_zeroed((n + 1) * sizeof *patterns))) return ob_fail(ob_raise_memory());
    for (size_t i = 0; i < n; i++) {
        ob_val each = ob_tuple_at(all, i);
        const char *s = ob_is_str(each) ? ob_str_utf8(each, NULL) : NULL;
        if (!s) return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "imports must be a str or an iterable of str, not of %T", each));
        if (!(patterns[i] = base_mem_text(s))) return ob_fail(ob_raise_memory());
    }
    o->may_import = may_import;
    return true;
}

/* open(url, readonly=False, durability=None, cache=None, max_size=None, imports=None) */
NATIVE(l_open) {
    pe_options o = {0};
    const char *durability = NULL;
    if (!py_block_of_its_own(py_me)) return OB_NULL;
    if (py_me->block) return ob_raise(&ob_exc_TransactionError, "open() inside an atomic block");
    ob_val path = ob_fspath(a[0]);
    const char *url = ob_is_null(path) ? NULL : ob_str_fsencode(path, NULL);
    int readonly = ob_is_null(a[1]) ? 0 : ob_truth(a[1]);
    if (!url || readonly < 0 || !text_option(a[2], "durability", &durability) || !size_option(a[3], "cache", &o.cache) || !size_option(a[4], "max_size", &o.max_size))
        return OB_NULL;
    if (pe_is_open()) return ob_raise(&ob_exc_StoreError, "a store is open already; a process has one");
    if (!imports_option(a[5], &o)) return OB_NULL;
    if (durability && !durability_of(durability, &o.durability)) return ob_raise(&ob_exc_ValueError, "durability must be 'sync', 'async' or 'none', not %R", a[2]);
    o.readonly = readonly;
    if (!ob_external() || !open_store(url, &o)) return OB_NULL;
    return the_store;
}

static void store_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((store_object *)o)->url); }
static ob_val store_repr(ob_val v) { return ob_str_format_c("<apodora.Store %R%s>", ((store_object *)ob_ptr(v))->url, pe_is_open() ? "" : " closed"); }
static ob_val store_root(ob_val v UNUSED) { return pe_root(); }
static ob_val store_url(ob_val v) { return ((store_object *)ob_ptr(v))->url; }
static ob_val store_lsn(ob_val v UNUSED) {
    pe_stats s;
    pe_stats_get(&s);
    return ob_int_from_u64(s.durable_lsn);
}
NATIVE(store_sync) { return ob_external() && pe_sync() ? OB_NONE : OB_NULL; }
NATIVE(store_close) {
    if (!py_block_of_its_own(py_me)) return OB_NULL;
    if (py_me->block) return ob_raise(&ob_exc_TransactionError, "close() inside an atomic block");
    if (!pe_is_open()) return OB_NONE;
    if (!ob_external() || !pe_close()) return OB_NULL;
    return ob_is_null(the_module) || ob_module_add(the_module, "store", OB_NONE) ? OB_NONE : OB_NULL;
}
NATIVE(store_stats) {
    pe_stats s;
    pe_stats_get(&s);
    ob_val d = ob_dict_new();
#define STAT(name) if (ob_is_null(d) || !ob_dict_set_c(d, #name, ob_int_from_u64(s.name))) return OB_NULL;
    STAT(lsn) STAT(durable_lsn) STAT(loads) STAT(writes) STAT(bytes_written) STAT(batches) STAT(objects_known) STAT(evictions) STAT(collections) STAT(collected)
#undef STAT
    return d;
}
NATIVE(store_enter) { return self; }
NATIVE(store_exit) { return store_close(self, NULL, 0, OB_NULL); }
static const ob_def store_methods[] = {{"__enter__", store_enter, "", NULL, 0}, {"__exit__", store_exit, "*args", NULL, 0},
    {"close", store_close, "", "Writes everything out and closes the store.", 0}, {"stats", store_stats, "", "Counters of the store.", 0},
    {"sync", store_sync, "", "Returns when everything committed so far is on disk.", 0}, {0}};
static const ob_getset store_getsets[] = {{"durable_lsn", store_lsn, NULL, "Number of the newest commit that is on disk."}, {"root", store_root, NULL, "The root dict."},
    {"url", store_url, NULL, NULL}, {0}};
static ob_type store_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "apodora.Store", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(store_object), .slots = {.repr = store_repr}, .trace = store_trace, .methods = store_methods, .getsets = store_getsets,
    .doc = "The open store of this process."};

/* alias(name, cls): instances and references stored under 'module.qualname' are served by cls. */
NATIVE(l_alias) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "alias() argument 1 must be str, not %T", a[0]);
    if (!ob_is_type(a[1])) return ob_raise(&ob_exc_TypeError, "alias() argument 2 must be a class, not %T", a[1]);
    const char *name = ob_str_utf8(a[0], NULL);
    return name && pe_alias(name, ob_type_ptr(a[1])) ? OB_NONE : OB_NULL;
}

static const ob_def defs[] = {{"alias", l_alias, "name, cls, /", "Instances stored under the class name 'module.qualname' are served by cls from now on.", 0}, {"open", l_open, "url, readonly=False, durability=None, cache=None, max_size=None, imports=None",
    "Opens the persistent store at url; from then on everything reachable from root is durable.\n\n"
    "Classes in it are imported by name: from modules that are imported already, or whose names match imports: a name, which stands for what is below it too, a pattern such as 'app.*_model', or several; None: any module.", 0}, {0}};

bool py_store_fill(ob_val m) {
    the_module = m;
    ob_val root = pe_root();
    return !ob_is_null(root) && ob_module_add_type(m, &pe_missing_type) && ob_module_add(m, "root", root) && ob_module_add_defs(m, defs) && ob_module_add(m, "store", ob_is_null(the_store) ? OB_NONE : the_store);
}

int py_store_command(int argc, char **argv) {
    if (!ob_init()) {
        fputs("apodora store: out of memory\n", stderr);
        return 1;
    }
    return pe_admin(argc, argv);
}
