# tests: a unit test is one file and one line here. Each ends with "N passed, N failed" and fails by its exit status.
noinst_LIBRARIES += libtesting.a
libtesting_a_SOURCES = \
	%D%/unit/unit.h \
	%D%/words.c \
	%D%/words.h

# Tests of base and txn need no upper layer; those of objspace name what they need:  tests_unit_NAME_LDADD = $(objspace_test_libs)
LDADD = libtesting.a libtxn.a libbase.a $(CUNIT_LIBS)
objspace_test_libs = libtesting.a libpersist.a libobjspace.a libtxn.a libbase.a $(CUNIT_LIBS)

unit_tests = \
	%D%/unit/base_memory \
	%D%/unit/base_sums \
	%D%/unit/base_threads \
	%D%/unit/heap_cells \
	%D%/unit/store_lmdb \
	%D%/unit/txn_isolation \
	%D%/unit/txn_nest \
	%D%/unit/txn_progress \
	%D%/unit/txn_versions

if HAVE_CUNIT
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

tests_unit_heap_cells_LDADD = $(objspace_test_libs)
