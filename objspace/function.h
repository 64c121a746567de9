/* function.h: Python functions, native functions, bound methods, cells, and the descriptors that classes are made of. */
#ifndef OBJSPACE_FUNCTION_H
#define OBJSPACE_FUNCTION_H
#include "objspace/call.h"

/* Fields are quasi-constant: written at creation, changed only through function.c (epoch bump). */
typedef struct ob_function {
    ob_obj o;
    ob_val code, globals, builtins, closure /* tuple of cells or OB_NULL */, defaults /* tuple or OB_NULL */, kwdefaults /* dict or OB_NULL */;
    ob_val name, qualname, module, doc, annotations /* dict, tuple to be made one, or OB_NULL */, attrs /* holder dict or OB_NULL: made on demand */;
} ob_function;
extern ob_type ob_function_type, ob_native_type /* builtin_function_or_method */, ob_method_type, ob_cell_type, ob_code_type /* interp/code.c */,
    ob_method_descr_type, ob_wrapper_descr_type, ob_method_wrapper_type, ob_classmethod_descr_type, ob_getset_descr_type, ob_member_descr_type,
    ob_property_type, ob_staticmethod_type, ob_classmethod_type, ob_super_type, ob_generator_type, ob_module_type, ob_frame_type, ob_traceback_type;

ob_val ob_function_new(ob_val code, ob_val globals, ob_val qualname);
/* A native function (self bound) or method descriptor made of a table line. */
typedef struct ob_sig {                                   /* a parsed signature; lives for ever */
    const ob_def *def;
    bool raw;                                             /* the function looks at the arguments itself */
    uint8_t n, posonly, pos;                              /* parameters; positional-only ones; those that may be given by position */
    uint8_t required_pos;                                 /* of the positional ones, how many must be there */
    uint32_t required;                                    /* bit i: parameter i has no default */
    uint32_t exact;                                       /* with so many positional arguments and no others there is nothing to bind */
    ob_val name[];                                        /* interned */
} ob_sig;
typedef struct ob_native { ob_obj o; const ob_def *def; ob_val self; ob_val module; _Atomic(const ob_sig *) sig; } ob_native;   /* self OB_NULL or a module for functions */
typedef struct ob_method_descr { ob_obj o; const ob_def *def; ob_type *type; _Atomic(const ob_sig *) sig; } ob_method_descr;
typedef struct ob_getset_descr { ob_obj o; const ob_getset *def; ob_type *type; } ob_getset_descr;
typedef struct ob_member_descr { ob_obj o; ob_val name; ob_type *type; uint32_t slot; const ob_getset *def; } ob_member_descr;   /* a slot of __slots__; def: a native's read-only field instead */
typedef struct ob_slot_def ob_slot_def;
typedef struct ob_wrapper_descr { ob_obj o; const ob_slot_def *def; ob_type *type; void *fn; } ob_wrapper_descr;
typedef struct ob_method_wrapper { ob_obj o; ob_val descr, self; } ob_method_wrapper;
ob_val ob_native_new(const ob_def *def, ob_val self, ob_val module);
/* Can the function be called with these arguments as they are? */
static inline bool ob_sig_fits(const ob_sig *s, size_t n, ob_val kwnames) { return (n == s->exact && ob_is_null(kwnames)) || s->raw; }
/* Binds arguments of a native by its signature and calls it. self for methods already taken off.  owner: its class, or its module's name, or OB_NULL. */
ob_val ob__sig_bind(const ob_sig *sig, ob_val owner, ob_val self, const ob_val *a, size_t n, ob_val kwnames);
static inline ob_val ob_sig_call(const ob_sig *s, const ob_def *def, ob_type *owner, ob_val self, const ob_val *a, size_t n, ob_val kwnames) {
    return LIKELY(ob_sig_fits(s, n, kwnames)) ? def->fn(self, a, n, kwnames) : ob__sig_bind(s, ob_of(owner), self, a, n, kwnames);
}
const ob_sig *ob_sig_of(const ob_def *def);              /* NULL + MemoryError */
/* The signature kept at slot, found on first use; all threads find the same one. */
static inline const ob_sig *ob_sig_at(_Atomic(const ob_sig *) *slot, const ob_def *def) {
    const ob_sig *s = atomic_load_explicit(slot, memory_order_acquire); /* MO: SIG acquire */
    if (UNLIKELY(s == NULL) && (s = ob_sig_of(def)) != NULL) atomic_store_explicit(slot, s, memory_order_release); /* MO: SIG release */
    return s;
}
ob_val ob_def_call(const ob_def *def, ob_val self, const ob_val *a, size_t n, ob_val kwnames);
ob_val ob__native_call(ob_val f, const ob_val *a, size_t n, ob_val kwnames);
/* f(...) for f of ob_native_type. */
static inline ob_val ob_native_call(ob_val f, const ob_val *a, size_t n, ob_val kwnames) {
    ob_native *nf = (ob_native *)ob_ptr(f);
    const ob_sig *s = atomic_load_explicit(&nf->sig, memory_order_acquire); /* MO: SIG acquire */
    return LIKELY(s != NULL) && LIKELY(ob_sig_fits(s, n, kwnames)) ? nf->def->fn(nf->self, a, n, kwnames) : ob__native_call(f, a, n, kwnames);
}
typedef struct ob_method { ob_obj o; ob_val func, self; } ob_method;
ob_val ob_method_new(ob_val func, ob_val self);
typedef struct ob_cell_body { ob_val value; } ob_cell_body;
ob_val ob_cell_new(ob_val v);
static inline ob_val ob_cell_get(ob_val c) { return ((const ob_cell_body *)ob_read(c))->value; }
bool ob_cell_set(ob_val c, ob_val v);
bool ob_cell_set_local(ob_val c, ob_val v);   /* by the frame whose variable it is: read-only blocks do not forbid it */
typedef struct ob_property { ob_obj o; ob_val get, set, del, doc, name, doc_from_getter /* True or False */; } ob_property;     /* get set del: None if absent; doc name: OB_NULL */
typedef struct ob_wrapped { ob_obj o; ob_val func, attrs /* dict */; } ob_wrapped;   /* staticmethod, classmethod */
ob_val ob_staticmethod_new(ob_val func);
ob_val ob_classmethod_new(ob_val func);
typedef struct ob_super { ob_obj o; ob_val type, obj, obj_type; } ob_super;
ob_val ob_super_new(ob_type *type, ob_val obj);
/* name in the classes that follow `start` in the order of obj_type; as found, no descriptor call; OB_NULL, no exception when absent. */
ob_val ob_super_find(ob_type *start, ob_type *obj_type, ob_val name);

/* Modules: a handle with a namespace dict. */
typedef struct ob_module { ob_obj o; ob_val dict; } ob_module;
ob_val ob_module_new(ob_val name);
static inline ob_val ob_module_dict(ob_val m) { return ((ob_module *)ob_ptr(m))->dict; }
bool ob_module_add(ob_val m, const char *name, ob_val v);
bool ob_module_add_int(ob_val m, const char *name, int64_t v);
bool ob_module_add_defs(ob_val m, const ob_def *defs);   /* ended by a NULL name */
bool ob_module_add_type(ob_val m, ob_type *t);           /* readies it */
/* A native module: interp/mod/modules.def lists them; fill() runs at first import. */
typedef struct ob_module_def { const char *name; const char *doc; const ob_def *defs; bool (*fill)(ob_val module); } ob_module_def;

#endif
