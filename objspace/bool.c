/* bool.c: the type bool and its two instances, which are integers.
 *
 * Locks: none; both are static and immutable.
 */
#include "objspace/int.h"
#include "objspace/error.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

ob_obj ob_true_object __attribute__((aligned(16))) = {.type = &ob_bool_type, .flags = OB_F_STATIC | TX_F_PUBLISHED};
ob_obj ob_false_object __attribute__((aligned(16))) = {.type = &ob_bool_type, .flags = OB_F_STATIC | TX_F_PUBLISHED};

static ob_val repr(ob_val self) { return ob_str_intern_c(ob_same(self, OB_TRUE) ? "True" : "False"); }
static int truth(ob_val self) { return ob_same(self, OB_TRUE); }

static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)type;
    if (!ob_is_null(kw) && ob_tuple_len(kw)) return ob_raise(&ob_exc_TypeError, "bool() takes no keyword arguments");
    if (n > 1) return ob_raise(&ob_exc_TypeError, "bool expected at most 1 argument, got %zu", n);
    int t = n ? ob_truth(a[0]) : 0;
    return t < 0 ? OB_NULL : ob_bool(t);
}

/* Two bools give a bool; with another int the operation is int's. */
#define BITWISE(name, op, code) \
    static ob_val slot_##name(ob_val a, ob_val b) { \
        if (ob_is_bool(a) && ob_is_bool(b)) return ob_bool((int)ob_same(a, OB_TRUE) op (int)ob_same(b, OB_TRUE)); \
        return ob_is_int(a) && ob_is_int(b) ? ob_int_binary(code, a, b) : OB_NOT_IMPLEMENTED; \
    }
BITWISE(and, &, OB_BIN_AND)
BITWISE(or, |, OB_BIN_OR)
BITWISE(xor, ^, OB_BIN_XOR)

ob_type ob_bool_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "bool",
    .base = &ob_int_type,
    .flags = OB_TF_INT | OB_TF_LEAF,
    .size = sizeof(ob_obj),
    .slots = {
        .repr = repr, .truth = truth, .make = make,
        .binary = {[OB_BIN_AND] = slot_and, [OB_BIN_OR] = slot_or, [OB_BIN_XOR] = slot_xor},
    },
    .doc = "bool(x) -> bool\n\nTrue when x is true, else False.",
};
