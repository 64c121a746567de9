/* _symtable.c: the module _symtable: the scopes of a text and how each name occurs in them (front/symtab.h), as objects.
 * Locks: none. An entry never changes once it is made. */
#include <stdatomic.h>
#include "interp/front/compile.h"
#include "interp/front/symtab.h"
#include "interp/mod/builtins_vm.h"
#include "interp/mod/modules.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"

enum { SCOPE_OFF = 11 };
enum { TYPE_FUNCTION, TYPE_CLASS, TYPE_MODULE };

typedef struct entry {
    ob_obj o;
    ob_val name, symbols, varnames, children;
    int64_t id;
    int32_t lineno, type;
    bool nested;
} entry;

static void entry_trace(ob_obj *o, ob_tracer *t) {
    const entry *e = (const entry *)o;
    const ob_val held[] = {e->name, e->symbols, e->varnames, e->children};
    ob_trace_vals(t, held, BASE_LENGTH(held));
}
static const entry *self_entry(ob_val v) { return (const entry *)ob_ptr(v); }
static ob_val entry_repr(ob_val self) {
    const entry *e = self_entry(self);
    return ob_str_format_c("<symtable entry %S(%lld), line %d>", e->name, (long long)e->id, e->lineno);
}
#define VALUE(name, expr) static ob_val get_##name(ob_val self) { const entry *e = self_entry(self); return expr; }
VALUE(id, ob_int_from_i64(e->id))
VALUE(name, e->name)
VALUE(symbols, e->symbols)
VALUE(varnames, e->varnames)
VALUE(children, e->children)
VALUE(nested, ob_from_small(e->nested))
VALUE(type, ob_from_small(e->type))
VALUE(lineno, ob_from_small(e->lineno))
#undef VALUE
static const ob_getset entry_getsets[] = {
    {"id", get_id, NULL, NULL}, {"name", get_name, NULL, NULL}, {"symbols", get_symbols, NULL, NULL}, {"varnames", get_varnames, NULL, NULL},
    {"children", get_children, NULL, NULL}, {"nested", get_nested, NULL, NULL}, {"type", get_type, NULL, NULL}, {"lineno", get_lineno, NULL, NULL},
    {NULL, NULL, NULL, NULL}};
static ob_type entry_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = "symtable entry", .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(entry),
    .slots = {.repr = entry_repr}, .trace = entry_trace, .getsets = entry_getsets};

/* ---- from scopes to entries ---- */

static ob_val name_of(const ast_name *n) {
    ob_val s = ob_str_from_utf8(n->s, n->n);
    return ob_is_null(s) ? s : ob_str_intern(s);
}

static bool add_names(const sym_scope *s, const entry *e) {
    for (uint32_t i = 0; i < s->n_entries; i++) {
        const sym_entry *x = &s->entries[i];
        ob_val name = name_of(x->name);
        if (ob_is_null(name) || !ob_dict_set(e->symbols, name, ob_from_small(x->flags | x->kind << SCOPE_OFF))) return false;
        if (x->flags & SYM_DEF_PARAM && !ob_list_append(e->varnames, name)) return false;
    }
    return true;
}

static ob_val entry_of(const sym_scope *s) {
    static _Atomic(int64_t) next_id = 1;
    entry *e = ob_c_enter() ? ob_alloc(&entry_type, sizeof *e) : NULL;
    if (!e) return OB_NULL;
    e->name = e->symbols = e->varnames = e->children = OB_NULL;
    e->id = atomic_fetch_add_explicit(&next_id, 1, memory_order_relaxed);   /* MO: none needed */
    e->type = s->kind == SYM_MODULE ? TYPE_MODULE : s->kind == SYM_CLASS ? TYPE_CLASS : TYPE_FUNCTION;
    e->lineno = s->kind == SYM_MODULE ? 0 : s->lineno;
    e->nested = s->nested;
    bool ok = !ob_is_null(e->name = name_of(s->name)) && !ob_is_null(e->symbols = ob_dict_new()) && !ob_is_null(e->varnames = ob_list_new(0)) &&
              !ob_is_null(e->children = ob_list_new(0)) && add_names(s, e);
    for (const sym_scope *c = s->first_child; ok && c; c = c->next_sibling) {
        ob_val child = entry_of(c);
        ok = !ob_is_null(child) && ob_list_append(e->children, child);
    }
    ob_c_leave();
    return ok ? ob_of(e) : OB_NULL;
}

static ob_val entry_of_text(const char *src, size_t len, ob_val filename, py_parse_mode mode, unsigned flags) {
    base_arena arena;
    ast_mod *mod;
    sym_table *table;
    py_warning *warnings = NULL;
    py_syntax_error err = {0};
    ob_val v = OB_NULL;
    const char *name = ob_str_wtf8(filename, NULL);
    if (!name) return v;
    base_arena_init(&arena);
    if (!py_front_parse(src, len, name, mode, flags, &arena, &mod, &err, &warnings)) {
        if (py_give_warnings(warnings, src, len, &arena, filename)) py_raise_syntax_error(&err, filename);
    } else {
        bool quiet = py_give_warnings(warnings, src, len, &arena, filename);
        if (quiet && sym_build(mod, 0, &arena, &table, &err)) {
            v = entry_of(table->top);
        } else if (quiet) {
            if (err.lineno) py_front_locate(NULL, 0, &arena, err.offset, err.end_offset, &err);
            py_raise_syntax_error(&err, filename);
        }
        py_front_release(mod);
    }
    base_arena_release(&arena);
    return v;
}

OB_FN(symtable) {
    ob_val filename = py_filename_arg(a[1]);
    if (ob_is_null(filename)) return filename;
    if (!ob_is_str(a[2])) return ob_raise(&ob_exc_TypeError, "symtable() argument 3 must be str, not %T", a[2]);
    py_parse_mode mode = ob_str_equal_c(a[2], "exec") ? PY_PARSE_EXEC : ob_str_equal_c(a[2], "eval") ? PY_PARSE_EVAL : PY_PARSE_SINGLE;
    if (mode == PY_PARSE_SINGLE && !ob_str_equal_c(a[2], "single")) return ob_raise(&ob_exc_ValueError, "symtable() arg 3 must be 'exec' or 'eval' or 'single'");
    if (ob_is_str(a[0])) {
        size_t len;
        const char *s = ob_str_utf8(a[0], &len);
        return s ? entry_of_text(s, len, filename, mode, PY_PARSE_IS_STR) : OB_NULL;
    }
    if (!ob_is_buffer(a[0])) return ob_raise(&ob_exc_TypeError, "symtable() arg 1 must be a string or bytes object");
    ob_buffer b;
    if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
    ob_val v = entry_of_text((const char *)b.data, b.len, filename, mode, 0);
    ob_buffer_release(&b);
    return v;
}

static bool fill(ob_val m) {
    static const struct { const char *name; int64_t value; } constants[] = {
        {"USE", SYM_USE}, {"DEF_GLOBAL", SYM_DEF_GLOBAL}, {"DEF_NONLOCAL", SYM_DEF_NONLOCAL}, {"DEF_LOCAL", SYM_DEF_LOCAL}, {"DEF_PARAM", SYM_DEF_PARAM},
        {"DEF_FREE", 32}, {"DEF_FREE_CLASS", SYM_DEF_FREE_CLASS}, {"DEF_IMPORT", SYM_DEF_IMPORT}, {"DEF_BOUND", SYM_BOUND}, {"DEF_ANNOT", SYM_DEF_ANNOT},
        {"TYPE_FUNCTION", TYPE_FUNCTION}, {"TYPE_CLASS", TYPE_CLASS}, {"TYPE_MODULE", TYPE_MODULE}, {"LOCAL", SYM_LOCAL},
        {"GLOBAL_EXPLICIT", SYM_GLOBAL_EXPLICIT}, {"GLOBAL_IMPLICIT", SYM_GLOBAL_IMPLICIT}, {"FREE", SYM_FREE}, {"CELL", SYM_CELL}, {"SCOPE_OFF", SCOPE_OFF},
        {"SCOPE_MASK", SYM_DEF_GLOBAL | SYM_DEF_LOCAL | SYM_DEF_PARAM | SYM_DEF_NONLOCAL},
    };
    for (size_t i = 0; i < BASE_LENGTH(constants); i++)
        if (!ob_module_add_int(m, constants[i].name, constants[i].value)) return false;
    return ob_type_ready(&entry_type);
}
static const ob_def defs[] = {{"symtable", symtable, "source, filename, startstr, /", "Return symbol and scope dictionaries used internally by compiler.", 0}, {0}};
const ob_module_def py_mod__symtable = {"_symtable", "The scopes of a program and the names in them.", defs, fill};
