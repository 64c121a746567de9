/* vm_ops.h: slow paths and rare operations of the VM, out of the dispatch loop. Failing ones leave a condition. */
#ifndef INTERP_RUN_VM_OPS_H
#define INTERP_RUN_VM_OPS_H
#include "objspace/iter.h"
#include "interp/run/frame.h"

#define VM_GEN_FLAGS (PY_CO_GENERATOR | PY_CO_COROUTINE | PY_CO_ASYNC_GENERATOR)
/* Can be called with exactly argcount positional arguments without binding? */
static inline bool vm_is_simple(const py_code *c) { return !(c->flags & (PY_CO_VARARGS | PY_CO_VARKEYWORDS | VM_GEN_FLAGS)) && c->kwonly == 0; }

/* Inline caches of a code object by thread number. The array only grows; an old one is left to the code object's chain. */
typedef struct py_code_threads { unsigned n; struct py_code_threads *older; size_t at /* in the list of codes that have caches; of the newest */; _Atomic(py_ic *) table[]; } py_code_threads;
static inline py_ic *vm_ic_table(py_code *c, py_thread *T) {
    py_code_threads *t = atomic_load_explicit((_Atomic(py_code_threads *) *)&c->threads, memory_order_acquire); /* MO: ICS acquire */
    if (LIKELY(t != NULL) && LIKELY(T->number < t->n)) {
        py_ic *ic = atomic_load_explicit(&t->table[T->number], memory_order_relaxed);
        if (LIKELY(ic != NULL)) return ic;
    }
    return py_ic_table(c, T);
}

/* Leaves the handler whose exception is in register r. */
static inline void vm_pop_handled(py_thread *T, py_frame *f, unsigned r) {
    T->handled = f->r[r + 1];
    if (ob_is_null(f->r[r + 1]) && (f->flags & PY_F_GEN)) {
        T->handled = f->ns;
        f->flags &= ~(uint32_t)PY_F_HANDLING;
    }
    f->r[r] = f->r[r + 1] = OB_NULL;
}

extern ob_type ob_coroutine_type, ob_async_gen_type;
static inline bool vm_is_gen_type(const ob_type *t) { return t == &ob_generator_type || t == &ob_coroutine_type; }
static inline bool vm_is_step_type(const ob_type *t) { return t == &py_asend_type || t == &py_athrow_type; }

ob_val vm_arith(ob_bin_op op, ob_val a, ob_val b);
ob_val vm_inplace(ob_bin_op op, ob_val a, ob_val b);
ob_val vm_accumulate(py_thread *T, unsigned reg, ob_val s, ob_val more);   /* s += more, in place if s is an earlier result of this (accum.c) */
int vm_compare_truth(ob_cmp_op op, ob_val a, ob_val b);
int vm_truth(ob_val v);
void vm_unbound(py_frame *f, unsigned reg);
ob_val vm_load_class_cell(py_frame *f, ob_val cell, ob_val name, unsigned reg);
bool vm_del_global(py_frame *f, ob_val name);
bool vm_store_name(py_frame *f, ob_val name, ob_val v);
bool vm_del_name(py_frame *f, ob_val name);
ob_val vm_builtin(py_frame *f, ob_val name);
bool vm_setup_annotations(py_frame *f);
bool vm_print_expr(ob_val v);
bool vm_super_method(ob_val cls, ob_val self, ob_val name, ob_val *func, ob_val *recv);
/* A call of a class whose instances are plain and whose __new__ is object's: true: handled: *result is the instance or OB_NULL (failed), or
 * *push set: *result is the Python __init__ and the arguments now begin with the instance. */
bool vm_plain_construct(ob_val cls, ob_val **av, size_t *n, ob_val kw, uint32_t *push, ob_val *result);
bool vm_spread(py_thread *T, py_frame *f, ob_val callee, ob_val args, ob_val kwargs, ob_val **av, size_t *n, ob_val *kw);
ob_val vm_make_function(py_frame *f, ob_val code, const ob_val *parts);
ob_val vm_build_set(const ob_val *items, size_t n);
ob_val vm_build_dict(const ob_val *pairs, size_t n);
bool vm_list_extend(ob_val list, ob_val it);
bool vm_dict_update(ob_val dict, ob_val other);
bool vm_unpack(ob_val seq, ob_val *to, size_t n);
ob_val vm_list_iter_end(ob_seq_iter_body *b);              /* OB_NULL without exception: exhausted */
int vm_list_set(ob_val l, int64_t i, ob_val x) MUST_CHECK;
bool vm_unpack_ex(ob_val seq, ob_val *to, size_t before, size_t after);
void vm_raise(py_thread *T, ob_val exc, ob_val cause);
int vm_exc_match(ob_val exc, ob_val cls);
bool vm_with_enter(ob_val ctx, ob_val *exit, ob_val *enter);
bool vm_with_exit(ob_val *ctx);      /* the context becomes its __exit__ */
bool vm_async_with_enter(ob_val ctx, ob_val *exit, ob_val *enter);
ob_val vm_send(ob_val it, ob_val value, bool *done);          /* next or send on a foreign iterator; *done: result of StopIteration */
ob_val vm_yield_iter(py_frame *f, ob_val v);
ob_val vm_awaited(ob_val v);                                  /* what drives v; OB_NULL without exception: v has no __await__ */
ob_val vm_awaitable(ob_val v, int from);
ob_val vm_aiter(ob_val v);
ob_val vm_anext(ob_val v);
ob_val vm_match_keys(ob_val mapping, ob_val keys);
ob_val vm_match_class(ob_val subject, ob_val cls, size_t npos, ob_val names);
bool vm_group_match(py_thread *T, ob_val group, ob_val type, ob_val *out);
ob_val vm_group_raise(ob_val group, ob_val raised);
void vm_add_traceback(py_thread *T, py_frame *f, const py_instr *pc);

#endif
