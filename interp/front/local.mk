libinterp_a_SOURCES += \
	%D%/README.md
