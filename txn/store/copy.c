/* copy.c: a compacted copy of a store's file, page by page: each tree from its leaves up, so that a page is written when those below it have their new numbers.
 * What is read is checked as all reading is (pages.h); a page that is met twice ends it, so it cannot go on for longer than the file has pages.
 * The sums of the copy's pages are made on the way: the copy is guarded from its first minute on, not from its first use.
 * Locks: none; the snapshot of a transaction, and a directory that nobody else knows yet.  Memory: a page for each level, a bit for each page, and a buffer. */
#include "base/mem.h"
#include "txn/store/lmdb_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BUFFERED = 256 /* pages */ };

typedef struct copier {
    st__map *m;
    const st__meta *meta;
    int fd;
    st__sums sums;
    uint8_t *room, *level;               /* pages to be written; a page for each level of the tree at hand, and of the main tree */
    uint64_t *met;                       /* a bit for each page */
    uint64_t next, written, all;         /* the next page's new number; pages that are in the file */
    st_progress progress;
    st__fault *fault;
} copier;

static int damaged(copier *c, uint64_t page, const char *why) { return *c->fault = (st__fault){why, page}, -1; }

/* ---- writing ---- */

static int flush(copier *c) {
    size_t n = (size_t)(c->next - c->written) * c->m->psize, done = 0;
    while (done < n) {
        ssize_t got = pwrite(c->fd, c->room + done, n - done, (off_t)(c->written * c->m->psize + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got < 0 ? errno : EIO;
        done += (size_t)got;
    }
    c->written = c->next;
    if (c->progress.tell) c->progress.tell(c->progress.arg, "pages", c->written, c->all);
    return 0;
}

/* Room for the next page, which gets the next number. NULL: *rc. */
static uint8_t *next_page(copier *c, int *rc) {
    *rc = c->next - c->written == BUFFERED ? flush(c) : 0;
    if (*rc) return NULL;
    if (c->next % ST__REST == 0) st__map_rest(c->m);
    return c->room + (c->next++ - c->written) * c->m->psize;
}

static void seal(copier *c, const uint8_t *p) {
    if (st__sums_cover(&c->sums, c->next)) st__sums_put(&c->sums, c->next - 1, st__sums_of(p, c->m->psize));
}

static int meet(copier *c, uint64_t page) {
    uint64_t bit = UINT64_C(1) << page % 64;
    if (page > c->meta->last || c->met[page / 64] & bit) return damaged(c, page, "it is used in two places");
    c->met[page / 64] |= bit;
    return 0;
}

/* ---- reading ---- */

/* The pages of a long value. *made: the number of the first. */
static int copy_run(copier *c, const uint8_t *leaf, unsigned i, uint64_t first, uint64_t *made) {
    st__item item;
    int rc = 0;
    if (!st__page_item(c->m, c->meta, leaf, i, &item, c->fault)) return -1;      /* checks the whole run */
    *made = c->next;
    for (uint64_t n = st__page_run(c->m, c->meta, first), k = 0; k < n && rc == 0; k++) {
        uint8_t *p = (rc = meet(c, first + k)) == 0 ? next_page(c, &rc) : NULL;
        if (!p) break;
        memcpy(p, c->m->at + (first + k) * c->m->psize, c->m->psize);
        if (k == 0) st__page_set_number(p, *made);
        seal(c, p);
    }
    return rc;
}

static int copy_tree(copier *c, const st__tree *t, uint8_t *level, uint64_t page, unsigned height, uint64_t *made);

static int copy_entry(copier *c, const st__tree *t, uint8_t *level, const uint8_t *leaf, unsigned i) {
    uint64_t bytes, made, first = st__page_overflow(leaf, i, &bytes);
    st__item item;
    st__tree table;
    bool ints;
    int rc = 0;
    if (first) {
        if ((rc = copy_run(c, leaf, i, first, &made)) == 0) st__page_set_overflow(level, i, made);
        return rc;
    }
    if (!t->main || !st__page_item(c->m, c->meta, leaf, i, &item, c->fault) || !st__tree_kind(&item, &ints)) return 0;
    if (!st__tree_of_item(&item, ints, c->meta->last, &table)) return damaged(c, (uint64_t)(leaf - c->m->at) / c->m->psize, "the root of a table is impossible");
    if (table.root == ST_NO_PAGE) return 0;
    if ((rc = copy_tree(c, &table, c->level + ST_DEPTH_MAX * c->m->psize, table.root, table.depth, &made)) == 0) st__page_set_tree(level, i, made);
    return rc;
}

/* As deep as the tree, which is ST_DEPTH_MAX at most; level: room for a page for each height of it. */
static int copy_tree(copier *c, const st__tree *t, uint8_t *level, uint64_t page, unsigned height, uint64_t *made) {
    uint64_t below;
    const uint8_t *p = st__page(c->m, c->meta, page, height == 1 ? ST__LEAF : ST__BRANCH, t, c->fault);
    int rc = p ? meet(c, page) : -1;
    if (rc) return rc;
    uint8_t *mine = level + (height - 1) * c->m->psize;
    memcpy(mine, p, c->m->psize);
    for (unsigned i = 0; rc == 0 && i < st__page_keys(p); i++) {
        if (height == 1) rc = copy_entry(c, t, mine, p, i);
        else if ((rc = copy_tree(c, t, level, st__page_child(p, i), height - 1, &below)) == 0) st__page_set_child(mine, i, below);
    }
    uint8_t *to = rc == 0 ? next_page(c, &rc) : NULL;
    if (!to) return rc;
    *made = c->next - 1;
    st__page_set_number(mine, *made);
    memcpy(to, mine, c->m->psize);
    seal(c, to);
    return 0;
}

/* ---- the whole ---- */

static int write_metas(copier *c, uint64_t root) {
    uint64_t last = c->next - 1;
    uint32_t sum = 0;
    for (unsigned txn = 0; txn < 2; txn++) {
        st__page_make_meta(c->m, c->meta, c->room, txn, txn ? root : ST_NO_PAGE, txn ? last : 1);
        if (pwrite(c->fd, c->room, c->m->psize, (off_t)(txn * c->m->psize)) != (ssize_t)c->m->psize) return errno ? errno : EIO;
        sum = st__meta_sum(c->room);
    }
    if (fsync(c->fd) != 0) return errno;
    if (c->sums.at && c->sums.writing) st__sums_head(&c->sums, 1, sum, false), st__sums_close(&c->sums, 1, sum);
    return 0;
}

static int copy_all(copier *c) {
    uint64_t root = ST_NO_PAGE;
    const st__tree *t = &c->meta->main;
    int rc = t->root == ST_NO_PAGE ? 0 : copy_tree(c, t, c->level, t->root, t->depth, &root);
    if (rc == 0) rc = flush(c);
    return rc ? rc : write_metas(c, root);
}

int st__map_copy(st__map *m, const st__meta *meta, const char *dir, const uint8_t *uuid, uint64_t used, st_progress progress, st__fault *fault) {
    char path[ST__PATH];
    st__seal none;
    copier c = {.m = m, .meta = meta, .next = 2, .written = 2, .all = used, .progress = progress, .fault = fault};
    snprintf(path, sizeof path, "%.4000s/%s", dir, ST__DATA);
    if ((c.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0) return errno;
    (void)st__sums_open(&c.sums, dir, true, uuid, used, &none);
    c.room = base_mem_alloc((size_t)BUFFERED * m->psize);
    c.level = base_mem_alloc((size_t)2 * ST_DEPTH_MAX * m->psize);
    c.met = base_mem_zeroed((size_t)(meta->last / 64 + 1) * 8);
    int rc = c.room && c.level && c.met ? GUARDED(copy_all(&c)) : ENOMEM;
    if (c.sums.at) st__sums_close(&c.sums, 0, 0);
    base_mem_free(c.room), base_mem_free(c.level), base_mem_free(c.met);
    if (close(c.fd) != 0 && rc == 0) rc = errno;
    return rc;
}
