# bench: measurements; README.md says how, NOTES.md keeps figures
EXTRA_DIST += \
	%D%/NOTES.md \
	%D%/README.md \
	%D%/core/attributes.py \
	%D%/core/calls.py \
	%D%/core/exceptions.py \
	%D%/core/generators.py \
	%D%/core/nbody.py \
	%D%/core/sieve.py \
	%D%/core/strings.py \
	%D%/core/words.py \
	%D%/once.c \
	%D%/run \
	%D%/threads/independent.py \
	%D%/threads/shared_get.py \
	%D%/threads/transfer.py

EXTRA_PROGRAMS += \
	%D%/txn_micro
bench_txn_micro_LDADD = libtesting.a libtxn.a libbase.a
