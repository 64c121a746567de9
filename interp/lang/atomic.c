/* atomic.c: the apodora module's atomic blocks: atomic, snapshot, retry, check, hooks, stats. The blocks themselves: run/atomic.c. */
#include "interp/lang/atomic.h"
#include "interp/lang/freeze.h"
#include "interp/lang/hot.h"
#include "interp/lang/invariant.h"
#include "interp/lang/library.h"
#include "interp/mod/modules.h"
#include "interp/run/import.h"
#include "interp/run/merge.h"
#include "interp/run/options.h"
#include "interp/run/output.h"
#include "interp/run/parallel.h"
#include "interp/run/conflicts.h"
#include "interp/run/vm_ops.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdlib.h>

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

/* ---- txn objects ---- */

ob_val py_txn_new(py_block *b, unsigned attempt) {
    py_txn *t = ob_alloc(&py_txn_type, sizeof *t);
    if (!t) return OB_NULL;
    t->name = ((const py_atomic *)ob_ptr(b->spec))->name;
    t->block = b;
    t->serial = b->serial;
    t->snapshot = tx_snapshot_number();
    t->attempt = attempt;
    return ob_of(t);
}

ob_val py_txn_merged(ob_val spec) {
    py_txn *t = ob_alloc(&py_txn_type, sizeof *t);
    if (!t) return OB_NULL;
    t->name = ((const py_atomic *)ob_ptr(spec))->name;
    t->snapshot = tx_snapshot_number();
    t->attempt = tx_attempt();
    return ob_of(t);
}

static void txn_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((py_txn *)o)->name); }
static ob_val txn_attempt(ob_val v) { return ob_from_small(((py_txn *)ob_ptr(v))->attempt); }
static ob_val txn_snapshot(ob_val v) { return ob_int_from_u64(((py_txn *)ob_ptr(v))->snapshot); }
static ob_val txn_name(ob_val v) { ob_val s = ((py_txn *)ob_ptr(v))->name; return ob_is_null(s) ? OB_NONE : s; }

static bool is_of(ob_val txn, const py_block *b) { return ((py_txn *)ob_ptr(txn))->block == b && ((py_txn *)ob_ptr(txn))->serial == b->serial; }
static py_block *running(ob_val txn) {
    for (py_block *b = py_me->block; b; b = b->outer) if (is_of(txn, b)) return b;
    if (!((py_txn *)ob_ptr(txn))->block && !py_block_of_its_own(py_me)) return NULL;
    ob_raise(&ob_exc_TransactionError, "this transaction is over");
    return NULL;
}

/* abort() leaves by an exception, so that whoever cleans up on the way does; its block's end lets it go no further (run/atomic.c). */
NATIVE(txn_abort) {
    py_block *b = running(self);
    if (!b) return OB_NULL;
    b->aborted = true;
    return ob_raise(&py_abort_type, "the block is being left by abort()");
}

NATIVE(txn_savepoint) {
    py_block *b = running(self);
    if (!b) return OB_NULL;
    if (b != py_me->block) return ob_raise(&ob_exc_TransactionError, "savepoint() belongs to the innermost block");
    py_savepoint *s = ob_alloc(&py_savepoint_type, sizeof *s);
    if (!s) return OB_NULL;
    s->txn = self;
    s->held = py_output_mark(py_me);
    s->locks = py_me->nlocks;
    s->fresh = py_me->nfresh;
    s->moves = b->kept = py_me->nmoves;
    py_acc_forget(py_me);
    if (!tx_savepoint_set(&s->at)) return ob_raise_memory();
    return ob_of(s);
}
static void savepoint_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((py_savepoint *)o)->txn); }
NATIVE(savepoint_rollback) {
    py_savepoint *s = (py_savepoint *)ob_ptr(self);
    py_block *b = running(s->txn);
    if (!b) return OB_NULL;
    if (b != py_me->block) return ob_raise(&ob_exc_TransactionError, "an inner block is still open");
    tx_savepoint_rollback(&s->at);
    py_output_rollback(py_me, s->held);
    py_locks_rollback(py_me, s->locks);
    py_me->nfresh = s->fresh;
    py_output_move_back(py_me, s->moves);
    py_hooks_undone(py_me);
    return OB_NONE;
}

static const ob_def txn_methods[] = {{"abort", txn_abort, "", "Undoes everything the block did and leaves it, without an exception.", 0},
    {"savepoint", txn_savepoint, "", "A point inside the block that rollback() returns the objects to.", 0}, {0}};
static const ob_getset txn_getsets[] = {{"attempt", txn_attempt, NULL, "1, 2, … : which run of the block this is."},
    {"name", txn_name, NULL, "The name given to atomic(name=…), or None."}, {"snapshot", txn_snapshot, NULL, "Number of the commit that the block reads at."}, {0}};
ob_type py_txn_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "apodora.Transaction", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_txn), .trace = txn_trace, .methods = txn_methods, .getsets = txn_getsets, .doc = "A running atomic block."};
static const ob_def savepoint_methods[] = {{"rollback", savepoint_rollback, "", "Undoes what was changed since.", 0}, {0}};
ob_type py_savepoint_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "apodora.Savepoint", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_savepoint), .trace = savepoint_trace, .methods = savepoint_methods};

/* ---- atomic ---- */

static void atomic_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((py_atomic *)o)->name); }

static ob_type *foreign_write(void) {
    for (const py_block *b = py_me ? py_me->block : NULL; b; b = b->outer) if (((const py_atomic *)ob_ptr(b->spec))->context) return &ob_exc_ContextError;
    return NULL;
}
static ob_val context_make(void) {
    py_atomic *s = ob_alloc(&py_atomic_type, sizeof *s);
    if (!s) return OB_NULL;
    s->max_retries = -1;
    s->readonly = s->context = true;
    ob_set_foreign_write_hook(foreign_write);
    return ob_of(s);
}
NATIVE(l_in_block) { return ob_bool(py_me->block || py_me->merged.depth > py_me->merged.sections); }
/* _loop(xs, workers, submit) */
NATIVE(l_loop) {
    int64_t workers;
    return ob_index_i64(a[1], &workers) ? py_loop_new(a[0], workers < 0 ? 0 : workers > 64 ? 64 : (unsigned)workers, a[2], a[3]) : OB_NULL;
}
static const ob_def loop_def = {"_loop", l_loop, "xs, workers, submit, block, /", NULL, 0};
static const ob_def in_block_def = {"_in_block", l_in_block, "", NULL, 0};

static ob_val alternative_make(void) {
    py_atomic *s = ob_alloc(&py_atomic_type, sizeof *s);
    if (!s) return OB_NULL;
    s->max_retries = -1;
    s->alternative = true;
    return ob_of(s);
}

static ob_val atomic_make(bool readonly, bool snapshot, int64_t max_retries, ob_val name) {
    py_atomic *s = ob_alloc(&py_atomic_type, sizeof *s);
    if (!s) return OB_NULL;
    s->readonly = readonly;
    s->snapshot_isolation = snapshot;
    s->max_retries = max_retries;
    s->plain = !readonly && !snapshot && max_retries < 0;
    s->name = name;
    if (py_conflicts_wanted && !ob_is_null(name)) s->label = py_conflicts_label(name);
    return ob_of(s);
}

static ob_val decorate(ob_val atomic, ob_val f) {
    if (ob_is_exact(f, &ob_function_type) && py_code_ptr(((ob_function *)ob_ptr(f))->code)->flags & VM_GEN_FLAGS)
        return ob_raise(&ob_exc_TransactionError, "@atomic cannot be put on a generator or async function: it would be suspended inside the transaction");
    ob_val wrap = py_library_get("blocks", "_wrap");          /* an ordinary Python function, so that calls of it do not recurse in C */
    return ob_is_null(wrap) ? wrap : ob_call2(wrap, atomic, f);
}

static bool isolation_of(ob_val v, bool *snapshot) {
    if (ob_is_null(v) || ob_is_none(v)) return true;
    if (ob_is_str(v) && ob_str_equal_c(v, "serializable")) { *snapshot = false; return true; }
    if (ob_is_str(v) && ob_str_equal_c(v, "snapshot")) { *snapshot = true; return true; }
    return ob_fail(ob_raise(&ob_exc_ValueError, "isolation must be 'serializable' or 'snapshot', not %R", v));
}

/* atomic(f), atomic(isolation=…, readonly=…, max_retries=…, name=…) */
NATIVE(atomic_call) {
    const py_atomic *o = (const py_atomic *)ob_ptr(self);
    if (!ob_is_null(a[0])) {
        if (!ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "atomic() takes a function to decorate, or keyword options; not %T", a[0]);
        return decorate(self, a[0]);
    }
    bool snapshot = o->snapshot_isolation, readonly = o->readonly;
    int64_t retries = o->max_retries;
    if (!isolation_of(a[1], &snapshot)) return OB_NULL;
    if (!ob_is_null(a[2])) {
        int t = ob_truth(a[2]);
        if (t < 0) return OB_NULL;
        readonly = t;
    }
    if (!ob_is_null(a[3])) {
        if (ob_is_none(a[3])) retries = -1;
        else if (!ob_index_i64(a[3], &retries)) return OB_NULL;
        else if (retries < 0) return ob_raise(&ob_exc_ValueError, "max_retries must not be negative");
    }
    if (!ob_is_null(a[4]) && !ob_is_none(a[4]) && !ob_is_str(a[4])) return ob_raise(&ob_exc_TypeError, "name must be a str, not %T", a[4]);
    return atomic_make(readonly, snapshot, retries, ob_is_null(a[4]) ? o->name : ob_is_none(a[4]) ? OB_NULL : a[4]);
}
static const ob_def call_def = {"atomic", atomic_call, "function=None, /, *, isolation=None, readonly=False, max_retries=None, name=None", NULL, 0};
static ob_val atomic_slot_call(ob_val self, const ob_val *a, size_t n, ob_val kw) { return ob_def_call(&call_def, self, a, n, kw); }
static ob_val atomic_repr(ob_val v) {
    const py_atomic *o = (const py_atomic *)ob_ptr(v);
    return ob_str_format_c("<apodora.atomic%s%s>", o->snapshot_isolation ? " isolation='snapshot'" : "", o->readonly ? " readonly" : "");
}
NATIVE(atomic_enter) { return ob_raise(&ob_exc_TransactionError, "an atomic block is entered by `with`, not by calling __enter__"); }
static const ob_def atomic_methods[] = {{"__enter__", atomic_enter, "", NULL, 0}, {"__exit__", atomic_enter, "*args", NULL, 0}, {0}};
ob_type py_atomic_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "apodora.atomic", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_atomic), .slots = {.call = atomic_slot_call, .repr = atomic_repr}, .trace = atomic_trace, .methods = atomic_methods,
    .doc = "`with atomic:` runs its block as one transaction, which commits as a whole or is run again."};

NATIVE(l_snapshot) { return atomic_make(true, false, -1, OB_NULL); }

/* ---- retry and hooks ---- */

NATIVE(l_retry) {
    py_thread *T = py_me;
    int64_t timeout = -1;
    if (!ob_is_null(a[0]) && !ob_is_none(a[0])) {
        double d;
        if (!ob_to_double(a[0], &d)) return OB_NULL;
        if (!(d >= 0)) return ob_raise(&ob_exc_ValueError, "timeout must not be negative");
        timeout = d > 9e9 ? INT64_MAX / 2 : (int64_t)(d * 1e9);
    }
    if (UNLIKELY(T->merged.depth) && !py_merge_retry(T)) return OB_NULL;
    if (!T->block) return ob_raise(&ob_exc_TransactionError, "retry() outside of an atomic block");
    if (tx_irrevocable()) return ob_raise(&ob_exc_TransactionError, "retry() in an irrevocable block");
    if (!tx_read_anything()) return ob_raise(&ob_exc_TransactionError, "retry() in a block that has read nothing: nothing could wake it");
    T->retry_timeout = timeout;
    ob_err = (ob_pending){OB_COND_RETRY, OB_NULL};
    return OB_NULL;
}
NATIVE(l_check) {
    int t = ob_truth(a[0]);
    if (t < 0) return OB_NULL;
    ob_val none = OB_NULL;
    return t ? OB_NONE : l_retry(OB_NULL, &none, 1, OB_NULL);
}
static ob_val add_hook(bool commit, const ob_val *a, size_t n, ob_val kw) {
    const char *who = commit ? "on_commit" : "on_abort";
    if (!ob_is_null(kw)) return ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", who);
    if (n < 1 || !ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "%s() needs a callable", who);
    if (!py_block_of_its_own(py_me)) return OB_NULL;
    if (!py_me->block) return ob_raise(&ob_exc_TransactionError, "%s() outside of an atomic block", who);
    ob_val args = ob_tuple_from(a + 1, n - 1), call = ob_is_null(args) ? args : ob_tuple_of2(a[0], args);
    return ob_is_null(call) || !py_hook_add(commit, call) ? OB_NULL : OB_NONE;
}
NATIVE(l_on_commit) { return add_hook(true, a, n, kw); }
NATIVE(l_on_abort) { return add_hook(false, a, n, kw); }

NATIVE(l_stats) {
    tx_stats s;
    if (!py_merge_clock()) return OB_NULL;
    tx_stats_get(&s);
    ob_val d = ob_dict_new();
    if (ob_is_null(d)) return d;
#define STAT(name) if (!ob_dict_set_c(d, #name, ob_int_from_u64(s.name))) return OB_NULL;
    STAT(commits) STAT(readonly_commits) STAT(aborts) STAT(conflicts) STAT(retries) STAT(irrevocable) STAT(waits) STAT(slices) STAT(blocks)
#undef STAT
    return d;
}

/* For tests: the places in the serial order (tx_last_number) of the blocks that this thread has committed since it last asked; (number, wrote) each. */
NATIVE(l_places) {
    py_thread *T = py_me;
    if (T->block) return ob_raise(&ob_exc_TransactionError, "_places() in an atomic block");
    if (!ob_external()) return OB_NULL;      /* merged blocks commit */
    if (!T->places) {
        T->places = malloc(64 * sizeof *T->places);
        if (!T->places) return ob_raise_memory();
        T->places_cap = 64;
    }
    ob_val list = ob_list_new(T->nplaces);
    for (size_t i = 0; i < T->nplaces && !ob_is_null(list); i++) {
        ob_val pair = ob_tuple_of2(ob_int_from_u64(T->places[i] >> 1), ob_bool(!(T->places[i] & 1)));
        if (ob_is_null(pair) || !ob_list_append(list, pair)) return OB_NULL;
    }
    T->nplaces = 0;
    return list;
}

/* ---- the module ---- */

static const ob_def defs[] = {
    {"check", l_check, "condition, /", "retry() unless the condition holds.", 0},
    {"on_abort", l_on_abort, NULL, "on_abort(fn, *args): calls fn when the block is left undone.", 0},
    {"on_commit", l_on_commit, NULL, "on_commit(fn, *args): calls fn after the block has committed.", 0},
    {"retry", l_retry, "timeout=None", "Undoes the block, sleeps until something that it read changes, and runs it again.", 0},
    {"_places", l_places, "", NULL, 0},
    {"snapshot", l_snapshot, "", "A read-only block.", 0}, {"stats", l_stats, "", "Counters of this process.", 0}, {0}};

ob_type py_abort_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "apodora._Abort", .base = &ob_exc_BaseException, .flags = OB_TF_BASE};
ob_type py_retried_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "apodora._Retried", .base = &ob_exc_BaseException, .flags = OB_TF_BASE};

static bool exception_ready(ob_type *t) {
    t->cls.kind = ob_exc_BaseException.cls.kind;
    t->size = ob_exc_BaseException.size;
    return ob_type_ready(t);
}

static bool fill(ob_val m) {
    static ob_type *const errors[] = {&ob_exc_TransactionError, &ob_exc_Conflict, &ob_exc_RetryTimeout, &ob_exc_InvariantError, &ob_exc_ContextError,
        &ob_exc_PersistenceError, &ob_exc_StoreError, &ob_exc_StoreLocked, &ob_exc_StoreFull, &ob_exc_StoreCorrupt, &ob_exc_FrozenError};
    for (size_t i = 0; i < BASE_LENGTH(errors); i++) if (!ob_module_add(m, ob_type_short_name(errors[i]), ob_of(errors[i]))) return false;
    if (!exception_ready(&py_abort_type) || !exception_ready(&py_retried_type) || !ob_type_ready(&py_atomic_type) || !ob_type_ready(&py_txn_type) || !ob_type_ready(&py_savepoint_type)) return false;
    bool snapshot = py_opts.isolation && !strcmp(py_opts.isolation, "snapshot");
    ob_val atomic = atomic_make(false, snapshot, -1, OB_NULL);
    return !ob_is_null(atomic) && ob_module_add(m, "atomic", atomic) && py_hot_fill(m) && py_store_fill(m) && py_library_give("_atomic", atomic) &&
           py_library_give("_snapshot", atomic_make(true, false, -1, OB_NULL)) && py_library_give("_alternative", alternative_make()) &&
           py_library_give("_Retried", ob_of(&py_retried_type)) && py_library_give("retry", ob_dict_get_c(ob_module_dict(m), "retry")) &&
           py_library_give("_context", context_make()) &&
           py_library_give("_workers", ob_int_from_u64(py_opts.workers)) && py_library_give("_in_block", ob_native_new(&in_block_def, OB_NULL, OB_NULL)) &&
           py_library_give("_loop", ob_native_new(&loop_def, OB_NULL, OB_NULL)) &&
           py_freeze_fill(m) && py_invariants_fill() && py_library_fill(m);
}
const ob_module_def py_mod_apodora = {"apodora", "Transactions, persistence and parallel loops for plain Python.", defs, fill};
