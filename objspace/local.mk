noinst_LIBRARIES += libobjspace.a
libobjspace_a_SOURCES = \
	%D%/README.md
