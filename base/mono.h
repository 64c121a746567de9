/* mono.h: the monotonic clock. */
#ifndef BASE_MONO_H
#define BASE_MONO_H
#include <stdint.h>
#include <time.h>

/* Nanoseconds since some fixed point in the past; never goes back. */
static inline int64_t base_mono_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Some fixed number of ticks in a nanosecond, counted by the processor where it can: a few nanoseconds a reading. */
static inline int64_t base_mono_ticks(void) {
#if defined(__x86_64__)
    return (int64_t)__builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    int64_t t;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
    return t;
#else
    return base_mono_ns();
#endif
}

#endif
