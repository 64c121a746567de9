/* type.h: type objects, their slots, and the tables from which native types are made.
 *
 * A type is an object whose C part is constant after ob_type_ready(), but for `dict` (an ordinary versioned dict, flagged
 * NAMESPACE), and quasi-constant fields (name, bases, mro: changed with the world stopped and the code epoch bumped).
 * Slots are C functions; a Python class gets generic ones (class.c: slot_*) that look the dunder up and call it. A slot that was
 * set stays set: a generic slot whose dunder has gone behaves like the base's.
 */
#ifndef OBJSPACE_TYPE_H
#define OBJSPACE_TYPE_H
#include "objspace/heap.h"
#include <sys/types.h>

typedef enum ob_cmp_op { OB_LT, OB_LE, OB_EQ, OB_NE, OB_GT, OB_GE } ob_cmp_op;

/* Binary operators: BIN(name, dunder without underscores, symbol). In-place forms have the same index. */
#define OB_BINARY_OPS(BIN) \
    BIN(ADD, add, "+") BIN(SUB, sub, "-") BIN(MUL, mul, "*") BIN(MATMUL, matmul, "@") BIN(TRUEDIV, truediv, "/") \
    BIN(FLOORDIV, floordiv, "//") BIN(MOD, mod, "%") BIN(POW, pow, "** or pow()") BIN(LSHIFT, lshift, "<<") BIN(RSHIFT, rshift, ">>") \
    BIN(AND, and, "&") BIN(OR, or, "|") BIN(XOR, xor, "^") BIN(DIVMOD, divmod, "divmod()")
typedef enum ob_bin_op {
#define BIN(name, dunder, symbol) OB_BIN_##name,
    OB_BINARY_OPS(BIN)
#undef BIN
    OB_BIN_COUNT
} ob_bin_op;

/* Unary operators and conversions: UN(name, dunder) */
#define OB_UNARY_OPS(UN) UN(NEG, neg) UN(POS, pos) UN(INVERT, invert) UN(ABS, abs) UN(INT, int) UN(FLOAT, float) UN(INDEX, index)
typedef enum ob_un_op {
#define UN(name, dunder) OB_UN_##name,
    OB_UNARY_OPS(UN)
#undef UN
    OB_UN_COUNT
} ob_un_op;

typedef struct ob_buffer {               /* a view of contiguous bytes (bytes, bytearray, memoryview, array, mmap) */
    uint8_t *data;
    size_t len;
    bool readonly;
    size_t itemsize;
    const char *format;                  /* struct format, "B" for bytes */
    int ndim;                            /* 1 unless shape says otherwise */
    const size_t *shape; const ssize_t *strides;   /* NULL: plain contiguous */
    ob_val owner;
} ob_buffer;

/* Native function. a[0..n-1] are the positional arguments.
 *  - with a signature (ob_def.sig without `*args`/`**kw`): arguments were bound; a[] holds every parameter in order, OB_NULL where an
 *    optional one is missing; n is their number; kw is OB_NULL.
 *  - "raw" (sig NULL or with *args or **kw): a[0..n-1] positional, then the values of the keyword names in kw (tuple of str, or OB_NULL). */
typedef ob_val ob_cfn(ob_val self, const ob_val *a, size_t n, ob_val kw);
/* Head of a native's definition: OB_FN(hypot) { … a[0] … } */
#define OB_FN(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

typedef struct ob_slots {
    ob_val (*repr)(ob_val self);
    ob_val (*str)(ob_val self);
    bool (*hash)(ob_val self, uint64_t *out);                 /* not set: unhashable is ob_hash_unhashable */
    ob_val (*cmp)(ob_val a, ob_val b, ob_cmp_op op);          /* a is of this type; may return NotImplemented */
    int (*truth)(ob_val self);                                /* 1, 0, -1 error */
    ssize_t (*len)(ob_val self);                              /* -1 error */
    ob_val (*getitem)(ob_val self, ob_val key);
    bool (*setitem)(ob_val self, ob_val key, ob_val v);       /* v OB_NULL: delete */
    int (*contains)(ob_val self, ob_val x);
    ob_val (*iter)(ob_val self);
    ob_val (*next)(ob_val self);                              /* OB_NULL with no condition pending: exhausted */
    ob_val (*call)(ob_val self, const ob_val *a, size_t n, ob_val kw);
    ob_val (*getattr)(ob_val self, ob_val name);              /* name is an interned str; OB_NULL + AttributeError */
    bool (*setattr)(ob_val self, ob_val name, ob_val v);      /* v OB_NULL: delete */
    ob_val (*get)(ob_val descr, ob_val obj, ob_val type);     /* obj OB_NULL: through the class */
    bool (*set)(ob_val descr, ob_val obj, ob_val v);          /* data descriptor; v OB_NULL: delete */
    ob_val (*make)(ob_type *type, const ob_val *a, size_t n, ob_val kw);   /* __new__ */
    bool (*init)(ob_val self, const ob_val *a, size_t n, ob_val kw);       /* __init__ */
    ob_val (*unary[OB_UN_COUNT])(ob_val self);
    ob_val (*binary[OB_BIN_COUNT])(ob_val a, ob_val b);       /* a or b is of this type; NotImplemented when it cannot */
    ob_val (*inplace[OB_BIN_COUNT])(ob_val a, ob_val b);      /* a is of this type */
    ob_val (*pow3)(ob_val a, ob_val b, ob_val mod);
    ob_val (*await)(ob_val self);
    ob_val (*aiter)(ob_val self);
    ob_val (*anext)(ob_val self);
    bool (*buffer)(ob_val self, ob_buffer *out, bool writable);
    void (*release_buffer)(ob_val self, ob_buffer *b);
} ob_slots;

/* One native method or function. sig is the text between the parentheses, without self:
 *   "iterable=(), /"    "key, default=None, /"    "*, key=None, reverse=False"    ""    "*args, **kwargs" */
typedef struct ob_def { const char *name; ob_cfn *fn; const char *sig; const char *doc; uint32_t flags; } ob_def;
enum { OB_DEF_STATIC = 1, OB_DEF_CLASS = 2,                   /* staticmethod, classmethod (self is the type) */
       OB_DEF_RESUMES = 4,                                    /* send() of a generator: the VM does it without calling */
       OB_DEF_FOLD = 8 };                                     /* so it does with builtins of one argument that is a generator, each in its way */
#define OB_DEF_FOLDS(how) (OB_DEF_FOLD | (how) << 8)
#define OB_DEF_FOLD_OF(flags) ((flags) >> 8)
typedef struct ob_getset { const char *name; ob_val (*get)(ob_val self); bool (*set)(ob_val self, ob_val v); const char *doc; } ob_getset;

enum {                                   /* ob_type.flags */
    OB_TF_BASE      = 1 << 0,            /* may be subclassed */
    OB_TF_HEAP      = 1 << 1,            /* made by a class statement or type() */
    OB_TF_INST      = 1 << 2,            /* plain instances (inst.h): body is shape + slots */
    OB_TF_HOLDER    = 1 << 3,            /* extends a native type; instances carry an attribute holder */
    OB_TF_LEAF      = 1 << 4,            /* objects hold no references (but a holder) */
    OB_TF_READY     = 1 << 5,
    OB_TF_ABSTRACT  = 1 << 6,            /* has abstract methods */
    OB_TF_INT = 1 << 8, OB_TF_STR = 1 << 9, OB_TF_BYTES = 1 << 10, OB_TF_LIST = 1 << 11, OB_TF_TUPLE = 1 << 12, OB_TF_DICT = 1 << 13,
    OB_TF_TYPE = 1 << 14, OB_TF_EXC = 1 << 15,               /* subclass of that: inherited, so that ob_is_list() is one test */
    OB_TF_SEQUENCE = 1 << 16, OB_TF_MAPPING = 1 << 17,       /* for match */
    OB_TF_NO_MAKE   = 1 << 18,           /* cannot be instantiated from Python */
    OB_TF_FLOAT = 1 << 19, OB_TF_SET = 1 << 20, OB_TF_FROZENSET = 1 << 21,
    OB_TF_FINAL = 1 << 22,               /* has __del__: instances get OB_F_FINALIZER */
    OB_TF_FINAL_PYTHON = 1 << 27,        /* … written in Python: not for what was made in a step that was undone. Native ones give back what they hold. */
    OB_TF_IMMUTABLE = 1 << 23,           /* attributes cannot be set although it is a heap type */
    OB_TF_INVARIANT = 1 << 24,           /* instances have an __invariant__ that commits ask */
    OB_TF_FINAL_LATE = 1 << 25, OB_TF_FINAL_LATER = 2 << 25, OB_TF_FINAL_LAST = 3 << 25, /* of what dies together, these __del__ run behind others': streams below streams */
    OB_TF_INHERITED = (0x7bff00 & ~(1 << 18)) | 3 << 25
};

struct ob_type {
    tx_class cls;                        /* cls.h.cls: the metatype; cls.kind: txn's view of instances (NULL: immutable) */
    const char *name;                    /* tp_name style: "int", "collections.deque"; lives as long as the type */
    ob_type *base;                       /* the one whose C layout this extends */
    uint32_t flags;
    uint32_t size;                       /* immutable types: sizeof the fixed part; mutable ones: sizeof the body */
    ob_slots slots;
    void (*trace)(ob_obj *o, ob_tracer *t);                      /* what an instance holds outside of its bodies; NULL: nothing */
    void (*trace_body)(ob_obj *o, const void *body, ob_tracer *t); /* what a body holds */
    void (*free)(ob_obj *o);             /* C resources, at sweep: no object may be touched; NULL mostly */
    void (*finalize)(ob_val v);          /* instead of __del__, for those listed with ob_gc_add_finalizer; leaves no exception; NULL mostly */
    const ob_def *methods;               /* ended by a NULL name */
    const ob_getset *getsets;
    const char *doc;
    /* Natives whose instances have an attribute dict of their own (functions, modules, exceptions): gives it; made when create is set,
     * else OB_NULL without exception if there is none yet.  NULL: see inst.h. */
    ob_val (*own_dict)(ob_val self, bool create);
    /* filled by ob_type_ready / class creation; quasi-constant */
    ob_val dict, bases, mro;             /* dict: namespace dict; tuples of types */
    ob_val qualname;                     /* str; name of heap types */
    ob_val subclasses;                   /* dict: id -> weakref, of the classes made at run time; OB_NULL if none */
    struct ob_shape *shape0;             /* INST/HOLDER: the empty shape of new instances (shape.h) */
    uint32_t inst_cap;                   /* INST: inline slots given to new instances (grows as instances are seen to need more).  relaxed */
    uint32_t nslots;                     /* __slots__ slots at the front of each shape */
    bool has_dict, has_weakref;          /* may instances get attributes beyond slots; may they be weakly referenced */
    ob_val heap_name;                    /* keeps `name`'s bytes alive for heap types */
};

#define OB_TYPE_HEAD(metatype, kind_) .cls = {.h = {.cls = (tx_class *)(metatype), .flags = OB_F_STATIC, .vw = TX_SHARED}, .kind = (kind_)}

extern ob_type ob_object_type, ob_type_type, ob_none_type, ob_not_implemented_type, ob_ellipsis_type;
static inline ob_val ob_type_val(const ob_type *t) { return ob_of(t); }
static inline ob_type *ob_type_ptr(ob_val v) { return (ob_type *)(uintptr_t)v.w; }        /* v must be a type */
static inline bool ob_has_tflag(ob_val v, uint32_t f) { return (ob_type_of(v)->flags & f) != 0; }
static inline bool ob_is_type(ob_val v) { return ob_has_tflag(v, OB_TF_TYPE); }
static inline bool ob_is_exception(ob_val v) { return ob_has_tflag(v, OB_TF_EXC); }
static inline bool ob_is_exception_class(ob_val v) { return ob_is_type(v) && (ob_type_ptr(v)->flags & OB_TF_EXC); }

bool ob_type_ready(ob_type *t) MUST_CHECK;           /* fills dict, mro, inherited slots of a static type; bases first */
bool ob_type_is_subtype(const ob_type *a, const ob_type *b);    /* by mro, no __subclasscheck__ */
static inline bool ob_is_a(ob_val v, const ob_type *t) { const ob_type *a = ob_type_of(v); return a == t || ob_type_is_subtype(a, t); }
bool ob_hash_unhashable(ob_val v, uint64_t *out);    /* slots.hash of unhashable types: TypeError */
/* As ob_type_lookup, and says whose dict it is in. */
ob_val ob_type_find(ob_type *t, ob_val name, ob_type **owner);
/* Looks name (interned) up along the mro. Borrowed, no descriptor call; OB_NULL with no exception when absent. Cached by (type, name, epoch). */
ob_val ob_type_lookup(ob_type *t, ob_val name);
/* As above on type(v), bound to v like an implicit special-method call; OB_NULL, no exception when absent. */
ob_val ob_lookup_special(ob_val v, ob_val name);
const char *ob_type_short_name(const ob_type *t);    /* "deque" */
ob_val ob_type_name_val(const ob_type *t);           /* __name__ as str */
/* Attribute of the type itself (type.__getattribute__, __setattr__): v OB_NULL deletes. */
ob_val ob_type_getattr(ob_val type, ob_val name);
bool ob_type_setattr(ob_val type, ob_val name, ob_val v);
ob_val ob_type_call(ob_val type, const ob_val *a, size_t n, ob_val kw);   /* type.__call__ */
ob_type *ob_type_winning_metaclass(ob_type *meta, ob_val bases);   /* of __build_class__ too; NULL with TypeError */
/* The metaclass calculation and class creation: type(name, bases, ns, **kw). */
ob_val ob_type_new_class(ob_type *meta, ob_val name, ob_val bases, ob_val ns, const ob_val *kwvalues, ob_val kwnames);

#endif
