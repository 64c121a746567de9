# tests: a unit test is one file and one line here. Each ends with "N passed, N failed" and fails by its exit status.
noinst_LIBRARIES += libtesting.a
libtesting_a_SOURCES = \
	%D%/unit/other_thread.h \
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
	%D%/unit/cont_model \
	%D%/unit/cont_tree \
	%D%/unit/core_merge \
	%D%/unit/core_objects \
	%D%/unit/core_units \
	%D%/unit/front_lex \
	%D%/unit/front_parse \
	%D%/unit/front_symtab \
	%D%/unit/heap_cells \
	%D%/unit/num_float \
	%D%/unit/num_int \
	%D%/unit/persist_root \
	%D%/unit/store_held \
	%D%/unit/store_lmdb \
	%D%/unit/txn_api \
	%D%/unit/txn_isolation \
	%D%/unit/txn_mirror \
	%D%/unit/txn_nest \
	%D%/unit/txn_progress \
	%D%/unit/txn_sink \
	%D%/unit/txn_sole \
	%D%/unit/txn_sole_sink \
	%D%/unit/txn_stops \
	%D%/unit/txn_versions

if HAVE_CUNIT
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

# Programs of their own, without CUnit
own_tests = \
	%D%/fuzz/store_fuzz \
	%D%/fuzz/tool_fuzz \
	%D%/crash/store_faults \
	%D%/model/txn_model \
	%D%/sched/txn_sched

check_PROGRAMS += $(own_tests)
TESTS += $(own_tests)
# Folders of scripts: whatever is in them is distributed.
EXTRA_DIST += \
	%D%/README.md \
	%D%/cli \
	%D%/cpython \
	%D%/crash \
	%D%/isolation \
	%D%/py \
	%D%/run \
	%D%/soak \
	%D%/sched/README.md \
	%D%/sched/absent.sched \
	%D%/sched/absent_insert.sched \
	%D%/sched/counter.sched \
	%D%/sched/equal_reader.sched \
	%D%/sched/equal_writes.sched \
	%D%/sched/lost_update.sched \
	%D%/sched/merge.sched \
	%D%/sched/nested.sched \
	%D%/sched/opacity.sched \
	%D%/sched/publication.sched \
	%D%/sched/publication_write.sched \
	%D%/sched/read_only_anomaly.sched \
	%D%/sched/read_only_anomaly_snapshot.sched \
	%D%/sched/retry.sched \
	%D%/sched/slices.sched \
	%D%/sched/snapshot_first_committer.sched \
	%D%/sched/write_skew.sched \
	%D%/sched/write_skew_snapshot.sched

tests_unit_cont_model_LDADD = $(objspace_test_libs)
tests_unit_cont_tree_LDADD = $(objspace_test_libs)
tests_unit_core_merge_LDADD = $(objspace_test_libs)
tests_unit_core_objects_LDADD = $(objspace_test_libs)
tests_unit_core_units_LDADD = $(objspace_test_libs)
tests_unit_heap_cells_LDADD = $(objspace_test_libs)
tests_unit_num_float_LDADD = $(objspace_test_libs)
tests_unit_num_int_LDADD = $(objspace_test_libs)
tests_unit_persist_root_LDADD = $(objspace_test_libs)

# The front end needs base alone; libinterp is large, but only the front end's objects are taken from it.
front_test_libs = libtesting.a libinterp.a libbase.a $(CUNIT_LIBS)
tests_unit_front_lex_LDADD = $(front_test_libs)
tests_unit_front_parse_LDADD = $(front_test_libs)
tests_unit_front_symtab_LDADD = $(front_test_libs)

# The trees and scopes of the whole library, compared with those of the system's Python 3.11
check_PROGRAMS += %D%/front/ast_dump
tests_front_ast_dump_LDADD = libinterp.a libbase.a
EXTRA_DIST += %D%/front/ast_compare %D%/front/trees
TESTS += %D%/front/trees

# The code objects of the whole library: checked, written and read again, and compared with Python 3.11's
check_PROGRAMS += %D%/front/compile_dump
tests_front_compile_dump_LDADD = libinterp.a libpersist.a libobjspace.a libtxn.a libbase.a
EXTRA_DIST += %D%/front/compile_compare %D%/front/codes
TESTS += %D%/front/codes

# Mutated programs for the front end; two seconds of it are a test, more by hand: tests/fuzz/README.md
check_PROGRAMS += %D%/fuzz/front_fuzz
tests_fuzz_front_fuzz_LDADD = libinterp.a libpersist.a libobjspace.a libtxn.a libbase.a
tests_fuzz_tool_fuzz_LDADD = $(objspace_test_libs)
EXTRA_DIST += %D%/fuzz/README.md %D%/fuzz/front
TESTS += %D%/fuzz/front
