/* fault_shim.c: preloaded into a program, lets the n-th call that writes or syncs a data.mdb fail: APO_FAULT=n[+many]:errno (many: so many in a row).
 * APO_FAULT_COUNT=FILE: the number of such calls is written there. Compiled by tests/crash/faults. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic long calls;
static long from = 0, many = 1;
static int number;

__attribute__((constructor)) static void read_plan(void) {
    const char *plan = getenv("APO_FAULT");
    if (plan) sscanf(plan, "%ld+%ld:%d", &from, &many, &number);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

static void tell(long n) {
    static _Atomic int fd = -2;
    char text[32];
    const char *path = getenv("APO_FAULT_COUNT");
    if (fd == -2) fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) (void)!REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(fd, text, (size_t)snprintf(text, sizeof text, "%12ld\n", n), 0);
}

static int fails(int fd) {
    char link[64], path[4096];
    int had = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = had;
    if (n < 9 || memcmp(path + n - 9, "/data.mdb", 9) != 0) return 0;
    long mine = ++calls;
    tell(mine);
    if (!from || mine < from || mine >= from + many) return 0;
    errno = number;
    return 1;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at) { return fails(fd) ? -1 : REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(fd, p, n, at); }
ssize_t writev(int fd, const struct iovec *v, int n) { return fails(fd) ? -1 : REAL(ssize_t, writev, int, const struct iovec *, int)(fd, v, n); }
int fdatasync(int fd) { return fails(fd) ? -1 : REAL(int, fdatasync, int)(fd); }
