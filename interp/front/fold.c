/* fold.c: constants as the compiler knows them, and constant expressions worked out at compile time.
 *
 * Locks: none.
 * K1  Equal constants (of equal types; floats by their bits) are one record: they are compared by pointer.    (intern)
 * K2  What would raise, or give something large (an int beyond 128 bits, a str beyond 4096 bytes), is left to run time.  */
#include "interp/front/compile_int.h"
#include "base/hash.h"
#include <gmp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define F_NOT_CONST 0x4000       /* ast_expr.flags: known to be no constant */
enum { MAX_INT_BITS = 128, MAX_BYTES = 4096, MAX_ITEMS = 256 };

/* ---- the table ---- */

static bool same(const cc_const *a, const cc_const *b)
{
    if (a->kind != b->kind)
        return false;
    switch ((cc_const_kind)a->kind) {
    case CC_INT: case CC_FLOAT: return a->i == b->i;
    case CC_COMPLEX: return memcmp(&a->z, &b->z, sizeof a->z) == 0;
    case CC_BIGINT: case CC_STR: case CC_BYTES: return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
    case CC_TUPLE: case CC_FROZENSET: return a->n == b->n && (!a->n || memcmp(a->items, b->items, a->n * sizeof *a->items) == 0);
    case CC_NAME: return a->name == b->name;
    case CC_CODE: return a->code == b->code;
    default: return true;
    }
}

static uint32_t hash_of(const cc_const *k)
{
    static const base_hash_key key = {1, 2};
    uint64_t h = k->kind;
    switch ((cc_const_kind)k->kind) {
    case CC_INT: case CC_FLOAT: h += (uint64_t)k->i; break;
    case CC_COMPLEX: h += base_hash_bytes(&key, &k->z, sizeof k->z); break;
    case CC_BIGINT: case CC_STR: case CC_BYTES: h += base_hash_bytes(&key, k->s, k->n); break;
    case CC_TUPLE: case CC_FROZENSET:
        for (uint32_t i = 0; i < k->n; i++)
            h = base_hash_word(h + k->items[i]->id);
        break;
    case CC_NAME: h += (uint64_t)k->name->id << 4; break;
    case CC_CODE: h += (uint64_t)(uintptr_t)k->code; break;
    default: break;
    }
    return (uint32_t)base_hash_word(h);
}

static bool grow(cc *c)
{
    uint32_t size = c->buckets ? (c->mask + 1) * 2 : 256;
    cc_const **fresh = base_mem_zeroed(size * sizeof *fresh);
    if (!fresh) {
        cc_no_memory(c);
        return false;
    }
    for (uint32_t i = 0; c->buckets && i <= c->mask; i++)
        for (cc_const *k = c->buckets[i], *next; k; k = next) {
            next = k->next;
            k->next = fresh[k->hash & (size - 1)];
            fresh[k->hash & (size - 1)] = k;
        }
    base_mem_free(c->buckets);
    c->buckets = fresh;
    c->mask = size - 1;
    return true;
}

/* The one record equal to *k, which is copied if it is new. NULL: no memory. */
static cc_const *intern(cc *c, cc_const *k)
{
    if ((!c->buckets || c->nconsts > c->mask) && !grow(c))
        return NULL;
    k->hash = hash_of(k);
    for (cc_const *o = c->buckets[k->hash & c->mask]; o; o = o->next)
        if (o->hash == k->hash && same(o, k))
            return o;
    cc_const *o = cc_alloc(c, sizeof *o);
    if (!o)
        return NULL;
    *o = *k;
    o->id = c->nconsts++;
    o->next = c->buckets[k->hash & c->mask];
    c->buckets[k->hash & c->mask] = o;
    return o;
}

static cc_const *simple(cc *c, cc_const_kind kind)
{
    cc_const k = {.kind = (uint8_t)kind};
    return intern(c, &k);
}

bool cc_consts_init(cc *c)
{
    c->none = simple(c, CC_NONE);
    c->t = simple(c, CC_TRUE);
    c->f = simple(c, CC_FALSE);
    c->ellipsis = simple(c, CC_ELLIPSIS);
    c->empty_tuple = cc_const_tuple(c, CC_TUPLE, NULL, 0);
    return c->none && c->t && c->f && c->ellipsis && c->empty_tuple;
}

cc_const *cc_const_int(cc *c, int64_t i)
{
    cc_const k = {.kind = CC_INT};
    k.i = i;
    return intern(c, &k);
}

static cc_const *const_float(cc *c, double d)
{
    cc_const k = {.kind = CC_FLOAT};
    k.f = d;
    return intern(c, &k);
}

static cc_const *const_complex(cc *c, double re, double im)
{
    cc_const k = {.kind = CC_COMPLEX};
    k.z.re = re;
    k.z.im = im;
    return intern(c, &k);
}

static cc_const *const_bytes(cc *c, cc_const_kind kind, const char *s, size_t n, bool ascii)
{
    cc_const k = {.kind = (uint8_t)kind, .ascii = ascii, .n = (uint32_t)n};
    k.s = s;
    return intern(c, &k);
}

cc_const *cc_const_str(cc *c, const char *s, size_t n)
{
    bool ascii = true;
    for (size_t i = 0; i < n && ascii; i++)
        ascii = (unsigned char)s[i] < 128;
    return const_bytes(c, CC_STR, s, n, ascii);
}

cc_const *cc_const_tuple(cc *c, cc_const_kind kind, cc_const **items, uint32_t n)
{
    cc_const k = {.kind = (uint8_t)kind, .n = n};
    k.items = items;
    return intern(c, &k);
}

cc_const *cc_const_name(cc *c, const ast_name *name)
{
    cc_const k = {.kind = CC_NAME};
    if (!name)
        return NULL;
    k.name = name;
    return intern(c, &k);
}

cc_const *cc_const_name_str(cc *c, const ast_name *name)
{
    return name ? cc_const_str(c, name->s, name->n) : NULL;
}

cc_const *cc_const_code(cc *c, cc_code *code)
{
    cc_const k = {.kind = CC_CODE};
    k.code = code;
    return intern(c, &k);
}

/* ---- numbers ---- */

static bool is_int(const cc_const *k)
{
    return k->kind == CC_INT || k->kind == CC_BIGINT || k->kind == CC_TRUE || k->kind == CC_FALSE;
}

static bool is_real(const cc_const *k)
{
    return is_int(k) || k->kind == CC_FLOAT;
}

static void get_mpz(mpz_t z, const cc_const *k)
{
    if (k->kind == CC_BIGINT)
        mpz_set_str(z, k->s, 0);
    else
        mpz_set_si(z, k->kind == CC_INT ? (long)k->i : k->kind == CC_TRUE);
}

static cc_const *put_mpz(cc *c, const mpz_t z)
{
    if (mpz_fits_slong_p(z) && ob_small_fits(mpz_get_si(z)))
        return cc_const_int(c, mpz_get_si(z));
    char *s = cc_alloc(c, mpz_sizeinbase(z, 16) + 5);
    if (!s)
        return NULL;
    if (mpz_sgn(z) < 0) {
        memcpy(s, "-0", 2);
        mpz_get_str(s + 2, 16, z);
        s[2] = 'x';                                  /* where mpz put its sign */
    } else {
        memcpy(s, "0x", 2);
        mpz_get_str(s + 2, 16, z);
    }
    return const_bytes(c, CC_BIGINT, s, strlen(s), true);
}

static cc_const *big_literal(cc *c, const ast_constant *v)
{
    mpz_t z;
    bool octal = v->s[0] == '0' && v->s[1] == 'o', plain = v->s[0] != '0' || (v->s[1] >= '0' && v->s[1] <= '9');
    bool bad = mpz_init_set_str(z, v->s + 2 * octal, octal ? 8 : plain ? 10 : 0) != 0;
    cc_const *k = bad ? NULL : put_mpz(c, z);
    mpz_clear(z);
    return k;
}

/* As a double; false: would not be exact. */
static bool get_double(const cc_const *k, double *d)
{
    if (k->kind == CC_FLOAT)
        *d = k->f;
    else if (k->kind == CC_BIGINT || (k->kind == CC_INT && (k->i > INT64_C(1) << 53 || k->i < -(INT64_C(1) << 53))))
        return false;
    else
        *d = k->kind == CC_INT ? (double)k->i : k->kind == CC_TRUE;
    return true;
}

static size_t bits(const mpz_t z) { return mpz_sgn(z) ? mpz_sizeinbase(z, 2) : 0; }

/* z = a op b; false: not to be folded. */
static bool int_op(ast_operator op, mpz_t z, const mpz_t a, const mpz_t b)
{
    switch (op) {
    case AST_Add: mpz_add(z, a, b); return true;
    case AST_Sub: mpz_sub(z, a, b); return true;
    case AST_BitOr: mpz_ior(z, a, b); return true;
    case AST_BitXor: mpz_xor(z, a, b); return true;
    case AST_BitAnd: mpz_and(z, a, b); return true;
    case AST_Mult:
        if (bits(a) + bits(b) > MAX_INT_BITS && mpz_sgn(a) && mpz_sgn(b))
            return false;
        mpz_mul(z, a, b);
        return true;
    case AST_FloorDiv: case AST_Mod:
        if (!mpz_sgn(b))
            return false;
        if (op == AST_Mod)
            mpz_fdiv_r(z, a, b);
        else
            mpz_fdiv_q(z, a, b);
        return true;
    case AST_LShift:
        if (mpz_sgn(b) < 0 || mpz_cmp_ui(b, MAX_INT_BITS) > 0 || bits(a) + mpz_get_ui(b) > MAX_INT_BITS)
            return false;
        mpz_mul_2exp(z, a, mpz_get_ui(b));
        return true;
    case AST_RShift:
        if (mpz_sgn(b) < 0)
            return false;
        mpz_fdiv_q_2exp(z, a, mpz_cmp_ui(b, 1u << 30) > 0 ? 1u << 30 : mpz_get_ui(b));
        return true;
    case AST_Pow:
        if (mpz_sgn(b) < 0 || mpz_cmp_ui(b, MAX_INT_BITS) > 0 || bits(a) * mpz_get_ui(b) > MAX_INT_BITS)
            return false;
        mpz_pow_ui(z, a, mpz_get_ui(b));
        return true;
    default: return false;
    }
}

static cc_const *fold_ints(cc *c, ast_operator op, const cc_const *a, const cc_const *b)
{
    cc_const *k = NULL;
    mpz_t x, y, z;
    mpz_inits(x, y, z, NULL);
    get_mpz(x, a);
    get_mpz(y, b);
    bool flags = a->kind != CC_INT && a->kind != CC_BIGINT && b->kind != CC_INT && b->kind != CC_BIGINT;
    if (flags && (op == AST_BitAnd || op == AST_BitOr || op == AST_BitXor)) {      /* of two bools: a bool */
        if (int_op(op, z, x, y))
            k = mpz_sgn(z) ? c->t : c->f;
    } else if (int_op(op, z, x, y)) {
        k = put_mpz(c, z);
    }
    mpz_clears(x, y, z, NULL);
    return k;
}

static cc_const *fold_floats(cc *c, ast_operator op, const cc_const *a, const cc_const *b)
{
    double x, y, r;
    if (!get_double(a, &x) || !get_double(b, &y))
        return NULL;
    switch (op) {
    case AST_Add: r = x + y; break;
    case AST_Sub: r = x - y; break;
    case AST_Mult: r = x * y; break;
    case AST_Div:
        if (y == 0)
            return NULL;
        r = x / y;
        break;
    case AST_Pow:
        if (!(x > 0) || !isfinite(x) || !isfinite(y))
            return NULL;
        r = pow(x, y);
        if (!isfinite(r) || r == 0)
            return NULL;
        break;
    default: return NULL;
    }
    return const_float(c, r);
}

static cc_const *fold_complex(cc *c, ast_operator op, const cc_const *a, const cc_const *b)
{
    double ar, ai = 0, br, bi = 0;
    if (a->kind == CC_COMPLEX)
        ar = a->z.re, ai = a->z.im;
    else if (!get_double(a, &ar))
        return NULL;
    if (b->kind == CC_COMPLEX)
        br = b->z.re, bi = b->z.im;
    else if (!get_double(b, &br))
        return NULL;
    if (op == AST_Add)
        return const_complex(c, ar + br, ai + bi);
    if (op == AST_Sub)
        return const_complex(c, ar - br, ai - bi);
    return NULL;
}

/* ---- sequences ---- */

static cc_const *concat(cc *c, const cc_const *a, const cc_const *b)
{
    if ((uint64_t)a->n + b->n > INT32_MAX)
        return NULL;
    if (a->kind == CC_TUPLE) {
        cc_const **items = cc_alloc(c, ((size_t)a->n + b->n) * sizeof *items);
        if (!items)
            return NULL;
        for (uint32_t i = 0; i < a->n + b->n; i++)
            items[i] = i < a->n ? a->items[i] : b->items[i - a->n];
        return cc_const_tuple(c, CC_TUPLE, items, a->n + b->n);
    }
    char *s = cc_alloc(c, (size_t)a->n + b->n + 1);
    if (!s)
        return NULL;
    memcpy(s, a->s, a->n);
    memcpy(s + a->n, b->s, b->n);
    s[a->n + b->n] = 0;
    return const_bytes(c, a->kind, s, (size_t)a->n + b->n, a->ascii && b->ascii);
}

static cc_const *repeat(cc *c, cc_const *a, const cc_const *times)
{
    if (times->kind != CC_INT && times->kind != CC_TRUE && times->kind != CC_FALSE)
        return NULL;
    int64_t n = times->kind == CC_INT ? times->i : times->kind == CC_TRUE;
    if (n < 0)
        n = 0;
    if (a->n && n > (a->kind == CC_TUPLE ? MAX_ITEMS : MAX_BYTES) / (int64_t)a->n)
        return NULL;
    if (a->kind == CC_TUPLE) {
        uint32_t total = a->n ? (uint32_t)(a->n * n) : 0;
        cc_const **items = cc_alloc(c, total * sizeof *items);
        for (uint32_t i = 0; items && i < total; i++)
            items[i] = a->items[i % a->n];
        return items ? cc_const_tuple(c, CC_TUPLE, items, total) : NULL;
    }
    size_t total = a->n ? a->n * (size_t)n : 0;
    char *s = cc_alloc(c, total + 1);
    if (!s)
        return NULL;
    for (size_t i = 0; i < total; i += a->n)
        memcpy(s + i, a->s, a->n);
    s[total] = 0;
    return const_bytes(c, a->kind, s, total, a->ascii || !total);
}

static bool is_seq(const cc_const *k) { return k->kind == CC_STR || k->kind == CC_BYTES || k->kind == CC_TUPLE; }

static cc_const *fold_binary(cc *c, ast_operator op, cc_const *a, cc_const *b)
{
    if (is_int(a) && is_int(b)) {
        if (op == AST_Div)
            return fold_floats(c, op, a, b);
        if (op == AST_Pow && b->kind == CC_INT && b->i < 0)
            return a->kind == CC_FALSE || (a->kind == CC_INT && a->i == 0) ? NULL : fold_floats(c, op, a, b);
        return fold_ints(c, op, a, b);
    }
    if (is_real(a) && is_real(b))
        return fold_floats(c, op, a, b);
    if ((is_real(a) || a->kind == CC_COMPLEX) && (is_real(b) || b->kind == CC_COMPLEX))
        return fold_complex(c, op, a, b);
    if (op == AST_Add && is_seq(a) && a->kind == b->kind)
        return concat(c, a, b);
    if (op == AST_Mult && is_seq(a))
        return repeat(c, a, b);
    if (op == AST_Mult && is_seq(b))
        return repeat(c, b, a);
    return NULL;
}

static cc_const *negate(cc *c, const cc_const *k)
{
    if (k->kind == CC_FLOAT)
        return const_float(c, -k->f);
    if (k->kind == CC_COMPLEX)
        return const_complex(c, -k->z.re, -k->z.im);
    if (!is_int(k))
        return NULL;
    mpz_t z;
    mpz_init(z);
    get_mpz(z, k);
    mpz_neg(z, z);
    cc_const *r = put_mpz(c, z);
    mpz_clear(z);
    return r;
}

static cc_const *fold_unary(cc *c, ast_unaryop op, cc_const *k)
{
    switch (op) {
    case AST_Not: return k->kind == CC_CODE ? NULL : cc_const_truth(k) ? c->f : c->t;
    case AST_USub: return negate(c, k);
    case AST_UAdd:
        if (k->kind == CC_TRUE || k->kind == CC_FALSE)
            return cc_const_int(c, k->kind == CC_TRUE);
        return is_real(k) || k->kind == CC_COMPLEX ? k : NULL;
    case AST_Invert: {
        if (!is_int(k))
            return NULL;
        mpz_t z;
        mpz_init(z);
        get_mpz(z, k);
        mpz_com(z, z);
        cc_const *r = put_mpz(c, z);
        mpz_clear(z);
        return r;
    }
    default: return NULL;
    }
}

static cc_const *fold_item(cc *c, const cc_const *seq, const cc_const *k)
{
    if (k->kind != CC_INT || !is_seq(seq))
        return NULL;
    int64_t i = k->i < 0 ? k->i + seq->n : k->i;
    if (i < 0 || i >= seq->n)
        return NULL;
    if (seq->kind == CC_TUPLE)
        return seq->items[i];
    if (seq->kind == CC_BYTES)
        return cc_const_int(c, (unsigned char)seq->s[i]);
    if (!seq->ascii)
        return NULL;
    char *s = cc_alloc(c, 2);
    if (!s)
        return NULL;
    s[0] = seq->s[i];
    s[1] = 0;
    return const_bytes(c, CC_STR, s, 1, true);
}

/* ---- expressions ---- */

static cc_const *literal(cc *c, const ast_constant *v)
{
    switch ((ast_const_kind)v->kind) {
    case AST_CONST_NONE: return c->none;
    case AST_CONST_TRUE: return c->t;
    case AST_CONST_FALSE: return c->f;
    case AST_CONST_ELLIPSIS: return c->ellipsis;
    case AST_CONST_INT: return cc_const_int(c, v->i);
    case AST_CONST_BIGINT: return big_literal(c, v);
    case AST_CONST_FLOAT: return const_float(c, v->f);
    case AST_CONST_IMAG: return const_complex(c, 0.0, v->f);
    case AST_CONST_STR: return const_bytes(c, CC_STR, v->s, v->n, v->ascii);
    case AST_CONST_BYTES: return const_bytes(c, CC_BYTES, v->s, v->n, false);
    }
    return NULL;
}

static cc_const *fold_items(cc *c, const ast_expr_seq *elts, cc_const_kind kind)
{
    for (int32_t i = 0; i < elts->n; i++)            /* cheap refusal first */
        if (elts->items[i]->kind == AST_Starred || (elts->items[i]->flags & F_NOT_CONST))
            return NULL;
    cc_const **items = cc_alloc(c, (size_t)elts->n * sizeof *items);
    for (int32_t i = 0; items && i < elts->n; i++)
        if (!(items[i] = cc_const_of(c, elts->items[i])))
            return NULL;
    return items ? cc_const_tuple(c, kind, items, (uint32_t)elts->n) : NULL;
}

static cc_const *fold_binop(cc *c, const ast_expr *e)
{
    cc_const *b = cc_const_of(c, e->BinOp.right);
    cc_const *a = b ? cc_const_of(c, e->BinOp.left) : NULL;
    return a ? fold_binary(c, e->BinOp.op, a, b) : NULL;
}

cc_const *cc_const_of(cc *c, const ast_expr *e)
{
    cc_const *k = NULL;
    if (e->flags & F_NOT_CONST)
        return NULL;
    if (e->kind == AST_Constant)
        return literal(c, &e->Constant.value);
    if (!cc_enter(c))
        return NULL;
    switch ((ast_kind)e->kind) {
    case AST_Name:
        if (e->Name.id == c->n_debug && e->Name.ctx == AST_Load)
            k = c->optimize ? c->f : c->t;
        break;
    case AST_UnaryOp: {
        cc_const *x = cc_const_of(c, e->UnaryOp.operand);
        if (x)
            k = fold_unary(c, e->UnaryOp.op, x);
        break;
    }
    case AST_BinOp: k = fold_binop(c, e); break;
    case AST_Tuple:
        if (e->Tuple.ctx == AST_Load)
            k = fold_items(c, e->Tuple.elts, CC_TUPLE);
        break;
    case AST_Set:
        if (e->flags & AST_F_FROZEN)
            k = fold_items(c, e->Set.elts, CC_FROZENSET);
        break;
    case AST_Subscript:
        if (e->Subscript.ctx == AST_Load && e->Subscript.slice->kind != AST_Slice) {
            cc_const *i = cc_const_of(c, e->Subscript.slice);
            cc_const *s = i ? cc_const_of(c, e->Subscript.value) : NULL;
            k = s ? fold_item(c, s, i) : NULL;
        }
        break;
    default: break;
    }
    cc_leave(c);
    if (!k)
        ((ast_expr *)(uintptr_t)e)->flags |= F_NOT_CONST;
    return k;
}

int cc_const_truth(const cc_const *k)
{
    switch ((cc_const_kind)k->kind) {
    case CC_NONE: case CC_FALSE: return 0;
    case CC_INT: return k->i != 0;
    case CC_FLOAT: return k->f != 0;
    case CC_COMPLEX: return k->z.re != 0 || k->z.im != 0;
    case CC_STR: case CC_BYTES: case CC_TUPLE: case CC_FROZENSET: return k->n != 0;
    default: return 1;
    }
}

bool cc_const_imm(const cc_const *k, int32_t *out)
{
    if (!k || k->kind != CC_INT || k->i < INT16_MIN || k->i > INT16_MAX)
        return false;
    *out = (int32_t)k->i;
    return true;
}
