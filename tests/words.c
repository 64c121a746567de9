/* words.c: objects for testing txn without Python. */
#include "tests/words.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/vec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Atomic(int64_t) listed_arrays;
static base_lock lock = BASE_LOCK_INIT(LEAF, "test objects");
static VEC(words *) all;

static void die(const char *why) {
    fprintf(stderr, "test objects: %s\n", why);
    abort();
}

static size_t words_size(const tx_handle *h) { return h->aux * sizeof(uint64_t); }

static void words_trace(const tx_handle *h, const void *body, void (*visit)(void *arg, uint64_t word), void *arg) {
    const uint64_t *w = body;
    for (unsigned i = 0; i < h->aux; i++) visit(arg, w[i]);
}

static bool counter_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h, (void)dirty;
    *(uint64_t *)mine += *(const uint64_t *)theirs - *(const uint64_t *)base;
    return true;
}

static size_t listed_size(const tx_handle *h) { (void)h; return sizeof(listed_body); }

static bool listed_copy(const tx_handle *h, void *dst, const void *src) {
    const listed_body *from = src;
    listed_body *to = dst;
    (void)h;
    to->n = from->n;
    to->at = base_mem_alloc(from->n * sizeof *to->at);
    if (to->at == NULL) return false;
    if (from->n) memcpy(to->at, from->at, from->n * sizeof *to->at);
    listed_arrays++;
    return true;
}

static void listed_drop(const tx_handle *h, void *body) {
    listed_body *b = body;
    (void)h;
    if (b->at == NULL) return;
    base_mem_free(b->at);
    listed_arrays--;
}

static bool listed_same(const tx_handle *h, const void *a, const void *b, uint64_t mask) {
    const listed_body *x = a, *y = b;
    (void)h, (void)mask;
    return x->n == y->n && (x->n == 0 || memcmp(x->at, y->at, x->n * sizeof *x->at) == 0);
}

static bool listed_merge(const tx_handle *h, void *mine, const void *base, const void *theirs, uint64_t dirty) {
    (void)h, (void)mine, (void)base, (void)theirs, (void)dirty;
    return false;
}

/* ---- plain words that may own an array: value, array, value again ---- */

enum { OWNER_VALUE, OWNER_ARRAY, OWNER_AGAIN, OWNER_WORDS, OWNED_BYTES = 16 };

static bool owner_copy(const tx_handle *h, void *dst, const void *src) {
    uint64_t *to = dst;
    void *array = base_mem_alloc(OWNED_BYTES);
    memcpy(to, src, tx_body_size(h));
    if (to[OWNER_ARRAY] == 0 || array == NULL) return base_mem_free(array), to[OWNER_ARRAY] == 0;
    memcpy(array, (void *)(uintptr_t)to[OWNER_ARRAY], OWNED_BYTES);
    to[OWNER_ARRAY] = (uint64_t)(uintptr_t)array;
    listed_arrays++;
    return true;
}

static void owner_drop(const tx_handle *h, void *body) {
    uint64_t *w = body;
    (void)h;
    if (w[OWNER_ARRAY] == 0) return;
    base_mem_free((void *)(uintptr_t)w[OWNER_ARRAY]);
    w[OWNER_ARRAY] = 0;
    listed_arrays--;
}

static const tx_kind owner_kind = {.name = "owner", .words = OWNER_WORDS, .mark_at = OWNER_ARRAY, .owns = true, .copy = owner_copy, .drop = owner_drop};
static tx_class owner_class = {.kind = &owner_kind};

bool owner_set(words *o, uint64_t value, bool own) {
    uint64_t *w = tx_write(&o->h, TX_ALL);
    if (w == NULL) return false;
    w[OWNER_VALUE] = w[OWNER_AGAIN] = value;
    if (!own) return owner_drop(&o->h, w), true;
    if (w[OWNER_ARRAY] == 0) {
        uint64_t *array = base_mem_alloc(OWNED_BYTES);
        if (array == NULL) return false;
        w[OWNER_ARRAY] = (uint64_t)(uintptr_t)array;
        listed_arrays++;
    }
    ((uint64_t *)(uintptr_t)w[OWNER_ARRAY])[0] = value;
    return true;
}

/* 0: it contradicts itself */
uint64_t owner_get(words *o) {
    const uint64_t *w = tx_read(&o->h, TX_ALL);
    if (w[OWNER_VALUE] != w[OWNER_AGAIN] || (w[OWNER_ARRAY] && *(uint64_t *)(uintptr_t)w[OWNER_ARRAY] != w[OWNER_VALUE])) return 0;
    return w[OWNER_VALUE];
}

static const tx_kind words_kind = {.name = "words", .body_size = words_size, .trace = words_trace};
/* Few words are plain ones, with a mirror. */
enum { FEW = 4 };
#define FEW_WORDS(n) {.name = "few words", .words = n, .mark_at = n, .trace = words_trace}
static const tx_kind few_kind[FEW] = {FEW_WORDS(1), FEW_WORDS(2), FEW_WORDS(3), FEW_WORDS(4)};
static tx_class few_class[FEW] = {{.kind = &few_kind[0]}, {.kind = &few_kind[1]}, {.kind = &few_kind[2]}, {.kind = &few_kind[3]}};
static const tx_kind counter_kind = {.name = "counter", .body_size = words_size, .merge = counter_merge, .commutes = TX_ALL};
static const tx_kind listed_kind = {.name = "listed", .body_size = listed_size, .copy = listed_copy, .drop = listed_drop, .same = listed_same, .merge = listed_merge};
static tx_class words_class = {.kind = &words_kind}, counter_class = {.kind = &counter_kind}, listed_class = {.kind = &listed_kind};

static words *make(tx_class *c, unsigned n, size_t bytes) {
    words *o = calloc(1, sizeof *o + bytes);
    if (o == NULL) die("no memory");
    o->h.cls = c;
    o->h.aux = n;
    tx_handle_init(&o->h);
    base_lock_take(&lock);
    if (!VEC_PUSH(&all, o)) die("no memory");
    base_lock_drop(&lock);
    return o;
}

words *words_new(unsigned n) {
    if (n - 1 < FEW) return make(&few_class[n - 1], n, (n + 1) * sizeof(uint64_t));
    return make(&words_class, n, n * sizeof(uint64_t));
}
words *counter_new(void) { return make(&counter_class, 1, sizeof(uint64_t)); }
words *owner_new(void) { return make(&owner_class, 0, OWNER_WORDS * sizeof(uint64_t)); }
words *listed_new(void) { return make(&listed_class, 0, sizeof(listed_body)); }

static void ignore_word(void *arg, uint64_t word) { (void)arg, (void)word; }
static void ignore_body(void *arg, tx_handle *h, void *body) { (void)arg, (void)h, (void)body; }
static void ignore_block(void *arg, void *block) { (void)arg, (void)block; }

void words_fold(words *o) {
    const tx_tracer t = {ignore_word, ignore_body, ignore_block, NULL};
    for (int i = 0; i < 3; i++) {
        tx_collect_begin();
        if (i == 0) tx_trace_handle(&o->h, &t);
    }
}

/* Plays the collector: folds every chain, frees what is retired, then the objects. */
void words_free_all(void) {
    const tx_tracer t = {ignore_word, ignore_body, ignore_block, NULL};
    for (int i = 0; i < 3; i++) {
        tx_collect_begin();
        for (size_t k = 0; k < all.n && i == 0; k++) tx_trace_handle(&all.at[k]->h, &t);
    }
    for (size_t k = 0; k < all.n; k++) {
        words *o = all.at[k];
        if (o->h.cls->kind->drop) o->h.cls->kind->drop(&o->h, tx_inline_body(&o->h));
        free(o);
    }
    VEC_RELEASE(&all);
}

static bool is_object(uint64_t word) { return word > 1u << 24 && (word & 7) == 0 && word >> 47 == 0; }
static void trace_immutable(void *object, void (*visit)(void *arg, uint64_t word), void *arg) { (void)object, (void)visit, (void)arg; }

void words_setup(void) {
    static const tx_object_model model = {is_object, trace_immutable, .never = 7};
    if (!tx_init()) die("tx_init failed");
    tx_set_object_model(&model);
}

uint64_t words_get(words *o, unsigned i) { return ((const uint64_t *)tx_read(&o->h, TX_SLOT(i)))[i]; }

void words_set(words *o, unsigned i, uint64_t value) {
    uint64_t *w = tx_write(&o->h, TX_SLOT(i));
    if (w == NULL) die("a write failed");
    w[i] = value;
}

void words_add(words *o, unsigned i, uint64_t n) { words_set(o, i, words_get(o, i) + n); }

void counter_add(words *o, uint64_t n) {
    uint64_t *w = tx_write(&o->h, TX_SLOT(0));
    if (w == NULL) die("a write failed");
    w[0] += n;
}

uint64_t counter_get(words *o) { return words_get(o, 0); }

bool listed_push(words *o, uint64_t value) {
    listed_body *b = tx_write(&o->h, TX_ALL);
    uint64_t *at;
    if (b == NULL || (at = base_mem_resize(b->at, (b->n + 1) * sizeof *at)) == NULL) return false;
    if (b->at == NULL) listed_arrays++;
    at[b->n++] = value;
    b->at = at;
    return true;
}

static void unpush(tx_handle *h, void *body, uint64_t a, uint64_t b) {
    listed_body *l = body;
    (void)h, (void)b;
    if (l->at[--l->n] != a) die("another value was pushed last");
}

void listed_push_noted(words *o, uint64_t value) {
    listed_body *b = tx_write_op(&o->h, TX_ALL, unpush, value, 0);
    uint64_t *at = b ? base_mem_resize(b->at, (b->n + 1) * sizeof *at) : NULL;
    if (at == NULL) die("a noted write failed");
    if (b->at == NULL) listed_arrays++;
    at[b->n++] = value;
    b->at = at;
}

uint64_t listed_sum(words *o) {
    const listed_body *b = tx_read(&o->h, TX_ALL);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < b->n; i++) sum += b->at[i];
    return sum;
}

enum { SESSIONS = 16 };
static tx_me_hot sessions[SESSIONS];
static tx_me_hot outer; /* what the thread was before */
static int current = -1;

void as(unsigned session) {
    if (current >= 0) sessions[current] = tx_me;
    else tx_allow_sole(false), outer = tx_me;
    current = (int)session;
    tx_me = sessions[session];
    if (tx_me.txn == NULL && !(tx_me = (tx_me_hot){.id = 1, .rmask = 1}, tx_thread_enter())) die("no session");
}

void sessions_close(void) {
    if (current >= 0) sessions[current] = tx_me;
    for (int i = 0; i < SESSIONS; i++) {
        if (sessions[i].txn == NULL) continue;
        tx_me = sessions[i];
        if (tx_active()) tx_abort();
        tx_thread_leave();
        sessions[i] = (tx_me_hot){0};
    }
    if (current >= 0) tx_me = outer;
    current = -1;
}

void words_block(void) { tx_begin(&(tx_options){.isolation = TX_SERIALIZABLE}); }

int words_end(int failed) {
    sessions_close();
    words_free_all();
    if (listed_arrays != 0) printf("arrays lost: %lld\n", (long long)listed_arrays);
    return failed || listed_arrays != 0;
}
