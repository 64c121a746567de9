/* inst.h: plain instances: a shape and slots; and the attribute holders of instances whose class extends a native type.
 *
 * A shape says which attribute lies in which slot. Shapes form a tree from the class's empty shape; they are immutable and shared, so an
 * inline cache needs to compare one pointer. A body that got too many attributes, had one deleted, or whose __dict__ was asked for,
 * is in dict mode: shape->dict_mode, slot[type->nslots] is an ordinary dict (slots of __slots__ stay in front of it).
 *
 * A holder is a plain instance (same kind, same body; its class is ob_holder_type, its shape->type the object's class) that a native-derived
 * object points to from the last word of its cell (OB_F_HOLDER; the heap adds and traces that word, and gives it by ob_heap_holder).
 */
#ifndef OBJSPACE_INST_H
#define OBJSPACE_INST_H
#include "objspace/call.h"

typedef struct ob_shape ob_shape;
struct ob_shape {
    ob_type *type;
    ob_shape *parent;
    ob_val key;                          /* interned str added by this step */
    uint32_t n;                          /* slots in use */
    bool dict_mode;
    const void *table;                   /* key -> slot, built on first look-up of a wide shape.  published with release */
    _Atomic(ob_shape *) children, next;  /* transitions; appended under a lock, read freely (MO: SHAPE) */
};
/* h.aux: inline slots; the rest in block `more`, which is odd in a dead inline body (tx_kind.mark_at): the collector alone looks at those. */
typedef struct ob_inst_body { const ob_shape *shape; ob_val *more; ob_val slot[]; } ob_inst_body;
extern const tx_kind ob_inst_kind;
extern ob_type ob_holder_type;
tx_handle *ob_heap_holder(const ob_obj *o);              /* heap: the holder of an object with OB_F_HOLDER */
#define OB_SHAPE_MAX 60                  /* attributes beyond that: dict mode */
/* Masks: slot i is TX_SLOT(i); shape changes are TX_REST too. */

static inline ob_val ob_inst_slot(const tx_handle *h, const ob_inst_body *b, uint32_t i) { return i < h->aux ? b->slot[i] : b->more[i - h->aux]; }
ob_val ob_inst_new(ob_type *t);                          /* an empty instance of an INST type; OB_NULL + MemoryError */
ob_val ob_holder_new(ob_type *t);                        /* for the heap */
tx_handle *ob_attrs_of(ob_val v);                        /* where v's attributes live: v itself, its holder, or NULL if it has none */
int ob_shape_find(const ob_shape *s, ob_val interned);   /* slot or -1 */
ob_val ob_attr_get(ob_val v, ob_val name);               /* instance attribute only; OB_NULL without exception if absent */
bool ob_attr_set(ob_val v, ob_val name, ob_val x);       /* OB_NULL: delete (AttributeError if absent) */
ob_val ob_attr_dict(ob_val v);                           /* v.__dict__ (switches to dict mode); AttributeError if it has none */
bool ob_attr_next(ob_val v, size_t *pos, ob_val *name, ob_val *value);   /* steps through instance attributes in order (slots too) */
ob_shape *ob_shape_root(ob_type *t);                     /* NULL + MemoryError */
ob_shape *ob_shape_add(const ob_shape *s, ob_val interned);  /* the transition; NULL without exception: the tree is full, go to dict mode */
ob_shape *ob_shape_dict_mode(ob_type *t);
void ob_shape_trace(const ob_type *t, ob_tracer *tr);    /* the keys; from the type's trace */
void ob_shape_free(ob_type *t);
/* The dict of a body in dict mode. */
static inline ob_val ob_inst_dict(const tx_handle *h, const ob_inst_body *b) { return ob_inst_slot(h, b, b->shape->type->nslots); }
/* For class assignment: the attributes of v under the layout of t; the world is stopped. */
bool ob_inst_change_type(ob_val v, ob_type *t);

/* Asked for default hashes of objects of a store (TX_F_DURABLE), which outlive the process.  1; 0: it is the address; -1: exception. */
extern int (*ob_identity_hash)(ob_val v, uint64_t *out);

/* ---- for inline caches ----
 * Where an attribute of v is found, as long as v's type (shape NULL) or shape is the same and the code epoch does not change. */
typedef enum ob_attr_where {
    OB_AT_SLOW,                          /* do it the long way */
    OB_AT_SLOT,                          /* slot `slot` of ob_attrs_of(v), whose shape is `shape`; OB_NULL there: long way */
    OB_AT_METHOD,                        /* value: a function or method descriptor of the class, to be called with v in front */
    OB_AT_CLASS,                         /* value: a quasi-constant of the class that is no descriptor, or a static method's function */
    OB_AT_PROPERTY,                      /* value: a property object; its getter (setter) is to be called with v */
} ob_attr_where;
typedef struct ob_attr_place {
    ob_attr_where where;
    const ob_shape *shape;               /* must be the shape of v's attributes; NULL: v has none, compare the type */
    const ob_shape *shape2;              /* store: the shape after the store; == shape when the slot exists */
    uint32_t slot;
    ob_val value;
} ob_attr_place;
void ob_attr_resolve(ob_val v, ob_val name, ob_attr_place *out);         /* name interned; never fails */
void ob_attr_resolve_store(ob_val v, ob_val name, ob_attr_place *out);   /* SLOT: write it, with shape2 if that differs; PROPERTY; SLOW */

#endif
