/* persist.h: what is reachable from one dict, the root, is kept in a store: opening, closing, asking, and the operator's commands.
 *
 * Opened once a process, from the main thread. From then on a commit that changes a persistent object writes it (the sink of txn), and a persistent
 * object that is not in memory is a ghost that its first read loads (the pager of txn).
 * Errors of commits: tx_commit() gives TX_REFUSED with TX_FAIL_SINK; then pe_raise_refused() raises what happened.
 */
#ifndef OBJSPACE_PERSIST_PERSIST_H
#define OBJSPACE_PERSIST_PERSIST_H
#include "objspace/call.h"
#include "objspace/list.h"
#include "txn/store/store.h"

typedef enum pe_durability { PE_SYNC, PE_ASYNC, PE_NONE } pe_durability;
typedef struct pe_options {
    bool readonly, must_exist;
    pe_durability durability;
    uint64_t cache;                      /* bytes for loaded objects; 0: a quarter of the memory */
    uint64_t max_size;                   /* of the store; 0: no limit */
    bool (*may_import)(const char *module);   /* may a class be looked for in a module that is not imported yet?  NULL: yes */
} pe_options;

/* What the interpreter lends. Set before pe_open. */
typedef struct pe_hooks {
    ob_val (*modules)(void);             /* sys.modules, a dict; NULL or OB_NULL: only built-in classes are known */
    void (*loaded)(ob_val instance);     /* of a class with OB_TF_INVARIANT, just loaded */
} pe_hooks;
void pe_set_hooks(const pe_hooks *h);

/* The root dict: an ordinary dict until a store is opened. The same object for ever. OB_NULL + MemoryError. */
ob_val pe_root(void);
/* Opens the store and makes the root persistent. Call it between transactions, or in an open-ended slice of sole mode whose changes it commits.
 * false: StoreError, StoreLocked, StoreCorrupt raised. */
bool pe_open(const char *url, const pe_options *o) MUST_CHECK;
bool pe_is_open(void);
bool pe_sync(void) MUST_CHECK;           /* returns when everything committed so far is on disk; StoreError */
/* Writes out everything and closes; the root stays an ordinary dict with what is loaded. StoreError. */
bool pe_close(void) MUST_CHECK;
typedef struct pe_stats {
    uint64_t lsn, durable_lsn;           /* number of the newest commit; of the newest on disk */
    uint64_t loads, writes, bytes_written, batches, objects_known, evictions;
    uint64_t collections, collected;     /* of the store, by itself: how many, and how many objects they deleted */
} pe_stats;
void pe_stats_get(pe_stats *out);
/* Raises why the last commit of this thread was refused (PersistenceError, StoreFull, StoreError …). OB_NULL. */
ob_val pe_raise_refused(void);

extern ob_type pe_missing_type;          /* apodora.Missing: readied by pe_open */
/* class aliases: instances and references stored under `name` ("module.qualname") are served by `type`. */
bool pe_alias(const char *name, ob_type *type) MUST_CHECK;

/* ---- other native types ----
 * A module that defines a mutable native type makes its instances persistent with one of these; encode and decode see the whole body at once.
 *   encode: calls pe_put_* for what the body holds; must not run Python code, allocate objects or block. false: as the pe_put_ function said.
 *   decode: calls pe_get_* in the same order and gives a new object of exactly `type` (a base of the one wanted), whose body is then taken over.
 *   blank: fills a body of zeros with what readers look at without asking, for one that cannot be loaded (ob_unread). NULL: zeros can be read. */
typedef struct pe_encoder pe_encoder;
typedef struct pe_decoder pe_decoder;
/* A type that extends dict and has a bigger body (defaultdict): the dict is taken care of; encode writes what lies behind it, and instead of decode
 * there is decode_rest, which reads that into a new object whose dict is already filled. */
typedef struct pe_raw { const void *at; size_t n; } pe_raw;
typedef struct pe_codec {
    ob_type *type;
    bool (*encode)(pe_encoder *e, ob_obj *o, const void *body);
    ob_val (*decode)(pe_decoder *d);
    bool (*decode_rest)(pe_decoder *d, ob_val made);
    void (*blank)(void *body);
    pe_raw (*raw)(ob_obj *o, const void *body);      /* a long row of plain bytes in the body, of which only what has changed is written; NULL: there is none */
    /* Items that may be many, as a list of which the first *head are absent; it may use *room, whose items base_mem_alloc gave.  NULL: no memory */
    const ob_list_body *(*items)(const void *body, size_t *head, ob_list_body *room);
} pe_codec;
bool pe_register(const pe_codec *codec) MUST_CHECK;      /* constant, lives for ever */
bool pe_put_val(pe_encoder *e, ob_val v) MUST_CHECK;     /* OB_NULL allowed */
bool pe_put_int(pe_encoder *e, int64_t i) MUST_CHECK;
bool pe_put_bytes(pe_encoder *e, const void *p, size_t n) MUST_CHECK;
bool pe_put_raw(pe_encoder *e, const void *p, size_t n) MUST_CHECK;          /* what the codec's `raw` gives */
bool pe_get_val(pe_decoder *d, ob_val *out) MUST_CHECK;  /* false: an exception is set */
bool pe_get_int(pe_decoder *d, int64_t *out) MUST_CHECK;
bool pe_get_bytes(pe_decoder *d, const uint8_t **p, size_t *n) MUST_CHECK;   /* valid during decode */
/* Does the codec's `items` give what would have to be put now?  Then that is not put; and the items that lie in parts, as a tree of head + len items of which the first
 * `head` are absent; nothing is given if they were put. */
bool pe_items_in_parts(const pe_encoder *e);
bool pe_get_items(pe_decoder *d, bool *in_parts, size_t *head, size_t *len, ob_list_body *tree) MUST_CHECK;
bool pe_get_raw_size(pe_decoder *d, size_t *n) MUST_CHECK;                   /* then, with room for it: */
bool pe_get_raw(pe_decoder *d, void *to, size_t n) MUST_CHECK;

/* `apodora store CMD URL …`, argv[0] being CMD. The exit status: 0 done, 1 error or damage found, 2 usage. Needs ob_init, no open store. */
int pe_admin(int argc, char **argv);

#endif
