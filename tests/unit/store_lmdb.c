/* store_lmdb.c: both kinds of byte store behind one interface; what opening refuses; damage. */
#include "base/check.h"
#include "tests/unit/unit.h"
#include "txn/store/record.h"
#include "txn/store/store.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static const st_table tables[] = {{"numbers", true}, {"words", false}};
static const st_options plain = {.tables = tables, .table_count = 2};
static char dir[200];

static const char *fresh(const char *name) {
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void put_number(st_txn *t, uint64_t k, const char *v) { CHECK(st_put(t, 0, st_key_int(&k), v, strlen(v)) == ST_OK); }

static void exercise(st_store *s) {
    st_txn *t;
    base_buf v, k;
    uint64_t n;
    base_buf_init(&v);
    base_buf_init(&k);
    CHECK_FATAL(st_write_begin(s, &t) == ST_OK);
    for (uint64_t i = 2000; i-- > 0;) {
        char text[32];
        snprintf(text, sizeof text, "value %d", (int)i);
        put_number(t, i * 3, text);
    }
    CHECK(st_put(t, 1, (st_key){"b", 1}, "x", 1) == ST_OK);
    CHECK(st_put(t, 1, (st_key){"a", 1}, "", 0) == ST_OK);
    CHECK(st_commit(t) == ST_OK);
    CHECK_FATAL(st_write_begin(s, &t) == ST_OK);
    put_number(t, 3, "changed");
    uint64_t key = 6, absent = 7;
    CHECK(st_del(t, 0, st_key_int(&key)) == ST_OK);
    CHECK(st_del(t, 0, st_key_int(&absent)) == ST_NOT_FOUND);
    st_end(t);
    CHECK_FATAL(st_read_begin(s, &t) == ST_OK);
    key = 3;
    CHECK(st_get(t, 0, st_key_int(&key), &v) == ST_OK && v.n == 7 && memcmp(v.at, "value 1", 7) == 0);
    key = 6;
    CHECK(st_get(t, 0, st_key_int(&key), &v) == ST_OK);
    CHECK(st_get(t, 0, st_key_int(&absent), &v) == ST_NOT_FOUND);
    CHECK(st_count(t, 0, &n) == ST_OK && n == 2000);
    st_cursor *c;
    CHECK_FATAL(st_cursor_open(t, 0, &c) == ST_OK);
    uint64_t seen = 0, last = 0;
    while (st_cursor_move(c, ST_NEXT, (st_key){0}, &k, &v) == ST_OK) {
        memcpy(&key, k.at, 8);
        CHECK(seen == 0 || key == last + 3);
        last = key, seen++;
    }
    CHECK(seen == 2000);
    CHECK(st_cursor_move(c, ST_AT_OR_AFTER, st_key_int(&absent), &k, &v) == ST_OK && memcmp(k.at, &(uint64_t){9}, 8) == 0);
    CHECK(st_cursor_move(c, ST_LAST, (st_key){0}, &k, NULL) == ST_OK && memcmp(k.at, &(uint64_t){5997}, 8) == 0);
    st_cursor_close(c);
    CHECK_FATAL(st_cursor_open(t, 1, &c) == ST_OK);
    CHECK(st_cursor_move(c, ST_NEXT, (st_key){0}, &k, &v) == ST_OK && k.n == 1 && k.at[0] == 'a' && v.n == 0);
    st_cursor_close(c);
    st_end(t);
    base_buf_release(&v);
    base_buf_release(&k);
}

TEST(a_memory_store_keeps_order_and_undoes) {
    st_store *s;
    st_report r;
    CHECK_FATAL(st_open("mem:", &plain, &s, &r) == ST_OK);
    exercise(s);
    st_txn *t;
    st_mem_fail_after(s, 2, ST_FULL);
    CHECK_FATAL(st_write_begin(s, &t) == ST_OK);
    uint64_t k = 3;
    CHECK(st_put(t, 0, st_key_int(&k), "no", 2) == ST_FULL);
    st_end(t);
    st_close(s);
}

TEST(an_lmdb_store_does_the_same_and_keeps_it) {
    st_store *s;
    st_report r;
    st_stats st;
    uint8_t uuid[ST_UUID_BYTES];
    CHECK_FATAL(st_open(fresh("one"), &plain, &s, &r) == ST_OK);
    struct stat d;
    CHECK(stat(fresh("one"), &d) == 0 && (d.st_mode & 0777) == 0700);
    exercise(s);
    memcpy(uuid, st_uuid(s), sizeof uuid);
    CHECK(st_stat(s, &st) == ST_OK && st.used_bytes > 20000 && st.file_bytes >= st.used_bytes && st.writer_pid == getpid());
    st_close(s);
    CHECK_FATAL(st_open(fresh("one/"), &plain, &s, &r) == ST_OK);
    CHECK(memcmp(uuid, st_uuid(s), sizeof uuid) == 0);
    CHECK(st_copy(s, fresh("copy"), (st_progress){0}) == ST_OK);
    st_close(s);
    st_options ro = plain;
    ro.readonly = true;
    CHECK_FATAL(st_open(fresh("copy"), &ro, &s, &r) == ST_OK);
    st_txn *t;
    base_buf v;
    base_buf_init(&v);
    CHECK(st_write_begin(s, &t) == ST_READONLY);
    CHECK_FATAL(st_read_begin(s, &t) == ST_OK);
    CHECK(st_get(t, 1, (st_key){"b", 1}, &v) == ST_OK && v.n == 1);
    st_end(t);
    st_close(s);
    base_buf_release(&v);
}

/* 4 MB go in and out again: the file keeps its length, the disk gets its room back, and what is left is whole. */
TEST(free_pages_become_holes) {
    static char big[4000];
    st_store *s;
    st_report r;
    st_stats st;
    st_txn *t;
    base_buf v;
    uint64_t key = 500;
    CHECK_FATAL(st_open(fresh("holes"), &plain, &s, &r) == ST_OK);
    memset(big, 'x', sizeof big - 1);
    for (int round = 0; round < 4; round++) {
        CHECK_FATAL(st_write_begin(s, &t) == ST_OK);
        for (uint64_t i = 0; i < 1000; i++) {
            if (round == 0) put_number(t, i, big);
            else if (i != key && round == 1) CHECK(st_del(t, 0, st_key_int(&i)) == ST_OK);
        }
        put_number(t, 5000 + (uint64_t)round, "small");
        CHECK(st_commit(t) == ST_OK);
    }
    CHECK(st_stat(s, &st) == ST_OK && st.file_bytes > 4000000 && st.disk_bytes > 4000000 && st.used_bytes < 200000);
    st_trim(s, 0, 1 << 20);
    CHECK(st_stat(s, &st) == ST_OK && st.file_bytes > 4000000 && st.disk_bytes < 2000000);
    st_trim(s, 0, 0);
    CHECK(st_stat(s, &st) == ST_OK && st.disk_bytes < 400000);
    base_buf_init(&v);
    CHECK_FATAL(st_read_begin(s, &t) == ST_OK);
    CHECK(st_get(t, 0, st_key_int(&key), &v) == ST_OK && v.n == sizeof big - 1);
    st_end(t);
    base_buf_release(&v);
    CHECK_FATAL(st_write_begin(s, &t) == ST_OK);
    for (uint64_t i = 0; i < 1000; i++) put_number(t, i, big);
    CHECK(st_commit(t) == ST_OK);
    CHECK_FATAL(st_read_begin(s, &t) == ST_OK);
    CHECK(st_verify(t, NULL, NULL) == ST_OK);
    st_end(t);
    st_close(s);
}

TEST(a_second_writer_is_told_who_writes) {
    st_store *s, *s2;
    st_report r;
    CHECK_FATAL(st_open(fresh("one"), &plain, &s, &r) == ST_OK);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        st_txn *t;
        st_error e = st_open(fresh("one"), &plain, &s2, &r);
        st_options ro = plain;
        bool ok = e == ST_LOCKED && r.pid == parent && st_read_begin(s, &t) == ST_FORKED;
        ro.readonly = true;
        _exit(ok && st_open(fresh("one"), &ro, &s2, &r) == ST_OK ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    st_close(s);
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

TEST(what_is_no_store_is_refused_untouched) {
    st_store *s;
    st_report r;
    struct stat st;
    char path[400];
    write_file(fresh("file"), "hello");
    CHECK(st_open(fresh("file"), &plain, &s, &r) == ST_NOT_A_STORE);
    CHECK(stat(fresh("file"), &st) == 0 && st.st_size == 5);
    mkdir(fresh("full"), 0755);
    snprintf(path, sizeof path, "%s/x", fresh("full"));
    write_file(path, "x");
    CHECK(st_open(fresh("full"), &plain, &s, &r) == ST_NOT_A_STORE);
    mkdir(fresh("garbage"), 0755);
    snprintf(path, sizeof path, "%s/data.mdb", fresh("garbage"));
    write_file(path, "this is not a database, it only has its name");
    CHECK(st_open(fresh("garbage"), &plain, &s, &r) == ST_NOT_A_STORE);
    snprintf(path, sizeof path, "%s/lock.mdb", fresh("garbage"));
    CHECK(access(path, F_OK) != 0);
    CHECK(st_open(fresh("no/such/parent"), &plain, &s, &r) == ST_IO && r.os_error != 0);
    CHECK(st_open("postgresql://x", &plain, &s, &r) == ST_UNSUPPORTED);
    st_options must = plain;
    must.must_exist = true;
    CHECK(st_open(fresh("nowhere"), &must, &s, &r) == ST_ABSENT);
    CHECK(access(fresh("nowhere"), F_OK) != 0);
    mkdir(fresh("empty"), 0755);
    CHECK(st_open(fresh("empty"), &plain, &s, &r) == ST_OK);
    st_close(s);
}

/* Another program's LMDB directory: named as LMDB names it, without our files. */
TEST(a_foreign_lmdb_directory_is_left_alone) {
    st_store *s;
    st_report r;
    char path[500];
    static char before[1 << 20], after[1 << 20];
    mkdir(fresh("foreign"), 0755);
    snprintf(path, sizeof path, "cp %s/one/data.mdb %s/foreign/", dir, dir);
    CHECK(system(path) == 0);
    snprintf(path, sizeof path, "%s/data.mdb", fresh("foreign"));
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, before, sizeof before);
    close(fd);
    CHECK(st_open(fresh("foreign"), &plain, &s, &r) == ST_NOT_A_STORE);
    fd = open(path, O_RDONLY);
    CHECK(n > 0 && read(fd, after, sizeof after) == n && memcmp(before, after, (size_t)n) == 0);
    close(fd);
    snprintf(path, sizeof path, "%s/writer", fresh("foreign"));
    CHECK(access(path, F_OK) != 0);
}

static uint32_t file_system_said;                /* stands in for statfs: LMDB and the store ask it */
__attribute__((visibility("default"))) int statfs(const char *path, struct statfs *out) {
    (void)path;
    memset(out, 0, sizeof *out);
    out->f_type = (typeof(out->f_type))file_system_said;
    out->f_bsize = 4096;
    return 0;
}

TEST(network_file_systems_are_refused_and_named) {
    static const struct { uint32_t magic; const char *name; } kinds[] = {{0x6969, "NFS"}, {0xFF534D42, "CIFS"}, {0x00c36400, "Ceph"}};
    st_store *s;
    st_report r;
    for (unsigned i = 0; i < 3; i++) {
        file_system_said = kinds[i].magic;
        CHECK(st_open(fresh("far"), &plain, &s, &r) == ST_UNSUPPORTED && strstr(r.text, kinds[i].name));
        CHECK(access(fresh("far"), F_OK) != 0);
    }
    file_system_said = 0;
}

/* A reading process that is killed leaves its place in LMDB's table; who opens the store next clears it. */
TEST(places_of_killed_readers_are_cleared) {
    st_store *s;
    st_report r;
    st_stats st;
    int up[2];
    char c = 0;
    st_options ro = plain;
    ro.readonly = true;
    CHECK_FATAL(st_open(fresh("one"), &plain, &s, &r) == ST_OK);
    CHECK_FATAL(pipe(up) == 0);
    pid_t child = fork();
    if (child == 0) {
        st_txn *t;
        st_store *mine;
        if (st_open(fresh("one"), &ro, &mine, &r) == ST_OK && st_read_begin(mine, &t) == ST_OK) c = 1;
        if (write(up[1], &c, 1) != 1) _exit(1);
        for (;;) pause();
    }
    CHECK(read(up[0], &c, 1) == 1 && c == 1);
    CHECK(st_stat(s, &st) == ST_OK && st.readers >= 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    st_close(s);
    CHECK_FATAL(st_open(fresh("one"), &plain, &s, &r) == ST_OK);
    CHECK(st_stat(s, &st) == ST_OK && st.readers <= 1);                /* stat's own */
    st_close(s);
    close(up[0]);
    close(up[1]);
}

static unsigned damaged_pages;
static void note_damage(void *arg, uint64_t page, const char *why) { (void)arg, (void)why, damaged_pages += page > 0; }

TEST(every_page_can_be_verified) {
    st_store *s;
    st_report r;
    st_txn *t;
    char path[500];
    unsigned long at = 0;
    CHECK_FATAL(st_open(fresh("one"), &plain, &s, &r) == ST_OK);
    CHECK_FATAL(st_read_begin(s, &t) == ST_OK);
    CHECK(st_verify(t, note_damage, NULL) == ST_OK && damaged_pages == 0);
    st_end(t);
    st_close(s);
    snprintf(path, sizeof path, "cp -r %s/one %s/flipped", dir, dir);
    CHECK(system(path) == 0);
    snprintf(path, sizeof path, "%s/data.mdb", fresh("flipped"));
    int fd = open(path, O_RDWR);
    for (at = 2; at < 40; at++) {                                       /* one bit in the middle of each page */
        char b;
        if (pread(fd, &b, 1, (off_t)at * 4096 + 3000) != 1) break;
        b ^= 4;
        CHECK(pwrite(fd, &b, 1, (off_t)at * 4096 + 3000) == 1);
    }
    close(fd);
    st_error e = st_open(fresh("flipped"), &plain, &s, &r);
    CHECK(e == ST_CORRUPT && strstr(r.text, "page"));
    if (e == ST_OK) st_close(s);
}

TEST(a_full_store_says_so_and_goes_on) {
    st_store *s;
    st_report r;
    st_options small = plain;
    small.max_size = 1 << 20;
    CHECK_FATAL(st_open(fresh("small"), &small, &s, &r) == ST_OK);
    st_txn *t;
    char big[5000] = {1};
    st_error e = ST_OK;
    CHECK_FATAL(st_write_begin(s, &t) == ST_OK);
    for (uint64_t k = 0; k < 1000 && e == ST_OK; k++) e = st_put(t, 0, st_key_int(&k), big, sizeof big);
    CHECK(e == ST_FULL);
    st_end(t);
    CHECK_FATAL(st_write_begin(s, &t) == ST_OK);
    put_number(t, 1, "fits");
    CHECK(st_commit(t) == ST_OK);
    st_close(s);
}

/* Reads everything there is; what fails must fail as CORRUPT. */
static bool read_all(const char *path) {
    st_store *s;
    st_report r;
    st_txn *t;
    st_cursor *c;
    base_buf k, v;
    st_error e = st_open(path, &plain, &s, &r);
    if (e != ST_OK && e != ST_CORRUPT) printf("  open: %s, %s\n", st_error_name(e), r.text), fflush(stdout);
    if (e != ST_OK) return e == ST_CORRUPT || e == ST_NOT_A_STORE || e == ST_UNSUPPORTED || e == ST_IO;
    base_buf_init(&k);
    base_buf_init(&v);
    e = st_read_begin(s, &t);
    for (unsigned tab = 0; e == ST_OK && tab < 2; tab++) {
        e = st_cursor_open(t, tab, &c);
        unsigned n = 0;
        while (e == ST_OK && n++ < 100000) e = st_cursor_move(c, ST_NEXT, (st_key){0}, &k, &v);
        if (e == ST_NOT_FOUND) e = ST_OK;
    }
    base_buf_release(&k);
    base_buf_release(&v);
    if (e == ST_OK) {
        uint64_t key = 12345678;
        if (st_write_begin(s, &t) == ST_OK) {
            if (st_put(t, 0, st_key_int(&key), "x", 1) == ST_OK) (void)!st_commit(t);
            else st_end(t);
        }
    }
    return true;                 /* not closed: a child process ends here */
}

TEST(damage_is_an_error_and_never_a_signal) {
    char path[400], copy[400];
    static char bytes[1 << 20];
    snprintf(path, sizeof path, "%s/data.mdb", fresh("one"));
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, bytes, sizeof bytes);
    close(fd);
    mkdir(fresh("hurt"), 0755);
    snprintf(copy, sizeof copy, "%s/apodora-store", fresh("hurt"));
    write_file(copy, "apodora store, format 1\n");
    snprintf(copy, sizeof copy, "%s/data.mdb", fresh("hurt"));
    srand(1);
    unsigned bad = 0;
    for (int round = 0; round < 150; round++) {
        static char hurt[1 << 20];
        ssize_t keep = n;
        memcpy(hurt, bytes, (size_t)n);
        if (round % 5 == 0) keep = rand() % n;
        else if (round % 5 == 1) memset(hurt + rand() % (n - 4096), 0, 4096);
        else
            for (int i = 0; i < (round % 5) * 30; i++) hurt[rand() % n] = (char)rand();
        fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        CHECK(write(fd, hurt, (size_t)keep) == keep);
        close(fd);
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            _exit(read_all(fresh("hurt")) ? 0 : 3);
        }
        int status;
        waitpid(child, &status, 0);
        if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
            bad++;
            printf("  round %d: status %x\n", round, (unsigned)status);
        }
    }
    CHECK(bad == 0);
}

TEST(a_record_notices_every_changed_byte) {
    base_buf b;
    st_record rec;
    const char *why;
    base_buf_init(&b);
    size_t at = st_record_start(&b, 'O', 77, 5);
    base_buf_text(&b, "payload");
    st_record_finish(&b, at);
    CHECK(st_record_open(b.at, b.n, 77, &rec, &why) == ST_OK && rec.kind == 'O' && rec.commit == 5 && rec.n == 7);
    CHECK(st_record_open(b.at, b.n, 78, &rec, &why) == ST_CORRUPT);
    for (size_t i = 0; i < b.n; i++) {
        b.at[i] ^= 16;
        CHECK(st_record_open(b.at, b.n, 77, &rec, &why) == ST_CORRUPT);
        b.at[i] ^= 16;
    }
    for (size_t n = 0; n < b.n; n++) CHECK(st_record_open(b.at, n, 77, &rec, &why) == ST_CORRUPT);
    base_buf_release(&b);
}

int main(void) {
    snprintf(dir, sizeof dir, "%s/apodora-store-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(dir) == NULL) return 1;
    int rc = unit_run();
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) != 0 ? 1 : rc;
}
