/* frame_object.c: frame objects: what Python sees of a frame, while it runs, while its generator waits, and when it has ended.
 *
 * Locks: none. A frame object is a mutable object like others, so that a transaction that is undone takes back what it noted.
 * O1  body->live is set exactly while the frame lies on the stack of the thread `thread` and has the object in its header. (py_frame_object_in,
 *     py_frame_retire, py_frame_park; where one of these had no memory, frames_suspect makes py_frame_live look through the stack)
 * O2  a frame with an object has PY_F_OBJECT, so that RETURN does not take its short way. */
#include "interp/run/frame_object.h"
#include "interp/run/gen_int.h"
#include "interp/run/import.h"
#include "interp/run/parallel.h"
#include "interp/run/vm_ops.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

static void body_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) {
    const py_frame_body *b = body;
    ob_trace_val(t, b->code);
    ob_trace_val(t, b->globals);
    ob_trace_val(t, b->back);
    ob_trace_val(t, b->locals);
    ob_trace_val(t, b->values);
    ob_trace_val(t, b->owner);
    ob_trace_val(t, b->trace);
}
static OB_KIND(frame_kind);

static _Atomic(bool) frames_suspect;

static ob_val object_new(py_code *c, ob_val globals, py_frame_body **body) {
    tx_handle *h = ob_alloc_mut(&ob_frame_type, sizeof(py_frame_body));
    if (!h) return OB_NULL;
    py_frame_body *b = *body = tx_inline_body(h);
    b->code = ob_of(c);
    b->globals = globals;
    b->at = b->last = -1;
    return ob_of(h);
}

static int64_t index_of(const py_frame *f) { return f->pc - 1 - f->code->code; }

void py_frame_trace_from(py_frame_body *b, int64_t at) {
    const py_code *c = py_code_ptr(b->code);
    b->last = at;
    b->last_line = at >= 0 && at < c->ncode ? c->positions[at].line : 0;
}

ob_val py_frame_object_in(py_thread *T, py_frame *f) {
    py_frame_body *b;
    if (py_job_refuses()) return OB_NULL;                /* its stack is not that of the loop */
    if (!f) return OB_NONE;
    if (!ob_is_null(f->object)) {
        if (LIKELY(py_frame_body_of(f->object)->live == f)) return f->object;
        if (!(b = ob_write_stream(f->object))) return OB_NULL;      /* it ended in an attempt that lost, which made the object, too */
        b->live = f;
        return f->object;
    }
    ob_val o = object_new(f->code, f->globals, &b);
    if (ob_is_null(o)) return o;
    b->live = f;
    b->thread = T->ident;
    py_frame_trace_from(b, index_of(f));
    if (f->flags & PY_F_GEN) b->owner = f->owner;
    if (!(f->code->flags & PY_CO_OPTIMIZED)) b->locals = ob_is_null(py_frame_ns(f)) ? f->globals : py_frame_ns(f);
    f->object = o;
    f->flags |= PY_F_OBJECT;
    return o;
}

ob_val py_frame_object(py_frame *f) { return py_frame_object_in(py_me, f); }

/* Where another thread, which stands still, is: its frames as they are now, without their locals, not tied to them. */
ob_val py_frame_picture(py_thread *T) {
    ob_val top = OB_NULL;
    py_frame_body *above = NULL;
    for (const py_frame *f = T->frame; f; f = f->prev) {
        py_frame_body *b;
        ob_val o = object_new(f->code, f->globals, &b);
        if (ob_is_null(o)) return o;
        b->at = f->pc && index_of(f) >= 0 && index_of(f) < f->code->ncode ? index_of(f) : 0;
        if (ob_is_null(top)) top = o;
        else above->back = o;
        above = b;
    }
    return top;
}

/* One that was asked for by name: its callers are asked for as well, when it ends. */
ob_val py_frame_asked(py_frame *f) {
    ob_val o = py_frame_object(f);
    if (ob_is_null(o) || ob_is_none(o) || py_frame_body_of(o)->asked) return o;
    py_frame_body *b = ob_write_stream(o);
    if (!b) return OB_NULL;
    b->asked = 1;
    return o;
}

/* The frame of this thread that lies at f, if there is one. */
static py_frame *on_stack(const py_frame *f) {
    for (py_frame *g = py_me->frame; g; g = g->prev)
        if (g == f) return g;
    return NULL;
}

/* The frame of a traceback entry that was made while nobody had asked for one: that which runs, or one of its code, globals and line; the locals are gone. */
ob_val py_traceback_frame(ob_val tb) {
    const ob_traceback *t = (ob_traceback *)ob_ptr(tb);
    py_frame *f = on_stack(t->live);
    if (f && ob_same(ob_of(f->code), t->code)) return py_frame_object(f);
    py_frame_body *b;
    ob_val o = object_new(py_code_ptr(t->code), t->globals, &b);
    if (ob_is_null(o)) return o;
    b->line = t->lineno;
    b->at = t->lasti / 2;
    return o;
}

/* The frame of a running generator is on some stack: of this thread, or of one that cannot be looked at (None). */
ob_val py_gen_frame_object(ob_val gen) {
    const py_gen_body *g = ob_read(gen);
    if (g->state == PY_GEN_RUNNING) {
        py_frame *f = py_me->frame;
        while (f && !(f->flags & PY_F_GEN && ob_same(f->owner, gen))) f = f->prev;
        return py_frame_object(f);
    }
    if (!ob_is_null(g->object)) return g->object;
    py_frame_body *b;
    ob_val o = object_new(g->code, g->globals, &b);
    if (ob_is_null(o)) return o;
    b->owner = gen;
    py_gen_body *w = ob_write_stream(gen);
    if (!w) return OB_NULL;
    w->object = o;
    return o;
}

py_frame *py_frame_live(ob_val object) {
    const py_frame_body *b = py_frame_body_of(object);
    py_thread *T = py_me;
    if (!b->live || b->thread != T->ident) return NULL;
    if (LIKELY(!atomic_load_explicit(&frames_suspect, memory_order_relaxed))) return b->live;
    for (py_frame *f = T->frame; f; f = f->prev)
        if (f == b->live && ob_same(f->object, object)) return f;
    return NULL;
}

/* ---- the end of a frame ---- */

/* What the frame's variables are bound to, for the time after it. */
static ob_val values_of(const py_frame *f) {
    size_t n = f->code->nlocals + f->code->ncellregs + f->code->nfree;
    ob_val t = ob_tuple_alloc(n);
    if (!ob_is_null(t)) memcpy(ob_tuple_ptr(t)->items, f->r, n * sizeof(ob_val));
    return t;
}

static void ended(const py_frame *f, py_frame_body *b, ob_val values, ob_val back) {
    b->live = NULL;
    b->thread = py_me->ident;
    b->at = index_of(f);
    b->values = values;
    b->back = back;
    b->owner = OB_NULL;
}

void py_frame_retire(py_frame *f) {
    ob_val back = !f->prev ? OB_NULL : py_frame_body_of(f->object)->asked ? py_frame_asked(f->prev) : f->prev->object;
    ob_val values = f->code->flags & PY_CO_OPTIMIZED ? values_of(f) : OB_NULL;
    py_frame_body *b = ob_write_stream(f->object);
    if (b) ended(f, b, values, back);
    else atomic_store_explicit(&frames_suspect, true, memory_order_relaxed);
    ob_err_clear();
}

/* The entries that this frame has put before the traceback get its object. The next frame's entry, made before it, learns who called it. */
static void to_traceback(const py_frame *f, ob_val e, ob_val object) {
    ob_val tb = ob_exc_get_traceback(e);
    while (!ob_is_null(tb) && !ob_is_none(tb)) {
        ob_traceback *t = (ob_traceback *)ob_ptr(tb);
        if (t->live != f || !ob_same(t->code, ob_of(f->code))) break;
        if (ob_is_null(t->frame)) t->frame = object;
        t->live = NULL;
        tb = t->next;
    }
    if (ob_is_null(tb) || ob_is_none(tb)) return;
    ob_val called = ((ob_traceback *)ob_ptr(tb))->frame;
    if (ob_is_null(called) || py_frame_body_of(called)->caller != f) return;
    py_frame_body *b = ob_write_stream(called);
    if (!b) { ob_err_clear(); return; }
    b->back = object;
    b->caller = NULL;
}

/* Where f is said to have ended: code that only cleans up before it goes on raising does not count. */
static int64_t left_at(const py_frame *f, ob_val e) {
    ob_val tb = ob_exc_get_traceback(e);
    bool cleanup = f->flags & PY_F_CLEANUP && f->pc[-1].op == PY_OP_RERAISE;
    if (!cleanup || ob_is_null(tb) || ob_is_none(tb) || ((const ob_traceback *)ob_ptr(tb))->live != f) return index_of(f);
    return ((const ob_traceback *)ob_ptr(tb))->lasti / 2;
}

/* Raises nothing, and leaves what is pending. */
void py_frame_leave(py_frame *f) {
    ob_pending keep = ob_err;
    ob_err = (ob_pending){0};
    ob_val values = f->code->flags & PY_CO_OPTIMIZED ? values_of(f) : OB_NULL, o = f->object;
    py_frame_body *b;
    if (!ob_is_null(o)) {
        b = ob_write_stream(o);
        if (!b) atomic_store_explicit(&frames_suspect, true, memory_order_relaxed);
    } else if (ob_is_null(o = object_new(f->code, f->globals, &b))) b = NULL;
    else if (!(f->code->flags & PY_CO_OPTIMIZED)) b->locals = ob_is_null(py_frame_ns(f)) ? f->globals : py_frame_ns(f);
    if (b) {
        ended(f, b, values, f->prev ? f->prev->object : OB_NULL);
        b->at = left_at(f, keep.value);
        b->caller = f->prev;
        to_traceback(f, keep.value, o);
    }
    ob_err = keep;

}

/* The frame of a generator leaves the stack at a yield, or comes back. */
void py_frame_park(ob_val object) {
    py_frame_body *b = ob_write_stream(object);
    if (b) b->live = NULL;
    else {
        ob_err_clear();
        atomic_store_explicit(&frames_suspect, true, memory_order_relaxed);
    }
}
bool py_frame_unpark(py_thread *T, py_frame *f) {
    py_frame_body *b = ob_write_stream(f->object);
    if (!b) return false;
    b->live = f;
    b->thread = T->ident;
    f->flags |= PY_F_OBJECT;
    return true;
}

/* Frames from T->frame down to `until` are dropped, for a condition that no handler sees. */
void py_frames_drop(py_thread *T, const py_frame *until) {
    for (py_frame *f = T->frame; f && f != until; f = f->prev)
        if (f->flags & PY_F_OBJECT && !ob_is_null(f->object)) py_frame_park(f->object);
}

/* ---- locals ---- */

static ob_val contents(ob_val v) { return !ob_is_null(v) && ob_is_ptr(v) && ob_ptr(v)->type == &ob_cell_type ? ob_cell_get(v) : v; }

static bool is_param_name(const py_code *c, ob_val name) {
    for (size_t k = 0; k < c->nlocals; k++) if (ob_str_equal(ob_tuple_at(c->varnames, k), name)) return true;
    return false;
}

/* Calls fn for each variable of the code with its register. */
static bool each_variable(const py_code *c, bool (*fn)(ob_val name, uint32_t reg, void *arg), void *arg) {
    for (int part = 0; part < 3; part++) {
        ob_val names = part == 0 ? c->varnames : part == 1 ? c->cellvars : c->freevars;
        uint32_t reg = part == 0 ? 0 : part == 1 ? c->nlocals : c->nlocals + c->ncellregs;
        for (size_t i = 0; i < ob_tuple_len(names); i++) {
            ob_val name = ob_tuple_at(names, i);
            if (part == 1 && is_param_name(c, name)) continue;      /* a captured parameter sits in its own register */
            if (!fn(name, reg++, arg)) return false;
        }
    }
    return true;
}

typedef struct sync { ob_val dict; const ob_val *from; ob_val *to; } sync;

static bool to_dict(ob_val name, uint32_t reg, void *arg) {
    sync *s = arg;
    ob_val v = s->from ? contents(s->from[reg]) : OB_NULL;
    if (!ob_is_null(v)) return ob_dict_set(s->dict, name, v);
    return ob_dict_del(s->dict, name) >= 0;
}

/* The registers of its variables, wherever they are now; NULL: they are gone. */
static const ob_val *registers(ob_val object, bool *moves) {
    const py_frame_body *b = py_frame_body_of(object);
    py_frame *f = py_frame_live(object);
    *moves = false;
    if (f) return f->r;
    if (!ob_is_null(b->values)) return ob_tuple_ptr(b->values)->items;
    if (ob_is_null(b->owner) || b->live) return NULL;
    const py_gen_body *g = ob_read(b->owner);
    *moves = true;
    return g->state == PY_GEN_DONE ? NULL : g->r;
}

static bool refresh(ob_val object, ob_val dict) {
    const py_code *c = py_code_ptr(py_frame_body_of(object)->code);
    if (!(c->flags & PY_CO_OPTIMIZED)) return true;
    py_acc_forget(py_me);                          /* strs under construction are seen now */
    bool moves;
    const ob_val *from = registers(object, &moves);
    if (from && moves) {                           /* a waiting generator's, while the dict grows */
        size_t n = c->nlocals + c->ncellregs + c->nfree;
        ob_val copy = ob_tuple_alloc(n);
        if (ob_is_null(copy)) return false;
        memcpy(ob_tuple_ptr(copy)->items, from, n * sizeof(ob_val));
        from = ob_tuple_ptr(copy)->items;
    }
    sync s = {dict, from, NULL};
    return each_variable(c, to_dict, &s);
}

bool py_frame_refresh_locals(ob_val object) {
    ob_val dict = py_frame_body_of(object)->locals;
    return ob_is_null(dict) || refresh(object, dict);
}

static bool from_dict(ob_val name, uint32_t reg, void *arg) {
    sync *s = arg;
    ob_val v = ob_dict_get(s->dict, name), old = s->to[reg];
    if (ob_failed()) return false;
    if (!ob_is_null(old) && ob_is_ptr(old) && ob_ptr(old)->type == &ob_cell_type) return ob_same(ob_cell_get(old), v) || ob_cell_set(old, v);
    if (!ob_is_null(v)) s->to[reg] = v;
    return true;
}

bool py_frame_write_back(ob_val object) {
    ob_val dict = py_frame_body_of(object)->locals;
    const py_code *c = py_code_ptr(py_frame_body_of(object)->code);
    py_frame *f = py_frame_live(object);
    if (ob_is_null(dict) || !f || !(c->flags & PY_CO_OPTIMIZED)) return true;
    sync s = {dict, NULL, f->r};
    return each_variable(c, from_dict, &s);
}

/* f_locals: one dict for each frame, brought up to date each time somebody asks. */
static ob_val object_locals(ob_val object) {
    ob_val dict = py_frame_body_of(object)->locals;
    if (ob_is_null(dict)) {
        if (ob_is_null(dict = ob_dict_new())) return dict;
        py_frame_body *b = ob_write_stream(object);
        if (!b) return OB_NULL;
        b->locals = dict;
    }
    return refresh(object, dict) ? dict : OB_NULL;
}

ob_val py_frame_locals(py_frame *f) {
    if (!(f->code->flags & PY_CO_OPTIMIZED)) return ob_is_null(py_frame_ns(f)) ? f->globals : py_frame_ns(f);
    ob_val o = py_frame_object(f);
    return ob_is_null(o) ? o : object_locals(o);
}

/* ---- where it stands ---- */

unsigned py_frame_line(const py_frame *f) {
    int64_t i = index_of(f);
    if (i < 0) i = 0;
    return (uint32_t)i < f->code->ncode ? (unsigned)f->code->positions[i].line : (unsigned)f->code->firstlineno;
}

int64_t py_frame_at(ob_val object) {
    const py_frame_body *b = py_frame_body_of(object);
    py_frame *f = py_frame_live(object);
    if (f) return index_of(f);
    if (ob_is_null(b->owner) || b->live) return b->at;
    const py_gen_body *g = ob_read(b->owner);
    if (g->state != PY_GEN_CREATED && g->state != PY_GEN_SUSPENDED) return b->at;
    return g->pc - g->code->code - !(g->state == PY_GEN_SUSPENDED && g->pc->op == PY_OP_YIELDFROM && g->pc[-1].op != PY_OP_YIELD);
}

static ob_val get_line(ob_val v) {
    const py_frame_body *b = py_frame_body_of(v);
    if (b->line) return ob_from_small(b->line);
    const py_code *c = py_code_ptr(b->code);
    int64_t i = py_frame_at(v);
    int32_t line = i >= 0 && i < c->ncode ? c->positions[i].line : c->firstlineno;
    return line < 0 ? OB_NONE : ob_from_small(line);
}
static bool set_line(ob_val v, ob_val x) { return ob_is_null(x) ? ob_fail(ob_raise(&ob_exc_AttributeError, "cannot delete attribute")) : py_frame_set_line(v, x); }
static ob_val get_lasti(ob_val v) { int64_t i = py_frame_at(v); return ob_from_small(i < 0 ? i : 2 * i); }

/* ---- attributes ---- */

static ob_val get_code(ob_val v) { return py_frame_body_of(v)->code; }
static ob_val get_globals(ob_val v) { return py_frame_body_of(v)->globals; }
static ob_val get_builtins(ob_val v) {
    ob_val b = ob_dict_get_str(py_frame_body_of(v)->globals, OB_NAME(builtins));
    if (ob_is_null(b)) return ob_failed() ? b : py_builtins;
    return ob_is_dict(b) ? b : ob_getattr(b, OB_NAME(dict));
}
static ob_val get_back(ob_val v) {
    py_frame *f = py_frame_live(v);
    if (f) return py_frame_asked(f->prev);
    const py_frame_body *b = py_frame_body_of(v);
    if (!ob_is_null(b->back)) return b->back;
    f = b->caller && b->thread == py_me->ident ? on_stack(b->caller) : NULL;
    return f ? py_frame_asked(f) : OB_NONE;
}
static ob_val get_locals(ob_val v) { return object_locals(v); }

static ob_val get_trace(ob_val v) { ob_val t = py_frame_body_of(v)->trace; return ob_is_null(t) ? OB_NONE : t; }
static bool set_trace(ob_val v, ob_val x) {
    int64_t at = py_frame_at(v);
    py_frame_body *b = ob_write_stream(v);
    if (!b) return false;
    b->trace = ob_is_null(x) || ob_is_none(x) ? OB_NULL : x;
    py_frame_trace_from(b, at);
    return true;
}
static bool to_flag(ob_val x, bool *on) {
    if (ob_is_null(x) || !ob_is_exact(x, &ob_bool_type)) return ob_fail(ob_raise(&ob_exc_TypeError, "attribute value type must be bool"));
    *on = ob_same(x, OB_TRUE);
    return true;
}
static ob_val get_lines(ob_val v) { return ob_bool(!py_frame_body_of(v)->no_lines); }
static bool set_lines(ob_val v, ob_val x) {
    bool on;
    py_frame_body *b = to_flag(x, &on) ? ob_write_stream(v) : NULL;
    if (b) b->no_lines = !on;
    return b != NULL;
}
static ob_val get_opcodes(ob_val v) { return ob_bool(py_frame_body_of(v)->opcodes != 0); }
static bool set_opcodes(ob_val v, ob_val x) {
    bool on;
    py_frame_body *b = to_flag(x, &on) ? ob_write_stream(v) : NULL;
    if (b) b->opcodes = on;
    return b != NULL;
}

static ob_val frame_clear(ob_val self, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) {
    const py_frame_body *b = py_frame_body_of(self);
    if (b->live) return ob_raise(&ob_exc_RuntimeError, "cannot clear an executing frame");
    ob_val gen = b->owner;
    if (!ob_is_null(gen)) {
        if (((const py_gen_body *)ob_read(gen))->state == PY_GEN_RUNNING) return ob_raise(&ob_exc_RuntimeError, "cannot clear an executing frame");
        py_gen_finalize(gen);
        bool left = ((const py_gen_body *)ob_read(gen))->state != PY_GEN_DONE;
        if (left && ob_type_of(gen) == &ob_coroutine_type && ob_is_null(py_gen_close(gen))) return OB_NULL;
        if (ob_failed()) return OB_NULL;
    }
    py_frame_body *w = ob_write_stream(self);
    if (!w) return OB_NULL;
    w->values = w->trace = OB_NULL;
    if (py_code_ptr(w->code)->flags & PY_CO_OPTIMIZED) w->locals = OB_NULL;
    return OB_NONE;
}
static ob_val frame_sizeof(ob_val self, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) {
    const py_code *c = py_code_ptr(py_frame_body_of(self)->code);
    return ob_from_small((int64_t)(sizeof(tx_handle) + sizeof(py_frame_body) + (PY_FRAME_WORDS + c->nregs) * sizeof(ob_val)));
}
static ob_val frame_repr(ob_val v) {
    py_code *c = py_code_ptr(py_frame_body_of(v)->code);
    return ob_str_format_c("<frame at 0x%lx, file %R, line %S, code %S>", (unsigned long)v.w, c->filename, get_line(v), c->name);
}
static const ob_getset frame_getsets[] = {
    {"f_back", get_back, NULL, NULL}, {"f_builtins", get_builtins, NULL, NULL}, {"f_code", get_code, NULL, NULL},
    {"f_globals", get_globals, NULL, NULL}, {"f_lasti", get_lasti, NULL, NULL}, {"f_lineno", get_line, set_line, NULL},
    {"f_locals", get_locals, NULL, NULL}, {"f_trace", get_trace, set_trace, NULL}, {"f_trace_lines", get_lines, set_lines, NULL},
    {"f_trace_opcodes", get_opcodes, set_opcodes, NULL}, {0}};
static const ob_def frame_methods[] = {{"clear", frame_clear, "", NULL, 0}, {"__sizeof__", frame_sizeof, "", NULL, 0}, {0}};

ob_type ob_frame_type = {OB_TYPE_HEAD(&ob_type_type, &frame_kind), .name = "frame", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_frame_body), .slots = {.repr = frame_repr}, .trace_body = body_trace, .methods = frame_methods, .getsets = frame_getsets};
