# txn: the concurrent database under the objects; knows opaque words only
noinst_LIBRARIES += libtxn.a
libtxn_a_SOURCES = \
	%D%/README.md \
	%D%/api.c \
	%D%/check.c \
	%D%/clock.c \
	%D%/collect.c \
	%D%/commit.c \
	%D%/debug.h \
	%D%/dump.c \
	%D%/durable.c \
	%D%/fork.c \
	%D%/gate.c \
	%D%/handle.h \
	%D%/hooks.c \
	%D%/kind.c \
	%D%/memory.c \
	%D%/nest.c \
	%D%/publish.c \
	%D%/read.c \
	%D%/report.c \
	%D%/retire.c \
	%D%/sets.c \
	%D%/snapshot.c \
	%D%/thread.c \
	%D%/turn.c \
	%D%/tx.h \
	%D%/mirror.h \
	%D%/txn_int.h \
	%D%/validate.c \
	%D%/wait.c \
	%D%/write.c
