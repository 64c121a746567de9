/* init.c: brings the object space up: transactions, heap, names, types, in this order.
 * Locks: none; runs once on the main thread before there is another one.
 * The tables name types and functions of other files weakly, so that tests can link a part of the object space. */
#include "objspace/init.h"
#include "objspace/error.h"
#include "objspace/heap.h"
#include "objspace/str.h"
#include "objspace/heap_cells.h"
#include "objspace/type_make.h"
#include "txn/tx.h"
#include <pthread.h>
#include <stdlib.h>

#define TYPE(t) extern ob_type t __attribute__((weak));
#include "objspace/types.def"
#undef TYPE
#define EXC(name, base, layout) extern ob_type ob_exc_##name __attribute__((weak));
#include "objspace/exc.def"
#undef EXC

static ob_type *const static_types[] = {
#define TYPE(t) &t,
#include "objspace/types.def"
#undef TYPE
#define EXC(name, base, layout) &ob_exc_##name,
#include "objspace/exc.def"
#undef EXC
};

#define EARLY(f) bool f(void) __attribute__((weak));
#define LATE(f) bool f(void) __attribute__((weak));
#include "objspace/inits.def"
#undef EARLY
#undef LATE
typedef bool init_fn(void);
static init_fn *const early[] = {
#define EARLY(f) f,
#define LATE(f)
#include "objspace/inits.def"
#undef EARLY
#undef LATE
};
static init_fn *const late[] = {
#define EARLY(f)
#define LATE(f) f,
#include "objspace/inits.def"
#undef EARLY
#undef LATE
};

static bool run_all(init_fn *const *fns, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fns[i] && !fns[i]()) return false;
    return true;
}

ob_type *ob__static_type(size_t i) {
    static ob_type absent;
    if (i >= BASE_LENGTH(static_types)) return NULL;
    return static_types[i] ? static_types[i] : &absent;
}

static void *stack_base(void) {
    pthread_attr_t a;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &a) != 0) return __builtin_frame_address(0);
    pthread_attr_getstack(&a, &low, &size);
    pthread_attr_destroy(&a);
    return (char *)low + size - sizeof(void *);
}

bool ob_thread_enter(void) {
    if (!tx_thread_enter()) return false;
    if (ob_heap_thread_enter(stack_base())) {
        if (ob__thread_init()) return true;
        ob_heap_thread_leave();
    }
    tx_thread_leave();
    return false;
}

void ob_thread_leave(void) {
    ob__thread_release();
    tx_thread_leave();                                  /* gives versions back to the heap */
    ob_heap_thread_leave();
}

void ob_threads_forked(void) {
    ob__threads_forked();
    ob__heap_forked();
}

bool ob_init(void) {
    static bool done;
    if (done) return true;
    if (!tx_init() || !ob_heap_init() || !ob_thread_enter()) return false;
    tx_begin(&(tx_options){.slice = true, .name = "start"});
    for (size_t i = 0; i < BASE_LENGTH(static_types); i++)                  /* what EARLY functions put into them must live already */
        if (static_types[i] && !ob_gc_add_static_object(static_types[i])) return false;
    if (!ob_names_init(getenv("PYTHONHASHSEED")) || !run_all(early, BASE_LENGTH(early))) return false;
    for (size_t i = 0; i < BASE_LENGTH(static_types); i++)
        if (static_types[i] && !ob_type_ready(static_types[i])) return false;
    done = run_all(late, BASE_LENGTH(late));
    return done;
}
