noinst_LIBRARIES += libobjspace.a
libobjspace_a_SOURCES = \
	%D%/README.md \
	%D%/bytes.c \
	%D%/bytes_int.h \
	%D%/codecs.h \
	%D%/intern.c \
	%D%/str.c \
	%D%/str_cfmt.c \
	%D%/str_int.h \
	%D%/strbuf.c
