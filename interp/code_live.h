/* code_live.h: what instructions do to registers, and which temporary registers are still needed at a place of the code. */
#ifndef INTERP_CODE_LIVE_H
#define INTERP_CODE_LIVE_H
#include "interp/code.h"

/* ---- code_effects.c ---- */
typedef struct py_range { uint32_t r, n; } py_range;
typedef struct py_effects {
    py_range read[4], write[3];  /* read before written.  Of FOR_ITER: not its target, which is written only where it goes on */
    uint32_t nreads, nwrites;
    uint32_t lost;               /* registers from here on hold nothing afterwards; UINT32_MAX none */
    bool clears;                 /* what was read is emptied */
    bool early;                  /* writes before it may call Python code for the last time */
} py_effects;
void py_effects_of(const py_code *c, uint32_t pc, py_effects *out);
bool py_falls_through(py_op op);

/* ---- code_live.c ---- */
/* Which temporaries are read later if execution goes on at instruction pc. Made when first asked for, kept with the code object. */
typedef struct py_live { uint32_t first, words; uint64_t at[]; } py_live;
const py_live *py_code_live(py_code *c);             /* NULL: no memory, no exception */
/* The same, of variables as well.  NULL: no memory, no exception; the caller frees it. */
py_live *py_code_live_all(const py_code *c);
void py_live_free(py_live *l);
static inline bool py_live_has(const py_live *l, uint32_t pc, uint32_t r) {
    uint32_t bit = r - l->first;
    return l->at[(size_t)pc * l->words + (bit >> 6)] >> (bit & 63) & 1;
}

#endif
