/* call.c: binding the arguments of Python functions, and entering the VM from C. */
#include "interp/run/frame.h"
#include "interp/run/vm_ops.h"
#include "interp/run/import.h"
#include "objspace/dict.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdio.h>

static bool recursion_error(void) {
    return ob_fail(ob_raise(&ob_exc_RecursionError, "maximum recursion depth exceeded"));
}

/* ---- TypeErrors with CPython's words ---- */

static bool too_many(const py_code *c, const ob_function *fn, size_t given, size_t kwonly_given) {
    size_t ndef = ob_is_null(fn->defaults) ? 0 : ob_tuple_len(fn->defaults), least = c->argcount - ndef;
    char takes[64];
    if (ndef) snprintf(takes, sizeof takes, "from %zu to %u", least, c->argcount);
    else snprintf(takes, sizeof takes, "%u", c->argcount);
    bool plural = ndef ? true : c->argcount != 1;
    char kw[96] = "";
    if (kwonly_given)
        snprintf(kw, sizeof kw, " positional argument%s (and %zu keyword-only argument%s)", given == 1 ? "" : "s", kwonly_given, kwonly_given == 1 ? "" : "s");
    return ob_fail(ob_raise(&ob_exc_TypeError, "%S() takes %s positional argument%s but %zu%s %s given", fn->qualname, takes, plural ? "s" : "",
                            given, kw, given == 1 && !kwonly_given ? "was" : "were"));
}

static bool missing(const py_code *c, const ob_function *fn, const ob_val *r, size_t from, size_t to, const char *kind) {
    ob_strbuf b;
    size_t n = 0, seen = 0;
    for (size_t i = from; i < to; i++) n += ob_is_null(r[i]);
    ob_strbuf_init(&b);
    for (size_t i = from; i < to; i++) {
        if (!ob_is_null(r[i])) continue;
        seen++;
        if (seen > 1) ob_strbuf_c(&b, n == 2 ? " and " : seen == n ? ", and " : ", ");
        ob_val name = ob_repr(ob_tuple_at(c->varnames, i));
        if (ob_is_null(name)) return false;
        ob_strbuf_str(&b, name);
    }
    ob_val names = ob_strbuf_finish(&b);
    if (ob_is_null(names)) return false;
    return ob_fail(ob_raise(&ob_exc_TypeError, "%S() missing %zu required %s argument%s: %S", fn->qualname, n, kind, n == 1 ? "" : "s", names));
}

/* ---- binding ---- */

/* false: some of the keywords are parameters that take none; they are named all together. */
static bool check_positional_only(const py_code *c, const ob_function *fn, ob_val keywords) {
    ob_val found = OB_NULL;
    for (size_t i = 0; i < c->posonly; i++) {
        ob_val name = ob_tuple_at(c->varnames, i);
        for (size_t k = 0; k < ob_tuple_len(keywords); k++) {
            if (!ob_str_equal(ob_tuple_at(keywords, k), name)) continue;
            found = ob_is_null(found) ? name : ob_str_format_c("%S, %S", found, name);
            if (ob_is_null(found)) return false;
        }
    }
    return ob_is_null(found) || ob_fail(ob_raise(&ob_exc_TypeError, "%S() got some positional-only arguments passed as keyword arguments: '%S'", fn->qualname, found));
}

/* Puts keyword arguments into r, the rest into kwargs (or fails). */
static bool bind_keywords(const py_code *c, const ob_function *fn, ob_val *r, const ob_val *values, ob_val names, ob_val kwargs) {
    size_t total = c->argcount + c->kwonly;
    for (size_t k = 0; k < ob_tuple_len(names); k++) {
        ob_val name = ob_tuple_at(names, k);
        size_t i;
        for (i = c->posonly; i < total; i++) if (ob_same(ob_tuple_at(c->varnames, i), name)) break;
        if (i == total) for (i = c->posonly; i < total; i++) if (ob_str_equal(ob_tuple_at(c->varnames, i), name)) break;
        if (i < total) {
            if (!ob_is_null(r[i])) return ob_fail(ob_raise(&ob_exc_TypeError, "%S() got multiple values for argument '%S'", fn->qualname, name));
            r[i] = values[k];
        } else if (!ob_is_null(kwargs)) {
            if (!ob_dict_set(kwargs, name, values[k])) return false;
        } else {
            if (!check_positional_only(c, fn, names)) return false;
            return ob_fail(ob_raise(&ob_exc_TypeError, "%S() got an unexpected keyword argument '%S'", fn->qualname, name));
        }
    }
    return true;
}

static bool fill_defaults(const py_code *c, const ob_function *fn, ob_val *r) {
    size_t ndef = ob_is_null(fn->defaults) ? 0 : ob_tuple_len(fn->defaults), first = c->argcount - ndef;
    for (size_t i = 0; i < c->argcount; i++) {
        if (!ob_is_null(r[i])) continue;
        if (i < first) return missing(c, fn, r, 0, first, "positional");
        r[i] = ob_tuple_at(fn->defaults, i - first);
    }
    for (size_t i = c->argcount; i < c->argcount + c->kwonly; i++) {
        if (!ob_is_null(r[i])) continue;
        ob_val d = ob_is_null(fn->kwdefaults) ? OB_NULL : ob_dict_get(fn->kwdefaults, ob_tuple_at(c->varnames, i));
        if (ob_is_null(d)) {
            if (ob_failed()) return false;
            for (size_t k = i + 1; k < c->argcount + c->kwonly && !ob_is_null(fn->kwdefaults); k++)
                if (ob_is_null(r[k])) r[k] = ob_dict_get(fn->kwdefaults, ob_tuple_at(c->varnames, k));
            return missing(c, fn, r, c->argcount, c->argcount + c->kwonly, "keyword-only");
        }
        r[i] = d;
    }
    return true;
}

/* a may be r itself. */
static bool bind(const py_code *c, const ob_function *fn, ob_val *r, const ob_val *a, size_t n, ob_val kwnames) {
    size_t nk = ob_is_null(kwnames) ? 0 : ob_tuple_len(kwnames), total = c->argcount + c->kwonly;
    size_t npos = n < c->argcount ? n : c->argcount;
    ob_val star = OB_NULL, kwargs = OB_NULL, few[16], *values = few;
    if (n > c->argcount && !(c->flags & PY_CO_VARARGS)) {
        size_t kwonly = 0;
        for (size_t k = 0; k < nk; k++)
            for (size_t i = c->argcount; i < total; i++) kwonly += ob_str_equal(ob_tuple_at(c->varnames, i), ob_tuple_at(kwnames, k));
        return too_many(c, fn, n, kwonly);
    }
    if (c->flags & PY_CO_VARARGS) {
        star = n > c->argcount ? ob_tuple_from(a + c->argcount, n - c->argcount) : ob_empty_tuple;
        if (ob_is_null(star)) return false;
    }
    if (c->flags & PY_CO_VARKEYWORDS && ob_is_null(kwargs = ob_dict_new())) return false;
    if (nk) {
        if (nk > BASE_LENGTH(few) && !(values = ob_block_alloc(nk * sizeof *values))) return false;
        memcpy(values, a + n, nk * sizeof *values);
    }
    if (npos) memmove(r, a, npos * sizeof *r);
    for (size_t i = npos; i < c->nlocals + c->ncellregs; i++) r[i] = OB_NULL;
    if (nk && !bind_keywords(c, fn, r, values, kwnames, kwargs)) return false;
    if (!fill_defaults(c, fn, r)) return false;
    size_t at = total;
    if (c->flags & PY_CO_VARARGS) r[at++] = star;
    if (c->flags & PY_CO_VARKEYWORDS) r[at++] = kwargs;
    return true;
}

static void fill_header(py_thread *T, py_frame *f, py_code *c, ob_val func, ob_val globals, py_ic *ics, uint32_t flags, uint16_t dst) {
    f->prev = T->frame;
    f->pc = c->code;
    f->code = c;
    f->func = func;
    f->globals = globals;
    f->ic = ics;
    f->ns = f->owner = f->object = OB_NULL;
    f->flags = flags;
    f->dst = dst;
    f->above = 0;
}

py_frame *py_frame_push(py_thread *T, ob_val *at, ob_val func, const ob_val *a, size_t n, ob_val kwnames, uint32_t flags, uint16_t dst) {
    const ob_function *fn = (const ob_function *)ob_ptr(func);
    py_code *c = py_code_ptr(fn->code);
    py_frame *f = (py_frame *)(void *)at;
    size_t nk = ob_is_null(kwnames) ? 0 : ob_tuple_len(kwnames);
    if (f->r + c->nregs + n + nk >= T->stack_end || T->depth >= T->limit) return recursion_error() ? f : NULL;
    py_ic *ics = vm_ic_table(c, T);
    if (!ics || !bind(c, fn, f->r, a, n, kwnames)) return NULL;
    if (c->nfree) memcpy(f->r + c->nlocals + c->ncellregs, ob_tuple_ptr(fn->closure)->items, c->nfree * sizeof(ob_val));
    fill_header(T, f, c, func, fn->globals, ics, flags, dst);
    T->depth++;
    return f;
}

/* ---- from C ---- */

ob_val py_call_function(ob_val func, const ob_val *a, size_t n, ob_val kwnames) {
    py_thread *T = py_me;
    if (!ob_c_enter()) return OB_NULL;
    py_frame *f = py_frame_push(T, PY_TOP(T), func, a, n, kwnames, PY_F_ENTRY, 0);
    ob_val v = OB_NULL;
    if (f && f->code->flags & VM_GEN_FLAGS) {
        v = py_gen_new(f);
        T->depth--;
    } else if (f) {
        unsigned depth = T->depth;
        v = py_vm_run(T, f);
        T->depth = depth - 1;
    }
    ob_c_leave();
    return v;
}

/* What vm.c and the natives that it calls have on the C stack can be told from what their callers have there: an explicit collection need not
 * look at the former. */
NOINLINE ob_val py_vm_run(py_thread *T, py_frame *f) {
    uintptr_t regs[32];
    const char *outer = T->loop;
    T->loop = ob_spill(regs);
    ob_val v = py_vm_loop(T, f);
    T->loop = outer;
    __asm__ volatile("" : : "r"(regs) : "memory");     /* regs lives until here */
    return v;
}

ob_val py_frame_builtins(const py_frame *f) {
    ob_val b = ob_is_null(f->func) ? OB_NULL : ((const ob_function *)ob_ptr(f->func))->builtins;
    return ob_is_null(b) ? py_builtins : b;
}
ob_val py_builtins_of(ob_val globals) {
    ob_val b = ob_dict_get(globals, OB_NAME(builtins));
    if (ob_is_null(b)) return ob_failed() ? b : py_me->frame ? py_frame_builtins(py_me->frame) : py_builtins;
    return ob_is_a(b, &ob_module_type) ? ob_module_dict(b) : b;
}

/* Code that is no function's gets one where builtins of its own or a namespace that outlives the frame (a coroutine's) must be kept. */
static bool give_function(py_frame *f, ob_val ns) {
    ob_val b = py_builtins_of(f->globals);
    bool waits = f->code->flags & VM_GEN_FLAGS;
    if (ob_is_null(b)) return false;
    if (ob_same(b, py_builtins) && !waits) return true;
    ob_val v = ob_function_new(ob_of(f->code), f->globals, f->code->qualname);
    if (ob_is_null(v)) return false;
    ob_function *fn = (ob_function *)ob_ptr(v);
    fn->name = f->code->name;
    fn->builtins = b;
    if (waits) fn->attrs = ns;
    f->func = v;
    return true;
}

ob_val py_run_code(ob_val code, ob_val globals, ob_val ns, ob_val closure) {
    py_thread *T = py_me;
    py_code *c = py_code_ptr(code);
    py_frame *f = (py_frame *)(void *)PY_TOP(T);
    if (f->r + c->nregs >= T->stack_end || T->depth >= T->limit) { recursion_error(); return OB_NULL; }
    py_ic *ics = vm_ic_table(c, T);
    if (!ics || !ob_c_enter()) return OB_NULL;
    for (size_t i = 0, e = c->nlocals + c->ncellregs; i < e; i++) f->r[i] = OB_NULL;
    if (c->nfree) memcpy(f->r + c->nlocals + c->ncellregs, ob_tuple_ptr(closure)->items, c->nfree * sizeof(ob_val));
    fill_header(T, f, c, OB_NULL, globals, ics, PY_F_ENTRY, 0);
    f->ns = ns;
    ob_val v = OB_NULL;
    if (give_function(f, ns) && c->flags & VM_GEN_FLAGS) {
        v = py_gen_new(f);
    } else if (!ob_failed()) {
        unsigned depth = T->depth++;
        v = py_vm_run(T, f);
        T->depth = depth;
    }
    ob_c_leave();
    return v;
}
