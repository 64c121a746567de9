/* int_gmp.h: integers as GMP's mpz, for modules that do number theory. */
#ifndef OBJSPACE_INT_GMP_H
#define OBJSPACE_INT_GMP_H
#include "objspace/int.h"
#include <gmp.h>

/* A read-only mpz over v's own limbs (or `one`); never mpz_clear it; lives as long as v. */
typedef struct ob_mpz { __mpz_struct z[1]; mp_limb_t one; } ob_mpz;
void ob_int_lend_mpz(ob_val v, ob_mpz *out);
/* An int with z's value; z stays the caller's. */
ob_val ob_int_from_mpz(const __mpz_struct *z);
/* v = m * 2^e with 0.5 <= |m| < 1, correctly rounded to a double (m is 0 for 0). Never fails. */
double ob_int_frexp(ob_val v, int64_t *exp);
uint64_t ob_int_bit_length(ob_val v);

#endif
