/* int_int.h: what int.c, int_big.c, float.c and bool.c share: views of integers as limbs, and the arithmetic on them.
 *
 * A view lends the limbs of any int: of the heap object itself, or of a word (in `one`). It must not be copied, and lives as long as
 * the value does. Instances of subclasses of int are ob_bigint objects of any size, also 0 or 1 limb.
 */
#ifndef OBJSPACE_INT_INT_H
#define OBJSPACE_INT_INT_H
#include "objspace/int.h"
#include <gmp.h>

_Static_assert(sizeof(mp_limb_t) == 8, "limbs are 64 bits wide");

typedef struct ob__view { const mp_limb_t *d; size_t n; bool neg; mp_limb_t one; } ob__view;

static inline void ob__view_of_i64(int64_t i, ob__view *w) {
    w->neg = i < 0;
    w->one = w->neg ? 0 - (uint64_t)i : (uint64_t)i;
    w->n = i != 0;
    w->d = &w->one;
}

static inline void ob__view_of(ob_val v, ob__view *w) {
    if (ob_is_small(v)) { ob__view_of_i64(ob_to_small(v), w); return; }
    if (ob_is_bool(v)) { ob__view_of_i64(ob_same(v, OB_TRUE), w); return; }
    const ob_bigint *b = (const ob_bigint *)ob_ptr(v);
    w->d = (const mp_limb_t *)b->d;
    w->n = b->n;
    w->neg = b->o.aux != 0;
}

/* The value of v if it fits a small int, also of bools and instances of subclasses. */
static inline bool ob__int_small(ob_val v, int64_t *out) {
    if (LIKELY(ob_is_small(v))) { *out = ob_to_small(v); return true; }
    ob_type *t = ob_ptr(v)->type;
    if (t == &ob_int_type) return false;
    if (t == &ob_bool_type) { *out = ob_same(v, OB_TRUE); return true; }
    const ob_bigint *b = (const ob_bigint *)ob_ptr(v);
    if (b->n > 1) return false;
    if (b->n == 0) { *out = 0; return true; }
    if (b->d[0] > (uint64_t)OB_SMALL_MAX + (b->o.aux != 0)) return false;
    *out = b->o.aux ? -(int64_t)b->d[0] : (int64_t)b->d[0];
    return true;
}

ob_val ob__int_deprecated(ob_val v, const char *method);     /* the same for an instance of a subclass that a conversion method gave: warns */
ob_val ob__int_exact(ob_val v);                              /* any int, bool or subclass instance to the exact int of that value */

/* int_big.c. All make exact ints, small where they fit; OB_NULL after MemoryError or what is said. */
ob_val ob__big_from_limbs(const mp_limb_t *d, size_t n, bool neg);
ob_val ob__big_add(const ob__view *a, const ob__view *b, bool subtract);
ob_val ob__big_mul(const ob__view *a, const ob__view *b);
bool ob__big_divmod(const ob__view *a, const ob__view *b, ob_val *q, ob_val *r);   /* floor; b != 0; q or r may be NULL */
ob_val ob__big_shift_left(const ob__view *a, uint64_t bits);
ob_val ob__big_shift_right(const ob__view *a, uint64_t bits);                      /* floor */
ob_val ob__big_bitwise(ob_bin_op op, const ob__view *a, const ob__view *b);        /* AND OR XOR on endless two's complement */
ob_val ob__big_pow(const ob__view *a, uint64_t e);
ob_val ob__big_pow_mod(const ob__view *a, const ob__view *e, const ob__view *m);   /* m != 0; ValueError: not invertible */
int ob__big_cmp(const ob__view *a, const ob__view *b);
uint64_t ob__big_bit_length(const ob__view *a);
double ob__big_to_double(const ob__view *a, int64_t *exp);   /* correctly rounded m * 2^*exp, 0.5 <= |m| < 1 (or 0) */
bool ob__big_true_divide(const ob__view *a, const ob__view *b, double *out);       /* correctly rounded; OverflowError; b != 0 */
uint64_t ob__big_hash(const ob__view *a);
/* Digits in base 2..36, lower case, most significant first, no sign; out has room for ob__big_text_room() bytes; 0: MemoryError. */
size_t ob__big_text_room(const ob__view *a, int base);
size_t ob__big_text(const ob__view *a, int base, char *out);
/* From n > 0 digit values (not characters), most significant first. */
ob_val ob__big_from_digits(const uint8_t *digits, size_t n, int base, bool neg);
int ob__double_cmp_int(double d, ob_val i);                  /* -1 0 1 exactly; d is not a NaN */
ob_val ob__int_of_type(ob_type *t, ob_val exact);            /* an instance of t, int or a subclass, with that value */
ob_val ob__int_make(ob_type *type, const ob_val *a, size_t n, ob_val kw);     /* int.__new__ */

#endif
