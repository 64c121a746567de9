libinterp_a_SOURCES += \
	%D%/README.md \
	%D%/errno.c \
	%D%/math.c \
	%D%/math_int.h \
	%D%/math_sum.c \
	%D%/math_whole.c \
	%D%/modules.def \
	%D%/modules.h \
	%D%/time.c
