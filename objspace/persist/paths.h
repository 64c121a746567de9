/* paths.h: how objects of a store can be reached from its root, found after the fact (paths.c). */
#ifndef OBJSPACE_PERSIST_PATHS_H
#define OBJSPACE_PERSIST_PATHS_H
#include "objspace/persist/persist_int.h"

typedef struct pe__wanted { uint64_t id; char *path; } pe__wanted;   /* path: caller frees; NULL: none was found (or no memory, no room on the disk) */
void pe__find_paths(st_txn *t, pe__wanted *w, size_t n);

#endif
