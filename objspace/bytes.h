/* bytes.h: bytes (immutable) and bytearray (mutable). */
#ifndef OBJSPACE_BYTES_H
#define OBJSPACE_BYTES_H
#include "objspace/call.h"

typedef struct ob_bytes_obj { ob_obj o; _Atomic(uint64_t) hash; size_t len; uint8_t data[]; /* and a NUL */ } ob_bytes_obj;
typedef struct ob_bytearray_body { uint8_t *data; size_t len, cap; } ob_bytearray_body;   /* data: a leaf block */
extern ob_type ob_bytes_type, ob_bytearray_type, ob_memoryview_type;
static inline bool ob_is_bytes(ob_val v) { return ob_is_ptr(v) && v.w && ob_has_tflag(v, OB_TF_BYTES); }
static inline ob_bytes_obj *ob_bytes_ptr(ob_val v) { return (ob_bytes_obj *)ob_ptr(v); }
ob_val ob_bytes_from(const void *p, size_t n);
ob_val ob_bytes_alloc(size_t n);                         /* contents uninitialised */
ob_val ob_bytearray_from(const void *p, size_t n);
ob_val ob_bytes_join(ob_val sep, const ob_val *items, size_t n);
/* Buffer protocol: TypeError "a bytes-like object is required, not 'T'". Must be released. */
bool ob_buffer_get(ob_val v, ob_buffer *out, bool writable);
void ob_buffer_release(ob_buffer *b);
bool ob_is_buffer(ob_val v);

#endif
