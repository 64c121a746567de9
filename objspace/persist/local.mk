# A library of its own: above objspace, so that arrows point down.
noinst_LIBRARIES += libpersist.a
libpersist_a_SOURCES = \
	%D%/README.md
