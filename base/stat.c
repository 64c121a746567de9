/* stat.c: sums of per-thread counters.  Locks: the set's lock (rank LEAF). */
#include "base/stat.h"
#include <string.h>

void base_stat_join(base_stat_set *set, base_stat_block *block, base_stat *cells) {
    DEBUG_ASSERT(set->n <= BASE_STAT_MAX);
    block->cells = cells;
    for (unsigned i = 0; i < set->n; i++) atomic_store_explicit(&cells[i], 0, memory_order_relaxed);
    base_lock_take(&set->lock);
    block->previous = NULL;
    block->next = set->first;
    if (set->first) set->first->previous = block;
    set->first = block;
    base_lock_drop(&set->lock);
}

void base_stat_leave(base_stat_set *set, base_stat_block *block) {
    base_lock_take(&set->lock);
    for (unsigned i = 0; i < set->n; i++) set->left[i] += atomic_load_explicit(&block->cells[i], memory_order_relaxed);
    if (block->previous) block->previous->next = block->next;
    else set->first = block->next;
    if (block->next) block->next->previous = block->previous;
    base_lock_drop(&set->lock);
}

void base_stat_sum(base_stat_set *set, uint64_t *out) {
    base_lock_take(&set->lock);
    memcpy(out, set->left, set->n * sizeof *out);
    for (base_stat_block *b = set->first; b; b = b->next)
        for (unsigned i = 0; i < set->n; i++) out[i] += atomic_load_explicit(&b->cells[i], memory_order_relaxed);
    base_lock_drop(&set->lock);
}
