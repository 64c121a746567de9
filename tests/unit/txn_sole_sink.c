/* txn_sole_sink.c: one thread with a durable store: slices and blocks are told, and refusals undone. */
#include "tests/unit/unit.h"
#include "tests/words.h"

static size_t told;
static const void *before, *after;
static bool answer_prepare = true, answer_wait = true;

static bool prepare(const tx_change *changes, size_t n, uint64_t stamp, uint64_t *ticket) {
    (void)stamp;
    told += n;
    before = changes[0].before, after = changes[0].after;
    *ticket = 1;
    return answer_prepare;
}
static bool wait_for(uint64_t ticket) {
    CHECK(ticket == 1);
    if (!answer_wait) tx_compensate(NULL, 0);
    return answer_wait;
}
static const tx_sink sink = {prepare, wait_for};

static tx_outcome write_in(bool slice, words *o, uint64_t value) {
    tx_begin(&(tx_options){.slice = slice});
    words_set(o, 0, value);
    return tx_commit();
}
static uint64_t now(words *o) {
    tx_begin(NULL);
    uint64_t x = words_get(o, 0);
    return tx_commit() == TX_COMMITTED ? x : 0;
}

TEST(slices_and_blocks_tell_the_sink_and_are_undone_when_it_refuses) {
    tx_begin(NULL);
    words *o = words_new(1);
    CHECK(tx_commit() == TX_COMMITTED);
    tx_set_sink(&sink);
    for (int slice = 0; slice < 2; slice++) {
        told = 0;
        CHECK(write_in(slice, o, 1) == TX_COMMITTED);
        CHECK(told == 1 && before != after && after == tx_inline_body(&o->h));
        answer_prepare = false;
        CHECK(write_in(slice, o, 2) == TX_REFUSED && now(o) == 1);
        answer_prepare = true, answer_wait = false;
        CHECK(write_in(slice, o, 2) == TX_REFUSED && now(o) == 1);
        answer_wait = true;
        uint64_t s = tx_snapshot_number();
        CHECK(write_in(slice, o, 3) == TX_COMMITTED && now(o) == 3 && tx_snapshot_number() > s);
        CHECK(write_in(slice, o, 0) == TX_COMMITTED);
    }
    tx_set_sink(NULL);
}

static void undo(tx_handle *h, void *body, uint64_t a, uint64_t b) { (void)h, (void)b, *(uint64_t *)body -= a; }

TEST(operations_with_an_undo_of_their_own_are_told_as_whole_bodies) {
    tx_begin(NULL);
    words *o = words_new(1);
    CHECK(tx_commit() == TX_COMMITTED);
    tx_set_sink(&sink);
    tx_begin(NULL);
    told = 0;
    uint64_t *w = tx_write_op(&o->h, TX_ALL, undo, 5, 0);
    CHECK_FATAL(w != NULL);
    w[0] += 5;
    CHECK(tx_commit() == TX_COMMITTED && told == 1);
    tx_set_sink(NULL);
}

int main(void) {
    words_setup();
    if (!tx_thread_enter()) return 1;
    int failed = unit_run();
    tx_thread_leave();
    words_free_all();
    return failed;
}
