/* generic.h: list[int], X | Y, and types.SimpleNamespace. */
#ifndef OBJSPACE_GENERIC_H
#define OBJSPACE_GENERIC_H
#include "objspace/call.h"

typedef struct ob_generic_alias { ob_obj o; ob_val origin, args, params /* OB_NULL: not yet computed */; bool starred; } ob_generic_alias;
typedef struct ob_union { ob_obj o; ob_val args, params; } ob_union;
extern ob_type ob_generic_alias_type, ob_union_type, ob_namespace_type;
ob_val ob_generic_alias_new(ob_val origin, ob_val args /* tuple, or the one argument */);
/* As a class method `__class_getitem__` of native types: {"__class_getitem__", ob_class_getitem, "item, /", NULL, OB_DEF_CLASS}. */
ob_val ob_class_getitem(ob_val type, const ob_val *a, size_t n, ob_val kw);
ob_val ob_union_of(ob_val a, ob_val b);                  /* a | b of types; NotImplemented when one is none */
ob_val ob_namespace_new(void);                           /* SimpleNamespace(); set its attributes with ob_setattr */

#endif
