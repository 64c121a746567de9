/* bytes_methods.h: methods of bytes and bytearray that are defined in several files. */
#ifndef OBJSPACE_BYTES_METHODS_H
#define OBJSPACE_BYTES_METHODS_H
#include "objspace/bytes_int.h"

#define BYTES_METHOD(name) ob_val ob__##name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define DEFINE_BYTES_METHOD(name) ob_val ob__##name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)
BYTES_METHOD(bytes_maketrans); BYTES_METHOD(bytes_partition); BYTES_METHOD(bytes_replace); BYTES_METHOD(bytes_rpartition); BYTES_METHOD(bytes_rsplit);
BYTES_METHOD(bytes_split); BYTES_METHOD(bytes_splitlines); BYTES_METHOD(bytes_translate);                              /* bytes_split.c */
BYTES_METHOD(bytearray_alloc); BYTES_METHOD(bytearray_reduce); BYTES_METHOD(bytearray_reduce_ex); BYTES_METHOD(bytearray_append);
BYTES_METHOD(bytearray_clear); BYTES_METHOD(bytearray_copy); BYTES_METHOD(bytearray_extend); BYTES_METHOD(bytearray_insert);
BYTES_METHOD(bytearray_pop); BYTES_METHOD(bytearray_remove); BYTES_METHOD(bytearray_reverse);                          /* bytearray.c */

ob_val ob__bytes_like(ob_val self, const void *p, size_t n);             /* a bytes or bytearray, as self is */
ob_val ob__bytes_new_like(ob_val self, size_t n, uint8_t **data);
ob_val ob__bytes_same(ob_val self);
typedef struct ob__needle { ob_buffer b; uint8_t byte; } ob__needle;
bool ob__needle_get(ob_val v, ob__needle *out) MUST_CHECK;
void ob__needle_release(ob__needle *s);
ob_val ob__hex_of(const uint8_t *p, size_t n, ob_val sep, ob_val per);
bool ob__repeat_count(ob_val v, int64_t *times) MUST_CHECK;
void ob__fill_repeated(uint8_t *out, const uint8_t *unit, size_t n, size_t total);
#endif
