/* dict_views.c: keys(), values(), items() and the iterators over them.
 * Locks: none. Views are immutable and hold their dict; iterators have flat versioned bodies. Iterating over keys looks at order (TX_REST)
 * alone, over values and items at all. */
#include "objspace/dict_table.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/tuple.h"

/* ---- iterators ---- */

/* dict OB_NULL: exhausted.  used: size at the start, UINT64_MAX after a failure.  left: entries still to come. */
typedef struct iter_body { ob_val dict; uint64_t pos, used, left; } iter_body;
/* Of an OrderedDict: no key may come, go or move meanwhile. */
typedef struct ordered_body { iter_body it; uint64_t layout; uint32_t what, reverse; } ordered_body;

static void iter_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_place(t, ((const iter_body *)body)->dict);
}

/* Steps to the next live entry; false at the end or with an exception. */
static inline bool iter_step(ob_val self, bool reverse, uint64_t mask, ob_dict_entry *e) {
    if (ob_is_null(((const iter_body *)ob_read(self))->dict)) return false;
    iter_body *it = ob_write(self);
    if (!it) return false;
    const ob_dict_body *b = ob__dict_peek(it->dict, mask);
    if (UNLIKELY(it->used != b->used)) {
        it->used = UINT64_MAX;
        return ob_fail(ob_raise(&ob_exc_RuntimeError, "dictionary changed size during iteration"));
    }
    if (UNLIKELY(ob__dict_is_tree(b))) {
        size_t at = reverse ? ob__dict_live_before(b, it->pos < b->fill ? it->pos : b->fill) : ob__dict_live_from(b, it->pos);
        if (at == SIZE_MAX && ob_failed()) return false;                  /* a part that cannot be brought in */
        it->pos = reverse ? (uint32_t)(at + 1) : (uint32_t)at;
    } else if (!reverse) {
        if (it->pos < b->first) it->pos = b->first;
        while (it->pos < b->fill && !b->entries[it->pos].key.w) it->pos++;
    } else {
        if (it->pos > b->fill) it->pos = b->fill;
        while (it->pos > 0 && !b->entries[it->pos - 1].key.w) it->pos--;
    }
    if (reverse ? it->pos == 0 : it->pos >= b->fill) {
        it->dict = OB_NULL;
        return false;
    }
    if (!it->left) {
        it->used = UINT64_MAX;
        return ob_fail(ob_raise(&ob_exc_RuntimeError, "dictionary keys changed during iteration"));
    }
    it->left--;
    size_t at = reverse ? --it->pos : it->pos++;
    *e = *ob_dict_entry_at(b, at);
    if (mask == TX_ALL) e->value = ob_dict_value_at(b, at);
    return true;
}

#define ITERATOR(name, reverse, mask, result)                          \
    static ob_val name(ob_val self) {                                  \
        ob_dict_entry e;                                               \
        return iter_step(self, reverse, mask, &e) ? (result) : OB_NULL; \
    }
ITERATOR(next_key, false, TX_REST, e.key)
ITERATOR(next_value, false, TX_ALL, e.value)
ITERATOR(next_item, false, TX_ALL, ob_tuple_of2(e.key, e.value))
ITERATOR(prev_key, true, TX_REST, e.key)
ITERATOR(prev_value, true, TX_ALL, e.value)
ITERATOR(prev_item, true, TX_ALL, ob_tuple_of2(e.key, e.value))

bool ob__dict_item_step(ob_val self, ob_val pair[2]) {
    ob_dict_entry e;
    if (!iter_step(self, false, TX_ALL, &e)) return false;
    pair[0] = e.key, pair[1] = e.value;
    return true;
}

static ob_val ordered_next(ob_val self) {
    const ordered_body *o = ob_read(self);
    if (ob_is_null(o->it.dict)) return OB_NULL;
    const ob_dict_body *b = ob__dict_peek(o->it.dict, TX_REST);
    if (b->layout != o->layout) return ob_raise(&ob_exc_RuntimeError, "OrderedDict mutated during iteration");
    ob_dict_entry e;
    uint32_t what = o->what;
    if (!iter_step(self, o->reverse, what == OB__KEYS ? TX_REST : TX_ALL, &e)) return OB_NULL;
    return what == OB__KEYS ? e.key : what == OB__VALUES ? e.value : ob_tuple_of2(e.key, e.value);
}

static ob_val iter_hint(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    const iter_body *it = ob_read(self);
    return ob_from_small(ob_is_null(it->dict) || it->used != ob_dict_len(it->dict) ? 0 : (int64_t)it->left);
}

/* iter(list of what is left), without moving this one. */
static ob_val iter_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    iter_body saved = *(const iter_body *)ob_read(self);      /* an ordered one begins with the same words */
    ob_val l = ob_list_new(0), x;
    if (ob_is_null(l)) return l;
    while (!ob_is_null(x = ob_type_of(self)->slots.next(self)))
        if (!ob_list_append(l, x)) return OB_NULL;
    if (ob_failed()) return OB_NULL;
    iter_body *it = ob_write(self);
    if (!it) return OB_NULL;
    *it = saved;
    ob_val iter = ob_builtin("iter"), args = ob_tuple_of1(l);
    return ob_is_null(iter) || ob_is_null(args) ? OB_NULL : ob_tuple_of2(iter, args);
}

static const ob_def iter_methods[] = {
    {"__length_hint__", iter_hint, "", "Private method returning an estimate of len(list(it)).", 0},
    {"__reduce__", iter_reduce, "", "Return state information for pickling.", 0},
    {0},
};

#define ITER_TYPE(id, text, step)                                                                                                          \
    ob_type id = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = text, .base = &ob_object_type, .flags = OB_TF_NO_MAKE,         \
                         .size = sizeof(iter_body), .trace_body = iter_trace, .slots = {.iter = ob_self_iter, .next = step}, .methods = iter_methods};
ITER_TYPE(ob_dict_key_iter_type, "dict_keyiterator", next_key)
ITER_TYPE(ob_dict_value_iter_type, "dict_valueiterator", next_value)
ITER_TYPE(ob_dict_item_iter_type, "dict_itemiterator", next_item)
ITER_TYPE(ob_dict_key_reviter_type, "dict_reversekeyiterator", prev_key)
ITER_TYPE(ob_dict_value_reviter_type, "dict_reversevalueiterator", prev_value)
ITER_TYPE(ob_dict_item_reviter_type, "dict_reverseitemiterator", prev_item)
static ob_type *const iter_types[2][3] = {{&ob_dict_key_iter_type, &ob_dict_value_iter_type, &ob_dict_item_iter_type},
                                          {&ob_dict_key_reviter_type, &ob_dict_value_reviter_type, &ob_dict_item_reviter_type}};

ob_type ob_ordered_iter_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "odict_iterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
                                .size = sizeof(ordered_body), .trace_body = iter_trace, .slots = {.iter = ob_self_iter, .next = ordered_next},
                                .methods = iter_methods};

ob_val ob__ordered_iter_new(ob_val d, int what, bool reverse) {
    tx_handle *h = ob_alloc_mut(&ob_ordered_iter_type, sizeof(ordered_body));
    if (!h) return OB_NULL;
    const ob_dict_body *b = ob__dict_peek(d, TX_REST);
    *(ordered_body *)tx_inline_body(h) = (ordered_body){{d, reverse ? b->fill : 0, b->used, b->used}, b->layout, (uint32_t)what, reverse};
    return ob_of(h);
}
ob_val ob__ordered_iter(ob_val d) { return ob__ordered_iter_new(d, OB__KEYS, false); }

ob_val ob__dict_iter_new(ob_val d, int what, bool reverse) {
    tx_handle *h = ob_alloc_mut(iter_types[reverse][what], sizeof(iter_body));
    if (!h) return OB_NULL;
    const ob_dict_body *b = ob__dict_peek(d, TX_REST);
    *(iter_body *)tx_inline_body(h) = (iter_body){d, reverse ? b->fill : 0, b->used, b->used};
    return ob_of(h);
}

/* ---- views ---- */

typedef struct view { ob_obj o; ob_val dict; } view;
static ob_val dict_of(ob_val v) { return ((view *)ob_ptr(v))->dict; }

ob_val ob__dict_view_new(ob_type *t, ob_val d) {
    view *v = ob_alloc(t, sizeof *v);
    if (!v) return OB_NULL;
    v->dict = d;
    return ob_of(v);
}

static void view_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((view *)o)->dict); }
static ssize_t view_len(ob_val self) { return (ssize_t)ob_dict_len(dict_of(self)); }
static int view_what(ob_val self) {
    const ob_type *t = ob_type_of(self);
    while (t->base != &ob_object_type) t = t->base;          /* OrderedDict's views extend these */
    return t == &ob_dict_keys_type ? OB__KEYS : t == &ob_dict_values_type ? OB__VALUES : OB__ITEMS;
}
static bool ordered(ob_val v) { return ob_type_of(dict_of(v))->slots.iter == ob__ordered_iter; }
static ob_val view_iter_of(ob_val self, bool reverse) {
    return (ordered(self) ? ob__ordered_iter_new : ob__dict_iter_new)(dict_of(self), view_what(self), reverse);
}
static ob_val view_iter(ob_val self) { return view_iter_of(self, false); }
static ob_val view_reversed(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    return view_iter_of(self, true);
}

static ob_val view_repr(ob_val self) {
    bool entered;
    if (!ob_repr_enter(self, &entered)) return OB_NULL;
    if (!entered) return ob_str_from_c("...");
    ob_val l = ob_list_of_iterable(self);
    ob_val r = ob_is_null(l) ? OB_NULL : ob_str_format_c("%s(%R)", ob_type_of(self)->name, l);
    ob_repr_leave(self);
    return r;
}

static int keys_contains(ob_val self, ob_val x) { return ob_dict_contains(dict_of(self), x); }

static int items_contains(ob_val self, ob_val x) {
    if (!ob_is_tuple(x) || ob_tuple_len(x) != 2) return 0;
    ob_val v = ob_dict_get(dict_of(self), ob_tuple_at(x, 0));
    return ob_is_null(v) ? (ob_failed() ? -1 : 0) : ob_eq_quick(v, ob_tuple_at(x, 1));
}

static bool is_view(ob_val v) { return ob_is_a(v, &ob_dict_keys_type) || ob_is_a(v, &ob_dict_items_type); }
static bool is_setlike(ob_val v) { return ob_is_anyset(v) || is_view(v); }

/* Is every element of a in b?  1 0 -1 */
static int all_in(ob_val a, ob_val b) {
    ob_val it = ob_iter(a);
    if (ob_is_null(it)) return -1;
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        int c = ob_contains(b, x);
        if (c != 1) return c;
    }
    return ob_failed() ? -1 : 1;
}

static ob_val view_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (!is_setlike(b)) return OB_NOT_IMPLEMENTED;
    ssize_t n = ob_len(a), m = ob_len(b);
    if (n < 0 || m < 0) return OB_NULL;
    int r;
    switch (op) {
    case OB_EQ: case OB_NE: r = n == m ? all_in(a, b) : 0; break;
    case OB_LT: r = n < m ? all_in(a, b) : 0; break;
    case OB_LE: r = n <= m ? all_in(a, b) : 0; break;
    case OB_GT: r = n > m ? all_in(b, a) : 0; break;
    default: r = n >= m ? all_in(b, a) : 0; break;
    }
    return r < 0 ? OB_NULL : ob_bool(op == OB_NE ? !r : r);
}

/* The set operators: one side is a view, the other any iterable. */
static ob_val pick(ob_val from, ob_val other, bool wanted) {
    ob_val r = ob_set_new();
    if (ob_is_null(r)) return r;
    if (!is_setlike(other) && !ob_is_dict(other) && ob_is_null(other = ob_set_of_iterable(other))) return OB_NULL;
    ob_val it = ob_iter(from);
    if (ob_is_null(it)) return it;
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        int c = ob_contains(other, x);
        if (c < 0 || ((c == 1) == wanted && !ob_set_add(r, x))) return OB_NULL;
    }
    return ob_failed() ? OB_NULL : r;
}

static bool iterable(ob_val v) { return ob_type_of(v)->slots.iter || ob_type_of(v)->slots.getitem; }
static ob_val not_iterable(ob_val a, ob_val b) { return ob_raise(&ob_exc_TypeError, "'%.200T' object is not iterable", iterable(a) ? b : a); }
#define BOTH_ITERABLE(a, b) if (!iterable(a) || !iterable(b)) return not_iterable(a, b)

static ob_val view_and(ob_val a, ob_val b) {
    BOTH_ITERABLE(a, b);
    if (!is_view(a)) return pick(a, b, true);
    return pick(b, a, true);
}
static ob_val view_sub(ob_val a, ob_val b) {
    BOTH_ITERABLE(a, b);
    return pick(a, b, false);
}
static ob_val view_or(ob_val a, ob_val b) {
    BOTH_ITERABLE(a, b);
    ob_val r = ob_set_of_iterable(a);
    return ob_is_null(r) || !ob_set_update(r, b) ? OB_NULL : r;
}
static ob_val view_xor(ob_val a, ob_val b) {
    BOTH_ITERABLE(a, b);
    ob_val sa = ob_set_of_iterable(a), sb = ob_is_null(sa) ? sa : ob_set_of_iterable(b);
    if (ob_is_null(sb)) return sb;
    ob_val x = pick(sa, sb, false), y = ob_is_null(x) ? x : pick(sb, sa, false);
    return ob_is_null(y) || !ob_set_update(x, y) ? OB_NULL : x;
}

static ob_val view_isdisjoint(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    ob_val it = ob_iter(a[0]);
    if (ob_is_null(it)) return it;
    for (ob_val x; !ob_is_null(x = ob_next(it));) {
        int c = ob_contains(self, x);
        if (c) return c < 0 ? OB_NULL : OB_FALSE;
    }
    return ob_failed() ? OB_NULL : OB_TRUE;
}

static ob_val view_mapping(ob_val self) { return ob_mappingproxy_new(dict_of(self)); }

static const ob_getset view_getsets[] = {{"mapping", view_mapping, NULL, "dictionary that this view refers to"}, {0}};
static const ob_def set_view_methods[] = {
    {"isdisjoint", view_isdisjoint, "other, /", "Return True if the view and the given iterable have a null intersection.", 0},
    {"__reversed__", view_reversed, "", "Return a reverse iterator over the dict view.", 0},
    {0},
};
static const ob_def values_methods[] = {{"__reversed__", view_reversed, "", "Return a reverse iterator over the dict values.", 0}, {0}};

#define SET_OPERATORS .binary = {[OB_BIN_SUB] = view_sub, [OB_BIN_AND] = view_and, [OB_BIN_OR] = view_or, [OB_BIN_XOR] = view_xor}
#define VIEW_HEAD(text)                                                                                                       \
    OB_TYPE_HEAD(&ob_type_type, NULL), .name = text, .base = &ob_object_type, .flags = OB_TF_NO_MAKE, .size = sizeof(view),    \
        .trace = view_trace, .getsets = view_getsets
ob_type ob_dict_keys_type = {VIEW_HEAD("dict_keys"), .methods = set_view_methods,
    .slots = {.repr = view_repr, .hash = ob_hash_unhashable, .cmp = view_cmp, .len = view_len, .contains = keys_contains, .iter = view_iter, SET_OPERATORS}};
ob_type ob_dict_items_type = {VIEW_HEAD("dict_items"), .methods = set_view_methods,
    .slots = {.repr = view_repr, .hash = ob_hash_unhashable, .cmp = view_cmp, .len = view_len, .contains = items_contains, .iter = view_iter, SET_OPERATORS}};
ob_type ob_dict_values_type = {VIEW_HEAD("dict_values"), .methods = values_methods,
    .slots = {.repr = view_repr, .len = view_len, .iter = view_iter}};
