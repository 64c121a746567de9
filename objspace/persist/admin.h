/* admin.h: what the files of the store tool share: the job, output, progress, opening, destinations. */
#ifndef OBJSPACE_PERSIST_ADMIN_H
#define OBJSPACE_PERSIST_ADMIN_H
#include "objspace/persist/json.h"
#include "objspace/persist/persist_int.h"
#include <stdio.h>

typedef struct pe__job {
    const char *command, *url;
    char **args;                         /* what stands behind the URL */
    unsigned count;
    bool json, quiet, force, dry_run;
    const char *since;                   /* NULL: not given */
    st_txn *t;                           /* of pe__s.store */
    bool listed;                         /* something of a JSON list has been printed */
    int64_t shown;                       /* when progress was last shown; 0: never */
    st_store *busy;                      /* the store that is being read or written: its file's memory is given back on the way (pe__tool_progress) */
    unsigned steps;
} pe__job;

/* ---- commands ---- each gives the exit status */
int pe__tool_show(pe__job *j);
int pe__tool_stat(pe__job *j);
int pe__tool_check(pe__job *j);
int pe__tool_gc(pe__job *j);
int pe__tool_backup(pe__job *j);
int pe__tool_restore(pe__job *j);
int pe__tool_compact(pe__job *j);
int pe__tool_salvage(pe__job *j);
int pe__tool_migrate(pe__job *j);
int pe__tool_dump(pe__job *j);
int pe__tool_load(pe__job *j);

/* ---- output ---- */
void pe__tool_text(FILE *f, const char *s, size_t n);                  /* for a terminal: control characters are escaped */
void pe__tool_json(FILE *f, const char *s, size_t n);                  /* in quotes; what is no UTF-8 is replaced */
void pe__tool_size(uint64_t bytes);                                    /* on stdout: "3.2 MB" */
enum { PE_DUMP_FORMAT = 3, PE_DUMP_OLDEST = 2 };
int pe__tool_fail(const pe__job *j, st_error e, const char *format, ...) PRINTF(3, 4);   /* one line on stderr, "StoreLocked: text"; e ST_OK: no class. 1 */
int pe__tool_fail_store(const pe__job *j, st_store *s, st_error e);    /* with the store's own text. 1 */
void pe__tool_progress(pe__job *j, const char *what, uint64_t done, uint64_t all);       /* a step of work; all 0: not known. Shown only on a terminal, some times a second */
void pe__tool_progress_end(pe__job *j);

/* ---- stores ---- */
/* Opens pe__s.store, with a transaction in j->t, and the names. ALONE: nobody else may write, and nothing is written (not even that it is of the newest format). 0, or 1: it has complained */
enum { PE_READ, PE_WRITE, PE_ALONE };
int pe__tool_open(pe__job *j, unsigned how);
/* The name beside dest under which it is made; what others have left there goes, and so does it when a signal ends us. 0, or 1: it has complained */
int pe__tool_beside(const pe__job *j, char *made, size_t size, const char *dest);
int pe__tool_may_replace(pe__job *j, const char *dest);                /* 0: dest may be made */
int pe__tool_remove(const char *path);                                 /* a file; or a store's files and its directory, nothing else */
int pe__tool_put_in_place(pe__job *j, const char *made, const char *dest);   /* syncs, renames; 0 */
int pe__tool_put_file(pe__job *j, const char *made, const char *dest);       /* the same for a file, whose bytes are synced; 0 */
int pe__tool_swap(pe__job *j, const char *made, const char *dest);     /* exchanges the two and removes what stood at dest; 0 */
st_error pe__tool_make(pe__job *j, const char *made, st_store **out);  /* a new store; it has complained */
typedef struct pe__copied { uint64_t commit, objects, entries; } pe__copied;
int pe__tool_copy(pe__job *j, const char *made);                       /* pe__s.store as it is now; 0 */
int pe__tool_verify(pe__job *j, const char *made, pe__copied *c);      /* is every record of the store at `made` whole? 0: yes */

/* ---- increments ---- what is wrong, or NULL */
const char *pe__increment_make(pe__job *j, FILE *f, uint64_t since, uint64_t *frames);
/* Puts one on top of a store whose newest commit is *commit, which becomes the increment's. to NULL: only looks whether it is whole. */
const char *pe__increment_apply(pe__job *j, const char *path, st_store *to, uint64_t *commit);

/* ---- names in dumps ---- */
typedef struct pe__spelling { char *text; bool unique; } pe__spelling;
typedef struct pe__spellings { VEC(pe__spelling) at; uint32_t *index; size_t mask; } pe__spellings;       /* at[n - 1]: name n */
bool pe__spellings_make(pe__spellings *s) MUST_CHECK;                  /* of all names that are known now */
uint32_t pe__spellings_find(const pe__spellings *s, char kind, const char *text);        /* 0: none */
void pe__spellings_release(pe__spellings *s);

/* A record as a line of a dump, without its end. What is wrong, or NULL. */
const char *pe__dump_object(base_buf *out, const pe__spellings *s, const st_record *r);
const char *pe__dump_entry(base_buf *out, const pe__spellings *s, const base_buf *key, const st_record *r);
const char *pe__dump_name(base_buf *out, uint64_t n, const st_record *r);
/* The rows of a table in order; fn: what is wrong, or NULL to go on. */
typedef const char *pe__row_fn(void *arg, const base_buf *key, const base_buf *value);
st_error pe__each_row(st_txn *t, unsigned table, pe__row_fn *fn, void *arg, const char **why);

#endif
