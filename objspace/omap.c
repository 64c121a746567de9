/* omap.c: OrderedMap: a mapping in the order of its keys: a skip list (Pugh 1990) whose nodes are conflict units.
 * Locks: none; nodes and towers are versioned bodies of words.
 * M1  A node links to the next one (next); every fourth has a tower with the links of the levels above. Along a level keys ascend by `<`.
 * M2  Finding the way reads without logging (tx_peek): the snapshot is consistent, and what the result rests on is logged: a present key's value, or, for an
 *     absent key, the link over its place; for a change all links that it replaces.
 * M3  A removed node has no value and links to itself: so whoever has read its link or its value conflicts, and an iterator that stands on it finds its place anew.
 * M4  No body pointer is kept across a comparison, which can run Python code.
 *     Or it begins at a node that the thread remembers (omap_near.c): then path[0] alone is found, and the rest when it is needed (whole_path).
 * M5  A node or tower that cannot be loaded reads as OB_NULL everywhere, with an exception: a link, key or value of OB_NULL is looked into before it is used. (search, pair, move_link)
 * Look-up, insertion, deletion, first, last, floor, ceiling: O(log n) expected comparisons; range: that, and O(1) an item, backwards O(log n). Two transactions conflict when one changes
 * a key's value that the other has read or changed, or inserts or removes a key in a gap that the other has looked over or changed. */
#include "objspace/hot.h"
#include "objspace/call.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/omap_near.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "base/rand.h"

typedef struct omap { ob_val head, count; /* constant */ } omap;
typedef struct node_body { ob_val key, value, next, tower; } node_body;
typedef struct tower_body { ob_val next[OB_OMAP_LEVELS]; } tower_body;   /* [i]: level i + 1 */
enum { KEY = 1, VALUE = 2, NEXT = 4, TOWER = 8, LEVELS = OB_OMAP_LEVELS + 1 };

static OB_KIND(words_kind);
static const omap *ptr(ob_val m) { return tx_peek(ob_handle(m)); }
static void omap_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) { ob_trace_vals(t, body, 2); }
static void node_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) { ob_trace_vals(t, body, 4); }
static void tower_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) { ob_trace_vals(t, body, OB_OMAP_LEVELS); }

/* ---- nodes ---- */

static const node_body nothing;
static const node_body *look(ob_val n) { return ob_is_null(n) ? &nothing : tx_peek(ob_handle(n)); }
static const node_body *read_node(ob_val n, uint64_t mask) { return ob_is_null(n) ? &nothing : ob_read_mask(n, mask); }
/* Key and tower stay as they were made, so any body tells them: the inline one, which every handle has but a ghost. */
static inline const node_body *lasting(ob_val n) {
    tx_handle *h = ob_handle(n);
    return LIKELY(atomic_load_explicit(&h->vw, memory_order_acquire) != TX_GHOST) ? tx_inline_body(h) : tx_peek(h); /* MO: VW acquire */
}
static inline ob_val key_of(ob_val n) { return ob_is_null(n) ? n : lasting(n)->key; }
static inline ob_val tower_of(ob_val n) { return ob_is_null(n) ? n : lasting(n)->tower; }
static ob_val value_of(ob_val n) { return read_node(n, VALUE)->value; }
static ob_val next_of(ob_val n) { return read_node(n, NEXT)->next; }

/* The link of n at a level, not logged; n reaches that level. */
static ob_val peek_link(ob_val n, unsigned level) {
    const node_body *b = look(n);
    if (level == 0) return b->next;
    return ob_is_null(b->tower) ? OB_NULL : ((const tower_body *)tx_peek(ob_handle(b->tower)))->next[level - 1];
}
static ob_val read_link(ob_val n, unsigned level) {
    if (level == 0) return next_of(n);
    ob_val tower = look(n)->tower;
    return ob_is_null(tower) ? tower : ((const tower_body *)ob_read_mask(tower, TX_SLOT(level - 1)))->next[level - 1];
}
static bool write_link(ob_val n, unsigned level, ob_val to) {
    if (level) {
        ob_val tower = look(n)->tower;
        tower_body *t = ob_is_null(tower) ? NULL : ob_write_mask(tower, TX_SLOT(level - 1));
        return t && (t->next[level - 1] = to, true);
    }
    node_body *b = ob_write_mask(n, NEXT);
    return b && (b->next = to, true);
}

/* Node n's link becomes what node `like` has. */
static bool move_link(ob_val n, unsigned level, ob_val like) {
    ob_val to = read_link(like, level);
    return !ob_failed() && write_link(n, level, to);
}

static ob_val new_node(ob_val key, ob_val value, bool tall) {
    tx_handle *h = ob_alloc_mut(&ob_omap_node_type, sizeof(node_body));
    if (!h) return OB_NULL;
    *(node_body *)tx_inline_body(h) = (node_body){key, value, OB_NULL, OB_NULL};
    if (!tall) return ob_of(h);
    tx_handle *t = ob_alloc_mut(&ob_omap_tower_type, sizeof(tower_body));
    if (!t) return OB_NULL;
    memset(tx_inline_body(t), 0, sizeof(tower_body));
    ((node_body *)tx_inline_body(h))->tower = ob_of(t);
    return ob_of(h);
}

/* ---- finding ---- */

static inline bool less_small(ob_val x, ob_val y) { return (int64_t)x.w < (int64_t)y.w; }
static inline int less(ob_val x, ob_val y) { return ob_both_small(x, y) ? less_small(x, y) : ob_lt(x, y); }

/* Where a search stands: a node and the links of its tower. */
typedef struct place { ob_val node; const tower_body *tower; } place;
static const tower_body no_links;

static inline place stand(ob_val n) {
    ob_val t = tower_of(n);
    return (place){n, ob_is_null(t) ? &no_links : tx_peek(ob_handle(t))};
}
static inline ob_val link_at(place p, unsigned level) { return level ? p.tower->next[level - 1] : look(p.node)->next; }

/* Is key's place on this level behind the node whose key is `there`?  -1: error. */
static NOINLINE int is_behind(ob_val key, ob_val there, bool past) {
    if (ob_is_null(there)) return -1;
    int before = past ? ob_lt(key, there) : ob_lt(there, key);
    return before < 0 ? -1 : past ? !before : before;
}

/* path[l] = the last node of level l whose key is less than key (or not greater, if past). *at = what follows path[0]. */
static bool search(ob_val m, ob_val key, bool past, ob_val path[LEVELS], ob_val *at) {
    ob_val head = ptr(m)->head, next, stop = OB_NULL;    /* stop: known not to be less */
    place p = stand(head);
    for (unsigned level = LEVELS; level-- > 0; path[level] = p.node) {
        while (!ob_is_null(next = link_at(p, level)) && !ob_same(next, stop)) {
            ob_val there = key_of(next);
            bool quick = ob_both_small(key, there);
            int on = LIKELY(quick) ? (int)less_small(there, key) | ((int)past & (int)ob_same(there, key)) : is_behind(key, there, past);
            if (UNLIKELY(on < 0)) return false;
            if (on) p = level ? stand(next) : (place){next, NULL};
            else if (stop = next, UNLIKELY(!quick)) p = stand(p.node);    /* M4 */
        }
        if (UNLIKELY(ob_is_null(next)) && ob_failed()) return false;
    }
    *at = look(p.node)->next;
    return !ob_is_null(head) && !ob_failed();
}

/* x < y of such keys; of others: -1. */
static inline int less_plain(ob_val x, ob_val y) {
    return ob_both_small(x, y) ? less_small(x, y) : ob_is_exact_str(x) && ob_is_exact_str(y) ? ob_lt(x, y) : -1;
}

/* The same from a node that is remembered: path[0] and *at alone.  false: search. */
static bool search_near(ob_val m, ob_val key, ob_val *before, ob_val *at) {
    enum { STEPS = 12 };
    ob_val n = ob__near_node(m, key);
    if (ob_is_null(n) || ob_is_null(look(n)->value) || less_plain(key_of(n), key) <= 0) return false;
    for (unsigned i = 0; i < STEPS; i++, n = *at) {
        *at = look(n)->next;
        int on = ob_is_null(*at) ? ob_failed() ? -1 : 0 : less_plain(key_of(*at), key);
        if (on <= 0) return *before = n, on == 0;
    }
    return false;
}

/* path[0] and *at; the rest of path, or OB_NULL in path[1]. */
static bool find_place(ob_val m, ob_val key, ob_val path[LEVELS], ob_val *at) {
    path[1] = OB_NULL;
    if (search_near(m, key, path, at)) return true;
    if (!search(m, key, false, path, at)) return false;
    if (!ob_same(path[0], ptr(m)->head)) ob__near_found(m, key, path[0]);
    return true;
}
static bool changed_meanwhile(void) { return ob_fail(ob_raise(&ob_exc_RuntimeError, "OrderedMap changed while keys were compared")); }
static bool whole_path(ob_val m, ob_val key, ob_val path[LEVELS]) {
    ob_val before = path[0], at;
    if (!ob_is_null(path[1])) return true;
    return search(m, key, false, path, &at) && (ob_same(path[0], before) || changed_meanwhile());
}

/* 1 found: *node; 0 absent: path[0] is its place; -1 error. What the answer rests on is logged. */
static int find(ob_val m, ob_val key, ob_val path[LEVELS], ob_val *node) {
    if (!find_place(m, key, path, node)) return -1;
    if (!ob_is_null(*node)) {
        ob_val there = key_of(*node);
        int after = ob_is_null(there) ? -1 : less(key, there);
        if (after < 0) return -1;
        if (!after) return ob_is_null(value_of(*node)) ? -1 : 1;
    }
    (void)next_of(path[0]);
    return ob_failed() ? -1 : 0;
}

/* ---- changing ---- */

static unsigned height(void) {
    static _Thread_local base_rand r;
    static _Thread_local bool seeded;
    if (!seeded) base_rand_seed(&r, (uint64_t)(uintptr_t)&r * UINT64_C(0x9e3779b97f4a7c15)), seeded = true;
    unsigned h = 1;
    while (h < LEVELS && base_rand_below(&r, 4) == 0) h++;
    return h;
}

static bool insert(ob_val m, ob_val key, ob_val value, ob_val path[LEVELS]) {
    unsigned h = height();
    ob_val n = new_node(key, value, h > 1);
    if (ob_is_null(n) || (h > 1 && !whole_path(m, key, path))) return false;
    for (unsigned l = 0; l < h; l++)
        if (ob_same(peek_link(path[l], l), path[l])) return changed_meanwhile();
    for (unsigned l = 0; l < h; l++)
        if (!move_link(n, l, path[l]) || !write_link(path[l], l, n)) return false;
    return ob_counter_add(ptr(m)->count, 1);
}

static bool store(ob_val m, ob_val key, ob_val value) {
    ob_val path[LEVELS], n;
    int found = find(m, key, path, &n);
    if (found < 0) return false;
    if (!found) return insert(m, key, value, path);
    node_body *b = ob_write_mask(n, VALUE);
    return b && (b->value = value, true);
}

static bool unlink_node(ob_val m, ob_val n, ob_val path[LEVELS]) {
    unsigned h = ob_is_null(look(n)->tower) ? 1 : LEVELS;
    if (ob_failed() || (h > 1 && !whole_path(m, key_of(n), path))) return false;
    for (unsigned l = 0; l < h; l++) {
        if (!ob_same(peek_link(path[l], l), n)) break;   /* it does not reach this level */
        (void)read_link(path[l], l);
        if (!move_link(path[l], l, n) || !write_link(n, l, n)) return false;
    }
    node_body *b = ob_failed() ? NULL : ob_write_mask(n, VALUE);
    if (!b) return false;
    b->value = OB_NULL;
    return ob_counter_add(ptr(m)->count, -1);
}

static bool setitem(ob_val m, ob_val key, ob_val value) {
    ob_val path[LEVELS], n;
    if (!ob_is_null(value)) return store(m, key, value);
    int found = find(m, key, path, &n);
    if (found < 0) return false;
    return found ? unlink_node(m, n, path) : ob_fail(ob_raise_obj(&ob_exc_KeyError, key));
}

/* ---- iterators ---- */

enum { KEYS, VALUES, ITEMS, WHAT = 3, BACK = 4 /* from the greatest key down */ };
typedef struct iter_body { ob_val map, node /* the last one given, the head: none yet; OB_NULL: at the end */, hi; uint64_t what; } iter_body;
static void iter_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) { ob_trace_vals(t, body, 3); }

static ob_val new_iter(ob_val m, ob_val before, ob_val hi, unsigned what) {
    tx_handle *h = ob_alloc_mut(&ob_omap_iter_type, sizeof(iter_body));
    if (!h) return OB_NULL;
    *(iter_body *)tx_inline_body(h) = (iter_body){m, before, hi, what};
    return ob_of(h);
}
static ob_val pair(ob_val n) {
    ob_val key = key_of(n), value = ob_is_null(key) ? key : value_of(n);
    return ob_is_null(value) ? value : ob_tuple_of2(key, value);
}

/* The last node; the head of an empty map.  Like the two below: what the answer rests on is logged; OB_NULL with an exception: it cannot be told. */
static ob_val last_node(ob_val m) {
    ob_val x = ptr(m)->head, next;
    for (unsigned level = LEVELS; level-- > 0;) while (!ob_is_null(next = peek_link(x, level))) x = next;
    (void)next_of(x);
    return ob_failed() ? OB_NULL : x;
}
/* The node before n, OB_NULL: none.  n the head: the last one. */
static ob_val node_before(ob_val m, ob_val n) {
    ob_val head = ptr(m)->head, path[LEVELS], at;
    if (ob_same(n, head)) path[0] = last_node(m);
    else if (!search(m, key_of(n), false, path, &at)) return OB_NULL;
    else (void)next_of(path[0]);
    return ob_failed() || ob_same(path[0], head) ? OB_NULL : path[0];
}
/* The node behind n, OB_NULL: none, or only keys from hi on. */
static ob_val node_behind(ob_val m, ob_val n, ob_val hi) {
    ob_val next = next_of(n), path[LEVELS];
    if (ob_failed()) return OB_NULL;
    if (ob_same(next, n)) {                              /* removed meanwhile: on from its place */
        if (!search(m, key_of(n), true, path, &next)) return OB_NULL;
        (void)next_of(path[0]);
    }
    if (ob_is_null(next) || ob_is_null(hi)) return next;
    ob_val there = key_of(next);
    return !ob_is_null(there) && less(there, hi) > 0 ? next : OB_NULL;
}

static ob_val iter_next(ob_val self) {
    iter_body b = *(const iter_body *)ob_read(self);
    if (ob_is_null(b.node)) return OB_NULL;
    ob_val next = b.what & BACK ? node_before(b.map, b.node) : node_behind(b.map, b.node, b.hi);
    if (ob_failed()) return OB_NULL;
    iter_body *w = tx_write_local(ob_handle(self), TX_ALL);
    if (!w) return ob_write_failed(self), OB_NULL;
    w->node = next;
    if (ob_is_null(next)) return OB_NULL;
    unsigned what = b.what & WHAT;
    return what == KEYS ? key_of(next) : what == VALUES ? value_of(next) : pair(next);
}
ob_type ob_omap_iter_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "apodora.OrderedMapIterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(iter_body), .trace_body = iter_trace, .slots = {.iter = ob_self_iter, .next = iter_next}};

static ob_val walk(ob_val m, unsigned what) { return new_iter(m, ptr(m)->head, OB_NULL, what); }
static ob_val omap_iter(ob_val m) { return walk(m, KEYS); }
OB_FN(omap_reversed) { return walk(self, KEYS | BACK); }
/* What the views iterate with. */
OB_FN(omap_walk) {
    int64_t what;
    int back = ob_truth(a[1]);
    if (back < 0 || !ob_index_i64(a[0], &what)) return OB_NULL;
    return walk(self, (unsigned)(what == VALUES || what == ITEMS ? what : KEYS) | (back ? BACK : 0));
}

static ob_val (*view_of)(ob_val map, const char *what);
static bool (*ready)(void);
void ob_omap_set_view_hooks(ob_val (*view)(ob_val map, const char *what), bool (*before)(void)) {
    view_of = view;
    ready = before;
}
OB_FN(omap_keys) { return view_of ? view_of(self, "Keys") : walk(self, KEYS); }
OB_FN(omap_values) { return view_of ? view_of(self, "Values") : walk(self, VALUES); }
OB_FN(omap_items) { return view_of ? view_of(self, "Items") : walk(self, ITEMS); }
OB_FN(omap_range) {
    ob_val path[LEVELS], at, lo = a[0], hi = ob_is_null(a[1]) || ob_is_none(a[1]) ? OB_NULL : a[1];
    path[0] = ptr(self)->head;
    if (!ob_is_null(lo) && !ob_is_none(lo) && !find_place(self, lo, path, &at)) return OB_NULL;
    return new_iter(self, path[0], hi, ITEMS);
}

/* ---- looking up ---- */

static ob_val getitem(ob_val m, ob_val key) {
    ob_val path[LEVELS], n;
    int found = find(m, key, path, &n);
    return found < 0 ? OB_NULL : found ? value_of(n) : ob_raise_obj(&ob_exc_KeyError, key);
}
static int contains(ob_val m, ob_val key) {
    ob_val path[LEVELS], n;
    return find(m, key, path, &n);
}
static ssize_t omap_len(ob_val m) {
    ob_val count = ptr(m)->count, v = ob_is_null(count) ? count : ob_counter_value(count);
    return ob_is_null(v) ? -1 : ob_is_small(v) ? (ssize_t)ob_to_small(v) : -1;
}
OB_FN(omap_get) {
    ob_val path[LEVELS], x;
    int found = find(self, a[0], path, &x);
    return found < 0 ? OB_NULL : found ? value_of(x) : ob_is_null(a[1]) ? OB_NONE : a[1];
}
OB_FN(omap_setdefault) {
    ob_val path[LEVELS], x, v = ob_is_null(a[1]) ? OB_NONE : a[1];
    int found = find(self, a[0], path, &x);
    if (found < 0) return OB_NULL;
    return found ? value_of(x) : insert(self, a[0], v, path) ? v : OB_NULL;
}
OB_FN(omap_pop) {
    ob_val path[LEVELS], x;
    int found = find(self, a[0], path, &x);
    if (found < 0) return OB_NULL;
    if (!found) return ob_is_null(a[1]) ? ob_raise_obj(&ob_exc_KeyError, a[0]) : a[1];
    ob_val v = value_of(x);
    return unlink_node(self, x, path) ? v : OB_NULL;
}
static ob_val no_first(void) { return ob_raise(&ob_exc_KeyError, "the OrderedMap is empty"); }
OB_FN(omap_first) {
    ob_val x = next_of(ptr(self)->head);
    return ob_failed() ? OB_NULL : ob_is_null(x) ? no_first() : pair(x);
}
OB_FN(omap_last) {
    ob_val x = last_node(self);
    return ob_is_null(x) ? x : ob_same(x, ptr(self)->head) ? no_first() : pair(x);
}
OB_FN(omap_popitem) {
    int last = ob_is_null(a[0]) ? 1 : ob_truth(a[0]);
    ob_val item = last < 0 ? OB_NULL : last ? omap_last(self, NULL, 0, OB_NULL) : omap_first(self, NULL, 0, OB_NULL);
    return ob_is_null(item) || !setitem(self, ob_tuple_at(item, 0), OB_NULL) ? OB_NULL : item;
}
OB_FN(omap_floor) {
    ob_val path[LEVELS], at;
    if (!search(self, a[0], true, path, &at)) return OB_NULL;
    (void)next_of(path[0]);
    return ob_same(path[0], ptr(self)->head) ? OB_NONE : pair(path[0]);
}
OB_FN(omap_ceiling) {
    ob_val path[LEVELS], at;
    if (!search(self, a[0], false, path, &at)) return OB_NULL;
    (void)next_of(path[0]);
    return ob_is_null(at) ? OB_NONE : pair(at);
}
OB_FN(omap_clear) {
    ob_val path[LEVELS], first;
    while (!ob_is_null(first = next_of(ptr(self)->head))) {
        for (unsigned l = 0; l < LEVELS; l++) path[l] = ptr(self)->head;
        if (!unlink_node(self, first, path)) return OB_NULL;
    }
    return ob_failed() ? OB_NULL : OB_NONE;
}

static bool update_pairs(ob_val m, ob_val it) {
    ob_val x;
    while (!ob_is_null(x = ob_next(it))) {
        ob_val t = ob_tuple_of_iterable(x);
        if (ob_is_null(t)) return false;
        if (ob_tuple_len(t) != 2) return ob_fail(ob_raise(&ob_exc_ValueError, "OrderedMap: pairs of key and value are needed, not %zu items", ob_tuple_len(t)));
        if (!store(m, ob_tuple_at(t, 0), ob_tuple_at(t, 1))) return false;
    }
    return !ob_failed();
}
static bool update(ob_val m, ob_val from) {
    ob_val method = ob_getattr_opt(from, OB_NAME(items));
    if (ob_failed()) return false;
    ob_val pairs = ob_is_null(method) ? from : ob_call0(method), it = ob_is_null(pairs) ? pairs : ob_iter(pairs);
    return !ob_is_null(it) && update_pairs(m, it);
}
OB_FN(omap_update) { return update(self, a[0]) ? OB_NONE : OB_NULL; }
OB_FN(omap_copy) { return ob_call1(ob_type_val(ob_type_of(self)), self); }

/* ---- comparing ---- */

/* Has this mapping, no OrderedMap, an equal value under key?  1 0 -1. */
static int agrees(ob_val mapping, ob_val key, ob_val value) {
    ob_val other = ob_has_tflag(mapping, OB_TF_DICT) ? ob_dict_get(mapping, key) : ob_getitem(mapping, key);
    if (!ob_is_null(other)) return ob_eq(value, other);
    return ob_failed() && !ob_err_clear_if(&ob_exc_KeyError) ? -1 : 0;
}
/* The same keys with equal values?  The order of another mapping does not matter: it has another one by nature. */
static int equal(ob_val m, ob_val other) {
    ssize_t n = omap_len(m), k = ob_len(other);
    if (n != k || n < 0) return n < 0 || k < 0 ? -1 : 0;
    bool both = ob_is_a(other, &ob_omap_type);
    ob_val it = walk(m, ITEMS), its = both ? walk(other, ITEMS) : OB_NONE, x, y;
    if (ob_is_null(it) || ob_is_null(its)) return -1;
    while (!ob_is_null(x = iter_next(it))) {
        int same = !both ? agrees(other, ob_tuple_at(x, 0), ob_tuple_at(x, 1)) : ob_is_null(y = iter_next(its)) ? ob_failed() ? -1 : 0 : ob_eq(x, y);
        if (same <= 0) return same;
    }
    return ob_failed() ? -1 : 1;
}
static ob_val cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if ((op != OB_EQ && op != OB_NE) || !ob_has_tflag(b, OB_TF_DICT | OB_TF_MAPPING)) return OB_NOT_IMPLEMENTED;
    int same = ob_same(a, b) ? 1 : equal(a, b);
    return same < 0 ? OB_NULL : ob_bool((op == OB_EQ) == same);
}

static ob_val repr(ob_val m) {
    bool entered;
    if (!ob_repr_enter(m, &entered)) return OB_NULL;
    if (!entered) return ob_str_format_c("%s(...)", ob_type_short_name(ob_type_of(m)));
    ob_val l = ob_list_of_iterable(walk(m, ITEMS)), r = ob_is_null(l) ? l : ob_str_format_c("%s(%R)", ob_type_short_name(ob_type_of(m)), l);
    ob_repr_leave(m);
    return r;
}
OB_FN(omap_reduce) {
    ob_val l = ob_list_of_iterable(walk(self, ITEMS)), args = ob_is_null(l) ? l : ob_tuple_of1(l);
    return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(ob_type_of(self)), args);
}

/* ---- the type ---- */

OB_FN(bound) {
    ob_val head = new_node(OB_NULL, OB_NONE, true), count = ob_is_null(head) ? head : ob_counter_new(0);
    tx_handle *m = ob_is_null(count) ? NULL : ob_alloc_mut(ob_type_ptr(self), sizeof(omap));
    if (!m) return OB_NULL;
    *(omap *)tx_inline_body(m) = (omap){head, count};
    return ob_is_null(a[0]) || ob_is_none(a[0]) || update(ob_of(m), a[0]) ? ob_of(m) : OB_NULL;
}
static ob_val make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"OrderedMap", bound, "items=None, /", NULL, 0};
    if (ready && !ready()) return OB_NULL;
    return ob_def_call(&def, ob_type_val(t), a, n, ob_kw_of_make(t, &ob_omap_type, kw));
}

static const ob_def methods[] = {
    {"ceiling", omap_ceiling, "key, /", "(key, value) of the least key that is not less than key, or None. O(log n).", 0},
    {"clear", omap_clear, "", "Removes all.", 0},
    {"copy", omap_copy, "", "Another one with the same keys and values. O(n log n).", 0},
    {"first", omap_first, "", "(key, value) of the least key; KeyError when empty. O(1).", 0},
    {"floor", omap_floor, "key, /", "(key, value) of the greatest key that is not greater than key, or None. O(log n).", 0},
    {"get", omap_get, "key, default=None, /", "The value of key, or default. O(log n).", 0},
    {"items", omap_items, "", "A set-like view of the pairs (key, value) in the order of keys.", 0},
    {"keys", omap_keys, "", "A set-like view of the keys in order.", 0},
    {"last", omap_last, "", "(key, value) of the greatest key; KeyError when empty. O(log n).", 0},
    {"pop", omap_pop, "key, default=None, /", "Removes key and gives its value. O(log n).", 0},
    {"popitem", omap_popitem, "last=True", "Removes the greatest key, or the least, and gives (key, value); KeyError when empty. O(log n).", 0},
    {"range", omap_range, "lo=None, hi=None, /", "An iterator over (key, value) with lo <= key < hi; None: no limit. O(log n), and O(1) an item.", 0},
    {"setdefault", omap_setdefault, "key, default=None, /", "The value of key, which is set to default if it is absent. O(log n).", 0},
    {"update", omap_update, "items, /", "Sets all pairs of a mapping or of an iterable of pairs.", 0},
    {"values", omap_values, "", "A view of the values in the order of their keys.", 0},
    {"_walk", omap_walk, "what, back, /", NULL, 0},
    {"__reversed__", omap_reversed, "", "An iterator over the keys from the greatest down. O(log n) an item.", 0},
    {"__reduce__", omap_reduce, "", NULL, 0},
    {0},
};
ob_type ob_omap_type = {
    OB_TYPE_HEAD(&ob_type_type, &words_kind), .name = "apodora.OrderedMap", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_MAPPING, .size = sizeof(omap), .has_weakref = true,
    .trace_body = omap_trace, .slots = {.make = make, .repr = repr, .hash = ob_hash_unhashable, .cmp = cmp, .len = omap_len, .getitem = getitem, .setitem = setitem, .contains = contains, .iter = omap_iter},
    .methods = methods, .doc = "OrderedMap(items=()): a mapping in the order of its keys, which `<` must order. Look-up and change: O(log n)."};
ob_type ob_omap_node_type = {OB_TYPE_HEAD(&ob_type_type, &words_kind), .name = "apodora._MapNode", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(node_body), .trace_body = node_trace};
ob_type ob_omap_tower_type = {OB_TYPE_HEAD(&ob_type_type, &words_kind), .name = "apodora._MapTower", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(tower_body), .trace_body = tower_trace};
