/* unwritten.c: what __upgrade__ has made of an object is in memory alone until the object changes. The objects in it have no ids: they are *parts* of the
 * object (ids.c), and a change of one of them is a change of the object, which writes both (encode.c: put_change).
 * Locks: none.
 * N1  Parts are shared with other threads, and stay when the transaction is undone, like all that is loaded. (share) */
#include "base/vec.h"
#include "objspace/kind.h"
#include "objspace/persist/persist_int.h"
#include "objspace/type_make.h"

typedef struct walk { uint64_t owner; VEC(ob_obj *) work; bool failed; } walk;

/* As it is now it has been loaded, for all and whatever becomes of this transaction: the next write of it is a change. */
static void share(tx_handle *h) {
    ob_flag_set(h, TX_F_HANDED);
    if (tx_is_private(h)) tx_handle_init_shared(h);
}

/* Objects without an id become parts; tuples and their like have none of their own, but may hold some. */
static void visit(void *arg, uint64_t word) {
    walk *w = arg;
    ob_val v = {word};
    if (w->failed || !ob_kind_model.is_object(word)) return;
    if (pe__is_node(v)) {
        int made = pe__id_of(ob_ptr(v), NULL) ? 0 : pe__part_add(ob_ptr(v), w->owner);
        w->failed = made < 0;
        if (made <= 0) return;
        if (ob_flags(ob_ptr(v)) & OB_F_MUTABLE) share((tx_handle *)ob_ptr(v));
    } else if (!(ob_type_of(v)->flags & (OB_TF_TUPLE | OB_TF_FROZENSET))) return;
    if (!VEC_PUSH(&w->work, ob_ptr(v))) w->failed = true;
}

static void look_into(walk *w, ob_obj *o) {
    tx_handle *h = (tx_handle *)o;
    if (ob_flags(o) & OB_F_MUTABLE && h->cls->kind->trace) h->cls->kind->trace(h, tx_read_newest(h), visit, w);
    ob_kind_model.trace_immutable(o, visit, w);              /* its holder, too */
}

bool pe__unwritten(uint64_t owner, ob_val v) {
    walk w = {.owner = owner};
    if (!ob_is_ptr(v) || !v.w) return true;
    if (!ob__publish(v)) return false;
    visit(&w, v.w);
    while (w.work.n && !w.failed) look_into(&w, VEC_POP(&w.work));
    VEC_RELEASE(&w.work);
    return !w.failed || ob_fail(ob_raise_memory());
}
