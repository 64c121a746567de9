/* tx.h: running transactions: begin, commit, abort, savepoints, retry, hooks, the irrevocable turn, and what upper layers plug in.
 *
 * A thread is always in exactly one of these states (tx_state()):
 *   OUTSIDE   not in a transaction (before enter, or in a blocking region): may touch no handle;
 *   ACTIVE    in a transaction (a slice or an atomic block).  In sole mode the "slice" is open-ended and keeps no log.
 *
 * Sole mode: one entered thread. Outside of blocks writes go in place with no undo (tx_write_slow just claims the handle);
 * inside a block (depth > 0) they keep an undo copy, and commit takes no lock unless a durable sink is set.
 * The mode ends when a second thread enters (tx_thread_enter, called by the *starting* thread through tx_leave_sole before
 * the new thread runs).  It may come back when only one entered thread is left.
 */
#ifndef TXN_TX_H
#define TXN_TX_H
#include "txn/handle.h"
#include <stddef.h>

typedef struct tx_thread tx_thread;

typedef enum tx_isolation { TX_SERIALIZABLE, TX_SNAPSHOT } tx_isolation;

/* Why the last failing call of this thread failed. */
typedef enum tx_fail { TX_FAIL_NONE, TX_FAIL_MEMORY, TX_FAIL_FROZEN, TX_FAIL_CONFLICT, TX_FAIL_RETRY, TX_FAIL_SINK, TX_FAIL_UNREAD } tx_fail;
tx_fail tx_fail_reason(void);

/* ---- threads ---- */
bool tx_init(void) MUST_CHECK;                 /* once a process */
bool tx_thread_enter(void) MUST_CHECK;         /* this thread begins to use handles; false: out of memory */
void tx_thread_leave(void);                    /* its transaction must have been committed or aborted */
/* The running thread is about to start another one, which will call tx_thread_enter: ends sole mode (this thread takes a new tid, so that
 * everything older counts as shared).  Call it before every thread start, outside of transactions or in an open-ended sole slice that, with a sink, has
 * written nothing yet;
 * a block in sole mode must be restarted first (abort, tx_leave_sole, begin).  If the thread then does not start: tx_thread_failed.
 * A thread that enters while another is sole, without having been announced so, is refused. */
void tx_leave_sole(void);
void tx_thread_failed(void);
bool tx_is_sole(void);
void tx_allow_sole(bool allow);                /* false: multi mode always (threads come and go without tx_leave_sole). Before the first thread enters. */
void tx_block_enter(void);                     /* before blocking: no transaction may be active; the oldest-snapshot computation skips this thread */
void tx_block_leave(void);
/* Between transactions: the thread has learned something of others, or they of it, without waiting: its next one begins no earlier than now. */
void tx_learn(void);
/* Between transactions: it has met another thread at something that both want; a loss would say the same (gate.c). */
void tx_contended(void);
void tx_in_lock(int more);                     /* it holds one more, or one less, for which others may wait: it should go on */
/* This thread begins its next transaction right after each end, or calls tx_block_enter: its announced snapshot may stand in between, which saves a
 * fence a begin. (A thread that rests without saying so would hold back all old versions.)  Until it leaves. */
void tx_thread_goes_on(void);

/* Long waits inside txn (for the irrevocable turn, in backoff, in retry) are wrapped in these, so that the upper layer can count the thread as
 * stopped for a collection; interrupted() is asked after each wake-up of retry() (signals).  Any may be NULL.  Set before threads enter. */
typedef struct tx_blocking {
    void (*enter)(void);
    void (*leave)(void);
    bool (*interrupted)(void);
} tx_blocking;
void tx_set_blocking(const tx_blocking *b);

/* ---- transactions ---- */
typedef struct tx_options {
    tx_isolation isolation;
    bool readonly;                             /* writes to older objects fail with TX_FAIL_FROZEN */
    bool slice;                                /* begun by the VM itself (statistics, durability grouping; no undo in sole mode without a sink) */
    bool no_turn;                              /* never let through alone after many losses (max_retries) */
    bool follows;                              /* belongs to the commit just made, with no act or news from outside in between: may begin at its stamp */
    const char *name;                          /* for reports, may be NULL */
} tx_options;

void tx_begin(const tx_options *o);            /* OUTSIDE -> ACTIVE; takes the snapshot */
typedef enum tx_outcome { TX_COMMITTED, TX_CONFLICT, TX_REFUSED } tx_outcome;
tx_outcome tx_commit(void) MUST_CHECK;         /* ACTIVE -> OUTSIDE. CONFLICT/REFUSED (by the durable sink or a pre-commit check):
                                                  everything is undone as by tx_abort; REFUSED: the sink has left its error with its owner
                                                  (TX_FAIL_SINK), or memory ran out (TX_FAIL_MEMORY): tx_fail_reason() */
/* In sole mode, and where nothing out of the ordinary has been done: tx_commit(), tx_attempt_reset() and tx_begin(o) in one. false: nothing was done. */
bool tx_sole_next(const tx_options *o) MUST_CHECK;
void tx_abort(void);                           /* ACTIVE -> OUTSIDE; every change undone */
/* The place in the serial order of this thread's last commit: its number (*wrote: true), or that of the commit whose state it saw and left as it was. In sole
 * mode commits have no numbers of their own. For tests. */
uint64_t tx_last_number(bool *wrote);
/* Of the running slice: it holds so many whole blocks (statistics); how much work it is, in some unit of the caller's (gate.c). */
void tx_carries(unsigned blocks, uint64_t work);
bool tx_active(void);
bool tx_doomed(void);                          /* a conflict is all but certain; cheap; the VM asks at safepoints */
/* The running transaction is to be true of the newest state when it commits, though it may write nothing: for a thread that holds a lock of the outer world meanwhile. */
void tx_commit_newest(void);
bool tx_reads_hold(void);                      /* is what the running transaction has read still so?  No verdict that counts */
uint64_t tx_snapshot_number(void);
unsigned tx_attempt(void);                     /* 1, 2, … of the block that is retried; reset by tx_attempt_reset */
unsigned tx_losses(void);                      /* how many of the attempts before this one were lost to conflicts (not ended by retry()) */
void tx_attempt_next(void);                    /* the block runs again for another reason than a conflict or retry() */
void tx_attempt_reset(void);                   /* a new block begins (not a retry) */
void tx_backoff(void);                         /* between an abort and the next begin: spins, parks, or takes the losers' token */

/* ---- nested blocks ---- */
typedef struct tx_savepoint { size_t undo, hooks; uint64_t id, serial; bool bare; } tx_savepoint;
bool tx_savepoint_set(tx_savepoint *sp) MUST_CHECK; /* starts a new step. In a slice of sole mode a log is kept from here on, until the savepoint is dropped. */
void tx_savepoint_rollback(const tx_savepoint *sp); /* undoes all changes since; sp may be used again */
void tx_savepoint_release(const tx_savepoint *sp);  /* keeps them as the enclosing step's */
void tx_savepoint_drop(const tx_savepoint *sp);     /* keeps them; whatever is written from here on is written by a new step. For savepoints between blocks. */
bool tx_savepoint_stands(const tx_savepoint *sp);   /* its transaction is still running */
/* A read-only block inside a transaction: after a savepoint, writes to what is older than it fail with TX_FAIL_FROZEN.  pop gets what push returned. */
uint64_t tx_readonly_push(void);
void tx_readonly_pop(uint64_t outer);

/* ---- has nothing been changed? ---- */
/* From here on the first change that the running transaction makes (to anything but objects that are made from here on) is noticed. Cheaper than a
 * savepoint: nothing is copied. Asked again while nothing has changed, it goes on as it is. */
void tx_watch_begin(void);
bool tx_watch_unchanged(void);                 /* a watch is on, and nothing has been changed: the transaction is what it was at its begin, but for reads */

/* ---- what has no versions ---- */
/* A field that all threads share is about to be changed in place: undo(object, old, detail) is called if the running step is undone, after what was done
 * later has been. object and old are traced as object words. Nothing is noted where nothing can be undone.  false: memory, or a read-only block.
 * Not isolated by itself: when others run, the caller makes its transaction irrevocable first, so that nobody commits what he saw of it; if it is
 * undone all the same, the code epoch advances, and who saw it begins again. */
typedef void tx_undo_words(uint64_t object, uint64_t old, uint64_t detail);
bool tx_undo_note(tx_undo_words *undo, uint64_t object, uint64_t old, uint64_t detail) MUST_CHECK;

/* ---- irrevocable ---- */
void tx_become_irrevocable(void);              /* next tx_begin of this thread waits for the token and cannot lose; or, when nothing was read that
                                                  has changed since, the running one is upgraded: see tx_upgrade */
bool tx_upgrade(void) MUST_CHECK;              /* make the running transaction irrevocable now; false: it must restart (abort, tx_become_irrevocable, begin) */
bool tx_irrevocable(void);
/* For an act at the very end of the transaction, that must happen together with the commit: takes the turn, after which the commit cannot lose.
 * false: something it has read or written has changed meanwhile; it must restart. */
bool tx_settle(void) MUST_CHECK;

/* ---- retry() ---- */
bool tx_wait_for_change(int64_t timeout_ns) MUST_CHECK; /* after deciding to retry(): aborts, then sleeps until something read has changed; timeout <0: none.
                                                  false: timed out. Call with ACTIVE, leaves OUTSIDE. */
bool tx_read_anything(void);

/* ---- hooks ---- */
typedef void tx_hook(void *arg);               /* arg stays the upper layer's; it is traced through tx_trace_thread */
bool tx_on_commit(tx_hook *fn, void *arg) MUST_CHECK;  /* after the outermost commit, in order, outside the transaction */
bool tx_on_abort(tx_hook *fn, void *arg) MUST_CHECK;   /* when the step it was registered in is left undone (not on conflict retries), last first */
void tx_run_commit_hooks(void);                /* tx_commit keeps them until this, so that held output can go first; call it OUTSIDE */
void tx_run_abort_hooks(void);                 /* tx_abort keeps them until this or the next begin, so that a conflict can drop them; after a
                                                  savepoint's rollback: runs those of the undone step */

/* ---- what became of it ----  for what upper layers keep outside of handles */
typedef enum tx_fate {
    TX_CERTAIN,                                /* committed, or it cannot be undone */
    TX_UNDONE,                                 /* rolled back, or aborted; an exception may have carried objects out of it */
    TX_UNDONE_HERE,                            /* likewise, but it was irrevocable: what it did to the outside world stands */
    TX_LOST                                    /* to a conflict: it will be as if it had never run */
} tx_fate;
typedef void tx_settled(uint64_t arg, tx_fate fate);  /* may not fail, touch handles, or block */
/* fn(arg, …) is called once, when it is known what becomes of the running step; last noted, first told of what is undone.  *at_once: it is certain already,
 * and fn will not be called.  false: out of memory. */
bool tx_when_settled(tx_settled *fn, uint64_t arg, bool *at_once) MUST_CHECK;

/* ---- fork ---- */
void tx_fork_prepare(void);                    /* in the parent before fork(), in a thread that has entered, holding no lock of txn's */
void tx_fork_done(bool child);                 /* in both after it; the child has this thread alone, whose transaction goes on */

/* ---- publication ---- */
bool tx_publish(uint64_t word) MUST_CHECK;      /* marks everything reachable from this object word as shared, at once and for good, as it is now (thread start
                                                  arguments): an abort does not undo what the running step has done to it. false: out of memory */

/* ---- garbage collector ---- */
/* Calls visit for every object word that this thread's transaction state holds: handles in logs, private bodies, undo copies,
 * hook args.  Called with the thread stopped at a safepoint.  body visits go through kind->trace and `block` below. */
typedef struct tx_tracer {
    void (*word)(void *arg, uint64_t word);                             /* an object */
    void (*body)(void *arg, tx_handle *h, void *body);                  /* a whole body of h, trace what it holds */
    void (*block)(void *arg, void *version);                            /* a memory block from tx_memory.alloc that is in use */
    void *arg;
} tx_tracer;
void tx_trace_threads(const tx_tracer *t);
/* The bodies of a handle that some live or future snapshot can see: calls t->block and t->body for the head chain. */
void tx_trace_handle(tx_handle *h, const tx_tracer *t);
void tx_collect_begin(void);                   /* world stopped, before marking: frees what no snapshot needs. While marking and sweeping txn frees nothing. */

/* ---- what upper layers plug in ---- */
typedef struct tx_memory {
    void *(*alloc)(size_t bytes);              /* version blocks; may be garbage-collected memory */
    void (*free)(void *block, size_t bytes);   /* explicit free of a block known to be unreachable */
} tx_memory;
void tx_set_memory(const tx_memory *m);        /* before the first thread enters; default malloc/free */

/* The graph walk of publication: how to look into an object word. Supplied by objspace. */
typedef struct tx_object_model {
    bool (*is_object)(uint64_t word);          /* does this word point to an object? */
    /* visits the words held by an immutable object, and the immutable parts of a handle (class, holder). */
    void (*trace_immutable)(void *object, void (*visit)(void *arg, uint64_t word), void *arg);
    uint64_t never;                            /* a word with any of these bits points to none: is_object need not be asked */
} tx_object_model;
void tx_set_object_model(const tx_object_model *m);

/* One changed object of a commit, as the sink and the pre-commit check see it. */
typedef struct tx_change {
    tx_handle *handle;
    const void *before;                        /* the body that the commit replaces (not NULL: new objects are found through what refers to them) */
    const void *after;                         /* the new body; both live until wait() returns */
    uint64_t dirty;                            /* what was written */
} tx_change;
typedef struct tx_sink {
    /* Under the commit lock, before anything is installed; changes holds all handles written, DURABLE or not (the sink finds what has become
     * reachable).  false: refuse.  `ticket` is handed to wait(). Must not block on I/O. */
    bool (*prepare)(const tx_change *changes, size_t n, uint64_t stamp, uint64_t *ticket);
    /* (prepare may look at any object with tx_read_newest, must not reach a safepoint, and may set TX_F_DURABLE.)
     * After the lock was dropped: returns once the ticket is durable (or at once, as durability says). false: the store refused; the commit
     * has already been undone in memory by tx_compensate. */
    bool (*wait)(uint64_t ticket);
} tx_sink;
void tx_set_sink(const tx_sink *sink);         /* NULL: none.  Transactions that run meanwhile begin again. */
bool tx_has_sink(void);
/* Undo a committed transaction by a new commit that puts the old bodies back (store failure). Called by the sink's leader, newest first, inside of wait(),
 * holding no lock of rank TX_COMMIT or above. It goes past the turn; an irrevocable transaction that has seen the refused commit is refused itself. */
void tx_compensate(const tx_change *changes, size_t n);
const void *tx_read_newest(const tx_handle *h); /* inside prepare: this transaction's own body of h, else the newest committed one */

/* Where a thread is, for conflict reports: the upper layer's words. */
typedef struct tx_where {
    const void *code, *at;
    const char *name;                          /* of a block that is part of the transaction; NULL: tx_options.name */
} tx_where;
/* Called at the first look at each part of an object, and the first write: it should note, and leave working out to the report.  NULL: nobody asks.
 * Before threads enter. */
void tx_set_where(void (*where)(tx_where *out));
typedef struct tx_conflict {
    tx_handle *handle;                         /* NULL: the code epoch */
    uint64_t mask;                             /* what was read (or, in snapshot mode, written), and with tx_set_where: differs */
    const uint64_t *key;                       /* of a keyed kind, where one key was read; else NULL */
    const void *seen, *now;                    /* the two bodies, valid during the call */
    tx_where mine, theirs;                     /* theirs.code NULL: not known any more */
    bool mine_wrote;                           /* mine is where it was written */
} tx_conflict;
void tx_set_conflict_report(void (*report)(const tx_conflict *c)); /* NULL: none (then commits note no places).  Called under the commit lock. */
/* For a report: where the newest commit since the running transaction's snapshot that has written parts of h did so; unknown: *out is left as it is. */
void tx_who_wrote(const tx_handle *h, uint64_t mask, tx_where *out);
void tx_explain_doom(void);                    /* reports why tx_doomed(), if it still is */

/* The pager: brings the inline body of a TX_GHOST handle and calls tx_handle_init_shared on it (under a lock of its own, as two threads may come).
 * false: it could not; tx_read returns NULL. */
void tx_set_pager(bool (*fault)(tx_handle *h));
/* What tx_read gives for a ghost that could not be loaded, so that readers need not look for NULL: an empty body.  The pager has left its error with
 * its owner, who calls tx_unread_begin and raises it. */
void tx_set_broken_body(const void *(*body)(const tx_handle *h));
/* From here to the end the running code goes by something that it was given in place of a body: nothing older than the beginning can be written
 * (TX_FAIL_UNREAD), and a transaction that would commit is refused with that.  Does not nest: the first begins.  A new transaction ends it. */
void tx_unread_begin(void);
void tx_unread_end(void);

/* Handles written by the running transaction (in sole mode: by the running block) since that savepoint (NULL: so far), each at least once. fn may write more. */
void tx_each_written(const tx_savepoint *since, void (*fn)(void *arg, tx_handle *h), void *arg);

/* Called before the first write of a step to a handle with TX_F_GUARDED. It may set a savepoint, to which the write belongs then. Set once, before any
 * handle has the flag. */
void tx_set_guard(void (*guard)(tx_handle *h));
void tx_ask_guard(tx_handle *h);               /* for what is part of h but has a handle of its own, and is about to be written */

/* ---- statistics ---- */
typedef struct tx_stats { uint64_t commits, readonly_commits, aborts, conflicts, retries, irrevocable, waits, slices, blocks; } tx_stats;
void tx_stats_get(tx_stats *out);              /* sums the threads' counters */

/* ---- quasi-constants ---- */
uint64_t tx_epoch(void);                       /* the code epoch this thread runs under; changes whenever a quasi-constant visible to it changed */
void tx_epoch_bump(void);                      /* the running transaction changed a quasi-constant: a private epoch now, the global one at commit */

/* ---- slices ---- */
bool tx_slice_full(void);                      /* logs are as long as the nearest cache has room for: what goes on would be no cheaper than what begins anew */
bool tx_slice_heavy(void);                     /* logs have grown so much that the slice should end soon */

#endif
