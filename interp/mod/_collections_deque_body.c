/* _collections_deque_body.c: what deques hold, and what transactions know of them.
 * Locks: none; bodies are reached through ob_read / ob_write.
 * Q1  cap is a power of two (or 0); the ring's block belongs to one body alone.
 * Q2  A body becomes a tree when it is copied while it is big, its first item at index 0, its i-th one at i; it stays one until something but its ends and single items
 *     is changed. So the records of a deque, which lie by these indices, are changed at few places. (kind_copy, kind_save; make_room)
 * Q3  Of a tree, items outside of head .. head + len are absent, and pages of nothing else are given up. (py__deque_take) */
#include "interp/mod/_collections_deque_int.h"
#include "objspace/contain.h"
#include "objspace/kind.h"

typedef py__deque_body body;
enum { BIG_STORED = 64, GAP = 1 << 20, IN_PAGE = 32 };

/* ---- trees ---- */

/* The same items in a ring, in order from its begin. */
static bool copy_out(const body *b, ob_val *to) {
    if (py__deque_is_tree(b)) return ob__list_copy_out(&b->tree, b->head, b->len, to);
    size_t first = b->cap - b->head < b->len ? b->cap - b->head : b->len;
    if (b->len) memcpy(to, b->items + b->head, first * sizeof *to), memcpy(to + first, b->items, (b->len - first) * sizeof *to);
    return true;
}

/* Makes *to a tree of b's items behind `gap` absent ones. */
static bool make_tree(body *to, const body *b, size_t gap, ob__allocator *alloc) {
    body n = *b;
    ob_list_body none = {0};
    if (!ob__list_tree_from(&n.tree, &none, alloc)) return false;
    for (size_t i = 0; i < b->len; i++) {
        ob_val x = py__deque_at(b, i), *at = x.w ? ob__list_tree_own(&n.tree, gap + i, alloc) : NULL;
        if (!at) return false;
        *at = x;
    }
    ob__list_tree_of(&n.tree)->len = gap + b->len;
    n.items = NULL;
    n.cap = 0;
    n.head = gap;
    *to = n;
    return true;
}

/* Room before the first item. What is replaced, others may still have to see. */
static bool make_room(body *b) {
    size_t gap = b->len * 2 > GAP ? b->len * 2 / IN_PAGE * IN_PAGE : GAP;
    return ob__list_tree_hold(&b->tree) && make_tree(b, b, gap, ob_block_alloc);
}

static bool drop_page(body *b, size_t at) { return ob__list_tree_drop(&b->tree, at, ob_block_alloc); }

/* ---- changing ---- */

static bool resize(body *b, size_t cap) {
    body n = *b;
    if (py__deque_is_tree(b) && !ob__list_tree_hold(&b->tree)) return false;
    if (!(n.items = ob_block_alloc(cap * sizeof *n.items)) || !copy_out(b, n.items)) return false;
    if (b->items) ob_block_free(b->items, b->cap * sizeof *n.items);
    n.head = 0;
    n.cap = cap;
    n.tree = (ob_list_body){0};
    *b = n;
    return true;
}

bool py__deque_flatten(body *b, size_t room) {
    size_t cap = 8;
    while (cap < room || cap < b->len) cap *= 2;
    return (!py__deque_is_tree(b) && b->cap >= cap) || resize(b, cap);
}

ob_val *py__deque_own(body *b, size_t i) {
    return py__deque_is_tree(b) ? ob__list_tree_own(&b->tree, b->head + i, ob_block_alloc) : &b->items[(b->head + i) & (b->cap - 1)];
}

static bool add_to_tree(body *b, ob_val x, bool left) {
    if (left && b->head == 0 && !make_room(b)) return false;
    ob_val *at = ob__list_tree_own(&b->tree, left ? b->head - 1 : b->head + b->len, ob_block_alloc);
    if (!at) return false;
    *at = x;
    if (left) b->head--;
    ob__list_tree_of(&b->tree)->len = b->head + ++b->len;
    return true;
}

static bool add_to_ring(body *b, ob_val x, bool left) {
    if (UNLIKELY(b->len == b->cap) && !resize(b, b->cap ? b->cap * 2 : 8)) return false;
    if (left) b->head = (b->head - 1) & (b->cap - 1);
    b->items[(b->head + (left ? 0 : b->len)) & (b->cap - 1)] = x;
    b->len++;
    return true;
}

bool py__deque_add(body *b, ob_val x, bool left) {
    if (!(py__deque_is_tree(b) ? add_to_tree : add_to_ring)(b, x, left)) return false;
    b->changes++;
    return true;
}

static ob_val take_from_tree(body *b, bool left) {
    size_t at = left ? b->head : b->head + b->len - 1;
    ob_val *there = ob__list_tree_own(&b->tree, at, ob_block_alloc), x = there ? *there : OB_NULL;
    if (!there) return x;
    *there = OB_NULL;
    bool last = b->len == 1 || (left ? at % IN_PAGE == IN_PAGE - 1 : at % IN_PAGE == 0);
    if (left) b->head++;
    ob__list_tree_of(&b->tree)->len = b->head + --b->len;
    return last && !drop_page(b, at) ? OB_NULL : x;
}

ob_val py__deque_take(body *b, bool left) {
    ob_val x;
    b->changes++;
    if (py__deque_is_tree(b)) return take_from_tree(b, left);
    x = b->items[(b->head + (left ? 0 : b->len - 1)) & (b->cap - 1)];
    if (left) b->head = (b->head + 1) & (b->cap - 1);
    b->len--;
    return b->cap > 64 && b->len < b->cap / 8 && !resize(b, b->cap / 4) ? OB_NULL : x;
}

/* ---- kind ---- */

static size_t most_flat(const tx_handle *h, size_t otherwise) { return ob_flags(h) & TX_F_DURABLE ? BIG_STORED : otherwise; }

static bool copy_ring(body *to, const body *s) {
    body d = *s;
    if (s->items && !(d.items = ob_kind_block(s->cap * sizeof *d.items))) return false;
    d.head = 0;
    if (s->items && !copy_out(s, d.items)) return false;
    *to = d;
    return true;
}

static bool copy_tree(body *to, const body *s) {
    body d = *s;
    if (!ob__list_tree_copy(&d.tree, &s->tree, ob_kind_block)) return false;
    *to = d;
    return true;
}

static bool kind_copy(const tx_handle *h, void *dst, const void *src) {
    const body *s = src;
    if (py__deque_is_tree(s)) return copy_tree(dst, s);
    return s->len <= most_flat(h, OB__LIST_BIG) ? copy_ring(dst, s) : make_tree(dst, s, 0, ob_kind_block);
}

/* The same, of a body that is about to be written: it takes the new form, too, and gives up its era. */
static bool kind_save(const tx_handle *h, void *dst, void *src) {
    body *s = src, tree;
    if (!py__deque_is_tree(s)) {
        if (s->len <= most_flat(h, OB__LIST_BIG_OWN)) return copy_ring(dst, s);
        if (!make_tree(&tree, s, 0, ob_kind_block)) return false;
        *s = tree;                                               /* the old block is the collector's: who reads it does so a moment longer */
    }
    if (!copy_tree(dst, s)) return false;
    ob__list_tree_of(&s->tree)->era = 0;
    return true;
}

static void kind_drop(const tx_handle *h, void *dead) {
    body *b = dead;
    (void)h;
    if (b->items) ob_block_free(b->items, b->cap * sizeof *b->items);
    b->items = NULL;
    b->tree = (ob_list_body){0};
    b->len = b->cap = b->head = 0;
}

bool py__deque_drop_all(body *b) {
    if (py__deque_is_tree(b) && !tx_is_sole() && !ob__list_tree_hold(&b->tree)) return false;
    kind_drop(NULL, b);
    b->changes++;
    return true;
}

static bool same_trees(const body *a, const body *b) {
    size_t end = a->head + a->len;
    for (size_t i = a->head / IN_PAGE * IN_PAGE; (i = ob__list_differ(&a->tree, &b->tree, i)) < end; i++)
        if (i >= a->head && !ob_value_same(py__deque_at(a, i - a->head), py__deque_at(b, i - a->head))) return false;
    return true;
}

static bool same(const body *a, const body *b) {
    if (a->len != b->len || a->maxlen != b->maxlen) return false;
    if (py__deque_is_tree(a) && py__deque_is_tree(b) && a->head == b->head) return same_trees(a, b);
    for (size_t i = 0; i < a->len; i++)
        if (!ob_value_same(py__deque_at(a, i), py__deque_at(b, i))) return false;
    return true;
}

static bool kind_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    (void)h, (void)mask;
    uint64_t was = ob__stub_hush();
    bool ok = same(a, b);
    return ob__stub_loud(was) && ok;
}

static bool kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    return (void)mine, (void)dirty, kind_same(h, base, theirs, TX_ALL);
}

static void kind_trace_new(const tx_handle *h, const void *before, const void *after, void (*visit)(void *arg, uint64_t word), void *arg) {
    const body *b = before, *a = after;
    size_t end = a->head + a->len;
    if (!py__deque_is_tree(a) || !py__deque_is_tree(b)) {
        ob_kind_trace(h, after, visit, arg);
        return;
    }
    for (size_t i = a->head / IN_PAGE * IN_PAGE; (i = ob__list_differ(&b->tree, &a->tree, i)) < end; i++)
        if (i >= a->head) visit(arg, py__deque_at(a, i - a->head).w);
}

OB_KIND(py__deque_kind, .copy = kind_copy, .save = kind_save, .drop = kind_drop, .same = kind_same, .merge = kind_merge, .trace_new = kind_trace_new);

void py__deque_trace_body(ob_obj *o, const void *traced, ob_tracer *t) {
    const body *b = traced;
    (void)o;
    ob_trace_block(t, b->items);
    if (py__deque_is_tree(b)) ob__list_tree_trace(&b->tree, t);
    else
        for (size_t i = 0; i < b->len; i++) ob_trace_val(t, py__deque_at(b, i));
}
