libtxn_a_SOURCES += \
	%D%/README.md
