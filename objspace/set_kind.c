/* set_kind.c: what transactions know of sets: copies, what differs between two tables, and merging. Runs no Python.
 * Locks: none; merging runs under the commit lock.
 * Parts: an element, present or absent, under its hash as a key; of what is written, the bucket of its hash. TX_REST: length and iteration.
 * A set that is big and shared becomes a tree when it is copied (dict_tree.h; README.md, "Big containers"), whose values mean nothing.
 * K1  Copying a big table gives a tree, once; a tree is copied in O(1) and shares everything.
 * K2  Tables of different forms are not merged.
 * K3  A set of a store keeps its elements at the positions that its records have: it becomes a tree before it is first written there as a big one is, and those that
 *     are read are trees. (big_for; persist/encode.c: set_view)
 * K4  Nothing is brought in from a store here; dict_kind.c, K4. */
#include "objspace/dict_table.h"
#include "objspace/kind.h"
#include "objspace/set_table.h"

typedef ob__set_table table;
enum { ABSENT = -1, UNSURE = -3, BIG_STORED = 32 };

/* ---- copies ---- */

/* How many elements a flat table may have that is about to be copied. */
static size_t most_flat(const tx_handle *h, size_t otherwise) { return ob_flags((const ob_obj *)h) & TX_F_DURABLE ? BIG_STORED : otherwise; }

static bool make_tree(table *to, const table *flat) {
    table n = {.used = flat->used, .layout = flat->layout};
    if (!(n.tree = ob_kind_block(sizeof *n.tree)) || !ob__dict_tree_init(n.tree, 0, ob_kind_block)) return false;
    for (size_t i = 0; i <= flat->mask; i++) {
        const ob__set_slot *s = &flat->slots[i];
        if (s->key.w && !ob__dict_tree_add(n.tree, n.tree->fill, &(ob_dict_entry){s->hash, s->key, ob_from_small(1)}, ob_kind_block)) return false;
    }
    *to = n;
    return true;
}

static bool copy_tree(table *to, const table *from) {
    ob_dict_body *made = ob_kind_block_copy(from->tree, sizeof *made, sizeof *made);
    if (!made) return false;
    made->era = 0;
    *to = *from;
    to->tree = made;
    return true;
}

static bool kind_copy(const tx_handle *h, void *dst, const void *src) {
    const table *s = src;
    if (s->tree) return copy_tree(dst, s);
    return s->used <= most_flat(h, OB__DICT_BIG) ? ob__set_copy_flat(dst, s, ob_kind_block) : make_tree(dst, s);
}

/* The same, of a table that is about to be written: it takes the new form, while the copy keeps the old one, and gives up its era. */
static bool kind_save(const tx_handle *h, void *dst, void *src) {
    table *s = src, tree;
    if (!s->tree) {
        if (s->used <= most_flat(h, ob_copy_pays(s->used) ? SIZE_MAX : OB__DICT_BIG_OWN)) return ob__set_copy_flat(dst, s, ob_kind_block);
        if (!make_tree(&tree, s)) return false;
        *(table *)dst = *s;
        *s = tree;
        return true;
    }
    s->tree->era = 0;
    return copy_tree(dst, s);
}

static void kind_drop(const tx_handle *h, void *body) { (void)h, ob__set_free(body); }

/* ---- comparing ---- */

/* Does b hold every element of a whose bucket is in mask?  Counts them. */
static bool subset_known(const table *a, const table *b, uint64_t mask, size_t *n) {
    *n = 0;
    for (size_t i = 0, end = ob__set_end(a); (i = ob__set_live_from(a, i)) < end; i++) {
        ob__set_slot s = ob__set_at(a, i);
        if (!(mask & OB__SET_BUCKET(s.hash))) continue;
        ++*n;
        if (b->slots && i <= b->mask && ob_same(b->slots[i].key, s.key)) continue;
        if (ob__set_search(b, s.key, s.hash) < 0) return false;
    }
    return true;
}

static bool outside(void *mask, const ob_dict_entry *key, ob_val was, ob_val is) {
    (void)was, (void)is;
    return !(*(uint64_t *)mask & (OB__SET_BUCKET(key->hash) | TX_REST));
}

static bool same(const table *x, const table *y, uint64_t mask) {
    size_t n, m = 0;
    if ((mask & TX_REST) && x->used != y->used) return false;
    if (!mask) return true;
    if (x->tree && y->tree) return ob_dict_diff(x->tree, y->tree, outside, &mask);
    if (mask & TX_REST) return subset_known(x, y, TX_ALL, &n);
    if (!subset_known(x, y, mask, &n)) return false;
    for (size_t i = 0, end = ob__set_end(y); (i = ob__set_live_from(y, i)) < end; i++) m += (mask & OB__SET_BUCKET(ob__set_at(y, i).hash)) != 0;
    return n == m;
}

static bool kind_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    (void)h;
    uint64_t was = ob__stub_hush();
    bool ok = same(a, b, mask);
    return ob__stub_loud(was) && ok;
}

static bool same_key(const table *x, const table *y, uint64_t hash) {
    if (x->tree && y->tree) {
        if (ob__dict_is_lasting(x->tree) || ob__dict_is_lasting(y->tree)) return ob__dict_same_lasting(x->tree, y->tree, hash);
        if (ob__dict_tree_same_key(x->tree, y->tree, hash)) return true;
    }
    return ob__set_has_all(x, y, hash) && ob__set_has_all(y, x, hash);
}

static bool kind_same_key(const tx_handle *h, const void *a, const void *b, uint64_t hash) {
    (void)h;
    uint64_t was = ob__stub_hush();
    bool ok = same_key(a, b, hash);
    return ob__stub_loud(was) && ok;
}

/* ---- merging ---- */

static bool change(table *into, ob_val key, uint64_t hash, bool there) {
    ssize_t at = ob__set_search(into, key, hash);
    if (at == UNSURE) return false;
    if (there) return at >= 0 || ob__set_insert(into, key, hash, ob_kind_block);
    return at < 0 || ob__set_remove(into, (size_t)at, ob_kind_block);
}

static bool apply_change(void *arg, const ob_dict_entry *key, ob_val was, ob_val is) { return (void)was, change(arg, key->key, key->hash, is.w != 0); }

/* Each element of a that b lacks comes into `into`, or leaves it. */
static bool apply_lacking(table *into, const table *a, const table *b, bool there) {
    for (size_t i = 0; a->slots && i <= a->mask; i++) {
        const ob__set_slot *s = &a->slots[i];
        if (!s->key.w) continue;
        ssize_t at = ob__set_search(b, s->key, s->hash);
        if (at == UNSURE || (at == ABSENT && !change(into, s->key, s->hash, there))) return false;
    }
    return true;
}

static bool merge(const tx_handle *h, table *m, const table *b, const table *t) {
    table result;
    if (!m->tree != !b->tree || !t->tree != !b->tree || !kind_copy(h, &result, t)) return false;
    bool ok = b->tree ? ob_dict_diff(b->tree, m->tree, apply_change, &result) : apply_lacking(&result, b, m, false) && apply_lacking(&result, m, b, true);
    uint64_t layout = m->layout + 1;
    ob__set_free(ok ? m : &result);
    if (!ok) return false;
    if (result.layout < layout) result.layout = layout;
    *m = result;
    return true;
}

static bool kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)dirty;
    uint64_t was = ob__stub_hush();
    bool ok = merge(h, mine, base, theirs);
    return ob__stub_loud(was) && ok;
}

/* ---- publication ---- */

static void kind_trace_new(const tx_handle *h, const void *before, const void *after, void (*visit)(void *arg, uint64_t word), void *arg) {
    const table *b = before, *a = after;
    if (a->tree && b->tree) ob__dict_kind.trace_new(h, b->tree, a->tree, visit, arg);
    else ob_kind_trace(h, after, visit, arg);
}

OB_KIND(ob__set_kind, .copy = kind_copy, .save = kind_save, .drop = kind_drop, .same = kind_same, .same_key = kind_same_key, .merge = kind_merge,
        .trace_new = kind_trace_new, .commutes = TX_REST, .first_wins = ~TX_REST);
