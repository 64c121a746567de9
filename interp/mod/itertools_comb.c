/* itertools_comb.c: product, permutations, combinations, combinations_with_replacement.
 * Locks: none. The body is versioned; its block of indices belongs to it alone, as a list's items do.
 * The last result is immutable: the next one is a copy with other items in the places that moved. */
#include "interp/mod/itertools_int.h"
#include "objspace/kind.h"

typedef struct comb_body {
    ob_val pool, result;                     /* pool: a tuple (product: of tuples); result OB_NULL: not begun */
    int64_t *at;                             /* n indices, for permutations and r cycles; a block */
    uint64_t n, r, stopped;                  /* n: words in `at`; r: items of a result */
} comb_body;

static bool kind_copy(const tx_handle *h, void *dst, const void *src) {
    (void)h;
    comb_body b = *(const comb_body *)src;
    if (b.at && !(b.at = ob_kind_block_copy(b.at, b.n * sizeof *b.at, b.n * sizeof *b.at))) return false;
    *(comb_body *)dst = b;
    return true;
}
static void kind_drop(const tx_handle *h, void *body) {
    (void)h;
    comb_body *b = body;
    if (b->at) ob_block_free(b->at, b->n * sizeof *b->at);
    b->at = NULL;
}
static bool kind_same(const tx_handle *h, const void *x, const void *y, uint64_t mask) {
    (void)h, (void)mask;
    const comb_body *a = x, *b = y;
    return ob_same(a->pool, b->pool) && a->n == b->n && a->r == b->r && a->stopped == b->stopped && ob_is_null(a->result) == ob_is_null(b->result) &&
           (!a->n || memcmp(a->at, b->at, a->n * sizeof *a->at) == 0);
}
static bool kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    return (void)mine, (void)dirty, kind_same(h, base, theirs, TX_ALL);
}
static OB_KIND(comb_kind, .copy = kind_copy, .drop = kind_drop, .same = kind_same, .merge = kind_merge);

static void comb_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const comb_body *b = body;
    ob_trace_vals(t, &b->pool, 2);
    ob_trace_block(t, b->at);
}

/* ---- making ---- */

static ob_val new_comb(ob_type *t, ob_val pool, size_t n, size_t r) {
    ob_val self;
    comb_body *b = py__it_new(t, &self);
    if (!b) return OB_NULL;
    b->pool = pool;
    if (n && !(b->at = ob_block_zalloc(n * sizeof *b->at))) return OB_NULL;
    b->n = n;
    b->r = r;
    return self;
}
static comb_body *fresh(ob_val self) { return tx_inline_body(ob_handle(self)); }

static ob_val product_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    int64_t repeat = 1;
    for (size_t i = 0; i < ob_kw_count(kw); i++) {
        if (!ob_str_equal_c(ob_tuple_at(kw, i), "repeat"))
            return ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for product()", ob_tuple_at(kw, i));
        if (!ob_index_i64(a[n + i], &repeat)) return OB_NULL;
        if (repeat < 0) return ob_raise(&ob_exc_ValueError, "repeat argument cannot be negative");
    }
    size_t total;
    if (__builtin_mul_overflow(n, (size_t)repeat, &total) || total > SIZE_MAX / 16) return ob_raise(&ob_exc_OverflowError, "repeat argument too large");
    ob_val pools = ob_tuple_alloc(total);
    for (size_t i = 0; i < n && total && !ob_is_null(pools); i++) {
        ob_val pool = ob_tuple_of_iterable(a[i]);
        if (ob_is_null(pool)) return pool;
        for (size_t j = i; j < total; j += n) ob_tuple_ptr(pools)->items[j] = pool;
    }
    ob_val self = ob_is_null(pools) ? pools : new_comb(t, pools, total, total);
    if (ob_is_null(self)) return self;
    for (size_t i = 0; i < total; i++)
        if (!ob_tuple_len(ob_tuple_at(pools, i))) fresh(self)->stopped = 1;
    return self;
}

static bool size_arg(ob_val v, int64_t *r) {
    if (!ob_index_i64(v, r)) return false;
    return *r >= 0 || ob_fail(ob_raise(&ob_exc_ValueError, "r must be non-negative"));
}

OB_FN(combinations_bound) {
    ob_val pool = ob_tuple_of_iterable(a[0]);
    int64_t r;
    if (ob_is_null(pool) || !size_arg(a[1], &r)) return OB_NULL;
    size_t len = ob_tuple_len(pool);
    bool none = (size_t)r > len;
    ob_val c = new_comb(ob_type_ptr(self), pool, none ? 0 : (size_t)r, (size_t)r);
    if (ob_is_null(c)) return c;
    fresh(c)->stopped = none;
    for (size_t i = 0; i < fresh(c)->n; i++) fresh(c)->at[i] = (int64_t)i;
    return c;
}
BOUND_MAKE(combinations, "iterable, r")

OB_FN(combinations_with_replacement_bound) {
    ob_val pool = ob_tuple_of_iterable(a[0]);
    int64_t r;
    if (ob_is_null(pool) || !size_arg(a[1], &r)) return OB_NULL;
    ob_val c = new_comb(ob_type_ptr(self), pool, (size_t)r, (size_t)r);
    if (!ob_is_null(c)) fresh(c)->stopped = !ob_tuple_len(pool) && r > 0;
    return c;
}
BOUND_MAKE(combinations_with_replacement, "iterable, r")

OB_FN(permutations_bound) {
    ob_val pool = ob_tuple_of_iterable(a[0]);
    if (ob_is_null(pool)) return pool;
    size_t len = ob_tuple_len(pool);
    int64_t r = (int64_t)len;
    if (!ob_is_null(a[1]) && !ob_is_none(a[1])) {
        if (!ob_is_int(a[1])) return ob_raise(&ob_exc_TypeError, "Expected int as r");
        if (!size_arg(a[1], &r)) return OB_NULL;
    }
    bool none = (size_t)r > len;
    ob_val c = new_comb(ob_type_ptr(self), pool, none ? 0 : len + (size_t)r, (size_t)r);
    if (ob_is_null(c)) return c;
    comb_body *b = fresh(c);
    b->stopped = none;
    if (none) return c;
    for (size_t i = 0; i < len; i++) b->at[i] = (int64_t)i;
    for (size_t i = 0; i < (size_t)r; i++) b->at[len + i] = (int64_t)(len - i);
    return c;
}
BOUND_MAKE(permutations, "iterable, r=None")

/* ---- stepping ---- */

static bool is_product(ob_val self);

/* The result that the indices name, from place i on; the places before are the old result's. */
static ob_val build(ob_val self, size_t from) {
    comb_body b = BODY(comb);
    ob_val t = ob_tuple_alloc(b.r);
    if (ob_is_null(t)) return t;
    ob_val *items = ob_tuple_ptr(t)->items;
    if (from) memcpy(items, ob_tuple_ptr(b.result)->items, from * sizeof *items);
    const int64_t *at = BODY(comb).at;
    bool product = is_product(self);
    for (size_t i = from; i < b.r; i++) items[i] = ob_tuple_at(product ? ob_tuple_at(b.pool, i) : b.pool, (size_t)at[i]);
    comb_body *w = ob_write(self);
    if (!w) return OB_NULL;
    return w->result = t;
}

static ob_val stop(ob_val self) {
    WRITE(comb);
    b->stopped = 1;
    return OB_NULL;
}

/* Each advances the indices and returns the first place that moved, or -1 at the end. */
static ssize_t product_advance(comb_body *b) {
    for (size_t i = b->r; i-- > 0;) {
        if ((size_t)++b->at[i] < ob_tuple_len(ob_tuple_at(b->pool, i))) return (ssize_t)i;
        b->at[i] = 0;
    }
    return -1;
}
static ssize_t combinations_advance(comb_body *b) {
    size_t len = ob_tuple_len(b->pool), i = b->r;
    while (i > 0 && (size_t)b->at[i - 1] == i - 1 + len - b->r) i--;
    if (!i--) return -1;
    b->at[i]++;
    for (size_t j = i + 1; j < b->r; j++) b->at[j] = b->at[j - 1] + 1;
    return (ssize_t)i;
}
static ssize_t combinations_with_replacement_advance(comb_body *b) {
    int64_t last = (int64_t)ob_tuple_len(b->pool) - 1;
    size_t i = b->r;
    while (i > 0 && b->at[i - 1] == last) i--;
    if (!i--) return -1;
    int64_t next = b->at[i] + 1;
    for (size_t j = i; j < b->r; j++) b->at[j] = next;
    return (ssize_t)i;
}
static ssize_t permutations_advance(comb_body *b) {
    size_t len = ob_tuple_len(b->pool);
    int64_t *cycles = b->at + len;
    for (size_t i = b->r; i-- > 0;) {
        if (--cycles[i] == 0) {
            int64_t x = b->at[i];
            memmove(b->at + i, b->at + i + 1, (len - i - 1) * sizeof *b->at);
            b->at[len - 1] = x;
            cycles[i] = (int64_t)(len - i);
        } else {
            size_t j = len - (size_t)cycles[i];
            int64_t x = b->at[i];
            b->at[i] = b->at[j];
            b->at[j] = x;
            return (ssize_t)i;
        }
    }
    return -1;
}

#define COMB_NEXT(id)                                              \
    static ob_val id##_next(ob_val self) {                          \
        comb_body was = BODY(comb);                                 \
        if (was.stopped) return OB_NULL;                            \
        if (ob_is_null(was.result)) return build(self, 0);          \
        WRITE(comb);                                                \
        ssize_t moved = id##_advance(b);                            \
        return moved < 0 ? stop(self) : build(self, (size_t)moved); \
    }
COMB_NEXT(product)
COMB_NEXT(combinations)
COMB_NEXT(combinations_with_replacement)
COMB_NEXT(permutations)

/* ---- pickling ---- */

static ob_val indices(const comb_body *b, size_t from, size_t to) {
    ob_val t = ob_tuple_alloc(to - from);
    for (size_t i = from; i < to && !ob_is_null(t); i++) ob_tuple_ptr(t)->items[i - from] = ob_from_small(b->at[i]);
    return t;
}
OB_FN(product_reduce) {
    comb_body b = BODY(comb);
    if (b.stopped) {
        ob_val args = ob_tuple_of1(ob_empty_tuple);
        return ob_is_null(args) ? args : ob_tuple_of2(py__it_type(self), args);
    }
    if (ob_is_null(b.result)) return ob_tuple_of2(py__it_type(self), b.pool);
    ob_val state = indices(&b, 0, b.n);
    return ob_is_null(state) ? state : ob_tuple_of3(py__it_type(self), b.pool, state);
}
OB_FN(comb_reduce) {
    comb_body b = BODY(comb);
    ob_val args = ob_tuple_of2(b.stopped ? ob_empty_tuple : b.pool, ob_int_from_i64((int64_t)b.r));
    if (ob_is_null(args)) return args;
    if (b.stopped || ob_is_null(b.result)) return ob_tuple_of2(py__it_type(self), args);
    ob_val state;
    if (ob_type_is_subtype(ob_type_of(self), &py__permutations_type)) {
        size_t len = ob_tuple_len(b.pool);
        ob_val at = indices(&b, 0, len), cycles = ob_is_null(at) ? at : indices(&b, len, b.n);
        state = ob_is_null(cycles) ? cycles : ob_tuple_of2(at, cycles);
    } else state = indices(&b, 0, b.n);
    return ob_is_null(state) ? state : ob_tuple_of3(py__it_type(self), args, state);
}

/* Fills at[from..] with the integers of a tuple, clipped to 0..max(i). */
static bool take_indices(ob_val self, ob_val state, size_t from, size_t count, int64_t (*max)(const comb_body *b, size_t i), int64_t min) {
    if (!ob_is_tuple(state) || ob_tuple_len(state) != count) return ob_fail(ob_raise(&ob_exc_ValueError, "invalid arguments"));
    comb_body *b = ob_write(self);
    if (!b) return false;
    for (size_t i = 0; i < count; i++) {
        int64_t x;
        if (!ob_is_int(ob_tuple_at(state, i))) return ob_fail(ob_raise(&ob_exc_TypeError, "an integer is required"));
        if (!ob_int_to_i64(ob_tuple_at(state, i), &x)) return false;
        int64_t top = max(b, i);
        b->at[from + i] = x < min ? min : x > top ? top : x;
    }
    return true;
}
static int64_t product_max(const comb_body *b, size_t i) { return (int64_t)ob_tuple_len(ob_tuple_at(b->pool, i)) - 1; }
static int64_t combinations_max(const comb_body *b, size_t i) { return (int64_t)(i + ob_tuple_len(b->pool) - b->r); }
static int64_t pool_max(const comb_body *b, size_t i) { return (void)i, (int64_t)ob_tuple_len(b->pool) - 1; }
static int64_t cycle_max(const comb_body *b, size_t i) { return (int64_t)(ob_tuple_len(b->pool) - i); }

static ob_val rebuilt(ob_val self, bool ok) { return ok && !ob_is_null(build(self, 0)) ? OB_NONE : OB_NULL; }

OB_FN(product_setstate) {
    comb_body b = BODY(comb);
    return b.stopped ? OB_NONE : rebuilt(self, take_indices(self, a[0], 0, b.n, product_max, 0));
}
OB_FN(combinations_setstate) {
    comb_body b = BODY(comb);
    return b.stopped ? OB_NONE : rebuilt(self, take_indices(self, a[0], 0, b.n, combinations_max, 0));
}
OB_FN(combinations_with_replacement_setstate) {
    comb_body b = BODY(comb);
    return b.stopped ? OB_NONE : rebuilt(self, take_indices(self, a[0], 0, b.n, pool_max, 0));
}
OB_FN(permutations_setstate) {
    comb_body b = BODY(comb);
    if (!py__it_state(a[0], 2)) return OB_NULL;
    if (b.stopped) return OB_NONE;
    size_t len = ob_tuple_len(b.pool);
    return rebuilt(self, take_indices(self, ob_tuple_at(a[0], 0), 0, len, pool_max, 0) &&
                             take_indices(self, ob_tuple_at(a[0], 1), len, b.r, cycle_max, 1));
}
OB_FN(comb_sizeof) {
    comb_body b = BODY(comb);
    return ob_from_small((int64_t)(sizeof(tx_handle) + sizeof b + b.n * sizeof *b.at));
}

#define COMB_TYPE(id, reduce, text)                                                                                                                 \
    static const ob_def id##_methods[] = {REDUCE(reduce), SETSTATE(id##_setstate), {"__sizeof__", comb_sizeof, "", "Returns size in memory, in bytes.", 0}, {0}}; \
    ob_type py__##id##_type = {                                                                                                                     \
        OB_TYPE_HEAD(&ob_type_type, &comb_kind), .name = "itertools." #id, .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(comb_body),   \
        .trace_body = comb_trace, .slots = {.iter = ob_self_iter, .next = id##_next, .make = id##_make}, .methods = id##_methods, .doc = text}
COMB_TYPE(product, product_reduce, "product(*iterables, repeat=1) --> product object\n\nCartesian product of input iterables.  Equivalent to nested for-loops.");
COMB_TYPE(combinations, comb_reduce, "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)");
COMB_TYPE(combinations_with_replacement, comb_reduce, "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.");
COMB_TYPE(permutations, comb_reduce, "Return successive r-length permutations of elements in the iterable.");

static bool is_product(ob_val self) { return ob_is_a(self, &py__product_type); }
