# bench: measurements; README.md says how, NOTES.md keeps figures
EXTRA_DIST += \
	%D%/NOTES.md \
	%D%/README.md \
	%D%/beside.py \
	%D%/chase.c \
	%D%/compile.py \
	%D%/core \
	%D%/count.py \
	%D%/growth.py \
	%D%/once.c \
	%D%/run \
	%D%/store \
	%D%/threads \
	%D%/txn

EXTRA_PROGRAMS += \
	%D%/txn_micro
bench_txn_micro_LDADD = libtesting.a libtxn.a libbase.a
