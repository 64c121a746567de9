/* unwritten.c: what __upgrade__ has made of an object, and the dict that vars() has moved attributes into, is in memory alone until the object changes. The objects in it have no ids: they are *parts* of the
 * object (ids.c), and a change of one of them is a change of the object, which writes both (encode.c: put_change).
 * Locks: none.
 * N1  Parts are shared with other threads, and stay when the transaction is undone, like all that is loaded. (share) */
#include "base/vec.h"
#include "objspace/dict_table.h"
#include "objspace/inst.h"
#include "objspace/kind.h"
#include "objspace/persist/persist_int.h"
#include "objspace/shape.h"
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

/* ---- vars() ---- */

/* Has the dict just the attributes that the body had, in their order? */
static bool same_attrs(const tx_handle *h, const ob_inst_body *b, const ob_dict_body *d) {
    uint32_t at = 0;
    if (ob__dict_is_tree(d) || d->used != d->fill) return false;
    for (uint32_t i = b->shape->type->nslots; i < b->shape->n; i++) {
        ob_val v = ob_inst_slot(h, b, i);
        if (ob_is_null(v)) continue;
        if (at == d->fill || !ob_same(d->entries[at].key, ob__shape_key(b->shape, i)) || !ob_same(d->entries[at].value, v)) return false;
        at++;
    }
    return at == d->fill;
}

static bool same_slots(const tx_handle *h, const ob_inst_body *a, const ob_inst_body *b) {
    uint32_t n = a->shape->type->nslots;
    for (uint32_t i = 0; i < n; i++)
        if (!ob_same(ob_inst_slot(h, a, i), ob_inst_slot(h, b, i))) return false;
    return true;
}

bool pe__only_moved(const tx_change *c) {
    const tx_handle *h = c->handle;
    const ob_inst_body *before = c->before, *after = c->after;
    uint8_t flags;
    if (h->cls->kind != &ob_inst_kind || !before->shape || !after->shape || before->shape->dict_mode || !after->shape->dict_mode) return false;
    uint64_t id = pe__id_of(h, &flags);
    ob_val d = ob_inst_dict(h, after);
    if (id == 0 || flags & PE_I_NEW || !ob_is_exact(d, &ob_dict_type) || pe__id_of(ob_ptr(d), NULL)) return false;
    if (!same_slots(h, before, after) || !same_attrs(h, before, tx_read_newest(ob_handle(d)))) return false;
    if (pe__part_add(ob_ptr(d), id) < 0) return false;
    pe__id_flag(flags & PE_I_HOLDER ? (const void *)pe__object_of(id) : h, PE_I_STAYS);      /* so that the dict stays its */
    return true;
}
