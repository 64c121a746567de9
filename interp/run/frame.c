/* frame.c: the interpreter's threads, their VM stacks, inline cache tables, and frame objects.
 * Locks: threads_lock guards the thread list and the growth of cache tables. */
#include "interp/run/gen_int.h"
#include "interp/code_live.h"
#include "interp/run/fork.h"
#include "interp/run/import.h"
#include "interp/run/vm_ops.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "base/mem.h"
#include "base/vec.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

_Thread_local py_thread *py_me;
static pthread_mutex_t threads_lock = PTHREAD_MUTEX_INITIALIZER;
static py_thread *threads;
static VEC(py_code *) cached;                /* codes that have inline caches; under threads_lock, or with the world stopped */
static uint64_t numbers_in_use[64];          /* bitmap of thread numbers below 4096, under threads_lock */
static uint64_t next_ident = 1;

enum { STACK_BYTES = 32 << 20, STACK_SLACK = 512 };   /* reserved address space; registers kept free for natives' arguments */

static unsigned take_number(void) {
    for (unsigned i = 0; i < 64; i++)
        if (~numbers_in_use[i]) {
            unsigned bit = (unsigned)__builtin_ctzll(~numbers_in_use[i]);
            numbers_in_use[i] |= UINT64_C(1) << bit;
            return i * 64 + bit;
        }
    return UINT32_MAX;
}

py_thread *py_thread_new(void) {
    py_thread *T = calloc(1, sizeof *T);
    if (!T) return ob_fail_ptr(ob_raise_memory());
    void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) { free(T); return ob_fail_ptr(ob_raise_memory()); }
    T->stack = stack;
    T->stack_end = T->stack + STACK_BYTES / sizeof(ob_val) - STACK_SLACK;
    T->limit = 1000;
    T->slice_ticks = 20000;
    T->ticks = INT64_MAX;
    pthread_mutex_lock(&threads_lock);
    T->number = take_number();
    T->ident = next_ident++;
    T->next = threads;
    T->pprev = &threads;
    if (threads) { threads->pprev = &T->next; T->limit = threads->limit; }
    threads = T;
    pthread_mutex_unlock(&threads_lock);
    if (T->number == UINT32_MAX) { py_thread_free(T); return ob_fail_ptr(ob_raise_memory()); }
    py_me = T;
    tx_thread_goes_on();
    return T;
}

void py_thread_free(py_thread *T) {
    pthread_mutex_lock(&threads_lock);
    *T->pprev = T->next;
    if (T->next) T->next->pprev = T->pprev;
    if (T->number != UINT32_MAX) numbers_in_use[T->number / 64] &= ~(UINT64_C(1) << T->number % 64);
    pthread_mutex_unlock(&threads_lock);
    munmap(T->stack, STACK_BYTES);
    free(T->slice.saved);
    free(T->slice.words);
    free(T->hooks);
    free(T->locks);
    free(T->fresh);
    free(T->spare);
    if (py_me == T) py_me = NULL;
    free(T);
}

void py_frames_forked(void) {
    pthread_mutex_init(&threads_lock, NULL);
    for (py_thread *T = threads, *next; T; T = next) {
        next = T->next;
        if (T != py_me) py_thread_free(T);
    }
}

void py_threads_each(void (*fn)(py_thread *T, void *arg), void *arg) {
    pthread_mutex_lock(&threads_lock);
    for (py_thread *T = threads; T; T = T->next) fn(T, arg);
    pthread_mutex_unlock(&threads_lock);
}

/* ---- roots ---- */

static void trace_words(ob_tracer *t, const void *from, size_t n) { ob_trace_range(t, from, (const uint64_t *)from + n); }

/* A frame in the middle of an instruction: its header, its variables, and the temporaries that are needed by this instruction or later.
 * (Words that a callee's header lies on are looked at, too: that is why all this is conservative.) */
static void trace_frame(ob_tracer *t, const py_frame *f) {
    py_code *c = f->code;
    uint32_t first = c->nlocals + c->ncellregs + c->nfree, pc = (uint32_t)(f->pc - c->code);
    const py_live *l = f->flags & PY_F_PAGED || pc == 0 ? NULL : py_code_live(c);
    trace_words(t, f, PY_FRAME_WORDS + first);
    if (!l) {
        trace_words(t, f->r + first, c->nregs - first + 16u * f->above);
        return;
    }
    pc -= 1 + (c->code[pc - 1].op == PY_OP_EXT);
    const py_instr *i = &c->code[pc];
    for (uint32_t r = first; r < c->nregs; r++)
        if (py_live_has(l, pc, r)) trace_words(t, f->r + r, 1);
    py_effects e;
    py_effects_of(c, pc, &e);
    for (uint32_t k = 0; e.early && k < e.nwrites; k++) trace_words(t, f->r + e.write[k].r, e.write[k].n);
    if (e.lost >= c->nregs) return;
    bool with = i->op == PY_OP_WITHEXIT || i->op == PY_OP_WITHEXCEPT;
    uint32_t args = PY_ARGS(e.lost), n = with ? 3 : i->op == PY_OP_CALLEX ? 2 : i->c + (i->op == PY_OP_CALLM || i->op == PY_OP_CALLMKW);
    for (ob_val callee = f->r[with ? i->a : e.lost]; ob_is_ptr(callee) && callee.w && ob_is_exact(callee, &ob_method_type); n++)
        callee = ((const ob_method *)ob_ptr(callee))->func;      /* the arguments are moved up by one for its receiver */
    if (args < c->nregs) trace_words(t, f->r + args, args + n < c->nregs ? n : c->nregs - args);
    if (i->op == PY_OP_CALLEX) trace_words(t, f->r + c->nregs, 16u * f->above);
}

static void trace_stack(ob_tracer *t, const py_thread *T) {
    const py_frame *f = T->frame;
    ob_trace_ptr(t, f->code);
    if (f == T->saved) trace_frame(t, f);
    else trace_words(t, f, PY_FRAME_WORDS + f->code->nregs + 16u * f->above + STACK_SLACK);     /* its pc may be an older one */
    while ((f = f->prev)) {
        ob_trace_ptr(t, f->code);
        trace_frame(t, f);
    }
}

static void trace_thread(py_thread *T, void *arg) {
    ob_tracer *t = arg;
    if (T->frame) trace_stack(t, T);
    ob_trace_val(t, T->handled);
    ob_trace_val(t, T->async_exc);
    ob_trace_vals(t, T->acc, BASE_LENGTH(T->acc));
    ob_trace_val(t, T->async);
    ob_trace_val(t, T->sentinel);
    ob_trace_vals(t, T->hooks, T->nhooks);
    ob_trace_vals(t, T->fresh, T->nfresh);
    py_locks_trace(T, t);
    for (py_block *b = T->block; b; b = b->outer) {
        ob_trace_val(t, b->spec);
        ob_trace_val(t, b->handled);
        ob_trace_range(t, (const uint64_t *)b->saved, (const uint64_t *)(b->saved + b->nsaved));
    }
    if (T->slice.open) {
        ob_trace_val(t, T->slice.handled);
        ob_trace_range(t, T->slice.words, T->slice.words + T->slice.used);
    }
}

/* The collector stopped the world, so that the list stands still but for a thread that is entering: the lock is for that one. */
static void trace_threads(ob_tracer *t, void *arg UNUSED) { py_threads_each(trace_thread, t); }

static void drop_dead_entries(void);
bool py_frames_init(void) {
    ob_gc_add_weak_table(drop_dead_entries);
    return ob_gc_add_root(trace_threads, NULL);
}

/* ---- inline caches ---- */

py_ic *py_ic_table(py_code *c, py_thread *T) {
    pthread_mutex_lock(&threads_lock);
    py_code_threads *t = c->threads;
    if (!t || t->n <= T->number) {
        unsigned n = T->number < 4 ? 4 : (T->number + 16) & ~15u;
        py_code_threads *bigger = calloc(1, sizeof *bigger + n * sizeof(py_ic *));
        if (!bigger) goto fail;
        if (!t && !VEC_PUSH(&cached, c)) { free(bigger); goto fail; }
        bigger->at = t ? t->at : cached.n - 1;
        bigger->n = n;
        bigger->older = t;
        for (unsigned i = 0; t && i < t->n; i++) bigger->table[i] = t->table[i];
        atomic_store_explicit((_Atomic(py_code_threads *) *)&c->threads, bigger, memory_order_release);   /* MO: ICS release */
        t = bigger;
    }
    py_ic *ics = t->table[T->number];
    if (!ics) {   /* also when a former thread with this number left its caches: they are still right */
        ics = calloc(c->ncaches + 1u, sizeof *ics);
        if (!ics) goto fail;
        for (uint32_t i = 0; i < c->ncaches; i++) ics[i].name = c->caches[i].name;
        t->table[T->number] = ics;
    }
    pthread_mutex_unlock(&threads_lock);
    return ics;
fail:
    pthread_mutex_unlock(&threads_lock);
    return ob_fail_ptr(ob_raise_memory());
}

/* Caches keep nothing alive. An entry whose type or value died is empty: other objects may lie there soon. */
static void drop_dead_entries(void) {
    for (size_t k = 0; k < cached.n; k++) {
        py_code *c = cached.at[k];
        const py_code_threads *t = c->threads;
        if (!ob_gc_is_alive(c)) continue;                /* its caches go with it */
        for (unsigned i = 0; i < t->n; i++) {
            py_ic *ics = t->table[i];
            for (py_ic *ic = ics; ics && ic < ics + c->ncaches; ic++)
                if (ic->epoch && ((ob_is_ptr(ic->value) && ic->value.w && !ob_gc_is_alive(ob_ptr(ic->value))) ||
                                  (ic->how != PY_IC_NONE && ic->type && !ob_gc_is_alive(ic->type))))
                    ic->epoch = 0;
        }
    }
}

/* By the collector, when c is dead. */
void py_code_free_caches(py_code *c) {
    py_code_threads *t = c->threads;
    py_code *last = VEC_POP(&cached);
    if (last != c) cached.at[t->at] = last;
    ((py_code_threads *)last->threads)->at = t->at;
    for (unsigned i = 0; t && i < t->n; i++) free(t->table[i]);
    while (t) {
        py_code_threads *older = t->older;
        free(t);
        t = older;
    }
}

/* ---- frame objects ---- a snapshot of the frame when it was asked for; f_lineno and f_locals are looked up while it runs, and those of a
 * generator while it is suspended, too */

typedef struct frame_object { ob_obj o; ob_val code, globals, builtins, back, locals, gen; py_frame *live; py_thread *thread; int32_t line, lasti; } frame_object;

static void frame_trace(ob_obj *o, ob_tracer *t) {
    frame_object *f = (frame_object *)o;
    ob_trace_val(t, f->code);
    ob_trace_val(t, f->globals);
    ob_trace_val(t, f->builtins);
    ob_trace_val(t, f->back);
    ob_trace_val(t, f->locals);
    ob_trace_val(t, f->gen);
}

static unsigned line_at(const py_code *c, const py_instr *pc) {
    ptrdiff_t i = pc - 1 - c->code;
    if (i < 0) return (unsigned)c->firstlineno;
    return (uint32_t)i < c->ncode ? (unsigned)c->positions[i].line : (unsigned)c->firstlineno;
}
/* f_lasti, tb_lasti: two bytes for each instruction. */
static int32_t last_of(const py_code *c, const py_instr *pc) { return (int32_t)(2 * (pc - 1 - c->code)); }
unsigned py_frame_line(const py_frame *f) { return line_at(f->code, f->pc); }

static const py_gen_body *gen_of(const frame_object *o) { return ob_read(o->gen); }
/* Is it the frame of a generator that has begun or will, and does not run? */
static bool is_aside(const frame_object *o) {
    return !ob_is_null(o->gen) && (gen_of(o)->state == PY_GEN_CREATED || gen_of(o)->state == PY_GEN_SUSPENDED);
}

/* Is the object's frame still running (in this thread)? */
static py_frame *live_frame(frame_object *o) {
    if (ob_is_null(o->gen) && o->thread != py_me) return NULL;
    for (py_frame *f = py_me->frame; f; f = f->prev)
        if ((f == o->live || !ob_is_null(o->gen)) && ob_same(f->object, ob_of(o))) return f;
    return NULL;
}

static frame_object *frame_new(py_code *c, ob_val globals, const py_instr *pc) {
    frame_object *o = ob_alloc(&ob_frame_type, sizeof *o);
    if (!o) return NULL;
    o->code = ob_of(c);
    o->globals = globals;
    o->builtins = py_builtins;
    o->back = OB_NONE;
    o->line = (int32_t)line_at(c, pc);
    o->lasti = last_of(c, pc);
    return o;
}

ob_val py_frame_object(py_frame *f) {
    if (!f) return OB_NONE;
    if (!ob_is_null(f->object)) return f->object;
    frame_object *o = frame_new(f->code, f->globals, f->pc);
    if (!o) return OB_NULL;
    o->live = f;
    o->thread = py_me;
    if (f->flags & PY_F_GEN) o->gen = f->owner;
    f->object = ob_of(o);
    if (f->flags & PY_F_GEN) return f->object;     /* who resumes it changes */
    o->back = f->prev ? py_frame_object(f->prev) : OB_NONE;
    if (ob_is_null(o->back)) return OB_NULL;
    return f->object;
}

ob_val py_gen_frame_object(ob_val gen) {
    const py_gen_body *b = ob_read(gen);
    if (b->state == PY_GEN_RUNNING) {
        py_frame *f = py_me->frame;
        while (f && !(f->flags & PY_F_GEN && ob_same(f->owner, gen))) f = f->prev;
        return py_frame_object(f);
    }
    if (!ob_is_null(b->object)) return b->object;
    frame_object *o = frame_new(b->code, b->globals, b->pc);
    if (!o) return OB_NULL;
    o->gen = gen;
    py_gen_body *w = tx_write_local(ob_handle(gen), TX_ALL);   /* no change that a read-only block would forbid */
    if (!w) return ob_write_failed(gen), OB_NULL;
    return w->object = ob_of(o);
}

/* The frame of a traceback entry that was made while nobody had asked for one: its code, globals and line; the locals are gone. */
ob_val py_traceback_frame(ob_val tb) {
    const ob_traceback *t = (ob_traceback *)ob_ptr(tb);
    py_code *c = py_code_ptr(t->code);
    frame_object *o = frame_new(c, t->globals, c->code);
    if (!o) return OB_NULL;
    o->line = t->lineno;
    o->lasti = t->lasti;
    return ob_of(o);
}

/* The variables that are bound in registers r of a function. */
static ob_val locals_of(py_code *c, const ob_val *r) {
    ob_val d = ob_dict_new();
    for (int part = 0; part < 3 && !ob_is_null(d); part++) {
        ob_val names = part == 0 ? c->varnames : part == 1 ? c->cellvars : c->freevars;
        uint32_t reg = part == 0 ? 0 : part == 1 ? c->nlocals : c->nlocals + c->ncellregs;
        for (size_t i = 0; i < ob_tuple_len(names); i++) {
            ob_val name = ob_tuple_at(names, i), v;
            bool param = false;
            for (size_t k = 0; part == 1 && k < c->nlocals; k++) param |= ob_str_equal(ob_tuple_at(c->varnames, k), name);
            if (param) continue;             /* a captured parameter sits in its own register */
            v = r[reg++];
            if (!ob_is_null(v) && ob_is_ptr(v) && ob_ptr(v)->type == &ob_cell_type) v = ob_cell_get(v);
            if (!ob_is_null(v) && !ob_dict_set(d, name, v)) return OB_NULL;
        }
    }
    return d;
}

ob_val py_frame_locals(py_frame *f) {
    if (!ob_is_null(f->ns) && !(f->flags & PY_F_GEN)) return f->ns;
    if (!(f->code->flags & PY_CO_OPTIMIZED)) return f->globals;
    py_acc_forget(py_me);      /* strs under construction are seen now */
    return locals_of(f->code, f->r);
}

static ob_val get_code(ob_val o) { return ((frame_object *)ob_ptr(o))->code; }
static ob_val get_globals(ob_val o) { return ((frame_object *)ob_ptr(o))->globals; }
static ob_val get_builtins(ob_val o) { return ((frame_object *)ob_ptr(o))->builtins; }
static ob_val get_back(ob_val v) {
    frame_object *o = (frame_object *)ob_ptr(v);
    py_frame *f = ob_is_null(o->gen) ? NULL : live_frame(o);
    return f && f->prev ? py_frame_object(f->prev) : o->back;
}
static ob_val get_trace(ob_val o UNUSED) { return OB_NONE; }
static bool set_trace(ob_val o UNUSED, ob_val v UNUSED) { return true; }
static ob_val get_line(ob_val v) {
    frame_object *o = (frame_object *)ob_ptr(v);
    py_frame *f = live_frame(o);
    if (!f && is_aside(o)) return ob_from_small((int64_t)line_at(gen_of(o)->code, gen_of(o)->pc));
    return ob_from_small(f ? (int64_t)py_frame_line(f) : o->line);
}
static ob_val get_lasti(ob_val v) {
    frame_object *o = (frame_object *)ob_ptr(v);
    py_frame *f = live_frame(o);
    if (!f && is_aside(o)) return ob_from_small(gen_of(o)->state == PY_GEN_CREATED ? -1 : last_of(gen_of(o)->code, gen_of(o)->pc));
    return ob_from_small(f ? last_of(f->code, f->pc) : o->lasti);
}
static ob_val get_locals(ob_val v) {
    frame_object *o = (frame_object *)ob_ptr(v);
    py_frame *f = live_frame(o);
    if (f) return py_frame_locals(f);
    if (is_aside(o)) return locals_of(gen_of(o)->code, gen_of(o)->r);
    return ob_is_null(o->locals) ? ob_dict_new() : o->locals;
}
static ob_val frame_clear(ob_val self, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) {
    frame_object *o = (frame_object *)ob_ptr(self);
    if (live_frame(o)) return ob_raise(&ob_exc_RuntimeError, "cannot clear an executing frame");
    if (is_aside(o)) py_gen_finalize(o->gen);
    if (is_aside(o) && ob_type_of(o->gen) == &ob_coroutine_type && ob_is_null(py_gen_close(o->gen))) return OB_NULL;
    return ob_failed() ? OB_NULL : OB_NONE;
}
static ob_val frame_repr(ob_val v) {
    frame_object *o = (frame_object *)ob_ptr(v);
    py_code *c = py_code_ptr(o->code);
    return ob_str_format_c("<frame at 0x%lx, file %R, line %d, code %S>", (unsigned long)v.w, c->filename, o->line, c->name);
}
static const ob_getset frame_getsets[] = {
    {"f_back", get_back, NULL, NULL}, {"f_builtins", get_builtins, NULL, NULL}, {"f_code", get_code, NULL, NULL},
    {"f_globals", get_globals, NULL, NULL}, {"f_lasti", get_lasti, NULL, NULL}, {"f_lineno", get_line, NULL, NULL},
    {"f_locals", get_locals, NULL, NULL}, {"f_trace", get_trace, set_trace, NULL}, {0}};
static const ob_def frame_methods[] = {{"clear", frame_clear, "", NULL, 0}, {0}};

ob_type ob_frame_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "frame", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(frame_object), .slots = {.repr = frame_repr}, .trace = frame_trace, .methods = frame_methods, .getsets = frame_getsets};
