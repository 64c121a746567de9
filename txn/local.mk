noinst_LIBRARIES += libtxn.a
libtxn_a_SOURCES = \
	%D%/README.md
