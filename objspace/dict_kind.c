/* dict_kind.c: what transactions know of dicts: copies, what changed between two bodies, and merging. Runs no Python.
 * Locks: none; merging runs under the commit lock.
 * K1  Copying a big body gives a tree (D6), so it happens once; a tree is copied in O(1) and shares everything.
 * K2  Values in cells are compared by their cells; where only one of two bodies has the cell, by what it holds. (same_value)
 * K3  What changed between two trees of one descent is found without looking at the rest. (ob_dict_diff, order_same)
 * K4  Nothing is brought in from a store here (stub.h): two bodies differ only in what is there. Where more is asked, the answer is "not the same", "cannot
 *     be merged": the transaction runs again.
 * Invariants of the table: dict.c. */
#include "objspace/dict_table.h"
#include "objspace/kind.h"
#include <string.h>

/* ---- copies ---- */

/* May this dict become a tree?  Not if it is a namespace, into which inline caches look. One word has both flags, so either this sees that it is one, or
 * whoever fills a cache after making it one sees that it is big (ob_dict_entry_index). */
static bool becomes_big(const tx_handle *h) {
    return !(atomic_fetch_or_explicit(&((tx_handle *)(uintptr_t)h)->flags, OB_F_BIG, memory_order_relaxed) & OB_F_NAMESPACE);
}

static bool kind_copy(const tx_handle *h, void *dst, const void *src) {
    const ob_dict_body *s = src;
    ob_dict_body *d = dst;
    if (!ob__dict_is_tree(s)) {
        if (s->used <= OB__DICT_BIG || !becomes_big(h)) return ob__dict_copy_flat(d, s, ob_kind_block);
        return ob__dict_tree_from(d, s, tx_is_private(h) || tx_has_sink() ? NULL : h, ob_kind_block);
    }
    *d = *s;
    d->era = 0;
    return true;
}

/* The same, of a body that is about to be written: it takes the new form, while the copy keeps the old one, and gives up its era. */
static bool kind_save(const tx_handle *h, void *dst, void *src) {
    ob_dict_body *s = src, tree;
    if (!ob__dict_is_tree(s)) {
        if (s->used <= OB__DICT_BIG_OWN || ob_copy_pays(s->used) || !becomes_big(h)) return ob__dict_copy_flat(dst, s, ob_kind_block);
        if (!ob__dict_tree_from(&tree, s, NULL, ob_kind_block)) return false;
        *(ob_dict_body *)dst = *s;
        *s = tree;
        return true;
    }
    s->era = 0;
    *(ob_dict_body *)dst = *s;
    return true;
}

static void kind_drop(const tx_handle *h, void *body) {
    (void)h;
    ob__dict_free(body);
    *(ob_dict_body *)body = (ob_dict_body){0};
}

/* ---- comparing ---- */

enum { PAGE = 16 };                          /* entries looked at together */
static const ob_dict_entry holes[PAGE];
static inline const ob_dict_entry *at(const ob_dict_body *b, size_t i) { return i < b->fill ? ob_dict_entry_at(b, i) : holes; }

/* A walk over the positions at which two bodies differ. */
typedef struct walk { const ob_dict_body *a, *b; size_t next, at; const ob_dict_entry *was, *is, *page[2]; ob_dict_entry room[2][PAGE]; } walk;

/* The entries from i on, which begins a page; `room` is filled where they do not lie together. */
static const ob_dict_entry *page_of(const ob_dict_body *b, size_t i, ob_dict_entry room[PAGE]) {
    if (i >= b->fill) return holes;
    if (ob__dict_is_tree(b)) return ob__dict_tree_page(b, i);
    if (b->fill - i >= PAGE) return &b->entries[i];
    memset(room, 0, PAGE * sizeof *room);
    return memcpy(room, &b->entries[i], (b->fill - i) * sizeof *room);
}

/* A cell against a plain value: one of the bodies is older than the cell, or younger; its newest value is what the younger one has. */
static inline bool same_value(ob_val x, ob_val y) {
    if (ob_same(x, y)) return true;
    if (!x.w || !y.w) return false;
    return ob__is_cell(x) != ob__is_cell(y) ? ob_value_same(ob__cell_newest(x), ob__cell_newest(y)) : ob_value_same(x, y);
}

static void start(walk *w, const ob_dict_body *a, const ob_dict_body *b) { w->a = a, w->b = b, w->next = 0; }
static bool next_change(walk *w) {
    size_t end = w->a->fill > w->b->fill ? w->a->fill : w->b->fill;
    for (;; w->next++) {
        if (w->next % PAGE == 0) {
            if ((w->next = ob__dict_differ(w->a, w->b, w->next)) >= end) return false;
            w->page[0] = page_of(w->a, w->next, w->room[0]);
            w->page[1] = page_of(w->b, w->next, w->room[1]);
        }
        w->was = &w->page[0][w->next % PAGE];
        w->is = &w->page[1][w->next % PAGE];
        if (ob_same(w->was->key, w->is->key) && ob_same(w->was->value, w->is->value)) continue;
        w->at = w->next++;
        return true;
    }
}

static bool order_same_from(const ob_dict_body *x, const ob_dict_body *y, size_t i, size_t j) {
    for (;; i++, j++) {
        while (i < x->fill && !at(x, i)->key.w) i++;
        while (j < y->fill && !at(y, j)->key.w) j++;
        if (i >= x->fill || j >= y->fill) return i >= x->fill && j >= y->fill;
        if (!ob_value_same(at(x, i)->key, at(y, j)->key)) return false;
    }
}

static bool order_same(const ob_dict_body *x, const ob_dict_body *y) {
    if (x->used != y->used) return false;
    walk w;
    for (start(&w, x, y); next_change(&w);)
        if (!ob_same(w.was->key, w.is->key)) return order_same_from(x, y, w.at, w.at);
    return true;
}

/* What has become of entry i of a in b: its position there, OB__ABSENT, OB__UNSURE. */
static ssize_t find_twin(const ob_dict_body *a, size_t i, const ob_dict_body *b) {
    const ob_dict_entry *e = at(a, i);
    return ob_same(at(b, i)->key, e->key) ? (ssize_t)i : ob__dict_search(b, e->key, e->hash);
}

/* Every key that came, went, moved or got another value is met at its old position or at its new one.  Cells are given as they are. */
static bool diff(const ob_dict_body *before, const ob_dict_body *after, bool (*fn)(void *arg, const ob_dict_entry *key, ob_val was, ob_val is), void *arg) {
    walk w;
    for (start(&w, before, after); next_change(&w);) {
        if (w.was->key.w) {
            ssize_t j = find_twin(before, w.at, after);
            if (j == OB__UNSURE) return false;
            ob_val is = j >= 0 ? at(after, (size_t)j)->value : OB_NULL;
            if (!same_value(w.was->value, is) && !fn(arg, w.was, w.was->value, is)) return false;
        }
        if (w.is->key.w && !ob_same(w.is->key, w.was->key)) {
            ssize_t i = find_twin(after, w.at, before);
            if (i == OB__UNSURE || (i < 0 && !fn(arg, w.is, OB_NULL, w.is->value))) return false;
        }
    }
    return true;
}

typedef struct plainly { bool (*fn)(void *arg, const ob_dict_entry *key, ob_val was, ob_val is); void *arg; } plainly;
static bool plain(void *arg, const ob_dict_entry *key, ob_val was, ob_val is) {
    plainly *p = arg;
    return p->fn(p->arg, key, ob__cell_newest(was), ob__cell_newest(is));
}

bool ob_dict_diff(const ob_dict_body *before, const ob_dict_body *after, bool (*fn)(void *arg, const ob_dict_entry *key, ob_val was, ob_val is), void *arg) {
    return diff(before, after, plain, &(plainly){fn, arg});
}

static bool outside(void *mask, const ob_dict_entry *key, ob_val was, ob_val is) {
    (void)was, (void)is;
    return !(*(uint64_t *)mask & OB_DICT_BUCKET(key->hash));
}

static bool same(const void *a, const void *b, uint64_t mask) {
    const ob_dict_body *x = a, *y = b;
    if ((mask & OB_DICT_REIGN) && ob__dict_is_tree(x) && x->reign != y->reign) return false;
    if ((mask & TX_REST) && !order_same(a, b)) return false;
    mask &= ~(TX_REST | OB_DICT_REIGN);
    return !mask || diff(a, b, outside, &mask);
}

static bool kind_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    (void)h;
    uint64_t was = ob__stub_hush();
    bool ok = same(a, b, mask);
    return ob__stub_loud(was) && ok;
}

/* Has y all that x has under this hash? */
static bool under_hash(const ob_dict_body *x, const ob_dict_body *y, uint64_t hash) {
    ob__dict_likes l = {0};
    for (ssize_t i; (i = ob__dict_next_like(x, OB_NULL, hash, &l)) >= 0;) {
        const ob_dict_entry *e = at(x, (size_t)i);
        if (e->hash != hash || !e->key.w) continue;
        ssize_t j = find_twin(x, (size_t)i, y);
        if (j < 0 || !same_value(at(y, (size_t)j)->value, e->value)) return false;
    }
    return true;
}

enum { MANY = 256 };

/* Where hashes of this process lead nowhere: nothing under the hash has changed, or so much has that it is not looked for. */
bool ob__dict_same_lasting(const ob_dict_body *a, const ob_dict_body *b, uint64_t hash) {
    walk w;
    start(&w, a, b);
    for (unsigned i = 0; next_change(&w); i++)
        if (i == MANY || (w.was->key.w && w.was->hash == hash) || (w.is->key.w && w.is->hash == hash)) return false;
    return true;
}

static bool kind_same_key(const tx_handle *h, const void *a, const void *b, uint64_t hash) {
    (void)h;
    uint64_t was = ob__stub_hush();
    bool ok;
    if (ob__dict_is_lasting(a) || ob__dict_is_lasting(b)) ok = ob__dict_same_lasting(a, b, hash);
    else ok = (ob__dict_is_tree(a) && ob__dict_is_tree(b) && ob__dict_tree_same_key(a, b, hash)) || (under_hash(a, b, hash) && under_hash(b, a, hash));
    return ob__stub_loud(was) && ok;
}

/* ---- merging: one side's changed keys are put into a body that has the other's ---- */

static bool apply_change(void *arg, const ob_dict_entry *key, ob_val was, ob_val is) {
    ob_dict_body *into = arg;
    ssize_t i = ob__dict_search(into, key->key, key->hash);
    if (i == OB__UNSURE) return false;
    ob_val there = i >= 0 ? at(into, (size_t)i)->value : OB_NULL;
    if (!ob_same(there, was) && ob__is_cell(there)) return false;         /* others may have found it */
    if (!same_value(there, was)) return same_value(there, is);            /* both changed it: to the same, or a conflict */
    if (!is.w) return ob__dict_drop(into, (size_t)i, ob_kind_block);
    if (i < 0) return ob__dict_append(into, &(ob_dict_entry){key->hash, key->key, is}, ob_kind_block);
    if (ob__dict_is_tree(into)) return ob__dict_tree_put(into, (size_t)i, is, ob_kind_block);
    into->entries[i].value = is;
    return true;
}

/* Do the keys that m has of b's come in the same order there?  Of trees: at the same places, which a rebuilt one denies. */
static bool order_kept(const ob_dict_body *b, const ob_dict_body *m) {
    ssize_t last = -1, place;
    walk w;
    if (m->layout == b->layout) return true;
    if (ob__dict_is_tree(b)) {
        for (start(&w, b, m); next_change(&w);)
            if (w.is->key.w && !ob_same(w.is->key, w.was->key) && find_twin(m, w.at, b) != OB__ABSENT) return false;
        return true;
    }
    for (uint32_t i = m->first; i < m->fill; i++) {
        if (!at(m, i)->key.w || (place = find_twin(m, i, b)) == OB__ABSENT) continue;
        if (place < last) return false;
        last = place;
    }
    return true;
}

static bool merge(const tx_handle *h, ob_dict_body *m, const ob_dict_body *b, const ob_dict_body *t) {
    ob_dict_body result;
    bool tree = ob__dict_is_tree(b);
    if (ob__dict_is_tree(m) != tree || ob__dict_is_tree(t) != tree) return false;   /* once in a dict's life, and at clear() */
    if (!tree && b->layout == t->layout && order_same(b, t)) return diff(b, t, apply_change, m);   /* they overwrote values only: bring those here */
    if (!order_kept(b, m) || !kind_copy(h, &result, t)) return false;     /* my changes after theirs */
    if (!diff(b, m, apply_change, &result)) return kind_drop(h, &result), false;
    uint32_t layout = m->layout, reign = t->reign + (m->reign != b->reign);
    bool moved = layout != b->layout || t->layout != b->layout;
    kind_drop(h, m);
    if (moved && result.layout <= layout) result.layout = layout + 1;
    *m = result;
    m->reign = reign;
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
    const ob_dict_body *b = before, *a = after;
    if (!ob__dict_is_tree(a)) {
        ob_kind_trace(h, after, visit, arg);
        return;
    }
    walk w;
    for (start(&w, b, a); next_change(&w);) {
        if (!w.is->key.w) continue;
        visit(arg, w.is->key.w);
        visit(arg, w.is->value.w);
    }
}

OB_KIND(ob__dict_kind, .copy = kind_copy, .save = kind_save, .drop = kind_drop, .same = kind_same, .same_key = kind_same_key, .merge = kind_merge,
        .trace_new = kind_trace_new, OB__DICT_UNITS);
