/* stat.h: counters that cost one add: each thread has its own block of them, and reading sums the blocks.
 *
 *     enum { COMMITS, ABORTS, N };
 *     static base_stat_set set = BASE_STAT_SET(N);
 *     struct { base_stat_block head; base_stat cells[N]; } mine;    -- per thread
 *     base_stat_join(&set, &mine.head, mine.cells);
 *     base_stat_add(&mine.cells[COMMITS], 1);
 *
 * Counters are 64-bit and only grow. A block that leaves is folded into the set, so that nothing is forgotten. */
#ifndef BASE_STAT_H
#define BASE_STAT_H
#include "base/lock.h"
#include <stdatomic.h>
#include <stdint.h>

#define BASE_STAT_MAX 64
typedef _Atomic(uint64_t) base_stat; /* one writer, the block's thread; read by anyone; relaxed */

typedef struct base_stat_block {
    struct base_stat_block *next, *previous; /* under the set's lock */
    base_stat *cells;
} base_stat_block;

typedef struct base_stat_set {
    base_lock lock;
    unsigned n;
    base_stat_block *first;
    uint64_t left[BASE_STAT_MAX]; /* sums of blocks that have left */
} base_stat_set;
#define BASE_STAT_SET(count) {.lock = BASE_LOCK_INIT(LEAF, "stat"), .n = (count)}

void base_stat_join(base_stat_set *set, base_stat_block *block, base_stat *cells); /* cells: set->n counters, zeroed here */
void base_stat_leave(base_stat_set *set, base_stat_block *block);
void base_stat_sum(base_stat_set *set, uint64_t *out);                             /* out: set->n sums */

static inline void base_stat_add(base_stat *cell, uint64_t n) {
    atomic_store_explicit(cell, atomic_load_explicit(cell, memory_order_relaxed) + n, memory_order_relaxed);
}

#endif
