/* set.c: the table under set and frozenset: open addressing over slots of hash and key; of a set that is big and shared a tree, as a dict's (dict_tree.h).
 * Locks: none; a set's body is reached through ob_read / ob_write, a frozenset's table is constant once others see it.
 * S1  The slots belong to one body alone.  S2  fill stays below 3/5 of the slots, so that every probe ends.  (insert_new)
 * S3  No table pointer is kept across a call that can run Python; after one, a search starts again if `layout` has changed.
 *     A write may make a tree of the table: positions are other ones then. (moved)
 * S4  An element is read under its hash as a key; coming and going writes its bucket's bit and TX_REST.
 * S5  Parts of a tree may be in the store (stub.h): a search, step or change that cannot bring one in fails. (ob__dict_search, ob_set_next)
 * What transactions know of sets: set_kind.c. */
#include "objspace/set.h"
#include "objspace/set_table.h"
#include "objspace/dict_table.h"
#include "objspace/iter.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/tuple.h"

typedef ob__set_table table;
enum { ABSENT = -1, FAILED = -2, UNSURE = -3 };
enum { NEIGHBOURS = 9 };                     /* slots tried side by side (one or two cache lines) before jumping */

/* ---- probing ---- */

typedef struct walk { size_t i, base, left, mask; uint64_t rest; } walk;
static inline walk walk_start(const table *t, uint64_t hash) {
    size_t base = hash & t->mask;
    return (walk){base, base, base + NEIGHBOURS <= t->mask ? NEIGHBOURS : 0, t->mask, hash};
}
static inline void walk_step(walk *w) {
    if (w->left) {
        w->left--;
        w->i++;
        return;
    }
    w->rest >>= 5;
    w->i = w->base = (w->base * 5 + 1 + w->rest) & w->mask;
    w->left = w->base + NEIGHBOURS <= w->mask ? NEIGHBOURS : 0;
}

static inline int key_known(ob_val a, ob_val b) {
    if (ob_both_small(a, b)) return 0;
    if (ob_is_exact_str(a) && ob_is_exact_str(b)) return ob_str_equal(a, b);
    return ob_value_eq_known(a, b);
}

ssize_t ob__set_search(const table *t, ob_val x, uint64_t hash) {
    if (!t->slots) return t->tree ? ob__dict_search(t->tree, x, hash) : ABSENT;
    for (walk w = walk_start(t, hash);; walk_step(&w)) {
        const ob__set_slot *s = &t->slots[w.i];
        if (ob_same(s->key, x)) return (ssize_t)w.i;
        if (!s->key.w) {
            if (!s->hash) return ABSENT;
        } else if (s->hash == hash) {
            int known = key_known(s->key, x);
            if (known) return known > 0 ? (ssize_t)w.i : UNSURE;
        }
    }
}

/* Has y every element of x that has this hash? */
bool ob__set_has_all(const table *x, const table *y, uint64_t hash) {
    if (x->tree) {
        ob__dict_likes l = {0};
        for (ssize_t i; (i = ob__dict_next_like(x->tree, OB_NULL, hash, &l)) >= 0;) {
            const ob_dict_entry *e = ob_dict_entry_at(x->tree, (size_t)i);
            if (e->key.w && e->hash == hash && ob__set_search(y, e->key, hash) < 0) return false;
        }
    } else if (x->slots) {
        for (walk w = walk_start(x, hash);; walk_step(&w)) {
            const ob__set_slot *s = &x->slots[w.i];
            if (!s->key.w && !s->hash) break;
            if (s->key.w && s->hash == hash && ob__set_search(y, s->key, hash) < 0) return false;
        }
    }
    return true;
}

/* The table, to look for elements with this hash alone. */
#ifndef APO_NO_TRANSACTIONS
static NOINLINE const table *look_slow(ob_val s, uint64_t hash) { return tx_read_key_slow(ob_handle(s), hash); }
#endif
static inline const table *look(ob_val s, uint64_t hash UNUSED) {
    if (ob_has_tflag(s, OB_TF_FROZENSET)) return &((ob__frozenset *)ob_ptr(s))->table;
#ifndef APO_NO_TRANSACTIONS
    if (UNLIKELY(!tx_is_private(ob_handle(s)))) return look_slow(s, hash);
#endif
    return tx_inline_body(ob_handle(s));
}

/* Compares x with what is at i, perhaps by Python code.  1 0 -1; 2: the set has changed meanwhile, search again. */
static int compare_at(ob_val s, size_t i, ob_val x, uint64_t hash) {
    const table *t = look(s, hash);
    ob__set_slot slot = ob__set_at(t, i);
    if (ob_same(slot.key, x)) return 1;
    if (!slot.key.w || slot.hash != hash) return 0;
    uint64_t layout = t->layout;
    bool tree = t->tree != NULL;
    int eq = ob_eq(slot.key, x);
    if (eq < 0) return -1;
    t = look(s, hash);
    return t->layout != layout || (t->tree != NULL) != tree ? 2 : eq;
}

static COLD ssize_t search_slow(ob_val s, ob_val x, uint64_t hash) {
again:;
    const table *t = look(s, hash);
    ob__dict_likes l = {0};
    uint64_t trouble = ob__stub_trouble;
    if (!t->slots && !t->tree) return ABSENT;
    for (walk w = walk_start(t, hash);; walk_step(&w)) {
        t = look(s, hash);
        ssize_t i = t->tree ? ob__dict_next_like(t->tree, x, hash, &l) : (ssize_t)w.i;
        if (UNLIKELY(trouble != ob__stub_trouble)) return FAILED;
        if (i < 0 || (t->slots && !t->slots[i].key.w && !t->slots[i].hash)) return ABSENT;
        int c = compare_at(s, (size_t)i, x, hash);
        if (c == 2) goto again;
        if (c) return c > 0 ? i : FAILED;
    }
}

static ssize_t find(ob_val s, ob_val x, uint64_t hash) {
    ssize_t i = ob__set_search(look(s, hash), x, hash);
    return LIKELY(i != UNSURE) ? i : search_slow(s, x, hash);
}

/* The same, but that of an element that is there it tells nothing: 0 or more. */
static ssize_t has(ob_val s, ob_val x, uint64_t hash) {
    const table *t = look(s, hash);
    ssize_t i = LIKELY(!t->tree) ? ob__set_search(t, x, hash) : ob__dict_has(t->tree, x, hash);
    return LIKELY(i != UNSURE) ? i : search_slow(s, x, hash);
}

/* ---- room ---- */

typedef ob__allocator allocator;

static inline walk walk_to_free(const table *t, uint64_t hash) {
    walk w = walk_start(t, hash);
    while (t->slots[w.i].key.w || t->slots[w.i].hash) walk_step(&w);
    return w;
}

static void insert_free(table *t, ob_val x, uint64_t hash) {
    t->slots[walk_to_free(t, hash).i] = (ob__set_slot){hash, x};
    t->fill++;
    t->used++;
}

static COLD bool resize(table *t, size_t want, allocator *alloc) {
    table n = {.mask = 7, .layout = t->layout + 1};
    while (n.mask < want) n.mask = n.mask * 2 + 1;
    if (!(n.slots = alloc((n.mask + 1) * sizeof *n.slots))) return false;
    memset(n.slots, 0, (n.mask + 1) * sizeof *n.slots);
    if (t->slots) {
        for (size_t i = 0; i <= t->mask; i++)
            if (t->slots[i].key.w) insert_free(&n, t->slots[i].key, t->slots[i].hash);
        ob_block_free(t->slots, (t->mask + 1) * sizeof *t->slots);
    }
    *t = n;
    return true;
}

bool ob__set_insert(table *t, ob_val x, uint64_t hash, allocator *alloc) {
    if (UNLIKELY(t->tree != NULL)) {
        if (!ob__dict_append(t->tree, &(ob_dict_entry){hash, x, ob_from_small(1)}, alloc)) return false;
        t->used = t->tree->used;
        t->layout++;
        return true;
    }
    if (!t->slots && !resize(t, 0, alloc)) return false;
    insert_free(t, x, hash);
    t->layout++;
    if (t->fill * 5 < t->mask * 3) return true;
    return resize(t, t->used > 50000 ? t->used * 2 : t->used * 4, alloc);
}

bool ob__set_remove(table *t, size_t i, allocator *alloc) {
    if (UNLIKELY(t->tree != NULL)) {
        if (!ob__dict_drop(t->tree, i, alloc)) return false;
        t->used = t->tree->used;
        t->layout++;
        return true;
    }
    t->slots[i] = (ob__set_slot){t->slots[i].hash ? t->slots[i].hash : 1, OB_NULL};
    t->used--;
    t->layout++;
    return true;
}

/* The table to change; a frozenset under construction is written directly. */
static table *writable(ob_val s, uint64_t mask) {
    return ob_has_tflag(s, OB_TF_FROZENSET) ? &((ob__frozenset *)ob_ptr(s))->table : ob_write_mask(s, mask);
}

/* ---- single changes of big private bodies, and what reverses them (README.md, "Big containers") ---- */

static void undo_add(tx_handle *h UNUSED, void *body, uint64_t at, uint64_t b UNUSED) {
    table *t = body;
    t->slots[ob_to_small((ob_val){at})] = (ob__set_slot){0};
    t->used--;
    t->fill--;
    t->layout++;
}
static void undo_remove(tx_handle *h UNUSED, void *body, uint64_t key, uint64_t at) {
    table *t = body;
    ob__set_slot *s = &t->slots[ob_to_small((ob_val){at}) / 2];
    s->key.w = key;
    if (ob_to_small((ob_val){at}) % 2) s->hash = 0;                       /* its hash is 0, which would have meant "never used" */
    t->used++;
    t->layout++;
}

/* The table, if it is one of whose changes notes can be made; else NULL. */
static inline const table *notable(ob_val s) {
    const table *t = tx_inline_body(ob_handle(s));
    return tx_is_private(ob_handle(s)) && t->slots ? t : NULL;
}

static NOINLINE table *write_add(ob_val s, uint64_t hash) {
    const table *t = notable(s);
    if (!t || (t->fill + 1) * 5 >= t->mask * 3) return ob_write_mask(s, OB__SET_BUCKET(hash) | TX_REST);
    return ob_write_op(s, OB__SET_BUCKET(hash) | TX_REST, t->used, undo_add, ob_from_small((int64_t)walk_to_free(t, hash).i).w, 0);
}

static NOINLINE table *write_remove(ob_val s, size_t i, uint64_t hash) {
    const table *t = notable(s);
    if (!t) return ob_write_mask(s, OB__SET_BUCKET(hash) | TX_REST);
    return ob_write_op(s, OB__SET_BUCKET(hash) | TX_REST, t->used, undo_remove, t->slots[i].key.w, ob_from_small((int64_t)(2 * i + !t->slots[i].hash)).w);
}

static inline table *own(ob_val s) { return ob_has_tflag(s, OB_TF_FROZENSET) ? &((ob__frozenset *)ob_ptr(s))->table : tx_mine(ob_handle(s)); }

/* ---- operations ---- */

int ob__set_find(ob_val s, ob_val x, uint64_t hash) {
    ssize_t i = has(s, x, hash);
    return i >= 0 ? 1 : i == ABSENT ? 0 : -1;
}

int ob__set_add_hash(ob_val s, ob_val x, uint64_t hash) {
    ssize_t i = has(s, x, hash);
    if (i >= 0) return 0;
    table *t = i == ABSENT ? own(s) : NULL;
    if (i == ABSENT && !t) t = write_add(s, hash);
    return t && ob__set_insert(t, x, hash, ob_block_alloc) ? 1 : -1;
}

/* Where the element is now that was at i of a flat table which has become a tree. */
static COLD ssize_t moved(const table *t, ob_val x) {
    size_t i = 0;
    while (!ob_same(ob__set_at(t, i).key, x)) i++;
    return (ssize_t)i;
}

int ob__set_remove_hash(ob_val s, ob_val x, uint64_t hash) {
    ssize_t i = find(s, x, hash);
    if (i < 0) return i == ABSENT ? 0 : -1;
    const table *was = ob__set_peek(s, 0);
    ob_val there = ob__set_at(was, (size_t)i).key;
    bool tree = was->tree != NULL;
    table *t = own(s);
    if (!t) t = write_remove(s, (size_t)i, hash);
    if (t && UNLIKELY((t->tree != NULL) != tree)) i = moved(t, there);
    return t && ob__set_remove(t, (size_t)i, ob_block_alloc) ? 1 : -1;
}

bool ob_set_add(ob_val s, ob_val x) {
    uint64_t hash;
    return ob_key_hash(x, &hash) && ob__set_add_hash(s, x, hash) >= 0;
}
int ob_set_contains(ob_val s, ob_val x) {
    uint64_t hash;
    return ob_key_hash(x, &hash) ? ob__set_find(s, x, hash) : -1;
}
int ob_set_discard(ob_val s, ob_val x) {
    uint64_t hash;
    return ob_key_hash(x, &hash) ? ob__set_remove_hash(s, x, hash) : -1;
}

size_t ob_set_len(ob_val s) { return ob__set_peek(s, TX_REST)->used; }

int ob_set_next(ob_val s, size_t *pos, ob_val *x, uint64_t *hash) {
    const table *t = ob__set_peek(s, TX_ALL);
    size_t i = ob__set_live_from(t, *pos);
    if (i >= ob__set_end(t)) return i == SIZE_MAX ? -1 : 0;
    ob__set_slot slot = ob__set_at(t, i);
    *pos = i + 1;
    *x = slot.key;
    if (hash) *hash = slot.hash;
    return 1;
}

void ob__set_free(table *t) {
    uint64_t layout = t->layout + 1;
    if (t->slots) ob_block_free(t->slots, (t->mask + 1) * sizeof *t->slots);
    if (t->tree) ob_block_free(t->tree, sizeof *t->tree);                 /* what it leads to, other versions may share */
    *t = (table){.layout = layout};
}

/* All of it is about to be replaced: others may still have to see what is not loaded. */
static bool hold(const table *t) { return !t->tree || tx_is_sole() || ob__dict_tree_hold(t->tree); }

bool ob__set_clear(ob_val s) {
    table *t = ob_write(s);
    if (!t || !hold(t)) return false;
    ob__set_free(t);
    return true;
}

bool ob__set_pop(ob_val s, ob_val *x) {
    *x = OB_NULL;
    if (!ob__set_peek(s, TX_ALL)->used) return true;
    table *t = ob_write(s);
    if (!t) return false;
    size_t i = ob__set_live_from(t, t->tree ? 0 : t->finger & t->mask);
    if (i >= ob__set_end(t)) i = ob__set_live_from(t, 0);
    if (i >= ob__set_end(t)) return false;                                /* it cannot be brought in */
    *x = ob__set_at(t, i).key;
    if (!ob__set_remove(t, i, ob_block_alloc)) return false;
    t->finger = i + 1;
    return true;
}

/* Of flat ones. */
bool ob__set_copy_flat(table *to, const table *from, allocator *alloc) {
    table n = *from;
    if (from->slots) {
        size_t bytes = (from->mask + 1) * sizeof *n.slots;
        if (!(n.slots = alloc(bytes))) return false;
        memcpy(n.slots, from->slots, bytes);
    }
    *to = n;
    return true;
}

bool ob__set_clone(ob_val to, ob_val from) {
    table *t = writable(to, TX_ALL);
    if (!t) return false;
    const table *f = ob__set_peek(from, TX_ALL);
    if (!f->tree && (f->fill == f->used || f->fill < f->used * 2)) return ob__set_copy_flat(t, f, ob_block_alloc);
    if (f->tree && !t->tree && !resize(t, f->used * 2, ob_block_alloc)) return false;
    size_t i = 0;
    for (size_t end = ob__set_end(f); (i = ob__set_live_from(f, i)) < end; i++) {
        ob__set_slot s = ob__set_at(f, i);
        if (!ob__set_insert(t, s.key, s.hash, ob_block_alloc)) return false;
    }
    return i != SIZE_MAX;
}

bool ob__set_take(ob_val s, ob_val from) {
    table *t = ob_write(s), *f = ob_write(from);
    if (!t || !f || !hold(t)) return false;
    uint64_t layout = t->layout + 1;
    ob__set_free(t);
    *t = *f;
    if (t->layout < layout) t->layout = layout;
    *f = (table){0};
    return true;
}

/* ---- making ---- */

ob_val ob__set_alloc(ob_type *t) {
    return ob_of(t->flags & OB_TF_FROZENSET ? ob_alloc(t, sizeof(ob__frozenset)) : ob_alloc_mut(t, sizeof(table)));
}
ob_val ob_set_new(void) { return ob__set_alloc(&ob_set_type); }
ob_val ob__set_like(ob_val s) { return ob__set_alloc(ob_has_tflag(s, OB_TF_FROZENSET) ? &ob_frozenset_type : &ob_set_type); }

static bool add_each(void *arg, ob_val x) { return ob_set_add(*(ob_val *)arg, x); }

/* A dict knows its keys' hashes. */
static bool add_keys(ob_val s, ob_val d) {
    ob_dict_entry e;
    int more;
    for (size_t i = 0; (more = ob__dict_step(d, TX_REST, &i, &e)) > 0;)
        if (ob__set_add_hash(s, e.key, e.hash) < 0) return false;
    return more == 0;
}

bool ob_set_update(ob_val s, ob_val it) {
    if (ob_is_anyset(it)) {
        if (!ob_set_len(s) && !ob__set_peek(s, TX_ALL)->slots && !ob__set_peek(s, 0)->tree && !ob_same(s, it)) return ob__set_clone(s, it);
        ob_val x;
        uint64_t hash;
        int more = 0;
        for (size_t pos = 0; !ob_same(s, it) && (more = ob_set_next(it, &pos, &x, &hash)) > 0;)
            if (ob__set_add_hash(s, x, hash) < 0) return false;
        return more == 0;
    }
    if (ob_is_exact(it, &ob_dict_type)) return add_keys(s, it);
    return ob_each(it, add_each, &s);
}

static ob_val of_iterable(ob_type *t, ob_val it) {
    ob_val s = ob__set_alloc(t);
    return ob_is_null(s) || !ob_set_update(s, it) ? OB_NULL : s;
}
ob_val ob_set_of_iterable(ob_val it) { return of_iterable(&ob_set_type, it); }
ob_val ob_frozenset_of_iterable(ob_val it) { return ob_is_exact(it, &ob_frozenset_type) ? it : of_iterable(&ob_frozenset_type, it); }

/* ---- iterator ---- */

typedef struct iter_body { ob_val set; uint64_t pos, used, left; } iter_body;

static void iter_trace(ob_obj *o, const void *body, ob_tracer *t) {
    (void)o;
    ob_trace_place(t, ((const iter_body *)body)->set);
}

static ob_val iter_next(ob_val self) {
    if (ob_is_null(((const iter_body *)ob_read(self))->set)) return OB_NULL;
    iter_body *it = ob_write(self);
    if (!it) return OB_NULL;
    const table *t = ob__set_peek(it->set, TX_ALL);
    if (it->used != t->used) {
        it->used = UINT64_MAX;
        return ob_raise(&ob_exc_RuntimeError, "Set changed size during iteration");
    }
    size_t pos = ob__set_live_from(t, it->pos);
    if (pos < ob__set_end(t)) {
        it->left -= it->left != 0;
        it->pos = pos + 1;
        return ob__set_at(t, pos).key;
    }
    if (UNLIKELY(pos == SIZE_MAX)) return OB_NULL;
    it->set = OB_NULL;
    return OB_NULL;
}

static ob_val iter_hint(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    const iter_body *it = ob_read(self);
    return ob_from_small(ob_is_null(it->set) || it->used != ob_set_len(it->set) ? 0 : (int64_t)it->left);
}

static ob_val iter_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    iter_body saved = *(const iter_body *)ob_read(self);
    ob_val l = ob_list_new(0), x;
    if (ob_is_null(l)) return l;
    while (!ob_is_null(x = iter_next(self)))
        if (!ob_list_append(l, x)) return OB_NULL;
    iter_body *it = ob_failed() ? NULL : ob_write(self);
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

ob_type ob_set_iter_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "set_iterator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
                            .size = sizeof(iter_body), .trace_body = iter_trace, .slots = {.iter = ob_self_iter, .next = iter_next},
                            .methods = iter_methods};

static ob_val set_iter(ob_val self) {
    tx_handle *h = ob_alloc_mut(&ob_set_iter_type, sizeof(iter_body));
    if (!h) return OB_NULL;
    size_t used = ob_set_len(self);
    *(iter_body *)tx_inline_body(h) = (iter_body){self, 0, used, used};
    return ob_of(h);
}

/* ---- the types ---- */

static void trace_table(const table *s, ob_tracer *t) {
    ob_trace_block(t, s->slots);
    ob_trace_block(t, s->tree);
    if (s->tree) ob__dict_tree_trace(s->tree, t);
    if (s->slots)
        for (size_t i = 0; i <= s->mask; i++) ob_trace_val(t, s->slots[i].key);
}
static void set_trace_body(ob_obj *o, const void *body, ob_tracer *t) { (void)o, trace_table(body, t); }
static void frozenset_trace(ob_obj *o, ob_tracer *t) { trace_table(&((ob__frozenset *)o)->table, t); }

static ssize_t set_len(ob_val self) { return (ssize_t)ob_set_len(self); }

/* Order independent; the function that collections.abc.Set._hash documents, so that sets of either kind agree. */
static bool frozenset_hash(ob_val self, uint64_t *out) {
    ob__frozenset *f = (ob__frozenset *)ob_ptr(self);
    uint64_t h = atomic_load_explicit(&f->hash, memory_order_relaxed), x;
    if (h) return *out = h, true;
    h = UINT64_C(1927868237) * (f->table.used + 1);
    ob_val v;
    for (size_t pos = 0; ob_set_next(self, &pos, &v, &x) > 0;) h ^= (x ^ x << 16 ^ UINT64_C(89869747)) * UINT64_C(3644798167);
    h ^= h >> 11 ^ h >> 25;
    h = h * 69069 + UINT64_C(907133923);
    if (h == UINT64_MAX) h = UINT64_C(590923713);
    atomic_store_explicit(&f->hash, h, memory_order_relaxed);
    *out = h;
    return true;
}

static ob_val set_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) { return (void)a, (void)n, (void)kw, ob__set_alloc(type); }

static bool set_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("set", n, kw, 0, 1)) return false;
    if (ob_set_len(self) && !ob__set_clear(self)) return false;
    return n == 0 || ob_set_update(self, a[0]);
}

static ob_val frozenset_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_args_check("frozenset", n, ob_kw_of_make(type, &ob_frozenset_type, kw), 0, 1)) return OB_NULL;
    if (n && type == &ob_frozenset_type && ob_is_exact(a[0], type)) return a[0];
    ob_val s = ob__set_alloc(type);
    return ob_is_null(s) || (n && !ob_set_update(s, a[0])) ? OB_NULL : s;
}

#define COMMON_SLOTS .repr = ob__set_repr, .cmp = ob__set_cmp, .len = set_len, .contains = ob__set_contains, .iter = set_iter, \
    .binary = {[OB_BIN_OR] = ob__set_or, [OB_BIN_AND] = ob__set_and, [OB_BIN_SUB] = ob__set_sub, [OB_BIN_XOR] = ob__set_xor}

ob_type ob_set_type = {
    OB_TYPE_HEAD(&ob_type_type, &ob__set_kind),
    .name = "set",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_SET,
    .size = sizeof(table),
    .has_weakref = true,
    .trace_body = set_trace_body,
    .slots = {COMMON_SLOTS, .hash = ob_hash_unhashable, .make = set_make, .init = set_init,
              .inplace = {[OB_BIN_OR] = ob__set_ior, [OB_BIN_AND] = ob__set_iand, [OB_BIN_SUB] = ob__set_isub, [OB_BIN_XOR] = ob__set_ixor}},
    .methods = ob__set_methods,
    .doc = "set() -> new empty set object\nset(iterable) -> new set object\n\nBuild an unordered collection of unique elements.",
};
ob_type ob_frozenset_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "frozenset",
    .base = &ob_object_type,
    .flags = OB_TF_BASE | OB_TF_FROZENSET,
    .size = sizeof(ob__frozenset),
    .has_weakref = true,
    .trace = frozenset_trace,
    .slots = {COMMON_SLOTS, .hash = frozenset_hash, .make = frozenset_make},
    .methods = ob__frozenset_methods,
    .doc = "frozenset() -> empty frozenset object\nfrozenset(iterable) -> frozenset object\n\nBuild an immutable unordered collection of unique elements.",
};
