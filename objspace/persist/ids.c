/* ids.c: which object in memory has which id. Objects do not move, so two hash tables do; they keep nothing alive.
 * Locks: `lock` (rank TABLE). The collector, with the world stopped, takes it too; nobody stops while holding it. (A collection of the store reads the table
 * while the world is stopped.)
 * I1  A handle is flagged TX_F_DURABLE exactly while it is in the table, or is a part. (add, drop, pe__part_add) */
#include "base/hash.h"
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/heap_cells.h"
#include "objspace/inst.h"
#include "objspace/list_tree.h"
#include "objspace/persist/bits.h"
#include "objspace/persist/persist_int.h"
#include "objspace/set_table.h"
#include "objspace/views.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct slot { ob_obj *o; uint64_t id; uint8_t flags, age, again; } slot;      /* o NULL: empty; o GONE: removed */
#define GONE ((ob_obj *)8)
typedef struct map { slot *at; size_t mask, used, fill; } map;
static map by_address, by_id;             /* holders are in by_address only */
static map parts;                         /* by address, with the owner's id; some have got ids since */
static pe__bits noted;                    /* while `watching`: every id that is or was in the table.  under lock */
static bool watching;
static base_lock lock = BASE_LOCK_INIT(TABLE, "object ids");

static size_t start_address(const map *m, const void *o) { return base_hash_pointer(o) >> 20 & m->mask; }
static size_t start_id(const map *m, uint64_t id) { return base_hash_word(id) & m->mask; }
static size_t start_of(const map *m, const slot *s) { return m == &by_id ? start_id(m, s->id) : start_address(m, s->o); }

static void put(map *m, slot s) {
    size_t i = start_of(m, &s);
    while (m->at[i].o && m->at[i].o != GONE) i = (i + 1) & m->mask;
    if (!m->at[i].o) m->fill++;
    m->at[i] = s;
    m->used++;
}

static bool make_room(map *m) {
    if (m->at && m->fill * 4 < (m->mask + 1) * 3) return true;
    size_t size = 64;
    while (size < m->used * 3 + 8) size *= 2;
    slot *old = m->at, *made = base_mem_zeroed(size * sizeof *made);
    size_t had = old ? m->mask + 1 : 0;
    if (!made) return false;
    *m = (map){made, size - 1, 0, 0};
    for (size_t i = 0; i < had; i++)
        if (old[i].o && old[i].o != GONE) put(m, old[i]);
    base_mem_free(old);
    return true;
}

static void put_id(slot s) {
    put(&by_id, s);
    if (watching) (void)pe__bits_add(&noted, s.id);
}

static slot *find_in(const map *m, const void *o) {
    if (!m->at) return NULL;
    for (size_t i = start_address(m, o); m->at[i].o; i = (i + 1) & m->mask)
        if (m->at[i].o == o) return &m->at[i];
    return NULL;
}
static slot *find_address(const void *o) { return find_in(&by_address, o); }
static slot *find_id(uint64_t id) {
    if (!by_id.at) return NULL;
    for (size_t i = start_id(&by_id, id); by_id.at[i].o; i = (i + 1) & by_id.mask)
        if (by_id.at[i].o != GONE && by_id.at[i].id == id) return &by_id.at[i];
    return NULL;
}

static void drop(map *m, slot *s) {
    s->o = GONE;
    m->used--;
}

uint64_t pe__id_of(const void *o, uint8_t *flags) {
    base_lock_take(&lock);
    slot *s = find_address(o);
    uint64_t id = s ? s->id : 0;
    if (flags) *flags = s ? s->flags : 0;
    base_lock_drop(&lock);
    return id;
}

ob_obj *pe__object_of(uint64_t id) {
    base_lock_take(&lock);
    slot *s = find_id(id);
    ob_obj *o = s ? s->o : NULL;
    base_lock_drop(&lock);
    return o;
}

bool pe__id_add(void *o, uint64_t id, uint8_t flags) {
    base_lock_take(&lock);
    bool ok = make_room(&by_address) && make_room(&by_id);
    if (ok) {
        put(&by_address, (slot){.o = o, .id = id, .flags = flags});
        if (!(flags & PE_I_HOLDER)) put_id((slot){.o = o, .id = id, .flags = flags});
    }
    base_lock_drop(&lock);
    if (ok) ob_flag_set(o, TX_F_DURABLE);
    return ok;
}

ob_obj *pe__id_claim(void *o, uint64_t id, uint8_t flags) {
    base_lock_take(&lock);
    slot *s = find_id(id);
    ob_obj *got = s ? s->o : NULL;
    if (!got && make_room(&by_address) && make_room(&by_id)) {
        got = o;
        put(&by_address, (slot){.o = o, .id = id, .flags = flags});
        put_id((slot){.o = o, .id = id, .flags = flags});
    }
    base_lock_drop(&lock);
    if (got == o) ob_flag_set(o, TX_F_DURABLE);
    return got;
}

void pe__id_flag(const void *o, uint8_t set) {
    base_lock_take(&lock);
    slot *s = find_address(o);
    if (s) s->flags |= set;
    base_lock_drop(&lock);
}
void pe__id_unflag(const void *o, uint8_t clear) {
    base_lock_take(&lock);
    slot *s = find_address(o);
    if (s) s->flags &= (uint8_t)~clear;
    base_lock_drop(&lock);
}

void pe__id_remove(const void *o) {
    base_lock_take(&lock);
    slot *s = find_address(o);
    if (s) {
        slot *t = s->flags & PE_I_HOLDER ? NULL : find_id(s->id);
        if (t) drop(&by_id, t);
        drop(&by_address, s);
        if (!find_in(&parts, o)) atomic_fetch_and_explicit(&((ob_obj *)(uintptr_t)o)->flags, ~(uint32_t)TX_F_DURABLE, memory_order_relaxed);
    }
    base_lock_drop(&lock);
}

int pe__part_add(void *o, uint64_t owner) {
    base_lock_take(&lock);
    int made = find_in(&parts, o) ? 0 : make_room(&parts) ? 1 : -1;
    if (made > 0) put(&parts, (slot){.o = o, .id = owner});
    base_lock_drop(&lock);
    if (made > 0) ob_flag_set(o, TX_F_DURABLE);
    return made;
}

uint64_t pe__part_of(const void *o) {
    base_lock_take(&lock);
    const slot *s = find_in(&parts, o);
    uint64_t owner = s ? s->id : 0;
    base_lock_drop(&lock);
    return owner;
}

/* ---- what a collection of the store asks ---- it runs beside everything, stopped worlds too */

bool pe__ids_watch(void) {
    base_lock_take(&lock);
    watching = true;
    for (size_t i = 0; by_id.at && i <= by_id.mask; i++)
        if (by_id.at[i].o && by_id.at[i].o != GONE) (void)pe__bits_add(&noted, by_id.at[i].id);
    bool ok = !noted.failed;
    base_lock_drop(&lock);
    return ok;
}

bool pe__ids_watch_copy(struct pe__bits *to) {
    base_lock_take(&lock);
    bool ok = pe__bits_copy(to, &noted);
    base_lock_drop(&lock);
    return ok;
}

bool pe__ids_watched(uint64_t id) {
    base_lock_take(&lock);
    bool yes = noted.failed || pe__bits_has(&noted, id);
    base_lock_drop(&lock);
    return yes;
}

void pe__ids_unwatch(void) {
    base_lock_take(&lock);
    watching = false;
    pe__bits_release(&noted);
    base_lock_drop(&lock);
}

size_t pe__id_count(void) { return by_id.used; }
uint64_t pe__id_limit(void) { return atomic_load_explicit(&pe__s.next_id, memory_order_relaxed); }
uint64_t pe__id_next(void) { return atomic_fetch_add_explicit(&pe__s.next_id, 1, memory_order_relaxed); }

static void forget_dead_of(map *m) {
    for (size_t i = 0; m->at && i <= m->mask; i++) {
        slot *s = &m->at[i];
        if (s->o && s->o != GONE && !ob__marked(s->o)) drop(m, s);
    }
}

/* After marking: what died is forgotten. Its record stays, and another ghost stands for it when it is met again. */
static void forget_dead(void) {
    pe__lazy_forget_dead();
    base_lock_take(&lock);
    forget_dead_of(&by_address);
    forget_dead_of(&by_id);
    forget_dead_of(&parts);
    base_lock_drop(&lock);
}

/* ---- eviction ---- a body that is on disk as it is in memory is dropped; the next read loads it again */

/* Is all that the body says in the store, and is there something to be gained?  Positions need not be the same later: where an iterator has one, the object is pinned. (ob_trace_place) */
static bool comes_back(const ob_obj *o, const void *body) {
    const ob_type *n = pe__native_base(o->type);
    if (ob_flags(o) & (OB_F_NAMESPACE | TX_F_FROZEN) || ob_views_listed(ob_of((void *)(uintptr_t)o))) return false;      /* inline caches, memoryviews look into it */
    if (o->type->flags & OB_TF_INST) return ((const ob_inst_body *)body)->shape != NULL;
    if (n->flags & OB_TF_EXC) return ob_is_null(((const ob_exc_body *)body)->traceback);
    if (n->flags & OB_TF_DICT) return ((const ob_dict_body *)body)->fill != 0;
    if (n == &ob_list_type) return ob__list_size(body) != 0;
    if (n == &ob_set_type) return ((const ob__set_table *)body)->slots || ((const ob__set_table *)body)->tree;
    return n == &ob_bytearray_type || pe__codec_of(n);
}

static bool at_rest(const tx_handle *h) {
    return (atomic_load_explicit(&((tx_handle *)(uintptr_t)h)->vw, memory_order_relaxed) & 1) && !ob__gc_pinned(h);
}

static void make_ghost(tx_handle *h) {
    bool dict = ((ob_type *)h->cls)->flags & OB_TF_DICT;
    ob_dict_body *d = tx_inline_body(h);
    uint32_t layout = dict ? d->layout + (d->used != d->fill) : 0;      /* a small one comes back without its holes */
    memset(d, 0, tx_body_size(h));
    if (dict) d->layout = layout;            /* caches compare it (decode.c: install_body) */
    atomic_store_explicit(&h->vw, TX_GHOST, memory_order_relaxed);      /* the stopped world orders it */
}

/* Of an object, how many passes ago it was loaded; less if it was needed again each time it had been let go of: reads of what is there leave no trace. */
static unsigned age_of(const slot *s) { return s->age > 3u * s->again ? s->age - 3u * s->again : 0; }

static bool may_go(const slot *s) {
    if (!s->o || s->o == GONE || s->flags & (PE_I_HOLDER | PE_I_NEW | PE_I_STAYS) || !(ob_flags(s->o) & OB_F_MUTABLE)) return false;
    const tx_handle *h = (tx_handle *)s->o, *holder = ob_flags(h) & OB_F_HOLDER ? ob_heap_holder(s->o) : NULL;
    return at_rest(h) && (!holder || at_rest(holder)) && comes_back(s->o, tx_inline_body(h));
}

static void let_go(slot *s) {
    make_ghost((tx_handle *)s->o);
    if (ob_flags(s->o) & OB_F_HOLDER) make_ghost(ob_heap_holder(s->o));
    s->flags |= PE_I_GONE;
}

/* The lowest age at which this part of all is as old, or older. */
static unsigned age_for(double part) {
    size_t count[PE_AGES] = {0}, all = 0, older = 0;
    pe__lazy_ages(count);
    for (size_t i = 0; by_address.at && i <= by_address.mask; i++)
        if (may_go(&by_address.at[i])) count[age_of(&by_address.at[i])]++;
    for (unsigned i = 0; i < PE_AGES; i++) all += count[i];
    for (unsigned i = PE_AGES; i-- > 0;)
        if ((double)(older += count[i]) >= part * (double)all) return i;
    return 0;
}

/* World stopped, marking done. */
static bool evict(double part) {
    uint64_t n = 0;
    bool queued = atomic_load_explicit(&pe__queued, memory_order_relaxed) != 0;       /* what is queued is not on disk */
    unsigned age = age_for(part);
    bool pieces = pe__lazy_evict(age);
    for (size_t i = 0; by_address.at && i <= by_address.mask; i++) {
        slot *s = &by_address.at[i];
        if (!s->o || s->o == GONE) continue;
        if (!queued && age_of(s) >= age && may_go(s)) let_go(s), n++;
        if (s->age + 1 < PE_AGES) s->age++;
    }
    atomic_fetch_add_explicit(&pe__s.evictions, n, memory_order_relaxed);
    if (pe__s.store) st_rest(pe__s.store);
    return n != 0 || pieces;
}

/* Bytes of files' pages that this process has in memory; 0: not known. */
static uint64_t mapped(void) {
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    if (fscanf(f, "%*u %*u %lu", &pages) != 1) pages = 0;
    fclose(f);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Counts a load. The file's pages that loading has touched, and those that the kernel maps beside them, may take the room that the heap leaves of the budget, and
 * MANY bytes more; then they go back. */
void pe__count_load(void) {
    enum { OFTEN = 1024, MANY = 32 << 20 };
    uint64_t n = atomic_fetch_add_explicit(&pe__s.loads, 1, memory_order_relaxed);
    if (n % OFTEN != 0) return;
    uint64_t heap = ob__gc_in_use();
    if (mapped() > MANY + (ob__gc_cache > heap ? ob__gc_cache - heap : 0)) st_rest(pe__s.store);
}

void pe__id_loaded(const void *o) {
    base_lock_take(&lock);
    slot *s = find_address(o);
    if (s) {
        s->age = 0;
        if (s->flags & PE_I_GONE && s->again < 3) s->again++;
        s->flags &= (uint8_t)~PE_I_GONE;
    }
    base_lock_drop(&lock);
}

bool pe__ids_init(void) {
    ob__stub_load = pe__lazy_load;
    ob_identity_hash = pe__identity_hash;
    ob__gc_evict = evict;
    ob_gc_add_weak_table(forget_dead);
    return true;
}

static void not_durable(const map *m) {
    for (size_t i = 0; m->at && i <= m->mask; i++) {
        ob_obj *o = m->at[i].o;
        if (o && o != GONE) atomic_fetch_and_explicit(&o->flags, ~(uint32_t)TX_F_DURABLE, memory_order_relaxed);
    }
}

void pe__ids_clear(void) {
    ob__gc_cache = 0;
    base_lock_take(&lock);
    not_durable(&by_address);
    not_durable(&parts);
    base_mem_free(by_address.at);
    base_mem_free(by_id.at);
    base_mem_free(parts.at);
    by_address = by_id = parts = (map){0};
    base_lock_drop(&lock);
}
