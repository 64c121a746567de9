/* dict_table.h: the table under dicts, for the files that make up dict. */
#ifndef OBJSPACE_DICT_TABLE_H
#define OBJSPACE_DICT_TABLE_H
#include "objspace/contain.h"
#include "objspace/dict.h"

enum { OB__ABSENT = -1, OB__FAILED = -2 };
static inline const ob_dict_body *ob__dict_peek(ob_val d, uint64_t mask) { return ob_read_mask(d, mask); }
/* Position of key's entry, or OB__ABSENT / OB__FAILED (exception pending). May run Python; re-fetch the body afterwards. */
ssize_t ob__dict_find(ob_val d, ob_val key, uint64_t hash);
bool ob__dict_remove_at(ob_val d, size_t at) MUST_CHECK;
/* Takes the last entry away; d must not be empty. */
bool ob__dict_pop_last(ob_val d, ob_val *key, ob_val *value) MUST_CHECK;
/* Makes the entry the last or the first one.  On failure (MemoryError) the entry is gone. */
bool ob__dict_move(ob_val d, size_t at, bool last) MUST_CHECK;
extern const tx_kind ob__dict_kind;          /* for types whose bodies begin with a dict's */
/* Fills dict `to` (empty, private) with what `from` holds. */
bool ob__dict_clone(ob_val to, ob_val from) MUST_CHECK;
ob_val ob__dict_alloc(ob_type *t);
bool ob__dict_update_all(ob_val d, ob_val other, int override /* 1 overwrite, 0 keep, 2 raise KeyError on duplicates */) MUST_CHECK;
ob_val ob__dict_repr(ob_val self);
/* views and iterators */
ob_val ob__dict_iter_new(ob_val d, int what, bool reverse);
/* The same for OrderedDict, whose iterators notice every change of keys or order; the second is its type's slot. */
ob_val ob__ordered_iter_new(ob_val d, int what, bool reverse);
ob_val ob__ordered_iter(ob_val d);
ob_val ob__dict_view_new(ob_type *t, ob_val d);
enum { OB__KEYS, OB__VALUES, OB__ITEMS };

#endif
