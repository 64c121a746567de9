/* hash.c: SipHash-1-3.  Locks: none. */
#include "base/hash.h"
#include <string.h>

typedef struct state { uint64_t a, b, c, d; } state;

static inline uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

static inline void round_once(state *s) {
    s->a += s->b; s->b = rotate(s->b, 13) ^ s->a; s->a = rotate(s->a, 32);
    s->c += s->d; s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d; s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b; s->b = rotate(s->b, 17) ^ s->c; s->c = rotate(s->c, 32);
}

static inline uint64_t get64(const unsigned char *p) {
    uint64_t x;
    memcpy(&x, p, 8);
    return x;
}

/* n < 8 bytes: two words that overlap, or first, middle and last. */
static inline uint64_t get_rest(const unsigned char *p, size_t n) {
    uint32_t low, high;
    if (n >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        return low | (uint64_t)high << 8 * (n - 4);
    }
    return n ? p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1) : 0;
}

static inline void absorb(state *s, uint64_t m) {
    s->d ^= m;
    round_once(s);
    s->a ^= m;
}

uint64_t base_hash_bytes(const base_hash_key *key, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    state s = {key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
               key->k0 ^ UINT64_C(0x6c7967656e657261), key->k1 ^ UINT64_C(0x7465646279746573)};
    size_t left = n;
    for (; left >= 8; left -= 8, p += 8) absorb(&s, get64(p));
    absorb(&s, get_rest(p, left) | (uint64_t)n << 56);
    s.c ^= 0xff;
    round_once(&s);
    round_once(&s);
    round_once(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
