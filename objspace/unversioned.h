/* unversioned.h: changing what has no versions: fields of functions, properties and classes, and the class of an object.
 *
 * Such things are read on every call and written almost never, so they lie in the object itself. A change is seen by all threads at once; it is undone
 * with the block that made it, and no transaction that saw it commits before its maker has (ob_unversioned_change). */
#ifndef OBJSPACE_UNVERSIONED_H
#define OBJSPACE_UNVERSIONED_H
#include "objspace/obj.h"
#include "txn/tx.h"

/* The step that made an object, kept in its aux: what it made itself and has not published needs no undoing. (32 bits of it: one in 2^32 is taken for another.) */
static inline uint32_t ob_step_stamp(void) { return (uint32_t)(tx_me.id >> 1) ^ (uint32_t)(tx_me.id >> TX_SEQ_BITS) * 0x9e3779b1u; }
static inline void ob_born_now(void *o) { ((ob_obj *)o)->aux = ob_step_stamp(); }
static inline bool ob_is_newborn(const void *o) { return ((const ob_obj *)o)->aux == ob_step_stamp() && !(ob_flags(o) & TX_F_PUBLISHED); }

/* Before a change of o: notes how to undo it and bumps the code epoch; if others may know o, waits until no other transaction can commit.
 * false: a condition is set. */
bool ob_unversioned_change(void *o, bool shared, tx_undo_words *undo, uint64_t old, uint64_t detail) MUST_CHECK;
/* *field = x, where field lies in o, on which ob_born_now was called. */
bool ob_field_set(void *o, ob_val *field, ob_val x) MUST_CHECK;

/* A container that is made when it is first asked for: *field, which still is what it was when `made` was made (or another thread's has come first).
 * Returns the one that stays; OB_NULL: a condition is set. What is put into it is versioned. */
ob_val ob_field_fill(void *o, ob_val *field, ob_val was, ob_val made) MUST_CHECK;

#endif
