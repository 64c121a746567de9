/* bits.h: sets of ids, a bit for each: ids are numbered one after the other, so sets of them are dense; what is not dense costs a page of 4 KB for each. */
#ifndef OBJSPACE_PERSIST_BITS_H
#define OBJSPACE_PERSIST_BITS_H
#include "base/check.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PE_BITS_PAGE = 32768 };
typedef struct pe__bits { struct pe__bits_page *page; size_t mask, used; bool failed; } pe__bits;      /* all zero: empty; failed: an addition ran out of memory */
typedef struct pe__bits_page { uint64_t no; uint64_t *words; } pe__bits_page;                          /* words NULL: a free place of the table */

bool pe__bits_add(pe__bits *b, uint64_t id);             /* true: it is new */
bool pe__bits_has(const pe__bits *b, uint64_t id);
size_t pe__bits_take_some(pe__bits *b, uint64_t *ids, size_t max, size_t *at);     /* up to max, removed; at: 0 at first, where it goes on. 0: empty */
bool pe__bits_copy(pe__bits *to, const pe__bits *from) MUST_CHECK;   /* to: empty */
void pe__bits_release(pe__bits *b);

#endif
