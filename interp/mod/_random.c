/* _random.c: the module _random: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded as CPython seeds it.
 *
 * Locks: none. A generator's state is its versioned body: an undone transaction takes its numbers back.
 */
#include "base/mem.h"
#include "base/rand.h"
#include "interp/mod/modules.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/int_gmp.h"
#include "objspace/tuple.h"
#include <limits.h>
#include <string.h>

#define N 624
#define M 397

typedef struct random_body { uint32_t state[N]; uint32_t index; } random_body;
static ob_type random_type;

/* ---- the generator ---- */

static inline uint32_t twist(uint32_t high, uint32_t low) {
    uint32_t y = (high & 0x80000000u) | (low & 0x7fffffffu);
    return y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
}

static void refill(random_body *b) {
    uint32_t *s = b->state;
    for (int i = 0; i < N; i++) s[i] = s[(i + M) % N] ^ twist(s[i], s[(i + 1) % N]);
    b->index = 0;
}

static uint32_t next_word(random_body *b) {
    if (b->index >= N) refill(b);
    uint32_t y = b->state[b->index++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static void seed_word(random_body *b, uint32_t seed) {
    b->state[0] = seed;
    for (uint32_t i = 1; i < N; i++) b->state[i] = 1812433253u * (b->state[i - 1] ^ b->state[i - 1] >> 30) + i;
    b->index = N;
}

static void seed_key(random_body *b, const uint32_t *key, size_t n) {
    uint32_t *s = b->state;
    size_t i = 1, j = 0;
    seed_word(b, 19650218u);
    for (size_t k = n > N ? n : N; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1664525u) + key[j] + (uint32_t)j;
        if (++i >= N) { s[0] = s[N - 1]; i = 1; }
        if (++j >= n) j = 0;
    }
    for (size_t k = N - 1; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
        if (++i >= N) { s[0] = s[N - 1]; i = 1; }
    }
    s[0] = 0x80000000u;
}

/* ---- seeding ---- */

static bool seed_entropy(ob_val self) {
    uint32_t key[N];
    if (!base_rand_entropy(key, sizeof key)) return ob_fail(ob_raise(&ob_exc_OSError, "no entropy to be had"));
    random_body *b = ob_write(self);
    if (!b) return false;
    seed_key(b, key, N);
    return true;
}

/* The absolute value of an int in words of 32 bits, lowest first. */
static bool seed_int(ob_val self, ob_val i) {
    i = ob_int_sign(i) < 0 ? ob_int_binary(OB_BIN_SUB, ob_from_small(0), i) : i;
    if (ob_is_null(i)) return false;
    uint32_t local[32], *key = local;
    size_t words = ob_int_bit_length(i) / 32 + 1;
    if (words > BASE_LENGTH(local) && !(key = base_mem_alloc(words * 4))) return ob_fail(ob_raise_memory());
    bool ok = ob_int_to_bytes(i, (uint8_t *)key, words * 4, true, false);
    while (words > 1 && key[words - 1] == 0) words--;
    random_body *b = ok ? ob_write(self) : NULL;
    if (b) seed_key(b, key, words);
    if (key != local) base_mem_free(key);
    return b != NULL;
}

static bool seed(ob_val self, ob_val v) {
    uint64_t h;
    if (ob_is_null(v) || ob_is_none(v)) return seed_entropy(self);
    if (ob_is_int(v)) return seed_int(self, v);
    if (!ob_hash(v, &h)) return false;
    ob_val i = ob_int_from_u64(h);
    return !ob_is_null(i) && seed_int(self, i);
}

static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    if (type == &random_type && ob_kw_count(kw)) return ob_raise(&ob_exc_TypeError, "Random() takes no keyword arguments");
    if (n > 1) return ob_raise(&ob_exc_TypeError, "Random() requires 0 or 1 argument");
    ob_val self = ob_of(ob_alloc_mut(type, sizeof(random_body)));
    return !ob_is_null(self) && seed(self, n ? a[0] : OB_NULL) ? self : OB_NULL;
}

/* ---- methods ---- */

OB_FN(random_seed) {
    if (ob_kw_count(kw)) return ob_raise(&ob_exc_TypeError, "Random.seed() takes no keyword arguments");
    if (n > 1) return ob_raise(&ob_exc_TypeError, "seed expected at most 1 argument, got %zu", n);
    return seed(self, n ? a[0] : OB_NULL) ? OB_NONE : OB_NULL;
}

OB_FN(random_random) {
    random_body *b = ob_write(self);
    if (!b) return OB_NULL;
    uint32_t high = next_word(b) >> 5, low = next_word(b) >> 6;
    return ob_float_from((high * 67108864.0 + low) * (1.0 / 9007199254740992.0));
}

static ob_val many_bits(random_body *b, int64_t k) {
    size_t words = (size_t)(k + 31) / 32;
    uint32_t local[64], *w = local;
    if (words > BASE_LENGTH(local) && !(w = base_mem_alloc(words * 4))) return ob_raise_memory();
    for (size_t i = 0; i < words; i++, k -= 32) w[i] = k < 32 ? next_word(b) >> (32 - k) : next_word(b);
    ob_val v = ob_int_from_bytes((const uint8_t *)w, words * 4, true, false);
    if (w != local) base_mem_free(w);
    return v;
}

OB_FN(random_getrandbits) {
    int64_t k;
    ob_val i = ob_index(a[0]);
    if (ob_is_null(i)) return i;
    k = ob_int_clamp(i);
    if (k > INT_MAX || k < INT_MIN) return ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C int");
    if (k < 0) return ob_raise(&ob_exc_ValueError, "number of bits must be non-negative");
    if (k == 0) return ob_from_small(0);
    random_body *b = ob_write(self);
    if (!b) return OB_NULL;
    return k <= 32 ? ob_from_small(next_word(b) >> (32 - k)) : many_bits(b, k);
}

OB_FN(random_getstate) {
    const random_body *b = ob_read(self);
    ob_val t = ob_tuple_alloc(N + 1);
    if (ob_is_null(t)) return t;
    for (size_t i = 0; i < N; i++) ob_tuple_ptr(t)->items[i] = ob_from_small(b->state[i]);
    ob_tuple_ptr(t)->items[N] = ob_from_small(b->index);
    return t;
}

OB_FN(random_setstate) {
    ob_val t = a[0];
    random_body made;
    uint64_t word;
    int64_t index;
    if (!ob_is_tuple(t)) return ob_raise(&ob_exc_TypeError, "state vector must be a tuple");
    if (ob_tuple_len(t) != N + 1) return ob_raise(&ob_exc_ValueError, "state vector is the wrong size");
    for (size_t i = 0; i < N; i++) {
        if (!ob_is_int(ob_tuple_at(t, i))) return ob_raise(&ob_exc_TypeError, "an integer is required");
        if (!ob_int_to_u64(ob_tuple_at(t, i), &word)) return OB_NULL;
        made.state[i] = (uint32_t)word;
    }
    if (!ob_int_to_i64(ob_tuple_at(t, N), &index)) return OB_NULL;
    if (index < 0 || index > N) return ob_raise(&ob_exc_ValueError, "invalid state");
    made.index = (uint32_t)index;
    random_body *b = ob_write(self);
    if (!b) return OB_NULL;
    *b = made;
    return OB_NONE;
}

static const ob_def random_methods[] = {
    {"getrandbits", random_getrandbits, "k, /", "An integer of k random bits.", 0},
    {"getstate", random_getstate, "", "The state of the generator, as a tuple.", 0},
    {"random", random_random, "", "A random float in [0, 1).", 0},
    {"seed", random_seed, NULL, "seed([n]) -> None.\n\nStarts afresh from n, or from the system's entropy.", 0},
    {"setstate", random_setstate, "state, /", "Restores a state that getstate() gave.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

static ob_type random_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind),
    .name = "_random.Random",
    .base = &ob_object_type,
    .flags = OB_TF_BASE,
    .size = sizeof(random_body),
    .slots = {.make = make},
    .methods = random_methods,
    .doc = "Random() -> create a random number generator with its own internal state.",
};

static const ob_def defs[] = {{NULL, NULL, NULL, NULL, 0}};
static bool fill(ob_val m) { return ob_module_add_type(m, &random_type); }
const ob_module_def py_mod__random = {"_random", "The Mersenne Twister.", defs, fill};
