/* once.c: of threads that load an object which has to be upgraded, one runs __upgrade__, and the others wait for what it makes.
 * Locks: `lock` (rank TABLE) around the two lists; who waits holds none, and counts as blocked, so that a collection does not wait for it.
 * O1  An object is in `running` from before its __upgrade__ runs until its body is in place, or that has failed. (pe__once_begin, pe__once_end)
 * O2  Nobody waits for somebody who waits, over however many, for it: the one who would close the circle runs __upgrade__ as well. (leads_to_me)
 * O3  Nobody waits who has the irrevocable turn, which the one who runs may need; nor anybody for long, as it may need another thing that the waiter has, such as a lock of the
 *     program's. Then both run it, and the body that is in place first counts. */
#include "base/lock.h"
#include "base/park.h"
#include "base/thread.h"
#include "base/vec.h"
#include "objspace/call.h"
#include "objspace/persist/persist_int.h"

typedef struct claim { ob_obj *o; unsigned thread; } claim;
typedef VEC(claim) claims;
static base_lock lock = BASE_LOCK_INIT(TABLE, "objects being upgraded");
static claims running, waiting;                          /* under lock */
static _Atomic(uint32_t) ended;                          /* how many have.  relaxed: base_park_wait compares it, and what has ended is seen under lock */
enum { PATIENCE = 3 };                                   /* seconds; one by one, as the whole process may be asleep for longer */
static const int64_t SECOND = 1000000000;

static bool is_ghost(ob_obj *o) { return atomic_load_explicit(&((tx_handle *)o)->vw, memory_order_relaxed) == TX_GHOST; }

static void take_out(claims *c, ob_obj *o, unsigned thread) {
    size_t i = c->n;
    while (i-- > 0)
        if (c->at[i].o == o && c->at[i].thread == thread) break;
    if (i < c->n) c->at[i] = c->at[--c->n];
}

/* Does another thread upgrade it? */
static bool others_run(const ob_obj *o, unsigned me) {
    for (size_t i = 0; i < running.n; i++)
        if (running.at[i].o == o && running.at[i].thread != me) return true;
    return false;
}

/* Whoever upgrades o, for whom do they wait, and those …: comes that to me?  Each thread waits for one object at most, so there are no more steps than waiters. */
static bool leads_to_me(const ob_obj *o, unsigned me, size_t steps) {
    for (size_t i = 0; i < running.n; i++) {
        if (running.at[i].o != o) continue;
        if (running.at[i].thread == me) return true;
        for (size_t k = 0; k < waiting.n && steps; k++)
            if (waiting.at[k].thread == running.at[i].thread && leads_to_me(waiting.at[k].o, me, steps - 1)) return true;
    }
    return false;
}

/* In a blocking region. */
static void wait_for(ob_obj *o, unsigned me) {
    unsigned left = PATIENCE;
    base_lock_take(&lock);
    if (!leads_to_me(o, me, waiting.n) && VEC_PUSH(&waiting, ((claim){o, me}))) {
        while (others_run(o, me) && left) {
            uint32_t seen = atomic_load_explicit(&ended, memory_order_relaxed);
            base_lock_drop(&lock);
            if (!base_park_wait(&ended, seen, SECOND)) left--;
            base_lock_take(&lock);
        }
        take_out(&waiting, o, me);
    }
    base_lock_drop(&lock);
}

bool pe__once_begin(ob_obj *o) {
    unsigned me = base_thread_number();
    base_lock_take(&lock);
    bool others = others_run(o, me);
    if (!others) (void)VEC_PUSH(&running, ((claim){o, me}));             /* no room: nobody waits for it */
    base_lock_drop(&lock);
    if (!others) return is_ghost(o);
    if (!tx_irrevocable()) {
        ob_blocking_enter();
        wait_for(o, me);
        ob_blocking_leave();
    }
    base_lock_take(&lock);
    (void)VEC_PUSH(&running, ((claim){o, me}));
    base_lock_drop(&lock);
    return is_ghost(o);
}

void pe__once_end(ob_obj *o) {
    base_lock_take(&lock);
    take_out(&running, o, base_thread_number());
    atomic_fetch_add_explicit(&ended, 1, memory_order_relaxed);
    base_lock_drop(&lock);
    base_park_wake(&ended, -1);
}
