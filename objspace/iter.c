/* iter.c: the iterators over lists, tuples, anything with __getitem__, and callables with a sentinel.
 * Locks: none; bodies are flat and versioned, so that an undone block finds them where they were. */
#include "objspace/iter.h"
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include "objspace/type_make.h"

ob_val ob_builtin(const char *name) { return ob__from_builtins(name); }

static const ob_seq_iter_body *peek(ob_val it) { return ob_read(it); }

static void seq_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_val(t, ((const ob_seq_iter_body *)body)->seq);
}

static ob_val finish(ob_val it) {
    ob_seq_iter_body *b = ob_write(it);
    if (b) b->seq = OB_NULL;
    return OB_NULL;
}

static ob_val list_iter_next(ob_val self) {
    ob_val l = peek(self)->seq;
    if (ob_is_null(l)) return l;
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    const ob_list_body *items = OB_LIST_LOOK_NEXT(l, (int64_t)b->i, 0);
    if (LIKELY(b->i < items->len)) return ob_items_ahead(items->items, b->i, items->len), items->items[b->i++];
    ob_val x = ob_list_get_quick(l, (int64_t)b->i);
    if (!ob_is_null(x)) return b->i++, x;
    b->seq = OB_NULL;
    return OB_NULL;
}

static ob_val list_reviter_next(ob_val self) {
    ob_val l = peek(self)->seq;
    if (ob_is_null(l)) return l;
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    if (b->i > 0) {
        ob_val x = ob_list_get_quick(l, (int64_t)b->i - 1);
        if (!ob_is_null(x)) return b->i--, x;
    }
    b->seq = OB_NULL;
    return OB_NULL;
}

static ob_val tuple_iter_next(ob_val self) {
    ob_val t = peek(self)->seq;
    if (ob_is_null(t)) return t;
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    const ob_tuple_obj *u = ob_tuple_ptr(t);
    if (LIKELY(b->i < u->n)) return ob_items_ahead(u->items, b->i, u->n), u->items[b->i++];
    b->seq = OB_NULL;
    return OB_NULL;
}

static ob_val seq_iter_next(ob_val self) {
    ob_seq_iter_body was = *peek(self);
    if (ob_is_null(was.seq)) return OB_NULL;
    ob_val i = ob_int_from_i64((int64_t)was.i), x = ob_is_null(i) ? i : ob_getitem(was.seq, i);
    if (ob_is_null(x)) return ob_err_clear_if(&ob_exc_IndexError) || ob_err_clear_if(&ob_exc_StopIteration) ? finish(self) : OB_NULL;
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->i = was.i + 1;
    return x;
}

/* ---- methods ---- */

#define METHOD(name) static ob_val name(ob_val self, const ob_val *a, size_t n, ob_val kw)
#define UNUSED_ARGS (void)self, (void)a, (void)n, (void)kw

static bool backwards(ob_val self) { return ob_is_exact(self, &ob_list_reviter_type); }

METHOD(iter_hint) {
    UNUSED_ARGS;
    ob_seq_iter_body b = *peek(self);
    if (ob_is_null(b.seq)) return ob_from_small(0);
    if (!ob_type_of(b.seq)->slots.len) return OB_NOT_IMPLEMENTED;
    ssize_t len = ob_len(b.seq);
    if (len < 0) return OB_NULL;
    if (backwards(self)) return ob_from_small((ssize_t)b.i <= len ? (int64_t)b.i : 0);
    return ob_from_small((size_t)len > b.i ? len - (int64_t)b.i : 0);
}

METHOD(iter_reduce) {
    UNUSED_ARGS;
    bool back = backwards(self);
    ob_val f = ob_builtin(back ? "reversed" : "iter");        /* may run Python that advances us */
    ob_seq_iter_body b = *peek(self);
    if (ob_is_null(b.seq)) {
        ob_val empty = ob_is_exact(self, &ob_tuple_iter_type) || ob_is_exact(self, &ob_seq_iter_type) ? ob_empty_tuple : ob_list_new(0);
        ob_val args = ob_is_null(empty) ? empty : ob_tuple_of1(empty);
        if (back) f = ob_builtin("iter");
        return ob_is_null(f) || ob_is_null(args) ? OB_NULL : ob_tuple_of2(f, args);
    }
    ob_val args = ob_tuple_of1(b.seq);
    return ob_is_null(f) || ob_is_null(args) ? OB_NULL : ob_tuple_of3(f, args, ob_from_small((int64_t)b.i - back));
}

METHOD(iter_setstate) {
    UNUSED_ARGS;
    int64_t i;
    bool back = backwards(self);
    if (!ob_index_i64(a[0], &i)) return OB_NULL;
    ob_val seq = peek(self)->seq;
    if (ob_is_null(seq)) return OB_NONE;
    if (back) i++;
    if (i < 0) i = 0;
    if (ob_is_list(seq) || ob_is_tuple(seq)) {
        ssize_t len = ob_is_list(seq) ? (ssize_t)ob_list_len(seq) : (ssize_t)ob_tuple_len(seq);
        if (i > len) i = len;
    }
    ob_seq_iter_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->i = (size_t)i;
    return OB_NONE;
}

static const ob_def iter_methods[] = {
    {"__length_hint__", iter_hint, "", "Private method returning an estimate of len(list(it)).", 0},
    {"__reduce__", iter_reduce, "", "Return state information for pickling.", 0},
    {"__setstate__", iter_setstate, "state, /", "Set state information for unpickling.", 0},
    {0},
};

#define SEQ_ITER(id, text, step)                                                                                                         \
    ob_type id = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = text, .base = &ob_object_type, .flags = OB_TF_NO_MAKE,              \
                  .size = sizeof(ob_seq_iter_body), .trace_body = seq_trace, .slots = {.iter = ob_self_iter, .next = step}, .methods = iter_methods};
SEQ_ITER(ob_list_iter_type, "list_iterator", list_iter_next)
SEQ_ITER(ob_list_reviter_type, "list_reverseiterator", list_reviter_next)
SEQ_ITER(ob_tuple_iter_type, "tuple_iterator", tuple_iter_next)
SEQ_ITER(ob_seq_iter_type, "iterator", seq_iter_next)

ob_val ob_seq_iter_new(ob_val seq) {
    tx_handle *h = ob_alloc_mut(&ob_seq_iter_type, sizeof(ob_seq_iter_body));
    if (!h) return OB_NULL;
    *(ob_seq_iter_body *)tx_inline_body(h) = (ob_seq_iter_body){seq, 0};
    return ob_of(h);
}

/* ---- iter(callable, sentinel) ---- */

typedef struct callable_body { ob_val callable, sentinel; } callable_body;      /* callable OB_NULL: done */

static void callable_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_vals(t, &((const callable_body *)body)->callable, 2);
}

static ob_val callable_next(ob_val self) {
    callable_body was = *(const callable_body *)ob_read(self);
    if (ob_is_null(was.callable)) return OB_NULL;
    ob_val x = ob_call0(was.callable);
    bool over = false;
    if (ob_is_null(x)) over = ob_err_clear_if(&ob_exc_StopIteration);
    else if (!ob_is_null(((const callable_body *)ob_read(self))->callable)) {
        int e = ob_eq_quick(was.sentinel, x);
        if (e < 0) return OB_NULL;
        over = e;
    } else return OB_NULL;                                    /* exhausted by the call itself */
    if (!over) return x;
    callable_body *b = ob_write(self);
    if (b) *b = (callable_body){OB_NULL, OB_NULL};
    return OB_NULL;
}

METHOD(callable_reduce) {
    UNUSED_ARGS;
    ob_val f = ob_builtin("iter");
    callable_body b = *(const callable_body *)ob_read(self);
    ob_val args = ob_is_null(b.callable) ? ob_tuple_of1(ob_empty_tuple) : ob_tuple_of2(b.callable, b.sentinel);
    return ob_is_null(f) || ob_is_null(args) ? OB_NULL : ob_tuple_of2(f, args);
}

static const ob_def callable_methods[] = {{"__reduce__", callable_reduce, "", "Return state information for pickling.", 0}, {0}};

ob_type ob_callable_iter_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "callable_iterator", .base = &ob_object_type,
                                 .flags = OB_TF_NO_MAKE, .size = sizeof(callable_body), .trace_body = callable_trace,
                                 .slots = {.iter = ob_self_iter, .next = callable_next}, .methods = callable_methods};

ob_val ob_callable_iter_new(ob_val callable, ob_val sentinel) {
    tx_handle *h = ob_alloc_mut(&ob_callable_iter_type, sizeof(callable_body));
    if (!h) return OB_NULL;
    *(callable_body *)tx_inline_body(h) = (callable_body){callable, sentinel};
    return ob_of(h);
}
