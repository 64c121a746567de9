/* encode_big.c: the records of big containers: pages of dicts and sets with an index, chunks of lists. Runs inside of a commit, as encode.c does.
 *
 * What is written is found by comparing the body that the store has with the new one; where both are trees of one descent, without looking at what they share.
 * Nothing is loaded: if the comparison asks for more than is there, a container was replaced as a whole, and all of it is written anew (ob__stub_trouble). */
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/dict_tree.h"
#include "objspace/list_tree.h"
#include "objspace/persist/encode_int.h"
#include <string.h>

/* ---- pages of dicts and sets ---- a record for 16 positions, holes included, so that positions are the same on disk and in memory; and one for each key in the
 * index, if all keys have lasting hashes. Pages that hold nothing, before the first entry, have none. */

typedef struct paged { pe_encoder *e; uint64_t id; char page; /* PE_K_PAGE: keys with values; PE_K_ELEMENTS: without */ bool indexed; } paged;
static const ob_dict_entry no_entries[PE_PAGE];

static const ob_dict_entry *page_at(const ob_dict_body *b, size_t from, ob_dict_entry room[PE_PAGE]) {
    if (!b || from >= b->fill) return no_entries;
    if (ob__dict_is_tree(b)) return ob__dict_tree_page(b, from);
    if (b->fill - from >= PE_PAGE) return &b->entries[from];
    memset(room, 0, PE_PAGE * sizeof *room);
    return memcpy(room, &b->entries[from], (b->fill - from) * sizeof *room);
}

static bool index_op(const paged *w, ob_val key, size_t at, bool del) {
    uint8_t raw[21];
    uint64_t hash;
    pe__open_record r;
    if (!ob__lasting_hash(key, &hash)) return pe__cannot(w->e, key);
    st_store64_be(raw, w->id);
    raw[8] = PE_K_INDEX;
    st_store64_be(raw + 9, ob__stir(hash));
    for (unsigned i = 0; i < 4; i++) raw[17 + i] = (uint8_t)(at >> (24 - 8 * i));
    if (del) return pe__del_key(w->e, raw, sizeof raw);
    return pe__record_begin(&r, w->e, w->id, raw, sizeof raw) && pe__record_end(&r);
}

static size_t page_key(const paged *w, size_t page, uint8_t key[13]) {
    st_store64_be(key, w->id);
    key[8] = (uint8_t)w->page;
    for (unsigned i = 0; i < 4; i++) key[9 + i] = (uint8_t)(page >> (24 - 8 * i));
    return 13;
}

static size_t in_page(const ob_dict_body *b, size_t from) { return !b || from >= b->fill ? 0 : b->fill - from < PE_PAGE ? b->fill - from : PE_PAGE; }

static bool put_page(const paged *w, const ob_dict_body *b, size_t from, const ob_dict_entry *is) {
    uint8_t key[13];
    size_t key_n = page_key(w, from / PE_PAGE, key), n = in_page(b, from);
    pe_encoder *e = w->e;
    pe__open_record r;
    if (from + PE_PAGE <= b->first || n == 0) return pe__del_key(e, key, key_n);
    if (!pe__record_begin(&r, e, w->id, key, key_n)) return false;
    pe__put_varint(e->out, n);
    for (size_t i = 0; i < n; i++) {
        if (!pe__encode_value(e, is[i].key)) return false;
        if (w->page == PE_K_PAGE && is[i].key.w && !pe__encode_value(e, ob_dict_newest_value(&is[i]))) return false;
    }
    return pe__record_end(&r);
}

/* What has changed in the 16 positions from `from` on. */
static bool diff_page(const paged *w, const ob_dict_body *before, const ob_dict_body *after, size_t from) {
    ob_dict_entry room[2][PE_PAGE];
    const ob_dict_entry *was = page_at(before, from, room[0]), *is = page_at(after, from, room[1]);
    bool changed = !before || in_page(before, from) != in_page(after, from);
    for (size_t i = 0; i < PE_PAGE; i++) {
        bool key = !ob_same(was[i].key, is[i].key);
        changed = changed || key || !ob_same(was[i].value, is[i].value);
        if (!key || !w->indexed) continue;
        if (was[i].key.w && !index_op(w, was[i].key, from + i, true)) return false;
        if (is[i].key.w && !index_op(w, is[i].key, from + i, false)) return false;
    }
    return !changed || put_page(w, after, from, is);
}

/* The first page from this one on that may differ; SIZE_MAX: none before `end`. */
static size_t next_page(const ob_dict_body *before, const ob_dict_body *after, size_t from, size_t end) {
    size_t i = before ? ob__dict_differ(before, after, from) : from;
    return i < end ? i / PE_PAGE * PE_PAGE : SIZE_MAX;
}

/* Only the last entries' coming and going changes how many positions there are; holes in between are no change of their pages. */
static bool all_pages(const paged *w, const ob_dict_body *before, const ob_dict_body *after) {
    size_t end = after->fill;
    if (before && before->fill > after->fill) end = after->fill / PE_PAGE * PE_PAGE;
    for (size_t i = before ? 0 : after->first / PE_PAGE * PE_PAGE; (i = next_page(before, after, i, end)) != SIZE_MAX; i += PE_PAGE)
        if (!diff_page(w, before, after, i)) return false;
    for (; before && end < before->fill; end += PE_PAGE)
        if (!diff_page(w, before, after, end)) return false;
    for (size_t i = before ? before->first / PE_PAGE : SIZE_MAX; i < after->first / PE_PAGE; i++) {
        uint8_t key[13];
        if (!pe__del_key(w->e, key, page_key(w, i, key))) return false;
    }
    return true;
}

static bool none_or_lasting(ob_val key) {
    uint64_t hash;
    return ob_is_null(key) || ob__lasting_hash(key, &hash);
}

/* May all keys that are new in `after` be in an index, and can those that have gone be found in the one of `before`? */
static bool all_lasting(const ob_dict_body *before, const ob_dict_body *after) {
    ob_dict_entry room[2][PE_PAGE];
    size_t end = before && before->fill > after->fill ? before->fill : after->fill;
    if (ob__dict_is_lasting(after)) return true;
    for (size_t from = 0; (from = next_page(before, after, from, end)) != SIZE_MAX; from += PE_PAGE) {
        const ob_dict_entry *was = page_at(before, from, room[0]), *is = page_at(after, from, room[1]);
        for (unsigned i = 0; i < PE_PAGE; i++)
            if (!ob_same(was[i].key, is[i].key) && !(none_or_lasting(was[i].key) && none_or_lasting(is[i].key))) return false;
    }
    return true;
}

/* Replaces all that the store has of a container. Where what was there has not been loaded, nothing of it can be left (stub.h). */
static bool rewrite(const paged *w, const ob_dict_body *after) {
    const char index = PE_K_INDEX;
    return pe__wipe(w->e, w->id, &w->page, 1) && pe__wipe(w->e, w->id, &index, 1) && all_pages(w, NULL, after);
}

/* had: there is an index. */
static bool put_changes(paged *w, bool had, const ob_dict_body *before, const ob_dict_body *b) {
    uint64_t trouble = ob__stub_trouble;
    size_t ops = w->e->batch->ops.n;
    const char index = PE_K_INDEX;
    w->indexed = (had || !before) && all_lasting(before, b);
    bool ok = (w->indexed || !had || pe__wipe(w->e, w->id, &index, 1)) && all_pages(w, before, b);
    if (!before || trouble == ob__stub_trouble) return ok;
    ob__stub_trouble = trouble;
    w->e->batch->ops.n = ops;
    w->indexed = all_lasting(NULL, b);
    return rewrite(w, b);
}

static bool put_pages(pe_encoder *e, ob_obj *o, paged *w, const ob_dict_body *before, const ob_dict_body *b) {
    base_buf *out = e->out;
    uint8_t flags;
    (void)pe__id_of(o, &flags);
    bool had = flags & PE_I_PLAIN, ok = put_changes(w, before && had, before, b);
    e->out = out;
    pe__put_varint(out, b->fill);
    pe__put_varint(out, b->first);
    base_buf_byte(out, w->indexed ? PE_D_INDEXED : 0);
    if (!ok) return false;
    if (w->indexed != had && !pe__reflag_as(e, o, PE_I_PLAIN, w->indexed)) return false;
    if (before && before != b) ((ob_dict_body *)(uintptr_t)b)->era = 0;      /* nobody has seen it yet, and nobody writes it any more: dict_warm.c, W1 */
    return pe__finish(e);
}

bool pe__put_big_dict(pe_encoder *e, ob_obj *o, uint64_t id, const ob_dict_body *before, const ob_dict_body *b) {
    return put_pages(e, o, &(paged){e, id, PE_K_PAGE, false}, before, b);
}

/* ---- sets ---- */

/* A set's elements as the keys of a dict. Those of a flat table have the positions that they get when it becomes a tree (set_kind.c: make_tree), which it does before
 * the next change. Release room->entries. */
static const ob_dict_body *set_view(const ob__set_table *t, ob_dict_body *room) {
    *room = (ob_dict_body){0};
    if (t->tree) return t->tree;
    if (!(room->entries = base_mem_alloc((t->used + 1) * sizeof *room->entries))) return NULL;
    for (size_t i = 0; t->slots && i <= t->mask; i++)
        if (t->slots[i].key.w) room->entries[room->fill++] = (ob_dict_entry){t->slots[i].hash, t->slots[i].key, ob_from_small(1)};
    room->used = room->fill;
    return room;
}

bool pe__put_big_set(pe_encoder *e, ob_obj *o, uint64_t id, const ob__set_table *before, const ob__set_table *t) {
    ob_dict_body room[2] = {0};
    const ob_dict_body *is = set_view(t, &room[0]), *was = before ? set_view(before, &room[1]) : NULL;
    uint8_t flags;
    (void)pe__id_of(o, &flags);
    bool ok = (is && (was || !before)) || pe__no_memory(e);
    if (ok && !before && !(flags & PE_I_NEW)) ok = pe__wipe(e, id, "k", 1) && pe__wipe(e, id, "h", 1);      /* what format 1 had of it */
    ok = ok && put_pages(e, o, &(paged){e, id, PE_K_ELEMENTS, false}, was, is);
    base_mem_free(t->tree ? NULL : room[0].entries);
    base_mem_free(!before || before->tree ? NULL : room[1].entries);
    return ok;
}

/* ---- lists, and what is like them ---- */

static size_t in_chunk(const ob_list_body *l, size_t from) {
    size_t n = l ? ob__list_size(l) : 0;
    return n <= from ? 0 : n - from < PE_CHUNK ? n - from : PE_CHUNK;
}

static bool put_chunk(pe_encoder *e, uint64_t id, const ob_list_body *l, size_t chunk) {
    uint8_t key[16];
    pe__open_record r;
    st_store64_be(key, id);
    st_store64_be(key + 8, chunk);
    size_t from = chunk * PE_CHUNK, n = in_chunk(l, from);
    if (!pe__record_begin(&r, e, id, key, sizeof key)) return false;
    pe__put_varint(e->out, n);
    for (size_t i = 0; i < n; i++)
        if (!pe__encode_value(e, ob__list_item(l, from + i))) return false;
    return pe__record_end(&r);
}

static bool same_chunk(const ob_list_body *before, const ob_list_body *after, size_t from, size_t n) {
    if (!before || in_chunk(before, from) != n) return false;
    for (size_t i = from, k, m; i < from + n; i += k) {
        const ob_val *x = ob__list_run(before, i, &k), *y = ob__list_run(after, i, &m);
        if (m < k) k = m;
        if (from + n - i < k) k = from + n - i;
        if (x != y && memcmp(x, y, k * sizeof *x) != 0) return false;
    }
    return true;
}

static bool del_chunks(pe_encoder *e, uint64_t id, size_t from, size_t end) {
    uint8_t key[16];
    st_store64_be(key, id);
    for (; from < end; from++) {
        st_store64_be(key + 8, from);
        if (!pe__del_key(e, key, sizeof key)) return false;
    }
    return true;
}

/* Where there is no item, there is no chunk. */
static void chunks_of(pe__items x, size_t *first, size_t *end) {
    size_t n = x.l ? ob__list_size(x.l) : 0;
    *first = n > x.head ? x.head / PE_CHUNK : 0;
    *end = n > x.head ? (n + PE_CHUNK - 1) / PE_CHUNK : 0;
}

static bool all_chunks(pe_encoder *e, uint64_t id, pe__items before, pe__items after) {
    size_t n = ob__list_size(after.l), first, end, was_first, was_end;
    chunks_of(before, &was_first, &was_end), chunks_of(after, &first, &end);
    for (size_t i = 0; first < end && i < n; i = (i / PE_CHUNK + 1) * PE_CHUNK) {
        if (i < first * PE_CHUNK) i = first * PE_CHUNK;
        size_t next = before.l ? ob__list_differ(before.l, after.l, i) : i;
        if (next >= n) break;
        i = next;
        size_t from = i / PE_CHUNK * PE_CHUNK;
        if (!same_chunk(before.l, after.l, from, in_chunk(after.l, from)) && !put_chunk(e, id, after.l, i / PE_CHUNK)) return false;
    }
    return del_chunks(e, id, was_first, first < was_end ? first : was_end) && del_chunks(e, id, end > was_first ? end : was_first, was_end);
}

bool pe__put_items(pe_encoder *e, uint64_t id, pe__items before, pe__items after) {
    uint64_t trouble = ob__stub_trouble;
    size_t ops = e->batch->ops.n;
    if (!all_chunks(e, id, before, after)) return false;
    if (trouble == ob__stub_trouble) return true;
    ob__stub_trouble = trouble;                              /* as in put_changes */
    e->batch->ops.n = ops;
    return pe__wipe(e, id, "", 1) && all_chunks(e, id, (pe__items){0}, after) && (trouble == ob__stub_trouble || pe__no_memory(e));
}
