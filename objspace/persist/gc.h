/* gc.h: deleting what cannot be reached in a store (gc.c). */
#ifndef OBJSPACE_PERSIST_GC_H
#define OBJSPACE_PERSIST_GC_H
#include "objspace/persist/bits.h"
#include "objspace/persist/persist_int.h"

typedef struct pe__collection {
    st_store *store;
    /* what a program beside it holds; without one: NULL and new_from UINT64_MAX */
    uint64_t new_from;                   /* ids from here on are new: kept */
    bool (*get_held)(void *arg, pe__bits *to);               /* every id that is or was in memory since it began; asked again until there are no new ones */
    bool (*is_held)(void *arg, uint64_t id);
    bool (*stop)(void *arg);             /* true: end as soon as it can be */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t all);
    void *arg;
    /* results */
    uint64_t kept, deleted, entries;     /* objects kept, deleted; entries deleted */
    uint64_t at;                         /* the object that was marked last: where damage was met */
    pe__bits reached;
} pe__collection;
/* CORRUPT: *why; then nothing was deleted. */
st_error pe__collect(pe__collection *c, const char **why) MUST_CHECK;

#endif
