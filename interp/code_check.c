/* code_check.c: see code_check.h.  Reads immutable code only; takes no locks. */
#include "interp/code_check.h"
#include "base/mem.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdio.h>

const char py_check_no_memory[] = "out of memory";
static _Thread_local char message[120];

static const char *bad(uint32_t pc, const py_instr *i, const char *what)
{
    snprintf(message, sizeof message, "instruction %u (%s): %s", pc, i && i->op < PY_OP_COUNT ? py_op_table[i->op].name : "?", what);
    return message;
}

/* What an operand letter says of a 16-bit field. */
static const char *check_field(const py_check_view *v, char letter, uint32_t x, py_op op)
{
    switch (letter) {
    case 'r': {
        bool optional = op == PY_OP_RAISE || op == PY_OP_FORMATVAL || op == PY_OP_MAKEFUNC;
        return x < v->nregs || (optional && x == PY_NO_REG) ? NULL : "register out of range";
    }
    case 'k': return x < v->nconsts ? NULL : "constant out of range";
    case 'c': return x < v->ncaches ? NULL : "cache out of range";
    default: return NULL;
    }
}

static const char *check_wide(const py_check_view *v, char letter, int32_t x)
{
    if (letter == 'K')
        return (uint32_t)x < v->nconsts ? NULL : "constant out of range";
    if (letter == 'C')
        return (uint32_t)x < v->ncaches ? NULL : "cache out of range";
    return NULL;
}

/* Target of the jump in i; -1: it is none. */
static int64_t target_of(const py_instr *i, uint32_t pc)
{
    const char *o = py_op_table[i->op].operands;
    if (o[1] == 'J')
        return (int64_t)pc + 1 + py_instr_bc(*i);
    if (o[2] == 'j')
        return (int64_t)pc + 1 + (int16_t)i->c;
    return -1;
}

static const char *in_frame(const py_check_view *v, uint32_t from, uint32_t n)
{
    return (uint64_t)from + n <= v->nregs ? NULL : "registers out of the frame";
}

static uint64_t ext_of(const py_check_view *v, uint32_t pc)
{
    return py_instr_ext(v->code[pc + 1]);
}

static const char *check_call(const py_check_view *v, const py_instr *i, uint32_t pc)
{
    uint32_t names = 0, method = i->op == PY_OP_CALLM || i->op == PY_OP_CALLMKW;
    if (i->op == PY_OP_CALLKW || i->op == PY_OP_CALLMKW) {
        uint64_t k = ext_of(v, pc);
        if (k >= v->nconsts || v->kind_of(v->arg, (uint32_t)k, &names) != PY_CHECK_NAMES || names > i->c)
            return "bad keyword names";
    }
    return in_frame(v, PY_ARGS(i->b), i->c + method);
}

/* What the letters do not say: ranges of registers, and kinds of constants. */
static const char *check_special(const py_check_view *v, const py_instr *i, uint32_t pc)
{
    uint32_t names;
    switch ((py_op)i->op) {
    case PY_OP_CALL: case PY_OP_CALLM: case PY_OP_CALLKW: case PY_OP_CALLMKW: return check_call(v, i, pc);
    case PY_OP_CALLEX: return in_frame(v, PY_ARGS(i->b), 2);
    case PY_OP_GETMETHOD: return in_frame(v, PY_ARGS(i->a), 1);
    case PY_OP_SUPERMETHOD: return i->b + 2u > v->nregs ? "registers out of the frame" : in_frame(v, PY_ARGS(i->a), 1);
    case PY_OP_WITHENTER: case PY_OP_AWITHENTER: return in_frame(v, PY_ARGS(i->c), 2);
    case PY_OP_WITHEXIT: case PY_OP_WITHEXCEPT: return in_frame(v, PY_ARGS(i->b), 3);
    case PY_OP_MAKEFUNC:
        if (v->kind_of(v->arg, i->c, &names) != PY_CHECK_CODE)
            return "no code";
        return i->b == PY_NO_REG ? NULL : in_frame(v, i->b, 4);
    case PY_OP_BUILDSLICE: return in_frame(v, i->b, 3);
    case PY_OP_IMPORTNAME: case PY_OP_EXCGROUPRAISE: return in_frame(v, i->b, 2);
    case PY_OP_EXCGROUPMATCH: case PY_OP_POPEXC: return in_frame(v, i->a, 2);
    case PY_OP_BUILDTUPLE: case PY_OP_BUILDLIST: case PY_OP_BUILDSET: case PY_OP_BUILDSTR: return in_frame(v, i->b, i->c);
    case PY_OP_BUILDDICT: return in_frame(v, i->b, 2u * i->c);
    case PY_OP_UNPACK: return in_frame(v, i->a, i->c);
    case PY_OP_UNPACKEX: return in_frame(v, i->a, (i->c & 0xffu) + (i->c >> 8) + 1);
    case PY_OP_MATCHCLASS: {
        uint64_t k = ext_of(v, pc) >> 16;
        return k < v->nconsts && v->kind_of(v->arg, (uint32_t)k, &names) == PY_CHECK_NAMES ? NULL : "bad attribute names";
    }
    case PY_OP_DELGLOBAL: case PY_OP_STORENAME: case PY_OP_DELNAME:
        return v->kind_of(v->arg, (uint32_t)py_instr_bc(*i), &names) == PY_CHECK_STR ? NULL : "the name is no str";
    case PY_OP_DELATTR: return v->kind_of(v->arg, i->b, &names) == PY_CHECK_STR ? NULL : "the name is no str";
    case PY_OP_LOADCLASSCELL: case PY_OP_IMPORTFROM: return v->kind_of(v->arg, i->c, &names) == PY_CHECK_STR ? NULL : "the name is no str";
    default: return NULL;
    }
}

static const char *check_one(const py_check_view *v, uint32_t pc, const uint8_t *starts)
{
    const py_instr *i = &v->code[pc];
    const char *o = py_op_table[i->op].operands, *why = check_field(v, o[0], i->a, (py_op)i->op);
    if (!why && strchr("KCJI", o[1]) && o[1] != '-')
        why = check_wide(v, o[1], py_instr_bc(*i));
    else if (!why && !(why = check_field(v, o[1], i->b, (py_op)i->op)))
        why = check_field(v, o[2], i->c, (py_op)i->op);
    if (!why)
        why = check_special(v, i, pc);
    int64_t to = target_of(i, pc);
    if (!why && to != -1 && (to < 0 || to >= v->ncode || !starts[to]))
        why = "jump to nowhere";
    if (!why && to != -1 && (i->op == PY_OP_LOOP) != (to <= (int64_t)pc))
        why = "jump in the wrong direction";
    return why;
}

static bool ends(uint16_t op)
{
    return op == PY_OP_JUMP || op == PY_OP_LOOP || op == PY_OP_RETURN || op == PY_OP_RAISE || op == PY_OP_RERAISE;
}

static const char *check_handlers(const py_check_view *v, const uint8_t *starts)
{
    for (uint32_t k = 0; k < v->nhandlers; k++) {
        const py_handler *h = &v->handlers[k];
        if (h->start >= h->end || h->end > v->ncode || h->handler >= v->ncode || !starts[h->start] || !starts[h->handler])
            return "a handler's range is bad";
        if ((uint32_t)h->reg + 2 > v->nregs || h->reg < v->nfixed)
            return "a handler's register is bad";
        if (h->handler >= h->start && h->handler < h->end)
            return "a handler covers itself";
        for (uint32_t j = 0; j < k && v->nhandlers < 500; j++) {       /* inner ones first */
            const py_handler *in = &v->handlers[j];
            bool apart = in->end <= h->start || in->start >= h->end, inside = in->start >= h->start && in->end <= h->end;
            if (!apart && !inside)
                return "handlers overlap";
        }
    }
    return NULL;
}

const char *py_check(const py_check_view *v)
{
    const char *why = NULL;
    uint32_t pc, last = 0;
    if (v->nregs > PY_NO_REG || v->nfixed > v->nregs || !v->ncode || v->ncode > INT32_MAX)
        return "sizes are bad";
    uint8_t *starts = base_mem_zeroed(v->ncode);
    if (!starts)
        return py_check_no_memory;
    for (pc = 0; pc < v->ncode && !why; pc++) {
        if (v->code[pc].op >= PY_OP_COUNT || v->code[pc].op == PY_OP_EXT) {
            why = bad(pc, NULL, "no instruction");
            break;
        }
        starts[pc] = 1;
        last = pc;
        if ((py_op_table[v->code[pc].op].flags & PY_OPF_EXT) && (++pc == v->ncode || v->code[pc].op != PY_OP_EXT))
            why = bad(last, &v->code[last], "extension word is missing");
    }
    if (!why && !ends(v->code[last].op))
        why = bad(last, &v->code[last], "runs off the end");
    for (pc = 0; pc < v->ncode && !why; pc++) {
        const char *w = starts[pc] ? check_one(v, pc, starts) : NULL;
        if (w)
            why = bad(pc, &v->code[pc], w);
    }
    if (!why)
        why = check_handlers(v, starts);
    base_mem_free(starts);
    return why;
}

static py_check_kind const_kind(const void *arg, uint32_t i, uint32_t *names)
{
    ob_val k = ob_tuple_at(((const py_code *)arg)->consts, i);
    if (ob_is_str(k))
        return PY_CHECK_STR;
    if (py_is_code(k))
        return PY_CHECK_CODE;
    if (!ob_is_tuple(k))
        return PY_CHECK_OTHER;
    *names = (uint32_t)ob_tuple_len(k);
    for (size_t j = 0; j < *names; j++)
        if (!ob_is_str(ob_tuple_at(k, j)))
            return PY_CHECK_OTHER;
    return PY_CHECK_NAMES;
}

const char *py_code_check(const py_code *c)
{
    py_check_view v = {.code = c->code, .handlers = c->handlers, .ncode = c->ncode, .nhandlers = c->nhandlers, .nregs = c->nregs,
                       .nfixed = c->nlocals + c->ncellregs + c->nfree, .nconsts = (uint32_t)ob_tuple_len(c->consts),
                       .ncaches = c->ncaches, .kind_of = const_kind, .arg = c};
    if (c->argcount + c->kwonly + !!(c->flags & PY_CO_VARARGS) + !!(c->flags & PY_CO_VARKEYWORDS) > c->nlocals || c->posonly > c->argcount)
        return "more parameters than locals";
    for (uint32_t i = 0; i < c->nmarks; i++)
        if (c->marks[i].pc >= c->ncode || (i && c->marks[i].pc < c->marks[i - 1].pc))
            return "lines are marked where there is no code";
    return py_check(&v);
}
