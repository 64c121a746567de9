# include: the public headers
apodoradir = $(includedir)/apodora
apodora_HEADERS = \
	%D%/apodora/txn.h
