/* names.c: classes, functions and modules by number. A number stands for a kind, a module and a qualified name, and never changes its meaning.
 * Locks: `lock` (rank TABLE) around the tables; resolving a name, which may import, holds none.
 * N1  names.at[i] has number i + 1. Entries are never removed or changed but for `value` and `stored`. */
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/dict.h"
#include "objspace/function.h"
#include "objspace/persist/persist_int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "objspace/type_make.h"
#include <string.h>

static VEC(pe__name) names;
static struct { ob_obj *key; uint32_t n; } *cache;   /* by the object's address; objects are kept alive by names.at[].value */
static size_t cache_mask, cache_used;
static VEC(pe__name) aliases;                        /* kind, module (the whole dotted name), value */
static base_lock lock = BASE_LOCK_INIT(TABLE, "store names");
pe_hooks pe__hooks;

void pe_set_hooks(const pe_hooks *h) { pe__hooks = *h; }

static void trace_names(ob_tracer *t, void *arg) {
    (void)arg;
    for (size_t i = 0; i < names.n; i++) ob_trace_val(t, names.at[i].value);
    for (size_t i = 0; i < aliases.n; i++) ob_trace_val(t, aliases.at[i].value);
}

bool pe__names_init(void) {
    static bool rooted;
    if (rooted) return true;
    return rooted = ob_gc_add_root(trace_names, NULL);
}

void pe__names_clear(void) {
    for (size_t i = 0; i < names.n; i++) {
        base_mem_free(names.at[i].module);
        base_mem_free(names.at[i].qualname);
    }
    VEC_RELEASE(&names);
    base_mem_free(cache);
    cache = NULL;
    cache_mask = cache_used = 0;
}

/* ---- the cache ---- */

static uint32_t cached(const ob_obj *o) {
    if (!cache) return 0;
    for (size_t i = base_hash_pointer(o) >> 24 & cache_mask; cache[i].key; i = (i + 1) & cache_mask)
        if (cache[i].key == o) return cache[i].n;
    return 0;
}

static bool remember(ob_obj *o, uint32_t n) {
    if (cache_used * 2 >= cache_mask) {
        size_t size = cache_mask ? (cache_mask + 1) * 2 : 256, had = cache ? cache_mask + 1 : 0;
        __typeof__(cache) old = cache, made = base_mem_zeroed(size * sizeof *made);
        if (!made) return false;
        cache = made;
        cache_mask = size - 1;
        cache_used = 0;
        for (size_t i = 0; i < had; i++)
            if (old[i].key && !remember(old[i].key, old[i].n)) return false;
        base_mem_free(old);
    }
    size_t i = base_hash_pointer(o) >> 24 & cache_mask;
    while (cache[i].key) i = (i + 1) & cache_mask;
    cache[i].key = o;
    cache[i].n = n;
    cache_used++;
    return true;
}

/* ---- what is it called? ---- */

typedef struct full_name { char kind; const char *module; size_t module_n; const char *qualname; size_t qualname_n; } full_name;

static bool set_str(ob_val s, const char **p, size_t *n) {
    if (ob_is_null(s) || !ob_is_str(s)) return false;
    *p = ob_str_wtf8(s, n);
    return *p != NULL;
}

static bool name_of_type(const ob_type *t, full_name *f) {
    f->kind = PE_N_CLASS;
    if (t->flags & OB_TF_HEAP)
        return set_str(ob_dict_get_str(t->dict, OB_NAME(module)), &f->module, &f->module_n) && set_str(t->qualname, &f->qualname, &f->qualname_n);
    const char *dot = strrchr(t->name, '.');
    f->module = dot ? t->name : "builtins";
    f->module_n = dot ? (size_t)(dot - t->name) : 8;
    f->qualname = dot ? dot + 1 : t->name;
    f->qualname_n = strlen(f->qualname);
    return true;
}

static bool module_name(ob_val m, const char **p, size_t *n) { return set_str(ob_dict_get_str(ob_module_dict(m), OB_NAME(name)), p, n); }

static bool name_of_native(const ob_native *f, full_name *out) {
    out->kind = PE_N_GLOBAL;
    out->qualname = f->def->name;
    out->qualname_n = strlen(f->def->name);
    if (!ob_is_null(f->self) && ob_type_of(f->self) != &ob_module_type) return false;
    if (ob_is_str(f->module)) return set_str(f->module, &out->module, &out->module_n);
    ob_val m = !ob_is_null(f->self) ? f->self : f->module;
    return !ob_is_null(m) && ob_type_of(m) == &ob_module_type && module_name(m, &out->module, &out->module_n);
}

static bool find_name(ob_val v, full_name *f) {
    ob_type *t = ob_type_of(v);
    if (t->flags & OB_TF_TYPE) return name_of_type(ob_type_ptr(v), f);
    if (t == &ob_module_type) return f->kind = PE_N_MODULE, f->qualname = "", f->qualname_n = 0, module_name(v, &f->module, &f->module_n);
    if (t == &ob_native_type) return name_of_native((ob_native *)ob_ptr(v), f);
    if (t == &ob_function_type) {
        ob_function *fn = (ob_function *)ob_ptr(v);
        f->kind = PE_N_GLOBAL;
        return set_str(fn->module, &f->module, &f->module_n) && set_str(fn->qualname, &f->qualname, &f->qualname_n);
    }
    return false;
}

/* ---- does the name lead back to it? ---- no Python runs: only dicts with str keys are read */

static ob_val dict_text(ob_val d, const char *p, size_t n) {
    ob_val s = ob_str_from_utf8(p, n);
    if (ob_is_null(s)) return ob_err_clear(), OB_NULL;
    s = ob_str_intern(s);
    return ob_is_null(s) ? (ob_err_clear(), OB_NULL) : ob_dict_get_str(d, s);
}

static ob_val peel(ob_val v) {      /* static and class methods lead to the function */
    if (ob_is_null(v)) return v;
    ob_type *t = ob_type_of(v);
    return t == &ob_staticmethod_type || t == &ob_classmethod_type ? ((ob_wrapped *)ob_ptr(v))->func : v;
}

static bool leads_to(const full_name *f, ob_val v) {
    ob_val modules = pe__hooks.modules ? pe__hooks.modules() : OB_NULL;
    if (ob_is_null(modules)) return ob_is_type(v) && !(ob_type_ptr(v)->flags & OB_TF_HEAP);
    ob_val at = dict_text(modules, f->module, f->module_n);
    if (ob_is_null(at) || ob_type_of(at) != &ob_module_type) return false;
    if (f->kind == PE_N_MODULE) return ob_same(at, v);
    ob_val space = ob_module_dict(at);
    for (const char *p = f->qualname, *end = p + f->qualname_n; p < end;) {
        const char *dot = memchr(p, '.', (size_t)(end - p));
        size_t n = dot ? (size_t)(dot - p) : (size_t)(end - p);
        at = ob_is_null(space) ? OB_NULL : peel(dict_text(space, p, n));
        if (ob_is_null(at)) return false;
        space = ob_is_type(at) ? ob_type_ptr(at)->dict : OB_NULL;
        p += n + 1;
    }
    return ob_same(at, v);
}

static bool same_text(const char *a, const char *p, size_t n) { return strlen(a) == n && memcmp(a, p, n) == 0; }

static uint32_t enter(const full_name *f, ob_val v) {
    for (size_t i = 0; i < names.n; i++) {
        pe__name *x = &names.at[i];
        if (x->kind != f->kind || !same_text(x->module, f->module, f->module_n) || !same_text(x->qualname, f->qualname, f->qualname_n)) continue;
        x->value = v;
        return remember(ob_ptr(v), (uint32_t)i + 1) ? (uint32_t)i + 1 : UINT32_MAX;
    }
    pe__name x = {f->kind, base_mem_text_n(f->module, f->module_n), base_mem_text_n(f->qualname, f->qualname_n), v, false, false};
    if (x.module && x.qualname && VEC_PUSH(&names, x)) {
        if (remember(ob_ptr(v), (uint32_t)names.n)) return (uint32_t)names.n;
        return UINT32_MAX;
    }
    base_mem_free(x.module);
    base_mem_free(x.qualname);
    return UINT32_MAX;
}

uint32_t pe__name_of(ob_val v) {
    full_name f;
    base_lock_take(&lock);
    uint32_t n = cached(ob_ptr(v));
    base_lock_drop(&lock);
    if (n) return n;
    if (!find_name(v, &f)) return 0;
    bool native_type = ob_is_type(v) && !(ob_type_ptr(v)->flags & OB_TF_HEAP);
    if (!native_type && !leads_to(&f, v)) return 0;
    base_lock_take(&lock);
    n = enter(&f, v);
    base_lock_drop(&lock);
    return n;
}

const pe__name *pe__name_at(uint32_t n) { return n && n <= names.n ? &names.at[n - 1] : NULL; }

/* ---- from a number to the thing ---- */

static ob_val native_type(const pe__name *x) {
    ob_type *t;
    for (size_t i = 0; (t = ob__static_type(i)) != NULL; i++) {
        full_name f;
        if (!t->name || !name_of_type(t, &f)) continue;
        if (same_text(x->module, f.module, f.module_n) && same_text(x->qualname, f.qualname, f.qualname_n)) return ob_of(t);
    }
    return OB_NULL;
}

static ob_val import(const char *module) {
    ob_val modules = pe__hooks.modules ? pe__hooks.modules() : OB_NULL;
    ob_val found = ob_is_null(modules) ? OB_NULL : dict_text(modules, module, strlen(module));
    if (!ob_is_null(found)) return found;
    if (!ob_the_vm.import || (pe__s.o.may_import && !pe__s.o.may_import(module)))
        return ob_raise(&ob_exc_ImportError, "module '%s' is not imported", module);
    ob_val name = ob_str_from_utf8(module, strlen(module)), star = ob_str_intern_c("__name__");
    if (ob_is_null(name) || ob_is_null(star)) return OB_NULL;
    return ob_the_vm.import(name, OB_NULL, OB_NULL, ob_tuple_of1(star), 0);
}

static ob_val find_alias(const pe__name *x) {
    size_t n = strlen(x->module);
    for (size_t i = 0; i < aliases.n; i++) {
        const char *a = aliases.at[i].module;
        if (strncmp(a, x->module, n) == 0 && a[n] == '.' && strcmp(a + n + 1, x->qualname) == 0) return aliases.at[i].value;
    }
    return OB_NULL;
}

bool pe_alias(const char *name, ob_type *type) {
    char *copy = base_mem_text(name);
    for (size_t i = 0; i < names.n; i++) names.at[i].missing = false;
    if (copy && VEC_PUSH(&aliases, (pe__name){.kind = PE_N_CLASS, .module = copy, .value = ob_type_val(type)})) return pe__names_init();
    base_mem_free(copy);
    return ob_fail(ob_raise_memory());
}

static ob_val look_up(const pe__name *x, bool *aliased) {
    if (x->kind == PE_N_CLASS) {
        ob_val t = find_alias(x);
        *aliased = !ob_is_null(t);
        if (ob_is_null(t)) t = native_type(x);
        if (!ob_is_null(t)) return t;
    }
    ob_val at = import(x->module);
    if (ob_is_null(at)) return at;
    for (const char *p = x->qualname; *p;) {
        size_t n = strcspn(p, ".");
        ob_val part = ob_str_from_utf8(p, n);
        if (ob_is_null(part) || ob_is_null(part = ob_str_intern(part)) || ob_is_null(at = ob_getattr(at, part))) return OB_NULL;
        p += n + (p[n] == '.');
    }
    return at;
}

static bool has_module(const char *module) {
    ob_val modules = pe__hooks.modules ? pe__hooks.modules() : OB_NULL;
    return !ob_is_null(modules) && !ob_is_null(dict_text(modules, module, strlen(module)));
}

ob_val pe__name_resolve(uint32_t n, bool *missing) {
    *missing = false;
    if (n == 0 || n > names.n) return pe__corrupt(0, "it names a class that is not listed");
    if (!ob_is_null(names.at[n - 1].value)) return names.at[n - 1].value;
    pe__name x = names.at[n - 1];
    if (x.missing && !has_module(x.module)) return *missing = true, OB_NULL;       /* not to be imported again and again */
    bool aliased = false;
    ob_val v = look_up(&x, &aliased);
    if (!ob_is_null(v) && x.kind == PE_N_CLASS && !ob_is_type(v)) v = ob_raise(&ob_exc_AttributeError, "'%s.%s' is no class", x.module, x.qualname);
    if (ob_is_null(v)) {
        if (!ob_err_matches(&ob_exc_ImportError) && !ob_err_matches(&ob_exc_AttributeError)) return v;
        ob_err_clear();
        return *missing = names.at[n - 1].missing = true, OB_NULL;
    }
    base_lock_take(&lock);
    if (ob_is_null(names.at[n - 1].value)) {
        names.at[n - 1].value = v;
        if (!aliased && !cached(ob_ptr(v)) && !remember(ob_ptr(v), n)) v = OB_NULL;      /* what has an alias is written by its own name */
    }
    base_lock_drop(&lock);
    return ob_is_null(v) ? ob_raise_memory() : v;
}

/* ---- records ---- payload: kind, length and text of the module, length and text of the qualified name */

bool pe__name_load(uint64_t n, const uint8_t *p, size_t bytes) {
    pe_decoder d = {.p = p, .end = p + bytes};
    uint64_t a, b;
    if (bytes < 3 || n != names.n + 1) return false;
    pe__name x = {.kind = (char)*d.p++, .stored = true};
    if (!pe__get_varint(&d, &a) || a > (size_t)(d.end - d.p)) return false;
    x.module = base_mem_text_n((const char *)d.p, (size_t)a);
    d.p += a;
    if (pe__get_varint(&d, &b) && b == (size_t)(d.end - d.p)) x.qualname = base_mem_text_n((const char *)d.p, (size_t)b);
    if (x.module && x.qualname && strchr("CGM", x.kind) && x.kind && VEC_PUSH(&names, x)) return true;
    base_mem_free(x.module);
    base_mem_free(x.qualname);
    return false;
}

void pe__names_each_new(void (*fn)(void *arg, uint32_t n, const pe__name *name), void *arg) {
    base_lock_take(&lock);
    for (size_t i = 0; i < names.n; i++)
        if (!names.at[i].stored) {
            names.at[i].stored = true;
            fn(arg, (uint32_t)i + 1, &names.at[i]);
        }
    base_lock_drop(&lock);
}

/* A batch that was to write names was refused: write all of them again with the next one. Writing a name twice does no harm. */
void pe__names_unstored(void) {
    base_lock_take(&lock);
    for (size_t i = 0; i < names.n; i++) names.at[i].stored = false;
    base_lock_drop(&lock);
}
