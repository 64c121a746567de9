/* txn_mirror.c: the newest body of small objects in the handle's line: when it is there, what it shows, who may read it. */
#include "tests/unit/unit.h"
#include "tests/words.h"
#include "base/thread.h"
#include <stdlib.h>

enum { A, B, ROUNDS = 200000 };

static words *published(words *o) {
    if (!tx_publish((uint64_t)(uintptr_t)o) || tx_commit() != TX_COMMITTED) abort();
    return o;
}
static words *shared(unsigned n) { return words_block(), published(words_new(n)); }

static void set_both(words *o, uint64_t value) {
    do {
        words_block();
        words_set(o, 0, value), words_set(o, 1, ~value);
    } while (tx_commit() != TX_COMMITTED);
}
/* Commits until the inline body is known to be dead. */
static void settle(words *o) {
    for (uint64_t i = 1; i <= 100 && !tx_is_mirrored(&o->h); i++) set_both(o, i);
}
static uint64_t first_word(words *o) {
    words_block();
    uint64_t value = words_get(o, 0);
    return tx_abort(), value;
}

TEST(the_mirror_comes_when_nobody_can_see_the_inline_body_any_more) {
    as(A);
    words *o = shared(2);
    as(B), words_block();
    CHECK(words_get(o, 0) == 0);
    as(A), settle(o);
    CHECK(!tx_is_mirrored(&o->h));          /* B stands where the inline body is the newest */
    as(B);
    CHECK(words_get(o, 0) == 0 && words_get(o, 1) == 0);
    tx_abort();
    as(A), settle(o);
    CHECK(tx_is_mirrored(&o->h));
    words_block();
    CHECK(tx_check_chain(&o->h) == NULL);
    CHECK(words_get(o, 1) == ~words_get(o, 0));
    tx_abort();
}

TEST(who_stands_before_what_the_mirror_shows_sees_his_own_version) {
    as(A);
    words *o = shared(2);
    settle(o), set_both(o, 7);
    as(B), words_block();
    CHECK(tx_snapshot_number() > 0);
    as(A), set_both(o, 8), set_both(o, 9);
    CHECK(tx_is_mirrored(&o->h));
    as(B);
    CHECK(words_get(o, 0) == 7 && words_get(o, 1) == ~UINT64_C(7));
    words_set(o, 1, 1);
    CHECK(tx_commit() == TX_CONFLICT);
    CHECK(first_word(o) == 9);
}

TEST(what_is_written_blindly_is_merged_into_what_the_mirror_shows) {
    as(A);
    words *o = shared(3);
    settle(o);
    as(B), words_block();
    words_set(o, 2, 5);
    as(A), set_both(o, 8);
    as(B);
    CHECK(tx_commit() == TX_COMMITTED);
    words_block();
    CHECK(words_get(o, 0) == 8 && words_get(o, 1) == ~UINT64_C(8) && words_get(o, 2) == 5 && tx_check_chain(&o->h) == NULL);
    tx_abort();
}

TEST(a_collection_makes_the_inline_body_the_newest_again) {
    as(A);
    words *o = shared(2);
    settle(o), set_both(o, 7);
    CHECK(tx_is_mirrored(&o->h));
    words_fold(o);
    CHECK(!tx_is_mirrored(&o->h) && first_word(o) == 7);
    as(B), words_block();
    CHECK(words_get(o, 0) == 7);
    as(A), set_both(o, 8);
    CHECK(!tx_is_mirrored(&o->h));          /* the inline body is B's */
    as(B);
    CHECK(words_get(o, 1) == ~UINT64_C(7));
    tx_abort();
    as(A), settle(o), set_both(o, 9);
    CHECK(tx_is_mirrored(&o->h) && first_word(o) == 9);
}

TEST(what_owns_memory_is_not_mirrored) {
    as(A), words_block();
    words *o = published(owner_new());
    int64_t arrays = listed_arrays;
    for (uint64_t i = 1; i <= 1200; i++) {
        words_block();
        CHECK_FATAL(owner_set(o, i, i / 200 & 1));      /* 200 without, 200 with memory of their own */
        CHECK(tx_commit() == TX_COMMITTED);
        if (i / 200 & 1) CHECK(!tx_is_mirrored(&o->h));
        if (i % 200 == 199 && !(i / 200 & 1)) CHECK(tx_is_mirrored(&o->h));
        words_block();
        CHECK_FATAL(owner_get(o) == i && tx_check_chain(&o->h) == NULL);
        tx_abort();
        if (i % 400 == 100) words_fold(o);
    }
    CHECK(listed_arrays <= arrays + 65);
}

TEST(a_transaction_sees_more_objects_than_it_has_room_for_copies_of) {
    enum { MANY = 2000 };
    static words *o[MANY];
    as(A);
    for (unsigned i = 0; i < MANY; i++) settle(o[i] = shared(2)), set_both(o[i], i);
    words_block();
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < MANY; i++) CHECK_FATAL(words_get(o[i], 0) == i && words_get(o[i], 1) == ~(uint64_t)i);
    for (unsigned i = 0; i < MANY; i++) words_set(o[i], 0, i + 1), words_set(o[i], 1, ~(uint64_t)(i + 1));
    CHECK(tx_commit() == TX_COMMITTED);
    CHECK(first_word(o[0]) == 1 && first_word(o[MANY - 1]) == MANY);
}

static words *left, *right;
static _Atomic(bool) over;

static void write_on(void *arg) {
    (void)arg;
    if (!tx_thread_enter()) abort();
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        do {
            words_block();
            words_set(left, 0, i), words_set(left, 1, ~i);
            words_set(right, 0, i), words_set(right, 1, ~i);
        } while (tx_commit() != TX_COMMITTED);
    }
    tx_thread_leave();
    over = true;
}

TEST(no_reader_sees_a_mirror_half_written) {
    as(A);
    left = shared(2), right = shared(2);
    settle(left), settle(right), set_both(left, 0), set_both(right, 0);
    base_thread t;
    uint64_t torn = 0, apart = 0, last = 0, back = 0;
    if (!base_thread_start(&t, 0, write_on, NULL)) abort();
    while (!over) {
        words_block();
        const uint64_t *l = tx_read(&left->h, TX_SLOT(0) | TX_SLOT(1));
        uint64_t a = l[0], b = l[1], c = words_get(right, 0), d = words_get(right, 1);
        torn += a != ~b || c != ~d;
        apart += a != c;
        back += a < last;
        last = a;
        tx_abort();
    }
    base_thread_join(&t);
    CHECK(torn == 0);
    CHECK(apart == 0);
    CHECK(back == 0);
    CHECK(first_word(left) == ROUNDS);
}

int main(void) {
    words_setup();
    return words_end(unit_run());
}
