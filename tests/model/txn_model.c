/* txn_model.c: random transactions against a model that runs them one after the other.
 * A few sessions take turns in one thread of the system, so a run is exact and repeats from its seed. The model keeps every committed state
 * of a small world. Checked are
 *   every read            against the snapshot's state with the session's own writes (so also of those that will lose);
 *   every commit          by running its script again on the present state (serializable), on its snapshot (it only read), or by slots (snapshot
 *                         isolation);
 *   every conflict        for its reason: something that it read, or under snapshot isolation wrote, has had another value since it began.
 * A failure is minimised by leaving operations out, and printed with its seed.
 * usage: txn_model [runs [first seed]] */
#include "base/mem.h"
#include "base/rand.h"
#include "tests/words.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS_N = 4, FIXED = 5, COUNTERS = 2, OBJECTS = 20, SLOTS = 3, LINK = 2, OPS = 160, DEPTH = 6, COMMITS = OPS + 2 };
/* Objects 1..FIXED are shared from the start, the first COUNTERS of them counters; slot LINK of the others holds an object's number. */

#define KINDS(X) X(BEGIN) X(READ) X(WRITE) X(ADD) X(NEW) X(JOIN) X(FOLLOW_READ) X(FOLLOW_WRITE) X(SAVE) X(ROLLBACK) X(RELEASE) X(COMMIT) X(ABORT) \
    X(WAIT) X(UPGRADE) X(COLLECT) X(NO_MEMORY)
typedef enum kind {
#define X(k) k,
    KINDS(X)
#undef X
    KIND_COUNT
} kind;
static const char *const kind_names[] = {
#define X(k) #k,
    KINDS(X)
#undef X
};

typedef struct op { kind k; int session, object, slot, value; } op;
typedef struct world { int v[OBJECTS][SLOTS]; bool alive[OBJECTS], shared[OBJECTS]; } world;
/* One thing that a transaction did, to be done again on another state. */
typedef struct act { kind k; int object, slot, value, got; bool foreign; } act;

typedef struct player {
    bool active, snapshot, readonly, holder, short_of_memory;
    int begun;                              /* index of the state that it began on */
    world view, base, saved[DEPTH];
    bool wrote[OBJECTS][SLOTS], wrote_saved[DEPTH][OBJECTS][SLOTS];
    tx_savepoint sp[DEPTH];
    int depth, acts_n, made[OBJECTS];
    act acts[OPS];
} player;

static world history[COMMITS];
static int now_at;                          /* index of the present state */
static words *real[OBJECTS];
static int owner[OBJECTS];
static player players[SESSIONS_N];
static int sessions_n;
static bool sole_run;
static char why[256];

static bool wrong(const char *format, ...) PRINTF(1, 2);
static bool wrong(const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (why[0] == 0) vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return false;
}

/* ---- the model ---- */

static bool is_counter(int o) { return o >= 1 && o <= COUNTERS; }

/* Runs the acts on w, with the states at the open savepoints in stack; false: one of the foreign reads gives another value. */
static bool replay_with(const player *p, world *w, world stack[DEPTH]) {
    int depth = 0;
    for (int i = 0; i < p->acts_n; i++) {
        const act *a = &p->acts[i];
        switch (a->k) {
        case READ:
            if (w->v[a->object][a->slot] != a->got) return false;
            break;
        case WRITE: w->v[a->object][a->slot] = a->value; break;
        case ADD: w->v[a->object][0] += a->value; break;
        case NEW: w->alive[a->object] = true; break;
        case SAVE: stack[depth++] = *w; break;
        case ROLLBACK: *w = stack[depth - 1]; break;
        case RELEASE: depth--; break;
        default: break;
        }
    }
    return true;
}

static bool replay(const player *p, world *w) {
    world stack[DEPTH];
    return replay_with(p, w, stack);
}

/* What the fixed objects reach is shared. */
static void spread(world *w) {
    for (bool more = true; more;) {
        more = false;
        for (int o = 1; o < OBJECTS; o++) {
            int to = w->v[o][LINK];
            if (w->shared[o] && !is_counter(o) && to && !w->shared[to]) w->shared[to] = more = true;
        }
    }
}

static bool any_shared_write(const player *p) {
    for (int o = 1; o < OBJECTS; o++)
        for (int s = 0; s < SLOTS; s++)
            if (p->wrote[o][s] && p->base.shared[o]) return true;
    return false;
}

/* Has what p relies on had another value in any state since it began? */
static bool was_disturbed(const player *p) {
    for (int n = p->begun; n <= now_at; n++) {
        for (int i = 0; i < p->acts_n; i++) {
            const act *a = &p->acts[i];
            if (a->k == READ && a->foreign && p->base.shared[a->object] && (!p->snapshot || p->wrote[a->object][a->slot])
                && history[n].v[a->object][a->slot] != history[p->begun].v[a->object][a->slot]) return true;
            if (p->snapshot && a->k == WRITE && history[n].v[a->object][a->slot] != history[p->begun].v[a->object][a->slot]) return true;
        }
    }
    return false;
}

static bool differs_now(const player *p) {
    for (int i = 0; i < p->acts_n; i++) {
        const act *a = &p->acts[i];
        if (a->k == READ && a->foreign && p->base.shared[a->object]
            && history[now_at].v[a->object][a->slot] != history[p->begun].v[a->object][a->slot]) return true;
    }
    return false;
}

static void advance(const world *w) {
    if (now_at + 1 >= COMMITS) abort();
    history[++now_at] = *w;
    spread(&history[now_at]);
}

/* What is private to p is the same in its view and in the present state: bring its changes there. */
static void keep_private(const player *p, world *w) {
    for (int o = 1; o < OBJECTS; o++)
        if (p->view.alive[o] && !p->base.shared[o] && real[o] && owner[o] == (int)(p - players)) {
            memcpy(w->v[o], p->view.v[o], sizeof w->v[o]);
            w->alive[o] = true;
        }
}

static bool committed(player *p) {
    world w = history[now_at], old = history[p->begun];
    if (p->snapshot) {
        for (int o = 1; o < OBJECTS; o++)
            for (int s = 0; s < SLOTS; s++) {
                if (!p->wrote[o][s] || !p->base.shared[o]) continue;
                if (is_counter(o)) {
                    w.v[o][s] += p->view.v[o][s] - p->base.v[o][s];
                    continue;
                }
                if (w.v[o][s] != p->base.v[o][s]) return wrong("two concurrent writers of %d.%d committed under snapshot isolation", o, s);
                w.v[o][s] = p->view.v[o][s];
            }
    } else if (any_shared_write(p)) {
        keep_private(&(player){.view = p->base, .base = p->base}, &w);
        if (!replay(p, &w)) return wrong("a commit that is not serializable");
    } else if (!replay(p, &old)) return wrong("a reader that saw no state there was");
    keep_private(p, &w);
    advance(&w);
    return true;
}

/* ---- the real thing ---- */

static int number_of(uint64_t word) {
    for (int o = 1; o < OBJECTS; o++)
        if (word && word == (uint64_t)(uintptr_t)real[o]) return o;
    return 0;
}

static int decode(int slot, int object, uint64_t word) { return slot == LINK && !is_counter(object) ? number_of(word) : (int)word; }

static bool usable(const player *p, int who, int o) { return real[o] && p->view.alive[o] && (o <= FIXED || owner[o] == who); }

static void note(player *p, act a) {
    if (p->acts_n < OPS) p->acts[p->acts_n++] = a;
}

static bool read_one(player *p, int o, int s, int *got) {
    *got = decode(s, o, words_get(real[o], (unsigned)s));
    note(p, (act){.k = READ, .object = o, .slot = s, .got = *got, .foreign = is_counter(o) || !p->wrote[o][s]});
    if (*got != p->view.v[o][s]) return wrong("object %d.%d reads as %d, its snapshot has %d", o, s, *got, p->view.v[o][s]);
    return true;
}

static bool write_one(player *p, int o, int s, int value, bool add) {
    uint64_t *w = tx_write(&real[o]->h, TX_SLOT(s));
    bool frozen = p->readonly && p->base.alive[o];
    if (w == NULL) {
        if (tx_fail_reason() == TX_FAIL_FROZEN) return frozen ? true : wrong("a write was refused as frozen");
        return /* out of memory: nothing has happened */ tx_fail_reason() == TX_FAIL_MEMORY ? true : wrong("a write failed");
    }
    if (frozen) return wrong("a read-only block has written");
    if (add) w[s] += (uint64_t)value, p->view.v[o][s] += value;
    else w[s] = s == LINK ? (uint64_t)(uintptr_t)real[value] : (uint64_t)value, p->view.v[o][s] = value;
    p->wrote[o][s] = true;
    note(p, (act){.k = add ? ADD : WRITE, .object = o, .slot = s, .value = value});
    return true;
}

static bool leave(player *p, bool did_commit) {
    for (int o = FIXED + 1; o < OBJECTS && !did_commit; o++)
        if (p->made[o]) real[o] = NULL; /* its number may be used again */
    for (int o = FIXED + 1; o < OBJECTS && did_commit; o++)
        if (p->made[o] && !p->view.alive[o]) real[o] = NULL;
    p->active = p->holder = false;
    return true;
}

static void begin(player *p, const op *x) {
    memset(p, 0, offsetof(player, acts));
    p->active = true;
    p->snapshot = x->value % 4 == 1;
    p->readonly = x->value % 8 == 2;
    p->begun = now_at;
    p->view = p->base = history[now_at];
    tx_begin(&(tx_options){.isolation = p->snapshot ? TX_SNAPSHOT : TX_SERIALIZABLE, .readonly = p->readonly, .no_turn = true});
    p->snapshot = p->snapshot && !sole_run;
}

static bool commit(player *p) {
    tx_outcome out = tx_commit();
    if (out == TX_COMMITTED) return committed(p) && leave(p, true);
    leave(p, false);
    if (out == TX_REFUSED) return tx_fail_reason() == TX_FAIL_MEMORY ? true : wrong("refused for no reason");
    if (p->readonly || !any_shared_write(p)) return true; /* may only be if objects were published by an attempt that lost */
    return was_disturbed(p) ? true : wrong("a conflict without a reason");
}

static bool make(player *p, int who) {
    for (int o = FIXED + 1; o < OBJECTS; o++) {
        if (real[o]) continue;
        base_mem_fail_after(0);
        real[o] = words_new(SLOTS);
        owner[o] = who;
        p->made[o] = 1;
        memset(p->view.v[o], 0, sizeof p->view.v[o]);
        memset(p->base.v[o], 0, sizeof p->base.v[o]);
        p->view.alive[o] = true;
        p->view.shared[o] = p->base.shared[o] = p->base.alive[o] = false;
        for (int n = 0; n <= now_at; n++) memset(history[n].v[o], 0, sizeof history[n].v[o]), history[n].alive[o] = history[n].shared[o] = false;
        note(p, (act){.k = NEW, .object = o});
        return true;
    }
    return true;
}

static bool savepoint(player *p, kind k) {
    if (k == SAVE) {
        if (p->depth == DEPTH || !tx_savepoint_set(&p->sp[p->depth])) return true;
        p->saved[p->depth] = p->view;
        memcpy(p->wrote_saved[p->depth++], p->wrote, sizeof p->wrote);
    } else if (p->depth == 0) return true;
    else if (k == ROLLBACK) {
        tx_savepoint_rollback(&p->sp[p->depth - 1]);
        p->view = p->saved[p->depth - 1];
        memcpy(p->wrote, p->wrote_saved[p->depth - 1], sizeof p->wrote);
    } else tx_savepoint_release(&p->sp[--p->depth]);
    note(p, (act){.k = k});
    return true;
}

static bool upgrade(player *p, int who) {
    for (int i = 0; i < sessions_n; i++)
        if (players[i].holder && i != who) return true;
    if (!tx_upgrade()) return true;
    p->holder = true;
    if (p->begun == now_at || sole_run) return true;
    world w = history[now_at];
    keep_private(&(player){.view = p->base, .base = p->base}, &w);
    p->base = w;
    p->begun = now_at;
    if (!replay_with(p, &w, p->saved)) return wrong("an upgrade though what was read has changed");
    p->view = w;
    return true;
}

static void ignore_word(void *arg, uint64_t word) { (void)arg, (void)word; }
static void ignore_body(void *arg, tx_handle *h, void *body) { (void)arg, (void)h, (void)body; }
static void ignore_block(void *arg, void *block) { (void)arg, (void)block; }

static bool collect(void) {
    const tx_tracer t = {ignore_word, ignore_body, ignore_block, NULL};
    tx_collect_begin();
    tx_trace_threads(&t);
    for (int o = 1; o < OBJECTS; o++)
        if (real[o]) tx_trace_handle(&real[o]->h, &t);
    return true;
}

static bool follow(player *p, const op *x, int from) {
    int to;
    if (!read_one(p, from, LINK, &to)) return false;
    if (to && !is_counter(to) && x->slot >= 500) { /* two steps */
        from = to;
        if (!read_one(p, from, LINK, &to)) return false;
    }
    if (to == 0 || is_counter(to)) return true;
    return x->k == FOLLOW_READ ? read_one(p, to, x->slot % 2, &(int){0}) : write_one(p, to, x->slot % 2, x->value % 3, false);
}

/* An object of its own, if it has one, else any. */
static int own_or(player *p, const op *x, int number) {
    for (int i = 0; i < OBJECTS - FIXED - 1; i++) {
        int o = FIXED + 1 + (number + i) % (OBJECTS - FIXED - 1);
        if (usable(p, x->session, o)) return o;
    }
    return 1 + number % FIXED;
}

static bool in_transaction(player *p, const op *x) {
    int o = x->object % 2 ? own_or(p, x, x->object / 2) : 1 + x->object % FIXED, plain = COUNTERS + 1 + x->object % (FIXED - COUNTERS), s = x->slot % 2;
    switch (x->k) {
    case READ: return !usable(p, x->session, o) || read_one(p, o, is_counter(o) ? 0 : s, &(int){0});
    case WRITE: return !usable(p, x->session, o) || is_counter(o) || write_one(p, o, s, x->value % 3, false);
    case ADD: return write_one(p, 1 + x->object % COUNTERS, 0, 1 + x->value % 3, true);
    case NEW: return make(p, x->session);
    case JOIN: {
        int from = x->slot % 2 ? own_or(p, x, x->slot / 2) : plain;
        if (is_counter(from)) from = plain;
        return !usable(p, x->session, o) || is_counter(o) || write_one(p, from, LINK, x->value % 5 ? o : 0, false);
    }
    case FOLLOW_READ: case FOLLOW_WRITE: return follow(p, x, plain);
    case SAVE: case ROLLBACK: case RELEASE: return savepoint(p, x->k);
    case UPGRADE: return x->value % 4 || upgrade(p, x->session);
    case ABORT: return tx_abort(), leave(p, false);
    case WAIT: {
        base_mem_fail_after(0);
        bool expected = !sole_run && !p->readonly && differs_now(p), short_of = p->short_of_memory, woken = tx_wait_for_change(0);
        leave(p, false);
        return short_of || woken == expected ? true : wrong("retry() was %s", woken ? "woken for nothing" : "not told of a change");
    }
    case COMMIT:
        for (int i = 0; i < sessions_n; i++)
            if (players[i].holder && i != x->session) return true; /* would wait for it */
        return commit(p);
    default: return true;
    }
}

static bool perform(const op *x) {
    player *p = &players[x->session];
    const char *unsound;
    bool ok;
    if (x->k == COLLECT) return collect();
    if (!sole_run) as((unsigned)x->session);
    if (x->k == NO_MEMORY) for (int i = 0; i < SESSIONS_N; i++) players[i].short_of_memory = true;
    if (x->k == NO_MEMORY) return base_mem_fail_after(1 + (uint64_t)(x->value % 4)), true;
    if (!p->active) {
        if (x->k == BEGIN) begin(p, x);
        return true;
    }
    ok = in_transaction(p, x);
    if (ok && (unsound = tx_check_thread()) != NULL) return wrong("%s", unsound);
    for (int o = 1; ok && o < OBJECTS; o++)
        if (real[o] && (unsound = tx_check_chain(&real[o]->h)) != NULL) return wrong("%s", unsound);
    return ok;
}

static bool set_up(bool sole) {
    memset(history, 0, sizeof history[0]);
    memset(real, 0, sizeof real);
    memset(players, 0, sizeof players);
    now_at = 0;
    why[0] = 0;
    sole_run = sole;
    if (sole) tx_allow_sole(true);
    if (sole ? !tx_thread_enter() : (as(0), false)) abort();
    words_block();
    for (int o = 1; o <= FIXED; o++) {
        real[o] = is_counter(o) ? counter_new() : words_new(SLOTS);
        history[0].alive[o] = history[0].shared[o] = true;
        if (!tx_publish((uint64_t)(uintptr_t)real[o])) abort();
    }
    return tx_commit() == TX_COMMITTED;
}

static void tear_down(void) {
    base_mem_fail_after(0);
    if (sole_run) {
        if (tx_active()) tx_abort();
        tx_thread_leave();
    } else sessions_close();
    words_free_all();
}

static bool run(const op *ops, const bool *skip, int sessions, bool sole) {
    bool ok = true;
    sessions_n = sessions;
    if (!set_up(sole)) abort();
    for (int i = 0; i < OPS && ok; i++)
        if (!skip[i]) ok = perform(&ops[i]);
    tear_down();
    return ok;
}

/* ---- seeds ---- */

static kind random_kind(base_rand *r) {
    static const struct { kind k; int weight; } table[] = {{BEGIN, 30}, {READ, 20}, {WRITE, 18}, {ADD, 6}, {NEW, 6}, {JOIN, 10}, {FOLLOW_READ, 10}, {FOLLOW_WRITE, 8},
        {SAVE, 6}, {ROLLBACK, 4}, {RELEASE, 4}, {COMMIT, 16}, {ABORT, 2}, {WAIT, 2}, {UPGRADE, 2}, {COLLECT, 2}, {NO_MEMORY, 1}};
    int total = 0, at;
    for (size_t i = 0; i < BASE_LENGTH(table); i++) total += table[i].weight;
    at = (int)base_rand_below(r, (uint32_t)total);
    for (size_t i = 0;; i++)
        if ((at -= table[i].weight) < 0) return table[i].k;
}

static void minimise(const op *ops, bool *skip, int sessions, bool sole) {
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (int i = OPS - 1; i >= 0; i--) {
            if (skip[i]) continue;
            skip[i] = true;
            if (run(ops, skip, sessions, sole)) skip[i] = false;
            else smaller = true;
        }
    }
    run(ops, skip, sessions, sole);
}

static bool one_seed(uint64_t seed) {
    op ops[OPS];
    bool skip[OPS] = {false};
    base_rand r;
    base_rand_seed(&r, seed);
    int sessions = 1 + (int)base_rand_below(&r, SESSIONS_N);
    bool sole = sessions == 1 && base_rand_below(&r, 2);
    for (int i = 0; i < OPS; i++)
        ops[i] = (op){random_kind(&r), (int)base_rand_below(&r, (uint32_t)sessions), (int)base_rand_below(&r, 1000), (int)base_rand_below(&r, 1000), (int)base_rand_below(&r, 1000)};
    if (run(ops, skip, sessions, sole)) return true;
    minimise(ops, skip, sessions, sole);
    printf("seed %llu%s: %s\n", (unsigned long long)seed, sole ? " (sole)" : "", why);
    for (int i = 0; i < OPS; i++)
        if (!skip[i]) printf("  session %d %s object %d slot %d value %d\n", ops[i].session, kind_names[ops[i].k], ops[i].object, ops[i].slot, ops[i].value);
    return false;
}

int main(int argc, char **argv) {
    uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000, first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, failed = 0;
    words_setup();
    for (uint64_t seed = first; seed < first + runs && failed < 3; seed++) failed += !one_seed(seed);
    printf("%llu passed, %llu failed\n", (unsigned long long)(runs - failed), (unsigned long long)failed);
    return failed != 0;
}
