/* pages.c: reads LMDB's file without believing it (see pages.h).
 * Locks: none. `seen` and `file_pages` are caches that any thread may fill: a bit that is lost is a page checked twice.
 * P1  No byte is read that does not lie within the file as it is long now, and within the page or run that it belongs to.
 * P2  A leaf's keys lie between those that its parents give it, and a leaf is not empty: so no walk is endless, whatever the pages say.
 * P3  A page whose bit is set was checked whole since it was last written by somebody else than this process.
 * P4  Beside a writer only pages of a snapshot that a transaction protects are read; and the newest meta page, which is whole while it is the newest. */
#include "txn/store/pages.h"
#include "base/crc.h"
#include "txn/store/record.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC_AT = ST_PAGE_HEAD, TREES_AT = 40, TREE_BYTES = 48, LAST_AT = 136, TXN_AT = 144, META_END = ST_META_END, NODE_HEAD = 8,
    F_BIG = 1, F_SUB = 2, P_META = 8, P_DIRTY = 16, MIN_PSIZE = 512, MAX_PSIZE = 32768, LMDB_KEY_MAX = 511, INTEGER_KEY = 8
};
#define LMDB_MAGIC 0xBEEFC0DEu

static uint32_t load16(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }

static bool fault_at(st__fault *f, uint64_t page, const char *why) {
    *f = (st__fault){why, page};
    return false;
}

/* ---- the map ---- */

static uint64_t file_pages(st__map *m, uint64_t wanted) {
    uint64_t n = atomic_load_explicit(&m->file_pages, memory_order_relaxed);
    struct stat st;
    if (wanted <= n || fstat(m->fd, &st) != 0) return n;
    n = (uint64_t)st.st_size < m->reserved ? (uint64_t)st.st_size / m->psize : m->reserved / m->psize;
    atomic_store_explicit(&m->file_pages, n, memory_order_relaxed);
    return n;
}

static bool meta_header(const uint8_t *p, uint32_t *psize, const char **why) {
    *psize = st_load32(p + TREES_AT);
    if (st_load32(p + MAGIC_AT) != LMDB_MAGIC || load16(p + 10) != P_META) *why = "it is not a meta page of LMDB";
    else if (st_load32(p + MAGIC_AT + 4) != 1) *why = "it has an unknown version of LMDB's format";
    else if (*psize < MIN_PSIZE || *psize > MAX_PSIZE || (*psize & (*psize - 1))) *why = "the size of its pages is impossible";
    else return true;
    return false;
}

static int map_file(st__map *m, size_t reserve, st__fault *fault) {
    uint8_t head[META_END];
    struct stat st;
    ssize_t got = pread(m->fd, head, sizeof head, 0);
    if (got < 0 || fstat(m->fd, &st) != 0) return errno;
    if (got != (ssize_t)sizeof head) return fault_at(fault, 0, "the file is too short"), EINVAL;
    if (!meta_header(head, &m->psize, &fault->why)) return EINVAL;
    if (st.st_size < 2 * (off_t)m->psize) return fault_at(fault, 1, "the file is too short"), EINVAL;
    m->reserved = reserve;
    void *at = mmap(NULL, reserve, PROT_READ, MAP_SHARED | MAP_NORESERVE, m->fd, 0);
    if (at == MAP_FAILED) return errno;
    m->at = at;
    m->seen_bytes = (reserve / m->psize / 64 + 1) * 8;
    void *seen = mmap(NULL, m->seen_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (seen == MAP_FAILED) return errno;
    m->seen = seen;
    (void)file_pages(m, UINT64_MAX);
    return 0;
}

int st__map_open(st__map *m, const char *path, size_t reserve, st__fault *fault) {
    *m = (st__map){.fd = open(path, O_RDONLY | O_CLOEXEC)};
    *fault = (st__fault){0};
    if (m->fd < 0) return errno;
    int e = map_file(m, reserve, fault);
    if (e) st__map_close(m);
    return e;
}

void st__map_close(st__map *m) {
    if (m->at) munmap((void *)(uintptr_t)m->at, m->reserved);
    if (m->seen) munmap((void *)m->seen, m->seen_bytes);
    if (m->fd >= 0) close(m->fd);
    *m = (st__map){.fd = -1};
}

void st__map_rest(st__map *m) { (void)madvise((void *)(uintptr_t)m->at, (size_t)file_pages(m, 0) * m->psize, MADV_DONTNEED); }
void st__map_forget(st__map *m) { (void)madvise((void *)m->seen, m->seen_bytes, MADV_DONTNEED); }

/* ---- meta pages ---- */

/* The numbers of a tree. false: they cannot be. */
static bool read_tree(const uint8_t *p, uint64_t last, st__tree *t) {
    uint32_t flags = load16(p + 4);
    *t = (st__tree){.root = st_load64(p + 40), .entries = st_load64(p + 32), .depth = load16(p + 6), .int_keys = (flags & INTEGER_KEY) != 0};
    if (t->root == ST_NO_PAGE) return t->depth == 0 && t->entries == 0;
    return t->root >= 2 && t->root <= last && t->depth >= 1 && t->depth <= ST_DEPTH_MAX && t->entries > 0;
}

static bool read_meta(st__map *m, unsigned which, st__meta *out, st__fault *fault) {
    uint8_t p[META_END];
    const char *why = NULL;
    memcpy(p, m->at + (size_t)which * m->psize, sizeof p);
    if (!meta_header(p, &out->psize, &why)) return fault_at(fault, which, why);
    out->last = st_load64(p + LAST_AT);
    out->txn = st_load64(p + TXN_AT);
    if (out->psize != m->psize) return fault_at(fault, which, "the meta pages differ in the size of pages");
    if (out->last < 1 || out->last >= m->reserved / m->psize) return fault_at(fault, which, "the number of pages is impossible");
    if (!read_tree(p + TREES_AT, out->last, &out->free) || !read_tree(p + TREES_AT + TREE_BYTES, out->last, &out->main))
        return fault_at(fault, which, "a root is impossible");
    if (!out->free.int_keys || out->main.int_keys) return fault_at(fault, which, "the kind of a tree is impossible");
    out->main.main = true;
    if (out->txn != 0 && out->txn % 2 != which) return fault_at(fault, which, "the transaction number is another's");
    return true;
}

static uint64_t meta_number(const st__map *m, unsigned which) { return st_load64(m->at + (size_t)which * m->psize + TXN_AT); }

uint64_t st__map_newest(const st__map *m) {
    atomic_thread_fence(memory_order_acquire); /* MO: METAPAGE acquire - what was read before this was read before the number is looked at */
    uint64_t a = meta_number(m, 0), b = meta_number(m, 1);
    return a > b ? a : b;
}

/* A commit overwrites the older meta page, its number last. So the newest is not touched before the other has a greater number: while both numbers stay, what was read of it is whole (P4). */
st__found st__map_meta(st__map *m, uint64_t txn, st__meta *out, st__fault *fault) {
    for (int tries = 0; tries < 1000; tries++) {
        uint64_t number[2] = {meta_number(m, 0), meta_number(m, 1)};
        unsigned mine = txn ? txn % 2 : number[1] > number[0];
        atomic_thread_fence(memory_order_acquire); /* MO: METAPAGE acquire - beside LMDB's write of the page, in this process or another */
        bool ok = read_meta(m, mine, out, fault);
        atomic_thread_fence(memory_order_acquire); /* MO: METAPAGE acquire */
        if (meta_number(m, 0) != number[0] || meta_number(m, 1) != number[1]) continue;
        if (txn && (number[!mine] > txn + 1 || (ok && out->txn > txn))) return ST__ABSENT;
        if (!ok) return ST__BAD;
        if (txn && out->txn != txn) return fault_at(fault, mine, "the meta page of the newest transaction is missing"), ST__BAD;
        return ST__FOUND;
    }
    return ST__ABSENT;
}

uint32_t st__meta_sum(const uint8_t *p) { return base_crc32c(0, p + TREES_AT, META_END - TREES_AT); }
uint32_t st__map_meta_sum(st__map *m, uint64_t txn) { return st__meta_sum(m->at + (size_t)(txn % 2) * m->psize); }

/* Of the older one only the number counts: after a commit that failed LMDB leaves its roots behind. */
bool st__map_metas_agree(st__map *m, st__fault *fault) {
    uint64_t txn[2];
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *p = m->at + (size_t)i * m->psize;
        uint32_t psize;
        const char *why;
        if (!meta_header(p, &psize, &why)) return fault_at(fault, i, why);
        if (psize != m->psize) return fault_at(fault, i, "the meta pages differ in the size of pages");
        txn[i] = st_load64(p + TXN_AT);
        if (txn[i] != 0 && txn[i] % 2 != i) return fault_at(fault, i, "the transaction number is another's");
    }
    if (txn[0] == 0 && txn[1] <= 1) return true;
    if (txn[0] + 1 != txn[1] && txn[1] + 1 != txn[0]) return fault_at(fault, txn[0] > txn[1], "the two meta pages do not follow one another");
    return true;
}

/* ---- pages ---- */

unsigned st__page_keys(const uint8_t *p) { return (load16(p + 12) - ST_PAGE_HEAD) / 2; }
static const uint8_t *node_at(const uint8_t *p, unsigned i) { return p + load16(p + ST_PAGE_HEAD + 2 * i); }
uint64_t st__page_child(const uint8_t *p, unsigned i) {
    const uint8_t *n = node_at(p, i);
    return st_load32(n) | (uint64_t)load16(n + 4) << 32;
}
static void store16(uint8_t *p, uint64_t x) { p[0] = (uint8_t)x, p[1] = (uint8_t)(x >> 8); }
void st__page_set_number(uint8_t *p, uint64_t n) { st_store64(p, n), store16(p + 10, load16(p + 10) & ~(uint32_t)P_DIRTY); }
void st__page_set_child(uint8_t *p, unsigned i, uint64_t child) {
    uint8_t *n = p + load16(p + ST_PAGE_HEAD + 2 * i);
    st_store32(n, (uint32_t)child), store16(n + 4, child >> 32);
}
void st__page_set_overflow(uint8_t *p, unsigned i, uint64_t first) {
    uint8_t *n = p + load16(p + ST_PAGE_HEAD + 2 * i);
    st_store64(n + NODE_HEAD + load16(n + 6), first);
}
void st__page_set_tree(uint8_t *p, unsigned i, uint64_t root) {
    uint8_t *n = p + load16(p + ST_PAGE_HEAD + 2 * i);
    st_store64(n + NODE_HEAD + load16(n + 6) + TREE_BYTES - 8, root);
}
void st__page_make_meta(const st__map *m, const st__meta *of, uint8_t *p, uint64_t txn, uint64_t root, uint64_t last) {
    memcpy(p, m->at + of->txn % 2 * m->psize, META_END);
    memset(p + META_END, 0, m->psize - META_END);
    st__page_set_number(p, txn % 2);
    memset(p + TREES_AT + 6, 0, TREE_BYTES - 14);            /* the list of free pages: empty */
    st_store64(p + TREES_AT + TREE_BYTES - 8, ST_NO_PAGE);
    st_store64(p + TREES_AT + 2 * TREE_BYTES - 8, root);
    if (root == ST_NO_PAGE) memset(p + TREES_AT + TREE_BYTES + 6, 0, TREE_BYTES - 14);
    else store16(p + TREES_AT + TREE_BYTES + 6, of->main.depth), st_store64(p + TREES_AT + TREE_BYTES + 32, of->main.entries);      /* of its snapshot: the page may be a later one's */
    st_store64(p + LAST_AT, last), st_store64(p + TXN_AT, txn);
}
static st_key node_key(const uint8_t *n) { return (st_key){n + NODE_HEAD, load16(n + 6)}; }
uint64_t st__page_overflow(const uint8_t *p, unsigned i, uint64_t *bytes) {
    const uint8_t *n = node_at(p, i);
    *bytes = st_load32(n);
    return load16(n + 4) & F_BIG ? st_load64(n + NODE_HEAD + load16(n + 6)) : 0;
}

static int compare(const st__tree *t, st_key a, st_key b) {
    if (t->int_keys) {
        uint64_t x, y;
        memcpy(&x, a.at, 8);
        memcpy(&y, b.at, 8);
        return x < y ? -1 : x > y;
    }
    int c = memcmp(a.at, b.at, a.n < b.n ? a.n : b.n);
    return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

/* One node: does it lie in the page? Its size in *size. */
static const char *check_node(const uint8_t *p, uint32_t psize, uint32_t off, bool leaf, bool first, const st__tree *t, uint32_t *size) {
    if (off % 2 || off < load16(p + 14) || off + NODE_HEAD > psize) return "an entry lies outside of the page";
    const uint8_t *n = p + off;
    uint32_t key = load16(n + 6), flags = load16(n + 4);
    uint64_t bytes = NODE_HEAD + key;
    if (leaf) {
        if (flags & ~(uint32_t)(t->main ? F_BIG | F_SUB : F_BIG)) return "an entry is of an unknown kind";
        if ((flags & F_SUB) && st_load32(n) != TREE_BYTES) return "a table's entry has an impossible size";
        bytes += flags & F_BIG ? 8 : st_load32(n);
    }
    if (key > LMDB_KEY_MAX || ((leaf || !first) && (t->int_keys ? key != 8 : key == 0))) return "a key has an impossible size";
    bytes += bytes & 1;
    if (off + bytes > psize) return "an entry runs out of the page";
    *size = (uint32_t)bytes;
    return NULL;
}

/* The entries must fill what they claim, side by side: LMDB moves them by these sizes. */
static const char *check_nodes(const uint8_t *p, uint32_t psize, bool leaf, const st__tree *t) {
    uint16_t size_at[MAX_PSIZE / 2];
    unsigned n = st__page_keys(p), found = 0;
    uint32_t size;
    memset(size_at, 0, psize);
    for (unsigned i = 0; i < n; i++) {
        uint32_t off = load16(p + ST_PAGE_HEAD + 2 * i);
        const char *why = check_node(p, psize, off, leaf, i == 0, t, &size);
        if (why) return why;
        if (size_at[off / 2]) return "two entries lie in the same place";
        size_at[off / 2] = (uint16_t)size;
    }
    for (uint32_t at = load16(p + 14); at < psize; at += size_at[at / 2], found++)
        if (size_at[at / 2] == 0) return "there is a gap between entries";
    if (found != n) return "entries overlap";
    for (unsigned i = leaf ? 1 : 2; i < n; i++)
        if (compare(t, node_key(node_at(p, i - 1)), node_key(node_at(p, i))) >= 0) return "the keys are not in order";
    return NULL;
}

static const char *check_tree_page(const st__map *m, const st__meta *meta, const uint8_t *p, bool leaf, const st__tree *t) {
    uint32_t lower = load16(p + 12), upper = load16(p + 14);
    if (lower < ST_PAGE_HEAD + 2 || lower % 2 || upper % 2 || lower > upper || upper > m->psize) return "its bounds are impossible";
    const char *why = check_nodes(p, m->psize, leaf, t);
    for (unsigned i = 0; !why && i < st__page_keys(p); i++) {
        uint64_t bytes, child = leaf ? st__page_overflow(p, i, &bytes) : st__page_child(p, i);
        if ((!leaf || child) && (child < 2 || child > meta->last)) why = "it refers to a page that does not exist";
    }
    return why;
}

/* Is the page what was written there last? While its transaction is being sealed, its sum may be that of what was there before. */
static bool sum_agrees(st__map *m, const st__meta *meta, uint64_t n) {
    uint32_t want = st__sums_get(m->sums, n), is = st__sums_of(m->at + n * m->psize, m->psize);
    if (want == is) return true;
    if (want == 0) {
        if (m->sums->writing) st__sums_put(m->sums, n, is);
        return true;
    }
    if (!st__sums_await(m->sums, meta->txn)) return true;        /* the writer was killed before it wrote the sum */
    want = st__sums_get(m->sums, n);
    return want == 0 || want == is;
}

const uint8_t *st__page(st__map *m, const st__meta *meta, uint64_t n, unsigned kind, const st__tree *t, st__fault *fault) {
    if (n < 2 || n > meta->last || n >= file_pages(m, n + 1)) return fault_at(fault, n, "the page lies behind the end of the file"), NULL;
    const uint8_t *p = m->at + n * m->psize;
    const char *why = NULL;
    if ((load16(p + 10) & ~(uint32_t)P_DIRTY) != kind) why = "it is not of the kind that belongs there";
    else if (atomic_load_explicit(&m->seen[n / 64], memory_order_relaxed) >> n % 64 & 1) return p;
    else if (st_load64(p) != n) why = "it is another page";
    else if (kind != ST__OVERFLOW) why = check_tree_page(m, meta, p, kind == ST__LEAF, t);
    else if (st_load32(p + 12) == 0 || st_load32(p + 12) > meta->last - n + 1) why = "its length is impossible";
    if (!why && m->sums && !sum_agrees(m, meta, n)) why = "it is not what was written there last: its checksum differs";
    if (why) return fault_at(fault, n, why), NULL;
    if (kind != ST__OVERFLOW) atomic_fetch_or_explicit(&m->seen[n / 64], UINT64_C(1) << n % 64, memory_order_relaxed);
    return p;
}

uint64_t st__page_run(st__map *m, const st__meta *meta, uint64_t n) {
    st__fault f;
    const uint8_t *o = st__page(m, meta, n, ST__OVERFLOW, NULL, &f);
    uint64_t pages = o ? st_load32(o + 12) : 0;
    return pages <= meta->last - n + 1 && n + pages <= file_pages(m, n + pages) ? pages : 0;
}

static bool sums_of_run_agree(st__map *m, const st__meta *meta, uint64_t first, uint64_t pages, st__fault *fault) {
    for (uint64_t n = first; m->sums && n < first + pages; n++) {
        if (atomic_load_explicit(&m->seen[n / 64], memory_order_relaxed) >> n % 64 & 1) continue;
        if (!sum_agrees(m, meta, n)) return fault_at(fault, n, "it is not what was written there last: its checksum differs");
        atomic_fetch_or_explicit(&m->seen[n / 64], UINT64_C(1) << n % 64, memory_order_relaxed);
    }
    return true;
}

bool st__page_item(st__map *m, const st__meta *meta, const uint8_t *p, unsigned i, st__item *out, st__fault *fault) {
    const uint8_t *n = node_at(p, i);
    uint64_t page = (uint64_t)(p - m->at) / m->psize, bytes = st_load32(n), long_at = 0;
    *out = (st__item){node_key(n), n + NODE_HEAD + load16(n + 6), bytes, load16(n + 4)};
    /* P1, though the page was checked: the kernel may have read it again from a failing disk */
    uint64_t inside = out->flags & F_BIG ? 8 : bytes, at = (uint64_t)(out->value - p);
    if (at > m->psize || inside > m->psize - at) return fault_at(fault, page, "an entry runs out of the page");
    if (!(out->flags & F_BIG)) return true;
    long_at = st_load64(out->value);
    const uint8_t *o = st__page(m, meta, long_at, ST__OVERFLOW, NULL, fault);
    if (!o) return false;
    uint64_t pages = st_load32(o + 12), room = pages * m->psize - ST_PAGE_HEAD;
    if (pages > meta->last - long_at + 1 || long_at + pages > file_pages(m, long_at + pages)) return fault_at(fault, long_at, "it runs over the end of the file");
    if (bytes > room) return fault_at(fault, long_at, "its length is impossible");
    out->value = o + ST_PAGE_HEAD;
    return sums_of_run_agree(m, meta, long_at, pages, fault);
}

/* ---- trees ---- */

/* Is the leaf at the place between the keys that its parents give it? (P2) */
static bool within_bounds(st__map *m, const st__meta *meta, const st__tree *t, const st__place *p, const uint8_t *leaf, st__fault *fault) {
    bool low = false, high = false;
    st_key first = node_key(node_at(leaf, 0)), last = node_key(node_at(leaf, st__page_keys(leaf) - 1));
    for (unsigned level = p->n - 1; level-- > 0 && !(low && high);) {
        const uint8_t *b = st__page(m, meta, p->page[level], ST__BRANCH, t, fault);
        if (!b) return false;
        unsigned i = p->at[level];
        if (!low && i > 0) {
            low = true;
            if (compare(t, first, node_key(node_at(b, i))) < 0) return fault_at(fault, p->page[p->n - 1], "its keys belong elsewhere");
        }
        if (!high && i + 1 < st__page_keys(b)) {
            high = true;
            if (compare(t, last, node_key(node_at(b, i + 1))) >= 0) return fault_at(fault, p->page[p->n - 1], "its keys belong elsewhere");
        }
    }
    return true;
}

/* The first entry of a leaf, or the last child of a branch, that the key asks for. */
static unsigned search(const st__tree *t, const uint8_t *p, bool leaf, st_key key) {
    unsigned lo = leaf ? 0 : 1, hi = st__page_keys(p);
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        int c = compare(t, node_key(node_at(p, mid)), key);
        if (leaf ? c < 0 : c <= 0) lo = mid + 1;
        else hi = mid;
    }
    return leaf ? lo : lo - 1;
}

/* From the deepest branch of the place down to a leaf: where the key leads, or (key NULL) to the left or right end. */
static const uint8_t *descend(st__map *m, const st__meta *meta, const st__tree *t, st__place *p, const st_key *key, bool right, st__fault *fault) {
    uint64_t next = p->n ? 0 : t->root;
    for (;;) {
        if (p->n) {
            const uint8_t *b = st__page(m, meta, p->page[p->n - 1], ST__BRANCH, t, fault);
            if (!b) return NULL;
            next = st__page_child(b, p->at[p->n - 1]);
        }
        bool leaf = p->n + 1 == t->depth;
        const uint8_t *page = st__page(m, meta, next, leaf ? ST__LEAF : ST__BRANCH, t, fault);
        if (!page) return NULL;
        p->page[p->n] = next;
        p->at[p->n] = key ? search(t, page, leaf, *key) : right ? st__page_keys(page) - 1 : 0;
        p->n++;
        if (leaf) return within_bounds(m, meta, t, p, page, fault) ? page : NULL;
    }
}

/* To the leaf before or behind that of the place. ABSENT: there is none. */
static st__found next_leaf(st__map *m, const st__meta *meta, const st__tree *t, st__place *p, bool right, const uint8_t **leaf, st__fault *fault) {
    for (p->n--; p->n; p->n--) {
        const uint8_t *b = st__page(m, meta, p->page[p->n - 1], ST__BRANCH, t, fault);
        if (!b) return ST__BAD;
        unsigned i = p->at[p->n - 1];
        if (right ? i + 1 >= st__page_keys(b) : i == 0) continue;
        p->at[p->n - 1] = right ? i + 1 : i - 1;
        *leaf = descend(m, meta, t, p, NULL, !right, fault);
        return *leaf ? ST__FOUND : ST__BAD;
    }
    return ST__ABSENT;
}

static st__found item_at(st__map *m, const st__meta *meta, const uint8_t *leaf, const st__place *p, st__item *out, st__fault *fault) {
    return st__page_item(m, meta, leaf, p->at[p->n - 1], out, fault) ? ST__FOUND : ST__BAD;
}

st__found st__tree_find(st__map *m, const st__meta *meta, const st__tree *t, st_key key, st__item *out, st__fault *fault) {
    st__place p = {0};
    if (t->root == ST_NO_PAGE) return ST__ABSENT;
    const uint8_t *leaf = descend(m, meta, t, &p, &key, false, fault);
    if (!leaf) return ST__BAD;
    if (p.at[p.n - 1] >= st__page_keys(leaf) || compare(t, node_key(node_at(leaf, p.at[p.n - 1])), key) != 0) return ST__ABSENT;
    return item_at(m, meta, leaf, &p, out, fault);
}

st__found st__tree_seek(st__map *m, const st__meta *meta, const st__tree *t, st_key key, st__place *p, st__item *out, st__fault *fault) {
    p->n = 0;
    if (t->root == ST_NO_PAGE) return ST__ABSENT;
    const uint8_t *leaf = descend(m, meta, t, p, key.n ? &key : NULL, false, fault);
    if (!leaf) return ST__BAD;
    if (p->at[p->n - 1] >= st__page_keys(leaf)) {
        st__found f = next_leaf(m, meta, t, p, true, &leaf, fault);
        if (f != ST__FOUND) return f;
    }
    return item_at(m, meta, leaf, p, out, fault);
}

st__found st__tree_last(st__map *m, const st__meta *meta, const st__tree *t, st__place *p, st__item *out, st__fault *fault) {
    p->n = 0;
    if (t->root == ST_NO_PAGE) return ST__ABSENT;
    const uint8_t *leaf = descend(m, meta, t, p, NULL, true, fault);
    return leaf ? item_at(m, meta, leaf, p, out, fault) : ST__BAD;
}

st__found st__tree_step(st__map *m, const st__meta *meta, const st__tree *t, st__place *p, int by, st__item *out, st__fault *fault) {
    if (p->n == 0) return ST__ABSENT;
    const uint8_t *leaf = st__page(m, meta, p->page[p->n - 1], ST__LEAF, t, fault);
    unsigned *at = &p->at[p->n - 1];
    if (!leaf) return ST__BAD;
    if (by > 0 ? *at + 1 < st__page_keys(leaf) : *at > 0) {
        *at = by > 0 ? *at + 1 : *at - 1;
    } else {
        st__found f = next_leaf(m, meta, t, p, by > 0, &leaf, fault);
        if (f != ST__FOUND) return f;
    }
    return item_at(m, meta, leaf, p, out, fault);
}

bool st__free_entry(const st__item *i, uint64_t last, st__fault *fault) {
    uint64_t n = i->n >= 8 ? st_load64(i->value) : UINT64_MAX, before = UINT64_MAX;
    if (n > i->n / 8 - 1) return fault_at(fault, 0, "an entry of the list of free pages is impossible");
    for (uint64_t k = 1; k <= n; k++) {
        uint64_t page = st_load64(i->value + 8 * k);
        if (page < 2 || page > last || page >= before) return fault_at(fault, 0, "the list of free pages names an impossible one");
        before = page;
    }
    return true;
}

bool st__tree_kind(const st__item *i, bool *int_keys) {
    *int_keys = i->n == TREE_BYTES && (load16(i->value + 4) & INTEGER_KEY) != 0;
    return (i->flags & F_SUB) && i->n == TREE_BYTES;
}

bool st__tree_of_item(const st__item *i, bool int_keys, uint64_t last, st__tree *out) {
    return (i->flags & F_SUB) && i->n == TREE_BYTES && read_tree(i->value, last, out) && out->int_keys == int_keys;
}

st__found st__tree_named(st__map *m, const st__meta *meta, const char *name, bool int_keys, st__tree *out, st__fault *fault) {
    st__item i;
    st__found f = st__tree_find(m, meta, &meta->main, (st_key){name, strlen(name)}, &i, fault);
    if (f == ST__FOUND && !st__tree_of_item(&i, int_keys, meta->last, out)) return fault_at(fault, 0, "the root of a table is impossible"), ST__BAD;
    return f;
}

bool st__tree_vet(st__map *m, const st__meta *meta, const st__tree *t, st_key key, bool neighbours, st__fault *fault) {
    st__place p = {0};
    if (t->root == ST_NO_PAGE) return true;
    const uint8_t *leaf = descend(m, meta, t, &p, &key, false, fault);
    st__item i;
    if (!leaf) return false;
    if (p.at[p.n - 1] < st__page_keys(leaf) && !st__page_item(m, meta, leaf, p.at[p.n - 1], &i, fault)) return false;      /* the value it may replace */
    for (unsigned level = 0; neighbours && level + 1 < p.n; level++) {
        const uint8_t *b = st__page(m, meta, p.page[level], ST__BRANCH, t, fault);
        if (!b) return false;
        unsigned from = p.at[level] > 2 ? p.at[level] - 2 : 0, n = st__page_keys(b);
        for (unsigned k = from; k < n && k <= p.at[level] + 2; k++)
            if (!st__page(m, meta, st__page_child(b, k), level + 2 == t->depth ? ST__LEAF : ST__BRANCH, t, fault)) return false;
    }
    return true;
}
