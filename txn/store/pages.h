/* pages.h: LMDB's file, read by ourselves. Nothing in the file is believed: every page is checked when it is first touched, and every number before it
 * is used. LMDB itself does neither, so reading goes this way, and writing vets what LMDB is going to touch.
 *
 * Layout, as LMDB 0.9 writes it (data version 1): pages 0 and 1 are meta pages, of which transaction N wrote number N % 2; all other pages are nodes of
 * B-trees, overflow runs of long values, or free.
 * A function that meets damage says what is wrong, and in which page, in its st__fault. */
#ifndef TXN_STORE_PAGES_H
#define TXN_STORE_PAGES_H
#include "txn/store/store.h"
#include "txn/store/sums.h"
#include <stdatomic.h>
#include <sys/types.h>

enum { ST_PAGE_HEAD = 16, ST_META_END = 152 /* bytes of a meta page in use */, ST_DEPTH_MAX = 32 };
#define ST_NO_PAGE UINT64_MAX

typedef struct st__tree { uint64_t root /* ST_NO_PAGE: empty */, entries; unsigned depth; bool int_keys, main; } st__tree;
typedef struct st__meta { uint64_t txn, last /* highest page in use */; st__tree free, main; uint32_t psize; } st__meta;
typedef struct st__map {
    const uint8_t *at;                       /* the whole reserved range; only the file's part of it may be touched */
    size_t reserved;
    int fd;
    uint32_t psize;
    _Atomic(uint64_t) file_pages;            /* pages that are in the file, when last looked at */
    _Atomic(uint64_t) *seen;                 /* a bit for each page that was checked */
    size_t seen_bytes;
    st__sums *sums;                          /* checksums of pages; NULL: none */
} st__map;
typedef struct st__fault { const char *why; uint64_t page; } st__fault;      /* why NULL: nothing is wrong */

typedef enum st__found { ST__FOUND, ST__ABSENT, ST__BAD } st__found;

/* Opens the file for reading. An errno; EINVAL: its beginning is no LMDB file (fault says what). */
int st__map_open(st__map *m, const char *path, size_t reserve, st__fault *fault) MUST_CHECK;
void st__map_close(st__map *m);
enum { ST__REST = 1024 /* pages read, after which that is due: the kernel maps the neighbours of each, too */ };
void st__map_rest(st__map *m);               /* memory that only mirrors the file is given back */
void st__map_forget(st__map *m);             /* pages are checked again */
/* The meta page of a transaction, or the newest (txn 0). ABSENT: another transaction has been committed meanwhile.
 * Of a transaction that is not the newest the page may be half overwritten, if somebody writes: who asks for one makes sure that nobody does (find_meta in lmdb.c). */
st__found st__map_meta(st__map *m, uint64_t txn, st__meta *out, st__fault *fault) MUST_CHECK;
/* The number of the newest transaction. Asked after reading its meta page, or a checksum of it: was it the newest all the time? */
uint64_t st__map_newest(const st__map *m);
/* A checksum of what the meta page of a transaction says. */
uint32_t st__map_meta_sum(st__map *m, uint64_t txn);
/* Do both meta pages belong together? To be asked while nobody writes. */
bool st__map_metas_agree(st__map *m, st__fault *fault) MUST_CHECK;

/* A place in a tree: pages from the root down, and where in each. */
typedef struct st__place { unsigned n; uint64_t page[ST_DEPTH_MAX]; unsigned at[ST_DEPTH_MAX]; } st__place;
typedef struct st__item { st_key key; const uint8_t *value; size_t n; unsigned flags; } st__item;    /* points into the map */

st__found st__tree_find(st__map *m, const st__meta *meta, const st__tree *t, st_key key, st__item *out, st__fault *fault) MUST_CHECK;
/* The place of the first entry at or after the key (n 0: the first entry); ABSENT: there is none, and the place is behind the last. */
st__found st__tree_seek(st__map *m, const st__meta *meta, const st__tree *t, st_key key, st__place *p, st__item *out, st__fault *fault) MUST_CHECK;
st__found st__tree_last(st__map *m, const st__meta *meta, const st__tree *t, st__place *p, st__item *out, st__fault *fault) MUST_CHECK;
st__found st__tree_step(st__map *m, const st__meta *meta, const st__tree *t, st__place *p, int by, st__item *out, st__fault *fault) MUST_CHECK;
/* The tree of a table by its name in the main tree. ABSENT: no such table. */
st__found st__tree_named(st__map *m, const st__meta *meta, const char *name, bool int_keys, st__tree *out, st__fault *fault) MUST_CHECK;
/* Checks the pages on the way to the key, and their neighbours, which a deletion may merge them with. */
bool st__tree_vet(st__map *m, const st__meta *meta, const st__tree *t, st_key key, bool neighbours, st__fault *fault) MUST_CHECK;
/* The tree in an entry of the main tree. */
bool st__tree_of_item(const st__item *i, bool int_keys, uint64_t last, st__tree *out);

/* Is an entry of the list of free pages one: a count and so many page numbers, falling? */
bool st__free_entry(const st__item *i, uint64_t last, st__fault *fault);
bool st__tree_kind(const st__item *i, bool *int_keys);                      /* false: it is no tree */

/* ---- walking pages ---- for the sums of new pages */
/* The checked page, or NULL and fault. kind: of the enum below. */
enum { ST__BRANCH = 1, ST__LEAF = 2, ST__OVERFLOW = 4 };
const uint8_t *st__page(st__map *m, const st__meta *meta, uint64_t n, unsigned kind, const st__tree *t, st__fault *fault);
unsigned st__page_keys(const uint8_t *p);
uint64_t st__page_child(const uint8_t *p, unsigned i);                       /* of a branch */
uint64_t st__page_overflow(const uint8_t *p, unsigned i, uint64_t *bytes);   /* of a leaf: first page of a long value; 0: it lies in the leaf */
uint64_t st__page_run(st__map *m, const st__meta *meta, uint64_t n);         /* how many pages a long value has from this one on; 0: damaged */
bool st__page_item(st__map *m, const st__meta *meta, const uint8_t *p, unsigned i, st__item *out, st__fault *fault);   /* of a leaf */

/* ---- changing pages of a copy ---- as a checked page is; i: which of its entries */
void st__page_set_number(uint8_t *p, uint64_t n);
void st__page_set_child(uint8_t *p, unsigned i, uint64_t child);
void st__page_set_overflow(uint8_t *p, unsigned i, uint64_t first);
void st__page_set_tree(uint8_t *p, unsigned i, uint64_t root);               /* of the main tree: where the table begins */
/* A meta page of transaction txn, with everything else as in `of`, and no free pages. */
void st__page_make_meta(const st__map *m, const st__meta *of, uint8_t *p, uint64_t txn, uint64_t root, uint64_t last);
uint32_t st__meta_sum(const uint8_t *p);                                     /* of what a meta page says */

/* ---- copy.c ---- an errno, or -1 and fault */
int st__map_copy(st__map *m, const st__meta *meta, const char *dir, const uint8_t *uuid, uint64_t used, st_progress progress, st__fault *fault) MUST_CHECK;

/* ---- verify.c ---- every page; -1: no memory */
typedef void st__damage_fn(void *arg, uint64_t page, const char *why);
int st__map_verify(st__map *m, const st__meta *meta, st__damage_fn *damage, void *arg, uint64_t *found) MUST_CHECK;

/* ---- seal.c ---- keeping the sums in step */
/* After a commit: the sums of the pages that it wrote. */
void st__seal_commit(st__map *m, const st__meta *was);
/* Opens the file of sums, and makes them those of the map's file. false: the store is not what was written last. */
bool st__seal_open(st__map *m, st__sums *sums, const char *dir, bool writing, const uint8_t *uuid, st__fault *fault) MUST_CHECK;

#endif
