/* unversioned.c: changing what has no versions.
 * Locks: none of its own; where other threads run, the changing transaction holds the irrevocable turn.
 * U1  A new value is published before it is stored.                                   (ob_field_set)
 * U2  Who read a value that is taken back again does not commit: the epoch has moved. (txn/nest.c) */
#include "objspace/unversioned.h"
#include "objspace/call.h"
#include "objspace/contain.h"
#include "objspace/type_make.h"

bool ob_unversioned_change(void *o, bool shared, tx_undo_words *undo, uint64_t old, uint64_t detail) {
    if (shared && !tx_is_sole() && !ob_external()) return false;
    if (!tx_undo_note(undo, ob_of(o).w, old, detail)) return ob_write_failed(ob_of(o));
    tx_epoch_bump();
    return true;
}

static void put_back(uint64_t object, uint64_t old, uint64_t offset) { *(ob_val *)(void *)((char *)(uintptr_t)object + offset) = (ob_val){old}; }

bool ob_field_set(void *o, ob_val *field, ob_val x) {
    if (field->w == x.w) return true;
    if (!ob_is_newborn(o) &&
        (!ob__publish(x) || !ob_unversioned_change(o, true, put_back, field->w, (uint64_t)((char *)field - (char *)o)))) return false;
    *field = x;
    return true;
}

/* Where others run, they see the container as it is now, and it stays: only its contents are undone. Alone, what this step has made cannot be put back
 * to what it was, so the field is. */
ob_val ob_field_fill(void *o, ob_val *field, ob_val was, ob_val made) {
    _Atomic(uint64_t) *place = (_Atomic(uint64_t) *)(void *)field;
    if (!tx_is_sole() && !ob__publish(made)) return OB_NULL;
    if (tx_is_sole() && !ob_is_newborn(o) && !tx_undo_note(put_back, ob_of(o).w, was.w, (uint64_t)((char *)field - (char *)o))) return ob_write_failed(ob_of(o)), OB_NULL;
    uint64_t found = atomic_load_explicit(place, memory_order_acquire);      /* MO: FILL acquire */
    if (found != was.w) return (ob_val){found};
    if (atomic_compare_exchange_strong_explicit(place, &found, made.w, memory_order_acq_rel, memory_order_acquire)) return made;   /* MO: FILL release */
    return (ob_val){found};
}
