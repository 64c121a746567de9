/* fork.c: a forked child goes on with the one thread that has called fork().
 * Locks: takes threads_lock and commit_lock (ranks TX_THREADS, TX_COMMIT) over the fork, so that the child finds nothing half done.
 * What the other threads had not committed does not exist in the child; their records are free there. */
#include "txn/txn_int.h"

void tx_fork_prepare(void) {
    base_lock_take(&tx_g.threads_lock);
    base_lock_take(&tx_g.commit_lock);
}

static void forget_thread(tx_thread *t) {
    t->entered = t->active = t->holds_turn = false;
    t->undo_used = t->nwritten = 0;
    t->stamp = 0;
    VEC_CLEAR(&t->entries);
    VEC_CLEAR(&t->keys);
    VEC_CLEAR(&t->undo); /* what its copies own is lost, once */
    VEC_CLEAR(&t->hooks);
    VEC_CLEAR(&t->left_hooks);
    VEC_CLEAR(&t->done_hooks);
    atomic_store_explicit(&t->announced, TX_NO_SNAPSHOT, memory_order_relaxed); /* there is no other thread */
}

static void keep_only(tx_thread *me) {
    uint32_t issued = atomic_load_explicit(&tx_g.turn_issued, memory_order_relaxed);
    for (tx_thread *t = atomic_load_explicit(&tx_g.threads, memory_order_relaxed); t; t = t->next)
        if (t != me) forget_thread(t);
    atomic_store_explicit(&tx_g.entered, 1, memory_order_relaxed);
    tx_g.expected = 0;
    if (me->holds_turn) me->turn_ticket = issued - 1;
    atomic_store_explicit(&tx_g.turn_served, me->holds_turn ? issued - 1 : issued, memory_order_relaxed);
    atomic_store_explicit(&tx_g.turn_sleepers, 0, memory_order_relaxed);
    atomic_store_explicit(&tx_g.waiters, 0, memory_order_relaxed);
    atomic_store_explicit(&tx_g.may_sole, tx_g.sole_allowed && !me->sole && tx_g.next_tid < TX_TID_MAX / 2, memory_order_relaxed);
    tx__wait_forget_all();
    tx__gate_forget();
    me->gated = false;
    tx_g.sink = NULL; /* the store is the parent's */
}

void tx_fork_done(bool child) {
    if (child) keep_only(tx_me.txn);
    base_lock_drop(&tx_g.commit_lock);
    base_lock_drop(&tx_g.threads_lock);
}
