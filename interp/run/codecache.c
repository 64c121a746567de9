/* codecache.c: compiled modules in $APODORA_CACHE_DIR, $XDG_CACHE_HOME/apodora or ~/.cache/apodora: one file a module, named by a hash of
 * path, size, modification time and optimisation level; written beside and renamed. Anything amiss: the source is compiled again. */
#include "interp/run/codecache.h"
#include "base/hash.h"
#include "interp/front/compile.h"
#include "objspace/bytes.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int py_optimize_level;

static const char *cache_dir(void) {
    static char dir[PATH_MAX];
    static int state;                            /* 0 not looked, 1 usable, -1 none.  main thread first, idempotent */
    if (state) return state > 0 ? dir : NULL;
    const char *own = getenv("APODORA_CACHE_DIR"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = -1;
    if (own && *own) n = snprintf(dir, sizeof dir, "%s", own);
    else if (xdg && *xdg == '/') n = snprintf(dir, sizeof dir, "%s/apodora", xdg);
    else if (home && *home == '/') {
        char parent[PATH_MAX];
        if (snprintf(parent, sizeof parent, "%s/.cache", home) < (int)sizeof parent) mkdir(parent, 0700);
        n = snprintf(dir, sizeof dir, "%s/.cache/apodora", home);
    }
    struct stat st;
    bool ok = n > 0 && n < PATH_MAX - 64 && (mkdir(dir, 0700) == 0 || (stat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid()));
    state = ok ? 1 : -1;
    return ok ? dir : NULL;
}

/* Fills the cache file's name and the header that it must begin with. */
typedef struct header { char magic[8]; uint64_t size, mtime_ns, path_hash, optimize; } header;

static bool key_of(const char *path, char *out, size_t cap, header *h) {
    struct stat st;
    const char *dir = cache_dir();
    if (!dir || stat(path, &st) < 0) return false;
    memset(h, 0, sizeof *h);
    memcpy(h->magic, "apoco\0\0\1", 8);
    h->size = (uint64_t)st.st_size;
    h->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
    h->optimize = (uint64_t)py_optimize_level;
    h->path_hash = 1469598103934665603u;
    for (const char *p = path; *p; p++) h->path_hash = (h->path_hash ^ (uint8_t)*p) * 1099511628211u;
    return snprintf(out, cap, "%s/%016llx-%llu.apc", dir, (unsigned long long)h->path_hash, (unsigned long long)h->optimize) < (int)cap;
}

ob_val py_codecache_get(const char *path) {
    char file[PATH_MAX];
    header want, got;
    if (!key_of(path, file, sizeof file, &want)) return OB_NULL;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0) return OB_NULL;
    uint8_t *buf = NULL;
    ob_val code = OB_NULL;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_size > (off_t)sizeof want && st.st_size < 1 << 28 &&
        read(fd, &got, sizeof got) == (ssize_t)sizeof got && !memcmp(&got, &want, sizeof got)) {
        size_t n = (size_t)st.st_size - sizeof got;
        buf = malloc(n);
        if (buf && read(fd, buf, n) == (ssize_t)n) {
            code = py_code_from_bytes(buf, n);
            if (ob_is_null(code)) ob_err_clear();
        }
    }
    close(fd);
    free(buf);
    return code;
}

void py_codecache_put(const char *path, ob_val code) {
    char file[PATH_MAX], temp[PATH_MAX + 32];
    header h;
    if (!key_of(path, file, sizeof file, &h)) return;
    ob_val bytes = py_code_to_bytes(code);
    if (ob_is_null(bytes)) { ob_err_clear(); return; }
    snprintf(temp, sizeof temp, "%s.%ld", file, (long)getpid());
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return;
    const ob_bytes_obj *b = ob_bytes_ptr(bytes);
    bool ok = write(fd, &h, sizeof h) == (ssize_t)sizeof h && write(fd, b->data, b->len) == (ssize_t)b->len;
    ok = close(fd) == 0 && ok;
    if (!ok || rename(temp, file) < 0) unlink(temp);
}
