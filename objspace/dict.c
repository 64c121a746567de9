/* dict.c: the table under dicts: entries in insertion order with holes, and an open-addressing index of 1, 2 or 4 byte cells.
 * Locks: none; bodies are reached through ob_read / ob_write.
 * D1  entries and index belong to one body alone (dict_copy duplicates them), so a body that may be written may free its blocks.
 * D2  A copy keeps every entry's position: a position found in the body read holds for the body written right after.
 * D3  No body pointer is kept across a call that can run Python; after one, a search starts again if `layout` has changed.
 * D4  A cell may be stale (its entry gone, perhaps behind `fill`, or taken by another key); a search just passes on.  cells <= 2/3 of the index. (append_entry)
 * D5  A key's entry is read under its hash (ob__dict_look), or under its cell and the reign (find_shared), and overwritten under its bucket's bit or in its
 *     cell; coming and going writes TX_REST too.
 * D6  A body that is copied while it is big becomes a tree (dict_tree.h), positions and layout staying; namespaces are flat always. (kind_copy) */
#include "objspace/dict.h"
#include "objspace/dict_table.h"
#include "objspace/dict_tree.h"
#include "objspace/dict_warm.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include "objspace/type_make.h"
#include "txn/tx.h"

#define UNSURE OB__UNSURE

/* ---- the index ---- */

static inline size_t index_bytes(unsigned log2) { return (size_t)(log2 <= 8 ? 1 : log2 <= 16 ? 2 : 4) << log2; }
static inline uint32_t cell_at(const ob_dict_body *b, size_t i) {
    if (b->log2 <= 8) return ((const uint8_t *)b->index)[i];
    return b->log2 <= 16 ? ((const uint16_t *)b->index)[i] : ((const uint32_t *)b->index)[i];
}
static inline void cell_put(ob_dict_body *b, size_t i, uint32_t cell) {
    if (b->log2 <= 8) ((uint8_t *)b->index)[i] = (uint8_t)cell;
    else if (b->log2 <= 16) ((uint16_t *)b->index)[i] = (uint16_t)cell;
    else ((uint32_t *)b->index)[i] = cell;
}
typedef ob__probe probe;
static inline probe probe_start(unsigned log2, uint64_t hash) { return ob__probe_start(((size_t)1 << log2) - 1, hash); }
static inline void probe_step(probe *p) { ob__probe_step(p); }

static void index_add(ob_dict_body *b, uint64_t hash, uint32_t position) {
    probe p = probe_start(b->log2, hash);
    while (cell_at(b, p.i)) probe_step(&p);
    cell_put(b, p.i, position + 1);
    b->cells++;
}

/* ---- searching without Python ---- */

static inline int key_known(const ob_dict_entry *e, ob_val key) { return ob__dict_key_known(e->key, key); }

/* 1 it is, 0 it is not, -1 unsure; the identical key is the caller's. */
#define ENTRY_CHECK(e, position)                                                      \
    if (ob_same((e)->key, key)) return (position);                                    \
    if ((e)->hash == hash && (e)->key.w) {                                            \
        int known = key_known((e), key);                                              \
        if (known) return known > 0 ? (position) : UNSURE;                            \
    }
#define SEARCH(type)                                                                  \
    for (probe p = probe_start(b->log2, hash);; probe_step(&p)) {                     \
        uint32_t cell = ((const type *)b->index)[p.i];                                \
        if (!cell) return OB__ABSENT;                                                 \
        const ob_dict_entry *e = &b->entries[cell - 1];                               \
        ENTRY_CHECK(e, (ssize_t)cell - 1)                                             \
    }

static ssize_t search_linear(const ob_dict_body *b, ob_val key, uint64_t hash) {
    for (uint32_t i = 0; i < b->fill; i++) {
        ENTRY_CHECK(&b->entries[i], (ssize_t)i)
    }
    return OB__ABSENT;
}
static ssize_t search_1(const ob_dict_body *b, ob_val key, uint64_t hash) { SEARCH(uint8_t) }
static ssize_t search_2(const ob_dict_body *b, ob_val key, uint64_t hash) { SEARCH(uint16_t) }
static ssize_t search_4(const ob_dict_body *b, ob_val key, uint64_t hash) { SEARCH(uint32_t) }

/* What was looked for may be in a part of the tree that cannot be brought in. */
static COLD ssize_t in_trouble(void) { return ob_failed() ? OB__FAILED : UNSURE; }

/* A lasting tree is no help in finding a key that has no lasting hash. */
static COLD ssize_t search_all(const ob_dict_body *b, ob_val key, uint64_t hash) {
    size_t i = 0;
    for (; (i = ob__dict_live_from(b, i)) < b->fill; i++) {
        const ob_dict_entry *e = ob__dict_tree_at(b, i);
        ENTRY_CHECK(e, (ssize_t)i)
    }
    return i == SIZE_MAX ? in_trouble() : OB__ABSENT;
}

static NOINLINE ssize_t search_tree(const ob_dict_body *b, ob_val key, uint64_t hash) {
    uint64_t trouble = ob__stub_trouble, where = hash;
    ssize_t i;
    if (UNLIKELY(b->cap == OB__DICT_LASTING) && !ob__lasting_hash(key, &where)) return search_all(b, key, hash);
    for (uint32_t k = 0; (i = ob__dict_tree_like(b, where, k)) >= 0; k++) {
        const ob_dict_entry *e = ob__dict_tree_at(b, (size_t)i);
        ENTRY_CHECK(e, i)
    }
    return LIKELY(trouble == ob__stub_trouble) ? OB__ABSENT : in_trouble();
}

static inline ssize_t search_flat(const ob_dict_body *b, ob_val key, uint64_t hash) {
    if (!b->index) return search_linear(b, key, hash);
    if (b->log2 <= 8) return search_1(b, key, hash);
    return b->log2 <= 16 ? search_2(b, key, hash) : search_4(b, key, hash);
}
static inline ssize_t search(const ob_dict_body *b, ob_val key, uint64_t hash) {
    return LIKELY(b->log2 != OB_DICT_TREE) ? search_flat(b, key, hash) : search_tree(b, key, hash);
}

ssize_t ob__dict_search(const ob_dict_body *b, ob_val key, uint64_t hash) { return search(b, key, hash); }

static ssize_t next_like_lasting(const ob_dict_body *b, ob_val key, uint64_t hash, ob__dict_likes *l) {
    uint64_t where;
    if (ob__lasting_hash(key, &where)) return ob__dict_tree_like(b, where, l->k - 1);
    while ((l->i = ob__dict_live_from(b, l->i)) < b->fill)
        if (ob__dict_tree_at(b, l->i++)->hash == hash) return (ssize_t)l->i - 1;
    return -1;
}

ssize_t ob__dict_next_like(const ob_dict_body *b, ob_val key, uint64_t hash, ob__dict_likes *l) {
    uint32_t k = l->k++;
    if (UNLIKELY(ob__dict_is_lasting(b))) return next_like_lasting(b, key, hash, l);
    if (ob__dict_is_tree(b)) return ob__dict_tree_like(b, hash, k);
    if (!b->index) return k < b->fill ? (ssize_t)k : -1;
    probe p = {l->mask, l->i, l->rest};
    if (k == 0) p = probe_start(b->log2, hash);
    else probe_step(&p);
    l->mask = p.mask, l->i = p.i, l->rest = p.rest;
    return (ssize_t)cell_at(b, p.i) - 1;
}

/* ---- reading under a hash ---- */

const ob_dict_body *ob__dict_look_slow(ob_val d, uint64_t hash) {
    return tx_read_key_slow(ob_handle(d), hash);
}

/* The cell of a key of a big dict that others may change, if it has one (V2): the caller logs what it looks at of it, and looks for the key's entry if there is
 * no value in it.  The reign is logged. */
static NOINLINE ob_val walk_to_cell(ob_val d, ob_val key, uint64_t hash) {
    const ob_dict_body *b = tx_read_slow(ob_handle(d), OB_DICT_REIGN);
    uint64_t where = hash;
    if (!ob__dict_is_tree(b) || (ob__dict_is_lasting(b) && !ob__lasting_hash(key, &where))) return OB_NULL;
    ob_val cell = ob__dict_tree_cell(b, key, where);
    if (LIKELY(!ob_is_null(cell))) ob__known_found(d, hash, cell);
    return cell;
}
static inline ob_val find_cell(ob_val d, ob_val key, uint64_t hash) {
    ob_val cell = ob__known_cell(d, key, hash);
    return LIKELY(!ob_is_null(cell)) ? cell : walk_to_cell(d, key, hash);
}

/* The same by its entry. A cell stands for its key, present as it is (V2): then it is given, and the caller logs what it looks at of it;
 * else OB_NULL. */
static NOINLINE ssize_t find_big(ob_val d, ob_val key, uint64_t hash, ob_val *cell) {
    const ob_dict_body *b = tx_read_slow(ob_handle(d), OB_DICT_REIGN);
    ssize_t i = UNLIKELY(b->log2 != OB_DICT_TREE) ? search(b, key, hash) : search_tree(b, key, hash);
    if (LIKELY(i >= 0)) {
        *cell = ob_dict_entry_at(b, (size_t)i)->value;
        if (LIKELY(ob__is_cell(*cell))) return i;
    }
    *cell = OB_NULL;
    (void)ob__dict_look_slow(d, hash);
    return i;
}
static inline bool is_big_shared(ob_val d) { return UNLIKELY(!tx_is_private(ob_handle(d))) && ob_flags(ob_ptr(d)) & OB_F_BIG; }

/* ---- searching ---- */

/* Compares key with entry i, perhaps by Python code. 1 0 -1; 2: the dict changed meanwhile, search again. */
static int compare_at(ob_val d, uint32_t i, ob_val key, uint64_t hash) {
    const ob_dict_body *b = ob__dict_look(d, hash);
    const ob_dict_entry *e = ob_dict_entry_at(b, i);
    if (ob_same(e->key, key)) return 1;
    if (e->hash != hash || !e->key.w) return 0;
    int known = key_known(e, key);
    if (known >= 0) return known;
    uint32_t layout = b->layout;
    int eq = ob_eq(e->key, key);
    if (eq < 0) return -1;
    return ob__dict_look(d, hash)->layout != layout ? 2 : eq;
}

static COLD ssize_t find_slow(ob_val d, ob_val key, uint64_t hash) {
again:;
    ob__dict_likes l = {0};
    uint8_t form = ob__dict_look(d, hash)->log2;
    uint32_t cap = ob__dict_look(d, hash)->cap;
    uint64_t trouble = ob__stub_trouble;
    for (;;) {
        const ob_dict_body *b = ob__dict_look(d, hash);
        if (b->log2 != form || (form == OB_DICT_TREE && b->cap != cap)) goto again;   /* a comparison has written it */
        ssize_t i = ob__dict_next_like(b, key, hash, &l);
        if (UNLIKELY(trouble != ob__stub_trouble)) return OB__FAILED;
        if (i < 0) return OB__ABSENT;
        int c = compare_at(d, (uint32_t)i, key, hash);
        if (c == 2) goto again;
        if (c) return c > 0 ? i : OB__FAILED;
    }
}

ssize_t ob__dict_find(ob_val d, ob_val key, uint64_t hash) {
    ob_val cell = OB_NULL;
    ssize_t i = is_big_shared(d) ? find_big(d, key, hash, &cell) : search(ob__dict_look(d, hash), key, hash);
    if (UNLIKELY(!ob_is_null(cell))) (void)ob__cell_read(cell, OB__CELL_THERE);
    return LIKELY(i != UNSURE) ? i : find_slow(d, key, hash);
}

/* The cell of a key, to be overwritten; OB_NULL: look for its entry.  That it is there has been logged. */
static inline ob_val cell_there(ob_val d, ob_val key, uint64_t hash) {
    ob_val cell = ob__known_was_read(&ob__me->known, d, key);
    if (!ob_is_null(cell) || ob_is_null(cell = find_cell(d, key, hash))) return cell;
    return LIKELY(!ob_is_null(ob__cell_read(cell, OB__CELL_THERE))) ? cell : OB_NULL;
}

/* Of a tree, whose parts may be in a store. */
static NOINLINE const ob_dict_entry *find_in_tree(const ob_dict_body *b, ob_val key, uint64_t hash, ssize_t *i) {
    const ob_dict_entry *e = NULL;
    bool lasting = b->cap == OB__DICT_LASTING;
    *i = 0;
    if (LIKELY(lasting) && LIKELY((e = ob__warm_find(b, key, hash)) != NULL)) return e;
    if ((*i = search_tree(b, key, hash)) < 0) return NULL;
    e = ob__dict_tree_at(b, (size_t)*i);
    if (lasting) ob__warm_found(b, e);
    return e;
}

ssize_t ob__dict_has(const ob_dict_body *b, ob_val key, uint64_t hash) {
    ssize_t i;
    if (LIKELY(!ob__dict_is_tree(b))) return search_flat(b, key, hash);
    return find_in_tree(b, key, hash, &i) ? 0 : i;
}

/* Where the key is in doubt, or nothing has been found. */
static ob_val get_found(ob_val d, ob_val key, uint64_t hash, ssize_t i) {
    if (i == UNSURE) i = find_slow(d, key, hash);
    return i < 0 ? OB_NULL : ob_dict_value_at(ob__dict_look(d, hash), (size_t)i);
}

static NOINLINE ob_val get_in_body(ob_val d, ob_val key, uint64_t hash) {
    const ob_dict_body *b = ob__dict_look(d, hash);
    ssize_t i;
    if (LIKELY(!ob__dict_is_tree(b))) {
        i = search_flat(b, key, hash);
        return LIKELY(i >= 0) ? b->entries[i].value : get_found(d, key, hash, i);
    }
    const ob_dict_entry *e = find_in_tree(b, key, hash, &i);
    if (UNLIKELY(e == NULL)) return get_found(d, key, hash, i);
    return LIKELY(!ob__is_cell(e->value)) ? e->value : ob__cell_read(e->value, OB__CELL_VALUE);
}

/* A key whose cell is not known. */
static NOINLINE ob_val get_big(ob_val d, ob_val key, uint64_t hash) {
    if (UNLIKELY(tx_has_sink())) return get_in_body(d, key, hash);
    ob_val cell = walk_to_cell(d, key, hash), value;
    if (!ob_is_null(cell) && !ob_is_null(value = ob__known_read(d, key, cell))) return value;
    ssize_t i = find_big(d, key, hash, &cell);
    if (i < 0) return get_found(d, key, hash, i);
    return ob_is_null(cell) ? ob_dict_value_at(ob__dict_peek(d, 0), (size_t)i) : ob__known_read(d, key, cell);
}

static inline ob_val get_hashed(ob_val d, ob_val key, uint64_t hash) {
    if (!is_big_shared(d)) return get_in_body(d, key, hash);
    ob_val value = ob__known_value(d, key, hash);
    return LIKELY(!ob_is_null(value)) ? value : get_big(d, key, hash);
}

ob_val ob_dict_get_hash(ob_val d, ob_val key, uint64_t hash) { return get_hashed(d, key, hash); }

ob_val ob_dict_get(ob_val d, ob_val key) {
    uint64_t hash;
    return LIKELY(ob_key_hash(key, &hash)) ? get_hashed(d, key, hash) : OB_NULL;
}

ob_val ob_dict_get_str(ob_val d, ob_val interned) {
    uint64_t hash = atomic_load_explicit(&ob_str_ptr(interned)->hash, memory_order_relaxed);
    if (UNLIKELY(!hash)) hash = ob_str_hash(interned);
    ob_val v = ob_dict_get_hash(d, interned, hash);
    if (UNLIKELY(ob_is_null(v) && ob_failed())) ob_err_clear();   /* an odd key's __eq__ raised: not this key */
    return v;
}

ob_val ob_dict_get_c(ob_val d, const char *key) {
    ob_val k = ob_str_intern_c(key);
    return ob_is_null(k) ? OB_NULL : ob_dict_get_str(d, k);
}

ssize_t ob_dict_entry_index(ob_val d, ob_val interned) {
    ssize_t i = ob__dict_find(d, interned, ob_str_hash(interned));
    if (i == OB__FAILED) ob_err_clear();
    return i < 0 ? -1 : ob_flags(ob_ptr(d)) & OB_F_BIG ? (ssize_t)(SIZE_MAX / 2) : i;
}

int ob_dict_contains(ob_val d, ob_val key) {
    uint64_t hash;
    if (!ob_key_hash(key, &hash)) return -1;
    bool cells = is_big_shared(d) && LIKELY(!tx_has_sink());
    if (cells && !ob_is_null(cell_there(d, key, hash))) return 1;
    ssize_t i = cells ? ob__dict_find(d, key, hash) : ob__dict_has(ob__dict_look(d, hash), key, hash);
    if (UNLIKELY(i == UNSURE)) i = find_slow(d, key, hash);
    return i >= 0 ? 1 : i == OB__ABSENT ? 0 : -1;
}

/* ---- room ---- */

static bool shape_for(size_t room, uint32_t *cap, unsigned *log2) {
    *log2 = 0;
    if (room <= OB_DICT_LINEAR) return *cap = room <= 4 ? 4 : OB_DICT_LINEAR, true;
    *log2 = 4;
    while (((size_t)1 << *log2) / 3 * 2 < room) ++*log2;
    if (*log2 > 31) return false;
    *cap = (uint32_t)(((size_t)1 << *log2) * 2 / 3);
    return true;
}

void ob__dict_free(ob_dict_body *b) {
    if (ob__dict_is_tree(b)) return;                                      /* other versions may share them */
    if (b->entries) ob_block_free(b->entries, b->cap * sizeof *b->entries);
    if (b->index) ob_block_free(b->index, index_bytes(b->log2));
}

typedef ob__allocator allocator;

static COLD bool rebuild_tree(ob_dict_body *b, uint32_t gap, allocator *alloc) {
    ob_dict_body n;
    if (!ob__dict_tree_init(&n, gap, alloc)) return false;
    for (size_t i = b->first; (i = ob__dict_live_from(b, i)) < b->fill; i++)
        if (!ob__dict_tree_add(&n, n.fill, ob__dict_tree_at(b, i), alloc)) return false;
    n.layout = b->layout + 1;
    n.reign = b->reign;
    *b = n;
    return true;
}

/* New blocks with room for `room` entries, live ones moved over without holes, behind a gap. */
static COLD bool rebuild_gap(ob_dict_body *b, size_t room, uint32_t gap, allocator *alloc) {
    ob_dict_body n = {.layout = b->layout + 1, .used = b->used, .fill = gap, .first = gap, .reign = b->reign};
    unsigned log2;
    if (ob__dict_is_tree(b)) return ob__dict_tree_hold(b) && rebuild_tree(b, gap, alloc);
    if (!shape_for(room, &n.cap, &log2)) return alloc == ob_kind_block ? false : ob_fail(ob_raise_memory());
    n.log2 = (uint8_t)log2;
    if (!(n.entries = alloc(n.cap * sizeof *n.entries)) || (log2 && !(n.index = alloc(index_bytes(log2))))) return false;
    if (log2) memset(n.index, 0, index_bytes(log2));
    if (gap) memset(n.entries, 0, gap * sizeof *n.entries);
    for (uint32_t i = b->first; i < b->fill; i++)
        if (ob_dict_entry_at(b, i)->key.w) n.entries[n.fill++] = *ob_dict_entry_at(b, i);
    if (log2)
        for (uint32_t i = gap; i < n.fill; i++) index_add(&n, n.entries[i].hash, i);
    ob__dict_free(b);
    *b = n;
    return true;
}
static bool rebuild(ob_dict_body *b, size_t room, allocator *alloc) { return rebuild_gap(b, room, 0, alloc); }

/* A tree has no room to run out of, but holes; it is rebuilt when they are more than half. */
static COLD bool append_tree(ob_dict_body *b, const ob_dict_entry *e, allocator *alloc) {
    if (b->fill / 2 > b->used + 32 || b->fill == UINT32_MAX) {
        if (!rebuild(b, (size_t)b->used * 2, alloc)) return false;
    }
    if (!ob__dict_tree_add(b, b->fill, e, alloc)) return false;
    b->layout++;
    return true;
}

static inline bool append_with(ob_dict_body *b, ob_val key, uint64_t hash, ob_val v, allocator *alloc) {
    if (ob__dict_is_tree(b)) return append_tree(b, &(ob_dict_entry){hash, key, v}, alloc);
    if (UNLIKELY(b->fill == b->cap || b->cells >= b->cap))
        if (!rebuild(b, b->used < 4 ? (size_t)b->used + 1 : b->used < 8 ? 8 + (b->used == 8) : (size_t)b->used * 2, alloc)) return false;
    b->entries[b->fill] = (ob_dict_entry){hash, key, v};
    if (b->index) index_add(b, hash, b->fill);
    b->fill++;
    b->used++;
    b->layout++;
    return true;
}

static inline bool append_entry(ob_dict_body *b, ob_val key, uint64_t hash, ob_val v) { return append_with(b, key, hash, v, ob_block_alloc); }

static inline bool drop_entry(ob_dict_body *b, size_t i, allocator *alloc) {
    if (ob__dict_is_tree(b)) return ob__dict_tree_drop(b, i, alloc) && ++b->layout;
    b->entries[i].key = b->entries[i].value = OB_NULL;
    b->used--;
    b->layout++;
    while (b->first < b->fill && !b->entries[b->first].key.w) b->first++;
    return true;
}

bool ob__dict_append(ob_dict_body *b, const ob_dict_entry *e, allocator *alloc) { return append_with(b, e->key, e->hash, e->value, alloc); }
bool ob__dict_drop(ob_dict_body *b, size_t i, allocator *alloc) { return drop_entry(b, i, alloc); }

/* ---- namespaces ---- */

bool ob_is_quasi_constant(ob_val v) {
    if (!ob_is_ptr(v) || !v.w) return false;
    const ob_type *t = ob_type_of(v);
    return t == &ob_function_type || t == &ob_native_type || t == &ob_module_type || (t->flags & OB_TF_TYPE) || t->slots.get || t->slots.set;
}

static inline bool is_namespace(ob_val d) { return UNLIKELY((ob_flags(ob_ptr(d)) & OB_F_NAMESPACE) != 0); }
/* A name's flags say of all namespaces at once whether some cache relies on its value, and whether it has ever been overwritten. Both are set for good by
 * changes of the one word, in whatever order: who relies on it has seen no overwriting, or else the overwriting sees the reliance, and bumps. What has been
 * overwritten once is relied on no more, and takes to being logged: so overwriting need not bump any more when a commit has bumped for it. (Not when a
 * transaction has set VARIES: it may lose, or be overtaken by one whose reader of the old value must lose, too.) */
static bool was_relied_on(ob_val key) {
    if (!ob_is_exact_str(key)) return false;
    uint32_t f = ob_flags(ob_ptr(key));
    if (!(f & OB_F_VARIES)) f = atomic_fetch_or_explicit(&ob_ptr(key)->flags, OB_F_VARIES, memory_order_relaxed);
    return (f & (OB_F_RELIED | OB_F_SETTLED)) == OB_F_RELIED;
}
static void settled(uint64_t key, tx_fate fate) {
    if (fate == TX_CERTAIN) ob_flag_set(ob_ptr((ob_val){key}), OB_F_SETTLED);
}
bool ob_dict_name_varies(ob_val name) {
    uint32_t f = ob_flags(ob_ptr(name));
    return (f & OB_F_VARIES) && (f & (OB_F_RELIED | OB_F_SETTLED)) != OB_F_RELIED;
}
static bool rely_on(ob_val key) {
    uint32_t f = ob_flags(ob_ptr(key));
    if (!(f & (OB_F_VARIES | OB_F_RELIED))) f = atomic_fetch_or_explicit(&ob_ptr(key)->flags, OB_F_RELIED, memory_order_relaxed);
    return !(f & OB_F_VARIES);
}

static NOINLINE void name_overwritten(ob_val key, ob_val old, ob_val new) {
    bool relied = was_relied_on(key);
    if (relied || ob_is_quasi_constant(old) || ob_is_quasi_constant(new)) tx_epoch_bump();
    bool at_once = false;
    if (relied && tx_when_settled(settled, key.w, &at_once) && at_once) settled(key.w, TX_CERTAIN);
}
static inline void overwritten(ob_val d, ob_val key, ob_val old, ob_val new) {
    if (is_namespace(d) && !ob_same(old, new)) name_overwritten(key, old, new);
}
static inline void entries_changed(ob_val d) {
    if (is_namespace(d)) tx_epoch_bump();
}

void ob_dict_make_namespace(ob_val d) {
    ob_flag_set(ob_ptr(d), OB_F_NAMESPACE);
    tx_epoch_bump();
}

bool ob_dict_rely_on(ob_val d, size_t i, ob_val interned) {
    const ob_dict_body *b = ob__dict_peek(d, 0);
    return i < b->fill && ob_same(ob_dict_entry_at(b, i)->key, interned) && rely_on(interned);
}

/* ---- making and changing ---- */

ob_val ob__dict_alloc(ob_type *t) { return ob_of(ob_alloc_mut(t, t->size)); }
ob_val ob_dict_new(void) { return ob__dict_alloc(&ob_dict_type); }

ob_val ob_dict_new_sized(size_t n) {
    ob_val d = ob_dict_new();
    if (!ob_is_null(d) && n && !rebuild(tx_inline_body(ob_handle(d)), n, ob_block_alloc)) return OB_NULL;
    return d;
}

/* ---- single changes of big private bodies, and what reverses them (README.md, "Big containers") ---- */

static void undo_value(tx_handle *h UNUSED, void *body, uint64_t value, uint64_t at) {
    ((ob_dict_body *)body)->entries[ob_to_small((ob_val){at})].value.w = value;
}
static void undo_key(tx_handle *h UNUSED, void *body, uint64_t key, uint64_t at) {
    ob_dict_body *b = body;
    uint32_t i = (uint32_t)ob_to_small((ob_val){at});
    if (b->entries[i].key.w) return;                                      /* memory ran out between the two notes of a deletion */
    b->entries[i].key.w = key;
    if (i < b->first) b->first = i;
    b->used++;
    b->layout++;
}
static void undo_append(tx_handle *h UNUSED, void *body, uint64_t at, uint64_t b_ UNUSED) {
    ob_dict_body *b = body;
    b->fill = (uint32_t)ob_to_small((ob_val){at});
    b->entries[b->fill] = (ob_dict_entry){0};
    if (b->first > b->fill) b->first = b->fill;
    b->popped = true;
    b->used--;
    b->layout++;
}

/* The body, if it is one of whose changes notes can be made; else NULL. */
static inline const ob_dict_body *notable(ob_val d) {
    const ob_dict_body *b = tx_inline_body(ob_handle(d));
    return tx_is_private(ob_handle(d)) && !ob__dict_is_tree(b) ? b : NULL;
}

/* The body, for entry i to get another value. */
static NOINLINE ob_dict_body *write_value(ob_val d, size_t i, uint64_t hash) {
    const ob_dict_body *b = notable(d);
    if (!b) return ob_write_mask(d, OB_DICT_BUCKET(hash));
    return ob_write_op(d, OB_DICT_BUCKET(hash), b->used, undo_value, b->entries[i].value.w, ob_from_small((int64_t)i).w);
}

/* The body, for an entry to come behind the others; one that must be rebuilt for it is copied. */
static NOINLINE ob_dict_body *write_append(ob_val d, uint64_t hash) {
    const ob_dict_body *b = notable(d);
    if (!b || b->fill == b->cap || b->cells >= b->cap) return ob_write_mask(d, OB_DICT_BUCKET(hash) | TX_REST);
    return ob_write_op(d, OB_DICT_BUCKET(hash) | TX_REST, b->used, undo_append, ob_from_small(b->fill).w, 0);
}

/* The body, for entry i to go: its hash stays. */
static NOINLINE ob_dict_body *write_drop(ob_val d, size_t i, uint64_t hash) {
    const ob_dict_body *b = notable(d);
    uint64_t at = ob_from_small((int64_t)i).w, mask = OB_DICT_BUCKET(hash) | TX_REST;
    if (!b) return ob_write_mask(d, mask);
    ob_val value = b->entries[i].value;
    ob_dict_body *w = ob_write_op(d, mask, b->used, undo_key, b->entries[i].key.w, at);
    return !w || tx_mine(ob_handle(d)) ? w : ob_write_op(d, mask, SIZE_MAX, undo_value, value.w, at);
}

static bool put_cell(ob_val d, ob_val cell, ob_val v) {
    uint32_t flags = ob_flags(ob_ptr(d));
    if (UNLIKELY(flags & (TX_F_FROZEN | TX_F_GUARDED))) {
        if (flags & TX_F_FROZEN) return ob_fail(ob_raise(&ob_exc_FrozenError, "'%T' object is frozen", d));
        tx_ask_guard(ob_handle(d));
    }
    ob_val *p = tx_write(ob_handle(cell), OB__CELL_VALUE);
    if (UNLIKELY(!p)) return ob_write_failed(d) != NULL;
    if (UNLIKELY(flags & OB_F_NAMESPACE)) overwritten(d, ((const ob__dict_cell *)ob_ptr(cell))->key, *p, v);
    *p = v;
    return true;
}

/* The value goes into the entry itself.  A cell that is there is left for good. */
static bool put_plain(ob_val d, size_t i, uint64_t hash, ob_val cell, ob_val v) {
    ob_val *p = NULL;
    ob_dict_body *b = tx_mine(ob_handle(d));
    if (!b && !(b = write_value(d, i, hash))) return false;
    if (cell.w && !(p = ob_write_mask(cell, OB__CELL_VALUE | OB__CELL_THERE))) return false;
    const ob_dict_entry *e = ob_dict_entry_at(b, i);
    overwritten(d, e->key, p ? *p : e->value, v);
    if (!ob__dict_is_tree(b)) b->entries[i].value = v;
    else if (!ob__dict_tree_put(b, i, v, ob_block_alloc)) return false;
    if (p) *p = OB_NULL, ob__known_emptied();
    return true;
}

static NOINLINE bool put_big(ob_val d, size_t i, uint64_t hash, ob_val v) {
    const ob_dict_body *b = ob__dict_peek(d, 0);
    ob_val old = ob_dict_entry_at(b, i)->value;
    bool wanted = ob__dict_wants_cells(d);
    if (LIKELY(ob__is_cell(old))) return wanted || !tx_has_sink() ? put_cell(d, old, v) : put_plain(d, i, hash, old, v);
    if (!wanted) return put_plain(d, i, hash, OB_NULL, v);
    if (!(b = ob_write_mask(d, OB_DICT_BUCKET(hash)))) return false;      /* perhaps a tree by now */
    if (!ob__dict_is_tree(b)) return put_plain(d, i, hash, OB_NULL, v);
    old = ob_dict_entry_at(b, i)->value;
    if (ob__is_cell(old)) return put_cell(d, old, v);
    ob_val key = ob_dict_entry_at(b, i)->key, cell = ob__dict_cell_new(d, key, v);
    if (ob_is_null(cell)) return false;
    overwritten(d, key, old, v);
    return ob__dict_tree_put((ob_dict_body *)(uintptr_t)b, i, cell, ob_block_alloc);
}

bool ob__dict_put_at(ob_val d, size_t i, uint64_t hash, ob_val v) {
    if (UNLIKELY(ob_flags(ob_ptr(d)) & OB_F_BIG)) return put_big(d, i, hash, v);
    ob_dict_body *b = tx_mine(ob_handle(d));
    if (!b && !(b = write_value(d, i, hash))) return false;
    if (UNLIKELY(ob__dict_is_tree(b))) return put_big(d, i, hash, v);
    overwritten(d, b->entries[i].key, b->entries[i].value, v);
    b->entries[i].value = v;
    return true;
}

/* An absent key. */
static bool insert(ob_val d, ob_val key, uint64_t hash, ob_val v) {
    ob_dict_body *b = tx_mine(ob_handle(d));
    if (!b) b = write_append(d, hash);
    if (b && ob__dict_is_tree(b) && ob__dict_wants_cells(d) && ob_is_null(v = ob__dict_cell_new(d, key, v))) return false;
    if (!b || !append_entry(b, key, hash, v)) return false;
    entries_changed(d);
    return true;
}

static NOINLINE bool set_big(ob_val d, ob_val key, uint64_t hash, ob_val v) {
    ob_val cell = LIKELY(!tx_has_sink()) ? cell_there(d, key, hash) : OB_NULL;
    if (LIKELY(!ob_is_null(cell))) return put_cell(d, cell, v);
    ssize_t i = find_big(d, key, hash, &cell);
    if (LIKELY(i >= 0 && !ob_is_null(cell))) {
        (void)ob__cell_read(cell, OB__CELL_THERE);
        return LIKELY(!tx_has_sink()) ? put_cell(d, cell, v) : put_big(d, (size_t)i, hash, v);
    }
    if (i == UNSURE) i = find_slow(d, key, hash);
    if (i == OB__FAILED) return false;
    return i >= 0 ? ob__dict_put_at(d, (size_t)i, hash, v) : insert(d, key, hash, v);
}

static inline bool set_small(ob_val d, ob_val key, uint64_t hash, ob_val v) {
    ssize_t i = ob__dict_find(d, key, hash);
    if (i == OB__FAILED) return false;
    return i >= 0 ? ob__dict_put_at(d, (size_t)i, hash, v) : insert(d, key, hash, v);
}

bool ob_dict_set_hash(ob_val d, ob_val key, uint64_t hash, ob_val v) {
    return is_big_shared(d) ? set_big(d, key, hash, v) : set_small(d, key, hash, v);
}

/* Most values are overwritten right after they were read. */
static NOINLINE bool set_big_key(ob_val d, ob_val key, ob_val v) {
    uint64_t hash;
    ob_val cell = ob__known_was_read(&ob__me->known, d, key);
    if (LIKELY(!ob_is_null(cell)) && LIKELY(!tx_has_sink())) return put_cell(d, cell, v);
    return ob_key_hash(key, &hash) && set_big(d, key, hash, v);
}

static NOINLINE bool set_small_key(ob_val d, ob_val key, ob_val v) {
    uint64_t hash;
    return LIKELY(ob_key_hash(key, &hash)) && set_small(d, key, hash, v);
}

bool ob_dict_set(ob_val d, ob_val key, ob_val v) { return is_big_shared(d) ? set_big_key(d, key, v) : set_small_key(d, key, v); }

bool ob_dict_set_c(ob_val d, const char *key, ob_val v) {
    ob_val k = ob_str_intern_c(key);
    return !ob_is_null(k) && ob_dict_set(d, k, v);
}

/* Entry `at` of b, which is d's and may be written, goes; its cell says so. */
static bool bury(ob_val d, ob_dict_body *b, size_t at) {
    ob_val cell = ob_dict_entry_at(b, at)->value, *p = NULL;
    if (ob__dict_is_tree(b) && ob__is_cell(cell) && !(p = ob_write_mask(cell, OB__CELL_VALUE | OB__CELL_THERE))) return false;
    if (!drop_entry(b, at, ob_block_alloc)) return false;
    if (p) *p = OB_NULL, ob__known_emptied();
    entries_changed(d);
    return true;
}

bool ob__dict_remove_at(ob_val d, size_t at) {
    uint64_t hash = ob_dict_entry_at(ob__dict_peek(d, 0), at)->hash;
    ob_dict_body *b = tx_mine(ob_handle(d));
    if (!b) b = write_drop(d, at, hash);
    return b && bury(d, b, at);
}

bool ob__dict_pop_last(ob_val d, ob_val *key, ob_val *value) {
    ob_dict_body *b = ob_write(d);
    if (!b) return false;
    size_t i = ob__dict_live_before(b, b->fill);
    if (UNLIKELY(i == SIZE_MAX)) return false;                            /* it cannot be brought in */
    *key = ob_dict_entry_at(b, i)->key;
    *value = ob_dict_value_at(b, i);
    if (!bury(d, b, i)) return false;
    b->popped = true;
    b->fill = (uint32_t)i;                                                /* what comes next takes its place: a stack costs no search */
    if (b->first > b->fill) b->first = b->fill;
    return true;
}

bool ob__dict_move(ob_val d, size_t at, bool last) {
    ob_dict_body *b = ob_write(d);
    if (!b) return false;
    if (last ? at + 1 == b->fill : at == b->first) return true;
    ob_dict_entry e = *ob_dict_entry_at(b, at);
    if (!drop_entry(b, at, ob_block_alloc)) return false;
    if (last) return append_entry(b, e.key, e.hash, e.value);
    if (!b->first || (b->cells >= b->cap && !ob__dict_is_tree(b)))
        if (!rebuild_gap(b, (size_t)b->used * 2 + 4, b->used / 2 + 2, ob_block_alloc)) return false;
    if (ob__dict_is_tree(b)) return ob__dict_tree_add(b, b->first - 1, &e, ob_block_alloc);
    b->entries[--b->first] = e;
    if (b->index) index_add(b, e.hash, b->first);
    b->used++;
    return true;
}

int ob_dict_del(ob_val d, ob_val key) {
    uint64_t hash;
    if (!ob_key_hash(key, &hash)) return -1;
    ssize_t i = ob__dict_find(d, key, hash);
    if (i < 0) return i == OB__ABSENT ? 0 : -1;
    return ob__dict_remove_at(d, (size_t)i) ? 1 : -1;
}

ob_val ob_dict_pop(ob_val d, ob_val key) {
    uint64_t hash;
    if (!ob_key_hash(key, &hash)) return OB_NULL;
    ssize_t i = ob__dict_find(d, key, hash);
    if (i < 0) return OB_NULL;
    ob_val v = ob_dict_value_at(ob__dict_peek(d, 0), (size_t)i);
    return ob__dict_remove_at(d, (size_t)i) ? v : OB_NULL;
}

ob_val ob_dict_setdefault(ob_val d, ob_val key, ob_val v) {
    uint64_t hash;
    if (!ob_key_hash(key, &hash)) return OB_NULL;
    ssize_t i = ob__dict_find(d, key, hash);
    if (i == OB__FAILED) return OB_NULL;
    if (i >= 0) return ob_dict_value_at(ob__dict_peek(d, 0), (size_t)i);
    return insert(d, key, hash, v) ? v : OB_NULL;
}

void ob_dict_clear(ob_val d) {
    (void)ob__dict_peek(d, TX_REST);                                      /* which keys go: an insertion that is not among them comes earlier or later as a whole */
    ob_dict_body *b = ob_write(d);
    if (!b) return;
    uint32_t layout = b->layout + 1, reign = b->reign + 1;
    bool had = b->used != 0;
    if (ob__dict_is_tree(b) && !tx_is_sole() && !ob__dict_tree_hold(b)) return;       /* others may still have to see it */
    ob__dict_free(b);
    *b = (ob_dict_body){.layout = layout, .reign = reign};
    ob__known_emptied();
    if (had) entries_changed(d);
}

size_t ob_dict_len(ob_val d) { return ob__dict_peek(d, TX_REST)->used; }

bool ob_dict_next(ob_val d, size_t *pos, ob_val *key, ob_val *value) {
    const ob_dict_body *b = ob__dict_peek(d, TX_ALL);
    size_t i = ob__dict_live_from(b, *pos);
    if (i >= b->fill) return false;
    const ob_dict_entry *e = ob_dict_entry_at(b, i);
    *pos = i + 1;
    *key = e->key;
    if (value) *value = ob_dict_value_at(b, i);
    return true;
}

int ob__dict_step(ob_val d, uint64_t mask, size_t *i, ob_dict_entry *e) {
    const ob_dict_body *b = ob__dict_peek(d, mask);
    size_t at = ob__dict_live_from(b, *i);
    if (at >= b->fill) return at == SIZE_MAX ? -1 : 0;
    *e = *ob_dict_entry_at(b, at);
    if (mask == TX_ALL) e->value = ob_dict_value_at(b, at);
    *i = at + 1;
    return 1;
}

/* ---- copies ---- */

bool ob__dict_copy_flat(ob_dict_body *to, const ob_dict_body *s, allocator *alloc) {
    ob_dict_body d = *s;
    d.entries = NULL, d.index = NULL;
    if (s->entries) {
        if (!(d.entries = alloc(s->cap * sizeof *s->entries))) return false;
        memcpy(d.entries, s->entries, s->fill * sizeof *s->entries);
        if (s->popped) memset(d.entries + s->fill, 0, (s->cap - s->fill) * sizeof *s->entries);   /* D4 */
    }
    if (s->index) {
        if (!(d.index = alloc(index_bytes(s->log2)))) return false;
        memcpy(d.index, s->index, index_bytes(s->log2));
    }
    *to = d;
    return true;
}

bool ob__dict_clone(ob_val to, ob_val from) {
    const ob_dict_body *f = ob_read(from);
    ob_dict_body *t = tx_inline_body(ob_handle(to));
    if (!ob__dict_is_tree(f) && (f->used == f->fill || f->used > f->fill / 2)) return ob__dict_copy_flat(t, f, ob_block_alloc);
    if (f->used && !rebuild(t, f->used, ob_block_alloc)) return false;
    f = ob_read(from);
    size_t i = 0;
    for (; (i = ob__dict_live_from(f, i)) < f->fill; i++) {
        const ob_dict_entry *e = ob_dict_entry_at(f, i);
        if (!append_entry(t, e->key, e->hash, ob_dict_value_at(f, i))) return false;
    }
    return i != SIZE_MAX;
}

/* ---- the type ---- */

static void dict_trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    const ob_dict_body *b = body;
    if (ob__dict_is_tree(b)) {
        ob__dict_tree_trace(b, t);
        return;
    }
    ob_trace_block(t, b->entries);
    ob_trace_block(t, b->index);
    for (uint32_t i = 0; i < b->fill; i++) {
        ob_trace_val(t, b->entries[i].key);
        ob_trace_val(t, b->entries[i].value);
    }
}

static ssize_t dict_len(ob_val self) { return (ssize_t)ob_dict_len(self); }

static ob_val missing(ob_val self, ob_val key) {
    if (!ob_is_exact(self, &ob_dict_type)) {
        ob_val m = ob_lookup_special(self, OB_NAME(missing));
        if (!ob_is_null(m)) return ob_call1(m, key);
        if (ob_failed()) return OB_NULL;
    }
    return ob_raise_obj(&ob_exc_KeyError, key);
}

static ob_val dict_getitem(ob_val self, ob_val key) {
    ob_val v = ob_dict_get(self, key);
    if (LIKELY(!ob_is_null(v)) || ob_failed()) return v;
    return missing(self, key);
}

static bool dict_setitem(ob_val self, ob_val key, ob_val v) {
    if (!ob_is_null(v)) return ob_dict_set(self, key, v);
    int gone = ob_dict_del(self, key);
    return gone == 0 ? ob_fail(ob_raise_obj(&ob_exc_KeyError, key)) : gone > 0;
}

static ob_val dict_iter(ob_val self) { return ob__dict_iter_new(self, OB__KEYS, false); }

static ob_val dict_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if ((op != OB_EQ && op != OB_NE) || !ob_is_dict(a) || !ob_is_dict(b)) return OB_NOT_IMPLEMENTED;
    if (ob_dict_len(a) != ob_dict_len(b)) return ob_bool(op == OB_NE);
    if (!ob_c_enter()) return OB_NULL;
    int equal = 1;
    ob_dict_entry e;
    size_t i = 0;
    for (int more; equal == 1 && (more = ob__dict_step(a, TX_ALL, &i, &e)) != 0;) {
        if (more < 0) {
            equal = -1;
            break;
        }
        ob_val v = ob_dict_get_hash(b, e.key, e.hash);
        equal = !ob_is_null(v) ? ob_eq_quick(e.value, v) : ob_failed() ? -1 : 0;
    }
    ob_c_leave();
    return equal < 0 ? OB_NULL : ob_bool((equal == 1) == (op == OB_EQ));
}

static ob_val dict_or(ob_val a, ob_val b) {
    if (!ob_is_dict(a) || !ob_is_dict(b)) return OB_NOT_IMPLEMENTED;
    ob_val d = ob_dict_copy(a);
    return ob_is_null(d) || !ob__dict_update_all(d, b, 1) ? OB_NULL : d;
}

static ob_val dict_ior(ob_val a, ob_val b) { return ob_dict_update(a, b) ? a : OB_NULL; }

static ob_val dict_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) { return (void)a, (void)n, (void)kw, ob__dict_alloc(type); }

static bool dict_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (n > 1) return ob_fail(ob_raise(&ob_exc_TypeError, "dict expected at most 1 argument, got %zu", n));
    if (n && !ob_dict_update(self, a[0])) return false;
    for (size_t i = 0; i < ob_kw_count(kw); i++)
        if (!ob_dict_set(self, ob_tuple_at(kw, i), a[n + i])) return false;
    return true;
}

extern const ob_def ob__dict_methods[];

ob_type ob_dict_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob__dict_kind),
    .name = "dict",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_DICT | OB_TF_MAPPING,
    .size = sizeof(ob_dict_body),
    .trace_body = dict_trace_body,
    .slots = {.repr = ob__dict_repr, .hash = ob_hash_unhashable, .cmp = dict_cmp, .len = dict_len, .getitem = dict_getitem, .setitem = dict_setitem,
              .contains = ob_dict_contains, .iter = dict_iter, .make = dict_make, .init = dict_init,
              .binary = {[OB_BIN_OR] = dict_or}, .inplace = {[OB_BIN_OR] = dict_ior}},
    .methods = ob__dict_methods,
    .doc = "dict() -> new empty dictionary\ndict(mapping) -> new dictionary initialized from a mapping object's\n    (key, value) pairs\n"
           "dict(iterable) -> new dictionary initialized as if via:\n    d = {}\n    for k, v in iterable:\n        d[k] = v\n"
           "dict(**kwargs) -> new dictionary initialized with the name=value pairs\n    in the keyword argument list.  For example:  dict(one=1, two=2)",
};
