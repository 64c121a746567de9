/* hooks.c: what is to run when a transaction has ended.
 * Locks: none.
 * E1  A hook is in one of three lists: registered (hooks), to run after an abort (left_hooks), to run after a commit (done_hooks).
 *     registered -rollback, abort-> left or forgotten;  registered -commit-> done or forgotten. */
#include "txn/txn_int.h"

static bool add(tx_hook *fn, void *arg, bool on_abort) {
    tx_thread *t = tx_me.txn;
    if (VEC_PUSH(&t->hooks, (tx_hook_entry){fn, arg, on_abort})) return true;
    t->fail = TX_FAIL_MEMORY;
    return false;
}

/* Room in the other lists is made here, where failing is possible. */
bool tx_on_commit(tx_hook *fn, void *arg) { return VEC_RESERVE(&tx_me.txn->done_hooks, tx_me.txn->hooks.n + 1) && add(fn, arg, false); }
bool tx_on_abort(tx_hook *fn, void *arg) { return VEC_RESERVE(&tx_me.txn->left_hooks, tx_me.txn->hooks.n + 1) && add(fn, arg, true); }

void tx__hooks_undone(tx_thread *t, size_t from) {
    for (size_t i = from; i < t->hooks.n; i++) {
        tx_hook_entry e = t->hooks.at[i];
        if (e.on_abort && !VEC_PUSH(&t->left_hooks, e)) break; /* cannot be: reserved */
    }
    t->hooks.n = from;
}

void tx__hooks_committed(tx_thread *t) {
    for (size_t i = 0; i < t->hooks.n; i++) {
        tx_hook_entry e = t->hooks.at[i];
        if (!e.on_abort && !VEC_PUSH(&t->done_hooks, e)) break; /* cannot be: reserved */
    }
    VEC_CLEAR(&t->hooks);
}

void tx_run_commit_hooks(void) {
    tx_thread *t = tx_me.txn;
    if (LIKELY(t->done_hooks.n == 0) || t->running_hooks) return; /* a hook's own commits add to the list, which the outer call empties */
    t->running_hooks = true;
    for (size_t i = 0; i < t->done_hooks.n; i++) {
        tx_hook_entry e = t->done_hooks.at[i];
        t->done_hooks.at[i].arg = NULL;
        e.fn(e.arg);
    }
    VEC_CLEAR(&t->done_hooks);
    t->running_hooks = false;
}

void tx_run_abort_hooks(void) {
    tx_thread *t = tx_me.txn;
    bool outer = t->running_hooks;
    if (LIKELY(t->left_hooks.n == 0)) return;
    t->running_hooks = true;
    while (t->left_hooks.n) {
        tx_hook_entry e = VEC_POP(&t->left_hooks);
        e.fn(e.arg);
    }
    t->running_hooks = outer;
}
