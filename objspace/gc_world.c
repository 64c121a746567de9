/* gc_world.c: the threads that use the heap, safepoints, blocking regions, and stopping the world.
 *
 * Locks: `world` (rank HEAP) is held from ob_world_stop to ob_world_start.
 * W1  While the world is stopped every other thread is AWAY: it touches no object, and its stack and saved registers do not change.
 *     A thread that comes back sets RUNNING and then looks at `stopping`; the stopper sets `stopping` and then looks at the states.
 *     Both with seq_cst, so one of the two sees the other (MO: WORLD).
 * W2  `top`, `regs` and `frame` are written before AWAY is (release), and read after it was seen (acquire). */
#include "objspace/heap.h"
#include "base/mem.h"
#include "base/park.h"
#include "objspace/heap_cells.h"
#include <string.h>

_Atomic(uint32_t) ob_safepoint_wanted;
_Thread_local ob__heap_thread *ob__heap_me HOT_TLS;
ob__heap_thread *ob__heap_threads;
static base_lock world = BASE_LOCK_INIT(HEAP, "world");
static _Atomic(uint32_t) stopping;    /* 1 while somebody stops or has stopped the world; sleepers wait on it */
static _Atomic(uint32_t) arrivals;    /* counts threads that went away while stopping; the stopper waits on it */

/* Callee-saved registers may hold the only reference to an object: stores them. What the caller has pushed of its own caller's lies between the
 * address that is returned and the caller's frame address. */
NOINLINE char *ob_spill(uintptr_t regs[32]) {
#if defined(__x86_64__)
    __asm__ volatile("movq %%rbx, 0(%0)\n\tmovq %%rbp, 8(%0)\n\tmovq %%r12, 16(%0)\n\tmovq %%r13, 24(%0)\n\t"
                     "movq %%r14, 32(%0)\n\tmovq %%r15, 40(%0)" : : "r"(regs) : "memory");
#elif defined(__aarch64__)
    __asm__ volatile("stp x19, x20, [%0]\n\tstp x21, x22, [%0, #16]\n\tstp x23, x24, [%0, #32]\n\tstp x25, x26, [%0, #48]\n\t"
                     "stp x27, x28, [%0, #64]\n\tstr x29, [%0, #80]" : : "r"(regs) : "memory");
#else
#error "say which registers are callee-saved here"
#endif
    return __builtin_frame_address(0);
}

bool ob_heap_thread_enter(void *stack_base) {
    ob__heap_thread *t = base_mem_zeroed(sizeof *t);
    if (t == NULL) return false;
    t->base = stack_base;
    t->error = &ob_err;
    t->tx = &tx_me;
    t->unsure = UINT64_MAX;
    t->state = OB__RUNNING;
    base_lock_take(&world);           /* waits while the world is stopped: so a new thread cannot appear in a collection */
    t->next = ob__heap_threads;
    if (ob__heap_threads) ob__heap_threads->previous = t;
    ob__heap_threads = t;
    ob__heap_me = t;
    base_lock_drop(&world);
    return true;
}

void ob_heap_thread_leave(void) {
    ob__heap_thread *t = ob__heap_me;
    ob__finals_leave(t);              /* while no collection can look at the lists, or miss what is in neither */
    ob_blocking_enter();              /* whoever holds `world` may be waiting for us */
    base_lock_take(&world);
    ob__heap_retire(t);
    if (t->next) t->next->previous = t->previous;
    if (t->previous) t->previous->next = t->next;
    else ob__heap_threads = t->next;
    base_lock_drop(&world);
    ob__heap_me = NULL;
    VEC_RELEASE(&t->vars);
    base_mem_free(t);
}

void ob__world_hold(void) { base_lock_take(&world); }
void ob__world_let(void) { base_lock_drop(&world); }

void ob__heap_forked(void) {
    for (ob__heap_thread *t = ob__heap_threads, *next; t; t = next) {
        next = t->next;
        if (t == ob__heap_me) continue;
        ob__heap_retire(t);
        ob__finals_release(t);
        VEC_RELEASE(&t->vars);
        base_mem_free(t);
    }
    ob__heap_threads = ob__heap_me;
    ob__heap_me->next = ob__heap_me->previous = NULL;
}

bool ob_gc_add_thread_var(ob_val *variable) { return VEC_PUSH(&ob__heap_me->vars, variable); }

void ob_gc_hold(void) { ob__heap_me->hold++; }
void ob_gc_unhold(void) { ob__heap_me->hold--; }

/* ---- going away and coming back ---- */

static void away(ob__heap_thread *t) {
    atomic_store_explicit(&t->state, OB__AWAY, memory_order_seq_cst);        /* MO: WORLD release of top and regs */
    if (UNLIKELY(atomic_load_explicit(&stopping, memory_order_seq_cst))) {   /* MO: WORLD */
        atomic_fetch_add_explicit(&arrivals, 1, memory_order_seq_cst);
        base_park_wake(&arrivals, -1);
    }
}

static void back(ob__heap_thread *t) {
    for (;;) {
        atomic_store_explicit(&t->state, OB__RUNNING, memory_order_seq_cst); /* MO: WORLD */
        if (LIKELY(!atomic_load_explicit(&stopping, memory_order_seq_cst))) return;
        away(t);
        while (atomic_load_explicit(&stopping, memory_order_acquire)) base_park_wait(&stopping, 1, -1);    /* MO: WORLD acquire */
    }
}

NOINLINE void ob_blocking_enter(void) {
    ob__heap_thread *t = ob__heap_me;
    char *low = ob_spill(t->regs);
    t->top = __builtin_frame_address(0);
    size_t pushed = (size_t)(t->top - low), most = sizeof t->frame;      /* this frame is gone when we return; registers come back from it */
    if (pushed > most) pushed = most;
    memcpy(t->frame, t->top - pushed, pushed);
    away(t);
}

void ob_blocking_leave(void) { back(ob__heap_me); }

NOINLINE void ob_safepoint(void) {
    if (!(atomic_load_explicit(&ob_safepoint_wanted, memory_order_relaxed) & OB_SAFE_STOP)) return;
    ob_blocking_enter();
    ob_blocking_leave();
}

/* ---- stopping the others ---- */

NOINLINE void ob_world_stop(void) {
    ob__heap_thread *me = ob__heap_me;
    if (!base_lock_try(&world)) {
        ob_blocking_enter();          /* whoever stops the world now need not wait for us */
        base_lock_take(&world);
        atomic_store_explicit(&me->state, OB__RUNNING, memory_order_seq_cst);           /* MO: WORLD */
    }
    atomic_store_explicit(&stopping, 1, memory_order_seq_cst);               /* MO: WORLD */
    atomic_fetch_or_explicit(&ob_safepoint_wanted, OB_SAFE_STOP, memory_order_seq_cst);
    for (ob__heap_thread *t = ob__heap_threads; t; t = t->next)
        for (;;) {
            uint32_t seen = atomic_load_explicit(&arrivals, memory_order_seq_cst);
            if (t == me || atomic_load_explicit(&t->state, memory_order_seq_cst) == OB__AWAY) break;   /* MO: WORLD acquire */
            base_park_wait(&arrivals, seen, -1);
        }
}

void ob_world_start(void) {
    atomic_fetch_and_explicit(&ob_safepoint_wanted, ~(uint32_t)OB_SAFE_STOP, memory_order_seq_cst);   /* MO: WORLD */
    atomic_store_explicit(&stopping, 0, memory_order_seq_cst);       /* MO: WORLD release */
    base_park_wake(&stopping, -1);
    base_lock_drop(&world);
}
