/* rand.h: small fast random numbers for backoff, tests and hash seeds; not for secrets (see base_rand_entropy).
 * splitmix64 and xoshiro256** by Vigna and Blackman, "Scrambled Linear Pseudorandom Number Generators" (2018). */
#ifndef BASE_RAND_H
#define BASE_RAND_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct base_rand { uint64_t s[4]; } base_rand;

static inline uint64_t base_splitmix(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline void base_rand_seed(base_rand *r, uint64_t seed) {
    for (int i = 0; i < 4; i++) r->s[i] = base_splitmix(&seed);
}

static inline uint64_t base_rand_next(base_rand *r) {
    uint64_t *s = r->s, x = s[1] * 5, result = (x << 7 | x >> 57) * 9, t = s[1] << 17;
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3];
    s[2] ^= t;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}

/* Uniform enough in [0, bound); bound > 0.  Multiplication by Lemire, "Fast Random Integer Generation in an Interval" (2019), unrejected. */
static inline uint32_t base_rand_below(base_rand *r, uint32_t bound) {
    return (uint32_t)((base_rand_next(r) >> 32) * bound >> 32);
}

/* Fills out with the system's entropy; false: none to be had. */
bool base_rand_entropy(void *out, size_t n);

#endif
