/* stress.h: APO_STRESS=gc,yield,conflict,store,oom:N shakes any program so that rare paths run often. */
#ifndef BASE_STRESS_H
#define BASE_STRESS_H
#include <stdbool.h>
#include <stdint.h>

#define BASE_STRESS_TABLE(X)                                          \
    X(GC, "gc", "gc:N collects at every N-th allocation (100)")           \
    X(YIELD, "yield", "end slices and give way at every safepoint")   \
    X(CONFLICT, "conflict", "pretend that one commit in four loses")  \
    X(GATE, "gate", "threads go through the gate (txn/gate.c) one after the other, whether they lose or not") \
    X(STORE, "store", "collect the store all the time")               \
    X(OOM, "oom", "oom:N fails one allocation in N")

typedef enum base_stress {
#define X(name, word, doc) BASE_STRESS_##name,
    BASE_STRESS_TABLE(X)
#undef X
    BASE_STRESS_COUNT
} base_stress;

extern unsigned base_stress_bits;       /* bit per base_stress; constant after base_stress_init */
extern uint64_t base_stress_oom_every;  /* N of oom:N */
extern uint64_t base_stress_gc_every;   /* N of gc:N */

/* Reads the environment; called once by main before threads exist. NULL: getenv("APO_STRESS").  false: unknown word (ignored). */
bool base_stress_init(const char *spec);

static inline bool base_stressed(base_stress what) { return __builtin_expect(base_stress_bits >> what & 1, 0); }

/* True once in `one_in` calls, at random, when `what` is set. */
bool base_stress_strikes(base_stress what, unsigned one_in);

#endif
