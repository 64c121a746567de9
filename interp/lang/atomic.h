/* atomic.h: the Python objects of atomic blocks. */
#ifndef INTERP_LANG_ATOMIC_H
#define INTERP_LANG_ATOMIC_H
#include "interp/run/frame.h"

/* `atomic`, and what atomic(…) and snapshot() return: options of a block; may be reused and nested. Immutable. */
typedef struct py_atomic { ob_obj o; ob_val name; int64_t max_retries; /* <0: none */ bool readonly, snapshot_isolation, alternative, context /* writes to what is older raise ContextError */, plain /* none of these: it may join a slice */; const char *label; /* of a named one while conflicts are traced */ } py_atomic;
/* `with atomic as txn`: immutable but for its end */
typedef struct py_txn { ob_obj o; ob_val name; py_block *block; uint64_t serial, snapshot; unsigned attempt; } py_txn;
/* `sp = txn.savepoint()` */
typedef struct py_savepoint { ob_obj o; ob_val txn; tx_savepoint at; size_t held, locks, fresh, moves; } py_savepoint;
extern ob_type py_atomic_type, py_txn_type, py_savepoint_type, py_abort_type, py_retried_type;

static inline bool py_is_atomic(ob_val v) { return ob_is_ptr(v) && LIKELY(ob_ptr(v) != NULL) && ob_ptr(v)->type == &py_atomic_type; }

ob_val py_txn_new(py_block *b, unsigned attempt);
ob_val py_txn_merged(ob_val spec);                              /* of a block that runs as part of the slice (run/merge.h) */
bool py_store_start(void) MUST_CHECK;                          /* opens what --store names; false: said why on stderr */
bool py_store_fill(ob_val module) MUST_CHECK;                   /* root, open, store */

#endif
