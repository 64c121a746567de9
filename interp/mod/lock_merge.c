/* lock_merge.c: critical sections of locks that run as part of the slice they stand in, several to a transaction (run/merge.h).
 *
 * `with lock:` taken literally costs two commits and two system locks, and threads that want one lock take turns even where they touch different things.
 * So, where a small atomic block would join the running slice, a section does: entering it is noted, and nothing is done to the lock. When the slice ends,
 *
 * E1  all locks that it has used are taken, the transaction commits while it holds them, and they are given back; (py_merged_locks_take)
 * E2  it commits only if all that it has read is what the newest state has, though it may have written nothing. (tx_commit_newest)
 *
 * Why that is mutual exclusion: who holds the lock itself has taken it before the slice took it, or after the slice gave it back. In the first case it had given it
 * back, so all that it did was committed, and is what the slice has read (E2), as if the slice's sections had begun only then. In the second it begins a transaction
 * after it has got the lock, and that sees all that the slice did. Two slices with sections of one lock are transactions, and commit one after the other.
 * E2 is needed as a transaction that only reads happens at its snapshot otherwise: that may lie in the middle of somebody's section, whose slices commit one by one.
 *
 * E3  No thread waits for a lock while it holds one of these, or waits for ever: for the first it waits while another slice or block is about to commit, for the others
 *     it tries for a moment. If it gets one of them not, the slice runs again when that has been given back; after some times, with the locks themselves. (Its commit may
 *     wait for the turn; who has that waits no longer than py_raw_secure() does.)
 * E4  A section that acts outside, learns from it (clocks, locks' states, how long it takes), yields, or lasts for longer than a slice, gives the merge up, as blocks do.
 *     So nobody can tell that the lock was not taken; a section that waits for what others do without the lock holds it. (py_unmerge, py_merge_clock, py_tick)
 * E5  A lock that is held for a commit (ending) looks held to nobody: who has seen what was committed knows that the section is over. Who only looks waits for that. (py_raw_await_end)
 * Locks: the raw locks; all other state is the thread's. */
#include "interp/mod/raw_lock.h"
#include "interp/run/frame.h"
#include "interp/run/merge.h"

static py_merge_lock *find(py_merge *m, ob_val lock) {
    for (unsigned i = 0; i < m->nlocks; i++)
        if (ob_same(m->locks[i].lock, lock)) return &m->locks[i];
    return NULL;
}

enum { REFUSED_MAX = 3 };    /* so often in a row a slice waits for a lock that others hold */

/* Anything unusual goes the long way, as taking a lock that the slice's own section holds. */
static bool may_join(py_thread *T, ob_val lock, uint64_t me) {
    const py_merge_lock *l = find(&T->merged, lock);
    if (T->look || T->job || !T->multi) return false;
    return l ? !l->open || me : T->merged.nlocks < PY_MERGE_LOCKS;
}

int py_lock_join(py_thread *T, py_frame *f, const py_instr *pc, ob_val lock) {
    py_merge *m = &T->merged;
    uint64_t me = py_lock_owner(lock);
    py_merge_lock *l;
    if (!may_join(T, lock, me)) return 0;
    if (!py_merge_join(T, f, pc)) return ob_failed() ? -1 : 0;
    if (!(l = find(m, lock))) *(l = &m->locks[m->nlocks++]) = (py_merge_lock){lock, me, 0};
    l->open++;
    m->sections++;
    py_merge_push(T, f, pc, "with lock");
    return 1;
}

bool py_lock_part(py_thread *T, ob_val lock) {
    py_merge *m = &T->merged;
    py_merge_lock *l = m->sections ? find(m, lock) : NULL;
    if (!l || !l->open) return false;
    l->open--;
    m->sections--;
    py_merge_leave(T);
    return true;
}

static void give(py_merge *m, unsigned n) {
    while (n-- > 0) py_raw_give(py_lock_raw(m->locks[n].lock));
}

static bool refused(py_thread *T, ob_val lock) {
    if (++T->merged.refused < REFUSED_MAX) return py_wait_outside(T, lock), false;
    T->merged.refused = 0;
    return py_unmerge_once(T);
}

bool py_merged_locks_take(py_thread *T) {
    py_merge *m = &T->merged;
    for (unsigned i = 0; i < m->nlocks; i++) {
        py_raw_lock *r = py_lock_raw(m->locks[i].lock);
        if ((i ? py_raw_secure_now : py_raw_secure)(r, m->locks[i].me)) continue;
        give(m, i);
        return refused(T, m->locks[i].lock);
    }
    m->refused = 0;
    tx_commit_newest();
    return true;
}

void py_merged_locks_give(py_thread *T) { give(&T->merged, T->merged.nlocks); }

void py_merged_locks_trace(py_thread *T, ob_tracer *t) {
    for (unsigned i = 0; i < T->merged.nlocks; i++) ob_trace_val(t, T->merged.locks[i].lock);
}
