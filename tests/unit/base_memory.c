/* base_memory.c: allocation with injected failures, vectors, buffers. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/stress.h"
#include "base/vec.h"
#include "tests/unit/unit.h"
#include <string.h>

TEST(an_allocation_fails_when_told_to_and_the_next_succeeds) {
    base_mem_fail_after(2);
    void *a = base_mem_alloc(8), *b = base_mem_alloc(8), *c = base_mem_alloc(8);
    CHECK(a != NULL && b == NULL && c != NULL);
    base_mem_free(a);
    base_mem_free(c);
}

TEST(a_failed_resize_leaves_the_block_whole) {
    char *a = base_mem_text("whole");
    base_mem_fail_after(1);
    CHECK(base_mem_resize(a, 100) == NULL);
    CHECK(strcmp(a, "whole") == 0);
    base_mem_free(a);
}

TEST(sizes_that_overflow_are_refused) {
    size_t total;
    CHECK(base_mem_size(3, 5, 1, &total) && total == 16);
    CHECK(!base_mem_size(SIZE_MAX / 2, 3, 0, &total));
    CHECK(!base_mem_size(1, SIZE_MAX, 1, &total));
}

TEST(aligned_memory_is_aligned_and_zeroed) {
    char *p = base_mem_aligned(100, 64);
    CHECK_FATAL(p != NULL);
    CHECK(((uintptr_t)p & 63) == 0);
    for (int i = 0; i < 100; i++) CHECK(p[i] == 0);
    base_mem_free(p);
}

TEST(a_vector_keeps_its_elements_while_it_grows) {
    VEC(int) v = {0};
    for (int i = 0; i < 1000; i++) CHECK_FATAL(VEC_PUSH(&v, i * i));
    CHECK(v.n == 1000 && v.at[999] == 999 * 999 && VEC_POP(&v) == 999 * 999 && VEC_LAST(&v) == 998 * 998);
    VEC_RELEASE(&v);
    CHECK(v.n == 0 && v.at == NULL);
}

TEST(a_vector_that_cannot_grow_is_as_it_was) {
    VEC(int) v = {0};
    CHECK(VEC_PUSH(&v, 7));
    base_mem_fail_after(1);
    CHECK(!VEC_RESERVE(&v, 1000));
    CHECK(v.n == 1 && v.at[0] == 7);
    CHECK(!VEC_RESERVE(&v, SIZE_MAX));
    VEC_RELEASE(&v);
}

TEST(a_buffer_prints_more_than_it_had_room_for) {
    base_buf b;
    base_buf_init(&b);
    for (int i = 0; i < 100; i++) base_buf_printf(&b, "%d,%s;", i, "some longer text that needs room");
    base_buf_byte(&b, 0);
    base_buf_fill(&b, 'x', 3);
    CHECK(!b.failed && b.n == strlen(b.at) + 4 && memcmp(b.at + b.n - 4, "\0xxx", 5) == 0);
    base_buf_release(&b);
}

TEST(a_buffer_that_failed_once_stays_failed_until_cleared) {
    base_buf b;
    base_buf_init(&b);
    CHECK(base_buf_text(&b, "abc"));
    base_mem_fail_after(1);
    CHECK(!base_buf_fill(&b, 'y', 100000));
    CHECK(!base_buf_text(&b, "d") && b.failed && b.n == 3);
    base_buf_clear(&b);
    CHECK(base_buf_text(&b, "d") && strcmp(b.at, "d") == 0);
    char *taken = base_buf_take(&b);
    CHECK(taken && strcmp(taken, "d") == 0 && b.at == NULL);
    base_mem_free(taken);
}

TEST(stress_words_are_understood_and_unknown_ones_reported) {
    CHECK(base_stress_init("gc,oom:50"));
    CHECK(base_stressed(BASE_STRESS_GC) && base_stressed(BASE_STRESS_OOM) && !base_stressed(BASE_STRESS_CONFLICT) && base_stress_oom_every == 50);
    CHECK(!base_stress_init("nonsense,conflict") && base_stressed(BASE_STRESS_CONFLICT));
    CHECK(base_stress_init(""));
    CHECK(base_stress_bits == 0);
}

int main(void) { return unit_run(); }
