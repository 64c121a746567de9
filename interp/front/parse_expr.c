/* parse_expr.c: expressions from primaries upwards, and assignment targets.  No locks. */
#include "interp/front/parse_int.h"

/* --- what may begin an expression -------------------------------------------------------------------------------------- */

bool py__starts_expression(py_tok_kind kind)
{
    switch (kind) {
    case PY_T_NAME: case PY_T_NUMBER: case PY_T_STRING: case PY_T_LPAR: case PY_T_LSQB: case PY_T_LBRACE: case PY_T_MINUS:
    case PY_T_PLUS: case PY_T_TILDE: case PY_T_ELLIPSIS: case PY_T_NONE: case PY_T_TRUE: case PY_T_FALSE: case PY_T_NOT:
    case PY_T_LAMBDA: case PY_T_AWAIT:
        return true;
    default:
        return false;
    }
}

ast_expr *py__try(py_parser *p, ast_expr *(*rule)(py_parser *))
{
    if (p->raised || p->spec == 0)
        return NULL;
    const py_spot start = py__spot(p);
    bool explain = p->explain;
    p->explain = false;
    ast_expr *e = rule(p);
    p->explain = explain;
    unsigned used = (unsigned)(p->t - start.t) + 1;
    p->spec = p->spec > used ? p->spec - used : 0;
    if (p->raised || py__at_lexical_error(p))
        return NULL;
    if (!e)
        py__go_back(p, &start);
    return e;
}

ast_expr *py__look(py_parser *p, ast_expr *(*rule)(py_parser *))
{
    if (p->raised || p->spec == 0)
        return NULL;
    p->spec--;
    const py_token *start = p->t;
    unsigned depth = p->depth;
    ast_expr *e = rule(p);
    unsigned used = (unsigned)(p->t - start);
    p->spec = p->spec > used ? p->spec - used : 0;
    p->depth = depth;
    return e;
}

ast_expr *py__name(py_parser *p, ast_expr_context ctx)
{
    if (!py__at(p, PY_T_NAME))
        return NULL;
    const py_token *t = p->t++;
    ast_expr *e = py__node(p, AST_Name, t);
    if (e) {
        e->Name.id = t->name;
        e->Name.ctx = ctx;
    }
    return e;
}

/* The items above mark as a Tuple that begins at token start (where a parenthesis of its first element stands, if it has one). */
ast_expr *py__tuple_from(py_parser *p, uint32_t mark, const py_token *start)
{
    ast_expr_seq *elts = py__pop(p, mark);
    ast_expr *e = py__node(p, AST_Tuple, start);
    if (!e || !elts)
        return NULL;
    e->Tuple.elts = elts;
    e->Tuple.ctx = AST_Load;
    return e;
}

/* --- targets ----------------------------------------------------------------------------------------------------------- */

bool py__as_target(ast_expr *e, ast_expr_context ctx)
{
    switch (e->kind) {
    case AST_Name:
        e->Name.ctx = ctx;
        return true;
    case AST_Attribute:
        e->Attribute.ctx = ctx;
        return true;
    case AST_Subscript:
        e->Subscript.ctx = ctx;
        return true;
    case AST_Starred:
        if (ctx == AST_Del || e->Starred.value->kind == AST_Starred)
            return false;
        e->Starred.ctx = ctx;
        return py__as_target(e->Starred.value, ctx);
    case AST_List:
    case AST_Tuple: {
        ast_expr_seq *elts = e->kind == AST_List ? e->List.elts : e->Tuple.elts;
        for (int32_t i = 0; i < elts->n; i++)
            if (!py__as_target(elts->items[i], ctx))
                return false;
        if (e->kind == AST_List)
            e->List.ctx = ctx;
        else
            e->Tuple.ctx = ctx;
        return true;
    }
    default:
        return false;
    }
}

const char *py__expr_name(const ast_expr *e)
{
    static const char *const names[AST_KINDS] = {
        [AST_Attribute] = "attribute", [AST_Subscript] = "subscript", [AST_Starred] = "starred", [AST_Name] = "name",
        [AST_List] = "list", [AST_Tuple] = "tuple", [AST_Lambda] = "lambda", [AST_Call] = "function call",
        [AST_BoolOp] = "expression", [AST_BinOp] = "expression", [AST_UnaryOp] = "expression",
        [AST_GeneratorExp] = "generator expression", [AST_Yield] = "yield expression", [AST_YieldFrom] = "yield expression",
        [AST_Await] = "await expression", [AST_ListComp] = "list comprehension", [AST_SetComp] = "set comprehension",
        [AST_DictComp] = "dict comprehension", [AST_Dict] = "dict literal", [AST_Set] = "set display",
        [AST_JoinedStr] = "f-string expression", [AST_FormattedValue] = "f-string expression", [AST_Compare] = "comparison",
        [AST_IfExp] = "conditional expression", [AST_NamedExpr] = "named expression", [AST_Slice] = "slice",
    };
    if (e->kind != AST_Constant)
        return names[e->kind];
    switch (e->Constant.value.kind) {
    case AST_CONST_NONE: return "None";
    case AST_CONST_TRUE: return "True";
    case AST_CONST_FALSE: return "False";
    case AST_CONST_ELLIPSIS: return "ellipsis";
    default: return "literal";
    }
}

static ast_expr *invalid_target(ast_expr *e, enum py__target type)
{
    switch (e->kind) {
    case AST_List:
    case AST_Tuple: {
        ast_expr_seq *elts = e->kind == AST_List ? e->List.elts : e->Tuple.elts;
        ast_expr *bad = NULL;
        for (int32_t i = 0; i < elts->n && !bad; i++)
            bad = invalid_target(elts->items[i], type);
        return bad;
    }
    case AST_Starred:
        return type == PY__DEL_TARGETS ? e : invalid_target(e->Starred.value, type);
    case AST_Compare:
        if (type != PY__FOR_TARGETS)
            return e;
        return e->Compare.ops->items[0] == AST_In ? invalid_target(e->Compare.left, type) : NULL;
    case AST_Name: case AST_Subscript: case AST_Attribute:
        return NULL;
    default:
        return e;
    }
}

void *py__raise_invalid_target(py_parser *p, ast_expr *e, enum py__target type)
{
    ast_expr *bad = e ? invalid_target(e, type) : NULL;
    if (!bad)
        return NULL;
    return RAISE_AT(p, bad, "cannot %s %s", type == PY__DEL_TARGETS ? "delete" : "assign to", py__expr_name(bad));
}

/* A target list as `for` has it.  Its elements are primaries; whether they are targets is checked behind them. */
ast_expr *py__star_targets(py_parser *p)
{
    const py_token *start = p->t;
    uint32_t mark = p->n_stack;
    ast_expr *e;
    bool comma = false;
    for (;;) {
        const py_token *first = p->t;
        if (py__accept(p, PY_T_STAR)) {
            ast_expr *value = py__primary(p);
            e = value ? py__node(p, AST_Starred, first) : NULL;
            if (!e)
                goto fail;
            e->Starred.value = value;
        } else if (!(e = py__primary(p))) {
            goto fail;
        }
        if (!py__push(p, e))
            return NULL;
        if (!py__accept(p, PY_T_COMMA))
            break;
        comma = true;
        if (!py__starts_expression((py_tok_kind)p->t->kind) && !py__at(p, PY_T_STAR))
            break;
    }
    if (comma)
        e = py__tuple_from(p, mark, start);
    p->n_stack = mark;
    if (e && py__at(p, PY_T_IN) && py__as_target(e, AST_Store))
        return e;
fail:
    if (p->explain && !p->raised) {
        py__mark_far(p);
        p->t = start;
        p->n_stack = mark;
        py__raise_invalid_target(p, py__look(p, py__star_expressions), PY__FOR_TARGETS);
    }
    return NULL;
}

/* --- '=' and ':=' where they do not belong ------------------------------------------------------------------------------ */

/* Was e read by the rule bitwise_or, and is it none of the displays that may be targets? */
static bool is_plain_operand(const ast_expr *e)
{
    bool paren = e->flags & AST_F_PAREN;
    switch (e->kind) {
    case AST_List: case AST_GeneratorExp: case AST_Tuple:
        return false;
    case AST_Constant:
        return e->Constant.value.kind > AST_CONST_FALSE || paren;
    case AST_Compare: case AST_BoolOp: case AST_IfExp: case AST_Lambda: case AST_Starred: case AST_Yield: case AST_YieldFrom:
        return paren;
    case AST_UnaryOp:
        return paren || e->UnaryOp.op != AST_Not;
    default:
        return true;
    }
}

bool py__check_named(py_parser *p, ast_expr *e)
{
    const py_token *op = p->t;
    if (!p->explain || p->raised)
        return false;
    if (op->kind == PY_T_COLONEQUAL) {
        p->t++;
        if (py__try(p, py__expression))
            RAISE_AT(p, e, "cannot use assignment expressions with %s", py__expr_name(e));
        p->t = op;
    } else if (op->kind == PY_T_EQUAL && is_plain_operand(e)) {
        p->t++;
        ast_expr *value = py__try(p, py__bitwise_or);
        if (!value)                      /* a beginning of it is enough */
            value = py__try(p, py__primary);
        if (!value)
            value = py__try(p, py__atom);
        if (value && !py__at(p, PY_T_EQUAL) && !py__at(p, PY_T_COLONEQUAL)) {
            if (e->kind == AST_Name && !(e->flags & AST_F_PAREN))
                RAISE_RANGE(p, e, value, "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
            else
                RAISE_AT(p, e, "cannot assign to %s here. Maybe you meant '==' instead of '='?", py__expr_name(e));
        }
        p->t = op;
    }
    return p->raised;
}

/* --- primaries --------------------------------------------------------------------------------------------------------- */

static ast_expr *slice(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *lower = NULL, *upper = NULL, *step = NULL;
    if (py__at(p, PY_T_STAR))
        return py__starred(p);
    if (!py__at(p, PY_T_COLON)) {
        if (!(lower = py__named_expression(p)))
            return NULL;
        if (!py__at(p, PY_T_COLON) || (lower->kind == AST_NamedExpr && !(lower->flags & AST_F_PAREN)))
            return lower;
    }
    p->t++;
    if (py__starts_expression((py_tok_kind)p->t->kind) && !(upper = py__expression(p)))
        return NULL;
    if (py__accept(p, PY_T_COLON) && py__starts_expression((py_tok_kind)p->t->kind) && !(step = py__expression(p)))
        return NULL;
    ast_expr *e = py__node(p, AST_Slice, start);
    if (!e)
        return NULL;
    e->Slice.lower = lower;
    e->Slice.upper = upper;
    e->Slice.step = step;
    return e;
}

/* Between '[' and ']': one slice, or a tuple of them. */
static ast_expr *slices(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *first = slice(p);
    if (!first || (!py__at(p, PY_T_COMMA) && first->kind != AST_Starred))
        return first;
    uint32_t mark = p->n_stack;
    if (!py__push(p, first))
        return NULL;
    while (py__accept(p, PY_T_COMMA) && !py__at(p, PY_T_RSQB)) {
        ast_expr *e = slice(p);
        if (!e || !py__push(p, e))
            return NULL;
    }
    return py__tuple_from(p, mark, start);
}

static ast_expr *attribute(py_parser *p, ast_expr *value)
{
    p->t++;
    if (!py__at(p, PY_T_NAME))
        return NULL;
    const ast_name *attr = p->t++->name;
    ast_expr *e = py__node_from(p, AST_Attribute, value);
    if (!e)
        return NULL;
    e->Attribute.value = value;
    e->Attribute.attr = attr;
    return e;
}

static ast_expr *subscript(py_parser *p, ast_expr *value)
{
    p->t++;
    if (!py__enter(p))
        return NULL;
    ast_expr *index = slices(p);
    py__leave(p);
    if (!index || !py__accept(p, PY_T_RSQB))
        return NULL;
    ast_expr *e = py__node_from(p, AST_Subscript, value);
    if (!e)
        return NULL;
    e->Subscript.value = value;
    e->Subscript.slice = index;
    return e;
}

static ast_expr *call(py_parser *p, ast_expr *func)
{
    p->t++;
    ast_expr_seq *args;
    ast_keyword_seq *keywords;
    if (!py__enter(p))
        return NULL;
    bool ok = py__call_arguments(p, &args, &keywords);
    py__leave(p);
    ast_expr *e = ok ? py__node_from(p, AST_Call, func) : NULL;
    if (!e)
        return NULL;
    e->Call.func = func;
    e->Call.args = args;
    e->Call.keywords = keywords;
    return e;
}

ast_expr *py__primary(py_parser *p)
{
    /* what is in parentheses begins, as a part of something larger, at the parenthesis */
    const py_token *start = p->t;
    ast_expr *e = py__atom(p);
    while (e) {
        ast_expr *whole;
        const py_spot here = py__spot(p);
        switch (p->t->kind) {
        case PY_T_DOT: whole = attribute(p, e); break;
        case PY_T_LSQB: whole = subscript(p, e); break;
        case PY_T_LPAR: whole = call(p, e); break;
        default: return e;
        }
        if (whole) {
            whole->lineno = start->lineno;
            whole->col_offset = start->col;
        } else if (py__cut_back(p, &here)) {
            return e;
        }
        e = whole;
    }
    return NULL;
}

/* --- operators --------------------------------------------------------------------------------------------------------- */

static ast_expr *factor(py_parser *p);

static ast_expr *power(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *left;
    if (py__accept(p, PY_T_AWAIT)) {
        ast_expr *value = py__primary(p);
        left = value ? py__node(p, AST_Await, start) : NULL;
        if (!left)
            return NULL;
        left->Await.value = value;
        if (!py__since(p, 5, "Await expressions are"))
            return NULL;
    } else {
        left = py__primary(p);
    }
    if (!left || !py__at(p, PY_T_DOUBLESTAR))
        return left;
    const py_spot here = py__spot(p);
    p->t++;
    ast_expr *right = factor(p);
    if (!right && py__cut_back(p, &here))
        return left;
    ast_expr *e = right ? py__node(p, AST_BinOp, start) : NULL;
    if (!e)
        return NULL;
    e->BinOp.left = left;
    e->BinOp.op = AST_Pow;
    e->BinOp.right = right;
    return e;
}

static ast_expr *factor(py_parser *p)
{
    ast_unaryop op;
    switch (p->t->kind) {
    case PY_T_PLUS: op = AST_UAdd; break;
    case PY_T_MINUS: op = AST_USub; break;
    case PY_T_TILDE: op = AST_Invert; break;
    default: {
        if (!py__enter(p))
            return NULL;
        ast_expr *e = power(p);
        py__leave(p);
        return e;
    }
    }
    const py_token *start = p->t++;
    if (!py__enter(p))
        return NULL;
    ast_expr *operand = factor(p);
    py__leave(p);
    ast_expr *e = operand ? py__node(p, AST_UnaryOp, start) : NULL;
    if (!e)
        return NULL;
    e->UnaryOp.op = op;
    e->UnaryOp.operand = operand;
    return e;
}

/* Binary operators by how strongly they bind; 0: no binary operator. */
static const struct { uint8_t level, op; } binary_of[PY_TOK_KINDS] = {
    [PY_T_VBAR] = {1, AST_BitOr}, [PY_T_CIRCUMFLEX] = {2, AST_BitXor}, [PY_T_AMPER] = {3, AST_BitAnd},
    [PY_T_LEFTSHIFT] = {4, AST_LShift}, [PY_T_RIGHTSHIFT] = {4, AST_RShift}, [PY_T_PLUS] = {5, AST_Add},
    [PY_T_MINUS] = {5, AST_Sub}, [PY_T_STAR] = {6, AST_Mult}, [PY_T_SLASH] = {6, AST_Div}, [PY_T_DOUBLESLASH] = {6, AST_FloorDiv},
    [PY_T_PERCENT] = {6, AST_Mod}, [PY_T_AT] = {6, AST_MatMult},
};

static ast_expr *binary(py_parser *p, unsigned level)
{
    const py_token *start = p->t;
    ast_expr *left = factor(p);
    while (left) {
        unsigned here = binary_of[p->t->kind].level;
        if (here < level || here == 0)
            return left;
        ast_operator op = binary_of[p->t->kind].op;
        const py_spot at = py__spot(p);
        p->t++;
        ast_expr *right = binary(p, here + 1);
        if (!right && py__cut_back(p, &at))
            return left;
        ast_expr *e = right ? py__node(p, AST_BinOp, start) : NULL;
        if (!e || (op == AST_MatMult && !py__since(p, 5, "The '@' operator is")))
            return NULL;
        e->BinOp.left = left;
        e->BinOp.op = op;
        e->BinOp.right = right;
        left = e;
    }
    return NULL;
}

ast_expr *py__bitwise_or(py_parser *p)
{
    return binary(p, 1);
}

/* `<>`, or `!=` where Barry is the BDFL */
static int wrong_unequal(py_parser *p)
{
    if (p->flags & PY_PARSE_BARRY) {
        bool explain = p->explain;
        p->explain = true;
        RAISE_HERE(p, "with Barry as BDFL, use '<>' instead of '!='");
        p->explain = explain;
    }
    return -1;
}

/* Reads a comparison operator.  -1: there is none. */
static int comparison_operator(py_parser *p)
{
    int op;
    switch (p->t->kind) {
    case PY_T_EQEQUAL: op = AST_Eq; break;
    case PY_T_NOTEQUAL:
        if ((p->lx.src[p->t->start] == '<') != !!(p->flags & PY_PARSE_BARRY))
            return wrong_unequal(p);
        op = AST_NotEq;
        break;
    case PY_T_LESS: op = AST_Lt; break;
    case PY_T_LESSEQUAL: op = AST_LtE; break;
    case PY_T_GREATER: op = AST_Gt; break;
    case PY_T_GREATEREQUAL: op = AST_GtE; break;
    case PY_T_IN: op = AST_In; break;
    case PY_T_NOT:
        if (py__peek(p) != PY_T_IN)
            return -1;
        p->t++;
        op = AST_NotIn;
        break;
    case PY_T_IS:
        op = AST_Is;
        if (p->t[1].kind == PY_T_NOT) {
            p->t++;
            op = AST_IsNot;
        }
        break;
    default:
        return -1;
    }
    p->t++;
    return op;
}

static ast_expr *comparison(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *left = binary(p, 1);
    if (!left)
        return NULL;
    py_spot here = py__spot(p);
    int op = comparison_operator(p);
    if (op < 0)
        return p->raised ? NULL : left;
    uint32_t mark = p->n_stack;
    do {
        ast_expr *right = binary(p, 1);
        if (!right && py__cut_back(p, &here)) {
            if (p->n_stack == mark)
                return left;
            break;
        }
        if (!right || !py__push(p, right) || !py__push(p, (void *)(uintptr_t)op))
            return NULL;
        here = py__spot(p);
        op = comparison_operator(p);
    } while (op >= 0);
    uint32_t n = (p->n_stack - mark) / 2;
    ast_expr *e = py__node(p, AST_Compare, start);
    ast_cmpop_seq *ops = base_arena_alloc(p->arena, sizeof *ops + n);
    ast_expr_seq *comparators = ast_seq_new(p->arena, n);
    if (!e || !ops || !comparators)
        return NULL;
    ops->n = (int32_t)n;
    for (uint32_t i = 0; i < n; i++) {
        comparators->items[i] = p->stack[mark + 2 * i];
        ops->items[i] = (uint8_t)(uintptr_t)p->stack[mark + 2 * i + 1];
    }
    p->n_stack = mark;
    e->Compare.left = left;
    e->Compare.ops = ops;
    e->Compare.comparators = comparators;
    return e;
}

static ast_expr *inversion(py_parser *p)
{
    if (!py__at(p, PY_T_NOT))
        return comparison(p);
    const py_token *start = p->t++;
    if (!py__enter(p))
        return NULL;
    ast_expr *operand = inversion(p);
    py__leave(p);
    ast_expr *e = operand ? py__node(p, AST_UnaryOp, start) : NULL;
    if (!e)
        return NULL;
    e->UnaryOp.op = AST_Not;
    e->UnaryOp.operand = operand;
    return e;
}

/* The rest of `a op b op c`. */
static ast_expr *bool_op(py_parser *p, const py_token *start, ast_expr *first, py_tok_kind tok, ast_boolop op,
                         ast_expr *(*operand)(py_parser *))
{
    uint32_t mark = p->n_stack;
    if (!py__push(p, first))
        return NULL;
    while (py__at(p, tok)) {
        const py_spot here = py__spot(p);
        p->t++;
        ast_expr *e = operand(p);
        if (!e && py__cut_back(p, &here)) {
            if (p->n_stack == mark + 1) {
                p->n_stack = mark;
                return first;
            }
            break;
        }
        if (!e || !py__push(p, e))
            return NULL;
    }
    ast_expr_seq *values = py__pop(p, mark);
    ast_expr *e = py__node(p, AST_BoolOp, start);
    if (!e || !values)
        return NULL;
    e->BoolOp.op = op;
    e->BoolOp.values = values;
    return e;
}

static ast_expr *conjunction(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *e = inversion(p);
    return e && py__at(p, PY_T_AND) ? bool_op(p, start, e, PY_T_AND, AST_And, inversion) : e;
}

ast_expr *py__disjunction(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *e = conjunction(p);
    return e && py__at(p, PY_T_OR) ? bool_op(p, start, e, PY_T_OR, AST_Or, conjunction) : e;
}

/* --- expression -------------------------------------------------------------------------------------------------------- */

static ast_expr *lambda(py_parser *p)
{
    const py_token *start = p->t++;
    ast_arguments *args = py__parameters(p, PY_T_COLON);
    if (!args || !py__accept(p, PY_T_COLON))
        return NULL;
    ast_expr *body = py__expression(p);
    ast_expr *e = body ? py__node(p, AST_Lambda, start) : NULL;
    if (!e)
        return NULL;
    e->Lambda.args = args;
    e->Lambda.body = body;
    return e;
}

enum { EXPLAIN_DEPTH = 300 };    /* words in a row that are looked at for an explanation */

static bool is_legacy(const ast_expr *a)
{
    return a->kind == AST_Name && (a->Name.id->id == PY_SOFT_PRINT || a->Name.id->id == PY_SOFT_EXEC);
}

/* Second pass, behind the disjunction a: is this two expressions without a comma, or a ternary without else? */
static void *check_expression(py_parser *p, const py_token *start, ast_expr *a)
{
    const py_token *here = p->t;
    bool soft = start->kind == PY_T_NAME && start->name->id >= PY_SOFT_MATCH && start->name->id <= PY_SOFT_WILDCARD;
    bool prefix = start->kind == PY_T_NAME && start[1].kind == PY_T_STRING;
    if (!soft && !prefix && py__starts_expression((py_tok_kind)here->kind)) {
        ast_expr *b = py__try(p, py__expression);
        if (b && !is_legacy(a) && p->t[-1].level != 0)
            return RAISE_RANGE(p, a, b, "invalid syntax. Perhaps you forgot a comma?");
        py__mark_far(p);
        p->t = here;
    }
    if (py__at(p, PY_T_IF)) {
        p->t++;
        ast_expr *b = py__disjunction(p);
        if (p->raised)
            return NULL;
        if (b && !py__at(p, PY_T_ELSE) && !py__at(p, PY_T_COLON))
            return RAISE_RANGE(p, a, b, "expected 'else' after 'if' expression");
        py__mark_far(p);
        p->t = here;
    }
    /* Any name is read as if it were a print statement, so that what follows it is explained, too. */
    if (start->kind == PY_T_NAME && here == start + 1 && !py__at(p, PY_T_LPAR) && p->depth < EXPLAIN_DEPTH
        && py__starts_expression((py_tok_kind)here->kind)) {
        uint32_t mark = p->n_stack;
        ast_expr *b = py__try(p, py__disjunction);
        p->depth++;
        if (b)
            check_expression(p, here, b);
        else if (!p->raised)
            (void)py__look(p, py__star_expressions);     /* raises what is wrong within a display */
        p->depth--;
        p->n_stack = mark;
        p->t = here;
        if (is_legacy(a) && !p->raised && (b = py__star_expressions(p)))
            RAISE_RANGE(p, a, b, "Missing parentheses in call to '%s'. Did you mean %s(...)?", a->Name.id->s, a->Name.id->s);
        if (p->raised || py__at_lexical_error(p))
            return NULL;
        py__mark_far(p);
        p->t = here;
    }
    return NULL;
}

static ast_expr *ternary(py_parser *p, const py_token *start, ast_expr *body)
{
    p->t++;
    ast_expr *test = py__disjunction(p);
    if (!test || !py__accept(p, PY_T_ELSE))
        return NULL;
    ast_expr *orelse = py__expression(p);
    ast_expr *e = orelse ? py__node(p, AST_IfExp, start) : NULL;
    if (!e)
        return NULL;
    e->IfExp.test = test;
    e->IfExp.body = body;
    e->IfExp.orelse = orelse;
    return e;
}

ast_expr *py__expression(py_parser *p)
{
    const py_token *start = p->t;
    if (!py__enter(p))
        return NULL;
    ast_expr *e;
    if (py__at(p, PY_T_LAMBDA)) {
        e = lambda(p);
    } else {
        e = py__disjunction(p);
        if (UNLIKELY(p->explain) && e) {
            check_expression(p, start, e);
            if (p->raised)
                e = NULL;
        }
        if (e && py__at(p, PY_T_IF)) {
            const py_spot here = py__spot(p);
            ast_expr *whole = ternary(p, start, e);
            e = whole || !py__cut_back(p, &here) ? whole : e;
        }
    }
    py__leave(p);
    return e;
}

ast_expr *py__named_expression(py_parser *p)
{
    if (py__at(p, PY_T_NAME) && p->t[1].kind == PY_T_COLONEQUAL) {
        const py_token *start = p->t;
        ast_expr *target = py__name(p, AST_Store);
        p->t++;
        ast_expr *value = py__expression(p);
        ast_expr *e = target && value ? py__node(p, AST_NamedExpr, start) : NULL;
        if (!e || !py__since(p, 8, "Assignment expressions are"))
            return NULL;
        e->NamedExpr.target = target;
        e->NamedExpr.value = value;
        return e;
    }
    ast_expr *e = py__expression(p);
    if (UNLIKELY(p->explain) && e && py__check_named(p, e))
        return NULL;
    return e && py__at(p, PY_T_COLONEQUAL) ? NULL : e;
}

/* --- lists of expressions ---------------------------------------------------------------------------------------------- */

ast_expr *py__starred(py_parser *p)
{
    const py_token *start = p->t++;
    ast_expr *value = py__bitwise_or(p);
    ast_expr *e = value ? py__node(p, AST_Starred, start) : NULL;
    if (e)
        e->Starred.value = value;
    return e;
}

ast_expr *py__star_expression(py_parser *p)
{
    return py__at(p, PY_T_STAR) ? py__starred(p) : py__expression(p);
}

ast_expr *py__star_named_expression(py_parser *p)
{
    return py__at(p, PY_T_STAR) ? py__starred(p) : py__named_expression(p);
}

ast_expr *py__star_expressions(py_parser *p)
{
    const py_token *start = p->t;
    ast_expr *first = py__star_expression(p);
    if (!first || !py__at(p, PY_T_COMMA))
        return first;
    uint32_t mark = p->n_stack;
    if (!py__push(p, first))
        return NULL;
    while (py__accept(p, PY_T_COMMA) && (py__starts_expression((py_tok_kind)p->t->kind) || py__at(p, PY_T_STAR))) {
        ast_expr *e = py__star_expression(p);
        if (!e || !py__push(p, e))
            return NULL;
    }
    return py__tuple_from(p, mark, start);
}

ast_expr *py__yield_or_star_expressions(py_parser *p)
{
    if (!py__at(p, PY_T_YIELD))
        return py__star_expressions(p);
    const py_token *start = p->t++;
    ast_expr *value = NULL;
    bool from = py__accept(p, PY_T_FROM);
    if (from) {
        if (!(value = py__expression(p)))
            return NULL;
    } else if (py__starts_expression((py_tok_kind)p->t->kind) || py__at(p, PY_T_STAR)) {
        if (!(value = py__star_expressions(p)))
            return NULL;
    }
    ast_expr *e = py__node(p, from ? AST_YieldFrom : AST_Yield, start);
    if (!e)
        return NULL;
    e->Yield.value = value;              /* YieldFrom has the same layout */
    return e;
}
_Static_assert(offsetof(ast_expr, Yield.value) == offsetof(ast_expr, YieldFrom.value), "yields look alike");
