/* atomic.h: what <stdatomic.h> lacks: the pause hint, the size of a cache line, and fetching a line in order to write it. */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H
#include <stdatomic.h>
#include <stdint.h>

#define BASE_CACHE_LINE 64
#define BASE_CACHE_ALIGNED __attribute__((aligned(BASE_CACHE_LINE)))

/* Tells the core that we spin. */
static inline void base_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#else
    atomic_signal_fence(memory_order_seq_cst);   /* MO: SIGNAL: the compiler only; the other side is a handler on this thread (MO: SIGNAL) */
#endif
}

/* This core takes the line of p from whichever has it, without waiting for it. Of __builtin_prefetch(p, 1) gcc makes for plain x86-64 one that only reads: the
 * first write then has to ask for the line a second time. Processors that do not know prefetchw take it for a no-operation. */
static inline void base_prefetch_write(const void *p) {
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
    __builtin_prefetch(p, 1);
#endif
}

#endif
