/* frame.h: frames on the VM stack, inline caches, and the interpreter's state of a thread.
 *
 * A frame is a header of PY_FRAME_WORDS words followed by its registers. It lies in its caller's call area, so that arguments are
 * passed by standing where the callee looks for them. A generator's frame is copied onto the stack when it is resumed and back into
 * the generator's body when it yields.
 *
 * F1  thread->frame is the running frame whenever C code outside of vm.c runs.
 * F2  frame->pc is the next instruction of every frame but the running one inside vm.c.
 * F3  above the registers of the running frame, the stack holds nothing that is needed.
 */
#ifndef INTERP_RUN_FRAME_H
#define INTERP_RUN_FRAME_H
#include "interp/code.h"
#include "interp/run/blocking.h"
#include "objspace/call.h"
#include "objspace/inst.h"
#include "txn/tx.h"
#include <pthread.h>

typedef struct py_frame py_frame;
typedef struct py_thread py_thread;

/* One inline cache of one thread. Valid while epoch == tx_me.epoch. */
typedef struct py_ic {
    uint64_t epoch;              /* 0: empty */
    const void *type;            /* type of the object, or the namespace dict */
    const ob_shape *shape;       /* INST: shape the object must have */
    ob_val value;                /* class attribute, method, global */
    uint32_t slot;
    uint8_t how;                 /* py_ic_how */
    const ob_shape *next_shape;  /* SETATTR that adds a slot: shape after it */
    ob_val name;                 /* copied from the code object */
    uint64_t unused;
} py_ic;
_Static_assert(sizeof(py_ic) == 64, "a cache lies in one line, and is found by a shift");

struct py_frame {
    py_frame *prev;              /* caller on this stack; for PY_F_ENTRY the frame below the C call */
    const py_instr *pc;
    py_code *code;
    ob_val func;                 /* function object, or OB_NULL */
    ob_val globals;
    py_ic *ic;
    ob_val ns;                   /* class, module, exec bodies: the namespace.  generators: the exception handled by whoever resumed it */
    ob_val owner;                /* PY_F_INIT: the instance; PY_F_GEN: the generator; otherwise OB_NULL */
    ob_val object;               /* frame object, if somebody asked for one */
    uint32_t flags;              /* PY_F_* */
    uint16_t dst;                /* register of the caller for the result */
    uint16_t above;              /* what lies above the registers (arguments of a call with *), in units of 16 words */
    ob_val r[];
};
_Static_assert(sizeof(struct py_frame) == 8 * PY_FRAME_WORDS, "frame header fills the reserved words");

enum {
    PY_F_ENTRY = 1,              /* returns to C */
    PY_F_INIT = 2,               /* an __init__: result must be None, dst gets owner */
    PY_F_GEN = 4,                /* a generator, coroutine …: owner */
    PY_F_FORITER = 8,            /* resumed by FOR_ITER: exhaustion jumps */
    PY_F_YIELDFROM = 16,         /* resumed by YIELDFROM of the frame below */
    PY_F_NEXT = 32,              /* resumed by next()/send() called from the frame below: exhaustion raises StopIteration */
    PY_F_FOLD = 8192,            /* resumed by a builtin that makes one value of all that it yields (mod/builtins_fold.c): exhaustion gives that */
    PY_F_DISCARD = 64,           /* the result is dropped (setters) */
    PY_F_PAGED = 256,            /* Python code runs, or ran, above it of which its pc knows nothing: loading an object, or what comes between two
                                    instructions (py_frame_between). All registers count, whatever the instruction before pc needs */
    PY_F_HANDLING = 128,         /* PY_F_GEN: inside a handler of its own (whose exception may be the resumer's, too) */
    PY_F_STEP = 1024,            /* an asynchronous generator, for the awaitable of one step (asyncgen.c), which the frame below waits for */
    PY_F_CLOSE = 512,            /* resumed with GeneratorExit, to be closed, by the YIELDFROM of the frame below */
    PY_F_CLEANUP = 4096,         /* the last handler that it went to cleans up and goes on raising */
    PY_F_OBJECT = 2048,          /* has a frame object, which is told when the frame ends */
};

/* Where names of f are stored and looked for first; OB_NULL: a function, or its globals. The namespace of a coroutine that is no function's (code compiled
 * with top-level await) is where func, made for it alone, would keep its attributes. */
static inline ob_val py_frame_ns(const py_frame *f) {
    if (LIKELY(!(f->flags & PY_F_GEN))) return f->ns;
    return f->code->flags & PY_CO_OPTIMIZED ? OB_NULL : ((const ob_function *)ob_ptr(f->func))->attrs;
}
/* Around Python code that runs above f between two of its instructions: signal handlers, finalizers, invariants. The one before pc has come to its end, and
 * may be one that is not followed by pc at all. */
static inline uint32_t py_frame_between(py_frame *f) {
    uint32_t flags = f->flags;
    f->flags |= PY_F_PAGED;
    return flags;
}
static inline void py_frame_on(py_frame *f, uint32_t flags) { if (!(flags & PY_F_PAGED)) f->flags &= ~(uint32_t)PY_F_PAGED; }
static inline py_frame *py_frame_of(ob_val *r) { return (py_frame *)(r - PY_FRAME_WORDS); }

/* ---- generators ---- */
enum { PY_GEN_CREATED, PY_GEN_SUSPENDED, PY_GEN_RUNNING, PY_GEN_DONE };
enum {                           /* marks of asynchronous generators */
    PY_AG_RUNNING = 1,           /* a step is under way: suspended it waits for something, and has not yielded */
    PY_AG_CLOSED = 2,            /* aclose() was begun, or it has ended */
    PY_AG_HOOKED = 4,            /* the hooks of sys.set_asyncgen_hooks have seen it */
};
typedef struct py_gen_body {
    ob_val func, globals, name, qualname, handled, object;
    ob_val extra;                /* coroutine: cr_origin; asynchronous generator: its finalizer hook; generator: what PY_F_FOLD has so far; or OB_NULL */
    py_code *code;
    const py_instr *pc;
    uint32_t nregs;
    uint16_t state, marks;       /* marks: PY_AG_*, or the py_fold under way */
    ob_val r[];                  /* nregs */
} py_gen_body;

/* What sys.set_asyncgen_hooks and sys.set_coroutine_origin_tracking_depth have set in a thread; hooks OB_NULL: none. */
typedef struct py_async_body { ob_val firstiter, finalizer; uint64_t depth; } py_async_body;

/* ---- a running atomic block ---- */
typedef struct py_block {
    struct py_block *outer;
    py_frame *frame;             /* whose `with` it is */
    const py_instr *pc;          /* its WITHENTER */
    unsigned activation;         /* of vm.c: C recursion level at which it can be restarted */
    bool nested, readonly;
    bool alternative;            /* of or_else(): a retry() inside undoes this block and raises _Retried behind it */
    bool restarting;             /* WITHENTER is about to run again */
    bool aborted;                /* abort() was called: it is undone however it is left */
    unsigned depth;              /* T->depth at entry */
    size_t held, locks, fresh, moves;    /* output held back, locks taken and given back, instances made, files moved in, before a nested block */
    size_t kept;                 /* T->nmoves at its begin, or its last savepoint */
    uint64_t serial;             /* tells it from other blocks in the same memory */
    ob_val spec;                 /* the atomic object */
    ob_val handled;
    tx_savepoint savepoint;      /* nested ones */
    uint64_t writable;           /* nested readonly: what tx_readonly_push returned */
    int64_t retry_deadline;      /* of retry(timeout): ns, counted from the first retry(); 0 none yet */
    size_t room;                 /* of saved */
    size_t nsaved;
    ob_val saved[];              /* registers of frame at entry */
} py_block;

/* ---- a slice: what is needed to run it again ---- */
typedef struct py_saved_frame { py_frame *at; size_t words; uint64_t *copy; } py_saved_frame;
typedef struct py_slice {
    bool open;                   /* there is a checkpoint */
    py_frame *top;               /* running frame at its begin */
    py_frame *watermark;         /* frames below it are saved when a return reaches them */
    ob_val handled;
    unsigned depth;
    py_saved_frame *saved; size_t nsaved, cap;
    uint64_t *words; size_t used, room;          /* copies, one behind the other */
} py_slice;

/* ---- blocks that run as part of the slice (merge.h) ---- */
enum { PY_MERGE_DEPTH = 8, PY_MERGE_LOCKS = 4 };
typedef struct py_merge_lock { ob_val lock; uint64_t me; unsigned open; } py_merge_lock;     /* me: of an RLock, its owner; open: sections that have not ended */
typedef struct py_merge {
    /* what each block that joins touches */
    unsigned depth, done;                                /* open; ended in this slice */
    unsigned left, width;                                /* how many may still join this slice (0 where none may); how many each */
    unsigned sections;                                   /* open ones that are critical sections of locks (mod/lock_merge.c) */
    unsigned blocks;                                     /* that have ended and stood in no other, though perhaps in a section */
    unsigned careful;                                    /* so many blocks more are entered ready for retry(): kept, below */
    bool allowed, given_up, prolonged;
    bool kept, cut;                                      /* what retry() needs is there; the slice is to end where that block begins */
    const char *label;                                   /* conflict reports: what the outermost open one is called, or NULL */
    py_frame *frame[PY_MERGE_DEPTH];                     /* of the open ones */
    unsigned wins, pause, pause_next;
    unsigned nlocks, refused;                            /* refused: commits in a row that found one of them held */
    py_merge_lock locks[PY_MERGE_LOCKS];                 /* used in this slice */
    /* for retry(): what the outermost open block was entered with, and where */
    const py_instr *pc;
    ob_val handled;
    unsigned calls;                                      /* T->depth */
    uint64_t *words; size_t used, room;                  /* registers */
} py_merge;

/* ---- a change that an __invariant__ has yet to be asked about (lang/invariant.c) ---- */
typedef struct py_guard {
    unsigned activation;                                 /* whose instruction, or native, makes it */
    tx_savepoint since;                                  /* right before it */
} py_guard;

/* ---- thread ---- */
enum {
    PY_LOOK_EXTERNAL = 1,        /* the transaction in progress began after an external act inside a native */
    PY_LOOK_TRACE = 2,           /* the thread is traced: it belongs into vm_traced.c */
    PY_LOOK_GUARDED = 4,         /* something that an __invariant__ is about was changed outside of blocks: T->guard */
};
struct py_thread {
    py_frame *frame;             /* F1 */
    const py_frame *saved;       /* a running frame whose pc is up to date, as an explicit collection needs it */
    const char *loop;            /* C stack of the innermost vm.c: from here on it is that of whoever called it */
    ob_val *stack, *stack_end;   /* VM stack; stack_end leaves room for one native's arguments */
    ob_val acc[4];               /* results of ACCADD, by register: strs that nobody else holds */
    ob_val handled;              /* exception being handled (sys.exc_info), or OB_NULL */
    int64_t ticks;               /* until the next look at budget and requests */
    unsigned depth, limit;       /* Python calls */
    unsigned activation;         /* nested runs of the VM */
    unsigned number;             /* small, reused: index of inline caches */
    py_block *block;             /* innermost atomic block */
    py_block *spare;             /* a record for the next one */
    py_slice slice;
    py_merge merged;
    int64_t slice_ticks;         /* length of this thread's slices, adapted */
    bool multi;                  /* slices have checkpoints */
    uint8_t look;                /* PY_LOOK_*: what the VM must see to behind a native */
    unsigned in_trace;           /* a trace or profile function is running */
    ob_val trace_fn, profile_fn; /* sys.settrace, sys.setprofile; OB_NULL none */
    py_frame *trace_frame;       /* the frame whose event is being reported, and … */
    enum { PY_JUMP_CALL, PY_JUMP_LINE, PY_JUMP_YIELD, PY_JUMP_NEVER } trace_jump;    /* … whether f_lineno may be set meanwhile */
    _Atomic(uint32_t) request;   /* PY_REQ_*: set by others (signals, async exceptions); the thread looks when ticks run out */
    ob_val async_exc;
    uint64_t ident;
    pthread_t handle;
    ob_val async;                /* py_async_body; its own object, so that what is set goes back with a block */
    ob_val sentinel;             /* lock given back when the thread has ended */
    ob_val not_joined;           /* another thread's, for which the block has just been refused to wait; or OB_NULL */
    struct py_job *job;          /* of a parallel loop (parallel.c) that the block runs */
    bool acted;                  /* the block has been let do something outside */
    ob_val wait_lock;            /* that the block or slice to be restarted waits for, or OB_NULL */
    py_thread *next, **pprev;    /* list of all threads, under py_threads_lock */
    uint64_t outputs;
    struct py_course *course;     /* its course, for --trace-conflicts */
    struct py_held *held;        /* output held back by the block (output.c) */
    struct py_move *moves; size_t nmoves, moves_cap;       /* positions of files before the block moved in them (output.c) */
    int held_error;              /* errno of the last flush of held output */
    ob_val *hooks; size_t nhooks, hooks_cap;     /* (function, args) tuples of on_commit/on_abort that are due */
    size_t hooks_taken;          /* the first of them are being run by hooks_run */
    struct py_import_record *imports;            /* what it is loading (import_lock.c) */
    ob_val import_wanted;        /* the block to be restarted waits for another thread's import of it; or OB_NULL */
    ob_val import_doubt;         /* waited for in vain once, for the next look at it; or OB_NULL */
    struct py_lock_act *locks; size_t nlocks, locks_cap;   /* what the block did to locks (mod/_thread.c) */
    py_guard guard;
    ob_val *fresh; size_t nfresh, fresh_cap;     /* instances with an __invariant__ that the block has made */
    uint64_t *places; size_t nplaces, places_cap;  /* where the blocks that have committed stand in the serial order, once _places() has been asked (lang/atomic.c) */
    uint64_t block_serial;
    int64_t retry_timeout;       /* of the retry() under way: ns, <0 none */
};
/* Strs under construction may be seen by others than their variable: what comes next is built in a copy. Called wherever something is noted that an undo
 * or restart may come back to: checkpoints, blocks, savepoints. */
static inline void py_acc_forget(py_thread *T) { memset(T->acc, 0, sizeof T->acc); }
extern _Thread_local py_thread *py_me HOT_TLS;

static inline void py_set_external(py_thread *T, bool on) { T->look = (uint8_t)((T->look & ~PY_LOOK_EXTERNAL) | (on ? PY_LOOK_EXTERNAL : 0)); }

/* vm.c */
ob_val py_vm_run(py_thread *T, py_frame *f);                  /* (call.c) runs f (flags ENTRY) until it returns; OB_NULL: condition */
ob_val py_vm_loop(py_thread *T, py_frame *f);                 /* what it does it with */
/* The two copies of the loop: go on with `now`, a frame of the activation that `below` called; fresh: its call is to be reported. */
ob_val py_vm_plain(py_thread *T, py_frame *below, py_frame *now, bool fresh);
ob_val py_vm_traced(py_thread *T, py_frame *below, py_frame *now, bool fresh);
#define PY_TOP(T) ((T)->frame ? (T)->frame->r + (T)->frame->code->nregs + 16 * (1 + (T)->frame->above) : (T)->stack)

/* frame.c */
MUST_CHECK py_thread *py_thread_new(uint64_t ident);          /* for this OS thread; ident 0: the next one */
uint64_t py_thread_ident_take(void);                          /* for a thread to come */
void py_thread_free(py_thread *T);
bool py_thread_handle(uint64_t ident, pthread_t *out);        /* of a living thread */
const py_thread *py_threads_first(void);                      /* the list, for looking at it when nothing may be locked */
void py_threads_each(void (*fn)(py_thread *T, void *arg), void *arg);
py_ic *py_ic_table(py_code *c, py_thread *T);                 /* this thread's caches of c; NULL + MemoryError */
unsigned py_frame_line(const py_frame *f);

/* frame_object.c */
ob_val py_traceback_frame(ob_val traceback);
ob_val py_frame_object(py_frame *f);                          /* the frame object of a frame of this thread; None for NULL */
ob_val py_gen_frame_object(ob_val gen);                       /* of a generator that has not ended */
ob_val py_frame_asked(py_frame *f);                           /* likewise, for a program that may go on from it to its callers */
ob_val py_frame_picture(py_thread *T);                        /* of another thread that stands still: what sys._current_frames() shows */
ob_val py_frame_locals(py_frame *f);                          /* locals() */
void py_frame_retire(py_frame *f);                            /* PY_F_OBJECT: f is about to return */
void py_frame_leave(py_frame *f);               /* f is about to end by the pending exception */
void py_frame_park(ob_val object);                            /* a generator's leaves the stack … */
bool py_frame_unpark(py_thread *T, py_frame *f) MUST_CHECK;   /* … and comes back */
void py_frames_drop(py_thread *T, const py_frame *until);     /* frames above `until` end for a condition that no handler sees */

/* call.c: binding arguments */
/* Puts the n (incl. keywords) arguments at a into a new frame at `at` and fills its header. NULL: TypeError, RecursionError, MemoryError.
 * a may overlap the frame's registers (a == at->r is the common case). */
py_frame *py_frame_push(py_thread *T, ob_val *at, ob_val func, const ob_val *a, size_t n, ob_val kwnames, uint32_t flags, uint16_t dst);
ob_val py_call_function(ob_val f, const ob_val *a, size_t n, ob_val kwnames);   /* from C */
ob_val py_run_code(ob_val code, ob_val globals, ob_val ns, ob_val closure);     /* module, class, exec, eval bodies */
/* The builtins of f (NULL: Python's own): its globals' __builtins__ when it began. */
ob_val py_frame_builtins(const py_frame *f);
ob_val py_builtins_of(ob_val globals);                        /* of code that begins with these globals: theirs, or else the running frame's.  OB_NULL: exception */

/* gen.c */
typedef enum { PY_GEN_RAISED, PY_GEN_YIELDED, PY_GEN_RETURNED } py_gen_end;
typedef struct py_thrown { ob_val typ, val, tb; } py_thrown;  /* what throw() was given; val, tb may be OB_NULL */
ob_val py_gen_new(py_frame *f);                               /* takes over the bound frame */
/* Pushes gen's frame above `at`. value OB_NULL: next(). NULL: exception (already executing …), or exhausted with no condition. */
py_frame *py_gen_push(py_thread *T, ob_val *at, ob_val gen, ob_val value, uint32_t flags, uint16_t dst);
void py_gen_suspend(py_thread *T, py_frame *f, const py_instr *pc);   /* frame → body at a yield; restores T->handled */
void py_gen_finish(py_thread *T, py_frame *f);                /* frame ended (return or exception) */
/* Pushes gen above `at`, and above it the generators that it waits for, and raises t where the innermost stands.  closing: they are closed, outermost
 * last, if t is GeneratorExit.  true: T->frame is the innermost and goes on, mostly with an exception pending.  false: nothing goes on: *yielded
 * was yielded by what the innermost waits for; or it is OB_NULL and an exception is pending. */
bool py_gen_throw(py_thread *T, ob_val *at, ob_val gen, py_thrown t, uint32_t flags, uint16_t dst, bool closing, ob_val *yielded) MUST_CHECK;
/* The generator that f's YIELDFROM had resumed with flags STEP or CLOSE has yielded or returned v, or raised: what that means to f: the value of the
 * YIELDFROM, or OB_NULL and an exception. */
ob_val py_gen_left(py_frame *f, uint32_t flags, py_gen_end end, ob_val v);
ob_val py_gen_run(py_thread *T, py_frame *below, ob_val gen, py_gen_end *end);   /* runs what was pushed above below */
ob_val py_gen_send(ob_val gen, ob_val value);                 /* value OB_NULL: None.  The three raise StopIteration at the end … */
ob_val py_gen_send_thrown(ob_val gen, py_thrown t);
ob_val py_gen_next(ob_val gen);                               /* … but this one is silent when the value is None */
ob_val py_gen_close(ob_val gen);
ob_val py_gen_yielding_from(ob_val gen);                      /* what it waits for, or OB_NULL */
const char *py_gen_noun(ob_val gen);
extern const tx_kind py_gen_kind;
void py_gen_trace(ob_obj *o, const void *body, ob_tracer *t);

/* mod/builtins_fold.c: what builtins make of a generator's values. NONE: next(), which resumes it once */
typedef enum { PY_FOLD_NONE, PY_FOLD_SUM, PY_FOLD_ALL, PY_FOLD_ANY, PY_FOLD_MIN, PY_FOLD_MAX } py_fold;
py_frame *py_fold_push(py_thread *T, ob_val *at, ob_val gen, py_fold how, uint16_t dst);     /* as py_gen_push */
bool py_fold_more(ob_val gen, ob_val x);                      /* gen goes on at once; false: it is to be suspended, and then: */
ob_val py_fold_rest(ob_val gen, ob_val x);                    /* the result, when x and what gen yields from now on are added; x OB_NULL: it has ended */

/* gen_final.c */
bool py_async_start(py_thread *T) MUST_CHECK;                 /* makes T->async, before T runs Python */

/* gen_types.c */
bool py_gen_init(void) MUST_CHECK;

/* asyncgen.c: the awaitables of __anext__, asend, athrow, aclose: steps */
extern ob_type py_asend_type, py_athrow_type;
typedef enum { PY_STEP_RUNS, PY_STEP_YIELDS, PY_STEP_ENDS } py_step_how;
/* Resumes or begins a step: pushes the generator above `at`. RUNS: T->frame is to go on (maybe with an exception pending); YIELDS: *v was yielded;
 * ENDS: *v is the step's value, or OB_NULL and an exception is pending. */
py_step_how py_step_push(py_thread *T, ob_val *at, ob_val step, ob_val value, uint32_t flags, uint16_t dst, ob_val *v);
ob_val py_step_left(ob_val step, py_gen_end end, ob_val v);   /* as py_gen_left */
bool py_asyncgen_init(void) MUST_CHECK;

/* unwind.c */
/* Finds the handler for the pending condition in f at pc, adding a traceback entry. Returns the handler's pc, or NULL: leave the frame. */
const py_instr *py_unwind(py_thread *T, py_frame *f, const py_instr *pc);
ob_val py_handled_now(void);

/* cache.c: slow paths of cached instructions; each fills the cache where it can */
ob_val py_load_global(py_thread *T, py_frame *f, py_ic *ic);
bool py_store_global(py_frame *f, py_ic *ic, ob_val v);
ob_val py_load_name(py_frame *f, py_ic *ic);
ob_val py_get_attr(py_ic *ic, ob_val v, ob_val *getter);      /* *getter set: a Python property getter to be called with v */
bool py_set_attr(py_ic *ic, ob_val v, ob_val x, ob_val *setter);
bool py_get_method(py_ic *ic, ob_val v, ob_val *func, ob_val *self);
enum { PY_IC_NONE, PY_IC_SLOT, PY_IC_VALUE, PY_IC_METHOD, PY_IC_PROPERTY, PY_IC_ADD, PY_IC_ENTRY, PY_IC_MODULE };

/* atomic.c: blocks, slices, external acts */
/* spec's block is entered. *txn: what `as` gets; txn NULL: nobody asks. */
bool py_block_enter(py_thread *T, py_frame *f, const py_instr *pc, ob_val spec, ob_val *txn);
/* Leaves the innermost block by its end. 1: committed; 0: exception or condition; -1: conflict, f was restored: go on at *pc. */
int py_block_commit(py_thread *T, py_frame *f, const py_instr **pc);
/* Leaves it by an exception: rolls back. 0: the exception goes on; 1: swallowed (txn.abort()); -1: a condition is set */
int py_block_fail(py_thread *T, ob_val exception);
/* The VM met CONFLICT, RETRY or ABORT, or is doomed: restart the block or slice that belongs to this activation. NULL: it belongs to an outer
 * activation (condition stays set) or it became an exception. Otherwise the frame to go on with (its pc is set). */
py_frame *py_restart(py_thread *T);
/* Called when ticks are used up: requests, safepoint, slice end. 1 go on; 0 condition set; */
int py_tick(py_thread *T, py_frame *f, const py_instr *pc);
bool py_slice_return(py_thread *T, py_frame *to) MUST_CHECK;  /* a return reaches a frame below the watermark; false: CONFLICT */
bool py_external(bool holdable);
bool py_warn(ob_type *category, const char *text, int level);  /* warnings.warn of C code */
bool py_warn_compiler(ob_type *category, ob_val message, ob_val filename, int32_t lineno);    /* py_compile_warn */
bool py_slice_first(py_thread *T);                            /* a thread's first transaction, before any Python runs */
bool py_slice_last(py_thread *T);                             /* its last one; false: a condition */
void py_vm_entered(py_thread *T, py_frame *f);                /* an activation began */
bool py_vm_leaving(py_thread *T, py_frame *f);                /* activation 1 is about to return to C: the slice ends; false: a condition */
/* on_commit / on_abort: registered with the transaction; when due they are collected in T->hooks and run outside of it. */
bool py_hook_add(bool commit, ob_val fn_and_args) MUST_CHECK;
bool py_after_native(py_thread *T, py_frame *f, const py_instr *pc);   /* PY_LOOK_EXTERNAL was set */

/* Between the two the thread is in no transaction, may do what others notice, and touches no objects. The slice must have a checkpoint, the next one gets one, at pc.
 * false: a condition is set, there is no pause. */
bool py_slice_pause(py_thread *T) MUST_CHECK;
void py_slice_resume(py_thread *T, py_frame *f, const py_instr *pc);

/* A thread is about to be started, not in a block: ends sole mode. false: a condition is set. */
bool py_leave_sole(void) MUST_CHECK;
void py_start_failed(void);                                   /* after py_leave_sole: there will be no thread */
void py_hooks_undone(py_thread *T);                           /* after a savepoint's rollback: runs the on_abort hooks of the undone step */

/* mod/_thread.c */
void py_thread_run_sentinel(py_thread *T);
void py_thread_locals_drop(uint64_t ident);
void py_wait_outside(py_thread *T, ob_val lock);
void py_wait_for_lock(ob_val lock);
bool py_is_lock(ob_val v);
/* `with` enters the lock, by the WITHENTER before the call of __enter__ or by that, or leaves it, before pc. 1: done, go on behind it, where the slice now
 * running begins; 0: take the long way; -1: a condition is set. */
int py_lock_enter(py_thread *T, py_frame *f, const py_instr *call, ob_val lock);
int py_lock_exit(py_thread *T, py_frame *f, const py_instr *pc, ob_val lock);

/* mod/lock_merge.c */
/* `with lock:` at pc joins the slice. 1: done; 0: it does not; -1: a condition is set. */
int py_lock_join(py_thread *T, py_frame *f, const py_instr *pc, ob_val lock) MUST_CHECK;
bool py_lock_part(py_thread *T, ob_val lock) MUST_CHECK;      /* leaves a section that has joined; false: it has not */
bool py_merged_locks_take(py_thread *T) MUST_CHECK;           /* before the slice commits.  false: CONFLICT, and it will run again with the locks themselves */
void py_merged_locks_give(py_thread *T);                      /* after that */
void py_merged_locks_trace(py_thread *T, ob_tracer *t);
bool py_locks_secure(py_thread *T) MUST_CHECK;                /* before the commit: takes what the block has used; false: it must start again */
void py_locks_commit(py_thread *T);                           /* what the block gave back is free for others */
void py_locks_rollback(py_thread *T, size_t mark);            /* undoes what was done to locks since T->nlocks was mark */
void py_locks_trace(py_thread *T, ob_tracer *t);
#endif
