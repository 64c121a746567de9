/* wait.c: retry(): sleeps until something that was read has changed.
 * Locks: bucket locks (rank TX_WAIT), one at a time.
 * A waiter lists its handles in hashed buckets, then looks whether they have changed already, then sleeps on a word of its own. A committer
 * advances the clock, then looks whether anybody waits.
 * A1  No wake-up is lost: the waiter counts itself in `waiters` before it reads the clock, the committer reads `waiters` after it wrote
 *     the clock, all four sequentially consistent. So either the committer sees the waiter, or the waiter sees the commit. (tests/sched/retry.sched)
 * A3  Nor is one lost between the waiter's spinning and its sleep: it goes from SPINS to SLEEPS by compare-and-swap, the waker puts WOKEN by exchange.
 *     So either the waiter sees WOKEN, or the waker sees SLEEPS, and makes the system call that a spinning waiter does not need.
 * A2  A waiter holds no snapshot: its sleep holds back no old version. */
#include "txn/txn_int.h"
#include "base/mono.h"
#include "base/park.h"
#include "base/stop.h"
#include "base/trace.h"

enum { BUCKET_BITS = 8 };
enum { SPINS, WOKEN, SLEEPS }; /* tx_thread.wake */

typedef struct node {
    struct node *next, *previous;   /* under the bucket's lock */
    tx_handle *h;                   /* compared only, never followed: it may die meanwhile */
    uint64_t mask;
    tx_thread *thread;
} node;

static struct bucket { BASE_CACHE_ALIGNED base_lock lock; node *first; } buckets[1 << BUCKET_BITS] = {
    [0 ... (1 << BUCKET_BITS) - 1] = {BASE_LOCK_INIT(TX_WAIT, "waiters"), NULL}};

static struct bucket *bucket_of(const tx_handle *h) {
    return &buckets[(uint64_t)(uintptr_t)h * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BUCKET_BITS)];
}

static void list(node *n) {
    struct bucket *b = bucket_of(n->h);
    base_lock_take(&b->lock);
    n->previous = NULL;
    n->next = b->first;
    if (n->next) n->next->previous = n;
    b->first = n;
    base_lock_drop(&b->lock);
}

static void unlist(node *n) {
    struct bucket *b = bucket_of(n->h);
    base_lock_take(&b->lock);
    if (n->previous) n->previous->next = n->next;
    else b->first = n->next;
    if (n->next) n->next->previous = n->previous;
    base_lock_drop(&b->lock);
}

static void wake(tx_thread *t) {
    if (atomic_load_explicit(&t->wake, memory_order_relaxed) == WOKEN) return; /* by an earlier commit, which is reason enough */
    if (atomic_exchange_explicit(&t->wake, WOKEN, memory_order_acq_rel) == SLEEPS) base_park_wake(&t->wake, 1); /* MO: WAKE release */
}

void tx__wake_waiters(tx_handle *h, uint64_t dirty) {
    struct bucket *b = bucket_of(h);
    base_lock_take(&b->lock);
    for (node *n = b->first; n; n = n->next)
        if (n->h == h && (n->mask & dirty)) wake(n->thread);
    base_lock_drop(&b->lock);
}

void tx__wait_forget_all(void) {
    for (size_t i = 0; i < BASE_LENGTH(buckets); i++) {
        base_lock_init(&buckets[i].lock, BASE_RANK_TX_WAIT, "waiters");
        buckets[i].first = NULL;
    }
}

static size_t fill(tx_thread *t, node *nodes) {
    size_t n = 0;
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        if (e->read) nodes[n++] = (node){.h = e->h, .mask = e->read, .thread = t};
    }
    for (size_t i = 0; i < t->keys.n; i++) {
        tx_keyed *k = &t->keys.at[i];
        nodes[n++] = (node){.h = t->entries.at[k->entry].h, .mask = tx__keyed_mask(k), .thread = t};
    }
    return n;
}

static bool is_woken(void *t) { return atomic_load_explicit(&((tx_thread *)t)->wake, memory_order_acquire) == WOKEN; } /* MO: WAKE acquire */

/* Until woken, interrupted, or limit (monotonic ns; <0: none); false: the time is over. */
static bool sleep_until(tx_thread *t, int64_t limit) {
    bool in_time = true;
    uint32_t state = SPINS;
    BASE_STOP(TX_WAIT_SLEEP);
    tx__block_enter();
    /* MO: WAKE acquire */
    if (!base_park_spin(&t->in_vain, is_woken, t) && atomic_compare_exchange_strong_explicit(&t->wake, &state, SLEEPS, memory_order_acquire, memory_order_acquire)) {
        while (atomic_load_explicit(&t->wake, memory_order_acquire) != WOKEN) { /* MO: WAKE acquire */
            int64_t left = limit < 0 ? -1 : limit - base_mono_ns();
            if (limit >= 0 && left <= 0) {
                in_time = false;
                break;
            }
            base_park_wait(&t->wake, SLEEPS, left);
            if (tx_g.blocking.interrupted && tx_g.blocking.interrupted()) break;
        }
    }
    tx__block_leave();
    return in_time;
}

bool tx_wait_for_change(int64_t timeout_ns) {
    tx_thread *t = tx_me.txn;
    int64_t limit = timeout_ns < 0 ? -1 : base_mono_ns() + timeout_ns;
    node *nodes = base_mem_alloc((t->entries.n + t->keys.n) * sizeof *nodes);
    bool changed, in_time = true;
    size_t n = 0;
    if (nodes) n = fill(t, nodes);
    tx__count(t, TX_STAT_waits);
    atomic_store_explicit(&t->wake, SPINS, memory_order_relaxed); /* nobody knows of us yet */
    atomic_fetch_add_explicit(&tx_g.waiters, 1, memory_order_seq_cst); /* MO: WAITERS seq_cst release */
    for (size_t i = 0; i < n; i++) list(&nodes[i]);
    BASE_STOP(TX_WAIT_LISTED);
    /* MO: CLOCK seq_cst acquire */
    changed = !t->sole && atomic_load_explicit(&tx_g.clock, memory_order_seq_cst) != t->snapshot && !tx__validate_reads(t);
    tx__abandon(t, false);
    t->attempt++;
    tx__count(t, TX_STAT_retries);
    BASE_TRACE(TXN, "retry: waits for %zu objects%s", n, changed ? ", which have changed already" : "");
    /* Without memory for the list, look again soon. */
    if (!changed && nodes == NULL) sleep_until(t, base_mono_ns() + 1000000);
    else if (!changed) in_time = sleep_until(t, limit);
    for (size_t i = 0; i < n; i++) unlist(&nodes[i]);
    atomic_fetch_sub_explicit(&tx_g.waiters, 1, memory_order_seq_cst); /* MO: WAITERS seq_cst release */
    base_mem_free(nodes);
    return in_time;
}
