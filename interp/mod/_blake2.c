/* _blake2.c: the module _blake2: BLAKE2b and BLAKE2s (RFC 7693) with all parameters.
 *
 * Locks: none. Both variants share one state, of 64-bit words; BLAKE2s uses the lower halves.
 */
#include "interp/mod/digest.h"
#include "interp/mod/modules.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/error.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include <string.h>

typedef struct variant { unsigned bits, rounds, turn[4], salt; } variant;   /* salt: bytes of salt and of person; a digest has bits bytes */
static const variant variant_b = {64, 12, {32, 24, 16, 63}, 16}, variant_s = {32, 10, {16, 12, 8, 7}, 8};

typedef struct state { const variant *v; uint64_t h[8], fed; uint32_t n; bool last_node; uint8_t block[128]; } state;
_Static_assert(sizeof(state) <= PY_DIGEST_STATE, "the state fits");

/* SHA-512's start values; SHA-256's are their upper halves. */
static const uint64_t start[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
static const uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t start_word(const variant *v, int i) { return v->bits == 64 ? start[i] : start[i] >> 32; }
static inline uint64_t mask_of(const variant *v) { return v->bits == 64 ? ~UINT64_C(0) : 0xffffffff; }

static inline void mix(const variant *v, uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y) {
    uint64_t mask = mask_of(v);
#define TURN(w, n) (((w) >> (n) | (w) << (v->bits - (n))) & mask)
    *a = (*a + *b + x) & mask;
    *d = TURN(*d ^ *a, v->turn[0]);
    *c = (*c + *d) & mask;
    *b = TURN(*b ^ *c, v->turn[1]);
    *a = (*a + *b + y) & mask;
    *d = TURN(*d ^ *a, v->turn[2]);
    *c = (*c + *d) & mask;
    *b = TURN(*b ^ *c, v->turn[3]);
#undef TURN
}

static void compress(state *s, bool last) {
    const variant *v = s->v;
    uint64_t m[16] = {0}, w[16], mask = mask_of(v);
    for (unsigned i = 0; i < 16; i++) memcpy(&m[i], s->block + i * v->bits / 8, v->bits / 8);
    for (int i = 0; i < 8; i++) { w[i] = s->h[i]; w[i + 8] = start_word(v, i); }
    w[12] ^= s->fed & mask;
    w[13] ^= v->bits == 64 ? 0 : s->fed >> 32;
    if (last) w[14] ^= mask;
    if (last && s->last_node) w[15] ^= mask;
    for (unsigned r = 0; r < v->rounds; r++) {
        const uint8_t *p = sigma[r % 10];
        for (int i = 0; i < 4; i++) mix(v, &w[i], &w[4 + i], &w[8 + i], &w[12 + i], m[p[2 * i]], m[p[2 * i + 1]]);
        for (int i = 0; i < 4; i++) mix(v, &w[i], &w[4 + (i + 1) % 4], &w[8 + (i + 2) % 4], &w[12 + (i + 3) % 4], m[p[8 + 2 * i]], m[p[9 + 2 * i]]);
    }
    for (int i = 0; i < 8; i++) s->h[i] ^= w[i] ^ w[i + 8];
}

static void update(void *state_, const void *bytes, size_t n) {
    state *s = state_;
    const uint8_t *p = bytes;
    uint32_t block = s->v->bits * 2;
    while (n) {
        if (s->n == block) {                              /* a full block waits until more comes: it might be the last */
            s->fed += block;
            compress(s, false);
            s->n = 0;
        }
        size_t part = block - s->n < n ? block - s->n : n;
        memcpy(s->block + s->n, p, part);
        s->n += (uint32_t)part;
        p += part;
        n -= part;
    }
}

static void final(uint8_t *out, void *state_) {
    state *s = state_;
    s->fed += s->n;
    memset(s->block + s->n, 0, sizeof s->block - s->n);
    compress(s, true);
    for (int i = 0; i < 8; i++) memcpy(out + (unsigned)i * s->v->bits / 8, &s->h[i], s->v->bits / 8);
}

static void init_b(void *s) { memset(s, 0, sizeof(state)); ((state *)s)->v = &variant_b; }
static void init_s(void *s) { memset(s, 0, sizeof(state)); ((state *)s)->v = &variant_s; }

PY_DIGEST(blake2b_algorithm, "_blake2.blake2b", "blake2b", 64, 128, init_b, update, final);
PY_DIGEST(blake2s_algorithm, "_blake2.blake2s", "blake2s", 32, 64, init_s, update, final);

/* ---- parameters ---- */

enum { DATA, DIGEST_SIZE, KEY, SALT, PERSON, FANOUT, DEPTH, LEAF_SIZE, NODE_OFFSET, NODE_DEPTH, INNER_SIZE, LAST_NODE };
#define SIG "data=b'', /, *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, " \
            "inner_size=0, last_node=False, usedforsecurity=True"

static bool byte_parameter(ob_val v, int64_t least, int64_t most, int64_t fallback, const char *message, uint8_t *out) {
    int64_t i = fallback;
    if (!ob_is_null(v)) {
        ob_val x = ob_index(v);
        if (ob_is_null(x)) return false;
        i = ob_int_clamp(x);
    }
    *out = (uint8_t)i;
    return (i >= least && i <= most) || ob_fail(ob_raise(&ob_exc_ValueError, message, (int)most));
}

static bool bytes_parameter(ob_val v, size_t most, const char *name, uint8_t *out, size_t *n) {
    ob_buffer b;
    *n = 0;
    if (ob_is_null(v)) return true;
    if (!ob_buffer_get(v, &b, false)) return false;
    bool ok = b.len <= most || ob_fail(ob_raise(&ob_exc_ValueError, "maximum %s length is %zu bytes", name, most));
    if (ok) {
        if (b.len) memcpy(out, b.data, b.len);
        *n = b.len;
    }
    ob_buffer_release(&b);
    return ok;
}

static bool word_parameter(ob_val v, unsigned bits, const char *name, uint64_t *out) {
    *out = 0;
    if (ob_is_null(v)) return true;
    ob_val x = ob_index(v);
    if (ob_is_null(x)) return false;
    if (ob_int_sign(x) < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "value must be positive"));
    if (!ob_int_to_u64(x, out)) {
        ob_err_clear();
        return ob_fail(ob_raise(&ob_exc_OverflowError, "int too big to convert"));
    }
    return bits == 64 || *out >> bits == 0 || ob_fail(ob_raise(&ob_exc_OverflowError, "%s is too large", name));
}

/* The parameter block, mixed into the start values, and the key as the first block. */
static bool configure(state *s, const ob_val *a, uint8_t *digest_size) {
    const variant *v = s->v;
    uint8_t p[64] = {0}, key[128] = {0};
    size_t n, key_len, wide = v->bits == 64;
    uint64_t leaf, offset;
    if (!byte_parameter(a[DIGEST_SIZE], 1, v->bits, v->bits, "digest_size must be between 1 and %d bytes", &p[0]) ||
        !bytes_parameter(a[SALT], v->salt, "salt", p + (wide ? 32 : 16), &n) || !bytes_parameter(a[PERSON], v->salt, "person", p + (wide ? 48 : 24), &n) ||
        !byte_parameter(a[FANOUT], 0, 255, 1, "fanout must be between 0 and %d", &p[2]) ||
        !byte_parameter(a[DEPTH], 1, 255, 1, "depth must be between 1 and %d", &p[3]) || !word_parameter(a[LEAF_SIZE], 32, "leaf_size", &leaf) ||
        !word_parameter(a[NODE_OFFSET], wide ? 64 : 48, "node_offset", &offset) ||
        !byte_parameter(a[NODE_DEPTH], 0, 255, 0, "node_depth must be between 0 and %d", &p[wide ? 16 : 14]) ||
        !byte_parameter(a[INNER_SIZE], 0, v->bits, 0, "inner_size must be between 0 and is %d", &p[wide ? 17 : 15]) ||
        !bytes_parameter(a[KEY], v->bits, "key", key, &key_len))
        return false;
    int last = ob_is_null(a[LAST_NODE]) ? 0 : ob_truth(a[LAST_NODE]);
    if (last < 0) return false;
    p[1] = (uint8_t)key_len;
    for (int i = 0; i < 4; i++) p[4 + i] = (uint8_t)(leaf >> 8 * i);
    for (int i = 0; i < (wide ? 8 : 6); i++) p[8 + i] = (uint8_t)(offset >> 8 * i);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t w = 0;
        memcpy(&w, p + i * v->bits / 8, v->bits / 8);
        s->h[i] = start_word(v, (int)i) ^ w;
    }
    s->last_node = last;
    *digest_size = p[0];
    if (key_len) update(s, key, v->bits * 2);
    return true;
}

static ob_val make_bound(ob_val self, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    ob_val v = py_digest_new((py_digest *)ob_type_ptr(self), OB_NULL);
    if (ob_is_null(v)) return v;
    state s = *(const state *)(const void *)((const py_digest_body *)ob_read(v))->state;
    uint8_t size;
    if (!configure(&s, a, &size)) return OB_NULL;
    py_digest_body *b = ob_write(v);
    if (!b) return OB_NULL;
    memcpy(b->state, &s, sizeof s);
    b->digest_size = size;
    return ob_is_null(a[DATA]) || py_digest_feed(v, a[DATA]) ? v : OB_NULL;
}

static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def b = {"blake2b", make_bound, SIG, NULL, 0}, s = {"blake2s", make_bound, SIG, NULL, 0};
    return ob_def_call(type == &blake2b_algorithm.type ? &b : &s, ob_type_val(type), a, n, kw);
}

static bool add(ob_val m, py_digest *d, const variant *v, const char *prefix) {
    const struct { const char *name; unsigned value; } constants[] = {
        {"SALT_SIZE", v->salt}, {"PERSON_SIZE", v->salt}, {"MAX_KEY_SIZE", v->bits}, {"MAX_DIGEST_SIZE", v->bits}};
    d->type.flags = 0;
    d->type.doc = "A hash object of this variant of BLAKE2.";
    d->type.slots.make = make;
    if (!ob_module_add_type(m, &d->type)) return false;
    for (size_t i = 0; i < BASE_LENGTH(constants); i++) {
        ob_val name = ob_str_format_c("%s_%s", prefix, constants[i].name), key = ob_str_intern_c(constants[i].name);
        if (ob_is_null(name) || ob_is_null(key) || !ob_dict_set(d->type.dict, key, ob_from_small(constants[i].value)) ||
            !ob_module_add_int(m, ob_str_utf8(name, NULL), constants[i].value))
            return false;
    }
    return true;
}

static const ob_def defs[] = {{NULL, NULL, NULL, NULL, 0}};
static bool fill(ob_val m) { return add(m, &blake2b_algorithm, &variant_b, "BLAKE2B") && add(m, &blake2s_algorithm, &variant_s, "BLAKE2S"); }
const ob_module_def py_mod__blake2 = {"_blake2", "The digests BLAKE2b and BLAKE2s.", defs, fill};
