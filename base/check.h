/* check.h: compiler hints and assertions that every layer may use. */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H
#include <assert.h>
#include <stddef.h>

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define MUST_CHECK  __attribute__((warn_unused_result))
#define NOINLINE    __attribute__((noinline))
#define COLD        __attribute__((noinline, cold))
#define NORETURN    __attribute__((noreturn))
/* A thread-local of the hot path: one instruction away in a program; code that may become a shared library must load its offset first. */
#if defined(__PIC__) && !defined(__PIE__)
#define HOT_TLS     __attribute__((tls_model("initial-exec")))
#else
#define HOT_TLS     __attribute__((tls_model("local-exec")))
#endif
#define UNUSED      __attribute__((unused))
#define FALLTHROUGH __attribute__((fallthrough))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define BASE_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* An assertion of --enable-debug builds; nothing in others (the expression is not evaluated). */
#ifdef APO_DEBUG
#define DEBUG_ASSERT(x) assert(x)
#else
#define DEBUG_ASSERT(x) ((void)sizeof(x))
#endif

#endif
