/* trace.c: trace lines to stderr.  Locks: none; a line is one write. */
#include "base/trace.h"
#include "base/mono.h"
#include "base/thread.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned base_trace_bits;

static const char *const words[BASE_TRACE_COUNT] = {
#define X(name, word, doc) word,
    BASE_TRACES(X)
#undef X
};

bool base_trace_init(const char *spec) {
    bool ok = true;
    if (spec == NULL) spec = getenv("APO_TRACE");
    base_trace_bits = 0;
    while (spec && *spec) {
        size_t n = strcspn(spec, ",");
        bool known = n == 0;
        for (unsigned i = 0; i < BASE_TRACE_COUNT; i++)
            if (strlen(words[i]) == n && strncmp(words[i], spec, n) == 0) base_trace_bits |= 1u << i, known = true;
        ok = ok && known;
        spec += n + (spec[n] == ',');
    }
    return ok;
}

void base_trace_line(base_trace what, const char *format, ...) {
    char line[512];
    int64_t now = base_mono_ns();
    va_list args;
    int n = snprintf(line, sizeof line, "[%lld.%06lld %u %s] ", (long long)(now / 1000000000), (long long)(now % 1000000000 / 1000),
                     base_thread_number(), words[what]);
    va_start(args, format);
    n += vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    if (n > (int)sizeof line - 2) n = (int)sizeof line - 2;
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)n) < 0) return; /* tracing has nowhere to complain */
}
