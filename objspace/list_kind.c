/* list_kind.c: what transactions know of lists: copies, what differs between two bodies, and merging. Runs no Python.
 * Locks: none; merging runs under the commit lock.
 * Parts: item i is read under its number as a key; of a flat list, below 62, as TX_SLOT(i), which is less to log. That there is none is a value of this part, so
 * the length need not be logged beside it: what shortens the list to i or less, or appends item i, changes the part. TX_REST is the length; in a flat list the items from 63 on, too. Whoever writes item i writes TX_SLOT(i) and TX_KEY(i), whatever the form (OB_LIST_BITS).
 * K1  Copying a big body gives a tree, once, but for undoing after many changes, when a flat copy adds little; a tree is copied in O(1) and shares everything. */
#include "objspace/contain.h"
#include "objspace/kind.h"
#include "objspace/list_tree.h"
#include <string.h>

#define SLOTS 63                             /* items of a flat list with a mask bit of their own */

static void note_big(const tx_handle *h) {
    if (!(ob_flags(h) & OB_F_BIG)) ob_flag_set((void *)(uintptr_t)h, OB_F_BIG);
}

static bool copy_flat(ob_list_body *d, const ob_list_body *s, size_t room) {
    *d = (ob_list_body){0};
    if (!room) return true;
    size_t bytes = room * sizeof(ob_val);
    if (!(d->items = ob_kind_block_copy(s->items, s->len * sizeof(ob_val), bytes))) return false;
    d->cap = bytes / sizeof(ob_val);
    d->len = s->len;
    return true;
}

static bool kind_copy(const tx_handle *h, void *dst, const void *src) {
    const ob_list_body *s = src;
    if (ob__list_is_tree(s)) return ob__list_tree_copy(dst, s, ob_kind_block);
    if (s->len <= OB__LIST_BIG) return copy_flat(dst, s, s->len ? s->len + s->len / 8 + 1 : 0);
    note_big(h);
    return ob__list_tree_from(dst, s, ob_kind_block);
}

/* The same, of a body that is about to be written: it takes the new form, while the copy keeps the old one, for the notes that were made of it (list.c); and
 * gives up its era. */
static bool kind_save(const tx_handle *h, void *dst, void *src) {
    ob_list_body *s = src, tree;
    if (!ob__list_is_tree(s)) {
        if (s->len <= OB__LIST_BIG_OWN || ob_copy_pays(ob__list_notes(s->len))) return copy_flat(dst, s, s->cap);
        if (!ob__list_tree_from(&tree, s, ob_kind_block)) return false;
        note_big(h);
        *(ob_list_body *)dst = *s;
        *s = tree;
        return true;
    }
    if (!ob__list_tree_copy(dst, s, ob_kind_block)) return false;
    ob__list_tree_of(s)->era = 0;
    return true;
}

static void kind_drop(const tx_handle *h, void *body) {
    (void)h;
    ob_list_body *b = body;
    if (b->items) ob_block_free(b->items, b->cap * sizeof(ob_val));
    *b = (ob_list_body){0};
}

/* ---- comparing ---- */

static bool slot_same(const ob_list_body *x, const ob_list_body *y, size_t i) {
    size_t n = ob__list_size(x), m = ob__list_size(y);
    if (i >= n || i >= m) return i >= n && i >= m;
    return ob_value_same(ob__list_item(x, i), ob__list_item(y, i));
}
/* The first item from i on that is another word in the other body, or is there in one alone; the greater length: none. Pages that both share are passed over,
 * of the others the items are compared side by side. */
static size_t next_change(const ob_list_body *x, const ob_list_body *y, size_t i) {
    size_t n = ob__list_size(x), m = ob__list_size(y), both = n < m ? n : m, k, l;
    while ((i = ob__list_differ(x, y, i)) < both) {
        const ob_val *a = ob__list_run(x, i, &k), *b = ob__list_run(y, i, &l);
        size_t end = i + (k < l ? k : l);
        for (; i < end; i++)
            if (!ob_same(*a++, *b++)) return i;
    }
    return i;
}

/* A page that both share has not changed, and need not be there. */
static bool kind_same_key(const tx_handle *h, const void *a, const void *b, uint64_t key) {
    (void)h;
    uint64_t was = ob__stub_hush();
    bool ok = (ob__list_is_tree(a) && ob__list_is_tree(b) && ob__list_differ(a, b, key & ~UINT64_C(31)) / 32 > key / 32) || slot_same(a, b, key);
    return ob__stub_loud(was) && ok;
}

static bool flat_same(const ob_list_body *x, const ob_list_body *y, uint64_t mask) {
    if (mask & TX_REST) {
        if (x->len != y->len) return false;
        for (size_t i = SLOTS; i < x->len; i++)
            if (!ob_value_same(x->items[i], y->items[i])) return false;
    }
    for (uint64_t m = mask & ~TX_REST; m; m &= m - 1)
        if (!slot_same(x, y, (size_t)__builtin_ctzll(m))) return false;
    return true;
}

static bool same(const ob_list_body *x, const ob_list_body *y, uint64_t mask) {
    bool one = ob__list_is_tree(x), other = ob__list_is_tree(y);
    if (!one && !other) return flat_same(x, y, mask);
    size_t n = ob__list_size(x), m = ob__list_size(y), end = n > m ? n : m;
    if ((mask & TX_REST) && n != m) return false;
    if (!(mask & ~TX_REST) && one && other) return true;
    for (size_t i = 0; (i = next_change(x, y, i)) < end; i++) {
        uint64_t bits = one && other ? TX_KEY(i) : TX_KEY(i) | TX_SLOT(i);       /* a flat one was read by its own rules */
        if ((mask & bits) && !slot_same(x, y, i)) return false;
    }
    return true;
}

static bool kind_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    (void)h;
    uint64_t was = ob__stub_hush();
    bool ok = same(a, b, mask);
    return ob__stub_loud(was) && ok;
}

/* ---- merging ---- */

/* Takes over what they changed in the first n items; false when I changed the same slot to something else. */
static bool merge_items(ob_list_body *m, const ob_list_body *base, const ob_list_body *theirs, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (ob_value_same(base->items[i], theirs->items[i])) continue;
        if (i >= m->len) return false;
        if (ob_value_same(m->items[i], base->items[i])) m->items[i] = theirs->items[i];
        else if (!ob_value_same(m->items[i], theirs->items[i])) return false;
    }
    return true;
}

static bool merge_flat(ob_list_body *m, const ob_list_body *b, const ob_list_body *t, uint64_t dirty) {
    if (b->len == t->len) return (m->len == b->len || dirty != TX_ALL) && merge_items(m, b, t, b->len);
    /* They changed the length; slots that I stored to must still be there, and there is no memory to be had here (commit lock). */
    if (m->len != b->len || dirty == TX_ALL || t->len > m->cap) return false;
    for (size_t i = t->len; i < b->len; i++)
        if (!ob_value_same(b->items[i], m->items[i])) return false;
    for (size_t i = 0; i < t->len; i++) {
        if (i >= b->len || ob_value_same(b->items[i], m->items[i])) m->items[i] = t->items[i];
        else if (!ob_value_same(b->items[i], t->items[i]) && !ob_value_same(m->items[i], t->items[i])) return false;
    }
    m->len = t->len;
    return true;
}

/* Puts the items that I changed, and my length if I changed it, into a body that has theirs. */
static bool apply_mine(ob_list_body *into, const ob_list_body *m, const ob_list_body *b, const ob_list_body *t) {
    size_t was = ob__list_size(b), mine = ob__list_size(m), theirs = ob__list_size(t), end = was > mine ? was : mine;
    for (size_t i = 0; (i = next_change(b, m, i)) < end; i++) {
        if (slot_same(b, m, i)) continue;
        bool there = i < theirs;
        if (i >= was || i >= mine) {                             /* came or went with my length; theirs is what it was */
            if (i < was && !slot_same(b, t, i)) return false;
        } else {
            if (!there) return false;
            if (!slot_same(b, t, i) && !slot_same(m, t, i)) return false;
        }
        ob_val *to = ob__list_tree_own(into, i, ob_kind_block);
        if (!to) return false;
        *to = i < mine ? ob__list_item(m, i) : OB_NULL;
    }
    if (mine != was) ob__list_tree_of(into)->len = mine;
    return true;
}

static bool merge(const tx_handle *h, ob_list_body *m, const ob_list_body *b, const ob_list_body *t, uint64_t dirty) {
    ob_list_body result;
    if (!ob__list_is_tree(m) && !ob__list_is_tree(b) && !ob__list_is_tree(t)) return merge_flat(m, b, t, dirty);
    bool shorter = ob__list_size(m) != ob__list_size(b);
    if (shorter && (dirty == TX_ALL || ob__list_size(t) != ob__list_size(b))) return false;
    if (!(ob__list_is_tree(t) ? ob__list_tree_copy : ob__list_tree_from)(&result, t, ob_kind_block)) return false;
    note_big(h);
    if (!apply_mine(&result, m, b, t)) return kind_drop(h, &result), false;
    kind_drop(h, m);
    *m = result;
    return true;
}

static bool kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    uint64_t was = ob__stub_hush();
    bool ok = merge(h, mine, base, theirs, dirty);
    return ob__stub_loud(was) && ok;
}

/* ---- publication ---- */

static void kind_trace_new(const tx_handle *h, const void *before, const void *after, void (*visit)(void *arg, uint64_t word), void *arg) {
    const ob_list_body *a = after;
    size_t n = ob__list_size(a);
    if (!ob__list_is_tree(a) || !ob__list_is_tree(before)) {
        ob_kind_trace(h, after, visit, arg);
        return;
    }
    for (size_t i = 0; (i = next_change(before, a, i)) < n; i++) visit(arg, ob__list_item(a, i).w);
}

OB_KIND(ob__list_kind, .copy = kind_copy, .save = kind_save, .drop = kind_drop, .same = kind_same, .same_key = kind_same_key, .merge = kind_merge,
        .trace_new = kind_trace_new, .first_wins = TX_ALL);
