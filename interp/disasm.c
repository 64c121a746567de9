/* disasm.c: the opcode table as data, and code objects as text.  Reads immutable objects only; takes no locks. */
#include "interp/code.h"
#include "base/hash.h"
#include "objspace/error.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdio.h>

enum { F = PY_OPF_FAILS, X = PY_OPF_EXT, B = PY_OPF_ENDS, P = PY_OPF_PUSHES };
const py_op_desc py_op_table[PY_OP_COUNT] = {
#define OP(name, operands, flags, text) {#name, operands, text, flags},
#include "interp/opcodes.def"
#undef OP
};

uint32_t py_op_table_hash(void)
{
    uint64_t h = PY_FRAME_WORDS + (uint64_t)PY_COMPILER_VERSION * 256;
    for (int i = 0; i < PY_OP_COUNT; i++)
        for (const char *s = py_op_table[i].name, *o = py_op_table[i].operands; *s; s++)
            h = base_hash_word(h + (uint64_t)(unsigned char)*s + ((uint64_t)(unsigned char)o[0] << 8) + ((uint64_t)(unsigned char)o[1] << 16) +
                               ((uint64_t)(unsigned char)o[2] << 24));
    return (uint32_t)h;
}

static void put_value(FILE *f, ob_val v)
{
    ob_val r = py_is_code(v) ? py_code_ptr(v)->qualname : ob_repr(v);
    const char *s = ob_is_null(r) ? NULL : ob_str_wtf8(r, NULL);
    if (ob_failed())
        ob_err_clear();
    fprintf(f, py_is_code(v) ? "<code %.60s>" : "%.60s", s ? s : "?");
}

static void put_register(FILE *f, const py_code *c, uint32_t r)
{
    if (r == PY_NO_REG)
        fputs("-", f);
    else if (r < c->nlocals)
        fprintf(f, "%s", ob_str_wtf8(ob_tuple_at(c->varnames, r), NULL));
    else
        fprintf(f, r < c->nlocals + c->ncellregs + c->nfree ? "cell%u" : "r%u", r - c->nlocals);
}

static void put_field(FILE *f, const py_code *c, char letter, uint32_t x, uint32_t pc)
{
    switch (letter) {
    case '-': return;
    case 'r': put_register(f, c, x); break;
    case 'i': fprintf(f, "#%d", (int16_t)x); break;
    case 'n': fprintf(f, "%u", x); break;
    case 'j': fprintf(f, "->%u", pc + 1 + (uint32_t)(int16_t)x); break;
    case 'J': fprintf(f, "->%u", pc + 1 + x); break;
    case 'I': fprintf(f, "#%d", (int32_t)x); break;
    case 'k': case 'K':
        if (x < ob_tuple_len(c->consts))
            put_value(f, ob_tuple_at(c->consts, x));
        break;
    case 'c': case 'C':
        if (x < c->ncaches)
            fprintf(f, "%s", ob_str_wtf8(c->caches[x].name, NULL));
        break;
    }
    fputs("  ", f);
}

static void put_instruction(FILE *f, const py_code *c, uint32_t pc, int32_t *line)
{
    py_instr i = c->code[pc];
    const py_op_desc *d = &py_op_table[i.op < PY_OP_COUNT ? i.op : PY_OP_NOP];
    if (c->positions[pc].line != *line)
        fprintf(f, "%5d", *line = c->positions[pc].line);
    else
        fputs("     ", f);
    fprintf(f, " %5u %-14s", pc, d->name);
    if (i.op == PY_OP_EXT) {
        fprintf(f, "%llu\n", (unsigned long long)py_instr_ext(i));
        return;
    }
    put_field(f, c, d->operands[0], i.a, pc);
    if (d->operands[1] == 'J' || d->operands[1] == 'K' || d->operands[1] == 'C' || d->operands[1] == 'I') {
        put_field(f, c, d->operands[1], (uint32_t)py_instr_bc(i), pc);
    } else {
        put_field(f, c, d->operands[1], i.b, pc);
        put_field(f, c, d->operands[2], i.c, pc);
    }
    fputc('\n', f);
}

void py_code_dump(const py_code *c, void *file)
{
    FILE *f = file;
    int32_t line = -1;
    fprintf(f, "%s: %u registers, %u locals, %u cells, %u free, arguments %u/%u/%u, flags 0x%x\n", ob_str_wtf8(c->qualname, NULL), c->nregs,
            c->nlocals, c->ncellregs, c->nfree, c->posonly, c->argcount, c->kwonly, c->flags);
    for (uint32_t pc = 0; pc < c->ncode; pc++)
        put_instruction(f, c, pc, &line);
    for (uint32_t i = 0; i < c->nhandlers; i++)
        fprintf(f, "      %u..%u -> %u, r%u\n", c->handlers[i].start, c->handlers[i].end, c->handlers[i].handler,
                (unsigned)(c->handlers[i].reg - c->nlocals));
    for (size_t i = 0; i < ob_tuple_len(c->consts); i++)
        if (py_is_code(ob_tuple_at(c->consts, i))) {
            fputc('\n', f);
            py_code_dump(py_code_ptr(ob_tuple_at(c->consts, i)), file);
        }
}
