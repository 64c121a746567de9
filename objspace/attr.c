/* attr.c: attribute access: the generic algorithm of object, the entry points of call.h, and what inline caches may know.
 * Locks: none. */
#include "objspace/call.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/type_make.h"
#include "txn/tx.h"

ob_val ob__no_attribute(ob_val v, ob_val name) {
    ob_val text = ob_is_type(v) ? ob_str_format_c("type object '%s' has no attribute '%S'", ob_type_ptr(v)->name, name)
                                : ob_str_format_c("'%T' object has no attribute '%S'", v, name);
    if (ob_is_null(text)) return text;
    ob_val e = ob_exc_new(&ob_exc_AttributeError, &text, 1);
    if (ob_is_null(e)) return e;
    ob_exc_body *b = ob_write(e);
    if (!b) return OB_NULL;
    b->extra[0] = name;
    b->extra[1] = v;
    return ob_raise_value(e);
}

/* Interned, exact str; OB_NULL with TypeError. */
static ob_val attr_name(ob_val name) {
    if (LIKELY(ob_is_ptr(name) && !ob_is_null(name) && ob_str_interned(name) && ob_is_str(name))) return name;
    if (ob_is_null(name) || !ob_is_str(name)) return ob_raise(&ob_exc_TypeError, "attribute name must be string, not '%T'", name);
    return ob_str_intern(name);
}

ob_val ob__generic_getattr_opt(ob_val v, ob_val name) {
    ob_type *t = ob_type_of(v);
    ob_val d = ob_type_lookup(t, name);
    ob_val (*get)(ob_val, ob_val, ob_val) = NULL;
    if (!ob_is_null(d)) {
        const ob_type *dt = ob_type_of(d);
        get = dt->slots.get;
        if (get && dt->slots.set) return get(d, v, ob_type_val(t));
    }
    ob_val x = ob_attr_get(v, name);
    if (!ob_is_null(x) || ob_failed()) return x;
    return get ? get(d, v, ob_type_val(t)) : d;
}

ob_val ob_generic_getattr(ob_val v, ob_val name) {
    name = attr_name(name);
    if (ob_is_null(name)) return name;
    ob_val x = ob__generic_getattr_opt(v, name);
    return ob_is_null(x) && !ob_failed() ? ob__no_attribute(v, name) : x;
}

bool ob_generic_setattr(ob_val v, ob_val name, ob_val x) {
    name = attr_name(name);
    if (ob_is_null(name)) return false;
    ob_type *t = ob_type_of(v);
    ob_val d = ob_type_lookup(t, name);
    if (!ob_is_null(d)) {
        bool (*set)(ob_val, ob_val, ob_val) = ob_type_of(d)->slots.set;
        if (set) return set(d, v, x);
    }
    if (t->own_dict || (t->has_dict && ob_attrs_of(v))) return ob_attr_set(v, name, x);
    if (ob_is_null(d)) return ob_fail(ob__no_attribute(v, name));
    return ob_fail(ob_raise(&ob_exc_AttributeError, "'%T' object attribute '%S' is read-only", v, name));
}

/* An AttributeError that does not say of what gets to know it. */
static void say_whose(ob_val v, ob_val name) {
    if (!ob_err_matches(&ob_exc_AttributeError)) return;
    ob_val e = ob_err_fetch();
    const ob_exc_body *r = ob_read(e);
    if (ob_is_null(r->extra[0]) && ob_is_null(r->extra[1])) {
        ob_exc_body *b = ob_write(e);
        if (!b) {
            if (ob_err.cond > OB_COND_EXCEPTION) return;
            ob_err_clear();
        } else {
            b->extra[0] = name;
            b->extra[1] = v;
        }
    }
    ob_err_restore(e);
}

/* ---- entry points ---- */
ob_val ob_getattr(ob_val v, ob_val name) {
    name = attr_name(name);
    if (ob_is_null(name)) return name;
    ob_val x = ob_type_of(v)->slots.getattr(v, name);
    if (UNLIKELY(ob_is_null(x))) say_whose(v, name);
    return x;
}

ob_val ob_getattr_c(ob_val v, const char *name) {
    ob_val n = ob_str_intern_c(name);
    return ob_is_null(n) ? n : ob_getattr(v, n);
}

ob_val ob_getattr_opt(ob_val v, ob_val name) {
    name = attr_name(name);
    if (ob_is_null(name)) return name;
    ob_type *t = ob_type_of(v);
    ob_val x;
    if (t->slots.getattr == ob_generic_getattr) x = ob__generic_getattr_opt(v, name);
    else if (t->slots.getattr == ob_type_getattr) x = ob__type_getattr_opt(v, name);
    else x = t->slots.getattr(v, name);
    if (ob_is_null(x)) ob_err_clear_if(&ob_exc_AttributeError);
    return x;
}

bool ob_setattr(ob_val v, ob_val name, ob_val x) {
    name = attr_name(name);
    if (ob_is_null(name)) return false;
    return ob_type_of(v)->slots.setattr(v, name, x);
}

bool ob_setattr_c(ob_val v, const char *name, ob_val x) {
    ob_val n = ob_str_intern_c(name);
    return !ob_is_null(n) && ob_setattr(v, n, x);
}

/* ---- inline caches ---- */
bool ob__uses_generic_getattr(ob_type *t) {
    if (t->slots.getattr == ob_generic_getattr) return true;
    if (!ob__slot_is_generic(&t->slots, OB_SLOT_getattribute)) return false;
    ob_val m = ob_type_lookup(t, OB_NAME(getattribute));
    return !ob_is_null(m) && ob_is_exact(m, &ob_wrapper_descr_type) && ((ob_wrapper_descr *)ob_ptr(m))->fn == (void *)ob_generic_getattr;
}

/* Is d a class value that v gets without any call being made? */
static void resolve_class_value(ob_val d, ob_attr_place *out) {
    const ob_type *dt = ob_type_of(d);
    if (dt == &ob_function_type || dt == &ob_method_descr_type || dt == &ob_wrapper_descr_type) {
        out->where = OB_AT_METHOD;
        out->value = d;
    } else if (dt == &ob_staticmethod_type) {
        out->where = OB_AT_CLASS;
        out->value = ((ob_wrapped *)ob_ptr(d))->func;
    } else if (!dt->slots.get && ob_is_quasi_constant(d)) {
        out->where = OB_AT_CLASS;
        out->value = d;
    }
}

/* Data descriptors that caches know. True: the search is over. */
static bool resolve_data_descriptor(ob_val d, const tx_handle *h, ob_attr_place *out, bool store) {
    const ob_type *dt = ob_type_of(d);
    if (!dt->slots.set) return false;
    if (dt == &ob_property_type) {
        const ob_property *p = (ob_property *)ob_ptr(d);
        if (ob_is_none(store ? p->set : p->get)) return true;
        out->where = OB_AT_PROPERTY;
        out->value = d;
    } else if (dt == &ob_member_descr_type && h && !((ob_member_descr *)ob_ptr(d))->def && ob_type_is_subtype(out->shape->type, ((ob_member_descr *)ob_ptr(d))->type)) {
        out->where = OB_AT_SLOT;
        out->slot = ((ob_member_descr *)ob_ptr(d))->slot;
    }
    return true;
}

void ob_attr_resolve(ob_val v, ob_val name, ob_attr_place *out) {
    *out = (ob_attr_place){.where = OB_AT_SLOW};
    ob_type *t = ob_type_of(v);
    if (!ob__uses_generic_getattr(t)) return;
    const tx_handle *h = ob_attrs_of(v);
    if (h) out->shape = ((const ob_inst_body *)tx_read(h, 0))->shape;
    ob_val d = ob_type_lookup(t, name);
    if (!ob_is_null(d) && resolve_data_descriptor(d, h, out, false)) return;
    if (t->own_dict) return;
    if (h) {
        if (out->shape->dict_mode) return;
        int i = ob_shape_find(out->shape, name);
        if (i >= 0) {
            out->where = OB_AT_SLOT;
            out->slot = (uint32_t)i;
            return;
        }
    }
    if (!ob_is_null(d)) resolve_class_value(d, out);
}

void ob_attr_resolve_store(ob_val v, ob_val name, ob_attr_place *out) {
    *out = (ob_attr_place){.where = OB_AT_SLOW};
    ob_type *t = ob_type_of(v);
    const tx_handle *h = ob_attrs_of(v);
    if (t->slots.setattr != ob_generic_setattr || !h) return;
    out->shape = out->shape2 = ((const ob_inst_body *)tx_read(h, 0))->shape;
    ob_val d = ob_type_lookup(t, name);
    if (!ob_is_null(d) && resolve_data_descriptor(d, h, out, true)) return;
    if (t->own_dict || !t->has_dict || out->shape->dict_mode) return;
    int i = ob_shape_find(out->shape, name);
    if (i < 0) {
        const ob_shape *grown = out->shape->n < h->aux ? ob_shape_add(out->shape, name) : NULL;
        if (!grown) return;
        i = (int)out->shape->n;
        out->shape2 = grown;
    }
    out->where = OB_AT_SLOT;
    out->slot = (uint32_t)i;
}
