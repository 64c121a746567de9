/* atomic.h: what <stdatomic.h> lacks: the pause hint, the size of a cache line, and a full fence that ThreadSanitizer understands. */
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

#endif
