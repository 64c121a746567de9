/* ahead.c: the objects that an iteration over a big list or dict is about to look at, read together.
 * Locks: none; what a thread walks over is its own.
 * H1  Only objects of a page that has come right behind the one before are read, and only if the first of that one had been looked at: who goes over keys, or counts, reads none.
 *     The first of a page is never read ahead, so that it tells again. (pe__ahead)
 * H2  Nothing is raised, and nothing of the program's runs: what would need that is left to who asks for the object. (worth_it, pe__load_early) */
#include "objspace/persist/persist_int.h"
#include "objspace/type.h"
#include <stdlib.h>

typedef struct wanted { uint64_t id; ob_obj *o; } wanted;
static _Thread_local struct { uint64_t owner, next, first; } walk;       /* container; where its next page begins; id of the first object of the last */

static bool is_ghost(ob_obj *o) { return atomic_load_explicit(&((tx_handle *)o)->vw, memory_order_relaxed) == TX_GHOST; }

static bool worth_it(ob_val v) {
    if (!ob_is_ptr(v) || !v.w) return false;
    ob_obj *o = ob_ptr(v);
    return o->type->flags & OB_TF_INST && !(o->type->flags & OB_TF_INVARIANT) && is_ghost(o);
}

static size_t find_wanted(const ob__stub *s, const void *page, wanted to[PE_CHUNK]) {
    size_t n = 0, room = s->kind == PE_K_PAGE ? PE_PAGE : PE_CHUNK;
    for (size_t i = 0; i < room; i++) {
        ob_val v = s->kind == PE_K_PAGE ? ((const ob_dict_entry *)page)[i].value : ((const ob_val *)page)[i];
        if (worth_it(v) && (to[n].id = pe__id_of(ob_ptr(v), NULL)) != 0) to[n++].o = ob_ptr(v);
    }
    return n;
}

static int by_id(const void *a, const void *b) {
    uint64_t x = ((const wanted *)a)->id, y = ((const wanted *)b)->id;
    return x < y ? -1 : x > y;
}

static void read_all(wanted *w, size_t n) {
    ob_pending had = ob_err;
    st_txn *t;
    qsort(w, n, sizeof *w, by_id);
    if (pe__read_begin(&t)) return;
    ob_err = (ob_pending){OB_COND_NONE, OB_NULL};
    ob_paging++;
    for (size_t i = 0; i < n && pe__load_early(t, w[i].o, w[i].id); i++) {}
    ob_paging--;
    pe__read_end(t);
    ob_err = had;
}

void pe__ahead(const ob__stub *s, const void *page) {
    wanted w[PE_CHUNK];
    if (s->kind == PE_K_ELEMENTS) return;
    ob_obj *first = walk.owner == s->owner && walk.next == s->from && walk.first ? pe__object_of(walk.first) : NULL;
    size_t n = find_wanted(s, page, w);
    walk.owner = s->owner;
    walk.next = s->from + (s->kind == PE_K_PAGE ? PE_PAGE : PE_CHUNK);
    walk.first = n ? w[0].id : 0;
    if (first && !is_ghost(first) && n > 1) read_all(w + 1, n - 1);
}
