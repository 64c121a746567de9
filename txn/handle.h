/* handle.h: what a versioned object looks like, and the two barriers through which every access to mutable state goes.
 *
 * A handle is three words, and its first body lies inline behind it:
 *
 *     cls | flags aux | vw | body ...
 *
 * vw, the version word, says where the body is for whom:
 *
 *     odd                 the only body is the inline one.
 *                         (tid << TX_SEQ_BITS | seq << 1 | 1): made or last written in place by thread-incarnation `tid`
 *                         in its step `seq`; private to that incarnation until it is published.
 *                         TX_SHARED (tid 0): published; the inline body is committed and immutable.
 *     even                pointer to the newest committed tx_version; the inline body is the oldest version, or the newest one's mirror.
 *     TX_GHOST            there is no body yet: the pager brings the inline one (tx_set_pager).
 *
 * Words.  A *step* is what can be undone as a whole: a transaction, or the stretch since its newest savepoint.
 * `tx_me.id` is the vw that an object gets which the running step makes, so that
 *
 *     vw == tx_me.id                       born (or already saved and claimed) in this step: write in place
 *     ((vw ^ tx_me.id) & tx_me.rmask) == 0 private to this thread (multi mode: same tid; sole mode: any odd word):
 *                                          read in place, log nothing
 *     anything else                        the slow path in read.c / write.c
 *
 * Why an object of another tid is never seen half made: a commit that stores a private object into a shared one publishes
 * everything that is reachable from it first (tx_publish through the kind table), and a snapshot that can reach it is newer.
 * When the process leaves sole mode, the first thread takes a new tid, so that all older objects count as shared.
 *
 * H1  A committed body is immutable. (An inline one that nobody can see any more is none; it may hold the mirror: txn/README.md.)
 * H2  Along a version chain stamps strictly decrease.                           (tx_check_chain)
 * H3  Only the thread whose tid is in vw stores to a private handle; a shared handle's vw is swung under the commit lock.
 * H4  The pointer that tx_read/tx_write returns is valid until the next tx_write of the same handle, savepoint, commit or
 *     abort of this thread.
 */
#ifndef TXN_HANDLE_H
#define TXN_HANDLE_H
#include "base/check.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TX_SEQ_BITS 40                    /* bits of seq<<1|1 in a version word; the 24 above are the tid */
#define TX_SHARED   UINT64_C(1)
#define TX_GHOST    UINT64_C(2)
#define TX_ALL      (~UINT64_C(0))        /* mask: the whole body */
#define TX_REST     (UINT64_C(1) << 63)   /* mask: what has no slot bit of its own (slots >= 63, length, order, shape …) */
#define TX_SLOT(i)  ((i) < 63 ? UINT64_C(1) << (i) : TX_REST)
#define TX_KEY(key) TX_SLOT((key) % 62)   /* mask: the bit that stands for what a keyed kind has under this key, and for what it has under others */

typedef struct tx_handle tx_handle;
typedef struct tx_class tx_class;
typedef struct tx_kind tx_kind;
typedef struct tx_version tx_version;

struct tx_handle {
    tx_class *cls;               /* the object's class; constant but for stop-the-world changes */
    _Atomic(uint32_t) flags;     /* TX_F_*, and the upper layer's bits.  relaxed or/and only */
    uint32_t aux;                /* the upper layer's (constant after creation) */
    _Atomic(uint64_t) vw;        /* version word, above.  (MO: VW) */
};

/* A committed (or pending) out-of-line body. */
struct tx_version {
    _Atomic(uint64_t) stamp;     /* commit number; written before the version is installed, constant then */
    _Atomic(uintptr_t) older;    /* complement of the next older version's address; of 0: the inline body is the older one. Links to freed versions are
                                    left standing: undisguised, a collector that scans conservatively would follow them from one dead version to the next. */
    /* body follows */
};

/* What txn must know of a class: the first member of every class object, which is itself a handle. */
struct tx_class {
    tx_handle h;
    const tx_kind *kind;         /* NULL: instances are immutable and have no vw */
};

/* Behaviour of a kind of object; one constant table per kind.  Bodies never move between kinds.
 * None of these may run Python code, allocate objects that are visible, or block. */
struct tx_kind {
    const char *name;
    /* Bytes of the body of this handle (constant for the handle's life).  NULL: `words`; call tx_body_size. */
    size_t (*body_size)(const tx_handle *h);
    /* dst becomes a copy of src that shares no mutable memory with it (arrays are duplicated). dst is uninitialised.
     * false: out of memory, dst holds nothing that needs a drop. NULL: memcpy. */
    bool (*copy)(const tx_handle *h, void *dst, const void *src) MUST_CHECK;
    /* The same for undoing: src is this thread's own and about to be written, so it may be brought into a form that is cheaper to copy.  NULL: copy. */
    bool (*save)(const tx_handle *h, void *dst, void *src) MUST_CHECK;
    /* Frees what copy() duplicated, when a body is known to be unreachable.  NULL: nothing. */
    void (*drop)(const tx_handle *h, void *body);
    /* Do the two bodies agree (by value) on everything in mask?  NULL: bodies are arrays of 8-byte words, slot i = word i,
     * compared as words. */
    bool (*same)(const tx_handle *h, const void *a, const void *b, uint64_t mask);
    /* Keyed kinds: do they agree on what they have, or lack, under this key?  NULL: same(TX_KEY(key)) tells. */
    bool (*same_key)(const tx_handle *h, const void *a, const void *b, uint64_t key);
    /* The head moved from base to theirs while I wrote mine: change mine so that it holds their changes too.
     * dirty is what I wrote.  false: cannot be merged (a conflict).  NULL: word arrays, merged by mask. */
    bool (*merge)(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) MUST_CHECK;
    /* Publication: calls visit for every object word directly reachable from this body.  NULL: it holds none. */
    void (*trace)(const tx_handle *h, const void *body, void (*visit)(void *arg, uint64_t word), void *arg);
    /* The same for what `after` holds and the committed body `before`, from which it was copied, does not; more does no harm.  NULL: trace. */
    void (*trace_new)(const tx_handle *h, const void *before, const void *after, void (*visit)(void *arg, uint64_t word), void *arg);
    /* Mask bits whose concurrent changes commute (a counter that is only added to): snapshot isolation lets two such writers both
     * commit, as serializable transactions may by themselves.  Needs merge. */
    uint64_t commutes;
    /* For snapshot isolation, of mask bits that stand for several conflict units: merge itself refuses what both have changed (first_wins); merge puts my
     * changes behind theirs, in an order that can be seen (ordered: mine commit if what I have read is still so); writes rest on having read it (rests). */
    uint64_t first_wins, ordered, rests;
    /* Bodies of plain 8-byte words: `words`, and h->aux & aux_words (none, or ~0) more; measured and copied without calls.  0: body_size says. */
    uint32_t aux_words;
    uint8_t words;
    /* Of plain words, more than one.  slots_at: slot i of the masks (without TX_REST) is word slots_at + i. */
    uint8_t slots_at;
    /* The word, counted from the inline body's begin, that is odd while that is dead and holds the mirror (txn/README.md, "The mirror"); 0: there is no mirror.  It lies
     * behind the body and is 0 otherwise, also when the object is made; or, if owns, in the body: the address of memory that it owns (copy and drop are called then), or 0. */
    uint8_t mark_at;
    bool owns;
};

/* Handle flags that txn knows; bits 8 and up belong to the upper layer. */
enum {
    TX_F_PUBLISHED = 1 << 0,     /* kept on immutable objects: all that they reach is shared, so publishing stops there (a mutable one: tx_is_private) */
    TX_F_FROZEN    = 1 << 1,     /* tx_write fails with TX_FAIL_FROZEN */
    TX_F_DURABLE   = 1 << 2,     /* has a record in the store: commits that change it go to the durable sink */
    TX_F_GUARDED   = 1 << 4,     /* before a step's first write to it the guard is called (tx_set_guard) */
    TX_F_HANDED    = 1 << 3,     /* txn's own: tx_publish has handed it to other threads as it was, uncommitted or not */
};

/* What the transaction has found in its log of late: the entry of a handle. Of use while key is its address ^ tx_me.tag. (sets.c, M3) */
typedef struct tx_seen {
    uint64_t key;
    const void *body;            /* that it sees, or its own */
    uint64_t read;               /* parts of it that are logged already */
    uint64_t entry;              /* index */
} tx_seen;
#define TX_SEEN_BITS 8           /* of the number of lines */

/* The part of a thread's transaction state that the barriers touch. The rest is private to txn/. */
typedef struct tx_me_hot {
    uint64_t id;                 /* vw of objects made in this step; always odd */
    uint64_t rmask;              /* sole mode: 1.  multi mode: 1 | tid bits */
    uint64_t epoch;              /* the code epoch this step runs under (tx_epoch()): inline caches compare it */
    uint64_t tag;                /* whose `seen` holds: another one whenever what it says may no longer be so; its low 48 bits are 0 */
    tx_seen *seen;               /* 1 << TX_SEEN_BITS lines */
    struct tx_thread *txn;       /* this thread's full state; NULL before tx_thread_enter */
} tx_me_hot;
extern _Thread_local tx_me_hot tx_me HOT_TLS;

/* Of a plain body: how many words. */
static inline size_t tx_word_count(const tx_handle *h, const tx_kind *k) { return k->words + (h->aux & k->aux_words); }
static inline size_t tx_body_size(const tx_handle *h) {
    const tx_kind *k = h->cls->kind;
    return LIKELY(k->words) ? tx_word_count(h, k) * sizeof(uint64_t) : k->body_size(h);
}
static inline void *tx_inline_body(const tx_handle *h) { return (char *)(uintptr_t)h + sizeof(tx_handle); }

static inline tx_seen *tx_seen_line(const tx_handle *h) {
    return &tx_me.seen[(uint32_t)((uintptr_t)h >> 4) * UINT32_C(0x9e3779b1) >> (32 - TX_SEEN_BITS)];
}
static inline bool tx_seen_is(const tx_seen *s, const tx_handle *h) { return s->key == ((uint64_t)(uintptr_t)h ^ tx_me.tag); }

const void *tx_read_slow(const tx_handle *h, uint64_t mask);        /* never fails, but for ghosts: NULL when the pager could not load it */
/* tx_read of what is not private. */
static inline const void *tx_read_shared(const tx_handle *h, uint64_t mask) {
    const tx_seen *s = tx_seen_line(h);
    return LIKELY(tx_seen_is(s, h)) && LIKELY((mask & ~s->read) == 0) ? s->body : tx_read_slow(h, mask);
}
uint64_t tx_read_word_slow(const tx_handle *h, uint64_t mask);      /* of a kind of one plain word */
/* tx_read_key_slow: tx_read for what a keyed kind has under one key: that, present or absent, is the conflict unit, not all that shares the key's bit.  A kind that counts
 * its elements reads element i by tx_read_at_slow(), which logs many of them in little room; its keys are the numbers then, and it has no others. */
const void *tx_read_key_slow(const tx_handle *h, uint64_t key);
/* Has the running transaction a body of its own of this object, which it may write?  For shared ones, not in sole mode. */
bool tx_has_written(const tx_handle *h);
const void *tx_read_at_slow(const tx_handle *h, uint64_t i);
void *tx_write_slow(tx_handle *h, uint64_t mask) MUST_CHECK;        /* NULL: tx_fail_reason() says why; the upper layer raises */
/* tx_write of the whole body by code that goes by what it finds there: the first time in a step it counts as reading all of it. */
void *tx_write_seen_slow(tx_handle *h) MUST_CHECK;
/* A write that a read-only block does not forbid: for objects that serve the upper layer as a local variable, and for streams, whose output is no
 * change of the program's data.  read: what of it must be as it was seen when the block commits (0 for what no other thread writes). */
void *tx_write_local(tx_handle *h, uint64_t read) MUST_CHECK;

/* The body of h if this step may write it in place already, else NULL: one test for code that reads and then writes. */
static inline void *tx_mine(tx_handle *h) {
#ifndef APO_NO_TRANSACTIONS
    if (UNLIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) != tx_me.id)) return NULL;
#endif
    return tx_inline_body(h);
}

#ifdef APO_NO_TRANSACTIONS /* to measure what the barriers cost: one thread, nothing can be undone */
static inline const void *tx_read(const tx_handle *h, uint64_t mask) { return (void)mask, tx_inline_body(h); }
static inline uint64_t tx_read_word(const tx_handle *h, uint64_t mask) { return (void)mask, *(const uint64_t *)tx_inline_body(h); }
static inline const void *tx_peek(const tx_handle *h) { return tx_inline_body(h); }
static inline MUST_CHECK void *tx_write(tx_handle *h, uint64_t mask) { return (void)mask, tx_inline_body(h); }
static inline MUST_CHECK void *tx_write_seen(tx_handle *h) { return tx_inline_body(h); }
#else
/* The body of h that this transaction sees. mask: what of it will be looked at (conflict unit). Never NULL.
 * The caller must not look at anything outside of mask: it is not validated. */
static inline const void *tx_read(const tx_handle *h, uint64_t mask) {
    uint64_t vw = atomic_load_explicit(&((tx_handle *)(uintptr_t)h)->vw, memory_order_acquire); /* MO: VW acquire */
    if (LIKELY(((vw ^ tx_me.id) & tx_me.rmask) == 0)) return tx_inline_body(h);
    return tx_read_shared(h, mask);
}

/* The word of an object of a kind of one plain word. */
static inline uint64_t tx_read_word(const tx_handle *h, uint64_t mask) {
    uint64_t vw = atomic_load_explicit(&((tx_handle *)(uintptr_t)h)->vw, memory_order_acquire); /* MO: VW acquire */
    if (LIKELY(((vw ^ tx_me.id) & tx_me.rmask) == 0)) return *(const uint64_t *)tx_inline_body(h);
    return tx_read_word_slow(h, mask);
}

const void *tx_peek_slow(const tx_handle *h);
/* tx_read without logging it, for finding the way: the caller logs with tx_read what its result rests on. */
static inline const void *tx_peek(const tx_handle *h) {
    uint64_t vw = atomic_load_explicit(&((tx_handle *)(uintptr_t)h)->vw, memory_order_acquire); /* MO: VW acquire */
    if (LIKELY(((vw ^ tx_me.id) & tx_me.rmask) == 0)) return tx_inline_body(h);
    return tx_peek_slow(h);
}

/* The body of h to be changed in place, on the parts in mask. NULL: out of memory or frozen (see tx_write_slow). */
static inline MUST_CHECK void *tx_write(tx_handle *h, uint64_t mask) {
    if (LIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) == tx_me.id)) return tx_inline_body(h);
    return tx_write_slow(h, mask);
}
static inline MUST_CHECK void *tx_write_seen(tx_handle *h) {
    if (LIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) == tx_me.id)) return tx_inline_body(h);
    return tx_write_seen_slow(h);
}
#endif

/* A new handle: call before its first use, after cls is set. */
static inline void tx_handle_init(tx_handle *h) { atomic_store_explicit(&h->vw, tx_me.id, memory_order_relaxed); }

/* A new handle whose inline body is complete, committed, and right for every snapshot that can reach it (loaded from a store, or static). */
static inline void tx_handle_init_shared(tx_handle *h) { atomic_store_explicit(&h->vw, TX_SHARED, memory_order_release); } /* MO: VW release */

/* Can no other thread reach this object?  (In sole mode: true of all that have no version chain.) */
static inline bool tx_is_private(const tx_handle *h) {
    uint64_t vw = atomic_load_explicit(&((tx_handle *)(uintptr_t)h)->vw, memory_order_relaxed);
    return ((vw ^ tx_me.id) & tx_me.rmask) == 0;
}

/* tx_read for hot paths: the mask is worked out only where it is asked for. h is evaluated twice. */
#ifdef APO_NO_TRANSACTIONS
#define TX_READ(h, mask) ((const void *)tx_inline_body(h))
#else
#define TX_READ(h, mask) (LIKELY(tx_is_private(h)) ? (const void *)tx_inline_body(h) : tx_read_shared(h, mask))
#endif

/* tx_write for a change that can be reversed more cheaply than by a copy of the body (one append to a long private list).  Where the body must be
 * kept for undoing and is private, undo(h, body, a, b) is noted instead of copying; it will be called with the body as this change left it.
 * Elsewhere it is tx_write.  a and b are traced as object words.  undo may not fail. */
typedef void tx_undo(tx_handle *h, void *body, uint64_t a, uint64_t b);
size_t tx_undo_count(void);                /* what the transaction has noted for undoing: whoever notes instead of copying should do so a limited number of times */
void *tx_write_op_slow(tx_handle *h, uint64_t mask, tx_undo *undo, uint64_t a, uint64_t b) MUST_CHECK;
static inline MUST_CHECK void *tx_write_op(tx_handle *h, uint64_t mask, tx_undo *undo, uint64_t a, uint64_t b) {
    if (LIKELY(atomic_load_explicit(&h->vw, memory_order_relaxed) == tx_me.id)) return tx_inline_body(h);
    return tx_write_op_slow(h, mask, undo, a, b);
}

/* Freezes h now: later writes by anyone fail with TX_FAIL_FROZEN. Undone with the step.  false: out of memory. */
bool tx_freeze(tx_handle *h) MUST_CHECK;

#endif
