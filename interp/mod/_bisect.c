/* _bisect.c: the module _bisect: binary search in sorted sequences.  Locks: none. */
#include "interp/mod/modules.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"

enum { A, X, LO, HI, KEY };                               /* the parameters' order */

static bool bounds(const ob_val *a, int64_t *lo, int64_t *hi) {
    *lo = 0;
    *hi = -1;
    if (!ob_is_null(a[LO]) && !ob_index_i64(a[LO], lo)) return false;
    if (!ob_is_null(a[HI]) && !ob_is_none(a[HI])) {
        if (!ob_has_index(a[HI])) return ob_fail(ob_raise(&ob_exc_TypeError, "argument should be integer or None, not '%.200T'", a[HI]));
        if (!ob_index_i64(a[HI], hi)) return false;
    }
    if (*lo < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "lo must be non-negative"));
    if (*hi == -1 && (*hi = ob_len(a[A])) < 0) return false;
    return true;
}

/* Where x belongs; left: before its equals. x is compared with key(item). -1: an exception. */
static int64_t search(const ob_val *a, ob_val x, bool left) {
    int64_t lo, hi;
    bool keyed = !ob_is_null(a[KEY]) && !ob_is_none(a[KEY]);
    if (!bounds(a, &lo, &hi)) return -1;
    while (lo < hi) {
        int64_t mid = (int64_t)(((uint64_t)lo + (uint64_t)hi) / 2);
        ob_val item = ob_getitem(a[A], ob_int_from_i64(mid));
        if (ob_is_null(item) || (keyed && ob_is_null(item = ob_call1(a[KEY], item)))) return -1;
        int r = left ? ob_lt(item, x) : ob_lt(x, item);
        if (r < 0) return -1;
        if (r == left) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static ob_val find(const ob_val *a, bool left) {
    int64_t i = search(a, a[X], left);
    return i < 0 ? OB_NULL : ob_int_from_i64(i);
}

static ob_val insert(const ob_val *a, bool left) {
    ob_val x = a[X];
    if (!ob_is_null(a[KEY]) && !ob_is_none(a[KEY]) && ob_is_null(x = ob_call1(a[KEY], x))) return OB_NULL;
    int64_t i = search(a, x, left);
    if (i < 0) return OB_NULL;
    if (ob_is_exact(a[A], &ob_list_type)) return ob_list_insert(a[A], (size_t)i, a[X]) ? OB_NONE : OB_NULL;
    ob_val args[] = {ob_int_from_i64(i), a[X]};
    return ob_is_null(ob_call_method_c(a[A], "insert", args, 2)) ? OB_NULL : OB_NONE;
}

OB_FN(bisect_right) { return find(a, false); }
OB_FN(bisect_left) { return find(a, true); }
OB_FN(insort_right) { return insert(a, false); }
OB_FN(insort_left) { return insert(a, true); }

#define SIG "a, x, lo=0, hi=None, *, key=None"
static const ob_def defs[] = {
    {"bisect_left", bisect_left, SIG, "Where x belongs in the sorted a, before its equals.", 0},
    {"bisect_right", bisect_right, SIG, "Where x belongs in the sorted a, behind its equals.", 0},
    {"insort_left", insort_left, SIG, "Inserts x into the sorted a, before its equals.", 0},
    {"insort_right", insort_right, SIG, "Inserts x into the sorted a, behind its equals.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
const ob_module_def py_mod__bisect = {"_bisect", "Binary search in sorted sequences.", defs, NULL};
