/* conflicts.c: records conflicts and the course of threads for `apodora conflicts`, and writes them as lines of JSON when the program ends.
 * Locks: conflicts are added under the commit lock, which is theirs; lists_lock around the lists of codes and threads, nothing taken under it.
 * R1  A code object whose place was noted is in `codes` and so outlives the trace. (where)
 * R2  The report runs no Python and makes no object: it is called under the commit lock. (report)
 * R3  A thread's buckets are its own until it has ended or the program does. */
#include "interp/run/conflicts.h"
#include "interp/run/options.h"
#include "base/buf.h"
#include "base/mono.h"
#include "objspace/dict_cell.h"
#include "objspace/dict_table.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/list_tree.h"
#include "objspace/set_table.h"
#include "objspace/shape.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "txn/tx.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFLICTS_MAX = 200000, BUCKETS = 2048, WHAT = 56, LOOK = 16, SET_MAX = 4096 };

typedef struct conflict {
    int64_t at, lost;                /* ns since the start; time since the attempt began */
    uint32_t thread;
    bool mine_wrote;
    tx_where mine, theirs;
    char type[32], what[WHAT];
} conflict;
typedef struct bucket { uint32_t commits, aborts, irrevocable_us; } bucket;
struct py_course {
    struct py_course *next;           /* under lists_lock */
    uint32_t thread;
    int64_t width;                   /* ns of a bucket */
    size_t at;                       /* the bucket in use */
    int64_t last;                    /* when its last transaction ended: ticks */
    unsigned unseen;                 /* commits since it looked at the clock */
    bucket buckets[BUCKETS];
};

bool py_conflicts_wanted;
static pthread_mutex_t lists_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t began, began_ticks;
static conflict *conflicts;          /* under the commit lock */
static size_t nconflicts, conflicts_cap, dropped;
static struct py_course *threads;
static uint32_t nthreads;
static const py_code **codes;
static size_t ncodes, codes_cap;

/* ---- places ---- */

static void trace_codes(ob_tracer *t, void *arg UNUSED) { for (size_t i = 0; i < ncodes; i++) ob_trace_ptr(t, (void *)(uintptr_t)codes[i]); }

static COLD bool keep(const py_code *c) {
    bool ok = true;
    pthread_mutex_lock(&lists_lock);
    if (ncodes == codes_cap) {
        size_t cap = codes_cap ? 2 * codes_cap : 256;
        const py_code **p = realloc(codes, cap * sizeof *p);
        ok = p != NULL;
        if (ok) codes = p, codes_cap = cap;
    }
    if (ok) {
        codes[ncodes++] = c;
        ob_flag_set((void *)(uintptr_t)c, OB_F_TRACED);
    }
    pthread_mutex_unlock(&lists_lock);
    return ok;
}

/* What the running block is called: NULL where the transaction's own name says so. */
static inline const char *merged_name(const py_merge *m) { return LIKELY(m->depth == 0) ? NULL : m->label ? m->label : "atomic"; }

static void where(tx_where *out);
static COLD void where_first(tx_where *out) {
    *out = (tx_where){0};
    if (py_me && py_me->frame && keep(py_me->frame->code)) where(out);
}

static void where(tx_where *out) {
    const py_thread *T = py_me;
    const py_frame *f;
    if (UNLIKELY(!T) || UNLIKELY(!(f = T->frame)) || UNLIKELY(!(ob_flags(f->code) & OB_F_TRACED))) {
        where_first(out);
        return;
    }
    out->code = f->code;
    out->at = f->pc;
    out->name = merged_name(&T->merged);
}

/* ---- what the conflict was about ---- */

static void say(char *out, size_t room, const char *before, ob_val v, const char *after) {
    if (ob_is_small(v)) snprintf(out, room, "%s%lld%s", before, (long long)ob_to_small(v), after);
    else if (ob_is_exact(v, &ob_str_type) && ob_str_is_ascii(v)) snprintf(out, room, "%s'%.40s'%s", before, (const char *)ob_str_ptr(v)->data, after);
    else snprintf(out, room, "%s%s%s", before, ob_type_short_name(ob_type_of(v)), after);
}

/* Whoever has read the dict before it had cells is told by the dict, while others write the cell. */
static void about_cell(const tx_conflict *c, uint64_t hash, tx_where *theirs) {
    ob__dict_likes l = {0};
    for (ssize_t i; (i = ob__dict_next_like(c->now, OB_NULL, hash, &l)) >= 0;) {
        const ob_dict_entry *e = ob_dict_entry_at(c->now, (size_t)i);
        if (e->hash == hash && ob__is_cell(e->value)) tx_who_wrote(ob_handle(e->value), TX_ALL, theirs);
    }
}

static bool about_key(void *arg, const ob_dict_entry *key, ob_val was, ob_val is) {
    const tx_conflict *c = ((void **)arg)[0];
    conflict *r = ((void **)arg)[1];
    char *out = r->what;
    (void)was, (void)is;
    if (c->key ? key->hash != *c->key : !(c->mask & OB_DICT_BUCKET(key->hash))) return true;
    if (ob_flags(c->handle) & OB_F_NAMESPACE && ob_is_exact(key->key, &ob_str_type)) snprintf(out, WHAT, "global %.44s", (const char *)ob_str_ptr(key->key)->data);
    else say(out, WHAT, "key ", key->key, "");
    if (!r->theirs.code) about_cell(c, key->hash, &r->theirs);
    return false;
}
static void about_instance(const tx_conflict *c, char *out) {
    const ob_inst_body *a = c->seen, *b = c->now;
    for (uint32_t i = 0; i < b->shape->n && i < 63; i++) {
        if (!(c->mask & TX_SLOT(i)) || (i < a->shape->n && ob_same(ob_inst_slot(c->handle, a, i), ob_inst_slot(c->handle, b, i)))) continue;
        snprintf(out, WHAT, "attribute %.40s", (const char *)ob_str_ptr(ob__shape_key(b->shape, i))->data);
        return;
    }
    snprintf(out, WHAT, "attributes");
}
static void about_list(const tx_conflict *c, char *out) {
    if (c->key) snprintf(out, WHAT, "item %llu", (unsigned long long)*c->key);
    else if (ob__list_size(c->seen) != ob__list_size(c->now)) snprintf(out, WHAT, "length or order");
    else if (c->mask & TX_REST) snprintf(out, WHAT, "items");
    else snprintf(out, WHAT, "item %d", __builtin_ctzll(c->mask));
}
/* The element that one of the bodies has and the other has not; big ones are not searched, as the commit lock is held. */
static bool about_element(const ob__set_table *t, uint64_t hash, char *out) {
    size_t end = ob__set_end(t);
    if (end > SET_MAX) return false;
    for (size_t i = ob__set_live_from(t, 0); i < end; i = ob__set_live_from(t, i + 1)) {
        ob__set_slot s = ob__set_at(t, i);
        if (s.hash != hash) continue;
        say(out, WHAT, "element ", s.key, "");
        return true;
    }
    return false;
}
static void about_set(const tx_conflict *c, char *out) {
    if (c->key && (about_element(c->seen, *c->key, out) || about_element(c->now, *c->key, out))) return;
    snprintf(out, WHAT, "elements");
}
static void about(const tx_conflict *c, conflict *r) {
    if (!c->handle) {
        snprintf(r->type, sizeof r->type, "code");
        snprintf(r->what, WHAT, "a global, function, class or module was replaced");
        return;
    }
    const ob_type *t = (const ob_type *)c->handle->cls;
    if (t == &ob_dict_cell_type) {
        const ob__dict_cell *cell = (const ob__dict_cell *)c->handle;
        snprintf(r->type, sizeof r->type, "%.30s", ob_type_short_name(ob_type_of(cell->dict)));
        say(r->what, WHAT, "key ", cell->key, "");
        return;
    }
    snprintf(r->type, sizeof r->type, "%.30s", ob_type_short_name(t));
    if (t->flags & OB_TF_INST) about_instance(c, r->what);
    else if (t->flags & OB_TF_LIST) about_list(c, r->what);
    else if (t->flags & OB_TF_DICT) {
        void *arg[] = {(void *)(uintptr_t)c, r};
        snprintf(r->what, WHAT, "length or order");
        (void)ob_dict_diff(c->seen, c->now, about_key, arg);
    } else if (t->flags & OB_TF_SET) about_set(c, r->what);
    else snprintf(r->what, WHAT, "state");
}

/* Nanoseconds since that tick. */
static int64_t since(int64_t ticks, int64_t now) {
    int64_t t = base_mono_ticks();
    return t > began_ticks && t > ticks ? (int64_t)((double)(t - ticks) * (double)(now - began) / (double)(t - began_ticks)) : 0;
}

static void report(const tx_conflict *c) {
    py_thread *T = py_me;
    if (nconflicts == CONFLICTS_MAX) { dropped++; return; }
    if (nconflicts == conflicts_cap) {
        size_t cap = conflicts_cap ? 2 * conflicts_cap : 1024;
        conflict *p = realloc(conflicts, cap * sizeof *p);
        if (!p) { dropped++; return; }
        conflicts = p;
        conflicts_cap = cap;
    }
    int64_t now = base_mono_ns();
    conflict *r = &conflicts[nconflicts++];
    *r = (conflict){.at = now - began, .lost = T && T->course ? since(T->course->last, now) : 0, .thread = T && T->course ? T->course->thread : 0, .mine = c->mine,
                    .theirs = c->theirs, .mine_wrote = c->mine_wrote};
    about(c, r);
}

/* ---- the course of threads ---- */

static struct py_course *course_of(py_thread *T) {
    if (T->course) return T->course;
    struct py_course *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->width = 1000000;
    t->last = base_mono_ticks();
    t->unseen = LOOK;
    pthread_mutex_lock(&lists_lock);
    t->thread = ++nthreads;
    t->next = threads;
    threads = t;
    pthread_mutex_unlock(&lists_lock);
    return T->course = t;
}

static void widen(struct py_course *t) {
    for (size_t i = 0; i < BUCKETS / 2; i++) {
        bucket *a = &t->buckets[2 * i], *b = a + 1;
        t->buckets[i] = (bucket){a->commits + b->commits, a->aborts + b->aborts, a->irrevocable_us + b->irrevocable_us};
    }
    memset(t->buckets + BUCKETS / 2, 0, sizeof *t->buckets * BUCKETS / 2);
    t->width *= 2;
}

void py_conflicts_note(py_thread *T, bool committed) {
    struct py_course *t = course_of(T);
    if (!t) return;
    if (committed && !T->block && !T->merged.done && T->slice_ticks - T->ticks < 2000) {     /* a stretch between two blocks: not worth reading the clock */
        t->buckets[t->at].commits++;
        return;
    }
    bool outside = T->acted && T->block;
    if (committed && !outside && t->unseen++ < LOOK) {       /* most blocks are much shorter than a bucket is wide */
        t->buckets[t->at].commits++;
        t->last = base_mono_ticks();
        return;
    }
    t->unseen = 0;
    int64_t now = base_mono_ns();
    while ((now - began) / t->width >= BUCKETS) widen(t);
    t->at = (size_t)((now - began) / t->width);
    bucket *b = &t->buckets[t->at];
    if (committed) b->commits++;
    else b->aborts++;
    if (outside) b->irrevocable_us += (uint32_t)(since(t->last, now) / 1000 + 1);
    t->last = base_mono_ticks();
}

/* ---- names ---- */

const char *py_conflicts_label(ob_val name) {
    static char *labels[256];
    static size_t n;
    if (!py_conflicts_wanted || ob_is_null(name)) return "atomic";
    const char *s = ob_str_utf8(name, NULL), *found = NULL;
    if (!s) return ob_err_clear(), "atomic";
    pthread_mutex_lock(&lists_lock);
    for (size_t i = 0; i < n && !found; i++) if (!strcmp(labels[i], s)) found = labels[i];
    if (!found && n < BASE_LENGTH(labels) && (labels[n] = strdup(s))) found = labels[n++];
    pthread_mutex_unlock(&lists_lock);
    return found ? found : "atomic";
}

/* ---- writing ---- */

static void put_text(FILE *f, const char *s) {
    putc('"', f);
    for (; s && *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') fprintf(f, "\\%c", c);
        else if (c < 32) fprintf(f, "\\u%04x", c);
        else putc(c, f);
    }
    putc('"', f);
}
static void put_str(FILE *f, ob_val s) {
    const char *text = ob_str_wtf8(s, NULL);
    put_text(f, text ? text : "?");
}
static void put_where(FILE *f, tx_where w) {
    const py_code *c = w.code;
    if (!c) { fputs("null", f); return; }
    const py_instr *pc = w.at;                                    /* of the instruction behind */
    uint64_t at = pc > c->code ? (uint64_t)(pc - c->code) - 1 : c->ncode;
    putc('[', f);
    put_str(f, c->filename);
    fprintf(f, ", %d, ", at < c->ncode ? c->positions[at].line : c->firstlineno);
    put_str(f, c->qualname);
    putc(']', f);
}
static void put_conflict(FILE *f, const conflict *r) {
    fprintf(f, "{\"e\": \"conflict\", \"at\": %lld, \"lost\": %lld, \"thread\": %u, \"wrote\": %s, \"mine\": ", (long long)r->at, (long long)r->lost, r->thread,
            r->mine_wrote ? "true" : "false");
    put_where(f, r->mine);
    fputs(", \"theirs\": ", f);
    put_where(f, r->theirs);
    fputs(", \"name\": ", f);
    put_text(f, r->mine.name);
    fputs(", \"their_name\": ", f);
    put_text(f, r->theirs.name);
    fputs(", \"type\": ", f);
    put_text(f, r->type);
    fputs(", \"what\": ", f);
    put_text(f, r->what);
    fputs("}\n", f);
}
static void put_thread(FILE *f, const struct py_course *t) {
    fprintf(f, "{\"e\": \"thread\", \"thread\": %u, \"width\": %lld, \"buckets\": [", t->thread, (long long)t->width);
    bool first = true;
    for (size_t i = 0; i < BUCKETS; i++) {
        const bucket *b = &t->buckets[i];
        if (!b->commits && !b->aborts && !b->irrevocable_us) continue;
        fprintf(f, "%s[%zu, %u, %u, %u]", first ? "" : ", ", i, b->commits, b->aborts, b->irrevocable_us);
        first = false;
    }
    fputs("]}\n", f);
}

bool py_conflicts_write(void) {
    if (!py_conflicts_wanted) return true;
    FILE *f = fopen(py_opts.trace_conflicts, "w");
    if (f) {
        tx_stats s;
        tx_stats_get(&s);
        fprintf(f, "{\"apodora\": \"conflicts\", \"format\": 1, \"ns\": %lld, \"commits\": %llu, \"readonly\": %llu, \"aborts\": %llu, \"conflicts\": %llu, \"irrevocable\": %llu, \"dropped\": %zu}\n",
                (long long)(base_mono_ns() - began), (unsigned long long)s.commits, (unsigned long long)s.readonly_commits, (unsigned long long)s.aborts,
                (unsigned long long)s.conflicts, (unsigned long long)s.irrevocable, dropped);
        for (size_t i = 0; i < nconflicts; i++) put_conflict(f, &conflicts[i]);
        for (const struct py_course *t = threads; t; t = t->next) put_thread(f, t);
    }
    bool written = f && !ferror(f);
    if (f && fclose(f) == 0 && written) return true;
    fprintf(stderr, "apodora: --trace-conflicts %s: %s\n", py_opts.trace_conflicts, strerror(errno));
    return false;
}

bool py_conflicts_start(void) {
    if (!py_opts.trace_conflicts) return true;
    began = base_mono_ns();
    began_ticks = base_mono_ticks();
    py_conflicts_wanted = true;
    tx_set_where(where);
    tx_set_conflict_report(report);
    return ob_gc_add_root(trace_codes, NULL);
}
