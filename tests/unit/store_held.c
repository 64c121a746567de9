/* store_held.c: a process that opens, reads and copies a store is held at each page that it is about to touch, while another process commits: whatever it reads is of one snapshot.
 * Where it can be held: its map of the file cannot be read but for the two pages that were touched last; to touch another is a fault, and the fault's handler asks the writer. */
#include "tests/unit/unit.h"
#include "txn/store/store.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENTRIES = 100, MORE = 5, PAGE = 4096, MAPS = 4, OPEN_PAGES = 2 };
static const st_table tables[] = {{"numbers", true}};
static const st_options writing = {.tables = tables, .table_count = 1, .nosync = true}, reading = {.tables = tables, .table_count = 1, .readonly = true};
static char dir[200], path[220];
static int ask[2], answer[2];

/* ---- the writer ---- */

/* All entries get the same value, so each page is another after each commit; and there is another number of them, so that a free page is used again for something else. */
static bool write_all(st_store *s, uint64_t commit) {
    st_txn *t;
    uint64_t value[24] = {commit};
    bool ok = st_write_begin(s, &t) == ST_OK;
    for (uint64_t k = 0; ok && k < ENTRIES; k++) ok = st_put(t, 0, st_key_int(&k), value, (1 + commit % 8) * 3 * sizeof *value) == ST_OK;
    return ok && st_commit(t) == ST_OK;
}

/* Commits when it is asked. Free pages are used again by turns, and there are as many as it has written while the reader was held, so it writes more each time. */
static void writer(void) {
    st_store *s;
    st_report r;
    uint64_t commit = 0;
    char c;
    bool ok = st_open(path, &writing, &s, &r) == ST_OK;
    unsigned n = 0;
    do {
        n += MORE;
        for (unsigned i = 0; ok && i < n; i++) ok = write_all(s, commit++);
    } while (write(answer[1], ok ? "y" : "n", 1) == 1 && read(ask[0], &c, 1) == 1);
    if (ok) st_close(s);
    _exit(0);
}

static bool answered(void) {
    char c = 0;
    return read(answer[0], &c, 1) == 1 && c == 'y';
}

/* ---- holding the reader ---- */

static struct { uint8_t *at; size_t size; } maps[MAPS];          /* of the store's file */
static unsigned map_count, next_page;
static uint8_t *open_pages[OPEN_PAGES];
static ino_t file;                           /* 0: nobody is to be held */
static long countdown;                       /* pages touched before it is held */
static bool held, refused;

#ifndef __SANITIZE_THREAD__ /* it has its own, and answers each fault itself */
__attribute__((visibility("default"))) void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset) {
    struct stat st;
    bool ours = file && fd >= 0 && map_count < MAPS && fstat(fd, &st) == 0 && st.st_ino == file;
    void *p = (void *)syscall(SYS_mmap, at, size, ours ? PROT_NONE : prot, flags, fd, offset);
    if (ours && p != MAP_FAILED) maps[map_count].at = p, maps[map_count++].size = size;
    return p;
}
#endif

static bool in_a_map(const uint8_t *at) {
    for (unsigned i = 0; i < map_count; i++)
        if (at >= maps[i].at && (size_t)(at - maps[i].at) < maps[i].size) return true;
    return false;
}

static void touched(int sig, siginfo_t *info, void *context) {
    uint8_t *at = info->si_addr;
    uint8_t **slot = &open_pages[next_page++ % OPEN_PAGES];
    (void)context;
    if (!in_a_map(at) || refused) {
        signal(sig, SIG_DFL);
        return;
    }
    if (countdown-- == 0) held = true, refused = write(ask[1], "c", 1) != 1 || !answered();
    if (*slot) mprotect(*slot, PAGE, PROT_NONE);
    *slot = at - (uintptr_t)at % PAGE;
    mprotect(*slot, PAGE, PROT_READ);
}

/* ---- the reader ---- */

/* All of a snapshot is of one commit. */
static st_error read_all(st_store *s) {
    st_txn *t;
    st_cursor *c;
    base_buf k, v;
    uint64_t n = 0, first = 0, value;
    st_error e = st_read_begin(s, &t);
    if (e) return e;
    base_buf_init(&k), base_buf_init(&v);
    if ((e = st_cursor_open(t, 0, &c)) == ST_OK) {
        while ((e = st_cursor_move(c, ST_NEXT, (st_key){0}, &k, &v)) == ST_OK) {
            memcpy(&value, v.at, sizeof value);
            if (n++ == 0) first = value;
            CHECK(value == first);
        }
        st_cursor_close(c);
        CHECK(e != ST_NOT_FOUND || n == ENTRIES);
    }
    st_end(t);
    base_buf_release(&k), base_buf_release(&v);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

static st_error copy(st_store *s) {
    char to[300], command[400];
    snprintf(to, sizeof to, "%s/copy", dir);
    snprintf(command, sizeof command, "rm -rf '%s'", to);
    st_error e = st_copy(s, to, (st_progress){0});
    CHECK(system(command) == 0);
    return e;
}

/* Held before the page of that number. false: it has not come so far. */
static bool held_at(long page) {
    st_store *s = NULL;
    st_report r;
    countdown = page;
    map_count = 0;
    memset(open_pages, 0, sizeof open_pages);
    held = false;
    st_error e = st_open(path, &reading, &s, &r);
    if (e == ST_OK) e = read_all(s);
    if (e == ST_OK) e = copy(s);
    if (e) printf("held before page %ld: %s: %s\n", page, st_error_name(e), s ? st_last_text(s) : r.text);
    CHECK(e == ST_OK);
    st_close(s);
    return held;
}

TEST(a_reader_of_another_process_sees_its_snapshot_wherever_it_is_held) {
#ifdef __SANITIZE_THREAD__
    return;
#endif
    char data[300];
    struct stat st;
    struct sigaction a = {.sa_sigaction = touched, .sa_flags = SA_SIGINFO};
    long pages = 0;
    CHECK_FATAL(pipe(ask) == 0 && pipe(answer) == 0);
    pid_t child = fork();
    if (child == 0) {
        close(ask[1]);
        writer();
    }
    CHECK_FATAL(answered());
    CHECK(!held_at(0));                      /* the store has its own handler now; ours comes before it */
    CHECK_FATAL(sigaction(SIGSEGV, &a, NULL) == 0);
    snprintf(data, sizeof data, "%s/data.mdb", path);
    CHECK_FATAL(stat(data, &st) == 0);
    file = st.st_ino;
    while (held_at(pages)) pages++;
    CHECK(pages > 20);
    close(ask[1]);
    waitpid(child, NULL, 0);
}

int main(void) {
    snprintf(dir, sizeof dir, "%s/apodora-held-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(dir) == NULL) return 1;
    snprintf(path, sizeof path, "%s/store", dir);
    int failed = unit_run();
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) != 0 || failed;
}
