/* queue.c: Queue: first in, first out, between transactions. A chain of nodes with an end for producers and one for consumers (Michael and Scott 1996).
 * Locks: none; ends and nodes are versioned.
 * Q1  head's node is the last one taken (at first an empty one), tail's the last one put; the queue is empty if they are the same.
 * Q2  put() writes the tail and the next of its node; get() writes the head and reads the next of its node. So a producer and a consumer meet only
 *     when the queue is empty; producers meet producers, consumers meet consumers. O(1).
 * Q3  A part that cannot be loaded reads as OB_NULL, with an exception: none is used before it was looked at. (read_end, read_node) */
#include "objspace/hot.h"
#include "objspace/call.h"
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

typedef struct queue { ob_val head, tail; /* constant */ } queue;
typedef struct end_body { ob_val node; uint64_t count; /* ever put, ever taken */ } end_body;
typedef struct node_body { ob_val item, next; } node_body;
enum { ITEM = 1, NEXT = 2, NODE = 1, COUNT = 2 };    /* masks */

static OB_KIND(words_kind);
static ob_val (*when_empty)(ob_val queue, ob_val timeout);
void ob_queue_set_empty_hook(ob_val (*empty)(ob_val queue, ob_val timeout)) { when_empty = empty; }

static const queue *ptr(ob_val v) { return tx_peek(ob_handle(v)); }
static void end_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) { ob_trace_val(t, ((const end_body *)body)->node); }
static void node_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) { ob_trace_vals(t, body, 2); }

static ob_val new_node(ob_val item) {
    tx_handle *h = ob_alloc_mut(&ob_queue_node_type, sizeof(node_body));
    if (!h) return OB_NULL;
    *(node_body *)tx_inline_body(h) = (node_body){item, OB_NULL};
    return ob_of(h);
}
static ob_val new_end(ob_val node) {
    tx_handle *h = ob_alloc_mut(&ob_queue_end_type, sizeof(end_body));
    if (!h) return OB_NULL;
    *(end_body *)tx_inline_body(h) = (end_body){node, 0};
    return ob_of(h);
}

static end_body read_end(ob_val end, uint64_t mask) { return ob_is_null(end) ? (end_body){OB_NULL, 0} : *(const end_body *)ob_read_mask(end, mask); }
static node_body read_node(ob_val n, uint64_t mask) { return ob_is_null(n) ? (node_body){OB_NULL, OB_NULL} : *(const node_body *)ob_read_mask(n, mask); }

static bool put(ob_val q, ob_val x) {
    ob_val tail = ptr(q)->tail, node = new_node(x);
    if (ob_is_null(node)) return false;
    end_body was = read_end(tail, TX_ALL);
    node_body *last = ob_is_null(was.node) ? NULL : ob_write_mask(was.node, NEXT);
    if (!last) return false;
    last->next = node;
    end_body *e = ob_write(tail);
    if (!e) return false;
    *e = (end_body){node, was.count + 1};
    return true;
}

/* 1 taken, 0 empty, -1 error */
static int take(ob_val q, ob_val *x) {
    ob_val head = ptr(q)->head;
    end_body was = read_end(head, TX_ALL);
    ob_val next = read_node(was.node, NEXT).next;
    if (ob_is_null(next)) return ob_failed() ? -1 : 0;
    *x = read_node(next, ITEM).item;
    end_body *e = ob_is_null(*x) ? NULL : ob_write(head);
    if (!e) return -1;
    *e = (end_body){next, was.count + 1};
    node_body *n = ob_write_mask(next, ITEM);                /* the node stays as the empty one: it must not keep the item */
    if (!n) return -1;
    n->item = OB_NULL;
    return 1;
}

OB_FN(queue_put) { return put(self, a[0]) ? OB_NONE : OB_NULL; }
OB_FN(queue_get) {
    ob_val x = OB_NULL;
    int got = take(self, &x);
    if (got) return got < 0 ? OB_NULL : x;
    if (when_empty) return when_empty(self, ob_is_null(a[0]) ? OB_NONE : a[0]);
    return ob_raise(&ob_exc_LookupError, "get from an empty Queue");
}
static ssize_t queue_len(ob_val self) {
    uint64_t n = read_end(ptr(self)->tail, COUNT).count - read_end(ptr(self)->head, COUNT).count;
    return ob_failed() ? -1 : (ssize_t)n;
}
static ob_val repr(ob_val self) {
    ssize_t n = queue_len(self);
    return n < 0 ? OB_NULL : ob_str_format_c("<%s of %zd>", ob_type_short_name(ob_type_of(self)), n);
}

static ob_val items(ob_val self) {
    ob_val l = ob_list_new(0), node = read_end(ptr(self)->head, TX_ALL).node, x;
    while (!ob_is_null(l) && !ob_is_null(node = read_node(node, NEXT).next) && !ob_is_null(x = read_node(node, ITEM).item))
        if (!ob_list_append(l, x)) return OB_NULL;
    return ob_failed() ? OB_NULL : l;
}
OB_FN(queue_reduce) {
    ob_val l = items(self), args = ob_is_null(l) ? l : ob_tuple_of1(l);
    return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(ob_type_of(self)), args);
}

OB_FN(bound) {
    ob_val node = new_node(OB_NULL), head = ob_is_null(node) ? node : new_end(node), tail = ob_is_null(head) ? head : new_end(node), x;
    tx_handle *q = ob_is_null(tail) ? NULL : ob_alloc_mut(ob_type_ptr(self), sizeof(queue));
    if (!q) return OB_NULL;
    *(queue *)tx_inline_body(q) = (queue){head, tail};
    if (ob_is_null(a[0])) return ob_of(q);
    ob_val it = ob_iter(a[0]);
    if (ob_is_null(it)) return it;
    while (!ob_is_null(x = ob_next(it))) if (!put(ob_of(q), x)) return OB_NULL;
    return ob_failed() ? OB_NULL : ob_of(q);
}
static ob_val make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"Queue", bound, "iterable=None, /", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, ob_kw_of_make(t, &ob_queue_type, kw));
}

static const ob_def methods[] = {
    {"get", queue_get, "timeout=None", "Takes the oldest item. While there is none, retry(): the block sleeps and runs again; outside of a block, waits. RetryTimeout after timeout seconds.", 0},
    {"put", queue_put, "item, /", "Adds an item.", 0},
    {"__reduce__", queue_reduce, "", NULL, 0},
    {0},
};
ob_type ob_queue_type = {
    OB_TYPE_HEAD(&ob_type_type, &words_kind), .name = "apodora.Queue", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(queue), .has_weakref = true,
    .trace_body = node_trace, .slots = {.make = make, .repr = repr, .len = queue_len}, .methods = methods,
    .doc = "Queue(iterable=()): first in, first out, between threads and transactions; producers and consumers meet only when it is empty."};
ob_type ob_queue_end_type = {OB_TYPE_HEAD(&ob_type_type, &words_kind), .name = "apodora._QueueEnd", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(end_body), .trace_body = end_trace};
ob_type ob_queue_node_type = {OB_TYPE_HEAD(&ob_type_type, &words_kind), .name = "apodora._QueueNode", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(node_body), .trace_body = node_trace};
