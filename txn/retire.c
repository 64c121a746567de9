/* retire.c: old versions: kept on their committer's ring until no snapshot can see them, then freed.
 * Locks: none; a ring belongs to one thread (with the world stopped, or its thread gone: to whoever holds the world or threads_lock).
 * O1  Every version but the newest of its handle is on exactly one ring, with the stamp of its successor. (tx__retire)
 * O2  Stamps on a ring ascend, so freeing stops at the first that is still needed. (tx__retire_drain)
 * O3  A version is freed when every snapshot in use is at or past its successor: nobody then follows the successor's link, which is
 *     left dangling. (tx__visible stops at the successor; txn/README.md, "Old versions") */
#include "txn/mirror.h"
#include <string.h>

enum { AHEAD = 4 /* retired versions fetched into the cache before they are freed */ };

bool tx__retire_reserve(tx_thread *t, size_t n) {
    size_t used = t->ring_tail - t->ring_head, size = t->ring_size ? t->ring_size : 64;
    tx_retired *ring;
    if (LIKELY(used + n <= t->ring_size)) return true;
    while (size < used + n) size *= 2;
    ring = base_mem_alloc(size * sizeof *ring);
    if (ring == NULL) return false;
    for (size_t i = 0; i < used; i++) ring[i] = t->ring[(t->ring_head + i) & (t->ring_size - 1)];
    base_mem_free(t->ring);
    t->ring = ring;
    t->ring_size = size;
    t->ring_head = 0;
    t->ring_tail = used;
    t->ring_looked = 0;
    return true;
}

/* Does not look at the handle, whose line another core may be about to write. */
static void free_version(const tx_retired *r) {
    if (r->drop) r->drop(r->h, tx__body(r->v));
    tx_g.memory.free(r->v, r->bytes);
}

void tx__retire_drain(tx_thread *t, uint64_t oldest) {
    while (t->ring_head != t->ring_tail) {
        tx_retired r = t->ring[t->ring_head & (t->ring_size - 1)];
        const tx_retired *ahead = &t->ring[(t->ring_head + AHEAD) & (t->ring_size - 1)]; /* perhaps one of the past: still mapped */
        if (r.stamp > oldest) break;
        base_prefetch_write(ahead->v);
        t->ring_head++;
        free_version(&r);
    }
    if (t->ring_head == t->ring_tail) t->ring_head = t->ring_tail = 0; /* a ring that was long once is not gone round in: its begin is in the cache */
    t->oldest = oldest;
    t->ring_looked = t->ring_tail;
    t->behind = true;
}

/* Only in sole mode, where no snapshot but the present exists.  Older versions of h, if any, were freed or are on rings. */
void tx__retire_fold_now(tx_handle *h) {
    tx_version *v = tx__head(tx__vw(h));
    tx__inline_again(h, v);
    atomic_store_explicit(&h->vw, TX_SHARED, memory_order_relaxed);
    tx__version_free(h, v, false);
}
