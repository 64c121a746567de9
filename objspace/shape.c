/* shape.c: the trees of shapes, one for each class whose instances have attributes.
 * Locks: tree_lock (rank TABLE) around growing a tree; look-ups take none.
 * S1  A shape is constant once it is linked, but for `children` and `table`, each set once or grown at the front.  (MO: SHAPE)
 * S2  The first type->nslots steps of every shape are the class's __slots__; ob_shape_find does not see them.
 * S3  Shapes live as long as their class; an instance keeps its class alive. */
#include "objspace/inst.h"
#include "objspace/shape.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"

enum {
    TREE_MAX = 2000,     /* shapes of a class */
    WIDE = 9,            /* from so many own attributes on a shape gets a table */
    SOME_SLOTS = 3       /* for a class whose attributes are not known yet: fill a line of the cache */
};
static base_lock tree_lock = BASE_LOCK_INIT(TABLE, "shapes");

typedef struct root { ob_shape s; ob_shape dict; uint32_t total; } root;      /* total: under tree_lock */
typedef struct wide { uint32_t mask; struct { uint64_t key; uint32_t slot; } cell[]; } wide;

static root *root_of(const ob_shape *s) {
    while (s->parent) s = s->parent;
    return (root *)(uintptr_t)s;
}

static ob_shape *child_of(const ob_shape *s, ob_val key) {
    ob_shape *c = atomic_load_explicit(&((ob_shape *)(uintptr_t)s)->children, memory_order_acquire);      /* MO: SHAPE acquire */
    for (; c; c = atomic_load_explicit(&c->next, memory_order_relaxed))
        if (ob_same(c->key, key)) return c;
    return NULL;
}

static ob_shape *grow(ob_shape *s, ob_val key) {
    ob_shape *c = base_mem_zeroed(sizeof *c);
    if (!c) return NULL;
    c->type = s->type;
    c->parent = s;
    c->key = key;
    c->n = s->n + 1;
    atomic_store_explicit(&c->next, atomic_load_explicit(&s->children, memory_order_relaxed), memory_order_relaxed);
    atomic_store_explicit(&s->children, c, memory_order_release);           /* MO: SHAPE release */
    return c;
}

ob_shape *ob_shape_add(const ob_shape *s, ob_val key) {
    ob_shape *c = child_of(s, key);
    if (c) return c;
    if (s->dict_mode || s->n >= OB_SHAPE_MAX) return NULL;
    base_lock_take(&tree_lock);
    root *r = root_of(s);
    c = child_of(s, key);
    if (!c && r->total < TREE_MAX) {
        c = grow((ob_shape *)(uintptr_t)s, key);
        if (c) r->total++;
    }
    base_lock_drop(&tree_lock);
    return c;
}

ob_shape *ob__shape_root_new(ob_type *t, const ob_val *own, size_t n_own) {
    root *r = base_mem_zeroed(sizeof *r);
    if (!r) return ob_fail_ptr(ob_raise_memory());
    ob_shape *s = &r->s;
    s->type = t;
    const ob_shape *inherited[OB_SLOTS_MAX];
    size_t n = 0;
    for (const ob_shape *b = t->base ? t->base->shape0 : NULL; b && b->parent && n < OB_SLOTS_MAX; b = b->parent) inherited[n++] = b;
    while (s && n > 0) s = grow(s, inherited[--n]->key);
    for (size_t i = 0; s && i < n_own; i++) s = grow(s, own[i]);
    if (!s) return ob_fail_ptr(ob_raise_memory());       /* (what was made stays; memory is exhausted anyway) */
    t->nslots = s->n;
    r->dict = (ob_shape){.type = t, .parent = s, .key = OB_NULL, .n = s->n + 1, .dict_mode = true};
    if (!t->inst_cap) t->inst_cap = s->n + (t->has_dict && !t->own_dict ? SOME_SLOTS : 0);
    t->shape0 = s;
    return s;
}

ob_shape *ob_shape_root(ob_type *t) { return t->shape0 ? t->shape0 : ob__shape_root_new(t, NULL, 0); }
ob_shape *ob_shape_dict_mode(ob_type *t) { return &root_of(t->shape0)->dict; }

static const wide *wide_make(const ob_shape *s, uint32_t own) {
    uint32_t size = 32;
    while (size < own * 2) size *= 2;
    wide *w = base_mem_zeroed(sizeof *w + size * sizeof w->cell[0]);
    if (!w) return NULL;
    w->mask = size - 1;
    for (const ob_shape *p = s; p->n > s->type->nslots; p = p->parent) {
        uint32_t i = (uint32_t)(base_hash_pointer(ob_ptr(p->key)) >> 40) & w->mask;
        while (w->cell[i].key) i = (i + 1) & w->mask;
        w->cell[i].key = p->key.w;
        w->cell[i].slot = p->n - 1;
    }
    const void *none = NULL;
    _Atomic(const void *) *place = (_Atomic(const void *) *)(uintptr_t)&s->table;
    if (atomic_compare_exchange_strong_explicit(place, &none, w, memory_order_release, memory_order_acquire)) return w;   /* MO: SHAPE */
    base_mem_free(w);
    return none;
}

int ob_shape_find(const ob_shape *s, ob_val key) {
    if (s->dict_mode) return -1;
    uint32_t first = s->type->nslots, own = s->n - first;
    if (own >= WIDE) {
        const wide *w = atomic_load_explicit((_Atomic(const void *) *)(uintptr_t)&s->table, memory_order_acquire);       /* MO: SHAPE acquire */
        if (!w) w = wide_make(s, own);
        if (w) {
            uint32_t i = (uint32_t)(base_hash_pointer(ob_ptr(key)) >> 40) & w->mask;
            for (; w->cell[i].key; i = (i + 1) & w->mask)
                if (w->cell[i].key == key.w) return (int)w->cell[i].slot;
            return -1;
        }
    }
    for (; s->n > first; s = s->parent)
        if (ob_same(s->key, key)) return (int)s->n - 1;
    return -1;
}

ob_val ob__shape_key(const ob_shape *s, uint32_t i) {
    while (s->n > i + 1) s = s->parent;
    return s->key;
}

const ob_shape *ob__shape_common(const ob_shape *a, const ob_shape *b) {
    if (a->dict_mode) a = a->parent;
    if (b->dict_mode) b = b->parent;
    while (a->n > b->n) a = a->parent;
    while (b->n > a->n) b = b->parent;
    while (a != b && a->parent && b->parent) a = a->parent, b = b->parent;
    return a;
}

/* Depth first without recursion: the tree has parents. */
static void each(ob_shape *top, void (*fn)(ob_shape *s, void *arg), void *arg) {
    ob_shape *s = top;
    for (;;) {
        ob_shape *down = atomic_load_explicit(&s->children, memory_order_acquire);       /* MO: SHAPE acquire */
        if (down) { s = down; continue; }
        for (;;) {
            ob_shape *next = atomic_load_explicit(&s->next, memory_order_relaxed), *up = s->parent;
            bool last = s == top;
            fn(s, arg);
            if (last) return;
            if (next) { s = next; break; }
            s = up;
        }
    }
}

static void trace_key(ob_shape *s, void *arg) { ob_trace_val(arg, s->key); }
static void free_one(ob_shape *s, void *arg) {
    (void)arg;
    base_mem_free((void *)(uintptr_t)s->table);
    base_mem_free(s);
}

void ob_shape_trace(const ob_type *t, ob_tracer *tr) {
    if (t->shape0) each(&root_of(t->shape0)->s, trace_key, tr);
}
void ob_shape_free(ob_type *t) {
    if (t->shape0) each(&root_of(t->shape0)->s, free_one, NULL);
    t->shape0 = NULL;
}
