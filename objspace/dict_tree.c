/* dict_tree.c: dicts as trees: pages of entries, and a trie of hashes that leads to positions in them.
 * Locks: none; bodies are reached through ob_read / ob_write.  P1 and P2 of pages.h hold for the trie as well.
 * A trie node has 32 kids; which one, the stirred hash says, five bits a level from the top. A leaf lists (high bits of the stirred hash, position, cell) in
 * no order and becomes a node when it has more than LEAF_MAX of them.
 * Parts of a tree that was loaded from a store may be stubs (stub.h); its trie goes by lasting hashes (lasting.h).
 * T1  A live entry's position is in exactly one leaf, that of its hash; no other position is in any. (add_mark, drop_mark)
 * T2  b->index is never NULL.
 * T3  A leaf's cell is the value of the entry at that position, in every body that has both, or OB_NULL: so a key with a cell is found without its page, and
 *     the entry keeps the cell alive. (add_mark, ob__dict_tree_put) */
#include "base/mem.h"
#include "objspace/dict_table.h"
#include "objspace/dict_tree.h"
#include "objspace/dict_warm.h"
#include "objspace/kind.h"
#include <string.h>

/* tags, then positions, then cells, each `room` of them: those that are looked through lie together. */
typedef struct leaf { uint64_t era; uint32_t n, room, tag[]; } leaf;
typedef struct mark { uint32_t tag, at; ob_val cell; } mark;             /* one of them */
enum { LEAF_MAX = OB__LEAF_MAX, LAST_LEVEL = OB__TRIE_DEPTH /* what a tag tells */ };

enum { IN_PAGE = 16 };
static const ob_dict_entry holes[IN_PAGE], *const hole = holes;

static inline uint32_t tag_of(uint64_t stirred) { return (uint32_t)(stirred >> 32); }
static inline unsigned way(uint32_t tag, unsigned level) { return tag >> (27 - 5 * level) & (OB__FAN - 1); }
static inline bool is_leaf(const void *p) { return (uintptr_t)p & 1; }
static inline leaf *leaf_of(const void *p) { return (leaf *)((uintptr_t)p - 1); }
static inline void *of_leaf(leaf *l) { return (char *)l + 1; }
static inline uint32_t *positions(const leaf *l) { return (uint32_t *)(uintptr_t)l->tag + l->room; }
static inline ob_val *cells(const leaf *l) { return (ob_val *)(void *)(positions(l) + l->room); }
static inline size_t leaf_bytes(uint32_t room) { return sizeof(leaf) + room * (2 * sizeof(uint32_t) + sizeof(ob_val)); }
/* 7, 15, 31, then where hashes are equal 63 …: sizes that the heap has cells for. */
static inline uint32_t room_for(uint32_t n) {
    uint32_t room = 7;
    while (room < n) room = room * 2 + 1;
    return room;
}
static inline mark mark_at(const leaf *l, uint32_t i) { return (mark){l->tag[i], positions(l)[i], cells(l)[i]}; }
static inline void mark_put(leaf *l, uint32_t i, mark m) { l->tag[i] = m.tag, positions(l)[i] = m.at, cells(l)[i] = m.cell; }
static inline ob_val cell_or_none(ob_val v) { return ob__is_cell(v) ? v : OB_NULL; }

/* ---- the top ---- */

static inline ob__lasting *lasting(const ob_dict_body *b) { return b->cap == OB__DICT_LASTING ? b->index : NULL; }

/* Where the pointer to the top of the trie is; for who writes there: own_top. */
static inline void *const *top_of(const ob_dict_body *b) { return UNLIKELY(lasting(b) != NULL) ? &lasting(b)->trie : (void *const *)&b->index; }

static void **own_top(ob_dict_body *b, ob__allocator *alloc) {
    ob__lasting *l = lasting(b);
    if (LIKELY(l == NULL)) return &b->index;
    return (l = ob__own(&b->index, sizeof *l, b->era, alloc)) ? &l->trie : NULL;
}

bool ob__dict_make_lasting(ob_dict_body *b, void *trie) {
    ob__lasting *l = ob_block_zalloc(sizeof *l);
    if (!l || !(l->warm = ob__warm_new())) return false;
    l->trie = trie;
    b->index = l;
    b->cap = OB__DICT_LASTING;
    return true;
}

/* ---- looking ---- */

static const leaf *leaf_for(const ob_dict_body *b, uint32_t tag) {
    const void *p = ob__solid(*top_of(b));
    for (unsigned level = 0; p && !is_leaf(p); level++) p = ob__solid(((const ob__node *)p)->kid[way(tag, level)]);
    return p ? leaf_of(p) : NULL;
}

ssize_t ob__dict_tree_like(const ob_dict_body *b, uint64_t hash, uint32_t k) {
    uint32_t tag = tag_of(ob__stir(hash));
    const leaf *l = leaf_for(b, tag);
    for (uint32_t i = 0; l && i < l->n; i++)
        if (l->tag[i] == tag && k-- == 0) return positions(l)[i];
    return -1;
}

ob_val ob__dict_tree_cell(const ob_dict_body *b, ob_val key, uint64_t hash) {
    uint32_t tag = tag_of(ob__stir(hash));
    const leaf *l = leaf_for(b, tag);
    for (uint32_t i = 0; l && i < l->n; i++) {
        if (l->tag[i] != tag || !cells(l)[i].w) continue;
        ob_val k = ((const ob__dict_cell *)ob_ptr(cells(l)[i]))->key;
        if (ob_same(k, key) || ob__dict_key_known(k, key) > 0) return cells(l)[i];
    }
    return OB_NULL;
}

const ob_dict_entry *ob__dict_tree_at(const ob_dict_body *b, size_t i) {
    const ob_dict_entry *e = ob__pages_at(ob__dict_pages(b), OB__DICT_PAGING, i);
    return LIKELY(e != NULL) ? e : hole;
}

ob_val ob__dict_tree_value(const ob_dict_body *b, size_t i) {
    ob_val v = ob__dict_tree_at(b, i)->value;
    return ob__is_cell(v) ? ob__cell_read(v, OB__CELL_VALUE) : v;
}

ob_val ob_dict_newest_value(const ob_dict_entry *e) { return ob__cell_newest(e->value); }

bool ob__dict_tree_same_key(const ob_dict_body *a, const ob_dict_body *b, uint64_t hash) {
    uint32_t tag = tag_of(ob__stir(hash));
    const leaf *l = leaf_for(a, tag);
    if (l != leaf_for(b, tag)) return false;
    for (uint32_t i = 0; l && i < l->n; i++) {
        if (l->tag[i] != tag) continue;
        const ob_dict_entry *x = ob__dict_tree_at(a, positions(l)[i]), *y = ob__dict_tree_at(b, positions(l)[i]);
        if (!ob_same(x->key, y->key) || !ob_same(x->value, y->value)) return false;
    }
    return true;
}

const ob_dict_entry *ob__dict_tree_page(const ob_dict_body *b, size_t i) {
    return i < ob__pages_room(ob__dict_pages(b), OB__DICT_PAGING) ? ob__dict_tree_at(b, i) : holes;
}

size_t ob__dict_differ(const ob_dict_body *a, const ob_dict_body *b, size_t i) {
    size_t limit = a->fill > b->fill ? a->fill : b->fill;
    if (!ob__dict_is_tree(a) || !ob__dict_is_tree(b)) return i < limit ? i : limit;
    return ob__pages_differ(ob__dict_pages(a), ob__dict_pages(b), OB__DICT_PAGING, i, limit);
}

static const ob_dict_entry *page_at(const ob_dict_body *b, size_t i) { return ob__dict_tree_page(b, i & ~(size_t)(IN_PAGE - 1)); }

size_t ob__dict_live_from(const ob_dict_body *b, size_t i) {
    if (i < b->first) i = b->first;
    if (!ob__dict_is_tree(b)) {
        while (i < b->fill && !b->entries[i].key.w) i++;
        return i;
    }
    uint64_t trouble = ob__stub_trouble;
    while (i < b->fill) {
        const ob_dict_entry *page = page_at(b, i);
        if (UNLIKELY(trouble != ob__stub_trouble)) return SIZE_MAX;
        do {
            if (page[i % IN_PAGE].key.w) return i;
        } while (++i % IN_PAGE && i < b->fill);
    }
    return i;
}

size_t ob__dict_live_before(const ob_dict_body *b, size_t i) {
    if (!ob__dict_is_tree(b)) {
        while (i > 0 && !b->entries[i - 1].key.w) i--;
        return i - 1;
    }
    uint64_t trouble = ob__stub_trouble;
    while (i > b->first) {
        const ob_dict_entry *page = page_at(b, i - 1);
        if (UNLIKELY(trouble != ob__stub_trouble)) return SIZE_MAX;
        do {
            if (page[--i % IN_PAGE].key.w) return i;
        } while (i % IN_PAGE);
    }
    return SIZE_MAX;
}

/* ---- the trie ---- */

/* A leaf that this era may write, with room for one more. */
static leaf *own_leaf(void **place, uint64_t era, uint32_t more, ob__allocator *alloc) {
    const void *p = ob__solid(*place);
    leaf *l = p ? leaf_of(p) : NULL;
    if (l && l->era == era && l->n + more <= l->room) return l;
    uint32_t n = l ? l->n : 0, room = room_for(n + more);
    leaf *made = alloc(leaf_bytes(room));
    if (!made) return NULL;
    *made = (leaf){era, n, room};
    for (uint32_t i = 0; i < n; i++) mark_put(made, i, mark_at(l, i));
    *place = of_leaf(made);
    return made;
}

void *ob__dict_leaf(const uint64_t *stirred, const uint32_t *at, uint32_t n, ob__allocator *alloc) {
    leaf *l = alloc(leaf_bytes(room_for(n)));
    if (!l) return NULL;
    *l = (leaf){0, n, room_for(n)};
    for (uint32_t i = 0; i < n; i++) mark_put(l, i, (mark){tag_of(stirred[i]), at[i], OB_NULL});
    return of_leaf(l);
}

/* A node in place of a full leaf; its cells go one level down. */
static ob__node *split(const ob_dict_body *b, const leaf *l, unsigned level, ob__allocator *alloc) {
    void *made = NULL;
    ob__node *n = ob__own(&made, sizeof *n, b->era, alloc);
    for (uint32_t i = 0; n && i < l->n; i++) {
        leaf *to = own_leaf(&n->kid[way(l->tag[i], level)], b->era, 1, alloc);
        if (!to) return NULL;
        mark_put(to, to->n++, mark_at(l, i));
    }
    return n;
}

/* What stands at a place whose content is about to be replaced.  false: it cannot be brought in. */
static bool hold(void *const *place, const void **p) {
    uint64_t trouble = ob__stub_trouble;
    if (ob__is_stub(*place)) ob__stub_pin(*place);
    *p = ob__solid(*place);
    return trouble == ob__stub_trouble;
}

/* The place of the leaf for this tag, under nodes that this era may write; what there is at it. */
static void **own_way(ob_dict_body *b, uint32_t tag, bool room, const void **there, ob__allocator *alloc) {
    void **place = own_top(b, alloc);
    for (unsigned level = 0; place; level++) {
        ob__node *n;
        if (!hold(place, there)) return NULL;
        if (room && *there && is_leaf(*there) && leaf_of(*there)->n >= LEAF_MAX && level < LAST_LEVEL) {
            if (!(n = split(b, leaf_of(*there), level, alloc))) return NULL;
            *there = *place = n;
        }
        if (!*there || is_leaf(*there)) return place;
        if (!(n = ob__own(place, sizeof *n, b->era, alloc))) return NULL;
        place = &n->kid[way(tag, level)];
    }
    return NULL;
}

static bool add_mark(ob_dict_body *b, uint64_t hash, uint32_t at, ob_val cell, ob__allocator *alloc) {
    uint32_t tag = tag_of(ob__stir(hash));
    const void *there;
    void **place = own_way(b, tag, true, &there, alloc);
    leaf *l = place ? own_leaf(place, b->era, 1, alloc) : NULL;
    if (!l) return false;
    mark_put(l, l->n++, (mark){tag, at, cell});
    return true;
}

static uint32_t find_mark(const leaf *l, uint32_t at) {
    uint32_t i = 0;
    while (i < l->n && positions(l)[i] != at) i++;
    return i;
}

static bool drop_mark(ob_dict_body *b, uint64_t hash, uint32_t at, ob__allocator *alloc) {
    const void *there;
    void **place = own_way(b, tag_of(ob__stir(hash)), false, &there, alloc);
    leaf *l = place && there ? own_leaf(place, b->era, 0, alloc) : NULL;
    if (!l) return place && !there;
    uint32_t i = find_mark(l, at);
    if (i < l->n) mark_put(l, i, mark_at(l, l->n - 1)), l->n--;
    return true;
}

/* T3, for an entry that gets or loses a cell. */
static bool change_mark(ob_dict_body *b, uint64_t hash, uint32_t at, ob_val cell, ob__allocator *alloc) {
    const void *there;
    void **place = own_way(b, tag_of(ob__stir(hash)), false, &there, alloc);
    leaf *l = place && there ? own_leaf(place, b->era, 0, alloc) : NULL;
    if (!l) return place && !there;
    uint32_t i = find_mark(l, at);
    if (i < l->n) cells(l)[i] = cell;
    return true;
}

/* ---- the trie of many at once ---- */

static void *trie_of(mark *m, mark *room, uint32_t n, unsigned level, uint64_t era, ob__allocator *alloc, bool *ok);

static leaf *leaf_of_marks(const mark *m, uint32_t n, uint64_t era, ob__allocator *alloc) {
    leaf *l = alloc(leaf_bytes(room_for(n)));
    if (!l) return NULL;
    *l = (leaf){era, n, room_for(n)};
    for (uint32_t i = 0; i < n; i++) mark_put(l, i, m[i]);
    return l;
}

/* A node over marks that are dealt out to its kids, in `room`. */
static void *node_of_marks(const mark *m, mark *room, uint32_t n, unsigned level, uint64_t era, ob__allocator *alloc, bool *ok) {
    uint32_t count[OB__FAN + 1] = {0}, next[OB__FAN];
    void *made = NULL;
    ob__node *node = ob__own(&made, sizeof *node, era, alloc);
    if (!node) return *ok = false, NULL;
    for (uint32_t i = 0; i < n; i++) count[way(m[i].tag, level) + 1]++;
    for (unsigned k = 0; k < OB__FAN; k++) next[k] = count[k], count[k + 1] += count[k];
    for (uint32_t i = 0; i < n; i++) room[next[way(m[i].tag, level)]++] = m[i];
    for (unsigned k = 0; k < OB__FAN && *ok; k++)
        node->kid[k] = trie_of(room + count[k], (mark *)(uintptr_t)m + count[k], count[k + 1] - count[k], level + 1, era, alloc, ok);
    return node;
}

/* As add_mark, one by one, would make it; m and room are both used up. NULL: none. */
static void *trie_of(mark *m, mark *room, uint32_t n, unsigned level, uint64_t era, ob__allocator *alloc, bool *ok) {
    if (!n) return NULL;
    if (n > LEAF_MAX && level < LAST_LEVEL) return node_of_marks(m, room, n, level, era, alloc, ok);
    leaf *l = leaf_of_marks(m, n, era, alloc);
    if (!l) *ok = false;
    return l ? of_leaf(l) : NULL;
}

/* The hash that the trie goes by. */
static uint64_t trie_hash(const ob_dict_body *b, const ob_dict_entry *e) {
    uint64_t h = e->hash;
    if (UNLIKELY(b->cap == OB__DICT_LASTING)) (void)ob__lasting_hash(e->key, &h);
    return h;
}

/* ---- changing ---- */

/* Can the trie lead to this key?  (One that is in a lasting one may have been of another mind: its class has been given a __hash__ since.) */
static inline bool has_way(const ob_dict_body *b, ob_val key) {
    uint64_t hash;
    return LIKELY(b->cap != OB__DICT_LASTING) || ob__lasting_hash(key, &hash);
}

static inline void take_era(ob_dict_body *b) {
    if (UNLIKELY(b->era == 0)) b->era = ob__era_new();
}

bool ob__dict_tree_init(ob_dict_body *to, uint32_t gap, ob__allocator *alloc) {
    *to = (ob_dict_body){.log2 = OB_DICT_TREE, .fill = gap, .first = gap, .era = ob__era_new()};
    return own_leaf(&to->index, to->era, 1, alloc) != NULL;
}

static ob_dict_entry *own_entry(ob_dict_body *b, size_t at, ob__allocator *alloc) {
    ob__pages p = ob__dict_pages(b);
    ob_dict_entry *e = ob__pages_own(&p, OB__DICT_PAGING, at, b->era, alloc);
    b->pages = p.root;
    b->cells = p.levels;
    return e;
}

bool ob__dict_tree_put(ob_dict_body *b, size_t at, ob_val v, ob__allocator *alloc) {
    take_era(b);
    ob_dict_entry *e = own_entry(b, at, alloc);
    ob_val cell = cell_or_none(v);
    if (!e || (!ob_same(cell, cell_or_none(e->value)) && !change_mark(b, trie_hash(b, e), (uint32_t)at, cell, alloc))) return false;
    e->value = v;
    return true;
}

bool ob__dict_tree_add(ob_dict_body *b, uint32_t at, const ob_dict_entry *e, ob__allocator *alloc) {
    ob_dict_entry *to;
    take_era(b);
    if (!has_way(b, e->key) && !ob__dict_tree_settle(b, alloc)) return false;
    if (!(to = own_entry(b, at, alloc)) || !add_mark(b, trie_hash(b, e), at, cell_or_none(e->value), alloc)) return false;
    *to = *e;
    b->used++;
    if (at >= b->fill) b->fill = at + 1;
    else b->first = at;
    return true;
}

/* Moves `first` on, as far as that brings nothing in. */
static void pass_holes(ob_dict_body *b) {
    uint64_t was = ob__stub_hush(), trouble = ob__stub_trouble;
    for (; b->first < b->fill; b->first++) {
        const ob_dict_entry *e = ob__dict_tree_at(b, b->first);
        if (e->key.w || trouble != ob__stub_trouble) break;
    }
    ob__stub_trouble = trouble;
    (void)ob__stub_loud(was);
}

bool ob__dict_tree_drop(ob_dict_body *b, size_t at, ob__allocator *alloc) {
    take_era(b);
    if (!has_way(b, ob__dict_tree_at(b, at)->key) && !ob__dict_tree_settle(b, alloc)) return false;
    ob_dict_entry *e = own_entry(b, at, alloc);
    if (!e || !drop_mark(b, trie_hash(b, e), (uint32_t)at, alloc)) return false;
    *e = *hole;
    b->used--;
    pass_holes(b);
    return true;
}

/* The trie of all that the pages hold. */
static bool index_all(ob_dict_body *b, ob__allocator *alloc) {
    mark *m = base_mem_alloc((b->used + 1) * 2 * sizeof *m);
    uint32_t n = 0;
    bool ok = m != NULL;
    for (size_t i = 0; ok && (i = ob__dict_live_from(b, i)) < b->fill; i++) {
        const ob_dict_entry *e = ob__dict_tree_at(b, i);
        m[n++] = (mark){tag_of(ob__stir(trie_hash(b, e))), (uint32_t)i, cell_or_none(e->value)};
    }
    void *root = ok ? trie_of(m, m + b->used, n, 0, b->era, alloc, &ok) : NULL;
    base_mem_free(m);
    if (ok && root) b->index = root;
    return ok;
}

static bool pages_from(ob_dict_body *b, const ob_dict_body *flat, const tx_handle *of, ob__allocator *alloc) {
    for (uint32_t i = 0; i < flat->fill; i += IN_PAGE) {
        uint32_t n = flat->fill - i < IN_PAGE ? flat->fill - i : IN_PAGE;
        ob_dict_entry *e = own_entry(b, i, alloc);
        if (!e) return false;
        memcpy(e, &flat->entries[i], n * sizeof *e);
        for (uint32_t k = 0; k < n; k++) {
            if (!e[k].key.w) e[k] = *hole;
            else if (of && ob_is_null(e[k].value = ob__dict_cell_shared(of, e[k].key, e[k].value))) return false;
        }
    }
    return true;
}

bool ob__dict_tree_from(ob_dict_body *to, const ob_dict_body *flat, const tx_handle *of, ob__allocator *alloc) {
    ob_dict_body b;
    if (!ob__dict_tree_init(&b, 0, alloc) || !pages_from(&b, flat, of, alloc)) return false;
    b.used = flat->used;
    b.fill = flat->fill;
    b.first = flat->first;
    b.layout = flat->layout;
    b.reign = flat->reign;
    if (!index_all(&b, alloc)) return false;
    *to = b;
    return true;
}

/* ---- all of it ---- */

static bool hold_pages(void *const *place, uint32_t levels) {
    const void *p;
    if (!hold(place, &p)) return false;
    for (unsigned i = 0; p && levels && i < OB__FAN; i++)
        if (!hold_pages(&((const ob__node *)p)->kid[i], levels - 1)) return false;
    return true;
}

static bool hold_trie(void *const *place) {
    const void *p;
    if (!hold(place, &p)) return false;
    for (unsigned i = 0; p && !is_leaf(p) && i < OB__FAN; i++)
        if (!hold_trie(&((const ob__node *)p)->kid[i])) return false;
    return true;
}

bool ob__dict_tree_hold(const ob_dict_body *b) {
    if (b->cap != OB__DICT_LASTING) return true;
    return hold_pages((void *const *)&b->pages, b->cells) && hold_trie(top_of(b));
}

bool ob__dict_tree_settle(ob_dict_body *b, ob__allocator *alloc) {
    ob_dict_body n = *b;
    if (!ob__dict_tree_hold(b)) return false;
    take_era(b);
    n.cap = 0;
    n.index = NULL;
    n.era = b->era;
    if (!own_leaf(&n.index, n.era, 1, alloc) || !index_all(&n, alloc)) return false;
    *b = n;
    return true;
}

/* ---- the collector ---- */

static void trace_trie(const void *p, ob_tracer *t) {
    if (!(p = ob__stub_trace(p, t))) return;
    if (is_leaf(p)) {
        ob_trace_block(t, leaf_of(p));
        return;
    }
    if (!t->block(t, p)) return;
    for (unsigned i = 0; i < OB__FAN; i++) trace_trie(((const ob__node *)p)->kid[i], t);
}

static void trace_entries(ob_tracer *t, const void *at, size_t n) {
    const ob_dict_entry *e = at;
    for (; n--; e++) {
        ob_trace_val(t, e->key);
        ob_trace_val(t, e->value);
    }
}

void ob__dict_tree_trace(const ob_dict_body *b, ob_tracer *t) {
    const ob__lasting *l = lasting(b);
    if (!l || t->block(t, l)) trace_trie(*top_of(b), t);
    if (l) ob__warm_trace(l->warm, b, t);
    ob__pages_trace(ob__dict_pages(b), OB__DICT_PAGING, t, trace_entries);
}
