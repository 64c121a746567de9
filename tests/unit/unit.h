/* unit.h: CUnit in fewer words: TEST(a_sentence) { CHECK(x); }  and  int main(void) { return unit_run(); }  */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H
#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdio.h>

enum { UNIT_MAX = 200 };
static struct { const char *name; void (*fn)(void); } unit_tests[UNIT_MAX];
static unsigned unit_count;

/* Tests run in the order of the file. */
#define TEST(test_)                                                                                    \
    static void test_(void);                                                                          \
    __attribute__((constructor(101 + __COUNTER__))) static void test_##_add(void) {                    \
        unit_tests[unit_count].name = #test_;                                                         \
        unit_tests[unit_count++].fn = test_;                                                          \
    }                                                                                                 \
    static void test_(void)
#define CHECK(x) CU_ASSERT(x)
#define CHECK_FATAL(x) CU_ASSERT_FATAL(x)

static inline int unit_run(void) {
    if (CU_initialize_registry() != CUE_SUCCESS) return 1;
    CU_pSuite suite = CU_add_suite("unit", NULL, NULL);
    for (unsigned i = 0; i < unit_count; i++) CU_add_test(suite, unit_tests[i].name, unit_tests[i].fn);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned passed = CU_get_number_of_asserts() - CU_get_number_of_failures(), failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}

#endif
