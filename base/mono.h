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

#endif
