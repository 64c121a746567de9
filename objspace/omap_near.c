/* omap_near.c: what a thread remembers of OrderedMaps that others may change: nodes, so that a key met again, or one beside it, costs no search.
 * Locks: none; each thread reads and writes its own record, and a collection, with the world stopped, those of all.
 * R1  A node is remembered that a search has met and that was not private then, nor handed to other threads uncommitted, while no store was open that could
 *     still refuse a commit: so it was in the map in committed states, up to the snapshot at least. (ob__near_found)
 * R2  The thread's snapshots ascend, and who removes a node takes its value in the same transaction: a node that has a value is still in the map. (omap.c, M3)
 * A line is that of eight ints beside each other, or of a str. */
#include "objspace/omap_near.h"
#include "base/mem.h"
#include "objspace/contain.h"
#include "objspace/str.h"
#include "objspace/type_make.h"
#include "txn/tx.h"
#include <string.h>

enum { LINES = 8192, BESIDE_BITS = 3 };

void ob__near_forget(ob__near *n) { n->lines = NULL; }
void ob__near_release(ob__near *n) { base_mem_free(n->room); }

/* Which line is a key's?  -1: its order may be a matter of Python code. */
static inline ssize_t line_for(ob_val m, ob_val key) {
    uint64_t i;
    if (ob_is_small(key)) i = (uint64_t)(ob_to_small(key) >> BESIDE_BITS);
    else if (ob_is_exact_str(key)) i = ob_str_hash(key);
    else return -1;
    i += m.w >> 4;
    return (ssize_t)((i ^ i >> 13 ^ i >> 26) % LINES);
}

ob_val ob__near_node(ob_val m, ob_val key) {
    const ob__near_line *lines = ob__me->near.lines;
    ssize_t i = lines ? line_for(m, key) : -1;
    return i >= 0 && ob_same(lines[i].map, m) ? lines[i].node : OB_NULL;
}

static bool some_lines(ob__near *n) {
    if (!n->room && !(n->room = base_mem_alloc(LINES * sizeof *n->room))) return false;
    memset(n->room, 0, LINES * sizeof *n->room);
    n->lines = n->room;
    return true;
}

void ob__near_found(ob_val m, ob_val key, ob_val node) {
    ob__near *n = &ob__me->near;
    ssize_t i = line_for(m, key);
    if (i < 0 || tx_is_private(ob_handle(node)) || ob_flags(ob_ptr(node)) & TX_F_HANDED || tx_has_sink()) return;
    if (n->lines || some_lines(n)) n->lines[i] = (ob__near_line){m, node};
}
