/* thread.h: starting threads with a stack of known size, and small numbers for them. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H
#include "base/check.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct base_thread { pthread_t id; } base_thread;

/* Runs fn(arg) in a new thread. stack: bytes, 0: the system's default. false: no memory or too many threads (errno says which). */
bool base_thread_start(base_thread *t, size_t stack, void (*fn)(void *arg), void *arg) MUST_CHECK;
void base_thread_join(base_thread *t);
void base_thread_detach(base_thread *t);

/* A condition whose timed waits go by base_mono_ns(). */
void base_cond_init(pthread_cond_t *c);

/* A small number of the running thread, from 0 up; given at the first call, free again when the thread ends. */
unsigned base_thread_number(void);

/* The lowest usable address and the size of the running thread's stack; false: unknown. */
bool base_thread_stack(void **low, size_t *size);
/* Cores that this process may use, at least 1. */
unsigned base_thread_cores(void);

#endif
