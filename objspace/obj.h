/* obj.h: object headers, flags, and access to mutable bodies.
 *
 * Immutable objects (int, float, str, bytes, tuple, frozenset, code, range, slice, functions' code …) begin with ob_obj: 16 bytes.
 * Mutable objects begin with a tx_handle (24 bytes, the same first two words) followed by their inline body; the body
 * is reached through ob_read / ob_write only.
 */
#ifndef OBJSPACE_OBJ_H
#define OBJSPACE_OBJ_H
#include "objspace/val.h"
#include "txn/handle.h"
#include <stddef.h>

typedef struct ob_type ob_type;

struct ob_obj {
    ob_type *type;               /* use ob_type_of(); constant but for stop-the-world `__class__` assignment */
    _Atomic(uint32_t) flags;     /* TX_F_* and OB_F_*.  relaxed */
    uint32_t aux;                /* per type (str: kind; inst: inline capacity; int: sign …), constant after creation */
};
_Static_assert(offsetof(struct ob_obj, aux) == offsetof(struct tx_handle, aux), "ob_obj is a prefix of tx_handle");

enum {                           /* bits 0..7 are txn's */
    OB_F_STATIC    = 1 << 8,     /* not in the collected heap */
    OB_F_MUTABLE   = 1 << 9,     /* has a version word */
    OB_F_HOLDER    = 1 << 10,    /* instance of a class that extends a native type: has an attribute holder (inst.h) */
    OB_F_NAMESPACE = 1 << 11,    /* dict used as globals or class dict: changes of quasi-constants bump the code epoch */
    OB_F_WEAKREFS  = 1 << 12,    /* is in the weakref table */
    OB_F_FINALIZER = 1 << 13,    /* has __del__ that has not run yet */
    OB_F_INTERNED  = 1 << 14,    /* str in the intern table: equal interned strings are the same object */
    OB_F_ASCII     = 1 << 15,    /* str: all characters < 128 */
    OB_F_HASHED    = 1 << 16,    /* tuple/frozenset/bytes: hash is cached */
    OB_F_TRACED    = 1 << 19,    /* code: kept for the trace of conflicts (interp/run/trace.c) */
    OB_F_BIG       = 1 << 19,    /* dict, list, set: has been a tree of pages (dict_tree.h); a hint that stays */
    OB_F_ASKED     = 1 << 20,    /* its default hash, the address, has been given out: it must be kept if it persists */
    OB_F_RELIED    = 1 << 21,    /* str: some inline cache relies on the value of a global of this name (dict.c, namespaces) */
    OB_F_VARIES    = 1 << 22,    /* str: a global of this name has been overwritten */
    OB_F_SETTLED   = 1 << 23,    /* str: and a commit has said so to all who relied */
    OB_F_VIEWED    = 1 << 17,    /* had a memoryview (views.h); of a memoryview: it is counted */
};

extern ob_obj ob_none_object, ob_true_object, ob_false_object, ob_not_implemented_object, ob_ellipsis_object;
static inline ob_val ob_bool(bool b) { return b ? OB_TRUE : OB_FALSE; }
static inline bool ob_is_none(ob_val v) { return ob_same(v, OB_NONE); }

extern ob_type ob_int_type, ob_float_type;
static inline ob_type *ob_type_of(ob_val v) {
    if (LIKELY(ob_is_ptr(v))) return ob_ptr(v)->type;
    return ob_is_small(v) ? &ob_int_type : &ob_float_type;
}
static inline bool ob_is_exact(ob_val v, const ob_type *t) { return ob_type_of(v) == t; }
static inline uint32_t ob_flags(const void *o) { return atomic_load_explicit(&((ob_obj *)(uintptr_t)o)->flags, memory_order_relaxed); }
static inline bool ob_flag_take(void *o, uint32_t f) { return (atomic_fetch_and_explicit(&((ob_obj *)o)->flags, ~f, memory_order_relaxed) & f) != 0; }   /* clears; was it set? */
static inline void ob_flag_set(void *o, uint32_t f) { atomic_fetch_or_explicit(&((ob_obj *)o)->flags, f, memory_order_relaxed); }
static inline tx_handle *ob_handle(ob_val v) { return (tx_handle *)(uintptr_t)v.w; }

/* The visible body of a mutable object. Never fails. Only what mask names may be looked at. */
static inline const void *ob_read_mask(ob_val v, uint64_t mask) { return tx_read(ob_handle(v), mask); }
#define ob_read_part(v, mask) TX_READ(ob_handle(v), mask) /* the same, with the mask worked out only where it is asked for */
static inline const void *ob_read(ob_val v) { return tx_read(ob_handle(v), TX_ALL); }
/* The body to change in place; NULL with an exception set (MemoryError, FrozenError). ob_write: all of it may be looked at, too. */
void *ob_write_failed(ob_val v);     /* raises what tx_fail_reason() says; returns NULL */
static inline MUST_CHECK void *ob_write_mask(ob_val v, uint64_t mask) {
    void *b = tx_write(ob_handle(v), mask);
    return LIKELY(b != NULL) ? b : ob_write_failed(v);
}
static inline MUST_CHECK void *ob_write(ob_val v) {
    void *b = tx_write_seen(ob_handle(v));
    return LIKELY(b != NULL) ? b : ob_write_failed(v);
}
/* Has this transaction noted so many changes that copying a body of `size` elements, for undoing, adds little? */
enum { OB_NOTE_COSTS = 16, OB_COPY_SMALL = 64 };     /* elements copied in the time of one note; what is copied anyway: later writes cost nothing then */
static inline bool ob_copy_pays(size_t size) { return tx_undo_count() > size / OB_NOTE_COSTS; }
/* ob_write_mask for one change, which undo reverses (tx_write_op), of a body of `size` elements: copied for undoing when that pays.
 * Call it where tx_mine gives nothing.  size 0: copied. */
void *ob_write_op(ob_val v, uint64_t mask, size_t size, tx_undo *undo, uint64_t a, uint64_t b) MUST_CHECK;
/* What a write to an object raises that a read-only block refuses; hook gives NULL for FrozenError. */
void ob_set_foreign_write_hook(ob_type *(*hook)(void));
/* ob_write for streams: a read-only block may print. */
static inline MUST_CHECK void *ob_write_stream(ob_val v) {
    void *b = tx_write_local(ob_handle(v), TX_ALL);
    return LIKELY(b != NULL) ? b : ob_write_failed(v);
}

#endif
