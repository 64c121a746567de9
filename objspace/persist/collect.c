/* collect.c: collecting the store by itself while a program runs: when it is idle, or when so much was written that a quarter of the store may be garbage.
 *
 * One thread, which belongs to the world only while it collects memory: otherwise it touches no object, so neither collections of memory nor
 * transactions ever wait for it.
 * Locks: none of its own. README.md, "Collecting", is the argument.
 * C1  From before marking begins to the end of the sweep every id that is or comes into memory is noted. (pe__ids_watch) */
#include "base/mono.h"
#include "base/park.h"
#include "base/stress.h"
#include "base/thread.h"
#include "objspace/heap.h"
#include "objspace/persist/gc.h"

enum { LOOK_EVERY_NS = 250000000, LOOK_BUSY_NS = 50000000, IDLE_NS = 1000000000, NEW_AT_LEAST = 2000, WRITTEN_AT_LEAST = 20000, REST = 1 /* times as long as the last one took */ };

static base_thread thread;
static _Atomic(uint32_t) ending;             /* 1: it is to end; it sleeps on it */
static bool running;

/* A fork waits until the collection holds no lock: the child would find it held for ever. */
static pthread_mutex_t at_work = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(uint32_t) forking;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void before_fork(void) {
    atomic_store(&forking, 1);
    pthread_mutex_lock(&at_work);
}
static void after_fork(void) {
    pthread_mutex_unlock(&at_work);
    atomic_store(&forking, 0);
    base_park_wake(&forking, -1);
}
static void watch_forks(void) { (void)pthread_atfork(before_fork, after_fork, after_fork); }

static bool ends(void) { return atomic_load_explicit(&ending, memory_order_relaxed) != 0; }

/* Asked between pieces of the work, where it holds no lock. */
static bool stop(void *arg) {
    (void)arg;
    if (UNLIKELY(atomic_load_explicit(&forking, memory_order_relaxed))) {
        pthread_mutex_unlock(&at_work);
        while (atomic_load(&forking)) (void)base_park_wait(&forking, 1, -1);
        pthread_mutex_lock(&at_work);
    }
    return ends();
}
static bool is_held(void *arg, uint64_t id) { return (void)arg, pe__ids_watched(id); }
static bool get_held(void *arg, pe__bits *to) { return (void)arg, pe__ids_watch_copy(to); }

static void pause_for(int64_t ns) { (void)base_park_wait(&ending, 0, ns); }

/* Until everything is on disk that was queued when it was called. */
static bool written_out(void) {
    uint64_t lsn = atomic_load(&pe__s.lsn);
    while (atomic_load(&pe__queued) != 0 && atomic_load(&pe__s.durable_lsn) < lsn) {
        if (stop(NULL)) return false;
        pause_for(5000000);
    }
    return true;
}

static struct { int64_t ended, took; } memory;

static bool may_collect_memory(int64_t now) { return now - memory.ended >= 20 * memory.took; }

/* What the program has let go of must be seen to be gone: garbage in memory counts as held. But no more than a twentieth of the time. false: not now. */
static bool collect_memory(void) {
    int64_t start = base_mono_ns();
    if (!ob_gc_enabled()) return true;
    if (!may_collect_memory(start) || !ob_heap_thread_enter(__builtin_frame_address(0))) return false;
    ob_gc_collect();
    ob_heap_thread_leave();
    memory.ended = base_mono_ns();
    memory.took = memory.ended - start;
    return true;
}

/* false: it is to be tried again, garbage in memory was not looked for. */
static bool collect(void) {
    const char *why = NULL;
    pe__collection c = {.store = pe__s.store, .stop = stop, .is_held = is_held, .get_held = get_held};
    bool thorough = collect_memory();
    pthread_mutex_lock(&at_work);
    bool ok = pe__ids_watch();
    c.new_from = atomic_load(&pe__s.next_id);
    if (ok && written_out() && pe__collect(&c, &why) == ST_OK) {
        atomic_fetch_add(&pe__s.collections, 1);
        atomic_fetch_add(&pe__s.collected, c.deleted);
        atomic_store(&pe__s.kept, c.kept);
        st_trim(pe__s.store, PE_SPARE_AT_WORK, PE_SPARE);
    }
    pe__ids_unwatch();
    pthread_mutex_unlock(&at_work);
    return thorough;
}

typedef struct pace { uint64_t seen, collected, writes, ids; int64_t changed, last_end, took; } pace;

static uint64_t at_least(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Is it time?  Each new object can have left one as garbage behind, each record that was written can have let go of many. */
static bool due(pace *p, int64_t now) {
    uint64_t lsn = atomic_load(&pe__s.durable_lsn), kept = atomic_load(&pe__s.kept);
    if (lsn != p->seen) p->seen = lsn, p->changed = now;
    if (lsn == p->collected || (p->last_end && now - p->last_end < REST * p->took)) return false;
    if (now - p->changed >= IDLE_NS) return now - p->last_end >= 10 * REST * p->took && may_collect_memory(now);
    return atomic_load(&pe__s.next_id) - p->ids >= at_least(NEW_AT_LEAST, kept / 4) || atomic_load(&pe__s.writes) - p->writes >= at_least(WRITTEN_AT_LEAST, kept);
}

static void now_and_then(void *arg) {
    (void)arg;
    pace p = {.seen = atomic_load(&pe__s.durable_lsn), .ids = atomic_load(&pe__s.next_id)};
    p.collected = p.seen;
    while (base_stressed(BASE_STRESS_STORE) && !ends()) (void)collect(), pause_for(1000000);
    while (!ends()) {
        int64_t now = base_mono_ns();
        pause_for(p.changed && now - p.changed < IDLE_NS ? LOOK_BUSY_NS : LOOK_EVERY_NS);
        if (ends() || !due(&p, now = base_mono_ns())) continue;
        uint64_t seen = p.seen;
        p.writes = atomic_load(&pe__s.writes);
        p.ids = atomic_load(&pe__s.next_id);
        if (collect()) p.collected = seen;
        p.last_end = base_mono_ns();
        p.took = p.last_end - now;
    }
}

void pe__collect_start(void) {
    atomic_store(&ending, 0);
    pthread_once(&once, watch_forks);
    running = !pe__s.o.readonly && base_thread_start(&thread, 0, now_and_then, NULL);
}

void pe__collect_stop(void) {
    if (!running) return;
    running = false;
    atomic_store(&ending, 1);
    base_park_wake(&ending, -1);
    ob_blocking_enter();
    base_thread_join(&thread);
    ob_blocking_leave();
}
