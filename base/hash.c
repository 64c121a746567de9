/* hash.c: SipHash-1-3.  Locks: none. */
#include "base/hash.h"

typedef struct state { uint64_t a, b, c, d; } state;

static inline uint64_t rotate(uint64_t x, int n) { return x << n | x >> (64 - n); }

static inline void round_once(state *s) {
    s->a += s->b; s->b = rotate(s->b, 13) ^ s->a; s->a = rotate(s->a, 32);
    s->c += s->d; s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d; s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b; s->b = rotate(s->b, 17) ^ s->c; s->c = rotate(s->c, 32);
}

static inline uint64_t get64(const unsigned char *p, size_t n) {
    uint64_t x = 0;
    for (size_t i = 0; i < n; i++) x |= (uint64_t)p[i] << 8 * i;
    return x;
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
    for (; left >= 8; left -= 8, p += 8) absorb(&s, get64(p, 8));
    absorb(&s, get64(p, left) | (uint64_t)n << 56);
    s.c ^= 0xff;
    round_once(&s);
    round_once(&s);
    round_once(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
