/* namespace.c: types.SimpleNamespace: an instance whose attributes are all there is to it.
 * Locks: none. */
#include "objspace/dict.h"
#include "objspace/generic.h"
#include "objspace/type_make.h"

static ob_val ns_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) { (void)a, (void)n, (void)kw; return ob_inst_new(type); }
ob_val ob_namespace_new(void) { return ob_inst_new(&ob_namespace_type); }

static bool ns_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (n) return ob_fail(ob_raise(&ob_exc_TypeError, "no positional arguments expected"));
    for (size_t i = 0; !ob_is_null(kw) && i < ob_tuple_len(kw); i++) {
        ob_val name = ob_str_intern(ob_tuple_at(kw, i));
        if (ob_is_null(name) || !ob_attr_set(self, name, a[n + i])) return false;
    }
    return true;
}

static bool write_items(ob_strbuf *b, ob_val self) {
    ob_val name, v;
    bool first = true;
    for (size_t pos = 0; ob_attr_next(self, &pos, &name, &v); first = false) {
        ob_val r = ob_repr(v);
        if (ob_is_null(r) || (!first && !ob_strbuf_c(b, ", "))) return false;
        if (!ob_strbuf_str(b, name) || !ob_strbuf_char(b, '=') || !ob_strbuf_str(b, r)) return false;
    }
    return true;
}

static ob_val ns_repr(ob_val self) {
    ob_val name = ob_is_exact(self, &ob_namespace_type) ? ob_str_from_c("namespace") : ob_type_name_val(ob_type_of(self));
    bool entered;
    if (ob_is_null(name) || !ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_str_format_c("%S(...)", name);
    ob_strbuf b;
    ob_strbuf_init(&b);
    bool ok = ob_strbuf_str(&b, name) && ob_strbuf_char(&b, '(') && write_items(&b, self) && ob_strbuf_char(&b, ')');
    ob_repr_leave(self);
    if (ok) return ob_strbuf_finish(&b);
    ob_strbuf_release(&b);
    return OB_NULL;
}

static ob_val attrs_copy(ob_val self) {
    ob_val d = ob_dict_new(), name, v;
    for (size_t pos = 0; !ob_is_null(d) && ob_attr_next(self, &pos, &name, &v);)
        if (!ob_dict_set(d, name, v)) return OB_NULL;
    return d;
}

static ob_val ns_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_a(a, &ob_namespace_type) || !ob_is_a(b, &ob_namespace_type)) return OB_NOT_IMPLEMENTED;
    ob_val x = attrs_copy(a), y = ob_is_null(x) ? x : attrs_copy(b);
    if (ob_is_null(y)) return y;
    return op == OB_EQ || op == OB_NE ? ob_compare(op, x, y) : OB_NOT_IMPLEMENTED;
}

static ob_val ns_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    ob_val d = attrs_copy(self);
    return ob_is_null(d) ? d : ob_tuple_of3(ob_type_val(ob_type_of(self)), ob_empty_tuple, d);
}
static ob_val ns_dict(ob_val self) { return ob_attr_dict(self); }

/* Instances are traced as all plain ones are. */
bool ob_namespace_early_init(void);
bool ob_namespace_early_init(void) {
    ob_namespace_type.trace_body = ob_holder_type.trace_body;
    return true;
}

ob_type ob_namespace_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_inst_kind),
    .name = "types.SimpleNamespace", .size = sizeof(ob_inst_body), .flags = OB_TF_BASE | OB_TF_INST, .has_dict = true,
    .doc = "A simple attribute-based namespace.\n\nSimpleNamespace(**kwargs)",
    .slots = {.repr = ns_repr, .cmp = ns_cmp, .make = ns_make, .init = ns_init},
    .methods = (const ob_def[]){{"__reduce__", ns_reduce, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__dict__", ns_dict, NULL, NULL}, {0}},
};
