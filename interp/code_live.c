/* code_live.c: which temporary registers are needed later: so that the collector does not take what a statement left behind for a reference.
 *
 * Locks: none; two threads may make the same table, and one of them is kept.
 * L1  A register that is not in the set of an instruction is written before it is read on every way from there, those through handlers included.
 * The usual backward data flow; but in py_code_live_all, locals, cells and free variables always count as needed (locals() shows them).  */
#include "interp/code_live.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

typedef struct analysis {
    const py_code *c;
    py_live *live;
    uint32_t *handler;           /* of each instruction: index of the innermost handler, or UINT32_MAX */
} analysis;

static uint64_t *row(py_live *l, uint32_t pc) { return &l->at[(size_t)pc * l->words]; }

static void mark(const py_live *l, uint64_t *s, py_range x, bool on)
{
    for (uint32_t r = x.r < l->first ? l->first : x.r; r < x.r + x.n; r++) {
        uint64_t bit = UINT64_C(1) << ((r - l->first) & 63);
        if (on)
            s[(r - l->first) >> 6] |= bit;
        else
            s[(r - l->first) >> 6] &= ~bit;
    }
}

static void add(const py_live *l, uint64_t *s, const uint64_t *more)
{
    for (uint32_t w = 0; w < l->words; w++)
        s[w] |= more[w];
}

/* What is needed behind instruction pc, and what it reads itself: into s. */
static void before(analysis *a, uint32_t pc, uint64_t *s, uint64_t *t)
{
    const py_instr *i = &a->c->code[pc];
    const char *o = py_op_table[i->op].operands;
    uint32_t next = pc + 1 + ((py_op_table[i->op].flags & PY_OPF_EXT) != 0);
    py_effects e;
    py_effects_of(a->c, pc, &e);
    memset(s, 0, a->live->words * sizeof *s);
    if (py_falls_through((py_op)i->op) && next < a->c->ncode)
        add(a->live, s, row(a->live, next));
    if (i->op == PY_OP_FOR_ITER)
        mark(a->live, s, (py_range){i->a, 1}, false);
    if (o[1] == 'J')
        add(a->live, s, row(a->live, (uint32_t)((int64_t)pc + 1 + py_instr_bc(*i))));
    else if (o[2] == 'j')
        add(a->live, s, row(a->live, (uint32_t)((int64_t)pc + 1 + (int16_t)i->c)));
    for (uint32_t k = 0; k < e.nwrites; k++)
        mark(a->live, s, e.write[k], false);
    if (a->handler[pc] != UINT32_MAX) {
        const py_handler *h = &a->c->handlers[a->handler[pc]];
        memcpy(t, row(a->live, h->handler), a->live->words * sizeof *t);
        mark(a->live, t, (py_range){h->reg, 2}, false);
        add(a->live, s, t);
    }
    for (uint32_t k = 0; k < e.nreads; k++)
        mark(a->live, s, e.read[k], true);
}

static void find_handlers(analysis *a)
{
    memset(a->handler, 0xff, a->c->ncode * sizeof *a->handler);
    for (uint32_t k = a->c->nhandlers; k-- > 0;)      /* innermost first: it overwrites the others */
        for (uint32_t pc = a->c->handlers[k].start; pc < a->c->handlers[k].end && pc < a->c->ncode; pc++)
            a->handler[pc] = k;
}

static py_live *analyse(const py_code *c, uint32_t first)
{
    uint32_t words = (c->nregs - first + 64) / 64;
    analysis a = {.c = c, .live = base_mem_zeroed(sizeof *a.live + ((size_t)c->ncode + 3) * words * sizeof(uint64_t)),
                  .handler = base_mem_zeroed(c->ncode * sizeof *a.handler)};
    if (a.live && a.handler) {
        uint64_t *s = &a.live->at[(size_t)c->ncode * words], *t = s + words;
        a.live->first = first;
        a.live->words = words;
        find_handlers(&a);
        for (bool again = true; again;) {
            again = false;
            for (uint32_t pc = c->ncode; pc-- > 0;) {
                if (c->code[pc].op == PY_OP_EXT)
                    continue;
                before(&a, pc, s, t);
                if (memcmp(s, row(a.live, pc), words * sizeof *s) == 0)
                    continue;
                memcpy(row(a.live, pc), s, words * sizeof *s);
                again = true;
            }
        }
    } else {
        base_mem_free(a.live);
        a.live = NULL;
    }
    base_mem_free(a.handler);
    return a.live;
}

const py_live *py_code_live(py_code *c)
{
    py_live *have = atomic_load_explicit(&c->live, memory_order_acquire);   /* MO: LIVE acquire */
    if (have)
        return have;
    py_live *made = analyse(c, c->nlocals + c->ncellregs + c->nfree);
    if (made && !atomic_compare_exchange_strong_explicit(&c->live, &have, made, memory_order_acq_rel, memory_order_acquire)) {   /* MO: LIVE release */
        base_mem_free(made);
        return have;
    }
    return made;
}

py_live *py_code_live_all(const py_code *c) { return analyse(c, 0); }
void py_live_free(py_live *l) { base_mem_free(l); }
