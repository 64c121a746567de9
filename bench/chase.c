/* chase.c: what one cache miss costs here: nanoseconds of a load whose address the load before it gave, at random in so many bytes.
 * Usage: chase BYTES.  For bench/run growth, which has no counters of misses. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { LINE = 64, LOADS = 2000000 };

static uint64_t below(uint64_t n) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state % n;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoull(argv[1], NULL, 0) / LINE : 0;
    char *at = n > 1 ? mmap(NULL, n * LINE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
    if (at == MAP_FAILED) return 2;
    (void)madvise(at, n * LINE, MADV_HUGEPAGE);          /* as a big heap does */
    for (size_t i = 0; i < n; i++) *(char **)(at + i * LINE) = at + i * LINE;
    for (size_t i = n - 1; i > 0; i--) {                 /* one cycle through all (Sattolo) */
        char **a = (char **)(at + i * LINE), **b = (char **)(at + below(i) * LINE), *was = *a;
        *a = *b, *b = was;
    }
    char *p = at;
    for (size_t i = 0; i < n && i < LOADS; i++) p = *(char **)p;
    double began = now();
    for (size_t i = 0; i < LOADS; i++) p = *(char **)p;
    printf("%.1f %d\n", (now() - began) / LOADS, p == NULL);
    return 0;
}
