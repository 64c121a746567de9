/* cont_tree.c: big shared containers: what a block undoes, what two transactions may do side by side, and that their versions share. */
#include "base/rand.h"
#include "objspace/contain.h"
#include "objspace/dict_table.h"
#include "objspace/init.h"
#include "objspace/int.h"
#include "objspace/list_tree.h"
#include "objspace/set_table.h"
#include "objspace/tuple.h"
#include "tests/unit/other_thread.h"
#include "tests/unit/unit.h"
#include "txn/tx.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

ob_type ob_code_type __attribute__((weak)), ob_frame_type __attribute__((weak));

static const tx_options block = {.isolation = TX_SERIALIZABLE};
static base_rand dice;
static ob_val d, l, note;                       /* shared; note: written so that a transaction has something to commit */
static ob_val num(int64_t i) { return ob_from_small(i); }
static uint64_t below(uint64_t n) { return base_rand_below(&dice, (uint32_t)n); }
static bool is_tree(ob_val v) { return ob__dict_is_tree(ob__dict_peek(v, 0)); }

/* ---- the model: an array of keys in order ---- */

enum { KEYS = 3000 };
typedef struct model { size_t n; struct { int64_t key, value; } at[KEYS]; } model;
static model now, saved[4];

static size_t model_find(int64_t key) {
    size_t i = 0;
    while (i < now.n && now.at[i].key != key) i++;
    return i;
}
static void model_set(int64_t key, int64_t value) {
    size_t i = model_find(key);
    if (i == now.n) now.n++;
    now.at[i].key = key, now.at[i].value = value;
}
static bool model_del(int64_t key) {
    size_t i = model_find(key);
    if (i == now.n) return false;
    memmove(&now.at[i], &now.at[i + 1], (--now.n - i) * sizeof now.at[0]);
    return true;
}

/* Some keys have the same hash: ints and tuples of them differ; strings take the slow comparisons' place. */
static ob_val key_of(int64_t i) { return i % 5 ? num(i * 62) : ob_str_format_c("key%lld", (long long)i); }

static bool agrees(void) {
    size_t pos = 0, i = 0;
    ob_val key, v;
    if (ob_dict_len(d) != now.n) return false;
    while (ob_dict_next(d, &pos, &key, &v)) {
        if (ob_eq(key, key_of(now.at[i].key)) != 1 || !ob_same(v, num(now.at[i].value))) return false;
        if (!ob_same(ob_dict_get(d, key_of(now.at[i].key)), v)) return false;
        i++;
    }
    return i == now.n && ob_is_null(ob_dict_get(d, key_of(KEYS + 5)));
}

static bool one_step(void) {
    int64_t i = (int64_t)below(KEYS), x = (int64_t)below(1000);
    uint64_t hash;
    switch (below(11)) {
    case 0: case 1: case 2: case 3: model_set(i, x); return ob_dict_set(d, key_of(i), num(x));
    case 4: case 5: case 6: return ob_dict_del(d, key_of(i)) == model_del(i);
    case 7: if (!now.n) return true;
            now.n--;
            { ob_val k, v; return ob__dict_pop_last(d, &k, &v) && ob_eq(k, key_of(now.at[now.n].key)) == 1; }
    case 8: if (model_find(i) == now.n) return ob_is_null(ob_dict_pop(d, key_of(i)));
            x = now.at[model_find(i)].value;
            return model_del(i) && ob_same(ob_dict_pop(d, key_of(i)), num(x));
    case 9: case 10: {
        size_t was = model_find(i);
        if (was == now.n || !ob_hash(key_of(i), &hash)) return true;
        ssize_t at = ob__dict_find(d, key_of(i), hash);
        int64_t value = now.at[was].value;
        bool last = below(2);
        model_del(i);
        memmove(&now.at[1], &now.at[0], last ? 0 : now.n * sizeof now.at[0]);
        size_t to = last ? now.n : 0;
        now.at[to].key = i, now.at[to].value = value;
        now.n++;
        return at >= 0 && ob__dict_move(d, (size_t)at, last);
    }
    default: return true;
    }
}

static bool play(int depth, unsigned steps) {
    tx_savepoint sp;
    for (unsigned s = 0; s < steps; s++) {
        if (below(400) == 0) ob_gc_collect();
        if (depth == 3 || below(20)) {
            if (!one_step()) return false;
            continue;
        }
        saved[depth] = now;
        if (!tx_savepoint_set(&sp) || !play(depth + 1, 12)) return false;
        if (below(2)) {
            tx_savepoint_release(&sp);
        } else {
            tx_savepoint_rollback(&sp);
            tx_savepoint_release(&sp);
            now = saved[depth];
        }
    }
    return true;
}

static void play_rounds(int n, unsigned steps, bool tree) {
    for (int round = 0; round < n; round++) {
        tx_begin(&block);
        model before = now;
        CHECK_FATAL(play(0, 1 + (unsigned)below(steps)));
        if (round % 8 == 0) CHECK(agrees());
        if (below(3)) {
            CHECK_FATAL(tx_commit() == TX_COMMITTED);
        } else {
            tx_abort();
            now = before;
        }
        if (round % 8 != 1) continue;
        tx_begin(&block);
        CHECK(is_tree(d) == tree && agrees());
        ob_val c = ob_dict_copy(d);
        CHECK(!is_tree(c) && ob_eq(c, d) == 1);
        CHECK_FATAL(tx_commit() == TX_COMMITTED);
    }
}

TEST(a_big_shared_dict_does_what_blocks_did_and_did_not) {
    CHECK_FATAL(ob_init());
    base_rand_seed(&dice, 4711);
    d = ob_dict_new(), note = ob_dict_new();
    CHECK_FATAL(ob_gc_add_static(&d) && ob_gc_add_static(&note));
    for (int64_t i = 0; i < 2000; i++) {
        CHECK(ob_dict_set(d, key_of(i), num(i)));
        model_set(i, i);
    }
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    play_rounds(400, 60, false);             /* single changes are noted, or all is copied */
    tx_leave_sole();
    play_rounds(400, 60, true);
    tx_begin(&block);
    while (now.n > 20) CHECK(ob_dict_del(d, key_of(now.at[now.n / 2].key)) == 1 && model_del(now.at[now.n / 2].key));
    for (int64_t i = 0; i < 200; i++) {
        CHECK(ob_dict_set(d, key_of(i), num(i)));
        model_set(i, i);
    }
    CHECK(agrees());
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_begin(&block);
    CHECK(agrees());
    ob_dict_clear(d);
    CHECK(ob_dict_len(d) == 0 && !is_tree(d));
    tx_abort();
    tx_begin(&block);
    CHECK(agrees());
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
}

/* ---- two threads ---- */

static bool other(action *fn, int64_t a, int64_t b) { return other_with(&block, fn, a, b); }

static bool set_key(int64_t a, int64_t b) { return ob_dict_set(d, num(a), num(b)); }
static bool del_key(int64_t a, int64_t b) { return (void)b, ob_dict_del(d, num(a)) == 1; }
static bool see_key(int64_t a, int64_t b) { return (void)b, ob_is_null(ob_dict_get(d, num(a))) || true; }
static bool renew_key(int64_t a, int64_t b) { return ob_dict_del(d, num(a)) == 1 && ob_dict_set(d, num(a), num(b)); }
static bool see_in(int64_t a, int64_t b) { return (void)b, ob_dict_contains(d, num(a)) >= 0; }
static bool add_one(int64_t a, int64_t b) {
    ob_val v = ob_dict_get(d, num(a));
    return ob_dict_set(d, num(a), num((ob_is_null(v) ? 0 : ob_to_small(v)) + b));
}
static bool see_len(int64_t a, int64_t b) { return (void)a, (void)b, ob_dict_len(d) != 0; }
static bool see_keys(int64_t a, int64_t b) {
    ob_val it = ob__dict_iter_new(d, OB__KEYS, false);
    (void)a, (void)b;
    while (!ob_is_null(it) && !ob_is_null(ob_next(it))) {}
    return !ob_is_null(it) && !ob_failed();
}
static bool see_all(int64_t a, int64_t b) {
    size_t pos = 0;
    ob_val k, v;
    (void)a, (void)b;
    while (ob_dict_next(d, &pos, &k, &v)) {}
    return true;
}
static bool clear_all(int64_t a, int64_t b) { return (void)a, (void)b, ob_dict_clear(d), true; }
static bool pop_end(int64_t a, int64_t b) {
    ob_val k, v;
    (void)a, (void)b;
    return ob_dict_len(d) && ob__dict_pop_last(d, &k, &v);
}
static bool grow_much(int64_t a, int64_t b) {
    for (int64_t i = 0; i < b; i++)
        if (!ob_dict_set(d, num(a + i), num(i))) return false;
    return true;
}

/* Does mine commit when theirs does in between?  Both begin with a dict of n keys 0..n-1, all 0. */
static bool both(size_t n, action *mine, int64_t a, int64_t b, action *theirs, int64_t x, int64_t y) {
    tx_begin(&block);
    ob_dict_clear(d);
    for (size_t i = 0; i < n; i++)
        if (!ob_dict_set(d, num((int64_t)i), num(0))) return false;
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    for (int64_t i = 1; i >= 0; i--) {       /* a tree from here on */
        tx_begin(&block);
        CHECK(set_key(0, i));
        CHECK_FATAL(tx_commit() == TX_COMMITTED);
    }
    tx_begin(&block);
    CHECK(mine(a, b) && ob_dict_set(note, num(0), num((int64_t)below(1 << 30))));
    CHECK(other(theirs, x, y));
    return tx_commit() == TX_COMMITTED;
}

static int64_t value(int64_t key) {
    ob_val v = ob_dict_get(d, num(key));
    return ob_is_null(v) ? -1 : ob_to_small(v);
}

static bool has(int64_t key, int64_t wanted) {
    tx_begin(&block);
    bool ok = value(key) == wanted;
    tx_abort();
    return ok;
}

static void rules_of(size_t n) {
    for (int64_t k = 1; k < 70; k++) CHECK(both(n, add_one, 62, 1, add_one, 62 + k, 1));
    for (int64_t k = 1; k < 70; k++) CHECK(both(n, add_one, 6200, 1, add_one, 6200 + k * 31, 1));
    CHECK(!both(n, add_one, 62, 1, add_one, 62, 1));
    CHECK(!both(n, see_key, 77, 0, set_key, 77, 5));
    CHECK(both(n, set_key, 77, 5, set_key, 77, 6) && has(77, 5));         /* nobody has looked: the later one wins */
    CHECK(!both(n, set_key, 77, 5, del_key, 77, 0) && has(77, -1));
    CHECK(both(n, del_key, 77, 0, set_key, 77, 6) && has(77, -1));
    CHECK(!both(n, set_key, 77, 5, renew_key, 77, 6) && has(77, 6));      /* another entry under the same key */
    CHECK(both(n, see_in, 77, 0, set_key, 77, 6));
    CHECK(!both(n, see_in, 77, 0, del_key, 77, 6));
    CHECK(!both(n, set_key, 77, 5, clear_all, 0, 0) && has(77, -1));
    CHECK(!both(n, clear_all, 0, 0, set_key, 9999, 5));
    CHECK(both(n, clear_all, 0, 0, set_key, 77, 5) && has(77, -1));
    CHECK(both(n, see_key, 77, 0, set_key, 77, 0));                       /* an equal value is no change */
    CHECK(!both(n, see_key, 9999, 0, set_key, 9999, 5));                  /* absent: a phantom */
    CHECK(both(n, see_key, 9999, 0, set_key, 9999 + 62, 5));
    CHECK(!both(n, see_key, 77, 0, del_key, 77, 0));
    CHECK(both(n, see_key, 77, 0, del_key, 77 + 62, 0));
    CHECK(!both(n, see_len, 0, 0, set_key, 9999, 5));
    CHECK(both(n, see_len, 0, 0, set_key, 77, 5));
    CHECK(!both(n, see_keys, 0, 0, set_key, 9999, 5));
    CHECK(!both(n, see_keys, 0, 0, del_key, 5, 0));
    CHECK(both(n, see_keys, 0, 0, set_key, 77, 5));
    CHECK(!both(n, see_all, 0, 0, set_key, 77, 5));
    CHECK(!both(n, pop_end, 0, 0, pop_end, 0, 0));
    CHECK(!both(n, add_one, 5, 1, clear_all, 0, 0));
    CHECK(both(n, add_one, 62, 1, grow_much, 1000, 3000));
    CHECK(has(62, 1) && has(3999, 2999));
    CHECK(both(n, grow_much, 1000, 3000, add_one, 62, 1));
    CHECK(has(62, 1) && has(3999, 2999));
    CHECK(both(n, set_key, 70000, 1, set_key, 80000, 2));                 /* insertions take their order from the commits */
    CHECK(has(70000, 1) && has(80000, 2));
    ob_val k, v;
    tx_begin(&block);
    CHECK(ob__dict_pop_last(d, &k, &v) && ob_same(k, num(70000)) && ob__dict_pop_last(d, &k, &v) && ob_same(k, num(80000)));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    CHECK(both(n, del_key, 5, 0, del_key, 67, 0));
    tx_begin(&block);
    CHECK(ob_dict_len(d) == n - 2 && value(5) == -1 && value(67) == -1 && value(6) == 0);
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
}

TEST(two_transactions_conflict_by_key) { rules_of(1000); }

TEST(a_change_of_one_key_copies_nothing_whatever_the_size) {
    tx_begin(&block);
    ob_dict_clear(d);
    for (int64_t i = 0; i < 200000; i++) CHECK_FATAL(ob_dict_set(d, num(i), num(i)));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    for (int round = 0; round < 3; round++) {
        tx_begin(&block);
        const ob_dict_body *before = ob__dict_peek(d, 0);
        CHECK(set_key(100000 + round, 5));
        const ob_dict_body *after = ob__dict_peek(d, 0);
        size_t pages = 0, end = after->fill;
        if (round)
            for (size_t i = 0; (i = ob__dict_differ(before, after, i)) < end; i = (i | 15) + 1) pages++;
        CHECK(pages == 0);                    /* the value is in a cell */
        CHECK_FATAL(tx_commit() == TX_COMMITTED);
    }
}

/* ---- many threads ---- */

enum { THREADS = 3, ROUNDS = 3000, SHARE = 500 };
static _Atomic(unsigned) bad;
static bool turn_of(unsigned me, base_rand *r) {
    int64_t k = (int64_t)(base_rand_below(r, SHARE) * THREADS + me);
    int64_t fresh = 10000 + (int64_t)(base_rand_below(r, SHARE) * THREADS + me);
    if (!add_one(k, 1)) return false;
    if (base_rand_below(r, 4) == 0) return ob_dict_del(d, num(fresh)) >= 0;
    return base_rand_below(r, 4) != 0 || ob_dict_set(d, num(fresh), num(0));
}
static void *worker(void *arg) {
    unsigned me = (unsigned)(uintptr_t)arg;
    base_rand r;
    base_rand_seed(&r, me + 1);
    if (!ob_thread_enter()) { bad++; return NULL; }
    for (int i = 0; i < ROUNDS; i++) {
        for (;;) {
            base_rand again = r;
            tx_begin(&block);
            bool ok = turn_of(me, &r);
            if (!ok) {
                bad++;
                tx_abort();
            } else if (tx_commit() == TX_COMMITTED) {
                break;
            }
            r = again;
            tx_backoff();
        }
        tx_attempt_reset();
        ob_safepoint();
    }
    ob_thread_leave();
    return NULL;
}

TEST(threads_on_different_keys_meet_no_conflict) {
    pthread_t t[THREADS];
    tx_stats before, after;
    tx_begin(&block);
    ob_dict_clear(d);
    for (int64_t i = 0; i < SHARE * THREADS; i++) CHECK(ob_dict_set(d, num(i), num(0)));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    CHECK(other(set_key, 0, 1) && other(set_key, 0, 0));                  /* a tree now: who makes it conflicts with the others */
    tx_stats_get(&before);
    for (unsigned i = 0; i < THREADS; i++) {
        tx_leave_sole();
        CHECK_FATAL(pthread_create(&t[i], NULL, worker, (void *)(uintptr_t)i) == 0);
    }
    ob_blocking_enter();
    for (unsigned i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    ob_blocking_leave();
    tx_stats_get(&after);
    tx_begin(&block);
    int64_t sum = 0;
    for (int64_t i = 0; i < SHARE * THREADS; i++) sum += value(i);
    CHECK(bad == 0 && sum == (int64_t)THREADS * ROUNDS);
    CHECK(after.conflicts == before.conflicts);
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
}

/* ---- lists ---- */

enum { ITEMS = 6000 };
static int64_t items[ITEMS], items_saved[4][ITEMS];
static size_t items_n, items_saved_n[4];
static bool list_is_tree(void) { return ob__list_is_tree(ob_read_mask(l, 0)); }

static bool list_agrees(void) {
    if (ob_list_len(l) != items_n) return false;
    for (size_t i = 0; i < items_n; i++)
        if (!ob_same(ob_list_at(l, i), num(items[i]))) return false;
    return ob_is_null(ob_list_get_quick(l, (int64_t)items_n));
}

static bool list_step(void) {
    int64_t x = (int64_t)below(1000);
    size_t i = items_n ? below(items_n) : 0;
    switch (below(items_n > ITEMS - 40 ? 5 : 14)) {
    case 0: case 1: case 2: case 3: case 4:
        if (!items_n) return true;
        if (below(30)) i = items_n - 1;
        x = items[i];
        memmove(items + i, items + i + 1, (--items_n - i) * sizeof *items);
        return ob_same(ob_list_pop(l, (ssize_t)i), num(x));
    case 5:
        if (below(30)) return true;
        memmove(items + i + 1, items + i, (items_n++ - i) * sizeof *items);
        items[i] = x;
        return ob_list_insert(l, i, num(x));
    case 6: case 7: case 8: case 9:
        if (!items_n) return true;
        items[i] = x;
        return ob_list_set_quick(l, (int64_t)i, num(x)) == 1;
    case 10: {
        ob_val more = ob_list_new(0);
        for (int k = 0; k < 20; k++) {
            items[items_n++] = k;
            if (!ob_list_append(more, num(k))) return false;
        }
        return ob_list_extend(l, more);
    }
    default:
        items[items_n++] = x;
        return ob_list_append_quick(l, num(x));
    }
}

static bool list_play(int depth, unsigned steps) {
    tx_savepoint sp;
    for (unsigned s = 0; s < steps; s++) {
        if (below(500) == 0) ob_gc_collect();
        if (depth == 3 || below(20)) {
            if (!list_step()) return false;
            continue;
        }
        memcpy(items_saved[depth], items, sizeof items);
        items_saved_n[depth] = items_n;
        if (!tx_savepoint_set(&sp) || !list_play(depth + 1, 12)) return false;
        bool undo = below(2);
        if (undo) tx_savepoint_rollback(&sp);
        tx_savepoint_release(&sp);
        if (!undo) continue;
        memcpy(items, items_saved[depth], sizeof items);
        items_n = items_saved_n[depth];
    }
    return true;
}

TEST(a_big_shared_list_does_what_blocks_did_and_did_not) {
    static int64_t before[ITEMS];
    unsigned trees = 0;
    tx_begin(&block);
    l = ob_list_new(0);
    CHECK_FATAL(ob_gc_add_static(&l));
    for (items_n = 0; items_n < 3000; items_n++) CHECK(ob_list_append(l, num(items[items_n] = (int64_t)items_n)));
    CHECK_FATAL(ob_dict_set(note, num(1), l) && tx_commit() == TX_COMMITTED);
    tx_leave_sole();
    for (int round = 0; round < 600; round++) {
        size_t n = items_n;
        memcpy(before, items, sizeof items);
        tx_begin(&block);
        CHECK_FATAL(list_play(0, 1 + (unsigned)below(60)));
        if (round % 4 == 0) CHECK(list_agrees());
        trees += list_is_tree();
        if (below(3)) {
            CHECK_FATAL(tx_commit() == TX_COMMITTED);
        } else {
            tx_abort();
            memcpy(items, before, sizeof items);
            items_n = n;
        }
    }
    CHECK(trees > 100);
    tx_begin(&block);
    CHECK(list_agrees());
    ob_val s = ob_list_slice(l, 100, 1000);
    for (size_t i = 0; i < 900; i++) CHECK(ob_same(ob_list_at(s, i), num(items[100 + i])));
    CHECK(ob_eq(ob_list_of_iterable(l), l) == 1 && ob_tuple_len(ob_list_as_tuple(l)) == items_n);
    CHECK(ob_list_sort(l, OB_NULL, false) && ob_list_len(l) == items_n);
    for (size_t i = 1; i < items_n; i++) CHECK(ob_to_small(ob_list_at(l, i - 1)) <= ob_to_small(ob_list_at(l, i)));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
}

static bool set_slot(int64_t a, int64_t b) { return ob_list_set_quick(l, a, num(b)) == 1; }
static bool see_slot(int64_t a, int64_t b) { return (void)b, ob_is_null(ob_list_get_quick(l, a)) || true; }
static bool add_slot(int64_t a, int64_t b) { return set_slot(a, ob_to_small(ob_list_at(l, (size_t)a)) + b); }
static bool append_one(int64_t a, int64_t b) { return (void)b, ob_list_append(l, num(a)); }
static bool pop_one(int64_t a, int64_t b) { return (void)a, (void)b, !ob_is_null(ob_list_pop(l, -1)); }
static bool insert_one(int64_t a, int64_t b) { return ob_list_insert(l, (size_t)a, num(b)); }
static bool see_size(int64_t a, int64_t b) { return (void)a, (void)b, ob_list_len(l) != 0; }
static bool see_items(int64_t a, int64_t b) { return (void)b, ob_contains(l, num(a)) >= 0; }

static bool both_lists(size_t n, action *mine, int64_t a, int64_t b, action *theirs, int64_t x, int64_t y) {
    tx_begin(&block);
    if (!ob_list_splice(l, 0, ob_list_len(l), NULL, 0)) return false;
    for (size_t i = 0; i < n; i++)
        if (!ob_list_append(l, num(0))) return false;
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_begin(&block);
    CHECK(set_slot(0, 1) && set_slot(0, 0) && list_is_tree() == (n > OB__LIST_BIG));
    CHECK(set_slot(1, 1));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_begin(&block);
    CHECK(mine(a, b) && ob_dict_set(note, num(0), num((int64_t)below(1 << 30))));
    CHECK(other(theirs, x, y));
    return tx_commit() == TX_COMMITTED;
}

static bool list_has(size_t n, int64_t a, int64_t x, int64_t b, int64_t y) {
    tx_begin(&block);
    bool ok = ob_list_len(l) == n && ob_same(ob_list_at(l, (size_t)a), num(x)) && ob_same(ob_list_at(l, (size_t)b), num(y));
    tx_abort();
    return ok;
}

TEST(two_transactions_conflict_by_slot) {
    enum { N = 1000 };
    for (int64_t k = 1; k < 130; k++) CHECK(both_lists(N, add_slot, 500, 1, add_slot, 500 + k, 2) && list_has(N, 500, 1, 500 + k, 2));
    CHECK(!both_lists(N, add_slot, 500, 1, add_slot, 500, 1));
    CHECK(both_lists(N, set_slot, 500, 7, set_slot, 500, 7));
    CHECK(!both_lists(N, see_slot, 500, 0, set_slot, 500, 1));
    CHECK(!both_lists(N, see_slot, N, 0, append_one, 1, 0));
    CHECK(!both_lists(N, see_size, 0, 0, append_one, 1, 0));
    CHECK(both_lists(N, see_size, 0, 0, set_slot, 500, 1));
    CHECK(!both_lists(N, see_items, 5, 0, set_slot, 500, 1));
    CHECK(!both_lists(N, append_one, 1, 0, append_one, 2, 0));
    CHECK(!both_lists(N, pop_one, 0, 0, pop_one, 0, 0));
    CHECK(!both_lists(N, pop_one, 0, 0, set_slot, N - 1, 1));
    CHECK(both_lists(N, pop_one, 0, 0, set_slot, 3, 1) && list_has(N - 1, 3, 1, 4, 0));
    CHECK(both_lists(N, set_slot, 3, 1, pop_one, 0, 0) && list_has(N - 1, 3, 1, 4, 0));
    CHECK(!both_lists(N, set_slot, N - 1, 1, pop_one, 0, 0));
    CHECK(both_lists(N, append_one, 8, 0, set_slot, 3, 1) && list_has(N + 1, 3, 1, N, 8));
    CHECK(both_lists(N, set_slot, 3, 1, append_one, 8, 0) && list_has(N + 1, 3, 1, N, 8));
    CHECK(!both_lists(N, insert_one, 5, 1, append_one, 8, 0));
    CHECK(!both_lists(N, insert_one, 5, 1, pop_one, 8, 0));
}

/* ---- sets ---- */

static ob_val set;
static bool add_x(int64_t a, int64_t b) { return (void)b, ob_set_add(set, num(a)); }
static bool drop_x(int64_t a, int64_t b) { return (void)b, ob_set_discard(set, num(a)) >= 0; }
static bool see_x(int64_t a, int64_t b) { return (void)b, ob_set_contains(set, num(a)) >= 0; }
static bool see_count(int64_t a, int64_t b) { return (void)a, (void)b, ob_set_len(set) != 0; }
static bool see_elements(int64_t a, int64_t b) {
    size_t pos = 0;
    ob_val x;
    (void)a, (void)b;
    int more;
    while ((more = ob_set_next(set, &pos, &x, NULL)) > 0) {}
    return more == 0;
}
static bool pop_x(int64_t a, int64_t b) {
    ob_val x;
    (void)a, (void)b;
    return ob__set_pop(set, &x) && !ob_is_null(x);
}
static bool set_has(size_t n, int64_t a, bool x, int64_t b, bool y) {
    tx_begin(&block);
    bool ok = ob_set_len(set) == n && ob_set_contains(set, num(a)) == x && ob_set_contains(set, num(b)) == y;
    tx_abort();
    return ok;
}
static bool both_sets(size_t n, action *mine, int64_t a, action *theirs, int64_t x) {
    tx_begin(&block);
    if (!ob__set_clear(set)) return false;
    for (size_t i = 0; i < n; i++)
        if (!ob_set_add(set, num((int64_t)i))) return false;
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    for (int i = 0; i < 2; i++) {            /* the first makes a tree, and removes what it was to remove */
        tx_begin(&block);
        CHECK(i ? add_x((int64_t)n / 2, 0) : drop_x((int64_t)n / 2, 0));
        CHECK_FATAL(tx_commit() == TX_COMMITTED);
        CHECK(set_has(i ? n : n - 1, (int64_t)n / 2, i == 1, (int64_t)n / 2 + 1, true));
    }
    tx_begin(&block);
    CHECK((((const ob__set_table *)ob_read_mask(set, 0))->tree != NULL) == (n > OB__DICT_BIG));
    CHECK(mine(a, 0) && ob_dict_set(note, num(0), num((int64_t)below(1 << 30))));
    CHECK(other(theirs, x, 0));
    return tx_commit() == TX_COMMITTED;
}

static void rules_of_sets(size_t n) {
    for (int64_t k = 1; k < 130; k++) CHECK(both_sets(n, add_x, 5000, add_x, 5000 + k) && set_has(n + 2, 5000, true, 5000 + k, true));
    for (int64_t k = 1; k < 70; k++) CHECK(both_sets(n, drop_x, 1, drop_x, 1 + k) && set_has(n - 2, 1, false, 1 + k, false));
    CHECK(both_sets(n, add_x, 5000, drop_x, 62) && set_has(n, 5000, true, 62, false));
    CHECK(!both_sets(n, see_x, 62, drop_x, 62));
    CHECK(both_sets(n, see_x, 62, drop_x, 0));
    CHECK(!both_sets(n, see_x, 5000, add_x, 5000));
    CHECK(both_sets(n, see_x, 5000, add_x, 5062));
    CHECK(both_sets(n, see_x, 5, add_x, 5));                              /* it is there: no change */
    CHECK(!both_sets(n, see_count, 0, add_x, 5000));
    CHECK(!both_sets(n, see_elements, 0, add_x, 5000));
    CHECK(!both_sets(n, pop_x, 0, add_x, 5000));
    CHECK(!both_sets(n, pop_x, 0, pop_x, 0));
}

enum { ELEMENTS = 9000 };
static bool elements[ELEMENTS], before[ELEMENTS];
static bool set_agrees(size_t n) {
    size_t used = 0;
    for (int64_t i = 0; i < ELEMENTS; i++) {
        used += elements[i];
        if (ob_set_contains(set, num(i)) != elements[i]) return false;
    }
    return used == n;
}

TEST(a_big_private_set_does_what_blocks_did_and_did_not) {
    set = ob_set_new();
    CHECK_FATAL(ob_gc_add_static(&set));
    for (int round = 0; round < 400; round++) {
        tx_begin(&block);
        memcpy(before, elements, sizeof before);
        for (uint64_t n = below(round % 5 ? 40 : 2000); n; n--) {
            int64_t i = (int64_t)below(ELEMENTS);
            elements[i] = below(5);
            CHECK(elements[i] ? ob_set_add(set, num(i)) : ob_set_discard(set, num(i)) >= 0);
        }
        CHECK(set_agrees(ob_set_len(set)));
        if (below(3)) {
            CHECK_FATAL(tx_commit() == TX_COMMITTED);
        } else {
            tx_abort();
            memcpy(elements, before, sizeof before);
        }
    }
}

TEST(sets_conflict_by_element) {
    rules_of_sets(100);
    rules_of_sets(1000);
}

TEST(small_dicts_and_lists_conflict_by_key_and_slot_too) {
    for (int64_t k = 1; k < 99; k++) CHECK(both(100, add_one, 1, 1, add_one, 1 + k, 1) && has(1, 1) && has(1 + k, 1));
    CHECK(!both(100, add_one, 1, 1, add_one, 1, 1));
    CHECK(!both(100, see_key, 7, 0, del_key, 7, 0));
    CHECK(both(100, see_key, 7, 0, del_key, 69, 0));
    CHECK(!both(100, see_key, 999, 0, set_key, 999, 1));
    CHECK(both(100, see_key, 999, 0, set_key, 999 + 62, 1));
    CHECK(both(100, set_key, 1000, 1, set_key, 1062, 2) && has(1000, 1) && has(1062, 2));
    CHECK(!both(100, clear_all, 0, 0, set_key, 999, 1));
    CHECK(!both(100, see_len, 0, 0, set_key, 999, 1));
    CHECK(both(100, see_len, 0, 0, set_key, 9, 1));
    enum { N = 100 };
    for (int64_t k = 1; k < 60; k++) CHECK(both_lists(N, add_slot, 40, 1, add_slot, 40 + k, 2) && list_has(N, 40, 1, 40 + k, 2));
    CHECK(!both_lists(N, add_slot, 70, 1, add_slot, 70, 1));
    for (int64_t i = 3; i < 99; i += 95) {
        CHECK(!both_lists(N, see_slot, i, 0, set_slot, i, 1));
        CHECK(both_lists(N, see_slot, i, 0, append_one, 1, 0));
        CHECK(both_lists(N, add_slot, i, 1, append_one, 1, 0) && list_has(N + 1, i, 1, N, 1));
        CHECK(both_lists(N, see_slot, i, 0, pop_one, 0, 0));
        CHECK(!both_lists(N, see_slot, i, 0, insert_one, i, 1));
    }
    CHECK(!both_lists(N, see_slot, N - 1, 0, pop_one, 0, 0));
    CHECK(!both_lists(N, see_slot, N, 0, append_one, 1, 0));
}

/* ---- what a thread remembers ---- */

/* Undone at once, after fn has been seen to work. */
static bool undone(action *fn, int64_t a, int64_t b, int64_t key, int64_t wanted) {
    tx_savepoint sp;
    bool ok = tx_savepoint_set(&sp) && fn(a, b) && value(key) == wanted;
    tx_savepoint_rollback(&sp);
    tx_savepoint_release(&sp);
    return ok;
}

TEST(what_a_thread_remembers_of_a_dict_is_what_it_would_find) {
    CHECK(both(1000, see_key, 7, 0, see_in, 8, 0));
    CHECK(has(7, 0) && has(7, 0) && has(8, 0) && has(9, 0));
    tx_begin(&block);                                             /* insertions that are undone, */
    CHECK(set_key(5000, 1) && value(5000) == 1 && add_one(5000, 1) && value(5000) == 2);
    tx_abort();
    tx_begin(&block);
    CHECK(value(5000) == -1 && undone(set_key, 5001, 1, 5001, 1) && value(5001) == -1 && undone(del_key, 7, 0, 7, -1) && value(7) == 0);
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_begin(&block);                                             /* and one that loses when all is published */
    CHECK(value(7) == 0 && set_key(5002, 1) && value(5002) == 1 && other(set_key, 7, 9));
    CHECK(tx_commit() == TX_CONFLICT && has(5002, -1) && has(5001, -1) && has(7, 9));
    tx_begin(&block);                                             /* within one step */
    CHECK(value(7) == 9 && del_key(7, 0) && value(7) == -1 && set_key(7, 3) && value(7) == 3 && add_one(7, 1) && value(7) == 4);
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    CHECK(has(7, 4) && other(del_key, 8, 0) && has(8, -1) && other(set_key, 8, 5) && has(8, 5) && other(renew_key, 8, 6) && has(8, 6));
    tx_begin(&block);                                             /* an old snapshot keeps what it has */
    CHECK(value(8) == 6 && other(del_key, 8, 0) && value(8) == 6 && value(9) == 0);
    tx_abort();
    CHECK(has(8, -1));
    tx_begin(&block);
    CHECK(value(9) == 0 && undone(clear_all, 0, 0, 9, -1) && value(9) == 0 && clear_all(0, 0) && value(9) == -1 && set_key(9, 5) && value(9) == 5);
    tx_abort();
    CHECK(has(9, 0) && other(clear_all, 0, 0) && has(9, -1) && other(grow_much, 0, 1000) && has(9, 9));
    CHECK(other(add_one, 9, 1) && other(add_one, 10, 1) && has(9, 10) && has(10, 11));
    ob_gc_collect();
    CHECK(has(9, 10) && has(10, 11) && has(5000, -1));
}

/* What the last transaction beside others has written and lost must be nothing to the slice that goes on alone. */
TEST(what_was_remembered_of_an_undone_step_is_nothing_in_sole_mode) {
    static const tx_options slice = {.slice = true};
    tx_leave_sole();
    tx_begin(&block);
    CHECK(ob_dict_set(note, num(2), num(1)));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_begin(&block);
    CHECK(ob_dict_set(note, num(2), num(3)) && ob_same(ob_dict_get(note, num(2)), num(3)) && other(see_key, 0, 0));
    for (int i = 0; i < 3; i++) tx_thread_failed();                /* announced, here and in the first test, and never started */
    tx_abort();
    tx_begin(&slice);
    CHECK(tx_is_sole() && ob_same(ob_dict_get(note, num(2)), num(1)));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
}

static ob_val globals, name;
static bool set_name(int64_t a, int64_t b) { return (void)a, ob_dict_set(globals, name, num(b)); }

/* The first to overwrite a global need not be the first to commit, nor commit at all. */
TEST(who_relies_on_a_global_loses_to_whoever_overwrites_it) {
    globals = ob_dict_new(), name = ob_str_intern_c("a_global");
    CHECK_FATAL(ob_gc_add_static(&globals) && ob_gc_add_static(&name));
    tx_begin(&block);
    CHECK(set_name(0, 0));
    ob_dict_make_namespace(globals);
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_leave_sole();
    tx_begin(&block);
    CHECK(ob_dict_rely_on(globals, 0, name) && set_name(0, 1));
    tx_abort();
    tx_begin(&block);
    CHECK(set_name(0, 1) && !ob_dict_name_varies(name) && other(set_name, 0, 2));
    CHECK(tx_commit() == TX_CONFLICT);
    tx_begin(&block);
    CHECK(ob_same(ob_dict_get(globals, name), num(2)) && !ob_dict_rely_on(globals, 0, name) && ob_dict_name_varies(name));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_thread_failed();
}

int main(void) { return unit_run(); }
