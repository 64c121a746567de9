/* errno.c: the module errno: the system's error numbers by name, and the names by number.
 *
 * Locks: none.
 */
#include <errno.h>
#include "interp/mod/modules.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/str.h"

/* Second names of a number stand first: errorcode gets the last one. What a system lacks is left out. */
#define ERRNO_NAMES(E) \
    E(EDEADLK) E(EOPNOTSUPP) E(EWOULDBLOCK) E(E2BIG) E(EACCES) E(EADDRINUSE) E(EADDRNOTAVAIL) E(EADV) E(EAFNOSUPPORT) E(EAGAIN) E(EALREADY) \
    E(EBADE) E(EBADF) E(EBADFD) E(EBADMSG) E(EBADR) E(EBADRQC) E(EBADSLT) E(EBFONT) E(EBUSY) E(ECANCELED) E(ECHILD) E(ECHRNG) E(ECOMM) \
    E(ECONNABORTED) E(ECONNREFUSED) E(ECONNRESET) E(EDEADLOCK) E(EDESTADDRREQ) E(EDOM) E(EDOTDOT) E(EDQUOT) E(EEXIST) E(EFAULT) E(EFBIG) \
    E(EHOSTDOWN) E(EHOSTUNREACH) E(EIDRM) E(EILSEQ) E(EINPROGRESS) E(EINTR) E(EINVAL) E(EIO) E(EISCONN) E(EISDIR) E(EISNAM) E(EKEYEXPIRED) \
    E(EKEYREJECTED) E(EKEYREVOKED) E(EL2HLT) E(EL2NSYNC) E(EL3HLT) E(EL3RST) E(ELIBACC) E(ELIBBAD) E(ELIBEXEC) E(ELIBMAX) E(ELIBSCN) \
    E(ELNRNG) E(ELOOP) E(EMEDIUMTYPE) E(EMFILE) E(EMLINK) E(EMSGSIZE) E(EMULTIHOP) E(ENAMETOOLONG) E(ENAVAIL) E(ENETDOWN) E(ENETRESET) \
    E(ENETUNREACH) E(ENFILE) E(ENOANO) E(ENOBUFS) E(ENOCSI) E(ENODATA) E(ENODEV) E(ENOENT) E(ENOEXEC) E(ENOKEY) E(ENOLCK) E(ENOLINK) \
    E(ENOMEDIUM) E(ENOMEM) E(ENOMSG) E(ENONET) E(ENOPKG) E(ENOPROTOOPT) E(ENOSPC) E(ENOSR) E(ENOSTR) E(ENOSYS) E(ENOTBLK) E(ENOTCONN) \
    E(ENOTDIR) E(ENOTEMPTY) E(ENOTNAM) E(ENOTRECOVERABLE) E(ENOTSOCK) E(ENOTSUP) E(ENOTTY) E(ENOTUNIQ) E(ENXIO) E(EOVERFLOW) E(EOWNERDEAD) \
    E(EPERM) E(EPFNOSUPPORT) E(EPIPE) E(EPROTO) E(EPROTONOSUPPORT) E(EPROTOTYPE) E(ERANGE) E(EREMCHG) E(EREMOTE) E(EREMOTEIO) E(ERESTART) \
    E(ERFKILL) E(EROFS) E(ESHUTDOWN) E(ESOCKTNOSUPPORT) E(ESPIPE) E(ESRCH) E(ESRMNT) E(ESTALE) E(ESTRPIPE) E(ETIME) E(ETIMEDOUT) \
    E(ETOOMANYREFS) E(ETXTBSY) E(EUCLEAN) E(EUNATCH) E(EUSERS) E(EXDEV) E(EXFULL)

static const struct { const char *name; int number; } table[] = {
#define E(name) {#name, name},
    ERRNO_NAMES(E)
#undef E
};

static bool fill(ob_val m) {
    ob_val codes = ob_dict_new();
    if (ob_is_null(codes)) return false;
    for (size_t i = 0; i < BASE_LENGTH(table); i++) {
        ob_val name = ob_str_intern_c(table[i].name), number = ob_from_small(table[i].number);
        if (ob_is_null(name) || !ob_dict_set(codes, number, name) || !ob_module_add(m, table[i].name, number)) return false;
    }
    return ob_module_add(m, "errorcode", codes);
}

static const ob_def defs[] = {{NULL, NULL, NULL, NULL, 0}};
const ob_module_def py_mod_errno = {"errno", "The system's error numbers.", defs, fill};
