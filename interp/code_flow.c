/* code_flow.c: looks whether every temporary register that an instruction reads has been written on all ways to it, and survives the
 * calls in between.  Slow (a bitset for each instruction): for tests and --enable-debug.
 *
 * A call destroys all registers from its area on; a handler finds what was there at every instruction that it covers, and two more.
 * Reads immutable code only; takes no locks.  */
#include "base/mem.h"
#include "interp/code_check.h"
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

static void use(flow *f, const uint64_t *s, uint32_t pc, uint32_t r, uint32_t n)
{
    for (; n-- > 0; r++)
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

/* Calls: callee and arguments are read, everything from the area on is lost, the result is written. */
static void call(flow *f, uint64_t *s, uint32_t pc, uint32_t base, uint32_t nargs, uint32_t dest)
{
    use(f, s, pc, base, 1);
    use(f, s, pc, PY_ARGS(base), nargs);
    drop_from(f, s, base);
    define(f, s, dest, 1);
}

/* Ops whose first operand is read, not written. */
static bool reads_a(py_op op)
{
    switch (op) {
    case PY_OP_CHECK: case PY_OP_DELLOCAL: case PY_OP_MAKECELL: case PY_OP_STORECELL: case PY_OP_DELCELL: case PY_OP_STOREGLOBAL:
    case PY_OP_STORENAME: case PY_OP_SETATTR: case PY_OP_DELATTR: case PY_OP_SETITEM: case PY_OP_DELITEM: case PY_OP_JT: case PY_OP_JF:
    case PY_OP_JNONE: case PY_OP_JNOTNONE: case PY_OP_RETURN: case PY_OP_LISTAPPEND: case PY_OP_SETADD: case PY_OP_DICTSET:
    case PY_OP_LISTEXTEND: case PY_OP_SETUPDATE: case PY_OP_DICTUPDATE: case PY_OP_DICTMERGE: case PY_OP_PRINTEXPR: case PY_OP_IMPORTSTAR:
    case PY_OP_RAISE: case PY_OP_RERAISE: case PY_OP_ENDASYNCFOR:
        return true;
    default: return op >= PY_OP_JLT && op <= PY_OP_JNGE_I;
    }
}

/* Effects of ops with ranges; false: the letters say all. */
static bool special(flow *f, uint64_t *s, uint32_t pc)
{
    const py_instr *i = &f->c->code[pc];
    switch ((py_op)i->op) {
    case PY_OP_CALL: case PY_OP_CALLKW: call(f, s, pc, i->b, i->c, i->a); return true;
    case PY_OP_CALLM: case PY_OP_CALLMKW: call(f, s, pc, i->b, i->c + 1u, i->a); return true;
    case PY_OP_CALLEX: call(f, s, pc, i->b, 2, i->a); return true;
    case PY_OP_GETMETHOD: use(f, s, pc, i->b, 1); define(f, s, i->a, 1); define(f, s, PY_ARGS(i->a), 1); return true;
    case PY_OP_SUPERMETHOD: use(f, s, pc, i->b, 2); define(f, s, i->a, 1); define(f, s, PY_ARGS(i->a), 1); return true;
    case PY_OP_WITHENTER: case PY_OP_AWITHENTER:
        use(f, s, pc, i->b, 1);
        define(f, s, i->a, 1), define(f, s, i->c, 1), define(f, s, PY_ARGS(i->c), 1);
        return true;
    case PY_OP_WITHEXIT: use(f, s, pc, i->a, 1); drop_from(f, s, i->b); define(f, s, i->b, 1); return true;
    case PY_OP_WITHEXCEPT: use(f, s, pc, i->a, 1); use(f, s, pc, i->c, 1); drop_from(f, s, i->b); define(f, s, i->b, 1); return true;
    case PY_OP_MAKEFUNC: use(f, s, pc, i->b, i->b == PY_NO_REG ? 0 : 4); define(f, s, i->a, 1); return true;
    case PY_OP_BUILDSLICE: use(f, s, pc, i->b, 3); define(f, s, i->a, 1); return true;
    case PY_OP_IMPORTNAME: case PY_OP_EXCGROUPRAISE: use(f, s, pc, i->b, 2); define(f, s, i->a, 1); return true;
    case PY_OP_EXCGROUPMATCH: use(f, s, pc, i->b, 1); use(f, s, pc, i->c, 1); define(f, s, i->a, 2); return true;
    case PY_OP_BUILDTUPLE: case PY_OP_BUILDLIST: case PY_OP_BUILDSET: case PY_OP_BUILDSTR:
        use(f, s, pc, i->b, i->c), define(f, s, i->a, 1);
        return true;
    case PY_OP_BUILDDICT: use(f, s, pc, i->b, 2u * i->c); define(f, s, i->a, 1); return true;
    case PY_OP_UNPACK: use(f, s, pc, i->b, 1); define(f, s, i->a, i->c); return true;
    case PY_OP_UNPACKEX: use(f, s, pc, i->b, 1); define(f, s, i->a, (i->c & 0xffu) + (i->c >> 8) + 1); return true;
    case PY_OP_POPEXC:                               /* clears both */
        use(f, s, pc, i->a, 2);
        for (uint32_t r = i->a; r < i->a + 2u; r++)
            s[r >> 6] &= ~(UINT64_C(1) << (r & 63));
        return true;
    case PY_OP_FOR_ITER: use(f, s, pc, i->b, 1); return true;       /* writes a only where it goes on: see step() */
    default: return false;
    }
}

static void effect(flow *f, uint64_t *s, uint32_t pc)
{
    const py_instr *i = &f->c->code[pc];
    const char *o = py_op_table[i->op].operands;
    if (special(f, s, pc))
        return;
    if (o[1] == 'r')
        use(f, s, pc, i->b, 1);
    if (o[2] == 'r')
        use(f, s, pc, i->c, 1);
    if (o[0] == 'r' && reads_a((py_op)i->op))
        use(f, s, pc, i->a, 1);
    else if (o[0] == 'r')
        define(f, s, i->a, 1);
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
    if (i->op != PY_OP_JUMP && i->op != PY_OP_LOOP && i->op != PY_OP_RETURN && i->op != PY_OP_RAISE && i->op != PY_OP_RERAISE)
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
