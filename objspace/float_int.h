/* float_int.h: what the number files of this folder share about floats and format specifications. */
#ifndef OBJSPACE_FLOAT_INT_H
#define OBJSPACE_FLOAT_INT_H
#include "objspace/float.h"
#include "objspace/str.h"

ob_val ob__float_pow(double a, double b);                    /* Python's **, complex for a negative base and broken exponent */
bool ob__float_to_ratio(double d, ob_val *num, ob_val *den);  /* OverflowError, ValueError */
ob_val ob__complex_pow(double are, double aim, double bre, double bim);

/* Decimal digits of a finite |d|: value = 0.DIGITS * 10^point. */
typedef struct ob__decimal { char digits[1120]; int n, point; } ob__decimal;
void ob__decimal_shortest(double d, ob__decimal *out);        /* the fewest digits that read back as d; 0 is "0" with point 1 */
void ob__decimal_significant(double d, int digits, ob__decimal *out);   /* digits >= 1, half to even on the exact value; may be fewer than asked when zeros follow */
void ob__decimal_fixed(double d, int places, ob__decimal *out);          /* places after the point; n may be 0 when it rounds to nothing */
double ob__float_round(double d, int places);                /* to a multiple of 10^-places, half to even; may overflow to infinity */
double ob__float_strtod(const char *s);                      /* strtod in the C locale */

/* spec.c: format(v, spec) of the number types; spec is a str. */
ob_val ob__format_int(ob_val v, ob_val spec);
ob_val ob__format_float(ob_val v, ob_val spec);
ob_val ob__format_complex(ob_val v, ob_val spec);

#endif
