/* code_effects.c: which registers an instruction reads and writes.  Reads immutable code only; takes no locks. */
#include "interp/code_live.h"

static void reads(py_effects *e, uint32_t r, uint32_t n)
{
    if (n && r != PY_NO_REG)
        e->read[e->nreads++] = (py_range){r, n};
}
static void writes(py_effects *e, uint32_t r, uint32_t n) { e->write[e->nwrites++] = (py_range){r, n}; }

/* Calls: callee and arguments are read, everything from the area on is lost, the result is written. */
static void call(py_effects *e, uint32_t base, uint32_t nargs, uint32_t dest)
{
    reads(e, base, 1);
    reads(e, PY_ARGS(base), nargs);
    e->lost = base;
    writes(e, dest, 1);
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
static bool special(py_effects *e, const py_instr *i)
{
    switch ((py_op)i->op) {
    case PY_OP_CALL: case PY_OP_CALLKW: call(e, i->b, i->c, i->a); return true;
    case PY_OP_CALLM: case PY_OP_CALLMKW: call(e, i->b, i->c + 1u, i->a); return true;
    case PY_OP_CALLEX: call(e, i->b, 2, i->a); return true;
    case PY_OP_GETMETHOD: reads(e, i->b, 1); writes(e, i->a, 1); writes(e, PY_ARGS(i->a), 1); return true;
    case PY_OP_SUPERMETHOD: reads(e, i->b, 2); writes(e, i->a, 1); writes(e, PY_ARGS(i->a), 1); return true;
    case PY_OP_WITHENTER: case PY_OP_AWITHENTER:
        reads(e, i->b, 1);
        writes(e, i->a, 1), writes(e, i->c, 1), writes(e, PY_ARGS(i->c), 1);
        return e->early = true;
    case PY_OP_WITHEXIT: reads(e, i->a, 1); e->lost = i->b; writes(e, i->b, 1); return true;
    case PY_OP_WITHEXCEPT: reads(e, i->a, 1); reads(e, i->c, 1); e->lost = i->b; writes(e, i->b, 1); return true;
    case PY_OP_MAKEFUNC: reads(e, i->b, 4); writes(e, i->a, 1); return true;
    case PY_OP_BUILDSLICE: reads(e, i->b, 3); writes(e, i->a, 1); return true;
    case PY_OP_IMPORTNAME: case PY_OP_EXCGROUPRAISE: reads(e, i->b, 2); writes(e, i->a, 1); return true;
    case PY_OP_EXCGROUPMATCH: reads(e, i->b, 1); reads(e, i->c, 1); writes(e, i->a, 2); return e->early = true;
    case PY_OP_BUILDTUPLE: case PY_OP_BUILDLIST: case PY_OP_BUILDSET: case PY_OP_BUILDSTR:
        reads(e, i->b, i->c), writes(e, i->a, 1);
        return true;
    case PY_OP_BUILDDICT: reads(e, i->b, 2u * i->c); writes(e, i->a, 1); return true;
    case PY_OP_UNPACK: reads(e, i->b, 1); writes(e, i->a, i->c); return e->early = true;
    case PY_OP_UNPACKEX: reads(e, i->b, 1); writes(e, i->a, (i->c & 0xffu) + (i->c >> 8) + 1); return e->early = true;
    case PY_OP_POPEXC: reads(e, i->a, 2); return e->clears = true;
    case PY_OP_FOR_ITER: reads(e, i->b, 1); return true;
    default: return false;
    }
}

void py_effects_of(const py_code *c, uint32_t pc, py_effects *e)
{
    const py_instr *i = &c->code[pc];
    const char *o = py_op_table[i->op].operands;
    *e = (py_effects){.lost = UINT32_MAX};
    if (special(e, i))
        return;
    if (o[1] == 'r')
        reads(e, i->b, 1);
    if (o[2] == 'r')
        reads(e, i->c, 1);
    if (o[0] == 'r' && reads_a((py_op)i->op))
        reads(e, i->a, 1);
    else if (o[0] == 'r')
        writes(e, i->a, 1);
}

bool py_falls_through(py_op op)
{
    return op != PY_OP_JUMP && op != PY_OP_LOOP && op != PY_OP_RETURN && op != PY_OP_RAISE && op != PY_OP_RERAISE;
}
