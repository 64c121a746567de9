noinst_LIBRARIES += libinterp.a
libinterp_a_SOURCES = \
	interp/README.md \
	interp/api.c \
	interp/api.h \
	interp/code.h \
	interp/opcodes.def \
	interp/repl.c \
	interp/site.c
include interp/front/local.mk
include interp/run/local.mk
include interp/lang/local.mk
include interp/mod/local.mk

# code objects
libinterp_a_SOURCES += \
	interp/accum.c \
	interp/code.c \
	interp/code_bytes.c \
	interp/code_check.c \
	interp/code_check.h \
	interp/code_effects.c \
	interp/code_flow.c \
	interp/code_lines.c \
	interp/code_lines.h \
	interp/code_live.c \
	interp/code_live.h \
	interp/disasm.c

bin_PROGRAMS += apodora
apodora_SOURCES = interp/main.c
# each layer's library twice where tables refer upward: none do; lowest last
# functions that only a debugger calls (docs/debugging.md) are taken out of the libraries by name
apodora_LDFLAGS = $(AM_LDFLAGS) -Wl,-u,tx_dump_chain -Wl,-u,py_code_dump
apodora_LDADD = libinterp.a libpersist.a libobjspace.a libtxn.a libbase.a
