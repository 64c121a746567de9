/* batch.c: from commits to the disk. Each commit queues the bytes of its changes, in commit order; one of the waiting threads, the leader, writes all
 * that is queued in one transaction of the store and syncs it; the others sleep meanwhile.
 *
 * Locks: `queue_lock` (rank SINK) around the queue; the store's own below it.
 * B1  The queue is in commit order: prepare runs under the commit lock.
 * B2  Only the leader touches the store for writing, and it writes a prefix of the queue.
 * B3  When the store refuses, everything queued is refused, newest first, and nothing can be queued until memory is as before (refusing); but what nobody
 *     waits for any more (async: it was reported as committed) stays queued with all before it, and is tried again.
 * B4  What is queued together while one group is being written is the next group; its waiters sleep on a word of their own.
 * States of a batch: queued -leader takes it-> being written -> done 1 (durable) or 2 (refused). */
#include "base/mem.h"
#include "base/mono.h"
#include "base/park.h"
#include "base/thread.h"
#include "base/trace.h"
#include "objspace/exc.h"
#include "objspace/persist/persist_int.h"
#include "objspace/str.h"
#include <stdio.h>
#include <string.h>

static base_lock queue_lock = BASE_LOCK_INIT(SINK, "group commit");
static pe__batch *first, **last = &first;    /* under queue_lock */
static pe__batch *writing;                   /* what the leader has taken.  under queue_lock; its batches are freed after it was set to NULL */
static bool leading;                         /* under queue_lock */
static _Atomic(bool) refusing;               /* written under queue_lock; prepare looks before it takes that, and again under it */
static _Atomic(st_error) failing;            /* why the last writing failed; OK: it did not.  written under queue_lock; prepare reads it without */
static _Atomic(uint64_t) queued_bytes;       /* changed under queue_lock */
enum { GROUPS = 4, PIECE = 1000 /* records */, MUCH_AT_LEAST = 1 << 20, MUCH = 64 << 20 /* bytes that may wait for the disk in async, before committers wait too (much) */ };
static uint64_t open_group;                  /* the number of the group that is being queued.  under queue_lock */
static _Atomic(uint32_t) ended[GROUPS];      /* changes when a group of this number (modulo) is done, or somebody in it should lead */
/* Gathering: a leader may wait a little for those who committed with it the last time, so that one sync serves them too. It pays where a sync takes much longer than waking a group
 * and having it commit again; elsewhere two halves that take turns are faster. So both ways are measured now and then, and the better one is kept for a while. All under queue_lock. */
static struct { unsigned queued /* batches in the queue */, last /* in the last group */, target /* wake the leader at so many */; uint64_t average_ns /* of a write */; } gather;
enum { TRY_GOING, TRY_WAITING, STAY, STAGES };
enum { TRIAL = 20, STAY_AT_FIRST = 50, STAY_AT_LAST = 1000 /* groups */ };
static struct { unsigned stage, groups, stay; bool waits; uint64_t batches, began; double rate[STAGES], gain /* waiting : going, over some trials */; } tuning;
static _Atomic(uint32_t) gathered;           /* the leader sleeps on it */
static struct { _Atomic(uint32_t) word /* changes when something was written, for committers who sleep on it */, sleepers; } room;
_Atomic(uint64_t) pe__queued;
static _Thread_local struct { st_error error; char text[400]; bool unpersistable, memory; } refusal;

/* ---- errors ---- */

ob_val pe__raise_store(st_error e, const char *text) {
    if (text == NULL || *text == 0) text = pe__s.store ? st_last_text(pe__s.store) : "";
    if (*text == 0) text = st_error_name(e);
    switch (e) {
    case ST_FULL: return ob_raise(&ob_exc_StoreFull, "%s", text);
    case ST_LOCKED: return ob_raise(&ob_exc_StoreLocked, "%s", text);
    case ST_CORRUPT: case ST_NOT_A_STORE: return ob_raise(&ob_exc_StoreCorrupt, "%s", text);
    case ST_MEMORY: return ob_raise_memory();
    default: return ob_raise(&ob_exc_StoreError, "%s", text);
    }
}

ob_val pe_raise_refused(void) {
    if (refusal.memory) return ob_raise_memory();
    if (refusal.unpersistable) return ob_raise(&ob_exc_PersistenceError, "%s", refusal.text);
    return pe__raise_store(refusal.error == ST_OK ? ST_IO : refusal.error, refusal.text);
}

static bool refuse(st_error e, const char *text) {
    refusal.error = e;
    refusal.unpersistable = refusal.memory = false;
    snprintf(refusal.text, sizeof refusal.text, "%s", text);
    return false;
}

static bool refuse_value(ob_val bad) {
    refuse(ST_OK, "");
    if (ob_is_null(bad)) {
        refusal.memory = true;
        return false;
    }
    char *path = pe__path_to(bad);
    refusal.unpersistable = path != NULL;
    refusal.memory = path == NULL;
    if (path) snprintf(refusal.text, sizeof refusal.text, "%s", path);
    base_mem_free(path);
    return false;
}

/* ---- batches ---- */

void pe__batch_free(pe__batch *b) {
    for (size_t i = 0; i < b->ops.n; i++)
        if (b->ops.at[i].text) pe__long_written(b->ops.at[i].text);
    base_buf_release(&b->bytes);
    VEC_RELEASE(&b->ops);
    VEC_RELEASE(&b->fresh);
    VEC_RELEASE(&b->reflagged);
    base_mem_free(b);
}

void pe__batch_unflag(const pe__batch *b) {
    for (size_t i = b->reflagged.n; i-- > 0;) (b->reflagged.at[i].was ? pe__id_flag : pe__id_unflag)(b->reflagged.at[i].o, b->reflagged.at[i].flag);
}

static bool any_durable(const tx_change *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (atomic_load_explicit(&c[i].handle->flags, memory_order_relaxed) & TX_F_DURABLE && !pe__only_moved(&c[i])) return true;
    return false;
}

static bool prepare(const tx_change *changes, size_t n, uint64_t stamp, uint64_t *ticket) {
    (void)stamp;
    *ticket = 0;
    if (!any_durable(changes, n)) return true;
    if (pe__s.o.readonly) return refuse(ST_READONLY, "the store was opened read-only");
    if (refusing) return refuse(ST_IO, "the store refused an earlier commit");
    if (failing && atomic_load_explicit(&queued_bytes, memory_order_relaxed) > MUCH) return refuse(failing, st_last_text(pe__s.store));
    pe__batch *b = base_mem_zeroed(sizeof *b);
    if (b == NULL) return refuse_value(OB_NULL);
    base_buf_init(&b->bytes);
    b->lsn = atomic_load_explicit(&pe__s.lsn, memory_order_relaxed) + 1;
    b->changes = changes;
    b->n_changes = n;
    ob_val bad;
    ob_pending had = ob_err;
    ob_gc_hold();
    bool ok = pe__encode_changes(b, changes, n, &bad);
    if (!ok) refuse_value(bad);
    ob_gc_unhold();
    ob_err = had;
    if (!ok) {
        pe__batch_free(b);
        return false;
    }
    base_lock_take(&queue_lock);
    if (refusing) {                                          /* since we looked: it stands on what is being taken back */
        base_lock_drop(&queue_lock);
        for (size_t i = 0; i < b->fresh.n; i++) pe__id_remove(b->fresh.at[i]);
        pe__batch_unflag(b);
        pe__batch_free(b);
        return refuse(ST_IO, "the store refused an earlier commit");
    }
    atomic_store_explicit(&pe__s.lsn, b->lsn, memory_order_relaxed);       /* the commit lock orders it */
    *last = b;
    last = &b->next;
    b->group = open_group;
    atomic_fetch_add_explicit(&queued_bytes, b->bytes.n, memory_order_relaxed);
    if (++gather.queued == gather.target) atomic_fetch_add(&gathered, 1), base_park_wake(&gathered, 1);
    base_lock_drop(&queue_lock);
    atomic_fetch_add_explicit(&pe__queued, 1, memory_order_relaxed);
    *ticket = (uint64_t)(uintptr_t)b;
    return true;
}

/* ---- writing ---- */

/* Everything in the table whose key begins with this one goes. */
static st_error wipe(st_txn *t, unsigned table, st_key begin) {
    base_buf key;
    st_cursor *c;
    base_buf_init(&key);
    st_error e;
    do {                                                 /* a cursor does not outlive a change of its table */
        if ((e = st_cursor_open(t, table, &c)) != ST_OK) break;
        e = st_cursor_move(c, ST_AT_OR_AFTER, begin, &key, NULL);
        st_cursor_close(c);
        if (e == ST_OK && (key.n < begin.n || memcmp(key.at, begin.at, begin.n) != 0)) e = ST_NOT_FOUND;
        if (e == ST_OK) e = st_del(t, table, (st_key){key.at, key.n});
    } while (e == ST_OK);
    base_buf_release(&key);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

static st_error write_op(st_txn *t, const pe__batch *b, const pe__op *op, uint64_t *records, uint64_t *bytes) {
    st_key key = {b->bytes.at + op->key, op->key_n};
    if (op->text) return pe__write_long(t, op->text, st_load64_be(key.at), b->lsn, records, bytes);
    ++*records;
    if (op->wipe) return wipe(t, op->table, key);
    if (!op->del) return st_put(t, op->table, key, b->bytes.at + op->value, op->value_n);
    st_error e = st_del(t, op->table, key);
    return e == ST_NOT_FOUND ? ST_OK : e;
}

static st_error write_batch(st_txn *t, pe__batch *b) {
    uint64_t records = 0, bytes = b->bytes.n;
    for (size_t i = 0; i < b->ops.n; i++) {
        st_error e = write_op(t, b, &b->ops.at[i], &records, &bytes);
        if (e) return e;
    }
    atomic_fetch_add_explicit(&pe__s.writes, records, memory_order_relaxed);
    atomic_fetch_add_explicit(&pe__s.bytes, bytes, memory_order_relaxed);
    return ST_OK;
}

typedef struct name_writer { st_txn *t; st_error e; uint64_t lsn; } name_writer;
static void write_name(void *arg, uint32_t n, const pe__name *name) {
    name_writer *w = arg;
    uint64_t id = n;
    base_buf b;
    if (w->e) return;
    base_buf_init(&b);
    size_t start = st_record_start(&b, PE_R_NAME, id, w->lsn);
    base_buf_byte(&b, (unsigned char)name->kind);
    pe__put_varint(&b, strlen(name->module));
    base_buf_text(&b, name->module);
    pe__put_varint(&b, strlen(name->qualname));
    base_buf_text(&b, name->qualname);
    st_record_finish(&b, start);
    w->e = b.failed ? ST_MEMORY : st_put(w->t, PE_NAMES, st_key_int(&id), b.at, b.n);
    base_buf_release(&b);
}

st_error pe__write_names(st_txn *t, uint64_t lsn) {
    name_writer w = {t, ST_OK, lsn};
    pe__names_each_new(write_name, &w);
    return w.e;
}

/* The record "state": number of the newest commit, next id. */
static st_error write_state(st_txn *t, uint64_t lsn) {
    uint8_t raw[16];
    base_buf b;
    base_buf_init(&b);
    size_t start = st_record_start(&b, PE_R_STATE, 0, lsn);
    st_store64(raw, lsn);
    st_store64(raw + 8, atomic_load(&pe__s.next_id));
    base_buf_add(&b, raw, sizeof raw);
    st_record_finish(&b, start);
    st_error e = b.failed ? ST_MEMORY : st_put(t, PE_STATE, (st_key){"state", 5}, b.at, b.n);
    base_buf_release(&b);
    return e;
}

/* Pages that a transaction replaces can be used by the next but one: so one that replaces much of the store is followed by one that says the same state again, and the next big one finds room.
 * Should it fail, nothing is lost but that. */
static void turn(size_t records, uint64_t lsn) {
    st_txn *t;
    if (records < PIECE / 2 || records < atomic_load_explicit(&pe__s.kept, memory_order_relaxed) / 64 || st_write_begin(pe__s.store, &t) != ST_OK) return;
    st_error e = write_state(t, lsn);
    if (e) st_end(t);
    else e = st_commit(t);
    if (e) BASE_TRACE(STORE, "no second commit: %s", st_error_name(e));
}

static st_error write_all(pe__batch *list) {
    st_txn *t;
    size_t records = 0;
    uint64_t lsn = 0;
    st_error e = st_write_begin(pe__s.store, &t);
    if (e) return e;
    for (pe__batch *b = list; b && e == ST_OK; b = b->next) {
        e = write_batch(t, b);
        records += b->ops.n;
        lsn = b->lsn;
    }
    if (e == ST_OK) e = pe__write_names(t, lsn);
    if (e == ST_OK) e = write_state(t, lsn);
    if (e) {
        st_end(t);
        return e;
    }
    e = st_commit(t);
    if (e == ST_OK) atomic_store(&pe__s.durable_lsn, lsn), turn(records, lsn);
    atomic_fetch_add_explicit(&pe__s.batches, 1, memory_order_relaxed);
    return e;
}

/* ---- refusing ---- the thread is running, not in a blocking region */

static pe__batch *reversed(pe__batch *list) {
    pe__batch *back = NULL;
    while (list) {
        pe__batch *next = list->next;
        list->next = back;
        back = list;
        list = next;
    }
    return back;
}

/* Newest first, as each stands on those before it. */
static pe__batch *take_back_all(pe__batch *list, st_error e, const char *text) {
    list = reversed(list);
    for (pe__batch *b = list; b; b = b->next) {
        tx_compensate(b->changes, b->n_changes);
        for (size_t i = 0; i < b->fresh.n; i++) pe__id_remove(b->fresh.at[i]);
        pe__batch_unflag(b);
        b->error = e;
        snprintf(b->text, sizeof b->text, "%s", text);
    }
    return reversed(list);
}

/* What nobody waits for (async) is written in pieces: a transaction of the store that replaces most of its pages makes the file twice as large (txn/store/README.md, Space). */
static size_t records_at_once(void) {
    uint64_t some = atomic_load_explicit(&pe__s.kept, memory_order_relaxed) / 32;
    return pe__s.o.durability != PE_ASYNC ? SIZE_MAX : some > PIECE ? some : PIECE;
}

/* Batches of the queue from its begin, of so many records together, but one at least. Those behind keep the number of this group: where there are any, nobody waits for them (records_at_once). */
static pe__batch *take_queue(size_t records) {
    pe__batch *list = first, **cut = &first;
    size_t n = 0;
    gather.last = gather.queued;
    gather.queued = 0;
    open_group++;
    for (; *cut && (n == 0 || n + (*cut)->ops.n <= records); cut = &(*cut)->next) n += (*cut)->ops.n;
    first = *cut;
    *cut = NULL;
    if (first == NULL) last = &first;
    return list;
}

static void settled(pe__batch *b, uint32_t how) {
    atomic_fetch_sub_explicit(&pe__queued, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&queued_bytes, b->bytes.n, memory_order_relaxed);
    if (b->detached) pe__batch_free(b);
    else atomic_store_explicit(&b->done, how, memory_order_release);     /* MO: BATCH release */
}

/* Splits the list behind the last batch that nobody waits for; back in the queue with those. The rest can be taken back. Under queue_lock. */
static pe__batch *keep_reported(pe__batch *list) {
    pe__batch *kept = NULL, **cut = &list;
    for (pe__batch **b = &list; *b; b = &(*b)->next)
        if ((*b)->detached) cut = &(*b)->next, kept = list;
    pe__batch *rest = *cut;
    *cut = NULL;
    for (pe__batch *b = rest; b; b = b->next) b->doomed = true;
    if (kept == NULL) return rest;
    first = kept;
    last = cut;
    for (pe__batch *b = kept; b; b = b->next) b->group = open_group, gather.queued++;
    return rest;
}

static void refuse_all(pe__batch *list, st_error e) {
    char text[200];
    snprintf(text, sizeof text, "%s", st_last_text(pe__s.store));
    pe__names_unstored();
    base_lock_take(&queue_lock);
    refusing = true;
    pe__batch **end = &list;
    while (*end) end = &(*end)->next;
    *end = take_queue(SIZE_MAX);                         /* what came meanwhile stands on it */
    list = keep_reported(list);
    base_lock_drop(&queue_lock);
    list = take_back_all(list, e, text);
    base_lock_take(&queue_lock);
    refusing = false;
    for (pe__batch *b = list, *next; b; b = next) {
        next = b->next;
        settled(b, 2);
    }
    base_lock_drop(&queue_lock);
}

static void accept_all(pe__batch *list) {
    base_lock_take(&queue_lock);                         /* whether somebody waits is said under it */
    for (pe__batch *b = list, *next; b; b = next) {
        next = b->next;
        settled(b, 1);
    }
    base_lock_drop(&queue_lock);
}

/* Committers who wait for room go on, whatever came of the writing. */
static void tell_room(void) {
    if (atomic_load(&room.sleepers) == 0) return;
    atomic_fetch_add(&room.word, 1);
    base_park_wake(&room.word, -1);
}

static double between(double low, double x, double high) { return x > low ? x < high ? x : high : low; }

/* Counts a group that is about to be gathered: shall its leader wait? Under queue_lock. */
static bool waiting_pays(void) {
    tuning.batches += gather.last;
    if (++tuning.groups < (tuning.stage == STAY ? tuning.stay : TRIAL)) return tuning.waits;
    uint64_t now = base_mono_ns();
    tuning.rate[tuning.stage] = (double)tuning.batches / (double)(now - tuning.began + 1);
    if (tuning.stage == TRY_WAITING) tuning.gain = (tuning.gain + between(0.5, tuning.rate[TRY_WAITING] / tuning.rate[TRY_GOING], 2)) / 2;
    if (tuning.stage == STAY && tuning.stay < STAY_AT_LAST) tuning.stay *= 2;
    tuning.stage = (tuning.stage + 1) % STAGES;
    tuning.waits = tuning.stage == TRY_WAITING || (tuning.stage == STAY && tuning.gain > 1.1);
    tuning.groups = 0, tuning.batches = 0, tuning.began = now;
    return tuning.waits;
}

/* Waits until those are here again who were here the last time, or for half the time that a write takes. Under queue_lock, which is dropped and taken again. */
static void await_company(void) {
    unsigned expected = gather.last + gather.queued;     /* they were in the last group, or came while it was written */
    int64_t ns = (int64_t)(gather.average_ns / 2);
    if (pe__s.o.durability != PE_SYNC || !waiting_pays() || gather.queued == 0 || gather.queued >= expected || ns < 20000) return;
    uint32_t seen = atomic_load(&gathered);
    gather.target = expected;
    base_lock_drop(&queue_lock);
    ob_blocking_enter();
    (void)base_park_wait(&gathered, seen, ns < 1000000 ? ns : 1000000);
    ob_blocking_leave();
    base_lock_take(&queue_lock);
    gather.target = 0;
}

static st_error write_timed(pe__batch *list) {
    uint64_t began = base_mono_ns();
    st_error e = write_all(list);
    uint64_t took = base_mono_ns() - began;
    gather.average_ns = gather.average_ns ? (gather.average_ns * 7 + took) / 8 : took;
    return e;
}

static void wake_group(uint64_t group, int n) {
    atomic_fetch_add(&ended[group % GROUPS], 1);
    base_park_wake(&ended[group % GROUPS], n);
}

/* Writes what is queued, if nobody else does. The caller holds queue_lock, which is dropped and taken again. */
static st_error lead(void) {
    st_error e = ST_OK;
    leading = true;
    await_company();
    uint64_t group = open_group;
    pe__batch *list = writing = take_queue(records_at_once());
    base_lock_drop(&queue_lock);
    if (list) {
        ob_blocking_enter();
        e = write_timed(list);
        ob_blocking_leave();
        base_lock_take(&queue_lock);
        writing = NULL;
        failing = e;
        base_lock_drop(&queue_lock);
        if (e) refuse_all(list, e);
        else accept_all(list);
    }
    base_lock_take(&queue_lock);
    leading = false;
    bool more = first != NULL;
    uint64_t next = open_group;
    base_lock_drop(&queue_lock);
    tell_room();
    if (more) wake_group(next, 1);                       /* one of them leads next */
    wake_group(group, -1);
    for (unsigned i = 1; e && i < GROUPS; i++) wake_group(group + i, -1);
    base_lock_take(&queue_lock);
    return e;
}

/* Until the batch is done; NULL: until nothing is queued. */
static st_error wait_for(pe__batch *b) {
    st_error e = ST_OK;
    base_lock_take(&queue_lock);
    while (b ? !atomic_load_explicit(&b->done, memory_order_acquire) : first != NULL || leading) {      /* MO: BATCH acquire */
        if (!leading) {
            e = lead();
            if (e && b == NULL) break;
            continue;
        }
        _Atomic(uint32_t) *word = &ended[(b ? b->group : first ? open_group : open_group - 1) % GROUPS];
        uint32_t seen = atomic_load(word);
        base_lock_drop(&queue_lock);
        ob_blocking_enter();
        base_park_wait(word, seen, -1);
        ob_blocking_leave();
        if (b && atomic_load_explicit(&b->done, memory_order_acquire)) return ST_OK;      /* MO: BATCH acquire - a whole group wakes at once: not all for the lock */
        base_lock_take(&queue_lock);
    }
    base_lock_drop(&queue_lock);
    return e;
}

/* Who writes what nobody waits for (async). */
static struct { base_thread thread; _Atomic(uint32_t) word /* changes when it is to write; it sleeps on it */; _Atomic(bool) stop; bool runs; } flusher;
enum { FLUSH_EVERY_NS = 200000000 };

static void hurry_flusher(void) {
    atomic_fetch_add(&flusher.word, 1);
    base_park_wake(&flusher.word, -1);
}

/* Bytes that may be queued: what a quarter of the store has, about. The collector waits for them before it begins, and what becomes garbage meanwhile makes the file longer. */
static uint64_t much(void) {
    uint64_t records = atomic_load_explicit(&pe__s.writes, memory_order_relaxed), each = records ? atomic_load_explicit(&pe__s.bytes, memory_order_relaxed) / records : 0;
    uint64_t quarter = atomic_load_explicit(&pe__s.kept, memory_order_relaxed) / 4 * each;
    return quarter < MUCH_AT_LEAST ? MUCH_AT_LEAST : quarter < MUCH ? quarter : MUCH;
}

/* The disk does not keep up: until half of that has been written, or writing fails. */
static void await_room(uint64_t limit) {
    atomic_fetch_add(&room.sleepers, 1);
    ob_blocking_enter();
    for (;;) {
        uint32_t seen = atomic_load(&room.word);
        if (failing || atomic_load(&queued_bytes) <= limit / 2 || !flusher.runs) break;
        base_park_wait(&room.word, seen, FLUSH_EVERY_NS);
    }
    ob_blocking_leave();
    atomic_fetch_sub(&room.sleepers, 1);
}

/* Async: nobody waits for the batch from now on; but for room. false: it is done, or being refused. */
static bool detach(pe__batch *b) {
    uint64_t limit = much(), size = b->bytes.n;
    base_lock_take(&queue_lock);
    bool pending = !b->doomed && atomic_load_explicit(&b->done, memory_order_relaxed) == 0;
    if (pending) b->detached = true;
    uint64_t queued = atomic_load_explicit(&queued_bytes, memory_order_relaxed);
    bool idle = !leading;
    base_lock_drop(&queue_lock);
    if (!pending || failing) return pending;
    if (idle && (queued > limit || (queued > limit / 2 && queued - size <= limit / 2))) hurry_flusher();
    if (queued > limit) await_room(limit);
    return true;
}

static bool wait_durable(uint64_t ticket) {
    pe__batch *b = (pe__batch *)(uintptr_t)ticket;
    if (b == NULL) return true;
    if (pe__s.o.durability == PE_ASYNC && detach(b)) return true;
    (void)wait_for(b);
    bool ok = b->done == 1;
    if (!ok) refuse(b->error, b->text);
    pe__batch_free(b);
    return ok;
}

const tx_sink pe__sink = {prepare, wait_durable};

static bool touches(const pe__batch *list, uint64_t id, unsigned *budget) {
    for (const pe__batch *b = list; b; b = b->next)
        for (size_t i = 0; i < b->ops.n; i++) {
            const pe__op *op = &b->ops.at[i];
            uint64_t key;
            if (*budget == 0) return true;           /* too many to look through */
            --*budget;
            if (op->table != PE_OBJECTS) continue;
            memcpy(&key, b->bytes.at + op->key, sizeof key);
            if (key == id) return true;
        }
    return false;
}

bool pe__pending(uint64_t id) {
    unsigned budget = 2000;
    if (atomic_load_explicit(&pe__queued, memory_order_relaxed) == 0) return false;
    base_lock_take(&queue_lock);
    bool any = touches(first, id, &budget) || touches(writing, id, &budget);
    base_lock_drop(&queue_lock);
    return any;
}

st_error pe__write_out(void) { return atomic_load_explicit(&pe__queued, memory_order_relaxed) ? wait_for(NULL) : ST_OK; }

/* ---- the thread that writes what nobody waits for ---- */

static void flush_now_and_then(void *arg) {
    (void)arg;
    if (!ob_heap_thread_enter(__builtin_frame_address(0))) return;
    while (!atomic_load(&flusher.stop)) {
        uint32_t seen = atomic_load(&flusher.word);
        ob_blocking_enter();
        if (!atomic_load(&flusher.stop)) base_park_wait(&flusher.word, seen, FLUSH_EVERY_NS);
        ob_blocking_leave();
        (void)pe__write_out();
    }
    ob_heap_thread_leave();
}

bool pe__batch_start(void) {
    failing = ST_OK;
    memset(&gather, 0, sizeof gather);
    memset(&tuning, 0, sizeof tuning);
    tuning.stage = STAY, tuning.gain = 1, tuning.stay = STAY_AT_FIRST, tuning.began = base_mono_ns();
    atomic_store(&flusher.stop, false);
    flusher.runs = pe__s.o.durability == PE_ASYNC && !pe__s.o.readonly;
    return !flusher.runs || base_thread_start(&flusher.thread, 0, flush_now_and_then, NULL);
}

void pe__batch_stop(void) {
    if (!flusher.runs) return;
    atomic_store(&flusher.stop, true);
    hurry_flusher();
    ob_blocking_enter();
    base_thread_join(&flusher.thread);
    ob_blocking_leave();
    flusher.runs = false;
}

bool pe__flush(void) {
    if (atomic_load_explicit(&pe__queued, memory_order_relaxed) == 0) return true;
    st_error e = wait_for(NULL);
    return e == ST_OK || ob_fail(pe__raise_store(e, NULL));
}
