/* snapshot.c: announces what a thread is reading, and finds the version of an object that belongs to a snapshot.
 * Locks: none.
 * S1  A body that is visible at an announced snapshot is not freed: an announcer re-reads the clock after it has announced, and a
 *     freer reads the clock before it reads the announcements; all four accesses are sequentially consistent, so one of the two sees
 *     the other. (tx__snapshot_take, tx__snapshot_oldest)
 *     A thread that goes on lets its announcement stand from one transaction to the next and takes newer snapshots under it, without a fence: what is
 *     visible at them is not freed either, as freeing spares all from the announced one on. (tx__snapshot_move, tx__snapshot_follow)
 *     It costs memory that is cold when it is used again: a thread announces anew when it has retired TX_DRAIN_EVERY versions, or others have committed TX_BEHIND times.
 * S2  A snapshot's epoch is that of the newest commit <= snapshot which bumped it. (tx__snapshot_take, _move)  At its own stamp a committer knows it: no commit but its own
 *     can have changed the epoch since it was validated. (tx__snapshot_follow)
 * S3  A snapshot is the clock's value at some moment after the begin was asked for; a begin that follows on a commit counts as asked for at that commit.
 * Why nobody follows a link to a freed version: txn/README.md, section "Old versions". */
#include "txn/txn_int.h"
#include "base/stop.h"

void tx__snapshot_take(tx_thread *t) {
    uint64_t now, again, epoch;
    for (now = tx__clock();; now = again) {
        atomic_store_explicit(&t->announced, now, memory_order_seq_cst); /* MO: ANNOUNCE seq_cst release */
        BASE_STOP(TX_SNAPSHOT_ANNOUNCED);
        again = atomic_load_explicit(&tx_g.clock, memory_order_seq_cst); /* MO: CLOCK seq_cst acquire */
        if (again != now) continue;
        epoch = atomic_load_explicit(&tx_g.epoch, memory_order_acquire); /* MO: EPOCH acquire */
        if (epoch <= now) break; /* else a later commit is just being published */
        base_pause();
    }
    t->snapshot = now;
    t->behind = false;
    tx_me.epoch = t->begin_epoch = epoch;
}

/* May t's announcement stand while it reads at this snapshot? */
static inline bool announced_lately(const tx_thread *t, uint64_t snapshot) {
    uint64_t announced = atomic_load_explicit(&t->announced, memory_order_relaxed); /* only t writes it */
    return !t->behind && announced != TX_NO_SNAPSHOT && snapshot - announced <= TX_BEHIND;
}

void tx__snapshot_move(tx_thread *t) {
    uint64_t now = tx__clock(), epoch;
    if (!announced_lately(t, now)) {
        tx__snapshot_take(t);
        return;
    }
    while ((epoch = atomic_load_explicit(&tx_g.epoch, memory_order_acquire)) > now) now = tx__clock(); /* MO: EPOCH acquire */
    t->snapshot = now;
    tx_me.epoch = t->begin_epoch = epoch;
}

bool tx__snapshot_follow(tx_thread *t) {
    uint64_t stamp = t->stamp;
    if (stamp == 0 || !announced_lately(t, stamp)) return false;
    if (t->bumped) t->begin_epoch = stamp;
    t->snapshot = stamp;
    tx_me.epoch = t->begin_epoch;
    return true;
}

void tx__snapshot_drop(tx_thread *t) {
    t->stamp = 0;
    atomic_store_explicit(&t->announced, TX_NO_SNAPSHOT, memory_order_release); /* MO: ANNOUNCE release */
}

uint64_t tx__snapshot_oldest(void) {
    uint64_t oldest = atomic_load_explicit(&tx_g.clock, memory_order_seq_cst); /* MO: CLOCK seq_cst acquire */
    /* MO: THREADS acquire */
    for (tx_thread *t = atomic_load_explicit(&tx_g.threads, memory_order_acquire); t; t = t->next) {
        uint64_t a = atomic_load_explicit(&t->announced, memory_order_seq_cst); /* MO: ANNOUNCE seq_cst acquire */
        if (a < oldest) oldest = a;
    }
    return oldest;
}

static NOINLINE uint64_t page_in(const tx_handle *h) {
    bool ok = tx_g.pager != NULL && tx_g.pager((tx_handle *)(uintptr_t)h);
    uint64_t vw = tx__vw(h);
    return ok && vw != TX_GHOST ? vw : TX_GHOST;
}

const void *tx__newest(const tx_handle *h) {
    uint64_t vw = tx__vw(h);
    if (vw & 1) return tx_inline_body(h);
    if (UNLIKELY(vw == TX_GHOST)) return (vw = page_in(h)) == TX_GHOST ? NULL : vw & 1 ? tx_inline_body(h) : tx__body(tx__head(vw));
    return tx__body(tx__head(vw));
}

/* The head may have become another one since tx__visible looked. */
const void *tx__visible_other(tx_thread *t, const tx_handle *h, bool *newest) {
    uint64_t vw = tx__vw(h);
    tx_version *v;
    *newest = true;
    if (UNLIKELY(vw == TX_GHOST) && (vw = page_in(h)) == TX_GHOST) return NULL;
    if (vw & 1) return tx_inline_body(h);
    v = tx__head(vw);
    if (LIKELY(atomic_load_explicit(&v->stamp, memory_order_relaxed) <= t->snapshot)) return tx__body(v);
    *newest = false;
    do v = tx__older(v);
    while (v && atomic_load_explicit(&v->stamp, memory_order_relaxed) > t->snapshot);
    return v ? tx__body(v) : tx_inline_body(h);
}
