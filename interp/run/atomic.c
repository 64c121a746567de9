/* atomic.c: atomic blocks, slices, and acts on the outside world: where the interpreter begins, ends and restarts transactions.
 *
 * Locks: none of its own.  All state is the thread's.
 * A1  Between bytecodes a thread is always in a transaction: of its innermost block's outermost, or of its slice.
 * A2  A slice with a checkpoint (slice.open) can be undone and run again; it begins only in activation 1. One without a checkpoint (begun inside
 *     a native, after an external act) is irrevocable, and ends as soon as that native has returned to activation 1.
 * A3  Frames that a slice returned into were saved before they ran on (py_slice_return), so that a restart finds all as they were.
 * A4  In sole mode the slice is open-ended and has no checkpoint: nothing can conflict with it.
 * States of a block: entered -commit-> left;  -conflict-> entered again (same registers);  -exception-> rolled back, left.
 */
#include "interp/run/atomic_int.h"
#include "interp/lang/atomic.h"
#include "interp/lang/invariant.h"
#include "interp/run/frame.h"
#include "interp/run/import_lock.h"
#include "interp/run/merge.h"
#include "interp/run/parallel.h"
#include "interp/run/conflicts.h"
#include "interp/run/vm_ops.h"
#include "interp/run/signals.h"
#include "interp/run/output.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "base/mono.h"
#include "objspace/persist/persist.h"
#include <stdlib.h>

enum { SLICE_MIN = 500, SLICE_MAX = 400000, SOLE_TICKS = 1 << 20 };

/* Between the end of a transaction and the slice that follows it the thread does nothing that others could have taken notice of, or says so with
 * tx_block_enter. */
static const tx_options slice_options = {.isolation = TX_SERIALIZABLE, .slice = true, .follows = true, .name = "slice"};

/* ---- slices ---- */

static bool save_frame(py_slice *s, py_frame *f) {
    size_t words = PY_FRAME_WORDS + f->code->nregs;
    if (s->nsaved == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 16;
        py_saved_frame *p = realloc(s->saved, cap * sizeof *p);
        if (!p) return false;
        s->saved = p;
        s->cap = cap;
    }
    if (s->used + words > s->room) {
        size_t room = (s->used + words) * 2;
        uint64_t *p = realloc(s->words, room * 8);
        if (!p) return false;
        for (size_t i = 0; i < s->nsaved; i++) s->saved[i].copy = p + (s->saved[i].copy - s->words);
        s->words = p;
        s->room = room;
    }
    s->saved[s->nsaved++] = (py_saved_frame){f, words, s->words + s->used};
    memcpy(s->words + s->used, f, words * 8);
    s->used += words;
    return true;
}


static void checkpoint(py_thread *T, py_frame *f, const py_instr *pc) {
    py_slice *s = &T->slice;
    f->pc = pc;
    s->nsaved = s->used = 0;
    s->top = s->watermark = f;
    s->handled = T->handled;
    s->depth = T->depth;
    s->open = true;
    py_acc_forget(T);
    if (save_frame(s, f)) return;
    s->open = false;                         /* no memory for a checkpoint: the slice, which has done nothing yet, must not lose */
    s->watermark = NULL;
    if (tx_upgrade()) return;
    tx_abort();
    tx_become_irrevocable();
    tx_begin(&slice_options);
}

/* Without memory for a checkpoint the slice goes on only if it cannot lose any more; else it runs again, while it still can. */
bool py_slice_return(py_thread *T, py_frame *to) {
    if (!T->slice.open) return true;
    if (save_frame(&T->slice, to)) T->slice.watermark = to;
    else if (tx_upgrade()) {
        T->slice.open = false;
        T->slice.watermark = NULL;
        py_merge_stop(T);
    } else {
        tx_become_irrevocable();
        ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
        return false;
    }
    return true;
}

/* Begins a slice's transaction. true: in sole mode, perhaps from now on (A4). */
static bool begin_sole_slice(py_thread *T) {
    tx_begin(&slice_options);
    T->multi = !tx_is_sole();
    if (T->multi) return false;
    py_merge_slice(T, false);
    T->ticks = SOLE_TICKS;
    return true;
}

/* Begins the transaction that follows; f NULL or a nested activation: no checkpoint. */
void py__slice_begin(py_thread *T, py_frame *f, const py_instr *pc) {
    T->multi = !tx_is_sole();
    T->slice.open = false;
    T->slice.watermark = NULL;
    py_set_external(T, false);
    bool restartable = f && T->activation == 1;
    if (T->multi && !restartable) tx_become_irrevocable();
    tx_attempt_reset();
    if (begin_sole_slice(T)) return;
    if (restartable) checkpoint(T, f, pc);
    py_merge_slice(T, T->slice.open);
    T->ticks = T->slice_ticks;
}

/* Raises why tx_commit() said REFUSED. */
static void refused(void) {
    if (ob_is_unread()) ob_unread_raise();
    else if (tx_fail_reason() == TX_FAIL_MEMORY) ob_raise_memory();
    else pe_raise_refused();
}

/* n blocks have committed. A place that memory lacks is missing, which the tests that ask for places notice. */
static NOINLINE void note_places(py_thread *T, unsigned n) {
    bool wrote;
    uint64_t number = tx_last_number(&wrote);
    while (n--) {
        if (T->nplaces == T->places_cap) {
            uint64_t *p = realloc(T->places, 2 * T->places_cap * sizeof *p);
            if (!p) return;
            T->places = p;
            T->places_cap *= 2;
        }
        T->places[T->nplaces++] = number << 1 | !wrote;
    }
}

/* Ends the slice. false: a condition is set (CONFLICT: to be run again). */
bool py__slice_end(py_thread *T) {
    if (UNLIKELY(ob_err.cond > OB_COND_EXCEPTION)) return false;   /* one that a native let pass: it holds all the same */
    ob_val broken = OB_NULL;
    if (UNLIKELY(T->look & PY_LOOK_GUARDED) && !py_guard_settle(T)) {
        if (ob_err.cond > OB_COND_EXCEPTION) return false;
        broken = ob_err_fetch();                             /* the change is taken back; what was done before it stands */
    }
    unsigned blocks = T->merged.blocks;
    tx_carries(blocks, 1 + (T->merged.done ? T->merged.done : T->ticks < T->slice_ticks ? (uint64_t)(T->slice_ticks - T->ticks) / 16 : 0));
    if (UNLIKELY(T->merged.nlocks) && !py_merged_locks_take(T)) return false;
    if (UNLIKELY(T->imports)) py_imports_before_commit(T);
    tx_outcome outcome = tx_commit();
    if (UNLIKELY(T->merged.nlocks)) py_merged_locks_give(T);
    switch (outcome) {
    case TX_COMMITTED:
        if (UNLIKELY(T->imports)) py_imports_settle(T);
        py_conflicts_end(T, true);
        if (UNLIKELY(T->places != NULL)) note_places(T, blocks);
        py_merge_won(T);
        if (T->slice_ticks < SLICE_MAX) T->slice_ticks += T->slice_ticks / 2;
        T->slice.open = false;
        T->slice.watermark = NULL;
        tx_run_commit_hooks();                               /* natives' own; Python's are registered in blocks */
        if (UNLIKELY(!ob_is_null(broken))) return ob_err_restore(broken), false;
        return true;
    case TX_CONFLICT:
        ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
        return false;
    default:                       /* refused: the sink has raised; everything was undone in memory, the program goes on behind the statement */
        T->slice.open = false;
        T->slice.watermark = NULL;
        refused();
        return false;
    }
}

/* A block of the slice has called retry() before it changed anything: what was done before it commits, and it runs alone. */
static py_frame *slice_cut(py_thread *T, py_frame *f) {
    if (py__slice_end(T)) py__slice_begin(T, f, f->pc);
    else if (ob_err.cond == OB_COND_EXCEPTION) {
        f->pc++;                                         /* as if entering the block had raised it */
        py__slice_begin(T, NULL, NULL), py_set_external(T, T->multi);
    } else return NULL;
    return f;
}

/* Between two attempts: until the lock that was held is free, or for as long as losses say. */
static void back_off(py_thread *T) {
    ob_val lock = T->wait_lock;
    T->wait_lock = OB_NULL;
    if (!ob_is_null(lock)) py_wait_for_lock(lock);
    else tx_backoff();
}

static py_frame *slice_restart(py_thread *T) {
    py_slice *s = &T->slice;
    py_frame *cut = py_merge_cut(T);
    if (cut && (cut = slice_cut(T, cut))) return cut;
    ob_err = (ob_pending){0};
    if (tx_active()) tx_abort();
    if (UNLIKELY(T->imports)) py_imports_settle(T);
    py_conflicts_end(T, false);
    if (T->slice_ticks > SLICE_MIN && !T->merged.given_up) T->slice_ticks /= 2;
    py_merge_lost(T);
    back_off(T);
    for (size_t i = s->nsaved; i-- > 0;) memcpy(s->saved[i].at, s->saved[i].copy, s->saved[i].words * 8);
    py_frame *f = s->top;
    T->frame = f;
    T->handled = s->handled;
    T->depth = s->depth;
    py_set_external(T, false);
    T->slice.open = false;
    T->slice.watermark = NULL;
    if (begin_sole_slice(T)) return f;
    checkpoint(T, f, f->pc);
    py_merge_slice(T, T->slice.open);
    T->ticks = T->slice_ticks;
    return f;
}

bool py_slice_pause(py_thread *T) {
    if (py__slice_end(T)) return true;
    if (ob_err.cond == OB_COND_EXCEPTION) py__slice_begin(T, NULL, NULL), py_set_external(T, T->multi);
    return false;
}
void py_slice_resume(py_thread *T, py_frame *f, const py_instr *pc) {
    tx_learn();
    py__slice_begin(T, f, pc);
}

bool py_slice_first(py_thread *T) {   /* a thread's first transaction, before any Python ran */
    py__slice_begin(T, NULL, NULL);
    return true;
}

bool py_slice_last(py_thread *T) {    /* its last one */
    T->slice.open = false;
    return py__slice_end(T);
}

void py_vm_entered(py_thread *T, py_frame *f) {
    if (T->multi && T->activation == 1 && !T->block && !T->slice.open) {
        if (py__slice_end(T)) py__slice_begin(T, f, f->pc);
    }
}

bool py_vm_leaving(py_thread *T, py_frame *f) {
    if (!T->slice.open || T->activation != 1 || T->block) return true;
    (void)f;
    bool ok = py__slice_end(T);
    if (ok || ob_err.cond == OB_COND_EXCEPTION) py__slice_begin(T, NULL, NULL);
    return ok;
}

/* ---- ticks ---- */

/* What comes from outside, once: signal handlers, exceptions from other threads, finalizers. The transaction they run in must not lose. */
static bool run_requests(py_thread *T, py_frame *f) {
    bool signals = py_signals_pending() && py_signals_mine(T), finalizers = ob_gc_pending() && !T->block && !T->merged.depth && !(T->look & PY_LOOK_GUARDED), async = !ob_is_null(T->async_exc);
    if (!signals && !finalizers && !async) return true;
    if (!py_external(true)) return false;
    uint32_t flags = py_frame_between(f);
    if ((!signals || py_signals_run(T)) && finalizers) ob_gc_run_pending();
    py_frame_on(f, flags);
    if (ob_failed()) return false;
    if (!async) return true;
    ob_val e = T->async_exc;
    T->async_exc = OB_NULL;
    ob_raise_value(e);
    return false;
}

int py_tick(py_thread *T, py_frame *f, const py_instr *pc) {
    bool spent = T->ticks <= 0;
    f->pc = pc;
    if (atomic_load_explicit(&ob_safepoint_wanted, memory_order_relaxed)) ob_safepoint();
    if (ob_failed() || !run_requests(T, f)) return 0;
    if (UNLIKELY(T->look & PY_LOOK_GUARDED) && !py_guard_settle(T)) return 0;
    if (UNLIKELY(T->job != NULL) && !py_job_tick(T)) return 0;
    if (!T->multi) {
        if (!spent) return 1;
        T->ticks = SOLE_TICKS;
        if (!pe_is_open() || T->block || T->look & PY_LOOK_GUARDED) return 1;
        bool ok = py__slice_end(T);          /* what persistent objects hold is not kept back for long */
        py__slice_begin(T, f, pc);
        return ok;
    }
    if (tx_doomed()) {
        tx_explain_doom();
        ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
        return 0;
    }
    if (!spent && !tx_slice_heavy()) return 1;
    if (UNLIKELY(T->merged.sections)) return py_merge_prolong(T);
    if (T->block || T->merged.depth || T->look & PY_LOOK_GUARDED || (T->activation > 1 && T->slice.open)) {   /* cannot end here: A2 */
        T->ticks = T->slice_ticks;
        return 1;
    }
    if (!py__slice_end(T)) {
        if (ob_err.cond == OB_COND_EXCEPTION) py__slice_begin(T, NULL, NULL), py_set_external(T, T->multi);
        return 0;
    }
    py__slice_begin(T, f, pc);
    return 1;
}

/* ---- acts on the outside world ---- */

bool py_external(bool holdable UNUSED) {
    py_thread *T = py_me;
    if (!T || !tx_active()) return true;
    if (ob_is_unread()) return ob_unread_stop();
    if (ob_err.cond > OB_COND_EXCEPTION || !py_block_of_its_own(T)) return false;
    if (UNLIKELY(T->job != NULL)) return py_job_give_up();
    if (T->block) {
        if (tx_irrevocable()) return T->acted = true;
        if (tx_upgrade()) {
            if (LIKELY(!T->nlocks) || py_locks_secure(T)) return T->acted = true;
            if (tx_irrevocable()) tx_become_irrevocable();
        } else tx_become_irrevocable();
        ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
        return false;
    }
    if (!py__slice_end(T)) {
        if (ob_err.cond == OB_COND_EXCEPTION) py__slice_begin(T, NULL, NULL), py_set_external(T, true);
        return false;
    }
    py__slice_begin(T, NULL, NULL);
    py_set_external(T, T->multi);
    return true;
}

/* Around a blocking region: a transaction begun behind an external act is empty so far, and must not hold the turn while the thread sleeps. */
void py_before_blocking(void) {
    py_thread *T = py_me;
    if (!T || !(T->look & PY_LOOK_EXTERNAL) || T->block || !tx_active()) return;
    if (UNLIKELY(T->imports)) py_imports_before_commit(T);
    if (tx_commit() != TX_COMMITTED) { /* irrevocable: cannot lose */ }
    if (UNLIKELY(T->imports)) py_imports_settle(T);
    tx_block_enter();
}
void py_after_blocking(void) {
    py_thread *T = py_me;
    if (!T || !(T->look & PY_LOOK_EXTERNAL) || T->block || tx_active()) return;
    tx_block_leave();
    py__slice_begin(T, NULL, NULL);
    py_set_external(T, T->multi);
}

bool py_after_native(py_thread *T, py_frame *f, const py_instr *pc) {
    if (T->activation != 1 || T->block) return true;      /* goes on irrevocably until activation 1 has the word */
    bool ok = py__slice_end(T);
    if (!ok && ob_err.cond == OB_COND_CONFLICT) {
        ob_err = (ob_pending){0};
        ob_raise(&ob_exc_TransactionError, "internal error: an irrevocable slice lost");
    }
    py__slice_begin(T, f, pc);
    return ok;
}

bool py_leave_sole(void) {
    /* With a store, what the slice has changed must be committed: the log that says so ends with sole mode. */
    if (!py_external(false)) return false;
    tx_leave_sole();
    return true;
}

void py_start_failed(void) { tx_thread_failed(); }

/* ---- hooks ---- */

static void hook_due(void *arg) {   /* called by txn, outside of any transaction: notes it */
    py_thread *T = py_me;
    if (T->nhooks == T->hooks_cap) {
        size_t cap = T->hooks_cap ? 2 * T->hooks_cap : 8;
        ob_val *p = realloc(T->hooks, cap * sizeof *p);
        if (!p) return;
        T->hooks = p;
        T->hooks_cap = cap;
    }
    T->hooks[T->nhooks++] = ob_of(arg);
}

bool py_hook_add(bool commit, ob_val call) {
    if (commit ? tx_on_commit(hook_due, ob_ptr(call)) : tx_on_abort(hook_due, ob_ptr(call))) return true;
    return ob_fail(ob_raise_memory());
}

/* Runs what hook_due noted. The thread is in a transaction that cannot lose. A hook may have blocks, with hooks of their own, which lie behind. */
static void hooks_run(py_thread *T) {
    size_t from = T->hooks_taken, to = T->nhooks;
    if (from == to) return;
    ob_pending keep = ob_err;
    ob_err = (ob_pending){0};
    T->hooks_taken = to;
    for (size_t i = from; i < to; i++) {
        const ob_tuple_obj *call = ob_tuple_ptr(T->hooks[i]);
        if (ob_is_null(ob_call_kw(call->items[0], ob_tuple_ptr(call->items[1])->items, ob_tuple_len(call->items[1]), OB_NULL)))
            ob_err_unraisable(call->items[0]);
    }
    T->nhooks = T->hooks_taken = from;
    ob_err = keep;
}

void py_hooks_undone(py_thread *T) {
    tx_run_abort_hooks();
    hooks_run(T);
}

/* After a block: the hooks that are due, then the slice that follows it. f NULL: an exception or registers are about to be set, which a checkpoint
 * made here would not hold. */
static void after_block(py_thread *T, bool committed, py_frame *f, const py_instr *pc) {
    if (UNLIKELY(T->imports)) py_imports_settle(T);
    if (committed) tx_run_commit_hooks();
    else tx_run_abort_hooks();
    if (T->nhooks > T->hooks_taken) {
        py__slice_begin(T, NULL, NULL);
        hooks_run(T);
        if (!py__slice_end(T)) ob_err = (ob_pending){0};
    }
    py__slice_begin(T, f, pc);
    py_set_external(T, T->multi && !T->slice.open);       /* without a checkpoint it holds the turn: to be ended soon */
}

/* ---- blocks ---- */

/* Records of blocks: the last one is kept for the next block, which is mostly like it. */
static py_block *block_new(py_thread *T, size_t words) {
    py_block *b = T->spare;
    if (b && b->room >= words) {
        size_t room = b->room;
        T->spare = NULL;
        *b = (py_block){.room = room};
        return b;
    }
    b = calloc(1, sizeof *b + words * sizeof(ob_val));
    if (b) b->room = words;
    return b;
}
static void block_free(py_thread *T, py_block *b) {
    free(T->spare);
    T->spare = b;
}

static const tx_options plain = {.isolation = TX_SERIALIZABLE, .name = "atomic"};       /* nearly all: not put together anew each time */

static bool is_plain(ob_val spec) {
    const py_atomic *a = (const py_atomic *)ob_ptr(spec);
    return LIKELY(!a->snapshot_isolation && !a->readonly && a->max_retries < 0 && !a->label);
}

static void block_begin(const py_block *b) {
    const py_atomic *a = (const py_atomic *)ob_ptr(b->spec);
    if (is_plain(b->spec)) {
        tx_begin(&plain);
        return;
    }
    tx_begin(&(tx_options){.isolation = a->snapshot_isolation ? TX_SNAPSHOT : TX_SERIALIZABLE, .readonly = a->readonly,
                           .no_turn = a->max_retries >= 0, .name = a->label ? a->label : "atomic"});
}

/* Can the block join a slice?  A condition may be set. */
static bool merge_ready(py_thread *T, py_frame *f, const py_instr *pc, ob_val spec) {
    if (!((const py_atomic *)ob_ptr(spec))->plain) return T->merged.depth && py_unmerge(T);
    return py_merge_join(T, f, pc);
}

static bool merge_enter(py_thread *T, py_frame *f, const py_instr *pc, ob_val spec, ob_val *txn) {
    if (txn && ob_is_null(*txn = py_txn_merged(spec))) return false;    /* before the block is open: nothing would leave it */
    py_merge_push(T, f, pc, ((const py_atomic *)ob_ptr(spec))->label);
    return true;
}

/* In sole mode the slice and the block follow each other at once where neither has done, or wants, anything out of the ordinary; what else ends and
 * begins with a transaction is as it is then. (A4) */
static inline bool as_ever(const py_thread *T) {
    return !T->multi && !T->look && !T->imports && !T->places && !py_conflicts_wanted && ob_err.cond <= OB_COND_EXCEPTION;
}

static bool sole_enter(const py_thread *T, ob_val spec) { return as_ever(T) && is_plain(spec) && tx_sole_next(&plain); }

static bool sole_leave(const py_thread *T) {
    return as_ever(T) && !(T->held || T->nlocks || T->nmoves || T->nhooks > T->hooks_taken) && !atomic_load_explicit(&py_invariants_wanted, memory_order_relaxed) &&
           tx_sole_next(&slice_options);
}

bool py_block_enter(py_thread *T, py_frame *f, const py_instr *pc, ob_val spec, ob_val *txn) {
    py_block *b = T->block;
    if (T->multi) {
        if (merge_ready(T, f, pc, spec)) return merge_enter(T, f, pc, spec, txn);
        if (ob_failed()) return false;
    }
    if (b && b->restarting && b->frame == f && b->pc == pc) {
        b->restarting = false;
        if (txn) *txn = py_txn_new(b, tx_attempt());
        return !txn || !ob_is_null(*txn);
    }
    bool nested = T->block != NULL;
    size_t words = nested ? 0 : f->code->nregs;
    py_acc_forget(T);
    b = block_new(T, words);
    if (!b) return ob_fail(ob_raise_memory());
    bool begun = !nested && sole_enter(T, spec);
    if (!nested && !begun && !py__slice_end(T)) {
        block_free(T, b);
        if (ob_err.cond == OB_COND_EXCEPTION) py__slice_begin(T, NULL, NULL), py_set_external(T, T->multi);
        return false;
    }
    b->outer = T->block;
    b->frame = f;
    b->pc = pc;
    b->activation = T->activation;
    b->nested = nested;
    b->spec = spec;
    b->handled = T->handled;
    b->depth = T->depth;
    b->serial = ++T->block_serial;
    b->nsaved = words;
    memcpy(b->saved, f->r, words * sizeof(ob_val));
    if (nested) {
        b->held = py_output_mark(T);
        b->locks = T->nlocks;
        b->fresh = T->nfresh;
        b->moves = b->kept = T->nmoves;
        b->readonly = ((const py_atomic *)ob_ptr(spec))->readonly;
        b->alternative = ((const py_atomic *)ob_ptr(spec))->alternative;
        if (!tx_savepoint_set(&b->savepoint)) { block_free(T, b); return ob_fail(ob_raise_memory()); }
        if (b->readonly) b->writable = tx_readonly_push();
    } else {
        if (!begun) {
            tx_attempt_reset();
            block_begin(b);
            T->multi = !tx_is_sole();
        }
        T->acted = false;
    }
    T->block = b;
    if (txn) *txn = py_txn_new(b, nested ? tx_attempt() : 1);
    return !txn || !ob_is_null(*txn);
}

static void pop(py_thread *T) {
    py_block *b = T->block;
    T->block = b->outer;
    block_free(T, b);
}

/* What the outermost block has done beside its objects is dropped. */
static void drop_effects(py_thread *T) {
    py_output_drop(T);
    py_locks_rollback(T, 0);
    py_output_move_back(T, 0);
    T->nfresh = 0;
}

/* The frame that holds the block is as it was when the block was entered. */
static py_frame *block_rewind(py_thread *T, py_block *b) {
    while (T->block != b) pop(T);
    py_frame *f = b->frame;
    drop_effects(T);
    memcpy(f->r, b->saved, b->nsaved * sizeof(ob_val));
    T->frame = f;
    T->handled = b->handled;
    T->depth = b->depth;
    f->pc = b->pc;
    return f;
}

/* The transaction was undone for a conflict or retry(): begins it again, or gives up with Conflict. Leaves T->frame where to go on. */
static py_frame *block_restart(py_thread *T, py_block *b) {
    const py_atomic *a = (const py_atomic *)ob_ptr(b->spec);
    py_conflicts_end(T, false);
    py_frame *f = block_rewind(T, b);
    if (UNLIKELY(T->imports)) py_imports_settle(T);
    if (a->max_retries >= 0 && tx_losses() > (unsigned)a->max_retries) {
        unsigned tries = tx_attempt() - 1;
        f->pc = b->pc + 1;
        pop(T);
        after_block(T, false, NULL, NULL);
        ob_raise(&ob_exc_Conflict, "gave up after %u attempts", tries);
        return f;
    }
    if (!ob_is_null(T->wait_lock)) {
        tx_attempt_next();
        back_off(T);
    } else if (!ob_is_null(T->import_wanted)) {
        tx_attempt_next();
        py_imports_wait_outside(T);
    } else back_off(T);
    block_begin(b);
    T->acted = false;
    b->restarting = true;
    b->aborted = false;
    b->kept = 0;
    T->ticks = T->slice_ticks;
    return f;
}

/* The outermost block has been undone at its end; the pending exception goes on behind it. */
static int fail_at_end(py_thread *T) {
    ob_pending keep = ob_err;
    drop_effects(T);
    pop(T);
    ob_err = (ob_pending){0};
    after_block(T, false, NULL, NULL);
    ob_err = keep;
    return 0;
}

static int invariant_broken(py_thread *T) {
    if (ob_err.cond != OB_COND_EXCEPTION) return 0;      /* a conflict, or retry(): the block is still there */
    tx_abort();
    return fail_at_end(T);
}

/* The outermost block's transaction has committed. false: its output failed, as T->held_error says. */
static bool committed(py_thread *T) {
    py_conflicts_end(T, true);
    if (UNLIKELY(T->places != NULL)) note_places(T, 1);
    pop(T);
    if (UNLIKELY(T->held || T->nlocks || T->nmoves)) tx_block_enter();      /* an act, which others may answer, and may take long */
    T->nfresh = 0;
    bool ok = py_output_commit(T);
    py_locks_commit(T);
    return ok;
}

static void undo_block(py_thread *T, bool hooks);

int py_block_commit(py_thread *T, py_frame *f, const py_instr **pc) {
    py_block *b = T->block;
    if (UNLIKELY(ob_err.cond > OB_COND_EXCEPTION)) return 0;
    if (py_merge_end(T)) return 1;
    if (UNLIKELY(b->aborted)) {                /* somebody on the way has caught what abort() raised, or has left by `return` */
        undo_block(T, true);
        return 1;
    }
    if (b->nested) {
        if (b->readonly) tx_readonly_pop(b->writable);
        tx_savepoint_release(&b->savepoint);
        pop(T);
        return 1;
    }
    if (sole_leave(T)) {
        T->nfresh = 0;
        pop(T);
        return 1;
    }
    ob_val asked = OB_NULL;
    if (UNLIKELY(atomic_load_explicit(&py_invariants_wanted, memory_order_relaxed)) && !py_invariants_hold(T, &asked)) return invariant_broken(T);
    if (UNLIKELY(T->nlocks) && !py_locks_secure(T)) {
        tx_abort();
        block_restart(T, b);
        return -1;
    }
    if (UNLIKELY(T->imports)) py_imports_before_commit(T);
    switch (tx_commit()) {
    case TX_COMMITTED: {
        bool ok = committed(T);
        after_block(T, true, ok && ob_is_null(asked) ? f : NULL, *pc);
        if (!ob_is_null(asked)) py_invariants_note(asked);
        if (!ok) ob_raise_errno(T->held_error, OB_NULL);
        return ok;
    }
    case TX_CONFLICT:
        block_restart(T, b);
        return -1;
    default:
        refused();
        return fail_at_end(T);
    }
}

/* ---- jobs (parallel.c) ---- */

bool py__job_begin(py_thread *T, ob_val spec) {
    py_block *b = block_new(T, 0);
    if (!b) return ob_fail(ob_raise_memory());
    b->activation = T->activation;
    b->spec = spec;
    b->handled = T->handled;
    b->depth = T->depth;
    b->serial = ++T->block_serial;
    tx_attempt_reset();
    tx_begin(&(tx_options){.no_turn = true, .name = "parallel"});
    T->multi = !tx_is_sole();
    T->acted = false;
    T->block = b;
    return true;
}

static void after_job(py_thread *T, bool committed, ob_val asked) {
    if (committed) tx_run_commit_hooks();
    else tx_run_abort_hooks();
    if (T->nhooks == T->hooks_taken && ob_is_null(asked)) return;
    py__slice_begin(T, NULL, NULL);
    hooks_run(T);
    if (!ob_is_null(asked)) py_invariants_note(asked);
    if (!py__slice_end(T)) ob_err = (ob_pending){0};
}

void py__job_abort(py_thread *T) {
    while (T->block->outer) pop(T);
    if (tx_active()) tx_abort();
    drop_effects(T);
    T->wait_lock = OB_NULL;
    T->import_wanted = OB_NULL;
    if (UNLIKELY(T->imports)) py_imports_settle(T);
    pop(T);
    ob_err = (ob_pending){0};
    after_job(T, false, OB_NULL);
}

bool py__job_commit(py_thread *T, int *failed) {
    ob_val asked = OB_NULL;
    bool ok = !ob_failed() && (!atomic_load_explicit(&py_invariants_wanted, memory_order_relaxed) || py_invariants_hold(T, &asked)) &&
              (!T->nlocks || py_locks_secure(T));
    if (ok && UNLIKELY(T->imports)) py_imports_before_commit(T);
    if (!ok || tx_commit() != TX_COMMITTED) return py__job_abort(T), false;
    *failed = committed(T) ? 0 : T->held_error;
    after_job(T, true, asked);
    return true;
}

static bool is_name_in(ob_val names, ob_val name) {
    for (size_t k = 0; k < ob_tuple_len(names); k++) if (ob_str_equal(ob_tuple_at(names, k), name)) return true;
    return false;
}

/* Is register i of the frame the cell of one of its own variables? */
static bool own_cell(const py_frame *f, unsigned i) {
    const py_code *c = f->code;
    ob_val v = f->r[i];
    if (ob_is_null(v) || !ob_is_ptr(v) || ob_ptr(v)->type != &ob_cell_type) return false;
    return i >= c->nlocals || is_name_in(c->cellvars, ob_tuple_at(c->varnames, i));
}

/* What the captured variables of the frame are bound to, which outlives an undone block as the other locals do. OB_NULL: there are none (or no memory). */
static ob_val cells_keep(const py_frame *f) {
    const py_code *c = f->code;
    unsigned n = c->nlocals + c->ncellregs;
    if (ob_tuple_len(c->cellvars) == 0) return OB_NULL;
    ob_val kept = ob_tuple_alloc(n);
    if (ob_is_null(kept)) return ob_err_clear(), OB_NULL;
    for (unsigned i = 0; i < n; i++) ob_tuple_ptr(kept)->items[i] = own_cell(f, i) ? ob_cell_get(f->r[i]) : OB_NULL;
    return kept;
}

static void cells_put_back(py_frame *f, ob_val kept) {
    for (size_t i = 0; !ob_is_null(kept) && i < ob_tuple_len(kept); i++)
        if (own_cell(f, (unsigned)i) && ob_cell_get(f->r[i]).w != ob_tuple_at(kept, i).w && !ob_cell_set_local(f->r[i], ob_tuple_at(kept, i))) ob_err_clear();
}

/* Undoes the innermost block, a nested one, and leaves it. hooks: runs its on_abort ones now; else with those of the block that is undone next. */
static void undo_nested(py_thread *T, bool hooks) {
    py_block *b = T->block;
    if (b->readonly) tx_readonly_pop(b->writable);
    tx_savepoint_rollback(&b->savepoint);
    py_output_rollback(T, b->held);
    py_locks_rollback(T, b->locks);
    T->nfresh = b->fresh;
    py_output_move_back(T, b->moves);
    if (hooks) py_hooks_undone(T);
    tx_savepoint_release(&b->savepoint);
    pop(T);
}

/* Undoes the innermost block and leaves it. */
static void undo_block(py_thread *T, bool hooks) {
    py_block *b = T->block;
    py_frame *f = b->frame;
    ob_val kept = cells_keep(f);
    if (b->nested) undo_nested(T, hooks);
    else {
        tx_abort();
        drop_effects(T);
        pop(T);
        after_block(T, false, NULL, NULL);
    }
    cells_put_back(f, kept);
}

int py_block_fail(py_thread *T, ob_val exception) {
    if (T->merged.depth) return (int)py_unmerge(T) - 1;
    bool aborting = ob_is_exact(exception, &py_abort_type), here = T->block->aborted;
    undo_block(T, here || !aborting);            /* the hooks of those inside of an aborted block run outside of it, as its own do */
    return aborting && here;
}

/* ---- restarts ---- */

static py_block *outermost(py_thread *T) {
    py_block *b = T->block;
    while (b && b->outer) b = b->outer;
    return b;
}

/* retry(): sleeps until something that was read changes. false: RetryTimeout was raised where the block stands. */
static bool wait_for_change(py_thread *T, py_block *b) {
    int64_t left = -1;
    if (T->retry_timeout >= 0) {
        int64_t now = base_mono_ns();
        if (!b->retry_deadline) b->retry_deadline = now + T->retry_timeout;
        left = b->retry_deadline - now;
        if (left < 0) left = 0;
    }
    return tx_wait_for_change(left);
}

/* Back to the frame that holds b, past all handlers in between: inner blocks end with what their readonly has changed. */
static py_frame *cut_to(py_thread *T, py_block *b) {
    for (py_frame *f = T->frame; f != b->frame; f = f->prev) if (f->flags & PY_F_GEN) py_gen_finish(T, f);
    while (T->block != b) {
        if (T->block->readonly && T->block->nested) tx_readonly_pop(T->block->writable);
        pop(T);
    }
    T->frame = b->frame;
    T->handled = b->handled;
    T->depth = b->depth;
    return b->frame;
}

/* retry() in an alternative of or_else(): the next one is tried. */
static py_frame *alternative_failed(py_thread *T, py_block *b) {
    int64_t timeout = T->retry_timeout;
    ob_err = (ob_pending){0};
    py_frame *f = cut_to(T, b);
    f->pc = b->pc + 1;
    undo_nested(T, true);
    ob_raise_obj(&py_retried_type, timeout < 0 ? OB_NONE : ob_int_from_i64(timeout));
    return f;
}

/* The alternative of or_else() that a retry() belongs to. */
static py_block *alternative_of(py_thread *T) {
    py_block *b = T->block;
    while (b && !b->alternative) b = b->outer;
    return b;
}

py_frame *py_restart(py_thread *T) {
    ob_condition cond = ob_err.cond;
    py_block *b = cond == OB_COND_RETRY ? alternative_of(T) : NULL;
    if (b) return b->activation == T->activation ? alternative_failed(T, b) : NULL;
    b = outermost(T);
    if (cond == OB_COND_EXIT) return NULL;
    if (b ? b->activation != T->activation : !T->slice.open || T->activation != 1) return NULL;
    ob_err = (ob_pending){0};
    if (!b) return slice_restart(T);
    if (cond == OB_COND_RETRY) {
        if (!wait_for_change(T, b)) {
            py_frame *f = block_rewind(T, b);
            pop(T);
            f->pc++;
            after_block(T, false, NULL, NULL);
            ob_raise(&ob_exc_RetryTimeout, "nothing that the block had read changed in time");
            return f;
        }
    } else if (tx_active()) tx_abort();
    return block_restart(T, b);
}
