/* trace.h: APO_TRACE=txn,gc writes what those parts do to stderr, one line an event with thread number and time. */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H
#include "base/check.h"
#include <stdbool.h>

#define BASE_TRACES(X)                                    \
    X(TXN, "txn", "begin, commit, conflict, wait")        \
    X(GC, "gc", "collections")                            \
    X(STORE, "store", "the durable store")                \
    X(VM, "vm", "slices, checkpoints")                    \
    X(IMPORT, "import", "modules")

typedef enum base_trace {
#define X(name, word, doc) BASE_TRACE_##name,
    BASE_TRACES(X)
#undef X
    BASE_TRACE_COUNT
} base_trace;

extern unsigned base_trace_bits; /* constant after base_trace_init */

/* Reads the environment; once, before threads exist. NULL: getenv("APO_TRACE").  false: unknown word (ignored). */
bool base_trace_init(const char *spec);
void base_trace_line(base_trace what, const char *format, ...) PRINTF(2, 3);

#define BASE_TRACE(what, ...) \
    (UNLIKELY(base_trace_bits >> BASE_TRACE_##what & 1) ? base_trace_line(BASE_TRACE_##what, __VA_ARGS__) : (void)0)

#endif
