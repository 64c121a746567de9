/* merge.h: small atomic blocks, and critical sections of locks (mod/lock_merge.c), that run as part of the slice they stand in, several to a transaction.
 *
 * A transaction of its own costs a block two begins and two commits, and the cache lines of lock and clock; most blocks are shorter than that. So, where
 * other threads run and no store is open, a block is entered by noting so: its reads and writes are the slice's, and a few blocks commit with it.
 *
 * B1  A merged block is atomic and isolated as the slice is: the slice commits whole, or runs again from its checkpoint, which lies before the block.
 * B2  What a block can do and a slice cannot - be undone alone by an exception, retry(), hold output back, have hooks, savepoints, options - gives the
 *     merge up (py_unmerge): the slice runs again, with blocks that have transactions of their own. Nobody can tell, but by the time it takes.
 *     But where a block that has called retry() had changed nothing before, the slice ends where that block begins, with all that was done before it,
 *     and the block runs alone: the step's own words are watched for that (tx_watch_begin), and the frame's registers kept, once a thread has retried.
 * B3  Between the end of a merged block and its commit the thread neither acts on the outside nor learns from it: acts end the slice first (atomic.c),
 *     and reading a clock gives the merge up (py_merge_clock). A block that follows on news begins in a new slice.
 * B4  Other threads see a merged block at most PY_MERGE_TICKS instructions after its end.
 * B5  `left` is 0 wherever blocks may not join the slice, whatever comes in between; and where `done` is not, a slice with a checkpoint runs, and nothing else. (py_merge_next)
 * How many blocks go together is adapted: one more after some commits, half after a conflict; none for a while after a merge was given up. A slice whose log is full
 * (tx_slice_full) takes no more of them.
 * Locks: none; all state is the thread's. */
#ifndef INTERP_RUN_MERGE_H
#define INTERP_RUN_MERGE_H
#include "interp/run/frame.h"
#include "txn/tx.h"

enum { PY_MERGE_TICKS = 2000 };

/* Is there a slice that what is entered at pc can join? One that is young and has room, or a new one. false: perhaps a condition is set. */
bool py_merge_join(py_thread *T, py_frame *f, const py_instr *pc) MUST_CHECK;
void py_merge_push(py_thread *T, py_frame *f, const py_instr *pc, const char *label);     /* it has been entered */

/* At a slice's begin. restartable: it has a checkpoint. */
void py_merge_slice(py_thread *T, bool restartable);
/* Its transaction has committed, or is about to run again. */
void py_merge_won(py_thread *T);
void py_merge_lost(py_thread *T);

/* Gives up what is merged. false: CONFLICT is set and must be passed on (always, when a merged block is open or has ended in this slice). */
bool py_unmerge(py_thread *T) MUST_CHECK;
bool py_unmerge_once(py_thread *T) MUST_CHECK;      /* the same, for nothing that the program does: only what has been merged is not merged again.  false, always */
/* What retry() in a merged block does. false, always: as py_unmerge. */
bool py_merge_retry(py_thread *T) MUST_CHECK;
/* The slice is to end where the open block begins (B2): puts the frame back to there. NULL: it is not, or no longer can. */
py_frame *py_merge_cut(py_thread *T);
/* Before what tells the thread about the world: clocks, counters of all threads, the state of locks. false: as py_unmerge. */
bool py_merge_clock(void) MUST_CHECK;

/* The slice is over, and a lock's section is open: it goes on for a while, once. false: as py_unmerge; perhaps it waits for what another thread does without the lock. */
bool py_merge_prolong(py_thread *T) MUST_CHECK;

/* For what only a block of its own can do, called where one may be open. false: as py_unmerge. */
static inline MUST_CHECK bool py_block_of_its_own(py_thread *T) { return LIKELY(T->merged.depth == 0) || py_unmerge(T); }

/* May the outermost block entered here join the running slice, or a new one? */
static inline bool py_merge_may(py_thread *T) {
    py_merge *m = &T->merged;
    if (!m->allowed || T->block || !T->slice.open || T->activation != 1) return false;
    if (LIKELY(m->pause == 0)) return true;
    m->pause--;
    return false;
}

/* No more blocks join the running slice. */
static inline void py_merge_stop(py_thread *T) {
    T->merged.allowed = false;
    T->merged.left = 0;
}

/* What py_merge_join and py_merge_push do where one block of the slice has ended, and the next joins it. false: ask them. (left: B5) */
static inline bool py_merge_next(py_thread *T, py_frame *f, const char *label) {
    py_merge *m = &T->merged;
    if (m->left == 0 || m->done == 0 || (m->depth | m->careful) || UNLIKELY(T->activation != 1) || tx_slice_full()) return false;
    m->left--;
    m->depth = 1;
    m->label = label;
    m->frame[0] = f;
    return true;
}

/* A merged block ends. */
static inline void py_merge_leave(py_thread *T) {
    if (--T->merged.depth) return;
    T->merged.kept = T->merged.prolonged = false;
    T->merged.done++;
    if (T->ticks > PY_MERGE_TICKS) T->ticks = PY_MERGE_TICKS;
}

/* The innermost block ends, if it is a merged one. A condition that a native has let pass holds all the same: py_block_commit passes it on. */
static inline bool py_merge_end(py_thread *T) {
    if (T->merged.depth == 0 || UNLIKELY(ob_err.cond > OB_COND_EXCEPTION)) return false;
    T->merged.blocks += T->merged.depth - T->merged.sections == 1;
    py_merge_leave(T);
    return true;
}

#endif
