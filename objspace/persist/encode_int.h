/* encode_int.h: what encode.c (values, objects) and encode_big.c (the parts of big containers) share.  Memory: of a pe_encoder's batch. */
#ifndef OBJSPACE_PERSIST_ENCODE_INT_H
#define OBJSPACE_PERSIST_ENCODE_INT_H
#include "objspace/persist/persist_int.h"
#include "objspace/set_table.h"

static inline bool pe__no_memory(pe_encoder *e) { return e->no_memory = true, false; }
static inline bool pe__cannot(pe_encoder *e, ob_val v) { return e->bad = v, false; }         /* v cannot be written */
static inline bool pe__finish(pe_encoder *e) { return !e->out->failed || pe__no_memory(e); }

/* ---- encode.c ---- operations of a batch; a flag that o has from now on, or has no more, unless the batch is refused */
bool pe__reflag_as(pe_encoder *e, ob_obj *o, uint8_t flag, bool is) MUST_CHECK;
pe__op *pe__op_add(pe_encoder *e, unsigned table, const void *key, size_t key_n) MUST_CHECK;
bool pe__del_key(pe_encoder *e, const uint8_t *key, size_t n) MUST_CHECK;                    /* in ENTRIES */
/* Everything that a container has in ENTRIES, under a key that begins with `n` bytes more, goes. */
bool pe__wipe(pe_encoder *e, uint64_t id, const char *more, size_t n) MUST_CHECK;
/* Between these the payload of a record in ENTRIES goes to e->out. */
typedef struct pe__open_record { pe_encoder *e; size_t op, start; } pe__open_record;
bool pe__record_begin(pe__open_record *r, pe_encoder *e, uint64_t id, const uint8_t *key, size_t n) MUST_CHECK;
bool pe__record_end(pe__open_record *r) MUST_CHECK;

/* ---- encode_big.c ---- the records of a container's parts. before: the body that the store has, or NULL: it has nothing of it */
typedef struct pe__items { const ob_list_body *l; size_t head; } pe__items;      /* of which the first `head` are absent */
bool pe__put_items(pe_encoder *e, uint64_t id, pe__items before, pe__items after) MUST_CHECK;
/* Of a dict, and of the dict whose keys are the elements of a set; what belongs into the object's record goes to e->out. */
bool pe__put_big_dict(pe_encoder *e, ob_obj *o, uint64_t id, const ob_dict_body *before, const ob_dict_body *b) MUST_CHECK;
bool pe__put_big_set(pe_encoder *e, ob_obj *o, uint64_t id, const ob__set_table *before, const ob__set_table *t) MUST_CHECK;

/* ---- long.c ---- */
/* What stands for a long str or bytes in the record of its object, to e->out; parts_too: they are not in the store yet. */
bool pe__put_long(pe_encoder *e, uint64_t id, ob_val v, bool parts_too) MUST_CHECK;
bool pe__put_raw(pe_encoder *e, uint64_t id, pe_raw was, pe_raw is) MUST_CHECK;      /* the parts that differ */

#endif
