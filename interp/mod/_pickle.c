/* _pickle.c: the module _pickle: its exceptions, PickleBuffer, and what Pickler (pickle_save.c) and Unpickler (pickle_load.c) need of the library.
 * Locks: none. */
#include "interp/mod/pickle_int.h"
#include "interp/mod/modules.h"
#include "interp/run/import.h"
#include "objspace/memoryview.h"

ob_val py__pickle_error, py__pickling_error, py__unpickling_error;
pickle_library py__pickle_lib;

ob_val py__pickle_import(ob_val name) {
    if (ob_is_null(name)) return name;
    ob_val m = ob_is_exact(name, &ob_str_type) ? ob_dict_get(py_modules, name) : OB_NULL;
    if (!ob_is_null(m) && !ob_is_none(m) && ob_type_of(m) == &ob_module_type) {        /* loaded, and not still being loaded */
        ob_val spec = ob_getattr_opt(m, ob_str_intern_c("__spec__")), busy = ob_is_null(spec) || ob_is_none(spec) ? OB_FALSE : ob_getattr_opt(spec, ob_str_intern_c("_initializing"));
        if (ob_failed()) return OB_NULL;
        if (ob_is_null(busy) || !ob_same(busy, OB_TRUE)) return m;
    }
    if (ob_failed()) return OB_NULL;
    if (ob_is_null(ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0))) return OB_NULL;
    m = ob_dict_get(py_modules, name);
    return ob_is_null(m) && !ob_failed() ? ob_raise_obj(&ob_exc_KeyError, name) : m;
}

ob_val py__pickle_dotted(ob_val o, ob_val path, ob_val *parent) {
    size_t n = ob_str_len(path);
    ob_val whole = o;
    for (size_t from = 0;;) {
        size_t to = from;
        while (to < n && ob_str_at(path, to) != '.') to++;
        ob_val part = ob_str_slice(path, from, to);
        if (ob_is_null(part) || ob_is_null(part = ob_str_intern(part))) return OB_NULL;
        if (ob_str_equal_c(part, "<locals>")) return ob_raise(&ob_exc_AttributeError, "Can't get local attribute %R on %R", path, whole);
        *parent = o;
        o = ob_getattr_opt(o, part);
        if (ob_is_null(o)) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_AttributeError, "Can't get attribute %R on %R", path, whole);
        if (to == n) return o;
        from = to + 1;
    }
}

/* ---- PickleBuffer ---- */

typedef struct buffer_body { ob_val view; /* a memoryview; OB_NULL: released */ } buffer_body;
static void buffer_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const buffer_body *)body)->view); }
static OB_KIND(buffer_kind);

ob_val py__pickle_buffer_view(ob_val v) {
    ob_val view = ((const buffer_body *)ob_read(v))->view;
    return ob_is_null(view) ? ob_raise(&ob_exc_ValueError, "operation forbidden on released PickleBuffer object") : view;
}
static ob_val buffer_new(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    ob_val view = ob_memoryview_new(a[0]), v = ob_is_null(view) ? view : ob_of(ob_alloc_mut(ob_type_ptr(self), sizeof(buffer_body)));
    buffer_body *b = ob_is_null(v) ? NULL : ob_write(v);
    if (!b) return OB_NULL;
    b->view = view;
    return v;
}
static ob_val buffer_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"PickleBuffer", buffer_new, "object, /", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}
OB_FN(buffer_raw) {
    ob_val view = py__pickle_buffer_view(self), contiguous;
    if (ob_is_null(view) || ob_is_null(contiguous = ob_getattr_c(view, "contiguous"))) return OB_NULL;
    if (!ob_same(contiguous, OB_TRUE)) return ob_raise(&ob_exc_BufferError, "cannot extract raw buffer from non-contiguous buffer");
    ob_val c = ob_getattr_c(view, "c_contiguous"), plain = ob_memoryview_new(view), format = ob_str_intern_c("B");
    if (ob_is_null(c) || ob_is_null(plain)) return OB_NULL;
    if (ob_same(c, OB_TRUE)) return ob_call_method_c(plain, "cast", &format, 1);
    return ob_raise(&ob_exc_NotImplementedError, "raw() of a buffer in Fortran order");
}
OB_FN(buffer_release) {
    ob_val view = ((const buffer_body *)ob_read(self))->view;
    if (ob_is_null(view)) return OB_NONE;
    ob_memoryview_release(view);
    if (ob_failed()) return OB_NULL;
    buffer_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->view = OB_NULL;
    return OB_NONE;
}
static bool buffer_get(ob_val self, ob_buffer *out, bool writable) {
    ob_val view = py__pickle_buffer_view(self);
    if (ob_is_null(view) || !ob_type_of(view)->slots.buffer(view, out, writable)) return false;
    out->owner = view;
    return true;
}
static void buffer_let_go(ob_val self, ob_buffer *b) {
    ob_val view = ((const buffer_body *)ob_read(self))->view;
    if (!ob_is_null(view) && ob_type_of(view)->slots.release_buffer) ob_type_of(view)->slots.release_buffer(view, b);
}
static const ob_def buffer_methods[] = {{"raw", buffer_raw, "", NULL, 0}, {"release", buffer_release, "", NULL, 0}, {0}};
ob_type py__pickle_buffer_type = {OB_TYPE_HEAD(&ob_type_type, &buffer_kind), .name = "pickle.PickleBuffer", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(buffer_body),
    .has_weakref = true, .trace_body = buffer_trace, .slots = {.make = buffer_make, .buffer = buffer_get, .release_buffer = buffer_let_go}, .methods = buffer_methods};

/* ---- the module ---- */

static bool lib_dict(ob_val m, const char *name, ob_val *out) {
    *out = ob_getattr_c(m, name);
    return !ob_is_null(*out) && (ob_is_dict(*out) || ob_fail(ob_raise(&ob_exc_RuntimeError, "%s should be a dict, not %.200T", name, *out)));
}
static bool find_library(void) {
    pickle_library *l = &py__pickle_lib;
    ob_val copyreg = py__pickle_import(ob_str_intern_c("copyreg")), compat, functools, codecs, builtins;
    if (ob_is_null(copyreg) || !lib_dict(copyreg, "dispatch_table", &l->dispatch_table) || !lib_dict(copyreg, "_extension_registry", &l->extension_registry) ||
        !lib_dict(copyreg, "_inverted_registry", &l->inverted_registry) || !lib_dict(copyreg, "_extension_cache", &l->extension_cache))
        return false;
    if (ob_is_null(compat = py__pickle_import(ob_str_intern_c("_compat_pickle"))) || !lib_dict(compat, "NAME_MAPPING", &l->name_mapping) ||
        !lib_dict(compat, "IMPORT_MAPPING", &l->import_mapping) || !lib_dict(compat, "REVERSE_NAME_MAPPING", &l->reverse_name_mapping) ||
        !lib_dict(compat, "REVERSE_IMPORT_MAPPING", &l->reverse_import_mapping))
        return false;
    return !ob_is_null(functools = py__pickle_import(ob_str_intern_c("functools"))) && !ob_is_null(l->partial = ob_getattr_c(functools, "partial")) &&
           !ob_is_null(codecs = py__pickle_import(ob_str_intern_c("_codecs"))) && !ob_is_null(l->encode = ob_getattr_c(codecs, "encode")) &&
           !ob_is_null(builtins = py__pickle_import(ob_str_intern_c("builtins"))) && !ob_is_null(l->getattr = ob_getattr_c(builtins, "getattr"));
}
static void trace(ob_tracer *t, void *arg UNUSED) { ob_trace_vals(t, &py__pickle_lib.dispatch_table, sizeof py__pickle_lib / sizeof(ob_val)); }
static bool fill(ob_val m) {
    static bool rooted;
    if (!rooted && !(rooted = ob_gc_add_root(trace, NULL))) return false;
    return find_library() && py_mod_error(m, &py__pickle_error, "_pickle", "PickleError", &ob_exc_Exception) &&
           py_mod_error(m, &py__pickling_error, "_pickle", "PicklingError", ob_type_ptr(py__pickle_error)) &&
           py_mod_error(m, &py__unpickling_error, "_pickle", "UnpicklingError", ob_type_ptr(py__pickle_error)) &&
           ob_module_add_type(m, &py__pickle_buffer_type) && py__pickle_save_fill(m) && py__pickle_load_fill(m);
}
const ob_module_def py_mod__pickle = {"_pickle", "Objects to bytes and back.", NULL, fill};
