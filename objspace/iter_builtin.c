/* iter_builtin.c: enumerate, zip, map, filter and reversed.
 * Locks: none; bodies are flat and versioned. A step reads its body, calls out, and only then writes the body again. */
#include "objspace/contain.h"
#include "objspace/dict_table.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

#define METHOD(name) static ob_val name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define UNUSED_ARGS (void)self, (void)a, (void)n, (void)kw

static void *new_body(ob_type *t, ob_val *self) {
    tx_handle *h = ob_alloc_mut(t, t->size);
    if (!h) return NULL;
    *self = ob_of(h);
    return tx_inline_body(h);
}
static ob_val type_of(ob_val self) { return ob_type_val(ob_type_of(self)); }
/* (type, args) */
static ob_val reduced(ob_val self, ob_val args) { return ob_is_null(args) ? args : ob_tuple_of2(type_of(self), args); }

/* ---- enumerate ---- */

typedef struct enumerate_body { ob_val it, index; } enumerate_body;

static void pair_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 2); }

METHOD(enumerate_bound) {
    (void)n, (void)kw;
    ob_val start = ob_is_null(a[1]) ? ob_from_small(0) : ob_index(a[1]);
    ob_val it = ob_is_null(start) ? start : ob_iter(a[0]), r;
    if (ob_is_null(it)) return it;
    enumerate_body *b = new_body(ob_type_ptr(self), &r);
    if (!b) return OB_NULL;
    *b = (enumerate_body){it, start};
    return r;
}
static ob_val enumerate_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"enumerate", enumerate_bound, "iterable, start=0", NULL, 0};
    if (n == 0 && !ob_kw_count(kw)) return ob_raise(&ob_exc_TypeError, "enumerate() missing required argument 'iterable'");
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}

static inline bool enumerate_step(ob_val self, ob_val pair[2]) {
    ob_val it = ((const enumerate_body *)ob_read(self))->it, x = ob_next(it);
    if (ob_is_null(x)) return false;
    enumerate_body *b = ob_write(self);
    if (!b) return false;
    ob_val i = b->index;
    if (LIKELY(ob_is_small(i) && ob_to_small(i) < OB_SMALL_MAX)) b->index = ob_from_small(ob_to_small(i) + 1);
    else {
        ob_val next = ob_int_binary(OB_BIN_ADD, i, ob_from_small(1));
        if (ob_is_null(next) || !(b = ob_write(self))) return false;
        b->index = next;
    }
    pair[0] = i, pair[1] = x;
    return true;
}
static ob_val enumerate_next(ob_val self) {
    ob_val pair[2];
    return enumerate_step(self, pair) ? ob_tuple_of2(pair[0], pair[1]) : OB_NULL;
}

METHOD(enumerate_reduce) {
    UNUSED_ARGS;
    enumerate_body b = *(const enumerate_body *)ob_read(self);
    return reduced(self, ob_tuple_of2(b.it, b.index));
}

static const ob_def enumerate_methods[] = {
    {"__reduce__", enumerate_reduce, "", "Return state information for pickling.", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
ob_type ob_enumerate_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "enumerate", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(enumerate_body),
    .trace_body = pair_trace, .slots = {.iter = ob_self_iter, .next = enumerate_next, .make = enumerate_make}, .methods = enumerate_methods,
    .doc = "Return an enumerate object.\n\n  iterable\n    an object supporting iteration\n\nThe enumerate object yields pairs containing a count (from start, which\n"
           "defaults to zero) and a value yielded by the iterable argument.\n\nenumerate is useful for obtaining an indexed list:\n"
           "    (0, seq[0]), (1, seq[1]), (2, seq[2]), ..."};

/* ---- iterators over several iterables ---- */

typedef struct many_body { ob_val fn, its /* tuple of iterators; OB_NULL: done */; uint64_t strict; } many_body;

static void many_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_vals(t, body, 2); }

static ob_val iterators_of(const ob_val *a, size_t n) {
    ob_val its = ob_tuple_alloc(n);
    for (size_t i = 0; i < n && !ob_is_null(its); i++) {
        ob_val it = ob_iter(a[i]);
        if (ob_is_null(it)) return it;
        ob_tuple_ptr(its)->items[i] = it;
    }
    return its;
}

/* ---- zip ---- */

static int strict_of(const char *name, const ob_val *a, size_t n, ob_val kw) {
    int strict = 0;
    for (size_t i = 0; i < ob_kw_count(kw); i++) {
        if (!ob_str_equal_c(ob_tuple_at(kw, i), "strict"))
            return ob_fail_int(ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for %s()", ob_tuple_at(kw, i), name));
        if ((strict = ob_truth(a[n + i])) < 0) return -1;
    }
    return strict;
}

static ob_val zip_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    int strict = strict_of("zip", a, n, kw);
    ob_val its = strict < 0 ? OB_NULL : iterators_of(a, n), r;
    many_body *b = ob_is_null(its) ? NULL : new_body(t, &r);
    if (!b) return OB_NULL;
    *b = (many_body){OB_NULL, its, (uint64_t)strict};
    return r;
}

static ob_val uneven(size_t i, const char *how) {
    return ob_raise(&ob_exc_ValueError, i == 1 ? "zip() argument %zu is %s than argument 1" : "zip() argument %zu is %s than arguments 1-%zu", i + 1, how, i);
}

/* Iterator i ended (the ones before it gave an item): fine, or strict's error. */
static ob_val zip_end(ob_val self, size_t i, size_t n, ob_val its) {
    many_body *b = ob_failed() ? NULL : ob_write(self);
    if (!b) return OB_NULL;
    bool strict = b->strict;
    b->its = OB_NULL;
    if (!strict) return OB_NULL;
    if (i) return uneven(i, "shorter");
    for (size_t j = 1; j < n; j++) {
        if (!ob_is_null(ob_next(ob_tuple_at(its, j)))) return uneven(j, "longer");
        if (ob_failed()) return OB_NULL;
    }
    return OB_NULL;
}

static ob_val zip_next(ob_val self) {
    ob_val its = ((const many_body *)ob_read(self))->its;
    size_t n = ob_is_null(its) ? 0 : ob_tuple_len(its);
    if (!n) return OB_NULL;
    ob_val t = ob_tuple_alloc(n);
    for (size_t i = 0; i < n && !ob_is_null(t); i++) {
        ob_val x = ob_next(ob_tuple_at(its, i));
        if (ob_is_null(x)) return zip_end(self, i, n, its);
        ob_tuple_ptr(t)->items[i] = x;
    }
    return t;
}

/* Of two iterators. */
static bool zip_step(ob_val self, ob_val its, ob_val pair[2]) {
    ob_val x = ob_next(ob_tuple_at(its, 0)), y = ob_is_null(x) ? x : ob_next(ob_tuple_at(its, 1));
    if (ob_is_null(y)) return (void)zip_end(self, !ob_is_null(x), 2, its), false;
    pair[0] = x, pair[1] = y;
    return true;
}

int ob_next_pair(ob_val it, ob_val pair[2]) {
    const ob_type *t = ob_type_of(it);
    if (t == &ob_enumerate_type) return enumerate_step(it, pair);
    if (t == &ob_dict_item_iter_type) return ob__dict_item_step(it, pair);
    if (t != &ob_zip_type) return -1;
    ob_val its = ((const many_body *)ob_read(it))->its;
    return ob_is_null(its) || ob_tuple_len(its) != 2 ? -1 : zip_step(it, its, pair);
}

METHOD(zip_reduce) {
    UNUSED_ARGS;
    many_body b = *(const many_body *)ob_read(self);
    ob_val its = ob_is_null(b.its) ? ob_empty_tuple : b.its;
    return b.strict ? ob_tuple_of3(type_of(self), its, OB_TRUE) : ob_tuple_of2(type_of(self), its);
}
METHOD(zip_setstate) {
    UNUSED_ARGS;
    int strict = ob_truth(a[0]);
    many_body *b = strict < 0 ? NULL : ob_write(self);
    if (!b) return OB_NULL;
    b->strict = (uint64_t)strict;
    return OB_NONE;
}
static const ob_def zip_methods[] = {
    {"__reduce__", zip_reduce, "", "Return state information for pickling.", 0},
    {"__setstate__", zip_setstate, "state, /", "Set state information for unpickling.", 0},
    {0},
};
ob_type ob_zip_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "zip", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(many_body),
    .trace_body = many_trace, .slots = {.iter = ob_self_iter, .next = zip_next, .make = zip_make}, .methods = zip_methods,
    .doc = "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\n"
           "   >>> list(zip('abcdefg', range(3), range(4)))\n   [('a', 0, 0), ('b', 1, 1), ('c', 2, 2)]\n\n"
           "The zip object yields n-length tuples, where n is the number of iterables\npassed as positional arguments to zip().  The i-th element in every tuple\n"
           "comes from the i-th iterable argument to zip().  This continues until the\nshortest argument is exhausted.\n\n"
           "If strict is true and one of the arguments is exhausted before the others,\nraise a ValueError."};

/* ---- map ---- */

static ob_val map_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (ob_kw_count(ob_kw_of_make(t, &ob_map_type, kw))) return ob_raise(&ob_exc_TypeError, "map() takes no keyword arguments");
    if (n < 2) return ob_raise(&ob_exc_TypeError, "map() must have at least two arguments.");
    ob_val its = iterators_of(a + 1, n - 1), r;
    many_body *b = ob_is_null(its) ? NULL : new_body(t, &r);
    if (!b) return OB_NULL;
    *b = (many_body){a[0], its, 0};
    return r;
}

static ob_val map_next(ob_val self) {
    many_body b = *(const many_body *)ob_read(self);
    size_t n = ob_tuple_len(b.its);
    if (LIKELY(n == 1)) {
        ob_val x = ob_next(ob_tuple_at(b.its, 0));
        return ob_is_null(x) ? x : ob_call1(b.fn, x);
    }
    ob_val t = ob_tuple_alloc(n);
    for (size_t i = 0; i < n && !ob_is_null(t); i++) {
        ob_val x = ob_next(ob_tuple_at(b.its, i));
        if (ob_is_null(x)) return x;
        ob_tuple_ptr(t)->items[i] = x;
    }
    return ob_is_null(t) ? t : ob_call(b.fn, ob_tuple_ptr(t)->items, n);
}

METHOD(map_reduce) {
    UNUSED_ARGS;
    many_body b = *(const many_body *)ob_read(self);
    ob_val args = ob_tuple_alloc(ob_tuple_len(b.its) + 1);
    if (ob_is_null(args)) return args;
    ob_tuple_ptr(args)->items[0] = b.fn;
    for (size_t i = 0; i < ob_tuple_len(b.its); i++) ob_tuple_ptr(args)->items[i + 1] = ob_tuple_at(b.its, i);
    return reduced(self, args);
}
static const ob_def map_methods[] = {{"__reduce__", map_reduce, "", "Return state information for pickling.", 0}, {0}};
ob_type ob_map_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "map", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(many_body),
    .trace_body = many_trace, .slots = {.iter = ob_self_iter, .next = map_next, .make = map_make}, .methods = map_methods,
    .doc = "map(func, *iterables) --> map object\n\nMake an iterator that computes the function using arguments from\n"
           "each of the iterables.  Stops when the shortest iterable is exhausted."};

/* ---- filter ---- */

typedef struct filter_body { ob_val fn, it; } filter_body;

static ob_val filter_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("filter", n, ob_kw_of_make(t, &ob_filter_type, kw), 2, 2)) return OB_NULL;
    ob_val it = ob_iter(a[1]), r;
    filter_body *b = ob_is_null(it) ? NULL : new_body(t, &r);
    if (!b) return OB_NULL;
    *b = (filter_body){a[0], it};
    return r;
}

static ob_val filter_next(ob_val self) {
    filter_body b = *(const filter_body *)ob_read(self);
    bool plain = ob_is_none(b.fn) || ob_same(b.fn, ob_type_val(&ob_bool_type));
    for (ob_val x; !ob_is_null(x = ob_next(b.it));) {
        ob_val y = plain ? x : ob_call1(b.fn, x);
        int keep = ob_is_null(y) ? -1 : ob_truth(y);
        if (keep) return keep < 0 ? OB_NULL : x;
    }
    return OB_NULL;
}

METHOD(filter_reduce) {
    UNUSED_ARGS;
    filter_body b = *(const filter_body *)ob_read(self);
    return reduced(self, ob_tuple_of2(b.fn, b.it));
}
static const ob_def filter_methods[] = {{"__reduce__", filter_reduce, "", "Return state information for pickling.", 0}, {0}};
ob_type ob_filter_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "filter", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(filter_body),
    .trace_body = pair_trace, .slots = {.iter = ob_self_iter, .next = filter_next, .make = filter_make}, .methods = filter_methods,
    .doc = "filter(function or None, iterable) --> filter object\n\nReturn an iterator yielding those items of iterable for which function(item)\n"
           "is true. If function is None, return the items that are true."};

/* ---- reversed ---- */

static void seq_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o, ob_trace_val(t, ((const ob_seq_iter_body *)body)->seq); }

static ob_val reversed_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("reversed", n, ob_kw_of_make(t, &ob_reversed_type, kw), 1, 1)) return OB_NULL;
    ob_val m = ob_lookup_special(a[0], OB_NAME(reversed)), r;
    if (!ob_is_null(m) && !ob_is_none(m)) return ob_call0(m);
    if (ob_failed()) return OB_NULL;
    const ob_slots *s = &ob_type_of(a[0])->slots;
    if (ob_is_none(m) || !s->getitem || ob_has_tflag(a[0], OB_TF_DICT)) return ob_raise(&ob_exc_TypeError, "'%.200T' object is not reversible", a[0]);
    ssize_t len = ob_len(a[0]);
    ob_seq_iter_body *b = len < 0 ? NULL : new_body(t, &r);
    if (!b) return OB_NULL;
    *b = (ob_seq_iter_body){len ? a[0] : OB_NULL, (size_t)len};       /* i: one more than the next index */
    return r;
}

static ob_val reversed_next(ob_val self) {
    ob_seq_iter_body was = *(const ob_seq_iter_body *)ob_read(self);
    if (ob_is_null(was.seq)) return OB_NULL;
    ob_val x = was.i ? ob_getitem(was.seq, ob_from_small((int64_t)was.i - 1)) : OB_NULL;
    if (ob_is_null(x) && ob_failed() && !ob_err_clear_if(&ob_exc_IndexError) && !ob_err_clear_if(&ob_exc_StopIteration)) return OB_NULL;
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    if (ob_is_null(x)) b->seq = OB_NULL;
    else b->i = was.i - 1;
    return x;
}

METHOD(reversed_hint) {
    UNUSED_ARGS;
    ob_seq_iter_body b = *(const ob_seq_iter_body *)ob_read(self);
    if (ob_is_null(b.seq)) return ob_from_small(0);
    ssize_t len = ob_len(b.seq);
    return len < 0 ? OB_NULL : ob_from_small(len < (ssize_t)b.i ? 0 : (int64_t)b.i);
}
METHOD(reversed_reduce) {
    UNUSED_ARGS;
    ob_seq_iter_body b = *(const ob_seq_iter_body *)ob_read(self);
    ob_val args = ob_tuple_of1(ob_is_null(b.seq) ? ob_empty_tuple : b.seq);
    if (ob_is_null(args)) return args;
    return ob_is_null(b.seq) ? ob_tuple_of2(type_of(self), args) : ob_tuple_of3(type_of(self), args, ob_from_small((int64_t)b.i - 1));
}
METHOD(reversed_setstate) {
    UNUSED_ARGS;
    int64_t i;
    if (!ob_index_i64(a[0], &i)) return OB_NULL;
    ob_val seq = ((const ob_seq_iter_body *)ob_read(self))->seq;
    if (ob_is_null(seq)) return OB_NONE;
    ssize_t len = ob_len(seq);
    if (len < 0) return OB_NULL;
    if (i < -1) i = -1;
    else if (i > len - 1) i = len - 1;
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->i = (size_t)(i + 1);
    return OB_NONE;
}
static const ob_def reversed_methods[] = {
    {"__length_hint__", reversed_hint, "", "Private method returning an estimate of len(list(it)).", 0},
    {"__reduce__", reversed_reduce, "", "Return state information for pickling.", 0},
    {"__setstate__", reversed_setstate, "state, /", "Set state information for unpickling.", 0},
    {0},
};
ob_type ob_reversed_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "reversed", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(ob_seq_iter_body),
    .trace_body = seq_trace, .slots = {.iter = ob_self_iter, .next = reversed_next, .make = reversed_make}, .methods = reversed_methods,
    .doc = "Return a reverse iterator over the values of the given sequence."};
