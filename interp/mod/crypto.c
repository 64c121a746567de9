/* crypto.c: loads OpenSSL's libcrypto.
 * Locks: none; imports of one module are kept apart, and two modules that load it at once find the same. */
#define PY_CRYPTO_OWN_NAMES
#include "interp/mod/crypto.h"
#include "objspace/exc.h"
#include <dlfcn.h>
#include <string.h>

py_crypto_library py_crypto;

bool py_crypto_load(void) {
    void *so = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!so) return ob_fail(ob_raise(&ob_exc_ImportError, "%s", dlerror()));
#define LOOK_UP(name) { \
        void *p = dlsym(so, #name); \
        if (!p) return ob_fail(ob_raise(&ob_exc_ImportError, "libcrypto.so.3 has no %s", #name)); \
        memcpy(&py_crypto.name, &p, sizeof p); \
    }
    PY_CRYPTO_SYMBOLS(LOOK_UP)
#undef LOOK_UP
    return true;
}
