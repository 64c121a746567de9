/* core_merge.c: attributes of one object under transactions: undone with their block, merged when two change different ones, and refused
 * when they change the same. */
#include "objspace/call.h"
#include "objspace/dict.h"
#include "objspace/init.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include "tests/unit/unit.h"
#include "txn/tx.h"
#include <pthread.h>
#include <string.h>

static const tx_options slice = {.slice = true}, block = {.isolation = TX_SERIALIZABLE};
static ob_val I(int64_t i) { return ob_int_from_i64(i); }
static ob_val cls, shared_list;

static ob_val get(ob_val v, const char *name) { return ob_getattr_opt(v, ob_str_intern_c(name)); }
static bool set(ob_val v, const char *name, int64_t i) { return ob_setattr_c(v, name, I(i)); }
static bool has(ob_val v, const char *name, int64_t i) { return ob_same(get(v, name), I(i)); }

TEST(attributes_are_undone_with_their_block) {
    CHECK_FATAL(ob_init());
    cls = ob_type_new_class(&ob_type_type, ob_str_intern_c("Account"), ob_empty_tuple, ob_dict_new(), NULL, OB_NULL);
    CHECK_FATAL(!ob_is_null(cls) && ob_gc_add_static(&cls) && ob_gc_add_static(&shared_list));
    ob_val v, wide = ob_call0(cls);
    CHECK(set(wide, "a", 1) && set(wide, "b", 2) && set(wide, "c", 3) && set(wide, "d", 4));    /* four attributes lie inline from here on */
    v = ob_call0(cls);
    CHECK(set(v, "a", 1) && set(v, "b", 2));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_begin(&block);
    CHECK(set(v, "a", 10) && set(v, "c", 3) && ob_setattr_c(v, "b", OB_NULL) && ob_setattr_c(cls, "x", I(5)));
    for (int i = 0; i < 20; i++) {
        char name[8];
        snprintf(name, sizeof name, "m%d", i);
        CHECK(set(v, name, i));
    }
    CHECK(has(v, "a", 10) && has(v, "m19", 19) && has(v, "x", 5));
    tx_abort();
    tx_begin(&slice);
    CHECK(has(v, "a", 1) && has(v, "b", 2) && ob_is_null(get(v, "c")) && ob_is_null(get(v, "m3")) && ob_is_null(get(v, "x")));
    CHECK(ob_dict_len(ob_attr_dict(v)) == 2);
}

/* One body as three parties see it: b before, t theirs, m mine. */
typedef struct party { tx_handle *h; ob_inst_body *base, *theirs, *mine; } party;
static ob_inst_body *body_of(ob_val v) { return tx_inline_body(ob_handle(v)); }
static ob_inst_body *copy_of(tx_handle *h) {
    ob_inst_body *c = ob_block_zalloc(tx_body_size(h));
    return c && ob_inst_kind.copy(h, c, tx_inline_body(h)) ? c : NULL;
}

TEST(different_new_attributes_merge_and_equal_ones_agree) {
    ob_val v = ob_call0(cls);
    CHECK(set(v, "a", 1) && set(v, "b", 2));
    tx_handle *h = ob_handle(v);
    ob_inst_body *base = copy_of(h), *b = body_of(v);
    CHECK(set(v, "c", 3) && set(v, "a", 11));
    ob_inst_body *theirs = copy_of(h);
    memcpy(b, base, tx_body_size(h));
    CHECK(set(v, "d", 4) && set(v, "b", 22));
    CHECK(ob_inst_kind.merge(h, b, base, theirs, TX_SLOT(1) | TX_SLOT(2) | TX_REST));
    CHECK(has(v, "a", 11) && has(v, "b", 22) && has(v, "c", 3) && has(v, "d", 4));
    CHECK(ob_inst_kind.same(h, base, base, TX_ALL) && !ob_inst_kind.same(h, base, theirs, TX_SLOT(0)) && ob_inst_kind.same(h, base, theirs, TX_SLOT(1)));
    memcpy(b, base, tx_body_size(h));
    CHECK(set(v, "c", 5));
    CHECK(!ob_inst_kind.merge(h, b, base, theirs, TX_SLOT(2) | TX_REST));
    memcpy(b, base, tx_body_size(h));
    CHECK(set(v, "c", 3));
    CHECK(ob_inst_kind.merge(h, b, base, theirs, TX_SLOT(2) | TX_REST) && has(v, "a", 11) && has(v, "c", 3));
}

enum { THREADS = 3, ROUNDS = 2000 };
static _Atomic(unsigned) bad;

static bool round_of(unsigned me, int i) {
    char name[16], own[16];
    snprintf(own, sizeof own, "count%u", me);
    snprintf(name, sizeof name, "t%u_%d", me, i % 40);
    ob_val v = ob_list_at(shared_list, (size_t)(i / 40));
    ob_val old = get(v, own), sum = get(v, "sum");
    int64_t n = ob_is_null(old) ? 0 : ob_to_small(old), s = ob_is_null(sum) ? 0 : ob_to_small(sum);
    return set(v, own, n + 1) && set(v, name, i) && (i % 8 || set(v, "sum", s + 1));
}

static void *worker(void *arg) {
    unsigned me = (unsigned)(uintptr_t)arg;
    if (!ob_thread_enter()) { bad++; return NULL; }
    for (int i = 0; i < ROUNDS; i++) {
        for (;;) {
            tx_begin(&block);
            if (!round_of(me, i)) {
                if (ob_err.cond == OB_COND_EXCEPTION) bad++;
                ob_err = (ob_pending){OB_COND_NONE, OB_NULL};
                tx_abort();
            } else if (tx_commit() == TX_COMMITTED) {
                break;
            }
            tx_backoff();
        }
        tx_attempt_reset();
        ob_safepoint();
    }
    ob_thread_leave();
    return NULL;
}

TEST(threads_on_different_attributes_all_get_through) {
    shared_list = ob_list_new(0);
    for (int i = 0; i < ROUNDS / 40; i++) CHECK(ob_list_append(shared_list, ob_call0(cls)));
    CHECK_FATAL(tx_commit() == TX_COMMITTED);
    tx_leave_sole();
    pthread_t t[THREADS];
    for (unsigned i = 0; i < THREADS; i++) CHECK_FATAL(pthread_create(&t[i], NULL, worker, (void *)(uintptr_t)i) == 0);
    ob_blocking_enter();
    for (unsigned i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    ob_blocking_leave();
    tx_begin(&slice);
    CHECK(bad == 0);
    for (size_t k = 0; k < ROUNDS / 40; k++) {
        ob_val v = ob_list_at(shared_list, k);
        CHECK(has(v, "count0", 40) && has(v, "count1", 40) && has(v, "count2", 40) && has(v, "sum", 5 * THREADS));
        for (unsigned m = 0; m < THREADS; m++)
            for (int i = 0; i < 40; i++) {
                char name[16];
                snprintf(name, sizeof name, "t%u_%d", m, i);
                if (!has(v, name, (int64_t)k * 40 + i)) CHECK(false);
            }
    }
    tx_stats s;
    tx_stats_get(&s);
    printf("(%llu commits, %llu conflicts) ", (unsigned long long)s.commits, (unsigned long long)s.conflicts);
}

int main(void) { return unit_run(); }
