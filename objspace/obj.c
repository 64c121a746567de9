/* obj.c: the objects that exist once (None, NotImplemented, Ellipsis), their types, and why a write was refused.
 * Locks: none. */
#include "objspace/obj.h"
#include "objspace/call.h"
#include "objspace/str.h"
#include "objspace/type.h"
#include "txn/tx.h"
#include "objspace/int.h"
#include "objspace/type_make.h"

#define SINGLETON(type_) {.type = &(type_), .flags = OB_F_STATIC | TX_F_PUBLISHED}
ob_obj ob_none_object = SINGLETON(ob_none_type);
ob_obj ob_not_implemented_object = SINGLETON(ob_not_implemented_type);
ob_obj ob_ellipsis_object = SINGLETON(ob_ellipsis_type);

static ob_type *(*foreign_write)(void);
void ob_set_foreign_write_hook(ob_type *(*hook)(void)) { foreign_write = hook; }

void *ob_write_failed(ob_val v) {
    ob_type *foreign;
    switch (tx_fail_reason()) {
    case TX_FAIL_FROZEN:
        if (foreign_write && !(ob_flags(ob_ptr(v)) & TX_F_FROZEN) && (foreign = foreign_write()))
            return ob_fail_ptr(ob_raise(foreign, "'%T' object was not made here", v));
        return ob_fail_ptr(ob_raise(&ob_exc_FrozenError, "'%T' object is frozen", v));
    case TX_FAIL_CONFLICT: ob_err_condition(OB_COND_CONFLICT, OB_NULL); return NULL;
    case TX_FAIL_RETRY: ob_err_condition(OB_COND_RETRY, OB_NULL); return NULL;
    case TX_FAIL_UNREAD:             /* the pager has raised why, now or before */
        if (ob_is_unread()) (void)ob_unread_stop();
        return ob_failed() ? NULL : ob_fail_ptr(ob_raise(&ob_exc_TypeError, "'%T' object is just being upgraded: its new state is what __upgrade__ returns", v));
    default: return ob_fail_ptr(ob_raise_memory());
    }
}

void *ob_write_op(ob_val v, uint64_t mask, size_t size, tx_undo *undo, uint64_t a, uint64_t b) {
    tx_handle *h = ob_handle(v);
    if (size <= OB_COPY_SMALL || !tx_is_private(h) || ob_copy_pays(size)) return ob_write_mask(v, mask);
    void *body = tx_write_op(h, mask, undo, a, b);
    return LIKELY(body != NULL) ? body : ob_write_failed(v);
}

bool ob__publish(ob_val v) { return !ob_is_ptr(v) || ob_is_null(v) || tx_publish(v.w) || ob_write_failed(v); }

/* ---- None ---- */
static ob_val none_repr(ob_val self) { (void)self; return ob_str_intern_c("None"); }
static int none_truth(ob_val self) { (void)self; return 0; }
static bool none_hash(ob_val self, uint64_t *out) { (void)self; *out = UINT64_C(0xfca86420); return true; }

static ob_val single_make(ob_type *type, size_t n, ob_val kw, ob_val one) {
    if (n || !ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "%s takes no arguments", type->name);
    return one;
}
static ob_val none_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) { (void)a; return single_make(type, n, kw, OB_NONE); }

ob_type ob_none_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "NoneType", .size = sizeof(ob_obj), .flags = OB_TF_LEAF,
    .slots = {.repr = none_repr, .truth = none_truth, .hash = none_hash, .make = none_make},
};

/* ---- NotImplemented ---- */
static ob_val not_implemented_repr(ob_val self) { (void)self; return ob_str_intern_c("NotImplemented"); }
static ob_val not_implemented_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)a, (void)n, (void)kw; return not_implemented_repr(self); }
static ob_val not_implemented_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) { (void)a; return single_make(type, n, kw, OB_NOT_IMPLEMENTED); }
static int not_implemented_truth(ob_val self) {
    (void)self;
    static const char text[] = "NotImplemented should not be used in a boolean context";
    if (ob_the_vm.warn && !ob_the_vm.warn(&ob_exc_DeprecationWarning, text, 1)) return -1;
    return 1;
}

ob_type ob_not_implemented_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "NotImplementedType", .size = sizeof(ob_obj), .flags = OB_TF_LEAF,
    .slots = {.repr = not_implemented_repr, .truth = not_implemented_truth, .make = not_implemented_make},
    .methods = (const ob_def[]){{"__reduce__", not_implemented_reduce, "", NULL, 0}, {0}},
};

/* ---- Ellipsis ---- */
static ob_val ellipsis_repr(ob_val self) { (void)self; return ob_str_intern_c("Ellipsis"); }
static ob_val ellipsis_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)a, (void)n, (void)kw; return ellipsis_repr(self); }
static ob_val ellipsis_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)type;
    if (n || !ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "EllipsisType takes no arguments");
    return OB_ELLIPSIS;
}

ob_type ob_ellipsis_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "ellipsis", .size = sizeof(ob_obj), .flags = OB_TF_LEAF,
    .slots = {.repr = ellipsis_repr, .make = ellipsis_make},
    .methods = (const ob_def[]){{"__reduce__", ellipsis_reduce, "", NULL, 0}, {0}},
};
