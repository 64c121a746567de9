/* mro.c: the method resolution order of a class, by C3 linearisation.
 * Source: Barrett et al., "A Monotonic Superclass Linearization for Dylan" (1996).
 * Locks: none. */
#include "objspace/type_make.h"
#include "base/mem.h"
#include "base/buf.h"

typedef struct merge { ob_val *seq; size_t *pos; size_t n; } merge;   /* tuples and how far each was consumed */

static bool in_a_tail(const merge *m, ob_val candidate) {
    for (size_t i = 0; i < m->n; i++)
        for (size_t j = m->pos[i] + 1; j < ob_tuple_len(m->seq[i]); j++)
            if (ob_same(ob_tuple_at(m->seq[i], j), candidate)) return true;
    return false;
}

/* The next class of the order; OB_NULL: none is left (*left false) or the sequences contradict each other (*left true). */
static ob_val next_head(const merge *m, bool *left) {
    *left = false;
    for (size_t i = 0; i < m->n; i++) {
        if (m->pos[i] >= ob_tuple_len(m->seq[i])) continue;
        *left = true;
        ob_val c = ob_tuple_at(m->seq[i], m->pos[i]);
        if (!in_a_tail(m, c)) return c;
    }
    return OB_NULL;
}

static bool no_order(const merge *m) {
    ob_val names[32];
    size_t n = 0;
    for (size_t i = 0; i < m->n && n < BASE_LENGTH(names); i++) {
        if (m->pos[i] >= ob_tuple_len(m->seq[i])) continue;
        ob_val c = ob_type_name_val(ob_type_ptr(ob_tuple_at(m->seq[i], m->pos[i])));
        bool seen = ob_is_null(c);
        for (size_t j = 0; j < n && !seen; j++) seen = ob_str_equal(names[j], c);
        if (!seen) names[n++] = c;
    }
    ob_val sep = ob_str_from_c(", ");
    ob_val list = ob_is_null(sep) ? OB_NULL : ob_str_join(sep, names, n);
    if (ob_is_null(list)) return false;
    return ob_fail(ob_raise(&ob_exc_TypeError, "Cannot create a consistent method resolution\norder (MRO) for bases %S", list));
}

static bool merge_all(merge *m, ob_val *order, size_t cap, size_t *count) {
    size_t k = *count;
    for (;;) {
        bool left;
        ob_val c = next_head(m, &left);
        if (ob_is_null(c)) {
            *count = k;
            return left ? no_order(m) : true;
        }
        if (k == cap) return ob_fail(ob_raise(&ob_exc_SystemError, "method resolution order too long"));
        order[k++] = c;
        for (size_t i = 0; i < m->n; i++)
            if (m->pos[i] < ob_tuple_len(m->seq[i]) && ob_same(ob_tuple_at(m->seq[i], m->pos[i]), c)) m->pos[i]++;
    }
}

static bool check_duplicates(ob_val bases) {
    for (size_t i = 0; i < ob_tuple_len(bases); i++)
        for (size_t j = i + 1; j < ob_tuple_len(bases); j++)
            if (ob_same(ob_tuple_at(bases, i), ob_tuple_at(bases, j)))
                return ob_fail(ob_raise(&ob_exc_TypeError, "duplicate base class %s", ob_type_short_name(ob_type_ptr(ob_tuple_at(bases, i)))));
    return true;
}

static bool single(ob_type *t, ob_val base, ob_val *out) {
    ob_val m = ob_type_ptr(base)->mro;
    size_t n = ob_tuple_len(m);
    ob_val r = ob_tuple_alloc(n + 1);
    if (ob_is_null(r)) return false;
    ob_tuple_obj *p = ob_tuple_ptr(r);
    p->items[0] = ob_type_val(t);
    memcpy(p->items + 1, ob_tuple_ptr(m)->items, n * sizeof(ob_val));
    *out = r;
    return true;
}

bool ob__mro_compute(ob_type *t, ob_val *out) {
    size_t n = ob_is_null(t->bases) ? 0 : ob_tuple_len(t->bases), cap = 1;
    if (n == 0) {
        *out = ob_tuple_of1(ob_type_val(t));
        return !ob_is_null(*out);
    }
    if (!check_duplicates(t->bases)) return false;
    for (size_t i = 0; i < n; i++) {
        ob_type *b = ob_type_ptr(ob_tuple_at(t->bases, i));
        if (ob_is_null(b->mro)) return ob_fail(ob_raise(&ob_exc_TypeError, "Cannot extend an incomplete type '%s'", b->name));
        cap += ob_tuple_len(b->mro);
    }
    if (n == 1) return single(t, ob_tuple_at(t->bases, 0), out);
    ob_val order_small[64], seq_small[16];
    size_t pos_small[16];
    if (cap > 64 || n + 1 > 16) {                      /* rare: wide hierarchies */
        merge m = {ob_block_zalloc((n + 1) * sizeof(ob_val)), ob_block_zalloc((n + 1) * sizeof(size_t)), n + 1};
        ob_val *order = ob_block_zalloc(cap * sizeof *order);
        if (!m.seq || !m.pos || !order) return false;
        for (size_t i = 0; i < n; i++) m.seq[i] = ob_type_ptr(ob_tuple_at(t->bases, i))->mro;
        m.seq[n] = t->bases;
        size_t k = 0;
        order[k++] = ob_type_val(t);
        if (!merge_all(&m, order, cap, &k)) return false;
        *out = ob_tuple_from(order, k);
        return !ob_is_null(*out);
    }
    merge m = {seq_small, pos_small, n + 1};
    memset(pos_small, 0, sizeof pos_small);
    for (size_t i = 0; i < n; i++) m.seq[i] = ob_type_ptr(ob_tuple_at(t->bases, i))->mro;
    m.seq[n] = t->bases;
    size_t k = 0;
    order_small[k++] = ob_type_val(t);
    if (!merge_all(&m, order_small, cap, &k)) return false;
    *out = ob_tuple_from(order_small, k);
    return !ob_is_null(*out);
}
