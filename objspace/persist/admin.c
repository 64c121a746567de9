/* admin.c: the operator's commands: `apodora store CMD URL …`: what they are called, what they take, their help, and what they share.
 *
 * One line of `commands` for each. Commands that read open the store read-only and look at one snapshot of it, so they work beside a writer; those
 * that write open it for writing and fail with StoreLocked beside one. Nothing of the store is imported or run.
 * Locks: none.  Exit status: 0 done, 1 error or damage found, 2 usage. */
#include "base/mem.h"
#include "base/mono.h"
#include "objspace/persist/admin.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
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

/* What an error is called, and what can be done about it. */
static const struct sort_of_error { st_error e; const char *name, *advice; } sorts[] = {
    {ST_LOCKED, "StoreLocked", "this command needs the store alone"},
    {ST_FULL, "StoreFull", "make room, then try again"},
    {ST_CORRUPT, "StoreCorrupt", "`apodora store check` lists what is damaged, `apodora store salvage` copies what is whole"},
    {ST_NOT_A_STORE, "StoreCorrupt", "a store is a directory that `apodora --store` or `apodora store load` has made"},
    {ST_ABSENT, "StoreError", "a store is a directory that `apodora --store` or `apodora store load` has made"},
};

static const struct sort_of_error *sort_of(st_error e) {
    static const struct sort_of_error plain = {ST_OK, "", ""}, other = {ST_IO, "StoreError", ""};
    for (size_t i = 0; i < BASE_LENGTH(sorts); i++)
        if (sorts[i].e == e) return &sorts[i];
    return e == ST_OK ? &plain : &other;
}

static const char *advice_for(const pe__job *j, st_error e) {
    if (e == ST_CORRUPT && strcmp(j->command, "salvage") == 0) return "";        /* there is nothing better to be had */
    if (e == ST_CORRUPT && strcmp(j->command, "check") == 0) return "`apodora store salvage` copies what is whole";
    return sort_of(e)->advice;
}

int pe__tool_fail(const pe__job *j, st_error e, const char *format, ...) {
    const char *name = sort_of(e)->name, *advice = advice_for(j, e);
    base_buf b;
    va_list args;
    base_buf_init(&b);
    va_start(args, format);
    base_buf_vprintf(&b, format, args);
    va_end(args);
    if (b.failed) base_buf_clear(&b), b.failed = false, base_buf_text(&b, "out of memory");
    const char *text = b.at ? b.at : "";
    if (j->json) {
        fprintf(stderr, "{\"command\": \"%s\", \"error\": \"%s\", \"message\": ", j->command, *name ? name : "Error");
        pe__tool_json(stderr, text, strlen(text));
        if (*advice) fprintf(stderr, ", \"advice\": \"%s\"", advice);
        fputs("}\n", stderr);
    } else {
        fprintf(stderr, "apodora store %s: %s%s", j->command, name, *name ? ": " : "");
        pe__tool_text(stderr, text, strlen(text));
        if (*advice) fprintf(stderr, " (%s)", advice);
        fputc('\n', stderr);
    }
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

enum { REST = 1024 /* steps, each of which may map some pages (the kernel maps their neighbours, too), after which it may have them back: memory stays bounded, however big the store */ };

void pe__tool_progress(pe__job *j, const char *what, uint64_t done, uint64_t all) {
    if (++j->steps % REST == 0 && j->busy) st_rest(j->busy);
    if (j->quiet || j->shown < 0) return;
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

int pe__tool_open(pe__job *j, unsigned how) {
    st_options o = {.readonly = how == PE_READ, .keep_format = how == PE_ALONE, .must_exist = true, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r = {0};
    bool found;
    const char *why = NULL;
    st_error e = st_open(j->url, &o, &pe__s.store, &r);
    if (e) return pe__tool_fail(j, e, "%s", r.text[0] ? r.text : st_error_name(e));
    j->busy = pe__s.store;
    e = how == PE_WRITE ? st_write_begin(pe__s.store, &j->t) : st_read_begin(pe__s.store, &j->t);
    if (e) return pe__tool_fail_store(j, pe__s.store, e);
    e = pe__load_state(j->t, &found, &why);
    if (e == ST_OK) e = pe__load_names(j->t, &why);
    if (e) return why ? pe__tool_fail(j, e, "%s: %s", j->url, why) : pe__tool_fail_store(j, pe__s.store, e);
    return 0;
}

static void close_it(pe__job *j) {
    if (j->t) st_end(j->t);
    j->t = NULL;
    j->busy = NULL;
    pe__names_clear();
    if (pe__s.store) st_close(pe__s.store);
    pe__s.store = NULL;
}

/* ---- destinations ---- written beside the target, synced, renamed: the target exists whole or not at all */

static const char *plain_path(const char *url) { return strncmp(url, "lmdb:", 5) == 0 ? url + 5 : url; }

/* What is being made: who ends us by a signal leaves nothing behind.  written before there is anything at that path */
static char making[4400];

static void clean_up(int signal_number) {
    (void)pe__tool_remove(making);
    (void)raise(signal_number);                              /* SA_RESETHAND: this ends the process */
}

static void watch_signals(void) {
    static const int which[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction act = {.sa_handler = clean_up, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)}, was;
    for (size_t i = 0; i < BASE_LENGTH(which); i++)
        if (sigaction(which[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN) (void)sigaction(which[i], &act, NULL);
}

/* Removes what processes that were killed (-9, power) have left of earlier attempts. */
static void remove_leftovers(const char *dest, size_t n) {
    char dir[4400], path[4400];
    size_t name = n;
    while (name > 0 && dest[name - 1] != '/') name--;
    snprintf(dir, sizeof dir, "%.*s", (int)name, name ? dest : "");
    DIR *d = opendir(name ? dir : ".");
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        static const char mark[] = ".partial-";
        char *end;
        if (strncmp(e->d_name, dest + name, n - name) != 0 || strncmp(e->d_name + n - name, mark, sizeof mark - 1) != 0) continue;
        long pid = strtol(e->d_name + n - name + sizeof mark - 1, &end, 10);
        if (*end || pid <= 0 || kill((pid_t)pid, 0) == 0 || errno != ESRCH) continue;
        if (snprintf(path, sizeof path, "%s%s", dir, e->d_name) < (int)sizeof path) (void)pe__tool_remove(path);
    }
    if (d) closedir(d);
}

int pe__tool_beside(const pe__job *j, char *made, size_t size, const char *dest) {
    dest = plain_path(dest);
    size_t n = strlen(dest);
    while (n > 1 && dest[n - 1] == '/') n--;
    int used = snprintf(made, size, "%.*s.partial-%ld", (int)n, dest, (long)getpid());
    if (used <= 0 || (size_t)used >= size || (size_t)used >= sizeof making) return pe__tool_fail(j, ST_OK, "the name of the destination is too long");
    remove_leftovers(dest, n);
    memcpy(making, made, (size_t)used + 1);
    watch_signals();
    return 0;
}

int pe__tool_may_replace(pe__job *j, const char *dest) {
    struct stat st;
    if (*plain_path(dest) == 0) return pe__tool_fail(j, ST_OK, "the destination has no name");
    if (lstat(plain_path(dest), &st) == 0 && !j->force) return pe__tool_fail(j, ST_OK, "%s exists; --force replaces it", plain_path(dest));
    return 0;
}

/* Calls only what a signal handler may call. */
int pe__tool_remove(const char *path) {
    static const char *const files[] = {"data.mdb", "lock.mdb", "writer", "apodora-store", "sums"};
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0) return unlink(path);
    for (unsigned i = 0; i < BASE_LENGTH(files); i++) (void)unlinkat(dir, files[i], 0);
    close(dir);
    return rmdir(path);
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

int pe__tool_put_file(pe__job *j, const char *made, const char *dest) {
    if (renameat2(AT_FDCWD, made, AT_FDCWD, dest, j->force ? 0 : RENAME_NOREPLACE) == 0) return sync_parent(dest), 0;
    int err = errno;
    (void)unlink(made);
    return pe__tool_fail(j, ST_OK, "%s: %s", dest, strerror(err));
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

enum { O_JSON = 1, O_QUIET = 2, O_FORCE = 4, O_SINCE = 8, O_DRY_RUN = 16, O_ALL = O_JSON | O_QUIET, O_ANY = 31 };
static const struct option { const char *name; unsigned flag; size_t at; /* in the job: a bool, or what it takes */ const char *takes, *help; } options[] = {
    {"--json", O_JSON, offsetof(pe__job, json), NULL, "print the result, and errors, as JSON"},
    {"--quiet", O_QUIET, offsetof(pe__job, quiet), NULL, "no progress, and no result but what was asked for (ls, show, stat, dump, damage)"},
    {"--force", O_FORCE, offsetof(pe__job, force), NULL, "replace what stands at the destination"},
    {"--since", O_SINCE, offsetof(pe__job, since), "N", "only what commits after number N changed"},
    {"--dry-run", O_DRY_RUN, offsetof(pe__job, dry_run), NULL, "say what would be done, and do nothing"},
};

static const char PATHS[] =
    "PATH is written as in error messages: root, root['jobs'][3].name, root['ids']{…}, or begins with an object's number:\n"
    "@12, @12[3].name. In a shell, put it in quotes: \"root['jobs'][3]\".\n";

static const struct command { const char *name, *args; int (*run)(pe__job *); unsigned min, max, options; const char *summary, *more; } commands[] = {
    {"backup", "URL DEST", pe__tool_backup, 1, 1, O_ALL | O_FORCE | O_SINCE, "copy the store as it is now, beside whoever writes to it",
     "DEST becomes a store of its own: whole, compacted, and checked record by record before it gets its name.\n"
     "With --since N, DEST becomes a file with what commits after number N changed (`restore` puts it on top of\n"
     "an older copy). The number of the newest commit is printed: it is the N of the next increment.\n"},
    {"check", "URL", pe__tool_check, 0, 0, O_ALL, "look at everything: structure, checksums, references",
     "Each line that is printed names a damaged object by its path, or by @ID, and says what is wrong with it.\n"
     "Objects that nothing refers to are counted: they are no damage (see gc). Exit status 1: damage was found.\n"},
    {"compact", "URL", pe__tool_compact, 0, 0, O_ALL, "make the file as small as what is in it",
     "Writes a copy beside the store and puts it in its place. Needs room for the copy.\n"},
    {"dump", "URL [FILE]", pe__tool_dump, 0, 1, O_ALL | O_FORCE, "write everything as lines of JSON, to FILE or stdout",
     "The first line holds the format number, the last one the number of records between; each other line is a name,\n"
     "an object, or an entry of a big container, in the order of ids. Objects refer to each other by {\"@ID\": \"class\"}.\n"
     "docs/store-format.md describes the lines. `load` makes the same store of them.\n"},
    {"gc", "URL", pe__tool_gc, 0, 0, O_ALL, "delete the objects that cannot be reached from the root",
     "A program that has the store open does this by itself.\n"},
    {"load", "URL [FILE]", pe__tool_load, 0, 1, O_ALL | O_FORCE, "make a new store at URL of a dump, from FILE or stdin",
     "A dump without its last line is refused, as is one with a line that is not as `dump` writes it.\n"},
    {"ls", "URL [PATH]", pe__tool_show, 0, 1, O_ALL, "list what an object holds, shortened to a line each", PATHS},
    {"migrate", "URL", pe__tool_migrate, 0, 0, O_ALL | O_DRY_RUN, "bring a store of an older format to the newest",
     "Converts a copy beside the store, looks at every record of it, and puts it in the store's place. Needs room for the copy.\n"
     "Programs read older formats as they are: what they change is written in the newest. Older programs refuse a store that a\n"
     "newer one has written to, as this one refuses newer formats: both leave it untouched.\n"},
    {"restore", "URL DEST [INCREMENT ...]", pe__tool_restore, 1, 1000, O_ALL | O_FORCE, "make a store of a backup and the increments since",
     "URL is a backup, DEST the store to be made. Increments (`backup --since`) are put on top in the order given:\n"
     "each must be of the same store, and begin no later than where the one before ends. All is checked at the end.\n"},
    {"salvage", "URL DEST", pe__tool_salvage, 1, 1, O_ALL | O_FORCE, "copy what is whole out of a damaged store",
     "Says which records are lost. DEST can be opened; an object whose record is lost raises StoreCorrupt when touched. Big dicts,\n"
     "sets and lists of which parts are lost are put together anew of the others: how many entries are missing is said.\n"
     "Exit status 1: something was lost.\n"},
    {"show", "URL PATH", pe__tool_show, 1, 1, O_ALL, "show one object or value in full", PATHS},
    {"stat", "URL", pe__tool_stat, 0, 0, O_ALL, "sizes, objects by class, who reads, who writes",
     "\"behind\" is how many commits the oldest reader's snapshot is old: pages that were freed since cannot be used again.\n"},
};

static void print_options(FILE *to, unsigned which) {
    for (size_t i = 0; i < BASE_LENGTH(options); i++)
        if (options[i].flag & which) fprintf(to, "  %s%s%-*s%s\n", options[i].name, options[i].takes ? " " : "", (int)(12 - strlen(options[i].name) - (options[i].takes != NULL)), options[i].takes ? options[i].takes : "", options[i].help);
}

static void print_usage(FILE *to, const struct command *c) {
    fprintf(to, "usage: apodora store %s %s", c->name, c->args);
    for (size_t i = 0; i < BASE_LENGTH(options); i++)
        if (options[i].flag & c->options) fprintf(to, " [%s%s%s]", options[i].name, options[i].takes ? " " : "", options[i].takes ? options[i].takes : "");
    fputc('\n', to);
}

static int help(void) {
    puts("usage: apodora store CMD URL ... [options]\n\nLooks after a store: a directory that `apodora --store URL` made. Nothing in it is run.\n");
    for (size_t i = 0; i < BASE_LENGTH(commands); i++) printf("  %-8s %-25s %s\n", commands[i].name, commands[i].args, commands[i].summary);
    putchar('\n'), print_options(stdout, O_ANY);
    puts("\n`apodora store CMD --help` says more. stat, ls, show, check, backup and dump work beside a program that has the store\n"
         "open; the others need it alone. Exit status: 0 done, 1 error or damage found, 2 usage.");
    return 0;
}

static int command_help(const struct command *c) {
    print_usage(stdout, c);
    printf("\n%s: %s.\n%s\n", c->name, c->summary, c->more);
    print_options(stdout, c->options);
    return 0;
}

/* ---- the command line ---- */

/* One line that says what is wrong, one that says what would be right. */
static int wrong_usage(const struct command *c, const char *what, const char *word) {
    fprintf(stderr, "apodora store%s%s: %s", c ? " " : "", c ? c->name : "", what), pe__tool_text(stderr, word, strlen(word)), fputc('\n', stderr);
    if (c) print_usage(stderr, c);
    else fputs("`apodora store --help` lists the commands\n", stderr);
    return 2;
}

static int missing_argument(const struct command *c, unsigned have) {
    const char *word = c->args;
    while (have--) word = strchr(word, ' ') + 1;
    char text[20];
    snprintf(text, sizeof text, "%.*s", (int)strcspn(word, " "), word);
    return wrong_usage(c, "what is missing is ", text);
}

static int take_option(pe__job *j, const struct command *c, int argc, char **argv, int *i) {
    const char *a = argv[*i];
    size_t n = strcspn(a, "=");
    for (size_t k = 0; k < BASE_LENGTH(options); k++) {
        const struct option *o = &options[k];
        if (!(o->flag & c->options) || strlen(o->name) != n || memcmp(o->name, a, n) != 0) continue;
        if (!o->takes && a[n]) return wrong_usage(c, "this option takes no value: ", a);
        if (o->takes && !a[n] && *i + 1 >= argc) return wrong_usage(c, "this option takes a value: ", a);
        void *at = (char *)j + o->at;
        if (o->takes) *(const char **)at = a[n] ? a + n + 1 : argv[++*i];
        else *(bool *)at = true;
        return 0;
    }
    return wrong_usage(c, "there is no option ", a);
}

static int take_arguments(pe__job *j, const struct command *c, int at, int argc, char **argv) {
    int status = 0;
    bool plain = false;
    for (int i = 0; i < argc && !status; i++) {
        const char *a = argv[i];
        if (i == at) continue;                               /* the command itself */
        if (!plain && strcmp(a, "--") == 0) plain = true;
        else if (!plain && a[0] == '-' && a[1] != 0) status = take_option(j, c, argc, argv, &i);
        else if (!j->url) j->url = a;
        else if (j->count < c->max) j->args[j->count++] = argv[i];
        else status = wrong_usage(c, "there is one argument too many: ", a);
    }
    if (!status && !j->url) status = missing_argument(c, 0);
    return status || j->count >= c->min ? status : missing_argument(c, 1 + j->count);
}

static bool is_help(const char *a) { return strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0; }

static const struct command *command_named(const char *name) {
    for (size_t i = 0; i < BASE_LENGTH(commands); i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static int run(pe__job *j, const struct command *c) {
    int status = pe__names_init() ? c->run(j) : pe__tool_fail(j, ST_MEMORY, "%s", "out of memory");
    close_it(j);
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    return pe__tool_fail(j, ST_OK, "the result could not be written: %s", strerror(errno));
}

int pe_admin(int argc, char **argv) {
    pe__job j = {0};
    int at = 0;
    while (at < argc && argv[at][0] == '-' && !is_help(argv[at])) at++;      /* options may stand before the command */
    if (at >= argc) return wrong_usage(NULL, "which command?", "");
    if (is_help(argv[at]) || strcmp(argv[at], "help") == 0) return help();
    const struct command *c = command_named(argv[at]);
    if (c == NULL) return wrong_usage(NULL, "there is no command ", argv[at]);
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i])) return command_help(c);
    j.command = c->name;
    if (!(j.args = base_mem_zeroed(((size_t)argc + 1) * sizeof *j.args))) return pe__tool_fail(&j, ST_MEMORY, "%s", "out of memory");
    int status = take_arguments(&j, c, at, argc, argv);
    if (!status) status = run(&j, c);
    base_mem_free(j.args);
    return status;
}
