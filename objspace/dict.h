/* dict.h: insertion-ordered hash tables. Keys and values as in Python; small body, two blocks; or, when big and shared, a tree (dict_tree.h).
 *
 * Conflict unit: the key (its hash); of what is written the bucket of the hash, TX_SLOT(hash % 62); OB_DICT_REIGN: that it has not been cleared; TX_REST is
 * length, order and iteration.
 */
#ifndef OBJSPACE_DICT_H
#define OBJSPACE_DICT_H
#include "objspace/call.h"

/* key and value OB_NULL: deleted.  In a tree value may be a cell (dict_cell.h): read it by ob_dict_value_at. */
typedef struct ob_dict_entry { uint64_t hash; ob_val key, value; } ob_dict_entry;
typedef struct ob_dict_body {
    union {
        ob_dict_entry *entries;          /* a block; in insertion order, with holes.  Read them by ob_dict_entry_at */
        void *pages;                     /* of a tree */
    };
    void *index;                         /* a leaf block: open addressing into entries, 1, 2 or 4 bytes a cell by log2; cell = position + 1.
                                            NULL up to OB_DICT_LINEAR entries: those are searched one by one.  Of a tree: its root */
    uint32_t used, fill, cap;            /* live entries; entries in use incl. holes; room (of a tree: 0) */
    uint8_t log2;                        /* of the index size; OB_DICT_TREE */
    bool popped;                         /* cells may lead to positions from fill on, whose entries are empty */
    uint32_t reign;                      /* another one after each clear() */
    uint32_t layout;                     /* changes whenever an entry's position changes or an entry comes or goes (inline caches) */
    uint32_t cells;                      /* cells of the index in use, stale ones too; of a tree: levels above the pages */
    uint32_t first;                      /* the entries before it are holes */
    uint64_t era;                        /* of a tree: which of its nodes it may write (pages.h); 0: none */
} ob_dict_body;
#define OB_DICT_LINEAR 8
#define OB_DICT_TREE 64
#define OB_DICT_BUCKET(hash) TX_SLOT((hash) % 62)
/* The body, to look for keys with this hash alone, which is logged; `hash` is worked out only where it is. */
const ob_dict_body *ob__dict_look_slow(ob_val d, uint64_t hash);
#ifdef APO_NO_TRANSACTIONS
#define OB_DICT_LOOK(d, hash) ((void)sizeof(hash), (const ob_dict_body *)tx_inline_body(ob_handle(d)))
#else
#define OB_DICT_LOOK(d, hash) (LIKELY(tx_is_private(ob_handle(d))) ? (const ob_dict_body *)tx_inline_body(ob_handle(d)) : ob__dict_look_slow(d, hash))
#endif
#define OB_DICT_REIGN TX_SLOT(62)
extern ob_type ob_dict_type, ob_dict_keys_type, ob_dict_values_type, ob_dict_items_type, ob_mappingproxy_type,
    ob_dict_key_iter_type, ob_dict_value_iter_type, ob_dict_item_iter_type, ob_dict_key_reviter_type, ob_dict_value_reviter_type,
    ob_dict_item_reviter_type, ob_ordered_iter_type;
static inline bool ob_is_dict(ob_val v) { return ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_DICT); }
ob_val ob_dict_new(void);
ob_val ob_dict_new_sized(size_t n);
ob_val ob_dict_get(ob_val d, ob_val key);                /* borrowed; OB_NULL without exception when absent; with, when hash/eq failed */
ob_val ob_dict_get_hash(ob_val d, ob_val key, uint64_t hash);
ob_val ob_dict_get_str(ob_val d, ob_val interned);       /* key is an interned str: cannot fail */
ob_val ob_dict_get_c(ob_val d, const char *key);
bool ob_dict_set(ob_val d, ob_val key, ob_val v);
bool ob_dict_set_hash(ob_val d, ob_val key, uint64_t hash, ob_val v);
bool ob_dict_set_c(ob_val d, const char *key, ob_val v);
int ob_dict_del(ob_val d, ob_val key);                   /* 1 deleted, 0 absent (no exception), -1 error */
ob_val ob_dict_pop(ob_val d, ob_val key);                /* OB_NULL without exception when absent */
ob_val ob_dict_setdefault(ob_val d, ob_val key, ob_val v);
int ob_dict_contains(ob_val d, ob_val key);
size_t ob_dict_len(ob_val d);
/* Entry i < fill, perhaps a hole, of a body of either form. */
const ob_dict_entry *ob__dict_tree_at(const ob_dict_body *b, size_t i);
static inline const ob_dict_entry *ob_dict_entry_at(const ob_dict_body *b, size_t i) {
    return LIKELY(b->log2 != OB_DICT_TREE) ? &b->entries[i] : ob__dict_tree_at(b, i);
}
ob_val ob__dict_tree_value(const ob_dict_body *b, size_t i);
static inline ob_val ob_dict_value_at(const ob_dict_body *b, size_t i) {
    return LIKELY(b->log2 != OB_DICT_TREE) ? b->entries[i].value : ob__dict_tree_value(b, i);
}
/* The value of an entry for who looks at committed bodies: that of this transaction, else the newest.  Logs nothing. */
ob_val ob_dict_newest_value(const ob_dict_entry *e);
/* Steps through live entries: pos starts at 0; false at the end. The dict must not be changed in between. */
bool ob_dict_next(ob_val d, size_t *pos, ob_val *key, ob_val *value);
bool ob_dict_update(ob_val d, ob_val other);             /* mapping or iterable of pairs */
bool ob_dict_merge_kw(ob_val d, ob_val other, ob_val function);  /* **kwargs: TypeError on duplicates / non-str keys */
ob_val ob_dict_copy(ob_val d);
void ob_dict_clear(ob_val d);
ob_val ob_dict_keys_list(ob_val d);
ob_val ob_dict_items_list(ob_val d);
/* Namespaces. Marks d (globals, class dict): changes that inline caches rely on bump the code epoch (tx_epoch_bump): any insertion or deletion,
 * and overwriting when the old or new value is a quasi-constant (function, native, class, module, descriptor), or when a cache relies on the old one. */
void ob_dict_make_namespace(ob_val d);
bool ob_is_quasi_constant(ob_val v);
/* The position of an entry for an inline cache, valid while the epoch lasts; -1 if absent; SIZE_MAX / 2: there, but not to be cached. */
ssize_t ob_dict_entry_index(ob_val d, ob_val interned);
/* May a cache rely on the value of entry i of a namespace, which is under this name, until the epoch changes?  Yes, if no name like it has been overwritten. */
bool ob_dict_rely_on(ob_val d, size_t i, ob_val interned);
/* May a store to a global of this name go by without telling the dict?  It has been overwritten before, and nobody relies on it. */
bool ob_dict_name_varies(ob_val name);
/* Changed keys between two bodies, for merging and for the store: calls fn for each key whose value differs (OB_NULL: absent on that side). */
bool ob_dict_diff(const ob_dict_body *before, const ob_dict_body *after, bool (*fn)(void *arg, const ob_dict_entry *key, ob_val was, ob_val is), void *arg);
ob_val ob_mappingproxy_new(ob_val mapping);

#endif
