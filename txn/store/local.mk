# txn/store: byte stores
libtxn_a_SOURCES += \
	%D%/README.md \
	%D%/lmdb.c \
	%D%/mem.c \
	%D%/record.c \
	%D%/record.h \
	%D%/store.c \
	%D%/store.h
