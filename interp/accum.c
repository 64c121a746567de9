/* accum.c: finds local variables that a loop only adds to (`out += piece`), so that the VM may extend the str in place instead of copying it each time.
 *
 * A str may be extended when nobody but the variable can hold it. That is so for the result of an ACCADD as long as no other instruction has looked at the
 * variable since: within the loop there is none (checked here), and whoever enters the loop passes its GETITERACC, which forgets all results.
 * Whatever a restart or undo may come back to forgets the results as well (py_acc_forget).
 * Locks: none. */
#include "interp/code.h"

static const char *const operands_of[] = {
#define OP(name, operands, flags, text) operands,
#include "interp/opcodes.def"
#undef OP
};

/* Target of a jump at k, or -1. */
static int64_t target(const py_code *c, uint32_t k) {
    const char *o = operands_of[c->code[k].op];
    if (o[2] == 'j') return (int64_t)k + 1 + (int16_t)c->code[k].c;
    if (o[1] == 'J') return (int64_t)k + 1 + py_instr_bc(c->code[k]);
    return -1;
}

static bool is_add(py_instr i, uint32_t reg) { return (i.op == PY_OP_IADD || i.op == PY_OP_ACCADD) && i.a == reg && i.b == reg && i.c != reg; }

/* Does the instruction name the register at all (or a range that may hold it)? */
static bool names(py_instr i, uint32_t reg) {
    const char *o = operands_of[i.op];
    if ((o[0] == 'r' && i.a == reg) || (o[1] == 'r' && i.b == reg) || (o[2] == 'r' && i.c == reg)) return true;
    return o[2] == 'n' && ((reg >= i.b && reg < i.b + 2u * i.c) || (reg >= i.a && reg < i.a + (uint32_t)i.c));
}

/* May the loop [head, end] extend reg? */
static bool eligible(const py_code *c, uint32_t head, uint32_t end, uint32_t reg) {
    for (uint32_t k = 0; k < c->ncode; k++) {
        bool inside = k >= head && k <= end;
        if (inside && names(c->code[k], reg) && !is_add(c->code[k], reg)) return false;
        int64_t t = target(c, k);
        if (!inside && t >= head && t <= end) return false;          /* a way in that passes no GETITER */
    }
    for (uint32_t i = 0; i < c->nhandlers; i++) {
        const py_handler *h = &c->handlers[i];
        bool covers = h->start <= end && h->end > head, within = h->handler >= head && h->handler <= end;
        if (within && !(h->start >= head && h->end <= end + 1)) return false;
        if (covers && within && h->reg <= reg && reg <= h->reg + 1u) return false;
    }
    return true;
}

/* The GETITER of the loop: the nearest before its head that makes its iterator, with nothing jumping in between. */
static int64_t entry_of(const py_code *c, uint32_t head) {
    for (uint32_t k = head; k-- > 0;) {
        py_instr i = c->code[k];
        if ((i.op == PY_OP_GETITER || i.op == PY_OP_GETITERACC) && i.a == c->code[head].b) {
            for (uint32_t j = 0; j < c->ncode; j++) {
                int64_t t = target(c, j);
                if (t > (int64_t)k && t < (int64_t)head) return -1;
            }
            return k;
        }
        if (target(c, k) >= 0 || i.op == PY_OP_RETURN || i.op == PY_OP_RAISE || i.op == PY_OP_RERAISE) return -1;
    }
    return -1;
}

void py_code_find_accumulators(py_code *c) {
    if (c->ncode > 20000) return;                                     /* the search is quadratic; such code is no inner loop */
    for (uint32_t i = 0; i < c->ncode; i++) {
        py_instr add = c->code[i];
        if (add.op != PY_OP_IADD || !is_add(add, add.a) || add.a >= c->nlocals) continue;
        int64_t best_entry = -1;
        uint32_t best_size = 0;
        for (uint32_t head = 0; head <= i; head++) {
            if (c->code[head].op != PY_OP_FOR_ITER) continue;
            uint32_t end = 0;
            for (uint32_t k = head; k < c->ncode; k++) if (target(c, k) == head) end = k;
            if (end < i || end - head <= best_size || !eligible(c, head, end, add.a)) continue;
            int64_t entry = entry_of(c, head);
            if (entry >= 0) { best_entry = entry; best_size = end - head; }
        }
        if (best_entry < 0) continue;
        c->code[i].op = PY_OP_ACCADD;
        c->code[best_entry].op = PY_OP_GETITERACC;
    }
}
