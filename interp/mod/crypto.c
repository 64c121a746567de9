/* crypto.c: loads OpenSSL's libcrypto.
 * Locks: none. py_crypto and missing: written by look_up() alone, once; whoever comes back from pthread_once() sees them whole. */
#define PY_CRYPTO_OWN_NAMES
#include "interp/mod/crypto.h"
#include "objspace/exc.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

py_crypto_library py_crypto;

static char missing[200];                /* why it cannot be used; empty: it can */

static void look_up(void) {
    void *so = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!so) {
        snprintf(missing, sizeof missing, "%s", dlerror());
        return;
    }
#define LOOK_UP(name) { \
        void *p = dlsym(so, #name); \
        if (!p) snprintf(missing, sizeof missing, "libcrypto.so.3 has no %s", #name); \
        memcpy(&py_crypto.name, &p, sizeof p); \
    }
    PY_CRYPTO_SYMBOLS(LOOK_UP)
#undef LOOK_UP
}

bool py_crypto_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, look_up);
    return !*missing || ob_fail(ob_raise(&ob_exc_ImportError, "%s", missing));
}
