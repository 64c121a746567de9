libinterp_a_SOURCES += \
	%D%/README.md \
	%D%/atomic.c \
	%D%/call.c \
	%D%/blocking.h \
	%D%/bootstrap.c \
	%D%/bootstrap.h \
	%D%/cache.c \
	%D%/codecache.c \
	%D%/codecache.h \
	%D%/fork.c \
	%D%/fork.h \
	%D%/frame.c \
	%D%/frame.h \
	%D%/gen.c \
	%D%/import.c \
	%D%/import.h \
	%D%/options.h \
	%D%/output.c \
	%D%/output.h \
	%D%/signals.c \
	%D%/signals.h \
	%D%/traceback.c \
	%D%/traceback.h \
	%D%/unwind.c \
	%D%/vm.c \
	%D%/vm_ops.c \
	%D%/vm_ops.h
