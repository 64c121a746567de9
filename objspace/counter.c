/* counter.c: Counter: a number that is added to without being read.
 * Locks: none. The body is versioned; two transactions that add both commit, and the later one's body holds both sums (kind_merge).
 * C1  add() reads nothing; value logs the number. So adding conflicts with reading alone. O(1). */
#include "objspace/hot.h"
#include "objspace/call.h"
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

typedef struct counter_body { uint64_t low; int64_t high; } counter_body;      /* 128 bits, two's complement */

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;
static uwide sum_of(const counter_body *b) { return (uwide)(uint64_t)b->high << 64 | b->low; }
static void set_sum(counter_body *b, uwide x) { *b = (counter_body){(uint64_t)x, (int64_t)(uint64_t)(x >> 64)}; }

static bool kind_same(const tx_handle *h UNUSED, const void *a, const void *b, uint64_t mask UNUSED) {
    return sum_of(a) == sum_of(b);
}
static bool kind_merge(const tx_handle *h UNUSED, void *mine, const void *base, const void *theirs, uint64_t dirty UNUSED) {
    set_sum(mine, sum_of(mine) - sum_of(base) + sum_of(theirs));
    return true;
}
static OB_KIND(counter_kind, .same = kind_same, .merge = kind_merge, .commutes = TX_ALL);

bool ob_counter_add(ob_val c, int64_t k) {
    counter_body *b = ob_write_mask(c, TX_ALL);          /* no read: additions commute */
    if (!b) return false;
    set_sum(b, sum_of(b) + (uwide)(wide)k);
    return true;
}

ob_val ob_counter_value(ob_val c) {
    counter_body b = *(const counter_body *)ob_read(c);
    if (b.high == (int64_t)b.low >> 63) return ob_int_from_i64((int64_t)b.low);
    return ob_int_from_bytes((const uint8_t *)&b, sizeof b, true, true);
}

static ob_val new_counter(ob_type *t, int64_t n) {
    tx_handle *h = ob_alloc_mut(t, sizeof(counter_body));
    if (!h) return OB_NULL;
    set_sum(tx_inline_body(h), (uwide)(wide)n);
    return ob_of(h);
}
ob_val ob_counter_new(int64_t n) { return new_counter(&ob_counter_type, n); }

OB_FN(bound) {
    int64_t n0 = 0;
    return !ob_is_null(a[0]) && !ob_index_i64(a[0], &n0) ? OB_NULL : new_counter(ob_type_ptr(self), n0);
}
static ob_val make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"Counter", bound, "n=0", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, ob_kw_of_make(t, &ob_counter_type, kw));
}

OB_FN(counter_add) {
    int64_t k = 1;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &k)) return OB_NULL;
    return ob_counter_add(self, k) ? OB_NONE : OB_NULL;
}
static bool set_value(ob_val self, ob_val v) {
    int64_t n;
    if (ob_is_null(v)) return ob_fail(ob_raise(&ob_exc_AttributeError, "cannot delete the value of a Counter"));
    if (!ob_index_i64(v, &n)) return false;
    counter_body *b = ob_write(self);        /* a read, too: the sum of what others add meanwhile would not be n */
    if (!b) return false;
    set_sum(b, (uwide)(wide)n);
    return true;
}
static ob_val repr(ob_val self) {
    ob_val v = ob_counter_value(self);
    return ob_is_null(v) ? v : ob_str_format_c("%s(%R)", ob_type_short_name(ob_type_of(self)), v);
}
OB_FN(counter_reduce) {
    ob_val v = ob_counter_value(self), args = ob_is_null(v) ? v : ob_tuple_of1(v);
    return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(ob_type_of(self)), args);
}

static const ob_def methods[] = {
    {"add", counter_add, "k=1, /", "Adds k (an int). Conflicts with no other add().", 0},
    {"__reduce__", counter_reduce, "", NULL, 0},
    {0},
};
static const ob_getset getsets[] = {{"value", ob_counter_value, set_value, "The sum; reading it conflicts with adding."}, {0}};
ob_type ob_counter_type = {
    OB_TYPE_HEAD(&ob_type_type, &counter_kind), .name = "apodora.Counter", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_LEAF, .size = sizeof(counter_body),
    .has_weakref = true, .slots = {.make = make, .repr = repr, .unary[OB_UN_INT] = ob_counter_value, .unary[OB_UN_INDEX] = ob_counter_value},
    .methods = methods, .getsets = getsets, .doc = "Counter(n=0): a number that many transactions may add to at once."};
