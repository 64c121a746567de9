/* clock.c: the state that all transactions share, and its set-up.
 * K1  The clock only grows, by one a commit, under the commit lock, after the commit's versions are installed. (commit.c)
 * K2  epoch <= clock once the clock is published: a snapshot that sees the clock sees the epoch that belongs to it. (snapshot.c) */
#include "txn/txn_int.h"
#include "base/stress.h"
#include "base/trace.h"

_Thread_local tx_me_hot tx_me HOT_TLS = {.id = 1, .rmask = 1};

static bool default_is_object(uint64_t word) { return word != 0 && (word & 7) == 0; }
static void default_trace_immutable(void *object, void (*visit)(void *arg, uint64_t word), void *arg) { (void)object, (void)visit, (void)arg; }

struct tx_shared tx_g = {
    .commit_lock = BASE_LOCK_INIT(TX_COMMIT, "commit"),
    .threads_lock = BASE_LOCK_INIT(TX_THREADS, "txn threads"),
    .clock = 1,
    .epoch = 1,
    .next_tid = 1,
    .sole_allowed = true,
    .memory = {tx__default_alloc, tx__default_free},
    .model = {default_is_object, default_trace_immutable, .never = 7},
};

/* Whoever uses objects passes here before threads exist, so the environment's wishes are read here. */
bool tx_init(void) {
    (void)base_stress_init(NULL); /* unknown words are no reason not to start */
    (void)base_trace_init(NULL);
    return true;
}

void tx_set_memory(const tx_memory *m) { tx_g.memory = *m; }
void tx_set_object_model(const tx_object_model *m) { tx_g.model = *m; }
void tx_set_sink(const tx_sink *sink) { tx_g.sink = sink; }
bool tx_has_sink(void) { return tx_g.sink != NULL; }
void tx_set_blocking(const tx_blocking *b) { tx_g.blocking = *b; }
void tx_set_pager(bool (*fault)(tx_handle *h)) { tx_g.pager = fault; }
void tx_set_broken_body(const void *(*body)(const tx_handle *h)) { tx_g.broken_body = body; }
void tx_set_guard(void (*guard)(tx_handle *h)) { tx_g.guard = guard; }
void tx_set_where(void (*where)(tx_where *out)) { tx_g.where = where; }
void tx_set_conflict_report(void (*report)(const tx_conflict *c)) { tx_g.report = report; }
void tx_allow_sole(bool allow) { tx_g.sole_allowed = allow; }

tx_fail tx_fail_reason(void) { return tx_me.txn ? tx_me.txn->fail : TX_FAIL_MEMORY; }

/* ---- the code epoch ---- */

static uint64_t private_epoch(void) {
    static _Atomic(uint64_t) last;
    return TX_PRIVATE_EPOCH | (atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1);
}

uint64_t tx_epoch(void) { return tx_me.epoch; }

void tx__epoch_renew(void) { tx_me.epoch = private_epoch(); }

void tx__epoch_advance(void) {
    uint64_t now = tx__clock() + 1;
    atomic_store_explicit(&tx_g.epoch, now, memory_order_release); /* MO: EPOCH release */
    atomic_store_explicit(&tx_g.clock, now, memory_order_seq_cst); /* MO: CLOCK seq_cst release */
    tx_me.epoch = now;
}

void tx_epoch_bump(void) {
    tx_thread *t = tx_me.txn;
    if (t->sole && !t->undo_on) {
        tx__epoch_advance();
        return;
    }
    if (tx__undo_add(t, TX_UNDO_EPOCH, NULL) == NULL) t->poison = TX_FAIL_MEMORY;
    t->bumped = true;
    if (tx_g.where) tx_g.where(&t->bumped_at);
    tx__epoch_renew();
}
