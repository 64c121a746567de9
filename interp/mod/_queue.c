/* _queue.c: the module _queue: SimpleQueue, an unbounded queue between threads.
 * The items are a deque, versioned like any: what an undone block put or got is undone. Who waits for an item sleeps on a condition variable of
 * the queue's own; the commit of a put signals it.
 * Locks: raw->m, around `puts` and the condition; nothing else is taken under it.
 * Q1  A getter loads `puts` before it takes the snapshot in which it finds the queue empty; so a put that this snapshot does not see counts later,
 *     and the wait for a count other than the loaded one ends.  (simple_get) */
#include <errno.h>
#include <pthread.h>
#include "interp/mod/_collections_int.h"
#include "interp/mod/modules.h"
#include "interp/run/blocking.h"
#include "interp/run/fork.h"
#include "interp/run/frame.h"
#include "base/mem.h"
#include "base/mono.h"
#include "base/thread.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/tuple.h"
#include "txn/tx.h"

typedef struct waiting { pthread_mutex_t m; pthread_cond_t c; uint64_t puts; /* commits that put something.  under m */ } waiting;
typedef struct simple_queue { ob_obj o; ob_val items; waiting *raw; } simple_queue;

static ob_val empty_type;
static simple_queue *ptr(ob_val v) { return (simple_queue *)ob_ptr(v); }

static void simple_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((simple_queue *)o)->items); }
static void simple_free(ob_obj *o) {
    waiting *w = ((simple_queue *)o)->raw;
    if (!w) return;
    if (!py_fork_is_child) {                     /* there, threads of the parent may be noted as waiting */
        pthread_mutex_destroy(&w->m);
        pthread_cond_destroy(&w->c);
    }
    base_mem_free(w);
}

static ob_val simple_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    (void)a;
    if (n) return ob_raise(&ob_exc_TypeError, "SimpleQueue() takes no positional arguments");
    if (!ob_args_check("SimpleQueue", n, kw, 0, 0)) return OB_NULL;
    ob_val items = ob_call0(ob_type_val(&py__deque_type));
    waiting *w = ob_is_null(items) ? NULL : base_mem_zeroed(sizeof *w);
    if (!w) return ob_is_null(items) ? items : ob_raise_memory();
    pthread_mutex_init(&w->m, NULL);
    base_cond_init(&w->c);
    simple_queue *q = ob_alloc(t, sizeof *q);
    if (!q) {
        simple_queue dead = {.raw = w};
        simple_free(&dead.o);
        return OB_NULL;
    }
    q->items = items;
    q->raw = w;
    return ob_of(q);
}

/* ---- put ---- */

static void wake(void *queue) {
    waiting *w = ((simple_queue *)queue)->raw;
    pthread_mutex_lock(&w->m);
    w->puts++;
    pthread_cond_signal(&w->c);
    pthread_mutex_unlock(&w->m);
}

static ob_val put(ob_val self, ob_val x) {
    if (!py__deque_push(ptr(self)->items, x)) return OB_NULL;
    if (tx_is_sole()) return wake(ob_ptr(self)), OB_NONE;            /* nobody waits; a count too many only makes one look again */
    return tx_on_commit(wake, ob_ptr(self)) ? OB_NONE : ob_raise_memory();
}
OB_FN(simple_put) { return put(self, a[0]); }

/* ---- get ---- */

static bool timeout_of(ob_val timeout, int64_t *end) {
    double t;
    *end = INT64_MAX;
    if (ob_is_null(timeout) || ob_is_none(timeout)) return true;
    if (!ob_is_float(timeout) && !ob_has_index(timeout))
        return ob_fail(ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", timeout));
    if (!ob_to_double(timeout, &t)) return false;
    if (t < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "'timeout' must be a non-negative number"));
    if (t > 9223372036.0) return ob_fail(ob_raise(&ob_exc_OverflowError, "timeout value is too large"));
    *end = base_mono_ns() + (int64_t)(t * 1e9);
    return true;
}

/* Sleeps until something was put since *seen, at most 50 ms, so that signals reach the main thread. */
static void sleep_on(waiting *w, int64_t end, uint64_t *seen) {
    int64_t until = base_mono_ns() + 50000000;
    if (until > end) until = end;
    struct timespec at = {until / 1000000000, until % 1000000000};
    py_blocking_enter();
    pthread_mutex_lock(&w->m);
    while (w->puts == *seen && pthread_cond_timedwait(&w->c, &w->m, &at) != ETIMEDOUT) {}
    *seen = w->puts;
    pthread_mutex_unlock(&w->m);
    py_blocking_leave();                     /* a new snapshot, after the count was taken: Q1 */
}

static uint64_t puts_now(waiting *w) {
    pthread_mutex_lock(&w->m);
    uint64_t n = w->puts;
    pthread_mutex_unlock(&w->m);
    return n;
}

static ob_val get(ob_val self, bool block, int64_t end) {
    simple_queue *q = ptr(self);
    uint64_t seen = 0;
    for (bool outside = false;; ) {
        if (ob_len(q->items) > 0) return py__deque_pop_left(q->items);
        if (!block || (outside && base_mono_ns() >= end)) return ob_raise_none(ob_type_ptr(empty_type));
        if (py_me->block) return ob_raise(&ob_exc_TransactionError, "waiting for an item of an empty queue, inside an atomic block: use retry() and leave the wait to the transaction");
        if (!outside) {
            seen = puts_now(q->raw);
            if (!ob_external()) return OB_NULL;
            outside = true;
            continue;
        }
        sleep_on(q->raw, end, &seen);
        if (!ob_poll()) return OB_NULL;
    }
}
OB_FN(simple_get) {
    int block = ob_is_null(a[0]) ? 1 : ob_truth(a[0]);
    int64_t end = 0;
    if (block < 0 || (block && !timeout_of(a[1], &end))) return OB_NULL;
    return get(self, block, end);
}
OB_FN(simple_get_nowait) { return get(self, false, 0); }
OB_FN(simple_empty) {
    ssize_t len = ob_len(ptr(self)->items);
    return len < 0 ? OB_NULL : ob_bool(len == 0);
}
OB_FN(simple_qsize) {
    ssize_t len = ob_len(ptr(self)->items);
    return len < 0 ? OB_NULL : ob_from_small(len);
}

static const ob_def simple_methods[] = {
    {"empty", simple_empty, "", "Return True if the queue is empty, False otherwise (not reliable!).", 0},
    {"get", simple_get, "block=True, timeout=None", "Remove and return an item from the queue.", 0},
    {"get_nowait", simple_get_nowait, "", "Remove and return an item from the queue without blocking.", 0},
    {"put", simple_put, "item, block=True, timeout=None", "Put the item on the queue.\n\nThe optional 'block' and 'timeout' arguments are ignored, as this method\nnever blocks.", 0},
    {"put_nowait", simple_put, "item", "Put an item into the queue without blocking.", 0},
    {"qsize", simple_qsize, "", "Return the approximate size of the queue (not reliable!).", 0},
    {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS},
    {0},
};
static ob_type simple_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_queue.SimpleQueue", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(simple_queue),
    .has_weakref = true, .trace = simple_trace, .free = simple_free, .slots = {.make = simple_make}, .methods = simple_methods,
    .doc = "Simple, unbounded, reentrant FIFO queue."};

static bool fill(ob_val m) {
    if (!ob_type_ready(&py__deque_type) || !ob_module_add_type(m, &simple_type)) return false;
    ob_val ns = ob_dict_new(), name = ob_str_from_c("Empty"), module = ob_str_from_c("_queue"), bases = ob_tuple_of1(ob_type_val(&ob_exc_Exception));
    if (ob_is_null(ns) || ob_is_null(name) || ob_is_null(module) || ob_is_null(bases) || !ob_dict_set_c(ns, "__module__", module)) return false;
    empty_type = ob_type_new_class(&ob_type_type, name, bases, ns, NULL, OB_NULL);
    return !ob_is_null(empty_type) && ob_gc_add_static(&empty_type) && ob_module_add(m, "Empty", empty_type);
}
const ob_module_def py_mod__queue = {"_queue", "C implementation of the Python queue module.", NULL, fill};
