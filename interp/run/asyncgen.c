/* asyncgen.c: asynchronous generators: the awaitables of __anext__, asend, athrow and aclose, and the hooks that an event loop sets.
 *
 * Such an awaitable is a *step*: awaited, it resumes its generator, passes on what that waits for, and ends when it yields. The VM pushes the
 * generator's frame right above the awaiting one (YIELDFROM); only calls of send() and throw() by name nest an activation.
 * Locks: none.  Steps and generators are versioned.
 * A1  PY_AG_RUNNING is set from the beginning of a step until its generator yields or ends.   (py_step_push, py_step_left)
 * States of a step: FRESH -push-> UNDERWAY -left, close-> OVER. */
#include "interp/run/gen_int.h"
#include "interp/run/vm_ops.h"
#include "objspace/contain.h"
#include "objspace/exc.h"
#include "objspace/tuple.h"

enum { FRESH, UNDERWAY, OVER };
enum { ASEND, ATHROW, ACLOSE };
typedef struct step_body {
    ob_val gen;
    py_thrown args;              /* ASEND: typ is the value to be sent */
    uint64_t state, kind;
} step_body;

static const py_gen_body *gen_read(ob_val g) { return ob_read(g); }
static step_body step_of(ob_val s) { return *(const step_body *)ob_read(s); }
static void step_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) {
    const step_body *b = body;
    ob_trace_val(t, b->gen);
    ob_trace_vals(t, &b->args.typ, 3);
}

static bool set_state(ob_val step, uint64_t state) {
    step_body *b = ob_write(step);
    if (b) b->state = state;
    return b != NULL;
}
static bool set_marks(ob_val gen, unsigned clear, unsigned set) {
    py_gen_body *b = ob_write(gen);
    if (b) b->marks = (uint16_t)((b->marks & ~clear) | set);
    return b != NULL;
}

/* ---- steps ---- */

ob_val py_step_left(ob_val step, py_gen_end end, ob_val v) {
    ob_pending pending = ob_err;
    if (pending.cond > OB_COND_EXCEPTION) return OB_NULL;
    ob_err = (ob_pending){0};
    step_body s = step_of(step);
    bool exits = end == PY_GEN_RAISED && (ob_is_a(pending.value, &ob_exc_StopAsyncIteration) || ob_is_a(pending.value, &ob_exc_GeneratorExit));
    if (!set_state(step, OVER) || !set_marks(s.gen, PY_AG_RUNNING, end == PY_GEN_RETURNED || exits ? PY_AG_CLOSED : 0)) return OB_NULL;
    if (s.kind == ACLOSE) {
        if (end == PY_GEN_YIELDED) return ob_raise(&ob_exc_RuntimeError, "async generator ignored GeneratorExit");
        if (end == PY_GEN_RETURNED || exits) return OB_NONE;
    } else {
        if (end == PY_GEN_YIELDED) return v;
        if (end == PY_GEN_RETURNED) return ob_raise_none(&ob_exc_StopAsyncIteration);
    }
    ob_err = pending;
    return OB_NULL;
}

static ob_val step_over(const step_body *s) {
    return ob_raise(&ob_exc_RuntimeError, s->kind == ASEND ? "cannot reuse already awaited __anext__()/asend()" : "cannot reuse already awaited aclose()/athrow()");
}

/* May a fresh step begin?  false: *v is its value, or OB_NULL with the exception. */
static bool may_begin(ob_val step, const step_body *s, ob_val value, ob_val *v) {
    static const char *const names[] = {"anext", "athrow", "aclose"};
    unsigned marks = gen_read(s->gen)->marks;
    *v = OB_NULL;
    if (marks & PY_AG_RUNNING) {
        if (s->kind == ASEND || set_state(step, OVER)) ob_raise(&ob_exc_RuntimeError, "%s(): asynchronous generator is already running", names[s->kind]);
        return false;
    }
    if (s->kind == ASEND) return true;
    if (marks & PY_AG_CLOSED) {
        if (set_state(step, OVER)) ob_raise_none(&ob_exc_StopAsyncIteration);
        return false;
    }
    return ob_is_none(value) || ob_fail(ob_raise(&ob_exc_RuntimeError, "can't send non-None value to a just-started coroutine"));
}

static py_step_how push_thrown(py_thread *T, ob_val *at, ob_val step, const step_body *s, uint32_t flags, uint16_t dst, ob_val *v) {
    py_thrown t = s->kind == ATHROW ? s->args : (py_thrown){ob_of(&ob_exc_GeneratorExit), OB_NULL, OB_NULL};
    if (py_gen_throw(T, at, s->gen, t, flags, dst, false, v)) return PY_STEP_RUNS;
    if (!ob_is_null(*v)) return PY_STEP_YIELDS;
    *v = py_step_left(step, PY_GEN_RAISED, OB_NULL);
    return PY_STEP_ENDS;
}

py_step_how py_step_push(py_thread *T, ob_val *at, ob_val step, ob_val value, uint32_t flags, uint16_t dst, ob_val *v) {
    step_body s = step_of(step);
    *v = OB_NULL;
    if (s.state == OVER) return step_over(&s), PY_STEP_ENDS;
    if (s.kind != ASEND && gen_read(s.gen)->state == PY_GEN_DONE) {
        if (set_state(step, OVER)) *v = OB_NONE;
        return PY_STEP_ENDS;
    }
    bool begins = s.state == FRESH;
    if (begins && !may_begin(step, &s, value, v)) return PY_STEP_ENDS;
    if (begins && !set_state(step, UNDERWAY)) return PY_STEP_ENDS;
    if (!set_marks(s.gen, 0, begins && s.kind == ACLOSE ? PY_AG_RUNNING | PY_AG_CLOSED : PY_AG_RUNNING)) return PY_STEP_ENDS;
    if (begins && s.kind != ASEND) return push_thrown(T, at, step, &s, flags, dst, v);
    if (begins && ob_is_none(value)) value = s.args.typ;
    py_frame *f = py_gen_push(T, at, s.gen, ob_is_none(value) ? OB_NULL : value, flags, dst);
    if (f) {
        T->frame = f;
        return PY_STEP_RUNS;
    }
    *v = py_step_left(step, ob_failed() ? PY_GEN_RAISED : PY_GEN_RETURNED, OB_NONE);
    return PY_STEP_ENDS;
}

/* What the pushed frames gave, run from C: a value that is passed on, or the step's own, which is raised as StopIteration. */
static ob_val outcome(py_thread *T, py_frame *below, ob_val step) {
    ob_val gen = step_of(step).gen;
    py_gen_end end;
    ob_val v = py_gen_run(T, below, gen, &end);
    if (end == PY_GEN_YIELDED && gen_read(gen)->pc[-1].op != PY_OP_YIELD) return v;
    v = py_step_left(step, end, v);
    return ob_is_null(v) ? v : ob_raise_stop(v);
}

static ob_val step_send(ob_val step, ob_val value) {
    py_thread *T = py_me;
    py_frame *below = T->frame;
    unsigned depth = T->depth;
    if (!ob_c_enter()) return OB_NULL;
    ob_val v;
    py_step_how how = py_step_push(T, PY_TOP(T), step, value, PY_F_GEN | PY_F_ENTRY | PY_F_STEP, 0, &v);
    if (how == PY_STEP_RUNS) v = outcome(T, below, step);
    else if (how == PY_STEP_ENDS && !ob_is_null(v)) v = ob_raise_stop(v);
    T->frame = below;
    T->depth = depth;
    ob_c_leave();
    return v;
}

static ob_val step_throw(ob_val step, py_thrown t) {
    py_thread *T = py_me;
    py_frame *below = T->frame;
    unsigned depth = T->depth;
    step_body s = step_of(step);
    if (s.state == OVER) return step_over(&s);
    if (!ob_c_enter()) return OB_NULL;
    ob_val v;
    if (py_gen_throw(T, PY_TOP(T), s.gen, t, PY_F_GEN | PY_F_ENTRY | PY_F_STEP, 0, true, &v)) v = outcome(T, below, step);
    else if (ob_is_null(v) && !ob_is_null(v = py_step_left(step, PY_GEN_RAISED, OB_NULL))) v = ob_raise_stop(v);
    T->frame = below;
    T->depth = depth;
    ob_c_leave();
    return v;
}

static ob_val itself(ob_val v) { return v; }
static ob_val step_next(ob_val s) { return step_send(s, OB_NONE); }
static ob_val m_send(ob_val s, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return step_send(s, a[0]); }
static ob_val m_throw(ob_val s, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return step_throw(s, (py_thrown){a[0], a[1], a[2]}); }
static ob_val m_close(ob_val s, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return set_state(s, OVER) ? OB_NONE : OB_NULL; }
static const ob_def step_methods[] = {{"send", m_send, "arg, /", NULL, 0}, {"throw", m_throw, "typ, val=None, tb=None, /", NULL, 0},
    {"close", m_close, "", NULL, 0}, {0}};
#define STEP_TYPE(name_) {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = name_, .base = &ob_object_type, .flags = OB_TF_NO_MAKE, \
    .size = sizeof(step_body), .slots = {.iter = itself, .next = step_next, .await = itself}, .trace_body = step_trace, .methods = step_methods}
ob_type py_asend_type = STEP_TYPE("async_generator_asend"), py_athrow_type = STEP_TYPE("async_generator_athrow");

/* ---- hooks ---- */

/* The first step of a generator: the thread's hooks see it. */
static bool show_to_hooks(ob_val gen) {
    if (gen_read(gen)->marks & PY_AG_HOOKED) return true;
    const py_async_body *h = ob_read(py_me->async);
    ob_val first = h->firstiter, final = h->finalizer;
    py_gen_body *b = ob_write(gen);
    if (!b) return false;
    b->marks |= PY_AG_HOOKED;
    b->extra = final;
    if (!ob_is_null(final) && !py_gen_watch(gen)) return false;
    return ob_is_null(first) || !ob_is_null(ob_call1(first, gen));
}

static ob_val step_new(ob_val gen, unsigned kind, py_thrown args) {
    if (!show_to_hooks(gen)) return OB_NULL;
    tx_handle *h = ob_alloc_mut(kind == ASEND ? &py_asend_type : &py_athrow_type, sizeof(step_body));
    if (!h) return OB_NULL;
    *(step_body *)tx_inline_body(h) = (step_body){gen, args, FRESH, kind};
    return ob_of(h);
}

/* ---- the type ---- */

static ob_val agen_anext(ob_val g) { return step_new(g, ASEND, (py_thrown){OB_NONE, OB_NULL, OB_NULL}); }
static ob_val m_asend(ob_val g, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return step_new(g, ASEND, (py_thrown){a[0], OB_NULL, OB_NULL}); }
static ob_val m_athrow(ob_val g, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return step_new(g, ATHROW, (py_thrown){a[0], a[1], a[2]}); }
static ob_val m_aclose(ob_val g, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return step_new(g, ACLOSE, (py_thrown){OB_NULL, OB_NULL, OB_NULL}); }
static ob_val get_running(ob_val g) { return ob_bool(gen_read(g)->marks & PY_AG_RUNNING); }
static const ob_def agen_methods[] = {{"asend", m_asend, "value, /", NULL, 0}, {"athrow", m_athrow, "typ, val=None, tb=None, /", NULL, 0},
    {"aclose", m_aclose, "", NULL, 0}, {"__class_getitem__", ob_class_getitem, "item, /", "See PEP 585", OB_DEF_CLASS}, {0}};
static const ob_getset agen_getsets[] = {PY_GEN_GETSETS("ag", "async generator"), {"ag_running", get_running, NULL, NULL}, {"ag_await", py_gen_get_delegate, NULL, NULL}, {0}};
ob_type ob_async_gen_type = {OB_TYPE_HEAD(&ob_type_type, &py_gen_kind), .name = "async_generator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_gen_body), .slots = {.repr = py_gen_repr, .aiter = itself, .anext = agen_anext}, .trace_body = py_gen_trace, .finalize = py_gen_finalize,
    .methods = agen_methods, .getsets = agen_getsets, .has_weakref = true};

bool py_asyncgen_init(void) { return ob_type_ready(&ob_async_gen_type) && ob_type_ready(&py_asend_type) && ob_type_ready(&py_athrow_type); }
