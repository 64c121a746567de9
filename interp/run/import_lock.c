/* import_lock.c: keeps imports of one module by several threads apart.
 *
 * A module body runs in ordinary transactions: others see nothing of it before a commit, and of two threads that load one module at once only one can commit
 * its entry of sys.modules. What is left to do here: a body that acts on the outside world is committed half made. Its spec says so (`_initializing`, which is
 * committed with it), and whoever meets the mark waits. And nobody should load in vain what another thread is about to have loaded.
 * So a thread that loads a module has a record of its name, in a table for all to see, until the transaction in which it finished has been committed or undone.
 * Locks: table_lock, a leaf; waiting is done under it alone. Records are made and freed by their thread, while it is no thread in a blocking region: so the
 * collector, when the world stands, finds the table whole.
 * I1  A record lives until a transaction of its thread has ended after depth became 0. (py_imports_settle)
 * I2  Nobody waits in a circle: who would close it goes on, with the half made module if there is one, as CPython does. (closes_circle)
 * I3  any_half_made is set before anything half made can be seen. (py_imports_before_commit) */
#include "interp/run/import_lock.h"
#include "interp/run/fork.h"
#include "interp/run/merge.h"
#include "base/mono.h"
#include "base/thread.h"
#include "objspace/dict.h"
#include "objspace/function.h"
#include "objspace/str.h"
#include <stdlib.h>

struct py_import_record {
    ob_val name;
    py_thread *owner;
    unsigned depth;              /* under table_lock; 0: loaded, or failed, in a transaction that goes on */
    py_import_record *mine;      /* next of the owner: T->imports, its own */
    py_import_record *next, **pprev;     /* table, under table_lock */
};
typedef struct waiter { const py_thread *who; ob_val name; struct waiter *next; } waiter;

enum { STEP_NS = 50000000, PATIENCE = 4 };     /* steps that a finished import's transaction is given to end */

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t table_changed;
static py_import_record *table;              /* under table_lock */
static waiter *waiters;                      /* under table_lock; they live on the waiters' stacks */
static _Atomic(bool) any_half_made;
static ob_val id_initializing;

/* ---- the table: all under table_lock ---- */

static py_import_record *own_record(const py_thread *T, ob_val name) {
    for (py_import_record *r = T->imports; r; r = r->mine) if (ob_str_equal(r->name, name)) return r;
    return NULL;
}

static py_import_record *record_of_other(const py_thread *T, ob_val name) {
    for (py_import_record *r = table; r; r = r->next) if (r->owner != T && ob_str_equal(r->name, name)) return r;
    return NULL;
}

static const waiter *waiter_of(const py_thread *T) {
    for (const waiter *w = waiters; w; w = w->next) if (w->who == T) return w;
    return NULL;
}

/* Would T wait, at the end of a chain of waiters, for itself? */
static bool closes_circle(const py_thread *T, ob_val name) {
    const py_thread *t = T;
    for (unsigned steps = 0; steps < 100000; steps++) {
        const py_import_record *r = record_of_other(t, name);
        if (!r) return false;
        if (r->owner == T) return true;
        const waiter *w = waiter_of(r->owner);
        if (!w) return false;
        t = r->owner;
        name = w->name;
    }
    return true;
}

static void add_record(py_thread *T, py_import_record *r) {
    r->mine = T->imports;
    T->imports = r;
    r->next = table;
    r->pprev = &table;
    if (table) table->pprev = &r->next;
    table = r;
}

static void remove_records(py_thread *T, bool all) {
    pthread_mutex_lock(&table_lock);
    for (py_import_record **p = &T->imports, *r; (r = *p);) {
        if (r->depth && !all) { p = &r->mine; continue; }
        *p = r->mine;
        *r->pprev = r->next;
        if (r->next) r->next->pprev = r->pprev;
        free(r);
    }
    pthread_cond_broadcast(&table_changed);
    pthread_mutex_unlock(&table_lock);
}

void py_imports_settle(py_thread *T) { remove_records(T, false); }
void py_imports_release(py_thread *T) { if (T->imports) remove_records(T, true); }

void py_imports_before_commit(py_thread *T) {
    for (const py_import_record *r = T->imports; r; r = r->mine)
        if (r->depth) atomic_store_explicit(&any_half_made, true, memory_order_relaxed);   /* seen by whoever sees the commit */
}

/* ---- waiting ---- */

/* One step of waiting. true: nobody else is loading it any more, or there is no use in waiting. */
static bool wait_step(const py_thread *T, ob_val name, unsigned steps) {
    int64_t t = base_mono_ns() + STEP_NS;
    const struct timespec until = {t / 1000000000, t % 1000000000};
    const py_import_record *r = record_of_other(T, name);
    if (!r || closes_circle(T, name) || (r->depth == 0 && steps >= PATIENCE)) return true;
    pthread_cond_timedwait(&table_changed, &table_lock, &until);
    return !record_of_other(T, name);
}

static void enlist(waiter *w) {
    pthread_mutex_lock(&table_lock);
    w->next = waiters;
    waiters = w;
    pthread_mutex_unlock(&table_lock);
}
static void delist(waiter *w) {
    pthread_mutex_lock(&table_lock);
    for (waiter **p = &waiters; *p; p = &(*p)->next)
        if (*p == w) { *p = w->next; break; }
    pthread_mutex_unlock(&table_lock);
}

/* Has another thread finished, and does it not come to commit it? It is not waited for twice: of the two, one will lose. */
static bool is_late(const py_thread *T, ob_val name) {
    pthread_mutex_lock(&table_lock);
    const py_import_record *r = record_of_other(T, name);
    bool late = r && r->depth == 0;
    pthread_mutex_unlock(&table_lock);
    return late;
}

/* Between two transactions of this thread. false: a condition is set (a signal's handler raised). */
static bool wait_between(py_thread *T, ob_val name) {
    waiter w = {T, name, NULL};
    bool over = false, ok = true;
    enlist(&w);
    for (unsigned steps = 0; !over && ok; steps++) {
        py_blocking_enter();
        pthread_mutex_lock(&table_lock);
        over = wait_step(T, name, steps);
        pthread_mutex_unlock(&table_lock);
        py_blocking_leave();
        ok = over || ob_poll();
    }
    delist(&w);
    return ok;
}

void py_imports_wait_outside(py_thread *T) {
    waiter w = {T, T->import_wanted, NULL};
    enlist(&w);
    ob_blocking_enter();
    pthread_mutex_lock(&table_lock);
    wait_step(T, w.name, 0);
    pthread_mutex_unlock(&table_lock);
    ob_blocking_leave();
    delist(&w);
    if (is_late(T, w.name)) T->import_doubt = w.name;
    T->import_wanted = OB_NULL;
}

/* The thread gives up what it sees and looks again when nobody else is loading the module. A block runs again. */
static py_import_verdict wait_for(py_thread *T, ob_val name) {
    if (!py_block_of_its_own(T)) return PY_IMPORT_FAILED;
    if (T->block) {
        if (tx_irrevocable()) tx_become_irrevocable();
        T->import_wanted = name;
        ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
        return PY_IMPORT_FAILED;
    }
    return ob_external() && wait_between(T, name) ? PY_IMPORT_AGAIN : PY_IMPORT_FAILED;
}

/* ---- loading ---- */

static bool must_go_on(const py_thread *T) { return T->block && tx_irrevocable() && T->acted; }

py_import_verdict py_import_begin(ob_val name) {
    py_thread *T = py_me;
    py_import_record *fresh = calloc(1, sizeof *fresh);
    if (!fresh) return ob_raise_memory(), PY_IMPORT_FAILED;
    pthread_mutex_lock(&table_lock);
    py_import_record *r = own_record(T, name);
    if (r) r->depth++;
    else if (!record_of_other(T, name) || must_go_on(T) || closes_circle(T, name) || ob_same(T->import_doubt, name)) {
        *fresh = (py_import_record){.name = name, .owner = T, .depth = 1};
        add_record(T, r = fresh);
        fresh = NULL;
    }
    pthread_mutex_unlock(&table_lock);
    free(fresh);
    T->import_doubt = OB_NULL;
    if (r) return PY_IMPORT_YES;
    py_import_verdict v = wait_for(T, name);
    if (v == PY_IMPORT_AGAIN && is_late(T, name)) T->import_doubt = name;
    return v;
}

bool py_import_end(ob_val name) {
    py_thread *T = py_me;
    bool wanted = false;
    pthread_mutex_lock(&table_lock);
    py_import_record *r = own_record(T, name);
    bool over = r && r->depth && --r->depth == 0;
    for (const waiter *w = waiters; over && w; w = w->next) wanted |= ob_str_equal(w->name, name);
    pthread_mutex_unlock(&table_lock);
    if (!over) return true;
    if (tx_is_sole() && !T->block) py_imports_settle(T);
    return !wanted || ob_failed() || T->block || ob_external();
}

bool py_import_held(ob_val name, bool mine) {
    pthread_mutex_lock(&table_lock);
    const py_import_record *r = own_record(py_me, name);
    bool held = (r && r->depth) || (!mine && record_of_other(py_me, name));
    pthread_mutex_unlock(&table_lock);
    return held;
}

bool py_import_mark(ob_val spec, bool on) { return ob_is_null(spec) || ob_is_none(spec) || ob_setattr(spec, id_initializing, ob_bool(on)); }

int py_import_is_marked(ob_val module) {
    if (!ob_is_exact(module, &ob_module_type)) return 0;
    ob_val spec = ob_dict_get_str(ob_module_dict(module), OB_NAME(spec));
    if (ob_is_null(spec) || ob_is_none(spec)) return 0;
    ob_val x = ob_getattr_opt(spec, id_initializing);
    return ob_is_null(x) ? (ob_failed() ? -1 : 0) : ob_truth(x);
}

/* The module is marked, and nobody loads it: what this transaction sees is old, or somebody else has set the mark, for ever. */
static py_import_verdict look_afresh(py_thread *T, ob_val name) {
    bool twice = ob_same(T->import_doubt, name);
    T->import_doubt = twice ? OB_NULL : name;
    if (twice) return PY_IMPORT_YES;
    if (!py_block_of_its_own(T)) return PY_IMPORT_FAILED;
    if (!T->block) return ob_external() ? PY_IMPORT_AGAIN : PY_IMPORT_FAILED;
    if (tx_irrevocable()) return PY_IMPORT_YES;
    ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
    return PY_IMPORT_FAILED;
}

py_import_verdict py_import_whole(ob_val name, ob_val module) {
    if (LIKELY(!atomic_load_explicit(&any_half_made, memory_order_relaxed))) return PY_IMPORT_YES;
    int marked = py_import_is_marked(module);
    if (marked <= 0) return marked < 0 ? PY_IMPORT_FAILED : PY_IMPORT_YES;
    py_thread *T = py_me;
    name = ob_str_intern(name);
    if (ob_is_null(name)) return PY_IMPORT_FAILED;
    if (tx_is_sole() || py_import_held(name, true)) return PY_IMPORT_YES;
    pthread_mutex_lock(&table_lock);
    bool other = record_of_other(T, name) != NULL, circle = other && closes_circle(T, name);
    pthread_mutex_unlock(&table_lock);
    if (circle) return PY_IMPORT_YES;
    if (!other) return look_afresh(T, name);
    if (must_go_on(T)) {
        ob_raise(&ob_exc_TransactionError, "another thread is importing %R, and this atomic block, which has acted outside, cannot wait for it", name);
        return PY_IMPORT_FAILED;
    }
    return wait_for(T, name);
}

static void trace_table(ob_tracer *t, void *arg UNUSED) {
    for (const py_import_record *r = table; r; r = r->next) ob_trace_val(t, r->name);
}

static void cond_init(void) {
    base_cond_init(&table_changed);
}

void py_imports_forked(void) {
    pthread_mutex_init(&table_lock, NULL);
    cond_init();
    waiters = NULL;
}

bool py_imports_init(void) {
    cond_init();
    id_initializing = ob_str_intern_c("_initializing");
    return !ob_is_null(id_initializing) && ob_gc_add_root(trace_table, NULL);
}
