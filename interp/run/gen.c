/* gen.c: generators and coroutines: frames that are put aside.
 * The body of a generator is versioned like any other, so that one advanced inside a transaction goes back when that is undone. */
#include "interp/run/frame.h"
#include "interp/code_live.h"
#include "interp/run/vm_ops.h"
#include "objspace/exc.h"
#include "objspace/kind.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

static size_t gen_size(const tx_handle *h) { return sizeof(py_gen_body) + h->aux * sizeof(ob_val); }
static void gen_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) {
    const py_gen_body *b = body;
    ob_trace_val(t, b->func);
    ob_trace_val(t, b->globals);
    ob_trace_val(t, b->name);
    ob_trace_val(t, b->qualname);
    ob_trace_val(t, b->handled);
    ob_trace_val(t, b->object);
    ob_trace_ptr(t, b->code);
    if (b->state != PY_GEN_CREATED && b->state != PY_GEN_SUSPENDED) return;        /* running: they are on the stack */
    const py_live *l = py_code_live(b->code);        /* there since py_gen_new */
    uint32_t pc = (uint32_t)(b->pc - b->code->code);
    ob_trace_vals(t, b->r, b->code->nlocals + b->code->ncellregs + b->code->nfree);
    for (uint32_t r = l->first; pc && r < b->nregs; r++)
        if (py_live_has(l, pc, r) && !(b->pc[-1].op == PY_OP_YIELD && b->pc[-1].a == r)) ob_trace_val(t, b->r[r]);
}
static const tx_kind gen_kind = {.name = "generator", .body_size = gen_size, .trace = ob_kind_trace};

static const py_gen_body *gen_read(ob_val g) { return ob_read(g); }

ob_val py_gen_new(py_frame *f) {
    py_code *c = f->code;
    ob_type *t = c->flags & PY_CO_COROUTINE ? &ob_coroutine_type : c->flags & PY_CO_ASYNC_GENERATOR ? &ob_async_gen_type : &ob_generator_type;
    if (!py_code_live(c)) return ob_raise_memory();
    tx_handle *h = ob_alloc_mut(t, sizeof(py_gen_body) + c->nregs * sizeof(ob_val));
    if (!h) return OB_NULL;
    h->aux = c->nregs;
    py_gen_body *b = tx_inline_body(h);
    b->func = f->func;
    b->globals = f->globals;
    b->name = ((ob_function *)ob_ptr(f->func))->name;
    b->qualname = ((ob_function *)ob_ptr(f->func))->qualname;
    b->code = c;
    b->pc = c->code;
    b->state = PY_GEN_CREATED;
    b->nregs = c->nregs;
    memcpy(b->r, f->r, (c->nlocals + c->ncellregs + c->nfree) * sizeof(ob_val));
    return ob_of(h);
}

static const char *gen_noun(ob_val g) { return ob_type_of(g) == &ob_coroutine_type ? "coroutine" : ob_type_of(g) == &ob_async_gen_type ? "async generator" : "generator"; }

/* Is the suspended body waiting in a YIELDFROM (whose word pc points at)? */
static bool in_yield_from(const py_gen_body *b) {
    return b->state == PY_GEN_SUSPENDED && b->pc[0].op == PY_OP_YIELDFROM && b->pc[-1].op != PY_OP_YIELD;
}

py_frame *py_gen_push(py_thread *T, ob_val *at, ob_val gen, ob_val value, uint32_t flags, uint16_t dst) {
    const py_gen_body *r = gen_read(gen);
    if (r->state == PY_GEN_RUNNING) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "%s already executing", gen_noun(gen)));
    if (r->state == PY_GEN_DONE) {
        if (ob_type_of(gen) == &ob_coroutine_type) ob_raise(&ob_exc_RuntimeError, "cannot reuse already awaited coroutine");
        return NULL;
    }
    if (r->state == PY_GEN_CREATED && !ob_is_null(value) && !ob_is_none(value))
        return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "can't send non-None value to a just-started %s", gen_noun(gen)));
    py_frame *f = (py_frame *)(void *)at;
    py_code *c = r->code;
    if (f->r + c->nregs >= T->stack_end || T->depth >= T->limit) return ob_fail_ptr(ob_raise(&ob_exc_RecursionError, "maximum recursion depth exceeded"));
    py_ic *ics = vm_ic_table(c, T);
    py_gen_body *b = ics ? ob_write(gen) : NULL;
    if (!b) return NULL;
    f->prev = T->frame;
    f->pc = b->pc;
    f->code = c;
    f->func = b->func;
    f->globals = b->globals;
    f->ic = ics;
    f->ns = T->handled;
    f->owner = gen;
    f->object = b->object;
    f->flags = flags;
    f->dst = dst;
    f->above = 0;
    memcpy(f->r, b->r, b->nregs * sizeof(ob_val));
    if (b->state == PY_GEN_SUSPENDED) {
        if (ob_is_null(value)) value = OB_NONE;
        if (in_yield_from(b)) f->r[b->pc[0].c] = value;
        else f->r[b->pc[-1].a] = value;
    }
    if (!ob_is_null(b->handled)) {
        T->handled = b->handled;
        f->flags |= PY_F_HANDLING;
    }
    b->state = PY_GEN_RUNNING;
    T->depth++;
    return f;
}

void py_gen_suspend(py_thread *T, py_frame *f, const py_instr *pc) {
    py_gen_body *b = ob_write(f->owner);
    if (!b) return;
    b->pc = pc;
    b->state = PY_GEN_SUSPENDED;
    b->object = f->object;
    memcpy(b->r, f->r, b->nregs * sizeof(ob_val));
    b->handled = f->flags & PY_F_HANDLING ? T->handled : OB_NULL;
    T->handled = f->ns;
}

void py_gen_finish(py_thread *T, py_frame *f) {
    ob_pending pending = ob_err;
    ob_err = (ob_pending){0};
    py_gen_body *b = ob_write(f->owner);
    if (b) {
        b->state = PY_GEN_DONE;
        b->handled = OB_NULL;
        memset(b->r, 0, b->nregs * sizeof(ob_val));
    }
    T->handled = f->ns;
    if (b) ob_err = pending;
    if (!b || pending.cond != OB_COND_EXCEPTION) return;
    ob_type *stop = ob_is_a(pending.value, &ob_exc_StopIteration) ? &ob_exc_StopIteration
                    : ob_type_of(f->owner) == &ob_async_gen_type && ob_is_a(pending.value, &ob_exc_StopAsyncIteration) ? &ob_exc_StopAsyncIteration : NULL;
    if (!stop) return;
    ob_err_fetch();
    ob_raise(&ob_exc_RuntimeError, "%s raised %s", gen_noun(f->owner), stop == &ob_exc_StopIteration ? "StopIteration" : "StopAsyncIteration");
    ob_val e = ob_err_fetch();
    if (!ob_exc_set_cause(e, pending.value) || !ob_exc_set_context(e, pending.value)) ob_err_clear();
    ob_err_restore(e);
}

/* Runs the pushed frame; *finished: the value is what it returned. */
static ob_val run(py_thread *T, py_frame *f, ob_val gen, bool *finished) {
    unsigned depth = T->depth;
    ob_val v = py_vm_run(T, f);
    T->depth = depth - 1;
    *finished = gen_read(gen)->state == PY_GEN_DONE;
    return v;
}

static ob_val resume(ob_val gen, ob_val value, bool *finished) {
    py_thread *T = py_me;
    *finished = false;
    if (!ob_c_enter()) return OB_NULL;
    py_frame *f = py_gen_push(T, PY_TOP(T), gen, value, PY_F_GEN | PY_F_ENTRY, 0);
    ob_val v = OB_NULL;
    if (f) v = run(T, f, gen, finished);
    else if (!ob_failed()) { *finished = true; v = OB_NONE; }
    ob_c_leave();
    return v;
}

/* Raises exc where the generator stands. */
static ob_val throw_here(ob_val gen, ob_val exc, bool *finished) {
    py_thread *T = py_me;
    const py_gen_body *r = gen_read(gen);
    *finished = false;
    if (r->state == PY_GEN_RUNNING) return ob_raise(&ob_exc_ValueError, "%s already executing", gen_noun(gen));
    if (r->state != PY_GEN_SUSPENDED) {
        py_gen_body *b = ob_write(gen);
        if (!b) return OB_NULL;
        b->state = PY_GEN_DONE;
        ob_err_restore(exc);
        return OB_NULL;
    }
    bool delegated = in_yield_from(r);
    if (!ob_c_enter()) return OB_NULL;
    py_frame *f = py_gen_push(T, PY_TOP(T), gen, OB_NULL, PY_F_GEN | PY_F_ENTRY, 0);
    ob_val v = OB_NULL;
    if (f) {
        if (delegated) f->pc++;          /* unwinding looks at the instruction before pc */
        ob_err_restore(exc);
        if (!ob_is_null(T->handled) && !ob_same(T->handled, exc)) { if (!ob_exc_set_context(exc, T->handled)) {} }
        v = run(T, f, gen, finished);
    }
    ob_c_leave();
    return v;
}

ob_val py_gen_yielding_from(ob_val gen) {
    const py_gen_body *b = gen_read(gen);
    return in_yield_from(b) ? b->r[b->pc[0].b] : OB_NULL;
}

/* The delegate ended with value: the generator goes on behind its YIELDFROM. */
static ob_val resume_after_delegate(ob_val gen, ob_val value, bool *finished) {
    py_gen_body *b = ob_write(gen);
    if (!b) return OB_NULL;
    b->r[b->pc[0].a] = value;
    b->pc++;
    py_thread *T = py_me;
    if (!ob_c_enter()) return OB_NULL;
    ob_val keep = b->r[b->pc[-1].a];
    py_frame *f = py_gen_push(T, PY_TOP(T), gen, keep, PY_F_GEN | PY_F_ENTRY, 0);   /* pc[-1] is the YIELDFROM: its a gets the value */
    ob_val v = f ? run(T, f, gen, finished) : OB_NULL;
    ob_c_leave();
    return v;
}

static ob_val throw_into(ob_val gen, ob_val exc, bool *finished) {
    ob_val sub = py_gen_yielding_from(gen);
    if (ob_is_null(sub)) return throw_here(gen, exc, finished);
    ob_val v = OB_NULL;
    bool sub_done = false;
    if (ob_is_a(exc, &ob_exc_GeneratorExit)) {
        ob_val close = ob_getattr_opt(sub, OB_NAME(close));
        if (ob_failed() || (!ob_is_null(close) && ob_is_null(ob_call0(close)))) {
            ob_val e = ob_err_fetch();
            return ob_is_null(e) ? OB_NULL : throw_here(gen, e, finished);
        }
        return throw_here(gen, exc, finished);
    }
    if (vm_is_gen_type(ob_type_of(sub))) v = throw_into(sub, exc, &sub_done);
    else {
        ob_val m = ob_getattr_opt(sub, OB_NAME(throw));
        if (ob_failed()) return OB_NULL;
        if (ob_is_null(m)) return throw_here(gen, exc, finished);
        v = ob_call1(m, exc);
        if (ob_is_null(v) && ob_err_matches(&ob_exc_StopIteration)) {
            v = ob_exc_stop_value(ob_err_fetch());
            sub_done = true;
        }
    }
    if (!ob_is_null(v) && !sub_done) { *finished = false; return v; }
    if (!ob_is_null(v)) return resume_after_delegate(gen, v, finished);
    if (ob_err.cond != OB_COND_EXCEPTION) return OB_NULL;
    return throw_here(gen, ob_err_fetch(), finished);
}

ob_val py_gen_send(ob_val gen, ob_val value, ob_condition how) {
    bool finished;
    ob_val v = how == OB_COND_EXCEPTION ? throw_into(gen, value, &finished) : resume(gen, value, &finished);
    if (ob_is_null(v) || !finished) return v;
    if (ob_is_none(v)) return ob_raise_none(&ob_exc_StopIteration);
    return ob_raise_stop(v);
}

/* ---- Python's face ---- */

static ob_val gen_next(ob_val g) {
    bool finished;
    ob_val v = resume(g, OB_NULL, &finished);
    if (ob_is_null(v) || !finished) return v;
    return ob_is_none(v) ? OB_NULL : ob_raise_stop(v);
}
static ob_val gen_iter(ob_val g) { return g; }
static ob_val gen_m_send(ob_val g, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return py_gen_send(g, a[0], OB_COND_NONE); }

/* The exception that throw(type[, value[, traceback]]) means. */
static ob_val thrown(const ob_val *a) {
    ob_val e = a[0];
    if (ob_is_exception_class(e)) {
        if (ob_is_null(a[1]) || ob_is_none(a[1])) e = ob_call0(e);
        else if (ob_is_exception(a[1])) e = a[1];
        else if (ob_is_tuple(a[1])) e = ob_call_ex(e, a[1], OB_NULL);
        else e = ob_call1(e, a[1]);
        if (ob_is_null(e)) return e;
        if (!ob_is_exception(e)) {       /* the generator is told */
            ob_raise(&ob_exc_TypeError, "calling %R should have returned an instance of BaseException, not %T", a[0], e);
            return ob_err_fetch();
        }
    } else if (!ob_is_exception(e)) {
        return ob_raise(&ob_exc_TypeError, "exceptions must be classes or instances deriving from BaseException, not %T", e);
    } else if (!ob_is_null(a[1]) && !ob_is_none(a[1])) return ob_raise(&ob_exc_TypeError, "instance exception may not have a separate value");
    if (!ob_is_null(a[2]) && !ob_is_none(a[2])) {
        if (ob_type_of(a[2]) != &ob_traceback_type) return ob_raise(&ob_exc_TypeError, "throw() third argument must be a traceback object");
        if (!ob_exc_set_traceback(e, a[2])) return OB_NULL;
    }
    return e;
}
static ob_val gen_m_throw(ob_val g, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    ob_val e = thrown(a);
    return ob_is_null(e) ? e : py_gen_send(g, e, OB_COND_EXCEPTION);
}
static ob_val gen_m_close(ob_val g, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) {
    uint32_t state = gen_read(g)->state;
    if (state == PY_GEN_DONE) return OB_NONE;
    if (state == PY_GEN_CREATED) {
        py_gen_body *b = ob_write(g);
        if (!b) return OB_NULL;
        b->state = PY_GEN_DONE;
        return OB_NONE;
    }
    ob_val e = ob_call0(ob_of(&ob_exc_GeneratorExit));
    if (ob_is_null(e)) return e;
    bool finished;
    ob_val v = throw_into(g, e, &finished);
    if (!ob_is_null(v)) return finished ? OB_NONE : ob_raise(&ob_exc_RuntimeError, "%s ignored GeneratorExit", gen_noun(g));
    if (ob_err_clear_if(&ob_exc_GeneratorExit) || ob_err_clear_if(&ob_exc_StopIteration)) return OB_NONE;
    return OB_NULL;
}
static ob_val gen_repr(ob_val g) { return ob_str_format_c("<%s object %S at 0x%lx>", gen_noun(g), gen_read(g)->qualname, (unsigned long)g.w); }
static ob_val get_frame(ob_val g UNUSED) { return gen_read(g)->state == PY_GEN_DONE ? OB_NONE : ob_is_null(gen_read(g)->object) ? OB_NONE : gen_read(g)->object; }
static ob_val get_running(ob_val g) { return ob_bool(gen_read(g)->state == PY_GEN_RUNNING); }
static ob_val get_suspended(ob_val g) { return ob_bool(gen_read(g)->state == PY_GEN_SUSPENDED); }
static ob_val get_code(ob_val g) { return ob_of(gen_read(g)->code); }
static ob_val get_yieldfrom(ob_val g) { ob_val v = py_gen_yielding_from(g); return ob_is_null(v) ? OB_NONE : v; }
static ob_val get_name(ob_val g) { return gen_read(g)->name; }
static ob_val get_qualname(ob_val g) { return gen_read(g)->qualname; }
static bool set_text(ob_val g, ob_val v, bool qual) {
    if (ob_is_null(v) || !ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "__%s__ must be set to a string object", qual ? "qualname" : "name"));
    py_gen_body *b = ob_write(g);
    if (b) *(qual ? &b->qualname : &b->name) = v;
    return b != NULL;
}
static bool set_name(ob_val g, ob_val v) { return set_text(g, v, false); }
static bool set_qualname(ob_val g, ob_val v) { return set_text(g, v, true); }

static const ob_def gen_methods[] = {{"send", gen_m_send, "arg, /", NULL, 0}, {"throw", gen_m_throw, "typ, val=None, tb=None, /", NULL, 0},
    {"close", gen_m_close, "", NULL, 0}, {0}};
#define GEN_GETSETS(p) {"__name__", get_name, set_name, NULL}, {"__qualname__", get_qualname, set_qualname, NULL}, {p "_frame", get_frame, NULL, NULL}, \
    {p "_running", get_running, NULL, NULL}, {p "_suspended", get_suspended, NULL, NULL}, {p "_code", get_code, NULL, NULL}
static const ob_getset gen_getsets[] = {GEN_GETSETS("gi"), {"gi_yieldfrom", get_yieldfrom, NULL, NULL}, {0}};
static ob_val get_origin(ob_val g UNUSED) { return OB_NONE; }
static const ob_getset coro_getsets[] = {GEN_GETSETS("cr"), {"cr_await", get_yieldfrom, NULL, NULL}, {"cr_origin", get_origin, NULL, NULL}, {0}};
static const ob_getset agen_getsets[] = {GEN_GETSETS("ag"), {"ag_await", get_yieldfrom, NULL, NULL}, {0}};

ob_type ob_generator_type = {OB_TYPE_HEAD(&ob_type_type, &gen_kind), .name = "generator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_gen_body), .slots = {.repr = gen_repr, .iter = gen_iter, .next = gen_next}, .trace_body = gen_trace, .methods = gen_methods,
    .getsets = gen_getsets, .has_weakref = true};

/* What coroutine.__await__() gives: an iterator that drives it. */
typedef struct coro_wrapper { ob_obj o; ob_val coro; } coro_wrapper;
static void wrapper_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((coro_wrapper *)o)->coro); }
static ob_val wrapped(ob_val w) { return ((coro_wrapper *)ob_ptr(w))->coro; }
static ob_val wrapper_next(ob_val w) { return gen_next(wrapped(w)); }
static ob_val wrapper_send(ob_val w, const ob_val *a, size_t n, ob_val kw) { return gen_m_send(wrapped(w), a, n, kw); }
static ob_val wrapper_throw(ob_val w, const ob_val *a, size_t n, ob_val kw) { return gen_m_throw(wrapped(w), a, n, kw); }
static ob_val wrapper_close(ob_val w, const ob_val *a, size_t n, ob_val kw) { return gen_m_close(wrapped(w), a, n, kw); }
static const ob_def wrapper_methods[] = {{"send", wrapper_send, "arg, /", NULL, 0}, {"throw", wrapper_throw, "typ, val=None, tb=None, /", NULL, 0},
    {"close", wrapper_close, "", NULL, 0}, {0}};
ob_type ob_coro_wrapper_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "coroutine_wrapper", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(coro_wrapper), .slots = {.iter = gen_iter, .next = wrapper_next}, .trace = wrapper_trace, .methods = wrapper_methods};
static ob_val coro_await(ob_val g) {
    coro_wrapper *w = ob_alloc(&ob_coro_wrapper_type, sizeof *w);
    if (!w) return OB_NULL;
    w->coro = g;
    return ob_of(w);
}
ob_type ob_coroutine_type = {OB_TYPE_HEAD(&ob_type_type, &gen_kind), .name = "coroutine", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_gen_body), .slots = {.repr = gen_repr, .await = coro_await}, .trace_body = gen_trace, .methods = gen_methods,
    .getsets = coro_getsets, .has_weakref = true};

static ob_val agen_unsupported(ob_val g UNUSED) { return ob_raise(&ob_exc_NotImplementedError, "asynchronous generators are not supported yet"); }
ob_type ob_async_gen_type = {OB_TYPE_HEAD(&ob_type_type, &gen_kind), .name = "async_generator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_gen_body), .slots = {.repr = gen_repr, .aiter = gen_iter, .anext = agen_unsupported}, .trace_body = gen_trace,
    .getsets = agen_getsets, .has_weakref = true};

bool py_gen_init(void) {
    return ob_type_ready(&ob_generator_type) && ob_type_ready(&ob_coroutine_type) && ob_type_ready(&ob_async_gen_type) && ob_type_ready(&ob_coro_wrapper_type);
}
