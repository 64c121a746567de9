/* store_fuzz.c: damaged stores. A store is made by transactions that are known; copies of its file with flipped bits, zeroed or exchanged or older pages, cut or
 * lengthened, are opened and read: what is found is what was written, or CORRUPT; never a wrong value, never a missing one, never a signal, never without end.
 * Then something is written to it, which may be refused. Without its sums (hostile files) values are not compared.
 * Usage: store_fuzz [-s SECONDS | -n ROUNDS] [-r SEED] [-1 ROUND: only this one, in this process]. Prints `N passed, N failed`. */
#include "txn/store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KEYS = 900, WORDS = 300, TXNS = 30, IMAGES = 3, FILE_MAX = 8 << 20, BATCH = 20, PAGE = 4096, VALUE_MAX = 20000 };
static const st_table tables[] = {{"numbers", true}, {"words", false}};
static char dir[200];
static uint8_t *image[IMAGES], *sums, *hurt;
static size_t image_size[IMAGES], sums_size;
static uint64_t version[KEYS], word_version[WORDS];       /* the transaction that wrote it last; 0: absent */

static uint64_t state;
static uint64_t chance(uint64_t below) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}
static void seed(uint64_t s) {
    state = s * UINT64_C(0x9E3779B97F4A7C15) + 1;
    (void)chance(2);
}

/* ---- what is in it ---- */

static size_t number_value(uint64_t key, uint64_t txn, uint8_t *out) {
    size_t n = key % 97 == 0 ? 3000 + key * 17 % 17000 : 10 + (key * 31 + txn) % 200;
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(key * 3 + txn * 7 + i + (i >> 8));
    return n;
}
static st_key word_key(uint64_t i, char *room) { return (st_key){room, (size_t)snprintf(room, 40, "w%04llu-%llu", (unsigned long long)i, (unsigned long long)(i * 7919 % 1000))}; }

static st_error write_one(st_store *s, uint64_t k) {
    static uint8_t value[VALUE_MAX];
    st_txn *t;
    char room[40];
    st_error e = st_write_begin(s, &t);
    if (e) return e;
    for (int i = 0; i < 60 && !e; i++) {
        uint64_t key = chance(KEYS);
        if (chance(6)) e = st_put(t, 0, st_key_int(&key), value, number_value(key, k, value)), version[key] = k;
        else if (version[key]) e = st_del(t, 0, st_key_int(&key)), version[key] = 0;
        if (e == ST_NOT_FOUND) e = ST_OK;                /* a write before it was refused, or the file is hostile */
        key = chance(WORDS);
        if (!e) e = st_put(t, 1, word_key(key, room), &k, 8), word_version[key] = k;
    }
    if (e) return st_end(t), e;
    return st_commit(t);
}

static size_t read_file(const char *name, uint8_t *out) {
    char path[300];
    snprintf(path, sizeof path, "%s/s/%s", dir, name);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, out, FILE_MAX);
    if (fd >= 0) close(fd);
    return n < 0 ? 0 : (size_t)n;
}

static bool write_file(const char *name, const uint8_t *bytes, size_t n) {
    char path[300];
    snprintf(path, sizeof path, "%s/s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n;
    if (fd >= 0) close(fd);
    return ok;
}

static st_store *open_it(bool readonly, st_error *e) {
    st_store *s = NULL;
    st_report r;
    char path[300];
    snprintf(path, sizeof path, "%s/s", dir);
    *e = st_open(path, &(st_options){.tables = tables, .table_count = 2, .nosync = true, .readonly = readonly}, &s, &r);
    if (getenv("FUZZ_LOUD") && *e) printf("  open: %s: %s\n", st_error_name(*e), r.text);
    return s;
}

static bool make(void) {
    st_error e;
    for (int i = 0; i < IMAGES; i++) {
        st_store *s = open_it(false, &e);
        if (!s) return false;
        for (uint64_t k = 1; k <= TXNS / IMAGES; k++)
            if (write_one(s, (uint64_t)i * TXNS + k) != ST_OK) return false;
        st_close(s);
        image_size[i] = read_file("data.mdb", image[i]);
    }
    sums_size = read_file("sums", sums);
    return image_size[IMAGES - 1] > 20 * PAGE && sums_size > PAGE;
}

/* ---- damage ---- of `hurt`, which is n bytes; the new size. What is done may change nothing (an unused page): that is as well. */

static size_t damage(size_t n) {
    size_t pages = n / PAGE;
    uint64_t a = chance(pages), b = chance(pages), old = chance(IMAGES - 1);
    switch (chance(9)) {
    case 0: for (uint64_t i = chance(30) + 1; i--;) hurt[chance(n)] ^= (uint8_t)(1 << chance(8)); break;
    case 1: for (uint64_t i = chance(3) + 1; i--;) hurt[chance(pages) * PAGE + chance(160)] ^= (uint8_t)(1 << chance(8)); break;     /* the heads of pages */
    case 2: hurt[a % 2 * PAGE + chance(160)] ^= (uint8_t)(1 << chance(8)); break;                                                     /* of the meta pages */
    case 3: memset(hurt + chance(n / 512) * 512, 0, 512); break;
    case 4: for (int i = 0; i < 512; i++) hurt[a * PAGE + b % 8 * 512 + (size_t)i] = (uint8_t)chance(256); break;
    case 5: return chance(2) ? chance(n) : n - chance(8) * PAGE;
    case 6: memcpy(hurt + a * PAGE, image[IMAGES - 1] + b * PAGE, PAGE), memcpy(hurt + b * PAGE, image[IMAGES - 1] + a * PAGE, PAGE); break;
    case 7: if ((a + 1) * PAGE <= image_size[old]) memcpy(hurt + a * PAGE, image[old] + a * PAGE, PAGE); break;                       /* a write that was lost */
    default:
        if (chance(2)) memcpy(hurt, image[old], 2 * PAGE);                                                                            /* back to older roots */
        else memcpy(hurt, image[old], image_size[old] < n ? image_size[old] : n);
    }
    return n;
}

/* ---- what is found ---- */

static bool wrong(const char *what, uint64_t a) {
    printf("  wrong: %s %llu\n", what, (unsigned long long)a);
    return false;
}

static bool read_by_key(st_txn *t, bool compare) {
    static uint8_t value[VALUE_MAX];
    char room[40];
    base_buf b;
    bool ok = true;
    base_buf_init(&b);
    for (uint64_t k = 0; ok && k < KEYS; k++) {
        st_error e = st_get(t, 0, st_key_int(&k), &b);
        size_t n = version[k] ? number_value(k, version[k], value) : 0;
        if (e == ST_CORRUPT || !compare) continue;
        if (version[k] ? e != ST_OK || b.n != n || memcmp(b.at, value, n) != 0 : e != ST_NOT_FOUND) ok = wrong("number", k);
    }
    for (uint64_t k = 0; ok && k < WORDS; k++) {
        st_error e = st_get(t, 1, word_key(k, room), &b);
        if (e == ST_CORRUPT || !compare) continue;
        if (word_version[k] ? e != ST_OK || b.n != 8 || memcmp(b.at, &word_version[k], 8) != 0 : e != ST_NOT_FOUND) ok = wrong("word", k);
    }
    base_buf_release(&b);
    return ok;
}

static bool read_in_order(st_txn *t, bool compare) {
    base_buf key, b;
    st_cursor *c;
    st_error e = st_cursor_open(t, 0, &c);
    if (e) return e == ST_CORRUPT || !compare || wrong("cursor", e);
    base_buf_init(&key);
    base_buf_init(&b);
    uint64_t want = 0, at, steps = 0;
    bool ok = true;
    while (ok && (e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &b)) == ST_OK && steps++ < 1000000) {
        while (want < KEYS && !version[want]) want++;
        memcpy(&at, key.at, 8);
        if (compare && at != want) ok = wrong("key in order", want);
        want++;
    }
    while (want < KEYS && !version[want]) want++;
    if (ok && compare && e == ST_NOT_FOUND && want != KEYS) ok = wrong("end before", want);
    if (steps >= 1000000) ok = wrong("no end", steps);
    st_cursor_close(c);
    base_buf_release(&key);
    base_buf_release(&b);
    return ok;
}

static bool read_all(st_store *s, bool compare) {
    st_txn *t;
    st_error e = st_read_begin(s, &t);
    if (e) return e == ST_CORRUPT || wrong("begin", e);
    bool ok = read_by_key(t, compare) && read_in_order(t, compare);
    st_end(t);
    return ok;
}

static bool one_round(uint64_t number, uint64_t start) {
    seed(start + number);
    bool readonly = chance(4) == 0, hostile = chance(4) == 0, hurt_sums = !hostile && chance(8) == 0;
    size_t n = hurt_sums ? sums_size : image_size[IMAGES - 1];
    memcpy(hurt, hurt_sums ? sums : image[IMAGES - 1], n);
    if (hurt_sums) for (uint64_t i = chance(40); i--;) hurt[chance(chance(2) ? 200 : n)] ^= (uint8_t)(1 << chance(8));
    else n = damage(n);
    if (!write_file("data.mdb", hurt_sums ? image[IMAGES - 1] : hurt, hurt_sums ? image_size[IMAGES - 1] : n)) return wrong("disk", 0);
    if (!write_file("sums", hurt_sums ? hurt : sums, hostile ? 0 : sums_size)) return wrong("disk", 0);
    st_error e;
    st_store *s = open_it(readonly, &e);
    if (!s) return e == ST_CORRUPT || e == ST_NOT_A_STORE || e == ST_UNSUPPORTED || wrong("opening", e);
    bool ok = read_all(s, !hostile);
    if (ok && !readonly) {
        seed(start + number);
        for (uint64_t k = 0; k < 4 && ok; k++) e = write_one(s, 1000 + k), ok = e == ST_OK || e == ST_CORRUPT || (hostile && e == ST_FULL) || wrong("writing", e);
        if (ok && e == ST_OK) ok = read_all(s, false);
    }
    st_close(s);
    return ok;
}

/* ---- the rounds ---- each batch in a process of its own */

static uint64_t batch(uint64_t from, uint64_t start) {
    static volatile uint64_t *progress;
    if (!progress) progress = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fflush(stdout);
    progress[0] = from;
    pid_t child = fork();
    if (child == 0) {
        uint64_t v[KEYS], w[WORDS];
        memcpy(v, version, sizeof v);
        memcpy(w, word_version, sizeof w);
        for (uint64_t i = from; i < from + BATCH; i++) {
            progress[0] = i;
            alarm(60);
            memcpy(version, v, sizeof v);
            memcpy(word_version, w, sizeof w);
            if (!one_round(i, start)) printf("FAILED: round %llu\n", (unsigned long long)i), fflush(stdout), _exit(3);
        }
        fflush(stdout);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFSIGNALED(status)) printf("FAILED: round %llu ended by signal %d\n", (unsigned long long)progress[0], WTERMSIG(status));
    return 1;
}

int main(int argc, char **argv) {
    uint64_t start = 1, rounds = 0, only = UINT64_MAX, passed = 0, failed = 0;
    double seconds = 2;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "-s") == 0) seconds = atof(argv[i + 1]);
        if (strcmp(argv[i], "-n") == 0) rounds = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "-r") == 0) start = strtoull(argv[i + 1], NULL, 10) * 1000000;
        if (strcmp(argv[i], "-1") == 0) only = strtoull(argv[i + 1], NULL, 10);
    }
    snprintf(dir, sizeof dir, "%s/apodora-fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    for (int i = 0; i < IMAGES; i++) image[i] = malloc(FILE_MAX);
    sums = malloc(FILE_MAX), hurt = malloc(FILE_MAX);
    seed(12345);
    if (mkdtemp(dir) == NULL || !make()) return printf("cannot make the store\n0 passed, 1 failed\n"), 1;
    time_t end = time(NULL) + (time_t)seconds;
    if (only != UINT64_MAX) failed = !one_round(only, start), passed = !failed;
    else
        for (uint64_t i = 0; rounds ? i < rounds : time(NULL) < end || i == 0; i += BATCH) {
            uint64_t bad = batch(i, start);
            failed += bad;
            passed += BATCH - bad;
            if (failed > 10) break;
        }
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0) printf("%s is left\n", dir);
    printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
    return failed != 0;
}
