# txn/store: byte stores
libtxn_a_SOURCES += \
	%D%/README.md \
	%D%/copy.c \
	%D%/lmdb.c \
	%D%/lmdb_int.h \
	%D%/lmdb_open.c \
	%D%/lmdb_readers.c \
	%D%/lmdb_trim.c \
	%D%/mem.c \
	%D%/pages.c \
	%D%/pages.h \
	%D%/record.c \
	%D%/record.h \
	%D%/salvage.c \
	%D%/seal.c \
	%D%/store.c \
	%D%/store.h \
	%D%/sums.c \
	%D%/sums.h \
	%D%/verify.c
