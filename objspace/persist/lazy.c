/* lazy.c: big containers that are loaded in parts: stubs (objspace/stub.h) stand for pages of entries and of items, for nodes above them, and for parts of
 * a dict's index, and this brings them in. Why a reader finds what belongs to its snapshot: stub.h.
 * Locks: `lock` (rank TABLE) around the list of what has been brought in.
 * Z1  A stub is in the list while it holds what may be let go of. (load, pe__lazy_evict)
 * Z2  Nodes are made of the numbers in the stub alone; only pages and leaves are read from the store. (load_node) */
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/heap_cells.h"
#include "objspace/persist/persist_int.h"
#include <string.h>

enum { LIST };                                           /* ob__stub.kind: this, PE_K_PAGE of a dict, PE_K_ELEMENTS of a set */
static base_lock lock = BASE_LOCK_INIT(TABLE, "loaded parts");
static VEC(ob__stub *) loaded;                           /* under lock; keeps nothing alive */

static ob__paging paging_of(const ob__stub *s) { return s->kind == LIST ? OB__LIST_PAGING : OB__DICT_PAGING; }
static bool bad(const ob__stub *s, const char *why) { return ob_fail(pe__corrupt(s->owner, why)); }

/* ---- pages ---- */

bool pe__dict_page(pe_decoder *d, size_t n, char keys, ob_dict_entry *to) {
    uint64_t count;
    if (!pe__get_varint(d, &count) || count != n) return ob_fail(pe__corrupt(d->id, "a page of a dict is damaged"));
    for (size_t i = 0; i < n; i++) {
        ob_dict_entry e = {0};
        if (!pe__decode_value(d, &e.key)) return false;
        if (!ob_is_null(e.key)) {
            e.value = ob_from_small(1);                      /* of a set */
            if ((keys == PE_K_PAGE && !pe__decode_value(d, &e.value)) || !ob_key_hash(e.key, &e.hash)) return false;
            if (ob_is_null(e.value)) return ob_fail(pe__corrupt(d->id, "a page of a dict is damaged"));
        }
        to[i] = e;
    }
    return d->p == d->end || ob_fail(pe__corrupt(d->id, "bytes are left over"));
}

bool pe__list_page(pe_decoder *d, size_t n, size_t absent, ob_val *to) {
    uint64_t count;
    if (!pe__get_varint(d, &count) || count != n) return ob_fail(pe__corrupt(d->id, "a piece of a list is missing"));
    for (size_t i = 0; i < n; i++) {
        ob_val v;
        if (!pe__decode_value(d, &v)) return false;
        if (ob_is_null(v) != (i < absent)) return ob_fail(pe__corrupt(d->id, "a piece of a list is damaged"));
        to[i] = v;
    }
    return d->p == d->end || ob_fail(pe__corrupt(d->id, "bytes are left over"));
}

static size_t page_key(const ob__stub *s, uint8_t key[20]) {
    st_store64_be(key, s->owner);
    if (s->kind == LIST) {
        st_store64_be(key + 8, s->from / PE_CHUNK);
        return 16;
    }
    uint8_t raw[8];
    st_store64_be(raw, s->from / PE_PAGE);
    key[8] = s->kind;
    memcpy(key + 9, raw + 4, 4);
    return 13;
}

static bool load_page(st_txn *t, const ob__stub *s, void **out) {
    ob__paging k = paging_of(s);
    uint8_t key[20];
    base_buf bytes;
    st_record r;
    const char *why;
    size_t room = (size_t)1 << k.bits, n = s->end - s->from < room ? (size_t)(s->end - s->from) : room;
    ob__page_block *page = ob_block_zalloc(ob__page_bytes(k));
    if (!page) return false;
    base_buf_init(&bytes);
    st_error e = st_get(t, PE_ENTRIES, (st_key){key, page_key(s, key)}, &bytes);
    bool ok = false;
    if (e == ST_NOT_FOUND) bad(s, "entries are missing");
    else if (e) pe__raise_store(e, NULL);
    else if (st_record_open(bytes.at, bytes.n, s->owner, &r, &why) != ST_OK) bad(s, why);
    else {
        pe_decoder d = {.p = r.payload, .end = r.payload + r.n, .id = s->owner, .txn = t};
        ok = s->kind == LIST ? pe__list_page(&d, n, s->first > s->from ? (size_t)(s->first - s->from) : 0, (void *)page->at) : pe__dict_page(&d, n, (char)s->kind, (void *)page->at);
    }
    base_buf_release(&bytes);
    *out = page;
    return ok;
}

/* A node whose kids are stubs. Pages that have nothing but holes before `first` are absent. */
static bool load_node(const ob__stub *s, void **out) {
    ob__paging k = paging_of(s);
    unsigned shift = k.bits + OB__FAN_BITS * (s->level - 1u);
    ob__node *n = ob_block_zalloc(sizeof *n);
    if (!n) return false;
    for (unsigned i = 0; i < OB__FAN; i++) {
        ob__stub kid = {.owner = s->owner, .from = s->from + ((uint64_t)i << shift), .end = s->end, .first = s->first, .what = s->what,
                        .level = (uint8_t)(s->level - 1), .kind = s->kind};
        if (kid.from >= s->end) break;
        if (kid.from + (UINT64_C(1) << shift) > s->first && !(n->kid[i] = ob__stub_new(&kid))) return false;
    }
    *out = n;
    return true;
}

/* ---- the index ---- one record a key: id, 'x', the stirred hash and the position, both with their high byte first */

typedef struct words { uint64_t *at; size_t n, room; } words;            /* pairs: stirred hash, position */
enum { INDEX_KEY = 8 + 1 + 8 + 4 };

/* The cells of the part of the trie that s stands for; if that may have sub-parts, no more than one leaf and one cell. */
static bool read_cells(st_txn *t, const ob__stub *s, words *cells) {
    uint8_t from[17];
    base_buf key, value;
    st_cursor *c;
    st_record r;
    const char *why;
    unsigned bits = 64 - 5u * s->level;
    uint64_t last = bits == 64 ? UINT64_MAX : s->from + (UINT64_C(1) << bits) - 1;
    size_t most = s->level < OB__TRIE_DEPTH ? OB__LEAF_MAX + 1 : SIZE_MAX;
    st_store64_be(from, s->owner);
    from[8] = PE_K_INDEX;
    st_store64_be(from + 9, s->from);
    st_error e = st_cursor_open(t, PE_ENTRIES, &c);
    if (e) return ob_fail(pe__raise_store(e, NULL));
    base_buf_init(&key);
    base_buf_init(&value);
    bool ok = true;
    e = st_cursor_move(c, ST_AT_OR_AFTER, (st_key){from, sizeof from}, &key, &value);
    for (; ok && e == ST_OK && cells->n / 2 < most; e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) {
        const uint8_t *k = (const uint8_t *)key.at;
        if (key.n != INDEX_KEY || memcmp(k, from, 9) != 0 || st_load64_be(k + 9) > last) break;
        uint32_t at = (uint32_t)k[17] << 24 | (uint32_t)k[18] << 16 | (uint32_t)k[19] << 8 | k[20];
        if (st_record_open(value.at, value.n, s->owner, &r, &why) != ST_OK) ok = bad(s, why);
        else if (at >= s->end) ok = bad(s, "its index is damaged");
        else if (!VEC_RESERVE(cells, 2) || !VEC_PUSH(cells, st_load64_be(k + 9)) || !VEC_PUSH(cells, at)) ok = ob_fail(ob_raise_memory());
    }
    if (ok && e != ST_OK && e != ST_NOT_FOUND) ok = ob_fail(pe__raise_store(e, NULL));
    base_buf_release(&key);
    base_buf_release(&value);
    st_cursor_close(c);
    return ok;
}

static bool make_leaf(const uint64_t *cells, size_t n, void **out) {
    uint64_t *stirred = base_mem_alloc((n + 1) * (sizeof *stirred + sizeof(uint32_t)));
    if (!stirred) return ob_fail(ob_raise_memory());
    uint32_t *at = (uint32_t *)(void *)(stirred + n + 1);
    for (size_t i = 0; i < n; i++) stirred[i] = cells[2 * i], at[i] = (uint32_t)cells[2 * i + 1];
    *out = n ? ob__dict_leaf(stirred, at, (uint32_t)n, ob_block_alloc) : NULL;
    base_mem_free(stirred);
    return n == 0 || *out != NULL;
}

static bool load_trie(st_txn *t, const ob__stub *s, void **out) {
    words cells = {0};
    bool ok = read_cells(t, s, &cells);
    if (ok && (cells.n / 2 <= OB__LEAF_MAX || s->level >= OB__TRIE_DEPTH)) {
        ok = make_leaf(cells.at, cells.n / 2, out);
    } else if (ok) {
        ob__node *n = ob_block_zalloc(sizeof *n);
        unsigned shift = 59 - 5u * s->level;
        ok = n != NULL;
        for (unsigned i = 0; ok && i < OB__FAN; i++) {
            ob__stub kid = {.owner = s->owner, .from = s->from + ((uint64_t)i << shift), .end = s->end, .what = s->what, .level = (uint8_t)(s->level + 1), .kind = s->kind};
            ok = (n->kid[i] = ob__stub_new(&kid)) != NULL;
        }
        *out = n;
    }
    VEC_RELEASE(&cells);
    return ok;
}

/* ---- both ---- */

static bool read_part(const ob__stub *s, void **out) {
    st_txn *t;
    if (s->what == OB__STUB_PAGE && s->level) return load_node(s, out);
    if (pe__s.store == NULL) return ob_fail(ob_raise(&ob_exc_StoreError, "the object's store has been closed"));
    st_error e = pe__read_begin(&t);
    if (e) return ob_fail(pe__raise_store(e, NULL));
    ob_paging++;
    bool ok = s->what == OB__STUB_PAGE ? load_page(t, s, out) : load_trie(t, s, out);
    ob_paging--;
    pe__read_end(t);
    return ok;
}

void pe__lazy_load(ob__stub *s) {
    ob_pending had = ob_err;
    void *part = NULL;
    ob_err = (ob_pending){OB_COND_NONE, OB_NULL};
    bool ok = ob_c_enter();
    if (ok) {
        ok = read_part(s, &part);
        ob_c_leave();
    }
    if (!ok) {
        ob__stub_trouble++;
        if (had.cond > OB_COND_EXCEPTION) ob_err = had;
        ob_unread_begin();
        return;
    }
    if (s->what == OB__STUB_PAGE && s->level == 0) pe__ahead(s, ((const ob__page_block *)part)->at);
    ob__stub_install(s, part);                               /* from here on it could be let go of, but nothing is allocated before it has been looked at */
    ob_err = had;
    base_lock_take(&lock);
    if (VEC_RESERVE(&loaded, 1)) loaded.at[loaded.n++] = s;             /* no room: it stays until the container goes */
    base_lock_drop(&lock);
    if (s->what == OB__STUB_LEAF || s->level == 0) pe__count_load();
}

/* ---- letting go ---- */

void pe__lazy_forget_dead(void) {
    size_t n = 0;
    for (size_t i = 0; i < loaded.n; i++)
        if (ob__marked(loaded.at[i])) loaded.at[n++] = loaded.at[i];
    loaded.n = n;
}

static unsigned age_of(const ob__stub *s) {
    uint32_t age = atomic_load_explicit(&ob__stub_now, memory_order_relaxed) - atomic_load_explicit(&((ob__stub *)(uintptr_t)s)->used, memory_order_relaxed);
    return age < PE_AGES ? age : PE_AGES - 1;
}

void pe__lazy_ages(size_t count[PE_AGES]) {
    for (size_t i = 0; i < loaded.n; i++) count[age_of(loaded.at[i])]++;
}

bool pe__lazy_evict(unsigned age) {
    size_t n = 0, had = loaded.n;
    for (size_t i = 0; i < loaded.n; i++) {
        if (age_of(loaded.at[i]) < age) loaded.at[n++] = loaded.at[i];
        else (void)ob__stub_let_go(loaded.at[i]);        /* one that is pinned stays for good, out of the list */
    }
    loaded.n = n;
    atomic_fetch_add_explicit(&ob__stub_now, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&pe__s.evictions, had - n, memory_order_relaxed);
    return had != n;
}

/* ---- bodies ---- */

static uint32_t levels_for(uint64_t n, ob__paging k) {
    uint32_t levels = 0;
    while (levels < 11 && (UINT64_C(1) << (k.bits + OB__FAN_BITS * levels)) < n) levels++;
    return levels;
}

bool pe__lazy_dict(ob_dict_body *b, uint64_t id, char keys, uint32_t used, uint32_t fill, uint32_t first) {
    uint32_t levels = levels_for(fill, OB__DICT_PAGING);
    ob__stub top = {.owner = id, .end = fill, .first = first, .what = OB__STUB_PAGE, .level = (uint8_t)levels, .kind = (uint8_t)keys};
    *b = (ob_dict_body){.used = used, .fill = fill, .first = first, .log2 = OB_DICT_TREE, .cells = levels};
    if (!(b->pages = ob__stub_new(&top))) return false;
    top = (ob__stub){.owner = id, .end = fill, .what = OB__STUB_LEAF, .kind = (uint8_t)keys};
    void *trie = ob__stub_new(&top);
    return trie && ob__dict_make_lasting(b, trie);
}

bool pe__lazy_list(ob_list_body *b, uint64_t id, uint64_t head, uint64_t n) {
    uint32_t levels = levels_for(n, OB__LIST_PAGING);
    ob__stub top = {.owner = id, .end = n, .first = head, .what = OB__STUB_PAGE, .level = (uint8_t)levels, .kind = LIST};
    ob__list_tree *t = ob_block_zalloc(sizeof *t);
    if (!t) return false;
    *b = (ob_list_body){(ob_val *)(void *)t, 0, 0};
    t->p.levels = levels;
    t->len = (size_t)n;
    return (t->p.root = ob__stub_new(&top)) != NULL;
}
