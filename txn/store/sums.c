/* sums.c: the file of page sums (see sums.h); who calls what, and when, is in seal.c.
 *
 * Locks: none. Sums are written under the store's lock, or for a page that had none; each is one aligned word.
 * Why it need not be synced: the pages of the newest tree but one are never overwritten by the transaction at work, so a process that is killed leaves sums that lack
 * those of one transaction, and that transaction's pages can be found by comparing two whole trees. The kernel keeps what a killed process wrote. Power failures are
 * recognised by the machine's boot id; a file that was closed in order was synced. */
#include "txn/store/sums.h"
#include "base/crc.h"
#include "base/mono.h"
#include "txn/store/record.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FIRST = 4096, HEADER = 96, HEADERS_APART = 128, CHUNK = 1 << 16 };
static const char MAGIC[8] = {'a', 'p', 'o', 's', 'u', 'm', 's', '1'};

static const char *boot_id(void) {
    static char id[37];                      /* read once, by whoever opens the first store */
    if (id[0] == 0) {
        int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, id, 36) != 36) memset(id, 0, sizeof id);
        if (fd >= 0) close(fd);
    }
    return id;
}

static bool read_header(const st__sums *s, unsigned which, st__seal *out) {
    uint8_t h[HEADER];
    memcpy(h, s->at + which * HEADERS_APART, sizeof h);
    if (memcmp(h, MAGIC, sizeof MAGIC) != 0 || memcmp(h + 8, s->uuid, ST_UUID_BYTES) != 0 || st_load32(h + 92) != base_crc32c(0, h, 92)) return false;
    *out = (st__seal){st_load64(h + 64), st_load32(h + 72), st_load32(h + 76) == 1, boot_id()[0] && memcmp(h + 24, boot_id(), 36) == 0};
    return true;
}

static st__seal newest_header(const st__sums *s) {
    st__seal a = {0}, b = {0};
    bool has_a = read_header(s, 0, &a), has_b = read_header(s, 1, &b);
    return has_b && (!has_a || b.txn > a.txn) ? b : has_a ? a : (st__seal){0};
}

static bool look_at_size(st__sums *s) {
    struct stat st;
    if (fstat(s->fd, &st) != 0 || st.st_size < FIRST) return false;
    uint64_t end = (uint64_t)st.st_size < s->reserved ? (uint64_t)st.st_size : s->reserved;
    atomic_store_explicit(&s->covered, (end - FIRST) / 4, memory_order_relaxed);
    return true;
}

static void unmap(st__sums *s) {
    if (s->at) munmap(s->at, s->reserved);
    if (s->fd >= 0) close(s->fd);
    s->at = NULL;
    s->fd = -1;
}

bool st__sums_open(st__sums *s, const char *dir, bool writing, const uint8_t *uuid, uint64_t pages, st__seal *found) {
    char path[4096];
    *s = (st__sums){.writing = writing, .reserved = FIRST + ((pages + CHUNK) * 4 + 4095) / 4096 * 4096};
    *found = (st__seal){0};
    memcpy(s->uuid, uuid, ST_UUID_BYTES);
    snprintf(path, sizeof path, "%.4000s/" ST__SUMS, dir);
    s->fd = open(path, (writing ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->fd < 0) return false;
    if (!look_at_size(s) && (!writing || posix_fallocate(s->fd, 0, FIRST) != 0 || !look_at_size(s))) return unmap(s), false;
    void *at = mmap(NULL, s->reserved, writing ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED | MAP_NORESERVE, s->fd, 0);
    if (at == MAP_FAILED) return unmap(s), false;
    s->at = at;
    *found = newest_header(s);
    atomic_store(&s->through, found->txn);
    return true;
}

void st__sums_close(st__sums *s, uint64_t txn, uint32_t meta_sum) {
    if (s->at && s->writing && s->marked_open && txn == atomic_load(&s->through) && fdatasync(s->fd) == 0) {
        st__sums_head(s, txn, meta_sum, true);
        (void)fdatasync(s->fd);
    }
    unmap(s);
}

void st__sums_clear(st__sums *s) {
    atomic_store(&s->covered, 0);
    atomic_store(&s->through, 0);
    if (ftruncate(s->fd, 0) != 0 || posix_fallocate(s->fd, 0, FIRST) != 0) unmap(s);
}

/* Readers may be at it: the map stays, and the file as long as it is. Without headers nobody believes it. */
void st__sums_discard(st__sums *s) {
    atomic_store(&s->off, true);
    s->writing = false;
    if (s->at) memset(s->at, 0, FIRST);
}

bool st__sums_cover(st__sums *s, uint64_t pages) {
    if (!s->at || !s->writing) return false;
    uint64_t n = atomic_load_explicit(&s->covered, memory_order_relaxed);
    if (pages <= n) return true;
    uint64_t size = FIRST + (pages + CHUNK / 4) / (CHUNK / 4) * CHUNK;
    if (size > s->reserved) size = s->reserved;
    /* Room is taken, not only promised: writing to the map cannot fail for want of it. */
    if (FIRST + pages * 4 > size || posix_fallocate(s->fd, (off_t)(FIRST + n * 4), (off_t)(size - FIRST - n * 4)) != 0) return st__sums_discard(s), false;
    return look_at_size(s);
}

uint32_t st__sums_of(const void *page, size_t n) {
    uint32_t c = base_crc32c(0, page, n);
    return c ? c : 1;
}

static _Atomic(uint32_t) *entry(st__sums *s, uint64_t page) { return (_Atomic(uint32_t) *)(void *)(s->at + FIRST + page * 4); }

uint32_t st__sums_get(st__sums *s, uint64_t page) {
    if (atomic_load_explicit(&s->off, memory_order_relaxed)) return 0;
    if (page >= atomic_load_explicit(&s->covered, memory_order_relaxed) && (s->writing || !look_at_size(s) || page >= atomic_load_explicit(&s->covered, memory_order_relaxed)))
        return 0;
    return atomic_load_explicit(entry(s, page), memory_order_relaxed);
}

void st__sums_put(st__sums *s, uint64_t page, uint32_t sum) {
    if (page < atomic_load_explicit(&s->covered, memory_order_relaxed)) atomic_store_explicit(entry(s, page), sum, memory_order_relaxed);
}

void st__sums_head(st__sums *s, uint64_t txn, uint32_t meta_sum, bool clean) {
    uint8_t h[HEADER] = {0};
    memcpy(h, MAGIC, sizeof MAGIC);
    memcpy(h + 8, s->uuid, ST_UUID_BYTES);
    memcpy(h + 24, boot_id(), 36);
    st_store64(h + 64, txn);
    st_store32(h + 72, meta_sum);
    st_store32(h + 76, clean);
    st_store32(h + 92, base_crc32c(0, h, 92));
    memcpy(s->at + txn % 2 * HEADERS_APART, h, sizeof h);
    s->marked_open = true;
    atomic_store(&s->through, txn);
}

bool st__sums_await(st__sums *s, uint64_t txn) {
    if (atomic_load(&s->off)) return false;
    int64_t end = base_mono_ns() + 1000000000;
    for (;;) {
        if (!s->writing && !atomic_load(&s->off)) atomic_store(&s->through, newest_header(s).txn);        /* another process writes */
        if (atomic_load(&s->through) >= txn) return true;
        if (base_mono_ns() > end) return false;
        nanosleep(&(struct timespec){0, 50000}, NULL);
    }
}
