# objspace: Python's objects over versioned handles
noinst_LIBRARIES += libobjspace.a
libobjspace_a_SOURCES = \
	%D%/README.md \
	%D%/bool.c \
	%D%/bytes.c \
	%D%/bytes_int.h \
	%D%/codecs.h \
	%D%/complex.c \
	%D%/contain.c \
	%D%/contain.h \
	%D%/dict.c \
	%D%/dict_int.h \
	%D%/dict_methods.c \
	%D%/dict_views.c \
	%D%/error.c \
	%D%/float.c \
	%D%/float_fmt.c \
	%D%/float_int.h \
	%D%/float_pow10.def \
	%D%/gc.c \
	%D%/gc_pending.c \
	%D%/gc_world.c \
	%D%/heap.c \
	%D%/heap.h \
	%D%/heap_int.h \
	%D%/init.c \
	%D%/int.c \
	%D%/int_big.c \
	%D%/int_gmp.h \
	%D%/int_int.h \
	%D%/int_text.c \
	%D%/intern.c \
	%D%/kind.c \
	%D%/kind.h \
	%D%/list.c \
	%D%/mro.c \
	%D%/obj.c \
	%D%/slice.c \
	%D%/spec.c \
	%D%/str.c \
	%D%/str_cfmt.c \
	%D%/str_int.h \
	%D%/strbuf.c \
	%D%/structseq.c \
	%D%/thread.c \
	%D%/tuple.c \
	%D%/type.c
