/* txn.h: transactions over shared objects, without Python.
 *
 * Objects hold 64-bit numbers and references to each other. Threads read and write them in atomic blocks, which have the same effect as if they had run one
 * after the other. No locks: two blocks that disturb each other are noticed at the end, and one runs again.
 *
 *     static int transfer(void *arg) {
 *         struct order *o = arg;
 *         apo_set(o->from, 0, apo_get(o->from, 0) - o->amount);
 *         return apo_set(o->to, 0, apo_get(o->to, 0) + o->amount);
 *     }
 *     apo_atomic(transfer, &order, NULL);
 *
 * Rules: a thread calls apo_thread_enter first. Objects are used inside of blocks only. A new object belongs to its thread until a block has stored a reference to it
 * into a shared object, or until apo_share; hand no pointer to it to another thread before. A block may run more than once: it should have
 * no effects but on objects, or register them with apo_on_commit.
 * Functions that return int return 0 for success or one of the codes below.  Link with libapodora. */
#ifndef APODORA_TXN_H
#define APODORA_TXN_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APO_TXN_API __attribute__((visibility("default")))

typedef struct apo_object apo_object;

enum apo_txn_code {
    APO_OK = 0,
    APO_NO_MEMORY = -1,
    APO_CONFLICT = -2,      /* lost to another block: run it again (apo_atomic does) */
    APO_READ_ONLY = -3,     /* a write in a read-only block */
    APO_RETRY = -4,         /* returned by a block: wait until something that it has read changes, then run it again */
    APO_TIMEOUT = -5,       /* APO_RETRY waited for longer than the block's timeout */
    APO_MISUSE = -6         /* outside of a block, or a slot that the object does not have */
};

typedef struct apo_txn_options {
    int snapshot_isolation; /* permits write skew; else serializable */
    int readonly;           /* never conflicts, writes fail with APO_READ_ONLY */
    int max_retries;        /* 0: as often as it takes (after some losses it is let through alone); else APO_CONFLICT after so many */
    int64_t timeout_ns;     /* for APO_RETRY; 0: none */
    const char *name;       /* for reports; may be NULL */
} apo_txn_options;

/* ---- process and threads ---- */
APO_TXN_API int apo_txn_open(void);             /* before the first thread enters; not beside an interpreter in the same process */
APO_TXN_API void apo_txn_close(void);           /* frees all objects; every thread has left */
APO_TXN_API int apo_thread_enter(void);
APO_TXN_API void apo_thread_leave(void);

/* ---- objects; inside of blocks ---- */
APO_TXN_API apo_object *apo_object_new(unsigned numbers, unsigned references); /* all 0 and NULL; lives until apo_txn_close.  NULL: no memory */
APO_TXN_API int apo_share(apo_object *o);       /* it and what it refers to may be used by other threads from now on */
APO_TXN_API int64_t apo_get(const apo_object *o, unsigned slot);               /* 0 for a slot that is not there */
APO_TXN_API int apo_set(apo_object *o, unsigned slot, int64_t value);
APO_TXN_API apo_object *apo_get_ref(const apo_object *o, unsigned slot);
APO_TXN_API int apo_set_ref(apo_object *o, unsigned slot, apo_object *to);

/* ---- blocks ---- */
/* Runs body until it commits. body returns APO_OK to commit; APO_RETRY; or another value: everything is undone, apo_atomic returns that value.
 * Inside of a block it nests: a failing inner body undoes its own changes alone. */
APO_TXN_API int apo_atomic(int (*body)(void *arg), void *arg, const apo_txn_options *options);
/* The same by hand: begin; then commit (APO_OK, or APO_CONFLICT and APO_NO_MEMORY with everything undone) or abort. */
APO_TXN_API int apo_begin(const apo_txn_options *options);
APO_TXN_API int apo_commit(void);
APO_TXN_API void apo_abort(void);
/* Called once, outside of the block: after the outermost commit, in order; or when the block is left undone, last first (not when it runs again). */
APO_TXN_API int apo_on_commit(void (*fn)(void *arg), void *arg);
APO_TXN_API int apo_on_abort(void (*fn)(void *arg), void *arg);

typedef struct apo_txn_stats { uint64_t commits, readonly_commits, aborts, conflicts, retries; } apo_txn_stats;
APO_TXN_API void apo_txn_stats_get(apo_txn_stats *out); /* of all threads so far */

#ifdef __cplusplus
}
#endif
#endif
