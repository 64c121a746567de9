/* cont_model.c: lists, dicts and sets under random operations, against the simplest models; and what their kinds tell transactions. */
#include "base/rand.h"
#include "objspace/contain.h"
#include "objspace/dict_table.h"
#include "objspace/init.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set_table.h"
#include "objspace/tuple.h"
#include "tests/unit/unit.h"
#include "txn/tx.h"
#include <stdlib.h>

/* The interpreter's own types are not linked here. */
ob_type ob_code_type __attribute__((weak)), ob_frame_type __attribute__((weak));

static uint64_t seed = 88172645463325252u;
static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}
static uint64_t below(uint64_t n) { return next_random() % n; }
static ob_val num(int64_t i) { return ob_from_small(i); }
static void *body(ob_val v) { return tx_inline_body(ob_handle(v)); }

/* ---- lists ---- */

enum { LIST_MAX = 4000 };
static int64_t model[LIST_MAX];
static size_t model_n;

static void model_insert(size_t i, int64_t x) {
    memmove(model + i + 1, model + i, (model_n++ - i) * sizeof *model);
    model[i] = x;
}
static void model_remove(size_t i) { memmove(model + i, model + i + 1, (--model_n - i) * sizeof *model); }

static bool list_agrees(ob_val l) {
    if (ob_list_len(l) != model_n) return false;
    for (size_t i = 0; i < model_n; i++)
        if (!ob_same(ob_list_at(l, i), num(model[i]))) return false;
    return true;
}

TEST(a_list_does_what_an_array_does) {
    ob_val l = ob_list_new(0);
    model_n = 0;
    for (int step = 0; step < 60000; step++) {
        int64_t x = (int64_t)below(1000);
        size_t i = model_n ? below(model_n) : 0;
        switch (below(model_n > LIST_MAX - 10 ? 4 : 8)) {
        case 0: case 1: case 2: case 3:
            if (!model_n) break;
            if (below(2)) i = model_n - 1;
            CHECK(ob_same(ob_list_pop(l, (ssize_t)i), num(model[i])));
            model_remove(i);
            break;
        case 4:
            CHECK(ob_list_insert(l, i, num(x)));
            model_insert(i, x);
            break;
        case 5:
            if (!model_n) break;
            CHECK(ob_list_set(l, i, num(x)));
            model[i] = x;
            break;
        default:
            CHECK(ob_list_append_quick(l, num(x)));
            model[model_n++] = x;
        }
        if (step % 97 == 0) CHECK(list_agrees(l));
    }
    CHECK(list_agrees(l));
}

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}
static ob_val text_of(int64_t x) { return ob_str_format_c("%07lld", (long long)x); }

/* Patterns that a run-finding sort treats differently. */
static void fill_pattern(int pattern, size_t n) {
    for (model_n = 0; model_n < n; model_n++) {
        int64_t i = (int64_t)model_n, r = (int64_t)below(n);
        model[model_n] = pattern == 0 ? r : pattern == 1 ? i : pattern == 2 ? -i : pattern == 3 ? i % 7 : pattern == 4 ? i / 50 * 50 + r % 50
                       : pattern == 5 ? (i < (int64_t)n / 2 ? i : i - (int64_t)n / 2) : 5;
    }
}

TEST(sorting_orders_ints_floats_strings_and_mixtures) {
    for (int pattern = 0; pattern < 7; pattern++)
        for (size_t n = 0; n < 3000; n = n * 3 / 2 + 1)
            for (int form = 0; form < 4; form++) {
                ob_val l = ob_list_new(0);
                fill_pattern(pattern, n);
                for (size_t i = 0; i < n; i++) {
                    int64_t x = form == 2 ? (model[i] = llabs(model[i])) : model[i];
                    ob_val v = form == 1 ? ob_float_encode((double)x) : form == 2 ? text_of(x) : form == 3 && i % 2 ? ob_float_encode((double)x) : num(x);
                    CHECK(ob_list_append(l, v));
                }
                CHECK(ob_list_sort(l, OB_NULL, form == 1));
                qsort(model, n, sizeof *model, by_value);
                bool ok = ob_list_len(l) == n;
                for (size_t i = 0; ok && i < n; i++) {
                    int64_t x = model[form == 1 ? n - 1 - i : i];
                    ok = ob_eq(ob_list_at(l, i), form == 2 ? text_of(x) : num(x)) == 1;
                }
                CHECK(ok);
            }
}

TEST(sorting_by_tuples_is_stable) {
    enum { N = 2000 };
    ob_val l = ob_list_new(0);
    for (int64_t i = 0; i < N; i++) {
        ob_val key = ob_tuple_of1(num((int64_t)below(10)));
        CHECK(ob_list_append(l, ob_tuple_of2(key, num(i))));
    }
    CHECK(ob_list_sort(l, OB_NULL, false));
    for (size_t i = 1; i < N; i++) {
        ob_val a = ob_list_at(l, i - 1), b = ob_list_at(l, i);
        int64_t ka = ob_to_small(ob_tuple_at(ob_tuple_at(a, 0), 0)), kb = ob_to_small(ob_tuple_at(ob_tuple_at(b, 0), 0));
        if (ka > kb || (ka == kb && ob_to_small(ob_tuple_at(a, 1)) > ob_to_small(ob_tuple_at(b, 1)))) CHECK(false);
    }
}

TEST(a_list_kind_copies_compares_and_merges) {
    const tx_kind *k = ob_list_type.cls.kind;
    ob_val base = ob_list_new(0), mine, theirs;
    for (int64_t i = 0; i < 100; i++) CHECK(ob_list_append(base, num(i)));
    mine = ob_list_of_iterable(base), theirs = ob_list_of_iterable(base);
    CHECK(k->same(ob_handle(base), body(base), body(mine), TX_ALL));
    CHECK(ob_list_set(mine, 3, num(-3)) && ob_list_set(theirs, 4, num(-4)) && ob_list_set(theirs, 80, num(-80)));
    CHECK(!k->same(ob_handle(base), body(base), body(mine), TX_SLOT(3)));
    CHECK(k->same(ob_handle(base), body(base), body(mine), TX_SLOT(4) | TX_REST));
    CHECK(!k->same(ob_handle(base), body(base), body(theirs), TX_REST));
    CHECK(k->merge(ob_handle(base), body(mine), body(base), body(theirs), TX_SLOT(3)));
    CHECK(ob_same(ob_list_at(mine, 3), num(-3)) && ob_same(ob_list_at(mine, 4), num(-4)) && ob_same(ob_list_at(mine, 80), num(-80)));
    ob_val other = ob_list_of_iterable(base);
    CHECK(ob_list_set(other, 4, num(99)));
    CHECK(!k->merge(ob_handle(base), body(other), body(base), body(theirs), TX_SLOT(4)));
    ob_val a = ob_list_of_iterable(base), b = ob_list_of_iterable(base);
    CHECK(ob_list_append(a, num(1)) && ob_list_append(b, num(2)));
    CHECK(!k->merge(ob_handle(base), body(a), body(base), body(b), TX_REST));
    CHECK(!k->same(ob_handle(base), body(base), body(a), TX_REST));
}

/* ---- dicts and sets ---- */

enum { KEYS = 300 };
static int64_t values[KEYS];                 /* -1: absent */
static uint64_t born[KEYS];                  /* order of insertion */

static ob_val key_of(size_t i) { return i % 3 == 0 ? num((int64_t)i * 62) : i % 3 == 1 ? text_of((int64_t)i) : ob_tuple_of2(num((int64_t)i), text_of(7)); }

static bool dict_agrees(ob_val d) {
    size_t n = 0, pos = 0;
    for (size_t i = 0; i < KEYS; i++) {
        ob_val v = ob_dict_get(d, key_of(i));
        if (values[i] < 0 ? !ob_is_null(v) : !ob_same(v, num(values[i]))) return false;
        n += values[i] >= 0;
    }
    if (ob_dict_len(d) != n) return false;
    uint64_t last = 0;
    ob_val key, v;
    while (ob_dict_next(d, &pos, &key, &v)) {
        size_t i = 0;
        while (i < KEYS && ob_eq(key_of(i), key) != 1) i++;
        if (i == KEYS || born[i] < last) return false;
        last = born[i];
    }
    return true;
}

TEST(a_dict_keeps_values_and_order_of_insertion) {
    ob_val d = ob_dict_new();
    for (size_t i = 0; i < KEYS; i++) values[i] = -1;
    for (uint64_t step = 1; step < 40000; step++) {
        size_t i = below(1 + below(KEYS));
        int64_t x = (int64_t)below(1000);
        switch (below(5)) {
        case 0: case 1:
            CHECK(ob_dict_set(d, key_of(i), num(x)));
            if (values[i] < 0) born[i] = step;
            values[i] = x;
            break;
        case 2: case 3:
            CHECK(ob_dict_del(d, key_of(i)) == (values[i] >= 0));
            values[i] = -1;
            break;
        default: {
            ssize_t at;
            uint64_t hash;
            if (values[i] < 0 || !ob_hash(key_of(i), &hash)) break;
            at = ob__dict_find(d, key_of(i), hash);
            CHECK(at >= 0 && ob__dict_move(d, (size_t)at, true));
            born[i] = step;
        }
        }
        if (step % 1009 == 0) CHECK(dict_agrees(d));
        if (step % 4999 == 0) {
            ob_val c = ob_dict_copy(d);
            CHECK(dict_agrees(c) && ob_eq(c, d) == 1);
            ob_gc_collect();
        }
    }
    CHECK(dict_agrees(d));
}

TEST(keys_move_to_the_front_and_leave_from_there) {
    ob_val d = ob_dict_new();
    enum { N = 1000 };
    for (int64_t i = 0; i < N; i++) CHECK(ob_dict_set(d, num(i), num(i)));
    for (int64_t i = 0; i < N; i++) {
        ssize_t at = ob__dict_find(d, num(i), (uint64_t)i);
        CHECK(at >= 0 && ob__dict_move(d, (size_t)at, false));
    }
    for (int64_t i = N; i-- > 0;) {
        const ob_dict_body *b = body(d);
        CHECK(ob_same(b->entries[b->first].key, num(i)));
        CHECK(ob_dict_del(d, num(i)) == 1);
    }
    CHECK(ob_dict_len(d) == 0);
}

TEST(a_dict_kind_merges_by_key) {
    const tx_kind *k = ob_dict_type.cls.kind;
    ob_val base = ob_dict_new();
    for (int64_t i = 0; i < 50; i++) CHECK(ob_dict_set(base, num(i), num(i)));
    ob_val mine = ob_dict_copy(base), theirs = ob_dict_copy(base);
    CHECK(ob_dict_set(mine, num(1), num(100)) && ob_dict_set(mine, num(60), num(60)) && ob_dict_del(mine, num(2)) == 1);
    CHECK(ob_dict_set(theirs, num(3), num(300)) && ob_dict_set(theirs, num(61), num(61)) && ob_dict_del(theirs, num(4)) == 1);
    CHECK(!k->same(ob_handle(base), body(base), body(mine), TX_REST));
    CHECK(!k->same(ob_handle(base), body(base), body(mine), OB_DICT_BUCKET(1)));
    CHECK(k->same(ob_handle(base), body(base), body(mine), OB_DICT_BUCKET(3)));
    CHECK(k->merge(ob_handle(base), body(mine), body(base), body(theirs), TX_ALL));
    CHECK(ob_same(ob_dict_get(mine, num(1)), num(100)) && ob_same(ob_dict_get(mine, num(3)), num(300)));
    CHECK(ob_is_null(ob_dict_get(mine, num(2))) && ob_is_null(ob_dict_get(mine, num(4))));
    CHECK(ob_dict_len(mine) == 50);
    const ob_dict_body *b = body(mine);
    CHECK(ob_same(b->entries[b->fill - 1].key, num(60)));    /* theirs before mine */
    ob_val x = ob_dict_copy(base), y = ob_dict_copy(base);
    CHECK(ob_dict_set(x, num(5), num(1)) && ob_dict_set(y, num(5), num(2)));
    CHECK(!k->merge(ob_handle(base), body(x), body(base), body(y), OB_DICT_BUCKET(5)));
    x = ob_dict_copy(base), y = ob_dict_copy(base);
    CHECK(ob_dict_set(x, text_of(5), text_of(1)) && ob_dict_set(y, text_of(5), text_of(1)));
    CHECK(k->merge(ob_handle(base), body(x), body(base), body(y), TX_ALL) && ob_dict_len(x) == 51);
    x = ob_dict_copy(base), y = ob_dict_copy(base);
    CHECK(ob_dict_set(x, num(6), num(-6)) && ob_dict_del(y, num(6)) == 1);
    CHECK(!k->merge(ob_handle(base), body(x), body(base), body(y), TX_ALL));
}

TEST(a_set_has_what_was_added_and_not_removed) {
    ob_val s = ob_set_new();
    bool in[KEYS] = {false};
    for (int step = 0; step < 40000; step++) {
        size_t i = below(1 + below(KEYS));
        if (below(2)) {
            CHECK(ob_set_add(s, key_of(i)));
            in[i] = true;
        } else {
            CHECK(ob_set_discard(s, key_of(i)) == in[i]);
            in[i] = false;
        }
        if (step % 1009) continue;
        size_t n = 0;
        for (i = 0; i < KEYS; i++) {
            CHECK(ob_set_contains(s, key_of(i)) == in[i]);
            n += in[i];
        }
        CHECK(ob_set_len(s) == n);
        ob_val f = ob_frozenset_of_iterable(s), g = ob_frozenset_of_iterable(ob_list_of_iterable(s));
        uint64_t h1, h2;
        CHECK(ob_eq(f, g) == 1 && ob_hash(f, &h1) && ob_hash(g, &h2) && h1 == h2);
    }
}

TEST(a_set_kind_merges_by_element) {
    const tx_kind *k = ob_set_type.cls.kind;
    ob_val base = ob_set_new();
    for (int64_t i = 0; i < 50; i++) CHECK(ob_set_add(base, num(i)));
    ob_val mine = ob_set_of_iterable(base), theirs = ob_set_of_iterable(base);
    CHECK(ob_set_add(mine, num(60)) && ob_set_discard(mine, num(2)) == 1 && ob_set_add(theirs, num(61)) && ob_set_discard(theirs, num(3)) == 1);
    CHECK(!k->same(ob_handle(base), body(base), body(mine), TX_REST) && k->same(ob_handle(base), body(base), body(mine), OB__SET_BUCKET(3)));
    CHECK(k->merge(ob_handle(base), body(mine), body(base), body(theirs), TX_ALL));
    CHECK(ob_set_len(mine) == 50 && ob_set_contains(mine, num(60)) == 1 && ob_set_contains(mine, num(61)) == 1);
    CHECK(ob_set_contains(mine, num(2)) == 0 && ob_set_contains(mine, num(3)) == 0);
}

/* ---- within transactions ---- */

TEST(an_aborted_transaction_leaves_containers_as_they_were) {
    ob_val l = ob_list_new(0), d = ob_dict_new(), s = ob_set_new();
    for (int64_t i = 0; i < 20; i++) CHECK(ob_list_append(l, num(i)) && ob_dict_set(d, num(i), num(i)) && ob_set_add(s, num(i)));
    static const tx_options block = {.isolation = TX_SERIALIZABLE}, slice = {.slice = true};
    for (int round = 0; round < 3; round++) {
        CHECK_FATAL(tx_commit() == TX_COMMITTED);
        tx_begin(&block);
        for (int64_t i = 0; i < 200; i++)
            CHECK(ob_list_append(l, num(i)) && ob_dict_set(d, num(i + 10), num(-1)) && ob_set_add(s, num(i + 10)));
        CHECK(ob_dict_del(d, num(1)) == 1 && ob_set_discard(s, num(1)) == 1);
        ob_gc_collect();
        tx_abort();
        tx_begin(&slice);
        CHECK(ob_list_len(l) == 20 && ob_dict_len(d) == 20 && ob_set_len(s) == 20);
        CHECK(ob_same(ob_dict_get(d, num(15)), num(15)) && ob_same(ob_list_at(l, 19), num(19)) && ob_set_contains(s, num(1)) == 1);
    }
}

int main(void) { return ob_init() ? unit_run() : 1; }
