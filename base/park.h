/* park.h: sleeping on a 32-bit word until someone says that it changed (a futex; elsewhere a table of condition variables). */
#ifndef BASE_PARK_H
#define BASE_PARK_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Sleeps while *word == expected. timeout_ns < 0: no limit. Returns false only when the time is over; may return true for no reason, so callers loop.
 * A wake that comes after the caller's load of `expected` is not lost: the word is compared again before sleeping. */
bool base_park_wait(_Atomic(uint32_t) *word, uint32_t expected, int64_t timeout_ns);
/* Wakes up to n sleepers (n < 0: all); change the word first. */
void base_park_wake(_Atomic(uint32_t) *word, int n);

/* Before a thread sleeps: asks done(arg) again and again for about as long as sleeping and being woken take. true: it has said so.
 * *in_vain, of the thread: how often in a row that was in vain; after some times only every sixteenth call spins, to see whether times have changed. */
bool base_park_spin(unsigned *in_vain, bool (*done)(void *arg), void *arg);

#endif
