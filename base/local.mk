# base: the ground that every layer stands on
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/README.md \
	%D%/arena.c \
	%D%/arena.h \
	%D%/atomic.h \
	%D%/buf.c \
	%D%/buf.h \
	%D%/check.h \
	%D%/crc.c \
	%D%/crc.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/lock.c \
	%D%/lock.h \
	%D%/mem.c \
	%D%/mem.h \
	%D%/mono.h \
	%D%/park.c \
	%D%/park.h \
	%D%/rand.c \
	%D%/rand.h \
	%D%/stat.c \
	%D%/stat.h \
	%D%/stop.c \
	%D%/stop.h \
	%D%/stress.c \
	%D%/stress.h \
	%D%/thread.c \
	%D%/thread.h \
	%D%/trace.c \
	%D%/trace.h \
	%D%/utf8.c \
	%D%/utf8.h \
	%D%/vec.c \
	%D%/vec.h
