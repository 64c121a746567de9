/* vec.c: growth of typed vectors.  Locks: none. */
#include "base/vec.h"

bool base__vec_reserve(void **at, size_t *room, size_t n, size_t more, size_t size) {
    size_t want, bytes, grown;
    void *p;
    if (__builtin_add_overflow(n, more, &want)) return false;
    if (want <= *room) return true;
    grown = *room < 8 ? 8 : *room + *room / 2;
    if (grown < want) grown = want;
    if (!base_mem_size(grown, size, 0, &bytes) || (p = base_mem_resize(*at, bytes)) == NULL) return false;
    *at = p;
    *room = grown;
    return true;
}
