/* heap_cells.c: cells, collections and the conservative scan, with types of the test's own. */
#include "base/check.h"
#include "base/mem.h"
#include "base/mono.h"
#include "base/thread.h"
#include "objspace/error.h"
#include "objspace/function.h"
#include "objspace/heap.h"
#include "objspace/init.h"
#include "objspace/type.h"
#include "tests/unit/unit.h"
#include <stdlib.h>
#include <string.h>

/* Types of the interpreter, which is not linked here. */
ob_type ob_code_type __attribute__((weak)) = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "code"};
ob_type ob_frame_type __attribute__((weak)) = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "frame"};

typedef struct node { ob_obj o; ob_val next; uint64_t number; uint64_t pad; } node;
typedef struct vec_body { ob_val *items; size_t n; } vec_body;
static unsigned freed;

static void node_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((node *)o)->next); }
static void node_free(ob_obj *o) { (void)o, freed++; }
static void vec_trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    const vec_body *b = body;
    (void)o;
    ob_trace_block(t, b->items);
    ob_trace_vals(t, b->items, b->n);
}
static ob_type node_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "node", .size = sizeof(node), .trace = node_trace};
static ob_type freed_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "freed", .size = sizeof(node), .trace = node_trace, .free = node_free};
static ob_type text_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "text", .flags = OB_TF_LEAF};
static ob_type vec_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "vec", .size = sizeof(vec_body), .trace_body = vec_trace_body};

static ob_val kept;      /* a root */

static NOINLINE ob_val chain(ob_type *t, unsigned n) {
    ob_val head = OB_NULL;
    while (n--) {
        node *x = ob_alloc(t, sizeof *x);
        if (x == NULL) return OB_NULL;
        x->next = head;
        x->number = n;
        head = ob_of(x);
    }
    return head;
}

static NOINLINE bool chain_is_whole(ob_val v, unsigned n) {
    for (unsigned i = 0; i < n; i++, v = ((node *)ob_ptr(v))->next)
        if (ob_is_null(v) || ob_ptr(v)->type != &node_type || ((node *)ob_ptr(v))->number != i) return false;
    return ob_is_null(v);
}

/* Overwrites what earlier calls left on the stack. */
static NOINLINE void wipe_stack(void) {
    volatile char junk[8192];
    memset((char *)junk, 0, sizeof junk);
}

TEST(what_a_root_reaches_survives_and_the_rest_is_freed) {
    ob_gc_stats s;
    kept = chain(&node_type, 100000);
    for (unsigned i = 0; i < 20; i++) {
        (void)chain(&node_type, 100000);
        CHECK(chain_is_whole(kept, 100000));
    }
    wipe_stack();
    ob_gc_collect();
    ob_gc_stats_get(&s);
    CHECK(s.live_bytes < 12 << 20);
    kept = OB_NULL;
    wipe_stack();
    ob_gc_collect();
    ob_gc_stats_get(&s);
    CHECK(s.live_bytes < 12 << 20);
}

TEST(an_object_that_only_the_stack_knows_survives) {
    ob_val v = chain(&node_type, 1000);
    ob_gc_collect();
    (void)chain(&node_type, 50000);
    ob_gc_collect();
    CHECK(chain_is_whole(v, 1000));
}

TEST(new_objects_are_zero_behind_the_header) {
    for (unsigned i = 1; i < 3000; i++) {
        size_t size = sizeof(ob_obj) + (size_t)rand() % 700;
        unsigned char *p = ob_alloc(&text_type, size);
        bool zero = true;
        for (size_t k = sizeof(ob_obj); k < size; k++) zero &= p[k] == 0;
        CHECK(zero && ((uintptr_t)p & 15) == 0);
        memset(p + sizeof(ob_obj), 0xff, size - sizeof(ob_obj));
        if (i % 500 == 0) ob_gc_collect();
    }
}

TEST(cells_of_all_sizes_keep_their_bytes) {
    enum { N = 400 };
    static const size_t sizes[] = {16, 17, 48, 500, 513, 1500, 2049, 5000, 9000, 20000, 32768, 32769, 70000, 500000, 1100000, 5000000};
    vec_body *b;
    tx_handle *h = ob_alloc_mut(&vec_type, sizeof *b);
    kept = ob_of(h);
    b = tx_inline_body(h);
    b->items = ob_block_zalloc(N * sizeof(ob_val));
    b->n = N;
    for (unsigned i = 0; i < N; i++) {
        size_t size = sizes[(unsigned)rand() % (i < N / 2 ? BASE_LENGTH(sizes) : 12)] + 16;
        char *p = ob_alloc_leaf(&text_type, size);
        CHECK_FATAL(p != NULL);
        CHECK(ob_cell_size(p) >= size);
        memset(p + 16, (int)(i & 0x7f), size - 16);
        memcpy(p + 16, &size, size >= 24 ? 8 : 0);
        b->items[i] = ob_of(p);
        if (i > 50 && i % 3 == 0) b->items[i - 50] = OB_NULL;
        if (i % 40 == 0) ob_gc_collect();
    }
    ob_gc_collect();
    for (unsigned i = 0; i < N; i++) {
        char *p = (char *)ob_ptr(b->items[i]);
        size_t size;
        if (p == NULL) continue;
        memcpy(&size, p + 16, 8);
        if (ob_cell_size(p) < 32) continue;
        bool same = ob_cell_size(p) >= size;
        for (size_t k = 24; k < size; k++) same &= p[k] == (char)(i & 0x7f);
        CHECK(same);
    }
    kept = OB_NULL;
}

TEST(a_block_that_is_being_filled_keeps_what_it_holds) {
    ob_val *block = ob_block_zalloc(100 * sizeof *block);
    for (unsigned i = 0; i < 100; i++) {
        block[i] = chain(&node_type, 10);
        wipe_stack();
        if (i % 10 == 0) ob_gc_collect();
    }
    for (unsigned i = 0; i < 100; i++) CHECK(chain_is_whole(block[i], 10));
    ob_block_free(block, 100 * sizeof *block);
}

TEST(freed_blocks_are_used_again) {
    for (size_t bytes = 16; bytes < 1000000; bytes *= 3) {
        void *a = ob_block_alloc(bytes);
        CHECK(ob_block_size(a) >= bytes);
        ob_block_free(a, bytes);
        void *b = ob_block_alloc(bytes);
        CHECK(a == b);
        ob_block_free(b, bytes);
    }
}

TEST(free_is_called_once_for_each_dead_object) {
    freed = 0;
    (void)chain(&freed_type, 1000);
    for (unsigned i = 0; i < 4; i++) {
        wipe_stack();
        ob_gc_collect();
    }
    CHECK(freed >= 998 && freed <= 1000);
}

static _Atomic(bool) stop;
static void churn(void *arg) {
    (void)arg;
    CHECK_FATAL(ob_heap_thread_enter(__builtin_frame_address(0)));
    while (!stop) {
        ob_val v = chain(&node_type, 5000);
        ob_blocking_enter();
        ob_blocking_leave();
        if (!chain_is_whole(v, 5000)) abort();
        ob_safepoint();
    }
    ob_heap_thread_leave();
}

TEST(threads_allocate_while_others_collect) {
    base_thread t[3];
    for (unsigned i = 0; i < 3; i++) CHECK_FATAL(base_thread_start(&t[i], 0, churn, NULL));
    for (unsigned i = 0; i < 50; i++) {
        ob_val v = chain(&node_type, 2000);
        ob_gc_collect();
        CHECK(chain_is_whole(v, 2000));
    }
    stop = true;
    ob_blocking_enter();
    for (unsigned i = 0; i < 3; i++) base_thread_join(&t[i]);
    ob_blocking_leave();
}

TEST(a_failed_allocation_raises_memory_error) {
    base_mem_fail_after(1);
    CHECK(ob_block_alloc(3000000) == NULL);
    CHECK(ob_err.cond == OB_COND_EXCEPTION);
    ob_err = (ob_pending){0};
    void *p = ob_block_alloc((size_t)1 << 50);
    CHECK(p == NULL && ob_err.cond == OB_COND_EXCEPTION);
    ob_err = (ob_pending){0};
}

TEST(how_fast_is_it) {
    enum { LIVE = 20 << 20, N = 20000000 };
    kept = chain(&node_type, LIVE / 48);
    ob_gc_stats a, b;
    ob_gc_stats_get(&a);
    int64_t t0 = base_mono_ns();
    for (unsigned i = 0; i < N; i++) {
        node *x = ob_alloc(&node_type, 48);
        __asm__ volatile("" : : "r"(x) : "memory");
    }
    int64_t t1 = base_mono_ns();
    ob_gc_stats_get(&b);
    uint64_t n = b.collections - a.collections;
    printf("  %.1f ns an object with collections, %llu collections, %.1f ns a live object; alone %.1f ns\n", (double)(t1 - t0) / N,
           (unsigned long long)n, (double)(b.pause_ns - a.pause_ns) / (double)(n ? n : 1) / (LIVE / 48.0),
           (double)(t1 - t0 - (int64_t)(b.pause_ns - a.pause_ns)) / N);
    kept = OB_NULL;
}

int main(void) {
    if (!ob_init() || !ob_gc_add_static(&kept)) return 1;
    return unit_run();
}
