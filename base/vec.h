/* vec.h: typed growable vectors.
 *
 *     VEC(int) v = {0};
 *     if (!VEC_PUSH(&v, 3)) goto no_memory;
 *     for (size_t i = 0; i < v.n; i++) use(v.at[i]);
 *     VEC_RELEASE(&v);
 *
 * A pointer to an element is valid until the next push. */
#ifndef BASE_VEC_H
#define BASE_VEC_H
#include "base/mem.h"

#define VEC(T) struct { T *at; size_t n, room; }

/* Makes room for `more` further elements. false: out of memory, the vector is as it was. */
#define VEC_RESERVE(v, more) base__vec_reserve((void **)&(v)->at, &(v)->room, (v)->n, (more), sizeof *(v)->at)
/* Appends; false: out of memory (the value is then not evaluated). */
#define VEC_PUSH(v, ...) ((LIKELY((v)->n < (v)->room) || VEC_RESERVE(v, 1)) && ((v)->at[(v)->n++] = (__VA_ARGS__), 1))
#define VEC_POP(v) ((v)->at[--(v)->n])
#define VEC_LAST(v) ((v)->at[(v)->n - 1])
#define VEC_CLEAR(v) ((v)->n = 0)
#define VEC_RELEASE(v) (base_mem_free((v)->at), (v)->at = NULL, (v)->n = (v)->room = 0)

bool base__vec_reserve(void **at, size_t *room, size_t n, size_t more, size_t size) MUST_CHECK;

#endif
