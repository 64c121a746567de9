/* turn.c: the turn: one thread at a time may run while all other commits wait, so that it cannot lose.  Irrevocable blocks and
 * those that have lost too often take it.
 * Locks: takes commit_lock (rank TX_COMMIT) for a moment to draw a ticket.
 * U1  While a ticket is out that was not served to its end, nobody but the holder commits: tickets are drawn under the commit lock, and
 *     committers look under it. (tx__turn_take, tx__turn_others)
 * U2  The holder takes its snapshot after it was served, so its snapshot is the newest commit until it ends. (tx_begin)
 * States: none -tx__turn_take-> waiting -served-> holder -tx__turn_release-> none. */
#include "txn/txn_int.h"
#include "base/park.h"
#include "base/trace.h"

/* A thread may wait in a transaction too: for the turn, to go on irrevocably, or to commit. */
void tx__block_enter(void) {
    if (UNLIKELY(tx_me.txn->gated)) tx__gate_leave(tx_me.txn);
    if (!tx_me.txn->active) tx__snapshot_drop(tx_me.txn);
    if (tx_g.blocking.enter) tx_g.blocking.enter();
}
void tx__block_leave(void) { if (tx_g.blocking.leave) tx_g.blocking.leave(); }

bool tx__turn_others(const tx_thread *t) {
    return !t->holds_turn && atomic_load_explicit(&tx_g.turn_issued, memory_order_relaxed)
                                 != atomic_load_explicit(&tx_g.turn_served, memory_order_acquire); /* MO: TURN acquire */
}

/* Is it t's turn, or, if it holds no ticket, nobody's? */
static bool free_for(const tx_thread *t, bool ticket, uint32_t served) {
    return served == (ticket ? t->turn_ticket : atomic_load_explicit(&tx_g.turn_issued, memory_order_relaxed));
}

/* Whoever sleeps has counted itself in turn_sleepers before it looked at turn_served again; tx__turn_release writes turn_served, then looks
 * at turn_sleepers; all sequentially consistent: so the release that ends this sleep sees the sleeper. */
static NOINLINE void wait_for_turn(const tx_thread *t, bool ticket) {
    for (int spins = 0; spins < 200; spins++) {
        /* MO: TURN acquire */
        if (free_for(t, ticket, atomic_load_explicit(&tx_g.turn_served, memory_order_acquire))) return;
        base_pause();
    }
    tx__block_enter();
    atomic_fetch_add_explicit(&tx_g.turn_sleepers, 1, memory_order_seq_cst); /* MO: SLEEPERS seq_cst release */
    for (;;) {
        uint32_t served = atomic_load_explicit(&tx_g.turn_served, memory_order_seq_cst); /* MO: TURN seq_cst acquire */
        if (free_for(t, ticket, served)) break;
        base_park_wait(&tx_g.turn_served, served, -1);
    }
    atomic_fetch_sub_explicit(&tx_g.turn_sleepers, 1, memory_order_relaxed);
    tx__block_leave();
}

void tx__turn_await_others(tx_thread *t) { wait_for_turn(t, false); }

void tx__turn_take(tx_thread *t) {
    if (t->holds_turn) return;
    base_lock_take(&tx_g.commit_lock);
    t->turn_ticket = atomic_load_explicit(&tx_g.turn_issued, memory_order_relaxed);
    atomic_store_explicit(&tx_g.turn_issued, t->turn_ticket + 1, memory_order_relaxed); /* ordered by the lock */
    base_lock_drop(&tx_g.commit_lock);
    /* MO: TURN acquire */
    if (!free_for(t, true, atomic_load_explicit(&tx_g.turn_served, memory_order_acquire))) wait_for_turn(t, true);
    t->holds_turn = true;
    BASE_TRACE(TXN, "takes the turn after %u losses", t->losses);
}

void tx__turn_release(tx_thread *t) {
    t->holds_turn = t->irrevocable = false;
    atomic_store_explicit(&tx_g.turn_served, t->turn_ticket + 1, memory_order_seq_cst); /* MO: TURN seq_cst release */
    /* MO: SLEEPERS seq_cst acquire */
    if (atomic_load_explicit(&tx_g.turn_sleepers, memory_order_seq_cst) != 0) base_park_wake(&tx_g.turn_served, -1);
}

void tx_become_irrevocable(void) { tx_me.txn->want_irrevocable = true; }
bool tx_irrevocable(void) { return tx_me.txn->irrevocable; }

/* The running transaction goes on at the present snapshot, if everything it has seen is the same there. Called by the turn's holder. */
static bool move_to_now(tx_thread *t) {
    uint64_t now = tx__clock();
    if (now == t->snapshot) return true;
    if (!t->log_reads || atomic_load_explicit(&tx_g.epoch, memory_order_acquire) != t->begin_epoch) return false; /* MO: EPOCH acquire */
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        const void *newest = tx__newest(e->h);
        if (newest == e->seen) continue;
        if (e->mine || !tx__kind_same(e->h, tx__seen_body(e), newest, e->read)) return false;
    }
    for (size_t i = 0; i < t->keys.n; i++) {
        tx_entry *e = &t->entries.at[t->keys.at[i].entry];
        uint64_t key;
        if (!tx__keyed_same(&t->keys.at[i], e, tx__newest(e->h), &key)) return false;
    }
    for (size_t i = 0; i < t->entries.n; i++) {
        t->entries.at[i].seen = tx__newest(t->entries.at[i].h);
        t->entries.at[i].copy = NULL;
    }
    tx__seen_forget(t);
    t->snapshot = now;
    atomic_store_explicit(&t->announced, now, memory_order_seq_cst); /* MO: ANNOUNCE seq_cst release */
    return true;
}

static bool settle(tx_thread *t) {
    if (t->sole || t->irrevocable) return true;
    tx__turn_take(t);
    if (!t->doomed && move_to_now(t)) return true;
    tx__turn_release(t);
    return false;
}

bool tx_settle(void) {
    tx_thread *t = tx_me.txn;
    if (settle(t)) return true;
    t->doomed = true;
    tx_explain_doom();
    return false;
}

bool tx_upgrade(void) {
    tx_thread *t = tx_me.txn;
    if (!t->irrevocable) tx__count(t, TX_STAT_irrevocable);
    return settle(t) && (t->irrevocable = true);
}

unsigned tx_attempt(void) { return tx_me.txn->attempt; }
unsigned tx_losses(void) { return tx_me.txn->losses; }

void tx_attempt_next(void) { tx_me.txn->attempt++; }

void tx_attempt_reset(void) {
    tx_me.txn->attempt = 1;
    tx_me.txn->losses = 0;
}

void tx_backoff(void) {
    tx_thread *t = tx_me.txn;
    unsigned losses = t->losses;
    _Atomic(uint32_t) nothing = 0;
    if (losses == 0 || t->sole || t->gated || tx__loses_no_more(t)) return;
    if (losses > 10) losses = 10;
    if (losses < 5) {
        for (uint32_t n = base_rand_below(&t->rand, 32u << losses); n; n--) base_pause();
        return;
    }
    tx__block_enter();
    base_park_wait(&nothing, 0, (int64_t)base_rand_below(&t->rand, 1000u << losses));
    tx__block_leave();
}
