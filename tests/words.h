/* words.h: objects for testing txn without Python: arrays of words, a counter whose additions commute, and links to other objects.
 * A word that is a multiple of 8 between 2^24 and 2^47 is taken for an object. */
#ifndef TESTS_WORDS_H
#define TESTS_WORDS_H
#include "txn/debug.h"
#include "txn/tx.h"
#include <stdint.h>

typedef struct words { tx_handle h; uint64_t w[]; } words;          /* h.aux: how many; slot i is bit i */

words *words_new(unsigned n);                                       /* zeroed, born in the running step; never freed before words_free_all */
words *counter_new(void);                                           /* one word; concurrent additions are merged */
words *listed_new(void);                                            /* body owns a malloc'ed array: tests copy and drop */
words *owner_new(void);                                             /* plain words, one of which may be the address of an array it owns */
bool owner_set(words *o, uint64_t value, bool own);                 /* with or without an array */
uint64_t owner_get(words *o);
void words_fold(words *o);                                          /* as the collector does, if nobody stands before its newest version */
void words_free_all(void);                                          /* of all threads, with their versions; no thread may use them any more */
int words_end(int failed);                                          /* what main gives back: sessions_close, words_free_all, no array lost */
void words_setup(void);                                             /* tx_init, object model */

uint64_t words_get(words *o, unsigned i);                           /* tx_read of slot i */
void words_set(words *o, unsigned i, uint64_t value);               /* tx_write of slot i; dies when out of memory */
void words_add(words *o, unsigned i, uint64_t n);                   /* get and set */
void counter_add(words *o, uint64_t n);                             /* a blind addition */
uint64_t counter_get(words *o);

typedef struct listed_body { uint64_t n, *at; } listed_body;
bool listed_push(words *o, uint64_t value);
void listed_push_noted(words *o, uint64_t value);                   /* by tx_write_op: undone without a copy */
uint64_t listed_sum(words *o);
extern _Atomic(int64_t) listed_arrays;                              /* living arrays of listed bodies */

/* Sessions: several transactions taken turns with by one thread of the system. Multi mode always (call before anything enters). */
void as(unsigned session);                                          /* 0..15: the thread goes on as this one; entered at its first use */
void sessions_close(void);                                          /* aborts what runs, leaves all */

void words_block(void);                                             /* tx_begin of a plain serializable block */

#endif
