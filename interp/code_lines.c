/* code_lines.c: where instructions stand in the source, in the forms that Python programs read and write.
 *
 * Locks: none.
 * N1  Everything here counts an instruction as one unit of two bytes, as tb_lasti does (code.c, Q1).  */
#include "interp/code_lines.h"
#include "base/buf.h"
#include "interp/run/options.h"
#include "objspace/bytes.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdlib.h>

/* ---- co_linetable ----
 * Entries of 1 to 8 units: a byte 1kkkknnn (kind, units - 1) and what the kind needs; numbers in groups of 6 bits, lowest first, 64 meaning that more
 * follow; lines are differences from the entry before. */

enum { K_SHORT = 0, K_ONE_LINE = 10, K_NO_COLUMNS = 13, K_LONG = 14, K_NONE = 15, MAX_UNITS = 8 };

static void put_number(base_buf *b, uint32_t n)
{
    for (; n >= 64; n >>= 6)
        base_buf_byte(b, (unsigned char)(64 | (n & 63)));
    base_buf_byte(b, (unsigned char)n);
}

static void put_signed(base_buf *b, int32_t n)
{
    put_number(b, n < 0 ? (uint32_t)-n << 1 | 1 : (uint32_t)n << 1);
}

static void put_kind(base_buf *b, unsigned kind, uint32_t units)
{
    base_buf_byte(b, (unsigned char)(0x80 | kind << 3 | (units - 1)));
}

static void put_entry(base_buf *b, const py_position *p, uint32_t units, int32_t *line)
{
    if (p->line <= 0) {
        put_kind(b, K_NONE, units);
        return;
    }
    int32_t step = p->line - *line, end_line = py_end_line(p);
    *line = p->line;
    if (p->col < 0 || p->end_col < 0) {
        put_kind(b, K_NO_COLUMNS, units);
        put_signed(b, step);
    } else if (end_line == p->line && step == 0 && p->col < 80 && p->end_col >= p->col && p->end_col - p->col < 16) {
        put_kind(b, K_SHORT + (unsigned)p->col / 8, units);
        base_buf_byte(b, (unsigned char)(p->col % 8 << 4 | (p->end_col - p->col)));
    } else if (end_line == p->line && step >= 0 && step < 3 && p->col < 128 && p->end_col < 128) {
        put_kind(b, K_ONE_LINE + (unsigned)step, units);
        base_buf_byte(b, (unsigned char)p->col);
        base_buf_byte(b, (unsigned char)p->end_col);
    } else {
        put_kind(b, K_LONG, units);
        put_signed(b, step);
        put_number(b, (uint32_t)(end_line - p->line));
        put_number(b, (uint32_t)p->col + 1);
        put_number(b, (uint32_t)p->end_col + 1);
    }
}

static bool same_place(const py_position *a, const py_position *b)
{
    return a->line == b->line && py_end_line(a) == py_end_line(b) && a->col == b->col && a->end_col == b->end_col;
}

ob_val py_code_linetable(const py_code *c)
{
    base_buf b;
    int32_t line = c->firstlineno;
    base_buf_init(&b);
    for (uint32_t from = 0, pc = 1; from < c->ncode; pc++)
        if (pc == c->ncode || pc - from == MAX_UNITS || !same_place(&c->positions[from], &c->positions[pc])) {
            put_entry(&b, &c->positions[from], pc - from, &line);
            from = pc;
        }
    ob_val v = b.failed ? ob_raise_memory() : ob_bytes_from(b.at, b.n);
    base_buf_release(&b);
    return v;
}

typedef struct table { const uint8_t *s, *end; } table;

static uint32_t get_byte(table *t)
{
    return t->s < t->end ? *t->s++ : 0;
}

static uint32_t get_number(table *t)
{
    uint32_t n = 0, b;
    unsigned shift = 0;
    do {
        b = get_byte(t);
        n |= shift < 32 ? (b & 63) << shift : 0;
        shift += 6;
    } while (b & 64);
    return n;
}

static int32_t get_signed(table *t)
{
    uint32_t n = get_number(t);
    return n & 1 ? -(int32_t)(n >> 1) : (int32_t)(n >> 1);
}

static int32_t add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);         /* of any bytes: never an overflow */
}

void py_code_read_linetable(const uint8_t *bytes, size_t n, int32_t firstline, py_position *out, uint32_t ncode)
{
    table t = {bytes, bytes + n};
    uint32_t pc = 0;
    while (pc < ncode && t.s < t.end) {
        uint32_t head = get_byte(&t), kind = head >> 3 & 15, units = (head & 7) + 1;
        py_position p = {-1, -1, -1, -1};
        if (kind < K_ONE_LINE) {
            uint32_t b = get_byte(&t);
            p.col = (int32_t)(kind * 8 + (b >> 4 & 7));
            p.end_col = p.col + (int32_t)(b & 15);
        } else if (kind < K_NO_COLUMNS) {
            firstline = add(firstline, (int32_t)kind - K_ONE_LINE);
            p.col = (int32_t)get_byte(&t);
            p.end_col = (int32_t)get_byte(&t);
        } else if (kind < K_NONE) {
            firstline = add(firstline, get_signed(&t));
        }
        if (kind != K_NONE)
            p.line = p.end_line = firstline;
        if (kind == K_LONG) {
            p.end_line = add(firstline, (int32_t)get_number(&t));
            p.col = add((int32_t)get_number(&t), -1);
            p.end_col = add((int32_t)get_number(&t), -1);
        }
        while (units-- && pc < ncode)
            out[pc++] = p;
    }
    while (pc < ncode)
        out[pc++] = (py_position){-1, -1, -1, -1};
}

/* ---- co_lnotab, co_lines, co_positions ---- */

static void put_step(uint8_t **p, int d)
{
    *(*p)++ = (uint8_t)d;
}

/* Pairs of (bytes, lines) steps, as co_lnotab has always had them. */
ob_val py_code_lnotab(const py_code *c)
{
    uint32_t from = 0;
    int32_t line = c->firstlineno;
    size_t room = 2;
    for (uint32_t pc = 0; pc < c->ncode; pc++) {       /* enough for every step */
        room += 2 + 2 * (size_t)(labs((long)c->positions[pc].line - line) / 127 + 1);
        line = c->positions[pc].line;
    }
    room += 2 * (c->ncode / 127 + 1);
    ob_val v = ob_bytes_alloc(room);
    if (ob_is_null(v))
        return v;
    uint8_t *start = ob_bytes_ptr(v)->data, *p = start;
    line = c->firstlineno;
    for (uint32_t pc = 0; pc < c->ncode; pc++) {
        int32_t d = c->positions[pc].line - line;
        uint32_t n = 2 * (pc - from);
        if (!d || c->positions[pc].line <= 0)
            continue;
        for (; n > 254; n -= 254)
            put_step(&p, 254), put_step(&p, 0);
        for (; d > 127 || d < -128; d -= d > 0 ? 127 : -128, n = 0)
            put_step(&p, (int)n), put_step(&p, d > 0 ? 127 : -128);
        put_step(&p, (int)n), put_step(&p, d);
        line = c->positions[pc].line;
        from = pc;
    }
    return ob_bytes_from(start, (size_t)(p - start));
}

static ob_val number_or_none(int32_t n, int32_t least)
{
    return n < least ? OB_NONE : ob_from_small(n);
}

/* The line of an instruction behind one of line `before`. */
static int32_t belongs(const py_position *p, int32_t before)
{
    return py_is_artificial(p) && p->line > 0 && before > 0 ? before : p->line;
}

static bool add_range(ob_val list, uint32_t from, uint32_t to, int32_t line)
{
    ob_val t = ob_tuple_of3(ob_from_small(2 * (int64_t)from), ob_from_small(2 * (int64_t)to), number_or_none(line, 1));
    return !ob_is_null(t) && ob_list_append(list, t);
}

/* A mark is a range of no length, unless the instruction that it stands before has the same line. */
ob_val py_code_lines(const py_code *c)
{
    ob_val list = ob_list_new(0);
    bool placed = false;
    for (uint32_t pc = 0; pc < c->ncode && !placed; pc++)
        placed = c->positions[pc].line > 0;
    if (!placed)                                     /* of an empty table nothing is told */
        return ob_is_null(list) ? list : ob_iter(list);
    int32_t entry = ob_str_equal_c(c->name, "<module>") ? 0 : c->firstlineno;
    if (!ob_is_null(list) && c->positions[0].line != entry) {      /* the line where the code is entered has no instruction */
        ob_val t = ob_tuple_of3(ob_from_small(0), ob_from_small(0), ob_from_small(entry));
        if (ob_is_null(t) || !ob_list_append(list, t))
            return OB_NULL;
    }
    uint32_t from = 0, pc = 0, m = 0;
    int32_t line = 0;
    while (pc <= c->ncode && !ob_is_null(list)) {
        bool marked = m < c->nmarks && c->marks[m].pc == pc;
        int32_t next = pc == c->ncode ? INT32_MIN : marked ? py_mark_line(c->marks[m]) : belongs(&c->positions[pc], line);
        if (next != line && line && !add_range(list, from, pc, line))
            return OB_NULL;
        from = next != line ? pc : from;
        line = next;
        pc += !marked;
        m += marked;
    }
    return ob_is_null(list) ? list : ob_iter(list);
}

ob_val py_code_positions(const py_code *c)
{
    bool ranges = py_debug_ranges();
    ob_val list = ob_list_new(c->ncode);
    for (uint32_t pc = 0; pc < c->ncode && !ob_is_null(list); pc++) {
        const py_position *p = &c->positions[pc];
        const ob_val items[4] = {number_or_none(p->line, 1), number_or_none(ranges ? py_end_line(p) : p->line, 1),
                                 ranges ? number_or_none(p->col, 0) : OB_NONE, ranges ? number_or_none(p->end_col, 0) : OB_NONE};
        ob_val t = ob_tuple_from(items, 4);
        if (ob_is_null(t) || !ob_list_append(list, t))
            return OB_NULL;
    }
    return ob_is_null(list) ? list : ob_iter(list);
}
