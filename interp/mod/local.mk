libinterp_a_SOURCES += \
	%D%/README.md \
	%D%/_bisect.c \
<<<<<<< HEAD
	%D%/_collections.c \
	%D%/_collections_deque.c \
	%D%/_collections_int.h \
	%D%/_functools.c \
	%D%/_functools_cache.c \
	%D%/_functools_int.h \
=======
	%D%/_blake2.c \
>>>>>>> e329321 (binascii and the digests: OpenSSL's compression functions, Keccak and BLAKE2 of our own, since their states can be copied into versions)
	%D%/_heapq.c \
	%D%/_operator.c \
	%D%/_random.c \
	%D%/_sha3.c \
	%D%/_struct.c \
	%D%/binascii.c \
	%D%/digest.c \
	%D%/digest.h \
	%D%/errno.c \
	%D%/itertools.c \
	%D%/itertools_comb.c \
	%D%/itertools_group.c \
	%D%/itertools_int.h \
	%D%/math.c \
	%D%/math_int.h \
	%D%/math_sum.c \
	%D%/math_whole.c \
	%D%/modules.def \
	%D%/modules.h \
	%D%/modutil.c \
	%D%/modutil.h \
	%D%/time.c
