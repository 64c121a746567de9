/* call.h: generic operations on any value: what the VM and natives use when they know nothing of the types. All may run Python code. */
#ifndef OBJSPACE_CALL_H
#define OBJSPACE_CALL_H
#include "objspace/heap.h"
#include "objspace/error.h"
#include "objspace/type.h"

/* ---- calls ---- */
ob_val ob_call(ob_val f, const ob_val *a, size_t n);
ob_val ob_call_kw(ob_val f, const ob_val *a, size_t n, ob_val kwnames);   /* a: n positional, then keyword values */
ob_val ob_call_ex(ob_val f, ob_val args_tuple, ob_val kwargs_dict);       /* f(*args, **kwargs); either may be OB_NULL */
ob_val ob_call0(ob_val f);
ob_val ob_call1(ob_val f, ob_val a);
ob_val ob_call2(ob_val f, ob_val a, ob_val b);
ob_val ob_call3(ob_val f, ob_val a, ob_val b, ob_val c);
ob_val ob_call_method(ob_val self, ob_val name, const ob_val *a, size_t n);   /* self.name(*a) */
ob_val ob_call_method_c(ob_val self, const char *name, const ob_val *a, size_t n);
int ob_is_callable(ob_val v);
/* Guards C recursion: false with RecursionError when the C stack of this thread is nearly used up. Pair with leave. */
extern _Atomic(unsigned) ob_recursion_limit;           /* sys.setrecursionlimit: for recursion over data where C counts levels.  relaxed */
MUST_CHECK bool ob_c_enter(void);
void ob_c_leave(void);

/* ---- attributes ---- name: str, interned if possible */
ob_val ob_getattr(ob_val v, ob_val name);
ob_val ob_getattr_c(ob_val v, const char *name);
ob_val ob_getattr_opt(ob_val v, ob_val name);          /* OB_NULL without exception when AttributeError */
bool ob_setattr(ob_val v, ob_val name, ob_val x);      /* x OB_NULL: delete */
bool ob_setattr_c(ob_val v, const char *name, ob_val x);
ob_val ob_generic_getattr(ob_val v, ob_val name);      /* object.__getattribute__ */
bool ob_generic_setattr(ob_val v, ob_val name, ob_val x);

/* ---- operators ---- */
ob_val ob_binary(ob_bin_op op, ob_val a, ob_val b);
ob_val ob_inplace(ob_bin_op op, ob_val a, ob_val b);
ob_val ob_unary(ob_un_op op, ob_val a);                /* NEG POS INVERT ABS, INDEX; INT/FLOAT: see int.h, float.h */
ob_val ob_pow(ob_val a, ob_val b, ob_val mod);
ob_val ob_compare(ob_cmp_op op, ob_val a, ob_val b);
int ob_eq(ob_val a, ob_val b);                         /* identity or ==; 1 0 -1 */
int ob_lt(ob_val a, ob_val b);
bool ob_is(ob_val a, ob_val b);                        /* `is`; boxed floats and big ints by identity */
int ob_truth(ob_val v);                                /* 1 0 -1 */
bool ob_hash(ob_val v, uint64_t *out);                 /* false: TypeError unhashable. Python's hash() is (int64_t)*out, never -1 */
ob_val ob_repr(ob_val v);
ob_val ob_str(ob_val v);                               /* str(v) */
ob_val ob_ascii(ob_val v);
ob_val ob_format(ob_val v, ob_val spec);               /* spec OB_NULL: "" */
bool ob_repr_enter(ob_val v, bool *entered) MUST_CHECK; /* recursion guard of container reprs: *entered false: print "..." */
void ob_repr_leave(ob_val v);
ob_val ob_isinstance_val(ob_val v, ob_val cls);
int ob_isinstance(ob_val v, ob_val cls);               /* honours __instancecheck__, tuples, unions */
int ob_issubclass(ob_val c, ob_val cls);

/* ---- containers ---- */
ssize_t ob_len(ob_val v);
ssize_t ob_length_hint(ob_val v, ssize_t fallback);
ob_val ob_getitem(ob_val o, ob_val k);
bool ob_setitem(ob_val o, ob_val k, ob_val v);
bool ob_delitem(ob_val o, ob_val k);
int ob_contains(ob_val o, ob_val x);
ob_val ob_iter(ob_val v);
ob_val ob_next(ob_val it);                             /* OB_NULL without condition: exhausted (StopIteration is swallowed) */
/* Convenience for natives: for (ob_val x; !ob_is_null(x = ob_next(it)); ) …; if (ob_failed()) … */

/* ---- the interpreter, called from below ---- */
typedef struct ob_vm {
    ob_val (*call_function)(ob_val function, const ob_val *a, size_t n, ob_val kwnames);   /* a Python function object */
    ob_val (*import)(ob_val name, ob_val globals, ob_val locals, ob_val fromlist, int level);
    ob_val (*current_globals)(void);                   /* of the running Python frame; OB_NULL if none */
    ob_val (*current_frame)(void);
    ob_val (*traceback_frame)(ob_val traceback);       /* the frame object of an entry that was made without one */
    ob_val (*builtins)(ob_val globals);                /* of code that begins to run with these globals; OB_NULL: exception */
    bool (*super_args)(ob_val *type, ob_val *obj);     /* of super() without arguments: the running method's class and first argument; RuntimeError */
    bool (*warn)(ob_type *category, const char *text, int stacklevel);                     /* warnings.warn; false: it became an exception */
    bool (*poll)(void);                                /* long C loops call ob_poll() now and then: signals, doom; false: a condition is set */
    bool (*external)(bool holdable);                   /* see ob_external */
} ob_vm;
extern _Thread_local unsigned ob_paging;               /* this thread is loading an object from the store: somewhere in an instruction that calls nothing else */
extern ob_vm ob_the_vm;                                /* filled by interp at start; absent functions are NULL */
bool ob_warn(ob_type *category, int stacklevel, const char *format, ...);                 /* ob_raise's formats; true if nobody listens */

static inline MUST_CHECK bool ob_poll(void) { return !ob_the_vm.poll || ob_the_vm.poll(); }
/* For each step of a loop that may be long: has a signal's handler raised? A load and a branch. */
static inline MUST_CHECK bool ob_interrupted(void) {
    return UNLIKELY(atomic_load_explicit(&ob_safepoint_wanted, memory_order_relaxed) >= OB_SAFE_USER) && !ob_poll();
}
/* Every native calls this before an act that blocks or that the outside world sees (system calls that write, wait, sleep, start something):
 * it ends the slice, so that everything the act depends on is committed; inside an atomic block it restarts the block irrevocably.
 * false: a condition is set, return failure at once. After true the native must not fail for reasons of its own before it acts.
 * Not needed for reading the clock, random numbers, or regular files. */
static inline MUST_CHECK bool ob_external(void) { return !ob_the_vm.external || ob_the_vm.external(false); }

#endif
