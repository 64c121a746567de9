/* front.c: what a walk has met and not looked at yet (front.h).  Locks: none.
 * A queue of bounded size, and a bit for each id that did not fit; the queue is filled from these when it is empty, many at a time, so that looking for bits costs
 * nothing to speak of. While everything fits, the order is that of a breadth-first walk. */
#include "objspace/persist/front.h"
#include "base/mem.h"

enum { ROOM = 65536 };

bool pe__front_init(pe__front *f, pe__bits *reached) {
    *f = (pe__front){.reached = reached, .queue = base_mem_alloc(ROOM * sizeof *f->queue)};
    return f->queue != NULL;
}

bool pe__front_reach(pe__front *f, uint64_t id) {
    if (id == 0 || !pe__bits_add(f->reached, id)) return false;
    if (f->n < ROOM) f->queue[(f->first + f->n++) % ROOM] = id;
    else (void)pe__bits_add(&f->later, id);
    return true;
}

bool pe__front_next(pe__front *f, uint64_t *id) {
    if (f->n == 0) f->first = 0, f->n = pe__bits_take_some(&f->later, f->queue, ROOM, &f->at);
    if (f->n == 0) return false;
    *id = f->queue[f->first];
    f->first = (f->first + 1) % ROOM;
    f->n--;
    return true;
}

bool pe__front_failed(const pe__front *f) { return f->reached->failed || f->later.failed; }

void pe__front_release(pe__front *f) {
    pe__bits_release(&f->later);
    base_mem_free(f->queue);
    *f = (pe__front){0};
}
