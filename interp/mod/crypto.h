/* crypto.h: what is used of OpenSSL's libcrypto, which is loaded when a module that digests is first imported: it is 1.4 MB of memory and a tenth of the
 * start for every program otherwise.  Include it instead of OpenSSL's headers; its functions are then called by their own names. */
#ifndef INTERP_MOD_CRYPTO_H
#define INTERP_MOD_CRYPTO_H
#define OPENSSL_SUPPRESS_DEPRECATED
#include "objspace/val.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <stdbool.h>

#define PY_CRYPTO_SYMBOLS(F) \
    F(ERR_clear_error) F(ERR_lib_error_string) F(ERR_peek_last_error) F(ERR_reason_error_string) F(EVP_DigestFinalXOF) F(EVP_DigestFinal_ex) \
    F(EVP_DigestInit_ex) F(EVP_DigestUpdate) F(EVP_MAC_CTX_dup) F(EVP_MAC_CTX_free) F(EVP_MAC_CTX_new) F(EVP_MAC_fetch) F(EVP_MAC_final) \
    F(EVP_MAC_free) F(EVP_MAC_init) F(EVP_MAC_update) F(EVP_MD_CTX_copy_ex) F(EVP_MD_CTX_free) F(EVP_MD_CTX_new) F(EVP_MD_do_all_provided) \
    F(EVP_MD_fetch) F(EVP_MD_free) F(EVP_MD_get0_name) F(EVP_MD_get_block_size) F(EVP_MD_get_flags) F(EVP_MD_get_size) F(EVP_MD_get_type) \
    F(EVP_PBE_scrypt) F(EVP_default_properties_is_fips_enabled) F(EVP_get_digestbyname) F(HMAC) F(MD5_Final) F(MD5_Init) F(MD5_Update) F(OBJ_nid2ln) \
    F(OBJ_nid2sn) F(OSSL_PARAM_construct_end) F(OSSL_PARAM_construct_utf8_string) F(PKCS5_PBKDF2_HMAC) F(SHA1_Final) F(SHA1_Init) F(SHA1_Update) \
    F(SHA224_Final) F(SHA224_Init) F(SHA224_Update) F(SHA256_Final) F(SHA256_Init) F(SHA256_Update) F(SHA384_Final) F(SHA384_Init) F(SHA384_Update) \
    F(SHA512_Final) F(SHA512_Init) F(SHA512_Update)

#define F(name) __typeof__(&name) name;
typedef struct py_crypto_library { PY_CRYPTO_SYMBOLS(F) } py_crypto_library;
#undef F
extern py_crypto_library py_crypto;
/* Loads it; false: ImportError.  Before the first call of any of the functions, by the fill function of each module that uses them. */
MUST_CHECK bool py_crypto_load(void);

#ifndef PY_CRYPTO_OWN_NAMES
#define ERR_clear_error py_crypto.ERR_clear_error
#define ERR_lib_error_string py_crypto.ERR_lib_error_string
#define ERR_peek_last_error py_crypto.ERR_peek_last_error
#define ERR_reason_error_string py_crypto.ERR_reason_error_string
#define EVP_DigestFinalXOF py_crypto.EVP_DigestFinalXOF
#define EVP_DigestFinal_ex py_crypto.EVP_DigestFinal_ex
#define EVP_DigestInit_ex py_crypto.EVP_DigestInit_ex
#define EVP_DigestUpdate py_crypto.EVP_DigestUpdate
#define EVP_MAC_CTX_dup py_crypto.EVP_MAC_CTX_dup
#define EVP_MAC_CTX_free py_crypto.EVP_MAC_CTX_free
#define EVP_MAC_CTX_new py_crypto.EVP_MAC_CTX_new
#define EVP_MAC_fetch py_crypto.EVP_MAC_fetch
#define EVP_MAC_final py_crypto.EVP_MAC_final
#define EVP_MAC_free py_crypto.EVP_MAC_free
#define EVP_MAC_init py_crypto.EVP_MAC_init
#define EVP_MAC_update py_crypto.EVP_MAC_update
#define EVP_MD_CTX_copy_ex py_crypto.EVP_MD_CTX_copy_ex
#define EVP_MD_CTX_free py_crypto.EVP_MD_CTX_free
#define EVP_MD_CTX_new py_crypto.EVP_MD_CTX_new
#define EVP_MD_do_all_provided py_crypto.EVP_MD_do_all_provided
#define EVP_MD_fetch py_crypto.EVP_MD_fetch
#define EVP_MD_free py_crypto.EVP_MD_free
#define EVP_MD_get0_name py_crypto.EVP_MD_get0_name
#define EVP_MD_get_block_size py_crypto.EVP_MD_get_block_size
#define EVP_MD_get_flags py_crypto.EVP_MD_get_flags
#define EVP_MD_get_size py_crypto.EVP_MD_get_size
#define EVP_MD_get_type py_crypto.EVP_MD_get_type
#define EVP_PBE_scrypt py_crypto.EVP_PBE_scrypt
#define EVP_default_properties_is_fips_enabled py_crypto.EVP_default_properties_is_fips_enabled
#define EVP_get_digestbyname py_crypto.EVP_get_digestbyname
#define HMAC py_crypto.HMAC
#define MD5_Final py_crypto.MD5_Final
#define MD5_Init py_crypto.MD5_Init
#define MD5_Update py_crypto.MD5_Update
#define OBJ_nid2ln py_crypto.OBJ_nid2ln
#define OBJ_nid2sn py_crypto.OBJ_nid2sn
#define OSSL_PARAM_construct_end py_crypto.OSSL_PARAM_construct_end
#define OSSL_PARAM_construct_utf8_string py_crypto.OSSL_PARAM_construct_utf8_string
#define PKCS5_PBKDF2_HMAC py_crypto.PKCS5_PBKDF2_HMAC
#define SHA1_Final py_crypto.SHA1_Final
#define SHA1_Init py_crypto.SHA1_Init
#define SHA1_Update py_crypto.SHA1_Update
#define SHA224_Final py_crypto.SHA224_Final
#define SHA224_Init py_crypto.SHA224_Init
#define SHA224_Update py_crypto.SHA224_Update
#define SHA256_Final py_crypto.SHA256_Final
#define SHA256_Init py_crypto.SHA256_Init
#define SHA256_Update py_crypto.SHA256_Update
#define SHA384_Final py_crypto.SHA384_Final
#define SHA384_Init py_crypto.SHA384_Init
#define SHA384_Update py_crypto.SHA384_Update
#define SHA512_Final py_crypto.SHA512_Final
#define SHA512_Init py_crypto.SHA512_Init
#define SHA512_Update py_crypto.SHA512_Update
#endif
#endif
