/* missing.c: what stands for an object whose class cannot be found: it keeps its place and its bytes, and shows its state.  Locks: none. */
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/persist/persist_int.h"
#include "objspace/str.h"

static ob_val missing_name(ob_val self) {
    const pe__name *n = pe__name_at(((pe__missing *)ob_ptr(self))->cls);
    if (n == NULL) return ob_raise(&ob_exc_StoreError, "the store has been closed");
    return ob_str_format_c(n->qualname[0] ? "%s.%s" : "%s", n->module, n->qualname);
}

static ob_val missing_state(ob_val self) {
    pe__missing *m = (pe__missing *)ob_ptr(self);
    ob_val state = m->id ? pe__state_of_missing(m->id) : ob_dict_new();
    if (ob_is_null(state)) return state;
    if (!ob_is_null(m->base) && !ob_dict_set_c(state, "value", m->base)) return OB_NULL;
    return ob_mappingproxy_new(state);
}

static ob_val missing_repr(ob_val self) {
    ob_val name = missing_name(self);
    return ob_is_null(name) ? name : ob_str_format_c("<apodora.Missing %S>", name);
}

static void missing_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((pe__missing *)o)->base); }

ob_type pe_missing_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "apodora.Missing", .size = sizeof(pe__missing), .flags = OB_TF_NO_MAKE, .trace = missing_trace, .has_weakref = true,
    .slots = {.repr = missing_repr},
    .getsets = (const ob_getset[]){{"name", missing_name, NULL, "The class that is missing: 'module.qualname'."},
                                   {"state", missing_state, NULL, "Its attributes, read-only."}, {0}},
    .doc = "An object of the store whose class cannot be found.",
};

static ob_val make(uint64_t id, uint32_t cls, uint8_t kind, ob_val base) {
    pe__missing *m = ob_alloc(&pe_missing_type, sizeof *m);
    if (m == NULL) return OB_NULL;
    m->id = id;
    m->cls = cls;
    m->kind = kind;
    m->base = base;
    return ob_of(m);
}

/* kind: the tag of the value that named the class: PE_REF, PE_NAME, PE_SUB, PE_ENUM. */
ob_val pe__missing_new(uint64_t id, uint32_t cls, uint8_t kind, ob_val base) {
    ob_val v = make(id, cls, kind, base);
    if (ob_is_null(v) || id == 0) return v;
    ob_obj *got = pe__id_claim(ob_ptr(v), id, 0);
    return got ? ob_of(got) : ob_raise_memory();
}
