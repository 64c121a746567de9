/* thread.c: threads that come and go, and sole mode.
 * Locks: takes threads_lock (rank TX_THREADS).
 * T1  A tid in the version word of a handle that other threads can reach belongs to no running thread in multi mode. A tid that was used in sole
 *     mode is never used in multi mode (tx_leave_sole), and publication replaces those of multi mode (publish.c).
 * T2  sole_now: one thread is entered, none is expected. (tx__go_sole, tx_thread_enter)
 * States of a record: free -tx_thread_enter-> entered -tx_thread_leave-> free;  multi -tx__go_sole-> sole -tx_leave_sole-> multi. */
#include "txn/txn_int.h"
#include <string.h>

static uint32_t entered(void) { return atomic_load_explicit(&tx_g.entered, memory_order_relaxed); }
static void count_entered(int n) { atomic_store_explicit(&tx_g.entered, entered() + (uint32_t)n, memory_order_relaxed); }

static base_stat_set stat_set = BASE_STAT_SET(TX_STAT_COUNT);

static void set_mode(tx_thread *t, bool sole) {
    t->sole = sole;
    if (sole) {
        t->tid_shared = true;
        t->log_reads = false;
        VEC_CLEAR(&t->keys);
        VEC_CLEAR(&t->entries); /* no transaction of this mode has any */
    }
    tx_me.txn = t;
    tx_me.seen = t->seen;
    tx__seen_forget(t);
    tx_me.id = t->seq;
    tx_me.rmask = sole ? 1 : TX_TID_MASK | 1;
}

/* Under threads_lock. */
static void fresh_tid(tx_thread *t) {
    t->tid = tx_g.next_tid < TX_TID_MAX ? tx_g.next_tid++ : TX_TID_MAX;
    t->seq = t->tid << TX_TID_SHIFT | TX_STEP | 1;
    t->tid_shared = false;
}

void tx__new_tid(tx_thread *t) {
    base_lock_take(&tx_g.threads_lock);
    fresh_tid(t);
    base_lock_drop(&tx_g.threads_lock);
    set_mode(t, t->sole);
}

/* Under threads_lock: a record that nobody uses, or a new one. */
static tx_thread *free_record(void) {
    tx_thread *first = atomic_load_explicit(&tx_g.threads, memory_order_relaxed), *t;
    for (t = first; t; t = t->next)
        if (!t->entered) return t;
    t = base_mem_aligned(sizeof *t, BASE_CACHE_LINE);
    if (t == NULL) return NULL;
    atomic_init(&t->announced, TX_NO_SNAPSHOT);
    t->tid_shared = true; /* it has none yet */
    t->next = first;
    atomic_store_explicit(&tx_g.threads, t, memory_order_release); /* MO: THREADS release - a scanner sees the record whole */
    return t;
}

bool tx_thread_enter(void) {
    tx_thread *t;
    bool sole;
    base_lock_take(&tx_g.threads_lock);
    t = tx_g.sole_now ? NULL : free_record();
    if (t == NULL || !tx__sets_init(t)) {
        base_lock_drop(&tx_g.threads_lock);
        return false;
    }
    if (tx_g.expected) tx_g.expected--;
    t->entered = true;
    count_entered(1);
    /* Tids are plenty, but not without end: past half of them, one that was never used in sole mode goes on with its record. */
    if (t->tid_shared || tx_g.next_tid < TX_TID_MAX / 2) fresh_tid(t);
    sole = tx_g.sole_now = tx_g.sole_allowed && entered() == 1 && tx_g.expected == 0;
    base_lock_drop(&tx_g.threads_lock);
    t->attempt = 1;
    t->losses = t->lossy = 0;
    t->in_locks = 0;
    t->goes_on = false;
    t->fail = TX_FAIL_NONE;
    base_rand_seed(&t->rand, (uint64_t)(uintptr_t)t ^ t->tid);
    base_stat_join(&stat_set, &t->stat_block, t->stats);
    tx_me.epoch = atomic_load_explicit(&tx_g.epoch, memory_order_acquire); /* MO: EPOCH acquire */
    set_mode(t, sole);
    return true;
}

/* Under threads_lock: if one thread is left it may find out so at its next begin. */
static void hint_sole(void) {
    bool may = tx_g.sole_allowed && entered() == 1 && tx_g.expected == 0 && tx_g.next_tid < TX_TID_MAX / 2;
    atomic_store_explicit(&tx_g.may_sole, may, memory_order_relaxed);
}

void tx_thread_leave(void) {
    tx_thread *t = tx_me.txn;
    DEBUG_ASSERT(!t->active);
    if (t->gated) tx__gate_leave(t);
    tx_run_commit_hooks();
    tx_run_abort_hooks();
    tx__retire_drain(t, tx__snapshot_oldest());
    base_stat_leave(&stat_set, &t->stat_block);
    base_lock_take(&tx_g.threads_lock);
    tx__snapshot_drop(t);
    t->entered = false;
    t->want_irrevocable = false;
    count_entered(-1);
    tx_g.sole_now = false;
    t->sole = false;
    hint_sole();
    base_lock_drop(&tx_g.threads_lock);
    tx__default_give_back();
    tx_me.txn = NULL;
    tx_me.seen = NULL;
    tx_me.id = tx_me.rmask = 1;
}

void tx__go_sole(tx_thread *t) {
    base_lock_take(&tx_g.threads_lock);
    if (atomic_load_explicit(&tx_g.may_sole, memory_order_relaxed)) {
        hint_sole();
        if (atomic_load_explicit(&tx_g.may_sole, memory_order_relaxed)) {
            tx_g.sole_now = true;
            for (tx_thread *r = atomic_load_explicit(&tx_g.threads, memory_order_relaxed); r; r = r->next) tx__retire_drain(r, tx__clock()); /* all of them */
            tx__snapshot_drop(t);
            t->seq += TX_STEP; /* no transaction has the words of another, undone or not: who remembers something for a step goes by them */
            set_mode(t, true);
        }
        atomic_store_explicit(&tx_g.may_sole, 0, memory_order_relaxed);
    }
    base_lock_drop(&tx_g.threads_lock);
}

void tx_leave_sole(void) {
    tx_thread *t = tx_me.txn;
    base_lock_take(&tx_g.threads_lock);
    tx_g.expected++;
    tx_g.sole_now = false;
    atomic_store_explicit(&tx_g.may_sole, 0, memory_order_relaxed);
    if (t->sole) fresh_tid(t);
    base_lock_drop(&tx_g.threads_lock);
    if (!t->sole) return;
    DEBUG_ASSERT(!t->active || t->undo.n == 0); /* what it has written would not reach the sink */
    set_mode(t, false);
    if (!t->active) return;
    tx__sets_begin(t); /* the open-ended slice goes on as a transaction that has read nothing */
    t->undo_on = t->log_reads = true;
    tx__snapshot_take(t);
}

void tx_thread_failed(void) {
    base_lock_take(&tx_g.threads_lock);
    if (tx_g.expected) tx_g.expected--;
    hint_sole();
    base_lock_drop(&tx_g.threads_lock);
}

void tx_thread_goes_on(void) { tx_me.txn->goes_on = true; }

bool tx_is_sole(void) { return tx_me.txn && tx_me.txn->sole; }

void tx_block_enter(void) {
    tx_thread *t = tx_me.txn;
    DEBUG_ASSERT(t == NULL || !t->active);
    if (t && UNLIKELY(t->gated)) tx__gate_leave(t);
    if (t) tx__snapshot_drop(t);
}
void tx_block_leave(void) {}
void tx_learn(void) { tx_me.txn->stamp = 0; }
void tx_in_lock(int more) { tx_me.txn->in_locks += more; }
void tx_contended(void) { tx__note_meeting(tx_me.txn); }

void tx_stats_get(tx_stats *out) {
    _Static_assert(sizeof *out == TX_STAT_COUNT * sizeof(uint64_t), "tx_stats and the counters are the same list");
    base_stat_sum(&stat_set, (uint64_t *)out);
}
