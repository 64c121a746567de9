/* init.h: brings the object space up. */
#ifndef OBJSPACE_INIT_H
#define OBJSPACE_INIT_H
#include "objspace/type.h"

/* Once a process, on the main thread: transactions, heap, this thread, names, all static types. Leaves the thread in a transaction.
 * false: out of memory. */
bool ob_init(void) MUST_CHECK;
/* For every further thread, at its start and end. */
bool ob_thread_enter(void) MUST_CHECK;
void ob_thread_leave(void);
/* In a forked child, while the world is stopped: forgets all other threads. */
void ob_threads_forked(void);

#endif
