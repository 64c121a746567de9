/* vm_ops.c: slow paths and rare operations of the VM. No state of its own but two static objects. */
#include "interp/run/vm_ops.h"
#include "interp/lang/atomic.h"
#include "interp/lang/invariant.h"
#include "interp/run/import.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/exc_group.h"
#include "objspace/float.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

/* ---- operators ---- */

static bool as_double(ob_val v, double *d) {
    if (ob_is_imm_float(v)) { *d = ob_float_decode(v); return true; }
    if (ob_is_small(v)) {
        int64_t i = ob_to_small(v);
        *d = (double)i;
        return i >= -(INT64_C(1) << 53) && i <= INT64_C(1) << 53;   /* exact, or left to the general path */
    }
    return false;
}

ob_val vm_arith(ob_bin_op op, ob_val a, ob_val b) {
    double x, y;
    if (!ob_is_ptr(a) && !ob_is_ptr(b) && as_double(a, &x) && as_double(b, &y)) {
        bool ints = ob_both_small(a, b);
        switch (op) {
        case OB_BIN_ADD: if (!ints) return ob_float_from(x + y); break;
        case OB_BIN_SUB: if (!ints) return ob_float_from(x - y); break;
        case OB_BIN_MUL: if (!ints) return ob_float_from(x * y); break;
        case OB_BIN_TRUEDIV: if (y != 0) return ob_float_from(x / y); break;
        default: break;
        }
    }
    if (op == OB_BIN_ADD && ob_is_exact(a, &ob_str_type) && ob_is_exact(b, &ob_str_type)) return ob_str_concat(a, b);
    return ob_binary(op, a, b);
}

ob_val vm_inplace(ob_bin_op op, ob_val a, ob_val b) {
    if (!ob_is_ptr(a) || ob_is_exact(a, &ob_str_type)) return vm_arith(op, a, b);
    ob_val v = ob_inplace(op, a, b);
    if (UNLIKELY(py_me->look & PY_LOOK_GUARDED) && !ob_is_null(v) && !py_guard_settle(py_me)) return OB_NULL;
    return v;
}

enum { ACC_MIN = 64 };         /* shorter results are made the ordinary way */

ob_val vm_accumulate(py_thread *T, unsigned reg, ob_val s, ob_val more) {
    ob_str_obj *o = ob_str_ptr(s);
    size_t n = o->len, k = ob_str_len(more), width = o->o.aux;
    if (ob_str_kind(more) != width || ob_str_is_ascii(more) != ob_str_is_ascii(s) || n + k < ACC_MIN) return ob_binary(OB_BIN_ADD, s, more);
    ob_val *slot = &T->acc[reg % BASE_LENGTH(T->acc)];
    if (!ob_same(*slot, s) || sizeof *o + (n + k + 1) * width > ob_cell_size(o)) {
        o = ob_alloc_leaf(&ob_str_type, sizeof *o + (n + k) * 2 * width);
        if (!o) return OB_NULL;
        const ob_str_obj *old = ob_str_ptr(s);
        o->o.aux = (uint32_t)width;
        if (ob_str_is_ascii(s)) ob_flag_set(o, OB_F_ASCII);
        atomic_store_explicit(&o->hash, 0, memory_order_relaxed);
        memcpy(o->data, old->data, n * width);
        *slot = ob_of(o);
    }
    memcpy(o->data + n * width, ob_str_ptr(more)->data, k * width);
    memset(o->data + (n + k) * width, 0, width);
    o->len = n + k;
    atomic_store_explicit(&o->hash, 0, memory_order_relaxed);
    return ob_of(o);
}

int vm_truth(ob_val v) {
    if (ob_is_small(v)) return ob_to_small(v) != 0;
    if (ob_is_imm_float(v)) return ob_float_decode(v) != 0;
    if (ob_is_exact(v, &ob_str_type)) return ob_str_len(v) != 0;
    return ob_truth(v);
}

int vm_compare_truth(ob_cmp_op op, ob_val a, ob_val b) {
    if ((op == OB_EQ || op == OB_NE) && ob_is_ptr(a) && ob_is_ptr(b) && ob_ptr(a)->type == &ob_str_type && ob_ptr(b)->type == &ob_str_type)
        return (ob_same(a, b) || ob_str_equal(a, b)) == (op == OB_EQ);
    ob_val v = ob_compare(op, a, b);
    return ob_is_null(v) ? -1 : vm_truth(v);
}

/* ---- names ---- */

static ob_val register_name(const py_code *c, unsigned reg) {
    if (reg < c->nlocals) return ob_tuple_at(c->varnames, reg);
    unsigned i = reg - c->nlocals;
    if (i < c->ncellregs) {          /* cells that are no parameters, in cellvars order */
        for (size_t k = 0; k < ob_tuple_len(c->cellvars); k++) {
            bool is_local = false;
            for (size_t v = 0; v < c->nlocals; v++) is_local |= ob_str_equal(ob_tuple_at(c->varnames, v), ob_tuple_at(c->cellvars, k));
            if (!is_local && i-- == 0) return ob_tuple_at(c->cellvars, k);
        }
        return OB_NULL;
    }
    i -= c->ncellregs;
    return i < c->nfree ? ob_tuple_at(c->freevars, i) : OB_NULL;
}

static void name_error(ob_type *type, ob_val name, const char *format) {
    ob_raise(type, format, name);
    if (ob_err.cond != OB_COND_EXCEPTION) return;
    ob_val e = ob_err_fetch();
    if (!ob_setattr(e, OB_NAME(plain_name), name)) ob_err_clear();
    ob_err_restore(e);
}

void vm_unbound(py_frame *f, unsigned reg) {
    ob_val name = register_name(f->code, reg);
    if (ob_is_null(name)) { ob_raise(&ob_exc_SystemError, "unbound temporary"); return; }
    if (reg >= f->code->nlocals + f->code->ncellregs)
        name_error(&ob_exc_NameError, name, "cannot access free variable '%S' where it is not associated with a value in enclosing scope");
    else name_error(&ob_exc_UnboundLocalError, name, "cannot access local variable '%S' where it is not associated with a value");
}

static ob_val ns_get(ob_val ns, ob_val name) {
    if (ob_is_exact(ns, &ob_dict_type)) return ob_dict_get(ns, name);
    ob_val v = ob_getitem(ns, name);
    if (ob_is_null(v)) ob_err_clear_if(&ob_exc_KeyError);
    return v;
}

ob_val vm_load_class_cell(py_frame *f, ob_val cell, ob_val name, unsigned reg) {
    ob_val ns = py_frame_ns(f), v = ob_is_null(ns) ? OB_NULL : ns_get(ns, name);
    if (!ob_is_null(v) || ob_failed()) return v;
    v = ob_cell_get(cell);
    if (ob_is_null(v)) vm_unbound(f, reg);
    return v;
}

bool vm_del_global(py_frame *f, ob_val name) {
    int r = ob_dict_del(f->globals, name);
    if (r == 0) name_error(&ob_exc_NameError, name, "name '%S' is not defined");
    return r > 0;
}

bool vm_store_name(py_frame *f, ob_val name, ob_val v) {
    ob_val ns = py_frame_ns(f);
    if (ob_is_null(ns)) ns = f->globals;
    return ob_is_exact(ns, &ob_dict_type) ? ob_dict_set(ns, name, v) : ob_setitem(ns, name, v);
}

bool vm_del_name(py_frame *f, ob_val name) {
    ob_val ns = py_frame_ns(f);
    if (ob_is_null(ns)) ns = f->globals;
    if (ob_is_exact(ns, &ob_dict_type)) {
        int r = ob_dict_del(ns, name);
        if (r == 0) name_error(&ob_exc_NameError, name, "name '%S' is not defined");
        return r > 0;
    }
    if (ob_delitem(ns, name)) return true;
    if (ob_err_clear_if(&ob_exc_KeyError)) name_error(&ob_exc_NameError, name, "name '%S' is not defined");
    return false;
}

ob_val vm_builtin(py_frame *f, ob_val name) {
    ob_val v = ns_get(f ? py_frame_builtins(f) : py_builtins, name);
    return ob_is_null(v) && !ob_failed() ? ob_raise(&ob_exc_NameError, "%S not found", name) : v;
}

bool vm_setup_annotations(py_frame *f) {
    ob_val ns = py_frame_ns(f);
    if (ob_is_null(ns)) ns = f->globals;
    ob_val a = ns_get(ns, OB_NAME(annotations));
    if (!ob_is_null(a)) return true;
    if (ob_failed()) return false;
    a = ob_dict_new();
    return !ob_is_null(a) && (ob_is_exact(ns, &ob_dict_type) ? ob_dict_set(ns, OB_NAME(annotations), a) : ob_setitem(ns, OB_NAME(annotations), a));
}

bool vm_print_expr(ob_val v) {
    ob_val hook = ob_dict_get_str(py_sys, OB_NAME(displayhook));
    if (ob_is_null(hook)) return ob_fail(ob_raise(&ob_exc_RuntimeError, "lost sys.displayhook"));
    return !ob_is_null(ob_call1(hook, v));
}

/* ---- calls ---- */

bool vm_super_method(ob_val cls, ob_val self, ob_val name, ob_val *func, ob_val *recv) {
    ob_val s = ob_super_new(ob_type_ptr(cls), self);
    if (ob_is_null(s)) return false;
    *func = ob_getattr(s, name);
    *recv = OB_NULL;
    return !ob_is_null(*func);
}

bool vm_plain_construct(ob_val cls, ob_val **av, size_t *n, ob_val kw, uint32_t *push, ob_val *result) {
    ob_type *t = ob_type_ptr(cls);
    if (!(t->flags & OB_TF_INST) || (t->flags & OB_TF_ABSTRACT) || t->cls.h.cls != (tx_class *)&ob_type_type || t->slots.make != ob_object_type.slots.make)
        return false;
    ob_val init = ob_type_lookup(t, OB_NAME(init));
    if (ob_is_null(init) || ob_type_of(init) != &ob_function_type) return false;
    ob_val self = ob_inst_new(t);
    *result = self;
    if (ob_is_null(self)) return true;
    size_t total = *n + (ob_is_null(kw) ? 0 : ob_tuple_len(kw));
    memmove(*av + 1, *av, total * sizeof **av);
    (*av)[0] = self;
    ++*n;
    *push = PY_F_INIT;
    *result = init;
    return true;
}

/* The value behind a lone * as a tuple. */
static ob_val spread_tuple(ob_val callee, ob_val args) {
    if (ob_is_exact(args, &ob_tuple_type)) return args;
    if (!ob_type_of(args)->slots.iter && ob_is_null(ob_lookup_special(args, OB_NAME(getitem)))) {
        ob_val q = ob_failed() ? OB_NULL : ob_getattr_opt(callee, OB_NAME(qualname)), m = ob_is_null(q) ? q : ob_getattr_opt(callee, OB_NAME(module));
        if (ob_failed()) return OB_NULL;
        if (ob_is_null(q)) return ob_raise(&ob_exc_TypeError, "%S argument after * must be an iterable, not %T", callee, args);
        bool dotted = !ob_is_null(m) && !ob_is_none(m) && !(ob_is_str(m) && ob_str_equal_c(m, "builtins"));
        if (dotted) return ob_raise(&ob_exc_TypeError, "%S.%S() argument after * must be an iterable, not %T", m, q, args);
        return ob_raise(&ob_exc_TypeError, "%S() argument after * must be an iterable, not %T", q, args);
    }
    return ob_tuple_of_iterable(args);
}

/* Spreads the arguments of a call with * above the registers of f. They stay there while a native runs: f->above says how much it is. */
bool vm_spread(py_thread *T, py_frame *f, ob_val callee, ob_val args, ob_val kwargs, ob_val **av, size_t *n, ob_val *kw) {
    args = spread_tuple(callee, args);
    if (ob_is_null(args)) return false;
    f->r[f->pc[-1].b + 1 + PY_FRAME_WORDS] = args;        /* keeps its items alive */
    size_t np = ob_tuple_len(args), nk = ob_is_null(kwargs) ? 0 : ob_dict_len(kwargs);
    ob_val *to = f->r + f->code->nregs + 1 + PY_FRAME_WORDS;
    if (np + nk > 1000000 || to + np + nk + 64 >= T->stack_end) return ob_fail(ob_raise(&ob_exc_RecursionError, "too many arguments for the stack"));
    f->above = (uint16_t)((np + nk + 1 + PY_FRAME_WORDS) / 16 + 1);
    memcpy(to, ob_tuple_ptr(args)->items, np * sizeof *to);
    *av = to;
    *n = np;
    *kw = OB_NULL;
    if (!nk) return true;
    ob_val names = ob_tuple_alloc(nk);
    if (ob_is_null(names)) return false;
    size_t pos = 0, i = 0;
    for (ob_val k, v; i < nk && ob_dict_next(kwargs, &pos, &k, &v); i++) {
        if (!ob_is_str(k)) return ob_fail(ob_raise(&ob_exc_TypeError, "keywords must be strings"));
        ob_tuple_ptr(names)->items[i] = k;
        to[np + i] = v;
    }
    *kw = names;
    return true;
}

ob_val vm_make_function(py_frame *f, ob_val code, const ob_val *parts) {
    ob_val v = ob_function_new(code, f->globals, py_code_ptr(code)->qualname);
    if (ob_is_null(v)) return v;
    ob_function *fn = (ob_function *)ob_ptr(v);
    fn->name = py_code_ptr(code)->name;
    fn->doc = py_code_ptr(code)->doc;
    if (parts) {
        if (!ob_is_null(parts[0])) fn->defaults = parts[0];
        if (!ob_is_null(parts[1])) fn->kwdefaults = parts[1];
        if (!ob_is_null(parts[2])) fn->annotations = parts[2];
        if (!ob_is_null(parts[3])) fn->closure = parts[3];
    }
    if (!ob_is_null(f->func)) fn->builtins = ((ob_function *)ob_ptr(f->func))->builtins;
    return v;
}

/* ---- building and taking apart ---- */

ob_val vm_build_set(const ob_val *items, size_t n) {
    ob_val s = ob_set_new();
    for (size_t i = 0; i < n && !ob_is_null(s); i++) if (!ob_set_add(s, items[i])) return OB_NULL;
    return s;
}

ob_val vm_build_dict(const ob_val *pairs, size_t n) {
    ob_val d = ob_dict_new_sized(n);
    for (size_t i = 0; i < n && !ob_is_null(d); i++) if (!ob_dict_set(d, pairs[2 * i], pairs[2 * i + 1])) return OB_NULL;
    return d;
}

bool vm_list_extend(ob_val list, ob_val it) {
    if (ob_list_extend(list, it)) return true;
    if (ob_err_matches(&ob_exc_TypeError) && !ob_type_of(it)->slots.iter && ob_is_null(ob_lookup_special(it, OB_NAME(getitem)))) {
        ob_err_clear();
        ob_raise(&ob_exc_TypeError, "Value after * must be an iterable, not %T", it);
    }
    return false;
}

bool vm_dict_update(ob_val dict, ob_val other) {
    if (!ob_is_dict(other) && ob_is_null(ob_getattr_opt(other, OB_NAME(keys))))
        return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "'%T' object is not a mapping", other));
    return ob_dict_update(dict, other);
}

static bool unpack_too_few(size_t want, size_t got, bool star) {
    return ob_fail(star ? ob_raise(&ob_exc_ValueError, "not enough values to unpack (expected at least %zu, got %zu)", want, got)
                        : ob_raise(&ob_exc_ValueError, "not enough values to unpack (expected %zu, got %zu)", want, got));
}

static ob_val unpack_iter(ob_val seq) {
    if (!ob_type_of(seq)->slots.iter && ob_is_null(ob_lookup_special(seq, OB_NAME(getitem))))
        return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "cannot unpack non-iterable %T object", seq);
    return ob_iter(seq);
}

/* Where inline code finds no item: the end, or a big shared list. */
ob_val vm_list_iter_end(ob_seq_iter_body *b) {
    ob_val x = ob_list_get_quick(b->seq, (int64_t)b->i);
    if (!ob_is_null(x)) b->i++;
    else if (!ob_failed()) b->seq = OB_NULL;
    return x;
}

/* l[i] = x; 0: out of range, without an exception. */
int vm_list_set(ob_val l, int64_t i, ob_val x) {
    if (i < 0) i += (int64_t)ob_list_len(l);
    return i < 0 ? 0 : ob_list_set_quick(l, i, x);
}

bool vm_unpack(ob_val seq, ob_val *to, size_t n) {
    if (ob_is_exact(seq, &ob_list_type)) {
        size_t len = ob_list_len(seq);
        if (len == n) {
            const ob_val *items = ob_list_whole(seq, &len);
            if (!items && n) return false;
            if (n) memcpy(to, items, n * sizeof *to);
            return true;
        }
        if (len < n) return unpack_too_few(n, len, false);
        return ob_fail(ob_raise(&ob_exc_ValueError, "too many values to unpack (expected %zu)", n));
    }
    if (ob_is_exact(seq, &ob_tuple_type)) {
        if (ob_tuple_len(seq) < n) return unpack_too_few(n, ob_tuple_len(seq), false);
        return ob_fail(ob_raise(&ob_exc_ValueError, "too many values to unpack (expected %zu)", n));
    }
    ob_val it = unpack_iter(seq);
    if (ob_is_null(it)) return false;
    for (size_t i = 0; i < n; i++) {
        to[i] = ob_next(it);
        if (ob_is_null(to[i])) return ob_failed() ? false : unpack_too_few(n, i, false);
    }
    if (!ob_is_null(ob_next(it))) return ob_fail(ob_raise(&ob_exc_ValueError, "too many values to unpack (expected %zu)", n));
    return !ob_failed();
}

bool vm_unpack_ex(ob_val seq, ob_val *to, size_t before, size_t after) {
    ob_val it = unpack_iter(seq);
    if (ob_is_null(it)) return false;
    for (size_t i = 0; i < before; i++) {
        to[i] = ob_next(it);
        if (ob_is_null(to[i])) return ob_failed() ? false : unpack_too_few(before + after, i, true);
    }
    ob_val rest = ob_list_of_iterable(it);
    if (ob_is_null(rest)) return false;
    size_t len = ob_list_len(rest);
    if (len < after) return unpack_too_few(before + after, before + len, true);
    for (size_t i = 0; i < after; i++) to[before + 1 + i] = ob_list_at(rest, len - after + i);
    for (size_t i = 0; i < after; i++) if (ob_is_null(ob_list_pop(rest, -1))) return false;
    to[before] = rest;
    return true;
}

/* ---- exceptions ---- */

static ob_val instance_of_exception(ob_val v, const char *message) {
    if (ob_is_exception_class(v)) {
        ob_val e = ob_call0(v);
        if (!ob_is_null(e) && !ob_is_exception(e))
            return ob_raise(&ob_exc_TypeError, "calling %R should have returned an instance of BaseException, not %T", v, e);
        return e;
    }
    if (ob_is_exception(v)) return v;
    return ob_raise(&ob_exc_TypeError, "%s", message);
}

void vm_raise(py_thread *T, ob_val exc, ob_val cause) {
    if (ob_is_null(exc)) {
        if (ob_is_null(T->handled)) { ob_raise(&ob_exc_RuntimeError, "No active exception to reraise"); return; }
        ob_err_restore(T->handled);
        return;
    }
    ob_val e = instance_of_exception(exc, "exceptions must derive from BaseException");
    if (ob_is_null(e)) return;
    if (!ob_is_null(cause)) {
        ob_val c = ob_is_none(cause) ? OB_NONE : instance_of_exception(cause, "exception causes must derive from BaseException");
        if (ob_is_null(c) || !ob_exc_set_cause(e, c)) return;
    }
    ob_raise_value(e);
}

/* All classes are looked at, also behind the one that matches; a tuple within a tuple is no class. */
/* What abort() raises runs what cleans up, and nothing that catches. */
static bool is_uncaught(ob_val exc) { return ob_is_exact(exc, &py_abort_type); }

/* cls exc itself: a clause that names no class. */
int vm_exc_match(ob_val exc, ob_val cls) {
    if (cls.w == exc.w || is_uncaught(exc)) return !is_uncaught(exc);
    size_t n = ob_is_tuple(cls) ? ob_tuple_len(cls) : 1;
    bool match = false;
    for (size_t i = 0; i < n; i++) {
        ob_val one = ob_is_tuple(cls) ? ob_tuple_at(cls, i) : cls;
        if (!ob_is_exception_class(one))
            return ob_fail_int(ob_raise(&ob_exc_TypeError, "catching classes that do not inherit from BaseException is not allowed"));
        match = match || ob_type_is_subtype(ob_type_of(exc), ob_type_ptr(one));
    }
    return match;
}

void vm_add_traceback(py_thread *T, py_frame *f, const py_instr *pc) {
    (void)T;
    ob_val e = ob_err_fetch();
    if (ob_is_null(e)) return;
    int32_t at = (int32_t)(pc - 1 - f->code->code);
    ob_val old = ob_exc_get_traceback(e);
    ob_val tb = ob_traceback_new(ob_is_null(old) || ob_is_none(old) ? OB_NULL : old, f->object, ob_of(f->code), f->globals, 2 * at,
                                 at >= 0 && (uint32_t)at < f->code->ncode ? f->code->positions[at].line : f->code->firstlineno);
    if (!ob_is_null(tb)) ((ob_traceback *)ob_ptr(tb))->live = f;
    if (ob_is_null(tb) || !ob_exc_set_traceback(e, tb)) {
        if (ob_err.cond == OB_COND_EXCEPTION) ob_err_clear();
        else if (ob_failed()) return;
    }
    ob_err_restore(e);
}

/* ---- with ---- */

bool vm_with_enter(ob_val ctx, ob_val *exit, ob_val *enter) {
    *enter = ob_lookup_special(ctx, OB_NAME(enter));
    if (ob_is_null(*enter)) return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "'%T' object does not support the context manager protocol", ctx));
    *exit = ob_lookup_special(ctx, OB_NAME(exit));
    if (ob_is_null(*exit))
        return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "'%T' object does not support the context manager protocol (missed __exit__ method)", ctx));
    return true;
}

bool vm_with_exit(ob_val *ctx) {
    *ctx = ob_lookup_special(*ctx, OB_NAME(exit));
    return !ob_is_null(*ctx);
}

bool vm_async_with_enter(ob_val ctx, ob_val *exit, ob_val *enter) {
    *enter = ob_lookup_special(ctx, OB_NAME(aenter));
    if (ob_is_null(*enter))
        return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "'%T' object does not support the asynchronous context manager protocol", ctx));
    *exit = ob_lookup_special(ctx, OB_NAME(aexit));
    if (ob_is_null(*exit))
        return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "'%T' object does not support the asynchronous context manager protocol (missed __aexit__ method)", ctx));
    return true;
}


/* ---- generators and coroutines ---- */


ob_val vm_send(ob_val it, ob_val value, bool *done) {
    ob_val v;
    *done = false;
    if (ob_is_none(value)) {
        ob_type *t = ob_type_of(it);
        if (!t->slots.next) return ob_raise(&ob_exc_TypeError, "'%T' object is not an iterator", it);
        v = t->slots.next(it);
        if (ob_is_null(v) && !ob_failed()) { *done = true; return OB_NONE; }
    } else v = ob_call_method(it, OB_NAME(send), &value, 1);
    if (ob_is_null(v) && ob_err_matches(&ob_exc_StopIteration)) {
        *done = true;
        return ob_exc_stop_value(ob_err_fetch());
    }
    return v;
}

ob_val vm_yield_iter(py_frame *f, ob_val v) {
    if (ob_type_of(v) == &ob_coroutine_type && !(f->code->flags & (PY_CO_COROUTINE | PY_CO_ITERABLE_COROUTINE)))
        return ob_raise(&ob_exc_TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator");
    if (vm_is_gen_type(ob_type_of(v))) return v;
    return ob_iter(v);
}

static bool is_coroutine(ob_val v) {
    const ob_type *t = ob_type_of(v);
    return t == &ob_coroutine_type || (t == &ob_generator_type && ((const py_gen_body *)ob_read(v))->code->flags & PY_CO_ITERABLE_COROUTINE);
}

ob_val vm_awaited(ob_val v) {
    const ob_type *t = ob_type_of(v);
    if (is_coroutine(v) || vm_is_step_type(t)) return v;
    ob_val it = t->slots.await ? t->slots.await(v) : OB_NULL;
    if (ob_is_null(it)) return it;
    if (is_coroutine(it)) return ob_raise(&ob_exc_TypeError, "__await__() returned a coroutine");
    if (!ob_type_of(it)->slots.next) return ob_raise(&ob_exc_TypeError, "__await__() returned non-iterator of type '%T'", it);
    return it;
}

ob_val vm_awaitable(ob_val v, int from) {
    ob_val it = vm_awaited(v);
    if (ob_is_null(it)) {
        if (ob_failed()) return it;
        if (from == 0) return ob_raise(&ob_exc_TypeError, "object %T can't be used in 'await' expression", v);
        return ob_raise(&ob_exc_TypeError, "'async with' received an object from %s that does not implement __await__: %T", from == 1 ? "__aenter__" : "__aexit__", v);
    }
    if (ob_type_of(it) == &ob_coroutine_type && !ob_is_null(py_gen_yielding_from(it))) return ob_raise(&ob_exc_RuntimeError, "coroutine is being awaited already");
    return it;
}

ob_val vm_aiter(ob_val v) {
    ob_type *t = ob_type_of(v);
    if (!t->slots.aiter) return ob_raise(&ob_exc_TypeError, "'async for' requires an object with __aiter__ method, got %T", v);
    ob_val it = t->slots.aiter(v);
    if (!ob_is_null(it) && !ob_type_of(it)->slots.anext)
        return ob_raise(&ob_exc_TypeError, "'async for' received an object from __aiter__ that does not implement __anext__: %T", it);
    return it;
}

ob_val vm_anext(ob_val v) {
    ob_type *t = ob_type_of(v);
    if (!t->slots.anext) return ob_raise(&ob_exc_TypeError, "'async for' requires an iterator with __anext__ method, got %T", v);
    ob_val next = t->slots.anext(v), it = ob_is_null(next) ? next : vm_awaited(next);
    if (!ob_is_null(it) || ob_is_null(next) || ob_err.cond > OB_COND_EXCEPTION) return it;
    ob_val cause = ob_failed() ? ob_err_fetch() : OB_NULL;
    if (ob_is_null(cause)) {
        ob_raise(&ob_exc_TypeError, "object %T can't be used in 'await' expression", next);
        cause = ob_err_fetch();
    }
    ob_raise(&ob_exc_TypeError, "'async for' received an invalid object from __anext__: %T", next);
    ob_val e = ob_err_fetch();
    if (ob_is_null(e) || ob_is_null(cause) || !ob_exc_set_cause(e, cause) || !ob_exc_set_context(e, cause)) return OB_NULL;
    ob_err_restore(e);
    return OB_NULL;
}

/* ---- match ---- */

ob_val vm_match_keys(ob_val mapping, ob_val keys) {
    size_t n = ob_tuple_len(keys);
    ob_val out = ob_tuple_alloc(n), seen = ob_set_new(), get = ob_getattr_c(mapping, "get"), missing = ob_inst_new(&ob_object_type);
    if (ob_is_null(out) || ob_is_null(seen) || ob_is_null(get) || ob_is_null(missing)) return OB_NULL;
    for (size_t i = 0; i < n; i++) {
        ob_val k = ob_tuple_at(keys, i);
        int dup = ob_set_contains(seen, k);
        if (dup) return dup < 0 ? OB_NULL : ob_raise(&ob_exc_ValueError, "mapping pattern checks duplicate key (%R)", k);
        if (!ob_set_add(seen, k)) return OB_NULL;
        ob_val v = ob_call2(get, k, missing);
        if (ob_is_null(v)) return OB_NULL;
        if (ob_same(v, missing)) return OB_NONE;
        ob_tuple_ptr(out)->items[i] = v;
    }
    return out;
}

/* int, str … match themselves as their one positional pattern */
static bool matches_itself(const ob_type *t) {
    return (t->flags & (OB_TF_INT | OB_TF_STR | OB_TF_BYTES | OB_TF_LIST | OB_TF_TUPLE | OB_TF_DICT | OB_TF_FLOAT | OB_TF_SET | OB_TF_FROZENSET)) != 0 ||
           !strcmp(t->name, "bytearray");
}

static bool match_attr(ob_val subject, ob_val name, ob_val *out) {
    *out = ob_getattr(subject, name);
    return !ob_is_null(*out) || ob_err_clear_if(&ob_exc_AttributeError);
}

/* The attribute of the i-th sub-pattern; names before it may not be the same. *out OB_NULL: there is no such attribute. */
static bool match_once(ob_val subject, ob_val cls, ob_val args, size_t npos, ob_val names, size_t i, ob_val *out) {
    ob_val name = i < npos ? ob_tuple_at(args, i) : ob_tuple_at(names, i - npos);
    if (i < npos && !ob_is_str(name)) return ob_fail(ob_raise(&ob_exc_TypeError, "__match_args__ elements must be strings (got %T)", name));
    for (size_t k = 0; k < i; k++) {
        ob_val before = k >= npos ? ob_tuple_at(names, k - npos) : ob_is_null(args) ? OB_NULL : ob_tuple_at(args, k);
        if (!ob_is_null(before) && (ob_same(before, name) || ob_eq(before, name) == 1))
            return ob_fail(ob_raise(&ob_exc_TypeError, "%s() got multiple sub-patterns for attribute %R", ob_type_short_name(ob_type_ptr(cls)), name));
    }
    return match_attr(subject, name, out);
}

ob_val vm_match_class(ob_val subject, ob_val cls, size_t npos, ob_val names) {
    if (!ob_is_type(cls)) return ob_raise(&ob_exc_TypeError, "called match pattern must be a class");
    int is = ob_isinstance(subject, cls);
    if (is <= 0) return is < 0 ? OB_NULL : OB_NONE;
    size_t nkw = ob_tuple_len(names);
    ob_val out = ob_tuple_alloc(npos + nkw), args = OB_NULL, v;
    if (ob_is_null(out)) return out;
    if (npos) {
        args = ob_getattr_opt(cls, OB_NAME(match_args));
        if (ob_failed()) return OB_NULL;
        const char *short_name = ob_type_short_name(ob_type_ptr(cls));
        if (ob_is_null(args) && npos == 1 && matches_itself(ob_type_ptr(cls))) {
            ob_tuple_ptr(out)->items[0] = subject;
        } else {
            size_t allowed = ob_is_null(args) ? 0 : ob_is_tuple(args) ? ob_tuple_len(args) : SIZE_MAX;
            if (allowed == SIZE_MAX) return ob_raise(&ob_exc_TypeError, "%s.__match_args__ must be a tuple (got %T)", short_name, args);
            if (npos > allowed)
                return ob_raise(&ob_exc_TypeError, "%s() accepts %zu positional sub-pattern%s (%zu given)", short_name, allowed, allowed == 1 ? "" : "s", npos);
            for (size_t i = 0; i < npos; i++) {
                if (!match_once(subject, cls, args, npos, names, i, &v)) return OB_NULL;
                if (ob_is_null(v)) return OB_NONE;
                ob_tuple_ptr(out)->items[i] = v;
            }
        }
    }
    for (size_t i = 0; i < nkw; i++) {
        if (!match_once(subject, cls, args, npos, names, npos + i, &v)) return OB_NULL;
        if (ob_is_null(v)) return OB_NONE;
        ob_tuple_ptr(out)->items[npos + i] = v;
    }
    return out;
}

/* ---- except* ---- */

bool vm_group_match(py_thread *T, ob_val group, ob_val type, ob_val *out) {
    ob_val rest, match;
    if (ob_is_none(group) || is_uncaught(group)) {        /* nothing is left to be matched */
        out[0] = OB_NONE;
        out[1] = group;
        return true;
    }
    match = ob_exc_group_match(group, type, &rest);
    if (ob_is_null(match)) return false;
    if (!ob_is_none(match)) T->handled = match;           /* what a bare raise in the clause raises */
    out[0] = match;
    out[1] = rest;
    return true;
}

ob_val vm_group_raise(ob_val group, ob_val raised) { return ob_exc_group_rest(group, raised); }

