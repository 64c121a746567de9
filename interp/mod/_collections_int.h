/* _collections_int.h: what the files of _collections share. */
#ifndef INTERP_MOD_COLLECTIONS_INT_H
#define INTERP_MOD_COLLECTIONS_INT_H
#include "objspace/persist/persist.h"
#include "objspace/type.h"

extern ob_type py__deque_type, py__deque_iter_type, py__deque_reviter_type;
bool py__deque_push(ob_val deque, ob_val x) MUST_CHECK;       /* append */
ob_val py__deque_pop_left(ob_val deque);                     /* IndexError when empty */
extern ob_type py__defaultdict_type, py__ordereddict_type;
extern const pe_codec py__deque_codec;
bool py__odict_ready(void) MUST_CHECK;       /* the views of OrderedDict */

#endif
