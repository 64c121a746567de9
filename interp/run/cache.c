/* cache.c: slow paths of instructions with inline caches: do the work, then remember how.
 * A cache is this thread's own and is never transactional: it is guarded by the code epoch, types and shapes, which are constant or quasi-constant. */
#include "interp/run/frame.h"
#include "interp/run/import.h"
#include "interp/run/vm_ops.h"
#include "objspace/dict.h"
#include "objspace/str.h"

static void fill(py_ic *ic, int how, const void *type, const ob_shape *shape, ob_val value, uint32_t slot) {
    ic->type = type;
    ic->shape = shape;
    ic->value = value;
    ic->slot = slot;
    ic->how = (uint8_t)how;
    ic->epoch = tx_me.epoch;
}

/* ---- globals ---- */

enum { ENTRY_BITS = 26 };      /* a cached dict entry: bucket of the key's hash << 26 | position */
static uint32_t entry_slot(ob_val name, size_t position) { return (uint32_t)(ob_str_hash(name) % 62) << ENTRY_BITS | (uint32_t)position; }

static void make_namespace(ob_val d) {
    if (!(ob_flags(ob_ptr(d)) & OB_F_NAMESPACE)) ob_dict_make_namespace(d);
}

/* A global that has not been overwritten yet is kept as if it were a constant, but in the code of modules, where overwriting is common. */
static void fill_global(py_ic *ic, ob_val g, size_t at, ob_val v, bool rely) {
    if (ob_is_quasi_constant(v) || (rely && ob_dict_rely_on(g, at, ic->name))) fill(ic, PY_IC_VALUE, ob_ptr(g), NULL, v, 0);
    else if (at < 1 << ENTRY_BITS) fill(ic, PY_IC_ENTRY, ob_ptr(g), NULL, OB_NULL, entry_slot(ic->name, at));
}

static ob_val load_global(py_frame *f, py_ic *ic, bool rely) {
    ob_val g = f->globals, name = ic->name;
    ob_val builtins = py_frame_builtins(f);
    make_namespace(g);
    ssize_t at = ob_dict_entry_index(g, name);
    if (UNLIKELY(!ob_is_exact(g, &ob_dict_type))) {
        ob_val v = ob_getitem(g, name);
        if (!ob_is_null(v) || !ob_err_clear_if(&ob_exc_KeyError)) return v;
    } else if (at >= 0) {
        ob_val v = ob_dict_get_str(g, name);
        if (!ob_is_null(v)) fill_global(ic, g, (size_t)at, v, rely);
        return v;
    }
    if (!ob_is_exact(builtins, &ob_dict_type)) {
        ob_val v = ob_getitem(builtins, name);
        if (!ob_is_null(v) || !ob_err_clear_if(&ob_exc_KeyError)) return v;
    } else {
        ob_val v = ob_dict_get_str(builtins, name);
        if (!ob_is_null(v)) {
            make_namespace(builtins);
            if (ob_is_exact(g, &ob_dict_type)) fill(ic, PY_IC_VALUE, ob_ptr(g), NULL, v, 0);
            return v;
        }
    }
    ob_raise(&ob_exc_NameError, "name '%S' is not defined", name);
    if (ob_err.cond == OB_COND_EXCEPTION) {
        ob_val e = ob_err_fetch();
        if (!ob_setattr(e, OB_NAME(plain_name), name)) ob_err_clear();
        ob_err_restore(e);
    }
    return OB_NULL;
}

ob_val py_load_global(py_thread *T UNUSED, py_frame *f, py_ic *ic) { return load_global(f, ic, true); }

bool py_store_global(py_frame *f, py_ic *ic, ob_val v) {
    ob_val g = f->globals, name = ic->name;
    if (ic->epoch == tx_me.epoch && ic->type == ob_ptr(g) && ic->how == PY_IC_ENTRY && !ob_is_quasi_constant(v)) {
        ob_dict_body *d = ob_write_mask(g, TX_SLOT(ic->slot >> ENTRY_BITS));
        if (!d) return false;
        d->entries[ic->slot & ((1u << ENTRY_BITS) - 1)].value = v;
        return true;
    }
    make_namespace(g);
    if (!(ob_is_exact(g, &ob_dict_type) ? ob_dict_set(g, name, v) : ob_setitem(g, name, v))) return false;
    if (!ob_is_quasi_constant(v) && ob_is_exact(g, &ob_dict_type) && ob_dict_name_varies(name)) {     /* else the dict must be told of it */
        ssize_t at = ob_dict_entry_index(g, name);
        if (at >= 0 && at < 1 << ENTRY_BITS) fill(ic, PY_IC_ENTRY, ob_ptr(g), NULL, OB_NULL, entry_slot(name, (size_t)at));
    }
    return true;
}

ob_val py_load_name(py_frame *f, py_ic *ic) {
    ob_val ns = py_frame_ns(f);
    if (!ob_is_null(ns) && (!ob_same(ns, f->globals) || !ob_is_exact(ns, &ob_dict_type))) {
        ob_val v;
        if (ob_is_exact(ns, &ob_dict_type)) v = ob_dict_get_str(ns, ic->name);
        else {
            v = ob_getitem(ns, ic->name);
            if (ob_is_null(v) && !ob_err_clear_if(&ob_exc_KeyError)) return v;
        }
        if (!ob_is_null(v)) return v;
    }
    if (ic->epoch == tx_me.epoch && ic->type == ob_ptr(f->globals)) {
        if (ic->how == PY_IC_VALUE) return ic->value;
        return OB_DICT_LOOK(f->globals, ob_str_hash(ic->name))->entries[ic->slot & ((1u << ENTRY_BITS) - 1)].value;
    }
    return load_global(f, ic, false);
}

/* ---- attributes ---- */

/* The shape of a plain instance in shape mode; NULL: something else. */
static const ob_shape *plain_shape(ob_val v, const ob_type *t) {
    if (!(t->flags & OB_TF_INST)) return NULL;
    const ob_shape *s = ((const ob_inst_body *)ob_read_mask(v, TX_REST))->shape;
    return s->dict_mode ? NULL : s;
}
/* By type, for what is cached holds for all its instances. */
static bool may_hold_attrs(ob_val v, const ob_type *t) { return (t->flags & (OB_TF_INST | OB_TF_HOLDER)) || t->own_dict || ob_attrs_of(v) != NULL; }

static ob_val get_from_instance(py_ic *ic, ob_val v, const ob_type *t, const ob_shape *s) {
    if (s) {
        int i = ob_shape_find(s, ic->name);
        if (i < 0) return OB_NULL;
        ob_val x = ob_inst_slot(ob_handle(v), ob_read_mask(v, TX_SLOT(i)), (uint32_t)i);
        if (!ob_is_null(x)) fill(ic, PY_IC_SLOT, t, s, OB_NULL, (uint32_t)i);
        return x;
    }
    return may_hold_attrs(v, t) ? ob_attr_get(v, ic->name) : OB_NULL;
}

static ob_val get_from_module(py_ic *ic, ob_val m, bool method) {
    ob_val d = ob_module_dict(m);
    make_namespace(d);
    ssize_t at = ob_dict_entry_index(d, ic->name);
    if (at < 0) return OB_NULL;
    if (method && at < 1 << ENTRY_BITS) fill(ic, PY_IC_MODULE, &ob_module_type, NULL, m, entry_slot(ic->name, (size_t)at));
    return ob_dict_get_str(d, ic->name);
}

static bool is_method_like(ob_val d) { return ob_is_ptr(d) && (ob_ptr(d)->type == &ob_function_type || ob_ptr(d)->type == &ob_method_descr_type); }

ob_val py_get_attr(py_ic *ic, ob_val v, ob_val *getter) {
    ob_type *t = ob_type_of(v);
    if (t == &ob_module_type) {
        ob_val x = get_from_module(ic, v, false);
        if (!ob_is_null(x)) return x;
    }
    if (t->slots.getattr != ob_generic_getattr) return ob_getattr(v, ic->name);
    ob_val d = ob_type_lookup(t, ic->name);
    const ob_shape *s = plain_shape(v, t);
    if (!ob_is_null(d) && ob_type_of(d)->slots.set) {
        if (ob_ptr(d)->type == &ob_property_type && ob_is_exact(((ob_property *)ob_ptr(d))->get, &ob_function_type)) {
            *getter = ((ob_property *)ob_ptr(d))->get;
            fill(ic, PY_IC_PROPERTY, t, NULL, *getter, 0);
            return OB_NULL;
        }
        if (ob_ptr(d)->type == &ob_member_descr_type && s) {   /* of a class along t's mro: the slot is there */
            uint32_t i = ((const ob_member_descr *)ob_ptr(d))->slot;
            ob_val x = ob_inst_slot(ob_handle(v), ob_read_mask(v, TX_SLOT(i)), i);
            if (!ob_is_null(x)) {
                fill(ic, PY_IC_SLOT, t, s, OB_NULL, i);
                return x;
            }
        }
        return ob_getattr(v, ic->name);
    }
    ob_val x = get_from_instance(ic, v, t, s);
    if (!ob_is_null(x)) return x;
    if (ob_failed()) return OB_NULL;
    if (!ob_is_null(d) && !ob_type_of(d)->slots.get) {
        if (ob_is_quasi_constant(d) && (s || !may_hold_attrs(v, t))) fill(ic, PY_IC_VALUE, t, s, d, 0);
        return d;
    }
    return ob_is_null(d) ? ob_getattr(v, ic->name) : ob_type_of(d)->slots.get(d, v, ob_type_val(t));
}

bool py_get_method(py_ic *ic, ob_val v, ob_val *func, ob_val *self) {
    ob_type *t = ob_type_of(v);
    *self = OB_NULL;
    if (t == &ob_module_type) {
        *func = get_from_module(ic, v, true);
        if (!ob_is_null(*func)) return true;
    }
    if (t->slots.getattr == ob_generic_getattr) {
        ob_val d = ob_type_lookup(t, ic->name);
        if (!ob_is_null(d) && is_method_like(d)) {
            const ob_shape *s = plain_shape(v, t);
            bool attrs = may_hold_attrs(v, t);
            ob_val own = s ? (ob_shape_find(s, ic->name) >= 0 ? ob_attr_get(v, ic->name) : OB_NULL) : attrs ? ob_attr_get(v, ic->name) : OB_NULL;
            if (ob_failed()) return false;
            if (!ob_is_null(own)) { *func = own; return true; }
            if (s || !attrs) fill(ic, PY_IC_METHOD, t, s, d, 0);
            *func = d;
            *self = v;
            return true;
        }
    }
    *func = ob_getattr(v, ic->name);
    return !ob_is_null(*func);
}

bool py_set_attr(py_ic *ic, ob_val v, ob_val x, ob_val *setter) {
    ob_type *t = ob_type_of(v);
    if (t->slots.setattr != ob_generic_setattr) return ob_setattr(v, ic->name, x);
    ob_val d = ob_type_lookup(t, ic->name);
    const ob_shape *s = plain_shape(v, t);
    bool member = false;
    if (!ob_is_null(d) && ob_type_of(d)->slots.set) {
        if (ob_ptr(d)->type == &ob_property_type && ob_is_exact(((ob_property *)ob_ptr(d))->set, &ob_function_type)) {
            *setter = ((ob_property *)ob_ptr(d))->set;
            return false;
        }
        if (ob_ptr(d)->type != &ob_member_descr_type) return ob_setattr(v, ic->name, x);
        member = true;
    }
    if (!ob_generic_setattr(v, ic->name, x)) return false;
    if (!s) return true;
    const ob_shape *after = plain_shape(v, t);
    int i = !after ? -1 : member ? (int)((const ob_member_descr *)ob_ptr(d))->slot : ob_shape_find(after, ic->name);
    if (i < 0) return true;
    if (after == s) fill(ic, PY_IC_SLOT, t, s, OB_NULL, (uint32_t)i);
    else if (after->parent == s && !member && (uint32_t)i < ob_handle(v)->aux) {
        fill(ic, PY_IC_ADD, t, s, OB_NULL, (uint32_t)i);
        ic->next_shape = after;
    }
    return true;
}
