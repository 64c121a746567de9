/* math_int.h: what the files of the math module share. */
#ifndef INTERP_MOD_MATH_INT_H
#define INTERP_MOD_MATH_INT_H
#include "objspace/float.h"

/* math_sum.c: sums that lose nothing. */
ob_val py__math_fsum(ob_val iterable);
double py__math_norm(double *v, size_t n);                   /* the Euclidean length of v; v is spoilt */

/* math_whole.c: functions on integers, ended by a NULL name. */
extern const ob_def py__math_whole_defs[];

#endif
