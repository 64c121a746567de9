/* jump.c: frame.f_lineno = n: a trace function sends its frame to another line.
 *
 * Locks: none.  The tables are made when somebody jumps, from the code alone, and freed again.
 * J1  A jump goes only where every register that is read there before it is written holds what belongs there.  (compatible)
 * What a frame holds beside its variables is a list from the outside in: iterators of the loops, exit methods of the with blocks, exceptions of the
 * handlers that it is in; and operands, where a line begins in the middle of an expression. A jump may shorten the list, never add to it. These are
 * CPython's rules, told of registers instead of a stack. Our own: no jump leaves an atomic block; a variable that the compiler has proved to be bound
 * at the target, and that is not, becomes None (with a warning, as in CPython 3.12). */
#include "base/mem.h"
#include "interp/code_live.h"
#include "interp/run/frame_object.h"
#include "interp/run/trace.h"
#include "interp/lang/atomic.h"
#include "interp/run/vm_ops.h"
#include "objspace/exc.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include <stdio.h>

/* What a register holds: kind; of a value in a temporary also where it was written. */
typedef uint32_t held;
enum { H_NONE, H_VALUE, H_ITER, H_WITH, H_EXC, H_OUTER, H_BITS = 3, H_MASK = 7 };
#define H_MERGED ((held)~0u << H_BITS)           /* written in several places */
static held value_of(uint32_t pc) { return (held)(pc + 1) << H_BITS | H_VALUE; }
static unsigned kind_of(held h) { return h & H_MASK; }

typedef struct loop { uint32_t from, to, reg; } loop;
typedef struct jumper {
    const py_code *c;
    uint32_t first;              /* temporaries begin here */
    uint32_t words, prefix;      /* of a bitset of registers; instructions before the first statement */
    held *at;                    /* ncode rows of nregs: before each instruction */
    uint8_t *known;              /* instructions that can be reached */
    uint64_t *live;              /* ncode rows of words: registers that are read later */
    uint32_t *handler;           /* of each instruction: index of the innermost handler, or UINT32_MAX */
    loop *loops; uint32_t nloops;
    held *now, *tmp;             /* a row each */
} jumper;

static held *row(const jumper *j, uint32_t pc) { return &j->at[(size_t)pc * j->c->nregs]; }
static uint64_t *live_row(const jumper *j, uint32_t pc) { return &j->live[(size_t)pc * j->words]; }
static bool is_live(const jumper *j, uint32_t pc, uint32_t r) { return live_row(j, pc)[r >> 6] >> (r & 63) & 1; }
static uint32_t next_of(const py_code *c, uint32_t pc) { return pc + 1 + ((py_op_table[c->code[pc].op].flags & PY_OPF_EXT) != 0); }

/* Where instruction pc jumps; -1: it does not. */
static int64_t target_of(const py_code *c, uint32_t pc) {
    const char *o = py_op_table[c->code[pc].op].operands;
    return o[1] == 'J' ? (int64_t)pc + 1 + py_instr_bc(c->code[pc]) : o[2] == 'j' ? (int64_t)pc + 1 + (int16_t)c->code[pc].c : -1;
}

/* What comes before the first statement: cells, constants that loops use. */
static uint32_t first_statement(const py_code *c) {
    uint32_t pc = 0;
    while (pc < c->ncode && py_is_artificial(&c->positions[pc])) pc++;
    return pc;
}

/* ---- what is held ---- */

static bool join(jumper *j, uint32_t pc, const held *s) {
    held *to = row(j, pc);
    bool changed = !j->known[pc];
    for (uint32_t r = 0; r < j->c->nregs; r++) {
        held x = !j->known[pc] || to[r] == s[r] ? s[r] : kind_of(to[r]) != kind_of(s[r]) ? H_NONE : kind_of(s[r]) == H_VALUE ? H_MERGED | H_VALUE : s[r];
        changed |= x != to[r];
        to[r] = x;
    }
    j->known[pc] = 1;
    return changed;
}

/* Along a jump from pc the iterators of the loops that it leaves are dropped. */
static bool join_jump(jumper *j, uint32_t pc, uint32_t to, const held *s) {
    memcpy(j->tmp, s, j->c->nregs * sizeof *s);
    if (j->c->code[pc].op == PY_OP_FOR_ITER) j->tmp[j->c->code[pc].b] = H_NONE;
    for (uint32_t i = 0; i < j->nloops; i++) {
        const loop *l = &j->loops[i];
        if (l->from <= pc && pc < l->to && !(l->from <= to && to < l->to) && kind_of(j->tmp[l->reg]) == H_ITER) j->tmp[l->reg] = H_NONE;
    }
    return join(j, to, j->tmp);
}

static bool join_handler(jumper *j, uint32_t pc, const held *s) {
    if (j->handler[pc] == UINT32_MAX) return false;
    const py_handler *h = &j->c->handlers[j->handler[pc]];
    memcpy(j->tmp, s, j->c->nregs * sizeof *s);
    j->tmp[h->reg] = H_EXC;
    j->tmp[h->reg + 1] = H_OUTER;
    return join(j, h->handler, j->tmp);
}

static void put(const jumper *j, held *s, py_range x, uint32_t pc) {
    for (uint32_t r = x.r; r < x.r + x.n && r < j->c->nregs; r++) s[r] = r < j->first ? H_VALUE : value_of(pc);
}

/* s: before instruction pc; then behind it. */
static void effect(const jumper *j, held *s, uint32_t pc) {
    const py_instr *i = &j->c->code[pc];
    py_effects e;
    py_effects_of(j->c, pc, &e);
    for (uint32_t r = e.lost; r < j->c->nregs; r++) s[r] = H_NONE;
    for (uint32_t r = 0; e.clears && r < e.read[0].n; r++) s[e.read[0].r + r] = H_NONE;
    for (uint32_t k = 0; k < e.nwrites; k++) put(j, s, e.write[k], pc);
    switch ((py_op)i->op) {
    case PY_OP_GETITER: case PY_OP_GETAITER: s[i->a] = H_ITER; break;
    case PY_OP_WITHENTER: case PY_OP_AWITHENTER: s[i->a] = H_WITH; break;
    case PY_OP_WITHEXIT: case PY_OP_WITHEXCEPT: s[i->a] = H_NONE; break;
    case PY_OP_ENDASYNCFOR: if (i->a && kind_of(s[i->a - 1]) == H_ITER) s[i->a - 1] = H_NONE; break;
    case PY_OP_FOR_ITER: case PY_OP_CHECK: put(j, s, (py_range){i->a, 1}, pc); break;
    case PY_OP_DELLOCAL: s[i->a] = H_NONE; break;
    case PY_OP_LOADNULL: if (i->a < j->first) s[i->a] = H_NONE; break;
    default: break;
    }
}

static bool step(jumper *j, uint32_t pc) {
    const py_code *c = j->c;
    int64_t to = target_of(c, pc);
    bool changed;
    memcpy(j->now, row(j, pc), c->nregs * sizeof *j->now);
    changed = join_handler(j, pc, j->now);
    if (c->code[pc].op == PY_OP_FOR_ITER) changed |= join_jump(j, pc, (uint32_t)to, j->now);
    effect(j, j->now, pc);
    if (to >= 0 && c->code[pc].op != PY_OP_FOR_ITER) changed |= join_jump(j, pc, (uint32_t)to, j->now);
    if (py_falls_through((py_op)c->code[pc].op)) changed |= join(j, next_of(c, pc), j->now);
    return changed;
}

static void find_held(jumper *j) {
    const py_code *c = j->c;
    uint32_t params = c->argcount + c->kwonly + !!(c->flags & PY_CO_VARARGS) + !!(c->flags & PY_CO_VARKEYWORDS);
    for (uint32_t r = 0; r < c->nregs; r++) row(j, 0)[r] = r < params || (r >= c->nlocals && r < j->first) ? H_VALUE : H_NONE;
    j->known[0] = 1;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t pc = 0; pc < c->ncode; pc = next_of(c, pc))
            if (j->known[pc]) again |= step(j, pc);
    }
}

/* ---- what is read later ---- */

static void mark(uint64_t *s, py_range x, bool on) {
    for (uint32_t r = x.r; r < x.r + x.n; r++) {
        if (on) s[r >> 6] |= UINT64_C(1) << (r & 63);
        else s[r >> 6] &= ~(UINT64_C(1) << (r & 63));
    }
}

static void add(const jumper *j, uint64_t *s, uint32_t pc) {
    for (uint32_t w = 0; w < j->words; w++) s[w] |= live_row(j, pc)[w];
}

static bool live_step(const jumper *j, uint32_t pc, uint64_t *s, uint64_t *t) {
    const py_instr *i = &j->c->code[pc];
    int64_t to = target_of(j->c, pc);
    py_effects e;
    py_effects_of(j->c, pc, &e);
    memset(s, 0, j->words * sizeof *s);
    if (py_falls_through((py_op)i->op)) add(j, s, next_of(j->c, pc));
    if (i->op == PY_OP_FOR_ITER) mark(s, (py_range){i->a, 1}, false);
    if (to >= 0) add(j, s, (uint32_t)to);
    for (uint32_t k = 0; k < e.nwrites; k++) mark(s, e.write[k], false);
    if (j->handler[pc] != UINT32_MAX) {
        const py_handler *h = &j->c->handlers[j->handler[pc]];
        memcpy(t, live_row(j, h->handler), j->words * sizeof *t);
        mark(t, (py_range){h->reg, 2}, false);
        for (uint32_t w = 0; w < j->words; w++) s[w] |= t[w];
    }
    if (i->op == PY_OP_POPEXC) mark(s, (py_range){i->a + 1u, 1}, true);      /* the exception itself is of no use to it */
    else for (uint32_t k = 0; k < e.nreads; k++) mark(s, e.read[k], true);
    if (memcmp(s, live_row(j, pc), j->words * sizeof *s) == 0) return false;
    memcpy(live_row(j, pc), s, j->words * sizeof *s);
    return true;
}

static void find_live(const jumper *j) {
    uint64_t *s = live_row(j, j->c->ncode), *t = s + j->words;
    for (bool again = true; again;) {
        again = false;
        for (uint32_t pc = j->c->ncode; pc-- > 0;)
            if (j->c->code[pc].op != PY_OP_EXT) again |= live_step(j, pc, s, t);
    }
}

/* ---- the tables ---- */

static void find_handlers(const jumper *j) {
    memset(j->handler, 0xff, j->c->ncode * sizeof *j->handler);
    for (uint32_t k = j->c->nhandlers; k-- > 0;)         /* innermost first: it overwrites the others */
        for (uint32_t pc = j->c->handlers[k].start; pc < j->c->handlers[k].end; pc++) j->handler[pc] = k;
}

/* Where the body of the loop ends whose step is at pc. */
static uint32_t loop_end(const jumper *j, uint32_t pc) {
    const py_code *c = j->c;
    if (c->code[pc].op == PY_OP_GETANEXT) return j->handler[pc] == UINT32_MAX ? pc : c->handlers[j->handler[pc]].handler;
    uint32_t to = (uint32_t)target_of(c, pc);
    bool far = to == pc + 2 && c->code[pc + 1].op == PY_OP_JUMP && c->code[to].op == PY_OP_JUMP;
    return far ? (uint32_t)target_of(c, to) : to;
}

static bool find_loops(jumper *j) {
    uint32_t n = 0;
    for (uint32_t pc = 0; pc < j->c->ncode; pc++) n += j->c->code[pc].op == PY_OP_FOR_ITER || j->c->code[pc].op == PY_OP_GETANEXT;
    if (!(j->loops = base_mem_alloc(n * sizeof *j->loops + 1))) return false;
    for (uint32_t pc = 0; pc < j->c->ncode; pc++)
        if (j->c->code[pc].op == PY_OP_FOR_ITER || j->c->code[pc].op == PY_OP_GETANEXT) j->loops[j->nloops++] = (loop){pc, loop_end(j, pc), j->c->code[pc].b};
    return true;
}

static void release(const jumper *j) {
    base_mem_free(j->at);
    base_mem_free(j->known);
    base_mem_free(j->live);
    base_mem_free(j->handler);
    base_mem_free(j->loops);
}

static bool analyse(jumper *j, const py_code *c) {
    *j = (jumper){.c = c, .first = c->nlocals + c->ncellregs + c->nfree, .words = (c->nregs + 64) / 64};
    j->at = base_mem_zeroed(((size_t)c->ncode + 2) * c->nregs * sizeof *j->at + 1);
    j->known = base_mem_zeroed(c->ncode);
    j->live = base_mem_zeroed(((size_t)c->ncode + 2) * j->words * sizeof *j->live);
    j->handler = base_mem_alloc(c->ncode * sizeof *j->handler);
    if (!j->at || !j->known || !j->live || !j->handler) return ob_fail(ob_raise_memory());
    j->now = row(j, c->ncode);
    j->tmp = row(j, c->ncode + 1);
    j->prefix = first_statement(c);
    find_handlers(j);
    if (!find_loops(j)) return ob_fail(ob_raise_memory());
    find_held(j);
    find_live(j);
    return true;
}

/* ---- the list of an instruction ---- */

typedef struct item { uint32_t reg; held what; } item;

/* Was it written before the first statement? Then it is a constant that stays there. */
static bool is_constant(const jumper *j, held h) { return h >> H_BITS && h >> H_BITS <= j->prefix; }

/* The next thing held at pc, from register *r on; false: there is no more. Of a handler the exception outside of it comes first, then its own one, while
 * it is still needed. */
static bool next_item(const jumper *j, uint32_t pc, uint32_t *r, item *out) {
    const held *s = row(j, pc);
    while (*r < j->c->nregs) {
        uint32_t reg = (*r)++;
        unsigned kind = kind_of(s[reg]);
        if (kind == H_EXC || kind == H_OUTER) reg = kind == H_EXC ? reg + 1 : reg - 1;
        bool counts = kind == H_VALUE ? is_live(j, pc, reg) && !is_constant(j, s[reg]) : kind == H_OUTER ? is_live(j, pc, reg) : kind != H_NONE;
        if (!counts) continue;
        *out = (item){reg, s[reg]};
        return true;
    }
    return false;
}

/* J1.  Is what is held at `to` a beginning of what is held at `from`? -1 no, else how many things that is; top: the kind of the innermost. */
static int compatible(const jumper *j, uint32_t from, uint32_t to, const ob_val *regs, unsigned *top) {
    uint32_t r = j->first, q = j->first;
    item x, y;
    int n = 0;
    bool fits = true;
    *top = H_NONE;
    for (; next_item(j, to, &r, &y); n++) {
        if (kind_of(y.what) != H_VALUE || *top != H_OUTER || fits) *top = kind_of(y.what);      /* an except* holds values above its exception */
        if (!fits) continue;
        fits = next_item(j, from, &q, &x) && x.reg == y.reg && x.what == y.what && (x.what | H_MASK) != (H_MERGED | H_MASK);
        if (fits && *top == H_VALUE) fits = !ob_is_null(regs[x.reg]);
    }
    return fits ? n : -1;
}

/* ---- the target ---- */

/* next: the mark behind; -1: of the instruction itself. */
typedef struct place { uint32_t pc; int64_t next; bool inside; } place;

/* Calls fn for each place where a line begins, in order of the code, until it says false. */
typedef bool place_fn(int32_t line, place p, void *arg);
static void each_line(const py_code *c, place_fn *fn, void *arg) {
    int32_t last = c->firstlineno;
    uint32_t entry = first_statement(c);
    if (entry < c->ncode && c->flags & PY_CO_OPTIMIZED && !fn(last, (place){entry, py_code_mark(c, entry), false}, arg)) return;
    if (!(c->flags & PY_CO_OPTIMIZED)) last = 0;
    for (uint32_t pc = 0, m = 0; pc < c->ncode; pc = next_of(c, pc)) {
        bool operand = false;
        for (; m < c->nmarks && c->marks[m].pc == pc; m++) {
            int32_t line = py_mark_line(c->marks[m]);
            if (line != last && !fn(line, (place){pc, m + 1, c->marks[m].what & PY_MARK_INSIDE}, arg)) return;
            operand = c->marks[m].what & PY_MARK_OPERAND && (operand || !(c->marks[m].what & PY_MARK_INSIDE));
            last = line;
        }
        const py_position *p = &c->positions[pc];
        bool own = !py_is_artificial(p);
        if (((own && p->line != last) || c->code[pc].op == PY_OP_RERAISE) && p->line > 0 && !fn(p->line, (place){pc, -1, operand}, arg)) return;
        if (own) last = p->line;
    }
}

typedef struct search {
    const jumper *j;
    uint32_t from;
    const ob_val *regs;
    int32_t line, found;         /* wanted; the next one that there is, 0 none */
    int best;
    place to;
    const char *why;
} search;

static bool note_line(int32_t line, place p UNUSED, void *arg) {
    search *s = arg;
    if (line >= s->line && (!s->found || line < s->found)) s->found = line;
    return true;
}

static const char *reason(unsigned top) {
    return top == H_EXC || top == H_OUTER ? "can't jump into an 'except' block as there's no exception"
           : top == H_ITER ? "can't jump into the body of a for loop" : "incompatible stacks";
}

static bool try_place(int32_t line, place p, void *arg) {
    search *s = arg;
    unsigned top = H_NONE;
    if (line != s->found) return true;
    bool cleanup = s->j->c->code[p.pc].op == PY_OP_RERAISE && p.next < 0;
    int n = !s->j->known[p.pc] ? -1 : compatible(s->j, s->from, p.pc, s->regs, &top);
    if (cleanup || p.inside) n = -1;
    if (n > s->best) {
        s->best = n;
        s->to = p;
    }
    if (n < 0 && !s->why)
        s->why = !s->j->known[p.pc] ? "can't jump into an exception handler, or code may be unreachable" : reason(cleanup ? H_EXC : p.inside ? H_VALUE : top);
    return true;
}

/* ---- going there ---- */

static bool is_proved(const jumper *j, uint32_t pc, uint32_t r, const py_frame *F) {
    return kind_of(row(j, pc)[r]) == H_VALUE && is_live(j, pc, r) && ob_is_null(F->r[r]);
}

/* Variables that the code at pc takes to be bound. */
static bool bind_missing(const jumper *j, py_frame *F, uint32_t pc) {
    int n = 0;
    char text[64];
    for (uint32_t r = 0; r < j->c->nlocals; r++) n += is_proved(j, pc, r, F);
    if (!n) return true;
    snprintf(text, sizeof text, "assigning None to %d unbound local%s", n, n == 1 ? "" : "s");
    if (!py_warn(&ob_exc_RuntimeWarning, text, 0)) return false;
    for (uint32_t r = 0; r < j->c->nlocals; r++)
        if (is_proved(j, pc, r, F)) F->r[r] = OB_NONE;
    return true;
}

/* How many things are held at `from`; -1: beyond the first `keep` there is an atomic block. */
static int count(const jumper *j, const py_frame *F, uint32_t from, int keep) {
    uint32_t r = j->first;
    item x;
    int n = 0;
    while (next_item(j, from, &r, &x))
        if (n++ >= keep && kind_of(x.what) == H_WITH && py_is_atomic(F->r[x.reg])) return -1;
    return n;
}

/* Lets go of the n-th, innermost first down to `keep`. */
static void let_go(const jumper *j, py_thread *T, py_frame *F, uint32_t from, int n, int keep) {
    for (; n > keep; n--) {
        uint32_t r = j->first;
        item x = {0, H_NONE};
        for (int i = 0; i < n; i++) (void)next_item(j, from, &r, &x);
        if (kind_of(x.what) == H_OUTER) vm_pop_handled(T, F, x.reg - 1);
        else if (kind_of(x.what) != H_EXC) F->r[x.reg] = OB_NULL;
    }
}

static bool go(const jumper *j, py_thread *T, py_frame *F, ob_val object, const search *s) {
    int n = count(j, F, s->from, s->best);
    if (n < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "can't jump out of an atomic block"));
    if (!bind_missing(j, F, s->to.pc)) return false;
    py_frame_body *b = ob_write_stream(object);
    if (!b) return false;
    let_go(j, T, F, s->from, n, s->best);
    b->jump = s->to.next + 2;
    b->line = s->to.next < 0 ? 0 : s->found;
    b->last = s->to.pc;
    b->last_line = s->found;
    F->pc = F->code->code + s->to.pc + (T->trace_jump == PY_JUMP_LINE);
    F->flags &= ~(uint32_t)PY_F_CLEANUP;
    py_acc_forget(T);
    return true;
}

static bool jump(py_thread *T, py_frame *F, ob_val object, int32_t line) {
    jumper j;
    search s = {.j = &j, .from = (uint32_t)(F->pc - 1 - F->code->code), .regs = F->r, .line = line, .best = -1};
    each_line(F->code, note_line, &s);
    if (!s.found) return ob_fail(ob_raise(&ob_exc_ValueError, "line %d comes after the current code block", line));
    bool ok = analyse(&j, F->code);
    if (ok) each_line(F->code, try_place, &s);
    if (ok && s.best < 0) ok = ob_fail(ob_raise(&ob_exc_ValueError, s.why ? s.why : "cannot find bytecode for specified line"));
    ok = ok && go(&j, T, F, object, &s);
    release(&j);
    return ok;
}

static bool refuse(const char *why) { return ob_fail(ob_raise(&ob_exc_ValueError, why)); }

bool py_frame_set_line(ob_val object, ob_val value) {
    py_thread *T = py_me;
    py_frame *F = T->trace_frame;
    int64_t line;
    if (!ob_is_exact(value, &ob_int_type)) return refuse("lineno must be an integer");
    if (T->trace_jump == PY_JUMP_CALL) return refuse("can't jump from the 'call' trace event of a new frame");      /* also where there is no event */
    if (T->trace_jump == PY_JUMP_NEVER) return refuse("can only jump from a 'line' trace event");
    if (ob_is_null(py_frame_body_of(object)->trace)) return refuse("f_lineno can only be set by a trace function");
    if (!F || py_frame_live(object) != F) return refuse("can only jump within the frame of the trace event");
    if (!ob_int_to_i64(value, &line)) ob_err_clear(), line = INT64_MAX;
    if (line > INT32_MAX || line < INT32_MIN) return refuse("lineno out of range");
    if (line < F->code->firstlineno) return ob_fail(ob_raise(&ob_exc_ValueError, "line %d comes before the current code block", (int)line));
    return jump(T, F, object, (int32_t)line);
}
