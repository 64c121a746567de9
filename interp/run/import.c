/* import.c: the import machinery: native modules, packages and modules along a path, namespace packages.
 *
 * This is the whole of importing while builtins.__import__ is ours; sys.meta_path entries that programs add are asked first.
 * Locks: none. Two threads that import one module at once are kept apart by import_lock.c. */
#include "interp/run/import.h"
#include "interp/mod/io_pending.h"
#include "interp/front/compile.h"
#include "interp/mod/modules.h"
#include "interp/run/bootstrap.h"
#include "interp/run/codecache.h"
#include "interp/run/import_lock.h"
#include "interp/run/options.h"
#include "interp/run/vm_ops.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

ob_val py_modules, py_builtins, py_sys;
static ob_val id_path, id_modules, id_meta_path, id_find_spec, id_origin;

/* ---- native modules ---- */

static const ob_module_def *const py_native_modules[] = {
#define MODULE(name) &py_mod_##name,
#include "interp/mod/modules.def"
#undef MODULE
    NULL};

static const ob_module_def *find_native(ob_val name) {
    for (size_t i = 0; py_native_modules[i]; i++)
        if (ob_str_equal_c(name, py_native_modules[i]->name)) return py_native_modules[i];
    return NULL;
}

bool py_is_builtin_module(ob_val name) { return find_native(name) != NULL; }

/* __spec__ of what we load ourselves: a namespace object with importlib's names. */
static bool set_spec(ob_val module, ob_val name, ob_val origin, ob_val search) {
    ob_val make = ob_dict_get_c(py_sys, "_make_spec");
    if (ob_is_null(make)) return true;           /* sys itself */
    ob_val a[3] = {name, origin, search}, spec = ob_call(make, a, 3);
    if (ob_is_null(spec) || !ob_dict_set(ob_module_dict(module), OB_NAME(spec), spec)) return false;
    ob_val loader = ob_getattr_c(spec, "loader");
    return !ob_is_null(loader) && (ob_is_none(loader) || ob_dict_set(ob_module_dict(module), OB_NAME(loader), loader));
}

ob_val py_builtin_module(ob_val name) {
    const ob_module_def *def = find_native(name);
    if (!def) return OB_NULL;
    ob_val m = ob_module_new(name);
    if (ob_is_null(m)) return m;
    if (def->doc) {
        ob_val doc = ob_str_from_c(def->doc);
        if (ob_is_null(doc) || !ob_dict_set(ob_module_dict(m), OB_NAME(doc), doc)) return OB_NULL;
    }
    if (!ob_dict_set(ob_module_dict(m), OB_NAME(package), OB_NAME(empty)) || !ob_dict_set(ob_module_dict(m), OB_NAME(loader), OB_NONE)) return OB_NULL;
    if (def->defs && !ob_module_add_defs(m, def->defs)) return OB_NULL;
    if (!ob_dict_set(py_modules, name, m)) return OB_NULL;
    if ((def->fill && !def->fill(m)) || !set_spec(m, name, ob_str_from_c("built-in"), OB_NONE)) {
        ob_val e = ob_err_fetch();
        ob_dict_del(py_modules, name);
        if (!ob_is_null(e)) ob_err_restore(e);
        return OB_NULL;
    }
    return m;
}

/* ---- source files ---- */

static char *read_file(const char *path, size_t *len) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    char *buf = NULL;
    size_t n = 0;
    int err = 0;
    if (fd < 0) err = errno;
    else if (fstat(fd, &st) < 0) err = errno;
    else if (S_ISDIR(st.st_mode)) err = EISDIR;
    else {
        size_t cap = (size_t)st.st_size + 4096;
        buf = malloc(cap);
        if (!buf) err = ENOMEM;
        for (ssize_t r; !err && (r = read(fd, buf + n, cap - n - 1)) != 0;) {
            if (r < 0) { if (errno != EINTR) err = errno; continue; }
            n += (size_t)r;
            if (cap - n < 4096) {
                char *bigger = realloc(buf, cap *= 2);
                if (!bigger) err = ENOMEM;
                else buf = bigger;
            }
        }
    }
    if (fd >= 0) close(fd);
    if (err) {
        free(buf);
        return ob_fail_ptr(ob_raise_errno(err, ob_str_fsdecode(path, strlen(path))));
    }
    buf[n] = 0;
    *len = n;
    return buf;
}

bool py_skip_first_line;

/* The line stays, empty, so that the others keep their numbers. */
static void drop_first_line(char *src) {
    for (; *src && *src != '\n'; src++) *src = ' ';
    py_skip_first_line = false;
}

static ob_val compile_file(const char *path, bool use_cache) {
    if (!py_io_sync_path(AT_FDCWD, path, true)) return OB_NULL;
    ob_val code = use_cache ? py_codecache_get(path) : OB_NULL;
    if (!ob_is_null(code)) return code;
    size_t n;
    char *src = read_file(path, &n);
    if (!src) return OB_NULL;
    if (!use_cache && py_skip_first_line) drop_first_line(src);
    ob_val filename = ob_str_fsdecode(path, strlen(path));
    code = ob_is_null(filename) ? filename : py_compile_source(src, n, filename, PY_PARSE_EXEC, use_cache ? 0 : PY_PARSE_FROM_FILE, py_optimize_level);
    free(src);
    if (!ob_is_null(code) && use_cache) py_codecache_put(path, code);
    return code;
}

ob_val py_load_file(const char *path, ob_val dict, bool use_cache) {
    ob_val code = compile_file(path, use_cache);
    if (ob_is_null(code)) return code;
    if (!use_cache) for (size_t i = 0; i < py_opts.nxoptions; i++) if (!strcmp(py_opts.xoptions[i], "dis")) py_code_dump(py_code_ptr(code), stdout);
    if (ob_is_null(ob_dict_get_str(dict, OB_NAME(builtins)))) {
        if (!ob_dict_set(dict, OB_NAME(builtins), py_builtins)) return OB_NULL;
    }
    return py_run_code(code, dict, dict, OB_NULL);
}

/* ---- finding ---- */

enum { NOT_FOUND, SOURCE, PACKAGE, NAMESPACE };

/* What dir, absolute, holds of the name; out: its path. */
static int look(const char *dir, const char *tail, char *out, size_t cap) {
    struct stat st;
    int n = snprintf(out, cap, "%s/%s/__init__.py", dir, tail);
    if (n < 0 || (size_t)n >= cap) return NOT_FOUND;
    out[n - 12] = 0;
    bool is_dir = stat(out, &st) == 0 && S_ISDIR(st.st_mode);
    if (is_dir) {
        out[n - 12] = '/';
        if (stat(out, &st) == 0 && S_ISREG(st.st_mode)) return PACKAGE;
    }
    snprintf(out, cap, "%s/%s.py", dir, tail);
    if (stat(out, &st) == 0 && S_ISREG(st.st_mode)) return SOURCE;
    snprintf(out, cap, "%s/%s", dir, tail);
    return is_dir ? NAMESPACE : NOT_FOUND;
}

/* Entries of a path count from the current folder, which modules are not named by: it may change. */
static bool absolute(const char *dir, char *out, size_t cap) {
    if (*dir == '/') return (size_t)snprintf(out, cap, "%s", dir[1] ? dir : "") < cap;
    if (!getcwd(out, cap)) return false;
    size_t n = strlen(out);
    return !*dir || (size_t)snprintf(out + n, cap - n, "/%s", dir) < cap - n;
}

/* Searches path (list of str); namespaces collects portions of a namespace package. */
static int find(ob_val path, const char *tail, char *out, size_t cap, ob_val namespaces) {
    for (size_t i = 0; i < ob_list_len(path); i++) {
        ob_val entry = ob_list_at(path, i);
        if (!ob_is_str(entry)) continue;
        const char *dir = ob_str_fsencode(entry, NULL);
        if (!dir) { ob_err_clear(); continue; }
        char whole[4096];
        int how = absolute(dir, whole, sizeof whole) ? look(whole, tail, out, cap) : NOT_FOUND;
        if (how == SOURCE || how == PACKAGE) return how;
        if (how == NAMESPACE) {
            ob_val p = ob_str_fsdecode(out, strlen(out));
            if (ob_is_null(p) || !ob_list_append(namespaces, p)) return -1;
        }
    }
    return ob_list_len(namespaces) ? NAMESPACE : NOT_FOUND;
}

static ob_val dir_of(const char *file) {
    const char *slash = strrchr(file, '/');
    return slash ? ob_str_fsdecode(file, (size_t)(slash - file)) : ob_str_from_c("");
}

static bool set_location(ob_val d, ob_val m, ob_val name, int how, const char *file, ob_val namespaces) {
    ob_val package = name, search = OB_NONE, origin = OB_NONE;
    if (how != NAMESPACE) {
        origin = ob_str_fsdecode(file, strlen(file));
        if (ob_is_null(origin) || !ob_dict_set(d, OB_NAME(file), origin)) return false;
    }
    if (how == SOURCE) {
        ssize_t dot = -1;
        for (size_t i = 0; i < ob_str_len(name); i++) if (ob_str_at(name, i) == '.') dot = (ssize_t)i;
        package = dot < 0 ? OB_NAME(empty) : ob_str_slice(name, 0, (size_t)dot);
    } else {
        search = namespaces;
        if (how == PACKAGE) {
            ob_val dir = dir_of(file);
            if (ob_is_null(dir) || ob_is_null(search = ob_list_from(&dir, 1))) return false;
        }
        if (!ob_dict_set(d, OB_NAME(import_path), search)) return false;
    }
    return !ob_is_null(package) && ob_dict_set(d, OB_NAME(package), package) && ob_dict_set(d, OB_NAME(loader), OB_NONE) && set_spec(m, name, origin, search);
}

static ob_val load_found(ob_val name, int how, const char *file, ob_val namespaces) {
    ob_val m = ob_module_new(name);
    if (ob_is_null(m)) return m;
    ob_val d = ob_module_dict(m);
    if (!set_location(d, m, name, how, file, namespaces)) return OB_NULL;
    if (how == NAMESPACE) return ob_dict_set(py_modules, name, m) ? m : OB_NULL;
    ob_val spec = ob_dict_get_str(d, OB_NAME(spec));
    if (!py_import_mark(spec, true) || !ob_dict_set(py_modules, name, m)) return OB_NULL;
    bool ok = !ob_is_null(py_load_file(file, d, true));
    ob_pending keep = ob_err;
    ob_err = (ob_pending){0};
    ob_val adopted = ob_dict_get_str(d, OB_NAME(spec));      /* importlib may have come up meanwhile */
    bool unmarked = py_import_mark(spec, false) && (ob_same(spec, adopted) || py_import_is_marked(m) <= 0 || py_import_mark(adopted, false));
    if (!ok) {
        ob_dict_del(py_modules, name);
        ob_err = keep;
    }
    if (!ok || !unmarked) return OB_NULL;
    ob_val now = ob_dict_get(py_modules, name);   /* a module may replace itself */
    return ob_is_null(now) ? m : now;
}

/* Finders that the program put into sys.meta_path; importlib's own too if `all`. OB_NULL without exception: none knows the module. */
static ob_val ask_meta_path(ob_val name, ob_val path, bool all) {
    ob_val finders = ob_dict_get_str(py_sys, id_meta_path);
    if (ob_is_null(finders) || !ob_is_list(finders)) return OB_NULL;
    for (size_t i = 0; i < ob_list_len(finders); i++) {
        if (!all && py_bootstrap_owns(ob_list_at(finders, i))) continue;
        ob_val find_spec = ob_getattr_opt(ob_list_at(finders, i), id_find_spec);
        if (ob_is_null(find_spec)) { if (ob_failed()) return OB_NULL; continue; }
        ob_val spec = ob_call3(find_spec, name, ob_is_null(path) ? OB_NONE : path, OB_NONE);
        if (ob_is_null(spec)) return spec;
        if (ob_is_none(spec)) continue;
        ob_val bootstrap = py_import_c("_frozen_importlib");
        ob_val load = ob_is_null(bootstrap) ? bootstrap : ob_getattr_c(bootstrap, "_load");
        return ob_is_null(load) ? load : ob_call1(load, spec);
    }
    return OB_NULL;
}

static ob_val not_found(ob_val name, ob_val parent) {
    ob_val text = ob_is_null(parent) ? ob_str_format_c("No module named %R", name) : ob_str_format_c("No module named %R; %R is not a package", name, parent);
    if (ob_is_null(text)) return text;
    ob_val e = ob_call1(ob_of(&ob_exc_ModuleNotFoundError), text);
    if (ob_is_null(e) || !ob_setattr(e, OB_NAME(plain_name), name)) return OB_NULL;
    return ob_raise_value(e);
}

/* Imports the module `name` whose parent is already imported (or OB_NULL). */
static ob_val import_one(ob_val name, ob_val parent_name, ob_val parent, ob_val tail) {
    ob_val path = ob_dict_get_str(py_sys, id_path);
    if (!ob_is_null(parent)) {
        path = ob_getattr_opt(parent, OB_NAME(import_path));
        if (ob_is_null(path)) return ob_failed() ? path : not_found(name, parent_name);
    }
    ob_val m = ask_meta_path(name, ob_is_null(parent) ? OB_NULL : path, false);
    if (ob_is_null(m) && !ob_failed() && ob_is_null(parent)) m = py_bootstrap_module(name);
    if (ob_is_null(m) && !ob_failed() && ob_is_null(parent)) m = py_builtin_module(name);
    if (ob_is_null(m) && !ob_failed()) {
        if (!ob_is_null(path) && !ob_is_list(path)) path = ob_list_of_iterable(path);
        ob_val namespaces = ob_list_new(0);
        for (size_t i = 0; i < ob_str_len(tail); i++)
            if (ob_str_at(tail, i) == 0) return not_found(name, OB_NULL);        /* no file is called so */
        const char *t = ob_str_fsencode(tail, NULL);
        if (ob_is_null(path) || ob_is_null(namespaces) || !t) return OB_NULL;
        char file[PATH_MAX];
        int how = find(path, t, file, sizeof file, namespaces);
        if (how < 0) return OB_NULL;
        if (how != NOT_FOUND) m = load_found(name, how, file, namespaces);
        else if (ob_is_null(m = ask_meta_path(name, ob_is_null(parent) ? OB_NULL : path, true))) return ob_failed() ? OB_NULL : not_found(name, OB_NULL);
    }
    if (ob_is_null(m)) return m;
    if (!ob_is_null(parent) && !ob_setattr(parent, tail, m)) return OB_NULL;
    return m;
}

/* -v */
static void tell(ob_val name, ob_val m) {
    ob_val file = ob_getattr_opt(m, OB_NAME(file)), line = ob_failed() ? OB_NULL : ob_is_null(file) ? ob_str_format_c("import %R # built-in\n", name) : ob_str_format_c("import %R # from %R\n", name, file);
    const char *text = ob_is_null(line) ? NULL : ob_str_wtf8(line, NULL);
    if (text) fputs(text, stderr);
    else ob_err_clear();
}

/* The module `name`, from sys.modules or loaded. last: it is to be whole; the packages that it lies in may be those that are importing it. */
static ob_val have(ob_val name, ob_val parent_name, ob_val parent, ob_val tail, bool last) {
    for (;;) {
        ob_val m = ob_dict_get(py_modules, name);
        bool there = !ob_is_null(m);
        if (ob_failed() || (there && (!last || ob_is_none(m)))) return m;
        py_import_verdict v = there ? py_import_whole(name, m) : py_import_begin(name);
        if (v == PY_IMPORT_FAILED) return OB_NULL;
        if (v == PY_IMPORT_AGAIN) continue;
        if (there) return m;
        m = import_one(name, parent_name, parent, tail);
        if (py_opts.verbose && !ob_is_null(m)) tell(name, m);
        return py_import_end(name) ? m : OB_NULL;
    }
}

/* Imports a.b.c; *top: a. Returns a.b.c. */
static ob_val import_dotted(ob_val name, ob_val *top) {
    ob_val m = ob_dict_get(py_modules, name);
    size_t len = ob_str_len(name), start = 0;
    ob_val parent = OB_NULL, parent_name = OB_NULL;
    if (top) *top = OB_NULL;
    if (!ob_is_null(m) && !ob_is_none(m) && !top) {
        py_import_verdict v = py_import_whole(name, m);
        if (v != PY_IMPORT_AGAIN) return v == PY_IMPORT_YES ? m : OB_NULL;
    }
    if (ob_failed()) return OB_NULL;
    if (!len) return ob_raise(&ob_exc_ValueError, "Empty module name");
    for (size_t i = 0; i <= len; i++) {
        if (i < len && ob_str_at(name, i) != '.') continue;
        ob_val prefix = i == len ? name : ob_str_slice(name, 0, i), tail = ob_str_slice(name, start, i);
        if (ob_is_null(prefix) || ob_is_null(tail)) return OB_NULL;
        prefix = ob_str_intern(prefix);
        tail = ob_str_intern(tail);
        m = have(prefix, parent_name, parent, tail, i == len);
        if (ob_is_null(m)) return m;
        if (ob_is_none(m)) {
            ob_val e = ob_call1(ob_of(&ob_exc_ModuleNotFoundError), ob_str_format_c("import of %S halted; None in sys.modules", prefix));
            if (ob_is_null(e) || !ob_setattr(e, OB_NAME(plain_name), prefix)) return OB_NULL;
            return ob_raise_value(e);
        }
        if (top && ob_is_null(*top)) *top = m;
        parent = m;
        parent_name = prefix;
        start = i + 1;
    }
    return m;
}

/* ---- __import__ ---- */

static ob_val global_or_null(ob_val globals, ob_val name) {
    ob_val v = ob_dict_get_str(globals, name);
    return !ob_is_null(v) && ob_is_none(v) ? OB_NULL : v;
}

static ob_val package_of(ob_val globals) {
    if (ob_is_null(globals) || !ob_is_dict(globals)) return ob_raise(&ob_exc_KeyError, "'__name__' not in globals");
    ob_val p = global_or_null(globals, OB_NAME(package)), spec = global_or_null(globals, OB_NAME(spec));
    ob_val parent = ob_is_null(spec) ? spec : ob_getattr_c(spec, "parent");
    if (ob_is_null(parent) && !ob_is_null(spec)) return parent;
    if (!ob_is_null(p)) {
        if (!ob_is_str(p)) return ob_raise(&ob_exc_TypeError, "package must be a string");
        int same = ob_is_null(spec) ? 1 : ob_eq(p, parent);
        if (same < 0 || (!same && !ob_warn(&ob_exc_ImportWarning, 1, "__package__ != __spec__.parent"))) return OB_NULL;
        return p;
    }
    if (!ob_is_null(spec)) return ob_is_str(parent) ? parent : ob_raise(&ob_exc_TypeError, "__spec__.parent must be a string");
    if (!ob_warn(&ob_exc_ImportWarning, 1, "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__")) return OB_NULL;
    ob_val name = ob_dict_get_str(globals, OB_NAME(name));
    if (ob_is_null(name)) return ob_raise(&ob_exc_KeyError, "'__name__' not in globals");
    if (!ob_is_str(name)) return ob_raise(&ob_exc_TypeError, "__name__ must be a string");
    if (!ob_is_null(ob_dict_get_str(globals, OB_NAME(import_path)))) return name;
    for (size_t i = ob_str_len(name); i-- > 0;) if (ob_str_at(name, i) == '.') return ob_str_slice(name, 0, i);
    return OB_NAME(empty);
}

static ob_val absolute_name(ob_val name, ob_val globals, int level) {
    ob_val package = package_of(globals);
    if (ob_is_null(package)) return package;
    if (!ob_str_len(package)) return ob_raise(&ob_exc_ImportError, "attempted relative import with no known parent package");
    size_t end = ob_str_len(package);
    for (int l = 1; l < level; l++) {
        while (end > 0 && ob_str_at(package, end - 1) != '.') end--;
        if (end == 0) return ob_raise(&ob_exc_ImportError, "attempted relative import beyond top-level package");
        end--;
    }
    ob_val base = ob_str_slice(package, 0, end);
    if (ob_is_null(base) || !ob_str_len(name)) return base;
    return ob_str_format_c("%S.%S", base, name);
}

/* `from package import sub`: imports submodules that are no attributes yet. */
static bool import_fromlist(ob_val m, ob_val fromlist, ob_val name) {
    ob_val list = ob_list_of_iterable(fromlist);
    if (ob_is_null(list)) return false;
    for (size_t i = 0; i < ob_list_len(list); i++) {
        ob_val x = ob_list_at(list, i);
        if (!ob_is_str(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "Item in ``from list'' must be str, not %T", x));
        if (ob_str_equal_c(x, "*")) {
            ob_val all = ob_getattr_opt(m, OB_NAME(all));
            if (ob_failed() || (!ob_is_null(all) && !import_fromlist(m, all, name))) return false;
            continue;
        }
        if (!ob_is_null(ob_getattr_opt(m, ob_str_intern(x)))) continue;
        if (ob_failed()) return false;
        ob_val sub = ob_str_format_c("%S.%S", name, x);
        if (ob_is_null(sub)) return false;
        if (ob_is_null(import_dotted(sub, NULL))) {
            if (!ob_err_matches(&ob_exc_ModuleNotFoundError)) return false;
            ob_val e = ob_err_fetch(), missing = ob_getattr_opt(e, OB_NAME(plain_name));
            if (ob_is_null(missing) || !ob_is_str(missing) || !ob_str_equal(missing, sub)) { ob_err_restore(e); return false; }
        }
    }
    return true;
}

ob_val py_import(ob_val name, ob_val globals, ob_val locals UNUSED, ob_val fromlist, int level) {
    if (!ob_is_str(name)) return ob_raise(&ob_exc_TypeError, "module name must be a string");
    if (level < 0) return ob_raise(&ob_exc_ValueError, "level must be >= 0");
    ob_val full = level > 0 ? absolute_name(name, globals, level) : name;
    if (ob_is_null(full)) return full;
    int want = ob_is_null(fromlist) ? 0 : ob_truth(fromlist);
    if (want < 0) return OB_NULL;
    ob_val top, m = import_dotted(full, want ? NULL : &top);
    if (ob_is_null(m)) return m;
    if (want) {
        ob_val path = ob_getattr_opt(m, OB_NAME(import_path));
        if (ob_failed() || (!ob_is_null(path) && !import_fromlist(m, fromlist, full))) return OB_NULL;
        return m;
    }
    if (level == 0 || !ob_str_len(name)) return level == 0 ? top : m;
    size_t first = 0;
    while (first < ob_str_len(name) && ob_str_at(name, first) != '.') first++;
    if (first == ob_str_len(name)) return m;
    ob_val cut = ob_str_slice(full, 0, ob_str_len(full) - (ob_str_len(name) - first));
    return ob_is_null(cut) ? cut : import_dotted(cut, NULL);
}

/* What `-m name` runs: the file of the module, or of its __main__ if it is a package; the package that relative imports start from. */
bool py_find_main(ob_val name, char *file, size_t cap, ob_val *module_name, ob_val *package) {
    for (int depth = 0; depth < 2; depth++) {
        size_t dot = ob_str_len(name);
        while (dot > 0 && ob_str_at(name, dot - 1) != '.') dot--;
        ob_val parent = OB_NULL, path = ob_dict_get_str(py_sys, id_path), tail = ob_str_slice(name, dot, ob_str_len(name));
        if (dot) {
            parent = import_dotted(ob_str_slice(name, 0, dot - 1), NULL);
            if (ob_is_null(parent)) return false;
            path = ob_getattr_opt(parent, OB_NAME(import_path));
            if (ob_is_null(path)) return ob_failed() ? false : ob_fail(not_found(name, ob_str_slice(name, 0, dot - 1)));
        }
        if (!ob_is_list(path)) path = ob_list_of_iterable(path);
        ob_val spaces = ob_list_new(0);
        const char *t = ob_is_null(tail) ? NULL : ob_str_fsencode(tail, NULL);
        if (!t || ob_is_null(path) || ob_is_null(spaces)) return false;
        int how = find(path, t, file, cap, spaces);
        if (how == SOURCE) {
            *module_name = name;
            *package = dot ? ob_str_slice(name, 0, dot - 1) : OB_NAME(empty);
            return !ob_is_null(*package);
        }
        if (how != PACKAGE && how != NAMESPACE) return how < 0 ? false : ob_fail(not_found(name, OB_NULL));
        name = ob_str_format_c("%S.__main__", name);
        if (ob_is_null(name)) return false;
    }
    return ob_fail(not_found(name, OB_NULL));
}

ob_val py_import_c(const char *dotted) {
    ob_val name = ob_str_intern_c(dotted);
    return ob_is_null(name) ? name : import_dotted(name, NULL);
}

/* ---- instructions ---- */

static ob_val our_import;
ob_val py_import_op(py_frame *f, ob_val name, ob_val fromlist, ob_val level) {
    ob_val b = py_frame_builtins(f), hook = ob_is_exact(b, &ob_dict_type) ? ob_dict_get_str(b, OB_NAME(import)) : ob_getitem(b, OB_NAME(import));
    if (ob_is_null(hook) && ob_failed() && !ob_err_clear_if(&ob_exc_KeyError)) return hook;
    if (ob_is_null(hook)) return ob_raise(&ob_exc_ImportError, "__import__ not found");
    if (ob_is_null(our_import)) our_import = hook;
    if (ob_same(hook, our_import)) return py_import(name, f->globals, OB_NULL, fromlist, (int)ob_to_small(level));
    ob_val a[5] = {name, f->globals, ob_is_null(py_frame_ns(f)) ? OB_NONE : py_frame_ns(f), fromlist, level};
    return ob_call(hook, a, 5);
}

ob_val py_import_from(ob_val module, ob_val name) {
    ob_val v = ob_getattr_opt(module, name);
    if (!ob_is_null(v) || ob_failed()) return v;
    ob_val mname = ob_getattr_opt(module, OB_NAME(name));
    if (!ob_is_null(mname) && ob_is_str(mname)) {
        ob_val full = ob_str_format_c("%S.%S", mname, name);
        if (ob_is_null(full)) return full;
        v = ob_dict_get(py_modules, full);
        if (!ob_is_null(v) || ob_failed()) return v;
    }
    ob_val file = ob_getattr_opt(module, OB_NAME(file));
    ob_val where = ob_is_null(file) || !ob_is_str(file) ? ob_str_from_c("unknown location") : file;
    int half = py_import_is_marked(module);
    if (half < 0) return OB_NULL;
    ob_val e = ob_call1(ob_of(&ob_exc_ImportError), ob_str_format_c(half ? "cannot import name %R from partially initialized module %R (most likely due to a circular import) (%S)" :
                                                                    "cannot import name %R from %R (%S)", name, ob_is_null(mname) ? OB_NONE : mname, where));
    if (ob_is_null(e)) return e;
    if (!ob_setattr(e, OB_NAME(plain_name), ob_is_null(mname) ? OB_NONE : mname) || !ob_setattr_c(e, "path", ob_is_null(file) ? OB_NONE : file)) return OB_NULL;
    return ob_raise_value(e);
}

bool py_import_star(py_frame *f, ob_val module) {
    ob_val ns = ob_is_null(f->ns) ? f->globals : f->ns, all = ob_getattr_opt(module, OB_NAME(all));
    if (ob_failed()) return false;
    bool skip = ob_is_null(all);
    if (skip) {
        ob_val d = ob_getattr(module, OB_NAME(dict));
        if (ob_is_null(d) || ob_is_null(all = ob_is_exact(d, &ob_dict_type) ? ob_dict_keys_list(d) : ob_list_of_iterable(d))) return false;
    }
    ob_val it = ob_iter(all);
    if (ob_is_null(it)) return false;
    for (ob_val k; !ob_is_null(k = ob_next(it));) {
        if (!ob_is_str(k)) return ob_fail(ob_raise(&ob_exc_TypeError, "Key in __dict__ or item in __all__ must be str, not %T", k));
        if (skip && ob_str_len(k) && ob_str_at(k, 0) == '_') continue;
        k = ob_is_exact(k, &ob_str_type) ? ob_str_intern(k) : k;
        ob_val v = ob_getattr(module, k);
        if (ob_is_null(v) || !(ob_is_exact(ns, &ob_dict_type) ? ob_dict_set(ns, k, v) : ob_setitem(ns, k, v))) return false;
    }
    return !ob_failed();
}

bool py_import_init(void) {
    id_path = ob_str_intern_c("path");
    id_modules = ob_str_intern_c("modules");
    id_meta_path = ob_str_intern_c("meta_path");
    id_find_spec = ob_str_intern_c("find_spec");
    id_origin = ob_str_intern_c("origin");
    if (!ob_gc_add_static(&py_modules) || !ob_gc_add_static(&py_sys) || !ob_gc_add_static(&py_builtins) || !ob_gc_add_static(&our_import)) return false;
    py_modules = ob_dict_new();
    if (ob_is_null(py_modules) || !py_imports_init()) return false;
    ob_val sys = ob_module_new(ob_str_intern_c("sys")), builtins = ob_module_new(ob_str_intern_c("builtins"));
    if (ob_is_null(sys) || ob_is_null(builtins)) return false;
    py_sys = ob_module_dict(sys);
    py_builtins = ob_module_dict(builtins);
    return ob_dict_set_c(py_modules, "sys", sys) && ob_dict_set_c(py_modules, "builtins", builtins) && ob_dict_set_c(py_sys, "modules", py_modules);
}
