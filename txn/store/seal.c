/* seal.c: keeps the sums of pages in step with the file (sums.h): which pages a transaction has written, and whether the sums of an opened store may be believed.
 *
 * Locks: st__seal_commit under the store's lock, right after a commit; st__seal_open by the thread that opens.
 * S1  The pages that a transaction has written are those that its trees have and the trees before it have not: pages are never written in place.
 * S2  `through` follows the newest transaction by one at most; only between a commit and the end of st__seal_commit does a reader find it behind. */
#include "txn/store/lmdb_int.h"
#include "base/mem.h"
#include "base/vec.h"
#include <stdlib.h>
#include <string.h>

typedef VEC(uint64_t) pages;
typedef struct side { st__map *map; const st__meta *meta; const st__tree *tree; unsigned height; pages set; } side;   /* one of two trees, at the same height of both */

static int by_number(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void sort(pages *p) {
    if (p->n > 1) qsort(p->at, p->n, sizeof *p->at, by_number);
}

/* What both have goes out of both. */
static void drop_common(pages *a, pages *b) {
    size_t i = 0, j = 0, na = 0, nb = 0;
    sort(a);
    sort(b);
    while (i < a->n || j < b->n) {
        if (j == b->n || (i < a->n && a->at[i] < b->at[j])) a->at[na++] = a->at[i++];
        else if (i == a->n || b->at[j] < a->at[i]) b->at[nb++] = b->at[j++];
        else i++, j++;
    }
    a->n = na;
    b->n = nb;
}

/* From branches to their children. A page that cannot be read has none: then more counts as new than is. */
static bool go_down(side *s) {
    pages below = {0};
    st__fault f;
    bool ok = true;
    for (size_t i = 0; ok && i < s->set.n; i++) {
        const uint8_t *p = st__page(s->map, s->meta, s->set.at[i], ST__BRANCH, s->tree, &f);
        for (unsigned k = 0; p && ok && k < st__page_keys(p); k++) ok = VEC_PUSH(&below, st__page_child(p, k));
    }
    VEC_RELEASE(&s->set);
    s->set = below;
    s->height--;
    return ok;
}

/* From leaves to all pages of their long values. */
static bool go_to_long_values(side *s) {
    pages runs = {0};
    st__fault f;
    bool ok = true;
    for (size_t i = 0; ok && i < s->set.n; i++) {
        const uint8_t *p = st__page(s->map, s->meta, s->set.at[i], ST__LEAF, s->tree, &f);
        for (unsigned k = 0; p && ok && k < st__page_keys(p); k++) {
            uint64_t bytes, at = st__page_overflow(p, k, &bytes);
            for (uint64_t n = at ? st__page_run(s->map, s->meta, at) : 0; ok && n > 0; n--) ok = VEC_PUSH(&runs, at + n - 1);
        }
    }
    VEC_RELEASE(&s->set);
    s->set = runs;
    return ok;
}

static bool add_all(pages *to, const pages *from) {
    bool ok = true;
    for (size_t i = 0; ok && i < from->n; i++) ok = VEC_PUSH(to, from->at[i]);
    return ok;
}

/* The pages that the new tree has and the old one has not. */
static bool compare(side *old, side *new, pages *out) {
    bool ok = true;
    if (new->height && new->tree->root == (old->height ? old->tree->root : ST_NO_PAGE)) return true;
    if (old->height) ok = VEC_PUSH(&old->set, old->tree->root);
    if (ok && new->height) ok = VEC_PUSH(&new->set, new->tree->root);
    while (ok && new->height) {
        if (old->height > new->height) {
            ok = go_down(old);
            continue;
        }
        if (old->height == new->height) drop_common(&old->set, &new->set);
        ok = add_all(out, &new->set);
        bool leaves = new->height == 1;
        if (ok && old->height == new->height) ok = leaves ? go_to_long_values(old) : go_down(old);
        if (ok) ok = leaves ? go_to_long_values(new) : go_down(new);
        if (leaves) break;
    }
    if (ok) drop_common(&old->set, &new->set), ok = add_all(out, &new->set);
    return ok;
}

static st__map without_sums(const st__map *m) {
    return (st__map){.at = m->at, .reserved = m->reserved, .fd = m->fd, .psize = m->psize, .seen = m->seen, .seen_bytes = m->seen_bytes,
                     .file_pages = atomic_load_explicit(&m->file_pages, memory_order_relaxed)};
}

static bool seal_tree(st__map *m, const st__meta *was, const st__tree *old, const st__meta *is, const st__tree *new) {
    st__map bare = without_sums(m);                      /* the new pages have no sums yet, or those of what was there before */
    side a = {m, was, old, old->depth, {0}}, b = {&bare, is, new, new->depth, {0}};
    pages fresh = {0};
    bool ok = compare(&a, &b, &fresh);
    for (size_t i = 0; ok && i < fresh.n; i++)
        if (fresh.at[i] <= is->last) st__sums_put(m->sums, fresh.at[i], st__sums_of(m->at + fresh.at[i] * m->psize, m->psize));
    VEC_RELEASE(&a.set);
    VEC_RELEASE(&b.set);
    VEC_RELEASE(&fresh);
    return ok;
}

static bool seal_tables(st__map *m, const st__meta *was, const st__meta *is) {
    st__place p;
    st__item i;
    st__fault f;
    st__found found = st__tree_seek(m, is, &is->main, (st_key){0}, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(m, is, &is->main, &p, 1, &i, &f)) {
        st__tree new, old = {.root = ST_NO_PAGE};
        st__item before;
        bool ints;
        if (!st__tree_kind(&i, &ints) || !st__tree_of_item(&i, ints, is->last, &new)) return false;
        st__found had = st__tree_find(m, was, &was->main, i.key, &before, &f);
        if (had == ST__FOUND && !st__tree_of_item(&before, ints, was->last, &old)) return false;
        if (!seal_tree(m, was, &old, is, &new)) return false;
    }
    return found == ST__ABSENT;
}

void st__seal_commit(st__map *m, const st__meta *was) {
    st__meta is;
    st__fault f;
    if (m->sums == NULL || !m->sums->at || !m->sums->writing) return;
    if (st__map_meta(m, 0, &is, &f) == ST__FOUND && is.txn == was->txn) return;      /* it has changed nothing */
    if (st__map_meta(m, was->txn + 1, &is, &f) == ST__FOUND && st__sums_cover(m->sums, is.last + 1) && seal_tree(m, was, &was->free, &is, &is.free) &&
        seal_tree(m, was, &was->main, &is, &is.main) && seal_tables(m, was, &is))
        st__sums_head(m->sums, is.txn, st__map_meta_sum(m, is.txn), false);
    else
        st__sums_discard(m->sums);
}

/* ---- opening ---- */

/* Begins the file anew. */
static void begin(st__map *m, const st__meta *now) {
    st__sums_clear(m->sums);
    if (m->sums->at == NULL) m->sums = NULL;
    else if (st__sums_cover(m->sums, now->last + 1)) st__sums_head(m->sums, now->txn, st__map_meta_sum(m, now->txn), false);
}

/* What a killed process did not get to: the sums of its last transaction. */
static bool catch_up(st__map *m, const st__seal *s, const st__meta *now) {
    st__meta was;
    st__fault f;
    if (st__map_meta(m, s->txn, &was, &f) != ST__FOUND || st__map_meta_sum(m, s->txn) != s->meta_sum) return false;
    st__seal_commit(m, &was);
    return m->sums->writing && !atomic_load(&m->sums->off) && atomic_load(&m->sums->through) == now->txn;
}

/* The newest meta page and the checksum of what it says, of the same moment: another process may be writing. */
static st__found newest(st__map *m, st__meta *now, uint32_t *sum, st__fault *fault) {
    for (int tries = 0; tries < 100; tries++) {
        st__found found = st__map_meta(m, 0, now, fault);
        if (found == ST__FOUND) *sum = st__map_meta_sum(m, now->txn);
        if (found == ST__BAD || (found == ST__FOUND && st__map_newest(m) == now->txn)) return found;
    }
    return ST__ABSENT;
}

/* false: the store is not what was written last (fault). */
bool st__seal_open(st__map *m, st__sums *sums, const char *dir, bool writing, const uint8_t *uuid, st__fault *fault) {
    st__seal s;
    st__meta now;
    if (!st__sums_open(sums, dir, writing, uuid, m->reserved / m->psize, &s)) return true;
    uint32_t sum;
    st__found found = newest(m, &now, &sum, fault);
    if (found != ST__FOUND) return found == ST__ABSENT;
    m->sums = sums;
    st__map_forget(m);
    bool believed = s.txn != 0 && (s.clean || s.same_boot);
    if (believed && s.txn > now.txn) {
        *fault = (st__fault){"the store has gone back to an older state: a later transaction was written to it", now.txn % 2};
        return false;
    }
    if (believed && s.txn == now.txn && s.meta_sum != sum) {
        *fault = (st__fault){"the meta page is not the one that was written", now.txn % 2};
        return false;
    }
    if (!writing) {
        if (!believed || !st__sums_await(sums, now.txn)) m->sums = NULL;
        return true;
    }
    if (!believed || (s.txn != now.txn && !(s.txn + 1 == now.txn && catch_up(m, &s, &now)))) begin(m, &now);
    return true;
}
