# tools
EXTRA_DIST += \
	%D%/README.md \
	%D%/check \
	%D%/check-dist \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-mo \
	%D%/gdb/apodora-gdb.py \
	%D%/gen-bytecode-doc \
	%D%/gen-pow10 \
	%D%/new-test \
	%D%/quickstart \
	%D%/setup.sh \
	%D%/store-reader
