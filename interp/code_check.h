/* code_check.h: looks whether instructions and tables of a code object can be run at all.
 *
 * Checked: operands name registers, constants and caches that there are; constants are of the kind that an instruction needs; jumps and
 * handlers lead to first words of instructions; call areas and register ranges lie within the frame; the end is not run into.
 * Not checked: that values have the types which the compiler would give them (the VM checks those).  */
#ifndef INTERP_CODE_CHECK_H
#define INTERP_CODE_CHECK_H
#include "interp/code.h"

extern const char py_check_no_memory[];              /* the answer when the check itself ran out of memory */
/* NULL: good. Otherwise what is wrong (static text, or in a buffer of this thread). */
const char *py_code_check(const py_code *c) MUST_CHECK;

/* code_flow.c: are all registers written before they are read?  Slow; for tests. The code must have passed py_code_check. */
const char *py_code_check_flow(const py_code *c) MUST_CHECK;

/* py_code_check for code that is not an object yet. kind_of(arg, i): what constant i is. */
typedef enum py_check_kind { PY_CHECK_OTHER, PY_CHECK_STR, PY_CHECK_NAMES /* tuple of str */, PY_CHECK_CODE } py_check_kind;
typedef struct py_check_view {
    const py_instr *code;
    const py_handler *handlers;
    uint32_t ncode, nhandlers, nregs, nfixed, nconsts, ncaches;
    py_check_kind (*kind_of)(const void *arg, uint32_t i, uint32_t *names);
    const void *arg;
} py_check_view;
const char *py_check(const py_check_view *v) MUST_CHECK;

#endif
