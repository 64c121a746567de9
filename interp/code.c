/* code.c: the code type: immutable once made.
 *
 * Locks: none.
 * Q1  co_code has 8 bytes an instruction; but tb_lasti, f_lasti and the ranges of co_lines() count 2 for each, as Python's own tools
 *     take one entry of co_positions() for two bytes.  */
#include "interp/code.h"
#include "interp/code_lines.h"
#include "base/mem.h"
#include "objspace/bytes.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

static py_code *self_code(ob_val v) { return py_code_ptr(v); }

/* A copy of n items of this size as a block; *out NULL when n is 0. */
static bool copy_block(void *out, const void *from, size_t n, size_t size)
{
    void *p = NULL;
    if (n) {
        if (!(p = ob_block_alloc(n * size)))
            return false;
        memcpy(p, from, n * size);
    }
    memcpy(out, &p, sizeof p);
    return true;
}

py_code *py_code_new(const py_code *parts)
{
    py_code *c = ob_alloc(&ob_code_type, sizeof *c);
    if (!c)
        return NULL;
    ob_obj head = c->o;
    *c = *parts;
    c->o = head;
    c->code = NULL;
    c->handlers = NULL;
    c->positions = NULL;
    c->marks = NULL;
    c->caches = NULL;
    c->threads = NULL;
    atomic_store_explicit(&c->live, NULL, memory_order_relaxed);
    c->ncaches = 0;                                  /* until there is the block */
    c->kconsts = ob_tuple_len(c->consts) ? ob_tuple_ptr(c->consts)->items : NULL;
    atomic_store_explicit(&c->heat, 0, memory_order_relaxed);
    if (!copy_block(&c->code, parts->code, parts->ncode, sizeof *c->code) ||
        !copy_block(&c->handlers, parts->handlers, parts->nhandlers, sizeof *c->handlers) ||
        !copy_block(&c->positions, parts->positions, parts->ncode, sizeof *c->positions) ||
        !copy_block(&c->marks, parts->marks, parts->nmarks, sizeof *c->marks) ||
        !copy_block(&c->caches, parts->caches, parts->ncaches, sizeof *c->caches))
        return NULL;
    c->ncaches = parts->ncaches;
    py_code_find_accumulators(c);
    return c;
}

static void code_trace(ob_obj *o, ob_tracer *t)
{
    py_code *c = (py_code *)o;
    const ob_val held[] = {c->consts, c->varnames, c->cellvars, c->freevars, c->names, c->name, c->qualname, c->filename, c->doc};
    ob_trace_vals(t, held, BASE_LENGTH(held));
    for (uint32_t i = 0; i < c->ncaches; i++)
        ob_trace_val(t, c->caches[i].name);
    ob_trace_block(t, c->code);
    ob_trace_block(t, c->handlers);
    ob_trace_block(t, c->positions);
    ob_trace_block(t, c->marks);
    ob_trace_block(t, c->caches);
}

static void code_free(ob_obj *o)
{
    if (((py_code *)o)->threads)
        py_code_free_caches((py_code *)o);
    base_mem_free(atomic_load_explicit(&((py_code *)o)->live, memory_order_relaxed));
}

/* ---- looking ---- */

static ob_val code_repr(ob_val self)
{
    const py_code *c = self_code(self);
    return ob_str_format_c("<code object %S at %p, file \"%S\", line %d>", c->name, (void *)self_code(self), c->filename, c->firstlineno);
}

static bool code_hash(ob_val self, uint64_t *out)
{
    const py_code *c = self_code(self);
    const ob_val parts[] = {c->name, c->varnames, c->names, c->freevars, c->cellvars};
    uint64_t h = (uint64_t)c->ncode << 32 ^ c->argcount ^ (uint64_t)c->flags << 8 ^ (uint64_t)(uint32_t)c->firstlineno << 40, x;
    for (size_t i = 0; i < BASE_LENGTH(parts); i++) {
        if (!ob_hash(parts[i], &x))
            return false;
        h = (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
    }
    *out = h == UINT64_MAX ? 1 : h;
    return true;
}

static int code_equal(const py_code *a, const py_code *b)
{
    if (a->ncode != b->ncode || a->argcount != b->argcount || a->posonly != b->posonly || a->kwonly != b->kwonly || a->flags != b->flags ||
        a->firstlineno != b->firstlineno || a->nhandlers != b->nhandlers || a->nregs != b->nregs ||
        memcmp(a->code, b->code, a->ncode * sizeof *a->code) != 0 ||
        (a->nhandlers && memcmp(a->handlers, b->handlers, a->nhandlers * sizeof *a->handlers) != 0) ||
        memcmp(a->positions, b->positions, a->ncode * sizeof *a->positions) != 0 || a->nmarks != b->nmarks ||
        (a->nmarks && memcmp(a->marks, b->marks, a->nmarks * sizeof *a->marks) != 0))
        return 0;
    const ob_val pairs[][2] = {{a->name, b->name}, {a->varnames, b->varnames}, {a->names, b->names}, {a->freevars, b->freevars},
                               {a->cellvars, b->cellvars}, {a->consts, b->consts}};
    for (size_t i = 0; i < BASE_LENGTH(pairs); i++) {
        int eq = ob_eq(pairs[i][0], pairs[i][1]);
        if (eq <= 0)
            return eq;
    }
    for (size_t i = 0; i < ob_tuple_len(a->consts); i++)   /* 1 == 1.0 == True, but they are other constants */
        if (ob_type_of(ob_tuple_at(a->consts, i)) != ob_type_of(ob_tuple_at(b->consts, i)))
            return 0;
    return 1;
}

static ob_val code_cmp(ob_val a, ob_val b, ob_cmp_op op)
{
    if (!py_is_code(b) || (op != OB_EQ && op != OB_NE))
        return OB_NOT_IMPLEMENTED;
    int eq = ob_same(a, b) ? 1 : code_equal(self_code(a), self_code(b));
    return eq < 0 ? OB_NULL : ob_bool((op == OB_EQ) == eq);
}

/* ---- attributes ---- */

#define VALUE(name, expr) static ob_val get_##name(ob_val self) { const py_code *c = self_code(self); return expr; }
VALUE(argcount, ob_from_small(c->argcount))
VALUE(posonly, ob_from_small(c->posonly))
VALUE(kwonly, ob_from_small(c->kwonly))
VALUE(nlocals, ob_from_small(c->nlocals))
VALUE(stacksize, ob_from_small(c->ncode ? 1 : 0))     /* operands lie in registers: there is no stack that would grow */
VALUE(flags, ob_from_small(c->flags))
VALUE(code, ob_bytes_from(c->code, c->ncode * sizeof *c->code))
VALUE(consts, ob_tuple_len(c->consts) == c->nshown ? c->consts : ob_tuple_slice(c->consts, 0, c->nshown))
VALUE(names, c->names)
VALUE(varnames, c->varnames)
VALUE(cellvars, c->cellvars)
VALUE(freevars, c->freevars)
VALUE(filename, c->filename)
VALUE(name, c->name)
VALUE(qualname, c->qualname)
VALUE(firstlineno, ob_from_small(c->firstlineno))
VALUE(exceptiontable, ob_bytes_from(c->handlers, c->nhandlers * sizeof *c->handlers))
VALUE(linetable, py_code_linetable(c))
VALUE(lnotab, py_code_lnotab(c))
#undef VALUE

static const ob_getset code_getsets[] = {
    {"co_argcount", get_argcount, NULL, NULL}, {"co_posonlyargcount", get_posonly, NULL, NULL},
    {"co_kwonlyargcount", get_kwonly, NULL, NULL}, {"co_nlocals", get_nlocals, NULL, NULL},
    {"co_stacksize", get_stacksize, NULL, NULL}, {"co_flags", get_flags, NULL, NULL}, {"co_code", get_code, NULL, NULL},
    {"_co_code_adaptive", get_code, NULL, NULL}, {"co_consts", get_consts, NULL, NULL}, {"co_names", get_names, NULL, NULL},
    {"co_varnames", get_varnames, NULL, NULL}, {"co_cellvars", get_cellvars, NULL, NULL}, {"co_freevars", get_freevars, NULL, NULL},
    {"co_filename", get_filename, NULL, NULL}, {"co_name", get_name, NULL, NULL}, {"co_qualname", get_qualname, NULL, NULL},
    {"co_firstlineno", get_firstlineno, NULL, NULL}, {"co_exceptiontable", get_exceptiontable, NULL, NULL},
    {"co_linetable", get_linetable, NULL, NULL}, {"co_lnotab", get_lnotab, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

/* ---- methods ---- */

static ob_val code_lines(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)a, (void)n, (void)kw; return py_code_lines(self_code(self)); }
static ob_val code_positions(ob_val self, const ob_val *a, size_t n, ob_val kw) { (void)a, (void)n, (void)kw; return py_code_positions(self_code(self)); }

/* The parameters of replace(), in the order of its signature. */
#define REPLACE_SIG "*, co_argcount=None, co_posonlyargcount=None, co_kwonlyargcount=None, co_nlocals=None, co_stacksize=None, co_flags=None, " \
    "co_firstlineno=None, co_code=None, co_consts=None, co_names=None, co_varnames=None, co_freevars=None, co_cellvars=None, co_filename=None, " \
    "co_name=None, co_qualname=None, co_linetable=None, co_exceptiontable=None"
enum { R_ARGCOUNT, R_POSONLY, R_KWONLY, R_NLOCALS, R_STACKSIZE, R_FLAGS, R_FIRSTLINE, R_CODE, R_CONSTS, R_NAMES, R_VARNAMES, R_FREEVARS,
       R_CELLVARS, R_FILENAME, R_NAME, R_QUALNAME, R_LINETABLE, R_EXCTABLE };

static bool given(ob_val v) { return !ob_is_null(v) && !ob_is_none(v); }

static bool replace_number(ob_val v, uint32_t *out)
{
    int64_t i;
    if (!given(v))
        return true;
    if (!ob_int_to_i64(v, &i))
        return false;
    if (i < 0 || i > INT32_MAX)
        return ob_fail(ob_raise(&ob_exc_ValueError, "code: argument out of range"));
    *out = (uint32_t)i;
    return true;
}

static bool replace_str(ob_val v, ob_val *out)
{
    if (!given(v))
        return true;
    if (!ob_is_str(v))
        return ob_fail(ob_raise(&ob_exc_TypeError, "code: expected a str, not %T", v));
    *out = v;
    return true;
}

/* Names may be given others, but the instructions need as many. */
static bool replace_names(ob_val v, ob_val *out)
{
    if (!given(v))
        return true;
    if (!ob_is_tuple(v) || ob_tuple_len(v) != ob_tuple_len(*out))
        return ob_fail(ob_raise(&ob_exc_ValueError, "code: a tuple of %zu names is needed", ob_tuple_len(*out)));
    for (size_t i = 0; i < ob_tuple_len(v); i++)
        if (!ob_is_str(ob_tuple_at(v, i)))
            return ob_fail(ob_raise(&ob_exc_TypeError, "name tuples must contain only strings, not '%T'", ob_tuple_at(v, i)));
    *out = v;
    return true;
}

static bool replace_consts(ob_val v, py_code *p)
{
    if (!given(v))
        return true;
    if (!ob_is_tuple(v) || ob_tuple_len(v) < p->nshown)
        return ob_fail(ob_raise(&ob_exc_ValueError, "code: co_consts is too small"));
    if (ob_tuple_len(v) > p->nshown && ob_tuple_len(p->consts) > p->nshown)
        return ob_fail(ob_raise(&ob_exc_ValueError, "code: co_consts cannot grow"));
    size_t hidden = ob_tuple_len(p->consts) - p->nshown;
    ob_val t = ob_tuple_alloc(ob_tuple_len(v) + hidden);
    if (ob_is_null(t))
        return false;
    for (size_t i = 0; i < ob_tuple_len(t); i++) {
        ob_val old = i < ob_tuple_len(p->consts) ? ob_tuple_at(p->consts, i) : OB_NULL;
        ob_val item = i < ob_tuple_len(v) ? ob_tuple_at(v, i) : ob_tuple_at(p->consts, i - ob_tuple_len(v) + p->nshown);
        if (!ob_is_null(old) && (py_is_code(old) != py_is_code(item) || ob_is_tuple(old) != ob_is_tuple(item)))
            return ob_fail(ob_raise(&ob_exc_ValueError, "code: constant %zu must be of the same kind", i));
        ob_tuple_ptr(t)->items[i] = item;
    }
    p->nshown = (uint32_t)ob_tuple_len(v);
    p->consts = t;
    return true;
}

/* What instructions depend on can be given, but must be what it is. */
static bool replace_same(ob_val v, ob_val now, const char *what)
{
    if (!given(v))
        return true;
    int eq = ob_is_null(now) ? -1 : ob_eq(v, now);
    return eq > 0 || ob_fail(eq < 0 ? OB_NULL : ob_raise(&ob_exc_ValueError, "code: %s cannot be replaced in this implementation", what));
}

static int32_t moved(int32_t line, int64_t shift)
{
    int64_t to = line + shift;
    return line <= 0 ? line : to < 1 ? 1 : to > PY_MAX_LINE ? PY_MAX_LINE : (int32_t)to;
}

/* Everything that is there moves with the first line. */
static void move_places(const py_code *p, int64_t shift, py_position *places, py_mark *marks)
{
    for (uint32_t pc = 0; pc < p->ncode; pc++) {
        places[pc] = p->positions[pc];
        places[pc].line = moved(places[pc].line, shift);
        places[pc].end_line = py_is_artificial(&places[pc]) ? -moved(-places[pc].end_line, shift) : moved(places[pc].end_line, shift);
    }
    for (uint32_t i = 0; i < p->nmarks; i++) {
        marks[i] = p->marks[i];
        marks[i].what = (uint32_t)moved(py_mark_line(marks[i]), shift) << PY_MARK_LINE | (marks[i].what & (PY_MARK_OPERAND | PY_MARK_INSIDE));
    }
}

/* The places that the table tells, which counts from the first line; without a new table those that are there move with that line.
 * *places, *marks: to be freed; NULL: they stay. */
static bool replace_places(ob_val v, py_code *p, int32_t firstline, py_position **places, py_mark **marks)
{
    if (given(v) && !ob_is_bytes(v))
        return ob_fail(ob_raise(&ob_exc_TypeError, "replace() argument 'co_linetable' must be bytes, not %T", v));
    ob_val own = given(v) ? py_code_linetable(p) : OB_NONE;
    if (ob_is_null(own))
        return false;
    bool same = !given(v) || (ob_bytes_ptr(own)->len == ob_bytes_ptr(v)->len && memcmp(ob_bytes_ptr(own)->data, ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len) == 0);
    if (same && firstline == p->firstlineno)
        return true;
    *places = base_mem_alloc(p->ncode * sizeof **places + 1);
    *marks = base_mem_alloc(p->nmarks * sizeof **marks + 1);
    if (!*places || !*marks)
        return ob_fail(ob_raise_memory());
    if (same)
        move_places(p, (int64_t)firstline - p->firstlineno, *places, *marks);
    else
        py_code_read_linetable(ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len, firstline, *places, p->ncode);
    p->positions = *places;
    p->marks = *marks;
    p->nmarks = same ? p->nmarks : 0;                /* a table of bytes has no room for them */
    return true;
}

static ob_val code_replace(ob_val self, const ob_val *a, size_t n, ob_val kw)
{
    (void)n, (void)kw;
    py_code p = *self_code(self);
    uint32_t line = (uint32_t)p.firstlineno, ignored;
    if (!replace_number(a[R_ARGCOUNT], &p.argcount) || !replace_number(a[R_POSONLY], &p.posonly) || !replace_number(a[R_KWONLY], &p.kwonly) ||
        !replace_number(a[R_FLAGS], &p.flags) || !replace_number(a[R_FIRSTLINE], &line) || !replace_number(a[R_STACKSIZE], &ignored) ||
        !replace_str(a[R_FILENAME], &p.filename) || !replace_str(a[R_NAME], &p.name) || !replace_str(a[R_QUALNAME], &p.qualname) ||
        !replace_names(a[R_VARNAMES], &p.varnames) || !replace_names(a[R_FREEVARS], &p.freevars) || !replace_names(a[R_CELLVARS], &p.cellvars) ||
        !replace_consts(a[R_CONSTS], &p) || !replace_same(a[R_NLOCALS], ob_from_small(p.nlocals), "co_nlocals") ||
        !replace_same(a[R_CODE], get_code(self), "co_code") || !replace_same(a[R_NAMES], p.names, "co_names") ||
        !replace_same(a[R_EXCTABLE], get_exceptiontable(self), "co_exceptiontable"))
        return OB_NULL;
    if (p.argcount + p.kwonly + !!(p.flags & PY_CO_VARARGS) + !!(p.flags & PY_CO_VARKEYWORDS) > p.nlocals || p.posonly > p.argcount)
        return ob_raise(&ob_exc_ValueError, "code: varnames is too small");
    py_position *places = NULL;
    py_mark *marks = NULL;
    bool ok = replace_places(a[R_LINETABLE], &p, (int32_t)line, &places, &marks);
    p.firstlineno = (int32_t)line;
    py_code *c = ok ? py_code_new(&p) : NULL;
    base_mem_free(places);
    base_mem_free(marks);
    return c ? ob_of(c) : OB_NULL;
}

static ob_val code_sizeof(ob_val self, const ob_val *a, size_t n, ob_val kw)
{
    (void)a, (void)n, (void)kw;
    const py_code *c = self_code(self);
    return ob_from_small((int64_t)(sizeof *c + c->ncode * (sizeof *c->code + sizeof *c->positions) + c->nhandlers * sizeof *c->handlers +
                                   c->nmarks * sizeof *c->marks + c->ncaches * sizeof *c->caches));
}

static const ob_def code_methods[] = {
    {"co_lines", code_lines, "", NULL, 0},
    {"co_positions", code_positions, "", NULL, 0},
    {"replace", code_replace, REPLACE_SIG, "Return a copy of the code object with new values for the specified fields.", 0},
    {"__sizeof__", code_sizeof, "", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

ob_type ob_code_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "code",
    .base = &ob_object_type,
    .flags = OB_TF_NO_MAKE,
    .has_weakref = true,
    .size = sizeof(py_code),
    .slots = {.repr = code_repr, .hash = code_hash, .cmp = code_cmp},
    .trace = code_trace,
    .free = code_free,
    .methods = code_methods,
    .getsets = code_getsets,
};
