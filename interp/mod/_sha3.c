/* _sha3.c: the module _sha3: SHA-3 and SHAKE (FIPS 202) over Keccak-f[1600].
 *
 * Locks: none.
 */
#include "interp/mod/digest.h"
#include "interp/mod/modules.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include <string.h>

typedef struct keccak { uint64_t lane[25]; uint32_t rate, at; uint8_t suffix; } keccak;   /* at: bytes absorbed of the current block */
_Static_assert(sizeof(keccak) <= PY_DIGEST_STATE, "the state fits");

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static inline uint64_t turn(uint64_t x, unsigned n) { return n ? x << n | x >> (64 - n) : x; }

static void permute(uint64_t a[25]) {
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], b[25];
        for (int x = 0; x < 5; x++) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        for (int i = 0; i < 25; i++) a[i] ^= c[(i + 4) % 5] ^ turn(c[(i + 1) % 5], 1);                /* theta */
        b[0] = a[0];
        for (int t = 0, x = 1, y = 0; t < 24; t++) {                                                    /* rho and pi */
            int nx = y, ny = (2 * x + 3 * y) % 5;
            b[nx + 5 * ny] = turn(a[x + 5 * y], (unsigned)((t + 1) * (t + 2) / 2 % 64));
            x = nx;
            y = ny;
        }
        for (int i = 0; i < 25; i++) a[i] = b[i] ^ (~b[i / 5 * 5 + (i + 1) % 5] & b[i / 5 * 5 + (i + 2) % 5]);   /* chi */
        a[0] ^= round_constants[round];                                                                  /* iota */
    }
}

static void absorb(void *state, const void *bytes, size_t n) {
    keccak *k = state;
    const uint8_t *p = bytes;
    while (n) {
        while (n && k->at % 8) { k->lane[k->at / 8] ^= (uint64_t)*p++ << k->at % 8 * 8; k->at++; n--; }
        for (; n >= 8 && k->at < k->rate; p += 8, n -= 8, k->at += 8) {
            uint64_t w;
            memcpy(&w, p, 8);
            k->lane[k->at / 8] ^= w;
        }
        while (n && n < 8 && k->at < k->rate) { k->lane[k->at / 8] ^= (uint64_t)*p++ << k->at % 8 * 8; k->at++; n--; }
        if (k->at == k->rate) { permute(k->lane); k->at = 0; }
    }
}

static void squeeze(keccak *k, uint8_t *out, size_t n) {
    k->lane[k->at / 8] ^= (uint64_t)k->suffix << k->at % 8 * 8;
    k->lane[(k->rate - 1) / 8] ^= UINT64_C(0x80) << (k->rate - 1) % 8 * 8;
    while (n) {
        size_t part = n < k->rate ? n : k->rate;
        permute(k->lane);
        memcpy(out, k->lane, part);
        out += part;
        n -= part;
    }
}

/* VARIANT(name, digest bytes (0: any), rate, suffix with the first padding bit) */
#define VARIANTS(V) \
    V(sha3_224, 28, 144, 0x06) V(sha3_256, 32, 136, 0x06) V(sha3_384, 48, 104, 0x06) V(sha3_512, 64, 72, 0x06) \
    V(shake_128, 0, 168, 0x1f) V(shake_256, 0, 136, 0x1f)

static ob_val get_capacity(ob_val self) { return ob_from_small((int64_t)(1600 - 8 * py_digest_of(self)->block_size)); }
static ob_val get_rate(ob_val self) { return ob_from_small((int64_t)(8 * py_digest_of(self)->block_size)); }
static ob_val get_suffix(ob_val self) { return ob_bytes_from(&((const keccak *)(const void *)((const py_digest_body *)ob_read(self))->state)->suffix, 1); }

static ob_getset getsets[8];                               /* the common ones and these, put together in fill() */
static const ob_getset own_getsets[] = {
    {"_capacity_bits", get_capacity, NULL, NULL}, {"_rate_bits", get_rate, NULL, NULL}, {"_suffix", get_suffix, NULL, NULL}, {NULL, NULL, NULL, NULL}};

static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw);

#define V(name_, size, rate_, suffix_) \
    static void name_##_init(void *s) { keccak *k = s; memset(k, 0, sizeof *k); k->rate = rate_; k->suffix = suffix_; } \
    static void name_##_final(uint8_t *out, void *s) { squeeze(s, out, size); } \
    PY_DIGEST(name_##_algorithm, "_sha3." #name_, #name_, size, rate_, name_##_init, absorb, name_##_final);
VARIANTS(V)
#undef V

static ob_val make_bound(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return py_digest_new((py_digest *)ob_type_ptr(self), a[0]); }

/* The types are called to make objects. */
static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"sha3", make_bound, "data=b'', /, *, usedforsecurity=True", NULL, 0};
    return ob_def_call(&def, ob_type_val(type), a, n, kw);
}

/* ---- SHAKE's digests have any length ---- */

static bool shake(ob_val self, ob_val length, ob_val *out) {
    int64_t n;
    uint64_t u;
    ob_val i = ob_index(length);
    if (ob_is_null(i)) return false;
    if (ob_int_sign(i) < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "value must be positive"));
    if (!ob_int_to_u64(i, &u)) return false;
    n = (int64_t)u;
    if (u >= UINT64_C(1) << 29) return ob_fail(ob_raise(&ob_exc_ValueError, "length is too large"));
    *out = ob_bytes_alloc((size_t)n);
    if (ob_is_null(*out)) return false;
    py_digest_body copy = *(const py_digest_body *)ob_read(self);
    squeeze((keccak *)(void *)copy.state, ob_bytes_ptr(*out)->data, (size_t)n);
    return true;
}

OB_FN(shake_digest) { ob_val b; return shake(self, a[0], &b) ? b : OB_NULL; }
OB_FN(shake_hexdigest) { ob_val b; return shake(self, a[0], &b) ? py_digest_hex(ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len) : OB_NULL; }
static ob_def shake_methods[5];

static bool fill(ob_val m) {
    size_t n = 0;
    for (const ob_getset *g = py_digest_getsets; g->name; g++) getsets[n++] = *g;
    for (const ob_getset *g = own_getsets; g->name; g++) getsets[n++] = *g;
    n = 0;
    for (const ob_def *d = py_digest_methods; d->name; d++) shake_methods[n++] = *d;
    for (ob_def *d = shake_methods; d->name; d++) {
        if (strcmp(d->name, "digest") == 0) { d->fn = shake_digest; d->sig = "length, /"; }
        if (strcmp(d->name, "hexdigest") == 0) { d->fn = shake_hexdigest; d->sig = "length, /"; }
    }
#define V(name_, size, rate, suffix) \
    name_##_algorithm.type.flags = 0; \
    name_##_algorithm.type.slots.make = make; \
    name_##_algorithm.type.getsets = getsets; \
    if (size == 0) name_##_algorithm.type.methods = shake_methods; \
    if (!ob_module_add_type(m, &name_##_algorithm.type)) return false;
    VARIANTS(V)
#undef V
    return ob_module_add(m, "implementation", ob_str_from_c("generic 64-bit"));
}

static const ob_def defs[] = {{NULL, NULL, NULL, NULL, 0}};
const ob_module_def py_mod__sha3 = {"_sha3", "The digests SHA-3 and SHAKE.", defs, fill};
