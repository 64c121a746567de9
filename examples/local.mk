# examples: C programs on the public headers alone, each also a test; Python programs for apodora
examples_programs = \
	%D%/space_only

check_PROGRAMS += $(examples_programs)
TESTS += $(examples_programs)
examples_space_only_LDADD = libtxn.a libbase.a
EXTRA_DIST += \
	%D%/README.md \
	%D%/bank.py \
	%D%/index.py
