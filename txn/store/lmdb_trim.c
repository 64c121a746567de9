/* lmdb_trim.c: gives the disk back what free pages hold. LMDB's file never becomes shorter: a burst of changes, a great deletion or a long reader leaves it full of free
 * pages. They become holes of the file, which LMDB fills again by writing to them.
 *
 * Locks: the store's lock and LMDB's, through write transactions that are given up: one for each piece of the work, so that a commit waits for some milliseconds.
 * T1  Holes are made of what the next write transaction might overwrite, and of nothing else: pages that were freed by transactions before the newest and before every reader's
 *     snapshot. So the trees of both meta pages are whole whenever the power fails, whichever of the two is the one that counts then. No order of syncs is needed.
 * T2  It is best effort: on a file system that knows no holes nothing happens, and what fails is left as it is. */
#include "txn/store/lmdb_int.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PIECE = 1024 /* calls under the lock */ };

typedef struct trim {
    st__lmdb *m;
    uint64_t wanted, done;               /* pages */
    uint64_t key, index;                 /* go on below this entry of the list of free pages, or in it behind so many pages */
    unsigned calls;
    bool over;
} trim;

static int older(const char *text, void *arg) {
    uint64_t *oldest = arg, txn;
    long pid;
    char thread[40];
    if (sscanf(text, "%ld %39s %" SCNu64, &pid, thread, &txn) == 3 && txn < *oldest) *oldest = txn;
    return 0;
}

/* A run of pages, numbered downwards in the list. */
static bool make_hole(trim *t, uint64_t last, uint64_t n) {
    int fd;
    uint32_t size = t->m->map.psize;
    t->calls++;
    t->done += n;
    return mdb_env_get_fd(t->m->env, &fd) == 0 && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)((last - n + 1) * size), (off_t)(n * size)) == 0;
}

/* The pages of one entry of the list, which was vetted: page numbers, falling. false: no more. */
static bool trim_entry(trim *t, const uint8_t *value, uint64_t n) {
    while (t->index < n && t->calls < PIECE && t->done < t->wanted) {
        uint64_t first = st_load64(value + 8 * ++t->index), run = 1;
        while (t->index < n && st_load64(value + 8 * (t->index + 1)) == first - run) run++, t->index++;
        if (!make_hole(t, first, run)) return false;
    }
    return t->done < t->wanted;
}

/* From the newest entries to the oldest, as LMDB uses the oldest first. */
static int trim_piece(trim *t) {
    st__meta meta;
    st__place p;
    st__item i;
    st__fault f;
    uint64_t oldest, key;
    t->over = true;
    t->calls = 0;
    if (st__map_meta(&t->m->map, 0, &meta, &f) != ST__FOUND) return 0;
    oldest = meta.txn;
    if (mdb_reader_list(t->m->env, older, &oldest) < 0) return 0;
    if (t->key >= oldest) t->key = oldest - 1, t->index = 0;                    /* T1 */
    st__found found = st__tree_seek(&t->m->map, &meta, &meta.free, st_key_int(&t->key), &p, &i, &f);
    if (found == ST__ABSENT) found = st__tree_last(&t->m->map, &meta, &meta.free, &p, &i, &f);
    for (; found == ST__FOUND; found = st__tree_step(&t->m->map, &meta, &meta.free, &p, -1, &i, &f)) {
        memcpy(&key, i.key.at, sizeof key);
        if (key > t->key) continue;
        if (key < t->key) t->key = key, t->index = 0;
        if (t->calls >= PIECE) return t->over = false, 0;
        if (!st__free_entry(&i, meta.last, &f) || !trim_entry(t, i.value, st_load64(i.value))) return 0;
    }
    return 0;
}

void st__lmdb_trim(st_store *s, unsigned percent, uint64_t least) {
    trim t = {.m = (st__lmdb *)s, .key = UINT64_MAX};
    st_stats now;
    st_txn *w;
    if (st_stat(s, &now) != ST_OK) return;
    uint64_t spare = now.used_bytes / 100 * percent + least;
    if (now.disk_bytes > now.used_bytes + spare) t.wanted = (now.disk_bytes - now.used_bytes - spare) / t.m->map.psize;
    t.over = t.wanted == 0;
    while (!t.over && st_write_begin(s, &w) == ST_OK) {
        (void)GUARDED(trim_piece(&t));
        st_end(w);
    }
}
