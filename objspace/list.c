/* list.c: lists: a body of three words and one block of items.
 * Locks: none; bodies are reached through ob_read / ob_write.
 * L1  The block belongs to one body alone (copy() duplicates it), so a body that may be written may also free or grow its block.
 * L2  No pointer to a body or block is kept across a call that can run Python code.
 * L3  Operations that move items write with TX_ALL; append and pop at the end write TX_REST and their own slot; a store its slot alone.
 *     Merging relies on it (list_kind.c).
 * L4  A body is a tree (list_tree.h) when it was copied while it was big, but for undoing many changes (ob_copy_pays); operations that move items make it flat again. (whole) */
#include "objspace/list.h"
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/kind.h"
#include "objspace/list_tree.h"
#include "objspace/tuple.h"

static const ob_list_body *peek(ob_val l) { return ob_read(l); }

static void list_trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const ob_list_body *b = body;
    if (ob__list_is_tree(b)) {
        ob__list_tree_trace(b, t);
        return;
    }
    ob_trace_block(t, b->items);
    ob_trace_vals(t, b->items, b->len);
}

/* ---- room ---- */

/* Makes room for `want` items. Growth by a half keeps appends amortised; the old block is this body's alone (L1). */
static COLD bool grow(ob_list_body *b, size_t want, bool exact) {
    size_t cap = exact ? want : want + want / 2 + 3;
    if (cap > SIZE_MAX / 16) return ob_fail(ob_raise_memory());
    ob_val *items = ob_block_alloc(cap * sizeof *items);
    if (!items) return false;
    if (b->items) {
        memcpy(items, b->items, b->len * sizeof *items);
        ob_block_free(b->items, b->cap * sizeof *items);
    }
    b->items = items;
    b->cap = cap;
    return true;
}
static inline bool reserve(ob_list_body *b, size_t want) {
    DEBUG_ASSERT(!ob__list_is_tree(b));
    return LIKELY(want <= b->cap) || grow(b, want, false);
}

/* The body, flat, to move items in. */
static ob_list_body *whole(ob_val l) {
    ob_list_body *b = ob_write(l);
    return b && ob__list_is_tree(b) && !ob__list_flatten(b, 0) ? NULL : b;
}

static ob_val alloc_of(ob_type *t) { return ob_of(ob_alloc_mut(t, sizeof(ob_list_body))); }

ob_val ob_list_new(size_t cap) {
    ob_val l = alloc_of(&ob_list_type);
    if (!ob_is_null(l) && cap && !grow(tx_inline_body(ob_handle(l)), cap, true)) return OB_NULL;
    return l;
}

ob_val ob_list_from(const ob_val *items, size_t n) {
    ob_val l = ob_list_new(n);
    if (ob_is_null(l)) return l;
    ob_list_body *b = tx_inline_body(ob_handle(l));
    if (n) memcpy(b->items, items, n * sizeof *items);
    b->len = n;
    return l;
}

ob_val ob_list_slice(ob_val l, size_t start, size_t end) {
    ob_val r = ob_list_new(end - start);
    if (ob_is_null(r)) return r;
    const ob_list_body *b = peek(l);
    ob_list_body *d = tx_inline_body(ob_handle(r));
    if (!ob__list_copy_out(b, start, end - start, d->items)) return OB_NULL;
    d->len = end - start;
    return r;
}

ob_val ob_list_as_tuple(ob_val l) {
    ob_val t = ob_tuple_alloc(ob__list_size(peek(l)));
    return !ob_is_null(t) && ob__list_copy_out(peek(l), 0, ob_tuple_len(t), ob_tuple_ptr(t)->items) ? t : OB_NULL;
}

const ob_val *ob_list_whole(ob_val l, size_t *n) {
    const ob_list_body *b = peek(l);
    *n = ob__list_size(b);
    if (!ob__list_is_tree(b) || !*n) return b->items;
    ob_val *copy = ob_block_alloc(*n * sizeof *copy);
    return copy && ob__list_copy_out(b, 0, *n, copy) ? copy : NULL;
}

size_t ob__list_len_slow(const ob_list_body *b) { return ob__list_size(b); }

static NOINLINE const ob_list_body *look_from_end(ob_val l, int64_t i) {
    i += (int64_t)ob__list_size(tx_read_slow(ob_handle(l), TX_REST));
    return i < 0 ? tx_read_shared(ob_handle(l), 0) : ob__list_look_slow(l, i);
}

static inline bool has_slot(ob_val l, int64_t i) { return LIKELY((uint64_t)i < 62) && LIKELY(!(ob_flags(ob_ptr(l)) & OB_F_BIG)); }

const ob_list_body *ob__list_look_slow(ob_val l, int64_t i) {
    if (has_slot(l, i)) return tx_read_shared(ob_handle(l), TX_SLOT(i));
    return LIKELY(i >= 0) ? tx_read_at_slow(ob_handle(l), (uint64_t)i) : look_from_end(l, i);
}

const ob_list_body *ob__list_look_next(ob_val l, int64_t i) {
    return has_slot(l, i) ? tx_read_slow(ob_handle(l), TX_SLOT(i)) : tx_read_at_slow(ob_handle(l), (uint64_t)i);
}

ob_val ob__list_get_slow(const ob_list_body *b, size_t i) {
    if (!ob__list_is_tree(b)) return OB_NULL;
    return i < ob__list_size(b) ? ob__list_item(b, i) : OB_NULL;
}

ob_val ob_list_of_iterable(ob_val it) {
    if (ob_is_exact(it, &ob_list_type)) return ob_list_slice(it, 0, ob_list_len(it));
    ob_val l = ob_list_new(0);
    return ob_is_null(l) || !ob_list_extend(l, it) ? OB_NULL : l;
}

/* ---- changing ---- */

/* Notes of single changes of a private flat list (ob_write_op). A copy that is made later has the room that the body had (list_kind.c), and nothing
 * that is noted makes it smaller. */
static void undo_item(tx_handle *h UNUSED, void *body, uint64_t value, uint64_t i) { ((ob_list_body *)body)->items[ob_to_small((ob_val){i})].w = value; }
static void undo_append(tx_handle *h UNUSED, void *body, uint64_t a_ UNUSED, uint64_t b_ UNUSED) { ((ob_list_body *)body)->len--; }
static void undo_pop(tx_handle *h UNUSED, void *body, uint64_t value, uint64_t b_ UNUSED) {
    ob_list_body *b = body;
    b->items[b->len++].w = value;
}

/* The body, if it is one of whose changes notes can be made; else NULL. */
static inline const ob_list_body *notable(ob_val l) {
    const ob_list_body *b = tx_inline_body(ob_handle(l));
    return tx_is_private(ob_handle(l)) && !ob__list_is_tree(b) ? b : NULL;
}

/* The body, for item i to get another value. */
static ob_list_body *write_item(ob_val l, size_t i) {
    const ob_list_body *b = notable(l);
    if (!b) return ob_write_mask(l, OB_LIST_BITS(i));
    return ob_write_op(l, OB_LIST_BITS(i), ob__list_notes(b->len), undo_item, b->items[i].w, ob_from_small((int64_t)i).w);
}

/* The body, for an item to come behind the others. */
static ob_list_body *write_append(ob_val l) {
    const ob_list_body *b = notable(l);
    if (b) return ob_write_op(l, TX_REST | OB_LIST_BITS(b->len), ob__list_notes(b->len), undo_append, 0, 0);
    if (!(b = ob_write_mask(l, TX_REST))) return NULL;
    return ob_write_mask(l, TX_REST | OB_LIST_BITS(ob__list_size(b)));
}

bool ob_list_append(ob_val l, ob_val x) {
    ob_list_body *b = write_append(l);
    if (!b) return false;
    if (ob__list_is_tree(b)) {
        ob__list_tree *t = ob__list_tree_of(b);
        ob_val *to = ob__list_tree_own(b, t->len, ob_block_alloc);
        return to && (*to = x, t->len++, true);
    }
    if (!reserve(b, b->len + 1)) return false;
    b->items[b->len++] = x;
    return true;
}

static bool extend_copy(ob_val l, const ob_val *items, size_t n, ob_val again /* list to re-read, or OB_NULL */) {
    const ob_list_body *r = ob_read_mask(l, TX_REST);
    if (ob__list_is_tree(r) && n < ob__list_size(r) / 8) {
        for (size_t i = 0; i < n; i++)
            if (!ob_list_append(l, ob_is_null(again) ? items[i] : ob_list_at(again, i))) return false;
        return true;
    }
    ob_list_body *b = whole(l);
    if (!b || !reserve(b, b->len + n)) return false;
    if (!ob_is_null(again)) {                                /* l's own block may have moved */
        if (!ob__list_copy_out(peek(again), 0, n, b->items + b->len)) return false;
        b->len += n;
        return true;
    }
    if (n) memmove(b->items + b->len, items, n * sizeof *items);
    b->len += n;
    return true;
}

static bool append_each(void *arg, ob_val x) { return ob_list_append_quick(*(ob_val *)arg, x); }

bool ob_list_extend(ob_val l, ob_val it) {
    if (ob_is_exact(it, &ob_list_type)) return extend_copy(l, NULL, ob_list_len(it), it);
    if (ob_is_exact(it, &ob_tuple_type)) return extend_copy(l, ob_tuple_ptr(it)->items, ob_tuple_len(it), OB_NULL);
    ob_val i = ob_iter(it);
    if (ob_is_null(i)) return false;
    ssize_t hint = ob_length_hint(it, 0);
    if (hint < 0) return false;
    if (hint > 8) {
        ob_list_body *b = ob_write(l);
        if (!b || (!ob__list_is_tree(b) && b->len + (size_t)hint > b->cap && (size_t)hint < SIZE_MAX / 32 && !grow(b, b->len + (size_t)hint, true))) return false;
    }
    ob_val (*next)(ob_val) = ob_type_of(i)->slots.next;
    if (next && !(ob_type_of(i)->flags & OB_TF_HEAP)) {      /* natives end without an exception */
        for (ob_val x; !ob_is_null(x = next(i));)
            if (!append_each(&l, x) || ob_interrupted()) return false;
    } else {
        for (ob_val x; !ob_is_null(x = ob_next(i));)
            if (!append_each(&l, x)) return false;
    }
    if (!ob_failed()) return true;
    if (next && !(ob_type_of(i)->flags & OB_TF_HEAP)) return ob_err_clear_if(&ob_exc_StopIteration);
    return false;
}

bool ob_list_splice(ob_val l, size_t start, size_t gone, const ob_val *items, size_t n) {
    ob_list_body *b = whole(l);
    if (!b || (n > gone && !reserve(b, b->len + (n - gone)))) return false;
    if (n != gone) memmove(b->items + start + n, b->items + start + gone, (b->len - start - gone) * sizeof(ob_val));
    if (n) memcpy(b->items + start, items, n * sizeof(ob_val));
    b->len = b->len - gone + n;
    if (b->cap > 64 && b->len < b->cap / 4) {                /* give back what a shrunken list holds */
        ob_list_body small = {NULL, 0, 0};
        if (b->len && !grow(&small, b->len + b->len / 2, true)) return ob_err_clear(), true;
        if (b->len) memcpy(small.items, b->items, b->len * sizeof(ob_val));
        ob_block_free(b->items, b->cap * sizeof(ob_val));
        b->items = small.items, b->cap = small.cap;
    }
    return true;
}

bool ob_list_insert(ob_val l, size_t i, ob_val x) {
    size_t n = ob_list_len(l);
    return i >= n ? ob_list_append(l, x) : ob_list_splice(l, i, 0, &x, 1);
}

bool ob_list_set(ob_val l, size_t i, ob_val x) {
    ob_list_body *b = write_item(l, i);
    if (!b) return false;
    ob_val *to = LIKELY(b->cap != 0) ? &b->items[i] : ob__list_tree_own(b, i, ob_block_alloc);
    return to && (*to = x, true);
}

/* Takes the last of n items from a list that may be a tree. */
static bool pop_end(ob_val l, size_t n) {
    const ob_list_body *now = notable(l);
    bool noted = now && n > now->cap / 4;                    /* else it gives memory back */
    ob_list_body *b = noted ? ob_write_op(l, TX_ALL, ob__list_notes(n), undo_pop, now->items[n - 1].w, 0) : ob_write_mask(l, TX_REST | OB_LIST_BITS(n - 1));
    if (!b) return false;
    if (ob__list_is_tree(b)) {                               /* perhaps since now: a store wants whole bodies, not notes */
        ob_val *at = ob__list_tree_own(b, n - 1, ob_block_alloc);
        return at && (*at = OB_NULL, ob__list_tree_of(b)->len--, true);
    }
    return noted ? (b->len--, true) : ob_list_splice(l, n - 1, 1, NULL, 0);
}

/* In a tree, that item i is there need not be logged: merging finds it out. */
int ob__list_set_slow(ob_val l, size_t i, ob_val x) {
    const ob_list_body *b = ob_read_mask(l, 0);
    bool there = ob__list_is_tree(b) && i < ob__list_size(b);
    if (!there && ob_is_null(ob_list_get_quick(l, (int64_t)i))) return 0;
    return ob_list_set(l, i, x) ? 1 : -1;
}

ob_val ob_list_pop(ob_val l, ssize_t i) {
    size_t n = ob_list_len(l);
    if (!n) return ob_raise(&ob_exc_IndexError, "pop from empty list");
    if (i < 0) i += (ssize_t)n;
    if (i < 0 || (size_t)i >= n) return ob_raise(&ob_exc_IndexError, "pop index out of range");
    ob_val x = ob_list_at(l, (size_t)i);
    if ((size_t)i + 1 == n && (tx_is_private(ob_handle(l)) || ob_flags(ob_ptr(l)) & OB_F_BIG)) return pop_end(l, n) ? x : OB_NULL;
    return ob_list_splice(l, (size_t)i, 1, NULL, 0) ? x : OB_NULL;
}

/* ---- looking ---- */

static bool item_at(ob_val self, size_t i, ob_val *out) {
    const ob_list_body *b = peek(self);
    if (i >= ob__list_size(b)) return false;
    *out = ob__list_item(b, i);
    return !ob_is_null(*out);
}

static ob_val list_repr(ob_val self) {
    if (!ob_list_len(self)) return ob_str_from_c("[]");
    return ob_repr_items(self, "[", "]", "[...]", item_at, false);
}

static ssize_t list_len(ob_val self) { return (ssize_t)ob_list_len(self); }

/* The first i in *i..end-1 whose item equals x: 1 found, 0 none, -1 error. */
static int find(ob_val self, ob_val x, size_t *at, size_t end) {
    size_t i = *at;
    for (;;) {
        const ob_list_body *b = peek(self);
        size_t n = ob__list_size(b), k;
        if (n > end) n = end;
        if (i >= n) return 0;
        const ob_val *run = ob__list_run(b, i, &k);
        if (k > n - i) k = n - i;
        size_t j = 0;
        for (; j < k; j++) {
            if (ob_same(x, run[j])) return *at = i + j, 1;
            if (!ob_both_small(x, run[j])) break;
        }
        i += j;
        if (j == k) continue;
        if (UNLIKELY(ob_is_null(run[j]))) return -1;
        int e = ob_eq_quick(run[j], x);
        if (e) return *at = i, e;
        i++;
    }
}

static int list_contains(ob_val self, ob_val x) {
    size_t i = 0;
    return find(self, x, &i, SIZE_MAX);
}

static ob_val order_of(size_t n, size_t m, ob_cmp_op op) {
    int c = n < m ? -1 : n > m;
    static const uint8_t holds[] = {[OB_LT] = 1, [OB_LE] = 3, [OB_EQ] = 2, [OB_NE] = 5, [OB_GT] = 4, [OB_GE] = 6};
    return ob_bool(holds[op] >> (c + 1) & 1);
}

static ob_val list_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!ob_is_list(a) || !ob_is_list(b)) return OB_NOT_IMPLEMENTED;
    if ((op == OB_EQ || op == OB_NE) && ob_list_len(a) != ob_list_len(b)) return ob_bool(op == OB_NE);
    if (!ob_c_enter()) return OB_NULL;
    ob_val x = OB_NULL, y = OB_NULL, r;
    size_t i = 0;
    int e = 1;
    for (; item_at(a, i, &x) && item_at(b, i, &y); i++)
        if ((e = UNLIKELY((i & 0xfff) == 0) && ob_interrupted() ? -1 : ob_eq_quick(x, y)) != 1) break;
    if (e < 0 || ob_failed()) r = OB_NULL;
    else if (e == 1 || i >= ob_list_len(a) || i >= ob_list_len(b)) r = order_of(ob_list_len(a), ob_list_len(b), op);
    else if (op == OB_EQ || op == OB_NE) r = ob_bool(op == OB_NE);
    else r = ob_compare(op, x, y);
    ob_c_leave();
    return r;
}

static ob_val get_slice(ob_val self, ob_val key) {
    int64_t start, stop, step;
    size_t count;
    if (!ob_slice_indices(key, ob_list_len(self), &start, &stop, &step, &count)) return OB_NULL;
    size_t len = ob_list_len(self);                          /* __index__ may have changed it: clip again */
    if (!ob_slice_indices(key, len, &start, &stop, &step, &count)) return OB_NULL;
    if (step == 1) return ob_list_slice(self, (size_t)start, (size_t)start + count);
    ob_val r = ob_list_new(count);
    if (ob_is_null(r)) return r;
    ob_list_body *d = tx_inline_body(ob_handle(r));
    const ob_list_body *b = peek(self);
    uint64_t trouble = ob__stub_trouble;
    for (; d->len < count; start += step) d->items[d->len++] = ob__list_item(b, (size_t)start);
    return LIKELY(trouble == ob__stub_trouble) ? r : OB_NULL;
}

/* The index that key means; false with TypeError/IndexError pending. */
static bool index_of(ob_val key, int64_t *i) {
    if (LIKELY(ob_is_small(key))) return *i = ob_to_small(key), true;
    if (!ob_has_index(key)) return ob_fail(ob_raise(&ob_exc_TypeError, "list indices must be integers or slices, not %.200T", key));
    return ob_index_i64(key, i);
}

static ob_val list_getitem(ob_val self, ob_val key) {
    int64_t i;
    if (!ob_is_small(key) && ob_is_exact(key, &ob_slice_type)) return get_slice(self, key);
    if (!index_of(key, &i)) return OB_NULL;
    if (i < 0) i += (int64_t)ob_list_len(self);
    ob_val x = i < 0 ? OB_NULL : ob_list_get_quick(self, i);
    return LIKELY(!ob_is_null(x)) || ob_failed() ? x : ob_raise(&ob_exc_IndexError, "list index out of range");
}

/* ---- item and slice assignment ---- */

static bool delete_stepped(ob_val self, int64_t start, int64_t step, size_t count) {
    if (!count) return true;
    if (step < 0) start += step * (int64_t)(count - 1), step = -step;
    ob_list_body *b = whole(self);
    if (!b) return false;
    size_t to = (size_t)start, next = (size_t)start;
    for (size_t i = (size_t)start; i < b->len; i++) {
        if (i == next && count) {
            next += (size_t)step;
            count--;
        } else b->items[to++] = b->items[i];
    }
    b->len = to;
    return true;
}

static bool store_stepped(ob_val self, const ob_val *items, size_t n, int64_t start, int64_t step, size_t count) {
    if (n != count)
        return ob_fail(ob_raise(&ob_exc_ValueError, "attempt to assign sequence of size %zu to extended slice of size %zu", n, count));
    ob_list_body *b = whole(self);
    if (!b) return false;
    ob_val *to = b->items + start;
    for (size_t i = 0; i < count; i++, to += step) *to = items[i];
    return true;
}

static bool set_slice(ob_val self, ob_val key, ob_val v) {
    int64_t start, stop, step;
    size_t count;
    ob_val values = OB_NULL;
    if (!ob_slice_indices(key, ob_list_len(self), &start, &stop, &step, &count)) return false;
    if (!ob_is_null(v)) {
        if (!ob_type_of(v)->slots.iter && !ob_type_of(v)->slots.getitem)
            return ob_fail(step == 1 ? ob_raise(&ob_exc_TypeError, "can only assign an iterable")
                                     : ob_raise(&ob_exc_TypeError, "must assign iterable to extended slice"));
        if (ob_is_exact(v, &ob_list_type) && !ob_same(v, self)) values = v;      /* read in place: nothing below runs Python after looking */
        else if (ob_is_null(values = ob_tuple_of_iterable(v))) {
            if (step == 1 && !ob_is_list(v) && !ob_is_tuple(v) && !ob_type_of(v)->slots.iter && ob_err_clear_if(&ob_exc_TypeError))
                ob_raise(&ob_exc_TypeError, "can only assign an iterable");
            return false;
        }
    }
    if (!ob_slice_indices(key, ob_list_len(self), &start, &stop, &step, &count)) return false;   /* the iterable may have changed us */
    if (ob_is_null(v)) return step != 1 ? delete_stepped(self, start, step, count) : ob_list_splice(self, (size_t)start, count, NULL, 0);
    bool list = ob_same(values, v) && ob_is_list(v);
    size_t n = ob_is_list(values) ? 0 : ob_tuple_len(values);
    const ob_val *items = list ? ob_list_whole(v, &n) : ob_tuple_ptr(values)->items;
    if (!items && n) return false;
    return step != 1 ? store_stepped(self, items, n, start, step, count) : ob_list_splice(self, (size_t)start, count, items, n);
}

static bool list_setitem(ob_val self, ob_val key, ob_val v) {
    int64_t i;
    if (!ob_is_small(key) && ob_is_exact(key, &ob_slice_type)) return set_slice(self, key, v);
    if (!index_of(key, &i)) return false;
    if (i < 0 || ob_is_null(v)) {
        size_t n = ob_list_len(self);
        if (i < 0) i += (int64_t)n;
        if (i >= 0 && (size_t)i < n && ob_is_null(v)) return ob_list_splice(self, (size_t)i, 1, NULL, 0);
    }
    int done = i < 0 || ob_is_null(v) ? 0 : ob_list_set_quick(self, i, v);
    if (done) return done > 0;
    return ob_fail(ob_raise(&ob_exc_IndexError, "list assignment index out of range"));
}

/* ---- operators ---- */

static ob_val list_add(ob_val a, ob_val b) {
    if (!ob_is_list(a)) return OB_NOT_IMPLEMENTED;
    if (!ob_is_list(b)) {
        if (ob_defers_binary(b, OB_BIN_ADD)) return OB_NOT_IMPLEMENTED;
        return ob_raise(&ob_exc_TypeError, "can only concatenate list (not \"%.200T\") to list", b);
    }
    size_t n = ob_list_len(a), m = ob_list_len(b);
    ob_val r = ob_list_new(n + m);
    if (ob_is_null(r)) return r;
    ob_list_body *d = tx_inline_body(ob_handle(r));
    if (!ob__list_copy_out(peek(a), 0, n, d->items) || !ob__list_copy_out(peek(b), 0, m, d->items + n)) return OB_NULL;
    d->len = n + m;
    return r;
}

static ob_val list_iadd(ob_val a, ob_val b) { return ob_list_extend(a, b) ? a : OB_NULL; }

/* Fills d (its first n items are there) up to n * k by doubling. */
static void repeat_items(ob_val *d, size_t n, size_t total) {
    if (n == 1) {
        for (size_t i = 1; i < total; i++) d[i] = d[0];
        return;
    }
    for (size_t have = n; have < total;) {
        size_t more = have < total - have ? have : total - have;
        memcpy(d + have, d, more * sizeof *d);
        have += more;
    }
}

enum { REPEAT_STEP = 1 << 20 };              /* items, after which signals are looked at */

/* The same for a list that nobody else has; what is there is counted before a handler runs. */
static bool repeat_new(ob_list_body *d, size_t n, size_t total) {
    size_t first = n < REPEAT_STEP ? total < n * (REPEAT_STEP / n) ? total : n * (REPEAT_STEP / n) : n;
    repeat_items(d->items, n, first);
    for (d->len = first; d->len < total;) {
        if (ob_interrupted()) return false;
        size_t more = first < total - d->len ? first : total - d->len;
        memcpy(d->items + d->len, d->items, more * sizeof *d->items);
        d->len += more;
    }
    return true;
}

static ob_val list_mul(ob_val a, ob_val b) {
    ob_val l = ob_is_list(a) ? a : b, count = ob_is_list(a) ? b : a, r = OB_NULL;
    size_t k, total;
    if (ob_repeat_count(l, count, &k, &r) != 1) return r;
    size_t n = ob_list_len(l);
    if (__builtin_mul_overflow(n, k, &total) || total > SIZE_MAX / 16) return ob_raise_memory();
    if (ob_is_null(r = ob_list_new(total)) || !total) return r;
    ob_list_body *d = tx_inline_body(ob_handle(r));
    if (!ob__list_copy_out(peek(l), 0, n, d->items)) return OB_NULL;
    return repeat_new(d, n, total) ? r : OB_NULL;
}

static ob_val list_imul(ob_val self, ob_val count) {
    ob_val r = OB_NULL;
    size_t k, total;
    if (ob_repeat_count(self, count, &k, &r) != 1) return r;
    ob_list_body *b = whole(self);
    if (!b) return OB_NULL;
    if (__builtin_mul_overflow(b->len, k, &total) || total > SIZE_MAX / 16) return ob_raise_memory();
    if (!reserve(b, total)) return OB_NULL;
    if (total) repeat_items(b->items, b->len, total);
    b->len = total;
    return self;
}

/* ---- methods ---- */

static ob_val none(bool ok) { return ok ? OB_NONE : OB_NULL; }
#define METHOD(name) static ob_val list_##name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define UNUSED_ARGS (void)a, (void)n, (void)kw

METHOD(append) { return UNUSED_ARGS, none(ob_list_append_quick(self, a[0])); }
METHOD(extend) { return UNUSED_ARGS, none(ob_list_extend(self, a[0])); }

METHOD(insert) {
    UNUSED_ARGS;
    int64_t i;
    if (!ob_has_index(a[0])) return ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", a[0]);
    if (!ob_index_i64(a[0], &i)) return ob_err_clear_if(&ob_exc_IndexError)
                                            ? ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C ssize_t") : OB_NULL;
    if (i < 0) i += (int64_t)ob_list_len(self);
    return none(ob_list_insert(self, i < 0 ? 0 : (size_t)i, a[1]));
}

METHOD(pop) {
    UNUSED_ARGS;
    int64_t i = -1;
    if (!ob_is_null(a[0]) && !ob_index_i64(a[0], &i)) return OB_NULL;
    return ob_list_pop(self, i);
}

METHOD(remove) {
    UNUSED_ARGS;
    size_t i = 0;
    int found = find(self, a[0], &i, SIZE_MAX);
    if (found < 0) return OB_NULL;
    if (!found) return ob_raise(&ob_exc_ValueError, "list.remove(x): x not in list");
    return none(i >= ob_list_len(self) || ob_list_splice(self, i, 1, NULL, 0));
}

static bool clear(ob_val self) {
    ob_list_body *b = ob_write(self);
    if (!b) return false;
    if (b->items) ob_block_free(b->items, b->cap * sizeof(ob_val));
    *b = (ob_list_body){0};
    return true;
}

METHOD(clear) { return UNUSED_ARGS, none(clear(self)); }
METHOD(copy) { return UNUSED_ARGS, ob_list_slice(self, 0, ob_list_len(self)); }

static bool bound_arg(ob_val v, size_t len, size_t missing, size_t *out) {
    if (ob_is_null(v)) return *out = missing, true;
    int64_t i;
    if (!ob_has_index(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "slice indices must be integers or have an __index__ method"));
    if (!ob_index_clamp(v, &i)) return false;
    if (i < 0) i = i + (int64_t)len < 0 ? 0 : i + (int64_t)len;
    *out = (size_t)i;
    return true;
}

METHOD(index) {
    UNUSED_ARGS;
    size_t i, end, len = ob_list_len(self);
    if (!bound_arg(a[1], len, 0, &i) || !bound_arg(a[2], len, SIZE_MAX, &end)) return OB_NULL;
    int found = find(self, a[0], &i, end);
    if (found < 0) return OB_NULL;
    return found ? ob_from_small((int64_t)i) : ob_raise(&ob_exc_ValueError, "%R is not in list", a[0]);
}

METHOD(count) {
    UNUSED_ARGS;
    int64_t count = 0;
    int found;
    for (size_t i = 0; (found = find(self, a[0], &i, SIZE_MAX)) > 0; i++) count++;
    return found < 0 ? OB_NULL : ob_from_small(count);
}

METHOD(reverse) {
    UNUSED_ARGS;
    ob_list_body *b = whole(self);
    if (!b) return OB_NULL;
    for (size_t i = 0, j = b->len; i + 1 < j; i++) {
        ob_val x = b->items[i];
        b->items[i] = b->items[--j];
        b->items[j] = x;
    }
    return OB_NONE;
}

METHOD(sort) {
    UNUSED_ARGS;
    int reverse = ob_is_null(a[1]) ? 0 : ob_is_int(a[1]) ? ob_truth(a[1]) : -2;
    if (reverse == -2) return ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", a[1]);
    if (reverse < 0) return OB_NULL;
    return none(ob_list_sort(self, ob_is_null(a[0]) || ob_is_none(a[0]) ? OB_NULL : a[0], reverse != 0));
}

METHOD(sizeof) { return UNUSED_ARGS, ob_from_small((int64_t)(sizeof(tx_handle) + sizeof(ob_list_body) + peek(self)->cap * sizeof(ob_val))); }

static ob_val seq_iter(ob_type *t, ob_val self, size_t i) {
    tx_handle *h = ob_alloc_mut(t, sizeof(ob_seq_iter_body));
    if (!h) return OB_NULL;
    *(ob_seq_iter_body *)tx_inline_body(h) = (ob_seq_iter_body){self, i};
    return ob_of(h);
}

static ob_val list_iter(ob_val self) { return seq_iter(&ob_list_iter_type, self, 0); }
METHOD(reversed) { return UNUSED_ARGS, seq_iter(&ob_list_reviter_type, self, ob_list_len(self)); }

static ob_val list_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) { return UNUSED_ARGS, alloc_of(type); }

static bool list_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("list", n, ob_kw_of_init(self, &ob_list_type, kw), 0, 1)) return false;
    if (ob_list_len(self) && !clear(self)) return false;
    return n == 0 || ob_list_extend(self, a[0]);
}

static const ob_def list_methods[] = {
    {"__reversed__", list_reversed, "", "Return a reverse iterator over the list.", 0},
    {"__sizeof__", list_sizeof, "", "Return the size of the list in memory, in bytes.", 0},
    {"clear", list_clear, "", "Remove all items from list.", 0},
    {"copy", list_copy, "", "Return a shallow copy of the list.", 0},
    {"append", list_append, "object, /", "Append object to the end of the list.", 0},
    {"insert", list_insert, "index, object, /", "Insert object before index.", 0},
    {"extend", list_extend, "iterable, /", "Extend list by appending elements from the iterable.", 0},
    {"pop", list_pop, "index=-1, /", "Remove and return item at index (default last).\n\nRaises IndexError if list is empty or index is out of range.", 0},
    {"remove", list_remove, "value, /", "Remove first occurrence of value.\n\nRaises ValueError if the value is not present.", 0},
    {"index", list_index, "value, start=0, stop=sys.maxsize, /", "Return first index of value.\n\nRaises ValueError if the value is not present.", 0},
    {"count", list_count, "value, /", "Return number of occurrences of value.", 0},
    {"reverse", list_reverse, "", "Reverse *IN PLACE*.", 0},
    {"sort", list_sort, "*, key=None, reverse=False",
     "Sort the list in ascending order and return None.\n\nThe sort is in-place and stable: equal elements keep their order.\n"
     "With a key function it is applied once to each item; reverse sorts in descending order.", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};

ob_type ob_list_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob__list_kind),
    .name = "list",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_LIST | OB_TF_SEQUENCE,
    .size = sizeof(ob_list_body),
    .trace_body = list_trace_body,
    .slots = {.repr = list_repr, .hash = ob_hash_unhashable, .cmp = list_cmp, .len = list_len, .getitem = list_getitem, .setitem = list_setitem,
              .contains = list_contains, .iter = list_iter, .make = list_make, .init = list_init,
              .binary = {[OB_BIN_ADD] = list_add, [OB_BIN_MUL] = list_mul}, .inplace = {[OB_BIN_ADD] = list_iadd, [OB_BIN_MUL] = list_imul}},
    .methods = list_methods,
    .doc = "Built-in mutable sequence.\n\nIf no argument is given, the constructor creates a new empty list.\nThe argument must be an iterable if specified.",
};
