# A library of its own: above objspace, so that arrows point down.
noinst_LIBRARIES += libpersist.a
libpersist_a_SOURCES = \
	%D%/README.md \
	%D%/admin.c \
	%D%/admin.h \
	%D%/admin_check.c \
	%D%/admin_copy.c \
	%D%/admin_migrate.c \
	%D%/admin_salvage.c \
	%D%/admin_show.c \
	%D%/admin_stat.c \
	%D%/ahead.c \
	%D%/batch.c \
	%D%/bits.c \
	%D%/bits.h \
	%D%/bulk.c \
	%D%/bulk.h \
	%D%/check.c \
	%D%/collect.c \
	%D%/decode.c \
	%D%/dump.c \
	%D%/encode.c \
	%D%/encode_big.c \
	%D%/encode_int.h \
	%D%/front.c \
	%D%/front.h \
	%D%/gc.c \
	%D%/gc.h \
	%D%/ids.c \
	%D%/increment.c \
	%D%/inspect.c \
	%D%/json.c \
	%D%/json.h \
	%D%/lazy.c \
	%D%/load.c \
	%D%/long.c \
	%D%/missing.c \
	%D%/names.c \
	%D%/path.c \
	%D%/paths.c \
	%D%/paths.h \
	%D%/persist.h \
	%D%/persist_int.h \
	%D%/rebuild.c \
	%D%/root.c \
	%D%/unread.c \
	%D%/unwritten.c
