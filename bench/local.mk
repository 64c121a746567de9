# bench: measurements; their figures are kept in NOTES.md
EXTRA_DIST += \
	%D%/NOTES.md

EXTRA_PROGRAMS += \
	%D%/txn_micro
bench_txn_micro_LDADD = libtesting.a libtxn.a libbase.a
