/* type_make.h: what the files about types and classes share. */
#ifndef OBJSPACE_TYPE_MAKE_H
#define OBJSPACE_TYPE_MAKE_H
#include "objspace/call.h"
#include "objspace/dict_known.h"
#include "objspace/function.h"
#include "objspace/inst.h"
#include "objspace/omap_near.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

/* ---- one line of slots.def ---- */
typedef ob_val ob_slot_wrap(const ob_slot_def *d, void *fn, ob_val self, const ob_val *a, size_t n, ob_val kw);
struct ob_slot_def {
    const char *name;                    /* "__len__" */
    ob_slot_wrap *wrap;                  /* NULL: never found as a wrapper */
    void *generic;                       /* slot function that calls the Python method */
    const char *sig;
    ob_val *name_val;                    /* interned */
    uint32_t field;                      /* index of the word in ob_slots */
    uint32_t op;
    bool reflected, inplace;
};
enum {
#define SLOT(id, text, field, kind, op, generic, sig) OB_SLOT_##id,
#include "objspace/slots.def"
#undef SLOT
    OB_SLOT_COUNT
};
extern const ob_slot_def ob__slot_defs[OB_SLOT_COUNT];
extern ob_val ob__slot_names[OB_SLOT_COUNT];
#define OB_SLOT_NAME(id) ob__slot_names[OB_SLOT_##id]
#define OB_SLOT_WORDS (sizeof(ob_slots) / sizeof(void *))
static inline void **ob__slot_word(ob_type *t, uint32_t field) { return (void **)&t->slots + field; }
static inline bool ob__is_method_like(ob_val m) {       /* to be called with self in front instead of being bound */
    const ob_type *t = ob_type_of(m);
    return t == &ob_function_type || t == &ob_method_descr_type || t == &ob_wrapper_descr_type;
}

/* slotwrap.c */
ob_val ob__wrapper_call(ob_val descr, ob_val self, const ob_val *a, size_t n, ob_val kw);

/* call.c */
ob_val ob__call_prepended(ob_val f, ob_val self, const ob_val *a, size_t n, ob_val kw);   /* f(self, *a, …) */
ob_val ob__from_builtins(const char *name);                   /* builtins.name; ImportError if there is no interpreter */
/* Recursion over nested data, as deep as Python's own may be: false with RecursionError. */
MUST_CHECK bool ob__level_enter(const char *where);
void ob__level_leave(void);
int ob__real_isinstance(ob_val v, ob_val cls);          /* without __instancecheck__ */
int ob__real_issubclass(ob_val c, ob_val cls);
int ob__contains_by_iter(ob_val o, ob_val x);

/* native.c */
ob_val ob__def_signature(const ob_def *d, const char *self);   /* __text_signature__; None for raw ones */

/* wrapped.c */
bool ob__take_args(const char *name, const ob_val *a, size_t n, ob_val kw, size_t min, size_t max);   /* positional only; TypeError */

/* slotcall.c */
/* Calls type(self).name(self, *a): 1 done, 0 absent, -1 error. */
int ob__call_special(ob_val self, ob_val name, const ob_val *a, size_t n, ob_val *out);
void ob__slot_update(ob_type *t, ob_val name);          /* name of t's dict has changed: sets the slots of t and its subclasses */
void ob__slots_fixup(ob_type *t);                       /* all slots by look-up along the mro */
bool ob__is_slot_name(ob_val name);
bool ob__slot_is_generic(const ob_slots *s, uint32_t slot_id);

/* type.c */
bool ob__type_add_subclass(ob_type *base, ob_type *sub);
bool ob__type_subclasses_each(ob_type *t, bool (*fn)(ob_type *sub, void *arg), void *arg);
ob_val ob__type_getattr_opt(ob_val type, ob_val name);  /* OB_NULL may mean absent (no exception) */
ob_val ob__type_dict_get(ob_type *t, ob_val name);

/* exc.c */

/* init.c */
ob_type *ob__static_type(size_t i);                    /* steps through the static types; NULL at the end */

/* mro.c */
bool ob__mro_compute(ob_type *t, ob_val *out);          /* C3 over t->bases */

/* class.c */
void ob__type_free(ob_obj *o);
bool ob__type_set_name(ob_type *t, ob_val name);        /* ValueError on NUL */
int ob__type_own_mro(ob_type *t);                       /* sets t->mro, by a metaclass's mro() if it has one: 1, 0, -1 (class.c) */
ob_type *ob__best_base(ob_val bases);                   /* NULL with TypeError */
bool ob__same_layout(const ob_type *a, const ob_type *b);

/* inst.c */
bool ob__attr_replace_dict(ob_val v, ob_val d);         /* v.__dict__ = d */
ob_val ob__member_get(ob_val v, uint32_t i);              /* a slot of __slots__; OB_NULL: unbound */
bool ob__member_set(ob_val v, uint32_t i, ob_val x);

/* attr.c */
bool ob__uses_generic_getattr(ob_type *t);
ob_val ob__generic_getattr_opt(ob_val v, ob_val name);  /* OB_NULL may mean absent (no exception) */
ob_val ob__no_attribute(ob_val v, ob_val name);         /* raises AttributeError */

/* typeattr.c */
ob_val ob__type_module(const ob_type *t);               /* __module__; OB_NULL, maybe with an exception */
ob_val ob__type_qualname(const ob_type *t);

/* object.c */
ob_val ob__class_dir(ob_val c);                         /* names of a class and its bases: list */
ob_val ob__object_make(ob_type *type, const ob_val *a, size_t n, ob_val kw);
bool ob__object_init(ob_val self, const ob_val *a, size_t n, ob_val kw);
ob_val ob__object_repr(ob_val v);
ob_val ob__object_str(ob_val v);
ob_val ob__object_cmp(ob_val a, ob_val b, ob_cmp_op op);
bool ob__object_hash(ob_val v, uint64_t *out);
ob_val ob__object_new_native(ob_type *type);            /* the __new__ of a type as a native function */

/* A value that is about to be stored in a field without versions: all threads will see it at once. false: MemoryError. */
MUST_CHECK bool ob__publish(ob_val v);

/* ---- per thread ---- */
typedef struct ob__cache_line { ob_type *type; uint64_t name, epoch; ob_val value; bool indirect; } ob__cache_line;
enum { OB_CACHE_LINES = 1024, OB_REPR_DEPTH = 64 };
typedef struct ob__thread {
    struct ob__thread *next, **link;     /* list of all, under the threads' lock */
    ob_pending *err;
    ob_val *unread;
    char *stack_low, *stack_limit;       /* the lowest address that C recursion may reach; the one that ob_c_enter compares with */
    ob_val *repr; size_t repr_n, repr_cap;   /* objects whose repr is being made */
    ob__cache_line cache[OB_CACHE_LINES];
    ob__known known;
    ob__near near;
} ob__thread;
extern _Thread_local ob__thread *ob__me HOT_TLS;
bool ob__thread_init(void) MUST_CHECK;   /* init.c's: this thread's record */
void ob__thread_release(void);
void ob__threads_forked(void);           /* in a forked child: forgets the others */

#endif
