/* fork.c: forking while other threads may run.
 * The world is stopped over the fork, so no thread is inside the heap, the tables or a commit; what the other threads had not committed does not exist
 * in the child.  Their records are freed there.
 * Locks: `world` (rank HEAP) by ob_world_stop, then txn's (tx_fork_prepare). */
#include "interp/run/fork.h"
#include "interp/run/signals.h"
#include "objspace/init.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <unistd.h>

static ob_val hooks;             /* list of (before, in_parent, in_child), each callable or None */
bool py_fork_is_child;

bool py_fork_register(ob_val before, ob_val in_parent, ob_val in_child) {
    if (ob_is_null(hooks)) {
        hooks = ob_list_new(8);
        if (ob_is_null(hooks) || !ob_gc_add_static(&hooks)) return false;
    }
    ob_val t = ob_tuple_of3(ob_is_null(before) ? OB_NONE : before, ob_is_null(in_parent) ? OB_NONE : in_parent, ob_is_null(in_child) ? OB_NONE : in_child);
    return !ob_is_null(t) && ob_list_append(hooks, t);
}

static void run_hook(size_t i, size_t which) {
    ob_val f = ob_tuple_at(ob_list_at(hooks, i), which);
    if (!ob_is_none(f) && ob_is_null(ob_call0(f))) ob_err_unraisable(f);
}

/* `before` functions run last registered first, the others in the order of registration. */
static void run_hooks(size_t which) {
    if (ob_is_null(hooks)) return;
    size_t n = ob_list_len(hooks);
    for (size_t i = 0; i < n && i < ob_list_len(hooks); i++) run_hook(which == 0 ? n - 1 - i : i, which);
}

pid_t py_fork(pid_t (*fork_with)(void *arg), void *arg) {
    run_hooks(0);
    ob_world_stop();
    tx_fork_prepare();
    pid_t pid = fork_with(arg);
    int err = errno;
    bool child = pid == 0;
    tx_fork_done(child);
    if (child) {
        py_fork_is_child = true;
        ob_threads_forked();
        py_imports_forked();
        py_frames_forked();
        py_threads_forked();
        py_signals_forked();
    }
    ob_world_start();
    run_hooks(child ? 2 : 1);
    errno = err;
    return pid;
}
