/* admin_migrate.c: `apodora store migrate`: a store of an older format becomes one of the newest.
 *
 * A line of `steps` for each format that there was: what its successor has in another way, and who converts it. A copy beside the store is converted, looked at record
 * by record, and put in its place: until then nothing of the store is touched, and if it is interrupted, the store is as it was.
 * It counts as a commit, so that an increment since before it has what was converted.
 * A store of a newer format is refused when it is opened (txn/store/lmdb_open.c).
 * Locks: none; nobody else may write to the store, or knows of the copy. */
#include "objspace/persist/admin.h"
#include "objspace/persist/bits.h"
#include "objspace/persist/bulk.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- 1 to 2 ---- a big set had a record an element; now it has pages, as dicts have */

typedef struct finder { pe__job *j; pe__bits old; uint64_t n; } finder;

static const char *find_old_set(void *arg, const base_buf *key, const base_buf *value) {
    finder *f = arg;
    uint64_t id;
    st_record r;
    const char *why = NULL;
    memcpy(&id, key->at, 8);
    if (st_record_open(value->at, value->n, id, &r, &why) != ST_OK) return why;
    if (pe__big_of(&r).form == PE_S_BIGSET && pe__bits_add(&f->old, id)) f->n++;
    return f->old.failed ? "out of memory" : NULL;
}

static const char *sets_in_pages(pe__job *j, st_txn *t, pe__bulk *b, uint64_t *n) {
    finder f = {.j = j};
    pe__rebuilt made;
    uint64_t id[256], done = 0;
    size_t at = 0, got;
    const char *why = NULL;
    st_error e = pe__each_row(t, PE_OBJECTS, find_old_set, &f, &why);
    if (!why && e) why = st_last_text(t->store);
    while (b && !why && (got = pe__bits_take_some(&f.old, id, BASE_LENGTH(id), &at)) > 0)
        for (size_t i = 0; i < got && !why; i++) {
            why = pe__rebuild(b, id[i], atomic_load(&pe__s.lsn) + 1, &made);
            if (!why && made.has != made.said) why = "entries of a set are missing (see `apodora store check`)";
            pe__tool_progress(j, "sets", ++done, f.n);
        }
    pe__bits_release(&f.old);
    *n = f.n;
    return why;
}

/* ---- the steps ---- b NULL: only counts what there is to convert. What is wrong, or NULL */

static const struct step { uint32_t from; const char *what; const char *(*convert)(pe__job *j, st_txn *t, pe__bulk *b, uint64_t *n); } steps[] = {
    {1, "sets of a record an element are put in pages", sets_in_pages},
};
typedef struct done { uint32_t was; uint64_t n[BASE_LENGTH(steps)]; } done;

static const char *take_step(pe__job *j, const struct step *s, st_store *in, bool count, uint64_t *n) {
    st_txn *t;
    pe__bulk b;
    if (st_read_begin(in, &t) != ST_OK) return st_last_text(in);
    st_error e = count ? ST_OK : pe__bulk_begin(&b, in);
    const char *why = e ? st_last_text(in) : s->convert(j, t, count ? NULL : &b, n);
    st_end(t);
    if (!count && !e && !why && atomic_load(&pe__s.lsn)) e = pe__bulk_put_state(&b, atomic_load(&pe__s.lsn) + 1, atomic_load(&pe__s.next_id));
    if (!count) e = pe__bulk_end(&b, why ? ST_CORRUPT : e);
    return why ? why : e ? st_last_text(in) : NULL;
}

static int take_steps(pe__job *j, st_store *in, bool count, done *d) {
    for (size_t i = 0; i < BASE_LENGTH(steps); i++) {
        const char *why = steps[i].from < d->was ? NULL : take_step(j, &steps[i], in, count, &d->n[i]);
        pe__tool_progress_end(j);
        if (why) return pe__tool_fail(j, ST_CORRUPT, "%s, from format %u to %u: %s; the store is as it was", j->url, steps[i].from, steps[i].from + 1, why);
    }
    return 0;
}

static int convert_copy(pe__job *j, const char *made, done *d) {
    st_options o = {.must_exist = true, .tables = pe__tables, .table_count = PE_TABLES};
    st_report r = {0};
    st_store *to;
    st_error e = st_open(made, &o, &to, &r);
    if (e) return pe__tool_fail(j, e, "%s", r.text);
    j->busy = to;
    int status = take_steps(j, to, false, d);
    j->busy = NULL;
    st_close(to);
    return status;
}

/* ---- the command ---- */

static void print_steps(const pe__job *j, const done *d) {
    bool first = true;
    for (size_t i = 0; i < BASE_LENGTH(steps); i++) {
        if (steps[i].from < d->was) continue;
        if (j->json) printf("%s{\"from\": %u, \"to\": %u, \"what\": \"%s\", \"objects\": %llu}", first ? "" : ", ", steps[i].from, steps[i].from + 1, steps[i].what, (unsigned long long)d->n[i]);
        else printf("  %u to %u: %s: %llu\n", steps[i].from, steps[i].from + 1, steps[i].what, (unsigned long long)d->n[i]);
        first = false;
    }
}

static int print_result(const pe__job *j, const done *d) {
    bool older = d->was < ST_FORMAT;
    if (j->json) {
        printf("{\"was\": %u, \"format\": %d, \"migrated\": %s, \"steps\": [", d->was, ST_FORMAT, older && !j->dry_run ? "true" : "false");
        print_steps(j, d);
        puts("]}");
    } else if (!j->quiet) {
        if (!older) printf("format %d is the newest: nothing to do\n", ST_FORMAT);
        else printf(j->dry_run ? "format %u would be brought to %d\n" : "format %u brought to %d\n", d->was, ST_FORMAT);
        print_steps(j, d);
    }
    return 0;
}

static int migrate(pe__job *j, done *d) {
    char made[4200];
    pe__copied c;
    char *real = realpath(st_path(pe__s.store), NULL);
    if (!real) return pe__tool_fail(j, ST_OK, "%s: %s", j->url, strerror(errno));
    int status = pe__tool_beside(j, made, sizeof made, real);
    if (!status && (status = pe__tool_copy(j, made)) == 0 && ((status = convert_copy(j, made, d)) != 0 || (status = pe__tool_verify(j, made, &c)) != 0)) pe__tool_remove(made);
    if (!status) status = pe__tool_swap(j, made, real);
    free(real);
    return status;
}

int pe__tool_migrate(pe__job *j) {
    if (pe__tool_open(j, j->dry_run ? PE_READ : PE_ALONE)) return 1;
    done d = {.was = st_format(pe__s.store)};
    int status = 0;
    if (j->dry_run) status = take_steps(j, pe__s.store, true, &d);
    else if (d.was < ST_FORMAT) {
        st_end(j->t);
        j->t = NULL;
        status = migrate(j, &d);
    }
    return status ? status : print_result(j, &d);
}
