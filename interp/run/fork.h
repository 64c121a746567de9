/* fork.h: fork() of a process that runs Python: the child goes on with the calling thread alone. */
#ifndef INTERP_RUN_FORK_H
#define INTERP_RUN_FORK_H
#include "interp/run/frame.h"
#include <sys/types.h>

/* os.register_at_fork: functions without arguments, or OB_NULL. */
bool py_fork_register(ob_val before, ob_val in_parent, ob_val in_child) MUST_CHECK;
/* Runs the hooks and forks, by `fork_with` (fork itself, forkpty …) with its argument; returns what that returned, errno set. After ob_external(). */
pid_t py_fork(pid_t (*fork_with)(void *arg), void *arg);
/* Is this process a child that goes on from a fork? Then mutexes and conditions that the parent's other threads held may be in any state. */
extern bool py_fork_is_child;

/* In the child: what the parent's other threads had is given back. */
void py_frames_forked(void);     /* run/frame.c */
void py_imports_forked(void);    /* run/import_lock.c: before their threads go */
void py_threads_forked(void);    /* mod/_thread.c */
void py_signals_forked(void);    /* run/signals.c */
#endif
