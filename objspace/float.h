/* float.h: floats; nearly all are immediate words. */
#ifndef OBJSPACE_FLOAT_H
#define OBJSPACE_FLOAT_H
#include "objspace/call.h"

typedef struct ob_float { ob_obj o; double d; } ob_float;
static inline bool ob_is_float(ob_val v) { return ob_is_imm_float(v) || (ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_FLOAT)); }
ob_val ob_float_box(double d);
static inline ob_val ob_float_from(double d) { ob_val v = ob_float_encode(d); return LIKELY(ob_is_imm_float(v)) ? v : ob_float_box(d); }
static inline double ob_float_value(ob_val v) { return LIKELY(ob_is_imm_float(v)) ? ob_float_decode(v) : ((ob_float *)ob_ptr(v))->d; }  /* v must be a float */
bool ob_to_double(ob_val v, double *out);               /* float, int, __float__, __index__; TypeError "must be real number, not T" */
ob_val ob_float_of(ob_val v);                           /* float(v) incl. strings */
uint64_t ob_float_hash(double d);
ob_val ob_float_repr(double d);                         /* shortest round-trip, str */
/* buf ≥ 400 bytes for 'r'; returns length. format: 'r' repr, 'e' 'f' 'g' 'E' 'F' 'G'. */
size_t ob_float_format(char *buf, size_t cap, double d, char format, int precision, bool alternate, bool add_dot_0);
bool ob_float_parse(const char *s, size_t len, double *out);  /* Python float syntax incl. inf/nan, underscores */
ob_val ob_complex_from(double re, double im);
extern ob_type ob_complex_type;
typedef struct ob_complex { ob_obj o; double re, im; } ob_complex;

#endif
