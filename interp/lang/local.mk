libinterp_a_SOURCES += \
	%D%/README.md \
	%D%/atomic.c \
	%D%/atomic.h \
	%D%/store.c
