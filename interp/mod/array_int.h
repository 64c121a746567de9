/* array_int.h: what the files of the module array share: item codes, bodies, and changing a body's length. */
#ifndef INTERP_MOD_ARRAY_INT_H
#define INTERP_MOD_ARRAY_INT_H
#include "objspace/contain.h"
#include "objspace/persist/persist.h"

typedef struct py__array_code {
    char code, format;                                       /* format: in buffers */
    uint8_t size, machine;                                   /* machine: the number of the little-endian layout in pickles */
    ob_val (*get)(const uint8_t *p);
    bool (*set)(uint8_t *p, ob_val v);                       /* may run Python code; p is scratch memory */
} py__array_code;
extern const py__array_code py__array_codes[];               /* ended by a 0 code; a handle's aux is an index */
const py__array_code *py__array_find(uint32_t code);

typedef struct py__array_body { uint8_t *data; size_t len, cap; } py__array_body;   /* data: a block; in items */
extern ob_type py__array_type, py__array_iter_type;
extern const pe_codec py__array_codec;

static inline bool py__is_array(ob_val v) { return ob_is_ptr(v) && ob_is_a(v, &py__array_type); }
/* aux comes with the body: of an array that is still in a store the body is brought in first. */
static inline const py__array_code *py__array_code_of(ob_val v) { return (void)tx_peek(ob_handle(v)), &py__array_codes[ob_handle(v)->aux]; }
static inline const py__array_body *py__array_read(ob_val v) { return ob_read(v); }

ob_val py__array_new(ob_type *type, const py__array_code *c, size_t len);    /* items uninitialised */
/* The body to write, with items [from, from + removed) replaced by `added` uninitialised ones. NULL after MemoryError. */
py__array_body *py__array_splice(ob_val v, size_t from, size_t removed, size_t added) MUST_CHECK;
bool py__array_append(ob_val v, ob_val x) MUST_CHECK;
bool py__array_extend(ob_val v, ob_val from) MUST_CHECK;     /* any iterable; another array must be of the same code */
bool py__array_add_bytes(ob_val v, const uint8_t *p, size_t n) MUST_CHECK;   /* ValueError unless whole items */
bool py__array_add_text(ob_val v, ob_val str) MUST_CHECK;
ob_val py__array_text(ob_val v);                             /* of a 'u' array */
ob_val py__array_list(ob_val v);
ob_val py__array_item(ob_val v, size_t i);                   /* OB_NULL without exception beyond the end */
ob_val py__array_make(ob_type *type, const ob_val *a, size_t n, ob_val kw);

extern const ob_def py__array_methods[];

#endif
