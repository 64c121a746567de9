/* front.h: a walk over everything that can be reached, in bounded memory: two bits an id, and half a megabyte (front.c). */
#ifndef OBJSPACE_PERSIST_FRONT_H
#define OBJSPACE_PERSIST_FRONT_H
#include "objspace/persist/bits.h"

typedef struct pe__front {
    pe__bits *reached;                   /* all that was ever met.  the caller's */
    pe__bits later;                      /* met, but there was no room in the queue */
    uint64_t *queue;
    size_t first, n, at;                 /* of the queue; where to look in `later` next */
} pe__front;

bool pe__front_init(pe__front *f, pe__bits *reached) MUST_CHECK;     /* false: no memory */
bool pe__front_reach(pe__front *f, uint64_t id);         /* true: it is new */
bool pe__front_next(pe__front *f, uint64_t *id);         /* what was reached first, or nearly so; false: nothing is left */
bool pe__front_failed(const pe__front *f);               /* something could not be noted: no memory */
void pe__front_release(pe__front *f);

#endif
