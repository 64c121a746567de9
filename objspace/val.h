/* val.h: the one-word Python value.
 *
 *   low bits  meaning
 *   000       pointer to an object (16-byte aligned); the null word means "no value" (unbound, absent, error)
 *   x01       62-bit integer, value << 2 | 1
 *   x1x       double, self-tagged: rotl(bits + (3 << 60), 4). Holds every double whose exponent is within 2^-255..2^256,
 *             zeros, infinities, NaNs and the largest ones; the rest are boxed (ob_float).
 * Source of the float tagging: Melançon, Serrano, Feeley: Float Self-Tagging (2024), with a tag choice of our own.
 */
#ifndef OBJSPACE_VAL_H
#define OBJSPACE_VAL_H
#include "base/check.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct ob_val { uint64_t w; } ob_val;
typedef struct ob_obj ob_obj;

#define OB_NULL ((ob_val){0})
#define OB_SMALL_MAX ((INT64_C(1) << 61) - 1)
#define OB_SMALL_MIN (-(INT64_C(1) << 61))

static inline bool ob_is_null(ob_val v) { return v.w == 0; }
static inline bool ob_same(ob_val a, ob_val b) { return a.w == b.w; }      /* Python's `is` but for numbers, see ob_is() */
static inline bool ob_is_ptr(ob_val v) { return (v.w & 3) == 0; }          /* also true for OB_NULL */
static inline bool ob_is_small(ob_val v) { return (v.w & 3) == 1; }
static inline bool ob_is_imm_float(ob_val v) { return (v.w & 2) != 0; }
static inline bool ob_both_small(ob_val a, ob_val b) { return (((a.w ^ 1) | (b.w ^ 1)) & 3) == 0; }

static inline bool ob_small_fits(int64_t i) { return i >= OB_SMALL_MIN && i <= OB_SMALL_MAX; }
static inline ob_val ob_from_small(int64_t i) { return (ob_val){((uint64_t)i << 2) | 1}; }   /* i must fit */
static inline int64_t ob_to_small(ob_val v) { return (int64_t)v.w >> 2; }

static inline ob_obj *ob_ptr(ob_val v) { return (ob_obj *)(uintptr_t)v.w; }
static inline ob_val ob_of(const void *o) { return (ob_val){(uint64_t)(uintptr_t)o}; }

static inline uint64_t ob_rotl64(uint64_t x, int n) { return x << n | x >> (64 - n); }
/* The word of a double; the result is a float only if ob_is_imm_float() of it. */
static inline ob_val ob_float_encode(double d) {
    uint64_t b;
    memcpy(&b, &d, 8);
    return (ob_val){ob_rotl64(b + (UINT64_C(3) << 60), 4)};
}
static inline double ob_float_decode(ob_val v) {
    uint64_t b = ob_rotl64(v.w, 60) - (UINT64_C(3) << 60);
    double d;
    memcpy(&d, &b, 8);
    return d;
}

/* None, True, False, NotImplemented, Ellipsis: static objects, so that their addresses are link-time constants. */
#define OB_NONE           ob_of(&ob_none_object)
#define OB_TRUE           ob_of(&ob_true_object)
#define OB_FALSE          ob_of(&ob_false_object)
#define OB_NOT_IMPLEMENTED ob_of(&ob_not_implemented_object)
#define OB_ELLIPSIS       ob_of(&ob_ellipsis_object)

#endif
