/* _stat.c: the module _stat: the bits of st_mode. Locks: none. */
#include <fcntl.h>
#include <sys/stat.h>
#include "interp/mod/modules.h"
#include "objspace/int.h"
#include "objspace/str.h"

static bool mode_of(ob_val v, mode_t *out) {
    int64_t i;
    if (!ob_is_int(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "an integer is required"));
    i = ob_int_clamp(v);
    if (i < 0 || i > UINT32_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, i < 0 ? "can't convert negative value to unsigned int" : "mode out of range"));
    *out = (mode_t)i;
    return true;
}

#define TESTS(T) T(S_ISDIR, "a directory") T(S_ISCHR, "a character special device file") T(S_ISBLK, "a block special device file") \
    T(S_ISREG, "a regular file") T(S_ISFIFO, "a FIFO (named pipe)") T(S_ISLNK, "a symbolic link") T(S_ISSOCK, "a socket")
#define T(name, what)                                                  \
    OB_FN(test_##name) {                                               \
        mode_t m;                                                      \
        return mode_of(a[0], &m) ? ob_bool(name(m)) : OB_NULL;          \
    }
TESTS(T)
#undef T
/* Kinds of files that Linux does not have. */
OB_FN(test_none) {
    mode_t m;
    return mode_of(a[0], &m) ? OB_FALSE : OB_NULL;
}
OB_FN(stat_imode) {
    mode_t m;
    return mode_of(a[0], &m) ? ob_from_small(m & 07777) : OB_NULL;
}
OB_FN(stat_ifmt) {
    mode_t m;
    return mode_of(a[0], &m) ? ob_from_small(m & S_IFMT) : OB_NULL;
}

static char kind_letter(mode_t m) {
    return S_ISREG(m) ? '-' : S_ISDIR(m) ? 'd' : S_ISLNK(m) ? 'l' : S_ISBLK(m) ? 'b' : S_ISCHR(m) ? 'c' : S_ISFIFO(m) ? 'p' : S_ISSOCK(m) ? 's' : '?';
}
OB_FN(stat_filemode) {
    mode_t m;
    if (!mode_of(a[0], &m)) return OB_NULL;
    char s[10] = {kind_letter(m)};
    for (int i = 0; i < 9; i++) s[i + 1] = m >> (8 - i) & 1 ? "rwx"[i % 3] : '-';
    if (m & S_ISUID) s[3] = s[3] == 'x' ? 's' : 'S';
    if (m & S_ISGID) s[6] = s[6] == 'x' ? 's' : 'S';
    if (m & S_ISVTX) s[9] = s[9] == 'x' ? 't' : 'T';
    return ob_str_from_latin1((const uint8_t *)s, sizeof s);
}

/* Constants: those of the system, and those that other systems define (with the values that their headers have). */
static const struct { const char *name; int64_t value; } constants[] = {
#define C(name) {#name, name}
    C(S_IFDIR), C(S_IFCHR), C(S_IFBLK), C(S_IFREG), C(S_IFIFO), C(S_IFLNK), C(S_IFSOCK), {"S_IFDOOR", 0}, {"S_IFPORT", 0}, {"S_IFWHT", 0},
    C(S_ISUID), C(S_ISGID), C(S_ISVTX), {"S_ENFMT", S_ISGID}, {"S_IREAD", S_IRUSR}, {"S_IWRITE", S_IWUSR}, {"S_IEXEC", S_IXUSR},
    C(S_IRWXU), C(S_IRUSR), C(S_IWUSR), C(S_IXUSR), C(S_IRWXG), C(S_IRGRP), C(S_IWGRP), C(S_IXGRP), C(S_IRWXO), C(S_IROTH), C(S_IWOTH), C(S_IXOTH),
    {"UF_NODUMP", 0x1}, {"UF_IMMUTABLE", 0x2}, {"UF_APPEND", 0x4}, {"UF_OPAQUE", 0x8}, {"UF_NOUNLINK", 0x10}, {"UF_COMPRESSED", 0x20}, {"UF_HIDDEN", 0x8000},
    {"SF_ARCHIVED", 0x10000}, {"SF_IMMUTABLE", 0x20000}, {"SF_APPEND", 0x40000}, {"SF_NOUNLINK", 0x100000}, {"SF_SNAPSHOT", 0x200000},
    {"ST_MODE", 0}, {"ST_INO", 1}, {"ST_DEV", 2}, {"ST_NLINK", 3}, {"ST_UID", 4}, {"ST_GID", 5}, {"ST_SIZE", 6}, {"ST_ATIME", 7}, {"ST_MTIME", 8}, {"ST_CTIME", 9},
    {"FILE_ATTRIBUTE_ARCHIVE", 32}, {"FILE_ATTRIBUTE_COMPRESSED", 2048}, {"FILE_ATTRIBUTE_DEVICE", 64}, {"FILE_ATTRIBUTE_DIRECTORY", 16},
    {"FILE_ATTRIBUTE_ENCRYPTED", 16384}, {"FILE_ATTRIBUTE_HIDDEN", 2}, {"FILE_ATTRIBUTE_INTEGRITY_STREAM", 32768}, {"FILE_ATTRIBUTE_NORMAL", 128},
    {"FILE_ATTRIBUTE_NOT_CONTENT_INDEXED", 8192}, {"FILE_ATTRIBUTE_NO_SCRUB_DATA", 131072}, {"FILE_ATTRIBUTE_OFFLINE", 4096},
    {"FILE_ATTRIBUTE_READONLY", 1}, {"FILE_ATTRIBUTE_REPARSE_POINT", 1024}, {"FILE_ATTRIBUTE_SPARSE_FILE", 512}, {"FILE_ATTRIBUTE_SYSTEM", 4},
    {"FILE_ATTRIBUTE_TEMPORARY", 256}, {"FILE_ATTRIBUTE_VIRTUAL", 65536},
#undef C
};

static bool fill(ob_val m) {
    for (size_t i = 0; i < BASE_LENGTH(constants); i++)
        if (!ob_module_add_int(m, constants[i].name, constants[i].value)) return false;
    return true;
}
static const ob_def defs[] = {
#define T(name, what) {#name, test_##name, "mode, /", "Return True if mode is from " what ".", 0},
    TESTS(T)
#undef T
    {"S_ISDOOR", test_none, "mode, /", "Return True if mode is from a door.", 0},
    {"S_ISPORT", test_none, "mode, /", "Return True if mode is from an event port.", 0},
    {"S_ISWHT", test_none, "mode, /", "Return True if mode is from a whiteout.", 0},
    {"S_IMODE", stat_imode, "mode, /", "Return the portion of the file's mode that can be set by os.chmod().", 0},
    {"S_IFMT", stat_ifmt, "mode, /", "Return the portion of the file's mode that describes the file type.", 0},
    {"filemode", stat_filemode, "mode, /", "Convert a file's mode to a string of the form '-rwxrwxrwx'", 0},
    {0},
};
const ob_module_def py_mod__stat = {"_stat", "The bits of st_mode, and functions that take them apart.", defs, fill};
