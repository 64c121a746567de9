/* dict_tree.c: dicts as trees: pages of entries, and a trie of hashes that leads to positions in them.
 * Locks: none; bodies are reached through ob_read / ob_write.  P1 and P2 of pages.h hold for the trie as well.
 * A trie node has 32 kids; which one, the stirred hash says, five bits a level from the top. A leaf lists (low bits of the stirred hash, position) in
 * no order and becomes a node when it has LEAF_MAX of them.
 * T1  A live entry's position is in exactly one leaf, that of its hash; no other position is in any. (add_cell, drop_cell)
 * T2  b->index is never NULL. */
#include "objspace/dict_tree.h"
#include "objspace/kind.h"
#include <string.h>

typedef struct cell { uint32_t tag, at; } cell;
typedef struct leaf { uint64_t era; uint32_t n, room; cell c[]; } leaf;
enum { LEAF_MAX = 30, LAST_LEVEL = 12 };

enum { IN_PAGE = 16 };
static const ob_dict_entry holes[IN_PAGE], *const hole = holes;

static inline uint64_t stir(uint64_t hash) { return hash * UINT64_C(0x9e3779b97f4a7c15); }
static inline unsigned way(uint64_t stirred, unsigned level) { return (unsigned)(stirred >> (59 - 5 * level)) & (OB__FAN - 1); }
static inline bool is_leaf(const void *p) { return (uintptr_t)p & 1; }
static inline leaf *leaf_of(const void *p) { return (leaf *)((uintptr_t)p - 1); }
static inline void *of_leaf(leaf *l) { return (char *)l + 1; }
static inline size_t leaf_bytes(uint32_t room) { return sizeof(leaf) + room * sizeof(cell); }
/* 6, 14, 30, then where hashes are equal 62 …: sizes that the heap has cells for. */
static inline uint32_t room_for(uint32_t n) {
    uint32_t room = 6;
    while (room < n) room = room * 2 + 2;
    return room;
}

/* ---- looking ---- */

static const leaf *leaf_for(const ob_dict_body *b, uint64_t stirred) {
    const void *p = b->index;
    for (unsigned level = 0; p && !is_leaf(p); level++) p = ((const ob__node *)p)->kid[way(stirred, level)];
    return p ? leaf_of(p) : NULL;
}

ssize_t ob__dict_tree_like(const ob_dict_body *b, uint64_t hash, uint32_t k) {
    uint64_t stirred = stir(hash);
    const leaf *l = leaf_for(b, stirred);
    for (uint32_t i = 0; l && i < l->n; i++)
        if (l->c[i].tag == (uint32_t)stirred && k-- == 0) return l->c[i].at;
    return -1;
}

const ob_dict_entry *ob__dict_tree_at(const ob_dict_body *b, size_t i) {
    const ob_dict_entry *e = ob__pages_at(ob__dict_pages(b), OB__DICT_PAGING, i);
    return LIKELY(e != NULL) ? e : hole;
}

const ob_dict_entry *ob__dict_tree_page(const ob_dict_body *b, size_t i) {
    return i < ob__pages_room(ob__dict_pages(b), OB__DICT_PAGING) ? ob__dict_tree_at(b, i) : holes;
}

size_t ob__dict_differ(const ob_dict_body *a, const ob_dict_body *b, size_t i) {
    size_t limit = a->fill > b->fill ? a->fill : b->fill;
    if (!ob__dict_is_tree(a) || !ob__dict_is_tree(b)) return i < limit ? i : limit;
    return ob__pages_differ(ob__dict_pages(a), ob__dict_pages(b), OB__DICT_PAGING, i, limit);
}

/* ---- the trie ---- */

/* A leaf that this era may write, with room for one more. */
static leaf *own_leaf(void **place, uint64_t era, uint32_t more, ob__allocator *alloc) {
    leaf *l = *place ? leaf_of(*place) : NULL;
    if (l && l->era == era && l->n + more <= l->room) return l;
    uint32_t n = l ? l->n : 0, room = room_for(n + more);
    leaf *made = alloc(leaf_bytes(room));
    if (!made) return NULL;
    *made = (leaf){era, n, room};
    if (n) memcpy(made->c, l->c, n * sizeof *l->c);
    *place = of_leaf(made);
    return made;
}

/* A node in place of a full leaf; its cells go one level down. */
static ob__node *split(const ob_dict_body *b, const leaf *l, unsigned level, ob__allocator *alloc) {
    void *made = NULL;
    ob__node *n = ob__own(&made, sizeof *n, b->era, alloc);
    for (uint32_t i = 0; n && i < l->n; i++) {
        leaf *to = own_leaf(&n->kid[way(stir(ob_dict_entry_at(b, l->c[i].at)->hash), level)], b->era, 1, alloc);
        if (!to) return NULL;
        to->c[to->n++] = l->c[i];
    }
    return n;
}

static bool add_cell(ob_dict_body *b, uint64_t hash, uint32_t at, ob__allocator *alloc) {
    uint64_t stirred = stir(hash);
    void **place = &b->index;
    for (unsigned level = 0;; level++) {
        ob__node *n;
        if (*place && is_leaf(*place) && leaf_of(*place)->n >= LEAF_MAX && level < LAST_LEVEL) {
            if (!(n = split(b, leaf_of(*place), level, alloc))) return false;
            *place = n;
        }
        if (!*place || is_leaf(*place)) break;
        if (!(n = ob__own(place, sizeof *n, b->era, alloc))) return false;
        place = &n->kid[way(stirred, level)];
    }
    leaf *l = own_leaf(place, b->era, 1, alloc);
    if (!l) return false;
    l->c[l->n++] = (cell){(uint32_t)stirred, at};
    return true;
}

static bool drop_cell(ob_dict_body *b, uint64_t hash, uint32_t at, ob__allocator *alloc) {
    uint64_t stirred = stir(hash);
    void **place = &b->index;
    for (unsigned level = 0; !is_leaf(*place); level++) {
        ob__node *n = ob__own(place, sizeof *n, b->era, alloc);
        if (!n) return false;
        place = &n->kid[way(stirred, level)];
    }
    leaf *l = own_leaf(place, b->era, 0, alloc);
    if (!l) return false;
    uint32_t i = 0;
    while (l->c[i].at != at) i++;
    l->c[i] = l->c[--l->n];
    return true;
}

/* ---- changing ---- */

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

ob_dict_entry *ob__dict_tree_own(ob_dict_body *b, size_t at, ob__allocator *alloc) {
    take_era(b);
    return own_entry(b, at, alloc);
}

bool ob__dict_tree_add(ob_dict_body *b, uint32_t at, const ob_dict_entry *e, ob__allocator *alloc) {
    ob_dict_entry *to;
    take_era(b);
    if (!(to = own_entry(b, at, alloc)) || !add_cell(b, e->hash, at, alloc)) return false;
    *to = *e;
    b->used++;
    if (at >= b->fill) b->fill = at + 1;
    else b->first = at;
    return true;
}

bool ob__dict_tree_drop(ob_dict_body *b, size_t at, ob__allocator *alloc) {
    take_era(b);
    ob_dict_entry *e = own_entry(b, at, alloc);
    if (!e || !drop_cell(b, e->hash, (uint32_t)at, alloc)) return false;
    *e = *hole;
    b->used--;
    while (b->first < b->fill && !ob__dict_tree_at(b, b->first)->key.w) b->first++;
    return true;
}

bool ob__dict_tree_from(ob_dict_body *to, const ob_dict_body *flat, ob__allocator *alloc) {
    ob_dict_body b;
    if (!ob__dict_tree_init(&b, 0, alloc)) return false;
    for (uint32_t i = 0; i < flat->fill; i += IN_PAGE) {
        uint32_t n = flat->fill - i < IN_PAGE ? flat->fill - i : IN_PAGE;
        ob_dict_entry *e = own_entry(&b, i, alloc);
        if (!e) return false;
        memcpy(e, &flat->entries[i], n * sizeof *e);
        for (uint32_t k = 0; k < n; k++) {
            if (!e[k].key.w) e[k] = *hole;
            else if (!add_cell(&b, e[k].hash, i + k, alloc)) return false;
        }
    }
    b.used = flat->used;
    b.fill = flat->fill;
    b.first = flat->first;
    b.layout = flat->layout;
    *to = b;
    return true;
}

/* ---- the collector ---- */

static void trace_trie(const void *p, ob_tracer *t) {
    if (!p) return;
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
    trace_trie(b->index, t);
    ob__pages_trace(ob__dict_pages(b), OB__DICT_PAGING, t, trace_entries);
}
