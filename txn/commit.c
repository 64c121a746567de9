/* commit.c: begins transactions and makes their writes visible, all at once or not at all.
 * Locks: takes commit_lock (rank TX_COMMIT); none on entry.
 * C1  A version's stamp is set before the version is installed, and never changes. (install)
 * C2  Along a chain, stamps strictly decrease. (tx_check_chain)
 * C3  The clock shows a stamp only when all versions of that stamp are installed. (install)
 * C4  What the new bodies reach is shared before they are installed. (make_ready)
 * C5  After the verdict nothing can fail: memory is taken before the lock. (make_ready)
 * States: OUTSIDE -tx_begin-> ACTIVE -validate-> VALID -install-> DONE -> OUTSIDE;  ACTIVE -tx_abort, lose, refuse-> OUTSIDE.
 * Why this is serializable: txn/README.md. */
#include "txn/mirror.h"
#include "base/mono.h"
#include "base/stop.h"
#include "base/stress.h"
#include "base/trace.h"

/* ---- begin ---- */

static void begin_multi(tx_thread *t) {
    if (UNLIKELY(t->want_irrevocable || tx__loses_no_more(t))) {
        tx__turn_take(t);
        t->irrevocable = t->want_irrevocable;
    }
    t->undo_on = true;
    t->sunk = tx_g.sink != NULL;
    t->log_reads = !t->options.readonly;
    tx__sets_begin(t);
    tx__next_step(t);
    if (t->holds_turn || !t->options.follows || !tx__snapshot_follow(t)) tx__snapshot_move(t); /* others may have committed until the turn came */
    t->stamp = 0;
}

static void begin_sole(tx_thread *t) {
    t->undo_on = !t->options.slice || tx_g.sink != NULL;
    t->irrevocable = t->want_irrevocable;
    t->log_reads = false;
    t->snapshot = atomic_load_explicit(&tx_g.clock, memory_order_relaxed); /* only this thread writes it */
    tx_me.epoch = t->begin_epoch = atomic_load_explicit(&tx_g.epoch, memory_order_relaxed);
    if (t->undo_on || t->options.readonly) tx__next_step(t);
}

void tx_begin(const tx_options *o) {
    static const tx_options plain;
    tx_thread *t = tx_me.txn;
    DEBUG_ASSERT(!t->active && t->undo.n == 0 && t->hooks.n == 0);
    t->options = o ? *o : plain;
    if (UNLIKELY(tx__lossy(t)) && !t->sole) tx__gate_pass(t);
    if (t->options.slice) t->options.isolation = TX_SERIALIZABLE;
    if (!t->running_hooks) VEC_CLEAR(&t->left_hooks);
    t->fail = t->poison = TX_FAIL_NONE;
    t->nwritten = t->carries = 0;
    t->written = 0;
    t->worked = 1;
    t->watch = 0;
    if (UNLIKELY(atomic_load_explicit(&tx_g.may_sole, memory_order_relaxed))) tx__go_sole(t);
    if (UNLIKELY((t->seq & ~TX_TID_MASK) > TX_SEQ_LIMIT)) tx__new_tid(t);
    atomic_store_explicit(&t->serial, atomic_load_explicit(&t->serial, memory_order_relaxed) + 1, memory_order_relaxed);
    if (t->sole) begin_sole(t);
    else begin_multi(t);
    t->doomed = t->bumped = t->newest = false;
    if (UNLIKELY(t->want_irrevocable)) tx__count(t, TX_STAT_irrevocable);
    t->want_irrevocable = false;
    t->readonly = t->options.readonly;
    t->unread = false;
    t->since = t->readonly ? tx_me.id : 0;
    t->active = true;
}

/* May the running transaction of sole mode, and the next one, begin and end as nearly all do? */
static inline bool sole_as_ever(const tx_thread *t) {
    return t->sole && !(t->poison | t->bumped | t->irrevocable | t->want_irrevocable | t->readonly | t->running_hooks) &&
           !(t->hooks.n | t->left_hooks.n | t->carries) && tx_g.sink == NULL && !atomic_load_explicit(&tx_g.may_sole, memory_order_relaxed) &&
           (t->seq & ~TX_TID_MASK) <= TX_SEQ_LIMIT;
}

/* Nothing of it is another after a commit that nobody else could have noticed: clock, epoch, snapshot, log. */
bool tx_sole_next(const tx_options *o) {
    tx_thread *t = tx_me.txn;
    DEBUG_ASSERT(t->active && !o->readonly);
    if (!sole_as_ever(t)) return false;
    tx__count(t, !t->undo_on || t->undo.n ? TX_STAT_commits : TX_STAT_readonly_commits);
    tx__count(t, t->options.slice ? TX_STAT_slices : TX_STAT_blocks);
    if (t->undo.n) tx__undo_forget(t);
    t->number = t->snapshot;
    t->number_wrote = true;
    t->options = *o;
    t->fail = TX_FAIL_NONE;
    t->attempt = 1;
    t->losses = 0;
    t->undo_on = !o->slice;
    if (t->undo_on) tx__next_step(t);
    atomic_store_explicit(&t->serial, atomic_load_explicit(&t->serial, memory_order_relaxed) + 1, memory_order_relaxed);
    return true;
}

void tx_commit_newest(void) { tx_me.txn->newest = true; }

void tx_carries(unsigned blocks, uint64_t work) {
    tx_me.txn->carries = blocks;
    tx_me.txn->worked = work;
}

uint64_t tx_last_number(bool *wrote) {
    *wrote = tx_me.txn->number_wrote;
    return tx_me.txn->number;
}

bool tx_active(void) { return tx_me.txn && tx_me.txn->active; }
bool tx_reads_hold(void) { return tx__validate_reads(tx_me.txn); }
bool tx_doomed(void) { return tx_me.txn->doomed; }
uint64_t tx_snapshot_number(void) { return tx_me.txn->snapshot; }

/* ---- ends ---- */

/* ACTIVE -> OUTSIDE, once everything is installed or undone. */
static inline void end(tx_thread *t) {
    t->active = false;
    if (t->sole) {
        t->irrevocable = false;
        return;
    }
    if (UNLIKELY(!t->goes_on)) tx__snapshot_drop(t);
    if (UNLIKELY(t->holds_turn)) tx__turn_release(t);
}

/* From the second loss on it is known about how long an attempt takes. */
static void note_loss(tx_thread *t) {
    int64_t now = base_mono_ns();
    t->long_one = t->losses != 0 && (t->long_one || now - t->lost_at > TX_LONG_US * INT64_C(1000));
    t->lost_at = now;
    t->losses++;
    tx__note_meeting(t);
}

void tx__abandon(tx_thread *t, bool lost) {
    t->losing = lost;
    tx__undo_to(t, 0);
    t->losing = false;
    tx__hooks_undone(t, 0);
    tx_me.epoch = atomic_load_explicit(&tx_g.epoch, memory_order_acquire); /* MO: EPOCH acquire */
    end(t);
    if (!lost) return;
    note_loss(t);
    t->attempt++;
    tx__count(t, TX_STAT_conflicts);
}

void tx_abort(void) {
    tx_thread *t = tx_me.txn;
    DEBUG_ASSERT(t->active);
    tx__abandon(t, t->doomed);
    tx__count(t, TX_STAT_aborts);
}

static tx_outcome lose(tx_thread *t) {
    tx__abandon(t, true);
    t->fail = TX_FAIL_CONFLICT;
    tx__count(t, TX_STAT_aborts);
    BASE_TRACE(TXN, "loses, %u times now", t->losses);
    return TX_CONFLICT;
}

static tx_outcome refuse(tx_thread *t, tx_fail why) {
    tx__abandon(t, false);
    t->fail = why;
    tx__count(t, TX_STAT_aborts);
    return TX_REFUSED;
}

static tx_outcome committed(tx_thread *t, bool wrote) {
    if (t->hooks.n) tx__hooks_committed(t);
    t->attempt = 1;
    t->losses = 0;
    if (UNLIKELY(t->lossy) && !t->gated) t->lossy--;
    atomic_store_explicit(&t->work, atomic_load_explicit(&t->work, memory_order_relaxed) + t->worked, memory_order_relaxed);
    base_stat_add(&t->stats[wrote ? TX_STAT_commits : TX_STAT_readonly_commits], t->carries ? t->carries : 1);
    tx__count(t, t->options.slice ? TX_STAT_slices : TX_STAT_blocks);
    if (t->carries) base_stat_add(&t->stats[TX_STAT_blocks], t->carries);
    return TX_COMMITTED;
}

/* Nothing shared was written: the transaction happens at its snapshot, whatever has been committed since. */
static tx_outcome commit_private(tx_thread *t) {
    t->number = t->snapshot;
    t->number_wrote = false;
    tx__undo_forget(t);
    end(t);
    return committed(t, false);
}

/* ---- sole mode ---- */

static bool change_list_sole(tx_thread *t) {
    VEC_CLEAR(&t->changes);
    for (size_t i = 0; i < t->undo.n; i++) {
        tx_record *r = &t->undo.at[i];
        if (r->type != TX_UNDO_INLINE) continue; /* ops are whole copies where there is a sink */
        if (!VEC_PUSH(&t->changes, (tx_change){r->h, r->copy, tx_inline_body(r->h), TX_ALL})) return false;
    }
    return true;
}

static NOINLINE tx_outcome commit_sole_durable(tx_thread *t) {
    uint64_t ticket = 0;
    bool ok;
    if (!change_list_sole(t)) return refuse(t, TX_FAIL_MEMORY);
    if (t->changes.n) {
        base_lock_take(&tx_g.commit_lock);
        ok = tx_g.sink->prepare(t->changes.at, t->changes.n, tx__clock() + 1, &ticket);
        if (ok && !t->bumped) atomic_store_explicit(&tx_g.clock, tx__clock() + 1, memory_order_seq_cst); /* MO: CLOCK seq_cst release */
        base_lock_drop(&tx_g.commit_lock);
        if (!ok || !tx_g.sink->wait(ticket)) return refuse(t, TX_FAIL_SINK);
    }
    if (t->bumped) tx__epoch_advance();
    tx__undo_forget(t);
    end(t);
    return committed(t, t->changes.n != 0);
}

static tx_outcome commit_sole(tx_thread *t) {
    bool wrote = !t->undo_on || t->undo.n != 0;
    t->number = tx__clock();
    t->number_wrote = true;
    if (UNLIKELY(tx_g.sink != NULL) && t->undo.n) return commit_sole_durable(t);
    if (UNLIKELY(t->bumped)) tx__epoch_advance();
    if (t->undo.n) tx__undo_forget(t);
    end(t);
    return committed(t, wrote);
}

/* ---- shared writes ---- */

/* e's own body is to be installed on the body now, unless it changes nothing. */
static inline void list_change(tx_thread *t, tx_entry *e, const void *now) {
    e->drop = !e->changed;
    if (e->changed) t->changes.at[t->changes.n++] = (tx_change){e->h, now, tx__body(e->mine), e->dirty};
}

enum { CHANGED = 1, REACHES = 2 };

/* What e's own body is beside what the transaction has seen: another one, by value; one that may reach what the other does not. */
static inline unsigned look_at(const tx_entry *e) {
    const tx_kind *k = tx__kind(e->h);
    const uint64_t *was = tx__seen_body(e), *is = tx__body(e->mine), never = tx_g.model.never;
    bool one = k->words == 1, ask = false;
    unsigned what = 0;
    if (!tx__is_plain(k, is) || (!one && e->dirty & TX_REST)) return REACHES | (tx__kind_same(e->h, was, is, e->dirty) ? 0 : CHANGED);
    for (uint64_t m = one ? 1 : e->dirty; m; m &= m - 1) {
        size_t i = k->slots_at + (size_t)__builtin_ctzll(m);
        if (was[i] == is[i]) continue;
        if (LIKELY(was[i] & is[i] & never)) what |= CHANGED; /* numbers, mostly */
        else if (tx__may_be_object(is[i], never)) what |= REACHES, ask = true;
        else if (tx__may_be_object(was[i], never)) ask = true;
        else what |= CHANGED;
    }
    if (UNLIKELY(ask) && !(what & CHANGED) && !tx__kind_same(e->h, was, is, e->dirty)) what |= CHANGED;
    return what;
}

/* All that can fail or takes long, before the lock: publication, room for what the commit will note, and what is to be installed if no head has moved. */
static bool make_ready(tx_thread *t) {
    VEC_CLEAR(&t->changes);
    if (!VEC_RESERVE(&t->changes, t->nwritten) || !tx__retire_reserve(t, t->nwritten)) return false;
    for (size_t i = 0; i < t->undo.n; i++) {
        tx_record *r = &t->undo.at[i];
        tx_entry *e;
        unsigned what;
        if (r->type != TX_UNDO_FIRST) continue;
        e = &t->entries.at[r->entry];
        what = look_at(e);
        e->changed = what & CHANGED;
        if (what & REACHES && !tx__publish_parts(t, e->h, tx__seen_body(e), tx__body(e->mine))) return false;
        list_change(t, e, e->seen);
    }
    return true;
}

/* Heads may have moved: merges my changes onto those that have, and lists anew. */
static bool merge_and_list(tx_thread *t) {
    VEC_CLEAR(&t->changes);
    for (size_t i = 0; i < t->undo.n; i++) {
        tx_record *r = &t->undo.at[i];
        tx_entry *e;
        const void *now;
        if (r->type != TX_UNDO_FIRST) continue;
        e = &t->entries.at[r->entry];
        if ((now = tx__newest(e->h)) != e->seen) {
            if (!tx__kind_merge(e->h, tx__body(e->mine), tx__seen_body(e), now, e->dirty)) return tx__report(t, e->h, e->dirty, NULL, e->seen, now), false;
            e->changed = !tx__kind_same(e->h, now, tx__body(e->mine), e->dirty);
        }
        list_change(t, e, now);
    }
    return true;
}

/* Without the lock: long read sets are looked through before others have to wait for it; what holds at some clock need not be looked at again
 * while the clock stays. */
static bool look_ahead(tx_thread *t) {
    t->valid_at = t->snapshot;
    if (t->entries.n + t->keys.n <= TX_PRECHECK || t->holds_turn) return true;
    for (int tries = 0; tries < 3; tries++) {
        uint64_t now = tx__clock();
        if (now == t->valid_at) break;
        if (!tx__validate(t, false)) return false;
        t->valid_at = now;
    }
    return true;
}

/* Under the commit lock: may t commit now? */
static bool valid(tx_thread *t) {
    uint64_t now = atomic_load_explicit(&tx_g.clock, memory_order_relaxed); /* the lock orders it */
    if (now != t->snapshot && atomic_load_explicit(&tx_g.epoch, memory_order_relaxed) != t->begin_epoch)
        return tx__report(t, NULL, 0, NULL, NULL, NULL), false;
    if (UNLIKELY(t->sunk != (tx_g.sink != NULL)) && !t->irrevocable) return tx__report(t, NULL, 0, NULL, NULL, NULL), false; /* what it wrote was not meant for a sink */
    if (now != t->valid_at && !tx__validate(t, true)) return false;
    return now == t->snapshot || merge_and_list(t);
}

/* Under the commit lock: cannot fail. */
static void install(tx_thread *t, uint64_t stamp) {
    for (size_t i = 0; i < t->changes.n; i++)
        tx__install(t, t->changes.at[i].handle, tx__version_of(t->changes.at[i].after), stamp, t->changes.at[i].dirty);
    BASE_STOP(TX_COMMIT_INSTALLED);
    if (UNLIKELY(t->bumped)) atomic_store_explicit(&tx_g.epoch, stamp, memory_order_release); /* MO: EPOCH release */
    /* MO: CLOCK seq_cst release - a snapshot of this stamp finds all its versions; and pairs with WAITERS (wait.c, A1). */
    atomic_store_explicit(&tx_g.clock, stamp, memory_order_seq_cst);
    if (UNLIKELY(tx_g.report != NULL)) tx__note_places(t, stamp);
}

/* After the commit lock was dropped. */
static void settle(tx_thread *t) {
    if (UNLIKELY(atomic_load_explicit(&tx_g.waiters, memory_order_seq_cst) != 0)) /* MO: WAITERS seq_cst acquire */
        for (size_t i = 0; i < t->changes.n; i++) tx__wake_waiters(t->changes.at[i].handle, t->changes.at[i].dirty);
    for (size_t i = 0; t->changes.n < t->nwritten && i < t->undo.n; i++) {
        tx_record *r = &t->undo.at[i];
        tx_entry *e;
        if (r->type != TX_UNDO_FIRST) continue;
        e = &t->entries.at[r->entry];
        if (!e->drop) continue;
        tx__version_free(e->h, e->mine, true);
        e->dirty = 0;
        e->mine = NULL; /* a collection may look while the store is waited for */
    }
}

/* The store refused a commit that memory had accepted. The leader has put the shared bodies back; what was private then is left. */
static tx_outcome refused_late(tx_thread *t) {
    for (size_t i = t->undo.n; i-- > 0;) {
        tx_record *r = &t->undo.at[i];
        if (r->type == TX_UNDO_FIRST || r->type == TX_UNDO_AGAIN) {
            if (r->copy) tx__kind_drop(r->h, r->copy);
            r->type = TX_UNDO_GONE; /* its version is installed */
        } else if ((r->type == TX_UNDO_INLINE || r->type == TX_UNDO_OP) && !tx_is_private(r->h)) {
            tx__take_back_published(t, i);
        }
    }
    return refuse(t, TX_FAIL_SINK);
}

/* With the commit lock held and all in place; drops it. */
static tx_outcome commit_valid(tx_thread *t) {
    const tx_sink *sink = tx_g.sink;
    bool wrote = t->changes.n || t->bumped;
    uint64_t stamp = atomic_load_explicit(&tx_g.clock, memory_order_relaxed) + 1, ticket = 0;
    if (UNLIKELY(sink != NULL) && wrote && !sink->prepare(t->changes.at, t->changes.n, stamp, &ticket)) {
        base_lock_drop(&tx_g.commit_lock);
        return refuse(t, TX_FAIL_SINK);
    }
    if (wrote) install(t, stamp);
    t->number = stamp - !wrote;              /* what wrote nothing new has been found true of the newest state */
    t->number_wrote = wrote;
    if (sink == NULL && wrote) t->stamp = stamp; /* the wait for a store is time in which others commit */
    base_lock_drop(&tx_g.commit_lock);
    BASE_STOP(TX_COMMIT_DONE);
    settle(t);
    if (UNLIKELY(sink != NULL) && wrote) {
        if (t->holds_turn) tx__turn_release(t);
        if (!sink->wait(ticket)) return refused_late(t);
    }
    tx__undo_forget(t);
    end(t);
    if (UNLIKELY(tx__drain_due(t))) tx__retire_drain(t, tx__snapshot_oldest());
    return committed(t, wrote);
}

static tx_outcome commit_shared(tx_thread *t) {
    if (!t->holds_turn && ((t->doomed && !tx_g.report) || base_stress_strikes(BASE_STRESS_CONFLICT, 4))) return lose(t);
    base_prefetch_write(&tx_g.commit_lock);
    if (!make_ready(t)) return refuse(t, TX_FAIL_MEMORY);
    if (!look_ahead(t) && !tx_g.report) return lose(t); /* a report is made under the lock */
    BASE_STOP(TX_COMMIT_ENTER);
    for (;;) {
        base_lock_take(&tx_g.commit_lock);
        if (LIKELY(!tx__turn_others(t))) break;
        base_lock_drop(&tx_g.commit_lock);
        tx__turn_await_others(t);
    }
    if (!valid(t)) {
        base_lock_drop(&tx_g.commit_lock);
        return t->irrevocable ? refuse(t, TX_FAIL_SINK) : lose(t); /* an irrevocable one can meet only the undoing of a refused commit */
    }
    BASE_STOP(TX_COMMIT_VALID);
    return commit_valid(t);
}

tx_outcome tx_commit(void) {
    tx_thread *t = tx_me.txn;
    DEBUG_ASSERT(t->active);
    if (UNLIKELY(t->poison)) return refuse(t, t->poison);
    if (t->sole) return commit_sole(t);
    if (t->nwritten == 0 && !t->bumped && LIKELY(!t->newest)) return commit_private(t);
    return commit_shared(t);
}
