/* bare.c: what the disk and LMDB alone can do, beside which a store is measured.
 * Usage: bare fdatasync|lmdb DIR SECONDS.  Prints operations and seconds: of fdatasync, one overwritten 4 KB page each; of lmdb, one put of a 60-byte value
 * to one of 1000 keys and a commit each, with the flags that the store uses. */
#include <fcntl.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int sync_loop(const char *dir, double seconds) {
    static char page[4096];
    char path[4096];
    snprintf(path, sizeof path, "%.4000s/raw", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 64; i++)
        if (write(fd, page, sizeof page) != sizeof page) return 1;
    if (fsync(fd) != 0) return 1;
    double began = now(), end;
    long n = 0;
    do {
        page[0]++;
        if (pwrite(fd, page, sizeof page, n % 64 * (long)sizeof page) != sizeof page || fdatasync(fd) != 0) return 1;
        n++;
    } while ((end = now()) < began + seconds);
    printf("%ld %.6f\n", n, end - began);
    return 0;
}

#define TRY(x) do { int rc_ = (x); if (rc_) { fprintf(stderr, "%s: %s\n", #x, mdb_strerror(rc_)); return 1; } } while (0)

static int lmdb_loop(const char *dir, double seconds) {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi = 0;
    char value[60];
    memset(value, 'x', sizeof value);
    TRY(mdb_env_create(&env));
    TRY(mdb_env_set_mapsize(env, (size_t)1 << 36));
    TRY(mdb_env_set_maxdbs(env, 4));
    TRY(mdb_env_open(env, dir, MDB_NOTLS, 0600));
    double began = 0, end = 0;
    long n = -1000;
    do {
        uint64_t key = (uint64_t)(n + 1000) * 7919 % 1000;
        MDB_val k = {sizeof key, &key}, v = {sizeof value, value};
        if (n == 0) began = now();
        memcpy(value, &n, sizeof n);
        if (n == -1000 || n >= 0) TRY(mdb_txn_begin(env, NULL, 0, &txn));
        if (n == -1000) TRY(mdb_dbi_open(txn, "objects", MDB_CREATE | MDB_INTEGERKEY, &dbi));
        TRY(mdb_put(txn, dbi, &k, &v, 0));
        if (n >= -1) TRY(mdb_txn_commit(txn));
        n++;
    } while (n <= 0 || (end = now()) < began + seconds);
    printf("%ld %.6f\n", n, end - began);
    mdb_env_close(env);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    return strcmp(argv[1], "lmdb") == 0 ? lmdb_loop(argv[2], atof(argv[3])) : sync_loop(argv[2], atof(argv[3]));
}
