/* salvage.c: what can still be read of a damaged LMDB file: every page that is whole, whatever became of those above and beside it.
 * A table whose branch is lost is put together from the leaves that nobody else claims and that are not in the list of free pages; if that list is damaged too, such
 * leaves are left alone: they may be old.
 * Locks: none: nobody may write meanwhile. The file is read as pages.h reads it, each page guarded. */
#include "base/mem.h"
#include "base/vec.h"
#include "txn/store/lmdb_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct salvager {
    const st_table *tables;
    unsigned count;
    const st_salvage *to;
    st__map map;
    st__meta meta;
    uint8_t *known;                      /* a bit for each page that belongs to a tree, a long value or the free list */
    bool lost_branch, free_known;
    uint64_t looked;                     /* pages */
    base_buf key, value;
} salvager;

static void lost(salvager *s, const char *what, uint64_t page, const char *why) {
    char text[200];
    snprintf(text, sizeof text, "page %llu of %s: %s", (unsigned long long)page, what, why ? why : "it cannot be read");
    s->to->lost(s->to->arg, text);
}

static bool is_known(const salvager *s, uint64_t page) { return s->known[page / 8] >> page % 8 & 1; }
static void make_known(salvager *s, uint64_t page) { if (page <= s->meta.last) s->known[page / 8] |= (uint8_t)(1u << page % 8); }

/* ---- one page ---- */

static int copy_item(salvager *s, const uint8_t *p, unsigned i, unsigned *flags) {
    st__item it;
    st__fault f = {0};
    uint64_t bytes, first = st__page_overflow(p, i, &bytes);
    if (!st__page_item(&s->map, &s->meta, p, i, &it, &f)) return 1;
    for (uint64_t k = 0; first && k < (bytes + ST_PAGE_HEAD + s->map.psize - 1) / s->map.psize; k++) make_known(s, first + k);
    base_buf_clear(&s->key), base_buf_clear(&s->value);
    base_buf_add(&s->key, it.key.at, it.key.n), base_buf_add(&s->value, it.value, it.n);
    *flags = it.flags;
    return s->key.failed || s->value.failed ? ENOMEM : 0;
}

static int page_kind(salvager *s, uint64_t n, unsigned kind, const st__tree *t, const uint8_t **out, unsigned *keys, st__fault *f) {
    if (!(*out = st__page(&s->map, &s->meta, n, kind, t, f))) return 1;
    *keys = st__page_keys(*out);
    return 0;
}

/* What may fail, each in a frame of its own. */
static NOINLINE int try_item(salvager *s, const uint8_t *p, unsigned i, unsigned *flags) { return GUARDED(copy_item(s, p, i, flags)); }
static NOINLINE int try_page(salvager *s, uint64_t n, unsigned kind, const st__tree *t, const uint8_t **out, unsigned *keys, st__fault *f) {
    return GUARDED(page_kind(s, n, kind, t, out, keys, f));
}

static bool give_leaf(salvager *s, unsigned table, const uint8_t *p, unsigned keys, uint64_t page) {
    for (unsigned i = 0; i < keys; i++) {
        unsigned flags;
        int rc = try_item(s, p, i, &flags);
        if (rc == ENOMEM) return false;
        if (rc) lost(s, s->tables[table].name, page, "a long value in it is damaged");
        else if (!s->to->record(s->to->arg, table, (st_key){s->key.at, s->key.n}, s->value.at, s->value.n)) return false;
    }
    return true;
}

/* ---- trees ---- */

static bool walk(salvager *s, unsigned table, const st__tree *t) {
    VEC(uint64_t) todo = {0};
    bool ok = t->root == ST_NO_PAGE || VEC_PUSH(&todo, t->root);
    while (ok && todo.n) {
        uint64_t n = VEC_POP(&todo);
        const uint8_t *p;
        unsigned keys;
        st__fault f = {0};
        if (n > s->meta.last || is_known(s, n)) {
            lost(s, s->tables[table].name, n, "it belongs to something else");
            continue;
        }
        make_known(s, n);
        if (++s->looked % ST__REST == 0) st__map_rest(&s->map);
        if (try_page(s, n, ST__LEAF, t, &p, &keys, &f) == 0) {
            ok = give_leaf(s, table, p, keys, n);
            continue;
        }
        if (try_page(s, n, ST__BRANCH, t, &p, &keys, &f) != 0) {
            lost(s, s->tables[table].name, n, f.why);
            s->lost_branch = true;       /* it may have been one */
            continue;
        }
        for (unsigned i = keys; ok && i-- > 0;) ok = VEC_PUSH(&todo, st__page_child(p, i));
    }
    VEC_RELEASE(&todo);
    return ok;
}

static int mark_free(salvager *s) {
    st__place p;
    st__item i;
    st__fault f = {0};
    st__found found = st__tree_seek(&s->map, &s->meta, &s->meta.free, (st_key){0}, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(&s->map, &s->meta, &s->meta.free, &p, 1, &i, &f)) {
        for (unsigned k = 0; k < p.n; k++) make_known(s, p.page[k]);
        uint64_t n = i.n >= 8 ? st_load64(i.value) : 0;
        for (uint64_t k = 1; k <= n && k < i.n / 8; k++) make_known(s, st_load64(i.value + 8 * k));
    }
    return found == ST__BAD;
}

/* The tree in which this leaf's records could be; by the frame of its first one. */
static bool claims(const salvager *s, unsigned table) {
    static const char kinds[] = "OENS";  /* as the upper layer's tables stand */
    return table < sizeof kinds - 1 && s->value.n >= ST_RECORD_HEAD && (uint8_t)s->value.at[5] == (uint8_t)kinds[table];
}

static bool take_orphans(salvager *s) {
    for (uint64_t n = 2; n <= s->meta.last; n++) {
        if (is_known(s, n)) continue;
        if (++s->looked % ST__REST == 0) st__map_rest(&s->map);
        for (unsigned table = 0; table < s->count; table++) {
            st__tree t = {.root = n, .entries = 1, .depth = 1, .int_keys = s->tables[table].int_keys};
            const uint8_t *p;
            unsigned keys, flags;
            st__fault f = {0};
            if (try_page(s, n, ST__LEAF, &t, &p, &keys, &f) != 0 || keys == 0 || try_item(s, p, 0, &flags) != 0 || !claims(s, table)) continue;
            make_known(s, n);
            if (!give_leaf(s, table, p, keys, n)) return false;
        }
    }
    return true;
}

/* ---- the whole ---- */

static int find_meta(salvager *s) {
    st__fault f = {0};
    if (st__map_meta(&s->map, 0, &s->meta, &f) == ST__FOUND) return 0;
    for (unsigned which = 0; which < 2; which++) {
        uint64_t txn = st_load64(s->map.at + (size_t)which * s->map.psize + ST_META_END - 8);
        if (txn && st__map_meta(&s->map, txn, &s->meta, &f) == ST__FOUND) return 2;
    }
    return 1;
}

static int find_tree(salvager *s, const char *name, bool int_keys, st__tree *t, st__fault *f) {
    switch (st__tree_named(&s->map, &s->meta, name, int_keys, t, f)) {
    case ST__FOUND: return 0;
    case ST__ABSENT: f->why = "there is no such table"; return 1;
    default: return 1;
    }
}

static NOINLINE int try_tree(salvager *s, unsigned i, st__tree *t, st__fault *f) { return GUARDED(find_tree(s, s->tables[i].name, s->tables[i].int_keys, t, f)); }
static NOINLINE int try_meta(salvager *s) { return GUARDED(find_meta(s)); }
static NOINLINE int try_free(salvager *s) { return GUARDED(mark_free(s)); }

static st_error salvage(salvager *s) {
    int rc = try_meta(s);
    if (rc == 2) lost(s, "meta", 0, "the newest meta page is damaged: the last commit is lost");
    else if (rc) return ST_CORRUPT;
    if (!(s->known = base_mem_zeroed((size_t)(s->meta.last / 8 + 1)))) return ST_MEMORY;
    s->free_known = try_free(s) == 0;
    if (!s->free_known) lost(s, "free pages", s->meta.free.root, "their list is damaged");
    for (unsigned i = 0; i < s->count; i++) {
        st__tree t;
        st__fault f = {0};
        if (try_tree(s, i, &t, &f) == 0) {
            if (!walk(s, i, &t)) return ST_MEMORY;
            continue;
        }
        lost(s, s->tables[i].name, f.page, f.why);
        s->lost_branch = true;
    }
    return s->lost_branch && s->free_known && !take_orphans(s) ? ST_MEMORY : ST_OK;
}

st_error st_salvage_run(const char *url, const st_table *tables, unsigned count, const st_salvage *to, st_report *r) {
    salvager s = {.tables = tables, .count = count, .to = to};
    st__fault f;
    char path[ST__PATH];
    const char *dir = strncmp(url, "lmdb:", 5) == 0 ? url + 5 : url;
    st__guard_ready();
    *r = (st_report){.pid = st__lmdb_writer_pid(dir)};
    if (r->pid) return snprintf(r->text, sizeof r->text, "%.200s is being written by process %lld", dir, (long long)r->pid), ST_LOCKED;
    snprintf(path, sizeof path, "%.4000s/%s", dir, ST__DATA);
    int e = st__map_open(&s.map, path, (size_t)1 << 40, &f);
    if (e == ENOENT) return snprintf(r->text, sizeof r->text, "%.200s: %s", path, strerror(e)), ST_ABSENT;
    if (e) return snprintf(r->text, sizeof r->text, "%.200s: %s", path, e == EINVAL && f.why ? f.why : strerror(e)), ST_CORRUPT;
    base_buf_init(&s.key), base_buf_init(&s.value);
    st_error done = salvage(&s);
    if (done == ST_CORRUPT) snprintf(r->text, sizeof r->text, "%.200s: neither of the two meta pages is whole", path);
    base_buf_release(&s.key), base_buf_release(&s.value);
    base_mem_free(s.known);
    st__map_close(&s.map);
    return done;
}
