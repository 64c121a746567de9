/* tool_fuzz.c: the operator's commands on damaged and hostile input. Three kinds of harm: to the bytes of the file; to records, whose checksums are then made right (what somebody
 * could craft); to dumps and increments. Every command must end by itself, with one of its exit statuses; what `check` finds sound after harm to the file's bytes must dump
 * as it did before: never a wrong value.
 * Usage: tool_fuzz [-s SECONDS | -n ROUNDS (60)] [-r SEED] [-1 ROUND: only this one, and loudly] [-f STORE: instead of a small one of its own]. Prints `N passed, N failed`. */
#include "objspace/init.h"
#include "objspace/persist/persist.h"
#include "objspace/type.h"
#include "txn/store/record.h"
#include "txn/store/store.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Types of the interpreter, which is not linked here. */
ob_type ob_code_type __attribute__((weak)) = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "code"};
ob_type ob_frame_type __attribute__((weak)) = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "frame"};

enum { FILE_MAX = 32 << 20, PAGE = 4096 };
static const st_table tables[] = {{"objects", true}, {"entries", false}, {"names", true}, {"state", false}};       /* as persist's are */
static char dir[200];
static uint8_t *good, *sums, *dump, *increment, *hurt;
static size_t good_n, sums_n, dump_n, increment_n;
static bool loud;

static uint64_t state;
static uint64_t chance(uint64_t below) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below ? (state >> 33) % below : 0;
}
static void seed(uint64_t s) {
    state = s * UINT64_C(0x9E3779B97F4A7C15) + 1;
    (void)chance(2);
}

/* ---- files ---- */

static const char *path_of(const char *name) {
    static char room[4][300];
    static unsigned next;
    char *path = room[next++ % 4];
    snprintf(path, sizeof room[0], "%s/%s", dir, name);
    return path;
}

static size_t read_file(const char *path, uint8_t *out) {
    int fd = open(path, O_RDONLY);
    size_t n = 0;
    for (ssize_t got; fd >= 0 && n < FILE_MAX && (got = read(fd, out + n, FILE_MAX - n)) > 0;) n += (size_t)got;
    if (fd >= 0) close(fd);
    return n;
}

static bool write_file(const char *path, const uint8_t *bytes, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n;
    if (fd >= 0) close(fd);
    return ok;
}

static void clear(void) {
    char command[600];
    snprintf(command, sizeof command, "cd '%s' && rm -rf s made* again* out* in*", dir);
    if (system(command) != 0) printf("cannot clear %s\n", dir);
}

/* The store at `s`, of these bytes. */
static bool put_store(const uint8_t *bytes, size_t n, bool with_sums) {
    static const uint8_t marker[] = "apodora store, format 2\n";
    clear();
    return mkdir(path_of("s"), 0700) == 0 && write_file(path_of("s/data.mdb"), bytes, n) && write_file(path_of("s/apodora-store"), marker, sizeof marker - 1) &&
           (!with_sums || write_file(path_of("s/sums"), sums, sums_n));
}

/* ---- a store ---- what `apodora store load` makes of this */

static bool write_dump(void) {
    static const char *const names[] = {"class\", \"module\": \"builtins\", \"qualname\": \"dict", "class\", \"module\": \"builtins\", \"qualname\": \"list", "class\", \"module\": \"builtins\", \"qualname\": \"set",
        "class\", \"module\": \"builtins\", \"qualname\": \"str", "class\", \"module\": \"shop\", \"qualname\": \"Thing", "class\", \"module\": \"shop\", \"qualname\": \"Pair", "global\", \"module\": \"shop\", \"qualname\": \"f",
        "class\", \"module\": \"builtins\", \"qualname\": \"ValueError", "class\", \"module\": \"collections\", \"qualname\": \"deque"};
    FILE *f = fopen(path_of("dump"), "w");
    unsigned lines = 0, id = 20;
    if (!f) return false;
#define LINE(...) (fprintf(f, __VA_ARGS__), fputs(", \"commit\": 3}\n", f), lines++)
    fputs("{\"apodora\": \"dump\", \"format\": 3}\n{\"commit\": 3, \"next_id\": 200}\n", f), lines++;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) fprintf(f, "{\"name\": %u, \"kind\": \"%s\", \"commit\": 1}\n", i + 1, names[i]), lines++;
    LINE("{\"id\": 1, \"class\": \"dict\", \"dict\": [[\"big\", {\"@2\": \"dict\"}], [\"list\", {\"@3\": \"list\"}], [\"set\", {\"@4\": \"set\"}], [\"old\", {\"@5\": \"set\"}], [\"thing\", {\"@6\": \"shop:Thing\"}], "
         "[\"values\", {\"@7\": \"list\"}], [\"error\", {\"@8\": \"ValueError\"}], [\"long\", {\"@9\": \"str\"}], [\"things\", {\"@10\": \"list\"}]], \"layout\": 0");
    LINE("{\"id\": 2, \"class\": \"dict\", \"big dict\": [100, 100, 0, 1], \"layout\": 0");
    for (unsigned p = 0; p < 7; p++) {
        fprintf(f, "{\"in\": 2, \"page\": %u, \"entries\": [", p), lines++;
        for (unsigned i = p * 16; i < p * 16 + 16 && i < 100; i++) fprintf(f, "%s[\"key %u\", {\"tuple\": [%u, {\"@6\": \"shop:Thing\"}]}]", i % 16 ? ", " : "", i, i);
        fputs("], \"commit\": 3}\n", f);
    }
    for (unsigned i = 0; i < 100; i++) LINE("{\"in\": 2, \"index\": \"%016llx\", \"at\": %u", (unsigned long long)(i + 1) << 48, i);
    LINE("{\"id\": 3, \"class\": \"list\", \"big list\": 100, \"layout\": 0");
    for (unsigned c = 0; c < 4; c++) {
        fprintf(f, "{\"in\": 3, \"chunk\": %u, \"items\": [", c), lines++;
        for (unsigned i = c * 32; i < c * 32 + 32 && i < 100; i++) fprintf(f, "%s{\"tuple\": [%u, 1.5]}", i % 32 ? ", " : "", i);
        fputs("], \"commit\": 3}\n", f);
    }
    LINE("{\"id\": 4, \"class\": \"set\", \"set in pages\": [40, 40, 0, 0], \"layout\": 0");
    for (unsigned p = 0; p < 3; p++) {
        fprintf(f, "{\"in\": 4, \"page\": %u, \"elements\": [", p), lines++;
        for (unsigned i = p * 16; i < p * 16 + 16 && i < 40; i++) fprintf(f, "%s{\"frozenset\": [%u]}", i % 16 ? ", " : "", i);
        fputs("], \"commit\": 3}\n", f);
    }
    LINE("{\"id\": 5, \"class\": \"set\", \"big set\": 50, \"layout\": 0");
    for (unsigned i = 0; i < 50; i++) LINE("{\"in\": 5, \"key\": \"element %u\", \"order\": %u", i, i);
    LINE("{\"id\": 6, \"class\": \"shop:Thing\", \"plain\": true, \"slots\": [], \"attributes\": {\"name\": \"n\", \"other\": {\"@7\": \"list\"}}, \"layout\": 77");
    LINE("{\"in\": 6, \"hash\": 12345");
    LINE("{\"id\": 7, \"class\": \"list\", \"list\": [null, true, -5, {\"int\": \"0x123456789abcdef0123456789\"}, 1.5, {\"float\": \"nan\"}, {\"complex\": [1.0, 2.0]}, \"text\", {\"bytes\": \"b\"}, {\"bytes in hex\": \"00ff\"}, "
         "{\"range\": [1, 2, 3]}, {\"slice\": [null, 2, null]}, {\"method\": [{\"global\": \"shop:f\"}, {\"@6\": \"shop:Thing\"}]}, {\"class\": \"shop:Thing\"}, {\"of\": \"shop:Pair\", \"value\": {\"tuple\": [1, 2]}}, "
         "{\"enum\": \"shop:Thing\", \"value\": \"RED\"}, {\"const\": \"Ellipsis\"}, {\"@7\": \"list\"}, \"\\ud83d\"], \"layout\": 0");
    LINE("{\"id\": 8, \"class\": \"ValueError\", \"exception\": [{\"tuple\": [\"why\"]}, null, null, null, {\"tuple\": []}], \"suppress_context\": false, \"layout\": 0");
    fputs("{\"id\": 9, \"class\": \"str\", \"value\": \"", f);
    for (unsigned i = 0; i < 9000; i++) fputc('a' + (int)(i % 26), f);
    fputs("\", \"layout\": 0, \"commit\": 3}\n", f), lines++;
    fputs("{\"id\": 10, \"class\": \"list\", \"list\": [", f), lines++;
    for (unsigned i = 0; i < 40; i++) fprintf(f, "%s{\"@%u\": \"shop:Thing\"}", i ? ", " : "", id + i);
    fputs("], \"layout\": 0, \"commit\": 3}\n", f);
    for (unsigned i = 0; i < 40; i++) LINE("{\"id\": %u, \"class\": \"shop:Thing\", \"plain\": true, \"slots\": [[\"s\", %u]], \"attributes\": {}, \"dict of attributes\": {\"@%u\": \"dict\"}, \"layout\": 77", id + i, i, id + i + 100);
    for (unsigned i = 0; i < 40; i++) LINE("{\"id\": %u, \"class\": \"dict\", \"dict\": [[\"n\", %u]], \"layout\": 0", id + i + 100, i);
    fprintf(f, "{\"records\": %u}\n", lines);
#undef LINE
    return fclose(f) == 0;
}

/* ---- commands ---- */

static int admin(const char *command, const char *a, const char *b, const char *c) {
    char *argv[5];
    const char *words[] = {command, a, b, c, NULL};
    int n = 0;
    for (; words[n]; n++) argv[n] = (char *)(uintptr_t)words[n];
    alarm(60);
    int status = pe_admin(n, argv);
    alarm(0);
    if (loud) fflush(stdout), printf("  %s: %d\n", command, status);
    return status;
}

static bool bad(const char *what, int status) {
    fprintf(stderr, "wrong: %s gave %d\n", what, status);
    return false;
}

/* All that read, then all that make something, then all that write to it. */
static bool all_commands(bool compare) {
    static const char *const paths[] = {"root['values']", "root['big']['key 7']", "@2", "@3", "@5[3]", "root['thing'].name", "root['things'][3].n", "@7"};
    int status, sound = admin("check", path_of("s"), NULL, NULL);
    for (unsigned i = 0; i < 3; i++)
        if ((status = admin("show", path_of("s"), paths[chance(sizeof paths / sizeof *paths)], chance(2) ? "--json" : NULL)) > 1) return bad("show", status);
    if ((status = admin("stat", path_of("s"), chance(2) ? "--json" : NULL, NULL)) > 1) return bad("stat", status);
    if ((status = admin("ls", path_of("s"), NULL, NULL)) > 1) return bad("ls", status);
    if ((status = admin("dump", path_of("s"), path_of("out"), NULL)) > 1) return bad("dump", status);
    if (compare && sound == 0 && status != 0) return bad("check found it sound, and dump", status);
    if (compare && status == 0 && (read_file(path_of("out"), hurt) != dump_n || memcmp(hurt, dump, dump_n) != 0)) return bad("a dump with other values", status);
    if (status == 0 && (status = admin("load", path_of("made-load"), path_of("out"), NULL)) > 1) return bad("load", status);
    if ((status = admin("backup", path_of("s"), path_of("made"), NULL)) > 1) return bad("backup", status);
    if (status == 0 && admin("check", path_of("made"), NULL, NULL) != 0) return bad("check of a backup", 1);
    if ((status = admin("backup", path_of("s"), path_of("in"), "--since=2")) > 1) return bad("backup --since", status);
    if ((status = admin("salvage", path_of("s"), path_of("made-saved"), NULL)) > 1) return bad("salvage", status);
    if (access(path_of("made-saved"), F_OK) == 0 && (status = admin("check", path_of("made-saved"), NULL, NULL)) > 1) return bad("check of what was salvaged", status);
    if ((status = admin("migrate", path_of("s"), chance(2) ? "--dry-run" : NULL, NULL)) > 1) return bad("migrate", status);
    if ((status = admin(chance(2) ? "gc" : "compact", path_of("s"), NULL, NULL)) > 1) return bad("gc or compact", status);
    return true;
}

/* ---- harm ---- */

static size_t harm_bytes(size_t n) {
    size_t pages = n / PAGE, a = chance(pages), b = chance(pages);
    switch (chance(6)) {
    case 0: for (uint64_t i = chance(20) + 1; i--;) hurt[chance(n)] ^= (uint8_t)(1 << chance(8)); break;
    case 1: for (uint64_t i = chance(3) + 1; i--;) hurt[chance(pages) * PAGE + chance(160)] ^= (uint8_t)(1 << chance(8)); break;
    case 2: memset(hurt + chance(n / 512) * 512, chance(2) ? 0 : 255, 512); break;
    case 3: return chance(2) ? chance(n) : n - chance(pages < 8 ? pages : 8) * PAGE;
    case 4: memcpy(hurt + a * PAGE, good + b * PAGE, PAGE); break;
    default: for (int i = 0; i < 512; i++) hurt[a * PAGE + b % 8 * 512 + (size_t)i] = (uint8_t)chance(256);
    }
    return n;
}

/* Some bytes of a record's payload, or its key, become others; its checksum is right. */
static void harm_record(st_txn *t) {
    unsigned table = (unsigned)chance(4);
    uint64_t count = 0;
    st_cursor *c;
    base_buf key, value, made;
    if (st_count(t, table, &count) != ST_OK || st_cursor_open(t, table, &c) != ST_OK) return;
    base_buf_init(&key), base_buf_init(&value), base_buf_init(&made);
    st_error e = ST_NOT_FOUND;
    for (uint64_t i = chance(count ? count : 1) + 1; i--;) if ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &key, &value)) != ST_OK) break;
    st_cursor_close(c);
    if (e == ST_OK && value.n > ST_RECORD_HEAD) {
        uint8_t *p = (uint8_t *)value.at + ST_RECORD_HEAD;
        size_t n = value.n - ST_RECORD_HEAD;
        static const uint8_t tags[] = "NTFEn0iIdcsbtzrlmCueRodDlLsSPbxvkM\xff\x80\x00";
        for (uint64_t i = chance(4) + 1; i--;) {
            size_t at = (size_t)chance(chance(2) ? n : n < 12 ? n : 12);
            p[at] = chance(3) == 0 ? tags[chance(sizeof tags - 1)] : chance(2) ? (uint8_t)chance(256) : (uint8_t)(p[at] ^ 1 << chance(8));
        }
        if (chance(4) == 0) n = (size_t)chance(n + 1);
        bool move = chance(6) == 0;
        if (move) key.at[chance(key.n)] ^= (char)(1 << chance(8));
        uint64_t id = move && table == 1 ? st_load64_be((uint8_t *)key.at) : move && table != 3 ? st_load64((uint8_t *)key.at) : st_load64((uint8_t *)value.at + 8);
        size_t start = st_record_start(&made, (uint8_t)value.at[5], id, st_load64((uint8_t *)value.at + 16));
        base_buf_add(&made, p, n);
        st_record_finish(&made, start);
        e = st_put(t, table, (st_key){key.at, key.n}, made.at, made.n);
    } else if (e == ST_OK && chance(2)) e = st_del(t, table, (st_key){key.at, key.n});
    base_buf_release(&key), base_buf_release(&value), base_buf_release(&made);
}

static bool harm_records(void) {
    st_store *s;
    st_report r;
    st_txn *t;
    st_options o = {.tables = tables, .table_count = 4, .nosync = true, .must_exist = true};
    if (st_open(path_of("s"), &o, &s, &r) != ST_OK) return bad(r.text, 9);
    bool ok = st_write_begin(s, &t) == ST_OK;
    for (uint64_t i = chance(4) + 1; ok && i--;) harm_record(t);
    ok = ok && st_commit(t) == ST_OK;
    st_close(s);
    return ok || bad("harming", 9);
}

/* A text or an increment: bytes change, pieces are doubled, moved, cut. Frames of an increment get their checksums right. */
static size_t harm_text(const uint8_t *from, size_t n) {
    memcpy(hurt, from, n);
    for (uint64_t i = chance(5) + 1; i--;) {
        size_t at = (size_t)chance(n), length = (size_t)chance(60), to = (size_t)chance(n);
        if (at + length > n || to + length > n) continue;
        switch (chance(4)) {
        case 0: hurt[at] = (uint8_t)(" \"{}[],:0123456789aeR@-.\\\n"[chance(26)]); break;
        case 1: memmove(hurt + to, hurt + at, length); break;
        case 2: hurt[at] ^= (uint8_t)(1 << chance(8)); break;
        default: memmove(hurt + at, hurt + at + length, n - at - length), n -= length;
        }
    }
    return n;
}

static void mend_frames(size_t n) {
    for (size_t at = 28; at + 4 + ST_RECORD_HEAD <= n;) {
        size_t length = st_load32(hurt + at);
        base_buf b;
        if (length < ST_RECORD_HEAD || length > n - at - 4) break;
        base_buf_init(&b);
        size_t start = st_record_start(&b, hurt[at + 9], st_load64(hurt + at + 12), st_load64(hurt + at + 20));
        base_buf_add(&b, hurt + at + 4 + ST_RECORD_HEAD, length - ST_RECORD_HEAD);
        st_record_finish(&b, start);
        memcpy(hurt + at + 4, b.at, 4);
        base_buf_release(&b);
        at += 4 + length;
    }
}

static bool load_and_restore(void) {
    int status;
    size_t n = harm_text(dump, dump_n);
    if (!write_file(path_of("in"), hurt, n)) return bad("disk", 9);
    if ((status = admin("load", path_of("made"), path_of("in"), NULL)) > 1) return bad("load", status);
    if (status == 0 && (status = admin("check", path_of("made"), NULL, NULL)) > 1) return bad("check of what was loaded", status);
    n = harm_text(increment, increment_n);
    if (chance(3)) mend_frames(n);
    if (!write_file(path_of("in2"), hurt, n) || !put_store(good, good_n, true) || !write_file(path_of("in2"), hurt, n)) return bad("disk", 9);
    if ((status = admin("restore", path_of("s"), path_of("made2"), path_of("in2"))) > 1) return bad("restore", status);
    if (status == 0 && admin("check", path_of("made2"), NULL, NULL) != 0) return bad("check of what was restored", 1);
    return true;
}

static bool one_round(uint64_t number, uint64_t start) {
    seed(start + number);
    unsigned kind = (unsigned)chance(4);
    memcpy(hurt, good, good_n);
    size_t n = kind == 0 ? harm_bytes(good_n) : good_n;
    bool with_sums = chance(2);
    if (!put_store(hurt, n, with_sums)) return bad("disk", 9);
    if (kind == 3) return load_and_restore();
    if (kind > 0 && !harm_records()) return false;
    return all_commands(kind == 0);
}

/* ---- rounds ---- each in a process of its own */

static int in_child(bool (*fn)(uint64_t, uint64_t), uint64_t a, uint64_t b) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (!loud && !freopen("/dev/null", "w", stdout)) _exit(9);
        int err = loud ? -1 : open(path_of("stderr"), O_RDWR | O_CREAT | O_TRUNC, 0600);
        if (err >= 0) dup2(err, 2);
        _exit(!ob_init() ? 9 : fn(a, b) ? 0 : 3);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static bool make(uint64_t a, uint64_t b) {
    (void)a, (void)b;
    return admin("load", path_of("good"), path_of("dump"), "--quiet") == 0;
}
static bool prepare(uint64_t a, uint64_t b) {
    (void)a, (void)b;
    return admin("backup", path_of("good"), path_of("copy"), NULL) == 0 && admin("dump", path_of("copy"), path_of("whole"), NULL) == 0 && admin("backup", path_of("copy"), path_of("increment"), "--since=0") == 0;
}

static bool get_ready(const char *given) {
    char command[1000];
    snprintf(command, sizeof command, "cp -r '%s' '%s'", given ? given : "", path_of("good"));
    if (given ? system(command) != 0 : !write_dump() || in_child(make, 0, 0) != 0) return false;
    if (in_child(prepare, 0, 0) != 0) return false;
    good_n = read_file(path_of("copy/data.mdb"), good), sums_n = read_file(path_of("copy/sums"), sums);
    dump_n = read_file(path_of("whole"), dump), increment_n = read_file(path_of("increment"), increment);
    return good_n > 4 * PAGE && sums_n && dump_n && increment_n;
}

static void show_errors(void) {
    char command[400];
    snprintf(command, sizeof command, "tail -c 3000 '%s'", path_of("stderr"));
    fflush(stdout);
    if (system(command) != 0) printf("(no errors)\n");
}

int main(int argc, char **argv) {
    uint64_t start = 1, rounds = 60, only = UINT64_MAX, passed = 0, failed = 0;
    double seconds = 0;
    const char *given = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "-s") == 0) seconds = atof(argv[i + 1]), rounds = 0;
        if (strcmp(argv[i], "-n") == 0) rounds = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "-r") == 0) start = strtoull(argv[i + 1], NULL, 10) * 1000000;
        if (strcmp(argv[i], "-1") == 0) only = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "-f") == 0) given = argv[i + 1];
    }
    snprintf(dir, sizeof dir, "%s/apodora-fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    good = malloc(FILE_MAX), sums = malloc(FILE_MAX), dump = malloc(FILE_MAX), increment = malloc(FILE_MAX), hurt = malloc(FILE_MAX);
    if (mkdtemp(dir) == NULL || !get_ready(given)) return show_errors(), printf("cannot make the store\n0 passed, 1 failed\n"), 1;
    time_t end = time(NULL) + (time_t)seconds;
    loud = only != UINT64_MAX;
    for (uint64_t i = loud ? only : 0; loud ? i == only : rounds ? i < rounds : time(NULL) < end || i == 0; i++) {
        int status = in_child(one_round, i, start);
        if (status == 0) { passed++; continue; }
        printf("FAILED: round %llu: %s %d\n", (unsigned long long)i, status >= 1000 ? "signal" : "status", status >= 1000 ? status - 1000 : status);
        if (!loud) show_errors();
        if (++failed >= 10) break;
    }
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    if (system(command) != 0) printf("%s is left\n", dir);
    printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
    return failed != 0;
}
