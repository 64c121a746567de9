/* views.h: counting the memoryviews on objects whose length may change; such a type has .free = ob_views_owner_died. */
#ifndef OBJSPACE_VIEWS_H
#define OBJSPACE_VIEWS_H
#include "objspace/heap.h"

typedef struct ob_views ob_views;
ob_views *ob_views_begin(ob_val owner);                  /* a view begins; NULL after MemoryError */
void ob_views_end(ob_views *v);                          /* that view ends; safe at the sweep */
void ob_views_owner_died(ob_obj *o);
bool ob_views_listed(ob_val owner);                      /* views on it live, or have died since the last collection */
/* Before a resize: is there a view that still lives? Collects garbage before it says so. */
bool ob_views_exist(ob_val owner);

#endif
