/* txn_micro.c: what the pieces of a transaction cost, in nanoseconds of processor time: sole mode, several threads' mode with one thread, and with two.
 * usage: txn_micro [seconds a figure, default 0.2] */
#include "base/thread.h"
#include "tests/words.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { OBJECTS = 1 << 12 };
static words *objects[OBJECTS];
static double seconds = 0.2;
static volatile uint64_t result;
static _Thread_local unsigned half; /* two threads use different halves of the objects */

static inline words *at(unsigned n) { return objects[half + n % (OBJECTS / 2)]; }

typedef void one_round(unsigned n);

static void must(bool ok) {
    if (!ok) abort();
}

static void empty(unsigned n) {
    (void)n;
    words_block();
    must(tx_commit() == TX_COMMITTED);
}
static void empty_slice(unsigned n) {
    (void)n;
    tx_begin(&(tx_options){.slice = true});
    must(tx_commit() == TX_COMMITTED);
}
static void readonly_10(unsigned n) {
    uint64_t sum = 0;
    tx_begin(&(tx_options){.readonly = true});
    for (unsigned i = 0; i < 10; i++) sum += words_get(at(n * 10 + i), 0);
    result = sum;
    must(tx_commit() == TX_COMMITTED);
}
static void read_10(unsigned n) {
    uint64_t sum = 0;
    words_block();
    for (unsigned i = 0; i < 10; i++) sum += words_get(at(n * 10 + i), 0);
    result = sum;
    must(tx_commit() == TX_COMMITTED);
}
static void update_objects(unsigned n, unsigned count) {
    for (;;) {
        words_block();
        for (unsigned i = 0; i < count; i++) words_add(at(n * count + i), 0, 1);
        if (tx_commit() == TX_COMMITTED) return;
        tx_backoff();
    }
}
static void update_1(unsigned n) { update_objects(n, 1); }
static void update_2(unsigned n) { update_objects(n, 2); }
static void update_10(unsigned n) { update_objects(n, 10); }
static void update_100(unsigned n) { update_objects(n, 100); }
static void two_fields(unsigned n) {
    do {
        words_block();
        words_add(at(n), 0, 1);
        words_add(at(n), 1, 1);
    } while (tx_commit() != TX_COMMITTED);
}
static void nested_1(unsigned n) {
    tx_savepoint sp;
    do {
        words_block();
        words_add(at(n), 0, 1);
        must(tx_savepoint_set(&sp));
        words_add(at(n), 1, 1);
        tx_savepoint_release(&sp);
    } while (tx_commit() != TX_COMMITTED);
}
static void same_object(unsigned n) {
    (void)n;
    for (;;) {
        words_block();
        words_add(objects[0], 0, 1);
        if (tx_commit() == TX_COMMITTED) return;
        tx_backoff();
    }
}

/* Inside of one transaction. */
static void reads_again(unsigned n) {
    uint64_t sum = 0;
    (void)n;
    for (unsigned i = 0; i < 1000; i++) sum += words_get(objects[i & 15], 0);
    result = sum;
}
static void writes_again(unsigned n) {
    (void)n;
    for (unsigned i = 0; i < 1000; i++) words_set(objects[i & 15], 0, i);
}

/* Of the thread's own time, so that waiting for a core does not count. */
static int64_t own_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The best of ten pieces, as other programs disturb. */
static double measure(one_round *round) {
    unsigned n = 0;
    double best = 1e18;
    for (int piece = 0; piece < 10; piece++) {
        int64_t begin = own_ns(), end = begin + (int64_t)(seconds * 1e8), now;
        unsigned start = n;
        do {
            for (int i = 0; i < 256; i++) round(n++);
            now = own_ns();
        } while (now < end);
        if ((double)(now - begin) / (n - start) < best) best = (double)(now - begin) / (n - start);
    }
    return best;
}

static void inside(const char *what, one_round *round) {
    words_block();
    printf("  %-44s %8.2f\n", what, measure(round) / 1000);
    must(tx_commit() == TX_COMMITTED);
}

static const struct { const char *name; one_round *round; } table[] = {
    {"empty block", empty}, {"empty slice", empty_slice}, {"block: 2 fields of 1 object", two_fields}, {"block: 2 fields, the second nested", nested_1},
    {"block: read and write 1 object", update_1}, {"block: read and write 2 objects", update_2}, {"block: read and write 10 objects", update_10},
    {"block: read and write 100 objects", update_100}, {"block: read 10 objects", read_10}, {"read-only block: read 10 objects", readonly_10},
    {"block: all on 1 object", same_object},
};

static void all(const char *mode) {
    printf("%s, ns\n", mode);
    for (size_t i = 0; i < BASE_LENGTH(table); i++) printf("  %-44s %8.1f\n", table[i].name, measure(table[i].round));
    inside("a read, seen before, of 16", reads_again);
    inside("a write, made before, of 16", writes_again);
}

typedef struct job { size_t what; unsigned first; double ns; } job;
static _Atomic(unsigned) ready;

static void worker(void *arg) {
    job *j = arg;
    must(tx_thread_enter());
    half = j->first;
    ready++;
    while (ready < 2) {}
    j->ns = measure(table[j->what].round);
    tx_thread_leave();
}

static void two_threads(void) {
    printf("two threads, ns a round in each thread (mean of both)\n");
    for (size_t i = 0; i < BASE_LENGTH(table); i++) {
        job jobs[2] = {{i, 0, 0}, {i, OBJECTS / 2, 0}};
        base_thread t[2];
        tx_stats before, after;
        ready = 0;
        tx_stats_get(&before);
        for (int k = 0; k < 2; k++) tx_leave_sole(), must(base_thread_start(&t[k], 0, worker, &jobs[k]));
        for (int k = 0; k < 2; k++) base_thread_join(&t[k]);
        tx_stats_get(&after);
        printf("  %-44s %8.1f   conflicts %.2f %%\n", table[i].name, (jobs[0].ns + jobs[1].ns) / 2,
               100.0 * (double)(after.conflicts - before.conflicts) / (double)(after.commits + after.readonly_commits - before.commits - before.readonly_commits));
    }
}

int main(int argc, char **argv) {
    if (argc > 1) seconds = atof(argv[1]);
    words_setup();
    must(tx_thread_enter());
    tx_begin(&(tx_options){.slice = true});
    for (int i = 0; i < OBJECTS; i++) objects[i] = words_new(4);
    must(tx_commit() == TX_COMMITTED);
    all("sole mode");
    tx_leave_sole(); /* and the announced thread is still to come: so the mode stays */
    all("several threads' mode, one thread");
    two_threads();
    tx_thread_leave();
    words_free_all();
    return 0;
}
