/* other_thread.h: another thread runs and commits something while this one's transaction is open.  For test programs over objspace. */
#ifndef TESTS_UNIT_OTHER_THREAD_H
#define TESTS_UNIT_OTHER_THREAD_H
#include "objspace/heap.h"
#include "objspace/init.h"
#include "txn/tx.h"
#include <pthread.h>

typedef bool action(int64_t a, int64_t b);
static struct { action *fn; int64_t a, b; const tx_options *options; bool ok; } other_does;
static void *other_thread(void *arg) {
    (void)arg;
    if (!ob_thread_enter()) return NULL;
    tx_begin(other_does.options);
    other_does.ok = other_does.fn(other_does.a, other_does.b) && tx_commit() == TX_COMMITTED;
    ob_thread_leave();
    return NULL;
}
/* fn(a, b) in a transaction of that thread; has it committed? */
static bool other_with(const tx_options *options, action *fn, int64_t a, int64_t b) {
    pthread_t t;
    other_does.fn = fn, other_does.a = a, other_does.b = b, other_does.options = options, other_does.ok = false;
    tx_leave_sole();
    if (pthread_create(&t, NULL, other_thread, NULL) != 0) return false;
    ob_blocking_enter();
    pthread_join(t, NULL);
    ob_blocking_leave();
    return other_does.ok;
}

#endif
