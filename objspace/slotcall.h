/* slotcall.h: the generic slot functions of Python classes, one for each slot of slots.def. */
#ifndef OBJSPACE_SLOTCALL_H
#define OBJSPACE_SLOTCALL_H
#include "objspace/type.h"

#define SLOT_BIN(NAME, dunder) ob_val ob__slot_binary_##NAME(ob_val a, ob_val b);
#define SLOT_INPLACE(NAME, dunder) ob_val ob__slot_inplace_##NAME(ob_val a, ob_val b);
#define SLOT(id, text, field, kind, op, generic, sig)
#include "objspace/slots.def"
#undef SLOT
ob_val ob__slot_binary_POW(ob_val a, ob_val b);
ob_val ob__slot_repr(ob_val self);
ob_val ob__slot_str(ob_val self);
bool ob__slot_hash(ob_val self, uint64_t *out);
ob_val ob__slot_cmp(ob_val a, ob_val b, ob_cmp_op op);
int ob__slot_truth(ob_val self);
ssize_t ob__slot_len(ob_val self);
ob_val ob__slot_getitem(ob_val self, ob_val key);
bool ob__slot_setitem(ob_val self, ob_val key, ob_val v);
int ob__slot_contains(ob_val self, ob_val x);
ob_val ob__slot_iter(ob_val self);
ob_val ob__slot_next(ob_val self);
ob_val ob__slot_call(ob_val self, const ob_val *a, size_t n, ob_val kw);
ob_val ob__slot_getattr(ob_val self, ob_val name);
bool ob__slot_setattr(ob_val self, ob_val name, ob_val v);
ob_val ob__slot_get(ob_val descr, ob_val obj, ob_val type);
bool ob__slot_set(ob_val descr, ob_val obj, ob_val v);
ob_val ob__slot_make(ob_type *type, const ob_val *a, size_t n, ob_val kw);
bool ob__slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw);
ob_val ob__slot_neg(ob_val self);
ob_val ob__slot_pos(ob_val self);
ob_val ob__slot_invert(ob_val self);
ob_val ob__slot_abs(ob_val self);
ob_val ob__slot_int(ob_val self);
ob_val ob__slot_float(ob_val self);
ob_val ob__slot_index(ob_val self);
ob_val ob__slot_await(ob_val self);
ob_val ob__slot_aiter(ob_val self);
ob_val ob__slot_anext(ob_val self);

#endif
