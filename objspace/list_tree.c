/* list_tree.c: lists as trees.  Locks: none.  Invariants: pages.h.
 * T1  Items from len on are absent (zero), so that equal lists of one descent have equal pages. (whoever shortens a tree) */
#include "objspace/list_tree.h"
#include <string.h>

/* Read in place of a page that cannot be brought in: something that can be looked at (ob_unread). */
static const ob_val unread[32] = {[0 ... 31] = {(uint64_t)(uintptr_t)&ob_none_object}};

const ob_val *ob__list_run(const ob_list_body *b, size_t i, size_t *n) {
    if (!ob__list_is_tree(b)) {
        *n = b->len - i;
        return b->items + i;
    }
    const ob__list_tree *t = ob__list_tree_of(b);
    size_t in_page = ((i | 31) + 1 < t->len ? (i | 31) + 1 : t->len) - i;
    *n = in_page;
    const ob_val *run = ob__pages_at(t->p, OB__LIST_PAGING, i);
    return LIKELY(run != NULL) ? run : unread;
}

bool ob__list_copy_out(const ob_list_body *b, size_t start, size_t n, ob_val *to) {
    uint64_t trouble = ob__stub_trouble;
    while (n) {
        size_t k;
        const ob_val *run = ob__list_run(b, start, &k);
        if (k > n) k = n;
        memcpy(to, run, k * sizeof *to);
        start += k, to += k, n -= k;
    }
    return trouble == ob__stub_trouble;
}

static bool hold(void *const *place, uint32_t levels) {
    uint64_t trouble = ob__stub_trouble;
    if (ob__is_stub(*place)) ob__stub_pin(*place);
    const ob__node *n = ob__solid(*place);
    if (trouble != ob__stub_trouble) return false;
    for (unsigned i = 0; n && levels && i < OB__FAN; i++)
        if (!hold(&n->kid[i], levels - 1)) return false;
    return true;
}

bool ob__list_tree_hold(const ob_list_body *b) {
    const ob__list_tree *t = ob__list_tree_of(b);
    return hold((void *const *)&t->p.root, t->p.levels);
}

static void become(ob_list_body *to, ob__list_tree *t) { *to = (ob_list_body){(ob_val *)(void *)t, 0, 0}; }

bool ob__list_tree_from(ob_list_body *to, const ob_list_body *flat, ob__allocator *alloc) {
    ob__list_tree t = {.len = flat->len, .era = ob__era_new()}, *made = alloc(sizeof t);
    if (!made) return false;
    for (size_t i = 0, n; i < flat->len; i += n) {
        n = flat->len - i < 32 ? flat->len - i : 32;
        ob_val *items = ob__pages_own(&t.p, OB__LIST_PAGING, i, t.era, alloc);
        if (!items) return false;
        memcpy(items, flat->items + i, n * sizeof *items);
    }
    *made = t;
    become(to, made);
    return true;
}

bool ob__list_tree_copy(ob_list_body *to, const ob_list_body *tree, ob__allocator *alloc) {
    ob__list_tree *made = alloc(sizeof *made);
    if (!made) return false;
    *made = *ob__list_tree_of(tree);
    made->era = 0;
    become(to, made);
    return true;
}

ob_val *ob__list_tree_own(ob_list_body *b, size_t i, ob__allocator *alloc) {
    ob__list_tree *t = ob__list_tree_of(b);
    if (UNLIKELY(t->era == 0)) t->era = ob__era_new();
    return ob__pages_own(&t->p, OB__LIST_PAGING, i, t->era, alloc);
}

bool ob__list_tree_drop(ob_list_body *b, size_t i, ob__allocator *alloc) {
    ob__list_tree *t = ob__list_tree_of(b);
    if (t->era == 0) t->era = ob__era_new();
    return ob__pages_drop(&t->p, OB__LIST_PAGING, i, t->era, alloc);
}

bool ob__list_flatten(ob_list_body *b, size_t room) {
    size_t n = ob__list_size(b);
    if (room < n) room = n;
    ob_list_body flat = {NULL, n, room};
    if (!ob__list_tree_hold(b) || (room && !(flat.items = ob_block_alloc(room * sizeof(ob_val)))) || !ob__list_copy_out(b, 0, n, flat.items)) return false;
    *b = flat;
    return true;
}

size_t ob__list_differ(const ob_list_body *a, const ob_list_body *b, size_t from) {
    size_t n = ob__list_size(a), m = ob__list_size(b), limit = n > m ? n : m;
    if (from % 32 || !ob__list_is_tree(a) || !ob__list_is_tree(b)) return from < limit ? from : limit;
    return ob__pages_differ(ob__list_tree_of(a)->p, ob__list_tree_of(b)->p, OB__LIST_PAGING, from, limit);
}

static void trace_items(ob_tracer *t, const void *at, size_t n) { ob_trace_vals(t, at, n); }
void ob__list_tree_trace(const ob_list_body *b, ob_tracer *t) {
    ob_trace_block(t, b->items);
    ob__pages_trace(ob__list_tree_of(b)->p, OB__LIST_PAGING, t, trace_items);
}
