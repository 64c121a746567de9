/* merge.c: when blocks are merged into slices, and when no longer. What it is about: merge.h.
 * Locks: none; all state is the thread's. */
#include "interp/run/atomic_int.h"
#include "interp/run/merge.h"
#include "interp/lang/invariant.h"
#include "objspace/persist/persist.h"
#include "txn/tx.h"
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH_START = 2, WIDTH_MAX = 64,       /* blocks in a slice */
    PROLONGED_TICKS = 20000,               /* some tenths of a millisecond */
    WINS = 4,                              /* commits after which one more is tried */
    PAUSE_MIN = 8, PAUSE_MAX = 1024,       /* blocks with transactions of their own after a merge was given up; doubled each time */
    CAREFUL = 4096,                        /* blocks for which a thread that has called retry() is ready to do so again */
    CALM = 256,                            /* commits after which that pause is halved again */
};

/* For tests that want the one or the other: APO_MERGE=0. */
static bool wanted(void) {
    static _Atomic(int) answer = -1;
    int a = atomic_load_explicit(&answer, memory_order_relaxed);
    if (a >= 0) return a;
    const char *s = getenv("APO_MERGE");
    a = !(s && s[0] == '0');
    atomic_store_explicit(&answer, a, memory_order_relaxed);
    return a;
}

void py_merge_slice(py_thread *T, bool restartable) {
    py_merge *m = &T->merged;
    if (m->width == 0) {
        m->width = WIDTH_START;
        m->pause_next = PAUSE_MIN;
    }
    /* A store makes the end of each block durable; invariants are asked at the end of each. */
    m->allowed = restartable && !pe_is_open() && !atomic_load_explicit(&py_invariants_wanted, memory_order_relaxed) && wanted();
    m->left = m->allowed ? m->width : 0;
    m->depth = m->done = m->sections = m->blocks = m->nlocks = 0;
    m->kept = m->cut = m->prolonged = false;
}

static bool renew(py_thread *T, py_frame *f, const py_instr *pc) {
    if (py__slice_end(T)) {
        py__slice_begin(T, f, pc);
        return true;
    }
    if (ob_err.cond == OB_COND_EXCEPTION) py__slice_begin(T, NULL, NULL), py_set_external(T, T->multi);
    return false;
}

bool py_merge_join(py_thread *T, py_frame *f, const py_instr *pc) {
    py_merge *m = &T->merged;
    if (m->depth) return m->depth < PY_MERGE_DEPTH || py_unmerge(T);
    if (!T->multi || !py_merge_may(T)) return false;
    if (m->left == 0 || tx_slice_full() || (m->done == 0 && T->slice_ticks - T->ticks > PY_MERGE_TICKS)) {
        if (!renew(T, f, pc)) return false;
        if (!m->allowed) return false;      /* sole mode came back, or there was no memory for a checkpoint */
    }
    m->left--;
    return true;
}

void py_merge_won(py_thread *T) {
    py_merge *m = &T->merged;
    if (m->done == 0) return;
    if (++m->wins % WINS == 0 && m->width < WIDTH_MAX) m->width++;
    if (m->wins % CALM == 0 && m->pause_next > PAUSE_MIN) m->pause_next /= 2;
    m->done = 0;
}

void py_merge_lost(py_thread *T) {
    py_merge *m = &T->merged;
    bool given_up = m->given_up;
    m->given_up = false;
    if (given_up || m->done + m->depth == 0) return;
    m->width = m->width > 1 ? m->width / 2 : 1;
    m->wins = 0;
}

static bool give_up(py_merge *m, unsigned pause) {
    m->pause = pause > m->done ? pause : m->done + 1;   /* all that run again have transactions of their own */
    m->left = 0;
    m->given_up = true;
    if (ob_err.cond <= OB_COND_EXCEPTION) ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
    return false;
}

bool py_unmerge(py_thread *T) {
    py_merge *m = &T->merged;
    unsigned pause = m->pause_next;
    if (m->depth == 0 && m->done == 0) return true;
    if (m->pause_next < PAUSE_MAX) m->pause_next *= 2;
    return give_up(m, pause);
}

bool py_unmerge_once(py_thread *T) { return give_up(&T->merged, 1); }

/* The outermost merged block is being entered at pc. */
static void keep(py_thread *T, const py_frame *f, const py_instr *pc) {
    py_merge *m = &T->merged;
    size_t words = f->code->nregs;
    if (m->room < words) {
        uint64_t *p = realloc(m->words, 2 * words * sizeof *p);
        if (!p) return;
        m->words = p;
        m->room = 2 * words;
    }
    memcpy(m->words, f->r, words * sizeof *m->words);
    m->used = words;
    m->pc = pc;
    m->handled = T->handled;
    m->calls = T->depth;
    m->kept = true;
    m->careful--;
    py_acc_forget(T);
    tx_watch_begin();
}

void py_merge_push(py_thread *T, py_frame *f, const py_instr *pc, const char *label) {
    py_merge *m = &T->merged;
    if (UNLIKELY(m->careful) && m->depth == 0) keep(T, f, pc);
    if (m->depth == 0) m->label = label;
    m->frame[m->depth++] = f;
}

bool py_merge_retry(py_thread *T) {
    py_merge *m = &T->merged;
    bool first = m->careful == 0;
    m->careful = CAREFUL;
    if (m->kept && tx_watch_unchanged()) {
        m->cut = true;
        ob_err = (ob_pending){OB_COND_CONFLICT, OB_NULL};
        return false;
    }
    if (first) m->pause_next = PAUSE_MIN;
    return py_unmerge(T);
}

py_frame *py_merge_cut(py_thread *T) {
    py_merge *m = &T->merged;
    py_frame *f = m->frame[0];
    if (LIKELY(!m->cut)) return NULL;
    m->cut = false;
    if (!tx_watch_unchanged()) {             /* what the unwinding did */
        m->pause = m->done + 1;
        m->given_up = true;
        return NULL;
    }
    memcpy(f->r, m->words, m->used * sizeof *m->words);
    f->pc = m->pc;
    T->frame = f;
    T->handled = m->handled;
    T->depth = m->calls;
    m->depth = 0;
    m->kept = false;
    if (m->pause == 0) m->pause = 1;         /* the block is entered alone */
    return f;
}

bool py_merge_prolong(py_thread *T) {
    if (T->merged.prolonged) return py_unmerge(T);
    T->ticks = PROLONGED_TICKS;
    return T->merged.prolonged = true;
}

bool py_merge_clock(void) {
    py_thread *T = py_me;
    if (!T) return true;
    if (T->merged.done || T->merged.nlocks) return py_unmerge(T);
    if (T->merged.depth == 0) T->merged.left = 0;             /* the next block begins in a new slice, later than this */
    return true;
}
