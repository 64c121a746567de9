/* shape.h: what inst.c and class.c know of shapes beyond inst.h. */
#ifndef OBJSPACE_SHAPE_H
#define OBJSPACE_SHAPE_H
#include "objspace/inst.h"

enum { OB_SLOTS_MAX = 1024 };                                  /* __slots__ of a class with those of its bases */
/* The empty shape of t: the slots of t->base and own[0..n). Sets shape0, nslots, inst_cap. NULL with MemoryError. */
ob_shape *ob__shape_root_new(ob_type *t, const ob_val *own, size_t n) MUST_CHECK;
ob_val ob__shape_key(const ob_shape *s, uint32_t i);           /* the name of slot i */
const ob_shape *ob__shape_common(const ob_shape *a, const ob_shape *b);   /* the nearest common ancestor, both of one class */

#endif
