/* ast_convert.c: syntax trees as Python objects, and back, both driven by the grammar's table (ast_kinds).
 *
 * Locks: none.
 * V1  A tree that came from objects is checked for everything that the compiler relies on: required fields, lists that must not be empty
 *     or must be of equal length, kinds of targets.            (check_node)
 * V2  The classes are found once and kept; the objects of operators and contexts are shared, as in CPython.  */
#include "interp/mod/ast_convert.h"
#include "interp/front/compile.h"
#include "interp/run/import.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

enum { MAX_OPS = 16 };
static ob_val kind_class[AST_KINDS];             /* V2 */
static ob_val op_class[5][MAX_OPS], op_object[5][MAX_OPS];   /* by AST_FT_expr_context … AST_FT_cmpop */
static ob_val base_class;

static const char *const *op_names(unsigned type)
{
    const char *const *const all[] = {ast_expr_context_names, ast_boolop_names, ast_operator_names, ast_unaryop_names, ast_cmpop_names};
    return all[type - AST_FT_expr_context];
}

static int op_count(unsigned type)
{
    static const int n[] = {AST_EXPR_CONTEXTS, AST_BOOLOPS, AST_OPERATORS, AST_UNARYOPS, AST_CMPOPS};
    return n[type - AST_FT_expr_context];
}

/* Are the kind's fields those of a class? (AST_NONE_ has none.) */
static bool find_class(ob_val module, const char *name, ob_val *out)
{
    *out = ob_getattr_c(module, name);
    return !ob_is_null(*out) && (ob_is_type(*out) || ob_fail(ob_raise(&ob_exc_TypeError, "_ast.%s is no class", name))) && ob_gc_add_static(out);
}

static bool find_classes(void)
{
    if (!ob_is_null(base_class))
        return true;
    ob_val module = py_import_c("_ast");
    if (ob_is_null(module))
        return false;
    for (int k = AST_NONE_ + 1; k < AST_KINDS; k++)
        if (ob_is_null(kind_class[k]) && !find_class(module, ast_kinds[k].name, &kind_class[k]))
            return false;
    for (unsigned t = AST_FT_expr_context; t <= AST_FT_cmpop; t++)
        for (int i = 0; i < op_count(t); i++) {
            ob_val *c = &op_class[t - AST_FT_expr_context][i], *o = &op_object[t - AST_FT_expr_context][i];
            if (!ob_is_null(*o))
                continue;
            if (!find_class(module, op_names(t)[i], c) || ob_is_null(*o = ob_inst_new(ob_type_ptr(*c))) || !ob_gc_add_static(o))
                return false;
        }
    return find_class(module, "AST", &base_class);
}

bool py_ast_is_node(ob_val v)
{
    if (ob_is_null(base_class) && (!ob_has_tflag(v, OB_TF_INST) || !find_classes())) {
        if (ob_failed())
            ob_err_clear();
        return false;
    }
    return ob_is_a(v, ob_type_ptr(base_class));
}

static const char *field_name(const ast_field *f)
{
    return strcmp(f->name, "lineno_") ? f->name : "lineno";      /* TypeIgnore's own */
}

/* ---- tree to objects ---- */

static ob_val object_of(const ast_node *n);

static ob_val constant_object(const ast_constant *k)
{
    switch ((ast_const_kind)k->kind) {
    case AST_CONST_NONE: return OB_NONE;
    case AST_CONST_TRUE: return OB_TRUE;
    case AST_CONST_FALSE: return OB_FALSE;
    case AST_CONST_ELLIPSIS: return OB_ELLIPSIS;
    case AST_CONST_INT: return ob_int_from_i64(k->i);
    case AST_CONST_BIGINT: return ob_int_from_text(k->s, k->n, 0, OB_NULL);
    case AST_CONST_FLOAT: return ob_float_from(k->f);
    case AST_CONST_IMAG: return ob_complex_from(0.0, k->f);
    case AST_CONST_STR: return ob_str_from_utf8(k->s, k->n);
    case AST_CONST_BYTES: return ob_bytes_from(k->s, k->n);
    }
    return OB_NONE;
}

static ob_val name_object(const ast_name *n)
{
    if (!n)
        return OB_NONE;
    ob_val s = ob_str_from_utf8(n->s, n->n);
    return ob_is_null(s) ? s : ob_str_intern(s);
}

static ob_val one_object(const ast_field *f, const void *at)
{
    const ast_node *node;
    const ast_name *name;
    int32_t i;
    if (f->type <= AST_FT_match_case) {
        memcpy(&node, at, sizeof node);
        return node ? object_of(node) : OB_NONE;
    }
    switch ((ast_field_type)f->type) {
    case AST_FT_identifier: case AST_FT_string:
        memcpy(&name, at, sizeof name);
        return name_object(name);
    case AST_FT_int:
        memcpy(&i, at, sizeof i);
        return ob_from_small(i);
    case AST_FT_constant: return constant_object(at);
    default:                                     /* an enumeration */
        memcpy(&i, at, sizeof i);
        return op_object[f->type - AST_FT_expr_context][i];
    }
}

static ob_val many_object(const ast_field *f, const void *at)
{
    const ast_expr_seq *seq;
    memcpy(&seq, at, sizeof seq);
    ob_val list = ob_list_new((size_t)seq->n);
    for (int32_t i = 0; i < seq->n && !ob_is_null(list); i++) {
        ob_val v;
        if (f->type == AST_FT_cmpop)
            v = op_object[AST_FT_cmpop - AST_FT_expr_context][((const ast_cmpop_seq *)(const void *)seq)->items[i]];
        else
            v = one_object(f, &seq->items[i]);
        if (ob_is_null(v) || !ob_list_append(list, v))
            return OB_NULL;
    }
    return list;
}

static bool set_c(ob_val o, const char *name, ob_val v)
{
    ob_val n = ob_str_intern_c(name);
    return !ob_is_null(n) && !ob_is_null(v) && ob_attr_set(o, n, v);
}

static ob_val object_of(const ast_node *n)
{
    const ast_kind_info *info = &ast_kinds[n->kind];
    if (!ob_c_enter())
        return OB_NULL;
    ob_val o = ob_inst_new(ob_type_ptr(kind_class[n->kind]));
    bool ok = !ob_is_null(o);
    for (unsigned i = 0; ok && i < info->n_fields; i++) {
        const ast_field *f = &info->fields[i];
        const void *at = (const char *)n + f->offset;
        ok = set_c(o, field_name(f), f->card == AST_MANY ? many_object(f, at) : one_object(f, at));
    }
    if (ok && info->has_position)
        ok = set_c(o, "lineno", ob_from_small(n->lineno)) && set_c(o, "col_offset", ob_from_small(n->col_offset)) &&
             set_c(o, "end_lineno", ob_from_small(n->end_lineno)) && set_c(o, "end_col_offset", ob_from_small(n->end_col_offset));
    ob_c_leave();
    return ok ? o : OB_NULL;
}

ob_val py_ast_of_source(const char *src, size_t len, ob_val filename, py_parse_mode mode, unsigned flags)
{
    base_arena arena;
    ast_mod *mod;
    py_syntax_error err = {0};
    py_warning *warnings = NULL;
    ob_val v = OB_NULL;
    const char *name = ob_str_wtf8(filename, NULL);
    if (!name || !find_classes())
        return OB_NULL;
    base_arena_init(&arena);
    if (py_front_parse(src, len, name, mode, flags, &arena, &mod, &err, &warnings)) {
        if (py_give_warnings(warnings, src, len, &arena, filename))
            v = object_of((const ast_node *)mod);
        py_front_release(mod);
    } else if (py_give_warnings(warnings, src, len, &arena, filename)) {
        py_raise_syntax_error(&err, filename);
    }
    base_arena_release(&arena);
    return v;
}

/* ---- objects to tree ---- */

typedef struct reader {
    base_arena *arena;
    ast_names *names;
} reader;

static void *no_memory(void) { return ob_fail_ptr(ob_raise_memory()); }
static bool convert(reader *r, ob_val v, ast_field_type type, ast_node **out);

/* The grammar's word for what a field holds. */
static const char *sum_of(ast_field_type t)
{
    static const char *const names[] = {"stmt", "expr", "excepthandler", "pattern", "type_ignore", "comprehension", "arguments", "arg",
                                        "keyword", "alias", "withitem", "match_case", "identifier", "string", "int", "constant",
                                        "expr_context", "boolop", "operator", "unaryop", "cmpop"};
    return names[t];
}

/* The kind of a node object that is one of `sum`; AST_NONE_: it is none (TypeError) or failed. */
static ast_kind kind_of(ob_val v, const char *sum)
{
    const ob_val mro = ob_type_of(v)->mro;
    for (size_t i = 0; i < ob_tuple_len(mro); i++)
        for (int k = AST_NONE_ + 1; k < AST_KINDS; k++)
            if (ob_same(kind_class[k], ob_tuple_at(mro, i)) && !strcmp(ast_kinds[k].sum, sum))
                return (ast_kind)k;
    ob_raise(&ob_exc_TypeError, "expected some sort of %s, but got %R", sum, v);
    return AST_NONE_;
}

static bool get_name(reader *r, ob_val v, const ast_name **out, bool string)
{
    size_t n;
    if (!ob_is_str(v) && !(string && ob_is_bytes(v)))
        return ob_fail(ob_raise(&ob_exc_TypeError, string ? "AST string must be of type str" : "AST identifier must be of type str"));
    const char *s = ob_is_str(v) ? ob_str_wtf8(v, &n) : (const char *)ob_bytes_ptr(v)->data;
    if (!s)
        return false;
    *out = ast_intern(r->names, s, ob_is_str(v) ? n : ob_bytes_ptr(v)->len);
    return *out ? true : no_memory() != NULL;
}

static bool get_int(ob_val v, int32_t *out)
{
    int64_t i;
    if (!ob_is_int(v))
        return ob_fail(ob_raise(&ob_exc_ValueError, "invalid integer value: %R", v));
    i = ob_int_clamp(v);
    if (i < INT32_MIN || i > INT32_MAX)
        return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C int"));
    *out = (int32_t)i;
    return true;
}

static bool get_text(reader *r, ast_constant *k, const char *s, size_t n)
{
    if (n > UINT32_MAX / 2)
        return ob_fail(ob_raise(&ob_exc_ValueError, "constant is too long"));
    k->s = s ? base_arena_strndup(r->arena, s, n) : NULL;
    k->n = (uint32_t)n;
    return k->s ? true : ob_failed() ? false : no_memory() != NULL;
}

static bool get_constant(reader *r, ob_val v, ast_constant *k)
{
    const ob_type *t = ob_type_of(v);
    size_t n;
    if (ob_is_none(v) || ob_same(v, OB_ELLIPSIS) || ob_is_bool(v)) {
        k->kind = ob_is_none(v) ? AST_CONST_NONE : ob_same(v, OB_ELLIPSIS) ? AST_CONST_ELLIPSIS : ob_same(v, OB_TRUE) ? AST_CONST_TRUE : AST_CONST_FALSE;
    } else if (ob_is_small(v)) {
        k->kind = AST_CONST_INT;
        k->i = ob_to_small(v);
    } else if (t == &ob_int_type) {
        ob_val text = ob_int_to_text(v, 16, true);
        k->kind = AST_CONST_BIGINT;
        const char *s = ob_is_null(text) ? NULL : ob_str_utf8(text, &n);
        return s && get_text(r, k, s, n);
    } else if (t == &ob_float_type) {
        k->kind = AST_CONST_FLOAT;
        k->f = ob_float_value(v);
    } else if (t == &ob_complex_type && ((ob_complex *)ob_ptr(v))->re == 0) {
        k->kind = AST_CONST_IMAG;
        k->f = ((ob_complex *)ob_ptr(v))->im;
    } else if (t == &ob_str_type) {
        const char *s = ob_str_wtf8(v, &n);
        k->kind = AST_CONST_STR;
        k->ascii = ob_str_is_ascii(v);
        return s && get_text(r, k, s, n);
    } else if (t == &ob_bytes_type) {
        k->kind = AST_CONST_BYTES;
        return get_text(r, k, (const char *)ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len);
    } else {
        return ob_fail(ob_raise(&ob_exc_TypeError, "got an invalid type in Constant: %T", v));
    }
    return true;
}

static bool get_op(ob_val v, unsigned type, int32_t *out)
{
    const ob_val mro = ob_type_of(v)->mro;
    for (size_t i = 0; i < ob_tuple_len(mro); i++)
        for (int k = 0; k < op_count(type); k++)
            if (ob_same(op_class[type - AST_FT_expr_context][k], ob_tuple_at(mro, i))) {
                *out = k;
                return true;
            }
    return ob_fail(ob_raise(&ob_exc_TypeError, "expected some sort of %s, but got %R", sum_of((ast_field_type)type), v));
}

/* One value of a field; v may be None or OB_NULL (absent) where the field is optional. */
static bool set_one(reader *r, const ast_kind_info *info, const ast_field *f, ob_val v, void *at)
{
    bool none = ob_is_null(v) || ob_is_none(v);
    int32_t i = 0;
    const ast_name *name = NULL;
    ast_node *node = NULL;
    if (f->type == AST_FT_constant)
        return get_constant(r, v, at);
    if (none && f->card == AST_ONE)
        return ob_fail(ob_raise(&ob_exc_ValueError, "field '%s' is required for %s", field_name(f), info->name));
    if (f->type <= AST_FT_match_case) {
        if (!none && !convert(r, v, (ast_field_type)f->type, &node))
            return false;
        memcpy(at, &node, sizeof node);
    } else if (f->type == AST_FT_identifier || f->type == AST_FT_string) {
        if (!none && !get_name(r, v, &name, f->type == AST_FT_string))
            return false;
        memcpy(at, &name, sizeof name);
    } else {
        if (!none && !(f->type == AST_FT_int ? get_int(v, &i) : get_op(v, f->type, &i)))
            return false;
        memcpy(at, &i, sizeof i);
    }
    return true;
}

/* May a list have None among its items? */
static bool none_allowed(const ast_kind_info *info, const ast_field *f)
{
    return (info == &ast_kinds[AST_Dict] && !strcmp(f->name, "keys")) || (info == &ast_kinds[AST_arguments] && !strcmp(f->name, "kw_defaults"));
}

static bool set_many(reader *r, const ast_kind_info *info, const ast_field *f, ob_val v, void *at)
{
    static const ast_field op = {"", AST_FT_cmpop, AST_ONE, 0};
    if (!ob_is_list(v))
        return ob_fail(ob_raise(&ob_exc_TypeError, "%s field \"%s\" must be a list, not a %.200T", info->name, f->name, v));
    size_t n = ob_list_len(v);
    if (n > INT32_MAX / 16)
        return ob_fail(ob_raise(&ob_exc_ValueError, "%s field \"%s\" is too long", info->name, f->name));
    ast_expr_seq *seq = ast_seq_new(r->arena, n);
    if (!seq)
        return no_memory() != NULL;
    for (size_t i = 0; i < n; i++) {
        if (i >= ob_list_len(v))
            return ob_fail(ob_raise(&ob_exc_RuntimeError, "%s field \"%s\" changed size during iteration", info->name, f->name));
        ob_val item = ob_list_at(v, i);
        ast_field one = *f;
        one.card = AST_OPT;
        if (f->type == AST_FT_cmpop) {
            int32_t k;
            if (!set_one(r, info, &op, item, &k))
                return false;
            ((ast_cmpop_seq *)(void *)seq)->items[i] = (uint8_t)k;
            continue;
        }
        if (ob_is_none(item) && !none_allowed(info, f))
            return ob_fail(ob_raise(&ob_exc_ValueError, "None disallowed in %s list", f->type == AST_FT_stmt ? "statement" : f->type == AST_FT_expr ? "expression" : sum_of((ast_field_type)f->type)));
        if (!set_one(r, info, &one, item, &seq->items[i]))
            return false;
    }
    memcpy(at, &seq, sizeof seq);
    return true;
}

static bool get_position(ob_val v, const ast_kind_info *info, const char *name, bool required, int32_t fallback, int32_t *out)
{
    ob_val n = ob_str_intern_c(name), x = ob_is_null(n) ? n : ob_getattr_opt(v, n);
    if (ob_is_null(x) && (ob_failed() || required))
        return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "required field \"%s\" missing from %s", name, info->sum));
    *out = fallback;
    return ob_is_null(x) || (ob_is_none(x) && !required) || get_int(x, out);
}

static bool set_positions(ob_val v, const ast_kind_info *info, ast_node *n)
{
    if (!get_position(v, info, "lineno", true, 0, &n->lineno) || !get_position(v, info, "col_offset", true, 0, &n->col_offset) ||
        !get_position(v, info, "end_lineno", false, n->lineno, &n->end_lineno) ||
        !get_position(v, info, "end_col_offset", false, n->col_offset, &n->end_col_offset))
        return false;
    if (n->lineno > n->end_lineno)
        return ob_fail(ob_raise(&ob_exc_ValueError, "AST node line range (%d, %d) is not valid", n->lineno, n->end_lineno));
    if ((n->lineno < 0 && n->end_lineno != n->lineno) || (n->col_offset < 0 && n->col_offset != n->end_col_offset))
        return ob_fail(ob_raise(&ob_exc_ValueError, "AST node column range (%d, %d) for line range (%d, %d) is not valid", n->col_offset,
                                n->end_col_offset, n->lineno, n->end_lineno));
    if (n->lineno == n->end_lineno && n->col_offset > n->end_col_offset)
        return ob_fail(ob_raise(&ob_exc_ValueError, "line %d, column %d-%d is not a valid range", n->lineno, n->col_offset, n->end_col_offset));
    return true;
}

/* ---- V1 ---- */

static bool empty(const char *what, const char *where)
{
    return ob_fail(ob_raise(&ob_exc_ValueError, "empty %s on %s", what, where));
}

/* Lists that must have something in them. */
static bool check_lists(const ast_node *n, const ast_kind_info *info)
{
    static const struct { uint16_t kind; const char *fields; } full[] = {
        {AST_FunctionDef, "body"}, {AST_AsyncFunctionDef, "body"}, {AST_ClassDef, "body"}, {AST_Delete, "targets"}, {AST_Assign, "targets"},
        {AST_For, "body"}, {AST_AsyncFor, "body"}, {AST_While, "body"}, {AST_If, "body"}, {AST_With, "items body"}, {AST_AsyncWith, "items body"},
        {AST_Match, "cases"}, {AST_match_case, "body"}, {AST_Try, "body"}, {AST_TryStar, "body"}, {AST_Import, "names"},
        {AST_ImportFrom, "names"}, {AST_Global, "names"}, {AST_Nonlocal, "names"}, {AST_ExceptHandler, "body"}, {AST_Set, "elts"},
    };
    for (size_t k = 0; k < BASE_LENGTH(full); k++)
        for (unsigned i = 0; full[k].kind == n->kind && i < info->n_fields; i++) {
            const ast_stmt_seq *seq;
            if (!strstr(full[k].fields, info->fields[i].name) || info->fields[i].card != AST_MANY)
                continue;
            memcpy(&seq, (const char *)n + info->fields[i].offset, sizeof seq);
            if (!seq->n && n->kind != AST_Set)
                return empty(info->fields[i].name, info->name);
        }
    return true;
}

#define BAD(...) ob_fail(ob_raise(&ob_exc_ValueError, __VA_ARGS__))

static bool check_arguments(const ast_arguments *a)
{
    if (a->defaults->n > a->posonlyargs->n + a->args->n)
        return BAD("more positional defaults than args on arguments");
    return a->kw_defaults->n == a->kwonlyargs->n || BAD("length of kwonlyargs is not the same as kw_defaults on arguments");
}

static ast_expr_context context_of(const ast_expr *e, bool *has)
{
    *has = true;
    switch ((ast_kind)e->kind) {
    case AST_Name: return e->Name.ctx;
    case AST_Attribute: return e->Attribute.ctx;
    case AST_Subscript: return e->Subscript.ctx;
    case AST_Starred: return e->Starred.ctx;
    case AST_List: return e->List.ctx;
    case AST_Tuple: return e->Tuple.ctx;
    default: *has = false; return AST_Load;
    }
}

static bool check_target(const ast_expr *e, ast_expr_context want)
{
    bool has;
    ast_expr_context got = context_of(e, &has);
    if (!has && want != AST_Load)
        return BAD("expression which can't be assigned to in %s context", ast_expr_context_names[want]);
    if (has && got != want)
        return BAD("expression must have %s context but has %s instead", ast_expr_context_names[want], ast_expr_context_names[got]);
    const ast_expr_seq *elts = e->kind == AST_List ? e->List.elts : e->kind == AST_Tuple ? e->Tuple.elts : NULL;
    for (int32_t i = 0; elts && want != AST_Load && i < elts->n; i++)
        if (!check_target(elts->items[i], want))
            return false;
    return e->kind != AST_Starred || want == AST_Load || check_target(e->Starred.value, want);
}

static bool check_targets(const ast_expr_seq *s, ast_expr_context want)
{
    for (int32_t i = 0; i < s->n; i++)
        if (!check_target(s->items[i], want))
            return false;
    return true;
}

static bool check_name(const ast_name *name)
{
    static const char *const constants[] = {"None", "True", "False"};
    for (size_t i = 0; i < BASE_LENGTH(constants); i++)
        if (!strcmp(name->s, constants[i]))
            return BAD("identifier field can't represent '%s' constant", constants[i]);
    return true;
}

static bool check_expr(const ast_expr *e)
{
    switch ((ast_kind)e->kind) {
    case AST_List: return e->List.ctx != AST_Load || check_targets(e->List.elts, AST_Load);
    case AST_Tuple: return e->Tuple.ctx != AST_Load || check_targets(e->Tuple.elts, AST_Load);
    case AST_Starred: return e->Starred.ctx != AST_Load || check_target(e->Starred.value, AST_Load);
    case AST_BoolOp: return e->BoolOp.values->n >= 2 || BAD("BoolOp with less than 2 values");
    case AST_Compare:
        if (!e->Compare.comparators->n)
            return BAD("Compare with no comparators");
        return e->Compare.comparators->n == e->Compare.ops->n || BAD("Compare has a different number of comparators and operands");
    case AST_Dict: return e->Dict.keys->n == e->Dict.values->n || BAD("Dict doesn't have the same number of keys as values");
    case AST_ListComp: return e->ListComp.generators->n || BAD("comprehension with no generators");
    case AST_SetComp: return e->SetComp.generators->n || BAD("comprehension with no generators");
    case AST_DictComp: return e->DictComp.generators->n || BAD("comprehension with no generators");
    case AST_GeneratorExp: return e->GeneratorExp.generators->n || BAD("comprehension with no generators");
    case AST_NamedExpr: return e->NamedExpr.target->kind == AST_Name ? check_target(e->NamedExpr.target, AST_Store) : ob_fail(ob_raise(&ob_exc_TypeError, "NamedExpr target must be a Name"));
    case AST_Name: return check_name(e->Name.id);
    default: return true;
    }
}

static bool check_try(const ast_excepthandler_seq *h, const ast_stmt_seq *orelse, const ast_stmt_seq *finalbody, const char *name)
{
    if (!h->n && !finalbody->n)
        return BAD("%s has neither except handlers nor finalbody", name);
    return h->n || !orelse->n || BAD("%s has orelse but no except handlers", name);
}

static bool check_stmt(const ast_stmt *s)
{
    switch ((ast_kind)s->kind) {
    case AST_Delete: return check_targets(s->Delete.targets, AST_Del);
    case AST_Assign: return check_targets(s->Assign.targets, AST_Store);
    case AST_AugAssign: return check_target(s->AugAssign.target, AST_Store);
    case AST_AnnAssign:
        if (s->AnnAssign.simple && s->AnnAssign.target->kind != AST_Name)
            return ob_fail(ob_raise(&ob_exc_TypeError, "AnnAssign with simple non-Name target"));
        return check_target(s->AnnAssign.target, AST_Store);
    case AST_For: return check_target(s->For.target, AST_Store);
    case AST_AsyncFor: return check_target(s->AsyncFor.target, AST_Store);
    case AST_Raise: return s->Raise.exc || !s->Raise.cause || BAD("Raise with cause but no exception");
    case AST_Try: return check_try(s->Try.handlers, s->Try.orelse, s->Try.finalbody, "Try");
    case AST_TryStar: return check_try(s->TryStar.handlers, s->TryStar.orelse, s->TryStar.finalbody, "TryStar");
    case AST_ImportFrom: return s->ImportFrom.level >= 0 || BAD("Negative ImportFrom level");
    default: return true;
    }
}

/* A constant of one of these kinds, perhaps with a sign. */
static bool is_number(const ast_expr *e, bool sign, bool imaginary)
{
    if (sign && e->kind == AST_UnaryOp && e->UnaryOp.op == AST_USub)
        e = e->UnaryOp.operand;
    if (e->kind != AST_Constant)
        return false;
    ast_const_kind k = (ast_const_kind)e->Constant.value.kind;
    return imaginary ? k == AST_CONST_IMAG : k == AST_CONST_INT || k == AST_CONST_BIGINT || k == AST_CONST_FLOAT || (sign && k == AST_CONST_IMAG);
}

static bool check_pattern_value(const ast_expr *e)
{
    switch ((ast_kind)e->kind) {
    case AST_Constant:
        return e->Constant.value.kind > AST_CONST_ELLIPSIS || BAD("unexpected constant inside of a literal pattern");
    case AST_Attribute: case AST_JoinedStr: return true;
    case AST_UnaryOp:
        if (is_number(e, true, false))
            return true;
        break;
    case AST_BinOp:
        if ((e->BinOp.op == AST_Add || e->BinOp.op == AST_Sub) && is_number(e->BinOp.left, true, false) && is_number(e->BinOp.right, false, true))
            return true;
        break;
    default: break;
    }
    return BAD("patterns may only match literals and attribute lookups");
}

static bool check_capture(const ast_name *name)
{
    return !name || (strcmp(name->s, "_") != 0 && check_name(name)) || (ob_failed() ? false : BAD("can't capture name '_' in patterns"));
}

static bool no_star(const ast_pattern *p)
{
    return !p || p->kind != AST_MatchStar || BAD("can't use MatchStar here");
}

static bool no_stars(const ast_pattern_seq *s)
{
    for (int32_t i = 0; i < s->n; i++)
        if (!no_star(s->items[i]))
            return false;
    return true;
}

static bool check_mapping(const ast_pattern *p)
{
    const ast_expr_seq *keys = p->MatchMapping.keys;
    if (keys->n != p->MatchMapping.patterns->n)
        return BAD("MatchMapping doesn't have the same number of keys as patterns");
    for (int32_t i = 0; i < keys->n; i++) {
        bool singleton = keys->items[i]->kind == AST_Constant && keys->items[i]->Constant.value.kind < AST_CONST_ELLIPSIS;
        if (!singleton && !check_pattern_value(keys->items[i]))
            return false;
    }
    return check_capture(p->MatchMapping.rest) && no_stars(p->MatchMapping.patterns);
}

static bool check_match_class(const ast_pattern *p)
{
    const ast_expr *cls = p->MatchClass.cls;
    if (p->MatchClass.kwd_attrs->n != p->MatchClass.kwd_patterns->n)
        return BAD("MatchClass doesn't have the same number of keyword attributes as patterns");
    while (cls->kind == AST_Attribute)
        cls = cls->Attribute.value;
    for (int32_t i = 0; i < p->MatchClass.kwd_attrs->n; i++)
        if (!check_name(p->MatchClass.kwd_attrs->items[i]))
            return false;
    if (cls->kind != AST_Name)
        return BAD("MatchClass cls field can only contain Name or Attribute nodes.");
    return no_stars(p->MatchClass.patterns) && no_stars(p->MatchClass.kwd_patterns);
}

static bool check_pattern(const ast_pattern *p)
{
    switch ((ast_kind)p->kind) {
    case AST_MatchValue: return check_pattern_value(p->MatchValue.value);
    case AST_MatchSingleton:
        return p->MatchSingleton.value.kind <= AST_CONST_FALSE || BAD("MatchSingleton can only contain True, False and None");
    case AST_MatchMapping: return check_mapping(p);
    case AST_MatchClass: return check_match_class(p);
    case AST_MatchStar: return check_capture(p->MatchStar.name);
    case AST_MatchOr: return p->MatchOr.patterns->n >= 2 ? no_stars(p->MatchOr.patterns) : BAD("MatchOr requires at least 2 patterns");
    case AST_MatchAs:
        if (p->MatchAs.pattern && !p->MatchAs.name)
            return BAD("MatchAs must specify a target name if a pattern is given");
        return check_capture(p->MatchAs.name) && no_star(p->MatchAs.pattern);
    default: return true;
    }
}

/* Is this field's expression assigned to or deleted, or does the kind look at the context itself? */
static bool is_target(const ast_kind_info *info, const ast_field *f)
{
    return !strcmp(f->name, "target") || !strcmp(f->name, "targets") || !strcmp(f->name, "optional_vars") || info == &ast_kinds[AST_List] ||
           info == &ast_kinds[AST_Tuple] || info == &ast_kinds[AST_Starred];
}

/* Everything else is read. */
static bool check_reads(const ast_node *n, const ast_kind_info *info)
{
    for (unsigned i = 0; i < info->n_fields; i++) {
        const ast_field *f = &info->fields[i];
        const void *p;
        if (f->type != AST_FT_expr || is_target(info, f))
            continue;
        memcpy(&p, (const char *)n + f->offset, sizeof p);
        if (f->card != AST_MANY) {
            if (p && !check_target(p, AST_Load))
                return false;
            continue;
        }
        const ast_expr_seq *s = p;
        for (int32_t k = 0; k < s->n; k++)
            if (s->items[k] && !check_target(s->items[k], AST_Load))
                return false;
    }
    return true;
}

static bool check_node(const ast_node *n, const ast_kind_info *info)
{
    if (!check_lists(n, info))
        return false;
    if (!strcmp(info->sum, "expr"))
        return check_expr((const ast_expr *)n) && check_reads(n, info);
    if (!check_reads(n, info))
        return false;
    if (!strcmp(info->sum, "stmt"))
        return check_stmt((const ast_stmt *)n);
    if (!strcmp(info->sum, "pattern"))
        return check_pattern((const ast_pattern *)n);
    if (n->kind == AST_arguments)
        return check_arguments((const ast_arguments *)n);
    if (n->kind == AST_comprehension)
        return check_target(((const ast_comprehension *)n)->target, AST_Store);
    if (n->kind == AST_match_case && !no_star(((const ast_match_case *)n)->pattern))
        return false;
    if (n->kind == AST_withitem && ((const ast_withitem *)n)->optional_vars)
        return check_target(((const ast_withitem *)n)->optional_vars, AST_Store);
    return true;
}

/* ---- nodes ---- */

/* Of what cannot come from a text as one constant: a tuple, a frozenset, a complex number with a real part. */
static bool is_compound(ob_val v)
{
    return ob_is_exact(v, &ob_tuple_type) || ob_is_exact(v, &ob_frozenset_type) ||
           (ob_is_exact(v, &ob_complex_type) && ((const ob_complex *)ob_ptr(v))->re != 0);
}

static void copy_place(ast_node *to, const ast_node *from)
{
    to->lineno = from->lineno, to->col_offset = from->col_offset, to->end_lineno = from->end_lineno, to->end_col_offset = from->end_col_offset;
}

/* They become expressions of constants. */
static bool compound_constant(reader *r, ob_val v, const ast_node *place, ast_node **out)
{
    bool number = ob_is_exact(v, &ob_complex_type), set = ob_is_exact(v, &ob_frozenset_type);
    ob_val items = set ? ob_tuple_of_iterable(v) : v;
    if (ob_is_null(items) || !ob_c_enter())
        return false;
    size_t n = number ? 2 : ob_tuple_len(items);
    ast_expr *e = ast_node_new(r->arena, number ? AST_BinOp : set ? AST_Set : AST_Tuple);
    ast_expr_seq *parts = ast_seq_new(r->arena, n);
    bool ok = (e && parts) || no_memory() != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        const ob_complex *z = (const ob_complex *)ob_ptr(v);
        ob_val item = !number ? ob_tuple_at(items, i) : i ? ob_complex_from(0.0, z->im) : ob_float_from(z->re);
        ast_expr *x = ast_node_new(r->arena, AST_Constant);
        ast_node *node = (ast_node *)x;
        if (!(ok = x || no_memory() != NULL))
            break;
        copy_place(node, place);
        ok = !ob_is_null(item) && (is_compound(item) ? compound_constant(r, item, place, &node) : get_constant(r, item, &x->Constant.value));
        parts->items[i] = (ast_expr *)node;
    }
    ob_c_leave();
    if (!ok)
        return false;
    copy_place((ast_node *)e, place);
    e->flags |= set ? AST_F_FROZEN : 0;
    if (number)
        e->BinOp.left = parts->items[0], e->BinOp.right = parts->items[1], e->BinOp.op = AST_Add;
    else if (set)
        e->Set.elts = parts;
    else
        e->Tuple.elts = parts;
    *out = (ast_node *)e;
    return true;
}

static bool set_field(reader *r, ob_val v, const ast_kind_info *info, const ast_field *f, ast_node *n)
{
    void *at = (char *)n + f->offset;
    ob_val name = ob_str_intern_c(field_name(f)), x = ob_is_null(name) ? name : ob_getattr_opt(v, name);
    if (ob_is_null(x) && ob_failed())
        return false;
    if (ob_is_null(x) && f->card != AST_OPT)
        return ob_fail(ob_raise(&ob_exc_TypeError, "required field \"%s\" missing from %s", field_name(f), info->name));
    return f->card == AST_MANY ? set_many(r, info, f, x, at) : set_one(r, info, f, x, at);
}

static bool fill_node(reader *r, ob_val v, ast_kind kind, ast_node **out)
{
    const ast_kind_info *info = &ast_kinds[kind];
    ast_node *n = ast_node_new(r->arena, kind);
    if (!n)
        return no_memory() != NULL;
    if (info->has_position && !set_positions(v, info, n))
        return false;
    if (kind == AST_Constant) {
        ob_val x = ob_getattr_opt(v, ob_str_intern_c("value"));
        if (!ob_is_null(x) && is_compound(x))
            return compound_constant(r, x, n, out);
    }
    for (unsigned i = 0; i < info->n_fields; i++)
        if (!set_field(r, v, info, &info->fields[i], n))
            return false;
    *out = n;
    return check_node(n, info);
}

static bool convert(reader *r, ob_val v, ast_field_type type, ast_node **out)
{
    if (!ob_c_enter())
        return false;
    ast_kind kind = AST_NONE_;
    int32_t line;
    const ast_kind_info of_sum = {.sum = sum_of(type)};
    bool placed = type <= AST_FT_pattern;        /* Python looks for the place first */
    if (!placed || get_position(v, &of_sum, "lineno", true, 0, &line))
        kind = kind_of(v, sum_of(type));
    bool ok = kind != AST_NONE_ && fill_node(r, v, kind, out);
    ob_c_leave();
    return ok;
}

ob_val py_ast_compile(ob_val tree, ob_val filename, py_parse_mode mode, uint32_t flags, int optimize)
{
    static const ast_kind wanted[] = {[PY_PARSE_EXEC] = AST_Module, [PY_PARSE_EVAL] = AST_Expression, [PY_PARSE_SINGLE] = AST_Interactive,
                                      [PY_PARSE_FUNC_TYPE] = AST_FunctionType};
    base_arena arena;
    ast_names names;
    ast_node *n = NULL;
    ob_val code = OB_NULL;
    if (!find_classes())
        return OB_NULL;
    if (!ob_is_a(tree, ob_type_ptr(kind_class[wanted[mode]])))
        return ob_raise(&ob_exc_TypeError, "expected %s node, got %.400T", ast_kinds[wanted[mode]].name, tree);
    base_arena_init(&arena);
    if (!ast_names_init(&names, &arena)) {
        base_arena_release(&arena);
        return ob_raise_memory();
    }
    reader r = {&arena, &names};
    if (fill_node(&r, tree, wanted[mode], &n)) {
        ((ast_mod *)n)->names = &names;
        code = py_compile_tree((ast_mod *)n, &arena, NULL, 0, filename, flags, optimize);
    }
    ast_names_release(&names);
    base_arena_release(&arena);
    return code;
}
