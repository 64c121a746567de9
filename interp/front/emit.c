/* emit.c: writes the instructions of one code unit: registers, constants, caches, labels, handler ranges; and closes the unit.
 *
 * Locks: none.
 * E1  A jump names a label; distances are put in when the unit is finished, when also jumps that do not reach are widened.
 * E2  Constants have provisional numbers while code is emitted (cc_fix); names for instructions come behind those that
 *     co_consts shows.  */
#include "interp/front/compile_int.h"
#include "base/hash.h"
#include <stdarg.h>

void cc_at(cc *c, const ast_node *n)
{
    c->u->at = (py_position){n->lineno, n->end_lineno, n->col_offset, n->end_col_offset};
}

void cc_artificial(cc *c)
{
    if (!py_is_artificial(&c->u->at))
        c->u->at.end_line = -c->u->at.end_line;
}

/* ---- registers ---- */

void cc_reserve(cc *c, cc_reg upto)
{
    cc_unit *u = c->u;
    if (upto <= u->high)
        return;
    u->high = upto;
    if (UNLIKELY(upto > CC_MAX_REG) && !c->failed)
        cc_error(c, NULL, "too many values are held at once in one block of code");
}

cc_reg cc_temp(cc *c)
{
    cc_reg r = c->u->top++;
    cc_reserve(c, r + 1);
    return UNLIKELY(r > CC_MAX_REG) ? CC_MAX_REG : r;
}

/* ---- instructions ---- */

static bool push(cc *c, py_instr i)
{
    cc_vectors *v = c->u->v;
    if (i.op == PY_OP_POPEXC || i.op == PY_OP_RERAISE || i.op == PY_OP_MAKECELL)
        cc_artificial(c);
    if (UNLIKELY(!VEC_PUSH(&v->code, i) || !VEC_PUSH(&v->pos, c->u->at))) {
        cc_no_memory(c);
        return false;
    }
    if (UNLIKELY(v->code.n > INT32_MAX / 2))
        cc_error(c, NULL, "code block is too large");
    if (!py_is_artificial(&c->u->at)) {
        const py_mark *m = v->marks.n ? &VEC_LAST(&v->marks) : NULL;
        c->u->line = c->u->at.line;
        if (m && m->pc == v->code.n - 1 && py_mark_line(*m) == c->u->line)
            v->marks.n--;                            /* this instruction begins the line */
    }
    return true;
}

/* ---- marks ---- */

static bool is_marked(const cc_vectors *v, uint32_t pc)
{
    return v->marks.n && VEC_LAST(&v->marks).pc == pc;
}

void cc_mark(cc *c, int32_t line, uint32_t flags)
{
    cc_unit *u = c->u;
    uint32_t pc = (uint32_t)u->v->code.n;
    if (line == u->line || !u->live || c->failed || line <= 0 || line > PY_MAX_LINE)
        return;
    if (flags == PY_MARK_OPERAND && is_marked(u->v, pc) && VEC_LAST(&u->v->marks).what & PY_MARK_OPERAND)
        flags |= PY_MARK_INSIDE;
    u->line = line;
    if (!VEC_PUSH(&u->v->marks, (py_mark){pc, (uint32_t)line << PY_MARK_LINE | flags}))
        cc_no_memory(c);
}

/* Other code will come to this place as well: a line marked here gets an instruction, so that it is this code's alone. */
static void settle_mark(cc *c)
{
    cc_unit *u = c->u;
    uint32_t pc = (uint32_t)u->v->code.n;
    if (u->live && is_marked(u->v, pc)) {
        py_mark m = VEC_LAST(&u->v->marks);
        py_position at = u->at;
        u->v->marks.n--;
        u->at = (py_position){py_mark_line(m), py_mark_line(m), -1, -1};
        if (!(m.what & PY_MARK_OPERAND))
            cc_emit(c, PY_OP_NOP, 0, 0, 0);
        else if (is_marked(u->v, pc))
            settle_mark(c);
        u->at = at;
    }
    u->line = 0;
}

uint32_t cc_emit(cc *c, py_op op, cc_reg a, cc_reg b, cc_reg x)
{
    uint32_t pc = (uint32_t)c->u->v->code.n;
    if (c->u->live && !c->failed)
        push(c, (py_instr){(uint16_t)op, (uint16_t)a, (uint16_t)b, (uint16_t)x});
    return pc;
}

void cc_emit_bc(cc *c, py_op op, cc_reg a, int32_t bc)
{
    cc_emit(c, op, a, (uint16_t)(uint32_t)bc, (uint16_t)((uint32_t)bc >> 16));
}

static void fix(cc *c, uint32_t pc, uint32_t what, uint8_t field)
{
    if (c->u->live && !c->failed && !VEC_PUSH(&c->u->v->fixes, (cc_fix){pc, what, field}))
        cc_no_memory(c);
}

static uint32_t live_const(cc *c, cc_const *k)
{
    return c->u->live && !c->failed && k ? cc_add_const(c, k) : 0;
}

void cc_emit_k(cc *c, py_op op, cc_reg a, cc_const *k)
{
    uint32_t n = live_const(c, k);
    fix(c, cc_emit(c, op, a, 0, 0), n, CC_FIX_BC);
}

void cc_emit_kb(cc *c, py_op op, cc_reg a, cc_const *k)
{
    uint32_t n = live_const(c, k);
    fix(c, cc_emit(c, op, a, 0, 0), n, CC_FIX_B);
}

void cc_emit_kc(cc *c, py_op op, cc_reg a, cc_reg b, cc_const *k)
{
    uint32_t n = live_const(c, k);
    fix(c, cc_emit(c, op, a, b, 0), n, CC_FIX_C);
}

void cc_emit_ext(cc *c, uint32_t low, cc_const *k, bool high)
{
    uint32_t n = live_const(c, k);
    fix(c, cc_emit(c, PY_OP_EXT, high ? low : 0, 0, 0), n, high ? CC_FIX_EXT_HI : CC_FIX_EXT);
}

void cc_emit_move(cc *c, cc_reg to, cc_reg from)
{
    if (to != from)
        cc_emit(c, PY_OP_MOVE, to, from, 0);
}

void cc_load_const(cc *c, cc_reg to, cc_const *k)
{
    if (!k)
        return;
    if (k->kind == CC_INT && k->i >= INT32_MIN && k->i <= INT32_MAX) {
        cc_emit_bc(c, PY_OP_LOADI, to, (int32_t)k->i);
        if (c->u->live && !c->failed)
            (void)cc_add_const(c, k);                /* co_consts shows it */
        return;
    }
    cc_emit_k(c, PY_OP_LOADK, to, k);
}

/* ---- constants in registers ---- */

void cc_keep_registers(cc *c)
{
    cc_unit *u = c->u;
    if (!u->has_loop || u->top != u->fixed)
        return;
    u->kept = u->fixed;
    u->fixed = u->top = u->fixed + CC_KEPT;
    cc_reserve(c, u->fixed);
}

cc_reg cc_kept_const(cc *c, cc_const *k)
{
    cc_unit *u = c->u;
    if (u->kept == CC_ANY || !u->loops || !u->live)
        return CC_ANY;
    for (uint32_t i = 0; i < u->nkept; i++)
        if (u->kept_const[i] == k)
            return u->kept + i;
    if (u->nkept == CC_KEPT)
        return CC_ANY;
    (void)cc_add_const(c, k);
    u->kept_const[u->nkept] = k;
    return u->kept + u->nkept++;
}

/* Puts the loads of kept constants in front of the code. */
static bool load_kept(cc *c)
{
    cc_unit *u = c->u;
    cc_vectors *v = u->v;
    uint32_t n = u->nkept;
    if (!n)
        return true;
    if (!VEC_RESERVE(&v->code, n) || !VEC_RESERVE(&v->pos, n) || !VEC_RESERVE(&v->fixes, n)) {
        cc_no_memory(c);
        return false;
    }
    memmove(v->code.at + n, v->code.at, v->code.n * sizeof *v->code.at);
    memmove(v->pos.at + n, v->pos.at, v->pos.n * sizeof *v->pos.at);
    v->code.n += n;
    v->pos.n += n;
    for (size_t i = 0; i < v->labels.n; i++)
        v->labels.at[i] += v->labels.at[i] >= 0 ? (int32_t)n : 0;
    for (size_t i = 0; i < v->jumps.n; i++)
        v->jumps.at[i].pc += n;
    for (size_t i = 0; i < v->fixes.n; i++)
        v->fixes.at[i].pc += n;
    for (size_t i = 0; i < v->handlers.n; i++)
        v->handlers.at[i].start += n, v->handlers.at[i].end += n;
    for (size_t i = 0; i < v->marks.n; i++)
        v->marks.at[i].pc += n;
    for (uint32_t i = 0; i < n; i++) {
        v->code.at[i] = (py_instr){PY_OP_LOADK, (uint16_t)(u->kept + i), 0, 0};
        v->pos.at[i] = (py_position){u->out->firstlineno, -u->out->firstlineno, 0, 0};
        v->fixes.at[v->fixes.n++] = (cc_fix){i, cc_add_const(c, u->kept_const[i]), CC_FIX_BC};
    }
    return !c->failed;
}

/* ---- tables by hash: key -> position in a vector; a cell holds position + 1 ---- */

static uint32_t index_hash(uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static bool index_grow(cc_index *t, size_t n, uint64_t (*key)(const cc_vectors *v, uint32_t i), const cc_vectors *v)
{
    size_t size = t->n ? t->n * 2 : 16;
    while (size < n * 2)
        size *= 2;
    t->n = 0;
    if (!VEC_RESERVE(t, size))
        return false;
    t->n = size;
    memset(t->at, 0, size * sizeof *t->at);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t k = key(v, i);
        if (k == UINT64_MAX)
            continue;
        uint32_t h = index_hash(k) & (uint32_t)(size - 1);
        while (t->at[h])
            h = (h + 1) & (uint32_t)(size - 1);
        t->at[h] = i + 1;
    }
    return true;
}

/* The cell for key: *cell != 0: found; NULL: no memory. n: entries there are now. */
static uint32_t *index_find(cc_index *t, size_t n, uint64_t k, uint64_t (*key)(const cc_vectors *v, uint32_t i), const cc_vectors *v)
{
    if (t->n < (n + 1) * 2 && !index_grow(t, n, key, v))
        return NULL;
    uint32_t h = index_hash(k) & (uint32_t)(t->n - 1);
    while (t->at[h] && key(v, t->at[h] - 1) != k)
        h = (h + 1) & (uint32_t)(t->n - 1);
    return &t->at[h];
}

static uint64_t const_key(const cc_vectors *v, uint32_t i) { return v->consts.at[i]->id; }
static uint64_t name_key(const cc_vectors *v, uint32_t i) { return v->names.at[i]->id; }
static uint64_t cache_key_of(const ast_name *n, uint8_t kind) { return (uint64_t)n->id << 8 | kind; }
static uint64_t cache_key(const cc_vectors *v, uint32_t i) { return cache_key_of(v->caches.at[i].name, v->caches.at[i].kind); }

uint32_t cc_add_const(cc *c, cc_const *k)
{
    cc_vectors *v = c->u->v;
    uint32_t *cell = index_find(&v->index, v->consts.n, k->id, const_key, v);
    if (!cell || (!*cell && !VEC_PUSH(&v->consts, k))) {
        cc_no_memory(c);
        return 0;
    }
    if (!*cell)
        *cell = (uint32_t)v->consts.n;
    return *cell - 1;
}

uint32_t cc_add_name(cc *c, const ast_name *n)
{
    cc_vectors *v = c->u->v;
    if (!c->u->live || c->failed || !n)
        return 0;
    uint32_t *cell = index_find(&v->name_index, v->names.n, n->id, name_key, v);
    if (!cell || (!*cell && !VEC_PUSH(&v->names, n))) {
        cc_no_memory(c);
        return 0;
    }
    if (!*cell)
        *cell = (uint32_t)v->names.n;
    return *cell - 1;
}

/* A cache: of its own for an attribute, the same for each use of a global; attributes share too when there are very many. */
static uint32_t add_cache(cc *c, const ast_name *n, unsigned kind, bool shared)
{
    cc_vectors *v = c->u->v;
    uint32_t *cell = NULL;
    cc_add_name(c, n);
    if (shared) {
        cell = index_find(&v->global_index, v->caches.n, cache_key_of(n, (uint8_t)kind), cache_key, v);
        if (!cell) {
            cc_no_memory(c);
            return 0;
        }
        if (*cell)
            return *cell - 1;
    }
    if (!VEC_PUSH(&v->caches, (cc_cache){n, (uint8_t)kind}))
        cc_no_memory(c);
    else if (cell)
        *cell = (uint32_t)v->caches.n;
    return (uint32_t)v->caches.n - 1;
}

void cc_emit_attr(cc *c, py_op op, cc_reg a, cc_reg b, const ast_name *name, unsigned kind)
{
    if (!c->u->live || c->failed || !name)
        return;
    uint32_t i = add_cache(c, name, kind, c->u->v->caches.n > 50000);
    if (i > 0xffff)
        cc_error(c, NULL, "too many different names in one block of code");
    cc_emit(c, op, a, b, i);
}

void cc_emit_global(cc *c, py_op op, cc_reg a, const ast_name *name, unsigned kind)
{
    if (!c->u->live || c->failed || !name)
        return;
    cc_emit_bc(c, op, a, (int32_t)add_cache(c, name, kind, true));
}

/* ---- labels ---- */

void cc_label_new(cc *c, cc_label *l)
{
    cc_vectors *v = c->u->v;
    *l = (cc_label){.id = (uint32_t)v->labels.n};
    if (!VEC_PUSH(&v->labels, -1))
        cc_no_memory(c);
}

static void join(cc *c, cc_label *l, const uint64_t *state)
{
    uint32_t words = c->u->words;
    if (!l->reached) {
        l->reached = true;
        if (words && (l->bound = cc_alloc(c, words * sizeof *l->bound)))
            memcpy(l->bound, state, words * sizeof *l->bound);
    } else if (l->bound) {
        for (uint32_t i = 0; i < words; i++)
            l->bound[i] &= state[i];
    }
}

void cc_emit_jump(cc *c, py_op op, cc_reg a, cc_reg b, cc_label *to)
{
    if (!c->u->live || c->failed)
        return;
    cc_vectors *v = c->u->v;
    if (op != PY_OP_LOOP)
        join(c, to, c->u->bound), to->jumps++;
    py_position at = c->u->at;
    if (op == PY_OP_JUMP || op == PY_OP_LOOP) {      /* a statement that is a jump has marked its line */
        int32_t line = is_marked(v, (uint32_t)v->code.n) ? py_mark_line(VEC_LAST(&v->marks)) : at.line;
        if (line != at.line)
            c->u->at = (py_position){line, line, -1, -1};
        cc_artificial(c);
    }
    uint32_t pc = cc_emit(c, op, a, b, 0);
    c->u->at = at;
    if (!VEC_PUSH(&v->jumps, (cc_jump){pc, to->id}))
        cc_no_memory(c);
    if (op == PY_OP_JUMP || op == PY_OP_LOOP)
        c->u->live = false;
}

/* A line that got an instruction for itself because other code comes here, too, goes back by that instruction. */
void cc_emit_loop(cc *c, cc_label *head)
{
    cc_vectors *v = c->u->v;
    uint32_t pc = (uint32_t)v->code.n;
    if (c->u->live && !c->failed && pc && c->u->barrier == pc && v->code.at[pc - 1].op == PY_OP_NOP) {
        int32_t line = v->pos.at[pc - 1].line;
        v->code.at[pc - 1].op = PY_OP_LOOP;
        v->pos.at[pc - 1] = (py_position){line, -line, -1, -1};
        if (!VEC_PUSH(&v->jumps, (cc_jump){pc - 1, head->id}) || !VEC_PUSH(&v->marks, (py_mark){pc - 1, (uint32_t)line << PY_MARK_LINE}))
            cc_no_memory(c);
    }
    cc_emit_jump(c, PY_OP_LOOP, 0, 0, head);
}

/* A jump to the very next instruction goes away, unless something else is already tied to this place. One that
 * has a line stays where others jump to the same place. */
static void drop_jump(cc *c, cc_label *l)
{
    cc_unit *u = c->u;
    cc_vectors *v = u->v;
    uint32_t pc = (uint32_t)v->code.n;
    if (u->live || c->failed || !pc || u->barrier == pc || !v->jumps.n)
        return;
    cc_jump last = VEC_LAST(&v->jumps);
    if (last.pc != pc - 1 || last.label != l->id || v->code.at[pc - 1].op != PY_OP_JUMP || (l->jumps > 1 && is_marked(v, pc - 1)))
        return;
    l->jumps--;
    u->live = true;
    v->code.n--;
    v->pos.n--;
    v->jumps.n--;
}

void cc_bind(cc *c, cc_label *l)
{
    cc_unit *u = c->u;
    if (c->failed)
        return;
    drop_jump(c, l);
    if (l->jumps)
        settle_mark(c);
    u->v->labels.at[l->id] = (int32_t)u->v->code.n;
    u->barrier = (uint32_t)u->v->code.n;
    if (!l->reached)
        return;
    if (u->live) {
        join(c, l, u->bound);
    }
    if (u->words && l->bound)
        memcpy(u->bound, l->bound, u->words * sizeof *u->bound);
    u->live = true;
}

void cc_handler_state(cc *c, uint64_t *to)
{
    for (uint32_t i = 0; i < c->u->words; i++)
        to[i] = c->u->bound[i] & ~c->u->deleted[i];
}

void cc_bind_loop(cc *c, cc_label *l)
{
    cc_unit *u = c->u;
    if (c->failed)
        return;
    settle_mark(c);
    u->v->labels.at[l->id] = (int32_t)u->v->code.n;
    u->barrier = (uint32_t)u->v->code.n;
    cc_handler_state(c, u->bound);
}

void cc_start_handler(cc *c, cc_label *l, const uint64_t *bound)
{
    cc_unit *u = c->u;
    if (c->failed)
        return;
    u->v->labels.at[l->id] = (int32_t)u->v->code.n;
    u->barrier = (uint32_t)u->v->code.n;
    if (!l->reached)
        return;
    memcpy(u->bound, bound, u->words * sizeof *bound);
    u->live = true;
    u->line = 0;
}

void cc_region_open(cc *c, cc_block *b)
{
    if (!b->covered || b->open || c->failed)
        return;
    b->open = true;
    b->start = c->u->barrier = (uint32_t)c->u->v->code.n;
}

void cc_region_close(cc *c, cc_block *b)
{
    cc_vectors *v = c->u->v;
    uint32_t end = (uint32_t)v->code.n;
    if (!b->open || c->failed)
        return;
    b->open = false;
    c->u->barrier = end;
    if (b->start == end)
        return;
    b->handler->reached = true;
    if (!VEC_PUSH(&v->handlers, (py_handler){b->start, end, b->handler->id, (uint16_t)b->handler_reg, 0}))
        cc_no_memory(c);
}

/* ---- closing a unit ---- */

static bool is_short(uint16_t op)
{
    return op == PY_OP_FOR_ITER || (op >= PY_OP_JLT && op <= PY_OP_JNGE_I);
}

/* The comparing jump that goes the other way. */
static uint16_t inverted(uint16_t op)
{
    static const uint16_t first[] = {PY_OP_JLT, PY_OP_JNLT, PY_OP_JLT_I, PY_OP_JNLT_I};
    for (int i = 0; i < 4; i++)
        if (op >= first[i] && op < first[i] + 6)
            return (uint16_t)(first[i ^ 1] + (op - first[i]));
    return op;
}

static bool begins_line(const cc_vectors *v, uint32_t pc)
{
    size_t lo = 0, hi = v->marks.n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (v->marks.at[mid].pc < pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < v->marks.n && v->marks.at[lo].pc == pc;
}

/* A jump to a jump goes to the end of the chain, unless that is a statement. */
static void thread_jumps(cc_vectors *v)
{
    for (size_t i = 0; i < v->jumps.n; i++) {
        uint16_t op = v->code.at[v->jumps.at[i].pc].op;
        if (op == PY_OP_LOOP)
            continue;
        for (int hops = 0; hops < 8; hops++) {
            uint32_t target = (uint32_t)v->labels.at[v->jumps.at[i].label];
            bool loop = target < v->code.n && v->code.at[target].op == PY_OP_LOOP && op == PY_OP_JUMP;
            if (target >= v->code.n || (v->code.at[target].op != PY_OP_JUMP && !loop) || begins_line(v, target))
                break;
            size_t lo = 0, hi = v->jumps.n;           /* the jumps are in order of pc */
            while (lo < hi) {
                size_t mid = (lo + hi) / 2;
                if (v->jumps.at[mid].pc < target)
                    lo = mid + 1;
                else
                    hi = mid;
            }
            if (lo == i || lo == v->jumps.n || v->jumps.at[lo].pc != target)
                break;
            v->jumps.at[i].label = v->jumps.at[lo].label;
            if (loop) {                               /* goes back at once */
                v->code.at[v->jumps.at[i].pc].op = PY_OP_LOOP;
                break;
            }
        }
    }
}

static int64_t distance(const cc_vectors *v, const uint32_t *at, cc_jump j, uint32_t extra)
{
    int32_t target = v->labels.at[j.label];
    return at ? (int64_t)at[target] - (at[j.pc] + 1 + extra) : (int64_t)target - (j.pc + 1);
}

/* Gives every jump that does not reach room for a long one. new_at: place of each old instruction (ncode + 1). */
static bool widen(cc *c, uint8_t *wide, uint32_t *new_at)
{
    cc_vectors *v = c->u->v;
    for (bool again = true; again;) {
        uint32_t shift = 0;
        size_t j = 0;
        for (uint32_t pc = 0; pc <= v->code.n; pc++) {
            new_at[pc] = pc + shift;
            for (; j < v->jumps.n && v->jumps.at[j].pc == pc; j++)
                if (wide[j])
                    shift += v->code.at[pc].op == PY_OP_FOR_ITER ? 2 : 1;
        }
        again = false;
        for (j = 0; j < v->jumps.n; j++) {
            int64_t d = distance(v, new_at, v->jumps.at[j], 0);
            if (!wide[j] && is_short(v->code.at[v->jumps.at[j].pc].op) && (d > INT16_MAX - 8 || d < INT16_MIN + 8))
                wide[j] = 1, again = true;
        }
    }
    return true;
}

static void set_far(py_instr *i, int64_t d)
{
    i->b = (uint16_t)(uint64_t)d;
    i->c = (uint16_t)((uint64_t)d >> 16);
}

static void put_jump(const cc_vectors *v, py_instr *code, const uint32_t *at, size_t j, bool wide)
{
    cc_jump jump = v->jumps.at[j];
    py_instr *i = &code[at ? at[jump.pc] : jump.pc];
    if (!is_short(i->op)) {
        set_far(i, distance(v, at, jump, 0));
    } else if (!wide) {
        i->c = (uint16_t)distance(v, at, jump, 0);
    } else if (i->op == PY_OP_FOR_ITER) {              /* FOR_ITER +1; JUMP +1; JUMP far */
        i->c = 1;
        i[1] = (py_instr){PY_OP_JUMP, 0, 1, 0};
        i[2] = (py_instr){PY_OP_JUMP, 0, 0, 0};
        set_far(&i[2], distance(v, at, jump, 2));
    } else {
        i->op = inverted(i->op);
        i->c = 1;
        i[1] = (py_instr){PY_OP_JUMP, 0, 0, 0};
        set_far(&i[1], distance(v, at, jump, 1));
    }
}

/* Instructions, positions and handlers, with all jumps put in. */
static bool put_code(cc *c, cc_code *out)
{
    cc_vectors *v = c->u->v;
    uint32_t n = (uint32_t)v->code.n, *at = NULL;
    uint8_t *wide = NULL;
    bool need = false;
    thread_jumps(v);
    if (n > INT16_MAX - 8)
        for (size_t j = 0; j < v->jumps.n && !need; j++) {
            int64_t d = distance(v, NULL, v->jumps.at[j], 0);
            need = is_short(v->code.at[v->jumps.at[j].pc].op) && (d > INT16_MAX - 8 || d < INT16_MIN + 8);
        }
    if (need) {
        at = cc_alloc(c, (n + 1) * sizeof *at);
        wide = cc_alloc(c, v->jumps.n);
        if (!at || !wide)
            return false;
        memset(wide, 0, v->jumps.n);
        widen(c, wide, at);
    }
    out->ncode = at ? at[n] : n;
    out->code = cc_alloc(c, (out->ncode + 2) * sizeof *out->code);
    out->positions = cc_alloc(c, (out->ncode + 2) * sizeof *out->positions);
    out->nhandlers = (uint32_t)v->handlers.n;
    out->handlers = cc_alloc(c, v->handlers.n * sizeof *out->handlers);
    out->nmarks = (uint32_t)v->marks.n;
    out->marks = cc_alloc(c, v->marks.n * sizeof *out->marks);
    if (!out->code || !out->positions || !out->handlers || !out->marks)
        return false;
    for (uint32_t i = 0; i < out->nmarks; i++)
        out->marks[i] = (py_mark){at ? at[v->marks.at[i].pc] : v->marks.at[i].pc, v->marks.at[i].what};
    if (!at) {
        memcpy(out->code, v->code.at, n * sizeof *out->code);
        memcpy(out->positions, v->pos.at, n * sizeof *out->positions);
    } else {
        for (uint32_t pc = 0; pc < n; pc++) {
            out->code[at[pc]] = v->code.at[pc];
            for (uint32_t k = at[pc]; k < at[pc + 1]; k++)
                out->positions[k] = v->pos.at[pc];
        }
    }
    for (size_t j = 0; j < v->jumps.n; j++)
        put_jump(v, out->code, at, j, wide && wide[j]);
    for (size_t h = 0; h < v->handlers.n; h++) {
        py_handler e = v->handlers.at[h];
        uint32_t to = (uint32_t)v->labels.at[e.handler];
        out->handlers[h] = at ? (py_handler){at[e.start], at[e.end], at[to], e.reg, 0} : (py_handler){e.start, e.end, to, e.reg, 0};
    }
    for (size_t f = 0; at && f < v->fixes.n; f++)
        v->fixes.at[f].pc = at[v->fixes.at[f].pc];
    return true;
}

static void put_number(py_instr *i, uint8_t field, uint32_t k)
{
    switch (field) {
    case CC_FIX_B: i->b = (uint16_t)k; break;
    case CC_FIX_C: i->c = (uint16_t)k; break;
    case CC_FIX_BC: i->b = (uint16_t)k; i->c = (uint16_t)(k >> 16); break;
    case CC_FIX_EXT: i->a = (uint16_t)k; i->b = (uint16_t)(k >> 16); break;
    case CC_FIX_EXT_HI: i->b = (uint16_t)k; i->c = (uint16_t)(k >> 16); break;
    }
}

/* Orders the constants (shown ones first; where there are very many, those that must fit 16 bits first) and numbers them. */
static bool put_consts(cc *c, cc_code *out)
{
    cc_vectors *v = c->u->v;
    uint32_t n = (uint32_t)v->consts.n, k = 0;
    uint32_t *to = cc_alloc(c, (n + 1) * sizeof *to);
    out->consts = cc_alloc(c, n * sizeof *out->consts);
    if (!to || !out->consts)
        return false;
    bool many = n > 0xffff;
    memset(to, 0xff, (n + 1) * sizeof *to);
    for (size_t f = 0; many && f < v->fixes.n; f++)
        if (v->fixes.at[f].field <= CC_FIX_C && to[v->fixes.at[f].what] == UINT32_MAX)
            to[v->fixes.at[f].what] = k++;
    if (k > 0xffff)
        cc_error(c, NULL, "too many different names in one block of code");
    for (uint32_t i = 0; i < n; i++)
        if (to[i] == UINT32_MAX && (many || v->consts.at[i]->kind != CC_NAME))
            to[i] = k++;
    out->nshown = k;
    for (uint32_t i = 0; i < n; i++)
        if (to[i] == UINT32_MAX)
            to[i] = k++;
    out->nconsts = n;
    for (uint32_t i = 0; i < n; i++)
        out->consts[to[i]] = v->consts.at[i];
    for (size_t f = 0; f < v->fixes.n; f++)
        put_number(&out->code[v->fixes.at[f].pc], v->fixes.at[f].field, to[v->fixes.at[f].what]);
    return true;
}

cc_code *cc_finish(cc *c)
{
    cc_unit *u = c->u;
    cc_vectors *v = u->v;
    cc_code *out = u->out;
    if (c->failed || !load_kept(c) || !put_code(c, out) || !put_consts(c, out))
        return NULL;
    out->nregs = u->high > u->fixed ? u->high : u->fixed;
    out->ncaches = (uint32_t)v->caches.n;
    out->caches = cc_alloc(c, v->caches.n * sizeof *out->caches);
    out->names.n = (uint32_t)v->names.n;
    out->names.at = cc_alloc(c, v->names.n * sizeof *out->names.at);
    if (!out->caches || !out->names.at || c->failed)
        return NULL;
    if (v->caches.n)
        memcpy(out->caches, v->caches.at, v->caches.n * sizeof *out->caches);
    for (uint32_t i = 0; i < out->ncaches; i++)
        out->caches[i].kind &= CC_CACHE_KIND;
    if (v->names.n)
        memcpy(out->names.at, v->names.at, v->names.n * sizeof *out->names.at);
    return out;
}
