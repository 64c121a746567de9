/* heap.h: allocation of objects and memory blocks, the collector, and stopping the world.
 *
 * Non-moving mark-sweep. Every cell is 16-byte aligned. C stacks and registers are scanned conservatively (also interior pointers
 * to the first page of a cell count), VM stacks precisely through roots.
 */
#ifndef OBJSPACE_HEAP_H
#define OBJSPACE_HEAP_H
#include "objspace/obj.h"

/* ---- allocation ---- all return NULL with MemoryError raised when memory is exhausted */
/* An immutable object of `size` bytes (header included), zeroed behind the header. Not leaf: type->trace is called. */
MUST_CHECK void *ob_alloc(ob_type *type, size_t size);
/* As ob_alloc but contents behind the header are not zeroed and never traced (str, bytes, big ints …). */
MUST_CHECK void *ob_alloc_leaf(ob_type *type, size_t size);
/* The same with a header that says more from the start. */
MUST_CHECK void *ob_alloc_leaf_as(ob_type *type, size_t size, uint32_t flags, uint32_t aux);
/* A mutable object: handle + body_size zeroed bytes; vw is set. flags |= OB_F_MUTABLE. */
MUST_CHECK void *ob_alloc_mut(ob_type *type, size_t body_size);
/* A memory block owned by one object: traced only through its owner (tracer->block). Uninitialised / zeroed. */
MUST_CHECK void *ob_block_alloc(size_t bytes);
MUST_CHECK void *ob_block_zalloc(size_t bytes);
/* Frees a block that nobody else can reach (no snapshot, no other owner). bytes as allocated. */
void ob_block_free(void *block, size_t bytes);
size_t ob_block_size(const void *block);     /* usable bytes: round capacities up to it */
size_t ob_cell_size(const void *object);     /* bytes of the cell that a heap object fills (OB_F_STATIC ones have none) */
/* Where an object flagged OB_F_HOLDER keeps its attribute holder: the last word of its cell. */
static inline ob_val *ob_holder_slot(const void *object) { return (ob_val *)((char *)(uintptr_t)object + ob_cell_size(object)) - 1; }
bool ob_in_heap(const void *p);              /* does p lie in memory of the collected heap? */

/* ---- tracing ---- a type's trace function calls these for everything it holds */
typedef struct ob_tracer ob_tracer;
struct ob_tracer {
    void (*val)(ob_tracer *t, ob_val v);             /* v may be OB_NULL, small, float */
    bool (*block)(ob_tracer *t, const void *block);  /* look into it?  false: that was done already (blocks that bodies share).  NULL allowed by ob_trace_block */
};
static inline void ob_trace_val(ob_tracer *t, ob_val v) { if (ob_is_ptr(v) && v.w) t->val(t, v); }
static inline void ob_trace_ptr(ob_tracer *t, const void *o) { if (o) t->val(t, ob_of(o)); }
static inline void ob_trace_block(ob_tracer *t, const void *b) { if (b) (void)t->block(t, b); }
static inline void ob_trace_vals(ob_tracer *t, const ob_val *v, size_t n) { for (size_t i = 0; i < n; i++) ob_trace_val(t, v[i]); }
/* The same for what the object has a place in, such as an iterator its container: the body, and so what the place means, stays in memory (ob__gc_pinned). */
void ob_trace_place(ob_tracer *t, ob_val v);
/* Conservative: marks whatever the words in [from, to) may point to (VM stacks: dead registers hold stale words). Only from roots. */
void ob_trace_range(ob_tracer *t, const uint64_t *from, const uint64_t *to);

/* ---- roots ---- */
typedef void ob_root_fn(ob_tracer *t, void *arg);
bool ob_gc_add_root(ob_root_fn *fn, void *arg) MUST_CHECK;   /* called at each collection with the world stopped */
void ob_gc_remove_root(ob_root_fn *fn, void *arg);
/* Tables that keep nothing alive: drop_dead is called when marking is over and forgets what ob_gc_is_alive denies. Once each, at start. */
void ob_gc_add_weak_table(void (*drop_dead)(void));
bool ob_gc_is_alive(const void *object);
/* A static ob_val variable that holds an object for ever (module caches, interned names). */
bool ob_gc_add_static(ob_val *variable) MUST_CHECK;
/* A static object that holds heap objects, foremost a static type: traced at each collection like a live one. ob_type_ready calls it for
 * static types. Static objects that are not registered are not looked into. Adding one twice is harmless. */
bool ob_gc_add_static_object(void *object) MUST_CHECK;
/* A variable of the calling thread (_Thread_local); forgotten when the thread leaves. */
bool ob_gc_add_thread_var(ob_val *variable) MUST_CHECK;
/* Sets OB_F_FINALIZER and lists v, so that it is kept, and queued for ob_gc_run_pending, when it becomes unreachable. The ob_alloc* functions call it
 * for types flagged OB_TF_FINAL. */
bool ob_gc_add_finalizer(ob_val v) MUST_CHECK;
void ob_gc_drop_finalizer(ob_val v);         /* v will never be seen: forget its __del__ */

/* ---- collection ---- */
void ob_gc_collect(void);                    /* full, now; runs weakref callbacks and finalizers afterwards at the caller's safepoint */
/* The same, where the caller knows that its C stack below `from` holds no reference that is not kept elsewhere: it is not looked at. */
void ob_gc_collect_from(const char *from);
/* Callee-saved registers into regs; returns an address below the caller's frame: a `from` for the functions that the caller calls. */
char *ob_spill(uintptr_t regs[32]);
void ob_gc_set_enabled(bool on);
bool ob_gc_enabled(void);
/* After a collection: what died with OB_F_FINALIZER or weakref callbacks waits here until the VM runs it at a safepoint. */
bool ob_gc_pending(void);
void ob_gc_run_pending(void);                /* calls __del__ and weakref callbacks; their exceptions go to sys.unraisablehook */
void ob_gc_finish(void);                     /* at exit: runs what is queued, and every __del__ that has not run */
/* Between these the calling thread neither collects nor stops at a safepoint of an allocation (nests): for code that allocates while it holds a lock
 * which other threads wait for outside of a blocking region. Keep it short. */
void ob_gc_hold(void);
void ob_gc_unhold(void);
typedef struct ob_gc_stats { uint64_t collections, live_bytes, heap_bytes, freed_bytes, pause_ns; } ob_gc_stats;
void ob_gc_stats_get(ob_gc_stats *out);
/* Calls fn for every live object (gc.get_objects, debugging); world is stopped meanwhile. */
void ob_heap_each(void (*fn)(ob_obj *o, void *arg), void *arg);

/* ---- threads and safepoints ---- */
bool ob_heap_init(void) MUST_CHECK;
bool ob_heap_thread_enter(void *stack_base) MUST_CHECK;   /* before this thread touches objects; stack_base: address in its outermost frame */
void ob_heap_thread_leave(void);
/* Polled by the VM on backward jumps and calls (a relaxed load and a branch) and by allocation slow paths. */
extern _Atomic(uint32_t) ob_safepoint_wanted;             /* nonzero: some thread wants the world to stop, or work is pending for the VM */
enum { OB_SAFE_STOP = 1, OB_SAFE_PENDING = 2, OB_SAFE_USER = 16 /* bits from here on are the VM's */ };
void ob_safepoint(void);                                  /* parks while the world is stopped */
/* Around anything that may block (system calls, locks): the collector does not wait for this thread meanwhile; it must not touch objects. */
void ob_blocking_enter(void);
void ob_blocking_leave(void);
/* Stops all other threads at safepoints or in blocking regions; nests not. */
void ob_world_stop(void);
void ob_world_start(void);

#endif
