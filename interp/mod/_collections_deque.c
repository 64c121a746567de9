/* _collections_deque.c: deque: its operations; what it holds is in _collections_deque_body.c.
 * Locks: none; bodies are reached through ob_read / ob_write.
 * No body pointer is kept across a call that can run Python. An item that cannot be loaded from a store reads as OB_NULL, with the exception. */
#include "interp/mod/_collections_deque_int.h"
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

typedef py__deque_body deque_body;

static const deque_body *peek(ob_val d) { return ob_read(d); }
static inline ob_val at(ob_val d, size_t i) { return py__deque_at(peek(d), i); }

/* ---- changing ---- */

static bool push_at(ob_val d, ob_val x, bool left) {
    deque_body *b = ob_write(d);
    if (!b || b->maxlen == 0) return b != NULL;
    if (b->maxlen >= 0 && b->len >= (size_t)b->maxlen && ob_is_null(py__deque_take(b, !left))) return false;
    return py__deque_add(b, x, left);
}
static bool push(ob_val d, ob_val x) { return push_at(d, x, false); }
static bool push_left(ob_val d, ob_val x) { return push_at(d, x, true); }

static ob_val pop_at(ob_val d, bool left) {
    if (!peek(d)->len) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_IndexError, "pop from an empty deque");
    deque_body *b = ob_write(d);
    return b ? py__deque_take(b, left) : OB_NULL;
}
static ob_val pop_left(ob_val d) { return pop_at(d, true); }
static ob_val pop_right(ob_val d) { return pop_at(d, false); }

/* The last `count` items come to the front; negative: the first ones to the back. */
static bool rotate(ob_val d, int64_t count) {
    size_t n = peek(d)->len;
    if (n < 2) return true;
    int64_t by = count % (int64_t)n;
    if (by < 0) by += (int64_t)n;
    if (!by) return true;
    deque_body *b = ob_write(d);
    if (!b) return false;
    bool left = (size_t)by > n / 2;
    for (size_t i = left ? n - (size_t)by : (size_t)by; i-- > 0;) {
        ob_val x = py__deque_take(b, left);
        if (ob_is_null(x) || !py__deque_add(b, x, !left)) return false;
    }
    return true;
}
/* The body to write as a ring, for what moves items. */
static deque_body *write_flat(ob_val d) {
    deque_body *b = ob_write(d);
    return b && py__deque_flatten(b, b->len) ? b : NULL;
}
static bool remove_at(ob_val d, size_t i) {
    deque_body *b = write_flat(d);
    if (!b) return false;
    for (; i + 1 < b->len; i++) *py__deque_own(b, i) = py__deque_at(b, i + 1);
    b->len--;
    b->changes++;
    return true;
}
static bool clear(ob_val d) {
    deque_body *b = ob_write(d);
    return b && py__deque_drop_all(b);
}

static bool push_each(void *arg, ob_val x) { return push(*(ob_val *)arg, x); }
static bool push_left_each(void *arg, ob_val x) { return push_left(*(ob_val *)arg, x); }
static bool extend(ob_val d, ob_val it, bool (*each)(void *, ob_val)) {
    if (ob_same(d, it) && ob_is_null(it = ob_list_of_iterable(it))) return false;
    return ob_each(it, each, &d);
}

bool py__deque_push(ob_val d, ob_val x) { return push(d, x); }
ob_val py__deque_pop_left(ob_val d) { return pop_left(d); }

/* ---- making ---- */

static ob_val alloc_of(ob_type *t) {
    tx_handle *h = ob_alloc_mut(t, sizeof(deque_body));
    if (!h) return OB_NULL;
    ((deque_body *)tx_inline_body(h))->maxlen = -1;
    return ob_of(h);
}
static ob_val deque_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) { return (void)a, (void)n, (void)kw, alloc_of(t); }

OB_FN(init_bound) {
    int64_t maxlen = -1;
    if (!ob_is_null(a[1]) && !ob_is_none(a[1])) {
        if (!ob_is_int(a[1])) return ob_raise(&ob_exc_TypeError, "an integer is required");
        if (!ob_int_to_i64(a[1], &maxlen)) return OB_NULL;
        if (maxlen < 0) return ob_raise(&ob_exc_ValueError, "maxlen must be non-negative");
    }
    deque_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->maxlen = maxlen;
    if (b->len && !clear(self)) return OB_NULL;
    return ob_is_null(a[0]) || extend(self, a[0], push_each) ? OB_NONE : OB_NULL;
}
static bool deque_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"deque", init_bound, "iterable=(), maxlen=None", NULL, 0};
    return !ob_is_null(ob_def_call(&def, self, a, n, kw));
}

static ob_val maxlen_val(ob_val d) {
    int64_t m = peek(d)->maxlen;
    return m < 0 ? OB_NONE : ob_int_from_i64(m);
}

static ob_val copy_of(ob_val d) {
    if (ob_is_exact(d, &py__deque_type)) {
        ob_val r = alloc_of(&py__deque_type);
        if (ob_is_null(r)) return r;
        deque_body *b = tx_inline_body(ob_handle(r));
        b->maxlen = peek(d)->maxlen;
        size_t n = peek(d)->len;
        if (n && !py__deque_flatten(b, n)) return OB_NULL;
        for (size_t i = 0; i < n; i++)
            if (ob_is_null(b->items[i] = at(d, i))) return OB_NULL;
        b->len = n;
        return ob_failed() ? OB_NULL : r;
    }
    ob_val max = maxlen_val(d), r = ob_is_none(max) ? ob_call1(ob_type_val(ob_type_of(d)), d) : ob_call2(ob_type_val(ob_type_of(d)), d, max);
    if (!ob_is_null(r) && !ob_is_a(r, &py__deque_type))
        return ob_raise(&ob_exc_TypeError, "%.200s() must return a deque, not %.200T", ob_type_of(d)->name, r);
    return r;
}

/* ---- looking ---- */

static ssize_t deque_len(ob_val self) { return (ssize_t)peek(self)->len; }
static bool item_at(ob_val self, size_t i, ob_val *out) {
    if (i >= peek(self)->len) return false;
    *out = at(self, i);
    return !ob_is_null(*out);
}
static ob_val deque_repr(ob_val self) {
    ob_val list = ob_repr_items(self, "[", "]", "[...]", item_at, false), max = maxlen_val(self);
    if (ob_is_null(list) || ob_failed()) return OB_NULL;
    const char *name = ob_type_short_name(ob_type_of(self));
    if (ob_str_equal_c(list, "[...]")) return list;
    return ob_is_none(max) ? ob_str_format_c("%s(%S)", name, list) : ob_str_format_c("%s(%S, maxlen=%S)", name, list, max);
}

static ob_val mutated(const char *how) { return ob_raise(&ob_exc_RuntimeError, "%s", how); }

/* First i in [i, end) whose item equals x; 1 0 -1. */
static int find(ob_val self, ob_val x, size_t *i, size_t end, ob_val (*on_change)(void)) {
    uint64_t changes = peek(self)->changes;
    for (; *i < end && *i < peek(self)->len; ++*i) {
        ob_val there = at(self, *i);
        int e = ob_is_null(there) ? -1 : ob_eq_quick(there, x);
        if (e) return e;
        if (peek(self)->changes != changes) return on_change(), -1;
    }
    return 0;
}
static ob_val changed_iterating(void) { return mutated("deque mutated during iteration"); }
static ob_val changed_removing(void) { return ob_raise(&ob_exc_IndexError, "deque mutated during iteration"); }

static int deque_contains(ob_val self, ob_val x) {
    size_t i = 0;
    return find(self, x, &i, SIZE_MAX, changed_iterating);
}

static bool index_of(ob_val self, ob_val key, size_t *out) {
    int64_t i;
    if (!ob_has_index(key)) return ob_fail(ob_raise(&ob_exc_TypeError, "sequence index must be integer, not '%.200T'", key));
    if (!ob_index_i64(key, &i)) return false;
    size_t n = peek(self)->len;
    if (i < 0) i += (int64_t)n;
    if (i < 0 || (size_t)i >= n) return ob_fail(ob_raise(&ob_exc_IndexError, "deque index out of range"));
    *out = (size_t)i;
    return true;
}
static ob_val deque_getitem(ob_val self, ob_val key) {
    size_t i;
    return index_of(self, key, &i) ? at(self, i) : OB_NULL;
}
static bool deque_setitem(ob_val self, ob_val key, ob_val v) {
    size_t i;
    if (!index_of(self, key, &i)) return false;
    if (ob_is_null(v)) return remove_at(self, i);
    deque_body *b = ob_write(self);
    ob_val *to = b ? py__deque_own(b, i) : NULL;
    return to && (*to = v, true);
}

static ob_val deque_cmp(ob_val x, ob_val y, ob_cmp_op op) {
    if (!ob_is_a(x, &py__deque_type) || !ob_is_a(y, &py__deque_type)) return OB_NOT_IMPLEMENTED;
    size_t n = peek(x)->len, m = peek(y)->len, i = 0;
    if ((op == OB_EQ || op == OB_NE) && (ob_same(x, y) || n != m)) return ob_bool((n == m) == (op == OB_EQ));
    int e = 1;
    ob_val p = OB_NULL, q = OB_NULL;
    if (!ob_c_enter()) return OB_NULL;
    for (; e == 1 && item_at(x, i, &p) && item_at(y, i, &q); i++) e = ob_eq_quick(p, q);
    ob_c_leave();
    if (e < 0 || ob_failed()) return OB_NULL;
    if (!e) return op == OB_EQ || op == OB_NE ? ob_bool(op == OB_NE) : ob_compare(op, p, q);
    return ob_compare(op, ob_from_small((int64_t)n), ob_from_small((int64_t)m));
}

/* ---- operators ---- */

static ob_val deque_add(ob_val x, ob_val y) {
    if (!ob_is_a(x, &py__deque_type)) return OB_NOT_IMPLEMENTED;
    if (!ob_is_a(y, &py__deque_type)) {
        if (ob_defers_binary(y, OB_BIN_ADD)) return OB_NOT_IMPLEMENTED;
        return ob_raise(&ob_exc_TypeError, "can only concatenate deque (not \"%.200T\") to deque", y);
    }
    ob_val r = copy_of(x);
    return ob_is_null(r) || !extend(r, y, push_each) ? OB_NULL : r;
}
static ob_val deque_iadd(ob_val x, ob_val y) { return extend(x, y, push_each) ? x : OB_NULL; }

static ob_val deque_imul(ob_val d, ob_val count) {
    size_t k, n = peek(d)->len;
    ob_val r = OB_NULL;
    if (ob_repeat_count(d, count, &k, &r) != 1) return r;
    if (!n || k == 1) return d;
    if (!k) return clear(d) ? d : OB_NULL;
    int64_t max = peek(d)->maxlen;
    size_t total;
    if (__builtin_mul_overflow(n, k, &total) || total > SIZE_MAX / 16) return ob_raise_memory();
    /* With a limit, whole turns of just more than it leave the same items as all of them. */
    if (max >= 0 && (size_t)max + n < total) total = ((size_t)max / n + 1) * n;
    ob_val items = ob_tuple_of_iterable(d);
    if (ob_is_null(items)) return items;
    for (size_t i = n; i < total; i++)
        if (!push(d, ob_tuple_at(items, i % n))) return OB_NULL;
    return d;
}
static ob_val deque_mul(ob_val x, ob_val y) {
    bool left = ob_is_a(x, &py__deque_type);
    ob_val r = copy_of(left ? x : y);
    return ob_is_null(r) ? r : deque_imul(r, left ? y : x);
}

/* ---- methods ---- */

static ob_val none(bool ok) { return ok ? OB_NONE : OB_NULL; }
OB_FN(deque_append) { return none(push(self, a[0])); }
OB_FN(deque_appendleft) { return none(push_left(self, a[0])); }
OB_FN(deque_pop) { return pop_right(self); }
OB_FN(deque_popleft) { return pop_left(self); }
OB_FN(deque_clear) { return none(clear(self)); }
OB_FN(deque_copy) { return copy_of(self); }
OB_FN(deque_extend) { return none(extend(self, a[0], push_each)); }
OB_FN(deque_extendleft) { return none(extend(self, a[0], push_left_each)); }
OB_FN(deque_rotate) {
    int64_t by = 1;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &by)) return OB_NULL;
    return none(rotate(self, by));
}
OB_FN(deque_reverse) {
    deque_body *b = write_flat(self);
    if (!b) return OB_NULL;
    for (size_t i = 0, j = b->len; i + 1 < j; i++) {
        ob_val x = py__deque_at(b, i);
        *py__deque_own(b, i) = py__deque_at(b, --j);
        *py__deque_own(b, j) = x;
    }
    return OB_NONE;
}
OB_FN(deque_count) {
    int64_t count = 0;
    uint64_t changes = peek(self)->changes;
    for (size_t i = 0; i < peek(self)->len; i++) {
        ob_val there = at(self, i);
        int e = ob_is_null(there) ? -1 : ob_eq_quick(there, a[0]);
        if (e < 0) return OB_NULL;
        count += e;
        if (peek(self)->changes != changes) return changed_iterating();
    }
    return ob_from_small(count);
}
OB_FN(deque_remove) {
    size_t i = 0;
    uint64_t changes = peek(self)->changes;
    int found = find(self, a[0], &i, SIZE_MAX, changed_removing);
    if (found < 0) return OB_NULL;
    if (peek(self)->changes != changes) return changed_removing();
    return found ? none(remove_at(self, i)) : ob_raise(&ob_exc_ValueError, "%R is not in deque", a[0]);
}
static bool bound_arg(ob_val v, size_t len, size_t missing, size_t *out) {
    if (ob_is_null(v)) return *out = missing, true;
    int64_t i;
    if (!ob_has_index(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "slice indices must be integers or have an __index__ method"));
    if (!ob_index_clamp(v, &i)) return false;
    if (i < 0) i = i + (int64_t)len < 0 ? 0 : i + (int64_t)len;
    *out = (size_t)i;
    return true;
}
OB_FN(deque_index) {
    size_t i, end, len = peek(self)->len;
    if (!bound_arg(a[1], len, 0, &i) || !bound_arg(a[2], len, len, &end)) return OB_NULL;
    int found = find(self, a[0], &i, end, changed_iterating);
    if (found < 0) return OB_NULL;
    return found ? ob_from_small((int64_t)i) : ob_raise(&ob_exc_ValueError, "%R is not in deque", a[0]);
}
OB_FN(deque_insert) {
    int64_t i;
    if (!ob_index_i64(a[0], &i)) return OB_NULL;
    const deque_body *b = peek(self);
    int64_t n_items = (int64_t)b->len;
    if (b->maxlen >= 0 && n_items >= b->maxlen) return ob_raise(&ob_exc_IndexError, "deque already at its maximum size");
    if (i >= n_items) return none(push(self, a[1]));
    if (i <= -n_items || i == 0) return none(push_left(self, a[1]));
    if (i < 0) return none(rotate(self, -i) && push(self, a[1]) && rotate(self, i));
    return none(rotate(self, -i) && push_left(self, a[1]) && rotate(self, i));
}
OB_FN(deque_reduce) {
    ob_val state = ob_call_method(self, OB_NAME(getstate), NULL, 0), it = ob_is_null(state) ? state : ob_iter(self), max = maxlen_val(self);
    if (ob_is_null(it)) return it;
    ob_val args = ob_is_none(max) ? ob_empty_tuple : ob_tuple_of2(ob_empty_tuple, max);
    if (ob_is_null(args)) return args;
    return ob_tuple_from((ob_val[]){ob_type_val(ob_type_of(self)), args, state, it}, 4);
}
OB_FN(deque_sizeof) { return ob_from_small((int64_t)(sizeof(tx_handle) + sizeof(deque_body) + (peek(self)->cap ? peek(self)->cap : peek(self)->len) * sizeof(ob_val))); }

/* ---- iterators ---- */

typedef struct iter_body { ob_val deque; uint64_t i, left, changes; } iter_body;
static void iter_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_place(t, ((const iter_body *)body)->deque); }

static ob_val iter_step(ob_val self, bool reverse) {
    iter_body was = *(const iter_body *)ob_read(self);
    const deque_body *d = peek(was.deque);
    if (d->changes != was.changes) {
        iter_body *w = ob_write(self);
        if (w) w->left = 0;
        return w ? changed_iterating() : OB_NULL;
    }
    if (!was.left) return OB_NULL;
    ob_val x = at(was.deque, reverse ? d->len - 1 - was.i : was.i);
    iter_body *w = ob_is_null(x) ? NULL : ob_write(self);
    if (!w) return OB_NULL;
    w->i++;
    w->left--;
    return x;
}
static ob_val iter_next(ob_val self) { return iter_step(self, false); }
static ob_val reviter_next(ob_val self) { return iter_step(self, true); }

static ob_val iter_new(ob_type *t, ob_val d, uint64_t skip) {
    tx_handle *h = ob_alloc_mut(t, sizeof(iter_body));
    if (!h) return OB_NULL;
    const deque_body *b = peek(d);
    if (skip > b->len) skip = b->len;
    *(iter_body *)tx_inline_body(h) = (iter_body){d, skip, b->len - skip, b->changes};
    return ob_of(h);
}
static ob_val iter_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    int64_t skip = 0;
    if (!ob_args_check(t->name, n, kw, 1, 2)) return OB_NULL;
    if (!ob_is_a(a[0], &py__deque_type)) return ob_raise(&ob_exc_TypeError, "%s() argument 1 must be collections.deque, not %.200T", t->name, a[0]);
    if (n == 2 && !ob_index_i64(a[1], &skip)) return OB_NULL;
    return iter_new(t, a[0], skip < 0 ? 0 : (uint64_t)skip);
}
OB_FN(iter_hint) { return ob_from_small((int64_t)((const iter_body *)ob_read(self))->left); }
OB_FN(iter_reduce) {
    iter_body b = *(const iter_body *)ob_read(self);
    ob_val args = ob_tuple_of2(b.deque, ob_from_small((int64_t)(peek(b.deque)->len - b.left)));
    return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(ob_type_of(self)), args);
}
static const ob_def iter_methods[] = {
    {"__length_hint__", iter_hint, "", "Private method returning an estimate of len(list(it)).", 0},
    {"__reduce__", iter_reduce, "", "Return state information for pickling.", 0},
    {0},
};
#define ITER_TYPE(id, text, step)                                                                                                        \
    ob_type id = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = text, .base = &ob_object_type, .size = sizeof(iter_body),             \
                  .trace_body = iter_trace, .slots = {.iter = ob_self_iter, .next = step, .make = iter_make}, .methods = iter_methods}
ITER_TYPE(py__deque_iter_type, "_collections._deque_iterator", iter_next);
ITER_TYPE(py__deque_reviter_type, "_collections._deque_reverse_iterator", reviter_next);

static ob_val deque_iter(ob_val self) { return iter_new(&py__deque_iter_type, self, 0); }
OB_FN(deque_reversed) { return iter_new(&py__deque_reviter_type, self, 0); }

/* ---- the type ---- */

static const ob_def deque_methods[] = {
    {"append", deque_append, "object, /", "Add an element to the right side of the deque.", 0},
    {"appendleft", deque_appendleft, "object, /", "Add an element to the left side of the deque.", 0},
    {"clear", deque_clear, "", "Remove all elements from the deque.", 0},
    {"__copy__", deque_copy, "", "Return a shallow copy of a deque.", 0},
    {"copy", deque_copy, "", "Return a shallow copy of a deque.", 0},
    {"count", deque_count, "object, /", "D.count(value) -- return number of occurrences of value", 0},
    {"extend", deque_extend, "iterable, /", "Extend the right side of the deque with elements from the iterable", 0},
    {"extendleft", deque_extendleft, "iterable, /", "Extend the left side of the deque with elements from the iterable", 0},
    {"index", deque_index, "value, start=0, stop=None, /", "D.index(value, [start, [stop]]) -- return first index of value.\nRaises ValueError if the value is not present.", 0},
    {"insert", deque_insert, "index, object, /", "D.insert(index, object) -- insert object before index", 0},
    {"pop", deque_pop, "", "Remove and return the rightmost element.", 0},
    {"popleft", deque_popleft, "", "Remove and return the leftmost element.", 0},
    {"__reduce__", deque_reduce, "", "Return state information for pickling.", 0},
    {"remove", deque_remove, "value, /", "D.remove(value) -- remove first occurrence of value.", 0},
    {"__reversed__", deque_reversed, "", "D.__reversed__() -- return a reverse iterator over the deque", 0},
    {"reverse", deque_reverse, "", "D.reverse() -- reverse *IN PLACE*", 0},
    {"rotate", deque_rotate, "n=1, /", "Rotate the deque n steps to the right (default n=1).  If n is negative, rotates left.", 0},
    {"__sizeof__", deque_sizeof, "", "D.__sizeof__() -- size of D in memory, in bytes", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
static const ob_getset deque_getsets[] = {{"maxlen", maxlen_val, NULL, "maximum size of a deque or None if unbounded"}, {0}};

ob_type py__deque_type = {
    OB_TYPE_HEAD(&ob_type_type, &py__deque_kind),
    .name = "collections.deque",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_SEQUENCE,
    .size = sizeof(deque_body),
    .has_weakref = true,
    .trace_body = py__deque_trace_body,
    .slots = {.repr = deque_repr, .hash = ob_hash_unhashable, .cmp = deque_cmp, .len = deque_len, .getitem = deque_getitem, .setitem = deque_setitem,
              .contains = deque_contains, .iter = deque_iter, .make = deque_make, .init = deque_init,
              .binary = {[OB_BIN_ADD] = deque_add, [OB_BIN_MUL] = deque_mul}, .inplace = {[OB_BIN_ADD] = deque_iadd, [OB_BIN_MUL] = deque_imul}},
    .methods = deque_methods,
    .getsets = deque_getsets,
    .doc = "deque([iterable[, maxlen]]) --> deque object\n\nA list-like sequence optimized for data accesses near its endpoints.",
};

/* ---- in a store ---- */

static bool deque_encode(pe_encoder *e, ob_obj *o, const void *body) {
    const deque_body *b = body;
    (void)o;
    if (!pe_put_int(e, b->maxlen)) return false;
    if (pe_items_in_parts(e)) return true;
    if (!pe_put_int(e, (int64_t)b->len)) return false;
    for (size_t i = 0; i < b->len; i++)
        if (!pe_put_val(e, py__deque_at(b, i))) return false;
    return true;
}
static ob_val deque_decode(pe_decoder *d) {
    int64_t maxlen, n;
    ob_val v = alloc_of(&py__deque_type), x;
    if (ob_is_null(v) || !pe_get_int(d, &maxlen)) return OB_NULL;
    deque_body *b = tx_inline_body(ob_handle(v));
    bool in_parts;
    if (!pe_get_items(d, &in_parts, &b->head, &b->len, &b->tree)) return OB_NULL;
    if (!in_parts) {
        if (!pe_get_int(d, &n)) return OB_NULL;
        while (n-- > 0)
            if (!pe_get_val(d, &x) || ob_is_null(x) || !py__deque_add(tx_inline_body(ob_handle(v)), x, false)) return OB_NULL;
    }
    ((deque_body *)tx_inline_body(ob_handle(v)))->maxlen = maxlen;
    return v;
}
/* The items, as a list whose first *head are absent. */
static const ob_list_body *deque_items(const void *body, size_t *head, ob_list_body *room) {
    const deque_body *b = body;
    *head = py__deque_is_tree(b) ? b->head : 0;
    if (py__deque_is_tree(b)) return &b->tree;
    *room = (ob_list_body){NULL, b->len, b->len};
    if (b->len && !(room->items = base_mem_alloc(b->len * sizeof(ob_val)))) return NULL;
    for (size_t i = 0; i < b->len; i++) room->items[i] = py__deque_at(b, i);
    return room;
}
const pe_codec py__deque_codec = {.type = &py__deque_type, .encode = deque_encode, .decode = deque_decode, .items = deque_items};
