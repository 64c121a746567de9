/* lasting.h: hashes of plain keys that mean the same in every process, so that a store may be ordered by them. (hash() of a text does not.) */
#ifndef OBJSPACE_LASTING_H
#define OBJSPACE_LASTING_H
#include "objspace/val.h"
#include <stdbool.h>
#include <stdint.h>

/* Of None, Ellipsis, bool, int, float, complex, str and bytes, tuples and frozensets of such, and of classes that extend these and leave __eq__ and __hash__ alone (named tuples); equal ones have
 * equal hashes.  false: key is something else (its own __hash__ and __eq__ would have a say).  Runs no Python, allocates nothing. */
bool ob__lasting_hash(ob_val key, uint64_t *out);
/* The order of a trie by them: its ways are the bits from the top down. */
static inline uint64_t ob__stir(uint64_t hash) { return hash * UINT64_C(0x9e3779b97f4a7c15); }

#endif
