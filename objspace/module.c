/* module.c: modules: a namespace dict behind attributes.
 * Locks: none. The dict field is constant after creation. */
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/function.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/type_make.h"
#include "txn/tx.h"

static ob_val fill(ob_val m, ob_val name, ob_val doc) {
    ob_val d = ((ob_module *)ob_ptr(m))->dict;
    if (ob_is_null(d)) {
        d = ob_dict_new();
        if (ob_is_null(d)) return d;
        ((ob_module *)ob_ptr(m))->dict = d;
    }
    bool ok = ob_dict_set(d, OB_NAME(name), name) && ob_dict_set(d, OB_NAME(doc), doc) && ob_dict_set(d, OB_NAME(package), OB_NONE) &&
              ob_dict_set(d, OB_NAME(loader), OB_NONE) && ob_dict_set(d, OB_NAME(spec), OB_NONE);
    if (ok) ob_dict_make_namespace(d);
    return ok ? m : OB_NULL;
}

static ob_val module_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_module *m = ob_alloc(type, sizeof *m);
    if (!m) return OB_NULL;
    m->dict = ob_dict_new();
    return ob_is_null(m->dict) ? OB_NULL : ob_of(m);
}
ob_val ob_module_new(ob_val name) {
    ob_val m = module_make(&ob_module_type, NULL, 0, OB_NULL);
    return ob_is_null(m) ? m : fill(m, name, OB_NONE);
}

static ob_val init_fn(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "module() argument 'name' must be str, not %T", a[0]);
    return fill(self, a[0], ob_is_null(a[1]) ? OB_NONE : a[1]);
}
static bool module_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"module", init_fn, "name, doc=None", NULL, 0};
    return !ob_is_null(ob_def_call(&def, self, a, n, kw));
}

static ob_val module_dict(ob_val self, bool create) { (void)create; return ob_module_dict(self); }
static ob_val get_dict(ob_val self) { return ob_module_dict(self); }

/* Is the module's own import still running? 1 0 -1 */
static int initializing(ob_val d) {
    ob_val spec = ob_dict_get_str(d, OB_NAME(spec));
    if (ob_is_null(spec) || ob_is_none(spec)) return 0;
    ob_val name = ob_str_intern_c("_initializing"), x = ob_is_null(name) ? name : ob_getattr_opt(spec, name);
    return ob_is_null(x) ? (ob_failed() ? -1 : 0) : ob_truth(x);
}

static ob_val missing(ob_val self, ob_val name) {
    ob_val d = ob_module_dict(self), hook = ob_dict_get_str(d, OB_NAME(getattr));
    if (!ob_is_null(hook)) return ob_call1(hook, name);
    ob_val own = ob_dict_get_str(d, OB_NAME(name));
    if (ob_is_null(own) || !ob_is_str(own)) return ob_raise(&ob_exc_AttributeError, "module has no attribute '%S'", name);
    int r = initializing(d);
    if (r < 0) return OB_NULL;
    ob_val text = ob_str_format_c(r ? "partially initialized module '%S' has no attribute '%S' (most likely due to a circular import)" : "module '%S' has no attribute '%S'", own, name);
    ob_val e = ob_is_null(text) ? text : ob_exc_new(&ob_exc_AttributeError, &text, 1);
    ob_exc_body *b = ob_is_null(e) ? NULL : ob_write(e);
    if (!b) return OB_NULL;
    b->extra[0] = name;
    b->extra[1] = self;
    return ob_raise_value(e);
}

static ob_val module_getattr(ob_val self, ob_val name) {
    ob_val v = ob__generic_getattr_opt(self, name);
    if (!ob_is_null(v) || (ob_failed() && !ob_err_clear_if(&ob_exc_AttributeError))) return v;
    return missing(self, name);
}

/* *out: o.name, or OB_NULL where that is absent or None. */
static bool ask(ob_val o, const char *name, ob_val *out) {
    ob_val key = ob_str_intern_c(name), v = ob_is_null(key) ? key : ob_getattr_opt(o, key);
    *out = !ob_is_null(v) && ob_is_none(v) ? OB_NULL : v;
    return !ob_failed();
}

static ob_val repr_of_parts(ob_val name, ob_val loader) {
    return ob_is_null(loader) ? ob_str_format_c("<module %R>", name) : ob_str_format_c("<module %R (%R)>", name, loader);
}

static ob_val repr_of_spec(ob_val spec) {
    ob_val name, origin, loader, has;
    if (!ask(spec, "name", &name) || !ask(spec, "origin", &origin) || !ask(spec, "loader", &loader) || !ask(spec, "has_location", &has)) return OB_NULL;
    if (ob_is_null(name)) name = ob_str_intern_c("?");
    if (ob_is_null(name) || ob_is_null(origin)) return ob_is_null(name) ? name : repr_of_parts(name, loader);
    int location = ob_is_null(has) ? 0 : ob_truth(has);
    if (location < 0) return OB_NULL;
    return location ? ob_str_format_c("<module %R from %R>", name, origin) : ob_str_format_c("<module %R (%S)>", name, origin);
}

/* As importlib writes it: from the spec, by the loader, or from what is known. */
static ob_val module_repr(ob_val self) {
    ob_val d = ob_module_dict(self), name = ob_dict_get_str(d, OB_NAME(name)), file = ob_dict_get_str(d, OB_NAME(file)), spec = ob_dict_get_str(d, OB_NAME(spec)),
           loader = ob_dict_get_str(d, OB_NAME(loader)), by_loader = OB_NULL;
    if (!ob_is_null(spec) && !ob_is_none(spec)) return repr_of_spec(spec);
    if (!ob_is_null(loader) && ob_is_none(loader)) loader = OB_NULL;
    if (!ob_is_null(loader) && !ask(loader, "module_repr", &by_loader)) return OB_NULL;
    if (!ob_is_null(by_loader)) {
        ob_val v = ob_call1(by_loader, self);
        if (!ob_is_null(v) || !ob_err_clear_if(&ob_exc_Exception)) return v;
    }
    if (ob_is_null(name) && ob_is_null(name = ob_str_intern_c("?"))) return name;
    return ob_is_null(file) ? repr_of_parts(name, loader) : ob_str_format_c("<module %R from %R>", name, file);
}

static ob_val module_dir(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val d = ob_getattr(self, OB_NAME(dict));
    if (ob_is_null(d)) return d;
    if (!ob_is_dict(d)) return ob_raise(&ob_exc_TypeError, "%R.__dict__ is not a dictionary", self);
    ob_val hook = ob_dict_get_str(d, OB_NAME(dir));
    return ob_is_null(hook) ? ob_dict_keys_list(d) : ob_call0(hook);
}

static ob_val get_annotations(ob_val self) {
    ob_val d = ob_module_dict(self), v = ob_dict_get_str(d, OB_NAME(annotations));
    if (!ob_is_null(v)) return v;
    v = ob_dict_new();
    return ob_is_null(v) || !ob_dict_set(d, OB_NAME(annotations), v) ? OB_NULL : v;
}
static bool set_annotations(ob_val self, ob_val v) {
    ob_val d = ob_module_dict(self);
    if (!ob_is_null(v)) return ob_dict_set(d, OB_NAME(annotations), v);
    int r = ob_dict_del(d, OB_NAME(annotations));
    return r == 0 ? ob_fail(ob_raise_obj(&ob_exc_AttributeError, OB_NAME(annotations))) : r > 0;
}
static void module_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((ob_module *)o)->dict); }

ob_type ob_module_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "module", .size = sizeof(ob_module), .trace = module_trace, .flags = OB_TF_BASE, .own_dict = module_dict, .has_dict = true, .has_weakref = true,
    .doc = "Create a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    .slots = {.repr = module_repr, .getattr = module_getattr, .make = module_make, .init = module_init},
    .methods = (const ob_def[]){{"__dir__", module_dir, "", "__dir__() -> list\nspecialized dir() implementation", 0}, {0}},
    .getsets = (const ob_getset[]){{"__dict__", get_dict, NULL, NULL}, {"__annotations__", get_annotations, set_annotations, NULL}, {0}},
};

/* ---- native modules ---- */
bool ob_module_add(ob_val m, const char *name, ob_val v) { return !ob_is_null(v) && ob_dict_set_c(ob_module_dict(m), name, v); }
bool ob_module_add_int(ob_val m, const char *name, int64_t v) { return ob_module_add(m, name, ob_int_from_i64(v)); }
bool ob_module_add_defs(ob_val m, const ob_def *defs) {
    ob_val name = ob_dict_get_str(ob_module_dict(m), OB_NAME(name));
    for (const ob_def *d = defs; d && d->name; d++)
        if (!ob_module_add(m, d->name, ob_native_new(d, m, name))) return false;
    return true;
}
bool ob_module_add_type(ob_val m, ob_type *t) { return ob_type_ready(t) && ob_module_add(m, ob_type_short_name(t), ob_type_val(t)); }
