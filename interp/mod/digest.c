/* digest.c: the methods of hash objects, and the modules _md5, _sha1, _sha256 and _sha512 over OpenSSL's compression functions.
 *
 * Locks: none.
 * OpenSSL's low-level interface is used since its states are plain memory that can be copied into a version; the EVP contexts are not.
 */
#include "interp/mod/crypto.h"
#include "interp/mod/digest.h"
#include "interp/mod/modules.h"
#include "objspace/bytes.h"
#include "objspace/contain.h"
#include "objspace/error.h"
#include "objspace/str.h"
#include <string.h>

/* ---- hash objects ---- */

bool py_digest_feed(ob_val self, ob_val data) {
    ob_buffer b;
    if (ob_is_str(data)) return ob_fail(ob_raise(&ob_exc_TypeError, "Strings must be encoded before hashing"));
    if (!ob_is_buffer(data)) return ob_fail(ob_raise(&ob_exc_TypeError, "object supporting the buffer API required"));
    if (!ob_buffer_get(data, &b, false)) return false;
    py_digest_body *body = ob_write(self);
    if (body) py_digest_of(self)->update(body->state, b.data, b.len);
    ob_buffer_release(&b);
    return body != NULL;
}

ob_val py_digest_new(py_digest *d, ob_val data) {
    ob_val v = ob_of(ob_alloc_mut(&d->type, sizeof(py_digest_body)));
    py_digest_body *b = ob_is_null(v) ? NULL : ob_write(v);
    if (!b) return OB_NULL;
    d->init(b->state);
    b->digest_size = d->digest_size;
    return ob_is_null(data) || py_digest_feed(v, data) ? v : OB_NULL;
}

ob_val py_digest_hex(const uint8_t *p, size_t n) {
    ob_val v = ob_str_alloc(2 * n, 127);
    if (ob_is_null(v)) return v;
    uint8_t *out = ob_str_ptr(v)->data;
    for (size_t i = 0; i < n; i++) {
        *out++ = (uint8_t)"0123456789abcdef"[p[i] >> 4];
        *out++ = (uint8_t)"0123456789abcdef"[p[i] & 15];
    }
    return v;
}

/* The digest of what was fed so far; the object goes on. */
static size_t result(ob_val self, uint8_t out[64]) {
    py_digest_body copy = *(const py_digest_body *)ob_read(self);
    py_digest_of(self)->final(out, copy.state);
    return (size_t)copy.digest_size;
}

OB_FN(digest_update) { return py_digest_feed(self, a[0]) ? OB_NONE : OB_NULL; }
OB_FN(digest_digest) { uint8_t out[64]; size_t size = result(self, out); return ob_bytes_from(out, size); }
OB_FN(digest_hexdigest) { uint8_t out[64]; size_t size = result(self, out); return py_digest_hex(out, size); }

OB_FN(digest_copy) {
    ob_val v = ob_of(ob_alloc_mut(ob_type_of(self), sizeof(py_digest_body)));
    py_digest_body *b = ob_is_null(v) ? NULL : ob_write(v);
    if (!b) return OB_NULL;
    *b = *(const py_digest_body *)ob_read(self);
    return v;
}

static ob_val get_name(ob_val self) { return ob_str_from_c(py_digest_of(self)->name); }
static ob_val get_block_size(ob_val self) { return ob_from_small((int64_t)py_digest_of(self)->block_size); }
static ob_val get_digest_size(ob_val self) { return ob_from_small((int64_t)((const py_digest_body *)ob_read(self))->digest_size); }

const ob_def py_digest_methods[] = {
    {"copy", digest_copy, "", "An independent object in the same state.", 0},
    {"digest", digest_digest, "", "The digest of the data so far, as bytes.", 0},
    {"hexdigest", digest_hexdigest, "", "The digest of the data so far, as hexadecimal text.", 0},
    {"update", digest_update, "obj, /", "Digests more data.", 0},
    {NULL, NULL, NULL, NULL, 0},
};

const ob_getset py_digest_getsets[] = {
    {"block_size", get_block_size, NULL, "bytes of a block"},
    {"digest_size", get_digest_size, NULL, "bytes of the digest"},
    {"name", get_name, NULL, "the algorithm's name"},
    {NULL, NULL, NULL, NULL},
};

/* ---- OpenSSL's ---- */

/* ALGORITHM(module, name, type's name, context, OpenSSL's prefix, digest size, block size) */
#define ALGORITHMS(A) \
    A(_md5, md5, MD5Type, MD5_CTX, MD5, 16, 64) A(_sha1, sha1, SHA1Type, SHA_CTX, SHA1, 20, 64) \
    A(_sha256, sha224, SHA224Type, SHA256_CTX, SHA224, 28, 64) A(_sha256, sha256, SHA256Type, SHA256_CTX, SHA256, 32, 64) \
    A(_sha512, sha384, SHA384Type, SHA512_CTX, SHA384, 48, 128) A(_sha512, sha512, SHA512Type, SHA512_CTX, SHA512, 64, 128)

#define A(module, name, type, context, prefix, size, block) \
    _Static_assert(sizeof(context) <= PY_DIGEST_STATE, "the state fits"); \
    static void name##_init(void *s) { prefix##_Init(s); } \
    static void name##_update(void *s, const void *p, size_t n) { prefix##_Update(s, p, n); } \
    static void name##_final(uint8_t *out, void *s) { prefix##_Final(out, s); } \
    PY_DIGEST(name##_algorithm, #module "." #name, #name, size, block, name##_init, name##_update, name##_final); \
    OB_FN(new_##name) { return py_digest_new(&name##_algorithm, a[0]); }
ALGORITHMS(A)
#undef A

static bool add_type(ob_val m, const char *name, py_digest *d) {
    return ob_type_ready(&d->type) && ob_module_add(m, name, ob_type_val(&d->type));
}

#define DEF(name) {#name, new_##name, PY_DIGEST_SIG, "A new hash object, which has digested the data.", 0}
#define END {NULL, NULL, NULL, NULL, 0}
static const ob_def md5_defs[] = {DEF(md5), END};
static const ob_def sha1_defs[] = {DEF(sha1), END};
static const ob_def sha256_defs[] = {DEF(sha224), DEF(sha256), END};
static const ob_def sha512_defs[] = {DEF(sha384), DEF(sha512), END};

static bool md5_fill(ob_val m) { return py_crypto_load() && add_type(m, "MD5Type", &md5_algorithm); }
static bool sha1_fill(ob_val m) { return py_crypto_load() && add_type(m, "SHA1Type", &sha1_algorithm); }
static bool sha256_fill(ob_val m) { return py_crypto_load() && add_type(m, "SHA224Type", &sha224_algorithm) && add_type(m, "SHA256Type", &sha256_algorithm); }
static bool sha512_fill(ob_val m) { return py_crypto_load() && add_type(m, "SHA384Type", &sha384_algorithm) && add_type(m, "SHA512Type", &sha512_algorithm); }

const ob_module_def py_mod__md5 = {"_md5", "The digest MD5.", md5_defs, md5_fill};
const ob_module_def py_mod__sha1 = {"_sha1", "The digest SHA-1.", sha1_defs, sha1_fill};
const ob_module_def py_mod__sha256 = {"_sha256", "The digests SHA-224 and SHA-256.", sha256_defs, sha256_fill};
const ob_module_def py_mod__sha512 = {"_sha512", "The digests SHA-384 and SHA-512.", sha512_defs, sha512_fill};
