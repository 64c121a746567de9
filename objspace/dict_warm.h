/* dict_warm.h: where keys of a dict that was loaded in parts (stub.h) have been found, so that finding them again costs what it costs in a flat table: no
 * lasting hash, no way through stubs and nodes. Versions of a dict share one record.  Why what it says is so: README.md, "Big containers". */
#ifndef OBJSPACE_DICT_WARM_H
#define OBJSPACE_DICT_WARM_H
#include "objspace/dict_tree.h"

typedef struct ob__warm ob__warm;
MUST_CHECK ob__warm *ob__warm_new(void);                     /* a block, traced by ob__warm_trace */
/* The entry of key in this lasting body, with its value in it; NULL: not known. */
const ob_dict_entry *ob__warm_find(const ob_dict_body *b, ob_val key, uint64_t hash);
/* e is an entry of this lasting body. */
void ob__warm_found(const ob_dict_body *b, const ob_dict_entry *e);
/* The world stopped: b is a body that shares the record. */
void ob__warm_trace(ob__warm *w, const ob_dict_body *b, ob_tracer *t);

#endif
