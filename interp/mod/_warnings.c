/* _warnings.c: warn() and warn_explicit(): decides by the filters of the library's warnings module and its own start-up ones, and shows through
 * warnings._showwarnmsg where that is loaded. */
#include <stdio.h>
#include <stdlib.h>
#include "interp/mod/modules.h"
#include "interp/front/compile.h"
#include "interp/run/frame.h"
#include "interp/run/import.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

static ob_val filters, once_registry, default_action;
static _Atomic(int64_t) filters_version = 1;

/* An attribute of the warnings module if that is loaded, else ours. */
static ob_val setting(const char *name, ob_val otherwise) {
    ob_val m = ob_dict_get_c(py_modules, "warnings");
    if (ob_is_null(m)) return otherwise;
    ob_val v = ob_getattr_opt(m, ob_str_intern_c(name));
    return ob_is_null(v) ? otherwise : v;
}

/* None, a regular expression object, or (at start-up) a plain str that must be equal. */
static int matches(ob_val pattern, ob_val text) {
    if (ob_is_none(pattern)) return 1;
    if (ob_is_str(pattern)) return ob_str_equal(pattern, text);
    ob_val r = ob_call_method_c(pattern, "match", &text, 1);
    return ob_is_null(r) ? -1 : ob_truth(r);
}

/* The action for a warning: a str; OB_NULL: error. */
static ob_val action_of(ob_val category, ob_val text, ob_val module, int64_t lineno) {
    ob_val list = setting("filters", filters);
    if (!ob_is_list(list)) return ob_raise(&ob_exc_ValueError, "_warnings.filters must be a list");
    for (size_t i = 0; i < ob_list_len(list); i++) {
        ob_val f = ob_list_at(list, i);
        if (!ob_is_tuple(f) || ob_tuple_len(f) != 5) return ob_raise(&ob_exc_ValueError, "_warnings.filters item %zu isn't a 5-tuple", i);
        int sub = ob_issubclass(category, ob_tuple_at(f, 2));
        if (sub <= 0) { if (sub < 0) return OB_NULL; continue; }
        int64_t at;
        if (!ob_index_i64(ob_tuple_at(f, 4), &at)) return OB_NULL;
        if (at != 0 && at != lineno) continue;
        int msg = matches(ob_tuple_at(f, 1), text), mod = msg == 1 ? matches(ob_tuple_at(f, 3), module) : msg;
        if (mod < 0) return OB_NULL;
        if (mod) return ob_tuple_at(f, 0);
    }
    return setting("defaultaction", default_action);
}

/* Was this warning shown already (and notes that it is)? */
static int already(ob_val registry, ob_val key) {
    ob_val v = ob_dict_get_c(registry, "version");
    if (ob_failed()) return -1;
    if (ob_is_null(v) || !ob_same(v, ob_from_small(atomic_load_explicit(&filters_version, memory_order_relaxed)))) {
        ob_dict_clear(registry);
        if (!ob_dict_set_c(registry, "version", ob_from_small(atomic_load_explicit(&filters_version, memory_order_relaxed)))) return -1;
    }
    int seen = ob_dict_contains(registry, key);
    return seen ? seen : ob_dict_set(registry, key, OB_TRUE) ? 0 : -1;
}

/* The text with the line of the source below, if there is such a file. */
static ob_val append_source(ob_val text, ob_val filename, int64_t lineno) {
    const char *path = ob_str_wtf8(filename, NULL);
    FILE *f = path && *path != '<' ? fopen(path, "re") : NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t n = -1;
    for (int64_t i = 0; f && i < lineno && (n = getline(&line, &room, f)) >= 0; i++) { }
    if (f) fclose(f);
    if (f && n > 0) {
        size_t from = strspn(line, " \t\f");
        while ((size_t)n > from && (line[n - 1] == '\n' || line[n - 1] == '\r' || line[n - 1] == ' ' || line[n - 1] == '\t')) n--;
        ob_val source = ob_str_from_utf8(line + from, (size_t)n - from);
        if (ob_is_null(source)) ob_err_clear();      /* it is shown without */
        else if ((size_t)n > from) text = ob_str_format_c("%S  %S\n", text, source);
    }
    free(line);
    return text;
}

static ob_val show(ob_val message, ob_val category, ob_val text, ob_val filename, int64_t lineno, ob_val source) {
    ob_val warnings = ob_dict_get_c(py_modules, "warnings");
    if (!ob_is_null(warnings)) {
        ob_val make = ob_getattr_c(warnings, "WarningMessage"), fn = ob_getattr_c(warnings, "_showwarnmsg");
        if (ob_is_null(make) || ob_is_null(fn)) return OB_NULL;
        ob_val args[7] = {message, category, filename, ob_from_small(lineno), OB_NONE, OB_NONE, ob_is_null(source) ? OB_NONE : source};
        ob_val m = ob_call(make, args, 7);
        return ob_is_null(m) ? m : ob_call1(fn, m);
    }
    ob_val err = ob_dict_get_str(py_sys, OB_NAME(stderr));
    if (ob_is_null(err) || ob_is_none(err)) return OB_NONE;
    ob_val line = ob_str_format_c("%S:%lld: %s: %S\n", filename, (long long)lineno, ob_type_short_name(ob_type_ptr(category)), text);
    if (ob_is_null(line) || ob_is_null(line = append_source(line, filename, lineno))) return line;
    return ob_call_method(err, OB_NAME(write), &line, 1);
}

static ob_val warn_at(ob_val message, ob_val category, ob_val filename, int64_t lineno, ob_val module, ob_val registry, ob_val source) {
    ob_val text = message;
    if (ob_is_a(message, &ob_exc_Warning)) {
        text = ob_str(message);
        category = ob_of(ob_type_of(message));
    } else if (!ob_is_null(message)) {
        text = ob_is_str(message) ? message : ob_str(message);
        message = ob_is_null(text) ? text : ob_call1(category, message);
    }
    if (ob_is_null(text) || ob_is_null(message)) return OB_NULL;
    if (ob_is_null(module)) {
        size_t len = ob_str_len(filename);
        bool py = len > 3 && ob_str_at(filename, len - 3) == '.' && ob_str_at(filename, len - 2) == 'p' && ob_str_at(filename, len - 1) == 'y';
        module = py ? ob_str_slice(filename, 0, len - 3) : len ? filename : ob_str_from_c("<unknown>");
    }
    ob_val action = action_of(category, text, module, lineno);
    if (ob_is_null(action)) return action;
    if (!ob_is_str(action)) return ob_raise(&ob_exc_TypeError, "action must be a string, not '%T'", action);
    if (ob_str_equal_c(action, "error")) return ob_raise_value(message);
    if (ob_str_equal_c(action, "ignore")) return OB_NONE;
    if (!ob_str_equal_c(action, "always")) {
        bool once = ob_str_equal_c(action, "once"), by_module = ob_str_equal_c(action, "module");
        if (!once && !by_module && !ob_str_equal_c(action, "default")) return ob_raise(&ob_exc_RuntimeError, "Unrecognized action (%R) in warnings.filters:\n %R", action, action);
        ob_val reg = once ? setting("onceregistry", once_registry) : registry;
        ob_val key = once ? ob_tuple_of2(text, category) : ob_tuple_of3(text, category, ob_from_small(by_module ? 0 : lineno));
        if (ob_is_null(key)) return key;
        if (!ob_is_null(reg) && ob_is_dict(reg)) {
            int seen = already(reg, key);
            if (seen) return seen < 0 ? OB_NULL : OB_NONE;
        }
    }
    return ob_is_null(show(message, category, text, filename, lineno, source)) ? OB_NULL : OB_NONE;
}

static ob_val category_of(ob_val message, ob_val category) {
    if (ob_is_a(message, &ob_exc_Warning)) return ob_of(ob_type_of(message));
    if (ob_is_null(category) || ob_is_none(category)) return ob_of(&ob_exc_UserWarning);
    if (!ob_is_exception_class(category) || !ob_type_is_subtype(ob_type_ptr(category), &ob_exc_Warning))
        return ob_raise(&ob_exc_TypeError, "category must be a Warning subclass, not '%T'", category);
    return category;
}

static bool is_internal(const py_frame *f) {
    ob_val file = f->code->filename;
    return ob_str_find(file, ob_str_intern_c("importlib"), 0, ob_str_len(file)) >= 0 && ob_str_find(file, ob_str_intern_c("_bootstrap"), 0, ob_str_len(file)) >= 0;
}

static ob_val warn_from_frame(ob_val message, ob_val category, int64_t level, ob_val source) {
    py_frame *f = py_me->frame;
    for (int64_t i = 1; f && i < level; i++)
        do f = f->prev; while (f && is_internal(f));
    ob_val globals = f ? f->globals : py_sys, filename = f ? f->code->filename : ob_str_from_c("sys");
    int64_t line = f ? (int64_t)py_frame_line(f) : 1;
    ob_val registry = ob_dict_get_c(globals, "__warningregistry__");
    if (ob_is_null(registry) && (ob_is_null(registry = ob_dict_new()) || !ob_dict_set_c(globals, "__warningregistry__", registry))) return OB_NULL;
    ob_val module = ob_dict_get_str(globals, OB_NAME(name));
    return warn_at(message, category, filename, line, ob_is_null(module) || !ob_is_str(module) ? ob_str_from_c("<string>") : module, registry, source);
}

/* Is the module there? Nobody need have asked for warnings yet. */
static bool ready(void) {
    static _Atomic(bool) looked;                     /* at -W and PYTHONWARNINGS, which the library's module understands */
    ob_val name = ob_str_intern_c("_warnings");
    if (ob_is_null(name) || (ob_is_null(filters) && ob_is_null(ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0)))) return false;
    if (atomic_exchange_explicit(&looked, true, memory_order_relaxed)) return true;      /* MO: none needed */
    ob_val options = ob_dict_get_c(py_sys, "warnoptions");
    if (ob_is_null(options) || !ob_is_list(options) || !ob_list_len(options)) return true;
    return !ob_is_null(name = ob_str_intern_c("warnings")) && !ob_is_null(ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0));
}

/* ob_the_vm.warn: a warning of C code. */
bool py_warn(ob_type *category, const char *text, int level) {
    ob_val t = ob_str_from_c(text);
    if (ob_is_null(t) || !ready()) return false;
    return !ob_is_null(warn_from_frame(t, ob_of(category), level, OB_NULL));
}

NATIVE(w_warn) {
    int64_t level = 1;
    ob_val category = category_of(a[0], a[1]);
    if (ob_is_null(category) || (!ob_is_null(a[2]) && !ob_index_i64(a[2], &level))) return OB_NULL;
    return warn_from_frame(a[0], category, level, a[3]);
}
NATIVE(w_warn_explicit) {
    int64_t line;
    if (!ob_index_i64(a[3], &line)) return OB_NULL;
    if (!ob_is_str(a[2])) return ob_raise(&ob_exc_TypeError, "warn_explicit() argument 'filename' must be str, not %T", a[2]);
    ob_val category = category_of(a[0], a[1]);
    if (ob_is_null(category)) return category;
    return warn_at(a[0], category, a[2], line, ob_is_null(a[4]) || ob_is_none(a[4]) ? OB_NULL : a[4], ob_is_null(a[5]) || ob_is_none(a[5]) ? OB_NULL : a[5], a[7]);
}
NATIVE(w_mutated) { atomic_fetch_add_explicit(&filters_version, 1, memory_order_relaxed); return OB_NONE; }

/* Warnings of the parser and compiler. */
bool py_warn_compiler(ob_type *category, ob_val message, ob_val filename, int32_t lineno) {
    if (!ready()) return false;
    return !ob_is_null(warn_at(message, ob_of(category), filename, lineno, OB_NULL, OB_NULL, OB_NULL));
}

static const ob_def defs[] = {{"_filters_mutated", w_mutated, "", NULL, 0}, {"warn", w_warn, "message, category=None, stacklevel=1, source=None", NULL, 0},
    {"warn_explicit", w_warn_explicit, "message, category, filename, lineno, module=None, registry=None, module_globals=None, source=None", NULL, 0}, {0}};

static bool add_filter(const char *action, ob_type *category, const char *module) {
    ob_val f = ob_tuple_alloc(5);
    if (ob_is_null(f)) return false;
    ob_val *v = ob_tuple_ptr(f)->items;
    v[0] = ob_str_intern_c(action);
    v[1] = OB_NONE;
    v[2] = ob_of(category);
    v[3] = module ? ob_str_intern_c(module) : OB_NONE;
    v[4] = ob_from_small(0);
    return ob_list_append(filters, f);
}

static bool fill(ob_val m) {
    if (!ob_gc_add_static(&filters) || !ob_gc_add_static(&once_registry)) return false;
    filters = ob_list_new(5);
    once_registry = ob_dict_new();
    default_action = ob_str_intern_c("default");
    if (ob_is_null(filters) || ob_is_null(once_registry)) return false;
    return add_filter("default", &ob_exc_DeprecationWarning, "__main__") && add_filter("ignore", &ob_exc_DeprecationWarning, NULL) &&
           add_filter("ignore", &ob_exc_PendingDeprecationWarning, NULL) && add_filter("ignore", &ob_exc_ImportWarning, NULL) &&
           add_filter("ignore", &ob_exc_ResourceWarning, NULL) && ob_module_add(m, "filters", filters) && ob_module_add(m, "_onceregistry", once_registry) &&
           ob_module_add(m, "_defaultaction", default_action);
}
const ob_module_def py_mod__warnings = {"_warnings", "Deciding and showing warnings.", defs, fill};
