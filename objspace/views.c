/* views.c: how many memoryviews rely on the length of an object that could be resized (bytearray, array).
 *
 * Locks: `lock` (LEAF). Counts are not versioned: a view made by an undone block ends when the collector finds it.
 * V1  A record is in the table while its owner lives and has views; it is freed with its last view.
 * V2  An owner without OB_F_VIEWED never had a view.
 */
#include "objspace/views.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"
#include "objspace/error.h"

struct ob_views { ob_views *next; uint64_t owner; uint64_t views; bool listed; };   /* owner: an address, never followed */

static base_lock lock = BASE_LOCK_INIT(LEAF, "views");
static ob_views *table[256];             /* under lock */

static ob_views **place(uint64_t owner) { return &table[base_hash_word(owner) % BASE_LENGTH(table)]; }

static ob_views *find(uint64_t owner) {
    ob_views *v = *place(owner);
    while (v && v->owner != owner) v = v->next;
    return v;
}

static void unlist(ob_views *v) {
    ob_views **p = place(v->owner);
    while (*p != v) p = &(*p)->next;
    *p = v->next;
    v->listed = false;
}

ob_views *ob_views_begin(ob_val owner) {
    ob_views *fresh = base_mem_alloc(sizeof *fresh), *v;
    if (!fresh) return ob_fail_ptr(ob_raise_memory());
    ob_flag_set(ob_ptr(owner), OB_F_VIEWED);
    base_lock_take(&lock);
    if (!(v = find(owner.w))) {
        v = fresh;
        fresh = NULL;
        *v = (ob_views){.next = *place(owner.w), .owner = owner.w, .listed = true};
        *place(owner.w) = v;
    }
    v->views++;
    base_lock_drop(&lock);
    base_mem_free(fresh);
    return v;
}

void ob_views_end(ob_views *v) {
    base_lock_take(&lock);
    bool last = --v->views == 0;
    if (last && v->listed) unlist(v);
    base_lock_drop(&lock);
    if (last) base_mem_free(v);
}

void ob_views_owner_died(ob_obj *o) {
    if (!(ob_flags(o) & OB_F_VIEWED)) return;
    base_lock_take(&lock);
    ob_views *v = find(ob_of(o).w);
    if (v) unlist(v);                                     /* its views are dying too */
    base_lock_drop(&lock);
}

bool ob_views_listed(ob_val owner) {
    if (LIKELY(!(ob_flags(ob_ptr(owner)) & OB_F_VIEWED))) return false;
    base_lock_take(&lock);
    bool any = find(owner.w) != NULL;
    base_lock_drop(&lock);
    return any;
}

bool ob_views_exist(ob_val owner) {
    if (!ob_views_listed(owner)) return false;
    ob_gc_collect();                                      /* they may be garbage already */
    return ob_views_listed(owner);
}
