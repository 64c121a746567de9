/* gen_int.h: what the files of generators share. */
#ifndef INTERP_RUN_GEN_INT_H
#define INTERP_RUN_GEN_INT_H
#include "interp/run/frame.h"

/* ---- gen_types.c: what Python sees of each of the three types; p: the prefix of attributes' names ---- */
ob_val py_gen_repr(ob_val g);
ob_val py_gen_get_name(ob_val g);
ob_val py_gen_get_qualname(ob_val g);
bool py_gen_set_name(ob_val g, ob_val v);
bool py_gen_set_qualname(ob_val g, ob_val v);
ob_val py_gen_get_frame(ob_val g);
ob_val py_gen_get_suspended(ob_val g);
ob_val py_gen_get_code(ob_val g);
ob_val py_gen_get_delegate(ob_val g);
#define PY_GEN_GETSETS(p, noun) {"__name__", py_gen_get_name, py_gen_set_name, "the name of the " noun}, \
    {"__qualname__", py_gen_get_qualname, py_gen_set_qualname, "the qualified name of the " noun}, \
    {p "_frame", py_gen_get_frame, NULL, NULL}, {p "_suspended", py_gen_get_suspended, NULL, NULL}, {p "_code", py_gen_get_code, NULL, NULL}

/* ---- gen_final.c ---- */
bool py_gen_watch(ob_val gen) MUST_CHECK;     /* gen will be finalized when it is unreachable */
void py_gen_finalize(ob_val gen);             /* type->finalize of the three */
ob_val py_gen_origin(py_thread *T);           /* cr_origin of a coroutine that T makes now; OB_NULL: not wanted, or failed */

#endif
