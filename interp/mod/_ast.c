/* _ast.c: the classes of syntax trees, made of the grammar's table (front/ast.def); the trees themselves: ast_convert.c. */
#include "base/buf.h"
#include "interp/front/ast.h"
#include "interp/front/compile.h"
#include "interp/mod/modules.h"
#include "interp/run/import.h"
#include "objspace/dict.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

/* The base of all nodes, in Python: attributes come by position in _fields or by name. */
static const char base_source[] =
    "class AST:\n"
    "    _fields = ()\n"
    "    _attributes = ()\n"
    "    __match_args__ = ()\n"
    "    def __new__(cls, *args, **kwargs):\n"
    "        return object.__new__(cls)\n"
    "    def __init__(self, *args, **kwargs):\n"
    "        fields = self._fields\n"
    "        if len(args) > len(fields):\n"
    "            raise TypeError(f\"{type(self).__name__} constructor takes at most {len(fields)} positional argument{'' if len(fields) == 1 else 's'}\")\n"
    "        for name, value in zip(fields, args):\n"
    "            setattr(self, name, value)\n"
    "        for name, value in kwargs.items():\n"
    "            if name in fields[:len(args)]:\n"
    "                raise TypeError(f\"{type(self).__name__} got multiple values for argument '{name}'\")\n"
    "            setattr(self, name, value)\n"
    "    def __reduce__(self):\n"
    "        return type(self), (), self.__dict__\n"
    "AST.__module__ = 'ast'\n";

enum { ONE, OPT, MANY, AUX };
typedef struct field { const char *name, *type; int how; } field;
typedef struct node { const char *sum, *name; bool is_sum; field fields[9]; } node;

#define BEGIN(sum, Kind) {#sum, #Kind, false, {
#define FIELD(Kind, type, how, name) {#name, #type, how},
#define END(sum, Kind) {NULL, NULL, 0}}},
#define OPERATOR(sum, Kind, text) {#sum, #Kind, false, {{NULL, NULL, 0}}},
#define SUM(name) {"AST", #name, true, {{NULL, NULL, 0}}},
static const node nodes[] = {
    SUM(mod) SUM(stmt) SUM(expr) SUM(excepthandler) SUM(pattern) SUM(type_ignore) SUM(expr_context) SUM(boolop) SUM(operator) SUM(unaryop) SUM(cmpop)
    AST_MOD(BEGIN, FIELD, END) AST_STMT(BEGIN, FIELD, END) AST_EXPR(BEGIN, FIELD, END) AST_EXCEPTHANDLER(BEGIN, FIELD, END) AST_PATTERN(BEGIN, FIELD, END)
    AST_TYPE_IGNORE(BEGIN, FIELD, END) AST_PRODUCTS(BEGIN, FIELD, END) AST_EXPR_CONTEXT(OPERATOR) AST_BOOLOP(OPERATOR) AST_OPERATOR(OPERATOR)
    AST_UNARYOP(OPERATOR) AST_CMPOP(OPERATOR)
};

static bool has_position(const node *n) {
    static const char *const with[] = {"stmt", "expr", "excepthandler", "pattern", "arg", "keyword", "alias"};
    for (size_t i = 0; i < BASE_LENGTH(with); i++) if (!strcmp(n->is_sum ? n->name : n->sum, with[i])) return true;
    return false;
}

static ob_val names_tuple(const char *const *names, size_t n) {
    ob_val t = ob_tuple_alloc(n);
    for (size_t i = 0; i < n && !ob_is_null(t); i++) ob_tuple_ptr(t)->items[i] = ob_str_intern_c(names[i]);
    return t;
}

/* How the grammar writes a node: its name, and its fields with their types. */
static void put_node(base_buf *b, const node *n) {
    base_buf_text(b, n->name);
    for (const field *f = n->fields; f->name; f++) {
        if (f->how == AUX) continue;
        base_buf_text(b, f == n->fields ? "(" : ", ");
        base_buf_printf(b, "%s%s %s", f->type, f->how == OPT ? "?" : f->how == MANY ? "*" : "", strcmp(f->name, "lineno_") ? f->name : "lineno");
    }
    if (n->fields[0].name && n->fields[0].how != AUX) base_buf_byte(b, ')');
}

/* … and a sum: all its nodes, one a line where they have fields. */
static void put_sum(base_buf *b, const node *sum) {
    const char *separator = " = ";
    bool fields = false;
    base_buf_text(b, sum->name);
    for (size_t i = 0; i < BASE_LENGTH(nodes); i++) fields |= !nodes[i].is_sum && !strcmp(nodes[i].sum, sum->name) && nodes[i].fields[0].name;
    for (size_t i = 0; i < BASE_LENGTH(nodes); i++) {
        if (nodes[i].is_sum || strcmp(nodes[i].sum, sum->name)) continue;
        base_buf_text(b, separator);
        if (fields && *separator == '\n') base_buf_fill(b, ' ', strlen(sum->name));
        if (fields && *separator == '\n') base_buf_text(b, " | ");
        put_node(b, &nodes[i]);
        separator = fields ? "\n" : " | ";
    }
}

static ob_val doc_of(const node *n) {
    base_buf b;
    base_buf_init(&b);
    if (n->is_sum) put_sum(&b, n);
    else put_node(&b, n);
    ob_val v = b.failed ? ob_raise_memory() : ob_str_from_utf8(b.at, b.n);
    base_buf_release(&b);
    return v;
}

static bool add_class(ob_val m, const node *n) {
    static const char *const positions[] = {"lineno", "col_offset", "end_lineno", "end_col_offset"};
    const char *names[9];
    size_t k = 0;
    ob_val ns = ob_dict_new(), base = ob_dict_get_c(ob_module_dict(m), n->is_sum || !strcmp(n->sum, n->name) ? "AST" : n->sum);
    if (ob_is_null(ns)) return false;
    for (const field *f = n->fields; f->name; f++) {
        if (f->how == AUX) continue;
        names[k++] = strcmp(f->name, "lineno_") ? f->name : "lineno";
        if (f->how == OPT && !ob_dict_set_c(ns, f->name, OB_NONE)) return false;
    }
    ob_val fields = names_tuple(names, k), attributes = names_tuple(positions, 4);
    if (ob_is_null(fields) || ob_is_null(attributes) || !ob_dict_set_c(ns, "__module__", ob_str_intern_c("ast"))) return false;
    ob_val doc = doc_of(n);
    if (ob_is_null(doc) || !ob_dict_set_c(ns, "__doc__", doc)) return false;
    if (!n->is_sum && (!ob_dict_set_c(ns, "_fields", fields) || !ob_dict_set_c(ns, "__match_args__", fields))) return false;
    bool own = n->is_sum || !strcmp(n->sum, n->name);
    if (own && has_position(n)) {
        if (!ob_dict_set_c(ns, "_attributes", attributes) || !ob_dict_set_c(ns, "end_lineno", OB_NONE) || !ob_dict_set_c(ns, "end_col_offset", OB_NONE)) return false;
    }
    ob_val a[3] = {ob_str_intern_c(n->name), ob_tuple_of1(base), ns}, cls = ob_call(ob_of(&ob_type_type), a, 3);
    return !ob_is_null(cls) && ob_module_add(m, n->name, cls);
}

static bool fill(ob_val m) {
    ob_val code = py_compile_source(base_source, sizeof base_source - 1, ob_str_intern_c("<_ast>"), PY_PARSE_EXEC, 0, 0), ns = ob_dict_new();
    if (ob_is_null(code) || ob_is_null(ns) || !ob_dict_set(ns, OB_NAME(builtins), ob_dict_get_c(py_modules, "builtins")) ||
        !ob_dict_set(ns, OB_NAME(name), ob_str_intern_c("ast")) || ob_is_null(py_run_code(code, ns, ns, OB_NULL))) return false;
    if (!ob_module_add(m, "AST", ob_dict_get_c(ns, "AST"))) return false;
    for (size_t i = 0; i < BASE_LENGTH(nodes); i++) if (!add_class(m, &nodes[i])) return false;
    return ob_module_add_int(m, "PyCF_ONLY_AST", 0x400) && ob_module_add_int(m, "PyCF_TYPE_COMMENTS", 0x1000) && ob_module_add_int(m, "PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000);
}
const ob_module_def py_mod__ast = {"_ast", "The classes of syntax trees.", NULL, fill};
