/* _hashlib.c: the module _hashlib: digests, HMAC and key derivation by OpenSSL's EVP interface.
 * Locks: none.
 * An EVP context is a block of OpenSSL's own that cannot lie in a body. So it lies in an immutable object, a holder; a body refers to its holder.
 * H1  Two bodies may share a holder after a copy for a version; then both say so, and whoever is written next takes a holder of its own first.
 *     (hash_copy, own_state)  The flag is a hint that only grows, so a committed body may get it. */
#include "interp/mod/crypto.h"
#include "interp/mod/digest.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/run/blocking.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <limits.h>
#include <string.h>

static ob_val unsupported_error, constructors;

/* ---- state ---- */

typedef struct holder { ob_obj o; EVP_MD_CTX *md; EVP_MAC_CTX *mac; const EVP_MD *algorithm; } holder;
typedef struct hash_body { ob_val holder; _Atomic(uint64_t) shared; } hash_body;

static void holder_free(ob_obj *o) {
    holder *s = (holder *)o;
    EVP_MD_CTX_free(s->md);
    EVP_MAC_CTX_free(s->mac);
}
static ob_type holder_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "_hashlib.state", .base = &ob_object_type, .flags = OB_TF_NO_MAKE | OB_TF_LEAF,
    .size = sizeof(holder), .free = holder_free};
static ob_val holder_new(EVP_MD_CTX *md, EVP_MAC_CTX *mac, const EVP_MD *algorithm) {      /* takes over the contexts */
    holder *s = md || mac ? ob_alloc_leaf(&holder_type, sizeof *s) : NULL;
    if (s) {
        s->md = md, s->mac = mac, s->algorithm = algorithm;
        return ob_of(s);
    }
    EVP_MD_CTX_free(md);
    EVP_MAC_CTX_free(mac);
    return ob_failed() ? OB_NULL : ob_raise_memory();
}
static ob_val holder_copy(const holder *s) {
    EVP_MD_CTX *md = s->md ? EVP_MD_CTX_new() : NULL;
    if (md && !EVP_MD_CTX_copy_ex(md, s->md)) { EVP_MD_CTX_free(md); md = NULL; }
    return holder_new(md, s->mac ? EVP_MAC_CTX_dup(s->mac) : NULL, s->algorithm);
}

static bool hash_copy(const tx_handle *h, void *dst, const void *src) {
    (void)h;
    hash_body *d = dst, *s = (hash_body *)(uintptr_t)src;
    atomic_store_explicit(&s->shared, 1, memory_order_relaxed);
    d->holder = s->holder;
    atomic_store_explicit(&d->shared, 1, memory_order_relaxed);
    return true;
}
static void hash_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const hash_body *)body)->holder); }
/* Who wrote second has not seen what the first one fed: run again. */
static bool hash_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) { (void)h, (void)mine, (void)base, (void)theirs, (void)dirty; return false; }
static OB_KIND(hash_kind, .copy = hash_copy, .merge = hash_merge);
static ob_type hash_type, xof_type, hmac_type;

static holder *state_of(ob_val v) { return (holder *)ob_ptr(((const hash_body *)ob_read(v))->holder); }
/* The state to be changed (H1). */
static holder *own_state(ob_val v) {
    hash_body *b = ob_write(v);
    if (!b) return NULL;
    if (atomic_load_explicit(&b->shared, memory_order_relaxed)) {
        ob_val mine = holder_copy((holder *)ob_ptr(b->holder));
        if (ob_is_null(mine) || !(b = ob_write(v))) return NULL;
        b->holder = mine;
        atomic_store_explicit(&b->shared, 0, memory_order_relaxed);
    }
    return (holder *)ob_ptr(b->holder);
}
static ob_val object_of(ob_type *t, ob_val state) {
    ob_val v = ob_is_null(state) ? state : ob_of(ob_alloc_mut(t, sizeof(hash_body)));
    hash_body *b = ob_is_null(v) ? NULL : ob_write(v);
    if (!b) return OB_NULL;
    b->holder = state;
    return v;
}

/* ---- errors, names ---- */

static ob_val fail(ob_type *t) {
    unsigned long e = ERR_peek_last_error();
    ERR_clear_error();
    const char *lib = e ? ERR_lib_error_string(e) : NULL, *reason = e ? ERR_reason_error_string(e) : NULL;
    if (!reason) reason = e ? "unknown reason" : "no reason supplied";
    return lib ? ob_raise(t, "[%s] %s", lib, reason) : ob_raise(t, "%s", reason);
}

/* NAME(Python's, OpenSSL's number) */
#define NAMES(N) N("md5", NID_md5) N("sha1", NID_sha1) N("sha224", NID_sha224) N("sha256", NID_sha256) N("sha384", NID_sha384) N("sha512", NID_sha512) \
    N("sha512_224", NID_sha512_224) N("sha512_256", NID_sha512_256) N("sha3_224", NID_sha3_224) N("sha3_256", NID_sha3_256) N("sha3_384", NID_sha3_384) \
    N("sha3_512", NID_sha3_512) N("shake_128", NID_shake128) N("shake_256", NID_shake256) N("blake2s", NID_blake2s256) N("blake2b", NID_blake2b512)
static const py_constant names[] = {
#define N(python, nid) {python, nid},
    NAMES(N)
#undef N
};
static const char *python_name(const EVP_MD *md) {
    int nid = EVP_MD_nid(md);
    for (size_t i = 0; i < BASE_LENGTH(names); i++) if (names[i].value == nid) return names[i].name;
    const char *s = OBJ_nid2ln(nid);
    return s ? s : EVP_MD_get0_name(md);
}
/* Looked up once for each name that Python has one for: EVP_get_digestbyname's are constants. */
static const EVP_MD *digest_by_name(const char *name) {
    const EVP_MD *md = NULL;
    for (size_t i = 0; i < BASE_LENGTH(names) && !md; i++)
        if (!strcmp(names[i].name, name)) md = EVP_get_digestbynid((int)names[i].value);
    if (!md) md = EVP_get_digestbyname(name);
    if (!md) {
        ERR_clear_error();
        EVP_MD *fetched = EVP_MD_fetch(NULL, name, NULL);     /* leaves the error that is reported */
        EVP_MD_free(fetched);
        if (fetched) ERR_clear_error();
    }
    return md ? md : ob_fail_ptr(fail(ob_type_ptr(unsupported_error)));
}
/* A name, or one of our constructors. */
static const EVP_MD *digest_of(ob_val v) {
    if (!ob_is_str(v)) {
        ob_val name = ob_is_exact(v, &ob_native_type) ? ob_dict_get(constructors, v) : OB_NULL;
        if (ob_is_null(name)) return ob_failed() ? NULL : ob_fail_ptr(ob_raise(ob_type_ptr(unsupported_error), "Unsupported digestmod %S", v));
        v = name;
    }
    const char *s = ob_str_utf8(v, NULL);
    return s ? digest_by_name(s) : NULL;
}

/* The data of a digest: TypeError for str. */
static bool data_get(ob_val v, ob_buffer *b) {
    if (ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "Strings must be encoded before hashing"));
    if (!ob_is_buffer(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "object supporting the buffer API required"));
    return ob_buffer_get(v, b, false);
}

/* ---- digests ---- */

static bool feed(ob_val self, ob_val data) {
    ob_buffer b;
    if (!data_get(data, &b)) return false;
    holder *s = own_state(self);
    bool ok = s && (s->md ? EVP_DigestUpdate(s->md, b.data, b.len) : EVP_MAC_update(s->mac, b.data, b.len));
    ob_buffer_release(&b);
    return ok || ob_fail(s ? fail(&ob_exc_ValueError) : OB_NULL);
}
static ob_val hash_new(const EVP_MD *md, ob_val data) {
    EVP_MD_CTX *c = md ? EVP_MD_CTX_new() : NULL;
    if (!c) return md ? ob_raise_memory() : OB_NULL;
    if (!EVP_DigestInit_ex(c, md, NULL)) { EVP_MD_CTX_free(c); return fail(&ob_exc_ValueError); }
    ob_val v = object_of(EVP_MD_flags(md) & EVP_MD_FLAG_XOF ? &xof_type : &hash_type, holder_new(c, NULL, md));
    return ob_is_null(v) || ob_is_null(data) || feed(v, data) ? v : OB_NULL;
}
OB_FN(m_new) {
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "name must be a string");
    return hash_new(digest_of(a[0]), a[1]);
}
OB_FN(hash_update) { return feed(self, a[0]) ? OB_NONE : OB_NULL; }
OB_FN(hash_copy_method) { return object_of(ob_type_of(self), holder_copy(state_of(self))); }

static ob_val finish(ob_val self, size_t n, bool xof) {
    holder *s = state_of(self);
    ob_val b = ob_bytes_alloc(n);
    if (ob_is_null(b)) return b;
    bool ok;
    if (s->mac) {
        EVP_MAC_CTX *c = EVP_MAC_CTX_dup(s->mac);
        ok = c && EVP_MAC_final(c, ob_bytes_ptr(b)->data, &n, n);
        EVP_MAC_CTX_free(c);
    } else {
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        ok = c && EVP_MD_CTX_copy_ex(c, s->md) && (xof ? n == 0 || EVP_DigestFinalXOF(c, ob_bytes_ptr(b)->data, n) : EVP_DigestFinal_ex(c, ob_bytes_ptr(b)->data, NULL));
        EVP_MD_CTX_free(c);
    }
    return ok ? b : fail(&ob_exc_ValueError);
}
static ob_val hex(ob_val b) { return ob_is_null(b) ? b : py_digest_hex(ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len); }
static size_t size_of(ob_val self) { return (size_t)EVP_MD_size(state_of(self)->algorithm); }
OB_FN(hash_digest) { return finish(self, size_of(self), false); }
OB_FN(hash_hexdigest) { return hex(finish(self, size_of(self), false)); }
static ob_val xof(ob_val self, ob_val length) {
    int64_t n;
    if (!ob_index_i64(length, &n)) return OB_NULL;
    return n < 0 ? ob_raise(&ob_exc_SystemError, "Negative size passed to PyBytes_FromStringAndSize") : finish(self, (size_t)n, true);
}
OB_FN(xof_digest) { return xof(self, a[0]); }
OB_FN(xof_hexdigest) { return hex(xof(self, a[0])); }

static ob_val get_name(ob_val v) { return ob_str_from_c(python_name(state_of(v)->algorithm)); }
static ob_val get_block_size(ob_val v) { return ob_from_small(EVP_MD_block_size(state_of(v)->algorithm)); }
static ob_val get_digest_size(ob_val v) { return ob_from_small(ob_is_exact(v, &xof_type) ? 0 : (int64_t)size_of(v)); }
static ob_val get_hmac_name(ob_val v) { return ob_str_format_c("hmac-%s", python_name(state_of(v)->algorithm)); }
static ob_val hash_repr(ob_val v) { return ob_str_format_c("<%s %T object @ 0x%lx>", python_name(state_of(v)->algorithm), v, (unsigned long)v.w); }

#define COMMON {"copy", hash_copy_method, "", NULL, 0}, {"update", hash_update, "obj, /", NULL, 0}
static const ob_def hash_methods[] = {COMMON, {"digest", hash_digest, "", NULL, 0}, {"hexdigest", hash_hexdigest, "", NULL, 0}, {0}};
static const ob_def hmac_methods[] = {{"copy", hash_copy_method, "", NULL, 0}, {"update", hash_update, "msg", NULL, 0}, {"digest", hash_digest, "", NULL, 0},
    {"hexdigest", hash_hexdigest, "", NULL, 0}, {0}};
static const ob_def xof_methods[] = {{"digest", xof_digest, "length", NULL, 0}, {"hexdigest", xof_hexdigest, "length", NULL, 0}, {0}};
static const ob_getset hash_getsets[] = {{"block_size", get_block_size, NULL, NULL}, {"digest_size", get_digest_size, NULL, NULL}, {"name", get_name, NULL, NULL}, {0}};
static const ob_getset hmac_getsets[] = {{"block_size", get_block_size, NULL, NULL}, {"digest_size", get_digest_size, NULL, NULL}, {"name", get_hmac_name, NULL, NULL}, {0}};
#define TYPE(var, name_, base_, flags_, methods_, getsets_) \
    static ob_type var = {OB_TYPE_HEAD(&ob_type_type, &hash_kind), .name = name_, .base = base_, .flags = OB_TF_NO_MAKE | flags_, .size = sizeof(hash_body), \
                          .trace_body = hash_trace, .slots = {.repr = hash_repr}, .methods = methods_, .getsets = getsets_}
TYPE(hash_type, "_hashlib.HASH", &ob_object_type, OB_TF_BASE, hash_methods, hash_getsets);
TYPE(xof_type, "_hashlib.HASHXOF", &hash_type, 0, xof_methods, NULL);
TYPE(hmac_type, "_hashlib.HMAC", &ob_object_type, 0, hmac_methods, hmac_getsets);

#define CONSTRUCTORS(C) C(md5) C(sha1) C(sha224) C(sha256) C(sha384) C(sha512) C(sha3_224) C(sha3_256) C(sha3_384) C(sha3_512) C(shake_128) C(shake_256)
#define C(name) OB_FN(new_##name) { return hash_new(digest_by_name(#name), a[0]); }
CONSTRUCTORS(C)
#undef C

/* ---- HMAC ---- */

static ob_val key_of(ob_val v) {
    if (ob_is_str(v)) return ob_raise(&ob_exc_TypeError, "a bytes-like object is required, not 'str'");
    ob_val b = py_bytes_of(v);
    if (ob_is_null(b) || ob_bytes_ptr(b)->len <= INT_MAX) return b;
    return ob_raise(&ob_exc_OverflowError, "key is too long.");
}
OB_FN(m_hmac_new) {
    if (ob_is_null(a[2]) || ob_is_none(a[2])) return ob_raise(&ob_exc_TypeError, "Missing required parameter 'digestmod'.");
    ob_val key = key_of(a[0]);
    const EVP_MD *md = ob_is_null(key) ? NULL : digest_of(a[2]);
    if (!md) return OB_NULL;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *c = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    OSSL_PARAM p[2] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(md), 0), OSSL_PARAM_construct_end()};
    if (!c || !EVP_MAC_init(c, ob_bytes_ptr(key)->data, ob_bytes_ptr(key)->len, p)) { EVP_MAC_CTX_free(c); return fail(&ob_exc_ValueError); }
    ob_val v = object_of(&hmac_type, holder_new(NULL, c, md));
    return ob_is_null(v) || ob_is_null(a[1]) || ob_is_none(a[1]) || feed(v, a[1]) ? v : OB_NULL;
}
OB_FN(m_hmac_digest) {
    uint8_t out[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    ob_val key = key_of(a[0]), msg = ob_is_null(key) ? key : key_of(a[1]);
    const EVP_MD *md = ob_is_null(msg) ? NULL : digest_of(a[2]);
    if (!md) return OB_NULL;
    bool ok = HMAC(md, ob_bytes_ptr(key)->data, (int)ob_bytes_ptr(key)->len, ob_bytes_ptr(msg)->data, ob_bytes_ptr(msg)->len, out, &len) != NULL;
    return ok ? ob_bytes_from(out, len) : fail(&ob_exc_ValueError);
}

/* ---- keys from passwords ---- */

OB_FN(m_pbkdf2) {
    int64_t rounds, len;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "pbkdf2_hmac() argument 'hash_name' must be str, not %T", a[0]);
    const EVP_MD *md = digest_of(a[0]);
    ob_val password = md ? key_of(a[1]) : OB_NULL, salt = ob_is_null(password) ? password : key_of(a[2]);
    if (ob_is_null(salt) || !ob_index_i64(a[3], &rounds)) return OB_NULL;
    if (rounds < 1) return ob_raise(&ob_exc_ValueError, "iteration value must be greater than 0.");
    if (rounds > INT_MAX) return ob_raise(&ob_exc_OverflowError, "iteration value is too great.");
    if (ob_is_null(a[4]) || ob_is_none(a[4])) len = EVP_MD_size(md);
    else if (!ob_index_i64(a[4], &len)) return OB_NULL;
    if (len < 1) return ob_raise(&ob_exc_ValueError, "key length must be greater than 0.");
    if (len > INT_MAX) return ob_raise(&ob_exc_OverflowError, "key length is too great.");
    ob_val out = ob_bytes_alloc((size_t)len);
    if (ob_is_null(out)) return out;
    py_blocking_enter();
    int ok = PKCS5_PBKDF2_HMAC((const char *)ob_bytes_ptr(password)->data, (int)ob_bytes_ptr(password)->len, ob_bytes_ptr(salt)->data, (int)ob_bytes_ptr(salt)->len,
                               (int)rounds, md, (int)len, ob_bytes_ptr(out)->data);
    py_blocking_leave();
    return ok ? out : fail(&ob_exc_ValueError);
}
static bool scrypt_number(ob_val v, const char *name, uint64_t *out) {
    if (ob_is_null(v) || ob_is_none(v) || !ob_is_int(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s is required and must be an unsigned int", name));
    return ob_int_to_u64(v, out) || (ob_err_clear_if(&ob_exc_OverflowError) && ob_fail(ob_raise(&ob_exc_TypeError, "%s is required and must be an unsigned int", name)));
}
OB_FN(m_scrypt) {
    uint64_t cost, r, p;
    int64_t most = 0, len = 64;
    ob_val password = key_of(a[0]);
    if (ob_is_null(password)) return OB_NULL;
    if (ob_is_null(a[1]) || ob_is_none(a[1])) return ob_raise(&ob_exc_TypeError, "salt is required");
    ob_val salt = key_of(a[1]);
    if (ob_is_null(salt) || !scrypt_number(a[2], "n", &cost)) return OB_NULL;
    if (cost < 2 || (cost & (cost - 1))) return ob_raise(&ob_exc_ValueError, "n must be a power of 2.");
    if (!scrypt_number(a[3], "r", &r) || !scrypt_number(a[4], "p", &p) || (!ob_is_null(a[5]) && !ob_index_i64(a[5], &most)) ||
        (!ob_is_null(a[6]) && !ob_index_i64(a[6], &len)))
        return OB_NULL;
    if (most < 0 || most > INT_MAX) return ob_raise(&ob_exc_ValueError, "maxmem must be positive and smaller than %d", INT_MAX);
    if (len < 1 || len > INT_MAX) return ob_raise(&ob_exc_ValueError, "dklen must be greater than 0 and smaller than %d", INT_MAX);
    if (!EVP_PBE_scrypt(NULL, 0, NULL, 0, cost, r, p, (uint64_t)most, NULL, 0)) return fail(&ob_exc_ValueError);
    ob_val out = ob_bytes_alloc((size_t)len);
    if (ob_is_null(out)) return out;
    py_blocking_enter();
    int ok = EVP_PBE_scrypt((const char *)ob_bytes_ptr(password)->data, ob_bytes_ptr(password)->len, ob_bytes_ptr(salt)->data, ob_bytes_ptr(salt)->len, cost, r, p,
                            (uint64_t)most, ob_bytes_ptr(out)->data, (size_t)len);
    py_blocking_leave();
    return ok ? out : fail(&ob_exc_ValueError);
}
OB_FN(m_fips) { return ob_from_small(EVP_default_properties_is_fips_enabled(NULL)); }

#define C(name) {"openssl_" #name, new_##name, PY_DIGEST_SIG, "A new hash object, which has digested the data.", 0},
static const ob_def defs[] = {
    CONSTRUCTORS(C)
    {"get_fips_mode", m_fips, "", NULL, 0}, {"hmac_digest", m_hmac_digest, "key, msg, digest", NULL, 0}, {"hmac_new", m_hmac_new, "key, msg=b'', digestmod=None", NULL, 0},
    {"new", m_new, "name, string=b'', *, usedforsecurity=True", "A new hash object of the algorithm of that name.", 0},
    {"pbkdf2_hmac", m_pbkdf2, "hash_name, password, salt, iterations, dklen=None", NULL, 0},
    {"scrypt", m_scrypt, "password, *, salt=None, n=None, r=None, p=None, maxmem=0, dklen=64", NULL, 0}, {0}};
#undef C

static void add_name(EVP_MD *md, void *set) {
    ob_val *s = set;
    if (ob_is_null(*s) || EVP_MD_nid(md) == NID_undef) return;
    ob_val name = ob_str_from_c(python_name(md));
    if (ob_is_null(name) || !ob_set_add(*s, name)) *s = OB_NULL;
}
static bool add_names(ob_val m) {
    ob_val set = ob_set_new();
    EVP_MD_do_all_provided(NULL, add_name, &set);
    ob_val frozen = ob_is_null(set) ? set : ob_frozenset_of_iterable(set);
    return !ob_is_null(frozen) && ob_module_add(m, "openssl_md_meth_names", frozen);
}
static bool add_constructors(ob_val m) {
    ob_val d = ob_dict_new();
    if (ob_is_null(d)) return false;
#define C(name) { ob_val f = ob_getattr_c(m, "openssl_" #name), s = ob_str_intern_c(#name); if (ob_is_null(f) || ob_is_null(s) || !ob_dict_set(d, f, s)) return false; }
    CONSTRUCTORS(C)
#undef C
    ob_val proxy = ob_mappingproxy_new(d);
    bool first = ob_is_null(constructors);
    constructors = d;
    return !ob_is_null(proxy) && (!first || ob_gc_add_static(&constructors)) && ob_module_add(m, "_constructors", proxy);
}
static bool fill(ob_val m) {
    if (!py_crypto_load()) return false;
    ob_val name = ob_str_intern_c("_operator"), op = ob_is_null(name) ? name : ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0);
    ob_val compare = ob_is_null(op) ? op : ob_getattr_c(op, "_compare_digest");
    return !ob_is_null(compare) && ob_module_add(m, "compare_digest", compare) && ob_type_ready(&holder_type) && ob_module_add_type(m, &hash_type) &&
           ob_module_add_type(m, &xof_type) && ob_module_add_type(m, &hmac_type) &&
           py_mod_error(m, &unsupported_error, "_hashlib", "UnsupportedDigestmodError", &ob_exc_ValueError) && add_names(m) && add_constructors(m);
}
const ob_module_def py_mod__hashlib = {"_hashlib", "Digests and keys by OpenSSL.", defs, fill};
