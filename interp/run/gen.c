/* gen.c: frames that are put aside: pushing, suspending, ending them, and throwing into them; for generators, coroutines and asynchronous generators.
 *
 * Locks: none.  The body of a generator is versioned like any other, so that one advanced inside a transaction goes back when that is undone.
 * G1  A body in state RUNNING has a frame on the stack of the thread that resumed it, and its registers are there.   (py_gen_push, py_gen_suspend, py_gen_finish)
 * G2  A frame flagged YIELDFROM, STEP or CLOSE lies above the frame whose YIELDFROM it serves, unless it is flagged ENTRY.
 * States: CREATED -push-> RUNNING <-suspend, push-> SUSPENDED;  RUNNING -finish-> DONE;  CREATED -throw, close-> DONE. */
#include "interp/run/gen_int.h"
#include "interp/run/frame_object.h"
#include "interp/code_live.h"
#include "interp/run/vm_ops.h"
#include "objspace/exc.h"
#include "objspace/kind.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

static size_t gen_size(const tx_handle *h) { return sizeof(py_gen_body) + h->aux * sizeof(ob_val); }
void py_gen_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) {
    const py_gen_body *b = body;
    ob_trace_val(t, b->func);
    ob_trace_val(t, b->globals);
    ob_trace_val(t, b->name);
    ob_trace_val(t, b->qualname);
    ob_trace_val(t, b->handled);
    ob_trace_val(t, b->object);
    ob_trace_val(t, b->extra);
    ob_trace_ptr(t, b->code);
    if (b->state != PY_GEN_CREATED && b->state != PY_GEN_SUSPENDED) return;        /* running: they are on the stack */
    const py_live *l = py_code_live(b->code);        /* there since py_gen_new */
    uint32_t pc = (uint32_t)(b->pc - b->code->code);
    ob_trace_vals(t, b->r, b->code->nlocals + b->code->ncellregs + b->code->nfree);
    for (uint32_t r = l->first; pc && r < b->nregs; r++)
        if (py_live_has(l, pc, r) && !(b->pc[-1].op == PY_OP_YIELD && b->pc[-1].a == r)) ob_trace_val(t, b->r[r]);
}
const tx_kind py_gen_kind = {.name = "generator", .body_size = gen_size, .trace = ob_kind_trace};

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
    if (t == &ob_coroutine_type) {
        if (UNLIKELY(((const py_async_body *)ob_read(py_me->async))->depth) && ob_is_null(b->extra = py_gen_origin(py_me))) return OB_NULL;
    } else if (c->nhandlers == 0) return ob_of(h);
    return py_gen_watch(ob_of(h)) ? ob_of(h) : OB_NULL;
}

const char *py_gen_noun(ob_val g) { return ob_type_of(g) == &ob_coroutine_type ? "coroutine" : ob_type_of(g) == &ob_async_gen_type ? "async generator" : "generator"; }

/* Is the suspended body waiting in a YIELDFROM (whose word pc points at)? */
static bool in_yield_from(const py_gen_body *b) {
    return b->state == PY_GEN_SUSPENDED && b->pc[0].op == PY_OP_YIELDFROM && b->pc[-1].op != PY_OP_YIELD;
}

py_frame *py_gen_push(py_thread *T, ob_val *at, ob_val gen, ob_val value, uint32_t flags, uint16_t dst) {
    const py_gen_body *r = gen_read(gen);
    if (r->state == PY_GEN_RUNNING) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "%s already executing", py_gen_noun(gen)));
    if (r->state == PY_GEN_DONE) {
        if (ob_type_of(gen) == &ob_coroutine_type) ob_raise(&ob_exc_RuntimeError, "cannot reuse already awaited coroutine");
        return NULL;
    }
    if (r->state == PY_GEN_CREATED && !ob_is_null(value) && !ob_is_none(value))
        return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "can't send non-None value to a just-started %s", py_gen_noun(gen)));
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
    if (UNLIKELY(!ob_is_null(b->object)) && !py_frame_unpark(T, f)) return NULL;
    memcpy(f->r, b->r, b->nregs * sizeof(ob_val));
    if (b->state == PY_GEN_SUSPENDED) {
        if (ob_is_null(value)) value = OB_NONE;
        if (in_yield_from(b)) f->r[b->pc[0].c] = value;
        else if (LIKELY(b->pc > c->code && b->pc[-1].op == PY_OP_YIELD)) f->r[b->pc[-1].a] = value;       /* not where a trace function sent it */
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
    if (UNLIKELY(!ob_is_null(f->object))) py_frame_park(f->object);
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
        b->object = OB_NULL;
        memset(b->r, 0, b->nregs * sizeof(ob_val));
    }
    T->handled = f->ns;
    if (b) ob_err = pending;
    if (!b || pending.cond != OB_COND_EXCEPTION) return;
    ob_type *stop = ob_is_a(pending.value, &ob_exc_StopIteration) ? &ob_exc_StopIteration
                    : ob_type_of(f->owner) == &ob_async_gen_type && ob_is_a(pending.value, &ob_exc_StopAsyncIteration) ? &ob_exc_StopAsyncIteration : NULL;
    if (!stop) return;
    ob_err_fetch();
    ob_raise(&ob_exc_RuntimeError, "%s raised %s", py_gen_noun(f->owner), stop == &ob_exc_StopIteration ? "StopIteration" : "StopAsyncIteration");
    ob_val e = ob_err_fetch();
    if (!ob_exc_set_cause(e, pending.value) || !ob_exc_set_context(e, pending.value)) ob_err_clear();
    ob_err_restore(e);
}

ob_val py_gen_yielding_from(ob_val gen) {
    const py_gen_body *b = gen_read(gen);
    return in_yield_from(b) ? b->r[b->pc[0].b] : OB_NULL;
}

/* ---- throwing ---- */

static bool is_exit(ob_val typ) {
    return ob_is_exception_class(typ) ? ob_type_is_subtype(ob_type_ptr(typ), &ob_exc_GeneratorExit) : ob_is_a(typ, &ob_exc_GeneratorExit);
}

/* The exception that throw(type[, value[, traceback]]) means; one that cannot be made is told to the generator as what its making raised. */
static ob_val instance(const py_thrown *t) {
    ob_val e = t->typ, v = t->val;
    bool bare = ob_is_null(v) || ob_is_none(v), traced = !ob_is_null(t->tb) && !ob_is_none(t->tb);
    if (traced && ob_type_of(t->tb) != &ob_traceback_type) return ob_raise(&ob_exc_TypeError, "throw() third argument must be a traceback object");
    if (ob_is_exception_class(e)) {
        if (bare) e = ob_call0(e);
        else if (ob_is_exception(v) && ob_is_a(v, ob_type_ptr(e))) e = v;
        else if (ob_is_tuple(v)) e = ob_call_ex(e, v, OB_NULL);
        else e = ob_call1(e, v);
        if (!ob_is_null(e) && !ob_is_exception(e)) e = ob_raise(&ob_exc_TypeError, "calling %R should have returned an instance of BaseException, not %T", t->typ, e);
        if (ob_is_null(e)) e = ob_err_fetch();
        if (ob_is_null(e)) return e;
    } else if (!ob_is_exception(e)) {
        return ob_raise(&ob_exc_TypeError, "exceptions must be classes or instances deriving from BaseException, not %T", e);
    } else if (!bare) return ob_raise(&ob_exc_TypeError, "instance exception may not have a separate value");
    return traced && !ob_exc_set_traceback(e, t->tb) ? OB_NULL : e;
}

/* The running frame, which waits in the YIELDFROM before its pc, is suspended there again. */
static void put_aside(py_thread *T) {
    py_frame *f = T->frame;
    T->frame = f->prev;
    py_gen_suspend(T, f, f->pc - 1);
    T->depth--;
}

/* e is raised where frame f, just pushed above `below`, stands.  Its context is what the generators are handling themselves, not what their resumer is. */
static bool raise_in(py_thread *T, const py_frame *below, py_frame *f, ob_val e) {
    T->frame = f;
    if (ob_is_null(e)) return true;
    bool theirs = false;
    for (const py_frame *g = f; g != below; g = g->prev) theirs |= (g->flags & PY_F_HANDLING) != 0;
    if (theirs && !ob_same(T->handled, e) && !ob_exc_set_context(e, T->handled)) return true;
    ob_err_restore(e);
    return true;
}

/* GeneratorExit comes to a frame that waits for `sub`, which is no generator: it is closed first. */
static bool exit_foreign(py_thread *T, const py_frame *below, py_frame *f, ob_val sub, const py_thrown *t) {
    T->frame = f;
    ob_val close = ob_getattr_opt(sub, OB_NAME(close));
    if (ob_failed()) ob_err_unraisable(sub);
    else if (!ob_is_null(close) && ob_is_null(ob_call0(close))) return true;
    return ob_failed() || raise_in(T, below, f, instance(t));
}

/* The exception goes to what the frame waits for, no generator, by its method throw. */
static bool throw_foreign(py_thread *T, const py_frame *below, py_frame *f, ob_val throw, const py_thrown *t, ob_val *yielded) {
    const py_instr *yf = f->pc - 1;
    size_t n = ob_is_null(t->val) ? 1 : ob_is_null(t->tb) ? 2 : 3;
    T->frame = f;
    ob_val v = ob_call(throw, &t->typ, n);
    if (!ob_is_null(v)) {
        while (T->frame != below) put_aside(T);
        *yielded = ob_failed() ? OB_NULL : v;
        return false;
    }
    if (ob_err_matches(&ob_exc_StopIteration)) f->r[yf->a] = ob_exc_stop_value(ob_err_fetch());
    return true;
}

bool py_gen_throw(py_thread *T, ob_val *at, ob_val gen, py_thrown t, uint32_t flags, uint16_t dst, bool closing, ob_val *yielded) {
    py_frame *const below = T->frame;
    *yielded = OB_NULL;
    for (;;) {
        ob_val sub = py_gen_yielding_from(gen), throw = OB_NULL, e = OB_NULL;
        bool ours = !ob_is_null(sub) && vm_is_gen_type(ob_type_of(sub)), exits = closing && is_exit(t.typ);
        if (ours && exits && gen_read(sub)->state != PY_GEN_SUSPENDED && gen_read(sub)->state != PY_GEN_RUNNING) sub = OB_NULL;    /* nothing to be closed */
        if (!ob_is_null(sub) && !ours && !exits) throw = ob_getattr_opt(sub, OB_NAME(throw));
        if (ob_failed()) return T->frame != below;
        bool here = ob_is_null(sub) || (!ours && !exits && ob_is_null(throw));
        bool waits = !ob_is_null(py_gen_yielding_from(gen));
        if (here && ob_is_null(e = instance(&t))) return T->frame != below;
        py_frame *f = py_gen_push(T, at, gen, OB_NULL, flags, dst);
        if (!f) {                        /* ended long ago, or already executing */
            if (!ob_failed()) ob_err_restore(e);
            return T->frame != below;
        }
        if (waits) f->pc++;              /* unwinding looks at the instruction before pc */
        if (here) return raise_in(T, below, f, e);
        if (!ours) return exits ? exit_foreign(T, below, f, sub, &t) : throw_foreign(T, below, f, throw, &t, yielded);
        T->frame = f;
        flags = PY_F_GEN | PY_F_YIELDFROM;
        dst = f->pc[-1].a;
        if (exits) {                     /* closed first; what comes then is kept where the sent value is (py_gen_left) */
            if (ob_is_null(e = instance(&t))) return true;
            f->r[f->pc[-1].c] = e;
            t = (py_thrown){ob_of(&ob_exc_GeneratorExit), OB_NULL, OB_NULL};
            flags |= PY_F_CLOSE;
        }
        gen = sub;
        at = f->r + f->code->nregs;
    }
}

/* ---- how it left ---- */

/* f had the generator closed that it waited for. What f was to be told comes now, unless the closing failed. */
static ob_val closed(py_frame *f, const py_instr *yf, py_gen_end end) {
    if (end == PY_GEN_YIELDED) return ob_raise(&ob_exc_RuntimeError, "%s ignored GeneratorExit", py_gen_noun(f->r[yf->b]));
    if (end == PY_GEN_RAISED && !ob_err_clear_if(&ob_exc_GeneratorExit) && !ob_err_clear_if(&ob_exc_StopIteration)) return OB_NULL;
    ob_err_restore(f->r[yf->c]);
    return OB_NULL;
}

ob_val py_gen_left(py_frame *f, uint32_t flags, py_gen_end end, ob_val v) {
    const py_instr *yf = f->pc - 1;
    if (ob_err.cond > OB_COND_EXCEPTION) return OB_NULL;
    return flags & PY_F_CLOSE ? closed(f, yf, end) : py_step_left(f->r[yf->b], end, v);
}

/* ---- from C ---- */

/* Runs the frames that were pushed above `below`, the innermost first, until gen, the outermost, yields or ends. */
ob_val py_gen_run(py_thread *T, py_frame *below, ob_val gen, py_gen_end *end) {
    py_frame *top = T->frame;
    T->frame = below;
    ob_val v = py_vm_run(T, top);
    *end = ob_is_null(v) ? PY_GEN_RAISED : gen_read(gen)->state == PY_GEN_DONE ? PY_GEN_RETURNED : PY_GEN_YIELDED;
    return v;
}

static ob_val resume(ob_val gen, ob_val value, py_gen_end *end) {
    py_thread *T = py_me;
    py_frame *below = T->frame;
    unsigned depth = T->depth;
    *end = PY_GEN_RAISED;
    if (!ob_c_enter()) return OB_NULL;
    py_frame *f = py_gen_push(T, PY_TOP(T), gen, value, PY_F_GEN | PY_F_ENTRY, 0);
    ob_val v = OB_NULL;
    if (f) {
        T->frame = f;
        v = py_gen_run(T, below, gen, end);
        T->depth = depth;
    } else if (!ob_failed()) { *end = PY_GEN_RETURNED; v = OB_NONE; }
    ob_c_leave();
    return v;
}

static ob_val throw_into(ob_val gen, py_thrown t, py_gen_end *end) {
    py_thread *T = py_me;
    py_frame *below = T->frame;
    unsigned depth = T->depth;
    *end = PY_GEN_RAISED;
    if (!ob_c_enter()) return OB_NULL;
    ob_val v;
    if (py_gen_throw(T, PY_TOP(T), gen, t, PY_F_GEN | PY_F_ENTRY, 0, true, &v)) v = py_gen_run(T, below, gen, end);
    else if (!ob_is_null(v)) *end = PY_GEN_YIELDED;
    T->frame = below;
    T->depth = depth;
    ob_c_leave();
    return v;
}

/* What a call of send() or throw() gives. */
static ob_val ended(ob_val v, py_gen_end end) { return end == PY_GEN_RETURNED && !ob_is_null(v) ? ob_raise_stop(v) : v; }

ob_val py_gen_send(ob_val gen, ob_val value) {
    py_gen_end end;
    ob_val v = resume(gen, value, &end);
    return ended(v, end);
}
ob_val py_gen_send_thrown(ob_val gen, py_thrown t) {
    py_gen_end end;
    ob_val v = throw_into(gen, t, &end);
    return ended(v, end);
}
ob_val py_gen_next(ob_val g) {
    py_gen_end end;
    ob_val v = resume(g, OB_NULL, &end);
    return end == PY_GEN_RETURNED && ob_is_none(v) ? OB_NULL : ended(v, end);
}

ob_val py_gen_close(ob_val g) {
    uint32_t state = gen_read(g)->state;
    if (state == PY_GEN_DONE) return OB_NONE;
    if (state == PY_GEN_CREATED) {
        py_gen_body *b = ob_write(g);
        if (!b) return OB_NULL;
        b->state = PY_GEN_DONE;
        return OB_NONE;
    }
    py_gen_end end;
    ob_val v = throw_into(g, (py_thrown){ob_of(&ob_exc_GeneratorExit), OB_NULL, OB_NULL}, &end);
    if (end == PY_GEN_YIELDED) return ob_raise(&ob_exc_RuntimeError, "%s ignored GeneratorExit", py_gen_noun(g));
    if (end == PY_GEN_RETURNED) return OB_NONE;
    if (ob_err_clear_if(&ob_exc_GeneratorExit) || ob_err_clear_if(&ob_exc_StopIteration)) return OB_NONE;
    return v;
}
