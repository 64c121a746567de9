# include: the public headers
apodoradir = $(includedir)/apodora
apodora_HEADERS = \
	%D%/apodora/txn.h
EXTRA_DIST += \
	%D%/README.md
