/* paths.c: paths of some objects among very many. A walk from the root notes, in a file on the disk, by which object each was reached; from the wanted ones back to the
 * root, that gives the links whose words are needed, and each object on the way is read once more for them. Memory: that of the walk (front.h), and the links.
 * Only when something is to be named: a sound store is walked without this.
 * Locks: none; one transaction of the store. What is damaged is passed over. */
#include "objspace/persist/paths.h"
#include "objspace/persist/front.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS = 300 /* that a path is written with */ };
#define ID_LIMIT (UINT64_C(1) << 44) /* 8 bytes each: what a file can be long */

typedef struct edge { uint64_t from, to; char *step; } edge;
typedef struct finder {
    st_txn *t;
    pe__front front;
    int fd;                              /* at 8 * id: who it was reached by */
    uint64_t at;                         /* whose children are being looked at */
    VEC(edge) links;                     /* in the order of from, to */
    base_buf prefix, record;
} finder;

/* ---- who reaches whom ---- */

static bool store_parent(const finder *f, uint64_t id, uint64_t parent) {
    return id < ID_LIMIT && pwrite(f->fd, &parent, 8, (off_t)(id * 8)) == 8;
}

static uint64_t parent_of(const finder *f, uint64_t id) {
    uint64_t parent = 0;
    return id < ID_LIMIT && pread(f->fd, &parent, 8, (off_t)(id * 8)) == 8 ? parent : 0;
}

/* Calls fn for all children of an object, of immutable containers in it too. */
static bool each_child(finder *f, uint64_t id, pe__child_fn *fn, bool bare) {
    st_record r;
    const char *why = NULL;
    if (st_get(f->t, PE_OBJECTS, st_key_int(&id), &f->record) != ST_OK || st_record_open(f->record.at, f->record.n, id, &r, &why) != ST_OK) return true;
    pe__node n = {id, 0, r.payload, r.payload + r.n, bare};
    why = pe__each_child(f->t, &n, fn, f);
    return !why || *why;                                     /* "": fn said so */
}

static bool meet(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    finder *f = arg;
    uint64_t id;
    uint32_t cls;
    (void)step;
    if (pe__is_ref(value, end, &id, &cls)) return !pe__front_reach(&f->front, id) || store_parent(f, id, f->at);
    if (!pe__is_inner(value, end)) return true;
    pe__node inside = {0, 0, value, end, true};
    const char *why = pe__each_child(f->t, &inside, meet, f);
    return !why || *why;
}

static bool walk(finder *f) {
    uint64_t id;
    (void)pe__front_reach(&f->front, PE_ROOT_ID);
    while (pe__front_next(&f->front, &id)) {
        f->at = id;
        if (!each_child(f, id, meet, true) || pe__front_failed(&f->front)) return false;
    }
    return true;
}

/* ---- the links that are needed, and their words ---- */

static int by_ends(const void *a, const void *b) {
    const edge *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static edge *edge_between(const finder *f, uint64_t from, uint64_t to) {
    return f->links.n ? bsearch(&(edge){from, to, NULL}, f->links.at, f->links.n, sizeof *f->links.at, by_ends) : NULL;
}

static bool collect_links(finder *f, const pe__wanted *w, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t id = w[i].id, from;
        for (unsigned k = 0; k < LINKS && id != PE_ROOT_ID && (from = parent_of(f, id)) != 0; k++, id = from)
            if (!VEC_PUSH(&f->links, (edge){from, id, NULL})) return false;
    }
    if (f->links.n) qsort(f->links.at, f->links.n, sizeof *f->links.at, by_ends);
    size_t kept = 0;
    for (size_t i = 0; i < f->links.n; i++)
        if (kept == 0 || by_ends(&f->links.at[kept - 1], &f->links.at[i]) != 0) f->links.at[kept++] = f->links.at[i];
    f->links.n = kept;
    return true;
}

static bool word(void *arg, const char *step, const uint8_t *value, const uint8_t *end) {
    finder *f = arg;
    uint64_t id;
    uint32_t cls;
    size_t length = f->prefix.n;
    if (pe__is_ref(value, end, &id, &cls)) {
        edge *l = edge_between(f, f->at, id);
        base_buf b;
        base_buf_init(&b);
        if (!l || l->step) return true;
        base_buf_add(&b, f->prefix.at, f->prefix.n), base_buf_text(&b, step);
        return (l->step = base_buf_take(&b)) != NULL;
    }
    if (!pe__is_inner(value, end)) return true;
    base_buf_text(&f->prefix, step);
    pe__node inside = {0, 0, value, end, false};
    const char *why = pe__each_child(f->t, &inside, word, f);
    f->prefix.n = length;
    return !why || *why;
}

static bool find_words(finder *f) {
    for (size_t i = 0; i < f->links.n; i++) {
        if (i > 0 && f->links.at[i].from == f->links.at[i - 1].from) continue;
        f->at = f->links.at[i].from;
        base_buf_clear(&f->prefix);
        if (!each_child(f, f->at, word, false)) return false;
    }
    return true;
}

static char *path_of(const finder *f, uint64_t id) {
    uint64_t chain[LINKS + 1];
    size_t n = 0;
    base_buf b;
    base_buf_init(&b);
    for (chain[0] = id; n < LINKS && chain[n] != PE_ROOT_ID; n++)
        if ((chain[n + 1] = parent_of(f, chain[n])) == 0) return NULL;
    base_buf_text(&b, chain[n] == PE_ROOT_ID ? "root" : "root…");
    for (; n > 0; n--) {
        const edge *l = edge_between(f, chain[n], chain[n - 1]);
        base_buf_text(&b, l && l->step ? l->step : ".?");
    }
    return base_buf_take(&b);
}

/* A file that has no name. */
static int scratch_file(void) {
    const char *given = getenv("TMPDIR"), *dirs[] = {given && *given ? given : "/var/tmp", "/tmp"};
    for (unsigned i = 0; i < BASE_LENGTH(dirs); i++) {
        char name[4200];
        snprintf(name, sizeof name, "%.4100s/apodora-XXXXXX", dirs[i]);
        int fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0) return (void)unlink(name), fd;
    }
    return -1;
}

void pe__find_paths(st_txn *t, pe__wanted *w, size_t n) {
    pe__bits reached = {0};
    finder f = {.t = t, .fd = n ? scratch_file() : -1};
    if (f.fd < 0) return;
    base_buf_init(&f.prefix), base_buf_init(&f.record);
    if (pe__front_init(&f.front, &reached) && walk(&f) && collect_links(&f, w, n) && find_words(&f))
        for (size_t i = 0; i < n; i++) w[i].path = path_of(&f, w[i].id);
    for (size_t i = 0; i < f.links.n; i++) base_mem_free(f.links.at[i].step);
    VEC_RELEASE(&f.links);
    base_buf_release(&f.prefix), base_buf_release(&f.record);
    pe__front_release(&f.front);
    pe__bits_release(&reached);
    close(f.fd);
}
