/* itertools_group.c: groupby and tee: iterators that share what they read.
 * Locks: none; all bodies are flat and versioned. */
#include "interp/mod/itertools_int.h"

/* ---- groupby ---- */

/* keys and value OB_NULL: none yet.  current: the group that may still go on. */
typedef struct groupby_body { ob_val it, fn, target, key, value, current; } groupby_body;
typedef struct grouper_body { ob_val parent, target; } grouper_body;

OB_FN(groupby_bound) {
    ob_val it = ob_iter(a[0]);
    if (ob_is_null(it)) return it;
    NEW(groupby, ob_type_ptr(self));
    b->it = it;
    b->fn = ob_is_null(a[1]) ? OB_NONE : a[1];
    return r;
}
BOUND_MAKE(groupby, "iterable, key=None")

/* Reads one more value and its key; false at the end or with an exception. */
static bool advance(ob_val self) {
    groupby_body was = BODY(groupby);
    ob_val value = ob_next(was.it), key = value;
    if (ob_is_null(value)) return false;
    if (!ob_is_none(was.fn) && ob_is_null(key = ob_call1(was.fn, value))) return false;
    groupby_body *b = ob_write(self);
    if (!b) return false;
    b->value = value;
    b->key = key;
    return true;
}

static ob_val groupby_next(ob_val self) {
    {
        WRITE(groupby);
        b->current = OB_NULL;
    }
    for (;;) {
        groupby_body was = BODY(groupby);
        if (!ob_is_null(was.key)) {
            if (ob_is_null(was.target)) break;
            int same = ob_eq_quick(was.target, was.key);
            if (same < 0) return OB_NULL;
            if (!same) break;
        }
        if (!advance(self)) return OB_NULL;
    }
    groupby_body was = BODY(groupby);
    ob_val r;
    grouper_body *g = py__it_new(&py__grouper_type, &r);
    if (!g) return OB_NULL;
    *g = (grouper_body){self, was.key};
    WRITE(groupby);
    b->target = was.key;
    b->current = r;
    return ob_tuple_of2(was.key, r);
}

OB_FN(groupby_reduce) {
    groupby_body b = BODY(groupby);
    ob_val args = ob_tuple_of2(b.it, b.fn);
    if (ob_is_null(args)) return args;
    if (ob_is_null(b.target) || ob_is_null(b.key) || ob_is_null(b.value)) return ob_tuple_of2(py__it_type(self), args);
    ob_val state = ob_tuple_of3(b.key, b.value, b.target);
    return ob_is_null(state) ? state : ob_tuple_of3(py__it_type(self), args, state);
}
OB_FN(groupby_setstate) {
    if (!py__it_state(a[0], 3)) return OB_NULL;
    WRITE(groupby);
    b->key = ob_tuple_at(a[0], 0);
    b->value = ob_tuple_at(a[0], 1);
    b->target = ob_tuple_at(a[0], 2);
    return OB_NONE;
}
static const ob_def groupby_methods[] = {REDUCE(groupby_reduce), SETSTATE(groupby_setstate), {0}};
ITER_TYPE(groupby, 6, "make an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups according to the key function.\n"
                      "  key\n    A function for computing the group category for each element.\n    If the key function is not specified or is None, the element itself\n"
                      "    is used for grouping.");

static ob_val grouper_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("_grouper", n, kw, 2, 2)) return OB_NULL;
    if (!ob_is_a(a[0], &py__groupby_type)) return ob_raise(&ob_exc_TypeError, "argument 1 must be itertools.groupby, not %.200T", a[0]);
    ob_val self = a[0];
    NEW(grouper, t);
    *b = (grouper_body){self, a[1]};
    groupby_body *p = ob_write(self);
    if (!p) return OB_NULL;
    p->current = r;
    return r;
}
static ob_val grouper_next(ob_val self) {
    grouper_body g = BODY(grouper);
    const groupby_body *p = ob_read(g.parent);
    if (!ob_same(p->current, self)) return OB_NULL;
    if (ob_is_null(p->value) && !advance(g.parent)) return OB_NULL;
    int same = ob_eq_quick(g.target, ((const groupby_body *)ob_read(g.parent))->key);
    if (same <= 0) return OB_NULL;
    groupby_body *b = ob_write(g.parent);
    if (!b) return OB_NULL;
    ob_val x = b->value;
    b->value = OB_NULL;
    return x;
}
OB_FN(grouper_reduce) {
    grouper_body g = BODY(grouper);
    if (!ob_same(((const groupby_body *)ob_read(g.parent))->current, self)) {
        ob_val iter = ob_builtin("iter"), args = ob_tuple_of1(ob_empty_tuple);
        return ob_is_null(iter) || ob_is_null(args) ? OB_NULL : ob_tuple_of2(iter, args);
    }
    ob_val args = ob_tuple_of2(g.parent, g.target);
    return ob_is_null(args) ? args : ob_tuple_of2(py__it_type(self), args);
}
static const ob_def grouper_methods[] = {REDUCE(grouper_reduce), {0}};
static void grouper_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 2); }
ob_type py__grouper_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "itertools._grouper", .base = &ob_object_type, .size = sizeof(grouper_body),
    .trace_body = grouper_trace, .slots = {.iter = ob_self_iter, .next = grouper_next, .make = grouper_make}, .methods = grouper_methods};

/* ---- tee ---- */

enum { LINK_CELLS = 57 };
/* What was read so far, in a chain of nodes; only the last one still reads from `it`. */
typedef struct tee_data_body { ob_val it, next; ob_val values[LINK_CELLS]; uint64_t n, running; } tee_data_body;
typedef struct tee_body { ob_val data; uint64_t at; } tee_body;

static void tee_data_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 2 + LINK_CELLS); }

static ob_val data_new(ob_val it) {
    NEW(tee_data, &py__tee_data_type);
    b->it = it;
    return r;
}
/* The i-th value of a node; OB_NULL at the end or with an exception. */
static ob_val data_get(ob_val self, uint64_t i) {
    const tee_data_body *p = ob_read(self);
    if (i < p->n) return p->values[i];
    if (p->running) return ob_raise(&ob_exc_RuntimeError, "cannot re-enter the tee iterator");
    ob_val it = p->it;
    tee_data_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->running = 1;
    ob_val x = ob_next(it);
    if (!(b = ob_write(self))) return OB_NULL;
    b->running = 0;
    if (ob_is_null(x)) return x;
    return b->values[b->n++] = x;
}
static ob_val data_next_node(ob_val self) {
    tee_data_body *b = ob_write(self);
    if (!b) return OB_NULL;
    if (!ob_is_null(b->next)) return b->next;
    ob_val next = data_new(b->it);
    if (ob_is_null(next) || !(b = ob_write(self))) return OB_NULL;
    return b->next = next;
}

static ob_val tee_data_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)t;
    if (!ob_args_check("teedataobject", n, kw, 3, 3)) return OB_NULL;
    if (!ob_is_list(a[1])) return ob_raise(&ob_exc_TypeError, "teedataobject() argument 2 must be list, not %.200T", a[1]);
    size_t len = ob_list_len(a[1]);
    if (len > LINK_CELLS || (len < LINK_CELLS && !ob_is_none(a[2])) || (len == LINK_CELLS && !ob_is_none(a[2]) && !ob_is_exact(a[2], &py__tee_data_type)))
        return ob_raise(&ob_exc_ValueError, "Invalid arguments");
    ob_val self = data_new(a[0]);
    if (ob_is_null(self)) return self;
    tee_data_body *b = tx_inline_body(ob_handle(self));
    for (size_t i = 0; i < len; i++) b->values[b->n++] = ob_list_at(a[1], i);
    if (!ob_is_none(a[2])) b->next = a[2];
    return self;
}
OB_FN(tee_data_reduce) {
    const tee_data_body *p = ob_read(self);
    ob_val it = p->it, next = ob_is_null(p->next) ? OB_NONE : p->next, values = ob_list_from(p->values, p->n);
    ob_val args = ob_is_null(values) ? values : ob_tuple_of3(it, values, next);
    return ob_is_null(args) ? args : ob_tuple_of2(py__it_type(self), args);
}
static const ob_def tee_data_methods[] = {REDUCE(tee_data_reduce), {0}};
ob_type py__tee_data_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "itertools._tee_dataobject", .base = &ob_object_type, .size = sizeof(tee_data_body),
    .trace_body = tee_data_trace, .slots = {.make = tee_data_make}, .methods = tee_data_methods,
    .doc = "teedataobject(iterable, values, next, /)\n--\n\nData container common to multiple tee objects."};

static ob_val tee_next(ob_val self) {
    tee_body was = BODY(tee);
    if (was.at >= LINK_CELLS) {
        ob_val next = data_next_node(was.data);
        if (ob_is_null(next)) return next;
        was = (tee_body){next, 0};
    }
    ob_val x = data_get(was.data, was.at);
    if (ob_is_null(x)) return x;
    WRITE(tee);
    *b = (tee_body){was.data, was.at + 1};
    return x;
}
static ob_val tee_copy_of(ob_type *t, ob_val self) {
    tee_body was = BODY(tee);
    NEW(tee, t);
    *b = was;
    return r;
}
static ob_val tee_of(ob_val iterable) {
    ob_val it = ob_iter(iterable);
    if (ob_is_null(it)) return it;
    if (ob_is_a(it, &py__tee_type)) return tee_copy_of(&py__tee_type, it);
    ob_val data = data_new(it);
    if (ob_is_null(data)) return data;
    NEW(tee, &py__tee_type);
    b->data = data;
    return r;
}
static ob_val tee_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)t;
    return ob_args_check("_tee", n, kw, 1, 1) ? tee_of(a[0]) : OB_NULL;
}
OB_FN(tee_copy) { return tee_copy_of(&py__tee_type, self); }
OB_FN(tee_reduce) {
    tee_body b = BODY(tee);
    ob_val args = ob_tuple_of1(ob_empty_tuple), state = ob_tuple_of2(b.data, ob_from_small((int64_t)b.at));
    return ob_is_null(args) || ob_is_null(state) ? OB_NULL : ob_tuple_of3(py__it_type(self), args, state);
}
OB_FN(tee_setstate) {
    int64_t at;
    if (!py__it_state(a[0], 2)) return OB_NULL;
    if (!ob_is_exact(ob_tuple_at(a[0], 0), &py__tee_data_type))
        return ob_raise(&ob_exc_TypeError, "argument 1 must be itertools._tee_dataobject, not %.200T", ob_tuple_at(a[0], 0));
    if (!ob_index_i64(ob_tuple_at(a[0], 1), &at)) return OB_NULL;
    if (at < 0 || at > LINK_CELLS) return ob_raise(&ob_exc_ValueError, "Index out of range");
    WRITE(tee);
    *b = (tee_body){ob_tuple_at(a[0], 0), (uint64_t)at};
    return OB_NONE;
}
static const ob_def tee_methods[] = {
    REDUCE(tee_reduce), SETSTATE(tee_setstate), {"__copy__", tee_copy, "", "Returns an independent iterator.", 0}, {0}};
static void tee_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 1); }
ob_type py__tee_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "itertools._tee", .base = &ob_object_type, .size = sizeof(tee_body), .has_weakref = true,
    .trace_body = tee_trace, .slots = {.iter = ob_self_iter, .next = tee_next, .make = tee_make}, .methods = tee_methods,
    .doc = "Iterator wrapped to make it copyable."};

ob_val py__itertools_tee(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)n, (void)kw;
    int64_t count = 2;
    if (!ob_is_null(a[1]) && !ob_index_i64(a[1], &count)) return OB_NULL;
    if (count < 0) return ob_raise(&ob_exc_ValueError, "n must be >= 0");
    ob_val t = ob_tuple_alloc((size_t)count);
    if (ob_is_null(t) || !count) return t;
    ob_val it = ob_iter(a[0]);
    if (ob_is_null(it)) return it;
    ob_val copy = ob_getattr_opt(it, ob_str_intern_c("__copy__"));
    if (ob_failed()) return OB_NULL;
    if (ob_is_null(copy)) {
        if (ob_is_null(it = tee_of(it))) return it;
        copy = ob_getattr_opt(it, ob_str_intern_c("__copy__"));
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        ob_val x = i ? ob_call0(copy) : it;
        if (ob_is_null(x)) return x;
        ob_tuple_ptr(t)->items[i] = x;
    }
    return t;
}
