/* inst.c: bodies of plain instances and of attribute holders: reading, adding, changing and removing attributes, and the switch to dict mode.
 * Locks: none; bodies are versioned.
 * I1  slot values beyond shape->n are OB_NULL.
 * I2  `more` belongs to one body alone: copy() duplicates it.
 * I3  Attributes are only added at the end: while the shape grows, slot i keeps its name. A removal that is not of the last one, or too
 *     many attributes, goes to dict mode, for good. */
#include "objspace/inst.h"
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/kind.h"
#include "objspace/shape.h"
#include "objspace/str.h"
#include "objspace/type_make.h"

static bool inst_copy(const tx_handle *h, void *dst, const void *src) {
    const ob_inst_body *s = src;
    ob_inst_body *d = dst;
    memcpy(d, s, tx_body_size(h));
    if (!s->more) return true;
    size_t bytes = ob_block_size(s->more);
    d->more = ob_kind_block_copy(s->more, bytes, bytes);
    return d->more != NULL;
}

static void inst_drop(const tx_handle *h, void *body) {
    (void)h;
    ob_inst_body *b = body;
    if (b->more) ob_block_free(b->more, ob_block_size(b->more));
    b->more = NULL;
}

static void set_slot(const tx_handle *h, ob_inst_body *b, uint32_t i, ob_val x) {
    if (i < h->aux) b->slot[i] = x;
    else b->more[i - h->aux] = x;
}

static bool inst_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    const ob_inst_body *x = a, *y = b;
    uint32_t n = x->shape->n;
    if (n < 63) mask &= TX_REST | (TX_SLOT(n) - 1);    /* only who has added an attribute looks at it here; for him its name counts (merge_grown) */
    if (x->shape != y->shape) {
        if (mask & TX_REST) return false;
        n = ob__shape_common(x->shape, y->shape)->n;
        if (n < 63 && mask >> n) return false;
    }
    for (uint64_t m = mask & ~TX_REST; m; m &= m - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(m);
        if (i >= n) break;
        if (!ob_value_same(ob_inst_slot(h, x, i), ob_inst_slot(h, y, i))) return false;
    }
    if (mask & TX_REST)
        for (uint32_t i = 63; i < n; i++)
            if (!ob_value_same(ob_inst_slot(h, x, i), ob_inst_slot(h, y, i))) return false;
    return true;
}

static uint32_t room(const tx_handle *h, const ob_inst_body *b) {
    return h->aux + (b->more ? (uint32_t)(ob_block_size(b->more) / sizeof(ob_val)) : 0);
}

/* My version holds attributes added since base; theirs as well. Theirs come first in the order, mine are put behind. */
static bool merge_grown(const tx_handle *h, ob_inst_body *m, const ob_inst_body *base, const ob_inst_body *t) {
    const ob_shape *s = t->shape;
    ob_val mine[OB_SHAPE_MAX + 1];
    uint32_t n = m->shape->n, from = base->shape->n;
    if (m->shape->dict_mode || t->shape->dict_mode || n > OB_SHAPE_MAX || t->shape->n + (n - from) > room(h, m)) return false;
    if (ob__shape_common(m->shape, t->shape)->n < from) return false;
    for (uint32_t i = from; i < n; i++) {
        mine[i] = ob_inst_slot(h, m, i);
        ob_val key = ob__shape_key(m->shape, i);
        int there = ob_shape_find(t->shape, key);
        if (there >= 0) {
            if (!ob_same(ob_inst_slot(h, t, (uint32_t)there), mine[i])) return false;
            continue;
        }
        s = ob_shape_add(s, key);
        if (!s) return false;
    }
    for (uint32_t i = from; i < t->shape->n; i++) set_slot(h, m, i, ob_inst_slot(h, t, i));
    for (uint32_t i = from; i < n; i++) set_slot(h, m, (uint32_t)ob_shape_find(s, ob__shape_key(m->shape, i)), mine[i]);
    m->shape = s;
    return true;
}

static bool inst_merge(const tx_handle *h, void *mine, const void *base_, const void *theirs, uint64_t dirty) {
    ob_inst_body *m = mine;
    const ob_inst_body *base = base_, *t = theirs;
    uint32_t n = base->shape->n;
    bool i_grew = m->shape != base->shape, they_grew = t->shape != base->shape;
    if (they_grew) {
        if (t->shape->dict_mode || (i_grew && m->shape->dict_mode) || ob__shape_common(base->shape, t->shape) != base->shape) return false;
        if (i_grew && !merge_grown(h, m, base, t)) return false;
        if (!i_grew) {
            if (t->shape->n > room(h, m)) return false;
            for (uint32_t i = n; i < t->shape->n; i++) set_slot(h, m, i, ob_inst_slot(h, t, i));
            m->shape = t->shape;
        }
    } else if (i_grew && ob__shape_common(base->shape, m->shape) != base->shape) {
        return false;
    }
    if (i_grew && m->shape->dict_mode) {               /* a dict made of values that they may have changed */
        for (uint32_t i = 0; i < n; i++)
            if (!ob_same(ob_inst_slot(h, t, i), ob_inst_slot(h, base, i))) return false;
        return true;
    }
    for (uint32_t i = 63; dirty & TX_REST && i < n; i++)    /* which of them I have written is not known */
        if (!ob_same(ob_inst_slot(h, t, i), ob_inst_slot(h, base, i))) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!(dirty & TX_SLOT(i))) set_slot(h, m, i, ob_inst_slot(h, t, i));
    return true;
}

static void inst_trace(const tx_handle *h, const void *body, void (*visit)(void *arg, uint64_t word), void *arg) {
    const ob_inst_body *b = body;
    uint32_t n = b->shape ? b->shape->n : 0;
    for (uint32_t i = 0; i < n; i++) {
        ob_val v = ob_inst_slot(h, b, i);
        if (ob_is_ptr(v) && v.w) visit(arg, v.w);
    }
}

static void inst_trace_new(const tx_handle *h, const void *before, const void *after, void (*visit)(void *arg, uint64_t word), void *arg) {
    const ob_inst_body *was = before, *is = after;
    for (uint32_t i = 0; i < is->shape->n; i++) {
        ob_val v = ob_inst_slot(h, is, i);
        if (ob_is_ptr(v) && v.w && (i >= was->shape->n || !ob_same(v, ob_inst_slot(h, was, i)))) visit(arg, v.w);
    }
}

static void inst_trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    const tx_handle *h = (const tx_handle *)o;
    const ob_inst_body *b = body;
    if (!b->shape) return;
    if (!((uintptr_t)b->more & 1)) ob_trace_block(t, b->more);
    ob_trace_val(t, ob_type_val(b->shape->type));
    for (uint32_t i = 0; i < b->shape->n; i++) ob_trace_val(t, ob_inst_slot(h, b, i));
}

#define WORD(member) (offsetof(ob_inst_body, member) / sizeof(uint64_t))
const tx_kind ob_inst_kind = {.name = "instance", .words = WORD(slot), .aux_words = ~0u, .slots_at = WORD(slot), .mark_at = WORD(more), .owns = true, .copy = inst_copy,
                              .drop = inst_drop, .same = inst_same, .merge = inst_merge, .trace = inst_trace, .trace_new = inst_trace_new, .ordered = TX_REST};
#undef WORD

/* The class of all holders; it is never seen by Python. Also lends its trace_body to the classes of plain instances. */
ob_type ob_holder_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob_inst_kind),
    .name = "attribute_holder", .size = sizeof(ob_inst_body), .trace_body = inst_trace_body, .flags = OB_TF_NO_MAKE,
};

static tx_handle *inst_alloc(ob_type *cls, ob_type *t) {
    uint32_t cap = t->inst_cap;
    tx_handle *h = ob_alloc_mut(cls, sizeof(ob_inst_body) + cap * sizeof(ob_val));
    if (!h) return NULL;
    h->aux = cap;
    ((ob_inst_body *)tx_inline_body(h))->shape = t->shape0;
    return h;
}

ob_val ob_inst_new(ob_type *t) {
    return ob_of(inst_alloc(t, t));
}
ob_val ob_holder_new(ob_type *t) { return ob_of(inst_alloc(&ob_holder_type, t)); }

tx_handle *ob_attrs_of(ob_val v) {
    if (!ob_is_ptr(v)) return NULL;
    if (LIKELY(ob_ptr(v)->type->flags & OB_TF_INST)) return ob_handle(v);
    return ob_flags(ob_ptr(v)) & OB_F_HOLDER ? ob_heap_holder(ob_ptr(v)) : NULL;
}

/* Makes slot index i exist in a body that is being written. */
static bool make_room(tx_handle *h, ob_inst_body *b, uint32_t i) {
    uint32_t have = room(h, b);
    if (i < have) return true;
    uint32_t cap = i - h->aux + 4;
    ob_val *more = ob_block_zalloc(cap * sizeof *more);
    if (!more) return false;
    if (b->more) {
        memcpy(more, b->more, (have - h->aux) * sizeof *more);
        ob_block_free(b->more, ob_block_size(b->more));
    }
    b->more = more;
    ob_type *t = b->shape->type;
    if (i + 1 > t->inst_cap && i < 24) t->inst_cap = i + 1;        /* later instances get it inline */
    return true;
}

static const ob_inst_body *peek(const tx_handle *h) { return tx_read(h, 0); }

static ob_val read_slot(const tx_handle *h, uint32_t i) {
    return ob_inst_slot(h, tx_read(h, TX_SLOT(i)), i);
}

static ob_val body_dict(const tx_handle *h, const ob_inst_body *b) { return read_slot(h, b->shape->type->nslots); }

ob_val ob_attr_get(ob_val v, ob_val name) {
    ob_type *t = ob_type_of(v);
    if (UNLIKELY(t->own_dict != NULL)) {
        ob_val d = t->own_dict(v, false);
        return ob_is_null(d) ? d : ob_dict_get_str(d, name);
    }
    const tx_handle *h = ob_attrs_of(v);
    if (!h) return OB_NULL;
    const ob_inst_body *b = peek(h);
    if (UNLIKELY(b->shape->dict_mode)) return ob_dict_get_str(body_dict(h, b), name);
    int i = ob_shape_find(b->shape, name);
    if (i >= 0) return read_slot(h, (uint32_t)i);
    (void)tx_read(h, TX_REST);                          /* its absence was seen */
    return OB_NULL;
}

/* Replaces all attributes by a dict. */
static bool to_dict_mode(tx_handle *h, ob_val d) {
    ob_inst_body *b = ob_write(ob_of(h));
    if (!b) return false;
    ob_type *t = b->shape->type;
    uint32_t n = b->shape->n, at = t->nslots;
    if (!make_room(h, b, at)) return false;
    for (uint32_t i = at; i < n; i++) set_slot(h, b, i, OB_NULL);
    set_slot(h, b, at, d);
    b->shape = ob_shape_dict_mode(t);
    return true;
}

static ob_val dict_of_slots(const tx_handle *h) {
    const ob_inst_body *b = tx_read(h, TX_ALL);
    uint32_t n = b->shape->n, first = b->shape->type->nslots;
    ob_val d = ob_dict_new_sized(n - first);
    for (uint32_t i = first; i < n && !ob_is_null(d); i++) {
        b = tx_read(h, TX_ALL);
        ob_val x = ob_inst_slot(h, b, i);
        if (!ob_is_null(x) && !ob_dict_set(d, ob__shape_key(b->shape, i), x)) return OB_NULL;
    }
    return d;
}

static bool dict_store(ob_val d, ob_val v, ob_val name, ob_val x) {
    if (!ob_is_null(x)) return ob_dict_set(d, name, x);
    int r = ob_dict_del(d, name);
    if (r == 0) ob__no_attribute(v, name);
    return r > 0;
}

static bool add_attr(tx_handle *h, ob_val name, ob_val x) {
    const ob_shape *s = peek(h)->shape, *s2 = ob_shape_add(s, name);
    if (!s2) {
        ob_val d = dict_of_slots(h);
        return !ob_is_null(d) && to_dict_mode(h, d) && ob_dict_set(d, name, x);
    }
    ob_inst_body *b = ob_write_mask(ob_of(h), TX_SLOT(s->n) | TX_REST);
    if (!b || !make_room(h, b, s->n)) return false;
    set_slot(h, b, s->n, x);
    b->shape = s2;
    return true;
}

static bool remove_attr(tx_handle *h, uint32_t i) {
    const ob_shape *s = peek(h)->shape;
    if (i + 1 == s->n) {
        ob_inst_body *b = ob_write_mask(ob_of(h), TX_SLOT(i) | TX_REST);
        if (!b) return false;
        set_slot(h, b, i, OB_NULL);
        b->shape = s->parent;
        return true;
    }
    ob_val d = dict_of_slots(h), name = ob__shape_key(s, i);
    return !ob_is_null(d) && ob_dict_del(d, name) > 0 && to_dict_mode(h, d);
}

bool ob_attr_set(ob_val v, ob_val name, ob_val x) {
    ob_type *t = ob_type_of(v);
    if (UNLIKELY(t->own_dict != NULL)) {
        ob_val d = t->own_dict(v, !ob_is_null(x));
        if (ob_is_null(d)) return ob_failed() ? false : ob_fail(ob__no_attribute(v, name));
        return dict_store(d, v, name, x);
    }
    tx_handle *h = ob_attrs_of(v);
    if (!h || !t->has_dict) return ob_fail(ob__no_attribute(v, name));
    const ob_inst_body *b = peek(h);
    if (UNLIKELY(b->shape->dict_mode)) return dict_store(body_dict(h, b), v, name, x);
    int i = ob_shape_find(b->shape, name);
    if (ob_is_null(x)) return i < 0 || ob_is_null(read_slot(h, (uint32_t)i)) ? ob_fail(ob__no_attribute(v, name)) : remove_attr(h, (uint32_t)i);
    if (i < 0) return add_attr(h, name, x);
    ob_inst_body *w = ob_write_mask(ob_of(h), TX_SLOT(i));
    if (!w) return false;
    set_slot(h, w, (uint32_t)i, x);
    return true;
}

ob_val ob_attr_dict(ob_val v) {
    ob_type *t = ob_type_of(v);
    if (t->own_dict) return t->own_dict(v, true);
    tx_handle *h = ob_attrs_of(v);
    if (!h || !t->has_dict) return ob__no_attribute(v, OB_NAME(dict));
    const ob_inst_body *b = peek(h);
    if (b->shape->dict_mode) return body_dict(h, b);
    ob_val d = dict_of_slots(h);
    if (ob_is_null(d)) return d;
    /* In a read-only block the instance cannot be switched: the caller gets what a snapshot shows. */
    if (!to_dict_mode(h, d) && !ob_err_clear_if(&ob_exc_FrozenError)) return OB_NULL;
    return d;
}

bool ob__attr_replace_dict(ob_val v, ob_val d) {
    tx_handle *h = ob_attrs_of(v);
    if (!h || !ob_type_of(v)->has_dict || ob_type_of(v)->own_dict) return ob_fail(ob__no_attribute(v, OB_NAME(dict)));
    return to_dict_mode(h, d);
}

bool ob_attr_next(ob_val v, size_t *pos, ob_val *name, ob_val *value) {
    ob_type *t = ob_type_of(v);
    const tx_handle *h = ob_attrs_of(v);
    size_t first = h ? t->nslots : 0;
    const ob_inst_body *b = h ? tx_read(h, TX_ALL) : NULL;
    size_t n = b ? (b->shape->dict_mode ? first : b->shape->n) : 0;
    for (; *pos < n; (*pos)++) {
        ob_val x = ob_inst_slot(h, b, (uint32_t)*pos);
        if (ob_is_null(x)) continue;
        *name = ob__shape_key(b->shape->dict_mode ? b->shape->parent : b->shape, (uint32_t)*pos);
        *value = x;
        (*pos)++;
        return true;
    }
    ob_val d = OB_NULL;
    if (t->own_dict) d = t->own_dict(v, false);
    else if (b && b->shape->dict_mode) d = body_dict(h, b);
    if (ob_is_null(d)) return false;
    size_t at = *pos - n;
    bool more = ob_dict_next(d, &at, name, value);
    *pos = at + n;
    return more;
}

ob_val ob__member_get(ob_val v, uint32_t i) {
    const tx_handle *h = ob_attrs_of(v);
    return h ? read_slot(h, i) : OB_NULL;
}

bool ob__member_set(ob_val v, uint32_t i, ob_val x) {
    tx_handle *h = ob_attrs_of(v);
    ob_inst_body *b = ob_write_mask(ob_of(h), TX_SLOT(i));
    if (!b) return false;
    set_slot(h, b, i, x);
    return true;
}

bool ob_inst_change_type(ob_val v, ob_type *t) {
    tx_handle *h = ob_attrs_of(v);
    if (h) {
        const ob_inst_body *b = tx_read(h, TX_ALL);
        const ob_shape *s = t->shape0, *old = b->shape;
        for (uint32_t i = t->nslots; s && !old->dict_mode && i < old->n; i++) s = ob_shape_add(s, ob__shape_key(old, i));
        if (!s) {
            ob_val d = dict_of_slots(h);
            if (ob_is_null(d) || !to_dict_mode(h, d)) return false;
        }
        ob_inst_body *w = ob_write(ob_of(h));
        if (!w) return false;
        w->shape = w->shape->dict_mode ? ob_shape_dict_mode(t) : s;
    }
    ob_ptr(v)->type = t;
    return true;
}
