/* lmdb_readers.c: this process's read transactions of a store, so that nobody's snapshot lasts much longer than it is used for.
 *
 * Pages that were freed since the oldest snapshot began cannot be used again. A read transaction takes microseconds; but a thread that loses its processor in the middle of one takes
 * milliseconds, in which a writer makes hundreds of commits, each into new pages of the file. So a writer waits for such a reader, for a while; whoever reads for long asks
 * st_is_old() and begins anew.
 *
 * Locks: `lock` (rank LEAF) around the list; a waiting writer holds none.
 * R1  The list is in the order of snapshots. A thread never waits for its own: it may have to write out, in the middle of reading, what it is going to read.
 * R2  Waiting has an end: a reader that was waited for in vain is `excused`, and nobody waits for it again. */
#include "txn/store/lmdb_int.h"
#include "base/mono.h"
#include "base/park.h"

enum { OLD = 8 /* commits */, PATIENCE_NS = 50000000 };
static _Thread_local char me;                /* its address tells threads apart */

void st__reader_enter(st__readers *rs, st__reader *r, uint64_t snapshot) {
    *r = (st__reader){.snapshot = snapshot, .thread = &me};
    base_lock_take(&rs->lock);
    st__reader *before = rs->newest;
    while (before && before->snapshot > snapshot) before = before->older;
    r->older = before;
    r->newer = before ? before->newer : rs->oldest;
    *(before ? &before->newer : &rs->oldest) = r;
    *(r->newer ? &r->newer->older : &rs->newest) = r;
    base_lock_drop(&rs->lock);
}

void st__reader_leave(st__readers *rs, st__reader *r) {
    base_lock_take(&rs->lock);
    *(r->older ? &r->older->newer : &rs->oldest) = r->newer;
    *(r->newer ? &r->newer->older : &rs->newest) = r->older;
    bool awaited = r->awaited;
    base_lock_drop(&rs->lock);
    if (!awaited) return;
    atomic_fetch_add(&rs->left, 1);
    base_park_wake(&rs->left, -1);
}

/* The oldest that is to be waited for: of another thread, not excused, its snapshot before `before`. Under the lock. */
static st__reader *oldest_other(st__readers *rs, uint64_t before) {
    for (st__reader *r = rs->oldest; r && r->snapshot < before; r = r->newer)
        if (r->thread != &me && !r->excused) return r;
    return NULL;
}

/* Under the lock, which is dropped and taken again. */
static void sleep_for(st__readers *rs, st__reader *r, int64_t ns) {
    uint32_t seen = atomic_load(&rs->left);
    r->awaited = true;
    base_lock_drop(&rs->lock);
    (void)base_park_wait(&rs->left, seen, ns);
    base_lock_take(&rs->lock);
}

bool st__readers_await(st__readers *rs, uint64_t before, int64_t ns) {
    base_lock_take(&rs->lock);
    st__reader *r = oldest_other(rs, before);
    for (int64_t end = r ? base_mono_ns() + ns : 0, left = ns; r && left > 0; left = end - base_mono_ns()) {
        sleep_for(rs, r, left);
        r = oldest_other(rs, before);
    }
    bool gone = r == NULL;
    for (; r; r = oldest_other(rs, before)) r->excused = true;
    base_lock_drop(&rs->lock);
    return gone;
}

void st__readers_hurry(st__readers *rs) {
    uint64_t now = atomic_load_explicit(&rs->now, memory_order_relaxed);
    if (now > OLD) (void)st__readers_await(rs, now - OLD, PATIENCE_NS);
}

bool st__reader_is_old(const st__readers *rs, const st__reader *r) { return r->snapshot + OLD / 2 <= atomic_load_explicit(&rs->now, memory_order_relaxed); }
