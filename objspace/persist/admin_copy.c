/* admin_copy.c: copies of stores: `apodora store backup`, `restore`, `compact`.
 * Locks: none; one snapshot of the store that is copied; the copy is nobody else's before it has its name. */
#include "objspace/persist/admin.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- looking at a copy before it gets its name ---- */

static void damage(void *arg, const char *path, const char *why) {
    pe__tool_progress_end(arg);
    pe__tool_fail(arg, ST_CORRUPT, "the copy: %s: %s", path, why);
}
static void progress(void *arg, const char *what, uint64_t done, uint64_t all) { pe__tool_progress(arg, what, done, all); }

int pe__tool_verify(pe__job *j, const char *made, pe__copied *s) {
    st_options o = {.readonly = true, .must_exist = true, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r = {0};
    pe__checked c = {.progress = progress};
    st_store *copy;
    st_txn *t;
    bool found;
    const char *why = NULL;
    st_error e = st_open(made, &o, &copy, &r);
    if (e) return pe__tool_fail(j, e, "%s", r.text);
    j->busy = copy;
    pe__names_clear();
    e = st_read_begin(copy, &t);
    if (e == ST_OK) {
        e = pe__load_state(t, &found, &why);
        if (e == ST_OK) e = pe__load_names(t, &why);
        if (e == ST_OK && !pe__check(t, &c, damage, j)) e = ST_MEMORY;
        st_end(t);
    }
    pe__tool_progress_end(j);
    *s = (pe__copied){atomic_load(&pe__s.lsn), c.objects, c.entries};
    int status = e ? pe__tool_fail(j, e, "the copy: %s", why ? why : st_last_text(copy)) : c.damaged != 0;
    j->busy = NULL;
    st_close(copy);
    return status;
}

static int print_summary(const pe__job *j, const pe__copied *s) {
    if (j->json)
        printf("{\"commit\": %llu, \"objects\": %llu, \"entries\": %llu}\n", (unsigned long long)s->commit, (unsigned long long)s->objects, (unsigned long long)s->entries);
    else if (!j->quiet)
        printf("commit %llu: %llu objects, %llu entries\n", (unsigned long long)s->commit, (unsigned long long)s->objects, (unsigned long long)s->entries);
    return 0;
}

static int finish(pe__job *j, const char *made, const char *dest) {
    pe__copied s;
    if (pe__tool_verify(j, made, &s)) return pe__tool_remove(made), 1;
    if (pe__tool_put_in_place(j, made, dest)) return 1;
    return print_summary(j, &s);
}

/* ---- the commands ---- */

int pe__tool_copy(pe__job *j, const char *made) {
    st_error e = st_copy(pe__s.store, made, (st_progress){progress, j});
    pe__tool_progress_end(j);
    if (!e) return 0;
    pe__tool_remove(made);
    return pe__tool_fail_store(j, pe__s.store, e);
}

static int copy_to(pe__job *j, char *made, size_t size, const char *dest) {
    if (pe__tool_may_replace(j, dest) || pe__tool_beside(j, made, size, dest)) return 1;
    return pe__tool_open(j, PE_READ) || pe__tool_copy(j, made);
}

static int increment(pe__job *j) {
    char made[4200], *end;
    uint64_t frames = 0, commit = 0;
    errno = 0;
    unsigned long long since = strtoull(j->since, &end, 10);
    if (errno || *end || j->since[0] < '0' || j->since[0] > '9') return pe__tool_fail(j, ST_OK, "--since takes the number of a commit, not '%s'", j->since), 2;
    if (pe__tool_may_replace(j, j->args[0]) || pe__tool_beside(j, made, sizeof made, j->args[0]) || pe__tool_open(j, PE_READ)) return 1;
    uint64_t newest = atomic_load(&pe__s.lsn);
    if (since > newest) return pe__tool_fail(j, ST_OK, "the newest commit is %llu", (unsigned long long)newest);
    FILE *f = fopen(made, "wbx");
    if (!f) return pe__tool_fail(j, ST_OK, "%s: %s", made, strerror(errno));
    const char *damaged = pe__increment_make(j, f, since, &frames), *why = NULL;
    if (ferror(f)) why = damaged, damaged = NULL;
    if (!why && (fflush(f) != 0 || fsync(fileno(f)) != 0)) why = strerror(errno);
    fclose(f);
    if (!why && !damaged) why = pe__increment_apply(j, made, NULL, &commit);        /* is it whole? */
    pe__tool_progress_end(j);
    if (why || damaged) (void)unlink(made);
    if (damaged) return pe__tool_fail(j, ST_CORRUPT, "%s: %s", j->url, damaged);
    if (why) return pe__tool_fail(j, ST_OK, "%s: %s", j->args[0], why);
    if (pe__tool_put_file(j, made, j->args[0])) return 1;
    if (j->json) printf("{\"since\": %llu, \"commit\": %llu, \"frames\": %llu}\n", since, (unsigned long long)newest, (unsigned long long)frames);
    else if (!j->quiet) printf("commits after %llu, to %llu\n", since, (unsigned long long)newest);
    return 0;
}

int pe__tool_backup(pe__job *j) {
    char made[4200];
    if (j->since) return increment(j);
    return copy_to(j, made, sizeof made, j->args[0]) ? 1 : finish(j, made, j->args[0]);
}

static int put_on_top(pe__job *j, const char *made) {
    st_options o = {.must_exist = true, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r = {0};
    st_store *to;
    uint64_t commit = atomic_load(&pe__s.lsn);
    char text[300] = "";
    st_error e = st_open(made, &o, &to, &r);
    if (e) return pe__tool_fail(j, e, "%s", r.text);
    j->busy = to;
    for (unsigned i = 1; i < j->count && !*text; i++) {
        const char *why = pe__increment_apply(j, j->args[i], to, &commit);
        if (why) snprintf(text, sizeof text, "%.150s: %.140s", j->args[i], why);
    }
    pe__tool_progress_end(j);
    j->busy = NULL;
    st_close(to);
    return *text ? pe__tool_fail(j, ST_OK, "%s", text) : 0;
}

int pe__tool_restore(pe__job *j) {
    char made[4200];
    if (copy_to(j, made, sizeof made, j->args[0])) return 1;
    if (j->count > 1 && put_on_top(j, made)) return pe__tool_remove(made), 1;
    return finish(j, made, j->args[0]);
}

/* The copy takes the place of the whole directory: readers keep the files that they have open, and no lock file serves two data files. */
int pe__tool_compact(pe__job *j) {
    char made[4200];
    pe__copied s;
    char *real;
    if (pe__tool_open(j, PE_WRITE)) return 1;
    st_end(j->t);
    j->t = NULL;
    if (!(real = realpath(st_path(pe__s.store), NULL))) return pe__tool_fail(j, ST_OK, "%s: %s", j->url, strerror(errno));
    int status = pe__tool_beside(j, made, sizeof made, real) || pe__tool_copy(j, made);
    if (!status) status = pe__tool_verify(j, made, &s) ? (pe__tool_remove(made), 1) : pe__tool_swap(j, made, real);
    free(real);
    return status ? status : print_summary(j, &s);
}
