/* compile_match.c: the match statement.
 *
 * Locks: none.
 * M1  A pattern that does not match jumps to p->fail and has bound no name: captured values wait in temporaries until the whole
 *     pattern has matched.  */
#include "interp/front/compile_int.h"
#include "interp/front/repr.h"
#include <inttypes.h>
#include <stdio.h>

typedef struct capture { const ast_name *name; cc_reg reg; } capture;
typedef struct matcher {
    cc_label *fail;
    const ast_pattern *last;     /* newest one looked at: where Python reports errors of names */
    bool irrefutable_ok;         /* a pattern that always matches may stand here */
    VEC(capture) captures;
} matcher;

static void match_pattern(cc *c, ast_pattern *p, cc_reg s, matcher *m);

static bool is_wildcard(const ast_pattern *p) { return p->kind == AST_MatchAs && !p->MatchAs.name && !p->MatchAs.pattern; }
static bool is_star_wildcard(const ast_pattern *p) { return p->kind == AST_MatchStar && !p->MatchStar.name; }

static void capture_name(cc *c, const ast_pattern *p, const ast_name *name, cc_reg reg, matcher *m)
{
    if (!name || cc_forbidden(c, (const ast_node *)p, name, AST_Store))
        return;
    for (size_t i = 0; i < m->captures.n; i++)
        if (m->captures.at[i].name == name) {
            cc_error(c, (const ast_node *)p, "multiple assignments to name '%s' in pattern", name->s);
            return;
        }
    if (!VEC_PUSH(&m->captures, (capture){name, reg}))
        cc_no_memory(c);
}

static void sub_pattern(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    bool before = m->irrefutable_ok;
    m->irrefutable_ok = true;
    match_pattern(c, p, s, m);
    m->irrefutable_ok = before;
}

static void match_value(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    cc_reg mark = c->u->top;
    int32_t imm;
    cc_const *k = cc_const_of(c, p->MatchValue.value);
    if (cc_const_imm(k, &imm)) {
        CC_AT(c, p);
        cc_emit_jump(c, PY_OP_JNEQ_I, s, (uint16_t)imm, m->fail);
        return;
    }
    if (!k && p->MatchValue.value->kind != AST_Attribute) {
        cc_error(c, (const ast_node *)p, "patterns may only match literals and attribute lookups");
        return;
    }
    cc_reg v = cc_expr(c, p->MatchValue.value);
    CC_AT(c, p);
    cc_emit_jump(c, PY_OP_JNEQ, s, v, m->fail);
    c->u->top = mark;
}

static void match_singleton(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    cc_reg mark = c->u->top;
    CC_AT(c, p);
    if (p->MatchSingleton.value.kind == AST_CONST_NONE) {
        cc_emit_jump(c, PY_OP_JNOTNONE, s, 0, m->fail);
        return;
    }
    cc_reg t = cc_temp(c);
    cc_load_const(c, t, p->MatchSingleton.value.kind == AST_CONST_TRUE ? c->t : c->f);
    cc_emit(c, PY_OP_IS, t, s, t);
    cc_emit_jump(c, PY_OP_JF, t, 0, m->fail);
    c->u->top = mark;
}

/* Fails unless len (a register) is n, or with at_least n or more. */
static void check_length(cc *c, cc_reg len, int32_t n, bool at_least, matcher *m)
{
    if (n <= INT16_MAX) {
        cc_emit_jump(c, at_least ? PY_OP_JNGE_I : PY_OP_JNEQ_I, len, (uint16_t)n, m->fail);
        return;
    }
    cc_reg mark = c->u->top, t = cc_temp(c);
    cc_load_const(c, t, cc_const_int(c, n));
    cc_emit_jump(c, at_least ? PY_OP_JNGE : PY_OP_JNEQ, len, t, m->fail);
    c->u->top = mark;
}

/* Items next to a `*_` are fetched one by one; the rest need not be looked at. */
static void match_items(cc *c, ast_pattern_seq *ps, int32_t star, cc_reg s, cc_reg len, matcher *m)
{
    for (int32_t i = 0; i < ps->n; i++) {
        if (i == star || is_wildcard(ps->items[i]))
            continue;
        cc_reg t = cc_temp(c);
        if (i < star) {
            cc_emit(c, PY_OP_GETITEM_I, t, s, (uint16_t)i);
        } else {
            cc_emit(c, PY_OP_SUB_I, t, len, (uint16_t)(ps->n - i));
            cc_emit(c, PY_OP_GETITEM, t, s, t);
        }
        sub_pattern(c, ps->items[i], t, m);
    }
}

static void match_unpacked(cc *c, ast_pattern_seq *ps, int32_t star, cc_reg s, matcher *m)
{
    cc_reg first = c->u->top;
    c->u->top += (cc_reg)ps->n;
    cc_reserve(c, c->u->top);
    if (star < 0)
        cc_emit(c, PY_OP_UNPACK, first, s, (uint32_t)ps->n);
    else
        cc_emit(c, PY_OP_UNPACKEX, first, s, (uint32_t)(star | (ps->n - star - 1) << 8));
    for (int32_t i = 0; i < ps->n; i++)
        sub_pattern(c, ps->items[i], first + (cc_reg)i, m);
}

static void match_sequence(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    ast_pattern_seq *ps = p->MatchSequence.patterns;
    int32_t star = -1;
    bool only_wildcards = true;
    for (int32_t i = 0; i < ps->n; i++) {
        if (ps->items[i]->kind == AST_MatchStar) {
            if (star >= 0) {
                cc_error(c, (const ast_node *)p, "multiple starred names in sequence pattern");
                return;
            }
            star = i;
        }
        only_wildcards &= is_wildcard(ps->items[i]) || is_star_wildcard(ps->items[i]);
    }
    if (star >= 0 && (star > 0xff || ps->n - star - 1 > 0xff)) {
        cc_error(c, (const ast_node *)p, "too many expressions in star-unpacking sequence pattern");
        return;
    }
    cc_reg t = cc_temp(c);
    CC_AT(c, p);
    cc_emit(c, PY_OP_MATCHSEQ, t, s, 0);
    cc_emit_jump(c, PY_OP_JF, t, 0, m->fail);
    if (star < 0 || ps->n > 1) {
        cc_emit(c, PY_OP_LEN, t, s, 0);
        check_length(c, t, star < 0 ? ps->n : ps->n - 1, star >= 0, m);
    }
    if (only_wildcards)
        return;
    if (star >= 0 && is_star_wildcard(ps->items[star]))
        match_items(c, ps, star, s, t, m);
    else
        match_unpacked(c, ps, star, s, m);
}

static bool same_key(const cc_const *a, const cc_const *b)
{
    if (a == b)
        return true;
    double x[2];
    const cc_const *k[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (k[i]->kind == CC_INT)
            x[i] = (double)k[i]->i;
        else if (k[i]->kind == CC_FLOAT)
            x[i] = k[i]->f;
        else if (k[i]->kind == CC_COMPLEX && k[i]->z.im == 0)
            x[i] = k[i]->z.re;
        else if (k[i]->kind == CC_TRUE || k[i]->kind == CC_FALSE)
            x[i] = k[i]->kind == CC_TRUE;
        else
            return false;
    }
    return x[0] == x[1];
}

/* As repr() writes the key, which may have a sign or be a sum. */
static void repr_key(base_buf *b, const ast_expr *e)
{
    if (e->kind == AST_Constant) {
        py_repr_constant(b, &e->Constant.value);
    } else if (e->kind == AST_UnaryOp) {
        const ast_expr *k = e->UnaryOp.operand;
        if (k->kind != AST_Constant || k->Constant.value.kind != AST_CONST_INT || k->Constant.value.i)
            base_buf_byte(b, '-');
        repr_key(b, e->UnaryOp.operand);
    } else if (e->kind == AST_BinOp) {
        base_buf_byte(b, '(');
        repr_key(b, e->BinOp.left);
        base_buf_byte(b, e->BinOp.op == AST_Add ? '+' : '-');
        repr_key(b, e->BinOp.right);
        base_buf_byte(b, ')');
    }
}

static void duplicate_key(cc *c, const ast_pattern *p, const ast_expr *key)
{
    base_buf b;
    base_buf_init(&b);
    repr_key(&b, key);
    if (b.failed)
        cc_no_memory(c);
    else
        cc_error(c, (const ast_node *)p, "mapping pattern checks duplicate key (%.*s)", (int)(b.n > 300 ? 300 : b.n), b.at);
    base_buf_release(&b);
}

/* The tuple of keys in the next temporary. */
static cc_reg mapping_keys(cc *c, ast_pattern *p)
{
    ast_expr_seq *keys = p->MatchMapping.keys;
    cc_reg mark = c->u->top;
    cc_const **seen = cc_alloc(c, (size_t)keys->n * sizeof *seen);
    for (int32_t i = 0; seen && i < keys->n; i++) {
        seen[i] = cc_const_of(c, keys->items[i]);
        if (!seen[i] && keys->items[i]->kind != AST_Attribute) {
            cc_error(c, (const ast_node *)p, "mapping pattern keys may only match literals and attribute lookups");
            return mark;
        }
        for (int32_t j = 0; seen[i] && j < i && keys->n < 5000; j++)
            if (seen[j] && same_key(seen[i], seen[j])) {
                duplicate_key(c, p, keys->items[i]);
                return mark;
            }
        cc_expr_push(c, keys->items[i]);
    }
    c->u->top = mark;
    cc_reg t = cc_temp(c);
    CC_AT(c, p);
    cc_emit(c, PY_OP_BUILDTUPLE, t, mark, (uint32_t)keys->n);
    return t;
}

static void mapping_rest(cc *c, ast_pattern *p, cc_reg s, cc_reg keys, matcher *m)
{
    cc_reg rest = cc_temp(c), mark = c->u->top, k = cc_temp(c);
    cc_emit(c, PY_OP_BUILDDICT, rest, rest, 0);
    cc_emit(c, PY_OP_DICTUPDATE, rest, s, 0);
    for (int32_t i = 0; i < p->MatchMapping.keys->n; i++) {
        cc_emit(c, PY_OP_GETITEM_I, k, keys, (uint16_t)i);
        cc_emit(c, PY_OP_DELITEM, rest, k, 0);
    }
    c->u->top = mark;
    capture_name(c, m->last, p->MatchMapping.rest, rest, m);
}

static void match_mapping(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    ast_pattern_seq *ps = p->MatchMapping.patterns;
    int32_t n = p->MatchMapping.keys->n;
    cc_reg t = cc_temp(c), keys = 0;
    if (n > INT16_MAX) {
        cc_error(c, (const ast_node *)p, "too many sub-patterns in mapping pattern");
        return;
    }
    CC_AT(c, p);
    cc_emit(c, PY_OP_MATCHMAP, t, s, 0);
    cc_emit_jump(c, PY_OP_JF, t, 0, m->fail);
    if (!n && !p->MatchMapping.rest)
        return;
    if (n) {
        cc_emit(c, PY_OP_LEN, t, s, 0);
        check_length(c, t, n, true, m);
        keys = mapping_keys(c, p);
        cc_emit(c, PY_OP_MATCHKEYS, t, s, keys);
        cc_emit_jump(c, PY_OP_JNONE, t, 0, m->fail);
        cc_reg first = c->u->top;
        c->u->top += (cc_reg)n;
        cc_reserve(c, c->u->top);
        cc_emit(c, PY_OP_UNPACK, first, t, (uint32_t)n);
        for (int32_t i = 0; i < n; i++)
            sub_pattern(c, ps->items[i], first + (cc_reg)i, m);
    }
    CC_AT(c, p);
    if (p->MatchMapping.rest)
        mapping_rest(c, p, s, keys, m);
}

static void match_class(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    ast_pattern_seq *pos = p->MatchClass.patterns, *kw = p->MatchClass.kwd_patterns;
    ast_identifier_seq *attrs = p->MatchClass.kwd_attrs;
    int32_t n = pos->n + kw->n;
    cc_const **names = cc_alloc(c, (size_t)attrs->n * sizeof *names);
    bool only_wildcards = true;
    if (pos->n > INT16_MAX || kw->n > INT16_MAX) {
        cc_error(c, (const ast_node *)p, "too many sub-patterns in class pattern %s", "");
        return;
    }
    for (int32_t i = 0; names && i < attrs->n; i++) {
        if (cc_forbidden(c, (const ast_node *)kw->items[i], attrs->items[i], AST_Store))
            return;
        for (int32_t j = 0; j < i; j++)
            if (attrs->items[j] == attrs->items[i]) {
                cc_error(c, (const ast_node *)kw->items[i], "attribute name repeated in class pattern: %s", attrs->items[i]->s);
                return;
            }
        names[i] = cc_const_name_str(c, attrs->items[i]);
    }
    cc_reg mark = c->u->top, cls = cc_expr(c, p->MatchClass.cls);
    c->u->top = mark;
    cc_reg t = cc_temp(c);
    CC_AT(c, p);
    if (c->failed)
        return;
    cc_emit(c, PY_OP_MATCHCLASS, t, s, cls);
    cc_emit_ext(c, (uint32_t)pos->n, cc_const_tuple(c, CC_TUPLE, names, (uint32_t)attrs->n), true);
    cc_emit_jump(c, PY_OP_JNONE, t, 0, m->fail);
    for (int32_t i = 0; i < n; i++)
        only_wildcards &= is_wildcard(i < pos->n ? pos->items[i] : kw->items[i - pos->n]);
    if (only_wildcards)
        return;
    cc_reg first = c->u->top;
    c->u->top += (cc_reg)n;
    cc_reserve(c, c->u->top);
    cc_emit(c, PY_OP_UNPACK, first, t, (uint32_t)n);
    for (int32_t i = 0; i < n; i++)
        sub_pattern(c, i < pos->n ? pos->items[i] : kw->items[i - pos->n], first + (cc_reg)i, m);
}

static void match_as(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    if (p->MatchAs.pattern) {
        match_pattern(c, p->MatchAs.pattern, s, m);
    } else if (!m->irrefutable_ok) {
        if (p->MatchAs.name)
            cc_error(c, (const ast_node *)p, "name capture '%s' makes remaining patterns unreachable", p->MatchAs.name->s);
        else
            cc_error(c, (const ast_node *)p, "wildcard makes remaining patterns unreachable");
        return;
    }
    capture_name(c, p->MatchAs.pattern ? m->last : p, p->MatchAs.name, s, m);
}

/* Moves the captures from `from` on to the registers of the same names in `to`; false: other names. */
static bool move_captures(cc *c, matcher *m, size_t from, const capture *to, size_t n)
{
    if (m->captures.n - from != n)
        return false;
    for (size_t i = from; i < m->captures.n; i++) {
        size_t j = 0;
        while (j < n && to[j].name != m->captures.at[i].name)
            j++;
        if (j == n)
            return false;
        cc_emit_move(c, to[j].reg, m->captures.at[i].reg);
    }
    return true;
}

static void match_or(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    ast_pattern_seq *ps = p->MatchOr.patterns;
    size_t from = m->captures.n, n = 0;
    capture *shared = NULL;                          /* where every alternative leaves its captures */
    bool ok = m->irrefutable_ok;
    cc_label *fail = m->fail, done;
    cc_reg mark = c->u->top;
    cc_label_new(c, &done);
    for (int32_t i = 0; i < ps->n && !c->failed; i++) {
        cc_label next;
        bool last = i + 1 == ps->n;
        cc_label_new(c, &next);
        m->fail = last ? fail : &next;
        m->irrefutable_ok = last && ok;
        m->captures.n = from;
        match_pattern(c, ps->items[i], s, m);
        CC_AT(c, ps->items[i]);
        if (i == 0) {
            n = m->captures.n - from;
            shared = cc_alloc(c, n * sizeof *shared);
            for (size_t j = 0; shared && j < n; j++)
                shared[j] = (capture){m->captures.at[from + j].name, cc_temp(c)};
            mark = c->u->top;
        }
        if (!shared || c->failed)
            break;
        if (!move_captures(c, m, from, shared, n)) {
            cc_error(c, (const ast_node *)m->last, "alternative patterns bind different names");
            break;
        }
        c->u->top = mark;
        if (!last)
            cc_emit_jump(c, PY_OP_JUMP, 0, 0, &done);
        cc_bind(c, &next);
    }
    cc_bind(c, &done);
    m->fail = fail;
    m->irrefutable_ok = ok;
    m->captures.n = from;
    for (size_t j = 0; shared && j < n && !c->failed; j++)
        capture_name(c, p, shared[j].name, shared[j].reg, m);
}

static void match_pattern(cc *c, ast_pattern *p, cc_reg s, matcher *m)
{
    if (!cc_enter(c))
        return;
    m->last = p;
    switch ((ast_kind)p->kind) {
    case AST_MatchValue: match_value(c, p, s, m); break;
    case AST_MatchSingleton: match_singleton(c, p, s, m); break;
    case AST_MatchSequence: match_sequence(c, p, s, m); break;
    case AST_MatchMapping: match_mapping(c, p, s, m); break;
    case AST_MatchClass: match_class(c, p, s, m); break;
    case AST_MatchStar: capture_name(c, p, p->MatchStar.name, s, m); break;
    case AST_MatchAs: match_as(c, p, s, m); break;
    case AST_MatchOr: match_or(c, p, s, m); break;
    default: cc_error(c, (const ast_node *)p, "unexpected pattern"); break;
    }
    cc_leave(c);
}

static void match_case(cc *c, ast_match_case *k, cc_reg s, bool last, cc_label *end)
{
    cc_reg mark = c->u->top;
    cc_label next;
    matcher m = {.fail = &next, .irrefutable_ok = last || k->guard};
    cc_label_new(c, &next);
    match_pattern(c, k->pattern, s, &m);
    CC_AT(c, k->pattern);
    if (is_wildcard(k->pattern))
        CC_MARK(c, k->pattern);
    for (size_t i = 0; i < m.captures.n && !c->failed; i++)
        cc_name_store(c, m.captures.at[i].name, m.captures.at[i].reg);
    VEC_RELEASE(&m.captures);
    c->u->top = mark;
    if (k->guard)
        cc_jump_if(c, k->guard, false, &next);
    cc_stmts(c, k->body, 0);
    cc_emit_jump(c, PY_OP_JUMP, 0, 0, end);
    cc_bind(c, &next);
}

void cc_match(cc *c, ast_stmt *s)
{
    cc_reg mark = c->u->top;
    cc_label end;
    cc_label_new(c, &end);
    cc_expr_push(c, s->Match.subject);
    for (int32_t i = 0; i < s->Match.cases->n && !c->failed; i++)
        match_case(c, s->Match.cases->items[i], mark, i + 1 == s->Match.cases->n, &end);
    cc_bind(c, &end);
    c->u->top = mark;
}
