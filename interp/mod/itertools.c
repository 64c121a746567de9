/* itertools.c: the module itertools: the iterators that walk one or several iterables.
 * Locks: none; bodies are flat and versioned. A step reads its body, calls out, and only then writes the body again. */
#include "interp/mod/itertools_int.h"
#include "interp/mod/modules.h"
#include "objspace/float.h"

/* ---- chain ---- */

typedef struct chain_body { ob_val source, active; } chain_body;      /* iterator of iterables; the running one.  OB_NULL: done, none */

static ob_val chain_of(ob_type *t, ob_val iterables) {
    ob_val source = ob_iter(iterables);
    if (ob_is_null(source)) return source;
    NEW(chain, t);
    b->source = source;
    return r;
}
static ob_val chain_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (ob_kw_count(ob_kw_of_make(t, &py__chain_type, kw))) return ob_raise(&ob_exc_TypeError, "chain() takes no keyword arguments");
    ob_val all = ob_tuple_from(a, n);
    return ob_is_null(all) ? all : chain_of(t, all);
}
OB_FN(chain_from_iterable) { return chain_of(ob_type_ptr(self), a[0]); }

static ob_val chain_next(ob_val self) {
    for (;;) {
        chain_body was = BODY(chain);
        if (ob_is_null(was.source)) return OB_NULL;
        if (!ob_is_null(was.active)) {
            ob_val x = ob_next(was.active);
            if (!ob_is_null(x) || ob_failed()) return x;
            WRITE(chain);
            b->active = OB_NULL;
            continue;
        }
        ob_val iterable = ob_next(was.source), active = ob_is_null(iterable) ? iterable : ob_iter(iterable);
        if (ob_is_null(iterable) && ob_failed()) return OB_NULL;
        WRITE(chain);
        if (ob_is_null(active)) {
            b->source = OB_NULL;
            return OB_NULL;
        }
        b->active = active;
    }
}
OB_FN(chain_reduce) {
    chain_body b = BODY(chain);
    if (ob_is_null(b.source)) return ob_tuple_of2(py__it_type(self), ob_empty_tuple);
    ob_val state = ob_is_null(b.active) ? ob_tuple_of1(b.source) : ob_tuple_of2(b.source, b.active);
    return ob_is_null(state) ? state : ob_tuple_of3(py__it_type(self), ob_empty_tuple, state);
}
OB_FN(chain_setstate) {
    if (!ob_is_tuple(a[0])) return ob_raise(&ob_exc_TypeError, "state is not a tuple");
    size_t m = ob_tuple_len(a[0]);
    if (m < 1 || m > 2 || !ob_type_of(ob_tuple_at(a[0], 0))->slots.next || (m == 2 && !ob_type_of(ob_tuple_at(a[0], 1))->slots.next))
        return ob_raise(&ob_exc_TypeError, "Arguments must be iterators.");
    WRITE(chain);
    *b = (chain_body){ob_tuple_at(a[0], 0), m == 2 ? ob_tuple_at(a[0], 1) : OB_NULL};
    return OB_NONE;
}
static const ob_def chain_methods[] = {
    REDUCE(chain_reduce),
    SETSTATE(chain_setstate),
    {"from_iterable", chain_from_iterable, "iterable, /", "Alternative chain() constructor taking a single iterable argument that evaluates lazily.", OB_DEF_CLASS},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
ITER_TYPE(chain, 2, "chain(*iterables) --> chain object\n\nYields the elements of the first iterable until it is exhausted, then of the next one, until all are.");

/* ---- count ---- */

typedef struct count_body { ob_val at, step; } count_body;

static bool is_number(ob_val v) {
    const ob_type *t = ob_type_of(v);
    return ob_is_int(v) || t->slots.unary[OB_UN_INDEX] || t->slots.unary[OB_UN_INT] || t->slots.unary[OB_UN_FLOAT] || ob_is_a(v, &ob_complex_type);
}
OB_FN(count_bound) {
    ob_val start = ob_is_null(a[0]) ? ob_from_small(0) : a[0], step = ob_is_null(a[1]) ? ob_from_small(1) : a[1];
    if (!is_number(start) || !is_number(step)) return ob_raise(&ob_exc_TypeError, "a number is required");
    NEW(count, ob_type_ptr(self));
    *b = (count_body){start, step};
    return r;
}
BOUND_MAKE(count, "start=0, step=1")

static ob_val count_next(ob_val self) {
    count_body was = BODY(count);
    int64_t next;
    ob_val after;
    if (LIKELY(ob_both_small(was.at, was.step)) && !__builtin_add_overflow(ob_to_small(was.at), ob_to_small(was.step), &next) && ob_small_fits(next))
        after = ob_from_small(next);
    else if (ob_is_null(after = ob_binary(OB_BIN_ADD, was.at, was.step))) return OB_NULL;
    WRITE(count);
    b->at = after;
    return was.at;
}
static bool step_is_one(ob_val step) { return ob_same(step, ob_from_small(1)); }
static ob_val count_repr(ob_val self) {
    count_body b = BODY(count);
    if (step_is_one(b.step)) return ob_str_format_c("%s(%R)", ob_type_short_name(ob_type_of(self)), b.at);
    return ob_str_format_c("%s(%R, %R)", ob_type_short_name(ob_type_of(self)), b.at, b.step);
}
OB_FN(count_reduce) {
    count_body b = BODY(count);
    ob_val args = step_is_one(b.step) ? ob_tuple_of1(b.at) : ob_tuple_of2(b.at, b.step);
    return ob_is_null(args) ? args : ob_tuple_of2(py__it_type(self), args);
}
static const ob_def count_methods[] = {REDUCE(count_reduce), {0}};
ITER_TYPE(count, 2, "Return a count object whose .__next__() method returns consecutive values.\n\nEquivalent to:\n    def count(firstval=0, step=1):\n"
                    "        x = firstval\n        while 1:\n            yield x\n            x += step");

/* ---- cycle ---- */

typedef struct cycle_body { ob_val it /* OB_NULL: over, from `saved` now */, saved; uint64_t index, first_pass_done; } cycle_body;

static ob_val cycle_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("cycle", n, ob_kw_of_make(t, &py__cycle_type, kw), 1, 1)) return OB_NULL;
    ob_val it = ob_iter(a[0]), saved = ob_is_null(it) ? it : ob_list_new(0);
    if (ob_is_null(saved)) return saved;
    NEW(cycle, t);
    *b = (cycle_body){it, saved, 0, 0};
    return r;
}
static ob_val cycle_next(ob_val self) {
    cycle_body was = BODY(cycle);
    if (!ob_is_null(was.it)) {
        ob_val x = ob_next(was.it);
        if (!ob_is_null(x)) return was.first_pass_done || ob_list_append(was.saved, x) ? x : OB_NULL;
        if (ob_failed()) return OB_NULL;
    }
    size_t n = ob_list_len(was.saved);
    WRITE(cycle);
    b->it = OB_NULL;
    if (!n) return OB_NULL;
    ob_val x = ob_list_at(was.saved, b->index % n);
    b->index = (b->index + 1) % n;
    return x;
}
OB_FN(cycle_reduce) {
    cycle_body b = BODY(cycle);
    ob_val it = b.it, done = b.first_pass_done ? OB_TRUE : OB_FALSE;
    if (ob_is_null(it)) {
        if (ob_is_null(it = ob_iter(b.saved))) return it;
        if (b.index) ((ob_seq_iter_body *)tx_inline_body(ob_handle(it)))->i = b.index;
        done = OB_TRUE;
    }
    ob_val args = ob_tuple_of1(it), state = ob_is_null(args) ? args : ob_tuple_of2(b.saved, done);
    return ob_is_null(state) ? state : ob_tuple_of3(py__it_type(self), args, state);
}
OB_FN(cycle_setstate) {
    if (!py__it_state(a[0], 2)) return OB_NULL;
    ob_val saved = ob_tuple_at(a[0], 0);
    if (!ob_has_index(ob_tuple_at(a[0], 1)))
        return ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", ob_tuple_at(a[0], 1));
    int done = ob_truth(ob_tuple_at(a[0], 1));
    if (!ob_is_list(saved)) return ob_raise(&ob_exc_TypeError, "state[0] must be list, not %.200T", saved);
    if (done < 0) return OB_NULL;
    WRITE(cycle);
    b->saved = saved;
    b->index = 0;
    b->first_pass_done = (uint64_t)done;
    return OB_NONE;
}
static const ob_def cycle_methods[] = {REDUCE(cycle_reduce), SETSTATE(cycle_setstate), {0}};
ITER_TYPE(cycle, 2, "Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.");

/* ---- repeat ---- */

typedef struct repeat_body { ob_val x; int64_t left; } repeat_body;    /* left < 0: for ever */

OB_FN(repeat_bound) {
    int64_t times = -1;
    if (!ob_is_null(a[1])) {
        if (!ob_index_i64(a[1], &times)) return OB_NULL;
        if (times < 0) times = 0;
    }
    NEW(repeat, ob_type_ptr(self));
    *b = (repeat_body){a[0], times};
    return r;
}
BOUND_MAKE(repeat, "object, times=None")
static ob_val repeat_next(ob_val self) {
    repeat_body was = BODY(repeat);
    if (was.left < 0) return was.x;
    if (!was.left) return OB_NULL;
    WRITE(repeat);
    b->left--;
    return was.x;
}
static ob_val repeat_repr(ob_val self) {
    repeat_body b = BODY(repeat);
    const char *name = ob_type_short_name(ob_type_of(self));
    return b.left < 0 ? ob_str_format_c("%s(%R)", name, b.x) : ob_str_format_c("%s(%R, %zd)", name, b.x, (ssize_t)b.left);
}
OB_FN(repeat_hint) {
    repeat_body b = BODY(repeat);
    return b.left < 0 ? ob_raise(&ob_exc_TypeError, "len() of unsized object") : ob_int_from_i64(b.left);
}
OB_FN(repeat_reduce) {
    repeat_body b = BODY(repeat);
    ob_val args = b.left < 0 ? ob_tuple_of1(b.x) : ob_tuple_of2(b.x, ob_int_from_i64(b.left));
    return ob_is_null(args) ? args : ob_tuple_of2(py__it_type(self), args);
}
static const ob_def repeat_methods[] = {
    {"__length_hint__", repeat_hint, "", "Private method returning an estimate of len(list(it)).", 0}, REDUCE(repeat_reduce), {0}};
ITER_TYPE(repeat, 1, "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.");

/* ---- islice ---- */

typedef struct islice_body { ob_val it /* OB_NULL: done */; int64_t next, stop /* -1: none */, step, at; } islice_body;

static bool bound_arg(ob_val v, int64_t missing, const char *message, int64_t *out) {
    static const char index_text[] = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    if (ob_is_none(v)) return *out = missing, true;
    int64_t i = -1;
    if (ob_has_index(v) && ob_index_i64(v, &i) && i >= 0) return *out = i, true;
    if (i < -1 && missing != 1) message = index_text;        /* as CPython, which takes -1 for a failure */
    if (ob_failed() && ob_err.cond == OB_COND_EXCEPTION) ob_err_clear();
    return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_ValueError, "%s", message));
}

static ob_val islice_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const char stop_text[] = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    static const char index_text[] = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    static const char step_text[] = "Step for islice() must be a positive integer or None.";
    if (!ob_args_check("islice", n, ob_kw_of_make(t, &py__islice_type, kw), 2, 4)) return OB_NULL;
    int64_t start = 0, stop, step = 1;
    if (n > 2 && !bound_arg(a[1], 0, index_text, &start)) return OB_NULL;
    if (!bound_arg(a[n > 2 ? 2 : 1], -1, stop_text, &stop)) return OB_NULL;
    if (n == 4 && !bound_arg(a[3], 1, step_text, &step)) return OB_NULL;
    if (step < 1) return ob_raise(&ob_exc_ValueError, "%s", step_text);
    ob_val it = ob_iter(a[0]);
    if (ob_is_null(it)) return it;
    NEW(islice, t);
    *b = (islice_body){it, start, stop, step, 0};
    return r;
}
static ob_val islice_end(ob_val self) {
    WRITE(islice);
    b->it = OB_NULL;
    return OB_NULL;
}
static ob_val islice_next(ob_val self) {
    for (;;) {
        islice_body was = BODY(islice);
        if (ob_is_null(was.it)) return OB_NULL;
        bool skip = was.at < was.next;
        if (!skip && was.stop >= 0 && was.at >= was.stop) return islice_end(self);
        ob_val x = ob_next(was.it);
        if (ob_is_null(x)) return islice_end(self);
        WRITE(islice);
        b->at++;
        if (skip) continue;
        if (__builtin_add_overflow(was.next, was.step, &b->next)) b->next = was.stop >= 0 ? was.stop : INT64_MAX;
        if (was.stop >= 0 && b->next > was.stop) b->next = was.stop;
        return x;
    }
}
OB_FN(islice_reduce) {
    islice_body b = BODY(islice);
    ob_val args;
    if (ob_is_null(b.it)) {
        ob_val l = ob_list_new(0), it = ob_is_null(l) ? l : ob_iter(l);
        args = ob_is_null(it) ? it : ob_tuple_of2(it, ob_from_small(0));
        return ob_is_null(args) ? args : ob_tuple_of3(py__it_type(self), args, ob_from_small(0));
    }
    ob_val v[4] = {b.it, ob_int_from_i64(b.next), b.stop < 0 ? OB_NONE : ob_int_from_i64(b.stop), ob_int_from_i64(b.step)};
    args = ob_tuple_from(v, 4);
    return ob_is_null(args) ? args : ob_tuple_of3(py__it_type(self), args, ob_int_from_i64(b.at));
}
OB_FN(islice_setstate) {
    int64_t at;
    if (!ob_index_i64(a[0], &at)) return OB_NULL;
    WRITE(islice);
    b->at = at;
    return OB_NONE;
}
static const ob_def islice_methods[] = {REDUCE(islice_reduce), SETSTATE(islice_setstate), {0}};
ITER_TYPE(islice, 1, "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\n"
                     "Yields selected values of an iterable, as a slice would, but consuming it.");

/* ---- one function, one iterator ---- */

typedef struct fn_body { ob_val fn, it; uint64_t flag; } fn_body;
typedef fn_body starmap_body, takewhile_body, dropwhile_body, filterfalse_body;

#define FN_MAKE(name)                                                                              \
    static ob_val name##_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {                    \
        if (!ob_args_check(#name, n, ob_kw_of_make(t, &py__##name##_type, kw), 2, 2)) return OB_NULL;  \
        ob_val it = ob_iter(a[1]);                                                                  \
        if (ob_is_null(it)) return it;                                                              \
        NEW(fn, t);                                                                                 \
        *b = (fn_body){a[0], it, 0};                                                                \
        return r;                                                                                   \
    }
FN_MAKE(starmap)
FN_MAKE(takewhile)
FN_MAKE(dropwhile)
FN_MAKE(filterfalse)

static int holds(ob_val fn, ob_val x) {
    ob_val y = ob_call1(fn, x);
    return ob_is_null(y) ? -1 : ob_truth(y);
}
static ob_val starmap_next(ob_val self) {
    fn_body b = BODY(fn);
    ob_val args = ob_next(b.it);
    if (ob_is_null(args)) return args;
    if (!ob_is_exact(args, &ob_tuple_type) && ob_is_null(args = ob_tuple_of_iterable(args))) return args;
    return ob_call(b.fn, ob_tuple_ptr(args)->items, ob_tuple_len(args));
}
static ob_val takewhile_next(ob_val self) {
    fn_body was = BODY(fn);
    if (was.flag) return OB_NULL;
    ob_val x = ob_next(was.it);
    int ok = ob_is_null(x) ? -1 : holds(was.fn, x);
    if (ok) return ok < 0 ? OB_NULL : x;
    WRITE(fn);
    b->flag = 1;
    return OB_NULL;
}
static ob_val dropwhile_next(ob_val self) {
    fn_body was = BODY(fn);
    for (ob_val x; !ob_is_null(x = ob_next(was.it));) {
        if (was.flag) return x;
        int drop = holds(was.fn, x);
        if (drop < 0) return OB_NULL;
        if (drop) continue;
        WRITE(fn);
        b->flag = 1;
        return x;
    }
    return OB_NULL;
}
static ob_val filterfalse_next(ob_val self) {
    fn_body was = BODY(fn);
    bool plain = ob_is_none(was.fn) || ob_same(was.fn, ob_type_val(&ob_bool_type));
    for (ob_val x; !ob_is_null(x = ob_next(was.it));) {
        int yes = plain ? ob_truth(x) : holds(was.fn, x);
        if (yes <= 0) return yes < 0 ? OB_NULL : x;
    }
    return OB_NULL;
}
OB_FN(fn_reduce) {
    fn_body b = BODY(fn);
    ob_val args = ob_tuple_of2(b.fn, b.it);
    return ob_is_null(args) ? args : ob_tuple_of2(py__it_type(self), args);
}
OB_FN(fn_reduce_flag) {
    fn_body b = BODY(fn);
    ob_val args = ob_tuple_of2(b.fn, b.it);
    return ob_is_null(args) ? args : ob_tuple_of3(py__it_type(self), args, ob_from_small((int64_t)b.flag));
}
OB_FN(fn_setstate) {
    int flag = ob_truth(a[0]);
    if (flag < 0) return OB_NULL;
    WRITE(fn);
    b->flag = (uint64_t)flag;
    return OB_NONE;
}
static const ob_def starmap_methods[] = {REDUCE(fn_reduce), {0}};
static const ob_def filterfalse_methods[] = {REDUCE(fn_reduce), {0}};
static const ob_def takewhile_methods[] = {REDUCE(fn_reduce_flag), SETSTATE(fn_setstate), {0}};
static const ob_def dropwhile_methods[] = {REDUCE(fn_reduce_flag), SETSTATE(fn_setstate), {0}};
ITER_TYPE(starmap, 2, "Return an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence.");
ITER_TYPE(takewhile, 2, "Return successive entries from an iterable as long as the predicate evaluates to true for each entry.");
ITER_TYPE(dropwhile, 2, "Drop items from the iterable while predicate(item) is true.\n\nAfterwards, return every element until the iterable is exhausted.");
ITER_TYPE(filterfalse, 2, "Return those items of iterable for which function(item) is false.\n\nIf function is None, return the items that are false.");

/* ---- compress ---- */

typedef struct compress_body { ob_val data, selectors; } compress_body;

OB_FN(compress_bound) {
    ob_val data = ob_iter(a[0]), selectors = ob_is_null(data) ? data : ob_iter(a[1]);
    if (ob_is_null(selectors)) return selectors;
    NEW(compress, ob_type_ptr(self));
    *b = (compress_body){data, selectors};
    return r;
}
BOUND_MAKE(compress, "data, selectors")
static ob_val compress_next(ob_val self) {
    compress_body b = BODY(compress);
    for (;;) {
        ob_val x = ob_next(b.data), s = ob_is_null(x) ? x : ob_next(b.selectors);
        int ok = ob_is_null(s) ? -1 : ob_truth(s);
        if (ok) return ok < 0 ? OB_NULL : x;
    }
}
OB_FN(compress_reduce) {
    compress_body b = BODY(compress);
    ob_val args = ob_tuple_of2(b.data, b.selectors);
    return ob_is_null(args) ? args : ob_tuple_of2(py__it_type(self), args);
}
static const ob_def compress_methods[] = {REDUCE(compress_reduce), {0}};
ITER_TYPE(compress, 2, "Return data elements corresponding to true selector elements.\n\nForms a shorter iterator from selected data elements using the selectors to\nchoose the data elements.");

/* ---- accumulate ---- */

typedef struct accumulate_body { ob_val it, fn, total, initial; } accumulate_body;   /* fn, total OB_NULL: none */

OB_FN(accumulate_bound) {
    ob_val it = ob_iter(a[0]);
    if (ob_is_null(it)) return it;
    NEW(accumulate, ob_type_ptr(self));
    *b = (accumulate_body){it, ob_is_null(a[1]) || ob_is_none(a[1]) ? OB_NULL : a[1], OB_NULL, ob_is_null(a[2]) ? OB_NONE : a[2]};
    return r;
}
BOUND_MAKE(accumulate, "iterable, func=None, *, initial=None")
static ob_val accumulate_next(ob_val self) {
    accumulate_body was = BODY(accumulate);
    ob_val total;
    if (!ob_is_none(was.initial)) total = was.initial;
    else {
        ob_val x = ob_next(was.it);
        if (ob_is_null(x)) return x;
        total = ob_is_null(was.total) ? x : ob_is_null(was.fn) ? ob_binary(OB_BIN_ADD, was.total, x) : ob_call2(was.fn, was.total, x);
        if (ob_is_null(total)) return total;
    }
    WRITE(accumulate);
    b->initial = OB_NONE;
    return b->total = total;
}
static ob_val chain_two(ob_val first, ob_val it) {
    ob_val one = ob_tuple_of1(first), v[2] = {one, it};
    return ob_is_null(one) ? one : chain_make(&py__chain_type, v, 2, OB_NULL);
}
OB_FN(accumulate_reduce) {
    accumulate_body b = BODY(accumulate);
    ob_val fn = ob_is_null(b.fn) ? OB_NONE : b.fn, args;
    if (!ob_is_none(b.initial)) {
        ob_val it = chain_two(b.initial, b.it);
        args = ob_is_null(it) ? it : ob_tuple_of2(it, fn);
        return ob_is_null(args) ? args : ob_tuple_of3(py__it_type(self), args, OB_NONE);
    }
    if (!ob_is_null(b.total) && ob_is_none(b.total)) {
        ob_val it = chain_two(b.total, b.it);
        args = ob_is_null(it) ? it : ob_tuple_of2(it, fn);
        ob_val inner = ob_is_null(args) ? args : ob_call(py__it_type(self), ob_tuple_ptr(args)->items, 2);
        args = ob_is_null(inner) ? inner : ob_tuple_of3(inner, ob_from_small(1), OB_NONE);
        return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(&py__islice_type), args);
    }
    args = ob_tuple_of2(b.it, fn);
    return ob_is_null(args) ? args : ob_tuple_of3(py__it_type(self), args, ob_is_null(b.total) ? OB_NONE : b.total);
}
OB_FN(accumulate_setstate) {
    WRITE(accumulate);
    b->total = ob_is_none(a[0]) ? OB_NULL : a[0];
    return OB_NONE;
}
static const ob_def accumulate_methods[] = {REDUCE(accumulate_reduce), SETSTATE(accumulate_setstate), {0}};
ITER_TYPE(accumulate, 4, "Return series of accumulated sums.");

/* ---- pairwise ---- */

typedef struct pairwise_body { ob_val it, old; } pairwise_body;

static ob_val pairwise_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("pairwise", n, ob_kw_of_make(t, &py__pairwise_type, kw), 1, 1)) return OB_NULL;
    ob_val it = ob_iter(a[0]);
    if (ob_is_null(it)) return it;
    NEW(pairwise, t);
    b->it = it;
    return r;
}
static ob_val pairwise_next(ob_val self) {
    pairwise_body was = BODY(pairwise);
    if (ob_is_null(was.it)) return OB_NULL;
    ob_val old = was.old, x = OB_NULL;
    if (ob_is_null(old)) {
        if (!ob_is_null(old = ob_next(was.it))) {
            WRITE(pairwise);
            b->old = old;
            if (ob_is_null(b->it)) return OB_NULL;
        }
    }
    if (!ob_is_null(old)) x = ob_next(was.it);
    if (ob_is_null(x) && ob_failed()) return OB_NULL;
    WRITE(pairwise);
    if (ob_is_null(x)) {
        *b = (pairwise_body){OB_NULL, OB_NULL};
        return OB_NULL;
    }
    b->old = x;
    return ob_tuple_of2(old, x);
}
static const ob_def pairwise_methods[] = {{0}};
ITER_TYPE(pairwise, 2, "Return an iterator of overlapping pairs taken from the input iterator.\n\n    s -> (s0,s1), (s1,s2), (s2, s3), ...");

/* ---- zip_longest ---- */

typedef struct zip_longest_body { ob_val its /* list; None where exhausted */, fill; uint64_t left; } zip_longest_body;

static ob_val zip_longest_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    ob_val fill = OB_NONE;
    for (size_t i = 0; i < ob_kw_count(kw); i++) {
        if (!ob_str_equal_c(ob_tuple_at(kw, i), "fillvalue")) return ob_raise(&ob_exc_TypeError, "zip_longest() got an unexpected keyword argument");
        fill = a[n + i];
    }
    ob_val its = ob_list_new(n);
    for (size_t i = 0; i < n && !ob_is_null(its); i++) {
        ob_val it = ob_iter(a[i]);
        if (ob_is_null(it) || !ob_list_append(its, it)) return OB_NULL;
    }
    if (ob_is_null(its)) return its;
    NEW(zip_longest, t);
    *b = (zip_longest_body){its, fill, n};
    return r;
}
static ob_val zip_longest_next(ob_val self) {
    zip_longest_body was = BODY(zip_longest);
    if (!was.left) return OB_NULL;
    size_t n = ob_list_len(was.its);
    ob_val t = ob_tuple_alloc(n);
    for (size_t i = 0; i < n && !ob_is_null(t); i++) {
        ob_val it = ob_list_at(was.its, i), x = ob_is_none(it) ? was.fill : ob_next(it);
        if (ob_is_null(x)) {
            WRITE(zip_longest);
            if (ob_failed()) return b->left = 0, OB_NULL;
            if (b->left && !--b->left) return OB_NULL;
            if (!ob_list_set(was.its, i, OB_NONE)) return OB_NULL;
            x = was.fill;
        }
        ob_tuple_ptr(t)->items[i] = x;
    }
    return t;
}
OB_FN(zip_longest_reduce) {
    zip_longest_body b = BODY(zip_longest);
    size_t m = ob_list_len(b.its);
    ob_val args = ob_tuple_alloc(m);
    for (size_t i = 0; i < m && !ob_is_null(args); i++) {
        ob_val it = ob_list_at(b.its, i);
        ob_tuple_ptr(args)->items[i] = ob_is_none(it) ? ob_empty_tuple : it;
    }
    return ob_is_null(args) ? args : ob_tuple_of3(py__it_type(self), args, b.fill);
}
OB_FN(zip_longest_setstate) {
    WRITE(zip_longest);
    b->fill = a[0];
    return OB_NONE;
}
static const ob_def zip_longest_methods[] = {REDUCE(zip_longest_reduce), SETSTATE(zip_longest_setstate), {0}};
ITER_TYPE(zip_longest, 2, "zip_longest(iter1 [,iter2 [...]], [fillvalue=None]) --> zip_longest object\n\n"
                          "Like zip(), but goes on until the longest iterable is exhausted; missing values are the fillvalue.");

/* ---- the module ---- */

static ob_type *const types[] = {&py__accumulate_type, &py__chain_type, &py__combinations_type, &py__combinations_with_replacement_type,
    &py__compress_type, &py__count_type, &py__cycle_type, &py__dropwhile_type, &py__filterfalse_type, &py__groupby_type, &py__grouper_type,
    &py__islice_type, &py__pairwise_type, &py__permutations_type, &py__product_type, &py__repeat_type, &py__starmap_type, &py__takewhile_type,
    &py__tee_type, &py__tee_data_type, &py__zip_longest_type};

static bool fill_module(ob_val m) {
    py__count_type.slots.repr = count_repr;
    py__repeat_type.slots.repr = repeat_repr;
    for (size_t i = 0; i < BASE_LENGTH(types); i++)
        if (!ob_module_add_type(m, types[i])) return false;
    return true;
}

static const ob_def defs[] = {
    {"tee", py__itertools_tee, "iterable, n=2, /", "Returns a tuple of n independent iterators.", 0},
    {0},
};
const ob_module_def py_mod_itertools = {"itertools", "Functional tools for creating and using iterators.", defs, fill_module};
