/* trace.c: sys.settrace and sys.setprofile.
 *
 * While a thread has such a function, T->look has PY_LOOK_TRACE, and the thread runs in the tracing copy of vm.c, which calls what stands here; the other
 * copy knows nothing of it but the look at T->look that it takes behind natives anyway. While the function itself runs, the thread is not traced.
 * Locks: none. The functions are the thread's own state: an atomic block that is undone does not take back sys.settrace(). */
#include "interp/run/trace.h"
#include "interp/run/frame_object.h"
#include "interp/run/vm_ops.h"
#include "objspace/exc.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

static const ob_val id_yield = {0};      /* a return event that is not the last one */
static ob_val id_call, id_line, id_return, id_exception, id_opcode, id_c_call, id_c_return, id_c_exception;

static void look(py_thread *T) {
    bool on = !T->in_trace && (!ob_is_null(T->trace_fn) || !ob_is_null(T->profile_fn));
    T->look = (uint8_t)((T->look & ~PY_LOOK_TRACE) | (on ? PY_LOOK_TRACE : 0));
    if (on) T->ticks = 0;                /* activations below this one look when they are back */
}

void py_trace_set(py_thread *T, ob_val function, bool profile) {
    *(profile ? &T->profile_fn : &T->trace_fn) = function;
    look(T);
}

ob_val py_trace_call_in(ob_val function, ob_val args) {
    py_thread *T = py_me;
    unsigned keep = T->in_trace;
    T->in_trace = 0;
    look(T);
    ob_val r = ob_call_ex(function, args, OB_NULL);
    T->in_trace = keep;
    look(T);
    return r;
}

/* Calls fn(frame, event, argument). A trace function's result is the frame's own one from now on, unless it is None. */
static bool report(py_thread *T, py_frame *F, ob_val fn, ob_val event, ob_val argument, bool profile) {
    py_frame *outer = T->trace_frame;
    unsigned outer_jump = T->trace_jump;
    bool yields = !profile && ob_same(event, id_yield);
    ob_pending keep = ob_err;
    ob_err = (ob_pending){0};
    ob_val o = py_frame_object(F), r = OB_NULL;
    if (!ob_is_null(o) && py_frame_refresh_locals(o)) {
        T->in_trace++;
        T->trace_frame = F;
        T->trace_jump = yields ? PY_JUMP_YIELD : ob_same(event, id_line) ? PY_JUMP_LINE : ob_same(event, id_call) ? PY_JUMP_CALL : PY_JUMP_NEVER;
        look(T);
        r = ob_call3(fn, o, yields ? id_return : event, argument);
        T->in_trace--;
        T->trace_frame = outer;
        T->trace_jump = outer_jump;
        if (!ob_is_null(r) && !py_frame_write_back(o)) r = OB_NULL;
    }
    py_frame_body *b = !ob_is_null(r) && (profile || ob_is_none(r)) ? NULL : ob_is_null(o) ? NULL : ob_err.cond > OB_COND_EXCEPTION ? NULL : ob_write_stream(o);
    if (!ob_is_null(r)) {
        if (b) b->trace = r;
        ob_err = keep;
        look(T);
        return true;
    }
    if (b) b->trace = OB_NULL;           /* a function that fails is not called again */
    *(profile ? &T->profile_fn : &T->trace_fn) = OB_NULL;
    look(T);
    return false;
}

static bool to_profile(py_thread *T, py_frame *F, ob_val event, ob_val argument) {
    return ob_is_null(T->profile_fn) || T->in_trace || report(T, F, T->profile_fn, event, argument, true);
}

/* The frame's own trace function; OB_NULL: it has none, or nobody traces. */
static ob_val local_function(const py_thread *T, const py_frame *F) {
    if (ob_is_null(T->trace_fn) || T->in_trace || ob_is_null(F->object)) return OB_NULL;
    return py_frame_body_of(F->object)->trace;
}

static int64_t at(const py_frame *F) { return F->pc - 1 - F->code->code; }

bool py_trace_call(py_thread *T, py_frame *F) {
    F->flags |= PY_F_PAGED;              /* what a resumed generator was sent is not yet written, as its code sees it */
    if (!ob_is_null(T->trace_fn) && !T->in_trace) {
        if (!report(T, F, T->trace_fn, id_call, OB_NONE, false)) return false;
        py_frame_body *b = ob_write_stream(F->object);
        if (!b) return false;
        py_frame_trace_from(b, at(F));
    }
    return to_profile(T, F, id_call, OB_NONE);
}

/* Reports while f_lineno is `line`, 0: what the instruction says. */
static bool report_at(py_thread *T, py_frame *F, ob_val fn, ob_val event, ob_val argument, int64_t line) {
    py_frame_body *b = ob_write_stream(F->object);
    if (!b) return false;
    b->line = line;
    bool ok = report(T, F, fn, event, argument, false);
    if (py_frame_body_of(F->object)->line) {
        ob_pending keep = ob_err;
        ob_err = (ob_pending){0};
        if (!(b = ob_write_stream(F->object))) return false;
        b->line = 0;
        ob_err = keep;
    }
    return ok;
}

static bool leaves(py_thread *T, py_frame *F, ob_val event, ob_val value) {
    ob_val fn = local_function(T, F), v = ob_is_null(value) ? OB_NONE : value;
    bool artificial = F->pc > F->code->code && py_is_artificial(&F->code->positions[at(F)]);
    if (!ob_is_null(fn) && !report_at(T, F, fn, event, v, artificial ? py_frame_body_of(F->object)->last_line : 0)) return false;
    return to_profile(T, F, id_return, v);
}

bool py_trace_return(py_thread *T, py_frame *F, ob_val value) { return leaves(T, F, id_return, value); }

/* Only where it is clear where it would go on: a generator at a yield of its own. */
bool py_trace_yield(py_thread *T, py_frame *F, ob_val value) {
    bool plain = F->code->flags & PY_CO_GENERATOR && F->pc[-1].op == PY_OP_YIELD;
    return leaves(T, F, plain ? id_yield : id_return, value);
}

/* What F waited for has come to its end with this value: the StopIteration that says so elsewhere is an event here. */
bool py_trace_stop(py_thread *T, py_frame *F, ob_val awaited, ob_val sent, ob_val value) {
    ob_val fn = local_function(T, F);
    bool silent = ob_type_of(awaited) == &ob_generator_type && ob_is_none(sent) && ob_is_none(value);
    if (ob_is_null(fn) || silent) return true;
    ob_val e = ob_exc_new(&ob_exc_StopIteration, &value, !ob_is_none(value));
    ob_val arg = ob_is_null(e) ? e : ob_tuple_of3(ob_of(&ob_exc_StopIteration), e, OB_NONE);
    return !ob_is_null(arg) && report(T, F, fn, id_exception, arg, false);
}

bool py_trace_exception(py_thread *T, py_frame *F) {
    ob_val fn = local_function(T, F);
    if (ob_is_null(fn) || ob_err.cond != OB_COND_EXCEPTION) return true;
    ob_val e = ob_err_fetch(), tb = ob_exc_get_traceback(e);
    ob_val arg = ob_tuple_of3(ob_of(ob_type_of(e)), e, ob_is_null(tb) ? OB_NONE : tb);
    if (ob_is_null(arg) || !report(T, F, fn, id_exception, arg, false)) return false;
    ob_err_restore(e);
    return true;
}

static bool has_no_line(const py_code *c, int64_t i) { return c->code[i].op == PY_OP_EXT || py_is_artificial(&c->positions[i]); }

static bool is_marked(const py_code *c, uint32_t m, int64_t i) { return m < c->nmarks && c->marks[m].pc == i; }

/* The loop goes back from here: a line that follows begins again. */
static bool passed(py_frame *F, int64_t i) {
    py_frame_body *b = ob_write_stream(F->object);
    if (b) b->last = i;
    return b != NULL;
}

/* A line begins at instruction i. back: the code has jumped back to it. Reports it if it is another one than that before. */
static bool begin_line(py_thread *T, py_frame *F, ob_val fn, int64_t i, int64_t line, bool mark, bool back) {
    py_frame_body *b = ob_write_stream(F->object);
    if (!b) return false;
    bool tell = !b->no_lines && (line != b->last_line || b->last < 0 || back);
    b->last = i;
    b->last_line = line;
    b->jump = 0;
    return !tell || report_at(T, F, fn, id_line, OB_NONE, mark ? line : 0);
}

bool py_trace_instruction(py_thread *T, py_frame *F) {
    ob_val fn = local_function(T, F);
    if (ob_is_null(fn)) return true;
    const py_code *c = F->code;
    int64_t i = at(F), last = py_frame_body_of(F->object)->last;
    uint32_t m = c->nmarks ? py_code_mark(c, (uint32_t)i) : 0;
    bool back = last >= 0 && (i < last || (i == last && c->code[i].op == PY_OP_LOOP)) && c->code[i].op != PY_OP_YIELDFROM, mark;
    do {
        if (!(mark = is_marked(c, m, i)) && has_no_line(c, i)) {
            if (c->code[i].op == PY_OP_LOOP && !passed(F, i)) return false;
            break;
        }
        if (!begin_line(T, F, fn, i, mark ? py_mark_line(c->marks[m]) : c->positions[i].line, mark, back)) return false;
        back = false;
        m += mark;
        int64_t jump = py_frame_body_of(F->object)->jump;
        if (jump) {                      /* the line where it went to is not told */
            i = at(F);
            mark = jump >= 2;
            m = mark ? (uint32_t)jump - 2 : c->nmarks;
        }
        if (ob_is_null(fn = local_function(T, F))) return true;
    } while (mark);
    return !py_frame_body_of(F->object)->opcodes || report(T, F, fn, id_opcode, OB_NONE, false);
}

/* ---- natives, for profiling ---- */

static ob_val bound(ob_val function, ob_val self) {
    ob_type *t = ob_type_of(function);
    return ob_is_null(self) || !t->slots.get ? function : t->slots.get(function, self, ob_of(ob_type_of(self)));
}

bool py_trace_native(py_thread *T, py_frame *F, ob_val function, ob_val self) {
    if (ob_is_null(T->profile_fn) || T->in_trace) return true;
    ob_val f = bound(function, self);
    return !ob_is_null(f) && to_profile(T, F, id_c_call, f);
}

ob_val py_trace_native_done(py_thread *T, py_frame *F, ob_val function, ob_val self, ob_val result) {
    if (ob_is_unread()) ob_unread_raise(), result = OB_NULL;
    if (ob_is_null(T->profile_fn) || T->in_trace || ob_err.cond > OB_COND_EXCEPTION) return result;
    ob_pending keep = ob_err;
    ob_err = (ob_pending){0};
    ob_val f = bound(function, self);
    if (ob_is_null(f)) return f;
    ob_err = keep;
    return to_profile(T, F, ob_is_null(result) ? id_c_exception : id_c_return, f) ? result : OB_NULL;
}

bool py_trace_init(void) {
    static const struct { ob_val *to; const char *text; } names[] = {{&id_call, "call"}, {&id_line, "line"}, {&id_return, "return"}, {&id_exception, "exception"},
        {&id_opcode, "opcode"}, {&id_c_call, "c_call"}, {&id_c_return, "c_return"}, {&id_c_exception, "c_exception"}};
    for (size_t i = 0; i < BASE_LENGTH(names); i++) {
        *names[i].to = ob_str_intern_c(names[i].text);
        if (ob_is_null(*names[i].to) || !ob_gc_add_static(names[i].to)) return false;
    }
    return true;
}
