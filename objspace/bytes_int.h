/* bytes_int.h: what bytes, bytearray, memoryview and their methods share. */
#ifndef OBJSPACE_BYTES_INT_H
#define OBJSPACE_BYTES_INT_H
#include "objspace/bytes.h"
#include "objspace/str_int.h"

extern ob_type ob_bytes_iter_type, ob_bytearray_iter_type;
bool ob__bytes_init(void) MUST_CHECK;
ob_val ob__bytes_exact(ob_val b);
ob_val ob__bytes_repr_of(const char *before, const uint8_t *p, size_t n, const char *after);
bool ob__bytes_of_iterable(ob_val v, uint8_t **data, size_t *len, size_t *cap) MUST_CHECK;   /* a leaf block */
bool ob__byte_value(ob_val x, int64_t *out, const char *range_message) MUST_CHECK;
int ob__bytes_count(ob_val x, size_t *n);
ob_val ob__bytes_encode_source(ob_val source, ob_val encoding, ob_val errors, const char *function);
ob_val ob__bytes_of_buffer(const ob_buffer *b);          /* also strided ones: their bytes in C order */
void ob__buffer_gather(const ob_buffer *b, uint8_t *out);

/* The bytes of a bytes or bytearray; valid until Python code runs. */
static inline const uint8_t *ob__bytes_data(ob_val v, size_t *n) {
    if (ob_is_bytes(v)) { *n = ob_bytes_ptr(v)->len; return ob_bytes_ptr(v)->data; }
    const ob_bytearray_body *b = ob_read(v);
    *n = b->len;
    return b->data ? b->data : (const uint8_t *)"";
}
static inline bool ob__is_bytearray(ob_val v) { return ob_is_a(v, &ob_bytearray_type); }
ob_val ob__join_buffers(const uint8_t *sep, size_t sep_len, const ob_val *items, size_t n, bool bytearray);
ob_val ob__bytes_slot_cmp(ob_val a, ob_val b, ob_cmp_op op);
int ob__bytes_slot_contains(ob_val s, ob_val x);
ob_val ob__bytes_slot_add(ob_val a, ob_val b);
ob_val ob__bytes_slot_mul(ob_val a, ob_val b);
ob_val ob__bytes_slot_mod(ob_val a, ob_val b);
/* Makes room in a bytearray: the body with len changed to n and bytes from..from+removed replaced by `added` uninitialised ones.
 * NULL: BufferError (exported), MemoryError. */
ob_bytearray_body *ob__bytearray_splice(ob_val v, size_t from, size_t removed, size_t added) MUST_CHECK;
#endif
