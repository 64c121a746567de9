/* thread.c: what the object space keeps for each thread: its pending condition, the cache of type look-ups, the stack of running reprs.
 * Locks: `lock` around the list of threads.  The collector walks the list with the world stopped. */
#include "objspace/type_make.h"
#include "base/lock.h"
#include "base/mem.h"
#include "txn/tx.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Thread_local ob__thread *ob__me HOT_TLS;
static base_lock lock = BASE_LOCK_INIT(TABLE, "objspace threads");
static ob__thread *threads;

/* A collection may free types and names; both are keys of the caches. */
static void trace_threads(ob_tracer *t, void *arg) {
    (void)arg;
    for (ob__thread *th = threads; th; th = th->next) {
        ob_trace_val(t, th->err->value);
        ob_trace_val(t, *th->unread);
        ob_trace_vals(t, th->repr, th->repr_n);
        memset(th->cache, 0, sizeof th->cache);
        ob__known_forget(&th->known);
        ob__near_forget(&th->near);
    }
}

/* The main thread's stack gets its addresses as it grows. When the process has none left (ulimit -v) that ends it, wherever it is, where an allocation that fails is a MemoryError. So they are taken
 * at the begin, as other threads' are: the kernel writes to the end of the stack, which takes one page of memory, and is told by an error if it cannot. The end of what could be had. */
static char *take_main_stack(char *low) {
    enum { REST = 64 * 1024 /* which the kernel may refuse */, LEAST = 512 * 1024, MOST = 64 << 20 };
    char *here = __builtin_frame_address(0);
    size_t all = here - low > REST ? (size_t)(here - low) - REST : 0;
    for (size_t want = all < MOST ? all : MOST; want >= LEAST; want /= 2)
        if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (uintptr_t)(here - want) & ~(uintptr_t)15) == 0) return want == all || want == MOST ? low : here - want;
    return low;
}

/* The lowest address that C recursion may reach: what the thread's stack has, less a guard for natives that do not ask. */
static char *stack_limit(void) {
    enum { GUARD = 320 * 1024, DEFAULT = 1024 * 1024 };
    pthread_attr_t a;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &a) != 0) return (char *)__builtin_frame_address(0) - DEFAULT;
    pthread_attr_getstack(&a, &low, &size);
    pthread_attr_destroy(&a);
    if (getpid() == (pid_t)syscall(SYS_gettid)) {
        char *got = take_main_stack(low);
        size -= (size_t)(got - (char *)low);
        low = got;
    }
    return (char *)low + (size > 2 * (size_t)GUARD ? (size_t)GUARD : size / 2);
}

bool ob__thread_init(void) {
    static bool rooted;
    ob__thread *me = base_mem_zeroed(sizeof *me);
    if (!me) return false;
    me->err = &ob_err;
    me->unread = &ob_unread;
    me->stack_limit = me->stack_low = stack_limit();
    base_lock_take(&lock);
    me->next = threads;
    me->link = &threads;
    if (threads) threads->link = &me->next;
    threads = me;
    bool first = !rooted;
    rooted = true;
    base_lock_drop(&lock);
    ob__me = me;
    return !first || ob_gc_add_root(trace_threads, NULL);
}

void ob__thread_release(void) {
    ob__thread *me = ob__me;
    if (!me) return;
    base_lock_take(&lock);
    *me->link = me->next;
    if (me->next) me->next->link = me->link;
    base_lock_drop(&lock);
    ob__me = NULL;
    base_mem_free(me->repr);
    ob__known_release(&me->known);
    ob__near_release(&me->near);
    base_mem_free(me);
}

void ob__threads_forked(void) {
    for (ob__thread *t = threads, *next; t; t = next) {
        next = t->next;
        if (t == ob__me) continue;
        base_mem_free(t->repr);
        ob__known_release(&t->known);
        ob__near_release(&t->near);
        base_mem_free(t);
    }
    threads = ob__me;
    ob__me->next = NULL;
    ob__me->link = &threads;
}

bool ob_c_enter(void) {
    if (LIKELY(!ob__me || (char *)__builtin_frame_address(0) > ob__me->stack_limit)) return true;
    if (ob_is_unread()) return ob_unread_stop();
    ob__me->stack_limit = ob__me->stack_low - 64 * 1024;       /* room for making the exception */
    ob_raise(&ob_exc_RecursionError, "maximum recursion depth exceeded");
    ob__me->stack_limit = ob__me->stack_low;
    return false;
}
void ob_c_leave(void) {}

/* ---- what could not be read ---- */

_Thread_local ob_val ob_unread HOT_TLS;

/* The limit of the stack is what ob_c_enter looks at anyway. */
void ob_unread_begin(void) {
    if (ob_is_unread()) return;
    ob_unread = ob_err.cond == OB_COND_EXCEPTION ? ob_err.value : OB_NONE;
    ob__me->stack_limit = (char *)UINTPTR_MAX;
    tx_unread_begin();
}

bool ob_unread_stop(void) {
    if (ob_err.cond == OB_COND_NONE && !ob_is_none(ob_unread)) ob_err = (ob_pending){OB_COND_EXCEPTION, ob_unread};
    return false;
}

void ob_unread_forget(void) {
    if (!ob_is_unread()) return;
    ob_unread = OB_NULL;
    ob__me->stack_limit = ob__me->stack_low;
    tx_unread_end();
}

void ob_unread_raise(void) {
    if (ob_err.cond == OB_COND_EXCEPTION) ob_err = (ob_pending){0};
    (void)ob_unread_stop();
    ob_unread_forget();
}

bool ob_repr_enter(ob_val v, bool *entered) {
    *entered = false;
    if (!ob_c_enter()) return false;
    ob__thread *me = ob__me;
    for (size_t i = me->repr_n; i-- > 0;)
        if (ob_same(me->repr[i], v)) return true;
    if (me->repr_n >= atomic_load_explicit(&ob_recursion_limit, memory_order_relaxed))
        return ob_fail(ob_raise(&ob_exc_RecursionError, "maximum recursion depth exceeded while getting the repr of an object"));
    if (me->repr_n == me->repr_cap) {
        size_t cap = me->repr_cap ? me->repr_cap * 2 : 16;
        ob_val *more = base_mem_resize(me->repr, cap * sizeof *more);
        if (!more) return ob_fail(ob_raise_memory());
        me->repr = more;
        me->repr_cap = cap;
    }
    me->repr[me->repr_n++] = v;
    *entered = true;
    return true;
}

void ob_repr_leave(ob_val v) {
    ob__thread *me = ob__me;
    while (me->repr_n > 0)
        if (ob_same(me->repr[--me->repr_n], v)) return;
}
