/* txn_int.h: what the files of txn/ share. Never included from elsewhere. */
#ifndef TXN_TXN_INT_H
#define TXN_TXN_INT_H
#include "base/atomic.h"
#include "base/lock.h"
#include "base/rand.h"
#include "base/stat.h"
#include "base/stop.h"
#include "base/stress.h"
#include "base/vec.h"
#include "txn/tx.h"
#include <string.h>

#define TX_TID_SHIFT  TX_SEQ_BITS
#define TX_TID_MASK   (~UINT64_C(0) << TX_TID_SHIFT)
#define TX_TID_MAX    ((UINT64_C(1) << 24) - 1)
#define TX_STEP       UINT64_C(2)                       /* from one seq word to the next */
#define TX_SEQ_LIMIT  ((UINT64_C(1) << TX_SEQ_BITS) - (UINT64_C(1) << 32)) /* a begin beyond it takes a new tid */
#define TX_NO_SNAPSHOT UINT64_MAX
#define TX_PRIVATE_EPOCH (UINT64_C(1) << 63)

enum {
    TX_TURN_AFTER = 8,      /* losses after which a block runs alone */
    TX_TURN_LONG = 2,       /* the same, of a block that takes long: each loss costs as much again */
    TX_LOSS = 64, TX_LOSSY = 96, TX_LOSSY_MAX = 1024,
    TX_LONG_US = 2000,      /* what is long: from one loss to the next */
    TX_MAP_START = 1024,    /* slots of a new map */
    TX_FULL_LOG = 64,       /* entries that make a slice full */
    TX_HEAVY_LOG = 8192,    /* that make it heavy */
    TX_HEAVY_UNDO = 1 << 20, /* bytes of undo copies that do */
    TX_DRAIN_EVERY = 32,    /* retired versions between two looks at the other threads' snapshots, and a quarter as many as there are threads to look at */
    TX_BEHIND = 16,         /* commits that an announcement may lag behind its thread's snapshot: what they replaced is kept for it */
    TX_KEY_LINES = 256,     /* keys remembered as logged */
    TX_COPIES = 512,        /* words: of what is seen beyond, versions are looked at */
    TX_PRECHECK = 64,       /* entries from which on the bulk is validated before the lock is taken */
};

static inline void *tx__body(const tx_version *v) { return (char *)(uintptr_t)v + sizeof(tx_version); }
static inline tx_version *tx__version_of(const void *body) { return (tx_version *)((char *)(uintptr_t)body - sizeof(tx_version)); }
static inline tx_version *tx__older(const tx_version *v) {
    return (tx_version *)~atomic_load_explicit(&((tx_version *)(uintptr_t)v)->older, memory_order_relaxed);
}
static inline void tx__older_set(tx_version *v, const tx_version *older) { atomic_store_explicit(&v->older, ~(uintptr_t)older, memory_order_relaxed); }
static inline const tx_kind *tx__kind(const tx_handle *h) { return h->cls->kind; }
static inline uint64_t tx__vw(const tx_handle *h) {
    return atomic_load_explicit(&((tx_handle *)(uintptr_t)h)->vw, memory_order_acquire); /* MO: VW acquire */
}
static inline tx_version *tx__head(uint64_t vw) { return (tx_version *)(uintptr_t)vw; }

/* ---- sets.c: what a transaction has read and written ---- */

/* One shared handle that the transaction has met. It is both the read log and the write set. */
typedef struct tx_entry {
    tx_handle *h;
    const void *seen;       /* the body visible at the snapshot */
    tx_version *mine;       /* private copy, when written */
    uint64_t read;          /* parts looked at */
    uint64_t dirty;         /* parts written */
    uint64_t step;          /* tx_me.id when last saved for undo */
    const void *copy;       /* of what seen holds, which need not be looked at; or NULL (mirror.h) */
    bool changed;           /* commit: mine differs from seen */
    bool drop;              /* commit: mine turned out equal to the newest body */
} tx_entry;

/* One key of a keyed body that was looked at; or elements of it, 64 * key + those of `members`. */
typedef struct tx_keyed { uint64_t key, members; uint32_t entry; } tx_keyed;
/* Where a key is in the log: as tx_seen. */
typedef struct tx_key_line { uint64_t handle, key; size_t at; } tx_key_line;

typedef enum tx_undo_type {
    TX_UNDO_INLINE,         /* copy: the inline body of a private handle; old: its vw */
    TX_UNDO_FIRST,          /* entry got its private copy */
    TX_UNDO_AGAIN,          /* copy: the entry's private body at a savepoint; old: its dirty mask; old_step: its step */
    TX_UNDO_OP,             /* op(h, body, a, b) reverses it */
    TX_UNDO_FREEZE,         /* the frozen flag was set; old: the vw */
    TX_UNDO_EPOCH,          /* a quasi-constant was changed */
    TX_UNDO_NOTE,           /* words(h, old, old_step) reverses what was done to an object without versions */
    TX_UNDO_TOLD,           /* settled(old, …) is told how it went */
    TX_UNDO_GONE            /* nothing any more */
} tx_undo_type;

typedef struct tx_record {
    tx_handle *h;
    void *copy;
    uint64_t old, old_step;
    size_t mark;            /* use of the undo stack before this record */
    uint32_t entry;
    tx_undo_type type;
    union {
        tx_undo *op;        /* TX_UNDO_OP: with a = old, b = old_step */
        tx_undo_words *words; /* TX_UNDO_NOTE */
        tx_settled *settled;
    };
} tx_record;

/* Undo copies lie in chunks that are never moved; the stack shrinks when records are popped. */
typedef struct tx_chunk { size_t start, size; char *at; } tx_chunk;

typedef struct tx_retired { tx_handle *h; tx_version *v; uint64_t stamp; void (*drop)(const tx_handle *h, void *body); size_t bytes; } tx_retired;
typedef struct tx_place { tx_where where; uint64_t part; /* mask, or key */ uint32_t entry; bool keyed; } tx_place;
typedef VEC(tx_place) tx_places;
typedef struct tx_hook_entry { tx_hook *fn; void *arg; bool on_abort; } tx_hook_entry;

enum { /* counters; same order as tx_stats */
    TX_STAT_commits, TX_STAT_readonly_commits, TX_STAT_aborts, TX_STAT_conflicts, TX_STAT_retries, TX_STAT_irrevocable, TX_STAT_waits,
    TX_STAT_slices, TX_STAT_blocks, TX_STAT_COUNT
};

/* A thread's state. Records are never freed; a thread that enters may get the record of one that has left. */
struct tx_thread {
    /* read by others */
    BASE_CACHE_ALIGNED _Atomic(uint64_t) announced; /* snapshot in use or TX_NO_SNAPSHOT.  (MO: ANNOUNCE) */
    BASE_CACHE_ALIGNED tx_thread *next;             /* constant once linked */
    _Atomic(uint64_t) serial;                       /* transactions begun; read with the world stopped */
    _Atomic(uint64_t) work;                         /* committed so far, in the upper layer's units: t alone writes it, gate.c compares.  relaxed */
    bool entered;                                   /* under threads lock */
    /* own */
    uint64_t tid, seq;          /* seq: last seq word given out (with bit 0 set) */
    uint64_t snapshot, begin_epoch, valid_at;
    uint64_t number;            /* of the commit made last: tx_last_number */
    bool number_wrote;
    uint64_t stamp;             /* of the commit just made, 0: none, or others may have committed in between */
    uint64_t since;             /* readonly: words of objects that may be written are >= this */
    bool unread;                /* readonly for that reason (tx_unread_begin); what to go back to: */
    uint64_t unread_since, unread_id;
    tx_options options;
    bool goes_on;               /* the announcement may stand between transactions */
    bool behind;                /* it has stood for long enough: versions wait for it */
    bool losing;                /* what is being undone lost to a conflict */
    bool sunk;                  /* there was a sink when it began */
    bool sole, active, undo_on, readonly, log_reads, doomed, holds_turn, irrevocable, want_irrevocable, tid_shared, running_hooks;
    uint32_t turn_ticket;
    tx_fail fail, poison;
    unsigned attempt, losses;
    unsigned lossy;             /* how often it has lost of late: TX_LOSS each time, one less each commit; from TX_LOSSY on it looks at the gate */
    bool gated;                 /* has the gate, or had it a moment ago */
    int gate_looks, in_locks;   /* in_locks: what tx_in_lock says */
    unsigned gate_in_vain;
    int64_t lost_at;            /* when it last lost (monotonic ns) */
    bool long_one;              /* it took long to lose again */
    unsigned carries;           /* blocks that the running slice holds */
    uint64_t worked;            /* how much work the running transaction is */
    unsigned nwritten;          /* entries with mine */
    uint64_t written;           /* a bit for each of those, by its handle's address: most that is looked at is none of them */
    bool bumped;                /* changed a quasi-constant */
    bool newest;                /* as tx_commit_newest says */
    uint64_t watch;             /* the step's word, while tx_me.id is another one so that every write comes to write.c; 0: no watch */
    size_t watch_undo;          /* undo.n at its begin */
    /* the map: slot = generation << 32 | index of entry */
    uint64_t *slots;
    uint32_t slot_bits, generation;
    VEC(tx_entry) entries;
    VEC(tx_keyed) keys;
    unsigned copied;            /* words of copies in use */
    uint64_t tag;               /* tx_me.tag */
    tx_seen seen[1 << TX_SEEN_BITS];
    tx_key_line key_lines[TX_KEY_LINES];
    uint64_t copies[TX_COPIES]; /* of mirrors: bodies that the transaction sees */
    VEC(tx_record) undo;
    VEC(tx_chunk) chunks;
    size_t chunk, undo_used;    /* current chunk; bytes in use */
    tx_places read_at, written_at;  /* conflict reports: where it has read and written what */
    tx_where bumped_at;         /* and overwritten a quasi-constant */
    VEC(tx_hook_entry) hooks, left_hooks, done_hooks;
    VEC(void *) reach;          /* publication's work list */
    bool reach_failed, handing;
    VEC(tx_change) changes;
    tx_retired *ring;           /* retired versions, oldest first */
    size_t ring_size, ring_head, ring_tail, ring_looked;
    uint64_t oldest;            /* last computed */
    base_rand rand;
    _Atomic(uint32_t) wake;     /* retry(): wait.c's states.  (MO: WAKE) */
    unsigned in_vain;           /* how often in a row it has spun in vain before it slept */
    base_stat_block stat_block;
    base_stat stats[TX_STAT_COUNT];
};

static inline void tx__count(tx_thread *t, unsigned which) { base_stat_add(&t->stats[which], 1); }

bool tx__sets_init(tx_thread *t) MUST_CHECK;
void tx__sets_begin(tx_thread *t);                                      /* forgets all entries */
bool tx__map_grow(tx_thread *t) MUST_CHECK;
tx_entry *tx__entry_add(tx_thread *t, const tx_handle *h, const void *seen); /* NULL: out of memory. Moves entries. */
void tx__seen_forget(tx_thread *t);                                     /* empties seen and key_lines */
/* NULL: out of memory. All but type, h, mark, copy is left to be set where the type has a use for it. */
static inline tx_record *tx__undo_push(tx_thread *t, tx_undo_type type, tx_handle *h) {
    tx_record *r;
    if (UNLIKELY(t->undo.n == t->undo.room) && !VEC_RESERVE(&t->undo, 1)) return NULL;
    r = &t->undo.at[t->undo.n++];
    r->h = h;
    r->type = type;
    r->mark = t->undo_used;
    r->copy = NULL;
    return r;
}
tx_record *tx__undo_add(tx_thread *t, tx_undo_type type, tx_handle *h); /* the same, the rest zeroed */
void tx__undo_space_reset(tx_thread *t, size_t mark);
bool tx__undo_save(tx_thread *t, tx_record *r, const tx_handle *h, void *body) MUST_CHECK; /* r->copy = a copy */

/* NULL: there is none; *slot is where it belongs, until any is added. */
static inline tx_entry *tx__look_up(tx_thread *t, const tx_handle *h, uint64_t **slot) {
    uint64_t mask = (UINT64_C(1) << t->slot_bits) - 1;
    uint64_t i = (uint64_t)(uintptr_t)h * UINT64_C(0x9e3779b97f4a7c15) >> (64 - t->slot_bits);
    for (;; i = (i + 1) & mask) {
        uint64_t s = *(*slot = &t->slots[i]);
        if (s >> 32 != t->generation) return NULL;
        tx_entry *e = &t->entries.at[(uint32_t)s];
        if (e->h == h) return e;
    }
}
static inline tx_entry *tx__find(tx_thread *t, const tx_handle *h) {
    uint64_t *slot;
    return tx__look_up(t, h, &slot);
}
/* tx__entry_add where tx__look_up has found the slot, when there were n entries. */
static inline tx_entry *tx__entry_put(tx_thread *t, const tx_handle *h, const void *seen, uint64_t *slot, size_t n) {
    if (UNLIKELY(n != t->entries.n) || UNLIKELY(n == t->entries.room) || UNLIKELY(n * 2 >= (uint64_t)1 << t->slot_bits)) return tx__entry_add(t, h, seen);
    *slot = (uint64_t)t->generation << 32 | n;
    t->entries.at[n] = (tx_entry){.h = (tx_handle *)(uintptr_t)h, .seen = seen};
    t->entries.n = n + 1;
    return &t->entries.at[n];
}

/* ---- kind.c ---- */
bool tx__kind_copy(const tx_handle *h, void *dst, const void *src) MUST_CHECK;
bool tx__kind_same_key(const tx_handle *h, const void *a, const void *b, uint64_t key);
bool tx__kind_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) MUST_CHECK;
/* Snapshot isolation: the parts of what was written that are compared as parts. Who has written all of a body has gone by all of it. */
static inline uint64_t tx__must_stay(const tx_handle *h, uint64_t dirty) {
    const tx_kind *k = tx__kind(h);
    return dirty & ~(dirty == TX_ALL ? k->commutes : k->commutes | k->first_wins | k->ordered);
}
/* Is this body nothing but its words? */
static inline bool tx__is_plain(const tx_kind *k, const void *body) { return k->words && (!k->owns || ((const uint64_t *)body)[k->mark_at] == 0); }
/* DO(i) for the words from n-1 to 0, without a loop for up to TX_FEW_WORDS; none of more. */
enum { TX_FEW_WORDS = 10 };
#define TX__FEW_WORDS(n, DO) \
    switch (n) { \
    case 10: DO(9) FALLTHROUGH; \
    case 9: DO(8) FALLTHROUGH; \
    case 8: DO(7) FALLTHROUGH; \
    case 7: DO(6) FALLTHROUGH; \
    case 6: DO(5) FALLTHROUGH; \
    case 5: DO(4) FALLTHROUGH; \
    case 4: DO(3) FALLTHROUGH; \
    case 3: DO(2) FALLTHROUGH; \
    case 2: DO(1) FALLTHROUGH; \
    case 1: DO(0) FALLTHROUGH; \
    default: break; \
    }
static inline void tx__words_copy(uint64_t *to, const uint64_t *from, size_t n) {
    if (UNLIKELY(n > TX_FEW_WORDS)) memcpy(to, from, n * sizeof *to);
#define COPY(i) to[i] = from[i];
    TX__FEW_WORDS(n, COPY)
#undef COPY
}
bool tx__words_same(const tx_handle *h, const void *a, const void *b, uint64_t mask);
static inline bool tx__kind_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    const tx_kind *k = tx__kind(h);
    return a == b || (k->same ? k->same(h, a, b, mask) : tx__words_same(h, a, b, mask));
}
static inline void tx__kind_drop(const tx_handle *h, void *body) {
    if (tx__kind(h)->drop && !tx__is_plain(tx__kind(h), body)) tx__kind(h)->drop(h, body);
}
bool tx__version_copy(const tx_handle *h, tx_version *v, const void *body) MUST_CHECK; /* the body alone; false: v has been freed */
void tx__version_free(const tx_handle *h, tx_version *v, bool drop);          /* drop: with what its body owns */

/* ---- memory.c ---- */
void *tx__default_alloc(size_t bytes) MUST_CHECK;
void tx__default_free(void *block, size_t bytes);
void tx__default_give_back(void);               /* the running thread ends */

/* ---- clock.c ---- */
struct tx_shared {
    /* One line, so that it changes cores once a commit: */
    BASE_CACHE_ALIGNED base_lock commit_lock;        /* the order of commits */
    _Atomic(uint64_t) clock;                         /* stamp of the last commit; written under commit_lock.  (MO: CLOCK) */
    _Atomic(uint64_t) epoch;                         /* stamp of the last commit that changed a quasi-constant.  (MO: EPOCH) */
    _Atomic(uint32_t) turn_issued, turn_served;      /* written under commit_lock; equal: no turn is held or waited for.  (MO: TURN) */
    _Atomic(uint32_t) turn_sleepers;                 /* threads parked on turn_served.  (MO: SLEEPERS) */
    BASE_CACHE_ALIGNED _Atomic(uint32_t) waiters;    /* threads in retry().  (MO: WAITERS) */
    BASE_CACHE_ALIGNED base_lock threads_lock;
    _Atomic(tx_thread *) threads;                    /* all records; grows at the head.  (MO: THREADS) */
    _Atomic(uint32_t) entered;                       /* threads; written under threads_lock, a hint without it.  relaxed */
    unsigned expected;                               /* under threads_lock */
    uint64_t next_tid;                               /* under threads_lock */
    _Atomic(uint32_t) may_sole;                      /* a thread has left and one is left: it may go sole */
    bool sole_allowed, sole_now;                     /* sole_now: under threads_lock */
    /* plugs, constant after setup */
    tx_memory memory;
    tx_object_model model;
    const tx_sink *sink;
    tx_blocking blocking;
    bool (*pager)(tx_handle *h);
    const void *(*broken_body)(const tx_handle *h);
    void (*guard)(tx_handle *h);
    void (*where)(tx_where *out);
    void (*report)(const tx_conflict *c);
};
extern struct tx_shared tx_g;

/* With a copy of body, not installed. */
static inline MUST_CHECK tx_version *tx__version_new(const tx_handle *h, const void *body) {
    size_t bytes = tx_body_size(h);
    tx_version *v = tx_g.memory.alloc(sizeof *v + bytes);
    if (UNLIKELY(v == NULL)) return NULL;
    atomic_init(&v->stamp, 0);
    tx__older_set(v, NULL);
    if (LIKELY(tx__is_plain(tx__kind(h), body))) tx__words_copy(tx__body(v), body, bytes / sizeof(uint64_t));
    else if (!tx__version_copy(h, v, body)) return NULL;
    return v;
}

void tx__epoch_renew(void);                     /* a new private epoch: what caches learned under the last one is void */
void tx__epoch_advance(void);                   /* sole mode: a new global epoch */
static inline uint64_t tx__clock(void) { return atomic_load_explicit(&tx_g.clock, memory_order_acquire); } /* MO: CLOCK acquire */

/* ---- snapshot.c ---- */
void tx__snapshot_take(tx_thread *t);           /* announces, sets snapshot, epoch */
void tx__snapshot_move(tx_thread *t);           /* the same, but an announcement that stands and is not much older may stay */
bool tx__snapshot_follow(tx_thread *t);         /* the snapshot of the commit just made; false: there is none, or its announcement is too old */
void tx__snapshot_drop(tx_thread *t);
uint64_t tx__snapshot_oldest(void);             /* no thread reads, or will read, at an older one */
const void *tx__visible_other(tx_thread *t, const tx_handle *h, bool *newest);
/* The body at t's snapshot; NULL: a ghost that could not be loaded. */
static inline const void *tx__visible(tx_thread *t, const tx_handle *h, bool *newest) {
    uint64_t vw = tx__vw(h);
    *newest = true;
    if (vw & 1) return tx_inline_body(h);
    if (LIKELY(vw != TX_GHOST) && LIKELY(atomic_load_explicit(&tx__head(vw)->stamp, memory_order_relaxed) <= t->snapshot)) return tx__body(tx__head(vw));
    return tx__visible_other(t, h, newest);
}
const void *tx__newest(const tx_handle *h);     /* newest committed body; steady under the commit lock */

/* The same as seen, without its line. */
static inline const void *tx__seen_body(const tx_entry *e) { return e->copy ? e->copy : e->seen; }
static inline const void *tx__entry_body(const tx_entry *e) { return e->mine ? tx__body(e->mine) : tx__seen_body(e); }
/* s leads to e from now on. Not where reads are not logged: then e->read stays 0. */
static inline void tx__seen_put(tx_thread *t, tx_seen *s, const tx_entry *e) {
    if (UNLIKELY(!t->log_reads)) return;
    *s = (tx_seen){(uint64_t)(uintptr_t)e->h ^ tx_me.tag, tx__entry_body(e), e->read, (uint64_t)(e - t->entries.at)};
}
static inline tx_entry *tx__known(tx_thread *t, const tx_handle *h) {
    const tx_seen *s = tx_seen_line(h);
    return LIKELY(tx_seen_is(s, h)) ? &t->entries.at[s->entry] : tx__find(t, h);
}

static inline uint64_t tx__written_bit(const tx_handle *h) { return UINT64_C(1) << ((uint32_t)((uintptr_t)h >> 4) * UINT32_C(0x9e3779b1) >> 26); }
/* The entry of h with a body of t's own; NULL: t has not written it. */
static inline tx_entry *tx__written(tx_thread *t, const tx_handle *h) {
    if (LIKELY(!(t->written & tx__written_bit(h)))) return NULL;
    tx_entry *e = tx__find(t, h);
    return e && e->mine ? e : NULL;
}

/* ---- thread.c ---- */
void tx__go_sole(tx_thread *t);                 /* at a begin, when may_sole: perhaps */
void tx__new_tid(tx_thread *t);                 /* between transactions */

/* ---- nest.c ---- */
void tx__undo_to(tx_thread *t, size_t n);       /* undoes the records from n on */
void tx__undo_forget(tx_thread *t);             /* a commit: drops all undo copies */
void tx__next_step(tx_thread *t);
static inline tx_fail tx__readonly_why(const tx_thread *t) { return t->unread ? TX_FAIL_UNREAD : TX_FAIL_FROZEN; }
static inline void tx__watch_end(tx_thread *t) {
    tx_me.id = t->watch;
    t->watch = 0;
}

/* ---- validate.c ---- */
bool tx__keyed_same(const tx_keyed *k, const tx_entry *e, const void *now, uint64_t *differs); /* differs: the first key that does */
static inline uint64_t tx__keyed_mask(const tx_keyed *k) {
    uint64_t mask = k->members ? 0 : TX_KEY(k->key);
    for (uint64_t m = k->members; m; m &= m - 1) mask |= TX_KEY(k->key * 64 + (uint64_t)__builtin_ctzll(m));
    return mask;
}
bool tx__validate(tx_thread *t, bool report);   /* may it commit on the newest bodies?  report: say why not (under the commit lock) */
bool tx__validate_reads(tx_thread *t);          /* are all reads still true, whatever the isolation? */

/* ---- report.c ---- */
void tx__report(tx_thread *t, tx_handle *h, uint64_t mask, const uint64_t *key, const void *seen, const void *now); /* under the commit lock. key: that, or NULL */
void tx__note_places(tx_thread *t, uint64_t stamp);
/* Where reports are wanted: the running code looks at, or writes, these parts of e, or that key (member: or one element), for the first time. */
void tx__place(tx_thread *t, const tx_entry *e, uint64_t mask, bool write);
void tx__place_key(tx_thread *t, const tx_keyed *k, uint64_t member);
#define TX__PLACE(t, e, mask, write) do { if (UNLIKELY(tx_g.where != NULL) && (mask)) tx__place(t, e, mask, write); } while (0)

/* ---- turn.c ---- */
bool tx__turn_others(const tx_thread *t);       /* under the commit lock: must t wait before it commits? */
void tx__turn_await_others(tx_thread *t);       /* without it: until that may have changed */
void tx__turn_take(tx_thread *t);
void tx__turn_release(tx_thread *t);
/* Has it lost so often that it runs alone now? */
static inline bool tx__loses_no_more(const tx_thread *t) {
    return t->losses >= (t->long_one ? TX_TURN_LONG : TX_TURN_AFTER) && !t->options.no_turn;
}
void tx__block_enter(void);
void tx__block_leave(void);

/* ---- gate.c ---- */
void tx__gate_pass(tx_thread *t);               /* OUTSIDE, t has lost of late: perhaps waits for a moment */
void tx__gate_leave(tx_thread *t);              /* t->gated */
void tx__gate_forget(void);                     /* in a forked child */
static inline void tx__note_meeting(tx_thread *t) { t->lossy = t->lossy + TX_LOSS < TX_LOSSY_MAX ? t->lossy + TX_LOSS : TX_LOSSY_MAX; }
static inline bool tx__lossy(const tx_thread *t) { return t->lossy >= TX_LOSSY || base_stressed(BASE_STRESS_GATE); }

/* ---- publish.c ---- */
/* body: a copy of before, changed */
bool tx__publish_parts(tx_thread *t, const tx_handle *h, const void *before, const void *body) MUST_CHECK;
/* never: tx_g.model.never.  false: certainly not */
static inline bool tx__may_be_object(uint64_t word, uint64_t never) { return !(word & never) && word != 0; }

/* ---- retire.c ---- */
static inline bool tx__drain_due(const tx_thread *t) {
    return t->ring_tail - t->ring_looked >= TX_DRAIN_EVERY + atomic_load_explicit(&tx_g.entered, memory_order_relaxed) / 4;
}
bool tx__retire_reserve(tx_thread *t, size_t n) MUST_CHECK;
/* v was superseded by stamp.  drop: what its body needs, or NULL */
static inline void tx__retire(tx_thread *t, tx_handle *h, tx_version *v, uint64_t stamp, void (*drop)(const tx_handle *h, void *body)) {
    t->ring[t->ring_tail++ & (t->ring_size - 1)] = (tx_retired){h, v, stamp, drop, sizeof *v + tx_body_size(h)};
}
void tx__retire_drain(tx_thread *t, uint64_t oldest);
void tx__retire_fold_now(tx_handle *h);         /* sole mode: the newest body becomes the inline one */

/* ---- wait.c ---- */
void tx__wake_waiters(tx_handle *h, uint64_t dirty);
void tx__wait_forget_all(void);                 /* in a forked child: nobody waits */

/* ---- commit.c ---- */
void tx__abandon(tx_thread *t, bool lost);      /* ACTIVE -> OUTSIDE, all undone */

/* ---- durable.c ---- */
/* Takes back what a refused commit has done to an object that it has published; record `last` is the last about it. They are GONE then. */
void tx__take_back_published(tx_thread *t, size_t last);

/* ---- hooks.c ---- */
void tx__hooks_undone(tx_thread *t, size_t from); /* the step that registered them was undone */
void tx__hooks_committed(tx_thread *t);

#endif
