/* store_faults.c: what a store holds after every possible crash, power loss and failing system call of a recorded run.
 *
 * This program stands between LMDB and the kernel: it defines pwrite, writev, fdatasync, fsync, ftruncate and fallocate itself.
 *   crash    a run is recorded; for every point of it the file is rebuilt from what had been synced and none, all, or random halves (blocks of 512 bytes
 *            or 4 KB) of what had not; each must hold the state after some transaction between the last acknowledged and the one at work.
 *   nosync   the same for kill -9 of a store that does not sync: a prefix.
 *   faults   the n-th call fails, for every n, with EIO, ENOSPC or a short write: the transaction is refused and not there, later ones succeed.
 * Usage: store_faults [-r SEED] [-t TRANSACTIONS] [-v VARIANTS of a crash point]. Prints `N passed, N failed`.
 * The state after k transactions is computed, so every byte that is read is compared. */
#include "base/crc.h"
#include "txn/store/record.h"
#include "txn/store/store.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { KEYS = 120, BIG = 9000, FILE_MAX = 4 << 20 };
static const st_table tables[] = {{"numbers", true}, {"words", false}};
static char dir[200];
static unsigned passed, failed;

static void tally(bool good, const char *format, uint64_t a, uint64_t b) {
    if (good) {
        passed++;
        return;
    }
    if (failed++ < 20) printf("FAILED: "), printf(format, (unsigned long long)a, (unsigned long long)b), printf("\n");
}

static uint64_t chance_state = 1;
static uint64_t chance(uint64_t below) {
    chance_state = chance_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (chance_state >> 33) % below;
}

/* ---- between LMDB and the kernel ---- */

typedef struct event { enum { WROTE, SYNCED, ACKED, STARTED } what; off_t at; size_t n; uint64_t txn; bool direct /* O_DSYNC */; uint8_t *bytes; } event;
static event *events;
static size_t event_count, event_room;
static bool recording, armed;
static ino_t data_inode;
static uint64_t calls, fail_at, holes;
static enum { FAIL_EIO, FAIL_ENOSPC, FAIL_SHORT } how_to_fail;

static bool is_data(int fd) {
    struct stat st;
    return data_inode && fstat(fd, &st) == 0 && st.st_ino == data_inode;
}

static void record(event e, const void *bytes) {
    if (!recording) return;
    if (event_count == event_room) events = realloc(events, (event_room = event_room * 2 + 64) * sizeof *events);
    if (e.n) e.bytes = malloc(e.n), memcpy(e.bytes, bytes, e.n);
    events[event_count++] = e;
}

/* Is this the call that fails? */
static bool due(int fd) {
    if (!armed || !is_data(fd) || ++calls != fail_at) return false;
    errno = how_to_fail == FAIL_ENOSPC ? ENOSPC : EIO;
    return true;
}

#define EXPORTED __attribute__((visibility("default")))
#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

EXPORTED ssize_t pwrite(int fd, const void *p, size_t n, off_t at) {
    if (due(fd)) {
        if (how_to_fail != FAIL_SHORT) return -1;
        n /= 2;
    }
    ssize_t got = REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(fd, p, n, at);
    if (recording && got > 0 && is_data(fd)) record((event){.what = WROTE, .at = at, .n = (size_t)got, .direct = (fcntl(fd, F_GETFL) & O_DSYNC) != 0}, p);
    return got;
}

EXPORTED ssize_t writev(int fd, const struct iovec *v, int count) {
    off_t at = lseek(fd, 0, SEEK_CUR);
    bool fails = due(fd);
    if (fails && how_to_fail != FAIL_SHORT) return -1;
    ssize_t sum = 0;
    for (int i = 0; i < (fails ? count / 2 : count); i++) {
        ssize_t got = write(fd, v[i].iov_base, v[i].iov_len);
        if (got > 0 && recording && is_data(fd)) record((event){.what = WROTE, .at = at + sum, .n = (size_t)got}, v[i].iov_base);
        if (got != (ssize_t)v[i].iov_len) return got < 0 && !sum ? -1 : sum + (got > 0 ? got : 0);
        sum += got;
    }
    return sum;
}

/* Nothing is synced: power does not fail here, the disk of the test is in `events`, and it would take a minute. */
EXPORTED int fdatasync(int fd) {
    if (due(fd)) return -1;
    if (recording && is_data(fd)) record((event){.what = SYNCED}, NULL);
    return 0;
}
EXPORTED int fsync(int fd) { return fcntl(fd, F_GETFD) < 0 ? -1 : 0; }

EXPORTED int ftruncate(int fd, off_t n) {
    if (due(fd)) return -1;
    return REAL(int, ftruncate, int, off_t)(fd, n);
}

/* A hole is a write of zeros, of which a crash may leave any part. */
EXPORTED int fallocate(int fd, int mode, off_t at, off_t n) {
    if (due(fd)) return -1;
    int rc = REAL(int, fallocate, int, int, off_t, off_t)(fd, mode, at, n);
    static const uint8_t zeros[FILE_MAX];
    if (rc == 0 && recording && is_data(fd)) holes++, record((event){.what = WROTE, .at = at, .n = (size_t)n}, zeros);
    return rc;
}

/* ---- the run: transaction k changes some keys, and says that it was there ---- */

typedef struct state { uint64_t txn; uint64_t version[KEYS]; } state;      /* version 0: absent */

/* What transaction k does to a key: 0 nothing, 1 puts, 2 deletes. */
static int act(uint64_t k, unsigned key) {
    uint64_t x = (k * 2654435761u + key * 40503u) ^ (k << 7);
    x = x * UINT64_C(0x9E3779B97F4A7C15) >> 40;
    return x % 9 == 0 ? 1 : x % 23 == 0 ? 2 : 0;
}

static void advance(state *s, uint64_t k) {
    s->txn = k;
    for (unsigned i = 0; i < KEYS; i++) {
        int a = act(k, i);
        if (a) s->version[i] = a == 1 ? k : 0;
    }
}

static size_t value_of(uint64_t k, unsigned key, uint8_t *out) {
    size_t n = 20 + (k * 31 + key * 7) % 300;
    if ((k + key) % 17 == 0) n = BIG;
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(k * 13 + key * 5 + i * 3 + (i >> 8));
    return n;
}

static st_error run_one(st_store *s, uint64_t k) {
    static uint8_t value[BIG];
    st_txn *t;
    st_error e = st_write_begin(s, &t);
    if (e) return e;
    for (uint64_t i = 0; i < KEYS && e == ST_OK; i++) {
        int a = act(k, (unsigned)i);
        char word[30];
        st_key w = {word, (size_t)snprintf(word, sizeof word, "word %llu", (unsigned long long)i * 7919 % 1000)};
        if (a == 1) e = st_put(t, 0, st_key_int(&i), value, value_of(k, (unsigned)i, value));
        if (a == 1 && e == ST_OK) e = st_put(t, 1, w, &k, 8);
        if (a == 2) e = st_del(t, 0, st_key_int(&i));
        if (a == 2 && (e == ST_OK || e == ST_NOT_FOUND)) e = st_del(t, 1, w);
        if (e == ST_NOT_FOUND) e = ST_OK;
    }
    if (e == ST_OK) e = st_put(t, 1, (st_key){"txn", 3}, &k, 8);
    if (e) return st_end(t), e;
    return st_commit(t);
}

/* Which transaction's state is there? UINT64_MAX: none that ever was, or an error. */
static uint64_t identify(st_store *s, uint64_t most) {
    static uint8_t value[BIG];
    st_txn *t;
    base_buf b;
    uint64_t k = 0, n = 0, count = 0;
    state want = {0};
    base_buf_init(&b);
    if (st_read_begin(s, &t)) return UINT64_MAX;
    st_error e = st_get(t, 1, (st_key){"txn", 3}, &b);
    if (e == ST_OK && b.n == 8) memcpy(&k, b.at, 8);
    bool ok = (e == ST_OK || e == ST_NOT_FOUND) && k <= most;
    for (uint64_t i = 1; ok && i <= k; i++) advance(&want, i);
    for (uint64_t i = 0; ok && i < KEYS; i++) {
        char word[30];
        st_key w = {word, (size_t)snprintf(word, sizeof word, "word %llu", (unsigned long long)i * 7919 % 1000)};
        uint64_t v = want.version[i];
        e = st_get(t, 0, st_key_int(&i), &b);
        size_t len = v ? value_of(v, (unsigned)i, value) : 0;
        ok = v ? e == ST_OK && b.n == len && memcmp(b.at, value, len) == 0 : e == ST_NOT_FOUND;
        if (ok) e = st_get(t, 1, w, &b), ok = v ? e == ST_OK && b.n == 8 && memcmp(b.at, &v, 8) == 0 : e == ST_NOT_FOUND;
        n += v != 0;
    }
    ok = ok && st_count(t, 0, &count) == ST_OK && count == n;
    st_end(t);
    base_buf_release(&b);
    return ok ? k : UINT64_MAX;
}

/* ---- files ---- */

static const char *in_dir(const char *store, const char *name) {
    static char path[400];
    snprintf(path, sizeof path, "%s/%s/%s", dir, store, name);
    return path;
}

static size_t read_data(const char *store, uint8_t *out) {
    int fd = open(in_dir(store, "data.mdb"), O_RDONLY);
    ssize_t n = read(fd, out, FILE_MAX);
    close(fd);
    return n < 0 ? 0 : (size_t)n;
}

static void note_inode(const char *store) {
    struct stat st;
    data_inode = stat(in_dir(store, "data.mdb"), &st) == 0 ? st.st_ino : 0;
}

static st_store *open_store(const char *store, bool nosync) {
    st_store *s;
    st_report r;
    char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, store);
    st_error e = st_open(path, &(st_options){.tables = tables, .table_count = 2, .nosync = nosync, .max_size = 0}, &s, &r);
    if (e && failed < 20) printf("  open: %s %s\n", st_error_name(e), r.text);
    return e ? NULL : s;
}

static void remove_store(const char *store) {
    char command[400];
    snprintf(command, sizeof command, "rm -rf '%s/%s'", dir, store);
    if (system(command) != 0) printf("cannot remove %s\n", store);
}

/* ---- crash: every point of a recorded run ---- */

static uint8_t base_image[FILE_MAX], image[FILE_MAX];
static size_t base_size, image_size;

static void put_image(const uint8_t *bytes, off_t at, size_t n) {
    if ((size_t)at + n > FILE_MAX) return;
    if ((size_t)at + n > image_size) memset(image + image_size, 0, (size_t)at + n - image_size), image_size = (size_t)at + n;
    memcpy(image + at, bytes, n);
}

/* Some of what was not synced reaches the disk, by blocks. variant 0: nothing, 1: all, 2: each write by chance, others: blocks by chance. */
static void some_of(const event *e, unsigned variant) {
    size_t block = variant % 2 ? 512 : 4096;
    if (variant == 1 || (variant == 2 && chance(2))) put_image(e->bytes, e->at, e->n);
    if (variant < 3) return;
    for (size_t i = 0; i < e->n;) {
        size_t part = block - ((size_t)e->at + i) % block;
        if (part > e->n - i) part = e->n - i;
        if (chance(2)) put_image(e->bytes + i, e->at + (off_t)i, part);
        i += part;
    }
}

/* The file as it may be when the power fails after `upto` events. */
static void build(size_t upto, unsigned variant, bool keep_all) {
    size_t synced = 0;
    memcpy(image, base_image, base_size);
    image_size = base_size;
    for (size_t i = 0; i < upto; i++)
        if (events[i].what == SYNCED) synced = i;
    for (size_t i = 0; i < upto; i++) {
        const event *e = &events[i];
        if (e->what != WROTE) continue;
        if (keep_all || i < synced || (e->direct && i + 1 < upto)) put_image(e->bytes, e->at, e->n);
        else some_of(e, variant);
    }
}

static void check_image(uint64_t acked, uint64_t started, size_t point, unsigned variant) {
    const uint8_t *p = image;
    int fd = open(in_dir("crash", "data.mdb"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool written = write(fd, p, image_size) == (ssize_t)image_size;
    close(fd);
    unlink(in_dir("crash", "sums"));
    st_store *s = open_store("crash", true);
    uint64_t found = s && written ? identify(s, started) : UINT64_MAX;
    tally(found != UINT64_MAX && found >= acked && found <= started, "point %llu: state %lld", point, found);
    if (found != UINT64_MAX && variant < 2) tally(run_one(s, found + 1) == ST_OK && identify(s, found + 1) == found + 1, "point %llu: cannot go on from %llu", point, found);
    if (s) st_close(s);
}

static void record_run(uint64_t txns, bool nosync) {
    remove_store("run");
    event_count = 0;
    data_inode = 0;
    st_store *s = open_store("run", nosync);
    for (uint64_t k = 1; s && k <= 3; k++) tally(run_one(s, k) == ST_OK, "transaction %llu", k, 0);
    base_size = read_data("run", base_image);
    note_inode("run");
    recording = true;
    for (uint64_t k = 4; s && k <= txns + 3; k++) {
        record((event){.what = STARTED, .txn = k}, NULL);
        tally(run_one(s, k) == ST_OK, "transaction %llu", k, 0);
        record((event){.what = ACKED, .txn = k}, NULL);
        if (k % 3 == 0) st_trim(s, 0, 0);
    }
    recording = false;
    tally(nosync || holes > 0, "no hole was made in %llu transactions", txns, 0);
    if (s) st_close(s);
}

static void crash(uint64_t txns, unsigned variants, bool nosync) {
    uint64_t acked = 3, started = 3;
    record_run(txns, nosync);
    remove_store("crash");
    st_store *s = open_store("crash", true);
    if (s) st_close(s);
    for (size_t i = 0; i <= event_count; i++) {
        for (unsigned v = 0; v < (nosync ? 1 : variants); v++) {
            build(i, v, nosync);
            check_image(nosync ? 3 : acked, started, i, v);
        }
        if (i < event_count && events[i].what == ACKED) acked = events[i].txn;
        if (i < event_count && events[i].what == STARTED) started = events[i].txn;
    }
    printf("%s: %zu points\n", nosync ? "nosync" : "crash", event_count + 1);
}

/* ---- faults: the n-th call fails ---- */

/* One run in which a call fails; gives the number of calls of a run in which none does. */
static uint64_t run_with_fault(uint64_t n, uint64_t txns) {
    remove_store("fault");
    data_inode = 0;
    st_store *s = open_store("fault", false);
    if (!s) return tally(false, "fault %llu: cannot open", n, 0), 0;
    note_inode("fault");
    uint64_t done = 0, refused = 0;
    calls = 0, fail_at = n, armed = true;
    for (uint64_t tries = 0; done < txns && tries < txns + 3; tries++) {
        st_error e = run_one(s, done + 1);
        if (e == ST_OK) done++;
        else refused++, tally(e == ST_IO || e == ST_FULL, "fault %llu: error %llu", n, e);
        st_trim(s, 0, 0);
        tally(identify(s, txns) == done, "fault %llu: not the state after %llu", n, done);
    }
    armed = false;
    uint64_t was = calls;
    tally(done == txns, "fault %llu: only %llu transactions succeeded", n, done);
    tally(refused <= 1, "fault %llu: %llu transactions were refused", n, refused);
    st_close(s);
    s = open_store("fault", false);
    tally(s && identify(s, txns) == done, "fault %llu: after reopening not the state after %llu", n, done);
    if (s) st_close(s);
    return was;
}

/* A snapshot of another thread is read from before and after the call that fails: whatever becomes of that. */
static _Atomic(unsigned) snapshots;
static uint64_t stored_number(const base_buf *b) {
    uint64_t n = UINT64_MAX;
    if (b->n == sizeof n) memcpy(&n, b->at, sizeof n);
    return n;
}
static void *read_slowly(void *arg) {
    st_store *s = arg;
    st_txn *t;
    base_buf b;
    uint64_t was = 0;
    base_buf_init(&b);
    for (int i = 0; i < 40; i++) {
        st_error e = st_read_begin(s, &t);
        tally(e == ST_OK, "a snapshot cannot begin: error %llu", e, 0);
        atomic_fetch_add(&snapshots, 1);
        if (e) break;
        for (int k = 0; k < 3; k++) {
            e = st_get(t, 1, (st_key){"txn", 3}, &b);
            tally(e == ST_OK && (k == 0 || stored_number(&b) == was), "a snapshot is not what it was: error %llu", e, 0);
            was = stored_number(&b);
            usleep(500);
        }
        st_end(t);
    }
    base_buf_release(&b);
    return NULL;
}

static void faults_beside_a_reader(uint64_t calls_of_one) {
    how_to_fail = FAIL_EIO;
    for (uint64_t i = 1; i <= calls_of_one; i++) {
        pthread_t reader;
        remove_store("beside");
        data_inode = 0;
        st_store *s = open_store("beside", false);
        if (!s || run_one(s, 1) != ST_OK || pthread_create(&reader, NULL, read_slowly, s) != 0) return tally(false, "beside a reader: cannot begin", 0, 0);
        note_inode("beside");
        while (atomic_exchange(&snapshots, 0) == 0) usleep(100);
        calls = 0, fail_at = i, armed = true;
        for (uint64_t k = 2, tries = 0; k < 8 && tries < 9; tries++) k += run_one(s, k) == ST_OK;
        armed = false;
        pthread_join(reader, NULL);
        tally(identify(s, 8) == 7, "beside a reader, fault %llu: not the state after 7", i, 0);
        st_close(s);
    }
}

static void faults(uint64_t txns) {
    uint64_t n = run_with_fault(0, txns);
    for (int how = FAIL_EIO; how <= FAIL_SHORT; how++) {
        how_to_fail = how;
        for (uint64_t i = 1; i <= n; i++) (void)run_with_fault(i, txns);
    }
    faults_beside_a_reader(n < 14 ? n : 14);
    printf("faults: %llu calls, three ways each\n", (unsigned long long)n);
}

int main(int argc, char **argv) {
    uint64_t txns = 12;
    unsigned variants = 6;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "-r") == 0) chance_state = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "-t") == 0) txns = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "-v") == 0) variants = (unsigned)strtoul(argv[i + 1], NULL, 10);
    }
    snprintf(dir, sizeof dir, "%s/apodora-faults-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(dir) == NULL) return 1;
    crash(txns, variants, false);
    crash(txns, 1, true);
    faults(txns < 6 ? txns : 6);
    remove_store("");
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
