/* repr.h: constants as repr() writes them, without the object space: for dumping and unparsing trees. */
#ifndef INTERP_FRONT_REPR_H
#define INTERP_FRONT_REPR_H
#include "base/buf.h"
#include "interp/front/ast.h"

void py_repr_str(base_buf *b, const char *s, size_t n);        /* s: UTF-8, surrogates as three bytes */
void py_repr_bytes(base_buf *b, const char *s, size_t n);
void py_repr_constant(base_buf *b, const ast_constant *c);

#endif
