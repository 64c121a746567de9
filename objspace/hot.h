/* hot.h: containers for places that many transactions change at once: Counter, Queue, OrderedMap of the module apodora. Each consists of
 * versioned parts that are conflict units of their own. */
#ifndef OBJSPACE_HOT_H
#define OBJSPACE_HOT_H
#include "objspace/type.h"

extern ob_type ob_counter_type, ob_queue_type, ob_omap_type;
extern ob_type ob_queue_end_type, ob_queue_node_type, ob_omap_node_type, ob_omap_tower_type, ob_omap_iter_type;   /* their parts */

ob_val ob_counter_new(int64_t n);
bool ob_counter_add(ob_val c, int64_t k) MUST_CHECK;     /* reads nothing */
ob_val ob_counter_value(ob_val c);

/* What get() of an empty queue does: the upper layer's retry(). */
void ob_queue_set_empty_hook(ob_val (*empty)(ob_val queue, ob_val timeout));

/* What keys(), values() and items() of an OrderedMap give ("Keys", …): the upper layer's views.  before: called before each OrderedMap is made. */
void ob_omap_set_view_hooks(ob_val (*view)(ob_val map, const char *what), bool (*before)(void));

/* For records: bodies are values in a row: of a Queue 2, its node 2, its end 1 and a count; of an OrderedMap 2, its node 4, its tower all levels. */
enum { OB_OMAP_LEVELS = 12 };                            /* of a tower: levels 1 and up */
#endif
