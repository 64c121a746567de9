/* verify.c: looks at every page of a store: each tree to its leaves and long values, each page in one place only, and the list of free pages.
 * Locks: none; the snapshot of a transaction. */
#include "txn/store/pages.h"
#include "base/mem.h"
#include "txn/store/record.h"

typedef struct verifier {
    st__map *m;
    const st__meta *meta;
    uint64_t *used;                          /* a bit for each page that was met */
    st__damage_fn *damage;
    void *arg;
    uint64_t found, looked;
} verifier;

static void report(verifier *v, uint64_t page, const char *why) {
    v->found++;
    v->damage(v->arg, page, why);
}

/* false: it was met before. */
static bool meet(verifier *v, uint64_t page, const char *why) {
    uint64_t bit = UINT64_C(1) << page % 64;
    if (page > v->meta->last || v->used[page / 64] & bit) return report(v, page, why), false;
    v->used[page / 64] |= bit;
    if (++v->looked % ST__REST == 0) st__map_rest(v->m);
    return true;
}

static void walk_leaf(verifier *v, const uint8_t *p) {
    for (unsigned i = 0; i < st__page_keys(p); i++) {
        st__item item;
        st__fault f;
        uint64_t bytes, at = st__page_overflow(p, i, &bytes);
        if (!at) continue;
        if (!st__page_item(v->m, v->meta, p, i, &item, &f)) {
            report(v, f.page, f.why);
            continue;
        }
        for (uint64_t n = st__page_run(v->m, v->meta, at); n > 0; n--) (void)meet(v, at + n - 1, "it is used in two places");
    }
}

/* As deep as the tree, which is 32 at most. */
static void walk(verifier *v, const st__tree *t, uint64_t page, unsigned height) {
    st__fault f;
    if (!meet(v, page, "it is used in two places")) return;
    const uint8_t *p = st__page(v->m, v->meta, page, height == 1 ? ST__LEAF : ST__BRANCH, t, &f);
    if (!p) return report(v, f.page, f.why);
    if (height == 1) return walk_leaf(v, p);
    for (unsigned i = 0; i < st__page_keys(p); i++) walk(v, t, st__page_child(p, i), height - 1);
}

/* The keys of neighbouring leaves, and the number of entries. */
static void count(verifier *v, const st__tree *t) {
    st__place p;
    st__item i;
    st__fault f;
    uint64_t n = 0;
    st__found found = st__tree_seek(v->m, v->meta, t, (st_key){0}, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(v->m, v->meta, t, &p, 1, &i, &f))
        if (++n % (2 * ST__REST) == 0) st__map_rest(v->m);
    if (found == ST__BAD) report(v, f.page, f.why);
    else if (n != t->entries) report(v, t->root == ST_NO_PAGE ? 0 : t->root, "the tree has another number of entries than it says");
}

static void tree(verifier *v, const st__tree *t) {
    uint64_t before = v->found;
    if (t->root != ST_NO_PAGE) walk(v, t, t->root, t->depth);
    if (v->found == before) count(v, t);
}

static void tables(verifier *v) {
    st__place p;
    st__item i;
    st__fault f;
    st__tree t;
    bool ints;
    uint64_t before = v->found;
    tree(v, &v->meta->main);
    if (v->found != before) return;
    st__found found = st__tree_seek(v->m, v->meta, &v->meta->main, (st_key){0}, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(v->m, v->meta, &v->meta->main, &p, 1, &i, &f)) {
        if (st__tree_kind(&i, &ints) && st__tree_of_item(&i, ints, v->meta->last, &t)) tree(v, &t);
        else report(v, p.page[p.n - 1], "the root of a table is impossible");
    }
}

/* After the trees: what is listed as free must not be in them. */
static void free_list(verifier *v) {
    st__place p;
    st__item i;
    st__fault f;
    uint64_t before = v->found;
    tree(v, &v->meta->free);
    if (v->found != before) return;
    st__found found = st__tree_seek(v->m, v->meta, &v->meta->free, (st_key){0}, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(v->m, v->meta, &v->meta->free, &p, 1, &i, &f)) {
        uint64_t n = i.n >= 8 ? st_load64(i.value) : UINT64_MAX;
        if (n > i.n / 8 - 1) report(v, p.page[p.n - 1], "an entry of the list of free pages is impossible");
        else
            for (uint64_t k = 1; k <= n; k++) (void)meet(v, st_load64(i.value + 8 * k), "it is listed as free and used, or listed twice");
    }
}

int st__map_verify(st__map *m, const st__meta *meta, st__damage_fn *damage, void *arg, uint64_t *found) {
    verifier v = {.m = m, .meta = meta, .damage = damage, .arg = arg, .used = base_mem_zeroed((size_t)(meta->last / 64 + 1) * 8)};
    if (v.used == NULL) return -1;
    tables(&v);
    free_list(&v);
    base_mem_free(v.used);
    *found = v.found;
    return 0;
}
