/* ast_convert.h: syntax trees as Python objects (module _ast), and back. */
#ifndef INTERP_MOD_AST_CONVERT_H
#define INTERP_MOD_AST_CONVERT_H
#include "interp/front/front.h"
#include "objspace/call.h"

bool py_ast_is_node(ob_val v);                   /* an instance of _ast.AST; false also while nobody has imported _ast */
/* The tree of a text: what compile(…, PyCF_ONLY_AST) returns. flags: PY_PARSE_*. */
ob_val py_ast_of_source(const char *src, size_t len, ob_val filename, py_parse_mode mode, unsigned flags) MUST_CHECK;
/* Compiles a tree of objects. flags and optimize as of py_compile_source. */
ob_val py_ast_compile(ob_val tree, ob_val filename, py_parse_mode mode, uint32_t flags, int optimize) MUST_CHECK;

#endif
