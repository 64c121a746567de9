/* compile_display.c: displays of tuples, lists, sets and dicts, f-strings, and % formatting that is one.  Locks: none. */
#include "interp/front/compile_int.h"

/* ---- displays ---- */

bool cc_has_star(const ast_expr_seq *elts)
{
    for (int32_t i = 0; i < elts->n; i++)
        if (elts->items[i]->kind == AST_Starred)
            return true;
    return false;
}

/* Adds the elements from `i` on to the list or set acc one by one. */
static void add_elements(cc *c, ast_expr **items, int32_t i, int32_t n, cc_reg acc, bool set, const void *at)
{
    for (; i < n; i++) {
        cc_reg mark = c->u->top;
        bool star = items[i]->kind == AST_Starred;
        cc_reg r = cc_gen(c, star ? items[i]->Starred.value : items[i], CC_ANY);
        CC_AT(c, at);
        cc_emit(c, set ? star ? PY_OP_SETUPDATE : PY_OP_SETADD : star ? PY_OP_LISTEXTEND : PY_OP_LISTAPPEND, acc, r, 0);
        c->u->top = mark;
    }
}

/* A list or set of these in the next temporary. `have` values are already in the registers behind it. */
cc_reg cc_build_elements(cc *c, ast_expr **items, int32_t n, uint32_t have, bool set, const void *at)
{
    int32_t i = 0;
    cc_reg acc = cc_temp(c);
    c->u->top += have;
    cc_reserve(c, c->u->top);
    for (; i < n && i < CC_CHUNK && items[i]->kind != AST_Starred; i++)
        cc_expr_push(c, items[i]);
    c->u->top = acc + 1;
    CC_AT(c, at);
    uint32_t n_first = (uint32_t)i + have;
    cc_emit(c, set ? PY_OP_BUILDSET : PY_OP_BUILDLIST, acc, n_first ? acc + 1 : acc, n_first);
    add_elements(c, items, i, n, acc, set, at);
    return acc;
}

cc_reg cc_gen_sequence(cc *c, ast_expr *e, ast_expr_seq *elts, cc_reg want)
{
    cc_reg mark = c->u->top;
    bool tuple = e->kind == AST_Tuple;
    cc_const *k;
    if (!tuple && elts->n >= 3 && (k = cc_const_items(c, elts, CC_TUPLE))) {
        cc_reg acc = cc_temp(c), t = cc_temp(c);
        CC_AT(c, e);
        cc_emit(c, PY_OP_BUILDLIST, acc, t, 0);
        cc_load_const(c, t, k);
        cc_emit(c, PY_OP_LISTEXTEND, acc, t, 0);
        return cc_deliver(c, mark, acc, want);
    }
    if (elts->n <= CC_CHUNK && !cc_has_star(elts)) {
        for (int32_t i = 0; i < elts->n; i++)
            cc_expr_push(c, elts->items[i]);
        cc_reg d = cc_result(c, mark, want);
        CC_AT(c, e);
        cc_emit(c, tuple ? PY_OP_BUILDTUPLE : PY_OP_BUILDLIST, d, elts->n ? mark : d, (uint32_t)elts->n);
        return d;
    }
    cc_reg acc = cc_build_elements(c, elts->items, elts->n, 0, false, e);
    if (!tuple)
        return cc_deliver(c, mark, acc, want);
    cc_reg d = cc_result(c, mark, want);
    cc_emit(c, PY_OP_LISTTOTUPLE, d, acc, 0);
    return d;
}

cc_reg cc_gen_set(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, acc;
    cc_const *k = e->Set.elts->n >= 3 ? cc_const_items(c, e->Set.elts, CC_FROZENSET) : NULL;
    if (k) {
        acc = cc_temp(c);
        cc_reg t = cc_temp(c);
        CC_AT(c, e);
        cc_emit(c, PY_OP_BUILDSET, acc, t, 0);
        cc_load_const(c, t, k);
        cc_emit(c, PY_OP_SETUPDATE, acc, t, 0);
    } else {
        acc = cc_build_elements(c, e->Set.elts->items, e->Set.elts->n, 0, true, e);
    }
    return cc_deliver(c, mark, acc, want);
}

/* Puts the pairs above acc into the dict acc, which they may be the first of. */
void cc_flush_pairs(cc *c, cc_reg acc, uint32_t *pairs, bool *built, const void *at)
{
    CC_AT(c, at);
    if (!*built) {
        cc_emit(c, PY_OP_BUILDDICT, acc, *pairs ? acc + 1 : acc, *pairs);
    } else {
        for (uint32_t i = 0; i < *pairs; i++)
            cc_emit(c, PY_OP_DICTSET, acc, acc + 1 + 2 * i, acc + 2 + 2 * i);
    }
    *built = true;
    *pairs = 0;
    c->u->top = acc + 1;
}

/* Are the keys from here to the next ** constants? Python has them in a tuple then: they begin no line. */
static bool constant_keys(cc *c, const ast_expr *e, int32_t from)
{
    int32_t i = from;
    while (i < e->Dict.keys->n && e->Dict.keys->items[i] && cc_const_of(c, e->Dict.keys->items[i]))
        i++;
    return i > from + 1 && (i == e->Dict.keys->n || !e->Dict.keys->items[i]);
}

cc_reg cc_gen_dict(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, acc = cc_temp(c);
    uint32_t pairs = 0;
    bool built = false, constant = false;
    for (int32_t i = 0; i < e->Dict.values->n; i++) {
        ast_expr *key = e->Dict.keys->items[i];
        if (!i || !e->Dict.keys->items[i - 1])
            constant = constant_keys(c, e, i);
        if (key) {
            if (constant) {
                CC_AT(c, key);
                cc_artificial(c);
                cc_push_const(c, cc_const_of(c, key));
            } else {
                cc_expr_push(c, key);
            }
            cc_expr_push(c, e->Dict.values->items[i]);
            if (++pairs == CC_CHUNK / 2 || built)
                cc_flush_pairs(c, acc, &pairs, &built, e);
            continue;
        }
        if (pairs || !built)
            cc_flush_pairs(c, acc, &pairs, &built, e);
        cc_reg r = cc_gen(c, e->Dict.values->items[i], CC_ANY);
        CC_AT(c, e);
        cc_emit(c, PY_OP_DICTUPDATE, acc, r, 0);
        c->u->top = acc + 1;
    }
    if (pairs || !built)
        cc_flush_pairs(c, acc, &pairs, &built, e);
    return cc_deliver(c, mark, acc, want);
}

/* ---- f-strings ---- */

cc_reg cc_gen_formatted(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top, v = cc_gen(c, e->FormattedValue.value, CC_ANY), spec = PY_NO_REG;
    CC_AT(c, e);
    if (e->FormattedValue.conversion > 0) {
        c->u->top = mark;
        cc_reg t = cc_temp(c);
        cc_emit(c, PY_OP_CONVERT, t, v, (uint32_t)e->FormattedValue.conversion);
        v = t;
    }
    if (e->FormattedValue.format_spec)
        spec = cc_gen(c, e->FormattedValue.format_spec, CC_ANY);
    cc_reg d = cc_result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, PY_OP_FORMATVAL, d, v, spec);
    return d;
}

cc_reg cc_gen_joined(cc *c, ast_expr *e, cc_reg want)
{
    cc_reg mark = c->u->top;
    ast_expr_seq *parts = e->JoinedStr.values;
    if (parts->n == 1)
        return cc_gen(c, parts->items[0], want);
    if (parts->n == 0) {
        cc_reg d = cc_result(c, mark, want);
        CC_AT(c, e);
        cc_load_const(c, d, cc_const_str(c, "", 0));
        return d;
    }
    uint32_t have = 0;
    for (int32_t i = 0; i < parts->n; i++) {
        cc_expr_push(c, parts->items[i]);
        if (++have == CC_CHUNK && i + 1 < parts->n) {   /* what there is so far becomes the first part of the rest */
            CC_AT(c, e);
            cc_emit(c, PY_OP_BUILDSTR, mark, mark, have);
            c->u->top = mark + 1;
            have = 1;
        }
    }
    cc_reg d = cc_result(c, mark, want);
    CC_AT(c, e);
    cc_emit(c, PY_OP_BUILDSTR, d, mark, have);
    return d;
}

/* "… %s … %r …" % (a, b) is an f-string: the parts, or false when it is not as simple as that. */
static bool percent_parts(const cc_const *text, int32_t nargs)
{
    int32_t n = 0;
    for (uint32_t i = 0; i < text->n; i++) {
        if (text->s[i] != '%')
            continue;
        char k = ++i < text->n ? text->s[i] : 0;
        if (k == 's' || k == 'r' || k == 'a')
            n++;
        else if (k != '%')
            return false;
    }
    return n == nargs && n > 0;
}

/* The literal text up to the next conversion, from *i on, into the next temporary; 0: none. */
static uint32_t push_percent_text(cc *c, const cc_const *text, uint32_t *i)
{
    char *s = cc_alloc(c, text->n + 1);
    uint32_t n = 0;
    for (; s && *i < text->n; (*i)++) {
        if (text->s[*i] == '%' && text->s[*i + 1] != '%')
            break;
        *i += text->s[*i] == '%';
        s[n++] = text->s[*i];
    }
    if (!s || !n)
        return 0;
    s[n] = 0;
    cc_push_const(c, cc_const_str(c, s, n));
    return 1;
}

cc_reg cc_gen_percent(cc *c, ast_expr *e, const cc_const *text, cc_reg want)
{
    cc_reg mark = c->u->top;
    ast_expr_seq *args = e->BinOp.right->Tuple.elts;
    uint32_t have = 0, i = 0;
    for (int32_t k = 0;; k++) {
        CC_AT(c, e->BinOp.left);
        have += push_percent_text(c, text, &i);
        if (k == args->n || c->failed)
            break;
        cc_reg here = c->u->top, v = cc_gen(c, args->items[k], CC_ANY);
        c->u->top = here;
        cc_reg t = cc_temp(c);
        CC_AT(c, args->items[k]);
        cc_emit(c, PY_OP_CONVERT, t, v, (unsigned char)text->s[i + 1]);
        cc_emit(c, PY_OP_FORMATVAL, t, t, PY_NO_REG);
        i += 2;
        have++;
    }
    cc_reg d = cc_result(c, mark, want);
    CC_AT(c, e);
    if (have == 1)
        cc_emit_move(c, d, mark);
    else
        cc_emit(c, PY_OP_BUILDSTR, d, mark, have);
    return d;
}

bool cc_is_percent(cc *c, const ast_expr *e, const cc_const **text)
{
    if (e->BinOp.op != AST_Mod || e->BinOp.right->kind != AST_Tuple || e->BinOp.left->kind != AST_Constant)
        return false;
    const ast_expr_seq *args = e->BinOp.right->Tuple.elts;
    *text = cc_const_of(c, e->BinOp.left);
    return *text && (*text)->kind == CC_STR && !cc_has_star(args) && args->n < CC_CHUNK && percent_parts(*text, args->n);
}
