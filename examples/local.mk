# examples: programs on the public headers alone; each is also a test
examples_programs = \
	%D%/space_only

check_PROGRAMS += $(examples_programs)
TESTS += $(examples_programs)
examples_space_only_LDADD = libtxn.a libbase.a
