/* code_flow.c: looks whether every temporary register that an instruction reads has been written on all ways to it, and survives the
 * calls in between.  Slow (a bitset for each instruction): for tests and --enable-debug.
 *
 * A call destroys all registers from its area on; a handler finds what was there at every instruction that it covers, and two more.
 * Reads immutable code only; takes no locks.  */
#include "interp/code_check.h"
#include "base/mem.h"
#include "interp/code_live.h"
#include "objspace/tuple.h"
#include <stdio.h>

static _Thread_local char message[120];

typedef struct flow {
    const py_code *c;
    uint32_t first;              /* temporaries begin here */
    uint32_t words;
    uint64_t *in;                /* of each instruction */
    uint8_t *known;              /* has been reached */
    const char *why;
} flow;

static bool has(const uint64_t *s, uint32_t r) { return s[r >> 6] >> (r & 63) & 1; }
static void set(uint64_t *s, uint32_t r) { s[r >> 6] |= UINT64_C(1) << (r & 63); }
static void drop_from(flow *f, uint64_t *s, uint32_t r)
{
    for (; r < f->c->nregs; r++)
        s[r >> 6] &= ~(UINT64_C(1) << (r & 63));
}

static void use(flow *f, const uint64_t *s, uint32_t pc, py_range x)
{
    for (uint32_t r = x.r; r < x.r + x.n; r++)
        if (r != PY_NO_REG && r >= f->first && !has(s, r) && !f->why) {
            snprintf(message, sizeof message, "instruction %u (%s) reads register r%u, which nothing has written", pc,
                     py_op_table[f->c->code[pc].op].name, r - f->c->nlocals);
            f->why = message;
        }
}

static void define(flow *f, uint64_t *s, uint32_t r, uint32_t n)
{
    for (; n-- > 0 && r < f->c->nregs; r++)
        set(s, r);
}

static void effect(flow *f, uint64_t *s, uint32_t pc)
{
    py_effects e;
    py_effects_of(f->c, pc, &e);
    for (uint32_t i = 0; i < e.nreads; i++)
        use(f, s, pc, e.read[i]);
    drop_from(f, s, e.lost);
    if (e.clears)
        for (uint32_t r = e.read[0].r; r < e.read[0].r + e.read[0].n; r++)
            s[r >> 6] &= ~(UINT64_C(1) << (r & 63));
    for (uint32_t i = 0; i < e.nwrites; i++)
        define(f, s, e.write[i].r, e.write[i].n);
}

/* Joins `s` into what is known at pc; true: that changed. */
static bool join(flow *f, uint32_t pc, const uint64_t *s)
{
    uint64_t *to = &f->in[(size_t)pc * f->words];
    bool changed = !f->known[pc];
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t x = f->known[pc] ? to[w] & s[w] : s[w];
        changed |= x != to[w];
        to[w] = x;
    }
    f->known[pc] = 1;
    return changed;
}

static bool join_handlers(flow *f, uint32_t pc, const uint64_t *s, uint64_t *t)
{
    for (uint32_t k = 0; k < f->c->nhandlers; k++) {
        const py_handler *h = &f->c->handlers[k];
        if (pc < h->start || pc >= h->end)
            continue;
        memcpy(t, s, f->words * sizeof *t);
        define(f, t, h->reg, 2);
        return join(f, h->handler, t);
    }
    return false;
}

static bool step(flow *f, uint32_t pc, uint64_t *s, uint64_t *t)
{
    const py_instr *i = &f->c->code[pc];
    const char *o = py_op_table[i->op].operands;
    uint32_t next = pc + 1 + ((py_op_table[i->op].flags & PY_OPF_EXT) != 0);
    memcpy(s, &f->in[(size_t)pc * f->words], f->words * sizeof *s);
    bool changed = join_handlers(f, pc, s, t);
    effect(f, s, pc);
    if (o[1] == 'J')
        changed |= join(f, (uint32_t)((int64_t)pc + 1 + py_instr_bc(*i)), s);
    else if (o[2] == 'j')
        changed |= join(f, (uint32_t)((int64_t)pc + 1 + (int16_t)i->c), s);
    if (i->op == PY_OP_FOR_ITER)
        define(f, s, i->a, 1);
    if (py_falls_through((py_op)i->op))
        changed |= join(f, next, s);
    return changed;
}

const char *py_code_check_flow(const py_code *c)
{
    flow f = {.c = c, .first = c->nlocals + c->ncellregs + c->nfree, .words = (c->nregs + 63) / 64};
    if ((uint64_t)c->ncode * f.words > 50000000)
        return NULL;
    f.in = base_mem_zeroed(((size_t)c->ncode * f.words + 2 * f.words + 1) * sizeof *f.in);
    f.known = base_mem_zeroed(c->ncode);
    uint64_t *s = f.in ? f.in + (size_t)c->ncode * f.words : NULL;
    if (s && f.known) {
        f.known[0] = 1;
        for (bool again = true; again && !f.why;) {
            again = false;
            for (uint32_t pc = 0; pc < c->ncode; pc++)
                if (f.known[pc])
                    again |= step(&f, pc, s, s + f.words);
        }
    }
    base_mem_free(f.in);
    base_mem_free(f.known);
    return f.why;
}
