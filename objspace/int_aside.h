/* int_aside.h: arithmetic on enormous integers that Ctrl-C can stop, and that a lack of memory does not end the process of. How: int_aside.c. */
#ifndef OBJSPACE_INT_ASIDE_H
#define OBJSPACE_INT_ASIDE_H
#include "objspace/int_gmp.h"

typedef struct ob_aside_state ob_aside_state;
typedef struct ob_aside {
    __mpz_struct a, b, c;        /* copies of the operands, to be read; 0 where there is none */
    mpz_t r, r2;                 /* results */
    uint64_t k;                  /* whatever fn wants to know beside */
    int base;
    char *text; size_t length;   /* digits in or out; to be freed with the job */
    bool flag;                   /* a result */
    ob_aside_state *state;
} ob_aside;

/* Operands may be NULL. text_room: bytes at text. NULL: MemoryError. */
ob_aside *ob_aside_new(const __mpz_struct *a, const __mpz_struct *b, const __mpz_struct *c, size_t text_room);
/* Runs fn(job), which does nothing but calculate with GMP. false: it was stopped by a signal's handler that raised, or has no memory: exception; the job is gone. */
bool ob_aside_run(ob_aside *job, void (*fn)(ob_aside *)) MUST_CHECK;
void ob_aside_free(ob_aside *job);
/* r of a job that has run, which is freed. The exception of one that has not. */
ob_val ob_aside_result(ob_aside *job, void (*fn)(ob_aside *));

/* Worth it? Below, the calculation takes some milliseconds at most. limbs: of the operands together. */
enum { OB_ASIDE_LIMBS = 30000, OB_ASIDE_SLOW_LIMBS = 4000 /* conversions, gcd */ };

#endif
