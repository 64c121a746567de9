/* admin.c: the operator's commands: `apodora store CMD URL …`: what they are called, what they take, their help, and what they share.
 *
 * One line of `commands` for each. Commands that read open the store read-only and look at one snapshot of it, so they work beside a writer; those
 * that write open it for writing and fail with StoreLocked beside one. Nothing of the store is imported or run.
 * Locks: none.  Exit status: 0 done, 1 error or damage found, 2 usage. */
#include "base/mem.h"
#include "base/mono.h"
#include "objspace/persist/admin.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- output ---- */

void pe__tool_text(FILE *f, const char *s, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < ' ' || c == 0x7f) fprintf(f, "\\x%02x", c);
        else if (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0) fprintf(f, "\\x%02x", (unsigned char)s[++i]);    /* C1 controls */
        else fputc(c, f);
    }
}

void pe__tool_json(FILE *f, const char *s, size_t n) {
    base_buf whole, one;
    base_buf_init(&whole), base_buf_init(&one);
    for (size_t i = 0, size; i < n; i += size) {
        uint32_t c;
        size = pe__utf8_next((const uint8_t *)s + i, n - i, &c);
        if (size) base_buf_add(&whole, s + i, size);
        else base_buf_text(&whole, "\xef\xbf\xbd"), size = 1;
    }
    if (pe__json_text(&one, whole.at ? whole.at : "", whole.n) && !one.failed) fwrite(one.at, 1, one.n, f);
    base_buf_release(&whole), base_buf_release(&one);
}

static const char *class_of(st_error e) {
    switch (e) {
    case ST_OK: return "";
    case ST_LOCKED: return "StoreLocked: ";
    case ST_FULL: return "StoreFull: ";
    case ST_CORRUPT: case ST_NOT_A_STORE: return "StoreCorrupt: ";
    default: return "StoreError: ";
    }
}

int pe__tool_fail(const pe__job *j, st_error e, const char *format, ...) {
    base_buf b;
    va_list args;
    base_buf_init(&b);
    va_start(args, format);
    base_buf_vprintf(&b, format, args);
    va_end(args);
    fprintf(stderr, "apodora store %s: %s", j->command, class_of(e));
    pe__tool_text(stderr, b.failed ? "out of memory" : b.at, b.failed ? 13 : b.n);
    fputc('\n', stderr);
    base_buf_release(&b);
    return 1;
}

int pe__tool_fail_store(const pe__job *j, st_store *s, st_error e) {
    const char *text = s ? st_last_text(s) : "";
    return pe__tool_fail(j, e, "%s", *text ? text : st_error_name(e));
}

void pe__tool_size(uint64_t n) {
    static const char unit[] = " KMGT";
    double x = (double)n;
    unsigned u = 0;
    while (x >= 1024 && u < 4) x /= 1024, u++;
    if (u) printf("%.1f %cB", x, unit[u]);
    else printf("%llu bytes", (unsigned long long)n);
}

void pe__tool_progress(pe__job *j, const char *what, uint64_t done, uint64_t all) {
    if (j->quiet || j->shown < 0 || done % 256) return;
    if (j->shown == 0 && !isatty(2)) {
        j->shown = -1;
        return;
    }
    int64_t now = base_mono_ns();
    if (j->shown && now - j->shown < 200000000) return;
    j->shown = now;
    if (all) fprintf(stderr, "\r%s: %llu %s of %llu (%u %%)\033[K", j->command, (unsigned long long)done, what, (unsigned long long)all, (unsigned)(done >= all ? 100 : done * 100 / all));
    else fprintf(stderr, "\r%s: %llu %s\033[K", j->command, (unsigned long long)done, what);
}

void pe__tool_progress_end(pe__job *j) {
    if (j->shown > 0) fputs("\r\033[K", stderr);
    j->shown = 0;
}

/* ---- stores ---- */

int pe__tool_open(pe__job *j, bool write) {
    st_options o = {.readonly = !write, .must_exist = true, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r = {0};
    bool found;
    const char *why = NULL;
    st_error e = st_open(j->url, &o, &pe__s.store, &r);
    if (e) return pe__tool_fail(j, e, "%s", r.text[0] ? r.text : st_error_name(e));
    e = write ? st_write_begin(pe__s.store, &j->t) : st_read_begin(pe__s.store, &j->t);
    if (e) return pe__tool_fail_store(j, pe__s.store, e);
    e = pe__load_state(j->t, &found, &why);
    if (e == ST_OK) e = pe__load_names(j->t, &why);
    if (e) return why ? pe__tool_fail(j, e, "%s: %s", j->url, why) : pe__tool_fail_store(j, pe__s.store, e);
    return 0;
}

static void close_it(pe__job *j) {
    if (j->t) st_end(j->t);
    j->t = NULL;
    pe__names_clear();
    if (pe__s.store) st_close(pe__s.store);
    pe__s.store = NULL;
}

/* ---- destinations ---- written beside the target, synced, renamed: the target exists whole or not at all */

static const char *plain_path(const char *url) { return strncmp(url, "lmdb:", 5) == 0 ? url + 5 : url; }

bool pe__tool_copy_paths(char *made, size_t size, const char *dest) {
    dest = plain_path(dest);
    size_t n = strlen(dest);
    while (n > 1 && dest[n - 1] == '/') n--;
    int used = snprintf(made, size, "%.*s.partial-%ld", (int)n, dest, (long)getpid());
    return used > 0 && (size_t)used < size;
}

int pe__tool_may_replace(pe__job *j, const char *dest) {
    struct stat st;
    if (*plain_path(dest) == 0) return pe__tool_fail(j, ST_OK, "the destination has no name");
    if (lstat(plain_path(dest), &st) == 0 && !j->force) return pe__tool_fail(j, ST_OK, "%s exists; --force replaces it", plain_path(dest));
    return 0;
}

int pe__tool_remove(const char *dir) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "writer", "apodora-store", "sums"};
    char path[4400];
    for (unsigned i = 0; i < BASE_LENGTH(files); i++) {
        snprintf(path, sizeof path, "%.4200s/%s", dir, files[i]);
        (void)unlink(path);
    }
    return rmdir(dir);
}

st_error pe__tool_make(pe__job *j, const char *made, st_store **out) {
    st_options o = {.tables = pe__tables, .table_count = PE_TABLES};
    st_report r = {0};
    st_error e = st_open(made, &o, out, &r);
    if (e) pe__tool_fail(j, e, "%s", r.text[0] ? r.text : st_error_name(e));
    return e;
}

static void sync_parent(const char *path) {
    char dir[4400];
    snprintf(dir, sizeof dir, "%.4300s", path);
    char *slash = strrchr(dir, '/');
    if (slash) slash[slash == dir] = 0;
    int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

int pe__tool_swap(pe__job *j, const char *made, const char *dest) {
    int rc = renameat2(AT_FDCWD, made, AT_FDCWD, dest, RENAME_EXCHANGE), err = errno;
    pe__tool_remove(made);
    if (rc) return pe__tool_fail(j, ST_OK, "%s: %s", dest, strerror(err));
    sync_parent(dest);
    return 0;
}

/* What stands at dest goes: it must be a store that nobody writes to. */
static int replace(pe__job *j, const char *made, const char *dest) {
    st_options o = {.must_exist = true, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r = {0};
    st_store *old = NULL;
    st_error e = st_open(dest, &o, &old, &r);
    if (e == ST_LOCKED || e == ST_NOT_A_STORE) {
        pe__tool_remove(made);
        return pe__tool_fail(j, e, "%s", r.text);
    }
    int status = pe__tool_swap(j, made, dest);
    if (old) st_close(old);
    return status;
}

int pe__tool_put_in_place(pe__job *j, const char *made, const char *dest) {
    struct stat st;
    dest = plain_path(dest);
    if (stat(dest, &st) == 0) return replace(j, made, dest);
    if (renameat2(AT_FDCWD, made, AT_FDCWD, dest, RENAME_NOREPLACE) == 0) return sync_parent(dest), 0;
    int err = errno;
    pe__tool_remove(made);
    return pe__tool_fail(j, ST_OK, "%s: %s", dest, strerror(err));
}

/* ---- the table ---- */

static const struct command { const char *name, *args; int (*run)(pe__job *); unsigned min, max; bool since; const char *summary, *more; } commands[] = {
    {"backup", "URL DEST", pe__tool_backup, 1, 1, true, "copy the store as it is now, beside whoever writes to it",
     "DEST becomes a store of its own: whole, compacted, and checked record by record before it gets its name.\n"
     "With --since N, DEST becomes a file with what commits after number N changed (`restore` puts it on top of\n"
     "an older copy). The number of the newest commit is printed: it is the N of the next increment.\n"},
    {"check", "URL", pe__tool_check, 0, 0, false, "look at everything: structure, checksums, references",
     "Each line that is printed names a damaged object by its path, or by @ID, and says what is wrong with it.\n"
     "Objects that nothing refers to are counted: they are no damage (see gc). Exit status 1: damage was found.\n"},
    {"compact", "URL", pe__tool_compact, 0, 0, false, "make the file as small as what is in it",
     "Writes a copy beside the store and puts it in its place. Needs room for the copy.\n"},
    {"dump", "URL [FILE]", pe__tool_dump, 0, 1, false, "write everything as lines of JSON, to FILE or stdout",
     "The first line holds the format number, the last one the number of records between; each other line is a name,\n"
     "an object, or an entry of a big container, in the order of ids. Objects refer to each other by {\"@ID\": \"class\"}.\n"
     "docs/store-format.md describes the lines. `load` makes the same store of them.\n"},
    {"gc", "URL", pe__tool_gc, 0, 0, false, "delete the objects that cannot be reached from the root",
     "A program that has the store open does this by itself.\n"},
    {"load", "URL [FILE]", pe__tool_load, 0, 1, false, "make a new store at URL of a dump, from FILE or stdin",
     "A dump without its last line is refused, as is one with a line that is not as `dump` writes it.\n"},
    {"ls", "URL [PATH]", pe__tool_show, 0, 1, false, "list what an object holds, shortened to a line each",
     "PATH is written as in error messages: root, root['jobs'][3].name, or @ID for the object of that number.\n"},
    {"migrate", "URL", pe__tool_migrate, 0, 0, false, "bring a store of an older format to the newest",
     "A store of a newer format than this program's is refused untouched.\n"},
    {"restore", "URL DEST [INCREMENT ...]", pe__tool_restore, 1, 1000, false, "make a store of a backup and the increments since",
     "URL is a backup, DEST the store to be made. Increments (`backup --since`) are put on top in the order given:\n"
     "each must be of the same store, and begin no later than where the one before ends. All is checked at the end.\n"},
    {"salvage", "URL DEST", pe__tool_salvage, 1, 1, false, "copy what is whole out of a damaged store",
     "Says which records are lost. DEST can be opened; an object whose record is lost raises StoreCorrupt when touched.\n"
     "Exit status 1: something was lost.\n"},
    {"show", "URL PATH|@ID", pe__tool_show, 1, 1, false, "show one object or value in full",
     "PATH is written as in error messages: root, root['jobs'][3].name, or @ID for the object of that number.\n"},
    {"stat", "URL", pe__tool_stat, 0, 0, false, "sizes, objects by class, who reads, who writes",
     "\"behind\" is how many commits the oldest reader's snapshot is old: pages that were freed since cannot be used again.\n"},
};

static const char options_help[] =
    "  --json    print the result as JSON\n"
    "  --quiet   print errors only, and no progress\n"
    "  --force   replace DEST (backup, dump, load, restore, salvage)\n";

static int usage(FILE *to) {
    fputs("usage: apodora store CMD URL ... [--json] [--quiet] [--force]\n\nLooks after a store: a directory that `apodora --store` made. Nothing in it is run.\n\n", to);
    for (size_t i = 0; i < BASE_LENGTH(commands); i++) fprintf(to, "  %-8s %-25s %s\n", commands[i].name, commands[i].args, commands[i].summary);
    fprintf(to, "\n%s\n`apodora store CMD --help` says more. stat, ls, show, check, backup and dump work beside a program that has the store\n"
                "open; the others need it alone. Exit status: 0 done, 1 error or damage found, 2 usage.\n", options_help);
    return to == stdout ? 0 : 2;
}

static int command_help(const struct command *c, FILE *to) {
    fprintf(to, "usage: apodora store %s %s%s [--json] [--quiet] [--force]\n", c->name, c->args, c->since ? " [--since N]" : "");
    if (to != stdout) return 2;
    printf("\n%s: %s.\n%s\n%s", c->name, c->summary, c->more, options_help);
    return 0;
}

static int take_argument(pe__job *j, const struct command *c, int argc, char **argv, int *i) {
    const char *a = argv[*i];
    if (strcmp(a, "--json") == 0) return j->json = true, 0;
    if (strcmp(a, "--quiet") == 0) return j->quiet = true, 0;
    if (strcmp(a, "--force") == 0) return j->force = true, 0;
    if (c->since && strcmp(a, "--since") == 0 && *i + 1 < argc) return j->since = argv[++*i], 0;
    if (c->since && strncmp(a, "--since=", 8) == 0) return j->since = a + 8, 0;
    if (a[0] == '-' && a[1] != 0) {
        fprintf(stderr, "apodora store %s: there is no option ", c->name), pe__tool_text(stderr, a, strlen(a)), fputc('\n', stderr);
        return 2;
    }
    if (!j->url) j->url = a;
    else if (j->count < c->max) j->args[j->count++] = argv[*i];
    else return command_help(c, stderr);
    return 0;
}

int pe_admin(int argc, char **argv) {
    pe__job j = {0};
    const struct command *c = NULL;
    bool help = argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0 || strcmp(argv[0], "help") == 0);
    for (size_t i = 0; argc > 0 && i < BASE_LENGTH(commands); i++)
        if (strcmp(commands[i].name, argv[0]) == 0) c = &commands[i];
    if (c == NULL) return usage(help ? stdout : stderr);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return command_help(c, stdout);
    j.command = c->name;
    if (!(j.args = base_mem_zeroed(((size_t)argc + 1) * sizeof *j.args))) return 1;
    int status = 0;
    for (int i = 1; i < argc && !status; i++) status = take_argument(&j, c, argc, argv, &i);
    if (!status && (!j.url || j.count < c->min)) status = command_help(c, stderr);
    if (!status && !pe__names_init()) status = 1;
    if (!status) {
        status = c->run(&j);
        close_it(&j);
    }
    base_mem_free(j.args);
    return fflush(stdout) == 0 && !ferror(stdout) ? status : 1;
}
