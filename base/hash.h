/* hash.h: SipHash-1-3 for strings that attackers choose, and a fast mixer for words that they do not.
 * SipHash: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with 1 compression and 3 finalisation rounds. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include <stddef.h>
#include <stdint.h>

typedef struct base_hash_key { uint64_t k0, k1; } base_hash_key;

uint64_t base_hash_bytes(const base_hash_key *key, const void *bytes, size_t n);

/* A bijection of words that spreads every input bit over the output (the finaliser of splitmix64). */
static inline uint64_t base_hash_word(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* One multiplication: good upper bits, for tables indexed by them. */
static inline uint64_t base_hash_pointer(const void *p) { return (uint64_t)(uintptr_t)p * UINT64_C(0x9e3779b97f4a7c15); }

#endif
