/* api.c: the public C interface of transactions (include/apodora/txn.h): objects of numbers and references.
 * Locks: objects_lock (rank LEAF) for the list of all objects.
 * An object's body is its numbers, then its references; slot bits are counted over both. */
#include "include/apodora/txn.h"
#include "txn/txn_int.h"
#include "base/mono.h"

struct apo_object { tx_handle h; uint64_t slot[]; };

enum { SLOTS_MAX = 0xffff };
static base_lock objects_lock = BASE_LOCK_INIT(LEAF, "objects");
static VEC(apo_object *) objects;

static unsigned numbers_of(const tx_handle *h) { return h->aux & SLOTS_MAX; }
static unsigned references_of(const tx_handle *h) { return h->aux >> 16; }

static size_t body_size(const tx_handle *h) { return (numbers_of(h) + (size_t)references_of(h)) * sizeof(uint64_t); }

static void trace(const tx_handle *h, const void *body, void (*visit)(void *arg, uint64_t word), void *arg) {
    const uint64_t *reference = (const uint64_t *)body + numbers_of(h);
    for (unsigned i = 0; i < references_of(h); i++) visit(arg, reference[i]);
}

static const tx_kind kind = {.name = "object", .body_size = body_size, .trace = trace};
static tx_class object_class = {.kind = &kind};

static bool is_object(uint64_t word) { return word != 0; } /* only references are traced */
static void trace_nothing(void *object, void (*visit)(void *arg, uint64_t word), void *arg) { (void)object, (void)visit, (void)arg; }

int apo_txn_open(void) {
    static const tx_object_model model = {is_object, trace_nothing, .never = 0};
    tx_allow_sole(false);
    tx_set_object_model(&model);
    return tx_init() ? APO_OK : APO_NO_MEMORY;
}

static void no_word(void *arg, uint64_t w) { (void)arg, (void)w; }
static void no_body(void *arg, tx_handle *h, void *body) { (void)arg, (void)h, (void)body; }
static void no_block(void *arg, void *block) { (void)arg, (void)block; }

/* Three collections fold every chain (collect.c). */
void apo_txn_close(void) {
    const tx_tracer t = {no_word, no_body, no_block, NULL};
    tx_collect_begin();
    for (size_t i = 0; i < objects.n; i++) tx_trace_handle(&objects.at[i]->h, &t);
    tx_collect_begin();
    tx_collect_begin();
    for (size_t i = 0; i < objects.n; i++) base_mem_free(objects.at[i]);
    VEC_RELEASE(&objects);
}

int apo_thread_enter(void) { return tx_me.txn || tx_thread_enter() ? APO_OK : APO_NO_MEMORY; }

void apo_thread_leave(void) {
    if (tx_active()) tx_abort();
    if (tx_me.txn) tx_thread_leave();
}

apo_object *apo_object_new(unsigned numbers, unsigned references) {
    apo_object *o;
    bool listed;
    size_t bytes;
    if (!tx_active() || numbers > SLOTS_MAX || references > SLOTS_MAX) return NULL;
    bytes = sizeof *o + (numbers + (size_t)references) * sizeof(uint64_t);
    if ((o = base_mem_zeroed(bytes)) == NULL) return NULL;
    o->h.cls = &object_class;
    o->h.aux = numbers | references << 16;
    tx_handle_init(&o->h);
    base_lock_take(&objects_lock);
    listed = VEC_PUSH(&objects, o);
    base_lock_drop(&objects_lock);
    if (listed) return o;
    base_mem_free(o);
    return NULL;
}

int apo_share(apo_object *o) { return !tx_me.txn ? APO_MISUSE : tx_publish((uint64_t)(uintptr_t)o) ? APO_OK : APO_NO_MEMORY; }

static uint64_t read_slot(const apo_object *o, unsigned i) { return ((const uint64_t *)tx_read(&o->h, TX_SLOT(i)))[i]; }

static int write_slot(apo_object *o, unsigned i, uint64_t word) {
    uint64_t *body = tx_write(&o->h, TX_SLOT(i));
    if (body == NULL) return tx_fail_reason() == TX_FAIL_FROZEN ? APO_READ_ONLY : APO_NO_MEMORY;
    body[i] = word;
    return APO_OK;
}

int64_t apo_get(const apo_object *o, unsigned slot) { return tx_active() && slot < numbers_of(&o->h) ? (int64_t)read_slot(o, slot) : 0; }

int apo_set(apo_object *o, unsigned slot, int64_t value) {
    return tx_active() && slot < numbers_of(&o->h) ? write_slot(o, slot, (uint64_t)value) : APO_MISUSE;
}

apo_object *apo_get_ref(const apo_object *o, unsigned slot) {
    if (!tx_active() || slot >= references_of(&o->h)) return NULL;
    return (apo_object *)(uintptr_t)read_slot(o, numbers_of(&o->h) + slot);
}

int apo_set_ref(apo_object *o, unsigned slot, apo_object *to) {
    return tx_active() && slot < references_of(&o->h) ? write_slot(o, numbers_of(&o->h) + slot, (uint64_t)(uintptr_t)to) : APO_MISUSE;
}

/* ---- blocks ---- */

int apo_begin(const apo_txn_options *o) {
    if (tx_me.txn == NULL || tx_active()) return APO_MISUSE;
    tx_begin(&(tx_options){.isolation = o && o->snapshot_isolation ? TX_SNAPSHOT : TX_SERIALIZABLE, .readonly = o && o->readonly,
                           .no_turn = o && o->max_retries, .name = o ? o->name : NULL});
    return APO_OK;
}

int apo_commit(void) {
    if (!tx_active()) return APO_MISUSE;
    switch (tx_commit()) {
    case TX_COMMITTED: tx_run_commit_hooks(); return APO_OK;
    case TX_CONFLICT: return APO_CONFLICT;
    default: return APO_NO_MEMORY;
    }
}

void apo_abort(void) {
    if (!tx_active()) return;
    tx_abort();
    tx_run_abort_hooks();
}

static int nested(int (*body)(void *arg), void *arg, const apo_txn_options *o) {
    tx_savepoint sp;
    uint64_t outer = 0;
    bool readonly = o && o->readonly;
    int result;
    if (!tx_savepoint_set(&sp)) return APO_NO_MEMORY;
    if (readonly) outer = tx_readonly_push();
    result = body(arg);
    if (readonly) tx_readonly_pop(outer);
    if (result == APO_OK) tx_savepoint_release(&sp);
    else {
        tx_savepoint_rollback(&sp);
        if (result != APO_RETRY) tx_run_abort_hooks();
        tx_savepoint_release(&sp);
    }
    return result;
}

/* The running attempt returned result: what does apo_atomic return, or shall it run again? */
static bool goes_on(int *result, const apo_txn_options *o, int64_t limit) {
    if (*result == APO_OK) {
        *result = apo_commit();
        if (*result != APO_CONFLICT) return tx_run_abort_hooks(), false;
        if (o && o->max_retries && tx_losses() > (unsigned)o->max_retries) return tx_run_abort_hooks(), false;
        tx_backoff();
        return true;
    }
    if (*result == APO_RETRY) {
        int64_t left = limit < 0 ? -1 : limit - base_mono_ns();
        if (tx_wait_for_change(limit >= 0 && left < 0 ? 0 : left)) return true;
        *result = APO_TIMEOUT;
        tx_run_abort_hooks();
        return false;
    }
    apo_abort();
    return false;
}

int apo_atomic(int (*body)(void *arg), void *arg, const apo_txn_options *o) {
    int64_t limit = o && o->timeout_ns > 0 ? base_mono_ns() + o->timeout_ns : -1;
    int result;
    if (tx_me.txn == NULL) return APO_MISUSE;
    if (tx_active()) return nested(body, arg, o);
    tx_attempt_reset();
    do {
        result = apo_begin(o);
        if (result != APO_OK) return result;
        result = body(arg);
        if (!tx_active()) return APO_MISUSE; /* body has ended the block itself */
    } while (goes_on(&result, o, limit));
    tx_attempt_reset();
    return result;
}

int apo_on_commit(void (*fn)(void *arg), void *arg) { return !tx_active() ? APO_MISUSE : tx_on_commit(fn, arg) ? APO_OK : APO_NO_MEMORY; }
int apo_on_abort(void (*fn)(void *arg), void *arg) { return !tx_active() ? APO_MISUSE : tx_on_abort(fn, arg) ? APO_OK : APO_NO_MEMORY; }

void apo_txn_stats_get(apo_txn_stats *out) {
    tx_stats s;
    tx_stats_get(&s);
    *out = (apo_txn_stats){s.commits, s.readonly_commits, s.aborts, s.conflicts, s.retries};
}
