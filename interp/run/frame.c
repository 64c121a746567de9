/* frame.c: the interpreter's threads, their VM stacks, and inline cache tables.
 * Locks: threads_lock guards the thread list and the growth of cache tables. */
#include "interp/run/gen_int.h"
#include "interp/run/import_lock.h"
#include "interp/code_live.h"
#include "interp/run/fork.h"
#include "interp/run/vm_ops.h"
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

uint64_t py_thread_ident_take(void) {
    pthread_mutex_lock(&threads_lock);
    uint64_t ident = next_ident++;
    pthread_mutex_unlock(&threads_lock);
    return ident;
}

py_thread *py_thread_new(uint64_t ident) {
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
    T->ident = ident ? ident : next_ident++;
    T->handle = pthread_self();
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
    py_imports_release(T);
    munmap(T->stack, STACK_BYTES);
    free(T->slice.saved);
    free(T->slice.words);
    free(T->merged.words);
    free(T->hooks);
    free(T->locks);
    free(T->fresh);
    free(T->moves);
    free(T->places);
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

bool py_thread_handle(uint64_t ident, pthread_t *out) {
    bool found = false;
    pthread_mutex_lock(&threads_lock);
    for (py_thread *T = threads; T && !found; T = T->next)
        if (T->ident == ident) *out = T->handle, found = true;
    pthread_mutex_unlock(&threads_lock);
    return found;
}
const py_thread *py_threads_first(void) { return threads; }
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
    ob_trace_val(t, T->not_joined);
    ob_trace_val(t, T->import_wanted);
    ob_trace_val(t, T->import_doubt);
    ob_trace_val(t, T->trace_fn);
    ob_trace_val(t, T->profile_fn);
    ob_trace_vals(t, T->hooks, T->nhooks);
    ob_trace_vals(t, T->fresh, T->nfresh);
    py_locks_trace(T, t);
    ob_trace_val(t, T->wait_lock);
    py_merged_locks_trace(T, t);
    for (py_block *b = T->block; b; b = b->outer) {
        ob_trace_val(t, b->spec);
        ob_trace_val(t, b->handled);
        ob_trace_range(t, (const uint64_t *)b->saved, (const uint64_t *)(b->saved + b->nsaved));
    }
    if (T->merged.kept) {
        ob_trace_val(t, T->merged.handled);
        ob_trace_range(t, T->merged.words, T->merged.words + T->merged.used);
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
        if (posix_memalign((void **)&ics, sizeof *ics, (c->ncaches + 1u) * sizeof *ics)) goto fail;
        memset(ics, 0, (c->ncaches + 1u) * sizeof *ics);
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
