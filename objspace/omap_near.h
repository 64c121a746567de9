/* omap_near.h: what a thread remembers of OrderedMaps that others may change: nodes behind which it has found the places of keys of late.
 * One record a thread, in its ob__thread; a collection forgets it. */
#ifndef OBJSPACE_OMAP_NEAR_H
#define OBJSPACE_OMAP_NEAR_H
#include "objspace/val.h"

typedef struct ob__near_line { ob_val map, node; } ob__near_line;
typedef struct ob__near { ob__near_line *lines, *room; } ob__near;    /* lines: NULL: none yet, or forgotten; else room */

/* Whoever stops the world; the thread's end. */
void ob__near_forget(ob__near *n);
void ob__near_release(ob__near *n);

/* A node that once was in m, not after key's place and perhaps right before it; OB_NULL: none is known.  Whether it still is in m, and where its key is,
 * the caller looks at. */
ob_val ob__near_node(ob_val m, ob_val key);
/* The search for key's place in m ended behind this node of it. */
void ob__near_found(ob_val m, ob_val key, ob_val node);

#endif
