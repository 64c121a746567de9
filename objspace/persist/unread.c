/* unread.c: what a reader gets in place of a body that cannot be loaded: an empty one, so that C code needs not look for NULL at each read.  What
 * becomes of the exception: objspace/error.h.
 * Locks: none.
 * U1  Each is an object of its own, as two of different classes may be looked at side by side; only where memory has run out they share one. (pe__broken_body) */
#include "objspace/contain.h"
#include "objspace/exc.h"
#include "objspace/inst.h"
#include "objspace/persist/persist_int.h"
#include "objspace/tuple.h"
#include "objspace/type_make.h"

enum { LAST_WORDS = 1 << 16 };           /* more than any body has, or it was not made in this memory */
static union { uint64_t words[LAST_WORDS]; ob_inst_body inst; ob_exc_body exc; } last;

/* The class whose attributes h has; NULL: h was forgotten. */
static ob_type *class_of(const tx_handle *h) {
    if (h->cls != (const tx_class *)&ob_holder_type) return (ob_type *)h->cls;
    ob_obj *owner = pe__object_of(pe__id_of(h, NULL));
    return owner ? owner->type : &ob_object_type;
}

/* A new object with a body of zeros that is as big as h's. */
static tx_handle *like(const tx_handle *h) {
    ob_type *t = (ob_type *)h->cls;
    tx_handle *made = ob_alloc_mut(t->flags & OB_TF_INST ? t : pe__native_base(t), tx_body_size(h));
    if (!made) return NULL;
    made->aux = h->aux;
    if (t->flags & OB_TF_INST && t->flags & OB_TF_FINAL) ob_gc_drop_finalizer(ob_of(made));
    return made;
}

const void *pe__broken_body(const tx_handle *h) {
    const void *half = pe__half_loaded(h);
    if (half) return half;
    ob_unread_begin();
    ob_type *t = class_of(h);
    tx_handle *made = like(h);
    void *body = made ? tx_inline_body(made) : last.words;
    if (h->cls->kind == &ob_inst_kind) ((ob_inst_body *)body)->shape = t->shape0;
    else if (t->flags & OB_TF_EXC) ((ob_exc_body *)body)->args = ob_empty_tuple;
    else {
        const pe_codec *c = pe__codec_of(pe__native_base(t));
        if (c && c->blank) c->blank(body);
    }
    return body;
}
