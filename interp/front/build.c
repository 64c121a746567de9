/* build.c: makes code objects of what the compiler has written, and exceptions of its errors; the functions of compile.h.
 *
 * Locks: none.
 * B1  Finished constants and names wait in two tuples on the C stack, where the collector finds them; each equal constant of a
 *     compilation is one object.   (builder)  */
#include "interp/front/compile.h"
#include "interp/front/compile_int.h"
#include "interp/code_check.h"
#include "objspace/bytes.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <unistd.h>

py_warn_fn *py_compile_warn;

typedef struct builder {
    cc *c;
    ob_val consts, names;        /* tuples, indexed by id */
    ob_val filename;
} builder;

static ob_val code_value(builder *b, const cc_code *k);

/* ---- constants ---- */

static ob_val name_value(builder *b, const ast_name *n)
{
    ob_val *cell = &ob_tuple_ptr(b->names)->items[n->id];
    if (ob_is_null(*cell)) {
        ob_val s = ob_str_from_utf8(n->s, n->n);
        *cell = ob_is_null(s) ? s : ob_str_intern(s);
    }
    return *cell;
}

static bool like_name(const cc_const *k)
{
    for (uint32_t i = 0; i < k->n; i++) {
        char ch = k->s[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '_'))
            return false;
    }
    return true;
}

static ob_val str_value(const cc_const *k)
{
    ob_val s = ob_str_from_utf8(k->s, k->n);
    return !ob_is_null(s) && like_name(k) ? ob_str_intern(s) : s;
}

static ob_val const_value(builder *b, cc_const *k);

static ob_val tuple_value(builder *b, cc_const *k)
{
    ob_val t = ob_tuple_alloc(k->n);
    if (ob_is_null(t) || !ob_c_enter())
        return OB_NULL;
    for (uint32_t i = 0; i < k->n; i++) {
        ob_val v = const_value(b, k->items[i]);
        if (ob_is_null(v)) {
            ob_c_leave();
            return v;
        }
        ob_tuple_ptr(t)->items[i] = v;
    }
    ob_c_leave();
    return k->kind == CC_TUPLE ? t : ob_frozenset_of_iterable(t);
}

static ob_val make_value(builder *b, cc_const *k)
{
    switch ((cc_const_kind)k->kind) {
    case CC_NONE: return OB_NONE;
    case CC_TRUE: return OB_TRUE;
    case CC_FALSE: return OB_FALSE;
    case CC_ELLIPSIS: return OB_ELLIPSIS;
    case CC_INT: return ob_int_from_i64(k->i);
    case CC_BIGINT: return ob_int_from_text(k->s, k->n, 0, OB_NULL);
    case CC_FLOAT: return ob_float_from(k->f);
    case CC_COMPLEX: return ob_complex_from(k->z.re, k->z.im);
    case CC_STR: return str_value(k);
    case CC_BYTES: return ob_bytes_from(k->s, k->n);
    case CC_TUPLE: return k->n ? tuple_value(b, k) : ob_empty_tuple;
    case CC_FROZENSET: return tuple_value(b, k);
    case CC_NAME: return name_value(b, k->name);
    case CC_CODE: return code_value(b, k->code);
    }
    return OB_NULL;
}

static ob_val const_value(builder *b, cc_const *k)
{
    ob_val v = ob_tuple_ptr(b->consts)->items[k->id];
    if (ob_is_null(v)) {
        v = make_value(b, k);
        ob_tuple_ptr(b->consts)->items[k->id] = v;
    }
    return v;
}

/* ---- code ---- */

static ob_val names_tuple(builder *b, const cc_names *n)
{
    ob_val t = n->n ? ob_tuple_alloc(n->n) : ob_empty_tuple;
    for (uint32_t i = 0; i < n->n && !ob_is_null(t); i++) {
        ob_val s = name_value(b, n->at[i]);
        if (ob_is_null(s))
            return s;
        ob_tuple_ptr(t)->items[i] = s;
    }
    return t;
}

static ob_val consts_tuple(builder *b, const cc_code *k)
{
    ob_val t = k->nconsts ? ob_tuple_alloc(k->nconsts) : ob_empty_tuple;
    for (uint32_t i = 0; i < k->nconsts && !ob_is_null(t); i++) {
        ob_val v = const_value(b, k->consts[i]);
        if (ob_is_null(v))
            return v;
        ob_tuple_ptr(t)->items[i] = v;
    }
    return t;
}

static ob_val code_value(builder *b, const cc_code *k)
{
    py_code p = {
        .code = k->code, .ncode = k->ncode, .nregs = k->nregs, .nlocals = k->nlocals, .ncellregs = k->ncellregs, .nfree = k->nfree,
        .argcount = k->argcount, .posonly = k->posonly, .kwonly = k->kwonly, .flags = k->flags, .firstlineno = k->firstlineno,
        .nshown = k->nshown, .handlers = k->handlers, .nhandlers = k->nhandlers, .positions = k->positions,
        .marks = k->marks, .nmarks = k->nmarks, .ncaches = k->ncaches,
        .filename = b->filename,
    };
    if (ob_is_null(p.consts = consts_tuple(b, k)) || ob_is_null(p.varnames = names_tuple(b, &k->varnames)) ||
        ob_is_null(p.cellvars = names_tuple(b, &k->cellvars)) || ob_is_null(p.freevars = names_tuple(b, &k->freevars)) ||
        ob_is_null(p.names = names_tuple(b, &k->names)) || ob_is_null(p.name = name_value(b, k->name)) ||
        ob_is_null(p.qualname = const_value(b, k->qualname)) || ob_is_null(p.doc = const_value(b, k->doc ? k->doc : b->c->none)))
        return OB_NULL;
    p.caches = base_mem_alloc(k->ncaches * sizeof *p.caches);
    if (!p.caches)
        return ob_raise_memory();
    ob_val all = ob_tuple_alloc(k->ncaches);             /* keeps them while p.caches is in unscanned memory */
    bool ok = !ob_is_null(all);
    for (uint32_t i = 0; ok && i < k->ncaches; i++) {
        ob_val name = name_value(b, k->caches[i].name);
        if ((ok = !ob_is_null(name)))
            ob_tuple_ptr(all)->items[i] = name;
        p.caches[i] = (py_cache_info){name, (py_cache_kind)k->caches[i].kind};
    }
    py_code *code = ok ? py_code_new(&p) : NULL;
    base_mem_free(p.caches);
#ifdef APO_DEBUG
    const char *bad = code ? py_code_check(code) : NULL;
    if (bad)
        return ob_raise(&ob_exc_SystemError, "the compiler made bad code: %s", bad);
#endif
    return code ? ob_of(code) : OB_NULL;
}

ob_val cc_build(cc *c, cc_code *code, ob_val filename)
{
    builder b = {.c = c, .filename = filename};
    b.consts = ob_tuple_alloc(c->nconsts + 1);
    if (ob_is_null(b.consts) || ob_is_null(b.names = ob_tuple_alloc(c->names->n + 1)))
        return OB_NULL;
    return code_value(&b, code);
}

/* ---- errors ---- */

static ob_type *exception_type(const char *name)
{
#define EXC(n, base, layout) if (!strcmp(name, #n)) return &ob_exc_##n;
#include "objspace/exc.def"
#undef EXC
    return &ob_exc_SyntaxError;
}

static ob_val text_or_none(const char *s)
{
    return s ? ob_str_from_utf8(s, strlen(s)) : OB_NONE;
}

ob_val py_raise_syntax_error(const py_syntax_error *err, ob_val filename)
{
    ob_type *type = exception_type(err->type ? err->type : "SyntaxError");
    if (type == &ob_exc_MemoryError)
        return ob_raise_memory();
    ob_val msg = text_or_none(err->msg ? err->msg : "invalid syntax");
    if (ob_is_null(msg))
        return msg;
    if (!ob_type_is_subtype(type, &ob_exc_SyntaxError))
        return ob_raise_obj(type, msg);
    if (err->lineno == 0 && err->offset == -1) {     /* the text cannot even be read as lines */
        ob_val where[4] = {filename, ob_from_small(0), ob_from_small(-1), OB_NONE}, args[2] = {msg, ob_tuple_from(where, 4)};
        ob_val e = ob_is_null(args[1]) ? OB_NULL : ob_exc_new(type, args, 2);
        return ob_is_null(e) ? e : ob_raise_value(e);
    }
    if (err->lineno == 0) {                          /* the file cannot be read at all */
        ob_val e = ob_exc_new(type, &msg, 1);
        return ob_is_null(e) ? e : ob_raise_value(e);
    }
    ob_val where[6] = {filename, ob_from_small(err->lineno), ob_from_small(err->offset), text_or_none(err->text),
                       ob_from_small(err->end_lineno), err->no_end_offset ? OB_NONE : ob_from_small(err->end_offset)};
    if (ob_is_null(where[3]))
        return OB_NULL;
    ob_val args[2] = {msg, ob_tuple_from(where, 6)};
    ob_val e = ob_is_null(args[1]) ? OB_NULL : ob_exc_new(type, args, 2);
    return ob_is_null(e) ? e : ob_raise_value(e);
}

/* Errors found after parsing quote the text only where it is a file's, as CPython, which reads the line there. */
static bool is_file(ob_val filename)
{
    const char *name = ob_str_len(filename) && ob_str_at(filename, 0) != '<' ? ob_str_wtf8(filename, NULL) : NULL;
    return name && access(name, R_OK) == 0;
}

bool py_give_warnings(const py_warning *w, const char *src, size_t len, base_arena *arena, ob_val filename)
{
    for (; w && py_compile_warn; w = w->next) {
        ob_val msg = text_or_none(w->msg);
        ob_type *category = exception_type(w->category);
        if (ob_is_null(msg))
            return false;
        if (py_compile_warn(category, msg, filename, w->lineno))
            continue;
        if (ob_err_matches(category)) {              /* an error by the filters: at the place in the source */
            py_syntax_error err = {.type = "SyntaxError", .msg = w->msg, .lineno = w->lineno, .end_lineno = w->end_lineno};
            ob_err_clear();
            if (src && (category != &ob_exc_SyntaxWarning || is_file(filename)))
                py_front_locate(src, len, arena, -1, -1, &err);
            err.offset = w->offset;
            err.end_offset = w->end_offset;
            py_raise_syntax_error(&err, filename);
        }
        return false;
    }
    return true;
}

/* ---- entry ---- */

static ob_val compile_mod(ast_mod *mod, base_arena *arena, const char *src, size_t len, ob_val filename, uint32_t flags, int optimize,
                          py_warning **warnings, py_syntax_error *err)
{
    cc c;
    py_warning **tail = warnings;
    while (tail && *tail)
        tail = &(*tail)->next;
    cc_code *code = cc_compile(mod, arena, src, len, flags, optimize, err, tail, &c);
    ob_val v = OB_NULL;
    if (!code) {
        if (err->text && !is_file(filename))
            err->text = NULL;
        py_raise_syntax_error(err, filename);
    }
    else if (py_give_warnings(warnings ? *warnings : NULL, src, len, arena, filename))
        v = cc_build(&c, code, filename);
    cc_release(&c);
    return v;
}

ob_val py_compile_tree(ast_mod *mod, base_arena *arena, const char *src, size_t len, ob_val filename, uint32_t flags, int optimize)
{
    py_syntax_error err = {0};
    py_warning *warnings = NULL;
    return compile_mod(mod, arena, src, len, filename, flags, optimize, &warnings, &err);
}

static ob_val compile_text(const char *src, size_t len, ob_val filename, py_parse_mode mode, uint32_t flags, int optimize, bool *incomplete)
{
    base_arena arena;
    ast_mod *mod;
    py_syntax_error err = {0};
    py_warning *warnings = NULL;
    ob_val v = OB_NULL;
    const char *name = ob_str_wtf8(filename, NULL);
    if (!name)
        return OB_NULL;
    base_arena_init(&arena);
    if (py_front_parse(src, len, name, mode, flags & 0xff, &arena, &mod, &err, &warnings)) {
        v = compile_mod(mod, &arena, src, len, filename, flags, optimize, &warnings, &err);
        py_front_release(mod);
    } else if (py_give_warnings(warnings, src, len, &arena, filename)) {
        py_raise_syntax_error(&err, filename);
    }
    if (incomplete)
        *incomplete = err.incomplete;
    base_arena_release(&arena);
    return v;
}

ob_val py_compile_source(const char *src, size_t len, ob_val filename, py_parse_mode mode, uint32_t flags, int optimize)
{
    return compile_text(src, len, filename, mode, flags, optimize, NULL);
}

ob_val py_compile_interactive(const char *src, size_t len, ob_val filename, bool *incomplete)
{
    return compile_text(src, len, filename, PY_PARSE_SINGLE, PY_PARSE_INTERACTIVE | PY_PARSE_DONT_IMPLY_DEDENT, 0, incomplete);
}
