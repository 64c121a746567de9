/* int.h: integers of any size, and bool. Small ones are words; bigger ones are ob_bigint over GMP's mpn layer. */
#ifndef OBJSPACE_INT_H
#define OBJSPACE_INT_H
#include "objspace/call.h"

typedef struct ob_bigint { ob_obj o; /* aux: 1 if negative */ size_t n; uint64_t d[]; /* n limbs, d[n-1] != 0; never a value that fits small */ } ob_bigint;
extern ob_type ob_bool_type;

static inline bool ob_is_int(ob_val v) { return ob_is_small(v) || ob_has_tflag(v, OB_TF_INT); }   /* bool and subclasses too */
static inline bool ob_is_bool(ob_val v) { return ob_same(v, OB_TRUE) || ob_same(v, OB_FALSE); }
ob_val ob_int_from_i64_slow(int64_t i);
static inline ob_val ob_int_from_i64(int64_t i) { return LIKELY(ob_small_fits(i)) ? ob_from_small(i) : ob_int_from_i64_slow(i); }
ob_val ob_int_from_u64(uint64_t u);
ob_val ob_int_from_double(double d);                    /* truncates; OverflowError/ValueError for inf/nan */
ob_val ob_int_from_text(const char *s, size_t len, int base, ob_val original /* for the message, or OB_NULL */); /* ASCII; underscores, sign, prefix; ValueError */
ob_val ob_int_from_bytes(const uint8_t *p, size_t n, bool little, bool is_signed);
bool ob_int_to_bytes(ob_val v, uint8_t *p, size_t n, bool little, bool is_signed);   /* OverflowError */
ob_val ob_int_to_text(ob_val v, int base, bool prefix); /* str */
enum { OB_INT64_DIGITS = 20 };                          /* the longest: a sign and 19 digits */
char *ob_int64_digits(int64_t i, char *end);            /* writes i's decimal digits before end; where they begin */
/* int (or bool, or subclass) to C; OverflowError "Python int too large to convert to C long" style. TypeError if no int. */
bool ob_int_to_i64(ob_val v, int64_t *out);
bool ob_int_to_u64(ob_val v, uint64_t *out);
int64_t ob_int_clamp(ob_val v);                         /* saturates at INT64_MIN/MAX; v must be an int */
double ob_int_to_double(ob_val v);                      /* correctly rounded; -1.0 with OverflowError pending when too large */
/* __index__: any object to int value / C integer. */
ob_val ob_index(ob_val v);
bool ob_index_i64(ob_val v, int64_t *out);              /* IndexError "cannot fit 'int' into an index-sized integer" */
bool ob_index_clamp(ob_val v, int64_t *out);            /* slices: saturates */
ob_val ob_int_of(ob_val v);                             /* int(v) */
int ob_int_sign(ob_val v);                              /* -1 0 1 */
ob_val ob_int_binary(ob_bin_op op, ob_val a, ob_val b); /* both ints; the VM's slow path after overflow */
int ob_int_cmp(ob_val a, ob_val b);                     /* -1 0 1; both ints */
uint64_t ob_int_hash(ob_val v);
/* sys.set_int_max_str_digits(): decimal digits beyond which text <-> int raises ValueError; 0: no limit.  relaxed */
extern _Atomic(int) ob_int_max_str_digits;
/* The text of a str as ASCII: decimal digits of all scripts become 0-9, spaces ' ', other non-ASCII characters '?'; NUL-terminated, as long
 * as the str. Caller frees (base_mem_free). NULL after MemoryError. */
char *ob_number_text(ob_val str);

#endif
