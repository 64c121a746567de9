/* list_sort.c: list.sort and sorted: a stable merge sort that uses the runs it finds and gallops where one side wins for long.
 * Runs are merged in the order of powersort (Munro and Wild, "Nearly-optimal mergesorts", 2018).
 * Locks: none.
 * While Python code may run (a key function, __lt__) the list is empty, the items are held by a tuple on the C stack, and the sort
 * works on arrays outside of the heap. Keys that are all int, all float or all str are compared without Python, in code of their own. */
#include "objspace/list_tree.h"
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/float.h"
#include "objspace/tuple.h"

enum { SHORT_RUN = 32, GALLOP_AFTER = 7 };

/* keys are compared; values, if there, move along. */
typedef struct span { ob_val *k, *v; } span;
typedef struct sorter {
    span a, tmp;                             /* tmp: room for half of a, grown on demand */
    size_t room;
    struct { size_t start, len; unsigned power; } runs[80];
    unsigned nruns;
} sorter;
typedef int less(ob_val a, ob_val b);        /* 1 0, -1 error */

static inline int less_small(ob_val a, ob_val b) { return (int64_t)a.w < (int64_t)b.w; }
static inline int less_float(ob_val a, ob_val b) { return ob_float_decode(a) < ob_float_decode(b); }
static inline int less_str(ob_val a, ob_val b) {
    const ob_str_obj *x = ob_str_ptr(a), *y = ob_str_ptr(b);
    if (x->o.aux != 1 || y->o.aux != 1) return ob_str_cmp(a, b) < 0;
    int c = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return c ? c < 0 : x->len < y->len;
}
static inline int less_any(ob_val a, ob_val b) {
    if (ob_both_small(a, b)) return less_small(a, b);
    return ob_lt(a, b);
}
/* Tuples: the first items that differ decide. */
static int less_tuple(ob_val a, ob_val b) {
    const ob_tuple_obj *x = ob_tuple_ptr(a), *y = ob_tuple_ptr(b);
    size_t n = x->n < y->n ? x->n : y->n;
    for (size_t i = 0; i < n; i++) {
        int e = ob_eq_quick(x->items[i], y->items[i]);
        if (e < 0) return -1;
        if (!e) {
            ob_val p = x->items[i], q = y->items[i];
            return ob_is_exact_str(p) && ob_is_exact_str(q) ? less_str(p, q) : less_any(p, q);
        }
    }
    return x->n < y->n;
}

/* ---- moving ---- */

static inline void put(span to, size_t i, span from, size_t j) {
    to.k[i] = from.k[j];
    if (to.v) to.v[i] = from.v[j];
}
static inline void copy(span to, size_t i, span from, size_t j, size_t n) {
    memcpy(to.k + i, from.k + j, n * sizeof(ob_val));
    if (to.v) memcpy(to.v + i, from.v + j, n * sizeof(ob_val));
}
static inline void shift(span a, size_t to, size_t from, size_t n) {
    memmove(a.k + to, a.k + from, n * sizeof(ob_val));
    if (a.v) memmove(a.v + to, a.v + from, n * sizeof(ob_val));
}
static void reverse_words(ob_val *a, size_t n) {
    for (size_t i = 0; i + 1 < n; i++) {
        ob_val x = a[i];
        a[i] = a[--n];
        a[n] = x;
    }
}
static void reverse_span(span a, size_t i, size_t n) {
    reverse_words(a.k + i, n);
    if (a.v) reverse_words(a.v + i, n);
}

static bool room_for(sorter *s, size_t n) {
    if (n <= s->room) return true;
    base_mem_free(s->tmp.k);
    bool values = s->a.v != NULL;
    s->tmp.k = base_mem_alloc(n * (values ? 2 : 1) * sizeof(ob_val));
    s->tmp.v = values && s->tmp.k ? s->tmp.k + n : NULL;
    s->room = s->tmp.k ? n : 0;
    return s->tmp.k || ob_fail(ob_raise_memory());
}

#define INLINE static inline __attribute__((always_inline))

/* ---- searching in sorted stretches ---- */

/* The number of keys in k[0..n-1] that stay before x: those < x, or <= x if `after`. Gallops from the front or the back. -1: error */
INLINE ssize_t gallop(const ob_val *k, size_t n, ob_val x, bool after, bool from_back, less *lt) {
    size_t lo = 0, hi = n, step = 1;
    if (!from_back) {
        for (size_t at = 0; at < n; at += step, step *= 2) {
            int c = after ? lt(x, k[at]) : lt(k[at], x);
            if (c < 0) return -1;
            if (after ? c : !c) {
                hi = at;
                break;
            }
            lo = at + 1;
        }
    } else {
        for (size_t back = 1; back <= n; back += step, step *= 2) {
            int c = after ? lt(x, k[n - back]) : lt(k[n - back], x);
            if (c < 0) return -1;
            if (after ? !c : c) {
                lo = n - back + 1;
                break;
            }
            hi = n - back;
        }
    }
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = after ? lt(x, k[mid]) : lt(k[mid], x);
        if (c < 0) return -1;
        if (after ? c : !c) hi = mid;
        else lo = mid + 1;
    }
    return (ssize_t)lo;
}

/* ---- merging ---- */

/* a[lo..lo+n) and a[lo+n..lo+n+m), n <= m: the left one goes to tmp, merging from the front. */
INLINE bool merge_front(sorter *s, size_t lo, size_t n, size_t m, less *lt) {
    if (!room_for(s, n)) return false;
    span a = s->a, t = s->tmp;
    copy(t, 0, a, lo, n);
    size_t i = 0, j = lo + n, end = j + m, to = lo, streak = 0;
    bool right_won = true, ok = true;
    while (i < n && j < end) {
        int c = lt(a.k[j], t.k[i]);
        if (c < 0) {
            ok = false;
            break;
        }
        streak = (c == 1) == right_won ? streak + 1 : 1;
        right_won = c == 1;
        if (c) put(a, to++, a, j++);
        else put(a, to++, t, i++);
        if (streak < GALLOP_AFTER || i >= n || j >= end) continue;
        streak = 0;
        ssize_t more = right_won ? gallop(a.k + j, end - j, t.k[i], false, false, lt) : gallop(t.k + i, n - i, a.k[j], true, false, lt);
        if (more < 0) {
            ok = false;
            break;
        }
        if (right_won) shift(a, to, j, (size_t)more), j += (size_t)more;
        else copy(a, to, t, i, (size_t)more), i += (size_t)more;
        to += (size_t)more;
    }
    copy(a, to, t, i, n - i);                /* what is left of the right side is in place */
    return ok;
}

/* The same with the shorter right one in tmp, merging from the back. */
INLINE bool merge_back(sorter *s, size_t lo, size_t n, size_t m, less *lt) {
    if (!room_for(s, m)) return false;
    span a = s->a, t = s->tmp;
    copy(t, 0, a, lo + n, m);
    size_t i = n, j = m, to = lo + n + m, streak = 0;   /* left a[lo..lo+i), right t[0..j), both to be taken from the back */
    bool left_won = true, ok = true;
    while (i && j) {
        int c = lt(t.k[j - 1], a.k[lo + i - 1]);
        if (c < 0) {
            ok = false;
            break;
        }
        streak = (c == 1) == left_won ? streak + 1 : 1;
        left_won = c == 1;
        if (c) put(a, --to, a, lo + --i);
        else put(a, --to, t, --j);
        if (streak < GALLOP_AFTER || !i || !j) continue;
        streak = 0;
        ssize_t stay = left_won ? gallop(a.k + lo, i, t.k[j - 1], true, true, lt) : gallop(t.k, j, a.k[lo + i - 1], false, true, lt);
        if (stay < 0) {
            ok = false;
            break;
        }
        size_t more = (left_won ? i : j) - (size_t)stay;
        to -= more;
        if (left_won) i -= more, shift(a, to, lo + i, more);
        else j -= more, copy(a, to, t, j, more);
    }
    copy(a, to - j, t, 0, j);
    return ok;
}

INLINE bool merge(sorter *s, size_t lo, size_t n, size_t m, less *lt) {
    ssize_t skip = gallop(s->a.k + lo, n, s->a.k[lo + n], true, false, lt);        /* already in place in front */
    if (skip < 0) return false;
    lo += (size_t)skip;
    n -= (size_t)skip;
    if (!n) return true;
    ssize_t keep = gallop(s->a.k + lo + n, m, s->a.k[lo + n - 1], false, true, lt);   /* and behind */
    if (keep < 0) return false;
    m = (size_t)keep;
    if (!m) return true;
    return n <= m ? merge_front(s, lo, n, m, lt) : merge_back(s, lo, n, m, lt);
}

/* ---- runs ---- */

/* Length of the run at lo; a strictly descending one is turned round. 0: error */
INLINE size_t find_run(sorter *s, size_t lo, size_t end, less *lt) {
    const ob_val *k = s->a.k;
    size_t i = lo + 1;
    if (i >= end) return 1;
    int down = lt(k[i], k[lo]);
    if (down < 0) return 0;
    for (i++; i < end; i++) {
        int c = lt(k[i], k[i - 1]);
        if (c < 0) return 0;
        if (c != down) break;
    }
    if (down) reverse_span(s->a, lo, i - lo);
    return i - lo;
}

/* Binary insertion of a[lo+have..lo+want) into the sorted front. */
INLINE bool insert_rest(sorter *s, size_t lo, size_t have, size_t want, less *lt) {
    span a = s->a;
    for (size_t i = lo + have; i < lo + want; i++) {
        ob_val k = a.k[i], v = a.v ? a.v[i] : OB_NULL;
        size_t l = lo, r = i;
        while (l < r) {
            size_t mid = l + (r - l) / 2;
            int c = lt(k, a.k[mid]);
            if (c < 0) return false;
            if (c) r = mid;
            else l = mid + 1;
        }
        shift(a, l + 1, l, i - l);
        a.k[l] = k;
        if (a.v) a.v[l] = v;
    }
    return true;
}

/* Depth of the boundary between two neighbouring runs in a perfectly balanced tree over all n items: their midpoints, as binary fractions of n,
 * first differ in that bit. */
static unsigned power_of(size_t start, size_t left, size_t right, size_t n) {
    size_t a = 2 * start + left, b = a + left + right;
    unsigned power = 0;
    for (;;) {
        power++;
        bool bit_a = a >= n, bit_b = b >= n;
        if (bit_a != bit_b) return power;
        if (bit_a) a -= n, b -= n;
        a *= 2;
        b *= 2;
    }
}

INLINE bool merge_top(sorter *s, less *lt) {
    unsigned i = s->nruns - 2;
    size_t n = s->runs[i].len, m = s->runs[i + 1].len;
    s->nruns--;
    s->runs[i].len = n + m;
    return merge(s, s->runs[i].start, n, m, lt);
}

INLINE bool sort_with(sorter *s, size_t n, less *lt) {
    size_t least = n;
    unsigned odd = 0;
    while (least >= 2 * SHORT_RUN) odd |= least & 1, least >>= 1;
    least += odd;
    for (size_t lo = 0, len; lo < n; lo += len) {
        if (!(len = find_run(s, lo, n, lt))) return false;
        if (len < least) {
            size_t want = least < n - lo ? least : n - lo;
            if (!insert_rest(s, lo, len, want, lt)) return false;
            len = want;
        }
        if (s->nruns) {
            unsigned i = s->nruns - 1, power = power_of(s->runs[i].start, s->runs[i].len, len, n);
            while (s->nruns > 1 && s->runs[s->nruns - 2].power > power)
                if (!merge_top(s, lt)) return false;
            s->runs[s->nruns - 1].power = power;
        }
        s->runs[s->nruns].start = lo, s->runs[s->nruns].len = len, s->runs[s->nruns].power = 0;
        s->nruns++;
    }
    while (s->nruns > 1)
        if (!merge_top(s, lt)) return false;
    return true;
}

static NOINLINE bool sort_small(sorter *s, size_t n) { return sort_with(s, n, less_small); }
static NOINLINE bool sort_float(sorter *s, size_t n) { return sort_with(s, n, less_float); }
static NOINLINE bool sort_str(sorter *s, size_t n) { return sort_with(s, n, less_str); }
static NOINLINE bool sort_tuple(sorter *s, size_t n) { return sort_with(s, n, less_tuple); }
static NOINLINE bool sort_any(sorter *s, size_t n) { return sort_with(s, n, less_any); }

/* ---- the whole ---- */

typedef bool sort_fn(sorter *s, size_t n);

static sort_fn *choose(const ob_val *k, size_t n) {
    bool small = true, flt = true, str = true, tuple = true;
    for (size_t i = 0; i < n && (small || flt || str || tuple); i++) {
        small = small && ob_is_small(k[i]);
        flt = flt && ob_is_imm_float(k[i]);
        str = str && ob_is_exact_str(k[i]);
        tuple = tuple && ob_is_ptr(k[i]) && ob_ptr(k[i])->type == &ob_tuple_type;
    }
    return small ? sort_small : flt ? sort_float : str ? sort_str : tuple ? sort_tuple : sort_any;
}

/* A tuple of the keys; only its being on the C stack keeps them. */
static ob_val keys_of(ob_val items, ob_val key) {
    ob_val keys = ob_tuple_alloc(ob_tuple_len(items));
    for (size_t i = 0; !ob_is_null(keys) && i < ob_tuple_len(items); i++) {
        ob_val k = ob_interrupted() ? OB_NULL : ob_call1(key, ob_tuple_at(items, i));
        if (ob_is_null(k)) return k;
        ob_tuple_ptr(keys)->items[i] = k;
    }
    return keys;
}

/* Sorts a copy of `items` (by `keys` unless that is OB_NULL) into out. false: error; out is some permutation then, or untouched. */
static bool sort_words(ob_val items, ob_val keys, bool reverse, ob_val *out) {
    size_t n = ob_tuple_len(items);
    bool apart = !ob_is_null(keys);
    sorter s = {.nruns = 0};
    ob_val *copied = apart ? base_mem_alloc(n * sizeof *copied) : NULL;
    if (apart && !copied) return ob_fail(ob_raise_memory());
    if (apart) memcpy(copied, ob_tuple_ptr(keys)->items, n * sizeof *copied);
    s.a = apart ? (span){copied, out} : (span){out, NULL};
    if (reverse) reverse_span(s.a, 0, n);    /* before and after: equal items keep their order */
    bool ok = choose(s.a.k, n)(&s, n);
    if (reverse) reverse_span(s.a, 0, n);
    base_mem_free(s.tmp.k);
    base_mem_free(copied);
    return ok;
}

/* Takes the items out; the list is empty until they come back. */
static bool empty_list(ob_val l) {
    ob_list_body *b = ob_write(l);
    if (!b || (ob__list_is_tree(b) && !ob__list_tree_hold(b))) return false;
    if (b->items) ob_block_free(b->items, b->cap * sizeof(ob_val));
    *b = (ob_list_body){0};
    return true;
}

/* Keys that need no Python to compare are sorted where they lie.  1 done, 0 not of that kind, -1 error */
static int sort_in_place(ob_val l, bool reverse) {
    const ob_list_body *r = ob_read(l);
    if (ob__list_is_tree(r)) return 0;
    sort_fn *f = choose(r->items, r->len);
    if (f == sort_any || f == sort_tuple) return 0;
    ob_list_body *b = ob_write(l);
    if (!b) return -1;
    if (ob__list_is_tree(b)) return 0;       /* the copy for writing is one */
    sorter s = {.a = {b->items, NULL}};
    if (reverse) reverse_span(s.a, 0, b->len);
    bool ok = f(&s, b->len);
    if (reverse) reverse_span(s.a, 0, b->len);
    base_mem_free(s.tmp.k);
    return ok ? 1 : -1;
}

bool ob_list_sort(ob_val l, ob_val key, bool reverse) {
    if (ob_is_null(key)) {
        if (ob_list_len(l) < 2) return true;
        int done = sort_in_place(l, reverse);
        if (done) return done > 0;
    }
    ob_val items = ob_list_as_tuple(l);
    if (ob_is_null(items)) return false;
    size_t n = ob_tuple_len(items);
    ob_val *out = base_mem_alloc(n * sizeof *out);
    if (!out) return ob_fail(ob_raise_memory());
    memcpy(out, ob_tuple_ptr(items)->items, n * sizeof *out);
    bool ok = empty_list(l);
    if (ok) {
        ob_val keys = ob_is_null(key) ? OB_NULL : keys_of(items, key);
        ok = (ob_is_null(key) || !ob_is_null(keys)) && sort_words(items, keys, reverse, out);
        const ob_list_body *b = ob_read(l);
        if (ok && (b->items || b->len)) ok = ob_fail(ob_raise(&ob_exc_ValueError, "list modified during sort"));
        ob_val failure = ok ? OB_NULL : ob_err.cond == OB_COND_EXCEPTION ? ob_err_fetch() : OB_NULL;
        if (!ob_list_splice(l, 0, ob_list_len(l), out, n)) ok = false;
        else if (!ob_is_null(failure)) ob_err_restore(failure);
    }
    base_mem_free(out);
    /* The tuple must live to here: it holds the items while the list does not. */
    __asm__ volatile("" : : "r"(items.w) : "memory");
    return ok;
}
