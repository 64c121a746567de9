/* _heapq.c: the module _heapq: binary heaps in lists.
 *
 * Locks: none. Comparisons may run Python code that changes the list: items are fetched anew, and a changed length is an error.
 * The way down goes to a leaf first and then up again, which compares less than stopping on the way (Knuth 5.2.3, exercise 18).
 */
#include "interp/mod/modules.h"
#include "objspace/error.h"
#include "objspace/list.h"
#include "objspace/str.h"

static inline int less(ob_val a, ob_val b) { return ob_both_small(a, b) ? ob_to_small(a) < ob_to_small(b) : ob_lt(a, b); }
static inline int before(ob_val a, ob_val b, bool max) { return max ? less(b, a) : less(a, b); }

static bool same_size(ob_val h, size_t n) {
    return ob_list_len(h) == n || ob_fail(ob_raise(&ob_exc_RuntimeError, "list changed size during iteration"));
}

/* The item at pos rises towards start, where everything above it is a heap. */
static bool rise(ob_val h, size_t start, size_t pos, bool max) {
    size_t n = ob_list_len(h);
    if (pos >= n) return ob_fail(ob_raise(&ob_exc_IndexError, "index out of range"));
    while (pos > start) {
        size_t parent = (pos - 1) / 2;
        ob_val item = ob_list_at(h, pos), above = ob_list_at(h, parent);
        int r = before(item, above, max);
        if (r < 0 || !same_size(h, n)) return false;
        if (!r) break;
        item = ob_list_at(h, pos);
        above = ob_list_at(h, parent);
        if (!ob_list_set(h, parent, item) || !ob_list_set(h, pos, above)) return false;
        pos = parent;
    }
    return true;
}

/* The item at pos sinks to a leaf, the smaller children rising, and then rises to its place. */
static bool sink(ob_val h, size_t pos, bool max) {
    size_t n = ob_list_len(h), start = pos;
    while (2 * pos + 1 < n) {
        size_t child = 2 * pos + 1;
        if (child + 1 < n) {
            int r = before(ob_list_at(h, child), ob_list_at(h, child + 1), max);
            if (r < 0 || !same_size(h, n)) return false;
            child += !r;
        }
        ob_val up = ob_list_at(h, child), down = ob_list_at(h, pos);
        if (!ob_list_set(h, child, down) || !ob_list_set(h, pos, up)) return false;
        pos = child;
    }
    return rise(h, start, pos, max);
}

static bool is_heap(const char *name, ob_val h, size_t n) {
    if (ob_is_list(h)) return true;
    if (n == 1) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument must be list, not %.50T", name, h));
    return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument 1 must be list, not %.50T", name, h));
}

static ob_val empty(void) { return ob_raise(&ob_exc_IndexError, "index out of range"); }

static ob_val pop(ob_val h, bool max) {
    if (ob_list_len(h) == 0) return empty();
    ob_val last = ob_list_pop(h, -1);
    if (ob_is_null(last) || ob_list_len(h) == 0) return last;
    ob_val first = ob_list_at(h, 0);
    return ob_list_set(h, 0, last) && sink(h, 0, max) ? first : OB_NULL;
}

static ob_val replace(ob_val h, ob_val item, bool max) {
    if (ob_list_len(h) == 0) return empty();
    ob_val first = ob_list_at(h, 0);
    return ob_list_set(h, 0, item) && sink(h, 0, max) ? first : OB_NULL;
}

static ob_val heapify(ob_val h, bool max) {
    for (size_t i = ob_list_len(h) / 2; i-- > 0;)
        if (!sink(h, i, max)) return OB_NULL;
    return OB_NONE;
}

OB_FN(heapq_heappush) {
    if (!is_heap("heappush", a[0], 2) || !ob_list_append(a[0], a[1])) return OB_NULL;
    return rise(a[0], 0, ob_list_len(a[0]) - 1, false) ? OB_NONE : OB_NULL;
}

OB_FN(heapq_heappushpop) {
    if (!is_heap("heappushpop", a[0], 2)) return OB_NULL;
    if (ob_list_len(a[0]) == 0) return a[1];
    int r = less(ob_list_at(a[0], 0), a[1]);
    return r < 0 ? OB_NULL : r ? replace(a[0], a[1], false) : a[1];
}

OB_FN(heapq_heappop) { return is_heap("heappop", a[0], 1) ? pop(a[0], false) : OB_NULL; }
OB_FN(heapq_heappop_max) { return is_heap("_heappop_max", a[0], 1) ? pop(a[0], true) : OB_NULL; }
OB_FN(heapq_heapreplace) { return is_heap("heapreplace", a[0], 2) ? replace(a[0], a[1], false) : OB_NULL; }
OB_FN(heapq_heapreplace_max) { return is_heap("_heapreplace_max", a[0], 2) ? replace(a[0], a[1], true) : OB_NULL; }
OB_FN(heapq_heapify) { return is_heap("heapify", a[0], 1) ? heapify(a[0], false) : OB_NULL; }
OB_FN(heapq_heapify_max) { return is_heap("_heapify_max", a[0], 1) ? heapify(a[0], true) : OB_NULL; }

static const ob_def defs[] = {
    {"_heapify_max", heapq_heapify_max, "heap, /", "Orders a list as a heap with the greatest item first.", 0},
    {"_heappop_max", heapq_heappop_max, "heap, /", "Removes the greatest item.", 0},
    {"_heapreplace_max", heapq_heapreplace_max, "heap, item, /", "Removes the greatest item, then adds one.", 0},
    {"heapify", heapq_heapify, "heap, /", "Orders a list as a heap, in linear time.", 0},
    {"heappop", heapq_heappop, "heap, /", "Removes the least item.", 0},
    {"heappush", heapq_heappush, "heap, item, /", "Adds an item.", 0},
    {"heappushpop", heapq_heappushpop, "heap, item, /", "Adds an item, then removes the least one.", 0},
    {"heapreplace", heapq_heapreplace, "heap, item, /", "Removes the least item, then adds one.", 0},
    {NULL, NULL, NULL, NULL, 0},
};
static bool fill(ob_val m) {
    return ob_module_add(m, "__about__", ob_str_from_c("A heap is a list in which each item is not above its two children, those at 2k+1 and 2k+2."));
}
const ob_module_def py_mod__heapq = {"_heapq", "Binary heaps in lists.", defs, fill};
