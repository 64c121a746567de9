/* core_units.c: what conflicts with what, under both isolations: one transaction is open while another, in its own thread, runs and commits. */
#include "objspace/call.h"
#include "objspace/dict_table.h"
#include "objspace/init.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "tests/unit/other_thread.h"
#include "tests/unit/unit.h"
#include "txn/tx.h"
#include <pthread.h>
#include <string.h>

ob_type ob_code_type __attribute__((weak)), ob_frame_type __attribute__((weak));

enum { MANY = 80 };                             /* more than have a mask bit of their own */
static ob_val d, l, s, o, note;                 /* shared; note: so that who only looks has something to commit */
static ob_val plain, slotted;                   /* classes */
static ob_val num(int64_t i) { return ob_from_small(i); }
static ob_val name(int64_t i) { return ob_str_intern(ob_str_format_c("a%lld", (long long)i)); }

static bool nothing(int64_t a, int64_t b) { return (void)a, (void)b, true; }
static bool d_set(int64_t a, int64_t b) { return ob_dict_set(d, num(a), num(b)); }
static bool d_del(int64_t a, int64_t b) { return (void)b, ob_dict_del(d, num(a)) == 1; }
static bool d_see(int64_t a, int64_t b) { return (void)b, ob_dict_contains(d, num(a)) >= 0; }
static bool d_clear(int64_t a, int64_t b) { return (void)a, (void)b, ob_dict_clear(d), true; }
static bool d_len(int64_t a, int64_t b) { return (void)a, (void)b, ob_dict_len(d) < SIZE_MAX; }
static bool d_renew(int64_t a, int64_t b) { return d_del(a, b) && d_set(a, b); }       /* it comes last in the order */
static bool d_two(int64_t a, int64_t b) { return d_see(b, 0) && d_set(a, 1); }         /* goes by one key and puts another in */
static bool d_move(int64_t a, int64_t b) {
    uint64_t hash;
    return ob_hash(num(a), &hash) && ob__dict_move(d, (size_t)ob__dict_find(d, num(a), hash), b != 0);
}
static bool l_set(int64_t a, int64_t b) { return ob_list_set_quick(l, a < 0 ? (int64_t)ob_list_len(l) + a : a, num(b)) == 1; }
static bool l_add(int64_t a, int64_t b) { return (void)b, ob_list_append(l, num(a)); }
static bool l_pop(int64_t a, int64_t b) { return (void)a, (void)b, !ob_is_null(ob_list_pop(l, -1)); }
static bool s_add(int64_t a, int64_t b) { return (void)b, ob_set_add(s, num(a)); }
static bool s_del(int64_t a, int64_t b) { return (void)b, ob_set_discard(s, num(a)) >= 0; }
static bool s_see(int64_t a, int64_t b) { return (void)b, ob_set_contains(s, num(a)) >= 0; }
static bool o_set(int64_t a, int64_t b) { return ob_setattr(o, name(a), num(b)); }
static bool o_del(int64_t a, int64_t b) { return (void)b, ob_setattr(o, name(a), OB_NULL); }
static bool o_see(int64_t a, int64_t b) { return (void)b, ob_is_null(ob_getattr_opt(o, name(a))) || true; }
static bool o_twice(int64_t a, int64_t b) { return o_set(a, b) && o_see(a, 0) && o_set(a, b); }

static tx_options block;
static bool other(action *fn, int64_t a, int64_t b) { return other_with(&block, fn, a, b); }

/* All begin with n keys, items, elements 0..n-1, values 0; note makes them known to the other thread. */
static bool fill(size_t n, ob_val cls) {
    d = ob_dict_new(), l = ob_list_new(0), s = ob_set_new(), o = ob_call0(cls);
    ob_val all[] = {d, l, s, o};
    for (int64_t i = 0; i < 4; i++)
        if (ob_is_null(all[i]) || !ob_dict_set(note, num(i + 1), all[i])) return false;
    for (int64_t i = 0; i < (int64_t)n; i++)
        if (!d_set(i, 0) || !l_add(0, 0) || !s_add(i, 0) || (i < (ob_same(cls, slotted) ? MANY : 50) && !o_set(i, 0))) return false;
    return true;
}

static void begin(tx_isolation isolation) {
    block = (tx_options){.isolation = isolation};
    tx_begin(&block);
}

/* Does mine commit when theirs does in between? */
static bool both(tx_isolation isolation, size_t n, ob_val cls, action *mine, int64_t a, int64_t b, action *theirs, int64_t x, int64_t y) {
    begin(TX_SERIALIZABLE);
    CHECK_FATAL(fill(n, cls) && tx_commit() == TX_COMMITTED);
    CHECK_FATAL(other(nothing, 0, 0));
    for (int64_t i = 1; i >= 0; i--) {          /* big ones are trees from here on */
        begin(TX_SERIALIZABLE);
        CHECK(d_set(0, i) && l_set(0, i) && (i ? s_add : s_del)(9000, 0));
        CHECK_FATAL(tx_commit() == TX_COMMITTED);
    }
    begin(isolation);
    CHECK(mine(a, b) && ob_dict_set(note, num(0), num(1)));
    CHECK(other(theirs, x, y));
    return tx_commit() == TX_COMMITTED;
}

typedef struct rule { const char *what; action *mine; int64_t a, b; action *theirs; int64_t x, y; bool serializable, snapshot; } rule;
static void hold(const rule *r, size_t count, size_t n, ob_val cls) {
    for (size_t i = 0; i < count; i++) {
        bool serializable = both(TX_SERIALIZABLE, n, cls, r[i].mine, r[i].a, r[i].b, r[i].theirs, r[i].x, r[i].y);
        bool snapshot = both(TX_SNAPSHOT, n, cls, r[i].mine, r[i].a, r[i].b, r[i].theirs, r[i].x, r[i].y);
        if (serializable != r[i].serializable || snapshot != r[i].snapshot) printf("%s, %zu: %d %d\n", r[i].what, n, serializable, snapshot);
        CHECK(serializable == r[i].serializable && snapshot == r[i].snapshot);
    }
}
#define HOLD(rules, n, cls) hold(rules, sizeof rules / sizeof *rules, n, cls)

TEST(the_classes_are_made) {
    tx_allow_sole(false);
    CHECK_FATAL(ob_init());
    ob_val space = ob_dict_new(), names = ob_tuple_alloc(MANY);
    CHECK_FATAL(!ob_is_null(space) && !ob_is_null(names));
    for (int64_t i = 0; i < MANY; i++) ob_tuple_ptr(names)->items[i] = name(i);
    CHECK_FATAL(ob_dict_set(space, ob_str_intern_c("__slots__"), names));
    plain = ob_type_new_class(&ob_type_type, ob_str_intern_c("Plain"), ob_empty_tuple, ob_dict_new(), NULL, OB_NULL);
    slotted = ob_type_new_class(&ob_type_type, ob_str_intern_c("Slotted"), ob_empty_tuple, space, NULL, OB_NULL);
    d = ob_dict_new(), l = ob_list_new(0), s = ob_set_new(), note = ob_dict_new();
    ob_val *roots[] = {&d, &l, &s, &o, &note, &plain, &slotted};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) CHECK_FATAL(ob_gc_add_static(roots[i]));
    CHECK_FATAL(tx_publish(note.w) && tx_publish(plain.w) && tx_publish(slotted.w) && tx_commit() == TX_COMMITTED);
}

enum { SMALL = 100, BIG = 1000 };

TEST(dicts) {
    static const rule rules[] = {
        {"values of two keys of one bucket", d_set, 1, 5, d_set, 63, 5, true, true},
        {"two insertions", d_set, 7000, 5, d_set, 7001, 6, true, true},
        {"two insertions in one bucket", d_set, 100000, 5, d_set, 100062, 6, true, true},
        {"insertions of one key", d_set, 7000, 5, d_set, 7000, 6, false, false},
        {"an insertion, and a look at what the other puts in", d_two, 7000, 7001, d_set, 7001, 6, false, false},
        {"a look at what the other puts in", d_see, 7001, 0, d_set, 7001, 6, false, true},
        {"two deletions", d_del, 1, 0, d_del, 2, 0, true, true},
        {"deletion and insertion", d_del, 1, 0, d_set, 7000, 0, true, true},
        {"value and deletion", d_set, 1, 5, d_del, 1, 0, false, false},
        {"value and clear", d_set, 1, 5, d_clear, 0, 0, false, false},
        {"the length and an insertion", d_len, 0, 0, d_set, 7000, 0, false, true},
        {"a key taken out and put in again, and an insertion", d_renew, 1, 0, d_set, 7000, 0, false, false},
        {"a key moved to the end, and an insertion", d_move, 1, 1, d_set, 7000, 0, false, false},
        {"a key moved to the front, and another moved there", d_move, 1, 0, d_move, 2, 0, false, false},
        {"an insertion, and a key taken out and put in again", d_set, 7000, 0, d_renew, 1, 0, true, true},
    };
    static const rule small[] = {
        {"two values of one key", d_set, 1, 5, d_set, 1, 6, false, false},
        {"deletion and value", d_del, 1, 0, d_set, 1, 5, false, false},
    };
    static const rule big[] = {                 /* they need not look at the value */
        {"two values of one key", d_set, 1, 5, d_set, 1, 6, true, false},
        {"deletion and value", d_del, 1, 0, d_set, 1, 5, true, false},
    };
    HOLD(rules, SMALL, plain);
    HOLD(rules, BIG, plain);
    HOLD(small, SMALL, plain);
    HOLD(big, BIG, plain);
}

TEST(lists_and_sets) {
    static const rule rules[] = {
        {"two items", l_set, 1, 5, l_set, 2, 5, true, true},
        {"two items that share a bit", l_set, 70, 5, l_set, 75, 5, true, true},
        {"two items that share a bit of big ones", l_set, 1, 5, l_set, 63, 5, true, true},
        {"one item", l_set, 1, 5, l_set, 1, 6, false, false},
        {"one item far behind", l_set, 75, 5, l_set, 75, 6, false, false},
        {"two appends", l_add, 1, 0, l_add, 2, 0, false, false},
        {"an append and an item", l_add, 1, 0, l_set, 70, 5, true, true},
        {"an item and an append", l_set, 70, 5, l_add, 1, 0, true, true},
        {"the last item, which goes", l_set, -1, 5, l_pop, 0, 0, false, false},
        {"two elements of one bucket", s_add, 100000, 0, s_add, 100062, 0, true, true},
        {"an element, twice", s_add, -5, 0, s_add, -5, 0, false, false},
        {"an element comes, another goes", s_add, -5, 0, s_del, 3, 0, true, true},
        {"an element is looked for, and goes", s_see, 3, 0, s_del, 3, 0, false, true},
    };
    HOLD(rules, SMALL, plain);
    HOLD(rules, BIG, plain);
}

TEST(attributes) {
    static const rule rules[] = {
        {"two attributes", o_set, 1, 5, o_set, 2, 5, true, true},
        {"one attribute", o_set, 1, 5, o_set, 1, 6, true, false},
        {"two new attributes", o_set, -1, 5, o_set, -2, 5, true, true},
        {"two new attributes, looked at again", o_twice, -1, 5, o_set, -2, 5, true, true},
        {"a new one, and a look for that which comes", o_see, -2, 0, o_set, -2, 5, false, true},
        {"one attribute goes, another changes", o_del, 49, 0, o_set, 2, 5, false, false},
    };
    static const rule slots[] = {
        {"two slots", o_set, 1, 5, o_set, 2, 5, true, true},
        {"two slots behind all bits", o_set, 70, 5, o_set, 75, 5, false, false},
    };
    HOLD(rules, SMALL, plain);
    HOLD(slots, SMALL, slotted);
}

int main(void) { return unit_run(); }
