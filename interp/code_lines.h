/* code_lines.h: where the instructions of a code object stand, as co_linetable, co_lnotab, co_lines() and co_positions() tell it. */
#ifndef INTERP_CODE_LINES_H
#define INTERP_CODE_LINES_H
#include "interp/code.h"

ob_val py_code_linetable(const py_code *c) MUST_CHECK;
ob_val py_code_lnotab(const py_code *c) MUST_CHECK;
ob_val py_code_lines(const py_code *c) MUST_CHECK;
ob_val py_code_positions(const py_code *c) MUST_CHECK;
/* The reverse of co_linetable; instructions that the table does not reach have no place. */
void py_code_read_linetable(const uint8_t *bytes, size_t n, int32_t firstline, py_position *out, uint32_t ncode);

#endif
