/* persist_int.h: what the files of this folder share. */
#ifndef OBJSPACE_PERSIST_INT_H
#define OBJSPACE_PERSIST_INT_H
#include "base/buf.h"
#include "base/lock.h"
#include "base/vec.h"
#include "objspace/dict_tree.h"
#include "objspace/list_tree.h"
#include "objspace/persist/persist.h"
#include "txn/store/record.h"
#include "txn/tx.h"

/* Tables of the store; docs/store-format.md describes their bytes. */
enum { PE_OBJECTS, PE_ENTRIES, PE_NAMES, PE_STATE, PE_TABLES };
extern const st_table pe__tables[PE_TABLES];
enum {
    PE_ROOT_ID = 1,
    PE_SMALL = 32,                       /* entries that a dict or set keeps in its own record */
    PE_FEW_ITEMS = 64,                   /* items that a list keeps in its own record */
    PE_PAGE = 16, PE_CHUNK = 32,         /* positions of a dict or set, items of a list in a record: those of a page in memory */
    PE_LONG = 1900, PE_PART = 4000,      /* bytes of a text or bytearray in the object's own record; in a record of their own (with its heads, a page of the file) */
    PE_WHOLE = 1024,                     /* positions, items, up to which a big container is loaded at once */
};
/* Keys in ENTRIES behind the container's id. */
enum { PE_K_PAGE = 'p', PE_K_ELEMENTS = 'e', PE_K_INDEX = 'x', PE_K_PART = 'c', PE_K_HASH = '#' };
enum { PE_D_INDEXED = 1 };               /* flags of a big dict */

/* The first byte of a value. */
enum {
    PE_NULL = '0', PE_NONE_ = 'N', PE_TRUE = 'T', PE_FALSE = 'F', PE_ELLIPSIS = 'E', PE_NOTIMPL = 'n', PE_INT = 'i', PE_BIGINT = 'I', PE_FLOAT = 'd',
    PE_COMPLEX = 'c', PE_STR = 's', PE_BYTES = 'b', PE_TUPLE = 't', PE_FROZENSET = 'z', PE_RANGE = 'r', PE_SLICE = 'l', PE_REF = 'R', PE_NAME = 'C',
    PE_METHOD = 'm', PE_SUB = 'u' /* of a class that extends an immutable type */, PE_ENUM = 'e', PE_PARTIAL = 'p',
    PE_LONG_STR = 'S', PE_LONG_BYTES = 'B' /* an object's own: the bytes lie in parts */
};
/* The first byte of an object's state, behind its class. */
enum {
    PE_S_PLAIN = 'o', PE_S_DICT = 'd', PE_S_BIGDICT = 'D', PE_S_LIST = 'l', PE_S_BIGLIST = 'L', PE_S_SET = 's', PE_S_BIGSET = 'S' /* of format 1: a record an element */, PE_S_PAGESET = 'P', PE_S_BYTEARRAY = 'b', PE_S_LONGARRAY = 'B',
    PE_S_EXC = 'x', PE_S_VALUE = 'v' /* an immutable one with an identity */, PE_S_CODEC = 'k', PE_S_ITEMS = 'K',
    PE_S_REST = 'M' /* what a codec wrote about a body that extends a dict's; then one of the above */
};
/* Kinds of record frames. */
enum { PE_R_OBJECT = 'O', PE_R_ENTRY = 'E', PE_R_NAME = 'N', PE_R_STATE = 'S' };

/* ---- ids.c ---- */
enum { PE_I_BIG = 1 /* has records in ENTRIES */, PE_I_HOLDER = 2 /* this is the holder of the object with the id */, PE_I_NEW = 4, PE_I_STAYS = 8 /* is not in the store as it is in memory: not to be let go of before it is written */, PE_I_PLAIN = 16 /* a big dict whose keys all have lasting hashes: it has an index */, PE_I_GONE = 32 /* was let go of */,
       PE_I_ADDRESS = 64 /* its default hash is its address; the store has that */, PE_I_BY_ID = 128 /* its default hash is made of its id */ };
enum { PE_SPARE_AT_WORK = 50, PE_SPARE_AT_REST = 5, PE_SPARE = 1 << 20 };    /* free pages may hold so many per cent of what is in use, and these bytes (st_trim) */
enum { PE_AGES = 16 };                   /* in passes of eviction */
bool pe__ids_init(void) MUST_CHECK;
uint64_t pe__id_of(const void *o, uint8_t *flags);       /* 0: none */
ob_obj *pe__object_of(uint64_t id);                      /* NULL: not in memory */
bool pe__id_add(void *o, uint64_t id, uint8_t flags) MUST_CHECK;
ob_obj *pe__id_claim(void *o, uint64_t id, uint8_t flags);   /* adds, or gives the object that already has the id; NULL: no memory */
void pe__id_flag(const void *o, uint8_t set);
void pe__id_unflag(const void *o, uint8_t clear);
void pe__id_remove(const void *o);
void pe__id_loaded(const void *o);
/* An object without an id whose changes are changes of the one with this id.  1; 0: it is known as one already; -1: no memory. */
int pe__part_add(void *o, uint64_t owner) MUST_CHECK;
uint64_t pe__part_of(const void *o);                     /* the owner's id; 0: it is no part */
void pe__count_load(void);
size_t pe__id_count(void);
uint64_t pe__id_next(void);
uint64_t pe__id_limit(void);                             /* no id is as great */
void pe__ids_clear(void);
/* From watch to unwatch every id that is or comes into memory is noted. false: no memory; unwatch nevertheless. */
struct pe__bits;
bool pe__ids_watch(void) MUST_CHECK;
bool pe__ids_watch_copy(struct pe__bits *to) MUST_CHECK; /* what has been noted so far */
bool pe__ids_watched(uint64_t id);
void pe__ids_unwatch(void);

/* ---- names.c ---- classes, functions and modules, by number */
typedef struct pe__name { char kind; char *module, *qualname; ob_val value; bool stored, missing; } pe__name;   /* missing: was not found when last looked for */
enum { PE_N_CLASS = 'C', PE_N_GLOBAL = 'G', PE_N_MODULE = 'M' };
bool pe__names_init(void) MUST_CHECK;
/* The number of a class, function or module; 0: it cannot be found again by its name. UINT32_MAX: out of memory. */
uint32_t pe__name_of(ob_val v);
const pe__name *pe__name_at(uint32_t n);                 /* NULL: no such number */
ob_val pe__name_resolve(uint32_t n, bool *missing);      /* may import; OB_NULL with *missing and no exception: it is not to be found */
bool pe__name_load(uint64_t n, const uint8_t *p, size_t bytes) MUST_CHECK;   /* from a record; false: damaged or no memory */
void pe__names_each_new(void (*fn)(void *arg, uint32_t n, const pe__name *name), void *arg);
void pe__names_unstored(void);
void pe__names_clear(void);
uint64_t pe__layout_of(ob_type *t);                      /* hash of a class's name and __version__ */

/* ---- encode.c ---- */
typedef struct pe__op { uint8_t table; bool del, wipe; size_t key, key_n, value, value_n; uint64_t text; } pe__op;   /* offsets into bytes; wipe: all keys that begin with
                                            this one go; text: the word of a str or bytes whose parts are to be written (long.c), or 0 */
typedef struct pe__reflag { ob_obj *o; uint8_t flag; bool was; } pe__reflag;
typedef struct pe__batch pe__batch;
struct pe__batch {
    base_buf bytes;                      /* keys and framed values */
    VEC(pe__op) ops;
    VEC(ob_obj *) fresh;                 /* objects that got their id in this batch */
    VEC(pe__reflag) reflagged;           /* what the flags of objects were before */
    uint64_t lsn, group;                 /* group: which sync it waits for.  under the queue's lock */
    const tx_change *changes;            /* txn's, until wait() returns */
    size_t n_changes;
    pe__batch *next;
    _Atomic(uint32_t) done;              /* 0 waiting, 1 durable, 2 refused.  (MO: BATCH) */
    bool detached;                       /* nobody waits: the writer frees it.  this and doomed under the queue's lock */
    bool doomed;                         /* it is being taken back: too late to detach it */
    st_error error;
    char text[200];
};
struct pe_encoder { base_buf *out; pe__batch *batch; VEC(ob_obj *) work; VEC(ob_obj *) owners; /* of parts that get ids */ ob_val bad; bool no_memory; unsigned depth; bool in_parts /* what is being encoded has its raw bytes in parts */; };
bool pe__encode_changes(pe__batch *b, const tx_change *changes, size_t n, ob_val *bad) MUST_CHECK;   /* false: *bad OB_NULL: out of memory */
bool pe__encode_value(pe_encoder *e, ob_val v) MUST_CHECK;
ob_type *pe__native_base(ob_type *t);
const pe_codec *pe__codec_of(const ob_type *native);
void pe__batch_free(pe__batch *b);
void pe__batch_unflag(const pe__batch *b);               /* it was refused: the flags of its objects are as before */
void pe__put_varint(base_buf *b, uint64_t x);
bool pe__is_node(ob_val v);                              /* has a record of its own */

/* ---- path.c ---- */
char *pe__path_to(ob_val bad);                           /* "root['a'][3].b: type"; caller frees; NULL: no memory */
void pe__type_text(base_buf *b, ob_val v);

/* ---- decode.c ---- */
struct pe_decoder { const uint8_t *p, *end; const uint8_t *raw /* of pe_get_raw, in the record; NULL: in parts */; uint64_t head, size; bool items; /* of pe_get_items: there are some */ uint64_t id; ob_type *type; st_txn *txn; unsigned depth; uint8_t flags; /* PE_I_* for what is being decoded */ bool early; /* nobody has asked for it */ };
bool pe__decode_value(pe_decoder *d, ob_val *out) MUST_CHECK;
bool pe__get_varint(pe_decoder *d, uint64_t *out) MUST_CHECK;
/* The object with this id: from memory, a new ghost, or (immutable ones) loaded at once. */
ob_val pe__object_ref(st_txn *t, uint64_t id, uint32_t cls);
bool pe__load(tx_handle *h);                             /* the pager; false: an exception is set, or it is half loaded */
/* Before it is asked for: false where that would raise, or run something; then it stays a ghost. */
bool pe__load_early(st_txn *t, ob_obj *o, uint64_t id) MUST_CHECK;
const void *pe__half_loaded(const tx_handle *h);         /* what this thread's running __upgrade__ sees of its object; NULL: it is not that */
/* The transaction to load with. In a writing process a new one: what it reads is what memory holds. In a read-only one always the same, so that
 * whatever is loaded, and when, belongs together. */
st_error pe__read_begin(st_txn **t) MUST_CHECK;
void pe__read_end(st_txn *t);
/* A record and its frame, into `out` and `r`. */
bool pe__get_record(st_txn *t, uint64_t id, base_buf *out, st_record *r) MUST_CHECK;
ob_val pe__corrupt(uint64_t id, const char *why);        /* raises StoreCorrupt */

/* The attributes that the record of an object of a missing class has, as a new dict. */
ob_val pe__state_of_missing(uint64_t id);

/* ---- unwritten.c ---- */
bool pe__unwritten(uint64_t owner, ob_val v) MUST_CHECK; /* v belongs to what __upgrade__ has made of the object; false: MemoryError */

/* Inside of a commit: are the attributes what they were, but in a dict of their own now? It is a part of the object then. */
bool pe__only_moved(const tx_change *c);

/* ---- once.c ---- */
bool pe__once_begin(ob_obj *o);                          /* is its __upgrade__ still to be run, by me?  false: another thread has loaded it.  pe__once_end in any case, when its body is in place, or cannot be */
void pe__once_end(ob_obj *o);

/* ---- unread.c ---- */
const void *pe__broken_body(const tx_handle *h);         /* for tx_set_broken_body: an empty one, and ob_unread_begin */

/* ---- lazy.c ---- big containers of which only what is looked at is loaded */
void pe__lazy_load(ob__stub *s);                         /* ob__stub_load */
/* Bodies of a container whose parts are all still in the store. keys: PE_K_PAGE, or PE_K_ELEMENTS: the dict under a set. */
bool pe__lazy_dict(ob_dict_body *b, uint64_t id, char keys, uint32_t used, uint32_t fill, uint32_t first) MUST_CHECK;
bool pe__lazy_list(ob_list_body *b, uint64_t id, uint64_t head, uint64_t n) MUST_CHECK;      /* the first `head` items are absent */
void pe__lazy_ages(size_t count[PE_AGES]);               /* adds how many parts have been looked at how long ago */
bool pe__lazy_evict(unsigned age);                       /* those of that age and more.  The world stopped */
void pe__lazy_forget_dead(void);                         /* after marking */
/* Decodes the payload of one page into `to`; n: how many positions it must have. */
bool pe__dict_page(pe_decoder *d, size_t n, char keys, ob_dict_entry *to) MUST_CHECK;
bool pe__list_page(pe_decoder *d, size_t n, size_t absent, ob_val *to) MUST_CHECK;           /* the first ones are absent */

/* ---- ahead.c ---- */
void pe__ahead(const ob__stub *s, const void *page);     /* this page of a list or dict has been brought in: are its objects to be loaded, too? */

/* ---- long.c ---- long texts and bytes in parts */
bool pe__long_init(void) MUST_CHECK;
size_t pe__long_bytes(ob_val v);                         /* of a str (its UTF-8) or bytes */
st_error pe__write_long(st_txn *t, uint64_t text, uint64_t id, uint64_t lsn, uint64_t *records, uint64_t *bytes) MUST_CHECK;
void pe__long_written(uint64_t text);                    /* the batch needs it no more */
bool pe__get_long(pe_decoder *d, uint8_t tag, ob_val *out) MUST_CHECK;       /* behind PE_LONG_STR, PE_LONG_BYTES */
bool pe__raw_fits(pe_decoder *d, uint64_t bytes) MUST_CHECK;                 /* may the store have so many?  false: raised */
bool pe__read_raw(pe_decoder *d, uint64_t bytes, void *to) MUST_CHECK;
typedef bool pe__part_fn(void *arg, const uint8_t *p, size_t n);
/* The parts of an object in their order, `bytes` in all. What is wrong with them, or NULL; fn false: "". */
const char *pe__each_part(st_txn *t, uint64_t id, uint64_t bytes, pe__part_fn *fn, void *arg);

/* Default hashes: ob_identity_hash. */
int pe__identity_hash(ob_val v, uint64_t *out);

/* ---- missing.c ---- */
typedef struct pe__missing { ob_obj o; uint64_t id; uint32_t cls; uint8_t kind; ob_val base; } pe__missing;   /* id 0: it was written inside of another record */
ob_val pe__missing_new(uint64_t id, uint32_t cls, uint8_t kind, ob_val base);

/* ---- batch.c ---- */
extern const tx_sink pe__sink;
bool pe__flush(void) MUST_CHECK;                         /* writes what is queued; false: error in pe__last */
st_error pe__write_names(st_txn *t, uint64_t lsn);       /* those that are new */
bool pe__pending(uint64_t id);                           /* may a queued commit have changed this object? */
st_error pe__write_out(void);                            /* pe__flush without raising */
bool pe__batch_start(void) MUST_CHECK;
void pe__batch_stop(void);
ob_val pe__raise_store(st_error e, const char *text);
extern _Atomic(uint64_t) pe__queued;                     /* batches not yet written */

/* ---- root.c ---- */
typedef struct pe__state {
    st_store *store;
    pe_options o;
    _Atomic(uint64_t) lsn, durable_lsn, next_id;
    st_txn *snapshot;                    /* read-only: what this process sees of the store, under pe__read's lock */
    _Atomic(uint64_t) loads, writes, bytes, batches, evictions;
    _Atomic(uint64_t) collections, collected, kept;      /* of the store, by itself: how many; objects deleted by all; objects kept by the last, or there when it was opened */
} pe__state;
extern pe__state pe__s;
st_error pe__load_state(st_txn *t, bool *found, const char **why);
st_error pe__load_names(st_txn *t, const char **why);

/* ---- collect.c ---- collecting the store while a program runs */
void pe__collect_start(void);                            /* without a thread to be had nothing is collected */
void pe__collect_stop(void);

/* ---- inspect.c ---- records as text, without making objects */
typedef struct pe__node { uint64_t id; uint32_t cls; const uint8_t *p, *end; bool bare; /* no steps are wanted, nor an order */ } pe__node;     /* id 0: an immutable container inside of a record */
typedef bool pe__child_fn(void *arg, const char *step, const uint8_t *value, const uint8_t *end);
const char *pe__text_of_value(const uint8_t **p, const uint8_t *end, base_buf *out, unsigned depth);   /* out may be NULL; what is wrong, or NULL */
/* Calls fn for everything that the node holds; p..end: its payload (id != 0) or the value itself. What is wrong, or NULL; fn false: "". */
const char *pe__each_child(st_txn *t, const pe__node *n, pe__child_fn *fn, void *arg);
bool pe__is_inner(const uint8_t *p, const uint8_t *end); /* a value that may hold others: a pe__node with id 0 */
bool pe__is_ref(const uint8_t *p, const uint8_t *end, uint64_t *id, uint32_t *cls);
void pe__class_text(base_buf *b, uint32_t cls);
/* ---- check.c ---- */
typedef struct pe__checked {
    uint64_t objects, entries, unreachable, damaged, bytes;
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t all);          /* may be NULL */
} pe__checked;
/* Looks at everything. damage is called for each piece of it. false: out of memory. */
bool pe__check(st_txn *t, pe__checked *c, void (*damage)(void *arg, const char *path, const char *why), void *arg) MUST_CHECK;
extern pe_hooks pe__hooks;

#endif
