/* kind.c: adaptors between txn's view of objects (words and bodies) and the types' trace functions.  Locks: none. */
#include "objspace/kind.h"
#include "objspace/heap_cells.h"
#include "objspace/tuple.h"
#include <string.h>

size_t ob_kind_body_size(const tx_handle *h) { return ((const ob_type *)h->cls)->size; }

/* A tracer that hands every value to a txn visitor and ignores blocks. */
typedef struct visitor {
    ob_tracer t;
    void (*visit)(void *arg, uint64_t word);
    void *arg;
} visitor;

static void visit_val(ob_tracer *t, ob_val v) {
    visitor *w = (visitor *)t;
    w->visit(w->arg, v.w);
}
static bool visit_block(ob_tracer *t, const void *block) { return (void)t, (void)block, true; }

void ob_kind_trace(const tx_handle *h, const void *body, void (*visit)(void *arg, uint64_t word), void *arg) {
    const ob_type *type = (const ob_type *)h->cls;
    visitor w = {{visit_val, visit_block}, visit, arg};
    if (type->trace_body) type->trace_body((ob_obj *)(uintptr_t)h, body, &w.t);
}

static bool is_object(uint64_t word) { return word != 0 && (word & 3) == 0; }

/* Of a tuple that is another one and some more, what is known to be shared is left out: to look at an item costs its line, which another core may have. */
static void visit_items(const ob_tuple_obj *t, void (*visit)(void *arg, uint64_t word), void *arg) {
    for (size_t i = t->o.aux; i < t->n; i++)
        if (is_object(t->items[i].w)) visit(arg, t->items[i].w);
}

/* Type, holder, and what type->trace shows: everything outside of the bodies. */
static void trace_immutable(void *object, void (*visit)(void *arg, uint64_t word), void *arg) {
    ob_obj *o = object;
    visitor w = {{visit_val, visit_block}, visit, arg};
    visit(arg, ob_of(o->type).w);
    if (ob_flags(o) & OB_F_HOLDER) {
        ob_val holder = *ob_holder_slot(o);
        if (!ob_is_null(holder)) visit(arg, holder.w);
    }
    if (o->type == &ob_tuple_type) visit_items((const ob_tuple_obj *)o, visit, arg);
    else if (o->type->trace) o->type->trace(o, &w.t);
}

const tx_object_model ob_kind_model = {is_object, trace_immutable, .never = 3};

void *ob_kind_block(size_t bytes) { return ob__tx_alloc(bytes); }

void *ob_kind_block_copy(const void *block, size_t used, size_t bytes) {
    void *made = ob__tx_alloc(bytes);
    if (made && used) memcpy(made, block, used);
    return made;
}
