libinterp_a_SOURCES += \
	%D%/README.md \
	%D%/atomic.c \
	%D%/atomic.h \
	%D%/freeze.c \
	%D%/freeze.h \
	%D%/hot.c \
	%D%/hot.h \
	%D%/invariant.c \
	%D%/invariant.h \
	%D%/library.c \
	%D%/library.def \
	%D%/library.h \
	%D%/store.c

# The sources in Python lie in the program as strings.
lang_python = \
	%D%/blocks.py \
	%D%/conflicts.py \
	%D%/maps.py \
	%D%/parallel.py \
	%D%/transactional.py
lang_text = $(lang_python:.py=.inc)
EXTRA_DIST += $(lang_python)
BUILT_SOURCES += $(lang_text)
CLEANFILES += $(lang_text)
SUFFIXES += .py .inc
.py.inc:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $< > $@.new && mv $@.new $@
