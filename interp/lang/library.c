/* library.c: runs the Python sources of the module apodora when one of their names is first asked for.
 * Locks: the_lock (a mutex) around `ns` of the sources; nothing else is taken under it.
 * L1  A source's names are seen by all threads or by none: its namespace is published before it is noted. (load)
 * L2  A source that is run inside of a block stays, should the block be undone: its namespace is new, and published as it is. (load) */
#include "interp/lang/library.h"
#include "interp/front/compile.h"
#include "interp/mod/modules.h"
#include "interp/run/import.h"
#include "interp/run/vm_ops.h"
#include "objspace/dict.h"
#include "objspace/function.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "txn/tx.h"
#include <pthread.h>
#include <string.h>

#define SOURCE(file, ...) static const char *const file##_names[] = {__VA_ARGS__, NULL};
#include "interp/lang/library.def"
#undef SOURCE

static const char blocks_text[] =
#include "interp/lang/blocks.inc"
;
static const char conflicts_text[] =
#include "interp/lang/conflicts.inc"
;
const char *py_conflicts_program(void) { return conflicts_text; }
static const char maps_text[] =
#include "interp/lang/maps.inc"
;
static const char parallel_text[] =
#include "interp/lang/parallel.inc"
;
static const char transactional_text[] =
#include "interp/lang/transactional.inc"
;

typedef struct source { const char *name, *file; const char *const *names; const char *text; ob_val ns; /* under the_lock */ } source;
static source sources[] = {
#define SOURCE(file, ...) {#file, "<apodora." #file ">", file##_names, file##_text, {0}},
#include "interp/lang/library.def"
#undef SOURCE
};
static ob_val given;             /* dict: what all sources see; complete before the first of them is run */
static pthread_mutex_t the_lock = PTHREAD_MUTEX_INITIALIZER;

bool py_library_give(const char *name, ob_val v) {
    if (ob_is_null(given)) {
        given = ob_dict_new();
        if (ob_is_null(given) || !ob_gc_add_static(&given)) return false;
    }
    return !ob_is_null(v) && ob_dict_set_c(given, name, v);
}

static ob_val ns_of(source *s) {
    pthread_mutex_lock(&the_lock);
    ob_val ns = s->ns;
    pthread_mutex_unlock(&the_lock);
    return ns;
}

/* Two threads may run a source at once: the first to end is the one that counts. */
static ob_val load(source *s) {
    ob_val ns = ns_of(s), name = ob_str_intern_c("apodora"), base = given;
    if (!ob_is_null(ns)) return ns;
    if (s != sources && ob_is_null(base = load(sources))) return OB_NULL;
    ob_val code = py_compile_source(s->text, strlen(s->text), ob_str_intern_c(s->file), PY_PARSE_EXEC, 0, 0);
    ns = ob_is_null(code) ? code : ob_dict_copy(base);
    if (ob_is_null(ns) || !ob_dict_set(ns, OB_NAME(builtins), ob_dict_get_c(py_modules, "builtins")) || !ob_dict_set(ns, OB_NAME(name), name) ||
        ob_is_null(py_run_code(code, ns, ns, OB_NULL))) return OB_NULL;
    if (!tx_publish(ns.w)) return ob_raise_memory();
    pthread_mutex_lock(&the_lock);
    if (ob_is_null(s->ns)) s->ns = ns;
    ns = s->ns;
    pthread_mutex_unlock(&the_lock);
    return ns;
}

ob_val py_library_get(const char *file, const char *name) {
    for (size_t i = 0; i < BASE_LENGTH(sources); i++) {
        if (strcmp(sources[i].name, file)) continue;
        ob_val ns = load(&sources[i]);
        return ob_is_null(ns) ? ns : ob_dict_get_c(ns, name);
    }
    return OB_NULL;
}

static source *source_with(const char *name) {
    for (size_t i = 0; i < BASE_LENGTH(sources); i++)
        for (const char *const *p = sources[i].names; *p; p++) if (!strcmp(*p, name)) return &sources[i];
    return NULL;
}

static ob_val the_module;

/* The module's __getattr__: names that are there once their source has been run. */
static ob_val module_getattr(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    const char *name = ob_is_str(a[0]) ? ob_str_utf8(a[0], NULL) : NULL;
    source *s = name ? source_with(name) : NULL;
    if (ob_failed()) return OB_NULL;
    if (!s) return ob_raise(&ob_exc_AttributeError, "module 'apodora' has no attribute %R", a[0]);
    ob_val ns = load(s), v = ob_is_null(ns) ? ns : ob_dict_get_str(ns, a[0]);
    if (ob_is_null(v) || !ob_dict_set(ob_module_dict(the_module), a[0], v)) return OB_NULL;
    return v;
}

static const ob_def defs[] = {{"__getattr__", module_getattr, "name, /", NULL, 0}, {0}};

bool py_library_fill(ob_val m) {
    the_module = m;
    if (!ob_gc_add_static(&the_module) || !ob_module_add_defs(m, defs)) return false;
    for (size_t i = 0; i < BASE_LENGTH(sources); i++) if (!ob_gc_add_static(&sources[i].ns)) return false;
    ob_val all = ob_list_new(0), k, v;
    if (ob_is_null(all)) return false;
    for (size_t i = 0; ob_dict_next(ob_module_dict(m), &i, &k, &v);) {
        const char *name = ob_str_utf8(k, NULL);
        if (name && name[0] != '_' && !ob_list_append(all, k)) return false;
    }
    for (size_t i = 0; i < BASE_LENGTH(sources); i++)
        for (const char *const *p = sources[i].names; *p; p++) {
            k = ob_str_intern_c(*p);
            if (ob_is_null(k) || !ob_list_append(all, k)) return false;
        }
    return ob_module_add(m, "__all__", all);
}
