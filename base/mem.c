/* mem.c: malloc with failure injection.  Locks: none; the countdown is per thread. */
#include "base/mem.h"
#include "base/stress.h"
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature                     /* clang's word for what gcc defines */
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
/* The leak checker does not look into the heap of objects, so whatever only objects refer to would be a leak to it. */
const char *__asan_default_options(void);
__attribute__((visibility("default"), used)) const char *__asan_default_options(void) { return "detect_leaks=0"; }
#endif

static _Thread_local uint64_t countdown;

void base_mem_fail_after(uint64_t n) { countdown = n; }

bool base_mem_should_fail(void) {
    if (UNLIKELY(countdown != 0) && --countdown == 0) return true;
    return base_stressed(BASE_STRESS_OOM) && base_stress_strikes(BASE_STRESS_OOM, (unsigned)base_stress_oom_every);
}

void *base_mem_alloc(size_t bytes) { return base_mem_should_fail() ? NULL : malloc(bytes ? bytes : 1); }

void *base_mem_zeroed(size_t bytes) { return base_mem_should_fail() ? NULL : calloc(1, bytes ? bytes : 1); }

void *base_mem_aligned(size_t bytes, size_t alignment) {
    void *p = NULL;
    if (base_mem_should_fail() || posix_memalign(&p, alignment, bytes ? bytes : 1) != 0) return NULL;
    return memset(p, 0, bytes);
}

void *base_mem_resize(void *p, size_t bytes) { return base_mem_should_fail() ? NULL : realloc(p, bytes ? bytes : 1); }

void base_mem_free(void *p) { free(p); }

char *base_mem_text_n(const char *s, size_t n) {
    char *copy = n == SIZE_MAX ? NULL : base_mem_alloc(n + 1);
    if (copy == NULL) return NULL;
    memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

char *base_mem_text(const char *s) { return base_mem_text_n(s, strlen(s)); }
