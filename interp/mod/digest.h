/* digest.h: hash objects: one implementation of their methods, one table entry an algorithm.
 *
 * The state of a running digest is a flat body, copied by the transaction layer when it must be: an undone update never happened.
 */
#ifndef INTERP_MOD_DIGEST_H
#define INTERP_MOD_DIGEST_H
#include "objspace/function.h"

typedef struct py_digest py_digest;
struct py_digest {
    ob_type type;                                            /* of its objects; must be first */
    const char *name;
    size_t digest_size, block_size;
    void (*init)(void *state);
    void (*update)(void *state, const void *bytes, size_t n);
    void (*final)(uint8_t *out, void *state);                /* spoils the state */
};

#define PY_DIGEST_STATE 512                                  /* bytes; every algorithm's state fits */
typedef struct py_digest_body { _Alignas(8) uint8_t state[PY_DIGEST_STATE]; uint64_t digest_size; } py_digest_body;

extern const ob_def py_digest_methods[];
extern const ob_getset py_digest_getsets[];
static inline py_digest *py_digest_of(ob_val v) { return (py_digest *)ob_type_of(v); }

#define PY_DIGEST(var, type_name, name_, size_, block_, init_, update_, final_) \
    static py_digest var = { \
        .type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = type_name, .base = &ob_object_type, .flags = OB_TF_NO_MAKE, \
                 .size = sizeof(py_digest_body), .methods = py_digest_methods, .getsets = py_digest_getsets}, \
        .name = name_, .digest_size = size_, .block_size = block_, .init = init_, .update = update_, .final = final_}
#define PY_DIGEST_SIG "string=b'', *, usedforsecurity=True"

/* A new object of that algorithm that has digested data (OB_NULL: nothing). */
ob_val py_digest_new(py_digest *d, ob_val data);
bool py_digest_feed(ob_val self, ob_val data) MUST_CHECK;    /* TypeError for str */
ob_val py_digest_hex(const uint8_t *p, size_t n);

#endif
